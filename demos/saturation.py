"""Logistic regression as a graph, and why its loss is not the squared error   (rows L32, L33)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from autograd import Value, grad, sigmoid
from nn import logistic

from .board import OUT, check, named, show, title
from .plots import COLORS, GREY, canvas, label, save_figure


def main(out: Path = OUT) -> None:
    """One sample through the graph; the curvature of two losses; a descent that hardly moves."""
    title("one sample of a logistic regression: z = w·x + b, a = σ(z), L = -log a for y = 1")
    w, x, b = Value(-3.0, "w"), Value(1.0, "x"), Value(0.5, "b")
    z = named("z", named("wx", w * x) + b)
    a = named("a", sigmoid(z))
    show(named("L", -named("log a", a.log())), "logistic", out)
    check("dL/dz = a - y", z.grad, a.data - 1)

    title("the second derivative by w, at w = -3, x = 1, y = 1")
    curvature = {name: grad(grad(loss))(-3.0) for name, loss in LOSSES.items()}
    for name, number in curvature.items():
        print(f"  {name:22} {number:+.3f}  {'convex here' if number > 0 else 'not convex'}")

    title("a saturated neuron learns slowly: σ(x) downhill from x = 10, η = 1")
    slope = grad(sigmoid)
    position, steps, path = 10.0, 0, [10.0]
    while position > 1:
        position -= slope(position)
        steps += 1
        path.append(position)
    print(f"  σ'(10) = {slope(10.0):.2e}: from 10 to 1 in {steps:,} steps; with a slope of 1 in 9")

    figure, (valley, crawl) = canvas("What saturation does to learning", columns=2)
    grid = np.linspace(-8, 6, 300)
    for (name, loss), color in zip(LOSSES.items(), COLORS, strict=False):
        valley.plot(grid, [loss(w) for w in grid], color=color, lw=2, label=name)
    valley.plot(-3, LOSSES["squared"](-3.0), "o", color=GREY, label="w = -3")
    valley.plot(-3, LOSSES["logistic"](-3.0), "o", color=GREY)
    label(valley, "the loss of one sample, x = 1, y = 1", "w", "loss")
    crawl.plot(path, color=COLORS[0])
    label(crawl, f"gradient descent on σ(x): {steps:,} steps", "step", "x", legend="")
    save_figure(figure, "saturation", out)


LOSSES: dict[str, Callable[[Any], Any]] = {
    "squared": lambda w: (sigmoid(w) - 1) ** 2 / 2,
    "logistic": lambda w: logistic(w, 1),
}
"""Of the weight w, for x = 1, b = 0 and y = 1."""


if __name__ == "__main__":
    main()
