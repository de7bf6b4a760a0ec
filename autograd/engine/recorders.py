"""Who records, in this thread: normally the engine itself, else the innermost recorder.

A recorder is asked to apply a gate to Values in place of the engine: ``no_grad`` computes without
keeping a graph, ``detect_anomaly`` looks at every result, the compiler records without computing.
It may also object when somebody looks at a Value's number. This is the one hook of the engine.
(Not every recorder keeps what it is given: that of ``no_grad`` does not.)

The trick: applying a gate asks only the global ``active`` (does any thread have a recorder?), and
looks for its own thread's only if there is one; so recorders cost nothing when there are none.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

__all__ = ["Recorder", "active", "current", "look", "using"]

active = 0  # open blocks, over all threads
_counting = threading.Lock()


class Recorder(Protocol):
    """What a thread can put in place of the engine's own recording.

    One that also has ``watch(node)`` is told of nodes that ``forward()`` computed anew, and one
    that has ``watch_backward(node, gradients)`` of those that passed their gradient on.
    """

    def apply(self, op: Any, operands: tuple[Any, ...]) -> Any:
        """Give the Value that the gate makes of these Values."""

    def look(self) -> None:
        """Somebody looks at a Value's number, to decide something by it: raise, or let them."""


class _Thread(threading.local):
    def __init__(self) -> None:
        self.recorders: list[Recorder] = []  # the innermost last


_thread = _Thread()


def current() -> Recorder | None:
    """The innermost recorder of this thread, or None: the engine records by itself."""
    return _thread.recorders[-1] if active and _thread.recorders else None


@contextmanager
def using(recorder: Recorder) -> Iterator[None]:
    """Record with ``recorder`` within the block.

    Blocks may end in any order, and in another thread: a generator suspended in one ends whenever
    it is closed. So each takes away its own recorder, from the list that it was put into.
    """
    global active
    recorders = _thread.recorders
    with _counting:
        active += 1
    try:
        recorders.append(recorder)
        yield
    finally:
        for place in reversed(range(len(recorders))):
            if recorders[place] is recorder:
                del recorders[place]
                break
        with _counting:
            active -= 1


def look() -> None:
    """Tell this thread's recorder that somebody looks at a Value's number."""
    recorder = current()
    if recorder is not None:
        recorder.look()
