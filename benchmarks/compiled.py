"""Compiled programs against hand-written NumPy, PyTorch, and the eager engine.

One process, one thread, float64. The contenders of a row take turns, so that a machine that
gets slower or faster meets them all; medians are compared. A step is the loss, its gradient and
the update of the parameters; all contenders start from the same weights and must find the same
first loss.
"""

from __future__ import annotations

import math
import random
import tracemalloc
from collections.abc import Callable
from importlib.util import find_spec
from itertools import pairwise
from statistics import median
from time import perf_counter
from typing import Any

import autograd as ag
from autograd import Value

__all__ = ["building", "loops", "recurrence", "steps"]

RATE = 0.01
NETWORKS: dict[str, tuple[list[int], int, str]] = {
    "2-16-16-1, batch 100, hinge": ([2, 16, 16, 1], 100, "hinge"),
    "4-6-3, batch 120, cross-entropy": ([4, 6, 3], 120, "classes"),
    "64-32-10, batch 64, cross-entropy": ([64, 32, 10], 64, "classes"),
    "784-512-512-10, batch 64, cross-entropy": ([784, 512, 512, 10], 64, "classes"),
}


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


# ------------------------------------------------------------------------ contenders


def handwritten(network: Network, x: Any, y: Any, kind: str) -> Callable[[], float]:
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


def compiled(
    network: Network, x: Any, y: Any, kind: str, batch_size: int | None
) -> Callable[[], float]:
    """The emitted program and a flat update."""
    shapes = [(x.shape[1],), ()]
    program = ag.compile(
        loss_of(network, kind), shapes=shapes, batch_size=batch_size, target="numpy"
    )
    y = y.astype(float)
    theta = program.theta

    def step() -> float:
        loss, gradient = program.value_and_grad(x, y)
        gradient *= RATE
        program.theta -= gradient
        return loss

    assert theta is program.theta and not program.note
    return step


def with_torch(network: Network, x: Any, y: Any, kind: str) -> Callable[[], float]:
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


def with_eager(network: Network, x: Any, y: Any, kind: str) -> Callable[[], float]:
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


def take_turns(contenders: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Median seconds of each."""
    for call in contenders.values():
        call()
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, call in contenders.items():
            start = perf_counter()
            call()
            times[name].append(perf_counter() - start)
    return {name: median(each) for name, each in times.items()}


# ------------------------------------------------------------------------ the rows


def steps(quick: bool = False) -> list[dict[str, Any]]:
    """A training step of each network, by every contender."""
    rows = []
    for name, (sizes, batch, kind) in NETWORKS.items():
        big = sizes[0] > 100
        if big and quick:
            continue
        x, y = samples(sizes, batch, kind)
        network = Network(sizes)
        contenders = {
            "hand-written": handwritten(network, x, y, kind),
            "emitted": compiled(network, x, y, kind, None),
            "emitted, buffers": compiled(network, x, y, kind, batch),
        }
        if find_spec("torch"):
            contenders["torch"] = with_torch(network, x, y, kind)
        losses = {each: call() for each, call in contenders.items()}
        if not all(math.isclose(v, losses["hand-written"], rel_tol=1e-9) for v in losses.values()):
            raise AssertionError(f"{name}: the contenders disagree: {losses}")
        seconds = take_turns(contenders, 60 if big else 100 if quick else 1500)
        if not big:
            seconds["eager"] = take_turns({"e": with_eager(network, x, y, kind)}, 3)["e"]
        rows.append({"part": name, **seconds})
    return rows


def building(quick: bool = False) -> list[dict[str, Any]]:
    """Seconds from the function to the program, and what it needs beyond the Values."""
    rows = []
    sizes_of = [[64, 64, 10], [256, 256, 10], [784, 512, 512, 10]]
    for plus in (False, True):
        for sizes in sizes_of[: 1 if quick else None]:
            network = Network(sizes, plus)
            loss = loss_of(network, "classes")
            start = perf_counter()
            program = ag.compile(loss, shapes=[(sizes[0],), ()], target="numpy")
            seconds = perf_counter() - start
            count = len(program.parameters)
            megabytes = None
            if not plus:
                del program
                tracemalloc.start()
                ag.compile(loss, shapes=[(sizes[0],), ()], target="numpy")
                megabytes = tracemalloc.get_traced_memory()[1] / 1e6
                tracemalloc.stop()
            name = "-".join(map(str, sizes)) + (" from + and *" if plus else " from dot")
            rows.append(
                {"part": name, "parameters": count, "seconds": seconds, "peak MB": megabytes}
            )
    return rows


def recurrence(quick: bool = False) -> list[dict[str, Any]]:
    """A recurrence of 1000 steps, h = tanh(w h + u x + b): a graph without any width."""
    w, u, b = Value(0.5), Value(0.3), Value(0.1)

    def unrolled(x: Any) -> Any:
        h = x
        for _ in range(1000):
            h = ag.tanh(w * h + u * x + b)
        return h

    straight = ag.compile(unrolled, shapes=[()], target="python")
    arrays = ag.compile(unrolled, shapes=[()], target="numpy")

    def eager() -> None:
        unrolled(Value(0.3)).backward()

    contenders = {
        "eager": eager,
        "straight line": lambda: straight.value_and_grad([0.3]),
        "emitted": lambda: arrays.value_and_grad([0.3]),
    }
    return [{"part": "1000 steps, one sample", **take_turns(contenders, 5 if quick else 50)}]


def loops(quick: bool = False) -> list[dict[str, Any]]:
    """The lecture's own figures (L28): a loop over numbers against one call of NumPy."""
    import numpy as np

    n, m = (10_000, 100) if quick else (1_000_000, 1000)
    source = np.random.default_rng(0)
    a, b = source.random(n), source.random(n)
    matrix, vector = source.random((m, m)), source.random(m)
    listed, numbers = matrix.tolist(), vector.tolist()
    a_list, b_list = a.tolist(), b.tolist()

    def loop() -> float:
        total = 0.0
        for k in range(n):
            total += a_list[k] * b_list[k]
        return total

    def rows_in_a_loop() -> list[float]:
        result = []
        for row in listed:
            total = 0.0
            for k in range(m):
                total += row[k] * numbers[k]
            result.append(total)
        return result

    one = take_turns({"loop": loop, "NumPy": lambda: a @ b}, 5)
    two = take_turns({"loop": rows_in_a_loop, "NumPy": lambda: matrix @ vector}, 5)
    return [
        {"part": f"dot product of {n:,} numbers", **one},
        {"part": f"{m:,} x {m:,} matrix times vector", **two},
    ]
