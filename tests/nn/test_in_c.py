"""The engine in C: the eager engine's losses, whole epochs in one call."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import nn
from autograd.compiler import native
from autograd.compiler.epochs import Epochs
from nn.data import Batch
from nn.in_c import InC

from .test_compiling import CLASSES, OPTIMIZERS, TARGETS, X, data


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the tests' own, and little effort."""
    path = tmp_path_factory.getbasetemp() / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(path))
    monkeypatch.setattr(native, "FAST", ["-O0"])
    return path / "gatewise" / "c"


def both(name: str, ys: Any = CLASSES, loss: str = "cross_entropy", **options: Any) -> list[Any]:
    """The same fit by both engines: (history, model, optimizer)."""
    runs = []
    for engine in ("eager", "c"):
        model = nn.MLP(3, [4, 3 if ys is CLASSES else 1], "tanh", rng=1)
        optimizer = OPTIMIZERS[name](model.parameters())
        history = nn.fit(model, loss, X, ys, optimizer=optimizer, engine=engine, **options)
        runs.append((history, model, optimizer))
    assert runs[1][0].engine == "c"
    return runs


def same(eager: Any, in_c: Any) -> None:
    """See that losses, weights and the optimizers' states are alike."""
    assert in_c[0].loss == pytest.approx(eager[0].loss, rel=1e-9)
    assert data(in_c[1]) == pytest.approx(data(eager[1]), rel=1e-9)
    assert in_c[2].steps == eager[2].steps
    for ours, theirs in zip(in_c[2].states, eager[2].states, strict=True):
        assert ours == pytest.approx(theirs, rel=1e-8, abs=1e-12)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_takes_the_same_twenty_steps(name: str) -> None:
    eager, in_c = both(name, epochs=5, batch_size=7)
    same(eager, in_c)
    assert in_c[2].steps == 20


def test_penalty_clipping_validation_and_metrics() -> None:
    options = {"epochs": 6, "batch_size": 5, "l2": 0.01, "clip": 0.5, "metrics": "accuracy"}
    eager, in_c = both("Adam", validation=0.25, patience=3, **options)
    same(eager, in_c)
    assert in_c[0].validation_loss == pytest.approx(eager[0].validation_loss, rel=1e-9)
    assert in_c[0].metrics == {k: pytest.approx(v) for k, v in eager[0].metrics.items()}


def test_predictions_in_c() -> None:
    model = nn.MLP(3, [4, 3], "tanh", rng=1)
    by_c, by_hand = (nn.predict(model, X, engine=engine) for engine in ("c", "eager"))
    for ours, theirs in zip(by_c, by_hand, strict=True):
        assert list(ours) == pytest.approx(list(theirs), rel=1e-12)


def test_one_output() -> None:
    same(*both("SGD", TARGETS, "squared_error", epochs=4, batch_size=1))


