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
from .builder import Builder
from .language import (
    Along,
    Array,
    Broadcast,
    Concatenate,
    Constant,
    Contract,
    Gate,
    Lookup,
    Number,
    Parameters,
    Reduce,
    Reshape,
    ScatterRows,
    Take,
    Transpose,
    is_finite,
    needed,
)
from .lower import Lowered
from .sequence import is_whole, sequence_partials, sequence_pullback, with_places

__all__ = ["Gradient", "Write", "differentiate", "reduce_batch"]


@dataclass(eq=False)
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

    def mapped(self, new: dict[Array, Array]) -> Gradient:
        """The same in a program rewritten by a pass."""
        writes = [
            Write(
                each.index,
                each.shape,
                new[each.value],
                None if each.place is None else new.get(each.place),
            )
            for each in self.writes
        ]
        arrived = {new[a]: new[d] for a, d in self.arrived.items() if a in new and d in new}
        return Gradient(new[self.loss], writes, arrived)


def reduce_batch(builder: Builder, y: Array, reduction: str) -> Array:
    """The mean or the sum over the batch; a part that is the same for all samples stays out."""
    if not y.batched:
        return y if reduction == "mean" else builder.mul(y, builder.batch_size())
    if y.is_gate(primitives.neg):
        return builder.gate(primitives.neg, reduce_batch(builder, y.operands[0], reduction))
    if isinstance(y, Gate) and y.op in (primitives.add, primitives.sub):
        a, b = y.operands
        if a.batched != b.batched:
            parts = reduce_batch(builder, a, reduction), reduce_batch(builder, b, reduction)
            return builder.gate(y.op, *parts)
    total = builder.sum(y, batch=True)
    return (
        builder.gate(primitives.div, total, builder.batch_size()) if reduction == "mean" else total
    )


def differentiate(lowered: Lowered, reduction: str) -> Gradient:
    """Build the gradient of the reduced first output with respect to theta."""
    builder = lowered.builder
    loss = reduce_batch(builder, lowered.outputs[0], reduction)
    gradient = Gradient(loss)
    if lowered.theta.shape != (0,):
        _Reverse(builder, gradient).run()
    return gradient


_SELECTING = {
    primitives.ceil,
    primitives.choice,
    primitives.elu,
    primitives.floor,
    primitives.leaky_relu,
    primitives.maximum,
    primitives.minimum,
    primitives.quotient,
    primitives.relu,
    primitives.sign,
    primitives.step,
    primitives.take,
}
_STEEP = {
    primitives.acos,
    primitives.acosh,
    primitives.asin,
    primitives.cbrt,
    primitives.pow,
    primitives.power_log,
    primitives.power_slope,
    primitives.sqrt,
}


def _side_by_side(
    shape: tuple[int, ...], parts: list[tuple[Any, Array]]
) -> list[tuple[Any, Array]] | None:
    """The parts in order, if each is some columns of a matrix, and together all of it."""
    width, rows = shape[-1], math.prod(shape[:-1])
    parts = sorted(parts, key=lambda part: int(part[0].flat[0]))
    stop = 0
    for index, _ in parts:
        if index.size % rows:
            return None
        start, stop = stop, stop + index.size // rows
        wanted = width * np.arange(rows)[:, None] + np.arange(start, stop)
        if not np.array_equal(index.reshape(rows, -1), wanted):
            return None
    return parts if stop == width else None


def _selects(node: Array) -> bool:
    """Whether there are places where nothing flows through this, which is more than 0."""
    return isinstance(node, (Gate, Along)) and node.op in _SELECTING


def _may_not_choose(node: Array) -> bool:
    """Whether this is a `where` of the user's; one of our own masks hides ordinary numbers."""
    return node.is_gate(primitives.choice) and not isinstance(node.operands[0], Constant)


def _is_steep(node: Array) -> bool:
    """Whether the slope may be infinite where the value is not."""
    if not isinstance(node, Gate) or node.op not in _STEEP:
        return False
    power = node.operands[-1]
    return not (node.op is primitives.pow and isinstance(power, Number) and power.value >= 1)


