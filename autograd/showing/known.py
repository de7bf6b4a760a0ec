"""What is known of a graph: all that it holds, or as far as a walk has come.

A picture of a graph is the same in either case, and so are its views: only what has been computed
is written into it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from ..engine.backward import local_derivatives
from ..engine.clock import stale_edges
from ..engine.value import Value
from .stepping import Walk

__all__ = ["Known", "Part", "SoFar", "known_of"]


class Part(NamedTuple):
    """What a node passes on to an operand: local × upstream = amount, None where not known."""

    local: float | None
    upstream: float | None
    amount: float | None


class Known:
    """The numbers that a graph holds: everything, and in the backward view what is passed on."""

    now: Value | None = None  # the node that the walk's step done last is about

    def __init__(self, order: list[Value], backward: bool) -> None:
        self._backward = backward
        self._stale = {node for _, node in stale_edges(order)}
        self._locals = {node: _locals(node) for node in order}

    def value(self, node: Value) -> float | None:
        number: float = node.data
        return number

    def gradient(self, node: Value) -> float | None:
        number: float | None = node.grad
        return number

    def passed(self, node: Value) -> bool:
        """Whether the node is shown passing its gradient on to its operands."""
        return self._backward

    def part(self, node: Value, place: int) -> Part | None:
        """What the node passes on to an operand; None if nothing ever flows there."""
        local = self._locals[node][place]
        if local is None:
            return None
        if node.grad is None or node in self._stale:
            return Part(None, None, None)
        return Part(local, node.grad, local * node.grad)

    def final(self, node: Value) -> float | None:
        """The gradient that the node will have in the end, as far as that is known."""
        return self.gradient(node)


class SoFar(Known):
    """The numbers of a walk at its position: values not yet computed and gradients are None."""

    def __init__(self, walk: Walk) -> None:
        self._walk = walk
        self._parts: dict[tuple[Value, int], Part] = {}
        self._totals = {walk.output: 1.0}
        for step in walk.steps:
            for part in step.contributions:
                self._parts[step.node, part.place] = Part(part.local, part.upstream, part.amount)
                self._totals[part.operand] = part.total
        done = walk.steps[: walk.position]
        self._passed = {step.node for step in done if step.phase == "backward"}
        self.now = walk.step.node if walk.step else None

    def value(self, node: Value) -> float | None:
        return self._walk.value(node)

    def gradient(self, node: Value) -> float | None:
        return self._walk.gradient(node)

    def passed(self, node: Value) -> bool:
        return node in self._passed

    def part(self, node: Value, place: int) -> Part | None:
        return self._parts.get((node, place))

    def final(self, node: Value) -> float | None:
        return self._totals.get(node, 0.0)


class Ahead(SoFar):
    """The numbers that a graph holds before its backward pass, and room for what that brings."""

    def __init__(self, output: Value) -> None:
        super().__init__(Walk(output, "topological", {}))

    def value(self, node: Value) -> float | None:
        number: float = node.data
        return number

    def gradient(self, node: Value) -> float | None:
        number: float | None = node.grad
        return number


def known_of(outputs: list[Value], order: list[Value], backward: bool) -> Known:
    """What is known of a graph of some outputs."""
    if not backward and len(outputs) == 1 and outputs[0].grad is None:
        try:
            return Ahead(outputs[0])
        except (ArithmeticError, ValueError, RuntimeError):  # stale, or no way back through it
            pass
    return Known(order, backward)


def _locals(node: Value) -> list[float | None]:
    """The local derivatives; None where nothing flows, NaN where the rule itself fails."""
    try:
        return local_derivatives(node)
    except (ArithmeticError, ValueError):  # a stale graph, or a user's rule at its kink
        return [None if operand.kind == "constant" else math.nan for operand in node.operands]
