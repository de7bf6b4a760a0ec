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
    """A loss of x and y, the shape of x, the number of classes (0: y is 1 or -1), options.

    ``tokens`` is the number of tokens that x may be; 0 if x is any numbers.
    """

    family: str
    loss: Callable[[Any, Any], Any]
    shape: tuple[int, ...]
    classes: int
    options: dict[str, Any]
    tokens: int


class Maker:
    """What the families have in common: sizes, weights and an activation, drawn at random."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.n, self.h, self.steps = (self.random.randint(2, 5) for _ in range(3))
        self.activation = self.random.choice(ACTIVATIONS)
        self.tokens = 0

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


def padded_convolution(make: Maker) -> Model:
    """Windows that reach over the edge, where there is nothing: 0 is written, or left out."""
    kernels = [make.weights(9, 0.3) for _ in range(2)]
    deeper = [make.weights(18, 0.2) for _ in range(2)]
    zeros, bias = make.random.random() < 0.5, make.random.random() < 0.5
    biases: list[Any] = [*make.weights(2, 0.1)] if bias else [0.0, 0.0]
    stride = make.random.choice([1, 2])

    def convolved(maps: list[Any], kernels: list[Any]) -> list[Any]:
        size = len(maps[0])

        def at(i: int, j: int, kernel: list[Any], bias: Any) -> Any:
            window = [
                each[p][q] if 0 <= p < size and 0 <= q < size else None
                for each in maps
                for p in range(i - 1, i + 2)
                for q in range(j - 1, j + 2)
            ]
            if zeros:
                return ag.dot(kernel, [0.0 if v is None else v for v in window], bias)
            seen = [(w, v) for w, v in zip(kernel, window, strict=True) if v is not None]
            return ag.dot(*map(list, zip(*seen, strict=True)), bias)

        places = range(0, size, stride)
        return [
            [make.activated([at(i, j, kernel, b) for j in places]) for i in places]
            for kernel, b in zip(kernels, biases, strict=True)
        ]

    def f(x: list[list[Any]]) -> list[Any]:
        maps = convolved(convolved([x], kernels), deeper)
        return [v for each in maps for row in each for v in row]

    return f, (4, 4), 2 * (4 if stride == 1 else 1) ** 2


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


def shares_by_hand(scores: list[Any]) -> list[Any]:
    """A softmax as it is written without one."""
    largest = ag.maximum(*scores)
    powers = [ag.exp(score - largest) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]


def attention(make: Maker) -> Model:
    """Whole, causal or over a window; of one or two heads; all at once or position by position."""
    heads, size = make.random.choice([1, 1, 2]), make.random.randint(1, 4)
    width = heads * size
    queries, keys, values = (make.layer(make.n, width) for _ in range(3))
    reach = make.random.choice(["all", "past", "past", "window", "others"])
    softmax = make.random.choice([ag.softmax, ag.softmax, shares_by_hand])
    growing, steps = make.random.random() < 0.5, make.random.randint(2, 7)
    outer = make.random.random() < 0.5

    def seen(i: int) -> list[int]:
        ways = {"all": range(steps), "past": range(i + 1), "window": range(max(0, i - 2), i + 1)}
        return [j for j in ways.get(reach, range(steps)) if reach != "others" or j != i]

    def read(q: list[Any], k: list[Any], v: list[Any], i: int, head: int) -> list[Any]:
        part = slice(head * size, (head + 1) * size)
        scores = [
            sum(a * b for a, b in zip(q[i][part], k[j][part], strict=True)) / math.sqrt(size)
            for j in seen(i)
        ]
        shares = softmax(scores)
        return [
            ag.dot(shares, [v[j][d] for j in seen(i)])
            for d in range(head * size, (head + 1) * size)
        ]

    def f(x: list[list[Any]]) -> list[Any]:
        if growing and reach in ("past", "window"):
            q: list[Any] = []
            k: list[Any] = []
            v: list[Any] = []
            found = []
            for i, each in enumerate(x):
                for rows, layer in ((q, queries), (k, keys), (v, values)):
                    rows.append(layer(each))
                found += [o for head in range(heads) for o in read(q, k, v, i, head)]
            return found
        q, k, v = ([layer(each) for each in x] for layer in (queries, keys, values))
        pairs = [(i, head) for i in range(steps) for head in range(heads)]
        if outer:
            pairs.sort(key=lambda pair: pair[1])
        return [o for i, head in pairs for o in read(q, k, v, i, head)]

    return f, (steps, make.n), width * steps


def running(make: Maker) -> Model:
    """Totals of all that came before, of numbers, products or activations, each in use."""
    steps, weights = make.random.randint(3, 9), make.weights(9, 1.0)
    kind, start = make.random.randrange(5), make.random.choice([0.0, 1.0, weights[0]])
    rescaled = make.random.random() < 0.3

    def f(x: list[Any]) -> list[Any]:
        total, found = start, []
        for t in range(steps):
            more = x[t], weights[t] * x[t], make.activation(x[t]), x[t] * x[t - 1], x[t] - 0.5
            total = total - more[kind] if rescaled and kind == 1 else total + more[kind]
            found.append(total / (t + 1) if rescaled else total)
        return make.activated(found) if kind % 2 else found

    return f, (steps,), steps


def mixing(make: Maker) -> Model:
    """Each node adds up some others with fixed coefficients: a graph, a blur, a difference."""
    nodes, width = make.random.randint(3, 8), make.random.randint(1, 3)
    layer = make.layer(width, make.h)
    degrees = make.random.choice([[2], [1, 2, 3], [3, 4]])
    near = [
        make.random.sample(range(nodes), min(nodes, make.random.choice(degrees)))
        for _ in range(nodes)
    ]
    share = make.random.choice([None, 0.5, -1.0])

    def f(x: list[list[Any]]) -> list[Any]:
        found = []
        for i, others in enumerate(near):
            row = []
            for d in range(width):
                terms = [x[j][d] if share is None else share * x[j][d] for j in others]
                row.append(sum(terms) / len(terms) if i % 2 else ag.sum(terms))
            found += make.activated(layer(row))
        return found

    return f, (nodes, width), nodes * make.h


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


def embedding(make: Maker) -> Model:
    """Tables looked up at tokens: whole or in part, one or several, of parameters or of others."""
    tokens, width, steps = make.random.randint(1, 6), make.random.randint(1, 4), make.steps
    table, other = ([make.weights(width, 1.0) for _ in range(tokens)] for _ in range(2))
    positions, weights = [make.weights(width, 1.0) for _ in range(steps)], make.weights(tokens, 1.0)
    kind = make.random.choice(["plain", "plain", "padded", "computed", "reversed", "part", "data"])
    both, weighed, placed, joined = (make.random.random() < 0.5 for _ in range(4))
    if kind == "data":
        tokens = min(tokens, steps)
    make.tokens = tokens + (kind == "padded")

    def row(x: list[Any], t: int) -> list[Any]:
        if kind == "padded":
            return list(ag.take([[0.0] * width, *table], x[t]))
        if kind == "computed":
            return list(ag.take([make.activated(each) for each in table], tokens - 1 - x[t]))
        if kind == "reversed":
            return list(ag.take(table[::-1], x[t]))
        if kind == "part":
            return [ag.take(column, x[t]) for column in [*zip(*table, strict=True)][t % width :]]
        if kind == "data":
            return [w * ag.take(x, x[t]) for w in positions[t]]
        return list(ag.take(table, x[t]))

    def f(x: list[Any]) -> list[Any]:
        found = []
        for t in range(steps):
            each = row(x, t)
            if both and make.tokens == tokens:
                each = [a + b for a, b in zip(each, ag.take(other, x[-1 - t]), strict=False)]
            if placed:
                each = [a + b for a, b in zip(each, positions[t], strict=False)]
            if weighed and make.tokens == tokens:
                each = [a * ag.take(weights[:tokens], x[t]) for a in each]
            found.append(make.activated(each))
        if joined or kind == "part":
            return [a for each in found for a in each][:width]
        return [ag.sum(column) / steps for column in zip(*found, strict=True)]

    return f, (steps,), width


FAMILIES: list[Callable[[Maker], Model]] = [
    mlp,
    skip,
    convolution,
    padded_convolution,
    rnn,
    lstm,
    gru,
    attention,
    running,
    mixing,
    layer_norm,
    experts,
    radial,
    graph_convolution,
    decay,
    embedding,
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
    return Program(family.__name__, loss, shape, classes, options, make.tokens)
