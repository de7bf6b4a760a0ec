"""Nothing flows where a gate is flat or did not choose: not even inf × 0, which is no number."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

import autograd
from autograd import (
    Value,
    ceil,
    elu,
    floor,
    grad,
    gradients,
    leaky_relu,
    maximum,
    minimum,
    relu,
    sign,
    sqrt,
    step,
    where,
)

Function = Callable[[Any], Any]


def eager(f: Function, at: float) -> float:
    x = Value(at)
    f(x).backward()
    assert x.grad is not None
    return x.grad


def functional(f: Function, at: float) -> float:
    x = Value(at)
    return gradients(f(x), x)


def graph(f: Function, at: float) -> float:
    x = Value(at)
    return gradients(f(x), x, create_graph=True).data


WAYS = [eager, functional, graph]

FLAT: dict[str, tuple[Function, float]] = {
    "√relu": (lambda x: sqrt(relu(x)), -1.0),
    "√leaky relu": (lambda x: sqrt(leaky_relu(x, 0.0)), -1.0),
    "√max": (lambda x: sqrt(maximum(x, 0.0)), -1.0),
    "√max of three": (lambda x: sqrt(maximum(x, 0.0, x - 1)), -1.0),
    "1 - √min": (lambda x: 1 - sqrt(minimum(x, 0.0)), 1.0),
    "√⌊x⌋": (lambda x: sqrt(floor(x)), 0.5),
    "√⌈x⌉": (lambda x: sqrt(ceil(x)), -0.5),
    "√|sign - 1|": (lambda x: sqrt(abs(sign(x) - 1)), 2.0),
    "√(1 - sign)": (lambda x: sqrt(1 - sign(x)), 2.0),
    "√step": (lambda x: sqrt(step(x)), -1.0),
    "∛relu": (lambda x: autograd.cbrt(relu(x)), -1.0),
    "asin of max": (lambda x: autograd.asin(maximum(x, 1.0)), 0.5),
    "relu of √": (lambda x: relu(sqrt(x)), 0.0),
    "√relu twice": (lambda x: sqrt(relu(relu(x))) + sqrt(relu(x)) * 2, -1.0),
    "where": (lambda x: where(x > 0, lambda: sqrt(x), lambda: sqrt(relu(x))), -1.0),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", FLAT)
def test_nothing_flows_through(name: str, way: Callable[[Function, float], float]) -> None:
    f, at = FLAT[name]
    found = way(f, at)
    assert found == 0.0 and math.copysign(1.0, found) == 1.0


@pytest.mark.parametrize("name", ["√relu", "√max", "1 - √min", "√⌊x⌋", "√step"])
def test_nor_the_second_time(name: str) -> None:
    f, at = FLAT[name]
    assert grad(grad(f))(at) == 0.0


@pytest.mark.parametrize("way", WAYS)
def test_what_was_chosen_still_gets_it_all(way: Callable[[Function, float], float]) -> None:
    assert way(lambda x: sqrt(maximum(x, -1.0)), 0.0) == math.inf
    assert way(lambda x: sqrt(minimum(x, 1.0)), 0.0) == math.inf
    assert way(lambda x: sqrt(relu(x)), 4.0) == 0.25
    assert way(lambda x: sqrt(leaky_relu(x, 0.5)), 4.0) == 0.25


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "f",
    [
        relu,
        leaky_relu,
        elu,
        floor,
        ceil,
        sign,
        step,
        autograd.abs,
        lambda x: maximum(x, 1.0),
        lambda x: maximum(1.0, x),
        lambda x: minimum(x, 1.0),
        lambda x: maximum([0.0, x, 2.0]),
    ],
)
def test_at_nan_the_slope_is_nan(f: Function, way: Callable[[Function, float], float]) -> None:
    assert math.isnan(f(Value(math.nan)).data)
    assert math.isnan(way(f, math.nan))


def test_a_leaf_that_nothing_reached_has_the_gradient_zero() -> None:
    cases: list[tuple[Callable[[Value, Value], Value], float, float]] = [
        (lambda x, y: where(x > 0, x, y), 1.0, 0.0),
        (lambda x, y: where(x < 0, x, y), 0.0, 1.0),
        (lambda x, y: where(True, x, y), 1.0, 0.0),
        (lambda x, y: maximum(x, y), 0.0, 1.0),
        (lambda x, y: minimum(x, y), 1.0, 0.0),
        (lambda x, y: x + relu(-y), 1.0, 0.0),
        (lambda x, y: x + floor(y), 1.0, 0.0),
        (lambda x, y: x + sqrt(relu(-y)), 1.0, 0.0),
    ]
    for f, by_x, by_y in cases:
        x, y = Value(1.0), Value(2.0)
        f(x, y).backward()
        assert (x.grad, y.grad) == (by_x, by_y)
        assert gradients(f(x, y), [x, y]) == [by_x, by_y]
        assert [each.data for each in gradients(f(x, y), [x, y], create_graph=True)] == [by_x, by_y]


def test_a_gradient_that_was_there_stays_where_nothing_arrives() -> None:
    x, y = Value(1.0), Value(2.0)
    y.grad = 5.0
    maximum(x * 9, sqrt(relu(-y))).backward()
    assert (x.grad, y.grad) == (9.0, 5.0)
