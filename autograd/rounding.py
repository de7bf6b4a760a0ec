"""How far rounding may move a value or a derivative: bounds that follow from the graph.

They are what tests compare with: a derivative that is the difference of two large contributions
may be off by their rounding, though not by more.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from .derivatives import gradients
from .gate import lookup
from .graph import consumers, topological_order
from .value import Value

__all__ = ["error_bounds", "value_bound"]

EPSILON = 2.0**-52


def error_bounds(output: Value, leaves: Sequence[Value]) -> list[float]:
    """How far each derivative that the walk back gives may be from the exact one.

    4 · path length · EPSILON · Σ |path products| for the rounding on the way back; the length
    of a path counts an addition for each use of a node. To that comes the rounding on the way
    forward, 2 ulp at each node, which reaches the derivative through *its* derivative by that
    node.
    """
    order = topological_order(output)
    uses = consumers(order)
    length: dict[Value, float] = {output: 1.0}
    products: dict[Value, float] = {output: 1.0}
    for node in reversed(order):
        if node.op is None or node not in products:
            continue
        numbers = [operand.data for operand in node.operands]
        for operand, local in zip(node.operands, node.op.locals(numbers, node.data), strict=True):
            if local is not None:
                products[operand] = products.get(operand, 0.0) + abs(local) * products[node]
                far = length[node] + len(uses[operand])
                length[operand] = max(length.get(operand, 0.0), far)
    slopes = gradients(output, leaves, create_graph=True)
    return [
        4 * length.get(leaf, 0.0) * EPSILON * products.get(leaf, 0.0) + value_bound(slope, order)
        for leaf, slope in zip(leaves, slopes, strict=True)
    ]


def value_bound(output: Value, nodes: Sequence[Value] | None = None) -> float:
    """How far the rounding of these nodes, 2 ulp each, may move the output."""
    inner = [node for node in nodes or topological_order(output) if node.op is not None]
    slopes = gradients(output, inner)
    moved = [_size(node) * abs(slope) for node, slope in zip(inner, slopes, strict=True)]
    return 2 * EPSILON * math.fsum(moved)


def _size(node: Value) -> float:
    """What a node's rounding is in relation to: its number; Σ|w·x| + |b| for a dot product."""
    numbers: list[float] = [node.data]
    if node.op is lookup("dot"):
        n = len(node.operands) // 2
        pairs = zip(node.operands[:n], node.operands[n:-1], strict=True)
        numbers = [*(w.data * x.data for w, x in pairs), node.operands[-1].data]
    return math.fsum(map(abs, numbers))
