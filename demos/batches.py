"""Full, stochastic and mini-batch descent: only the samples per update differ   (row L21)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import nn
from autograd import compile

from .board import OUT, title
from .plots import COLORS, canvas, label, save_figure

EPOCHS, RATE = 12, 0.1
KINDS = {"full": 100, "stochastic": 1, "mini-batch of 10": 10}


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
        updates, epochs = descend(X, Y, batch_size)
        print(f"  {name:17} {len(updates) - 1:5} updates, mean squared error {epochs[-1]:.4f}")
        by_epoch.plot(epochs, "o-", ms=3, color=color, label=name)
        by_update.plot(updates[:200], color=color, label=name, alpha=0.85)
    for axis in (by_epoch, by_update):
        axis.axhline(best, color="0.5", ls=":", label="best line")
        axis.set_yscale("log")
    label(by_epoch, "the same work: every epoch sees all samples", "epoch", "mean squared error")
    label(by_update, "update by update", "update (the first 200)", "mean squared error")
    save_figure(figure, "batches", out)


def descend(
    X: NDArray[np.float64], Y: NDArray[np.float64], batch_size: int
) -> tuple[list[float], list[float]]:
    """Train; give the loss over all samples after every update, and after every epoch.

    This is the loop that ``nn.fit`` runs, written out: its history has one loss an epoch.
    """
    model = nn.Neuron(1, activation=None, init="zeros")
    program = compile(lambda x, y: nn.squared_error(model([x]), y), shapes=[(), ()])
    random = np.random.RandomState(0)
    losses = [program(X, Y).mean()]
    for _ in range(EPOCHS):
        order = random.permutation(len(X))
        for k in range(0, len(X), batch_size):
            batch = order[k : k + batch_size]  # full, stochastic, mini-batch: only this differs
            _, gradient = program.value_and_grad(X[batch], Y[batch])
            program.theta -= RATE * gradient
            losses.append(program(X, Y).mean())
    return losses, losses[:: (len(losses) - 1) // EPOCHS]


if __name__ == "__main__":
    main()
