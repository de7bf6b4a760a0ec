"""Check: a few samples through the scalar graph, to compare a program with.

The traced graph is evaluated and walked back by the engine itself, so what it gives is what
``backward()`` would give. A program that differs is not used.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from itertools import count
from typing import Any, NamedTuple

from ..engine.backward import propagate
from ..engine.gate import domain_error
from ..engine.value import Value, describe
from .inputs import Inputs, flat_rows
from .targets import Target
from .trace import Trace, nested

__all__ = ["Samples", "disagreement", "reference"]

CHECKED = 20_000  # scalar nodes up to which three samples are checked, not one
Sample = list[list[float]]  # the flat numbers of each argument


class Compared(NamedTuple):
    """A sample, and what the scalar graph gives for it."""

    sample: Sample
    outputs: list[float]
    gradient: Sequence[float] | None  # None where it is not finite


class Samples:
    """Up to three samples, with their outputs and gradients by the scalar graph.

    Of the data, the first three that tell something are taken: finite and not 0 throughout (any
    program is right about 0 times something). Else those with a finite gradient must do, or
    those with finite outputs, which are compared alone.

    Args:
        trace: the scalar graph.
        inputs: the program's arguments.
        parameters: what to differentiate by.
        batch: the data to take them from; without it they are invented, and those that some
            gate does not take are left out.
    """

    def __init__(
        self, trace: Trace, inputs: Inputs, parameters: list[Value], batch: list[Any] | None
    ) -> None:
        self.trace = trace
        self.inputs = inputs
        largest = math.inf if inputs.dtype == "float64" else 1e38  # that the numbers can hold
        wanted = 3 if len(trace) <= CHECKED else 1
        if not inputs.batched:
            candidates: list[Sample] = [[[] for _ in inputs.arguments]]
        elif batch is None:
            candidates = _invented(inputs, wanted)
        else:
            tried = max(3, min(1000, 3 * CHECKED // len(trace)))
            candidates = inputs.samples([flat_rows(column, tried) for column in batch])
        telling: list[Compared] = []
        finite: list[Compared] = []
        outputs_only: list[Compared] = []
        for place, sample in enumerate(candidates):
            try:
                outputs, gradient = reference(trace, parameters, sample)
            except (ValueError, ZeroDivisionError):
                if batch is not None and place < wanted:
                    raise
                continue
            if not _within(outputs, largest):
                continue
            if not _within(gradient, largest):
                outputs_only.append(Compared(sample, outputs, None))
            else:
                kind = telling if any(gradient) or any(outputs) else finite
                kind.append(Compared(sample, outputs, gradient))
            if len(telling) == wanted:
                break
        self.samples = ((telling + finite) or outputs_only)[:wanted]

    def check_repeatable(self) -> None:
        """See that the function itself, called on numbers, gives what its trace gives.

        Raises:
            ValueError: it does not: it draws a random number, say.
        """
        trace = self.trace
        if trace.rebuild is None or len(trace) > 10 * CHECKED:
            return
        actual = [
            argument.fixed
            if argument.shape is None
            else nested([Value(number) for number in numbers], argument.shape)
            for argument, numbers in zip(trace.arguments, self.samples[0].sample, strict=True)
        ]
        result = trace.rebuild(*actual)
        results = [result] if trace.single else list(result)
        for output, before in zip(results, self.samples[0].outputs, strict=True):
            now = output.data if isinstance(output, Value) else float(output)
            if abs(now - before) > 1e-9 * max(1.0, abs(now), abs(before)):
                raise ValueError(
                    f"the function gives {now!r} where its trace gives {before!r}: it does not "
                    "compute the same thing twice. A random number drawn inside (a dropout mask) "
                    "must come in as an argument"
                )

    def problem(self, target: Target, reduction: str) -> str | None:
        """What is wrong with a target's outputs or gradient, or None."""
        single, several = self.trace.single, bool(self.inputs.batched)
        exact = self.inputs.dtype == "float64" or target.name == "python"
        tolerance = 1e-9 if exact else 2e-3
        size = len(self.samples)
        if self.inputs.batch_size is not None and several:
            size = self.inputs.batch_size
        compared = [self.samples[k % len(self.samples)] for k in range(size)]
        theta = target.parameters.theta
        try:
            batch = target.batch_of([each.sample for each in compared])
            outputs = target.values(batch, theta)
            if single:
                got = target.value_and_grad(batch, theta)
        except Exception as error:
            return f"it raises {error!r}"
        for k, each in enumerate(compared):
            of_sample = outputs[k] if several else outputs
            for a, b in zip([of_sample] if single else of_sample, each.outputs, strict=True):
                if (problem := disagreement((float(a), []), (b, []), tolerance)) is not None:
                    return problem
        gradients = [each.gradient for each in compared if each.gradient is not None]
        if not single or not gradients:
            return None
        if size == 1:
            return disagreement(got, (compared[0].outputs[0], gradients[0]), tolerance)
        share = 1 / size if reduction == "mean" else 1.0
        total = math.fsum(each.outputs[0] for each in compared) * share
        slopes = zip(*gradients, strict=True)
        return disagreement(got, (total, [math.fsum(s) * share for s in slopes]), tolerance)


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


def reference(
    trace: Trace, parameters: list[Value], sample: Sequence[Sequence[float]]
) -> tuple[list[float], Sequence[float]]:
    """The outputs, and the gradient of the first, for one sample.

    Args:
        trace: the scalar graph, whose inner nodes get new numbers.
        parameters: what to differentiate by.
        sample: the flat numbers of each argument.

    Raises:
        ValueError, ZeroDivisionError: the sample is outside some gate's domain.
    """
    for placeholder, (argument, column) in trace.inputs.items():
        placeholder._data = float(sample[argument][column])
    if trace.clock is not None:
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

    arrived = propagate(trace.outputs[0], 1.0)
    gradient = array("d", [arrived.get(leaf) or 0.0 for leaf in parameters])
    return [output._data for output in trace.outputs], gradient


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
