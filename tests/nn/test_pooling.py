"""Pooling: where gradients go, settings, errors. What it computes is in test_peers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import nn
from autograd import Value, gradients


def test_the_largest_gets_the_gradient_and_ties_share_it() -> None:
    row = [Value(1.0), Value(3.0), Value(2.0), Value(2.0)]
    (((first, second),),) = nn.MaxPool2d((1, 2))([[row]])
    assert gradients(first + second, row) == [0.0, 1.0, 0.5, 0.5]


def test_padding_never_wins_and_counts_in_a_mean() -> None:
    image = [[[-1.0, -2.0], [-3.0, -4.0]]]
    assert nn.MaxPool2d(2, padding=1)(image) == [[[-1.0, -2.0], [-3.0, -4.0]]]
    assert nn.AvgPool2d(2, padding=1)(image) == [[[-0.25, -0.5], [-0.75, -1.0]]]


def test_flatten_takes_anything_nested() -> None:
    assert nn.Flatten()([[1.0, 2.0], [3.0]]) == nn.Flatten()([1.0, 2.0, 3.0]) == [1.0, 2.0, 3.0]


def test_reprs() -> None:
    assert str(nn.MaxPool2d(2)) == "MaxPool2d(kernel_size=(2, 2), stride=(2, 2))"
    assert repr(nn.AvgPool2d((3, 2), 1, (1, 0))) == (
        "AvgPool2d(kernel_size=(3, 2), stride=(1, 1), padding=(1, 0)): 0 parameters"
    )


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: nn.MaxPool2d(0), ValueError, "MaxPool2d: kernel_size .* at least 1, got 0"),
        (lambda: nn.AvgPool2d(3, padding=2), ValueError, "at most half of kernel_size, got 2 and"),
        (
            lambda: nn.MaxPool2d(2)([[1.0, 2.0], [3.0, 4.0]]),
            ValueError,
            r"MaxPool2d\(.*\) takes one sample of shape \(channels, height, width\), got \(2, 2\)",
        ),
        (lambda: nn.AvgPool2d(3)([[[1.0, 2.0]] * 3]), ValueError, "a width of at least 3, got 2"),
        (lambda: nn.MaxPool2d(2)(None), TypeError, "height, width\\), got None"),
    ],
)
def test_errors(make: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()
