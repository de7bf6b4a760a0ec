"""ŷ = ReLU(x·W₁)·W₂ and L = ‖ŷ - y‖² on random data: training lowers L   (row L8)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import nn
from autograd import compile, draw

from .board import OUT, save, title
from .plots import COLORS, canvas, label, save_figure

RATE, STEPS = 1e-6, 500


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
    """Train the scalar network, compiled, and hold every loss against the lecture's NumPy code."""
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
        engine="compiled",
    )
    losses = N * np.array(history.loss)
    by_hand = by_numpy(x, y, W1, W2, STEPS, RATE)
    if not np.allclose(losses, by_hand, rtol=1e-8, atol=0):
        raise AssertionError("the NumPy code has other losses")
    for step in (1, 10, 100, STEPS):
        L, expected = losses[step - 1], by_hand[step - 1]
        print(f"  step {step:3}: L = {L:.6e}   by the lecture's NumPy code {expected:.6e}")
    print(f"  {sum(history.seconds):.1f} s for {STEPS} steps, {history.engine}")

    program = compile(lambda x, y: nn.squared_error(model(x), y), shapes=[D_in, D_out])
    save(draw(program), "two_layers_forward", out)  # a box a layer
    save(draw(program, "backward"), "two_layers_backward", out)

    figure, (axis,) = canvas("ŷ = ReLU(x·W₁)·W₂ on random data", width=6.4)
    steps = range(1, STEPS + 1)
    axis.semilogy(steps, by_hand, color=COLORS[1], lw=6, alpha=0.5, label="gradients by hand")
    axis.semilogy(steps, losses, color=COLORS[0], label="gradients of the scalar graph, compiled")
    label(axis, f"N = {N}, D_in = {D_in}, H = {H}, D_out = {D_out}", "step", "L = ‖ŷ - y‖²")
    save_figure(figure, "two_layers", out)


if __name__ == "__main__":
    main()
