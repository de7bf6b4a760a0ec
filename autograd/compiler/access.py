"""Access: how NumPy reads some elements of an array, in the simplest way there is.

An index array becomes, in this order of preference, one element, a slice, a block of rows and
columns, a transpose, or ``take``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .schedule import Moves, counted

__all__ = ["Way", "moved_part", "read", "slice_of", "way"]


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


@dataclass(frozen=True)
class Way:
    """How some elements of an array are reached; of what is done, in this order.

    Attributes:
        lengths: the shape that it is first given; None for the one it has.
        turned: whether its rows and columns are exchanged.
        part: what stands in brackets, "0:2, 4"; "" for all of it.
        taken: whether there is no simple way, so that the flat index itself is needed.
        after: the shape that what was found is given; None for the one it has.
    """

    lengths: tuple[int, ...] | None = None
    turned: bool = False
    part: str = ""
    taken: bool = False
    after: tuple[int, ...] | None = None


def way(shape: tuple[int, ...], index: Any) -> Way:
    """The simplest way to elements of an array, for every printer.

    Args:
        shape: of the array, or of one sample of it.
        index: flat indices, shaped as the result.

    >>> way((2, 6), np.array([2, 8])), way((6, 2), np.arange(12)).lengths
    (Way(lengths=None, turned=False, part=':, 2', taken=False, after=None), (12,))
    """
    index = np.asarray(index)
    size = math.prod(shape)
    if index.shape == ():
        return Way(part=", ".join(map(str, np.unravel_index(int(index), shape))))
    if len(shape) == 2:
        block = _block(shape, index)
        if block is not None:
            return Way(part=block)
        turned = np.arange(size).reshape(shape).T
        if index.shape == shape[::-1] and np.array_equal(index, turned):
            return Way(turned=True)
        folded = _folded(size, index)
        if folded is not None:
            return Way(lengths=tuple(folded[0]), part=folded[1])
    flat = (size,) if len(shape) > 1 else None
    part = slice_of(index)
    if part is None:
        return Way(lengths=flat, taken=True)
    after = index.shape if index.ndim > 1 else None
    return Way(lengths=flat, part="" if part == f"0:{size}" else part, after=after)


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

    def reshaped(text: str, lengths: tuple[int, ...]) -> str:
        if batch is None and lengths == (math.prod(shape),):
            return f"{text}.reshape(-1)"
        sizes = [*([batch()] if batch else []), *map(str, lengths)]
        return f"{text}.reshape({', '.join(sizes)})"

    found = way(shape, index)
    text = source if found.lengths is None else reshaped(source, found.lengths)
    if found.turned:
        return f"{text}.swapaxes(1, 2)" if batch else f"{text}.T"
    if found.taken:
        return f"{text}.take({constant(np.asarray(index))}{', 1' if batch else ''})"
    if found.part:
        text = f"{text}[{':, ' if batch else ''}{found.part}]"
    return text if found.after is None else reshaped(text, found.after)


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


def moved_part(index: Any, shape: tuple[int, ...], moves: Moves) -> str | None:
    """What stands in brackets for these elements, which start where ``moves`` says."""
    times, start = moves
    flat = index.ravel() - index.flat[0]
    if len(shape) == 2 and index.shape == shape[1:] and (flat == np.arange(len(flat))).all():
        rows = times // shape[1], start // shape[1]
        return counted(rows) if moves == (rows[0] * shape[1], rows[1] * shape[1]) else None
    if len(shape) != 1 or index.ndim > 1 or (index.ndim and slice_of(flat) is None):
        return None
    if index.ndim == 0:
        return counted(moves)
    step = f":{flat[1]}" if flat.size > 1 and flat[1] > 1 else ""
    return f"{counted(moves)}:{counted((times, start + int(flat[-1]) + 1))}{step}"
