"""JavaScript: functions of scalar Values as JavaScript that goes forward and backward.

It is the straight line (straight.py) spelled otherwise: a gate a line, each line from the table
of gates read as text, the chain rule walked by the same code. The numbers of all gates stay in
two arrays, ``v`` for values and ``d`` for gradients, so that a page can show each of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from ..engine import primitives
from ..engine.gate import Primitive
from ..engine.text import Expression
from ..engine.value import Value
from ..reading.javascript import Script, runtime
from ..reading.notation import board
from .straight import StraightLineWriter
from .trace import Trace, leaf_of, trace_function

__all__ = ["JavaScript", "JavaScriptFunction"]

_TAKEN = frozenset(  # names that an argument can't have: the script's own, and JavaScript's
    ["v", "d", "theta", "values", "locals", "functions", "flow"]
    + re.findall(
        r"\w+",
        "arguments case catch const debugger default delete do enum eval export extends false "
        "function implements instanceof interface let new null package private protected public "
        "static super switch this throw true typeof var void",
    )
)

_HELPERS = """
// local × upstream; nothing flows to an operand that takes no part.
const flow = (local, upstream) => (local === null ? 0 : local * upstream);

// The value of a gate below a `where`, which may have none: the other branch may be chosen.
function orNaN(compute) {
  try {
    return compute();
  } catch (error) {
    if (error instanceof DomainError) return NaN;
    throw error;
  }
}

const functions = {};
"""


class JavaScript:
    """Functions of scalar Values as one script for a browser, which needs nothing else.

    Every function becomes an object ``functions.name`` with ``size``, the number of its gates,
    ``forward(...arguments, v)``, which fills ``v`` and gives the (first) result, and
    ``backward(...arguments, v, d, ...d_arguments)``, which fills ``d`` and *adds* to the
    gradients of the arguments, so that they accumulate over a batch as ``.grad`` does.
    All arguments are arrays; the first one is ``theta``, if there are parameters.

    >>> w = Value(3.0)
    >>> script = JavaScript()
    >>> f = script.add("line", lambda x: w * x, [()], [w])
    >>> print(f.source)
    functions.line = {
      size: 1,
      forward(theta, x, v) {
        v[0] = theta[0] * x[0];
        return v[0];
      },
      backward(theta, x, v, d, d_theta) {
        d[0] = 1;
        d_theta[0] += x[0] * d[0];
      },
    };
    """

    def __init__(self) -> None:
        self._script = Script()
        self._sources: list[str] = []

    def add(
        self,
        name: str,
        f: Callable[..., Any],
        shapes: Sequence[Any],
        parameters: Sequence[Value] = (),
        gradients: Collection[str] = ("theta",),
    ) -> JavaScriptFunction:
        """Write one more function.

        Args:
            name: what to call it, an identifier.
            f: a function of Values or lists of them, as for ``compile``: it is called once, on
                placeholders. It may label the Values that it makes, to find them again.
            shapes: for each argument ``()`` for a number or ``(n,)`` for a list.
            parameters: the leaves that f uses without being given them; they are ``theta``.
            gradients: the arguments to differentiate by. None where f gives several numbers.

        Raises:
            ValueError: a name is none in JavaScript; f uses another leaf; a gate of your own
                can't be written as text.
            TraceError: f looks at a Value's number.
        """
        if not name.isidentifier() or not name.isascii():
            raise ValueError(f"JavaScript: a function's name must be an identifier, got {name!r}")
        trace = trace_function(f, shapes, [None] * len(shapes))
        for argument in trace.arguments:
            if argument.name in _TAKEN or argument.name.startswith("d_"):
                raise ValueError(
                    f"JavaScript: an argument can't be called {argument.name!r} there; rename it"
                )
        function = JavaScriptFunction(name, trace, parameters, gradients, self._script)
        self._sources.append(function.source)
        return function

    def source(self) -> str:
        """The script: the gates' values and partials, and all functions."""
        head = ["// The gates, printed from the table of gates.", runtime(), self._script.source()]
        return "\n".join([*head, _HELPERS, *self._sources]) + "\n"


class JavaScriptFunction:
    """A function in JavaScript: its source, and what is known of its gates.

    Attributes:
        source: the text.
        nodes: for each gate, in the order of ``v``: its ``name`` (the label that it was given),
            ``op``, its ``operands`` as text (``theta[3]``, ``x[0]``, ``v[7]``, ``0.5``), and
            ``rule``, where ``locals`` has its partial derivatives.
        outputs: the results, as text.
    """

    def __init__(
        self,
        name: str,
        trace: Trace,
        parameters: Sequence[Value],
        gradients: Collection[str],
        script: Script,
    ) -> None:
        leaves, _ = trace.parameters_and_data(parameters)
        place = {parameter: k for k, parameter in enumerate(parameters)}
        texts = {leaf: f"theta[{place[leaf_of(leaf)]}]" for leaf in leaves}
        for leaf, (argument, column) in trace.inputs.items():
            texts[leaf] = f"{trace.arguments[argument].name}[{column}]"
        arguments = (["theta"] if parameters else []) + [each.name for each in trace.arguments]
        wanted = [leaf for leaf, text in texts.items() if text.partition("[")[0] in gradients]
        lines = _Lines(trace, wanted, texts, script)
        self.source = lines.both_passes(name, arguments, [a for a in arguments if a in gradients])
        self.outputs = [lines.name(output) for output in trace.outputs]
        self.nodes = [
            {
                "name": str(node.label),
                "op": node.op.name,
                "operands": [lines.name(operand) for operand in node.operands],
                "rule": script.add(node.op, len(node.operands)),
            }
            for node in trace.nodes
            if node.op is not None
        ]
        self._trace, self._lines = trace, lines

    def formulas(self, names: Mapping[str, str]) -> dict[str, str]:
        """What named gates compute, as on a blackboard, in the names of others.

        Args:
            names: the name to write for each text, such as ``{"theta[0]": "w", "v[3]": "z"}``.
                A gate without one is written out where it is used.

        >>> script = JavaScript()
        >>> f = script.add("f", lambda x, y: (x + y) * x, [(), ()], gradients=["x"])
        >>> f.formulas({"x[0]": "x", "y[0]": "y", "v[1]": "f"})
        {'f': '(x + y)·x'}
        """
        trees: dict[Value, Expression] = {}
        found = {}
        for node in (*self._trace.leaves, *self._trace.nodes):
            text = self._lines.name(node)
            tree = Expression(names[text]) if text in names else None
            if node.op is not None:
                written = Expression(node.op, tuple(trees[operand] for operand in node.operands))
                if tree is not None:
                    found[names[text]] = board(written)
            else:
                written = Expression(text if node in self._lines.texts else node.data)
            trees[node] = written if tree is None else tree
        return found


