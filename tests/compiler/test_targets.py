"""The two targets give the same, and say the same where they can't."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Value, compile

TARGETS = ["numpy", "python"]
W = Value(2.0, "w")


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    ("f", "shape"),
    [(lambda x: W * x, (0,)), (lambda x: [W * x, x, 1.0], (0, 3)), (lambda x: 3.0, (0,))],
)
def test_no_samples_have_the_shape_of_many(target: str, f: Any, shape: tuple[int, ...]) -> None:
    program = compile(f, shapes=[()], target=target)
    assert program([]).shape == shape
    assert program([1.0, 2.0]).shape == (2, *shape[1:])


@pytest.mark.parametrize("target", TARGETS)
def test_no_samples_have_the_sum_0(target: str) -> None:
    program = compile(lambda x: W * x, reduction="sum", target=target)
    value, gradient = program.value_and_grad([])  # even in the first call
    assert (value, gradient.tolist()) == (0.0, [0.0])


@pytest.mark.parametrize("target", TARGETS)
def test_results_that_depend_on_nothing(target: str) -> None:
    constant = compile(lambda x: 3.0, target=target)
    assert constant([1.0, 2.0]).tolist() == [3.0, 3.0]
    value, gradient = constant.value_and_grad([1.0, 2.0])
    assert (value, gradient.tolist()) == (3.0, [])
    parameter = compile(lambda x: W, target=target)
    assert parameter([1.0, 2.0]).tolist() == [2.0, 2.0]
    value, gradient = parameter.value_and_grad([1.0, 2.0])
    assert (value, gradient.tolist()) == (2.0, [1.0])
    numbers = compile(lambda x: [1, 2.5], target=target)
    assert numbers([0.0, 0.0]).tolist() == [[1.0, 2.5], [1.0, 2.5]]


@pytest.mark.parametrize("target", TARGETS)
def test_setting_theta(target: str) -> None:
    program = compile(lambda x: (W * x) ** 2, shapes=[()], target=target)
    own = program.theta
    program.theta = [5]
    assert own.tolist() == [5.0] and program([1.0]).tolist() == [25.0]
    with pytest.raises(ValueError, match=r"theta must have the shape \(1,\), got \(2,\)"):
        program.theta = [1.0, 2.0]
    assert own.tolist() == [5.0]


@pytest.mark.parametrize("target", TARGETS)
def test_a_loss_that_is_not_finite(target: str) -> None:
    program = compile(lambda x, y: ag.exp(W * x) * y, shapes=[(), ()], target=target)
    with pytest.raises(FloatingPointError, match=r"the loss is nan, because [xX] holds nan"):
        program.value_and_grad([0.0, math.nan], [1.0, 1.0])
    with pytest.raises(FloatingPointError, match="the loss is nan, because theta holds nan"):
        program.value_and_grad([0.0], [1.0], theta=[math.nan])
    with pytest.raises(FloatingPointError, match=r"(?s)the loss is inf; the first line .* = .*exp"):
        program.value_and_grad([0.0, 1000.0], [1.0, 1.0])
    assert program([0.0, math.nan], [1.0, 1.0]).tolist() == pytest.approx(
        [1, math.nan], nan_ok=True
    )


def test_the_straight_line_names_the_line_outside_its_domain() -> None:
    program = compile(lambda x: ag.log(W * x), shapes=[()], target="python")
    message = r"(?s)the logarithm needs a number above 0, in the line\n    v\d = log\(v\d\)"
    with pytest.raises(ValueError, match=message):
        program([1.0, -1.0])
    with pytest.raises(ValueError, match=message):
        program.value_and_grad([1.0, -1.0])
    graph = compile(1 / Value(2.0, "x"))
    with pytest.raises(ZeroDivisionError, match=r"in the line\n    v\d = .* / v\d"):
        graph.value_and_grad(theta=[0.0])
    with pytest.raises(ZeroDivisionError, match="in the line"):
        graph(theta=[0.0])


def test_numbers_too_large_for_float32() -> None:
    program = compile(lambda x: ag.exp(W * x), dtype="float32", target="numpy")
    with pytest.raises(FloatingPointError, match="the loss is inf; the first line"):
        program.value_and_grad([100.0])  # exp(200) is 7e86
    assert program.value_and_grad([1.0])[0] == pytest.approx(math.exp(2), rel=1e-6)
    narrow = compile(lambda x: ag.exp(W * x) / (1 + ag.exp(W * x)), dtype="float32", target="numpy")
    with pytest.raises(RuntimeError, match=r'does float32 suffice\? dtype="float64" is exact'):
        narrow.value_and_grad([100.0])


def test_samples_of_unlike_lengths() -> None:
    program = compile(lambda x: ag.dot(x, x) * W, shapes=[2])
    with pytest.raises(ValueError, match="x: the samples differ in length"):
        program([[1.0, 2.0], [1.0]])


def test_arguments_of_many_kinds() -> None:
    program = compile(lambda x: W * x, shapes=[()])
    for batch in ([1, 2], (1.0, 2.0), np.array([1, 2], dtype=np.uint8), [np.float32(1), 2]):
        assert program(batch).tolist() == [2.0, 4.0]
    assert program([True, False]).tolist() == [2.0, 0.0]
    for wrong in (["a"], [None], [1j], [Value(1.0)], None, (k for k in [1.0])):
        with pytest.raises(TypeError, match="x must hold real numbers"):
            program(wrong)
