"""Texts: pieces of source that know how tightly they bind, and how NumPy spells things.

Binding strengths and the base of all spellings are those of the engine's text reading.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..engine.gate import Primitive
from ..engine.text import ATOM, COMPARISON, NEGATION, POWER, PRODUCT, SUM, Printer

__all__ = [
    "ATOM",
    "COMPARISON",
    "NEGATION",
    "POWER",
    "PRODUCT",
    "SUM",
    "NumPy",
    "Text",
    "numpy",
    "tuple_text",
]


@dataclass
class Text:
    """The text of an operation, not written to a line of its own yet if ``pending``."""

    text: str
    binds: int
    pending: bool = False
    sides: tuple[str, str] | None = None  # of a product; or what is summed, and its axes


class NumPy(Printer):
    """The spelling of numbers and functions in an emitted program.

    A module with NumPy's names is spelled by a subclass: jax.numpy.

    >>> from autograd.engine import primitives
    >>> numpy.number(2.0), numpy.number(float("-inf")), numpy.function(primitives.asin, 1)
    ('2', '-np.inf', 'np.arcsin')
    """

    module = "np"
    alone = "[{}]"  # a number as an array of one

    def number(self, x: float) -> str:
        text = super().number(x)
        return text.replace("inf", f"{self.module}.inf").replace("nan", f"{self.module}.nan")

    def function(self, op: Primitive, count: int) -> str:
        """NumPy's function; "" where it has none."""
        return "" if op.numpy is None else f"{self.module}.{op.numpy}"


numpy = NumPy()


def tuple_text(elements: Iterable[Any]) -> str:
    """The text of a tuple.

    >>> tuple_text(["B", 3]), tuple_text([3]), tuple_text([])
    ('(B, 3)', '(3,)', '()')
    """
    parts = [str(element) for element in elements]
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
