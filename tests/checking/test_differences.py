"""check_gradients finds what is wrong, and says so where it can't tell."""

from __future__ import annotations

import gc
import itertools
import math
import re
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

import autograd
from autograd import Value, check_gradients, finite_difference, primitive
from autograd.checking.differences import (
    GradientError,
    KinkWarning,
    UncheckedWarning,
    _check_forward,
    _Point,
)
from autograd.engine.primitives import registry
from tests import oracle

SMOOTH = [
    (lambda x: x**3, 2.0, 12.0),
    (autograd.exp, 1.0, math.e),
    (autograd.sin, 100.0, math.cos(100.0)),
    (lambda x: autograd.sin(1000 * x), 0.3, 1000 * math.cos(300.0)),
    (lambda x: 1 / x, 1e-5, -1e10),
    (autograd.log, 1e-3, 1e3),
    (autograd.log, 1e200, 1e-200),
    (autograd.asin, 0.9999, 1 / math.sqrt(1 - 0.9999**2)),
    (lambda x: 1e10 + x, 1.0, 1.0),
    (autograd.exp, -30.0, math.exp(-30.0)),
    (lambda x: 5 + x * 0, 1.0, 0.0),
    (lambda x: x * abs(x), 0.0, 0.0),
    (autograd.relu, 1e-9, 1.0),
    (autograd.relu, -1e-9, 0.0),
    (autograd.floor, 3.3, 0.0),
    (lambda x: 1e10 + 3.3 * x - 1e10, 1.3, 3.3),
    (lambda x: 1e-305 * x, 1.0, 1e-305),
]


@pytest.mark.parametrize(("f", "x", "expected"), SMOOTH)
def test_the_error_estimate_covers_the_error(f: Any, x: float, expected: float) -> None:
    value, error, doubt = finite_difference(f, x)
    assert doubt == ""
    assert abs(value - expected) <= 4 * error + 1e-10 * abs(expected)
    assert error <= 1e-3 * max(1.0, abs(expected))


def wave(k: int) -> Any:
    return lambda x: autograd.sin(2 * math.pi * k * x)


def bump(w: float) -> Any:
    return lambda x: autograd.exp(-(((x - 1) / w) ** 2)) * autograd.sin((x - 1) / w) + x


NARROW = [
    *[
        (wave(k), x, 2 * math.pi * k * math.cos(2 * math.pi * k * x))
        for k in (64, 128, 1000, 1024)
        for x in (0.0, 0.3)
    ],
    *[(bump(w), 1.0, 1 + 1 / w) for w in (1e-3, 1e-4, 1e-6, 1e-8)],
    (lambda x: x + 1e-5 * wave(64)(x), 0.0, 1 + 1e-5 * 128 * math.pi),
]


@pytest.mark.parametrize(("f", "x", "expected"), NARROW)
def test_large_steps_that_agree_on_what_is_not_so_are_refuted(
    f: Any, x: float, expected: float
) -> None:
    value, error, doubt = finite_difference(f, x)
    assert doubt == ""
    assert abs(value - expected) <= 4 * error <= 1e-7 * abs(expected)
    assert check_gradients(f, x).checked >= 1  # the second may be 0 but for rounding


def test_a_steep_slope_is_no_jump_and_a_kink_under_a_steep_parabola_is_one() -> None:
    for slope in (100, 1e5):
        assert check_gradients(lambda x, k=slope: autograd.tanh(k * x), 0.0).checked == 2
    kink = finite_difference(lambda x: abs(x) + 1000 * x * x, 0.0)
    assert kink.doubt.startswith("a kink: the slope is -1 to the left and 1 to the right")


def gelu_slope(x: Any, out: Any) -> Any:
    bell = autograd.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    return autograd.erfc(-x / math.sqrt(2)) / 2 + x * bell


def gelu(factor: float) -> Any:
    value = lambda x: x * (1 + math.erf(x / math.sqrt(2))) / 2  # noqa: E731
    return primitive("gelu_", value, [lambda x, out: gelu_slope(x, out) * factor])


def softplus(factor: float) -> Any:
    value = lambda x: math.log(1 + math.exp(x))  # noqa: E731
    return primitive("softplus_", value, [lambda x, out: autograd.sigmoid(x) * factor])


