"""Avoid loops wherever you can: the lecture's two experiments, and a network's   (row L28)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

import nn
from autograd import compile

from .board import OUT, title
from .plots import COLORS, canvas, label, save_figure


def main(out: Path = OUT, n: int = 1_000_000, m: int = 2000, batch: int = 200) -> None:
    """Time each in a loop over numbers and as one operation on arrays.

    Args:
        out: where the picture goes.
        n: the length of the dot product.
        m: rows and columns of the matrix; the lecture's has 10,000, and takes minutes in a loop.
        batch: samples of the network.
    """
    title("for-loops against vectors")
    random = np.random.RandomState(0)
    a, b = random.rand(n), random.rand(n)
    W, x = random.rand(m, m), random.rand(m)
    model = nn.MLP(8, [16, 16, 1], activation="tanh", rng=0)
    X, Y = random.normal(size=(batch, 8)), random.normal(size=batch)
    program = compile(lambda x, y: (model(x) - y) ** 2)
    program.value_and_grad(X, Y)
    names = ["dot product", "matrix · vector", "value and gradient"]
    seconds: dict[str, list[float]] = {"loop": [], "vectors": []}
    for name, size, slow, fast in (
        (names[0], f"{n:,} numbers", lambda: looped_dot(a, b), lambda: a @ b),
        (names[1], f"{m:,}×{m:,}", lambda: [looped_dot(row, x) for row in W], lambda: W @ x),
        (
            names[2],
            f"8-16-16-1, {batch} samples",
            lambda: by_graphs(model, X, Y),
            lambda: program.value_and_grad(X, Y)[0],
        ),
    ):
        seconds["loop"].append(took(slow))
        seconds["vectors"].append(min(took(fast) for _ in range(5)))
        long, short = (1e3 * each[-1] for each in seconds.values())
        if not np.allclose(slow(), fast(), rtol=1e-9):
            raise AssertionError(f"{name}: the loop and the vectors disagree")
        print(f"  {name:18} {size:24} {long:9.1f} ms  {short:7.3f} ms  {long / short:7,.0f} times")
    print("  The lecture: 560 ms against 1.0, and for 10,000×10,000 277,822 ms against 46.9.")
    print("  The network's loop is a graph of scalars for each sample; its vectors were derived")
    print("  from that by compile.")

    figure, (axis,) = canvas("In a loop, and as one operation on arrays", width=6.4)
    places = np.arange(3)
    for k, ((name, times), color) in enumerate(zip(seconds.items(), COLORS, strict=False)):
        axis.bar(places + 0.36 * k - 0.18, 1e3 * np.array(times), 0.34, color=color, label=name)
    axis.set_yscale("log")
    axis.set_xticks(places, names)
    label(axis, "the scale is logarithmic", "", "ms")
    save_figure(figure, "loops", out)


def looped_dot(a: Any, b: Any) -> float:
    total = 0.0
    for k in range(len(a)):
        total += a[k] * b[k]
    return float(total)


def by_graphs(model: nn.Module, X: Any, Y: Any) -> float:
    """The mean loss, sample by sample in scalars, its gradient in the parameters."""
    model.zero_grad()
    total = 0.0
    for x, y in zip(X.tolist(), Y.tolist(), strict=True):
        loss = (model(x) - y) ** 2
        loss.backward(1 / len(X))
        total += loss.data
    return total / len(X)


def took(call: Callable[[], Any]) -> float:
    start = perf_counter()
    call()
    return perf_counter() - start


if __name__ == "__main__":
    main()
