"""The garbage collector rests while an eager fit runs, and afterwards is as it was."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pytest

import nn


@pytest.fixture(autouse=True)
def _collector() -> Iterator[None]:
    before = gc.isenabled()
    yield
    (gc.enable if before else gc.disable)()


def fit(loss: Any, **settings: Any) -> Any:
    model = nn.Neuron(1, None, init="zeros")
    return nn.fit(model, loss, [1, 2, 3], [3, 5, 7], epochs=2, engine="eager", **settings)


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_rests_during_a_fit(enabled: bool) -> None:
    seen: list[bool] = []

    def loss(f: Any, y: float) -> Any:
        seen.append(gc.isenabled())
        return nn.squared_error(f, y)

    (gc.enable if enabled else gc.disable)()
    fit(loss)
    assert seen and not any(seen)
    assert gc.isenabled() == enabled


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("error", [RuntimeError, ValueError, KeyboardInterrupt, SystemExit])
def test_it_is_as_it_was_after_an_error(enabled: bool, error: type[BaseException]) -> None:
    calls = 0

    def loss(f: Any, y: float) -> Any:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise error("enough")
        return nn.squared_error(f, y)

    (gc.enable if enabled else gc.disable)()
    if error is KeyboardInterrupt:  # ends the training, with what has been learned
        assert fit(loss).stopped == "interrupted"
    else:
        with pytest.raises(error, match="enough"):
            fit(loss)
    assert calls == 4 and gc.isenabled() == enabled


@pytest.mark.parametrize("enabled", [True, False])
def test_a_fit_within_a_fit_leaves_it_resting(enabled: bool) -> None:
    seen: list[bool] = []

    def loss(f: Any, y: float) -> Any:
        if not seen:
            fit("squared_error")
        seen.append(gc.isenabled())
        return nn.squared_error(f, y)

    (gc.enable if enabled else gc.disable)()
    fit(loss)
    assert not any(seen) and gc.isenabled() == enabled
