"""The four gates and what each does to the gradient that arrives   (row L5).

add distributes it, mul swaps its operands as multipliers, copy adds up, max routes.
"""

from __future__ import annotations

from pathlib import Path

from autograd import Value, maximum

from .board import OUT, named, show, title


def main(out: Path = OUT) -> None:
    """Run each gate by itself."""
    title("add distributes the gradient: 2 arrives, 2 goes to each operand")
    x, y = Value(3.0, "x"), Value(4.0, "y")
    show(named("f", x + y), "gate_add", out, upstream=2.0)

    title("mul swaps its operands: each gets 5 times the other")
    x, y = Value(2.0, "x"), Value(3.0, "y")
    show(named("f", x * y), "gate_mul", out, upstream=5.0)

    title("copy adds gradients: x is used twice, 4 and 2 come back")
    x = Value(7.0, "x")
    left = named("left", 4 * x)
    right = named("right", 2 * x)
    show(named("f", left + right), "gate_copy", out)

    title("max routes the gradient to the winner: the loser gets 0")
    x, y = Value(4.0, "x"), Value(5.0, "y")
    show(named("f", maximum(x, y)), "gate_max", out, upstream=9.0)


if __name__ == "__main__":
    main()
