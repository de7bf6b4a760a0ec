"""Check gradients against finite differences: the test that needs no formula.

``finite_difference`` extrapolates central differences to step 0 and gives, along with the
derivative, an estimate of its error; so ``check_gradients`` needs no tolerance from the user. And
it tells a kink from a mistake.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple

from .derivatives import gradients
from .extrapolation import Estimate, Vector, extrapolate
from .gate import as_number
from .rounding import error_bounds
from .value import Value

__all__ = ["Estimate", "GradientError", "KinkWarning", "check_gradients", "finite_difference"]

DOUBTS = 20  # how many times its estimated error a difference may be off: it is but estimated


class GradientError(AssertionError):
    """A gradient that finite differences contradict."""


class KinkWarning(UserWarning):
    """No derivative to compare with: a kink, a jump, or the edge of the domain is too close."""


def finite_difference(f: Callable[..., Any], *point: Any, argnums: int = 0) -> Any:
    """Estimate f's derivative from its values alone.

    Args:
        f: a function as for ``grad``: of numbers, of nested lists of numbers, or of modules
            (anything with ``parameters()``), giving one number.
        point: its arguments.
        argnums: the place of the argument to differentiate by.

    Returns:
        an ``Estimate(value, error, doubt)`` for each number of the argument, nested as it is;
        for a module a list in the order of its parameters.

    Raises:
        TypeError: f gives no single number, or there is no such argument.

    Source: Ridders, "Accurate computation of F'(x) and F'(x)F''(x)" (1982).

    >>> value, error, doubt = finite_difference(lambda x: x**3, 2.0)
    >>> abs(value - 12) <= error < 1e-9, doubt
    (True, '')
    >>> finite_difference(lambda x: abs(x), 0.0).doubt
    'a kink: the slope is -1 to the left and 1 to the right'
    """
    where = _Point(point, _parameters(f, len(point)))
    if not -len(point) <= argnums < len(point):
        raise TypeError(f"argnums names argument {argnums}, but there are {len(point)} of them")
    estimates = {}
    for place, coordinate in enumerate(where.coordinates):
        if coordinate.argument == argnums % len(point):
            (estimates[place],) = _along(lambda x: [_one(f, x)], where, place)
    return where.nest(argnums % len(point), estimates)


class Report(NamedTuple):
    """What ``check_gradients`` compared: how many derivatives, and what it could not compare."""

    checked: int
    doubts: list[str]


def check_gradients(
    f: Callable[..., Any], *point: Any, order: int = 2, at_most: int | None = None
) -> Report:
    """Hold f's gradients at a point against finite differences, up to an order.

    The first derivatives are held against differences of f, the second against differences of
    the first, and so on, each by every operand. The gradients that ``backward()`` leaves must
    be those of ``gradients(..., create_graph=True)``, and ``forward()`` after the leaves were
    edited must give what f gives afresh.

    Args:
        f: a function of numbers, nested lists of numbers, or modules (anything with
            ``parameters()``, which are edited and put back), giving a number or a nested list.
        point: its arguments; a Value with a label is called so in messages.
        order: how often to differentiate.
        at_most: check only so many of the operands, chosen at random but always the same ones
            (a network has many parameters, and each costs some thirty evaluations).

    Returns:
        a report: how many derivatives were compared, and the doubts.

    Raises:
        GradientError: a derivative is off by more than the finite difference's own error (the
            estimate of it times 20, or 1e-10 of the derivative) and than its own rounding
            explains.
        TypeError: f gives something else than numbers.

    Warns:
        KinkWarning: a derivative could not be compared, because the function has a kink, a jump
            or its domain's edge there.

    >>> from autograd import log, tanh
    >>> check_gradients(lambda x, y: tanh(x) * log(y), 0.5, 3.0).checked
    6
    """
    if order < 1:
        raise ValueError(f"order must be 1 or more, got {order}")
    where = _Point(point, _parameters(f, len(point)))
    name = _name(f)
    places = list(range(len(where.coordinates)))
    if at_most is not None and at_most < len(places):
        import random  # here: who only imports autograd should not wait for it

        places = sorted(random.Random(0).sample(places, at_most))
    before = [value.data for value in where.values]
    try:
        return _check(f, name, where, places, order)
    finally:
        where.put(before)


def _check(
    f: Callable[..., Any], name: str, where: _Point, places: list[int], order: int
) -> Report:
    outputs = where.call(f)
    again = where.call(f)
    for first, second in zip(outputs, again, strict=True):
        if not _same(first.data, second.data):
            raise GradientError(
                f"{name} at {where}: gave {first.data!r} and then {second.data!r}; "
                "let it draw the same random numbers every time"
            )
    _check_backward(name, where, outputs)
    checked, doubts = 0, []
    for number in range(len(outputs)):
        title = name if len(outputs) == 1 else f"result {number} of {name}"
        previous: list[tuple[int, ...]] = [()]  # which derivatives of one order less to take
        for _ in range(order):

            def lower(
                at: _Point, number: int = number, paths: list[tuple[int, ...]] = previous
            ) -> Vector:
                result = at.call(f)[number]
                return [derivative.data for derivative in _derivatives(result, at, paths)]

            lowest = _derivatives(where.call(f)[number], where, previous)
            claims = {
                place: [_derivative(each, where.values[place]).data for each in lowest]
                for place in places
            }
            for place in places:
                estimates = _along(lower, where, place)
                for path, got, estimate in zip(previous, claims[place], estimates, strict=True):
                    what = where.derivative_name(title, (*path, place))
                    rounding = partial(_rounding, f, where, number, path, place)
                    doubt = _compare(what, where, got, estimate, rounding)
                    if doubt:
                        doubts.append(doubt)
                        if estimate.doubt:
                            warnings.warn(doubt, KinkWarning, stacklevel=3)
                    else:
                        checked += 1
            previous = [(*path, place) for path in previous for place in places]
    _check_forward(f, name, where)
    return Report(checked, doubts)


def _compare(
    what: str,
    where: _Point,
    got: float,
    estimate: Estimate,
    rounding: Callable[[], float],
) -> str:
    """A doubt, or nothing; raises where got is not what was estimated."""
    expected, error, doubt = estimate
    if doubt:
        return f"{what} at {where}: not compared, {doubt}"
    if error > 0.01 * abs(got) > 0 and error > 0.01 * abs(expected):
        return f"{what} at {where}: not compared, rounding hides it ({got:.3g} in ±{error:.1g})"
    tolerance = DOUBTS * error + 1e-10 * abs(expected) + 1e-300
    off = abs(got - expected)
    if not off <= tolerance and not off <= rounding() < math.inf:
        raise GradientError(
            f"{what} at {where}: expected {expected:.12g} ± {error:.1g} (finite differences), "
            f"got {got:.12g}"
        )
    return ""


def _rounding(
    f: Callable[..., Any], where: _Point, number: int, path: tuple[int, ...], place: int
) -> float:
    """What the derivative's own rounding may amount to: all that is left where terms cancel."""
    (lower,) = _derivatives(where.call(f)[number], where, [path])
    (bound,) = error_bounds(lower, [where.values[place]])
    return bound


