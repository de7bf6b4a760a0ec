"""The contenders of the benchmarks: one training step of the same network, by each library.

A step is the loss of the batch, its gradient, and the update of the parameters by gradient
descent. Every contender starts from the same weights.
"""

from __future__ import annotations

import math
import os
import random
from collections.abc import Callable
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import autograd as ag
from autograd import Value

__all__ = ["RATE", "Network", "Step", "compiled", "handwritten", "libraries", "loss_of", "samples"]

RATE = 0.01
Step = Callable[[], float]


class Network:
    """Layers of ReLU neurons made of scalars, the last one linear."""

    def __init__(self, sizes: list[int], plus: bool = False, seed: int = 1) -> None:
        source = random.Random(seed)
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


def loss_of(network: Network, kind: str) -> Callable[[list[Any], Any], Any]:
    """The loss of one sample."""
    if kind == "hinge":
        return lambda x, y: (1 - y * network(x)[0]).relu()
    return lambda x, y: ag.cross_entropy(network(x), y)


def samples(sizes: list[int], batch: int, kind: str) -> tuple[Any, Any]:
    """Random inputs, and ±1 or classes to learn."""
    import numpy as np

    source = np.random.default_rng(0)
    x = source.normal(size=(batch, sizes[0]))
    if kind == "hinge":
        return x, np.where(source.random(batch) < 0.5, -1.0, 1.0)
    return x, source.integers(0, sizes[-1], batch)


def handwritten(network: Network, x: Any, y: Any, kind: str) -> Step:
    """A careful NumPy step: parameters in one flat vector, gradients written into another.

    Weights and their gradients are views; nothing is copied that could be spared, what can be
    done in place is, and the update is one line.
    """
    import numpy as np

    pieces: list[Any] = []
    for rows, biases in network.layers:
        pieces += [np.array([[w.data for w in row] for row in rows])]
        pieces += [np.array([b.data for b in biases])]
    if kind == "hinge":
        pieces[-2] = pieces[-2][0]  # one neuron: a vector
    theta = np.concatenate([piece.ravel() for piece in pieces])
    gradient = np.empty_like(theta)
    ends = np.cumsum([piece.size for piece in pieces])
    views = [
        [
            vector[end - piece.size : end].reshape(piece.shape)
            for piece, end in zip(pieces, ends, strict=True)
        ]
        for vector in (theta, gradient)
    ]
    weights, biases_, d_weights, d_biases = (v[k::2] for v in views for k in (0, 1))
    hidden = list(zip(weights[:-1], biases_[:-1], strict=True))
    back = list(zip(weights[1:], d_weights[:-1], d_biases[:-1], strict=True))[::-1]
    rows_, batch = np.arange(len(y)), len(y)

    def step() -> float:
        outputs = [x]
        for w, b in hidden:
            z = outputs[-1] @ w.T
            z += b
            outputs.append(np.maximum(z, 0, out=z))
        a = outputs.pop()
        scores = a @ weights[-1].T
        scores += biases_[-1]
        if kind == "hinge":
            margin = 1 - y * scores
            np.maximum(margin, 0, out=margin)
            loss = margin.sum() / batch
            d = y * (margin > 0)
            d *= -1 / batch
            np.matmul(d, a, out=d_weights[-1])
            d_biases[-1][0] = d.sum()
            d = d[:, None]
        else:
            scores -= scores.max(1, keepdims=True)
            d = np.exp(scores)
            total = d.sum(1, keepdims=True)
            loss = (np.log(total).sum() - scores[rows_, y].sum()) / batch
            d /= total
            d[rows_, y] -= 1
            d /= batch
            np.matmul(d.T, a, out=d_weights[-1])
            d.sum(0, out=d_biases[-1])
        for w, dw, db in back:
            d = d * w if w.ndim == 1 else d @ w
            d *= a > 0
            a = outputs.pop()
            np.matmul(d.T, a, out=dw)
            d.sum(0, out=db)
        np.multiply(gradient, RATE, out=gradient)
        np.subtract(theta, gradient, out=theta)
        return float(loss)

    return step


def compiled(network: Network, x: Any, y: Any, kind: str) -> Step:
    """The emitted program and a flat update."""
    shapes = [(x.shape[1],), ()]
    program = ag.compile(loss_of(network, kind), shapes=shapes, target="numpy")
    y = y.astype(float)
    theta = program.theta

    def step() -> float:
        loss, gradient = program.value_and_grad(x, y)
        gradient *= RATE
        program.theta -= gradient
        return loss

    assert theta is program.theta and not program.note
    return step


