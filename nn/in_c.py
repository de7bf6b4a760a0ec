"""The engine in C: the compiled engine with programs of ``autograd.compile(target="c")``."""

from __future__ import annotations

from .compiling import Compiled

__all__ = ["InC"]


class InC(Compiled):
    """The batches as programs in C.

    Args:
        model, loss, example, l2, optimizer, predictions, held_out: as for ``Eager``.

    Raises:
        as ``Compiled``; ValueError where a program in C would not be faster (wide matrices).
        RuntimeError: there is no C compiler.
    """

    name = target = "c"
