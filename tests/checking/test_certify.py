"""Certified intervals hold the exact numbers, say what is undecided, and never lie."""

from __future__ import annotations

import math
import operator
import pickle
import random
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import flint
import pytest
from mpmath import mpf

import autograd
import nn
from autograd import (
    Value,
    abs,
    asin,
    atan2,
    cbrt,
    ceil,
    certify,
    check_gradients,
    cos,
    cross_entropy,
    degrees,
    detect_anomaly,
    dot,
    exp,
    exp2,
    explain,
    floor,
    grad,
    hypot,
    leaky_relu,
    log,
    log1p,
    logsumexp,
    maximum,
    no_grad,
    primitive,
    radians,
    relu,
    sigmoid,
    sign,
    sin,
    softmax,
    sqrt,
    step,
    sum,
    tanh,
    where,
)
from autograd.checking import balls, enclosures, exact
from autograd.checking.enclosures import Interval, proof
from autograd.engine.gate import Operands, Primitive, registry
from autograd.engine.steps import is_built_in
from autograd.showing.commandline import main
from benchmarks import certified
from tests import graphs, oracle

GATES = [op for op in registry.values() if is_built_in(op)]
EVERYTHING = (-math.inf, math.inf)


def inside(interval: Interval, number: Any) -> bool:
    """Whether the ball holds the number, which is known to 19 digits."""
    assert interval.ball is not None
    return certified.holds(interval, number, 19)


# ---------------------------------------------------------------------- the table


@pytest.mark.parametrize("op", GATES, ids=lambda op: op.name)
def test_the_table_on_balls_holds_every_value_and_every_derivative(op: Primitive) -> None:
    """The value, each partial, and each partial's partials, against exact arithmetic."""
    for point in oracle.points(op):
        differentiable = [place for place, can in enumerate(op.differentiable(len(point))) if can]
        free = [point[place] for place in differentiable]

        def f(*xs: Any, point: Any = point, places: Any = differentiable) -> Any:
            operands = list(point)
            for place, x in zip(places, xs, strict=True):
                operands[place] = x
            return op(*operands)

        found = certify(f, *free, order=2)
        assert inside(found.value, oracle.value(op, point))
        assert found.hessian is not None
        for j, first in enumerate(differentiable):
            orders = [int(place == first) for place in range(len(point))]
            assert found.gradient[j].proven
            assert inside(found.gradient[j], oracle.derivative(op, point, orders))
            for k, second in enumerate(differentiable):
                if op.name not in ("power_derivative", "cbrt_derivative"):  # slow, and the same
                    twice = list(orders)
                    twice[second] += 1
                    assert inside(found.hessian[j][k], oracle.derivative(op, point, twice))


def test_every_gate_of_the_table_has_a_value_on_balls() -> None:
    assert {op.name for op in GATES} == set(balls.values())


