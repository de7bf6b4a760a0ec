"""Layers and networks: values, shapes, gradients (against differences and PyTorch), errors."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Value, check_gradients, compile, dot, gradients, leaky_relu, sigmoid, tanh

X = [0.5, -1.2, 0.3]
NETWORKS: dict[str, Callable[[], nn.Module]] = {
    **{
        f"mlp {name}": lambda name=name: nn.MLP(3, [4, 3, 2], activation=name, rng=1)  # type: ignore[misc]
        for name in nn.ACTIVATIONS
    },
    "heads": lambda: nn.MLP(3, [4, 3], "tanh", "softmax", rng=2),
    "one wide": lambda: nn.MLP(3, [4, 1, 2], "sigmoid", rng=3),
    "maxout": lambda: nn.Sequential(nn.Maxout(3, 2, 3, rng=4), nn.Maxout(2, 2, rng=5)),
    "residual": lambda: nn.Sequential(
        nn.Residual(nn.Layer(3, 4, rng=6), "elu", nn.Layer(4, 3, rng=7)), nn.Layer(3, 2, rng=8)
    ),
    "neuron": lambda: nn.Neuron(3, "softplus", rng=9),
    "dropout": lambda: nn.Sequential(nn.Layer(3, 3, rng=1), nn.Dropout(0.5, rng=2)).eval(),
}


def as_one(outputs: Any) -> Value:
    """Any outputs as one number on which each has its own influence."""
    outputs = outputs if isinstance(outputs, list) else [outputs]
    return dot([0.7**k for k in range(len(outputs))], outputs)


@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_against_differences(name: str) -> None:
    model = NETWORKS[name]()
    for k, parameter in enumerate(model.parameters()):
        if parameter.data == 0:
            parameter.data = 0.1 * (-1) ** k
    report = check_gradients(lambda model, x: as_one(model(x)), model, X, order=1)
    assert report[:2] == (len(model.parameters()) + len(X), [])


def test_a_layer_is_w_x_plus_b() -> None:
    layer = nn.Layer(2, 3)
    layer.load_state_dict({"weight": [[1, 2], [3, 4], [5, 6]], "bias": [10, 20, 30]})
    assert [z.data for z in layer([1.0, -1.0])] == [9.0, 19.0, 29.0]


def test_a_layers_neurons_share_its_parameters() -> None:
    layer = nn.Layer(2, 3, "sigmoid", rng=0)
    x = [0.2, 0.9]
    assert [neuron(x).data for neuron in layer.neurons] == [y.data for y in layer(x)]
    layer.neurons[1].bias.data = 7.0
    assert layer.bias[1].data == 7.0


def test_what_comes_out() -> None:
    assert isinstance(nn.Layer(2, 1)([1.0, 2.0]), list)
    assert isinstance(nn.MLP(2, [3, 1])([1.0, 2.0]), Value)
    assert isinstance(nn.MLP(2, [1])([1.0, 2.0]), Value)
    assert len(nn.MLP(2, [3, 2])([1.0, 2.0])) == 2
    assert len(nn.MLP(2, [3, 1, 2])([1.0, 2.0])) == 2, "width 1 in the middle (micrograd #13)"
    assert isinstance(nn.MLP(2, [1, 1, 1])([1.0, 2.0]), Value)


def test_heads() -> None:  # L26
    regression, two_classes = nn.MLP(2, [3, 1], rng=0), nn.MLP(2, [3, 1], "relu", "sigmoid", rng=0)
    many_classes = nn.MLP(2, [3, 4], "relu", "softmax", rng=0)
    assert regression([5.0, 5.0]).op.name == "dot"
    assert 0 < two_classes([5.0, 5.0]).data < 1
    probabilities = many_classes([5.0, 5.0])
    assert sum(p.data for p in probabilities) == pytest.approx(1.0, abs=1e-15)


def test_shape_errors_name_layer_expected_and_got() -> None:  # L25
    with pytest.raises(ValueError, match=r"Layer\(3 → 4, relu\) takes 3 inputs, got 2"):
        nn.MLP(3, [4, 1])([1.0, 2.0])
    with pytest.raises(
        ValueError, match=r"step 2, Layer\(4 → 1\), takes 4 inputs, but step 0, .* gives 3"
    ):
        nn.Sequential(nn.Layer(2, 3), "relu", nn.Layer(4, 1))
    with pytest.raises(ValueError, match=r"x has 2 numbers but F\(x\) has 3"):
        nn.Residual(nn.Layer(2, 3))([1.0, 2.0])
    with pytest.raises(TypeError, match=r"sizes is a list of layer widths, got 4: write \[4\]"):
        nn.MLP(2, 4)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="sizes is empty"):
        nn.MLP(2, [])
    with pytest.raises(ValueError, match="n_outputs must be an int of at least 1, got 0"):
        nn.MLP(2, [3, 0])
    with pytest.raises(ValueError, match=r"Maxout\(2 → 1, 2 pieces\) takes 2 inputs, got 1"):
        nn.Maxout(2, 1)([1.0])


def test_sequential_is_a_row_of_steps() -> None:
    relu_step = nn.Activate("relu")
    model = nn.Sequential(nn.Layer(1, 2, init=lambda *_: 1.0), relu_step, lambda z: 2 * z)
    assert [y.data for y in model([3.0])] == [6.0, 6.0]
    assert model[1] is relu_step and len(model) == 3


def test_maxout_routes_to_the_winner() -> None:
    maxout = nn.Maxout(1, 1)
    maxout.load_state_dict(
        {
            "pieces.0.weight": [[2.0]],
            "pieces.0.bias": [0.0],
            "pieces.1.weight": [[-3.0]],
            "pieces.1.bias": [1.0],
        }
    )
    x = Value(1.0)
    (y,) = maxout([x])
    assert y.data == 2.0
    y.backward()
    assert x.grad == 2.0
    assert maxout.pieces[1].weight[0][0].grad == 0.0


def test_dropout_drops_in_training_and_keeps_the_mean() -> None:
    dropout = nn.Dropout(0.25, rng=0)
    out = dropout([1.0] * 10_000)
    assert set(out) == {0.0, 1 / 0.75}
    assert out.count(0.0) / len(out) == pytest.approx(0.25, abs=0.02)
    assert sum(out) / len(out) == pytest.approx(1.0, abs=0.02)
    assert dropout.eval()([1.0, 2.0]) == [1.0, 2.0]


def test_dropout_passes_no_gradient_to_what_it_dropped() -> None:
    x = [Value(1.0) for _ in range(20)]
    outputs = nn.Dropout(0.5, rng=3)(x)
    slopes = gradients(sum(outputs), x)
    assert slopes == [output.data for output in outputs]
    assert set(slopes) == {0.0, 2.0}


@pytest.mark.parametrize("p", [-0.1, 1.0, 1.5, float("nan")])
def test_dropout_needs_a_probability(p: float) -> None:
    with pytest.raises(ValueError, match="at least 0 and below 1"):
        nn.Dropout(p)


def networks_of_100_layers() -> dict[str, nn.Module]:
    rng = random.Random(0)
    blocks = [nn.Residual(nn.Layer(3, 3, "tanh", init="normal", rng=rng)) for _ in range(100)]
    return {
        "sigmoid": nn.MLP(3, [3] * 100, "sigmoid", rng=rng),
        "relu": nn.MLP(3, [8] * 99 + [1], rng=rng),
        "residual": nn.Sequential(*blocks),
    }


@pytest.mark.parametrize("name", ["sigmoid", "relu", "residual"])
def test_100_layers_run_forward_and_backward(name: str) -> None:
    model = networks_of_100_layers()[name]
    as_one(model(X)).backward()
    assert all(p.grad is not None for p in model.parameters())
    assert repr(model).count("Layer") == 100


# ---------------------------------------------------------------------- PyTorch


@pytest.mark.parametrize("name", nn.ACTIVATIONS)
def test_values_and_gradients_of_an_mlp_are_pytorchs(name: str) -> None:
    torch = pytest.importorskip("torch")
    model = nn.MLP(3, [5, 4, 2], activation=name, output_activation="softmax", rng=11)
    tensors = {
        key: torch.tensor(numbers, dtype=torch.float64, requires_grad=True)
        for key, numbers in model.state_dict().items()
    }
    x = [Value(xi) for xi in X]
    peer_x = torch.tensor(X, dtype=torch.float64, requires_grad=True)
    h = peer_x
    for k in range(3):
        h = tensors[f"layers.{k}.weight"] @ h + tensors[f"layers.{k}.bias"]
        if k == 2:
            h = h.softmax(0)
        elif name in ("softmax", "log_softmax"):
            h = getattr(h, name)(0)
        elif name != "identity":
            h = getattr(torch.nn.functional, name)(h)
    outputs = model(x)
    assert [y.data for y in outputs] == pytest.approx(h.tolist(), rel=1e-13)
    outputs[1].backward()
    h[1].backward()
    for key, parameter in model.named_parameters():
        expected = tensors[key].grad.flatten().tolist()
        got = [value.grad for value in nn.values_in(parameter)]
        assert got == pytest.approx(expected, rel=1e-11, abs=1e-16)
    assert [xi.grad for xi in x] == pytest.approx(peer_x.grad.tolist(), rel=1e-11)


def test_maxout_residual_and_dropout_are_pytorchs() -> None:
    torch = pytest.importorskip("torch")
    model = nn.Sequential(
        nn.Maxout(3, 4, 2, rng=0),
        nn.Residual(nn.Layer(4, 4, rng=1), "tanh"),
        nn.Dropout(0.3, rng=2),
    )
    t = {
        key: torch.tensor(numbers, dtype=torch.float64, requires_grad=True)
        for key, numbers in model.state_dict().items()
    }
    x = torch.tensor(X, dtype=torch.float64)
    pieces = [t[f"0.pieces.{k}.weight"] @ x + t[f"0.pieces.{k}.bias"] for k in range(2)]
    h = torch.maximum(*pieces)
    h = h + torch.tanh(t["1.inner.0.weight"] @ h + t["1.inner.0.bias"])
    outputs = model(X)
    mask = torch.tensor([1 / 0.7 if y.data else 0.0 for y in outputs], dtype=torch.float64)
    h = h * mask
    assert 0 < mask.count_nonzero() < 4
    assert [y.data for y in outputs] == pytest.approx(h.tolist(), rel=1e-13)
    sum(outputs).backward()
    h.sum().backward()
    for key, parameter in model.named_parameters():
        got = [value.grad for value in nn.values_in(parameter)]
        assert got == pytest.approx(t[key].grad.flatten().tolist(), rel=1e-11, abs=1e-16)


# ---------------------------------------------------------------------- compositions


def test_a_single_value_is_a_list_of_one_for_the_next_step() -> None:
    x = [0.5, -1.2]
    mlp = nn.MLP(2, [3, 1], "tanh", rng=0)
    (y,) = nn.Sequential(mlp, "sigmoid")(x)
    assert y.data == sigmoid(mlp(x)).data
    assert len(nn.Sequential(mlp, nn.Dropout(0.5, rng=0), nn.Layer(1, 2))(x)) == 2
    assert len(nn.Sequential(nn.Neuron(2), nn.Layer(1, 4))(x)) == 4
    small = nn.MLP(1, [3, 1], rng=0)
    assert nn.Residual(small)([2.0])[0].data == 2.0 + small([2.0]).data


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.Sequential(nn.MLP(2, [3, 2]), nn.Layer(5, 2)), r"step 0, MLP\(.*\), gives 2"),
        (lambda: nn.Sequential(nn.Neuron(2), nn.Layer(2, 2)), r"step 0, Neuron\(.*, gives 1"),
        (
            lambda: nn.Sequential(nn.Sequential("relu", nn.Layer(2, 3)), nn.MLP(2, [1])),
            "takes 2 inputs, but step 0, Sequential, gives 3",
        ),
        (
            lambda: nn.Sequential(nn.Layer(1, 2), nn.Sequential("relu", nn.Layer(3, 3))),
            "step 1, Sequential, takes 3 inputs, but step 0, .* gives 2",
        ),
        (
            lambda: nn.Sequential(nn.Residual(nn.Layer(2, 2)), "relu", nn.Layer(3, 1)),
            "takes 3 inputs, but step 0, Residual, gives 2",
        ),
        (lambda: nn.Residual(nn.MLP(2, [3, 1])), r"x has 2 numbers but F\(x\) has 1"),
        (lambda: nn.MLP(2, [3, 1], output_activation="softmax"), "softmax of a single number"),
        (lambda: nn.Neuron(2, "log_softmax"), "log_softmax of a single number"),
        (lambda: nn.Activate("softmax")([1.0]), "softmax of a single number"),
        (lambda: nn.Activate("relu")(1.0), r"Activate\(relu\) takes a list .*: write \[x\]"),
        (lambda: nn.Dropout(0.5)(None), r"Dropout\(0.5\) takes a list of inputs, got None"),
        (lambda: nn.Layer(2, 1)(Value(1.0)), r"Layer\(2 → 1\) takes a list of 2 inputs, got Value"),
    ],
)
def test_compositions_that_do_not_fit(make: Callable[[], Any], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        make()


def test_a_step_of_ones_own_gets_what_the_step_before_gives() -> None:
    class Double(nn.Module):
        def forward(self, y: Value) -> Value:
            return 2 * y

    mlp = nn.MLP(2, [1], rng=0)
    x = [0.5, -1.2]
    assert nn.Sequential(mlp, Double())(x).data == 2 * mlp(x).data


def test_a_step_of_ones_own_may_change_the_width() -> None:
    class Pair(nn.Module):
        def forward(self, x: list[Any]) -> list[Any]:
            return x + x

    assert len(nn.Sequential(nn.Layer(2, 3), Pair(), nn.Layer(6, 1))([1.0, 2.0])) == 1


def test_without_bias() -> None:
    layer, neuron = nn.Layer(2, 3, "tanh", bias=False, rng=0), nn.Neuron(2, None, bias=False, rng=0)
    assert list(layer.state_dict()) == list(neuron.state_dict()) == ["weight"]
    x = [0.5, -1.0]
    assert [y.data for y in layer(x)] == [tanh(dot(w, x)).data for w in layer.weight]
    assert neuron(x).data == dot(neuron.weight, x).data
    assert [each(x).data for each in layer.neurons] == [y.data for y in layer(x)]
    assert len(nn.clusters(layer, sum(layer(x)))) == 3


def test_an_activation_with_a_setting() -> None:
    slope = partial(leaky_relu, slope=0.1)
    layer = nn.Layer(1, 1, slope, init=lambda *_: -1.0)
    assert layer([2.0])[0].data == -0.2
    assert str(layer) == "Layer(1 → 1, leaky_relu)"


def test_widths_and_seeds_from_numpy() -> None:
    model = nn.MLP(np.int64(2), np.array([3, 1]), rng=np.int64(5))
    assert model.state_dict() == nn.MLP(2, [3, 1], rng=5).state_dict()


# ---------------------------------------------------------------------- sequences and images


def lenet() -> nn.Module:
    return nn.Sequential(
        *(nn.Conv2d(1, 2, 3, padding=1, rng=0), "relu", nn.MaxPool2d(2)),
        *(nn.Conv2d(2, 3, 2, rng=1), "tanh", nn.AvgPool2d(2, stride=1)),
        *(nn.Flatten(), nn.Layer(3, 5, "relu", rng=2), nn.Dropout(0.5, rng=3), nn.Layer(5, 3)),
    )


def transformer() -> nn.Module:
    feed = [nn.LayerNorm(4), nn.Layer(4, 8, "relu", rng=3), nn.Layer(8, 4, rng=4)]
    return nn.Sequential(
        nn.Embedding(6, 4, rng=1),
        nn.Residual(nn.RMSNorm(4), nn.Attention(4, 2, causal=True, rng=2)),
        nn.Residual(*feed, nn.Dropout(0.2, rng=5)),
        nn.Maxout(4, 3, rng=6),
        nn.MLP(3, [2, 1], rng=7),
    )


def reader() -> nn.Module:
    return nn.Sequential(nn.GRU(2, 3, rng=0), nn.LSTM(3, 4, rng=1), nn.RNN(4, 2, rng=2), "softmax")


@pytest.mark.parametrize(
    ("make", "x", "shape"),
    [
        (lenet, np.random.default_rng(0).normal(size=(1, 6, 6)), (3,)),
        (transformer, np.array([0, 5, 3, 3, 1]), (5,)),
        (reader, np.random.default_rng(0).normal(size=(4, 2)), (4, 2)),
    ],
)
def test_sequential_composes_them(
    make: Callable[[], nn.Module], x: Any, shape: tuple[int, ...], tmp_path: Path
) -> None:
    model, twin = make().eval(), make().eval()
    outputs = model(x)
    assert nn.nested.shape(outputs) == shape
    for parameter in twin.parameters():
        parameter.data += 1.0
    nn.save(model, tmp_path / "weights")
    nn.load(twin, tmp_path / "weights")
    data = [value.data for value in nn.values_in(outputs)]
    assert [value.data for value in nn.values_in(twin(x))] == data
    program = compile(model, shapes=[x.shape], target="numpy")
    assert program(x[None]).shape == (1, *shape)
    assert program(x[None]).ravel() == pytest.approx(data, rel=1e-12, abs=1e-12)
    as_one(nn.values_in(outputs)).backward()
    assert all(parameter.grad is not None for parameter in nn.Sequential(*model[1:]).parameters())


def test_along_the_last_axis() -> None:
    rows = [[1.0, -2.0], [-3.0, 4.0]]
    layer, mlp = nn.Layer(2, 3, rng=0), nn.MLP(2, [3, 1], rng=0)
    assert [[y.data for y in ys] for ys in layer(rows)] == [
        [y.data for y in layer(x)] for x in rows
    ]
    assert [y.data for y in mlp(rows)] == [mlp(x).data for x in rows]
    assert [y.data for y in mlp(np.array(rows))] == [mlp(x).data for x in rows]
    assert nn.Activate("relu")([rows]) == [[[1.0, 0.0], [0.0, 4.0]]]
    assert nn.Residual("relu")(rows) == [[2.0, -2.0], [-3.0, 8.0]]
    assert nn.Residual(nn.Dropout(0.5).eval())(np.array(rows)) == [[2.0, -4.0], [-6.0, 8.0]]
    with pytest.raises(ValueError, match=r"x has 2 × 2 numbers but F\(x\) has 4"):
        nn.Residual(nn.Flatten())(rows)


def test_a_convolutional_network_learns_on_both_engines() -> None:
    rng = np.random.default_rng(0)
    images = rng.normal(size=(20, 1, 5, 5))
    classes = (images[:, 0, :, :2].sum((1, 2)) > 0).astype(int)
    losses = []
    for engine in ("eager", "compiled"):
        model = nn.Sequential(
            *(nn.Conv2d(1, 2, 3, rng=0), "relu", nn.MaxPool2d(2, 1), nn.Flatten()),
            nn.Layer(8, 2, rng=1),
        )
        optimizer = nn.Adam(model.parameters(), lr=0.05)
        history = nn.fit(
            model, "cross_entropy", images, classes, optimizer=optimizer, epochs=5, engine=engine
        )
        losses.append(history.loss)
    assert losses[0] == pytest.approx(losses[1], rel=1e-9)
    assert losses[0][-1] < 0.8 * losses[0][0]
