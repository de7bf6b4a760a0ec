"""The chain rule as a table: a row for each local × upstream = contribution of a walk."""

from __future__ import annotations

import csv
from io import StringIO
from typing import Any

from ..reading.columns import padded, width
from ..reading.naming import by_use, short
from .stepping import Walk

__all__ = ["ChainRule", "chain_rule"]

_NUMBERS = ("local", "upstream", "contribution")


class ChainRule(list[dict[str, Any]]):
    """Rows of a table, each a dictionary: ``pandas.DataFrame(table)`` makes a data frame.

    ``str(table)`` is text, ``table.csv()`` and ``table.markdown()`` what they say; a notebook
    shows it as a table.
    """

    def csv(self) -> str:
        """Comma-separated values, every digit of each number."""
        text = StringIO()
        writer = csv.DictWriter(text, fieldnames=list(_HEADS), lineterminator="\n")
        writer.writeheader()
        writer.writerows(self)
        return text.getvalue()

    def markdown(self) -> str:
        """A Markdown table, numbers to the right."""
        lines = [f"| {' | '.join(_HEADS)} |"]
        lines.append(
            "|" + "|".join(" ---: " if head in _NUMBERS else " --- " for head in _HEADS) + "|"
        )
        for row in self._short():
            cells = (cell.replace("|", r"\|") for cell in row)
            lines.append(f"| {' | '.join(cells)} |")
        return "\n".join(lines)

    def _short(self) -> list[list[str]]:
        """The rows as text, numbers as short as in pictures."""
        return [
            [short(row[head]) if head in _NUMBERS else row[head] for head in _HEADS] for row in self
        ]

    def __str__(self) -> str:
        table = [list(_HEADS), *self._short()]
        widths = [max(map(width, column)) for column in zip(*table, strict=True)]
        return "\n".join(
            "  ".join(
                " " * (widest - width(cell)) + cell if head in _NUMBERS else padded(cell, widest)
                for head, cell, widest in zip(_HEADS, row, widths, strict=True)
            ).rstrip()
            for row in table
        )

    def __repr__(self) -> str:
        return str(self)

    def _repr_markdown_(self) -> str:
        return self.markdown()


_HEADS = ("gate", "operand", "formula", *_NUMBERS)


def chain_rule(walk: Walk) -> ChainRule:
    """The local × upstream table of the whole walk, a row for each edge, from the output back.

    >>> from autograd import Value
    >>> x, y, z = Value(-2.0, "x"), Value(5.0, "y"), Value(-4.0, "z")
    >>> print(((x + y) * z).walk(names={}).table())  # L1, L6
    gate        operand  formula  local  upstream  contribution
    out = v1·z  v1       z           -4         1            -4
    out = v1·z  z        v1           3         1             3
    v1 = x + y  x        1            1        -4            -4
    v1 = x + y  y        1            1        -4            -4
    """
    board = walk.board
    return ChainRule(
        {
            "gate": f"{board.name(step.node)} = {board.right_side(step.node)}",
            "operand": by_use(step.node, part.place, board.term(part.operand)),
            "formula": board.formula(step.node, part.place),
            "local": part.local,
            "upstream": part.upstream,
            "contribution": part.amount,
        }
        for step in walk.steps
        for part in step.contributions
    )


Walk.table = chain_rule
