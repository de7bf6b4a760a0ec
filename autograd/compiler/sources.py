"""What there is to run: the text of a function and what is known about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

__all__ = ["Source"]


class Source(NamedTuple):
    """A function as text.

    Attributes:
        text: of a module that defines it.
        names: the names that it uses, besides its arguments.
        lines: its body, but for the last line; none where it is cut into parts.
        classes: the names of lines that find a class in each row, with what holds the classes.
        kept: the names of the dictionaries that its lines fill, and do not make.
        result: the name of what it computes.
    """

    text: str
    names: dict[str, Any]
    lines: list[str]
    classes: dict[str, str]
    kept: Sequence[str] = ()
    result: str = "loss"
