"""Derivatives from a function's values alone: central differences, extrapolated to step 0.

The steps go from far to very near, both in relation to the point and to 1, for a function does
not say at which scale it changes. No two are in a simple ratio, so that no wave looks flat to all
of them. From each three or more in a row Neville's scheme gives a derivative for step 0, with an
estimate of its error. The best is taken that the nearer steps do not contradict: large steps may
agree on what is not so, as they pass a narrow bump by.

A kink shows itself: where the slopes to the left and to the right do not draw together as the
step shrinks, there is no derivative.

Source: Ridders, "Accurate computation of F'(x) and F'(x)F''(x)" (1982).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

__all__ = ["Estimate", "Vector", "extrapolate", "fluctuation"]

EPSILON = 2.0**-52
TINY = 2.0**-1074  # the spacing of subnormal numbers, which have no relative precision
FARTHEST, NEAREST = math.pi**3, 2.0**-51  # steps in relation to the point, or to 1
DEPTH = 7  # how many steps a derivative is extrapolated from
APART = 4  # estimates are at odds that differ by so many times their errors

Vector = list[float]


class Estimate(NamedTuple):
    """A derivative from finite differences: its value, an estimate of its error, and a doubt.

    ``doubt`` is empty, or says why there is no derivative here to speak of (a kink, say).
    """

    value: float
    error: float
    doubt: str = ""


class Sample(NamedTuple):
    """A number on both sides of the point, the steps to there, and how much may be rounding."""

    left: float
    right: float
    low: float
    high: float
    rounding: float

    @property
    def step(self) -> float:
        return (self.left + self.right) / 2

    @property
    def slope(self) -> float:
        return (self.high - self.low) / (self.left + self.right)


def steps(x: float) -> Vector:
    """The steps to take from x: from far to very near.

    >>> [f"{h:.1g}" for h in steps(1.0)[:6]]
    ['3e+01', '1e+01', '3', '1', '0.3', '0.1']
    """
    h, size = FARTHEST * max(abs(x), 1.0), abs(x) or 2.0**-50
    nearest, found = NEAREST * size, []
    while h >= nearest:
        found.append(h)
        close_to = any(scale / 1e3 <= h <= FARTHEST * scale * 1.01 for scale in (1.0, size))
        h /= math.pi if close_to else 3.0 * math.pi
    return found


def extrapolate(at: Callable[[float], tuple[Vector, Vector] | None], x: float) -> list[Estimate]:
    """The derivatives at x of a function that gives several numbers.

    Args:
        at: the function: the numbers, and how far rounding may have moved each; None where it
            has no value.
        x: the point.

    >>> (square,) = extrapolate(lambda t: ([t * t], [0.0]), 3.0)
    >>> abs(square.value - 6) <= square.error < 1e-12
    True
    """
    middle = at(x)
    if middle is None:
        return [Estimate(math.nan, math.inf, "there is no value to start from")]
    edge = ""
    samples: list[list[Sample]] = [[] for _ in middle[0]]
    for h in steps(x):
        above, below = x + h, x - h
        if not above > x > below:
            break
        right, left = at(above), at(below)
        if (left is None) != (right is None):
            edge = "left" if left is None else "right"
        if left is None or right is None:
            continue
        for k, each in enumerate(samples):
            sizes = abs(left[0][k]) + abs(right[0][k]) + abs(middle[0][k])
            known = max(left[1][k], right[1][k], middle[1][k])
            rounding = max(EPSILON * sizes / 2 + TINY, known)
            each.append(Sample(x - below, above - x, left[0][k], right[0][k], rounding))
    if any(len(each) < 3 for each in samples):
        doubt = f"the domain ends here: the function has no value to the {edge}" if edge else ""
        return [Estimate(math.nan, math.inf, doubt or "no value nearby")] * len(samples)
    return [_derivative(each, number) for each, number in zip(samples, middle[0], strict=True)]


def _derivative(samples: Sequence[Sample], middle: float) -> Estimate:
    """The derivative of one number from its samples, the steps ever smaller."""
    rows = _neville(samples)
    order = sorted(range(len(rows)), key=lambda k: rows[k].error)
    best = next((k for k in order if not _contradicted(samples, rows, k)), order[0])
    value, error, _ = rows[best]
    doubt = _kink(samples, middle, best) or _divergence(samples, rows, best)
    return Estimate(value, error, doubt)


def _neville(samples: Sequence[Sample]) -> list[Estimate]:
    """For each sample the best derivative from it and those before it.

    The column of an estimate is the number of steps it rests on. What the neighbours of the
    tableau and the row before say is how far it may be off: two rows may agree by chance.
    """
    rows: list[Estimate] = []
    before: list[tuple[float, float]] = []
    for k, sample in enumerate(samples):
        row = [(sample.slope, sample.rounding / sample.step)]  # each with what rounding does to it
        value, error = sample.slope, math.inf
        for m, (other, its_noise) in enumerate(before[:DEPTH]):
            (last, noise), weight = row[m], 1 / ((samples[k - m - 1].step / sample.step) ** 2 - 1)
            row.append((last + (last - other) * weight, noise + (noise + its_noise) * weight))
            spread = max(abs(row[-1][0] - last), abs(row[-1][0] - other), row[-1][1])
            if spread < error:
                value, error = row[-1][0], spread
        if rows and rows[-1].error < math.inf:
            error = max(error, abs(value - rows[-1].value))
        elif k < 2:
            error = math.inf
        rows.append(Estimate(value, error))
        before = row
    return rows


def _contradicted(samples: Sequence[Sample], rows: Sequence[Estimate], place: int) -> bool:
    """Whether two of the nearer steps say that the derivative is another one.

    Where all is smooth, their slopes are off by less than this step's, by the square of the step.
    """
    value, error, _ = rows[place]
    bend = abs(samples[place].slope - value)
    h = samples[place].step
    against = (
        abs(near.slope - value)
        > APART * (near.rounding / near.step + error + bend * (near.step / h) ** 2)
        for near in samples[place + 1 :]
    )
    return sum(against) >= 2


def _kink(samples: Sequence[Sample], middle: float, best: int) -> str:
    """The slopes of the two sides differ by h·f'': less at a smaller step, or there is a kink."""
    sides = [((middle - s.low) / s.left, (s.high - middle) / s.right) for s in samples]
    gaps = [abs(right - left) for left, right in sides]
    clear = [k for k, s in enumerate(samples) if gaps[k] > 32 * s.rounding / s.step]
    if len(clear) < 3 or clear[-1] - clear[-3] != 2 or clear[-1] < min(best, len(samples) - 3):
        return ""
    last = clear[-1]
    if not (gaps[last] > 0.7 * gaps[last - 1] and gaps[last - 1] > 0.7 * gaps[last - 2]):
        return ""
    start = last - 2
    while start and start - 1 in clear and 0.9 < gaps[start - 1] / gaps[start] < 1.1:
        start -= 1
    left, right = sides[(start + last) // 2]  # neither bent nor rounded
    if gaps[last] > 1.5 * gaps[last - 1]:
        return f"a jump: the slopes grow as the step shrinks, {left:.6g} and {right:.6g}"
    return f"a kink: the slope is {left:.6g} to the left and {right:.6g} to the right"


def _divergence(samples: Sequence[Sample], rows: Sequence[Estimate], best: int) -> str:
    value, error, _ = rows[best]
    noise = samples[best].rounding / samples[best].step
    coarse = abs(samples[0].high - samples[0].low) / samples[0].step  # the slope on the whole
    enough = max(1e-3 * abs(value), 1e3 * noise, 1e-9 * coarse)
    if _contradicted(samples, rows, best) or not error <= enough:
        return f"the differences do not converge ({value:.6g} ± {error:.1g})"
    return ""


def fluctuation(at: Callable[[float], tuple[Vector, Vector] | None], x: float) -> Vector:
    """How much each number fluctuates from one float to another, whatever its formula hides.

    Nine values in a row, at several spacings; their high differences are 0 but for the noise. What
    one spacing alone shows may be a wave.

    Source: Moré and Wild, "Estimating computational noise" (2011).

    >>> import math
    >>> (noise,) = fluctuation(lambda t: ([math.erf(t) + 1], [0.0]), -4.0)
    >>> 1e-17 < noise < 2e-16
    True
    """
    middle = at(x)
    if middle is None:
        return []
    seen: list[Vector] = [[0.0, 0.0] for _ in middle[0]]
    for spacing in (2.0**-10, 2.0**-13, 2.0**-16, 2.0**-19, 2.0**-22):
        found = [at(x + k * spacing * (abs(x) or 1.0)) for k in range(-4, 5)]
        tables = [each[0] for each in found if each is not None]
        if len(tables) == 9:
            for noises, numbers in zip(seen, zip(*tables, strict=True), strict=True):
                noises.append(_noise(numbers))
    least = _least_changes(at, x, middle[0])
    return [max(sorted(noises)[-2], flat) for noises, flat in zip(seen, least, strict=True)]


def _noise(numbers: Sequence[float]) -> float:
    """The size of their noise, if three orders of differences agree on it; else 0."""
    levels, differences = [], list(numbers)
    for k in range(1, 8):
        differences = [b - a for a, b in pairwise(differences)]
        mean = math.hypot(*differences) / math.sqrt(len(differences))
        levels.append(mean / math.sqrt(math.comb(2 * k, k)))
    threes = list(zip(levels[1:], levels[2:], levels[3:], strict=False))
    return max((min(three) for three in threes if max(three) <= 4 * min(three)), default=0.0)


def _least_changes(
    at: Callable[[float], tuple[Vector, Vector] | None], x: float, middle: Vector
) -> Vector:
    """By how much each number changes, where it changes least: log(1 + exp(-40)) is all flat."""
    far = [x + s * h for h in steps(x) for s in (-1, 1)]
    found = [each[0] for each in map(at, far) if each is not None]
    return [
        min((abs(each[k] - y) for each in found if each[k] != y), default=0.0)
        for k, y in enumerate(middle)
    ]
