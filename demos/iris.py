"""Iris flowers, 4-6-3: with the notes' trained weights, and from scratch   (rows L19, L20)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_iris

import nn
from autograd import softmax

from .board import OUT, title
from .plots import COLORS, GREY, canvas, label, save_figure

W1 = """
-0.92051142 -0.26299602 -1.31182587 -0.01975909 -0.59453297 -1.11046791
-0.28832591 -1.20107734 -0.9193843   2.20059323 -1.76573455 -0.85953856
-2.33936191  2.61448216 -0.70324481 -2.55568218  2.42951894 -1.61432779
-2.24077463  2.89018154  0.49342883 -2.72368193  4.8323493   1.31086338
"""
B1 = "-2.00212002 -2.24461389 -0.26081288  0.61751789 -11.42080021 -0.88119394"
W2 = """
-0.47563726 -0.80865479 -1.70860052
-4.02558851  4.80955172  1.79265082
 0.18003793  0.4045147   0.40952846
 8.4482317  -6.87298441 -4.0685277
-2.96541858 -5.34733152 11.1489048
 0.08154635  0.21151544 -0.45402744
"""
B2 = "0.90756476  2.25174689 -2.58430076"

PRINTED = [  # the notes' predictions
    ([5.0, 3.5, 1.3, 0.3], [0.99998450, 1.42261445e-06, 1.62947060e-07]),
    ([4.5, 2.3, 1.3, 0.3], [9.99949336e-01, 4.81077950e-05, 2.52183918e-06]),
    ([5.5, 2.6, 4.4, 1.2], [4.37718809e-05, 9.98948872e-01, 1.00730266e-03]),
    ([6.1, 3.0, 4.6, 1.4], [4.63805227e-05, 9.98428643e-01, 1.52486726e-03]),
    ([6.7, 3.1, 5.6, 2.4], [8.70701982e-08, 2.18645262e-04, 9.99781311e-01]),
    ([6.9, 3.1, 5.1, 2.3], [2.09509579e-07, 6.10101502e-04, 9.99389648e-01]),
]


def table(text: str) -> list[list[float]]:
    """The numbers of a printed matrix, row by row."""
    return [[float(number) for number in line.split()] for line in text.strip().splitlines()]


def notes_network() -> nn.MLP:
    """The notes' trained network; they write x·W, so W has a row for each input."""
    model = nn.MLP(4, [6, 3], activation="sigmoid")
    model.load_state_dict(
        {
            "layers.0.weight": np.array(table(W1)).T,
            "layers.0.bias": table(B1)[0],
            "layers.1.weight": np.array(table(W2)).T,
            "layers.1.bias": table(B2)[0],
        }
    )
    return model


def flowers() -> tuple[Any, Any, Any, Any]:
    """The first 40 flowers of each kind to train, the other 30 to test: X, Y, X, Y."""
    data = load_iris()
    test = np.arange(150) % 50 >= 40
    return data.data[~test], data.target[~test], data.data[test], data.target[test]


def count_right(model: nn.Module, X: Any, Y: Any) -> int:
    """How many flowers the network names rightly."""
    return sum(nn.zero_one(model(x), y) == 0 for x, y in zip(X, Y, strict=True))


def train(seed: int) -> tuple[nn.MLP, nn.History]:
    """Train from scratch by the lectures' algorithm (L20).

    Stochastic gradient descent: in every epoch the flowers are reshuffled, and each one makes an
    update; λ holds the weights small. It stops when a fifth of the flowers, set aside for
    validation, get no better, and goes back to the weights that were best for them.
    """
    X, Y, _, _ = flowers()
    model = nn.MLP(4, [6, 3], activation="sigmoid", rng=seed)
    history = nn.fit(
        model,
        "cross_entropy",
        X,
        Y,
        optimizer=nn.SGD(model.parameters(), lr=0.03),
        epochs=300,
        batch_size=1,
        rng=seed,
        validation=0.2,
        patience=20,
        l2=1e-4,
        metrics=["accuracy"],
    )
    return model, history


def main(out: Path = OUT) -> None:
    """Classify with the notes' weights, then train a network of the same shape."""
    title("iris: 4 measures → 6 sigmoid neurons → 3 kinds, softmax")
    X, Y, test_X, test_Y = flowers()
    model = notes_network()
    print("  the notes' weights       setosa         versicolor     virginica")
    for flower, printed in PRINTED:
        probabilities = [p.data for p in softmax(model(flower))]
        print(f"    {flower}   {'  '.join(f'{p:.7e}' for p in probabilities)}")
        close = np.isclose(probabilities, printed, rtol=1e-5, atol=0)
        if not close.all() and flower != PRINTED[0][0]:
            raise AssertionError(f"the notes print {printed}")
    print("  as printed in the notes, but for the first number: they have 0.99998450, and the row")
    print("  must sum to 1, so a digit was lost: it is 0.9999984.")
    right = count_right(model, test_X, test_Y)
    of_all = right + count_right(model, X, Y)
    print(f"  {right}/30 test flowers right, {of_all}/150 of all")

    model, history = train(seed=0)
    right = count_right(model, test_X, test_Y)
    print(f"  from scratch: {history}")
    print(f"  {right}/30 test flowers right with the weights of epoch {history.best_epoch}")

    figure, (curve, plane) = canvas("Iris, a 4-6-3 network", columns=2)
    epochs = range(1, len(history.loss) + 1)
    curve.plot(epochs, history.loss, color=COLORS[0], label="training")
    curve.plot(epochs, history.validation_loss, color=COLORS[1], label="validation")
    curve.axvline(history.best_epoch, color=GREY, ls=":", label=f"best, epoch {history.best_epoch}")
    label(curve, "stop when the validation loss stops falling", "epoch", "cross-entropy")
    names = ("setosa", "versicolor", "virginica")
    sepals = list(X[:, :2].mean(0))
    nn.boundary(
        lambda petal: model([*sepals, *petal]),
        test_X[:, 2:],
        test_Y,
        plane,
        names=names,
        margin=0.15,
    )
    label(
        plane,
        f"{right} of 30 test flowers right",
        "petal length in cm (sepals as on average)",
        "petal width in cm",
        "upper left",
    )
    save_figure(figure, "iris", out)


if __name__ == "__main__":
    main()
