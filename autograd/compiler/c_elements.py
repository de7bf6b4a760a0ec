"""Elements: the C text of one element of an array operation, from those of its operands.

Access (a slice, a transpose, a window of a convolution) is no operation here: it is composed into
the index of what is read. An index that is no sum of multiples of the loops' counters becomes a
table. What a sum needs before the line that uses it, a loop, is written where that line will stand.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import reduce
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..engine import primitives
from .c_spelling import COUNTERS
from .language import (
    COMPARISONS,
    Array,
    BatchSize,
    Broadcast,
    Constant,
    Contract,
    Gate,
    Number,
    Parameters,
    Pick,
    Reduce,
    Reshape,
    ScatterRows,
    Take,
    Transpose,
    is_finite,
)
from .texts import ATOM, COMPARISON, NEGATION, PRODUCT, SUM

if TYPE_CHECKING:
    from .c import CFile

__all__ = [
    "ACCESS",
    "COMPUTE",
    "INFIX",
    "Element",
    "Elements",
    "Statement",
    "access_of",
    "coordinates",
    "lengths_of",
    "new_name",
    "places_of",
    "spread",
    "spread_places",
    "sums_batch",
]

ROW = 8  # columns from which on the gradient of a matrix is added up sample by sample
ACCESS = (Reshape, Transpose, Broadcast, Take)
INFIX = {
    primitives.add: ("+", SUM),
    primitives.sub: ("-", SUM),
    primitives.mul: ("*", PRODUCT),
    primitives.div: ("/", PRODUCT),
}
_SIGNS = {op: sign for sign, op in COMPARISONS.items()}

Statement = Any  # a line, or the head of a loop with its statements


class Element(NamedTuple):
    """The text of one element; ``lanes`` if each sample has its own, ``truth`` if yes or no."""

    text: str
    binds: int
    lanes: bool
    truth: bool = False

    def inside(self, least: int) -> str:
        return self.text if self.binds >= least else f"({self.text})"


class Elements:
    """What a function knows while its lines are written.

    Attributes:
        names: of what is kept in an array.
        axes: the counters of the loops that are open, and their lengths.
        body: the statements that lines are added to.
        taken: names that mean something; of these ``local`` are free behind the innermost loop.
    """

    def __init__(self, file: CFile) -> None:
        self.file, self.c = file, file.c
        self.taken = set(file.taken)
        self.local: list[str] = []
        self.names: dict[Array, str] = {}
        self.axes: list[tuple[str, int]] = []
        self.body: list[Statement] = []

    # ------------------------------------------------------------------ loops and names

    @contextmanager
    def loop(self, shape: tuple[int, ...]) -> Iterator[None]:
        """Loops over an array of this shape; an axis of length 1 needs none."""
        opened = [n for n in shape if n != 1]
        outer: list[Statement] = self.body
        heads = []
        for n in opened:
            counter = COUNTERS[len(self.axes)]
            heads.append(f"for (int {counter} = 0; {counter} < {n}; {counter}++)")
            self.axes.append((counter, n))
        inner: list[Statement] = []
        self.body = inner if opened else outer
        known = len(self.local)
        yield
        if opened:
            self.taken.difference_update(self.local[known:])
            del self.local[known:]
        for head in reversed(heads):
            inner = [(head, inner)]
        if opened:
            outer += inner
            del self.axes[-len(opened) :]
        self.body = outer

    def everything(self, shape: tuple[int, ...]) -> Any:
        """The flat place of each element, along the loops that are open over this shape."""
        lengths = [n for _, n in self.axes]
        own = [n for n in shape if n != 1]
        places = np.arange(math.prod(shape)).reshape([1] * (len(lengths) - len(own)) + own)
        return np.broadcast_to(places, lengths)

    def kind(self, lanes: bool, truth: bool) -> str:
        return ("truth" if truth else "lanes") if lanes else ("int" if truth else self.c.real)

    def variable(self, hint: str, element: Element) -> str:
        name = self.local_name(hint)
        kind = self.kind(element.lanes, element.truth)
        self.body.append(f"const {kind} {name} = {element.text};")
        return name

    def local_name(self, hint: str) -> str:
        """A name that is free again behind the loops that are open."""
        self.local.append(new_name(hint, self.taken))
        return self.local[-1]

    def is_by_rows(self, node: Array) -> bool:
        if not isinstance(node, Contract) or node.rank < 2:
            return False
        last = node.axes[-1]
        both = all(operand.batched for operand in node.operands)
        return both and last in node.right and last not in node.left and node.shape[-1] >= ROW

    # ------------------------------------------------------------------ one element

    def number(self, element: Element) -> str:
        return self.converted(element, False).text

    def converted(self, element: Element, lanes: bool) -> Element:
        """A number, for each sample if asked for; what is yes or no becomes 1 or 0."""
        if element.truth:
            if element.lanes:
                text = self.c.call("choose", [element.text, *map(self.all, ("1", "0"))], False)
            else:
                text = element.inside(ATOM)
            element = Element(text, ATOM, element.lanes)
        return Element(self.all(element.text), ATOM, True) if lanes > element.lanes else element

    def all(self, text: str) -> str:
        return self.c.call("all", [text], False)

    def index(self, places: Any) -> str:
        """A flat place, or a coordinate, in terms of the loops' counters; else from a table."""
        lengths = [n for _, n in self.axes]
        places = np.broadcast_to(places, lengths)
        first = int(places.flat[0]) if places.size else 0
        expected, terms = np.full([1] * len(lengths), first), []
        for axis, (counter, n) in enumerate(self.axes):
            step = int(np.take(places, 1, axis).flat[0]) - first if places.size else 0
            if step:
                shape = [n if k == axis else 1 for k in range(len(lengths))]
                expected = expected + step * np.arange(n).reshape(shape)
                terms.append(counter if step == 1 else f"{step} * {counter}")
        if (expected == places).all():
            terms += [str(first)] if first or not terms else []
            return " + ".join(terms).replace("+ -", "- ")
        narrow = places
        counters: list[str] = []
        for axis, (counter, _) in reversed([*enumerate(self.axes)]):
            start = np.take(narrow, [0], axis)
            if (narrow == start).all():
                narrow = start[(slice(None),) * axis + (0,)]
            else:
                counters.insert(0, counter)
        name = self.file.table(np.ascontiguousarray(narrow, dtype=np.int32), "I")
        self.taken.add(name)
        return name + "".join(f"[{counter}]" for counter in counters)

    def read(self, node: Array, places: Any) -> Element:
        """An element of what is kept."""
        name = self.names[node]
        inner = "".join(f"[{self.index(each)}]" for each in coordinates(places, node.shape))
        return Element(name + inner, ATOM, node.batched, node.dtype == "truth")

    def element(self, node: Array, places: Any) -> Element:
        """The element of a node at these flat places, along the open loops."""
        places = np.broadcast_to(places, [n for _, n in self.axes])
        if node in self.names:
            found = self.read(node, places)
            if not sums_batch(node) or isinstance(node, ScatterRows) or self.is_by_rows(node):
                return found
            return Element(self.c.call("total", [found.text], False), ATOM, False)
        if isinstance(node, Parameters):
            return Element(f"theta[{self.index(places)}]", ATOM, False)
        return self.compute(node, places)

    def compute(self, node: Array, places: Any) -> Element:
        """The same, from the node's operands."""
        return COMPUTE[type(node)](self, node, places)

    def number_(self, node: Number, places: Any) -> Element:
        text = self.c.number(node.value)
        return Element(text, NEGATION if text.startswith("-") else ATOM, False)

    def constant(self, node: Constant, places: Any) -> Element:
        data = node.numbers
        truth = data.dtype == bool
        if data.ndim == 1 and len(data) > 1 and np.array_equal(data, np.arange(len(data))):
            return Element(f"({self.c.real})({self.index(places)})", NEGATION, False)
        if not truth and (data == data.flat[0]).all() and data.flat[0]:
            return Element(self.c.number(data.flat[0]), NEGATION, False)
        hint = node.builder.hints.get(node) or "C"
        name = self.file.table(data if truth else data.astype(float), hint)
        self.taken.add(name)
        inner = "".join(f"[{self.index(each)}]" for each in coordinates(places, data.shape))
        return Element(name + inner, ATOM, False, truth)

    def batch_size(self, node: Array, places: Any) -> Element:
        return Element(f"({self.c.real})B", NEGATION, False)

    def access(self, node: Array, places: Any) -> Element:
        return self.element(node.operands[0], access_of(node)[places])

    def gate(self, node: Gate, places: Any) -> Element:
        op = node.op
        parts = [
            self.element(each, places_of(each.shape, node.shape).ravel()[places])
            for each in node.operands
        ]
        lanes = any(part.lanes for part in parts)
        if op is primitives.choice:
            return self.choice(parts[0], *(self.converted(part, lanes) for part in parts[1:]))
        if op is primitives.mul and any(part.truth for part in parts):  # 0 × inf is nothing
            which, other = parts if parts[0].truth else parts[::-1]
            other = self.converted(other, lanes)
            return self.choice(which, other, self.converted(Element("0", ATOM, False), lanes))
        parts = [self.converted(part, False) for part in parts]
        if op in _SIGNS:
            left, right = (part.inside(SUM) for part in parts)
            return Element(f"{left} {_SIGNS[op]} {right}", COMPARISON, lanes, True)
        if op in INFIX:
            sign, binds = INFIX[op]
            left, right = parts[0].inside(binds), parts[1].inside(binds + 1)
            return Element(f"{left} {sign} {right}", binds, lanes)
        if op is primitives.neg:
            return Element(f"-{parts[0].inside(ATOM)}", NEGATION, lanes)
        if op is primitives.sum:
            return Element(" + ".join(part.inside(SUM) for part in parts), SUM, lanes)
        if op is is_finite:
            x = parts[0].inside(ATOM)
            return Element(f"{x} - {x} == 0", COMPARISON, lanes, True)
        name = self.c.function(op, len(parts))
        power = node.operands[-1]
        if op is primitives.pow and isinstance(power, Number) and power.value == 2:
            name, parts = "square", parts[:1]
        texts = [self.converted(part, lanes).text for part in parts]
        if len(texts) < 3:
            return Element(self.c.call(name, texts, lanes), ATOM, lanes)
        return Element(reduce(lambda a, b: self.c.call(name, [a, b], lanes), texts), ATOM, lanes)

    def choice(self, which: Element, yes: Element, no: Element) -> Element:
        if not which.truth:
            which = Element(f"{which.inside(SUM)} != 0", COMPARISON, which.lanes, True)
        if which.lanes:
            return Element(
                self.c.call("choose", [which.text, yes.text, no.text], False), ATOM, True
            )
        text = f"({which.text} ? {yes.text} : {no.text})"
        return Element(text, ATOM, yes.lanes)

    # ------------------------------------------------------------------ sums

    def summed(
        self, first: str, lanes: bool, lengths: tuple[int, ...], step: Callable[[str], str]
    ) -> Element:
        """A number that a loop before this line makes; ``step`` is the loop's line."""
        name = self.local_name("sum")
        kind = self.kind(lanes, False)
        self.body.append(f"{kind} {name} = {self.all(first) if lanes else first};")
        with self.loop(lengths):
            self.body.append(step(name))
        return Element(name, ATOM, lanes)

    def contract(self, node: Contract, places: Any) -> Element:
        left, right = node.operands
        lengths = lengths_of(node)
        axes = [axis for axis in node.axes if axis != "B"]
        summed = [axis for axis in node.summed if axis != "B"]
        order, inner = [*axes, *summed], tuple(lengths[axis] for axis in summed)
        of_left, of_right = (
            spread(each, letters, order, lengths).reshape(node.size, -1)
            for each, letters in ((left, node.left), (right, node.right))
        )

        def step(name: str) -> str:
            at = self.inner(places, inner)
            a, b = (
                self.element(x, of.ravel()[at]) for x, of in ((left, of_left), (right, of_right))
            )
            a, b = self.converted(a, False), self.converted(b, False)
            if a.text == "1.0" or b.text == "1.0":
                return f"{name} += {a.text if b.text == '1.0' else b.text};"
            return f"{name} += {a.inside(PRODUCT)} * {b.inside(PRODUCT + 1)};"

        lanes = left.batched or right.batched
        return self.summed("0", lanes, inner, step)

    def inner(self, places: Any, lengths: tuple[int, ...]) -> Any:
        """Places times the size of the inner loops that are open now, and the place in these."""
        opened = [n for n in lengths if n != 1]
        outer = np.asarray(places).reshape((*np.shape(places), *[1] * len(opened)))
        return outer * math.prod(lengths) + self.everything(lengths)

    def reduce(self, node: Reduce, places: Any) -> Element:
        (source,) = node.operands
        rest = [axis for axis in range(source.rank) if axis not in node.axes]
        lengths = tuple(source.shape[axis] for axis in node.axes)
        of = np.arange(source.size).reshape(source.shape).transpose(*rest, *node.axes).ravel()
        first = {"sum": "0", "max": "-INFINITY", "min": "INFINITY"}[node.kind]
        if not lengths:
            return self.element(source, places)

        def step(name: str) -> str:
            found = self.converted(self.element(source, of[self.inner(places, lengths)]), False)
            if node.kind == "sum":
                return f"{name} += {found.text};"
            function = "larger" if node.kind == "max" else "smaller"
            text = self.c.call(function, [name, self.converted(found, lanes).text], lanes)
            return f"{name} = {text};"

        lanes = source.batched
        return self.summed(first, lanes, lengths, step)

    def pick(self, node: Pick, places: Any) -> Element:
        x, hit = node.operands
        k = max(x.shape[-1], hit.shape[-1])
        full = (*node.shape, k)

        def step(name: str) -> str:
            at = self.inner(places, (k,))
            value, which = (
                self.element(each, places_of(each.shape, full).ravel()[at]) for each in (x, hit)
            )
            found = Element(name, ATOM, node.batched)
            return (
                f"{name} = {self.choice(which, self.converted(value, node.batched), found).text};"
            )

        return self.summed("NAN", node.batched, (k,), step)


