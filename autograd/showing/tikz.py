r"""TikZ: a picture for a paper, ``\input{f.tex}``, from what the layout program draws.

The layout program lists its strokes (``-Tjson``): pens, ellipses, curves, texts. Each is a line of
TikZ. Texts are set by LaTeX, in the document's sans-serif font.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from .markup import HIDDEN

__all__ = ["tikz"]

_TEXT = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\ensuremath{<}",
        ">": r"\ensuremath{>}",
        "|": r"\ensuremath{|}",
        "–": "--",
        "−": r"\ensuremath{-}",
        "…": r"\ldots{}",
        "•": r"\textbullet{}",
        "ŷ": r"\ensuremath{\hat{y}}",
        "\xa0": "~",
    }
    | {sign: f"\\{sign}" for sign in "{}_#%&$"}
    | {
        sign: rf"\ensuremath{{\{name}}}"
        for sign, name in {
            "∂": "partial",
            "×": "times",
            "·": "cdot",
            "√": "surd",
            "σ": "sigma",
            "π": "pi",
            "η": "eta",
            "λ": "lambda",
            "Σ": "Sigma",
            "≤": "le",
            "≥": "ge",
            "→": "to",
            "∞": "infty",
        }.items()
    }
    | {
        sign: rf"\ensuremath{{^{{{digit}}}}}"
        for sign, digit in zip("⁰¹²³⁴⁵⁶⁷⁸⁹ˣ", "0123456789x", strict=True)
    }
    | {
        sign: rf"\ensuremath{{_{{{digit}}}}}"
        for sign, digit in zip("₀₁₂₃₄₅₆₇₈₉ᵢⱼ", "0123456789ij", strict=True)
    }
)
_HEAD = r"""% a picture for \input; in the preamble: \usepackage{tikz}
% as wide as the text: \resizebox{\textwidth}{!}{\input{...}}
\begin{tikzpicture}[x=1bp, y=1bp, every node/.style={inner sep=0, font=\sffamily}]
"""


def tikz(drawn: str) -> str:
    """The picture in TikZ.

    Args:
        drawn: what the layout program gives as JSON.
    """
    graph = json.loads(drawn)
    parts = [graph, *graph.get("objects", []), *graph.get("edges", [])]
    strokes = [
        line
        for part in parts
        for key in ("_draw_", "_hdraw_", "_tdraw_", "_ldraw_", "_hldraw_")
        for line in _lines(part.get(key, []))
    ]
    colors = sorted(set(re.findall(r"ink([0-9A-F]{6})", "".join(strokes))))
    named = [rf"\definecolor{{ink{color}}}{{HTML}}{{{color}}}" for color in colors]
    return _HEAD + "\n".join([*named, *strokes, r"\end{tikzpicture}"]) + "\n"


def _lines(operations: list[dict[str, Any]]) -> Iterator[str]:
    """Pens and fonts hold until they are changed; the other operations draw."""
    pen = fill = "ink000000"
    style, size, bold = {"width": "1", "dash": ""}, 14.0, False
    for each in operations:
        kind = each["op"]
        if kind in "cC":
            color = each["color"]
            named = "" if color == HIDDEN or len(color) > 7 else f"ink{color[1:].upper()}"
            pen, fill = (named, fill) if kind == "c" else (pen, named)
        elif kind == "S":
            if width := re.fullmatch(r"setlinewidth\(([\d.]+)\)", each["style"]):
                style["width"] = width[1]
            elif each["style"] in ("solid", "dashed"):
                style["dash"] = "dashed" if each["style"] == "dashed" else ""
        elif kind == "F":
            size = each["size"]
        elif kind == "t":
            bold = bool(each["fontchar"] & 1)
        elif kind == "T":
            if pen and each["text"].strip():
                anchor = {"l": "base west", "c": "base", "r": "base east"}[each["align"]]
                font = rf"\fontsize{{{size:g}}}{{{size:g}}}\selectfont" + r"\bfseries" * bold
                options = f"anchor={anchor}, text={pen}, font={font}"
                text = each["text"].replace("\\\\", "\\")  # the program quotes it once more
                text = re.sub(r"-(?=\d)", "−", text)  # which LaTeX would set as a hyphen
                text = re.sub(r"^ +| +$", lambda spaces: "\xa0" * len(spaces[0]), text)
                text = text.translate(_TEXT)
                yield rf"\node[{options}] at {_point(each['pt'])} {{{text}}};"
        elif (shape := _shape(each)) and (pen or (fill and kind.isupper())):
            look = [f"line width={style['width']}bp", style["dash"]]
            look += [f"fill={fill}"] if kind.isupper() and fill else []
            look += [f"draw={pen}"] if pen else []
            yield rf"\path[{', '.join(filter(None, look))}] {shape};"


def _shape(each: dict[str, Any]) -> str:
    if each["op"] in "eE":
        x, y, across, up = each["rect"]
        return f"{_point([x, y])} ellipse [x radius={across:g}, y radius={up:g}]"
    points = [_point(point) for point in each.get("points", [])]
    if each["op"] in "pPL":
        return " -- ".join(points) + (" -- cycle" if each["op"] != "L" else "")
    if each["op"] in "bB":
        threes = (points[k : k + 3] for k in range(1, len(points), 3))
        curves = (f".. controls {a} and {b} .. {c}" for a, b, c in threes)
        return " ".join([points[0], *curves])
    return ""


def _point(at: list[float]) -> str:
    return f"({at[0]:g},{at[1]:g})"
