"""The command ``gatewise``: value and gradients of an expression, in the terminal."""

from __future__ import annotations

import argparse
import math
import os
import re
import shutil
import sys
import warnings
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from textwrap import fill
from typing import Any, NamedTuple, NoReturn

from ..checking.differences import UncheckedWarning, check_gradients
from ..checking.enclosures import certify
from ..engine.value import Value
from ..reading.columns import excerpt, printable, wrapped
from ..reading.expressions import FUNCTIONS, ExpressionError, Program
from ..reading.naming import is_number
from ..reading.tokens import plain_name
from ..reading.vectors import elements
from .drawing import draw
from .explaining import Explanation
from .reports import Jacobian, json_report, latex_report
from .stepping import ORDERS, Walk, walk
from .tables import plain_table, rich_table
from .terminal import reader, step_through
from .webpage import page

__all__ = ["main"]

_MINUS = "\0"  # before a word that begins with a minus: no argument of a command can hold it
# The name, and what it is; a name may have an index of its own, as w₁ has
_ASSIGNMENT = re.compile(r"\s*([^\W\d]\w*)\s*[=＝](?!=)\s*(.*)", re.DOTALL)
_ONE_NUMBER = ("walk", "explain", "check", "certify", "draw", "page")  # what takes no vector
_ALONE = ("walk", "check", "certify", "draw", "page")  # what --json and --latex don't go with
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
    add("--json", action="store_true", help="print the table, or the Jacobian, as JSON")
    add("--latex", action="store_true", help="print it (or --explain's sum) as LaTeX for a slide")
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
    parser = _parser(explained="-h" in given or "--help" in given)
    options = parser.parse_intermixed_args(list(map(_protected, given)))
    if not options.words:
        parser.error("there is no expression")
    if wrong := _wrong_options(options):
        return _complain(wrong)
    text, assignments = _sorted_words(options.words)
    try:
        task = _task(text, _values(assignments))
        if wrong := _wrong_result(options, task):
            return _complain(wrong)
    except _Pointed as error:
        return _complain(str(error), where=error.where)
    except ExpressionError as error:
        return _complain(str(error), where=excerpt(text, error.column, _columns(80)))
    except ValueError as error:
        return _complain(str(error))
    try:
        _report(options, task)
        sys.stdout.flush()
    except BrokenPipeError:  # who read us, as head does, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (ImportError, OSError, ValueError, ArithmeticError, AssertionError) as error:
        return _complain(str(error), 1)
    except KeyboardInterrupt:
        return 130
    return 0


class _Task(NamedTuple):
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


def _report(options: argparse.Namespace, task: _Task) -> None:
    """Do what the options ask for."""
    output = task.output
    if isinstance(output, list):
        jacobian = Jacobian(task.name, output, task.leaves)
        if options.json:
            print(json_report(task.program.text, jacobian))
        else:
            print(jacobian.latex() if options.latex else jacobian.text(_columns(100)))
        return
    steps = walk(output, options.order, names={})
    if options.walk:
        with reader() as read:
            step_through(steps, read, _show)
    else:
        steps.goto(len(steps))
    explained = _explained(options, steps)
    if options.json or options.latex:
        text = json_report(task.program.text, steps) if options.json else latex_report(steps)
        print(explained._repr_latex_() if explained else text)
        return
    _print_table(steps)
    if steps.order == "naive" and not options.walk:
        _show(steps.ending())
    unused = [name for name, node in task.leaves.items() if node not in set(steps.nodes)]
    if unused:
        _show(f"not in the graph, gradient 0: {', '.join(unused)}")
    if explained:
        _show(explained.text())
    if options.check:
        _check(task)
    if options.certify:
        _show(str(certify(task.function(), *task.inputs.values())))
    output.backward()
    if options.draw is not None:
        view = options.view or "backward"
        print(f"wrote {draw(output, view, names={}).save(options.draw)}")
    if options.page is not None:
        page(output, options.page, names={})
        print(f"wrote {options.page}")


def _explained(options: argparse.Namespace, steps: Walk) -> Explanation | None:
    if options.explain is None:
        return None
    name = plain_name(options.explain)
    return Explanation(next(n for n in steps.nodes if n.label == name), steps.output, {})


def _columns(otherwise: int) -> int:
    """How wide the terminal is; ``otherwise`` if the output goes elsewhere."""
    there = sys.stdout.isatty() or "COLUMNS" in os.environ
    return max(20, shutil.get_terminal_size().columns) if there else otherwise


def _show(text: str) -> None:
    """Print a text; a terminal that is too narrow breaks it at spaces, not inside a number."""
    print(wrapped(text, _columns(1_000_000)))


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
        return [suffix for suffix in SUFFIXES if suffix not in (".svg", ".png", ".pdf")]
    return [suffix for suffix in SUFFIXES if suffix != ".pdf" or program == "dot"]


def _wrong_options(options: argparse.Namespace) -> str:
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


def _wrong_result(options: argparse.Namespace, task: _Task) -> str:
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


class _Pointed(ValueError):
    """An error that says where it is, in ``name=number``."""

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
            where = excerpt(assignment, found.start(2) + error.column, _columns(80))
            raise _Pointed(f"{name}={text}: {hint if known else error}", where) from None
        if is_number(text) and math.isinf(values[name]) and "inf" not in text.lower():
            raise ValueError(f"{name}={text}: too large for a float; {name}=inf is infinity")
    return values


def _task(text: str, values: dict[str, Any]) -> _Task:
    """Compute the expression; the result has a name."""
    program = Program(text)
    program.check_values(values)
    inputs = {name: _labelled(number, name) for name, number in values.items()}
    taken = {*inputs, *program.assigned}
    name = next(name for name in ("f", "out", "result", "y_") if name not in taken)
    name = program.last_name or name
    output = program.evaluate(inputs, nodes=True)
    if isinstance(output, list):
        return _Task(program, inputs, output, name)
    if not isinstance(output, Value):
        output = Value(output)
    if not output.label and output.kind != "constant":
        output.label = name
    return _Task(program, inputs, output, output.label)


def _labelled(number: Any, name: str) -> Any:
    """A number as a Value with its name, a list as a list of them."""
    if isinstance(number, list):
        return [_labelled(each, f"{name}[{k}]") for k, each in enumerate(number)]
    return Value(number, name)


def _complain(message: str, code: int = 2, where: str = "") -> int:
    """Say on one line what is wrong, and show below it where."""
    line = " ".join(map(str.strip, message.splitlines()))
    print(f"gatewise: {printable(line)}", file=sys.stderr)
    if where:
        print(where, file=sys.stderr)
    return code


def _print_table(steps: Walk) -> None:
    if sys.stdout.isatty() and find_spec("rich"):
        from rich.console import Console

        Console().print(rich_table(steps, text=False))
    else:
        print(plain_table(steps))


def _check(task: _Task) -> None:
    """Compare with finite differences.

    Raises:
        GradientError: they disagree.
        ValueError: nothing could be compared.
    """
    if not task.inputs:
        raise ValueError("nothing could be checked: there is no variable")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UncheckedWarning)  # the report tells them, too
        report = check_gradients(task.function(), *task.inputs.values())
    if not report.checked:
        raise ValueError(f"nothing could be checked: {report.doubts[0]}")
    for doubt in report.doubts:
        _show(f"note: {doubt}")
    print(f"{report.checked} derivatives agree with finite differences")
