"""explain: where a gradient comes from, as the sum over the paths of the chain rule.

Every way from the output back to a node contributes the product of the local derivatives
along it. There may be more ways than atoms in the world, so they are counted and added up node
by node (back-propagation is nothing else), and only the first few are walked one by one.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ..checking.enclosures import certified
from ..engine.backward import local_derivatives, stale_error
from ..engine.clock import stale_edges
from ..engine.conversion import shorten
from ..engine.derivatives import gradients
from ..engine.graph import ancestors, topological_order
from ..engine.value import Value, name_of
from ..reading.columns import padded, width
from ..reading.latex import LatexNames, latex_number
from ..reading.naming import by_use, meanings, names_of_caller, short
from ..reading.notation import Board, latex
from .hints import added_up, no_leaves

__all__ = ["Explanation", "Path", "explain"]

_MANY = 10**18  # counted no further: 10⁶ doublings have a number of paths with 300,000 digits
_LONGEST_PATH = 8  # edges written out one by one
_LONGEST_PRODUCT = 64  # of formulas, in characters
_MOST_LEAVES = 10  # whose gradients explain(output) shows


class Edge(NamedTuple):
    """One step back along a path: from a gate to one of its operands."""

    node: Value
    place: int
    local: float

    @property
    def operand(self) -> Value:
        return self.node.operands[self.place]


class Path(NamedTuple):
    """One way from the output back to the node."""

    edges: tuple[Edge, ...]

    @property
    def product(self) -> float:
        """What this path contributes: the local derivatives multiplied, output first."""
        return math.prod(edge.local for edge in self.edges)

    @property
    def hidden(self) -> int:
        """How many nodes in the middle are not named, because the path is long."""
        return len(self.edges) - 7 if len(self.edges) > _LONGEST_PATH else 0

    @property
    def ends(self) -> list[Value]:
        """The nodes along it, without the output; of a long path the first four and last three."""
        edges = [*self.edges[:4], *self.edges[-3:]] if self.hidden else self.edges
        return [edge.operand for edge in edges]


class Explanation:
    """The gradient of an output at a node, as a sum over paths; see ``explain``.

    ``total`` is d output / d node, ``count`` how many paths there are (10¹⁸ stands for that
    many or more), and ``paths`` holds the first of them. ``interval`` is a proof of the total
    (an interval of ``certify``), if it was asked for.
    """

    def __init__(
        self,
        node: Value,
        of: Value,
        found: Mapping[Value, str],
        limit: int = 10,
        certify: bool = False,
    ) -> None:
        try:
            most = operator.index(limit)
        except TypeError:
            raise TypeError(f"limit takes a whole number of paths, got {shorten(limit)}") from None
        if most < 1:
            raise ValueError(f"limit takes the number of paths to write out, from 1, got {limit}")
        self.node = node
        self.output = of
        self.order = topological_order(of)
        if stale := stale_edges(self.order):
            raise stale_error(*stale[0])
        if node not in set(self.order) or node.kind == "constant":
            raise ValueError(
                f"{name_of(of)} was not computed from {name_of(node)}: no gradient comes from it"
            )
        self.board = Board(self.order, found)
        self._found = found
        self._latex_name = LatexNames()
        self.total: float = gradients(of, node)
        self.interval = certified(of, [node]).gradient[0] if certify else None
        self._edges = self._edges_towards()
        self._ways = self._count()
        self.count = self._ways.get(of, 0)
        self.paths = [path for path, _ in zip(self._paths(), range(most), strict=False)]

    def _edges_towards(self) -> dict[Value, list[Edge]]:
        """For each gate between the node and the output, its edges that lead to the node."""
        edges: dict[Value, list[Edge]] = {self.node: []}
        for gate in self.order:
            if gate is self.node or all(operand not in edges for operand in gate.operands):
                continue
            found = [
                Edge(gate, place, local)
                for place, local in enumerate(local_derivatives(gate))
                if local is not None and gate.operands[place] in edges
            ]
            if found:
                edges[gate] = found
        return edges

    def _count(self) -> dict[Value, int]:
        """How many paths lead from each gate to the node."""
        ways = {self.node: 1}
        for gate, edges in self._edges.items():
            if edges:
                ways[gate] = min(sum(ways[edge.operand] for edge in edges), _MANY)
        return ways

    def _paths(self) -> Iterator[Path]:
        """The paths one by one, depth first."""
        if self.output is self.node:
            yield Path(())
            return
        stack = [iter(self._edges.get(self.output, ()))]
        taken: list[Edge] = []
        while stack:
            edge = next(stack[-1], None)
            if edge is None:
                stack.pop()
                if taken:
                    taken.pop()
                continue
            taken.append(edge)
            if edge.operand is self.node:
                yield Path(tuple(taken))
                taken.pop()
            else:
                stack.append(iter(self._edges[edge.operand]))

    # ------------------------------------------------------------------ text

    def text(self) -> str:
        """The sum over paths, a line for each."""
        if self.node is self.output:
            return "\n".join([*self._of_the_output(), *self._hints()])
        output, node = self.board.name(self.output), self.board.name(self.node)
        start = f"∂{self.board.term(self.output)}/∂{self.board.term(self.node)}"
        start += f" = {short(self.total)}"
        if not self.count:
            return f"{start}: no gradient flows on any path from {output} back to {node}"
        title = f"{start}: {_paths_in_words(self.count)} from {output} back to {node}"
        routes = [self._route(path) for path in self.paths]
        columns = max(map(width, routes))
        lines = [
            f"   {padded(route, columns)}    {self._product(path)}"
            for route, path in zip(routes, self.paths, strict=True)
        ]
        more = self.count - len(self.paths)
        if more:
            many = "at least 10¹⁸" if self.count == _MANY else f"{more:,}"
            lines.append(f"   and {many} more {'path' if more == 1 else 'paths'}")
        elif len(lines) > 1:
            lines.append(f"   sum = {self._sum()} = {short(self.total)}")
        lines += [f"   where {meaning}" for meaning in self._meanings()]
        lines += self._hints()
        if self.interval is not None:
            lines.append(f"   certified: {self.interval}")
        return "\n".join([title, *lines])

    def _route(self, path: Path) -> str:
        """``f ← q ← x``; the middle of a long path left out."""
        names = [self.board.name(node) for node in path.ends]
        if path.hidden:
            names.insert(-3, f"({path.hidden} more)")
        return " ← ".join([self.board.name(self.output), *names])

    def _product(self, path: Path) -> str:
        """``∂f/∂q · ∂q/∂x = z · 1 = -4 × 1 = -4``."""
        if not path.edges:
            return "1"
        if path.hidden:
            return f"product of {len(path.edges)} local derivatives = {short(path.product)}"
        term, numbers = self.board.term, [short(edge.local) for edge in path.edges]

        def below(edge: Edge) -> str:
            return by_use(edge.node, edge.place, term(edge.operand))

        formulas = self._formulas(path)
        sides = [" · ".join(f"∂{term(e.node)}/∂{below(e)}" for e in path.edges)]
        if len(path.edges) == 1 and self.count > 1:  # ∂b/∂a is the sum, of which this is a term
            gate = self.board.gate_term(path.edges[0].node) if formulas else ""
            sides = [f"∂{gate}/∂{below(path.edges[0])}"] if gate else []
        if formulas:
            sides.append(" · ".join(formulas))
        if len(numbers) > 1:
            sides.append(" × ".join(numbers))
        return " = ".join([*sides, short(path.product)])

    def _formulas(self, path: Path, in_latex: bool = False) -> list[str]:
        """The path's local derivatives as formulas; none where they say no more than numbers."""
        board, edges = self.board, path.edges
        numbers = [short(edge.local) for edge in edges]
        formulas = [
            board.formula(edge.node, edge.place) or number
            for edge, number in zip(edges, numbers, strict=True)
        ]
        factors = list(map(_factor, formulas)) if len(formulas) > 1 else formulas
        if formulas == numbers or len(" · ".join(factors)) > _LONGEST_PRODUCT:
            return []
        if not in_latex:
            return factors
        latex_formulas = [
            board.latex_formula(edge.node, edge.place, self._latex_name) or latex_number(edge.local)
            for edge in edges
        ]
        return [
            rf"\left({latex}\right)" if factor != formula else latex
            for latex, factor, formula in zip(latex_formulas, factors, formulas, strict=True)
        ]

    def _meanings(self) -> list[str]:
        """What the symbols in the formulas shown stand for."""
        paths = [path for path in self.paths if not path.hidden]
        return meanings(formula for path in paths for formula in self._formulas(path))

    def _sum(self) -> str:
        terms = [short(path.product) for path in self.paths]
        return " + ".join([terms[0], *(f"({t})" if t.startswith("-") else t for t in terms[1:])])

    def _of_the_output(self) -> list[str]:
        """The gradients of the first leaves: of the output itself there is nothing to explain."""
        term, name = self.board.term, self.board.name
        lines = [
            f"∂{term(self.output)}/∂{term(self.output)} = 1: {name(self.output)} is the output"
        ]
        leaves = [node for node in self.order if node.kind == "leaf" and node is not self.output]
        found = gradients(self.output, leaves[:_MOST_LEAVES]) if leaves else []
        for leaf, gradient in zip(leaves, found, strict=False):
            start = f"   ∂{term(self.output)}/∂{term(leaf)} = {short(gradient)}"
            lines.append(f"{start}    explain({name(leaf)}, of={name(self.output)}) says why")
        if more := len(leaves) - _MOST_LEAVES:
            lines += [f"   and {more} more leaves"] if more > 0 else []
        return lines

    def _hints(self) -> list[str]:
        """What else should be known: a gradient of several passes, a variable that is no leaf."""
        found = no_leaves(self.order, self._found)
        if self.node.op is None:
            remembered = added_up(self.board.term(self.node), self.node, self.total)
            found += [remembered] if remembered else []
        return [f"   {hint}" for hint in found]

    def __repr__(self) -> str:
        return self.text()

    # ------------------------------------------------------------------ LaTeX

    def _repr_latex_(self) -> str:
        """The same sum for a notebook: a row for each path, and what the symbols stand for."""
        gradient = _fraction(self.board, self._latex_name, self.output, self.node)
        if not self.count:
            rows = [f"{gradient} &= 0"]
        elif self.count == 1:
            rows = [f"{gradient} &= {' = '.join(self._latex_sides(self.paths[0]))}"]
        else:
            rows = [
                rf"{self._latex_route(path)} &:\quad {' = '.join(self._latex_sides(path))}"
                for path in self.paths
            ]
            more = self.count - len(self.paths)
            if more:
                many = "10^{18}" if self.count == _MANY else f"{more:,}".replace(",", "{,}")
                paths = "path" if more == 1 else "paths"
                rows.append(rf"&\phantom{{:}}\quad \text{{and }} {many} \text{{ more {paths}}}")
            terms = [_latex_number(path.product, k > 0) for k, path in enumerate(self.paths)]
            total = "" if more else " + ".join(terms) + " = "
            rows.append(f"{gradient} &= {total}{_latex_number(self.total)}")
        words = [rf"\text{{{meaning}}}" for meaning in self._meanings()]
        for k, definition in enumerate([*self._definitions(), *words]):
            where = r"\phantom{\text{where }}" if k else r"\text{where }"
            rows.append(f"&{where} {definition}")
        return "$$\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}$$"

    def _latex_sides(self, path: Path) -> list[str]:
        """The sides of a path's equation: the chain rule, its formulas, its numbers, the product.

        A path of one edge does not repeat ∂f/∂x: that is what its row, or the sum, begins with.
        """
        product = _latex_number(path.product)
        if path.hidden:
            first, second, third, last = self._latex_fractions(path)
            return [r" \, ".join([first, second, third, r"\cdots", last]), product]
        sides = [r" \, ".join(self._latex_fractions(path))] if len(path.edges) > 1 else []
        if formulas := self._formulas(path, in_latex=True):
            sides.append(r" \cdot ".join(formulas))
        if len(path.edges) > 1:
            numbers = [_latex_number(edge.local, k > 0) for k, edge in enumerate(path.edges)]
            sides.append(r" \cdot ".join(numbers))
        return [*sides, product]

    def _latex_fractions(self, path: Path) -> list[str]:
        """The local derivatives along a path; of a long path the first three and the last."""
        edges = [*path.edges[:3], path.edges[-1]] if path.hidden else path.edges
        return [_fraction(self.board, self._latex_name, edge.node, edge.operand) for edge in edges]

    def _latex_route(self, path: Path) -> str:
        names = [self._latex_name(self.board.name(node)) for node in [self.output, *path.ends]]
        if path.hidden:
            names.insert(-3, r"\cdots")
        return r" \leftarrow ".join(names)

    def _definitions(self) -> list[str]:
        """``q = x + y`` for each gate on the paths shown, where it is short."""
        shown = {edge.node for path in self.paths if not path.hidden for edge in path.edges}
        return [
            f"{self._latex_name(self.board.name(gate))} = "
            f"{latex(self.board.gate(gate), self._latex_name)}"
            for gate in self.order
            if gate in shown and len(gate.operands) <= _LONGEST_PATH
        ]


