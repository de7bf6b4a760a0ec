"""Expand: gates that are written with other gates become those, from program to program.

Up to here a sigmoid is one operation, whose derivative is its own row's. A target's language
need not know it: the row's value, read on arrays, says how it is computed. Gates over a sequence
become operations along the last axis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..engine import primitives
from ..engine.gate import Primitive, registry
from .builder import Builder
from .language import Along, Array, Gate, needed
from .operators import Untranslatable
from .sequence import along

__all__ = ["expand"]

_ROWS = {op.array: op for op in registry.values() if isinstance(op.array, str)} | {
    "heaviside": primitives.step,
    "logaddexp": primitives.logsumexp,
    "maximum": primitives.maximum,
    "minimum": primitives.minimum,
    "where": primitives.choice,
}
"""What a row's value calls NumPy for, as rows."""

_PLAIN = {*_ROWS.values()}


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
    if callable(op.array) and op not in _PLAIN:
        try:
            result = op.array(_Rows(builder), *operands)
        except Exception:  # the row does more than elementwise NumPy: it is called by its name
            result = None
        if isinstance(result, Array):
            return result
    return builder.elementwise(op, *operands)


class _Rows:
    """Stands for NumPy while a row's ``array=`` is read: its functions are rows."""

    def __init__(self, builder: Builder) -> None:
        self.builder = builder

    def __getattr__(self, name: str) -> Callable[..., Any]:
        op = _ROWS.get(name)
        if op is None or not hasattr(np, name):
            raise Untranslatable(name)
        if op is primitives.choice:
            return self.builder.select
        if op is primitives.step:
            return lambda x, at_zero: self.builder.quietly(primitives.step, x)
        return lambda *operands: self.builder.quietly(op, *operands)
