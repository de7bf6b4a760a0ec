"""The table read on balls: intervals that hold the exact result, whatever was rounded.

A ball is a midpoint and a radius in the arithmetic of FLINT's arb: each operation gives a ball
that contains every exact result for numbers of its operands' balls. So one more reading of the
table proves a derivative: the rows' partials on ``Ball`` operands. Only the gates' *values* are
written here, in arb's functions; derivatives come from the rows alone. A gate of the user's own is
read through: its value is called on balls, and the gates that it is made of are differentiated.

Three things could make a ball lie, and each has its guard. A comparison of balls that overlap has
no answer: it raises ``Undecided``. A rule's rounded constant (``math.log(2)``) stands for an
irrational number: ``IRRATIONAL`` says for which, and a constant that it does not know is refused.
And two balls may overlap though they hold the same number: only where it is the very same object
(max gives back the operand that won) are they known to be equal.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from ..engine import clock, primitives
from ..engine.conversion import as_number
from ..engine.gate import Primitive, registry
from ..engine.graph import topological_order
from ..engine.steps import Gradients, is_built_in, pass_on
from ..engine.value import Value

__all__ = ["Ball", "Reading", "Undecided", "arithmetic", "ball_step", "is_number", "values"]

Number = Any
"""A flint.arb: one real number, known up to a radius."""


def arithmetic() -> Any:
    """python-flint, or an ImportError that says how to get it."""
    try:
        import flint
    except ImportError:
        raise ImportError(
            "certified intervals need python-flint: pip install 'gatewise[certify]'"
        ) from None
    return flint


def is_number(x: Number) -> bool:
    """Whether the ball is bounded, or exactly inf or -inf: the number exists."""
    if x.is_finite():
        return True
    middle = x.mid()
    return not (middle.is_nan() or middle.is_finite()) and bool(x.rad().is_finite())


# ------------------------------------------------------------------------ values of gates


@cache
def irrational() -> dict[float, Callable[[], Number]]:
    """What the rounded constants in the rows of the table stand for."""
    arb = arithmetic().arb
    return {
        math.log(2): lambda: arb(2).log(),
        math.log(10): lambda: arb(10).log(),
        180 / math.pi: lambda: 180 / arb.pi(),
        math.pi / 180: lambda: arb.pi() / 180,
        2 / math.sqrt(math.pi): lambda: 2 / arb.pi().sqrt(),
        -2 / math.sqrt(math.pi): lambda: -2 / arb.pi().sqrt(),
    }


@cache
def values() -> dict[str, Callable[..., Number]]:
    """Each gate's value on balls by its name, written from the definition in arb's functions.

    Where a gate is made of cases (relu, cbrt) and the case is not certain, the ball holds the
    values of all of them. A value that may not exist is a NaN.
    """
    arb = arithmetic().arb
    zero, one, nan = arb(0), arb(1), arb(math.nan)

    def exactly(x: Number) -> int:
        """A whole number among the operands: an index, an order."""
        return int(float(x))

    def absolute(x: Number) -> Number:
        return x if x >= 0 else -x if x < 0 else abs(x)

    def maximum(*xs: Number) -> Number:
        best = xs[0]
        for x in xs[1:]:
            if x is best or best >= x:
                continue
            best = x if x >= best else best.max(x)
        return best

    def minimum(*xs: Number) -> Number:
        best = xs[0]
        for x in xs[1:]:
            if x is best or best <= x:
                continue
            best = x if x <= best else best.min(x)
        return best

    def cbrt(x: Number) -> Number:
        if x == 0:
            return zero
        if x > 0:
            return x.root(3)
        if x < 0:
            return -(-x).root(3)
        reach = abs(x).upper().root(3)
        return (-reach).union(reach)

    def cbrt_derivative(k: Number, x: Number) -> Number:
        order = exactly(k)
        falling = arb(math.prod([1 - 3 * j for j in range(order)])) / arb(3) ** order
        if x == 0:
            return zero if order == 0 else nan if order % 2 == 0 else arb.pos_inf() * falling
        return falling * cbrt(x) / x**order

    def rsqrt(x: Number) -> Number:
        return arb.pos_inf() if x == 0 else x.rsqrt()

    def power(x: Number, y: Number) -> Number:
        if y == 0:
            return one if is_number(x) else nan
        if x == 0:
            return zero if y > 0 else nan
        return x**y

    def power_slope(x: Number, y: Number) -> Number:
        return zero if y == 0 else power_derivative(one, zero, x, y)

    def power_log(x: Number, y: Number) -> Number:
        if x == 0:
            return zero if y >= 0 else nan
        return power(x, y) * x.log() if x > 0 else nan

    def power_derivative(times_x: Number, times_y: Number, x: Number, y: Number) -> Number:
        k, m = exactly(times_x), exactly(times_y)
        falling = one
        for j in range(k):
            falling = falling * (y - j)
        if m:
            if x == 0:
                return zero  # the convention of the table
            if not x > 0:
                return nan
            logarithm = x.log()
            return _polynomial(k, m, y, logarithm) * power(x, y - k)
        if x == 0:
            if y == k:
                return falling
            if y > k or falling == 0:
                return zero
            return arb.pos_inf() * falling if y < k else nan
        return zero if falling == 0 else falling * power(x, y - k)

    def _polynomial(k: int, m: int, y: Number, logarithm: Number) -> Number:
        """What x**(y - k) is multiplied by in the derivative k times by x and m times by y."""
        if m < 0:
            return zero
        if k == 0:
            return logarithm**m
        lower = y * _polynomial(k - 1, m, y - 1, logarithm)
        return lower + m * _polynomial(k - 1, m - 1, y - 1, logarithm)

    def hypot(x: Number, y: Number) -> Number:
        return (x * x + y * y).nonnegative_part().sqrt()

    def unit(x: Number, y: Number) -> Number:
        return zero if x == 0 and y == 0 else x / hypot(x, y)

    def inversion(x: Number, y: Number) -> Number:
        infinite = [not each.is_finite() and is_number(each) for each in (x, y)]
        return zero if any(infinite) and is_number(x * x + y * y) else x / (x * x + y * y)

    def quotient(x: Number, y: Number) -> Number:
        return (x / y).floor()

    def sign(x: Number) -> Number:
        if x > 0 or x < 0 or x == 0:
            return one if x > 0 else -one if x < 0 else zero
        return (-one).union(one) if is_number(x) else nan

    def step(x: Number) -> Number:
        if x > 0 or x <= 0:
            return one if x > 0 else zero
        return zero.union(one) if is_number(x) else nan

    def relu(x: Number) -> Number:
        return x if x > 0 else zero if x <= 0 else x.max(zero)

    def leaky_relu(x: Number, slope: Number) -> Number:
        if x > 0 or x <= 0:
            return x if x > 0 else slope * x
        return x.max(zero) + slope * x.min(zero)

    def elu(x: Number, alpha: Number) -> Number:
        if x > 0 or x <= 0:
            return x if x > 0 else alpha * x.expm1()
        return x.max(zero) + alpha * x.min(zero).expm1()

    def softplus(x: Number) -> Number:
        return x + (-x).exp().log1p() if x > 0 else x.exp().log1p()

    def sigmoid(x: Number) -> Number:
        if x > 0:
            return 1 / (1 + (-x).exp())
        e = x.exp()
        return e / (1 + e)

    def sigmoid_slope(x: Number) -> Number:
        e = (-x if x > 0 else x).exp()
        return e / ((1 + e) * (1 + e))

    def choice(condition: Number, a: Number, b: Number) -> Number:
        return a if condition != 0 else b if condition == 0 else nan

    def branch(condition: Number, taken: Number, expected: Number) -> Number:
        return (
            taken
            if (condition == 0 or condition != 0) and ((condition != 0) == (expected != 0))
            else nan
        )

    def total(*xs: Number) -> Number:
        return sum(xs[1:], xs[0])

    def dot(*operands: Number) -> Number:
        n = len(operands) // 2
        terms = [w * x for w, x in zip(operands[:n], operands[n:-1], strict=True)]
        return sum(terms, operands[-1])

    def exponentials(xs: Sequence[Number]) -> tuple[int, list[Number]]:
        """The place of a largest x (by its midpoint), and each exp(x - it)."""
        top = max(range(len(xs)), key=lambda j: _order(xs[j]))
        return top, [one if j == top else (x - xs[top]).exp() for j, x in enumerate(xs)]

    def log_of_sum(xs: Sequence[Number]) -> Number:
        """log Σ exp(x): the largest is taken out."""
        top, powers = exponentials(xs)
        others = powers[:top] + powers[top + 1 :]
        return xs[top] + sum(others, zero).log1p()

    def softmax(index: Number, *xs: Number) -> Number:
        _, powers = exponentials(xs)
        return powers[exactly(index)] / total(*powers)

    def rest(index: Number, *xs: Number) -> Number:
        i = exactly(index)
        _, powers = exponentials(xs)
        return sum(powers[:i] + powers[i + 1 :], zero) / total(*powers)

    def log_softmax(index: Number, *xs: Number) -> Number:
        i = exactly(index)
        return -log_of_sum([zero if j == i else x - xs[i] for j, x in enumerate(xs)])

    def soft_cross_entropy(*operands: Number) -> Number:
        n = len(operands) // 2
        logs = [log_softmax(i, *operands[n:]) for i in range(n)]
        pairs = zip(operands[:n], logs, strict=True)
        return -sum([zero if p == 0 else p * log for p, log in pairs], zero)

    return {
        "add": lambda x, y: x + y,
        "sub": lambda x, y: x - y,
        "mul": lambda x, y: x * y,
        "div": lambda x, y: x / y,
        "mod": lambda x, y: x - y * quotient(x, y),
        "quotient": quotient,
        "neg": lambda x: -x,
        "pow": power,
        "power_slope": power_slope,
        "power_log": power_log,
        "power_derivative": power_derivative,
        "abs": absolute,
        "identity": lambda x: x,
        "exp": lambda x: x.exp(),
        "exp2": lambda x: arb(2) ** x,
        "expm1": lambda x: x.expm1(),
        "log": lambda x: x.log(),
        "log2": lambda x: x.log_base(2),
        "log10": lambda x: x.log_base(10),
        "log1p": lambda x: x.log1p(),
        "sqrt": lambda x: x.sqrt(),
        "rsqrt": rsqrt,
        "cbrt": cbrt,
        "cbrt_derivative": cbrt_derivative,
        "hypot": hypot,
        "unit": unit,
        "inversion": inversion,
        "sin": lambda x: x.sin(),
        "cos": lambda x: x.cos(),
        "tan": lambda x: x.tan(),
        "asin": lambda x: x.asin(),
        "acos": lambda x: x.acos(),
        "one_less_square": lambda x: (1 - x) * (1 + x),
        "atan": lambda x: x.atan(),
        "atan2": lambda y, x: arb.atan2(y, x),
        "sinh": lambda x: x.sinh(),
        "cosh": lambda x: x.cosh(),
        "tanh": lambda x: x.tanh(),
        "sech2": lambda x: 4 * sigmoid_slope(2 * x),
        "asinh": lambda x: x.asinh(),
        "acosh": lambda x: x.acosh(),
        "atanh": lambda x: x.atanh(),
        "erf": lambda x: x.erf(),
        "erfc": lambda x: x.erfc(),
        "gaussian": lambda x, scale: scale * (-x * x).exp(),
        "sign": sign,
        "step": step,
        "floor": lambda x: x.floor(),
        "ceil": lambda x: x.ceil(),
        "degrees": lambda x: x * 180 / arb.pi(),
        "radians": lambda x: x * arb.pi() / 180,
        "where": choice,
        "branch": branch,
        "relu": relu,
        "leaky_relu": leaky_relu,
        "elu": elu,
        "softplus": softplus,
        "sigmoid": sigmoid,
        "sigmoid_slope": sigmoid_slope,
        "maximum": maximum,
        "minimum": minimum,
        "sum": total,
        "dot": dot,
        "logsumexp": lambda *xs: log_of_sum(xs),
        "softmax": softmax,
        "rest": rest,
        "log_softmax": log_softmax,
        "cross_entropy": lambda index, *xs: -log_softmax(index, *xs),
        "soft_cross_entropy": soft_cross_entropy,
        "take": lambda index, *xs: xs[exactly(index)],
    }


@cache
def _value_of_gate() -> dict[Primitive, Callable[..., Number]]:
    """The same by the gate: one of the user's may bear the name of none of them."""
    return {op: values()[op.name] for op in registry.values() if is_built_in(op)}


