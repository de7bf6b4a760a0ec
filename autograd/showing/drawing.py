"""draw: a computation graph as a picture, forward and backward.

The picture is DOT source, written node by node and edge by edge from the graph as it stands;
rendering.py runs the layout program on it. The forward view flows left to right. The backward
view flows right to left, and each of its edges says ``local × upstream = contribution``: the
chain rule, spelled out.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ..compiler import Program
from ..engine.backward import local_derivatives
from ..engine.clock import stale_edges
from ..engine.conversion import shorten
from ..engine.graph import topological_order
from ..engine.value import Value
from ..reading.naming import Names, by_use, is_number, names_of_caller, ordinal, short
from .diagrams import diagram
from .grouping import Box, Clusters, Grouping, Path, class_index
from .markup import THEMES, blank, colored, escape, lines_of
from .network import draw_network

if TYPE_CHECKING:
    from .rendering import Drawing

__all__ = ["draw"]

VIEWS = ("forward", "backward")
SYMMETRIC = {"add", "mul", "hypot"}  # of two operands: their order needs no mark
DEEP = 9  # gates on the way to the output: labels of a longer chain are narrow
NOTEBOOK_NODES = 60  # a Value with a larger graph shows its repr; draw(...) still draws it
_UNDRAWABLE = str.maketrans({"∛": "cbrt ", "⌊": "floor(", "⌋": ")", "⌈": "ceil(", "⌉": ")"})


def draw(
    output: Any,
    view: str = "forward",
    *,
    theme: str = "light",
    constants: bool = True,
    legend: bool = True,
    clusters: Clusters = (),
    collapse: bool | str | Iterable[str] = False,
    names: Mapping[str, Any] | None = None,
    sample: Sequence[Any] | None = None,
    target: Any = None,
    loss: Any = None,
    max_nodes: int = 300,
    time_limit: float = 30.0,
) -> Drawing:
    """Draw the graph that a Value was computed by.

    A node shows its label (its own, else the name of the variable that holds it in the caller's
    code), its value in green and its gradient in red, – before a backward pass.

    Args:
        output: a Value, or several; or a compiled program, whose arrays are drawn, a box for
            each (L8): ``view``, ``theme``, ``legend`` and the limits are what applies to it.
        view: "forward", left to right, values flowing; or "backward", right to left, where each
            edge says local × upstream = contribution and a node used more than once shows the
            sum (L5, L6).
        theme: "light" or "dark".
        constants: whether to draw the plain numbers of the expression.
        legend: whether to explain the colours below the picture.
        clusters: named groups of nodes, drawn as frames, ``{"hidden/neuron 1": [h, *weights]}``;
            "/" nests them. A gate whose result is used only in a cluster joins it by itself.
        collapse: True to draw each outermost cluster as one box, or the names of those to.
        names: names for Values, as ``locals()`` gives, where the caller's variables won't do.
            A network among them calls its parameters ``layers.0.weight[0][1]``.
        max_nodes: the most nodes to draw.
        time_limit: seconds the layout program may take.

    Returns:
        a ``graphviz.Digraph``: ``draw(y).save("y.svg")`` (or .png, .dot); ``.source`` is DOT;
        notebooks show it.

    Raises:
        TypeError: output is no Value, or another argument is not what it takes.
        ValueError: unknown view, theme or cluster; too many nodes.

    >>> x, y, z = Value(-2.0), Value(5.0), Value(-4.0)
    >>> q = x + y
    >>> f = q * z
    >>> f.backward()
    >>> picture = draw(f, "backward")
    >>> "∂f/∂z = q" in picture.source
    True
    """
    if view not in VIEWS:
        raise ValueError(f"unknown view {view!r}: write {' or '.join(map(repr, VIEWS))}")
    if theme not in list(THEMES):
        raise ValueError(f"unknown theme {theme!r}: write {' or '.join(map(repr, THEMES))}")
    for name, limit in (("max_nodes", max_nodes), ("time_limit", time_limit)):
        if not isinstance(limit, (int, float)):
            raise TypeError(f"{name} takes a number, got {shorten(limit)}")
    if isinstance(output, Program):
        if clusters or collapse or names or not constants:
            raise TypeError("clusters=, collapse=, names= and constants= are for graphs of Values")
        blocks, caption = output.boxes(view)
        picture = diagram(blocks, view, theme, legend, max_nodes, caption)
        picture.time_limit = time_limit
        return picture
    if hasattr(type(output), "_columns_"):
        if clusters or collapse or names or not constants:
            raise TypeError("clusters=, collapse=, names= and constants= are for graphs of Values")
        columns = output._columns_(sample, target, loss)
        picture = draw_network(columns, view, theme, legend)
        picture.time_limit = time_limit
        return picture
    if not (sample is target is loss is None):
        raise TypeError("sample=, target= and loss= are for networks: draw(model, sample=x)")
    outputs: list[Any] = list(output) if isinstance(output, (list, tuple)) else [output]
    for each in outputs:
        if not isinstance(each, Value):
            raise TypeError(f"draw takes a Value or a list of them, got {shorten(each)}")
    if not outputs:
        raise TypeError("draw takes a Value or a list of them, got an empty list")
    found = names_of_caller(names, without=clusters)
    grouping = Grouping(outputs, clusters, collapse, constants)
    if len(grouping) > max_nodes:
        raise ValueError(
            f"the graph has {len(grouping)} nodes to draw, more than max_nodes={max_nodes}: draw a "
            "sub-expression, hide constants (constants=False), group nodes (clusters=, "
            "collapse=True), or raise max_nodes="
        )
    picture = _Picture(grouping, Names(found), view, THEMES[theme]).drawing(legend)
    picture.time_limit = time_limit
    return picture


class _Picture:
    """The DOT source of a graph in one view and theme."""

    def __init__(self, graph: Grouping, names: Names, view: str, theme: dict[str, str]) -> None:
        self.graph = graph
        self.names = names
        self.backward = view == "backward"
        self.theme = theme
        self.ids: dict[Any, str] = {}
        self.deep = self.backward and depth(graph.order) > DEEP
        self.stale = {node for _, node in stale_edges(graph.order)}
        # d node / d operand, None where nothing flows; nothing is known of a stale node
        self.locals: dict[Value, list[float | None]] = {}
        self.arriving: dict[Value, list[float | None]] = {node: [] for node in graph.order}
        for node in graph.order:
            self.locals[node] = _locals(node)
            for operand, local in zip(node.operands, self.locals[node], strict=True):
                if local is not None:
                    self.arriving[operand].append(self.contribution(node, local))

    def contribution(self, node: Value, local: float) -> float | None:
        known = node.grad is not None and node not in self.stale
        return local * node.grad if known else None

    # ------------------------------------------------------------------ the whole

    def drawing(self, legend: bool) -> Drawing:
        picture = blank("computation", self.theme, self.caption(legend))
        picture.graph_attr["rankdir"] = "RL" if self.backward else "LR"
        members = self.members()
        framed = len(members) > 1
        if framed:  # a second round of untangling edges would forget the order of columns
            picture.graph_attr["remincross"] = "false"
        else:  # operands in their order, top to bottom: frames need columns for that
            picture.graph_attr["ordering"] = "out" if self.backward else "in"
        if self.deep:
            picture.graph_attr["ranksep"] = "0.3"
        self.nodes(picture, (), members, self.columns() if framed else {})
        self.edges(picture)
        return picture

    def members(self) -> dict[Path, list[Value | Box]]:
        """What stands directly in each cluster, and an entry for each cluster around it."""
        members: dict[Path, list[Value | Box]] = {}
        for shown in self.graph.shown.values():
            path = self.home(shown)
            for depth in range(len(path) + 1):
                members.setdefault(path[:depth], [])
            if shown not in self.ids:
                self.ids[shown] = f"n{len(self.ids)}"
                members[path].append(shown)
        return members

    def home(self, shown: Value | Box) -> Path:
        """The cluster that a node or a box stands in."""
        return shown.path[:-1] if isinstance(shown, Box) else self.graph.path.get(shown, ())

    def columns(self) -> dict[Path, list[list[str]]]:
        """For each cluster the operands in it, in their order, in lists of those used alike.

        What goes to the same gates has the same distance from the output: it may stand in a
        column of its own without bending an edge.
        """
        users: dict[tuple[Path, str], set[str]] = {}
        for node, shown in self.graph.shown.items():
            head = self.ids[shown]
            constants = self.graph.constants(node)
            for place, operand in enumerate(node.operands):
                if place in constants:
                    users[self.home(node), f"{head}c{place}"] = {head}
                elif operand in self.graph.shown:
                    tail = self.graph.shown[operand]
                    if self.ids[tail] != head:  # not so inside a collapsed box
                        users.setdefault((self.home(tail), self.ids[tail]), set()).add(head)
        alike: dict[tuple[Path, frozenset[str]], list[str]] = {}
        for (path, operand_id), heads in users.items():
            alike.setdefault((path, frozenset(heads)), []).append(operand_id)
        columns: dict[Path, list[list[str]]] = {}
        for (path, _), column in alike.items():
            if len(column) > 1:
                columns.setdefault(path, []).append(column)
        return columns

    def nodes(
        self,
        picture: Drawing,
        path: Path,
        members: dict[Path, list[Value | Box]],
        columns: dict[Path, list[list[str]]],
    ) -> None:
        """Draw what stands in a cluster, and the clusters in it, so that both read downwards.

        An edge that no one sees holds two neighbours of a column in their order. The layout
        program, its picture lying down, turns such edges upside down inside frames; and in the
        forward view the frames beside each other.
        """
        for shown in members[path]:
            if isinstance(shown, Box):
                self.box(picture, shown)
            else:
                self.node(picture, shown)
        for column in columns.get(path, []):
            with picture.subgraph(graph_attr={"rank": "same"}) as same:
                for one, other in pairwise(column[::-1] if path else column):
                    same.edge(one, other, style="invis")
        frames = [inner for inner in members if inner and inner[:-1] == path]
        if not self.backward:
            frames.reverse()
        for inner in frames:
            with picture.subgraph(name=f"cluster{list(members).index(inner)}") as frame:
                frame.attr(
                    label=f"<<B>{escape(inner[-1])}</B>>",
                    style="rounded,filled",
                    fillcolor=self.theme["cluster"],
                    color=self.theme["line"],
                    fontsize="12",
                    margin="12",
                    labelloc="t",
                    labeljust="r" if self.backward else "l",
                )
                self.nodes(frame, inner, members, columns)

    # ------------------------------------------------------------------ nodes

    def node(self, picture: Drawing, node: Value) -> None:
        name = self.names.name(node)
        title = f"<B>{escape(name)}</B>" if name else ""
        if node.op is not None:
            symbol = escape(node.op.symbol.translate(_UNDRAWABLE))
            symbol = "−" if symbol == "-" else symbol
            if (index := class_index(node)) is not None:
                symbol += f", class {index}"
            if symbol:  # DOT allows no empty <FONT></FONT>
                big = f'<FONT POINT-SIZE="{18 if len(symbol) < 3 else 13}">{symbol}</FONT>'
                title = f"{title}   {big}" if title else big
        lines = [*([title] if title else []), *self.numbers(node)]
        is_output = node in self.graph.outputs
        picture.node(
            self.ids[node],
            lines_of(*lines, padding=3),
            shape="ellipse" if node.op is not None else "box",
            style="filled" if node.op is not None else "rounded,filled",
            fillcolor=self.theme["leaf" if node.op is None else "gate"],
            penwidth="2" if is_output else "1",
            tooltip=self.tooltip(node, name),
        )
        for place, operand in self.graph.constants(node).items():
            picture.node(
                f"{self.ids[node]}c{place}",
                f"<{self.colored('value', short(operand.data))}>",
                shape="plain",
                tooltip=f"constant {operand.data!r}",
            )

    def numbers(self, node: Value) -> list[str]:
        """The lines with value and gradient (in the backward view as a sum, if it is one)."""
        value = self.colored("value", short(node.data))
        if node.kind == "constant":
            return [value]
        sum_lines = self.sum(node) if self.backward else []
        if sum_lines:
            return [value, *(self.colored("gradient", line) for line in sum_lines)]
        bar, gradient = self.colored("faint", " | "), self.colored("gradient", short(node.grad))
        return [f"{value}{bar}{gradient}"]

    def sum(self, node: Value) -> list[str]:
        """``-4 + 3 = -1``: how a node used more than once came to its gradient."""
        parts = [part for part in self.arriving[node] if part is not None]
        if node.grad is None or not parts or len(parts) < len(self.arriving[node]):
            return []
        terms = [short(part) for part in parts]
        # what earlier passes left on a leaf, or consumers that are not in the picture
        elsewhere = node.grad - sum(parts)
        if abs(elsewhere) > 1e-9 * max(abs(node.grad), *map(abs, parts)):
            terms.append(f"{short(elsewhere)} elsewhere")
        if len(terms) < 2:
            return []
        total = f"= {short(node.grad)}"
        if len(terms) > 4:
            return [f"sum of {len(terms)} {total}"]
        text = " + ".join([terms[0], *map(signed, terms[1:])])
        if self.deep:
            return [terms[0], *(f"+ {signed(term)}" for term in terms[1:]), total]
        return [f"{text} {total}"] if len(text) < 12 else [text, total]

    def box(self, picture: Drawing, box: Box) -> None:
        nodes, results = self.graph.inside(box)
        gates = sum(node.op is not None for node in nodes)
        parts = [count(gates, "gate"), count(len(nodes) - gates, "leaf", "leaves")]
        lines = [
            f"<B>{escape(box.path[-1])}</B>",
            self.colored("faint", ", ".join(part for part in parts if part)),
        ]
        if len(results) == 1:
            name = self.names.name(results[0])
            first, *rest = self.numbers(results[0])
            lines += [f"<B>{escape(name)}</B> = {first}" if name else first, *rest]
        picture.node(
            self.ids[box],
            lines_of(*lines, padding=3),
            shape="box",
            style="rounded,filled",
            peripheries="2",
            fillcolor=self.theme["gate"],
            tooltip=escape("/".join(box.path)),
        )

    def tooltip(self, node: Value, name: str) -> str:
        """Every digit, on hovering over the node."""
        kind = "" if node.op is None else f" ({node.op.name})"
        gradient = "–" if node.grad is None else repr(node.grad)
        return escape(f"{name}{kind} value {node.data!r}, gradient {gradient}".strip(), 200)

    # ------------------------------------------------------------------ edges

    def edges(self, picture: Drawing) -> None:
        merged: dict[tuple[str, str], list[tuple[Value, int]]] = {}
        for node in self.graph.order:
            constants = self.graph.constants(node) if node in self.graph.shown else {}
            for place, operand in enumerate(node.operands):
                if operand.kind == "constant":
                    if place in constants:
                        self.edge(picture, f"{self.ids[node]}c{place}", node, place)
                    continue
                tail, head = self.graph.shown[operand], self.graph.shown[node]
                ends = self.ids[tail], self.ids[head]
                if isinstance(tail, Value) and isinstance(head, Value):
                    self.edge(picture, ends[0], node, place)
                elif ends[0] != ends[1]:
                    merged.setdefault(ends, []).append((node, place))
        for (tail_id, head_id), uses in merged.items():
            self.merged_edge(picture, tail_id, head_id, uses)

    def edge(self, picture: Drawing, operand_id: str, node: Value, place: int) -> None:
        """The edge between a node and one of its operands, both drawn."""
        local = self.locals[node][place]
        attributes: dict[str, str] = {}
        if local is None and node.operands[place].kind != "constant":
            attributes["style"] = "dashed"
        if self.backward:
            if local is not None:
                attributes["label"] = lines_of(*self.chain_rule(node, place, local), padding=3)
                attributes["color"] = self.theme["gradient"]
            else:
                # the blank label keeps the line away from the labels of the other edges
                attributes |= {"style": "dashed", "color": self.theme["faint"]}
                attributes |= {"arrowhead": "none", "label": "      "}
            picture.edge(self.ids[node], operand_id, **attributes)
            return
        assert node.op is not None
        if (node.op.arity or 0) > 1 and node.op.name not in SYMMETRIC:
            attributes["headlabel"] = f"<{self.colored('faint', ordinal(place + 1), 9)}>"
            attributes["labeldistance"] = "1.3"
            # lines that arrive together would hide each other's mark
            last = len(node.operands) - 1
            attributes["headport"] = {0: "nw", last: "sw"}.get(place, "w")
            attributes["labelangle"] = "35" if place == last else "-35"
            picture.graph_attr["nodesep"] = "0.4"  # room for the marks of two gates
        picture.edge(operand_id, self.ids[node], **attributes)

    def merged_edge(
        self, picture: Drawing, tail_id: str, head_id: str, uses: list[tuple[Value, int]]
    ) -> None:
        """The one edge to or from a collapsed box: what passes between its two ends."""
        values = len({node.operands[place] for node, place in uses})
        role, what = ("gradient", "gradients") if self.backward else ("value", "values")
        label = f"{values} {what}" if values > 1 else self.arrives(uses) if self.backward else ""
        attributes = {"label": f"<{self.colored(role, label)}>"} if label else {}
        if self.backward:
            picture.edge(head_id, tail_id, color=self.theme["gradient"], **attributes)
        else:
            picture.edge(tail_id, head_id, **attributes)

    def arrives(self, uses: list[tuple[Value, int]]) -> str:
        """What an operand receives from some of its uses."""
        parts = [
            self.contribution(node, local)
            for node, place in uses
            if (local := self.locals[node][place]) is not None
        ]
        known = [part for part in parts if part is not None]
        return short(sum(known) if len(known) == len(parts) else None)

    def chain_rule(self, node: Value, place: int, local: float) -> list[str]:
        """∂f/∂z = q, and below it local × upstream = contribution."""
        contribution = self.contribution(node, local)
        known = contribution is not None
        numbers = (
            f"{self.colored('ink', short(local if known else None))} × "
            f"{self.colored('gradient', signed(short(node.grad if known else None)))}"
            f"{'<BR/>' if self.deep else ' '}= "
            f"<B>{self.colored('gradient', short(contribution))}</B>"
        )
        formula = self.names.formula(node, place).translate(_UNDRAWABLE)
        ends = [self.names.name(node), self.names.name(node.operands[place])]
        told = known and is_number(formula) and not all(ends)  # the numbers say it all
        if not formula or told:
            return [numbers]
        left = f"∂{ends[0]}/∂{by_use(node, place, ends[1])}" if all(ends) else "local"
        return [escape(f"{left} = {formula}", 80), numbers]

    # ------------------------------------------------------------------ words

    def caption(self, legend: bool) -> list[str]:
        lines = []
        if legend:
            green, red = self.colored("value", "value"), self.colored("gradient", "gradient")
            lines.append(f"{green} | {red} (– not computed yet)")
            if self.backward:
                arrives, gives = (
                    self.colored("gradient", text) for text in ("upstream gradient", "contribution")
                )
                lines.append(f"local gradient × {arrives} = {gives}")
        stale = stale_edges(self.graph.order)
        if stale:
            operand, node = (self.names.name(each) or "a node" for each in stale[0])
            text = f"stale: {operand} was changed after {node} was computed; call forward()"
            lines.append(self.colored("gradient", escape(text, 120)))
        return lines

    def colored(self, role: str, html: str, size: int = 0) -> str:
        return colored(self.theme, role, html, size)


def _locals(node: Value) -> list[float | None]:
    """The local derivatives; None where nothing flows, NaN where the rule itself fails."""
    try:
        return local_derivatives(node)
    except (ArithmeticError, ValueError):  # a stale graph, or a user's rule at its kink
        return [None if operand.kind == "constant" else math.nan for operand in node.operands]


def depth(order: list[Value]) -> int:
    """The most gates on a way from a leaf to an output."""
    gates: dict[Value, int] = {}
    for node in order:
        below = max((gates[operand] for operand in node.operands), default=0)
        gates[node] = below + (node.op is not None)
    return max(gates.values())


def signed(number: str) -> str:
    """A number after an operator: in parentheses if it is negative."""
    return f"({number})" if number.startswith("-") else number


def count(n: int, one: str, many: str = "") -> str:
    """``3 gates``, ``1 gate``, nothing for 0."""
    return f"{n} {one if n == 1 else many or one + 's'}" if n else ""


def _repr_svg_(self: Value) -> str | None:
    """The forward picture, in a notebook; None for a leaf, a large graph, or no layout program."""
    if self.op is None or len(topological_order(self)) > NOTEBOOK_NODES:
        return None
    try:
        notebook = vars(sys.modules["__main__"])
        return draw(self, names=notebook, time_limit=5.0)._repr_svg_()
    except (ImportError, TimeoutError, ValueError):
        return None


def _program_svg(self: Program) -> str | None:
    """The forward picture, in a notebook; None where there is none, or a large one."""
    if not 0 < len(self._blocks) <= NOTEBOOK_NODES:
        return None
    try:
        return draw(self, time_limit=5.0)._repr_svg_()
    except (ImportError, TimeoutError):
        return None


Value._repr_svg_ = _repr_svg_
Program._repr_svg_ = _program_svg
