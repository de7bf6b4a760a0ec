"""Where the gates are measured: a stratified sample of each gate's operands.

The strata: magnitudes from 1e-300 to 1e300, log-uniform, of both signs; the moderate numbers of
everyday; the ranges where a gate bends, saturates, or nears overflow; the edges of its domain;
and the neighbourhood of its kinks (never on them: tests/engine/test_primitives.py pins these).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random

__all__ = ["DEFAULTS", "operands"]

Point = tuple[float, ...]
Draw = Callable[[Random], float]


def sign(random: Random) -> float:
    return random.choice((-1.0, 1.0))


def power_of_ten(random: Random, lowest: float, highest: float) -> float:
    return math.pow(10.0, random.uniform(lowest, highest))


def extreme(random: Random) -> float:
    return sign(random) * power_of_ten(random, -300, 300)


def moderate(random: Random) -> float:
    return sign(random) * power_of_ten(random, -3, 1.5)


def everyday(random: Random) -> float:
    return random.uniform(-6, 6)


def saturating(random: Random) -> float:
    """Where exp(x) is neither 0 nor inf."""
    return random.uniform(-745, 709.7)


def anything(random: Random) -> float:
    return random.choice((extreme, moderate, everyday, saturating))(random)


def positive(random: Random) -> float:
    return abs(random.choice((extreme, moderate, near_one))(random))


def near_one(random: Random) -> float:
    return 1 + sign(random) * power_of_ten(random, -15.9, -0.1)


def inside(random: Random) -> float:
    """Between -1 and 1, often close to either or to 0."""
    near = 1 - power_of_ten(random, -15.9, -0.1)
    tiny = power_of_ten(random, -300, -0.1)
    return sign(random) * random.choice((near, tiny, random.uniform(0, 1)))


def angle(random: Random) -> float:
    """Anything, or as close to a zero or a pole as floats come."""
    quarter = random.randrange(-400, 401) * (math.pi / 2)
    return random.choice((anything(random), moderate(random), quarter or 1.0))


def above_one(random: Random) -> float:
    return 1 + random.choice((power_of_ten(random, -15.6, 1), power_of_ten(random, 0, 300)))


def above_minus_one(random: Random) -> float:
    edge = -1 + power_of_ten(random, -15.9, -0.1)
    return random.choice((edge, positive(random), inside(random)))


def bell(random: Random) -> float:
    tail = sign(random) * random.uniform(26, 27.3)
    return random.choice((random.uniform(-27, 27), tail, moderate(random), extreme(random)))


def binary_exponent(random: Random) -> float:
    return random.choice((random.uniform(-1074, 1024), moderate(random), extreme(random)))


def pair(random: Random) -> Point:
    draw = random.choice((anything, moderate, extreme))
    x, y = draw(random), draw(random)
    return x, random.choice((y, y, x * random.uniform(0.5, 2)))


def power(random: Random) -> Point:
    """Powers that are floats, and some that are not; negative numbers to whole powers."""
    kind = random.randrange(6)
    if kind == 0:
        return sign(random) * positive(random), float(random.randrange(-9, 10) or 2)
    if kind == 1:
        return positive(random), anything(random)
    if kind == 2:
        return abs(moderate(random)), moderate(random)
    x = positive(random)
    return x, (random.uniform(-745, 709.7) / math.log(x) if x != 1 else extreme(random))


def power_above_zero(random: Random) -> Point:
    x, y = power(random)
    return abs(x), y


def powers_derivative(random: Random) -> Point:
    k, m = random.choice(((2, 0), (1, 1), (0, 2), (2, 1), (3, 0)))
    return (float(k), float(m), *power_above_zero(random))


def roots_derivative(random: Random) -> Point:
    return float(random.choice((1, 2, 3))), anything(random)


def remainder(random: Random) -> Point:
    x, y = moderate(random), moderate(random)
    return random.choice(((x, y), (x * 1e150, y * 1e150), (x * 1e-290, y * 1e-290), (x * 1e6, y)))


def several(random: Random, n: int = 3) -> Point:
    """Logits: of a size, of all sizes, close together, nearly cancelling, or one masked."""
    kind = random.randrange(6)
    if kind == 0:
        return tuple(extreme(random) for _ in range(n))
    if kind == 1:
        centre = moderate(random)
        return tuple(centre + random.uniform(-1, 1) * 1e-3 for _ in range(n))
    if kind == 2:
        return tuple(-math.log(n) + random.uniform(-1e-4, 1e-4) for _ in range(n))
    size = random.choice((2, 30, 800))
    logits = [random.uniform(-size, size) for _ in range(n)]
    if kind == 3:
        logits[random.randrange(n)] = -power_of_ten(random, 5, 300)
    return tuple(logits)


def indexed(random: Random) -> Point:
    return (float(random.randrange(3)), *several(random))


def weighted(random: Random) -> Point:
    draw = random.choice((moderate, everyday, anything))
    return tuple(draw(random) for _ in range(7))


def soft(random: Random) -> Point:
    ps = [random.random() ** 3 for _ in range(3)]
    return (*(p / sum(ps) for p in ps), *several(random))


def chosen(random: Random) -> Point:
    return float(random.randrange(2)), anything(random), anything(random)


def one(draw: Draw) -> Callable[[Random], Point]:
    return lambda random: (draw(random),)


DEFAULTS = {"elu": 1.0, "leaky_relu": 0.01}
"""The parameter of an activation, where nothing else is said."""


def slope(random: Random, default: float) -> Point:
    """The operand of an activation, and its parameter: often the default."""
    x, parameter = anything(random), random.choice((moderate(random), extreme(random)))
    x = random.choice((x, x, -abs(saturating(random))))
    return x, random.choice((default, default, parameter))


def activation(name: str) -> Callable[[Random], Point]:
    return lambda random: slope(random, DEFAULTS[name])


POINTS: dict[str, Callable[[Random], Point]] = {
    **dict.fromkeys(("add", "sub", "mul", "div", "hypot", "unit", "inversion", "atan2"), pair),
    **dict.fromkeys(("log", "log2", "log10", "sqrt", "rsqrt"), one(positive)),
    **dict.fromkeys(("asin", "acos", "atanh", "one_less_square"), one(inside)),
    **dict.fromkeys(("sin", "cos", "tan"), one(angle)),
    **dict.fromkeys(("erf", "erfc"), one(bell)),
    **dict.fromkeys(("maximum", "minimum", "sum", "logsumexp"), several),
    **dict.fromkeys(("softmax", "rest", "log_softmax", "cross_entropy", "take"), indexed),
    **{name: activation(name) for name in DEFAULTS},
    **dict.fromkeys(("pow", "power_slope"), power),
    "power_log": power_above_zero,
    "power_derivative": powers_derivative,
    "gaussian": lambda random: (bell(random), slope(random, 1.0)[1]),
    "cbrt_derivative": roots_derivative,
    **dict.fromkeys(("mod", "quotient"), remainder),
    "log1p": one(above_minus_one),
    "acosh": one(above_one),
    "exp2": one(binary_exponent),
    "dot": weighted,
    "soft_cross_entropy": soft,
    "where": chosen,
    "branch": lambda random: (1.0, anything(random), 1.0),
}
"""How to draw a gate's operands, by its name; any number will do for the others."""


def operands(name: str, n: int, seed: int = 1) -> list[Point]:
    """``n`` points at which to measure the gate, the same ones every time.

    >>> operands("exp", 2) == operands("exp", 2)
    True
    """
    random = Random(f"{name} {seed}")  # a string seeds the same in every process
    draw = POINTS.get(name, one(anything))
    return [draw(random) for _ in range(n)]
