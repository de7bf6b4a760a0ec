"""XOR: a perceptron cannot learn it, one hidden layer can   (row L17)."""

from __future__ import annotations

from pathlib import Path

import nn

from .board import OUT, title
from .plots import TIED, canvas, label, save_figure

X = [[0, 0], [0, 1], [1, 0], [1, 1]]
Y = [0, 1, 1, 0]


def train(model: nn.Module, epochs: int = 200) -> int:
    """Train on the four points; give how many of them come out right."""
    optimizer = nn.Adam(model.parameters(), lr=0.1)
    nn.fit(model, "logistic", X, Y, optimizer=optimizer, epochs=epochs)
    return sum(nn.zero_one(model(x), y) == 0 for x, y in zip(X, Y, strict=True))


def main(out: Path = OUT) -> None:
    """Train both on the four points."""
    title("XOR: (0, 0) and (1, 1) against (0, 1) and (1, 0)")
    perceptron = nn.Neuron(2, activation=None, rng=0)
    network = nn.MLP(2, [4, 1], activation="tanh", rng=0)
    figure, axes = canvas("XOR needs a hidden layer", columns=2, height=4.6)
    for axis, model, name in zip(
        axes, (perceptron, network), ("a perceptron", "2-4-1, tanh"), strict=True
    ):
        right = train(model)
        print(f"  {name}: {right}/4 right")
        for x in X:
            p = model(x).sigmoid().data
            print(f"    {x[0]} xor {x[1]}: probability of 1 is {p:.3f}")
        nn.boundary(model, X, Y, axis, names=("0", "1"), margin=0.25)
        flat = max(abs(model(x).data) for x in X) < TIED
        result = "½ everywhere, no line does better" if flat else f"{right} of 4 right"
        label(axis, f"{name}: {result}", "x₁", "x₂", legend="")
    axes[0].legend(loc="center", frameon=True)
    print("  No straight line parts the points: one gets 3 of 4 at best. The logistic loss of a")
    print("  perceptron is least where its weights are 0, and says ½ of every point.")
    save_figure(figure, "xor", out)


if __name__ == "__main__":
    main()
