"""The eager engine: a batch's loss and gradient."""

from __future__ import annotations

import pytest

import nn
from autograd import Value, gradients

XS = [[0.1, 0.2], [0.3, -0.4], [-0.5, 0.6]]
YS = [1, 0, 1]


def test_gradients_are_those_of_the_mean_loss_in_one_graph() -> None:
    model = nn.MLP(2, [3, 1], "tanh", rng=0)
    engine = nn.Eager(model, nn.logistic, XS, YS, l2=0.1)
    batch = [2, 0]
    for _ in range(2):  # nothing is left from the batch before
        mean, predictions = engine.gradients(batch)
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
    mean, predictions = nn.Eager(model, nn.cross_entropy, XS, YS).evaluate()
    expected = nn.over_batch("cross_entropy", [model(x) for x in XS], YS).data
    assert mean == pytest.approx(expected, rel=1e-15)
    assert predictions == [[y.data for y in model(x)] for x in XS]
    assert all(p.grad is None for p in model.parameters())


def test_errors_name_the_sample() -> None:
    model = nn.Neuron(2, None, rng=0)
    ragged = nn.Eager(model, nn.squared_error, [[1.0, 2.0], [1.0]], [0, 0])
    with pytest.raises(ValueError, match=r"sample 1: Neuron\(2\) takes 2 inputs, got 1"):
        ragged.gradients([0, 1])
    model.weight[0].data = 1e200
    overflowing = nn.Eager(model, nn.squared_error, [[0.0, 0.0], [1.0, 0.0]], [0, 0])
    with pytest.raises(ValueError, match=r"sample 1: the loss is inf for the prediction 1e\+200"):
        overflowing.evaluate()
    constant = nn.Eager(model, lambda f, y: 3.0, XS, YS)
    with pytest.raises(TypeError, match=r"the loss must give a Value, got 3\.0"):
        constant.gradients([0])


def test_any_module_that_gives_a_number_will_do() -> None:
    class Square(nn.Module):
        def __init__(self) -> None:
            self.scale = Value(3.0)

        def forward(self, x: list[float]) -> Value:
            return self.scale * x[0] ** 2

    model = Square()
    mean, _ = nn.Eager(model, lambda f, y: f - y, [[2.0]], [1.0]).gradients([0])
    assert (mean, model.scale.grad) == (11.0, 4.0)
