"""Stepping through a walk in a terminal, key by key, or line by line where there are no keys."""

from __future__ import annotations

import importlib
import os
import re
import select
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .stepping import Walk

__all__ = ["reader", "step_through"]

Read = Callable[[str], str]

_KEYS = {
    "\r": "next", "\n": "next", " ": "next", "n": "next", "\x1b[C": "next", "\x1b[B": "next",
    "\x7f": "back", "\b": "back", "b": "back", "\x1b[D": "back", "\x1b[A": "back",
    "\x1b[H": "first", "\x1b[1~": "first", "\x1b[F": "last", "\x1b[4~": "last",
    "\xe0M": "next", "\xe0P": "next", "\xe0K": "back", "\xe0H": "back",  # of Windows
    "\xe0G": "first", "\xe0O": "last",
    "q": "quit", "\x1b": "quit", "\x03": "quit", "\x04": "quit", "": "quit",
}  # fmt: skip
_BEGUN = re.compile(r"\x1b(?:[\[O][0-9;]*)?$")  # the beginning of what an arrow key sends
_KEY = re.compile(r"\x1b[\[O][0-9;]*[A-Za-z~]?|\xe0.|.", re.DOTALL)
_LINES = {"": "next", "n": "next", "b": "back", "q": "quit"}


def step_through(walk: Walk, read: Read, write: Callable[[str], object] = print) -> None:
    """Move the walk as the reader says, and show each step, until it is left.

    Args:
        walk: where to step.
        read: asks with a prompt for "next", "back", "first", "last" or "quit"; anything else
            is ignored. "next" at the end leaves.
        write: shows a text.
    """
    write(walk.text())
    while True:
        command = read(f"[{walk.position}/{len(walk)}] Enter or → next, ← back, q quit ")
        before = walk.position
        if command == "quit" or (command == "next" and before == len(walk)):
            return
        if command == "next":
            walk.next()
        elif command == "back" and before:
            walk.back()
        elif command in ("first", "last"):
            walk.goto(0 if command == "first" else len(walk))
        if walk.position != before:
            write(walk.text())


@contextmanager
def reader() -> Iterator[Read]:
    """Give what reads the next command: a key in a terminal, else a line of standard input."""
    if not sys.stdin.isatty():
        yield _read_line
        return
    try:
        import termios
        import tty
    except ImportError:  # Windows
        yield _reader_of_windows()
        return
    here = sys.stdin.fileno()
    settings = termios.tcgetattr(here)
    try:
        tty.setcbreak(here)
        yield _keys(lambda: _typed(here))
    finally:
        termios.tcsetattr(here, termios.TCSADRAIN, settings)


def _reader_of_windows() -> Read:
    """Keys where Python can read them there, else lines."""
    try:
        key: Callable[[], str] = importlib.import_module("msvcrt").getwch
    except ImportError:
        return _read_line

    def typed() -> str:
        first = key()
        return "\xe0" + key() if first in ("\0", "\xe0") else first  # an arrow sends two

    return _keys(typed)


def _read_line(prompt: str) -> str:
    line = sys.stdin.readline()
    return _LINES.get(line.strip().lower(), "") if line else "quit"


def _keys(typed: Callable[[], str]) -> Read:
    """The reader of keys, as ``typed`` gives them; several that came at once are kept for later."""
    waiting: list[str] = []

    def read(prompt: str) -> str:
        seen = sys.stdout.isatty()  # else the steps go to a file or a pipe, and nothing more
        try:
            print(prompt if seen else "", end="", flush=True)
            if not waiting:
                waiting.extend(_KEY.findall(typed()) or [""])
        finally:  # the prompt makes room for the step, or for the shell's
            print("\r\x1b[K" if seen else "", end="", flush=True)
        return _KEYS.get(waiting.pop(0).replace("\x1bO", "\x1b["), "")

    return read


def _typed(terminal: int) -> str:
    """What was typed, with the rest of an arrow key that came in pieces; "" at the end."""
    typed = ""
    while more := os.read(terminal, 1024).decode(errors="replace"):
        typed += more
        begun = _BEGUN.search(typed)
        # Escape may be meant as such, but nobody types Escape [ by hand
        patience = 0.05 if begun and begun[0] == "\x1b" else 0.5
        if not begun or not select.select([terminal], [], [], patience)[0]:
            break
    return typed