# ---------------------------------------------------------------------- many batches in one call


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of the batches that did not go through the whole-epoch function."""
    sizes = []
    usual = InC.gradients

    def gradients(self: InC, batch: Batch) -> Any:
        sizes.append(len(batch.targets))
        return usual(self, batch)

    monkeypatch.setattr(InC, "gradients", gradients)
    return sizes


@pytest.mark.parametrize("size", [None, 1, 7])
def test_only_the_first_batch_is_a_call_of_its_own(size: int | None, one_by_one: list[int]) -> None:
    same(*both("Adam", epochs=6, batch_size=size, validation=0.25))
    assert one_by_one == [size or 18]


@pytest.mark.parametrize(
    "options", [{"l2": 0.01}, {"clip": 0.1}, {"metrics": "accuracy"}, {"callback": lambda e: None}]
)
def test_what_asks_for_more_than_losses_goes_batch_by_batch(
    options: Any, one_by_one: list[int]
) -> None:
    same(*both("momentum", epochs=3, batch_size=12, **options))
    assert len(one_by_one) == (1 if "callback" in options else 6)


def test_dropout_and_an_optimizer_of_ones_own_go_batch_by_batch(one_by_one: list[int]) -> None:
    class Signs(nn.SGD):
        def direction(self, gradient: Any, state: Any) -> Any:
            return gradient / abs(gradient)

    for dropout, optimizer in ((0.5, nn.SGD), (0.0, Signs)):
        losses = []
        for engine in ("eager", "c"):
            model = nn.Sequential(nn.Layer(3, 3, rng=0), nn.Dropout(dropout, rng=0))
            rule = optimizer(model.parameters(), 0.01)
            history = nn.fit(
                model, "cross_entropy", X, CLASSES, optimizer=rule, engine=engine, epochs=2,
                batch_size=12,
            )  # fmt: skip
            losses.append(history.loss)
        assert losses[1] == pytest.approx(losses[0], rel=1e-9)
    assert len(one_by_one) == 8


def test_each_step_has_the_rate_of_its_schedule(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(OPTIMIZERS, "s", lambda p: nn.Adam(p, lr=nn.cosine(0.1, 20)))
    same(*both("s", epochs=6, batch_size=7))


def test_weights_of_the_samples() -> None:
    same(*both("AdaGrad", epochs=4, batch_size=7, class_weight="balanced"))


def test_settings_may_change_between_epochs() -> None:
    runs = []
    for engine in ("eager", "c"):
        model = nn.MLP(3, [4, 3], "tanh", rng=1)
        optimizer = nn.SGD(model.parameters(), lr=0.1, momentum=0.5)

        def calm(epoch: nn.Epoch, optimizer: nn.SGD = optimizer) -> None:
            optimizer.lr, optimizer.momentum = 0.1 / epoch.number, 0.9

        history = nn.fit(
            model, "cross_entropy", X, CLASSES, optimizer=optimizer, engine=engine, epochs=4,
            batch_size=7, callback=calm,
        )  # fmt: skip
        runs.append((history, model, optimizer))
    same(*runs)


@pytest.mark.parametrize("name", ["Adam", "momentum"])
def test_training_goes_on_where_it_stopped(name: str) -> None:
    runs = []
    for engines in (["eager", "eager"], ["eager", "c"], ["c", "eager"], ["c", "c"]):
        model = nn.MLP(3, [4, 1], rng=1)
        optimizer = OPTIMIZERS[name](model.parameters())
        for engine in engines:
            nn.fit(
                model, "squared_error", X, TARGETS, optimizer=optimizer, epochs=3, batch_size=7,
                engine=engine,
            )  # fmt: skip
        runs.append(data(model))
    for each in runs[1:]:
        assert each == pytest.approx(runs[0], rel=1e-9)


def test_a_part_of_the_parameters() -> None:
    runs = []
    for engine in ("eager", "c"):
        model = nn.MLP(3, [4, 1], rng=1)
        last = nn.Adam(model.layers[1].parameters(), lr=0.1)
        nn.fit(
            model, "squared_error", X, TARGETS, optimizer=last, epochs=3, batch_size=7,
            engine=engine,
        )  # fmt: skip
        runs.append(data(model))
    assert runs[1] == pytest.approx(runs[0], rel=1e-9)
    assert runs[0][:16] == data(nn.MLP(3, [4, 1], rng=1))[:16]


def test_a_loss_that_is_no_number_is_told_as_ever() -> None:
    messages = []
    for engine in ("compiled", "c"):
        model = nn.Neuron(1, None, init="zeros")
        rule = nn.SGD(model.parameters(), lr=30.0)
        with pytest.raises(ValueError, match=r"epoch \d+: sample \d+: the loss is inf") as told:
            nn.fit(
                model, "squared_error", [1.0, 2.0, 3.0], [3.0, 5.0, 7.0], optimizer=rule,
                epochs=1000, batch_size=1, engine=engine, shuffle=False,
            )  # fmt: skip
        messages.append(re.sub(r"[\d.]+e\+\d+", "", str(told.value)))
    assert messages[0] == messages[1]


def test_ctrl_c_is_heard_between_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    usual = Epochs.run

    def run(self: Epochs, *arguments: Any) -> Any:
        calls.append(len(arguments[1]))
        if len(calls) == 4:
            raise KeyboardInterrupt
        return usual(self, *arguments)

    monkeypatch.setattr(Epochs, "run", run)
    model = nn.MLP(3, [4, 3], "tanh", rng=1)
    history = nn.fit(model, "cross_entropy", X, CLASSES, epochs=50, batch_size=2, engine="c")
    assert history.stopped == "interrupted"
    assert calls[0] == 2, "a call begins small: nobody knows yet how long it takes"
    assert all(parameter.grad is None for parameter in model.parameters())
