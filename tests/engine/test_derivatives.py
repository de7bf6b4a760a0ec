"""grad, gradients, value_and_grad, jacobian, hessian."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import (
    Value,
    check_gradients,
    cross_entropy,
    exp,
    grad,
    gradients,
    hessian,
    jacobian,
    log,
    relu,
    sin,
    tanh,
    value_and_grad,
)
from autograd.checking import exact


def test_grad_to_any_order() -> None:
    f = sin
    expected = [math.sin, math.cos, lambda x: -math.sin(x), lambda x: -math.cos(x), math.sin]
    for function in expected:
        assert f(0.7) == pytest.approx(function(0.7), rel=1e-14)
        f = grad(f)


def test_grad_of_nested_arguments_keeps_their_shape() -> None:
    def f(weights: list[list[float]], bias: tuple[float, float]) -> Value:
        return weights[0][0] * weights[0][1] + weights[1][0] ** 2 * bias[1]

    assert grad(f)([[2.0, 3.0], [4.0]], (0.0, 5.0)) == [[3.0, 2.0], [40.0]]
    assert grad(f, argnums=(1, 0))([[2.0, 3.0], [4.0]], (0.0, 5.0)) == (
        (0.0, 16.0),
        [[3.0, 2.0], [40.0]],
    )
    assert grad(lambda x: x[0] * x[1])(np.array([2.0, 3.0])) == [3.0, 2.0]
    assert grad(lambda x, y: x * y, argnums=-1)(3.0, 4.0) == 3.0


def test_value_and_grad() -> None:
    assert value_and_grad(lambda x, y: x * y, argnums=(0, 1))(3.0, 4.0) == (12.0, (4.0, 3.0))
    assert value_and_grad(lambda x: 5.0)(3.0) == (5.0, 0.0)


def test_nested_differentiation_does_not_confuse_its_variables() -> None:
    assert grad(lambda x: x * grad(lambda y: x * y)(2.0))(3.0) == 6.0
    assert grad(lambda x: grad(lambda y: x * y)(x))(3.0) == 1.0
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(1.0) == 1.0
    assert grad(lambda x: x * grad(lambda y: y * y)(2.0))(3.0) == 4.0
    assert type(grad(lambda x: Value(5.0) * x)(2.0)) is float


def test_a_gradient_inside_a_loss_is_differentiated_by_whatever_it_depends_on() -> None:
    def loss(w: Any) -> Any:
        return (grad(lambda t: tanh(w * t))(1.0) - 0.3) ** 2 + tanh(w) ** 2

    w = Value(0.5)
    loss(w).backward()
    assert w.grad == pytest.approx(grad(loss)(0.5), rel=1e-14)
    assert type(grad(loss)(0.5)) is float
    check_gradients(loss, 0.5)
    slope = grad(lambda x: w * w * x)(2.0)  # a Value: a float would have lost w
    assert gradients(slope, w) == 1.0


def test_jacobian_and_hessian() -> None:
    assert jacobian(lambda v: [v[0] * v[1], v[0] + v[1], 7.0])([2.0, 3.0]) == [
        [3.0, 2.0],
        [1.0, 1.0],
        [0.0, 0.0],
    ]
    assert jacobian(lambda x: [relu(xi) for xi in x])([1.0, -1.0, 2.0]) == [
        [1.0, 0.0, 0.0],
        [0.0, 0.0, 0.0],
        [0.0, 0.0, 1.0],
    ]
    assert jacobian(lambda x, y: x * y, argnums=(0, 1))(2.0, 3.0) == (3.0, 2.0)
    assert hessian(lambda v: exp(v[0]) * v[1] ** 2)([0.0, 3.0]) == [[9.0, 6.0], [6.0, 2.0]]
    third = jacobian(hessian(lambda v: v[0] ** 3 * v[1]))([2.0, 5.0])
    assert third == [[[30.0, 12.0], [12.0, 0.0]], [[12.0, 0.0], [0.0, 0.0]]]
    blocks = hessian(lambda x, v: x**2 * v[0] * v[1], argnums=(0, 1))(2.0, [3.0, 5.0])
    assert blocks == ((30.0, [20.0, 12.0]), [(20.0, [0.0, 4.0]), (12.0, [4.0, 0.0])])


def test_hessian_of_softmax_regression_is_the_textbook_matrix() -> None:
    logits = [0.3, -1.0, 2.0]
    p = autograd.softmax(logits)
    matrix = hessian(lambda z: cross_entropy(z, 1))(logits)
    for i in range(3):
        for j in range(3):
            assert matrix[i][j] == pytest.approx((p[i] if i == j else 0) - p[i] * p[j], rel=1e-13)


def test_gradients_leave_grad_alone_and_reach_inner_nodes() -> None:
    x = Value(2.0)
    q = x * 3
    y = q * q
    assert gradients(y, [x, q, Value(1.0)]) == [36.0, 12.0, 0.0]
    assert x.grad is None and q.grad is None
    assert gradients(y, {"x": x}["x"]) == 36.0
    (first,) = gradients(y, [x], create_graph=True)
    assert first.data == 36.0 and gradients(first, x) == 18.0
    assert gradients(x * 2, x, create_graph=True).data == 2.0
    three = (x * 3).operands[1]
    assert gradients(x * 3, three) == 0.0
    with pytest.raises(TypeError, match=r"the output must be a Value, got 3\.0"):
        gradients(3.0, x)
    with pytest.raises(TypeError, match="the inputs must be Values, got 'x'"):
        gradients(y, ["x"])


def test_bad_calls_are_named() -> None:
    with pytest.raises(TypeError, match="gives 2 results, not one number: use jacobian"):
        grad(lambda x: [x, x])(1.0)
    with pytest.raises(TypeError, match="argnums names argument 2, but the function got 1"):
        grad(lambda x: x, argnums=2)(1.0)
    with pytest.raises(TypeError, match="argnums must be an int"):
        grad(lambda x: x, argnums="x")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"argnums must be an int or several, got 1\.0"):
        grad(lambda x: x, argnums=1.0)  # type: ignore[arg-type]
    for differentiate in (grad, value_and_grad, jacobian, hessian):
        with pytest.raises(TypeError, match=r"only a function can be differentiated, got 3\.0"):
            differentiate(3.0)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match=r"for a Value, call its backward\(\)"):
            differentiate(Value(3.0))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="needs a real number, got str 'a'"):
        grad(exp)("a")
    with pytest.raises(TypeError, match="needs a real number, got NoneType"):
        grad(lambda x: None)(1.0)
    with pytest.raises(ValueError, match="logarithm"):
        grad(log)(-1.0)


def test_a_gradient_after_an_exception_is_right_again() -> None:
    with pytest.raises(ZeroDivisionError):
        grad(lambda x: grad(lambda y: 1 / (y - y))(x))(1.0)
    assert grad(grad(lambda x: x**3))(2.0) == 12.0


@pytest.mark.parametrize("x", [1e-17, 1e-12, 1e-5, 0.3, 0.7, 0.72, 0.99, -0.9999999])
@pytest.mark.parametrize("name", ["asin", "acos", "atanh"])
def test_second_derivatives_of_inverse_functions(name: str, x: float) -> None:
    expected = exact.derivative(exact.functions()[name], [x], 0, 0)
    assert grad(grad(getattr(autograd, name)))(x) == pytest.approx(float(expected), rel=1e-15)
