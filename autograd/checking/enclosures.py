"""certify: value and derivatives as intervals that are proven to hold the exact ones.

The function is traced once on Values, which gives what the engine computes on floats, and the
graph is read on balls (balls.py): forward, back by the engine's own chain rule, and back again for
second derivatives. It is read with more and more bits, until the intervals are an ulp wide.

What the trace decided by floats counts only if it holds for the exact numbers, too: each
comparison that the function made is made again on balls. A number that the function looked at
otherwise (``.data``) is a doubt that nothing takes away.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Sequence
from threading import RLock
from typing import Any, NamedTuple

from ..engine import recorders
from ..engine.backward import propagate
from ..engine.conversion import as_number, shorten
from ..engine.derivatives import gradients
from ..engine.gate import Primitive
from ..engine.graph import topological_order
from ..engine.value import Value, evaluate, new_node
from .balls import Ball, Reading, arithmetic, ball_step, decided, is_number, shown

__all__ = ["Certificate", "Interval", "certified", "certify", "proof"]

LEAST, LIMIT = 128, 4096
"""How many bits to compute with at first, and at most."""

EVERYTHING = (-math.inf, math.inf)
ASKED = 1.0  # the width to reach, in ulp
_one_at_a_time = RLock()  # python-flint has one precision for all threads


class Interval(tuple[float, float]):
    """The pair (low, high), between which the exact number lies, and what it says of a float.

    ``low`` and ``high`` are rounded outwards, (-inf, inf) where nothing is known. ``computed`` is
    what the engine computed on floats. ``ulps`` tells how many units in the last place wide the
    interval is, ``off`` how many the computed float lies from the exact number at most.
    ``doubts`` says what could not be decided; ``proven`` is whether there is no doubt.
    """

    computed: float
    ulps: float
    off: float
    doubts: tuple[str, ...]
    ball: Any

    def __new__(cls, ball: Any, computed: float, doubts: Sequence[str] = ()) -> Interval:
        """Round a ball outwards."""
        known = ball is not None and is_number(ball)
        self = super().__new__(cls, _outwards(ball) if known else EVERYTHING)
        self.ball = ball
        self.computed = computed
        self.doubts = tuple(doubts)
        self.ulps = self.off = math.inf
        if known:
            ulp = _ulp(ball)
            self.ulps = (self.high - self.low) / ulp if self.high > self.low else 0.0
            self.off = _distance(ball, computed, ulp)
        return self

    @property
    def low(self) -> float:
        return self[0]

    @property
    def high(self) -> float:
        return self[1]

    @property
    def proven(self) -> bool:
        return not self.doubts

    def __str__(self) -> str:
        """``[low, high], float computed: within 0.7 ulp (proven)``."""
        where = (
            f"{self.low!r} exactly" if self.low == self.high else f"[{self.low!r}, {self.high!r}]"
        )
        if self.doubts:
            return f"{where}, float {self.computed!r}: not proven, {self.doubts[0]}"
        if self.off == 0:
            how = "exact"
        elif self.off == math.inf:
            how = "off by inf ulp"
        else:
            how = f"within {_rounded_up(self.off)} ulp"
        return f"{where}, float {self.computed!r}: {how} (proven)"

    def __reduce__(self) -> tuple[Any, ...]:
        state = {name: thing for name, thing in vars(self).items() if name != "ball"}
        return _again, (tuple(self), {**state, "ball": None})


def _again(pair: tuple[float, float], state: dict[str, Any]) -> Interval:
    """An interval from a pickle."""
    self = tuple.__new__(Interval, pair)
    vars(self).update(state)
    return self


class Certificate(NamedTuple):
    """What ``certify`` proves: intervals for the value, the gradient and the Hessian.

    ``gradient`` is a list with an entry for each argument, nested as the argument is; ``hessian``
    is nested as the gradient is, and there as the arguments are (None with ``order=1``).
    ``rows`` are all of them with their names, as ``str()`` shows them.
    """

    value: Interval
    gradient: list[Any]
    hessian: list[Any] | None
    rows: list[tuple[str, Interval]]

    @property
    def proven(self) -> bool:
        """Whether every interval is."""
        return not self.doubts

    @property
    def doubts(self) -> list[str]:
        """What could not be decided."""
        return list(dict.fromkeys(doubt for _, each in self.rows for doubt in each.doubts))

    def __str__(self) -> str:
        names = max(len(name) for name, _ in self.rows)
        return "\n".join(f"{name:{names}} = {interval}" for name, interval in self.rows)


def certify(f: Callable[..., Any], *point: Any, order: int = 1, limit: int = LIMIT) -> Certificate:
    """Prove where f's value and gradient lie: intervals that hold the exact real numbers.

    What is enclosed is the function of real numbers that f's gates stand for, at exactly these
    floats, with the constants that it uses as the floats they are; its derivatives by the chain
    rule, with the conventions of the table at kinks. A gate of your own counts for what its value
    says, written with gates: so a wrong partial of it is found, as a float far from the interval.

    Args:
        f: a function of numbers and (nested) lists of numbers, giving one number.
        point: its arguments. Values that f reads from outside count as the floats they hold.
        order: 2 for second derivatives, too.
        limit: the number of bits at which to give up and tell what is undecided.

    Returns:
        a ``Certificate``: ``value``, ``gradient`` and ``hessian`` of (low, high) pairs, each with
        what the engine ``computed``, its width in ``ulps``, how far the float is ``off`` at most,
        in ulp, and ``doubts``. Where nothing is known the pair is (-inf, inf).

    Raises:
        TypeError: f is no function of numbers giving one number; or it uses a gate whose value
            can't be read on balls, because it calls ``math``.
        ValueError: order is not 1 or 2, or limit below 128.
        ImportError: python-flint is not installed.

    Source: Johansson, "Arb: efficient arbitrary-precision midpoint-radius interval arithmetic"
    (2017).

    >>> from autograd import exp
    >>> print(certify(lambda x, y: x * y + exp(y), 3.0, 0.0))
    f     = 1.0 exactly, float 1.0: exact (proven)
    df/dx = 0.0 exactly, float 0.0: exact (proven)
    df/dy = 4.0 exactly, float 4.0: exact (proven)
    >>> certify(lambda x: (1 + x) - 1, 1e-17).value
    (1e-17, 1e-17)
    """
    arithmetic()
    if not callable(f):
        raise TypeError(f"certify takes a function and a point, got {shorten(f)} for the function")
    if not point:
        raise TypeError("certify needs a point: give the arguments of the function after it")
    if any(hasattr(each, "parameters") for each in point):
        raise TypeError("certify takes numbers: let f use the module from outside")
    if order not in (1, 2):
        raise ValueError(f"certify: order must be 1 or 2, got {shorten(order)}")
    if not isinstance(limit, int) or limit < LEAST:
        raise ValueError(f"certify: limit is a number of bits from {LEAST}, got {shorten(limit)}")
    trace, names, leaves, output = _traced_call(f, point)
    title = str(getattr(f, "__name__", "f"))
    title = title if title.isidentifier() else "f"
    if isinstance(output, (list, tuple)):
        raise TypeError(f"certify: {title} gives {len(output)} results, not one number")
    if not isinstance(output, Value):
        output = Value(as_number(output, f"the result of {title}"))
    found = certified(output, leaves, order, limit, trace)
    found_gradient = iter(found.gradient)
    nested = [_map(lambda *_: next(found_gradient), each, "") for each in point]
    rows = [(title, found.value)]
    rows += [(f"d{title}/d{x}", each) for x, each in zip(names, found.gradient, strict=True)]
    hessian = None
    if order == 2:
        hessian = []
        lines = iter(found.hessian)
        for each in point:
            hessian.append(_map(lambda *_: _line(next(lines), point), each, ""))
        rows += [
            (f"d²{title}/d{names[j]}d{names[k]}", found.hessian[j][k])
            for j in range(len(names))
            for k in range(j, len(names))
        ]
    return Certificate(found.value, nested, hessian, rows)


def proof(f: Callable[..., Any], *point: Any) -> str:
    """How far the gradient that the engine computes is proven to be right, in words.

    Args:
        f: as for ``certify``; it may give a nested list, too, and take modules (anything with
            ``parameters()``, which are differentiated by).
        point: its arguments.

    >>> from autograd import tanh
    >>> proof(lambda x: tanh(x) * x, 0.5)
    'gradient proven to 0.3 ulp'
    """
    trace, names, leaves, result = _traced_call(f, point)
    outputs: list[Any] = []
    _map(lambda each, _: outputs.append(each), result, "")
    worst = 0.0
    for output in outputs:
        if isinstance(output, Value):
            for name, each in zip(
                names, certified(output, leaves, trace=trace).gradient, strict=True
            ):
                if not each.proven:
                    return f"gradient not proven: by {name}, {each.doubts[0]}"
                worst = max(worst, each.off)
    return f"gradient proven to {_rounded_up(worst)} ulp"


def _traced_call(
    f: Callable[..., Any], point: Sequence[Any]
) -> tuple[_Trace, list[str], list[Value], Any]:
    """Call f on Values that note what it decides: the trace, names, leaves and the result."""
    trace = _Trace()
    names: list[str] = []
    leaves: list[Value] = []

    def leaf(number: Any, name: str) -> Any:
        if hasattr(number, "parameters"):
            parameters = list(number.parameters())
            leaves.extend(parameters)
            names.extend(each.label or name for each in parameters)
            return number
        label = number._label if isinstance(number, Value) else ""
        number = number._data if isinstance(number, Value) else as_number(number, name)
        names.append(label or name)
        leaves.append(trace.leaf(number))
        return leaves[-1]

    arguments = [
        _map(leaf, each, name) for each, name in zip(point, _arguments(f, len(point)), strict=True)
    ]
    try:
        with recorders.using(trace):
            return trace, names, leaves, f(*arguments)
    finally:
        trace.open = False


def _line(intervals: Sequence[Interval], point: Sequence[Any]) -> list[Any]:
    """A row of the Hessian, nested as the arguments are."""
    each = iter(intervals)
    return [_map(lambda *_: next(each), argument, "") for argument in point]


def _arguments(f: Callable[..., Any], n: int) -> Sequence[str]:
    """What f calls its n arguments."""
    code = getattr(f, "__code__", None)
    if code is not None and code.co_argcount == n:
        names: tuple[str, ...] = code.co_varnames[:n]
        return names
    return [f"x{k}" for k in range(n)] if n > 1 else ["x"]


def _map(function: Callable[[Any, str], Any], thing: Any, name: str) -> Any:
    """``function`` of every number of nested lists and tuples, and of its name."""
    if isinstance(thing, (list, tuple)) or bool(getattr(thing, "ndim", 0)):
        inner = [_map(function, each, f"{name}[{k}]") for k, each in enumerate(thing)]
        return tuple(inner) if type(thing) is tuple else inner
    return function(thing, name)


# ------------------------------------------------------------------------ tracing


class Comparison(NamedTuple):
    """What the function asked, and what floats answered."""

    left: Value
    sign: str
    right: Any
    answer: bool


class _Trace(recorders.Recorder):
    """Records as the engine does, and notes what the function decides by a number."""

    alone = keeps = True

    def __init__(self) -> None:
        self.comparisons: list[Comparison] = []
        self.doubts: list[str] = []
        self.open = True

    def leaf(self, number: float) -> Value:
        node = Traced(number)
        node.trace = self
        return node

    def make(self, op: Primitive, operands: tuple[Value, ...]) -> Value:
        node = new_node(evaluate(op, operands), op, operands, Traced)
        node.trace = self  # type: ignore[attr-defined]
        return node

    def look(self, node: Any = None) -> None:
        self.doubt("the function decides something by the number of a Value")

    def doubt(self, doubt: str) -> None:
        if self.open and doubt not in self.doubts:
            self.doubts.append(doubt)


def _traced(sign: str, compare: Callable[[Any, Any], Any]) -> Callable[[Any, Any], bool]:
    def method(self: Traced, other: Any) -> bool:
        number = other._data if isinstance(other, Value) else other
        answer = bool(compare(self._data, number))
        if self.trace.open:
            self.trace.comparisons.append(Comparison(self, sign, other, answer))
        return answer

    return method


class Traced(Value):
    """A Value that notes who looks at its number."""

    __slots__ = ("trace",)
    trace: _Trace

    def _look(self) -> float:
        self.trace.doubt("the function reads .data: what it makes of it is not the exact number's")
        return self._data

    data = property(_look, Value._set_data, doc="The number.")

    def detach(self) -> Value:
        self.trace.doubt("the function detaches a number: it is rounded, and its history is lost")
        return super().detach()

    def choose(self, a: Any, b: Any) -> Any:
        if not (a is None or b is None or callable(a) or callable(b)):
            return super().choose(a, b)  # a gate, which is read on balls
        taken = a if self else b
        return taken() if callable(taken) else taken

    __eq__ = _traced("==", operator.eq)
    __ne__ = _traced("!=", operator.ne)
    __lt__ = _traced("<", operator.lt)
    __le__ = _traced("<=", operator.le)
    __gt__ = _traced(">", operator.gt)
    __ge__ = _traced(">=", operator.ge)
    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        return self != 0.0


# ------------------------------------------------------------------------ reading


class Certified(NamedTuple):
    """The intervals of a graph: flat, in the order of its leaves."""

    value: Interval
    gradient: list[Interval]
    hessian: list[list[Interval]]


def certified(
    output: Value,
    nodes: Sequence[Value],
    order: int = 1,
    limit: int = LIMIT,
    trace: _Trace | None = None,
) -> Certified:
    """Prove where a graph's value lies, and its derivatives by these nodes.

    Args:
        output: the Value; its leaves count as exactly their floats.
        nodes: by which of its nodes to differentiate.
        order: 1 or 2.
        limit: the number of bits at which to give up.
        trace: what was decided by floats while the graph was made. Without it, nothing is known
            of that: the proof is for this graph, and not for a function that made it.

    Raises:
        as ``certify``.
    """
    flint = arithmetic()
    floats = _on_floats(output, nodes, order)
    comparisons = trace.comparisons if trace else []
    doubts = trace.doubts if trace else []
    asked = [each for c in comparisons for each in (c.left, c.right) if isinstance(each, Value)]
    graph = topological_order(output, *nodes, *asked)
    bits = LEAST
    # the recorder of who called us would be shown our nodes: put one there that looks at nothing
    with _one_at_a_time, recorders.using(_Trace()):
        while True:
            with flint.ctx.workprec(bits):
                path, hopeless = _path(graph, comparisons)
                found = _on_balls(graph, output, nodes, order)
                good = not path and all(map(_narrow, found.numbers()))
                if good or hopeless or bits == limit:
                    return found.intervals(floats, [*doubts, *path], bits)
            bits = min(4 * bits, limit)  # 2048 are enough for x/x, whose slope is 0


class _Floats(NamedTuple):
    value: float
    gradient: list[float]
    hessian: list[list[float]]


def _on_floats(output: Value, nodes: Sequence[Value], order: int) -> _Floats:
    """What the engine computes; NaN where it raises."""
    n = len(nodes)
    gradient, hessian = [math.nan] * n, [[math.nan] * n for _ in range(n)]
    with recorders.using(_Plain()):
        try:
            gradient = gradients(output, nodes)
            if order == 2:
                for row, slope in enumerate(gradients(output, nodes, create_graph=True)):
                    hessian[row] = gradients(slope, nodes)
        except (ValueError, ArithmeticError):
            pass
    return _Floats(output._data, gradient, hessian)


class _Plain(recorders.Recorder):
    """Records as the engine does, whoever records around it."""

    alone = keeps = True


def _path(graph: Sequence[Value], comparisons: Sequence[Comparison]) -> tuple[list[str], bool]:
    """What the function decided by floats and balls do not confirm; and whether none ever will."""
    if not comparisons:
        return [], False
    reading = Reading()
    balls = reading.read(graph)
    doubts: list[str] = []
    hopeless = False
    for left, sign, right, answer in comparisons:
        a = balls[left].number
        if isinstance(right, Value):
            b = balls[right].number
        else:
            try:
                b = reading.number(right).number
            except (TypeError, ValueError):
                continue  # compared with no number: that is decided
        exact = decided(sign, a, b)
        if exact is None:
            doubts.append(f"the function asks whether {shown(a)} {sign} {shown(b)}")
        elif exact is not answer:
            hopeless = True
            doubts.append(
                f"the function asks whether {shown(a)} {sign} {shown(b)}: floats say "
                f"{answer}, the exact numbers {exact}"
            )
    return list(dict.fromkeys(doubts)), hopeless


class _OnBalls(NamedTuple):
    """The balls of value, gradient and Hessian; None stands for exactly 0."""

    reading: Reading
    value: Ball
    gradient: list[Ball]
    hessian: list[list[Ball]]

    def numbers(self) -> Iterator[Any]:
        yield self.value.number
        for ball in [*self.gradient, *(each for row in self.hessian for each in row)]:
            yield ball.number

    def intervals(self, floats: _Floats, path: Sequence[str], bits: int) -> Certified:
        """Rounded outwards, with the doubts of each."""
        ill = [] if is_number(self.value.number) else self._doubts(self.value, bits)
        ill = [*path, *ill]

        def interval(ball: Ball, computed: float, around: Sequence[str] = ()) -> Interval:
            doubts = [*ill, *around] or self._doubts(ball, bits)
            lost = bool(ill or around)
            return Interval(None if lost else ball.number, computed, doubts)

        value = interval(self.value, floats.value)
        gradient = list(map(interval, self.gradient, floats.gradient))
        hessian = [
            [
                interval(ball, computed, () if is_number(slope.number) else first.doubts)
                for ball, computed in zip(balls, numbers, strict=True)
            ]
            for balls, numbers, slope, first in zip(
                self.hessian, floats.hessian, self.gradient, gradient, strict=False
            )
        ]
        return Certified(value, gradient, hessian)

    def _doubts(self, ball: Ball, bits: int) -> list[str]:
        if _narrow(ball.number):
            return []
        return [f"{doubt} with {bits} bits" for doubt in self.reading.doubts(ball)] or [
            f"the interval is still wide with {bits} bits"
        ]


def _on_balls(
    graph: Sequence[Value], output: Value, nodes: Sequence[Value], order: int
) -> _OnBalls:
    """The graph on balls, and back by the chain rule once or twice."""
    reading = Reading()
    balls = reading.read(graph)
    result = balls[output]
    zero = reading.number(0)
    one = reading.number(1)

    def back(ball: Ball) -> list[Ball]:
        arrived: Any = propagate(ball, one, ball_step)  # type: ignore[arg-type]
        found = [arrived.get(balls[node]) for node in nodes]
        return [zero if each is None else each for each in found]

    gradient = back(result)
    hessian = [back(slope) for slope in gradient] if order == 2 else []
    return _OnBalls(reading, result, gradient, hessian)


# ------------------------------------------------------------------------ floats around a ball


def _outwards(ball: Any) -> tuple[float, float]:
    """The nearest floats that hold the ball between them."""
    if not ball.is_finite():
        infinite = float(ball.mid())
        return infinite, infinite
    exactly = type(ball)
    low, high = ball.lower(), ball.upper()
    below, above = float(low), float(high)
    while not exactly(below) <= low and below > -math.inf:
        below = math.nextafter(below, -math.inf)
    while (more := math.nextafter(below, math.inf)) < math.inf and exactly(more) <= low:
        below = more
    while not exactly(above) >= high and above < math.inf:
        above = math.nextafter(above, math.inf)
    while (less := math.nextafter(above, -math.inf)) > -math.inf and exactly(less) >= high:
        above = less
    return below, above


def _ulp(ball: Any) -> float:
    """The unit in the last place at the middle of the ball."""
    middle = float(ball.mid())
    return math.ulp(middle) if middle - middle == 0 else 2.0**971


def _narrow(number: Any) -> bool:
    """Whether the ball is an ulp wide, or a thousandth of it: then it lies across a float."""
    if not number.is_finite():
        return is_number(number)
    if number.is_exact() or 2048 * number.rad() <= _ulp(number):
        return True
    low, high = _outwards(number)
    return (high - low) <= ASKED * _ulp(number)


def _distance(ball: Any, computed: float, ulp: float) -> float:
    """How many ulp a float lies from any number of the ball, at most."""
    if computed - computed != 0:
        same = not ball.is_finite() and float(ball.mid()) == computed
        return 0.0 if same else math.inf
    if not ball.is_finite():
        return math.inf
    return _outwards(abs(ball - computed) / ulp)[1]


def _rounded_up(ulps: float) -> str:
    """``0.7``, or ``1.2e+05``: never less than it is."""
    if ulps == math.inf:
        return "inf"
    if ulps > 1000:
        text = f"{ulps:.1e}"
        return text if float(text) >= ulps else f"{ulps * 1.06:.1e}"
    return f"{math.ceil(ulps * 10) / 10:g}"
