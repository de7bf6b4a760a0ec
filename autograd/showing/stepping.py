"""walk: forward and backward through a computation, gate by gate, as a lecturer does it.

A walk is a list of steps and a cursor. The steps are computed when the walk begins, with the
numbers that ``backward()`` would add up, in the order in which it would; the cursor only says
how many of them have been done. So stepping back is exact, and no ``.grad`` is touched.
A step keeps its numbers, whatever becomes of the graph; the walk computes its steps afresh
when the graph was edited, before it shows or does anything.
``order="naive"`` passes gradients on too early, to show what a topological order is for.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..engine import clock
from ..engine.backward import stale_error
from ..engine.clock import stale_edges
from ..engine.conversion import shorten
from ..engine.graph import topological_order
from ..engine.value import Value
from ..reading.columns import padded, width
from ..reading.naming import by_use, is_number, meanings, names_of_caller, short
from ..reading.notation import Board
from .contributions import Contribution, differ, naive, topological, totals
from .explaining import Explanation
from .hints import no_leaves

__all__ = ["Step", "Walk", "walk"]

ORDERS = ("topological", "naive")
_GATE_WIDTH = 21  # room for "q = x + y", so that upstream stands in one column as a rule
_MOST_LINES = 16  # of one step: a gate may have a thousand operands


class Step:
    """One gate, forward (its value is computed) or backward (its gradient is passed on)."""

    __slots__ = (
        "board",
        "contributions",
        "count",
        "missing",
        "node",
        "number",
        "operands",
        "output",
        "phase",
        "value",
    )

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
        self.value = node.data
        self.operands = tuple(operand.data for operand in node.operands)
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
            sides = [gate, self.board.in_numbers(self.node, self.operands), short(self.value)]
            if sides[1] == sides[2]:  # q = x
                del sides[1]
            return title + " = ".join(filter(None, sides))
        title += f"{padded(gate, _GATE_WIDTH)}    "
        output, node = self.board.term(self.output), self.board.term(self.node)
        title += f"upstream ∂{output}/∂{node} = {short(self.upstream)}"
        if self.missing:
            title += f"  (too early: {short(self.missing)} has not arrived yet)"
        shown = self.contributions[:_MOST_LINES]
        lefts = [self.local_text(part) for part in shown]
        columns = max(map(width, lefts))
        lines = [
            f"   {padded(left, columns)}    →  {self.sum_text(part)}"
            for left, part in zip(lefts, shown, strict=True)
        ]
        if more := len(self.contributions) - len(shown):
            lines.append(f"   ... and {more} more operands")
        formulas = (self.board.formula(self.node, part.place) for part in shown)
        lines += [f"   where {meaning}" for meaning in meanings(formulas)]
        return "\n".join([title, *lines])

    def local_text(self, part: Contribution) -> str:
        """``∂q/∂x = 1``, or with the formula ``∂(q·z)/∂q = z = -4``."""
        gate = self.board.term(self.node)
        operand = by_use(self.node, part.place, self.board.term(part.operand))
        number = short(part.local)
        formula = self.board.formula(self.node, part.place)
        if not formula or formula == number or is_number(formula):
            return f"∂{gate}/∂{operand} = {number}"
        return f"∂{self.board.gate_term(self.node) or gate}/∂{operand} = {formula} = {number}"

    def sum_text(self, part: Contribution) -> str:
        """``x.grad += 1 × -4 = -4``, and the running sum where x is used more than once."""
        name = self.board.term(part.operand)
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
        self.nodes = topological_order(output)
        self.board = Board(self.nodes, found)
        self.found = found
        self._position = 0
        self._compute()

    def _compute(self) -> None:
        """Compute the steps from the numbers that the graph holds now."""
        now = clock.tick()
        if stale := stale_edges(self.nodes):
            raise stale_error(*stale[0])
        self._as_of = now
        self._applied = False  # by these numbers
        gates = [node for node in self.nodes if node.op is not None]
        steps = [Step("forward", node, self.output, self.board) for node in gates]
        passed = topological(self.output)
        self._right = totals(passed, self.output)
        if self.order == "naive":
            passed = naive(self.output)
        self._got = totals(passed, self.output)
        for node, parts in passed:
            step = Step("backward", node, self.output, self.board, tuple(parts))
            if differ(parts[0].upstream, self._right[node]):
                step.missing = self._right[node] - parts[0].upstream
            steps.append(step)
        self._steps, self._forward = steps, len(gates)
        for k, step in enumerate(steps):
            backward = k >= self._forward
            step.number = k + 1 - (self._forward if backward else 0)
            step.count = len(steps) - self._forward if backward else self._forward
        self._computed: set[Value] = {node for node in self.nodes if node.op is None}
        self._gradients: dict[Value, float] = {}
        position, self._position = min(self._position, len(steps)), 0
        while self._position < position:
            self._do()

    def _keep_up(self) -> None:
        """Compute the steps afresh, at the same place, if the graph was edited meanwhile.

        Raises:
            StaleGraphError: a leaf was edited, and the graph not computed from it since.
        """
        if clock.last_edit <= self._as_of:
            return
        if any(node.computed > self._as_of for node in self.nodes):
            self._compute()
        else:  # something else was edited
            self._as_of = clock.last_edit

    @property
    def steps(self) -> list[Step]:
        """All steps, forward and then backward."""
        self._keep_up()
        return self._steps

    @property
    def position(self) -> int:
        """How many of the steps have been done."""
        self._keep_up()
        return self._position

    # ------------------------------------------------------------------ the cursor

    def next(self) -> Walk:
        """Do one more step; gives the walk itself, so that a REPL shows where it stands.

        Raises:
            IndexError: the walk is at its end.
        """
        if self.position == len(self):
            known = "" if self._applied or self.order == "naive" else "apply() to set .grad"
            again = "back() or goto(0) to see them again" if self._steps else ""
            way_out = ", ".join(filter(None, [again, known]))
            raise IndexError(
                f"the walk is at its end ({len(self)} of {len(self)} steps)"
                f"{': ' if way_out else ''}{way_out}"
            )
        self._do()
        return self

    def back(self) -> Walk:
        """Take the last step back.

        Raises:
            IndexError: the walk is at its beginning.
        """
        if not self.position:
            way_out = ": next()" if self._steps else ""
            raise IndexError(f"the walk is at its beginning (0 of {len(self)} steps){way_out}")
        self._undo()
        return self

    def goto(self, position: int) -> Walk:
        """Go to where ``position`` steps have been done, from 0 to ``len(walk)``.

        Raises:
            IndexError: there are not so many steps.
            TypeError: position is no whole number.
        """
        steps = len(self)
        try:
            there = operator.index(position)
        except TypeError:
            raise TypeError(
                f"goto takes a position from 0 to {steps}, got {shorten(position)}"
            ) from None
        if not 0 <= there <= steps:
            raise IndexError(f"goto takes a position from 0 to {steps}, got {position}")
        while self._position < there:
            self._do()
        while self._position > there:
            self._undo()
        return self

    def run(self) -> Walk:
        """Do the remaining steps, and ``apply()`` if that has not been done.

        In the naive order no gradient is set.
        """
        self.goto(len(self))
        if self.order != "naive" and not self._applied:
            self.apply()
        return self

    def apply(self) -> None:
        """Set ``.grad`` on every node as ``backward()`` does: leaves add up, inner nodes are set.

        A walk does that once, for it is one backward pass; again after the graph was edited
        and computed afresh, for that makes it another one.

        Raises:
            ValueError: the walk is in the naive order, whose gradients are wrong.
            RuntimeError: the walk has set them already.
            StaleGraphError: a leaf was edited meanwhile.
        """
        if self.order == "naive":
            raise ValueError("the naive order gives wrong gradients: apply walk(y) without it")
        self._keep_up()
        if self._applied:
            raise RuntimeError(
                "this walk has set .grad already, and leaves would count it twice; for another "
                "backward pass call backward() on the output, or walk it again"
            )
        self.output.backward()
        self._applied = True

    def __iter__(self) -> Iterator[Step]:
        return self

    def __next__(self) -> Step:
        if self.position == len(self):
            raise StopIteration
        step = self.next().step
        assert step is not None
        return step

    def __len__(self) -> int:
        return len(self.steps)

    def _do(self) -> None:
        step = self._steps[self._position]
        self._position += 1
        if step.phase == "forward":
            self._computed.add(step.node)
            return
        if step.node is self.output:
            self._gradients[self.output] = 1.0
        for part in step.contributions:
            self._gradients[part.operand] = part.total

    def _undo(self) -> None:
        self._position -= 1
        step = self._steps[self._position]
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
        self._keep_up()
        return node.data if node in self._computed else None

    def gradient(self, node: Value) -> float | None:
        """The node's gradient as it has added up so far, or None if nothing has arrived yet.

        At the end of the walk, where nothing arrived is 0, as ``backward()`` has it.
        """
        if self.position == len(self) and node in self.board.found:
            return self._got.get(node, 0.0)
        return self._gradients.get(node)

    @property
    def wrong(self) -> dict[Value, tuple[float, float]]:
        """Where the naive order ends up wrong: for each node its gradient and the right one."""
        self._keep_up()
        return {
            node: (self._got[node], right)
            for node, right in self._right.items()
            if differ(self._got[node], right)
        }

    def explain(self, node: Value) -> Explanation:
        """Where the node's gradient comes from: the sum over all paths to this walk's output."""
        return Explanation(node, self.output, self.found)

    # ------------------------------------------------------------------ display

    def text(self) -> str:
        """The step done last; at the beginning how many there are, at the end what came out."""
        if not self.position:
            naive = ", in the naive order" if self.order == "naive" else ""
            return (
                f"walk of {self.board.name(self.output)}: {self._forward} "
                f"{'step' if self._forward == 1 else 'steps'} forward, "
                f"{len(self) - self._forward} backward{naive}"
            )
        if self.position == len(self):
            return f"{self.step}\n{self.ending()}"
        return str(self.step)

    def ending(self) -> str:
        """The gradients of the leaves, or what the naive order got wrong."""
        self._keep_up()
        name = self.board.term
        if self.order == "naive":
            lines = [
                f"   {name(node)}.grad = {short(got)}, and should be {short(right)}"
                for node, (got, right) in self.wrong.items()
            ]
            if not lines:
                return "end: nothing arrived too late this time, all gradients are right"
            return "\n".join(["end: passed on too early, these are wrong:", *lines[:_MOST_LINES]])
        leaves = [
            f"∂{name(self.output)}/∂{name(node)} = {short(self._right.get(node, 0.0))}"
            for node in self.nodes
            if node.op is None and node.kind != "constant"
        ]
        more = ["..."] if len(leaves) > _MOST_LINES else []
        return f"end: {', '.join(leaves[:_MOST_LINES] + more)}"

    def __repr__(self) -> str:
        """The text, and what to call next."""
        text = self.text()
        if self._position < len(self._steps):
            begins = "\n".join([f"{text}; next() begins", *no_leaves(self.nodes, self.found)])
            return text if self._position else begins
        if self.order == "naive":
            return text
        return f"{text}; .grad is set" if self._applied else f"{text}; apply() sets .grad"

    # tables.py adds the displays, chainrule.py the table, frames.py the pictures
    __rich__: Callable[..., Any]
    _repr_html_: Callable[..., str]
    table: Callable[..., Any]
    save: Callable[..., list[str]]


def walk(
    output: Value, order: str = "topological", *, names: Mapping[str, Any] | None = None
) -> Walk:
    """Walk through a computation gate by gate: first forward, then backward.

    ``next()``, ``back()``, ``goto(k)`` move, iteration gives the steps one by one. No ``.grad``
    changes until ``apply()``, or ``run()``, which does the rest of the steps and applies. At the
    prompt a walk shows itself as text, with a table where the rich package displays it
    (``rich.print``, or ``rich.pretty.install()`` once) and in a notebook. ``draw(walk)`` draws
    it at its position, ``walk.save("steps/")`` at all of them; ``walk.table()`` is the table of
    local × upstream.

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
