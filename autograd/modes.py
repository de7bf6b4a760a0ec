"""Modes of a thread: no_grad, and the watchers of detect_anomaly.

The trick: making a node asks only the global ``active`` (is any thread under any mode?), and
looks at its own thread's modes only if there is one; so the modes cost nothing when unused.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

__all__ = ["active", "current", "no_grad", "special"]

active = 0
_lock = threading.Lock()
_of_thread = threading.local()


@contextmanager
def special(name: str, setting: Any) -> Iterator[None]:
    """Set a mode of this thread within the block, whatever happens in it."""
    global active
    before = getattr(_of_thread, name, None)
    with _lock:
        active += 1
    setattr(_of_thread, name, setting)
    try:
        yield
    finally:
        setattr(_of_thread, name, before)
        with _lock:
            active -= 1


def current(name: str) -> Any:
    """This thread's setting of a mode, or None."""
    return getattr(_of_thread, name, None) if active else None


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
