"""primitive: define a gate of your own.

The rows of the table were checked once by their authors; a user's functions are checked at every
call: the value must be a number, and so must each partial.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import wraps
from keyword import iskeyword
from typing import Any
from unicodedata import normalize

from .conversion import as_number
from .gate import Primitive, registry
from .steps import is_built_in

__all__ = ["primitive"]


def primitive(
    name: str,
    value: Callable[..., float],
    partials: Collection[Any] | Callable[..., Any],
    *,
    symbol: str | None = None,
    formulas: Iterable[str] = (),
    formula: Callable[..., Any] | None = None,
    elementary: Callable[..., Any] | None = None,
) -> Primitive:
    """Define a gate of your own; it then works everywhere a gate of the table does.

    Args:
        name: what to call it in labels and messages; an identifier not in the table.
        value: the value, a function of as many floats as the gate has operands.
        partials: for each operand a function ``partial(*operands, out)`` giving
            d out / d operand (or a number, if that is constant). Write them with operators and
            gates only, not with ``math`` or ``if``: then they also work on Values, so that
            derivatives of derivatives are right. (None, nothing flows, is for the table: give 0.0.)
            For a gate over any number of operands: a
            single function ``partial(xs, j, out)`` giving d out / d xs[j].
        symbol: a short sign for drawings, by default the name.
        formulas: how to write each partial in pictures, if not as its own text.
        formula: the value written with operators, ``where`` and other gates, for arrays and
            compiled programs; without it the value is computed element by element.
        elementary: the value written with + - * / maximum exp log, for ``elementary(y)``.

    Raises:
        ValueError: the name is no identifier, or belongs to a gate of the table. (Python reads
            some letters as others, "ﬁ" as "fi": so does this.)
        TypeError: value or a partial is not callable, or not with that many operands.

    >>> from autograd import Value, grad
    >>> square = primitive("square", lambda x: x * x, [lambda x, out: 2 * x])
    >>> square(3.0), grad(square)(3.0), grad(grad(square))(3.0)
    (9.0, 6.0, 2.0)
    """
    if not isinstance(name, str) or not name.isidentifier() or iskeyword(name):
        raise ValueError(f"a primitive's name must be an identifier, got {name!r}")
    name = normalize("NFKC", name)  # as Python does with identifiers
    if name in registry and is_built_in(registry[name]):
        raise ValueError(f"{name!r} is a gate of the table; choose another name for yours")
    what = f"primitive {name!r}"
    if not callable(value):
        raise TypeError(f"{what}: value must be a function, got {value!r}")
    if callable(partials):
        _check_arguments(partials, 3, f"{what}: the partial", "(xs, j, out)")
        rules = [_held_to_a_number(partials, f"{what}: the partial")]
    else:
        if isinstance(partials, str) or not isinstance(partials, Iterable):
            raise TypeError(
                f"{what}: partials is a list, or for any number of operands a function "
                f"(xs, j, out); got {partials!r}"
            )
        rules = [_checked(rule, len(partials), what, k) for k, rule in enumerate(partials, 1)]
        if not rules:
            raise TypeError(f"{what}: needs one partial for each operand, got none")
        _check_arguments(value, len(rules), f"{what}: value", "an operand for each partial")
    op = Primitive(
        name,
        name if symbol is None else symbol,
        _held_to_a_float(value, name),
        tuple(rules),
        operands="*xs" if callable(partials) else "",
        formulas=tuple(formulas),
        formula=formula,
        elementary=elementary,
    )
    registry[name] = op
    return op


def _checked(rule: Any, operands: int, what: str, place: int) -> Any:
    """One partial of a list: a function of the operands and out, or a number."""
    if callable(rule):
        _check_arguments(rule, operands + 1, f"{what}: a partial", "each operand and out")
        return _held_to_a_number(rule, f"{what}: the partial by operand {place}")
    if not isinstance(rule, (int, float)):
        raise TypeError(f"{what}: a partial must be a function or a number, got {rule!r}")
    return rule


def _check_arguments(function: Any, count: int, what: str, meaning: str) -> None:
    """A TypeError if ``function`` can't be called with ``count`` arguments."""
    import inspect  # late, for it is slow to import

    try:
        inspect.signature(function).bind(*range(count))
    except ValueError:
        pass  # a built-in that does not tell
    except TypeError as error:
        raise TypeError(f"{what} is called with {meaning}, {count} in all: {error}") from None


def _held_to_a_float(value: Callable[..., Any], name: str) -> Callable[..., Any]:
    """A user's value: on floats it gives a float, or an error that names the gate."""

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


def _held_to_a_number(partial: Callable[..., Any], what: str) -> Callable[..., Any]:
    """A user's partial: whatever the operands are, it gives a number of their reading."""

    @wraps(partial)  # pictures call the operands as the partial does
    def checked(*operands: Any) -> Any:
        result = partial(*operands)
        if type(result) is float or hasattr(result, "apply_gate"):
            return result
        if getattr(result, "ndim", 0) and any(getattr(each, "ndim", 0) for each in operands):
            return result  # an array for arrays
        return as_number(result, what)

    return checked
