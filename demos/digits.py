"""Handwritten digits, 64-32-10: real scans of 8×8 pixels   (row L27 in small)."""

from __future__ import annotations

import math
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits

import nn

from .board import OUT, title
from .plots import COLORS, canvas, label, save_figure

EPOCHS = 20


def main(out: Path = OUT) -> None:
    """Train on 1437 digits in mini-batches, test on the 360 others."""
    title("digits: 64 pixels → 32 ReLU neurons → 10 classes, cross-entropy, mini-batches of 32")
    X, Y, test_X, test_Y = digits()
    model = nn.MLP(64, [32, 10], rng=0)
    history = nn.fit(
        model,
        "cross_entropy",
        X,
        Y,
        optimizer=nn.Adam(model.parameters(), lr=0.01),
        epochs=EPOCHS,
        batch_size=32,
        validation=(test_X, test_Y),
        metrics=["accuracy"],
    )
    print(f"  {model}".replace("\n", "\n  "))
    accuracy, test_accuracy = history.metrics.values()
    for epoch in (0, 1, 4, EPOCHS - 1):
        print(
            f"  epoch {epoch + 1:2}: loss {history.loss[epoch]:.4f}, "
            f"{accuracy[epoch]:.1%} right while training, {test_accuracy[epoch]:.1%} of the test"
        )
    print(f"  {1e3 * median(history.seconds):.0f} ms an epoch, {history.engine}")

    figure, (curve, grid) = canvas("Handwritten digits, a 64-32-10 network", columns=2)
    epochs = range(1, EPOCHS + 1)
    curve.plot(epochs, history.loss, "o-", ms=3, color=COLORS[0], label="training")
    curve.plot(epochs, history.validation_loss, "o-", ms=3, color=COLORS[1], label="test")
    label(curve, f"{test_accuracy[-1]:.1%} of the test digits right", "epoch", "cross-entropy")
    outputs = [[score.data for score in model(x)] for x in test_X[:32]]
    guesses = [int(np.argmax(scores)) for scores in outputs]
    draw_digits(grid, test_X[:32], guesses, test_Y[:32])
    save_figure(figure, "digits", out)


def digits() -> tuple[
    NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]
]:
    """scikit-learn's 1797 scans: images and digits of 1437 to train on, and of 360 to test."""
    data = load_digits()
    order = np.random.RandomState(0).permutation(len(data.target))
    X, Y = data.data[order] / 16, data.target[order]
    return X[:1437], Y[:1437], X[1437:], Y[1437:]


def draw_digits(
    axis: Any, images: NDArray[np.float64], guesses: list[int], labels: NDArray[np.float64]
) -> None:
    """32 digits in 4 rows, each with the network's guess, wrong ones in orange."""
    side = math.isqrt(images.shape[1])
    sheet = np.zeros((4 * (side * 3 // 2), 8 * (side * 5 // 4)))
    for k, image in enumerate(images):
        top, left = side * 3 // 2 * (k // 8) + side * 3 // 8, side * 5 // 4 * (k % 8) + side // 8
        sheet[top : top + side, left : left + side] = image.reshape(side, side)
        wrong = guesses[k] != labels[k]
        text = f"{guesses[k]} (is {labels[k]})" if wrong else f"{guesses[k]}"
        color = COLORS[1] if wrong else COLORS[2]
        axis.text(left + side / 2, top - side / 7, text, color=color, ha="center", fontsize=9)
    axis.imshow(sheet, cmap="Greys")
    axis.set_axis_off()
    axis.set_title("what it reads in the first 32", fontsize=11)


if __name__ == "__main__":
    main()
