"""The eager engine against micrograd: ``python -m benchmarks.eager``.

Each engine runs in a process of its own, because micrograd's graphs are reference cycles and
the garbage they leave would slow down whoever shares the process. The processes alternate, so
that a machine that gets slower or faster meets both; medians are compared. Both engines run the
same code below, only the Value class differs, and their losses must agree.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from statistics import median
from time import perf_counter
from typing import Any

Samples = list[tuple[list[float], float]]

PARTS = {  # what is measured: how many calls a round makes of it, and the least ratio we want
    "expression": (400, 3.0),
    "training step, + and *": (1, 8.0),
    "training step, dot": (1, 30.0),
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


def work(engine: str, part: str) -> dict[str, float]:
    """Measure one part with one engine: seconds a call, and a number that both must agree on."""
    dot = None
    if engine == "micrograd":
        from micrograd.engine import Value
    else:
        import autograd

        Value = autograd.Value
        dot = autograd.dot if part.endswith("dot") else None

    call: Callable[[], float]
    if part == "expression":

        def call() -> float:
            return expression(Value)
    else:
        network, samples = Network(Value, dot), moons()

        def call() -> float:
            return training_step(Value, network, samples)

    result = call()  # not measured: the first call pays for imports and first uses
    calls = PARTS[part][0]
    seconds = []
    for _ in range(3):
        start = perf_counter()
        for _ in range(calls):
            result = call()
        seconds.append((perf_counter() - start) / calls)
    return {"seconds": median(seconds), "result": result}


def measure(part: str, rounds: int) -> dict[str, Any]:
    """Let the engines' processes alternate; give both medians and their ratio."""
    seconds: dict[str, list[float]] = {"micrograd": [], "gatewise": []}
    results = []
    for _ in range(rounds):
        for engine, times in seconds.items():
            worker = [sys.executable, "-m", "benchmarks.eager", "--worker", engine, part]
            done = subprocess.run(worker, check=True, capture_output=True, text=True)
            answer = json.loads(done.stdout)
            times.append(answer["seconds"])
            results.append(answer["result"])
    if not all(math.isclose(result, results[0], rel_tol=1e-9) for result in results):
        raise AssertionError(f"{part}: the engines disagree: {sorted(set(results))}")
    peer, ours = median(seconds["micrograd"]), median(seconds["gatewise"])
    ratio, goal = peer / ours, PARTS[part][1]
    return {"part": part, "micrograd": peer, "gatewise": ours, "ratio": ratio, "goal": goal}


def main(arguments: list[str] | None = None) -> None:
    """Measure all parts and print the ratios."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.eager", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="processes an engine (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON")
    parser.add_argument("--worker", nargs=2, metavar=("ENGINE", "PART"), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.worker:
        print(json.dumps(work(*options.worker)))
        return
    if options.rounds < 1:
        parser.error(f"--rounds must be at least 1, got {options.rounds}")
    if find_spec("micrograd") is None:
        raise ImportError("this measures micrograd too: pip install 'gatewise[bench]'")

    rows = [measure(part, options.rounds) for part in PARTS]
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    print(f"{'forward and backward':<24}{'micrograd':>12}{'gatewise':>12}{'ratio':>8}{'goal':>8}")
    for row in rows:
        peer, ours = (f"{1000 * row[engine]:.3f} ms" for engine in ("micrograd", "gatewise"))
        print(f"{row['part']:<24}{peer:>12}{ours:>12}{row['ratio']:>7.1f}x{row['goal']:>7.0f}x")


if __name__ == "__main__":
    main()
