"""micrograd's demo as one graph of scalars, and the lecture's own figures about loops."""

from __future__ import annotations

import math
from collections.abc import Callable
from importlib.util import find_spec
from statistics import median
from time import process_time
from typing import Any

import numpy as np

import autograd as ag

from .cases.dense import Network
from .measure import take_turns

__all__ = ["loops", "moons"]

PENALTY = 1e-4


def moons(turns: int, count: int = 100) -> list[dict[str, Any]]:
    """micrograd's demo: two half moons, all samples and the penalty in one graph of scalars."""
    source = np.random.default_rng(0)
    angles = np.linspace(0, np.pi, count // 2)
    x = np.concatenate(
        [
            np.stack([np.cos(angles), np.sin(angles)], 1),
            np.stack([1 - np.cos(angles), 0.5 - np.sin(angles)], 1),
        ]
    )
    x += source.normal(0, 0.1, x.shape)
    y = np.repeat([-1.0, 1.0], count // 2)
    network = Network([2, 16, 16, 1], plus=True)
    parameters = [p for rows, biases in network.layers for row in [*rows, biases] for p in row]

    def graph() -> Any:
        losses = [network.hinge(xi, yi) for xi, yi in zip(x.tolist(), y.tolist(), strict=True)]
        return ag.sum(losses) / count + PENALTY * ag.sum([p * p for p in parameters])

    def eager() -> Any:
        loss = graph()
        for p in parameters:
            p.grad = None
        loss.backward()
        return loss.data

    start = process_time()
    total = graph()
    made = process_time()
    program = ag.compile(total, parameters=parameters, target="numpy")
    seconds = process_time() - made
    row = {
        "": f"{count} samples in one graph",
        "nodes": f"{int(program.explain().split()[0]):,}",
        "graph made": made - start,
        "program built": seconds,
    }
    del total
    contenders = {"compiled": lambda: program.value_and_grad()[0], "eager": eager}
    if find_spec("micrograd"):  # last: its graphs are cycles, and the collector slows down all
        contenders["micrograd"] = with_micrograd(network, x, y)
    losses = [each() for each in contenders.values()]
    if not all(math.isclose(loss, losses[0], rel_tol=1e-9) for loss in losses):
        raise AssertionError(f"moons: the contenders disagree: {losses}")
    for name, call in contenders.items():
        quick = name == "compiled"
        times = take_turns({name: call}, turns if quick else min(turns, 3), 25 if quick else 1)
        row[name] = median(times[name])
    return [row]


def with_micrograd(network: Network, x: Any, y: Any) -> Callable[[], float]:
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
        penalty = PENALTY * sum(p * p for p in model.parameters())
        loss = sum(losses) * (1.0 / len(losses)) + penalty
        model.zero_grad()
        loss.backward()
        return float(loss.data)

    return step


def loops(turns: int, n: int = 1_000_000, m: int = 1000) -> list[dict[str, Any]]:
    """The lecture's own figures (L28): a loop over numbers against one call of NumPy."""
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

    one = take_turns({"loop": loop, "NumPy": lambda: a @ b}, turns, 1)
    two = take_turns({"loop": rows_in_a_loop, "NumPy": lambda: matrix @ vector}, turns, 1)
    names = (f"dot product of {n:,} numbers", f"{m:,} x {m:,} matrix times vector")
    return [
        {"": name} | {way: median(seconds) for way, seconds in times.items()}
        for name, times in zip(names, (one, two), strict=True)
    ]
