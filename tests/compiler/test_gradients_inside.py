"""Gradients inside a compiled function: gradient penalties, physics-informed losses."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

import autograd as ag
import nn
from autograd import TraceError, Value, compile

rng = random.Random(0)


def values(*shape: int) -> Any:
    if not shape:
        return Value(rng.gauss(0, 1))
    return [values(*shape[1:]) for _ in range(shape[0])]


A, B, V = values(4), values(4), values(4)
W = values(4, 3)
cube = ag.primitive("cube_inside", lambda x: x * x * x, [lambda x, out: 3 * x * x])


def net(activation: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: ag.dot(V, [activation(a * x + b) for a, b in zip(A, B, strict=True)])


def scores(x: Any) -> list[Any]:
    return [ag.dot(w, x) for w in W]


def critic(x: Any) -> Any:
    return ag.dot(V, [ag.leaky_relu(score) for score in scores(x)])


def squares(xs: Any) -> Any:
    return ag.sum([x * x for x in xs])


def agrees(f: Any, width: int | None) -> None:
    """Value and gradient are the engine's, by every target."""
    source = random.Random(1)
    draw = lambda: [source.gauss(0, 1) for _ in range(width or 1)]  # noqa: E731
    xs: list[Any] = [draw() if width else draw()[0] for _ in range(5)]
    made = [[Value(xi) for xi in x] if width else Value(x) for x in xs]
    mean = ag.sum([f(x) for x in made]) / len(xs)
    for options in ({"target": "numpy"}, {"target": "python"}, {"dtype": "float32"}):
        program = compile(f, **options)  # type: ignore[arg-type]
        value, gradient = program.value_and_grad(xs)
        slopes = ag.gradients(mean, program.parameters)
        tolerance = 2e-3 if "dtype" in options else 1e-11
        assert value == pytest.approx(mean.data, rel=tolerance) and not program.note
        largest = max(map(abs, slopes))
        assert gradient.tolist() == pytest.approx(slopes, rel=0, abs=tolerance * largest)


ACTIVATIONS = ["tanh", "sigmoid", "relu", "softplus", "leaky_relu", "elu", "abs", "exp", "sin"]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_a_physics_informed_loss(name: str) -> None:
    u = net(getattr(ag, name))
    agrees(lambda x: (ag.grad(u)(x) - ag.cos(x)) ** 2, None)  # u' = cos x
    agrees(lambda x: (ag.grad(ag.grad(u))(x) + u(x)) ** 2, None)  # u'' = -u


@pytest.mark.parametrize(
    "f",
    [
        lambda x: (ag.sqrt(squares(ag.grad(critic)(x))) - 1) ** 2,  # Gulrajani et al. 2017
        lambda x: squares(ag.gradients(critic(x), x, create_graph=True)),
        lambda x: squares(ag.gradients(critic(x), V, create_graph=True)),
        lambda x: ag.sum([ag.hessian(lambda z: critic(z) ** 2)(x)[k][k] for k in range(3)]) ** 2,
        lambda x: squares([slope for row in ag.jacobian(scores)(x) for slope in row]),
        lambda x: squares(ag.grad(lambda z: ag.cross_entropy(scores(z), 1))(x)),
        lambda x: squares(ag.grad(lambda z: ag.maximum(*scores(z)))(x)),
        lambda x: squares(ag.grad(lambda z: ag.softmax(scores(z))[0])(x)),
        lambda x: squares(ag.grad(lambda z: cube(critic(z)))(x)),
        lambda x: ag.sum(  # one step of descent inside (Finn et al. 2017)
            (v - 0.1 * g) * xi
            for v, g, xi in zip(V, ag.gradients(critic(x) ** 2, V, create_graph=True), x)  # noqa: B905
        ),
    ],
)
def test_gradients_to_compute_with(f: Any) -> None:
    agrees(f, 3)


def test_a_model_of_the_library() -> None:
    model = nn.MLP(2, [4, 1], activation="tanh", rng=0)
    agrees(lambda x: squares(ag.grad(lambda z: model(z))(x)), 2)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: ag.gradients(V[0] * x, [x])[0] * x,
        lambda x: ag.gradients(V[0] * x * x, [V[0]])[0],
        lambda x: ag.grad(lambda t: t * t)(3.0) * V[0] * x,
    ],
)
def test_gradients_that_are_numbers_are_refused(f: Any) -> None:
    """They would be NaN, frozen into the program."""
    with pytest.raises(TraceError, match=r"gradients\(y, xs, create_graph=True\)"):
        compile(f, shapes=[()])
