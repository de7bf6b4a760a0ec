"""Options: how ``compile`` is to compile, checked before anything is traced."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..engine.conversion import shorten
from ..engine.value import Value

__all__ = ["Options", "sample_shapes"]


TARGETS = ("numpy", "python", "c", "jax")


class Options:
    """The options of ``compile``, which documents them.

    Raises:
        ValueError, TypeError: there is no such option; says which there are.
    """

    def __init__(
        self,
        parameters: Sequence[Value] | None,
        reduction: str,
        dtype: Any,
        target: str | None,
        batch_size: int | None,
    ) -> None:
        if reduction not in ("mean", "sum"):
            raise ValueError(f'reduction must be "mean" or "sum", got {reduction!r}')
        if target not in (None, *TARGETS):
            known = ", ".join(f'"{each}"' for each in TARGETS[:-1])
            raise ValueError(f'target must be {known} or "{TARGETS[-1]}", got {target!r}')
        dtype = getattr(dtype, "__name__", None) or str(dtype)
        dtype = {"float": "float64", "f8": "float64", "f4": "float32"}.get(dtype, dtype)
        if dtype not in ("float64", "float32"):
            raise ValueError(f'dtype must be "float64" or "float32", got {dtype!r}')
        if dtype == "float32":
            if target == "python":
                raise ValueError('the numbers of target="python" are float64: use target="numpy"')
            target = target or "numpy"
        if batch_size is not None and not _is_count(batch_size, 1):
            raise ValueError(f"batch_size must be a number of samples, got {batch_size!r}")
        if isinstance(parameters, Value) or not isinstance(parameters, Iterable | None):
            raise TypeError(f"parameters= takes a list of leaves, got {shorten(parameters)}")
        parameters = None if parameters is None else list(parameters)
        for each in parameters or ():
            if not isinstance(each, Value) or each.kind not in ("leaf", "unrecorded"):
                raise TypeError(f"parameters must be leaves, got {shorten(each)}")
        self.parameters = None if parameters is None else dict.fromkeys(parameters)
        self.reduction = reduction
        self.dtype: str = dtype
        self.target = target
        self.batch_size = None if batch_size is None else int(batch_size)


def sample_shapes(shapes: Sequence[Any]) -> list[tuple[int, ...]]:
    """What ``shapes=`` says of each argument; a length may stand for its shape."""
    if isinstance(shapes, str) or not isinstance(shapes, Sequence):
        raise TypeError(f"shapes= takes a list, a shape for each argument, got {shorten(shapes)}")
    if any(shape is None for shape in shapes):
        raise ValueError(
            "compile: a number held fixed is known at the first call only; leave out "
            "shapes=, or bind the number with functools.partial"
        )
    found = [tuple(shape) if isinstance(shape, Sequence) else (shape,) for shape in shapes]
    for shape, given in zip(found, shapes, strict=True):
        if not all(_is_count(length, 0) for length in shape):
            raise TypeError(
                "shapes= takes for each argument () for a scalar, (n,) for a list of n, (m, n) "
                f"for m lists of n, got {shorten(given)}"
            )
    return [tuple(map(int, shape)) for shape in found]


def _is_count(thing: Any, least: int) -> bool:
    return hasattr(thing, "__index__") and not isinstance(thing, bool) and thing >= least
