"""Builder: makes the operations of a program, equal ones once, and the simplest that will do."""

from __future__ import annotations

import math
from typing import Any, TypeVar

import numpy as np

from ..engine import primitives
from ..engine.gate import Primitive
from .language import (
    COMPARISONS,
    Array,
    BatchSize,
    Broadcast,
    Concatenate,
    Constant,
    Contract,
    Gate,
    Input,
    Lookup,
    Number,
    Parameters,
    Reduce,
    Reshape,
    Scatter,
    Shape,
    Take,
    Transpose,
)

__all__ = ["Builder", "content"]

Made = TypeVar("Made", bound=Array)


class Builder:
    """All arrays of one program, each operation once.

    Attributes:
        hints: how to name an array: "Z", "A", or ("d", an array) for the gradient of that.
    """

    def __init__(self) -> None:
        self.count = 0
        self.known: dict[Any, Any] = {}
        self.hints: dict[Array, Any] = {}

    def make(
        self,
        kind: type[Made],
        operands: tuple[Array, ...],
        shape: Shape,
        batched: bool,
        *details: Any,
    ) -> Made:
        """An operation, as it stands."""
        key = (kind, *(o.number for o in operands), shape, batched, *map(content, details))
        found: Made | None = self.known.get(key)
        if found is None:
            found = kind(self, self.count, operands, shape, batched, *details)
            self.known[key] = found
            self.count += 1
        return found

    def hint(self, array: Array, hint: Any) -> None:
        """Say how to name an array that has no name yet."""
        self.hints.setdefault(array, hint)

    # ------------------------------------------------------------------ leaves

    def lift(self, thing: Any) -> Array:
        """A number as an array."""
        if isinstance(thing, Array):
            return thing
        return self.make(Number, (), (), False, float(thing))

    def constant(self, numbers: Any) -> Constant:
        """An array of numbers known now."""
        return self.make(Constant, (), numbers.shape, False, numbers)

    def array(self, numbers: Any) -> Array:
        """An array of numbers known now; a single number if they are all the same."""
        numbers = np.asarray(numbers, dtype=float)
        first = numbers.flat[0]
        if (numbers == first).all() and not (first == 0 and np.signbit(numbers).any()):
            return self.lift(float(first))
        return self.constant(numbers)

    def batch_size(self) -> Array:
        return self.make(BatchSize, (), (), False)

    # ------------------------------------------------------------------ elementwise

    def elementwise(self, op: Primitive, *operands: Any) -> Gate:
        """A gate, as it stands."""
        lifted = tuple(self.lift(operand) for operand in operands)
        rank = max(operand.rank for operand in lifted)
        shapes = [(1,) * (rank - operand.rank) + operand.shape for operand in lifted]
        shape = tuple(np.broadcast_shapes(*shapes))
        return self.make(Gate, lifted, shape, any(o.batched for o in lifted), op)

    def gate(self, op: Primitive, *operands: Any) -> Array:
        """Apply a gate elementwise; where it takes no such number the result is NaN, no error."""
        if op is primitives.add:
            return self.add(*operands)
        if op is primitives.mul:
            return self.mul(*operands)
        lifted = [self.lift(operand) for operand in operands]
        numbers = _numbers(lifted)
        if numbers is not None:
            return self.lift(float(op.on_arrays(*[np.array([number]) for number in numbers])[0]))
        if op is primitives.pow and isinstance(lifted[1], Number) and lifted[1].value == 1:
            return lifted[0]
        return self.elementwise(op, *lifted)

    def add(self, a: Any, b: Any) -> Array:
        left, right = self.lift(a), self.lift(b)
        if isinstance(left, Number) and left.value == 0:
            return right
        if isinstance(right, Number) and right.value == 0:
            return left
        return self.elementwise(primitives.add, left, right)

    def mul(self, a: Any, b: Any) -> Array:
        left, right = self.lift(a), self.lift(b)
        for one, other in ((left, right), (right, left)):
            if isinstance(one, Number):
                if one.value == 1:
                    return other
                if isinstance(other, Number):
                    return self.lift(one.value * other.value)
            if other.is_gate(primitives.mul) and other.operands[0].dtype == "truth":
                mask, rest = other.operands  # the mask last: the others may be smaller
                return self.elementwise(primitives.mul, mask, self.mul(one, rest))
        return self.elementwise(primitives.mul, left, right)

    def compare(self, sign: str, a: Any, b: Any) -> Array:
        left, right = self.lift(a), self.lift(b)
        op = COMPARISONS[sign]
        if isinstance(left, Number) and isinstance(right, Number):
            return self.lift(float(op.value(left.value, right.value)))
        return self.elementwise(op, left, right)

    def select(self, condition: Array, a: Any, b: Any) -> Array:
        """``a`` where the condition holds, else ``b``."""
        yes, no = self.lift(a), self.lift(b)
        (over_a, under_a), (over_b, under_b) = _quotient(yes), _quotient(no)
        if under_a is not None and under_a is under_b:  # one division instead of two
            return self.gate(primitives.div, self.select(condition, over_a, over_b), under_a)
        if isinstance(condition, Number):
            return yes if condition.value else no
        return self.elementwise(primitives.choice, condition, yes, no)

    # ------------------------------------------------------------------ shapes and sums

    def last(self, a: Array) -> Array:
        """A new last axis of length 1."""
        return self.reshape(a, (*a.shape, 1))

    def reshape(self, a: Array, shape: Shape) -> Array:
        if a.shape == shape or isinstance(a, Number):
            return a
        if isinstance(a, Reshape):
            return self.reshape(a.operands[0], shape)
        if isinstance(a, Broadcast) and not a.operands[0].shape and not a.operands[0].batched:
            return self.expand(a.operands[0], shape, a.batched)
        if isinstance(a, Take) and a.shape == (*shape, 1):
            return self.take(a.operands[0], a.index[..., 0], keep=len(shape))
        return self.make(Reshape, (a,), shape, a.batched)

    def reduce(self, kind: str, a: Array) -> Array:
        """sum, max or min along the last axis, which stays with length 1."""
        if kind == "sum" and a.is_gate(primitives.choice):  # how often something holds
            condition, yes, no = a.operands
            if condition.dtype == "truth" and _numbers([yes, no]) == [1.0, 0.0]:
                a = condition
        shape, axis = (*a.shape[:-1], 1), len(a.shape) - 1
        return self.make(Reduce, (a,), shape, a.batched, kind, (axis,), False, True)

    def sum(self, a: Array, batch: bool = False, axes: tuple[int, ...] = ()) -> Array:
        """The sum over the batch and over axes of a sample, which are dropped."""
        batch = batch and a.batched
        if not batch and not axes:
            return a
        if isinstance(a, Reshape) and len(axes) == a.rank:
            a = a.operands[0]
            axes = tuple(range(a.rank))
        if batch and not axes and isinstance(a, Reduce) and not (a.keep or a.batch):
            return self.sum(a.operands[0], True, a.axes)
        shape = tuple(n for axis, n in enumerate(a.shape) if axis not in axes)
        return self.make(Reduce, (a,), shape, a.batched and not batch, "sum", axes, batch, False)

    def reduce_to(self, a: Array, shape: Shape, batched: bool) -> Array:
        """Undo broadcasting: sum over every axis that ``shape`` does not have."""
        extra = a.rank - len(shape)
        axes = tuple(
            axis
            for axis, n in enumerate(a.shape)
            if axis < extra or (shape[axis - extra] == 1 and n > 1)
        )
        result = self.sum(a, a.batched and not batched, axes)
        return self.reshape(result, shape)

    def reduce_from(
        self, a: Array, full: Shape, full_batched: bool, shape: Shape, batched: bool
    ) -> Array:
        """Like reduce_to, for an ``a`` that stands for a ``full`` shape although it may be smaller.

        An axis that ``a`` only stands for is summed by multiplying with its length: this is
        where `x + x`, as an axis of stride 0, would otherwise go wrong.
        """
        factor = self.lift(1.0)
        if full_batched and not batched and not a.batched:
            factor = self.batch_size()
        mine = (1,) * (len(full) - a.rank) + a.shape
        theirs = (1,) * (len(full) - len(shape)) + shape
        for n, have, want in zip(full, mine, theirs, strict=True):
            if want == 1 and have == 1 and n > 1:
                factor = self.mul(factor, float(n))
        return self.mul(factor, self.reduce_to(a, _minimal(a.shape, shape), a.batched and batched))

    def expand(self, a: Array, shape: Shape, batched: bool) -> Array:
        """``a`` broadcast to exactly this shape."""
        if a.shape == shape and a.batched == batched:
            return a
        if a.batched == batched and math.prod(shape) == a.size and not isinstance(a, Number):
            return self.reshape(a, shape)
        return self.make(Broadcast, (a,), shape, batched)

    def contract(self, a: Array, left: str, b: Array, right: str, axes: str) -> Array:
        """Σ a·b over the axes that are not among ``axes`` (see ``Contract``)."""
        if not set(left + right) - set(axes):  # nothing is summed: a product of all with all
            return self.mul(self.spread(a, left, axes), self.spread(b, right, axes))
        sizes: dict[str, int] = {}
        for operand, letters in ((a, left), (b, right)):
            sizes.update(zip(reversed(letters), reversed(operand.shape), strict=False))
        shape = tuple(sizes[axis] for axis in axes if axis != "B")
        return self.make(Contract, (a, b), shape, "B" in axes, left, right, axes)

    def spread(self, a: Array, letters: str, axes: str) -> Array:
        """An array with axes of length 1 for those that it lacks; none in front."""
        lengths = dict(zip(letters.replace("B", ""), a.shape, strict=True))
        shape = [lengths.get(axis, 1) for axis in axes.replace("B", "")]
        order = sorted(letters.replace("B", ""), key=axes.index)
        if order != list(letters.replace("B", "")):
            places = np.arange(a.size).reshape(a.shape)
            turned = places.transpose([letters.replace("B", "").index(axis) for axis in order])
            a = self.take(a, turned, keep=a.rank)
        while len(shape) > a.rank and shape[0] == 1 and not a.batched:
            del shape[0]
        return self.reshape(a, tuple(shape)) if a.shape else a

    def matmul(self, x: Array, w: Array, axes: str = "vk") -> Array:
        """x (..., k) times w, whose axes are vk, kv or k."""
        rows = "B" * x.batched + "pqrs"[: x.rank - 1]
        return self.contract(x, f"{rows}k", w, axes, rows + axes.replace("k", ""))

    def concatenate(self, pieces: list[Array], shape: Shape) -> Array:
        """Pieces side by side along the last axis; each is broadcast to the rest of ``shape``."""
        batched = any(piece.batched for piece in pieces)
        full = tuple(self.expand(p, (*shape[:-1], p.shape[-1]), batched) for p in pieces)
        return self.make(Concatenate, full, shape, batched)

    # ------------------------------------------------------------------ access

    def transpose(self, a: Array) -> Array:
        """A matrix (without a batch) with rows and columns exchanged."""
        if isinstance(a, Transpose):
            return a.operands[0]
        if isinstance(a, Contract):
            d, x = a.operands
            if d.rank == x.rank and not a.by_matrix:
                return self.contract(x, a.right, d, a.left, a.axes[::-1])
        return self.make(Transpose, (a,), a.shape[::-1], a.batched)

    def lookup(self, table: Array, index: Array) -> Array:
        """The rows of a table without a batch at these indices."""
        return self.make(Lookup, (table, index), index.shape + table.shape[1:], index.batched)

    def take(self, source: Array, index: Any, keep: int = 0) -> Array:
        """Elements of a source by their flat index in it.

        An axis along which the index does not change becomes length 1 (it will broadcast),
        but for the last ``keep`` axes; axes of length 1 in front are dropped.
        """
        index = np.asarray(index, dtype=np.int64)
        for axis in range(index.ndim - keep):
            first = np.take(index, [0], axis)
            if (index == first).all():
                index = first
        while index.ndim > keep and index.shape[0] == 1:
            index = index[0]
        if isinstance(source, Reshape) and isinstance(source.operands[0], Input):
            return self.take(source.operands[0], index, keep)
        if isinstance(source, Take):
            return self.take(source.operands[0], source.index.ravel()[index], keep)
        if isinstance(source, Constant):
            numbers = source.numbers.reshape(-1)[index]
            return self.constant(numbers) if numbers.dtype == bool else self.array(numbers)
        if isinstance(source, Number):
            return source
        shape = index.shape
        if source.shape == () and shape:
            return self.expand(source, shape, source.batched)
        squeezed = index.reshape(
            tuple(n for axis, n in enumerate(shape) if n > 1 or axis >= len(shape) - keep)
        )
        size = source.size
        if squeezed.size == size and np.array_equal(squeezed.ravel(), np.arange(size)):
            return self.reshape(source, shape)
        turned = squeezed.ndim == 2 and _contiguous(squeezed.T) and not _contiguous(squeezed)
        if isinstance(source, Parameters) and turned:
            return self.transpose(self.take(source, squeezed.T, keep=2))
        taken = self.make(Take, (source,), squeezed.shape, source.batched, squeezed)
        return self.reshape(taken, shape)

    def scatter(self, parts: list[tuple[Any, Array]], shape: Shape, batched: bool) -> Array:
        """What takes spread, added up: of each part its flat places, and what is there."""
        indices, operands = (tuple(each) for each in zip(*parts, strict=True))
        size = math.prod(shape)
        index = indices[0].ravel()
        if len(parts) == 1 and index.size == size and len(np.unique(index)) == size:
            return self.take(operands[0], np.argsort(index).reshape(shape), keep=len(shape))
        return self.reshape(self.make(Scatter, operands, (size,), batched, indices), shape)


