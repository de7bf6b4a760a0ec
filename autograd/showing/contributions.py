"""What every gate passes on to its operands: the numbers of back-propagation, kept to be shown.

``backward()`` adds local × upstream into one sum for each node and forgets the terms; here the
chain rule is written a second time, slowly, to keep them, in the order in which they arrive.
A test holds the two together: added up from -0.0, the terms give ``.grad`` bit for bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ..engine.backward import NOTHING, local_derivatives
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


_NONE: Mapping[Value, list[Contribution]] = {}
Passed = list[tuple[Value, list[Contribution]]]


def topological(nodes: list[Value], output: Value) -> Passed:
    """What each gate passes on, all its consumers having reported: as ``backward()`` does."""
    flow = {output: 1.0}
    passed = [(node, _pass_on(node, flow)) for node in reversed(nodes) if node in flow]
    return [(node, parts) for node, parts in passed if parts]


def naive(output: Value) -> Passed:
    """What each gate passes on at the first visit, depth first from the output."""
    flow = {output: 1.0}
    passed: dict[Value, list[Contribution]] = {}
    stack = [output]
    while stack:
        node = stack.pop()
        if node in passed:
            continue
        parts = _pass_on(node, flow, passed)
        if parts:
            passed[node] = parts
            stack += [part.operand for part in reversed(parts)]
    return list(passed.items())


def _pass_on(
    node: Value, flow: dict[Value, float], passed: Mapping[Value, list[Contribution]] = _NONE
) -> list[Contribution]:
    """Add local × upstream to the flow into each operand; give what was added."""
    upstream = flow[node]
    parts = []
    places = enumerate(zip(node.operands, local_derivatives(node), strict=True))
    for place, (operand, local) in places:
        if local is None:
            continue
        before, amount = flow.get(operand), local * upstream
        flow[operand] = total = (NOTHING if before is None else before) + amount
        late = passed[operand][0].upstream if operand in passed else None
        parts.append(Contribution(operand, place, local, upstream, amount, before, total, late))
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
