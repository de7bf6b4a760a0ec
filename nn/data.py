"""Data as lists of floats, from whatever holds numbers in an order, every number checked."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence, Set
from typing import Any

from autograd import Value

__all__ = ["numbers", "paired_samples", "split"]

Samples = list[Any]


def paired_samples(X: Any, Y: Any, names: tuple[str, str] = ("X", "Y")) -> tuple[Samples, Samples]:
    """Give the samples and their targets as lists.

    Args:
        X: a row of inputs for each sample, or a single number for each.
        Y: a number or a list for each sample.
        names: what to call them in messages.

    Raises:
        ValueError: they are empty or not as many, or a number is NaN or infinite.
        TypeError: something in them is no number.

    >>> paired_samples([1, 2], [[3], [4]])
    ([[1.0], [2.0]], [3.0, 4.0])
    """
    xs, ys = numbers(X, names[0]), numbers(Y, names[1])
    for each, name in ((xs, names[0]), (ys, names[1])):
        if not isinstance(each, list) or not each:
            raise ValueError(f"{name} must hold at least one sample, got {each!r}")
    if len(xs) != len(ys):
        raise ValueError(f"{names[0]} has {len(xs)} samples but {names[1]} has {len(ys)}")
    xs = [x if isinstance(x, list) else [x] for x in xs]
    if all(isinstance(y, list) and len(y) == 1 and not isinstance(y[0], list) for y in ys):
        ys = [y[0] for y in ys]  # a column
    return xs, ys


def numbers(data: Any, name: str) -> Any:
    """Give nested lists of floats; ``name`` grows by indices for the messages.

    >>> numbers([1, [2.5, True], range(2)], "X")
    [1.0, [2.5, 1.0], [0.0, 1.0]]
    >>> numbers([[1.0], [float("nan")]], "X")
    Traceback (most recent call last):
    ValueError: X[1][0] is nan; take out or replace what is not finite
    """
    if hasattr(data, "to_numpy"):  # a table
        data = data.to_numpy()
    elif hasattr(data, "__array__") and not hasattr(data, "tolist"):
        data = data.__array__()
    if hasattr(data, "tolist"):  # an array, a tensor
        data = data.tolist()
    if isinstance(data, (list, tuple)):
        if set(map(type, data)) == {float} and all(map(math.isfinite, data)):
            return list(data)  # the usual row, without a look at each number's name
        return [numbers(each, f"{name}[{k}]") for k, each in enumerate(data)]
    if isinstance(data, Value):
        raise TypeError(f"{name} must be a number, got a Value: give its .data")
    if isinstance(data, (str, bytes)):
        raise TypeError(f"{name} must be a number, got {data!r}")
    if isinstance(data, (Mapping, Set)) and not isinstance(data, Sequence):
        raise TypeError(f"{name} must be a sequence, got {type(data).__name__}: give a list")
    if hasattr(data, "__float__"):
        return _finite(data, name)
    try:
        elements = list(data)
    except TypeError:
        raise TypeError(f"{name} must be a number, got {data!r}") from None
    return numbers(elements, name)


def _finite(data: Any, name: str) -> float:
    try:
        number = float(data)
    except OverflowError:
        raise ValueError(f"{name} is too large for a float; scale it down") from None
    if not math.isfinite(number):
        raise ValueError(f"{name} is {number}; take out or replace what is not finite")
    return number


def split(
    xs: Samples, ys: Samples, fraction: float, generator: random.Random
) -> tuple[Samples, Samples, Samples, Samples]:
    """Set a random part of the samples aside: give xs and ys of the rest, xs and ys of the part.

    Raises:
        ValueError: the fraction leaves no sample on one side.
    """
    n = round(len(xs) * fraction) if 0 < fraction < 1 else 0
    if not 0 < n < len(xs):
        raise ValueError(
            f"validation={fraction!r} of {len(xs)} samples leaves none on one side: give a "
            "fraction between 0 and 1 that leaves some on both, or a pair (X, Y)"
        )
    order = generator.sample(range(len(xs)), len(xs))
    part, rest = order[:n], order[n:]
    return (
        [xs[k] for k in rest],
        [ys[k] for k in rest],
        [xs[k] for k in part],
        [ys[k] for k in part],
    )
