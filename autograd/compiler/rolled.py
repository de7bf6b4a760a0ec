"""Rolled: writes the steps of a loop once, as ``for t in range(1, 200):``.

One repetition is written for all, in the words of the writer: what it reads from another
repetition or another loop is A[t - 1], elements further on in each step are X[:, 2*t:2*t + 2].
What is kept of each step lives in a dictionary, by t; the gradient of Z[t] is dZ[t].
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter

import numpy as np

from .access import moved_part
from .language import Array, Concatenate, Stack, Take
from .loops import Loop, Plan, Slot
from .names import Names
from .order import Event, given
from .repeats import FEWEST, operands_of, start_of
from .schedule import Moves, Steps, counted
from .texts import ATOM, COMPARISON, Text
from .writer import Writer

__all__ = ["RolledWriter"]


class RolledWriter(Writer):
    """A writer of programs with loops.

    Args:
        names: see ``Writer``, as for word, roots and dtype.
        plan: the loops.
    """

    def __init__(
        self,
        names: Names,
        word: Callable[[Writer, Array], Text],
        roots: list[Array],
        dtype: str,
        plan: Plan,
    ) -> None:
        super().__init__(names, self.worded, roots, dtype)
        self.plain_word = word
        self.plan = plan
        self.moves: dict[Array, Moves] = {}  # in the loop: where elements start
        self.indices: dict[Array, Moves] = {}  # in the loop: where its arrays are kept

    # ------------------------------------------------------------------ one array

    def worded(self, _: Writer, node: Array) -> Text:
        """The text of an operation; of elements that are further on in each step, theirs."""
        if node in self.moves:
            return self.elements(node, self.moves[node])
        family = start_of(node)
        if family is not None and (node.operands[0], family[0]) in self.plan.moving:
            return self.elements(node, (0, family[1]))
        return self.listed(node) or self.plain_word(self, node)

    def listed(self, node: Array) -> Text | None:
        """Arrays of all steps side by side: ``np.stack([Z1[t] for t in range(200)], -1)``."""
        if len(node.operands) < FEWEST or not isinstance(node, (Concatenate, Stack)):
            return None
        steps = self.steps_of(node.operands)
        if steps is None:
            return None
        slot, _ = self.plan.places[node.operands[0]]
        function = "stack" if isinstance(node, Stack) else "concatenate"
        return Text(f"np.{function}([{slot.name}[t] {steps}], -1)", ATOM, True)

    def steps_of(self, arrays: Sequence[Array]) -> Steps | None:
        """The steps whose arrays these are, if they are what one dictionary holds."""
        places = [self.plan.places[each] for each in arrays if each in self.plan.places]
        if len(places) < len(arrays) or len({slot for slot, _ in places}) > 1:
            return None
        slot = places[0][0]
        indices = [slot.index(repetition) for _, repetition in places]
        moves = set(np.diff(indices).tolist())
        if moves not in ({1}, {-1}) or not slot.by_t or not slot.name:
            return None
        (move,) = moves
        return Steps(range(indices[0], indices[-1] + move, move))

    def elements(self, node: Array, moves: Moves) -> Text:
        """Elements of an array, as text that needs no line of its own if it is an argument."""
        assert isinstance(node, Take)
        source = node.operands[0]
        text = self.texts[source].text if not source.operands else self.atom(source)
        lead = ":, " if source.batched else ""
        part = moved_part(node.index, source.shape, moves)
        if part is not None:
            return Text(f"{text}[{lead}{part}]", ATOM, bool(source.operands))
        if source.rank > 1:
            sizes = ", ".join(map(str, self.lengths(source, source.size)))
            text = f"{text}.reshape({sizes})"
        index = self.names.constant("I", node.index - node.index.flat[0])
        place = f"{index} + {counted(moves)}" if moves != (0, 0) else index
        text = f"{text}.take({place}{', 1' if source.batched else ''})"
        return Text(text, ATOM, bool(source.operands))

    def place(self, node: Array) -> None:
        text = self.texts[node] = self.compose(node)
        slot, _ = self.plan.places.get(node, (None, 0))
        if node in self.names.of and slot is not None:
            return  # its line is written already
        once = self.uses[node] == 1 and self.short(node)
        if (slot is not None and slot.kept) or (text.pending and not once):
            self.name_line(node)

    def new_name(self, node: Array) -> str:
        slot, repetition = self.plan.places.get(node, (None, 0))
        if slot is None or not slot.by_t:
            return super().new_name(node)
        self.names.of[node] = self.name_of(slot)
        at = self.indices.get(node, (0, slot.index(repetition)))
        text = f"{slot.name}[{counted(at)}]"
        self.kept[text] = slot.name, at
        if self.schedule.steps is None:
            self.schedule.times[node] = at[1]
        else:
            self.schedule.steps.times[node] = slot.name, at
        return text

    def name_of(self, slot: Slot) -> str:
        """The name of a dictionary."""
        if not slot.name:
            slot.name = super().new_name(slot.arrays[0])
            self.schedule.kept.append(slot.name)
        return slot.name

    # ------------------------------------------------------------------ a loop

    def write_all(self, events: list[Event], write: Callable[[Event], None]) -> None:
        """Write events, those of a loop together.

        Args:
            events: in their order.
            write: writes one of them.
        """
        if self.plan.loops:  # a loop may be the first to read what is given
            first = {event: None for event in events if isinstance(event, Array) and given(event)}
            rest = [event for event in events if event not in first]
            events = [*sorted(first, key=attrgetter("number")), *rest]
        written: set[Event] = set()
        for event in events:
            loop = self.plan.loops.get(event)
            if loop is not None:
                self.write_loop(loop, write)
                written.update(each for step in loop.steps for each in step)
            elif event not in written:
                write(event)

    def write_loop(self, loop: Loop, write: Callable[[Event], None]) -> None:
        """The lines of a loop.

        Args:
            loop: the loop.
            write: writes one event.
        """
        self.carry_in(loop)
        reads = _reads(loop, self.plan)
        steps = Steps(loop.range)
        outside = self.texts
        self.texts = dict(outside)
        for node, moves in reads.items():
            found = self.plan.places.get(node)
            if found is None:
                self.moves[node] = moves
                self.texts[node] = self.worded(self, node)
            else:
                self.texts[node] = Text(f"{found[0].name}[{counted(moves)}]", ATOM)
                steps.times[node] = found[0].name, moves
        events = loop.steps[loop.written]
        for slot in loop.slots:
            if slot is not None:
                array = slot.arrays[loop.written]
                self.indices[array] = slot.moves
                starts = [start_of(each) for each in slot.arrays[:2]]
                if starts[0] and starts[1] and starts[0][1] != starts[1][1]:
                    self.moves[array] = _moves(loop, starts[0][1], starts[1][1])
        steps.starts.update(self.moves)
        self.schedule.steps = steps
        for event in events:
            write(event)
        self.schedule.steps = None
        self.schedule.inside |= {
            each: self.texts[each].text
            for each in events
            if isinstance(each, Array) and each in self.texts
        }
        self.moves.clear()
        self.indices.clear()
        self.texts = outside
        self.name_all(loop)

    def carry_in(self, loop: Loop) -> None:
        """See that what the first steps read from before the loop is where they read it."""
        for (slot, repetition), node in loop.before.items():
            name = self.name_of(slot)
            if self.plan.places.get(node) != (slot, repetition):
                text = f"{name}[{slot.index(repetition)}]"
                self.kept[text] = name, (0, slot.index(repetition))
                self.line(text, node, self.inner(node, COMPARISON, slot.arrays[0].rank))

    def name_all(self, loop: Loop) -> None:
        """Name the arrays of all steps as those of the one that was written."""
        names = self.names.of
        for slot in loop.slots:
            if slot is None or (name := names.get(slot.arrays[loop.written])) is None:
                continue
            for repetition, array in enumerate(slot.arrays):
                names[array] = name
                if slot.by_t:
                    self.schedule.times[array] = slot.index(repetition)
                    self.texts[array] = Text(f"{name}[{slot.index(repetition)}]", ATOM)


def _moves(loop: Loop, one: int, two: int) -> Moves:
    """What a number is that is this in the first step and that in the second."""
    times = (two - one) * loop.step
    return times, one - times * loop.first


def _reads(loop: Loop, plan: Plan) -> dict[Array, Moves]:
    """Of what the written step reads from others the index, by t."""
    reads: dict[Array, Moves] = {}
    for place, event in enumerate(loop.steps[loop.written]):
        for column, operand in enumerate(operands_of(event)):
            moves = _read(loop, plan, place, column)
            if moves is not None:
                reads[operand] = moves
    return reads


def _read(loop: Loop, plan: Plan, place: int, column: int) -> Moves | None:
    """The index of what is read, if that moves with t or is kept; None if it needs none."""
    repetition = loop.written
    before, node = (operands_of(loop.steps[k][place])[column] for k in (repetition - 1, repetition))
    found, other = plan.places.get(node), plan.places.get(before)
    if found is not None:
        slot, at = found
        if not slot.kept or (slot.loop is loop and at == repetition):
            return None
        assert other is not None and other[0] is slot
        one, two = slot.index(other[1]), slot.index(at)
    else:
        start, earlier = start_of(node), start_of(before)
        if start is None or earlier is None or (node.operands[0], start[0]) not in plan.moving:
            return None
        one, two = earlier[1], start[1]
    times = (two - one) * loop.step
    return times, two - times * loop.t(repetition)
