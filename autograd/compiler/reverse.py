"""Reverse: the chain rule over array operations.

The walk is that of the scalar engine, over far fewer nodes. A gate's partial derivatives are
its row of the table read on arrays; a matrix product passes on two matrix products; access
scatters back. A gradient may be smaller than the array it belongs to (1/B for every sample):
whoever sums it asks for the full shape. Gradients of theta are not summed but written, in the
order in which they are found.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..engine import primitives
from ..engine.gate import Primitive
from .arrays import Array, Book
from .lower import Wide
from .sequence import sequence_partials, sequence_pullback

__all__ = ["Gradient", "Write", "differentiate", "reduce_batch"]


@dataclass
class Write:
    """A gradient to be written (or added) to elements of g: ``index`` None means all."""

    index: Any
    shape: tuple[int, ...]
    value: Array
    place: Array | None  # the view of theta that it belongs to


@dataclass
class Gradient:
    """The loss, and what is to be written into g."""

    loss: Array
    writes: list[Write] = field(default_factory=list)
    arrived: dict[Array, Array] = field(default_factory=dict)  # the gradient at each array


def reduce_batch(book: Book, y: Array, reduction: str) -> Array:
    """The mean or the sum over the batch; a part that is the same for all samples stays out."""
    if not y.batched:
        return y if reduction == "mean" else book.mul(y, book.batch_size())
    if y.head is primitives.neg:
        return book.gate(primitives.neg, reduce_batch(book, y.operands[0], reduction))
    if y.head in (primitives.add, primitives.sub):
        a, b = y.operands
        if a.batched != b.batched:
            parts = reduce_batch(book, a, reduction), reduce_batch(book, b, reduction)
            return book.gate(y.head, *parts)
    total = book.sum(y, batch=True)
    return book.gate(primitives.div, total, book.batch_size()) if reduction == "mean" else total


def differentiate(wide: Wide, reduction: str) -> Gradient:
    """Build the gradient of the reduced first output with respect to theta."""
    book = wide.book
    loss = reduce_batch(book, wide.outputs[0], reduction)
    gradient = Gradient(loss)
    if wide.theta.shape != (0,):
        _Reverse(book, gradient).run()
    return gradient


class _Reverse:
    def __init__(self, book: Book, gradient: Gradient) -> None:
        self.book = book
        self.gradient = gradient
        self.arrived: dict[Array, list[Array]] = {}
        self.parts: dict[Array, list[tuple[Any, Array]]] = {}
        self.live: set[Array] = set()  # what depends on theta
        self.guarded: set[Array] = set()  # what a `where` may not choose

    def run(self) -> None:
        order = _ancestors(self.gradient.loss)
        for node in order:
            if node.head == "theta" or any(operand in self.live for operand in node.operands):
                self.live.add(node)
        for node in reversed(order):
            if node in self.guarded or node.head is primitives.choice:
                self.guarded.update(node.operands)
        self.arrived[self.gradient.loss] = [self.book.lift(1.0)]
        for node in reversed(order):
            if node not in self.live:
                continue
            if node.head == "theta" or (node.head == "take" and node.operands[0].head == "theta"):
                assert node not in self.parts
                for d, times in Counter(self.arrived.get(node, [])).items():
                    self.write(node.extra, node.shape, self.book.mul(float(times), d), node)
                continue
            total = self.total(node)
            if total is not None:
                self.gradient.arrived[node] = total
                self.step(node, total)

    def total(self, node: Array) -> Array | None:
        """The sum of what has arrived at a node."""
        book = self.book
        arrived = self.arrived.pop(node, [])
        if parts := self.parts.pop(node, None):
            operands = tuple(d for _, d in parts)
            places = tuple((index.tobytes(), index.shape) for index, _ in parts)
            whole = book.node("assemble", operands, node.shape, node.batched, places)
            arrived.append(whole)
        if not arrived:
            return None
        d: Array | None = None
        for each, times in Counter(arrived).items():
            term = book.mul(float(times), each)
            d = term if d is None else book.add(d, term)
        assert d is not None
        if d.hint is None and d.operands:
            d.hint = ("d", node)
        return d

    def send(self, operand: Array, d: Array) -> None:
        if operand in self.live:
            if d.hint is None and d.operands and operand.head not in ("theta", "take"):
                d.hint = ("d", operand)
            self.arrived.setdefault(operand, []).append(d)

    def write(self, index: Any, shape: tuple[int, ...], d: Array, place: Array) -> None:
        self.gradient.writes.append(Write(index, shape, d, place))

    # ------------------------------------------------------------------ one operation

    def step(self, node: Array, d: Array) -> None:
        """Pass d, the gradient at a node, on to its operands."""
        book, head = self.book, node.head
        if isinstance(head, Primitive):
            self.gate_step(node, d)
        elif head == "take":
            full = book.expand(d, node.shape, node.batched)
            self.parts.setdefault(node.operands[0], []).append((node.extra, full))
        elif head == "concatenate":
            d = book.expand(d, node.shape, node.batched)
            places = np.arange(math.prod(node.shape)).reshape(node.shape)
            stop = 0
            for piece in node.operands:
                start, stop = stop, stop + piece.shape[-1]
                if piece in self.live:
                    self.send(piece, book.take(d, places[..., start:stop], keep=node.rank))
        elif head == "reshape":
            source = node.operands[0]
            if source in self.live:
                full = book.expand(d, node.shape, node.batched)
                self.send(source, book.reshape(full, source.shape))
        elif head == "transpose":
            self.send(node.operands[0], book.transpose(book.expand(d, node.shape, False)))
        elif head == "sum":
            source, (_, axes) = node.operands[0], node.extra
            if d.shape:
                kept = tuple(1 if k in axes else n for k, n in enumerate(source.shape))
                d = book.reshape(book.expand(d, node.shape, d.batched), kept)
            self.send(source, d)
        elif head == "expand":
            source = node.operands[0]
            self.send(
                source,
                book.reduce_from(d, node.shape, node.batched, source.shape, source.batched),
            )
        elif head == "matmul":
            self.matmul_step(node, book.expand(d, node.shape, node.batched))
        else:
            raise AssertionError(f"no chain rule for {head}")

    def matmul_step(self, node: Array, d: Array) -> None:
        book = self.book
        x, w = node.operands
        if w in self.live:
            safe = x
            if node in self.guarded:  # 0 × NaN: a sample that was not chosen takes no part
                safe = book.call("where", book.call("isfinite", x), x, 0.0)
            self.send(w, book.outer_sum(d, safe, w.rank))
        if x in self.live:
            if w.rank == 2:
                self.send(x, book.matmul(d, w, transpose=False))
            else:
                self.send(x, book.mul(book.last(d), w))

    def gate_step(self, node: Array, d: Array) -> None:
        book, op = self.book, node.head
        operands = node.operands
        if not any(operand in self.live for operand in operands):
            return
        if op is primitives.choice:
            for operand, partial in zip(operands, op.locals(operands, node), strict=True):
                if partial is not None:
                    self.elementwise(node, operand, self.routed(book.lift(partial), d))
            return
        if node.extra == "sequence":
            whole = None if node in self.guarded else sequence_pullback(book, node, d)
            if whole is not None:
                self.elementwise(node, operands[-1], whole, whole.shape)
                return
            spread = d
            if d.batched or d.shape:
                spread = book.last(book.expand(d, node.shape, node.batched))
            full = (*node.shape, operands[-1].shape[-1])
            for operand, partial in zip(operands, sequence_partials(book, node), strict=True):
                if partial is not None and operand in self.live:
                    self.pass_on(node, operand, spread, partial, full)
            return
        partials = op.locals(operands, node)
        for operand, partial in zip(operands, partials, strict=True):
            if partial is not None and operand in self.live:
                self.pass_on(node, operand, d, book.lift(partial), node.shape)

    def routed(self, partial: Array, d: Array) -> Array:
        """local × upstream of a partial that a condition makes 1 or 0: no 0 × inf where it is 0."""
        if partial.head == "number":
            return d if partial.extra else partial
        if partial.head is primitives.step:  # the condition itself, 1 where it holds
            return self.book.call("where", partial, d, 0.0)
        condition, *sides = partial.operands
        return self.book.call("where", condition, *(d if side.extra else 0.0 for side in sides))

    def pass_on(
        self, node: Array, operand: Array, d: Array, partial: Array, full: tuple[int, ...]
    ) -> None:
        """local × upstream"""
        book = self.book
        contribution = book.mul(d, partial)
        if node in self.guarded and partial.head != "number":
            contribution = book.call("where", d == 0, 0.0, contribution)
        self.elementwise(node, operand, contribution, full)

    def elementwise(
        self, node: Array, operand: Array, d: Array, full: tuple[int, ...] | None = None
    ) -> None:
        if operand in self.live:
            shape = node.shape if full is None else full
            self.send(
                operand,
                self.book.reduce_from(d, shape, node.batched, operand.shape, operand.batched),
            )


def _ancestors(loss: Array) -> list[Array]:
    """All that the loss is computed from, operands first."""
    found = {loss}
    waiting = [loss]
    while waiting:
        for operand in waiting.pop().operands:
            if operand not in found:
                found.add(operand)
                waiting.append(operand)
    return sorted(found, key=lambda node: node.number)
