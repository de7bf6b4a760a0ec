"""Canonicalise: many ways to write a weighted sum become one kind of node.

``add sub neg mul sum dot`` all become ``Lin`` = Σ ±a·b + Σ ±t + constant. A Lin absorbs an
operand that is a Lin itself and has no other consumer, so a neuron written with + and * and
one written with ``dot`` end as the same node. Equal nodes are one node (hash-consing). Products
with 0 or 1 stay products: folding them would make neurons of one layer unlike each other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from .. import primitives
from ..gate import Primitive
from ..graph import topological_order
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
            tuple(self.a),
            tuple(self.b),
            tuple(self.c),
            tuple(self.d),
            tuple(self.t),
            tuple(self.u),
            float.hex(self.constant),
        )

    def operands(self) -> list[int]:
        return [*self.a, *self.b, *self.c, *self.d, *self.t, *self.u]

    def single(self) -> tuple[int, int] | None:
        """The sign and the node, if this is nothing but ± one node."""
        if self.a or self.c or self.constant or len(self.t) + len(self.u) != 1:
            return None
        return (1, self.t[0]) if self.t else (-1, self.u[0])


@dataclass
class Product:
    """± a·b that nobody else uses: waiting to be absorbed by a sum."""

    sign: int
    a: int
    b: int


class Scalars:
    """The canonical scalar graph, numbered in topological order."""

    def __init__(self) -> None:
        self.kind: list[str | Primitive] = []  # "input", "parameter", "constant", "lin", a gate
        self.detail: list[Any] = []  # place of an input, Value, float, Lin, operand numbers
        self.rank: list[int] = []
        self.level: list[int] = []
        self.outputs: list[int] = []
        self.count = 0  # scalar nodes before

    def __len__(self) -> int:
        return len(self.kind)

    def operands(self, node: int) -> list[int]:
        if self.kind[node] == "lin":
            return self.detail[node].operands()  # type: ignore[no-any-return]
        return list(self.detail[node]) if isinstance(self.kind[node], Primitive) else []

    def reachable(self) -> list[int]:
        """The nodes that the outputs depend on, in order."""
        seen = bytearray(len(self))
        for output in self.outputs:
            seen[output] = 1
        for node in range(len(self) - 1, -1, -1):
            if seen[node]:
                for operand in self.operands(node):
                    seen[operand] = 1
        return [node for node in range(len(self)) if seen[node]]


def canonicalise(trace: Trace, parameters: list[Value] | None = None) -> Scalars:
    """Rewrite a traced graph as canonical nodes."""
    return _Canonicaliser(trace, parameters).run()


class _Canonicaliser:
    def __init__(self, trace: Trace, parameters: list[Value] | None) -> None:
        self.trace = trace
        self.declared = None if parameters is None else set(parameters)
        self.graph = Scalars()
        self.interned: dict[Any, int] = {}

    def run(self) -> Scalars:
        graph = self.graph
        order = topological_order(*self.trace.outputs)
        graph.count = len(order)
        uses = dict.fromkeys(order, 0)
        for node in order:
            for operand in node.operands:
                uses[operand] += 1
        for output in self.trace.outputs:
            uses[output] += 2
        # A node becomes a number, or a Lin or Product that waits for its one consumer.
        forms: dict[Value, int | Lin | Product] = {}
        for node in order:
            op = node.op
            if op is None:
                forms[node] = self.leaf(node)
                continue
            if op is primitives.mul:
                form: int | Lin | Product = self.product(*[forms.pop(o) if uses[o] == 1 else forms[o] for o in node.operands])
            elif op in _SUMS:
                form = self.sum(op, [forms.pop(o) if uses[o] == 1 else forms[o] for o in node.operands])
            elif op is primitives.dot:
                form = self.dot([self.number(forms[o]) for o in node.operands])
            else:
                places = tuple([self.number(forms[o]) for o in node.operands])
                if all(graph.rank[place] == CONST for place in places):
                    form = self.constant(node.data)
                else:
                    form = self.intern(op, (op, places), places, places)
            forms[node] = form if uses[node] == 1 else self.number(form)
        graph.outputs = [self.number(forms[output]) for output in self.trace.outputs]
        return graph

    # ------------------------------------------------------------------ leaves

    def leaf(self, node: Value) -> int:
        place = self.trace.inputs.get(node)
        if place is not None:
            return self.add("input", place, BATCH, 0)
        if self.trace.is_data(node, self.declared):
            return self.constant(node.data)
        return self.add("parameter", node, PARAM, 0)

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
        batch = BATCH if any(rank[o] == BATCH for o in operands) else FIXED
        height = 1 + max((level[o] for o in operands), default=0)
        number = self.interned[key] = self.add(kind, detail, batch, height)
        return number

    def number(self, form: int | Lin | Product) -> int:
        """The number of a node, which stops waiting."""
        if isinstance(form, int):
            return form
        if isinstance(form, Product):
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

    def product(self, *factors: int | Lin | Product) -> Product:
        sign = 1
        places = []
        for factor in factors:
            single = factor.single() if isinstance(factor, Lin) else None
            if single is not None:
                sign *= single[0]
                places.append(single[1])
            else:
                places.append(self.number(factor))
        a, b = places
        return Product(sign, *self.ordered(a, b))

    def ordered(self, a: int, b: int) -> tuple[int, int]:
        """The weight first."""
        rank = self.graph.rank
        return (a, b) if (rank[a], a) <= (rank[b], b) else (b, a)

    def sum(self, op: Primitive, forms: list[int | Lin | Product]) -> Lin:
        result = forms[0] if isinstance(forms[0], Lin) and op is not primitives.neg else None
        lin = Lin() if result is None else result
        signs = {primitives.sub: [1, -1], primitives.neg: [-1]}.get(op, [1] * len(forms))
        for k, (form, sign) in enumerate(zip(forms, signs, strict=True)):
            if k or result is None:
                self.absorb(lin, form, sign)
        return lin

    def absorb(self, lin: Lin, form: int | Lin | Product, sign: int) -> None:
        """lin += sign * form"""
        if isinstance(form, int):
            if self.graph.rank[form] == CONST:
                lin.constant += sign * self.graph.detail[form]
            else:
                (lin.t if sign > 0 else lin.u).append(form)
        elif isinstance(form, Product):
            a, b = (lin.a, lin.b) if sign * form.sign > 0 else (lin.c, lin.d)
            a.append(form.a)
            b.append(form.b)
        else:
            plus = (lin.a, lin.b, lin.c, lin.d, lin.t, lin.u)
            minus = (lin.c, lin.d, lin.a, lin.b, lin.u, lin.t)
            more = (form.a, form.b, form.c, form.d, form.t, form.u)
            for mine, theirs in zip(plus if sign > 0 else minus, more, strict=True):
                mine.extend(theirs)
            lin.constant += sign * form.constant

    def dot(self, places: list[int]) -> Lin:
        n = len(places) // 2
        lin = Lin()
        if n:
            pairs = [
                self.ordered(w, x) for w, x in zip(places[:n], places[n:-1], strict=True)
            ]
            a, b = zip(*pairs, strict=True)
            lin.a, lin.b = list(a), list(b)
        self.absorb(lin, places[-1], 1)
        return lin


_SUMS = {primitives.add, primitives.sub, primitives.neg, primitives.sum, primitives.identity}
