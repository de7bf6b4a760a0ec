"""Graphs: a graph of Values as a picture, forward and backward in one layout.

DOT source, written node by node and edge by edge. Values flow from left to right. Where a gate
has passed its gradient on, the edge turns red and back, and says ``local × upstream =
contribution``: the chain rule, spelled out. What is not known yet keeps its room, written in no
colour; so all views of a graph, and all steps of a walk, lie on each other like slides.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ..engine.clock import stale_edges
from ..engine.value import Value
from ..reading.naming import Names, by_use, is_number, ordinal, short
from .grouping import Box, Grouping, Path, class_index
from .hints import hints
from .known import Known, Part
from .markup import HIDDEN, beside, blank, colored, escape, lines_of

if TYPE_CHECKING:
    from .rendering import Drawing

__all__ = ["GraphPicture"]

SYMMETRIC = {"add", "mul", "hypot"}  # of two operands: their order needs no mark
DEEP = 4  # gates on the way to the output: labels of a longer chain are narrow
LONG = 14  # characters of ∂f/∂x that a narrow label has no room for
_UNDRAWABLE = str.maketrans({"∛": "cbrt ", "⌊": "floor(", "⌋": ")", "⌈": "ceil(", "⌉": ")"})


class GraphPicture:
    """The DOT source of a graph in one view and theme."""

    def __init__(
        self, graph: Grouping, names: Names, known: Known, backward: bool, theme: dict[str, str]
    ) -> None:
        self.graph = graph
        self.names = names
        self.known = known
        self.backward = backward
        self.theme = theme
        self.hidden = dict.fromkeys(theme, HIDDEN)
        self.ids: dict[Any, str] = {}
        self.deep = depth(graph.order) > DEEP
        self.arriving: dict[Value, list[tuple[Value, Part]]] = {node: [] for node in graph.order}
        for node in graph.order:
            for place, operand in enumerate(node.operands):
                if part := known.part(node, place):
                    self.arriving[operand].append((node, part))

    # ------------------------------------------------------------------ the whole

    def drawing(self, legend: bool, down: bool) -> Drawing:
        picture = blank("computation", self.theme, self.caption(legend))
        self.down = down
        # in both views edges go from gates to operands
        picture.graph_attr["rankdir"] = "BT" if down else "RL"
        members = self.members()
        framed = len(members) > 1
        if framed:  # a second round of untangling edges would forget the order of columns
            picture.graph_attr["remincross"] = "false"
        else:  # operands in their order, top to bottom: frames need columns for that
            picture.graph_attr["ordering"] = "out"
        if self.deep and not framed:
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
        program, its picture lying down, turns such edges upside down inside frames.
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
        for inner in [inner for inner in members if inner and inner[:-1] == path]:
            with picture.subgraph(name=f"cluster{list(members).index(inner)}") as frame:
                frame.attr(
                    label=f"<<B>{escape(inner[-1])}</B>>",
                    style="rounded,filled",
                    fillcolor=self.theme["cluster"],
                    color=self.theme["line"],
                    fontsize="12",
                    margin="12",
                    labelloc="t",
                    labeljust="l",
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
        now = node is self.known.now
        kind = "now" if now else "leaf" if node.op is None else "gate"
        picture.node(
            self.ids[node],
            lines_of(*lines, padding=3),
            shape="ellipse" if node.op is not None else "box",
            style="filled" if node.op is not None else "rounded,filled",
            fillcolor=self.theme[kind],
            penwidth="2.5" if now else "2" if node in self.graph.outputs else "1",
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
        """The lines with value and gradient, and below them what that gradient is the sum of."""
        value, gradient = short(self.known.value(node)), short(self.known.gradient(node))
        if node.kind == "constant":
            return [self.colored("value", value)]
        bar = self.colored("faint", " | ")
        told = all(self.known.passed(user) for user, _ in self.arriving[node])
        theme = self.theme if told else self.hidden
        total = [colored(theme, "gradient", line) for line in self.sum(node)]
        room = max(len(short(node.data)), 2), max(len(short(self.known.final(node))), 2)
        left, right = self.colored("value", value), self.colored("gradient", gradient)
        return [beside(left, right, bar, room), *total]

    def sum(self, node: Value) -> list[str]:
        """``= -4 + 3``: how a node used more than once came to its gradient."""
        parts = [part.amount for _, part in self.arriving[node]]
        known = [part for part in parts if part is not None]
        gradient = self.known.final(node)
        if gradient is None or not known or len(known) < len(parts):
            return []
        terms = [short(part) for part in known]
        # what earlier passes left on a leaf, or consumers that are not in the picture
        elsewhere = gradient - sum(known)
        if abs(elsewhere) > 1e-9 * max(abs(gradient), *map(abs, known)):
            terms.append(f"{short(elsewhere)} elsewhere")
        if len(terms) < 2:
            return []
        if len(terms) > 4:
            return [f"= sum of {len(terms)}"]
        first, *rest = [terms[0], *(f"+ {signed(term)}" for term in terms[1:])]
        return [f"= {first}", *rest] if self.deep else [" ".join([f"= {first}", *rest])]

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
            lines += [*([f"<B>{escape(name)}</B>"] if name else []), *self.numbers(results[0])]
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
        value, gradient = (
            "–" if number is None else repr(number)
            for number in (self.known.value(node), self.known.gradient(node))
        )
        return escape(f"{name}{kind} value {value}, gradient {gradient}".strip(), 200)

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
        assert node.op is not None
        part, passed = self.known.part(node, place), self.known.passed(node)
        attributes = {"dir": "back"}  # for it is drawn from the gate to the operand
        if part is not None:
            theme = self.theme if passed else self.hidden
            attributes["label"] = lines_of(*self.chain_rule(node, place, part, theme), padding=3)
            if passed:
                attributes |= {"color": self.theme["gradient"], "dir": "forward"}
        else:
            # the blank label keeps the line away from the labels of the other edges
            attributes["label"] = "      "
            if passed:
                attributes |= {"style": "dashed", "color": self.theme["faint"], "dir": "none"}
            elif node.operands[place].kind != "constant":
                attributes["style"] = "dashed"
        if (node.op.arity or 0) > 1 and node.op.name not in SYMMETRIC:
            theme = self.hidden if passed else self.theme
            attributes["taillabel"] = f"<{colored(theme, 'faint', ordinal(place + 1), 9)}>"
            attributes["labeldistance"] = "1.3"
            # lines that arrive together would hide each other's mark
            last = len(node.operands) - 1
            attributes["tailport"] = {0: "nw", last: "ne" if self.down else "sw"}.get(
                place, "n" if self.down else "w"
            )
            attributes["labelangle"] = "-35" if place == last else "35"
            picture.graph_attr["nodesep"] = "0.4"  # room for the marks of two gates
        picture.edge(self.ids[node], operand_id, **attributes)

    def merged_edge(
        self, picture: Drawing, tail_id: str, head_id: str, uses: list[tuple[Value, int]]
    ) -> None:
        """The one edge to or from a collapsed box: what passes between its two ends."""
        values = len({node.operands[place] for node, place in uses})
        passed = all(self.known.passed(node) for node, _ in uses)
        role, what = ("gradient", "gradients") if passed else ("value", "values")
        label = f"{values} {what}" if values > 1 else self.arrives(uses) if passed else " "
        attributes = {"color": self.theme["gradient"]} if passed else {"dir": "back"}
        picture.edge(head_id, tail_id, label=f"<{self.colored(role, label)}>", **attributes)

    def arrives(self, uses: list[tuple[Value, int]]) -> str:
        """What an operand receives from some of its uses."""
        parts = [part.amount for use in uses if (part := self.known.part(*use)) is not None]
        known = [part for part in parts if part is not None]
        return short(sum(known) if len(known) == len(parts) else None)

    def chain_rule(self, node: Value, place: int, part: Part, theme: dict[str, str]) -> list[str]:
        """∂f/∂z = q, and below it local × upstream = contribution."""
        known = part.amount is not None
        numbers = [
            f"{colored(theme, 'ink', f'{short(part.local)} × ')}"
            f"{colored(theme, 'gradient', signed(short(part.upstream)))}",
            f"{colored(theme, 'ink', '= ')}<B>{colored(theme, 'gradient', short(part.amount))}</B>",
        ]
        numbers = numbers if self.deep else [" ".join(numbers)]
        formula = self.names.formula(node, place).translate(_UNDRAWABLE)
        ends = [self.names.name(node), self.names.name(node.operands[place])]
        told = known and is_number(formula) and not all(ends)  # the numbers say it all
        if not formula or told:
            return numbers
        left = f"∂{ends[0]}/∂{by_use(node, place, ends[1])}" if all(ends) else "local"
        left = "local" if self.deep and len(left) > LONG else left
        return [colored(theme, "ink", escape(f"{left} = {formula}", 80)), *numbers]

    # ------------------------------------------------------------------ words

    def caption(self, legend: bool) -> list[str]:
        """The colours, and what is wrong; what does not hold (yet) keeps its room."""
        lines = []
        order = self.graph.order
        if legend:
            shown = [node for node in self.graph.shown.values() if isinstance(node, Value)]
            numbers = [n for v in shown for n in (self.known.value(v), self.known.gradient(v))]
            green, red = self.colored("value", "value"), self.colored("gradient", "gradient")
            theme = self.theme if None in numbers else self.hidden
            dash = colored(theme, "faint", " (– not computed yet)")
            lines.append(f"{green} | {red}{dash}")
            theme = self.theme if any(map(self.known.passed, order)) else self.hidden
            arrives, gives = (
                colored(theme, "gradient", text) for text in ("upstream gradient", "contribution")
            )
            local = colored(theme, "faint", "local gradient × ")
            lines.append(f"{local}{arrives}{colored(theme, 'faint', ' = ')}{gives}")
        warning = ""
        if stale := stale_edges(order):
            operand, node = (self.names.name(each) or "a node" for each in stale[0])
            warning = f"stale: {operand} was changed after {node} was computed; call forward()"
        elif self.backward and all(node.grad is None for node in self.graph.outputs):
            output = self.names.name(next(iter(self.graph.outputs))) or "y"
            warning = f"no gradients yet: call {output}.backward()"
        if warning:
            lines.append(self.colored("gradient", escape(warning, 120)))
        said = (
            [] if warning else [h for y in self.graph.outputs for h in hints(y, self.names.found)]
        )
        lines += [self.colored("faint", escape(hint, 160)) for hint in dict.fromkeys(said)]
        return lines

    def colored(self, role: str, html: str, size: int = 0) -> str:
        return colored(self.theme, role, html, size)


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
