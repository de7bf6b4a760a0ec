"""elementary: a computation rebuilt from + - * / max exp log, as the lectures' gates are."""

from __future__ import annotations

from .conversion import shorten
from .graph import topological_order
from .value import Value, describe, name_of

__all__ = ["elementary"]


def elementary(output: Value) -> Value:
    """Rebuild the same computation from + - * / max exp log only, over the same leaves.

    Value and gradients are those of ``output`` (but for rounding, and at kinks, where max
    shares the gradient: relu at 0), so the picture shows what a sigmoid, say, is made of.

    Raises:
        TypeError: output is no Value.
        ValueError: a gate has no such form (sin, floor, ...), or not at these operands (the
            square root is made of exp and log, which 0 has not).

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
        try:
            copy = op.elementary(*[rebuilt[operand] for operand in node.operands])
        except (ValueError, ZeroDivisionError) as error:
            operands = ", ".join(map(describe, node.operands))
            raise ValueError(
                f"{op.name}({operands}) has no form in + - * / max exp log here: {error}"
            ) from None
        if node.label and copy.op is not None and not copy.label:
            copy.label = node.label
        rebuilt[node] = copy
    return rebuilt[output]
