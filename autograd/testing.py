"""Hypothesis strategies: random computations, each with its twin in exact arithmetic.

A ``Computation`` is a graph written down as data: its inputs, and a list of steps (a gate, and
which of the numbers so far it takes; a number may be taken many times). It can be run on Values
and in mpmath, prints as Python that can be pasted, and holds its own gradient against the exact
one. The strategies grow it from a list of wishes and drop each wish that can't be granted (a
domain error, a kink nearby, numbers out of hand): so every example is a good one, and shrinking
is only a matter of wishing for less.

Needs Hypothesis and mpmath: ``pip install 'gatewise[test]'``. A gate of your own is tested by::

    from hypothesis import given
    from autograd import primitive
    from autograd.testing import expressions

    softsign = primitive(
        "softsign", lambda x: x / (1 + abs(x)), [lambda x, out: 1 / (1 + abs(x)) ** 2]
    )

    @given(expressions([softsign, "add", "mul", "exp"], exact={"softsign": softsign.value}))
    def test_softsign(computation):
        computation.check()
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

from .checking import exact as exact_arithmetic
from .checking.accuracy import Accuracy, accuracy
from .checking.enclosures import Certificate, certify
from .checking.own import PROMISED, TABLE, complaints, operand_names
from .checking.rounding import error_bounds, value_bound
from .engine.derivatives import gradients
from .engine.gate import Primitive, lookup
from .engine.graph import topological_order
from .engine.text import number
from .engine.value import Value

__all__ = [
    "Accuracy",
    "Computation",
    "Step",
    "accuracy",
    "edges",
    "expressions",
    "networks",
    "values",
]

LARGEST = 1e4
"""No number of a computation is larger, nor any partial derivative."""

STEEPEST = 1e8
"""The most that rounding in an input may be amplified on its way to a node."""

MARGIN = 1e-4
"""How near a kink may be, in relation to the operand (or to 1, if that is larger)."""

TOLERANCE = 1e-12
"""How far off the value of a gate may be that is not of the table, unless its user says so."""

REACH = 31
"""How far back an operand may be, counted in nodes."""

SEQUENCES = ("sum", "logsumexp", "softmax", "log_softmax", "cross_entropy")
INDEXED = ("softmax", "rest", "log_softmax", "cross_entropy", "take")
HELPERS = (
    *("identity", "sech2", "gaussian", "power_slope", "power_log", "sigmoid_slope", "rest"),
    *("soft_cross_entropy", "quotient", "rsqrt", "unit", "inversion", "one_less_square"),
    "take",
)
"""Gates without a public function, or with one that makes no gate here: printed code imports them
from the table."""

BOUND = ("branch", "power_derivative", "cbrt_derivative")
"""Gates whose operands are not free (the branch taken, orders): no graph can be grown of them."""

INFIX = {"add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "**", "mod": "%"}

DEFAULT = (
    *("add", "sub", "mul", "div", "neg", "pow", "abs", "exp", "exp2", "expm1", "log", "log2"),
    *("log10", "log1p", "sqrt", "cbrt", "hypot", "sin", "cos", "tan", "asin", "acos", "atan"),
    *("atan2", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "erf", "erfc", "degrees"),
    *("radians", "relu", "leaky_relu", "elu", "softplus", "sigmoid", "maximum", "minimum"),
    *("sum", "dot", "logsumexp", "softmax", "log_softmax", "cross_entropy"),
)
"""The gates that ``expressions`` uses unless told otherwise."""

Exact = Mapping[str, Callable[..., Any]]


def strategies() -> Any:
    """hypothesis.strategies, or an ImportError that says how to get it."""
    try:
        import hypothesis.strategies
    except ImportError:
        raise ImportError(
            "autograd.testing needs Hypothesis: pip install 'gatewise[test]'"
        ) from None
    return hypothesis.strategies


class Step(NamedTuple):
    """One gate of a computation: the places of its operands among the numbers so far.

    ``target`` is the class that softmax and its like take before them.
    """

    gate: Primitive
    operands: tuple[int, ...]
    target: int | None = None


class Computation:
    """A random graph as data.

    Args:
        inputs: the numbers it starts from.
        steps: the gates, each taking inputs and results of earlier steps; the last is the result.
        exact: a gate's value in mpmath by its name, for gates that are not of the table.
        tolerance: how far off their values may be, see ``expressions``.
        strict: how many ulp their derivatives may lose, see ``expressions``.

    >>> from autograd.engine.primitives import mul, tanh
    >>> print(Computation([0.5], [Step(tanh, (0,)), Step(mul, (1, 0))]))
    from autograd import Value, tanh
    x0 = Value(0.5)
    x1 = tanh(x0)
    x2 = x1 * x0
    x2.backward()
    """

    def __init__(
        self,
        inputs: Sequence[float],
        steps: Sequence[Step],
        exact: Exact | None = None,
        tolerance: float = TOLERANCE,
        strict: float | bool = False,
    ) -> None:
        self.inputs = tuple(inputs)
        self.steps = tuple(steps)
        self.exact = dict(exact or {})
        self.tolerance = tolerance
        self.strict = None if strict is False else PROMISED if strict is True else strict

    def __call__(self, *inputs: Any) -> Any:
        """Run it on these inputs: numbers, Values, arrays."""
        return self._run(inputs, lambda gate: gate)

    def certify(self, order: int = 1) -> Certificate:
        """Value and derivatives as intervals proven to hold the exact ones (see ``certify``).

        >>> from autograd.engine.primitives import mul
        >>> Computation([3.0], [Step(mul, (0, 0))]).certify().gradient[0]
        (6.0, 6.0)
        """
        return certify(self, *self.inputs, order=order)

    def build(self) -> tuple[list[Value], Value]:
        """The inputs as Values, and the result that was computed from them."""
        leaves = [Value(x) for x in self.inputs]
        return leaves, self(*leaves)

    def exactly(self, *inputs: Any) -> Any:
        """Run it in mpmath's arithmetic, on mpmath's numbers."""
        table = exact_arithmetic.functions()

        def function(gate: Primitive) -> Callable[..., Any]:
            found = self.exact.get(gate.name) or table.get(gate.name)
            if found is None:
                raise TypeError(
                    f"{gate.name} has no value in exact arithmetic: give one, "
                    f"exact={{{gate.name!r}: function of mpmath numbers}}"
                )
            return found

        return self._run(inputs, function)

    def _run(self, inputs: Sequence[Any], read: Callable[[Primitive], Callable[..., Any]]) -> Any:
        numbers = list(inputs)
        for gate, operands, target in self.steps:
            prefix = () if target is None else (float(target),)
            numbers.append(read(gate)(*prefix, *[numbers[k] for k in operands]))
        return numbers[-1]

    def exact_value(self) -> Any:
        """The result to some 60 digits, as mpmath's number."""
        mp = exact_arithmetic.precise()
        with mp.workdps(60):
            return self.exactly(*map(mp.mpf, self.inputs))

    def exact_derivative(self, *places: int) -> Any:
        """The derivative by the inputs at these places, one after the other, as mpmath's number.

        A central difference, right to some 35 digits.
        """
        mp = exact_arithmetic.precise()

        def difference(at: list[Any], places: tuple[int, ...]) -> Any:
            if not places:
                return self.exactly(*at)
            k, *others = places
            h = mp.mpf(10) ** -20
            above, below = ([*at[:k], at[k] + s * h, *at[k + 1 :]] for s in (1, -1))
            return (difference(above, tuple(others)) - difference(below, tuple(others))) / (2 * h)

        with mp.workdps(60 * len(places)):
            return difference(list(map(mp.mpf, self.inputs)), places)

    def check(self, order: int = 1) -> None:
        """Hold value and derivatives against exact arithmetic.

        First each gate of your own by itself, at the operands it meets; then the whole. Where a
        formula of yours overflows, so that there is no bound for what rounding does to the whole,
        the first is all that can be asked.

        Args:
            order: up to which order to differentiate: 2 includes the gradients of gradients.

        Raises:
            AssertionError: a derivative is off by more than rounding explains (and the tolerance
                for the values of gates that are not of the table).
        """
        leaves, output = self.build()
        self._check_own_gates(output, order)
        derivatives: dict[tuple[int, ...], Value] = {(): output}
        bound = value_bound(output, tolerance=self.tolerance)
        self._compare("the result", output.data, self.exact_value(), bound)
        for turn in range(order):
            previous, derivatives = derivatives, {}
            for places, lower in previous.items():
                if turn + 1 < order:
                    slopes = gradients(lower, leaves, create_graph=True)
                    derivatives.update({(*places, k): slope for k, slope in enumerate(slopes)})
                if turn == 0:
                    lower.backward()
                    found = [leaf.grad or 0.0 for leaf in leaves]
                else:
                    found = gradients(lower, leaves)
                bounds = error_bounds(lower, leaves, self.tolerance)
                for k, (got, bound) in enumerate(zip(found, bounds, strict=True)):
                    what = "the derivative by " + " and ".join(f"x{j}" for j in (*places, k))
                    self._compare(what, got, self.exact_derivative(*places, k), bound)

    def _check_own_gates(self, output: Value, order: int) -> None:
        """Each gate that is not of the table, where its operands are."""
        known = exact_arithmetic.functions() | self.exact
        for node in topological_order(output):
            if node.op is None or node.op in TABLE or node.op.name not in known:
                continue
            point = [operand.data for operand in node.operands]
            for what, got, expected in complaints(node.op, point, known, order, self.strict):
                names = operand_names(node.op, len(point))
                at = ", ".join(f"{name} = {x!r}" for name, x in zip(names, point, strict=True))
                raise AssertionError(
                    f"the gate {node.op.name}: {what} at {at} should be {float(expected)!r}, "
                    f"got {got!r}, in\n{self}"
                )

    def _compare(self, what: str, got: float, expected: Any, bound: float) -> None:
        if not bound < math.inf and self.exact:  # an overflow within a gate of the user's own
            return
        if not abs(got - expected) <= bound + 1e-30:  # where all is flat: the oracle's own error
            raise AssertionError(
                f"{what} should be {float(expected)!r} ± {bound:.1g}, got {got!r}, in\n{self}"
            )

    def __repr__(self) -> str:
        """Python that can be pasted."""
        gates = {step.gate.name for step in self.steps} - {*INFIX, "neg"}
        own, helpers = gates & set(self.exact), gates & set(HELPERS)
        public = ["Value", *sorted(gates - own - helpers)]
        note = f"  # and your {', '.join(sorted(own))}" if own else ""
        lines = [f"from autograd import {', '.join(public)}{note}"]
        if helpers:
            lines.append(f"from autograd.engine.primitives import {', '.join(sorted(helpers))}")
        lines += [f"x{k} = Value({x!r})" for k, x in enumerate(self.inputs)]
        for place, step in enumerate(self.steps, len(self.inputs)):
            lines.append(f"x{place} = {_source(step)}")
        last = len(self.inputs) + len(self.steps) - 1
        return "\n".join([*lines, f"x{last}.backward()"])

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """What Hypothesis and IPython print: the same, on lines of its own, and not the draws."""
        printer.text(f"\n{self!r}\n")


