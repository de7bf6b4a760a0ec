"""The clock that orders births and edits, and so finds stale nodes.

A node is *born* once and *computed* whenever its data is set; both are ticks of one clock. An
operand computed later than its consumer means that the consumer is stale.
"""

from __future__ import annotations

import threading
from itertools import count
from operator import attrgetter
from typing import Protocol, TypeVar

__all__ = ["note_edit", "stale_edges", "tick", "walking"]

tick = count(1).__next__
last_edit = 0  # when a leaf was last edited, or a graph evaluated again
walking = threading.RLock()  # held by who edits data or walks back: threads may share leaves


class Node(Protocol):
    """What the clock knows of a node."""

    born: int
    computed: int

    @property
    def is_leaf(self) -> bool: ...

    @property
    def operands(self) -> tuple[Node, ...]: ...


N = TypeVar("N", bound=Node)


def note_edit(node: Node | None = None) -> None:
    """Remember that data changed now: a leaf's, or that of several nodes evaluated again."""
    global last_edit
    with walking:
        last_edit = tick()
        if node is not None:
            node.computed = last_edit


def stale_edges(order: list[N]) -> list[tuple[N, N]]:
    """Pairs of an operand and a node computed from it before the operand last changed.

    Args:
        order: nodes, operands before those who consume them.
    """
    oldest = next(filter(attrgetter("operands"), order), None)
    if oldest is None or last_edit < oldest.born:
        return []  # nothing was edited since the graph was begun: the usual case
    return [
        (operand, node)  # type: ignore[misc]
        for node in order
        for operand in node.operands
        if operand.computed > node.computed
    ]
