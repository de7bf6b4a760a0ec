"""The table: every gate's value and its partial derivatives, each written once.

A rule uses only operators and other gates, so it can be read on floats, on Values, on arrays
and as text (see gate.py). ``out`` is the gate's own result. Where the textbook's formula loses
bits (1 - tanh²x at x = 20 is 0) the row computes an accurate form, and ``formulas`` keeps the
textbook's for the pictures. A helper gate that is needed for that (sech2, say) is a row too,
with a derivative of its own, so that higher orders stay accurate, and are what they should be at
the edge of a domain (1/√x is inf at 0, and its derivative -inf).

At a kink: relu'(0) = abs'(0) = 0, tied maxima share equally, x**0 has derivative 0,
sqrt'(0) = inf. The table in README.md lists them all.
"""

from __future__ import annotations

import builtins
import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

from . import numeric
from .conversion import as_number
from .gate import Operands, Primitive, registry

__all__ = ["Primitive", "registry", "where"]

nan = math.nan


def where(condition: Any, a: Any, b: Any) -> Any:
    """Choose ``a`` where the condition holds, else ``b``.

    Args:
        condition: a bool, a number or a Value: 0 means no, NaN gives NaN, anything else means yes.
        a, b: numbers, Values, or functions without arguments, called only if chosen. In a rule
            of the table also None: nothing flows there.

    A branch not chosen takes no part: it never leaks NaN into value or gradient.

    Raises:
        TypeError: the condition is none of these.

    >>> where(2 > 1, 5.0, lambda: 1 / 0)
    5.0
    """
    if type(condition) is not bool:
        if hasattr(condition, "apply_gate"):  # a NumPy scalar has a method choose, too: another
            return condition.choose(a, b)
        if getattr(condition, "ndim", 0):
            return _where_on_arrays(condition, a, b)
        condition = as_number(condition, "where()'s condition")
        if condition != condition:
            return nan
    chosen = a if condition else b
    if callable(chosen):
        return chosen()
    if any(branch is None or callable(branch) for branch in (a, b)):
        return chosen
    if hasattr(a, "apply_gate") or hasattr(b, "apply_gate"):
        return choice(float(condition), a, b)  # a gate of the graph, with an edge for each branch
    return chosen


def _where_on_arrays(condition: Any, a: Any, b: Any) -> Any:
    """Both branches are computed, and chosen from elementwise; where nothing flows is 0."""
    import numpy

    with numpy.errstate(all="ignore"):
        a, b = (branch() if callable(branch) else branch for branch in (a, b))
        a, b = (0.0 if branch is None else branch for branch in (a, b))
        chosen = numpy.where(condition, a, b)
        return (
            chosen if condition.dtype == bool else numpy.where(condition == condition, chosen, nan)
        )


def row(name: str, symbol: str, *columns: Any, **more: Any) -> Primitive:
    """Add a row to the table."""
    op = registry[name] = Primitive(name, symbol, *columns, **more)
    return op


def unless_nan(number: Any, local: Any) -> Any:
    """The partial, but NaN where the number is: no flat side hides a NaN."""
    return where(number == number, local, nan)


def fixed_at_zero(number: Any) -> Any:
    """Whether it is 0, and a plain number: by a Value that is 0 now, one may differentiate."""
    return number == 0 if getattr(number, "kind", "constant") == "constant" else False


def flat(*operands_and_out: Any) -> Any:
    """The partial of a function made of steps: nothing flows, but NaN stays NaN."""
    return unless_nan(operands_and_out[-1], None)


# For type checkers: rows that are mentioned above their definition. (A lambda looks a name up when
# it is called, so the order does not matter.)
quotient: Primitive
power_slope: Primitive
power_log: Primitive
power_derivative: Primitive
exp: Primitive
exp2: Primitive
log: Primitive
sign: Primitive
rsqrt: Primitive
cbrt_derivative: Primitive
unit: Primitive
inversion: Primitive
cos: Primitive
one_less_square: Primitive
cosh: Primitive
sech2: Primitive
sigmoid: Primitive
sigmoid_slope: Primitive
gaussian: Primitive
maximum: Primitive
log_softmax: Primitive

# ---------------------------------------------------------------------- arithmetic

