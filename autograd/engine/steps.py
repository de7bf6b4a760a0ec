"""Steps: how back-propagation passes one gate, written as Python source from the gate's row.

The trick: a row's partials, read on names (text.py), are the source of its step. Written once and
compiled, it is three times as fast as reading the row anew at every node, and means the same::

    >>> from autograd.engine import primitives
    >>> print(step_source(primitives.div))
    def div_step(node, upstream, gradients):
        x, y = node.operands
        if x.born:
            contribution = 1 / y._data * upstream
            before = gradients[x]
            gradients[x] = contribution if before is None else before + contribution
        if y.born:
            contribution = -(node._data / y._data) * upstream
            before = gradients[y]
            gradients[y] = contribution if before is None else before + contribution

A constant was never born: what its partial costs is saved. Two kinds of gate are not written out
but read at every node: a row that counts or unpacks its operands (maximum, say), and a user's
gate, whose partials may say something else tomorrow (a global variable, say).
"""

from __future__ import annotations

import linecache
import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from .gate import Primitive
from .primitives import EACH_INDEX, EachIndex, choice, registry
from .text import Expression, python

if TYPE_CHECKING:
    from .value import Value

__all__ = ["Gradients", "Step", "is_built_in", "live_step", "pass_on", "step_of", "step_source"]

Gradients = dict["Value", Any]  # what has arrived at each node; None where nothing has
Step = Callable[["Value", Any, Gradients], None]
_table = dict(registry)  # before anybody added a gate of their own


def is_built_in(op: Primitive) -> bool:
    """Whether the gate is a row of the table, and not a user's own."""
    return _table.get(op.name) is op


def pass_on(operand: Value, contribution: Any, gradients: Gradients) -> None:
    """Add one contribution, local × upstream, to the gradient of an operand."""
    before = gradients[operand]
    gradients[operand] = contribution if before is None else before + contribution


def live_step(node: Value, upstream: Any, gradients: Gradients) -> None:
    """Pass local × upstream on to each operand, the row read on the operands' numbers."""
    op = node.op
    assert op is not None
    numbers = op.locals([operand._data for operand in node.operands], node._data)
    for operand, local in zip(node.operands, numbers, strict=True):
        if local is not None and operand.born:
            pass_on(operand, local * upstream, gradients)


def step_of(op: Primitive) -> Step:
    """The gate's step, written when it is first asked for."""
    if op.step is None:
        source = step_source(op) if is_built_in(op) else None
        op.step = live_step if source is None else _compiled(op, source)
    step: Step = op.step
    return step


def _compiled(op: Primitive, source: str) -> Step:
    filename = f"<step of {op.name}>"
    namespace: dict[str, Any] = {"inf": math.inf, "nan": math.nan}
    namespace.update((name, gate.value) for name, gate in _table.items())
    namespace.update((each.at_once.__name__, each.at_once) for each in EACH_INDEX)
    exec(compile(source, filename, "exec"), namespace)
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    step: Step = namespace[f"{op.name}_step"]
    return step


# --------------------------------------------------------------------- writing


def step_source(op: Primitive) -> str | None:
    """The source of a table gate's step, or None if its row can't be read as text."""
    head = f"def {op.name}_step(node, upstream, gradients):"
    try:
        if op.arity is None:
            return "\n".join([head, *_over_sequences(op)])
        names = _names(op.arity)
        partials = op.locals([Expression(f"{n}._data") for n in names], Expression("node._data"))
        lines = [f"{', '.join(names)}{',' if op.arity == 1 else ''} = node.operands"]
        for name, partial in zip(names, partials, strict=True):
            lines += _unless_constant(name, list(_contribution(name, partial)))
        return "\n".join([head, *_indented(lines)])
    except TypeError:  # not a formula: it counts or unpacks its operands
        return None


def _contribution(operand: str, partial: Any) -> Iterator[str]:
    """The lines that add local × upstream; a choice becomes an ``if``, nothing becomes no line."""
    if partial is None or (isinstance(partial, Expression) and partial.head is None):
        return
    if isinstance(partial, Expression) and partial.head is choice:
        condition, a, b = partial.operands
        yes, no = list(_contribution(operand, a)), list(_contribution(operand, b))
        if isinstance(condition.head, str) and condition.operands:  # a comparison
            yield from _if(python(condition), yes, no)
        else:  # a number, which may be NaN
            yield f"condition = {python(condition)}"
            neither = list(_contribution(operand, math.nan))
            yield from _if("condition != condition", neither, _if("condition", yes, no))
        return
    text, upstream = python(partial), Expression("upstream")
    product = upstream if text == "1" else -upstream if text == "-1" else partial * upstream
    yield f"contribution = {python(product)}"
    yield f"before = gradients[{operand}]"
    yield f"gradients[{operand}] = contribution if before is None else before + contribution"


def _if(condition: str, yes: list[str], no: list[str]) -> list[str]:
    lines = [f"if {condition}:", *_indented(yes)] if yes else []
    if no:
        lines += ["else:" if yes else f"if not ({condition}):", *_indented(no)]
    return lines


def _unless_constant(operand: str, lines: list[str]) -> list[str]:
    return [f"if {operand}.born:", *_indented(lines)] if lines else []


def _over_sequences(op: Primitive) -> list[str]:
    """The body of a step that passes whole sequences of operands on, in a loop for each."""
    names = [name.removeprefix("*") for name in op.operands]
    arguments = [
        _Elements(name) if star.startswith("*") else Expression(name)
        for name, star in zip(names, op.operands, strict=True)
    ]
    lines = [
        "arguments = node.op.arguments(node.operands)",
        "numbers = node.op.arguments([operand._data for operand in node.operands])",
        f"{', '.join(names)}{',' if len(names) == 1 else ''} = numbers",
    ]
    loops: list[str] = []
    for k, (star, partial) in enumerate(zip(op.operands, op.partials, strict=True)):
        place = (Expression("j"),) if star.startswith("*") else ()
        local = (
            partial(*arguments, *place, Expression("node._data")) if callable(partial) else partial
        )
        inner = _unless_constant("operand", list(_contribution("operand", local)))
        if inner and place:
            loops += [f"for j, operand in enumerate(arguments[{k}]):", *_indented(inner)]
        elif inner:
            loops += [f"operand = arguments[{k}]", *inner]
    for argument in arguments:
        if isinstance(argument, _Elements):
            lines += argument.common.values()
    return _indented(lines + loops)


class _Elements:
    """A sequence of operands that is only a name: ``x[j]`` is all that can be asked of it.

    What all elements have in common (the softmax at every index) is computed before the loops.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.common: dict[str, str] = {}

    def each(self, gates: EachIndex) -> _Elements:
        """A gate at every index."""
        variable = f"each_{gates.gate.name}"
        self.common[variable] = f"{variable} = {gates.at_once.__name__}({self.name})"
        return _Elements(variable)

    def __getitem__(self, place: Any) -> Expression:
        if not isinstance(place, Expression):
            raise TypeError("an element of a sequence that is only a name, by a number")
        return Expression(f"{self.name}[{python(place)}]")


def _names(count: int) -> list[str]:
    return ["x", "y", "z", *(f"x{k}" for k in range(4, count + 1))][:count]


def _indented(lines: list[str]) -> list[str]:
    return ["    " + line for line in lines]
