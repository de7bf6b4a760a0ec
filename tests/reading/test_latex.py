"""What stands in a formula, in LaTeX: names that stay apart and never are markup."""

from __future__ import annotations

import pytest

from autograd.reading.latex import LatexNames, latex_formula, latex_name


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
