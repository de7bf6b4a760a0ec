"""What holds for the project as a whole: imports, names, packaging, and the README."""

from __future__ import annotations

import ast
import builtins
import doctest
import importlib
import importlib.util
import inspect
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("autograd", "nn")

ROOMS: dict[str, set[str]] = {  # each room of autograd, and the rooms that it may import from
    "engine": set(),
    "reading": {"engine"},
    "checking": {"engine", "reading"},
    "compiler": {"engine", "reading"},
    "showing": {"engine", "reading", "checking", "compiler"},
}


# ---------------------------------------------------------------------- import direction


def sources(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imports(path: Path) -> list[tuple[str, str | None]]:
    """(module, name) for every import of a file."""
    return imports_in(path.read_text(encoding="utf-8"), path.relative_to(ROOT).parent.parts)


def imports_in(source: str, package: tuple[str, ...]) -> list[tuple[str, str | None]]:
    """(module, name) for every import, wherever it stands, relative ones resolved.

    The name is None for ``import module``.
    """
    found: list[tuple[str, str | None]] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [(alias.name, None) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *([node.module] if node.module else [])])
            found += [(module, alias.name) for alias in node.names]
    return found


def test_the_reader_of_imports_sees_nested_and_relative_ones() -> None:
    source = "import nn\ndef f():\n    from . import value\n    from ..graph import born\n"
    assert imports_in(source, ("autograd", "compiler")) == [
        ("nn", None),
        ("autograd.compiler", "value"),
        ("autograd.graph", "born"),
    ]


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_from_the_rooms_before_it(room: str) -> None:
    assert ROOMS.keys() == {path.parent.name for path in ROOT.glob("autograd/*/__init__.py")}
    for path in sources(f"autograd/{room}"):
        for module, name in imports(path):
            package, _, below = f"{module}.{name}".partition(".")
            if package == "autograd" and below != "__version__":
                imported = below.partition(".")[0]
                assert imported in {room, *ROOMS[room]}, f"{path} imports {module}.{name}"


@pytest.mark.parametrize(
    ("package", "forbidden"),
    [
        ("autograd", {"nn", "demos", "benchmarks", "tests"}),
        ("nn", {"demos", "benchmarks", "tests"}),
        ("demos", {"benchmarks", "tests"}),
    ],
)
def test_packages_import_one_way(package: str, forbidden: set[str]) -> None:
    for path in sources(package):
        for module, _ in imports(path):
            assert module.split(".")[0] not in forbidden, f"{path} imports {module}"


def test_nn_uses_public_names_of_autograd_only() -> None:
    import autograd

    for path in sources("nn"):
        used = []
        aliases = set()
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for module, name in imports(path):
            if module.split(".")[0] == "autograd":
                assert module == "autograd", f"{path} reaches into {module}"
                used.append(name)
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                aliases |= {a.asname or a.name for a in node.names if a.name == "autograd"}
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id in aliases
            ):
                used.append(node.attr)
        for name in used:
            assert name is None or name in dir(autograd), f"{path} uses autograd.{name}"


# ---------------------------------------------------------------------- public names


def natural(name: str) -> tuple[int, list[int | str]]:
    """Classes before functions, and log2 before log10, as ruff sorts ``__all__``."""
    kind = 0 if name.isupper() else 1 if name[0].isupper() else 2
    pieces = re.split(r"(\d+)", name)  # text and digits in turn
    return kind, [int(piece) if piece.isdigit() else piece for piece in pieces]


@pytest.mark.parametrize("package", PACKAGES)
def test_all_is_sorted_and_complete(package: str) -> None:
    module = importlib.import_module(package)
    names = list(module.__all__)
    assert names == sorted(names, key=natural)
    assert len(names) == len(set(names))
    public = {
        name
        for name, thing in vars(module).items()
        if not name.startswith("_") and not isinstance(thing, ModuleType)
    }
    hidden = public - set(names)
    assert hidden <= set(dir(builtins)) & set(dir(module)), "public, but not in __all__"
    assert not set(names) & set(dir(builtins)), "from ... import * would hide a built-in"
    for name in names:
        assert hasattr(module, name), f"{package}.__all__ names {name}, which is not there"


@pytest.mark.parametrize("package", PACKAGES)
def test_no_module_has_the_name_of_a_public_function(package: str) -> None:
    """Else ``autograd.elementary`` would be now the function, now the module."""
    module = importlib.import_module(package)
    files = {path.stem for path in (ROOT / package).glob("*.py")}
    folders = {path.parent.name for path in (ROOT / package).glob("*/__init__.py")}
    assert (files | folders) & set(module.__all__) == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_thing_has_a_docstring(package: str) -> None:
    module = importlib.import_module(package)
    for name in module.__all__:
        thing = getattr(module, name)
        if inspect.isclass(thing) or inspect.isfunction(thing):
            assert thing.__doc__, f"{package}.{name} has no docstring"


# ---------------------------------------------------------------------- packaging


def test_import_autograd_loads_neither_numpy_nor_graphviz() -> None:
    script = (
        "import sys, autograd\n"
        "heavy = {'numpy', 'graphviz', 'matplotlib', 'hypothesis', 'torch'} & set(sys.modules)\n"
        "print(sorted(heavy))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_are_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()


def test_the_changelog_begins_with_this_version() -> None:
    import autograd

    versions = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)
    assert versions[versions[0] == "Unreleased"] == autograd.__version__


