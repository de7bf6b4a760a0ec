"""Which engine computes the batches of a fit, by name.

``import nn`` does not import NumPy: ``Compiled`` does so when the first one is made.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .compiling import CANNOT, Compiled
from .engines import Eager, Engine

__all__ = ["ENGINES"]


def _auto(*task: Any, **wishes: Any) -> Engine:
    """Compiled where that is possible, else eager."""
    try:
        return Compiled(*task, **wishes)
    except Exception as error:  # what the user's code does with a placeholder, it may do wrong
        reason = str(error) if isinstance(error, CANNOT) else f"{type(error).__name__}: {error}"
        return Eager(*task, **wishes, name=f"eager, because it can't be compiled: {reason}")


ENGINES: dict[str, Callable[..., Engine]] = {
    "eager": Eager,
    "compiled": Compiled,
    "auto": _auto,
}
"""How a batch may be computed, by name: called with the arguments of ``Eager``."""
