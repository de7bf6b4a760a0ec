"""Two paths to a variable: the chain rule adds them up   (rows L4, L37)."""

from __future__ import annotations

import math
from pathlib import Path

from autograd import Value, exp

from .board import OUT, check, named, show, title


def main(out: Path = OUT) -> None:
    """z = t²·eᵗ at t = 1, and a tree in which C stands twice."""
    title("z = x·y with x = t², y = eᵗ, at t = 1: dz/dt = dz/dx·dx/dt + dz/dy·dy/dt")
    t = Value(1.0, "t")
    x = named("x", t**2)
    y = named("y", exp(t))
    z = named("z", x * y)
    show(z, "paths", out)

    T = t.data
    check("dz/dt = 2t·eᵗ + t²·eᵗ", t.grad, 2 * T * math.exp(T) + T**2 * math.exp(T))

    title("A·(B - C) - (C + D)/E: C is in the product and in the quotient")
    A, B, C, D, E = (Value(float(k), name) for k, name in enumerate("ABCDE", start=2))
    product, quotient = named("p", A * (B - C)), named("q", (C + D) / E)
    show(named("f", product - quotient), "tree", out)
    check("df/dC = -(A + 1/E)", C.grad, -(A.data + 1 / E.data))


if __name__ == "__main__":
    main()
