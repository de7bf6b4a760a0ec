"""fit: full, stochastic and mini-batch gradient descent, which differ in the batch size alone.

Every epoch shuffles the samples, cuts them into batches, and takes one step of the optimizer
for each. With a validation set and patience, it stops when the validation loss stops
falling, and goes back to the weights that did best.
"""

from __future__ import annotations

import math
import random
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from itertools import pairwise
from numbers import Real
from time import perf_counter
from typing import Any

from autograd import no_grad, without_collector

from .data import Batch, Batches, Samples, joined, rows
from .eager import Step, located
from .engines import ENGINES, Engine, find_engine, not_ours, unsuited
from .history import Epoch, History
from .init import Seed, generator_of
from .labels import class_weights, labels_of, numbered
from .losses import check_target, find_loss
from .metrics import Accuracy, Metric, find_metrics, sums
from .module import Module, mode
from .nested import values_in
from .optim import SGD, Optimizer
from .settings import number, shorten, whole

__all__ = ["fit"]

EVALUATED = 1024  # samples of a validation set that are computed together
RISES = 5  # epochs in which the loss may grow one after the other without a word

EAGERLY = """fit trains eagerly, one sample after the other, because {} is not nn's own, and \
whether it may be compiled can't be known.
engine="compiled" is often 100 times as fast: the forward pass is traced once, and the trace is \
run on whole batches (an optimizer's update, on arrays).
That is right where it is the same formula every time: what it draws at random, counts, keeps or \
reads from .data would happen once. engine="eager" trains as now, without these lines."""


