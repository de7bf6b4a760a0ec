"""The straight line: equal nodes once, gradients added up, slopes without a call."""

from __future__ import annotations

from typing import Any

import pytest

import autograd as ag
from autograd import Value, compile, tanh, where


def same_as_eager(f: Any, x: float) -> Any:
    program = compile(f, shapes=[()], target="python")
    value, gradient = program.value_and_grad([x])
    loss = f(Value(x))
    assert value == pytest.approx(loss.data, rel=1e-14)
    expected = ag.gradients(loss, program.parameters)
    assert gradient.tolist() == pytest.approx(expected, rel=1e-13)
    return program


def recurrence(steps: int) -> Any:
    w, u, b = Value(0.5), Value(0.3), Value(0.1)

    def f(x: Any) -> Any:
        h = x
        for _ in range(steps):
            h = tanh(w * h + u * x + b)
        return h

    return f


def test_what_does_not_change_is_computed_once() -> None:
    source = same_as_eager(recurrence(50), 0.3).source
    assert source.count("v1 * v3") == 1
    assert source.count("sech2(") == 50


@pytest.mark.parametrize("x", [0.3, 5.0, 400.0, -800.0])
def test_slopes_where_the_textbook_formula_cancels(x: float) -> None:
    w = Value(1.0)
    same_as_eager(lambda x: tanh(w * x), x)
    same_as_eager(lambda x: ag.sigmoid(w * x), x)


def test_a_gradient_of_many_terms_is_added_up_in_lines_of_twenty() -> None:
    w = Value(0.7)
    powers = [ag.exp, ag.sin, ag.cos, tanh, ag.relu]

    def f(x: Any) -> Any:
        return ag.sum([powers[k % 5](w * (x + k)) for k in range(45)])

    source = same_as_eager(f, 0.1).source
    slope = source.rpartition("[")[2].strip("]\n")
    lines = [line for line in source.splitlines() if line.strip().startswith(f"{slope} ")]
    assert [line.split()[1] for line in lines] == ["=", "+=", "+="]


def test_a_branch_adds_to_what_has_arrived() -> None:
    w, v = Value(0.7), Value(0.2)

    def f(x: Any) -> Any:
        chosen = where(x, w * ag.log(x + 1), v * x)
        return chosen * w + w * 3 + ag.maximum(w, v, x) * w

    for x in (0.5, 0.0, -0.25):
        same_as_eager(f, x)
