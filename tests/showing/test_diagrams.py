"""Block diagrams: what they say, as DOT source and as rendered SVG."""

import pytest

from autograd.compiler.boxes import Block
from autograd.showing.diagrams import diagram
from autograd.showing.markup import THEMES

from .test_drawing import Rendered

X = Block("X", "input", shape="(B, 2)")
W = Block("W1", "parameter", shape="(3, 2)", gradient=("dW1 = dZ1.T @ X",))
Z = Block("Z1", "instruction", (("Z1", "X @ W1.T"),), "(B, 3)", ("X", "W1"), ("dZ1 = 2 * Z1",))
LOSS = Block("loss", "instruction", (("loss", "Z1.sum() / B"),), "", ("Z1",), note="a mean")
BLOCKS = [X, W, Z, LOSS]


def rendered(
    blocks=BLOCKS, view="forward", theme="light", legend=True, most=300, caption="3 nodes"
):
    return Rendered(diagram(blocks, view, theme, legend, most, caption))


def test_forward_flows_from_inputs_to_the_loss():
    seen = rendered()
    assert seen.node_words() == [
        ["W1 (3, 2)"],
        ["X (B, 2)"],
        ["Z1 = X @ W1.T", "(B, 3)"],
        ["loss = Z1.sum() / B", "a mean"],
    ]
    titles = [edge.find("{*}title").text for edge in seen.edges]
    assert sorted(titles) == ["n0->n2", "n1->n2", "n2->n3"]
    assert seen.coloured(THEMES["light"]["gradient"]) == []
    assert seen.caption == "shape of the array (B samples in a batch)3 nodes"


def test_backward_turns_the_arrows_and_shows_gradients_in_red():
    picture = diagram(BLOCKS, "backward", "light", True, 300, "")
    assert "rankdir=RL" in picture.source
    seen = Rendered(picture)
    assert ["W1 (3, 2)", "dW1 = dZ1.T @ X"] in seen.node_words()
    assert ["Z1 = X @ W1.T", "(B, 3)", "dZ1 = 2 * Z1"] in seen.node_words()
    red = THEMES["light"]["gradient"]
    assert {"dZ1 = 2 * Z1", "dW1 = dZ1.T @ X"} < set(seen.coloured(red))
    edges = [line for line in picture.source.splitlines() if "->" in line]
    assert f'n2 -> n1 [color="{red}"]' in edges[1].strip()
    assert "style=dashed" in edges[0] and "arrowhead=none" in edges[0]  # X learns nothing


def test_themes_and_no_legend():
    dark = diagram(BLOCKS, "backward", "dark", False, 300, "").source
    assert THEMES["dark"]["paper"] in dark and THEMES["light"]["gradient"] not in dark
    assert "label=" not in dark.partition("node [")[0]
    assert rendered(legend=False, caption="").caption == ""


def test_text_is_escaped():
    nasty = Block('<b>&"', "instruction", (('<b>&"', "a < b && 'c' <script>"),), "(1,)")
    seen = rendered([nasty], caption="<i>&amp;</i>")
    assert seen.node_words() == [["<b>&\" = a < b && 'c' <script>", "(1,)"]]
    assert "<i>&amp;</i>" in seen.caption


def test_long_boxes_are_cut_and_say_so():
    lines = tuple((f"T{k}", "x") for k in range(20))
    seen = rendered([Block("T19", "instruction", lines)])
    assert seen.node_words() == [[*(f"T{k} = x" for k in range(7)), "… and 13 more"]]
    long = Block("Z", "instruction", (("Z", "x" * 500),))
    assert len(rendered([long]).node_words()[0][0]) == len("Z = ") + 76


def test_too_many_boxes():
    with pytest.raises(ValueError, match=r"4 boxes to draw, more than max_nodes=3: raise"):
        rendered(most=3)
