"""The compiled engine: model and loss become one NumPy program, a batch one call of it.

Losses and weights are those of the eager engine but for rounding, from the same update rules:
an optimizer's rule is elementwise, so it is applied to the parameter vector itself. The masks
of a Dropout come in as an argument, drawn for every sample as the eager engine draws them.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from autograd import TraceError, Value, compile, no_grad

from .effects import without_effects
from .engines import Predictions, located, loss_error, penalised
from .layers import Dropout
from .losses import LOSSES, l2_penalty, logarithmic, probability_cross_entropy, svm
from .module import Module, mode
from .nested import plain
from .optim import Optimizer

__all__ = ["CANNOT", "Compiled"]

CANNOT = (TraceError, TypeError, ValueError, ImportError)
"""What building the engine raises of itself where a model or a loss can't be compiled."""

ONE_HOT = {
    svm: svm,
    probability_cross_entropy: probability_cross_entropy,
    logarithmic: probability_cross_entropy,
}
"""Losses that pick one output by the class, which a program can't, and the same losses for
one-hot targets, where it is arithmetic."""

CHUNK = 16_384  # parameters that an optimizer updates at a time: what they need fits the cache


class Compiled:
    """The batches as array programs.

    Args:
        model, loss, xs, ys, l2, optimizer, predictions, held_out: as for ``Eager``.

    Raises:
        TraceError: the model or the loss looks at a number (see ``autograd.compile``).
        ValueError: the model or the loss gives another result every time, or changes something in
            a forward pass (see ``effects``), samples differ in shape, or the optimizer's rule
            does not work on arrays.
        TypeError: the predictions are wanted and are not a number or a flat list of them.
        ImportError: NumPy is not installed.
    """

    name = "compiled"

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
    ) -> None:
        try:
            import numpy
        except ImportError:
            raise ImportError(
                "the compiled engine needs NumPy: pip install 'gatewise[fast]'"
            ) from None
        if optimizer is not None:
            check_rule(optimizer, numpy)
        self.numpy, self.model, self.loss, self.l2 = numpy, model, loss, l2
        self.predictions = predictions
        with without_effects(model, loss):
            self._compile(xs, ys)
            if predictions:
                with mode(model, training=True):
                    self._program()
            if held_out is not None:
                with located("validation"), mode(model, training=False):
                    self.on(*held_out)._program()

    def _compile(self, xs: Sequence[Any], ys: Sequence[Any]) -> None:
        """Make the program of the loss, and all that the others need to know."""
        numpy, model, loss, l2 = self.numpy, self.model, self.loss, self.l2
        self.classes = 0  # how many, if the targets become one-hot
        if loss in ONE_HOT and not isinstance(ys[0], list):
            self.loss = ONE_HOT[loss]
            with no_grad(), mode(model, training=False):
                self.classes = len(model(xs[0]))
        self.x, self.y = self._array("X", xs), self._targets(ys)
        self.shapes = [self.x.shape[1:], self.y.shape[1:]]
        weights = penalised(model) if l2 else []

        def loss_with_penalty(x: Any, y: Any, mask: Any = ()) -> Any:
            value = self._sample(x, y, mask)[0]
            if not isinstance(value, Value):
                raise TypeError(f"the loss must give a Value, got {value!r}")
            return value + l2_penalty(weights, l2) if l2 else value

        with mode(model, training=True):
            self.dropouts = self._count_dropouts(xs[0])
            self.losses = compile(loss_with_penalty, shapes=self._shapes(), target="numpy")
            self._check_repeatable(l2_penalty(weights, l2) if l2 else 0.0)
        place = {parameter: k for k, parameter in enumerate(self.losses.parameters)}
        self.place = place  # of a parameter in theta
        self.penalised = numpy.array([place[w] for w in weights if w in place], dtype=int)
        self.gradient: Any = None
        self.trained: list[Any] | None = None  # chunks of theta that the optimizer updates
        self.states: list[dict[str, Any]] = []  # the optimizer's, as arrays, for each of them
        own = __name__.partition(".")[0]
        self.changes = (  # whether evaluation may be another computation than training
            bool(self.dropouts)
            or loss not in LOSSES.values()
            or any(type(each).__module__.partition(".")[0] != own for each in model.modules())
        )
        self.programs: dict[bool, tuple[Any, Any, Any, bool]] = {}  # of the predictions

    def on(self, xs: Sequence[Any], ys: Sequence[Any]) -> Compiled:
        """The same programs and weights on other samples."""
        other = copy.copy(self)
        other.x, other.y = self._array("X", xs), self._targets(ys)
        shapes = [other.x.shape[1:], other.y.shape[1:]]
        if shapes != self.shapes:
            raise ValueError(
                f"samples and targets have the shapes {shapes}, those of the training {self.shapes}"
            )
        return other

    def _targets(self, ys: Sequence[Any]) -> Any:
        y = self._array("Y", ys)
        return self.numpy.eye(self.classes)[y.astype(int)] if self.classes else y

    def _array(self, name: str, samples: Sequence[Any]) -> Any:
        try:
            return self.numpy.array(samples, dtype=float)
        except ValueError:
            raise ValueError(f"the samples of {name} differ in length") from None

    # ------------------------------------------------------------------ training

    def gradients(self, batch: Sequence[int]) -> tuple[float, Predictions]:
        arguments = [self.x[batch], self.y[batch], *self._masks(len(batch))]
        predictions = self._predict(*arguments)[1] if self.predictions else []
        try:
            mean, self.gradient = self.losses.value_and_grad(*arguments)
        except FloatingPointError as error:
            losses = self.losses(*arguments).tolist()
            if not predictions:
                with suppress(TypeError):  # there is no program of a dictionary
                    predictions = self._predict(*arguments)[1]
            self._check_finite(batch, losses, predictions or [None] * len(batch))
            raise ValueError(f"{error}; is the learning rate too large?") from error
        if self.l2:
            weights = self.losses.theta[self.penalised]
            mean -= self.l2 * float(weights @ weights)
        return mean, predictions

    def step(self, optimizer: Optimizer, clip: float | None) -> None:
        if self.trained is None:
            self._pack(optimizer)
        if clip is not None:
            self._clip(clip)
        theta, gradient = self.losses.theta, self.gradient
        with self.numpy.errstate(over="ignore", invalid="ignore"):  # inf, as with floats
            for chunk, state in zip(self.trained or (), self.states, strict=True):
                theta[chunk] = optimizer.update(theta[chunk], gradient[chunk], state)
        optimizer.steps += 1

    def _clip(self, clip: float) -> None:
        """Scale the gradient of what is trained down to this norm."""
        parts = [self.gradient[chunk] for chunk in self.trained or ()]
        largest = float(max((abs(part).max() for part in parts), default=0.0))
        scale = largest if 0 < largest < math.inf else 1.0  # with which squares don't overflow
        norm = scale * math.sqrt(sum(float(part @ part) for part in (p / scale for p in parts)))
        if not math.isfinite(norm):
            raise ValueError(f"the norm of the gradients is {norm}")
        if norm > clip:
            for chunk in self.trained or ():
                self.gradient[chunk] *= clip / norm

    def _pack(self, optimizer: Optimizer) -> None:
        """The states of an optimizer as arrays.

        It may have made steps before, and not with all parameters: those go together whose
        states have the same names.
        """
        states = {
            self.place[parameter]: state
            for parameter, state in zip(optimizer.parameters, optimizer.states, strict=True)
            if parameter in self.place
        }
        alike: dict[tuple[str, ...], list[int]] = {}
        for k in sorted(states):
            alike.setdefault(tuple(sorted(states[k])), []).append(k)
        self.trained, self.states = [], []
        for names, places in alike.items():
            for first in range(0, len(places), CHUNK):
                own = places[first : first + CHUNK]
                row = own[-1] - own[0] + 1 == len(own)  # a slice needs no copy
                self.trained.append(slice(own[0], own[-1] + 1) if row else self.numpy.array(own))
                self.states.append(
                    {name: self.numpy.array([states[k][name] for k in own]) for name in names}
                )

    def finish(self, optimizer: Optimizer) -> None:
        self.losses.store()
        parameters = self.losses.parameters
        if self.gradient is not None:
            for parameter in (*self.model.parameters(), *optimizer.parameters):
                parameter.grad = None  # also where the loss does not depend on it
            for parameter, slope in zip(parameters, self.gradient.tolist(), strict=True):
                parameter.grad = slope
        theirs = dict(zip(optimizer.parameters, optimizer.states, strict=True))
        for chunk, state in zip(self.trained or (), self.states, strict=True):
            places = self.numpy.arange(len(parameters))[chunk].tolist()
            for name, values in state.items():
                column = self.numpy.broadcast_to(values, len(places)).tolist()
                for k, number in zip(places, column, strict=True):
                    theirs[parameters[k]][name] = number

    def snapshot(self) -> Any:
        return self.losses.theta.copy()

    def restore(self, weights: Any) -> None:
        self.losses.theta = weights
        self.losses.store()

    # ------------------------------------------------------------------ predictions

    def evaluate(self) -> tuple[float, Predictions]:
        losses, predictions = self._predict(self.x, self.y, *self._masks(len(self.x)))
        self._check_finite(range(len(losses)), losses, predictions)
        return math.fsum(losses) / len(losses), predictions

    def _check_finite(
        self, batch: Sequence[int], losses: list[float], predictions: Predictions
    ) -> None:
        for k, number, prediction in zip(batch, losses, predictions, strict=True):
            if not math.isfinite(number):
                with located(f"sample {k}"):
                    raise loss_error(number, prediction, self.y[k].tolist())

    def _predict(self, *arguments: Any) -> tuple[list[float], Predictions]:
        """The loss without the penalty and the prediction of each sample."""
        program, own, places, several = self._program()
        theta = program.theta  # keeps the numbers of what the loss does not depend on
        theta[own] = self.losses.theta[places]
        table = program(*arguments, theta=theta)
        return table[:, 0].tolist(), (table[:, 1:] if several else table[:, 1]).tolist()

    def _program(self) -> tuple[Any, Any, Any, bool]:
        """The program of the predictions in the model's mode, made when it is first asked for."""
        training = self.model.training and self.changes
        if training not in self.programs:
            self.programs[training] = self._predictor()
        return self.programs[training]

    def _predictor(self) -> tuple[Any, Any, Any, bool]:
        """The program without gradients, and whether the model gives lists.

        Between them, where in its theta the parameters of the loss are, and where in the loss's.
        """
        several = False

        def loss_and_predictions(x: Any, y: Any, mask: Any = ()) -> list[Any]:
            nonlocal several
            loss, prediction = self._sample(x, y, mask)
            several = isinstance(prediction, (list, tuple))
            return [loss, *(prediction if several else [prediction])]

        program = compile(loss_and_predictions, shapes=self._shapes(), target="numpy")
        parameters = program.parameters
        own: Any = [k for k, parameter in enumerate(parameters) if parameter in self.place]
        places: Any = [self.place[parameters[k]] for k in own]
        if own == places == list(range(len(parameters))):
            own = places = slice(0, len(own))  # faster than an index
        return program, own, places, several

    def _sample(self, x: Any, y: Any, mask: Any) -> tuple[Any, Any]:
        """Loss and prediction of one sample, the Dropouts' masks taken from ``mask``."""
        numbers = iter(mask)
        with masking(self.model, lambda dropout, n: [next(numbers) for _ in range(n)]):
            prediction = self.model(x)
        return self.loss(prediction, y), prediction

    def _check_repeatable(self, penalty: Any) -> None:
        """See that the model gives once more what it gave when it was traced."""
        arguments = [self.x[:1], self.y[:1], *self._masks(1, drawn=False)]
        x, y, *mask = (argument[0].tolist() for argument in arguments)
        with no_grad():
            value = plain(self._sample(x, y, *(mask or [()]))[0] + penalty)
        compiled = self.losses(*arguments)[0]
        if not math.isclose(value, compiled, rel_tol=1e-9, abs_tol=1e-12) and value == value:
            raise ValueError(
                f"the loss of sample 0 is {value!r} where the program has {compiled!r}: the model "
                "or the loss computes something else each time (is a random number drawn in it?), "
                'which a program can\'t: use engine="eager"'
            )

    # ------------------------------------------------------------------ dropout

    def _count_dropouts(self, x: Any) -> list[tuple[Dropout, int]]:
        """Which Dropouts a sample passes, in their order, and with how many numbers."""
        passed: list[tuple[Dropout, int]] = []

        def note(dropout: Dropout, n: int) -> list[float]:
            passed.append((dropout, n))
            return [1.0] * n

        if any(isinstance(module, Dropout) for module in self.model.modules()):
            with no_grad(), masking(self.model, note):
                self.model(x)
        return passed

    def _shapes(self) -> list[Any]:
        if not (self.dropouts and self.model.training):
            return self.shapes
        return [*self.shapes, (sum(n for _, n in self.dropouts),)]

    def _masks(self, count: int, drawn: bool = True) -> list[Any]:
        """A row of masks for each sample, as an argument of the programs; none in evaluation."""
        if not (self.dropouts and self.model.training):
            return []
        rows = [
            [number for dropout, n in self.dropouts for number in dropout.mask(n)]
            if drawn
            else [1.0] * sum(n for _, n in self.dropouts)
            for _ in range(count)
        ]
        return [self.numpy.array(rows)]


