"""Random programs as people write them: a family of networks, a loss and options for each seed."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any, NamedTuple

import autograd as ag
from autograd import Value

__all__ = ["FAMILIES", "Program", "program"]

ACTIVATIONS: list[Callable[[Any], Any]] = [
    ag.tanh,
    ag.relu,
    ag.sigmoid,
    ag.softplus,
    lambda v: ag.leaky_relu(v, 0.1),
    lambda v: ag.elu(v, 1.0),
]


class Program(NamedTuple):
    """A loss of x and y, the shape of x, the number of classes (0: y is 1 or -1), options."""

    family: str
    loss: Callable[[Any, Any], Any]
    shape: tuple[int, ...]
    classes: int
    options: dict[str, Any]


class Maker:
    """What the families have in common: sizes, weights and an activation, drawn at random."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.n, self.h, self.steps = (self.random.randint(2, 5) for _ in range(3))
        self.activation = self.random.choice(ACTIVATIONS)

    def layer(self, inputs: int, outputs: int) -> Callable[[list[Any]], list[Any]]:
        weights = [self.weights(inputs, 1 / math.sqrt(inputs)) for _ in range(outputs)]
        biases = self.weights(outputs, 0.1)
        return lambda x: [ag.dot(w, x, b) for w, b in zip(weights, biases, strict=True)]

    def weights(self, count: int, scale: float) -> list[Value]:
        return [Value(self.random.gauss(0, scale)) for _ in range(count)]

    def activated(self, x: list[Any]) -> list[Any]:
        return [self.activation(each) for each in x]


Model = tuple[Callable[[Any], list[Any]], tuple[int, ...], int]  # with its shapes, in and out


def mlp(make: Maker) -> Model:
    h = make.random.choice([1, 2, 3, 7, 33, 40])
    first, second = make.layer(make.n, h), make.layer(h, h)
    return lambda x: make.activated(second(make.activated(first(x)))), (make.n,), h


def skip(make: Maker) -> Model:
    layer = make.layer(make.n, make.n)

    def f(x: list[Any]) -> list[Any]:
        return [a + b for a, b in zip(x, make.activated(layer(x)), strict=True)]

    return f, (make.n,), make.n


def convolution(make: Maker) -> Model:
    kernels = make.layer(4, 3)
    pool = make.random.random() < 0.5

    def f(x: list[list[Any]]) -> list[Any]:
        def at(i: int, j: int) -> list[Any]:
            return kernels([x[i][j], x[i][j + 1], x[i + 1][j], x[i + 1][j + 1]])

        z = [[make.activated(at(i, j)) for j in range(4)] for i in range(4)]
        if not pool:
            return [v for row in z for place in row for v in place]
        corners = [(i, j) for i in (0, 2) for j in (0, 2)]
        return [
            ag.maximum(z[i][j][k], z[i][j + 1][k], z[i + 1][j][k], z[i + 1][j + 1][k])
            for i, j in corners
            for k in range(3)
        ]

    return f, (5, 5), 12 if pool else 48


def rnn(make: Maker) -> Model:
    layer = make.layer(make.n + make.h, make.h)

    def f(x: list[list[Any]]) -> list[Any]:
        state: list[Any] = [Value(0.0)] * make.h
        for each in x:
            state = make.activated(layer(each + state))
        return state

    return f, (make.steps, make.n), make.h


def lstm(make: Maker) -> Model:
    h = make.h
    layer = make.layer(make.n + h, 4 * h)

    def f(x: list[list[Any]]) -> list[Any]:
        state: list[Any] = [Value(0.0)] * h
        cell: list[Any] = [Value(0.0)] * h
        for each in x:
            z = layer(each + state)
            keep, write, out = ([ag.sigmoid(v) for v in z[k : k + h]] for k in (0, h, 2 * h))
            new = [ag.tanh(v) for v in z[3 * h :]]
            cell = [a * c + b * d for a, c, b, d in zip(keep, cell, write, new, strict=True)]
            state = [a * ag.tanh(c) for a, c in zip(out, cell, strict=True)]
        return state

    return f, (make.steps, make.n), h