def test_a_row_with_a_constant_that_nobody_explained_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its rounding would be taken for exact."""
    monkeypatch.setattr(balls, "irrational", dict)
    with pytest.raises(LookupError, match=r"exp2: which number does its constant 0\.693"):
        certify(exp2, 0.5)


def test_a_third_of_a_tie_is_exactly_a_third() -> None:
    found = certify(lambda x: maximum(x, x * 1.0, x + 0.0) * 3.0, 5.0)
    assert found.gradient[0].ball.contains(3)
    share = certify(lambda x, y, z: maximum(x, y, z), 5.0, 5.0, 5.0).gradient[0]
    assert share.ball.overlaps(flint.arb(1) / 3) and not share.ball.contains(1 / 3)
    assert share.low == 1 / 3 < share.high  # the float lies below


# ---------------------------------------------------------------------- what floats get wrong


def test_cancellation() -> None:
    found = certify(lambda x: (1 + x) - 1, 1e-17)
    assert found.value == (1e-17, 1e-17)
    assert found.value.computed == 0.0 and found.value.off > 1e15
    found = certify(lambda x: (x + 1e16) - 1e16 - x, 0.3, order=2)
    assert found.value == (0.0, 0.0) and found.gradient[0] == (0.0, 0.0)


def test_cancellation_that_needs_more_than_the_first_bits() -> None:
    found = certify(lambda x: (exp(x) - 1 - x) - x * x / 2, 1e-90)
    assert found.proven and inside(found.value, mpf(10) ** -270 / 6 * (1 + mpf(10) ** -91))
    assert found.value.ulps <= 1 and found.gradient[0].ulps <= 1


@pytest.mark.parametrize("x", [1e-300, 1e300, 5e-324, 1.7e308, 1e22])
def test_huge_and_tiny_magnitudes(x: float) -> None:
    found = certify(lambda x: sin(x) * cos(x), x)
    assert found.proven and found.value.ulps <= 2
    assert inside(found.value, exact.value(lambda t: oracle.FUNCTIONS["sin"](2 * t) / 2, [x]))


def test_overflow_is_of_floats_alone() -> None:
    found = certify(lambda x: log(exp(x)), 1000.0)
    assert found.value == (1000.0, 1000.0) or found.value.ulps <= 2
    assert found.value.low <= 1000 <= found.value.high
    assert found.value.computed == math.inf and found.value.off == math.inf
    huge = certify(exp, 1000.0).value
    assert huge == (sys.float_info.max, math.inf) and huge.proven and "off by inf" in str(huge)
    tiny = certify(exp, -1000.0).value
    assert tiny == (0.0, 5e-324) and tiny.proven and tiny.off <= 1


def test_the_distance_is_never_understated() -> None:
    found = certify(lambda x: log1p(x) - log(1 + x), 1e-9).value
    exactly = exact.value(oracle.FUNCTIONS["sub"], [found.computed, 0.0])
    assert inside(found, mpf(0))
    assert exactly == found.computed and found.off > 1e16


# ---------------------------------------------------------------------- kinks, jumps, edges


@pytest.mark.parametrize(
    ("f", "at", "slope"),
    [
        (relu, 0.0, 0.0),
        (abs, 0.0, 0.0),
        (sign, 0.0, 0.0),
        (step, 0.0, 0.0),
        (floor, 2.0, 0.0),
        (ceil, 2.0, 0.0),
        (sqrt, 0.0, math.inf),
        (cbrt, 0.0, math.inf),
        (asin, 1.0, math.inf),
        (lambda x: x**0, 0.0, 0.0),
        (lambda x: x**2, 0.0, 0.0),
        (lambda x: maximum(x, 0.0), 0.0, 0.5),
        (lambda x: leaky_relu(x), 0.0, 0.01),
        (lambda x: hypot(x, 0.0), 0.0, 0.0),
        (lambda x: 6.0 % x, 2.0, -3.0),
    ],
)
def test_at_a_kink_the_conventions_of_the_table_hold(f: Any, at: float, slope: float) -> None:
    found = certify(f, at)
    assert found.gradient[0] == (slope, slope)
    assert found.gradient[0].computed == slope and found.gradient[0].off == 0


@pytest.mark.parametrize(
    "f",
    [
        lambda x: relu(exp(log(x)) - x),
        lambda x: abs(exp(log(x)) - x),
        lambda x: maximum(exp(log(x)), x),
        lambda x: leaky_relu(exp(log(x)) - x),
        lambda x: where(exp(log(x)) - x, x, 2 * x),
        lambda x: where(exp(log(x)) > x, x, 2 * x),
        lambda x: x if exp(log(x)) > x else 2 * x,
        lambda x: x if exp(log(x)) == x else 2 * x,
        lambda x: x if exp(log(x)) - x else 2 * x,
        lambda x: 1 / (exp(log(x)) - x),
        lambda x: sqrt(exp(log(x)) - x),
        lambda x: (exp(log(x)) - x) ** -1 if x > 0 else x,
        lambda x: atan2(exp(log(x)) - x, 0.0),
    ],
)
def test_a_tie_after_rounding_is_undecided_at_any_precision(f: Any) -> None:
    found = certify(f, 3.0, order=2, limit=512)
    assert not found.proven and not found.gradient[0].proven
    assert found.gradient[0] == EVERYTHING or found.gradient[0].ulps > 1e10
    assert "undecided" in str(found) or "may not exist" in str(found) or "asks" in str(found)


def test_near_a_kink_more_bits_decide() -> None:
    for tiny in (1e-40, -1e-40, 1e-300, -1e-300):
        found = certify(lambda x, tiny=tiny: relu(exp(log(x)) - x + tiny), 3.0, order=2)
        assert found.proven and found.gradient[0].ulps <= 2
        assert found.gradient[0].low == (0.0 if tiny < 0 else found.gradient[0].low)
        assert found.gradient[0].low <= 0.0 <= found.gradient[0].high


def test_a_jump_that_is_undecided_gives_both_sides() -> None:
    found = certify(lambda x: floor(exp(log(x))), 3.0, limit=256)
    assert not found.value.proven and found.value.low <= 2 and found.value.high >= 3
    assert "floor(3 ±" in found.value.doubts[0] and "jump" in found.value.doubts[0]


def test_remainders_near_their_jumps() -> None:
    assert certify(lambda x, y: x % y, 0.3, 0.1).value.proven
    found = certify(lambda x, y: x % y, 1e300, 3e-300)
    assert found.value == (math.fmod(1e300, 3e-300),) * 2
    found = certify(lambda x, y: x % y, -0.75, 0.25)
    assert found.value == (0.0, 0.0) and found.gradient[1] == (3.0, 3.0)
    undecided = certify(lambda x, y: exp(log(x)) % y, 0.75, 0.25, limit=256)
    assert not undecided.value.proven and not undecided.gradient[1].proven
    assert undecided.value.low <= 0.0 and undecided.value.high >= 0.25


def test_masked_logits() -> None:
    logits = [1.0, -math.inf, 2.5]
    for place in range(3):
        found = certify(lambda xs, place=place: softmax(xs)[place], logits, order=2)
        assert found.proven and found.gradient[0][1] == (0.0, 0.0)
        assert inside(found.value, mpf(found.value.computed)) or found.value.off < 4
    assert certify(lambda xs: softmax(xs)[1], logits).value == (0.0, 0.0)
    assert certify(lambda xs: cross_entropy(xs, 0), logits).value.off < 2
    assert certify(lambda xs: logsumexp(xs), logits).proven


def test_an_infinity_times_nothing_is_not_proven() -> None:
    found = certify(lambda x: x * sqrt(x), 0.0)
    assert found.value == (0.0, 0.0)
    assert found.gradient[0] == EVERYTHING and not found.gradient[0].proven
    assert "mul(inf, 0)" in found.gradient[0].doubts[0]


def test_where_no_value_is_proven_no_gradient_is() -> None:
    """sqrt of a number that may be negative: f may not exist, though d/dy = 1 whatever it is."""
    found = certify(lambda x, y: sqrt(exp(log(x)) - x) + y, 3.0, 1.0, limit=256)
    assert not any(each.proven for each in (found.value, *found.gradient))
    assert certify(lambda x: x + 1, math.nan).value == EVERYTHING


def test_a_branch_not_taken_takes_no_part() -> None:
    found = certify(lambda x: where(x > 0, lambda: log(x), lambda: log(-x)), 2.0, order=2)
    assert found.proven and inside(found.gradient[0], mpf("0.5"))


# ---------------------------------------------------------------------- what f decides by floats


def test_a_branch_of_python_that_the_exact_numbers_confirm() -> None:
    found = certify(lambda x: x * 2 if x > 1 else x, 3.0)
    assert found.proven and found.gradient[0] == (2.0, 2.0)


def test_a_branch_that_floats_take_and_the_exact_numbers_do_not() -> None:
    def f(x: Value) -> Value:
        return x * 2 if (x + 1e16) - 1e16 > 0.5 else x

    found = certify(f, 0.75)
    assert not found.proven and found.value == found.gradient[0] == EVERYTHING
    assert "floats say False, the exact numbers True" in found.doubts[0]


@pytest.mark.parametrize(
    ("f", "doubt"),
    [
        (lambda x: x * x.data, "reads .data"),
        (lambda x: x * x.detach(), "detaches"),
        (lambda x: x * (1.0 if exp(x).data > 2 else 0.0), "reads .data"),
        (lambda x: x * _quietly(x), "decides something by the number"),
    ],
)
def test_what_leaves_the_graph_is_a_doubt(f: Any, doubt: str) -> None:
    found = certify(f, 0.3)
    assert not found.proven and found.value == EVERYTHING and doubt in found.doubts[0]


def _quietly(x: Value) -> Value:
    with no_grad():
        return exp(x)


def test_values_from_outside_count_as_their_floats() -> None:
    w = [Value(0.1), Value(0.2)]
    found = certify(lambda xs: tanh(dot(w, xs, 0.5)), [1.0, -3.0], order=2)
    assert found.proven and len(found.gradient[0]) == 2
    assert certify(lambda x: w[0], 1.0).gradient[0] == (0.0, 0.0)
    assert certify(lambda x: 0.1, 1.0).value == (0.1, 0.1)


def test_a_derivative_inside_the_function() -> None:
    found = certify(lambda x: grad(lambda t: relu(t) * sin(t))(x), 0.7)
    assert found.proven and found.value.off < 4


def test_inside_detect_anomaly_and_no_grad() -> None:
    with detect_anomaly():
        assert certify(lambda x: sin(x) * x, 0.7, order=2).proven
    with no_grad():
        assert certify(lambda x: sin(x) * x, 0.7, order=2).proven


# ---------------------------------------------------------------------- gates of one's own


@contextmanager
def own(name: str, *columns: Any) -> Iterator[Primitive]:
    try:
        yield primitive(name, *columns)
    finally:
        del registry[name]


def test_a_gate_of_ones_own_is_read_through() -> None:
    with own(
        "softsign", lambda x: x / (1 + abs(x)), [lambda x, out: 1 / (1 + abs(x)) ** 2]
    ) as softsign:
        found = certify(lambda x: softsign(softsign(x) * 3), 0.7, order=2)
        assert found.proven and found.gradient[0].off < 8
        x = flint.arb(0.7)
        assert found.value.ball.overlaps(3 * x / (1 + 4 * x))
        assert found.gradient[0].ball.overlaps(3 / (1 + 4 * x) ** 2)


def test_a_wrong_partial_is_found_by_its_distance_and_never_proven() -> None:
    with own("m", lambda x: x * x, [lambda x, out: 2.02 * x]) as m:
        found = certify(m, 1e-8)
        assert found.gradient[0].low <= 2e-8 <= found.gradient[0].high
        assert found.gradient[0].computed == 2.02 * 1e-8 and found.gradient[0].off > 1e13


def test_half_the_digits_lost_in_a_partial() -> None:
    def slope(a: Any, b: Any, out: Any) -> Any:
        return exp(a) / (exp(a) - exp(b))

    with own(
        "logdiffexp",
        lambda a, b: log(exp(a) - exp(b)),
        [slope, lambda a, b, out: 1 - slope(a, b, out)],
    ) as gate:
        assert certify(gate, 1e-8, 0.0).gradient[0].off > 1e6
        far = certify(gate, 40.0, 0.0).gradient[1]
        assert far.computed == 0.0 and far.high < -4.2e-18 and far.off > 1e15


def test_identical_operands_of_a_gate_of_ones_own_do_not_share_a_gradient() -> None:
    with own("same", lambda x: x, [1.0]) as same:
        found = certify(lambda x: same(x) * x, 3.0, order=2)
        assert found.gradient[0] == (6.0, 6.0) and found.hessian == [[(2.0, 2.0)]]


@pytest.mark.parametrize(
    "value",
    [
        lambda x: math.exp(x),
        lambda x: float(round(x)),
        lambda x: x.real,
        lambda x: _swallowed(x),
    ],
)
def test_a_value_that_needs_a_float_is_refused(value: Any) -> None:
    with (
        own("secret", value, [lambda x, out: out]) as secret,
        pytest.raises(
            TypeError, match=r"the gate secret can't be read on intervals .*exp\(x\) for math"
        ),
    ):
        certify(secret, 1.0)


def _swallowed(x: Any) -> Any:
    try:
        return math.exp(x)
    except Exception:
        return 0.0


def test_a_case_of_a_gate_of_ones_own_is_decided_on_balls() -> None:
    def value(x: Any) -> Any:
        try:
            return x if x > 3 else 2 * x
        except Exception:
            return 0.0

    with own("cases", value, [lambda x, out: where(x > 3, 1.0, 2.0)]) as cases:
        assert certify(cases, 2.0).gradient[0] == (2.0, 2.0)
        undecided = certify(lambda x: cases(exp(log(x))), 3.0, limit=256)
        assert not undecided.proven and undecided.value == EVERYTHING
        assert "cases: whether 3 ±" in undecided.doubts[0]


# ---------------------------------------------------------------------- random graphs, mutants


def test_random_graphs_hold_the_exact_numbers() -> None:
    tally = certified.run(250, seed=1)
    assert not tally.misses, tally.misses[0]
    assert sorted(tally.widths)[len(tally.widths) // 2] <= 1
    assert tally.open <= 0.01 * len(tally.widths)


@pytest.mark.parametrize("seed", range(5))
def test_graphs_with_much_fan_out(seed: int) -> None:
    output = graphs.random_graph(seed)
    leaves = graphs.leaves(output)
    found = enclosures.certified(output, leaves, order=2)
    assert found.value.proven and found.value.off < 1e4
    assert all(each.ulps <= 2 for each in found.gradient)


@pytest.mark.parametrize("name", [op.name for op in GATES])
def test_a_wrong_value_on_balls_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutants of the reading: each value in turn is off by 10⁻¹⁷ of it, a tenth of an ulp."""
    op = registry[name]
    original = balls._value_of_gate()

    def wrong(*xs: Any) -> Any:
        number = original[op](*xs)
        return number + (number if number != 0 else 1) * flint.arb("1e-17")

    monkeypatch.setattr(balls, "_value_of_gate", lambda: {**original, op: wrong})
    assert _caught(op)


