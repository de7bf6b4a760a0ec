"""Normalisation: what it does to any numbers, errors. What it computes is in test_peers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import nn


def test_the_scale_of_the_inputs_does_not_matter() -> None:
    for x in ([1.0, 2.0, 4.0], [1e3, 2e3, 4e3]):
        normal, of_squares = nn.LayerNorm(3)(x), nn.RMSNorm(3)(x)
        assert sum(y.data for y in normal) == pytest.approx(0.0, abs=1e-12)
        assert sum(y.data**2 for y in normal) / 3 == pytest.approx(1.0, rel=1e-4)
        assert sum(y.data**2 for y in of_squares) / 3 == pytest.approx(1.0, rel=1e-12)


def test_equal_numbers_are_no_division_by_zero() -> None:
    assert [y.data for y in nn.LayerNorm(2)([5.0, 5.0])] == [0.0, 0.0]
    assert [y.data for y in nn.RMSNorm(2)([0.0, 0.0])] == [0.0, 0.0]


def test_every_row_by_itself() -> None:
    norm, rows = nn.LayerNorm(2), [[1.0, 2.0], [5.0, 1.0]]
    whole = norm(rows)
    assert [[y.data for y in row] for row in whole] == [[y.data for y in norm(x)] for x in rows]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: nn.LayerNorm(0), ValueError, "LayerNorm: n_inputs .* at least 1, got 0"),
        (lambda: nn.RMSNorm(2, eps=-1.0), ValueError, "RMSNorm: eps must be above 0"),
        (
            lambda: nn.LayerNorm(3)([1.0, 2.0]),
            ValueError,
            r"LayerNorm\(3, eps=1e-05\) takes 3 inputs, got 2",
        ),
        (lambda: nn.RMSNorm(3)([[1.0, 2.0, 3.0], [1.0]]), ValueError, "takes 3 inputs, got 1"),
        (
            lambda: nn.Sequential(nn.Layer(2, 4), nn.LayerNorm(3)),
            ValueError,
            "takes 3 inputs, but step 0, .* gives 4",
        ),
    ],
)
def test_errors(make: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()
