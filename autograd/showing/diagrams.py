"""Diagrams: a program of a few instructions as boxes and arrows, forward and backward.

Where drawing.py draws a node for every Value, here a box is a whole array: an input, the weights
of a layer, a line of a compiled program. It is the "node per layer" graph of the lectures (L8).
Colours, themes and views are those of drawing.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..compiler.boxes import Block
from .markup import THEMES, blank, colored, escape, lines_of

if TYPE_CHECKING:
    from .rendering import Drawing

__all__ = ["diagram"]

LONGEST = 76  # characters of a line
MOST = 8  # lines of an expression, or of a gradient


def diagram(
    blocks: Sequence[Block],
    view: str,
    theme: str,
    legend: bool,
    max_nodes: int,
    caption: str,
    direction: str = "right",
) -> Drawing:
    """Draw blocks; arguments as for ``draw``.

    Args:
        blocks: the boxes; who is read comes before who reads.
        view: "forward" or "backward".
        theme: "light" or "dark".
        legend: whether to explain the colours.
        max_nodes: the most boxes to draw.
        caption: a line below the picture.
        direction: "right" or "down".

    Raises:
        ValueError: there are more boxes than max_nodes.
    """
    if len(blocks) > max_nodes:
        raise ValueError(
            f"the program has {len(blocks)} boxes to draw, more than max_nodes={max_nodes}: raise "
            "max_nodes=, or read program.source"
        )
    return _Diagram(blocks, view == "backward", THEMES[theme]).drawing(
        legend, caption, direction == "down"
    )


class _Diagram:
    def __init__(self, blocks: Sequence[Block], backward: bool, theme: dict[str, str]) -> None:
        self.blocks = {block.name: block for block in blocks}
        self.ids = {name: f"n{k}" for k, name in enumerate(self.blocks)}
        self.backward = backward
        self.theme = theme

    def drawing(self, legend: bool, caption: str, down: bool) -> Drawing:
        lines = []
        if legend:
            batched = any(block.shape.startswith("(B") for block in self.blocks.values())
            green = self.colored("value", "shape of the array")
            lines.append(green + " (B samples in a batch)" * batched)
            if self.backward:
                red = self.colored("gradient", "dZ")
                lines.append(f"{red} is the gradient of the loss with respect to Z, of Z's shape")
        if caption:
            lines.append(escape(caption, 120))
        picture = blank("program", self.theme, lines)
        forward, backward = ("TB", "BT") if down else ("LR", "RL")
        picture.graph_attr["rankdir"] = backward if self.backward else forward
        for block in self.blocks.values():
            self.node(picture, block)
        for block in self.blocks.values():
            for name in block.reads:
                self.edge(picture, self.blocks[name], block)
        return picture

    def node(self, picture: Drawing, block: Block) -> None:
        instruction = block.kind == "instruction"
        below = [self.colored("value", escape(block.shape))] if block.shape else []
        if block.note:
            below.append(self.colored("faint", escape(block.note), 10))
        if instruction:
            lines = [
                f"{self.name(block, name)} = {escape(text, LONGEST)}" for name, text in block.lines
            ]
            rows = [*_few(lines), "   ".join(below)] if below else _few(lines)
        else:
            rows = ["   ".join([self.name(block, block.name), *below])]
        if self.backward:
            lines = [self.colored("gradient", escape(text, LONGEST)) for text in block.gradient]
            rows += _few(lines)
        picture.node(
            self.ids[block.name],
            lines_of(*rows, padding=3),
            shape="box",
            style="filled" if instruction else "rounded,filled",
            fillcolor=self.theme["gate" if instruction else "leaf"],
            penwidth="2" if block is list(self.blocks.values())[-1] else "1",
            tooltip=escape(f"{block.kind} {block.name} {block.shape}".strip(), 200),
        )

    def name(self, block: Block, name: str) -> str:
        return f"<B>{escape(name)}</B>" if name == block.name else escape(name)

    def edge(self, picture: Drawing, operand: Block, block: Block) -> None:
        tail, head = self.ids[operand.name], self.ids[block.name]
        if not self.backward:
            picture.edge(tail, head)
        elif operand.gradient:
            picture.edge(head, tail, color=self.theme["gradient"])
        else:
            picture.edge(head, tail, style="dashed", color=self.theme["faint"], arrowhead="none")

    def colored(self, role: str, html: str, size: int = 0) -> str:
        return colored(self.theme, role, html, size)


def _few(lines: Sequence[str]) -> list[str]:
    """The lines, or the first of them and how many there are more."""
    if len(lines) <= MOST:
        return list(lines)
    return [*lines[: MOST - 1], f"… and {len(lines) - MOST + 1} more"]
