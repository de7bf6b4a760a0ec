"""The printers for board and LaTeX: precedence, names, escapes."""

from __future__ import annotations

import math

import pytest

from autograd import Value, maximum, primitives
from autograd.notation import Board, LatexNames, board, latex, latex_formula, latex_name
from autograd.text import Expression

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


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x", "x"),
        ("w_3", "w_{3}"),
        ("w1[2][3]", "w_{1,2,3}"),
        ("loss", r"\mathrm{loss}"),
        ("a_b", r"\mathrm{a\_b}"),
        ("x_", r"\mathrm{x\_}"),
        ("loss_", r"\mathrm{loss\_}"),
        ("loss_2", r"\mathrm{loss}_{2}"),
        ("w#2", r"\mathrm{w\#2}"),
        ("\\input{x}", r"\mathrm{\backslash input\{x\}}"),
        ("$x^2$ & <b>\n", r"\mathrm{\$x\wedge 2\$\ \&\ \lt b\gt \ }"),
    ],
)
def test_names_in_latex(name: str, text: str) -> None:
    assert latex_name(name) == text


def test_formulas_use_the_names_of_the_board() -> None:
    a, b = Value(2.0, "a long label"), Value(3.0)
    product = a * b
    names = Board([a, b, product], {})
    assert [names.formula(product, k) for k in (0, 1)] == ["v1", "(a long label)"]
    assert names.right_side(product) == "(a long label)·v1"
    assert names.in_numbers(product, (2.0, 3.0)) == "2·3"
    assert names.formula(maximum(a, b), 0) == ""  # "1 for the largest" is no factor


def test_no_two_names_are_alike_in_latex() -> None:
    spellings = ["x1", "x_1", "x[1]", "x_", "x", "loss_", "loss", "x_1[2]", "x1[2]", "x[1][2]"]
    for names in (spellings, spellings[::-1]):
        write = LatexNames()
        assert len({write(name) for name in names}) == len(names)
        assert [write(name) for name in names] == [write(name) for name in names]


@pytest.mark.parametrize(
    ("formula", "in_latex"),
    [
        ("Ξ0Ξ·Ξ1Ξ", r"a \cdot b"),
        ("3·Ξ0Ξ²", r"3 \cdot a^{2}"),
        ("Ξ1Ξ·Ξ0Ξ^(Ξ1Ξ-1)", r"b \cdot a^{b-1}"),
        ("(-1)·Ξ0Ξ^-2", r"(-1) \cdot a^{-2}"),
        ("e^Ξ0Ξ", "e^{a}"),
        ("2/√π·e^(-Ξ0Ξ²)", r"2/\sqrt{\pi } \cdot e^{-a^{2}}"),
        ("1/(3·∛Ξ0Ξ²)", r"1/(3 \cdot \sqrt[3]{a^{2}})"),
        ("1/√(1-(-2)²)", r"1/\sqrt{1-(-2)^{2}}"),
        ("Ξ0Ξ^Ξ1Ξ·log Ξ0Ξ", r"a^{b} \cdot \log  a"),
        ("I(Ξ0Ξ ≤ 1e-07)", r"I(a \le  1 \cdot 10^{-7})"),
        ("softplus(Ξ0Ξ)", r"\mathrm{softplus}(a)"),
        ("50% {off} $", r"50\% \{\mathrm{off}\} \$"),
    ],
)
def test_formulas_in_latex(formula: str, in_latex: str) -> None:
    assert latex_formula(formula, ["a", "b"]) == in_latex
