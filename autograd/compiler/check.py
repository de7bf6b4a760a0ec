"""Check: a few samples through the scalar graph, to compare a program with.

The traced graph is evaluated and walked back by the engine itself, so what it gives is what
``backward()`` would give. A program that differs is not used.

Some numbers hide what is wrong with a program: weights that are all 0, or alike. So it is compared
at the Values' numbers and at numbers a little beside them. What is moved are the trace's stand-ins,
never the Values; a large graph has none, and one sample must do for it.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from itertools import count
from typing import Any, NamedTuple

from ..engine.backward import propagate
from ..engine.gate import domain_error
from ..engine.value import Value, describe
from .inputs import Inputs, flat_rows
from .parameters import Parameters, as_array, as_list
from .targets import Target
from .trace import Trace, flattened, leaf_of, nested, numbers, set_numbers

__all__ = ["Check", "disagreement", "reference"]

SMALL = 2_000  # scalar nodes up to which three samples are walked back, not one
GOLDEN = (math.sqrt(5) - 1) / 2  # its multiples, modulo 1, are never alike

Sample = list[list[float]]  # the flat numbers of each argument


class Compared(NamedTuple):
    """A sample, and what the scalar graph gives for it."""

    sample: Sample
    outputs: list[float]
    gradient: Sequence[float] | None  # None where it is not finite


class Point(NamedTuple):
    """Numbers of the parameters (a list or an array), and the samples that are compared at them."""

    theta: Any
    compared: list[Compared]


class Check:
    """Samples with their outputs and gradients by the scalar graph, at two points.

    Of the data, the first that tell something are taken: their gradients are finite and not 0
    throughout (any program is right about 0 times something). Else those with a finite gradient
    must do, or those with finite outputs, which are compared alone. A graph that is not small is
    walked back once.

    Args:
        trace: the scalar graph.
        inputs: the program's arguments.
        parameters: what to differentiate by, and theta.
        reduction: "mean" or "sum".
        batch: the data to take samples from; without it they are invented, and those that some
            gate does not take are left out.

    Raises:
        ValueError, ZeroDivisionError: one of the first samples is outside some gate's domain.
    """

    def __init__(
        self,
        trace: Trace,
        inputs: Inputs,
        parameters: Parameters,
        reduction: str,
        batch: list[Any] | None,
    ) -> None:
        self.trace = trace
        self.inputs = inputs
        self.mean = reduction == "mean"
        self.largest = math.inf if inputs.dtype == "float64" else 1e38  # that the numbers can hold
        small = len(trace) <= SMALL
        self.candidates = self.samples(batch, 3 if small else 1)
        self.theta = numbers(trace.order) if trace.large else as_list(parameters.theta)
        self.invented = batch is None
        self.points: list[Point] = []
        if small:
            self.add(self.theta, 1)
        if not trace.large:
            self.add(moved(self.theta), 2 if small else 1)
        if not self.points:
            self.add(self.theta, 3 if small else 1)

    def samples(self, batch: list[Any] | None, wanted: int) -> list[Sample]:
        """Those that may be compared."""
        if not self.inputs.batched:
            return [[[] for _ in self.inputs.arguments]]
        if batch is None:
            return _invented(self.inputs, wanted)
        tried = max(3, min(1000, 60_000 // len(self.trace)))
        return self.inputs.samples([flat_rows(column, tried) for column in batch])

    def add(self, theta: list[float], wanted: int) -> None:
        """Add the samples that tell most at this point, if there are any."""
        telling: list[Compared] = []
        finite: list[Compared] = []
        outputs_only: list[Compared] = []
        for place, sample in enumerate(self.candidates):
            try:
                outputs, gradient = reference(self.trace, theta, sample)
            except (ValueError, ZeroDivisionError):
                if place < 3 and not self.invented:
                    self.see_domain(place)
                continue
            if not _within(outputs, self.largest):
                continue
            if not _within(gradient, self.largest):
                outputs_only.append(Compared(sample, outputs, None))
            else:
                tells = any(gradient if self.trace.single and gradient else outputs)
                kind = telling if tells else finite
                kind.append(Compared(sample, outputs, gradient))
            if len(telling) == wanted:
                break
        if compared := ((telling + finite) or outputs_only)[:wanted]:
            self.points.append(Point(theta, compared))

    def see_domain(self, place: int) -> None:
        """Raise if a sample of the data is outside some gate's domain, and not by the moving."""
        try:
            evaluate(self.trace, self.theta, self.candidates[place])
        except (ValueError, ZeroDivisionError) as error:
            if not self.inputs.batched:
                raise
            kind = ZeroDivisionError if isinstance(error, ZeroDivisionError) else ValueError
            raise kind(f"sample {place}: {error}") from error

    # ------------------------------------------------------------------ the function itself

    def repeatable(self, target: Target) -> None:
        """See that the function itself, called on numbers, gives what its trace gives.

        Raises:
            ValueError: it does not: it draws a random number, say.
        """
        trace = self.trace
        if trace.rebuild is None or trace.large:
            return
        sample = self.points[0].compared[0].sample
        actual = [
            argument.fixed
            if argument.shape is None
            else nested([Value(number) for number in flat], argument.shape)
            for argument, flat in zip(trace.arguments, sample, strict=True)
        ]
        here = [leaf_of(each).data for each in trace.order]
        try:
            result = trace.rebuild(*actual)
            now = [r.data if isinstance(r, Value) else float(r) for r in flattened(result)[0]]
            if self.exact(target) and _same(now, self.outputs(target, as_array(here), [sample])[0]):
                return
            before = evaluate(trace, here, sample)
        except (ValueError, ZeroDivisionError):
            return  # outside a domain here, but not beside
        if not _same(now, before):
            raise ValueError(
                f"the function gives {_shown(now)} where its trace gives {_shown(before)}: it does "
                "not compute the same thing twice. A random number drawn inside (a dropout mask) "
                "must come in as an argument"
            )

    # ------------------------------------------------------------------ the program

    def problem(self, target: Target) -> str | None:
        """What is wrong with a target's outputs or gradient, or None."""
        try:
            for theta, compared in self.points:
                point = Point(as_array(theta, target.parameters.dtype), compared)
                problem = self.difference(target, point)
                if problem and self.is_right(target, point):
                    continue
                problem = problem or self.in_company(target, point, self.candidates)
                if problem and not self.is_kink(target, point):
                    return problem
        except Exception as error:
            return f"it raises {error!r}"
        return None

    def exact(self, target: Target) -> bool:
        """Whether it computes in the engine's own kind of numbers."""
        return self.inputs.dtype == "float64" or target.name == "python"

    def outputs(self, target: Target, theta: Any, samples: list[Sample]) -> list[list[float]]:
        """What the program gives for each sample."""
        values = target.values(target.batch_of(samples), theta)
        rows = values if self.inputs.batched else [values]
        return [[float(row)] if self.trace.single else as_list(row) for row in rows]

    def gradient(self, target: Target, theta: Any, samples: list[Sample]) -> tuple[float, Any]:
        """The value and gradient that the program gives for the batch."""
        return target.value_and_grad(target.batch_of(samples), theta)

    def difference(self, target: Target, point: Point) -> str | None:
        """What differs between the program and the scalar graph at a point."""
        tolerance = 1e-9 if self.exact(target) else 2e-3
        samples = [each.sample for each in point.compared]
        outputs = self.outputs(target, point.theta, samples)
        for mine, each in zip(outputs, point.compared, strict=True):
            for a, b in zip(mine, each.outputs, strict=True):
                if (problem := disagreement((a, []), (b, []), tolerance)) is not None:
                    return problem
        expected = self.total(point.compared)
        if expected is None:
            return None
        return disagreement(self.gradient(target, point.theta, samples), expected, tolerance)

    def in_company(self, target: Target, point: Point, others: list[Sample]) -> str | None:
        """What differs between a sample beside another and by itself, if it is the only one.

        Another may be had for nothing from the program, which is right about one sample by now.
        """
        alone = len(point.compared) == 1 and bool(self.inputs.batched)
        if not alone or target.name == "python" or self.trace.large:
            return None
        (one,) = point.compared
        for sample in others:
            if sample != one.sample:
                (outputs,) = self.outputs(target, point.theta, [sample])
                slopes: list[float] = []
                if self.trace.single:
                    slopes = as_list(self.gradient(target, point.theta, [sample])[1])
                if _within(outputs, self.largest) and _within(slopes, self.largest):
                    other = Compared(sample, outputs, slopes)
                    return self.difference(target, Point(point.theta, [one, other]))
        return None

    def is_kink(self, target: Target, point: Point) -> bool:
        """Whether it is a rounding that decides: a little beside these samples all is well."""
        step = 1e-6 if self.exact(target) else 1e-3
        for whole in (True, False):  # what is a class may be moved by nothing
            others = [[_beside(flat, step, whole) for flat in each] for each in self.candidates]
            place = self.candidates.index
            samples = [others[place(each.sample)] for each in point.compared]
            try:
                compared = [
                    Compared(each, *reference(self.trace, point.theta, each)) for each in samples
                ]
            except (ValueError, ZeroDivisionError):
                continue
            beside = Point(point.theta, compared)
            return not (self.difference(target, beside) or self.in_company(target, beside, others))
        return False

    def is_right(self, target: Target, point: Point) -> bool:
        """Whether it is the engine that is wrong: gates may underflow on the way back.

        The values agree, so let them decide: by how much they change in the direction in which
        the two gradients differ most.
        """
        expected = self.total(point.compared)
        samples = [each.sample for each in point.compared]
        if expected is None:
            return False
        result, gradient = self.gradient(target, point.theta, samples)
        if not _within(gradient, math.inf):
            return False
        if not math.isclose(result, expected[0], rel_tol=1e-9 if self.exact(target) else 2e-3):
            return False
        difference = [a - b for a, b in zip(as_list(gradient), expected[1], strict=True)]
        length = max(map(abs, difference))
        direction = [each / length for each in difference]
        mine, theirs = (
            math.fsum(map(operator.mul, direction, slopes)) for slopes in (gradient, expected[1])
        )

        def value(step: float) -> float:
            theta = [x + step * d for x, d in zip(here, direction, strict=True)]
            values = [evaluate(self.trace, theta, sample)[0] for sample in samples]
            return math.fsum(values) / (len(values) if self.mean else 1)

        here = as_list(point.theta)
        step = 1e-5 * max(1.0, *map(abs, here))
        try:
            slope = (value(step) - value(-step)) / (2 * step)
        except (ValueError, ZeroDivisionError):
            return False
        off = abs(slope - mine)
        return off < 1e-3 * abs(mine) and off < 0.1 * abs(slope - theirs)

    def total(self, compared: list[Compared]) -> tuple[float, Sequence[float]] | None:
        """The batch's value and gradient, if all samples have one."""
        gradients = [each.gradient for each in compared if each.gradient is not None]
        if len(gradients) < len(compared) or not self.trace.single:
            return None
        if len(compared) == 1:
            return compared[0].outputs[0], gradients[0]
        share = 1 / len(compared) if self.mean else 1.0
        value = math.fsum(each.outputs[0] for each in compared) * share
        return value, [slope * share for slope in map(sum, zip(*gradients, strict=True))]


