"""Embedding: tokens of any kind, errors. What it computes is in test_peers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import nn
from autograd import Value, compile, sum


def test_tokens_of_any_kind() -> None:
    table = nn.Embedding(5, 2, rng=0)
    rows = table.weight
    assert table(3) == table(3.0) == table(np.int64(3)) == rows[3]
    assert table([3, 1]) == table(np.array([3, 1])) == table((3.0, 1.0)) == [rows[3], rows[1]]
    assert table([[0], [1]]) == [[rows[0]], [rows[1]]]
    assert [y.data for y in table(Value(2.0))] == [w.data for w in rows[2]]


def test_a_token_used_twice_gets_both_gradients_and_one_not_used_none() -> None:
    table = nn.Embedding(3, 1, rng=0)
    sum(nn.values_in(table([2, 0, 2]))).backward()
    assert [row[0].grad for row in table.weight] == [1.0, None, 2.0]


def test_initial_weights_are_normal() -> None:
    numbers = np.array(nn.Embedding(100, 20, rng=0).state_dict()["weight"])
    assert numbers.mean() == pytest.approx(0.0, abs=0.1)
    assert numbers.std() == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("token", [5, -1, 0.5, float("nan"), [0, 5], Value(7.0)])
def test_what_is_not_in_the_vocabulary_is_an_error(token: Any) -> None:
    with pytest.raises(ValueError, match=r"Embedding\(5, 2\) takes whole numbers from 0 to 4, got"):
        nn.Embedding(5, 2)(token)


def test_compiled_a_strange_token_is_an_error_too() -> None:
    table = nn.Embedding(5, 2, rng=0)
    program = compile(lambda x: sum(nn.values_in(table(x))), shapes=[(2,)], target="numpy")
    program.value_and_grad([[1, 2]])
    with pytest.raises(FloatingPointError, match="nan"):
        program.value_and_grad([[1, 5]])


@pytest.mark.parametrize("sizes", [(0, 2), (2, 0)])
def test_sizes(sizes: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=r"Embedding: .* must be an int of at least 1, got 0"):
        nn.Embedding(*sizes)
