"""Does ``check_gradients`` tell the truth? How often it raises a false alarm, and what it misses.

    python -m benchmarks.checks [--functions 10000] [--mistakes 2000] [--seed 1]

draws random functions and points (from 1e-6 to 1e3, of both signs) and prints how many correct
gradients were refused: identities that are constant or nearly so, random graphs, and gates of a
user's own. Then it multiplies a partial derivative of a user's gate by 1 + 1e-3 or 1 + 1e-6 at
points of each magnitude, and prints how many of these mistakes passed, and how many were but
doubted. Exits with 1 if a correct gradient was refused, or if more than 1 % of the mistakes of
1e-3 or 3 % of those of 1e-6 were not found.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

from autograd import check_gradients, cos, exp, primitive, sigmoid, tanh
from autograd.checking.differences import GradientError
from autograd.engine.gate import lookup
from autograd.testing import DEFAULT, INDEXED, Step, grown

__all__ = ["false_alarms", "identities", "missed", "random_functions"]

Function = Callable[..., Any]
DECADES = range(-6, 4)

IDENTITIES: dict[str, Function] = {
    "sigmoid(x) + sigmoid(-x)": lambda x: sigmoid(x) + sigmoid(-x),
    "(1 - sigmoid(x)) - sigmoid(-x)": lambda x: (1 - sigmoid(x)) - sigmoid(-x),
    "tanh(x) - (2*sigmoid(2*x) - 1)": lambda x: tanh(x) - (2 * sigmoid(2 * x) - 1),
    "tanh(x) - x": lambda x: tanh(x) - x,
}

OWN: dict[str, tuple[Callable[[float], float], Function]] = {
    "square": (lambda x: x * x, lambda x, out: 2 * x),
    "cube": (lambda x: x * x * x, lambda x, out: 3 * x * x),
    "softsign": (lambda x: x / (1 + abs(x)), lambda x, out: 1 / (1 + abs(x)) ** 2),
    "sine": (math.sin, lambda x, out: cos(x)),
    "hill": (lambda x: 1 / (1 + x * x), lambda x, out: -2 * x * out * out),
    "swish": (
        lambda x: x / (1 + math.exp(-x)) if x > -700 else 0.0,
        lambda x, out: sigmoid(x) * (1 + x * sigmoid(-x)),
    ),
    "arctan": (math.atan, lambda x, out: 1 / (1 + x * x)),
    "root": (lambda x: math.sqrt(1 + x * x), lambda x, out: x / out),
    "bell": (lambda x: math.exp(-x * x), lambda x, out: -2 * x * exp(-x * x)),
}
"""Gates as a user writes them: the value, and its derivative."""


def at_any_scale(random: Random) -> float:
    """A number from 1e-6 to 1e3, of either sign."""
    return random.choice((-1.0, 1.0)) * math.pow(10.0, random.uniform(DECADES[0], DECADES[-1]))


def identities(random: Random, n: int) -> Iterator[tuple[str, Function, Sequence[float]]]:
    """Functions whose terms cancel, at random points."""
    for name, f in IDENTITIES.items():
        for _ in range(n):
            yield name, f, [at_any_scale(random)]


def random_functions(random: Random, n: int) -> Iterator[tuple[str, Function, Sequence[float]]]:
    """Random graphs of the table's gates at points of any scale."""
    gates = [lookup(name) for name in DEFAULT]
    found = 0
    while found < n:
        inputs = [at_any_scale(random) for _ in range(random.randint(1, 3))]
        steps = [
            Step(
                gate,
                tuple(random.randrange(len(inputs) + k) for _ in range(count)),
                random.randrange(2) if gate.name in INDEXED else None,
            )
            for k in range(random.randint(1, 12))
            for gate in [random.choice(gates)]
            for count in [gate.arity or (5 if gate.name == "dot" else 2)]
        ]
        computation = grown(inputs, steps)
        if computation.steps:
            found += 1
            yield str(computation), computation, computation.inputs


def false_alarms(
    cases: Iterator[tuple[str, Function, Sequence[float]]],
) -> tuple[Counter[str], list[str]]:
    """How many correct gradients pass, are doubted, are refused; and the refusals."""
    count: Counter[str] = Counter()
    refused = []
    for name, f, point in cases:
        try:
            report = check_gradients(f, *point, order=1)
        except GradientError as error:
            count["refused"] += 1
            refused.append(f"{error}\n{name}")
        else:
            count["passed" if not report.doubts else "doubted"] += 1
    return count, refused


def missed(random: Random, n: int, factor: float) -> tuple[Counter[str], list[str]]:
    """What becomes of a mistake by this factor in gates of a user's own, at every scale."""
    count: Counter[str] = Counter()
    passed = []
    for name, (value, partial) in OWN.items():
        wrong = primitive(f"{name}_", value, [lambda x, out, p=partial: p(x, out) * factor])
        for _ in range(n // len(OWN)):
            x = at_any_scale(random)
            if abs(partial(x, value(x))) < 1e-290:
                continue
            try:
                report = check_gradients(wrong, x, order=1)
            except GradientError:
                count["found"] += 1
            else:
                count["doubted" if report.doubts else "passed"] += 1
                passed.append(f"{name} at {x!r}: {report}")
    return count, passed


def own_gates(random: Random, n: int) -> Iterator[tuple[str, Function, Sequence[float]]]:
    """The user's gates as they should be."""
    for name, (value, partial) in OWN.items():
        right = primitive(f"{name}_", value, [partial])
        for _ in range(n // len(OWN)):
            yield name, right, [at_any_scale(random)]


def show(title: str, count: Counter[str]) -> None:
    total = sum(count.values())
    shares = ", ".join(f"{100 * k / total:.2f} % {what}" for what, k in sorted(count.items()))
    print(f"{title:<36}{total:>7}   {shares}", flush=True)


def main(arguments: Any = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.checks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--functions", type=int, default=10_000, help="how many random graphs")
    parser.add_argument("--mistakes", type=int, default=2000, help="how many of each size")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--verbose", action="store_true", help="print what went wrong")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    random, start, bad = Random(options.seed), time.perf_counter(), False
    for title, cases in (
        ("identities", identities(random, options.functions // 20)),
        ("random functions", random_functions(random, options.functions)),
        ("gates of one's own", own_gates(random, options.mistakes)),
    ):
        count, refused = false_alarms(cases)
        show(title, count)
        bad = bad or bool(refused)
        if options.verbose:
            print(*refused[:10], sep="\n\n")
    for size, most in ((1e-3, 0.01), (1e-6, 0.03)):
        count, passed = missed(random, options.mistakes, 1 + size)
        show(f"mistakes of {size:g}", count)
        bad = bad or sum(count.values()) - count["found"] > most * sum(count.values())
        if options.verbose:
            print(*passed[:10], sep="\n")
    print(f"{time.perf_counter() - start:.0f} s")
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
