"""Dense networks with ReLU: micrograd's demo, iris, digits, and the lectures' 784-512-512-10."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

import autograd as ag
from autograd import Value

from ..case import Arrays, Case, Wanted

__all__ = ["Network", "dense"]


class Network:
    """Layers of ReLU neurons made of scalars, the last one linear.

    Args:
        sizes: the inputs, and the neurons of each layer.
        plus: whether a neuron is written with + and *, not with ``dot``.
    """

    def __init__(self, sizes: list[int], plus: bool = False) -> None:
        source = random.Random(1)
        self.plus = plus
        self.layers = [
            (
                [
                    [Value(source.gauss(0, 1) / math.sqrt(inputs)) for _ in range(inputs)]
                    for _ in range(outputs)
                ],
                [Value(0.0) for _ in range(outputs)],
            )
            for inputs, outputs in pairwise(sizes)
        ]

    def __call__(self, x: list[Any]) -> list[Any]:
        for depth, (rows, biases) in enumerate(self.layers, 1):
            if self.plus:
                z = [
                    sum((wi * xi for wi, xi in zip(w, x, strict=True)), b)
                    for w, b in zip(rows, biases, strict=True)
                ]
            else:
                z = [ag.dot(w, x, b) for w, b in zip(rows, biases, strict=True)]
            x = [zi.relu() for zi in z] if depth < len(self.layers) else z
        return x

    def hinge(self, x: list[Any], y: Any) -> Any:
        """The loss of one sample whose y is 1 or -1."""
        return (1 - y * self(x)[0]).relu()

    def cross_entropy(self, x: list[Any], y: Any) -> Any:
        """The loss of one sample of class y."""
        return ag.cross_entropy(self(x), y)


def dense(sizes: list[int], batch: int, wanted: Wanted) -> Case:
    """A network with the hinge loss if it has one output, else with the cross-entropy."""
    network = Network(sizes)
    source = np.random.default_rng(0)
    x = source.normal(size=(batch, sizes[0]))
    if sizes[-1] == 1:
        loss: Callable[..., Any] = network.hinge
        y = np.where(source.random(batch) < 0.5, -1.0, 1.0)
    else:
        loss = network.cross_entropy
        y = source.integers(0, sizes[-1], batch).astype(float)
    parameters: dict[str, Any] = {}
    for depth, (rows, biases) in enumerate(network.layers, 1):
        parameters |= {f"W{depth}": rows, f"b{depth}": biases}
    kind = "hinge" if sizes[-1] == 1 else "cross-entropy"
    about = f"a dense network, {kind}, B = {batch}"
    return Case(about, loss, parameters, (x, y), by_hand, in_torch, wanted)


def by_hand(p: Arrays, g: Arrays, x: Any, y: Any) -> Callable[[], float]:
    depth, batch = len(p) // 2, len(x)
    ones = np.ones(batch)  # a product with them sums faster than sum(0)
    hidden: list[Any] = []
    a, d_below = x, None  # what a layer reads, and where the gradient of that is kept
    for k in range(1, depth):
        w, b, dw, db = p[f"W{k}"], p[f"b{k}"], g[f"W{k}"], g[f"b{k}"]
        z, d, mask = (np.empty((batch, len(b)), dtype) for dtype in (float, float, bool))
        hidden.append((a, d_below, w, b, dw, db, z, d, mask))
        a, d_below = z, d
    head = hinge if len(p[f"b{depth}"]) == 1 else cross_entropy
    last = (p[f"W{depth}"], p[f"b{depth}"], g[f"W{depth}"], g[f"b{depth}"])
    finish = head(*last, a, d_below, y)

    def step() -> float:
        for a, _, w, b, _, _, z, _, _ in hidden:
            np.dot(a, w.T, out=z)
            z += b
            np.maximum(z, 0, out=z)
        loss = finish()
        for a, d_below, w, _, dw, db, z, d, mask in reversed(hidden):
            d *= np.greater(z, 0, out=mask)
            np.dot(d.T, a, out=dw)
            np.dot(ones, d, out=db)
            if d_below is not None:
                np.dot(d, w, out=d_below)
        return loss

    return step


def hinge(w: Any, b: Any, dw: Any, db: Any, a: Any, da: Any, y: Any) -> Callable[[], float]:
    """The last layer, of one neuron: its weights are a vector."""
    batch, ones = len(y), np.ones(len(y))
    w, dw, margin, d = w[0], dw[0], np.empty(batch), np.empty(batch)

    def finish() -> float:
        np.dot(a, w, out=margin)
        np.add(margin, b, out=margin)
        np.multiply(margin, y, out=margin)
        np.subtract(1, margin, out=margin)
        np.maximum(margin, 0, out=margin)
        np.multiply(y, margin > 0, out=d)
        np.multiply(d, -1 / batch, out=d)
        np.dot(d, a, out=dw)
        db[0] = np.dot(ones, d)
        np.multiply(d[:, None], w, out=da)
        return float(np.dot(ones, margin) / batch)

    return finish


def cross_entropy(w: Any, b: Any, dw: Any, db: Any, a: Any, da: Any, y: Any) -> Callable[[], float]:
    """The last layer, of as many neurons as there are classes."""
    batch, labels = len(y), y.astype(int)
    z, d = np.empty((batch, len(b))), np.empty((batch, len(b)))
    rows, ones = np.arange(batch), np.ones(batch)

    def finish() -> float:
        np.dot(a, w.T, out=z)
        np.add(z, b, out=z)
        np.subtract(z, z.max(1, keepdims=True), out=z)
        np.exp(z, out=d)
        total = d.sum(1, keepdims=True)
        loss = (np.log(total).sum() - z[rows, labels].sum()) / batch
        total *= batch
        np.divide(d, total, out=d)
        d[rows, labels] -= 1 / batch
        np.dot(d.T, a, out=dw)
        np.dot(ones, d, out=db)
        np.dot(d, w, out=da)
        return float(loss)

    return finish


def in_torch(x: Any, y: Any) -> Callable[[Arrays], Any]:
    import torch
    from torch.nn.functional import cross_entropy, linear

    inputs, targets = torch.tensor(x), torch.tensor(y)
    labels = targets.long()

    def loss(p: Arrays) -> Any:
        a, depth = inputs, len(p) // 2
        for k in range(1, depth):
            a = torch.relu(linear(a, p[f"W{k}"], p[f"b{k}"]))
        scores = linear(a, p[f"W{depth}"], p[f"b{depth}"])
        if scores.shape[1] == 1:
            return torch.relu(1 - targets * scores[:, 0]).mean()
        return cross_entropy(scores, labels)

    return loss