def _source(step: Step) -> str:
    """The step as an expression of Python."""
    gate, operands = step.gate.name, [f"x{k}" for k in step.operands]
    if gate in INFIX:
        return f" {INFIX[gate]} ".join(operands)
    if gate == "neg":
        return f"-{operands[0]}"
    if gate == "dot":
        n = len(operands) // 2
        ws, xs = ", ".join(operands[:n]), ", ".join(operands[n:-1])
        return f"dot([{ws}], [{xs}], {operands[-1]})"
    if gate in SEQUENCES:
        listed = f"[{', '.join(operands)}]"
        if gate == "cross_entropy":
            return f"{gate}({listed}, {number(step.target or 0)})"
        return f"{gate}({listed})" + ("" if step.target is None else f"[{step.target}]")
    if step.target is not None:
        operands = [repr(float(step.target)), *operands]
    return f"{gate}({', '.join(operands)})"


# ---------------------------------------------------------------------- growing


class _Garden:
    """A computation while it grows: its numbers, and how steep each is in the inputs."""

    def __init__(self, inputs: Sequence[float]) -> None:
        self.inputs = list(inputs)
        self.numbers = list(inputs)
        self.steepness = [1.0] * len(inputs)
        self.steps: list[Step] = []

    def try_step(self, step: Step) -> bool:
        """Take the step, unless it leads out of a domain, near a kink, or out of hand."""
        prefix = [] if step.target is None else [float(step.target)]
        at = prefix + [self.numbers[k] for k in step.operands]
        seen = _tame(step.gate, at, len(prefix))
        if seen is None:
            return False
        out, partials = seen
        steepness = sum(
            abs(partial) * self.steepness[k]
            for k, partial in zip(step.operands, partials, strict=True)
        )
        if steepness > STEEPEST:
            return False
        self.steps.append(step)
        self.numbers.append(out)
        self.steepness.append(steepness)
        return True

    def harvest(
        self,
        exact: Exact | None,
        tolerance: float = TOLERANCE,
        strict: float | bool = False,
    ) -> Computation:
        """The computation without what the result does not depend on."""
        n = len(self.inputs)
        needed = {len(self.numbers) - 1}
        for place in range(len(self.numbers) - 1, n - 1, -1):
            if place in needed:
                needed.update(self.steps[place - n].operands)
        rank = {place: k for k, place in enumerate(sorted(needed))}
        steps = [
            Step(step.gate, tuple(rank[k] for k in step.operands), step.target)
            for place, step in enumerate(self.steps, n)
            if place in needed
        ]
        inputs = [x for k, x in enumerate(self.inputs) if k in needed]
        return Computation(inputs, steps, exact, tolerance, strict)


