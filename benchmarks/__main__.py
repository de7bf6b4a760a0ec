"""All measurements of compiled programs in one run: ``python -m benchmarks``.

``python -m benchmarks.eager`` measures the eager engine against micrograd.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from datetime import date
from typing import Any

for _library in ("OPENBLAS", "OMP", "MKL"):
    os.environ[f"{_library}_NUM_THREADS"] = "1"  # read when NumPy is first imported

TITLES = {
    "steps": "one training step",
    "moons": "micrograd's demo as one graph",
    "building": "from the function to its program",
    "recurrence": "a graph without width",
    "loops": "why vectors (lecture L28)",
}
UNCOMPARED = {"part", "parameters", "nodes", "peak MB", "seconds", "graph built", "compiled in"}


def show(cell: Any, name: str) -> str:
    """A cell of the table: seconds in a readable unit."""
    if cell is None:
        return "-"
    if isinstance(cell, str):
        return cell
    if name in ("parameters", "nodes"):
        return f"{cell:,}"
    if name == "peak MB":
        return f"{cell:.0f}"
    if cell >= 1:
        return f"{cell:.2f} s"
    return f"{1e3 * cell:.2f} ms" if cell >= 1e-3 else f"{1e6 * cell:.1f} us"


def table(rows: list[dict[str, Any]]) -> str:
    """Rows as aligned text, and the ratios to the first contender behind them."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = [[name if name != "part" else "" for name in names]]
    for row in rows:
        first = next((row[n] for n in names if n not in UNCOMPARED and n in row), None)
        cells = []
        for name in names:
            cell = show(row.get(name), name)
            seconds = None if name in UNCOMPARED else row.get(name)
            if seconds is not None and seconds != first:
                cell += f" ({seconds / first:.3g}x)"
            cells.append(cell)
        lines.append(cells)
    widths = [max(len(line[k]) for line in lines) for k in range(len(names))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if k == 0 else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def main(arguments: list[str] | None = None) -> None:
    """Run the measurements and print them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(TITLES)}")
    parser.add_argument("--quick", action="store_true", help="small sizes, few rounds")
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON")
    options = parser.parse_args(arguments)
    unknown = set(options.parts) - set(TITLES)
    if unknown:
        parser.error(
            f"no part is named {', '.join(sorted(unknown))}; there are {', '.join(TITLES)}"
        )

    from . import compiled

    machine = f"{platform.processor() or platform.machine()}, Python {platform.python_version()}"
    results: dict[str, Any] = {"date": date.today().isoformat(), "machine": machine}
    for part in options.parts or TITLES:
        results[part] = getattr(compiled, part)(options.quick)
        if not options.json:
            print(f"\n{TITLES[part]}\n{table(results[part])}")
    if options.json:
        print(json.dumps(results, indent=2))
    else:
        print(f"\n{results['date']}, {machine}, one thread, float64, medians")


if __name__ == "__main__":
    main()
