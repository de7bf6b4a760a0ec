"""Targets: the two ways a batch goes through a program, as arrays or along a straight line.

A target holds the sources of ``values`` and ``value_and_grad`` and makes functions of them when
they are first called; tracebacks show their lines.
"""

from __future__ import annotations

import builtins
import linecache
from itertools import count
from typing import TYPE_CHECKING, Any

from .anomaly import first_non_finite, first_non_finite_number, located
from .inputs import Inputs
from .parameters import Parameters, as_array, as_empty, as_list
from .straight import straight_line
from .trace import Trace

if TYPE_CHECKING:
    from .build import Built

__all__ = ["Arrays", "StraightLine", "Target"]

_numbers = count(1)


class Target:
    """What both have in common.

    Args:
        sources: each function's text and the constants it uses.
        inputs: the arguments.
        parameters: with theta.
    """

    name: str

    def __init__(
        self,
        sources: dict[str, tuple[str, dict[str, Any]]],
        inputs: Inputs,
        parameters: Parameters,
    ) -> None:
        self.sources = sources
        self.inputs = inputs
        self.parameters = parameters
        self.functions: dict[str, Any] = {}
        self.explained: list[tuple[str, str]] = []

    @property
    def source(self) -> str:
        return self.sources.get("value_and_grad", self.sources["values"])[0]

    def function(self, name: str) -> Any:
        function = self.functions.get(name)
        if function is None:
            function = self.functions[name] = self.make(name)
        return function

    def make(self, name: str) -> Any:
        source, constants = self.sources[name]
        return self.run_source(name, source, dict(constants))[name]

    def run_source(self, name: str, source: str, namespace: dict[str, Any]) -> dict[str, Any]:
        filename = f"<compiled {name} {next(_numbers)}>"
        exec(builtins.compile(source, filename, "exec"), namespace)
        linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
        return namespace

    def batch_of(self, samples: list[list[list[float]]]) -> list[Any]:
        """Samples as the arguments of one call."""
        return self.inputs.columns(samples)

    def values(self, batch: list[Any], theta: Any) -> Any:
        """f of every sample: (B,), or (B, m) if f gives a list; a number for a graph."""
        raise TypeError(f"{type(self).__name__} has no values")  # each target has its own

    def value_and_grad(self, batch: list[Any], theta: Any) -> tuple[float, Any]:
        """The loss of the batch, and its gradient."""
        raise TypeError(f"{type(self).__name__} has no gradient")

    def blame(self, batch: list[Any], theta: Any) -> str:
        """Where the first number that is not finite came up, if that can be told."""
        return ""

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"functions": {}}


class Arrays(Target):
    """NumPy: the whole batch at once."""

    name = "numpy"

    def __init__(self, built: Built, inputs: Inputs, parameters: Parameters, single: bool) -> None:
        super().__init__(built.sources, inputs, parameters)
        self.explained = built.explained
        self.single = single
        # with buffers, the gradient is one too
        self.gradient = parameters.theta.copy() if "buffered" in built.sources else None

    def make(self, name: str) -> Any:
        from .build import namespace_of

        buffered = name == "value_and_grad" and self.gradient is not None
        source, constants = self.sources["buffered" if buffered else name]
        namespace = self.run_source(name, source, namespace_of(constants, self.inputs.dtype))
        if buffered:  # views of theta and g are made once
            return namespace["bind"](self.parameters.theta, self.gradient)
        return namespace[name]

    def batch_of(self, samples: list[list[list[float]]]) -> list[Any]:
        import numpy

        columns = self.inputs.columns(samples)
        return [numpy.array(column, dtype=self.inputs.dtype) for column in columns]

    def values(self, batch: list[Any], theta: Any) -> Any:
        """f of every sample: (B,), or (B, m) if f gives a list; numbers for a graph."""
        import numpy

        with numpy.errstate(all="ignore"):
            result = self.function("values")(theta, *batch)
        if not batch:
            return float(result) if self.single else result
        result = numpy.asarray(result, self.inputs.dtype)
        size = (len(batch[0]), *(() if self.single else (result.shape[-1],)))
        return numpy.broadcast_to(result, size).copy() if result.shape != size else result

    def value_and_grad(self, batch: list[Any], theta: Any) -> tuple[float, Any]:
        """The loss of the batch and its gradient."""
        import numpy

        function = self.function("value_and_grad")
        if self.gradient is not None:
            return self.value_and_buffer(function, batch, theta), self.gradient
        gradient = numpy.empty_like(theta)
        with numpy.errstate(all="ignore"):
            return float(function(theta, *batch, gradient)), gradient

    def value_and_buffer(self, function: Any, batch: list[Any], theta: Any) -> float:
        """Run a program with buffers: it reads the program's own theta and no other."""
        import numpy

        own = self.parameters.theta
        kept = None
        if theta is not own:
            kept = own.copy()
            own[:] = theta
        try:
            with numpy.errstate(all="ignore"):
                return float(function(own, *batch, self.gradient))
        finally:
            if kept is not None:
                own[:] = kept

    def blame(self, batch: list[Any], theta: Any) -> str:
        return first_non_finite(self.sources["value_and_grad"], theta, batch)


class StraightLine(Target):
    """Plain Python: one sample after the other, a scalar node a line."""

    name = "python"

    def __init__(
        self, trace: Trace, inputs: Inputs, parameters: Parameters, reduction: str
    ) -> None:
        sources = {"values": straight_line(trace, parameters.leaves, gradient=False)}
        if trace.single:
            sources["value_and_grad"] = straight_line(trace, parameters.leaves)
        super().__init__(sources, inputs, parameters)
        self.reduction = reduction
        self.shape = () if trace.single else (len(trace.outputs),)  # of a sample's values

    def values(self, batch: list[Any], theta: Any) -> Any:
        """f of every sample: (B,), or (B, m) if f gives a list; numbers for a graph."""
        function, theta = self.function("values"), as_list(theta)
        with located():
            if not self.inputs.batched:
                return function(theta, [])
            values = as_array([function(theta, sample) for sample in self.inputs.samples(batch)])
        return values if len(values) else as_empty(values, (0, *self.shape))

    def value_and_grad(self, batch: list[Any], theta: Any) -> tuple[float, Any]:
        """The loss of the batch and its gradient."""
        function, theta = self.function("value_and_grad"), as_list(theta)
        if not self.inputs.batched:
            with located():
                result, slopes = function(theta, [])
            return result, as_array(slopes)
        total, slopes = 0.0, [0.0] * len(theta)
        samples = self.inputs.samples(batch)
        with located():
            for sample in samples:
                result, gradient = function(theta, sample)
                total += result
                slopes = [a + b for a, b in zip(slopes, gradient, strict=True)]
        if self.reduction == "mean":
            total, slopes = total / len(samples), [slope / len(samples) for slope in slopes]
        return total, as_array(slopes)

    def blame(self, batch: list[Any], theta: Any) -> str:
        names = [argument.name for argument in self.inputs.arguments]
        nothing: list[list[float]] = [[] for _ in names]
        for sample in self.inputs.samples(batch) if batch else [nothing]:
            source = self.sources["value_and_grad"]
            found = first_non_finite_number(source, as_list(theta), sample, names)
            if found:
                return found
        return ""
