"""The step size: too small crawls, too large diverges; why a step goes down   (rows L12, L34)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from autograd import Value, value_and_grad
from nn import SGD

from .board import OUT, check, title
from .plots import COLORS, GREY, canvas, label, save_figure

RATES = {0.02: "crawls", 0.3: "arrives", 1.05: "diverges"}
STEPS = 12


def h(x: Value | float) -> Value | float:
    return (x - 1) ** 2 + 0.5


def main(out: Path = OUT) -> None:
    """Three rates from the left, the good one from the right, and one step's promise."""
    title("x ← x - η·h'(x) on h(x) = (x - 1)² + ½, lowest at x = 1")
    figure, (sides, rates) = canvas("The size of a step", columns=2)
    grid = np.linspace(-2.4, 4.4, 200)
    sides.plot(grid, [h(x) for x in grid], color=GREY, lw=1, zorder=0)
    for start, color in ((-2.0, COLORS[0]), (4.0, COLORS[1])):
        path = descend(start, 0.3)
        name = f"from {start:g}: h' is {'-' if start < 1 else '+'}"
        sides.plot(path, [h(x) for x in path], "o-", ms=4, color=color, label=name)
        print(f"  η = 0.3 from {start:4g}: {'  '.join(f'{x:.3f}' for x in path[:6])} ...")
    label(sides, "downhill from the left and from the right, η = 0.3", "x", "h(x)", "upper center")
    for (rate, what), color in zip(RATES.items(), COLORS, strict=True):
        path = descend(-2.0, rate)
        above = [h(x) - 0.5 for x in path]
        rates.semilogy(above, "o-", ms=4, color=color, label=f"η = {rate}: {what}")
        print(f"  η = {rate:4}: {above[-1]:9.2e} above the least after {STEPS} steps: {what}")
    label(rates, "three rates from x = -2", "step", "h(x) - ½")
    save_figure(figure, "steps", out)

    title("why a step goes down (Taylor): h(x - η·h') ≈ h(x) - η·h'², less than h(x) for a small η")
    value, slope = value_and_grad(h)(-2.0)
    for rate in (0.1, 0.01, 0.001):
        promised, real = value - rate * slope**2, h(-2.0 - rate * slope)
        print(f"  η = {rate:5}: promised {promised:.6f}, real {real:.6f}")
        check("    what is missing, η²·h'²·h''/2", real - promised, (rate * slope) ** 2)


def descend(start: float, rate: float) -> list[float]:
    """The places that gradient descent visits."""
    x = Value(start, "x")
    optimizer = SGD([x], lr=rate)
    path = [x.data]
    for _ in range(STEPS):
        optimizer.zero_grad()
        h(x).backward()  # type: ignore[union-attr]
        optimizer.step()
        path.append(x.data)
    return path


if __name__ == "__main__":
    main()
