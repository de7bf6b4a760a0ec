"""Two more columns of the table: what NumPy calls a gate, and what it is in + - * / max exp log.

The first is the array reading (see gate.py), for compiled programs: NumPy's name of the value, or
a function of NumPy and the arrays. The second serves ``elementary(y)``, which rebuilds a graph
from the gates that the lectures draw.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable, Sequence
from typing import Any

from . import primitives as p
from .gate import Primitive
from .primitives import exp, fold, log, log_softmax, logsumexp, maximum, sigmoid

__all__: list[str] = []

nan = math.nan


def _elements(gate: Primitive) -> Any:
    """Another gate's elementary form."""
    assert gate.elementary is not None
    return gate.elementary


def _power_by_elements(x: Any, y: Any) -> Any:
    """A product for a constant whole exponent, so that x may be negative; else exp(y log x)."""
    n = getattr(y, "data", y)
    if getattr(y, "kind", "constant") != "constant" or n != int(n) or builtins.abs(n) > 64:
        return exp(y * log(x))
    if n < 0:
        return 1.0 / _power_by_elements(x, -n)
    if n == 0:
        return x * 0.0 + 1.0
    product = x
    for _ in range(int(n) - 1):
        product = product * x
    return product


def _products(xs: Sequence[Any]) -> list[Any]:
    """The w·x of a dot's operands, without its bias."""
    n = len(xs) // 2
    return [w * x for w, x in zip(xs[:n], xs[n:-1], strict=True)]


def _exponentials(xs: Sequence[Any]) -> tuple[Any, Any]:
    """The largest x and the sum of exp(x - largest), in the operands' reading."""
    top = maximum(*xs)
    return top, builtins.sum(exp(x - top) for x in xs)


