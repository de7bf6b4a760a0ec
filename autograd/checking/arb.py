"""FLINT's arithmetic of any precision under mpmath's names, for the exact table to be read in.

A number is a ball, a midpoint and a radius that holds the rounding errors: where digits cancel,
a comparison is not certain and counts as false, and the oracle takes more digits.
"""

from __future__ import annotations

from typing import Any

from .balls import arithmetic

__all__ = ["Arb"]

SAME = (
    *("exp", "log", "sqrt", "floor", "ceil", "sin", "cos", "tan", "asin", "acos", "atan"),
    *("atan2", "sinh", "cosh", "tanh", "erf", "erfc"),
)
"""What has the same name in both."""


class Arb:
    """The names that the exact functions use; an ImportError without python-flint."""

    def __init__(self) -> None:
        flint = arithmetic()
        self.mpf = flint.arb
        self.workdps = flint.ctx.workdps
        self.sign = flint.arb.sgn
        for name in SAME:
            setattr(self, name, getattr(flint.arb, name))

    @property
    def pi(self) -> Any:
        return self.mpf.pi()

    def cbrt(self, x: Any) -> Any:
        return x.root(3)
