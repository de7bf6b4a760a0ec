"""page: a computation graph as one HTML file that plays back-propagation.

The file needs no server and no network. Python writes into it the nodes, their numbers, the
layout (by Graphviz, from left to right and from top to bottom; the page takes what fits its
window) and the gates' partials as JavaScript (javascript.py), so that the page can compute again
when a leaf is edited. All that the reader sees is built from this data by the scripts in
``template/``, as text nodes, never as markup: labels can't inject anything.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple
from unicodedata import combining, east_asian_width

from ..engine.backward import stale_error
from ..engine.clock import stale_edges
from ..engine.conversion import shorten
from ..engine.graph import topological_order
from ..engine.primitives import branch, choice
from ..engine.value import Value
from ..reading.javascript import Script, runtime
from ..reading.naming import names_of_caller, short
from ..reading.notation import Board, board
from .contributions import topological
from .grouping import Clusters, Grouping, class_index, is_told
from .hints import no_leaves
from .markup import THEMES

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Page", "page"]

_PROGRAM = (
    *("passes", "births", "numbers", "words", "frames", "picture", "labels", "differences", "plot"),
    *("panels", "leaves", "quiz", "sharing", "player"),
)
_LABELLED_EDGES = 60  # with more edges than this there is no room for a label on each
_LONGEST_NAME, _LONGEST_EXPRESSION = 28, 9
_SHORTEST_LABEL = 20  # letters: a leaf may be edited
_NODE_HEIGHT, _LETTER, _POINTS = 58.0, 8.0, 72.0
_RANK_GAP = {  # inches between ranks, by direction; the active edges are labelled in any case
    "LR": {True: 0.6, False: 2.0},
    "TB": {True: 0.6, False: 0.8},
}
_SHAPE = {"LR": 0.7, "TB": 1.2}  # height by width that small graphs are spread to: a window's


class Page:
    """An HTML page as text: save it, or let a notebook show it."""

    def __init__(self, html: str) -> None:
        self.html = html
        self.path: Path | None = None  # where it was saved last

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page to a file; give its path.

        Raises:
            ValueError: the file's suffix is not .html (or .htm).
            OSError: the path can't be written.
        """
        from pathlib import Path  # imported late, as html and json: they cost milliseconds

        target = Path(path)
        if target.suffix.lower() not in (".html", ".htm"):
            raise ValueError(f"can't save a page as {str(target)!r}: a page is saved as .html")
        try:
            target.write_text(self.html, encoding="utf-8")
        except OSError as error:
            reason = error.strerror or str(error)
            raise type(error)(
                f"can't write the page to {str(target)!r}: {reason}; give a .html file in a "
                "folder that exists"
            ) from None
        self.path = target
        return target

    def _repr_html_(self) -> str:
        import html

        return (
            '<iframe title="Back-propagation, gate by gate" style="width:100%;height:720px;'
            'border:0" sandbox="allow-scripts allow-downloads" '
            f'srcdoc="{html.escape(self.html)}"></iframe>'
        )

    def __repr__(self) -> str:
        if self.path is not None:
            return f"<page: saved as {str(self.path)!r}, open it in a browser>"
        return "<page: save it with .save('f.html') and open it in a browser>"


