"""predict and predict_proba: the model's own outputs, for many samples at once."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

import nn
from autograd import TraceError, Value

RANDOM = np.random.RandomState(0)
X = RANDOM.randn(30, 3)


class Pair(nn.Module):
    """Takes two inputs, and gives a nested list."""

    def __init__(self) -> None:
        self.first, self.second = nn.Layer(3, 2, rng=0), nn.Layer(1, 2, rng=1)

    def forward(self, a: Any, b: Any) -> Any:
        return [self.first(a), self.second(b)]


class Looking(nn.Layer):
    def forward(self, x: Any) -> Any:
        (y,) = super().forward(x)
        return [y if y > 0 else -y]


@pytest.mark.parametrize("engine", ["auto", "eager", "compiled"])
@pytest.mark.parametrize(
    "model",
    [
        nn.MLP(3, [4, 1], "tanh", rng=0),
        nn.MLP(3, [4, 2], output_activation="softmax", rng=0),
        nn.Sequential(nn.Layer(3, 4, rng=0), nn.Dropout(0.5), "relu"),
    ],
)
def test_they_are_the_models_outputs_in_evaluation(model: nn.Module, engine: str) -> None:
    model.eval()
    expected = [model(x) for x in X]
    expected = [[y.data for y in ys] if isinstance(ys, list) else ys.data for ys in expected]
    model.train()
    got = nn.predict(model, X, engine=engine)
    assert got == pytest.approx(np.array(expected), rel=1e-12)
    assert model.training
    assert nn.predict(model, X.tolist(), engine=engine) == pytest.approx(got, rel=1e-15)


@pytest.mark.parametrize("engine", ["eager", "compiled"])
def test_several_inputs_and_nested_outputs(engine: str) -> None:
    model, b = Pair(), RANDOM.randn(30)
    got = nn.predict(model, (X, b), engine=engine)
    assert got.shape == (30, 2, 2)
    one = model(X[7], [b[7]])
    assert got[7].ravel().tolist() == pytest.approx([y.data for row in one for y in row])


def test_what_is_not_ours_is_computed_eagerly_unless_asked() -> None:
    model = Looking(3, 1, rng=0)
    assert (nn.predict(model, X) >= 0).all()
    with pytest.raises(TraceError):
        nn.predict(model, X, engine="compiled")


def test_more_samples_than_are_computed_together() -> None:
    model, many = nn.MLP(1, [2, 1], "tanh", rng=0), np.linspace(-1, 1, 2500)
    got = nn.predict(model, many)
    assert got.shape == (2500,)
    for k in (0, 1023, 1024, 2499):
        assert got[k] == pytest.approx(model([many[k]]).data, rel=1e-13)


def test_without_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numpy", None)
    model = nn.Layer(2, 1, init=lambda *_: 1.0)
    assert nn.predict(model, [[1.0, 2.0]] * 9) == [[3.0]] * 9
    with pytest.raises(ImportError, match="gatewise"):
        nn.predict_proba(model, [[1.0, 2.0]])


def test_probabilities() -> None:
    logits = nn.MLP(3, [4, 3], rng=0)
    softmax = nn.Sequential(logits, "softmax")
    expected = nn.predict(softmax, X)
    assert nn.predict_proba(logits, X) == pytest.approx(expected, rel=1e-12)
    assert nn.predict_proba(softmax, X) == pytest.approx(expected, rel=1e-12)
    single = nn.MLP(3, [4, 1], rng=0)
    p = nn.predict(nn.Sequential(single, "sigmoid"), X)
    for model in (single, nn.Sequential(single, "sigmoid")):
        got = nn.predict_proba(model, X)
        assert got == pytest.approx(np.column_stack([1 - p.ravel(), p.ravel()]), rel=1e-12)
    labels = nn.predict_proba(logits, X, head="sigmoid")
    assert labels == pytest.approx(1 / (1 + np.exp(-nn.predict(logits, X))), rel=1e-12)
    sure = nn.Neuron(1, None, init=lambda *_: 1000.0)
    assert nn.predict_proba(sure, [-1.0, 1.0]).tolist() == [[1.0, 0.0], [0.0, 1.0]]
    with pytest.raises(ValueError, match="unknown head 'max'"):
        nn.predict_proba(logits, X, head="max")
    with pytest.raises(ValueError, match=r"shape \(2, 2\)"):
        nn.predict_proba(Pair(), (X, X[:, 0]))


def test_wrong_samples_say_so() -> None:
    model = nn.MLP(3, [1])
    with pytest.raises(ValueError, match=r"X\[2\]\[1\] is nan"):
        nn.predict(model, [[1.0, 1.0, 1.0]] * 2 + [[1.0, float("nan"), 1.0]])
    with pytest.raises(ValueError, match="takes 3 inputs, got 2"):
        nn.predict(model, X[:, :2])
    with pytest.raises(ValueError, match="unknown engine 'fast'"):
        nn.predict(model, X, engine="fast")
    assert isinstance(model(X[0]), Value), "nothing was changed"
