"""The functions over sequences: values and clear errors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import StaleGraphError, Value


def test_sequence_gates_are_single_nodes() -> None:
    xs = [Value(1.0), Value(2.0), Value(3.0)]
    ws = [Value(0.5)] * 3
    assert autograd.sum(xs).operands == tuple(xs)
    assert autograd.dot(ws, xs, 1.0).operands[:6] == (*ws, *xs)
    assert autograd.logsumexp(xs).operands == tuple(xs)
    assert autograd.maximum(xs) == 3.0 and autograd.minimum(*xs) == 1.0
    assert [s.op.name for s in autograd.softmax(xs)] == ["softmax"] * 3
    assert autograd.cross_entropy(xs, 2).op.name == "cross_entropy"


def test_on_plain_numbers_they_give_numbers() -> None:
    assert autograd.sum(x for x in [0.1] * 10) == 1.0
    assert autograd.sum([]) == 0.0
    assert autograd.dot([], [], 2.5) == 2.5
    assert sum(autograd.softmax([1.0, 2.0, 3.0])) == pytest.approx(1.0)
    assert autograd.log_softmax([2.0, 2.0]) == [-math.log(2)] * 2


def test_the_cross_entropy_of_the_notes() -> None:
    """L11: for y = [0, 0, 1] and f = [0.3, 0.3, 0.4] it is -log 0.4 = 0.9163."""
    logits = [math.log(p) for p in (0.3, 0.3, 0.4)]
    assert autograd.cross_entropy(logits, 2) == pytest.approx(0.9163, abs=5e-5)
    assert autograd.cross_entropy(logits, [0, 0, 1]) == pytest.approx(-math.log(0.4), rel=1e-14)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: autograd.maximum(), ValueError, "maximum of no operands"),
        (lambda: autograd.maximum([]), ValueError, "maximum of an empty sequence"),
        (lambda: autograd.logsumexp([]), ValueError, "logsumexp of an empty sequence"),
        (lambda: autograd.softmax([]), ValueError, "softmax of an empty sequence"),
        (lambda: autograd.sum("123"), TypeError, "sum takes a sequence"),
        (lambda: autograd.dot([1.0, 2.0], [1.0]), ValueError, "2 weights but 1 inputs"),
        (lambda: autograd.cross_entropy([1.0, 2.0], 2), ValueError, "from 0 to 1, got 2"),
        (lambda: autograd.cross_entropy([1.0, 2.0], [1.0]), ValueError, "2 logits but 1 target"),
        (
            lambda: autograd.cross_entropy([1.0, 2.0], [2, -1]),
            ValueError,
            "must not be negative, got -1",
        ),
        (lambda: autograd.take([], 0), ValueError, "take of an empty sequence"),
        (lambda: autograd.take([1.0, 2.0], -1), ValueError, "an index must .* 0 to 1, got -1"),
        (lambda: autograd.take([1.0, 2.0], Value(2.0, "t")), ValueError, "t = 2.0, .* 1, got 2"),
        (lambda: autograd.take([[1.0], [2.0]], Value(0.5)), ValueError, "0 to 1, got 0.5"),
        (lambda: autograd.take([1.0, 2.0], math.nan), ValueError, "0 to 1, got nan"),
        (lambda: autograd.take([1.0, 2.0], "1"), TypeError, "take's index needs a real number"),
        (lambda: autograd.take([[1.0], [2.0, 3.0]], 0), ValueError, "row 0 has length 1, .* 2"),
        (lambda: autograd.take([[1.0], 2.0], 0), TypeError, "row 0 is a list, but row 1 is 2.0"),
        (lambda: autograd.take(3.0, 0), TypeError, "take takes a sequence"),
        (lambda: autograd.sum([1.0, "a"]), TypeError, "needs a real number, got str 'a'"),
        (lambda: autograd.dot([Value(1.0)], [None]), TypeError, "got NoneType None"),
    ],
)
def test_bad_input_is_named(call: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()  # type: ignore[operator]


def test_a_known_index_makes_no_node() -> None:
    table = [[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]]
    for index in (1, 1.0, np.int64(1), np.array(1.0)):
        row = autograd.take(table, index)
        assert all(x is y for x, y in zip(row, table[1], strict=True)) and row is not table[1]
        assert autograd.take(table[0], index) is table[0][1]


def test_an_index_that_is_data() -> None:
    """Something flows to the row at the index only."""
    table = [[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)], [Value(5.0), Value(6.0)]]
    index = Value(2.0, "index")
    row = autograd.take(table, index)
    assert [x.data for x in row] == [5.0, 6.0]
    loss = row[0] * row[1]
    loss.backward()
    assert [x.grad for x in table[2]] == [6.0, 5.0]
    assert {x.grad for x in (*table[0], *table[1], index)} == {0.0}
    index.data = 0.0
    with pytest.raises(StaleGraphError, match="index"):
        loss.backward()
    loss.forward()
    assert loss.data == 2.0


def test_a_row_of_computed_numbers_to_any_order() -> None:
    def f(x: Any) -> Any:
        return autograd.take([x**2, x**3, math.inf * x], Value(1.0)) * x

    assert autograd.grad(f)(2.0) == 32.0  # (x⁴)'
    assert autograd.grad(autograd.grad(f))(2.0) == 48.0
    assert autograd.take([0.5, 0.25], Value(1.0)) == 0.25
    rows = autograd.take([[1.0, 2.0], [3.0, 4.0]], np.array([1, 0, -1]))
    np.testing.assert_equal(rows, [[3.0, 1.0, math.nan], [4.0, 2.0, math.nan]])
