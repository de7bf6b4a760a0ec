"""The eager engine against micrograd and a small Value class: ``python -m benchmarks.eager``.

Each engine runs in a process of its own, because its peers' graphs are reference cycles and the
garbage they leave would slow down whoever shares the process. The processes alternate, so that a
machine that gets slower or faster meets both; medians are compared. Both engines run the same
code, only the Value class differs, and their losses must agree. Only the parts whose peer is
micrograd need it installed.

Python's cyclic collector is on, as people run it. A step of the scalar GPT makes up to 80,000
nodes, and looking through them takes half of the small Value's time and two fifths of ours; of
micrograd's training step it takes nine tenths (CPython 3.11). ``--no-collector`` measures
everything a second time with it off, which shows that share; the peers' graphs are then never
freed, some 500 MB.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import random
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from itertools import cycle
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

from . import scalar_gpt

Samples = list[tuple[list[float], float]]


class Part(NamedTuple):
    """What is measured: against whom, in how many calls a round, and the least ratio we want."""

    peer: str
    calls: int
    goal: float


PARTS = {
    "expression": Part("micrograd", 400, 2.5),
    "training step, + and *": Part("micrograd", 1, 8.0),
    "training step, dot": Part("micrograd", 1, 30.0),
    "a step of a scalar GPT": Part("small Value", len(scalar_gpt.NAMES), 1.0),  # each on a name
}


def expression(Value: Any) -> float:
    """The example of micrograd's README, forward and backward; gives d g / d b."""
    a = Value(-4.0)
    b = Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    g.backward()
    slope: float = b.grad
    return slope


class Network:
    """A 2-16-16-1 network of neurons, the last one linear, with ReLU before."""

    def __init__(self, Value: Any, dot: Callable[..., Any] | None) -> None:
        source = random.Random(1337)
        self.dot = dot
        self.layers = [
            [
                ([Value(source.uniform(-1, 1)) for _ in range(inputs)], Value(0.0))
                for _ in range(outputs)
            ]
            for inputs, outputs in ((2, 16), (16, 16), (16, 1))
        ]
        self.parameters = [p for layer in self.layers for w, b in layer for p in [*w, b]]

    def __call__(self, x: list[Any]) -> Any:
        dot = self.dot
        for layer in self.layers:
            if dot is None:
                x = [sum((wi * xi for wi, xi in zip(w, x, strict=True)), b) for w, b in layer]
            else:
                x = [dot(w, x, b) for w, b in layer]
            if layer is not self.layers[-1]:
                x = [each.relu() for each in x]
        return x[0]


def moons(count: int = 100) -> Samples:
    """Two interleaved half circles with a little noise, labelled 1 and -1."""
    source = random.Random(1337)
    samples = []
    for k in range(count):
        angle = source.uniform(0, math.pi)
        upper = k % 2 == 0
        x = math.cos(angle) if upper else 1 - math.cos(angle)
        y = math.sin(angle) if upper else 0.5 - math.sin(angle)
        samples.append(
            ([x + source.gauss(0, 0.1), y + source.gauss(0, 0.1)], 1.0 if upper else -1.0)
        )
    return samples


def training_step(Value: Any, network: Network, samples: Samples) -> float:
    """One step of gradient descent on the hinge loss, as micrograd's demo makes it."""
    inputs = [[Value(number) for number in x] for x, _ in samples]
    scores = [network(x) for x in inputs]
    losses = [(1 + -y * score).relu() for (_, y), score in zip(samples, scores, strict=True)]
    loss = sum(losses) * (1.0 / len(losses))
    for p in network.parameters:
        p.grad = 0
    loss.backward()
    for p in network.parameters:
        p.data -= 0.1 * p.grad
    number: float = loss.data
    return number