def grown(inputs: Sequence[float], steps: Sequence[Step]) -> Computation:
    """The computation of those steps that can be taken: no domain error, no kink nearby."""
    garden = _Garden(inputs)
    for step in steps:
        if max(step.operands) < len(garden.numbers):
            garden.try_step(step)
    return garden.harvest(None)


def _tame(gate: Primitive, at: list[float], fixed: int) -> tuple[float, list[float]] | None:
    """The gate's value and partials here, if they are smooth within a margin; else None.

    Moved by a sixteenth of a step, a smooth function changes by about a sixteenth as much, and
    its second difference by the square of that; but a jump is there as a whole, and the second
    difference at a kink by a sixteenth.
    """

    def look(operands: Sequence[float]) -> list[float]:
        out = gate.value(*operands)
        partials = gate.locals(operands, out)
        return [out, *[0.0 if partial is None else partial for partial in partials]]

    try:
        here = look(at)
        if not all(abs(x) <= LARGEST for x in here):
            return None
        for k in range(fixed, len(at)):
            step = MARGIN * max(abs(at[k]), 1.0)
            around = [
                look([*at[:k], at[k] + times * step, *at[k + 1 :]]) for times in (-16, -1, 1, 16)
            ]
            for x, far_left, left, right, far_right in zip(here, *around, strict=True):
                slack = 1e-9 * max(abs(x), 1.0)
                far = max(abs(far_left - x), abs(far_right - x))
                if not max(abs(left - x), abs(right - x)) <= max(far / 2, slack):
                    return None
                bend, far_bend = left - 2 * x + right, far_left - 2 * x + far_right
                if not abs(bend) <= max(abs(far_bend) / 64, slack):
                    return None
    except (ArithmeticError, ValueError):
        return None
    return here[0], here[1 + fixed :]


