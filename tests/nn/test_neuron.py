"""One neuron."""

from __future__ import annotations

import numpy as np
import pytest

import nn


def test_a_neuron_is_one_dot_gate_and_its_activation() -> None:
    neuron = nn.Neuron(3, "tanh", rng=0)
    y = neuron([1.0, 2.0, 3.0])
    assert y.op.name == "tanh"
    (z,) = y.operands
    assert z.op.name == "dot"
    w = [weight.data for weight in neuron.weight]
    assert z.data == pytest.approx(w[0] + 2 * w[1] + 3 * w[2], rel=1e-15)
    assert [o for o in z.operands if o.kind != "constant"] == [*neuron.weight, neuron.bias]


def test_its_gradient_is_the_upstream_times_the_input() -> None:
    neuron = nn.Neuron(2, None, rng=0)
    neuron([3.0, -4.0]).backward(2.0)
    assert [w.grad for w in neuron.weight] == [6.0, -8.0]
    assert neuron.bias.grad == 2.0


def test_relu_is_the_default() -> None:
    neuron = nn.Neuron(1, init=lambda *_: -1.0)
    assert (neuron([2.0]).data, neuron([-2.0]).data) == (0.0, 2.0)


def test_inputs_of_any_kind() -> None:
    neuron = nn.Neuron(2, None, init=lambda *_: 1.0)
    for x in ([1, 2], (1.0, 2.0), np.array([1, 2]), np.array([1.0, 2.0], dtype=np.float32)):
        assert neuron(x).data == 3.0


@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        ([1.0], ValueError, r"Neuron\(2, relu\) takes 2 inputs, got 1"),
        ([1.0, 2.0, 3.0], ValueError, r"takes 2 inputs, got 3"),
        (1.0, TypeError, r"takes a list of 2 inputs, got 1.0: write \[x\]"),
        (np.float64(1.0), TypeError, r"takes a list of 2 inputs"),
        (np.array(1.0), TypeError, r"takes a list of 2 inputs"),
        ("ab", TypeError, r"takes a list of 2 inputs, got 'ab'"),
        (np.zeros((5, 2)), ValueError, r"shape \(5, 2\): write \[model\(x\) for x in X\]"),
        ([[1.0, 2.0], [1.0, 2.0]], TypeError, r"real number"),
        (["a", "b"], TypeError, r"real number, got str"),
    ],
)
def test_a_wrong_input_says_what_is_expected(x, error, message) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(error, match=message):
        nn.Neuron(2)(x)


@pytest.mark.parametrize("n", [0, -1])
def test_a_neuron_has_inputs(n: int) -> None:
    with pytest.raises(ValueError, match=f"n_inputs must be an int of at least 1, got {n}"):
        nn.Neuron(n)


@pytest.mark.parametrize("n", [2.0, "2", None, True])
def test_their_number_is_an_int(n: object) -> None:
    with pytest.raises(TypeError, match="n_inputs must be an int"):
        nn.Neuron(n)  # type: ignore[arg-type]
