"""Fitting y = a·x + b by gradient descent on the mean squared error   (rows L13, L14)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nn import SGD, Neuron, fit

from .board import OUT, title
from .plots import COLORS, canvas, label, save_figure

POINTS = {
    "(1, 3), (2, 5), (3, 7)": ([1, 2, 3], [3, 5, 7], 2.0, 1.0),
    "(2, 0), (4, 1), (6, 2)": ([2, 4, 6], [0, 1, 2], 0.5, -1.0),
}


def main(out: Path = OUT) -> None:
    """Fit the lectures' two lines with one neuron that has no activation."""
    figure, axes = canvas("One neuron without activation learns a line", columns=2)
    for axis, (name, (xs, ys, a, b)) in zip(axes, POINTS.items(), strict=True):
        title(f"y = a·x + b through {name}")
        line = Neuron(1, activation=None, init="zeros")
        optimizer = SGD(line.parameters(), lr=0.04)
        reach = np.array([min(xs) - 0.7, max(xs) + 0.7])
        epoch = 0
        for until in (1, 3, 10, 1000):
            fit(line, "squared_error", xs, ys, optimizer=optimizer, epochs=until - epoch)
            epoch, slope, height = until, line.weight[0].data, line.bias.data
            print(f"  after {until:4} steps: a = {slope:7.4f}, b = {height:7.4f}")
            strength = {1: 0.25, 3: 0.4, 10: 0.6, 1000: 1.0}[until]
            text = f"after {until} step{'s' * (until > 1)}"
            axis.plot(reach, slope * reach + height, color=COLORS[0], alpha=strength, label=text)
        if max(abs(slope - a), abs(height - b)) > 1e-3:
            raise AssertionError(f"the lecture's line is a = {a}, b = {b}")
        print(f"  the lecture's line: a = {a:.4f}, b = {b:.4f}")
        axis.plot(xs, ys, "o", color=COLORS[1], ms=8, label="data")
        label(axis, f"a = {slope:.3f}, b = {height:.3f}", "x", "y")
    save_figure(figure, "line", out)


if __name__ == "__main__":
    main()
