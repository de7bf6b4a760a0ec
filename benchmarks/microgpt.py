"""A training step of the scalar GPT, Adam included: ``python -m benchmarks.microgpt``.

Against a plain script that brings its own Value class (``scalar_gpt.py``), as microgpt does; the
others are those of ``demos/gpt.py``. Python's cyclic collector is on, as people run it. All of
them train from the same weights on the same names, their losses must agree, and they take turns;
the times are medians.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from itertools import count
from statistics import median
from time import perf_counter

import numpy as np

from demos import gpt

from . import scalar_gpt

Step = Callable[[], float]

TARGETS: dict[str, str | None] = {"compiled": None}


def plain(names: list[str]) -> Step:
    """The script with its own Value; m and v are lists of numbers."""
    model = scalar_gpt.GPT(scalar_gpt.Value)
    m, v = [0.0] * len(model.parameters), [0.0] * len(model.parameters)
    steps = count()

    def step() -> float:
        k = next(steps)
        for weight in model.parameters:
            weight.grad = 0
        loss = model.loss(names[k % len(names)])
        loss.backward()
        rate = 0.01 * (1 - k / gpt.STEPS)
        for i, weight in enumerate(model.parameters):
            m[i] = 0.85 * m[i] + 0.15 * weight.grad
            v[i] = 0.99 * v[i] + 0.01 * weight.grad**2
            mean, square = m[i] / (1 - 0.85 ** (k + 1)), v[i] / (1 - 0.99 ** (k + 1))
            weight.data -= rate * mean / (square**0.5 + 1e-8)
        number: float = loss.data
        return number

    return step


def eager(names: list[str]) -> Step:
    model = gpt.GPT()
    optimizer, steps = gpt.adam(model, gpt.STEPS), count()
    return lambda: gpt.train_eagerly(model, [names[next(steps) % len(names)]], optimizer)[0]


def compiled(names: list[str], size: int, target: str | None = None) -> Step:
    model = gpt.GPT()
    program, optimizer = gpt.compiled(model, target), gpt.adam(model, gpt.STEPS)
    state: dict[str, object] = {}
    batches = [gpt.batch([name] * size) for name in names]
    steps = count()

    def step() -> float:
        loss, gradient = program.value_and_grad(*batches[next(steps) % len(names)])
        program.theta = optimizer.update(program.theta, gradient, state)
        optimizer.steps += 1
        return float(loss)

    return step


def measure(names: list[str], turns: int) -> dict[str, float]:
    """Seconds a name of each."""
    contenders = {"plain script": (plain(names), 1, 1), "eager": (eager(names), 1, 1)}
    for what, target in TARGETS.items():
        contenders[what] = compiled(names, 1, target), 1, 20
        contenders[f"{what}, 32 names a step"] = compiled(names, 32, target), 32, 20
    losses: dict[str, list[float]] = {what: [] for what in contenders}
    seconds: dict[str, list[float]] = {what: [] for what in contenders}
    for _ in range(turns):
        for what, (step, size, calls) in contenders.items():
            start = perf_counter()
            losses[what] += [step() for _ in range(calls * len(names))]
            seconds[what].append((perf_counter() - start) / (calls * len(names) * size))
    first = losses["plain script"]
    for what, others in losses.items():
        if not np.allclose(others[: len(first)], first, rtol=1e-7):  # 32 sums, in another order
            raise AssertionError(f"{what}: other losses than the plain script's")
    return {what: median(each) for what, each in seconds.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--turns", type=int, default=7, help="how often each (%(default)s)")
    turns = parser.parse_args().turns
    for names in (["charlotte"], scalar_gpt.NAMES):
        about = names[0] if len(names) == 1 else f"{len(names)} names, {names[0]}, {names[1]}, ..."
        print(f"{about}: a training step, Adam included")
        seconds = measure(names, turns)
        slow = seconds["plain script"]
        for what, fast in seconds.items():
            print(f"  {what:28} {1e6 * fast:12,.0f} us a name  {slow / fast:8,.1f} x")


if __name__ == "__main__":
    main()
