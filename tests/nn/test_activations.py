"""Activations by name and by function, their values and derivatives (L10)."""

from __future__ import annotations

import math

import pytest

import nn
from autograd import Value, gradients, relu, softmax
from nn.activations import activate, activation_name, find_activation


def s(z: float) -> float:
    return 1 / (1 + math.exp(-z))


TAUGHT = {  # value and derivative as the lectures write them
    "identity": (lambda z: z, lambda z: 1.0),
    "relu": (lambda z: max(0.0, z), lambda z: float(z > 0)),
    "leaky_relu": (lambda z: z if z > 0 else 0.01 * z, lambda z: 1.0 if z > 0 else 0.01),
    "elu": (
        lambda z: z if z > 0 else math.exp(z) - 1,
        lambda z: 1.0 if z > 0 else math.exp(z),
    ),
    "softplus": (lambda z: math.log(1 + math.exp(z)), s),
    "sigmoid": (s, lambda z: s(z) * (1 - s(z))),
    "tanh": (math.tanh, lambda z: 1 - math.tanh(z) ** 2),
}


@pytest.mark.parametrize("name", TAUGHT)
@pytest.mark.parametrize("z", [-1.3, -0.2, 0.0, 0.7, 2.1])
def test_value_and_derivative_as_taught(name: str, z: float) -> None:
    value, derivative = TAUGHT[name]
    if name in ("relu", "leaky_relu") and z == 0:
        derivative = {"relu": lambda _: 0.0, "leaky_relu": lambda _: 0.01}[name]
    leaf = Value(z)
    (out,) = activate(name, [leaf])
    assert getattr(out, "data", out) == pytest.approx(value(z), rel=1e-14, abs=1e-16)
    assert gradients(out, leaf) == pytest.approx(derivative(z), rel=1e-13)


def test_every_name_is_taught_or_looks_at_the_whole_layer() -> None:
    assert set(nn.ACTIVATIONS) == {*TAUGHT, "softmax", "log_softmax"}


def test_softmax_looks_at_the_whole_layer_also_as_a_function() -> None:
    total = math.exp(1) + math.exp(2)
    expected = [math.exp(1) / total, math.exp(2) / total]
    assert activate("softmax", [1.0, 2.0]) == pytest.approx(expected, rel=1e-14)
    assert activate(softmax, [1.0, 2.0]) == pytest.approx(expected, rel=1e-14)
    logs = activate("log_softmax", [1.0, 2.0])
    assert logs == pytest.approx([math.log(p) for p in expected], rel=1e-14)


def test_a_function_of_your_own() -> None:
    assert activate(lambda z: z * z, [3.0, -4.0]) == [9.0, 16.0]
    assert activation_name(lambda z: z) == "<lambda>"
    assert (activation_name(relu), activation_name("identity")) == ("relu", "")


def test_errors_name_what_was_given() -> None:
    with pytest.raises(ValueError, match=r"unknown activation 'rectifier'.*relu.*tanh"):
        find_activation("rectifier")
    with pytest.raises(TypeError, match=r"a name or a function, got 3"):
        find_activation(3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="unknown activation 'x'"):
        nn.Layer(2, 2, "x")
    with pytest.raises(ValueError, match="unknown activation 'x'"):
        nn.MLP(2, [2, 2], activation="x")
