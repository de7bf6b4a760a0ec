"""The price of a house from its area, by a single ReLU neuron: never negative   (row L15)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nn import SGD, Neuron, fit

from .board import OUT, title
from .plots import COLORS, GREY, canvas, label, save_figure

SLOPE, START = 2.5, 0.5  # in millions per 100 m², and in 100 m²: so that inputs are about 1


def main(out: Path = OUT) -> None:
    """Learn price = relu(w·area + b) from 60 invented sales."""
    title("price = relu(w·area + b)")
    random = np.random.RandomState(0)
    area = random.uniform(0.1, 2.0, 60)
    price = np.maximum(0, SLOPE * (area - START) + random.normal(0, 0.15, 60))

    neuron = Neuron(1, "relu", init=lambda *_: 1.0)
    linear = Neuron(1, None, init=lambda *_: 1.0)
    for model in (neuron, linear):
        optimizer = SGD(model.parameters(), lr=0.2)
        history = fit(model, "squared_error", area, price, optimizer=optimizer, epochs=300)
        print(f"  {model}: mean squared error {history.loss[-1]:.4f}")

    w, b = neuron.weight[0].data, neuron.bias.data
    threshold = -b / w
    line = f"relu({w:.2f}·area {'-' if b < 0 else '+'} {abs(b):.2f})"
    print(f"  learned: price = {line}, in millions, area in 100 m²")
    print(
        f"  {1e4 * w:,.0f} a m² above {100 * threshold:.0f} m²; "
        f"the data were made with {1e4 * SLOPE:,.0f} a m² above {100 * START:.0f} m²"
    )
    for metres in (20, 80, 150):
        x = [metres / 100]
        print(
            f"  {metres:4} m²: {neuron(x).data:5.2f} million;  without relu {linear(x).data:5.2f}"
        )

    figure, (axis,) = canvas("A price is never negative: one ReLU neuron", width=6.4)
    grid = np.linspace(0, 2.1, 200)
    axis.plot(100 * area, price, "o", color=COLORS[1], ms=5, label="sales")
    axis.plot(
        100 * grid, [linear([x]).data for x in grid], "--", color=GREY, label="without activation"
    )
    axis.plot(
        100 * grid, [neuron([x]).data for x in grid], color=COLORS[0], lw=2.2, label="relu(w·x + b)"
    )
    axis.axvline(100 * threshold, color=COLORS[0], ls=":", label=f"{100 * threshold:.0f} m²")
    label(axis, f"w = {w:.2f}, b = {b:.2f}", "area in m²", "price in millions")
    save_figure(figure, "house", out)


if __name__ == "__main__":
    main()
