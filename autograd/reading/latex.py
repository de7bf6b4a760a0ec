"""LaTeX of what stands in a formula: numbers, names with their indices, the board's own signs."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from .columns import printable
from .naming import short

__all__ = ["LatexNames", "latex_formula", "latex_function", "latex_name", "latex_number"]

_KNOWN_TO_LATEX = {"sin", "cos", "tan", "sinh", "cosh", "tanh", "log", "max", "min"}
_ESCAPED = {
    "\\": r"\backslash ",
    "{": r"\{",
    "}": r"\}",
    "_": r"\_",
    "^": r"\wedge ",
    "~": r"\sim ",
    "#": r"\#",
    "%": r"\%",
    "&": r"\&",
    "$": r"\$",
    "<": r"\lt ",
    ">": r"\gt ",
    " ": r"\ ",
}


def latex_number(x: float) -> str:
    r"""A number in LaTeX, as short as in pictures.

    >>> print(latex_number(-2.5), latex_number(6.02e23), latex_number(-math.inf))
    -2.5 6.02 \cdot 10^{23} -\infty
    """
    if not math.isfinite(x):
        return r"\mathrm{NaN}" if x != x else r"\infty" if x > 0 else r"-\infty"
    mantissa, _, exponent = short(x).partition("e")
    return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if exponent else mantissa


def latex_name(name: str) -> str:
    r"""A node's name in LaTeX: subscripts where it has an index, and nothing that is markup.

    >>> print(latex_name("x"), latex_name("w12"), latex_name("w[0][1]"), latex_name("loss"))
    x w_{12} w_{0,1} \mathrm{loss}
    >>> print(latex_name("50% {off}"))
    \mathrm{50\%\ \{off\}}
    """
    name = printable(name)
    plain = re.fullmatch(r"([^\W\d_]+)(?:_?(\d+))?((?:\[\d+\])*)", name)
    if plain is None:
        return _roman(name)
    word, digits, places = plain.groups()
    index = ",".join([*([digits] if digits else []), *re.findall(r"\d+", places)])
    word = word if len(word) == 1 else _roman(word)
    return f"{word}_{{{index}}}" if index else word


def latex_function(name: str) -> str:
    r"""A function's name in LaTeX: an operator that LaTeX knows, or upright letters.

    >>> print(latex_function("tanh"), latex_function("relu"))
    \tanh \mathrm{relu}
    """
    return rf"\{name}" if name in _KNOWN_TO_LATEX else _roman(name)


def _roman(name: str) -> str:
    return rf"\mathrm{{{_escaped(name)}}}"


def _escaped(text: str) -> str:
    return "".join(_ESCAPED.get(c, c) for c in text)


class LatexNames:
    r"""Names in LaTeX, no two alike: of x1, x_1 and x[1] only the first met has an index.

    >>> name = LatexNames()
    >>> print(name("x1"), name("x[1]"), name("x1"))
    x_{1} \mathrm{x[1]} x_{1}
    """

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._taken: set[str] = set()

    def __call__(self, name: str) -> str:
        if name not in self._names:
            text = latex_name(name)
            self._names[name] = _roman(printable(name)) if text in self._taken else text
            self._taken.add(text)
        return self._names[name]


_SIGNS = {
    "·": r" \cdot ",
    "²": "^{2}",
    "³": "^{3}",
    "ˣ": "^{x}",
    "√": r"\sqrt",
    "∛": r"\sqrt[3]",
    "σ": r"\sigma ",
    "π": r"\pi ",
    "Σ": r"\Sigma ",
    "≤": r"\le ",
    "≥": r"\ge ",
    "⌊": r"\lfloor ",
    "⌋": r"\rfloor ",
    "ⱼ": "_{j}",
    "ᵢ": "_{i}",
    " ": " ",
}
_INNER = r"\(((?:[^()]|\([^()]*\))*)\)"  # parentheses with at most one more pair inside
_PIECES = re.compile(r"(?P<mark>Ξ\d+Ξ)|(?P<number>\d+(?:\.\d+)?(?:e[+-]?\d+)?)|[A-Za-z]+\d*|.")


def latex_formula(formula: str, names: Sequence[str] = ()) -> str:
    r"""Write a formula of the board in LaTeX; ``Ξ0Ξ``, ``Ξ1Ξ``, ... in it stand for the names.

    >>> print(latex_formula("-Ξ0Ξ/Ξ1Ξ²", ["a", "w_{1}"]), latex_formula("1/√(1-Ξ0Ξ²)", ["x"]))
    -a/w_{1}^{2} 1/\sqrt{1-x^{2}}
    """
    # in braces goes what belongs to a power or a root; \1 and \2 stand for braces of ours
    text = re.sub(rf"\^{_INNER}|\^(-?\w+)", lambda m: f"^\1{m[1] or m[2]}\2", formula)
    text = re.sub(rf"([√∛])(?:{_INNER}|(\w+))", lambda m: f"{m[1]}\1{m[2] or m[3]}\2", text)

    def piece(found: re.Match[str]) -> str:
        text = found[0]
        if found["mark"]:
            return names[int(text[1:-1])]
        if found["number"]:
            return latex_number(float(text))
        if text in "\1\2^":
            return {"\1": "{", "\2": "}"}.get(text, text)
        if len(text) > 1:
            return rf"\{text} " if text in _KNOWN_TO_LATEX else _roman(text)
        return _SIGNS.get(text) or _escaped(text)

    return re.sub(_PIECES, piece, text)
