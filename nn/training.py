"""fit: full, stochastic and mini-batch gradient descent, which differ in the batch size alone.

Every epoch shuffles the samples, cuts them into batches, and takes one step of the optimizer
for each (L21). With a validation set and patience, it stops when the validation loss stops
falling, and goes back to the weights that did best (L20).
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from time import perf_counter
from typing import Any

from autograd import no_grad

from .choosing import ENGINES
from .data import paired_samples, split
from .engines import Engine, located
from .init import Seed, generator_of
from .losses import check_target, find_loss, zero_one
from .module import Module
from .optim import SGD, Optimizer

__all__ = ["History", "fit"]

Metric = Callable[[Any, Any], float]


@dataclass
class History:
    """What happened in a fit, epoch by epoch.

    Attributes:
        loss: the mean loss over the batches of each epoch, each taken before its step, without
            the penalty.
        validation_loss: that of the validation set after each epoch; empty without one.
        metrics: by name the mean over each epoch; "validation ..." for the validation set.
        best_epoch: the epoch, from 1, with the lowest validation loss (without a validation set,
            the lowest loss); 0 if none was completed.
        stopped: why it ended: "all epochs", "early stopping" or "interrupted".
        engine: how the batches were computed: "compiled", or "eager", with the reason why they
            could not be compiled.
        seconds: how long each epoch took.
    """

    loss: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    metrics: dict[str, list[float]] = field(default_factory=dict)
    best_epoch: int = 0
    stopped: str = "all epochs"
    engine: str = "eager"
    seconds: list[float] = field(default_factory=list, compare=False)

    def plot(self, path: str | os.PathLike[str] | None = None, title: str = "") -> Any:
        """Draw the curves with matplotlib: the losses, and below them the metrics.

        Args:
            path: where to save the picture, its kind by the name (.png, .svg, ...); or None.
            title: what to write above it.

        Returns:
            the matplotlib ``Figure``.

        Raises:
            ImportError: matplotlib is not installed.
        """
        try:
            from matplotlib.figure import Figure
        except ImportError as error:
            raise ImportError(
                "History.plot needs matplotlib: pip install 'gatewise[demos]'"
            ) from error
        figure = Figure(figsize=(6.4, 6.4 if self.metrics else 4.0), layout="constrained")
        axes = figure.subplots(2 if self.metrics else 1, sharex=True, squeeze=False)[:, 0]
        curves = {"training": self.loss, "validation": self.validation_loss}
        for (name, curve), color in zip(curves.items(), ("C0", "C3"), strict=True):
            if curve:
                axes[0].plot(range(1, len(curve) + 1), curve, color, label=name)
        if self.validation_loss:
            axes[0].axvline(self.best_epoch, color="0.6", linestyle=":", label="best")
        axes[0].set_ylabel("loss")
        names = list(dict.fromkeys(map(_plain, self.metrics)))
        for name, curve in self.metrics.items():
            validation, k = name.startswith("validation "), names.index(_plain(name))
            color = "C3" if validation and len(names) == 1 else f"C{k}"
            style = "--" if validation and len(names) > 1 else "-"
            axes[1].plot(range(1, len(curve) + 1), curve, style, color=color, label=name)
            axes[1].set_ylabel(names[0] if len(names) == 1 else "metrics")
        for axis in axes:
            axis.grid(alpha=0.3)
            axis.legend()
        axes[-1].set_xlabel("epoch")
        axes[-1].xaxis.get_major_locator().set_params(integer=True)
        figure.suptitle(title)
        if path is not None:
            figure.savefig(path, dpi=150)
        return figure

    def __str__(self) -> str:
        last = f"loss {self.loss[-1]:.4g}" if self.loss else "no epoch completed"
        if self.validation_loss:
            last += f", validation loss {self.validation_loss[-1]:.4g}"
        return f"{len(self.loss)} epochs ({self.stopped}), {last}, best epoch {self.best_epoch}"


def _plain(name: str) -> str:
    """A metric's name, on whichever samples."""
    return name.removeprefix("validation ")


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
        Y: the n targets: numbers, class indices, one-hot or other lists.
        optimizer: by default ``SGD(model.parameters(), lr=0.1)``.
        epochs: how often to go through all samples, at most.
        batch_size: samples a step: None for all (full gradient descent), 1 for stochastic,
            anything between for mini-batch (L21).
        shuffle: whether to shuffle before every epoch.
        rng: a seed or a ``random.Random``, for shuffling and splitting.
        validation: a fraction of the samples to set aside, or a pair (X, Y).
        patience: stop after so many epochs without a lower validation loss, and restore the
            weights with the lowest.
        l2: λ of the penalty λ·‖w‖² on the weights, not on biases.
        clip: the largest norm of the gradient; a larger one is scaled down.
        metrics: "accuracy", or functions ``metric(prediction, target)`` of one sample, on plain
            numbers.
        engine: how batches are computed. "eager" builds the scalar graph of every sample;
            "compiled" turns model and loss into a NumPy program once (``autograd.compile``) and
            is refused where that can't be done; "auto" is compiled where it can, else eager, and
            ``History.engine`` says why. The losses are the same but for rounding; only where a
            branch of a ``where`` is not taken, its parameters get the gradient 0, not none, so
            that momentum moves them on.
        progress: whether to show a progress bar; None shows it on a terminal, if tqdm is
            installed and it takes more than a second.

    Ctrl-C ends the training and keeps the best weights so far.

    Raises:
        ValueError: NaN or inf in the data or in a loss (the message says where), an unknown
            name, data that don't fit together, or a setting out of range.

    >>> from nn import Neuron
    >>> line = Neuron(1, None, init="zeros")
    >>> history = fit(line, "squared_error", [1, 2, 3], [3, 5, 7], epochs=500)
    >>> round(line.weight[0].data, 3), round(line.bias.data, 3)
    (2.0, 1.0)
    """
    loss = find_loss(loss)
    build = _find_engine(engine)
    measures = _find_metrics(metrics)
    generator = generator_of(rng)
    optimizer = SGD(model.parameters(), lr=0.1) if optimizer is None else optimizer
    xs, ys = paired_samples(X, Y)
    held_out: tuple[Any, Any] | None = None
    if isinstance(validation, (int, float)):
        xs, ys, *rest = split(xs, ys, validation, generator)
        held_out = rest[0], rest[1]
    elif validation is not None:
        held_out = paired_samples(*validation, ("validation X", "validation Y"))
    size = len(xs) if batch_size is None else batch_size
    _check_settings(epochs, size, patience, held_out is not None)
    _check_targets(model, loss, xs[0], {"Y": ys, "validation Y": held_out[1] if held_out else []})
    _check_optimizer(optimizer, model)

    training = build(model, loss, xs, ys, l2, optimizer)
    training.wants_predictions = bool(measures)
    validating = training.on(*held_out) if held_out else None
    history = History(metrics={name: [] for name in measures}, engine=training.name)
    if validating:
        history.metrics.update({f"validation {name}": [] for name in measures})
    best = _Best(training, history)
    was_training = model.training
    try:
        with _progress(epochs, progress) as report:
            for epoch in range(1, epochs + 1):
                start = perf_counter()
                order = list(range(len(xs)))
                if shuffle:
                    generator.shuffle(order)
                batches = [order[k : k + size] for k in range(0, len(order), size)]
                # with a single batch the loss is known of the weights before the step
                weights = training.snapshot() if len(batches) == 1 and not validating else None
                model.train()
                with located(f"epoch {epoch}"):
                    _train(training, batches, optimizer, clip, ys, measures, history)
                if validating and held_out:
                    model.eval()
                    with located(f"epoch {epoch}, validation"):
                        mean, predictions = validating.evaluate()
                    history.validation_loss.append(mean)
                    _record(history, measures, predictions, held_out[1], "validation ")
                best.consider(epoch, weights)
                history.seconds.append(perf_counter() - start)
                report(history)
                if patience is not None and epoch - history.best_epoch >= patience:
                    history.stopped = "early stopping"
                    break
    except KeyboardInterrupt:
        history.stopped = "interrupted"
    finally:
        model.train(was_training)
        training.finish(optimizer)
    if patience is not None or history.stopped == "interrupted":
        training.restore(best.weights)
    if history.stopped == "interrupted":
        model.zero_grad()
    return history


def _train(
    engine: Engine,
    batches: Sequence[Sequence[int]],
    optimizer: Optimizer,
    clip: float | None,
    ys: Sequence[Any],
    measures: Mapping[str, Metric],
    history: History,
) -> None:
    """One epoch: a step of the optimizer for every batch."""
    total, predictions, targets = 0.0, [], []
    for batch in batches:
        mean, predicted = engine.gradients(batch)
        engine.step(optimizer, clip)
        total += mean * len(batch)
        predictions += predicted
        targets += [ys[k] for k in batch]
    history.loss.append(total / len(targets))
    _record(history, measures, predictions, targets)


def _record(
    history: History,
    measures: Mapping[str, Metric],
    predictions: Sequence[Any],
    targets: Sequence[Any],
    prefix: str = "",
) -> None:
    for name, measure in measures.items():
        scores = [float(measure(f, y)) for f, y in zip(predictions, targets, strict=True)]
        history.metrics[prefix + name].append(math.fsum(scores) / len(scores))


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


def _accuracy(f: Any, y: Any) -> float:
    return 1.0 - zero_one(f, y)


def _find_metrics(metrics: Sequence[str | Metric] | Mapping[str, Metric]) -> dict[str, Metric]:
    if isinstance(metrics, Mapping):
        return dict(metrics)
    found: dict[str, Metric] = {}
    for metric in [metrics] if isinstance(metrics, str) else metrics:
        if metric == "accuracy":
            found["accuracy"] = _accuracy
        elif callable(metric):
            found[getattr(metric, "__name__", f"metric {len(found) + 1}")] = metric
        else:
            raise ValueError(f"unknown metric {metric!r}: write 'accuracy' or a function")
    return found


def _find_engine(name: str) -> Callable[..., Engine]:
    if name not in ENGINES:
        raise ValueError(f"unknown engine {name!r}: there are {', '.join(ENGINES)}")
    return ENGINES[name]


def _check_targets(
    model: Module, loss: Callable[[Any, Any], Any], x: Any, targets: Mapping[str, Sequence[Any]]
) -> None:
    """Find a wrong target before the first step; x is any sample."""
    was_training = model.training
    model.eval()
    try:
        with no_grad(), located("sample 0"):
            prediction = model(x)
    finally:
        model.train(was_training)
    n_outputs = len(prediction) if isinstance(prediction, (list, tuple)) else 1
    for name, ys in targets.items():
        for k, y in enumerate(ys):
            with located(f"{name}[{k}]"):
                check_target(loss, y, n_outputs)


def _check_optimizer(optimizer: Optimizer, model: Module) -> None:
    own = set(model.parameters())
    if own.isdisjoint(optimizer.parameters):
        raise ValueError(
            f"the optimizer holds no parameter of {model}, so nothing would be learned: build it "
            "with model.parameters(), after the model"
        )


def _check_settings(epochs: int, size: int, patience: int | None, validated: bool) -> None:
    for name, setting in (("epochs", epochs), ("batch_size", size), ("patience", patience)):
        if setting is None:
            continue
        if isinstance(setting, bool) or not isinstance(setting, int) or setting < 1:
            raise ValueError(f"fit: {name} must be an int of at least 1, got {setting!r}")
    if patience is not None and not validated:
        raise ValueError("fit: patience needs validation, a fraction or a pair (X, Y)")


@contextmanager
def _progress(epochs: int, wanted: bool | None) -> Iterator[Callable[[History], None]]:
    """A tqdm bar over the epochs, or nothing."""
    show = sys.stderr.isatty() if wanted is None else wanted
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
