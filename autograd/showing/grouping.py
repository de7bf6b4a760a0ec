"""Which nodes of a graph a picture shows, in which cluster, and which as one collapsed box.

A cluster is named by a path, ``"hidden/neuron 2"``. Its members are listed by their owner; a gate
that only serves members of a cluster joins it by itself, so that a neuron's output and weights
are enough to name the whole neuron.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ..engine import primitives
from ..engine.conversion import shorten
from ..engine.graph import consumers, topological_order
from ..engine.value import Value

__all__ = ["Box", "Clusters", "Grouping", "Path", "class_index", "is_told"]

Path = tuple[str, ...]
Clusters = Mapping[str, Iterable[Value]] | Sequence[tuple[str, Iterable[Value]]]


class Box(NamedTuple):
    """A collapsed cluster."""

    path: Path


class Grouping:
    """The graph of some outputs, with clusters.

    ``order`` holds its nodes, ``uses`` their consumers, ``path`` the cluster of each node that is
    in one, and ``shown`` what stands for each node in the picture: itself, or a box. Plain
    numbers are shown beside each consumer: ``constants`` gives them.
    """

    def __init__(
        self,
        outputs: list[Value],
        clusters: Clusters = (),
        collapse: bool | str | Iterable[str] = False,
        with_constants: bool = True,
    ) -> None:
        self.outputs = set(outputs)  # a set compares by identity, a list by data
        self.with_constants = with_constants
        self.order = topological_order(*outputs)
        self.uses = consumers(self.order)
        self.path = self._paths(clusters)
        collapsed = _collapsed(set(self.path.values()), collapse)
        self.shown: dict[Value, Value | Box] = {}
        for node in self.order:
            if node.kind == "constant" and node not in self.outputs:
                continue
            path = self.path.get(node, ())
            around = [path[:depth] for depth in range(1, len(path) + 1)]
            boxes = [Box(outer) for outer in around if outer in collapsed]
            self.shown[node] = boxes[0] if boxes else node

    def __len__(self) -> int:
        """How many nodes the picture has."""
        return len(set(self.shown.values())) + sum(len(self.constants(node)) for node in self.shown)

    def constants(self, node: Value) -> dict[int, Value]:
        """The plain numbers among a node's operands that are shown, by their places."""
        if not self.with_constants or self.shown[node] is not node:
            return {}
        return {
            place: operand
            for place, operand in enumerate(node.operands)
            if operand.kind == "constant" and not is_told(node, place)
        }

    def inside(self, box: Box) -> tuple[list[Value], list[Value]]:
        """The nodes in a box, and those among them that the rest of the picture uses."""
        nodes = [node for node, shown in self.shown.items() if shown == box]
        results = [
            node
            for node in nodes
            if node in self.outputs or any(self.shown[user] != box for user, _ in self.uses[node])
        ]
        return nodes, results

    def _paths(self, clusters: Clusters) -> dict[Value, Path]:
        paths: dict[Value, Path] = {}
        for path, members in _pairs(clusters):
            name = "/".join(path)
            if not all(path):
                raise ValueError(f"a cluster's name has an empty part: {name!r}")
            for node in members:
                if not isinstance(node, Value):
                    raise TypeError(f"cluster {name!r} holds {shorten(node)}, which is no Value")
                if paths.setdefault(node, path) != path:
                    raise ValueError(
                        f"{node!r} is in two clusters, {'/'.join(paths[node])!r} and {name!r}"
                    )
        if not paths:
            return paths
        for node in reversed(self.order):
            if node.op is not None and node not in paths and node not in self.outputs:
                paths[node] = _common([paths.get(user, ()) for user, _ in self.uses[node]])
        return paths


def _pairs(clusters: Clusters) -> list[tuple[Path, list[Value]]]:
    """Each cluster's path and members."""
    try:
        pairs = clusters.items() if isinstance(clusters, Mapping) else clusters
        return [(tuple(name.split("/")), list(members)) for name, members in pairs]
    except (AttributeError, TypeError, ValueError):  # no name, no list, no pairs
        raise TypeError(
            "clusters takes names and their Values, as {'hidden/neuron 1': [h, *weights]}, got "
            f"{shorten(clusters)}"
        ) from None


def class_index(node: Value) -> int | None:
    """The class that a softmax or cross-entropy picks, where it is a plain number.

    Such a gate has any number of operands, and nothing flows into the first: its formula is
    empty. The number is told in the gate's title, for it is no number of the computation.
    """
    op = node.op
    if op is None or op.arity is not None or callable(op.formulas) or op.formulas[:1] != ("",):
        return None
    return int(node.operands[0].data) if node.operands[0].kind == "constant" else None


def is_told(node: Value, place: int) -> bool:
    """Whether a plain number is no number of the computation.

    It may be a class, which the gate's title tells, or whether a branch was taken.
    """
    return (place == 0 and class_index(node) is not None) or (
        place == 2 and node.op is primitives.branch
    )


def _common(paths: list[Path]) -> Path:
    """The innermost cluster that holds them all."""
    together: list[str] = []
    for parts in zip(*paths, strict=False):
        if len(set(parts)) > 1:
            break
        together.append(parts[0])
    return tuple(together)


def _collapsed(paths: set[Path], collapse: bool | str | Iterable[str]) -> set[Path]:
    """The clusters to draw as a box: all the outermost, or those that are named."""
    known = {path[:depth] for path in paths for depth in range(1, len(path) + 1)}
    if isinstance(collapse, bool):
        return {path for path in known if len(path) == 1 and collapse}
    several = isinstance(collapse, Iterable) and not isinstance(collapse, str)
    names: list[Any] = list(collapse) if several else [collapse]
    if not all(isinstance(name, str) for name in names):
        raise TypeError(f"collapse takes True or names of clusters, got {shorten(collapse)}")
    wanted = {tuple(name.split("/")) for name in names}
    for path in sorted(wanted - known):
        there = ", ".join(sorted("/".join(each) for each in known)) or "none"
        raise ValueError(f"no cluster {'/'.join(path)!r} to collapse; there are: {there}")
    return wanted
