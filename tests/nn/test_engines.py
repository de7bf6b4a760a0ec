"""The eager engine: a batch's loss and gradient."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

import nn
from autograd import Value, gradients, leaky_relu
from nn.data import Batch, Samples
from nn.engines import ENGINES, not_ours

XS = [[0.1, 0.2], [0.3, -0.4], [-0.5, 0.6]]
YS = [1, 0, 1]


def batch_of(xs: Any, ys: Any) -> Batch:
    samples = Samples(xs, ys)
    return samples.batch(samples.places)


def test_gradients_are_those_of_the_mean_loss_in_one_graph() -> None:
    model = nn.MLP(2, [3, 1], "tanh", rng=0)
    batch = [2, 0]
    taken = Samples(XS, YS).batch(batch)
    engine = nn.Eager(model, nn.logistic, taken, l2=0.1)
    for _ in range(2):  # nothing is left from the batch before
        mean, predictions = engine.gradients(taken)
    data = nn.over_batch("logistic", [model(XS[k]) for k in batch], [YS[k] for k in batch])
    weights = [w for layer in model.layers for row in layer.weight for w in row]
    penalised = data + nn.l2_penalty(weights, 0.1)
    parameters = model.parameters()
    expected = gradients(penalised, parameters)
    assert [p.grad for p in parameters] == pytest.approx(expected, rel=1e-13)
    assert mean == pytest.approx(data.data, rel=1e-15), "without the penalty"
    assert predictions == [model(XS[k]).data for k in batch]


def test_evaluate_leaves_no_gradient() -> None:
    model = nn.MLP(2, [3, 2], rng=0)
    mean, predictions = nn.Eager(model, nn.cross_entropy, batch_of(XS, YS)).evaluate(
        batch_of(XS, YS)
    )
    expected = nn.over_batch("cross_entropy", [model(x) for x in XS], YS).data
    assert mean == pytest.approx(expected, rel=1e-15)
    assert predictions == [[y.data for y in model(x)] for x in XS]
    assert all(p.grad is None for p in model.parameters())


def test_errors_name_the_sample() -> None:
    model = nn.Neuron(2, None, rng=0)
    ragged = batch_of([[1.0, 2.0], [1.0]], [0, 0])
    engine = nn.Eager(model, nn.squared_error, ragged)
    with pytest.raises(ValueError, match=r"sample 1: Neuron\(2\) takes 2 inputs, got 1"):
        engine.gradients(ragged)
    model.weight[0].data = 1e200
    with pytest.raises(ValueError, match=r"sample 1: the loss is inf for the prediction 1e\+200"):
        engine.evaluate(batch_of([[0.0, 0.0], [1.0, 0.0]], [0, 0]))
    constant = nn.Eager(model, lambda f, y: 3.0, batch_of(XS, YS))
    with pytest.raises(TypeError, match=r"the loss must give a Value, got 3\.0"):
        constant.gradients(batch_of(XS, YS))


def test_any_module_that_gives_a_number_will_do() -> None:
    class Square(nn.Module):
        def __init__(self) -> None:
            self.scale = Value(3.0)

        def forward(self, x: list[float]) -> Value:
            return self.scale * x[0] ** 2

    model = Square()
    batch = batch_of([[2.0]], [1.0])
    mean, _ = nn.Eager(model, lambda f, y: f - y, batch).gradients(batch)
    assert (mean, model.scale.grad) == (11.0, 4.0)


# ---------------------------------------------------------------------- whose is it?


class Mine(nn.Layer):
    def forward(self, x: Any) -> Any:
        return [z.sin() for z in super().forward(x)]


def my_loss(f: Any, y: Any) -> Any:
    return (f - y) ** 2


class MyRule(nn.SGD):
    pass


@pytest.mark.parametrize(
    ("model", "others", "stranger"),
    [
        (nn.MLP(2, [3, 1], "tanh"), [nn.logistic], ""),
        (nn.MLP(2, [3, 1], nn.ACTIVATIONS["elu"]), [nn.cross_entropy], ""),
        (nn.MLP(2, [3, 1], partial(leaky_relu, slope=0.1)), [partial(nn.svm)], ""),
        (nn.Sequential(nn.Layer(2, 2), "relu", nn.Dropout(0.5)), [nn.SGD([Value(1.0)])], ""),
        (nn.Sequential(nn.RNN(2, 3), nn.LSTM(3, 3), nn.GRU(3, 3), nn.Flatten()), [], ""),
        (nn.Sequential(nn.Conv2d(1, 2, 3), nn.MaxPool2d(2), nn.AvgPool2d(2)), [], ""),
        (nn.Sequential(nn.Embedding(5, 4), nn.Attention(4, 2), nn.LayerNorm(4)), [], ""),
        (nn.Sequential(nn.Layer(2, 2), lambda z: z), [], "the function <lambda>"),
        (nn.MLP(2, [3, 1], partial(lambda a, z: z, 1)), [], "the function partial"),
        (Mine(2, 1), [], "the class Mine"),
        (nn.Sequential(Mine(2, 1)), [], "the class Mine"),
        (nn.MLP(2, [1]), [my_loss], "the function my_loss"),
        (nn.MLP(2, [1]), [MyRule([Value(1.0)])], "the class MyRule"),
    ],
)
def test_only_what_is_nns_own_is_compiled_unasked(
    model: nn.Module, others: list[Any], stranger: str
) -> None:
    assert not_ours(model, *others) == stranger


def test_a_forward_pass_put_into_one_of_our_own_modules_is_not_ours() -> None:
    model = nn.MLP(2, [1])
    model.layers[0].forward = lambda x: [Value(0.0)]  # type: ignore[method-assign]
    assert not_ours(model) == "the class Layer"


def test_an_activation_that_got_a_name_is_still_its_authors() -> None:
    nn.ACTIVATIONS["mine"] = lambda z: z
    try:
        assert not_ours(nn.Layer(2, 1, "mine")) == "the function <lambda>"
    finally:
        del nn.ACTIVATIONS["mine"]


def test_an_engine_of_ones_own_is_a_name_in_the_table() -> None:
    class Counting(nn.Eager):
        name = "counting"
        calls = 0

        def gradients(self, batch: Batch) -> Any:
            Counting.calls += 1
            return super().gradients(batch)

    ENGINES["counting"] = Counting
    try:
        model = nn.MLP(2, [1], rng=0)
        history = nn.fit(model, "logistic", XS, YS, epochs=2, batch_size=2, engine="counting")
    finally:
        del ENGINES["counting"]
    assert (history.engine, Counting.calls) == ("counting", 4)


def test_momentum_moves_the_rows_that_a_batch_does_not_read() -> None:
    """An embedding in batches of one, with Adam: the same losses on both engines."""
    losses = []
    for engine in ("eager", "compiled"):
        model = nn.Sequential(nn.Embedding(3, 2, rng=0), nn.Flatten(), nn.Layer(2, 2, rng=0))
        optimizer = nn.Adam(model.parameters(), lr=0.1)
        history = nn.fit(
            model,
            "cross_entropy",
            [[0], [1], [2], [1]],
            [0, 1, 0, 1],
            optimizer=optimizer,
            epochs=5,
            batch_size=1,
            engine=engine,
        )
        losses.append(history.loss)
    assert losses[0] == pytest.approx(losses[1], rel=1e-12)
