"""Straight line: the scalar graph as plain Python, a line a node, without any dependency.

This is the target for graphs without width (a recurrence of a thousand steps), and the fallback
where no array program can be made. It is written from the traced graph itself, before any
rewriting, and each line comes from the gate table read as text, so it serves as a second
opinion too.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from ..engine import primitives
from ..engine.gate import Primitive, registry
from ..engine.primitives import where
from ..engine.text import Expression, number, python
from ..engine.value import Value
from .sources import Source
from .trace import Trace

__all__ = ["StraightLineWriter", "bound", "straight_line"]

LONGEST = 60_000  # lines in one function; longer programs keep their numbers in a list
CHUNK = 10_000
LONGEST_SUM = 20  # operations in one line
_OWN_NAMES = re.compile(
    r"[vd]\d*|[pg]|theta|inputs|inf|nan|choose|values|value_and_grad|part\d+|\w+_(locals|or_nan)"
)
_SELECTING = (primitives.choice, primitives.branch)
_PLAIN = {primitives.add, primitives.sub, primitives.mul, primitives.neg}
_SUMS = _PLAIN - {primitives.mul}


def straight_line(trace: Trace, parameters: list[Value], gradient: bool = True) -> Source:
    """The source of ``value_and_grad(theta, inputs)`` (or ``values``) for one sample.

    Args:
        trace: the scalar graph; its first output is differentiated.
        parameters: the leaves that theta stands for, in its order.
        gradient: whether to differentiate.

    Returns:
        the source, and the names it uses.
    """
    return StraightLineWriter(trace, parameters).write(gradient)


def bound(namespace: dict[str, Any]) -> dict[str, Any]:
    """What the names of a program mean when it runs: a gate's is the function of its value.

    In the program itself they are the gates, which can be pickled.
    """
    return {
        name: thing.value if isinstance(thing, Primitive) else thing
        for name, thing in namespace.items()
    }


class StraightLineWriter:
    """Writes the lines of both passes; another language spells them otherwise (javascript.py)."""

    def __init__(self, trace: Trace, parameters: list[Value]) -> None:
        self.trace = trace
        self.place = {parameter: k for k, parameter in enumerate(parameters)}
        self.count = len(parameters)
        self.guarded = trace.guarded
        self.order: list[Value] = []  # without nodes that compute again what another does
        self.operands: dict[Value, tuple[Value, ...]] = {}
        self.find_equals()
        self.namespace: dict[str, Any] = {"inf": math.inf, "nan": math.nan}
        self.long = 4 * len(self.order) > LONGEST
        self.names: dict[Value, str] = {}
        self.consumer: dict[Value, Value | None] = {}  # of a node that is used once
        for node in self.order:
            for operand in self.operands[node]:
                self.consumer[operand] = None if operand in self.consumer else node
        self.inlined: dict[Value, tuple[Expression, int]] = {}  # with the number of operations
        self.terms: dict[Value, list[str]] = {}  # of a gradient, that wait to be added up
        self.begun: set[Value] = set()  # whose gradient has a variable
        self.same: dict[Value, str] = {}  # gradients that are another's, unchanged
        self.lines: list[str] = []
        self.clashes = any(map(_OWN_NAMES.fullmatch, registry))

    def find_equals(self) -> None:
        """Of nodes with the same gate and operands keep the first."""
        first: dict[Value, Value] = {}
        known: dict[tuple[Any, ...], Value] = {}
        for node in (*self.trace.leaves, *self.trace.nodes):
            operands = tuple([first[operand] for operand in node.operands])
            first[node] = node
            if node.op is not None and node not in self.guarded:
                first[node] = known.setdefault((node.op, *map(id, operands)), node)
            if first[node] is node:
                self.order.append(node)
                self.operands[node] = operands
        self.outputs = [first[output] for output in self.trace.outputs]
        self.kept = set(self.outputs)

    def write(self, gradient: bool) -> Source:
        for k, node in enumerate(self.order):
            self.names[node] = f"v[{k}]" if self.long else f"v{k}"
            self.forward(node)
        outputs = [self.name(output) for output in self.outputs]
        if not gradient:
            result = outputs[0] if self.trace.single else f"[{', '.join(outputs)}]"
            return self.finish("values", f"return {result}")
        self.lines.append("# backward")
        live = self.live()
        output = self.outputs[0]
        if output in live:
            self.begin(output, "1.0")
        for node in reversed(self.order):
            self.add_up(node)
            if node.op is not None and (node in self.begun or node in self.same):
                self.backward(node, live)
        slots = [self.d(p) if p in self.begun or p in self.same else "0.0" for p in self.place]
        if self.long:
            for k, slot in enumerate(slots):
                self.lines.append(f"g[{k}] = {slot}")
            return self.finish("value_and_grad", f"return {outputs[0]}, g")
        return self.finish("value_and_grad", f"return {outputs[0]}, [{', '.join(slots)}]")

    def finish(self, name: str, last: str) -> Source:
        head = f"def {name}(theta, inputs):"
        if not self.long:
            body = "\n".join(f"    {line}" for line in [*self.lines, last])
            result = self.name(self.outputs[0])
            return Source(f"{head}\n{body}\n", self.namespace, self.lines, {}, result=result)
        size = len(self.order)
        parts: list[str] = []
        calls: list[str] = []
        start = 0
        while start < len(self.lines):
            stop = min(start + CHUNK, len(self.lines))
            while stop < len(self.lines) and self.lines[stop].startswith(" "):
                stop += 1  # an `if` and what is under it stay together
            part = "\n".join(f"    {line}" for line in self.lines[start:stop])
            parts.append(f"def part{len(parts)}(theta, inputs, v, d, g):\n{part}\n    return\n")
            calls.append(f"part{len(calls)}(theta, inputs, v, d, g)")
            start = stop
        start_lines = [f"v = [0.0] * {size}", f"d = [0.0] * {size}", f"g = [0.0] * {self.count}"]
        body = "\n".join(f"    {line}" for line in [*start_lines, *calls, last])
        return Source("\n".join([*parts, f"{head}\n{body}\n"]), self.namespace, [], {})

    def live(self) -> set[Value]:
        """The nodes that depend on a parameter."""
        live = set(self.place)
        for node in self.order:
            if any(operand in live for operand in self.operands[node]):
                live.add(node)
        return live

    def name(self, node: Value) -> str:
        if node.op is None and node not in self.trace.inputs and node not in self.place:
            data = node.data
            text = number(data) if data == data and abs(data) < 1e300 else repr(data)
            return f"({text})" if text.startswith("-") else text
        return self.names[node]

    def d(self, node: Value) -> str:
        if node in self.same:
            return self.same[node]
        name = self.names[node]
        return f"d[{name[2:-1]}]" if self.long else f"d{name[1:]}"

    # ------------------------------------------------------------------ lines

    def forward(self, node: Value) -> None:
        name, op = self.names[node], node.op
        if op is None:
            if node in self.place:
                self.lines.append(f"{name} = theta[{self.place[node]}]")
            elif node in self.trace.inputs:
                argument, column = self.trace.inputs[node]
                self.lines.append(f"{name} = inputs[{argument}][{column}]")
            return
        operands = [self.operand(operand) for operand in self.operands[node]]
        user = self.consumer.get(node)
        if op in _PLAIN and user is not None and user.op in _SUMS and node not in self.guarded:
            size = 1 + sum(self.inlined.get(o, (None, 0))[1] for o in self.operands[node])
            if size < LONGEST_SUM and node not in self.kept:
                self.inlined[node] = Expression(op, tuple(operands)), size
                return  # nobody needs its number by itself, not even on the way back
        if op.arity is None or op in _SELECTING or node in self.guarded:
            arguments = ", ".join(self.name(operand) for operand in self.operands[node])
            text = f"{self.function(op, node in self.guarded)}({arguments})"
        else:
            text = self.python(Expression(op, tuple(operands)))
        self.lines.append(f"{name} = {text}")

    def operand(self, node: Value) -> Expression:
        known = self.inlined.get(node)
        return Expression(self.name(node)) if known is None else known[0]

    def backward(self, node: Value, live: set[Value]) -> None:
        """Pass local × upstream on to each operand."""
        op, operands = node.op, self.operands[node]
        assert op is not None
        if not any(operand in live for operand in operands):
            return
        guarded = node in self.guarded
        texts = None if guarded or op in _SELECTING else self.partial_texts(node, op)
        if texts is None:
            self.backward_by_numbers(node, op, live)
            return
        for operand, text in zip(operands, texts, strict=True):
            if operand in live and text is not None:
                self.terms.setdefault(operand, []).append(text)
                if len(self.terms[operand]) == LONGEST_SUM:
                    self.add_up(operand)

    def backward_by_numbers(self, node: Value, op: Primitive, live: set[Value]) -> None:
        """Read the gate's row on numbers, as the program runs."""
        operands, upstream = self.operands[node], self.d(node)
        for operand in operands:  # a branch not taken leaves its operands untouched
            if operand in live:
                self.add_up(operand)
                if operand not in self.begun:
                    self.begin(operand, self.same.pop(operand, "0.0"))
        indent = ""
        if node in self.guarded:
            self.lines.append(f"if {upstream}:")
            indent = "    "
        locals_name = f"{op.name}_locals"
        self.namespace[locals_name] = op.locals
        arguments = ", ".join(map(self.name, operands))
        self.lines.append(f"{indent}p = {locals_name}(({arguments},), {self.name(node)})")
        for k, operand in enumerate(operands):
            if operand in live and op.differentiable(len(operands))[k]:
                test = f"if p[{k}] is not None: "
                self.lines.append(f"{indent}{test}{self.d(operand)} += p[{k}] * {upstream}")

    def begin(self, node: Value, text: str) -> None:
        self.begun.add(node)
        self.lines.append(f"{self.d(node)} = {text}")

    def add_up(self, node: Value) -> None:
        """Write the sum of the terms that have arrived at a node."""
        terms = self.terms.pop(node, [])
        if not terms:
            return
        if node in self.same:
            self.begin(node, self.same.pop(node))
        total = " + ".join(terms).replace("+ -", "- ")
        if node in self.begun:
            self.lines.append(f"{self.d(node)} += {total}")
        elif len(terms) == 1 and terms[0].isidentifier():
            self.same[node] = total
        else:
            self.begin(node, total)

    def partial_texts(self, node: Value, op: Primitive) -> list[str | None] | None:
        """local × upstream for each operand, or None if the rule can't be read as text."""
        if op.arity is None and op not in (primitives.sum, primitives.dot):
            return None
        operands = [Expression(self.name(operand)) for operand in self.operands[node]]
        upstream = Expression(self.d(node))
        try:
            partials = op.locals(operands, Expression(self.name(node)))
            texts: list[str | None] = []
            for partial in partials:
                if partial is None:
                    texts.append(None)
                    continue
                one = not isinstance(partial, Expression) and abs(partial) == 1
                if one:
                    texts.append(str(upstream) if partial > 0 else f"-{upstream}")
                else:
                    product = _times(partial, upstream)
                    text = self.python(product)
                    texts.append(f"({text})" if product.head is primitives.choice else text)
        except Exception:  # a user's rule with an `if`: it is read on numbers instead
            return None
        return texts

    def python(self, expression: Expression) -> str:
        """The text of an expression; the gates that it mentions become known to the program."""
        waiting = [expression]
        while waiting:
            each = waiting.pop()
            if isinstance(each.head, Primitive):
                self.namespace.setdefault(_spelled(each.head), each.head)
            waiting += each.operands
        return python(_renamed(expression) if self.clashes else expression)

    def function(self, op: Primitive, guarded: bool) -> str:
        name = f"{op.name}_or_nan" if guarded else _spelled(op)
        if op is primitives.choice:
            name = "choose"
        self.namespace[name] = _OrNan(op) if guarded else op
        return name


