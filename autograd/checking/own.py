"""A gate of one's own, held against exact arithmetic by itself, at the operands it met.

Its partials are read once more, on numbers of any precision: there nothing overflows and nothing
cancels, so a difference from the derivative of the gate's exact value is a *mistake* in the
formula, and a difference between that reading and the one on floats is a *loss of precision*.
"""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

from ..engine import primitives
from ..engine.derivatives import gradients
from ..engine.gate import Primitive, registry
from ..engine.value import Value
from . import exact

__all__ = ["Complaint", "Precise", "complaints", "operand_names"]

DIGITS = 400
"""So many, that 1 + exp(-800) is not 1."""

UNDERFLOW = 2.0**-1074
"""Less than that is 0: the exact derivative says so, too."""

PROMISED = 4.0
"""How many ulp the derivatives of the table's own gates may be off: what strict asks for."""

Exact = dict[str, Callable[..., Any]]
Complaint = tuple[str, float, Any]
"""What is wrong (the value, or which derivative), the number got, the exact one."""


class Precise:
    """A number of any precision, as an operand of rows: its gates are their exact functions.

    Args:
        number: mpmath's number.
        known: the exact functions by the gates' names.
        wobble: moves the constants of a formula by half an ulp, to see what their rounding does.
    """

    __slots__ = ("known", "number", "wobble")

    def __init__(self, number: Any, known: Exact, wobble: Random | None = None) -> None:
        self.number = number
        self.known = known
        self.wobble = wobble

    def apply_gate(self, op: Primitive, operands: Sequence[Any]) -> Precise:
        """Read a row on exact numbers."""
        return Precise(self.known[op.name](*map(self._exactly, operands)), self.known, self.wobble)

    def _exactly(self, operand: Any) -> Any:
        if isinstance(operand, Precise):
            return operand.number
        number = exact.precise().mpf(operand)
        if self.wobble is None or number == int(number):
            return number
        return number * (1 + self.wobble.choice((-1, 1)) * exact.precise().mpf(2) ** -53)

    def choose(self, a: Any, b: Any) -> Any:
        taken = a if self.number else b
        return taken() if callable(taken) else taken

    def __getattr__(self, name: str) -> Any:
        """The gates of one operand, as methods."""
        if name in registry:
            return lambda *others: self.apply_gate(registry[name], (self, *others))
        raise AttributeError(name)

    def __bool__(self) -> bool:
        return bool(self.number)

    __hash__ = None  # type: ignore[assignment]


def _reading(op: Primitive) -> Callable[..., Precise]:
    return lambda *operands: operands[0].apply_gate(op, operands)


def _comparing(compare: Callable[[Any, Any], Any]) -> Callable[[Precise, Any], bool]:
    return lambda self, other: bool(compare(self.number, getattr(other, "number", other)))


for _name in ("add", "sub", "mul", "truediv", "pow", "mod"):
    _op = registry[_name.replace("true", "")]
    setattr(Precise, f"__{_name}__", _reading(_op))
    setattr(Precise, f"__r{_name}__", lambda a, b, _op=_op: a.apply_gate(_op, (b, a)))
for _name in ("neg", "abs"):
    setattr(Precise, f"__{_name}__", _reading(registry[_name]))
for _name in ("eq", "ne", "lt", "le", "gt", "ge"):
    setattr(Precise, f"__{_name}__", _comparing(getattr(operator, _name)))

TABLE = frozenset(row for row in vars(primitives).values() if isinstance(row, Primitive))


def operand_names(op: Primitive, count: int) -> list[str]:
    """What the gate's user calls its operands: as the first partial that is a function does."""
    for rule in op.partials:
        if callable(rule) and not op.operands:
            names = list(inspect.signature(rule).parameters)[:-1]
            if len(names) == count:
                return names
    return [f"x{k}" for k in range(count)] if count > 1 else ["x"]


def complaints(
    op: Primitive, point: Sequence[float], known: Exact, order: int, ulps: float | None
) -> Iterator[Complaint]:
    """What is wrong with a gate at these operands.

    Args:
        op: a gate that is not of the table.
        point: its operands; no kink may be there.
        known: the exact functions by name.
        order: up to which order to differentiate.
        ulps: how many ulp the derivatives may lose; None for as many as their formulas do.
    """
    function = known[op.name]
    names = operand_names(op, len(point))
    leaves = list(map(Value, point))
    floats: dict[tuple[int, ...], Any] = dict(_numbered(op.locals(leaves, Value(op.value(*point)))))
    for turn in range(1, order + 1):
        for places, got in floats.items():
            expected = exact.derivative(function, point, *places)
            number = float(getattr(got, "data", got) or 0.0)
            if exact.ulps(number, expected) <= (PROMISED if ulps is None else ulps):
                continue
            if ulps is None and _formula_is_right(op, point, known, places, expected, number):
                continue
            by = "·".join(f"d {names[k]}" for k in places)
            yield f"d{'²' * (turn > 1)} {op.name} / {by}", number, expected
        if turn == order:
            return
        floats = {
            (*places, k): slope
            for places, got in floats.items()
            if isinstance(got, Value)
            for k, slope in enumerate(_slopes_through_out(op, got, places[0], point))
        }


def _numbered(partials: Sequence[Any]) -> Iterator[tuple[tuple[int, ...], Any]]:
    for place, partial in enumerate(partials):
        yield (place,), partial


def _slopes_through_out(
    op: Primitive, partial: Value, place: int, point: Sequence[float]
) -> list[float]:
    """The derivatives of a partial by the operands, ``out`` being the gate itself."""
    leaves = list(map(Value, point))
    return list(gradients(op.locals(leaves, op(*leaves))[place], leaves))


def _formula_is_right(
    op: Primitive,
    point: Sequence[float],
    known: Exact,
    places: tuple[int, ...],
    expected: Any,
    got: float,
) -> bool:
    """Whether the formula is the derivative, read where nothing overflows and nothing cancels.

    Its constants are floats: what their rounding does is no mistake.
    """
    first, *more = places

    def formula(wobble: Random | None) -> Callable[..., Any]:
        def read(*operands: Any) -> Any:
            if wobble is not None:
                wobble.seed(0)  # the same constants each time, so that it can be differentiated
            numbers = [Precise(each, known, wobble) for each in operands]
            out = Precise(known[op.name](*operands), known, wobble)
            partial = op.locals(numbers, out)[first]
            return getattr(partial, "number", 0 if partial is None else partial)

        return read

    mp = exact.precise()

    def at(wobble: Random | None) -> Any:
        if more:
            return exact.derivative(formula(wobble), point, *more)
        with mp.workdps(DIGITS):
            return +mp.mpf(formula(wobble)(*map(mp.mpf, point)))

    try:
        right = at(None)
        with mp.workdps(60):
            moved = abs(at(Random(0)) - right)
            near = 32 * moved + 2.0**-50 * abs(expected) + UNDERFLOW
            return bool(abs(right - expected) <= near)
    except (AttributeError, KeyError, TypeError, ValueError, ArithmeticError):
        return False  # it is no formula of gates: what it gave on floats counts
