"""The printers for board and LaTeX: precedence, names, escapes."""

from __future__ import annotations

import math

import pytest

from autograd import Value, maximum
from autograd.engine import primitives
from autograd.engine.text import Expression
from autograd.reading.notation import Board, board, latex

x, y, z = Expression("x"), Expression("y"), Expression("z")


@pytest.mark.parametrize(
    ("expression", "on_the_board", "in_latex"),
    [
        (x - (y + z), "x - (y + z)", "x - (y + z)"),
        (x * (y + z), "x·(y + z)", r"x \cdot (y + z)"),
        (x / (y * z), "x/(y·z)", r"\frac{x}{y \cdot z}"),
        (x * (y / z), "x·(y/z)", r"x \cdot \frac{y}{z}"),
        (-(x + y), "-(x + y)", "-(x + y)"),
        ((-x) * y, "(-x)·y", r"(-x) \cdot y"),
        (x**2.0, "x²", "{x}^{2}"),
        ((x * y) ** 3.0, "(x·y)³", r"{(x \cdot y)}^{3}"),
        (x ** (y + 1.0), "x^(y + 1)", "{x}^{y + 1}"),
        (x**-1.0, "x^(-1)", "{x}^{-1}"),
        (x + -2.0, "x + (-2)", "x + (-2)"),
        (abs(x - y), "|x - y|", r"\left|x - y\right|"),
        (x % y, "x % y", r"x \bmod y"),
        (primitives.sqrt(x + y), "√(x + y)", r"\sqrt{x + y}"),
        (primitives.exp(-x), "exp(-x)", "e^{-x}"),
        (primitives.sigmoid(x), "σ(x)", r"\sigma\left(x\right)"),
        (primitives.sin(x), "sin(x)", r"\sin\left(x\right)"),
        (
            primitives.softplus(x),
            "softplus(x)",
            r"\mathrm{softplus}\left(x\right)",
        ),
        (primitives.maximum(x, 0.0), "max(x, 0)", r"\max\left(x, 0\right)"),
        (primitives.dot(x, y, z, x, 0.0), "x·z + y·x", r"x \cdot z + y \cdot x"),
        (primitives.dot(x, y, 1.0), "x·y + 1", r"x \cdot y + 1"),
        (primitives.sum(x, -y), "x + (-y)", "x + (-y)"),
        (
            primitives.where(x > 0, y, z),
            "y if x > 0 else z",
            r"\begin{cases} y & \text{if } x > 0 \\ z & \text{else} \end{cases}",
        ),
        (x * 1e-30, "x·1e-30", r"x \cdot (1 \cdot 10^{-30})"),
        (x - math.inf, "x - inf", r"x - \infty"),
        (primitives.branch(x, y, 1.0), "y if x else …", r"y \text{ if } x \text{ else } \dots"),
        (primitives.branch(x, y, 0.0), "… if x else y", r"\dots \text{ if } x \text{ else } y"),
    ],
)
def test_printers(expression: Expression, on_the_board: str, in_latex: str) -> None:
    assert board(expression) == on_the_board
    assert latex(expression) == in_latex


def test_formulas_use_the_names_of_the_board() -> None:
    a, b = Value(2.0, "a long label"), Value(3.0)
    product = a * b
    names = Board([a, b, product], {})
    assert [names.formula(product, k) for k in (0, 1)] == ["v1", "(a long label)"]
    assert names.right_side(product) == "(a long label)·v1"
    assert names.in_numbers(product, (2.0, 3.0)) == "2·3"
    assert names.formula(maximum(a, b), 0) == ""  # "1 for the largest" is no factor
