"""The words that follow ``gatewise``: options, an expression, values; and what is wrong there."""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from textwrap import fill
from typing import Any, NamedTuple, NoReturn

from ..engine.value import Value
from ..reading.columns import excerpt, terminal_columns
from ..reading.expressions import FUNCTIONS, ExpressionError, Program
from ..reading.naming import is_number
from ..reading.tokens import plain_name
from ..reading.vectors import elements
from .stepping import ORDERS, walk

__all__ = ["Pointed", "Task", "options_of", "task_of", "wrong_options", "wrong_result"]

_MINUS = "\0"  # before a word that begins with a minus: no argument of a command can hold it
# The name, and what it is; a name may have an index of its own, as w₁ has
_ASSIGNMENT = re.compile(r"\s*([^\W\d][\w\u0300-\u036f]*)\s*[=＝](?!=)\s*(.*)", re.DOTALL)
_ALONE = ("walk", "check", "certify", "draw", "page", "live")  # what --json, --latex don't go with
_ONE_NUMBER = (*_ALONE, "explain")  # what takes no vector
_EXAMPLES = f"""examples:
  gatewise "(x+y)*z" x=-2 y=5 z=-4           value, and gradient of every node
  gatewise "q = x + y; f = q*z" x=-2 y=5 z=-4 --walk
  gatewise "b = a²; b + sin(b)" a=2 --walk --order naive
  gatewise "σ(w₁x₁ + b)" w1=0.5 x1=π b=½ --explain w1
  gatewise W=[[1,2],[3,4]] x=[1,1] "‖W·x‖²"
  gatewise "softmax([a,b,c])" a=1 b=2 c=3    a vector, and its Jacobian
  gatewise "relu(x) - ln y" x=3 y=2 --check
  gatewise "(1 + x) - 1" x=1e-17 --certify
  gatewise "(x+y)z" x=-2 y=5 z=-4 --draw f.svg --page f.html

{fill("functions: " + " ".join(sorted(FUNCTIONS)), 88, subsequent_indent="  ")}
also: + - * / ^ % and what slides write: 2x  x²  |x|  ‖x‖  √x  ½  Wᵀx  x·y  x⊙y  e^x  sin x,
comparisons, "a if x > 0 else b", lists as in dot([u, v], [x, y], b), and the constants pi, e, tau.
Completion in bash: complete -F _longopt gatewise
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line, not argparse's three."""
        self.exit(2, f"gatewise: {message}; see gatewise --help\n")


def _parser(explained: bool) -> argparse.ArgumentParser:
    """The options; what can be written here is only looked up if it is to be ``explained``."""
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
    kinds = ", ".join(_picture_types()) if explained else ""
    add("--draw", metavar="FILE", help=f"save a picture: {kinds}")
    add("--view", choices=("forward", "backward"), help="of the picture (backward)")
    add("--page", metavar="FILE", help="save an interactive page: .html")
    add("--live", action="store_true", help="open that page in the browser, its leaves in hand")
    add("--json", action="store_true", help="print the table, or the Jacobian, as JSON")
    add("--latex", action="store_true", help="print it (or --explain's sum) as LaTeX for a slide")
    add("--version", action="version", version=f"gatewise {__version__}")
    return parser


class Task(NamedTuple):
    """What is to be looked at: the expression, its variables (vectors as lists) and its result."""

    program: Program
    inputs: dict[str, Any]
    output: Any
    name: str

    @property
    def leaves(self) -> dict[str, Value]:
        return {
            label: node
            for name, each in self.inputs.items()
            for label, node in elements(each, name)
        }

    def function(self) -> Callable[..., Any]:
        """The expression as a function of its variables."""

        def f(*point: Any) -> Any:
            return self.program.evaluate(dict(zip(self.inputs, point, strict=True)))

        f.__name__ = self.name
        return f


def options_of(given: Sequence[str]) -> argparse.Namespace:
    """Read the words; argparse leaves the program where they are none of ours."""
    parser = _parser(explained="-h" in given or "--help" in given)
    options = parser.parse_intermixed_args(list(map(_protected, given)))
    if not options.words:
        parser.error("there is no expression")
    return options


def _protected(argument: str) -> str:
    """An expression that begins with a minus is no option: a mark tells argparse so."""
    option = argument == "-h" or re.fullmatch(r"--([a-z]+(=.*)?)?", argument, re.DOTALL)
    return f"{_MINUS}{argument}" if argument.startswith("-") and not option else argument


def _unprotected(argument: str) -> str:
    return argument.removeprefix(_MINUS)


def _picture_types() -> list[str]:
    """The suffixes of pictures that can be written here: without a layout program, only source."""
    from .rendering import SUFFIXES, layout_program  # imports graphviz

    try:
        program = Path(layout_program()).stem
    except ImportError:
        return [suffix for suffix in SUFFIXES if suffix in (".dot", ".gv")]
    return [suffix for suffix in SUFFIXES if suffix != ".pdf" or program == "dot"]


