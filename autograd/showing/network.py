"""Networks: layers of neurons as a picture, neurons in columns, forward and backward.

Where drawing.py draws a node for every Value, here a node is a neuron and an edge a weight. This
room knows no network: it asks the model for its ``_columns_``, and ``Column`` says what it then
reads. Every neuron has its place by its number, so the two views can be flipped like slides.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise, product
from typing import TYPE_CHECKING, NamedTuple, Protocol

from ..engine import derivatives
from ..engine.value import Value
from ..reading.naming import short
from .markup import THEMES, blank, colored, escape

if TYPE_CHECKING:
    from .rendering import Drawing

__all__ = ["Column", "Columns", "draw_network"]

WIDE, GAP = 154, 165  # points: a neuron, and the room for edges between two columns
ROW, BETWEEN = 17, 34  # a line in a neuron, and the room between two neurons
MOST = 8  # neurons of a layer; of a larger one the first, the last and their number are drawn
LABEL = 15.0  # points that the number on an edge needs, from top to bottom
THICK = 5.0  # the line of the largest weight
PLACES = [k / 100 for k in range(20, 81)]  # where on an edge its number may stand


class Column(Protocol):
    """A layer of neurons, as a model gives it."""

    @property
    def title(self) -> str:
        """The layer's name."""

    @property
    def activation(self) -> str:
        """What turns z into a; "" for nothing."""

    @property
    def weight(self) -> Sequence[Sequence[Value]]:
        """A row for each neuron, with a weight for each neuron of the column before."""

    @property
    def bias(self) -> Sequence[Value]:
        """One for each neuron, or none."""

    @property
    def z(self) -> Sequence[Value]:
        """The weighted sums; empty without a sample."""

    @property
    def a(self) -> Sequence[Value]:
        """The activations; empty without a sample."""


class Columns(Protocol):
    """What ``draw`` asks a model for: ``model._columns_(sample, target, loss)``."""

    @property
    def inputs(self) -> Sequence[Value]:
        """The sample; empty without one."""

    @property
    def layers(self) -> Sequence[Column]:
        """The layers, each reading the one before."""

    @property
    def loss(self) -> Value | None:
        """What the sample costs."""

    @property
    def says(self) -> Sequence[str]:
        """The loss in words: its name, the target."""


def draw_network(columns: Columns, view: str, theme: str, legend: bool, max_nodes: int) -> Drawing:
    """Draw layers of neurons.

    Args:
        columns: the layers, and the numbers of one sample.
        view: "forward", weights and values; or "backward", gradients too.
        theme: "light" or "dark".
        legend: whether to explain the colours.
        max_nodes: the most neurons to draw.

    Raises:
        ValueError: a backward view of what has no gradients, or too many neurons.
    """
    gradients: Mapping[Value, float | None] = {}
    parameters = [w for layer in columns.layers for row in layer.weight for w in row]
    parameters += [b for layer in columns.layers for b in layer.bias]
    if columns.loss is not None:
        known = [*columns.inputs, *parameters, columns.loss]
        known += [value for layer in columns.layers for value in (*layer.z, *layer.a)]
        gradients = dict(zip(known, derivatives.gradients(columns.loss, known), strict=True))
    elif not columns.inputs:  # what the last backward pass left behind
        gradients = {p: p.grad for p in parameters if p.grad is not None}
    if view == "backward" and not gradients:
        raise ValueError(
            "no gradients to draw yet: give a sample and a loss, as in draw(model, 'backward', "
            "sample=x, target=y, loss='squared_error'), or call loss.backward() first"
        )
    network = _Network(columns, gradients, view == "backward", THEMES[theme])
    if (count := sum(map(len, network.shown))) > max_nodes:
        raise ValueError(
            f"the network has {count} neurons to draw, more than max_nodes={max_nodes}: draw some "
            "of its layers, draw(nn.Sequential(*model.layers[:3])), or raise max_nodes="
        )
    return network.drawing(legend)


class _Node(NamedTuple):
    """A neuron, an input or the loss: what is written in it."""

    title: str
    notes: list[str]
    numbers: list[tuple[str, Value]]


