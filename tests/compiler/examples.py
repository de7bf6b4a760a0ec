"""The networks whose compiled sources are pinned in tests/golden, written from scalars."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import autograd as ag
from autograd import Value

Vector = list[Any]


def weights(rng: random.Random, *shape: int) -> Any:
    """A (nested) list of leaves."""
    if not shape:
        return Value(rng.gauss(0, 0.5))
    return [weights(rng, *shape[1:]) for _ in range(shape[0])]


def neuron(w: Vector, x: Vector, b: Any) -> Any:
    """Σ wx + b from + and *."""
    return sum((wi * xi for wi, xi in zip(w, x, strict=True)), b)


class MLP:
    """Layers of relu neurons, the last one linear; neurons from + and *, or from dot."""

    def __init__(
        self, sizes: list[int], neuron: Callable[..., Any] = neuron, seed: int = 0
    ) -> None:
        rng = random.Random(seed)
        self.neuron = neuron
        self.layers = [(weights(rng, m, n), weights(rng, m)) for n, m in pairwise(sizes)]

    def __call__(self, x: Vector) -> Vector:
        for depth, (rows, biases) in enumerate(self.layers, 1):
            z = [self.neuron(w, x, b) for w, b in zip(rows, biases, strict=True)]
            x = [ag.relu(zi) for zi in z] if depth < len(self.layers) else z
        return x

    def parameters(self) -> Vector:
        return [p for rows, biases in self.layers for row in [*rows, biases] for p in row]


@dataclass
class Example:
    """A loss of one sample, and how to draw a sample of each argument."""

    loss: Callable[..., Any]
    shapes: list[tuple[int, ...]]
    classes: int = 0  # the last argument is a class below this
    tokens: int = 0  # the first argument is made of tokens below this


def _hinge(model: MLP) -> Callable[..., Any]:
    def loss(x: Vector, y: Any) -> Any:
        return ag.relu(1 - y * model(x)[0])

    return loss


def mlp_plus() -> Example:
    return Example(_hinge(MLP([2, 16, 16, 1])), [(2,), ()])


def mlp_dot() -> Example:
    return Example(_hinge(MLP([2, 16, 16, 1], ag.dot)), [(2,), ()])


def softmax_composed() -> Example:
    model = MLP([4, 6, 3])

    def loss(x: Vector, y: Vector) -> Any:
        e = [ag.exp(z) for z in model(x)]
        total = sum(e)
        return -sum(yi * ag.log(ei / total) for yi, ei in zip(y, e, strict=True))

    return Example(loss, [(4,), (3,)])


def cross_entropy() -> Example:
    model = MLP([4, 6, 3])

    def loss(x: Vector, y: Any) -> Any:
        return ag.cross_entropy(model(x), y)

    return Example(loss, [(4,), ()], classes=3)


def residual() -> Example:
    rng = random.Random(3)
    blocks = [(weights(rng, 8, 8), weights(rng, 8)) for _ in range(2)]
    w, b = weights(rng, 8), weights(rng)

    def loss(x: Vector, y: Any) -> Any:
        for rows, biases in blocks:
            inner = [ag.tanh(ag.dot(row, x, c)) for row, c in zip(rows, biases, strict=True)]
            x = [xi + ai for xi, ai in zip(x, inner, strict=True)]
        return (ag.dot(w, x, b) - y) ** 2

    return Example(loss, [(8,), ()])


def l2_penalty() -> Example:
    model = MLP([3, 8, 1])

    def loss(x: Vector, y: Any) -> Any:
        return (model(x)[0] - y) ** 2 + 0.01 * sum(p * p for p in model.parameters())

    return Example(loss, [(3,), ()])


def dropout() -> Example:
    rng = random.Random(5)
    rows, biases, w, b = weights(rng, 10, 4), weights(rng, 10), weights(rng, 10), weights(rng)

    def loss(x: Vector, y: Any, mask: Vector) -> Any:
        a = [ag.relu(neuron(row, x, c)) for row, c in zip(rows, biases, strict=True)]
        kept = [ai * mi for ai, mi in zip(a, mask, strict=True)]
        return (neuron(w, kept, b) - y) ** 2

    return Example(loss, [(4,), (), (10,)])


def tied() -> Example:
    rng = random.Random(6)
    rows, b, c = weights(rng, 3, 6), weights(rng, 3), weights(rng, 6)

    def loss(x: Vector) -> Any:  # an autoencoder that decodes with its encoder's weights
        code = [ag.tanh(neuron(row, x, bi)) for row, bi in zip(rows, b, strict=True)]
        columns = [list(column) for column in zip(*rows, strict=True)]
        back = [neuron(column, code, ci) for column, ci in zip(columns, c, strict=True)]
        return sum((r - xi) ** 2 for r, xi in zip(back, x, strict=True))

    return Example(loss, [(6,)])


def convolution_1d() -> Example:
    rng = random.Random(7)
    kernels, biases = weights(rng, 4, 3), weights(rng, 4)
    w, b = weights(rng, 4, 10), weights(rng)

    def loss(x: Vector, y: Any) -> Any:
        channels = [
            [ag.relu(ag.dot(kernel, x[i : i + 3], bias)) for i in range(10)]
            for kernel, bias in zip(kernels, biases, strict=True)
        ]
        score = sum((neuron(wc, channel, 0) for wc, channel in zip(w, channels, strict=True)), b)
        return ag.softplus(-y * score)

    return Example(loss, [(12,), ()])


def convolution_2d() -> Example:
    rng = random.Random(8)
    kernels, biases = weights(rng, 3, 9), weights(rng, 3)
    rows, offsets = weights(rng, 5, 12), weights(rng, 5)

    def loss(x: list[Vector], y: Any) -> Any:  # 6 × 6, kernel 3 × 3, maximum over 2 × 2, 5 classes
        features = []
        for kernel, bias in zip(kernels, biases, strict=True):
            maps = [
                [
                    ag.relu(
                        ag.dot(
                            kernel, [x[i + di][j + dj] for di in range(3) for dj in range(3)], bias
                        )
                    )
                    for j in range(4)
                ]
                for i in range(4)
            ]
            features += [
                ag.maximum([maps[i + di][j + dj] for di in range(2) for dj in range(2)])
                for i in (0, 2)
                for j in (0, 2)
            ]
        logits = [ag.dot(row, features, c) for row, c in zip(rows, offsets, strict=True)]
        return ag.cross_entropy(logits, y)

    return Example(loss, [(6, 6), ()], classes=5)


def convolution_padded() -> Example:
    rng = random.Random(18)
    kernels, biases = weights(rng, 2, 9), weights(rng, 2)
    rows, offsets = weights(rng, 3, 32), weights(rng, 3)

    def loss(x: list[Vector], y: Any) -> Any:  # 4 × 4 with 0 around it, kernel 3 × 3, 3 classes
        edge: list[Any] = [[0.0] * 6]
        padded = [*edge, *([0.0, *row, 0.0] for row in x), *edge]
        features = [
            ag.relu(ag.dot(kernel, [v for row in padded[i : i + 3] for v in row[j : j + 3]], bias))
            for kernel, bias in zip(kernels, biases, strict=True)
            for i in range(4)
            for j in range(4)
        ]
        logits = [ag.dot(row, features, c) for row, c in zip(rows, offsets, strict=True)]
        return ag.cross_entropy(logits, y)

    return Example(loss, [(4, 4), ()], classes=3)


def recurrent() -> Example:
    rng = random.Random(9)
    u, w, b = weights(rng, 6, 2), weights(rng, 6, 6), weights(rng, 6)
    v, c = weights(rng, 6), weights(rng)

    def loss(x: list[Vector], y: Any) -> Any:  # 5 steps of 2 numbers
        h: Vector = [0.0] * 6
        for step in x:
            h = [
                ag.tanh(
                    ag.dot(ui, step) + (ag.dot(wi, h) if h[0].__class__ is not float else 0) + bi
                )
                for ui, wi, bi in zip(u, w, b, strict=True)
            ]
        return (ag.dot(v, h, c) - y) ** 2

    return Example(loss, [(5, 2), ()])


def lstm_cell() -> Example:
    rng = random.Random(10)
    size = 4
    gates = [
        (weights(rng, size, 3), weights(rng, size, size), weights(rng, size)) for _ in range(4)
    ]
    v, b = weights(rng, size), weights(rng)

    def loss(x: Vector, h: Vector, c: Vector, y: Any) -> Any:
        sums = [
            [ag.dot(ui, x) + ag.dot(wi, h) + bi for ui, wi, bi in zip(u, w, bias, strict=True)]
            for u, w, bias in gates
        ]
        take, keep, give = ([ag.sigmoid(z) for z in zs] for zs in sums[:3])
        new = [ag.tanh(z) for z in sums[3]]
        cell = [k * ci + t * n for k, ci, t, n in zip(keep, c, take, new, strict=True)]
        state = [g * ag.tanh(ci) for g, ci in zip(give, cell, strict=True)]
        return (ag.dot(v, state, b) - y) ** 2

    return Example(loss, [(3,), (4,), (4,), ()])


def rnn_steps() -> Example:
    rng = random.Random(11)
    u, w, b = weights(rng, 3, 2), weights(rng, 3, 3), weights(rng, 3)
    v, c = weights(rng, 3), weights(rng)

    def loss(x: list[Vector], y: Vector) -> Any:  # 200 steps, each with an output
        h: Vector = []
        total: Any = 0
        for t in range(200):
            h = [
                ag.tanh(ag.dot(ui, x[t], bi) + (ag.dot(wi, h) if h else 0))
                for ui, wi, bi in zip(u, w, b, strict=True)
            ]
            total = total + (ag.dot(v, h, c) - y[t]) ** 2
        return total

    return Example(loss, [(200, 2), (200,)])


def lstm_steps() -> Example:
    rng = random.Random(12)
    gates = [(weights(rng, 4, 3), weights(rng, 4, 4), weights(rng, 4)) for _ in range(4)]
    v, b = weights(rng, 4), weights(rng)

    def loss(x: list[Vector], state: Vector, cell: Vector, y: Any) -> Any:  # 10 steps
        for step in x:
            sums = [
                [
                    ag.dot(ui, step) + ag.dot(wi, state) + bi
                    for ui, wi, bi in zip(u, w, bias, strict=True)
                ]
                for u, w, bias in gates
            ]
            take, keep, give = ([ag.sigmoid(z) for z in zs] for zs in sums[:3])
            new = [ag.tanh(z) for z in sums[3]]
            cell = [k * ci + t * n for k, ci, t, n in zip(keep, cell, take, new, strict=True)]
            state = [g * ag.tanh(ci) for g, ci in zip(give, cell, strict=True)]
        return (ag.dot(v, state, b) - y) ** 2

    return Example(loss, [(10, 3), (4,), (4,), ()])


def embedding() -> Example:
    """The three tokens before predict the next, as in Bengio's language model."""
    rng = random.Random(9)
    table, model = weights(rng, 27, 4), MLP([12, 16, 27], ag.dot)

    def loss(x: Vector, y: Any) -> Any:
        return ag.cross_entropy(model([v for token in x for v in ag.take(table, token)]), y)

    return Example(loss, [(3,), ()], classes=27, tokens=27)


