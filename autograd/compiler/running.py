"""Running sums: totals that are each the last one and a little more, side by side.

``total = total + x`` in a loop, where every total is in use, is a chain as long as the loop.
Written as total t = x0 + x1 + ... + xt, all of them are of one level, and one array.
"""

from __future__ import annotations

from array import array
from operator import le
from typing import Any

from .canonicalise import BATCH, FIXED, Lin, Scalars

Shape = tuple[int, ...]  # how many products and terms: plus, minus; plus, minus

__all__ = ["side_by_side"]

SHORTEST, LONGEST = 4, 128  # totals: fewer read well as they are, of more the square is large


def side_by_side(scalars: Scalars) -> Scalars:
    """Rewrite the running sums of a graph; the graph itself where there is none."""
    before, tails = _chains(scalars)
    if not before:
        return scalars
    result = Scalars()
    result.leaves = scalars.leaves
    new: dict[int, int] = {}
    parts: dict[int, list[int]] = {}  # of a total: what it is the sum of

    def add(kind: Any, detail: Any, rank: int, operands: Any) -> int:
        result.kind.append(kind)
        result.detail.append(detail)
        result.rank.append(rank)
        result.level.append(1 + max((result.level[o] for o in operands), default=-1))
        return len(result.kind) - 1

    def add_sum(lin: Lin) -> int:
        operands = lin.operands()
        rank = BATCH if any(result.rank[o] == BATCH for o in operands) else FIXED
        return add("lin", lin, rank, operands)

    def add_part(lin: Lin) -> int:
        alone = lin.single()
        return alone[1] if alone and alone[0] > 0 else add_sum(lin)

    first = {*before.values()} - before.keys()
    for node, kind in enumerate(scalars.kind):
        if kind != "lin":
            places = tuple(new[operand] for operand in scalars.operands(node))
            detail = places or scalars.detail[node]
            new[node] = add(kind, detail, scalars.rank[node], places)
            continue
        lin = _mapped(scalars.detail[node], new)
        if node in before:
            lin.t.remove(new[before[node]])
            parts[node] = [*parts[before[node]], add_part(lin)]
        elif node in tails:
            last, shape = tails[node]
            lin.t.remove(new[last])
            more, lin = _split(lin, shape)
            total = array("i", [*parts[last], add_part(more)])
            lin.t.insert(0, add_sum(Lin(t=total)))
        elif node in first:
            plain = len(lin.t) == len(lin.operands()) and not lin.constant
            parts[node] = [*lin.t] if plain else [add_sum(lin)]
        whole = parts.get(node)
        new[node] = add_sum(lin if whole is None else Lin(t=array("i", whole)))
    result.outputs = [new[output] for output in scalars.outputs]
    return result


def _mapped(lin: Lin, new: dict[int, int]) -> Lin:
    """The same sum of other numbers."""
    a, b, c, d, t, u = (
        array("i", [new[o] for o in part]) for part in (lin.a, lin.b, lin.c, lin.d, lin.t, lin.u)
    )
    return Lin(a, b, c, d, t, u, lin.constant)


def _split(lin: Lin, shape: Shape) -> tuple[Lin, Lin]:
    """The first so many of its products and terms, and the others."""
    a, c, t, u = shape
    more = Lin(lin.a[:a], lin.b[:a], lin.c[:c], lin.d[:c], lin.t[:t], lin.u[:u])
    return more, Lin(lin.a[a:], lin.b[a:], lin.c[c:], lin.d[c:], lin.t[t:], lin.u[u:], lin.constant)


def _chains(scalars: Scalars) -> tuple[dict[int, int], dict[int, tuple[int, Shape]]]:
    """For each total of a running sum the one before; what is added depends on no total.

    And the sums that have swallowed the last total, as nobody else uses it: with the total
    before, and with how many of the first products and terms were that last total's own.
    """
    before: dict[int, int] = {}
    tails: dict[int, tuple[int, Shape]] = {}
    base: dict[int, int] = {}  # of a total, the level of the first
    added: dict[int, Shape] = {}  # how much is added to get it
    lengths: dict[int, int] = {}
    for node in range(scalars.leaves, len(scalars)):
        if scalars.kind[node] != "lin":
            continue
        lin = scalars.detail[node]
        shape = (len(lin.a), len(lin.c), len(lin.t) - 1, len(lin.u))
        for term in lin.t:
            if scalars.kind[term] != "lin" or lin.constant:
                continue
            own = added.get(term, shape)
            level = base.get(term, scalars.level[term])
            apart = all(scalars.level[o] < level for o in lin.operands() if o != term)
            if own == shape and apart:
                before[node], base[node], added[node] = term, level, shape
                lengths[node] = lengths.get(term, 1) + 1
                break
            if own != shape and all(map(le, own, shape)):
                tails[node] = term, own
    ends = before.keys() - {*before.values()}
    good: set[int] = set()
    for end in ends:
        node = end
        while SHORTEST <= lengths[end] <= LONGEST and node in before:
            good.add(node)
            node = before[node]
    tails = {node: tail for node, tail in tails.items() if tail[0] in good}
    return {node: term for node, term in before.items() if node in good}, tails
