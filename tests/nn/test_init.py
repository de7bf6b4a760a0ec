"""Initial weights: their distributions, and one seed giving one network."""

from __future__ import annotations

import math
import random
import statistics

import pytest

import nn
from nn import init


@pytest.mark.parametrize(
    ("name", "mean", "std"),
    [
        ("zeros", 0.0, 0.0),
        ("normal", 0.0, 0.01),
        ("xavier", 0.0, math.sqrt(2 / (50 + 100))),
        ("he", 0.0, math.sqrt(2 / 50)),
        ("uniform", 0.0, 1 / math.sqrt(3)),
    ],
)
def test_distribution(name: str, mean: float, std: float) -> None:
    layer = nn.Layer(50, 100, init=name, rng=0)
    weights = [w.data for row in layer.weight for w in row]
    assert statistics.fmean(weights) == pytest.approx(mean, abs=4 * std / math.sqrt(5000))
    assert statistics.pstdev(weights) == pytest.approx(std, rel=0.04)
    assert all(b.data == 0 for b in layer.bias)
    if name == "uniform":
        assert -1 <= min(weights) < -0.99 and 0.99 < max(weights) <= 1


def test_weights_are_drawn_row_by_row_from_the_generator() -> None:
    generator = random.Random(7)
    expected = [[math.sqrt(2 / 3) * generator.gauss(0, 1) for _ in range(3)] for _ in range(2)]
    layer = nn.Layer(3, 2, "relu", rng=7)
    assert layer.state_dict()["weight"] == expected


def test_he_for_relu_and_its_kin_else_xavier() -> None:
    for activation in ("relu", "leaky_relu", "elu", "softplus"):
        default, he = (nn.Layer(3, 2, activation, init=i, rng=0) for i in (None, "he"))
        assert default.state_dict() == he.state_dict()
    for activation in (None, "sigmoid", "tanh", "softmax"):
        default, xavier = (nn.Layer(3, 2, activation, init=i, rng=0) for i in (None, "xavier"))
        assert default.state_dict() == xavier.state_dict()


def test_the_same_seed_gives_the_same_network() -> None:
    a, b, c = (nn.MLP(2, [4, 3], rng=seed).state_dict() for seed in (5, random.Random(5), 6))
    assert a == b != c


def test_without_a_seed_pythons_own_generator_decides() -> None:
    random.seed(1337)
    a = nn.MLP(2, [4, 1])
    random.seed(1337)
    b = nn.MLP(2, [4, 1])
    assert a.state_dict() == b.state_dict()
    assert a.state_dict() != nn.MLP(2, [4, 1]).state_dict()


def test_layers_of_one_network_differ() -> None:
    first, second = nn.MLP(3, [3, 3], init="normal", rng=0).layers
    assert first.state_dict() != second.state_dict()


def test_an_initializer_of_your_own() -> None:
    layer = nn.Layer(2, 3, init=lambda n_inputs, n_outputs, generator: n_inputs + n_outputs)
    assert layer.state_dict()["weight"] == [[5.0, 5.0]] * 3
    wide = nn.Layer(2, 3, init=init.uniform(10, 20), rng=0)
    assert all(10 <= w.data <= 20 for row in wide.weight for w in row)


def test_errors_name_what_was_given() -> None:
    with pytest.raises(ValueError, match=r"unknown initialization 'kaiming'.*xavier"):
        nn.Layer(2, 2, init="kaiming")
    with pytest.raises(TypeError, match=r"rng must be a seed .*, got 'x'"):
        nn.Layer(2, 2, rng="x")  # type: ignore[arg-type]
