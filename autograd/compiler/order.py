"""Order: what a program does one after the other, before anyone says what gets a line.

An array that is used once comes just before its user, whose line may hold it. A gradient is
written as soon as what it waits for is known, so that of weights which are used in many places
the parts of one place stand together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from ..engine import primitives
from .language import (
    Array,
    Concatenate,
    Contract,
    Input,
    Reshape,
    Scatter,
    Stack,
    Take,
    Transpose,
    needed,
)
from .reverse import Gradient, Write

__all__ = ["Event", "as_they_come", "given", "in_order"]

Event: TypeAlias = "Array | Write"

_SUMS = primitives.add, primitives.sub
_LONG = 4  # additions, or operands


def as_they_come(gradient: Gradient) -> list[Write]:
    """What is to be written, each as soon as the gradients that it is made from are known.

    What waits for none, such as that of a penalty on the weights, comes last.
    """
    known = {d for d in gradient.arrived.values() if d.operands}
    latest: dict[Array, int] = {}  # the gradient that an array waits for
    for node in needed(write.value for write in gradient.writes):
        before = max((latest[operand] for operand in node.operands), default=-1)
        latest[node] = node.number if node in known else before
    last = max(latest.values(), default=0) + 1
    return sorted(gradient.writes, key=lambda w: last if latest[w.value] < 0 else latest[w.value])


def in_order(root: Array, writes: Sequence[Write] = (), on_demand: bool = False) -> list[Event]:
    """The arrays of a program up to its root, then what is written, each after what it needs.

    Args:
        root: the result.
        writes: the gradient.
        on_demand: whether an array comes just before the first that reads it, so that what
            belongs to one step of a recurrence stands together; else arrays come in the order in
            which they were made.
    """
    roots = [root, *(write.value for write in writes)]
    inside = _inside(roots, on_demand)
    found: dict[Array, None] = {}
    events: list[Event] = []
    goals: list[Event] = [root, *writes]
    for event in goals:
        value = event.value if isinstance(event, Write) else event
        for node in (_depth_first if on_demand else needed)([value], found):
            if node is value or node not in inside:
                events += _with_its_own(node, inside, found)
        if isinstance(event, Write):
            events.append(event)
    return events


def _depth_first(roots: Sequence[Array], known: dict[Array, None]) -> list[Array]:
    """What the roots are computed from, each array just before the first that reads it.

    What is made of nothing that is computed in between comes after other operands.
    """
    found: dict[Array, None] = {}
    waiting = [(root, False) for root in roots]
    while waiting:
        node, ready = waiting.pop()
        if ready:
            found[node] = None
        elif node not in found and node not in known:
            waiting.append((node, True))
            at_once = [
                all(given(o) or o in known or o in found for o in each.operands)
                for each in node.operands
            ]
            for last in (True, False):
                both = zip(node.operands, at_once, strict=True)
                waiting += [(each, False) for each, simple in both if simple is last][::-1]
    return list(found)


def _inside(roots: Sequence[Array], on_demand: bool) -> set[Array]:
    """Which arrays come just before their one user, wherever they stand."""
    users: dict[Array, list[Array | None]] = {root: [None] for root in roots}
    nodes = needed(roots)
    for node in nodes:
        for operand in node.operands:
            users.setdefault(operand, []).append(node)
    sums = _long_sums(nodes, users) if on_demand else set()
    found = set()
    for node in nodes:
        user = users[node][0]
        if on_demand:  # one of many may be there earlier, step by step
            many = user is not None and len(user.operands) > _LONG
            own = user in sums or many or isinstance(node, Take)
        else:
            own = isinstance(node, (Concatenate, Contract, Scatter, Stack)) or given(node)
        if user is not None and len(users[node]) == 1 and not own:
            found.add(node)
    return found


def _long_sums(nodes: list[Array], users: dict[Array, list[Array | None]]) -> set[Array]:
    """The additions of sums of many terms, one after the other."""
    found: set[Array] = set()
    for node in reversed(nodes):
        chain = []
        each: Array | None = node
        while each is not None and each not in found and each.is_gate(*_SUMS):
            chain.append(each)
            inner = each.operands[0]
            each = inner if len(users[inner]) == 1 else None
        if len(chain) >= _LONG:
            found.update(chain)
    return found


def _with_its_own(node: Array, inside: set[Array], found: dict[Array, None]) -> list[Array]:
    """An array after those that only it is made from."""
    events, waiting = [], [node]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found[each] = None
            events.append(each)
            waiting += [operand for operand in each.operands if operand in inside]
    return events[::-1]


def given(node: Array) -> bool:
    """Whether an array is there before anything is computed: weights, elements of an input."""
    leaf = node
    while isinstance(leaf, (Reshape, Take, Transpose)):
        (leaf,) = leaf.operands
    return not leaf.operands and not (isinstance(leaf, Input) and isinstance(node, Reshape))