# ------------------------------------------------------------------ places


def coordinates(places: Any, shape: tuple[int, ...]) -> tuple[Any, ...]:
    return np.unravel_index(places, shape) if shape else ()


def places_of(small: tuple[int, ...], shape: tuple[int, ...]) -> Any:
    """For each place of a shape, that of the smaller array that is broadcast to it."""
    return np.broadcast_to(np.arange(math.prod(small)).reshape(small), shape)


def access_of(node: Array) -> Any:
    """For each place of what is accessed, that in its source."""
    (source,) = node.operands
    if isinstance(node, Take):
        return node.index.ravel()
    if isinstance(node, Transpose):
        return np.arange(node.size).reshape(source.shape).T.ravel()
    if isinstance(node, Broadcast) and source.size != node.size:
        return places_of(source.shape, node.shape).ravel()
    return np.arange(node.size)


def lengths_of(node: Contract) -> dict[str, int]:
    lengths: dict[str, int] = {}
    for operand, letters in zip(node.operands, (node.left, node.right), strict=True):
        lengths.update(zip(letters.replace("B", ""), operand.shape, strict=True))
    return lengths


def spread(node: Array, letters: str, order: list[str], lengths: dict[str, int]) -> Any:
    return spread_places(np.arange(node.size).reshape(node.shape), letters, order, lengths)