@pytest.mark.parametrize("gate", [gelu, softplus])
def test_rounding_within_a_gates_formula_is_not_taken_for_a_slope(gate: Any) -> None:
    """1 + erf(x) and 1 + exp(x) go in steps of 1e-16: close by, their slope is another one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UncheckedWarning)
        for tenth in range(-400, 100, 7):
            check_gradients(gate(1.0), tenth / 10, order=1)
    for x in (-5.0, -2.0, 0.1, 3.0):
        assert check_gradients(gate(1.0), x, order=1).checked == 1
        with pytest.raises(GradientError):
            check_gradients(gate(1 + 1e-3), x, order=1)


def test_where_terms_cancel_rounding_is_no_mistake() -> None:
    """y/(y/x) - x is 0, and so is its slope; backward() adds 1 to -1 and their rounding."""

    def nothing(x: Any, y: Any) -> Any:
        return y / (y / x) - x

    assert autograd.grad(nothing)(1.5, 1.75) == pytest.approx(0, abs=1e-15)
    assert autograd.grad(nothing)(1.5, 1.75) != 0
    assert check_gradients(nothing, 1.5, 1.75, order=1).checked == 2
    wrong = primitive("wrong", lambda x: x * 0.0, [lambda x, out: 1e-12])
    with pytest.raises(GradientError, match=r"expected 0 .*, got 1e-12"):
        check_gradients(wrong, 1.5, order=1)
    endless = primitive("endless", lambda x: x, [lambda x, out: math.inf])
    with pytest.raises(GradientError, match=r"expected 1 .*, got inf"):
        check_gradients(endless, 1.5, order=1)


@pytest.mark.parametrize(
    ("f", "x", "doubt"),
    [
        (abs, 0.0, "a kink: the slope is -1 to the left and 1 to the right"),
        (autograd.relu, 0.0, "a kink: the slope is 0 to the left and 1 to the right"),
        (autograd.floor, 3.0, "a jump"),
        (autograd.step, 0.0, "a jump"),
        (autograd.sqrt, 0.0, "the domain ends here: the function has no value to the left"),
        (autograd.acos, 1.0, "the domain ends here: the function has no value to the right"),
        (autograd.cbrt, 0.0, "the differences do not converge"),
        (lambda x: abs(x - 1) + 7, 1.0, "a kink: the slope is -1 to the left and 1 to the right"),
    ],
)
def test_kinks_jumps_and_edges_are_named(f: Any, x: float, doubt: str) -> None:
    assert finite_difference(f, x).doubt.startswith(doubt)
    with pytest.warns(KinkWarning, match="not compared, " + re.escape(doubt)):
        report = check_gradients(f, x, order=1)
    assert report.checked == 0 and len(report.doubts) == 1


def test_a_kink_between_the_samples_is_stepped_over() -> None:
    """1e-3 from the kink the coarse steps straddle it, and the fine ones do not."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert check_gradients(lambda x: autograd.relu(x) + x * x, 1e-3).checked == 2
        assert check_gradients(lambda x: autograd.maximum(x, 1.0), 1 - 1e-6).checked == 2


def test_finite_difference_is_nested_as_the_argument() -> None:
    both = finite_difference(lambda v, w: v[0] * v[1][0] + w, [2.0, (5.0,)], 1.0)
    assert both[0].value == pytest.approx(5.0) and both[1][0].value == pytest.approx(2.0)
    assert finite_difference(lambda v, w: v * w, 2.0, 7.0, argnums=1).value == pytest.approx(2.0)
    with pytest.raises(TypeError, match="argnums names argument 3, but there are 1 of them"):
        finite_difference(abs, 1.0, argnums=3)
    with pytest.raises(TypeError, match="gives 2 results, not one number"):
        finite_difference(lambda x: [x, x], 1.0)


GATES = [
    op
    for op in registry.values()
    if op.name in oracle.FUNCTIONS and op.arity in (1, 2) and None not in op.partials
]


@pytest.mark.parametrize("op", GATES, ids=lambda op: op.name)
def test_the_table_passes(op: Any) -> None:
    for point in oracle.points(op)[:2]:
        assert check_gradients(op, *point).checked > 0


def test_sequences_of_operands_and_of_results_to_the_third_order() -> None:
    report = check_gradients(
        lambda v: [autograd.logsumexp(v), v[0] * v[1] ** 2], [0.5, -1.5], order=3
    )
    assert report.checked == 2 * (2 + 4 + 8) and report.doubts == []
    assert check_gradients(lambda v: autograd.cross_entropy(v, 1), [1.0, 2.0, 0.5]).checked == 12


def named(f: Any, name: str) -> Any:
    def function(*xs: Any) -> Any:
        return f(*xs)

    function.__name__ = name
    return function


def broken(partial: Any, name: str) -> Any:
    return primitive(name, math.sin, [partial])