@pytest.mark.parametrize("name", [op.name for op in GATES if any(map(callable, op.partials))])
def test_a_wrong_partial_on_balls_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    op = registry[name]

    def off(partial: Callable[..., Any]) -> Callable[..., Any]:
        def wrong(*arguments: Any) -> Any:
            local = partial(*arguments)
            if type(arguments[-1]) is not balls.Ball or local is None:
                return local
            return local * (1 + arguments[-1].reading.arb_ball("1e-17")) + tiny(arguments[-1])

        def tiny(out: Any) -> Any:
            return out.reading.arb_ball("1e-17")

        return wrong

    partials = tuple(off(each) if callable(each) else each for each in op.partials)
    monkeypatch.setattr(op, "partials", partials)
    monkeypatch.setattr(
        balls.Reading,
        "arb_ball",
        lambda self, text: balls.Ball(self, flint.arb(text), constant=True),
        raising=False,
    )
    assert _caught(op) or name in ("sign", "step", "floor", "ceil", "quotient")  # nothing flows


def _caught(op: Primitive) -> bool:
    try:
        test_the_table_on_balls_holds_every_value_and_every_derivative(op)
    except AssertionError:
        return True
    return False


# ---------------------------------------------------------------------- the face


def test_the_certificate_as_text() -> None:
    def f(w: Any) -> Any:
        return w[0] * w[1] + sigmoid(w[0])

    text = str(certify(f, [0.5, 2.0], order=2)).splitlines()
    assert text[0].startswith("f              = [1.622459331201854")
    assert "ulp (proven)" in text[0]
    assert text[2] == "df/dw[1]       = 0.5 exactly, float 0.5: exact (proven)"
    assert text[4].startswith("d²f/dw[0]dw[1] = 1.0 exactly")


