"""How far each gate's value and partial derivatives are from exact arithmetic.

    python -m benchmarks.accuracy [--points 300] [--gate NAME] [--order 2]

prints a table: for each gate the worst error of value and derivatives, in units in the last place
(ulp) of the exact number, and where it was met; ``--table docs/accuracy.md`` writes the page of
the docs. Two are counted in ulp of their largest term, as they are sums
that may cancel: the value of a dot product, and the slope of a cross-entropy with soft targets,
sⱼ·Σp - pⱼ. And

    python -m benchmarks.accuracy --peers --others /path/to/python

prints the partials' errors next to those of PyTorch, JAX and HIPS autograd. The last shares our
package's name, so it must be installed elsewhere: ``python -m venv peers``, then
``peers/bin/pip install jax autograd scipy``, and ``--others peers/bin/python``.
"""

from __future__ import annotations

import argparse
import datetime
import json
import math
import platform
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from autograd.checking import exact
from autograd.checking.accuracy import LOST, Places, Worst, measured
from autograd.engine.gate import Primitive
from autograd.engine.primitives import registry

from .sample import Point, operands

__all__ = ["gates", "line", "measure"]


def gates() -> list[Primitive]:
    """The rows of the table, in its order."""
    return [op for name, op in registry.items() if name in exact.functions()]


def terms(op: Primitive) -> Callable[[Point, Places], Sequence[float]]:
    """Of what the gate's numbers are sums that may cancel."""

    def of(point: Point, places: Places) -> Sequence[float]:
        n = len(point) // 2
        if op.name == "dot" and not places:
            return [a * b for a, b in zip(point[:n], point[n:-1], strict=True)]
        if op.name == "soft_cross_entropy" and len(places) == 1 and places[0] >= n:
            return [point[places[0] - n]]
        return ()

    return of


def measure(op: Primitive, n: int, seed: int = 1, order: int = 1) -> list[Worst]:
    """The worst error over n points of the gate's value, and of its derivatives of each order."""
    worst = [Worst(0.0, "", (), 0.0, 0.0)] * (order + 1)
    names = [f"x{k}" for k in range(9)]
    for point in operands(op.name, n, seed):
        for error in measured(op, exact.functions()[op.name], point, order, names, terms(op)):
            kind = 0 if error.what == "value" else 2 if error.what.startswith("d²") else 1
            worst[kind] = max(worst[kind], error, key=lambda each: each.ulps)
    return worst


def where(worst: Worst) -> str:
    """Where an error was met, in short."""
    at = ", ".join(f"{x:.6g}" for x in worst.point)
    return f"{worst.what} at {at}" if worst.what else ""


def line(op: Primitive, worst: list[Worst]) -> str:
    """A row of the printed table."""
    return f"{op.name:<20}" + "".join(f"{w.ulps:>9.3g}" for w in worst) + f"   {where(worst[-1])}"


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


PAGE = """\
# How accurate it is

Made by `{command}` on {date}, with {versions}.

An ulp is the distance from the exact number to the next float. What is exact is computed in
arithmetic of up to {digits} digits, from the definition of each gate's value; a derivative is a
difference there, not a formula of ours. Each gate is measured at {points} points: magnitudes from
1e-300 to 1e300 of both signs, the everyday ones, where the gate bends, saturates or nears
overflow, the edges of its domain, the neighbourhood of its kinks.

| | value | first derivative | second derivative |
|---|---|---|---|
| promised | 2 ulp | 4 ulp | 4 ulp, or what is stated below |
| measured | below | below | below |
| proven | for the numbers given, by `autograd.certify` | the same | the same |

*Promised* holds wherever the exact number is a normal float; tests hold it on a smaller sample.
*Measured* is the worst that was met, and no proof. Proven is what interval arithmetic encloses.
An underflow counts as right. In ulp of their largest term, as they are sums that may cancel: the
value of `dot`, and the slope of `soft_cross_entropy`, sⱼ·Σp - pⱼ.

Second derivatives above 4 ulp: {above}.

| gate | value | first | second | where the first is worst | where the second is worst |
|---|---|---|---|---|---|
"""


def page(points: int, seed: int) -> str:
    """The page of the docs, in Markdown."""
    rows, above = [], []
    for op in gates():
        value, first, second = measure(op, points, seed, order=2)
        cells = [verdict([(worst.ulps, worst.got)]) for worst in (value, first, second)]
        if second.ulps > 4:
            above.append(f"`{op.name}` ({cells[-1]})")
        rows.append("| " + " | ".join([op.name, *cells, where(first), where(second)]) + " |")
    head = PAGE.format(
        command=f"python -m benchmarks.accuracy --points {points} --table docs/accuracy.md",
        date=datetime.date.today().isoformat(),
        versions=f"gatewise {version('gatewise')}, Python {platform.python_version()}, mpmath "
        f"{version('mpmath')}, {platform.system()} {' '.join(platform.libc_ver())}",
        digits=exact.LEVELS[-1],
        points=points,
        above=", ".join(above) or "none",
    )
    return head + "\n".join(rows) + "\n"


def main(arguments: Any = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.accuracy",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--points", type=int, default=300, help="how many for each gate")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--gate", help="only this one")
    parser.add_argument("--order", type=int, default=1, choices=(1, 2), help="2: second, too")
    parser.add_argument("--table", metavar="FILE", help="write the page of the docs")
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
    if options.table:
        Path(options.table).write_text(page(options.points, options.seed), encoding="utf-8")
        return
    orders = "".join(f"{what:>9}" for what in ("value", "first", "second")[: options.order + 1])
    print(f"{'gate':<20}{orders}   the worst derivative")
    for op in gates():
        if options.gate in (None, op.name):
            print(line(op, measure(op, options.points, options.seed, options.order)), flush=True)


if __name__ == "__main__":
    main()
