"""The target that runs a program in C; where a NaN comes from is found by the one in NumPy."""

from __future__ import annotations

import ctypes
from math import isfinite
from typing import Any

import numpy as np

from ..engine import clock
from .build import Built
from .inputs import Inputs
from .native import library
from .parameters import Parameters
from .vectorised import Arrays

__all__ = ["Native"]

_NUMBERS = {"float64": ctypes.c_double, "float32": ctypes.c_float}
_addressof: Any = ctypes.addressof
_view: Any = ctypes.c_char.from_buffer  # of an array that can be written to


class Native(Arrays):
    """C: samples side by side, and a program of its own for a single one.

    Any number of threads may be at work: each call has a gradient of its own to write to.
    """

    name = "c"

    def __init__(self, built: Built, inputs: Inputs, parameters: Parameters, single: bool) -> None:
        super().__init__(built, inputs, parameters, single)
        self.last: tuple[Any, int, Any] | None = None  # call: function, theta's address, shapes
        self.outputs = () if single else (built.outputs,)  # the shape of a sample's values

    @property
    def source(self) -> str:
        return self.sources["c"].text

    def make_all(self) -> None:
        """A library, for a batch or for a single sample, is made when the first of these comes."""

    def make(self, name: str) -> Any:
        """A function of the library; "values 1" is that for one sample."""
        name, _, lanes = name.partition(" ")
        function = library(self.source, int(lanes or 0))[name]
        pointers = [ctypes.c_void_p] * (1 + len(self.inputs.batched))
        size = [ctypes.c_size_t] * bool(self.inputs.batched)
        function.argtypes = [ctypes.c_void_p, *size, *pointers]
        function.restype = _NUMBERS[self.inputs.dtype] if name == "value_and_grad" else None
        return function

    def run(self, name: str, theta: Any, batch: Any, result: Any) -> Any:
        """Call a function, which writes into ``result``."""
        if not batch:
            return self.function(f"{name} 1")(_pointer(theta), _pointer(result))
        size = len(batch[0])
        function = self.function(f"{name} 1" if size == 1 else name)
        held = [each if each.flags.c_contiguous else each.copy() for each in batch]
        return function(_pointer(theta), size, *map(_pointer, held), _pointer(result))

    def values(self, batch: list[Any], theta: Any) -> Any:
        """f of every sample: (B,), or (B, m) if f gives a list; numbers for a graph."""
        shape = (len(batch[0]), *self.outputs) if batch else self.outputs
        result = np.empty(shape, self.inputs.dtype)
        self.run("values", theta, batch, result)
        return result if batch or not self.single else float(result)

    def value_and_grad(self, batch: list[Any], theta: Any) -> tuple[float, Any]:
        """The loss of the batch and its gradient."""
        gradient = np.empty_like(theta)
        loss = self.run("value_and_grad", theta, batch, gradient)
        own = theta is self.parameters.theta and not self.parameters.data
        if batch and own and self.inputs.plain:
            size = len(batch[0])
            function = self.function("value_and_grad 1" if size == 1 else "value_and_grad")
            shapes = [(size, *(argument.shape or ())) for argument in self.inputs.batched]
            self.last = function, _pointer(theta), shapes
        return loss, gradient

    def again(self, given: tuple[Any, ...]) -> tuple[float, Any] | None:
        """The same for arrays like the last call's; see ``Arrays.again``."""
        last, parameters, dtype = self.last, self.parameters, self.inputs.array_dtype
        if last is None or clock.last_edit > parameters.seen:
            return None
        function, theta, shapes = last
        if len(given) != len(shapes):
            return None
        pointers = []
        for each, shape in zip(given, shapes):  # noqa: B905 - strict costs a third of the time
            if type(each) is not np.ndarray or each.dtype is not dtype or each.shape != shape:
                return None
            try:
                pointers.append(_addressof(_view(each)))
            except (TypeError, ValueError):  # read only, or no rows one after the other
                return None
        gradient = np.empty(len(parameters.leaves), dtype)
        loss = function(theta, len(given[0]), *pointers, _addressof(_view(gradient)))
        return (loss, gradient) if isfinite(loss) else None

    def __getstate__(self) -> dict[str, Any]:
        return super().__getstate__() | {"last": None}


def _pointer(array: Any) -> int:
    address: int = array.ctypes.data
    return address
