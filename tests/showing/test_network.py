"""Networks as columns of neurons: places, numbers, both views, what is refused."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest

import nn
from autograd import Value, draw
from autograd.showing.markup import THEMES
from autograd.showing.network import GAP, LABEL, WIDE
from demos.first_step import network

SVG = "{http://www.w3.org/2000/svg}"
X, Y = [0.1, 0.2], [1, 0]


class Seen:
    """The picture as SVG: boxes and texts of the neurons, and the numbers on edges."""

    def __init__(self, picture: Any) -> None:
        self.root = ElementTree.fromstring(picture.pipe("svg"))
        self.boxes: dict[str, tuple[float, float, float, float]] = {}
        self.texts: dict[str, list[Any]] = {}
        self.edges: dict[str, Any] = {}
        for group in self.root.iter(f"{SVG}g"):
            name = group.findtext(f"{SVG}title") or ""
            if group.get("class") == "edge":
                self.edges[name] = group
            elif group.get("class") == "node":
                self.texts[name] = list(group.iter(f"{SVG}text"))
                for shape in (*group.iter(f"{SVG}path"), *group.iter(f"{SVG}polygon")):
                    self.boxes[name] = box(shape.get("d") or shape.get("points") or "")

    def words(self, name: str) -> list[str]:
        lines: dict[str, list[str]] = {}
        for text in self.texts[name]:
            lines.setdefault(text.get("y"), []).append("".join(text.itertext()))
        return [" ".join(" ".join(line).split()) for line in lines.values()]


def box(path: str) -> tuple[float, float, float, float]:
    numbers = [float(number) for number in re.findall(r"-?[\d.]+", path)]
    across, down = numbers[::2], numbers[1::2]
    return min(across), min(down), max(across), max(down)


def both(model: Any, **options: Any) -> tuple[Seen, Seen]:
    return Seen(draw(model, **options)), Seen(draw(model, "backward", **options))


@pytest.fixture(scope="module")
def lecture() -> tuple[Seen, Seen]:
    """The 2-3-2 network of the lecture (L18), its first sample."""
    return both(network(), sample=X, target=Y, loss="cross_entropy")


def test_both_views_lie_on_each_other_like_slides(lecture: tuple[Seen, Seen]) -> None:
    forward, backward = lecture
    assert forward.boxes.keys() == backward.boxes.keys()
    neurons = {name: at for name, at in forward.boxes.items() if name.startswith("n")}
    assert neurons == {name: backward.boxes[name] for name in neurons}
    middles = [
        {name: (x0 + x1, y0 + y1) for name, (x0, y0, x1, y1) in seen.boxes.items()}
        for seen in lecture
    ]
    for name, middle in middles[0].items():
        assert middles[1][name] == pytest.approx(middle, abs=0.1)
    assert forward.root.get("width") == backward.root.get("width")


def test_the_neurons_of_a_layer_stand_in_one_column(lecture: tuple[Seen, Seen]) -> None:
    for seen in lecture:
        columns: dict[str, set[float]] = {}
        for name, (left, _, right, _) in seen.boxes.items():
            if name.startswith("n"):
                columns.setdefault(name[1], set()).add((left + right) / 2)
        assert all(max(column) - min(column) < 0.1 for column in columns.values())
        middles = [min(column) for _, column in sorted(columns.items())]
        assert len(middles) == 4, "inputs, hidden, outputs, loss"
        steps = [right - left for left, right in pairwise(middles)]
        assert steps == pytest.approx([WIDE + GAP] * 3, abs=0.1)


def test_every_text_is_in_its_box_and_boxes_keep_apart(lecture: tuple[Seen, Seen]) -> None:
    for seen in lecture:
        for name, (left, top, right, bottom) in seen.boxes.items():
            for text in seen.texts[name]:
                assert left <= float(text.get("x")) <= right
                assert top <= float(text.get("y")) <= bottom
        boxes = list(seen.boxes.values())
        for k, (left, top, right, bottom) in enumerate(boxes):
            for other in boxes[:k]:
                apart_across = right < other[0] or other[2] < left
                assert apart_across or bottom < other[1] or other[3] < top


def test_nothing_is_struck_through(lecture: tuple[Seen, Seen]) -> None:
    """A number on an edge stands on a ground of its own, which is drawn after all edges."""
    for seen in lecture:
        kinds = [group.get("class") for group in seen.root.iter(f"{SVG}g")]
        kinds = [kind for kind in kinds if kind in ("edge", "node")]
        assert kinds == sorted(kinds), "edges first, then nodes"
        grounds = [group for group in seen.root.iter(f"{SVG}g") if group.get("class") == "node"]
        for group in grounds:
            if (group.findtext(f"{SVG}title") or "").startswith("w"):
                (polygon,) = group.iter(f"{SVG}polygon")
                assert polygon.get("fill") == THEMES["light"]["paper"]


def test_every_edge_has_an_arrowhead_towards_where_numbers_flow(
    lecture: tuple[Seen, Seen],
) -> None:
    for seen, towards in zip(lecture, (1, 0), strict=True):
        assert len(seen.edges) == 2 * 3 + 3 * 2 + 2
        for name, group in seen.edges.items():
            ends = [seen.boxes[end.split(":")[0]] for end in name.split("->")]
            (head,) = group.iter(f"{SVG}polygon")
            tip = box(head.get("points"))
            near = ends[towards][2 - 2 * towards]  # the side that faces the other column
            assert min(abs(tip[0] - near), abs(tip[2] - near)) < 6  # points


def test_the_numbers_are_those_of_the_lecture(lecture: tuple[Seen, Seen]) -> None:
    """By NumPy: z = x·W, a = max(0, z), and the gradients derived by hand."""
    np = pytest.importorskip("numpy")
    random = np.random.RandomState(42)
    W1, W2 = random.randn(2, 3), random.randn(3, 2)
    z1 = np.array(X) @ W1
    z2 = np.maximum(0, z1) @ W2
    p = np.exp(z2) / np.exp(z2).sum()
    dz2 = p - np.array(Y)
    da1 = W2 @ dz2
    forward, backward = lecture
    for j in range(3):
        z, a, da = z1[j], max(0.0, z1[j]), da1[j]
        assert forward.words(f"n1_{j}")[2:4] == [f"z {z:.4g}", f"a {a:.4g}"]
        dz = da if z > 0 else 0.0
        assert backward.words(f"n1_{j}")[2:] == [
            f"z {z:.4g} {dz:.4g}",
            f"a {a:.4g} {da:.4g}",
            f"b 0 {dz:.4g}",
        ]
        for i in range(2):
            assert forward.words(f"w1_{i}_{j}") == [f"{W1[i, j]:.4g}"]
            assert backward.words(f"w1_{i}_{j}") == [f"{X[i] * dz:.4g}"]
    assert backward.words("n3_0") == [
        "loss",
        "cross entropy",
        "y = [1, 0]",
        f"L {-np.log(p[0]):.4g} 1",
    ]


def test_edges_are_coloured_by_sign_and_thick_by_size() -> None:
    model = nn.Layer(2, 2, rng=0)
    model.load_state_dict({"weight": [[4.0, -2.0], [0.0, 1.0]], "bias": [0.0, 0.0]})
    seen = Seen(draw(model))
    look = {}
    for name, group in seen.edges.items():
        (line,) = group.iter(f"{SVG}path")
        look[name] = line.get("stroke"), float(line.get("stroke-width", 1))
    theme = THEMES["light"]
    assert look["n0_0:e->n1_0:w"] == (theme["positive"], 5.0)
    assert look["n0_1:e->n1_0:w"] == (theme["negative"], 2.75)
    assert look["n0_0:e->n1_1:w"] == (theme["faint"], 0.5)
    assert look["n0_1:e->n1_1:w"] == (theme["positive"], 1.62)  # 0.5 + 4.5/4, on two digits


def test_drawing_a_sample_changes_no_gradient() -> None:
    model = nn.MLP(2, [2, 1], rng=0)
    draw(model, "backward", sample=X, target=1, loss="logistic")
    assert {parameter.grad for parameter in model.parameters()} == {None}


def test_without_a_sample_the_last_backward_pass_is_shown() -> None:
    model = nn.MLP(2, [2, 1], "tanh", rng=0)
    with pytest.raises(ValueError, match=r"no gradients to draw yet: .*loss\.backward\(\) first"):
        draw(model, "backward")
    nn.squared_error(model(X), 1.0).backward()
    seen = Seen(draw(model, "backward"))
    assert seen.words("w1_0_0") == [f"{model.layers[0].weight[0][0].grad:.4g}"]
    assert seen.words("n1_0") == ["h₁", "tanh", f"b 0 {model.layers[0].bias[0].grad:.4g}"]


def test_large_layers_are_shortened() -> None:
    seen = Seen(draw(nn.MLP(784, [64, 10, 1], rng=0)))
    assert seen.words("n0_2") == ["•", "•", "•", "× 784"]
    assert seen.words("n1_2")[-1] == "× 64" and seen.words("n1_3")[0] == "h¹₆₄"
    assert sum(name.startswith("n") for name in seen.boxes) == 3 + 3 + 3 + 1
    assert not any(name.startswith("w") for name in seen.texts), "no numbers on edges"
    assert len(Seen(draw(nn.MLP(8, [1], rng=0))).boxes) == 8 + 1 + 8, "eight are drawn singly"


@pytest.mark.parametrize("sizes", [(1, 1), (2, 4), (3, 3), (4, 3), (5, 5), (8, 8)])
def test_numbers_on_edges_keep_apart_or_are_left_out(sizes: tuple[int, int]) -> None:
    seen = Seen(draw(nn.Layer(*sizes, rng=0)))
    boxes = [at for name, at in seen.boxes.items() if name.startswith("w")]
    heights = sorted((top + bottom) / 2 for _, top, _, bottom in boxes)
    assert len(heights) in (0, sizes[0] * sizes[1])
    assert all(b - a >= LABEL - 0.1 for a, b in pairwise(heights))
    if min(sizes) <= 3:
        assert heights, "there is room"


def test_dropout_and_activations_of_their_own() -> None:
    model = nn.Sequential(nn.Layer(2, 2, rng=0), nn.Dropout(0.5, rng=0), "tanh", nn.Layer(2, 2))
    seen = Seen(draw(model, sample=X))
    assert seen.words("n1_0")[:2] == ["h₁", "tanh"]
    assert seen.words("n2_1")[0] == "ŷ₂"
    assert Seen(draw(nn.Neuron(2, "relu", rng=0))).words("n1_0")[:2] == ["ŷ", "relu"]


def test_a_loss_may_be_any_function() -> None:
    model = nn.MLP(2, [1], rng=0)
    seen = Seen(draw(model, "backward", sample=X, loss=lambda y: y * y))
    assert seen.words("n2_0")[1] == "loss"
    x = [Value(0.1), Value(0.2)]
    named = Seen(draw(model, "backward", sample=x, target=0.5, loss="squared_error"))
    assert named.words("n2_0")[1:3] == ["squared error", "y = 0.5"]


def test_what_cannot_be_drawn_says_what_can() -> None:
    class Odd(nn.Module):
        def forward(self, x: Any) -> Any:
            return x

    with pytest.raises(TypeError, match=r"Odd is none: draw what it computes, .*nn\.clusters"):
        draw(nn.Sequential(nn.Layer(1, 1), Odd()))
    with pytest.raises(TypeError, match="no layer of neurons"):
        draw(nn.Sequential(nn.Dropout(0.1)))
    model = nn.MLP(2, [1], rng=0)
    with pytest.raises(ValueError, match=r"takes 2 inputs, got 1"):
        draw(model, sample=[1.0])
    with pytest.raises(TypeError, match="a loss needs a sample"):
        draw(model, loss="hinge")
    with pytest.raises(TypeError, match="a target needs a loss"):
        draw(model, sample=X, target=1)
    with pytest.raises(ValueError, match="unknown loss 'hing'"):
        draw(model, sample=X, target=1, loss="hing")
    with pytest.raises(ValueError, match="hinge takes the class 1 or -1, got 0"):
        draw(model, sample=X, target=0, loss="hinge")
    with pytest.raises(TypeError, match=r"constants= are for graphs of Values"):
        draw(model, constants=False)
    with pytest.raises(TypeError, match=r"direction= is for graphs and programs"):
        draw(model, direction="down")
    with pytest.raises(TypeError, match=r"are for networks: draw\(model, sample=x\)"):
        draw(Value(1.0), sample=X)


def test_too_many_layers_name_the_way_out() -> None:
    model = nn.MLP(2, [2] * 200, rng=0)
    with pytest.raises(ValueError, match=r"402 neurons to draw, .*model\.layers\[:3\]"):
        draw(model)
    assert len(Seen(draw(nn.Sequential(*model.layers[:3]))).edges) == 12


def test_a_number_that_is_none_has_no_sign() -> None:
    model = nn.Layer(1, 1, rng=0)
    model.weight[0][0].data = float("nan")
    assert f'color="{THEMES["light"]["faint"]}" penwidth=5.00' in draw(model).source


def test_names_are_escaped() -> None:
    def strange(y: Value) -> Value:
        return y * y

    strange.__name__ = "<b>&\\N"
    model = nn.MLP(2, [1], rng=0)
    assert Seen(draw(model, sample=X, loss=strange)).words("n2_0")[1] == "<b>&\\N"