class _Reverse:
    def __init__(self, builder: Builder, gradient: Gradient) -> None:
        self.builder = builder
        self.gradient = gradient
        self.arrived: dict[Array, list[Array]] = {}
        self.parts: dict[Array, list[tuple[Any, Array]]] = {}
        self.live: set[Array] = set()  # what depends on theta
        self.guarded: set[Array] = set()  # what a `where` may not choose
        self.vanishing: set[Array] = set()  # where it may be that nothing arrives
        self.steep: set[Array] = set()  # where it may be that what arrives is infinite

    def run(self) -> None:
        order = needed([self.gradient.loss])
        for node in order:
            if isinstance(node, Parameters) or any(o in self.live for o in node.operands):
                self.live.add(node)
        for node in reversed(order):
            if node in self.guarded or _may_not_choose(node):
                self.guarded.update(node.operands)
            if node in self.vanishing or _selects(node):
                self.vanishing.update(node.operands)
            if node in self.steep or _is_steep(node):
                self.steep.update(node.operands)
        self.arrived[self.gradient.loss] = [self.builder.lift(1.0)]
        for node in reversed(order):
            if node not in self.live:
                continue
            of_theta = isinstance(node, Take) and isinstance(node.operands[0], Parameters)
            if isinstance(node, Parameters) or of_theta:
                assert node not in self.parts
                index = node.index if isinstance(node, Take) else None
                for d, times in Counter(self.arrived.get(node, [])).items():
                    self.write(index, node.shape, self.builder.mul(float(times), d), node)
                continue
            total = self.total(node)
            if total is not None:
                self.gradient.arrived[node] = total
                self.step(node, total)

    def total(self, node: Array) -> Array | None:
        """The sum of what has arrived at a node."""
        builder = self.builder
        arrived = self.arrived.pop(node, [])
        if parts := self.parts.pop(node, None):
            arrived.append(self.joined(node, parts))
        if not arrived:
            return None
        d: Array | None = None
        for each, times in Counter(arrived).items():
            term = builder.mul(float(times), each)
            d = term if d is None else builder.add(d, term)
        assert d is not None
        if d.operands:
            builder.hint(d, ("d", node))
        return d

    def joined(self, node: Array, parts: list[tuple[Any, Array]]) -> Array:
        """The gradients of parts of an array as one: side by side where they are all of it.

        They may be its columns, or a piece each of the array in one row.
        """
        builder = self.builder
        for shape in dict.fromkeys([node.shape, (node.size,)]) if node.rank else ():
            pieces = _side_by_side(shape, parts)
            if pieces is not None:
                lead = shape[:-1]
                columns = [
                    builder.expand(d, (*lead, index.size // math.prod(lead)), node.batched)
                    for index, d in pieces
                ]
                whole = columns[0] if len(columns) == 1 else builder.concatenate(columns, shape)
                return builder.reshape(whole, node.shape)
        return builder.scatter(parts, node.shape, node.batched)

    def send(self, operand: Array, d: Array) -> None:
        if operand in self.live:
            if d.operands and not isinstance(operand, (Parameters, Take)):
                self.builder.hint(d, ("d", operand))
            self.arrived.setdefault(operand, []).append(d)

    def write(self, index: Any, shape: tuple[int, ...], d: Array, place: Array) -> None:
        self.gradient.writes.append(Write(index, shape, d, place))

    # ------------------------------------------------------------------ one operation

    def step(self, node: Array, d: Array) -> None:
        """Pass d, the gradient at a node, on to its operands."""
        builder = self.builder
        if isinstance(node, Along):
            self.along_step(node, d)
        elif isinstance(node, Gate):
            self.gate_step(node, d)
        elif isinstance(node, Take):
            full = builder.expand(d, node.shape, node.batched)
            self.parts.setdefault(node.operands[0], []).append((node.index, full))
        elif isinstance(node, Lookup):
            table, index = node.operands
            full = builder.expand(d, node.shape, node.batched)
            self.send(table, builder.make(ScatterRows, (full, index), table.shape, False))
        elif isinstance(node, Concatenate):
            d = builder.expand(d, node.shape, node.batched)
            places = np.arange(math.prod(node.shape)).reshape(node.shape)
            stop = 0
            for piece in node.operands:
                start, stop = stop, stop + piece.shape[-1]
                if piece in self.live:
                    self.send(piece, builder.take(d, places[..., start:stop], keep=node.rank))
        elif isinstance(node, Reshape):
            source = node.operands[0]
            if source in self.live:
                full = builder.expand(d, node.shape, node.batched)
                self.send(source, builder.reshape(full, source.shape))
        elif isinstance(node, Transpose):
            self.send(node.operands[0], builder.transpose(builder.expand(d, node.shape, False)))
        elif isinstance(node, Reduce):
            source, axes = node.operands[0], node.axes
            if d.shape:
                kept = tuple(1 if k in axes else n for k, n in enumerate(source.shape))
                d = builder.reshape(builder.expand(d, node.shape, d.batched), kept)
            self.send(source, d)
        elif isinstance(node, Broadcast):
            source = node.operands[0]
            self.send(
                source,
                builder.reduce_from(d, node.shape, node.batched, source.shape, source.batched),
            )
        elif isinstance(node, Contract):
            self.contract_step(node, builder.expand(d, node.shape, node.batched))
        else:
            raise AssertionError(f"no chain rule for {node!r}")

    def contract_step(self, node: Contract, d: Array) -> None:
        builder = self.builder
        x, w = node.operands
        if w in self.live:
            safe = x
            if node in self.guarded:  # 0 × NaN: a sample that was not chosen takes no part
                safe = builder.select(builder.elementwise(is_finite, x), x, 0.0)
            self.send(w, builder.contract(d, node.axes, safe, node.left, node.right))
        if x in self.live:
            self.send(x, builder.contract(d, node.axes, w, node.right, node.left))

    def gate_step(self, node: Gate, d: Array) -> None:
        builder, op = self.builder, node.op
        operands = node.operands
        if not any(operand in self.live for operand in operands):
            return
        if op is primitives.choice:
            for operand, partial in zip(operands, op.locals(operands, node), strict=True):
                if partial is not None:
                    self.elementwise(node, operand, self.routed(builder.lift(partial), d))
            return
        partials = op.locals(operands, node)
        for operand, partial in zip(operands, partials, strict=True):
            if partial is not None and operand in self.live:
                self.pass_on(node, operand, d, builder.lift(partial), node.shape)

    def along_step(self, node: Along, d: Array) -> None:
        builder, operands = self.builder, node.operands
        whole = None if node in self.guarded else sequence_pullback(builder, node, d)
        if whole is not None:
            self.elementwise(node, operands[-1], whole, whole.shape)
            return
        spread = d
        if d.batched or d.shape:
            spread = builder.last(builder.expand(d, node.shape, node.batched))
        full = (*node.shape, operands[-1].shape[-1])
        for operand, partial in zip(operands, sequence_partials(builder, node), strict=True):
            if partial is not None and operand in self.live:
                shape = with_places(operand.shape) if is_whole(node) else operand.shape
                self.pass_on(node, operand, spread, partial, full, shape)

    def routed(self, partial: Array, d: Array) -> Array:
        """local × upstream of a partial that a condition makes 1 or 0: no 0 × inf where it is 0."""
        if isinstance(partial, Number):
            return d if partial.value else partial
        if partial.dtype == "truth":  # the condition itself, 1 where it holds
            return self.builder.select(partial, d, 0.0)
        condition, *sides = partial.operands
        a, b = (d if getattr(side, "value", 0.0) else 0.0 for side in sides)
        return self.builder.select(condition, a, b)

    def pass_on(
        self,
        node: Array,
        operand: Array,
        d: Array,
        partial: Array,
        full: tuple[int, ...],
        to: tuple[int, ...] | None = None,
    ) -> None:
        """local × upstream; where nothing arrives or nothing flows, 0 × inf is nothing as well."""
        builder = self.builder
        contribution = builder.mul(d, partial)
        if isinstance(partial, Number):
            pass
        elif node in self.steep and partial.dtype == "truth":
            contribution = builder.select(partial, d, 0.0)
        elif node in self.steep and _selects(node):
            contribution = builder.select(partial == 0, 0.0, contribution)
        elif node in self.guarded or (node in self.vanishing and _is_steep(node)):
            contribution = builder.select(d == 0, 0.0, contribution)
        self.elementwise(node, operand, contribution, full, to)

    def elementwise(
        self,
        node: Array,
        operand: Array,
        d: Array,
        full: tuple[int, ...] | None = None,
        to: tuple[int, ...] | None = None,
    ) -> None:
        """Send d, of the full shape, to an operand, which had the shape ``to`` there."""
        if operand in self.live:
            builder, shape = self.builder, node.shape if full is None else full
            to = operand.shape if to is None else to
            reduced = builder.reduce_from(d, shape, node.batched, to, operand.batched)
            self.send(
                operand, builder.reshape(reduced, operand.shape) if to != operand.shape else reduced
            )
