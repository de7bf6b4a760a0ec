"""Decision regions: who wins where, and what is refused."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

import nn

POINTS = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]


def winner(axis: Any, x: float, y: float) -> list[int]:
    """Which of the filled regions hold a point."""
    filled = [each for each in axis.collections if getattr(each, "filled", False)]
    return [
        k
        for k, each in enumerate(filled)
        if any(p.contains_point((x, y)) for p in each.get_paths())
    ]


def test_a_line_parts_two_classes() -> None:
    axis = nn.boundary(lambda point: point[0] + point[1] - 1.5, POINTS, [0, 0, 0, 1])
    assert winner(axis, 0.1, 0.1) == [0] and winner(axis, 1.0, 1.0) == [1]
    half = nn.boundary(lambda p: p[0], POINTS, [0, 1, 0, 1], threshold=0.5)
    assert winner(half, 0.3, 0.5) == [0] and winner(half, 0.7, 0.5) == [1]


def test_the_largest_of_several_scores_wins() -> None:
    axis = nn.boundary(lambda p: [p[0], p[1], 0.4], POINTS, np.eye(3)[[2, 0, 1, 1]])
    assert winner(axis, 0.9, 0.1) == [0]
    assert winner(axis, 0.1, 0.9) == [1]
    assert winner(axis, 0.1, 0.1) == [2]
    assert [text.get_text() for text in axis.get_legend().get_texts()] == [
        "class 0",
        "class 1",
        "class 2",
    ]


def test_points_stand_in_their_class() -> None:
    for classes in ([-1, 1, 1, -1], [0, 1, 1, 0]):
        axis = nn.boundary(lambda p: p[0], POINTS, classes, names=("no", "yes"))
        no, yes = (each for each in axis.collections if len(each.get_offsets()) == 2)
        assert sorted(map(tuple, no.get_offsets())) == [(0.0, 0.0), (1.0, 1.0)]
        assert (no.get_label(), yes.get_label()) == ("no", "yes")


def test_a_network_is_in_evaluation_mode_and_comes_back() -> None:
    model = nn.Sequential(nn.Dropout(0.5, rng=0), nn.Layer(2, 1, rng=0))
    nn.boundary(model, POINTS, [0, 1, 1, 0], resolution=4)
    assert model.training


def test_on_an_axis_of_ones_own() -> None:
    from matplotlib.figure import Figure

    axis = Figure().subplots()
    assert nn.boundary(lambda p: p[0], POINTS, [0, 1, 1, 0], axis) is axis


def test_what_is_no_plane_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=r"points of two numbers each, got X of shape \(1, 3\)"):
        nn.boundary(lambda p: p[0], [[1, 2, 3]], [0])
    with pytest.raises(ValueError, match="4 points but 1 classes"):
        nn.boundary(lambda p: p[0], POINTS, [0])
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"pip install 'gatewise\[demos\]'"):
        nn.boundary(lambda p: p[0], POINTS, [0, 1, 1, 0])


def test_where_no_class_wins_none_is_coloured() -> None:
    axis = nn.boundary(lambda p: 1e-5 * (p[0] - p[1]), POINTS, [0, 1, 1, 0])
    assert winner(axis, 0.9, 0.1) == [] and winner(axis, 0.1, 0.9) == []
