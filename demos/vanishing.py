"""The gradient on its way back through 100 layers: sigmoid, ReLU, residual   (row L22)."""

from __future__ import annotations

import math
import random
from pathlib import Path

from autograd import sum, without_collector
from nn import Layer, Module, Residual, Sequential

from .board import OUT, title
from .plots import COLORS, canvas, label, save_figure

DEPTH, WIDTH = 100, 16


def networks() -> dict[str, Module]:
    """Three networks of 100 layers from the same seed."""

    def layers(activation: str) -> list[Layer]:
        generator = random.Random(0)
        return [Layer(WIDTH, WIDTH, activation, rng=generator) for _ in range(DEPTH)]

    return {
        "sigmoid": Sequential(*layers("sigmoid")),
        "ReLU": Sequential(*layers("relu")),
        "sigmoid, residual": Sequential(*(Residual(layer) for layer in layers("sigmoid"))),
    }


def deltas(network: Module) -> list[float]:
    """‖δˡ‖ of each layer, the gradient at its z: it is that of the bias, for one sample.

    The weights' own gradient would not do: a ReLU network without biases is homogeneous in each
    layer's weights, so Σ W∘∂f/∂W = f in every layer, however small δ has become.
    """
    generator = random.Random(1)
    with without_collector():
        sum(network([generator.gauss(0, 1) for _ in range(WIDTH)])).backward()
    return [
        math.hypot(*(bias.grad or 0.0 for bias in parameter))
        for name, parameter in network.named_parameters()
        if name.endswith("bias")
    ]


def main(out: Path = OUT) -> None:
    """Send one gradient back through each network."""
    title("what if there were 100 layers? δˡ⁻¹ = σ'(zˡ⁻¹) ⊙ (Wˡ)ᵀδˡ, and σ' ≤ 1/4")
    figure, (axis,) = canvas("The gradient through 100 layers", width=7.2, height=4.8)
    for (name, network), color in zip(networks().items(), COLORS, strict=True):
        norms = deltas(network)
        print(
            f"  {name:18} ‖δ‖ of layer 100: {norms[-1]:.1e}   layer 50: {norms[49]:.1e}   "
            f"layer 1: {norms[0]:.1e}"
        )
        axis.semilogy(range(1, DEPTH + 1), norms, color=color, label=name)
    print("  Each sigmoid layer multiplies by σ' ≤ 1/4; ReLU multiplies by 0 or 1, and with these")
    print("  random weights shrinks less; a residual connection adds the 1 of d(x + F(x))/dx.")
    label(axis, "what comes back to z of each layer, one sample", "layer", "‖δˡ‖")
    save_figure(figure, "vanishing", out)


if __name__ == "__main__":
    main()
