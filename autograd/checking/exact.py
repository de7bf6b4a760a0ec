"""Every gate in exact arithmetic: the oracle that the table is held against.

Each function here is the *definition* of a gate's value, in mpmath's arithmetic of any precision.
A gate's derivatives are not taken from here: they are central differences of its value, with
hundreds of digits to spare, so no error of the table can hide. The helper gates of the table
whose values are derivatives of other gates (sech2, power_slope, power_derivative, ...) have a
value to define like any other, and it is written from the mathematics, not from the table.

Where python-flint is installed, the same formulas are read in FLINT's arithmetic, which is many
times as fast; the answers are mpmath's numbers all the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from itertools import combinations
from typing import Any

from .arb import Arb

__all__ = ["derivative", "functions", "ulps", "value"]

Number = Any
"""mpmath's number of any precision."""

LEVELS = (100, 400, 1600, 5000)
"""How many digits to try, one after the other, until the answer no longer depends on it."""

ENOUGH = 1600
"""With so many digits no derivative is lost that is a float: what looks like 0 is 0."""

TINY, HUGE = 2.0**-1022, math.nextafter(math.inf, 0.0)
"""The least normal float, and the greatest."""


def precise() -> Any:
    """mpmath, or an ImportError that says how to get it."""
    try:
        import mpmath
    except ImportError:
        raise ImportError("exact arithmetic needs mpmath: pip install 'gatewise[test]'") from None
    return mpmath


def functions() -> dict[str, Callable[..., Number]]:
    """Each gate's value on mpmath's numbers by its name."""
    return defined(precise())


