"""The compiled engine: model and loss become one NumPy program, a batch one call of it.

Losses and weights are those of the eager engine but for rounding, from the same update rules:
an optimizer's rule is elementwise, so it is applied to the parameter vector itself. The masks
of a Dropout come in as an argument, drawn for every sample as the eager engine draws them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from autograd import Value, compile, no_grad

from .data import Batch, numpy_or_none, rows
from .eager import Batchwise, located, loss_error, penalised
from .layers import Dropout
from .losses import l2_penalty
from .module import Module, mode
from .nested import shape, values_in
from .optim import Optimizer

__all__ = ["Compiled", "Outputs"]

LOSS, PREDICTION = 0, 1  # of what a sample gives
CHUNK = 16_384  # parameters that an optimizer updates at a time: what they need fits the cache


class Compiled(Batchwise):
    """The batches as array programs.

    Args:
        model, loss, example, l2, optimizer, predictions, held_out: as for ``Eager``.

    Raises:
        TraceError: the model or the loss looks at a number (see ``autograd.compile``).
        ValueError: the model gives another result every time, samples differ in length, or the
            optimizer has a ``step`` of its own.
        TypeError: the predictions are wanted and are no numbers in lists.
        ImportError: NumPy is not installed.
    """

    name = "compiled"
    target = "numpy"
    dtype = "float64"
    chunk = CHUNK

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
        self.numpy = numpy_or_none()
        if self.numpy is None:
            raise ImportError("the compiled engine needs NumPy: pip install 'gatewise[fast]'")
        if optimizer is not None:
            _check_rule(optimizer)
        self.model, self.loss, self.l2, self.predictions = model, loss, l2, predictions
        self.shapes = _shapes(example)
        self.weighted = example.weights is not None
        weights = penalised(model) if l2 else []

        def objective(*arguments: Any) -> Any:
            weight, sample = self._weight(arguments)
            value = self._sample(*sample)[0]
            if not isinstance(value, Value):
                raise TypeError(f"the loss must give a Value, got {value!r}")
            value = value if weight is None else weight * value
            return value + l2_penalty(weights, l2) if l2 else value

        self.masked = [each for each in model.modules() if isinstance(each, Dropout)]
        with mode(model, training=True):
            self.dropouts = self._passed_dropouts(example)
            shapes = [()] * self.weighted + self._shapes()
            self.losses = compile(objective, shapes=shapes, target=self.target, dtype=self.dtype)
        self.place = {parameter: k for k, parameter in enumerate(self.losses.parameters)}
        self.penalised = self.numpy.array(
            [self.place[w] for w in weights if w in self.place], dtype=int
        )
        self.gradient: Any = None
        self.trained: list[Any] | None = None  # chunks of theta that the optimizer updates
        self.states: list[dict[str, Any]] = []  # the optimizer's, as arrays, for each of them
        self.programs: dict[tuple[int, bool], tuple[Outputs, Any, Any]] = {}
        if predictions:
            with mode(model, training=True):
                self._program(PREDICTION)
        if held_out is not None:
            with located("validation"), mode(model, training=False):
                if _shapes(held_out) != self.shapes:
                    raise ValueError(
                        f"samples and targets have the shapes {_shapes(held_out)}, those of the "
                        f"training {self.shapes}"
                    )
                self._program(LOSS)

    # ------------------------------------------------------------------ training

    def gradients(self, batch: Batch) -> tuple[float, Any]:
        sample = self._arguments(batch)
        arguments = [batch.weights, *sample] if self.weighted else sample
        predictions = self._outputs(PREDICTION, sample) if self.predictions else []
        try:
            mean, self.gradient = self.losses.value_and_grad(*arguments)
        except FloatingPointError as error:
            self._check_finite(batch, self.losses(*arguments), sample)
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
            for first in range(0, len(places), self.chunk):
                own = places[first : first + self.chunk]
                row = own[-1] - own[0] + 1 == len(own)  # a slice needs no copy
                self.trained.append(slice(own[0], own[-1] + 1) if row else self.numpy.array(own))
                self.states.append(
                    {name: self.numpy.array([states[k][name] for k in own]) for name in names}
                )

    def store(self, optimizer: Optimizer) -> None:
        self.losses.store()
        parameters = self.losses.parameters
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

    def evaluate(self, batch: Batch) -> tuple[float, Any]:
        sample = self._arguments(batch)
        losses = self._outputs(LOSS, sample)
        predictions = self._outputs(PREDICTION, sample) if self.predictions else []
        self._check_finite(batch, losses, sample)
        return math.fsum(losses) / len(losses), predictions

    def _check_finite(self, batch: Batch, losses: Any, sample: list[Any]) -> None:
        astray = self.numpy.flatnonzero(~self.numpy.isfinite(losses))
        if len(astray):
            k, prediction = int(astray[0]), None
            with suppress(TypeError):  # there is no program of a dictionary
                prediction = rows(self._outputs(PREDICTION, sample)[k])
            with located(f"sample {batch.places[k]}"):
                raise loss_error(float(losses[k]), prediction, rows(batch.targets[k]))

    def _outputs(self, what: int, sample: list[Any]) -> Any:
        """The loss without the penalty, or the prediction, of each sample, in the model's mode."""
        program, own, places = self._program(what)
        if own is None:
            return program(*sample, theta=self.losses.theta[places])
        theta = program.theta  # keeps the numbers of what the loss does not depend on
        theta[own] = self.losses.theta[places]
        return program(*sample, theta=theta)

    def _program(self, what: int) -> tuple[Outputs, Any, Any]:
        """The program of it, and where in its theta (None: everywhere) and in ours they are."""
        key = what, self.model.training
        if key not in self.programs:
            made = Outputs(lambda *sample: self._sample(*sample)[what], self._shapes(), self.target)
            parameters = made.program.parameters
            own: Any = [k for k, parameter in enumerate(parameters) if parameter in self.place]
            places: Any = [self.place[parameters[k]] for k in own]
            if own == places == list(range(len(parameters))):
                own, places = None, slice(0, len(own))  # they begin alike: no copy is needed
            self.programs[key] = made, own, places
        return self.programs[key]

    # ------------------------------------------------------------------ a sample

    def _weight(self, arguments: Sequence[Any]) -> tuple[Any, Sequence[Any]]:
        """The weight, if there is one, and the other arguments."""
        return (arguments[0], arguments[1:]) if self.weighted else (None, arguments)

    def _sample(self, *arguments: Any) -> tuple[Any, Any]:
        """Loss and prediction of one sample: of its inputs, its target, the Dropouts' mask."""
        count = len(self.shapes) - 1
        numbers = iter(arguments[-1] if len(arguments) > count + 1 else ())
        with _masking(self.masked, lambda dropout, n: [next(numbers) for _ in range(n)]):
            prediction = self.model(*arguments[:count])
        return self.loss(prediction, arguments[count]), prediction

    def _shapes(self) -> list[Any]:
        """Those of the arguments of ``_sample``, in the model's mode."""
        if not (self.dropouts and self.model.training):
            return list(self.shapes)
        return [*self.shapes, (sum(n for _, n in self.dropouts),)]

    def _arguments(self, batch: Batch) -> list[Any]:
        """A batch as arguments of the programs, a row of masks for each sample."""
        arguments = [*batch.inputs, batch.targets]
        if not (self.dropouts and self.model.training):
            return arguments
        masks = [
            [number for dropout, n in self.dropouts for number in dropout.mask(n)]
            for _ in batch.places
        ]
        return [*arguments, self.numpy.array(masks)]

    def _passed_dropouts(self, example: Batch) -> list[tuple[Dropout, int]]:
        """Which Dropouts a sample passes, in their order, and with how many numbers."""
        passed: list[tuple[Dropout, int]] = []

        def note(dropout: Dropout, n: int) -> list[float]:
            passed.append((dropout, n))
            return [1.0] * n

        if self.masked:
            with no_grad(), _masking(self.masked, note):
                self.model(*(rows(column)[0] for column in example.inputs))
        return passed


