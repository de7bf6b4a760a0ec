"""The eager engine: the graph of one sample after the other, forward and backward."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from autograd import Value, no_grad

from .data import Batch, Batches, Samples, rows
from .losses import l2_penalty
from .module import Module
from .nested import plain, values_in
from .optim import Optimizer, clip_grad_norm

__all__ = ["Batchwise", "Eager", "Step", "located", "loss_error", "penalised"]


class Step(NamedTuple):
    """What a batch has given before the step."""

    samples: int
    """How many."""

    loss: float
    """The mean, without the penalty."""

    predictions: Any
    targets: Any


class Batchwise:
    """What engines have in common that compute a batch at a time."""

    gradients: Callable[[Batch], tuple[float, Any]]
    step: Callable[[Optimizer, float | None], None]

    def epoch(
        self,
        data: Samples | Batches,
        size: int,
        generator: random.Random | None,
        optimizer: Optimizer,
        clip: float | None,
    ) -> Iterator[Step]:
        for batch in data.batches(size, generator):
            yield self.batch(batch, optimizer, clip)

    def batch(self, batch: Batch, optimizer: Optimizer, clip: float | None) -> Step:
        """The gradient of a batch, and a step."""
        loss, predictions = self.gradients(batch)
        self.step(optimizer, clip)
        return Step(len(batch.targets), loss, predictions, batch.targets)


class Eager(Batchwise):
    """One graph a sample; gradients accumulate in the leaves.

    Args:
        model: the network.
        loss: of one sample, ``loss(prediction, target)``.
        example: a batch of one sample, for its shapes and whether it has a weight.
        l2: λ of the penalty λ·‖w‖² on the weights; biases go free.
        optimizer: the one that will take the steps; it may hold more than the model's parameters.
        predictions: whether ``gradients`` must give the predictions.
        held_out: an example of what ``evaluate`` will be asked about.
    """

    name = "eager"

    def __init__(
        self,
        model: Module,
        loss: Callable[[Any, Any], Any],
        example: Batch,
        l2: float = 0.0,
        optimizer: Optimizer | None = None,
        *,
        predictions: bool = True,
        held_out: Batch | None = None,
    ) -> None:
        self.model, self.loss, self.l2 = model, loss, l2
        others = optimizer.parameters if optimizer else []  # such as a temperature in the loss
        self.parameters = list(dict.fromkeys([*model.parameters(), *others]))
        self.weights = penalised(model)

    def gradients(self, batch: Batch) -> tuple[float, list[Any]]:
        for parameter in self.parameters:
            parameter.grad = 0.0  # momentum moves on what has no part in this batch, on any engine
        total, predictions = 0.0, []
        for loss, prediction in self._samples(batch):
            if not isinstance(loss, Value):
                raise TypeError(f"the loss must give a Value, got {loss!r}")
            loss.backward(1.0 / len(batch.targets))
            total += loss.data
            predictions.append(plain(prediction))
        if self.l2:
            l2_penalty(self.weights, self.l2).backward()
        return total / len(predictions), predictions

    def step(self, optimizer: Optimizer, clip: float | None) -> None:
        if clip is not None:
            clip_grad_norm(optimizer.parameters, clip)
        optimizer.step()

    def evaluate(self, batch: Batch) -> tuple[float, list[Any]]:
        with no_grad():
            results = [(plain(loss), plain(f)) for loss, f in self._samples(batch)]
        return math.fsum(loss for loss, _ in results) / len(results), [f for _, f in results]

    def store(self, optimizer: Optimizer) -> None:
        pass

    def snapshot(self) -> list[float]:
        return [parameter.data for parameter in self.parameters]

    def restore(self, weights: list[float]) -> None:
        for parameter, number in zip(self.parameters, weights, strict=True):
            parameter.data = number

    def _samples(self, batch: Batch) -> Iterator[tuple[Any, Any]]:
        """Loss and prediction of each sample."""
        inputs = zip(*map(rows, batch.inputs), strict=True)
        weights = [1.0] * len(batch.targets) if batch.weights is None else rows(batch.weights)
        for k, x, y, weight in zip(batch.places, inputs, rows(batch.targets), weights, strict=True):
            with located(f"sample {k}"):
                prediction = self.model(*x)
                loss = self.loss(prediction, y)
                if not isinstance(plain(loss), (int, float)):
                    raise TypeError(f"the loss must give a Value, got {loss!r}")
                if not math.isfinite(plain(loss)):
                    raise loss_error(plain(loss), plain(prediction), y)
            yield (loss if batch.weights is None else loss * weight), prediction


def penalised(model: Module) -> list[Value]:
    """The weights that a penalty is on: all parameters but biases."""
    return [
        value
        for name, parameter in model.named_parameters()
        if name.split(".")[-1] != "bias"
        for value in values_in(parameter)
    ]


@contextmanager
def located(place: str) -> Iterator[None]:
    """Begin the message of an error in the numbers with the place where it came up."""
    try:
        yield
    except (ValueError, TypeError, ZeroDivisionError) as error:
        kinds = (ValueError, TypeError, ZeroDivisionError)
        kind = next(kind for kind in kinds if isinstance(error, kind))
        raise kind(f"{place}: {error}") from error


def loss_error(loss: float, prediction: Any, target: Any) -> ValueError:
    """The loss of a sample is not finite; the prediction is None where it is not known."""
    known = "" if prediction is None else f"the prediction {prediction} and "
    return ValueError(
        f"the loss is {loss} for {known}the target {target}; is the learning rate too large?"
    )