def _gates(primitives: Sequence[Primitive | str] | None) -> list[Primitive]:
    chosen = DEFAULT if primitives is None else primitives
    gates = [lookup(gate) if isinstance(gate, str) else gate for gate in chosen]
    if not gates:
        raise ValueError("expressions of no primitives: give at least one")
    for gate in gates:
        if gate.name in BOUND:
            raise ValueError(
                f"expressions can't use {gate.name}: its operands are not free; leave it out, it "
                "comes up in the derivatives of where() and **"
            )
    return gates


# ---------------------------------------------------------------------- strategies


def numbers(min_value: float, max_value: float) -> Any:
    """Floats in a range, but none within 0.01 of 0, where many gates have a kink.

    In a range that hardly reaches farther than that, none nearer than half of what it reaches.
    """
    if not min_value <= max_value:
        raise ValueError(f"no number is at least {min_value!r} and at most {max_value!r}")
    margin = min(0.01, max(abs(min_value), abs(max_value)) / 2)
    sides = [(max(min_value, margin), max_value), (min_value, min(max_value, -margin))]
    st = strategies()
    return st.one_of([st.floats(low, high) for low, high in sides if low <= high])


def values(min_value: float = -4.0, max_value: float = 4.0) -> Any:
    """A strategy for leaves: ``Value(x)`` with x in a range, not within 0.01 of 0.

    Raises:
        ValueError: the range is empty.

    >>> import hypothesis
    >>> @hypothesis.given(values())
    ... def test(x):
    ...     (x * x).backward()
    ...     assert x.grad == 2 * x.data
    >>> test()
    """
    return numbers(min_value, max_value).map(Value)


EDGES = ("ties", "near ties", "kinks", "huge", "tiny", "mixed", "masks")


