"""Ready examples for the playground: five small problems, each with a network that solves it."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any, NamedTuple

from .layers import MLP
from .module import Module
from .optim import SGD, Adam, Optimizer

__all__ = ["Example", "examples"]


class Example(NamedTuple):
    """A problem, a network for it, and how to train it: the arguments of ``fit``."""

    name: str
    model: Module
    X: Any
    Y: Any
    loss: str | Callable[[Any, Any], Any]
    optimizer: Optimizer | None = None
    batch_size: int | None = None
    validation: float | tuple[Any, Any] | None = None
    shuffle: bool = True
    seed: int = 0


def examples() -> list[Example]:
    """Give XOR, moons, spirals, a line and sin x.

    >>> [(example.name, len(example.X)) for example in examples()]
    [('XOR', 4), ('Moons', 100), ('Spirals', 120), ('A line', 12), ('sin x', 60)]
    """
    return [_xor(), _moons(), _spirals(), _line(), _sine()]


def _xor() -> Example:
    model = MLP(2, [4, 1], "tanh", rng=1)
    X = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    optimizer = SGD(model.parameters(), lr=0.5)
    return Example("XOR", model, X, [0.0, 1.0, 1.0, 0.0], "logistic", optimizer)


def _moons() -> Example:
    generator, X, Y = random.Random(0), [], []
    for k in range(100):
        angle, upper = math.pi * (k // 2) / 49, k % 2
        x, y = math.cos(angle), math.sin(angle)
        centre = (x, y) if upper else (1 - x, 0.5 - y)
        X.append([round(c + generator.gauss(0.0, 0.12), 3) for c in centre])
        Y.append(2.0 * upper - 1)
    model = MLP(2, [8, 8, 1], "relu", rng=3)
    return Example("Moons", model, X, Y, "hinge", SGD(model.parameters(), 0.1, 0.9), None, 0.2)


def _spirals() -> Example:
    generator, X, Y = random.Random(0), [], []
    for k in range(120):
        t, arm = 0.25 + 2.2 * (k // 2) / 59, k % 2
        angle = 2.2 * t + math.pi * arm
        centre = t * math.cos(angle), t * math.sin(angle)
        X.append([round(c + generator.gauss(0.0, 0.05), 3) for c in centre])
        Y.append(float(arm))
    model = MLP(2, [16, 16, 1], "tanh", rng=2)
    optimizer = Adam(model.parameters(), lr=0.01)
    return Example("Spirals", model, X, Y, "logistic", optimizer, 20)


def _line() -> Example:
    generator = random.Random(0)
    X = [[round(0.25 * k, 2)] for k in range(12)]
    Y = [round(2 * x - 1 + generator.gauss(0.0, 0.3), 3) for (x,) in X]
    model = MLP(1, [1], rng=0)
    return Example("A line", model, X, Y, "squared_error", SGD(model.parameters(), lr=0.05))


def _sine() -> Example:
    generator = random.Random(0)
    X = [[round(-math.pi + 2 * math.pi * k / 59, 3)] for k in range(60)]
    Y = [round(math.sin(x) + generator.gauss(0.0, 0.05), 3) for (x,) in X]
    model = MLP(1, [12, 1], "tanh", rng=0)
    optimizer = Adam(model.parameters(), lr=0.02)
    return Example("sin x", model, X, Y, "squared_error", optimizer, 10, 0.2)
