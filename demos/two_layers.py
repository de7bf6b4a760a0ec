"""ŷ = ReLU(x·W₁)·W₂ and L = ‖ŷ - y‖² on random data: training lowers L   (row L8)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import nn

from .board import OUT, title
from .plots import COLORS, canvas, label, save_figure

RATE, STEPS = 1e-6, 2


class TwoLayers(nn.Module):
    """The lecture's network: two matrices, no biases."""

    def __init__(self, W1: NDArray[np.float64], W2: NDArray[np.float64]) -> None:
        self.hidden = nn.Layer(W1.shape[0], W1.shape[1], "relu", init="zeros")
        self.output = nn.Layer(W2.shape[0], W2.shape[1], init="zeros")
        zeros = [[0.0] * W1.shape[1], [0.0] * W2.shape[1]]
        for layer, W, bias in zip((self.hidden, self.output), (W1, W2), zeros, strict=True):
            layer.load_state_dict({"weight": W.T, "bias": bias})

    def forward(self, x: list[float]) -> list[object]:
        """One sample."""
        outputs: list[object] = self.output(self.hidden(x))
        return outputs


def by_numpy(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    W1: NDArray[np.float64],
    W2: NDArray[np.float64],
    steps: int,
    rate: float,
) -> list[float]:
    """The lecture's NumPy code, gradients by hand: L before each step."""
    losses = []
    for _ in range(steps):
        h = np.maximum(x @ W1, 0)
        y_hat = h @ W2
        losses.append(float(np.square(y_hat - y).sum()))
        d_y_hat = 2.0 * (y_hat - y)
        d_h = d_y_hat @ W2.T * (h > 0)
        W1, W2 = W1 - rate * (x.T @ d_h), W2 - rate * (h.T @ d_y_hat)
    return losses


def main(out: Path = OUT, N: int = 64, D_in: int = 1000, H: int = 100, D_out: int = 10) -> None:
    """Train the scalar network for a few steps; its 100,000 weights take seconds each."""
    title(f"N = {N}, D_in = {D_in}, H = {H}, D_out = {D_out}, random normal data")
    random = np.random.RandomState(0)
    x, y = random.randn(N, D_in), random.randn(N, D_out)
    W1, W2 = random.randn(D_in, H), random.randn(H, D_out)
    model = TwoLayers(W1, W2)
    weights = [w for layer in (model.hidden, model.output) for row in layer.weight for w in row]
    history = nn.fit(
        model,
        "squared_error",
        x,
        y,
        optimizer=nn.SGD(weights, lr=RATE * N),  # fit takes the mean over N, the lecture the sum
        epochs=STEPS,
    )
    by_hand = by_numpy(x, y, W1, W2, 500, RATE)
    for step, mean in enumerate(history.loss):
        L = mean * N
        print(f"  step {step + 1}: L = {L:.6e}   by NumPy {by_hand[step]:.6e}")
        if not np.isclose(L, by_hand[step], rtol=1e-10):
            raise AssertionError("the NumPy code has another loss")
    print(f"  step 500:                        by NumPy {by_hand[-1]:.6e}")

    figure, (axis,) = canvas("ŷ = ReLU(x·W₁)·W₂ on random data", width=6.4)
    axis.loglog(range(1, 501), by_hand, color=COLORS[0], label="NumPy, gradients by hand")
    axis.loglog(
        range(1, STEPS + 1), [N * mean for mean in history.loss], "o", color=COLORS[1],
        label="scalar graph",
    )  # fmt: skip
    label(axis, f"N = {N}, D_in = {D_in}, H = {H}, D_out = {D_out}", "step", "L = ‖ŷ - y‖²")
    save_figure(figure, "two_layers", out)


if __name__ == "__main__":
    main()
