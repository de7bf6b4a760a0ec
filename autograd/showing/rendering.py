"""From DOT source to a picture: the layout program, and the drawing that knows how to run it.

Importing this module imports graphviz; drawing.py does so only when something is drawn. The
program is Graphviz's own ``dot`` where there is one, else ``graphviz-pure``, which pip installs.
It runs under a time limit, for the layout of a large graph may never end.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

try:
    import graphviz
except ModuleNotFoundError as error:
    raise ImportError("draw() needs the graphviz package: pip install graphviz") from error

from .markup import HIDDEN
from .tikz import tikz

__all__ = ["Drawing", "layout_program"]

SUFFIXES = (".svg", ".png", ".tex", ".pdf", ".dot", ".gv")
_FORMATS = "a picture is saved as .svg, .png, .tex, .dot or .gv (or .pdf, with Graphviz's own dot)"
# Fonts as wide as the Helvetica that the layout program reckons with, on any system
_HIDDEN_TEXT = re.compile(rf'<text [^>]*fill="{HIDDEN}"[^>]*>[^<]*</text>\n?')
_TEXT = re.compile(r'<text xml:space="preserve" [^>]* y="([^"]*)"([^>]*)>([^<]*)</text>\n')
_FONTS = "Helvetica,Arial,'Liberation Sans',Arimo,sans-serif"


class Drawing(graphviz.Digraph):  # type: ignore[misc]
    """A ``graphviz.Digraph`` that saves by suffix, obeys a time limit and shows in notebooks.

    ``source`` is the DOT source, which needs no layout program.
    """

    time_limit: float = 30.0  # seconds for the layout program
    dpi: int = 192  # pixels of an inch in a .png: sharp where a page or slide shows it enlarged

    def save(
        self, filename: Any = None, directory: Any = None, *, skip_existing: bool = False
    ) -> str:
        """Write the picture; the suffix says the format: .svg .png .tex .dot .gv (.pdf with dot).

        Graphviz's own ``save`` writes DOT source whatever the suffix; this one with .dot or .gv.

        Returns:
            the path.

        Raises:
            ValueError: another suffix.
            OSError: the path can't be written.
            ImportError: no layout program is installed (.dot and .gv need none).
            TimeoutError: the layout took longer than ``time_limit`` seconds.
        """
        path = Path(directory or self.directory, filename or self.filename)
        suffix = path.suffix.lower()
        if suffix not in SUFFIXES:
            raise ValueError(f"can't save a picture as {str(path)!r}: {_FORMATS}")
        if skip_existing and path.exists():
            return str(path)
        picture = self.source.encode() if suffix in (".dot", ".gv") else self.pipe(suffix[1:])
        try:
            path.write_bytes(picture)
        except OSError as error:
            reason = error.strerror or str(error)
            raise type(error)(
                f"can't write the picture to {str(path)!r}: {reason}; {_FORMATS}"
            ) from None
        return str(path)

    def pipe(self, format: str | None = None, *, encoding: str | None = None) -> Any:
        """The picture itself: bytes, or text if an encoding is given (``pipe("svg")``).

        As in graphviz, ``drawing.format`` says which format if none is given: at first "svg".
        """
        picture = run_layout(
            self.source, format or self.format, self.time_limit, self.engine, self.dpi
        )
        return picture if encoding is None else picture.decode(encoding)

    def render(
        self,
        filename: Any = None,
        directory: Any = None,
        view: bool = False,
        cleanup: bool = False,
        format: str | None = None,
        quiet: bool = False,
        quiet_view: bool = False,
    ) -> str:
        """Write DOT source and picture as graphviz does: ``render("f")`` gives f and f.svg.

        The suffix is that of ``drawing.format``, if no format is given.
        """
        source = Path(directory or self.directory, filename or self.filename)
        format = format or self.format
        path = self.save(f"{source}.{format}")
        if not cleanup:
            source.write_text(self.source, encoding="utf-8")
        if view or quiet_view:
            self._view(path, format=format, quiet=quiet_view)
        return path

    def view(self, filename: Any = None, **options: Any) -> str:
        """Open the picture in the viewer of the system (an SVG in a temporary place)."""
        if filename is None:
            filename = Path(tempfile.mkdtemp(prefix="drawing-"), "drawing.gv")
        return self.render(filename, None, True, **options)

    def __repr__(self) -> str:
        return "<picture: save it with .save('f.svg'), or see it with .view()>"

    def _repr_svg_(self) -> str | None:
        try:
            svg: str = self.pipe("svg", encoding="utf-8")
        except (ImportError, TimeoutError):
            return None
        return svg

    def _repr_mimebundle_(
        self, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None, **_: Any
    ) -> dict[str, Any]:
        """What a notebook shows: the SVG, or the reason why there is none above the source."""
        wanted = ({"image/svg+xml"} if include is None else set(include)) - set(exclude or ())
        try:
            return {
                kind: self.pipe(format, encoding=encoding)
                for kind, format, encoding in (
                    ("image/svg+xml", "svg", "utf-8"),
                    ("image/png", "png", None),
                )
                if kind in wanted
            }
        except (ImportError, TimeoutError) as error:
            return {"text/plain": f"{error}\n\n{self.source}"}


def layout_program() -> str:
    """The path of the program that lays out graphs.

    Raises:
        ImportError: there is none.
    """
    for program in ("dot", "graphviz-pure"):
        found = shutil.which(program)
        if found:
            return found
    try:  # the package's program lies in an environment whose bin may not be on the PATH
        files = metadata.files("graphviz-pure") or []
    except metadata.PackageNotFoundError:
        files = []
    for file in files:
        path = Path(os.fspath(file.locate()))
        if path.stem == "graphviz-pure" and os.access(path, os.X_OK) and path.is_file():
            return str(path)
    raise ImportError(
        "no layout program found, so there is only DOT source (drawing.source, or save it as "
        ".dot): pip install 'gatewise[render]', or install Graphviz (https://graphviz.org)"
    )


def run_layout(
    source: str, format: str, time_limit: float, engine: str = "dot", dpi: int = 192
) -> bytes:
    """Lay out DOT source as svg, png, tex or pdf."""
    program = layout_program()
    if format == "pdf" and Path(program).stem == "graphviz-pure":
        raise ValueError(f"graphviz-pure writes no pdf: install Graphviz; {_FORMATS}")
    if f".{format}" not in SUFFIXES:
        raise ValueError(f"unknown picture format {format!r}: {_FORMATS}")
    timeout = time_limit if time_limit < 1e6 else None  # which is as good as inf, and no overflow
    command = [program, f"-K{engine}", f"-T{'json' if format == 'tex' else format}"]
    command += ["-n"] if engine == "neato" else []  # nodes stay where the source puts them
    command += [f"-Gdpi={dpi}"] if format == "png" else []
    try:
        run = subprocess.run(
            command, input=source.encode(), capture_output=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired:
        raise TimeoutError(
            f"{Path(program).name} did not finish within {time_limit:g} s: draw a sub-expression, "
            "collapse clusters, hide constants, or give draw() a longer time_limit="
        ) from None
    if run.returncode or not run.stdout:
        message = run.stderr.decode(errors="replace").strip() or f"exit status {run.returncode}"
        raise RuntimeError(f"{program} could not draw the graph: {message}")
    if format == "svg":
        svg = run.stdout.decode().replace('"Helvetica,sans-Serif"', f'"{_FONTS}"')
        svg = _flowing(_HIDDEN_TEXT.sub("", svg))
        return svg.encode()
    if format == "tex":
        return tikz(run.stdout.decode()).encode()
    return run.stdout


def _flowing(svg: str) -> str:
    """Let the pieces of a line follow each other, as wide as the viewer's font makes them.

    The layout program gives each piece a place of its own, by the widths of Helvetica: in a wider
    font the pieces would overlap. Where there is a space between two, they are one text.
    """
    found: list[str] = []
    end, line, before = 0, "", ""
    for piece in _TEXT.finditer(svg):
        y, look, text = piece.groups()
        follows = piece.start() == end and y == line
        if follows and (before.endswith(" ") or text.startswith(" ")):
            look = look if "font-weight" in look else f'{look} font-weight="normal"'
            found[-1] = found[-1].removesuffix("</text>\n")
            found.append(f"<tspan{look}>{text}</tspan></text>\n")
        else:
            found += [svg[end : piece.start()], piece[0]]
        end, line, before = piece.end(), y, text
    return "".join([*found, svg[end:]])
