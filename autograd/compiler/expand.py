"""Expand: gates that are written with other gates become those, from program to program.

Up to here a sigmoid is one operation, whose derivative is its own row's. A target's language
need not know it: the row's value, read on arrays, says how it is computed. Gates over a sequence
become operations along the last axis.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..engine import primitives
from ..engine.gate import Primitive
from .builder import Builder
from .language import Along, Array, Gate, needed
from .sequence import along

__all__ = ["expand"]


def expand(roots: Iterable[Array]) -> dict[Array, Array]:
    """The program again, of plain operations: for each of its arrays what computes it then."""
    builder = Builder()
    new: dict[Array, Array] = {}
    for node in needed(roots):
        operands = tuple(new[operand] for operand in node.operands)
        if isinstance(node, Along):
            made = along(builder, node.op, operands, node.shape, node.batched)
        elif isinstance(node, Gate):
            made = _gate(builder, node.op, operands)
        else:
            made = builder.make(type(node), operands, node.shape, node.batched, *node.details)
        if made.batched != node.batched:  # x - x of each sample has become the number 0
            made = builder.expand(made, node.shape, node.batched)
        new[node] = made
        if (hint := node.builder.hints.get(node)) is not None:
            builder.hint(made, hint)
    for made, hint in builder.hints.items():
        if isinstance(hint, tuple):
            builder.hints[made] = ("d", new.get(hint[1]))
    return new


def _gate(builder: Builder, op: Primitive, operands: tuple[Array, ...]) -> Array:
    if op in (primitives.maximum, primitives.minimum) and len(operands) == 1:
        return operands[0]
    if op is primitives.choice:
        return builder.select(*operands)
    if op is primitives.branch:  # built once, by what its condition was
        condition, taken, expected = operands
        holds = condition != 0 if getattr(expected, "value", 0.0) else condition == 0
        return builder.select(holds, taken, float("nan"))
    if op.formula is not None and op is not primitives.step:  # whose name printers know
        try:
            result = op.formula(*operands)
        except Exception:  # it asks for more than gates: the value is called by its name
            result = None
        if isinstance(result, Array):
            return result
    return builder.elementwise(op, *operands)
