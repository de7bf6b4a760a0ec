"""Vectorised: the target that sends the whole batch through NumPy at once."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any

import numpy as np

from ..engine import clock
from .anomaly import first_non_finite
from .build import Built, namespace_of
from .inputs import Inputs
from .names import input_names
from .parameters import Parameters
from .runtime import quietly, runner
from .targets import Target
from .workspace import GIVEN

__all__ = ["Arrays"]


SIZES = 4  # batch sizes whose workspaces are kept
LARGEST = 1 << 28  # bytes of a workspace that is kept


class Workspace:
    """What one call works in: theta and g, and a function that is bound to them and to buffers."""

    def __init__(self, function: Callable[..., Any], theta: Any, gradient: Any) -> None:
        self.function = function
        self.run = runner()
        self.theta = theta
        self.gradient = gradient


class Arrays(Target):
    """NumPy: the whole batch at once."""

    name = "numpy"

    def __init__(self, built: Built, inputs: Inputs, parameters: Parameters, single: bool) -> None:
        super().__init__(built.sources, inputs, parameters)
        self.explained = built.explained
        self.width = built.width
        self.single = single
        self.given = len(parameters.leaves) >= GIVEN  # whether a call brings its own gradient
        self.idle: dict[Any, list[Workspace]] = {}  # by batch size, and whose theta it is
        self.deep = any(len(argument.shape or ()) > 1 for argument in inputs.batched)
        self.usual: tuple[tuple[int, ...], ...] = ()  # the shapes of the last call's arrays

    def make_all(self) -> None:
        """The program as it is read runs only where the first NaN is looked for."""
        for name in ("values", "workspace"):
            if name in self.sources:
                self.function(name)

    def rest(self) -> None:
        self.idle.clear()

    def make(self, name: str) -> Any:
        source = self.sources[name]
        scope = namespace_of(source.names, self.inputs.dtype)
        return self.run_source(name, source.text, scope)["bind" if name == "workspace" else name]

    def workspace(self, batch: list[Any], own: bool) -> Workspace:
        """One that no other call is working in."""
        size = len(batch[0]) if batch else 1
        theta = self.parameters.theta if own else np.empty_like(self.parameters.theta)
        gradient = None if self.given else np.empty_like(theta)
        function, held = self.function("workspace")(theta, gradient, size)
        made = Workspace(function, theta, gradient)
        if held < LARGEST:
            while len(self.idle) >= SIZES:
                self.idle.pop(next(iter(self.idle)), None)
            self.idle.setdefault((size, own), [])
        return made

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
        own = theta is self.parameters.theta
        key = len(batch[0]) if batch else 1, own
        idle = self.idle.get(key)
        try:
            work = idle.pop() if idle else self.workspace(batch, own)
        except IndexError:  # another thread was quicker
            work = self.workspace(batch, own)
        if not own:
            work.theta[:] = theta
        if self.given:
            gradient = np.empty_like(work.theta)
            loss = float(work.run(work.function, *batch, gradient))
        else:
            loss = float(work.run(work.function, *batch))
            gradient = work.gradient.copy()
        if (idle := self.idle.get(key)) is not None:
            idle.append(work)
        if own and self.inputs.plain and not self.parameters.data:
            self.usual = tuple(
                [(key[0], *(argument.shape or ())) for argument in self.inputs.batched]
            )
        return loss, gradient

    def again(self, given: tuple[Any, ...]) -> tuple[float, Any] | None:
        """The same for arrays like the last call's, as a training loop hands them in.

        None if they are not, or if there is anything to say about them; ``value_and_grad`` of the
        program then asks all its questions.
        """
        parameters, usual, dtype = self.parameters, self.usual, self.inputs.array_dtype
        if clock.last_edit > parameters.seen or len(given) != len(usual) or not usual:
            return None
        for each, shape in zip(given, usual):  # noqa: B905 - strict costs a third of the time
            if type(each) is not np.ndarray or each.dtype is not dtype or each.shape != shape:
                return None
        try:
            idle = self.idle[usual[0][0], True]
            work = idle.pop()
        except (KeyError, IndexError):
            return None
        if self.deep:
            given = tuple(
                [each.reshape(len(each), -1) if each.ndim > 2 else each for each in given]
            )
        gradient = np.empty_like(work.theta) if self.given else work.gradient
        loss = work.run(work.function, *given, *([gradient] if self.given else ()))
        gradient = gradient if self.given else gradient.copy()
        idle.append(work)
        return (float(loss), gradient) if isfinite(loss) else None

    def blame(self, batch: list[Any], theta: Any, place: str) -> str:
        names = [argument.name for argument in self.inputs.batched]
        arguments = dict(zip(("theta", *input_names(names)), (theta, *batch), strict=True))
        source = self.sources["value_and_grad"]
        scope = namespace_of(source.names, self.inputs.dtype)
        return first_non_finite(source, scope, arguments, place)

    def __getstate__(self) -> dict[str, Any]:
        return super().__getstate__() | {"idle": {}, "usual": ()}


def _owned(result: Any, read: tuple[Any, ...]) -> Any:
    """An array of its own, if this one shares memory with an array that was read."""
    shared = not result.flags.writeable or any(np.may_share_memory(result, each) for each in read)
    return result.copy() if shared else result
