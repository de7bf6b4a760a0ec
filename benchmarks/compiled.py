"""Compiled programs against hand-written NumPy, other libraries, and the eager engine.

One process, one thread, float64. The contenders of a row take turns, so that a machine that
gets slower or faster meets them all; medians are compared. A turn is several steps in a row, as
in a training loop: with one step a turn, each contender would find the processor's caches full
of the others' code and arrays, and the table would show who suffers most from that. All
contenders start from the same weights and must find the same first loss.
"""

from __future__ import annotations

import math
import tracemalloc
from collections.abc import Callable
from importlib.util import find_spec
from statistics import median
from time import perf_counter
from typing import Any

import autograd as ag
from autograd import Value

from .contenders import (
    RATE,
    Network,
    compiled,
    handwritten,
    libraries,
    loss_of,
    samples,
    with_eager,
    with_micrograd,
)

__all__ = ["building", "loops", "moons", "recurrence", "steps"]

NETWORKS: dict[str, tuple[list[int], int, str]] = {
    "2-16-16-1, batch 100, hinge": ([2, 16, 16, 1], 100, "hinge"),
    "4-6-3, batch 120, cross-entropy": ([4, 6, 3], 120, "classes"),
    "64-32-10, batch 64, cross-entropy": ([64, 32, 10], 64, "classes"),
    "784-512-512-10, batch 64, cross-entropy": ([784, 512, 512, 10], 64, "classes"),
}


def take_turns(
    contenders: dict[str, Callable[[], Any]], turns: int, calls: int = 1
) -> dict[str, float]:
    """Median seconds of a call of each, over turns of so many calls."""
    for call in contenders.values():
        call()
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(turns):
        for name, call in contenders.items():
            start = perf_counter()
            for _ in range(calls):
                call()
            times[name].append((perf_counter() - start) / calls)
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
            "emitted": compiled(network, x, y, kind),
        }
        contenders |= libraries(network, x, y, kind)
        losses = {each: call() for each, call in contenders.items()}
        if not all(math.isclose(v, losses["hand-written"], rel_tol=1e-9) for v in losses.values()):
            raise AssertionError(f"{name}: the contenders disagree: {losses}")
        turns, calls = (20, 3) if big else (4, 25) if quick else (60, 25)
        seconds = take_turns(contenders, turns, calls)
        if not big:
            slow = {"eager": with_eager(network, x, y, kind)}
            if kind == "hinge" and find_spec("micrograd"):
                slow["micrograd"] = with_micrograd(network, x, y)
            seconds |= take_turns(slow, 1 if quick else 5)
        rows.append({"part": name, **seconds})
    return rows


def moons(quick: bool = False) -> list[dict[str, Any]]:
    """micrograd's demo: two half moons, all samples and the penalty in one graph of scalars."""
    import numpy as np

    count = 20 if quick else 100
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
        loss = loss_of(network, "hinge")
        losses = [loss(xi, yi) for xi, yi in zip(x.tolist(), y.tolist(), strict=True)]
        return ag.sum(losses) / count + 1e-4 * ag.sum([p * p for p in parameters])

    def eager() -> Any:
        loss = graph()
        for p in parameters:
            p.grad = None
        loss.backward()
        for p in parameters:
            p.data -= RATE * (p.grad or 0.0)
        return loss.data

    start = perf_counter()
    total = graph()
    made = perf_counter()
    program = ag.compile(total, parameters=parameters, target="numpy")
    seconds = perf_counter() - made
    nodes = int(program.explain().split()[0])

    def step() -> float:
        loss, gradient = program.value_and_grad()
        program.theta -= RATE * gradient
        return loss

    row = {"part": f"moons, {count} samples in one graph", "nodes": nodes}
    row |= {"graph built": made - start, "compiled in": seconds}
    del total
    losses = [step(), eager()]
    program.load()  # eager has edited the Values
    rounds = 1 if quick else 3
    row |= take_turns({"compiled": step}, 8, 25) | take_turns({"eager": eager}, rounds)
    if find_spec("micrograd"):  # last: its graphs are cycles, and the collector slows down all
        fresh = Network([2, 16, 16, 1], plus=True)
        micrograd = with_micrograd(fresh, x, y, penalty=1e-4)
        losses.append(micrograd())
        row |= take_turns({"micrograd": micrograd}, rounds)
    if not all(math.isclose(loss, losses[0], rel_tol=1e-9) for loss in losses):
        raise AssertionError(f"moons: the contenders disagree: {losses}")
    return [row]


def building(quick: bool = False) -> list[dict[str, Any]]:
    """Seconds from the function to the program, and what it needs beyond the Values."""
    rows = []
    sizes_of = [[64, 64, 10], [256, 256, 10], [784, 512, 512, 10]]
    for plus in (False, True):
        for sizes in sizes_of[: 1 if quick else None]:
            network = Network(sizes, plus)
            loss = loss_of(network, "classes")
            times = []
            for _ in range(1 if quick else 3):
                start = perf_counter()
                program = ag.compile(loss, shapes=[(sizes[0],), ()], target="numpy")
                times.append(perf_counter() - start)
            count = len(program.parameters)
            megabytes = None
            if not plus or count < 100_000:  # the graph of sums and products is traced twice
                del program
                tracemalloc.start()
                ag.compile(loss, shapes=[(sizes[0],), ()], target="numpy")
                megabytes = tracemalloc.get_traced_memory()[1] / 1e6
                tracemalloc.stop()
            name = "-".join(map(str, sizes)) + (" from + and *" if plus else " from dot")
            rows.append(
                {"part": name, "parameters": count, "seconds": median(times), "peak MB": megabytes}
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
    return [{"part": "1000 steps, one sample", **take_turns(contenders, 2 if quick else 20, 3)}]


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