def _times(partial: Any, upstream: Expression) -> Any:
    """local × upstream; 0 where nothing flows."""
    if isinstance(partial, Expression) and partial.head is primitives.choice:
        condition, a, b = partial.operands
        if condition.head is primitives.step and b.head is None:
            return condition * upstream  # relu's: 0 where nothing flows
        return where(condition, _times(a, upstream), _times(b, upstream))
    if partial is None or (isinstance(partial, Expression) and partial.head is None):
        return Expression(0.0)
    if isinstance(partial, Expression) and partial.head == 1.0:
        return upstream
    return partial * upstream


def _spelled(op: Primitive) -> str:
    """What a program calls a gate: a user's may have a name that the program needs itself."""
    return f"{op.name}_gate" if _OWN_NAMES.fullmatch(op.name) else op.name


def _renamed(expression: Expression) -> Expression:
    """The same expression with its gates named as the program names them."""
    head = expression.head
    if isinstance(head, Primitive) and _spelled(head) != head.name:
        head = Primitive(_spelled(head), head.symbol, head.value, head.partials)
    return Expression(head, tuple(map(_renamed, expression.operands)))


class _OrNan:
    """A gate's value, or NaN outside its domain: for a branch that may not be taken."""

    def __init__(self, op: Primitive) -> None:
        self.op = op
        self.value: Callable[..., float] = op.value

    def __call__(self, *numbers: float) -> float:
        try:
            return self.value(*numbers)
        except (ValueError, ZeroDivisionError):
            return math.nan

    def __reduce__(self) -> Any:
        return _OrNan, (self.op,)