def causal_attention() -> Example:
    rng = random.Random(15)
    queries, keys, values = (weights(rng, 4, 4) for _ in range(3))
    v, c = weights(rng, 4), weights(rng)

    def loss(x: list[Vector], y: Any) -> Any:  # 8 positions of 4 numbers, 2 heads of 2
        seen_keys: list[Vector] = []
        seen_values: list[Vector] = []
        rows = []
        for position in x:
            query = [ag.dot(w, position) for w in queries]
            seen_keys.append([ag.dot(w, position) for w in keys])
            seen_values.append([ag.dot(w, position) for w in values])
            row = []
            for head in (slice(0, 2), slice(2, 4)):
                scores = [ag.dot(query[head], key[head]) / 2**0.5 for key in seen_keys]
                shares = ag.softmax(scores)
                columns = zip(*(value[head] for value in seen_values), strict=True)
                row += [ag.dot(shares, column).relu() for column in columns]
            rows.append(row)
        pooled = [ag.sum(column) / 8 for column in zip(*rows, strict=True)]
        return (ag.dot(v, pooled, c) - y) ** 2

    return Example(loss, [(8, 4), ()])


def running_totals() -> Example:
    w = weights(random.Random(16), 6)

    def loss(x: Vector, y: Vector) -> Any:
        total, squares = 0.0, []
        for wi, xi, yi in zip(w, x, y, strict=True):
            total = total + wi * xi
            squares.append((total - yi) ** 2)
        return ag.sum(squares)

    return Example(loss, [(6,), (6,)])


