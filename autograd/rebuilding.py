"""elementary: a computation rebuilt from + - * / max exp log, as the lectures' gates are."""

from __future__ import annotations

from .gate import shorten
from .graph import topological_order
from .value import Value, name_of

__all__ = ["elementary"]


def elementary(output: Value) -> Value:
    """Rebuild the same computation from + - * / max exp log only, over the same leaves.

    Value and gradients are those of ``output`` (but for rounding), so the picture shows what
    a sigmoid, say, is made of.

    Raises:
        TypeError: output is no Value.
        ValueError: a gate has no such form (sin, floor, ...).

    >>> x = Value(0.5, "x")
    >>> from autograd import sigmoid
    >>> y = elementary(sigmoid(x))
    >>> round(y.data, 12) == round(sigmoid(0.5), 12)
    True
    """
    if not isinstance(output, Value):
        raise TypeError(f"elementary takes a Value, got {shorten(output)}")
    rebuilt: dict[Value, Value] = {}
    for node in topological_order(output):
        op = node.op
        if op is None:
            rebuilt[node] = node
            continue
        if op.elementary is None:
            raise ValueError(
                f"{name_of(node)}: {op.name} has no form in + - * / max exp log; "
                "draw or check the graph as it is"
            )
        copy = op.elementary(*[rebuilt[operand] for operand in node.operands])
        if node.label and copy.op is not None and not copy.label:
            copy.label = node.label
        rebuilt[node] = copy
    return rebuilt[output]
