"""Second derivatives where they are hard: vertical tangents, corners, and next to them."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from mpmath import mp, mpf

import autograd
from autograd import Value, grad, gradients, hessian, hypot
from tests.oracle import ulps

inf, nan = math.inf, math.nan
Function = Callable[[Any], Any]


def by_grad(f: Function, at: float) -> float:
    return grad(grad(f))(at)


def by_hessian(f: Function, at: float) -> float:
    return hessian(f)(at)


def by_graph(f: Function, at: float) -> float:
    x = Value(at)
    slope = gradients(f(x), x, create_graph=True)
    return gradients(slope, x)


def by_backward(f: Function, at: float) -> float:
    x = Value(at)
    gradients(f(x), x, create_graph=True).backward()
    assert x.grad is not None
    return x.grad


TANGENTS: list[tuple[str, Function, float, float, float]] = [
    ("sqrt", autograd.sqrt, 0.0, inf, -inf),
    ("x**0.5", lambda x: x**0.5, 0.0, inf, -inf),
    ("cbrt", autograd.cbrt, 0.0, inf, nan),
    ("asin", autograd.asin, 1.0, inf, inf),
    ("asin", autograd.asin, -1.0, inf, -inf),
    ("acos", autograd.acos, 1.0, -inf, -inf),
    ("acos", autograd.acos, -1.0, -inf, inf),
    ("acosh", autograd.acosh, 1.0, inf, -inf),
]


def alike(a: float, b: float) -> bool:
    return a == b or (math.isnan(a) and math.isnan(b))


@pytest.mark.parametrize("way", [by_grad, by_hessian, by_graph, by_backward])
@pytest.mark.parametrize(("name", "f", "at", "first", "second"), TANGENTS)
def test_vertical_tangents(
    name: str,
    f: Function,
    at: float,
    first: float,
    second: float,
    way: Callable[[Function, float], float],
) -> None:
    assert alike(grad(f)(at), first)
    assert alike(way(f, at), second)


def test_a_remainder_is_straight_between_its_jumps() -> None:
    random = Random(1)
    for _ in range(200):
        x, y = random.uniform(-50, 50), random.choice((-1, 1)) * random.uniform(0.1, 7)
        assert hessian(lambda x, y: x % y, argnums=(0, 1))(x, y) == ((0.0, 0.0), (0.0, 0.0))
        assert hessian(lambda y, x=x: x % y)(y) == 0.0


def hypot_curvature(x: float, y: float) -> Any:
    """d² hypot / dx² = y² / (x² + y²)^1.5, to fifty digits."""
    with mp.workdps(50):
        return mpf(y) ** 2 / (mpf(x) ** 2 + mpf(y) ** 2) ** mpf(1.5)


@pytest.mark.parametrize("y", [1e-9, -1e-9, 1e-3, 0.7, 1.0, 30.0, 1e9])
@pytest.mark.parametrize("x", [1.0, -1.0, 0.3, 2.5])
def test_hypot_loses_no_digits_where_one_leg_is_short(x: float, y: float) -> None:
    exact, most = hypot_curvature(x, y), 4 if (x, y) == (1.0, 1e-9) else 8
    assert ulps(hessian(lambda x: hypot(x, y))(x), exact) <= most
    assert ulps(hessian(lambda x: hypot(y, x))(x), exact) <= most
    assert ulps(hessian(hypot, argnums=(0, 1))(x, y)[0][0], exact) <= most


@pytest.mark.parametrize("way", [by_grad, by_hessian, by_graph])
def test_a_circle_squared_has_its_curvature(way: Callable[[Function, float], float]) -> None:
    assert way(lambda x: hypot(x, 3.0) ** 2, 4.0) == pytest.approx(2.0, rel=1e-14)


def test_at_the_origin_the_cone_has_no_curvature() -> None:
    assert grad(hypot, argnums=(0, 1))(0.0, 0.0) == (0.0, 0.0)
    assert all(math.isnan(d) for row in hessian(hypot, (0, 1))(0.0, 0.0) for d in row)


def test_at_the_origin_there_is_no_angle() -> None:
    assert all(map(math.isnan, grad(autograd.atan2, argnums=(0, 1))(0.0, 0.0)))
    rows = hessian(autograd.atan2, (0, 1))(0.0, 0.0)
    assert all(math.isnan(d) for row in rows for d in row)
