"""Epochs: many steps of training as one call in C, for a program of ``target="c"``.

The function ``epoch`` goes through the batches one after the other: it gathers a batch's rows,
calls ``value_and_grad``, and lets ``update`` change every parameter. ``update`` is the optimizer's
own rule: it is called once on Values, and each gate that it makes is printed. What is the same for
all parameters, such as Adam's 1 - β^t, is computed before the loop over them.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from ..engine import primitives
from ..engine.text import Expression
from ..engine.value import Value
from .c_elements import new_name
from .c_spelling import COUNTERS, LIBM, RESERVED, C, NotInC
from .in_c import Native
from .native import library
from .parameters import Parameters
from .trace import Argument, trace_function

__all__ = ["Epochs", "Rule"]

Rule = Callable[[Any, Any, dict[str, Any], Any], Any]

RATE = 2  # of theta, gradient, rate and the states
_OWN = {
    *("done", "epoch", "first", "i", "j", "last", "losses", "n", "order", "rate", "rates", "row"),
    *("size", "update"),
}
_PRINTED = {primitives.add, primitives.sub, primitives.mul, primitives.div, primitives.neg}


class Epochs:
    """The steps of one optimizer; ``Program.epochs`` makes it and documents the arguments.

    Attributes:
        state: by name an array of the numbers that the rule keeps, one for each parameter or a
            single one for all; ``run`` changes them in place.
        source: the program with the two functions.
    """

    def __init__(self, run: Native, rule: Rule, state: Mapping[str, Any], trained: slice) -> None:
        self.parameters: Parameters = run.parameters
        self.dtype = run.inputs.array_dtype
        self.arguments = run.inputs.batched
        if len(self.arguments) != len(run.inputs.arguments):
            raise NotInC("an argument was held fixed")
        self.first, self.last, _ = trained.indices(len(self.parameters.leaves))
        count = self.last - self.first
        self.state = {
            name: np.broadcast_to(np.asarray(each, self.dtype), count).copy()
            for name, each in state.items()
        }
        text = _Update(C(run.inputs.dtype), rule, self.state)
        for name in text.shared:
            self.state[name] = self.state[name][:1]
        inputs = [name for name in run.sources["c"].names["inputs"] if name]
        loop = _epoch(text.c.real, self.arguments, inputs, text.states)
        self.source = "\n".join([run.source, text.source, loop])
        self.functions: dict[int, Any] = {}

    def run(self, columns: Sequence[Any], order: Any, size: int, rates: Any) -> Any:
        """Take a step for each batch of so many samples.

        Args:
            columns: the program's arguments, of all samples, as arrays of its kind of numbers.
            order: which samples, in which order.
            size: of a batch; the last one may be smaller.
            rates: the learning rate of each step.

        Returns:
            the loss of each step. They end before a loss that is NaN or infinite.

        Raises:
            ValueError: the columns don't fit the program, there are not as many rates as batches,
                or a sample is not there.
            StaleGraphError: a parameter was edited, see ``Program.load``.
        """
        self.parameters.check_data()
        theta = self.parameters.current()
        order = np.ascontiguousarray(order, np.int64)
        losses, rates = np.empty(len(rates), self.dtype), np.ascontiguousarray(rates, self.dtype)
        columns = [np.ascontiguousarray(column, self.dtype) for column in columns]
        self.check(columns, order, size, len(rates))
        gathered = [np.empty((size, *(each.shape or ())), self.dtype) for each in self.arguments]
        arrays = [theta, np.empty_like(theta), *self.state.values(), rates, order]
        data = [*columns, *gathered, losses]
        done = self.function(int(size == 1))(
            *(ctypes.c_void_p(each.ctypes.data) for each in arrays),
            *map(ctypes.c_size_t, (self.first, self.last, len(order), size)),
            *(ctypes.c_void_p(each.ctypes.data) for each in data),
        )
        return losses[:done]

    def check(self, columns: list[Any], order: Any, size: int, steps: int) -> None:
        """See that C reads nothing but the arrays."""
        count = len(columns[0]) if columns else 0
        shapes = [(count, *(argument.shape or ())) for argument in self.arguments]
        found = [column.shape for column in columns]
        if found != shapes:
            raise ValueError(f"the columns must have the shapes {shapes}, got {found}")
        if size < 1 or steps != -(-len(order) // size):
            raise ValueError(f"{len(order)} samples, {size} a batch, don't make {steps} steps")
        if len(order) and not (order.min() >= 0 and order.max() < count):
            raise ValueError(f"the order must name samples from 0 to {count - 1}")

    def function(self, lanes: int) -> Any:
        """The function ``epoch``, with so many samples side by side; 0 for what suits."""
        if lanes not in self.functions:
            self.functions[lanes] = library(self.source, lanes)["epoch"]
            self.functions[lanes].restype = ctypes.c_size_t
        return self.functions[lanes]


class _Update:
    """The text of ``update``.

    Attributes:
        states: what C calls each state.
        shared: the states that are one number for all parameters.
    """

    def __init__(self, c: C, rule: Rule, state: Mapping[str, Any]) -> None:
        self.c = c

        def whole(*numbers: Any) -> list[Any]:
            theta, gradient, rate, *kept = numbers
            after = dict(zip(state, kept, strict=True))
            new = rule(theta, gradient, after, rate)
            if after.keys() != state.keys():
                raise NotInC("the rule keeps more than it did in its first step")
            return [new, *after.values()]

        count = 3 + len(state)
        self.trace = trace_function(whole, [()] * count, [None] * count)
        taken = (RESERVED - {*COUNTERS}) | _OWN
        self.states = [new_name(name, taken) for name in state]
        self.outputs = dict(zip([None, *state], self.trace.outputs, strict=True))
        alike = {name for name, each in state.items() if (each == each[:1]).all()}
        self.shared = self.unchanged_by_parameters(alike)
        self.places = ["theta[i]", "g[i]", "rate"]  # of the rule's arguments
        for name, known in zip(self.states, state, strict=True):
            self.places.append(f"{name}[0]" if known in self.shared else f"{name}[i]")
        self.source = self.written(taken)

    def unchanged_by_parameters(self, shared: set[Any]) -> set[Any]:
        """Of states that are alike for all parameters those that stay so."""
        names = [None, None, None, *list(self.outputs)[1:]]
        while True:
            self.common: set[Value] = set()  # what is the same for all parameters
            for node in (*self.trace.leaves, *self.trace.nodes):
                if node in self.trace.inputs:
                    place = self.trace.inputs[node][0]
                    alike = place == RATE or names[place] in shared
                else:
                    alike = self.common.issuperset(node.operands)
                if alike:
                    self.common.add(node)
            stay = {name for name in shared if self.outputs[name] in self.common}
            if stay == shared:
                return shared
            shared = stay

    def written(self, taken: set[str]) -> str:
        """The function: what is common, the loop over the parameters, common states at last."""
        real = self.c.real
        texts: dict[Value, Expression] = {}
        before: list[str] = []
        inside: list[str] = []
        results = dict(zip(self.trace.outputs, ["theta", *self.states], strict=True))
        for leaf in dict.fromkeys([*self.trace.leaves, *results]):
            if leaf in self.trace.inputs:
                texts[leaf] = Expression(self.places[self.trace.inputs[leaf][0]])
            elif leaf.op is None:
                if leaf.born:
                    raise NotInC("the rule reads a Value")
                texts[leaf] = Expression(leaf.data)
            if leaf in self.trace.inputs and leaf in results:  # which is written to meanwhile
                name = new_name("old", taken)
                lines = before if leaf in self.common else inside
                lines.append(f"const {real} {name} = {texts[leaf].head};")
                texts[leaf] = Expression(name)
        users = dict.fromkeys(self.trace.nodes, 0)
        crossing: set[Value] = set()  # what is the same for all, and read for each
        for node in self.trace.nodes:
            for operand in node.operands:
                if operand in users:
                    users[operand] += 1
                if operand in self.common and node not in self.common:
                    crossing.add(operand)
        for node in self.trace.nodes:
            texts[node] = self.gate(node, [texts[operand] for operand in node.operands])
            if users[node] > 1 or node in results or node in crossing:
                name = new_name(f"new_{results[node]}" if node in results else "a", taken)
                lines = before if node in self.common else inside
                lines.append(f"const {real} {name} = {self.c.print(texts[node])};")
                texts[node] = Expression(name)
        after: list[str] = []
        for place, output in zip(
            [self.places[0], *self.places[3:]], self.outputs.values(), strict=True
        ):
            lines = inside if place.endswith("[i]") else after
            lines.append(f"{place} = {self.c.print(texts[output])};")
        states = "".join(f", {real} *restrict {name}" for name in self.states)
        head = f"size_t n, {real} *restrict theta, const {real} *restrict g{states}, {real} rate"
        body = [
            *before,
            "for (size_t i = 0; i < n; i++) {",
            *(f"    {line}" for line in inside),
            "}",
            *after,
        ]
        text = "\n".join(f"    {line}" for line in body)
        unused = "" if any("rate" in line for line in (*before, *inside)) else "    (void)rate;\n"
        return f"static void update({head})\n{{\n{unused}{text}\n}}\n"

    def gate(self, node: Value, operands: list[Expression]) -> Expression:
        """A gate as C has it; refuses what is no operator and not of libm."""
        op = node.op
        if op is primitives.pow and operands[1].head == 0.5:
            return Expression(primitives.sqrt, (operands[0],))
        if op not in _PRINTED and (op is None or self.c.function(op, 1) not in LIBM):
            raise NotInC(f"the rule has the gate {op and op.name}")
        return Expression(op, tuple(operands))


def _epoch(real: str, arguments: list[Argument], inputs: list[str], states: list[str]) -> str:
    """The text of ``epoch``; a state is called here what ``update`` calls it."""
    taken = (RESERVED - {*COUNTERS}) | _OWN | {*states}
    names = [new_name(name, taken) for name in inputs]
    rows = [new_name(f"{name}_rows", taken) for name in names]
    gather = []
    for argument, name, gathered in zip(arguments, names, rows, strict=True):
        width = prod(argument.shape or ())
        if width == 1:
            gather.append(f"            {gathered}[s] = {name}[row];")
        else:
            gather.append(f"            for (size_t j = 0; j < {width}; j++)")
            gather.append(
                f"                {gathered}[{width} * s + j] = {name}[{width} * row + j];"
            )
    head = [
        *(f"{real} *{name}" for name in ("theta", "g", *states)),
        f"const {real} *rates",
        "const long long *order",
        *(f"size_t {name}" for name in ("first", "last", "n", "size")),
        *(f"const {real} *{name}" for name in names),
        *(f"{real} *{name}" for name in (*rows, "losses")),
    ]
    kept = "".join(f"{name}, " for name in states)
    return "\n".join(
        [
            "/* A step for each batch of n samples; gives how many had a finite loss. */",
            f"size_t epoch({', '.join(head)})",
            "{",
            "    size_t done = 0;",
            "    for (size_t start = 0; start < n; start += size, done++) {",
            "        const size_t B = n - start < size ? n - start : size;",
            "        for (size_t s = 0; s < B; s++) {",
            "            const size_t row = (size_t)order[start + s];",
            *gather,
            "        }",
            f"        losses[done] = value_and_grad(theta, B, {', '.join(rows)}, g);",
            "        if (losses[done] - losses[done] != 0)",
            "            break;",
            f"        update(last - first, theta + first, g + first, {kept}rates[done]);",
            "    }",
            "    return done;",
            "}",
            "",
        ]
    )
