"""Derivatives from a function's values alone: central differences, extrapolated to step 0.

The steps get ever smaller (Richardson; the tableau is Ridders'), until rounding begins to win. A
kink shows itself: where the slopes to the left and to the right do not draw together as the step
shrinks, there is no derivative.

Source: Ridders, "Accurate computation of F'(x) and F'(x)F''(x)" (1982).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

__all__ = ["Estimate", "Vector", "extrapolate"]

EPSILON = 2.0**-52
STEPS = 48
PATIENCE = 4  # steps without a better estimate, and the search is over

Vector = list[float]


class Estimate(NamedTuple):
    """A derivative from finite differences: its value, an estimate of its error, and a doubt.

    ``doubt`` is empty, or says why there is no derivative here to speak of (a kink, say).
    """

    value: float
    error: float
    doubt: str = ""


def extrapolate(at: Callable[[float], Vector | None], x: float) -> list[Estimate]:
    """The derivatives at x of a function that gives several numbers.

    Args:
        at: the function; it gives None where it has no value.
        x: the point.

    >>> (square,) = extrapolate(lambda t: [t * t], 3.0)
    >>> abs(square.value - 6) <= square.error < 1e-12
    True
    """
    middle = at(x)
    if middle is None:
        return [Estimate(math.nan, math.inf, "there is no value to start from")]
    tables = [Tableau(number) for number in middle]
    h, taken, one_sided = 0.25 * max(abs(x), 1.0), 0, ""
    for _ in range(STEPS):
        above, below = x + h, x - h
        right, left = at(above), at(below)
        if left is not None and right is not None and above > x > below:
            taken += 1
            for table, low, high in zip(tables, left, right, strict=True):
                table.add((above - below) / 2, low, high)
            if all(table.settled for table in tables):
                break
        elif (left is None) != (right is None):
            side = "left" if left is None else "right"
            one_sided = f"the domain ends here: the function has no value to the {side}"
        h /= 2
    if taken < 3:
        return [Estimate(math.nan, math.inf, one_sided or "no value nearby")] * len(middle)
    return [table.estimate() for table in tables]


class Tableau:
    """Central differences of one number at steps h, h/2, h/4, ..., extrapolated to step 0."""

    def __init__(self, middle: float) -> None:
        self.middle = middle
        self.rows: list[Vector] = []
        self.sides: list[tuple[float, float]] = []  # the slopes to the left and to the right
        self.noises: list[float] = []  # how much of a slope may be rounding
        self.best, self.error, self.at = math.nan, math.inf, 0
        self.previous = math.nan  # what the row before came to

    def add(self, h: float, low: float, high: float) -> None:
        noise = 4 * EPSILON * (abs(low) + abs(high) + abs(self.middle)) / h
        row = [(high - low) / (2 * h)]
        error = math.inf
        if self.rows:
            for k, before in enumerate(self.rows[-1][:12]):
                factor = 4.0 ** (k + 1)
                row.append((factor * row[k] - before) / (factor - 1))
                spread = max(abs(row[k + 1] - row[k]), abs(row[k + 1] - before), noise)
                if spread < error:
                    error, value = spread, row[k + 1]
            if self.previous == self.previous:  # two rows running may agree by chance, not three
                error = max(error, abs(value - self.previous))
            self.previous = value
            coincidence = (  # finer steps contradict it, or were not so lucky
                abs(value - self.best) > 4 * (error + self.error)
                or error > max(1e3 * self.error, 100 * noise)
            )
            if error < self.error or coincidence:
                self.best, self.error, self.at = value, error, len(self.rows)
        self.rows.append(row)
        self.sides.append(((self.middle - low) / h, (high - self.middle) / h))
        self.noises.append(noise)

    @property
    def settled(self) -> bool:
        """Whether smaller steps have nothing to add. A doubt may go away: a kink may be near."""
        return len(self.rows) > self.at + PATIENCE and not self.doubt

    @property
    def doubt(self) -> str:
        return self._kink() or self._divergence()

    def estimate(self) -> Estimate:
        return Estimate(self.best, self.error, self.doubt)

    def _kink(self) -> str:
        """The slopes of the two sides differ by h·f'': half as much at half the step, or a kink."""
        last = min(self.at + 2, len(self.rows) - 1)
        gaps = [abs(right - left) for left, right in self.sides[: last + 1]]
        for k in range(max(1, self.at - 1), last + 1):
            if not gaps[k] > max(0.75 * gaps[k - 1], 16 * self.noises[k]):
                return ""
        left, right = self.sides[last]
        if gaps[last] > 1.5 * gaps[last - 1]:
            return f"a jump: the slopes grow as the step shrinks, {left:.6g} and {right:.6g}"
        return f"a kink: the slope is {left:.6g} to the left and {right:.6g} to the right"

    def _divergence(self) -> str:
        coarse = abs(self.rows[0][0])  # how steep the function is on the whole
        if self.error > max(1e-3 * abs(self.best), 1e-6 * coarse, 1e3 * self.noises[self.at]):
            return f"the differences do not converge ({self.best:.6g} ± {self.error:.1g})"
        return ""