def test_results_are_nested_as_the_arguments() -> None:
    found = certify(lambda a, b, c: a * b[0] * b[1] * c[0][0], 2.0, (3.0, 5.0), [[7.0]], order=2)
    assert found.gradient == [(105.0,) * 2, ((70.0,) * 2, (42.0,) * 2), [[(30.0,) * 2]]]
    assert found.hessian is not None
    assert found.hessian[0][1][1] == (21.0, 21.0) and found.hessian[2][0][0][0] == (15.0, 15.0)


def test_an_interval_is_a_pair_and_can_be_pickled() -> None:
    interval = certify(exp, 1.0).value
    low, high = interval
    assert low < math.e < high or math.e in (low, high)
    again = pickle.loads(pickle.dumps(interval))
    assert again == interval and again.off == interval.off and again.proven


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((3.0,), {}, TypeError, "takes a function"),
        ((exp,), {}, TypeError, "needs a point"),
        ((exp, "3"), {}, TypeError, "needs a real number"),
        ((lambda x: [x, x], 1.0), {}, TypeError, "gives 2 results"),
        ((exp, 1.0), {"order": 3}, ValueError, "order must be 1 or 2"),
        ((exp, 1.0), {"limit": 20}, ValueError, "number of bits"),
        ((log, -1.0), {}, ValueError, "above 0"),
    ],
)
def test_what_it_refuses(arguments: Any, options: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        certify(*arguments, **options)


def test_without_flint_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "flint", None)
    with pytest.raises(ImportError, match=r"pip install 'gatewise\[certify\]'"):
        certify(exp, 1.0)


