"""The table read as JavaScript: the gates' values and partials, for the page of webpage.py.

The trick is the text reading (text.py): a row's partials read on names are small trees, and
this module prints them as JavaScript. No derivative is written here or in the page. The values
come from ``template/values.js`` (JavaScript's own functions mostly), or where a gate is not in
there, from the row's ``elementary`` form, or from its value read on names.
"""

from __future__ import annotations

import math
import re
from functools import cache
from typing import Any

from . import primitives
from .gate import Primitive
from .text import Expression, number

__all__ = ["Script", "runtime", "runtime_gates", "template"]

_INFIX = {"add": ("+", 1), "sub": ("-", 1), "mul": ("*", 2), "div": ("/", 2)}
_NEGATION, _ATOM = 3, 4
_COMPARISON, _CONDITIONAL = 0, -1


@cache
def template(name: str) -> str:
    """A file of the folder ``template``."""
    from pathlib import Path  # late, for it takes milliseconds to import

    return (Path(__file__).parent / "template" / name).read_text(encoding="utf-8")


def runtime() -> str:
    """The JavaScript with the gates' values, which the page includes."""
    return template("values.js")


@cache
def runtime_gates() -> frozenset[str]:
    """The gates whose values are written there."""
    return frozenset(re.findall(r"^  (\w+): ", runtime(), re.MULTILINE))


class Script:
    """The JavaScript of the gates that one page uses, the gates their formulas use included.

    >>> script = Script()
    >>> script.add(primitives.div, 2)
    'div_2'
    >>> print(script.source())
    locals.div_2 = (x, y, out) => [1 / y, -(out / y)];
    """

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.locals: dict[str, str] = {}

    def add(self, op: Primitive, count: int) -> str:
        """Write value and partials of a gate of ``count`` operands; give the name of both.

        Raises:
            ValueError: the gate can't be read as text (a rule of the user's calls ``math``).
        """
        key = f"{op.name}_{count}"
        if key not in self.locals:
            names = _names(count)
            operands = [Expression(name) for name in names]
            try:
                self.value(op, count)
                partials = op.locals(operands, Expression("out"))
                sources = [
                    "null" if partial is None else self.print(partial) for partial in partials
                ]
            except Exception as error:
                raise ValueError(
                    f"the gate {op.name} can't be written in JavaScript ({error})"
                ) from error
            self.locals[key] = f"({', '.join([*names, 'out'])}) => [{', '.join(sources)}]"
        return key

    def value(self, op: Primitive, count: int) -> str:
        """Where the page finds a gate's value; written first if that is not there yet."""
        if op.name in runtime_gates():
            return f"values.{op.name}"
        key = f"{op.name}_{count}"
        if key not in self.values:
            names = _names(count)
            rule = op.elementary or op.value
            tree = rule(*[Expression(name) for name in names])
            self.values[key] = f"({', '.join(names)}) => {self.print(tree)}"
        return f"values.{key}"

    def print(self, thing: Any) -> str:
        """Print an expression (or a plain number).

        >>> x, y = Expression("x"), Expression("y")
        >>> Script().print((x + 1) * -y), Script().print(-primitives.exp(x % y))
        ('(x + 1) * -y', '-values.exp(values.mod(x, y))')
        >>> Script().print(primitives.where(x == 0, math.inf, lambda: 1 / x))
        'x === 0 ? Infinity : 1 / x'
        """
        expression = thing if isinstance(thing, Expression) else Expression(float(thing))
        return self._print(expression)[0]

    def _print(self, expression: Expression) -> tuple[str, int]:
        """The source and its precedence."""
        head, operands = expression.head, expression.operands

        def inner(k: int, least: int) -> str:
            source, precedence = self._print(operands[k])
            return source if precedence >= least else f"({source})"

        if isinstance(head, float):
            source = _number(head)
            return source, _NEGATION if source.startswith("-") else _ATOM
        if isinstance(head, str):
            if not operands:
                return head, _ATOM
            sign = head + "=" if head in ("==", "!=") else head
            return f"{inner(0, 1)} {sign} {inner(1, 1)}", _COMPARISON
        if head.name in _INFIX:
            sign, precedence = _INFIX[head.name]
            return f"{inner(0, precedence)} {sign} {inner(1, precedence + 1)}", precedence
        if head is primitives.neg:
            return f"-{inner(0, _ATOM)}", _NEGATION
        if head is primitives.choice and isinstance(operands[0].head, str) and operands[0].operands:
            # a comparison is never NaN, and only the chosen branch may be computed
            condition, a, b = inner(0, _COMPARISON), inner(1, 1), inner(2, 1)
            return f"{condition} ? {a} : {b}", _CONDITIONAL
        arguments = ", ".join(inner(k, _CONDITIONAL) for k in range(len(operands)))
        return f"{self.value(head, len(operands))}({arguments})", _ATOM

    def source(self) -> str:
        """All that was added, as assignments into the objects ``values`` and ``locals``."""
        lines = [f"values.{key} = {source};" for key, source in self.values.items()]
        lines += [f"locals.{key} = {source};" for key, source in self.locals.items()]
        return "\n".join(lines)


def _names(count: int) -> list[str]:
    return ["x", "y", "z"][:count] if count <= 3 else [f"x{k}" for k in range(count)]


def _number(x: float) -> str:
    if math.isnan(x):
        return "NaN"
    if math.isinf(x):
        return "Infinity" if x > 0 else "-Infinity"
    return number(x)
