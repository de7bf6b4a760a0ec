"""Every gate in 60-digit arithmetic: the oracle that the table is held against.

``FUNCTIONS`` gives each gate's value in mpmath, written from the definition and not from the
table; ``POINTS`` gives operands at which it is smooth. Derivatives come from mpmath's numerical
differentiation at high precision, so no derivative is written here either.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import mpmath
from mpmath import mpf

from autograd.gate import Primitive

Function = Callable[..., mpf]


def _softmax(i: mpf, *xs: mpf) -> mpf:
    return mpmath.exp(xs[int(i)]) / mpmath.fsum(mpmath.exp(x) for x in xs)


def _dot(*operands: mpf) -> mpf:
    n = len(operands) // 2
    return mpmath.fdot(operands[:n], operands[n:-1]) + operands[-1]


def _soft_cross_entropy(*operands: mpf) -> mpf:
    n = len(operands) // 2
    ps, xs = operands[:n], operands[n:]
    return -mpmath.fsum(p * mpmath.log(_softmax(i, *xs)) for i, p in enumerate(ps))


FUNCTIONS: dict[str, Function] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "mod": lambda x, y: x - y * mpmath.floor(x / y),
    "neg": lambda x: -x,
    "pow": mpmath.power,
    "power_slope": lambda x, y: y * x ** (y - 1),
    "power_log": lambda x, y: x**y * mpmath.log(x),
    "abs": mpmath.fabs,
    "identity": lambda x: x,
    "exp": mpmath.exp,
    "exp2": lambda x: mpf(2) ** x,
    "expm1": lambda x: mpmath.exp(x) - 1,
    "log": mpmath.log,
    "log2": lambda x: mpmath.log(x) / mpmath.log(2),
    "log10": lambda x: mpmath.log(x) / mpmath.log(10),
    "log1p": lambda x: mpmath.log(1 + x),
    "sqrt": mpmath.sqrt,
    "cbrt": lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)),
    "hypot": lambda x, y: mpmath.sqrt(x * x + y * y),
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "tan": mpmath.tan,
    "asin": mpmath.asin,
    "acos": mpmath.acos,
    "atan": mpmath.atan,
    "atan2": mpmath.atan2,
    "sinh": mpmath.sinh,
    "cosh": mpmath.cosh,
    "tanh": mpmath.tanh,
    "sech2": lambda x: mpmath.sech(x) ** 2,
    "asinh": mpmath.asinh,
    "acosh": mpmath.acosh,
    "atanh": mpmath.atanh,
    "erf": mpmath.erf,
    "erfc": mpmath.erfc,
    "gaussian": lambda x: mpmath.exp(-x * x),
    "sign": mpmath.sign,
    "step": lambda x: mpf(x > 0),
    "floor": mpmath.floor,
    "ceil": mpmath.ceil,
    "degrees": lambda x: x * 180 / mpmath.pi,
    "radians": lambda x: x * mpmath.pi / 180,
    "where": lambda condition, a, b: a if condition else b,
    "branch": lambda condition, taken, expected: taken,
    "relu": lambda x: max(x, mpf(0)),
    "leaky_relu": lambda x, slope: x if x > 0 else slope * x,
    "elu": lambda x, alpha: x if x > 0 else alpha * (mpmath.exp(x) - 1),
    "softplus": lambda x: mpmath.log(1 + mpmath.exp(x)),
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "sigmoid_slope": lambda x: 1 / (1 + mpmath.exp(-x)) / (1 + mpmath.exp(x)),
    "maximum": max,
    "minimum": min,
    "sum": lambda *xs: mpmath.fsum(xs),
    "dot": _dot,
    "logsumexp": lambda *xs: mpmath.log(mpmath.fsum(mpmath.exp(x) for x in xs)),
    "softmax": _softmax,
    "rest": lambda i, *xs: 1 - _softmax(i, *xs),
    "log_softmax": lambda i, *xs: mpmath.log(_softmax(i, *xs)),
    "cross_entropy": lambda i, *xs: -mpmath.log(_softmax(i, *xs)),
    "soft_cross_entropy": _soft_cross_entropy,
}

_ANY = [(-2.75,), (-0.3,), (1e-3,), (0.6,), (1.9,), (7.25,)]
_POSITIVE = [(1e-3,), (0.4,), (1.7,), (12.5,)]
_INSIDE = [(-0.97,), (-0.2,), (1e-4,), (0.5,), (0.99,)]
_PAIRS = [(1.5, 2.25), (-3.0, 0.7), (0.01, -5.0), (-2.5, -1.1)]
_POWERS = [(1.5, 2.25), (0.3, -1.7), (4.0, 0.5), (2.0, 3.0)]
_SEQUENCES = [(0.5, -1.25, 2.0), (3.0, 2.9, -4.0), (-30.0, 10.0, 0.25)]
_INDEXED = [(float(i), *xs) for i in range(3) for xs in _SEQUENCES]

POINTS: dict[str, Sequence[tuple[float, ...]]] = {
    **dict.fromkeys(("add", "sub", "mul", "div", "mod", "hypot", "atan2"), _PAIRS),
    **dict.fromkeys(("pow", "power_slope", "power_log"), _POWERS),
    **dict.fromkeys(("log", "log2", "log10", "log1p", "sqrt"), _POSITIVE),
    **dict.fromkeys(("asin", "acos", "atanh"), _INSIDE),
    **dict.fromkeys(("maximum", "minimum", "sum", "logsumexp"), _SEQUENCES),
    **dict.fromkeys(("softmax", "rest", "log_softmax", "cross_entropy"), _INDEXED),
    "acosh": [(1.01,), (1.7,), (30.0,)],
    "leaky_relu": [(-2.0, 0.1), (3.0, 0.01)],
    "elu": [(-2.0, 1.0), (-0.01, 0.5), (3.0, 1.0)],
    "where": [(1.0, 2.5, -3.5), (0.0, 2.5, -3.5)],
    "branch": [(1.0, 2.5, 1.0), (0.0, 2.5, 0.0)],
    "dot": [(1.5, -2.0, 0.5, 4.0, 0.25), (-1.0, 2.0, 3.0, 0.5, -7.0)],
    "soft_cross_entropy": [(0.2, 0.3, 0.5, 1.0, -2.0, 0.5), (0.6, 0.1, 0.3, 4.0, 5.0, 3.0)],
}


def points(op: Primitive) -> Sequence[tuple[float, ...]]:
    """Operands at which the gate is smooth."""
    return POINTS.get(op.name, _ANY)


def value(op: Primitive, operands: Sequence[float]) -> mpf:
    """The gate's value to 60 digits."""
    with mpmath.workdps(60):
        return FUNCTIONS[op.name](*map(mpf, operands))


def derivative(op: Primitive, operands: Sequence[float], orders: Sequence[int]) -> mpf:
    """A partial derivative of the value, ``orders[k]`` times by operand k, to some 40 digits."""
    moved = [k for k, order in enumerate(orders) if order]
    with mpmath.workdps(110):
        fixed = [mpf(x) for x in operands]

        def f(*xs: mpf) -> mpf:
            everything = list(fixed)
            for k, x in zip(moved, xs, strict=True):
                everything[k] = x
            return FUNCTIONS[op.name](*everything)

        at = tuple(fixed[k] for k in moved)
        n = tuple(orders[k] for k in moved)
        return mpmath.diff(f, at if len(at) > 1 else at[0], n if len(n) > 1 else n[0])


def ulps(got: float, expected: mpf) -> float:
    """How far ``got`` is off, in units in the last place of the expected number."""
    if expected == 0:
        return 0.0 if got == 0 else math.inf
    return float(abs(mpf(got) - expected) / math.ulp(float(expected)))
