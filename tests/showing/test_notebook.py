"""Notebooks: the tour runs and prints what it says; things display themselves without Graphviz."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parent.parent.parent
TOUR = ROOT / "demos" / "tour.ipynb"


def execute(notebook: Any) -> Any:
    """Run every cell in a kernel of its own."""
    resources = {"metadata": {"path": str(ROOT)}}
    return NotebookClient(notebook, timeout=120, resources=resources).execute()


def outputs(notebook: Any) -> list[list[Any]]:
    return [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]


def texts(notebook: Any) -> list[str]:
    """What each code cell printed and showed, as text; the pictures differ between programs."""
    return ["".join(map(text_of, cell)) for cell in outputs(notebook)]


def text_of(output: Any) -> str:
    if output.output_type == "stream":
        return str(output.text)
    kinds = output.get("data", {})
    return "" if "image/svg+xml" in kinds else str(kinds.get("text/plain", ""))


@pytest.fixture(scope="module")
def tour() -> tuple[Any, Any]:
    """The tour as it is stored, and as it runs now."""
    stored = nbformat.read(TOUR, as_version=4)
    return stored, execute(nbformat.read(TOUR, as_version=4))


def test_the_tour_shows_what_is_stored_in_it(tour: tuple[Any, Any]) -> None:
    """If this fails for a good reason: ``jupyter execute --inplace demos/tour.ipynb``."""
    stored, now = tour
    assert texts(now) == texts(stored)


def test_the_tour_tells_the_lectures_numbers(tour: tuple[Any, Any]) -> None:
    printed = "\n".join(texts(tour[1]))
    assert "∂q/∂x = 1    →  x.grad += 1 × -4 = -4" in printed
    assert "(-4.0, -4.0, 3.0)" in printed
    assert "a = 2.0000, b = 1.0000" in printed
    assert "(8.0, 12.0, 12.0, 6.0)" in printed


def test_pictures_steps_and_pages_display_themselves(tour: tuple[Any, Any]) -> None:
    kinds = [set(output.get("data", {})) for cell in outputs(tour[1]) for output in cell]
    assert sum("image/svg+xml" in kind for kind in kinds) == 3
    assert any({"text/html", "text/plain"} <= kind for kind in kinds)
    assert any("text/latex" in kind for kind in kinds)
    frames = [
        output.data["text/html"]
        for cell in outputs(tour[1])
        for output in cell
        if "<iframe" in output.get("data", {}).get("text/html", "")
    ]
    assert len(frames) == 1
    assert "<script" not in frames[0]


def test_without_a_layout_program_there_is_text(tmp_path: Path) -> None:
    notebook = nbformat.v4.new_notebook()
    sources = [
        "import autograd.showing.rendering as rendering\n"
        "def nothing():\n    raise ImportError('no layout program found')\n"
        "rendering.layout_program = nothing\n"
        "from autograd import Value, draw, explain, walk\n"
        "x = Value(3.0, '<script>')\ny = x * x",
        "y",
        "draw(y)",
        "walk(y)",
        "explain(x, y)",
    ]
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in sources]
    _, value, drawing, steps, explanation = outputs(execute(notebook))
    assert value[0].data["text/plain"] == "Value(data=9.0, grad=None)"
    assert "no layout program found" in drawing[0].data["text/plain"]
    assert "digraph" in drawing[0].data["text/plain"]
    assert "text/plain" in steps[0].data and "<script" not in steps[0].data["text/html"]
    assert "text/plain" in explanation[0].data
