"""The public functions that take a sequence, or an operand with a default.

Each arranges its arguments as the operands of one gate; the gates are in primitives.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from . import numeric, primitives
from .conversion import as_number, shorten

__all__ = [
    "cross_entropy",
    "dot",
    "elu",
    "leaky_relu",
    "log_softmax",
    "logsumexp",
    "maximum",
    "minimum",
    "softmax",
    "sum",
    "take",
]


def leaky_relu(x: Any, slope: Any = 0.01) -> Any:
    """Give x where x > 0, else slope · x.

    Derivatives: by x 1 where x > 0, else the slope, at x = 0, too; by the slope x where x ≤ 0.
    Maas et al., "Rectifier nonlinearities improve neural network acoustic models", ICML 2013.

    >>> leaky_relu(-2.0), leaky_relu(-2.0, 0.1)
    (-0.02, -0.2)
    """
    return primitives.leaky_relu(x, slope)


def elu(x: Any, alpha: Any = 1.0) -> Any:
    """Give x where x > 0, else alpha · (exp(x) - 1).

    Derivatives: by x 1 where x > 0, else alpha · exp(x); by alpha exp(x) - 1 where x ≤ 0.
    Clevert et al., "Fast and accurate deep network learning by exponential linear units", 2016.

    >>> elu(3.0), elu(-1e9)
    (3.0, -1.0)
    """
    return primitives.elu(x, alpha)


def maximum(*operands: Any) -> Any:
    """Give the largest operand; tied operands share the gradient equally.

    Takes the operands one by one or as one sequence, as Python's ``max`` does. Derivative: 1 by
    the largest operand, 1/k by each of k that tie, and nothing flows to the others.

    Raises:
        ValueError: there are no operands.

    >>> maximum(1.0, 3.0, 2.0), maximum([1.0, 3.0])
    (3.0, 3.0)
    """
    return primitives.maximum(*_operands(operands, "maximum"))


def minimum(*operands: Any) -> Any:
    """Give the smallest operand; tied operands share the gradient equally.

    >>> minimum(1.0, 3.0, 2.0), minimum([1.0, 3.0])
    (1.0, 1.0)
    """
    return primitives.minimum(*_operands(operands, "minimum"))


def _operands(operands: tuple[Any, ...], name: str) -> Sequence[Any]:
    if len(operands) == 1 and hasattr(operands[0], "__iter__"):
        return _sequence(operands[0], name)
    if not operands:
        raise ValueError(f"{name} of no operands: give at least one")
    return operands


def _sequence(values: Iterable[Any], name: str, empty: bool = False) -> list[Any]:
    if isinstance(values, (str, bytes, dict)) or not hasattr(values, "__iter__"):
        raise TypeError(f"{name} takes a sequence of numbers or Values, got {values!r}")
    operands = list(values)
    if not operands and not empty:
        raise ValueError(f"{name} of an empty sequence: give at least one operand")
    return operands


def sum(values: Iterable[Any]) -> Any:
    """Add up a sequence in a single gate; on numbers exactly rounded, as ``math.fsum``.

    >>> sum([0.1] * 10)
    1.0
    """
    operands = _sequence(values, "sum", empty=True)
    return primitives.sum(*operands) if operands else 0.0


def dot(ws: Iterable[Any], xs: Iterable[Any], bias: Any = 0.0) -> Any:
    """Give w·x + bias = Σ wᵢxᵢ + bias, a neuron's weighted sum, in a single gate.

    Args:
        ws: n numbers or Values.
        xs: n numbers or Values.
        bias: a number or Value.

    Raises:
        ValueError: the lengths differ.

    >>> dot([1.0, 2.0], [3.0, 4.0], 0.5)
    11.5
    """
    ws, xs = _sequence(ws, "dot", empty=True), _sequence(xs, "dot", empty=True)
    if len(ws) != len(xs):
        raise ValueError(f"dot: {len(ws)} weights but {len(xs)} inputs; give as many of each")
    return primitives.dot(*ws, *xs, bias)


def logsumexp(*xs: Any) -> Any:
    """Give log Σ exp(xᵢ) without overflow; takes the operands one by one or as one sequence.

    Derivative by xᵢ: softmax(x)ᵢ.

    >>> round(logsumexp([1000.0, 1000.0]) - 1000.0, 9)
    0.693147181
    """
    return primitives.logsumexp(*_operands(xs, "logsumexp"))


def softmax(*xs: Any) -> list[Any]:
    """Give exp(xᵢ) / Σ exp(xⱼ) for every i, a list as long as ``xs``.

    Derivative of sᵢ by xⱼ: sᵢ·(1 - sᵢ) for j = i, else -sᵢ·sⱼ.

    >>> softmax([0.0, 0.0])
    [0.5, 0.5]
    """
    operands = _operands(xs, "softmax")
    return [primitives.softmax(float(i), *operands) for i in range(len(operands))]


def log_softmax(*xs: Any) -> list[Any]:
    """Give xᵢ - logsumexp(x) for every i, a list as long as ``xs``.

    Derivative of element i by xⱼ: 1 - softmax(x)ᵢ for j = i, else -softmax(x)ⱼ.

    >>> log_softmax([0.0])
    [-0.0]
    """
    operands = _operands(xs, "log_softmax")
    return [primitives.log_softmax(float(i), *operands) for i in range(len(operands))]


def cross_entropy(logits: Iterable[Any], target: Any) -> Any:
    """Give the cross-entropy of softmax(logits) with the target.

    Derivative by logit i: softmax(logits)ᵢ - 1 for the target's class, softmax(logits)ᵢ for others.

    Args:
        logits: n numbers or Values, one a class.
        target: the class, an integer from 0 to n - 1, for -log softmax(logits)[target];
            or n probabilities p, for -Σ pᵢ log softmax(logits)ᵢ.

    Raises:
        ValueError: the class is out of range, there are not n probabilities, or one is
            negative.

    >>> cross_entropy([0.0, 0.0], 1) == cross_entropy([0.0, 0.0], [0.0, 1.0])
    True
    """
    operands = _sequence(logits, "cross_entropy")
    n = len(operands)
    if not hasattr(target, "__iter__") or getattr(target, "ndim", 1) == 0:  # an array of no axes
        return primitives.cross_entropy(target, *operands)
    probabilities = _sequence(target, "cross_entropy")
    if len(probabilities) != n:
        raise ValueError(
            f"cross_entropy: {n} logits but {len(probabilities)} target probabilities; "
            "give one a class, or the index of the class"
        )
    return primitives.soft_cross_entropy(*probabilities, *operands)


def take(rows: Iterable[Any], index: Any) -> Any:
    """Give the row of a table at an index that may be data: an embedding, a class's weight.

    Args:
        rows: n numbers or Values, or n lists of them, all of one length.
        index: which, an integer from 0 to n - 1; negative ones don't count from the end. A plain
            number, or a Value that holds one: no gradient flows to it.

    Returns:
        The number at the index, or the list of those in this row.

    Raises:
        ValueError: the index is no such integer, there are no rows, or they differ in length.
        TypeError: some rows are lists, and some are numbers.

    >>> take([[1.0, 2.0], [3.0, 4.0]], 1)
    [3.0, 4.0]
    """
    rows = _sequence(rows, "take")
    lists = [k for k, row in enumerate(rows) if hasattr(row, "__len__")]
    if lists and len(lists) < len(rows):
        number = next(k for k in range(len(rows)) if k not in lists)
        raise TypeError(
            f"take: row {lists[0]} is a list, but row {number} is {shorten(rows[number])}; "
            "give numbers only, or lists only"
        )
    for k in lists:
        if len(rows[k]) != len(rows[0]):
            raise ValueError(
                f"take: row 0 has length {len(rows[0])}, but row {k} has {len(rows[k])}; "
                "give rows of one length"
            )
    if not hasattr(index, "apply_gate") and not getattr(index, "ndim", 0):  # known: no gate
        place = as_number(index, "take's index")
        row = rows[numeric.class_index(place, len(rows), "take: an index")]
        return list(row) if lists else row
    if lists:
        return [primitives.take(index, *column) for column in zip(*rows, strict=True)]
    return primitives.take(index, *rows)
