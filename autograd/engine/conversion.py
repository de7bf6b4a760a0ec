"""From what people hand in to the float that the engine computes with, or to a clear error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["as_number", "shorten"]


def as_number(thing: Any, where: str) -> float:
    """Give ``thing`` as a float.

    Args:
        thing: an int, a float, or whatever else stands for one real number (a Fraction, a NumPy
            scalar, an array without axes).
        where: what the number is for, as the error is to call it.

    Raises:
        TypeError: it is no real number (text, None, complex, an array, a Value).
        ValueError: it is an integer too large for a float.

    >>> as_number(3, "the rate")
    3.0
    >>> as_number("3", "the rate")
    Traceback (most recent call last):
    TypeError: the rate needs a real number, got str '3'
    """
    if isinstance(thing, (int, float)):
        try:
            return float(thing)
        except OverflowError:
            bits = int(thing).bit_length()
            raise ValueError(f"{where}: an integer of {bits} bits exceeds a float") from None
    if hasattr(thing, "apply_gate"):
        raise TypeError(f"{where} needs a plain number, got {shorten(thing)}: use its .data")
    convert: Callable[[Any], float] | None = getattr(type(thing), "__float__", None)
    if convert is None or not _is_real(thing):
        raise TypeError(f"{where} needs a real number, got {type(thing).__name__} {shorten(thing)}")
    try:
        return float(convert(thing))
    except OverflowError:
        raise ValueError(f"{where}: {shorten(thing)} exceeds a float") from None


def _is_real(thing: Any) -> bool:
    """Whether ``float(thing)`` drops nothing: no text, no imaginary part, no second element."""
    # in NumPy's letters: bool, int, unsigned, float
    holds = getattr(getattr(thing, "dtype", None), "kind", "f")
    return holds in "biuf" and not getattr(thing, "ndim", 0)


def shorten(thing: Any) -> str:
    """The repr of ``thing`` for a message, cut where it is long."""
    text = repr(thing)
    return text if len(text) <= 60 else text[:57] + "..."
