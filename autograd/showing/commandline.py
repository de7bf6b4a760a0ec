"""The command ``gatewise``: value and gradients of an expression, in the terminal."""

from __future__ import annotations

import argparse
import math
import os
import re
import sys
import warnings
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from textwrap import fill
from typing import Any, NoReturn

from ..checking.differences import UncheckedWarning, check_gradients
from ..checking.enclosures import certify
from ..engine.value import Value
from ..reading.columns import printable
from ..reading.expressions import FUNCTIONS, ExpressionError, Program
from ..reading.naming import is_number
from .drawing import draw
from .explaining import Explanation
from .stepping import ORDERS, Walk, walk
from .tables import plain_table, rich_table
from .terminal import reader, step_through
from .webpage import page

__all__ = ["main"]

_EXCERPT = 30  # characters of the expression that an error shows, from its column on
_MINUS = "\0"  # before a word that begins with a minus: no argument of a command can hold it
_EXAMPLES = f"""examples:
  gatewise "(x+y)*z" x=-2 y=5 z=-4           value, and gradient of every node
  gatewise "q = x + y; f = q*z" x=-2 y=5 z=-4 --walk
  gatewise "b = a*a; b + sin(b)" a=2 --walk --order naive
  gatewise "sigmoid(w*x + b)" w=0.5 x=pi b=1/3 --explain w
  gatewise "relu(x) - log(y)" x=3 y=2 --check
  gatewise "(1 + x) - 1" x=1e-17 --certify
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
    from .. import __version__

    parser = _Parser(
        prog="gatewise",
        usage="gatewise EXPRESSION [NAME=NUMBER ...] [options]",
        description="Compute an expression and its gradients, and look at how that is done.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )

    def add(*names: str, **settings: Any) -> None:
        if "action" not in settings:
            settings["type"] = _unprotected
        parser.add_argument(*names, **settings)

    words = 'what to compute, "(x+y)*z" or "q = x + y; f = q*z", and a value for each variable'
    add("words", nargs="*", metavar="expression, name=number ...", help=words)
    add("--walk", action="store_true", help="step through it, forward and backward")
    add("--order", choices=ORDERS, default=ORDERS[0], help="of the walk back (%(default)s)")
    add("--explain", metavar="NAME", help="show a gradient as the sum over its paths")
    add("--check", action="store_true", help="compare the gradients with finite differences")
    add("--certify", action="store_true", help="prove in which intervals the gradients lie")
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
    if wrong := _wrong_file(options):
        return _complain(wrong)
    try:
        program = Program(text)
        values = _values(assignments, program)
        inputs = {name: Value(number, name) for name, number in values.items()}
        output = _output(program, inputs)
    except ExpressionError as error:
        return _complain(f"column {error.column}{_excerpt(text, error.column)}: {error}")
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
        _check(program, inputs, output.label)
    if options.certify:
        print(certify(_function(program, inputs, output.label), *inputs.values()))
    output.backward()
    if options.draw is not None:
        print(f"wrote {draw(output, options.view, names={}).save(options.draw)}")
    if options.page is not None:
        page(output, options.page, names={})
        print(f"wrote {options.page}")


def _protected(argument: str) -> str:
    """An expression that begins with a minus is no option: a mark tells argparse so."""
    option = argument == "-h" or re.fullmatch(r"--([a-z]+(=.*)?)?", argument, re.DOTALL)
    return f"{_MINUS}{argument}" if argument.startswith("-") and not option else argument


def _unprotected(argument: str) -> str:
    return argument.removeprefix(_MINUS)


def _wrong_file(options: argparse.Namespace) -> str:
    """What is wrong with the name of a file to write, so that it is said before all else."""
    if options.draw is not None:
        from .rendering import SUFFIXES  # imports graphviz

        if Path(options.draw).suffix.lower() not in SUFFIXES:
            return f"--draw {options.draw!r}: a picture is saved as {', '.join(SUFFIXES)}"
    if options.page is not None and Path(options.page).suffix.lower() not in (".html", ".htm"):
        return f"--page {options.page!r}: a page is saved as .html"
    return ""


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
        if math.isinf(values[name]) and is_number(text) and "inf" not in text.lower():
            raise ValueError(f"{name}={text}: too large for a float; {name}=inf is infinity")
    strange = [name for name in values if name not in program.names]
    if strange:
        variables = [name for name in program.variables if name not in FUNCTIONS]
        known = ", ".join(variables) or "no variable"
        raise ValueError(f"{strange[0]} does not occur in the expression, which has {known}")
    return values


def _output(program: Program, inputs: dict[str, Value]) -> Value:
    """The result as a node with a name."""
    output = program.evaluate(inputs, nodes=True)
    if not isinstance(output, Value):
        output = Value(output)
    if not output.label and output.kind != "constant":
        taken = {*inputs, *program.assigned}
        output.label = next(name for name in ("f", "out", "result", "") if name not in taken)
    return output


def _complain(message: str, code: int = 2) -> int:
    """Say on one line what is wrong."""
    line = " ".join(map(str.strip, message.splitlines()))
    print(f"gatewise: {printable(line)}", file=sys.stderr)
    return code


def _excerpt(text: str, column: int) -> str:
    """Where the column is, in the user's own words: ``, at "* y"``."""
    rest = text[column - 1 :]
    if not rest.strip():
        return ""
    return f', at "{rest[:_EXCERPT]}{"…" if len(rest) > _EXCERPT else ""}"'


def _print_table(steps: Walk) -> None:
    if sys.stdout.isatty() and find_spec("rich"):
        from rich.console import Console

        Console().print(rich_table(steps, text=False))
    else:
        print(plain_table(steps))


def _function(program: Program, inputs: dict[str, Value], result: str) -> Callable[..., Any]:
    """The expression as a function of its variables."""

    def f(*point: Any) -> Any:
        return program.evaluate(dict(zip(inputs, point, strict=True)))

    f.__name__ = result
    return f


def _check(program: Program, inputs: dict[str, Value], result: str) -> None:
    """Compare with finite differences.

    Raises:
        GradientError: they disagree.
        ValueError: nothing could be compared.
    """
    f = _function(program, inputs, result)
    if not inputs:
        raise ValueError("nothing could be checked: there is no variable")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UncheckedWarning)  # the report tells them, too
        report = check_gradients(f, *inputs.values())
    if not report.checked:
        raise ValueError(f"nothing could be checked: {report.doubts[0]}")
    for doubt in report.doubts:
        print(f"note: {doubt}")
    print(f"{report.checked} derivatives agree with finite differences")
