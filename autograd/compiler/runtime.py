"""Runtime: how emitted programs are called, and what they call besides NumPy's own functions."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextvars import copy_context
from functools import cache
from typing import Any

import numpy as np

__all__ = ["lookup", "pick", "quietly", "runner", "scatter", "scatter_rows"]

with np.errstate(all="ignore"):
    _quiet = copy_context()
_in_context = _quiet.run(np.geterr)["invalid"] == "ignore"  # as it is from NumPy 2.0 on


def quietly(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function with NumPy's warnings off: numbers that are not finite are told later.

    NumPy looks up what to ignore in the context (contextvars), and to run in a copy of one where
    all is ignored takes a twentieth of the time of ``errstate``, which is that of a small product.

    >>> float(quietly(np.log, 0.0))
    -inf
    """
    if _in_context:
        return _quiet.copy().run(function, *arguments)
    with np.errstate(all="ignore"):
        return function(*arguments)


def runner() -> Callable[..., Any]:
    """Does what ``quietly`` does, for one caller at a time, in less time: the copy is kept."""
    return _quiet.copy().run if _in_context else quietly


def pick(table: Any, hit: Any) -> Any:
    """The element of each row of ``table`` where ``hit`` holds; NaN in a row without one.

    >>> pick(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[False, True], [True, False]]))
    array([2., 3.])
    """
    if table.shape == hit.shape:
        picked = table[hit]
        if picked.size * table.shape[-1] == table.size:  # a row holds one hit at most
            return picked if table.ndim == 2 else picked.reshape(table.shape[:-1])
    chosen = np.where(hit, table, 0).sum(-1)
    return np.where(hit.any(-1), chosen, np.nan)


def scatter(gradient: Any, index: Any, size: int) -> Any:
    """Add up what ``take(index)`` spread: the gradient of each of ``size`` elements.

    Args:
        gradient: (B, *index.shape), or without B.
        index: which element each was taken from.
        size: how many elements there are.

    >>> scatter(np.array([1.0, 2.0, 4.0]), np.array([0, 2, 0]), 3)
    array([5., 0., 2.])
    """
    if gradient.ndim == index.ndim:
        flat = np.bincount(index.ravel(), gradient.ravel(), size)
        return flat.astype(gradient.dtype, copy=False)
    batch = gradient.shape[0]
    places = (np.arange(batch)[:, None] * size + index.reshape(1, -1)).ravel()
    flat = np.bincount(places, gradient.ravel(), batch * size)
    return flat.reshape(batch, size).astype(gradient.dtype, copy=False)


def lookup(table: Any, index: Any, out: Any = None) -> Any:
    """The rows of ``table`` at the indices; NaN where an index is none from 0 to its length - 1.

    >>> lookup(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1.0, 0.0, -1.0]))
    array([[ 3.,  4.],
           [ 1.,  2.],
           [nan, nan]])
    """
    if not table.ndim:  # a number does for a table of one
        table = table.reshape(1)
    places = _places(index, len(table))
    found = table.take(places, 0, out, "clip")
    wrong = places != index
    if np.count_nonzero(wrong):
        found = np.asarray(found)
        found[wrong] = np.nan
    return found


def scatter_rows(gradient: Any, index: Any, count: int) -> Any:
    """Add up what ``lookup`` spread: the gradient of each of ``count`` rows.

    >>> scatter_rows(np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), np.array([2.0, 0.0, 2.0]), 3)
    array([[3., 4.],
           [0., 0.],
           [6., 8.]])
    """
    places = _places(index, count)
    row = gradient.shape[places.ndim :]
    width = math.prod(row)
    flat = places.reshape(-1, 1) * width + _numbers(width)
    sums = np.bincount(flat.ravel(), gradient.ravel(), count * width)
    return sums.reshape(count, *row).astype(gradient.dtype, copy=False)


def _places(index: Any, count: int) -> Any:
    """The indices as integers from 0 to ``count`` - 1; what is none becomes another number."""
    return _numbers(count).take(np.asarray(index).astype(np.intp), mode="clip")


@cache
def _numbers(count: int) -> Any:
    return np.arange(count)