def explain(
    node: Value,
    of: Value | None = None,
    *,
    limit: int = 10,
    names: Mapping[str, Any] | None = None,
    certify: bool = False,
) -> Explanation:
    """Explain a gradient: the sum over all paths, each the product of its local derivatives.

    A graph points from results to what they were computed from, so a node does not know what
    was computed from it: without ``of``, the caller's variables are searched for the one result
    that depends on the node.

    Args:
        node: the Value whose gradient to explain; of the output itself, those of its leaves are
            shown.
        of: the Value that was differentiated.
        limit: how many paths to write out; the others are counted.
        names: names for Values, as ``locals()`` gives, where the caller's variables won't do.
        certify: prove, too, in which interval the exact gradient of this graph lies (an ``if``
            of Python that was taken while it was built is not part of the graph).

    Raises:
        TypeError: node or of is no Value, or limit no whole number.
        ValueError: limit is below 1; of does not depend on node; or no variable does, or
            several, and ``of=`` has to say which.
        StaleGraphError: a leaf was edited after a node was computed from it.

    >>> x, y = Value(2.0), Value(4.0)
    >>> u, v = x * y, x / y
    >>> z = u**2 + v**2
    >>> explain(x)  # L3, L4
    ∂z/∂x = 64.25: 2 paths from z back to x
       z ← v1 ← u ← x    ∂z/∂v1 · ∂v1/∂u · ∂u/∂x = 1 · 2·u · y = 1 × 16 × 4 = 64
       z ← v2 ← v ← x    ∂z/∂v2 · ∂v2/∂v · ∂v/∂x = 1 · 2·v · (1/y) = 1 × 1 × 0.25 = 0.25
       sum = 64 + 0.25 = 64.25
    """
    for what, thing in (("a Value,", node), ("of=, a Value,", node if of is None else of)):
        if not isinstance(thing, Value):
            raise TypeError(f"explain takes {what} got {shorten(thing)}")
    found = names_of_caller(names)
    if node.kind == "constant":
        raise ValueError(f"the constant {short(node.data)} has no gradient to explain")
    output = _only_result(node, found) if of is None else of
    return Explanation(node, output, found, limit, certify)


