"""no_grad: compute without keeping a graph; and its opposite, for whoever needs one inside it."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

from .gate import Primitive
from .recorders import Recorder, current, using
from .value import Unrecorded, Value, evaluate, record

__all__ = ["no_grad", "recording"]


class _NoGrad:
    """Computes gates and forgets how."""

    def __init__(self, outside: Recorder | None) -> None:
        self.outside = outside

    def apply(self, op: Primitive, operands: tuple[Value, ...]) -> Value:
        self.look()  # a number alone is left of this: who records outside may object
        return Unrecorded(evaluate(op, operands))

    def look(self) -> None:
        if self.outside is not None:
            self.outside.look()


class _Engine:
    """Records as the engine does when there is no recorder."""

    def apply(self, op: Primitive, operands: tuple[Value, ...]) -> Value:
        return record(op, operands)

    def look(self) -> None:
        pass


def no_grad() -> AbstractContextManager[None]:
    """Compute without recording: results have no graph (in this thread only).

    Derivatives are right inside it as well: ``grad`` and its kin record for themselves.

    >>> from autograd import Value
    >>> x = Value(2.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y.data, y.operands
    (4.0, ())
    """
    return using(_NoGrad(current()))


def recording() -> AbstractContextManager[None]:
    """Record within the block, even inside ``no_grad``."""
    recorder = current()
    if not isinstance(recorder, _NoGrad):
        return nullcontext()
    while isinstance(recorder, _NoGrad):
        recorder = recorder.outside
    return using(recorder or _Engine())
