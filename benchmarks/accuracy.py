"""How far each gate's value and partial derivatives are from exact arithmetic.

    python -m benchmarks.accuracy [--points 300] [--gate NAME] [--order 2]

prints for each gate the worst error of value and derivatives, in units in the last place (ulp) of
the exact number, and where it was met. A number that is a sum whose terms may cancel is measured
in ulp of its largest term; ``terms`` says which are. And

    python -m benchmarks.accuracy --order 2 --peers --others /path/to/python

sets them next to the errors of PyTorch, JAX and HIPS autograd at the same points. The last shares
our package's name, so it must be installed elsewhere: ``python -m venv peers``, then
``peers/bin/pip install jax autograd scipy``, and ``--others peers/bin/python``. With
``--table docs/accuracy.md`` the page of the docs is written, with peers or without.
"""

from __future__ import annotations

import argparse
import datetime
import json
import math
import platform
import subprocess
import sys
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from itertools import product
from pathlib import Path
from typing import NamedTuple

import autograd
from autograd import certify
from autograd.checking import exact
from autograd.checking.accuracy import LOST, Places, Terms, Worst, computed, judged
from autograd.checking.balls import arithmetic
from autograd.engine.gate import Primitive
from autograd.engine.primitives import registry

from .peer_derivatives import OPERATORS
from .sample import DEFAULTS, Point, operands

__all__ = ["gates", "line", "measure", "promised"]

PROMISED = (2.0, 4.0, 4.0)
"""Bounds of values, of first and of second derivatives, in ulp."""

EXCEPTIONS = (
    {"cbrt_derivative": 4.0, "soft_cross_entropy": 3.0},
    {
        **dict.fromkeys(("exp", "log", "sin", "cos", "expm1"), 1.0),
        **dict.fromkeys(("div", "sqrt", "log1p"), 1.5),
        **dict.fromkeys(("pow", "softplus"), 2.0),
        **dict.fromkeys(("logsumexp", "cross_entropy"), 3.0),
        "inversion": 5.0,
    },
    {
        **dict.fromkeys(("atan2", "soft_cross_entropy"), 5.0),
        "inversion": 6.0,
        **dict.fromkeys(("sech2", "sigmoid_slope"), 8.0),
    },
)
"""The same of the gates that are better, or worse."""


def promised(op: Primitive, order: int) -> float:
    """How many ulp a gate's value (order 0) or derivatives may be off."""
    return EXCEPTIONS[order].get(op.name, PROMISED[order])


def gates() -> list[Primitive]:
    """The rows of the table, in its order."""
    return [op for name, op in registry.items() if name in exact.functions()]


def terms(op: Primitive) -> Terms:
    """Of what the gate's numbers are sums that may cancel."""

    def of(point: Point, places: Places) -> Sequence[float]:
        n = len(point) // 2
        if op.name == "dot" and not places:
            return [a * b for a, b in zip(point[:n], point[n:-1], strict=True)]
        if op.name == "soft_cross_entropy" and max(places, default=0) >= n:
            if len(places) == 1:
                return [point[places[0] - n]]
            return [1.0] if min(places) < n else ()  # of sⱼ - 1
        return SECOND[op.name](point, places) if len(places) == 2 and op.name in SECOND else ()

    return of


def of_sech2(point: Point, places: Places) -> Sequence[float]:
    """Of 4·sech²x·tanh²x - 2·sech⁴x."""
    slope, t = registry["sech2"].value(*point), math.tanh(*point)
    return 4 * slope * t * t, 2 * slope * slope


def of_gaussian(point: Point, places: Places) -> Sequence[float]:
    """Of (4x² - 2)·scale·e^(-x²); nothing is promised where e^(-x²) underflows."""
    x, _ = point
    if math.exp(-x * x) < exact.TINY:
        return (math.inf,)
    return (4 * x * x * registry["gaussian"].value(*point),) if places == (0, 0) else ()