def test_the_precision_of_flint_is_left_alone_and_threads_do_not_mix() -> None:
    before = flint.ctx.prec
    found: list[Any] = []
    threads = [
        threading.Thread(
            target=lambda k=k: found.append(certify(lambda x: (x + 1e-40) - x, float(k)).value)
        )
        for k in range(1, 9)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1 and flint.ctx.prec == before


def test_a_long_chain() -> None:
    def f(x: Value) -> Value:
        for _ in range(3000):
            x = x * 0.999 + 0.001
        return x

    assert certify(f, 2.0).proven


def test_grads_are_left_alone() -> None:
    x = Value(2.0)
    certify(lambda y: x * y, 3.0)
    assert x.grad is None


def test_sequences_read_their_partials_on_balls() -> None:
    assert isinstance(balls.Reading().number(2), balls.Ball)
    assert Operands((1.0,)).known == {}
    found = certify(lambda xs: sum([sin(x) for x in xs]), [random.Random(0).random()] * 3)
    assert len(found.gradient[0]) == 3 and found.proven


def test_it_imports_nothing_before_it_is_used() -> None:
    import subprocess

    code = "import sys, autograd; assert 'flint' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert autograd.certify is certify and radians and degrees


def test_check_gradients_tells_the_proof() -> None:
    assert check_gradients(sin, 0.5).proof == ""
    told = check_gradients(lambda x: sin(x) * x if x > 0 else x, 0.5, certify=True).proof
    assert told == "gradient proven to 0.3 ulp"
    model = nn.MLP(2, [3, 1])
    told = check_gradients(lambda m: m([0.1, 0.2]), model, order=1, certify=True).proof
    assert re.fullmatch(r"gradient proven to [0-9.]+ ulp", told)


def test_the_proof_names_what_is_undecided() -> None:
    told = proof(lambda x: relu(exp(log(x)) - x), 3.0)
    assert told.startswith("gradient not proven: by x, the derivative of relu")


def test_explain_tells_the_interval() -> None:
    x, y = Value(2.0), Value(0.3)
    z = sin(x * y) / x
    explanation = explain(x, of=z, certify=True)
    assert explanation.interval is not None and explanation.interval.proven
    assert str(explanation).splitlines()[-1].startswith("   certified: [-0.01736027611230709")
    assert "certified" not in str(explain(x, of=z))


def test_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["(1 + x) - 1", "x=1e-17", "--certify"]) == 0
    assert "f     = 1e-17 exactly, float 0.0: within 6.5e+15 ulp" in capsys.readouterr().out


