"""The chain rule: every node passes ``local × upstream`` on to its operands.

``propagate`` finds the graph, sorts it by birth (see graph.py) and walks it from the output
back to the leaves. The gradients in flight are in the nodes' ``flow``, which belongs to the
walk: it is None before and after, whatever happens in between, and ``.grad`` is set only at the
end, so an exception leaves all gradients as they were. The same walk serves numbers and graphs
(for derivatives of derivatives): only the *step* of a node differs, that is, whether the rules
of the table are read on floats or on Values.

The trick that makes it fast: for a gate with a fixed number of operands, the step on numbers
is written as Python source from the text reading of the gate's row, and compiled once (a
partial that costs something is not computed for a constant, which was never born)::

    >>> from autograd.engine import primitives
    >>> print(step_source(primitives.div))
    def div_step(node, upstream):
        x, y = node.operands
        if x.born:
            x.flow += 1 / y._data * upstream
        if y.born:
            y.flow += -(node._data / y._data) * upstream
"""

from __future__ import annotations

import linecache
import math
from collections.abc import Callable
from typing import Any, TypeVar

from . import gate, modes, primitives
from .clock import stale_edges, walking
from .gate import Primitive, as_number
from .graph import born
from .text import Expression, python
from .value import Value, describe, name_of

__all__ = ["StaleGraphError", "backward", "local_derivatives", "propagate", "step_source"]

NOTHING = -0.0
"""What has flowed into a node that nothing has reached yet: this very object, not the number.

As a number it is the one that adds nothing (x + -0.0 is x, even for x = -0.0).
"""

T = TypeVar("T")
Step = Callable[[Value, Any], None]

_in_flight: list[list[Value]] = []  # the nodes of the walk going on, and of those it interrupted


class StaleGraphError(RuntimeError):
    """A leaf was edited after the graph was computed from it: its gradients would be wrong."""


