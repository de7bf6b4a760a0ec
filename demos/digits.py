"""Handwritten digits, 64-16-10: real scans of 8×8 pixels   (row L27 in small)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

import nn

from .board import OUT, title
from .plots import COLORS, canvas, label, save_figure

EPOCHS = 4


def main(out: Path = OUT) -> None:
    """Train on 1000 digits in mini-batches, test on 400 others."""
    title("digits: 64 pixels → 16 ReLU neurons → 10 classes, cross-entropy, mini-batches of 16")
    data = load_digits()
    order = np.random.RandomState(0).permutation(len(data.target))
    X, Y = data.data[order] / 16, data.target[order]
    test_X, test_Y = X[1000:1400], Y[1000:1400]
    model = nn.MLP(64, [16, 10], rng=0)
    history = nn.fit(
        model,
        "cross_entropy",
        X[:1000],
        Y[:1000],
        optimizer=nn.Adam(model.parameters(), lr=0.01),
        epochs=EPOCHS,
        batch_size=16,
        validation=(test_X, test_Y),
        metrics=["accuracy"],
    )
    print(f"  {model}".replace("\n", "\n  "))
    accuracy, test_accuracy = history.metrics.values()
    for epoch in range(EPOCHS):
        print(
            f"  epoch {epoch + 1}: loss {history.loss[epoch]:.3f}, "
            f"{accuracy[epoch]:.1%} right while training, {test_accuracy[epoch]:.1%} of the test"
        )

    figure, (curve, grid) = canvas("Handwritten digits, a 64-16-10 network", columns=2)
    epochs = range(1, EPOCHS + 1)
    curve.plot(epochs, history.loss, "o-", color=COLORS[0], label="training")
    curve.plot(epochs, history.validation_loss, "o-", color=COLORS[1], label="test")
    label(curve, f"{test_accuracy[-1]:.1%} of the test digits right", "epoch", "cross-entropy")
    curve.set_xticks(list(epochs))
    outputs = [[score.data for score in model(x)] for x in test_X[:32]]
    guesses = [int(np.argmax(scores)) for scores in outputs]
    draw_digits(grid, test_X[:32], guesses, test_Y[:32])
    save_figure(figure, "digits", out)


def draw_digits(axis: object, images: np.ndarray, guesses: list[int], labels: np.ndarray) -> None:
    """32 digits in 4 rows, each with the network's guess, wrong ones in orange."""
    sheet = np.zeros((4 * 12, 8 * 10))
    for k, image in enumerate(images):
        top, left = 12 * (k // 8) + 3, 10 * (k % 8) + 1
        sheet[top : top + 8, left : left + 8] = image.reshape(8, 8)
        wrong = guesses[k] != labels[k]
        text = f"{guesses[k]} (is {labels[k]})" if wrong else f"{guesses[k]}"
        color = COLORS[1] if wrong else COLORS[2]
        axis.text(left + 3.5, top - 1.2, text, color=color, ha="center", fontsize=9)  # type: ignore[attr-defined]
    axis.imshow(sheet, cmap="Greys")  # type: ignore[attr-defined]
    axis.set_axis_off()  # type: ignore[attr-defined]
    axis.set_title("what it reads in the first 32", fontsize=11)  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
