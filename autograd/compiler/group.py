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
from dataclasses import dataclass, field, replace
from itertools import compress
from operator import itemgetter
from typing import Any, TypeAlias

import numpy as np

from ..engine import primitives
from ..engine.gate import Primitive
from .canonicalise import BATCH, PARAM, Lin, Scalars
from .grids import (
    Columns,
    Run,
    changing,
    components,
    continued,
    contraction,
    filled,
    numbered,
    over_universe,
    over_weights,
)
from .sequence import SEQUENCES

__all__ = ["CONSTANTS", "THETA", "Group", "Grouping", "group"]

THETA, CONSTANTS = 0, 1  # the first sources; then one for each argument, then the groups

Runs: TypeAlias = dict[tuple[int, int, int], tuple[Columns, Columns]]

_MANY = 1 << 31  # more than there are sources


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
    there: Any = None  # (nodes, operands) of a sequence: False where a shorter one has ended
    whole: bool = False  # the nodes are all places of a softmax, and so is the last axis
    cells: Any = None  # the nodes' places in the shape; None if they are all of it
    table: bool = False  # all columns of a table at each index: operands are these, and its rows


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
        self.cells: dict[int, Columns] = {}  # of the sources with holes: what is no hole
        self.parameters: list[Any] = []
        self.constants: list[float] = []

    def size(self, source: int | None) -> int:
        """How many numbers a source has."""
        if source == THETA:
            return len(self.parameters)
        if source == CONSTANTS:
            return len(self.constants)
        return math.prod(self.shapes[source or 0])

    def constant(self, number: float) -> int:
        """The column of a number among the constants."""
        if number not in self.constants:
            self.constants.append(number)
        return self.constants.index(number)


def group(scalars: Scalars, arguments: list[tuple[int, ...]]) -> Grouping:
    """Group the nodes that the outputs depend on.

    Args:
        scalars: the canonical graph.
        arguments: the shape of one sample of each argument.
    """
    result = Grouping(scalars)
    for k, shape in enumerate(arguments):
        result.shapes[2 + k] = shape
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
        bins: dict[Any, dict[Any, list[tuple[int, Any]]]] = {}
        for node in levels[level]:
            key, lengths, facts = _key(result, scalars, node)
            bins.setdefault(key, {}).setdefault(lengths, []).append((node, facts))
        for key, by_length in bins.items():
            for part in _parts(result, key, by_length):
                part.source = next_source
                result.source[part.nodes] = next_source
                places = np.arange(len(part.nodes)) if part.cells is None else part.cells
                result.column[part.nodes] = places
                result.shapes[next_source] = part.shape
                if part.cells is not None:
                    result.cells[next_source] = part.cells
                if part.batched:
                    result.batched.add(next_source)
                result.groups.append(part)
                next_source += 1
    return result


def _key(result: Grouping, scalars: Scalars, node: int) -> tuple[Any, Any, Any]:
    """What nodes must share to be grouped, how long they are, and what is particular to one."""
    kind, detail = scalars.kind[node], scalars.detail[node]
    batched = scalars.rank[node] == BATCH
    if isinstance(kind, Primitive):
        places = np.array(detail)
        sources = tuple(result.source[places].tolist())
        lead, parts = SEQUENCES.get(kind, (0, 0))
        if parts == 1 and len(set(sources[lead:])) == 1:
            key = (kind, batched, sources[: lead + 1])
        else:
            key = (kind, batched, sources)
        return key, len(sources), result.column[places]
    runs = _runs(result, detail)
    names = sorted(runs)
    lengths = tuple(len(runs[name][1]) for name in names)
    return (None, batched, tuple(names)), lengths, (runs, detail.constant)


