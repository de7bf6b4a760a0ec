"""What a gate is: one row of the table, and the four ways of reading it.

A *primitive* (the lectures say *gate*) knows its value and its partial derivatives
``d out / d operand``. Both are written without saying what the operands are, and the
operands decide the reading:

=========  ================  ==========================================
reading    operands          who asks
=========  ================  ==========================================
numbers    floats            the forward pass, ``backward()``
graph      Values            derivatives of derivatives
arrays     NumPy arrays      compiled programs
text       expressions       labels, generated code
=========  ================  ==========================================

One thing has three words here: the lectures say *gate*, the code ``Primitive`` (``op`` for short),
and its entry in the table is its *row*. The functions in a row are its *rules*.

The trick is one small protocol: an operand whose class has a method ``apply_gate`` is asked
to do the reading; an array is computed elementwise; anything else is a number. This module
therefore needs to know neither Values nor text.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from typing import Any

from .conversion import as_number

__all__ = ["Operands", "Primitive", "domain_error", "lookup", "registry"]

registry: dict[str, Primitive] = {}
"""Every primitive by its name, built-in rows first, in the order of the table."""

Formulas = tuple[str, ...]
"""How the textbook writes each partial, where it differs from the row."""


class Operands(tuple[Any, ...]):
    """The operands of one sequence, and what the partials by them have in common (a sum, say)."""

    known: dict[Any, Any]

    def __new__(cls, operands: Iterable[Any]) -> Operands:
        self = super().__new__(cls, operands)
        self.known = {}
        return self


class Primitive:
    """One row: name, symbol, value, and one partial derivative for each operand.

    Each entry of ``partials`` is a function of the operands and of the result,
    ``partial(x, y, out)``; or a number, where the partial is constant; or None, where the operand
    takes no part at all (a condition, a class index). A function may give None as well, where the
    operand takes no part *here*: the flat side of relu, an operand that max did not choose.
    Nothing flows there, which is not the same as 0 × upstream: 0 × inf is NaN. ``formulas`` is
    how the textbook writes each partial, where that differs from the row.

    A gate over any number of operands names them, with a star before a sequence:
    ``operands="i *xs"`` is an index and the numbers x₀, x₁, ... Its functions then take each
    sequence as one argument, and the partial by an operand of a sequence is also told its place j:
    ``partial(i, xs, j, out)`` is d out / d xⱼ. Two sequences (``"*ws *xs b"``) are equally long.
    """

    __slots__ = (
        "elementary",
        "formula",
        "formulas",
        "name",
        "numpy",
        "operands",
        "partials",
        "step",
        "symbol",
        "value",
    )

    def __init__(
        self,
        name: str,
        symbol: str,
        value: Callable[..., float],
        partials: tuple[Any, ...],
        *,
        operands: str = "",
        formulas: Formulas = (),
        formula: Callable[..., Any] | None = None,
        elementary: Callable[..., Any] | None = None,
    ) -> None:
        self.name = name
        self.symbol = symbol
        self.value = value
        self.partials = partials
        self.operands = operands.split()
        self.formulas = formulas
        # Three columns of the table that forms.py fills in:
        self.numpy: str | None = None  # NumPy's function for the value
        self.formula = formula  # else the value from gates that have one
        self.elementary = elementary  # the value from + - * / max exp log only
        self.step: Any = None  # how back-propagation passes it: see steps.py

    @property
    def arity(self) -> int | None:
        """The number of operands, or None if there may be any number."""
        return None if self.operands else len(self.partials)

    def __call__(self, *operands: Any) -> Any:
        """Read this row on numbers, Values, arrays or text, whatever the operands are."""
        if self.arity is not None and len(operands) != self.arity:
            takes = f"{self.arity} operand" + ("s" if self.arity > 1 else "")
            raise TypeError(f"{self.name} takes {takes}, got {len(operands)}")
        arrays = False
        for operand in operands:
            if type(operand) is float:
                continue
            apply_gate = getattr(operand, "apply_gate", None)
            if apply_gate is not None:
                return apply_gate(self, operands)
            if getattr(operand, "ndim", 0):
                arrays = True
        if arrays:
            return self.on_arrays(*operands)
        numbers = [
            operand if type(operand) is float else as_number(operand, f"{self.name}()")
            for operand in operands
        ]
        try:
            return self.value(*numbers)
        except (ValueError, ZeroDivisionError) as error:
            raise domain_error(self, map(repr, numbers), error) from None

    def on_arrays(self, *arrays: Any) -> Any:
        """The value elementwise on NumPy arrays, as IEEE arithmetic has it: no exceptions."""
        import numpy

        if any(getattr(array, "dtype", None) == "O" for array in arrays):  # arrays of Values
            return numpy.frompyfunc(self, len(arrays), 1)(*arrays)
        with numpy.errstate(all="ignore"):
            if self.numpy is not None:
                function = getattr(numpy, self.numpy)
                return reduce(function, arrays) if self.operands else function(*arrays)
            if self.formula is not None:
                return self.formula(*arrays)
            return numpy.vectorize(_nan_for_errors(self.value), otypes=[float])(*arrays)

    def arguments(self, operands: Sequence[Any]) -> Sequence[Any]:
        """The operands as the row's functions take them: each sequence as one tuple.

        >>> from autograd.engine.primitives import dot
        >>> dot.arguments((1.0, 2.0, 3.0, 4.0, 0.5))
        [(1.0, 2.0), (3.0, 4.0), 0.5]
        """
        if not self.operands:
            return operands
        sequences = sum(name.startswith("*") for name in self.operands)
        length = (len(operands) - len(self.operands) + sequences) // sequences
        arguments: list[Any] = []
        start = 0
        for name in self.operands:
            if name.startswith("*"):
                arguments.append(Operands(operands[start : start + length]))
                start += length
            else:
                arguments.append(operands[start])
                start += 1
        return arguments

    def differentiable(self, count: int) -> list[bool]:
        """Whether something can flow to each of ``count`` operands: not to a class index, say."""
        return [self.partials[group] is not None for group in self.groups(count)]

    def groups(self, count: int) -> list[int]:
        """For each of ``count`` operands the entry of ``partials`` that belongs to it."""
        return [
            number
            for number, argument in enumerate(self.arguments(range(count)))
            for _ in (argument if isinstance(argument, Operands) else (argument,))
        ]

    def locals(self, operands: Sequence[Any], out: Any) -> list[Any]:
        """The partial derivatives at these operands, in their order, in the operands' reading.

        >>> from autograd.engine.primitives import mul
        >>> mul.locals((3.0, 4.0), 12.0)
        [4.0, 3.0]
        """
        if not self.operands:
            return [
                partial(*operands, out) if callable(partial) else partial
                for partial in self.partials
            ]
        arguments = self.arguments(operands)
        found: list[Any] = []
        for name, partial, argument in zip(self.operands, self.partials, arguments, strict=True):
            if not name.startswith("*"):
                found.append(partial(*arguments, out) if callable(partial) else partial)
            elif callable(partial):
                found += [partial(*arguments, j, out) for j in range(len(argument))]
            else:
                found += [partial] * len(argument)
        return found

    def __repr__(self) -> str:
        return f"<gate {self.name}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return lookup, (self.name,)


def _nan_for_errors(value: Callable[..., float]) -> Callable[..., float]:
    """The same function, with NaN where it would raise: arrays don't stop at one element."""

    def total(*numbers: float) -> float:
        try:
            return value(*numbers)
        except (ValueError, ZeroDivisionError):
            return math.nan

    return total


def domain_error(op: Primitive, operands: Any, error: Exception) -> Exception:
    """An error of ``error``'s own type that names the gate and its operands."""
    reason = str(error) or type(error).__name__
    named = list(operands)
    if len(named) > 8:  # of a table, say
        named[6:] = [f"... {len(named) - 6} more"]
    return type(error)(f"{op.name}({', '.join(named)}): {reason}")


def lookup(name: str) -> Primitive:
    """The primitive of this name (how pickled graphs find their gates again)."""
    try:
        return registry[name]
    except KeyError:
        raise LookupError(
            f"no primitive is named {name!r} here; define it with primitive({name!r}, ...) "
            "before loading a graph that uses it"
        ) from None
