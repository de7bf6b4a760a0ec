"""walk: forward and backward through a computation, gate by gate, as a lecturer does it.

A walk is a list of steps and a cursor. The steps are computed when the walk begins, with the
numbers that ``backward()`` would add up, in the order in which it would; the cursor only says
how many of them have been done. So stepping back is exact, and no ``.grad`` is touched.
``order="naive"`` passes gradients on too early, to show what a topological order is for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from . import clock
from .backward import stale_error
from .clock import stale_edges
from .contributions import Contribution, differ, naive, topological, totals
from .explaining import Explanation
from .gate import shorten
from .graph import topological_order
from .naming import is_number, names_of_caller, short
from .notation import Board, padded, width
from .value import Value

__all__ = ["Step", "Walk", "walk"]

ORDERS = ("topological", "naive")
_GATE_WIDTH = 21  # room for "q = x + y", so that upstream stands in one column as a rule
_MOST_LINES = 16  # of one step: a gate may have a thousand operands


class Step:
    """One gate, forward (its value is computed) or backward (its gradient is passed on)."""

    __slots__ = ("board", "contributions", "count", "missing", "node", "number", "output", "phase")

    def __init__(
        self,
        phase: str,
        node: Value,
        output: Value,
        board: Board,
        contributions: tuple[Contribution, ...] = (),
    ) -> None:
        self.phase = phase
        self.node = node
        self.output = output
        self.board = board
        self.contributions = contributions
        self.number = self.count = 0  # which step of how many in its phase
        self.missing = 0.0  # naive order: what the upstream gradient lacks

    @property
    def upstream(self) -> float | None:
        """The gradient that arrived at the gate; None in a forward step."""
        return self.contributions[0].upstream if self.contributions else None

    def __repr__(self) -> str:
        return self.text()

    def text(self) -> str:
        """The step as it stands on the blackboard.

        >>> x, y, z = Value(-2.0), Value(5.0), Value(-4.0)
        >>> q = x + y
        >>> f = q * z
        >>> print(walk(f).goto(4).step.text())
        backward 2/2   q = x + y                upstream ∂f/∂q = -4
           ∂q/∂x = 1    →  x.grad += 1 × -4 = -4
           ∂q/∂y = 1    →  y.grad += 1 × -4 = -4
        """
        name = self.board.name(self.node)
        title = f"{self.phase} {self.number}/{self.count}   "
        gate = f"{name} = {self.board.right_side(self.node)}"
        if self.phase == "forward":
            numbers = self.board.in_numbers(self.node)
            numbers = f" = {numbers}" if numbers else ""
            return f"{title}{gate}{numbers} = {short(self.node.data)}"
        title += f"{padded(gate, _GATE_WIDTH)}    "
        title += f"upstream ∂{self.board.name(self.output)}/∂{name} = {short(self.upstream)}"
        if self.missing:
            title += f"  (too early: {short(self.missing)} has not arrived yet)"
        shown = self.contributions[:_MOST_LINES]
        lefts = [self.local_text(part) for part in shown]
        columns = max(map(width, lefts))
        lines = [
            f"   {padded(left, columns)}    →  {self.sum_text(part)}"
            for left, part in zip(lefts, shown, strict=True)
        ]
        more = len(self.contributions) - len(shown)
        return "\n".join([title, *lines, *([f"   ... and {more} more operands"] if more else [])])

    def local_text(self, part: Contribution) -> str:
        """``∂q/∂x = 1``, or with the formula ``∂(q·z)/∂q = z = -4``."""
        operand, number = self.board.name(part.operand), short(part.local)
        formula = self.board.formula(self.node, part.place)
        if not formula or formula == number or is_number(formula):
            return f"∂{self.board.name(self.node)}/∂{operand} = {number}"
        gate = self.board.right_side(self.node)
        if not gate.endswith((")", "]", "|", "⌋", "⌉")) or " " in gate.split("(")[0]:
            gate = f"({gate})"
        if len(gate) > 24 or gate.endswith(" operands)"):
            gate = self.board.name(self.node)
        return f"∂{gate}/∂{operand} = {formula} = {number}"

    def sum_text(self, part: Contribution) -> str:
        """``x.grad += 1 × -4 = -4``, and the running sum where x is used more than once."""
        name = self.board.name(part.operand)
        text = f"{name}.grad += {short(part.local)} × {short(part.upstream)} = {short(part.amount)}"
        if part.before is not None:
            amount = short(part.amount)
            amount = f"({amount})" if amount.startswith("-") else amount
            text += f"    {name}.grad = {short(part.before)} + {amount} = {short(part.total)}"
        if part.late is not None:
            text += f"\n      too late: {name} has already passed on {short(part.late)}"
        return text


class Walk:
    """A cursor over the steps of a computation; see ``walk``.

    ``position`` says how many of the steps have been done; ``len(w)`` how many there are.
    """

    def __init__(self, output: Value, order: str, found: Mapping[Value, str]) -> None:
        self.output = output
        self.order = order
        self.position = 0
        self._found = found
        self._begin()

    def _begin(self) -> None:
        """Compute the steps from the numbers that the graph holds now."""
        self.nodes = topological_order(self.output)
        if stale := stale_edges(self.nodes):
            raise stale_error(*stale[0])
        self._edited = clock.last_edit
        self.board = Board(self.nodes, self._found)
        self._gates = [node for node in self.nodes if node.op is not None]
        self.steps = [Step("forward", node, self.output, self.board) for node in self._gates]
        passed = topological(self.nodes, self.output)
        self._right = totals(passed, self.output)
        self._passed = passed if self.order == "topological" else naive(self.output)
        for node, parts in self._passed:
            step = Step("backward", node, self.output, self.board, tuple(parts))
            if differ(parts[0].upstream, self._right[node]):
                step.missing = self._right[node] - parts[0].upstream
            self.steps.append(step)
        forward = len(self._gates)
        for k, step in enumerate(self.steps):
            backward = k >= forward
            step.number = k + 1 - (forward if backward else 0)
            step.count = len(self.steps) - forward if backward else forward
        self._computed: set[Value] = {node for node in self.nodes if node.op is None}
        self._gradients: dict[Value, float] = {}
        position, self.position = min(self.position, len(self.steps)), 0
        while self.position < position:
            self._do()

    # ------------------------------------------------------------------ the cursor

    def next(self) -> Walk:
        """Do one more step; gives the walk itself, so that a REPL shows where it stands.

        Raises:
            IndexError: the walk is at its end.
        """
        self._keep_up()
        if self.position == len(self.steps):
            raise IndexError(
                f"the walk is at its end ({len(self)} of {len(self)} steps): back() or goto(0) "
                "to see them again, apply() to set .grad"
            )
        self._do()
        return self

    def back(self) -> Walk:
        """Take the last step back.

        Raises:
            IndexError: the walk is at its beginning.
        """
        self._keep_up()
        if not self.position:
            raise IndexError(f"the walk is at its beginning (0 of {len(self)} steps): next()")
        self._undo()
        return self

    def goto(self, position: int) -> Walk:
        """Go to where ``position`` steps have been done, from 0 to ``len(walk)``.

        Raises:
            IndexError: there are not so many steps.
            TypeError: position is no whole number.
        """
        self._keep_up()
        if not isinstance(position, int):
            raise TypeError(f"goto takes a position from 0 to {len(self)}, got {position!r}")
        if not 0 <= position <= len(self.steps):
            raise IndexError(f"goto takes a position from 0 to {len(self)}, got {position}")
        while self.position < position:
            self._do()
        while self.position > position:
            self._undo()
        return self

    def run(self) -> Walk:
        """Do the remaining steps and set the gradients (in the naive order, do not set them)."""
        self.goto(len(self.steps))
        if self.order != "naive":
            self.apply()
        return self

    def apply(self) -> None:
        """Set ``.grad`` on every node as ``backward()`` does: leaves add up, inner nodes are set.

        Raises:
            ValueError: the walk is in the naive order, whose gradients are wrong.
            StaleGraphError: a leaf was edited meanwhile.
        """
        if self.order == "naive":
            raise ValueError("the naive order gives wrong gradients: apply walk(y) without it")
        self.output.backward()

    def __iter__(self) -> Iterator[Step]:
        return self

    def __next__(self) -> Step:
        if self.position == len(self.steps):
            raise StopIteration
        step = self.next().step
        assert step is not None
        return step

    def __len__(self) -> int:
        return len(self.steps)

    def _keep_up(self) -> None:
        """Begin anew, at the same place, if the graph was edited and computed afresh."""
        if clock.last_edit != self._edited:
            self._begin()

    def _do(self) -> None:
        step = self.steps[self.position]
        self.position += 1
        if step.phase == "forward":
            self._computed.add(step.node)
            return
        if step.node is self.output:
            self._gradients[self.output] = 1.0
        for part in step.contributions:
            self._gradients[part.operand] = part.total

    def _undo(self) -> None:
        self.position -= 1
        step = self.steps[self.position]
        if step.phase == "forward":
            self._computed.discard(step.node)
            return
        for part in reversed(step.contributions):
            if part.before is None:
                del self._gradients[part.operand]
            else:
                self._gradients[part.operand] = part.before
        if step.node is self.output:
            del self._gradients[self.output]

    # ------------------------------------------------------------------ what is known so far

    @property
    def step(self) -> Step | None:
        """The step done last; None at the beginning."""
        return self.steps[self.position - 1] if self.position else None

    def value(self, node: Value) -> float | None:
        """The node's value, or None if the walk has not computed it yet."""
        return node.data if node in self._computed else None

    def gradient(self, node: Value) -> float | None:
        """The node's gradient as it has added up so far, or None if nothing has arrived yet."""
        if node is self.output and self.position == len(self):
            return 1.0  # also of a leaf, which takes no steps
        return self._gradients.get(node)

    @property
    def wrong(self) -> dict[Value, tuple[float, float]]:
        """Where the naive order ends up wrong: for each node its gradient and the right one."""
        got = totals(self._passed, self.output)
        return {
            node: (got[node], right)
            for node, right in self._right.items()
            if differ(got[node], right)
        }

    def explain(self, node: Value) -> Explanation:
        """Where the node's gradient comes from: the sum over all paths to this walk's output."""
        return Explanation(node, self.output, self._found)

    # ------------------------------------------------------------------ display

    def text(self) -> str:
        """The step done last; at the beginning how many there are, at the end what came out."""
        if not self.position:
            forward = len(self._gates)
            naive = ", in the naive order" if self.order == "naive" else ""
            return (
                f"walk of {self.board.name(self.output)}: {forward} "
                f"{'step' if forward == 1 else 'steps'} forward, "
                f"{len(self) - forward} backward{naive}"
            )
        if self.position == len(self):
            return f"{self.step}\n{self.ending()}"
        return str(self.step)

    def ending(self) -> str:
        """The gradients of the leaves, or what the naive order got wrong."""
        name = self.board.name
        if self.order == "naive":
            lines = [
                f"   {name(node)}.grad = {short(got)}, and should be {short(right)}"
                for node, (got, right) in self.wrong.items()
            ]
            if not lines:
                return "end: nothing arrived too late this time, all gradients are right"
            return "\n".join(["end: passed on too early, these are wrong:", *lines[:_MOST_LINES]])
        leaves = [
            f"∂{name(self.output)}/∂{name(node)} = {short(self._right[node])}"
            for node in self.nodes
            if node.op is None and node in self._right
        ]
        more = ["..."] if len(leaves) > _MOST_LINES else []
        return f"end: {', '.join(leaves[:_MOST_LINES] + more)}"

    def __repr__(self) -> str:
        """The text, and what to call next."""
        if self.position < len(self):
            return self.text() if self.position else f"{self.text()}; next() begins"
        return self.text() if self.order == "naive" else f"{self.text()}; apply() sets .grad"

    # tables.py adds the displays
    __rich__: Callable[..., Any]
    _repr_html_: Callable[..., str]


