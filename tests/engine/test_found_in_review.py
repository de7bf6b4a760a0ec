"""What an adversarial review of the engine found: each was wrong once, in silence or loudly."""

from __future__ import annotations

import copy
import gc
import math
from typing import Any

import mpmath
import numpy as np
import pytest

import autograd
from autograd import AnomalyError, TraceError, Value, detect_anomaly, grad, hessian, no_grad, where
from autograd.engine import recorders

from .test_interrupts import MANY, interrupted

FLAT = [
    autograd.relu,
    autograd.floor,
    autograd.sign,
    lambda x: autograd.maximum(x, 0.0),
    lambda x: autograd.leaky_relu(x, 0.0),
]


@pytest.mark.parametrize("gate", FLAT)
def test_detect_anomaly_passes_by_what_passes_nothing_on(gate: Any) -> None:
    x = Value(-1.5)
    with detect_anomaly():
        gate(x).backward()
        assert grad(gate)(-1.5) == 0.0
    assert x.grad == 0.0


def test_a_slope_of_zero_can_be_differentiated_by() -> None:
    by_both = hessian(lambda v: autograd.leaky_relu(v[0], v[1]))
    assert by_both([-2.0, 0.0]) == [[0.0, 1.0], [1.0, 0.0]]
    assert grad(lambda s: grad(lambda x: autograd.leaky_relu(x, s))(-2.0))(0.0) == 1.0


def test_a_decorated_no_grad_is_entered_where_it_is_called() -> None:
    w = Value(0.5)

    @no_grad()
    def twice() -> Value:
        return w * 2.0

    assert twice().kind == "unrecorded" and (w * 2.0).kind == "gate"
    with pytest.raises(TraceError):
        autograd.compile(lambda x: w * x + twice() * x, shapes=[()]).value_and_grad([1.0])


def test_anomalies_are_found_under_no_grad_and_gradients_under_both() -> None:
    with no_grad(), detect_anomaly():
        assert grad(lambda x: x * x)(2.0) == 4.0
        with pytest.raises(AnomalyError, match=r"exp\(1000.0\) made inf"):
            autograd.exp(Value(1000.0))
    with detect_anomaly(), no_grad(), pytest.raises(AnomalyError, match="made inf"):
        autograd.exp(Value(1000.0))


@pytest.mark.parametrize(
    ("gate", "at", "slope"),
    [
        (autograd.sigmoid, -1000.0, 0.0),
        (autograd.relu, 0.0, 0.0),
        (lambda v: autograd.maximum(v, 0.0), 0.0, 0.5),
        (autograd.softplus, 0.0, 0.5),
        (autograd.erf, 0.0, 2 / math.sqrt(math.pi)),
        (lambda v: autograd.logsumexp(v, 0.0), 0.0, 0.5),
    ],
)
def test_a_gate_on_an_array_of_values_is_the_gate_on_each(
    gate: Any, at: float, slope: float
) -> None:
    found = grad(lambda v: np.sum(gate(v)))(np.array([at, at]))
    assert list(found) == pytest.approx([slope, slope])


def test_a_condition_that_is_nan_chooses_nothing() -> None:
    a, b = Value(1.0), Value(2.0)
    assert math.isnan(where(Value(math.nan), lambda: a, lambda: b).data)
    assert math.isnan(where(np.array([math.nan]), 1.0, 2.0)[0])
    y = where(Value(math.nan), a, b)
    y.backward()
    assert math.isnan(y.data) and math.isnan(a.grad) and math.isnan(b.grad)
    assert all(map(math.isnan, autograd.gradients(y, [a, b])))


def test_a_gradient_within_a_compiled_function() -> None:
    w = Value(0.5)
    program = autograd.compile(
        lambda x: w * autograd.gradients(autograd.relu(w * x), w, create_graph=True)
    )
    value, slopes = program.value_and_grad([1.0, 2.0, -3.0])
    assert value == pytest.approx(0.5) and list(slopes) == pytest.approx([1.0])


def test_an_interrupt_leaves_no_recorder_behind() -> None:
    def block() -> None:
        with no_grad():
            pass

    for at in range(1, MANY):
        reached = interrupted(block, at, anywhere=False)
        gc.collect()
        assert recorders.mine() == [] and not recorders.active, f"interrupted at place {at}"
        if not reached:
            break
    assert at > 3


def test_the_largest_slopes_that_are_floats() -> None:
    exact = mpmath.mpf(2) ** 1024 * mpmath.log(2), 1 / (mpmath.mpf(4e-309) * mpmath.log(10))
    assert grad(autograd.exp2)(1024.0) == pytest.approx(float(exact[0]), rel=1e-15)
    assert grad(autograd.log10)(4e-309) == pytest.approx(float(exact[1]), rel=1e-15)
    assert autograd.cross_entropy([0.0, 0.0, 1.7e308], [0.9, 0.9, 0.0]) == math.inf


def test_another_operand_from_the_memo_makes_the_copy_stale() -> None:
    x = Value(3.0)
    y = x * x
    root = Value(5.0)
    twin = copy.deepcopy(y, {id(x): root * 1.0})
    with pytest.raises(autograd.StaleGraphError):
        twin.backward()
    twin.forward().backward()
    assert (twin.data, root.grad) == (25.0, 10.0)


def test_values_where_numbers_belong_are_named() -> None:
    x = Value(1.0)
    for use in (lambda: setattr(x, "grad", Value(2.0)), lambda: x.backward(Value(2.0))):
        with pytest.raises(TypeError, match=r"needs a plain number, got Value.*: use its \.data"):
            use()
