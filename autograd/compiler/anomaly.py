"""Anomaly: run a program again, line by line, to find the line that made its result not finite.

The first line that makes a NaN or an infinity need not be the one: a mask of -inf, the branch that
a ``where`` did not choose, or an exp that some ratio brings back to 0 are harmless. So it is noted
which variables a line reads, and from the result one goes back, through what is not finite and
matters, to the line that made it of numbers that are.
"""

from __future__ import annotations

import ast
import linecache
import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from .sources import Source
from .straight import bound

__all__ = ["Variables", "first_non_finite", "first_non_finite_number", "located", "run"]


def first_non_finite(
    source: Source, scope: dict[str, Any], arguments: dict[str, Any], place: str
) -> str:
    """Say which line of an array program made its loss NaN or infinite.

    Args:
        source, scope: the program and the names that it uses.
        arguments: theta and the inputs by their names, of one sample if there are samples.
        place: the sample, as the message is to name it: " in sample 3".
    """
    import numpy as np

    module = scope.get("jnp", np)

    def bad(thing: Any) -> Any:
        numbers = np.asarray(thing)
        if numbers.dtype.kind != "f":
            return None
        found = numbers[~np.isfinite(numbers)]
        return found.ravel()[0] if found.size else None

    def mend(array: Any) -> Any:
        return module.where(module.isfinite(array), array, module.asarray(1, theta.dtype))

    theta = arguments["theta"]
    for name, array in arguments.items():
        if np.isnan(array).any():
            return f", because {name} holds nan{place}"
    given = arguments | {"g": np.zeros_like(theta)}
    with np.errstate(all="ignore"):
        return _Hunt(source, scope, given, bad, mend).said(place)


def first_non_finite_number(
    source: Source, theta: list[float], sample: dict[str, list[float]], place: str
) -> str:
    """The same for the straight line and one sample, given by the names of its parts."""
    for name, numbers in ({"theta": theta} | sample).items():
        for number in numbers:
            if math.isnan(number):
                return f", because {name} holds {number}{place}"

    def bad(thing: Any) -> Any:
        return thing if isinstance(thing, float) and not math.isfinite(thing) else None

    given = {"theta": theta, "inputs": [*sample.values()]}
    return _Hunt(source, bound(source.names), given, bad, lambda _: 1.0).said(place)


# ------------------------------------------------------------------------ line by line

Variable = tuple[str, Any]
"""A name, and if it is that of a dictionary, a key; else None."""


class Variables(dict[Any, Any]):
    """The variables of a program that is run, or what a dictionary keeps; it notes who is touched.

    Args:
        given: the variables that are there.
        kept: the names of variables that are dictionaries.
        name: of this dictionary, if it is one of these.
        touched: where to note it.
    """

    def __init__(
        self,
        given: dict[Any, Any],
        kept: Any = (),
        name: str = "",
        touched: set[Variable] | None = None,
    ) -> None:
        super().__init__(given)
        self.name = name
        self.kept = kept
        self.touched: set[Variable] = set() if touched is None else touched
        for each in kept:
            super().__setitem__(each, Variables(given.get(each, {}), (), each, self.touched))

    def variable(self, key: Any) -> Variable:
        return (self.name, key) if self.name else (key, None)

    def __getitem__(self, key: Any) -> Any:
        self.touched.add(self.variable(key))
        return super().__getitem__(key)

    def __setitem__(self, key: Any, thing: Any) -> None:
        self.touched.add(self.variable(key))
        super().__setitem__(key, thing)

    def look_up(self, variable: Variable) -> Any:
        """What a variable holds, if anything; it is not noted."""
        name, key = variable
        held: Any = self.get(name)
        return held if key is None else held.get(key)

    def replace(self, variable: Variable, thing: Any) -> None:
        name, key = variable
        dict.__setitem__(self if key is None else self[name], name if key is None else key, thing)


def run(source: Source, scope: dict[str, Any], names: Variables) -> Iterator[tuple[str, Any]]:
    """Run a program line by line, in the loops too: give each line, and its code."""
    body = ast.parse("\n".join(source.lines)).body
    waiting: list[Iterator[tuple[Any, str]]] = [iter([(node, "") for node in body])]
    while waiting:
        node, step = next(waiting[-1], (None, ""))
        if node is None:
            waiting.pop()
        elif isinstance(node, ast.For) and isinstance(node.target, ast.Name):
            name, body = node.target.id, node.body
            values = eval(compile(ast.Expression(node.iter), "<program>", "eval"), scope, names)
            waiting.append(_steps(name, values, body, names))
        else:
            code = compile(ast.Module([node], []), "<program>", "exec")
            names.touched.clear()
            exec(code, scope, names)
            yield source.lines[node.lineno - 1].strip() + step, code


