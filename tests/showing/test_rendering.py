"""The layout program: found, run under a time limit, and what is said where there is none."""

import os
import struct
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from xml.etree import ElementTree

import pytest

from autograd import Value, draw
from autograd.showing import rendering


@pytest.fixture
def picture():
    a, b = Value(2.0), Value(3.0)
    c = a * b
    return draw(c)


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    """No layout program on the PATH, nor in any package."""

    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(rendering.metadata, "files", missing)
    return tmp_path


def install(directory, name, script):
    program = directory / name
    program.write_text(f"#!{sys.executable}\n{script}\n")
    program.chmod(0o755)
    return program


def test_each_suffix_writes_its_format(picture, tmp_path):
    assert picture.save(tmp_path / "f.svg") == str(tmp_path / "f.svg")
    assert ElementTree.parse(tmp_path / "f.svg").getroot().tag.endswith("svg")
    picture.save(str(tmp_path / "f.PNG"))
    assert (tmp_path / "f.PNG").read_bytes().startswith(b"\x89PNG")
    for name in ("f.dot", "f.gv"):
        picture.save(name, tmp_path)
        assert (tmp_path / name).read_text(encoding="utf-8") == picture.source


def test_a_png_is_fit_for_a_slide(picture, tmp_path):
    picture.save(tmp_path / "f.png")
    width, height = struct.unpack(">II", (tmp_path / "f.png").read_bytes()[16:24])
    assert width > 500
    assert height > 200


def test_an_unknown_suffix_names_path_and_formats(picture, tmp_path):
    for name in ("f.jpg", "f", "svg"):
        with pytest.raises(ValueError, match=rf"{name}'.*\.svg, \.png, \.tex, \.dot or \.gv"):
            picture.save(tmp_path / name)
    with pytest.raises(ValueError, match="unknown picture format 'gif'"):
        picture.pipe("gif")


def test_an_unwritable_path_names_itself(picture, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no/f\.svg.*No such file.*saved as \.svg"):
        picture.save(tmp_path / "no" / "f.svg")
    (tmp_path / "d.dot").mkdir()
    with pytest.raises(OSError, match=r"d\.dot"):
        picture.save(tmp_path / "d.dot")


def test_save_can_leave_what_is_there(picture, tmp_path):
    (tmp_path / "f.dot").write_text("mine")
    picture.save(tmp_path / "f.dot", skip_existing=True)
    assert (tmp_path / "f.dot").read_text() == "mine"


def test_render_writes_source_and_picture_as_graphviz_does(picture, tmp_path):
    path = picture.render("f", tmp_path)
    assert path == str(tmp_path / "f.svg")
    assert (tmp_path / "f").read_text(encoding="utf-8") == picture.source
    picture.render("g", tmp_path, cleanup=True, format="png")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["f", "f.svg", "g.png"]


def test_the_drawings_own_format_is_respected(picture, tmp_path):
    assert picture.format == "svg"
    picture.format = "png"
    assert picture.render("f", tmp_path) == str(tmp_path / "f.png")
    assert (tmp_path / "f.png").read_bytes() == picture.pipe()
    assert picture.pipe().startswith(b"\x89PNG")
    assert picture.render("f", tmp_path, format="svg") == str(tmp_path / "f.svg")
    assert "<svg" in picture._repr_svg_()


def test_no_time_limit(picture):
    picture.time_limit = float("inf")
    assert b"<svg" in picture.pipe("svg")


def test_view_opens_a_picture(picture, monkeypatch):
    opened = []
    monkeypatch.setattr(picture, "_view", lambda path, **_: opened.append(path))
    picture.view()
    assert opened[0].endswith(".svg")
    assert Path(opened[0]).exists()


def test_fonts_have_a_fallback_of_the_same_width(picture):
    svg = picture.pipe("svg", encoding="utf-8")
    families = {each.get("font-family") for each in ElementTree.fromstring(svg).iter()} - {None}
    assert families == {"Helvetica,Arial,'Liberation Sans',Arimo,sans-serif"}


def test_a_prompt_says_what_to_do_with_a_picture(picture):
    assert repr(picture) == "<picture: save it with .save('f.svg'), or see it with .view()>"


def test_notebooks_show_the_svg(picture):
    bundle = picture._repr_mimebundle_()
    assert list(bundle) == ["image/svg+xml"]
    assert "<svg" in bundle["image/svg+xml"]
    assert "<svg" in picture._repr_svg_()
    assert list(picture._repr_mimebundle_(include=["image/png"])) == ["image/png"]
    assert picture._repr_mimebundle_(exclude=["image/svg+xml"]) == {}


def test_the_systems_dot_goes_first(picture, nowhere):
    install(nowhere, "graphviz-pure", "print('<svg>pure</svg>')")
    assert picture.pipe("svg") == b"<svg>pure</svg>\n"
    install(nowhere, "dot", "print('<svg>dot</svg>')")
    assert picture.pipe("svg") == b"<svg>dot</svg>\n"
    assert picture.pipe("pdf") == b"<svg>dot</svg>\n"


def test_the_packages_program_is_found_off_the_path(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert os.access(rendering.layout_program(), os.X_OK)


def test_without_a_program_there_is_source_and_advice(picture, nowhere):
    assert "->" in picture.source
    picture.save(nowhere / "f.dot")
    for attempt in (picture.pipe, lambda: picture.save(nowhere / "f.svg")):
        with pytest.raises(ImportError, match=r"pip install 'gatewise\[render\]'.*Graphviz"):
            attempt()
    assert picture._repr_svg_() is None
    shown = picture._repr_mimebundle_()["text/plain"]
    assert "pip install" in shown
    assert picture.source in shown


def test_graphviz_pure_says_that_it_writes_no_pdf(picture, nowhere):
    install(nowhere, "graphviz-pure", "")
    with pytest.raises(ValueError, match="no pdf: install Graphviz"):
        picture.pipe("pdf")


def test_a_layout_that_does_not_end_is_stopped(picture, nowhere):
    install(nowhere, "dot", "import time; time.sleep(60)")
    picture.time_limit = 0.3
    with pytest.raises(TimeoutError, match=r"dot did not finish within 0.3 s.*time_limit="):
        picture.pipe("svg")
    assert picture._repr_svg_() is None


def test_a_program_that_fails_is_quoted(picture, nowhere):
    install(nowhere, "dot", "import sys; sys.exit('syntax error in line 1')")
    with pytest.raises(RuntimeError, match="syntax error in line 1"):
        picture.pipe("svg")


def test_importing_autograd_does_not_import_graphviz():
    code = "import autograd, sys; print({'graphviz', 'subprocess'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "set()\n"


def test_without_the_graphviz_package_draw_says_what_to_install():
    code = (
        "import sys; sys.modules['graphviz'] = None\n"
        "from autograd import Value, draw\n"
        "try: draw(Value(1.0))\n"
        "except ImportError as error: print(error)\n"
        "print((Value(1.0) * 2)._repr_svg_())"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "draw() needs the graphviz package: pip install graphviz\nNone\n"