def work(engine: str, part: str) -> dict[str, Any]:
    """Measure one part with one engine: seconds a call, and numbers that both must agree on."""
    dot = None
    if engine == "micrograd":
        from micrograd.engine import Value
    elif engine == "small Value":
        Value = scalar_gpt.Value
    else:
        import autograd

        Value = autograd.Value
        dot = autograd.dot if part.endswith("dot") else None

    call: Callable[[], float]
    if part == "expression":

        def call() -> float:
            return expression(Value)
    elif part == "a step of a scalar GPT":
        gpt, names = scalar_gpt.GPT(Value), cycle(scalar_gpt.NAMES)

        def call() -> float:
            return gpt.step(next(names))
    else:
        network, samples = Network(Value, dot), moons()

        def call() -> float:
            return training_step(Value, network, samples)

    results = [call()]  # not measured: the first call pays for imports and first uses
    calls = PARTS[part].calls
    seconds = []
    for _ in range(3):
        start = perf_counter()
        for _ in range(calls):
            result = call()
        seconds.append((perf_counter() - start) / calls)
        results.append(result)
    return {"seconds": median(seconds), "results": results}


def measure(part: str, rounds: int, collector: bool = True) -> dict[str, Any]:
    """Let the engines' processes alternate; give both medians and their ratio."""
    peer, _, goal = PARTS[part]
    seconds: dict[str, list[float]] = {peer: [], "gatewise": []}
    results = []
    for _ in range(rounds):
        for engine, times in seconds.items():
            worker = [sys.executable, "-m", "benchmarks.eager", "--worker", engine, part]
            if not collector:
                worker.append("--no-collector")
            done = subprocess.run(worker, check=True, capture_output=True, text=True)
            answer = json.loads(done.stdout)
            times.append(answer["seconds"])
            results.append(answer["results"])
    for numbers in zip(*results, strict=True):  # of one call, in all the processes
        if not all(math.isclose(number, numbers[0], rel_tol=1e-9) for number in numbers):
            raise AssertionError(f"{part}: the engines disagree: {sorted(set(numbers))}")
    theirs, ours = median(seconds[peer]), median(seconds["gatewise"])
    row = {"part": part, "collector": collector, "peer": peer, "peer's": theirs, "gatewise": ours}
    return {**row, "ratio": theirs / ours, "goal": goal if collector else None}


def main(arguments: list[str] | None = None) -> None:
    """Measure all parts and print the ratios."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.eager", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {'; '.join(PARTS)}")
    parser.add_argument("--rounds", type=int, default=5, help="processes an engine (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON")
    parser.add_argument(
        "--no-collector", action="store_true", help="measure without the cyclic collector, too"
    )
    parser.add_argument("--worker", nargs=2, metavar=("ENGINE", "PART"), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.worker:
        if options.no_collector:
            gc.disable()
        print(json.dumps(work(*options.worker)))
        return
    if options.rounds < 1:
        parser.error(f"--rounds must be at least 1, got {options.rounds}")
    parts = options.parts or list(PARTS)
    unknown = set(parts) - set(PARTS)
    if unknown:
        parser.error(f"no part is named {'; '.join(sorted(unknown))}; see --help")
    if find_spec("micrograd") is None and any(PARTS[part].peer == "micrograd" for part in parts):
        raise ImportError("this measures micrograd too: pip install 'gatewise[bench]'")

    collectors = (True, False) if options.no_collector else (True,)
    rows = [measure(part, options.rounds, on) for part in parts for on in collectors]
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    titles = f"{'forward and backward':<24}{'collector':<11}{'peer':<13}"
    print(f"{titles}{'its time':>12}{'gatewise':>12}{'ratio':>8}{'goal':>8}")
    for row in rows:
        names = f"{row['part']:<24}{'on' if row['collector'] else 'off':<11}{row['peer']:<13}"
        theirs, ours = (f"{1000 * row[time]:.3f} ms" for time in ("peer's", "gatewise"))
        goal = f"{row['goal']:.0f}x" if row["goal"] else "-"
        print(f"{names}{theirs:>12}{ours:>12}{row['ratio']:>7.2f}x{goal:>8}")


if __name__ == "__main__":
    main()
