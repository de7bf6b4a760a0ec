"""Walks over a computation graph, none of them recursive.

A node is anything with ``operands`` (a tuple of nodes) and ``born`` (a number that grows with
every node made). A node's operands exist before the node does, and never change; that is the
trick: nodes sorted by birth are in topological order. (A constant was never born: 0.)
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import Any, Protocol, TypeVar

__all__ = ["ancestors", "born", "consumers", "topological_order"]


class Node(Protocol):
    """What a walk needs to know of a node."""

    @property
    def operands(self) -> tuple[Any, ...]: ...

    @property
    def born(self) -> int: ...


N = TypeVar("N", bound=Node)
born = attrgetter("born")


def ancestors(*outputs: N) -> dict[N, Any]:
    """Every node that the outputs were computed from, they themselves included, each once.

    Returns:
        a dictionary with the nodes as its keys, and None for each: the caller may note there
        what it finds out about them. The order is that of a depth-first search, in which what
        was computed together stands together, so that sorting it by birth is quick.
    """
    found: dict[N, Any] = {}
    waiting = list(outputs)
    while waiting:
        node = waiting.pop()
        if node not in found:
            found[node] = None
            waiting += node.operands
    return found


def topological_order(*outputs: N) -> list[N]:
    """Every node that the outputs were computed from, operands before those who consume them.

    Back-propagation walks this order in reverse: by the time it reaches a node, each of the node's
    consumers has added its contribution to the gradient.

    >>> from autograd import Value
    >>> x, y, z = Value(-2.0, "x"), Value(5.0, "y"), Value(-4.0, "z")
    >>> q = x + y
    >>> f = q * z
    >>> [node.label or node.op.symbol for node in topological_order(f)]
    ['x', 'y', 'z', '+', '×']
    """
    return sorted(ancestors(*outputs), key=born)


def consumers(order: Iterable[N]) -> dict[N, list[tuple[N, int]]]:
    """For each node, who uses it: pairs of a consumer and the place among its operands.

    A node used twice by one consumer (``a * a``) is listed twice.
    """
    order = list(order)
    uses: dict[N, list[tuple[N, int]]] = {node: [] for node in order}
    for node in order:
        for place, operand in enumerate(node.operands):
            uses[operand].append((node, place))
    return uses
