"""Derivatives from a function's values alone: central differences, extrapolated to step 0.

The steps get ever smaller (Richardson; the tableau is Ridders'), until rounding begins to win. A
kink shows itself: where the slopes to the left and to the right do not draw together as the step
shrinks, there is no derivative.

Large steps may agree on what is not so: at steps of a quarter, an eighth and so on sin(2π·64·x)
is flat, and a narrow bump is passed by. Hence the probes: a few samples from far to very near, no
two of them in a simple ratio. Where several agree on something else than the tableau, it was
fooled, and begins anew with the steps of the probes.

Source: Ridders, "Accurate computation of F'(x) and F'(x)F''(x)" (1982).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

__all__ = ["Estimate", "Vector", "extrapolate"]

EPSILON = 2.0**-52
TINY = 2.0**-1074  # the spacing of subnormal numbers, which have no relative precision
FARTHEST, NEAREST = 2.0**-2, 2.0**-49  # steps in relation to x (or to 1, if that is larger)
PROBES = [(10 * math.pi) ** -k for k in range(1, 10)]
PATIENCE = 4  # steps without a better estimate, and the search is over
CLEARLY = 8  # how many times nearer to each other than to the tableau probes are that refute it
HIDDEN = 2.0**-44  # no probe refutes by less: numbers near 1 may have cancelled out of sight

Vector = list[float]


class Estimate(NamedTuple):
    """A derivative from finite differences: its value, an estimate of its error, and a doubt.

    ``doubt`` is empty, or says why there is no derivative here to speak of (a kink, say).
    """

    value: float
    error: float
    doubt: str = ""


class Sample(NamedTuple):
    """What a number is on both sides of the point, a step to the left and a step to the right.

    The two steps are the same but for rounding.
    """

    left: float
    right: float
    low: float
    high: float

    @property
    def step(self) -> float:
        return (self.left + self.right) / 2


def extrapolate(
    at: Callable[[float], Vector | None], x: float, roundings: Vector | None = None
) -> list[Estimate]:
    """The derivatives at x of a function that gives several numbers.

    Args:
        at: the function; it gives None where it has no value.
        x: the point.
        roundings: how far rounding may move each number, where that is known to be more than
            the number's own last bits.

    >>> (square,) = extrapolate(lambda t: [t * t], 3.0)
    >>> abs(square.value - 6) <= square.error < 1e-12
    True
    """
    middle = at(x)
    if middle is None:
        return [Estimate(math.nan, math.inf, "there is no value to start from")]
    edges: list[str] = []

    def sample(h: float) -> list[Sample]:
        """A sample of each number, or nothing where the function has no value."""
        above, below = x + h, x - h
        right, left = at(above), at(below)
        if (left is None) != (right is None):
            edges.append("left" if left is None else "right")
        if left is None or right is None or not above > x > below:
            return []
        pairs = zip(left, right, strict=True)
        return [Sample(x - below, above - x, low, high) for low, high in pairs]

    size = max(abs(x), 1.0)
    probes = [samples for samples in (sample(size * h) for h in PROBES) if samples]
    h = FARTHEST * size
    tables = [
        Tableau(number, h, [samples[k] for samples in probes], rounding)
        for k, (number, rounding) in enumerate(
            zip(middle, roundings or [0.0] * len(middle), strict=True)
        )
    ]
    while h >= NEAREST * size and not all(table.settled for table in tables):
        for table, each in zip(tables, sample(h), strict=False):
            if not table.settled and h <= table.start:
                table.add(each)
        h = min(h / 2, max((table.start for table in tables if not table.settled), default=0.0))
    if any(len(table.rows) < 3 for table in tables):
        edge = (
            f"the domain ends here: the function has no value to the {edges[-1]}" if edges else ""
        )
        return [Estimate(math.nan, math.inf, edge or "no value nearby")] * len(middle)
    return [table.estimate() for table in tables]


class Tableau:
    """Central differences of one number at steps h, h/2, h/4, ..., extrapolated to step 0.

    Args:
        middle: the number at the point itself.
        start: the first step.
        probes: samples to hold the result against, the steps ever smaller.
        rounding: how far rounding may move the number.
    """

    def __init__(
        self, middle: float, start: float, probes: Sequence[Sample], rounding: float
    ) -> None:
        self.middle = middle
        self.probes = probes
        self.rounding = rounding
        self.settled = False  # whether smaller steps have nothing to add
        self._begin(start)

    def _begin(self, start: float) -> None:
        self.start = start
        self.steps: Vector = []
        self.rows: list[Vector] = []
        self.sides: list[tuple[float, float]] = []  # the slopes to the left and to the right
        self.noises: list[float] = []  # how much of a slope may be rounding
        self.best, self.error, self.at = math.nan, math.inf, 0
        self.previous = math.nan  # what the row before came to

    def add(self, sample: Sample) -> None:
        """Add a row; where the last ones brought nothing, see whether the probes say the same."""
        self._extrapolate(sample)
        if len(self.rows) > self.at + PATIENCE:
            doubt = self.doubt
            refuted = self._refuted(doubt)
            if refuted:
                self._begin(refuted)
            else:
                self.settled = not doubt  # a doubt may go away: a kink may be near

    def _extrapolate(self, sample: Sample) -> None:
        h, noise = sample.step, self._noise(sample)
        row = [(sample.high - sample.low) / (2 * h)]
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
        self.steps.append(h)
        self.rows.append(row)
        self.sides.append(self._slopes(sample))
        self.noises.append(noise)

    def _slopes(self, sample: Sample) -> tuple[float, float]:
        left, right = self.middle - sample.low, sample.high - self.middle
        return left / sample.left, right / sample.right

    def _noise(self, sample: Sample) -> float:
        sizes = abs(sample.low) + abs(sample.high) + abs(self.middle)
        return max(4 * (EPSILON * sizes + TINY), 2 * self.rounding) / sample.step

    def _refuted(self, doubt: str) -> float:
        """The step to begin anew with, where three probes in turn show something else; or 0.

        They are those nearer than the best row, each side by itself: where all is smooth, the
        slopes draw together, and to what the tableau found.
        """
        near = [probe for probe in self.probes if probe.step < self.steps[self.at]]
        for three in zip(near, near[1:], near[2:], strict=False):
            slopes = [self._slopes(probe) for probe in three]
            if doubt:
                one, two, last = (abs(right - left) for left, right in slopes)
                refuted = bool(self._kink()) and one > CLEARLY * two and two > CLEARLY * last
            else:
                noise = self._noise(three[-1]) + HIDDEN / three[0].step
                refuted = any(self._at_odds(side, noise) for side in zip(*slopes, strict=True))
            if refuted:
                return three[0].step
        return 0.0

    def _at_odds(self, slopes: Sequence[float], noise: float) -> bool:
        """Whether slopes agree on something else. A slope of 0 may be a change lost to rounding."""
        off = min(abs(slope - self.best) for slope in slopes)
        apart = max(slopes) - min(slopes)
        return all(slopes) and off > max(CLEARLY * apart, 4 * (self.error + noise))

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
