"""Why a network needs activations that are not linear: without, two layers are one   (row L31)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import nn
from autograd import jacobian

from .board import OUT, title
from .plots import COLORS, canvas, label, save_figure


def main(out: Path = OUT) -> None:
    """Two layers without activation against the one layer that they are, and against ReLU."""
    title("W₂(W₁x + b₁) + b₂ = W'x + b' with W' = W₂W₁ and b' = W₂b₁ + b₂")
    first, second = nn.Layer(2, 3, rng=0), nn.Layer(3, 2, rng=1)
    linear = nn.Sequential(first, second)
    for k, bias in enumerate((*first.bias, *second.bias)):
        bias.data = 0.1 * k
    W1, W2, b1, b2 = (
        numbers(each) for each in (first.weight, second.weight, first.bias, second.bias)
    )
    W, b = W2 @ W1, W2 @ b1 + b2
    for x in ([0.0, 0.0], [1.0, -2.0], [-3.0, 0.5]):
        slopes = numbers(jacobian(linear)(x))
        outputs = numbers(linear(x))
        if not (np.allclose(slopes, W, rtol=1e-12) and np.allclose(outputs, W @ x + b, rtol=1e-12)):
            raise AssertionError(f"at {x}: {slopes}, but W₂W₁ is {W}")
        print(f"  at x = {x}: ∂y/∂x = {np.round(slopes, 4).tolist()}")
    print(f"  W₂W₁ by NumPy:      {np.round(W, 4).tolist()}, the same everywhere")

    networks = {}
    for name, activation in (("no activation", None), ("ReLU", "relu")):
        hidden = nn.Layer(1, 6, activation, rng=4)
        for k, bias in enumerate(hidden.bias):
            bias.data = (k - 2.5) * 0.6
        networks[name] = nn.Sequential(hidden, nn.Layer(6, 1, rng=5))
    figure, (axis,) = canvas("The same weights, with ReLU and without", width=6.4)
    grid = np.linspace(-3, 3, 301)
    for (name, network), color in zip(networks.items(), COLORS, strict=False):
        axis.plot(grid, [network([x])[0].data for x in grid], color=color, lw=2, label=name)
    label(axis, "1-6-1: however many layers, a line stays a line", "x", "y")
    save_figure(figure, "collapse", out)


def numbers(values: object) -> NDArray[np.float64]:
    """The data of nested lists of Values."""
    array = np.array(values, dtype=object)
    return np.array([value.data for value in array.flat]).reshape(array.shape)


if __name__ == "__main__":
    main()
