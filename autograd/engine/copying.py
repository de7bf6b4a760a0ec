"""Copies and pickles of graphs, as lists of nodes: a chain of a million neither recurses.

A leaf is pickled as itself, so that leaves stay shared between the graphs (and the model) that
are pickled together; an inner node reached from two of them is stored with each. A stale graph
stays stale.
"""

from __future__ import annotations

from typing import Any

from .clock import note_edit, stale_edges, tick
from .gate import Primitive
from .graph import topological_order
from .value import Constant, Value, constant


def _restore(
    kind: type[Value],
    data: float,
    grad: float | None,
    label: str,
    op: Primitive | None = None,
    operands: tuple[Value, ...] = (),
) -> Value:
    """Make a node as it was, but born now."""
    node = object.__new__(kind)
    node._data = data
    node.grad = grad
    node.label = label
    node.op = op
    node.operands = operands
    node.flow = None
    node.born = node.computed = tick()
    return node


def _restore_graph(rows: list[Any], edited: list[int]) -> Value:
    nodes: list[Value] = []
    for row in rows:
        if isinstance(row, Value):
            nodes.append(row)
        else:
            data, grad, label, op, places = row
            operands = tuple(nodes[place] for place in places)
            nodes.append(_restore(Value, data, grad, label, op, operands))
    for place in edited:
        note_edit(nodes[place])
    return nodes[-1]


def _deepcopy(self: Value, memo: dict[int, Any]) -> Value:
    order = topological_order(self)
    for node in order:
        if id(node) not in memo:
            operands = tuple(memo[id(operand)] for operand in node.operands)
            memo[id(node)] = (
                node
                if node.is_constant
                else _restore(type(node), node.data, node.grad, node.label, node.op, operands)
            )
    for operand, _ in stale_edges(order):
        note_edit(memo[id(operand)])
    copy: Value = memo[id(self)]
    return copy


def _reduce(self: Value) -> tuple[Any, ...]:
    if self.op is None:
        return _restore, (type(self), self.data, self.grad, self.label)
    order = topological_order(self)
    place = {node: k for k, node in enumerate(order)}
    rows = [
        node
        if node.op is None
        else (node.data, node.grad, node.label, node.op, [place[o] for o in node.operands])
        for node in order
    ]
    return _restore_graph, (rows, [place[operand] for operand, _ in stale_edges(order)])


def _reduce_constant(self: Constant) -> tuple[Any, ...]:
    return constant, (self.data,)


Value.__deepcopy__ = _deepcopy  # type: ignore[attr-defined]
Value.__reduce__ = _reduce  # type: ignore[assignment]
Constant.__reduce__ = _reduce_constant  # type: ignore[assignment]
