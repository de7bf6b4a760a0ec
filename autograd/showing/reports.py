"""What the command prints besides the table of a walk: a Jacobian, JSON, LaTeX for a slide."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from ..engine.derivatives import gradients
from ..engine.value import Value
from ..reading.columns import padded, width
from ..reading.latex import LatexNames, latex_number
from ..reading.naming import short
from ..reading.notation import latex
from ..reading.vectors import elements
from .contributions import Contribution
from .stepping import Walk

__all__ = ["Jacobian", "json_report", "latex_report"]

_MOST_TERMS = 4  # of a gradient's sum that LaTeX writes out


class Jacobian:
    """The derivatives of each element of a vector by each input.

    Args:
        name: what the vector is called.
        outputs: its elements, in lists for a matrix; Values or numbers.
        inputs: by name the leaves.
    """

    def __init__(self, name: str, outputs: Any, inputs: Mapping[str, Value]) -> None:
        self.name = name
        self.inputs = list(inputs)
        self.nested = outputs
        leaves = list(inputs.values())
        self.rows: list[tuple[str, float, list[float]]] = []
        for label, output in elements(outputs, name):
            node = isinstance(output, Value)
            row = gradients(output, leaves) if node and leaves else [0.0] * len(leaves)
            self.rows.append((label, output.data if node else float(output), row))

    def text(self, columns: int) -> str:
        """A row for each element; where there are too many inputs, one table below the other.

        >>> x, y = Value(2.0, "x"), Value(3.0, "y")
        >>> print(Jacobian("f", [x * y, x / y], {"x": x, "y": y}).text(80))
               value    ∂/∂x     ∂/∂y
        f[0]       6       3        2
        f[1]  0.6667  0.3333  -0.2222
        """
        heads = [[label for label, _, _ in self.rows], [short(value) for _, value, _ in self.rows]]
        table = [["", *heads[0]], ["value", *heads[1]]]
        table += [
            [f"∂/∂{name}", *(short(row[k]) for _, _, row in self.rows)]
            for k, name in enumerate(self.inputs)
        ]
        widths = [max(map(width, column)) for column in table]
        room = columns - widths[0]
        blocks: list[list[int]] = [[]]
        for k in range(1, len(table)):
            if blocks[-1] and sum(widths[j] + 2 for j in [*blocks[-1], k]) > room:
                blocks.append([])
            blocks[-1].append(k)
        return "\n\n".join(
            "\n".join(
                padded(table[0][line], widths[0])
                + "".join(
                    "  " + " " * (widths[k] - width(table[k][line])) + table[k][line] for k in block
                )
                for line in range(len(self.rows) + 1)
            )
            for block in blocks
        )

    def json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "value": _plain(self.nested),
            "inputs": self.inputs,
            "outputs": [label for label, _, _ in self.rows],
            "jacobian": [_plain(row) for _, _, row in self.rows],
        }

    def latex(self) -> str:
        """The Jacobian as a matrix."""
        name = LatexNames()
        lines = [" & ".join(map(latex_number, row)) for _, _, row in self.rows]
        below = ", ".join(map(name, self.inputs))
        head = rf"\frac{{\partial {name(self.name)}}}{{\partial ({below})}}"
        return f"{head} = \\begin{{pmatrix}}\n" + " \\\\\n".join(lines) + "\n\\end{pmatrix}"


def json_report(expression: str, steps: Walk | Jacobian) -> str:
    """The table of a walk that is done, or a Jacobian; NaN and infinity as strings."""
    if isinstance(steps, Jacobian):
        found = steps.json()
    else:
        board = steps.board
        nodes = [
            {
                "name": board.name(node),
                "computed as": board.right_side(node),
                "value": _plain(steps.value(node)),
                "gradient": _plain(steps.gradient(node)),
            }
            for node in steps.nodes
            if node.kind != "constant"
        ]
        output = steps.output
        found = {"name": board.name(output), "value": _plain(output.data), "nodes": nodes}
    return json.dumps({"expression": expression, **found}, ensure_ascii=False, indent=1)


def _plain(thing: Any) -> Any:
    """Numbers that JSON has, in lists."""
    if isinstance(thing, (list, tuple)):
        return list(map(_plain, thing))
    number = thing.data if isinstance(thing, Value) else thing
    return number if number is None or math.isfinite(number) else str(float(number))


def latex_report(steps: Walk) -> str:
    r"""A walk as an ``align*``: what each gate computes, then each gradient by the chain rule.

    >>> from autograd import walk
    >>> x, y = Value(2.0, "x"), Value(3.0, "y")
    >>> print(latex_report(walk(x * y, names={})))
    \begin{align*}
    \mathrm{out} &= x \cdot y = 6 \\
    \frac{\partial \mathrm{out}}{\partial x} &= y = 3 \\
    \frac{\partial \mathrm{out}}{\partial y} &= x = 2
    \end{align*}
    """
    board, name, output = steps.board, LatexNames(), steps.output
    lines = []
    received: dict[Value, list[tuple[Value, Contribution]]] = {}
    for step in steps.steps:
        if step.phase == "forward":
            sides = [name(board.name(step.node)), latex(board.gate(step.node), name)]
            lines.append(f"{sides[0]} &= {sides[1]} = {latex_number(step.value)}")
        for part in step.contributions:
            if part.operand.kind != "constant":
                received.setdefault(part.operand, []).append((step.node, part))

    def fraction(node: Value) -> str:
        above, below = (board.latex_term(each, name) for each in (output, node))
        return rf"\frac{{\partial {above}}}{{\partial {below}}}"

    def term(gate: Value, part: Contribution) -> str:
        local = board.latex_formula(gate, part.place, name) or latex_number(part.local)
        if gate is output:
            return local
        loose = " " in local.replace(r" \cdot ", "") or local.startswith("-")
        return rf"{fraction(gate)} \cdot " + (rf"\left({local}\right)" if loose else local)

    for node, parts in received.items():
        sides = [fraction(node)]
        if len(parts) <= _MOST_TERMS:
            sides.append(" + ".join(term(*each) for each in parts))
        total = latex_number(parts[-1][1].total)
        if sides[-1] != total:
            sides.append(total)
        lines.append(f"{sides[0]} &= {' = '.join(sides[1:])}")
    return "\n".join([r"\begin{align*}", " \\\\\n".join(lines), r"\end{align*}"])
