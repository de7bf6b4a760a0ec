"""The clock that orders births and edits, and so finds stale nodes.

A node is *born* once and *computed* whenever its data is set; both are times of one clock. An
operand computed later than its consumer means that the consumer is stale.
"""

from __future__ import annotations

import os
from itertools import count
from operator import attrgetter
from threading import RLock
from typing import Protocol, TypeVar

__all__ = ["advance", "note_edit", "stale_edges", "tick"]

tick = count(1).__next__  # always called as clock.tick(), for advance() replaces it
last_edit = 0  # no node was edited after this
lock = RLock()  # held while what threads share is changed: these times, gradients of leaves


def _new_lock() -> None:
    global lock
    lock = RLock()  # a child process must not wait for a thread that it has not got


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_new_lock)


class Node(Protocol):
    """What the clock knows of a node."""

    born: int
    computed: int

    @property
    def operands(self) -> tuple[Node, ...]: ...


N = TypeVar("N", bound=Node)


def advance(time: int) -> None:
    """Make sure that all later ticks are after ``time``."""
    global tick
    with lock:
        if tick() <= time:
            tick = count(time + 1).__next__


def note_edit() -> int:
    """Note that data is about to change, and give the time."""
    global last_edit
    with lock:
        last_edit = tick()
        return last_edit


def stale_edges(order: list[N]) -> list[tuple[N, N]]:
    """Pairs of an operand and a node computed from it before the operand last changed.

    Args:
        order: nodes, operands before those who consume them.
    """
    first_gate = next(filter(attrgetter("operands"), order), None)
    if first_gate is None or last_edit < first_gate.born:
        return []  # nothing was edited since the graph was begun: the usual case
    return [
        (operand, node)  # type: ignore[misc]
        for node in order
        for operand in node.operands
        if operand.computed > node.computed
    ]
