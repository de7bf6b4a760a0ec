"""The demos: ``python -m demos`` lists them and runs the tour, ``python -m demos xor`` one."""

from __future__ import annotations

import argparse
import ast
from importlib import import_module
from pathlib import Path

from .board import OUT

TOUR = ("expressions", "iris")

DEMOS = (
    "expressions",
    "squares",
    "paths",
    "gates",
    "norm",
    "curves",
    "descent",
    "line",
    "house",
    "regression",
    "xor",
    "first_step",
    "iris",
    "moons",
    "batches",
    "vanishing",
    "symmetry",
    "approximation",
    "svm",
    "dropout",
    "digits",
    "two_layers",
)


def main(arguments: list[str] | None = None) -> None:
    """List the demos, then run those named in the arguments, or the tour."""
    parser = argparse.ArgumentParser(
        prog="python -m demos", description="List the demos and run some of them."
    )
    parser.add_argument(
        "demos",
        nargs="*",
        metavar="demo",
        help=f"which to run, or all; {' and '.join(TOUR)} if none",
    )
    parser.add_argument("--out", type=Path, default=OUT, help="where pictures go (%(default)s)")
    options = parser.parse_args(arguments)
    for name in options.demos:
        if name not in (*DEMOS, "all"):
            parser.error(f"there is no demo {name!r}; there are {', '.join(DEMOS)}")
    chosen = DEMOS if "all" in options.demos else options.demos or TOUR

    print("python -m demos NAME ... runs one or several of these, python -m demos all every one:")
    for name in DEMOS:
        print(f"  {name:14} {summary(name)}")
    for name in chosen:
        import_module(f"demos.{name}").main(options.out)


def summary(name: str) -> str:
    """The first line of a demo's docstring, read without importing what the demo needs."""
    source = (Path(__file__).parent / f"{name}.py").read_text(encoding="utf-8")
    first = (ast.get_docstring(ast.parse(source)) or "").splitlines()[0]
    return first.split("   ")[0].rstrip(".")


if __name__ == "__main__":
    main()
