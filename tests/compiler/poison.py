"""New arrays that hold NaN: who reads a buffer before it is written to is found at once."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["poisoned"]

np.ma  # noqa: B018 - it reads the docstring of ``empty`` when it is first asked for
_empty = np.empty


def poisoned(*arguments: Any, **options: Any) -> Any:
    """``numpy.empty``, with the worst that may lie there."""
    array = _empty(*arguments, **options)
    if array.dtype.kind in "fb":
        array.fill(np.nan)
    return array
