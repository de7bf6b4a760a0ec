"""What the gates of an LSTM are for: remembering a number over 50 steps of noise   (row L36)."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nn
from autograd import Value

from .board import OUT, title
from .plots import COLORS, GREY, canvas, label, save_figure

STATE = 8


class Reader(nn.Module):
    """Reads a sequence to its end, then says which number came first."""

    def __init__(self, kind: type[nn.RNN] | type[nn.LSTM], steps: int, rng: int = 0) -> None:
        self.cell = kind(2, STATE, rng=rng)
        self.head = nn.Neuron(STATE, activation=None, rng=rng)
        if isinstance(self.cell, nn.LSTM):  # begins as one that writes little and forgets little:
            biases = self.cell.bias_ih_l0  # Tallec & Ollivier, "Can recurrent neural networks
            for write, forget in zip(biases[:STATE], biases[STATE : 2 * STATE], strict=True):
                write.data, forget.data = -math.log(steps), math.log(steps)  # warp time?", 2018

    def forward(self, x: list[Any]) -> Any:
        """What it remembers of the first step."""
        return self.head(self.cell(x)[-1])


def main(out: Path = OUT, steps: int = 50, epochs: int = 40) -> None:
    """Train both on the same sequences; look at what comes back to each time step."""
    title(f"which number came first? {steps} steps, all but the first one noise")
    X, Y = sequences(300, steps, seed=0)
    held_out = sequences(200, steps, seed=1)
    print(f"  saying 0 every time has the squared error {np.square(held_out[1]).mean():.4f}")
    figure, (curve, flow) = canvas("An RNN forgets, an LSTM remembers", columns=2)
    for kind, color in ((nn.RNN, COLORS[0]), (nn.LSTM, COLORS[1])):
        name = kind.__name__
        model = Reader(kind, steps)
        norms = flowing_back(model, X[0])
        history = nn.fit(
            model,
            "squared_error",
            X,
            Y,
            optimizer=nn.Adam(model.parameters(), lr=0.02),
            epochs=epochs,
            batch_size=25,
            clip=1.0,
            validation=held_out,
            engine="compiled",
        )
        print(
            f"  {name:4}: squared error {history.validation_loss[-1]:.4f}; ‖∂y/∂hₜ‖ at first: "
            f"{norms[-1]:.1e} at the last step, {norms[0]:.1e} at the first"
        )
        curve.semilogy(range(1, epochs + 1), history.validation_loss, color=color, label=name)
        flow.semilogy(range(1, steps + 1), norms, color=color, label=name)
    curve.axhline(1 / 3, color=GREY, ls=":", label="saying 0 every time")
    label(curve, "learning to remember a number", "epoch", "squared error of the test")
    label(flow, "before training: what comes back in time", "time step t", "‖∂y/∂hₜ‖")
    save_figure(figure, "memory", out)
    print("  Each step back through an RNN multiplies by Wᵀ and tanh' ≤ 1. An LSTM's memory is")
    print("  multiplied by its forget gate alone, and that may stay close to 1.")


def sequences(count: int, steps: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Noise after a first number between -1 and 1, which a second input marks; and that number."""
    random = np.random.RandomState(seed)
    X = np.zeros((count, steps, 2))
    X[:, :, 0] = random.normal(0, 0.3, (count, steps))
    first = X[:, 0, 0] = random.uniform(-1, 1, count)
    X[:, 0, 1] = 1
    return X, first


def flowing_back(model: Reader, x: NDArray[np.float64]) -> list[float]:
    """The norm of the gradient of the output at the state of each step, for one sequence."""
    states: list[list[Value]] = model.cell(x.tolist())
    model.head(states[-1]).backward()
    norms = [math.hypot(*(h.grad or 0.0 for h in state)) for state in states]
    model.zero_grad()
    return norms


if __name__ == "__main__":
    main()
