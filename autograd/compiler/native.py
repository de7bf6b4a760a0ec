"""Native: C source becomes a library that is loaded, once for each source, compiler and machine.

The library lies in a directory of the user's own that nobody else can write to, under the name of
a hash of all that it is made from. Beside it lies the hash of what it holds: a file that is broken,
or was put there by somebody else, is made again and never loaded.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

__all__ = ["NoCompiler", "library"]

FLAGS = [
    *("-std=c99", "-march=native", "-fPIC", "-shared", "-w"),
    *("-fno-math-errno", "-fno-trapping-math"),  # NaN and inf stay
    "-ffp-contract=off",  # a*x - b*y of equal products is 0, as written, and a kink is met
]
FAST = ["-O2", "-ftree-vectorize", "-fvect-cost-model=dynamic", "-funroll-loops", "-fpeel-loops"]
LONG, LONGER = 700, 2_500  # lines, from which on a compiler is to try less hard


class NoCompiler(RuntimeError):
    """There is no C compiler, or it refuses."""


def library(source: str, lanes: int = 0) -> ctypes.CDLL:
    """The library of a source: from the cache, or compiled now.

    Args:
        source: a file of C99.
        lanes: how many samples lie side by side; 0 for what suits the machine.

    Raises:
        NoCompiler: there is none; says how to get one.
        PermissionError: others can write to the cache.
    """
    compiler = find_compiler()
    lines = source.count("\n")
    effort = FAST if lines < LONG else ["-O1"] if lines < LONGER else ["-O0"]
    flags = [*FLAGS, *effort, *([f"-DLANES={lanes}"] if lanes else [])]
    parts = [source, *flags, *compiler, version(*compiler), processor()]
    name = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    path = directory() / f"{name}.so"
    if _is_whole(path):
        try:
            return ctypes.CDLL(str(path))
        except OSError:
            pass
    make(source, [*compiler, *flags], path)
    return ctypes.CDLL(str(path))


def find_compiler() -> tuple[str, ...]:
    """The command of the C compiler: that of CC, the machine's, or the one of a wheel."""
    if chosen := os.environ.get("CC"):
        command = shlex.split(chosen)
        found = shutil.which(command[0])
        if found is None:
            raise NoCompiler(f"CC names {chosen!r}, which is not there")
        return (found, *command[1:])
    for name in ("cc", "gcc", "clang"):
        if found := shutil.which(name):
            return (found,)
    try:
        import ziglang  # type: ignore[import-untyped]
    except ImportError:
        raise NoCompiler(
            'target="c" needs a C compiler, and there is none: install your system\'s (cc, gcc, '
            "clang; or name one in the environment variable CC), or pip install "
            "'gatewise[native]', which brings one"
        ) from None
    del ziglang
    return sys.executable, "-m", "ziglang", "cc"


@cache
def version(*compiler: str) -> str:
    """What a compiler says of itself."""
    return subprocess.run([*compiler, "--version"], capture_output=True, text=True).stdout


@cache
def processor() -> str:
    """What a processor can do: a library for one may not run on another."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    told = {line for line in lines if line.startswith(("model name", "flags", "Features"))}
    return "\n".join([platform.machine(), platform.processor(), platform.system(), *sorted(told)])


def make(source: str, command: list[str], path: Path) -> None:
    """Compile a source; the library appears under its name only when it is complete.

    Raises:
        NoCompiler: the compiler refuses.
    """
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        text, made, digest = (Path(scratch) / f"program.{kind}" for kind in ("c", "so", "sha256"))
        text.write_text(source)
        done = subprocess.run(
            [*command, str(text), "-o", str(made), "-lm"], capture_output=True, text=True
        )
        if done.returncode:
            raise NoCompiler(f"{' '.join(command[:4])} ... refuses:\n{done.stderr[-2000:]}")
        made.chmod(0o600)
        digest.write_text(_hash(made))
        digest.replace(path.with_suffix(".sha256"))
        made.replace(path)


# ------------------------------------------------------------------ the cache


def directory() -> Path:
    """The directory of the libraries, which only the user can write to.

    Raises:
        ImportError: platformdirs is not installed, which knows where it lies.
        PermissionError: others can write to it.
    """
    try:
        from platformdirs import user_cache_path
    except ImportError:
        raise ImportError("target=\"c\" needs: pip install 'gatewise[native]'") from None
    path = user_cache_path("gatewise") / "c"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not _is_own(path, stat.S_ISDIR):
        raise PermissionError(
            f"{path} can be written to by others than you, so nothing is run from there: remove "
            "it, or chmod 700 it"
        )
    return path


def _is_own(path: Path, kind: object) -> bool:
    """Whether a file (no link) is the user's, and nobody else can write to it."""
    try:
        facts = path.lstat()
    except OSError:
        return False
    if not kind(facts.st_mode):  # type: ignore[operator]
        return False
    if not hasattr(os, "getuid"):  # Windows: a user's folder is the user's
        return True
    return facts.st_uid == os.getuid() and not facts.st_mode & 0o022


def _is_whole(path: Path) -> bool:
    """Whether a library is there, and as it was made."""
    digest = path.with_suffix(".sha256")
    if not (_is_own(path, stat.S_ISREG) and _is_own(digest, stat.S_ISREG)):
        return False
    return digest.read_text(errors="replace") == _hash(path)


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
