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

The trick is one small protocol: an operand whose class has a method ``apply_gate`` is asked
to do the reading; an array is computed elementwise; anything else is a number. This module
therefore needs to know neither Values nor text.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from keyword import iskeyword
from typing import Any

__all__ = ["Primitive", "domain_error", "lookup", "primitive", "registry"]

registry: dict[str, Primitive] = {}
"""Every primitive by its name, built-in rows first, in the order of the table."""


Formulas = tuple[str, ...] | Callable[[int, int], str]
"""How the textbook writes each partial; the last one serves all further operands. Where that
won't do, for a gate over any number of operands, a function of an operand's place and of how
many there are."""

first_step: Callable[..., None] | None = None  # set by backward.py


class Primitive:
    """One row: name, symbol, value, and one partial derivative for each operand.

    ``partials`` is a tuple with an entry for each operand: a function of the operands and of
    the result, ``partial(x, y, out)``; a number, where the partial is constant; or None, where
    nothing flows (a condition, a class index). A gate over any number of operands has a single
    function ``partials(xs, out)`` instead, which returns the list.
    """

    __slots__ = (
        "array",
        "elementary",
        "formulas",
        "name",
        "partials",
        "routes",
        "step",
        "symbol",
        "value",
    )

    def __init__(
        self,
        name: str,
        symbol: str,
        value: Callable[..., float],
        partials: tuple[Any, ...] | Callable[..., Any],
        *,
        formulas: Formulas = (),
        array: str | Callable[..., Any] | None = None,
        elementary: Callable[..., Any] | None = None,
        routes: bool = False,
    ) -> None:
        self.name = name
        self.symbol = symbol
        self.value = value
        self.partials = partials
        self.formulas = formulas  # the textbook's way to write the partials, where it differs
        self.array = array  # NumPy's name for the value, or a function (numpy, *arrays)
        self.elementary = elementary  # the same value from + - * / max exp log only
        self.routes = routes  # operands with partial 0 take no part at all: 0 × inf is no NaN
        self.step: Any = first_step  # how back-propagation passes it: backward.py writes this

    @property
    def arity(self) -> int | None:
        """The number of operands, or None if there may be any number."""
        return len(self.partials) if isinstance(self.partials, tuple) else None

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
        numbers = [as_number(operand, f"{self.name}()") for operand in operands]
        try:
            return self.value(*numbers)
        except (ValueError, ZeroDivisionError) as error:
            raise domain_error(self, map(repr, numbers), error) from None

    def on_arrays(self, *arrays: Any) -> Any:
        """The value elementwise on NumPy arrays, as IEEE arithmetic has it: no exceptions."""
        import numpy

        with numpy.errstate(all="ignore"):
            if self.array is None:
                return numpy.vectorize(_total(self.value), otypes=[float])(*arrays)
            if isinstance(self.array, str):
                return getattr(numpy, self.array)(*arrays)
            return self.array(numpy, *arrays)

    def locals(self, operands: Sequence[Any], out: Any) -> list[Any]:
        """The partial derivatives at these operands, in their order, in the operands' reading.

        >>> from autograd.engine.primitives import mul
        >>> mul.locals((3.0, 4.0), 12.0)
        [4.0, 3.0]
        """
        if not isinstance(self.partials, tuple):
            return list(self.partials(list(operands), out))
        return [
            partial(*operands, out) if callable(partial) else partial for partial in self.partials
        ]

    def __repr__(self) -> str:
        return f"<gate {self.name}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return lookup, (self.name,)


def _total(value: Callable[..., float]) -> Callable[..., float]:
    """The same function, with NaN where it would raise: arrays don't stop at one element."""

    def total(*numbers: float) -> float:
        try:
            return value(*numbers)
        except (ValueError, ZeroDivisionError):
            return math.nan

    return total


def as_number(thing: Any, where: str) -> float:
    """``thing`` as a float, or a TypeError that names it and ``where`` it was given."""
    if isinstance(thing, (int, float)):
        try:
            return float(thing)
        except OverflowError:
            raise ValueError(f"{where}: the integer {str(thing)[:12]}... exceeds a float") from None
    if isinstance(thing, (str, bytes, complex)) or getattr(thing, "ndim", None):
        pass
    elif (convert := getattr(type(thing), "__float__", None)) is not None:
        return float(convert(thing))
    kind = type(thing).__name__
    raise TypeError(f"{where} needs a real number, got {kind} {shorten(thing)}")


def shorten(thing: Any) -> str:
    text = repr(thing)
    return text if len(text) <= 60 else text[:57] + "..."


def domain_error(op: Primitive, operands: Any, error: Exception) -> Exception:
    """An error of ``error``'s own type that names the operation and its operands."""
    reason = str(error) or type(error).__name__
    return type(error)(f"{op.name}({', '.join(operands)}): {reason}")


def lookup(name: str) -> Primitive:
    """The primitive of this name (how pickled graphs find their gates again)."""
    try:
        return registry[name]
    except KeyError:
        raise LookupError(
            f"no primitive is named {name!r} here; define it with primitive({name!r}, ...) "
            "before loading a graph that uses it"
        ) from None


_built_in: set[str] = set()


