"""Pictures: what they say, in both views, as DOT source and as rendered SVG."""

# ruff: noqa: RUF059 - a local variable that nothing reads gives its node the name in the picture

import re
from xml.etree import ElementTree

import graphviz
import pytest

from autograd import (
    Value,
    cross_entropy,
    dot,
    draw,
    floor,
    maximum,
    primitive,
    relu,
    softmax,
    where,
)
from autograd.engine.gate import registry
from autograd.reading.naming import ordinal
from autograd.showing.drawing import NOTEBOOK_NODES
from autograd.showing.markup import THEMES

GREEN, RED = THEMES["light"]["value"], THEMES["light"]["gradient"]


class Rendered:
    """A picture as SVG: the words of each node and edge, and how they are coloured."""

    def __init__(self, drawing):
        self.root = ElementTree.fromstring(drawing.pipe("svg"))
        self.nodes, self.edges, self.clusters = [], [], []
        kinds = {"node": self.nodes, "edge": self.edges, "cluster": self.clusters}
        for group in self.root.iter("{http://www.w3.org/2000/svg}g"):
            if group.get("class") in kinds:
                kinds[group.get("class")].append(group)
        graph = next(each for each in self.root if each.get("class") == "graph")
        texts = ["".join(each.itertext()) for each in graph if each.tag.endswith("text")]
        self.caption = " ".join("".join(texts).split())

    @staticmethod
    def words(group):
        """The lines of a group, with single spaces."""
        lines = {}
        for text in group.iter("{http://www.w3.org/2000/svg}text"):
            lines.setdefault(text.get("y"), []).append("".join(text.itertext()))
        written = (" ".join("".join(line).replace("\xa0", " ").split()) for line in lines.values())
        return [line for line in written if line]

    def node_words(self):
        return sorted(self.words(node) for node in self.nodes)

    def edge_words(self):
        return sorted(self.words(edge) for edge in self.edges)

    def coloured(self, colour):
        return [
            piece.text
            for text in self.root.iter("{http://www.w3.org/2000/svg}text")
            for piece in (text, *text)
            if piece.get("fill") == colour
        ]


def lecture_l1():
    """(x + y)·z at x = -2, y = 5, z = -4."""
    x, y, z = Value(-2.0), Value(5.0), Value(-4.0)
    q = x + y
    f = q * z
    return x, y, z, q, f


# ---------------------------------------------------------------------- the forward view


def test_forward_before_a_backward_pass():
    x, y, z, q, f = lecture_l1()
    picture = draw(f)
    assert isinstance(picture, graphviz.Digraph)
    seen = Rendered(picture)
    assert seen.node_words() == [
        ["f ×", "-12 | –"],
        ["q +", "3 | –"],
        ["x", "-2 | –"],
        ["y", "5 | –"],
        ["z", "-4 | –"],
    ]
    assert len(seen.edges) == 4
    assert "rankdir=RL" in picture.source and "dir=forward" not in picture.source
    assert (x.label, q.label, f.label) == ("", "", "")  # drawing writes no labels


def test_forward_after_a_backward_pass_in_the_slides_colours():
    x, y, z, q, f = lecture_l1()
    f.backward()
    seen = Rendered(draw(f, legend=False))
    assert seen.node_words() == [
        ["f ×", "-12 | 1"],
        ["q +", "3 | -4"],
        ["x", "-2 | -4"],
        ["y", "5 | -4"],
        ["z", "-4 | 3"],
    ]
    assert sorted(seen.coloured(GREEN)) == sorted(["-12", "3", "-2", "5", "-4"])
    assert sorted(seen.coloured(RED)) == sorted(["1", "-4", "-4", "-4", "3"])


