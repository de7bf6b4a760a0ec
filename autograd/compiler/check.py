"""Check: a few samples through the scalar graph, to compare a program with.

The traced graph is evaluated and walked back by the engine itself, so what it gives is what
``backward()`` would give.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..backward import propagate
from ..gate import domain_error
from ..value import Value, describe
from .trace import Trace

__all__ = ["disagreement", "reference"]


def reference(
    trace: Trace, parameters: list[Value], sample: Sequence[Sequence[float]]
) -> tuple[list[float], list[float]]:
    """The outputs, and the gradient of the first, for one sample.

    Args:
        trace: the scalar graph, whose inner nodes get new numbers.
        parameters: what to differentiate by.
        sample: the flat numbers of each argument.

    Raises:
        ValueError, ZeroDivisionError: the sample is outside some gate's domain.
    """
    order = trace.order
    for placeholder, (argument, column) in trace.inputs.items():
        placeholder._data = float(sample[argument][column])
    if trace.clock is not None:
        guarded = trace.guarded
        for node in order:
            op = node.op
            if op is None:
                continue
            try:
                node._data = op.value(*[operand._data for operand in node.operands])
            except (ValueError, ZeroDivisionError) as error:
                if node not in guarded:
                    raise domain_error(op, map(describe, node.operands), error) from None
                node._data = math.nan

    def harvest(nodes: list[Value]) -> list[float]:
        return [0.0 if leaf.flow is None else leaf.flow + 0.0 for leaf in parameters]

    gradient = propagate(trace.outputs[0], 1.0, harvest)
    if not gradient:
        gradient = [0.0] * len(parameters)
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
    largest = max((abs(x) for x in true_gradient if math.isfinite(x)), default=0.0)
    rounding = 1e-15 * max(1.0, abs(true_value))
    array: Any = gradient
    if hasattr(array, "dtype"):  # the same question, asked of all elements at once
        farthest = abs(array - true_gradient).max(initial=0)
        if farthest <= tolerance * largest + rounding:
            return None
    for k, (mine, theirs) in enumerate(zip(gradient, true_gradient, strict=True)):
        if not _close(mine, theirs, tolerance * largest + rounding):
            return f"element {k} of the gradient is {mine!r} instead of {theirs!r}"
    return None


def _close(a: float, b: float, tolerance: float) -> bool:
    return abs(a - b) <= tolerance or a == b or (a != a and b != b)