@pytest.mark.parametrize(
    "partial",
    [
        lambda x, out: -autograd.cos(x),
        lambda x, out: autograd.cos(x) * (1 - 1e-8),
        lambda x, out: 0.0,
        lambda x, out: autograd.cos(x) + math.nan,
        lambda x, out: math.inf,
    ],
)
def test_a_wrong_first_derivative_is_found(partial: Any) -> None:
    op = broken(partial, "wrong_sine")
    with pytest.raises(GradientError, match=r"d wrong_sine / d x at x = 0.5: expected 0.87758256"):
        check_gradients(named(op, "wrong_sine"), 0.5)


def test_a_wrong_second_derivative_is_found() -> None:
    """A rule that leaves the graph is right to the first order only."""
    op = broken(lambda x, out: math.cos(getattr(x, "data", x)), "cut_sine")
    assert check_gradients(op, 0.5, order=1).checked == 1
    with pytest.raises(GradientError, match=r"d² .* / d x d x at x = 0.5: expected -0.479425538"):
        check_gradients(op, 0.5)


def test_the_wrong_operand_is_named() -> None:
    swapped = primitive("swapped", lambda x, y: x * x * y, [lambda x, y, out: x * x, lambda *_: 1])
    with pytest.raises(GradientError, match=r"d f / d x0 at x0 = 3, x1 = 5: expected 30 ± .*got 9"):
        check_gradients(named(swapped, "f"), 3.0, 5.0)


def test_operands_have_the_names_that_the_function_gives_them() -> None:
    def loss(w: list[Value], rate: Value) -> Value:
        return w[0] * w[1].data * rate

    with pytest.raises(GradientError, match=r"d loss / d w\[1\] at w\[0\] = 2, .*, rate = 5: exp"):
        check_gradients(loss, [2.0, 3.0], 5.0)


def test_a_function_that_reads_data_is_found() -> None:
    with pytest.raises(GradientError, match=r"d f / d x at x = 3: expected 6 ± .*, got 3"):
        check_gradients(named(lambda x: x * x.data, "f"), 3.0)
    choosy = named(lambda x: x * 0 + (1.0 if x > 0 else 2.0), "choosy")
    assert check_gradients(choosy, 1.0).checked == 2
    with pytest.warns(KinkWarning, match="jump"):
        assert check_gradients(choosy, 0.0).checked == 1


def swap(x: Any, y: Any) -> Any:
    return x - y if x > y else y - x


@pytest.mark.parametrize(
    ("f", "point", "left"),
    [
        (lambda x: autograd.where(x > 0, x * x, -x), (0.0,), "-1"),
        (lambda x: x if x > 0 else 0.01 * x, (0.0,), "0.01"),
        (lambda x: (1.0 if x > 0 else 0.01) * x, (0.0,), "0.01"),
        (swap, (2.0, 2.0), "-1"),
    ],
)
def test_a_kink_that_an_if_makes_is_told(f: Any, point: tuple[float, ...], left: str) -> None:
    with pytest.warns(KinkWarning, match=f"a kink: the slope is {left} to the left and "):
        report = check_gradients(f, *point, order=1)
    assert report.checked == 0 and len(report.doubts) == len(point)


def test_forward_again_is_checked() -> None:
    """A gate that knows more than its operands: no two calls of it give the same."""
    turns = itertools.count()
    sly = primitive("sly_", lambda x: x + (next(turns) if 3 < x < 3.000001 else 0), [1.0])
    message = r"f near x = 3: forward\(\) gives 4.*, but calling f again 3.0.*more than its oper"
    with pytest.raises(GradientError, match=message):
        _check_forward(sly, "f", _Point([3.0], ["x"]))


def test_a_function_that_rolls_dice_is_refused() -> None:
    rolls: Iterator[float] = iter([1.0, 2.0])
    with pytest.raises(GradientError, match="draw the same random numbers every time"):
        check_gradients(lambda x: x * next(rolls), 3.0)


def test_rounding_that_hides_a_derivative_is_told() -> None:
    with pytest.warns(UncheckedWarning, match="no derivative was compared: .* rounding hides it"):
        report = check_gradients(lambda x: 1e20 + x, 1.0, order=1)
    assert report.checked == 0 and "rounding hides it" in report.doubts[0]
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # something was compared: the report tells the rest
        assert len(check_gradients(lambda x, y: 1e20 + x + 1e20 * y, 1.0, 1.0).doubts) == 1


def test_where_there_is_nothing_to_compare_that_is_told() -> None:
    for f, point in ((lambda x: [], 1.0), (lambda x: 3.0, [])):
        with pytest.warns(UncheckedWarning, match="no numbers go into <lambda>, or none come out"):
            assert check_gradients(f, point).checked == 0


