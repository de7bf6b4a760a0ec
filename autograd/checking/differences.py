"""Check gradients against finite differences: the test that needs no formula.

``finite_difference`` extrapolates central differences to step 0 and gives, along with the
derivative, an estimate of its error; so ``check_gradients`` needs no tolerance from the user. And
it tells a kink from a mistake.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from ..engine.collector import without_collector
from ..engine.conversion import as_number, shorten
from ..engine.derivatives import gradients
from ..engine.graph import topological_order
from ..engine.modes import recording
from ..engine.value import Value
from .enclosures import proof
from .extrapolation import Estimate, Vector, extrapolate, fluctuation
from .rounding import TABLE, error_bounds, value_bound

__all__ = [
    "Estimate",
    "GradientError",
    "KinkWarning",
    "UncheckedWarning",
    "check_gradients",
    "finite_difference",
]

DOUBTS = 20  # how many times its estimated error a difference may be off: it is but estimated
HIDES = 0.01  # what may be off by so much of itself is not compared

Path = tuple[int, ...]
"""By which coordinates to differentiate, one after the other."""


class GradientError(AssertionError):
    """A gradient that finite differences contradict."""


class UncheckedWarning(UserWarning):
    """Nothing was compared: finite differences can't tell here whether the gradients are right."""


class KinkWarning(UncheckedWarning):
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
        TypeError: f is no function or gives no single number; there is no point, or no such
            argument.

    Source: Ridders, "Accurate computation of F'(x) and F'(x)F''(x)" (1982).

    >>> value, error, doubt = finite_difference(lambda x: x**3, 2.0)
    >>> abs(value - 12) <= error < 1e-9, doubt
    (True, '')
    >>> finite_difference(lambda x: abs(x), 0.0).doubt
    'a kink: the slope is -1 to the left and 1 to the right'
    """
    where = _point("finite_difference", f, point)
    if not isinstance(argnums, int):
        raise TypeError(
            f"finite_difference: argnums is one argument's place, got {shorten(argnums)}; "
            "call it once for each argument"
        )
    if not -len(point) <= argnums < len(point):
        raise TypeError(f"argnums names argument {argnums}, but there are {len(point)} of them")
    _one(f, where)
    estimates = {}
    for place, coordinate in enumerate(where.coordinates):
        if coordinate.argument == argnums % len(point):
            (estimates[place],) = extrapolate(*_along(lambda x: [_one(f, x)], where, place))
    return where.nest(argnums % len(point), estimates)


class Report(NamedTuple):
    """What ``check_gradients`` compared: how many derivatives, and what it could not compare.

    ``seen`` says of each derivative compared, by its name, which relative error would have been
    found: 1e-9 means that a mistake of a billionth would not have passed. It is inf where the
    derivative is 0 as far as one can see.
    """

    checked: int
    doubts: list[str]
    seen: dict[str, float]
    proof: str = ""


def check_gradients(
    f: Callable[..., Any],
    *point: Any,
    order: int = 2,
    at_most: int | None = None,
    certify: bool = False,
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
            (a network has many parameters, and each costs some forty evaluations).
        certify: prove, too, how far the gradient is from the exact one (see ``certify``).

    Returns:
        a report: how many derivatives were compared, the doubts, and the proof in words.

    Raises:
        GradientError: a derivative is off by more than the finite difference's own error (the
            estimate of it times 20, or 1e-10 of the derivative) and than rounding explains: its
            own, and what fluctuates within the formula of a gate that is not of the table. Or it
            is NaN, and the differences give a number.
        TypeError: f is no function or gives something else than numbers; there is no point;
            order or at_most is no whole number.
        ValueError: order or at_most is below 1.

    Warns:
        KinkWarning: a derivative could not be compared, because the function has a kink, a jump
            or its domain's edge there.
        UncheckedWarning: no derivative at all could be compared.

    >>> from autograd import log, tanh
    >>> check_gradients(lambda x, y: tanh(x) * log(y), 0.5, 3.0).checked
    6
    """
    where = _point("check_gradients", f, point)
    _at_least_one("order", order)
    if at_most is not None:
        _at_least_one("at_most", at_most)
    name = _name(f)
    places = list(range(len(where.coordinates)))
    if at_most is not None and at_most < len(places):
        import random  # here: who only imports autograd should not wait for it

        places = sorted(random.Random(0).sample(places, at_most))
    before = [value.data for value in where.values]
    try:
        with recording(), without_collector():
            report = _check(f, name, where, places, order)
            return report._replace(proof=proof(f, *point)) if certify else report
    finally:
        where.put(before)