def _beside(flat: list[float], step: float, whole: bool) -> list[float]:
    """Numbers moved by about a step, each by another share of it; without ``whole``, no integer."""
    return [
        x + step * (1 + abs(x)) * (0.5 + 0.5 * (k * GOLDEN % 1)) if whole or x % 1 else x
        for k, x in enumerate(flat)
    ]


def moved(theta: Sequence[float]) -> list[float]:
    """Every number a little above itself, each by another share of what is usual among them.

    So none is 0 or like another, and what is positive stays so.
    """
    usual = math.fsum(map(abs, theta)) / max(1, len(theta))
    usual = usual if 1e-3 < usual < math.inf else 1.0
    return [x + (0.02 + 0.04 * (k * GOLDEN % 1)) * (abs(x) + usual) for k, x in enumerate(theta)]


def _same(now: list[float], before: list[float]) -> bool:
    pairs = zip(now, before, strict=True)
    return all(_close(a, b, 1e-9 * max(1.0, abs(a), abs(b))) for a, b in pairs)


def _shown(outputs: list[float]) -> str:
    return repr(outputs[0] if len(outputs) == 1 else outputs)


def _within(numbers: Sequence[float], largest: float) -> bool:
    if not all(map(math.isfinite, numbers)):
        return False
    return largest == math.inf or max(map(abs, numbers), default=0.0) < largest


