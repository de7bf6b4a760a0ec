"""All-zero weights keep hidden neurons identical for ever; random ones don't   (row L23)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import nn

from .board import OUT, title
from .plots import COLORS, GREY, canvas, label, save_figure

EPOCHS = 600
X = np.linspace(-2, 2, 21)
Y = np.exp(-2 * (X - 0.3) ** 2)


def train(init: str) -> tuple[nn.MLP, list[list[float]]]:
    """Train 1-4-1; give it, and for every epoch the weights of the 4 hidden neurons."""
    model = nn.MLP(1, [4, 1], activation="sigmoid", init=init, rng=0)
    optimizer = nn.Adam(model.parameters(), lr=0.1)
    rows = []
    for _ in range(EPOCHS):
        rows.append([w.data for (w,) in model.layers[0].weight])
        history = nn.fit(  # one step: not worth compiling
            model, "squared_error", X, Y, optimizer=optimizer, epochs=1, engine="eager"
        )
    spread = max(rows[-1]) - min(rows[-1])
    print(
        f"  {init:7} weights of the hidden neurons differ by up to {spread:.3g}; "
        f"mean squared error {history.loss[-1]:.5f}"
    )
    return model, rows


def main(out: Path = OUT) -> None:
    """Fit a bump from both beginnings."""
    title("four hidden sigmoid neurons, from zeros and from randn · 0.01")
    figure, (*axes, fits) = canvas("Symmetry among hidden neurons", columns=3, width=4.4)
    fits.plot(X, Y, "o", color="0.5", ms=4, label="wanted")
    beginnings = (("zeros", "0"), ("normal", "randn · 0.01"))
    for axis, (init, name), fit_color in zip(axes, beginnings, COLORS, strict=False):
        model, rows = train(init)
        curves = zip(zip(*rows, strict=True), (*COLORS, GREY), strict=True)
        for k, (weights, color) in enumerate(curves):
            width = 8 - 2 * k if init == "zeros" else 1.8
            axis.plot(weights, lw=width, color=color, alpha=0.7, label=f"neuron {k + 1}")
        label(axis, f"weights begin at {name}", "epoch", "weight of each hidden neuron")
        fits.plot(X, [model([x]).data for x in X], color=fit_color, lw=2, label=f"from {name}")
    label(fits, "what they learned", "x", "y")
    print("  From zeros every hidden neuron gets the same gradient at every step, so four neurons")
    print("  are worth one, and one sigmoid can't draw a bump.")
    save_figure(figure, "symmetry", out)


if __name__ == "__main__":
    main()
