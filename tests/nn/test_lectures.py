"""The lectures' networks: rows L8, L17 to L24 and L30 (L26 and L29 are in test_demos.py)."""

from __future__ import annotations

import math

import numpy as np
import pytest

import nn
from autograd import Value, softmax
from demos import (
    approximation,
    convolution,
    first_step,
    iris,
    sequence,
    symmetry,
    two_layers,
    vanishing,
    xor,
)


def test_l8_two_layers_on_random_data() -> None:
    random = np.random.RandomState(3)
    x, y = random.randn(4, 10), random.randn(4, 3)
    W1, W2 = random.randn(10, 5), random.randn(5, 3)
    model = two_layers.TwoLayers(W1, W2)
    history = nn.fit(
        model,
        "squared_error",
        x,
        y,
        optimizer=nn.SGD([w for w in model.parameters() if w.data], lr=1e-3 * 4),
        epochs=5,
        engine="compiled",
    )
    losses = [4 * mean for mean in history.loss]
    assert losses == pytest.approx(two_layers.by_numpy(x, y, W1, W2, 5, 1e-3), rel=1e-12)
    assert losses == sorted(losses, reverse=True), "training lowers L"


def test_l17_xor_for_ten_seeds() -> None:
    networks = [nn.MLP(2, [4, 1], activation="tanh", rng=seed) for seed in range(10)]
    assert sum(xor.train(network) == 4 for network in networks) >= 9
    perceptrons = [nn.Neuron(2, activation=None, rng=seed) for seed in range(10)]
    assert all(xor.train(perceptron, epochs=50) < 4 for perceptron in perceptrons)


def test_l18_the_first_step_of_2_3_2() -> None:
    model = first_step.network()
    loss_by_hand, gradients = first_step.by_numpy(model.state_dict())
    loss = nn.over_batch("cross_entropy", [model(x) for x in first_step.X], first_step.Y)
    assert loss.data == pytest.approx(0.8036585205718132, abs=1e-12)
    assert loss_by_hand == pytest.approx(0.8036585205718132, abs=1e-12)
    loss.backward()
    before = model.state_dict()
    for name, parameter in model.named_parameters():
        got = first_step.gradient_of(parameter)
        assert np.allclose(got, gradients[name], rtol=1e-12, atol=1e-15), name
    nn.SGD(model.parameters(), lr=0.1).step()
    for name, numbers in model.state_dict().items():
        assert np.allclose(numbers, np.array(before[name]) - 0.1 * gradients[name], rtol=1e-13)
    after, _ = first_step.by_numpy(model.state_dict())
    again = nn.over_batch("cross_entropy", [model(x) for x in first_step.X], first_step.Y)
    assert again.data == pytest.approx(after, abs=1e-12)
    assert after < loss.data


def test_l18_as_softmax_layer_and_cross_entropy_of_probabilities() -> None:
    logits = first_step.network()
    model = nn.MLP(2, [3, 2], "relu", output_activation="softmax")
    model.load_state_dict(logits.state_dict())
    fs = [model(x) for x in first_step.X]
    loss = nn.over_batch("probability_cross_entropy", fs, first_step.Y)
    assert loss.data == pytest.approx(0.8036585205718132, abs=1e-12)


@pytest.mark.parametrize("flower", range(6))
def test_l19_predictions_of_the_notes_network(flower: int) -> None:
    measures, printed = iris.PRINTED[flower]
    expected = list(printed)
    if flower == 0:  # a digit was lost: the row must sum to 1
        assert expected[0] == 0.99998450
        expected[0] = 1 - sum(expected[1:])
        assert round(expected[0], 7) == 0.9999984
    got = [p.data for p in softmax(iris.notes_network()(measures))]
    assert got == pytest.approx(expected, rel=1e-5)


def test_l19_the_notes_network_on_all_flowers() -> None:
    X, Y, test_X, test_Y = iris.flowers()
    assert [len(X), len(test_X)] == [120, 30]
    assert list(np.bincount(test_Y)) == [10, 10, 10]
    model = iris.notes_network()
    right = iris.count_right(model, test_X, test_Y)
    assert right == 30
    assert right + iris.count_right(model, X, Y) == 148


def test_l19_l20_from_scratch_for_ten_seeds() -> None:
    *_, test_X, test_Y = iris.flowers()
    good = 0
    for seed in range(10):
        model, history = iris.train(seed)
        good += iris.count_right(model, test_X, test_Y) >= 29
        assert history.loss[-1] < history.loss[0] / 2
    assert good >= 9