def _by_midpoints(sign: str, a: Any, b: Any) -> bool:
    signs = {"==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le}
    signs |= {">": operator.gt, ">=": operator.ge}
    return bool(signs[sign](float(a.mid()), float(flint.arb(b).mid())))


MUTANTS: dict[str, tuple[Any, str, Any]] = {
    "comparisons by midpoints": (balls, "decided", _by_midpoints),
    "rounding to nearest": (enclosures, "_outwards", lambda ball: (float(ball.mid()),) * 2),
    "constants of rows as floats": (
        balls,
        "irrational",
        lambda: {x: (lambda x=x: flint.arb(x)) for x in (math.log(2), 180 / math.pi)},
    ),
    "what f decides is not looked at": (enclosures, "_path", lambda *_: ([], False)),
    "no doubts of the trace": (enclosures._Trace, "doubt", lambda self, doubt: None),
    "every ball a number": (enclosures, "is_number", lambda ball: True),
    "a row's 1.0 as a float": (
        balls.Truth,
        "choose",
        lambda self, a, b: (lambda taken: taken() if callable(taken) else taken)(a if self else b),
    ),
    "an undecided gate is 0": (
        balls.Reading,
        "nothing_known",
        lambda self, doubt, operands=(): self.number(0.0),
    ),
    "a float of a ball": (balls.Ball, "__float__", lambda self: float(self.number)),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_wrong_reading_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place, what, wrong = MUTANTS[name]
    monkeypatch.setattr(place, what, wrong)
    with pytest.raises((AssertionError, pytest.fail.Exception, LookupError, TypeError)):
        test_a_third_of_a_tie_is_exactly_a_third()
        test_where_no_value_is_proven_no_gradient_is()
        test_a_branch_that_floats_take_and_the_exact_numbers_do_not()
        test_a_case_of_a_gate_of_ones_own_is_decided_on_balls()
        test_a_value_that_needs_a_float_is_refused(math.exp)
        test_what_leaves_the_graph_is_a_doubt(lambda x: x * x.data, "reads .data")
        test_a_tie_after_rounding_is_undecided_at_any_precision(lambda x: relu(exp(log(x)) - x))
        for gate in (exp2, degrees):
            test_the_table_on_balls_holds_every_value_and_every_derivative(gate)
        assert inside(certify(exp, 1.0).value, exact.value(oracle.FUNCTIONS["exp"], [1.0]))