def gru(make: Maker) -> Model:
    h = make.h
    gates, candidate = make.layer(make.n + h, 2 * h), make.layer(make.n + h, h)

    def f(x: list[list[Any]]) -> list[Any]:
        state: list[Any] = [Value(0.0)] * h
        for each in x:
            z = [ag.sigmoid(v) for v in gates(each + state)]
            reset = [a * b for a, b in zip(z[:h], state, strict=True)]
            new = [ag.tanh(v) for v in candidate(each + reset)]
            state = [u * a + (1 - u) * b for u, a, b in zip(z[h:], state, new, strict=True)]
        return state

    return f, (make.steps, make.n), h


def attention(make: Maker) -> Model:
    queries, keys, values = (make.layer(make.n, make.h) for _ in range(3))
    causal = make.random.random() < 0.5

    def f(x: list[list[Any]]) -> list[Any]:
        q, k, v = ([layer(each) for each in x] for layer in (queries, keys, values))
        found = []
        for i in range(make.steps):
            end = i + 1 if causal else make.steps
            shares = ag.softmax([ag.dot(q[i], k[j]) / math.sqrt(make.h) for j in range(end)])
            found += [ag.dot(shares, [v[j][d] for j in range(end)]) for d in range(make.h)]
        return found

    return f, (make.steps, make.n), make.h * make.steps


def layer_norm(make: Maker) -> Model:
    layer, gains = make.layer(make.n, make.h), make.weights(make.h, 1.0)

    def f(x: list[Any]) -> list[Any]:
        z = make.activated(layer(x))
        mean = ag.sum(z) / make.h
        deviation = ag.sqrt(ag.sum([(v - mean) ** 2 for v in z]) / make.h + 1e-3)
        return [gain * (v - mean) / deviation for gain, v in zip(gains, z, strict=True)]

    return f, (make.n,), make.h


def experts(make: Maker) -> Model:
    gate, *layers = make.layer(make.n, 2), *(make.layer(make.n, make.h) for _ in range(2))

    def f(x: list[Any]) -> list[Any]:
        a, b = ag.softmax(gate(x))
        one, other = (make.activated(layer(x)) for layer in layers)
        return [a * v + b * w for v, w in zip(one, other, strict=True)]

    return f, (make.n,), make.h


def radial(make: Maker) -> Model:
    centers = [make.weights(make.n, 1.0) for _ in range(make.h)]

    def f(x: list[Any]) -> list[Any]:
        return [
            ag.exp(-ag.sum([(a - c) ** 2 for a, c in zip(x, center, strict=True)]))
            for center in centers
        ]

    return f, (make.n,), make.h


def graph_convolution(make: Maker) -> Model:
    layer, size = make.layer(make.n, make.h), make.steps
    near = [[i == j or make.random.random() < 0.5 for j in range(size)] for i in range(size)]

    def f(x: list[list[Any]]) -> list[Any]:
        z = [layer(row) for row in x]
        return [
            make.activation(ag.sum([z[j][d] for j in range(size) if near[i][j]]))
            for i in range(size)
            for d in range(make.h)
        ]

    return f, (size, make.n), make.h * size


def decay(make: Maker) -> Model:
    weights = make.weights(make.n, 1.0)

    def f(x: list[Any]) -> list[Any]:
        norm = ag.sqrt(ag.sum([w * w for w in weights]) + 0.01)
        return [make.activation(w * v) + 0.1 * norm for w, v in zip(weights, x, strict=True)]

    return f, (make.n,), make.n


FAMILIES: list[Callable[[Maker], Model]] = [
    mlp,
    skip,
    convolution,
    rnn,
    lstm,
    gru,
    attention,
    layer_norm,
    experts,
    radial,
    graph_convolution,
    decay,
]


def program(seed: int) -> Program:
    """The program of this seed."""
    make = Maker(seed)
    family = make.random.choice(FAMILIES)
    model, shape, size = family(make)
    kind = make.random.choice(["classes", "squares", "logistic"])
    classes = make.random.randint(2, 4) if kind == "classes" else 0
    head = make.layer(size, classes or 1)

    def loss(x: Any, y: Any) -> Any:
        z = head(model(x))
        if kind == "classes":
            return ag.cross_entropy(z, y)
        return (z[0] - y) ** 2 if kind == "squares" else ag.softplus(-y * z[0])

    options: dict[str, Any] = {}
    for name, value, share in (
        ("batch_size", 6, 0.2),
        ("reduction", "sum", 0.2),
        ("target", "numpy", 0.3),
        ("dtype", "float32", 0.15),
    ):
        if make.random.random() < share:
            options[name] = value
    return Program(family.__name__, loss, shape, classes, options)
