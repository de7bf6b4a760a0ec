"""Inputs: the arguments of a program, and what a user hands in for them.

A call's arguments become a batch: for each argument but the numbers held fixed, an array with
a sample a row (without NumPy, the list itself).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from ..engine.conversion import as_number, shorten
from .trace import Argument, Trace

__all__ = ["Inputs", "at_hand", "flat_rows", "is_of_jax", "shapes_of"]


class Inputs:
    """What a program takes.

    Args:
        trace: the scalar graph, which knows the arguments.
        dtype: of the arrays.
        batch_size: the number of samples, if it is fixed.
        for_jax: whether arrays of JAX stay what they are, and where they are.
    """

    def __init__(
        self, trace: Trace, dtype: str, batch_size: int | None, for_jax: bool = False
    ) -> None:
        self.arguments = trace.arguments
        self.batched = [a for a in trace.arguments if a.shape is not None]
        self.chooses = bool(trace.guarded)  # whether there is a `where`
        self.dtype = dtype
        self.batch_size = batch_size
        self.for_jax = for_jax
        self.array_type, self.array_dtype = _array_type(dtype)
        batched = len(self.batched) == len(trace.arguments)
        self.plain = batched and not self.chooses  # an array of the right shape says it all

    def fits(self, given: Sequence[Any]) -> bool:
        """Whether these are arrays just as the program wants them: so it is in a training loop."""
        if not self.plain or len(given) != len(self.arguments):
            return False
        if any(len(argument.shape or ()) > 1 for argument in self.batched):
            return False
        size = self.batch_size
        for each, argument in zip(given, self.arguments, strict=True):
            if type(each) is not self.array_type or each.dtype != self.array_dtype:
                return False
            shape = each.shape
            if not shape or shape[1:] != argument.shape:
                return False
            if size is None:
                size = shape[0]
            elif size != shape[0]:
                return False
        return True

    def convert(self, given: Sequence[Any]) -> list[Any]:
        """The batch as arrays of the right shapes.

        Raises:
            TypeError: the wrong number of arguments, or no numbers.
            ValueError: wrong shapes, or another number than the one held fixed.
        """
        if self.fits(given):
            return list(given)
        if len(given) != len(self.arguments):
            raise TypeError(
                f"the program takes {len(self.arguments)} arguments "
                f"({', '.join(a.name for a in self.arguments)}), got {len(given)}"
            )
        batch = []
        size = self.batch_size
        for argument, each in zip(self.arguments, given, strict=True):
            if argument.shape is None:
                if shape_of(each) or not _same(each, argument.fixed):
                    raise ValueError(
                        f"{argument.name} was held fixed at {argument.fixed!r} when the program "
                        f"was made, and is {shorten(each)} now: compile again for another one"
                    )
                continue
            array = self.array(argument, each)
            if size is None:
                size = len(array)
            elif len(array) != size:
                raise ValueError(
                    f"{argument.name} has {len(array)} samples where "
                    + (f"batch_size={size}" if size == self.batch_size else f"others have {size}")
                )
            batch.append(array)
        return batch

    def array(self, argument: Argument, given: Any) -> Any:
        """One argument as an array (B, *shape) of floats; (B, n) for the emitted program."""
        assert argument.shape is not None
        try:
            import numpy
        except ImportError:
            check_samples(given, argument)
            return given
        if type(given) is not numpy.ndarray or given.dtype != self.dtype:
            if isinstance(given, numpy.ma.MaskedArray):
                raise TypeError(
                    f"{argument.name} is a masked array, whose mask a program would not see: take "
                    "those samples out, or hand the mask in as an argument of its own"
                )
            try:
                stays = self.for_jax and is_of_jax(given)
                array: Any = given if stays else numpy.asarray(given)
            except ValueError:  # NumPy's does not say which argument it is
                raise ValueError(f"{argument.name}: the samples differ in length") from None
            if array.dtype.kind not in "fiub":
                raise TypeError(
                    f"{argument.name} must hold real numbers, got an array of {array.dtype}"
                )
            given = array.astype(self.dtype)
        if self.chooses and (given != given).any():
            raise ValueError(
                f"{argument.name} holds NaN, and the function chooses by a condition (where): NaN "
                "is neither true nor false; take such samples out"
            )
        if given.ndim == 0 or given.shape[1:] != argument.shape:
            wanted = ", ".join(["B", *map(str, argument.shape)])
            raise ValueError(
                f"{argument.name} must have the shape ({wanted}{',' * (argument.shape == ())}), "
                f"a sample a row; got {given.shape}"
            )
        if len(argument.shape) > 1:
            given = given.reshape(len(given), argument.width)
        return given

    def samples(self, batch: list[Any]) -> list[list[list[float]]]:
        """For each sample the flat numbers of each argument (none for one held fixed)."""
        rows = [flat_rows(column, len(column)) for column in batch]
        samples = []
        for parts in zip(*rows, strict=True):
            each = iter(parts)
            samples.append([[] if a.shape is None else next(each) for a in self.arguments])
        return samples

    def columns(self, samples: list[list[list[float]]]) -> list[list[Any]]:
        """Samples as the batch of one call: the reverse of ``samples``."""
        return [
            [sample[k][0] if argument.shape == () else sample[k] for sample in samples]
            for k, argument in enumerate(self.arguments)
            if argument.shape is not None
        ]


def _array_type(dtype: str) -> tuple[Any, Any]:
    """What arrays are, and numbers in them; None without NumPy."""
    try:
        import numpy
    except ImportError:
        return None, None
    return numpy.ndarray, numpy.dtype(dtype)


def is_of_jax(given: Any) -> bool:
    """Whether this is an array of JAX; asking does not import it."""
    jax = sys.modules.get("jax")
    return jax is not None and isinstance(given, jax.Array)


def at_hand(batch: Sequence[Any]) -> bool:
    """Whether all of a batch can be read here: JAX may have left some on other machines."""
    return all(getattr(array, "is_fully_addressable", True) for array in batch)


def shapes_of(arguments: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """For each argument of a first call the shape of a sample, and the number to hold fixed."""
    shapes: list[Any] = []
    fixed: list[Any] = []
    for given in arguments:
        shape = shape_of(given)
        shapes.append(None if shape == () else shape[1:])
        fixed.append(given if shape == () else None)
        if shape == ():
            as_number(given, "a number held fixed")
    return shapes, fixed


def _same(a: Any, b: Any) -> bool:
    return bool(a == b or (a != a and b != b))  # NaN is the same as NaN


def shape_of(given: Any) -> tuple[int, ...]:
    sizes = []
    while isinstance(given, (list, tuple)):
        sizes.append(len(given))
        if not given:
            break
        given = given[0]
    return (*sizes, *getattr(given, "shape", ()))  # a list may hold arrays


def check_samples(given: Any, argument: Argument) -> None:
    for row in given:
        if shape_of(row) != argument.shape:
            raise ValueError(
                f"{argument.name}: a sample must have the shape {argument.shape}, "
                f"got {shape_of(row)}"
            )


def flat_rows(column: Any, limit: int) -> list[list[float]]:
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
