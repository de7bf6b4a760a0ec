"""The compiled engine: model and loss become one NumPy program, a batch one call of it.

Losses and weights are those of the eager engine but for rounding, from the same update rules:
an optimizer's rule is elementwise, so it is applied to the whole parameter vector at once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from autograd import TraceError, Value, compile

from .engines import Predictions, penalised
from .layers import Dropout
from .losses import l2_penalty
from .module import Module
from .optim import Optimizer

__all__ = ["CANNOT", "Compiled"]

CANNOT = (TraceError, TypeError, ValueError, ImportError)
"""What building the engine raises where a model or a loss can't be compiled."""


class Compiled:
    """The batches as array programs; arguments as for ``Eager``.

    Raises:
        TraceError: the model or the loss looks at a number (see ``autograd.compile``).
        ValueError: a Dropout draws a new mask for each sample, or samples differ in length.
        ImportError: NumPy is not installed.
    """

    wants_predictions = True

    def __init__(
        self,
        model: Module,
        loss: Callable[[Any, Any], Any],
        xs: Sequence[Any],
        ys: Sequence[Any],
        l2: float = 0.0,
    ) -> None:
        try:
            import numpy
        except ImportError:
            raise ImportError(
                "the compiled engine needs NumPy: pip install 'gatewise[fast]'"
            ) from None
        if any(isinstance(module, Dropout) and module.p for module in model.modules()):
            raise ValueError(
                'Dropout draws a mask for each sample, which a program can\'t: use engine="eager"'
            )
        self.numpy, self.l2 = numpy, l2
        self.x, self.y = numpy.array(xs, dtype=float), numpy.array(ys, dtype=float)
        weights = penalised(model)

        def loss_with_penalty(x: Any, y: Any) -> Any:
            value = loss(model(x), y)
            return value + l2_penalty(weights, l2) if l2 else value

        def loss_and_predictions(x: Any, y: Any) -> list[Any]:
            prediction = model(x)
            self.lists = isinstance(prediction, (list, tuple))
            return [loss(prediction, y), *(prediction if self.lists else [prediction])]

        self.shapes = [self.x.shape[1:], self.y.shape[1:]]
        self.losses = compile(loss_with_penalty, shapes=self.shapes, target="numpy")
        self.loss_and_predictions = loss_and_predictions
        place = {parameter: k for k, parameter in enumerate(self.losses.parameters)}
        self.penalised = numpy.array([place[w] for w in weights if w in place], dtype=int)
        self.gradient: Any = None
        self.state: dict[str, Any] | None = None  # the optimizer's, as arrays
        self.trained: Any = None  # which elements of theta it may update

    def gradients(self, batch: Sequence[int]) -> tuple[float, Predictions]:
        x, y = self.x[batch], self.y[batch]
        predictions = self._predict(x, y)[1] if self.wants_predictions else []
        try:
            mean, self.gradient = self.losses.value_and_grad(x, y)
        except FloatingPointError as error:
            raise ValueError(f"{error}; is the learning rate too large?") from error
        if self.l2:
            weights = self.losses.theta[self.penalised]
            mean -= self.l2 * float(weights @ weights)
        return mean, predictions

    def step(self, optimizer: Optimizer, clip: float | None) -> None:
        if self.state is None:
            self.state = self._pack(optimizer)
        gradient = self.gradient[self.trained]
        if clip is not None:
            norm = float(self.numpy.linalg.norm(gradient))
            if not math.isfinite(norm):
                raise ValueError(f"the norm of the gradients is {norm}")
            if norm > clip:
                gradient = gradient * (clip / norm)
        theta = self.losses.theta
        theta[self.trained] = optimizer.update(theta[self.trained], gradient, self.state)
        optimizer.steps += 1

    def finish(self, optimizer: Optimizer) -> None:
        self.losses.store()
        parameters = self.losses.parameters
        for parameter, slope in zip(parameters, self.gradient.tolist(), strict=True):
            parameter.grad = slope
        columns = {
            name: self.numpy.broadcast_to(values, len(self.own)).tolist()
            for name, values in (self.state or {}).items()
        }
        for name, column in columns.items():
            for k, number in zip(self.own, column, strict=True):
                optimizer.states[k][name] = number

    def evaluate(self) -> tuple[float, Predictions]:
        self.losses.load()
        losses, predictions = self._predict(self.x, self.y)
        return math.fsum(losses) / len(losses), predictions

    def _predict(self, x: Any, y: Any) -> tuple[list[float], Predictions]:
        """The loss without the penalty and the prediction of each sample."""
        program, places = self._predictions
        table = program(x, y, theta=self.losses.theta[places])
        predictions = table[:, 1:].tolist() if self.lists else table[:, 1].tolist()
        return table[:, 0].tolist(), predictions

    @cached_property
    def _predictions(self) -> tuple[Any, Any]:
        """The program without gradients, made when first wanted, and its part of theta."""
        program = compile(self.loss_and_predictions, shapes=self.shapes, target="numpy")
        place = {parameter: k for k, parameter in enumerate(self.losses.parameters)}
        return program, self.numpy.array([place[p] for p in program.parameters], dtype=int)

    def _pack(self, optimizer: Optimizer) -> dict[str, Any]:
        """The states of an optimizer (which may have made steps before) as arrays."""
        numpy = self.numpy
        place: dict[Value, int] = {p: k for k, p in enumerate(self.losses.parameters)}
        self.own = [k for k, p in enumerate(optimizer.parameters) if p in place]
        everything = [place[optimizer.parameters[k]] for k in self.own]
        self.trained = numpy.array(everything, dtype=int)
        if everything == list(range(len(place))):
            self.trained = slice(None)
        names = {name for k in self.own for name in optimizer.states[k]}
        return {
            name: numpy.array([optimizer.states[k][name] for k in self.own], dtype=float)
            for name in names
        }
