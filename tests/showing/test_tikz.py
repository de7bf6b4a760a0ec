"""Pictures for LaTeX: the same texts, nothing that LaTeX would take for markup."""

from __future__ import annotations

import re
from pathlib import Path

import nn
from autograd import Value, draw

from .test_drawing import Rendered


def tex(picture) -> str:
    return picture.pipe("tex", encoding="utf-8")


def test_every_text_of_the_picture_is_there(tmp_path: Path) -> None:
    x, y = Value(-2.0, "x"), Value(5.0, "y")
    f = x + y
    f.label = "f"
    f.backward()
    path = draw(f, "backward").save(tmp_path / "f.tex")
    text = Path(path).read_text(encoding="utf-8")
    assert text.count(r"\begin{tikzpicture}") == text.count(r"\end{tikzpicture}") == 1
    assert r"{\ensuremath{\partial}f/\ensuremath{\partial}x = 1};" in text
    assert r"{\ensuremath{-}2};" in text
    texts = Rendered(draw(f, "backward")).root.iter("{http://www.w3.org/2000/svg}text")
    shown = [piece for text in texts for piece in (text, *text) if piece.text.strip()]
    assert len(re.findall(r"^\\node", text, re.M)) == len(shown)
    assert text.count("ellipse") == 1
    used = set(re.findall(r"=(ink[0-9A-F]{6})", text))
    assert used == set(re.findall(r"\\definecolor\{(ink[0-9A-F]{6})\}", text))


def test_what_is_hidden_is_not_there() -> None:
    x = Value(2.0, "x")
    f = x * 3
    assert "upstream" not in tex(draw(f))
    assert "transparent" not in tex(draw(f))


def test_markup_of_latex_is_escaped() -> None:
    x = Value(2.0, r"5% {a_b} \x #1 $ & ~ ^")
    text = tex(draw(x, names={}))
    assert r"5\% \{a\_b\} \textbackslash{}x \#1 \$ \& \textasciitilde{} \textasciicircum{}" in text
    plain = re.sub(r"\\[{}]", "", text)
    assert plain.count("{") == plain.count("}")


def test_a_network_too() -> None:
    text = tex(draw(nn.MLP(2, [2, 1], rng=0), sample=[1.0, 2.0]))
    assert r"{h\ensuremath{_{1}}};" in text and r"{\ensuremath{\hat{y}}};" in text
    assert "dashed" not in text
