"""Anomaly: run a program line by line to find the first that made a NaN or an infinity."""

from __future__ import annotations

import ast
import linecache
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from .straight import bound

__all__ = ["first_non_finite", "first_non_finite_number", "located"]

Source = tuple[str, dict[str, Any]]  # the text of a function, and the names it uses


def first_non_finite(source: Source, theta: Any, batch: list[Any]) -> str:
    """Say which line of an array program made the first number that is not finite."""
    import numpy as np

    from .build import namespace_of

    text, constants = source
    function = _function(text)
    names = [argument.arg for argument in function.args.args]
    given = [theta, *batch, np.empty_like(theta)]
    scope = {**namespace_of(constants, str(theta.dtype)), **dict(zip(names, given, strict=True))}

    def bad(array: Any) -> str:
        numbers = np.asarray(array).ravel()
        return str(numbers[~np.isfinite(numbers)][0])

    for name, array in zip(names[:-1], given, strict=False):
        if not np.isfinite(array).all():
            return f", because {name} holds {bad(array)}"
    with np.errstate(all="ignore"):
        for line, name, result in _results(function, scope):
            if name.startswith("hit") and not result.any(-1).all():
                sample = int(np.argwhere(~result.any(-1))[0][0])
                return f": {line.split()[2].split('[')[0]} holds no class in sample {sample}"
            if not np.isfinite(result).all():
                return f"; the first line that made {bad(result)} is\n    {line}"
    return ""


def first_non_finite_number(
    source: Source, theta: list[float], sample: Sequence[Sequence[float]], names: Sequence[str]
) -> str:
    """The same for the straight line and one sample, whose parts have these names."""
    text, constants = source
    for name, numbers in zip(("theta", *names), (theta, *sample), strict=True):
        for number in numbers:
            if not math.isfinite(number):
                return f", because {name} holds {number}"
    if text.count("def ") > 1:
        return ""  # a long program is cut into parts, which keep their numbers elsewhere
    scope = {**bound(constants), "theta": theta, "inputs": sample}
    for line, _, result in _results(_function(text), scope):
        if isinstance(result, float) and not math.isfinite(result):
            return f"; the first line that made {result} is\n    {line}"
    return ""


def _function(text: str) -> ast.FunctionDef:
    function = ast.parse(text).body[0]
    assert isinstance(function, ast.FunctionDef)
    return function


def _results(function: ast.FunctionDef, scope: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Run the lines of a function; give line, name and result of each assignment to a name."""
    for statement in function.body:
        if isinstance(statement, ast.Return):
            break
        exec(compile(ast.Module([statement], []), "<program>", "exec"), scope)
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            name = statement.targets[0].id
            yield ast.unparse(statement), name, scope[name]


@contextmanager
def located() -> Iterator[None]:
    """Let an error in the numbers say in which line of a compiled program it came up."""
    try:
        yield
    except (ValueError, ZeroDivisionError) as error:
        line, trace = "", error.__traceback__
        while trace is not None:
            file = trace.tb_frame.f_code.co_filename
            if file.startswith("<compiled "):
                line = linecache.getline(file, trace.tb_lineno).strip()
            trace = trace.tb_next
        kind = ZeroDivisionError if isinstance(error, ZeroDivisionError) else ValueError
        raise kind(f"{error}, in the line\n    {line}") from error