def page(
    output: Value,
    path: str | os.PathLike[str] | None = None,
    *,
    names: Mapping[str, Any] | None = None,
    clusters: Clusters = (),
    title: str = "",
    max_nodes: int = 300,
    time_limit: float = 30.0,
) -> Page:
    """Make the page that plays the forward and the backward pass of a graph, step by step.

    The page starts from the numbers of this graph; ``.grad`` is neither read nor set. In it
    one can step, play, click a node for its chain rule, edit a leaf, and take a quiz.

    Args:
        output: the Value whose gradients are played.
        path: where to save the page; None to leave that to ``.save(path)``.
        names: names for Values, as ``locals()`` gives; by default the caller's variables.
        clusters: named groups of nodes, as ``draw`` takes them (``nn.clusters(model, y)``); the
            outermost, layers say, are frames that can be collapsed.
        title: a heading.
        max_nodes: the most nodes, constants not counted; beyond 300 a browser may stutter.
        time_limit: seconds the layout program may take for each of up to four layouts.

    Returns:
        the Page; a notebook shows it.

    Raises:
        TypeError: output is no Value, or a plain number of the expression; names is no mapping,
            title no text, or clusters holds no Values.
        ValueError: too many nodes, no time at all, or the path does not end in .html.
        TimeoutError: the layout took too long.
        OSError: the path can't be written.
        StaleGraphError: a leaf was edited after the output was computed.
        ImportError: no layout program is installed.

    >>> x, y, z = Value(-2.0), Value(5.0), Value(-4.0)
    >>> q = x + y
    >>> f = q * z
    >>> "locals.mul_2 = (x, y, out) => [y, x];" in page(f).html
    True
    """
    if not isinstance(output, Value):
        raise TypeError(f"page takes the Value that was computed, got {shorten(output)}")
    if output.kind == "constant":
        raise TypeError("page takes the Value that was computed, got a plain number")
    if names is not None and not isinstance(names, Mapping):
        raise TypeError(f"page: names= takes a mapping as locals() gives it, got {shorten(names)}")
    if not isinstance(title, str):
        raise TypeError(f"page: title= takes a text, got {shorten(title)}")
    if not time_limit > 0:
        raise ValueError(f"page: time_limit= takes seconds above 0, got {shorten(time_limit)}")
    order = topological_order(output)
    count = sum(node.kind != "constant" for node in order)
    if count > max_nodes:
        raise ValueError(
            f"the graph has {count} nodes, more than max_nodes={max_nodes}: make the page of a "
            "sub-expression or of a smaller example, or raise max_nodes="
        )
    if stale := stale_edges(order):
        raise stale_error(*stale[0])
    found = names_of_caller(names, without=clusters)
    computation, source = _computation(order, Board(order, found))
    computation["hints"] = no_leaves(order, found)
    _frame(computation, order, Grouping([output], clusters))
    edges = _edges(order, output)
    computation["layouts"] = [
        _layout(computation, edges, direction, labelled, time_limit)
        for labelled in (True, False)
        for direction in ("LR", "TB")
        if not labelled or len(edges) <= _LABELLED_EDGES
    ]
    result = Page(_fill(computation, source, title or _default_title(computation)))
    if path is not None:
        result.save(path)
    return result


def _default_title(computation: dict[str, Any]) -> str:
    return f"Back-propagation of {computation['nodes'][-1]['name']}"


# ------------------------------------------------------------------ the graph as JSON


def _computation(order: list[Value], names: Board) -> tuple[dict[str, Any], str]:
    """The graph as the page's data, and the JavaScript of its gates."""
    index = {node: k for k, node in enumerate(order)}
    spelled = _Placeholders(order)
    script = Script()
    unreadable = ""
    nodes: list[dict[str, Any]] = []
    for node in order:
        name = "" if node.kind == "constant" else names.name(node)
        entry: dict[str, Any] = {"name": name, "data": _json_number(node.data)}
        if node.op is None:
            nodes.append(entry | {"constant": True} if node.kind == "constant" else entry)
            continue
        try:
            rule = script.add(node.op, len(node.operands))
            value = script.value(node.op, len(node.operands))
        except ValueError as error:
            rule, value, unreadable = "", "", str(error)
        numbers = node.op.locals([operand.data for operand in node.operands], node.data)
        flows = [  # whether a gradient can pass to each operand, wherever the leaves are dragged
            passes and operand.kind != "constant"
            for passes, operand in zip(
                node.op.differentiable(len(node.operands)), node.operands, strict=True
            )
        ]
        entry |= {
            "op": node.op.name,
            "symbol": _symbol(node),
            "value": value.removeprefix("values."),
            "rule": rule,
            "operands": [index[operand] for operand in node.operands],
            "expression": spelled.computation(node),
            "formulas": [
                spelled.formula(node, place) if flow else "" for place, flow in enumerate(flows)
            ],
            "flows": flows,
            "selects": node.op in (choice, branch),
            "locals": [_json_number(local) for local in numbers],
        }
        nodes.append(entry)
    return {"nodes": nodes, "fixed": unreadable}, script.source()


def _frame(computation: dict[str, Any], order: list[Value], grouping: Grouping) -> None:
    """Tell the outermost clusters, and for each of their nodes its frame."""
    frames: dict[str, int] = {}
    for node, entry in zip(order, computation["nodes"], strict=True):
        if (path := grouping.path.get(node)) and node.kind != "constant":
            entry["frame"] = frames.setdefault(path[0], len(frames))
    computation["frames"] = list(frames)


def _symbol(node: Value) -> str:
    assert node.op is not None
    symbol = "−" if node.op.symbol == "-" else node.op.symbol
    place = class_index(node)
    return symbol if place is None else f"{symbol}, class {place}"


class _Placeholders(Board):
    """Names of the form Ξ7Ξ, for which the page puts in the node's name or its number."""

    def __init__(self, order: list[Value]) -> None:
        super().__init__(order, {})
        self.found = {node: f"Ξ{k}Ξ" for k, node in enumerate(order) if node.kind != "constant"}

    def computation(self, node: Value) -> str:
        """What a gate computes, ``Ξ0Ξ + Ξ1Ξ``."""
        assert node.op is not None
        if len(node.operands) > _LONGEST_EXPRESSION:
            return f"{node.op.name} of {len(node.operands)} operands"
        return board(self.gate(node))


