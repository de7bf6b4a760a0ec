"""Two moons, 2-16-16-1 with a hinge loss: micrograd's demo."""

from __future__ import annotations

from pathlib import Path

from sklearn.datasets import make_moons

import nn

from .board import OUT, title
from .plots import COLORS, canvas, label, save_figure

STEPS = 100


def main(out: Path = OUT) -> None:
    """Train micrograd's network as micrograd does: full descent, falling learning rate."""
    title("two moons: 100 points, two hidden layers of 16 ReLU neurons, hinge loss, L2 penalty")
    X, labels = make_moons(n_samples=100, noise=0.1, random_state=1337)
    Y = 2 * labels - 1
    model = nn.MLP(2, [16, 16, 1], init="uniform", rng=1337)
    optimizer = nn.SGD(model.parameters(), lr=nn.linear(1.0, 0.1, STEPS))
    history = nn.fit(
        model,
        "hinge",
        X,
        Y,
        optimizer=optimizer,
        epochs=STEPS,
        l2=1e-4,
        metrics=["accuracy"],
    )
    accuracy = history.metrics["accuracy"]
    for step in (1, 10, 50, STEPS):
        print(
            f"  step {step:3}: loss {history.loss[step - 1]:.4f}, "
            f"{100 * accuracy[step - 1]:.0f} % right"
        )

    figure, (curve, plane) = canvas("Two moons", columns=2)
    steps = range(1, STEPS + 1)
    curve.plot(steps, history.loss, color=COLORS[0])  # it ends at 0, which has no logarithm
    label(curve, "full gradient descent", "step", "mean hinge loss", legend="")
    nn.boundary(model, X, labels, plane, names=("y = -1", "y = 1"))
    label(plane, f"{100 * accuracy[-1]:.0f} % right", "x₁", "x₂", "upper right")
    save_figure(figure, "moons", out)


if __name__ == "__main__":
    main()
