"""Operators: what lets the rows of the gate table be read on arrays.

A rule says ``1 / y`` or ``where(x > 0, 1.0, None)``; on arrays, each of these makes an operation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..engine import primitives
from ..engine.gate import Primitive

if TYPE_CHECKING:
    from .builder import Builder
    from .language import Array

__all__ = ["Operators", "Untranslatable"]


class Untranslatable(Exception):
    """This graph has no array program; the straight-line target takes over."""


def _gate(op: Primitive, reflected: bool = False) -> Callable[[Any, Any], Array]:
    def method(self: Operators, other: Any) -> Array:
        return self.builder.gate(op, *((other, self) if reflected else (self, other)))

    return method


def _comparison(sign: str) -> Any:
    def method(self: Operators, other: Any) -> Array:
        return self.builder.compare(sign, self, other)

    return method


class Operators:
    """Arithmetic, comparisons, ``where`` and gates."""

    __array_ufunc__ = None
    builder: Builder

    __hash__ = object.__hash__
    __eq__, __ne__ = _comparison("=="), _comparison("!=")
    __lt__, __le__ = _comparison("<"), _comparison("<=")
    __gt__, __ge__ = _comparison(">"), _comparison(">=")
    __add__, __radd__ = _gate(primitives.add), _gate(primitives.add, True)
    __sub__, __rsub__ = _gate(primitives.sub), _gate(primitives.sub, True)
    __mul__, __rmul__ = _gate(primitives.mul), _gate(primitives.mul, True)
    __truediv__, __rtruediv__ = _gate(primitives.div), _gate(primitives.div, True)
    __pow__, __rpow__ = _gate(primitives.pow), _gate(primitives.pow, True)
    __mod__, __rmod__ = _gate(primitives.mod), _gate(primitives.mod, True)

    def __neg__(self) -> Array:
        return self.builder.gate(primitives.neg, self)

    def __abs__(self) -> Array:
        return self.builder.gate(primitives.abs, self)

    def __bool__(self) -> bool:
        raise Untranslatable("a rule asks for the truth of an array")

    def apply_gate(self, op: Primitive, operands: Sequence[Any]) -> Array:
        return self.builder.gate(op, *operands)

    def choose(self, a: Any, b: Any) -> Array:
        a, b = (branch() if callable(branch) else branch for branch in (a, b))
        itself: Any = self
        if b is None and a == 1 and itself.is_gate(primitives.step):
            mask: Array = itself.operands[0] > 0  # relu's: 1 or nothing
            return mask
        a, b = (0.0 if branch is None else branch for branch in (a, b))
        if itself.operands == () and hasattr(itself, "value"):  # a number: it is known already
            return self.builder.lift(a if itself.value else b)
        return self.builder.gate(primitives.choice, self, a, b)
