"""Data of many kinds become checked lists of floats."""

from __future__ import annotations

import math
import random
from array import array
from collections import deque
from typing import Any

import numpy as np
import pytest

from autograd import Value
from nn.data import Samples, numbers, rows


def paired_samples(X: Any, Y: Any) -> tuple[list[Any], list[Any]]:
    samples = Samples(X, Y)
    batch = samples.batch(samples.places)
    return rows(batch.inputs[0]), rows(batch.targets)


class Table:
    """A data frame, as far as fit looks at one."""

    def to_numpy(self) -> Any:
        return np.array([[1, 2], [3, 4]])


class Rows:
    """A data set: a length and rows by index."""

    def __len__(self) -> int:
        return 2

    def __getitem__(self, k: int) -> list[int]:
        return [[1, 2], [3, 4]][k]


class Array:
    """Something that NumPy takes."""

    def __array__(self) -> Any:
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
        deque([range(1, 3), {"a": 3, "b": 4}.values()]),
        (map(float, row) for row in ("12", "34")),
        Rows(),
        Array(),
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
        ([[10**400]], [1], ValueError, r"X\[0\]\[0\] is too large for a float"),
        ([[Value(1.0)]], [1], TypeError, r"X\[0\]\[0\] .* got a Value: give its \.data"),
        ([{1.0, 2.0}], [1], TypeError, r"X\[0\] must be a sequence, got set: give a list"),
        ({"a": [1.0]}, [1], TypeError, r"X must be a sequence, got dict: give a list"),
        ("12", [1, 2], TypeError, r"X must be a number, got '12'"),
    ],
)
def test_bad_data_say_where(X: Any, Y: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        paired_samples(X, Y)


def test_sequences_and_images_keep_their_shape() -> None:
    assert numbers(np.zeros((2, 2, 1)), "X") == [[[0.0], [0.0]], [[0.0], [0.0]]]


def test_split_is_a_partition() -> None:
    samples = Samples([[k] for k in range(10)], range(10))
    rest, part = samples.split(0.3, random.Random(0))
    assert (len(rest), len(part)) == (7, 3)
    targets = [rows(each.batch(each.places).targets) for each in (rest, part)]
    inputs = [rows(each.batch(each.places).inputs[0]) for each in (rest, part)]
    assert sorted(targets[0] + targets[1]) == list(range(10))
    assert [x for (x,) in inputs[0] + inputs[1]] == targets[0] + targets[1]
    assert targets[1] != [7, 8, 9], "chosen at random"
    assert part.places == samples.split(0.3, random.Random(0))[1].places
    for fraction in (0.0, 0.01, 1.0, 1.5, -0.5, math.nan, math.inf):
        with pytest.raises(ValueError, match=f"validation={fraction} of 10 samples"):
            samples.split(fraction, random.Random(0))
