"""Samples of the wrong shape: the error names the argument and what was expected."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd as ag
import nn
from autograd import Value, compile

W, B = Value(2.0, "w"), Value(1.0, "b")


def line(x: Any, y: Any) -> Any:
    return (W * x + B - y) ** 2


def plane(x: Any, y: Any) -> Any:
    return (W * x[0] + B * x[1] - y) ** 2


MODEL = nn.MLP(2, [3, 1], rng=0)
SCORES = nn.MLP(2, [3, 4], rng=0)


@pytest.mark.parametrize(
    ("f", "shapes", "message"),
    [
        (line, [(), (1,)], r"^y: one sample has shape \(1,\), a number was expected$"),
        (line, [(1,), ()], r"^x: one sample has shape \(1,\), a number was expected$"),
        (line, [(3,), ()], r"^x: one sample has shape \(3,\), a number was expected$"),
        (line, [(1,), (1,)], r"^x: .* a number was expected; y: .* a number was expected$"),
        (plane, [(2,), (1,)], r"^y: one sample has shape \(1,\), a number was expected$"),
        (plane, [(2, 1), ()], r"^x: one sample has shape \(2, 1\), \(2,\) was expected$"),
        (plane, [(2, 1), (1, 1)], r"^x: .* \(2,\) was expected; y: .* a number was expected$"),
        (plane, [(), ()], r"^x: one sample is a number, a list was expected$"),
        (lambda x, y: ag.tanh(x) * W - y, [(), (1,)], r"^y: one sample has shape \(1,\), a number"),
        (lambda x, y: ag.tanh(x) * W - y, [(1,), ()], r"^x: one sample has shape \(1,\), a number"),
        (lambda x, y: ag.cross_entropy(SCORES(x), y), [(), ()], "^x: .* a list was expected"),
        (lambda x, y: sum((W * xi for xi in x), -y), [(), ()], "^x: .* a list was expected"),
    ],
)
def test_a_sample_of_the_wrong_shape(f: Any, shapes: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message) as raised:
        compile(f, shapes=shapes)
    assert isinstance(raised.value.__cause__, TypeError)  # Python's own
    with pytest.raises(TypeError, match=message):
        compile(f).value_and_grad(*(np.ones((4, *shape)) for shape in shapes))


def test_other_mistakes_stay_as_they_are() -> None:
    with pytest.raises(TypeError, match="an operand is 'a'"):
        compile(lambda x: W + "a", shapes=[(1,)])
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        compile(line, shapes=[(1,)])
    with pytest.raises(IndexError, match="out of range"):
        compile(plane, shapes=[(1,), ()])
