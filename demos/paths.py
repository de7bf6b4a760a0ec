"""Two paths from t to z: the chain rule adds them up, z = t²·eᵗ   (row L4)."""

from __future__ import annotations

import math
from pathlib import Path

from autograd import Value, exp

from .board import OUT, check, named, show, title


def main(out: Path = OUT) -> None:
    """Run the graph at t = 1."""
    title("z = x·y with x = t², y = eᵗ, at t = 1: dz/dt = dz/dx·dx/dt + dz/dy·dy/dt")
    t = Value(1.0, "t")
    x = named("x", t**2)
    y = named("y", exp(t))
    z = named("z", x * y)
    show(z, "paths", out)

    T = t.data
    check("dz/dt = 2t·eᵗ + t²·eᵗ", t.grad, 2 * T * math.exp(T) + T**2 * math.exp(T))


if __name__ == "__main__":
    main()