def test_a_label_goes_before_the_variable_and_the_variable_before_the_sign():
    x = Value(2.0, "input")
    w = [Value(3.0)]
    f = relu(x * w[0])
    assert Rendered(draw(f)).node_words() == [
        ["f relu", "6 | –"],
        ["input", "2 | –"],
        ["w[0]", "3 | –"],
        ["×", "6 | –"],
    ]
    named = draw(f, names={"out": f})
    assert "<B>out</B>" in named.source
    assert "w[0]" not in named.source


somewhere = Value(7.0)


def test_globals_name_values_too():
    assert "<B>somewhere</B>" in draw(somewhere + 1.0).source


def test_operands_keep_order_and_multiplicity():
    a, b = Value(3.0), Value(2.0)
    assert len(Rendered(draw(a * a)).edges) == 2
    for node in (a - b, a / b, a**b):
        source = draw(node).source
        ends = re.findall(r"(n\d) -> (n\d) .*>(1st|2nd)<", source)  # from the gate
        ids = dict(re.findall(r"(n\d) \[label=.*?<B>([ab])</B>", source))
        assert [(ids[operand], mark) for _, operand, mark in ends] == [("a", "1st"), ("b", "2nd")]
    for node in (a + b, a * b, maximum(a, b)):
        assert "1st" not in draw(node).source


def test_ordinals():
    assert [ordinal(n) for n in (1, 2, 3, 4)] == ["1st", "2nd", "3rd", "4th"]
    assert [ordinal(n) for n in (11, 12, 13, 111)] == ["11th", "12th", "13th", "111th"]
    assert [ordinal(n) for n in (21, 102)] == ["21st", "102nd"]


def test_each_use_of_a_constant_has_a_node_of_its_own():
    a = Value(3.0)
    y = 2 * a + a * 2
    seen = Rendered(draw(y))
    assert [words for words in seen.node_words() if len(words) == 1] == [["2"], ["2"]]
    assert len(seen.edges) == 6
    hidden = Rendered(draw(y, constants=False))
    assert len(hidden.nodes) == 4
    assert len(hidden.edges) == 4


def test_several_outputs_in_one_picture():
    logits = [Value(1.0), Value(2.0), Value(3.0)]
    p = softmax(logits)
    seen = Rendered(draw(p))
    assert ["p[1] softmax, class 1", "0.2447 | –"] in seen.node_words()
    assert len(seen.nodes) == 6
    assert len(seen.edges) == 9


# ---------------------------------------------------------------------- the backward view


def test_every_backward_edge_says_local_times_upstream():
    x, y, z, q, f = lecture_l1()
    f.backward()
    picture = draw(f, "backward")
    seen = Rendered(picture)
    assert seen.edge_words() == [
        ["∂f/∂q = z", "-4 × 1 = -4"],
        ["∂f/∂z = q", "3 × 1 = 3"],
        ["∂q/∂x = 1", "1 × (-4) = -4"],
        ["∂q/∂y = 1", "1 × (-4) = -4"],
    ]
    assert picture.source.count("dir=forward") == 4 and "dir=back" not in picture.source
    ids = dict(re.findall(r"(n\d) \[label=.*?<B>(\w)</B>", picture.source))
    arrows = re.findall(r"(n\d) -> (n\d)", picture.source)
    assert {(ids[tail], ids[head]) for tail, head in arrows} == {
        ("f", "q"),
        ("f", "z"),
        ("q", "x"),
        ("q", "y"),
    }


def test_lecture_l2_with_its_erratum():
    a, b, c = Value(5.0), Value(3.0), Value(2.0)
    u = b * c
    v = a + u
    J = 3 * v
    J.backward()
    seen = Rendered(draw(J, "backward"))
    assert seen.edge_words() == [
        [],  # nothing flows into the constant 3
        ["∂J/∂v = 3", "3 × 1 = 3"],
        ["∂u/∂b = c", "2 × 3 = 6"],
        ["∂u/∂c = b", "3 × 3 = 9"],  # not 6, as the notes print
        ["∂v/∂a = 1", "1 × 3 = 3"],
        ["∂v/∂u = 1", "1 × 3 = 3"],
    ]


