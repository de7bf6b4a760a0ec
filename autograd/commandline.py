"""The command ``gatewise``: value and gradients of an expression, in the terminal."""

from __future__ import annotations

import argparse
import os
import re
import sys
import warnings
from collections.abc import Sequence
from importlib.util import find_spec
from textwrap import fill
from typing import Any, NoReturn

from .checking import check_gradients
from .drawing import draw
from .explaining import Explanation
from .expressions import FUNCTIONS, ExpressionError, Program
from .naming import is_number
from .notation import printable
from .stepping import ORDERS, Walk, walk
from .tables import plain_table, rich_table
from .terminal import reader, step_through
from .value import Value
from .webpage import page

__all__ = ["main"]

_EXCERPT = 60  # characters of the expression that an error shows
_EXAMPLES = f"""examples:
  gatewise "(x+y)*z" x=-2 y=5 z=-4           value, and gradient of every node
  gatewise "q = x + y; f = q*z" x=-2 y=5 z=-4 --walk
  gatewise "b = a*a; b + sin(b)" a=2 --walk --order naive
  gatewise "sigmoid(w*x + b)" w=0.5 x=pi b=1/3 --explain w
  gatewise "relu(x) - log(y)" x=3 y=2 --check
  gatewise "(x+y)*z" x=-2 y=5 z=-4 --draw f.svg --page f.html

{fill("functions: " + " ".join(sorted(FUNCTIONS)), 88, subsequent_indent="  ")}
also: + - * / ** %, comparisons, "a if x > 0 else b", lists as in dot([u, v], [x, y], b),
and the constants pi, e, tau. Completion in bash: complete -F _longopt gatewise
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line, not argparse's three."""
        self.exit(2, f"gatewise: {message}; see gatewise --help\n")


