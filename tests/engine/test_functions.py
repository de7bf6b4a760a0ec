"""The functions over sequences: values and clear errors."""

from __future__ import annotations

import math

import pytest

import autograd
from autograd import Value


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
        (lambda: autograd.sum([1.0, "a"]), TypeError, "needs a real number, got str 'a'"),
        (lambda: autograd.dot([Value(1.0)], [None]), TypeError, "got NoneType None"),
    ],
)
def test_bad_input_is_named(call: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()  # type: ignore[operator]