def _runs(result: Grouping, lin: Lin, every: bool = False) -> Runs:
    """The products and terms of one weighted sum, by (sources, sign); -1 stands for a term.

    A weight times 0 is left out, as what lies beside an image, unless nothing would be left.
    """
    runs: Runs = {}
    for minus, a, b in ((0, lin.a, lin.b), (1, lin.c, lin.d), (0, [], lin.t), (1, [], lin.u)):
        if not b:
            continue
        places = np.array(b)
        sources, columns = result.source[places], result.column[places]
        if a:
            weights = np.array(a)
            a_sources, a_columns = result.source[weights], result.column[weights]
            turned = (a_sources > sources) & np.isin(a_sources, [*result.batched])
            a_sources, sources = _turned(turned, a_sources, sources)
            a_columns, columns = _turned(turned, a_columns, columns)
            nothing = (a_sources == THETA) & (sources == CONSTANTS)
            if nothing.any() and not every:
                numbers = np.array(result.constants)
                there = ~nothing | (numbers[np.where(nothing, columns, 0)] != 0)
                a_sources, a_columns = a_sources[there], a_columns[there]
                sources, columns = sources[there], columns[there]
                if not there.any():
                    continue
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
    return runs if runs or every else _runs(result, lin, every=True)


def _turned(where: Any, a: Columns, b: Columns) -> tuple[Columns, Columns]:
    return np.where(where, b, a), np.where(where, a, b)


def _parts(result: Grouping, key: Any, by_length: dict[Any, list[tuple[int, Any]]]) -> list[Group]:
    """The groups of nodes that are alike but for the lengths of their sums and sequences."""
    if key[0] is primitives.take:
        return [p for members in by_length.values() for p in _lookups(result, key, members)]
    if len(by_length) > 2 or (len(by_length) > 1 and key[0] is None):
        ragged = _ragged(result, key, [m for members in by_length.values() for m in members])
        if ragged is not None and (len(by_length) > 2 or any(run.matrix for run in ragged.runs)):
            return [ragged]
    parts = []
    for members in by_length.values():
        parts += _equal_parts(result, key, members)
    return parts


def _ragged(result: Grouping, key: Any, members: list[tuple[int, Any]]) -> Group | None:
    op, batched, names = key
    members.sort(key=itemgetter(0))
    if op is not None:
        return _gate_group(result, key, members)
    if all(a in (-1, CONSTANTS) or a in result.batched for _, a, _ in names):
        return _lin_group(result, batched, members)
    found = _lin_group(result, batched, members)  # windows of which some reach over the edge
    weighted = [run for run in found.runs if run.a_source == THETA] if found else []
    return found if weighted and all(run.matrix for run in weighted) else None


def _equal_parts(result: Grouping, key: Any, members: list[tuple[int, Any]]) -> list[Group]:
    op, batched, _ = key
    if op is not None:
        return [_gate_group(result, key, members)]
    whole = _lin_group(result, batched, members)
    assert whole is not None
    if whole.runs and not any(run.matrix for run in whole.runs):
        towers = _towers(whole)
        if towers is not None:
            parts = [
                _lin_group(
                    result, batched, [m for m, t in zip(members, towers, strict=True) if t == k]
                )
                for k in range(max(towers) + 1)
            ]
            found = [part for part in parts if part and any(run.matrix for run in part.runs)]
            if len(found) == len(parts):
                return found
    return [whole]


def _towers(whole: Group) -> list[int] | None:
    """Which of several separate layers each node belongs to (by its widest input tuple)."""
    run = max(whole.runs, key=lambda run: run.k if run.a_source is not None else 0)
    if run.a_source is None or run.k == 1 or whole.cells is not None:
        return None
    order = np.argsort(whole.nodes, kind="stable")
    # Two nodes are of one tower if they share a weight tuple or an input tuple.
    towers: list[int] = components(numbered(run.b[order]), numbered(run.a[order])).tolist()
    return towers if 1 < len(set(towers)) <= 8 and len(set(towers)) < len(towers) else None


