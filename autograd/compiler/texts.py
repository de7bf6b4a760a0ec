"""Texts: pieces of source that know how tightly they bind, and products taken apart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ..engine.text import number

__all__ = [
    "ATOM",
    "COMPARE",
    "POWER",
    "PRODUCT",
    "SIGN",
    "SUM",
    "Factors",
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
    factors: Factors | None = None


@dataclass
class Factors:
    """A product taken apart: coefficient (/ B), factors, masks such as (A > 0), divisors."""

    coefficient: float = 1.0
    over_batch: bool = False
    plain: list[str] = field(default_factory=list)
    masks: list[str] = field(default_factory=list)
    under: list[str] = field(default_factory=list)

    def text(self) -> Text:
        lead = number_text(self.coefficient)
        factors = [*self.plain, *self.masks]
        sign = ""
        if self.over_batch:
            factors.insert(0, f"({lead} / B)" if factors or self.under else f"{lead} / B")
        elif not self.plain and (self.masks or self.under):
            factors.insert(0, lead)  # a mask alone is no number
        elif self.coefficient == -1 and self.plain:
            sign = "-"
        elif self.coefficient != 1 or not factors:
            factors.insert(0, lead)
        text = sign + " * ".join(factors) + "".join(f" / {divisor}" for divisor in self.under)
        many = factors[1:] or self.under or text.endswith(" / B")
        return Text(text, PRODUCT if many else SIGN if text.startswith("-") else ATOM)


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