def of_softmax(point: Point, places: Places) -> Sequence[float]:
    """Of sᵢ·(I(i = j) - sⱼ)·(I(i = k) - sₖ) - sᵢ·sⱼ·(I(j = k) - sₖ)."""
    i, *xs = point
    shares = [registry["softmax"].value(float(k), *xs) for k in range(len(xs))]

    def less(j: int, k: int) -> float:
        return registry["rest"].value(float(k), *xs) if j == k else -shares[k]

    at, j, k = int(i), places[0] - 1, places[1] - 1
    return shares[at] * less(at, j) * less(at, k), shares[at] * shares[j] * less(j, k)


def length(order: int, point: Point) -> float:
    """Of the vector (x, y)/r², differentiated so often: a coordinate of it may be near 0."""
    size = registry["inversion"].value(math.hypot(*point), 0.0)
    return math.prod([size] * (order + 1)) * math.factorial(order)


SECOND: dict[str, Terms] = {
    "softmax": of_softmax,
    "rest": of_softmax,
    "sech2": of_sech2,
    "sigmoid_slope": lambda point, places: [x / 16 for x in of_sech2((point[0] / 2,), places)],
    "gaussian": of_gaussian,
    "unit": lambda point, places: [length(1, point)],
    "inversion": lambda point, places: [length(2, point)],
}
"""Second derivatives whose zeros are between the floats: of softmax near ½, and of helpers."""


def measure(op: Primitive, n: int, seed: int = 1, order: int = 1) -> list[Worst]:
    """The worst error over n points of the gate's value, and of its derivatives of each order."""
    return compare(op, n, seed, order, [])[0]


# ------------------------------------------------------------------ other libraries

PEERS = ("torch", "jax", "hips")
NOTHING = Worst(-1.0, "", (), 0.0, 0.0)
"""No number was given, or none was asked for."""


class Peer(NamedTuple):
    """A library's name with its version, and its derivatives by gate, point and places."""

    name: str
    derivatives: dict[str, dict[Point, dict[Places, float]]]


def ask(peer: str, python: str, points: dict[str, list[Point]]) -> Peer:
    """A library's derivatives at the points; of one that is not installed none."""
    questions = {}
    for op in map(registry.__getitem__, points):
        columns = [list(column) for column in zip(*points[op.name], strict=True)]
        if varies := varying(op, len(columns)):
            constants = [column for place, column in enumerate(columns) if place not in varies]
            questions[op.name] = [constants, [columns[place] for place in varies]]
    script = Path(__file__).with_name("peer_derivatives.py")
    answer = subprocess.run(  # -I: HIPS autograd is meant, not the package of that name here
        [python, "-I", str(script), peer],
        input=json.dumps(questions),
        capture_output=True,
        text=True,
    )
    if answer.returncode:
        print(f"{peer} is left out: {answer.stderr.strip().splitlines()[-1]}", file=sys.stderr)
        return Peer(peer, {})
    given = json.loads(answer.stdout)
    found: dict[str, dict[Point, dict[Places, float]]] = {}
    for op in map(registry.__getitem__, points):
        at = found[op.name] = {point: {} for point in points[op.name]}
        for order, numbers in enumerate(given["derivatives"].get(op.name, ()), 1):
            every = product(varying(op, len(points[op.name][0])), repeat=order)
            for places, column in zip(every, numbers or (), strict=False):  # None: refused
                for point, number in zip(points[op.name], column, strict=True):
                    at[point][places] = number
    return Peer(given["name"], found)


def varying(op: Primitive, count: int) -> list[int]:
    """By which operands all libraries can differentiate: not by an activation's parameter."""
    flows = op.differentiable(count)
    return [k for k in range(count) if flows[k] and not (op.name in DEFAULTS and k)]


def comparable(op: Primitive, point: Point) -> bool:
    """Whether all libraries mean the same by the gate here."""
    return op.name not in DEFAULTS or point[1] == DEFAULTS[op.name]


