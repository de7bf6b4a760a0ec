"""The lectures' first two graphs: (x + y)·z and 3(a + b·c)   (rows L1, L2)."""

from __future__ import annotations

from pathlib import Path

from autograd import Value

from .board import OUT, named, show, title


def main(out: Path = OUT) -> None:
    """Run both graphs forward and backward."""
    title("f = (x + y)·z at x = -2, y = 5, z = -4")
    x, y, z = Value(-2.0, "x"), Value(5.0, "y"), Value(-4.0, "z")
    q = named("q", x + y)
    f = named("f", q * z)
    show(f, "expression_f", out)

    title("J = 3(a + b·c) at a = 5, b = 3, c = 2")
    a, b, c = Value(5.0, "a"), Value(3.0, "b"), Value(2.0, "c")
    u = named("u", b * c)
    v = named("v", a + u)
    J = named("J", 3 * v)
    show(J, "expression_J", out)
    print("  One set of lecture notes prints dJ/dc = 3·2 = 6. That is a slip: the multiplication")
    print("  swaps its operands, so dJ/dc = dJ/du · du/dc = 3·b = 9.")


if __name__ == "__main__":
    main()
