"""Certified intervals against 200-digit arithmetic: random graphs, first and second order.

    python -m benchmarks.certified              20,000 graphs
    python -m benchmarks.certified 500 --seed 3

An interval that does not hold the exact number is a *miss*; there must be none. The exact numbers
are central differences of each gate's definition (autograd/checking/exact.py) in mpmath: neither
the rows of the table nor the values on balls have a part in them. They are compared with the balls
themselves, which are some 10²⁰ times narrower than the floats around them.
"""

from __future__ import annotations

import argparse
import math
import random
from collections.abc import Callable, Sequence
from itertools import pairwise
from statistics import median
from time import process_time
from typing import Any, NamedTuple

from autograd import certify
from autograd.checking import exact
from autograd.checking.balls import arithmetic
from autograd.checking.enclosures import Interval
from autograd.engine.gate import Primitive, lookup
from autograd.testing import Computation, Step

DIGITS = (200, 800, 2400)
"""How many digits the exact numbers are computed with; more where the first seem to be missed:
acos so near to 1 that no step of 10⁻⁶⁰ can be taken."""

ONE = (
    *("neg", "abs", "identity", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt"),
    *("rsqrt", "cbrt", "sin", "cos", "tan", "asin", "acos", "one_less_square", "atan", "sinh"),
    *("cosh", "tanh", "sech2", "asinh", "acosh", "atanh", "erf", "erfc", "sign", "step", "floor"),
    *("ceil", "degrees", "radians", "relu", "softplus", "sigmoid", "sigmoid_slope"),
)
TWO = (
    *("add", "sub", "mul", "div", "mod", "quotient", "pow", "power_slope", "power_log", "hypot"),
    *("unit", "inversion", "atan2", "gaussian", "leaky_relu", "elu"),
)
MANY = ("where", "maximum", "minimum", "sum", "dot", "logsumexp", "soft_cross_entropy")
INDEXED = ("softmax", "rest", "log_softmax", "cross_entropy", "take")
NAMES = (*ONE, *TWO, *TWO, *MANY, *INDEXED)

NEAR = 1e-9
"""No operand of a kinked gate is nearer to its kink: there the exact derivative is a convention."""


def random_computation(generator: random.Random, gates: int = 12) -> Computation:
    """A graph of two inputs and a dozen gates of the whole table, at any magnitude."""
    inputs = [
        generator.choice((-1, 1))
        * generator.choice((generator.random(), 10 ** generator.gauss(0, 1)))
        for _ in range(2)
    ]
    numbers = list(inputs)
    steps: list[Step] = []
    while len(steps) < gates:
        gate = lookup(generator.choice(NAMES))
        count, target = _operands(gate, generator)
        operands = tuple(
            generator.randrange(max(0, len(numbers) - 6), len(numbers)) for _ in range(count)
        )
        taken = [numbers[k] for k in operands]
        if _kinked(gate.name, taken):
            continue
        try:
            result = gate(*([] if target is None else [float(target)]), *taken)
        except (ValueError, ZeroDivisionError, OverflowError):
            continue
        if not abs(result) < 1e4:
            continue
        numbers.append(result)
        steps.append(Step(gate, operands, target))
    return Computation(inputs, steps)


def _operands(gate: Primitive, generator: random.Random) -> tuple[int, int | None]:
    """How many operands, and a class index before them."""
    if gate.name in ONE:
        return 1, None
    if gate.name in TWO:
        return 2, None
    if gate.name == "where":
        return 3, None
    n = generator.randint(2, 4)
    if gate.name in INDEXED:
        return n, generator.randrange(n)
    return {"dot": 2 * n + 1, "soft_cross_entropy": 2 * n}.get(gate.name, n), None


def _kinked(name: str, xs: Sequence[float]) -> bool:
    """Whether the exact derivative would be a convention here, or the value not real."""
    x = xs[0]
    if name in ("abs", "sign", "step", "relu", "leaky_relu", "elu", "where", "cbrt", "sqrt"):
        return abs(x) < NEAR
    if name in ("floor", "ceil"):
        return abs(x - round(x)) < NEAR
    if name in ("mod", "quotient"):
        ratio = x / xs[1] if xs[1] else 0.0
        return abs(ratio) > 1e6 or abs(ratio - round(ratio)) < NEAR
    if name in ("pow", "power_slope", "power_log"):
        return x < NEAR
    if name in ("hypot", "unit", "inversion", "atan2"):
        return abs(x) < NEAR or abs(xs[1]) < NEAR
    if name in ("maximum", "minimum"):
        ordered = sorted(xs)
        return any(b - a < NEAR for a, b in pairwise(ordered))
    if name == "soft_cross_entropy":
        return min(xs[: len(xs) // 2]) < NEAR
    return False


class Exact(NamedTuple):
    """Value, gradient and Hessian in mpmath's numbers."""

    value: Any
    gradient: list[Any]
    hessian: list[list[Any]]


def exactly(computation: Computation, digits: int = DIGITS[0]) -> Exact:
    """Value and derivatives by central differences, to a third of the digits and more."""
    mp = exact.precise()
    n = len(computation.inputs)
    with mp.workdps(digits):
        point = list(map(mp.mpf, computation.inputs))
        h = mp.mpf(10) ** (-3 * digits // 10)

        def at(*moves: tuple[int, int]) -> Any:
            moved = list(point)
            for place, sign in moves:
                moved[place] += sign * h
            return computation.exactly(*moved)

        here = at()
        above = [at((k, 1)) for k in range(n)]
        below = [at((k, -1)) for k in range(n)]
        gradient = [(a - b) / (2 * h) for a, b in zip(above, below, strict=True)]
        hessian = [[mp.mpf(0)] * n for _ in range(n)]
        for j in range(n):
            hessian[j][j] = (above[j] - 2 * here + below[j]) / h**2
            for k in range(j):
                corners = at((j, 1), (k, 1)) + at((j, -1), (k, -1))
                corners -= at((j, 1), (k, -1)) + at((j, -1), (k, 1))
                hessian[j][k] = hessian[k][j] = corners / (4 * h**2)
        return Exact(here, gradient, hessian)


def holds(interval: Interval, number: Any, digits: int = 50) -> bool:
    """Whether ball and floats hold the exact number, which is known to so many digits."""
    mp, arb = exact.precise(), arithmetic().arb
    if interval.ball is None:
        return True
    with arithmetic().ctx.workprec(400):
        reach = mp.nstr(mp.mpf(10) ** -digits * max(1, abs(number)), 5)
        known = arb(mp.nstr(number, 70)) + arb(0, 1) * arb(reach)
        low, high = arb(interval.low), arb(interval.high)
        return bool(interval.ball.overlaps(known) and not known < low and not known > high)


def _flat(found: Any) -> dict[str, Any]:
    """Value and derivatives by the names of the inputs to differentiate by."""
    flat = {"": found.value}
    for j, slope in enumerate(found.gradient):
        flat[f"x{j}"] = slope
        for k, number in enumerate(found.hessian[j]):
            flat[f"x{j} and x{k}"] = number
    return flat


class Tally:
    """What a run found."""

    def __init__(self) -> None:
        self.graphs = self.gates = self.open = 0
        self.misses: list[str] = []
        self.undecided: list[str] = []
        self.widths: list[float] = []
        self.off: list[float] = []
        self.first = self.second = 0.0

    def add(self, computation: Computation) -> None:
        """Certify one graph and compare."""
        start = process_time()
        certify(computation, *computation.inputs)
        middle = process_time()
        found = certify(computation, *computation.inputs, order=2)
        self.first += middle - start
        self.second += process_time() - middle
        self.graphs += 1
        self.gates += len(computation.steps)
        intervals = _flat(found)
        missed: list[str] = []
        for digits in DIGITS:
            try:
                expected = _flat(exactly(computation, digits))
            except (
                ZeroDivisionError,
                TypeError,
            ):  # rounded to a pole, or to where logs are complex
                self.undecided.append(f"the edge of a domain within {digits} digits")
                continue
            missed = [
                name for name, number in expected.items() if not holds(intervals[name], number)
            ]
            if not missed:
                break
        for name in missed:
            what = f"the derivative by {name}" if name else "the value"
            self.misses.append(
                f"{what} is {expected[name]}, not in {intervals[name]}\n{computation}"
            )
        for interval in intervals.values():
            if interval.proven:
                self.widths.append(interval.ulps)
                self.off.append(interval.off)
            else:
                self.open += 1
                self.undecided.append(interval.doubts[0])

    def __str__(self) -> str:
        derivative = 1e6 / max(self.gates, 1)
        finite = sorted(each for each in self.off if each < math.inf)
        return "\n".join(
            [
                f"{self.graphs:,} graphs of {self.gates:,} gates, "
                f"{len(self.widths):,} intervals proven, {self.open:,} undecided",
                f"misses: {len(self.misses)}",
                f"width: median {median(self.widths):.3g} ulp, at most {max(self.widths):.3g}",
                f"float: median {median(finite):.3g} ulp off, at most {finite[-1]:.3g}",
                f"first order: {self.first * derivative:.1f} us a gate and derivative",
                f"second order: {self.second * derivative / 3:.1f} us a gate and derivative",
            ]
        )


def run(count: int, seed: int = 0, report: Callable[[str], None] = lambda _: None) -> Tally:
    """Certify so many random graphs."""
    generator = random.Random(seed)
    tally = Tally()
    for k in range(count):
        tally.add(random_computation(generator, generator.choice((4, 8, 12))))
        if k % 1000 == 999:
            report(f"{k + 1:,} graphs, {len(tally.misses)} misses")
    return tally


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.certified", description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    tally = run(options.count, options.seed, lambda line: print(line, flush=True))
    print("\n\n".join([*tally.misses[:10], str(tally)]))
    if tally.misses:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