@cache
def defined(mp: Any) -> dict[str, Callable[..., Number]]:
    """Each gate's value by its name, written from the definition and not from the table.

    Args:
        mp: an arithmetic of any precision that has mpmath's names: mpmath, or ``Arb()``.
    """

    def softmax(i: Number, *xs: Number) -> Number:
        return 1 / sum(mp.exp(x - xs[int(float(i))]) for x in xs)

    def logsumexp(*xs: Number) -> Number:
        top = max(xs)
        return top + mp.log(sum(mp.exp(x - top) for x in xs))

    def log_softmax(i: Number, *xs: Number) -> Number:
        return -logsumexp(*[x - xs[int(float(i))] for x in xs])

    def dot(*operands: Number) -> Number:
        n = len(operands) // 2
        terms = [w * x for w, x in zip(operands[:n], operands[n:-1], strict=True)]
        return sum(terms) + operands[-1]

    def power_derivative(times_x: Number, times_y: Number, x: Number, y: Number) -> Number:
        k, m = int(float(times_x)), int(float(times_y))
        log = mp.log(x) if m else 0

        def falling(j: int) -> Number:
            """The derivative, j times by y, of y·(y-1)···(y-k+1): j of the factors are left out."""
            products = (math.prod(y - i for i in left) for left in combinations(range(k), k - j))
            return math.factorial(j) * sum(products)

        terms = (math.comb(m, j) * falling(j) * log ** (m - j) for j in range(min(k, m) + 1))
        return x ** (y - k) * sum(terms)

    def cbrt(x: Number) -> Number:
        return mp.sign(x) * mp.cbrt(abs(x))

    def cbrt_derivative(times: Number, x: Number) -> Number:
        k = int(float(times))
        return math.prod(mp.mpf(1) / 3 - j for j in range(k)) * cbrt(x) / x**k

    def soft_cross_entropy(*operands: Number) -> Number:
        n = len(operands) // 2
        ps, xs = operands[:n], operands[n:]
        return -sum(p * log_softmax(i, *xs) for i, p in enumerate(ps))

    return {
        "add": lambda x, y: x + y,
        "sub": lambda x, y: x - y,
        "mul": lambda x, y: x * y,
        "div": lambda x, y: x / y,
        "mod": lambda x, y: x - y * mp.floor(x / y),
        "quotient": lambda x, y: mp.floor(x / y),
        "neg": lambda x: -x,
        "pow": lambda x, y: x**y,
        "power_slope": lambda x, y: y * x ** (y - 1),
        "power_log": lambda x, y: x**y * mp.log(x),
        "power_derivative": power_derivative,
        "abs": abs,
        "identity": lambda x: x,
        "exp": mp.exp,
        "exp2": lambda x: mp.mpf(2) ** x,
        "expm1": lambda x: mp.exp(x) - 1,
        "log": mp.log,
        "log2": lambda x: mp.log(x) / mp.log(mp.mpf(2)),
        "log10": lambda x: mp.log(x) / mp.log(mp.mpf(10)),
        "log1p": lambda x: mp.log(1 + x),
        "sqrt": mp.sqrt,
        "cbrt": cbrt,
        "rsqrt": lambda x: 1 / mp.sqrt(x),
        "cbrt_derivative": cbrt_derivative,
        "hypot": lambda x, y: mp.sqrt(x * x + y * y),
        "unit": lambda x, y: x / mp.sqrt(x * x + y * y),
        "inversion": lambda x, y: x / (x * x + y * y),
        "sin": mp.sin,
        "cos": mp.cos,
        "tan": mp.tan,
        "asin": mp.asin,
        "acos": mp.acos,
        "one_less_square": lambda x: 1 - x * x,
        "atan": mp.atan,
        "atan2": mp.atan2,
        "sinh": mp.sinh,
        "cosh": mp.cosh,
        "tanh": mp.tanh,
        "sech2": lambda x: 1 / mp.cosh(x) ** 2,
        "asinh": lambda x: mp.sign(x) * mp.log(abs(x) + mp.sqrt(x * x + 1)),
        "acosh": lambda x: mp.log(x + mp.sqrt(x * x - 1)),
        "atanh": lambda x: mp.log((1 + x) / (1 - x)) / 2,
        "erf": mp.erf,
        "erfc": lambda x: mp.erfc(min(x, mp.mpf(10) ** 5)),  # mpmath fails above
        "gaussian": lambda x, scale: scale * mp.exp(-x * x),
        "sign": mp.sign,
        "step": lambda x: mp.mpf(x > 0),
        "floor": mp.floor,
        "ceil": mp.ceil,
        "degrees": lambda x: x * 180 / mp.pi,
        "radians": lambda x: x * mp.pi / 180,
        "where": lambda condition, a, b: a if condition != 0 else b,
        "branch": lambda condition, taken, expected: taken,
        "relu": lambda x: max(x, mp.mpf(0)),
        "leaky_relu": lambda x, slope: x if x > 0 else slope * x,
        "elu": lambda x, alpha: x if x > 0 else alpha * (mp.exp(x) - 1),
        "softplus": lambda x: max(x, mp.mpf(0)) + mp.log(1 + mp.exp(-abs(x))),
        "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
        "sigmoid_slope": lambda x: 1 / (1 + mp.exp(-x)) / (1 + mp.exp(x)),
        "maximum": max,
        "minimum": min,
        "sum": lambda *xs: sum(xs),
        "dot": dot,
        "logsumexp": logsumexp,
        "softmax": softmax,
        "rest": lambda i, *xs: 1 - softmax(i, *xs),
        "log_softmax": log_softmax,
        "cross_entropy": lambda i, *xs: -log_softmax(i, *xs),
        "soft_cross_entropy": soft_cross_entropy,
        "take": lambda i, *xs: xs[int(float(i))],
    }


@cache
def in_arb() -> tuple[Arb, dict[int, Callable[..., Number]]] | None:
    """FLINT's arithmetic, and in it each function of the table, by the id of mpmath's."""
    try:
        arb = Arb()
    except ImportError:
        return None
    fast = defined(arb)
    return arb, {id(function): fast[name] for name, function in functions().items()}


def fastest(function: Callable[..., Number]) -> tuple[Any, Callable[..., Number]]:
    """The arithmetic to take, and the function in it: FLINT's is for those of the table only."""
    arb, fast = in_arb() or (None, {})
    return (arb, fast[id(function)]) if id(function) in fast else (precise(), function)


