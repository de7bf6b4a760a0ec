"""``python -m benchmarks.iris``: how long the lectures' 4-6-3 learns iris, by each engine.

120 of the 150 flowers are for training, 30 are held out; the goal is 29 of these 30. Time is what
``History.seconds`` says of the epochs: compiling and checking are not in it. A process compiles
before it measures, as a program does whose cache is warm.
"""

from __future__ import annotations

import argparse
from statistics import median
from typing import Any

import numpy as np

import nn

__all__ = ["flowers", "learn", "main"]

EPOCHS, BATCH, RATE = 20, 20, 0.05


def flowers() -> tuple[Any, Any, Any, Any]:
    """Inputs and classes of the first 40 flowers of each kind, and of the other 30."""
    from sklearn.datasets import load_iris

    X, Y = load_iris(return_X_y=True)
    held = np.arange(150) % 50 >= 40
    X = (X - X[~held].mean(0)) / X[~held].std(0)
    return X[~held], Y[~held], X[held], Y[held]


def learn(engine: str, seed: int) -> tuple[float, int]:
    """Train once: the seconds that the epochs took, and how many of 30 are right."""
    X, Y, X_held, Y_held = flowers()
    model = nn.MLP(4, [6, 3], "tanh", rng=seed)
    history = nn.fit(
        model,
        "cross_entropy",
        X,
        Y,
        optimizer=nn.Adam(model.parameters(), lr=RATE),
        epochs=EPOCHS,
        batch_size=BATCH,
        rng=seed,
        engine=engine,
        progress=False,
    )
    found = np.array(nn.predict(model, X_held)).argmax(1)
    return sum(history.seconds), int((found == Y_held).sum())


def main(arguments: list[str] | None = None) -> None:
    """Print a line for each engine."""
    parser = argparse.ArgumentParser(prog="benchmarks.iris", description=__doc__)
    parser.add_argument("engines", nargs="*", default=["c", "compiled", "eager"])
    parser.add_argument("--seeds", type=int, default=9)
    given = parser.parse_args(arguments)
    print(f"{EPOCHS} epochs in batches of {BATCH}, Adam; median of {given.seeds} seeds")
    for engine in given.engines:
        learn(engine, 0)
        seconds, right = zip(*(learn(engine, seed) for seed in range(given.seeds)), strict=True)
        print(f"{engine:10}{1e3 * median(seconds):8.1f} ms{median(right):6.0f} of 30")


if __name__ == "__main__":
    main()