def _order(x: Number) -> float:
    """A float to compare balls by where any order will do."""
    middle = float(x.mid())
    return middle if middle == middle else math.inf


# ------------------------------------------------------------------------ comparisons


class Undecided(BaseException):  # not an Exception: a gate's own `except` must not swallow it
    """What a comparison of two overlapping balls says to whoever asks which way it goes."""


def decided(sign: str, a: Number, b: Number) -> bool | None:
    """Whether ``a sign b`` holds for the numbers in the balls; None where that is not certain."""
    if sign == "!=":
        equal = decided("==", a, b)
        return None if equal is None else not equal
    if not (is_number(a) and is_number(b)):
        return None
    if a is b:
        return sign in ("==", "<=", ">=")
    if not a.is_finite() and not b.is_finite():  # arb leaves inf == inf open
        a, b = arithmetic().arb(math.copysign(1, float(a))), math.copysign(1, float(b))
    if sign == "==":
        return True if a == b else False if a != b else None
    if sign in (">", ">="):
        a, b, sign = b, a, "<" if sign == ">" else "<="
    if sign == "<":
        return True if a < b else False if a >= b else None
    return True if a <= b else False if a > b else None


class Truth:
    """What a comparison of balls gives: the answer, or, when asked for it, ``Undecided``."""

    __slots__ = ("answer", "question", "reading")

    def __init__(self, reading: Reading, sign: str, a: Number, b: Number) -> None:
        self.reading = reading
        self.answer = decided(sign, a, b)
        self.question = (a, sign, b)

    def __bool__(self) -> bool:
        if self.answer is None:
            a, sign, b = self.question
            raise Undecided(f"whether {shown(a)} {sign} {shown(b)}")
        return self.answer

    def choose(self, a: Any, b: Any) -> Any:
        """``where(self, a, b)``; the numbers of a rule become balls, so that 1.0 / 3.0 is exact."""
        taken = a if self else b
        taken = taken() if callable(taken) else taken
        return None if taken is None else self.reading.number(taken)

    def apply_gate(self, op: Primitive, operands: tuple[Any, ...]) -> Any:
        return self.reading.apply(op, operands)


