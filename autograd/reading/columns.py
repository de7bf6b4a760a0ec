"""Text in the columns of a terminal: what may be printed, how wide it is, and filled up."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from unicodedata import combining, east_asian_width

__all__ = ["excerpt", "padded", "printable", "terminal_columns", "width", "wrapped"]


def printable(text: str, longest: int = 10_000) -> str:
    """``text`` on one line, without what would command a terminal, cut to ``longest``."""
    text = "".join(c if c.isprintable() else " " if c.isspace() else "�" for c in text)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def width(text: str) -> int:
    """How many columns of a terminal a text takes: a Chinese character takes two.

    >>> width("w·x"), width("学习率"), width("x\u0302")
    (3, 6, 1)
    """
    if text.isascii():
        return len(text)
    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def padded(text: str, columns: int) -> str:
    """``text`` with spaces after it, so that it takes as many columns."""
    return text + " " * (columns - width(text))


def wrapped(text: str, columns: int) -> str:
    """``text`` with its long lines broken at spaces: a terminal breaks them inside a number.

    >>> print(wrapped("  x.grad += -4 × 1 = -4", 16))
      x.grad += -4 ×
          1 = -4
    """
    lines = []
    for line in text.split("\n"):
        if width(line) <= columns:
            lines.append(line)
            continue
        indent = " " * (len(line) - len(line.lstrip()) + 4)
        lines += textwrap.wrap(
            line, columns, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
        )
    return "\n".join(lines)


def excerpt(text: str, column: int, columns: int) -> str:
    """The line of ``text`` in which the column stands, and a caret below it.

    >>> print(excerpt("x + * y", 5, 80))
      x + * y
          ^
    """
    if not text.strip():
        return ""
    start = text.rfind("\n", 0, column - 1) + 1
    line = text[start:].split("\n")[0].replace("\t", " ")
    line = "".join(c if c.isprintable() else "�" for c in line)
    at = min(column - 1 - start, len(line))
    first = max(0, min(at - columns // 2, len(line) - columns + 4))
    shown = line[first : first + columns - 4]
    if first:
        shown = "…" + shown[1:]
    if first + len(shown) < len(line):
        shown = shown[:-1] + "…"
    return f"  {shown}\n  {' ' * width(shown[: at - first])}^"


def terminal_columns(otherwise: int) -> int:
    """How wide the terminal is; ``otherwise`` if the output goes elsewhere."""
    there = sys.stdout.isatty() or "COLUMNS" in os.environ
    return max(20, shutil.get_terminal_size().columns) if there else otherwise
