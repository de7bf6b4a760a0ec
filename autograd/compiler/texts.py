"""Texts: pieces of source that know how tightly they bind, and products taken apart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..engine.text import number

__all__ = [
    "ATOM",
    "COMPARE",
    "POWER",
    "PRODUCT",
    "SIGN",
    "SUM",
    "Text",
    "number_text",
    "tuple_text",
]

COMPARE, SUM, PRODUCT, SIGN, POWER, ATOM = range(6)  # how tightly a text binds


@dataclass
class Text:
    """The text of an operation, not written to a line of its own yet if ``pending``."""

    text: str
    binds: int
    pending: bool = False
    sides: tuple[str, str] | None = None  # of a product; or what is summed, and its axes


def number_text(x: float) -> str:
    """A number as NumPy source.

    >>> number_text(2.0), number_text(float("-inf"))
    ('2', '-np.inf')
    """
    return number(x).replace("inf", "np.inf").replace("nan", "np.nan")


def tuple_text(elements: Iterable[Any]) -> str:
    """The text of a tuple.

    >>> tuple_text(["B", 3]), tuple_text([3]), tuple_text([])
    ('(B, 3)', '(3,)', '()')
    """
    parts = [str(element) for element in elements]
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
