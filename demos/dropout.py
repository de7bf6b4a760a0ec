"""Dropout and L2 against over-fitting   (row L29)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sklearn.datasets import make_moons

import nn

from .board import OUT, title
from .plots import canvas, label, save_figure, shared_legend

EPOCHS = 80


def main(out: Path = OUT) -> None:
    """Train one network three times on 40 noisy points, test on 400 others."""
    title("40 noisy points of two moons, 400 others to test")
    X, Y = make_moons(n_samples=40, noise=0.35, random_state=0)
    test = make_moons(n_samples=400, noise=0.35, random_state=1)
    figure, axes = canvas("Against over-fitting", columns=3, width=4.4)
    for axis, (name, p, l2) in zip(
        axes,
        (("nothing", 0.0, 0.0), ("dropout ½", 0.5, 0.0), ("L2, λ = 0.01", 0.0, 0.01)),
        strict=True,
    ):
        model = network(p)
        optimizer = nn.Adam(model.parameters(), lr=0.02)
        nn.fit(model, "logistic", X, Y, optimizer=optimizer, epochs=EPOCHS, batch_size=10, l2=l2)
        model.eval()
        (loss, right), (test_loss, test_right) = score(model, X, Y), score(model, *test)
        print(
            f"  {name:13} training: loss {loss:.3f}, {right:.0%} right;  "
            f"test: loss {test_loss:.3f}, {test_right:.0%} right;  gap {test_loss - loss:.3f}"
        )
        nn.boundary(model, X, Y, axis, names=("upper moon", "lower moon"))
        text = f"{name}: loss {loss:.2f}, on new points {test_loss:.2f}"
        label(axis, text, "x₁", "x₂", legend="")
    shared_legend(figure, axes[0])
    save_figure(figure, "dropout", out)


def network(p: float) -> nn.Sequential:
    """2-16-16-1, with dropout after each hidden layer."""
    return nn.Sequential(
        nn.Layer(2, 16, "relu", rng=0),
        nn.Dropout(p, rng=1),
        nn.Layer(16, 16, "relu", rng=2),
        nn.Dropout(p, rng=3),
        nn.Layer(16, 1, rng=4),
    )


def score(model: nn.Module, X: Any, Y: Any) -> tuple[float, float]:
    """The mean loss, and the part that is right."""
    outputs = [model(x)[0].data for x in X]
    right = sum(nn.zero_one(z, y) == 0 for z, y in zip(outputs, Y, strict=True))
    return float(nn.over_batch("logistic", outputs, Y)), right / len(Y)


if __name__ == "__main__":
    main()
