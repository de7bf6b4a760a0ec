"""More columns of the table: NumPy's name of a gate, else its formula; and the lectures' one.

The first two are the array reading (see gate.py): NumPy's function for the value, or the value
written with gates that have one, which compiled programs of any target read. The third serves
``elementary(y)``, which rebuilds a graph from the gates that the lectures draw.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable, Sequence
from typing import Any

from . import primitives as p
from .gate import Primitive
from .primitives import (
    cosh,
    exp,
    expm1,
    hypot,
    log,
    log_softmax,
    logsumexp,
    maximum,
    minimum,
    sigmoid,
    sqrt,
    where,
)

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


def _element(i: Any, xs: Sequence[Any]) -> Any:
    """The x that the index names, in an array of indices."""
    chosen = nan
    for k, x in enumerate(xs):
        chosen = where(i == k, x, chosen)
    return chosen


NUMPY = {
    p.add: "add",
    p.sub: "subtract",
    p.mul: "multiply",
    p.div: "divide",
    p.mod: "mod",
    p.quotient: "floor_divide",
    p.neg: "negative",
    p.pow: "power",
    p.abs: "abs",
    p.exp: "exp",
    p.exp2: "exp2",
    p.expm1: "expm1",
    p.log: "log",
    p.log2: "log2",
    p.log10: "log10",
    p.log1p: "log1p",
    p.sqrt: "sqrt",
    p.cbrt: "cbrt",
    p.hypot: "hypot",
    p.sin: "sin",
    p.cos: "cos",
    p.tan: "tan",
    p.asin: "arcsin",
    p.acos: "arccos",
    p.atan: "arctan",
    p.atan2: "arctan2",
    p.sinh: "sinh",
    p.cosh: "cosh",
    p.tanh: "tanh",
    p.asinh: "arcsinh",
    p.acosh: "arccosh",
    p.atanh: "arctanh",
    p.sign: "sign",
    p.floor: "floor",
    p.ceil: "ceil",
    p.degrees: "degrees",
    p.radians: "radians",
    p.choice: "where",
    p.maximum: "maximum",
    p.minimum: "minimum",
    p.sum: "add",
    p.logsumexp: "logaddexp",
}

FORMULA: dict[Primitive, Callable[..., Any]] = {
    p.power_slope: lambda x, y: where(y == 0, 0.0, y * x ** (y - 1)),
    p.power_log: lambda x, y: where(x > 0, x**y * log(x), where(x == 0, 0.0, nan)),
    p.identity: lambda x: x,
    p.rsqrt: lambda x: 1 / sqrt(x + 0.0),
    p.unit: lambda x, y: where(hypot(x, y) == 0, 0.0, x / hypot(x, y)),
    p.inversion: lambda x, y: x / hypot(x, y) / hypot(x, y),
    p.one_less_square: lambda x: (1 - x) * (1 + x),
    p.sech2: lambda x: 1 / cosh(x) ** 2,
    p.gaussian: lambda x, scale: scale * exp(-x * x),
    p.step: lambda x: where(x > 0, 1.0, where(x == x, 0.0, x)),
    p.relu: lambda x: maximum(x, 0.0),
    p.leaky_relu: lambda x, slope: where(x > 0, x, slope * x),
    p.elu: lambda x, alpha: where(x > 0, x, alpha * expm1(minimum(x, 0.0))),
    p.softplus: lambda x: logsumexp(0.0, x),
    p.sigmoid: lambda x: 1 / (1 + exp(-x)),
    p.sigmoid_slope: lambda x: 1 / (1 + exp(-x)) / (1 + exp(x)),
    p.dot: lambda *operands: builtins.sum(_products(operands)) + operands[-1],
    p.softmax: lambda i, *xs: exp(log_softmax(i, *xs)),
    p.rest: lambda i, *xs: -expm1(log_softmax(i, *xs)),
    p.log_softmax: lambda i, *xs: -logsumexp(*[x - _element(i, xs) for x in xs]),
    p.cross_entropy: lambda i, *xs: -log_softmax(i, *xs),
    p.take: lambda i, *xs: _element(i, xs),
    p.soft_cross_entropy: lambda *xs: builtins.sum(
        -p * log_softmax(k, *xs[len(xs) // 2 :]) for k, p in enumerate(xs[: len(xs) // 2])
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
    p.take: lambda i, *xs: xs[int(i.data)],
    p.soft_cross_entropy: lambda *xs: builtins.sum(
        p * (_elements(logsumexp)(*xs[len(xs) // 2 :]) - x)
        for p, x in zip(xs[: len(xs) // 2], xs[len(xs) // 2 :], strict=True)
    ),
}

for _gate, _name in NUMPY.items():
    _gate.numpy = _name
for _gate, _formula in FORMULA.items():
    _gate.formula = _formula
for _gate, _elementary in ELEMENTARY.items():
    _gate.elementary = _elementary