def test_a_long_chain_has_narrow_labels(monkeypatch):
    monkeypatch.setenv("PATH", "")  # graphviz-pure, then: the width is the layout program's
    a, b = Value(-4.0), Value(2.0)  # micrograd's README
    c, d = a + b, a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    f = (c - d) ** 2
    g = f / 2.0 + 10.0 / f
    g.backward()
    drawn = Rendered(draw(g, "backward"))
    assert float(drawn.root.get("width").removesuffix("pt")) < 2700  # points; was 3291
    assert ["1 × 1", "= 1"] in drawn.edge_words()
    assert ["f **", "49 | 0.4958", "= 0.5", "+ (-0.004165)"] in drawn.node_words()


def test_before_a_backward_pass_every_gradient_is_a_dash():
    x, y, z, q, f = lecture_l1()
    seen = Rendered(draw(f, "backward", legend=False))
    assert {words[-1] for words in seen.edge_words()} == {"– × – = –"}
    assert set(seen.coloured(RED)) == {"–", "no gradients yet: call f.backward()"}
    assert seen.caption == "no gradients yet: call f.backward()"


def test_fan_out_shows_the_sum():
    a = Value(3.0)
    y = a * a
    y.backward()
    seen = Rendered(draw(y, "backward"))
    assert ["a", "3 | 6", "= 3 + 3"] in seen.node_words()
    assert len(seen.edges) == 2
    b = Value(2.0)
    t = 3 * b - 4 * b
    t.backward()
    assert ["b", "2 | -1", "= 3 + (-4)"] in Rendered(draw(t, "backward")).node_words()


def test_an_edge_of_an_operand_used_twice_says_which_use_it_derives_by():
    """∂(g·g)/∂g = g would be false: that slip is in the lecture notes (L7)."""
    g, w, b = Value(3.0), Value(2.0), Value(1.0)
    y = g * g
    y.backward()
    assert Rendered(draw(y, "backward")).edge_words() == [
        ["∂y/∂(1st g) = g", "3 × 1 = 3"],
        ["∂y/∂(2nd g) = g", "3 × 1 = 3"],
    ]
    z = dot([w, g], [b, w])  # the 1st and the 4th operand are the same
    z.backward()
    words = [line for line, _ in Rendered(draw(z, "backward", constants=False)).edge_words()]
    assert words == ["∂z/∂(1st w) = b", "∂z/∂(2nd w) = g", "∂z/∂b = w", "∂z/∂g = w"]


def test_many_contributions_are_counted():
    a = Value(1.0)
    y = a + a + a + a + a
    y.backward()
    assert ["a", "1 | 5", "= sum of 5"] in Rendered(draw(y, "backward")).node_words()


def test_what_a_leaf_remembers_of_earlier_passes_is_told():
    a = Value(3.0)
    y = a * a
    y.backward()
    y.backward()
    words = Rendered(draw(y, "backward")).node_words()
    assert ["a", "3 | 12", "= 3 + 3 + 6 elsewhere"] in words


def test_a_branch_not_taken_and_a_class_index_get_nothing():
    a, b, c = Value(3.0), Value(2.0), Value(1.0)
    y = where(c, a, b)
    y.backward()
    assert Rendered(draw(y, "backward")).edge_words() == [
        [],
        [],
        ["∂y/∂a = 1 if taken", "1 × 1 = 1"],
    ]
    assert draw(y).source.count("style=dashed") == 2
    lazy = Rendered(draw(where(c, lambda: a, lambda: b)))
    assert len(lazy.edges) == 2 and len(lazy.nodes) == 3  # nothing that says which was taken
    loss = cross_entropy([a, b], 0)
    loss.backward()
    assert len(Rendered(draw(loss, "backward")).edges) == 2


