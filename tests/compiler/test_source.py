"""Small things in emitted sources that a reader would stumble over."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Value, compile
from autograd.engine.gate import registry

W = [[Value(0.1 * i + 0.2 * j - 0.3) for j in range(3)] for i in range(4)]
B = [Value(0.3 * i) for i in range(4)]
V = [Value(0.5), Value(0.2), Value(-0.1)]


def lines(f: Any, **options: Any) -> list[str]:
    return [line.strip() for line in compile(f, target="numpy", **options).source.splitlines()]


def test_a_gradient_that_goes_to_g_and_on_is_computed_once() -> None:
    loss = 100 * ag.sum([(ag.dot(row, V, b)) ** 2 for row, b in zip(W, B, strict=True)])
    source = lines(loss)
    assert "dZ1 = 200 * Z1" in source and "db1[:] = dZ1" in source
    assert sum("200" in line for line in source) == 1


def test_an_equality_stands_in_parentheses() -> None:
    source = lines(lambda x: ag.maximum([ag.dot(row, x) for row in W]), shapes=[(3,)])
    assert "T2 = (Z1 == T1)" in source


def test_a_gradient_that_arrives_twice_is_doubled() -> None:
    def f(x: Any) -> Any:
        z = ag.dot(V, x)
        return z * z * z + ag.tanh(z) + z * z

    source = "\n".join(lines(f, shapes=[(3,)]))
    assert "dZ1 + dZ1" not in source and "T2 + T2" not in source


@pytest.mark.parametrize(("v", "text"), [(0.5, "!= 0, "), (0.0, "== 0, ")])
def test_a_branch_of_a_graph(v: float, text: str) -> None:
    condition = Value(v)
    y = ag.where(condition, lambda: condition * V[1], lambda: V[1])
    source = "\n".join(lines(y))
    assert f"{text}" in source and "== 1" not in source
    assert compile(y).value_and_grad()[0] == y.data


def test_sums_and_constants_are_not_reshaped() -> None:
    table = [[Value(0.1 * i + 0.2 * j) for j in range(6)] for i in range(7)]
    row = [Value(0.1 * j) for j in range(6)]

    def f(x: Any) -> Any:
        return ag.sum(
            [ag.relu(a * b + x) for wide in table for a, b in zip(wide, row, strict=True)]
        )

    source = "\n".join(lines(f, shapes=[()]))
    assert "reshape(42)" not in source and "(B, 42)" not in source
    assert ").reshape(7, 6)" not in source.replace("].reshape(7, 6)", "")


def test_the_formula_of_a_gate_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(registry, "swish_1", raising=False)
    swish = ag.primitive(
        "swish_1",
        lambda x: x / (1 + math.exp(-x)),
        [lambda x, out: ag.sigmoid(x) * (1 + x * (1 - ag.sigmoid(x)))],
        formula=lambda x: x * ag.sigmoid(x),
    )
    w, points = Value(0.5), np.array([-2.0, 0.0, 3.0])
    program = compile(lambda x: swish(w * x), target="numpy")
    value, gradient = program.value_and_grad(points)
    assert "swish" not in program.source
    outputs = [swish(w * x) for x in points.tolist()]
    total = ag.sum(outputs) / 3
    total.backward()
    assert value == pytest.approx(total.data)
    assert gradient == pytest.approx([w.grad])
    assert swish(0.5 * points) == pytest.approx([output.data for output in outputs])
