"""Stepping in a terminal, through a pseudo-terminal, and line by line without one."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
import time
from types import SimpleNamespace
from typing import Any

import pytest

from autograd import Value, walk
from autograd.showing.terminal import reader, step_through

pty = pytest.importorskip("pty", reason="pseudo-terminals are a Unix thing")

COMMAND = [sys.executable, "-m", "autograd", "q = x + y; f = q*z", "x=-2", "y=5", "z=-4", "--walk"]


class Terminal:
    """A command that runs in a pseudo-terminal."""

    def __init__(self) -> None:
        self.ours, theirs = pty.openpty()
        environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100", "NO_COLOR": "1"}
        self.process = subprocess.Popen(
            COMMAND, stdin=theirs, stdout=theirs, stderr=theirs, env=environment
        )
        os.close(theirs)
        self.seen = ""

    def until(self, text: str, seconds: float = 20.0) -> str:
        """Read until the text appears; give all that came since the last call."""
        end = time.monotonic() + seconds
        while text not in self.seen:
            ready = select.select([self.ours], [], [], max(0.0, end - time.monotonic()))[0]
            assert ready, f"{text!r} did not appear, but {self.seen!r}"
            try:
                self.seen += os.read(self.ours, 4096).decode()
            except OSError:  # the command is done and has closed its side
                raise AssertionError(f"{text!r} did not appear, but {self.seen!r}") from None
        shown, _, self.seen = self.seen.partition(text)
        return shown + text

    def press(self, keys: str) -> None:
        os.write(self.ours, keys.encode())

    def rest(self) -> str:
        """All that is left, and the exit code is 0."""
        while True:
            try:
                self.seen += os.read(self.ours, 4096).decode()
            except OSError:
                break
        return re.sub(r"\x1b\[[0-9;]*m", "", self.seen)  # without colours

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.ours)


@pytest.fixture
def terminal() -> Any:
    terminal = Terminal()
    yield terminal
    terminal.close()


RIGHT, LEFT, HOME, END = "\x1b[C", "\x1b[D", "\x1b[H", "\x1b[F"


def test_arrow_keys(terminal: Terminal) -> None:
    terminal.until("walk of f: 2 steps forward, 2 backward")
    terminal.until("[0/4]")
    terminal.press(RIGHT)
    terminal.until("forward 1/2   q = x + y = -2 + 5 = 3")
    terminal.until("[1/4]")
    terminal.press("\r")  # Enter
    terminal.until("forward 2/2   f = q·z = 3·(-4) = -12")
    terminal.press(" ")
    terminal.until("∂(q·z)/∂q = z = -4    →  q.grad += -4 × 1 = -4")
    terminal.until("[3/4]")
    terminal.press(LEFT + LEFT)
    terminal.until("forward 2/2")
    terminal.until("forward 1/2")
    terminal.until("[1/4]")
    terminal.press("\x1bOC")  # the arrow of a terminal in application mode
    terminal.until("forward 2/2")
    terminal.press(END)
    terminal.until("∂q/∂y = 1    →  y.grad += 1 × -4 = -4")
    terminal.until("end: ∂f/∂x = -4, ∂f/∂y = -4, ∂f/∂z = 3")
    terminal.until("[4/4]")
    terminal.press(HOME)
    terminal.until("walk of f")
    terminal.press("x")  # no such key
    terminal.until("[0/4]")
    terminal.press(END + "\r")
    table = terminal.rest()
    assert terminal.process.wait(10) == 0
    assert re.search(r"q\s+│\s+x \+ y\s+│\s+3\s+│\s+-4", table)


def test_an_arrow_key_that_comes_in_pieces(terminal: Terminal) -> None:
    """As over a slow line: it must not be taken for Escape, which quits."""
    terminal.until("[0/4]")
    for start, rest in (("\x1b[", "C"), ("\x1b", "[C")):
        terminal.press(start)
        time.sleep(0.03 if start == "\x1b" else 0.1)
        terminal.press(rest)
    terminal.until("forward 1/2")
    terminal.until("forward 2/2")
    terminal.press("\x1b[")  # and nothing more: no key at all
    terminal.until("\r\x1b[K")
    terminal.until("[2/4]")
    terminal.press("q")
    assert terminal.process.wait(10) == 0


def test_where_the_output_is_read_by_a_program_there_are_only_steps() -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        COMMAND, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        os.close(theirs)
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline().startswith(b"walk of f")
        os.write(ours, b" ")
        assert process.stdout.readline().startswith(b"forward 1/2")  # at once
        os.write(ours, b"q")
        rest = process.stdout.read().decode() + process.stderr.read().decode()
    os.close(ours)
    assert rest.startswith("node  computed as")
    assert "\x1b" not in rest and "\r" not in rest and "quit" not in rest


@pytest.mark.parametrize("key", ["q", "\x1b", "\x04"])
def test_leaving_early(terminal: Terminal, key: str) -> None:
    terminal.until("[0/4]")
    terminal.press(RIGHT)
    terminal.until("[1/4]")
    terminal.press(key)
    table = terminal.rest()
    assert terminal.process.wait(10) == 0
    assert re.search(r"f\s+│\s+q·z\s+│\s+–\s+│\s+–", table)  # not computed yet


def test_interrupting_leaves_the_terminal_as_it_was() -> None:
    import termios

    terminal = Terminal()
    try:
        before = termios.tcgetattr(terminal.ours)
        terminal.until("[0/4]")
        assert termios.tcgetattr(terminal.ours) != before  # keys come one by one now
        terminal.process.send_signal(2)
        assert terminal.process.wait(10) == 130
        assert termios.tcgetattr(terminal.ours) == before
        shown = terminal.rest()
        assert "Traceback" not in shown
        assert shown.endswith("\r\x1b[K")  # the shell's prompt comes on a line of its own
    finally:
        terminal.close()


@pytest.mark.parametrize(
    ("lines", "headers", "value"),
    [
        ("\n\n\n\n\n", ["forward 1", "forward 2", "backward 1", "backward 2"], "-12"),
        ("\n\nb\nn\n", ["forward 1", "forward 2", "forward 1", "forward 2"], "-12"),
        ("\nwhat?\nq\n\n", ["forward 1"], "–"),
        ("b\n", [], "–"),
        ("", [], "–"),
    ],
)
def test_lines_where_there_are_no_keys(lines: str, headers: list[str], value: str) -> None:
    done = subprocess.run(
        COMMAND, input=lines, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert re.findall(r"^(?:for|back)ward \d", done.stdout, re.MULTILINE) == headers
    assert done.stdout.splitlines()[-1].split()[:3] == ["f", "q·z", value]
    assert "quit" not in done.stdout


def test_the_prompt_says_where_it_stands() -> None:
    x = Value(2.0, "x")
    commands = iter(["back", "next", "nonsense", "last", "first", "next", "next", "next"])
    prompts: list[str] = []
    shown: list[str] = []

    def read(prompt: str) -> str:
        prompts.append(prompt.split()[0])
        return next(commands)

    step_through(walk(x * 3, names={}), read, shown.append)
    assert prompts == ["[0/2]", "[0/2]", "[1/2]", "[1/2]", "[2/2]", "[0/2]", "[1/2]", "[2/2]"]
    assert [text.split()[0] for text in shown] == [
        "walk", "forward", "backward", "walk", "forward", "backward",
    ]  # fmt: skip


def test_keys_of_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no termios, keys come from msvcrt; an arrow sends two of them."""
    keys = iter("\xe0M" + "\0P" + "\r" + "\xe0K" + "x" + "\xe0G" + "\xe0O" + "\x03")
    msvcrt = SimpleNamespace(getwch=lambda: next(keys))
    monkeypatch.setitem(sys.modules, "termios", None)
    monkeypatch.setitem(sys.modules, "msvcrt", msvcrt)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    with reader() as read:
        commands = [read("") for _ in range(8)]
    assert commands == ["next", "next", "next", "back", "", "first", "last", "quit"]


def test_lines_where_neither_termios_nor_msvcrt_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("termios", "msvcrt"):
        monkeypatch.setitem(sys.modules, module, None)
    lines = iter(["\n", "b\n", ""])
    stdin = SimpleNamespace(isatty=lambda: True, readline=lambda: next(lines))
    monkeypatch.setattr("sys.stdin", stdin)
    with reader() as read:
        assert [read(""), read(""), read("")] == ["next", "back", "quit"]
