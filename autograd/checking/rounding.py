"""How far rounding may move a value or a derivative: bounds that follow from the graph.

They are what tests compare with: a derivative that is the difference of two large contributions
may be off by their rounding, though not by more.

A gate of the table is accurate whatever its operands, and so are its partials. Not so a gate of
one's own: the formula of its value can't be looked into, so its error is a matter of trust (the
*tolerance*); those of its partials are read on Values, and the graph tells what rounds there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..engine import primitives
from ..engine.derivatives import gradients
from ..engine.gate import Primitive
from ..engine.graph import consumers, topological_order
from ..engine.value import Value

__all__ = ["error_bounds", "value_bound"]

EPSILON = 2.0**-52
TABLE = frozenset(row for row in vars(primitives).values() if isinstance(row, Primitive))


def error_bounds(output: Value, leaves: Sequence[Value], tolerance: float = 0.0) -> list[float]:
    """How far each derivative that the walk back gives may be from the exact one.

    4 · path length · EPSILON · Σ |path products| for the rounding on the way back; the length
    of a path counts an addition for each use of a node. To that comes the rounding on the way
    forward, 2 ulp at each node, which reaches the derivative through *its* derivative by that
    node; and the rounding within the partials of gates that are not of the table.

    Args:
        output: what is differentiated.
        leaves: by what.
        tolerance: as for ``value_bound``.
    """
    order = topological_order(output)
    uses = consumers(order)
    length: dict[Value, float] = {output: 1.0}
    products: dict[Value, float] = {output: 1.0}
    within: dict[Value, float] = {}  # what the partials' own rounding comes to
    for node in reversed(order):
        if node.op is None or node not in products:
            continue
        rounded = _partial_bounds(node, tolerance)
        for operand, local, own in zip(node.operands, _locals(node), rounded, strict=True):
            if local is not None:
                products[operand] = products.get(operand, 0.0) + abs(local) * products[node]
                moved = abs(local) * within.get(node, 0.0) + own * products[node]
                within[operand] = within.get(operand, 0.0) + moved
                far = length[node] + len(uses[operand])
                length[operand] = max(length.get(operand, 0.0), far)
    slopes = gradients(output, leaves, create_graph=True)
    return [
        4 * length.get(leaf, 0.0) * EPSILON * products.get(leaf, 0.0)
        + within.get(leaf, 0.0)
        + value_bound(slope, order, tolerance)
        for leaf, slope in zip(leaves, slopes, strict=True)
    ]


def value_bound(
    output: Value, nodes: Sequence[Value] | None = None, tolerance: float = 0.0
) -> float:
    """How far the rounding of these nodes, 2 ulp each, may move the output.

    Args:
        output: what is moved.
        nodes: of which nodes; by default of all that the output was computed from.
        tolerance: how far, beyond that, the value of a gate that is not of the table may be off:
            as if its operands, its result or a number of size 1 were off by so much of theirs.
    """
    inner = [node for node in nodes or topological_order(output) if node.op is not None]
    slopes = gradients(output, inner)
    return math.fsum(
        (2 * EPSILON * _size(node) + tolerance * _trusted(node)) * abs(slope)
        for node, slope in zip(inner, slopes, strict=True)
    )


def _size(node: Value) -> float:
    """What a node's rounding is in relation to: its number; Σ|w·x| + |b| for a dot product."""
    numbers: list[float] = [node.data]
    if node.op is primitives.dot:
        n = len(node.operands) // 2
        pairs = zip(node.operands[:n], node.operands[n:-1], strict=True)
        numbers = [*(w.data * x.data for w, x in pairs), node.operands[-1].data]
    return math.fsum(map(abs, numbers))


def _trusted(node: Value) -> float:
    """What the tolerance is in relation to, at a gate that is not of the table; else 0."""
    if node.op in TABLE:
        return 0.0
    pairs = zip(node.operands, _locals(node), strict=True)
    moved = math.fsum(abs(operand.data * local) for operand, local in pairs if local)
    return float(max(1.0, abs(node.data), moved))


def _locals(node: Value) -> list[float | None]:
    assert node.op is not None
    return node.op.locals([operand.data for operand in node.operands], node.data)


def _partial_bounds(node: Value, tolerance: float) -> list[float]:
    """How far rounding within the formula of each partial may move it; 0 at gates of the table."""
    assert node.op is not None
    if node.op in TABLE:
        return [0.0] * len(node.operands)
    operands = [Value(operand.data) for operand in node.operands]
    partials = node.op.locals(operands, Value(node.data))
    return [
        value_bound(partial, tolerance=tolerance) if isinstance(partial, Value) else 0.0
        for partial in partials
    ]
