"""The demos: ``python -m demos`` runs the tour and lists them, ``python -m demos xor`` runs one."""

from __future__ import annotations

import argparse
import ast
from importlib import import_module
from pathlib import Path

from .board import OUT

TOUR = ("expressions", "squares", "paths", "gates", "norm", "iris")

DEMOS = (
    "expressions",
    "squares",
    "paths",
    "gates",
    "norm",
    "curves",
    "jacobians",
    "descent",
    "steps",
    "line",
    "house",
    "regression",
    "saturation",
    "xor",
    "collapse",
    "shapes",
    "first_step",
    "by_hand",
    "iris",
    "moons",
    "batches",
    "vanishing",
    "symmetry",
    "approximation",
    "heads",
    "svm",
    "dropout",
    "loops",
    "digits",
    "large",
    "two_layers",
    "convolution",
    "sequence",
    "memory",
    "gpt",
    "many_machines",
)


def main(arguments: list[str] | None = None) -> None:
    """Run the demos named in the arguments, or else the tour, and list them all."""
    parser = argparse.ArgumentParser(
        prog="python -m demos", description="Run some of the demos, and list them all."
    )
    parser.add_argument(
        "demos",
        nargs="*",
        metavar="demo",
        help=f"which to run, or all; {', '.join(TOUR)} if none",
    )
    parser.add_argument("--out", type=Path, default=OUT, help="where pictures go (%(default)s)")
    options = parser.parse_args(arguments)
    for name in options.demos:
        if name not in (*DEMOS, "all"):
            parser.error(f"there is no demo {name!r}; there are {', '.join(DEMOS)}")
    chosen = DEMOS if "all" in options.demos else options.demos or TOUR
    for name in chosen:
        import_module(f"demos.{name}").main(options.out)
    print("\npython -m demos NAME ... runs one or several of these, python -m demos all every one:")
    for name in DEMOS:
        print(f"  {name:14} {summary(name)}")


def summary(name: str) -> str:
    """The first line of a demo's docstring, read without importing what the demo needs."""
    source = (Path(__file__).parent / f"{name}.py").read_text(encoding="utf-8")
    first = (ast.get_docstring(ast.parse(source)) or "").splitlines()[0]
    return first.split("   ")[0].rstrip(".")


if __name__ == "__main__":
    main()