class _Network:
    """The DOT source of a network in one view and theme."""

    def __init__(
        self,
        columns: Columns,
        gradients: Mapping[Value, float | None],
        backward: bool,
        theme: dict[str, str],
    ) -> None:
        self.layers = columns.layers
        self.gradients = gradients
        self.backward = backward
        self.theme = theme
        self.nodes = [_inputs(columns), *map(self.neurons, range(len(self.layers)))]
        if columns.loss is not None:
            loss = _Node("loss", list(columns.says), [("L", columns.loss)])
            self.nodes.append([loss])
        self.rows = max(len(node.numbers) + 1 + len(node.notes) for c in self.nodes for node in c)
        self.shown = [_few(len(column)) for column in self.nodes]
        weights = (w for layer in self.layers for row in layer.weight for w in row)
        self.largest = max((abs(self.number(w) or 0.0) for w in weights), default=0.0)

    def neurons(self, k: int) -> list[_Node]:
        """What is written in the neurons of a layer."""
        layer, last = self.layers[k], k == len(self.layers) - 1
        count = len(layer.weight)
        letter = "ŷ" if last else "h" if len(self.layers) == 2 else f"h{_small(k + 1, True)}"
        found = []
        for j in range(count):
            name = letter + (_small(j + 1) if count > 1 or not last else "")
            numbers = [("z", layer.z[j])] if layer.z else []
            if layer.z and layer.a[j] is not layer.z[j]:
                numbers.append(("a", layer.a[j]))
            if layer.bias:
                numbers.append(("b", layer.bias[j]))
            notes = [layer.activation.replace("_", " ")] if layer.activation else []
            found.append(_Node(name, notes, numbers))
        return found

    def number(self, weight: Value) -> float | None:
        """What an edge is about: its weight, or that one's gradient."""
        return self.gradients.get(weight) if self.backward else weight.data

    # ------------------------------------------------------------------ the whole

    def drawing(self, legend: bool) -> Drawing:
        picture = blank("network", self.theme, self.caption() if legend else [])
        picture.engine = "neato"  # which leaves nodes where they are
        picture.graph_attr |= {"outputorder": "edgesfirst"}
        picture.node_attr |= {"fixedsize": "true", "shape": "box", "style": "rounded,filled"}
        picture.edge_attr |= {"dir": "back" if self.backward else "forward"}
        for c, column in enumerate(self.nodes):
            for place, k in enumerate(self.shown[c]):
                if k is None:
                    self.gap(picture, c, place)
                else:
                    self.node(picture, c, place, column[k])
        for c, layer in enumerate(self.layers, 1):
            self.edges(picture, c, layer)
        if len(self.nodes) > len(self.layers) + 1:
            for place, k in enumerate(self.shown[-2]):
                if k is not None:
                    ends = f"n{len(self.nodes) - 2}_{place}:e", f"n{len(self.nodes) - 1}_0:w"
                    color = self.theme["gradient" if self.backward else "line"]
                    picture.edge(*ends, color=color, penwidth="1.5")
        return picture

    def caption(self) -> list[str]:
        """The colours of the numbers, and those of the edges."""
        what = "gradient" if self.backward else "weight"
        positive = colored(self.theme, "positive", f"<B>positive {what}</B>")
        negative = colored(self.theme, "negative", f"<B>negative {what}</B>")
        edges = f"edges: {positive} or {negative} (thick where it is large)"
        if not self.backward:
            return [f"{colored(self.theme, 'value', 'value')} – {edges}"]
        of = "its gradient" if self.layers[0].z else "gradient of the last backward pass"
        numbers = f"{colored(self.theme, 'value', 'value')} | {colored(self.theme, 'gradient', of)}"
        return [f"{numbers} – {edges}"]

    # ------------------------------------------------------------------ where things stand

    def at(self, c: int, place: int) -> tuple[float, float]:
        """The middle of a node: its column, and its place in the column, from the top."""
        high = self.rows * ROW + BETWEEN
        return c * (WIDE + GAP), ((len(self.shown[c]) - 1) / 2 - place) * high

    def along(self, c: int, places: tuple[int, int], part: float) -> tuple[float, float]:
        """A point on the edge between two neighbouring columns, at a part of its way."""
        x, start = self.at(c - 1, places[0])
        end = self.at(c, places[1])[1]
        return x + WIDE / 2 + part * GAP, (1 - part) * start + part * end

    # ------------------------------------------------------------------ nodes and edges

    def node(self, picture: Drawing, c: int, place: int, node: _Node) -> None:
        x, y = self.at(c, place)
        title = f"<B>{escape(node.title)}</B>"
        notes = [f'<FONT POINT-SIZE="11">{escape(note, 24)}</FONT>' for note in node.notes]
        rows = [f'<TR><TD COLSPAN="3">{text}</TD></TR>' for text in [title, *notes]]
        for name, value in node.numbers:
            gradient = short(self.gradients.get(value)) if self.backward else ""
            cells = [
                ("LEFT", 14, "faint", name),
                ("RIGHT", 60, "value", short(value.data)),
                ("RIGHT", 64, "gradient", gradient),
            ]
            row = (  # DOT allows no empty <FONT></FONT>
                f'<TD ALIGN="{side}" WIDTH="{wide}">{text and colored(self.theme, role, text)}</TD>'
                for side, wide, role, text in cells
            )
            rows.append(f"<TR>{''.join(row)}</TR>")
        picture.node(
            f"n{c}_{place}",
            f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0">'
            f"{''.join(rows)}</TABLE>>",
            pos=f"{x:.1f},{y:.1f}",
            width=f"{WIDE / 72:.4f}",
            height=f"{self.rows * ROW / 72:.4f}",
            fontsize="12",
            fillcolor=self.theme["leaf" if c == 0 else "gate"],
            tooltip=self.tooltip(node),
        )

    def tooltip(self, node: _Node) -> str:
        """Every digit."""
        parts = []
        for name, value in node.numbers:
            gradient = self.gradients.get(value)
            known = "" if gradient is None else f", gradient {gradient!r}"
            parts.append(f"{name} = {value.data!r}{known}")
        return escape("; ".join([node.title, *parts]), 300)

    def gap(self, picture: Drawing, c: int, place: int) -> None:
        """Those that are left out, as three dots and how many neurons there are in all."""
        x, y = self.at(c, place)
        text = f"•<BR/>•<BR/>•<BR/><B>× {len(self.nodes[c])}</B>"
        options = {"shape": "plain", "style": "", "fixedsize": "false"}
        picture.node(f"n{c}_{place}", f"<{text}>", pos=f"{x:.1f},{y:.1f}", **options)

    def edges(self, picture: Drawing, c: int, layer: Column) -> None:
        """The weights between two columns, and on them their numbers where there is room."""
        shown = [
            ((i, j), layer.weight[head][tail])
            for (i, tail), (j, head) in product(
                enumerate(self.shown[c - 1]), enumerate(self.shown[c])
            )
            if tail is not None and head is not None
        ]
        part, room = self.clearest(c, [places for places, _ in shown])
        for places, weight in shown:
            number = self.number(weight)
            size = abs(number or 0.0) / self.largest if self.largest else 0.0
            width = 0.5 + (THICK - 0.5) * (size if math.isfinite(size) else 1.0)
            signed = number or 0.0  # NaN has no sign
            role = "positive" if signed > 0 else "negative" if signed < 0 else "faint"
            x, y = self.along(c, places, part)
            i, j = places
            picture.edge(
                f"n{c - 1}_{i}:e",
                f"n{c}_{j}:w",
                color=self.theme[role],
                penwidth=f"{width:.2f}",
                arrowsize=f"{0.5 + width / 10:.2f}",
                tooltip=escape(f"weight {weight.data!r}, gradient {short(weight.grad)}", 200),
            )
            if room >= LABEL and None not in self.shown[c - 1] + self.shown[c]:
                text = colored(self.theme, "gradient" if self.backward else "value", short(number))
                picture.node(
                    f"w{c}_{i}_{j}",
                    f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">'
                    f"<TR><TD>{text}</TD></TR></TABLE>>",
                    pos=f"{x:.1f},{y:.1f}",
                    shape="plain",
                    style="filled",
                    fixedsize="false",
                    fontsize="11",
                    fillcolor=self.theme["paper"],
                )

    def clearest(self, c: int, ends: list[tuple[int, int]]) -> tuple[float, float]:
        """The part of the way at which numbers are best put on the edges, and their distance."""

        def apart(part: float) -> float:
            heights = sorted(self.along(c, places, part)[1] for places in ends)
            gaps = (high - low for low, high in pairwise(heights))
            return min(gaps, default=math.inf)

        part = max(PLACES, key=lambda part: (round(min(apart(part), 30.0)), -abs(part - 0.5)))
        return part, apart(part)


def _inputs(columns: Columns) -> list[_Node]:
    count = len(columns.layers[0].weight[0])
    numbers = [[("", x)] for x in columns.inputs] or [[] for _ in range(count)]
    return [_Node(f"x{_small(k + 1)}", [], numbers[k]) for k in range(count)]


def _few(count: int) -> list[int | None]:
    """The numbers of the neurons to draw, None for those between the first and the last."""
    return list(range(count)) if count <= MOST else [0, 1, None, count - 1]


def _small(number: int, above: bool = False) -> str:
    """A number as a subscript, or as a superscript."""
    return str(number).translate(
        str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹" if above else "₀₁₂₃₄₅₆₇₈₉")
    )