class _Lines(StraightLineWriter):
    """The lines of both passes: leaves by their places, gates in ``v`` and ``d``."""

    def __init__(
        self, trace: Trace, wanted: list[Value], texts: dict[Value, str], script: Script
    ) -> None:
        super().__init__(trace, wanted)
        self.texts, self.script = texts, script
        self.names = {node: f"v[{k}]" for k, node in enumerate(trace.nodes)}

    def find_equals(self) -> None:
        """Every gate stays, as it was written: it is to be seen."""
        self.order = [*self.trace.leaves, *self.trace.nodes]
        self.operands = {node: node.operands for node in self.order}
        self.outputs = self.trace.outputs

    def both_passes(self, name: str, arguments: list[str], gradients: list[str]) -> str:
        for node in self.trace.nodes:
            self.forward(node)
        forward, self.lines = self.lines, []
        given = ", ".join([*arguments, "v"])
        text = [
            f"functions.{name} = {{",
            f"  size: {len(self.trace.nodes)},",
            f"  forward({given}) {{",
            *(f"    {line};" for line in forward),
            f"    return {self.name(self.outputs[0])};",
            "  },",
        ]
        if self.trace.single and gradients:
            slots = ", ".join(f"d_{name}" for name in gradients)
            text += [f"  backward({given}, d, {slots}) {{", *self.pass_back(), "  },"]
        return "\n".join([*text, "};"])

    def pass_back(self) -> list[str]:
        live = self.live()
        if self.outputs[0] in live:
            self.begin(self.outputs[0], "1")
        for node in reversed(self.order):
            self.add_up(node)
            if node.op is not None and node in self.begun:
                self.backward(node, live)
        unreached = [f"{self.d(node)} = 0" for node in self.trace.nodes if node not in self.begun]
        return [f"    {line};" for line in [*unreached, *self.lines]]

    # ------------------------------------------------------------------ spelling

    def name(self, node: Value) -> str:
        if node.op is not None:
            return self.names[node]
        if node in self.texts:
            return self.texts[node]
        number = self.script.number(node.data)
        return f"({number})" if number.startswith("-") else number

    def d(self, node: Value) -> str:
        return f"d{self.names[node][1:]}" if node.op is not None else f"d_{self.texts[node]}"

    def begin(self, node: Value, text: str) -> None:
        self.begun.add(node)
        self.lines.append(f"{self.d(node)} {'=' if node.op is not None else '+='} {text}")

    def forward(self, node: Value) -> None:
        op, operands = node.op, [Expression(self.name(operand)) for operand in node.operands]
        assert op is not None
        self.script.add(op, len(operands))  # which says so where it can't be written
        if op in (primitives.sum, primitives.dot):  # plainly: exact sums take too long
            text = self.script.print(_added(op, operands))
        else:
            text = self.script.print(Expression(op, tuple(operands)))
        if node in self.guarded:
            text = f"orNaN(() => {text})"
        self.lines.append(f"{self.names[node]} = {text}")

    def python(self, expression: Expression) -> str:
        return self.script.print(expression)

    def backward_by_numbers(self, node: Value, op: Primitive, live: set[Value]) -> None:
        operands = self.operands[node]
        for operand in operands:
            if operand in live:
                self.add_up(operand)
                if operand not in self.begun:
                    self.begin(operand, "0")
        rule = f"locals.{self.script.add(op, len(operands))}"
        arguments = ", ".join(map(self.name, (*operands, node)))
        for k, operand in enumerate(operands):
            if operand in live and op.differentiable(len(operands))[k]:
                flow = f"flow({rule}({arguments})[{k}], {self.d(node)})"
                taken = f"if ({self.d(node)}) " if node in self.guarded else ""
                self.lines.append(f"{taken}{self.d(operand)} += {flow}")


def _added(op: Primitive, operands: list[Expression]) -> Expression:
    """A sum, or a scalar product, written out."""
    terms: Any = operands
    if op is primitives.dot:
        ws, xs, bias = op.arguments(operands)
        terms = [*(w * x for w, x in zip(ws, xs, strict=True)), bias]
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total  # type: ignore[no-any-return]
