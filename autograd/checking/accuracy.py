"""How accurate a gate is: the errors of its value and derivatives, in ulp, over its whole domain.

The points are of every magnitude, close together, near every point where the gate bends or its
terms cancel: the worst ones met are searched around once more. What is exact comes from
arithmetic of any precision; a derivative from differences there of the gate's value.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import product
from random import Random
from typing import Any, NamedTuple

from ..engine.derivatives import gradients
from ..engine.gate import Primitive
from ..engine.value import Value
from . import exact as exact_arithmetic
from .own import operand_names

__all__ = ["Accuracy", "Worst", "accuracy", "computed", "judged", "measured"]

Point = tuple[float, ...]
Places = tuple[int, ...]
Terms = Callable[[Point, Places], Sequence[float]]
"""Of what a number is the sum, where it may cancel: its error is in ulp of the largest. The places
are the operands to differentiate by, none for the value."""

LOST = 2.0**50
"""So many ulp off, a number has no right bit left but perhaps its first two."""


class Worst(NamedTuple):
    """The worst error met, in ulp, and where: which derivative (or the value), which operands."""

    ulps: float
    what: str
    point: Point
    got: float
    expected: float
    places: Places = ()

    def __str__(self) -> str:
        if not self.point:
            return f"{self.what}: not met"
        size = "all is lost" if self.ulps > LOST else f"{self.ulps:.3g} ulp"
        at = ", ".join(map(repr, self.point))
        return f"{self.what}: {size} at ({at}): {self.got!r}, exact {self.expected!r}"


class Accuracy(NamedTuple):
    """How far a gate's value and derivatives are off: the worst error of each, and where.

    ``str()`` of it is a table to read.
    """

    gate: str
    points: int
    value: Worst
    derivatives: dict[str, Worst]

    @property
    def worst(self) -> Worst:
        """The worst of the derivatives."""
        return max(self.derivatives.values(), key=lambda worst: worst.ulps)

    def __str__(self) -> str:
        lines = [self.value, *self.derivatives.values()]
        return "\n".join([f"{self.gate}, at {self.points} points", *(f"  {x}" for x in lines)])


def accuracy(
    gate: Primitive,
    exact: Callable[..., Any] | None = None,
    *,
    order: int = 1,
    points: int = 300,
    seed: int = 1,
    domain: Callable[..., bool] | None = None,
) -> Accuracy:
    """Measure how many ulp a gate's value and derivatives lose, and where.

    Args:
        gate: a gate of your own, or of the table.
        exact: its value in mpmath's arithmetic; not needed for a gate of the table.
        order: 2 for the second derivatives, too; the mixed ones in both orders, for each of the
            two has formulas of its own.
        points: how many to begin with; as many again are tried around the worst.
        seed: of the random points.
        domain: whether operands belong to the gate's domain, where its value doesn't tell (a kink
            to leave out, say).

    Returns:
        the worst errors, in units in the last place of the exact number, and where they are.

    Raises:
        TypeError: the gate is not of the table, and ``exact`` is missing.

    >>> from autograd import exp, primitive
    >>> import mpmath
    >>> gate = primitive("logistic_", lambda x: 1 / (1 + exp(-x)), [lambda x, out: out * (1 - out)])
    >>> accuracy(gate, lambda x: 1 / (1 + mpmath.exp(-x))).worst.ulps > 1e10
    True
    """
    function = exact or exact_arithmetic.functions().get(gate.name)
    if function is None:
        raise TypeError(f"accuracy of {gate.name}: give exact=, its value in mpmath's arithmetic")
    random = Random(seed)
    count = gate.arity or 3
    names = operand_names(gate, count)
    found: dict[str, Worst] = {}
    met = 0

    def look(point: Point) -> None:
        nonlocal met
        if domain is not None and not domain(*point):
            return
        errors = list(measured(gate, function, point, order, names))
        met += bool(errors)
        for error in errors:
            if error.what not in found or error.ulps > found[error.what].ulps:
                found[error.what] = error

    for point in _points(count, points, random):
        look(point)
    for _ in range(points):
        if found:
            worst = random.choice(list(found.values()))
            look(tuple(_near(x, random) for x in worst.point))
    nowhere = Worst(0.0, "value", (), math.nan, math.nan)
    value = found.pop("value", nowhere)
    return Accuracy(gate.name, met, value, dict(sorted(found.items())))


def no_terms(point: Point, places: Places) -> Sequence[float]:
    """The terms of a number that is no sum."""
    return ()


def measured(
    gate: Primitive,
    function: Callable[..., Any],
    point: Point,
    order: int,
    names: Sequence[str] | None = None,
    terms: Terms = no_terms,
) -> Iterator[Worst]:
    """The errors of the value and of each derivative here; nothing outside of the domain.

    Args:
        gate, function: the gate, and its value in mpmath's arithmetic.
        point: its operands.
        order: up to which order to differentiate.
        names: of the operands.
        terms: of what a number is the sum, where it may cancel.
    """
    names = names or operand_names(gate, len(point))
    for places, got in computed(gate, point, order):
        errors = judged(function, point, places, [got], names, terms)
        if not errors and not places:
            return
        yield from errors


def judged(
    function: Callable[..., Any],
    point: Point,
    places: Places,
    numbers: Sequence[float],
    names: Sequence[str],
    terms: Terms = no_terms,
) -> list[Worst]:
    """The error of each of these numbers for one derivative, or for the value.

    There is none outside of the domain, at its edge, or at a kink.

    Args:
        function: the gate's value in mpmath's arithmetic.
        point: its operands.
        places: by which of them the numbers claim to be the derivative; none for the value.
        numbers: ours, and perhaps those of other libraries.
        names: of the operands.
        terms: of what the number is the sum, where it may cancel.
    """
    expected = _exactly(function, point, tuple(sorted(places)))
    if expected is None:
        return []
    errors = [error_among(got, expected, terms(point, places)) for got in numbers]
    if max(errors) > 4 and _bent(function, point, places):
        return []
    what = f"d{'²' * (len(places) > 1)} / " + " ".join(f"d {names[k]}" for k in places)
    what = what if places else "value"
    return [
        Worst(error, what, point, got, float(expected), places)
        for error, got in zip(errors, numbers, strict=True)
    ]


@lru_cache(maxsize=64)  # a mixed derivative is asked for in both orders
def _exactly(function: Callable[..., Any], point: Point, places: Places) -> Any:
    """The exact number; None outside of the domain, at its edge, or at a kink."""
    mp = exact_arithmetic.precise()
    exactly = exact_arithmetic.derivative if places else exact_arithmetic.value
    try:
        number = exactly(function, point, *places)
    except (ArithmeticError, ValueError, TypeError):
        return None
    return number if isinstance(number, mp.mpf) and mp.isfinite(number) else None


def _bent(function: Callable[..., Any], point: Point, places: Places) -> bool:
    """Whether a kink is here: the slopes of the two sides differ, however small the step."""
    mp = exact_arithmetic.precise()
    with mp.workdps(400):
        for place in set(places):
            x = mp.mpf(point[place])
            h = abs(x) * mp.mpf(10) ** -100 or mp.mpf(10) ** -400
            try:
                low, middle, high = (
                    function(*[mp.mpf(y) for y in point[:place]], x + s * h, *point[place + 1 :])
                    for s in (-1, 0, 1)
                )
            except (ArithmeticError, ValueError, TypeError):
                return True
            left, right = middle - low, high - middle
            if abs(left - right) > 1e-6 * (abs(left) + abs(right)) > 0:
                return not _turns(left, right)
    return False


def _turns(left: Any, right: Any) -> bool:
    """Whether the slope is 0 here, as at the top of a hill: both sides are tiny, and opposed."""
    return bool(abs(left + right) < 1e-6 * (abs(left) + abs(right)) and abs(left) < 1e-150)


def computed(gate: Primitive, point: Point, order: int) -> Iterator[tuple[Places, float]]:
    """The value, and the derivatives by the operands at these places; NaN for an error."""
    try:
        out = float(gate.value(*point))
    except (ArithmeticError, ValueError):
        out = math.nan
    yield (), out
    flows = gate.differentiable(len(point))
    passing = [place for place, can in enumerate(flows) if can]
    try:
        numbers = gate.locals(point, gate.value(*point))
    except (ArithmeticError, ValueError):
        numbers = [math.nan] * len(point)
    for place in passing:
        yield (place,), float(numbers[place] or 0.0)
    if order < 2:
        return
    leaves = list(map(Value, point))
    try:
        slopes = gradients(gate(*leaves), leaves, create_graph=True)
        second = [gradients(slope, leaves) for slope in slopes]
    except (ArithmeticError, ValueError):
        second = [[math.nan] * len(point)] * len(point)
    for first, other in product(passing, repeat=2):
        yield (first, other), second[first][other]


def error_among(got: float, expected: Any, terms: Sequence[float]) -> float:
    """The error in ulp; of the largest of the terms that the number is a sum of, if any."""
    largest = max(map(abs, terms), default=0.0)
    if largest == math.inf:
        return 0.0  # the sum is inf or NaN
    if largest <= abs(expected):
        return exact_arithmetic.ulps(got, expected)
    return float(abs(expected - got) / math.ulp(largest))


# ------------------------------------------------------------------ where to look

EDGES = (0.0, 1.0, -1.0, 2.0, math.pi, 40.0, 709.0, -745.0, 1e-300, 1e-8, 1e8, 1e300)
"""Where formulas saturate, overflow, cancel."""


def _points(count: int, n: int, random: Random) -> Iterator[Point]:
    """Points of every magnitude; of several operands also such that are close to each other."""
    yield from ((edge,) * count for edge in EDGES)
    for first in EDGES if count > 1 else ():
        for other in EDGES:
            yield (first, *[other] * (count - 1))
    for _ in range(n):
        point = [_number(random) for _ in range(count)]
        if random.random() < 0.4:
            x = point[0]
            point = [x, *(_near(x, random) for _ in point[1:])]
            random.shuffle(point)
        yield tuple(point)


def _number(random: Random) -> float:
    kind = random.randrange(5)
    sign = random.choice((-1.0, 1.0))
    if kind == 0:
        return sign * math.pow(10.0, random.uniform(-300, 300))
    if kind == 1:
        return sign * math.pow(10.0, random.uniform(-17, 3))
    if kind == 2:
        return random.uniform(-745, 709)
    if kind == 3:
        return random.uniform(-40, 40)
    return _near(random.choice(EDGES), random)


def _near(x: float, random: Random) -> float:
    """A number at any distance from x, mostly small."""
    size = random.choice((abs(x), 1.0)) if abs(x) < 1e300 else abs(x)
    return x + random.choice((-1.0, 1.0)) * size * math.pow(10.0, random.uniform(-17, 0))
