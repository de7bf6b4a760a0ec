"""Lower: groups of scalar nodes become array operations.

A weighted sum is a sum of matrix products, elementwise products and terms; a gate reads its
operands wherever they are (see ``Builder.take``). Groups that don't depend on the batch are built
where they are first needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np

from ..engine import primitives
from .builder import Builder
from .group import CONSTANTS, THETA, Columns, Group, Grouping, Run
from .language import Array, Input, Number, Parameters, Reshape, Take
from .operators import Untranslatable
from .sequence import SEQUENCES, sequence_gate

__all__ = ["Lowered", "lower"]


_PAIRWISE = {primitives.maximum, primitives.minimum}


@dataclass
class Lowered:
    """The array program of the values: what it reads, and the outputs."""

    builder: Builder
    theta: Array
    outputs: list[Array]
    groups: list[tuple[Array, Group]]  # for explain(): which array holds which scalar nodes


def lower(grouping: Grouping, arguments: list[tuple[int, ...]]) -> Lowered:
    """Build the array operations of every group."""
    return _Lowering(grouping, arguments).run()


class _Lowering:
    def __init__(self, grouping: Grouping, arguments: list[tuple[int, ...]]) -> None:
        self.grouping = grouping
        self.builder = Builder()
        count = len(grouping.parameters)
        self.theta = self.builder.make(Parameters, (), (count,), False)
        self.inputs = [
            self.builder.make(Input, (), grouping.shapes[2 + k], True, k)
            for k in range(len(arguments))
        ]
        self.arrays: dict[int, Array] = {THETA: self.theta}
        if grouping.constants:
            constants = np.array(grouping.constants)
            self.arrays[CONSTANTS] = self.builder.constant(constants)
        self.arrays.update({2 + k: array for k, array in enumerate(self.inputs)})
        self.by_source = {group.source: group for group in grouping.groups}
        self.groups: list[tuple[Array, Group]] = []

    def run(self) -> Lowered:
        grouping = self.grouping
        for group in grouping.groups:
            if group.batched:
                self.build(group)
        outputs = []
        for node in grouping.outputs:
            source = int(grouping.source[node])
            if source in self.by_source:
                self.build(self.by_source[source])
            outputs.append(self.builder.take(self.arrays[source], grouping.column[node]))
        return Lowered(self.builder, self.theta, outputs, self.groups)

    def build(self, group: Group) -> None:
        """Build a group, after the groups that it needs."""
        waiting = [group]
        while waiting:
            last = waiting[-1]
            missing = [
                self.by_source[source] for source in _sources(last) if source not in self.arrays
            ]
            if missing:
                waiting += missing
                continue
            waiting.pop()
            if last.source in self.arrays:
                continue
            array = self.weighted_sum(last) if last.op is None else self.gate(last)
            if array.shape != last.shape or array.batched != last.batched:
                array = self.builder.expand(array, last.shape, last.batched)
            if array.operands:
                self.builder.hint(array, "Z" if last.op is None else "A")
            self.arrays[last.source] = array
            self.groups.append((array, last))

    # ------------------------------------------------------------------ weighted sums

    def weighted_sum(self, group: Group) -> Array:
        builder = self.builder
        positive: list[Array] = []
        negative: list[Array] = []
        runs = sorted(group.runs, key=_place)
        # Biases are made first, so that on the way back their gradients are written last.
        biases = [run for run in runs if _place(run)[0]]
        rest = [run for run in runs if not _place(run)[0]]
        made = {id(run): self.run_of(run, group.shape) for run in (*biases, *rest)}
        for run in runs:
            (positive if run.sign > 0 else negative).append(made[id(run)])
        constant = builder.array(np.asarray(group.constants).reshape(group.shape))
        number = constant.value if isinstance(constant, Number) else None
        nothing = number == 0
        if positive:
            total = positive[0]
            for array in positive[1:]:
                total = builder.add(total, array)
            if number is not None and number < 0:
                total = builder.gate(primitives.sub, total, -number)
            elif not nothing:
                total = builder.add(total, constant)
        elif not nothing:
            total = constant
        else:
            total = builder.gate(primitives.neg, negative.pop(0))
        for array in negative:
            total = builder.gate(primitives.sub, total, array)
        return total

    def run_of(self, run: Run, shape: tuple[int, ...]) -> Array:
        builder, k = self.builder, run.k
        source = self.arrays[run.b_source]
        if run.a_source is None:
            if k == 1:
                return builder.take(source, run.b.reshape(shape))
            return self.sum_last(builder.take(source, run.b.reshape(*shape, k)), k)
        weights = self.arrays[run.a_source]
        if run.matrix:
            if len(shape) == 2:
                w, x = run.a.reshape(*shape, k)[0], run.b.reshape(*shape, k)[:, 0]
            elif len(shape) == 1 and (run.b == run.b[:1]).all():
                w, x = run.a, run.b[0]
            elif len(shape) == 1:
                w, x = run.a[0], run.b
            else:
                w, x = run.a[0], run.b[0]
            left, right = (
                builder.take(source, x, keep=x.ndim),
                builder.take(weights, w, keep=w.ndim),
            )
            if not (isinstance(left, Number) or isinstance(right, Number)):
                if isinstance(left, Take) and left.rank == 2:
                    builder.hint(left, "P")  # the patches that a kernel slides over
                return builder.matmul(left, right, "k" if right.rank == 1 else "vk")
        if k == 1:
            return builder.mul(
                builder.take(weights, run.a.reshape(shape)),
                builder.take(source, run.b.reshape(shape)),
            )
        product = builder.mul(
            builder.take(weights, run.a.reshape(*shape, k)),
            builder.take(source, run.b.reshape(*shape, k)),
        )
        return self.sum_last(product, k)

    def sum_last(self, array: Array, k: int) -> Array:
        """The sum over the last axis, which has k elements even if they are one and the same."""
        if array.rank == 0:
            return self.builder.mul(float(k), array)
        if array.shape[-1] == 1:
            return self.builder.mul(float(k), self.builder.reshape(array, array.shape[:-1]))
        return self.builder.sum(array, axes=(array.rank - 1,))

    # ------------------------------------------------------------------ gates

    def gate(self, group: Group) -> Array:
        builder, op, shape = self.builder, group.op, group.shape
        assert op is not None
        lead, parts = SEQUENCES.get(op, (len(group.operands), 0))
        if op in _PAIRWISE and len(group.operands) < 3:
            lead, parts = len(group.operands), 0
        arrays = [
            builder.take(self.arrays[source], columns.reshape(shape))
            for source, columns in group.operands[:lead]
        ]
        if parts:
            size = (len(group.operands) - lead) // parts
            starts = range(lead, len(group.operands), size)
            rows = [self.row(group.operands[k : k + size], shape) for k in starts]
            return sequence_gate(builder, op, (*arrays, *rows), shape)
        if op is primitives.branch:
            return builder.elementwise(op, *arrays)
        if op is primitives.sum or op is primitives.dot:
            raise Untranslatable(f"{op.name} was not canonicalised")
        return builder.gate(op, *arrays)

    def row(self, operands: list[tuple[int, Columns]], shape: tuple[int, ...]) -> Array:
        """A sequence of operands along a last axis; those that lie in one array are one piece."""
        pieces = []
        for source, neighbours in groupby(operands, key=itemgetter(0)):
            columns = [column for _, column in neighbours]
            index = np.stack(columns, axis=-1).reshape(*shape, len(columns))
            piece = self.builder.take(self.arrays[source], index, keep=1)
            pieces.append(_numbers(piece, len(columns)))
        first = pieces[0]
        if len(pieces) == 1 and (first.batched or not isinstance(first, Reshape)):
            return first  # the text of a number does for one of shape (1,), but it has no axis
        rank = max(piece.rank for piece in pieces)
        lead = np.broadcast_shapes(*((1,) * (rank - p.rank) + p.shape[:-1] for p in pieces))
        return self.builder.concatenate(pieces, (*lead, len(operands)))


def _numbers(array: Array, size: int) -> Array:
    """An array even where all its elements are one number."""
    if not isinstance(array, Number):
        return array
    return array.builder.constant(np.full(size, array.value))


def _sources(group: Group) -> list[int]:
    found: list[Any] = [source for source, _ in group.operands]
    for run in group.runs:
        found += [run.b_source] if run.a_source is None else [run.a_source, run.b_source]
    return found


def _place(run: Run) -> tuple[bool, bool, int]:
    """Products and terms by age, biases last."""
    bias = run.a_source is None and run.b_source == THETA
    return bias, run.b_source == CONSTANTS and not run.matrix, run.b_source