def test_l22_the_recursion_of_delta() -> None:
    """δˡ⁻¹ = σ'(zˡ⁻¹) ⊙ (Wˡ)ᵀδˡ, and ∂L/∂Wˡ = δˡ·(aˡ⁻¹)ᵀ."""
    model = nn.MLP(3, [4, 4, 4, 1], "sigmoid", "sigmoid", rng=0)
    x = [0.3, -0.7, 1.1]
    model(x).backward()
    Ws = [np.array(layer.state_dict()["weight"]) for layer in model.layers]
    activations = [np.array(x)]
    for W in Ws:
        activations.append(1 / (1 + np.exp(-W @ activations[-1])))
    delta = activations[-1] * (1 - activations[-1])
    for k in reversed(range(4)):
        weight, bias = model.layers[k].weight, model.layers[k].bias
        expected = np.outer(delta, activations[k])
        assert np.allclose(first_step.gradient_of(weight), expected, rtol=1e-12)
        assert np.allclose(first_step.gradient_of(bias), delta, rtol=1e-12)
        slope = activations[k] * (1 - activations[k])
        delta = slope * (Ws[k].T @ delta)


def test_l22_what_if_there_were_100_layers() -> None:
    norms = {name: vanishing.deltas(net) for name, net in vanishing.networks().items()}
    assert all(len(each) == 100 for each in norms.values())
    assert norms["sigmoid"][0] < 1e-50 * norms["sigmoid"][-1]
    assert norms["sigmoid"][49] < 1e-25 * norms["sigmoid"][-1]
    assert 1e-6 < norms["ReLU"][0] / norms["ReLU"][-1] < 1e-3
    assert 1e-1 < norms["sigmoid, residual"][0] / norms["sigmoid, residual"][-1] < 1e2


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "softplus"])
def test_l23_from_zeros_the_hidden_neurons_stay_identical(activation: str) -> None:
    def hidden(init: str) -> list[tuple[float, ...]]:
        model = nn.MLP(2, [3, 1], activation, init=init, rng=0)
        optimizer = nn.Adam(model.parameters(), lr=0.05)
        X, Y = [[0.1, 0.4], [0.9, -0.3], [-0.5, 0.6]], [1, 0, 1]
        nn.fit(model, "logistic", X, Y, optimizer=optimizer, epochs=20, batch_size=1)
        layer = model.layers[0]
        return [
            (*(w.data for w in row), b.data)
            for row, b in zip(layer.weight, layer.bias, strict=True)
        ]

    assert len(set(hidden("zeros"))) == 1
    assert len(set(hidden("normal"))) == 3


def test_l23_at_every_epoch() -> None:
    _, equal = symmetry.train("zeros")
    _, different = symmetry.train("normal")
    assert all(len(set(row)) == 1 for row in equal)
    assert all(len(set(row)) == 4 for row in different)


def test_l24_any_piecewise_linear_curve() -> None:
    random = np.random.RandomState(0)
    corners = sorted(zip(random.randn(9), random.randn(9), strict=True))
    model = approximation.by_hand(corners)
    xs, ys = zip(*corners, strict=True)
    for x in np.linspace(xs[0], xs[-1], 50):
        assert model([x]).data == pytest.approx(np.interp(x, xs, ys), abs=1e-12)


def test_l10_maxout_of_two_weighted_sums() -> None:
    x = [Value(0.5), Value(-1.0)]
    maxout = nn.Maxout(2, 1, rng=0)
    (w1,), (w2,) = (piece.weight for piece in maxout.pieces)
    sums = [math.fsum(w.data * xi.data for w, xi in zip(ws, x, strict=True)) for ws in (w1, w2)]
    assert maxout(x)[0].data == pytest.approx(max(sums), rel=1e-15)


def test_l30_lenet_is_the_one_of_the_lecture() -> None:
    """32×32 pixels of which 28×28 are there: 6 kernels of 5×5, 16 of 6×5×5, dense 400-120-84-10."""
    model = convolution.lenet()
    shapes = [np.shape(numbers) for numbers in model.state_dict().values()]
    assert shapes == [
        *((6, 1, 5, 5), (6,), (16, 6, 5, 5), (16,)),
        *((120, 400), (120,), (84, 120), (84,), (10, 84), (10,)),
    ]


def test_l30_the_recurrent_network_carries_its_state() -> None:
    model = sequence.Recurrent(rng=0)
    state = {name: np.array(numbers) for name, numbers in model.state_dict().items()}
    h, expected = np.zeros(sequence.STATE), []
    for x in (1.0, 0.0, 1.0):
        h = np.tanh(state["cell.weight"] @ [x, *h] + state["cell.bias"])
        expected.append(h @ state["head.weight"] + state["head.bias"])
    zs = [z.data for z in model([1.0, 0.0, 1.0])]
    assert zs == pytest.approx(expected, rel=1e-12)
    assert sequence.odd(np.array([[1.0, 0, 1, 1]])).tolist() == [[1, 1, 0, 1]]
