"""Access: how NumPy reads some elements of an array, in the simplest way there is.

An index array becomes, in this order of preference, one element, a slice, a block of rows and
columns, a transpose, or ``take``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["read", "slice_of"]


def slice_of(index: Any) -> str | None:
    """The text of a slice with these flat indices, or None if they are not evenly spaced.

    >>> slice_of(np.array([4, 5, 6])), slice_of(np.array([0, 3, 6])), slice_of(np.array([0, 1, 5]))
    ('4:7', '0:7:3', None)
    """
    flat = np.asarray(index).ravel()
    if flat.size == 1:
        return f"{flat[0]}:{flat[0] + 1}"
    steps = np.diff(flat)
    step = int(steps[0])
    if step < 1 or (steps != step).any():
        return None
    stop = f"{flat[0]}:{flat[-1] + 1}"
    return stop if step == 1 else f"{stop}:{step}"


def read(
    source: str,
    shape: tuple[int, ...],
    index: Any,
    constant: Callable[[Any], str],
    batch: Callable[[], str] | None = None,
) -> str:
    """NumPy text for the elements ``index`` of an array of ``shape`` (of one sample).

    Args:
        source: the array's name.
        index: flat indices, shaped as the result.
        constant: gives a name to an index array that must be kept.
        batch: gives the batch size, if the array has the batch as an axis in front.
    """
    lead = ":, " if batch else ""
    index = np.asarray(index)
    if index.shape == ():
        places = ", ".join(map(str, np.unravel_index(int(index), shape)))
        return f"{source}[{lead}{places}]"
    if len(shape) == 2:
        block = _block(shape, index)
        if block is not None:
            return f"{source}[{lead}{block}]"
        if index.shape == shape[::-1] and np.array_equal(
            index, np.arange(math.prod(shape)).reshape(shape).T
        ):
            return f"{source}.swapaxes(1, 2)" if batch else f"{source}.T"
        folded = _folded(math.prod(shape), index)
        if folded is not None:
            lengths, slices = folded
            head = f"{batch()}, " if batch else ""
            return f"{source}.reshape({head}{', '.join(map(str, lengths))})[{lead}{slices}]"
    if len(shape) > 1:
        flat = f"{batch()}, {math.prod(shape)}" if batch else "-1"
        source = f"{source}.reshape({flat})"
    part = slice_of(index)
    if part is not None:
        text = source if part == f"0:{math.prod(shape)}" else f"{source}[{lead}{part}]"
        if index.ndim == 1:
            return text
        sizes = ", ".join(map(str, index.shape))
        return f"{text}.reshape({f'{batch()}, ' if batch else ''}{sizes})"
    return f"{source}.take({constant(index)}{', 1' if batch else ''})"


def _folded(size: int, index: Any) -> tuple[list[int], str] | None:
    """Lengths and slices, if it is a part of a row of so many numbers, folded to several axes.

    >>> _folded(48, 8 + 12 * np.arange(4)[:, None, None] + np.arange(4).reshape(2, 2))
    ([4, 6, 2], ':, 4:6')
    """
    if index.ndim < 3 or index.size < 2:
        return None
    steps = [
        int((np.take(index, [min(1, n - 1)], k) - np.take(index, [0], k)).flat[0])
        for k, n in enumerate(index.shape)
    ]
    axes = np.indices(index.shape, sparse=True)
    start = int(index.flat[0])
    if not np.array_equal(
        index, start + sum(s * axis for s, axis in zip(steps, axes, strict=True))
    ):
        return None
    lengths, slices = [], []
    for step, n in zip(steps, index.shape, strict=True):
        if step < 1 or size % step or start // step + n > size // step:
            return None
        lengths.append(size // step)
        first, start = divmod(start, step)
        slices.append(":" if n == size // step else f"{first}:{first + n}")
        size = step
    while slices and slices[-1] == ":":
        slices.pop()
    return (lengths, ", ".join(slices)) if size == 1 and slices else None


def _block(shape: tuple[int, ...], index: Any) -> str | None:
    """Rows r0:r1 and columns c0:c1 of a matrix, one of which may be a single one."""
    rows, columns = np.divmod(index, shape[1])
    if index.ndim == 1:
        if (rows == rows[0]).all() and (part := slice_of(columns)):
            return f"{rows[0]}" if part == f"0:{shape[1]}" else f"{rows[0]}, {part}"
        if (columns == columns[0]).all() and (part := slice_of(rows)):
            return f"{':' if part == f'0:{shape[0]}' else part}, {columns[0]}"
        return None
    if index.ndim == 2 and (rows == rows[:, :1]).all() and (columns == columns[:1]).all():
        parts = slice_of(rows[:, 0]), slice_of(columns[0])
        if None not in parts:
            return ", ".join(
                ":" if part == f"0:{n}" else str(part) for part, n in zip(parts, shape, strict=True)
            )
    return None