def test_a_node_without_a_name_says_local():
    a, b = Value(3.0), Value(2.0)
    y = (a + b) * b
    y.backward()
    assert ["local = b", "2 × 1 = 2"] in Rendered(draw(y, "backward")).edge_words()
    z = (a + b) * Value(5.0)
    z.backward()
    words = Rendered(draw(z, "backward")).edge_words()
    assert ["1 × 5 = 5"] in words and ["5 × 1 = 5"] in words  # "local = 1" would say no more


def test_a_stale_graph_is_said_to_be_stale_and_shows_no_wrong_number():
    x = Value(2.0)
    y = 1 / x
    y.backward()
    x.data = 0.0  # 1/x² could not be computed here
    seen = Rendered(draw(y, "backward"))
    assert "stale: x was changed after y was computed; call forward()" in seen.caption
    assert ["∂y/∂x = -1/x²", "– × – = –"] in seen.edge_words()
    assert "stale" in Rendered(draw(y)).caption


@pytest.fixture
def own_gates():
    before = dict(registry)
    yield
    registry.clear()
    registry.update(before)


def test_a_rule_that_fails_does_not_stop_the_picture(own_gates):
    bad = primitive("bad_test", lambda x: x, [lambda x, out: 1.0 / (x - x)])
    x = Value(2.0)
    y = bad(x)
    y.grad = 1.0
    assert ["∂y/∂x = 1/(x - x)", "nan × 1 = nan"] in Rendered(draw(y, "backward")).edge_words()


def test_a_gate_without_a_sign(own_gates):
    silent = primitive("silent_test", lambda x: x, [1.0], symbol="")
    x = Value(2.0)
    y = silent(x)
    assert ["y", "2 | –"] in Rendered(draw(y)).node_words()
    assert ["2 | –"] in Rendered(draw(silent(y), names={})).node_words()


# ---------------------------------------------------------------------- look


def test_both_themes_and_the_legend():
    x, y, z, q, f = lecture_l1()
    dark = draw(f, theme="dark")
    assert THEMES["dark"]["paper"] in dark.source
    assert THEMES["light"]["paper"] not in dark.source
    assert "value | gradient (– not computed yet)" in Rendered(draw(f)).caption
    backward = Rendered(draw(f, "backward")).caption
    assert "local gradient × upstream gradient = contribution" in backward
    assert Rendered(draw(f, legend=False)).caption == ""


def luminance(colour):
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", THEMES)
def test_every_text_stands_out_from_its_ground(theme):
    colours = THEMES[theme]
    for text in ("ink", "faint", "value", "gradient"):
        for ground in ("paper", "leaf", "gate", "cluster"):
            bright, dim = sorted(
                (luminance(colours[text]), luminance(colours[ground])), reverse=True
            )
            assert (bright + 0.05) / (dim + 0.05) >= 4.5, (text, ground)  # WCAG 2, AA


def test_every_digit_is_told_on_hovering():
    a, b = Value(0.1), Value(0.2)
    c = a + b
    c.backward()
    titles = [
        each.get("{http://www.w3.org/1999/xlink}title") for each in Rendered(draw(c)).root.iter()
    ]
    assert "c (add) value 0.30000000000000004, gradient 1.0" in titles


@pytest.mark.parametrize(
    "label",
    [
        "<b>bold</b>",
        "a < b > c",
        'say "hi"',
        "R&D &amp; &#65;",
        r"\N \G \l back\slash \\",
        "]]>",
        "{record|field}",
        "权重 ŵ",
        "x -> y; }",
        "%s {0}",
        "`'$(rm)",
    ],
)
def test_any_label_is_shown_as_it_is(label):
    x = Value(2.0, label)
    y = x * x
    y.label = "y"
    y.backward()
    for view in ("forward", "backward"):
        seen = Rendered(draw(y, view))
        assert seen.words(seen.nodes[0])[0] == label
        cluster = draw(y, view, clusters={label.replace("/", "|"): [x]})
        assert Rendered(cluster).words(Rendered(cluster).clusters[0])[0] == label.replace("/", "|")
    assert Rendered(draw(y, "backward")).edge_words()[0][0].startswith(f"∂y/∂(1st {label}) = ")


