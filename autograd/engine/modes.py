"""no_grad: compute without keeping a graph; and its opposite, for whoever needs one inside it."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

from . import recorders
from .recorders import Recorder, using

__all__ = ["no_grad", "recording"]


class _NoGrad(Recorder):
    keeps = False


class _Recording(Recorder):
    keeps = True


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
    return using(_NoGrad())


def recording() -> AbstractContextManager[None]:
    """Record within the block, even inside ``no_grad``."""
    return using(_Recording()) if recorders.active else nullcontext()