add = row("add", "+", operator.add, (1.0, 1.0))
sub = row("sub", "-", operator.sub, (1.0, -1.0))
mul = row("mul", "×", operator.mul, (lambda x, y, out: y, lambda x, y, out: x))
div = row(
    "div",
    "/",
    operator.truediv,
    (lambda x, y, out: 1 / y, lambda x, y, out: -(out / y)),
    formulas=("1/y", "-x/y²"),
)
mod = row(
    "mod", "%", numeric.mod, (1.0, lambda x, y, out: -quotient(x, y)), formulas=("1", "-⌊x/y⌋")
)
quotient = row("quotient", "⌊x/y⌋", numeric.quotient, (flat, flat), formulas=("0", "0"))
neg = row("neg", "neg", operator.neg, (-1.0,))
pow = row(
    "pow",
    "**",
    numeric.pow,
    (lambda x, y, out: power_slope(x, y), lambda x, y, out: power_log(x, y)),
    formulas=("y·x^(y-1)", "x^y·log x"),
)
power_slope = row(
    "power_slope",
    "y·x^(y-1)",
    numeric.power_slope,
    (
        lambda x, y, out: power_derivative(2, 0, x, y),
        lambda x, y, out: power_derivative(1, 1, x, y),
    ),
    formulas=("y·(y-1)·x^(y-2)", "x^(y-1)·(1 + y·log x)"),
)
power_log = row(
    "power_log",
    "x^y·log x",
    numeric.power_log,
    (
        lambda x, y, out: power_derivative(1, 1, x, y),
        lambda x, y, out: power_derivative(0, 2, x, y),
    ),
    formulas=("x^(y-1)·(1 + y·log x)", "x^y·log²x"),
)
# power_derivative(k, m, x, y): x^y differentiated k times by x and m times by y
power_derivative = row(
    "power_derivative",
    "∂x^y",
    numeric.power_derivative,
    (
        None,
        None,
        lambda k, m, x, y, out: power_derivative(k + 1, m, x, y),
        lambda k, m, x, y, out: power_derivative(k, m + 1, x, y),
    ),
    formulas=("", "", "once more by x", "once more by y"),
)


abs = row("abs", "|x|", builtins.abs, (lambda x, out: sign(x),))
identity = row("identity", "copy", lambda x: x, (1.0,))

# ------------------------------------------- exponentials, logarithms, roots, hypot

exp = row("exp", "exp", numeric.exp, (lambda x, out: out,), formulas=("eˣ",))
exp2 = row(
    "exp2",
    "exp2",
    numeric.exp2,
    (
        lambda x, out: where(  # 2ˣ may overflow though its derivative does not
            x > 1000, lambda: math.log(2) * exp2(x - 1) * 2, lambda: math.log(2) * out
        ),
    ),
    formulas=("2ˣ·log 2",),
)
expm1 = row("expm1", "expm1", numeric.expm1, (lambda x, out: exp(x),), formulas=("eˣ",))
log = row("log", "log", numeric.log, (lambda x, out: 1 / x,))
log2 = row(
    "log2", "log2", numeric.log2, (lambda x, out: 1 / x / math.log(2),), formulas=("1/(x·log 2)",)
)
log10 = row(
    "log10",
    "log10",
    numeric.log10,
    (lambda x, out: 1 / (x * math.log(10)),),
    formulas=("1/(x·log 10)",),
)
log1p = row("log1p", "log1p", numeric.log1p, (lambda x, out: 1 / (1 + x),))
sqrt = row("sqrt", "√", numeric.sqrt, (lambda x, out: 0.5 * rsqrt(x),), formulas=("1/(2√x)",))
# 1/√x is inf at 0, and so each of its derivatives is inf or -inf there
rsqrt = row(
    "rsqrt", "1/√x", numeric.rsqrt, (lambda x, out: power_slope(x, -0.5),), formulas=("-1/(2·√x³)",)
)
cbrt = row(
    "cbrt", "∛", numeric.cbrt, (lambda x, out: cbrt_derivative(1, x),), formulas=("1/(3·∛x²)",)
)
# cbrt_derivative(k, x): ∛x differentiated k times; at 0 it is inf for k = 1, NaN for k = 2
cbrt_derivative = row(
    "cbrt_derivative",
    "∂∛x",
    numeric.cbrt_derivative,
    (None, lambda k, x, out: cbrt_derivative(k + 1, x)),
    formulas=("", "once more by x"),
)
hypot = row(
    "hypot",
    "hypot",
    math.hypot,
    (lambda x, y, out: unit(x, y), lambda x, y, out: unit(y, x)),
    formulas=("x/√(x²+y²)", "y/√(x²+y²)"),
)
# unit(x, y): the first coordinate of the unit vector along (x, y), the cosine of its angle
unit = row(
    "unit",
    "x/√(x²+y²)",
    numeric.unit,
    (
        lambda x, y, out: unit(y, x) * inversion(y, x),
        lambda x, y, out: -out * inversion(y, x),
    ),
    formulas=("y²/√(x²+y²)³", "-x·y/√(x²+y²)³"),
)
# inversion(x, y): the first coordinate of (x, y) mirrored at the unit circle; NaN at the origin
inversion = row(
    "inversion",
    "x/(x²+y²)",
    numeric.inversion,
    (
        lambda x, y, out: 4 * inversion(y - x, y + x) * inversion(y + x, y - x),
        lambda x, y, out: -2 * out * inversion(y, x),
    ),
    formulas=("(y²-x²)/(x²+y²)²", "-2x·y/(x²+y²)²"),
)

