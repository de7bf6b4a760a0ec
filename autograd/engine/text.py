"""The text reading: an operand that is a name, and so a rule that reads as a formula.

Reading a rule on ``Expression("x")`` records what it does to x as a small tree. ``python(tree)``
prints the tree as Python source, with as few parentheses as the precedence of the operators
allows (a power as ``pow(x, y)``, the gate: Python's ``**`` raises where it overflows).
JavaScript is the same ``Printer`` with other spellings (javascript.py).
"""

from __future__ import annotations

from typing import Any

from . import primitives
from .gate import Primitive

__all__ = ["Expression", "Printer", "expression", "python"]

CONDITIONAL, COMPARISON, SUM, PRODUCT, NEGATION, POWER, ATOM = range(7)  # how tightly it binds
INFIX = {
    "add": ("+", SUM),
    "sub": ("-", SUM),
    "mul": ("*", PRODUCT),
    "div": ("/", PRODUCT),
    "mod": ("%", PRODUCT),
}


class Expression:
    """A name, a number, or a gate (or comparison sign) applied to expressions; or None, nothing."""

    __slots__ = ("head", "operands")
    __hash__ = None  # type: ignore[assignment]

    def __init__(
        self, head: str | float | Primitive | None, operands: tuple[Expression, ...] = ()
    ) -> None:
        self.head = head
        self.operands = operands

    @staticmethod
    def apply_gate(op: Primitive, operands: tuple[Any, ...]) -> Expression:
        return Expression(op, tuple(expression(operand) for operand in operands))

    def choose(self, a: Any, b: Any) -> Expression:
        a, b = (branch() if callable(branch) else branch for branch in (a, b))
        return self.apply_gate(primitives.choice, (self, a, b))

    def __add__(self, other: Any) -> Expression:
        return self.apply_gate(primitives.add, (self, other))

    def __radd__(self, other: Any) -> Expression:
        return self.apply_gate(primitives.add, (other, self))

    def __sub__(self, other: Any) -> Expression:
        return self.apply_gate(primitives.sub, (self, other))

    def __rsub__(self, other: Any) -> Expression:
        return self.apply_gate(primitives.sub, (other, self))

    def __mul__(self, other: Any) -> Expression:
        return self.apply_gate(primitives.mul, (self, other))

    def __rmul__(self, other: Any) -> Expression:
        return self.apply_gate(primitives.mul, (other, self))

    def __truediv__(self, other: Any) -> Expression:
        return self.apply_gate(primitives.div, (self, other))

    def __rtruediv__(self, other: Any) -> Expression:
        return self.apply_gate(primitives.div, (other, self))

    def __mod__(self, other: Any) -> Expression:
        return self.apply_gate(primitives.mod, (self, other))

    def __rmod__(self, other: Any) -> Expression:
        return self.apply_gate(primitives.mod, (other, self))

    def __pow__(self, other: Any) -> Expression:
        return self.apply_gate(primitives.pow, (self, other))

    def __rpow__(self, other: Any) -> Expression:
        return self.apply_gate(primitives.pow, (other, self))

    def __neg__(self) -> Expression:
        return self.apply_gate(primitives.neg, (self,))

    def __abs__(self) -> Expression:
        return self.apply_gate(primitives.abs, (self,))

    def _compare(self, sign: str, other: Any) -> Expression:
        return Expression(sign, (self, expression(other)))

    def __eq__(self, other: Any) -> Expression:  # type: ignore[override]
        return self._compare("==", other)

    def __ne__(self, other: Any) -> Expression:  # type: ignore[override]
        return self._compare("!=", other)

    def __lt__(self, other: Any) -> Expression:
        return self._compare("<", other)

    def __le__(self, other: Any) -> Expression:
        return self._compare("<=", other)

    def __gt__(self, other: Any) -> Expression:
        return self._compare(">", other)

    def __ge__(self, other: Any) -> Expression:
        return self._compare(">=", other)

    def __bool__(self) -> bool:
        raise TypeError("a formula has no truth value: use where(...) instead of if")

    def __str__(self) -> str:
        return python(self)


def expression(thing: Any) -> Expression:
    """A number, or None, as an expression."""
    if isinstance(thing, Expression):
        return thing
    return Expression(None if thing is None else float(thing))


def python(formula: Any) -> str:
    """Print an expression as Python source.

    >>> x, y = Expression("x"), Expression("y")
    >>> python((x + 1) * -y), python(x - (y - x)), python(primitives.exp(-x))
    ('(x + 1) * -y', 'x - (y - x)', 'exp(-x)')
    >>> python(primitives.where(x > 0, lambda: 1 / x, 0))
    '1 / x if x > 0 else 0'
    """
    return _python.print(formula)


class Printer:
    """Prints expressions as Python; a subclass spells what another language writes otherwise."""

    infix = INFIX
    negated = NEGATION  # how tightly an operand of - must bind
    condition, branch = COMPARISON, COMPARISON  # and the parts of a choice
    choice = "{a} if {condition} else {b}"
    nothing = "None"

    def print(self, thing: Any) -> str:
        """The source of an expression, or of a plain number."""
        return self._print(expression(thing))[0]

    def number(self, x: float) -> str:
        return number(x)

    def sign(self, comparison: str) -> str:
        return comparison

    def function(self, op: Primitive, count: int) -> str:
        """What a gate of ``count`` operands is called."""
        return op.name

    def can_choose(self, condition: Expression) -> bool:
        """Whether a choice by this condition is written with ``choice``, or else as a gate."""
        return True

    def _print(self, formula: Expression) -> tuple[str, int]:
        """The source, and how tightly it binds."""
        head, operands = formula.head, formula.operands

        def inner(k: int, least: int) -> str:
            source, precedence = self._print(operands[k])
            return source if precedence >= least else f"({source})"

        if head is None:
            return self.nothing, ATOM
        if isinstance(head, float):
            source = self.number(head)
            return source, NEGATION if source.startswith("-") else ATOM
        if isinstance(head, str):
            if not operands:
                return head, ATOM
            return f"{inner(0, SUM)} {self.sign(head)} {inner(1, SUM)}", COMPARISON
        if head.name in self.infix:
            sign, precedence = self.infix[head.name]
            return f"{inner(0, precedence)} {sign} {inner(1, precedence + 1)}", precedence
        if head is primitives.neg:
            return f"-{inner(0, self.negated)}", NEGATION
        if head is primitives.choice and self.can_choose(operands[0]):
            condition, a, b = inner(0, self.condition), inner(1, self.branch), inner(2, self.branch)
            return self.choice.format(condition=condition, a=a, b=b), CONDITIONAL
        arguments = ", ".join(inner(k, CONDITIONAL) for k in range(len(operands)))
        return f"{self.function(head, len(operands))}({arguments})", ATOM


_python = Printer()


def number(x: float) -> str:
    """A float as a person writes it: 3 for 3.0, and every digit that is needed.

    >>> number(3.0), number(0.1), number(-1e300)
    ('3', '0.1', '-1e+300')
    """
    return str(int(x)) if x == x and abs(x) < 1e15 and x == int(x) else repr(x)
