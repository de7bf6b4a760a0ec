"""draw: a computation graph as a picture, forward and backward.

What is drawn decides who draws it: graphs.py a graph of Values (all of it, or as far as a walk has
come), network.py a network's neurons, diagrams.py a compiled program. rendering.py runs the layout
program on the DOT source that they write.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..compiler import Program
from ..engine.conversion import shorten
from ..engine.graph import topological_order
from ..engine.value import Value
from ..reading.naming import Names, names_of_caller
from .diagrams import diagram
from .graphs import GraphPicture
from .grouping import Clusters, Grouping
from .known import SoFar, known_of
from .markup import THEMES
from .network import draw_network
from .stepping import Walk

if TYPE_CHECKING:
    from .rendering import Drawing

__all__ = ["draw"]

VIEWS = ("forward", "backward")
DIRECTIONS = ("right", "down")
NOTEBOOK_NODES = 60  # a Value with a larger graph shows its repr; draw(...) still draws it
PIXELS = 96  # an inch has so many, as browsers reckon


def draw(
    output: Any,
    view: str | None = None,
    *,
    theme: str = "light",
    size: float | tuple[float, float] | None = None,
    direction: str = "right",
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
    """Draw the graph that a Value was computed by; or a walk, a network, a compiled program.

    A node shows its label (its own, else the name of the variable that holds it in the caller's
    code), its value in green and its gradient in red, – before a backward pass. Both views lie
    on each other like slides.

    Args:
        output: a Value, or several. A walk, whose graph is drawn as far as the walk has come. A
            network of dense layers, whose neurons stand in columns, edges coloured by the sign
            and thick by the size of their weights (of the gradients, in the backward view). Or a
            compiled program, a box for each of its arrays (L8).
        view: "forward", values flowing to the right (the default); or "backward", where each edge
            says local × upstream = contribution and a node used more than once shows the sum
            (L5, L6). A walk needs none.
        theme: "light" or "dark".
        size: how many pixels wide the picture is, or (at most) how wide and high; by default as
            large as its text needs, up to 1920.
        direction: where the values flow: "right" or "down". For graphs and programs.
        constants: whether to draw the plain numbers of the expression.
        legend: whether to explain the colours below the picture.
        clusters: named groups of nodes, drawn as frames, ``{"hidden/neuron 1": [h, *weights]}``;
            "/" nests them. A gate whose result is used only in a cluster joins it by itself.
        collapse: True to draw each outermost cluster as one box, or the names of those to.
        names: names for Values, as ``locals()`` gives, where the caller's variables won't do.
            A network among them calls its parameters ``layers.0.weight[0][1]``.
        sample: for a network, the inputs whose way through it is shown.
        target: what the network should give for them.
        loss: the loss's name, or a function of prediction and target (of the prediction alone,
            without a target). Gradients are those of this loss; no ``.grad`` changes.
        max_nodes: the most nodes to draw.
        time_limit: seconds the layout program may take.

    Returns:
        a ``graphviz.Digraph``: ``draw(y).save("y.svg")`` (or .png, .tex, .dot); ``.source`` is
        DOT; notebooks show it.

    Raises:
        TypeError: output is none of these, or another argument is not what it takes.
        ValueError: unknown view, theme, direction or cluster; too many nodes; no gradients yet
            for the backward view of a network.

    >>> x, y, z = Value(-2.0), Value(5.0), Value(-4.0)
    >>> q = x + y
    >>> f = q * z
    >>> f.backward()
    >>> picture = draw(f, "backward")
    >>> "∂f/∂z = q" in picture.source
    True
    """
    for name, given, allowed in (
        ("view", view or VIEWS[0], VIEWS),
        ("theme", theme, list(THEMES)),
        ("direction", direction, DIRECTIONS),
    ):
        if given not in allowed:
            raise ValueError(f"unknown {name} {given!r}: write {' or '.join(map(repr, allowed))}")
    for name, limit in (("max_nodes", max_nodes), ("time_limit", time_limit)):
        if not isinstance(limit, (int, float)):
            raise TypeError(f"{name} takes a number, got {shorten(limit)}")
    grouped = bool(clusters or collapse or names or not constants)
    sampled = not (sample is target is loss is None)
    if isinstance(output, Program):
        _refuse("graphs of Values", grouped, "clusters=, collapse=, names= and constants=")
        _refuse("networks", sampled, "sample=, target= and loss=")
        blocks, caption = output.boxes(view or VIEWS[0])
        picture = diagram(blocks, view or VIEWS[0], theme, legend, max_nodes, caption, direction)
    elif hasattr(type(output), "_columns_"):
        _refuse("graphs of Values", grouped, "clusters=, collapse=, names= and constants=")
        _refuse("graphs and programs", direction != "right", "direction=")
        columns = output._columns_(sample, target, loss)
        picture = draw_network(columns, view or VIEWS[0], theme, legend, max_nodes)
    else:
        _refuse("networks: draw(model, sample=x)", sampled, "sample=, target= and loss=")
        _refuse("what is no walk, which shows both", view and isinstance(output, Walk), "view=")
        outputs = _outputs(output)
        found = names_of_caller(names, without=clusters)
        if isinstance(output, Walk) and names is None:
            found = dict(output.found)
        graph = Grouping(outputs, clusters, collapse, constants)
        if len(graph) > max_nodes:
            raise ValueError(
                f"the graph has {len(graph)} nodes to draw, more than max_nodes={max_nodes}: draw "
                "a sub-expression, hide constants (constants=False), group nodes (clusters=, "
                "collapse=True), or raise max_nodes="
            )
        backward = view == "backward"
        walked = isinstance(output, Walk)
        known = SoFar(output) if walked else known_of(outputs, graph.order, backward)
        drawn = GraphPicture(graph, Names(found), known, backward, THEMES[theme])
        picture = drawn.drawing(legend, direction == "down")
    picture.time_limit = time_limit
    _scale(picture, size)
    return picture


def _outputs(output: Any) -> list[Value]:
    """The Values whose graph is to be drawn."""
    whole = output.output if isinstance(output, Walk) else output
    outputs: list[Any] = list(whole) if isinstance(whole, (list, tuple)) else [whole]
    for each in outputs:
        if not isinstance(each, Value):
            raise TypeError(f"draw takes a Value or a list of them, got {shorten(each)}")
    if not outputs:
        raise TypeError("draw takes a Value or a list of them, got an empty list")
    return outputs


def _refuse(kinds: str, given: Any, options: str) -> None:
    """Refuse options that would do nothing."""
    if given:
        raise TypeError(f"{options} {'is' if options.count('=') == 1 else 'are'} for {kinds}")


def _scale(picture: Drawing, size: Any) -> None:
    """Make the picture so many pixels wide, or wide and high; or small enough for a slide."""
    if size is None:
        picture.graph_attr["size"] = "20,20"  # inches, which is 1920 pixels
        return
    try:
        across, down = size if isinstance(size, (list, tuple)) else (size, 100 * size)
        if not (0 < across < 1e5 and 0 < down < 1e7):
            raise ValueError
    except (TypeError, ValueError):
        raise ValueError(
            f"size takes pixels, 1400 wide or (1400, 800) wide and high, got {shorten(size)}"
        ) from None
    picture.graph_attr["size"] = f"{across / PIXELS:.4f},{down / PIXELS:.4f}!"
    picture.dpi = PIXELS


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
