"""The order of theta: that of parameters=, else of the module, else of use; programs say which."""

from __future__ import annotations

import pickle
import random
from typing import Any

import pytest

import autograd as ag
import nn
from autograd import Value, compile

from .examples import EXAMPLES, draw

TARGETS = ["numpy", "python"]


@pytest.mark.parametrize(
    "options", [{"target": "numpy"}, {"target": "python"}, {"dtype": "float32"}]
)
@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_the_order_of_parameters(name: str, options: dict[str, Any]) -> None:
    """Any order; the gradient is the same, each slope in its place."""
    example = EXAMPLES[name]()
    plain = compile(example.loss, shapes=example.shapes, **options)
    batch = draw(example, 5)
    value, gradient = plain.value_and_grad(*batch)
    slopes = dict(zip(plain.parameters, gradient.tolist(), strict=True))
    order = plain.parameters
    random.Random(name).shuffle(order)
    program = compile(example.loss, shapes=example.shapes, parameters=order, **options)
    assert program.parameters == order and program.order == "parameters=" and not program.note
    exact = "dtype" not in options
    assert program.theta.tolist() == pytest.approx(
        [w.data for w in order], rel=0 if exact else 1e-6
    )
    again, other = program.value_and_grad(*batch)
    largest = max(map(abs, slopes.values()))
    assert again == pytest.approx(value, rel=1e-13 if exact else 1e-5)
    tolerance = (1e-13 if exact else 1e-5) * largest
    assert other.tolist() == pytest.approx([slopes[w] for w in order], rel=0, abs=tolerance)
    assert program.explain().endswith("\ntheta is in the order of parameters=")


def test_unused_and_repeated_parameters_have_no_place() -> None:
    w, v, u = (Value(float(k)) for k in (1, 2, 3))
    program = compile(lambda x: w * x + v, parameters=[v, u, w, v], shapes=[()])
    assert program.parameters == [v, w] and program.theta.tolist() == [2.0, 1.0]


@pytest.mark.parametrize("target", TARGETS)
def test_the_order_of_the_module(target: str) -> None:
    model = nn.MLP(3, [4, 2], rng=0)
    for f in (model, model.forward):
        program = compile(f, shapes=[(3,)], target=target)
        assert program.parameters == model.parameters() and program.order == "the module"
        assert pickle.loads(pickle.dumps(program)).order == "the module"
    numbers = [0.5, -1.0, 2.0]
    assert program([numbers])[0].tolist() == pytest.approx([y.data for y in model(numbers)])

    class Critic(nn.Module):
        def __init__(self) -> None:
            self.scale, self.model = Value(2.0, "scale"), nn.MLP(3, [2, 1], rng=1)

        def loss(self, x: Any, y: Any) -> Any:
            return (other * self.model(x) * self.scale - y) ** 2

    other, critic = Value(1.0, "other"), Critic()
    both = compile(critic.loss, shapes=[(3,), ()], target=target)
    assert both.parameters == [*critic.parameters(), other] and both.order == "the module"
    chosen = compile(
        critic.loss, shapes=[(3,), ()], target=target, parameters=[other, *critic.parameters()]
    )
    assert chosen.parameters[0] is other and chosen.order == "parameters="


def test_the_weights_of_a_module_are_views_of_theta() -> None:
    model = nn.MLP(8, [6, 4], rng=0)
    source = compile(model, shapes=[(8,)], target="numpy").source
    assert "W1 = theta[0:48].reshape(6, 8)" in source and "b1 = theta[48:54]" in source
    assert "W2 = theta[54:78].reshape(4, 6)" in source and "b2 = theta[78:82]" in source


@pytest.mark.parametrize("target", TARGETS)
def test_the_order_of_use(target: str) -> None:
    late, early = Value(1.0, "late"), Value(2.0, "early")
    program = compile(lambda x: ag.exp(early * x) + late, shapes=[()], target=target)
    assert program.order == "use" and program.parameters == [early, late]
    assert compile(early * 3 + late, target=target).order == "use"
    assert program.explain().endswith("\ntheta is in the order of use")
    assert compile(lambda x: x).order == ""  # not known yet


@pytest.mark.parametrize("target", TARGETS)
def test_an_edit_of_another_value_is_none_of_these(target: str) -> None:
    """No Value was edited since the parameter was made, when the program reads it."""
    other, w = Value(1.0), Value(2.0)
    program = compile(lambda x: w * x, shapes=[()], target=target)
    other.data = 5.0
    assert program.value_and_grad([3.0])[0] == 6.0
    w.data = 4.0
    with pytest.raises(ag.StaleGraphError, match="was edited"):
        program.value_and_grad([3.0])
