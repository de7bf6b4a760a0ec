"""Text in the columns of a terminal: what may be printed, how wide it is, and filled up."""

from __future__ import annotations

from unicodedata import combining, east_asian_width

__all__ = ["padded", "printable", "width"]


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