def _parser() -> argparse.ArgumentParser:
    from . import __version__

    parser = _Parser(
        prog="gatewise",
        usage="gatewise EXPRESSION [NAME=NUMBER ...] [options]",
        description="Compute an expression and its gradients, and look at how that is done.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    words = 'what to compute, "(x+y)*z" or "q = x + y; f = q*z", and a value for each variable'
    add("words", nargs="*", metavar="expression, name=number ...", help=words)
    add("--walk", action="store_true", help="step through it, forward and backward")
    add("--order", choices=ORDERS, default=ORDERS[0], help="of the walk back (%(default)s)")
    add("--explain", metavar="NAME", help="show a gradient as the sum over its paths")
    add("--check", action="store_true", help="compare the gradients with finite differences")
    add("--draw", metavar="FILE", help="save a picture: .svg, .png or .dot")
    add("--view", choices=("forward", "backward"), default="backward", help="of the picture")
    add("--page", metavar="FILE", help="save an interactive page: .html")
    add("--version", action="version", version=f"gatewise {__version__}")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; give its exit code: 0, 1 if something can't be done, 2 for bad input.

    >>> main(["(x+y)*z", "x=-2", "y=5", "z=-4"])
    node  computed as  value  ∂f/∂node
    x                     -2        -4
    y                      5        -4
    z                     -4         3
    v1    x + y            3        -4
    f     v1·z           -12         1
    0
    """
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # a terminal that has no ∂ still shows the rest
    given = sys.argv[1:] if arguments is None else arguments
    parser = _parser()
    options = parser.parse_intermixed_args(list(map(_protected, given)))
    if not options.words:
        parser.error("there is no expression")
    text, *assignments = options.words
    try:
        program = Program(text)
        values = _values(assignments, program)
        inputs = {name: Value(number, name) for name, number in values.items()}
        output = _output(program, inputs)
    except ExpressionError as error:
        return _complain(f'column {error.column} of "{_excerpt(text, error.column)}": {error}')
    except ValueError as error:
        return _complain(str(error))
    if options.explain is not None:
        named = {node.label: node for node in walk(output, names={}).nodes if node.label}
        if options.explain not in named:
            known = ", ".join(named) or "nothing"
            return _complain(f"--explain {options.explain}: the names here are {known}")
    try:
        _report(options, program, inputs, output)
        sys.stdout.flush()
    except BrokenPipeError:  # who read us, as head does, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (ImportError, OSError, ValueError, ArithmeticError, AssertionError) as error:
        return _complain(str(error), 1)
    except KeyboardInterrupt:
        return 130
    return 0


def _report(
    options: argparse.Namespace, program: Program, inputs: dict[str, Value], output: Value
) -> None:
    """Do what the options ask for."""
    steps = walk(output, options.order, names={})
    if options.walk:
        with reader() as read:
            step_through(steps, read)
    else:
        steps.goto(len(steps))
    _print_table(steps)
    if steps.order == "naive" and not options.walk:
        print(steps.ending())
    unused = [name for name, node in inputs.items() if node not in set(steps.nodes)]
    if unused:
        print(f"not in the graph, gradient 0: {', '.join(unused)}")
    if options.explain is not None:
        node = next(node for node in steps.nodes if node.label == options.explain)
        print(Explanation(node, output, {}))
    if options.check:
        _check(program, inputs)
    output.backward()
    if options.draw:
        print(f"wrote {draw(output, options.view, names={}).save(options.draw)}")
    if options.page:
        page(output, options.page, names={})
        print(f"wrote {options.page}")


def _protected(argument: str) -> str:
    """An expression that begins with a minus is no option: a space tells argparse so."""
    option = argument == "-h" or re.fullmatch(r"--([a-z]+(=.*)?)?", argument, re.DOTALL)
    return f" {argument}" if argument.startswith("-") and not option else argument


def _values(assignments: list[str], program: Program) -> dict[str, float]:
    """The number for each variable, as given: ``x=-2``, ``x=pi/4``."""
    values: dict[str, float] = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        name = name.strip()
        if not equals or not name.isidentifier():
            raise ValueError(
                f"{assignment.strip()!r}: after the expression, in quotes, come values as "
                "name=number, for example x=2"
            )
        if name in values:
            raise ValueError(f"{name} has two values")
        if name in program.assigned:
            raise ValueError(f"{name}={text}: the expression itself computes {name}")
        try:
            values[name] = float(text) if is_number(text) else Program(text).evaluate({})
        except ExpressionError:
            raise ValueError(
                f"{name}={text}: write a number, or an expression of numbers such as pi/4"
            ) from None
    strange = [name for name in values if name not in program.names]
    if strange:
        variables = [name for name in program.variables if name not in FUNCTIONS]
        known = ", ".join(variables) or "no variable"
        raise ValueError(f"{strange[0]} does not occur in the expression, which has {known}")
    return values


def _output(program: Program, inputs: dict[str, Value]) -> Value:
    """The result as a node with a name."""
    output = program.evaluate(inputs)
    if not isinstance(output, Value):
        output = Value(output)
    if not output.label and not output.is_constant:
        taken = {*inputs, *program.assigned}
        output.label = next(name for name in ("f", "out", "result", "") if name not in taken)
    return output


def _complain(message: str, code: int = 2) -> int:
    """Say on one line what is wrong."""
    print(f"gatewise: {printable(' '.join(message.split()))}", file=sys.stderr)
    return code


def _excerpt(text: str, column: int) -> str:
    """The text, if it is long what stands around the column."""
    start = max(0, column - 1 - _EXCERPT // 2)
    shown = text[start : start + _EXCERPT]
    before, after = start > 0, start + len(shown) < len(text)
    return f"{'…' if before else ''}{shown}{'…' if after else ''}"


def _print_table(steps: Walk) -> None:
    if sys.stdout.isatty() and find_spec("rich"):
        from rich.console import Console

        Console().print(rich_table(steps, text=False))
    else:
        print(plain_table(steps))


def _check(program: Program, inputs: dict[str, Value]) -> None:
    """Compare with finite differences; an AssertionError tells where they disagree."""
    names = list(inputs)

    def f(*point: Any) -> Any:
        return program.evaluate(dict(zip(names, point, strict=True)))

    point = [node.data for node in inputs.values()]
    with warnings.catch_warnings(record=True) as doubts:
        warnings.simplefilter("always")
        report = check_gradients(f, *point)
    for doubt in doubts:
        print(f"note: {doubt.message}")
    print(f"{report.checked} derivatives agree with finite differences")
