"""Modes of a thread: no_grad, the watchers of detect_anomaly, tracing.

The trick: making a node asks only the global ``active`` (is any thread under any mode?), and
looks at its own thread's modes only if there is one; so the modes cost nothing when unused.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

__all__ = ["active", "current", "here", "no_grad", "special"]

active = 0
_lock = threading.Lock()


class _Modes(threading.local):
    """The settings of one thread, and what they are when nobody set them."""

    no_grad: Any = None  # whether not to record
    kind: Any = None  # the class of the nodes that are made, if not Value
    watch: Any = None  # called with every node that is made
    watch_backward: Any = None  # called with every node walked back through, and what arrived
    refuse: Any = None  # called when someone looks at a Value's number


here = _Modes()


@contextmanager
def special(name: str, setting: Any) -> Iterator[None]:
    """Set a mode of this thread within the block, whatever happens in it."""
    global active
    before = getattr(here, name)
    with _lock:
        active += 1
    setattr(here, name, setting)
    try:
        yield
    finally:
        setattr(here, name, before)
        with _lock:
            active -= 1


def current(name: str) -> Any:
    """This thread's setting of a mode, or None."""
    return getattr(here, name) if active else None


def no_grad() -> AbstractContextManager[None]:
    """Compute without recording: results are leaves (in this thread only).

    >>> from autograd import Value
    >>> x = Value(2.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y.data, y.operands
    (4.0, ())
    """
    return special("no_grad", True)
