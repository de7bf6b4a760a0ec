"""Schedule: which operations of a program get a line, in which order, and what the lines write to.

What has a name is read by it; every other operation stands inside the one line that uses it.
Whoever wants to know who reads whom, what is computed where or how long a result is needed looks
here, not into the text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import Any

from .language import Array, Parameters, Take

__all__ = ["Line", "Moves", "Schedule", "Steps", "counted"]


Moves = tuple[int, int]
"""A number that depends on a loop's t: the first of these times t, plus the second."""


def counted(moves: Moves) -> str:
    """The text of a number that depends on t.

    >>> counted((1, -1)), counted((2, 3)), counted((-1, 4)), counted((0, 7))
    ('t - 1', '2*t + 3', '4 - t', '7')
    """
    times, plus = moves
    if times == 0:
        return str(plus)
    if times < 0 <= plus:
        return f"{plus} - {counted((-times, 0))}"
    text = "t" if times == 1 else f"{times}*t"
    return text if plus == 0 else f"{text} {'+' if plus > 0 else '-'} {abs(plus)}"


@dataclass(frozen=True, eq=False)
class Steps:
    """A loop: its lines are run for each t.

    Attributes:
        range: of t.
        times: of the arrays kept by t that its lines read or make, their name, and at which t.
        starts: of the elements that are further on in each step, where they start.
    """

    range: range
    times: dict[Array, tuple[str, Moves]] = field(default_factory=dict)
    starts: dict[Array, Moves] = field(default_factory=dict)

    def __str__(self) -> str:
        """``for t in range(1, 200)``, or ``reversed(range(1, 200))``."""
        ahead = self.range if self.range.step > 0 else self.range[::-1]
        start = f"{ahead.start}, " if ahead.start else ""
        text = f"range({start}{ahead.stop})"
        return f"for t in {text if ahead is self.range else f'reversed({text})'}"


@dataclass(frozen=True)
class Line:
    """A line of a program: ``Z1 = X @ W1.T + b1``, ``dW1 += dZ1.T @ X``.

    Attributes:
        name: of the array that it writes to; the gradient is "g", the result "values".
        sign: "=", "+=", or "0" for a line that fills with zeros.
        value: what it computes; None for zeros.
        part: the flat index of the elements that it writes to; None for all of them.
        target: what it writes to, as text: the name, the name of a view, or a part of the array.
        expression: the value, as text.
        statement: the line, where it is not just these.
        steps: the loop that it stands in.
        at: which of the arrays of this name it writes to, where one of each step is kept.
    """

    name: str
    sign: str
    value: Array | None
    part: Any
    target: str
    expression: str
    statement: str = ""
    steps: Steps | None = None
    at: Moves | None = None

    def __str__(self) -> str:
        sign = "=" if self.sign == "0" else self.sign
        return self.statement or f"{self.target} {sign} {self.expression}"


@dataclass
class Schedule:
    """A function as its lines.

    Attributes:
        inputs: the names of its arguments between theta and g.
        names: of arrays: lines, inputs, parts of theta, constants.
        constants: the arrays and gates that the text mentions by name.
        views: of theta and g, each (of what, its name, the flat index of its elements).
        lines: in their order.
        forward: how many of them compute the result.
        inside: the text of what stands inside another line.
        kept: what is kept of each step of a loop, by name.
        times: at which t an array is kept, for who reads it outside the loop.
        steps: the loop that lines are added to.
        header: the lines before these, as text.
        source: the function as text.
    """

    inputs: list[str]
    names: dict[Array, str]
    constants: dict[str, Any]
    views: list[tuple[str, str, Any]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    forward: int = 0
    inside: dict[Array, str] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)
    times: dict[Array, int] = field(default_factory=dict)
    steps: Steps | None = None
    header: list[str] = field(default_factory=list)
    source: str = ""

    def text(self, start: int = 0, stop: int | None = None) -> list[str]:
        """Lines as text, those of loops indented."""
        found = []
        for steps, lines in groupby(self.lines[start:stop], key=attrgetter("steps")):
            if steps is not None:
                found.append(f"{steps}:")
            found += [f"    {line}" if steps is not None else str(line) for line in lines]
        return found

    def reads(self, line: Line) -> Iterator[tuple[str, Array]]:
        """The arrays that a line reads, by name; of theta also single elements: theta[3]."""
        waiting = [] if line.value is None else [line.value]
        while waiting:
            node = waiting.pop()
            name = self.names.get(node)
            if name is not None and (node is not line.value or name != line.name):
                yield name, node
            elif isinstance(node, Take) and isinstance(node.operands[0], Parameters):
                place = int(node.index.flat[0])
                part = f"{place}" if node.shape == () else f"{place}:{place + 1}"
                yield (f"theta[{part}]" if node.size == 1 else "theta"), node
            elif isinstance(node, Parameters):
                yield ("theta[0]" if node.size == 1 else "theta"), node
            else:
                waiting += reversed(node.operands)
