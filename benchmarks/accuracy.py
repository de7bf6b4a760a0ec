"""How far each gate's value and partial derivatives are from exact arithmetic.

    python -m benchmarks.accuracy [--points 300] [--gate NAME]

prints a table: for each gate the worst error, in units in the last place (ulp) of the exact
number, and where it was met. Two are counted in ulp of their largest term, as they are sums
that may cancel: the value of a dot product, and the slope of a cross-entropy with soft targets,
sⱼ·Σp - pⱼ. And

    python -m benchmarks.accuracy --peers --others /path/to/python

prints the partials' errors next to those of PyTorch, JAX and HIPS autograd. The last shares our
package's name, so it must be installed elsewhere: ``python -m venv peers``, then
``peers/bin/pip install jax autograd scipy``, and ``--others peers/bin/python``.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from autograd.checking import exact
from autograd.engine.gate import Primitive
from autograd.engine.primitives import registry

from .sample import Point, operands

__all__ = ["Worst", "measure"]


class Worst(NamedTuple):
    """The worst error met, in ulp, and where: which derivative (or the value), which operands."""

    ulps: float
    what: str
    point: Point
    got: float
    expected: float


def gates() -> list[Primitive]:
    """The rows of the table, in its order."""
    return [op for name, op in registry.items() if name in exact.functions()]


def smooth(op: Primitive, point: Point) -> bool:
    """Whether no kink is at this point, as far as the sample can hit one."""
    if op.name in ("floor", "ceil"):
        return point[0] != math.floor(point[0])
    return op.name not in ("maximum", "minimum") or len(set(point)) == len(point)


def value_error(op: Primitive, point: Point) -> Worst:
    """The error of the value; of a dot product, in ulp of its largest term at least."""
    try:
        got = op.value(*point)
    except (ArithmeticError, ValueError):
        got = math.nan
    expected = exact.value(exact.functions()[op.name], point)
    n = len(point) // 2
    terms = [a * b for a, b in zip(point[:n], point[n:-1], strict=True)] if op.name == "dot" else []
    return Worst(error_among(got, expected, [*terms, 0.0]), "value", point, got, float(expected))


def partial_errors(op: Primitive, point: Point) -> Iterator[Worst]:
    """The error of each partial derivative.

    The slope of a cross-entropy with soft targets, sⱼ·Σp - pⱼ, is 0 at the optimum: its error is
    counted in ulp of the larger of its two terms.
    """
    try:
        partials = op.locals(point, op.value(*point))
    except (ArithmeticError, ValueError) as failure:
        yield Worst(math.inf, f"{type(failure).__name__}: {failure}", point, math.nan, math.nan)
        return
    n = len(point) // 2
    flows = op.differentiable(len(point))
    for place, local in enumerate(partials):
        if not flows[place] or (op.name in ("pow", "power_slope") and place == 1 and point[0] < 0):
            continue
        got = 0.0 if local is None else local  # nothing flows here: a derivative of 0
        expected = exact.derivative(exact.functions()[op.name], point, place)
        terms = [point[place - n]] if op.name == "soft_cross_entropy" and place >= n else [0.0]
        error = error_among(got, expected, terms)
        yield Worst(error, f"by operand {place + 1}", point, got, float(expected))


def error_among(got: float, expected: Any, terms: list[float]) -> float:
    """The error in ulp; of the largest of the terms that the number is a sum of, if any."""
    largest = max(map(abs, terms))
    if largest == math.inf:
        return 0.0  # the sum is inf or NaN
    if largest <= abs(expected):
        return exact.ulps(got, expected)
    return float(abs(expected - got) / math.ulp(largest))


def measure(op: Primitive, n: int, seed: int = 1) -> tuple[Worst, Worst]:
    """The worst error of the gate's value, and of its partial derivatives, over n points."""
    values: list[Worst] = []
    partials: list[Worst] = []
    for point in operands(op.name, n, seed):
        values.append(value_error(op, point))
        if smooth(op, point):
            partials.extend(partial_errors(op, point))
    return max(values), max(partials)


