"""Buffers: in which piece of memory each array lies, and how long it is needed.

A program is a list of calls by now, each of which reads some views and writes to one; at first each
result has a storage of its own. Three things are decided here, and nothing else needs to know:

1. What is computed only to be copied to its place (columns of a joined array, a part of the
   gradient) is computed there, and the copy is gone.
2. Arrays of few columns lie in memory column by column (Fortran's order): NumPy's inner loops then
   run over the batch, and there are few of them.
3. A buffer serves a storage from the first call that mentions it to the last, and then others of
   the same kind. What is computed element by element may lie where an operand lay that dies there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .language import Shape

__all__ = ["Call", "Storage", "View", "allocate", "order", "placed", "turned"]

FEW = 64


@dataclass(eq=False)
class Storage:
    """A piece of memory.

    Attributes:
        batched, shape, dtype: of the array in it.
        made: "buffer": once, and used again; "local": by its call, each time; "fixed": it is there,
            always the same; "once": by its name, where {order} is that of what is written to;
            "given": it comes with each call; "number": its name is a number.
        name: what it is called; of buffers and locals, this is decided here.
        bases: of a local, what it may be a view of.
        rows: whether it should lie row by row.
        dense: whether it must lie without gaps, because somebody reads it in another shape.
        place: where it is computed instead.
    """

    batched: bool
    shape: Shape
    dtype: str = "number"
    made: str = "buffer"
    name: str = ""
    bases: tuple[Storage, ...] = ()
    rows: bool = False
    dense: bool = False
    place: View | None = None


class View(NamedTuple):
    """How an array is read from its storage.

    Attributes:
        of: the storage.
        batched, shape, dtype: of what is read.
        path: an expression, in which {} is the storage.
        dense: whether it lies without gaps, in the order of its storage.
        fixed: whether it is the storage's own memory, and surely no copy.
    """

    of: Storage
    batched: bool
    shape: Shape
    dtype: str = "number"
    path: str = "{}"
    dense: bool = True
    fixed: bool = True

    @property
    def made_once(self) -> bool:
        """Whether what is read is the same memory in every call."""
        return self.fixed and self.of.made in ("buffer", "fixed")

    @property
    def is_number(self) -> bool:
        return not self.batched and not self.shape


@dataclass
class Call:
    """One line of the program that runs.

    Attributes:
        form: its text, in which {0}, {1}, ... are what it reads, and {out} what it writes to.
        reads: what it reads.
        out: what it writes to.
        way: "elementwise", or "dot", which writes to memory without gaps only.
        copies: of a call that only copies, what is copied, and where to.
    """

    form: str
    reads: tuple[View, ...] = ()
    out: View | None = None
    way: str = ""
    copies: list[tuple[View, View]] = field(default_factory=list)

    def mentions(self) -> Iterator[Storage]:
        """The storages that it reads or writes to."""
        waiting = [view.of for view in (*self.reads, self.out) if view is not None]
        while waiting:
            storage = waiting.pop()
            if storage.place is not None:
                waiting.append(storage.place.of)
            else:
                yield storage
                waiting += storage.bases


def order(storage: Storage) -> str:
    """ "F" where it lies column by column, else "C"."""
    few = storage.batched and len(storage.shape) == 1 and storage.shape[0] <= FEW
    return "F" if storage.made == "buffer" and few and not storage.rows else "C"


def placed(view: View) -> View:
    """A view of what is really there."""
    while (place := view.of.place) is not None:
        view = view._replace(
            of=place.of,
            path=view.path.replace("{}", place.path),
            dense=view.dense and place.dense,
            fixed=view.fixed and place.fixed,
        )
    return view


def turned(view: View) -> View:
    """Rows and columns exchanged."""
    twice = view.path.endswith(".T")
    path = view.path[:-2] if twice else f"{view.path}.T"
    return view._replace(path=path, shape=view.shape[::-1], dense=False)


def allocate(calls: list[Call], prefix: str) -> list[Call]:
    """Decide where everything lies: the calls that are left; all storages have names then.

    Args:
        calls: in their order.
        prefix: of the names.
    """
    calls = _without_copies(calls)
    last = _last(calls)
    free: dict[Any, list[str]] = {}
    count = 0
    for place, call in enumerate(calls):
        old = None
        result = call.out and placed(call.out).of
        if result and not result.name:
            old = _dying(call, result, last, place)
            names = [old.name] if old else free.get(_kind(result))
            if names:
                result.name = names.pop()
            else:
                result.name = f"{prefix}{'b' if result.made == 'buffer' else 'x'}{count}"
                count += 1
        for storage in dict.fromkeys(call.mentions()):
            if last[storage] == place and storage is not old:
                free.setdefault(_kind(storage), []).append(storage.name)
    return calls


def _last(calls: list[Call]) -> dict[Storage, int]:
    """The last call that mentions each storage."""
    return {each: place for place, call in enumerate(calls) for each in call.mentions()}


def _kind(storage: Storage) -> Any:
    """What two storages have in common that may follow each other in one buffer."""
    if storage.made != "buffer":
        return storage.made
    return storage.batched, storage.shape, storage.dtype, order(storage)


def _dying(call: Call, result: Storage, last: dict[Storage, int], place: int) -> Storage | None:
    """An operand that is read here for the last time, in whose buffer the result may lie."""
    if call.way != "elementwise" or call.out is None or placed(call.out).path != "{}":
        return None
    reads = [placed(view) for view in call.reads]
    gaps = {view.of for view in reads if view.path != "{}"}
    for storage in (view.of for view in reads):
        if last[storage] == place and _kind(storage) == _kind(result) and storage not in gaps:
            return storage
    return None


# ------------------------------------------------------------------ copies


def _without_copies(calls: list[Call]) -> list[Call]:
    """The calls without copies of what can be computed where it belongs."""
    last = _last(calls)
    found = []
    for place, call in enumerate(calls):
        joins = len(call.copies) > 1  # nobody writes to columns of a joined array again
        rest = []
        for source, target in call.copies:
            target = placed(target)
            if (joins or last[source.of] == place) and _fits(source, target):
                source.of.place = target
                target.of.dense |= source.of.dense
                last[target.of] = max(last[target.of], last[source.of])
            else:
                rest.append((source, target))
        if len(rest) == len(call.copies):
            found.append(call)
        else:
            found += [Call("np.copyto({out}, {0})", (each,), target) for each, target in rest]
    return found


def _fits(source: View, target: View) -> bool:
    """Whether something may lie where it is to be copied to."""
    storage = source.of
    same = source[1:4] == target[1:4] and source.path == "{}"
    if not same or storage.made != "buffer" or storage.place is not None:
        return False
    if not storage.dense:
        return True
    if order(target.of) == "F":  # in which columns lie without gaps, too
        return not storage.rows
    return target.dense