def edges(*names: str, count: int = 3) -> Any:
    """A strategy for lists of floats at the edges where gates go wrong, by name.

    Args:
        names: which; by default all. "ties": some are equal. "near ties": some are neighbouring
            floats. "kinks": 0, -0, 1, -1 or floats next to them. "huge": from 1e150 up to the
            greatest float. "tiny": from 1e-150 down to the least. "mixed": magnitudes of all
            sizes. "masks": some, but not all, are -inf.
        count: how many floats; ties and masks need 2.

    Raises:
        ValueError: no edge has that name, or there are too few floats for it.

    >>> import hypothesis, autograd
    >>> @hypothesis.given(edges("masks", "ties", "huge"))
    ... def test(xs):
    ...     assert abs(sum(autograd.softmax(xs)) - 1) < 1e-15
    >>> test()
    """
    st = strategies()
    chosen = names or tuple(name for name in EDGES if count > 1 or name not in PAIRED)
    for name in chosen:
        if name not in EDGES:
            raise ValueError(f"no edge is named {name!r}; there are {', '.join(EDGES)}")
        if count < 1 + (name in PAIRED):
            raise ValueError(f"{name} need 2 floats or more, got count={count}")

    def up_to(*powers: int) -> Any:
        sign, mantissa = st.sampled_from([1.0, -1.0]), st.floats(1.0, 9.0)
        power = st.integers(*powers).map(lambda k: float(f"1e{k}"))
        return st.builds(lambda s, m, p: s * m * p, sign, mantissa, power)

    def many(numbers: Any) -> Any:
        return st.lists(numbers, min_size=count, max_size=count)

    def some_like_the_first(like: Callable[[float, int], float]) -> Any:
        changes = st.lists(st.integers(-1, 2), min_size=count - 1, max_size=count - 1)

        def alike(xs: list[float], changes: list[int]) -> list[float]:
            rest = [x if k == 2 else like(xs[0], k) for x, k in zip(xs[1:], changes, strict=True)]
            return [xs[0], *rest[:-1], like(xs[0], 1)]

        return st.builds(alike, many(everyday), changes).flatmap(st.permutations)

    def masked(xs: list[float], kept: list[bool]) -> list[float]:
        rest = [x if keep else -math.inf for x, keep in zip(xs[2:], kept[2:], strict=True)]
        return [xs[0], -math.inf, *rest]

    everyday = numbers(-9.0, 9.0)
    beside = [math.nextafter(x, to) for x in (0.0, 1.0, -1.0) for to in (-2.0, 2.0)]
    kinks = st.sampled_from([0.0, -0.0, 1.0, -1.0, *beside])
    least = st.sampled_from([5e-324, -5e-324, 2.0**-1022, -(2.0**-1022)])
    greatest = st.sampled_from([math.nextafter(math.inf, 0.0), -math.nextafter(math.inf, 0.0)])
    cases = {
        "kinks": lambda: many(kinks),
        "huge": lambda: many(up_to(150, 307) | greatest),
        "tiny": lambda: many(up_to(-308, -150) | least),
        "mixed": lambda: many(up_to(-300, 300) | everyday),
        "ties": lambda: some_like_the_first(lambda x, k: x),
        "near ties": lambda: some_like_the_first(
            lambda x, k: math.nextafter(x, math.inf if k > 0 else -math.inf)
        ),
        "masks": lambda: st.builds(masked, many(everyday), many(st.booleans())).flatmap(
            st.permutations
        ),
    }
    return st.one_of([cases[name]() for name in chosen])


PAIRED = ("ties", "near ties", "masks")


