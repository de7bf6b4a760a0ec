"""Guard: within a block, whoever reads a Value's number asks this thread's recorders first.

``v.data`` is what is read most, a property over a slot that never leaves C, and it stays so: a
function that is being compiled must not read a number, and nobody else shall pay for that.

The trick: the properties are changed in place, and only within a block. Their class stays as it
is, because Python forgets what it has learnt about a class that changes, and some day stops
learning. The readers are no plain functions, for Python calls a plain function directly wherever
a read has become hot, and would go on doing so. Other threads read through them, too, and their
recorders have nothing against it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from . import clock, recorders
from .value import Value

__all__ = ["guarded"]


def _ask(access: Callable[..., Any], node: Value, *number: Any) -> Any:
    recorders.read(node)
    return access(node, *number)


_properties: list[Any] = [vars(Value)["data"], vars(Value)["grad"]]
_plain = [(each.fget, each.fset) for each in _properties]
_asking = [(partial(_ask, read), partial(_ask, write)) for read, write in _plain]
_blocks: dict[object, None] = {}  # that are open, in all threads


@contextmanager
def guarded() -> Iterator[None]:
    """Let ``data`` and ``grad`` ask, within the block, before they are read or set.

    >>> from autograd.engine.recorders import Recorder, using
    >>> class Proud(Recorder):
    ...     def read(self, node):
    ...         raise TypeError(f"don't look at {node.label}")
    >>> x = Value(2.0, "x")
    >>> with guarded(), using(Proud()):
    ...     x.data
    Traceback (most recent call last):
    TypeError: don't look at x
    >>> x.data
    2.0
    """
    block = object()
    try:
        _blocks[block] = None
        _settle()
        yield
    finally:
        try:
            _blocks.pop(block, None)
        finally:
            _settle()


def _settle() -> None:
    """Make the properties what the open blocks want, whatever an interrupt left behind."""
    with clock.lock:
        for each, (read, write) in zip(_properties, _asking if _blocks else _plain, strict=True):
            each.__init__(read, write, None, each.__doc__)
