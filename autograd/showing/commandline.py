"""The command ``gatewise``: value and gradients of an expression, in the terminal."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import warnings
import webbrowser
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from ..checking.differences import UncheckedWarning, check_gradients
from ..checking.enclosures import certify
from ..reading.columns import printable, terminal_columns, wrapped
from ..reading.tokens import plain_name
from .arguments import Pointed, Task, options_of, task_of, wrong_options, wrong_result
from .drawing import draw
from .explaining import Explanation
from .reports import Jacobian, json_report, latex_report
from .stepping import Walk, walk
from .tables import plain_table, rich_table
from .terminal import reader, step_through
from .webpage import Page, page

__all__ = ["main"]


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
    options = options_of(given)
    try:
        if wrong := wrong_options(options):
            return _complain(wrong)
        task = task_of(options.words)
        if wrong := wrong_result(options, task):
            return _complain(wrong)
    except Pointed as error:
        return _complain(str(error), where=error.where)
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


def _report(options: argparse.Namespace, task: Task) -> None:
    """Do what the options ask for."""
    output = task.output
    if isinstance(output, list):
        jacobian = Jacobian(task.name, output, task.leaves)
        if options.json:
            print(json_report(task.program.text, jacobian))
        else:
            print(jacobian.latex() if options.latex else jacobian.text(terminal_columns(100)))
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
    used = set(steps.nodes)
    unused = [name for name, node in task.leaves.items() if node not in used]
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
    if options.live:
        _open(page(output, names={}))


def _open(live: Page) -> None:
    """Show a page in the browser; say where it lies, for a machine that has none."""
    path = Path(tempfile.mkdtemp(prefix="gatewise-")) / "live.html"
    live.save(path)
    shown = webbrowser.open(path.as_uri())
    print(f"{'opened' if shown else 'no browser was found: open'} {path}")


def _explained(options: argparse.Namespace, steps: Walk) -> Explanation | None:
    if options.explain is None:
        return None
    name = plain_name(options.explain)
    return Explanation(next(n for n in steps.nodes if n.label == name), steps.output, {})


def _show(text: str) -> None:
    """Print a text; a terminal that is too narrow breaks it at spaces, not inside a number."""
    print(wrapped(text, terminal_columns(1_000_000)))


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


def _check(task: Task) -> None:
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
