"""The tour: ``python -m demos`` runs every demo, ``python -m demos gates paths`` those two."""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path

from .board import OUT

DEMOS = ("expressions", "squares", "paths", "gates", "norm")


def main(arguments: list[str] | None = None) -> None:
    """Run the demos named in the arguments, or all of them."""
    parser = argparse.ArgumentParser(
        prog="python -m demos", description="Run the tour, or some of it."
    )
    parser.add_argument("demos", nargs="*", metavar="demo", help=", ".join(DEMOS))
    parser.add_argument("--out", type=Path, default=OUT, help="where pictures go (%(default)s)")
    options = parser.parse_args(arguments)
    for name in options.demos:
        if name not in DEMOS:
            parser.error(f"there is no demo {name!r}; there are {', '.join(DEMOS)}")

    print(f"demos: {', '.join(DEMOS)}   (each runs alone: python -m demos.{DEMOS[0]})")
    for name in options.demos or DEMOS:
        import_module(f"demos.{name}").main(options.out)


if __name__ == "__main__":
    main()
