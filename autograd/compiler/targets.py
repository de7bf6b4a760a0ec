"""Targets: the ways a batch goes through a program; here the straight line, which needs no NumPy.

A target holds the sources of ``values`` and ``value_and_grad`` and makes functions of them when
they are first called; tracebacks show their lines. The other target is in vectorised.py.
"""

from __future__ import annotations

import builtins
import linecache
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from .anomaly import first_non_finite_number, located
from .inputs import Inputs
from .parameters import Parameters, as_array, as_empty, as_list
from .sources import Source
from .straight import bound, straight_line
from .trace import Trace

__all__ = ["StraightLine", "Target"]

_numbers = count(1)


class Target:
    """What both have in common.

    Args:
        sources: of each function.
        inputs: the arguments.
        parameters: with theta.
    """

    name: str

    def __init__(
        self,
        sources: dict[str, Source],
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
        return self.sources.get("value_and_grad", self.sources["values"]).text

    @property
    def pure(self) -> Callable[..., Any]:
        """The program as a function that changes nothing.

        Raises:
            ValueError: this target writes into its arguments.
        """
        raise ValueError('only JAX\'s programs are pure functions: compile with target="jax"')

    def again(self, given: tuple[Any, ...]) -> tuple[float, Any] | None:
        """``value_and_grad`` for arguments like the last call's, if there is a shorter way."""
        return None

    def function(self, name: str) -> Any:
        function = self.functions.get(name)
        if function is None:
            function = self.functions[name] = self.make(name)
        return function

    def make_all(self) -> None:
        """Make all functions now."""
        for name in self.sources:
            self.function(name)

    def rest(self) -> None:
        """Keep nothing of what was computed."""

    def make(self, name: str) -> Any:
        source = self.sources[name]
        return self.run_source(name, source.text, bound(source.names))[name]

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

    def blame(self, batch: list[Any], theta: Any, place: str) -> str:
        """Where one sample (of this place) or a graph becomes NaN or infinite."""
        return ""

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"functions": {}}


class StraightLine(Target):
    """Plain Python: one sample after the other, a scalar node a line."""

    name = "python"

    def __init__(
        self, trace: Trace, inputs: Inputs, parameters: Parameters, reduction: str
    ) -> None:
        sources = {"values": straight_line(trace, trace.order, gradient=False)}
        if trace.single:
            sources["value_and_grad"] = straight_line(trace, trace.order)
        super().__init__(sources, inputs, parameters)
        self.reduction = reduction
        self.shape = () if trace.single else (len(trace.outputs),)  # of a sample's values

    def values(self, batch: list[Any], theta: Any) -> Any:
        """f of every sample: (B,), or (B, m) if f gives a list; numbers for a graph."""
        function, theta = self.function("values"), as_list(theta)
        values = list(self.each(function, batch, theta))
        if not self.inputs.batched:
            return values[0]
        array = as_array(values)
        return array if len(values) else as_empty(array, (0, *self.shape))

    def value_and_grad(self, batch: list[Any], theta: Any) -> tuple[float, Any]:
        """The loss of the batch and its gradient."""
        function, theta = self.function("value_and_grad"), as_list(theta)
        total, slopes, size = 0.0, [0.0] * len(theta), 0
        for result, gradient in self.each(function, batch, theta):
            total, size = total + result, size + 1
            slopes = [a + b for a, b in zip(slopes, gradient, strict=True)]
        if self.reduction == "mean" and size > 1:
            total, slopes = total / size, [slope / size for slope in slopes]
        return total, as_array(slopes)

    def each(self, function: Any, batch: list[Any], theta: list[float]) -> Iterator[Any]:
        """What the function gives for one sample after the other."""
        samples = self.inputs.samples(batch) if self.inputs.batched else [[]]
        for k, sample in enumerate(samples):
            try:
                result = function(theta, sample)
            except (ValueError, ZeroDivisionError) as error:
                raise located(error, k if self.inputs.batched else None) from error
            yield result

    def blame(self, batch: list[Any], theta: Any, place: str) -> str:
        names = [argument.name for argument in self.inputs.arguments]
        (sample,) = self.inputs.samples(batch) if batch else [[[] for _ in names]]
        source = self.sources["value_and_grad"]
        parts = dict(zip(names, sample, strict=True))
        return first_non_finite_number(source, as_list(theta), parts, place)
