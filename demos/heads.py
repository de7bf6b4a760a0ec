"""Heads: identity for a number, sigmoid for two classes, softmax for K classes   (row L26)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nn

from .board import OUT, title
from .plots import COLORS, canvas, label, save_figure

HEADS = {  # the output's activation, the loss that goes with it, and how many outputs
    "identity": ("squared_error", 1),
    "sigmoid": ("binary_cross_entropy", 1),
    "softmax": ("probability_cross_entropy", 3),
}


def main(out: Path = OUT) -> None:
    """Train one body, 1-8 tanh neurons, under each of the three heads."""
    title("one hidden layer of 8 tanh neurons, three heads")
    random = np.random.RandomState(0)
    X = np.sort(random.uniform(-3, 3, 60))
    noise = random.normal(0, 0.3, 60)
    targets = {
        "identity": np.sin(X) + noise / 3,  # any number
        "sigmoid": (np.abs(X + noise) < 1.5).astype(float),  # class 0 or 1
        "softmax": np.digitize(X + noise, [-1, 1]),  # class 0, 1 or 2
    }
    figure, axes = canvas("The head says what the output means", columns=3, width=4.4)
    for axis, (head, Y) in zip(axes, targets.items(), strict=True):
        model = train(head, X, Y)
        grid = np.linspace(-3, 3, 121)
        outputs = np.array([numbers(model([x])) for x in grid])
        at_one = ", ".join(f"{p:.3f}" for p in numbers(model([1.0])))
        print(f"  {head:8} and {HEADS[head][0]:25}: ŷ(1) = {at_one}")
        draw(axis, head, X, Y, grid, outputs)
    save_figure(figure, "heads", out)


def train(head: str, X: NDArray[Any], Y: NDArray[Any]) -> nn.MLP:
    """Train 1-8-K with this output activation, by the loss that goes with it."""
    loss, n_outputs = HEADS[head]
    model = nn.MLP(1, [8, n_outputs], "tanh", output_activation=head, rng=0)
    optimizer = nn.Adam(model.parameters(), lr=0.03)
    nn.fit(model, loss, X, Y, optimizer=optimizer, epochs=150, batch_size=15, l2=1e-4)
    return model


def numbers(outputs: Any) -> list[float]:
    """The outputs as a list, also of one."""
    return [each.data for each in (outputs if isinstance(outputs, list) else [outputs])]


def draw(axis: Any, head: str, xs: Any, targets: Any, grid: Any, outputs: Any) -> None:
    """The samples, and the outputs as curves."""
    if head == "softmax":
        for k, color in enumerate(COLORS):
            axis.plot(grid, outputs[:, k], color=color, lw=2, label=f"class {k}")
            own = xs[targets == k]
            axis.plot(own, np.full(len(own), -0.06), "|", color=color, ms=9)
        label(axis, "softmax: probabilities of K classes, sum 1", "x", "ŷₖ", "center right")
        return
    axis.plot(xs, targets, "o", color=COLORS[1], ms=4, label="data")
    axis.plot(grid, outputs[:, 0], color=COLORS[0], lw=2, label="ŷ")
    if head == "sigmoid":
        label(axis, "sigmoid: the probability of class 1", "x", "ŷ", "center right")
    else:
        label(axis, "identity: any number", "x", "ŷ", "lower right")


if __name__ == "__main__":
    main()
