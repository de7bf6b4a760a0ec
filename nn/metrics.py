"""Metrics: what a fit reports besides the loss, the mean of a number for each sample."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from .data import rows
from .losses import binary_cross_entropy, logistic, threshold_of, zero_one

__all__ = ["Accuracy", "Metric", "find_metrics", "sums"]

Metric = Callable[[Any, Any], float]


class Accuracy:
    """1 for a right prediction, 0 for a wrong one; of several labels, all must be right.

    Args:
        loss: the loss that was trained on: it says what an output means.
        targets: some targets, enough to tell what they are.
    """

    def __init__(self, loss: Callable[[Any, Any], Any], targets: Sequence[Any]) -> None:
        self.threshold = threshold_of(loss, targets)
        self.of_labels = loss in (logistic, binary_cross_entropy)

    def __call__(self, f: Any, y: Any) -> float:
        if self.of_labels and isinstance(f, list) and len(f) > 1:
            return float(not any(zero_one(*pair, self.threshold) for pair in zip(f, y)))  # noqa: B905
        return 1.0 - zero_one(f, y, self.threshold)

    def total(self, predictions: Any, targets: Any) -> float:
        """The sum over a batch; of arrays without a look at each sample."""
        if getattr(predictions, "ndim", 3) > 2 or getattr(targets, "ndim", 3) > 2:
            pairs = zip(rows(predictions), rows(targets), strict=True)
            return math.fsum(self(f, y) for f, y in pairs)
        f, y = predictions.reshape(len(predictions), -1), targets.reshape(len(targets), -1)
        if f.shape[1] == 1 or self.of_labels:
            right = ((f > self.threshold) == (y > 0)).all(1)
        else:
            right = f.argmax(1) == (y.argmax(1) if y.shape[1] > 1 else y[:, 0])
        return float((right & (f == f).all(1)).sum())  # NaN predicts nothing


def find_metrics(
    metrics: str | Metric | Iterable[Any] | Mapping[str, Any], accuracy: Callable[[], Accuracy]
) -> dict[str, Metric]:
    """Give the metrics by name.

    Raises:
        ValueError: one is unknown, or two have the same name.
    """
    if isinstance(metrics, Mapping):
        named: list[tuple[str, Any]] = list(metrics.items())
    else:
        alone = isinstance(metrics, str) or not isinstance(metrics, Iterable)
        given: Any = [metrics] if alone else metrics
        named = [(getattr(metric, "__name__", str(metric)), metric) for metric in given]
    found: dict[str, Metric] = {}
    for name, metric in named:
        if isinstance(metric, str) and metric == "accuracy":
            metric = accuracy()
        if not callable(metric):
            raise ValueError(f"unknown metric {metric!r}: write 'accuracy' or a function")
        if {name, f"validation {name}", name.removeprefix("validation ")} & found.keys():
            raise ValueError(
                f"two metrics would be called {name!r}: give a dictionary of names, "
                'metrics={"one name": metric, "another": metric}'
            )
        found[name] = metric
    return found


def sums(metrics: Mapping[str, Metric], predictions: Any, targets: Any) -> dict[str, float]:
    """The sum of each metric over a batch."""
    found = {}
    for name, metric in metrics.items():
        if isinstance(metric, Accuracy):
            found[name] = metric.total(predictions, targets)
        else:
            pairs = zip(rows(predictions), rows(targets), strict=True)
            found[name] = math.fsum(float(metric(f, y)) for f, y in pairs)
    return found
