"""Attention: what a step sees, initial weights, errors. What it computes is in test_peers."""

from __future__ import annotations

import numpy as np
import pytest

import nn


def test_a_causal_step_does_not_see_the_future() -> None:
    attention = nn.Attention(4, 2, causal=True, rng=0)
    x = np.random.default_rng(0).normal(size=(5, 4))
    changed = x.copy()
    changed[3:] += 1.0
    before, after = ([[y.data for y in row] for row in attention(each)] for each in (x, changed))
    assert before[:3] == after[:3]
    assert before[3] != after[3]


def test_without_causal_the_order_of_the_others_does_not_matter() -> None:
    attention = nn.Attention(4, rng=0)
    x = np.random.default_rng(0).normal(size=(3, 4))
    (first, *_), (again, *_) = attention(x), attention(x[[0, 2, 1]])
    assert [y.data for y in first] == pytest.approx([y.data for y in again], rel=1e-14)


def test_initial_weights_are_pytorchs() -> None:
    state = {k: np.array(table) for k, table in nn.Attention(16, 4, rng=0).state_dict().items()}
    bound = (6 / 64) ** 0.5
    assert abs(state["in_proj_weight"]).max() <= bound
    assert state["in_proj_weight"].std() == pytest.approx(bound / 3**0.5, rel=0.1)
    assert abs(state["out_proj.weight"]).max() <= 1 / 4
    assert state["out_proj.weight"].std() == pytest.approx(1 / 4 / 3**0.5, rel=0.1)
    assert not state["in_proj_bias"].any() and not state["out_proj.bias"].any()


def test_errors() -> None:
    with pytest.raises(ValueError, match="multiple of num_heads, got 6 and 4"):
        nn.Attention(6, 4)
    with pytest.raises(ValueError, match="num_heads must be an int of at least 1, got 0"):
        nn.Attention(6, 0)
    with pytest.raises(
        ValueError,
        match=r"Attention\(6, num_heads=2\) takes one sample of shape \(steps, 6\), got \(4, 5\)",
    ):
        nn.Attention(6, 2)(np.zeros((4, 5)))
    with pytest.raises(ValueError, match=r"shape \(steps, 6\), got \(6\)"):
        nn.Attention(6)([0.0] * 6)
