"""The table of a walk (node, gate, value, gradient): plain, for rich, and as HTML."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..reading.columns import padded, width
from ..reading.naming import short
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


def _rows(walk: Walk) -> list[_Row]:
    """The rows to show: of a long table those around the step, and at the end the output."""
    nodes = [node for node in walk.nodes if node.kind != "constant" or node is walk.output]
    step = walk.step
    here = next((k for k, node in enumerate(nodes) if step and node is step.node), 0)
    first = max(0, min(here - _MOST_ROWS // 2, len(nodes) - _MOST_ROWS))
    rows = [
        _Row(
            walk.board.name(node),
            walk.board.right_side(node),
            short(walk.value(node)),
            short(walk.gradient(node)),
            step is not None and node is step.node,
        )
        for node in [*nodes[first : first + _MOST_ROWS], walk.output]
    ]
    after = len(nodes) - first - _MOST_ROWS  # how many nodes are left out below, and above
    if first > 0:
        rows.insert(0, _left_out(first))
    if after <= 0:
        del rows[-1]
    elif after > 1:
        rows.insert(-1, _left_out(after - 1))
    return rows


def _left_out(count: int) -> _Row:
    return _Row("...", f"{count} more {'node' if count == 1 else 'nodes'}", "", "", False)


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
    table = [_heading(walk), *(row[:4] for row in _rows(walk))]
    widths = [max(map(width, column)) for column in zip(*table, strict=True)]
    lines = [
        f"{padded(name, widths[0])}  {padded(gate, widths[1])}  "
        f"{number:>{widths[2]}}  {' ' * (widths[3] - width(gradient))}{gradient}"
        for name, gate, number, gradient in table
    ]
    return "\n".join(map(str.rstrip, lines))


def rich_table(walk: Walk, text: bool = True) -> Any:
    """The table for the rich package, below the step done last; or ``text=False``, without it."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table()
    rows = _rows(walk)
    for k, heading in enumerate(_heading(walk)):
        if k < 2:
            table.add_column(Text(heading), overflow="fold")
        else:  # a narrow terminal must not cut digits
            digits = max(width(row.value if k == 2 else row.gradient) for row in rows)
            table.add_column(Text(heading, "", overflow="fold"), justify="right", min_width=digits)
    for row in rows:
        cells = [Text(row.name), Text(row.gate), Text(row.value, "green")]
        bold = "bold" if row.active and text else ""
        table.add_row(*cells, Text(row.gradient, "red"), style=bold)
    return Group(Text(walk.text()), table) if text else table


def html_table(walk: Walk) -> str:
    """The step and the table as HTML for a notebook, all text escaped."""
    from html import escape  # late, for it takes milliseconds to import

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

    heads = "".join(
        f'<th scope="col" style="{cell}{"left" if k < 2 else "right"}">{escape(heading)}</th>'
        for k, heading in enumerate(_heading(walk))
    )
    return (
        f'<pre style="line-height:1.4;overflow-x:auto">{escape(walk.text())}</pre>'
        f"<table><thead><tr>{heads}</tr></thead>"
        f"<tbody>{''.join(map(line, _rows(walk)))}</tbody></table>"
    )


Walk.__rich__ = rich_table
Walk._repr_html_ = html_table
