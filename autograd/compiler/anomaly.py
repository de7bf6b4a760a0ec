"""Anomaly: run a program line by line to find the first that made a NaN or an infinity."""

from __future__ import annotations

import linecache
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from .sources import Source
from .straight import bound

__all__ = ["first_non_finite", "first_non_finite_number", "located"]


def first_non_finite(source: Source, arguments: dict[str, Any]) -> str:
    """Say which line of an array program made the first number that is not finite.

    Args:
        source: the program.
        arguments: theta and the inputs by their names.
    """
    import numpy as np

    from .build import namespace_of

    def bad(array: Any) -> str:
        numbers = np.asarray(array).ravel()
        return str(numbers[~np.isfinite(numbers)][0])

    def look(name: str, result: Any) -> str:
        if name in source.classes and not result.any(-1).all():
            sample = int(np.argwhere(~result.any(-1))[0][0])
            return f": {source.classes[name]} holds no class in sample {sample}"
        return "" if np.isfinite(result).all() else _said(bad(result))

    for name, array in arguments.items():
        if not np.isfinite(array).all():
            return f", because {name} holds {bad(array)}"
    theta = arguments["theta"]
    scope = namespace_of(source.names, str(theta.dtype)) | arguments | {"g": np.zeros_like(theta)}
    with np.errstate(all="ignore"):
        return _first(source, scope, look)


def first_non_finite_number(
    source: Source, theta: list[float], sample: Sequence[Sequence[float]], names: Sequence[str]
) -> str:
    """The same for the straight line and one sample, whose parts have these names."""
    for name, numbers in zip(("theta", *names), (theta, *sample), strict=True):
        for number in numbers:
            if not math.isfinite(number):
                return f", because {name} holds {number}"

    def look(name: str, result: Any) -> str:
        ends = not isinstance(result, float) or math.isfinite(result)
        return "" if ends else _said(str(result))

    return _first(source, {**bound(source.names), "theta": theta, "inputs": sample}, look)


def _said(number: str) -> str:
    return f"; the first line that made {number} is\n    "


class _Found(Exception):
    """Stops a program at the line that is looked for."""


class _Watched(dict[Any, Any]):
    """The variables of a program that is run, or what one keeps: each assignment is looked at."""

    def __init__(self, look: Callable[[str, Any], str], name: str = "") -> None:
        super().__init__()
        self.look = look
        self.name = name

    def __setitem__(self, key: Any, result: Any) -> None:
        super().__setitem__(key, result)
        if said := self.look(self.name or key, result):
            raise _Found(said)


def _first(source: Source, scope: dict[str, Any], look: Callable[[str, Any], str]) -> str:
    """What is said about the first assignment that there is something to say about."""
    code = compile("\n".join(source.lines), "<program>", "exec")
    variables = _Watched(look)
    kept = {name: _Watched(look, name) for name in source.kept}
    try:
        exec(code, scope | kept, variables)
    except _Found as found:
        assert found.__traceback__ is not None and found.__traceback__.tb_next is not None
        line = source.lines[found.__traceback__.tb_next.tb_lineno - 1]
        step = f", at t = {variables['t']}" if line.startswith(" ") and source.kept else ""
        return f"{found}{line.strip()}{step}" if str(found).endswith("    ") else str(found)
    return ""


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