def check_rule(optimizer: Optimizer, numpy: Any) -> None:
    """See that an optimizer does on arrays what it does on numbers.

    Raises:
        ValueError: it does not: someone has written it for numbers, or replaced ``step``.
    """
    name = type(optimizer).__name__
    if "step" in vars(optimizer) or type(optimizer).step is not Optimizer.step:
        raise ValueError(f"{name} has a step() of its own, which a program would not call")
    trial = copy.copy(optimizer)
    trial.lr = 0.1
    thetas, slopes = [0.5, -0.25, 1.0], [0.125, -2.0, 3.0]
    together: Any = numpy.array(thetas)
    state: dict[str, Any] = {}
    alone: list[tuple[float, dict[str, Any]]] = [(theta, {}) for theta in thetas]
    try:
        for _ in range(2):
            together = trial.update(together, numpy.array(slopes), state)
            alone = [
                (trial.update(theta, slope, own), own)
                for (theta, own), slope in zip(alone, slopes, strict=True)
            ]
        same = numpy.allclose(together, [theta for theta, _ in alone], rtol=1e-9, atol=0)
    except Exception as error:
        raise ValueError(f"{name}.update does not work on arrays: {error}") from error
    if not same:
        raise ValueError(f"{name}.update gives something else on arrays than on numbers")


@contextmanager
def masking(model: Module, mask: Callable[[Dropout, int], list[Any]]) -> Iterator[None]:
    """Let the Dropouts of a model take their masks from here."""
    dropouts = {module for module in model.modules() if isinstance(module, Dropout)}
    for dropout in dropouts:
        dropout.mask = lambda n, dropout=dropout: mask(dropout, n)  # type: ignore[method-assign, misc]
    try:
        yield
    finally:
        for dropout in dropouts:
            del dropout.mask
