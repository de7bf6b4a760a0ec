"""Gradient descent on h(x) = eˣ - 2x, until h' = 0   (row L12)."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from autograd import Value, exp
from nn import SGD

from .board import OUT, title
from .plots import COLORS, canvas, label, save_figure

RATES = (0.1, 0.5, 0.9)


def main(out: Path = OUT) -> None:
    """Go downhill from x = -2 at three learning rates."""
    title("x ← x - η·h'(x) on h(x) = eˣ - 2x, whose lowest point is x = log 2")
    figure, (*valleys, slopes) = canvas(
        "Gradient descent on h(x) = eˣ - 2x", columns=2, rows=2, height=3.4
    )
    line = np.linspace(-2.4, 2.0, 200)
    for rate, valley, color, style in zip(RATES, valleys, COLORS, ("-", "--", ":"), strict=True):
        x = Value(-2.0, "x")
        optimizer = SGD([x], lr=rate)
        path: list[tuple[float, float]] = []
        gradients: list[float] = []
        while not gradients or abs(gradients[-1]) > 1e-12:
            optimizer.zero_grad()
            h = exp(x) - 2 * x
            h.backward()
            path.append((x.data, h.data))
            gradients.append(x.grad or 0.0)
            optimizer.step()
        print(f"  η = {rate}: x = {x.data:.12f} after {len(path)} steps")
        if abs(x.data - math.log(2)) > 1e-11:
            raise AssertionError(f"not at the lowest point: {x.data}")
        valley.plot(line, np.exp(line) - 2 * line, "0.4", lw=1, zorder=0)
        valley.plot(*zip(*path, strict=True), "o-", color=color, lw=1, ms=5)
        label(valley, f"η = {rate}: {len(path)} steps", "x", "h(x)", legend="")
        slopes.semilogy(np.abs(gradients), style, color=color, lw=2, label=f"η = {rate}")
    print(f"  log 2   = {math.log(2):.12f}")
    label(slopes, "the slope at each step", "step", "|h'(x)|")
    save_figure(figure, "descent", out)


if __name__ == "__main__":
    main()