def _json_number(x: float | None) -> float | str | None:
    """A number for JSON, which has no NaN and no infinity: JavaScript's Number reads the text."""
    if x is None or math.isfinite(x):
        return x
    return "NaN" if math.isnan(x) else "Infinity" if x > 0 else "-Infinity"


# ------------------------------------------------------------------ the layout


class _Edge(NamedTuple):
    """An edge of the picture, from operand to gate, and how many letters its label may take."""

    operand: int
    gate: int
    place: int
    letters: int


def _edges(order: list[Value], output: Value) -> list[_Edge]:
    """The edges that are drawn, with room for ``local × upstream = contribution``."""
    index = {node: k for k, node in enumerate(order)}
    labels = {
        (index[node], part.place): (
            f"{short(part.local)} × {short(part.upstream)} = {short(part.amount)}"
        )
        for node, parts in topological(output)
        for part in parts
    }
    return [
        _Edge(index[operand], k, place, max(_SHORTEST_LABEL, len(labels.get((k, place), ""))))
        for k, node in enumerate(order)
        for place, operand in enumerate(node.operands)
        if not is_told(node, place)
    ]


def _layout(
    computation: dict[str, Any],
    edges: list[_Edge],
    direction: str,
    labelled: bool,
    time_limit: float,
) -> dict[str, Any]:
    """Where nodes and edges lie, from left to right (LR) or from top to bottom (TB).

    ``labelled`` asks for room for a label on every edge.

    The layout program is given boxes without text, so that no label needs DOT's escapes; the
    positions are read from the SVG that it draws.
    """
    from xml.etree import ElementTree  # imported late, as html and json: they cost milliseconds

    from .rendering import run_layout  # imports graphviz

    nodes = computation["nodes"]
    gap = _RANK_GAP[direction][labelled]
    spread = f"ratio={_SHAPE[direction]}" if labelled else ""
    lines = [
        f"digraph {{ rankdir={direction}; newrank=true; nodesep=0.3; ranksep={gap}; {spread}",
        "pad=0.15",
        'node [shape=box, fixedsize=true, label=""]; edge [arrowsize=0.7, fontsize=11]',
    ]
    boxes: dict[str, tuple[int, float, float]] = {}
    members: list[list[str]] = [[] for _ in computation["frames"]]
    for k, node in enumerate(nodes):
        if not node.get("constant"):
            title = _letters(node["name"][:_LONGEST_NAME]) + 2 + len(node.get("symbol", ""))
            boxes[f"n{k}"] = (k, max(92.0, 24 + _LETTER * title), _NODE_HEIGHT)
            if "frame" in node:
                members[node["frame"]].append(f"n{k}")
    named = {f"e{number}": edge for number, edge in enumerate(edges)}
    for name, edge in named.items():
        tail = f"n{edge.operand}"
        if nodes[edge.operand].get("constant"):  # drawn again wherever it is used
            tail = f"n{edge.gate}c{edge.place}"
            boxes[tail] = (edge.operand, 56.0, 26.0)
            if "frame" in nodes[edge.gate]:
                members[nodes[edge.gate]["frame"]].append(tail)
        room = ""
        if labelled and nodes[edge.gate]["flows"][edge.place]:
            room = f', label="{"0" * round(1.15 * edge.letters)}"'  # the active label is bold
        lines.append(f"{tail} -> n{edge.gate} [id={name}{room}]")
    lines += _frame_after_frame(nodes, edges)
    for frame, names in enumerate(members):
        inside = "; ".join(names)
        lines.append(f"subgraph cluster{frame} {{ id=f{frame}; margin=22; {inside} }}")
    for name, (_, width, height) in boxes.items():
        size = f"width={width / _POINTS:.3f}, height={height / _POINTS:.3f}"
        lines.append(f"{name} [id={name}, {size}]")
    try:
        picture = run_layout("\n".join(lines) + "\n}", "svg", time_limit)
    except TimeoutError:  # its message speaks of draw(), and of ways out that a page has not
        raise TimeoutError(
            f"the layout of the page did not finish within {time_limit:g} s: make the page of a "
            "sub-expression, or give page() a longer time_limit="
        ) from None
    svg = ElementTree.fromstring(picture)
    _, _, width, height = map(float, svg.attrib["viewBox"].split())
    left, top = map(float, re.findall(r"translate\((\S+) (\S+)\)", svg[0].attrib["transform"])[0])
    layout: dict[str, Any] = {"labelled": labelled, "size": [width, height], "shift": [left, top]}
    layout |= {"direction": direction, "boxes": [], "edges": [], "frames": []}
    framed = {name: frame for frame, names in enumerate(members) for name in names}
    for group in svg.iter("{http://www.w3.org/2000/svg}g"):
        parts = {child.tag.rpartition("}")[2]: child.attrib for child in group}
        name = group.attrib["id"]
        if name in boxes:
            centre, _ = _extent(parts["polygon"]["points"])
            k, box_width, box_height = boxes[name]
            box = {"node": k, "at": centre, "size": [box_width, box_height]}
            layout["boxes"].append(box | ({"frame": framed[name]} if name in framed else {}))
        elif re.fullmatch(r"f\d+", name):
            centre, reach = _extent(parts["polygon"]["points"])
            layout["frames"].append({"frame": int(name[1:]), "at": centre, "size": reach})
        elif name in named:
            label = parts.get("text")
            edge = named[name]
            layout["edges"].append(
                {"from": edge.operand, "to": edge.gate, "place": edge.place}
                | {"line": parts["path"]["d"], "head": parts["polygon"]["points"]}
                | ({"label": [float(label["x"]), float(label["y"])]} if label else {})
            )
    return layout