def _point(caller: str, f: Any, point: tuple[Any, ...]) -> _Point:
    """The point, or a TypeError where there is no function or no argument to differentiate by."""
    if not callable(f):
        raise TypeError(f"{caller} takes a function and a point, got {shorten(f)} for the function")
    if not point:
        raise TypeError(
            f"{caller} needs a point: give the arguments of {_name(f)} after it (and what it "
            "reads from outside, such as a model, as an argument, too)"
        )
    return _Point(point, _parameters(f, len(point)))


def _at_least_one(name: str, count: Any) -> None:
    if not isinstance(count, int):
        raise TypeError(f"check_gradients: {name} must be a whole number, got {shorten(count)}")
    if count < 1:
        raise ValueError(f"check_gradients: {name} must be 1 or more, got {count}")


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
    kinks, doubts, seen = 0, [], {}
    for number in range(len(outputs)):
        title = name if len(outputs) == 1 else f"result {number} of {name}"
        previous: list[Path] = [()]  # which derivatives of one order less to take
        for _ in range(order):

            def lower(
                at: _Point, number: int = number, paths: list[Path] = previous
            ) -> list[Value]:
                return _derivatives(at.call(f)[number], at, paths)

            lowest = lower(where)
            gates = {node.op for node in topological_order(outputs[number])} - {None}
            chosen = [where.values[place] for place in places]
            got = [[slope.data for slope in _slopes(each, chosen)] for each in lowest]
            # near 0, where terms cancel, rounding is all that is left
            roundings = [error_bounds(each, chosen) for each in lowest]
            for turn, place in enumerate(places):
                along, x = _along(lower, where, place)
                claims = [
                    (path, slopes[turn], bounds[turn])
                    for path, slopes, bounds in zip(previous, got, roundings, strict=True)
                ]
                if gates - TABLE:  # what cancels within a formula, its graph does not tell
                    along = _noisy(along, fluctuation(along, x))
                estimates = extrapolate(along, x)
                for (path, claimed, bound), estimate in zip(claims, estimates, strict=True):
                    verdict = _verdict(claimed, bound, estimate)
                    derivative = where.derivative_name(title, (*path, place))
                    if verdict.wrong:
                        raise GradientError(
                            f"{derivative} at {where}: expected {estimate.value:.12g} "
                            f"± {estimate.error:.1g} (finite differences), got {claimed:.12g}"
                        )
                    if not verdict.doubt:
                        seen[derivative] = verdict.sees
                        continue
                    doubts.append(f"{derivative} at {where}: not compared, {verdict.doubt}")
                    if estimate.doubt:
                        kinks += 1
                        warnings.warn(doubts[-1], KinkWarning, stacklevel=3)
            previous = [(*path, place) for path in previous for place in places]
    _check_forward(f, name, where)
    if not seen and not kinks:
        why = doubts[0] if doubts else f"no numbers go into {name}, or none come out"
        warnings.warn(f"no derivative was compared: {why}", UncheckedWarning, stacklevel=3)
    return Report(len(seen), doubts, seen)


class _Verdict(NamedTuple):
    """What a comparison came to: a mistake, or a doubt, or which relative error it could see."""

    wrong: bool = False
    doubt: str = ""
    sees: float = math.inf


def _verdict(got: float, rounding: float, estimate: Estimate) -> _Verdict:
    """Whether the derivative claimed is the one estimated, or why there is no telling."""
    expected, error, doubt = estimate
    if doubt:
        return _Verdict(doubt=doubt)
    if got != got:
        return _Verdict(wrong=True)
    rounding = rounding if rounding < math.inf else 0.0
    allowed = max(DOUBTS * error + 1e-10 * abs(expected), rounding)
    size = max(abs(got), abs(expected))
    if abs(got - expected) > allowed:
        return _Verdict(wrong=True)
    if allowed <= HIDES * DOUBTS * size:
        return _Verdict(sees=allowed / size if size else 0.0)
    if abs(expected) <= error and abs(got) <= rounding:  # as far as one can see, 0
        return _Verdict()
    return _Verdict(doubt=f"rounding hides it ({got:.3g} in ±{allowed:.1g})")


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
    """Edit the leaves a little: the old graph, evaluated again, must agree with a new one.

    Unless the new one is another graph, for an ``if`` went the other way this time: which branch
    to differentiate is for f to say, and a kink between the two is found by the differences.
    """
    outputs = where.call(f)
    numbers = [value.data for value in where.values]
    where.put([x + 1e-7 * (abs(x) or 1.0) for x in numbers])
    try:
        try:
            fresh = where.afresh().call(f)
            for output in outputs:
                output.forward()
        except (ArithmeticError, ValueError):
            return  # out of the domain: nothing to compare
        for output, new in zip(outputs, fresh, strict=True):
            if _same(output.data, new.data) or _near(output.data, new.data):
                continue
            if _structure(output) == _structure(new):
                raise GradientError(
                    f"{name} near {where}: forward() gives {output.data!r}, but calling {name} "
                    f"again {new.data!r}; does a gate's value depend on more than its operands?"
                )
    finally:
        where.put(numbers)