class Outputs:
    """A program of what a function gives for each sample, a number or nested lists of them.

    Args:
        function: of one sample.
        shapes: of its arguments.
        target: as of ``autograd.compile``.
    """

    def __init__(self, function: Callable[..., Any], shapes: Sequence[Any], target: str) -> None:
        self.shape: tuple[Any, ...] = ()

        def flat(*arguments: Any) -> list[Any]:
            outputs = function(*arguments)
            self.shape = shape(outputs)
            return values_in(outputs)

        self.program = compile(flat, shapes=shapes, target=target)
        if "ragged" in self.shape:
            raise TypeError(f"what is predicted is a list of the ragged shape {self.shape}")

    @property
    def theta(self) -> Any:
        """The program's parameters."""
        return self.program.theta

    def __call__(self, *arguments: Any, theta: Any = None) -> Any:
        table = self.program(*arguments, theta=theta)
        return table.reshape(len(table), *self.shape)


def _shapes(example: Batch) -> list[Any]:
    """Of a sample's inputs and of its target."""
    columns = (*example.inputs, example.targets)
    if any(isinstance(column, list) for column in columns):
        raise ValueError('the samples differ in length, which a program can\'t: engine="eager"')
    return [column.shape[1:] for column in columns]


def _check_rule(optimizer: Optimizer) -> None:
    """See that the optimizer's rule is in ``update``, which is given arrays."""
    if "step" in vars(optimizer) or type(optimizer).step is not Optimizer.step:
        raise ValueError(
            f"{type(optimizer).__name__} has a step() of its own, which a program would not call; "
            "write its rule as update(theta, gradient, state), elementwise"
        )


@contextmanager
def _masking(
    dropouts: Sequence[Dropout], mask: Callable[[Dropout, int], list[Any]]
) -> Iterator[None]:
    """Let these Dropouts take their masks from here."""
    for dropout in dropouts:
        dropout.mask = lambda n, dropout=dropout: mask(dropout, n)  # type: ignore[method-assign, misc]
    try:
        yield
    finally:
        for dropout in dropouts:
            del dropout.mask
