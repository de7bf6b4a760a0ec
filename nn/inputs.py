"""Inputs: what a layer takes, and what it says of anything else."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from autograd import Value

from .nested import shape
from .settings import shorten

__all__ = ["as_inputs", "as_lists", "as_sample", "each_row"]


def as_inputs(layer: Any, x: Any, n_inputs: int | None = None) -> Any:
    """Give x, if it is one sample of n_inputs numbers (None: of any number), for this layer.

    A single Value, as a network ending in one neuron gives it, is a list of one.

    Raises:
        ValueError: it has another length, or is a batch of samples.
        TypeError: it is no list.
    """
    if isinstance(x, Value) and n_inputs in (1, None):
        return [x]
    got = getattr(x, "shape", None)
    inputs = "inputs" if n_inputs is None else f"{n_inputs} inputs"
    if got is not None and len(got) > 1:
        raise ValueError(
            f"{layer} takes one sample of {inputs}, got an array of shape "
            f"{tuple(got)}: write [model(x) for x in X]"
        )
    if not hasattr(x, "__len__") or isinstance(x, (str, bytes, dict)) or got == ():
        raise TypeError(f"{layer} takes a list of {inputs}, got {shorten(x)}: write [x]")
    if n_inputs is not None and len(x) != n_inputs:
        raise ValueError(f"{layer} takes {n_inputs} inputs, got {len(x)}")
    return x


def as_sample(layer: Any, x: Any, *axes: int | str) -> Any:
    """Give x as nested lists, if it is one sample of this shape, for this layer.

    Args:
        layer: who asks.
        x: nested lists, or an array.
        axes: for each axis its length, or its name if any length will do.

    Raises:
        ValueError: it has another shape, or is a batch of samples.
        TypeError: it is no list.

    >>> as_sample("Conv1d", [[1.0, 2.0], [3.0, 4.0]], 3, "length")
    Traceback (most recent call last):
    ValueError: Conv1d takes one sample of shape (3, length), got (2, 2)
    """
    x = as_lists(x)
    expected = f"{layer} takes one sample of shape ({', '.join(map(str, axes))})"
    got = shape(x)
    if not got:
        raise TypeError(f"{expected}, got {shorten(x)}")
    fits = len(got) == len(axes) and 0 not in got and "ragged" not in got
    if not fits or any(n != m for n, m in zip(axes, got, strict=True) if isinstance(n, int)):
        hint = ""
        if len(got) == len(axes) + 1:
            hint = ": write [model(x) for x in X]"
        elif len(got) == len(axes) - 1 and axes[0] == 1:
            hint = ": write [x]"
        raise ValueError(f"{expected}, got ({', '.join(map(str, got))}){hint}")
    return x


def as_lists(x: Any) -> Any:
    """Give an array as nested lists, and anything else as it is."""
    return x.tolist() if hasattr(x, "tolist") else x


def each_row(forward: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Let a forward pass that takes a list take nested lists: it is applied to each row.

    So a layer looks along the last axis, as PyTorch's do: at each step of a sequence, each row of
    each channel.
    """

    @wraps(forward)
    def apply(self: Any, x: Any) -> Any:
        x = as_lists(x) if getattr(x, "ndim", 1) > 1 else x
        if isinstance(x, (list, tuple)) and x and isinstance(x[0], (list, tuple)):
            return [apply(self, row) for row in x]
        return forward(self, x)

    return apply
