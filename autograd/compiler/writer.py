"""Writer: which operations get a line of their own, and which are written inside another.

An operation that is used once and elementwise goes into the line that uses it, as long as the
line stays short. What an operation reads as is wording.py's affair.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..engine import primitives
from .language import (
    COMPARISONS,
    Array,
    Concatenate,
    Contract,
    Lookup,
    Reshape,
    Scatter,
    needed,
)
from .names import Names
from .schedule import Line, Moves, Schedule
from .texts import ATOM, Text, numpy

__all__ = ["INFIX", "WIDTH", "Writer"]

WIDTH = 72  # of a line, without its indentation
INFIX = {primitives.add: "+", primitives.sub: "-"}


class Writer:
    """The lines of one function, as they are written.

    Args:
        names: the names it may use.
        word: gives the text of an operation whose operands have theirs.
        roots: what the function computes.
        dtype: of its arrays.
    """

    spelling = numpy

    def __init__(
        self,
        names: Names,
        word: Callable[[Writer, Array], Text],
        roots: list[Array],
        dtype: str,
    ) -> None:
        self.exact = dtype == "float64"  # the kind of numbers that NumPy makes by itself
        self.names = names
        self.word = word
        self.texts: dict[Array, Text] = {}
        self.schedule = Schedule([each for each in names.inputs if each], names.of, names.constants)
        self.uses_batch = False
        self.uses: dict[Array, int] = {}
        self.matrix_weights: set[Array] = set()
        self.summed: set[Array] = set()
        self.flattened: dict[Array, bool] = {}  # whether a scattered gradient is only reshaped
        self.kept: dict[str, tuple[str, Moves]] = {}  # A1[t] -> A1, and which of them
        self.count(roots)

    @property
    def module(self) -> str:
        """Whose functions the lines call."""
        return self.spelling.module

    def count(self, roots: list[Array]) -> None:
        """How often each operation is used."""
        for root in roots:
            self.uses[root] = self.uses.get(root, 0) + 1
        for node in needed(roots):
            for operand in node.operands:
                self.uses[operand] = self.uses.get(operand, 0) + 1
            if isinstance(node, Contract) and node.by_matrix:
                weight = node.operands[1]
                self.matrix_weights.update((weight, *weight.operands))
            if isinstance(node, Lookup):
                self.matrix_weights.add(node.operands[0])
            if isinstance(node, Scatter):
                self.flattened.setdefault(node, False)
            if isinstance(node, Reshape) and isinstance(node.operands[0], Scatter):
                self.flattened[node.operands[0]] = True
            if node.is_gate(*INFIX):
                self.summed.update(node.operands)

    def place(self, node: Array) -> None:
        """Compose a text, and give it a line unless its one user can hold it."""
        text = self.compose(node)
        self.texts[node] = text
        if text.pending and (self.uses[node] != 1 or not self.short(node)):
            self.name_line(node)

    def short(self, node: Array) -> bool:
        """Whether an operation may be written inside the line of its user."""
        if isinstance(node, Contract):
            return node.by_matrix and node in self.summed
        if isinstance(node, Scatter):
            return self.flattened[node]
        if isinstance(node, Reshape) and isinstance(node.operands[0], Scatter):
            return False
        if isinstance(node, Concatenate) and isinstance(self.hint(node), tuple):
            return False  # a gradient, joined of those of its parts
        if self.hint(node) == "Z" and self.multiplies(node):
            return False
        return self.length(self.texts[node].text) <= WIDTH - 16

    def length(self, text: str) -> int:
        """How long a text is, for whoever cuts lines that are too long."""
        return len(text)

    def name_line(self, node: Array) -> None:
        text = self.texts[node]
        name = self.new_name(node)
        equal = node.is_gate(COMPARISONS["=="])
        self.line(name, node, f"({text.text})" if equal else text.text)
        self.texts[node] = Text(name, ATOM)

    def line(
        self,
        name: str,
        value: Array | None,
        expression: str,
        sign: str = "=",
        part: Any = None,
        target: str = "",
        statement: str = "",
    ) -> None:
        """Add a line; for the arguments see ``Line``."""
        steps, target = self.schedule.steps, target or name
        name, at = self.kept.get(name, (name, None))
        line = Line(name, sign, value, part, target, expression, statement, steps, at)
        self.schedule.lines.append(line)

    def batch(self) -> str:
        """The batch size, which must be looked up then."""
        self.uses_batch = True
        return "B"

    def lengths(self, node: Array, *lengths: int) -> list[Any]:
        """The lengths of an array like this one, the batch's in front if it has one."""
        return [*([self.batch()] if node.batched else []), *lengths]

    def new_name(self, node: Array) -> str:
        return self.names.give(node, self.hint(node))

    def hint(self, node: Array) -> Any:
        return node.builder.hints.get(node)

    def multiplies(self, node: Array) -> bool:
        """Whether there is a matrix product in the text of a node."""
        inside = [node]
        while inside:
            each = inside.pop()
            if isinstance(each, Contract):
                return True
            inside += [o for o in each.operands if self.texts[o].pending]
        return False

    # ------------------------------------------------------------------ texts of operands

    def atom(self, operand: Array) -> str:
        """A text that an index or a method can follow; a longer one gets a line."""
        text = self.texts[operand]
        if text.binds < ATOM:
            if text.pending:
                self.name_line(operand)
            else:
                return f"({text.text})"
        return self.texts[operand].text

    def inner(self, operand: Array, least: int, rank: int = 0) -> str:
        """An operand's text inside an expression that binds like ``least``."""
        if operand.batched and operand.rank < rank:
            return f"{self.atom(operand)}[{', '.join([':'] + ['None'] * (rank - operand.rank))}]"
        text = self.texts[operand]
        return text.text if text.binds >= least else f"({text.text})"

    def compose(self, node: Array) -> Text:
        """The text of an operation; operands that make it too long get lines of their own."""
        while True:
            text = self.word(self, node)
            pending = [o for o in node.operands if self.texts[o].pending]
            if self.length(text.text) <= WIDTH or not pending:
                return text
            self.name_line(max(pending, key=lambda o: len(self.texts[o].text)))
