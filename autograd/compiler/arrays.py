"""Arrays: the wide program as a graph of array operations with declared shapes.

An ``Array`` is to a program what a Value is to a scalar graph: an operation and its operands.
``shape`` is that of one sample; a ``batched`` array has the batch as an axis in front. Equal
operations are one node. Arrays understand operators, comparisons, ``where`` and gates, so the
rows of the gate table can be read on them: that is how partial derivatives get here.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..engine import primitives
from ..engine.gate import Primitive

__all__ = ["Array", "Book", "Untranslatable"]

Shape = tuple[int, ...]
_COMPARISONS = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Untranslatable(Exception):
    """This graph has no array program; the straight-line target takes over."""


class Array:
    """One array operation.

    ``head`` is a gate, or one of: input theta array number batch_size (leaves); take transpose
    assemble stack concatenate (access); matmul outer_sum (products); call compare pick
    (elementwise and the like); sum reduce reshape expand (shapes).
    """

    __slots__ = ("batched", "book", "extra", "head", "hint", "number", "operands", "shape", "value")
    __array_ufunc__ = None

    def __init__(
        self,
        book: Book,
        head: Any,
        operands: tuple[Array, ...],
        shape: Shape,
        batched: bool,
        extra: Any = None,
    ) -> None:
        self.book = book
        self.head = head
        self.operands = operands
        self.shape = shape
        self.batched = batched
        self.extra = extra
        self.hint: Any = None  # how to name it: "Z", "A", ("d", array), ...
        self.value: Array | None = None  # what computes it, if it is a gate over a sequence
        self.number = len(book.nodes)
        book.nodes.append(self)

    __hash__ = object.__hash__

    @property
    def rank(self) -> int:
        return len(self.shape)

    def apply_gate(self, op: Primitive, operands: Sequence[Any]) -> Array:
        return self.book.gate(op, *operands)

    def choose(self, a: Any, b: Any) -> Array:
        a, b = (branch() if callable(branch) else branch for branch in (a, b))
        if b is None and a == 1 and self.head is primitives.step:
            return self  # relu's: 0 where nothing flows
        a, b = (0.0 if branch is None else branch for branch in (a, b))
        return self.book.gate(primitives.choice, self, a, b)

    def _compare(self, sign: str, other: Any) -> Array:
        return self.book.elementwise("compare", (self, self.book.lift(other)), sign)

    def __eq__(self, other: Any) -> Array:  # type: ignore[override]
        return self._compare("==", other)

    def __ne__(self, other: Any) -> Array:  # type: ignore[override]
        return self._compare("!=", other)

    def __lt__(self, other: Any) -> Array:
        return self._compare("<", other)

    def __le__(self, other: Any) -> Array:
        return self._compare("<=", other)

    def __gt__(self, other: Any) -> Array:
        return self._compare(">", other)

    def __ge__(self, other: Any) -> Array:
        return self._compare(">=", other)

    def __bool__(self) -> bool:
        raise Untranslatable("a rule asks for the truth of an array")

    def __add__(self, other: Any) -> Array:
        return self.book.add(self, other)

    def __radd__(self, other: Any) -> Array:
        return self.book.add(other, self)

    def __sub__(self, other: Any) -> Array:
        return self.book.gate(primitives.sub, self, other)

    def __rsub__(self, other: Any) -> Array:
        return self.book.gate(primitives.sub, other, self)

    def __mul__(self, other: Any) -> Array:
        return self.book.mul(self, other)

    def __rmul__(self, other: Any) -> Array:
        return self.book.mul(other, self)

    def __truediv__(self, other: Any) -> Array:
        return self.book.gate(primitives.div, self, other)

    def __rtruediv__(self, other: Any) -> Array:
        return self.book.gate(primitives.div, other, self)

    def __pow__(self, other: Any) -> Array:
        return self.book.gate(primitives.pow, self, other)

    def __rpow__(self, other: Any) -> Array:
        return self.book.gate(primitives.pow, other, self)

    def __mod__(self, other: Any) -> Array:
        return self.book.gate(primitives.mod, self, other)

    def __rmod__(self, other: Any) -> Array:
        return self.book.gate(primitives.mod, other, self)

    def __neg__(self) -> Array:
        return self.book.gate(primitives.neg, self)

    def __abs__(self) -> Array:
        return self.book.gate(primitives.abs, self)

    def __repr__(self) -> str:
        head = self.head.name if isinstance(self.head, Primitive) else self.head
        return f"<{head} {'B' if self.batched else ''}{self.shape}>"


class Book:
    """All arrays of one program, each operation once."""

    def __init__(self) -> None:
        self.nodes: list[Array] = []
        self.known: dict[Any, Array] = {}

    def node(
        self, head: Any, operands: tuple[Array, ...], shape: Shape, batched: bool, extra: Any = None
    ) -> Array:
        content = extra
        if isinstance(extra, np.ndarray):
            content = (extra.tobytes(), extra.shape)
        elif isinstance(extra, float):
            content = extra.hex()  # keeps -0.0 and NaN apart
        key = (head, tuple(operand.number for operand in operands), shape, batched, content)
        known = self.known.get(key)
        if known is None:
            known = self.known[key] = Array(self, head, operands, shape, batched, extra)
        return known

    # ------------------------------------------------------------------ leaves

    def lift(self, thing: Any) -> Array:
        """A number as an Array."""
        if isinstance(thing, Array):
            return thing
        return self.node("number", (), (), False, float(thing))

    def array(self, numbers: Any) -> Array:
        """An array of numbers known now; a single number if they are all the same."""
        numbers = np.asarray(numbers, dtype=float)
        first = numbers.flat[0]
        if (numbers == first).all() and not (first == 0 and np.signbit(numbers).any()):
            return self.lift(float(first))
        return self.node("array", (), numbers.shape, False, numbers)

    def batch_size(self) -> Array:
        return self.node("batch_size", (), (), False)

    # ------------------------------------------------------------------ elementwise

    def elementwise(self, head: Any, operands: tuple[Array, ...], extra: Any = None) -> Array:
        if head == "compare" and all(operand.head == "number" for operand in operands):
            return self.lift(float(_COMPARISONS[extra](*(operand.extra for operand in operands))))
        if extra == "where" and head == "call" and operands[0].head == "number":
            return operands[1] if operands[0].extra else operands[2]
        rank = max(operand.rank for operand in operands)
        shapes = [(1,) * (rank - operand.rank) + operand.shape for operand in operands]
        shape = tuple(np.broadcast_shapes(*shapes))
        return self.node(head, operands, shape, any(o.batched for o in operands), extra)

    def gate(self, op: Primitive, *operands: Any) -> Array:
        """Apply a gate elementwise."""
        if op is primitives.add:
            return self.add(*operands)
        if op is primitives.mul:
            return self.mul(*operands)
        lifted = tuple(self.lift(operand) for operand in operands)
        if all(operand.head == "number" for operand in lifted):
            return self.lift(op(*(operand.extra for operand in lifted)))
        if op is primitives.pow and lifted[1].head == "number" and lifted[1].extra == 1:
            return lifted[0]
        node = self.elementwise(op, lifted)
        if callable(op.array) and node.value is None:
            node.value = self.translate(op.array, lifted)
        return node

    def add(self, a: Any, b: Any) -> Array:
        left, right = self.lift(a), self.lift(b)
        if left.head == "number" and left.extra == 0:
            return right
        if right.head == "number" and right.extra == 0:
            return left
        return self.elementwise(primitives.add, (left, right))

    def mul(self, a: Any, b: Any) -> Array:
        left, right = self.lift(a), self.lift(b)
        for one, other in ((left, right), (right, left)):
            if one.head == "number":
                if one.extra == 1:
                    return other
                if other.head == "number":
                    return self.lift(one.extra * other.extra)
        return self.elementwise(primitives.mul, (left, right))

    def call(self, name: str, *operands: Any) -> Array:
        """A function of NumPy, elementwise."""
        lifted = tuple(self.lift(o) for o in operands)
        if name != "where" and all(o.head == "number" for o in lifted):
            with np.errstate(all="ignore"):
                return self.lift(float(getattr(np, name)(*(o.extra for o in lifted))))
        if name == "where":
            (a, under_a), (b, under_b) = map(_quotient, lifted[1:])
            if under_a is not None and under_a is under_b:  # one division instead of two
                return self.gate(primitives.div, self.call(name, lifted[0], a, b), under_a)
        return self.elementwise("call", lifted, name)

    def translate(self, function: Callable[..., Any], operands: tuple[Array, ...]) -> Array | None:
        """A row's value on arrays (``array=``) read as array operations; None if it can't be."""
        try:
            result = function(_Numpy(self), *operands)
        except Exception:  # the row does more than elementwise NumPy: it is called by its name
            return None
        return result if isinstance(result, Array) else None

    # ------------------------------------------------------------------ shapes and sums

    def last(self, a: Array) -> Array:
        """A new last axis of length 1."""
        return self.reshape(a, (*a.shape, 1))

    def reshape(self, a: Array, shape: Shape) -> Array:
        if a.shape == shape or a.head == "number":
            return a
        if a.head == "reshape":
            return self.reshape(a.operands[0], shape)
        if a.head == "expand" and not a.operands[0].shape and not a.operands[0].batched:
            return self.expand(a.operands[0], shape, a.batched)
        if a.head == "take" and a.shape == (*shape, 1):
            return self.take(a.operands[0], a.extra[..., 0], keep=len(shape))
        return self.node("reshape", (a,), shape, a.batched)

    def reduce(self, name: str, a: Array) -> Array:
        """sum, max or min along the last axis, which stays with length 1."""
        return self.node("reduce", (a,), (*a.shape[:-1], 1), a.batched, name)

    def sum(self, a: Array, batch: bool = False, axes: tuple[int, ...] = ()) -> Array:
        """The sum over the batch and over axes of a sample, which are dropped."""
        batch = batch and a.batched
        if not batch and not axes:
            return a
        if a.head == "reshape" and len(axes) == a.rank:
            a = a.operands[0]
            axes = tuple(range(a.rank))
        if batch and not axes and a.head == "sum" and not a.extra[0]:
            return self.sum(a.operands[0], True, a.extra[1])
        shape = tuple(n for axis, n in enumerate(a.shape) if axis not in axes)
        return self.node("sum", (a,), shape, a.batched and not batch, (batch, axes))

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
        if a.batched == batched and math.prod(shape) == math.prod(a.shape) and a.head != "number":
            return self.reshape(a, shape)
        return self.node("expand", (a,), shape, batched)

    def matmul(self, x: Array, w: Array, transpose: bool = True) -> Array:
        """x (..., k) times the transpose of w (V, k), or w (k,); or x (..., V) times w."""
        inner = w.shape[:-1] if transpose else w.shape[1:]
        return self.node("matmul", (x, w), (*x.shape[:-1], *inner), x.batched, transpose)

    def outer_sum(self, d: Array, x: Array, rank: int) -> Array:
        """The gradient of a weight of this rank: Σ d·x over the batch and the rows."""
        if rank == 2 and x.rank == 1 and not x.batched:
            return self.mul(self.last(d), x)
        if rank == 1 and x.rank == 1 and not x.batched:
            return self.mul(d, x)
        shape = (d.shape[-1], x.shape[-1]) if rank == 2 else (x.shape[-1],)
        return self.node("outer_sum", (d, x), shape, False)

    def concatenate(self, pieces: list[Array], shape: Shape) -> Array:
        """Pieces side by side along the last axis; each is broadcast to the rest of ``shape``."""
        batched = any(piece.batched for piece in pieces)
        full = tuple(self.expand(p, (*shape[:-1], p.shape[-1]), batched) for p in pieces)
        return self.node("concatenate", full, shape, batched)

    # ------------------------------------------------------------------ access

    def transpose(self, a: Array) -> Array:
        """A matrix (without a batch) with rows and columns exchanged."""
        if a.head == "transpose":
            return a.operands[0]
        if a.head == "outer_sum" and a.operands[0].rank == a.operands[1].rank:
            d, x = a.operands
            return self.outer_sum(x, d, 2)
        return self.node("transpose", (a,), a.shape[::-1], a.batched)

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
        if source.head == "take":
            return self.take(source.operands[0], source.extra.ravel()[index], keep)
        if source.head == "array":
            return self.array(source.extra.reshape(-1)[index])
        if source.head == "number":
            return source
        shape = index.shape
        if source.shape == () and shape:
            return self.expand(source, shape, source.batched)
        squeezed = index.reshape(
            tuple(n for axis, n in enumerate(shape) if n > 1 or axis >= len(shape) - keep)
        )
        size = int(np.prod(source.shape, dtype=int))
        if squeezed.size == size and np.array_equal(squeezed.ravel(), np.arange(size)):
            return self.reshape(source, shape)
        turned = squeezed.ndim == 2 and _contiguous(squeezed.T) and not _contiguous(squeezed)
        if source.head == "theta" and turned:
            return self.transpose(self.take(source, squeezed.T, keep=2))
        taken = self.node("take", (source,), squeezed.shape, source.batched, squeezed)
        return self.reshape(taken, shape)


def _quotient(a: Array) -> tuple[Array, Array | None]:
    """Numerator and denominator, of a negative quotient too."""
    if a.head is primitives.neg:
        over, under = _quotient(a.operands[0])
        return (a if under is None else a.book.gate(primitives.neg, over)), under
    if a.head is primitives.div:
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


class _Numpy:
    """Stands for NumPy while a row's ``array=`` is read: functions make Arrays."""

    def __init__(self, book: Book) -> None:
        self.book = book

    def __getattr__(self, name: str) -> Any:
        if not isinstance(getattr(np, name, None), np.ufunc) and name != "where":
            raise Untranslatable(name)

        def function(*operands: Any) -> Array:
            return self.book.call(name, *operands)

        return function
