"""The activations with their derivatives, and the losses   (rows L10, L11)."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nn
from autograd import grad, jacobian, leaky_relu, maximum

from .board import OUT, check, title
from .plots import COLORS, GREY, canvas, label, save_figure

CURVES = ("identity", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "softplus")
STYLES = ("-", "--", ":", "-.")


def main(out: Path = OUT) -> None:
    """Draw each activation with its derivative, as the gates give it, and each loss."""
    title("activations and their derivatives")
    figure, axes = canvas("Activations and their derivatives", columns=3, rows=3, height=3, width=4)
    for axis, name in zip(axes, CURVES, strict=False):
        f = nn.ACTIVATIONS[name]
        # the usual slope of 0.01 would look like relu's 0
        draw_with_slope(axis, partial(leaky_relu, slope=0.1) if name == "leaky_relu" else f)
        slope = grad(f)
        print(f"  {name:10} f(1) = {f(1.0):.6f}  f'(1) = {slope(1.0):.6f}  f'(0) = {slope(0.0):g}")
        label(
            axis,
            "leaky relu with slope 0.1" if name == "leaky_relu" else name,
            "z",
            "f(z), f'(z)",
            legend="best" if name == "identity" else "",
        )
    draw_with_slope(axes[7], lambda z: maximum(-z, z / 2))  # two weighted sums of one input
    label(axes[7], "maxout: max(-z, z/2)", "z", "f(z), f'(z)", legend="")
    draw_softmax(axes[8])
    label(axes[8], "softmax of (z, 1, 0)", "z", "fₖ(z), ∂fₖ/∂z", "upper left", columns=3)
    axes[8].set_ylim(-0.25, 1.25)
    save_figure(figure, "activations", out)
    print("  (One slide says that ReLU' is 0 for x > 0; that is a slip, it is 1.)")

    title("losses")
    loss = nn.probability_cross_entropy([0.3, 0.3, 0.4], [0, 0, 1])
    check("cross-entropy of f = (0.3, 0.3, 0.4), y = (0, 0, 1)", loss, -math.log(0.4))
    figure, axes = canvas("Losses when the target is y = 1", columns=3, width=4.4)
    for axis, (name, x, grid, losses) in zip(axes, LOSSES, strict=True):
        for (what, loss), color, style in zip(
            losses.items(), (*COLORS, GREY), STYLES, strict=False
        ):
            axis.plot(grid, [loss(f) for f in grid], style, color=color, lw=2, label=what)
        axis.set_ylim(-0.1, 4)
        label(axis, name, x, "loss")
    save_figure(figure, "losses", out)


def split(left: float, right: float) -> NDArray[np.float64]:
    """Points from left to right with a tiny gap at 0, so that a jump is drawn as a jump."""
    return np.concatenate([np.linspace(left, -1e-9, 200), [np.nan], np.linspace(1e-9, right, 200)])


LOSSES: list[tuple[str, str, NDArray[np.floating[Any]], dict[str, Callable[[float], Any]]]] = [
    (
        "a number: how far is it off?",
        "prediction f",
        split(-1, 3),
        {
            "squared (y - f)²": lambda f: nn.squared_error(f, 1),
            "absolute |y - f|": lambda f: nn.absolute_error(f, 1),
        },
    ),
    (
        "a score: its sign is the class",
        "score f",
        split(-2.5, 2.5),
        {
            "hinge max(0, 1 - y·f)": lambda f: nn.hinge(f, 1),
            "exponential exp(-y·f)": lambda f: nn.exponential(f, 1),
            "logistic log(1 + exp(-f))": lambda f: nn.logistic(f, 1),
            "0-1: no slope to descend": lambda f: nn.zero_one(f, 1),
        },
    ),
    (
        "a probability of the class",
        "probability f of class 1",
        np.linspace(0.01, 1, 200),
        {"logarithmic -log f": lambda f: nn.logarithmic([1 - f, f], 1)},
    ),
]
"""By what is predicted: the plot's name, its x axis, where to draw, and the losses."""


def draw_with_slope(axis: Any, f: Callable[[float], Any]) -> None:
    """An activation in blue, its derivative in dashed orange: where they agree, both are seen."""
    grid, slope = split(-4, 4), grad(f)
    axis.plot(grid, [f(z) for z in grid], color=COLORS[0], lw=3.5, label="f")
    axis.plot(grid, [slope(z) for z in grid], "--", color=COLORS[1], lw=2, label="f'")


def draw_softmax(axis: Any) -> None:
    """Three probabilities as one score grows, and how each changes with that score."""
    grid = np.linspace(-4, 4, 200)
    softmax = nn.ACTIVATIONS["softmax"]
    ps = np.array([softmax([z, 1.0, 0.0]) for z in grid])
    slopes = np.array([jacobian(softmax)([z, 1.0, 0.0]) for z in grid])[:, :, 0]
    for k, style in enumerate(STYLES[:3]):
        axis.plot(grid, ps[:, k], style, color=COLORS[0], lw=2, label=f"f{'₁₂₃'[k]}")
        axis.plot(grid, slopes[:, k], style, color=COLORS[1])


if __name__ == "__main__":
    main()
