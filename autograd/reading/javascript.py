"""The table read as JavaScript: the gates' values and partials, for the page of webpage.py.

The trick is the text reading (text.py): a row's partials read on names are small trees, and
``Script`` prints them as JavaScript, so that every partial in the page is one of the table. The
values come from ``values.js`` (JavaScript's own functions mostly), or where a gate is
not in there, from the row's ``elementary`` form, or from its value read on names. Some gates are
there to be used in other gates' partials (``power_slope`` in that of a power): they are rows
like the others, and it is their values that the template has.
"""

from __future__ import annotations

import math
import re
from functools import cache

from ..engine.gate import Primitive
from ..engine.text import ATOM, COMPARISON, INFIX, SUM, Expression, Printer, number

__all__ = ["Script", "runtime", "runtime_gates"]

_INFIX = {name: sign for name, sign in INFIX.items() if name != "mod"}  # % there takes x's sign


@cache
def runtime() -> str:
    """The JavaScript with the gates' values, which the page includes."""
    from pathlib import Path  # late, for it takes milliseconds to import

    return (Path(__file__).parent / "values.js").read_text(encoding="utf-8")


@cache
def runtime_gates() -> frozenset[str]:
    """The gates whose values are written there."""
    return frozenset(re.findall(r"^  (\w+): ", runtime(), re.MULTILINE))


class Script(Printer):
    """The JavaScript of the gates that one page uses, the gates their formulas use included.

    >>> from autograd.engine import primitives
    >>> x, y = Expression("x"), Expression("y")
    >>> Script().print((x + 1) * -y), Script().print(-primitives.exp(x % y))
    ('(x + 1) * -y', '-values.exp(values.mod(x, y))')
    >>> Script().print(primitives.where(x == 0, math.inf, lambda: 1 / x))
    'x === 0 ? Infinity : 1 / x'

    >>> script = Script()
    >>> script.add(primitives.div, 2)
    'div_2'
    >>> print(script.source())
    locals.div_2 = (x, y, out) => [1 / y, -(out / y)];
    """

    infix = _INFIX
    negated = ATOM  # -- would count down
    nothing = "null"
    condition, branch = COMPARISON, SUM
    choice = "{condition} ? {a} : {b}"

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
                sources = [self.print(partial) for partial in partials]
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

    def number(self, x: float) -> str:
        if math.isnan(x):
            return "NaN"
        if math.isinf(x):
            return "Infinity" if x > 0 else "-Infinity"
        return number(x)

    def sign(self, comparison: str) -> str:
        return comparison + "=" if comparison in ("==", "!=") else comparison

    def function(self, op: Primitive, count: int) -> str:
        return self.value(op, count)

    def can_choose(self, condition: Expression) -> bool:
        """Only by a comparison: any other condition may be NaN, which chooses neither."""
        return isinstance(condition.head, str) and bool(condition.operands)

    def source(self) -> str:
        """All that was added, as assignments into the objects ``values`` and ``locals``."""
        lines = [f"values.{key} = {source};" for key, source in self.values.items()]
        lines += [f"locals.{key} = {source};" for key, source in self.locals.items()]
        return "\n".join(lines)


def _names(count: int) -> list[str]:
    return ["x", "y", "z"][:count] if count <= 3 else [f"x{k}" for k in range(count)]
