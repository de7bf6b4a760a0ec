"""Grids: in which order, and with which shape, the products of weighted sums are a contraction.

A weighted sum is Σ a·b over its own tuple of numbers a and its own tuple b. Where many sums use
few tuples, as rows and columns do, all of them are one contraction. Attention is: the products of
every query with every key. Where some pairs are missing (a query looks only at the keys before
it), the grid has *holes*: they are computed, and nobody reads them.

Sums of differing length over the same numbers are as long as the longest, with *gaps*, -1 here:
the sum over a row up to the diagonal, the sum over a node's neighbours in a graph.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

__all__ = [
    "Columns",
    "Run",
    "changing",
    "components",
    "continued",
    "contraction",
    "filled",
    "numbered",
    "over_universe",
    "over_weights",
]

Columns = Any  # an integer array

FULL = 0.45  # of a grid that is computed so much must be wanted
SPARSE = 0.1  # so much of a matrix of coefficients may be 0 if it is large
SMALL = 64  # rows and columns of a matrix that may be as sparse as it likes


@dataclass
class Run:
    """Products (or, if ``a_source`` is None, terms) of one pair of sources: k of them a node."""

    sign: int
    a_source: int | None
    b_source: int
    a: Columns  # (nodes, k) columns in the source of the weights
    b: Columns  # (nodes, k)
    there: Any = None  # (nodes, k) whether there is such a product; None if all are
    matrix: bool = False  # a contraction: neither a nor b changes along all axes of the nodes

    @property
    def k(self) -> int:
        return int(self.b.shape[1])

    def at(self, order: Columns) -> Run:
        """The same for these of the nodes."""
        return self.mapped(lambda rows: rows[order])

    def mapped(self, change: Callable[[Columns], Columns]) -> Run:
        """The same with other rows."""
        there = None if self.there is None else change(self.there)
        return replace(self, a=change(self.a), b=change(self.b), there=there)

    def by_weight(self) -> Run:
        """The same with the products of each node in the order of a."""
        order = np.argsort(self.a, axis=1, kind="stable")
        return self.mapped(lambda rows: np.take_along_axis(rows, order, 1))

    def turned(self, where: Any) -> Run:
        """The same with a and b exchanged in some nodes, or in all."""
        assert self.a_source is not None
        a, b = np.where(where, self.b, self.a), np.where(where, self.a, self.b)
        if where is not True:
            return replace(self, a=a, b=b)
        return replace(self, a=a, b=b, a_source=self.b_source, b_source=self.a_source)

    def reads(self, shape: tuple[int, ...]) -> tuple[list[int], list[int]]:
        """The axes of the nodes' shape along which a changes, and those along which b does."""
        return changing(self.a, shape), changing(self.b, shape)


def changing(rows: Columns, shape: tuple[int, ...]) -> list[int]:
    block = rows.reshape(*shape, rows.shape[1])
    return [k for k in range(len(shape)) if not (block == np.take(block, [0], k)).all()]


def numbered(rows: Columns) -> Columns:
    """Number equal rows alike, by first appearance."""
    names: dict[bytes, int] = {}
    rows = np.ascontiguousarray(rows)
    return np.array([names.setdefault(row.tobytes(), len(names)) for row in rows])


def components(u: Columns, v: Columns) -> Columns:
    """For each pair (u, v) which connected part of the graph of all pairs it belongs to."""
    parent: dict[Any, Any] = {}

    def root(x: Any) -> Any:
        while parent.setdefault(x, x) != x:
            parent[x] = x = parent[parent[x]]
        return x

    for i, j in zip(u.tolist(), v.tolist(), strict=True):
        parent[root(("u", i))] = root(("v", j))
    names: dict[Any, int] = {}
    return np.array([names.setdefault(root(("u", i)), len(names)) for i in u.tolist()])


# ------------------------------------------------------------------ contractions


def contraction(
    run: Run, nodes: Columns, constant: bool
) -> tuple[Run, tuple[int, ...], Columns] | None:
    """The run with the shape in which it is a contraction, and each node's place there.

    Every tuple a meets every tuple b of the same component (a head of attention is one). The
    axes come in the order in which the nodes were made.

    Args:
        run: products of numbers that both depend on the sample, or of constant ones.
        nodes: the numbers of the nodes, the oldest first.
        constant: whether a are coefficients.
    """
    run = _oriented(run)
    u, v = numbered(run.b), numbered(run.a)
    if run.there is not None and (run.there != run.there[_firsts(v)][v]).any():
        return None
    part = components(u, v)
    by_age = v[:, None]  # rows of coefficients have no order of their own
    ranks = _ranks(run.b, u, part), _ranks(by_age if constant else run.a, v, part)
    if ranks[0] is None or ranks[1] is None:
        return None
    i, rows = ranks[0]
    j, columns = ranks[1]
    first = _firsts(part)
    order = np.empty(len(first), dtype=np.int64)
    order[np.lexsort(run.b[first].T[::-1])] = np.arange(len(first))
    size = len(first) * rows * columns
    if rows == columns == 1 or len(nodes) < FULL * size:
        return None
    axes = [(order[part], len(first)), (i, rows), (j, columns)]
    axes = sorted(
        [axis for axis in axes if axis[1] > 1], key=lambda axis: -_stride(nodes, axis, axes)
    )
    shape = tuple(n for _, n in axes)
    cells = np.ravel_multi_index([place for place, _ in axes], shape)
    return (run, shape, cells) if len(np.unique(cells)) == len(nodes) else None


