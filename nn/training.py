"""fit: full, stochastic and mini-batch gradient descent, which differ in the batch size alone.

Every epoch shuffles the samples, cuts them into batches, and takes one step of the optimizer
for each (L21). With a validation set and patience, it stops when the validation loss stops
falling, and goes back to the weights that did best (L20).
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from numbers import Real
from time import perf_counter
from typing import Any

from autograd import no_grad, without_collector

from .choosing import ENGINES
from .data import paired_samples, split
from .engines import Engine, located
from .history import History
from .init import Seed, generator_of
from .losses import check_target, find_loss, threshold_of, zero_one
from .module import Module, mode
from .nested import values_in
from .optim import SGD, Optimizer
from .settings import number, shorten, whole

__all__ = ["fit"]

Metric = Callable[[Any, Any], float]


def fit(
    model: Module,
    loss: str | Callable[[Any, Any], Any],
    X: Any,
    Y: Any,
    *,
    optimizer: Optimizer | None = None,
    epochs: int = 100,
    batch_size: int | None = None,
    shuffle: bool = True,
    rng: Seed = 0,
    validation: float | tuple[Any, Any] | None = None,
    patience: int | None = None,
    l2: float = 0.0,
    clip: float | None = None,
    metrics: Sequence[str | Metric] | Mapping[str, Metric] = (),
    engine: str = "auto",
    progress: bool | None = None,
) -> History:
    """Train a model on samples, and give the history of it.

    Args:
        model: any ``Module`` that takes one sample; it is trained in place.
        loss: a loss of one sample ``loss(prediction, target)``, or its name (``nn.LOSSES``).
        X: the samples, n rows of inputs (or n numbers, for a single input).
        Y: the n targets: numbers, class indices, one-hot or other lists. X and Y may be lists,
            arrays, tensors, tables or anything else that holds numbers in an order.
        optimizer: by default ``SGD(model.parameters(), lr=0.1)``.
        epochs: how often to go through all samples, at most.
        batch_size: samples a step: None for all (full gradient descent), 1 for stochastic,
            anything between for mini-batch (L21).
        shuffle: whether to shuffle before every epoch.
        rng: a seed or a ``random.Random``, for shuffling and splitting.
        validation: a fraction of the samples to set aside, or a pair (X, Y).
        patience: stop after so many epochs without a lower validation loss, and restore the
            weights with the lowest.
        l2: λ of the penalty λ·‖w‖² on the weights: on every parameter but those called ``bias``.
        clip: the largest norm of the gradient; a larger one is scaled down.
        metrics: "accuracy", or functions ``metric(prediction, target)`` of one sample, on plain
            numbers; or a dictionary of them by name. A single output predicts the positive class
            above 0, or above 1/2 where the loss takes it for a probability or, as
            ``squared_error`` does, for the label 0 or 1 itself.
        engine: how batches are computed. "eager" builds the scalar graph of every sample;
            "compiled" turns model and loss into a NumPy program once (``autograd.compile``) and
            is refused where that can't be done, or where a forward pass changes something: draws
            a random number (but for ``Dropout``), counts, keeps what it computed; "auto" is
            compiled where it can, else eager, and ``History.engine`` says why. The losses are
            the same but for rounding; only where a branch of a ``where`` is not taken, its
            parameters get the gradient 0, not none, so that momentum moves them on.
        progress: whether to show a progress bar; None shows it on a terminal, if tqdm is
            installed and it takes more than a second.

    Ctrl-C ends the training and keeps the best weights so far.

    Raises:
        ValueError: NaN or inf in the data, in a loss or in the weights at the end (the message
            says where), an unknown name, data that don't fit together, or a setting out of range.
        TypeError: something else than a number in the data, or than an ``Optimizer``.

    >>> from nn import Neuron
    >>> line = Neuron(1, None, init="zeros")
    >>> history = fit(line, "squared_error", [1, 2, 3], [3, 5, 7], epochs=500)
    >>> round(line.weight[0].data, 3), round(line.bias.data, 3)
    (2.0, 1.0)
    """
    loss = find_loss(loss)
    build = _find_engine(engine)
    generator = generator_of(rng)
    optimizer = SGD(model.parameters(), lr=0.1) if optimizer is None else optimizer
    _check_optimizer(optimizer, model)
    xs, ys = paired_samples(X, Y)
    xs, ys, held_out = _validation(xs, ys, validation, generator)
    measures = _find_metrics(metrics, loss, ys)
    epochs = whole("fit", "epochs", epochs)
    size = len(xs) if batch_size is None else whole("fit", "batch_size", batch_size)
    patience = _checked_patience(patience, held_out is not None)
    l2 = number("fit", "l2", l2, "at least 0 and finite")
    clip = None if clip is None else number("fit", "clip", clip, "above 0")
    _check_targets(model, loss, xs[0], {"Y": ys, "validation Y": held_out[1] if held_out else []})

    wishes = {"predictions": bool(measures), "held_out": held_out}
    training = build(model, loss, xs, ys, l2, optimizer, **wishes)
    validating = training.on(*held_out) if held_out else None
    history = History(metrics={name: [] for name in measures}, engine=training.name)
    if validating:
        history.metrics.update({f"validation {name}": [] for name in measures})
    best = _Best(training, history)
    try:
        with _progress(epochs, progress) as report, mode(model, training=True):
            for epoch in range(1, epochs + 1):
                start = perf_counter()
                order = list(range(len(xs)))
                if shuffle:
                    generator.shuffle(order)
                batches = [order[k : k + size] for k in range(0, len(order), size)]
                # with a single batch the loss is known of the weights before the step
                weights = training.snapshot() if len(batches) == 1 and not validating else None
                model.train()
                with without_collector(), located(f"epoch {epoch}"):
                    mean, scores = _train(training, batches, optimizer, clip, ys, measures)
                validation_loss = None
                if validating and held_out:
                    model.eval()
                    with located(f"epoch {epoch}, validation"):
                        validation_loss, predictions = validating.evaluate()
                    scores |= _scores(measures, predictions, held_out[1], "validation ")
                history.append(mean, validation_loss, scores, perf_counter() - start)
                best.consider(epoch, weights)
                report(history)
                if patience is not None and epoch - history.best_epoch >= patience:
                    history.stopped = "early stopping"
                    break
    except KeyboardInterrupt:
        history.stopped = "interrupted"
    finally:
        training.finish(optimizer)
    if patience is not None or history.stopped == "interrupted":
        training.restore(best.weights)
    if history.stopped == "interrupted":
        model.zero_grad()
        optimizer.zero_grad()
    _check_finite(model, optimizer, len(history.loss))
    return history


def _train(
    engine: Engine,
    batches: Sequence[Sequence[int]],
    optimizer: Optimizer,
    clip: float | None,
    ys: Sequence[Any],
    measures: Mapping[str, Metric],
) -> tuple[float, dict[str, float]]:
    """One epoch: a step of the optimizer for every batch; give the mean loss and the scores."""
    total, predictions, targets = 0.0, [], []
    for batch in batches:
        mean, predicted = engine.gradients(batch)
        engine.step(optimizer, clip)
        total += mean * len(batch)
        predictions += predicted
        targets += [ys[k] for k in batch]
    return total / len(targets), _scores(measures, predictions, targets)


def _scores(
    measures: Mapping[str, Metric],
    predictions: Sequence[Any],
    targets: Sequence[Any],
    prefix: str = "",
) -> dict[str, float]:
    """The mean of each metric."""
    means = {}
    for name, measure in measures.items():
        scores = [float(measure(f, y)) for f, y in zip(predictions, targets, strict=True)]
        means[prefix + name] = math.fsum(scores) / len(scores)
    return means


class _Best:
    """The weights of the epoch with the lowest loss so far."""

    def __init__(self, engine: Engine, history: History) -> None:
        self.engine, self.history = engine, history
        self.loss, self.weights = math.inf, engine.snapshot()

    def consider(self, epoch: int, weights: Any) -> None:
        loss = (self.history.validation_loss or self.history.loss)[-1]
        if loss < self.loss:
            self.loss, self.history.best_epoch = loss, epoch
            self.weights = self.engine.snapshot() if weights is None else weights


# ---------------------------------------------------------------------- arguments


def _find_metrics(
    metrics: Sequence[str | Metric] | Mapping[str, Metric],
    loss: Callable[[Any, Any], Any],
    ys: Sequence[Any],
) -> dict[str, Metric]:
    threshold = threshold_of(loss, ys)

    def accuracy(f: Any, y: Any) -> float:
        return 1.0 - zero_one(f, y, threshold)

    if isinstance(metrics, Mapping):
        named: list[tuple[str, Any]] = list(metrics.items())
    else:
        alone = isinstance(metrics, str) or not isinstance(metrics, Iterable)
        given: Any = [metrics] if alone else metrics
        named = [(getattr(metric, "__name__", str(metric)), metric) for metric in given]
    found: dict[str, Metric] = {}
    for name, metric in named:
        if isinstance(metric, str) and metric == "accuracy":
            metric = accuracy
        if not callable(metric):
            raise ValueError(f"unknown metric {metric!r}: write 'accuracy' or a function")
        if {name, f"validation {name}", name.removeprefix("validation ")} & found.keys():
            raise ValueError(
                f"two metrics would be called {name!r}: give a dictionary of names, "
                'metrics={"one name": metric, "another": metric}'
            )
        found[name] = metric
    return found


def _find_engine(name: str) -> Callable[..., Engine]:
    if name not in ENGINES:
        raise ValueError(f"unknown engine {name!r}: there are {', '.join(ENGINES)}")
    return ENGINES[name]


def _validation(
    xs: list[Any], ys: list[Any], validation: Any, generator: random.Random
) -> tuple[list[Any], list[Any], tuple[list[Any], list[Any]] | None]:
    """The samples to train with, and those held out."""
    if validation is None:
        return xs, ys, None
    if isinstance(validation, Real):
        xs, ys, held_xs, held_ys = split(xs, ys, float(validation), generator)
        return xs, ys, (held_xs, held_ys)
    try:
        held_xs, held_ys = validation
    except (TypeError, ValueError):
        raise ValueError(
            f"fit: validation must be a fraction or a pair (X, Y), got {shorten(validation)}"
        ) from None
    return xs, ys, paired_samples(held_xs, held_ys, ("validation X", "validation Y"))


def _check_targets(
    model: Module, loss: Callable[[Any, Any], Any], x: Any, targets: Mapping[str, Sequence[Any]]
) -> None:
    """Find a wrong target before the first step; x is any sample."""
    with no_grad(), mode(model, training=False), located("sample 0"):
        prediction = model(x)
    n_outputs = len(prediction) if isinstance(prediction, (list, tuple)) else 1
    for name, ys in targets.items():
        for k, y in enumerate(ys):
            with located(f"{name}[{k}]"):
                check_target(loss, y, n_outputs)


def _check_optimizer(optimizer: Any, model: Module) -> None:
    if not isinstance(optimizer, Optimizer):
        raise TypeError(
            "fit: optimizer must be an Optimizer, such as nn.Adam(model.parameters()), got "
            f"{optimizer!r}"
        )
    if set(model.parameters()).isdisjoint(optimizer.parameters):
        raise ValueError(
            f"the optimizer holds no parameter of {model}, so nothing would be learned: build it "
            "with model.parameters(), after the model"
        )


def _checked_patience(patience: int | None, validated: bool) -> int | None:
    if patience is None:
        return None
    if not validated:
        raise ValueError("fit: patience needs validation, a fraction or a pair (X, Y)")
    return whole("fit", "patience", patience)


def _check_finite(model: Module, optimizer: Optimizer, epoch: int) -> None:
    """See that the last step was no leap to infinity: no loss is computed after it."""
    astray = {value for value in optimizer.parameters if not math.isfinite(value.data)}
    for name, parameter in model.named_parameters():
        if not astray.isdisjoint(values_in(parameter)):
            raise ValueError(
                f"epoch {epoch}: {name} is not finite after the last step; is the learning rate "
                "too large?"
            )


@contextmanager
def _progress(epochs: int, wanted: bool | None) -> Iterator[Callable[[History], None]]:
    """A tqdm bar over the epochs, or nothing."""
    terminal = sys.stderr is not None and sys.stderr.isatty()  # None without a console
    show = terminal if wanted is None else wanted
    tqdm: Any = None
    if show:
        try:
            tqdm = import_module("tqdm").tqdm
        except ImportError as error:
            if wanted:
                raise ImportError(
                    "fit(progress=True) needs tqdm: pip install 'gatewise[demos]'"
                ) from error
    if tqdm is None:
        yield lambda history: None
        return
    with tqdm(total=epochs, unit="epoch", delay=0 if wanted else 1, leave=bool(wanted)) as bar:

        def report(history: History) -> None:
            losses = {"loss": history.loss[-1]}
            if history.validation_loss:
                losses["validation"] = history.validation_loss[-1]
            bar.set_postfix(losses, refresh=False)
            bar.update()

        yield report
