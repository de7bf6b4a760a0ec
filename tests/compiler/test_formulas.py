"""Programs as LaTeX: every operation is written, well-formed, and reads what its line reads."""

from __future__ import annotations

import pickle
import re
from typing import Any

import pytest
from matplotlib.mathtext import MathTextParser

import autograd as ag
from autograd import Value, compile
from autograd.compiler import formulas

from .examples import MLP
from .families import program as family
from .random_graphs import random_graph
from .recurrences import recurrence
from .test_golden import NAMES, program_of
from .test_language import OPERATIONS


def test_it_knows_every_operation() -> None:
    assert set(formulas._FORMULAS) == OPERATIONS


# ---------------------------------------------------------------------- as a lecturer writes it

LAYER = r"""
Z_{1} &= X W_{1}^{\top} + b_{1}
A_{1} &= \max\left(Z_{1}, 0\right)
"""
LECTURE = {
    "l2_penalty": LAYER
    + r"""
Z_{2} &= A_{1} w_{2} + \theta_{40} - Y
Z_{3} &= \theta^{\top} \theta
\ell &= \frac{1}{B} \sum_{b} {Z_{2}}^{2} + 0.01 Z_{3}
& \text{backward}
\partial Z_{2} &= \frac{2}{B} Z_{2}
\partial w_{2} &= A_{1}^{\top} \partial Z_{2}
\partial \theta_{40} &= \sum_{b} \partial Z_{2}
\partial Z_{1} &= (\partial Z_{2} w_{2}^{\top}) \odot \mathbf{1}\left[A_{1} > 0\right]
\partial W_{1} &= \partial Z_{1}^{\top} X
\partial b_{1} &= \sum_{b} \partial Z_{1}
\partial \theta &\mathrel{+}= 0.02 \theta
""",
    "softmax_composed": LAYER
    + r"""
Z_{2} &= A_{1} W_{2}^{\top} + b_{2}
A_{2} &= e^{Z_{2}}
Z_{3} &= \sum_{i} A_{2}
A_{3} &= \frac{A_{2}}{Z_{3}}
\ell &= -\frac{1}{B} \sum_{b,i} Y \odot \log\left(A_{3}\right)
""",
    "recurrent": r"""
Z_{1,0} &= X[:, 0:2] W_{1}^{\top} + b_{1}
A_{1,0} &= \tanh\left(Z_{1,0}\right)
& \text{for } t = 1, \dots, 4:
Z_{1,t} &= X[:, 2t:2t + 2] W_{1}^{\top} + A_{1,t-1} W_{2}^{\top} + b_{1}
A_{1,t} &= \tanh\left(Z_{1,t}\right)
& \text{end for}
Z_{2} &= A_{1,4} w_{3} + \theta_{60} - Y
\ell &= \frac{1}{B} \sum_{b} {Z_{2}}^{2}
& \text{backward}
\partial \theta &= 0
\partial Z_{2} &= \frac{2}{B} Z_{2}
\partial w_{3} &\mathrel{+}= A_{1,4}^{\top} \partial Z_{2}
\partial \theta_{60} &\mathrel{+}= \sum_{b} \partial Z_{2}
\partial A_{1,4} &= \partial Z_{2} w_{3}^{\top}
& \text{for } t = 4, \dots, 1:
\partial Z_{1,t} &= \frac{\partial A_{1,t}}{{\cosh\left(Z_{1,t}\right)}^{2}}
\partial W_{2} &\mathrel{+}= \partial Z_{1,t}^{\top} A_{1,t-1}
\partial W_{1} &\mathrel{+}= \partial Z_{1,t}^{\top} X[:, 2t:2t + 2]
\partial b_{1} &\mathrel{+}= \sum_{b} \partial Z_{1,t}
\partial A_{1,t-1} &= \partial Z_{1,t} W_{2}
& \text{end for}
""",
}


@pytest.mark.parametrize("name", LECTURE)
def test_as_a_lecturer_writes_it(name: str) -> None:
    wanted = [r"& \text{forward}", *re.findall(".+", LECTURE[name])]
    assert rows_of(program_of(name).latex)[: len(wanted)] == wanted


def rows(f: Any, *shapes: tuple[int, ...]) -> list[str]:
    return rows_of(compile(f, shapes=shapes, target="numpy").latex)


def test_a_factor_that_comes_twice_is_written_twice() -> None:
    squares = rows(lambda x, y: ag.sum([each * each for each in x]) * y, (3,), ())
    assert squares[-1] == r"\ell &= \frac{1}{B} \sum_{b} Y \odot (\sum_{i} X \odot X)"


def test_a_graph_of_column_vectors() -> None:
    matrix = [[Value(0.1 * i + 0.2 * j) for j in range(3)] for i in range(3)]
    bias = [Value(0.1) for _ in range(3)]
    h = [Value(0.3)] * 3
    for _ in range(9):
        z = [ag.dot(row, h, b) for row, b in zip(matrix, bias, strict=True)]
        h = [ag.tanh(each) + b for each, b in zip(z, bias, strict=True)]
    parameters = [each for row in [*matrix, bias] for each in row]
    program = compile(ag.sum(h), parameters=parameters, target="numpy")
    compare(program)
    loop = program.latex.split(r"t = 8, \dots, 1:")[1].split(r"& \text{end for}")[0]
    assert re.findall(".* &.*=.*", loop) == [
        r"\partial W_{1} &\mathrel{+}= \partial Z_{1,t} Z_{2,t}^{\top} \\",
        r"\partial b_{1} &\mathrel{+}= \partial Z_{1,t} \\",
        r"\partial Z_{2,t} &= W_{1}^{\top} \partial Z_{1,t} \\",
        r"\partial b_{1} &\mathrel{+}= \partial Z_{2,t} \\",
        r"\partial Z_{1,t-1} &= \frac{\partial Z_{2,t}}{{\cosh\left(Z_{1,t-1}\right)}^{2}} \\",
    ]


