"""Text cut into numbers, names, superscripts and signs, each with the column where it stands.

What slides set with signs of Unicode (−, ×, ½, x², w₁, 𝑥) is read here as what a keyboard types.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

__all__ = ["ExpressionError", "Token", "number", "plain_name", "tokens"]


class ExpressionError(ValueError):
    """The text is no expression, or has no value; ``column`` says where, counted from 1."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(message)
        self.column = column


class Token(NamedTuple):
    """``kind`` is number, name, superscript, sign, line (``;`` or a new line) or end."""

    kind: str
    text: str
    start: int  # the places in the text, counted from 0
    end: int


_SAME = {  # for each sign of the keyboard, or of ours, those that mean the same; all one character
    "-": "−–—―‐‑‒﹣－➖˗",
    "+": "＋﹢➕",
    "*": "×✕✖⨯∗＊﹡⁎",
    "·": "⋅∙•‧・·",
    "/": "÷∕⁄／➗",
    "(": "（{",
    ")": "）}",
    "[": "［",
    "]": "］",
    ",": "，",
    "=": "＝≔",
    "<": "＜",
    ">": "＞",
    "|": "∣｜❘",
    "‖": "∥║",
    "ᵀ": "⊤",
    "⊙": "∘⊗",
    " ": "\u2061\u2062\u2063\u2064\u200b\ufeff",  # invisible: application, times, ...
}
_KEYBOARD = str.maketrans({other: sign for sign, others in _SAME.items() for other in others})
_SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ˣʸᶻⁿᵏ"
_RAISED = str.maketrans(_SUPERSCRIPTS, "0123456789+-()xyznk")
_FRACTIONS = "½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅐⅛⅜⅝⅞⅑⅒"
_NO_LETTERS = _SUPERSCRIPTS + _FRACTIONS + "ᵀ"
_TOKEN = re.compile(
    rf"""
    (?P<space>[^\S\n]+|\#[^\n]*)
    | (?P<line>[;\n])
    | (?P<number>(?:[0-9](?:_?[0-9])*(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[{_FRACTIONS}])
    | (?P<superscript>[{_SUPERSCRIPTS}]+)
    | (?P<name>∞|π(?![_₀-₉])  # π and an index end a name: 2πr, w₁x₁
        |[^\W0-9₀-₉{_NO_LETTERS}](?:[^\W₀-₉{_NO_LETTERS}]|[\u0300-\u036f])*[₀-₉]*)
    | (?P<sign>\*\*|//|==|!=|<=|>=|:=|‖[₁₂]|.)
    """,
    re.VERBOSE,
)
_SPELLED = {"**": "^", "≤": "<=", "≥": ">=", "≠": "!=", ":=": "=", "⩽": "<=", "⩾": ">="}


def plain_name(name: str) -> str:
    """A name as a keyboard types it, so that w₁ and w1 are one: as Python itself reads names.

    >>> plain_name("w₁"), plain_name("𝑥"), plain_name("λ")
    ('w1', 'x', 'λ')
    """
    return unicodedata.normalize("NFKC", name)


def number(text: str) -> float:
    """The number that a token stands for: ½ is one.

    >>> number("½"), number("1_000.5")
    (0.5, 1000.5)
    """
    if text in _FRACTIONS:
        above, _, below = unicodedata.normalize("NFKC", text).partition("⁄")
        return int(above) / int(below)
    return float(text)


def tokens(text: str) -> list[Token]:
    """Cut a text; inside brackets a new line is a space.

    Raises:
        ExpressionError: a character that can't be printed stands in it.

    >>> [token.text for token in tokens("2x₁² − ½")]
    ['2', 'x1', '2', '-', '½', '']
    """
    found: list[Token] = []
    depth = 0
    for match in _TOKEN.finditer(text.translate(_KEYBOARD)):
        kind, piece = str(match.lastgroup), match[0]
        depth += (piece in "([") - (piece in ")]")
        if kind == "space" or (piece == "\n" and depth > 0):
            continue
        if kind == "superscript":
            piece = piece.translate(_RAISED)
        elif kind == "name":
            piece = plain_name(piece)
        elif kind == "sign":
            if not piece.isprintable():
                message = f"invalid character U+{ord(piece):04X}"
                raise ExpressionError(message, match.start() + 1)
            piece = _SPELLED.get(piece, piece)
        found.append(Token(kind, piece, match.start(), match.end()))
    end = len(text.rstrip())
    return [*found, Token("end", "", end, end)]