EXAMPLES: dict[str, Callable[[], Example]] = {
    "mlp_plus": mlp_plus,
    "mlp_dot": mlp_dot,
    "softmax_composed": softmax_composed,
    "cross_entropy": cross_entropy,
    "residual": residual,
    "l2_penalty": l2_penalty,
    "dropout": dropout,
    "tied": tied,
    "convolution_1d": convolution_1d,
    "convolution_2d": convolution_2d,
    "convolution_padded": convolution_padded,
    "recurrent": recurrent,
    "lstm_cell": lstm_cell,
    "rnn_steps": rnn_steps,
    "lstm_steps": lstm_steps,
    "embedding": embedding,
    "causal_attention": causal_attention,
    "running_totals": running_totals,
}


def draw(example: Example, size: int, seed: int = 0) -> list[Any]:
    """A batch: for each argument a (nested) list of samples."""
    rng = random.Random(seed)

    def sample(shape: tuple[int, ...], tokens: int) -> Any:
        if shape:
            return [sample(shape[1:], tokens) for _ in range(shape[0])]
        return rng.randrange(tokens) if tokens else rng.gauss(0, 1)

    kinds = [example.tokens, *[0] * (len(example.shapes) - 1)]
    drawn = [*zip(example.shapes, kinds, strict=True)]
    batch = [[sample(shape, tokens) for _ in range(size)] for shape, tokens in drawn]
    if example.classes:
        batch[-1] = [rng.randrange(example.classes) for _ in range(size)]
    return batch


def moons_graph(size: int = 100) -> tuple[Value, list[Value]]:
    """micrograd's demo: the loss of a whole data set as one graph, and the model's parameters.

    The model is written as micrograd writes it; the two half circles are drawn here.
    """
    rng = random.Random(1337)
    import math

    xs, ys = [], []
    for k in range(size):
        angle = math.pi * rng.random()
        upper = k % 2 == 0
        x = (
            [math.cos(angle), math.sin(angle)]
            if upper
            else [1 - math.cos(angle), 0.5 - math.sin(angle)]
        )
        xs.append([each + rng.gauss(0, 0.1) for each in x])
        ys.append(1 if upper else -1)
    model = MLP([2, 16, 16, 1], seed=1337)
    inputs = [list(map(Value, x)) for x in xs]
    scores = [model(x)[0] for x in inputs]
    losses = [(1 + -yi * score).relu() for yi, score in zip(ys, scores, strict=True)]
    data_loss = sum(losses) * (1.0 / len(losses))
    penalty = 1e-4 * sum(p * p for p in model.parameters())
    return data_loss + penalty, model.parameters()