# -------------------------------------------- circular and hyperbolic functions, erf

sin = row("sin", "sin", numeric.sin, (lambda x, out: cos(x),))
cos = row("cos", "cos", numeric.cos, (lambda x, out: -sin(x),))
tan = row("tan", "tan", numeric.tan, (lambda x, out: 1 + out * out,), formulas=("1 + tan²x",))
asin = row(
    "asin",
    "asin",
    numeric.asin,
    (lambda x, out: rsqrt(one_less_square(x)),),
    formulas=("1/√(1-x²)",),
)
acos = row(
    "acos",
    "acos",
    numeric.acos,
    (lambda x, out: -rsqrt(one_less_square(x)),),
    formulas=("-1/√(1-x²)",),
)
one_less_square = row("one_less_square", "1-x²", numeric.one_less_square, (lambda x, out: -2 * x,))
atan = row("atan", "atan", math.atan, (lambda x, out: inversion(1.0, x),), formulas=("1/(1+x²)",))
atan2 = row(
    "atan2",
    "atan2",
    math.atan2,
    (lambda y, x, out: inversion(x, y), lambda y, x, out: -inversion(y, x)),
    formulas=("x/(x²+y²)", "-y/(x²+y²)"),
)
sinh = row("sinh", "sinh", numeric.sinh, (lambda x, out: cosh(x),))
cosh = row("cosh", "cosh", numeric.cosh, (lambda x, out: sinh(x),))
tanh = row("tanh", "tanh", math.tanh, (lambda x, out: sech2(x),), formulas=("1 - tanh²x",))
sech2 = row("sech2", "sech²", numeric.sech2, (lambda x, out: -2 * out * tanh(x),))
asinh = row(
    "asinh", "asinh", math.asinh, (lambda x, out: 1 / hypot(1.0, x),), formulas=("1/√(1+x²)",)
)
acosh = row(
    "acosh",
    "acosh",
    numeric.acosh,
    (lambda x, out: rsqrt(x - 1) * rsqrt(x + 1),),
    formulas=("1/√(x²-1)",),
)
atanh = row(
    "atanh",
    "atanh",
    numeric.atanh,
    (lambda x, out: 1 / one_less_square(x),),
    formulas=("1/(1-x²)",),
)
erf = row(
    "erf",
    "erf",
    math.erf,
    (lambda x, out: gaussian(x, 2 / math.sqrt(math.pi)),),
    formulas=("2/√π·e^(-x²)",),
)
erfc = row(
    "erfc",
    "erfc",
    math.erfc,
    (lambda x, out: gaussian(x, -2 / math.sqrt(math.pi)),),
    formulas=("-2/√π·e^(-x²)",),
)
gaussian = row(
    "gaussian",
    "e^(-x²)",
    numeric.gaussian,
    (
        lambda x, scale, out: gaussian(x, -2 * x * scale),
        lambda x, scale, out: gaussian(x, 1),
    ),
    formulas=("-2x·scale·e^(-x²)", "e^(-x²)"),
)

# ------------------------------------------------------- steps, rounding, conversion