def test_several_outputs_are_only_computed() -> None:
    both = rows(lambda x: [x[0] - 2, x[0] / x[1]], (2,))
    assert both[-1].startswith("f &=") and not any("text" in row for row in both)


def test_a_condition_is_a_number_only_where_one_is_wanted() -> None:
    model = MLP([2, 3, 1])
    found = rows(lambda x, y: ag.where(ag.step(x[0]), model(x)[0], y) ** 2, (2,), ())
    assert any(r"\text{if } \mathrm{step}" in row for row in found)
    assert any(r"\odot \mathbf{1}\left[A_{1} > 0\right]" in row for row in found)


def test_a_straight_line_has_no_formulas() -> None:
    program = compile(lambda x: Value(2.0) * x, shapes=[()], target="python")
    with pytest.raises(ValueError, match="no arrays to write as formulas"):
        _ = program.latex


def test_it_survives_pickling() -> None:
    program = program_of("tied")
    assert pickle.loads(pickle.dumps(program)).latex == program.latex


# ---------------------------------------------------------------------- all programs


def rows_of(text: str) -> list[str]:
    """The rows of an ``align*``, each of them well-formed."""
    begin, *found, end = text.split("\n")
    assert (begin, end) == (r"\begin{align*}", r"\end{align*}")
    assert all(row.endswith(r" \\") for row in found[:-1]) and not found[-1].endswith("\\")
    found = [row.removesuffix(r" \\") for row in found]
    for row in found:
        depth = 0
        for brace in re.findall(r"(?<!\\)[{}]", row):
            depth += 1 if brace == "{" else -1
            assert depth >= 0, row
        assert depth == 0, row
        for opens, closes in ((r"\left", r"\right"), (r"\begin{cases}", r"\end{cases}")):
            assert row.count(opens) == row.count(closes), row
        outside = re.sub(r"\\begin\{cases\}.*\\end\{cases\}", "", row)
        assert outside.count("&") == 1 and r"\\" not in outside, row
        assert not re.search(r"\}_\{[^{}]*\}_\{|\bnp\b|None|reshape\(", row), row
    return found


def spoken(name: str) -> str:
    r"""A name of the source in LaTeX, by hand: \partial Z_{1,t-1} for dZ1[t - 1]."""
    found = re.fullmatch(r"(d?)([A-Za-z]+)(\d*)(?:\[(.*)\])?", name)
    assert found is not None
    gradient, word, digits, at = found.groups("")
    index = ",".join(filter(None, (digits, re.sub(r"[ *]", "", at))))
    word = word if len(word) == 1 else rf"\mathrm{{{word}}}"
    return r"\partial " * bool(gradient) + word + f"_{{{index}}}" * bool(index)


def compare(program: Any) -> None:
    """See that each row names the arrays that its line of the source names, at the same t."""
    head, body = program.source.split("# forward\n")
    kept = {name for names in re.findall(r"(.*) = \(?\{\}", head) for name in names.split(", ")}
    kept = {name.strip() for name in kept}
    lines = [line.strip() for line in body.split("\n")[:-2]]
    found = [row for row in rows_of(program.latex)[1:] if row != r"& \text{end for}"]
    for line, row in zip(lines, found, strict=True):
        if line.startswith(("# ", "for ")):
            assert row.startswith(r"& \text{")
            continue
        line = re.sub(r"\w+\[t\] for t in", "", line)  # what is kept, from the first to the last
        for name, at in re.findall(r"(?<![\w.])(d?[A-HJ-Z]\d+|total|hit)\b(\[[^\[\]]*\])?", line):
            assert spoken(name + (at if name in kept else "")) in row, (line, row)


@pytest.mark.parametrize("name", NAMES)
def test_golden_programs(name: str) -> None:
    compare(program_of(name))


@pytest.mark.parametrize("name", ["mlp_plus", "residual", "recurrent", "tied"])
def test_rows_can_be_drawn(name: str) -> None:
    parser = MathTextParser("path")
    for row in rows_of(program_of(name).latex):
        row = row.replace("&", "").replace(r"\mathrel{+}", "+")  # it knows one formula at a time
        parser.parse(f"${row}$")


def test_random_networks() -> None:
    for seed in (*range(60), 224):  # 224 reads the same parameters as a matrix and a vector
        made = family(seed)
        options = made.options | {"shapes": [made.shape, ()], "target": "numpy"}
        compare(compile(made.loss, **options))


def test_random_recurrences() -> None:
    for seed in range(40):
        made = recurrence(seed)
        compare(compile(made.loss, shapes=made.shapes, target="numpy"))


def test_random_graphs() -> None:
    written = 0
    for seed in range(60):
        graph = random_graph(seed)
        try:
            program = compile(graph.f, shapes=graph.shapes)
        except ZeroDivisionError:
            continue
        if not program.note:
            rows_of(program.latex)
            written += 1
    assert written > 50
