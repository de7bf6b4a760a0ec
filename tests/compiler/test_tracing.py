"""What a function may do while it is traced, and what it may give."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import TraceError, Value, compile

W = Value(2.0, "w")


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x.data * W,
        lambda x: (x * W).data * x,
        lambda x: x.detach() * W,
        lambda x: (x * W).detach(),
        lambda x: setattr(x, "data", 1.0) or x * W,
        lambda x: x and W,
        lambda x: [x][x] * W,
        lambda x: sum(x for _ in range(x)),
    ],
)
def test_a_number_that_is_not_there_is_refused(f: Any) -> None:
    """It would be NaN, frozen into the program."""
    with pytest.raises(TraceError, match=r"can't look at a Value's number \(if, .*\.data\)"):
        compile(f, shapes=[()])


def test_walking_back_while_traced() -> None:
    W.grad = None
    with pytest.raises(TraceError, match=r"can't call backward\(\): program\.value_and_grad"):
        compile(lambda x: (x * W).backward() or x * W, shapes=[()])
    assert W.grad is None
    with pytest.raises(TraceError, match=r"can't call backward\(\)"):
        compile(lambda x: (x * W).backward(upstream=2.0), shapes=[()])


def test_randomness_is_found_without_data_too() -> None:
    draw = random.Random(1)
    with pytest.raises(ValueError, match="does not compute the same thing twice"):
        compile(lambda x: W * x * draw.random(), shapes=[()])


def test_gradients_inside_a_function() -> None:
    """The derivative of w·x³ is 3wx²; its square by w is 18wx⁴."""

    def squared_slope(x: Any) -> Any:
        return ag.gradients(W * x**3, [x], create_graph=True)[0] ** 2

    program = compile(squared_slope, shapes=[()], target="numpy")
    value, gradient = program.value_and_grad([1.0, 2.0])
    assert value == pytest.approx((36 + 36 * 16) / 2)
    assert gradient.tolist() == pytest.approx([(36 + 36 * 16) / 2])


def test_a_number_read_from_a_parameter_is_a_number() -> None:
    program = compile(lambda x: W.data * x, shapes=[()])
    assert program.parameters == [] and program([3.0]).tolist() == [6.0]


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (None, "must give a Value or a flat list of Values, got NoneType None"),
        ("s", "flat list of Values, got str 's'"),
        ({"loss": 1.0}, r"flat list of Values, got dict \{'loss': 1\.0\}"),
        (np.zeros(2), "flat list of Values, got ndarray"),
        ([[1.0]], r"flat list of Values, got a list that holds \[1\.0\]"),
        ([None], "flat list of Values, got NoneType None"),
        ([], "gives an empty list; give at least one Value"),
    ],
)
def test_results_that_are_none(result: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        compile(lambda x: result, shapes=[()])


def test_too_few_and_too_many_arguments() -> None:
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'y'"):
        compile(lambda x, y: x * y * W, shapes=[()])
    with pytest.raises(TypeError, match="takes 1 positional argument but 2 were given"):
        compile(lambda x: x * W)([1.0], [2.0])
    program = compile(lambda x, k=3.0: x * W * k)
    assert program([1.0]).tolist() == [6.0]
    with pytest.raises(TypeError, match=r"takes 1 arguments \(x\), got 2"):
        program([1.0], 4.0)
    several = compile(lambda *xs: ag.sum(xs) * W)
    assert several([1.0], [2.0]).tolist() == [6.0]
    assert compile(lambda: W * W).value_and_grad()[0] == 4.0