def _gate_group(result: Grouping, key: Any, members: list[tuple[int, Any]]) -> Group:
    op, batched, sources = key
    nodes = np.array([node for node, _ in members])
    columns, there = _padded([facts for _, facts in members])  # (nodes, operands)
    sources = (*sources, *[sources[-1]] * (columns.shape[1] - len(sources)))
    moving = [k for k, source in enumerate(sources) if source not in (THETA, CONSTANTS)]
    first = moving or list(range(len(sources)))
    order = np.lexsort([columns[:, k] for k in reversed(first)])
    nodes, columns = nodes[order], columns[order]
    starts = _whole_rows(result, op, sources, columns)
    if there is not None:
        lead, size = SEQUENCES[op][0], result.size(sources[-1])
        there = there[order]
        columns[:, lead:] = continued(columns[:, lead:], there[:, lead:], size)
    if starts is not None:
        table = columns[starts, 1:]
        like = _shape_like(result, [(sources[1], table.ravel())], table.size)
        shape = like if len(like) > 1 else table.shape if len(starts) > 1 else table.shape[1:]
        there = None if there is None else there[starts, 1:]
        cells = None if there is None else np.flatnonzero(there)
        rows = [(sources[1], table.ravel())]
        return Group(-1, op, nodes.tolist(), batched, shape, [], None, rows, there, True, cells)
    operands = [(source, columns[:, k]) for k, source in enumerate(sources)]
    shape = _shape_like(result, [operands[k] for k in first], len(nodes))
    cells = None
    holed = None if op in SEQUENCES else _holed(result, [operands[k] for k in first])
    if holed is not None:
        cells, shape = result.cells[holed], result.shapes[holed]
        holes = _Holes(result, cells, shape)
        operands = [(s, holes.filled(s, c[:, None])[:, 0]) for s, c in operands]
    return Group(-1, op, nodes.tolist(), batched, shape, [], None, operands, there, False, cells)


def _lookups(result: Grouping, key: Any, members: list[tuple[int, Any]]) -> list[Group]:
    """A group for each table whose columns are all looked up at each index."""
    op, batched, sources = key
    columns = np.array([facts for _, facts in members])
    sources = (*sources, *[sources[-1]] * (columns.shape[1] - len(sources)))
    if not result.batched.isdisjoint(sources[1:]):
        return [_gate_group(result, key, members)]
    index, place = columns[:, 0], numbered(columns[:, 1:])
    part = components(index, place)
    groups = []
    for k in range(part.max() + 1):
        order = np.flatnonzero(part == k)
        order = order[np.lexsort((place[order], index[order]))]
        many, width = len(np.unique(index[order])), len(np.unique(place[order]))
        if many * width != len(order):
            groups.append(_gate_group(result, key, [members[k] for k in order.tolist()]))
            continue
        rows = [(s, columns[order[:width], k]) for k, s in enumerate(sources) if k]
        operands = [(sources[0], index[order[::width]]), *rows]
        shape = tuple(n for n in (many, width) if n > 1)
        nodes = [members[k][0] for k in order.tolist()]
        groups.append(Group(-1, op, nodes, batched, shape, operands=operands, table=True))
    return groups


def _padded(rows: list[Columns]) -> tuple[Columns, Any]:
    """Rows of differing length as an array, and what of it is there; None if all is."""
    longest = max(map(len, rows))
    if all(len(row) == longest for row in rows):
        return np.array(rows), None
    padded = np.full((len(rows), longest), -1)
    for k, row in enumerate(rows):
        padded[k, : len(row)] = row
    return padded, padded >= 0


@dataclass
class _Holes:
    """What a group with holes reads at them: of a source with the same holes, these."""

    result: Grouping
    cells: Columns
    shape: tuple[int, ...]

    def filled(self, source: int | None, rows: Columns) -> Columns:
        known = self.result.cells.get(-1 if source is None else source)
        if rows.shape[1] == 1 and known is not None and np.array_equal(rows[:, 0], known):
            return np.arange(math.prod(self.shape))[:, None]
        return filled(rows, self.cells, self.shape)


def _holed(result: Grouping, operands: list[tuple[int, Columns]]) -> int | None:
    """The source with holes that an operand is all of, but for the holes."""
    for source, columns in operands:
        if source in result.cells and np.array_equal(columns, result.cells[source]):
            return source
    return None


