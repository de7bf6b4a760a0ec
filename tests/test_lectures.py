"""The numbers of the lecture notes: rows L1 to L7 and L9."""

from __future__ import annotations

import math
import random

import pytest

from autograd import Value, exp, gradients, jacobian, maximum, relu


def test_l1_x_plus_y_times_z() -> None:
    x, y, z = Value(-2.0), Value(5.0), Value(-4.0)
    q = x + y
    f = q * z
    f.backward()
    assert (q.data, f.data) == (3.0, -12.0)
    assert (q.grad, z.grad, x.grad, y.grad) == (-4.0, 3.0, -4.0, -4.0)


def test_l2_three_times_a_plus_bc() -> None:
    a, b, c = Value(5.0), Value(3.0), Value(2.0)
    u = b * c
    v = a + u
    j = 3 * v
    j.backward()
    assert (u.data, v.data, j.data) == (6.0, 11.0, 33.0)
    assert (v.grad, u.grad, a.grad, b.grad, c.grad) == (3.0, 3.0, 3.0, 6.0, 9.0)


@pytest.mark.parametrize(("x", "y"), [(1.5, 2.0), (-0.7, 3.0), (2.0, -0.25)])
def test_l3_sum_of_squares(x: float, y: float) -> None:
    a, b = Value(x), Value(y)
    u, v = a * b, a / b
    (u**2 + v**2).backward()
    assert a.grad == pytest.approx(2 * x * y**2 + 2 * x / y**2, rel=1e-14)
    assert b.grad == pytest.approx(2 * x**2 * y - 2 * x**2 / y**3, rel=1e-14)


def test_l4_two_paths_add() -> None:
    t = Value(1.3)
    g, h = t * t, exp(t)
    z = g * h
    z.backward()
    by_g, by_h = h.data * 2 * t.data, g.data * math.exp(t.data)
    assert t.grad == pytest.approx(by_g + by_h, rel=1e-15)
    assert t.grad == pytest.approx((2 * 1.3 + 1.3**2) * math.exp(1.3), rel=1e-15)


def test_l5_the_four_gates() -> None:
    x, y = Value(3.0), Value(-4.0)
    assert gradients(2 * (x + y), [x, y]) == [2.0, 2.0]  # add distributes
    assert gradients(2 * (x * y), [x, y]) == [-8.0, 6.0]  # mul swaps
    assert gradients(2 * x + 5 * x, x) == 7.0  # copy adds
    assert gradients(2 * maximum(x, y), [x, y]) == [2.0, 0.0]  # max routes


def test_l7_squared_norm_of_a_matrix_product() -> None:
    n, generator = 3, random.Random(0)
    w = [[Value(generator.uniform(-1, 1)) for _ in range(n)] for _ in range(n)]
    x = [Value(generator.uniform(-1, 1)) for _ in range(n)]
    g = [sum(wi * xi for wi, xi in zip(row, x, strict=True)) for row in w]
    f = sum(gk**2 for gk in g)
    f.backward()
    for k in range(n):
        assert g[k].grad == pytest.approx(2 * g[k].data, rel=1e-14)
        for i in range(n):
            assert w[k][i].grad == pytest.approx(2 * g[k].data * x[i].data, rel=1e-14)
    for i in range(n):
        expected = sum(2 * g[k].data * w[k][i].data for k in range(n))
        assert x[i].grad == pytest.approx(expected, rel=1e-13)


def test_l9_the_jacobian_of_an_elementwise_function_is_diagonal() -> None:
    point = [1.0, -2.0, 0.5]
    assert jacobian(lambda xs: [relu(x) for x in xs])(point) == [
        [float(i == j and point[i] > 0) for j in range(3)] for i in range(3)
    ]