sign = row("sign", "sign", numeric.sign, (flat,), formulas=("0",))
step = row("step", "step", numeric.step, (flat,), formulas=("0",))
floor = row("floor", "⌊x⌋", numeric.floor, (flat,), formulas=("0",))
ceil = row("ceil", "⌈x⌉", numeric.ceil, (flat,), formulas=("0",))
degrees = row("degrees", "degrees", math.degrees, (180 / math.pi,), formulas=("180/π",))
radians = row("radians", "radians", math.radians, (math.pi / 180,), formulas=("π/180",))
choice = row(
    "where",
    "where",
    lambda condition, a, b: where(condition, a, b),
    (
        None,
        lambda condition, a, b, out: where(condition, 1.0, None),
        lambda condition, a, b, out: where(condition, None, 1.0),
    ),
    formulas=("", "1 if taken", "1 if taken"),
)
# where() with functions for branches: only the one taken was built. Operands: the condition, that
# branch, and whether the condition held; forward() fails if it no longer does.
branch = row(
    "branch",
    "where",
    numeric.branch,
    (None, lambda condition, taken, expected, out: unless_nan(condition, 1.0), None),
)

# ----------------------------------------------------------------------- activations

relu = row(
    "relu",
    "relu",
    numeric.relu,
    (lambda x, out: where(step(out), 1.0, None),),
    formulas=("I(x > 0)",),
)
leaky_relu = row(
    "leaky_relu",
    "leaky relu",
    numeric.leaky_relu,
    (
        lambda x, slope, out: where(  # with slope 0 it is flat, as relu is
            x > 0, 1.0, lambda: unless_nan(x, lambda: where(fixed_at_zero(slope), None, slope))
        ),
        lambda x, slope, out: where(x > 0, None, x),
    ),
    formulas=("I(x > 0) + slope·I(x ≤ 0)", "x·I(x ≤ 0)"),
)
elu = row(
    "elu",
    "elu",
    numeric.elu,
    (
        lambda x, alpha, out: where(
            x > 0,
            1.0,
            lambda: where(  # exp(x) alone would underflow, and alpha may be huge
                x > -700, lambda: alpha * exp(x), lambda: alpha * exp(x / 2) * exp(x / 2)
            ),
        ),
        lambda x, alpha, out: where(x > 0, None, lambda: expm1(x)),
    ),
    formulas=("I(x > 0) + alpha·eˣ·I(x ≤ 0)", "(eˣ - 1)·I(x ≤ 0)"),
)
softplus = row("softplus", "softplus", numeric.softplus, (lambda x, out: sigmoid(x),))
sigmoid = row(
    "sigmoid", "σ", numeric.sigmoid, (lambda x, out: sigmoid_slope(x),), formulas=("σ·(1 - σ)",)
)
sigmoid_slope = row(
    "sigmoid_slope",
    "σ·(1-σ)",
    numeric.sigmoid_slope,
    (lambda x, out: -out * tanh(x / 2),),
    formulas=("σ·(1-σ)·(1-2σ)",),
)

# ---------------------------- gates over a sequence; an index comes first where there is one


def once(function: Callable[..., Any]) -> Callable[..., Any]:
    """Remember ``function`` of a sequence, so that the partials by its n operands share one call.

    The result is kept with the tuple of operands (see ``Operands``), and goes when that goes.
    """

    def remembered(xs: Any, *more: Any) -> Any:
        if type(xs) is not Operands:
            return function(xs, *more)
        known = xs.known.get(function)
        if known is None or not all(map(operator.is_, known[0], more)):
            known = xs.known[function] = more, function(xs, *more)
        return known[1]

    return remembered


class EachIndex:
    """``softmaxes(xs)[j]`` is ``softmax(j, *xs)``.

    On floats all are computed at once; on Values only the one that is asked for; as text it is the
    name of a variable (see steps.py).
    """

    def __init__(self, gate: Primitive, at_once: Callable[..., Any]) -> None:
        self.gate = gate
        self.at_once = at_once

    def __call__(self, xs: Any) -> Any:
        if not isinstance(xs, tuple):
            return xs.each(self)
        return self.at_once(xs) if type(xs[0]) is float else _Lazily(self.gate, xs)


class _Lazily:
    def __init__(self, gate: Primitive, xs: tuple[Any, ...]) -> None:
        self.gate = gate
        self.xs = xs

    def __getitem__(self, j: Any) -> Any:
        return self.gate(float(j), *self.xs)


