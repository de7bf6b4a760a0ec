"""History: what a fit reports, epoch by epoch, and its picture."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

__all__ = ["Epoch", "History"]


class Epoch(NamedTuple):
    """What a callback is told about the epoch that has ended."""

    number: int
    """From 1."""
    loss: float
    validation_loss: float | None
    metrics: dict[str, float]
    seconds: float


@dataclass(repr=False)
class History:
    """What happened in a fit, epoch by epoch.

    Attributes:
        loss: the mean loss over the batches of each epoch, each taken before its step, without
            the penalty.
        validation_loss: that of the validation set after each epoch; empty without one.
        metrics: by name the mean over each epoch; "validation ..." for the validation set.
        best_epoch: the epoch, from 1, with the lowest validation loss (without a validation set,
            the lowest loss); 0 if none was completed.
        stopped: why it ended: "all epochs", "early stopping", "callback" or "interrupted".
        engine: how the batches were computed: "compiled", or "eager", with the reason where that
            was no wish.
        classes: the labels, where the targets were text: class k is ``classes[k]``.
        seconds: how long each epoch took.
    """

    loss: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    metrics: dict[str, list[float]] = field(default_factory=dict)
    best_epoch: int = 0
    stopped: str = "all epochs"
    engine: str = "eager"
    classes: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list, compare=False)

    def append(
        self,
        loss: float,
        validation_loss: float | None,
        scores: Mapping[str, float],
        seconds: float,
    ) -> None:
        """Note a completed epoch: all of it at once, so that the lists stay of one length."""
        self.loss.append(loss)
        if validation_loss is not None:
            self.validation_loss.append(validation_loss)
        for name, score in scores.items():
            self.metrics.setdefault(name, []).append(score)
        self.seconds.append(seconds)

    def last(self) -> Epoch:
        """The last epoch alone."""
        validation_loss = self.validation_loss[-1] if self.validation_loss else None
        metrics = {name: curve[-1] for name, curve in self.metrics.items()}
        return Epoch(len(self.loss), self.loss[-1], validation_loss, metrics, self.seconds[-1])

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
                axes[0].plot(*_line(curve), color=color, label=name, marker=_marker(curve))
        if self.validation_loss:
            axes[0].axvline(self.best_epoch, color="0.6", linestyle=":", label="best")
        axes[0].set_ylabel("loss")
        names = list(dict.fromkeys(map(_metric_name, self.metrics)))
        for name, curve in self.metrics.items():
            validation, k = name.startswith("validation "), names.index(_metric_name(name))
            color = "C3" if validation and len(names) == 1 else f"C{k}"
            style = "--" if validation and len(names) > 1 else "-"
            axes[1].plot(*_line(curve), style, color=color, label=name, marker=_marker(curve))
            axes[1].set_ylabel(names[0] if len(names) == 1 else "metrics")
        for axis in axes:
            axis.grid(alpha=0.3)
            if axis.get_lines():
                axis.legend()
        axes[-1].set_xlabel("epoch")
        axes[-1].xaxis.get_major_locator().set_params(
            integer=True, steps=[1, 2, 5, 10], min_n_ticks=1
        )
        figure.suptitle(title)
        if path is not None:
            figure.savefig(path, dpi=150)
        return figure

    def __str__(self) -> str:
        last = f"loss {self.loss[-1]:.4g}" if self.loss else "no epoch completed"
        if self.validation_loss:
            last += f", validation loss {self.validation_loss[-1]:.4g}"
        return f"{len(self.loss)} epochs ({self.stopped}), {last}, best epoch {self.best_epoch}"

    def __repr__(self) -> str:
        return f"<History: {self}>"


def _metric_name(name: str) -> str:
    """A metric's name, on whichever samples."""
    return name.removeprefix("validation ")


def _line(curve: list[float]) -> tuple[range, list[float]]:
    """The epochs, and what was measured."""
    return range(1, len(curve) + 1), curve


def _marker(curve: list[float]) -> str:
    """A dot for each epoch while they are few: a line needs two of them to be seen."""
    return "o" if len(curve) < 3 else ""