def shown(x: Number) -> str:
    """A ball in a message: ``3 ± 1.2e-616``."""
    if not x.is_finite():
        return f"{float(x.mid()):g}"
    middle = "0" if x.contains(0) else x.mid().str(6, radius=False, more=True)
    if middle.endswith(".00000"):
        middle = middle[:-6]
    return middle if x.is_exact() else f"{middle} ± {x.rad().str(2, radius=False, more=True)}"


# ------------------------------------------------------------------------ operands


Operator = Callable[["Ball", Any], "Ball"]


def _operator(op: Primitive) -> tuple[Operator, Operator]:
    """``self op other`` and ``other op self``."""
    return (
        lambda self, other: self.reading.apply(op, (self, other)),
        lambda self, other: self.reading.apply(op, (other, self)),
    )


class Ball:
    """An operand that is a ball: a node of a graph of balls, as a Value is of the engine's.

    It has what the chain rule (backward.py) knows of a node. A constant is never ``born``.
    """

    __slots__ = ("born", "computed", "doubt", "number", "op", "operands", "reading")
    __hash__ = object.__hash__

    def __init__(
        self,
        reading: Reading,
        number: Number,
        op: Primitive | None = None,
        operands: tuple[Ball, ...] = (),
        constant: bool = False,
    ) -> None:
        self.reading = reading
        self.number = number
        self.op = op
        self.operands = operands
        self.born = self.computed = 0 if constant else clock.tick()
        self.doubt = ""

    def apply_gate(self, op: Primitive, operands: tuple[Any, ...]) -> Ball:
        """Read a row on balls (see gate.py)."""
        return self.reading.apply(op, operands)

    def choose(self, a: Any, b: Any) -> Any:
        return (self != 0).choose(a, b)

    def __bool__(self) -> bool:
        return bool(self != 0)

    def __pos__(self) -> Ball:
        return self

    def __neg__(self) -> Ball:
        return self.reading.apply(primitives.neg, (self,))

    def __abs__(self) -> Ball:
        return self.reading.apply(primitives.abs, (self,))

    def __eq__(self, other: object) -> Truth:  # type: ignore[override]
        return self._compare("==", other)

    def __ne__(self, other: object) -> Truth:  # type: ignore[override]
        return self._compare("!=", other)

    def __lt__(self, other: Any) -> Truth:
        return self._compare("<", other)

    def __le__(self, other: Any) -> Truth:
        return self._compare("<=", other)

    def __gt__(self, other: Any) -> Truth:
        return self._compare(">", other)

    def __ge__(self, other: Any) -> Truth:
        return self._compare(">=", other)

    def _compare(self, sign: str, other: Any) -> Truth:
        return Truth(self.reading, sign, self.number, self.reading.number(other).number)

    def _to_float(self, *_: Any) -> float:
        self.reading.left = True
        raise TypeError("an interval can't be made a float")

    __float__ = __int__ = __index__ = __complex__ = _to_float
    __round__ = __floor__ = __ceil__ = __trunc__ = _to_float

    __add__, __radd__ = _operator(primitives.add)
    __sub__, __rsub__ = _operator(primitives.sub)
    __mul__, __rmul__ = _operator(primitives.mul)
    __truediv__, __rtruediv__ = _operator(primitives.div)
    __mod__, __rmod__ = _operator(primitives.mod)
    __pow__, __rpow__ = _operator(primitives.pow)

    def __repr__(self) -> str:
        return f"Ball({shown(self.number)})"

    _label = ""

    @property
    def _data(self) -> Number:
        return self.number