def primitive(
    name: str,
    value: Callable[..., float],
    partials: Sequence[Any] | Callable[..., Any],
    *,
    symbol: str | None = None,
    formulas: Sequence[str] = (),
    array: str | Callable[..., Any] | None = None,
    elementary: Callable[..., Any] | None = None,
) -> Primitive:
    """Define a gate of your own; it then works everywhere a gate of the table does.

    Args:
        name: what to call it in labels and messages; an identifier not in the table.
        value: the value, a function of as many floats as the gate has operands.
        partials: for each operand a function ``partial(*operands, out)`` giving
            d out / d operand (or a number, if that is constant). Write them with operators and
            gates only, not with ``math`` or ``if``: then they also work on Values, so that
            derivatives of derivatives are right. For a gate over any number of operands: a
            single function ``partials(xs, out)`` that returns the list.
        symbol: a short sign for drawings, by default the name.
        formulas: how to write each partial in pictures, if not as its own text.
        array: NumPy's name for the value, or a function ``(numpy, *arrays)``; without it the
            value is computed element by element.
        elementary: the value written with + - * / maximum exp log, for ``elementary(y)``.

    Raises:
        ValueError: the name is no identifier, or belongs to a gate of the table.
        TypeError: value or a partial is not callable, or not with that many operands.

    >>> from autograd import Value, grad
    >>> square = primitive("square", lambda x: x * x, [lambda x, out: 2 * x])
    >>> square(3.0), grad(square)(3.0), grad(grad(square))(3.0)
    (9.0, 6.0, 2.0)
    """
    if not isinstance(name, str) or not name.isidentifier() or iskeyword(name):
        raise ValueError(f"a primitive's name must be an identifier, got {name!r}")
    if name in _built_in:
        raise ValueError(f"{name!r} is a gate of the table; choose another name for yours")
    if not callable(value):
        raise TypeError(f"primitive {name!r}: value must be a function, got {value!r}")
    if callable(partials):
        _check_arguments(partials, 2, f"primitive {name!r}: partials", "(xs, out)")
        rule: Any = _one_for_each(name, partials)
    else:
        if isinstance(partials, str) or not isinstance(partials, Iterable):
            raise TypeError(
                f"primitive {name!r}: partials is a list, or for any number of operands a "
                f"function (xs, out); got {partials!r}"
            )
        rule = tuple(partials)
        if not rule:
            raise TypeError(f"primitive {name!r}: needs one partial for each operand, got none")
        for partial in rule:
            if not callable(partial) and not isinstance(partial, (int, float)):
                raise TypeError(
                    f"primitive {name!r}: a partial must be a function or a number, got {partial!r}"
                )
            _check_arguments(
                partial, len(rule) + 1, f"primitive {name!r}: a partial", "each operand and out"
            )
        rule = tuple(
            _a_number(partial, f"primitive {name!r}: the partial by operand {k}")
            for k, partial in enumerate(rule, 1)
        )
        _check_arguments(
            value, len(rule), f"primitive {name!r}: value", "an operand for each partial"
        )
    op = Primitive(
        name,
        name if symbol is None else symbol,
        _real_or_error(name, value),
        rule,
        formulas=tuple(formulas),
        array=array,
        elementary=elementary,
    )
    registry[name] = op
    return op


def _check_arguments(function: Any, count: int, what: str, meaning: str) -> None:
    """A TypeError if ``function`` can't be called with ``count`` arguments."""
    import inspect  # late, for it is slow to import

    if not callable(function):
        return
    try:
        inspect.signature(function).bind(*range(count))
    except ValueError:
        pass  # a built-in that does not tell
    except TypeError as error:
        raise TypeError(f"{what} is called with {meaning}, {count} in all: {error}") from None


def _real_or_error(name: str, value: Callable[..., Any]) -> Callable[..., Any]:
    """A user's value, held to what all gates give: a float, or an error that names the gate."""

    def checked(*operands: Any) -> Any:
        try:
            result = value(*operands)
        except OverflowError as error:
            numbers = ", ".join(map(repr, operands))
            raise OverflowError(
                f"{name}({numbers}): {error}; let the value be inf or -inf there"
            ) from error
        if type(result) is float or any(type(operand) is not float for operand in operands):
            return result  # other operands: an exact number's, an array's, a name's reading
        return as_number(result, f"the result of {name}()")

    return checked


def _a_number(partial: Any, what: str) -> Any:
    """A user's partial, held to giving a number, in whatever reading: not None, say."""
    if not callable(partial):
        return partial

    @wraps(partial)  # pictures call the operands as the partial does
    def checked(*operands: Any) -> Any:
        result = partial(*operands)
        if type(result) is float or hasattr(result, "apply_gate"):
            return result
        array = getattr(result, "ndim", 0) != 0
        return result if array else as_number(result, what)

    return checked


def _one_for_each(name: str, rule: Callable[..., Any]) -> Callable[..., Any]:
    """A user's rule over any number of operands, held to a list with a partial for each."""

    def checked(xs: list[Any], out: Any) -> list[Any]:
        partials = rule(xs, out)
        if not isinstance(partials, (list, tuple)) or len(partials) != len(xs):
            raise TypeError(
                f"primitive {name!r}: partials must give a list with one for each of the "
                f"{len(xs)} operands, got {shorten(partials)}"
            )
        return list(partials)

    return checked


def table_row(name: str, symbol: str, *row: Any, **more: Any) -> Primitive:
    """Add a row to the built-in table."""
    op = registry[name] = Primitive(name, symbol, *row, **more)
    _built_in.add(name)
    return op
