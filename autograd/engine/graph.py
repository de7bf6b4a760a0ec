"""Walks over a computation graph, none of them recursive.

A node is anything with ``operands`` (a tuple of nodes) and ``born`` (a number that grows with
every node made). A node's operands exist before the node does; that is the trick: nodes sorted
by birth are in topological order.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import Protocol, TypeVar

__all__ = ["ancestors", "consumers", "topological_order"]


class Node(Protocol):
    """What a walk needs to know of a node."""

    @property
    def operands(self) -> tuple[Node, ...]: ...

    @property
    def born(self) -> int: ...


N = TypeVar("N", bound=Node)
born = attrgetter("born")


def ancestors(*outputs: N) -> list[N]:
    """Every node that the outputs were computed from, they themselves included, each once."""
    found = list(dict.fromkeys(outputs))
    seen = set(found)
    see, add = seen.add, found.append
    for node in found:  # the list grows while it is walked
        for operand in node.operands:
            if operand not in seen:
                see(operand)  # type: ignore[arg-type]
                add(operand)  # type: ignore[arg-type]
    return found


def topological_order(*outputs: N) -> list[N]:
    """Every node that the outputs were computed from, operands before those who consume them.

    Back-propagation walks this order in reverse: by the time it reaches a node, all that the
    node's consumers have to say about its gradient has been said.

    >>> from autograd import Value
    >>> x, y, z = Value(-2.0, "x"), Value(5.0, "y"), Value(-4.0, "z")
    >>> q = x + y
    >>> f = q * z
    >>> [node.label or node.op.symbol for node in topological_order(f)]
    ['x', 'y', 'z', '+', '×']
    """
    order = ancestors(*outputs)
    order.sort(key=born)
    return order


def consumers(order: Iterable[N]) -> dict[N, list[tuple[N, int]]]:
    """For each node, who uses it: pairs of a consumer and the place among its operands.

    A node used twice by one consumer (``a * a``) is listed twice.
    """
    order = list(order)
    uses: dict[N, list[tuple[N, int]]] = {node: [] for node in order}
    for node in order:
        for place, operand in enumerate(node.operands):
            uses[operand].append((node, place))  # type: ignore[index]
    return uses
