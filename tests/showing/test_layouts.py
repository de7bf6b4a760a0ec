"""One layout for both views and every step of a walk; size and direction."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import Any

import pytest

import nn
from autograd import Value, compile, draw, walk
from autograd.showing.markup import THEMES

from .test_drawing import Rendered

SVG = "{http://www.w3.org/2000/svg}"


def slope() -> Value:
    """b is used twice, and gradients have more digits than values."""
    a = Value(3.0, "a")
    b = a * a
    b.label = "b"
    return (b + a) * b / 7.0


def l1() -> Value:
    x, y, z = Value(-2.0, "x"), Value(5.0, "y"), Value(-4.0, "z")
    q = x + y
    q.label = "q"
    f = q * z
    f.label = "f"
    return f


def neuron() -> Value:
    model = nn.MLP(2, [2, 1], "tanh", rng=0)
    x = [Value(1.0, "x₁"), Value(2.0, "x₂")]
    return nn.squared_error(model(x), 1.0)  # type: ignore[no-any-return]


def places(picture: Any) -> dict[str, Any]:
    """Where each node's outline is, in points; an arrowhead at the border moves all by a tenth."""
    found = {}
    for group in Rendered(picture).nodes:
        for outline in (*group.iter(f"{SVG}ellipse"), *group.iter(f"{SVG}path")):
            keys = ("cx", "cy", "rx", "ry", "d")
            numbers = re.findall(r"-?[\d.]+", " ".join(outline.get(key, "") for key in keys))
            found[group.findtext(f"{SVG}title")] = pytest.approx([*map(float, numbers)], abs=0.3)
    return found


@pytest.mark.parametrize("make", [l1, slope, neuron])
@pytest.mark.parametrize("direction", ["right", "down"])
def test_all_pictures_of_a_graph_lie_on_each_other(make: Any, direction: str) -> None:
    f = make()
    before = places(draw(f, direction=direction, names={}))
    steps = walk(f, names={})
    frames = [places(draw(steps.goto(k), direction=direction)) for k in range(len(steps) + 1)]
    f.backward()
    forward = places(draw(f, direction=direction, names={}))
    backward = places(draw(f, "backward", direction=direction, names={}))
    assert len(before) > 3
    for other in (before, forward, *frames):
        assert other.keys() == backward.keys()
        for name, shape in other.items():
            assert shape.expected == backward[name]


def test_a_walk_is_drawn_as_far_as_it_has_come() -> None:
    f = l1()
    f.operands[0].operands[0].grad = 99.0  # of another pass: no number of this walk
    steps = walk(f)
    assert Rendered(draw(steps)).node_words() == [
        ["f ×", "– | –"],
        ["q +", "– | –"],
        ["x", "-2 | –"],
        ["y", "5 | –"],
        ["z", "-4 | –"],
    ]
    halfway = Rendered(draw(steps.goto(3)))  # f has passed its gradient on, q has not
    assert ["q +", "3 | -4"] in halfway.node_words()
    assert ["x", "-2 | –"] in halfway.node_words()
    assert halfway.edge_words() == [
        [],
        [],
        ["∂f/∂q = z", "-4 × 1 = -4"],
        ["∂f/∂z = q", "3 × 1 = 3"],
    ]
    assert draw(steps).source.count(THEMES["light"]["now"]) == 1, "the gate of this step"
    end = Rendered(draw(steps.goto(4)))
    assert ["x", "-2 | -4"] in end.node_words()
    assert all(end.edge_words())


def test_the_naive_order_draws_what_it_passed_on() -> None:
    b = Value(2.0, "b")
    c = b * b
    c.label = "c"
    y = c + 3 * c
    steps = walk(y, order="naive", names={})
    drawn = Rendered(draw(steps.goto(len(steps))))
    assert ["b", f"2 | {steps.gradient(b):g}", "= 2 + 2"] in drawn.node_words()


def test_a_sum_is_written_when_all_of_it_has_arrived() -> None:
    f = slope()
    steps = walk(f, names={})
    words = [Rendered(draw(steps.goto(k))).node_words() for k in range(len(steps) + 1)]
    sums = [any("=" in line for line in node) for frame in words for node in frame]
    assert any(sums) and not any(any("=" in line for line in node) for node in words[3])
    assert sum(len(node) == 3 for node in words[-1]) == 2, "a and b are used more than once"


def test_the_legend_says_what_is_in_the_picture() -> None:
    f = l1()
    assert "not computed yet" in Rendered(draw(f)).caption
    f.backward()
    for view in ("forward", "backward"):
        assert "not computed yet" not in Rendered(draw(f, view)).caption
    assert "upstream" not in Rendered(draw(f)).caption


def test_backward_before_backward_says_so() -> None:
    f = l1()
    assert "no gradients yet: call f.backward()" in Rendered(draw(f, "backward")).caption
    f.backward()
    assert "no gradients yet" not in Rendered(draw(f, "backward")).caption


def test_size_in_pixels(tmp_path: Path) -> None:
    f = l1()
    picture = draw(f, size=1400)
    picture.save(tmp_path / "f.png")
    width, height = struct.unpack(">II", (tmp_path / "f.png").read_bytes()[16:24])
    assert abs(width - 1400) <= 2
    across = Rendered(picture).root.get("width")
    assert across is not None and abs(float(across.removesuffix("pt")) * 96 / 72 - 1400) <= 2
    draw(f, size=(1400, 200)).save(tmp_path / "f.png")
    width, height = struct.unpack(">II", (tmp_path / "f.png").read_bytes()[16:24])
    assert width < 1400 and abs(height - 200) <= 2
    for wrong in (0, -1, "wide", (1, 2, 3), float("nan"), (5, None)):
        with pytest.raises(ValueError, match=r"size takes pixels, 1400 wide or \(1400, 800\)"):
            draw(f, size=wrong)  # type: ignore[arg-type]


def test_a_large_picture_fits_a_slide_by_itself(tmp_path: Path) -> None:
    y = Value(1.0, "x")
    for _ in range(60):
        y = y * 0.5 + 1.0
    y.backward()
    draw(y, "backward").save(tmp_path / "y.png")
    width, height = struct.unpack(">II", (tmp_path / "y.png").read_bytes()[16:24])
    assert width <= 2 * 1920 + 4 and height <= 2 * 1920 + 4  # two pixels a point of a screen


def test_the_backward_picture_of_a_small_network_is_legible_at_slide_width() -> None:
    f = neuron()
    f.backward()
    seen = Rendered(draw(f, "backward", names={}))
    width = float(seen.root.get("width").removesuffix("pt"))
    smallest = 11 * 1400 / width  # pixels of the labels' letters on a slide of 1400 pixels
    assert smallest >= 9


def test_downwards() -> None:
    f = l1()
    assert "rankdir=BT" in draw(f, direction="down").source
    program = compile(lambda x: x * x + 1, shapes=[()])
    assert "rankdir=TB" in draw(program, direction="down").source
    with pytest.raises(ValueError, match="unknown direction 'up': write 'right' or 'down'"):
        draw(f, direction="up")


def test_a_walk_takes_no_view() -> None:
    with pytest.raises(TypeError, match=r"view= is for what is no walk, which shows both"):
        draw(walk(l1()), "backward")
