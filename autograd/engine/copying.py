"""Copy and pickle a graph from a list of its nodes: a chain of a million needs no recursion.

A copy or a pickle keeps the times of its original: what was stale stays stale. Loading a pickle
puts the clock forward, so that every node made afterwards is younger.

A leaf is pickled as any object is, so that leaves stay shared between the graphs (and the model)
that are pickled together; an inner node reached from two of them is stored with each.
"""

from __future__ import annotations

import copy
from typing import Any

from . import clock, recorders
from .clock import advance, note_edit
from .graph import topological_order
from .value import Constant, Value, constant

State = tuple[Any, dict[str, Any]]  # a leaf's attributes, and the slots by name


def _state(node: Value) -> State:
    """All that a node is, as Python itself takes an object apart."""
    state: State = object.__reduce_ex__(node, 2)[2]  # type: ignore[assignment]
    return state


def _set_state(self: Value, state: State) -> None:
    attributes, slots = state
    for name, thing in slots.items():
        setattr(self, name, thing)
    if attributes:
        self.__dict__.update(attributes)
    advance(self.computed)
    note_edit()  # the copy may be stale from the beginning


def _rebuilt(kind: type[Value], state: State) -> Value:
    node = object.__new__(kind)
    _set_state(node, state)
    return node


def _copy(self: Value) -> Value:
    """``copy.copy``: another node, computed from the same operands."""
    recorders.read(self)
    return self if self.kind == "constant" else _rebuilt(type(self), _state(self))


def _deepcopy(self: Value, memo: dict[int, Any]) -> Value:
    """``copy.deepcopy``: the whole graph."""
    recorders.read(self)
    for node in topological_order(self):
        if node.kind == "constant":
            memo[id(node)] = node
        elif id(node) not in memo:
            attributes, slots = _state(node)
            operands = tuple(memo[id(operand)] for operand in node.operands)
            if any(operand.born > node.born for operand in operands):
                slots["born"] = clock.tick()  # the caller's memo put a younger node in its place
            copied = memo[id(node)] = _rebuilt(type(node), (None, slots | {"operands": operands}))
            if attributes:
                copied.__dict__.update(copy.deepcopy(attributes, memo))
    result: Value = memo[id(self)]
    return result


# --------------------------------------------------------------------- pickles


def _reduce(self: Value, protocol: Any) -> Any:
    recorders.read(self)
    if self.op is None:
        return object.__reduce_ex__(self, 2)
    order = topological_order(self)
    places = {node: place for place, node in enumerate(order)}
    records: list[Any] = []
    for node in order:
        if node.op is None:
            records.append(node)
        else:
            _, slots = _state(node)
            slots["operands"] = [places[operand] for operand in node.operands]
            records.append((type(node), slots))
    return _read_graph, (records,)


def _read_graph(records: list[Any]) -> Value:
    nodes: list[Value] = []
    for record in records:
        if isinstance(record, Value):
            nodes.append(record)
        else:
            kind, slots = record
            slots["operands"] = tuple(nodes[place] for place in slots["operands"])
            nodes.append(_rebuilt(kind, (None, slots)))
    return nodes[-1]


def _reduce_constant(self: Constant, protocol: Any) -> Any:
    return constant, (self._data,)


Value.__copy__ = _copy
Value.__deepcopy__ = _deepcopy
Value.__setstate__ = _set_state
Value.__reduce_ex__ = _reduce  # type: ignore[assignment]
Constant.__reduce_ex__ = _reduce_constant  # type: ignore[assignment]
