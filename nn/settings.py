"""Settings: a number in its range, or a whole number; an error says which, expected and got."""

from __future__ import annotations

import math
from collections.abc import Callable
from operator import index
from typing import Any

__all__ = ["number", "shorten", "whole"]

RANGES: dict[str, Callable[[float], bool]] = {
    "above 0": lambda x: x > 0,
    "above 0 and finite": lambda x: 0 < x < math.inf,
    "at least 0 and finite": lambda x: 0 <= x < math.inf,
    "at least 0 and below 1": lambda x: 0 <= x < 1,
}


def number(owner: str, name: str, setting: Any, expected: str) -> float:
    """Give the setting, if it is in one of the ranges above.

    Raises:
        ValueError: it is outside, or NaN.
        TypeError: it is no number.

    >>> number("SGD", "lr", -1.0, "at least 0 and finite")
    Traceback (most recent call last):
    ValueError: SGD: lr must be at least 0 and finite, got -1.0
    """
    if isinstance(setting, (str, bytes)) or not hasattr(setting, "__float__"):
        raise TypeError(f"{owner}: {name} must be a number {expected}, got {setting!r}")
    if not RANGES[expected](float(setting)):
        raise ValueError(f"{owner}: {name} must be {expected}, got {setting!r}")
    return float(setting)


def whole(owner: str, name: str, setting: Any, least: int = 1) -> int:
    """Give the setting as an int, if it is a whole number of at least ``least`` (NumPy's too).

    Raises:
        ValueError: it is less.
        TypeError: it is no whole number.

    >>> whole("fit", "epochs", 2.5)
    Traceback (most recent call last):
    TypeError: fit: epochs must be an int of at least 1, got 2.5
    """
    try:
        count = None if isinstance(setting, bool) else index(setting)
    except TypeError:
        count = None
    if count is None or count < least:
        error = TypeError if count is None else ValueError
        raise error(f"{owner}: {name} must be an int of at least {least}, got {setting!r}")
    return count


def shorten(thing: Any) -> str:
    """The text of something in a message, cut off where it is long."""
    text = repr(thing)
    return text if len(text) <= 60 else text[:57] + "..."
