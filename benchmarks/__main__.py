"""Compiled programs against NumPy by hand: ``python -m benchmarks [NAME ...]``.

A NAME is a case, a family of cases or another part; --list shows them, and without a name all are
measured. For each case it is first proven that all its writings give the same value and gradient.
``python -m benchmarks.eager`` measures the eager engine against micrograd.
"""

from __future__ import annotations

import argparse
import platform
from collections.abc import Callable
from datetime import date
from typing import Any

from . import building, lectures
from .case import Case, Wanted
from .cases import FAMILIES
from .measure import Row, measure

__all__ = ["main"]

CASES = {name: make for family in FAMILIES.values() for name, make in family.items()}
PARTS: dict[str, Callable[[int], list[dict[str, Any]]]] = {
    "building": building.building,
    "overhead": building.overhead,
    "moons": lectures.moons,
    "loops": lectures.loops,
}
COLUMNS = {  # of the table of cases, with their widths
    "case": 21,
    "NumPy by hand": 14,
    "compiled": 10,
    "ratio": 17,
    "in C": 10,
    "ratio of it": 13,
    "PyTorch": 10,
    "ratio to it": 16,
    "eager": 10,
    "lines": 15,
    "built in": 17,
    "JAX": 10,
    "JAX to PyTorch": 15,
}


def seconds(number: float | None) -> str:
    """A time in a readable unit."""
    if number is None:
        return "–"
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if number >= size:
            return f"{number / size:.3g} {unit}"
    return f"{number / 1e-6:.3g} us"


def held(number: float | None, wanted: float | None, text: str) -> str:
    """A measured number beside what is wanted, marked where it is too large."""
    if number is None or wanted is None:
        return text
    return f"{text} {'≤' if number <= wanted else '>'} {wanted:g}"


def line(cells: list[str]) -> str:
    widths = list(COLUMNS.values())
    first = cells[0].ljust(widths[0])
    return first + "".join(f" {c:>{w}}" for c, w in zip(cells[1:], widths[1:], strict=True))


def shown(name: str, row: Row, wanted: Wanted) -> str:
    """A line of the table of cases."""

    def times(ratio: float | None) -> str:
        return "–" if ratio is None else f"{ratio:.2f}"

    text = line(
        [
            name,
            seconds(row.by_hand),
            seconds(row.compiled),
            held(row.ratio, wanted.ratio, times(row.ratio)),
            seconds(row.c),
            held(row.ratio_of_c, wanted.c, times(row.ratio_of_c)),
            seconds(row.torch),
            held(row.ratio_to_torch, wanted.torch, times(row.ratio_to_torch)),
            seconds(row.eager),
            held(row.lines, wanted.lines, "–" if row.lines is None else f"{row.lines:,}"),
            held(row.build, wanted.seconds, seconds(row.build)),
            seconds(row.jax),
            held(row.jax_to_torch, wanted.jax, times(row.jax_to_torch)),
        ]
    )
    return text + (f"\n  {row.note}" if row.note else "")


def table(rows: list[dict[str, Any]]) -> str:
    """Rows of anything as aligned text."""
    cells = [list(rows[0])] + [
        [each if isinstance(each, str) else seconds(each) for each in row.values()] for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if k else cell.ljust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    )


def listing() -> str:
    """All the names, and what they are."""
    lines = []
    for family, cases in FAMILIES.items():
        lines.append(f"{family}:")
        for name, make in cases.items():
            case: Case = make()
            lines.append(f"  {name:<16}{case.about}")
    lines.append("other parts:")
    lines += [f"  {name:<16}{(part.__doc__ or '').splitlines()[0]}" for name, part in PARTS.items()]
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    """Measure what was asked for, and print it."""
    about = (__doc__ or "").splitlines()[0]
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=about)
    parser.add_argument("names", nargs="*", metavar="NAME", help="see --list; all without it")
    parser.add_argument("--list", action="store_true", help="show what there is")
    parser.add_argument(
        "--turns", type=int, default=15, help="blocks of calls of each contender (%(default)s)"
    )
    options = parser.parse_args(arguments)
    if options.list:
        print(listing())
        return
    if options.turns < 1:
        parser.error(f"--turns must be at least 1, got {options.turns}")
    names: dict[str, None] = {}
    for name in options.names or [*CASES, *PARTS]:
        if name not in CASES and name not in PARTS and name not in FAMILIES:
            parser.error(f"nothing is named {name}; --list shows what there is")
        names |= dict.fromkeys(FAMILIES.get(name, [name]) if name not in CASES else [name])

    cases = [name for name in names if name in CASES]
    if cases:
        print(line(list(COLUMNS)))
    for name in cases:
        case = CASES[name]()
        print(shown(name, measure(case, options.turns), case.wanted), flush=True)
    for name in names:
        if name in PARTS:
            print(f"\n{(PARTS[name].__doc__ or '').splitlines()[0]}")
            print(table(PARTS[name](options.turns)), flush=True)
    machine = f"{platform.processor() or platform.machine()}, Python {platform.python_version()}"
    print(f"\n{date.today()}, {machine}, one thread, float64, medians; wanted after ≤ or >")


if __name__ == "__main__":
    main()