def _whole_rows(result: Grouping, op: Primitive, sources: Any, columns: Columns) -> Any:
    """Where each row starts, if the nodes are softmaxes of several rows, all places of each."""
    if SEQUENCES.get(op) != (1, 1) or sources[0] != CONSTANTS or len(set(sources[1:])) > 1:
        return None
    index, rows = np.array(result.constants)[columns[:, 0]], columns[:, 1:]
    starts = np.flatnonzero(np.append(True, (np.diff(rows, axis=0) != 0).any(1)))
    counts = np.diff(np.append(starts, len(rows)))
    place = np.arange(len(rows)) - np.repeat(starts, counts)
    every = (counts == (rows[starts] >= 0).sum(1)).all() and (index == place).all()
    return starts if every and len(rows) > 1 else None


def _shape_like(result: Grouping, operands: list[tuple[int, Columns]], n: int) -> tuple[int, ...]:
    """The shape of an operand that is taken whole, else (n,)."""
    for source, columns in operands if n > 1 else ():
        shape = result.shapes.get(source)
        whole = shape is not None and math.prod(shape) == n
        if whole and np.array_equal(columns, np.arange(n)):
            return shape  # type: ignore[return-value]
    return () if n == 1 else (n,)


def _lin_group(result: Grouping, batched: bool, members: list[tuple[int, Any]]) -> Group | None:
    """Weighted sums as a group; None if they are too unlike, which only ragged ones can be."""
    nodes = np.array([node for node, _ in members])
    constants = np.array([facts[1] for _, facts in members])
    runs = []
    for name in members[0][1][0]:
        b_source, a_source, minus = name
        a, there = _padded([facts[0][name][0] for _, facts in members])
        b, _ = _padded([facts[0][name][1] for _, facts in members])
        sign = -1 if minus else 1
        run = Run(sign, None if a_source < 0 else a_source, b_source, a, b, there)
        if a_source == THETA and there is not None:  # the weights that are missing, too
            over = over_weights(run, result.size(b_source))
            if over is None:
                return None
            run = over
        runs.append(run)
    n = len(nodes)
    cells = None
    order, shape = _grid(result, runs, n)
    if order is None and any(run.a_source == THETA and run.k > 1 for run in runs):
        # What windows hold may lie in another order at each place, as after a padded layer.
        by_weight = [run.by_weight() if run.a_source == THETA else run for run in runs]
        order, shape = _grid(result, by_weight, n, by_age=True)
        runs = runs if order is None else by_weight
    if order is not None:
        runs = [_gapless(result, run) for run in runs]
    else:
        runs = [_matched(result, run, n) for run in runs]
        found = _contraction(result, runs, nodes)
        if found is not None:
            runs, shape, cells = found
            order = np.argsort(cells)
            cells = None if n == math.prod(shape) else cells[order]
        else:
            sides = [side for run in runs for side in _sides(run)]
            moving = [side for side in sides if side[0] not in (THETA, CONSTANTS)] or sides
            order = np.lexsort([columns[:, 0] for _, columns in reversed(moving)])
    nodes, constants = nodes[order], constants[order]
    runs = [run.at(order) for run in runs]
    if shape is None:
        sides = [side for run in runs if run.k == 1 for side in _sides(run)]
        single = [(source, columns[:, 0]) for source, columns in sides]
        shape = _shape_like(result, single, n)
        holed = _holed(result, single)
        if holed is not None:
            cells, shape = result.cells[holed], result.shapes[holed]
    if cells is not None:
        holes = _Holes(result, cells, shape)
        runs = [
            replace(run, a=holes.filled(run.a_source, run.a), b=holes.filled(run.b_source, run.b))
            for run in runs
        ]
        constants = filled(constants[:, None], cells, shape)[:, 0]
    for run in runs:
        run.matrix = _is_matrix(result, run, shape)
    return Group(-1, None, nodes.tolist(), batched, shape, runs, constants, cells=cells)


def _contraction(result: Grouping, runs: list[Run], nodes: Columns) -> Any:
    """The runs and the shape in which one of them is a contraction, and each node's place."""
    for k, run in enumerate(runs):
        if run.a_source is None or run.k == 1 or run.a_source == THETA:
            continue
        found = contraction(run, nodes, run.a_source == CONSTANTS)
        if found is not None:
            run, shape, cells = found
            return [*runs[:k], run, *runs[k + 1 :]], shape, cells
    return None


