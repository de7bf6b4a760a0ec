"""A recurrent network counts: is the number of ones so far odd?   (row L30)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nn
from autograd import compile

from .board import OUT, title
from .plots import COLORS, GREY, canvas, label, save_figure

LENGTH, LONG, STATE, EPOCHS = 8, 24, 6, 150


class Recurrent(nn.Module):
    """hₜ = tanh(W·[xₜ, hₜ₋₁] + b), zₜ = v·hₜ + c: the same weights at every step."""

    def __init__(self, rng: int) -> None:
        self.cell = nn.Layer(1 + STATE, STATE, "tanh", rng=rng)
        self.head = nn.Neuron(STATE, activation=None, rng=rng)

    def forward(self, xs: list[Any]) -> list[Any]:
        """A logit after every step."""
        h: list[Any] = [0.0] * STATE
        zs = []
        for x in xs:
            h = self.cell([x, *h])
            zs.append(self.head(h))
        return zs


def main(out: Path = OUT) -> None:
    """Learn parity from half of all strings of 8 bits; test on the others, and on longer ones."""
    title(f"parity: 1 input, {STATE} tanh neurons that see their own last values, 1 output")
    order = np.random.RandomState(0).permutation(2**LENGTH)
    strings = (order[:, None] >> np.arange(LENGTH)) & 1
    X, test_X = np.split(strings.astype(float), 2)
    model = Recurrent(rng=2)
    history = nn.fit(
        model,
        loss,
        X,
        odd(X),
        optimizer=nn.Adam(model.parameters(), lr=0.01),
        epochs=EPOCHS,
        batch_size=16,
        engine="compiled",
        clip=1.0,  # a gradient that comes back through many steps can explode
    )
    print(f"  loss {history.loss[0]:.3f} at first, {history.loss[-1]:.3f} after {EPOCHS} epochs")
    long_X = np.random.RandomState(1).randint(0, 2, (100, LONG)).astype(float)
    for name, xs in (("strings not trained on", test_X), (f"strings of {LONG} bits", long_X)):
        right = (probabilities(model, xs) > 0.5) == odd(xs)
        print(f"  {name:22}: {right.mean():.1%} of the answers right")

    figure, (curve, steps) = canvas("A recurrent network counts ones: odd or even?", columns=2)
    curve.semilogy(range(1, EPOCHS + 1), history.loss, color=COLORS[0])
    label(curve, "learning from 128 strings of 8 bits", "epoch", "mean logistic loss", legend="")
    time, bits = np.arange(1, LONG + 1), long_X[0]
    steps.bar(time, bits, color=GREY, alpha=0.35, label="bit xₜ")
    steps.plot(time, odd(bits[None])[0], "o", color=COLORS[1], label="odd so far?")
    steps.plot(time, probabilities(model, long_X[:1])[0], color=COLORS[0], label="the network's ŷₜ")
    steps.axvline(LENGTH + 0.5, 0, 0.75, color=GREY, ls=":", label="as long as those it learned")
    steps.set_ylim(-0.05, 1.45)
    label(steps, f"a string of {LONG} bits", "step t", "probability", "upper center", columns=2)
    save_figure(figure, "sequence", out)


def odd(xs: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each step of each string 1 if the number of ones up to there is odd, else 0."""
    return xs.cumsum(1) % 2


def loss(zs: list[Any], ys: list[Any]) -> Any:
    """The mean logistic loss over the steps of one string."""
    return nn.over_batch("logistic", zs, ys)


def probabilities(model: Recurrent, xs: NDArray[np.float64]) -> NDArray[np.float64]:
    """The network's answers, compiled for strings of this length."""
    program = compile(lambda x: [z.sigmoid() for z in model(x)], shapes=[xs.shape[1]])
    answers: NDArray[np.float64] = program(xs)
    return answers


if __name__ == "__main__":
    main()
