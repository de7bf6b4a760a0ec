"""Random recurrences as people write them: cells, stacked or one after the other, and losses."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, NamedTuple

import autograd as ag
from autograd import Value

from .examples import weights

__all__ = ["Recurrence", "recurrence"]

Vector = list[Any]
Cell = Callable[[Vector, Vector], Vector]


class Recurrence(NamedTuple):
    """A loss of x (steps, inputs), h (size,) and y, one number or one for each step."""

    loss: Callable[[list[Vector], Vector, Any], Any]
    shapes: list[tuple[int, ...]]
    steps: int


def _layer(rng: random.Random, inputs: int, outputs: int) -> Callable[[Vector], Vector]:
    rows, biases = weights(rng, outputs, inputs), weights(rng, outputs)
    return lambda x: [ag.dot(row, x, b) for row, b in zip(rows, biases, strict=True)]


def _simple(rng: random.Random, inputs: int, size: int) -> Cell:
    u, w, b = weights(rng, size, inputs), weights(rng, size, size), weights(rng, size)
    activation = rng.choice([ag.tanh, ag.sigmoid, ag.relu, ag.softplus, lambda z: z])

    def cell(x: Vector, h: Vector) -> Vector:
        return [
            activation(0.5 * (ag.dot(ui, x) + ag.dot(wi, h) + bi))
            for ui, wi, bi in zip(u, w, b, strict=True)
        ]

    return cell


def _gated(rng: random.Random, inputs: int, size: int) -> Cell:
    gates, new = _layer(rng, inputs + size, 2 * size), _layer(rng, inputs + size, size)

    def cell(x: Vector, h: Vector) -> Vector:
        z = [ag.sigmoid(v) for v in gates(x + h)]
        reset = [a * b for a, b in zip(z[:size], h, strict=True)]
        candidate = [ag.tanh(v) for v in new(x + reset)]
        return [u * a + (1 - u) * b for u, a, b in zip(z[size:], h, candidate, strict=True)]

    return cell


def _residual(rng: random.Random, inputs: int, size: int) -> Cell:
    layer = _layer(rng, inputs + size, size)
    return lambda x, h: [a + 0.3 * ag.tanh(v) for a, v in zip(h, layer(x + h), strict=True)]


def _normed(rng: random.Random, inputs: int, size: int) -> Cell:
    layer, gains = _layer(rng, inputs + size, size), weights(rng, size)

    def cell(x: Vector, h: Vector) -> Vector:
        z = layer(x + h)
        scale = ag.sqrt(ag.sum([v * v for v in z]) / size + 0.1)
        return [g * v / scale for g, v in zip(gains, z, strict=True)]

    return cell


def _shares(rng: random.Random, inputs: int, size: int) -> Cell:
    layer = _layer(rng, inputs + size, size)
    return lambda x, h: [a * 0.5 + b for a, b in zip(h, ag.softmax(layer(x + h)), strict=True)]


CELLS = [_simple, _simple, _gated, _residual, _normed, _shares]


def recurrence(seed: int) -> Recurrence:
    """The recurrence of this seed."""
    rng = random.Random(seed)
    steps, inputs, size = rng.randint(3, 12), rng.randint(1, 3), rng.randint(1, 4)
    depth = rng.choice([1, 1, 2])
    cells = [rng.choice(CELLS)(rng, inputs if k == 0 else size, size) for k in range(depth)]
    start = rng.choice(["zeros", "input", "weights"])
    first = weights(rng, size)
    order = [*range(steps)]
    if (way := rng.random()) < 0.2:
        order.reverse()
    elif way < 0.3:
        rng.shuffle(order)
    interleaved, masked = rng.random() < 0.5, rng.random() < 0.2
    head, attend = _layer(rng, size, 1), weights(rng, size)
    kind = rng.choice(["last", "each", "mean", "attention", "products"])

    def states(x: list[Vector], h: Vector) -> list[Vector]:
        begin = {"zeros": [Value(0.0)] * size, "input": h, "weights": first}[start]
        found: list[list[Vector]] = [[] for _ in cells]
        now = [begin for _ in cells]

        def run(t: int, k: int) -> None:
            given = x[order[t]] if k == 0 else found[k - 1][t]
            new = cells[k](given, now[k])
            if masked:
                new = [
                    ag.where(ag.step(x[order[t]][0]), a, b)
                    for a, b in zip(new, now[k], strict=True)
                ]
            now[k] = new
            found[k].append(new)

        if interleaved:
            for t in range(steps):
                for k in range(depth):
                    run(t, k)
        else:
            for k in range(depth):
                for t in range(steps):
                    run(t, k)
        return found[-1]

    def loss(x: list[Vector], h: Vector, y: Any) -> Any:
        found = states(x, h)
        if kind == "each":
            total: Any = 0
            for t in range(steps):
                total = total + (head(found[t])[0] - y[t]) ** 2
            return total
        if kind == "mean":
            return (ag.sum([head(each)[0] for each in found]) / steps - y[0]) ** 2
        if kind == "attention":
            shares = ag.softmax([ag.dot(attend, each) for each in found])
            found.append([ag.dot(shares, [each[i] for each in found]) for i in range(size)])
        if kind == "products":
            a, b = found[rng.randrange(1) - 1], found[0]
            found.append([p * q for p, q in zip(a, b, strict=True)])
        return (head(found[-1])[0] - y[0]) ** 2

    return Recurrence(loss, [(steps, inputs), (size,), (steps,)], steps)
