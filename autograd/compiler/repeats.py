"""Repeats: where the events of a program are alike, every so many places.

For each event there is a number for what it does, and for each of its operands how many events
back that was computed, what it is, and which one of these: X[:, 4:6] is X[:, 2 elements from 4 on].
Two events a period apart are alike if they do the same to operands that are as far back, or are
the same. All this is in arrays of integers, so that many periods are tried quickly.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .builder import content
from .language import Array, Gate, Input, Take
from .order import Event
from .reverse import Write

__all__ = ["FEWEST", "Repeats", "Run", "family_of", "operands_of", "start_of"]

FEWEST = 4  # repetitions that make a loop
_MOST = 8  # operands of an event that may be part of one
_PERIODS = 50  # that are tried


class Run(NamedTuple):
    """The places of events that repeat: so many steps of ``period`` events."""

    first: int
    period: int
    steps: int

    def starts(self) -> range:
        return range(self.first, self.first + self.steps * self.period, self.period)


def operands_of(event: Event) -> tuple[Array, ...]:
    return (event.value,) if isinstance(event, Write) else event.operands


def start_of(event: Event) -> tuple[Any, int] | None:
    """Of elements of an array: which they are, but for where they start; and where that is."""
    if not isinstance(event, Take) or not event.index.size:
        return None
    start = int(event.index.flat[0])
    return content(event.index - start), start


def family_of(operand: Array) -> tuple[Any, int] | None:
    """Of elements of an argument, which they are but for where they start; and where."""
    start = start_of(operand)
    if start is None or not isinstance(operand.operands[0], Input):
        return None
    return (operand.operands[0], start[0]), start[1]


class Repeats:
    """What there is to compare of each event.

    Args:
        events: in their order.
        root: one that is like no other.

    Attributes:
        place: of an event.
        places: what is known of operands otherwise: what they are, and which one of these.
        back: (events, operands) how many events back it was computed; 0 for what is no event.
        same: (events, operands) a number for what it is.
        index: (events, operands) which one of these.
    """

    def __init__(self, events: Sequence[Event], root: Array) -> None:
        self.events = events
        self.root = root
        self.place = {event: place for place, event in enumerate(events)}
        self.places: dict[Array, tuple[Any, int]] = {}
        self.numbers: dict[Any, int] = {}
        self.kind = np.array([self.number(self.does(e)) for e in events], dtype=np.int64)
        self.code = self.kind.copy()
        width = max((len(operands_of(e)) for e in events if self.small(e)), default=0)
        self.back, self.same, self.index = np.zeros((3, len(events), width + 1), dtype=np.int64)
        for place in range(len(events)):
            self.look(place)

    def number(self, thing: Any) -> int:
        """The same for the same things."""
        return self.numbers.setdefault(thing, len(self.numbers))

    def small(self, event: Event) -> bool:
        return len(operands_of(event)) <= _MOST

    def does(self, event: Event) -> Any:
        """What an event does, but for its operands."""
        if isinstance(event, Write):
            return "write", None if event.index is None else content(event.index)
        if event is self.root or not self.small(event):
            return event
        start = start_of(event)
        details = start[0] if start else tuple(map(content, event.details))
        return type(event), event.shape, event.batched, details

    def look(self, place: int) -> None:
        """Note what an event reads."""
        event = self.events[place]
        if not self.small(event):
            return
        for column, operand in enumerate(operands_of(event)):
            self.back[place, column] = place - self.place.get(operand, place)
            self.same[place, column], self.index[place, column] = self.which(operand)
        if (start := start_of(event)) is not None:  # the last column is for where it starts
            self.index[place, -1] = start[1]

    def which(self, operand: Array) -> tuple[int, int]:
        """What an operand is, as a number, and which one of these."""
        same, index = self.places.get(operand) or family_of(operand) or (operand, 0)
        return self.number(same), index

    def take_out(self, event: Event) -> None:
        """Let an event be like no other from now on."""
        self.code[self.place[event]] = self.number(event)

    def stays(self, place: int, column: int, period: int) -> bool:
        """Whether an operand is the same as a period before, but for which one of these."""
        return bool(self.same[place, column] == self.same[place - period, column])

    # ------------------------------------------------------------------ finding

    def runs(self) -> list[tuple[int, int, int]]:
        """Where events are alike every so many places: start, stop, period; the longest first."""
        found = []
        for period in self.periods():
            alike = (self.back[period:] == self.back[:-period]) & (self.back[period:] > 0)
            alike |= self.same[period:] == self.same[:-period]
            both = alike.all(1) & (self.code[period:] == self.code[:-period])
            edges = np.flatnonzero(np.diff(np.concatenate([[False], both, [False]])))
            for start, stop in edges.reshape(-1, 2).tolist():
                if stop - start >= (FEWEST - 2) * period:
                    found.append((start, stop + period, period))
        return sorted(found, key=lambda run: (run[0] - run[1], run[2], run[0]))

    def periods(self) -> list[int]:
        """Distances at which something is alike three times in a row."""
        places = np.arange(len(self.events))[:, None]
        read = np.where(self.back > 0, self.code[places - self.back], self.same)
        last: dict[Any, tuple[int, int]] = {}
        found: Counter[int] = Counter()
        for place, key in enumerate(map(tuple, np.c_[self.code, read].tolist())):
            before, distance = last.get(key, (place, 0))
            last[key] = place, place - before
            if distance == place - before > 0:
                found[distance] += 1
        return [period for period, _ in found.most_common(_PERIODS)]

    def aligned(self, start: int, stop: int, period: int) -> list[Run]:
        """Where a step may start: first where it leaves out least and least is carried on."""
        found = []
        for first in range(max(0, start - period), min(start + period, stop)):
            run = Run(first, period, (stop - first) // period)
            if run.steps >= FEWEST and (across := self.carried(run)) is not None:
                arrays = {(place - back) % period for place, _, back in across}
                found.append((run.steps, -len(arrays), -len(across), first, run))
        return [run for *_, run in sorted(found, reverse=True)]

    def carried(self, run: Run) -> list[tuple[int, int, int]] | None:
        """What comes from a step before: who reads it, as which operand, from how many events back.

        What the first steps read instead of it may be anything of its shape. None if this is no
        loop.
        """
        inside = np.arange(run.period)[:, None]
        rows = np.array(run.starts())[:, None] + np.arange(run.period)
        code, back, same, index = (x[rows] for x in (self.code, self.back, self.same, self.index))
        moves = np.diff(index, axis=0)
        fixed = (same == same[0]).all(0) & (moves == moves[0]).all(0)
        usual = back[-1]
        as_far = (back[FEWEST - 1 :] == usual).all(0) & (usual > 0)
        own = as_far & (usual <= inside) & (back == usual).all(0)
        across = as_far & (usual > inside) & (usual < inside + FEWEST * run.period) & ~fixed
        if (code != code[0]).any() or not (fixed | own | across).all():
            return None
        found = [
            (place, column, int(usual[place, column])) for place, column in np.argwhere(across)
        ]
        for place, column, far in found:
            steps = [operands_of(self.events[start + place])[column] for start in run.starts()]
            ago = -((place - far) // run.period)
            if (back[ago:, place, column] != far).any():
                return None
            reader = self.events[run.first + place]
            if not all(_will_do(first, steps[-1], reader) for first in steps[:ago]):
                return None
        return found


def _will_do(first: Array, usual: Array, reader: Event) -> bool:
    """Whether what is carried into the first step can stand for what is carried later."""
    if first.dtype != usual.dtype or first.batched != usual.batched or first.rank > usual.rank:
        return False
    return first.shape == usual.shape or isinstance(reader, Gate)
