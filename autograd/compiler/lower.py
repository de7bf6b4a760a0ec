"""Lower: groups of scalar nodes become array operations.

A weighted sum is a sum of matrix products, elementwise products and terms; a gate reads its
operands wherever they are (see ``Builder.take``). Groups that don't depend on the batch are built
where they are first needed.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np

from ..engine import primitives
from ..engine.gate import Primitive
from .builder import Builder
from .grids import Columns, Run
from .group import CONSTANTS, THETA, Group, Grouping
from .language import Array, Input, Number, Parameters, Reshape, Take
from .operators import Untranslatable
from .sequence import SEQUENCES, sequence_gate

__all__ = ["Lowered", "lower"]


_PAIRWISE = {primitives.maximum, primitives.minimum}
_ENDS: defaultdict[Primitive, float] = defaultdict(
    lambda: -math.inf, {primitives.minimum: math.inf}
)
"""What a row of a sequence is filled with behind its end."""


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
        self.inputs: list[Array] = []
        for k, shape in enumerate(arguments):  # a sample is a row, whatever its own shape
            row = self.builder.make(Input, (), (math.prod(shape),) if shape else (), True, k)
            self.inputs.append(self.builder.reshape(row, shape))
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
            if not self.is_nothing(run):
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
        elif not nothing or not negative:
            total = constant
        else:
            total = builder.gate(primitives.neg, negative.pop(0))
        for array in negative:
            total = builder.gate(primitives.sub, total, array)
        return total

    def is_nothing(self, run: Run) -> bool:
        """Whether these are products with a state that starts at 0."""
        sides = (run.a_source, run.a), (run.b_source, run.b)
        numbers = np.array(self.grouping.constants)
        return run.a_source is not None and any(
            source == CONSTANTS and not numbers[rows].any() for source, rows in sides
        )

    def run_of(self, run: Run, shape: tuple[int, ...]) -> Array:
        builder, k = self.builder, run.k
        if run.matrix:
            product = self.contraction(run, shape)
            if product is not None:
                return product
        if run.a_source is None and run.there is None and k > 1:
            total = self.sum_of_rows(run, shape)
            if total is not None:
                return total
        array = builder.take(self.arrays[run.b_source], self.index(run.b, shape))
        if run.a_source is not None:
            a = builder.take(self.arrays[run.a_source], self.index(run.a, shape))
            array = builder.mul(a, array)
        if k == 1:
            return array
        if run.there is not None:
            array = self.masked(run.there.reshape(*shape, k), array, 0.0)
        return self.sum_last(array, k)

    def sum_of_rows(self, run: Run, shape: tuple[int, ...]) -> Array | None:
        """A sum over an axis that is not the last of its source."""
        index = run.b.reshape(*shape, run.k)
        order = _by_stride(index)
        axis = order.index(len(shape))
        kept = [each for each in order if each != len(shape)]
        if axis == len(shape) or kept != sorted(kept) or len(np.unique(index)) < index.size:
            return None
        source = self.arrays[run.b_source]
        taken = self.builder.take(source, index.transpose(order), keep=index.ndim)
        return None if isinstance(taken, Number) else self.builder.sum(taken, axes=(axis,))

    def index(self, rows: Columns, shape: tuple[int, ...]) -> Columns:
        return rows.reshape(shape) if rows.shape[1] == 1 else rows.reshape(*shape, rows.shape[1])

    def contraction(self, run: Run, shape: tuple[int, ...]) -> Array | None:
        """Products that are summed: each side is read along its own axes of the shape only."""
        assert run.a_source is not None
        of_a, of_b = run.reads(shape)
        only_a = [axis for axis in of_a if axis not in of_b]
        letters = {axis: "pqrstu"[k] for k, axis in enumerate(of_b)}
        letters |= {axis: "vwxyz"[k] for k, axis in enumerate(only_a)}
        free = run.a_source == CONSTANTS or self.arrays[run.a_source].batched
        gaps = (None, run.there) if run.a_source == THETA else (run.there, None)  # of a, of b
        left, x = self.side(run.b_source, run.b, gaps[1], of_b, shape, letters, free)
        right, w = self.side(run.a_source, run.a, gaps[0], of_a, shape, letters, free)
        if isinstance(left, Number) or isinstance(right, Number):
            return None
        patches = isinstance(left, Take) or gaps[1] is not None
        if patches and left.rank == 2 and not right.batched:
            self.builder.hint(left, "P")  # the patches that a kernel slides over
        batch = "B" if left.batched or right.batched else ""
        axes = batch + "".join(letters[axis] for axis in sorted(letters))
        product = self.builder.contract(left, x, right, w, axes)
        lengths = tuple(n if axis in letters else 1 for axis, n in enumerate(shape))
        return self.builder.reshape(product, lengths) if len(letters) < len(shape) else product

    def side(
        self,
        source: int,
        rows: Columns,
        there: Any,
        axes: list[int],
        shape: tuple[int, ...],
        letters: dict[int, str],
        free: bool,
    ) -> tuple[Array, str]:
        """What one side of a contraction reads, and the letters of its axes.

        These come in the order in which the source lies, if they are free to.
        """
        array = self.arrays[source]
        names = "".join(letters[axis] for axis in axes) + "k"
        index = _along(rows, axes, shape)
        order = list(range(len(names)))
        if free and array.batched and len(np.unique(index)) == index.size:
            order = _by_stride(index)
            index, names = index.transpose(order), "".join(names[axis] for axis in order)
        taken = self.builder.take(array, index, keep=index.ndim)
        if there is not None and not self.is_zero(source, rows[~there]):
            taken = self.masked(_along(there, axes, shape).transpose(order), taken, 0.0)
        return taken, "B" * array.batched + names

    def is_zero(self, source: int, columns: Columns) -> bool:
        """Whether these are places beyond the end of a row of a softmax."""
        group = self.by_source.get(source)
        return (
            group is not None
            and group.whole
            and group.op is primitives.softmax
            and group.cells is not None
            and not np.isin(columns, group.cells).any()
        )

    def masked(self, there: Any, array: Array, number: float) -> Array:
        """The array where it is there, else a number."""
        mask = self.builder.constant(there)
        self.builder.hint(mask, "mask")
        return self.builder.select(mask, array, number)

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
        if group.table:
            return self.lookup(group)
        if op in _PAIRWISE and len(group.operands) < 3:
            lead, parts = len(group.operands), 0
        if group.whole:
            ((source, columns),) = group.operands
            row = builder.take(self.arrays[source], columns.reshape(shape), keep=len(shape))
            if group.there is not None:
                row = self.masked(group.there.reshape(shape), row, _ENDS[op])
            return sequence_gate(builder, op, (row,), shape)
        arrays = [self.operand(group, *operand) for operand in group.operands[:lead]]
        if parts:
            size = (len(group.operands) - lead) // parts
            starts = range(lead, len(group.operands), size)
            rows = [self.row(group.operands[k : k + size], shape) for k in starts]
            if group.there is not None:
                there = group.there[:, lead:].reshape(*shape, size)
                rows = [self.masked(there, rows[0], _ENDS[op])]
            return sequence_gate(builder, op, (*arrays, *rows), shape)
        if op is primitives.branch:
            return builder.elementwise(op, *arrays)
        if op is primitives.sum or op is primitives.dot:
            raise Untranslatable(f"{op.name} was not canonicalised")
        return builder.gate(op, *arrays)

    def lookup(self, group: Group) -> Array:
        """The rows of a table at an index, or at several."""
        builder = self.builder
        (source, columns), *rows = group.operands
        index = columns if len(columns) > 1 else columns[0]
        where = builder.take(self.arrays[source], index, keep=np.ndim(index))
        return builder.lookup(self.table(rows), where)

    def table(self, rows: list[tuple[int, Columns]]) -> Array:
        """The rows of a table one below the other; those of one number each as one row."""
        builder, width = self.builder, len(rows[0][1])
        sources = {source for source, _ in rows}
        block = np.array([columns for _, columns in rows])
        block = block if width > 1 else block[:, 0]
        if sources == {CONSTANTS}:
            return builder.constant(np.array(self.grouping.constants)[block])
        if len(sources) == 1:
            return builder.take(self.arrays[rows[0][0]], block, keep=2)
        if width == 1:
            return self.row(rows, ())
        joined = self.row(rows, (width,))  # numbers beside parameters, say: a row for padding
        return builder.transpose(builder.expand(joined, (width, len(rows)), False))

    def operand(self, group: Group, source: int, columns: Columns) -> Array:
        """What a gate reads; at holes a number that every gate takes."""
        array = self.builder.take(self.arrays[source], columns.reshape(group.shape))
        cells = self.grouping.cells.get(source)
        others = [s for s, _ in group.operands if s != source]
        linear = group.op is primitives.div and not any(s in self.grouping.cells for s in others)
        if cells is None or group.cells is None or linear or self.is_tame(source):
            return array
        there = np.zeros(group.shape, dtype=bool)
        there.ravel()[group.cells] = True
        return self.masked(there, array, 1.0)

    def is_tame(self, source: int) -> bool:
        """Whether there is an ordinary number in the holes: a gate's or softmax's, no sum's."""
        return self.by_source[source].op is not None

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


def _along(rows: Columns, axes: list[int], shape: tuple[int, ...]) -> Columns:
    """Rows that change along some axes of a shape only, with these axes."""
    block = rows.reshape(*shape, rows.shape[1])
    return block[tuple(slice(None) if k in axes else 0 for k in range(len(shape)))]


def _by_stride(index: Columns) -> list[int]:
    """The axes of an index, those first along which it makes the largest steps."""
    steps = [
        abs(int(np.diff(np.take(index, [0, -1], k), axis=k).flat[0])) for k in range(index.ndim)
    ]
    steps = [step / max(1, n - 1) for step, n in zip(steps, index.shape, strict=True)]
    return sorted(range(index.ndim), key=lambda k: -steps[k])


def _sources(group: Group) -> list[int]:
    found: list[Any] = [source for source, _ in group.operands]
    for run in group.runs:
        found += [run.b_source] if run.a_source is None else [run.a_source, run.b_source]
    return found


def _place(run: Run) -> tuple[bool, bool, int]:
    """Products and terms by age, biases last."""
    bias = run.a_source is None and run.b_source == THETA
    return bias, run.b_source == CONSTANTS and not run.matrix, run.b_source