def _invented(inputs: Inputs, wanted: int) -> list[Sample]:
    """Samples of numbers between -1 and 1, and the same with every scalar a class.

    A large graph, which one sample must do for, begins with a class: 3 is a number too.
    """
    numbers = [0.37, -0.61, 0.83, 0.29, -0.44, 0.71, -0.18, 0.53, 0.94]
    samples: list[Sample] = []
    for k in range(wanted):
        stream = count(k)
        samples.append(
            [[numbers[next(stream) % 9] for _ in range(a.width)] for a in inputs.arguments]
        )

    def with_class(number: float) -> list[Sample]:
        return [
            [
                [number] if argument.shape == () else flat
                for argument, flat in zip(inputs.arguments, sample, strict=True)
            ]
            for sample in samples
        ]

    first = with_class(3.0) if wanted == 1 else []
    return first + samples + with_class(1.0)


# ---------------------------------------------------------------------- the scalar graph


def evaluate(
    trace: Trace, theta: Sequence[float], sample: Sequence[Sequence[float]]
) -> list[float]:
    """The outputs for one sample.

    Args:
        trace: the scalar graph, whose nodes get new numbers.
        theta: the parameters' numbers, in the trace's order; a large graph has its own.
        sample: the flat numbers of each argument.

    Raises:
        ValueError, ZeroDivisionError: the sample is outside some gate's domain.
    """
    if not trace.large:
        set_numbers(trace.order, as_list(theta))
    for placeholder, (argument, column) in trace.inputs.items():
        placeholder._data = float(sample[argument][column])
    guarded = trace.guarded
    for node in trace.nodes:
        op = node.op
        assert op is not None
        try:
            node._data = op.value(*[operand._data for operand in node.operands])
        except (ValueError, ZeroDivisionError) as error:
            if node not in guarded:
                raise domain_error(op, map(describe, node.operands), error) from None
            node._data = math.nan
    return numbers(trace.outputs)


