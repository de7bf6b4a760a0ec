"""The issue's bounds: every value within 2 ulp of the exact number, every partial within 4.

``python -m benchmarks.accuracy`` measures the same on a larger sample and prints the table.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from typing import Any

import pytest

from autograd import Value, exp, grad, gradients, log1p, sigmoid, softplus, tanh
from autograd.checking import exact
from autograd.checking.accuracy import measured
from autograd.engine.gate import Primitive
from autograd.engine.primitives import registry
from benchmarks import accuracy
from benchmarks.sample import operands

POINTS = 24


@pytest.mark.parametrize("op", accuracy.gates(), ids=lambda op: op.name)
def test_values_and_partials(op: Primitive) -> None:
    value, partial = accuracy.measure(op, POINTS)
    print(accuracy.line(op, [value, partial]))
    assert value.ulps <= accuracy.promised(op, 0), value
    assert partial.ulps <= accuracy.promised(op, 1), partial


@pytest.mark.parametrize("op", accuracy.gates(), ids=lambda op: op.name)
def test_second_derivatives_of_the_table(op: Primitive) -> None:
    *_, second = accuracy.measure(op, POINTS // 3, order=2)
    assert second.ulps <= accuracy.promised(op, 2), second


@pytest.mark.parametrize("x", [-745.0, -700.0, -37.5, -1.0, -0.3, -1e-9, 1e-200])
def test_elu_with_its_default_parameter(x: float) -> None:
    point = Value(x)
    point.elu().backward()
    assert exact.ulps(point.grad, exact.derivative(exact.functions()["elu"], [x, 1.0], 0)) <= 1


EVERYWHERE = [-800.0, -744.0, -600.0, -37.0, -19.5, -3.3, -0.7, -1e-5, 1e-5, 0.4, 2.5, 6.0]
BEYOND = [7.5, 20.0, 36.9, 300.0, 709.0, 800.0]


@pytest.mark.parametrize("x", EVERYWHERE + BEYOND)
@pytest.mark.parametrize("op", [tanh, sigmoid, softplus], ids=lambda op: op.name)
def test_second_derivatives(op: Primitive, x: float) -> None:
    expected = exact.derivative(exact.functions()[op.name], [x], 0, 0)
    assert grad(grad(op))(x) == pytest.approx(float(expected), rel=1e-13, abs=exact.TINY)


def composed(x: float) -> float:
    return log1p(exp(x))


@pytest.mark.parametrize("x", EVERYWHERE)
def test_second_derivative_of_log1p_of_exp_written_out(x: float) -> None:
    """Two gates meet at the node exp(x), where p and x·p² cancel: above 6 write softplus."""
    expected = exact.derivative(exact.functions()["softplus"], [x], 0, 0)
    assert grad(grad(composed))(x) == pytest.approx(float(expected), rel=1e-13, abs=exact.TINY)


@pytest.mark.parametrize("x", [7.5, 20.0, 36.9, 300.0])
def test_log1p_of_exp_far_out_keeps_its_absolute_error(x: float) -> None:
    """Up to 355, where (1 + exp(x))² overflows: two gates don't know that they are a softplus."""
    assert grad(composed)(x) == pytest.approx(1 / (1 + math.exp(-x)), rel=1e-15)
    expected = exact.derivative(exact.functions()["softplus"], [x], 0, 0)
    assert grad(grad(composed))(x) == pytest.approx(float(expected), abs=3e-16)


def test_log1p_of_an_exp_that_overflowed_has_no_number_for_a_gradient() -> None:
    assert math.isnan(grad(composed)(800.0)) and math.isnan(grad(grad(composed))(800.0))
    assert grad(softplus)(800.0) == 1.0


def test_the_oracle_finds_what_is_lost_in_double_precision() -> None:
    functions = exact.functions()
    assert float(exact.value(functions["log1p"], [1e-300])) == 1e-300
    slope = exact.derivative(functions["tanh"], [300.0], 0)
    assert float(slope) == 4 * math.exp(-600)
    assert exact.derivative(functions["floor"], [0.5], 0) == 0
    assert exact.derivative(functions["mul"], [3.0, 5.0], 0, 0) == 0
    assert exact.derivative(functions["mul"], [3.0, 5.0], 0, 1) == pytest.approx(1.0, rel=1e-15)
    assert exact.derivative(functions["tanh"], [0.0], 0) == pytest.approx(1.0, rel=1e-15)
    flat = exact.derivative(functions["hypot"], [1e235, 1e-71], 1, 1)
    assert float(flat) == pytest.approx(1e-235, rel=1e-15)  # y² is 1e-612 of x²
    with pytest.raises(ArithmeticError, match="is there a kink"):
        exact.derivative(functions["floor"], [3.0], 0)