def fit(
    model: Module,
    loss: str | Callable[[Any, Any], Any],
    X: Any,
    Y: Any = None,
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
    metrics: str | Metric | Sequence[str | Metric] | Mapping[str, str | Metric] = (),
    sample_weight: Any = None,
    class_weight: str | Mapping[Any, float] | None = None,
    callback: Callable[[Epoch], Any] | None = None,
    engine: str = "auto",
    progress: bool | None = None,
) -> History:
    """Train a model on samples, and give the history of it.

    Args:
        model: any ``Module`` that takes one sample; it is trained in place.
        loss: a loss of one sample ``loss(prediction, target)``, or its name (``nn.LOSSES``).
        X: the samples, n rows of inputs (or n numbers, for a single input); for a model of
            several inputs a tuple of these. Arrays stay where they are, memory-mapped ones on
            disk. Or, without Y, an iterable of batches (X, Y) such as a ``DataLoader``, or a
            function that makes one anew for every epoch: nothing is read before its turn.
        Y: the n targets: numbers, class indices, one-hot or other lists; or labels that are
            text, which are numbered in their order (``History.classes``). X and Y may be lists,
            arrays, tensors, tables or anything else that holds numbers in an order.
        optimizer: by default ``SGD(model.parameters(), lr=0.1)``.
        epochs: how often to go through all samples, at most.
        batch_size: samples a step: None for all (full gradient descent), 1 for stochastic,
            anything between for mini-batch.
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
        sample_weight: n numbers: how much the loss of each sample counts. They are scaled to the
            mean 1, so a weight of 2 is a sample that is there twice.
        class_weight: how much the samples of each class count, by label; or "balanced", by which
            every class counts the same.
        callback: is called after every epoch with its ``nn.Epoch``; the model has the weights of
            that moment. If it returns True, the training ends.
        engine: how batches are computed. "eager" builds the scalar graph of every sample;
            "compiled" traces model and loss once and turns them into a NumPy program
            (``autograd.compile``), which computes the same formula ever after; "c" into a program
            in C, which is faster where layers are narrow (``gatewise[native]``). "auto" is compiled
            where all is ``nn``'s own; a module, loss, activation or optimizer of yours is trained
            eagerly, with a warning that says how to compile it. "jax" spreads each batch over all
            devices that JAX sees, in several processes over those of all (``nn.many`` says how
            to start them), in float32 unless ``jax_enable_x64``. The losses are the same but for
            rounding.
        progress: whether to show a progress bar; None shows it on a terminal, if tqdm is
            installed and it takes more than a second.

    Ctrl-C ends the training and keeps the best weights so far; in the first epoch, those of the
    moment. No gradient is left behind.

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
    find_engine(engine)
    generator = generator_of(rng)
    optimizer = SGD(model.parameters(), lr=0.1) if optimizer is None else optimizer
    _check_optimizer(optimizer, model)
    data, held_out, classes = _data(X, Y, loss, validation, generator, sample_weight, class_weight)
    example = data.example()
    targets = data.targets if isinstance(data, Samples) else example.targets
    measures = find_metrics(metrics, lambda: Accuracy(loss, rows(targets)))
    epochs = whole("fit", "epochs", epochs)
    if batch_size is not None:
        batch_size = whole("fit", "batch_size", batch_size)
    patience = _checked_patience(patience, held_out is not None)
    l2 = number("fit", "l2", l2, "at least 0 and finite")
    clip = None if clip is None else number("fit", "clip", clip, "above 0")
    _check_targets(model, loss, example, data, held_out)

    name, why = _choose(engine, model, loss, optimizer, example)
    task = (model, loss, example, l2, optimizer)
    validated = held_out.example() if held_out else None
    training = ENGINES[name](*task, predictions=bool(measures), held_out=validated)
    history = History(engine=training.name + why, classes=classes)
    places = ("", "validation ") if held_out else ("",)
    history.metrics = {place + name: [] for place in places for name in measures}
    size = batch_size or (len(data) if isinstance(data, Samples) else 0)
    alone = isinstance(data, Samples) and size >= len(data)
    best = _Best(training, history)
    shuffler = generator if shuffle else None
    try:
        with _progress(epochs, progress) as report, mode(model, training=True) as switch:
            for epoch in range(1, epochs + 1):
                start = perf_counter()
                # with a single batch the loss is known of the weights before the step
                weights = training.snapshot() if alone and not held_out else None
                switch(True)
                with without_collector(), located(f"epoch {epoch}"):
                    steps = training.epoch(data, size, shuffler, optimizer, clip)
                    mean, scores = _means(steps, measures)
                validation_loss = None
                if held_out:
                    switch(False)
                    with located(f"epoch {epoch}, validation"):
                        validation_loss, more = _evaluate(training, held_out, measures)
                    scores |= {f"validation {name}": score for name, score in more.items()}
                history.append(mean, validation_loss, scores, perf_counter() - start)
                best.consider(epoch, weights)
                report(history)
                if callback is not None:
                    training.store(optimizer)
                    if callback(history.last()) is True:
                        history.stopped = "callback"
                        break
                if patience is not None and epoch - history.best_epoch >= patience:
                    history.stopped = "early stopping"
                    break
    except KeyboardInterrupt:
        history.stopped = "interrupted"
    finally:
        training.store(optimizer)
        model.zero_grad()
        optimizer.zero_grad()
    if patience is not None or (history.stopped == "interrupted" and history.loss):
        training.restore(best.weights)
    _check_finite(model, optimizer, len(history.loss))
    if history.stopped != "interrupted":
        _warn_of_growth(history.loss)
    return history


def _evaluate(
    engine: Engine, samples: Samples, measures: Mapping[str, Metric]
) -> tuple[float, dict[str, float]]:
    """The mean loss of the samples, and their scores."""
    evaluated = (
        Step(len(batch.targets), *engine.evaluate(batch), batch.targets)
        for batch in samples.batches(EVALUATED)
    )
    return _means(evaluated, measures)


def _means(steps: Iterable[Step], measures: Mapping[str, Metric]) -> tuple[float, dict[str, float]]:
    """The mean loss, and that of each metric, which looks at all of it at once: that is fast."""
    count, total = 0, 0.0
    predictions: list[Any] = []
    targets: list[Any] = []
    for step in steps:
        count += step.samples
        total += step.loss * step.samples
        if measures:
            predictions.append(step.predictions)
            targets.append(step.targets)
    scores = sums(measures, joined(predictions), joined(targets)) if measures else {}
    return total / count, {name: each / count for name, each in scores.items()}


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


def _data(
    X: Any,
    Y: Any,
    loss: Callable[[Any, Any], Any],
    validation: Any,
    generator: random.Random,
    sample_weight: Any,
    class_weight: Any,
) -> tuple[Samples | Batches, Samples | None, list[str]]:
    """The samples to train with, those held out, and the classes that labels name."""
    classes: list[str] = []

    def samples(X: Any, Y: Any, names: tuple[str, str]) -> Samples:
        labels = labels_of(Y)
        if labels is not None:
            classes.extend([] if classes else sorted(set(labels)))
            Y = numbered(labels, classes, loss)
        return Samples(X, Y, names)

    data: Samples | Batches
    if Y is None:
        if sample_weight is not None or class_weight is not None or isinstance(validation, Real):
            raise ValueError(
                "fit: of an iterable of batches nothing is known beforehand: give it as triples "
                "(X, Y, weights), and the validation set as a pair (X, Y)"
            )
        data = Batches(X)
    else:
        data = samples(X, Y, ("X", "Y"))
        data.weigh(sample_weight, class_weight and class_weights(_labels(Y, data), class_weight))
    if validation is None:
        return data, None, classes
    if isinstance(validation, Real) and isinstance(data, Samples):
        data, held_out = data.split(float(validation), generator)
    else:
        try:
            held_X, held_Y = validation
        except (TypeError, ValueError):
            raise ValueError(
                f"fit: validation must be a fraction or a pair (X, Y), got {shorten(validation)}"
            ) from None
        held_out = samples(held_X, held_Y, ("validation X", "validation Y"))
    held_out.weights = None
    return data, held_out, classes


def _labels(Y: Any, data: Samples) -> list[Any]:
    """The class of each sample as the user wrote it."""
    return labels_of(Y) or rows(data.targets)


def _choose(
    name: str,
    model: Module,
    loss: Callable[[Any, Any], Any],
    optimizer: Optimizer,
    example: Batch,
) -> tuple[str, str]:
    """The name of the engine, and why it is not the compiled one where that is no wish."""
    if name != "auto":
        return name, ""
    if problem := unsuited((*example.inputs, example.targets)):
        return "eager", f", because {problem}"
    if stranger := not_ours(model, loss, optimizer):
        warnings.warn(EAGERLY.format(stranger), stacklevel=3)
        return "eager", f", because {stranger} is not nn's own"
    return "compiled", ""


def _check_targets(
    model: Module,
    loss: Callable[[Any, Any], Any],
    example: Batch,
    data: Samples | Batches,
    held_out: Samples | None,
) -> None:
    """Find a wrong target before the first step."""
    with no_grad(), mode(model, training=False), located("sample 0"):
        prediction = model(*(rows(column)[0] for column in example.inputs))
    n_outputs = len(prediction) if isinstance(prediction, (list, tuple)) else 1
    for samples in (data, held_out):
        if isinstance(samples, Samples):
            targets = rows(samples.targets)
            for k in samples.places:
                try:
                    check_target(loss, targets[k], n_outputs)
                except ValueError as error:
                    raise ValueError(f"{samples.names[1]}[{k}]: {error}") from error


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


def _warn_of_growth(losses: Sequence[float]) -> None:
    """Say so where the loss has only grown at the end, above what it was at first."""
    last = losses[-RISES - 1 :]
    if len(last) > RISES and last[-1] > losses[0] and all(a < b for a, b in pairwise(last)):
        warnings.warn(
            f"the loss has grown for {RISES} epochs, from {last[0]:.4g} to {last[-1]:.4g}, and is "
            "above that of the first epoch: is the learning rate too large?",
            stacklevel=3,
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
