"""The compiled engine of fit: the eager engine's losses, at matrix speed."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

import nn
from autograd import TraceError, Value

RNG = random.Random(3)
X = [[RNG.uniform(-1, 1) for _ in range(3)] for _ in range(24)]
CLASSES = [int(x[0] > x[1]) + int(x[2] > 0) for x in X]
TARGETS = [x[0] * x[1] - x[2] for x in X]

OPTIMIZERS: dict[str, Callable[[list[Value]], nn.Optimizer]] = {
    "SGD": lambda p: nn.SGD(p, lr=0.1),
    "momentum": lambda p: nn.SGD(p, lr=0.05, momentum=0.9, weight_decay=0.01),
    "Nesterov": lambda p: nn.SGD(p, lr=0.05, momentum=0.9, nesterov=True),
    "AdaGrad": lambda p: nn.AdaGrad(p, lr=0.1),
    "RMSProp": lambda p: nn.RMSProp(p, lr=0.01),
    "Adam": lambda p: nn.Adam(p, lr=0.01),
}


def both(loss: Any, ys: Any, make: Any = None, sizes: Any = (6, 3), **options: Any) -> list[Any]:
    """The same fit by both engines: (history, model, optimizer)."""
    runs = []
    for engine in ("eager", "compiled"):
        model = nn.MLP(3, list(sizes), activation="tanh", rng=1)
        optimizer = (make or OPTIMIZERS["SGD"])(model.parameters())
        history = nn.fit(
            model, loss, X, ys, optimizer=optimizer, engine=engine, progress=False, **options
        )
        runs.append((history, model, optimizer))
    return runs


def data(model: nn.Module) -> list[float]:
    return [parameter.data for parameter in model.parameters()]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_takes_the_same_steps(name: str) -> None:
    eager, compiled = both("cross_entropy", CLASSES, OPTIMIZERS[name], epochs=4, batch_size=7)
    assert compiled[0].loss == pytest.approx(eager[0].loss, rel=1e-9)
    assert data(compiled[1]) == pytest.approx(data(eager[1]), rel=1e-9)
    assert compiled[2].steps == eager[2].steps == 16
    for ours, theirs in zip(compiled[2].states, eager[2].states, strict=True):
        assert ours == pytest.approx(theirs, rel=1e-8, abs=1e-12)


def test_training_goes_on_where_it_stopped() -> None:
    runs = []
    for engines in (["eager", "eager"], ["compiled", "compiled"], ["eager", "compiled"]):
        model = nn.MLP(3, [4, 1], rng=1)
        optimizer = nn.Adam(model.parameters(), lr=0.01)
        for engine in engines:
            nn.fit(model, "squared_error", X, TARGETS, optimizer=optimizer, epochs=3, engine=engine)
        runs.append(data(model))
    assert runs[1] == pytest.approx(runs[0], rel=1e-9)
    assert runs[2] == pytest.approx(runs[0], rel=1e-9)


def test_penalty_clipping_validation_and_metrics() -> None:
    options = {"epochs": 6, "batch_size": 5, "l2": 0.01, "clip": 0.5, "metrics": "accuracy"}
    eager, compiled = both("cross_entropy", CLASSES, validation=0.25, patience=3, **options)
    assert compiled[0].loss == pytest.approx(eager[0].loss, rel=1e-9)
    assert compiled[0].validation_loss == pytest.approx(eager[0].validation_loss, rel=1e-9)
    assert compiled[0].metrics == {k: pytest.approx(v) for k, v in eager[0].metrics.items()}
    assert compiled[0].best_epoch == eager[0].best_epoch
    assert data(compiled[1]) == pytest.approx(data(eager[1]), rel=1e-9)
    grads = [parameter.grad for parameter in eager[1].parameters()]
    norm = sum(g * g for g in grads if g is not None) ** 0.5
    assert norm > 0


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "hinge", "logistic"])
def test_losses_of_one_output(loss: str) -> None:
    ys = TARGETS if loss.endswith("error") else [1 if y > 0 else 0 for y in TARGETS]
    ys = [2 * y - 1 for y in ys] if loss == "hinge" else ys
    eager, compiled = both(loss, ys, sizes=(4, 1), epochs=3, batch_size=8)
    assert compiled[0].loss == pytest.approx(eager[0].loss, rel=1e-9)


def test_probabilities_as_targets() -> None:
    targets = [[0.2, 0.5, 0.3] if k == 1 else [float(j == k) for j in range(3)] for k in CLASSES]
    eager, compiled = both("cross_entropy", targets, epochs=3, batch_size=8)
    assert compiled[0].loss == pytest.approx(eager[0].loss, rel=1e-9)
    assert data(compiled[1]) == pytest.approx(data(eager[1]), rel=1e-9)


@pytest.mark.parametrize(
    ("ys", "message"),
    [
        ([3] * len(X), r"Y\[0\]: a class must be an integer from 0 to 2, got 3"),
        ([[0, 2, -1]] * len(X), r"Y\[0\]: a target probability must not be negative, got -1"),
    ],
)
def test_wrong_targets_do_not_reach_a_program(ys: list[Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        both("cross_entropy", ys, epochs=1)


def test_some_parameters_only() -> None:
    runs = []
    for engine in ("eager", "compiled"):
        model = nn.MLP(3, [4, 1], rng=1)
        last = nn.SGD(model.layers[1].parameters(), lr=0.1)
        nn.fit(model, "squared_error", X, TARGETS, optimizer=last, epochs=3, engine=engine)
        runs.append(data(model))
    assert runs[1] == pytest.approx(runs[0], rel=1e-9)
    assert runs[0][:16] == data(nn.MLP(3, [4, 1], rng=1))[:16]


def test_what_cannot_be_compiled_is_refused_or_left_to_eager() -> None:
    model = nn.Sequential(nn.Layer(3, 4), nn.Dropout(0.5, rng=1), nn.Layer(4, 1))
    with pytest.raises(ValueError, match="Dropout draws a mask"):
        nn.fit(model, "squared_error", X, TARGETS, epochs=1, engine="compiled")
    history = nn.fit(model, lambda f, y: (f[0] - y) ** 2, X, TARGETS, epochs=1, engine="auto")
    assert len(history.loss) == 1

    def looking(f: Any, y: Any) -> Any:
        return f if f > y else y - f

    with pytest.raises(TraceError):
        nn.fit(nn.MLP(3, [1]), looking, X, TARGETS, epochs=1, engine="compiled")
    assert nn.fit(nn.MLP(3, [1]), looking, X, TARGETS, epochs=1, engine="auto").loss


def test_divergence_is_an_error_with_the_way_out() -> None:
    model = nn.MLP(3, [4, 1], rng=1)
    with pytest.raises(ValueError, match=r"(?s)epoch .*is the learning rate too large\?"):
        nn.fit(
            model,
            "squared_error",
            X,
            TARGETS,
            optimizer=nn.SGD(model.parameters(), lr=1e9),
            engine="compiled",
        )


def test_digits_train_fast() -> None:
    from sklearn.datasets import load_digits

    images, digits = load_digits(return_X_y=True)
    model = nn.MLP(64, [32, 10], rng=0)
    history = nn.fit(
        model,
        "cross_entropy",
        images / 16,
        digits,
        optimizer=nn.Adam(model.parameters(), lr=0.01),
        epochs=8,
        batch_size=64,
        validation=0.2,
        metrics="accuracy",
        engine="compiled",
    )
    assert history.metrics["validation accuracy"][-1] > 0.93