def content(detail: Any) -> Any:
    """What tells one detail of an operation from another."""
    if isinstance(detail, np.ndarray):
        return detail.tobytes(), detail.shape
    if isinstance(detail, float):
        return detail.hex()  # keeps -0.0 and NaN apart
    if isinstance(detail, tuple):
        return tuple(map(content, detail))
    return detail


def _numbers(operands: list[Array]) -> list[float] | None:
    """The operands, if all of them are known."""
    numbers = [operand.value for operand in operands if isinstance(operand, Number)]
    return numbers if len(numbers) == len(operands) else None


def _quotient(a: Array) -> tuple[Array, Array | None]:
    """Numerator and denominator, of a negative quotient too."""
    if a.is_gate(primitives.neg):
        over, under = _quotient(a.operands[0])
        return (a if under is None else a.builder.gate(primitives.neg, over)), under
    if a.is_gate(primitives.div):
        return a.operands[0], a.operands[1]
    return a, None


def _contiguous(index: Any) -> bool:
    flat = index.ravel()
    return bool((np.diff(flat) == 1).all())


def _minimal(have: Shape, want: Shape) -> Shape:
    """The wanted shape, but with length 1 (or no axis at all) where ``have`` has only that."""
    rank = min(len(have), len(want))
    pairs = zip(have[len(have) - rank :], want[len(want) - rank :], strict=True)
    return tuple(1 if h == 1 else w for h, w in pairs)
