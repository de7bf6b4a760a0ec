"""Which engine computes the batches of a fit, by name.

``import nn`` does not import NumPy: ``compiling`` does so when it builds its first engine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .compiling import CANNOT, Compiled
from .engines import Eager, Engine
from .module import Module
from .optim import Optimizer

__all__ = ["ENGINES"]


def _eager(
    model: Module,
    loss: Callable[[Any, Any], Any],
    xs: Sequence[Any],
    ys: Sequence[Any],
    l2: float,
    optimizer: Optimizer,
) -> Engine:
    return Eager(model, loss, xs, ys, l2)


def _compiled(*arguments: Any) -> Engine:
    return Compiled(*arguments)


def _auto(
    model: Module,
    loss: Callable[[Any, Any], Any],
    xs: Sequence[Any],
    ys: Sequence[Any],
    l2: float,
    optimizer: Optimizer,
) -> Engine:
    """Compiled where that is possible, else eager."""
    try:
        return Compiled(model, loss, xs, ys, l2, optimizer)
    except CANNOT as error:
        reason = f"eager, because it can't be compiled: {error}"
        return Eager(model, loss, xs, ys, l2, name=reason)


ENGINES: dict[str, Callable[..., Engine]] = {
    "eager": _eager,
    "compiled": _compiled,
    "auto": _auto,
}
"""How a batch may be computed, by name: called with model, loss, xs, ys, l2 and optimizer."""