def _oriented(run: Run) -> Run:
    """Products of numbers of one source: a is what looks, and b what it looks at, in all nodes."""
    if run.a_source != run.b_source:
        return run
    both = numbered(np.concatenate([run.a, run.b]))
    a, b = both[: len(run.a)].tolist(), both[len(run.a) :].tolist()
    around: dict[int, list[int]] = {}
    for i, j in zip(a, b, strict=True):
        around.setdefault(i, []).append(j)
        around.setdefault(j, []).append(i)
    side: dict[int, int] = {}
    for start in sorted(around):
        if start in side:
            continue
        side[start], waiting = 0, [start]
        while waiting:
            i = waiting.pop()
            for j in around[i]:
                if j not in side:
                    side[j] = 1 - side[i]
                    waiting.append(j)
                elif side[i] == side[j]:
                    return run  # each with each: there are no two sides
    return run.turned(np.array([side[i] for i in a], dtype=bool)[:, None])


def _firsts(names: Columns) -> Columns:
    """The first node of each name."""
    return np.unique(names, return_index=True)[1]


def _ranks(rows: Columns, names: Columns, part: Columns) -> tuple[Columns, int] | None:
    """Each row's place among those of its part, and how many these are; None if that differs."""
    first = _firsts(names)
    counts = np.bincount(part[first])
    if (counts != counts[0]).any():
        return None
    rank = np.empty(len(first), dtype=np.int64)
    order = np.lexsort((*rows[first].T[::-1], part[first]))
    rank[order] = np.arange(len(first)) % counts[0]
    return rank[names], int(counts[0])


def _stride(nodes: Columns, axis: Any, axes: list[Any]) -> float:
    """How far apart, by age, neighbours along an axis are."""
    others = [place for place, _ in axes if place is not axis[0]]
    order = np.lexsort((axis[0], *others))
    same = np.logical_and.reduce([np.diff(place[order]) == 0 for place in others])
    return float(np.median(np.abs(np.diff(np.asarray(nodes)[order]))[same]))


# ------------------------------------------------------------------ holes and gaps


def filled(rows: Columns, cells: Columns, shape: tuple[int, ...]) -> Columns:
    """Rows for all places of a shape: a hole has what its neighbours along an axis have."""
    full = np.zeros((math.prod(shape), rows.shape[1]), dtype=rows.dtype)
    full[:] = rows[0]
    full[cells] = rows
    there = np.zeros(len(full), dtype=bool)
    there[cells] = True
    block, there = full.reshape(*shape, -1), there.reshape(shape)
    for axis in reversed(range(len(shape))):
        first = np.take_along_axis(block, there.argmax(axis, keepdims=True)[..., None], axis)
        if there.any(axis).all() and ((block == first) | ~there[..., None]).all():
            return np.broadcast_to(first, block.shape).reshape(full.shape)
    return full


def continued(rows: Columns, there: Any, size: int) -> Columns:
    """Rows without gaps: what stands there in the source, or a number of the row once more."""
    places = np.arange(rows.shape[1])
    first = there.argmax(1)
    known = rows[np.arange(len(rows)), first][:, None]
    steps = known - first[:, None] + places
    goes_on = ((rows == steps) | ~there).all() and steps.min() >= 0 and steps.max() < size
    return np.where(there, rows, steps if goes_on else known)


def over_universe(run: Run, size: int, other: int | None) -> Run | None:
    """The same sums, all of them over all numbers of one side that any node of a part uses.

    Args:
        run: products; a tuple with gaps ends with them.
        size: of the source of a.
        other: of that of b; None if the numbers have to be those of b.
    """
    found = _over_universe(run, size)
    if found is None and None not in (other, run.a_source) and run.a_source != run.b_source:
        turned = run.turned(True)
        found = _over_universe(turned, other or 0)
    return found


def over_weights(run: Run, size: int) -> Run | None:
    """The same sums, all of them over all weights that any of them uses, with gaps in the inputs.

    Args:
        run: products of weights, as a, with inputs; a tuple with gaps ends with them.
        size: of the source of the inputs.
    """
    found = _over_universe(run.turned(True), size)
    return found and found.turned(True)


def _over_universe(run: Run, size: int) -> Run | None:
    n, k = run.b.shape
    there = np.ones((n, k), dtype=bool) if run.there is None else run.there
    node, column = np.nonzero(there)[0], run.b[there]
    names, place = np.unique(column, return_inverse=True)
    if len(names) == len(column):
        return None  # nobody shares anything
    part = components(node, place)
    of_node = np.zeros(n, dtype=np.int64)
    of_node[node] = part
    of_name = np.zeros(len(names), dtype=np.int64)
    of_name[place] = part
    counts = np.bincount(of_name)
    width = int(counts[0])
    cells = n * width
    if (counts != width).any() or (width > SMALL and len(column) < SPARSE * cells):
        return None
    order = np.lexsort((names, of_name))
    universe = names[order].reshape(-1, width)
    rank = np.empty(len(names), dtype=np.int64)
    rank[order] = np.arange(len(names)) % width
    a = np.full((n, width), -1)
    a[node, rank[place]] = run.a[there]
    known = a >= 0
    if np.count_nonzero(known) < len(column):
        return None  # a number that one node uses twice
    a = continued(a, known, size)
    return replace(run, a=a, b=universe[of_node], there=None if known.all() else known)
