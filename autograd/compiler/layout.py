"""Layout: the order of the parameters in theta, chosen so that weights are views of it.

Every use of parameters is a wish: a block of them, in the order in which the program reads
them. Wishes of matrix products come before those of biases, these before the rest, the largest
first; a block is granted if none of its parameters has a place yet. If the parameters have an order
of their own, theta has it: the usual ones (a matrix row by row, then its bias) give views as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .grids import Columns
from .group import THETA, Group, Grouping

__all__ = ["lay_out"]


def lay_out(grouping: Grouping, ordered: bool = False) -> None:
    """Give every parameter its place, and rewrite the columns of all groups accordingly.

    Args:
        grouping: the groups, and the parameters in their order until now.
        ordered: whether they are to stay in it.
    """
    count = len(grouping.parameters)
    sequence = np.arange(count) if ordered else _sequence(grouping, count)
    place = np.empty(count, dtype=np.int32)
    place[sequence] = np.arange(count)
    grouping.parameters = [grouping.parameters[k] for k in sequence.tolist()]
    of_theta = grouping.source == THETA
    grouping.column[of_theta] = place[grouping.column[of_theta]]
    for group in grouping.groups:
        group.operands = [(s, place[c] if s == THETA else c) for s, c in group.operands]
        for run in group.runs:
            if run.a_source == THETA:
                run.a = place[run.a]
            if run.b_source == THETA:
                run.b = place[run.b]
                if (run.b == run.b[:1]).all():  # products may come in any order: make it theta's
                    order_b = np.argsort(run.b[0], kind="stable")
                    run.b, run.a = run.b[:, order_b], run.a[:, order_b]


def _sequence(grouping: Grouping, count: int) -> Any:
    """The parameters in the order in which blocks of them are used."""
    wishes = [wish for group in grouping.groups for wish in _wishes(group)]
    ranked = sorted(range(len(wishes)), key=lambda w: (wishes[w][0], -wishes[w][1].size, w))
    taken = np.zeros(count, dtype=bool)
    granted = []
    so_far = 0
    for w in ranked:
        block = wishes[w][1].ravel()
        if taken[block].any():
            continue
        taken[block] = True
        if np.count_nonzero(taken) == so_far + len(block):
            so_far += len(block)
            granted.append(w)
        else:  # it names a parameter twice
            taken[block] = False
    order = [wishes[w][1].ravel() for w in sorted(granted)]
    order.append(np.flatnonzero(~taken))
    return np.concatenate(order)


def _wishes(group: Group) -> Iterator[tuple[int, Columns]]:
    """(urgency, block) for each use of parameters by this group."""
    dense = any(run.matrix for run in group.runs)
    for run in sorted(group.runs, key=lambda run: not run.matrix):
        if run.a_source == THETA:
            yield (0 if run.matrix else 2), _distinct(run.a, group.shape, run.k)
        if run.b_source == THETA:
            yield (1 if dense else 2), _distinct(run.b, group.shape, run.k)
    operands = group.operands
    if group.table:
        rows = [columns for source, columns in operands[1:] if source == THETA]
        if rows:
            yield 0, np.array(rows)
        operands = operands[:1]
    for source, columns in operands:
        if source == THETA:
            yield 2, _distinct(columns[:, None], group.shape, 1)


def _distinct(rows: Columns, shape: tuple[int, ...], k: int) -> Columns:
    """The columns without repetition along the axes on which they don't depend."""
    block = rows.reshape(*shape, k)
    for axis in range(block.ndim):
        first = np.take(block, [0], axis)
        if (block == first).all() and block.shape[axis] > 1:
            block = first
    return block
