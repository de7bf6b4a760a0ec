"""How C becomes a library: which compiler, which cache, and what is not loaded."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from autograd.compiler import native
from autograd.compiler.native import NoCompiler, library

SOURCE = "double twice(double x) { return 2 * x; }\n"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    return tmp_path / "gatewise" / "c"


def kept(cache: Path) -> list[Path]:
    return sorted(cache.glob("*.so"))


def test_a_library_is_made_once(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert library(SOURCE) is not None
    (path,) = kept(cache)
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    monkeypatch.setattr(native, "make", None)  # which would be called to make it
    library(SOURCE)
    with pytest.raises(TypeError):
        library(SOURCE + "\n")  # another source
    with pytest.raises(TypeError):
        library(SOURCE, 1)  # other flags
    monkeypatch.setattr(native, "processor", lambda: "another")
    with pytest.raises(TypeError):
        library(SOURCE)


@pytest.mark.parametrize("damage", ["truncated", "other", "writable", "link", "no hash"])
def test_what_is_broken_is_made_again(cache: Path, damage: str, tmp_path: Path) -> None:
    library(SOURCE)
    (path,) = kept(cache)
    whole = path.read_bytes()
    path.unlink()  # a library that is loaded must not be written to
    if damage == "truncated":
        path.write_bytes(whole[: len(whole) // 2])
    elif damage == "other":
        path.write_bytes(whole[:-1] + b"x")
    elif damage == "writable":
        path.write_bytes(whole)
        path.chmod(0o622)
    elif damage == "link":
        (tmp_path / "elsewhere").write_bytes(whole)
        path.symlink_to(tmp_path / "elsewhere")
    else:
        path.write_bytes(whole)
        path.with_suffix(".sha256").unlink()
    library(SOURCE)
    assert native._is_whole(path) and not path.is_symlink()


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="Windows has no owners in this sense")
def test_a_cache_that_others_can_write_to_is_refused(cache: Path) -> None:
    cache.mkdir(parents=True)
    cache.chmod(0o777)
    with pytest.raises(PermissionError, match=r"by others than you.*chmod 700"):
        library(SOURCE)
    assert not kept(cache)


def test_no_compiler_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "ziglang", None)
    with pytest.raises(NoCompiler, match=r"CC\), or pip install 'gatewise\[native\]'"):
        library(SOURCE)
    monkeypatch.setenv("CC", "no-such-compiler -O")
    with pytest.raises(NoCompiler, match="CC names 'no-such-compiler -O', which is not there"):
        library(SOURCE)


def test_the_wheel_does_where_the_machine_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "ziglang", object())  # type: ignore[arg-type]
    assert native.find_compiler() == (sys.executable, "-m", "ziglang", "cc")


def test_a_compiler_that_refuses(cache: Path) -> None:
    with pytest.raises(NoCompiler, match="refuses"):
        library("this is no C")
    assert list(cache.iterdir()) == []


def test_where_platformdirs_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "platformdirs", None)
    with pytest.raises(ImportError, match=r"pip install 'gatewise\[native\]'"):
        library(SOURCE)


def test_another_process_starts_at_once(cache: Path) -> None:
    library(SOURCE)
    code = (
        "from autograd.compiler import native\n"
        "native.make = None\n"
        f"print('found', native.library({SOURCE!r}).twice)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "found" in done.stdout and len(kept(cache)) == 1
