"""Where each gate is smooth, for the tests that loop over the table.

The oracle itself, every gate in exact arithmetic, is ``autograd.checking.exact``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from mpmath import mpf

from autograd.checking import exact
from autograd.engine.gate import Primitive

FUNCTIONS = exact.functions()
ulps = exact.ulps

_ANY = [(-2.75,), (-0.3,), (1e-3,), (0.6,), (1.9,), (7.25,)]
_POSITIVE = [(1e-3,), (0.4,), (1.7,), (12.5,)]
_INSIDE = [(-0.97,), (-0.2,), (1e-4,), (0.5,), (0.99,)]
_PAIRS = [(1.5, 2.25), (-3.0, 0.7), (0.01, -5.0), (-2.5, -1.1)]
_POWERS = [(1.5, 2.25), (0.3, -1.7), (4.0, 0.5), (2.0, 3.0)]
_SEQUENCES = [(0.5, -1.25, 2.0), (3.0, 2.9, -4.0), (-30.0, 10.0, 0.25)]
_INDEXED = [(float(i), *xs) for i in range(3) for xs in _SEQUENCES]

POINTS: dict[str, Sequence[tuple[float, ...]]] = {
    **dict.fromkeys(("add", "sub", "mul", "div", "mod", "quotient", "hypot", "unit"), _PAIRS),
    **dict.fromkeys(("inversion", "atan2"), _PAIRS),
    **dict.fromkeys(("pow", "power_slope", "power_log"), _POWERS),
    **dict.fromkeys(("log", "log2", "log10", "log1p", "sqrt", "rsqrt"), _POSITIVE),
    **dict.fromkeys(("asin", "acos", "atanh"), _INSIDE),
    **dict.fromkeys(("maximum", "minimum", "sum", "logsumexp"), _SEQUENCES),
    **dict.fromkeys(("softmax", "rest", "log_softmax", "cross_entropy", "take"), _INDEXED),
    "exp2": [*_ANY, (1012.5,)],
    "acosh": [(1.01,), (1.7,), (30.0,)],
    "gaussian": [(-2.75, 1.0), (0.6, -2.5), (1e-3, 0.5), (7.25, 3.0)],
    "power_derivative": [(2.0, 0.0, 1.5, 2.25), (1.0, 1.0, 0.3, -1.7), (0.0, 2.0, 4.0, 0.5)],
    "cbrt_derivative": [(1.0, 1.5), (2.0, -0.3), (3.0, 7.25)],
    "leaky_relu": [(-2.0, 0.1), (3.0, 0.01)],
    "elu": [(-2.0, 1.0), (-0.01, 0.5), (3.0, 1.0), (-720.0, 1e30)],
    "where": [(1.0, 2.5, -3.5), (0.0, 2.5, -3.5)],
    "branch": [(1.0, 2.5, 1.0), (0.0, 2.5, 0.0)],
    "dot": [(1.5, -2.0, 0.5, 4.0, 0.25), (-1.0, 2.0, 3.0, 0.5, -7.0)],
    "soft_cross_entropy": [(0.2, 0.3, 0.5, 1.0, -2.0, 0.5), (0.6, 0.1, 0.3, 4.0, 5.0, 3.0)],
}


def points(op: Primitive) -> Sequence[tuple[float, ...]]:
    """Operands at which the gate is smooth."""
    return POINTS.get(op.name, _ANY)


def value(op: Primitive, operands: Sequence[float]) -> mpf:
    """The gate's exact value."""
    return exact.value(FUNCTIONS[op.name], operands)


def derivative(op: Primitive, operands: Sequence[float], orders: Sequence[int]) -> mpf:
    """A partial derivative of the exact value, ``orders[k]`` times by operand k."""
    places = [place for place, order in enumerate(orders) for _ in range(order)]
    return _derivative(op.name, tuple(operands), *places)


@cache  # benchmarks.mutants asks for the same ones hundreds of times
def _derivative(name: str, operands: tuple[float, ...], *places: int) -> mpf:
    return exact.derivative(FUNCTIONS[name], operands, *places)