def _only_result(node: Value, found: Mapping[Value, str]) -> Value:
    """The one Value with a name that depends on the node and goes into no other such."""
    results: list[Value] = []
    used: set[Value] = set()
    for thing in sorted(found, key=lambda value: value.born, reverse=True):
        if thing.born <= node.born or thing in used:
            continue
        before = set(ancestors(thing))
        used |= before
        if node in before:
            results.append(thing)
    if len(results) == 1:
        return results[0]
    name = found.get(node) or node.label or "node"
    if not results and node.op is not None:
        return node
    if not results:
        raise ValueError(
            f"no variable here holds a Value that was computed from {name_of(node)}: say which "
            f"gradient to explain, as in explain({name}, of=loss)"
        )
    names = sorted(found[result] for result in results)
    raise ValueError(
        f"{', '.join(names[:-1])} and {names[-1]} were computed from {name_of(node)}: say which "
        f"gradient to explain, as in explain({name}, of={names[0]})"
    )


def _paths_in_words(count: int) -> str:
    if count == _MANY:
        return "10¹⁸ paths or more"
    return "1 path" if count == 1 else f"{count:,} paths"


def _factor(formula: str) -> str:
    """A formula among factors: in parentheses unless it is one."""
    loose = re.search(r"[ /]|^-", re.sub(r"\([^()]*\)", "()", formula))
    return f"({formula})" if loose else formula


def _fraction(board: Board, name: LatexNames, above: Value, below: Value) -> str:
    names = [board.latex_term(node, name) for node in (above, below)]
    return rf"\frac{{\partial {names[0]}}}{{\partial {names[1]}}}"


def _latex_number(x: float, bracket: bool = False) -> str:
    """``-2.5``, in brackets after a sign if it is negative."""
    text = latex_number(x)
    if not text.startswith("-"):
        return text
    return rf"\left({text}\right)" if bracket else f"{{{text}}}"  # braces: a sign, not a minus
