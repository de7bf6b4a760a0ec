"""Markup: what all pictures share: the colours, an empty picture, escaped text in rows.

Values are green and gradients red, as on the CS231n slides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .rendering import Drawing

__all__ = ["HIDDEN", "THEMES", "beside", "blank", "colored", "escape", "lines_of"]

THEMES = {
    "light": {
        "paper": "#ffffff",
        "ink": "#1f2328",
        "faint": "#57606a",
        "line": "#57606a",
        "gate": "#e8f0fe",
        "leaf": "#ffffff",
        "now": "#ffe9a8",
        "cluster": "#f6f8fa",
        "value": "#13762f",
        "gradient": "#c2181f",
        "positive": "#2f6db5",
        "negative": "#c46a10",
    },
    "dark": {
        "paper": "#16191f",
        "ink": "#e6edf3",
        "faint": "#9aa4af",
        "line": "#8b949e",
        "gate": "#27364d",
        "leaf": "#16191f",
        "now": "#5c4813",
        "cluster": "#1d222a",
        "value": "#56d364",
        "gradient": "#ff7b72",
        "positive": "#6cb0ff",
        "negative": "#f0a04b",
    },
}
HIDDEN = "transparent"  # text that keeps its room, and is seen in another view
_LONGEST_LABEL = 32
_DIGIT, _BAR, _LINE = 7.4, 13, 17  # points that a digit of a node takes, or half a dash; ...


def blank(name: str, theme: dict[str, str], caption: list[str]) -> Drawing:
    """A picture with nothing on it yet but the lines below it."""
    from .rendering import Drawing  # imports graphviz

    font = {"fontname": "Helvetica", "fontcolor": theme["ink"]}
    below = {"label": lines_of(" ", *caption, side="LEFT")} if caption else {}
    return Drawing(
        name,
        format="svg",
        graph_attr=font
        | {
            "bgcolor": theme["paper"],
            "pad": "0.25",
            "nodesep": "0.3",
            "ranksep": "0.6",
            "labelloc": "b",
            "fontsize": "11",
            "fontcolor": theme["faint"],
        }
        | below,
        node_attr=font | {"fontsize": "13", "color": theme["line"], "margin": "0.04,0.02"},
        edge_attr=font | {"fontsize": "11", "color": theme["line"], "arrowsize": "0.7"},
    )


def escape(text: str, longest: int = _LONGEST_LABEL) -> str:
    """Any text as HTML-like DOT: no markup, no escapes, one line, nothing that XML forbids."""
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    text = "".join(c if c.isprintable() else " " if c.isspace() else "�" for c in text)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace('"', "&quot;").replace("\\", "\\\\")


def lines_of(*lines: str, padding: int = 0, side: str = "CENTER") -> str:
    """Lines of HTML-like DOT, one below the other, with some room around them."""
    cell = "<TD>" if side == "CENTER" else f'<TD ALIGN="{side}">'
    rows = "".join(f"<TR>{cell}{line}</TD></TR>" for line in lines)
    inner = _table(rows)
    return f"<{_table(f'<TR><TD>{inner}</TD></TR>', padding) if padding else inner}>"


def beside(left: str, right: str, bar: str, room: tuple[int, int]) -> str:
    """Two numbers beside each other, each with room for so many digits, as a line."""
    cells = (
        f'<TD ALIGN="{side}" WIDTH="{_DIGIT * length:.0f}">{text}</TD>'
        for side, length, text in zip(("RIGHT", "LEFT"), room, (left, right), strict=True)
    )
    wide = _DIGIT * sum(room) + _BAR  # fixed, or a long name above would tear them apart
    fixed = f' FIXEDSIZE="TRUE" WIDTH="{wide:.0f}" HEIGHT="{_LINE}"'
    return _table(f"<TR>{f'<TD>{bar}</TD>'.join(cells)}</TR>", 0, fixed)


def _table(rows: str, padding: int = 0, more: str = "") -> str:
    return (
        f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="{padding}"{more}>'
        f"{rows}</TABLE>"
    )


def colored(theme: dict[str, str], role: str, html: str, size: int = 0) -> str:
    """HTML-like DOT in a colour of the theme."""
    points = f' POINT-SIZE="{size}"' if size else ""
    return f'<FONT COLOR="{theme[role]}"{points}>{html}</FONT>'
