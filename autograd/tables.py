"""The table of a walk (node, gate, value, gradient): plain, for rich, and as HTML."""

from __future__ import annotations

from html import escape
from typing import Any, NamedTuple

from .naming import short
from .stepping import Walk

__all__ = ["html_table", "plain_table", "rich_table"]

_MOST_ROWS = 40  # a longer table shows the rows around the step done last
_GREEN, _RED = "#1a8f3c", "#d6333f"  # on light and on dark paper


class _Row(NamedTuple):
    name: str
    gate: str
    value: str
    gradient: str
    active: bool  # the step done last is about this node


def _rows(walk: Walk) -> tuple[list[_Row], int]:
    """The rows to show, and how many are left out."""
    nodes = [node for node in walk.nodes if not node.is_constant or node is walk.output]
    step = walk.step
    here = next((k for k, node in enumerate(nodes) if step and node is step.node), 0)
    first = max(0, min(here - _MOST_ROWS // 2, len(nodes) - _MOST_ROWS))
    shown = nodes[first : first + _MOST_ROWS]
    rows = [
        _Row(
            walk.board.name(node),
            walk.board.right_side(node),
            short(walk.value(node)),
            short(walk.gradient(node)),
            step is not None and node is step.node,
        )
        for node in shown
    ]
    return rows, len(nodes) - len(rows)


def _heading(walk: Walk) -> tuple[str, str, str, str]:
    return "node", "computed as", "value", f"∂{walk.board.name(walk.output)}/∂node"


def plain_table(walk: Walk) -> str:
    """The table in plain text, numbers to the right.

    >>> from autograd import Value, walk
    >>> x = Value(3.0, "x")
    >>> print(plain_table(walk(x * 2, names={}).goto(2)))
    node  computed as  value  ∂out/∂node
    x                      3           2
    out   x·2              6           1
    """
    rows, more = _rows(walk)
    table = [_heading(walk), *((row.name, row.gate, row.value, row.gradient) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = [
        f"{name:{widths[0]}}  {gate:{widths[1]}}  {number:>{widths[2]}}  {gradient:>{widths[3]}}"
        for name, gate, number, gradient in table
    ]
    return "\n".join([*lines, *([f"... and {more} more nodes"] if more else [])])


def rich_table(walk: Walk, text: bool = True) -> Any:
    """The table for the rich package, below the step done last."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table()
    for k, heading in enumerate(_heading(walk)):
        table.add_column(Text(heading), justify="left" if k < 2 else "right")
    rows, more = _rows(walk)
    for row in rows:
        cells = [Text(row.name), Text(row.gate), Text(row.value, "green")]
        table.add_row(*cells, Text(row.gradient, "red"), style="bold" if row.active else "")
    parts = [Text(walk.text())] if text else []
    return Group(*parts, table, *([Text(f"... and {more} more nodes")] if more else []))


def html_table(walk: Walk) -> str:
    """The step and the table as HTML for a notebook, all text escaped."""
    cell = "padding:.15em .8em;text-align:"

    def line(row: _Row) -> str:
        mark = "background:rgba(128,160,255,.22);font-weight:bold" if row.active else ""
        return (
            f'<tr style="{mark}">'
            f'<td style="{cell}left">{escape(row.name)}</td>'
            f'<td style="{cell}left">{escape(row.gate)}</td>'
            f'<td style="{cell}right;color:{_GREEN}">{escape(row.value)}</td>'
            f'<td style="{cell}right;color:{_RED}">{escape(row.gradient)}</td></tr>'
        )

    rows, more = _rows(walk)
    heads = "".join(
        f'<th scope="col" style="{cell}{"left" if k < 2 else "right"}">{escape(heading)}</th>'
        for k, heading in enumerate(_heading(walk))
    )
    below = f"<p>... and {more} more nodes</p>" if more else ""
    return (
        f'<pre style="line-height:1.4;overflow-x:auto">{escape(walk.text())}</pre>'
        f"<table><thead><tr>{heads}</tr></thead>"
        f"<tbody>{''.join(map(line, rows))}</tbody></table>{below}"
    )


Walk.__rich__ = rich_table
Walk._repr_html_ = html_table