def _structure(output: Value) -> list[Any]:
    """A graph as data: each node's gate and the places of its operands, each leaf's number."""
    order = topological_order(output)
    places = {node: place for place, node in enumerate(order)}
    return [
        (node.op, [places[operand] for operand in node.operands]) if node.op else repr(node.data)
        for node in order
    ]


def _same(a: float, b: float) -> bool:
    return a == b or (a != a and b != b)


def _near(a: float, b: float) -> bool:
    return abs(a - b) <= 1e-12 * max(abs(a), abs(b))


def _derivatives(output: Value, where: _Point, paths: Sequence[Path]) -> list[Value]:
    """The output differentiated by the coordinates of each path, one after the other."""
    known: dict[Path, Value] = {(): output}
    for path in paths:
        for length in range(1, len(path) + 1):
            if path[:length] not in known:
                before = path[: length - 1]
                slopes = gradients(known[before], where.values, create_graph=True)
                known.update({(*before, k): slope for k, slope in enumerate(slopes)})
    return [known[path] for path in paths]


def _slopes(output: Value, leaves: list[Value]) -> list[Value]:
    slopes: list[Value] = gradients(output, leaves, create_graph=True)
    return slopes


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
        return _nested(self.arguments[argument], iter(estimates.values()))

    def call(self, f: Callable[..., Any]) -> list[Value]:
        """f's results, flat."""
        return [
            result
            if isinstance(result, Value)
            else Value(as_number(result, f"the result of {_name(f)}"))
            for result in _flat(f(*self.arguments))
        ]

    def derivative_name(self, title: str, path: Path) -> str:
        power = {1: "", 2: "²", 3: "³"}.get(len(path), f"^{len(path)}")
        return f"d{power} {title} / " + " ".join(f"d {self.coordinates[k].name}" for k in path)

    def __str__(self) -> str:
        pairs = [
            f"{coordinate.name} = {value.data:.6g}"
            for coordinate, value in zip(self.coordinates, self.values, strict=True)
        ]
        return ", ".join(pairs[:6] + [f"... ({len(pairs)} numbers)"] * (len(pairs) > 6))


def _flat(thing: Any) -> list[Any]:
    """The things in nested lists and tuples."""
    if isinstance(thing, (list, tuple)):
        return [leaf for each in thing for leaf in _flat(each)]
    return [thing]


def _nested(like: Any, leaves: Iterator[Any]) -> Any:
    """The leaves as the numbers of an argument are nested; a module's are a list."""
    if isinstance(like, Value):
        return next(leaves)
    if isinstance(like, (list, tuple)):
        return type(like)(_nested(each, leaves) for each in like)
    return [next(leaves) for _ in _flat(list(like.parameters()))]


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


def _one(f: Callable[..., Any], where: _Point) -> Value:
    results = where.call(f)
    if len(results) != 1:
        raise TypeError(f"{_name(f)} gives {len(results)} results, not one number")
    return results[0]


def _along(
    f: Callable[[_Point], list[Value]], where: _Point, place: int
) -> tuple[Callable[[float], tuple[Vector, Vector] | None], float]:
    """The numbers that f gives as functions of one coordinate, with their rounding; and where.

    How far rounding may move a number, its graph tells: 1e10 + x - 1e10 has few digits left.
    """
    value = where.values[place]
    x = value.data

    def at(t: float) -> tuple[Vector, Vector] | None:
        value.data = t
        try:
            results = f(where)
            if any(result.data - result.data != 0 for result in results):  # inf or NaN
                return None
            bounds = map(value_bound, results)
            return [result.data for result in results], [b if b < math.inf else 0.0 for b in bounds]
        except (ArithmeticError, ValueError):
            return None
        finally:
            value.data = x

    return at, x


def _noisy(
    at: Callable[[float], tuple[Vector, Vector] | None], noises: Vector
) -> Callable[[float], tuple[Vector, Vector] | None]:
    """The same, where rounding may move the numbers by these noises, too."""

    def noisy(t: float) -> tuple[Vector, Vector] | None:
        found = at(t)
        if found is None or not noises:
            return found
        pairs = zip(found[1], noises, strict=True)
        return found[0], [max(known, 8 * noise) for known, noise in pairs]

    return noisy
