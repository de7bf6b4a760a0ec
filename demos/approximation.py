"""Universal approximation: one hidden ReLU layer draws piecewise linear curves   (row L24)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nn

from .board import OUT, title
from .plots import COLORS, canvas, label, save_figure, shared_legend

CORNERS = [(0.0, 0.0), (1.0, 2.0), (2.0, 0.5), (3.0, 2.5), (4.0, 2.5), (5.0, 1.0)]
EPOCHS = 300


def by_hand(corners: list[tuple[float, float]]) -> nn.MLP:
    """The network that draws straight lines from corner to corner: a neuron for each.

    At every corner a neuron relu(x - xₖ) wakes up; its output weight is the change of slope.
    """
    xs, ys = zip(*corners, strict=True)
    slopes = np.diff(ys) / np.diff(xs)
    model = nn.MLP(1, [len(slopes), 1])
    model.load_state_dict(
        {
            "layers.0.weight": [[1.0]] * len(slopes),
            "layers.0.bias": [-x for x in xs[:-1]],
            "layers.1.weight": [list(np.diff(slopes, prepend=0.0))],
            "layers.1.bias": [ys[0]],
        }
    )
    return model


def main(out: Path = OUT) -> None:
    """Draw a zigzag with weights set by hand; learn a sine with 8 and with 24 neurons."""
    title("one hidden layer of ReLU neurons draws any piecewise linear curve")
    figure, axes = canvas("One hidden layer of ReLU: piecewise linear", columns=3, width=4.4)
    model = by_hand(CORNERS)
    off = max(abs(model([x]).data - y) for x, y in CORNERS)
    print(f"  weights set by hand, 5 neurons: the corners are met to {off:.1g}")
    plot(axes[0], model, np.linspace(0, 5, 201), CORNERS)
    label(axes[0], "by hand: a neuron for each corner", "x", "y", legend="")

    X = np.linspace(-3, 3, 31)
    for axis, hidden in zip(axes[1:], (8, 24), strict=True):
        model = nn.MLP(1, [hidden, 1], rng=0)
        first = model.layers[0]
        for (w,), b, x in zip(
            first.weight, first.bias, np.linspace(-3, 3, hidden, endpoint=False), strict=True
        ):
            b.data = -w.data * x  # corners spread over the interval, not all at 0
        optimizer = nn.Adam(model.parameters(), lr=nn.cosine(0.02, 4 * EPOCHS))
        nn.fit(
            model,
            "squared_error",
            X,
            np.sin(1.5 * X),
            optimizer=optimizer,
            epochs=EPOCHS,
            batch_size=8,
        )
        grid = np.linspace(-3, 3, 241)
        error = max(abs(model([x]).data - np.sin(1.5 * x)) for x in grid)
        print(f"  learned, {hidden:2} neurons: sin 1.5x with a largest error of {error:.3f}")
        plot(axis, model, grid, list(zip(X, np.sin(1.5 * X), strict=True)))
        label(axis, f"learned: {hidden} neurons, off by {error:.2f} at most", "x", "sin 1.5x", "")
    shared_legend(figure, axes[0])
    save_figure(figure, "approximation", out)


def plot(axis: Any, model: nn.MLP, grid: NDArray[Any], points: list[tuple[float, float]]) -> None:
    """The points, the network's curve, and where its neurons wake up."""
    axis.plot(*zip(*points, strict=True), "o", color=COLORS[1], ms=5, label="wanted")
    axis.plot(grid, [model([x]).data for x in grid], color=COLORS[0], lw=2, label="network")
    first = model.layers[0]
    corners = [-b.data / w.data for (w,), b in zip(first.weight, first.bias, strict=True)]
    corners = [x for x in corners if grid[0] <= x <= grid[-1]]
    axis.plot(corners, [model([x]).data for x in corners], "k|", ms=10, label="a neuron's corner")


if __name__ == "__main__":
    main()