def asked(
    chosen: Sequence[Primitive], python: str | None, others: str | None, n: int, seed: int
) -> list[Peer]:
    """The peers' answers at the points where we are measured; none without an interpreter."""
    if not python:
        return []
    points = {
        op.name: [point for point in operands(op.name, n, seed) if comparable(op, point)]
        for op in chosen
    }
    pythons = (python, others or python, others or python)
    return [ask(peer, each, points) for peer, each in zip(PEERS, pythons, strict=True)]


def compare(
    op: Primitive, n: int, seed: int, order: int, peers: Sequence[Peer]
) -> list[list[Worst]]:
    """The worst errors of value and derivatives over n points: ours, and those of each peer."""
    function = exact.functions()[op.name]
    worst = [[NOTHING] * (order + 1) for _ in range(1 + len(peers))]
    names = [f"x{k}" for k in range(9)]
    for point in operands(op.name, n, seed):
        theirs = [peer.derivatives.get(op.name, {}).get(point, {}) for peer in peers]
        for places, got in computed(op, point, order):
            given = [(0, got), *((k, at[places]) for k, at in enumerate(theirs, 1) if places in at)]
            errors = judged(function, point, places, [x for _, x in given], names, terms(op))
            if not errors and not places:
                break  # outside of the domain
            for (library, _), error in zip(given, errors, strict=False):
                before = worst[library][len(places)]
                worst[library][len(places)] = max(before, error, key=badness)
    return worst


def badness(worst: Worst) -> tuple[float, bool]:
    """NaN is worse than inf."""
    return worst.ulps, worst.got != worst.got


# ------------------------------------------------------------------ tables

EXACT = 0.005
"""An error below is shown as 0.00."""


def verdict(worst: Worst) -> str:
    """An error in ulp, or how it fails to be the number."""
    if not worst.what:
        return "–"
    if worst.ulps == math.inf:
        return "NaN" if worst.got != worst.got else "inf"
    if worst.ulps > LOST:
        return "lost"
    return f"{worst.ulps:.2f}" if worst.ulps < 1000 else f"{worst.ulps:.1g}"


def where(worst: Worst) -> str:
    """Where an error was met, in short."""
    if worst.ulps < EXACT:
        return ""
    at = ", ".join(repr(x) if len(worst.point) < 3 else f"{x:.6g}" for x in worst.point)
    return f"{worst.what} at {at}" if len(worst.point) > 1 else at


def line(op: Primitive, worst: list[Worst]) -> str:
    """A row of the printed table."""
    return f"{op.name:<20}" + "".join(f"{verdict(w):>9}" for w in worst) + f"   {where(worst[-1])}"


def proven(op: Primitive, worst: Worst) -> str:
    """What ``certify`` proves of our number where it is worst: it is off by so much at most."""
    order = len(worst.places)
    if not order:
        return "–"
    at = certify(lambda *xs: op(*xs), *worst.point, order=order)
    first, *second = worst.places
    hessian = at.hessian or []
    interval = hessian[first][second[0]] if second else at.gradient[first]
    if not interval.proven or not worst.expected:
        return "–"
    scale = max([abs(worst.expected), *map(abs, terms(op)(worst.point, worst.places))])
    off = interval.off * math.ulp(worst.expected) / math.ulp(scale)
    return f"≤ {math.ceil(off * 100) / 100:.2f}" if off < 1000 else "–"


def row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def head(*titles: str) -> list[str]:
    return [row(titles), "|" + "---|" * len(titles)]


Results = dict[str, list[list[Worst]]]
"""By gate, then by library, then by order."""


def exactly_right(libraries: list[list[Worst]], order: int) -> bool:
    """Whether nobody made an error, and there is none to be told of."""
    return all(each[order].ulps < EXACT for each in libraries)