@pytest.mark.parametrize("op", accuracy.gates(), ids=lambda op: op.name)
def test_flint_and_mpmath_agree(op: Primitive) -> None:
    mp = exact.precise()
    function = exact.functions()[op.name]

    def slow(*xs: Any) -> Any:  # none of the table's own: mpmath's arithmetic is taken
        return function(*xs)

    def answer(function: Any, point: Sequence[float], places: Sequence[int]) -> Any:
        try:
            if places:
                number = exact.derivative(function, point, *places)
            else:
                number = exact.value(function, point)
        except (ArithmeticError, ValueError, TypeError):
            return None
        return number if isinstance(number, mp.mpf) and mp.isfinite(number) else None

    for point in operands(op.name, 2, seed=5):
        last = len(point) - 1
        for places in ((), (last,), (last, last), (last - 1, last) if last else ()):
            fast, plain = answer(function, point, places), answer(slow, point, places)
            if fast is None or plain is None:
                assert fast is plain is None, (point, places)
            else:
                off = abs(fast - plain)
                assert off <= abs(plain) * mp.mpf(10) ** -15 or off < exact.TINY, (point, places)


def test_without_flint_mpmath_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    tanh = exact.functions()["tanh"]
    assert exact.fastest(tanh)[0] is not exact.precise()
    monkeypatch.setitem(sys.modules, "flint", None)
    exact.in_arb.cache_clear()
    try:
        assert exact.fastest(tanh) == (exact.precise(), tanh)
        assert float(exact.derivative(tanh, [300.0], 0)) == 4 * math.exp(-600)
    finally:
        exact.in_arb.cache_clear()


CANCELLING = [
    ("softmax", (0.0, 1e-9, 0.0)),
    ("softmax", (1.0, 0.3, math.log(2) + 0.3, 0.3)),
    ("rest", (1.0, -1e-5, 1e-5)),
    ("sech2", (0.6584789,)),
    ("sigmoid_slope", (1.3169579,)),
    ("gaussian", (0.70710678, 3.0)),
    ("unit", (1.0, 1.41421356)),
    ("inversion", (1.0, 1.7320508)),
]
"""Near where a second derivative is 0: the gate, and its operands."""


@pytest.mark.parametrize(("name", "point"), CANCELLING)
def test_second_derivatives_that_cancel(name: str, point: tuple[float, ...]) -> None:
    """Within 4 ulp of the largest term, as docs/accuracy.md promises; in both orders."""
    op, names = registry[name], [f"x{k}" for k in range(len(point))]
    function = exact.functions()[name]
    errors = list(measured(op, function, point, 2, names, accuracy.terms(op)))
    assert max(error.ulps for error in errors) <= 4, errors
    assert max(error.ulps for error in measured(op, function, point, 2, names)) > 4
    if len(point) > 2:
        assert {"d² / d x1 d x2", "d² / d x2 d x1"} < {error.what for error in errors}


def test_ulps() -> None:
    assert exact.ulps(1.0 + 2**-52, exact.precise().mpf(1)) == 1.0
    assert exact.ulps(math.nan, 0) == exact.ulps(1e-300, 0) == exact.ulps(math.inf, 1) == math.inf
    assert exact.ulps(0.0, 1e-320) == 0.0  # an underflow
    huge = exact.precise().mpf(10) ** 400
    assert exact.ulps(math.inf, huge) == 0.0 and exact.ulps(-math.inf, huge) == math.inf


@pytest.mark.parametrize("size", [5e-324, 1e-300, 1e300, 1.7e308])
def test_gradients_at_the_ends_of_the_floats_are_no_nan(size: float) -> None:
    x, y = Value(size), Value(1 / 3)
    for node in (x / y, x**y, y**x, y / x, x.tanh(), x.atan(), x.sqrt(), x.log()):
        assert not math.isnan(gradients(node, x)), node.op