def test_a_label_is_one_line_of_printable_characters():
    x = Value(2.0, "two\nlines\tand \x00\x1b\ud800 nothing")
    assert Rendered(draw(x)).node_words() == [["two lines and ��� nothing", "2 | –"]]
    y = Value(2.0, "long" * 30)
    (words,) = Rendered(draw(y)).node_words()
    assert words[0] == ("long" * 30)[:31] + "…"


def test_nan_inf_and_signs_without_a_glyph():
    x = Value(float("inf"))
    nan = Value(float("nan"))
    y = x * nan
    y.backward()
    assert Rendered(draw(y, "backward")).edge_words() == [
        ["∂y/∂nan = x", "inf × 1 = inf"],
        ["∂y/∂x = nan", "nan × 1 = nan"],
    ]
    z = floor(x)
    assert ["z floor(x)", "inf | –"] in Rendered(draw(z)).node_words()


def test_no_line_to_a_constant_runs_through_a_label():
    w, x = [Value(0.5), Value(-1.0), Value(2.0)], [Value(1.0), Value(2.0), Value(3.0)]
    h = dot(w, x, Value(0.1))
    loss = cross_entropy([h, h * 2, h.tanh()], 1)
    loss.backward()
    svg = "{http://www.w3.org/2000/svg}"
    edges = Rendered(draw(loss, "backward")).edges
    texts = [text for edge in edges for text in edge.iter(f"{svg}text") if text.text.strip()]
    lines = [
        line for edge in edges for line in edge.iter(f"{svg}path") if line.get("stroke-dasharray")
    ]
    assert len(lines) == 1
    numbers = [float(number) for number in re.findall(r"-?[\d.]+", lines[0].get("d"))]
    points = list(zip(numbers[::2], numbers[1::2], strict=True))
    for k in range(0, len(points) - 1, 3):  # a chain of Bézier curves
        for t in (i / 40 for i in range(41)):
            weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
            at = [
                sum(w * p[axis] for w, p in zip(weights, points[k : k + 4], strict=True))
                for axis in (0, 1)
            ]
            for text in texts:
                inside = abs(at[0] - float(text.get("x"))) < 20
                assert not (inside and -9 < at[1] - float(text.get("y")) < 2), text.text


# ---------------------------------------------------------------------- clusters


def network():
    x = [Value(1.0), Value(-2.0)]
    W = [[Value(0.5), Value(1.5)], [Value(-1.0), Value(0.25)]]
    h = [relu(row[0] * x[0] + row[1] * x[1]) for row in W]
    y = h[0] + h[1]
    clusters = {f"hidden/neuron {k}": [h[k], *W[k]] for k in range(2)}
    return x, W, h, y, clusters


def test_clusters_are_nested_frames():
    x, W, h, y, clusters = network()
    seen = Rendered(draw(y, clusters=clusters))
    assert sorted(seen.words(frame)[0] for frame in seen.clusters) == [
        "hidden",
        "neuron 0",
        "neuron 1",
    ]
    assert len(seen.nodes) == 15
    assert len(seen.edges) == 16


def test_a_collapsed_cluster_is_one_box_that_tells_what_is_in_it():
    x, W, h, y, clusters = network()
    y.backward()
    one = Rendered(draw(y, clusters=clusters, collapse="hidden/neuron 1"))
    assert ["neuron 1", "4 gates, 2 leaves", "h[1]", "0 | 1"] in one.node_words()
    assert len(one.clusters) == 2
    whole = Rendered(draw(y, "backward", clusters=clusters, collapse=True))
    assert ["hidden", "8 gates, 4 leaves"] in whole.node_words()
    assert len(whole.nodes) == 4
    assert sorted(words for words in whole.edge_words()) == [["0"], ["0"], ["2 gradients"]]