def printed(results: Results, order: int, peers: Sequence[Peer]) -> list[str]:
    """The derivatives of this order, ours and the peers', each with where it is worst."""
    lines = head("gate", "gatewise", *(peer.name for peer in peers))
    for gate, libraries in results.items():
        cells = [f"{verdict(each[order])} {where(each[order])}".strip() for each in libraries]
        lines.append(row([gate, *cells]))
    return lines


def versions(peers: Sequence[Peer]) -> str:
    """What was measured, with what, on what."""
    try:
        fast = [f"python-flint {version('python-flint')}"]
    except PackageNotFoundError:
        fast = []
    tools = [f"Python {platform.python_version()}", f"mpmath {version('mpmath')}", *fast]
    names = [f"gatewise {version('gatewise')}", *(peer.name for peer in peers), *tools]
    return ", ".join([*names, f"{platform.system()} {' '.join(platform.libc_ver())}".strip()])


# ------------------------------------------------------------------ the page of the docs

PAGE = """\
# How accurate it is

Made on {date} by

    {command}

with {versions}.

All errors are in ulp: one is the distance from the exact number to the next float, and a number
that is rounded as well as can be is off by at most 0.5.

| | value | first derivative | second derivative |
|---|---|---|---|
| **promised**: held by tests | {promises[0]} | {promises[1]}, or less as stated | {promises[2]} |
| **measured**: the worst that was met, and where | below | below | below |
| **proven**: enclosed in an interval | for your numbers, by `autograd.certify` | the same; below \
for the worst points | the same |

The promise holds wherever the exact number is a normal float; an underflow counts as right. What
was measured is no proof for other points; what is proven is our number at the point where it was
found worst, by interval arithmetic on the table's rows: no differences there.

In ulp of their largest term, as they are sums that may cancel:

- the value of `dot`;
- the slope of `soft_cross_entropy`, sⱼ·Σp - pⱼ, and its derivative by pⱼ, sⱼ - 1;
- the second derivatives of `softmax` and its complement `rest`, which are 0 at a probability of ½:
  sᵢ·(1-sᵢ)² - sᵢ²·(1-sᵢ) for xᵢ alone. The logits' own rounding moves them by as much;
- the second derivatives of some helpers, which are third derivatives of the gates that they help:
  of `sech2` (in tanh), `sigmoid_slope` (in sigmoid), `gaussian` (in erf; promised for |x| < 26.6,
  where e^(-x²) is a normal float). Of `unit` (in hypot) and `inversion` (in atan2) they are
  coordinates of vectors of length 1/r² and 2/r³, counted in ulp of that length, if it is a float.

**How it is measured.** Each gate at {points} points: magnitudes from 1e-300 to 1e300 of both signs,
the everyday ones, where the gate bends, saturates or nears overflow, the edges of its domain, the
neighbourhood of its kinks. What is exact is computed with up to {digits} digits from the definition
of the gate's value; a derivative is a difference there, not a formula of ours.

**How to read it.** *NaN* and *inf* stand where the exact number is an ordinary float (*inf* also
for a number where there should be 0); *lost* means that no digit is right; – that the library has
no such gate, or doesn't differentiate it so often.
{compared}"""

COMPARED = """
The other libraries are measured at the same points, by the function of theirs that comes closest,
in float64 on the CPU; `elu` and `leaky_relu` by x only, with the default parameter.
"""


def helper(gate: str) -> bool:
    """Whether the gate is there for derivatives of others: no public function, no operator."""
    named = gate in OPERATORS or gate == "soft_cross_entropy" or hasattr(autograd, gate)
    return not named


def promise(results: Results, order: int) -> str:
    """The bound, for whom it is higher, and who does not keep it."""
    higher = [f"`{g}` {x:g}" for g, x in EXCEPTIONS[order].items() if x > PROMISED[order]]
    broken = [
        f"`{gate}` ({verdict(ours[order])})"
        for gate, (ours, *_) in results.items()
        if ours[order].ulps > promised(registry[gate], order)
    ]
    not_yet = ", not yet kept by " + ", ".join(broken) if broken else ""
    return f"{PROMISED[order]:g} ulp ({', '.join(higher)}){not_yet}"


