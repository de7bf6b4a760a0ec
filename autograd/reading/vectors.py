"""Vectors and matrices of an expression: lists of numbers or Values, and linear algebra on them.

A vector is a list and stands upright; ``Row`` is one lying down, as xᵀ is. So xᵀy is a number and
xyᵀ a matrix, as on a slide. Between two vectors ``·`` is the scalar product.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ..engine import functions, primitives

__all__ = ["Row", "elements", "elementwise", "norm", "times", "transpose"]


class Row(list[Any]):
    """A vector lying down."""


def elementwise(compute: Callable[..., Any], *operands: Any) -> Any:
    """Compute element by element; a number stands beside each of them.

    Raises:
        ValueError: the shapes differ.

    >>> elementwise(primitives.mul, 2.0, [[1.0, 2.0]])
    [[2.0, 4.0]]
    """
    lists = [operand for operand in operands if isinstance(operand, list)]
    if not lists:
        return compute(*operands)
    for other in lists[1:]:
        if len(other) != len(lists[0]) or type(other) is not type(lists[0]):
            raise ValueError(f"{_described(lists[0])} beside {_described(other)}: shapes differ")
    return type(lists[0])(
        elementwise(compute, *(o[k] if isinstance(o, list) else o for o in operands))
        for k in range(len(lists[0]))
    )


def times(a: Any, b: Any) -> Any:
    """The product of numbers, vectors and matrices.

    Raises:
        ValueError: the shapes don't fit.

    >>> times([[1.0, 2.0], [3.0, 4.0]], [1.0, 1.0]), times([1.0, 2.0], [3.0, 4.0])
    ([3.0, 7.0], 11.0)
    >>> times([1.0, 2.0], Row([3.0, 4.0]))
    [[3.0, 4.0], [6.0, 8.0]]
    """
    if not isinstance(a, list) or not isinstance(b, list):
        return elementwise(primitives.mul, a, b)
    if isinstance(b, Row):
        if isinstance(a, Row) or _is_matrix(a):
            raise ValueError(f"{_described(a)} times {_described(b)}: the sizes don't fit")
        return [[primitives.mul(x, y) for y in b] for x in a]
    if len(b) != (len(a[0]) if _is_matrix(a) else len(a)):
        raise ValueError(f"{_described(a)} times {_described(b)}: the sizes don't fit")
    if _is_matrix(a):
        return (
            [times(Row(row), b) for row in a]
            if not _is_matrix(b)
            else [list(times(Row(row), b)) for row in a]
        )
    if _is_matrix(b):
        return Row(functions.dot(a, column) for column in zip(*b, strict=True))
    return functions.dot(a, b)


def transpose(a: Any) -> Any:
    """A vector lying down, one lying down upright, a matrix mirrored.

    Raises:
        ValueError: a is a number.
    """
    if not isinstance(a, list):
        raise ValueError("ᵀ transposes a vector or matrix; for a power write x^(T)")
    if isinstance(a, Row):
        return list(a)
    return list(map(list, zip(*a, strict=True))) if _is_matrix(a) else Row(a)


def norm(a: Any, which: str, squared: bool = False) -> Any:
    """‖a‖, or its square without the root; ‖a‖₁ for ``which`` "1".

    >>> norm([3.0, 4.0], "2"), norm([3.0, 4.0], "2", squared=True), norm([3.0, -4.0], "1")
    (5.0, 25.0, 7.0)
    """
    numbers = [x for _, x in elements(a)]
    if which == "1":
        return functions.sum([primitives.abs(x) for x in numbers])
    total = functions.sum([primitives.pow(x, 2.0) for x in numbers])
    return total if squared else primitives.sqrt(total)


def elements(a: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """The numbers in it, each with the name of its place: ``x[0]``, ``W[0][1]``."""
    if isinstance(a, list):
        for k, element in enumerate(a):
            yield from elements(element, f"{name}[{k}]")
    else:
        yield name, a


def _is_matrix(a: list[Any]) -> bool:
    """Whether it has rows.

    Raises:
        ValueError: the rows differ in length, or some are numbers.
    """
    lengths = {len(row) if isinstance(row, list) else None for row in a}
    if len(lengths) > 1:
        raise ValueError("the rows of a matrix are lists of one length")
    return lengths != {None} and bool(lengths)


def _described(a: list[Any]) -> str:
    if _is_matrix(a):
        return f"a {len(a)}×{len(a[0])} matrix"
    return f"a {'row' if isinstance(a, Row) else 'vector'} of {len(a)}"