def spread_places(places: Any, letters: str, order: list[str], lengths: dict[str, int]) -> Any:
    """The places of an operand's elements along all axes of a product, in this order."""
    own = letters.replace("B", "")
    turned = places.transpose(sorted(range(len(own)), key=lambda k: order.index(own[k])))
    shape = [lengths[axis] if axis in own else 1 for axis in order]
    return np.broadcast_to(turned.reshape(shape), [lengths[axis] for axis in order])


def sums_batch(node: Array) -> bool:
    """Whether it is a sum over the samples."""
    if isinstance(node, Reduce):
        return node.batch and node.operands[0].batched
    if isinstance(node, Contract):
        return "B" in node.summed
    return isinstance(node, ScatterRows) and node.operands[0].batched


def new_name(hint: str, taken: set[str]) -> str:
    """A name that is not taken yet, like this one."""
    hint = "".join(x if x.isascii() and (x.isalnum() or x == "_") else "_" for x in hint)
    name, count = hint, 1
    while name in taken:
        count += 1
        name = f"{hint}_{count}"
    taken.add(name)
    return name


COMPUTE: dict[type, Callable[..., Element]] = {
    Number: Elements.number_,
    Constant: Elements.constant,
    BatchSize: Elements.batch_size,
    Gate: Elements.gate,
    Contract: Elements.contract,
    Reduce: Elements.reduce,
    Pick: Elements.pick,
    Reshape: Elements.access,
    Transpose: Elements.access,
    Broadcast: Elements.access,
    Take: Elements.access,
}