def test_what_the_makefile_installs_is_an_extra() -> None:
    extras = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    stamps = re.findall(r"\.venv/(\w+)\.stamp", (ROOT / "Makefile").read_text(encoding="utf-8"))
    assert stamps
    for stamp in stamps:
        assert re.search(rf"^{stamp} = \[", extras, re.M), f"no extra {stamp}"


# ---------------------------------------------------------------------- the README

README = ROOT / "README.md"


def test_readme_snippets_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them, one after the other, in one session as a reader would type them."""
    monkeypatch.chdir(tmp_path)
    text = README.read_text(encoding="utf-8")
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    session: dict[str, object] = {"__name__": "__main__"}
    fences = list(re.finditer(r"^```pycon\n(.*?)^```$", text, re.M | re.S))
    assert len(fences) >= 5
    report: list[str] = []
    for fence in fences:
        line = text[: fence.start(1)].count("\n")
        snippet = parser.get_doctest(fence[1], session, "README", str(README), line)
        runner.run(snippet, out=report.append, clear_globs=False)
        session.update(snippet.globs)
    assert runner.failures == 0, "".join(report)
    assert runner.tries >= 30


CONVENTIONS = re.findall(
    r"^\| `([^`]+)` \| (\S+) \| (\S+) \| [^|]+ \|$", README.read_text(encoding="utf-8"), re.M
)


@pytest.mark.parametrize(("formula", "at", "slope"), CONVENTIONS)
def test_readme_table_of_kinks(formula: str, at: str, slope: str) -> None:
    import autograd

    f = eval(f"lambda x: {formula}", {name: getattr(autograd, name) for name in dir(autograd)})
    numerator, _, denominator = slope.partition("/")
    expected = float(numerator) / float(denominator or 1)
    assert autograd.grad(f)(float(at)) == pytest.approx(expected, rel=1e-15, nan_ok=True)


def test_readme_table_of_kinks_has_the_promised_ones() -> None:
    """Those that the design fixes; the loop above finds nothing if the table changes its form."""
    rows = {(formula.split("(")[0], at, slope) for formula, at, slope in CONVENTIONS}
    assert rows >= {
        ("relu", "0", "0"),
        ("abs", "0", "0"),
        ("sign", "0", "0"),
        ("step", "0", "0"),
        ("floor", "2", "0"),
        ("maximum", "1", "0.5"),
        ("x**0", "0", "0"),
        ("sqrt", "0", "inf"),
    }


PICTURES = [
    f"{name}{theme}.svg" for name in ("backward", "program", "network") for theme in ("", "-dark")
]


@pytest.mark.parametrize("picture", PICTURES)
def test_readme_pictures_are_those_the_project_draws(picture: str, tmp_path: Path) -> None:
    """The words, not the strokes: those depend on the layout program's version."""
    spec = importlib.util.spec_from_file_location("pictures", ROOT / "docs" / "pictures.py")
    assert spec is not None and spec.loader is not None
    pictures = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pictures)
    pictures.main(tmp_path)
    drawn, committed = words(tmp_path / picture), words(ROOT / "docs" / picture)
    assert drawn == committed, "run python docs/pictures.py"
    if picture.startswith("backward"):
        assert {"∂f/∂z = q", "∂q/∂x = 1"} <= set(committed)
    elif picture.startswith("program"):
        assert {"Z1 = X @ W1.T + b1"} <= set(committed)
    else:
        assert {"h₁", "tanh", "logistic", "y = 1"} <= set(committed)


def words(picture: Path) -> list[str]:
    texts = ElementTree.parse(picture).iter("{http://www.w3.org/2000/svg}text")
    return sorted(" ".join("".join(text.itertext()).split()) for text in texts)


def test_readme_names_every_demo() -> None:
    from demos.__main__ import DEMOS

    table = README.read_text(encoding="utf-8").partition("| from the lectures | demos |")[2]
    named = re.findall(r"`(\w+)`", table.partition("\n\n")[0])
    assert sorted(named) == sorted(DEMOS)


def test_readme_shows_python_as_a_session_only() -> None:
    """A block that isn't ``pycon`` isn't run by the test above, so there must be none."""
    languages = set(re.findall(r"^```(\w+)$", README.read_text(encoding="utf-8"), re.M))
    assert languages <= {"pycon", "sh", "text"}


def test_readme_links_lead_somewhere() -> None:
    text = README.read_text(encoding="utf-8")
    links = re.findall(r'\]\(([^)#:]+)\)|(?:src|srcset)="([^":]+)"', text)
    paths = [a or b for a, b in links]
    assert any(path.endswith((".svg", ".png")) for path in paths), "no picture"
    for path in paths:
        assert (ROOT / path).exists(), f"README leads to {path}, which is not there"


def test_readme_shows_what_make_demo_prints(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from demos import expressions

    monkeypatch.chdir(tmp_path)
    expressions.main()
    printed = capsys.readouterr().out
    text = README.read_text(encoding="utf-8")
    excerpts = re.findall(r"^```text\n(f = \(x \+ y\)·z.*?)^```$", text, re.M | re.S)
    assert len(excerpts) == 1
    assert excerpts[0] in printed
