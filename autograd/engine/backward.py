"""The chain rule: every node passes ``local × upstream`` on to its operands.

``propagate`` finds the graph, sorts it by birth (see graph.py) and walks it from the output back
to the leaves. By the time it reaches a node, each of the node's consumers has added its
contribution: the gradient is complete, and can be passed on.

The gradients in flight are in a dictionary that the walk makes for itself. Whatever happens on the
way (an error, an interrupt, another walk in another thread or inside a user's rule), nobody else
sees them; ``.grad`` is set in the end, all at once.

The same walk serves numbers and graphs (for derivatives of derivatives): only the *step* of a node
differs, that is, whether the rules of the table are read on floats or on Values.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from itertools import chain, repeat
from typing import Any

from . import clock, recorders
from .clock import stale_edges
from .conversion import as_number
from .graph import ancestors, born
from .primitives import branch, choice
from .steps import Gradients, Step, is_built_in, pass_on, step_of
from .value import Unrecorded, Value, describe, name_of

__all__ = ["StaleGraphError", "backward", "graph_step", "local_derivatives", "propagate"]


class StaleGraphError(RuntimeError):
    """A leaf was edited after the graph was computed from it: its gradients would be wrong."""


def backward(self: Value, upstream: float = 1.0) -> None:
    """Back-propagate: set ``.grad`` to d self / d node on every node of the graph.

    Leaves add the gradient to what they had (mini-batches work); inner nodes are set anew. A node
    that nothing flowed to has gradient 0.

    Args:
        upstream: the gradient that arrives at this node.

    Raises:
        StaleGraphError: a leaf was edited after a node was computed from it.
        RuntimeError: this number was computed without a graph.

    >>> a = Value(2.0)
    >>> b = a * a
    >>> c = b + b
    >>> for _ in range(3):
    ...     c.backward()
    ...     print(a.grad, b.grad)
    8.0 2.0
    16.0 2.0
    24.0 2.0
    """
    if type(upstream) is not float:
        upstream = as_number(upstream, "the upstream gradient")
    gradients = propagate(self, upstream)
    with clock.lock:  # threads may share leaves
        numbers = [  # `or 0.0`: neither None nor -0.0 is shown to anybody
            gradient or 0.0 if node.op else (gradient or 0.0) + (node._grad or 0.0)
            for node, gradient in gradients.items()
        ]
        # for each: node._grad = number; but in one call of C, so that Ctrl-C finds all set or none
        deque(map(setattr, gradients, repeat("_grad"), numbers), maxlen=0)


Value.backward = backward


def propagate(
    output: Value,
    upstream: Any,
    step: Step | None = None,
    graph: tuple[Iterable[Value], Sequence[Value]] | None = None,
) -> Gradients:
    """Let ``upstream`` flow from the output to the leaves.

    Args:
        output: where to start.
        upstream: the gradient that arrives there, a float, or whatever ``step`` passes on.
        step: how a node passes its gradient on, if not on numbers.
        graph: the leaves and the other nodes, operands first, of whoever knows them already, and
            that none is stale.

    Returns:
        the gradient that arrived at each node that the output depends on, None where nothing did.

    Raises:
        StaleGraphError: an operand was changed after a node was computed from it.
        RuntimeError: the output was computed without a graph.
    """
    if not output.born:
        return {}  # a plain number
    if isinstance(output, Unrecorded):
        raise RuntimeError(
            f"{name_of(output)} was computed without a graph (under no_grad, or cut off by "
            "detach), so it has no derivatives: compute it outside of no_grad"
        )
    order: Sequence[Value]
    if graph is None:
        gradients: Gradients = ancestors(output)
        order = sorted(gradients, key=born)
        if stale := stale_edges(order):
            raise stale_error(*stale[0])
    else:
        leaves, order = graph
        gradients = dict.fromkeys(chain(leaves, order))
    gradients[output] = upstream
    watching = [each for each in recorders.mine() if each.watches] if recorders.active else None
    for node in reversed(order):
        op, arrived = node.op, gradients[node]
        if op is None or arrived is None:
            continue
        try:
            (step or op.step or step_of(op))(node, arrived, gradients)
        except (ValueError, ZeroDivisionError, OverflowError) as error:
            raise _no_derivative(node, error) from error
        if watching:
            for recorder in watching:
                recorder.watch_backward(node, gradients)
    return gradients


def _no_derivative(node: Value, error: Exception) -> Exception:
    """An error of a rule, with the gate and its operands in the message."""
    assert node.op is not None
    operands = ", ".join(map(describe, node.operands))
    kinds = (ValueError, ZeroDivisionError, OverflowError)
    kind = next(kind for kind in kinds if isinstance(error, kind))
    return kind(f"the derivative of {node.op.name}({operands}): {error}")


def stale_error(operand: Value, node: Value) -> StaleGraphError:
    """The error for a node that is older than its operand's data."""
    return StaleGraphError(
        f"{name_of(operand)} was changed after {name_of(node)} was computed from it; "
        "call forward() on the output first, or compute it again"
    )


class _Nothing(float):
    """The 0 that is shown where nothing flows: times an infinite upstream it is 0, not NaN."""

    def __mul__(self, upstream: float) -> float:
        return self

    __rmul__ = __mul__


_nothing = _Nothing(0.0)


def local_derivatives(node: Value) -> list[float | None]:
    """Give d node / d operand for each operand, as a person would write them on the board.

    Where a row says None, because nothing flows, this says 0 for an operand on a flat side or not
    chosen by max; and None only for what has no derivative to show: a constant, a condition, a
    class index, a branch of ``where`` that was not taken.

    >>> x = Value(3.0)
    >>> local_derivatives(x * x), local_derivatives(2 * x)
    ([3.0, 3.0], [None, 2.0])
    """
    op = node.op
    if op is None:
        return []
    numbers = op.locals([operand._data for operand in node.operands], node._data)
    shown = None if op in (choice, branch) else _nothing  # where the row says None
    passes = op.differentiable(len(numbers))
    return [
        None if not (operand.born and can) else shown if local is None else local
        for operand, local, can in zip(node.operands, numbers, passes, strict=True)
    ]


def graph_step(node: Value, upstream: Value, gradients: Gradients) -> None:
    """Pass local × upstream on to each operand, the row read on Values."""
    op = node.op
    assert op is not None
    on_values = op.locals(node.operands, node)
    if not is_built_in(op):
        _same_as_on_numbers(node, on_values)
    for operand, local in zip(node.operands, on_values, strict=True):
        if local is not None and operand.born:
            one = type(local) is float and local == 1  # no mul node for it
            pass_on(operand, upstream if one else local * upstream, gradients)


def _same_as_on_numbers(node: Value, on_values: list[Any]) -> None:
    """A user's rule may ask what its operands are, and so give backward() another number."""
    assert node.op is not None
    on_numbers = local_derivatives(node)
    for place, (a, b) in enumerate(zip(on_numbers, on_values, strict=True), 1):
        b = b._data if isinstance(b, Value) else b
        if a is not None and a != b and not (a != a and b != b):
            raise TypeError(
                f"the gate {node.op.name}: its partial by operand {place} is {a!r} on numbers and "
                f"{b!r} on Values; a rule must not ask what its operands are"
            )
