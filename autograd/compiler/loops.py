"""Loops: finds the steps of a program that repeat, such as those of a recurrence.

A recurrence is traced step by step, and compiled so. This is where its steps are found again: in
the order of what the program does, an event every so many places does the same to operands of
which each is, in every repetition,

- computed as many places before: in the same step, or carried over from a step before,
- or the same array, such as weights,
- or some elements of an argument, a constant number of places further each time: X[:, t],
- or the array of an earlier loop's next step (or of the one before, where this one runs back).

Which arrays are read outside the step that computes them is data, too: they are kept, A[t].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .language import Array
from .order import Event, given
from .repeats import FEWEST, Repeats, Run, family_of, operands_of
from .reverse import Write

__all__ = ["Loop", "Plan", "Slot", "find_loops"]

SAVED = 4  # lines that a loop must save


@dataclass(eq=False)
class Slot:
    """What one event of a loop computes, step by step.

    Attributes:
        loop: the loop.
        arrays: of all steps.
        kept: whether it is read outside its own step, and so has a line, A[t] = ...
        by_t: whether its line, if it has one, is A[t] = ...
        owner: the slot that it is the gradient of, and the repetitions of that in the first two
            steps of this.
        moves: it is kept at the first of these times t, plus the second.
        name: given when its first line is written.
    """

    loop: Loop
    arrays: list[Array]
    kept: bool = False
    by_t: bool = False
    owner: tuple[Slot, int, int] | None = None
    moves: tuple[int, int] = (1, 0)
    name: str = ""

    def index(self, repetition: int) -> int:
        """Where the array of a repetition is kept."""
        times, plus = self.moves
        return times * self.loop.t(repetition) + plus

    def owner_indices(self) -> tuple[int, int]:
        """Where the arrays are kept that the first two of this are the gradients of."""
        assert self.owner is not None
        owner, one, two = self.owner
        return owner.index(one), owner.index(two)


Place = tuple[Slot, int]
"""A slot, and a repetition; -1 is the one before the first."""


@dataclass(eq=False)
class Loop:
    """Events that repeat.

    Attributes:
        run: their places.
        steps: for each repetition its events.
        slots: what they compute, None for what is written to the gradient.
        first: the t of the first repetition.
        step: what t changes by, 1 or -1.
        before: what is carried into the first repetitions, by its place.
        written: the repetition that is written for all.
    """

    run: Run
    steps: list[list[Event]]
    slots: list[Slot | None] = field(default_factory=list)
    first: int = 0
    step: int = 1
    before: dict[Place, Array] = field(default_factory=dict)
    written: int = 0

    def __post_init__(self) -> None:
        for column in zip(*self.steps, strict=True):
            arrays = [event for event in column if isinstance(event, Array)]
            self.slots.append(Slot(self, arrays) if arrays else None)

    def t(self, repetition: int) -> int:
        return self.first + self.step * repetition

    @property
    def range(self) -> range:
        return range(self.first, self.t(self.run.steps), self.step)


@dataclass
class Plan:
    """The loops of a program.

    Attributes:
        loops: by their first event.
        places: of arrays, also of some that are not in the loop itself.
        moving: of whose arguments a loop reads elements further on in each step.
    """

    loops: dict[Event, Loop] = field(default_factory=dict)
    places: dict[Array, Place] = field(default_factory=dict)
    moving: set[Any] = field(default_factory=set)


def find_loops(events: Sequence[Event], root: Array, lined: set[Array]) -> Plan:
    """Find what repeats.

    Args:
        events: in their order.
        root: the event that gives the result, which is in no loop.
        lined: the arrays that would get a line of their own without loops.
    """
    return _Finder(events, root, lined).run()


class _Finder:
    def __init__(self, events: Sequence[Event], root: Array, lined: set[Array]) -> None:
        self.lined = lined
        self.events = [e for e in events if isinstance(e, Write) or not given(e)]
        self.table = Repeats(self.events, root)
        self.plan = Plan(places=self.table.places)
        self.claims: dict[Place, Array] = {}  # whose place it is
        self.readers: dict[Event, list[int]] = {}
        for place, event in enumerate(self.events):
            for operand in operands_of(event):
                self.readers.setdefault(operand, []).append(place)

    def run(self) -> Plan:
        while (loop := self.longest()) is not None:
            self.take(loop)
        self.place_gradients()
        return self.plan

    def longest(self) -> Loop | None:
        """The loop of most events that are in none yet."""
        for start, stop, period in self.table.runs():
            for run in self.table.aligned(start, stop, period):
                loop = Loop(run, [self.events[at : at + period] for at in run.starts()])
                if self.pays(loop) and self.complete(loop):
                    return loop
        return None

    def pays(self, loop: Loop) -> bool:
        """Whether the loop has so many lines fewer."""
        lines = [sum(isinstance(e, Write) or e in self.lined for e in step) for step in loop.steps]
        return sum(lines) - 1 - max(lines) >= SAVED

    def complete(self, loop: Loop) -> bool:
        """Find what is carried into a loop, what it keeps and how it counts; or that it is none."""
        fits = [k for k in range(FEWEST - 1, loop.run.steps) if self.reads_plainly(loop, k)]
        if not fits or not self.find_before(loop):
            return False
        loop.written = fits[0]
        for slot in loop.slots:
            if slot is not None:
                slot.kept = slot.by_t = self.read_outside(slot)
                self.find_owner(slot)
        self.count(loop)
        return True

    def read_outside(self, slot: Slot) -> bool:
        """Whether arrays of a slot are read outside the steps that compute them."""
        starts, period = slot.loop.run.starts(), slot.loop.run.period
        return any(
            not start <= reader < start + period
            for start, array in zip(starts, slot.arrays, strict=True)
            for reader in self.readers.get(array, ())
        )

    def find_before(self, loop: Loop) -> bool:
        """Find what is carried into the first steps: one array for each place."""
        period = loop.run.period
        for place, column, back in self.table.carried(loop.run) or ():
            slot, ago = loop.slots[(place - back) % period], -((place - back) // period)
            assert slot is not None
            for repetition in range(ago):
                node = operands_of(loop.steps[repetition][place])[column]
                if loop.before.setdefault((slot, repetition - ago), node) is not node:
                    return False
        return True

    def reads_plainly(self, loop: Loop, repetition: int) -> bool:
        """Whether no array is read in two ways, such as A[t] and A[9], where t happens to be 9."""
        table, period = self.table, loop.run.period
        start = loop.run.starts()[repetition]
        ways: dict[Array, int] = {}
        for place in range(start, start + period):
            for column, operand in enumerate(operands_of(self.events[place])):
                way = 0
                if table.same[place, column] == table.same[place - period, column]:
                    way = 1 + int(table.index[place, column] - table.index[place - period, column])
                own = 0 < table.back[place, column] <= place - start
                if ways.setdefault(operand, way) != way or (own and way):
                    return False
        return True

    # ------------------------------------------------------------------ what t is

    def find_owner(self, slot: Slot) -> None:
        """See whether the arrays of a slot are the gradients of those of another."""
        owners = [self.plan.places.get(_owner(array)) for array in slot.arrays]
        if owners[0] is None or owners[1] is None:
            return
        (owner, one), (_, two) = owners[0], owners[1]
        wanted = [(owner, one + (two - one) * k) for k in range(len(owners))]
        if owners == wanted and abs(two - one) == 1:
            slot.owner = owner, one, two

    def count(self, loop: Loop) -> None:
        """Choose t, as an earlier loop or an argument counts; gradients go by what they are of."""
        owned = [slot for slot in loop.slots if slot and slot.owner and slot.owner[0].by_t]
        found = [slot.owner_indices() for slot in owned[:1]] or self.counts(loop)
        if found:
            one, two = found[0]
            loop.first, loop.step = one, 1 if two > one else -1
        else:
            loop.first = int(bool(loop.before))
        for slot in owned:
            one, two = slot.owner_indices()
            times = (two - one) * loop.step
            slot.moves, slot.by_t = (times, one - times * loop.first), True

    def counts(self, loop: Loop) -> list[tuple[int, int]]:
        """Numbers that the first two steps read by, such as t may count: the best ones first."""
        arguments, earlier = [], []
        for at, event in enumerate(loop.steps[0], loop.run.first):
            for column, operand in enumerate(operands_of(event)):
                two, one = (int(self.table.index[k, column]) for k in (at + loop.run.period, at))
                if one == two or not self.table.stays(
                    at + loop.run.period, column, loop.run.period
                ):
                    continue
                if operand not in self.plan.places:
                    count = one // abs(two - one)
                    arguments.append((count, count + (1 if two > one else -1)))
                elif (slot := self.plan.places[operand][0]).kept:
                    earlier.append((slot.index(one), slot.index(two)))
        ahead = [each for each in arguments if each[1] > each[0]]
        return sorted(earlier or ahead or arguments, reverse=True)

    # ------------------------------------------------------------------ places

    def take(self, loop: Loop) -> None:
        """Note a loop, and where its arrays are."""
        self.plan.loops[loop.steps[0][0]] = loop
        for event in (event for step in loop.steps for event in step):
            self.table.take_out(event)
            families = (family_of(operand) for operand in operands_of(event))
            self.plan.moving.update(family[0] for family in families if family is not None)
        for slot in loop.slots:
            for repetition, array in enumerate(slot.arrays if slot else ()):
                assert slot is not None
                self.claim(array, (slot, repetition))
        self.claims.update(loop.before)
        for place, array in loop.before.items():
            self.place_before(place, array)
        self.place_neighbours(loop)
        for array in [array for array, (slot, _) in self.plan.places.items() if slot.loop is loop]:
            for reader in self.readers.get(array, ()):
                self.table.look(reader)

    def claim(self, array: Array, place: Place) -> bool:
        """Give an array its place, unless that is another's."""
        if self.claims.setdefault(place, array) is not array:
            return False
        self.plan.places[array] = place
        return True

    def place_before(self, place: Place, array: Array) -> None:
        """Give what is carried into a loop, and what that is made of, the names of their likes."""
        start, repetition = place[0].loop.run.first, place[1]
        waiting = [(array, place[0])]
        while waiting:
            array, slot = waiting.pop()
            like = slot.arrays[0]
            free = array not in self.plan.places and self.table.place.get(array, start) < start
            if not free or array.rank != like.rank:
                continue
            if slot.kept:
                self.claim(array, (slot, repetition))
            if type(array) is not type(like) or _gate(array) is not _gate(like):
                continue
            for one, other in zip(array.operands, like.operands, strict=True):
                found, step = self.plan.places.get(other, (slot, -1))
                if found.loop is slot.loop and step == 0:
                    waiting.append((one, found))

    def place_neighbours(self, loop: Loop) -> None:
        """See which arrays are one more step of a loop, of which only a part is there."""
        first, period, count = loop.run
        stop = first + period * count
        kind = self.table.kind
        for repetition, near in (
            (-1, self.events[max(0, first - 2 * period) : first]),
            (count, self.events[stop : stop + 2 * period]),
        ):
            for event in near:
                if not isinstance(event, Array) or event in self.plan.places:
                    continue
                for like, slot in enumerate(loop.slots, first):
                    same = slot is not None and kind[like] == kind[self.table.place[event]]
                    if slot is None or not same or not self.continues(slot, repetition, event):
                        continue
                    if self.claim(event, (slot, repetition)):
                        break

    def continues(self, slot: Slot, repetition: int, array: Array) -> bool:
        """Whether an array reads what that of a slot would read in this repetition."""
        which = self.table.which
        for operands in zip(*(each.operands for each in (*slot.arrays[1:3], array)), strict=True):
            (same, one), (also, two), found = map(which, operands)
            if same != also or found != (same, one + (two - one) * (repetition - 1)):
                return False
        return True

    def place_gradients(self) -> None:
        """Give the gradients of what has a place theirs."""
        slots = [s for loop in self.plan.loops.values() for s in loop.slots if s and s.owner]
        for event in self.events:
            found = self.plan.places.get(_owner(event))
            if found is None or not isinstance(event, Array) or event in self.plan.places:
                continue
            for slot in slots:
                assert slot.owner is not None
                owner, one, two = slot.owner
                place = slot, (found[1] - one) // (two - one)
                if found[0] is owner and slot.by_t and self.claim(event, place):
                    break


def _gate(array: Array) -> Any:
    return getattr(array, "op", None)


def _owner(event: Event) -> Any:
    """What an array is the gradient of."""
    hint = event.builder.hints.get(event) if isinstance(event, Array) else None
    return hint[1] if isinstance(hint, tuple) else None
