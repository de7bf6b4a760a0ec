"""Nested lists of Values: a weight matrix is a list of rows, a prediction may be one of lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from autograd import Value

__all__ = ["plain", "plus", "shape", "values_in", "values_of_shape"]


def values_in(nested: Any) -> list[Any]:
    """Give the Values (or numbers) of a nested list, row by row.

    >>> values_in([[1.0, 2.0], [3.0]]), values_in(4.0)
    ([1.0, 2.0, 3.0], [4.0])
    """
    if not isinstance(nested, (list, tuple)):
        return [nested]
    if not any(issubclass(kind, (list, tuple)) for kind in set(map(type, nested))):
        return list(nested)  # a row: the usual case, and quickly told
    return [value for row in nested for value in values_in(row)]


def plain(nested: Any) -> Any:
    """Give the same with a plain number for each Value; lists and dictionaries stay.

    >>> plain([Value(1.0), {"mean": Value(2.0), "what": None}])
    [1.0, {'mean': 2.0, 'what': None}]
    """
    if isinstance(nested, (list, tuple)):
        return [plain(each) for each in nested]
    if isinstance(nested, Mapping):
        return {key: plain(each) for key, each in nested.items()}
    return nested.data if isinstance(nested, Value) else nested


def plus(x: Any, y: Any) -> Any:
    """Add two nested lists of one shape, number by number.

    >>> plus([[1.0, 2.0]], [[10.0, 20.0]])
    [[11.0, 22.0]]
    """
    if isinstance(x, (list, tuple)):
        return [plus(xi, yi) for xi, yi in zip(x, y, strict=True)]
    return x + y


def shape(nested: Any) -> tuple[Any, ...]:
    """Give the shape of a nested list; "ragged" ends it where rows differ.

    >>> shape([[1, 2, 3], [4, 5, 6]]), shape([[1], [2, 3]]), shape(7)
    ((2, 3), (2, 'ragged'), ())
    """
    if not isinstance(nested, (list, tuple)):
        return ()
    rows = {shape(row) for row in nested}
    if len(rows) > 1:
        return (len(nested), "ragged")
    return (len(nested), *(rows.pop() if rows else ()))


def values_of_shape(lengths: tuple[int, ...], draw: Callable[[], float]) -> Any:
    """Make nested lists of Values whose numbers are drawn row by row.

    >>> plain(values_of_shape((2, 3), lambda: 0.5))
    [[0.5, 0.5, 0.5], [0.5, 0.5, 0.5]]
    """
    if not lengths:
        return Value(draw())
    return [values_of_shape(lengths[1:], draw) for _ in range(lengths[0])]
