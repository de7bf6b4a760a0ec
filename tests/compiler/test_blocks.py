"""draw(program): the boxes of a compiled program, from the scalar graph to the picture."""

from __future__ import annotations

import pickle
import sys
from typing import Any

import pytest

import autograd as ag
from autograd import Value, compile, draw

from ..showing.test_drawing import Rendered
from .examples import EXAMPLES, MLP
from .test_golden import NAMES, program_of


def boxes(program: Any, view: str = "forward") -> list[list[str]]:
    words: list[list[str]] = Rendered(draw(program, view)).node_words()  # type: ignore[no-untyped-call]
    return words


def test_the_lecture_network_forward() -> None:
    assert boxes(program_of("mlp_dot")) == [
        ["A1 = maximum(Z1, 0)", "(B, 16) 16 × relu"],
        ["A2 = maximum(Z2, 0)", "(B, 16) 16 × relu"],
        ["A3 = maximum(1 - Y * Z3, 0)", "(B,) 1 × relu"],
        ["W1 (16, 2)"],
        ["W2 (16, 16)"],
        ["X (B, 2)"],
        ["Y (B,)"],
        ["Z1 = X @ W1.T + b1", "(B, 16) 16 × weighted sum"],
        ["Z2 = A1 @ W2.T + b2", "(B, 16) 16 × weighted sum"],
        ["Z3 = A2 @ w3 + theta[336]", "(B,) 1 × weighted sum"],
        ["b1 (16,)"],
        ["b2 (16,)"],
        ["loss = A3.sum() / B"],
        ["theta[336]"],
        ["w3 (16,)"],
    ]


def test_the_lecture_network_backward() -> None:
    """Every gradient that a lecturer derives, also the one that stands inside another line."""
    seen = boxes(program_of("mlp_dot"), "backward")
    assert [lines[-1] for lines in seen if lines[-1][0] in "dg"] == [
        "dA1 = dZ2 @ W2",
        "dA2 = dZ3[:, None] * w3",
        "dA3 = 1 / B",
        "dW1 = dZ1.T @ X",
        "dW2 = dZ2.T @ A1",
        "dZ1 = dA1 * (A1 > 0)",
        "dZ2 = dZ3[:, None] * w3 * (A2 > 0)",
        "dZ3 = (-1 / B) * Y * (A3 > 0)",
        "db1 = dZ1.sum(0)",
        "db2 = dZ2.sum(0)",
        "g[336] = dZ3.sum()",
        "dw3 = dZ3 @ A2",
    ]


def test_lines_that_prepare_others_stand_in_their_box() -> None:
    seen = boxes(program_of("cross_entropy"), "backward")
    assert [
        "S1 = Z2 - Z2.max(-1, keepdims=True)",
        "E1 = exp(S1)",
        "total = E1 @ ones",
        "hit = (Y[:, None] == arange(3))",
        "loss = (log(total) - pick(S1, hit)).sum() / B",
    ] in seen
    assert [
        "Z2 = A1 @ W2.T + b2",
        "(B, 3) 3 × weighted sum",
        "R1 = E1 @ others",
        "dZ2 = (1 / B) * where(hit, -R1, E1) / total[:, None]",
    ] in seen


def test_shared_weights_sum_their_gradients() -> None:
    (weights,) = (lines for lines in boxes(program_of("tied"), "backward") if "W1 (" in lines[0])
    assert weights == ["W1 (3, 6)", "dW1 = A1.T @ dZ2", "dW1 += dZ1.T @ X"]


def test_a_graph_shows_its_data_and_the_whole_theta() -> None:
    seen = boxes(program_of("moons"), "backward")
    assert ["C1 (100, 2)"] in seen and ["theta (337,)", "g += 0.0002 * theta"] in seen


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("view", ["forward", "backward"])
def test_every_line_of_the_program_is_in_the_picture(name: str, view: str) -> None:
    program = program_of(name)
    said = "\n".join(line for box in boxes(program, view) for line in box)
    forward, backward = program.source.split("    # forward\n")[1].split("    # backward\n")
    for line in forward.splitlines() + (backward.splitlines() if view == "backward" else []):
        line = line.strip().replace("np.", "")
        if " = " in line and "out=" not in line and not line.endswith("[:] = 0"):
            assert line.replace("[:] = ", " = ")[:72] in said


def test_several_outputs_have_a_forward_view_only() -> None:
    model = MLP([2, 3, 2])
    program = compile(model, shapes=[(2,)], target="numpy")
    assert ["values = maximum(Z1, 0) @ W2.T + b2"] in [lines[:1] for lines in boxes(program)]
    with pytest.raises(ValueError, match="several outputs, so there is no gradient"):
        draw(program, "backward")


def test_narrow_programs_are_drawn_as_arrays_all_the_same() -> None:
    w = Value(2.0, "w")
    program = compile(lambda x: ag.tanh(w * x), shapes=[()])
    assert program.target == "python"
    seen: Any = Rendered(draw(program))  # type: ignore[no-untyped-call]
    assert "runs as a straight line" in seen.caption
    with pytest.raises(ValueError, match=r'no arrays to draw \(target="python"\)'):
        draw(compile(lambda x: w * x, shapes=[()], target="python"))


def test_before_the_first_call() -> None:
    with pytest.raises(RuntimeError, match="call it once, or give shapes="):
        draw(compile(lambda x: x * x))


def test_options_of_graphs_are_refused() -> None:
    program = program_of("mlp_dot")
    with pytest.raises(TypeError, match="are for graphs of Values"):
        draw(program, collapse=True)
    with pytest.raises(ValueError, match="unknown view 'sideways'"):
        draw(program, "sideways")
    with pytest.raises(ValueError, match="15 boxes to draw, more than max_nodes=5"):
        draw(program, max_nodes=5)


def test_a_pickled_program_draws_the_same() -> None:
    program = program_of("lstm_cell")
    again = pickle.loads(pickle.dumps(program))
    assert draw(again, "backward").source == draw(program, "backward").source


def test_notebooks_show_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    program = program_of("mlp_dot")
    svg = program._repr_svg_()
    assert svg is not None and "X @ W1.T + b1" in svg
    assert compile(EXAMPLES["mlp_dot"]().loss)._repr_svg_() is None
    monkeypatch.setitem(sys.modules, "graphviz", None)
    monkeypatch.delitem(sys.modules, "autograd.showing.rendering", raising=False)
    assert program._repr_svg_() is None