def walk(
    output: Value, order: str = "topological", *, names: Mapping[str, Any] | None = None
) -> Walk:
    """Walk through a computation gate by gate: first forward, then backward.

    ``next()``, ``back()``, ``goto(k)`` move, iteration gives the steps one by one. No ``.grad``
    changes until ``apply()``, or ``run()``, which does the rest of the steps and applies.

    Args:
        output: the Value to start back-propagation from, with gradient 1.
        order: "topological", as ``backward()`` does it; or "naive": depth first from the
            output, each gate passing its gradient on at the first visit, whether or not all
            its consumers have reported. That goes wrong where an inner node is used twice.
        names: names for Values, as ``locals()`` gives, where the caller's variables won't do.

    Raises:
        TypeError: output is no Value.
        ValueError: there is no such order.
        StaleGraphError: a leaf was edited after a node was computed from it.

    >>> x, y, z = Value(-2.0), Value(5.0), Value(-4.0)
    >>> q = x + y
    >>> f = q * z
    >>> for step in walk(f):  # L1, L6
    ...     print(step)
    forward 1/2   q = x + y = -2 + 5 = 3
    forward 2/2   f = q·z = 3·(-4) = -12
    backward 1/2   f = q·z                  upstream ∂f/∂f = 1
       ∂(q·z)/∂q = z = -4    →  q.grad += -4 × 1 = -4
       ∂(q·z)/∂z = q = 3     →  z.grad += 3 × 1 = 3
    backward 2/2   q = x + y                upstream ∂f/∂q = -4
       ∂q/∂x = 1    →  x.grad += 1 × -4 = -4
       ∂q/∂y = 1    →  y.grad += 1 × -4 = -4
    """
    if not isinstance(output, Value):
        raise TypeError(f"walk takes a Value, got {shorten(output)}")
    if order not in ORDERS:
        raise ValueError(f"unknown order {order!r}: write {' or '.join(map(repr, ORDERS))}")
    found = names_of_caller(names)
    return Walk(output, order, found)


Value.walk = walk