# What the partials by all operands have in common; set at the end of the file
softmaxes: EachIndex
rests: EachIndex
log_softmaxes: EachIndex

maximum = row(
    "maximum",
    "max",
    numeric.maximum,
    (lambda xs, j, out: _share(xs, j, out),),
    operands="*xs",
    formulas=("1 for the largest",),
)
minimum = row(
    "minimum",
    "min",
    numeric.minimum,
    (lambda xs, j, out: _share(xs, j, out),),
    operands="*xs",
    formulas=("1 for the smallest",),
)
sum = row("sum", "Σ", numeric.sum_, (1.0,), operands="*xs")
dot = row(
    "dot",
    "w·x",
    numeric.dot,
    (lambda ws, xs, b, j, out: xs[j], lambda ws, xs, b, j, out: ws[j], 1.0),
    operands="*ws *xs b",
)
logsumexp = row(
    "logsumexp",
    "log Σ exp",
    numeric.logsumexp,
    (lambda xs, j, out: softmaxes(xs)[j],),
    operands="*xs",
    formulas=("softmax",),
)
softmax = row(
    "softmax",
    "softmax",
    numeric.softmax,
    (
        None,
        lambda i, xs, j, out: where(
            i == j, lambda: out * rests(xs)[j], lambda: -out * softmaxes(xs)[j]
        ),
    ),
    operands="i *xs",
    formulas=("", "sᵢ·(I(i = j) - sⱼ)"),
)
rest = row(
    "rest",
    "1 - softmax",
    numeric.rest,
    (
        None,
        lambda i, xs, j, out: where(
            i == j, lambda: -softmaxes(xs)[j] * out, lambda: softmax(i, *xs) * softmaxes(xs)[j]
        ),
    ),
    operands="i *xs",
    formulas=("", "sᵢ·(sⱼ - I(i = j))"),
)
log_softmax = row(
    "log_softmax",
    "log softmax",
    numeric.log_softmax,
    (
        None,
        lambda i, xs, j, out: where(i == j, lambda: rests(xs)[j], lambda: -softmaxes(xs)[j]),
    ),
    operands="i *xs",
    formulas=("", "I(i = j) - sⱼ"),
)
cross_entropy = row(
    "cross_entropy",
    "cross-entropy",
    numeric.cross_entropy,
    (
        None,
        lambda i, xs, j, out: where(i == j, lambda: -rests(xs)[j], lambda: softmaxes(xs)[j]),
    ),
    operands="i *xs",
    formulas=("", "sⱼ - I(j = target)"),
)
soft_cross_entropy = row(
    "soft_cross_entropy",
    "cross-entropy",
    numeric.soft_cross_entropy,
    (
        lambda ps, xs, j, out: -log_softmaxes(xs)[j],
        lambda ps, xs, j, out: softmaxes(xs)[j] * (added_up(ps) - ps[j]) - ps[j] * rests(xs)[j],
    ),
    operands="*ps *xs",
    formulas=("-log sⱼ", "sⱼ·Σp - pⱼ"),
)

take = row(
    "take",
    "take",
    numeric.take,
    (None, lambda i, xs, j, out: where(i == j, 1.0, None)),
    operands="i *xs",
    formulas=("", "I(i = j)"),
)

softmaxes = EachIndex(softmax, numeric.softmaxes)
rests = EachIndex(rest, numeric.rests)
log_softmaxes = EachIndex(log_softmax, numeric.log_softmaxes)
EACH_INDEX = (softmaxes, rests, log_softmaxes)


@once
def added_up(xs: tuple[Any, ...]) -> Any:
    """The sum, added up one by one: Python's own sum rounds floats otherwise than Values."""
    return fold(operator.add, xs)


@once
def _ties(xs: tuple[Any, ...], out: Any) -> Any:
    return builtins.sum(where(x == out, 1.0, 0.0) for x in xs)


def _share(xs: tuple[Any, ...], j: Any, out: Any) -> Any:
    """1 for the operand that won, 1/k for each of k that tie, None for one that lost."""
    return where(xs[j] == out, lambda: 1.0 / _ties(xs, out), lambda: where(out == out, None, out))


def fold(function: Any, xs: Sequence[Any]) -> Any:
    result = xs[0]
    for x in xs[1:]:
        result = function(result, x)
    return result
