"""Who records, in this thread: normally the engine itself; else the recorders of open blocks.

A recorder changes what happens when a gate is applied to Values: ``no_grad`` keeps no graph,
``detect_anomaly`` looks at every result, the compiler makes nodes without computing them. It may
also object when somebody looks at a Value's number. This is the one hook of the engine.

The trick: applying a gate asks only whether there are ``active`` recorders, in any thread, and
looks for its own thread's only then; so recorders cost nothing when there are none.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["Recorder", "active", "look", "mine", "read", "using"]


class Recorder:
    """What a block may change; this one changes nothing."""

    alone: bool = False
    """Whether the recorders of blocks around this one have nothing to say within it."""

    keeps: bool | None = None
    """Whether results keep their graph; None: as outside the block."""

    make: Callable[..., Any] | None = None
    """What makes the node, called with the gate and its operands; None: as outside the block."""

    def look(self, node: Any = None) -> None:
        """Somebody decides something by a Value's number (this node's): raise, or let them."""

    def read(self, node: Any) -> None:
        """Somebody takes this node's number out of the graph: raise, or let them."""

    watches: bool = False
    """Whether it wants to be told what was made, and what was passed on."""

    def watch(self, node: Any, op: Any, operands: tuple[Any, ...]) -> None:
        """The gate made this node of these operands, or ``forward()`` computed it anew."""

    def watch_backward(self, node: Any, gradients: Any) -> None:
        """This node has passed its gradient on."""


active: dict[object, Recorder] = {}  # by their blocks, in all threads


class _Thread(threading.local):
    def __init__(self) -> None:
        self.recorders: dict[object, Recorder] = {}  # by their blocks, the innermost last


_thread = _Thread()


def mine() -> list[Recorder]:
    """This thread's recorders, the innermost last."""
    found = list(_thread.recorders.values()) if active else []
    for place in range(len(found) - 1, 0, -1):
        if found[place].alone:
            return found[place:]
    return found


@contextmanager
def using(recorder: Recorder) -> Iterator[None]:
    """Record with ``recorder``, too, within the block.

    Blocks may end in any order, and in another thread: a generator suspended in one ends whenever
    it is closed. So each takes away its own, from the dictionary that it was put into; in one call,
    which no interrupt can split.
    """
    block = object()
    recorders = _thread.recorders
    try:
        active[block] = recorders[block] = recorder
        yield
    finally:
        try:
            recorders.pop(block, None)
        finally:
            active.pop(block, None)


def look(node: Any = None) -> None:
    """Tell this thread's recorders that somebody decides something by a Value's number."""
    for recorder in mine():
        recorder.look(node)


def read(node: Any) -> None:
    """Tell this thread's recorders that somebody takes a Value's number out of the graph."""
    for recorder in mine():
        recorder.read(node)
