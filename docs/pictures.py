"""Draw the pictures of the README: run ``python docs/pictures.py`` where gatewise is installed."""

from __future__ import annotations

from pathlib import Path

import nn
from autograd import Value, compile, draw


def main(out: Path = Path(__file__).parent) -> None:
    """Draw f = (x + y)·z backward, and a compiled network, for light and dark pages."""
    x, y, z = Value(-2.0), Value(5.0), Value(-4.0)
    q = x + y
    f = q * z
    f.backward()
    model = nn.MLP(2, [16, 16, 1], rng=0)
    program = compile(lambda x, y: (1 - y * model(x)).relu(), shapes=[(2,), ()])
    for theme, suffix in (("light", ""), ("dark", "-dark")):
        draw(f, view="backward", theme=theme).save(out / f"backward{suffix}.svg")
        draw(program, theme=theme).save(out / f"program{suffix}.svg")


if __name__ == "__main__":
    main()
