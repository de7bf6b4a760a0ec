"""Group: scalar nodes that do the same thing to the same arrays become one wide array.

Nodes are visited level by level (longest path from the leaves). Those of one level with the
same gate, whose operands live in the same *sources* (earlier wide arrays, an input, theta, the
constants), form a group: an array with one element a node. For weighted sums the products are
sorted into *runs* by the pair of sources they multiply. Where the nodes of a group are every
combination of U input tuples with V weight tuples, the run is a matrix product, and the group
gets the shape (U, V): a dense layer has U = 1, a convolution one row a window, and a graph that
holds a whole data set one row a sample.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import compress
from typing import Any

import numpy as np

from ..engine.gate import Primitive
from .canonicalise import BATCH, PARAM, Lin, Scalars
from .sequence import SEQUENCES

__all__ = ["CONSTANTS", "THETA", "Group", "Grouping", "Run", "group"]

THETA, CONSTANTS = 0, 1  # the first sources; then one for each argument, then the groups

Columns = Any  # an integer array
_MANY = 1 << 31  # more than there are sources


@dataclass
class Run:
    """Products (or, if ``a_source`` is None, terms) of one pair of sources: k of them a node."""

    sign: int
    a_source: int | None
    b_source: int
    a: Columns  # (nodes, k) columns in the source of the weights
    b: Columns  # (nodes, k)
    matrix: bool = False  # a matrix product over the group's shape

    @property
    def k(self) -> int:
        return int(self.b.shape[1])


@dataclass
class Group:
    """One wide array: a weighted sum if ``op`` is None, else a gate on ``operands``."""

    source: int
    op: Primitive | None
    nodes: list[int]
    batched: bool
    shape: tuple[int, ...] = ()
    runs: list[Run] = field(default_factory=list)
    constants: Any = None  # (nodes,) added to a weighted sum
    operands: list[tuple[int, Columns]] = field(default_factory=list)  # source, columns (nodes,)


class Grouping:
    """All groups in order, and for each scalar node its source and its column there."""

    def __init__(self, scalars: Scalars) -> None:
        n = len(scalars)
        self.outputs = scalars.outputs
        self.groups: list[Group] = []
        self.source = np.full(n, -1, dtype=np.int32)
        self.column = np.full(n, -1, dtype=np.int32)
        self.shapes: dict[int, tuple[int, ...]] = {}
        self.batched: set[int] = set()  # the sources that hold a value for each sample
        self.parameters: list[Any] = []
        self.constants: list[float] = []


def group(scalars: Scalars, arguments: list[tuple[int, ...]]) -> Grouping:
    """Group the nodes that the outputs depend on.

    Args:
        scalars: the canonical graph.
        arguments: the shape of one sample of each argument.
    """
    result = Grouping(scalars)
    for k, shape in enumerate(arguments):
        result.shapes[2 + k] = () if shape == () else (math.prod(shape),)
        result.batched.add(2 + k)
    levels: dict[int, list[int]] = {}
    reachable = scalars.reachable()
    is_weight = np.frombuffer(scalars.rank, dtype=np.int8) == PARAM
    weights = np.flatnonzero(reachable & is_weight)
    result.parameters = [*compress(scalars.detail, (reachable & is_weight).tolist())]
    result.source[weights], result.column[weights] = THETA, np.arange(len(weights))
    for node in np.flatnonzero(reachable & ~is_weight).tolist():
        kind, detail = scalars.kind[node], scalars.detail[node]
        if kind == "input":
            result.source[node], result.column[node] = 2 + detail[0], detail[1]
        elif kind == "constant":
            result.source[node], result.column[node] = CONSTANTS, len(result.constants)
            result.constants.append(detail)
        else:
            levels.setdefault(scalars.level[node], []).append(node)
    next_source = 2 + len(arguments)
    for level in sorted(levels):
        bins: dict[Any, list[tuple[int, Any]]] = {}
        for node in levels[level]:
            key, facts = _key(result, scalars, node)
            bins.setdefault(key, []).append((node, facts))
        for key, members in bins.items():
            for part in _parts(result, key, members):
                part.source = next_source
                result.source[part.nodes] = next_source
                result.column[part.nodes] = np.arange(len(part.nodes))
                result.shapes[next_source] = part.shape
                if part.batched:
                    result.batched.add(next_source)
                result.groups.append(part)
                next_source += 1
    return result


def _key(result: Grouping, scalars: Scalars, node: int) -> tuple[Any, Any]:
    """What nodes must share to be grouped, and what is particular to this one."""
    kind, detail = scalars.kind[node], scalars.detail[node]
    batched = scalars.rank[node] == BATCH
    if isinstance(kind, Primitive):
        places = np.array(detail)
        return (
            (kind, batched, tuple(result.source[places].tolist())),
            result.column[places],
        )
    runs = _runs(result, detail)
    key = tuple(sorted((name, len(columns[1])) for name, columns in runs.items()))
    return (None, batched, key), (runs, detail.constant)


def _runs(result: Grouping, lin: Lin) -> dict[tuple[int, int, int], tuple[Columns, Columns]]:
    """The products and terms of one weighted sum, by (sources, sign); -1 stands for a term."""
    runs: dict[tuple[int, int, int], tuple[Columns, Columns]] = {}
    for minus, a, b in ((0, lin.a, lin.b), (1, lin.c, lin.d), (0, [], lin.t), (1, [], lin.u)):
        if not b:
            continue
        places = np.array(b)
        sources, columns = result.source[places], result.column[places]
        if a:
            weights = np.array(a)
            a_sources, a_columns = result.source[weights], result.column[weights]
            names = a_sources.astype(np.int64) * _MANY + sources
        else:
            a_sources, a_columns, names = np.full(len(b), -1), columns, sources
        order = np.lexsort((a_columns, columns, names))
        in_order = names[order]
        changes = np.flatnonzero(in_order[1:] != in_order[:-1]) + 1
        for part in np.split(order, changes):
            first = part[0]
            name = (int(sources[first]), int(a_sources[first]), minus)
            runs[name] = (a_columns[part], columns[part])
    return runs


def _parts(result: Grouping, key: Any, members: list[tuple[int, Any]]) -> list[Group]:
    op, batched, _ = key
    if op is not None:
        return [_gate_group(result, key, members)]
    whole = _lin_group(result, batched, members)
    if whole.runs and not any(run.matrix for run in whole.runs):
        towers = _towers(whole)
        if towers is not None:
            parts = [
                _lin_group(
                    result, batched, [m for m, t in zip(members, towers, strict=True) if t == k]
                )
                for k in range(max(towers) + 1)
            ]
            if all(any(run.matrix for run in part.runs) for part in parts):
                return parts
    return [whole]


def _towers(whole: Group) -> list[int] | None:
    """Which of several separate layers each node belongs to (by its widest input tuple)."""
    run = max(whole.runs, key=lambda run: run.k if run.a_source is not None else 0)
    if run.a_source is None or run.k == 1:
        return None
    order = np.argsort(whole.nodes, kind="stable")
    # Two nodes are of one tower if they share a weight tuple or an input tuple.
    u, v = _tuples(run.b[order]), _tuples(run.a[order])
    parent: dict[Any, Any] = {}

    def root(x: Any) -> Any:
        while parent.setdefault(x, x) != x:
            x = parent[x]
        return x

    for i, j in zip(u.tolist(), v.tolist(), strict=True):
        parent[root(("u", i))] = root(("v", j))
    names: dict[Any, int] = {}
    towers = [names.setdefault(root(("u", i)), len(names)) for i in u.tolist()]
    return towers if 1 < len(names) <= 8 and len(names) < len(towers) else None


def _tuples(rows: Columns) -> Columns:
    """Number equal rows alike, by first appearance."""
    names: dict[bytes, int] = {}
    rows = np.ascontiguousarray(rows)
    return np.array([names.setdefault(row.tobytes(), len(names)) for row in rows])


def _gate_group(result: Grouping, key: Any, members: list[tuple[int, Any]]) -> Group:
    op, batched, sources = key
    nodes = np.array([node for node, _ in members])
    columns = np.array([facts for _, facts in members])  # (nodes, operands)
    moving = [k for k, source in enumerate(sources) if source not in (THETA, CONSTANTS)]
    first = moving or list(range(len(sources)))
    order = np.lexsort([columns[:, k] for k in reversed(first)])
    nodes, columns = nodes[order], columns[order]
    shape = _whole_rows(result, key, columns) or _shape_like(
        result, [(sources[k], columns[:, k]) for k in first], len(nodes)
    )
    return Group(
        -1,
        op,
        nodes.tolist(),
        batched,
        shape,
        operands=[(source, columns[:, k]) for k, source in enumerate(sources)],
    )


def _whole_rows(result: Grouping, key: Any, columns: Columns) -> tuple[int, int] | None:
    """(rows, places), where the nodes are a softmax of several rows, all places of each."""
    op, _, sources = key
    places = columns.shape[1] - 1
    rows = len(columns) // places if places else 0
    if SEQUENCES.get(op) != (1, 1) or sources[0] != CONSTANTS or rows * places != len(columns):
        return None
    table = columns.reshape(rows, places, places + 1)
    index = np.array(result.constants)[table[..., 0]]
    one_row = (table[:, :, 1:] == table[:, :1, 1:]).all()
    return (rows, places) if rows > 1 and one_row and (index == np.arange(places)).all() else None


def _shape_like(result: Grouping, operands: list[tuple[int, Columns]], n: int) -> tuple[int, ...]:
    """The shape of an operand that is taken whole, else (n,)."""
    for source, columns in operands if n > 1 else ():
        shape = result.shapes.get(source)
        whole = shape is not None and math.prod(shape) == n
        if whole and np.array_equal(columns, np.arange(n)):
            return shape  # type: ignore[return-value]
    return () if n == 1 else (n,)


def _lin_group(result: Grouping, batched: bool, members: list[tuple[int, Any]]) -> Group:
    nodes = np.array([node for node, _ in members])
    constants = np.array([facts[1] for _, facts in members])
    names = list(members[0][1][0])
    runs = []
    for name in names:
        b_source, a_source, minus = name
        a = np.array([facts[0][name][0] for _, facts in members])
        b = np.array([facts[0][name][1] for _, facts in members])
        runs.append(Run(-1 if minus else 1, None if a_source < 0 else a_source, b_source, a, b))
    n = len(nodes)
    order, shape = _grid(result, runs, n)
    if order is None:
        sides = [side for run in runs for side in _sides(run)]
        moving = [side for side in sides if side[0] not in (THETA, CONSTANTS)] or sides
        order = np.lexsort([columns[:, 0] for _, columns in reversed(moving)])
    nodes, constants = nodes[order], constants[order]
    for run in runs:
        run.a, run.b = run.a[order], run.b[order]
    if shape is None:
        sides = [side for run in runs if run.k == 1 for side in _sides(run)]
        whole = [(source, columns[:, 0]) for source, columns in sides]
        shape = _shape_like(result, whole, n)
    for run in runs:
        run.matrix = _is_matrix(result, run, shape)
    return Group(-1, None, nodes.tolist(), batched, shape, runs, constants)


def _sides(run: Run) -> list[tuple[int, Columns]]:
    """The sources that a run reads, and the columns there; inputs before weights."""
    inputs = [(run.b_source, run.b)]
    return inputs if run.a_source is None else [*inputs, (run.a_source, run.a)]


def _grid(result: Grouping, runs: list[Run], n: int) -> tuple[Any, tuple[int, ...] | None]:
    """An order of the nodes in which a run is every combination of U inputs and V weights."""
    if n == 1:
        return np.arange(1), ()
    batched = result.batched
    for run in runs:
        if run.a_source is None or run.a_source in batched:
            continue
        u, v = _tuples(run.b), _tuples(run.a)
        rows, columns = int(u.max()) + 1, int(v.max()) + 1
        if rows * columns != n or (run.k == 1 and (rows == 1 or columns == 1)):
            continue
        if len(set(zip(u.tolist(), v.tolist(), strict=True))) != n:
            continue
        first = np.array([np.flatnonzero(u == k)[0] for k in range(rows)])
        tuples = run.b[first]
        rank = np.empty(rows, dtype=np.int64)
        rank[np.lexsort(tuples.T[::-1])] = np.arange(rows)
        order = np.lexsort((v, rank[u]))
        return order, (rows, columns) if rows > 1 and columns > 1 else (n,)
    return None, None


def _is_matrix(result: Grouping, run: Run, shape: tuple[int, ...]) -> bool:
    """Whether weights depend on the last axis only, and inputs on the first only."""
    if run.a_source is None or run.a_source in result.batched:
        return False
    if shape == ():
        return run.k > 1
    if len(shape) == 1:
        if run.k == 1:
            return False
        return _constant(run.a) or _constant(run.b)
    a, b = run.a.reshape(*shape, run.k), run.b.reshape(*shape, run.k)
    return bool((a == a[:1]).all() and (b == b[:, :1]).all())


def _constant(rows: Columns) -> bool:
    return bool((rows == rows[:1]).all())