def expressions(
    primitives: Sequence[Primitive | str] | None = None,
    max_nodes: int = 200,
    exact: Exact | None = None,
    tolerance: float = TOLERANCE,
    strict: float | bool = False,
) -> Any:
    """A strategy for random computations with shared nodes.

    No domain error or kink is met, and numbers and slopes stay within reason. Failing examples
    shrink to a few nodes and print as Python.

    Args:
        primitives: the gates to use, or their names; by default most of the table.
        max_nodes: how many nodes there may be, inputs included.
        exact: by name, the value in mpmath of gates that are not of the table.
        tolerance: how far off the values of these gates may be: as if their operands, their
            results or a number of size 1 were off by so much of theirs. For there is no telling
            what rounds within a formula; in the table 2 ulp is all there is. Partials get no
            tolerance but what rounds within their own formulas.
        strict: whether the derivatives of these gates must be accurate, too: within 4 ulp, as
            those of the table are, or within so many as are given.

    Raises:
        LookupError: no primitive has that name.
        ValueError: no primitives, fewer than 2 nodes, or a gate whose operands are not free.

    >>> import hypothesis
    >>> @hypothesis.given(expressions(["add", "mul", "tanh"], max_nodes=20))
    ... def test(computation):
    ...     computation.check()
    >>> test()
    """
    st = strategies()
    gates = _gates(primitives)
    if max_nodes < 2:
        raise ValueError(f"max_nodes must be 2 or more, got {max_nodes}")
    choices = REACH**7 * 2
    wish = st.integers(0, len(gates) * choices - 1)  # one number for all, as few draws are quick
    most_inputs = min(3, max_nodes - 1)

    def grow(inputs: list[float], wishes: list[int]) -> Computation:
        garden = _Garden(inputs)
        for wished in wishes:
            gate, code = gates[wished % len(gates)], wished // len(gates)
            last = len(garden.numbers) - 1
            n = 2 + code // REACH**7
            count = gate.arity or {"dot": 2 * n + 1, "soft_cross_entropy": 2 * n}.get(gate.name, n)
            back = [code // REACH**k % REACH % (last + 1) for k in range(7)]
            operands = tuple(last - k for k in back[:count])
            garden.try_step(Step(gate, operands, back[-1] % n if gate.name in INDEXED else None))
        return garden.harvest(exact, tolerance, strict)

    @cache
    def of_size(size: int) -> Any:  # known before the wishes, so that shrinking it drops the last
        wishes = st.lists(wish, min_size=size, max_size=size)
        inputs = st.lists(numbers(-4.0, 4.0), min_size=1, max_size=most_inputs)
        return st.builds(grow, inputs, wishes)

    most = max_nodes - most_inputs
    caps = [cap for cap in (6, 6, 20, 20, 60, most) if cap <= most]
    sizes = st.one_of([st.integers(1, cap) for cap in caps])  # each may shrink down to 1
    return sizes.flatmap(of_size).filter(lambda computation: computation.steps)


def networks(max_inputs: int = 3, max_width: int = 4, max_layers: int = 3) -> Any:
    """A strategy for small networks with their loss, as computations.

    The inputs are a sample, its target, and all weights and biases; layers of neurons
    (``dot``, then tanh, sigmoid, softplus or relu) end in a squared error.

    >>> import hypothesis
    >>> @hypothesis.given(networks(max_width=2, max_layers=2))
    ... @hypothesis.settings(max_examples=10)
    ... def test(network):
    ...     network.check()
    >>> test()
    """
    st = strategies()
    layer = st.tuples(
        st.integers(1, max_width), st.sampled_from(["tanh", "sigmoid", "softplus", "relu"])
    )
    plan = st.tuples(st.integers(1, max_inputs), st.lists(layer, min_size=1, max_size=max_layers))

    def count(n: int, layers: list[tuple[int, str]]) -> int:
        widths = [n, *[width for width, _ in layers], 1]
        return n + 1 + sum((a + 1) * b for a, b in pairwise(widths))

    def wire(n: int, layers: list[tuple[int, str]], inputs: list[float]) -> Computation:
        garden = _Garden(inputs)
        free = iter(range(n + 1, len(inputs)))  # the weights and biases, in the order of use
        below = list(range(n))
        for width, activation in [*layers, (1, "")]:
            row = []
            for _ in range(width):
                weights = [next(free) for _ in below]
                garden.try_step(Step(lookup("dot"), (*weights, *below, next(free))))
                if activation:
                    here = (len(garden.numbers) - 1,)
                    if not garden.try_step(Step(lookup(activation), here)):  # a kink is near
                        garden.try_step(Step(lookup("softplus"), here))
                row.append(len(garden.numbers) - 1)
            below = row
        garden.try_step(Step(lookup("sub"), (below[0], n)))
        last = len(garden.numbers) - 1
        garden.try_step(Step(lookup("mul"), (last, last)))
        return garden.harvest(None)

    def with_numbers(drawn: tuple[int, list[tuple[int, str]]]) -> Any:
        size = count(*drawn)
        inputs = st.lists(numbers(-2.0, 2.0), min_size=size, max_size=size)
        return inputs.map(lambda given: wire(*drawn, given))

    return plan.flatmap(with_numbers)