def _extent(points: str) -> tuple[list[float], list[float]]:
    """The centre and the size of a rectangle, from its corners as SVG writes them."""
    corners = [tuple(map(float, point.split(","))) for point in points.split()]
    spans = [(min(axis), max(axis)) for axis in zip(*corners, strict=True)]
    return (
        [round((low + high) / 2, 1) for low, high in spans],
        [round(high - low, 1) for low, high in spans],
    )


def _frame_after_frame(nodes: list[dict[str, Any]], edges: list[_Edge]) -> list[str]:
    """Points and edges that no one sees: a frame's leaves lie behind the frames that it reads.

    So frames lie one after the other, and one that is collapsed gives its room back. Each frame
    has a point beside its leaves, and behind the gates of other frames that it reads.
    """
    read: set[str] = set()
    for edge in edges:
        operand, gate = nodes[edge.operand], nodes[edge.gate]
        if (frame := gate.get("frame")) is None or operand.get("constant"):
            continue
        if "op" not in operand and operand.get("frame") == frame:
            read.add(f"p{frame} -> n{edge.operand} [style=invis, weight=0, minlen=0]")
        elif operand.get("frame", frame) != frame:
            read.add(f"n{edge.operand} -> p{frame} [style=invis, weight=0]")
    points = {f"p{node['frame']}" for node in nodes if "frame" in node}
    return [f"{point} [shape=point, style=invis]" for point in sorted(points)] + sorted(read)


def _letters(text: str) -> float:
    """How many letters' room a text takes: a Chinese character that of two, a capital's less."""
    return sum(
        2.0
        if east_asian_width(c) in "WF" or c == "W"
        else 1.75
        if c.isupper() or c in "mw@%жмфшщыю"
        else 1.0
        for c in text
        if not combining(c)
    )


# ------------------------------------------------------------------ the file


@cache
def template(name: str) -> str:
    """A file of the folder ``template``."""
    from pathlib import Path  # late, for it takes milliseconds to import

    return (Path(__file__).parent / "template" / name).read_text(encoding="utf-8")


def _fill(computation: dict[str, Any], source: str, title: str) -> str:
    """Put the parts into the template, in one pass: what is put in is not searched again."""
    import html
    import json

    data = json.dumps(computation, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    parts = {
        "TITLE": html.escape(_printable(title)),
        "STYLE": _colours() + template("page.css"),
        # inside <script> only "<" could end the element or open a comment
        "DATA": _printable(data).replace("<", "\\u003c"),
        "VALUES": runtime(),
        "GATES": source,
        "PROGRAM": "\n".join(template(f"{name}.js") for name in _PROGRAM),
    }
    return re.sub(r"@@(\w+)@@", lambda found: parts[found[1]], template("page.html"))


def _printable(text: str) -> str:
    """Without the characters that UTF-8 can't encode (half of a surrogate pair)."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _colours() -> str:
    """The colours of the pictures (drawing.py) as CSS variables, for both themes."""
    light, dark = (
        " ".join(f"--{role}: {colour};" for role, colour in THEMES[theme].items())
        for theme in ("light", "dark")
    )
    return (
        f":root {{ color-scheme: light; {light} }}\n"
        f'[data-theme="dark"] {{ color-scheme: dark; {dark} }}\n'
        "@media (prefers-color-scheme: dark) {\n"
        f'  :root:not([data-theme="light"]) {{ color-scheme: dark; {dark} }}\n}}\n'
    )
