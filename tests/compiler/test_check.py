"""The check before use: which samples it takes, and what it says where there is none."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest

import autograd as ag
from autograd import Value, compile

W = Value(2.0, "w")


@pytest.mark.parametrize(
    ("f", "xs"),
    [
        (lambda x, r: ag.sqrt(W * x) * r(), [0, 0, 0, 1, 2, 3]),  # the slope of √ at 0 is infinite
        (lambda x, r: ag.sqrt(W * x) + r(), [0, 0, 0, 0]),  # values alone
        (lambda x, r: W * x * r(), [0, 0, 0, 0, 0, 1]),  # 0 times anything is 0
        (lambda x, r: ag.exp(W * x) * r(), [500.0, 400.0, 999.0, 1.0]),
    ],
)
@pytest.mark.parametrize("target", ["numpy", "python"])
def test_samples_that_tell_something_are_searched(f: Any, xs: list[float], target: str) -> None:
    draw = random.Random(1)
    with pytest.raises(ValueError, match="does not compute the same thing twice"):
        compile(lambda x: f(x, draw.random), target=target)(xs)


def test_a_wrong_program_is_found_where_only_values_are_finite(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ag.engine.primitives.sqrt, "numpy", "cbrt")
    with pytest.raises(RuntimeError, match="disagrees with the scalar graph: value"):
        compile(lambda x: ag.sqrt(W * x) + ag.sqrt(x + 4), target="numpy")([0.0, 0.0])


def test_nothing_could_be_checked() -> None:
    program = compile(lambda x: ag.exp(W * x), target="numpy")
    assert program([1000.0]).tolist() == [math.inf]
    assert program.note == "not checked against the scalar graph: no sample has a finite value"
    assert program([1.0]).tolist() == [pytest.approx(math.exp(2))] and not program.note
    draw = random.Random(1)
    late = compile(lambda x: ag.exp(W * x * draw.random()), target="numpy")
    late([10000.0])
    with pytest.raises(ValueError, match="does not compute the same thing twice"):
        late([1.0])
