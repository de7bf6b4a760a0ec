"""detect_anomaly names gate, operands and source line."""

from __future__ import annotations

import math

import pytest

from autograd import AnomalyError, Value, detect_anomaly, exp, sqrt


def test_the_first_gate_that_overflows_is_named_with_its_line() -> None:
    x = Value(800.0, "x")
    with pytest.raises(AnomalyError) as caught, detect_anomaly():
        y = x + 0.5
        z = exp(y)  # the line to name
        z * 2
    message = str(caught.value)
    assert "exp(800.5) made inf" in message
    assert "test_anomaly.py" in message and "z = exp(y)  # the line to name" in message


def test_a_leaf_that_is_not_finite_is_blamed() -> None:
    message = "its operand x = nan already was not finite"
    with pytest.raises(AnomalyError, match=message), detect_anomaly():
        Value(math.nan, "x") * 2


def test_the_backward_pass_names_the_forward_line() -> None:
    x = Value(0.0, "x")
    with pytest.raises(AnomalyError) as caught, detect_anomaly():
        y = sqrt(x)
        y.backward()
    message = str(caught.value)
    assert "the gradient of x became inf in the backward step of sqrt(x = 0.0)" in message
    assert "local inf × upstream 1.0" in message and "y = sqrt(x)" in message
    assert x.grad is None


def test_healthy_graphs_pass_and_the_mode_ends() -> None:
    x = Value(2.0)
    with detect_anomaly():
        (x * x + 1 - x / 2).backward()
    assert x.grad == 3.5
    assert (Value(1e200) * 1e200).data == math.inf


def test_a_graph_computed_again_is_watched_and_names_where_it_was_made() -> None:
    x = Value(2.0, "x")
    with detect_anomaly():
        y = exp(x)  # where it was made
        x.data = 1000.0
        with pytest.raises(AnomalyError, match=r"(?s)1000.0\) made inf.*where it was made"):
            y.forward()
    x.data, z = 2.0, exp(x)
    x.data = 1000.0
    with pytest.raises(AnomalyError, match=r"z\.forward\(\)"), detect_anomaly():
        z.forward()
