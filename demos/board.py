"""The blackboard of the demos: forward values, then the backward pass gate by gate.

Everything shown is read from the graph itself: a node's ``data`` and ``grad``, and
``local_derivatives`` for its gate. Values are green and gradients red, on a terminal.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from graphviz import Digraph

from autograd import Value, draw
from autograd.engine.backward import local_derivatives
from autograd.engine.graph import consumers, topological_order

OUT = Path("out")
"""Where the demos write their pictures."""

GREEN, RED, BOLD = "32", "31", "1"
INFIX = {"add", "sub", "mul", "div", "mod", "pow"}


def named(label: str, node: Value) -> Value:
    """Label a node, and give it back."""
    node.label = label
    return node


def show(
    output: Value, picture: str, out: Path, upstream: float = 1.0, constants: bool = True
) -> None:
    """Tell the whole story of a graph: forward, backward, gradients, and two pictures.

    Args:
        output: the node to start from, with no gradient yet.
        picture: the pictures' name: ``<picture>_forward.svg``, ``<picture>_backward.png``, ...
        out: the directory they go to; made if needed.
        upstream: the gradient that arrives at the output.
        constants: whether the forward picture has the plain numbers of the expression; the
            backward one has none, for nothing flows into them.
    """
    print(forward_table(output))
    save(draw(output, constants=constants), f"{picture}_forward", out)
    print()
    output.backward(upstream)
    print(backward_table(output))
    print(gradient_lines(output))
    save(draw(output, view="backward", constants=False), f"{picture}_backward", out)


def save(drawing: Digraph, picture: str, out: Path) -> None:
    """Save a drawing as SVG and PNG, and print where."""
    out.mkdir(parents=True, exist_ok=True)
    paths = [out / f"{picture}.svg", out / f"{picture}.png"]
    for path in paths:
        drawing.save(path)
    print(f"  pictures: {', '.join(map(str, paths))}")


def title(text: str) -> None:
    """Print a headline."""
    print()
    print(paint(text, BOLD))


def check(what: str, ours: float | None, expected: float) -> None:
    """Print our number beside the lecture's; they must agree to 12 digits."""
    if ours is None or abs(ours - expected) > 1e-12 * max(1.0, abs(expected)):
        raise AssertionError(f"{what}: {ours!r}, but the lecture's formula gives {expected!r}")
    print(f"  {what} = {number(ours)}, as the formula says: {number(expected)}")


# ---------------------------------------------------------------------- the three tables


def forward_table(output: Value) -> str:
    """The values of all nodes, in the order of the forward pass."""
    rows = [
        [name(node), f"= {formula(node)}" if node.op else "", number(node.data)]
        for node in topological_order(output)
        if node.kind != "constant"
    ]
    return table([["forward", "", "value"], *rows], {2: GREEN}, right={2})


def backward_table(output: Value) -> str:
    """One line an edge, from the output back: local × upstream = contribution."""
    rows = []
    for node in reversed(topological_order(output)):
        if node.grad is None:
            continue
        head = [f"{name(node)} = {formula(node)}", number(node.grad)]
        for operand, local in zip(node.operands, local_derivatives(node), strict=True):
            if local is None:
                continue
            contribution = local * node.grad + 0.0  # and so never -0
            rows.append([*head, name(operand), number(local), number(contribution)])
            head = ["", ""]
    header = ["backward", "upstream", "operand", "local", "contribution"]
    return table([header, *rows], {1: RED, 4: RED}, right={1, 3, 4})


def gradient_lines(output: Value) -> str:
    """The gradient of every leaf, as a sum where it is used more than once."""
    order = topological_order(output)
    uses = consumers(order)
    lines = []
    for node in order:
        if node.op is not None or node.grad is None:
            continue
        terms = [
            number(local * consumer.grad)
            for consumer, place in uses[node]
            if consumer.grad is not None
            and (local := local_derivatives(consumer)[place]) is not None
        ]
        total = paint(number(node.grad), RED)
        summed = " + ".join(terms).replace("+ -", "- ") + " = " if len(terms) > 1 else ""
        lines.append(f"  d{name(output)}/d{name(node)} = {summed}{total}")
    return "\n".join(lines)


# ---------------------------------------------------------------------- their pieces


def name(node: Value) -> str:
    """A node's label, a constant's number, or else what computed it."""
    return node.label or (f"({formula(node)})" if node.op else number(node.data))


def formula(node: Value) -> str:
    """How a node was computed: ``x + y``, or ``max(x, y)``."""
    if node.op is None:
        return number(node.data)
    operands = [name(operand) for operand in node.operands]
    if node.op.name in INFIX:
        return f" {node.op.symbol} ".join(operands)
    if node.op.name == "dot":  # the operands are w₁ w₂ ... x₁ x₂ ... bias
        *factors, bias = operands
        n = len(factors) // 2
        products = [f"{w}·{x}" for w, x in zip(factors[:n], factors[n:], strict=True)]
        return " + ".join(products if bias == "0" else [*products, bias])
    return f"{node.op.symbol}({', '.join(operands)})"


def number(x: float) -> str:
    """A number as one writes it on a blackboard: six digits, no zeros at the end."""
    return f"{x + 0.0:.6g}"


def table(rows: list[list[str]], colours: dict[int, str], right: set[int]) -> str:
    """Rows as aligned text; the first is the header, ``colours`` and ``right`` go by column."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for k, row in enumerate(rows):
        cells = []
        for j, (cell, width) in enumerate(zip(row, widths, strict=True)):
            cell = cell.rjust(width) if j in right else cell.ljust(width)
            cells.append(paint(cell, BOLD if k == 0 else colours.get(j, "")))
        lines.append("  " + "  ".join(cells).rstrip())
    return "\n".join(lines)


def paint(text: str, colour: str) -> str:
    """Colour text on a terminal; leave it alone in a file or pipe, or under NO_COLOR."""
    if not colour or "NO_COLOR" in os.environ or not sys.stdout.isatty():
        return text
    return f"\033[{colour}m{text}\033[0m"