def test_a_small_derivative_that_became_0_does_not_count_as_compared() -> None:
    flat = primitive("flat_", math.tanh, [lambda x, out: x * 0.0])
    with pytest.warns(UncheckedWarning, match="rounding hides it"):
        assert check_gradients(flat, 16.0, order=1).checked == 0
    with pytest.raises(GradientError, match=r"got 0"):
        check_gradients(flat, 14.0, order=1)


def test_the_smallest_numbers_are_compared_too() -> None:
    assert check_gradients(lambda x: 1e-305 * x, 1.0, order=1).checked == 1
    right = primitive("right_", lambda x: 1e-305 * x, [1e-305])
    assert check_gradients(right, 1.0, order=1).checked == 1
    wrong = primitive("wrong_", lambda x: 1e-305 * x, [2e-305])
    with pytest.raises(GradientError, match=r"expected 1e-305 ± .*, got 2e-305"):
        check_gradients(wrong, 1.0, order=1)


def test_no_graph_is_held_in_a_cycle() -> None:
    """All is freed by reference counting alone, as graphs are."""
    line = Line()
    gc.collect()
    gc.disable()
    try:
        check_gradients(lambda m, v: [m(v), (v[0],)], line, [0.3, 0.1])
        finite_difference(lambda m, v: m(v[0]), line, ([0.3, 0.1],), argnums=1)
        assert gc.collect() == 0
    finally:
        gc.enable()


class Line:
    """As small a module as there is."""

    def __init__(self) -> None:
        self.weight, self.bias = [Value(2.0), Value(-3.0)], Value(0.5)

    def parameters(self) -> list[Value]:
        return [*self.weight, self.bias]

    def __call__(self, xs: list[float]) -> Value:
        return autograd.dot(self.weight, xs, self.bias).tanh()


class Named(Line):
    def named_parameters(self) -> list[tuple[str, Any]]:
        return [("weight", self.weight), ("bias", self.bias)]


@pytest.mark.parametrize("kind", [Line, Named])
def test_modules(kind: type[Line]) -> None:
    line = kind()
    line.bias.grad = 7.0
    report = check_gradients(lambda m: (m([0.3, 0.1]) - 1) ** 2, line)
    assert report.checked == 3 + 9
    assert [p.data for p in line.parameters()] == [2.0, -3.0, 0.5]
    assert line.bias.grad == 7.0 and line.weight[0].grad is None
    assert check_gradients(lambda m: m([0.3, 0.1]), line, at_most=2).checked == 2 + 4
    assert len(finite_difference(lambda m: m([0.3, 0.1]), line)) == 3
    (first, second), slope = finite_difference(
        lambda v: v[0][0]([0.3, 0.1]) + 2 * v[0][1]([1.0, v[1]]), [(line, kind()), 0.0]
    )
    assert len(first) == len(second) == 3 and slope.value < 0


def test_a_modules_parameter_is_named() -> None:
    bad = broken(lambda x, out: 1.0, "bad")
    with pytest.raises(GradientError, match=r"d f / d weight\[0\] at weight\[0\] = 2, weight\[1\]"):
        check_gradients(named(lambda m: bad(m([0.3, 0.1])), "f"), Named())


def test_messages_call_a_labelled_value_by_its_label() -> None:
    def f(*point: Value) -> Value:
        return point[0] * abs(point[1])

    with pytest.warns(KinkWarning):
        report = check_gradients(f, Value(2.0, "weight"), 0.0, order=1)
    assert report.doubts[0].startswith("d f / d x1 at weight = 2, x1 = 0: not compared, a kink")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: check_gradients(abs, 1.0, order=0), "check_gradients: order must be 1 or more"),
        (lambda: check_gradients(abs, 1.0, order=1.5), "order must be a whole number, got 1.5"),
        (lambda: check_gradients(abs, 1.0, at_most=0), "at_most must be 1 or more, got 0"),
        (lambda: check_gradients(3, 4.0), "check_gradients takes a function and a point, got 3"),
        (lambda: finite_difference(3, 2.0), "finite_difference takes a function and .*, got 3"),
        (lambda: check_gradients(abs), "check_gradients needs a point: give the arguments of abs"),
        (lambda: check_gradients(lambda: 3.0), "check_gradients needs a point"),
        (lambda: finite_difference(abs), "finite_difference needs a point: give the arguments of"),
        (
            lambda: finite_difference(pow, 1.0, 2.0, argnums=(0, 1)),
            r"finite_difference: argnums is one argument's place, got \(0, 1\); call it once",
        ),
    ],
)
def test_calls_that_mean_nothing_are_refused(call: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        call()