def line(op: Primitive, value: Worst, partial: Worst) -> str:
    """A row of the printed table."""
    at = ", ".join(f"{x:.6g}" for x in partial.point)
    return f"{op.name:<20}{value.ulps:>8.2f}{partial.ulps:>9.2f}   {partial.what} at {at}"


LOST = 2.0**50
"""So many ulp off, a number has no right bit left but perhaps its first two."""

PEERS = ("torch", "jax", "hips")


def ask(peer: str, python: str, points: dict[str, list[Point]]) -> tuple[str, dict[str, Any]]:
    """A library's name and its partials at the points; of one not installed, no partials."""
    script = Path(__file__).with_name("peer_derivatives.py")
    answer = subprocess.run(  # -I: HIPS autograd is meant, not the package of that name here
        [python, "-I", str(script), peer], input=json.dumps(points), capture_output=True, text=True
    )
    if answer.returncode:
        print(f"{peer} is left out: {answer.stderr.strip().splitlines()[-1]}")
        return peer, {}
    given = json.loads(answer.stdout)
    return given["name"], given["partials"]


def verdict(errors: Iterable[tuple[float, float]]) -> str:
    """The worst of pairs (error, derivative given): in ulp, or how it fails to be the number."""
    error, got = max(errors, key=lambda pair: (pair[0], pair[1] != pair[1]))
    if error == math.inf:
        return "NaN" if got != got else "inf"
    if error > LOST:
        return "lost"
    return f"{error:.2f}" if error < 1000 else f"{error:.1g}"


def compare(n: int, seed: int, pythons: list[str]) -> None:
    """Print our worst partial derivative of each gate next to the peers', as Markdown."""
    points: dict[str, list[Point]] = {}
    for op in gates():
        points[op.name] = [p for p in operands(op.name, n, seed) if comparable(op, p)]
    asked = {
        op.name: [p[:1] for p in points[op.name]] if op.name == "elu" else points[op.name]
        for op in gates()
    }
    answers = [ask(peer, python, asked) for peer, python in zip(PEERS, pythons, strict=True)]
    print("| gate | gatewise |", " | ".join(name for name, _ in answers), "|")
    print("|---|---|" + "---|" * len(answers))
    for op in gates():
        if not any(op.name in partials for _, partials in answers):
            continue
        skip = int(op.name == "cross_entropy")
        exacts: list[list[Any]] = []
        for point in points[op.name]:
            places = range(1 if op.name == "elu" else len(point))
            exacts.append(
                [exact.derivative(exact.functions()[op.name], point, k) for k in places[skip:]]
            )
        ours = [op.locals(point, op.value(*point))[skip:] for point in points[op.name]]
        cells = []
        for partials in [ours, *(given.get(op.name) for _, given in answers)]:
            if partials is None:
                cells.append("–")
                continue
            pairs = (
                (exact.ulps(got, expected), got)
                for row, wanted in zip(partials, exacts, strict=True)
                for got, expected in zip(row, wanted, strict=False)
            )
            cells.append(verdict(pairs))
        print(f"| {op.name} |", " | ".join(cells), "|", flush=True)


def comparable(op: Primitive, point: Point) -> bool:
    """Whether all libraries mean the same by the gate here."""
    if op.name == "elu":
        return point[1] == 1.0
    return op.name != "pow" or point[0] > 0


def main(arguments: Any = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.accuracy",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--points", type=int, default=300, help="how many for each gate")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--gate", help="only this one")
    parser.add_argument(
        "--peers",
        nargs="?",
        const=sys.executable,
        metavar="PYTHON",
        help="compare with PyTorch, JAX and HIPS autograd, as far as this interpreter (by "
        "default the one that runs) or that of --others has them",
    )
    parser.add_argument("--others", metavar="PYTHON", help="the interpreter with JAX and HIPS")
    options = parser.parse_args(arguments)
    if options.peers:
        others = options.others or options.peers
        compare(options.points, options.seed, [options.peers, others, others])
        return
    print(f"{'gate':<20}{'value':>8}{'partial':>9}   worst partial")
    for op in gates():
        if options.gate in (None, op.name):
            value, partial = measure(op, options.points, options.seed)
            print(line(op, value, partial), flush=True)


if __name__ == "__main__":
    main()