def reference(
    trace: Trace, theta: Sequence[float], sample: Sequence[Sequence[float]]
) -> tuple[list[float], Sequence[float]]:
    """The outputs for one sample, and the gradient if it is one: arguments as of ``evaluate``."""
    outputs = evaluate(trace, theta, sample)
    if not trace.single:
        return outputs, []
    arrived = propagate(trace.outputs[0], 1.0, graph=(trace.leaves, trace.nodes))
    slopes: list[Any] = list(map(arrived.get, trace.order))
    return outputs, [slope or 0.0 for slope in slopes] if None in slopes else slopes


def disagreement(
    got: tuple[float, Sequence[float]], expected: tuple[float, Sequence[float]], tolerance: float
) -> str | None:
    """What differs between two values with gradients, or None.

    A gradient is held against the largest of its kind: rounding of one part may be as large as
    the last digit of another. Where all of it cancels, what is left is rounding alone, a last
    digit of numbers of about the size of the value.
    """
    value, gradient = got
    true_value, true_gradient = expected
    if not _close(value, true_value, tolerance * max(1.0, abs(true_value))):
        return f"value {value!r} instead of {true_value!r}"
    rounding = 1e-15 * max(1.0, abs(true_value))
    slopes: Any = gradient
    if hasattr(slopes, "dtype"):  # the same question, asked of all elements at once
        import numpy

        truth = numpy.asarray(true_gradient, dtype=float)
        largest = float(abs(truth).max(initial=0))
        if abs(slopes - truth).max(initial=0) <= tolerance * largest + rounding:
            return None
    else:
        largest = max(map(abs, true_gradient), default=0.0)
    for k, (mine, theirs) in enumerate(zip(gradient, true_gradient, strict=True)):
        if not _close(mine, theirs, tolerance * largest + rounding):
            return f"element {k} of the gradient is {mine!r} instead of {theirs!r}"
    return None


def _close(a: float, b: float, tolerance: float) -> bool:
    return abs(a - b) <= tolerance or a == b or (a != a and b != b)
