"""Canonicalise: many ways to write a weighted sum become one kind of node.

``add sub neg mul sum dot`` all become ``Lin`` = Σ ±a·b + Σ ±t + constant. A Lin absorbs an
operand that is a Lin itself and has no other consumer, so a neuron written with + and * and
one written with ``dot`` end as the same node. Equal nodes are one node (hash-consing). Products
with 0 or 1 stay products: folding them would make neurons of one layer unlike each other.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from ..engine import primitives
from ..engine.gate import Primitive
from ..engine.value import Value
from .trace import Trace

__all__ = ["BATCH", "CONST", "FIXED", "PARAM", "Lin", "Scalars", "canonicalise"]

# What a node depends on. The lower of two factors is called the weight.
PARAM, FIXED, CONST, BATCH = 0, 1, 2, 3


Numbers: TypeAlias = "array[int]"
"""Numbers of nodes, four bytes each."""

_numbers = partial(array, "i")


@dataclass(slots=True)
class Lin:
    """Σ a·b - Σ c·d + Σ t - Σ u + constant, as numbers of nodes."""

    a: Numbers = field(default_factory=_numbers)
    b: Numbers = field(default_factory=_numbers)
    c: Numbers = field(default_factory=_numbers)
    d: Numbers = field(default_factory=_numbers)
    t: Numbers = field(default_factory=_numbers)
    u: Numbers = field(default_factory=_numbers)
    constant: float = 0.0

    def key(self) -> tuple[Any, ...]:
        parts = (self.a, self.b, self.c, self.d, self.t, self.u)
        return (*[part.tobytes() for part in parts], float.hex(self.constant))

    def operands(self) -> Numbers:
        return self.b + self.a + self.d + self.c + self.t + self.u

    def single(self) -> tuple[int, int] | None:
        """The sign and the node, if this is nothing but ± one node."""
        if self.a or self.c or self.constant or len(self.t) + len(self.u) != 1:
            return None
        return (1, self.t[0]) if self.t else (-1, self.u[0])


Product = tuple[int, int, int]
"""± a·b, as (sign, a, b), that nobody else uses: waiting to be absorbed by a sum."""

Form: TypeAlias = "int | Lin | Product"


class Scalars:
    """The canonical scalar graph, numbered in topological order."""

    def __init__(self) -> None:
        self.kind: list[str | Primitive] = []  # "input", "parameter", "constant", "lin", a gate
        self.detail: list[Any] = []  # place of an input, Value, float, Lin, operand numbers
        self.rank = array("b")
        self.level = array("i")
        self.outputs: list[int] = []
        self.leaves = 0  # so many nodes to begin with are leaves

    def __len__(self) -> int:
        return len(self.kind)

    def operands(self, node: int) -> Sequence[int]:
        if self.kind[node] == "lin":
            return self.detail[node].operands()  # type: ignore[no-any-return]
        return self.detail[node] if isinstance(self.kind[node], Primitive) else ()

    def reachable(self) -> Any:
        """For each node whether the outputs depend on it: an array."""
        seen = np.zeros(len(self), dtype=bool)
        seen[self.outputs] = True
        for node in range(len(self) - 1, self.leaves - 1, -1):
            if seen[node] and self.level[node]:
                seen[np.asarray(self.operands(node))] = True
        return seen


def canonicalise(trace: Trace, parameters: list[Value], data: list[Value]) -> Scalars:
    """Rewrite a traced graph as canonical nodes; the leaves in ``data`` are numbers."""
    return _Canonicaliser(trace, parameters, data).run()


class _Canonicaliser:
    def __init__(self, trace: Trace, parameters: list[Value], data: list[Value]) -> None:
        self.trace = trace
        self.graph = Scalars()
        self.interned: dict[Any, int] = {}
        self.numbers: dict[Value, int] = {}
        self.waiting: dict[Value, Lin | Product] = {}  # for their one consumer
        self.known_inputs: dict[tuple[Value, ...], tuple[Numbers, int]] = {}
        self.number_leaves(parameters, data)

    def run(self) -> Scalars:
        graph, numbers, waiting = self.graph, self.numbers, self.waiting
        rank, known, pop = graph.rank, numbers.get, waiting.pop
        uses = self.trace.uses
        form: Form
        for node in self.trace.nodes:
            op = node.op
            if op is mul:
                x, y = node.operands
                a, b = known(x), known(y)
                if a is not None and b is not None:
                    weight_first = rank[a] < rank[b] or (rank[a] == rank[b] and a <= b)
                    form = (1, a, b) if weight_first else (1, b, a)
                else:
                    form = self.product(self.form(x), self.form(y))
            elif op is add:
                x, y = node.operands
                total, term = pop(x, None), pop(y, None)
                if type(total) is Lin and type(term) is tuple and term[0] > 0:
                    form = total  # Σ + product: by far the most frequent, written out for speed
                    total.a.append(term[1])
                    total.b.append(term[2])
                else:
                    form = self.sum(op, [total or numbers[x], term or numbers[y]])
            elif op is dot:
                form = self.dot(node.operands)
            elif op in _SUMS:
                assert op is not None
                form = self.sum(op, [*map(self.form, node.operands)])
            else:
                assert op is not None
                places = tuple([self.number(self.form(operand)) for operand in node.operands])
                if all(rank[place] == CONST for place in places):
                    form = self.constant(self.evaluated(op, places))
                else:
                    form = self.intern(op, (op, places), places, places)
            if uses[node] == 1 and not isinstance(form, int):
                waiting[node] = form
            else:
                numbers[node] = self.number(form)
        graph.outputs = [numbers[output] for output in self.trace.outputs]
        return graph

    def form(self, node: Value) -> Form:
        """A node's number, or what waits for its one consumer, that is, for the caller."""
        number = self.numbers.get(node)
        return self.waiting.pop(node) if number is None else number

    # ------------------------------------------------------------------ leaves

    def number_leaves(self, parameters: list[Value], data: list[Value]) -> None:
        graph, count = self.graph, len(parameters)
        self.numbers.update(zip(parameters, range(count), strict=True))
        graph.kind += ["parameter"] * count
        graph.detail += parameters
        graph.rank.frombytes(bytes([PARAM]) * count)
        graph.level.frombytes(bytes(graph.level.itemsize * count))
        for placeholder, place in self.trace.inputs.items():
            self.numbers[placeholder] = self.add("input", place, BATCH, 0)
        for leaf in data:
            self.numbers[leaf] = self.constant(leaf.data)
        graph.leaves = len(graph)

    def constant(self, number: float) -> int:
        key = ("constant", float.hex(number))
        if key not in self.interned:
            self.interned[key] = self.add("constant", number, CONST, 0)
        return self.interned[key]

    def evaluated(self, op: Primitive, places: Sequence[int]) -> float:
        """A gate of numbers; NaN outside its domain, where perhaps nobody looks."""
        try:
            return op.value(*[self.graph.detail[place] for place in places])
        except (ValueError, ZeroDivisionError):
            return math.nan

    def add(self, kind: str | Primitive, detail: Any, rank: int, level: int) -> int:
        graph = self.graph
        graph.kind.append(kind)
        graph.detail.append(detail)
        graph.rank.append(rank)
        graph.level.append(level)
        return len(graph.kind) - 1

    def intern(self, kind: str | Primitive, key: Any, detail: Any, operands: Any) -> int:
        known = self.interned.get(key)
        if known is not None:
            return known
        rank, level = self.graph.rank, self.graph.level
        batch = BATCH if BATCH in map(rank.__getitem__, operands) else FIXED
        if len(operands) > 50:
            height = 1 + int(np.frombuffer(level, np.intc)[np.asarray(operands)].max())
        else:
            height = 1 + max(map(level.__getitem__, operands), default=0)
        number = self.interned[key] = self.add(kind, detail, batch, height)
        return number

    def number(self, form: Form) -> int:
        """The number of a node, which stops waiting."""
        if isinstance(form, int):
            return form
        if isinstance(form, tuple):
            lin = Lin()
            self.absorb(lin, form, 1)
            form = lin
        operands = form.operands()
        if all(self.graph.rank[operand] == CONST for operand in operands):
            return self.constant(self.constant_value(form))
        single = form.single()
        if single is not None and single[0] > 0:
            return single[1]
        return self.intern("lin", form.key(), form, operands)

    def constant_value(self, lin: Lin) -> float:
        """A Lin of constants as one number."""
        numbers = self.graph.detail
        terms = [numbers[a] * numbers[b] for a, b in zip(lin.a, lin.b, strict=True)]
        terms += [-numbers[c] * numbers[d] for c, d in zip(lin.c, lin.d, strict=True)]
        terms += [numbers[t] for t in lin.t]
        terms += [-numbers[u] for u in lin.u]
        terms.append(lin.constant)
        return math.fsum(terms) if all(map(math.isfinite, terms)) else float(sum(terms))

    # ------------------------------------------------------------------ sums and products

    def product(self, a: Form, b: Form) -> Product:
        if type(a) is int and type(b) is int:
            return (1, *self.ordered(a, b))
        sign_a, a = self.signed(a)
        sign_b, b = self.signed(b)
        return (sign_a * sign_b, *self.ordered(a, b))

    def signed(self, form: Form) -> tuple[int, int]:
        """The sign and the number of a node: a minus moves from the factor to the product."""
        single = form.single() if isinstance(form, Lin) else None
        return (1, self.number(form)) if single is None else single

    def ordered(self, a: int, b: int) -> tuple[int, int]:
        """The weight first."""
        rank_a, rank_b = self.graph.rank[a], self.graph.rank[b]
        return (a, b) if rank_a < rank_b or (rank_a == rank_b and a <= b) else (b, a)

    def sum(self, op: Primitive, forms: list[Form]) -> Lin:
        if any(map(self.is_contraction, forms[1:])):  # Σ of whole ones: each stays an array
            forms = [self.number(form) if self.multiplies(form) else form for form in forms]
        elif len(forms) > 1 and self.share_weights(forms):
            forms = [self.number(form) if isinstance(form, Lin) else form for form in forms]
        result = forms[0] if isinstance(forms[0], Lin) and op is not primitives.neg else None
        lin = Lin() if result is None else result
        signs = {primitives.sub: [1, -1], primitives.neg: [-1]}.get(op, [1] * len(forms))
        for k, (form, sign) in enumerate(zip(forms, signs, strict=True)):
            if k or result is None:
                self.absorb(lin, form, sign)
        return lin

    def multiplies(self, form: Form) -> bool:
        """Whether there are products in it of two numbers that both depend on the sample."""
        rank = self.graph.rank
        if isinstance(form, tuple):
            return rank[form[1]] == BATCH
        return isinstance(form, Lin) and BATCH in map(rank.__getitem__, form.a + form.c)

    def is_contraction(self, form: Form) -> bool:
        """Whether it is a sum of such products: attention, say, is one of these for each pair."""
        return isinstance(form, Lin) and len(form.a) + len(form.c) > 1 and self.multiplies(form)

    def share_weights(self, forms: list[Form]) -> bool:
        """Whether two of these are rows times the same weights: what a layer says of two places."""
        seen: set[int] = set()
        for form in forms:
            lin = form if isinstance(form, Lin) else Lin()
            if not seen and len(lin.t) and self.graph.kind[lin.t[-1]] == "lin":
                seen.update(self.graph.detail[lin.t[-1]].a[:1])
            weights = lin.a if len(lin.a) > 1 and self.graph.rank[lin.a[0]] == PARAM else ()
            if form is not forms[0] and not seen.isdisjoint(weights[:1]):
                return True
            seen.update(weights)
        return False

    def absorb(self, lin: Lin, form: Form, sign: int) -> None:
        """lin += sign * form"""
        if isinstance(form, int):
            if self.graph.rank[form] == CONST:
                lin.constant += sign * self.graph.detail[form]
            else:
                (lin.t if sign > 0 else lin.u).append(form)
        elif isinstance(form, tuple):
            own, first, second = form
            a, b = (lin.a, lin.b) if sign * own > 0 else (lin.c, lin.d)
            a.append(first)
            b.append(second)
        else:
            plus = (lin.a, lin.b, lin.c, lin.d, lin.t, lin.u)
            minus = (lin.c, lin.d, lin.a, lin.b, lin.u, lin.t)
            more = (form.a, form.b, form.c, form.d, form.t, form.u)
            for mine, theirs in zip(plus if sign > 0 else minus, more, strict=True):
                mine.extend(theirs)
            lin.constant += sign * form.constant

    def dot(self, operands: tuple[Value, ...]) -> Lin:
        """A weighted sum; the neurons of a layer share the tuple of inputs."""
        if not self.waiting.keys().isdisjoint(operands):
            for operand in operands:  # in this order: a set's is another in every process
                if operand in self.waiting:
                    self.numbers[operand] = self.number(self.waiting.pop(operand))
        n = len(operands) // 2
        place, rank = self.numbers.__getitem__, self.graph.rank.__getitem__
        ws, inputs = _numbers(map(place, operands[:n])), operands[n:-1]
        if inputs not in self.known_inputs:
            xs = _numbers(map(place, inputs))
            self.known_inputs[inputs] = xs, min(map(rank, xs), default=CONST)
        xs, lowest = self.known_inputs[inputs]
        lin = Lin()
        if n and max(map(rank, ws)) < lowest:
            lin.a, lin.b = ws, xs[:]
        elif n:
            lin.a, lin.b = map(_numbers, zip(*map(self.ordered, ws, xs), strict=True))
        self.absorb(lin, place(operands[-1]), 1)
        return lin


add, mul, dot = primitives.add, primitives.mul, primitives.dot
_SUMS = {add, primitives.sub, primitives.neg, primitives.sum, primitives.identity}
