"""Draw the pictures of the README: run ``python docs/pictures.py`` where gatewise is installed."""

from __future__ import annotations

from pathlib import Path

from autograd import Value, draw


def main(out: Path = Path(__file__).parent) -> None:
    """Draw f = (x + y)·z backward, for light and dark pages."""
    x, y, z = Value(-2.0), Value(5.0), Value(-4.0)
    q = x + y
    f = q * z
    f.backward()
    draw(f, view="backward").save(out / "backward.svg")
    draw(f, view="backward", theme="dark").save(out / "backward-dark.svg")


if __name__ == "__main__":
    main()
