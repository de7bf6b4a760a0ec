"""Values of the gates on floats, where ``math`` lacks them or would raise on overflow.

Every function here takes and gives floats. They hold the project's conventions: overflow is
inf, a domain error raises what ``math`` raises, NaN in gives NaN out. Where a gate is a helper in
another gate's partial (``power_slope``, ``sech2``), this is its value only: which derivative it
is part of, and its own partials, stand in the table of primitives.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, localcontext
from fractions import Fraction
from functools import wraps
from operator import mul as _mul
from typing import Any

inf, nan = math.inf, math.nan

_many_digits = Context(prec=50, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])
"""For the few operands at which floats cancel, or leave their range on the way."""


def overflow_to_inf(function: Callable[[float], float]) -> Callable[[float], float]:
    """``function`` with inf where ``math`` raises OverflowError."""

    def total(x: float) -> float:
        try:
            return function(x)
        except OverflowError:
            return inf

    return total


exp = overflow_to_inf(math.exp)
expm1 = overflow_to_inf(math.expm1)
cosh = overflow_to_inf(math.cosh)


def sinh(x: float) -> float:
    try:
        return math.sinh(x)
    except OverflowError:
        return math.copysign(inf, x)


def pow(x: float, y: float) -> float:
    """x to the power y: real or an error, never complex."""
    try:
        result = x**y
    except OverflowError:
        return -inf if x < 0 and y % 2 == 1 else inf
    except ZeroDivisionError:
        raise ZeroDivisionError("0 has no negative power") from None
    if type(result) is complex:
        raise ValueError("a negative number has only integer powers")
    return result  # type: ignore[no-any-return]


def power_slope(x: float, y: float) -> float:
    """y · x**(y - 1), right to 2 ulp although y - 1 is rounded.

    x**(y - 1) is corrected by exp(e · log x), e being the rounding error of y - 1.
    """
    if y == 0:
        return 0.0
    if x == 0:
        return y if y == 1 or y != y else math.copysign(inf, y) if y < 1 else 0.0
    z = y - 1
    if z == 1:
        return y * x  # a square: the most common power
    size = abs(x)
    power = pow(size, z)
    if not 1e-290 < power < inf or (x < 0 and y % 1 != 0):
        return power_derivative(1, 0, x, y)
    back = z - y
    error = (y - (z - back)) + (-1 - back)
    slope = y * (power + power * (error * math.log(size))) if error else y * power
    return -slope if x < 0 and y % 2 == 0 else slope


def power_log(x: float, y: float) -> float:
    """x**y · log x; 0 at x = 0, where the limit is (for y > 0), and NaN below it."""
    if x <= 0:
        return 0.0 if x == 0 and y >= 0 else nan
    power = pow(x, y)
    return power * math.log(x) if 1e-290 < power < inf else power_derivative(0, 1, x, y)


def power_derivative(times_x: float, times_y: float, x: float, y: float) -> float:
    """x**y, differentiated so many times by x and by y: to 50 digits, then rounded.

    It is x**(y - k) times a polynomial of y and log x, which cancels at its zeros, and either
    factor may leave the range of floats though the product does not.
    """
    k, m = int(times_x), int(times_y)
    if x != x or y != y:
        return nan
    if -inf < x < 0 and y - y == 0 and y % 1 != 0:
        raise ValueError("a negative number has only integer powers")
    if x <= 0 and m:
        return 0.0 if x == 0 else nan  # the conventions of power_log
    if x == 0:
        falling = math.prod([y - j for j in range(k)])  # y(y - 1)(y - 2)...
        return falling if y == k else 0.0 if y > k or not falling else math.copysign(inf, falling)
    size, odd = abs(x), x < 0 and (y % 2 + k) % 2 == 1  # y - k itself rounds, if y is huge
    z = y - k
    if not m and z + k == y and z - y == -k:  # z is exact: floats will do, if they have the range
        power = pow(size, z)
        if 1e-290 < power < inf:
            result = math.prod([y - j for j in range(k)]) * power
            return -result if odd else result
    with localcontext(_many_digits):
        base, exponent = Decimal(size), Decimal(y)
        logarithm = base.ln() if m else Decimal(0)

        def polynomial(k: int, m: int, y: Decimal) -> Decimal:
            if m < 0:
                return Decimal(0)
            if k == 0:
                return logarithm**m if m else Decimal(1)
            return y * polynomial(k - 1, m, y - 1) + m * polynomial(k - 1, m - 1, y - 1)

        factor = polynomial(k, m, exponent)
        result = float(factor * base ** (exponent - k)) if factor else 0.0
    return -result if odd else result


def mod(x: float, y: float) -> float:
    try:
        return x % y
    except ZeroDivisionError:
        raise ZeroDivisionError("remainder of a division by zero") from None


def quotient(x: float, y: float) -> float:
    """How often y goes into x, as ``mod`` counts it: ⌊x/y⌋."""
    try:
        return x // y
    except ZeroDivisionError:
        raise ZeroDivisionError("quotient of a division by zero") from None


def exp2(x: float) -> float:
    try:
        return float(2.0**x)
    except OverflowError:
        return inf


def _log(function: Callable[[float], float]) -> Callable[[float], float]:
    def logarithm(x: float) -> float:
        if x <= 0:
            raise ValueError("the logarithm needs a number above 0")
        return function(x)

    return logarithm


log, log2, log10 = _log(math.log), _log(math.log2), _log(math.log10)


def _within(function: Callable[[float], float], domain: str) -> Callable[[float], float]:
    """``function``, whose error says what its domain is."""

    def inside(x: float) -> float:
        try:
            return function(x)
        except ValueError:
            raise ValueError(f"needs a number {domain}") from None

    return inside


asin, acos = _within(math.asin, "from -1 to 1"), _within(math.acos, "from -1 to 1")
acosh = _within(math.acosh, "from 1 upwards")
atanh = _within(math.atanh, "between -1 and 1")


def one_less_square(x: float) -> float:
    """1 - x²: as the product of its factors near 1, where the difference would cancel."""
    square = x * x
    return 1 - square if square < 0.5 else (1 - x) * (1 + x)


def log1p(x: float) -> float:
    if x <= -1:
        raise ValueError("log1p needs a number above -1")
    return math.log1p(x)


def sqrt(x: float) -> float:
    if x < 0:
        raise ValueError("a negative number has no real square root")
    return math.sqrt(x)


def rsqrt(x: float) -> float:
    """1/√x; inf at 0."""
    if x < 0:
        raise ValueError("a negative number has no real square root")
    return inf if x == 0 else x**-0.5


def cbrt(x: float) -> float:
    """The real cube root: one Newton step on the power makes it good to an ulp."""
    if x == 0 or x != x or x in (inf, -inf):
        return x
    size = abs(x)
    if size < 1e-290:  # scaled by a cube, so that the residual below does not underflow
        return cbrt(x * 2.0**300) * 2.0**-100
    root = size ** (1 / 3)
    residual = float(Fraction(root) ** 3 - Fraction(size))
    return math.copysign(root - residual / (3 * root * root), x)


def cbrt_derivative(times: float, x: float) -> float:
    """∛x, differentiated so many times: (1/3)(1/3 - 1)(1/3 - 2)... · ∛x / xᵏ.

    At 0 the odd ones grow alike on both sides, to inf; the even ones part, to inf and -inf.
    """
    k = int(times)
    falling = float(math.prod([1 - 3 * j for j in range(k)]))  # times 3ᵏ
    if x == 0 and k > 0:
        return inf * falling if k % 2 else nan
    result = cbrt(x) * falling / 3.0**k
    for _ in range(k):
        result /= x
    return result


def _scaled(x: float, y: float) -> tuple[float, float, int]:
    """x and y over such a power of 2 that the larger is about 1, and its exponent."""
    exponent = math.frexp(max(abs(x), abs(y)))[1]
    return math.ldexp(x, -exponent), math.ldexp(y, -exponent), exponent


def unit(x: float, y: float) -> float:
    """x/√(x² + y²); 0 at the origin, where the vector (x, y) has no direction."""
    length = math.hypot(x, y)
    if length == 0:
        return 0.0
    if 1e-290 < length < inf:
        return x / length
    x, y, _ = _scaled(x, y)
    return x / math.hypot(x, y)


def inversion(x: float, y: float) -> float:
    """x/(x² + y²); NaN at the origin."""
    if x == 0 and y == 0:
        return nan
    if abs(x) == inf or abs(y) == inf:
        return nan if x != x or y != y else math.copysign(0.0, x)
    x, y, exponent = _scaled(x, y)
    total, left = _rounded_sum([*_square(x), *_square(y)])
    ratio = x / total
    ratio -= ratio * left
    try:
        return math.ldexp(ratio, -exponent)
    except OverflowError:
        return math.copysign(inf, ratio)


def sin(x: float) -> float:
    return math.sin(x) if x - x == 0 else _no_angle(x)


def cos(x: float) -> float:
    return math.cos(x) if x - x == 0 else _no_angle(x)


def tan(x: float) -> float:
    return math.tan(x) if x - x == 0 else _no_angle(x)


def _no_angle(x: float) -> float:
    if x != x:
        return x
    raise ValueError("an infinite angle has no sine, cosine or tangent")


def sech2(x: float) -> float:
    """1 - tanh² without its cancellation."""
    t = math.tanh(x)
    return 1 - t * t if t * t < 0.25 else 4 * sigmoid_slope(2 * x)


def gaussian(x: float, scale: float) -> float:
    """scale · exp(-x²) with the rounding error of x² put right."""
    if abs(x) > 38.6:
        return math.copysign(0.0, scale) if scale == scale else nan
    if abs(x) > 26.4:  # exp(-x²) underflows, but the product need not
        with localcontext(_many_digits):
            return float(Decimal(scale) * (-(Decimal(x) ** 2)).exp())
    square, error = _square(x)
    bell = math.exp(-square)
    return scale * (bell - bell * error)


def _square(x: float) -> tuple[float, float]:
    """x² and its rounding error (by x split into two halves)."""
    square = x * x
    high = x * 134217729.0
    high -= high - x
    low = x - high
    return square, ((high * high - square) + 2 * high * low) + low * low


def floor(x: float) -> float:
    return float(math.floor(x)) if x - x == 0 else x


def ceil(x: float) -> float:
    return float(math.ceil(x)) if x - x == 0 else x


def sign(x: float) -> float:
    return 1.0 if x > 0 else -1.0 if x < 0 else x * 0.0


def step(x: float) -> float:
    return 1.0 if x > 0 else 0.0 if x <= 0 else nan


def relu(x: float) -> float:
    return x if x > 0 or x != x else 0.0


def leaky_relu(x: float, slope: float) -> float:
    return x if x > 0 else slope * x


def elu(x: float, alpha: float) -> float:
    return x if x > 0 else alpha * math.expm1(x)


def softplus(x: float) -> float:
    return x + math.log1p(math.exp(-x)) if x > 0 else math.log1p(math.exp(x))


def sigmoid(x: float) -> float:
    if x >= 0:
        return 1 / (1 + math.exp(-x))
    e = math.exp(x)
    return _over_one_plus(e, e)


def sigmoid_slope(x: float) -> float:
    """sigmoid · (1 - sigmoid) without its cancellation: e / (1 + e)², e being exp(-|x|)."""
    e = math.exp(-abs(x))
    return _over_one_plus(e, 2 * e + e * e)


def _over_one_plus(x: float, y: float) -> float:
    """x / (1 + y), the rounding error of the sum put right."""
    total = 1 + y
    ratio = x / total
    left = y - (total - 1) if y < 1 else 1 - (total - y)
    return ratio - ratio * left / total


# Gates over a sequence


def remembering(
    function: Callable[[tuple[float, ...]], list[float]],
) -> Callable[[tuple[float, ...]], list[float]]:
    """``function``, which remembers its last operands and result.

    A softmax over n numbers is n gates, and each of them asks for the same n numbers (their
    partials too). Operands and result are one tuple, so that no thread sees them unmatched.
    """
    last: tuple[Any, Any] = (None, None)

    @wraps(function)
    def remembered(xs: tuple[float, ...]) -> list[float]:
        nonlocal last
        known, result = last
        if known is not xs:
            if known != xs:
                result = function(xs)
            last = xs, result  # next time, one look will do
        return result  # type: ignore[no-any-return]

    return remembered


def maximum(*xs: float) -> float:
    if not xs:
        raise ValueError("the maximum of no operands does not exist")
    return next((x for x in xs if x != x), max(xs))


def minimum(*xs: float) -> float:
    if not xs:
        raise ValueError("the minimum of no operands does not exist")
    return next((x for x in xs if x != x), min(xs))


def sum_(*xs: float) -> float:
    """The exactly rounded sum."""
    try:
        return math.fsum(xs)
    except (OverflowError, ValueError):  # an intermediate overflow, or inf - inf
        return float(sum(xs))


def dot(*operands: float) -> float:
    """w·x + b, the operands being the n weights, the n inputs and b."""
    n = len(operands) // 2
    terms = list(map(_mul, operands[:n], operands[n:]))
    terms.append(operands[-1])
    try:
        return math.fsum(terms)
    except (OverflowError, ValueError):
        return float(sum(terms))


def exponentials(xs: Sequence[float]) -> tuple[float, list[float], list[float]]:
    """The largest x, exp(x - largest) of them all, and what each must be multiplied by, less 1.

    The rounding error of ``x - largest`` (by two-sum) is that correction.
    """
    if not xs:
        raise ValueError("needs at least one operand")
    top = maximum(*xs)
    if top - top != 0:  # inf or NaN: the limit, where there is one
        powers = [1.0 if x == top else 0.0 if top == inf and x == x else nan for x in xs]
        return top, powers, [0.0] * len(xs)
    powers, errors = [], []
    for x in xs:
        gap = x - top
        back = gap + top
        powers.append(math.exp(gap))
        errors.append((x - back) - (top - (back - gap)) if gap > -inf else 0.0)
    return top, powers, errors


def logsumexp(*xs: float) -> float:
    top, powers, errors = exponentials(xs)
    if top - top != 0:
        return top
    largest = xs.index(top)
    del powers[largest], errors[largest]
    more = math.log1p(math.fsum([*powers, *map(_mul, powers, errors)]))
    result = top + more
    if more <= 1.25 * abs(result):
        return result
    with localcontext(_many_digits):  # the two cancel
        return float(sum((Decimal(x).exp() for x in xs), Decimal(0)).ln())


def _rounded_sum(terms: Sequence[float]) -> tuple[float, float]:
    """The sum, and the rounding error that is left in it, relative to it."""
    total = math.fsum(terms)
    return total, math.fsum([*terms, -total]) / total if total else 0.0


@remembering
def softmaxes(xs: tuple[float, ...]) -> list[float]:
    """Each exp(x) over the sum of them all.

    The rounding error of the sum is put right together with those of the exponentials.
    """
    _, powers, errors = exponentials(xs)
    total, left = _rounded_sum([*powers, *map(_mul, powers, errors)])
    shares = [power / total for power in powers]
    return [s + s * (error - left) for s, error in zip(shares, errors, strict=True)]


@remembering
def rests(xs: tuple[float, ...]) -> list[float]:
    """Each 1 - softmax, as the sum of the others where the subtraction would cancel."""
    _, powers, errors = exponentials(xs)
    corrections = list(map(_mul, powers, errors))
    total, left = _rounded_sum([*powers, *corrections])

    def of(k: int, share: float) -> float:
        if share < 0.5:
            return 1 - share
        terms = [*powers[:k], *powers[k + 1 :], *corrections[:k], *corrections[k + 1 :]]
        others, left_of_them = _rounded_sum(terms)
        ratio = others / total
        return ratio + ratio * (left_of_them - left)

    return [of(k, share) for k, share in enumerate(softmaxes(xs))]


def softmax(index: float, *xs: float) -> float:
    return softmaxes(xs)[class_index(index, len(xs))]


def rest(index: float, *xs: float) -> float:
    return rests(xs)[class_index(index, len(xs))]


@remembering
def log_softmaxes(xs: tuple[float, ...]) -> list[float]:
    """Each x - logsumexp(xs), from the other exponentials where x is the largest."""
    top, powers, errors = exponentials(xs)
    if top != top:
        return [nan] * len(xs)
    powers = [power + power * error for power, error in zip(powers, errors, strict=True)]
    logarithm = math.log(math.fsum(powers))
    largest = xs.index(top)
    del powers[largest]
    of_largest = -math.log1p(math.fsum(powers))
    return [of_largest if x == top else (x - top) - logarithm for x in xs]


def log_softmax(index: float, *xs: float) -> float:
    return log_softmaxes(xs)[class_index(index, len(xs))]


def cross_entropy(index: float, *xs: float) -> float:
    return -log_softmax(index, *xs)


def soft_cross_entropy(*operands: float) -> float:
    """-Σ p log softmax(x), the operands being the n probabilities and the n logits."""
    n = len(operands) // 2
    ps, xs = operands[:n], operands[n:]
    if min(ps) < 0:
        raise ValueError(f"a target probability must not be negative, got {min(ps):g}")
    return sum_(*(-p * s for p, s in zip(ps, log_softmaxes(xs), strict=True) if p != 0))


def take(index: float, *xs: float) -> float:
    """The operand at the index."""
    return xs[class_index(index, len(xs), "an index")]


def class_index(index: float, n: int, name: str = "a class index") -> int:
    """``index`` as an int in range(n): negative ones don't count from the end."""
    if not 0 <= index < n or index != int(index):
        raise ValueError(f"{name} must be an integer from 0 to {n - 1}, got {index:g}")
    return int(index)


def branch(condition: float, taken: float, expected: float) -> float:
    """``taken``, as long as the condition still is what it was when the branch was built."""
    if condition != condition and expected != expected:
        return nan
    if condition != condition or expected != expected or bool(condition) != bool(expected):
        raise ValueError(
            "the condition changed, and the other branch was never built: run the function again"
        )
    return taken
