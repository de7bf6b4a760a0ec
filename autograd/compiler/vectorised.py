"""Vectorised: the target that sends the whole batch through NumPy at once."""

from __future__ import annotations

from threading import Lock
from typing import Any

import numpy as np

from .anomaly import first_non_finite
from .build import Built, namespace_of
from .inputs import Inputs
from .parameters import Parameters
from .runtime import quietly
from .targets import Target

__all__ = ["Arrays"]


class Arrays(Target):
    """NumPy: the whole batch at once."""

    name = "numpy"

    def __init__(self, built: Built, inputs: Inputs, parameters: Parameters, single: bool) -> None:
        super().__init__(built.sources, inputs, parameters)
        self.explained = built.explained
        self.width = built.width
        self.single = single
        # with buffers, the gradient is one too
        self.gradient = parameters.theta.copy() if "buffered" in built.sources else None
        self.lock = Lock()  # its buffers serve one call at a time

    def make(self, name: str) -> Any:
        buffered = name == "value_and_grad" and self.gradient is not None
        source, constants = self.sources["buffered" if buffered else name]
        namespace = self.run_source(name, source, namespace_of(constants, self.inputs.dtype))
        if buffered:  # views of theta and g are made once
            return namespace["bind"](self.parameters.theta, self.gradient)
        return namespace[name]

    def batch_of(self, samples: list[list[list[float]]]) -> list[Any]:
        columns = self.inputs.columns(samples)
        return [np.array(column, dtype=self.inputs.dtype) for column in columns]

    def values(self, batch: list[Any], theta: Any) -> Any:
        """f of every sample: (B,), or (B, m) if f gives a list; numbers for a graph."""
        result = quietly(self.function("values"), theta, *batch)
        if not batch:
            return float(result) if self.single else result.copy()
        result = np.asarray(result, self.inputs.dtype)
        size = (len(batch[0]), *(() if self.single else (result.shape[-1],)))
        if result.shape != size:
            result = np.broadcast_to(result, size)
        return _owned(result, (theta, *batch))

    def value_and_grad(self, batch: list[Any], theta: Any) -> tuple[float, Any]:
        """The loss of the batch and its gradient."""
        function = self.function("value_and_grad")
        if self.gradient is None:
            gradient = np.empty_like(theta)
            return float(quietly(function, theta, *batch, gradient)), gradient
        own = self.parameters.theta  # a program with buffers reads no other
        with self.lock:
            if theta is own:
                return float(quietly(function, own, *batch, self.gradient)), self.gradient
            kept = own.copy()
            own[:] = theta
            try:
                return float(quietly(function, own, *batch, self.gradient)), self.gradient
            finally:
                own[:] = kept

    def blame(self, batch: list[Any], theta: Any) -> str:
        return first_non_finite(self.sources["value_and_grad"], theta, batch)

    def __getstate__(self) -> dict[str, Any]:
        return super().__getstate__() | {"lock": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, lock=Lock())


def _owned(result: Any, read: tuple[Any, ...]) -> Any:
    """An array of its own, if this one shares memory with an array that was read."""
    shared = not result.flags.writeable or any(np.may_share_memory(result, each) for each in read)
    return result.copy() if shared else result
