"""Full, stochastic and mini-batch descent: only the samples per update differ   (row L21)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import nn

from .board import OUT, title
from .plots import COLORS, canvas, label, save_figure

EPOCHS = 12
KINDS = {"full": None, "stochastic": 1, "mini-batch of 10": 10}


def main(out: Path = OUT) -> None:
    """Fit the same line three times."""
    title("linear regression on 100 points: the same fit, three batch sizes")
    random = np.random.RandomState(0)
    X = random.uniform(-1, 1, 100)
    Y = 2 * X + 1 + random.normal(0, 0.3, 100)
    best = np.mean((np.polyval(np.polyfit(X, Y, 1), X) - Y) ** 2)
    print(f"  the best line has a mean squared error of {best:.4f}")

    figure, (by_epoch, by_update) = canvas("Three kinds of gradient descent", columns=2)
    for (name, batch_size), color in zip(KINDS.items(), COLORS, strict=True):
        model = nn.Neuron(1, activation=None, init="zeros")
        optimizer = nn.SGD(model.parameters(), lr=0.1)
        updates, epochs = loss_after_each_update(model, X, Y, optimizer, batch_size)
        print(f"  {name:17} {optimizer.steps:5} updates, mean squared error {epochs[-1]:.4f}")
        by_epoch.plot(epochs, "o-", ms=3, color=color, label=name)
        by_update.plot(updates[:200], color=color, label=name, alpha=0.85)
    for axis in (by_epoch, by_update):
        axis.axhline(best, color="0.5", ls=":", label="best line")
        axis.set_yscale("log")
    label(by_epoch, "the same work: every epoch sees all samples", "epoch", "mean squared error")
    label(by_update, "update by update", "update (the first 200)", "mean squared error")
    save_figure(figure, "batches", out)


def loss_after_each_update(
    model: nn.Neuron,
    X: NDArray[np.float64],
    Y: NDArray[np.float64],
    optimizer: nn.Optimizer,
    batch_size: int | None,
) -> tuple[list[float], list[float]]:
    """Train; give the loss over all samples after every update, and after every epoch."""
    losses = [mean_squared_error(model, X, Y)]
    make_step = optimizer.step

    def step() -> None:
        make_step()
        losses.append(mean_squared_error(model, X, Y))

    optimizer.step = step  # type: ignore[method-assign]
    nn.fit(model, "squared_error", X, Y, optimizer=optimizer, epochs=EPOCHS, batch_size=batch_size)
    return losses, losses[:: (len(losses) - 1) // EPOCHS]


def mean_squared_error(model: nn.Neuron, X: NDArray[np.float64], Y: NDArray[np.float64]) -> float:
    """The loss over all samples, in NumPy for speed."""
    return float(np.mean((model.weight[0].data * X + model.bias.data - Y) ** 2))


if __name__ == "__main__":
    main()