def _in_mpmath(number: Number) -> Number:
    """The middle of a ball to 60 digits; any other number as it is."""
    mp = precise()
    if not hasattr(number, "mid"):
        return number
    if not number.is_finite():
        return mp.nan
    mantissa, exponent = number.mid().man_exp()
    with mp.workdps(60):
        return mp.mpf((int(mantissa), int(exponent)))


def value(function: Callable[..., Number], operands: Sequence[float]) -> Number:
    """The function's value at these floats, to 40 digits at least.

    >>> print(value(functions()["log1p"], [1e-300]))
    1.0e-300
    """
    mp, function = fastest(function)

    def at(digits: int) -> Number:
        with mp.workdps(digits):
            return function(*map(mp.mpf, operands))

    before = at(60)
    for digits in LEVELS[1:-1]:
        now = at(digits)
        if abs(now - before) <= abs(now) * 1e-40 and now != 0:
            break
        before = now
    return _in_mpmath(now)


def derivative(
    function: Callable[..., Number],
    operands: Sequence[float],
    *places: int,
) -> Number:
    """The function's derivative by the operands at these places, to 20 digits at least.

    Args:
        function: of mpmath numbers.
        operands: where; no kink may be there.
        places: which operands to differentiate by, one after the other; ``0, 0`` is the second
            derivative by the first operand.

    Raises:
        ArithmeticError: no answer, with thousands of digits (is there a kink?).

    The central difference has a step of 10**(-digits/3), relative for operands below 1, and an
    error of the order of its square; it is taken again with a thousandth of the step and with
    more digits, until two agree. A term that is lost at both (the x² of √(1 + x²), 1e-600) shows
    in a second derivative by the steps: once all are alike, once each is relative to the point
    that the step before led to, and without that term the two differ.

    >>> print(float(derivative(functions()["tanh"], [300.0], 0)))  # 4·exp(-600)
    1.0601586212017243e-260
    """
    mp, function = fastest(function)

    def difference(
        at: list[Number], places: tuple[int, ...], fraction: Number, origin: list[Number] | None
    ) -> Number:
        if not places:
            return function(*at)
        place, left = places[0], places[1:]
        x = (origin or at)[place]
        h = fraction * (min(abs(x), 1) if x != 0 else 1)
        above, below = (
            difference([*at[:place], at[place] + s * h, *at[place + 1 :]], left, fraction, origin)
            for s in (1, -1)
        )
        return (above - below) / (2 * h)

    for digits in LEVELS:
        with mp.workdps(digits * len(places)):
            at = list(map(mp.mpf, operands))
            fraction = mp.mpf(10) ** (-digits // 3)
            first = difference(at, places, fraction, at)
            if abs(first) < 1e-300:  # a 0 it is, or else a number lost: 1 + 1e-200 is 1
                if digits >= ENOUGH and abs(first) < mp.mpf(10) ** -400:
                    return precise().mpf(0)
                if first == 0:
                    continue
        with mp.workdps((digits + 40) * len(places)):
            again = difference(at, places, fraction / 1000, None)
            if abs(first - again) <= abs(again) * 1e-20:
                return _in_mpmath(again)
    raise ArithmeticError(f"no derivative at {list(operands)}: is there a kink?")


def ulps(got: float, expected: Number) -> float:
    """How far ``got`` is off, in units in the last place of the expected number.

    Where that underflows, any float not above the least normal one is right (error 0); where it
    overflows, inf is; anything else there, and NaN everywhere, is off by inf.
    """
    if got != got:
        return math.inf
    size = abs(expected)
    if size < TINY:
        return 0.0 if abs(got) <= TINY else math.inf
    if size > HUGE:
        return 0.0 if abs(got) >= HUGE and (got > 0) == (expected > 0) else math.inf
    return float(abs(expected - got) / math.ulp(float(expected))) if abs(got) <= HUGE else math.inf
