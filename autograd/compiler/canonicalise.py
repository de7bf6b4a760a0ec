"""Canonicalise: many ways to write a weighted sum become one kind of node.

``add sub neg mul sum dot`` all become ``Lin`` = Σ ±a·b + Σ ±t + constant. A Lin absorbs an
operand that is a Lin itself and has no other consumer, so a neuron written with + and * and
one written with ``dot`` end as the same node. Equal nodes are one node (hash-consing). Products
with 0 or 1 stay products: folding them would make neurons of one layer unlike each other.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter
from dataclasses import dataclass, field
from itertools import chain
from operator import attrgetter
from typing import Any, TypeAlias

from .. import primitives
from ..gate import Primitive
from ..value import Value
from .trace import Trace

__all__ = ["BATCH", "CONST", "FIXED", "PARAM", "Lin", "Scalars", "canonicalise"]

# What a node depends on. The lower of two factors is called the weight.
PARAM, FIXED, CONST, BATCH = 0, 1, 2, 3


@dataclass(slots=True)
class Lin:
    """Σ a·b - Σ c·d + Σ t - Σ u + constant, as lists of node numbers."""

    a: list[int] = field(default_factory=list)
    b: list[int] = field(default_factory=list)
    c: list[int] = field(default_factory=list)
    d: list[int] = field(default_factory=list)
    t: list[int] = field(default_factory=list)
    u: list[int] = field(default_factory=list)
    constant: float = 0.0

    def key(self) -> tuple[Any, ...]:
        return (
            array("i", self.a).tobytes(),
            array("i", self.b).tobytes(),
            array("i", self.c).tobytes(),
            array("i", self.d).tobytes(),
            array("i", self.t).tobytes(),
            array("i", self.u).tobytes(),
            float.hex(self.constant),
        )

    def operands(self) -> list[int]:
        return [*self.a, *self.b, *self.c, *self.d, *self.t, *self.u]

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
        self.count = 0  # scalar nodes before

    def __len__(self) -> int:
        return len(self.kind)

    def operands(self, node: int) -> list[int]:
        if self.kind[node] == "lin":
            return self.detail[node].operands()  # type: ignore[no-any-return]
        return list(self.detail[node]) if isinstance(self.kind[node], Primitive) else []

    def reachable(self) -> bytearray:
        """For each node 1 if the outputs depend on it, else 0."""
        seen = bytearray(len(self))
        for output in self.outputs:
            seen[output] = 1
        leaves = ("parameter", "input", "constant")
        for node in range(len(self) - 1, -1, -1):
            if seen[node] and self.kind[node] not in leaves:
                for operand in self.operands(node):
                    seen[operand] = 1
        return seen


def canonicalise(trace: Trace, data: set[Value]) -> Scalars:
    """Rewrite a traced graph as canonical nodes; the leaves in ``data`` are numbers."""
    return _Canonicaliser(trace, data).run()


class _Canonicaliser:
    def __init__(self, trace: Trace, data: set[Value]) -> None:
        self.trace = trace
        self.data = data
        self.graph = Scalars()
        self.interned: dict[Any, int] = {}

    def run(self) -> Scalars:
        graph, data, inputs = self.graph, self.data, self.trace.inputs
        kind, rank = graph.kind, graph.rank
        order = self.trace.order
        graph.count = len(order)
        operands_of_all = chain.from_iterable(map(attrgetter("operands"), order))
        uses = Counter(each for each in operands_of_all if each.op is not None)
        uses.update([*self.trace.outputs, *self.trace.outputs])  # an output is never absorbed
        # A node becomes a number, or a Lin or Product that waits for its one consumer.
        forms: dict[Value, Form] = {}
        pop = forms.pop
        for node in order:
            op = node.op
            if op is None:
                if node in data or node in inputs:
                    forms[node] = self.leaf(node)
                else:
                    forms[node] = len(kind)
                    kind.append("parameter")
                    graph.detail.append(node)
                    rank.append(PARAM)
                    graph.level.append(0)
                continue
            operands = node.operands
            if op is dot:
                own = [*map(forms.__getitem__, operands)]
                if {*map(type, own)} != {int}:
                    own = [*map(self.number, own)]
                form: Form = self.dot(own)  # type: ignore[arg-type]
            elif op in _SUMS or op is mul:
                own = [pop(o) if uses[o] == 1 else forms[o] for o in operands]
                if op is mul:
                    form = self.product(own[0], own[1])
                elif op is add and type(own[0]) is Lin and type(own[1]) is tuple:
                    form = own[0]  # by far the most frequent case, written out for speed
                    sign, a, b = own[1]
                    if sign > 0:
                        form.a.append(a)
                        form.b.append(b)
                    else:
                        form.c.append(a)
                        form.d.append(b)
                else:
                    form = self.sum(op, own)
            else:
                places = tuple([self.number(forms[o]) for o in operands])
                if all(rank[place] == CONST for place in places):
                    form = self.constant(node.data)
                else:
                    form = self.intern(op, (op, places), places, places)
            forms[node] = form if uses[node] == 1 else self.number(form)
        graph.outputs = [self.number(forms[output]) for output in self.trace.outputs]
        return graph

    # ------------------------------------------------------------------ leaves

    def leaf(self, node: Value) -> int:
        if node in self.data:
            return self.constant(node.data)
        return self.add("input", self.trace.inputs[node], BATCH, 0)

    def constant(self, number: float) -> int:
        key = ("constant", float.hex(number))
        if key not in self.interned:
            self.interned[key] = self.add("constant", number, CONST, 0)
        return self.interned[key]

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
        if all(self.graph.rank[o] == CONST for o in operands):
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
        sign = 1
        if type(a) is not int:
            own, a = self.signed(a)
            sign *= own
        if type(b) is not int:
            own, b = self.signed(b)
            sign *= own
        return (sign, *self.ordered(a, b))

    def signed(self, form: Form) -> tuple[int, int]:
        """The sign and the number of a node: a minus moves from the factor to the product."""
        single = form.single() if isinstance(form, Lin) else None
        return (1, self.number(form)) if single is None else single

    def ordered(self, a: int, b: int) -> tuple[int, int]:
        """The weight first."""
        rank_a, rank_b = self.graph.rank[a], self.graph.rank[b]
        return (a, b) if rank_a < rank_b or (rank_a == rank_b and a <= b) else (b, a)

    def sum(self, op: Primitive, forms: list[Form]) -> Lin:
        result = forms[0] if isinstance(forms[0], Lin) and op is not primitives.neg else None
        lin = Lin() if result is None else result
        signs = {primitives.sub: [1, -1], primitives.neg: [-1]}.get(op, [1] * len(forms))
        for k, (form, sign) in enumerate(zip(forms, signs, strict=True)):
            if k or result is None:
                self.absorb(lin, form, sign)
        return lin

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

    def dot(self, places: list[int]) -> Lin:
        n = len(places) // 2
        ws, xs = places[:n], places[n:-1]
        lin = Lin()
        ranks = {*map(self.graph.rank.__getitem__, ws)}
        if n and max(ranks) < min(map(self.graph.rank.__getitem__, xs)):
            lin.a, lin.b = ws, xs
        elif n:
            lin.a, lin.b = map(list, zip(*map(self.ordered, ws, xs), strict=True))
        self.absorb(lin, places[-1], 1)
        return lin


add, mul, dot = primitives.add, primitives.mul, primitives.dot
_SUMS = {add, primitives.sub, primitives.neg, primitives.sum, primitives.identity}
