"""The language: every operation that an array program may be made of.

A program is a graph of arrays. ``shape`` is that of one sample; a ``batched`` array has the batch
as an axis in front. The set is closed: a pass or a printer that knows these classes knows all.

==============================  =================================================================
leaves                          ``Input Parameters Number Constant BatchSize``
a row of the table, elementwise ``Gate``; comparisons and the choice between two are rows, too
a row over a whole sequence     ``Along``, the last axis; ``expand`` rewrites it
products that are summed        ``Contract``: matrix products and the gradients of weights
sums, maxima, minima            ``Reduce``
the same elements otherwise     ``Reshape Transpose Broadcast``
access                          ``Take`` and its adjoint ``Scatter``, ``Pick``
access by data                  ``Lookup`` and its adjoint ``ScatterRows``
side by side                    ``Concatenate Stack``
==============================  =================================================================

No operation knows how a target spells it. ``check`` says whether a program is one.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..engine.gate import Primitive
from .operators import Operators

if TYPE_CHECKING:
    from .builder import Builder

__all__ = [
    "COMPARISONS",
    "Along",
    "Array",
    "BatchSize",
    "Broadcast",
    "Concatenate",
    "Constant",
    "Contract",
    "Gate",
    "Input",
    "Lookup",
    "Number",
    "Parameters",
    "Pick",
    "Reduce",
    "Reshape",
    "Scatter",
    "ScatterRows",
    "Shape",
    "Stack",
    "Take",
    "Transpose",
    "check",
    "is_finite",
    "needed",
]

Shape = tuple[int, ...]

COMPARISONS = {
    sign: Primitive(sign, sign, compare, (None, None))
    for sign, compare in (
        ("==", operator.eq),
        ("!=", operator.ne),
        ("<", operator.lt),
        ("<=", operator.le),
        (">", operator.gt),
        (">=", operator.ge),
    )
}
is_finite = Primitive("is_finite", "finite", math.isfinite, (None,))
is_finite.numpy = "isfinite"
_TRUTHS = {*COMPARISONS.values(), is_finite}


@dataclass(frozen=True, eq=False, repr=False)
class Array(Operators):
    """One operation. ``number`` is its place in the program: operands come first."""

    builder: Builder
    number: int
    operands: tuple[Array, ...]
    shape: Shape
    batched: bool

    @property
    def rank(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def dtype(self) -> str:
        """ "truth" for what compares, else "number", of whatever precision the program has."""
        return "number"

    @property
    def details(self) -> tuple[Any, ...]:
        """What it says besides its operands and its shape."""
        return tuple(getattr(self, name) for name in list(self.__dataclass_fields__)[5:])

    def is_gate(self, *ops: Primitive) -> bool:
        """Whether this is one of these gates."""
        return False

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {'B' if self.batched else ''}{self.shape}>"


# ------------------------------------------------------------------ leaves


@dataclass(frozen=True, eq=False, repr=False)
class Input(Array):
    """An argument of the program."""

    argument: int


@dataclass(frozen=True, eq=False, repr=False)
class Parameters(Array):
    """The vector theta."""


@dataclass(frozen=True, eq=False, repr=False)
class Number(Array):
    """One number, known now."""

    value: float


@dataclass(frozen=True, eq=False, repr=False)
class Constant(Array):
    """Numbers known now, or truths: a mask."""

    numbers: Any

    @property
    def dtype(self) -> str:
        return "truth" if self.numbers.dtype == bool else "number"


@dataclass(frozen=True, eq=False, repr=False)
class BatchSize(Array):
    """How many samples there are."""


# ------------------------------------------------------------------ gates


@dataclass(frozen=True, eq=False, repr=False)
class Gate(Array):
    """A row of the table, elementwise; smaller operands are broadcast."""

    op: Primitive

    @property
    def dtype(self) -> str:
        return "truth" if self.op in _TRUTHS else "number"

    def is_gate(self, *ops: Primitive) -> bool:
        return self.op in ops

    def __repr__(self) -> str:
        return f"<{self.op.name} {'B' if self.batched else ''}{self.shape}>"


@dataclass(frozen=True, eq=False, repr=False)
class Along(Array):
    """A row over a sequence, which is the last axis of its operands.

    Where the row has an index (which place of a softmax?), it comes first; if it does not, the
    result has all places.
    """

    op: Primitive


# ------------------------------------------------------------------ products and sums


@dataclass(frozen=True, eq=False, repr=False)
class Contract(Array):
    """Σ of the products of two arrays; a letter an axis, "B" the batch, as in ``np.einsum``."""

    left: str
    right: str
    axes: str  # of the result: what is not among them is summed

    @property
    def summed(self) -> str:
        return "".join(axis for axis in self.left if axis not in self.axes)

    @property
    def by_matrix(self) -> bool:
        """Whether it is the last axis of the left that a fixed vector or matrix sums up."""
        rest = self.right.replace(self.summed, "")
        fixed = "B" not in self.right and len(rest) < 2
        return self.summed == self.left[-1:] and fixed and self.axes == self.left[:-1] + rest

    @property
    def over_rows(self) -> bool:
        """Whether both are summed over all their rows: the gradient of such a vector or matrix."""
        n = len(self.summed)
        starts = self.left.startswith(self.summed) and self.right.startswith(self.summed)
        rows, columns = self.left[n:], self.right[n:]
        return starts and self.axes == rows + columns and len(rows) < 2 and len(columns) == 1

    def as_matrices(self) -> tuple[str, str, str] | None:
        """Both operands and the result as stacks of matrices, a letter an axis, "1" a new one.

        Axes that all three have, or that there are too many of, count the stack; None if
        more than one axis is summed.
        """
        left = [axis for axis in self.axes if axis in self.left and axis not in self.right]
        right = [axis for axis in self.axes if axis in self.right and axis not in self.left]
        if len(self.summed) != 1 or set(self.left + self.right) - set(self.axes + self.summed):
            return None
        rows, columns = left[-1:], right[-1:]
        stack = [axis for axis in self.axes if axis not in rows + columns]
        of_left = [axis if axis in self.left else "1" for axis in stack]
        of_right = [axis if axis in self.right else "1" for axis in stack]
        row, column = "".join(rows) or "1", "".join(columns) or "1"
        return (
            "".join([*of_left, row, self.summed]).lstrip("1"),
            "".join([*of_right, self.summed, column]),
            "".join([*stack, row, column]),
        )


@dataclass(frozen=True, eq=False, repr=False)
class Reduce(Array):
    """The sum, max or min over axes of a sample, and over the batch or not."""

    kind: str
    axes: tuple[int, ...]
    batch: bool
    keep: bool  # the axes stay, with length 1


# ------------------------------------------------------------------ views and access


@dataclass(frozen=True, eq=False, repr=False)
class Reshape(Array):
    """The same elements in another shape."""


@dataclass(frozen=True, eq=False, repr=False)
class Transpose(Array):
    """A matrix without a batch, its rows and columns exchanged."""


@dataclass(frozen=True, eq=False, repr=False)
class Broadcast(Array):
    """Repeated along axes of length 1, axes in front and the batch."""


@dataclass(frozen=True, eq=False, repr=False)
class Take(Array):
    """Elements of an array by their flat index in it."""

    index: Any


@dataclass(frozen=True, eq=False, repr=False)
class Scatter(Array):
    """The adjoint of takes: each operand is added to the elements that its index names."""

    indices: tuple[Any, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Pick(Array):
    """Of each row of the first the element where the second holds; NaN in a row without one."""


@dataclass(frozen=True, eq=False, repr=False)
class Lookup(Array):
    """Rows of the first, a table without a batch, at the indices in the second.

    Where an index is no whole number, or none of the table's, the row is NaN.
    """


@dataclass(frozen=True, eq=False, repr=False)
class ScatterRows(Array):
    """The adjoint: each row of the first is added to the row of a table that its index names."""


@dataclass(frozen=True, eq=False, repr=False)
class Concatenate(Array):
    """Operands one after the other along the last axis."""


@dataclass(frozen=True, eq=False, repr=False)
class Stack(Array):
    """Operands side by side along a new last axis."""


# ------------------------------------------------------------------ programs


def needed(roots: Iterable[Array], known: Iterable[Array] = ()) -> list[Array]:
    """Everything the roots are computed from, operands first; of what is known, nothing."""
    known = known if isinstance(known, (dict, set)) else set(known)
    found = dict.fromkeys(roots)  # a set's order is another in every process
    waiting = list(found)
    while waiting:
        for operand in waiting.pop().operands:
            if operand not in found and operand not in known:
                found[operand] = None
                waiting.append(operand)
    return sorted(found, key=lambda node: node.number)


def check(roots: Iterable[Array]) -> None:
    """See that this is a program: closed, in order, and of the shapes that it says.

    Args:
        roots: what it computes.

    Raises:
        TypeError: an operation is none of the language's.
        ValueError: a shape is wrong, or an operand comes later than who reads it.
    """
    for node in needed(roots):
        rule = _SHAPES.get(type(node))
        if rule is None:
            raise TypeError(f"{node!r} is no operation of the language")
        for operand in node.operands:
            if operand.number >= node.number or operand.builder is not node.builder:
                raise ValueError(f"{node!r} reads {operand!r}, which does not come before it")
        wanted = rule(node)
        if wanted is not None and wanted != (node.batched, node.shape):
            raise ValueError(f"{node!r} should be batched, shape = {wanted}")


def _any_batched(node: Array) -> bool:
    return any(operand.batched for operand in node.operands)


def _elementwise(node: Array) -> Any:
    rank = max(operand.rank for operand in node.operands)
    shapes = [(1,) * (rank - operand.rank) + operand.shape for operand in node.operands]
    return _any_batched(node), tuple(np.broadcast_shapes(*shapes))


def _contract(node: Contract) -> Any:
    sizes: dict[str, int] = {}
    for operand, axes in zip(node.operands, (node.left, node.right), strict=True):
        lengths = [-1] * operand.batched + list(operand.shape)
        assert len(lengths) == len(axes) and ("B" in axes) == operand.batched
        for axis, length in zip(axes, lengths, strict=True):
            if sizes.setdefault(axis, length) != length:
                raise ValueError(f"{node!r} multiplies axes of different lengths")
    return "B" in node.axes, tuple(sizes[axis] for axis in node.axes if axis != "B")


def _reduce(node: Reduce) -> Any:
    (source,) = node.operands
    lengths = [
        1 if axis in node.axes else n
        for axis, n in enumerate(source.shape)
        if node.keep or axis not in node.axes
    ]
    return source.batched and not node.batch, tuple(lengths)


def _reshape(node: Array) -> Any:
    (source,) = node.operands
    return source.batched, node.shape if node.size == source.size else source.shape


def _broadcast(node: Array) -> Any:
    (source,) = node.operands
    if source.size != node.size:
        np.broadcast_shapes(source.shape, node.shape)
    return node.batched or source.batched, node.shape


def _take(node: Take) -> Any:
    (source,) = node.operands
    if node.index.size and not 0 <= int(node.index.min()) <= int(node.index.max()) < source.size:
        raise ValueError(f"{node!r} reads beyond an end of {source!r}")
    return source.batched, node.index.shape


def _scatter(node: Scatter) -> Any:
    for operand, index in zip(node.operands, node.indices, strict=True):
        if operand.shape != index.shape or operand.batched != node.batched:
            raise ValueError(f"{node!r} scatters {operand!r} to {index.shape}")
        if index.size and not 0 <= int(index.min()) <= int(index.max()) < node.size:
            raise ValueError(f"{node!r} has no element at some of the places that it writes to")
    return None


def _lookup(node: Lookup) -> Any:
    table, index = node.operands
    if table.batched:
        raise ValueError(f"{node!r} looks up in {table!r}, which has a batch")
    return index.batched, index.shape + table.shape[1:]


def _scatter_rows(node: ScatterRows) -> Any:
    rows, index = node.operands
    if rows.batched != index.batched or rows.shape[: index.rank] != index.shape:
        raise ValueError(f"{node!r} adds {rows!r} at {index!r}")
    return False, (node.shape[0], *rows.shape[index.rank :])


def _concatenate(node: Array) -> Any:
    lead = {operand.shape[:-1] for operand in node.operands}
    if len(lead) > 1:
        raise ValueError(f"{node!r} joins arrays of different shapes")
    return _any_batched(node), (*lead.pop(), sum(o.shape[-1] for o in node.operands))


def _unknown(node: Array) -> Any:
    return None  # it is as its maker says: an index, say, broadcasts with the rows of a sequence


_SHAPES: dict[type, Any] = {
    Input: _unknown,
    Parameters: _unknown,
    Number: lambda node: (False, ()),
    Constant: lambda node: (False, node.numbers.shape),
    BatchSize: lambda node: (False, ()),
    Gate: _elementwise,
    Along: _unknown,
    Contract: _contract,
    Reduce: _reduce,
    Reshape: _reshape,
    Transpose: lambda node: (False, node.operands[0].shape[::-1]),
    Broadcast: _broadcast,
    Take: _take,
    Scatter: _scatter,
    Lookup: _lookup,
    ScatterRows: _scatter_rows,
    Pick: lambda node: (_any_batched(node), _elementwise(node)[1][:-1]),
    Concatenate: _concatenate,
    Stack: lambda node: (_any_batched(node), (*node.operands[0].shape, len(node.operands))),
}