ARRAY: dict[Primitive, str | Callable[..., Any]] = {
    p.add: "add",
    p.sub: "subtract",
    p.mul: "multiply",
    p.div: "divide",
    p.mod: "mod",
    p.quotient: "floor_divide",
    p.neg: "negative",
    p.pow: "power",
    p.power_slope: lambda np, x, y: np.where(y == 0, 0.0, y * x ** (y - 1)),
    p.power_log: lambda np, x, y: np.where(x > 0, x**y * np.log(x), np.where(x == 0, 0.0, nan)),
    p.abs: "abs",
    p.identity: lambda np, x: x,
    p.exp: "exp",
    p.exp2: "exp2",
    p.expm1: "expm1",
    p.log: "log",
    p.log2: "log2",
    p.log10: "log10",
    p.log1p: "log1p",
    p.sqrt: "sqrt",
    p.rsqrt: lambda np, x: 1 / np.sqrt(x + 0.0),
    p.cbrt: "cbrt",
    p.hypot: "hypot",
    p.unit: lambda np, x, y: np.where(np.hypot(x, y) == 0, 0.0, x / np.hypot(x, y)),
    p.inversion: lambda np, x, y: x / np.hypot(x, y) / np.hypot(x, y),
    p.sin: "sin",
    p.cos: "cos",
    p.tan: "tan",
    p.asin: "arcsin",
    p.acos: "arccos",
    p.one_less_square: lambda np, x: (1 - x) * (1 + x),
    p.atan: "arctan",
    p.atan2: "arctan2",
    p.sinh: "sinh",
    p.cosh: "cosh",
    p.tanh: "tanh",
    p.sech2: lambda np, x: 1 / np.cosh(x) ** 2,
    p.asinh: "arcsinh",
    p.acosh: "arccosh",
    p.atanh: "arctanh",
    p.gaussian: lambda np, x, scale: scale * np.exp(-x * x),
    p.sign: "sign",
    p.step: lambda np, x: np.heaviside(x, 0.0),
    p.floor: "floor",
    p.ceil: "ceil",
    p.degrees: "degrees",
    p.radians: "radians",
    p.choice: lambda np, condition, a, b: np.where(condition, a, b),
    p.relu: lambda np, x: np.maximum(x, 0),
    p.leaky_relu: lambda np, x, slope: np.where(x > 0, x, slope * x),
    p.elu: lambda np, x, alpha: np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0))),
    p.softplus: lambda np, x: np.logaddexp(0, x),
    p.sigmoid: lambda np, x: 1 / (1 + np.exp(-x)),
    p.sigmoid_slope: lambda np, x: 1 / (1 + np.exp(-x)) / (1 + np.exp(x)),
    p.maximum: lambda np, *xs: fold(np.maximum, xs),
    p.minimum: lambda np, *xs: fold(np.minimum, xs),
    p.sum: lambda np, *xs: builtins.sum(xs),
    p.dot: lambda np, *operands: builtins.sum(_products(operands)) + operands[-1],
    p.logsumexp: lambda np, *xs: fold(np.logaddexp, xs),
    p.softmax: lambda np, i, *xs: np.exp(log_softmax.on_arrays(i, *xs)),
    p.rest: lambda np, i, *xs: -np.expm1(log_softmax.on_arrays(i, *xs)),
    p.log_softmax: lambda np, i, *xs: (
        -fold(np.logaddexp, [x - np.choose(np.asarray(i, int), xs) for x in xs])
    ),
    p.cross_entropy: lambda np, i, *xs: -log_softmax.on_arrays(i, *xs),
    p.soft_cross_entropy: lambda np, *xs: builtins.sum(
        -p * log_softmax.on_arrays(i, *xs[len(xs) // 2 :]) for i, p in enumerate(xs[: len(xs) // 2])
    ),
}

ELEMENTARY: dict[Primitive, Callable[..., Any]] = {
    p.add: lambda x, y: x + y,
    p.sub: lambda x, y: x - y,
    p.mul: lambda x, y: x * y,
    p.div: lambda x, y: x / y,
    p.neg: lambda x: 0.0 - x,
    p.pow: lambda x, y: _power_by_elements(x, y),
    p.abs: lambda x: maximum(x, 0.0 - x),
    p.identity: lambda x: x,
    p.exp: lambda x: exp(x),
    p.exp2: lambda x: exp(x * math.log(2)),
    p.expm1: lambda x: exp(x) - 1.0,
    p.log: lambda x: log(x),
    p.log2: lambda x: log(x) / math.log(2),
    p.log10: lambda x: log(x) / math.log(10),
    p.log1p: lambda x: log(1.0 + x),
    p.sqrt: lambda x: exp(log(x) / 2.0),
    p.rsqrt: lambda x: exp(log(x) / -2.0),
    p.one_less_square: lambda x: 1.0 - x * x,
    p.sinh: lambda x: (exp(x) - exp(0.0 - x)) / 2.0,
    p.cosh: lambda x: (exp(x) + exp(0.0 - x)) / 2.0,
    p.tanh: lambda x: 2.0 * _elements(sigmoid)(2.0 * x) - 1.0,
    p.atanh: lambda x: log((1.0 + x) / (1.0 - x)) / 2.0,
    p.gaussian: lambda x, scale: scale * exp(0.0 - x * x),
    p.degrees: lambda x: x * (180 / math.pi),
    p.radians: lambda x: x * (math.pi / 180),
    p.relu: lambda x: maximum(x, 0.0),
    p.leaky_relu: lambda x, slope: maximum(x, 0.0) - slope * maximum(0.0 - x, 0.0),
    p.elu: lambda x, alpha: maximum(x, 0.0) + alpha * (exp(0.0 - maximum(0.0 - x, 0.0)) - 1.0),
    p.softplus: lambda x: maximum(x, 0.0) + log(1.0 + exp(0.0 - maximum(x, 0.0 - x))),
    p.sigmoid: lambda x: (
        exp(0.0 - maximum(0.0 - x, 0.0))
        / (exp(0.0 - maximum(0.0 - x, 0.0)) + exp(0.0 - maximum(x, 0.0)))
    ),
    p.maximum: lambda *xs: maximum(*xs),
    p.minimum: lambda *xs: 0.0 - maximum(*[0.0 - x for x in xs]),
    p.sum: lambda *xs: builtins.sum(xs[1:], xs[0]),
    p.dot: lambda *operands: builtins.sum(_products(operands), operands[-1]),
    p.logsumexp: lambda *xs: log(_exponentials(xs)[1]) + _exponentials(xs)[0],
    p.softmax: lambda i, *xs: exp(xs[int(i.data)] - _elements(logsumexp)(*xs)),
    p.log_softmax: lambda i, *xs: xs[int(i.data)] - _elements(logsumexp)(*xs),
    p.cross_entropy: lambda i, *xs: _elements(logsumexp)(*xs) - xs[int(i.data)],
    p.soft_cross_entropy: lambda *xs: builtins.sum(
        p * (_elements(logsumexp)(*xs[len(xs) // 2 :]) - x)
        for p, x in zip(xs[: len(xs) // 2], xs[len(xs) // 2 :], strict=True)
    ),
}

for _gate, _array in ARRAY.items():
    _gate.array = _array
for _gate, _elementary in ELEMENTARY.items():
    _gate.elementary = _elementary
