"""Logistic regression: loops, the vectorised formula and the graph agree   (row L16)."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autograd import sigmoid
from nn import SGD, Neuron, boundary, fit, logistic, over_batch

from .board import OUT, title
from .plots import COLORS, canvas, label, save_figure


def main(out: Path = OUT) -> None:
    """Compute one gradient in three ways, then train and draw the boundary."""
    title("logistic regression, m = 80 samples of n = 2 features")
    random = np.random.RandomState(1)
    Y = np.tile([0.0, 1.0], 40)
    X = random.normal(0, 1, (80, 2)) + np.where(Y[:, None] == 1, [1.2, 1.0], [-1.0, -0.8])
    w, b = [0.3, -0.2], 0.1

    dw, db, slip = by_loops(X, Y, w, b)
    dW, dB = by_formula(X, Y, np.array(w), b)
    neuron = Neuron(2, activation=None)
    neuron.load_state_dict({"weight": w, "bias": b})
    over_batch(logistic, [neuron(x) for x in X], Y).backward()
    graph = [value.grad or 0.0 for value in neuron.parameters()]
    rows = {"loops, dz = a - y": [*dw, db], "formula, dZ = A - Y": [*dW, dB], "graph": graph}
    for name, gradient in rows.items():
        print(f"  {name:20} dw = {gradient[0]:.12f} {gradient[1]:.12f}  db = {gradient[2]:.12f}")
        if not np.allclose(gradient, graph, rtol=1e-12, atol=0):
            raise AssertionError(f"{name} disagrees with the graph")
    print(f"  {'loops, dz = a(1 - a)':20} dw = {slip[0]:.12f} {slip[1]:.12f}")
    print(
        "  Two sets of notes print dz = a(1 - a) in the loops. That is a slip: it is da/dz alone;"
    )
    print("  with the loss behind it dz = dL/da · da/dz = a - y, as in their vectorised form.")

    optimizer = SGD(neuron.parameters(), lr=1.0)
    history = fit(neuron, "logistic", X, Y, optimizer=optimizer, epochs=60, metrics="accuracy")
    right = round(80 * history.metrics["accuracy"][-1])
    print(f"  trained 60 steps: loss {history.loss[-1]:.4f}, {right}/80 right")

    figure, (curve, plane) = canvas("Logistic regression", columns=2)
    curve.plot(range(1, 61), history.loss, color=COLORS[0])
    label(curve, "mean loss", "step", "-y·log ŷ - (1 - y)·log(1 - ŷ)", legend="")
    boundary(neuron, X, Y, plane)
    label(plane, f"σ(w·x + b) > ½: {right} of 80 right", "x₁", "x₂")
    save_figure(figure, "regression", out)


def by_loops(
    X: NDArray[np.float64], Y: NDArray[np.float64], w: list[float], b: float
) -> tuple[list[float], float, list[float]]:
    """The lecture's loops over samples and features; and what the slip would give."""
    m, n = X.shape
    dw, db, slip = [0.0] * n, 0.0, [0.0] * n
    for i in range(m):
        z = sum(w[j] * X[i, j] for j in range(n)) + b
        a = 1 / (1 + math.exp(-z))
        dz = a - Y[i]
        for j in range(n):
            dw[j] += X[i, j] * dz / m
            slip[j] += X[i, j] * a * (1 - a) / m
        db += dz / m
    return dw, db, slip


def by_formula(
    X: NDArray[np.float64], Y: NDArray[np.float64], w: NDArray[np.float64], b: float
) -> tuple[NDArray[np.float64], float]:
    """dZ = A - Y, dW = X·dZᵀ/m, db = ΣdZ/m; a sample is a row here."""
    A = sigmoid(X @ w + b)
    dZ = A - Y
    return X.T @ dZ / len(X), float(dZ.sum() / len(X))


if __name__ == "__main__":
    main()
