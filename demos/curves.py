"""The activations with their derivatives, and the losses of a margin   (rows L10, L11)."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

import nn
from autograd import grad

from .board import OUT, check, title
from .plots import COLORS, GREY, canvas, label, save_figure

CURVES = ("sigmoid", "tanh", "relu", "leaky_relu", "elu", "softplus")


def main(out: Path = OUT) -> None:
    """Draw each activation with its derivative, as the gates give it."""
    title("activations and their derivatives")
    figure, axes = canvas(
        "Activations and their derivatives", columns=3, rows=2, height=3.1, width=4
    )
    grid = np.linspace(-4, 4, 321)
    for axis, name in zip(axes, CURVES, strict=True):
        f = nn.ACTIVATIONS[name]
        slope = grad(f)
        axis.plot(grid, [f(z) for z in grid], color=COLORS[0], lw=2, label="f")
        axis.plot(grid, [slope(z) for z in grid], color=COLORS[1], label="f'")
        print(f"  {name:10} f(1) = {f(1.0):.6f}  f'(1) = {slope(1.0):.6f}  f'(0) = {slope(0.0):g}")
        label(axis, name, "", "", legend=name == "sigmoid")
    save_figure(figure, "activations", out)
    print("  (One slide says that ReLU' is 0 for x > 0; that is a slip, it is 1.)")

    title("losses")
    loss = nn.probability_cross_entropy([0.3, 0.3, 0.4], [0, 0, 1])
    check("cross-entropy of f = (0.3, 0.3, 0.4), y = (0, 0, 1)", loss, -math.log(0.4))
    figure, (axis,) = canvas("Losses of a score f for the class y = 1", width=6.4)
    margins = np.linspace(-2.5, 2.5, 251)
    losses = {
        "0-1": [nn.zero_one(f, 1) for f in margins],
        "hinge": [nn.hinge(f, 1) for f in margins],
        "logistic": [nn.logistic(f, 1) for f in margins],
        "exponential": [nn.exponential(f, 1) for f in margins],
        "squared": [nn.squared_error(f, 1) for f in margins],
    }
    for (name, curve), color in zip(losses.items(), (GREY, *COLORS, "#8e5bb0"), strict=True):
        axis.plot(margins, curve, color=color, label=name)
    axis.set_ylim(-0.1, 5)
    label(axis, "all but the 0-1 loss have a slope to descend", "f", "loss")
    save_figure(figure, "losses", out)


if __name__ == "__main__":
    main()
