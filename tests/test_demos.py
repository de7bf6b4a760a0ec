"""Every demo runs, prints the lectures' numbers, and makes the pictures it names."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

import demos.__main__ as tour
from autograd import Value
from demos import board

ROOT = Path(__file__).parent.parent

LINES = {  # what each demo must say, blanks squeezed; the numbers are those of the lectures
    "expressions": [
        # L1
        "q = x + y 3",
        "f = q × z -12",
        "f = q × z 1 q -4 -4",
        "z 3 3",
        "q = x + y -4 x 1 -4",
        "df/dx = -4",
        "df/dy = -4",
        "df/dz = 3",
        # L2
        "u = b × c 6",
        "v = a + u 11",
        "J = 3 × v 33",
        "J = 3 × v 1 v 3 3",
        "v = a + u 3 a 1 3",
        "u = b × c 3 b 2 6",
        "dJ/da = 3",
        "dJ/db = 6",
        "dJ/dc = 9",
        "swaps its operands, so dJ/dc = dJ/du · du/dc = 3·b = 9.",
    ],
    "squares": [  # L3 at x = 3, y = 2: 2·3·4 + 2·3/4 and 2·9·2 - 2·9/8
        "dz/dx = 24 + 1.5 = 25.5",
        "dz/dy = 36 - 2.25 = 33.75",
        "dz/dx = 2xy² + 2x/y² = 25.5, as the formula says: 25.5",
        "dz/dy = 2x²y - 2x²/y³ = 33.75, as the formula says: 33.75",
    ],
    "paths": [  # L4 at t = 1: 2e over one path, e over the other
        "dz/dt = 5.43656 + 2.71828 = 8.15485",
    ],
    "gates": [  # L5
        "f = x + y 2 x 1 2",
        "f = x × y 5 x 3 15",
        "y 2 10",
        "df/dx = 4 + 2 = 6",
        "f = max(x, y) 9 x 0 0",
        "y 1 9",
    ],
    "norm": [  # L7, with the numbers of the CS231n lecture
        "g₁ = W₁₁·x₁ + W₁₂·x₂ 0.22",
        "g₂ = W₂₁·x₁ + W₂₂·x₂ 0.26",
        "f = g₁² + g₂² 0.116",
        "df/dg₁ = 2·g₁ = 0.44, as the formula says: 0.44",
        "df/dx₁ = 0.044 - 0.156 = -0.112",
        "df/dx₂ = 0.22 + 0.416 = 0.636",
        "df/dW₁₁ = 0.088",
        "df/dW₁₂ = 0.176",
        "df/dW₂₁ = 0.104",
        "df/dW₂₂ = 0.208",
    ],
}


def test_the_tour_is_all_demos() -> None:
    files = {path.stem for path in (ROOT / "demos").glob("*.py")}
    assert set(tour.DEMOS) == files - {"__init__", "__main__", "board"}


@pytest.mark.parametrize("name", LINES)
def test_demo(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    importlib.import_module(f"demos.{name}").main(tmp_path / "new" / "out")
    printed = capsys.readouterr().out
    lines = [" ".join(line.split()) for line in printed.splitlines()]
    missing = [line for line in LINES[name] if line not in lines]
    assert not missing, f"not printed: {missing}\n{printed}"
    assert "\033" not in printed, "colour codes belong on a terminal only"
    check_pictures(printed, tmp_path / "new" / "out")


def check_pictures(printed: str, out: Path) -> None:
    """Every picture is there, is what its name says, and is named in what was printed."""
    pictures = sorted(out.iterdir())
    named = re.findall(r"\S+\.(?:svg|png)", printed)
    assert sorted(map(Path, named)) == pictures
    stems = {path.name for path in pictures}
    assert {stem.replace("_forward", "_backward") for stem in stems if "_forward" in stem} == {
        stem for stem in stems if "_backward" in stem
    }
    for picture in pictures:
        if picture.suffix == ".svg":
            assert ElementTree.parse(picture).getroot().tag.endswith("svg")
        else:
            assert picture.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def test_the_tour_lists_its_demos_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tour.main(["paths", "--out", str(tmp_path)])
    first, *rest = capsys.readouterr().out.splitlines()
    assert all(name in first for name in tour.DEMOS)
    assert sum("z = x·y" in line for line in rest) == 1
    assert not any("J = 3" in line for line in rest), "only the demo asked for"


def test_an_unknown_demo_is_refused_before_any_runs(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        tour.main(["paths", "pathes"])
    said = capsys.readouterr()
    assert "no demo 'pathes'" in said.err and "paths" in said.err
    assert said.out == ""


def test_a_demo_runs_alone_and_draws_into_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "demos.paths"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    monkeypatch.chdir(tmp_path)
    check_pictures(done.stdout, Path("out"))


def test_numbers_that_disagree_with_the_formula_stop_a_demo() -> None:
    with pytest.raises(AssertionError, match=r"df/dx: 6\.0, but .* gives 9\.0"):
        board.check("df/dx", 6.0, 9.0)


def test_backward_table_leaves_out_what_nothing_flows_into() -> None:
    x = Value(3.0, "x")
    y = board.named("y", 2 * x)
    y.backward()
    table = board.backward_table(y)
    assert table.splitlines()[1].split() == ["y", "=", "2", "×", "x", "1", "x", "2", "2"]
    assert len(table.splitlines()) == 2


def test_unlabelled_nodes_are_named_by_what_computed_them() -> None:
    x, y = Value(3.0, "x"), Value(4.0, "y")
    z = board.named("z", (x + y) * y)
    assert board.formula(z) == "(x + y) × y"


def test_colour_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert board.paint("3", board.RED) == "\033[31m3\033[0m"
    monkeypatch.setenv("NO_COLOR", "1")
    assert board.paint("3", board.RED) == "3"
