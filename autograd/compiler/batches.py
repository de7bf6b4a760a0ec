"""Batches: what a user hands in, as flat lists, shapes and arrays (where NumPy is installed)."""

from __future__ import annotations

from typing import Any

from .trace import Argument

__all__ = ["as_array", "as_list", "check_samples", "flat_rows", "shape_of"]


def as_list(numbers: Any) -> list[float]:
    return numbers.tolist() if hasattr(numbers, "tolist") else list(numbers)


def as_array(numbers: list[Any], dtype: str = "float64") -> Any:
    """An array where NumPy is installed, else the list."""
    try:
        import numpy
    except ImportError:
        return numbers
    return numpy.array(numbers, dtype=dtype)


def shape_of(given: Any) -> tuple[int, ...]:
    shape = getattr(given, "shape", None)
    if shape is not None:
        return tuple(shape)
    sizes = []
    while isinstance(given, (list, tuple)):
        sizes.append(len(given))
        if not given:
            break
        given = given[0]
    return tuple(sizes)


def check_samples(given: Any, argument: Argument) -> None:
    for row in given:
        if shape_of(row) != argument.shape:
            raise ValueError(
                f"{argument.name}: a sample must have the shape {argument.shape}, "
                f"got {shape_of(row)}"
            )


def flat_rows(column: Any, argument: Argument, limit: int) -> list[list[float]]:
    """The first samples of an argument, each as a flat list."""
    rows = []
    for row in column[:limit]:
        flat: list[float] = []
        waiting = [row.tolist() if hasattr(row, "tolist") else row]
        while waiting:
            each = waiting.pop()
            if isinstance(each, (list, tuple)):
                waiting += reversed(each)
            else:
                flat.append(float(each))
        rows.append(flat)
    return rows
