"""A case: a computation in scalars as people write it, and the same by hand in NumPy.

The one is what ``autograd.compile`` is given, the other what an expert writes instead of it: both
give the mean loss of a batch and its gradient. Where it is usual, the case is there in PyTorch,
too, as a loss that PyTorch differentiates.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import autograd as ag
from autograd import Value

__all__ = ["Arrays", "Case", "Row", "Wanted", "leaves", "linear", "take", "values"]

Row = list[Any]  # of Values
Arrays = dict[str, Any]  # the parameters by name: NumPy arrays, or tensors


class Wanted(NamedTuple):
    """What we want of the compiled program, each at most; None where nothing is promised."""

    ratio: float | None = None  # its time by that of NumPy by hand
    c: float | None = None  # the same for target="c", which is measured where this is given
    torch: float | None = None  # its time by PyTorch's
    lines: int | None = None  # of program.source
    seconds: float | None = None  # to build it
    jax: float | None = None  # the time of target="jax" by PyTorch's; where wanted, it is measured


class Case(NamedTuple):
    """One computation.

    Args:
        about: what it is, in a few words.
        loss: of one sample, in scalars; takes a sample of each of the ``data``.
        parameters: nested lists of Values, by the names that the other writings use.
        data: the arguments of a whole batch, arrays of float64 with a sample a row.
        by_hand: ``by_hand(p, g, *data)`` makes a function that writes the gradient of the batch
            into the arrays g and gives its mean loss; p holds the parameters as arrays.
        in_torch: ``in_torch(*data)`` makes a function of the parameters as tensors, the mean loss.
        wanted: of the compiled program.
        target: of ``compile``.
    """

    about: str
    loss: Callable[..., Any]
    parameters: dict[str, Any]
    data: tuple[Any, ...]
    by_hand: Callable[..., Callable[[], float]]
    in_torch: Callable[..., Callable[[Arrays], Any]] | None = None
    wanted: Wanted = Wanted()
    target: str | None = "numpy"


def values(source: random.Random, *shape: int, scale: float | None = None) -> Any:
    """Nested lists of Values drawn from a normal distribution.

    Args:
        source: of randomness.
        shape: the lengths of the lists.
        scale: the standard deviation; without it 1/√(the length of a row).
    """
    if scale is None:
        scale = float(shape[-1]) ** -0.5
    if len(shape) == 1:
        return [Value(source.gauss(0, scale)) for _ in range(shape[0])]
    return [values(source, *shape[1:], scale=scale) for _ in range(shape[0])]


def leaves(nested: Any) -> Iterator[Value]:
    """The Values of nested lists, in the order of a flattened array."""
    for each in nested:
        if isinstance(each, list):
            yield from leaves(each)
        else:
            yield each


def linear(weights: list[Row], x: Row) -> Row:
    """A matrix times a vector, in scalars."""
    return [ag.dot(row, x) for row in weights]


def take(rows: list[Row], index: Any) -> Row:
    """The row of a table at an index that may be traced: ``autograd.take``, where there is one.

    Without it, the index is written as ones and zeros, and the row is a product with those.
    """
    if hasattr(ag, "take"):
        row: Row = ag.take(rows, index)
        return row
    hot = [ag.relu(1 - ag.abs(index - k)) for k in range(len(rows))]
    return [ag.dot(hot, column) for column in zip(*rows, strict=True)]
