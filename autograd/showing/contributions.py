"""What every gate passes on to its operands: the numbers of back-propagation, kept to be shown.

``backward()`` adds local × upstream into one sum for each node and forgets the terms. Here the same
walk takes another step at each node, which keeps them, in the order in which they arrive.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ..engine.backward import local_derivatives, propagate
from ..engine.graph import ancestors
from ..engine.steps import Gradients, pass_on
from ..engine.value import Value

__all__ = ["Contribution", "differ", "naive", "topological", "totals"]


class Contribution(NamedTuple):
    """What one operand receives in a backward step: local × upstream."""

    operand: Value
    place: int  # which operand of the gate
    local: float
    upstream: float
    amount: float  # local × upstream
    before: float | None  # the operand's gradient so far, None if nothing had arrived
    total: float  # and with this contribution
    late: float | None  # what the operand has already passed on: only in the naive order


Passed = list[tuple[Value, list[Contribution]]]


def topological(output: Value) -> Passed:
    """What each gate passes on, all its consumers having reported: the walk of ``backward()``."""
    passed: Passed = []

    def step(node: Value, upstream: float, gradients: Gradients) -> None:
        if parts := _pass_on(node, upstream, gradients, {}):
            passed.append((node, parts))

    propagate(output, 1.0, step)
    return passed


def naive(output: Value) -> Passed:
    """What each gate passes on at the first visit, depth first from the output."""
    gradients: Gradients = ancestors(output)
    gradients[output] = 1.0
    passed: dict[Value, list[Contribution]] = {}
    stack = [output]
    while stack:
        node = stack.pop()
        if node in passed:
            continue
        parts = _pass_on(node, gradients[node], gradients, passed)
        if parts:
            passed[node] = parts
            stack += [part.operand for part in reversed(parts)]
    return list(passed.items())


def _pass_on(
    node: Value,
    upstream: float,
    gradients: Gradients,
    passed: Mapping[Value, list[Contribution]],
) -> list[Contribution]:
    """Add local × upstream to the gradient of each operand; give what was added."""
    parts = []
    for place, (operand, local) in enumerate(
        zip(node.operands, local_derivatives(node), strict=True)
    ):
        if local is None:
            continue
        before, amount = gradients[operand], local * upstream
        pass_on(operand, amount, gradients)
        late = passed[operand][0].upstream if operand in passed else None
        parts.append(
            Contribution(operand, place, local, upstream, amount, before, gradients[operand], late)
        )
    return parts


def totals(passed: Passed, output: Value) -> dict[Value, float]:
    """Each node's gradient in the end, + 0.0 as in ``.grad``."""
    sums = {output: 1.0}
    for _, parts in passed:
        for part in parts:
            sums[part.operand] = part.total + 0.0
    return sums


def differ(x: float, y: float) -> bool:
    """Whether two gradients differ; two NaN agree."""
    return x != y and not (x != x and y != y)