def wrong_options(options: argparse.Namespace) -> str:
    """What is wrong with the options, so that it is said before all else."""
    given = [name for name in _ALONE if getattr(options, name) not in (None, False)]
    if options.view and options.draw is None:
        return "--view says how --draw draws: add --draw f.svg"
    if options.json and (options.latex or options.explain is not None):
        return f"--json goes without {'--latex' if options.latex else '--explain'}"
    if given and (options.json or options.latex):
        return f"--{'json' if options.json else 'latex'} goes without --{given[0]}"
    if options.order != ORDERS[0] and (options.json or options.latex):
        return "--order is for the table and --walk: leave out --json and --latex"
    for option, types in (("draw", _picture_types), ("page", lambda: [".html", ".htm"])):
        name = getattr(options, option)
        if name is None:
            continue
        if Path(name).suffix.lower() not in types():
            what = "a picture is saved here" if option == "draw" else "a page is saved"
            return f"--{option} {name!r}: {what} as {', '.join(types())}"
        folder = Path(name).parent
        if not folder.is_dir():
            return f"--{option} {name!r}: there is no folder {str(folder)!r}; make it first"
    return ""


def wrong_result(options: argparse.Namespace, task: Task) -> str:
    """What is asked for, and can't be said of this result."""
    if isinstance(task.output, list):
        given = [name for name in _ONE_NUMBER if getattr(options, name) not in (None, False)]
        given += ["order"] * (options.order != ORDERS[0])
        if given:
            hint = "take an element, as in softmax([a, b])[0]"
            return f"--{given[0]} looks at one number, and this is a list: {hint}"
    elif options.explain is not None:
        nodes = walk(task.output, names={}).nodes
        known = [node.label for node in nodes if node.label]
        if plain_name(options.explain) not in known:
            return f"--explain {options.explain}: the names here are {', '.join(known) or 'none'}"
    return ""


class Pointed(ValueError):
    """An error, and the line that shows where it is, with a caret below."""

    def __init__(self, message: str, where: str) -> None:
        super().__init__(message)
        self.where = where


def _sorted_words(words: list[str]) -> tuple[str, list[str]]:
    """The expression, and the words that give values; the expression may stand at any place."""
    others = [k for k, word in enumerate(words) if not _ASSIGNMENT.fullmatch(word)]
    place = others[0] if len(others) == 1 and ";" not in words[0] else 0
    return words[place], words[:place] + words[place + 1 :]


def _values(assignments: list[str]) -> dict[str, Any]:
    """The number or list for each variable, as given: ``x=-2``, ``x=π/4``, ``x=[1, 2]``."""
    values: dict[str, Any] = {}
    for assignment in assignments:
        found = _ASSIGNMENT.fullmatch(assignment)
        if not found:
            if re.fullmatch("-[a-z]+", assignment):
                raise ValueError(f"{assignment}: an option begins with two hyphens, -{assignment}")
            raise ValueError(
                f"{assignment.strip()!r}: beside the expression, in quotes, come values as "
                "name=number, for example x=2"
            )
        name, text = plain_name(found[1]), found[2]
        if name in values:
            raise ValueError(f"{name} has two values")
        try:
            values[name] = float(text) if is_number(text) else Program(text).evaluate({})
        except ExpressionError as error:
            known = "has no value" in str(error)
            hint = "write a number, or an expression of numbers such as pi/4"
            where = excerpt(assignment, found.start(2) + error.column, terminal_columns(80))
            raise Pointed(f"{name}={text}: {hint if known else error}", where) from None
        if is_number(text) and math.isinf(values[name]) and "inf" not in text.lower():
            raise ValueError(f"{name}={text}: too large for a float; {name}=inf is infinity")
    return values


def task_of(words: list[str]) -> Task:
    """Compute the expression; the result has a name.

    Raises:
        Pointed: an expression or a value is not written as such; it says where.
        ValueError: another word is wrong.
    """
    text, assignments = _sorted_words(words)
    values = _values(assignments)
    try:
        return _computed(Program(text), values)
    except ExpressionError as error:
        where = excerpt(text, error.column, terminal_columns(80))
        raise Pointed(str(error), where) from None


def _computed(program: Program, values: dict[str, Any]) -> Task:
    program.check_values(values)
    inputs = {name: _labelled(number, name) for name, number in values.items()}
    taken = {*inputs, *program.assigned}
    name = next(name for name in ("f", "out", "result", "") if name not in taken)
    name = program.last_name or name
    output = program.evaluate(inputs, nodes=True)
    if isinstance(output, list):
        return Task(program, inputs, output, name)
    if not isinstance(output, Value):
        output = Value(output)
    if not output.label and output.kind != "constant":
        output.label = name
    return Task(program, inputs, output, output.label)


def _labelled(number: Any, name: str) -> Any:
    """A number as a Value with its name, a list as a list of them."""
    if isinstance(number, list):
        return [_labelled(each, f"{name}[{k}]") for k, each in enumerate(number)]
    return Value(number, name)
