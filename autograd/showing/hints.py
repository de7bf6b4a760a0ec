"""Hints at two slips that raise no error: a leaf that is none any more, gradients that add up.

``w = w - rate * w.grad`` makes w a node on top of the old graph, where ``w.data -= ...`` was meant;
and ``backward()`` adds to the gradients that leaves have, where ``zero_grad()`` was forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..engine.clock import stale_edges
from ..engine.derivatives import gradients
from ..engine.graph import topological_order
from ..engine.primitives import add, mul, sub
from ..engine.value import Value
from ..reading.naming import short

__all__ = ["added_up", "hints", "no_leaves"]


def hints(output: Value, found: Mapping[Value, str]) -> list[str]:
    """What may have gone wrong without an error, a line each; mostly there is nothing.

    Args:
        output: the result that is looked at.
        found: the names of the caller's variables (see naming.py).

    >>> w = Value(3.0, "w")
    >>> (w * w).backward()
    >>> loss = w * w
    >>> loss.backward()
    >>> hints(loss, {w: "w"})  # doctest: +ELLIPSIS
    ['w.grad is 12: it holds other backward passes than this one, ...']
    """
    order = topological_order(output)
    lines = no_leaves(order, found)
    if output.grad is None or stale_edges(order):
        return lines
    leaves = [node for node in order if node.kind == "leaf" and node.grad is not None]
    for leaf, alone in zip(leaves, gradients(output, leaves) if leaves else [], strict=True):
        name = leaf.label or found.get(leaf, "")
        if name and (hint := added_up(name, leaf, alone * output.grad)):
            lines.append(hint)
    return lines


def added_up(name: str, leaf: Value, alone: float) -> str:
    """That the gradient of a node is not what this pass alone gives; else an empty string."""
    grad = leaf.grad
    if grad is None or not abs(grad - alone) > 1e-12 * max(abs(grad), abs(alone)):
        return ""
    return (
        f"{name}.grad is {short(grad)}: it holds other backward passes than this one, which gives "
        f"{short(alone)}; zero_grad() before a pass starts afresh"
    )


def no_leaves(order: Sequence[Value], found: Mapping[Value, str]) -> list[str]:
    """The variables that ``w = w - rate * w.grad`` has made nodes of a graph that grows.

    Such a node is held by a variable; below it, after steps of ± a number, comes a leaf that no
    variable holds any more and that has a gradient of another backward pass.
    """
    lines = []
    for node in order:
        name = found.get(node, "")
        if not name:
            continue
        old, steps = node, 0
        while (
            old.op in (sub, add)
            and _is_a_step(old.operands[1])
            and (old is node or old not in found)
        ):
            old, steps = old.operands[0], steps + 1
        lost = old.kind == "leaf" and old not in found and old.label in ("", name)
        if steps and lost and old.grad is not None and old.grad != node.grad:
            many = f", {steps} times" if steps > 1 else ""
            lines.append(
                f"{name} is no leaf any more but computed from one{many}, so that the graph grows: "
                f"to update a leaf write {name}.data -= rate * {name}.grad"
            )
    return lines


def _is_a_step(operand: Value) -> bool:
    """``rate * w.grad``: a number, or a product with one."""
    return operand.kind == "constant" or (
        operand.op is mul and any(factor.kind == "constant" for factor in operand.operands)
    )