def test_all_that_passes_between_two_boxes_is_one_edge():
    x = [Value(1.0, "x"), Value(2.0, "z")]
    h = [relu(x[0] * 0.5 + x[1] * k) for k in range(12)]
    g = [h[k] * h[11 - k] for k in range(12)]
    y = g[0] + g[1]
    clusters = {"first": h, "second": g}
    assert Rendered(draw(y, clusters=clusters, collapse=True)).edge_words() == [
        [],
        [],
        ["2 values"],
        ["4 values"],
    ]
    y.backward()
    words = Rendered(draw(y, "backward", clusters=clusters, collapse=True)).edge_words()
    assert words == [["2 gradients"], ["23"], ["4 gradients"], ["51"]]


def test_marks_of_operands_from_the_same_side_stand_apart():
    a, b = Value(3.0), Value(2.0)
    d = (a + b) * (b - a)
    marks = {}
    for edge in Rendered(draw(d)).edges:
        for text in edge.iter("{http://www.w3.org/2000/svg}text"):
            if text.text.strip():
                marks[text.text] = (float(text.get("x")), float(text.get("y")))
    assert set(marks) == {"1st", "2nd"}
    assert marks["2nd"][1] - marks["1st"][1] > 12  # points


@pytest.mark.parametrize("view", ["forward", "backward"])
def test_clusters_read_downwards(view, monkeypatch):
    monkeypatch.setenv("PATH", "")  # graphviz-pure, then: forward, Graphviz 2.43 stacks upwards
    x, W, h, y, clusters = network()
    clusters |= {f"last/neuron {k}": [h[k] * h[1 - k], Value(1.0)] for k in range(2)}
    parts = [nodes[0] for name, nodes in clusters.items() if name.startswith("last")]
    seen = Rendered(draw(parts[0] + parts[1], view, clusters=clusters))
    heights = {}
    for frame in seen.clusters:
        first = next(frame.iter("{http://www.w3.org/2000/svg}text"))
        heights.setdefault("".join(first.itertext()), []).append(float(first.get("y")))
    assert all(a < b for a, b in zip(heights["neuron 0"], heights["neuron 1"], strict=True))


def downwards(drawing):
    """The first lines of all nodes, from top to bottom."""
    heights = []
    for node in Rendered(drawing).nodes:
        first = next(node.iter("{http://www.w3.org/2000/svg}text"))
        heights.append((float(first.get("y")), Rendered.words(node)[0]))
    return [words for _, words in sorted(heights)]


@pytest.mark.parametrize("view", ["forward", "backward"])
def test_operands_stand_in_their_order(view):
    w, bias = [Value(0.1 * k) for k in range(3)], Value(0.1)
    h = dot(w, [1.0, 2.0, 3.0], bias).tanh()
    in_order = ["w[0]", "w[1]", "w[2]", "1", "2", "3", "bias"]
    for clusters in ({}, {"neuron": [*w, bias, h]}, {"layer/neuron": [*w, bias, h]}):
        names = downwards(draw(h, view, clusters=clusters))
        assert [name for name in names if name in in_order] == in_order
    x = [Value(float(k)) for k in range(4)]
    y = dot(w + [bias], x, h) * x[0]
    names = downwards(draw(y, view, clusters={"layer": [*w, bias, y.operands[0]]}, collapse=True))
    assert [name for name in names if name[0] == "x"] == [f"x[{k}]" for k in range(4)]