def _check_backward(name: str, where: _Point, outputs: list[Value]) -> None:
    """backward() reads the rules on numbers, gradients(create_graph=True) on Values."""
    leaves = where.values
    kept = [leaf.grad for leaf in leaves]
    try:
        for output in outputs:
            for leaf in leaves:
                leaf.grad = None
            output.backward()
            graph = gradients(output, leaves, create_graph=True)
            for leaf, coordinate, other in zip(leaves, where.coordinates, graph, strict=True):
                number = leaf.grad or 0.0
                if not (
                    _same(number, other.data) or abs(number - other.data) <= 1e-9 * abs(number)
                ):
                    raise GradientError(
                        f"d {name} / d {coordinate.name} at {where}: backward() gives "
                        f"{number!r}, but gradients(..., create_graph=True) {other.data!r}"
                    )
    finally:
        for leaf, gradient in zip(leaves, kept, strict=True):
            leaf.grad = gradient


def _check_forward(f: Callable[..., Any], name: str, where: _Point) -> None:
    """Edit the leaves a little: the old graph, evaluated again, must agree with a new one."""
    outputs = where.call(f)
    numbers = [value.data for value in where.values]
    where.put([x + 1e-7 * (abs(x) or 1.0) for x in numbers])
    try:
        try:
            fresh = where.afresh().call(f)
            for output in outputs:
                output.forward()
        except (ArithmeticError, ValueError):
            return  # out of the domain, or on to another branch: nothing to compare
        for output, new in zip(outputs, fresh, strict=True):
            if not (_same(output.data, new.data) or _near(output.data, new.data)):
                raise GradientError(
                    f"{name} near {where}: forward() gives {output.data!r}, but calling {name} "
                    f"again {new.data!r}; does it read .data, or choose by an if?"
                )
    finally:
        where.put(numbers)


def _same(a: float, b: float) -> bool:
    return a == b or (a != a and b != b)


def _near(a: float, b: float) -> bool:
    return abs(a - b) <= 1e-12 * max(abs(a), abs(b))


def _derivatives(output: Value, where: _Point, paths: Iterable[tuple[int, ...]]) -> list[Value]:
    """The output differentiated by the coordinates of each path, one after the other."""
    known: dict[tuple[int, ...], Value] = {(): output}

    def along(path: tuple[int, ...]) -> Value:
        if path not in known:
            *before, _ = path
            lower = along(tuple(before))
            slopes = gradients(lower, where.values, create_graph=True)
            known.update({(*before, k): slope for k, slope in enumerate(slopes)})
        return known[path]

    return [along(path) for path in paths]


