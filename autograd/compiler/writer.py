"""Writer: which operations get a line of their own, and which are written inside another.

An operation that is used once and elementwise goes into the line that uses it, as long as the
line stays short. What an operation reads as is wording.py's affair.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from typing import NamedTuple

from ..engine import primitives
from .arrays import Array
from .lower import Wide
from .names import Names
from .texts import ATOM, Text

__all__ = ["INFIX", "WIDTH", "Line", "Writer", "needed", "resolved"]

WIDTH = 72  # of a line, without its indentation
INFIX = {primitives.add: "+", primitives.sub: "-"}


def resolved(node: Array) -> Array:
    """What computes a node: a gate over a sequence is computed by other operations."""
    while node.value is not None:
        if node.value.hint is None:
            node.value.hint = node.hint
        node = node.value
    return node


def needed(roots: Iterable[Array], known: Container[Array] = ()) -> list[Array]:
    """Everything the roots are computed from, operands first; of what is known, nothing."""
    found = dict.fromkeys(roots)  # a set's order is another in every process
    waiting = list(found)
    while waiting:
        for operand in waiting.pop().operands:
            operand = resolved(operand)
            if operand not in found and operand not in known:
                found[operand] = None
                waiting.append(operand)
    return sorted(found, key=lambda node: node.number)


class Line(NamedTuple):
    """A line of the program: ``target = expression``, or ``+=``."""

    target: str
    sign: str
    expression: str


class Writer:
    """The lines of one function, as they are written.

    Args:
        wide: the array program.
        names: the names it may use.
        word: gives the text of an operation whose operands have theirs.
        roots: what the function computes.
        dtype: of its arrays.
    """

    def __init__(
        self,
        wide: Wide,
        names: Names,
        word: Callable[[Writer, Array], Text],
        roots: list[Array],
        dtype: str,
    ) -> None:
        self.exact = dtype == "float64"  # the kind of numbers that NumPy makes by itself
        self.wide = wide
        self.names = names
        self.word = word
        self.texts: dict[Array, Text] = {}
        self.header: list[tuple[int, str]] = []  # views of theta, by their first element
        self.views: list[tuple[int, str]] = []  # of g
        self.body: list[str] = []
        self.lines: list[Line] = []  # the body, as explain() and draw() tell it
        self.uses_batch = False
        self.uses: dict[Array, int] = {}
        self.matrix_weights: set[Array] = set()
        self.summed: set[Array] = set()
        self.count(roots)

    def count(self, roots: list[Array]) -> None:
        """How often each operation is used."""
        for root in roots:
            self.uses[root] = self.uses.get(root, 0) + 1
        for node in needed(roots):
            for operand in node.operands:
                operand = resolved(operand)
                self.uses[operand] = self.uses.get(operand, 0) + 1
            if node.head == "matmul":
                weight = resolved(node.operands[1])
                self.matrix_weights.update((weight, *map(resolved, weight.operands)))
            if node.head in INFIX:
                self.summed.update(map(resolved, node.operands))

    def write_all(self, nodes: list[Array], but: Array | None = None) -> None:
        for node in nodes:
            if node not in self.texts and node is not but:
                self.place(node)

    def place(self, node: Array) -> None:
        """Compose a text, and give it a line unless its one user can hold it."""
        text = self.compose(node)
        self.texts[node] = text
        if text.pending and (self.uses[node] != 1 or not self.short(node)):
            self.name_line(node)

    def short(self, node: Array) -> bool:
        """Whether an operation may be written inside the line of its user."""
        if node.head == "matmul":
            return node in self.summed
        if node.head in ("outer_sum", "assemble") or (
            node.hint == "Z" and "@" in self.texts[node].text
        ):
            return False
        return len(self.texts[node].text) <= WIDTH - 16

    def name_line(self, node: Array) -> None:
        text = self.texts[node]
        name = self.new_name(node)
        equal = node.head == "compare" and node.extra == "=="
        self.assign(name, f"({text.text})" if equal else text.text)
        self.texts[node] = Text(name, ATOM)

    def assign(self, target: str, expression: str, sign: str = "=") -> None:
        self.body.append(f"{target} {sign} {expression}")
        self.lines.append(Line(target, sign, expression))

    def new_name(self, node: Array) -> str:
        owner = resolved(node.hint[1]) if isinstance(node.hint, tuple) else None
        return self.names.give(node, owner)

    # ------------------------------------------------------------------ texts of operands

    def atom(self, operand: Array) -> str:
        """A text that an index or a method can follow; a longer one gets a line."""
        operand = resolved(operand)
        text = self.texts[operand]
        if text.binds < ATOM:
            if text.pending:
                self.name_line(operand)
            else:
                return f"({text.text})"
        return self.texts[operand].text

    def inner(self, operand: Array, least: int, rank: int = 0) -> str:
        """An operand's text inside an expression that binds like ``least``."""
        operand = resolved(operand)
        if operand.batched and operand.rank < rank:
            return f"{self.atom(operand)}[{', '.join([':'] + ['None'] * (rank - operand.rank))}]"
        text = self.texts[operand]
        return text.text if text.binds >= least else f"({text.text})"

    def compose(self, node: Array) -> Text:
        """The text of an operation; operands that make it too long get lines of their own."""
        while True:
            text = self.word(self, node)
            pending = [o for o in map(resolved, node.operands) if self.texts[o].pending]
            if len(text.text) <= WIDTH or not pending:
                return text
            self.name_line(max(pending, key=lambda o: len(self.texts[o].text)))
