"""The table of a walk: plain, rich and HTML."""

from __future__ import annotations

import io
import sys
from html.parser import HTMLParser

import pytest
from rich.console import Console

from autograd import Value, walk
from autograd.showing.stepping import Walk
from autograd.showing.tables import html_table, plain_table


def f() -> Value:
    x, y, z = Value(-2.0, "x"), Value(5.0, "y"), Value(-4.0, "z")
    return (x + y) * z


def test_plain() -> None:
    assert plain_table(walk(f(), names={}).goto(3)).splitlines() == [
        "node  computed as  value  ∂out/∂node",
        "x                     -2           –",
        "y                      5           –",
        "z                     -4           3",
        "v1    x + y            3          -4",
        "out   v1·z           -12           1",
    ]


def test_a_long_table_shows_what_is_around_the_step() -> None:
    y = Value(1.0)
    for _ in range(100):
        y = y + y
    w = walk(y, names={}).goto(50)
    lines = plain_table(w).splitlines()
    assert len(lines) == 1 + 40 + 3
    assert [line.split() for line in (lines[1], lines[-2])] == [
        ["...", "30", "more", "nodes"],
        ["...", "30", "more", "nodes"],
    ]
    assert lines[-1].split() == ["out", "v100", "+", "v100", "–", "–"]
    assert any(line.startswith("v51 ") for line in lines)  # the node of step 50


@pytest.mark.parametrize("position", [0, 200])
def test_a_long_table_ends_with_the_output(position: int) -> None:
    y = Value(1.0)
    for _ in range(100):
        y = y * 1.0
    lines = plain_table(walk(y, names={}).goto(position)).splitlines()
    assert [line.split()[0] for line in lines[-2:]] == ["...", "out"]
    assert lines[-2].split()[1] == "60"
    assert len([line for line in lines if line.startswith("v")]) == 40


def test_chinese_names_stand_in_columns() -> None:
    x, y = Value(1.0, "学习率"), Value(2.0, "x")
    lines = plain_table(walk(x * y, names={}).goto(2)).splitlines()
    assert lines[:3] == [
        "node    computed as  value  ∂out/∂node",
        "学习率                   1           2",
        "x                        2           1",
    ]


def test_a_narrow_terminal_cuts_no_digit() -> None:
    console = Console(width=34, file=io.StringIO(), record=True)
    console.print(walk(Value(0.12345, "x") * -1234.5678, names={}).goto(2))
    text = console.export_text()
    assert "0.1235" in text and "-1235" in text and "-152.4" in text and "…" not in text


def shown_by_rich(w: Walk) -> str:
    console = Console(width=90, file=io.StringIO(), record=True)
    console.print(w)
    return console.export_text()


def test_rich() -> None:
    text = shown_by_rich(walk(f(), names={}).goto(4))
    assert "backward 2/2   v1 = x + y               upstream ∂out/∂v1 = -4" in text
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in text.splitlines()]
    assert ["x", "", "-2", "-4"] in cells
    assert ["out", "v1·z", "-12", "1"] in cells


def test_rich_takes_labels_as_text() -> None:
    text = shown_by_rich(walk(Value(1.0, "[bold]x[/bold]") * 2, names={}).goto(2))
    assert "∂out/∂([bold]x[/bold]) = 2" in text
    assert "│ [bold]x[/bold] │" in text


def test_without_rich_there_is_still_the_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rich", None)
    w = walk(f()).next()
    assert repr(w) == "forward 1/2   v1 = x + y = -2 + 5 = 3"
    assert "<table>" in w._repr_html_()


class _Text(HTMLParser):
    """Tags and text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_html_shows_labels_as_text() -> None:
    label = '<script>alert("1")</script>]]>&amp;'
    page = _Text()
    page.feed(html_table(walk(Value(2.0, label) * 3).goto(2)))
    assert set(page.tags) == {"pre", "table", "thead", "tbody", "tr", "th", "td"}
    assert label[:31] in "".join(page.text)
    assert [text for text in page.text if text == "6"] == ["6"]


def test_html_marks_the_step() -> None:
    html = walk(f())._repr_html_()
    assert "font-weight:bold" not in html
    html = walk(f()).next()._repr_html_()
    assert html.count("font-weight:bold") == 1
    assert html.index("font-weight:bold") < html.index("v1</td>")