def _derivative(output: Value, leaf: Value) -> Value:
    slope: Value = gradients(output, leaf, create_graph=True)
    return slope


# -------------------------------------------------------------- the point, as a flat list


class _Coordinate(NamedTuple):
    name: str
    argument: int


class _Point:
    """The arguments of a function, and all their numbers as one list of Values.

    A module's numbers are its parameters: they are edited in place. All others are leaves of our
    own, put where the numbers were.
    """

    def __init__(self, arguments: Sequence[Any], names: Sequence[str]) -> None:
        self.names = names
        self.coordinates: list[_Coordinate] = []
        self.values: list[Value] = []
        self.arguments = [
            self._adopt(argument, name, place)
            for place, (argument, name) in enumerate(zip(arguments, names, strict=True))
        ]

    def _adopt(self, thing: Any, name: str, place: int) -> Any:
        """``thing`` with Values for its numbers; these are noted under their names."""
        if hasattr(thing, "named_parameters"):
            for inner, value in thing.named_parameters():
                self._note(value, inner, place)
            return thing
        if hasattr(thing, "parameters"):
            self._note(list(thing.parameters()), name, place)
            return thing
        if isinstance(thing, (list, tuple)) or bool(getattr(thing, "ndim", 0)):
            inner = [self._adopt(each, f"{name}[{k}]", place) for k, each in enumerate(thing)]
            return tuple(inner) if type(thing) is tuple else inner
        if isinstance(thing, Value):
            value = Value(thing.data, thing.label)
        else:
            value = Value(as_number(thing, name))
        self._note(value, name, place)
        return value

    def _note(self, thing: Any, name: str, place: int) -> None:
        if isinstance(thing, Value):
            self.coordinates.append(_Coordinate(thing.label or name, place))
            self.values.append(thing)
        else:
            for k, each in enumerate(thing):
                self._note(each, f"{name}[{k}]", place)

    def put(self, numbers: Vector) -> None:
        for value, number in zip(self.values, numbers, strict=True):
            if not _same(value.data, number):
                value.data = number

    def afresh(self) -> _Point:
        """The same point with leaves of its own."""
        return _Point(self.arguments, self.names)

    def nest(self, argument: int, estimates: dict[int, Estimate]) -> Any:
        """Estimates by place, nested as the argument is."""
        places = {id(value): place for place, value in enumerate(self.values)}

        def fill(thing: Any) -> Any:
            if isinstance(thing, Value):
                return estimates[places[id(thing)]]
            if isinstance(thing, (list, tuple)):
                return type(thing)(fill(each) for each in thing)
            return list(estimates.values())

        return fill(self.arguments[argument])

    def call(self, f: Callable[..., Any]) -> list[Value]:
        """f's results, flat."""
        results: list[Value] = []

        def take(thing: Any) -> None:
            if isinstance(thing, (list, tuple)):
                for each in thing:
                    take(each)
            elif isinstance(thing, Value):
                results.append(thing)
            else:
                results.append(Value(as_number(thing, f"the result of {_name(f)}")))

        take(f(*self.arguments))
        return results

    def derivative_name(self, title: str, path: tuple[int, ...]) -> str:
        power = {1: "", 2: "²", 3: "³"}.get(len(path), f"^{len(path)}")
        return f"d{power} {title} / " + " ".join(f"d {self.coordinates[k].name}" for k in path)

    def __str__(self) -> str:
        pairs = [
            f"{coordinate.name} = {value.data:.6g}"
            for coordinate, value in zip(self.coordinates, self.values, strict=True)
        ]
        return ", ".join(pairs[:6] + [f"... ({len(pairs)} numbers)"] * (len(pairs) > 6))


def _name(f: Callable[..., Any]) -> str:
    """What to call the function in a message; a gate has a name, too."""
    return str(getattr(f, "__name__", None) or getattr(f, "name", type(f).__name__))


def _parameters(f: Callable[..., Any], n: int) -> Sequence[str]:
    """What f calls its n arguments; x0, x1, ... if it takes any number of them."""
    code = getattr(f, "__code__", None)
    if code is not None and code.co_argcount == n:
        names: tuple[str, ...] = code.co_varnames[:n]
        return names
    return [f"x{k}" for k in range(n)] if n > 1 else ["x"]


def _one(f: Callable[..., Any], where: _Point) -> float:
    results = where.call(f)
    if len(results) != 1:
        raise TypeError(f"{_name(f)} gives {len(results)} results, not one number")
    number: float = results[0].data
    return number


def _along(f: Callable[[_Point], Vector], where: _Point, place: int) -> list[Estimate]:
    """The derivative by one coordinate of each number that f gives."""
    value = where.values[place]
    x = value.data

    def at(t: float) -> Vector | None:
        value.data = t
        try:
            numbers = f(where)
        except (ArithmeticError, ValueError):
            return None
        return numbers if all(number - number == 0 for number in numbers) else None

    try:
        return extrapolate(at, x)
    finally:
        value.data = x