def page(results: Results, points: int, peers: Sequence[Peer], command: str) -> str:
    """The page of the docs, in Markdown."""
    public = {gate: each for gate, each in results.items() if not helper(gate)}
    helpers = {gate: each for gate, each in results.items() if helper(gate)}
    lines = PAGE.format(
        date=datetime.date.today().isoformat(),
        command=command,
        versions=versions(peers),
        digits=exact.LEVELS[-1],
        points=points,
        promises=[promise(results, order) for order in range(3)],
        compared=COMPARED if any(peer.derivatives for peer in peers) else "",
    ).splitlines()
    names = [peer.name for peer in peers]
    lines += ["", "## Values and first derivatives", ""]
    titles = ("gate", "value", "promised", "gatewise", "proven", *names, "where ours is worst")
    lines += [*head(*titles), *(details(gate, each, 1) for gate, each in public.items())]
    lines += ["", "## Second derivatives", "", "All pairs of operands, in both orders.", ""]
    lines += [*head("gate", *titles[2:])]
    shown = {gate: each for gate, each in public.items() if not exactly_right(each, 2)}
    lines += [details(gate, each, 2) for gate, each in shown.items()]
    rest = ", ".join(f"`{gate}`" for gate in public if gate not in shown)
    lines += ["", f"Exact, by everyone who has them: {rest}.", "", "## Helpers", ""]
    lines += ["Gates that the derivatives of others are made of.", ""]
    for order, what in enumerate(("first", "second"), 1):
        titles = ("gate", *(("value",) if order == 1 else ()), "promised", what, "proven")
        lines += head(*titles, "where it is worst")
        lines += [*(details(gate, [ours], order) for gate, (ours, *_) in helpers.items()), ""]
    return "\n".join(lines).rstrip() + "\n"


def details(gate: str, libraries: list[list[Worst]], order: int) -> str:
    """A row of the page."""
    op, (ours, *theirs) = registry[gate], libraries
    value = [verdict(ours[0])] if order == 1 else []
    measured = [f"{promised(op, order):g}", verdict(ours[order]), proven(op, ours[order])]
    peers = (verdict(each[order]) for each in theirs)
    return row([gate, *value, *measured, *peers, where(ours[order])])


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.accuracy",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--points", type=int, default=300, help="how many for each gate")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--gate", help="only this one")
    parser.add_argument("--order", type=int, default=1, choices=(1, 2), help="2: second, too")
    parser.add_argument("--table", metavar="FILE", help="write the page of the docs (order 2)")
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
    chosen = [op for op in gates() if options.gate in (None, op.name)]
    if options.table:
        arithmetic()  # what is proven needs python-flint: say so now, not after all the measuring
    order = 2 if options.table else options.order
    peers = asked(chosen, options.peers, options.others, options.points, options.seed)
    if not peers and not options.table:
        orders = "".join(f"{what:>9}" for what in ("value", "first", "second")[: order + 1])
        print(f"{'gate':<20}{orders}   the worst derivative")
        for op in chosen:
            print(line(op, measure(op, options.points, options.seed, order)), flush=True)
        return
    results = {op.name: compare(op, options.points, options.seed, order, peers) for op in chosen}
    if options.table:
        command = (
            f"python -m benchmarks.accuracy --points {options.points} --table docs/accuracy.md"
        )
        command += " --peers --others peers/bin/python" if peers else ""
        text = page(results, options.points, peers, command)
        Path(options.table).write_text(text, encoding="utf-8")
        return
    print(f"{datetime.date.today().isoformat()}: {versions(peers)}; {options.points} points\n")
    for each in range(1, order + 1):
        print(f"{('First', 'Second')[each - 1]} derivatives: the worst error in ulp, and where\n")
        print("\n".join(printed(results, each, peers)), "\n")


if __name__ == "__main__":
    main()