def _matched(result: Grouping, run: Run, n: int) -> Run:
    """A run without gaps: products with 0, or a row of which only a part is summed."""
    constant = run.a_source in (None, CONSTANTS)
    if n > 1 and run.k > 1 and (constant or run.there is not None) and run.a_source != THETA:
        full, nothing = run, result.constant(0.0) if constant else 0
        if run.a_source is None:
            ones = np.full(run.b.shape, result.constant(1.0))
            full = replace(run, a=ones, a_source=CONSTANTS)
        size = None if constant else result.size(run.b_source)
        found = over_universe(full, result.size(full.a_source), size)
        if found is not None and found.there is not None and constant:
            return replace(found, a=np.where(found.there, found.a, nothing), there=None)
        if found is not None:
            return found
    return _gapless(result, run)


def _gapless(result: Grouping, run: Run) -> Run:
    """A run that reads something in its gaps, too, which a mask hides."""
    if run.there is None or run.a_source == THETA:
        return run
    b = continued(run.b, run.there, result.size(run.b_source))
    return replace(run, a=continued(run.a, run.there, 1 << 40), b=b)


def _sides(run: Run) -> list[tuple[int, Columns]]:
    """The sources that a run reads, and the columns there; inputs before weights."""
    inputs = [(run.b_source, run.b)]
    return inputs if run.a_source is None else [*inputs, (run.a_source, run.a)]


def _grid(
    result: Grouping, runs: list[Run], n: int, by_age: bool = False
) -> tuple[Any, tuple[int, ...] | None]:
    """An order of the nodes in which a run is every combination of U inputs and V weights."""
    if n == 1:
        return np.arange(1), ()
    batched = result.batched
    for run in runs:
        gaps = run.there is not None
        if run.a_source is None or run.a_source in batched or (gaps and run.a_source != THETA):
            continue
        u = numbered(np.hstack([run.b, run.there]) if gaps else run.b)
        v = numbered(run.a)
        rows, columns = int(u.max()) + 1, int(v.max()) + 1
        if rows * columns != n or (run.k == 1 and (rows == 1 or columns == 1)):
            continue
        if len(set(zip(u.tolist(), v.tolist(), strict=True))) != n:
            continue
        first = np.array([np.flatnonzero(u == k)[0] for k in range(rows)])
        tuples = run.b[first]
        rank = np.arange(rows)  # by age
        if not gaps and not by_age:
            rank[np.lexsort(tuples.T[::-1])] = np.arange(rows)
        order = np.lexsort((v, rank[u]))
        return order, (rows, columns) if rows > 1 and columns > 1 else (n,)
    return None, None


def _is_matrix(result: Grouping, run: Run, shape: tuple[int, ...]) -> bool:
    """Whether it is a contraction: neither its a nor its b has all axes of the shape."""
    if run.a_source is None:
        return False
    of_a, of_b = run.reads(shape)
    if run.there is not None:
        side = of_b if run.a_source == THETA else of_a  # which has the gaps
        if not {*changing(run.there, shape)} <= {*side}:
            return False
    if run.a_source in result.batched or len(shape) > 2:
        smaller = len(of_a) < len(shape) or len(of_b) < len(shape)
        return run.k > 1 and smaller and len({*of_a, *of_b}) == len(shape)
    if shape == ():
        return run.k > 1
    if len(shape) == 1:
        if run.k == 1:
            return False
        return _constant(run.a) or _constant(run.b)
    a, b = run.a.reshape(*shape, run.k), run.b.reshape(*shape, run.k)
    if run.k > 1 and run.a_source == CONSTANTS:
        return len(of_a) < 2 and len(of_b) < 2 and of_a != of_b
    return bool((a == a[:1]).all() and (b == b[:, :1]).all())


def _constant(rows: Columns) -> bool:
    return bool((rows == rows[:1]).all())
