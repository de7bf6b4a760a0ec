"""z = u² + v² with u = x·y and v = x/y: back-propagation against the closed formula   (row L3)."""

from __future__ import annotations

from pathlib import Path

from autograd import Value

from .board import OUT, check, named, show, title


def main(out: Path = OUT) -> None:
    """Run the graph at x = 3, y = 2."""
    title("z = u² + v² with u = x·y, v = x/y, at x = 3, y = 2")
    x, y = Value(3.0, "x"), Value(2.0, "y")
    u = named("u", x * y)
    v = named("v", x / y)
    u2 = named("u²", u**2)
    v2 = named("v²", v**2)
    z = named("z", u2 + v2)
    show(z, "squares", out)

    X, Y = x.data, y.data
    check("dz/dx = 2xy² + 2x/y²", x.grad, 2 * X * Y**2 + 2 * X / Y**2)
    check("dz/dy = 2x²y - 2x²/y³", y.grad, 2 * X**2 * Y - 2 * X**2 / Y**3)


if __name__ == "__main__":
    main()
