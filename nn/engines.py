"""What a fit asks for: the loss of a batch, and its gradient in the parameters' ``.grad``.

An engine holds the model, the loss and the samples. The eager one builds the graph of one
sample after the other and lets the gradients accumulate in the leaves. Another engine may do
the same in another way: it needs the methods of ``Engine``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from autograd import Value, no_grad

from .losses import l2_penalty
from .module import Module
from .nested import plain, values_in
from .optim import Optimizer, clip_grad_norm

__all__ = ["Eager", "Engine", "located", "loss_error", "penalised"]

Predictions = list[Any]


class Engine(Protocol):
    """The seam between ``fit`` and the way a batch is computed.

    An engine is made with the arguments of ``Eager``, which also say what it will be asked for,
    so that it can refuse then.
    """

    name: str
    """How the batches are computed: "eager", with the reason if it is not by choice."""

    def gradients(self, batch: Sequence[int]) -> tuple[float, Predictions]:
        """Set every parameter's ``.grad`` to that of the batch's mean loss (plus penalty).

        Gives the mean loss without the penalty, and the predictions, plain numbers (or an empty
        list, where nobody wants them).
        """

    def step(self, optimizer: Optimizer, clip: float | None) -> None:
        """Let the optimizer take a step, its gradients clipped to this norm."""

    def finish(self, optimizer: Optimizer) -> None:
        """Bring the model's Values (and the optimizer's states) up to date: the fit is over."""

    def snapshot(self) -> Any:
        """A copy of the weights as they are now, for ``restore``."""

    def restore(self, weights: Any) -> None:
        """Put these weights into the model's Values."""

    def on(self, xs: Sequence[Any], ys: Sequence[Any]) -> Engine:
        """The same model, loss and weights on other samples."""

    def evaluate(self) -> tuple[float, Predictions]:
        """The mean loss over all samples and the predictions, without gradients."""


class Eager:
    """One graph a sample, forward and backward.

    Args:
        model: the network.
        loss: of one sample, ``loss(prediction, target)``.
        xs, ys: the samples and their targets.
        l2: λ of the penalty λ·‖w‖² on the weights; biases go free.
        optimizer: the one that will take the steps; it may hold more than the model's parameters.
        predictions: whether ``gradients`` must give the predictions.
        held_out: other samples and targets, which ``evaluate`` will be asked about.
        name: what to say about how the batches are computed.
    """

    def __init__(
        self,
        model: Module,
        loss: Callable[[Any, Any], Any],
        xs: Sequence[Any],
        ys: Sequence[Any],
        l2: float = 0.0,
        optimizer: Optimizer | None = None,
        *,
        predictions: bool = True,
        held_out: tuple[Sequence[Any], Sequence[Any]] | None = None,
        name: str = "eager",
    ) -> None:
        self.name = name
        self.model, self.loss, self.xs, self.ys, self.l2 = model, loss, xs, ys, l2
        others = optimizer.parameters if optimizer else []  # such as a temperature in the loss
        self.parameters = list(dict.fromkeys([*model.parameters(), *others]))
        self.weights = penalised(model)

    def gradients(self, batch: Sequence[int]) -> tuple[float, Predictions]:
        for parameter in self.parameters:
            parameter.grad = None
        total, predictions = 0.0, []
        for k in batch:
            loss, prediction = self._sample(k)
            if not isinstance(loss, Value):
                raise TypeError(f"the loss must give a Value, got {loss!r}")
            loss.backward(1.0 / len(batch))
            total += loss.data
            predictions.append(plain(prediction))
        if self.l2:
            l2_penalty(self.weights, self.l2).backward()
        return total / len(batch), predictions

    def step(self, optimizer: Optimizer, clip: float | None) -> None:
        if clip is not None:
            clip_grad_norm(optimizer.parameters, clip)
        optimizer.step()

    def finish(self, optimizer: Optimizer) -> None:
        pass

    def snapshot(self) -> list[float]:
        return [parameter.data for parameter in self.parameters]

    def restore(self, weights: list[float]) -> None:
        for parameter, number in zip(self.parameters, weights, strict=True):
            parameter.data = number

    def on(self, xs: Sequence[Any], ys: Sequence[Any]) -> Eager:
        return Eager(self.model, self.loss, xs, ys)

    def evaluate(self) -> tuple[float, Predictions]:
        with no_grad():
            results = [self._sample(k) for k in range(len(self.xs))]
        total = math.fsum(plain(loss) for loss, _ in results)
        return total / len(results), [plain(prediction) for _, prediction in results]

    def _sample(self, k: int) -> tuple[Any, Any]:
        with located(f"sample {k}"):
            prediction = self.model(self.xs[k])
            loss = self.loss(prediction, self.ys[k])
            if not isinstance(plain(loss), (int, float)):
                raise TypeError(f"the loss must give a Value, got {loss!r}")
            if not math.isfinite(plain(loss)):
                raise loss_error(plain(loss), plain(prediction), self.ys[k])
        return loss, prediction


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