@pytest.mark.parametrize("view", ["forward", "backward"])
@pytest.mark.parametrize("inputs", [1, 2, 3])
def test_weights_of_a_network_stand_in_their_order(view, inputs):
    x = [Value(float(k), f"x[{k}]") for k in range(inputs)]
    clusters, layer = {}, x
    for depth, width in enumerate((2, 3, 1)):
        below, layer = layer, []
        for k in range(width):
            w = [Value(0.0, f"{depth}{k}: w[{j}]") for j in range(len(below))]
            bias = Value(0.0, f"{depth}{k}: w[bias]")
            layer.append(relu(dot(w, below, bias)))
            clusters[f"layer {depth}/neuron {k}"] = [*w, bias, layer[-1]]
    names = downwards(draw(layer[0], view, clusters=clusters))
    for neuron in {name.partition(":")[0] for name in names if "w[" in name}:
        own = [name for name in names if name.startswith(f"{neuron}: w")]
        assert own == sorted(own)
    assert [name for name in names if name[0] == "x"] == [f"x[{k}]" for k in range(inputs)]


def test_the_mapping_of_clusters_lends_no_names():
    x, W, h, y, clusters = network()
    del h, W
    assert "hidden/neuron" not in draw(y, clusters=clusters).source


# ---------------------------------------------------------------------- limits and errors


def test_too_many_nodes_name_the_way_out():
    x = Value(1.0)
    y = x
    for _ in range(200):
        y = y + 1
    with pytest.raises(ValueError, match=r"401 nodes to draw, more than max_nodes=300: .*collapse"):
        draw(y)
    assert draw(y, constants=False).source.count("shape=ellipse") == 200
    assert draw(y, max_nodes=500, time_limit=7.0).time_limit == 7.0


def test_a_deep_graph_is_refused_not_crashed_on():
    x = Value(1.0)
    for _ in range(50_000):
        x = x * x
    with pytest.raises(ValueError, match="50001 nodes"):
        draw(x)
    assert x._repr_svg_() is None


def test_errors_name_what_was_wrong():
    x = Value(1.0)
    with pytest.raises(ValueError, match="unknown view 'sideways': write 'forward' or 'backward'"):
        draw(x, "sideways")
    with pytest.raises(ValueError, match="unknown theme 'pink': write 'light' or 'dark'"):
        draw(x, theme="pink")
    with pytest.raises(TypeError, match=r"draw takes a Value or a list of them, got 3\.0"):
        draw(3.0)
    with pytest.raises(TypeError, match="got 'f'"):
        draw([x, "f"])
    with pytest.raises(TypeError, match="got an empty list"):
        draw([])


@pytest.mark.parametrize("wrong", [3, "abc", [3], {3: []}, {"a": 3}])
def test_an_argument_of_the_wrong_kind_is_named(wrong):
    x = Value(1.0)
    with pytest.raises(TypeError, match=r"clusters takes names and their Values, .*, got "):
        draw(x, clusters=wrong)


def test_other_arguments_of_the_wrong_kind_are_named():
    x = Value(1.0)
    for name in ("max_nodes", "time_limit"):
        with pytest.raises(TypeError, match=f"{name} takes a number, got 'a'"):
            draw(x, **{name: "a"})
    with pytest.raises(TypeError, match=r"names takes a mapping .*, got 3"):
        draw(x, names=3)
    for wrong in (3, [3]):
        with pytest.raises(TypeError, match=r"collapse takes True or names of clusters, got .*3"):
            draw(x, clusters={"a": [x]}, collapse=wrong)
    with pytest.raises(ValueError, match=r"unknown theme \[\]"):
        draw(x, theme=[])
    assert "<B>a</B>" in draw(x * x, clusters={"a": [x]}, collapse=iter(["a"])).source


# ---------------------------------------------------------------------- notebooks


def test_a_small_graph_shows_itself_in_a_notebook():
    x, y, z, q, f = lecture_l1()
    assert "<svg" in f._repr_svg_()
    assert x._repr_svg_() is None  # a leaf has nothing to show but its repr
    for _ in range(NOTEBOOK_NODES):
        f = f + x
    assert f._repr_svg_() is None


def test_a_picture_is_the_same_in_every_process():
    x, y, z, q, f = lecture_l1()
    f.backward()
    assert draw(f, "backward").source == draw(f, "backward").source
