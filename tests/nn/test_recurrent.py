"""Recurrent layers: steps, initial weights, errors. What they compute is in test_peers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nn
from autograd import compile

KINDS = [nn.RNN, nn.GRU, nn.LSTM]


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_at_a_time_is_the_whole(kind: Any) -> None:
    layer = kind(2, 3, rng=0)
    x = [[0.5, -1.0], [2.0, 0.3], [0.1, 0.2]]
    zero = [0.0] * 3
    state: Any = (zero, zero) if kind is nn.LSTM else zero
    for row, expected in zip(x, layer(x), strict=True):
        state = layer.step(row, state)
        h = state[0] if kind is nn.LSTM else state
        assert [v.data for v in h] == [v.data for v in expected]


@pytest.mark.parametrize("kind", KINDS)
def test_initial_weights_are_pytorchs(kind: Any) -> None:
    for numbers in map(np.array, kind(8, 64, rng=0).state_dict().values()):
        assert abs(numbers).max() <= 1 / 8
        assert numbers.std() == pytest.approx(1 / 8 / 3**0.5, rel=0.2)


@pytest.mark.parametrize("kind", KINDS)
def test_compiled_the_steps_are_a_loop(kind: Any) -> None:
    layer, head = kind(2, 4, rng=0), nn.Layer(4, 1, rng=1)
    program = compile(lambda x: head(layer(x)[-1])[0], shapes=[(12, 2)], target="numpy")
    assert "for t in range(1, 12):" in program.source
    assert len(program.source.splitlines()) < 80


def test_errors() -> None:
    with pytest.raises(ValueError, match="LSTM: hidden_size must be an int of at least 1, got 0"):
        nn.LSTM(2, 0)
    with pytest.raises(
        ValueError, match=r"GRU\(2, 3\) takes one sample of shape \(steps, 2\), got \(4, 3\)"
    ):
        nn.GRU(2, 3)([[0.0] * 3] * 4)
    with pytest.raises(ValueError, match=r"shape \(steps, 2\), got \(8, 4, 2\): write \[model"):
        nn.RNN(2, 3)(np.zeros((8, 4, 2)))
