"""Data of many kinds become checked lists of floats."""

from __future__ import annotations

import random
from array import array
from typing import Any

import numpy as np
import pytest

from nn.data import numbers, paired_samples, split


class Table:
    """A data frame, as far as fit looks at one."""

    def to_numpy(self) -> Any:
        return np.array([[1, 2], [3, 4]])


@pytest.mark.parametrize(
    "X",
    [
        [[1, 2], [3, 4]],
        ((1.0, 2.0), (3.0, 4.0)),
        np.array([[1, 2], [3, 4]], dtype=np.int8),
        np.array([[1, 2], [3, 4]], dtype=np.float32),
        [np.array([1, 2]), [3, np.float64(4)]],
        [array("d", [1, 2]), (3, 4)],
        Table(),
    ],
)
def test_samples_of_many_kinds(X: Any) -> None:
    xs, ys = paired_samples(X, np.array([True, False]))
    assert (xs, ys) == ([[1.0, 2.0], [3.0, 4.0]], [1.0, 0.0])
    assert {type(x) for row in xs for x in row} == {float}


def test_single_numbers_are_rows_of_one_and_columns_are_numbers() -> None:
    assert paired_samples([1, 2], [[3], [4]]) == ([[1.0], [2.0]], [3.0, 4.0])
    assert paired_samples([1, 2], [[3, 4], [5, 6]])[1] == [[3.0, 4.0], [5.0, 6.0]]


@pytest.mark.parametrize(
    ("X", "Y", "error", "message"),
    [
        ([[1.0, 2.0], [3.0, float("nan")]], [0, 1], ValueError, r"X\[1\]\[1\] is nan"),
        ([1.0, 2.0], [0, np.inf], ValueError, r"Y\[1\] is inf"),
        ([1.0, 2.0], [0], ValueError, r"X has 2 samples but Y has 1"),
        ([], [], ValueError, r"X must hold at least one sample"),
        (3.0, [1], ValueError, r"X must hold at least one sample, got 3\.0"),
        ([["5.1", "3.5"]], [0], TypeError, r"X\[0\]\[0\] must be a number, got '5\.1'"),
        ([[1.0]], ["setosa"], TypeError, r"Y\[0\] must be a number, got 'setosa'"),
        ([[None]], [1], TypeError, r"X\[0\]\[0\] must be a number, got None"),
    ],
)
def test_bad_data_say_where(X: Any, Y: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        paired_samples(X, Y)


def test_sequences_and_images_keep_their_shape() -> None:
    assert numbers(np.zeros((2, 2, 1)), "X") == [[[0.0], [0.0]], [[0.0], [0.0]]]


def test_split_is_a_partition() -> None:
    xs, ys = [[float(k)] for k in range(10)], list(range(10))
    parts = split(xs, ys, 0.3, random.Random(0))
    assert [len(part) for part in parts] == [7, 7, 3, 3]
    assert [x for (x,) in parts[0] + parts[2]] == parts[1] + parts[3]
    assert sorted(parts[1] + parts[3]) == ys
    assert parts[3] != [7, 8, 9], "chosen at random"
    assert parts == split(xs, ys, 0.3, random.Random(0))
    for fraction in (0.0, 0.01, 1.0, 1.5, -0.5):
        with pytest.raises(ValueError, match=f"validation={fraction} of 10 samples"):
            split(xs, ys, fraction, random.Random(0))