class Reading:
    """One reading of a graph on balls, at the precision that python-flint is set to.

    ``row`` is the gate of the table whose partials are being read: constants are then the row's
    own, and stand for the numbers that they round.
    """

    def __init__(self) -> None:
        self.arb = arithmetic().arb
        self.values = _value_of_gate()
        self.row: Primitive | None = None
        self.of_rows: dict[float, Ball] = {}
        self.left = False  # did somebody try to make a float of a ball?

    def number(self, thing: Any) -> Ball:
        """A constant as a ball; a ball as it is.

        Raises:
            LookupError: a rounded constant of a row, of which nobody said what it stands for.
        """
        if type(thing) is Ball:
            return thing
        if type(thing) is not int and type(thing) is not float:
            thing = as_number(thing, "an operand")
        if self.row is None or type(thing) is int:
            return Ball(self, self.arb(thing), constant=True)
        known = self.of_rows.get(thing)
        if known is None:
            known = self.of_rows[thing] = Ball(self, self._of_a_row(thing), constant=True)
        return known

    def _of_a_row(self, x: float) -> Number:
        stands_for = irrational().get(x)
        if stands_for is not None:
            return stands_for()
        if x - x == 0 and not (x * 64).is_integer():
            assert self.row is not None
            raise LookupError(f"{self.row.name}: which number does its constant {x!r} stand for?")
        return self.arb(x)

    def apply(self, op: Primitive, operands: Sequence[Any]) -> Ball:
        """Compute a gate on balls and record it; a gate of the user's own is read through."""
        balls, numbers, born = [], [], 0
        for ball in operands:
            if type(ball) is not Ball:
                ball = self.number(ball)
            balls.append(ball)
            numbers.append(ball.number)
            born = born or ball.born
        value = self.values.get(op)
        if value is None:
            return self._through(op, tuple(balls))
        if born or self.row is None:
            return Ball(self, value(*numbers), op, tuple(balls))
        return Ball(self, value(*numbers), constant=True)

    def nothing_known(self, doubt: str, operands: tuple[Ball, ...] = ()) -> Ball:
        """A number that could be any, and why."""
        ball = Ball(self, self.arb(math.nan), _unknown, operands)
        ball.doubt = doubt
        return ball

    def _through(self, op: Primitive, balls: tuple[Ball, ...]) -> Ball:
        """The value of a user's gate, made of the gates that it calls."""
        around, self.row, self.left = self.row, None, False
        try:
            result = op.value(*balls)
            if self.left:
                raise TypeError("an interval can't be made a float")
            # a node of its own, though the value may be one of the operands
            return self.apply(primitives.identity, (result,))
        except Undecided as undecided:
            return self.nothing_known(f"{op.name}: {undecided} is undecided", balls)
        except (ValueError, ArithmeticError) as error:
            return self.nothing_known(f"{op.name}{_texts(balls)}: {error}", balls)
        except (TypeError, AttributeError) as error:
            raise TypeError(
                f"the gate {op.name} can't be read on intervals ({error}): write its value with "
                "operators and autograd's gates, exp(x) for math.exp(x), where(x > 0, a, b) "
                "for if"
            ) from error
        finally:
            self.row = around

    def read(self, order: Sequence[Value]) -> dict[Value, Ball]:
        """A graph of Values on balls: each leaf is exactly its float.

        Args:
            order: the nodes, operands before those who consume them.
        """
        balls: dict[Value, Ball] = {}
        for node in order:
            if node.op is None:
                number = self.arb(node._data)
                balls[node] = Ball(self, number, constant=node.kind == "constant")
            else:
                balls[node] = self.apply(node.op, [balls[operand] for operand in node.operands])
        return balls

    def doubts(self, result: Ball) -> list[str]:
        """Why a result is not known, or not better: what was undecided on the way to it."""
        found = []
        for node in topological_order(result):
            if node.doubt:
                found.append(node.doubt)
            elif node.op is None:
                if not is_number(node.number):
                    found.append("an input is NaN")
            elif all(is_number(each.number) for each in node.operands):
                of = f"{node.op.name}{_texts(node.operands)}"
                if not is_number(node.number):
                    found.append(f"{of}: it may not exist there, or is infinite")
                elif node.op.name in JUMPS and not node.number.is_exact():
                    found.append(f"{of}: on which side of its jump is undecided")
        return list(dict.fromkeys(found))


_unknown = Primitive("unknown", "?", lambda *xs: math.nan, (math.nan,), operands="*xs")
JUMPS = ("floor", "ceil", "sign", "step", "quotient")


def _texts(balls: Sequence[Ball]) -> str:
    texts = [shown(ball.number) for ball in balls[:4]] + ["..."] * (len(balls) > 4)
    return f"({', '.join(texts)})"


def ball_step(node: Any, upstream: Any, gradients: Gradients) -> None:
    """Pass local × upstream on to each operand, the row read on balls."""
    op, reading = node.op, node.reading
    reading.row = op
    try:
        try:
            on_balls = op.locals(node.operands, node)
        except Undecided as undecided:
            doubt = f"the derivative of {op.name}{_texts(node.operands)}: {undecided} is undecided"
            nothing = reading.nothing_known(doubt, node.operands)
            flows = op.differentiable(len(node.operands))
            on_balls = [nothing if can else None for can in flows]
        for operand, local in zip(node.operands, on_balls, strict=True):
            if local is not None and operand.born:
                one = type(local) is float and local == 1
                part = upstream if one else reading.number(local) * upstream
                pass_on(operand, part, gradients)
    finally:
        reading.row = None