def _steps(name: str, values: Any, body: list[Any], names: Variables) -> Iterator[tuple[Any, str]]:
    for value in values:
        names[name] = value
        for node in body:
            yield node, f", at {name} = {value}"


class _Broken(NamedTuple):
    """How a variable came to hold a number that is not finite."""

    line: str  # empty where it was given
    number: Any
    causes: list[Any]  # other _Broken: what the line read that was not finite, and made it so
    empty: str  # what it read that should hold a class in each row, and does not
    variable: Variable


class _Hunt:
    """What is not finite in a program, and why.

    Args:
        source, scope: the program and the names that it uses.
        given: its arguments.
        bad: gives the first number of a thing that is not finite, or None.
        mend: makes a thing finite.
    """

    def __init__(
        self,
        source: Source,
        scope: dict[str, Any],
        given: dict[str, Any],
        bad: Callable[[Any], Any],
        mend: Callable[[Any], Any],
    ) -> None:
        self.source, self.scope, self.bad, self.mend = source, scope, bad, mend
        self.names = Variables(given, source.kept)
        self.found: dict[Variable, _Broken] = {}
        for name, thing in given.items():
            if (number := bad(thing)) is not None:
                self.found[name, None] = _Broken("", number, [], "", (name, None))
        known = {(name, None) for name in given}
        for line, code in run(source, scope, self.names):
            touched = set(self.names.touched)
            before = [each for each in self.found if each in touched]
            for each in sorted(touched, key=str):
                number = bad(self.names.look_up(each))
                if number is None:
                    self.found.pop(each, None)
                elif each not in self.found:
                    causes = self.causes(code, each, before, each in known)
                    self.found[each] = _Broken(line, number, causes, self.empty(touched), each)
            known |= touched
            if (source.result, None) in touched:
                break

    def causes(
        self, code: Any, variable: Variable, before: list[Variable], known: bool
    ) -> list[_Broken]:
        """What made a line not finite: without which it would not be. It may be its own doing."""

        def broken(mended: list[Variable]) -> bool:
            names = Variables(self.names, self.source.kept)
            for each in [*mended, *([variable] if known else [])]:
                names.replace(each, self.mend(names.look_up(each)))
            try:
                exec(code, self.scope, names)
            except (ValueError, ZeroDivisionError):
                return True
            return self.bad(names.look_up(variable)) is not None

        if not before or broken(before):
            return []
        alone = [each for each in before if not broken([each])]
        return [self.found[each] for each in alone[:1] or before]

    def empty(self, touched: set[Variable]) -> str:
        """What a line reads that should hold a class in each row, and does not."""
        for variable in touched:
            holds, rows = self.source.classes.get(variable[0]), self.names.look_up(variable)
            if holds and not isinstance(rows, dict) and not rows.any(-1).all():
                return holds
        return ""

    def said(self, place: str) -> str:
        """What is said about the line, or about what was given, that is to blame."""
        culprit = self.found.get((self.source.result, None))
        if culprit is None:
            return f";{place}" if place else ""
        while culprit.causes:
            culprit = culprit.causes[0]
        if not culprit.line:
            return f", because {culprit.variable[0]} holds {culprit.number}{place}"
        if culprit.empty:
            return f": {culprit.empty} holds no class{place}"
        return f"; the first line that made {culprit.number}{place} is\n    {culprit.line}"


# ------------------------------------------------------------------------ domains


def located(error: Exception, sample: int | None) -> Exception:
    """An error in the numbers that says in which line of a compiled program it came up.

    Args:
        error: what the line raised.
        sample: which sample of the batch it was; None where there is no batch.
    """
    line, trace = "", error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.startswith("<compiled "):
            line = linecache.getline(file, trace.tb_lineno).strip()
        trace = trace.tb_next
    kind = ZeroDivisionError if isinstance(error, ZeroDivisionError) else ValueError
    of_sample = "" if sample is None else f"sample {sample}: "
    return kind(f"{of_sample}{error}, in the line\n    {line}")