def with_torch(network: Network, x: Any, y: Any, kind: str) -> Step:
    """Eager PyTorch with its SGD."""
    import torch

    torch.set_num_threads(1)
    modules: list[Any] = []
    for rows, biases in network.layers:
        linear = torch.nn.Linear(len(rows[0]), len(rows), dtype=torch.float64)
        with torch.no_grad():
            linear.weight[:] = torch.tensor(
                [[w.data for w in row] for row in rows], dtype=torch.float64
            )
            linear.bias[:] = torch.tensor([b.data for b in biases], dtype=torch.float64)
        modules += [linear, torch.nn.ReLU()]
    model = torch.nn.Sequential(*modules[:-1])
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    inputs, targets = torch.tensor(x), torch.tensor(y)

    def step() -> float:
        optimizer.zero_grad()
        scores: Any = model(inputs)
        loss: Any
        if kind == "hinge":
            loss = torch.relu(1 - targets * scores[:, 0]).mean()
        else:
            loss = torch.nn.functional.cross_entropy(scores, targets)
        loss.backward()
        optimizer.step()
        return float(loss.item())

    return step


def with_eager(network: Network, x: Any, y: Any, kind: str) -> Step:
    """The scalar engine, one graph a sample."""
    loss_of_sample = loss_of(network, kind)
    leaves = [p for rows, biases in network.layers for row in [*rows, biases] for p in row]
    inputs, targets = x.tolist(), y.tolist()

    def step() -> float:
        total = 0.0
        for leaf in leaves:
            leaf.grad = None
        for xi, yi in zip(inputs, targets, strict=True):
            loss = loss_of_sample(xi, yi)
            loss.backward(1 / len(targets))
            total += loss.data
        for leaf in leaves:
            leaf.data -= RATE * (leaf.grad or 0.0)
        return total / len(targets)

    return step


def with_jax(network: Network, x: Any, y: Any, kind: str) -> Step:
    """JAX: loss, gradient and update compiled as one function, on one thread."""
    flags = os.environ.get("XLA_FLAGS", "")  # read when JAX first computes
    if "multi_thread_eigen" not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} --xla_cpu_multi_thread_eigen=false".strip()
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    inputs, targets = jnp.asarray(x), jnp.asarray(y)
    layers = [
        (jnp.array([[w.data for w in row] for row in rows]), jnp.array([b.data for b in biases]))
        for rows, biases in network.layers
    ]

    def mean_loss(layers: Any) -> Any:
        a = inputs
        for w, b in layers[:-1]:
            a = jax.nn.relu(a @ w.T + b)
        w, b = layers[-1]
        scores = a @ w.T + b
        if kind == "hinge":
            return jax.nn.relu(1 - targets * scores[:, 0]).mean()
        losses = jax.nn.logsumexp(scores, axis=1) - scores[jnp.arange(len(y)), targets]
        return losses.mean()

    def descend(layers: Any) -> Any:
        loss, slopes = jax.value_and_grad(mean_loss)(layers)
        return loss, jax.tree.map(lambda p, slope: p - RATE * slope, layers, slopes)

    update = jax.jit(descend)

    def step() -> float:
        nonlocal layers
        loss, layers = update(layers)
        return float(loss)

    return step


def with_micrograd(network: Network, x: Any, y: Any, penalty: float = 0.0) -> Step:
    """micrograd's own nn.MLP and the hinge loss, the whole batch as one graph."""
    from micrograd.engine import Value as Scalar
    from micrograd.nn import MLP

    sizes = [len(network.layers[0][0][0]), *(len(biases) for _, biases in network.layers)]
    model = MLP(sizes[0], sizes[1:])
    for layer, (rows, biases) in zip(model.layers, network.layers, strict=True):
        for neuron, row, bias in zip(layer.neurons, rows, biases, strict=True):
            for w, number in zip(neuron.w, row, strict=True):
                w.data = number.data
            neuron.b.data = bias.data
    inputs = [[Scalar(number) for number in row] for row in x.tolist()]

    def step() -> float:
        scores = [model(row) for row in inputs]
        losses = [(1 + -yi * score).relu() for yi, score in zip(y.tolist(), scores, strict=True)]
        loss = sum(losses) * (1.0 / len(losses))
        if penalty:
            loss = loss + penalty * sum(p * p for p in model.parameters())
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.data -= RATE * p.grad
        return float(loss.data)

    return step


def libraries(network: Network, x: Any, y: Any, kind: str) -> dict[str, Step]:
    """The contenders that are fast enough to take turns, where they are installed."""
    found = {"torch": with_torch, "JAX jit": with_jax}
    modules = {"torch": "torch", "JAX jit": "jax"}
    return {
        name: make(network, x, y, kind)
        for name, make in found.items()
        if find_spec(modules[name]) is not None
    }