def backward(self: Value, upstream: float = 1.0) -> None:
    """Back-propagate: set ``.grad`` to d self / d node on every node of the graph.

    Leaves add the gradient to what they had (mini-batches work); inner nodes are set anew.

    Args:
        upstream: the gradient that arrives at this node.

    Raises:
        StaleGraphError: a leaf was edited after a node was computed from it.

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
    propagate(self, upstream, _set_gradients)


def _set_gradients(order: list[Value]) -> None:
    for node in order:
        if node.op is not None:
            node.grad = node.flow + 0.0  # and so never -0.0, nor NOTHING
        else:
            before = node.grad
            node.grad = node.flow + (0.0 if before is None else before)


Value.backward = backward


def propagate(
    output: Value,
    upstream: Any,
    harvest: Callable[[list[Value]], T],
    graph: bool = False,
    order: list[Value] | None = None,
) -> T:
    """Let ``upstream`` flow from the output to the leaves; give what ``harvest`` makes of it.

    Args:
        output: where to start.
        upstream: the gradient that arrives there, a float, or a Value if ``graph``.
        harvest: called with the nodes, each with its gradient in ``flow``.
        graph: read the rules on Values, so that the gradients can be differentiated again.
        order: all that the output depends on but constants, operands first, where that is known.

    Raises:
        StaleGraphError: a node is older than an operand's data.
    """
    if output.is_constant:
        return harvest([])
    watch = modes.current("watch_backward") if modes.active else None
    with walking:  # one walk at a time: threads may share leaves
        if _in_flight:
            result: T = _interrupting(output, upstream, harvest, graph, order)
            return result
        known = order is not None
        order = [output] if order is None else order
        _in_flight.append(order)
        try:
            if known:
                for node in order:
                    node.flow = NOTHING
            output.flow = upstream
            if not known:
                for node in order:  # grows while it is walked: all that the output depends on
                    for operand in node.operands:
                        if operand.flow is None:
                            operand.flow = NOTHING
                            order.append(operand)
                order.sort(key=born)
            if stale := stale_edges(order):
                raise stale_error(*stale[0])
            for node in reversed(order):
                op = node.op
                if op is not None:
                    arrived = node.flow
                    if arrived is not NOTHING:
                        try:
                            if graph:
                                graph_step(node, arrived)
                            else:
                                op.step(node, arrived)
                        except (ValueError, ZeroDivisionError, OverflowError) as error:
                            raise _no_derivative(node, error) from error
                        if watch is not None:
                            watch(node, arrived)
            return harvest(order)
        finally:
            _in_flight.pop()
            for node in order:
                node.flow = None


def _no_derivative(node: Value, error: Exception) -> Exception:
    """An error of a rule, with the gate and its operands in the message."""
    assert node.op is not None
    operands = ", ".join(map(describe, node.operands))
    kinds = (ValueError, ZeroDivisionError, OverflowError)
    kind = next(kind for kind in kinds if isinstance(error, kind))
    return kind(f"the derivative of {node.op.name}({operands}): {error}")


def _interrupting(output: Value, *more: Any) -> Any:
    """A walk inside a walk (a user's rule may ask for a gradient): put the outer one aside."""
    outer = _in_flight.pop()
    flows = [node.flow for node in outer]
    for node in outer:
        node.flow = None
    try:
        return propagate(output, *more)
    finally:
        for node, flow in zip(outer, flows, strict=True):
            node.flow = flow
        _in_flight.append(outer)


def stale_error(operand: Value, node: Value) -> StaleGraphError:
    return StaleGraphError(
        f"{name_of(operand)} was changed after {name_of(node)} was computed from it; "
        "call forward() on the output first, or compute it again"
    )


def local_derivatives(node: Value) -> list[float | None]:
    """d node / d operand for each operand, as numbers; None where nothing flows.

    Nothing flows into a constant, a condition, a class index, or a branch not taken.

    >>> x = Value(3.0)
    >>> local_derivatives(x * x), local_derivatives(2 * x)
    ([3.0, 3.0], [None, 2.0])
    """
    op = node.op
    if op is None:
        return []
    numbers = op.locals([operand._data for operand in node.operands], node._data)
    return [
        None if not operand.born or local is None or (op.routes and local == 0) else local
        for operand, local in zip(node.operands, numbers, strict=True)
    ]


def number_step(node: Value, upstream: float) -> None:
    """Pass local × upstream on to each operand, the rules read on floats."""
    op = node.op
    assert op is not None
    operands = node.operands
    numbers = op.locals([operand._data for operand in operands], node._data)
    for operand, local in zip(operands, numbers, strict=True):
        if operand.born and local is not None:
            operand.flow += local * upstream


def routing_step(node: Value, upstream: float) -> None:
    """Pass the gradient to the branch taken, and nothing (not 0 ×) to the other."""
    for operand, local in zip(node.operands, local_derivatives(node), strict=True):
        if local is not None:
            operand.flow += local * upstream


def graph_step(node: Value, upstream: Value) -> None:
    """Pass local × upstream on to each operand, the rules read on Values."""
    op = node.op
    assert op is not None
    flowing = local_derivatives(node)
    rules = op.locals(node.operands, node)
    for operand, local, number in zip(node.operands, rules, flowing, strict=True):
        if number is not None:
            contribution = upstream if type(local) is float and local == 1 else local * upstream
            before = operand.flow
            operand.flow = contribution if before is NOTHING else before + contribution


# ------------------------------------------------- steps written from the text reading


def step_source(op: Primitive) -> str | None:
    """The source of a gate's step on numbers, or None if its row can't be read as text."""
    partials = _partials_as_text(op)
    if partials is None:
        return None
    names = _names(len(partials))
    lines = [
        f"def {op.name}_step(node, upstream):",
        f"    {', '.join(names)}{',' if op.arity == 1 else ''} = node.operands",
    ]
    for name, partial in zip(names, partials, strict=True):
        if partial is None:
            continue
        text = python(partial)
        sign = "-" if text == "-1" else "+"
        contribution = Expression("upstream")
        if text not in ("1", "-1"):
            contribution = partial * contribution
        line = f"{name}.flow {sign}= {python(contribution)}"
        free = not isinstance(partial, Expression) or not partial.operands
        lines += [f"    {line}"] if free else [f"    if {name}.born:", f"        {line}"]
    return "\n".join(lines)


def _names(count: int) -> list[str]:
    return ["x", "y", "z", *(f"x{k}" for k in range(4, count + 1))][:count]


def _partials_as_text(op: Primitive) -> list[Any] | None:
    if op.arity is None or op.routes:
        return None
    operands = [Expression(f"{name}._data") for name in _names(op.arity)]
    try:
        partials = op.locals(operands, Expression("node._data"))
        for partial in partials:
            python(partial if partial is not None else 0)
    except Exception:  # a user's rule with an `if` or a call into math: read it on numbers only
        return None
    return partials


def _gates_in(expressions: list[Any]) -> dict[str, Primitive] | None:
    """The gates that these mention, by their names; None if a name is not one gate's alone."""
    gates: dict[str, Primitive] = {}
    pending = [each for each in expressions if isinstance(each, Expression)]
    for expression in pending:  # grows while it is walked
        pending += expression.operands
        head = expression.head
        if isinstance(head, Primitive) and gates.setdefault(head.name, head) is not head:
            return None  # a user's gate, defined again under the name it had
    taken = {"node", "upstream", "inf", "nan", *_names(len(expressions))}
    return None if taken & set(gates) else gates


def first_step(node: Value, upstream: float) -> None:
    """The step of a gate that was never used yet: write its own, then take that."""
    op = node.op
    assert op is not None
    op.step = _step_for(op)
    op.step(node, upstream)


def _step_for(op: Primitive) -> Step:
    source = step_source(op)
    gates = _gates_in(_partials_as_text(op) or [])
    if source is None or gates is None:
        return routing_step if op.routes else number_step
    filename = f"<step of {op.name}>"
    namespace: dict[str, Any] = {"inf": math.inf, "nan": math.nan}
    namespace.update((name, other.value) for name, other in gates.items())
    exec(compile(source, filename, "exec"), namespace)
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    step: Step = namespace[f"{op.name}_step"]
    return step


gate.first_step = first_step
for _op in primitives.registry.values():
    _op.step = first_step
