"""The text reading prints what Python computes."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd.engine import primitives as p
from autograd.engine.text import Expression, number, python


@st.composite
def pairs(draw: st.DrawFn, depth: int = 4) -> tuple[Expression | float, float]:
    """An expression over x = 1.75 and y = -0.5, and its value."""
    if depth == 0 or draw(st.booleans()):
        leaf = draw(st.sampled_from(["x", "y", 3.0, -2.5]))
        values = {"x": 1.75, "y": -0.5}
        return (Expression(leaf), values[leaf]) if isinstance(leaf, str) else (leaf, leaf)
    a, u = draw(pairs(depth - 1))
    b, v = draw(pairs(depth - 1))
    return draw(
        st.sampled_from(
            [
                (a + b, u + v),
                (a - b, u - v),
                (a * b, u * v),
                (-a, -u),
                (a / (b * b + 1), u / (v * v + 1)),
                (p.tanh(a) * b, math.tanh(u) * v),
                (p.where(p.step(a) > 0, a, b), u if u > 0 else v),
            ]
        )
    )


@given(pairs())
def test_printed_source_evaluates_to_the_same_number(pair: tuple[object, float]) -> None:
    expression, expected = pair
    names = {"x": 1.75, "y": -0.5, "tanh": math.tanh, "step": p.step.value}
    got = eval(python(expression), names)
    assert got == expected


def test_numbers_and_truth() -> None:
    assert number(1e22) == "1e+22" and number(0.1) == "0.1" and number(-2.0) == "-2"
    assert number(math.inf) == "inf" and number(math.nan) == "nan"
    with pytest.raises(TypeError, match="use where"):
        bool(Expression("x") > 1)
    assert str(abs(Expression("x")) % 2) == "abs(x) % 2"
