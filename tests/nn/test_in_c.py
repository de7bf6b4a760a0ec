"""The engine in C: the eager engine's losses, whole epochs in one call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import nn
from autograd.compiler import native

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
