"""A walk as numbered pictures, or as an animation."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from autograd import Value, walk


@pytest.fixture
def steps():
    x, y = Value(2.0, "x"), Value(3.0, "y")
    return walk(x * y + x)


def test_a_file_for_every_position(steps, tmp_path: Path) -> None:
    steps.goto(1)
    paths = steps.save(tmp_path / "new" / "steps", theme="dark")
    assert [Path(path).name for path in paths] == [f"{k}.svg" for k in range(5)]
    assert steps.position == 1
    texts = [
        "".join(ElementTree.parse(path).getroot().itertext()).replace("(–", "") for path in paths
    ]
    assert texts[0].count("–") > texts[2].count("–") > texts[4].count("–") == 0


def test_numbers_sort_as_they_count(tmp_path: Path) -> None:
    x = y = Value(1.0, "x")
    for _ in range(6):
        y = y + x
    paths = walk(y).save(tmp_path, format="dot", constants=False)
    assert len(paths) == 13 and paths == sorted(paths)
    assert Path(paths[0]).name == "00.dot"


def test_an_animation(steps, tmp_path: Path) -> None:
    from PIL import Image

    (path,) = steps.save(tmp_path / "f.GIF", size=400, seconds=0.5)
    with Image.open(path) as image:
        assert image.n_frames == 5  # type: ignore[attr-defined]
        assert image.info["duration"] == 500
        assert abs(image.width - 400) <= 3


def test_a_mistake_leaves_the_walk_where_it_was(steps, tmp_path: Path) -> None:
    steps.goto(2)
    with pytest.raises(ValueError, match="unknown theme"):
        steps.save(tmp_path, theme="pink")
    with pytest.raises(ValueError, match=r"saved as \.svg"):
        steps.save(tmp_path, format="bmp")
    assert steps.position == 2
