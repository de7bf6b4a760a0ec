"""Workspace: the same schedule, printed to compute into arrays that are made once and used again.

``bind(theta, g, B)`` makes the arrays for one batch size, and the views of them, of theta and of
g; the function that it gives computes every line into them. A buffer is free for later lines once
nothing reads it any more. A chain of operations of one shape works in place, in the buffer of the
line's result: nothing else can be reading that yet.

Nobody reads this variant, so it may do what a lecturer would not write: ``dot`` costs less than
``matmul`` where a matrix is small, and a sum along an axis costs less as a product with a vector
of ones. Arrays of few columns lie in memory column by column (Fortran's order): NumPy's inner
loops then run over the batch, and there are few of them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..engine import primitives
from .access import read, slice_of
from .language import (
    COMPARISONS,
    Array,
    BatchSize,
    Broadcast,
    Concatenate,
    Constant,
    Contract,
    Gate,
    Input,
    Lookup,
    Number,
    Parameters,
    Pick,
    Reduce,
    Reshape,
    Scatter,
    ScatterRows,
    Shape,
    Stack,
    Take,
    Transpose,
)
from .products import product
from .schedule import Line, Schedule
from .sources import Source
from .texts import numpy, tuple_text

__all__ = ["GIVEN", "workspace"]

GIVEN = 1 << 15  # parameters, from which on each call brings its own gradient
FEW = 64
SMALL = 1 << 16  # numbers, up to which an array of zeros costs less than a comparison with 0
_COMPARED = {
    COMPARISONS["=="]: "np.equal",
    COMPARISONS["!="]: "np.not_equal",
    COMPARISONS["<"]: "np.less",
    COMPARISONS["<="]: "np.less_equal",
    COMPARISONS[">"]: "np.greater",
    COMPARISONS[">="]: "np.greater_equal",
}
_INFIX = {primitives.add: "+", primitives.sub: "-"} | {op: op.symbol for op in _COMPARED}
_REDUCE = {"sum": "add", "max": "maximum", "min": "minimum"}


class Held(NamedTuple):
    """Where an array is to be found.

    Attributes:
        text: a name, or an expression.
        fixed: whether it is the same piece of memory in every call.
        order: "C" or "F" if it lies there without gaps, row by row or column by column.
        buffer: the buffer that it is (part of).
    """

    text: str
    fixed: bool = False
    order: str = ""
    buffer: str = ""


def workspace(schedule: Schedule, dtype: str, count: int) -> Source:
    """The source of ``bind(theta, g, B)``.

    It gives a function of the inputs, which writes into g and gives the loss, and the number of
    bytes that it holds. Of GIVEN parameters or more, g is an argument of that function: a copy
    of so many numbers costs more than its views.

    Args:
        schedule: of ``value_and_grad``.
        dtype: of its arrays.
        count: how many parameters there are.
    """
    return _Printer(schedule, dtype, count).run()


class _Printer:
    def __init__(self, schedule: Schedule, dtype: str, count: int) -> None:
        self.schedule = schedule
        self.dtype = dtype
        self.constants = dict(schedule.constants)
        self.prefix = "_"  # of names of its own
        while any(name.startswith(self.prefix) for name in (*schedule.inputs, *self.constants)):
            self.prefix += "_"
        self.given = count >= GIVEN
        self.made: list[str] = []  # lines of bind
        self.body: list[str] = []
        self.at: dict[Array, Held] = {}
        self.known: dict[str, str] = {}  # what is made in bind, by its text
        self.free: dict[str, list[str]] = {}  # buffers, by how they are made
        self.kind: dict[str, str] = {}  # how a buffer is made
        self.used: list[str] = []  # by this line
        self.place = 0  # of the line that is being printed
        self.until: dict[str, int] = {}  # the last line that reads a buffer
        self.ending: dict[int, list[str]] = {}  # the same, by line
        self.last: dict[Array, int] = {}  # the last line that reads an array
        self.rows: set[Array] = set()  # what must lie row by row, because it is reshaped
        self.wholes: dict[Array, Held] = {}  # which are being filled
        self.joins: dict[Array, tuple[Concatenate, int, int]] = {}  # of what it becomes columns
        for place, line in enumerate(schedule.lines):
            for _, array in schedule.reads(line):
                self.last[array] = place
            if line.value is not None:
                self.find_rows(line.value, place)
        self.by_name = {name: node for node, name in schedule.names.items()}
        for node, name in schedule.names.items():
            if isinstance(node, Input):
                self.at[node] = Held(name)
            elif isinstance(node, Constant) and name in self.constants:
                self.at[node] = Held(name, True, "C")
        for of, name, index in schedule.views:
            if of == "theta":
                self.at[self.by_name[name]] = self.part_of("theta", index)

    def run(self) -> Source:
        for place, line in enumerate(self.schedule.lines):
            self.place = place
            self.line(line)
            ending = [buffer for buffer in self.used if buffer not in self.until]
            self.used = []
            for buffer in dict.fromkeys(ending + self.ending.pop(place, [])):
                if (
                    self.until.get(buffer, place) == place
                ):  # else what else lies there is read later
                    self.until.pop(buffer, None)
                    self.free.setdefault(self.kind[buffer], []).append(buffer)
        arguments = [*self.schedule.inputs, *(["g"] if self.given else [])]
        head = f"    def value_and_grad({', '.join(arguments)}):"
        held = f"sum(each.nbytes for each in [{', '.join(self.kind)}])"
        lines = ["def bind(theta, g, B):", *(f"    {line}" for line in self.made), head]
        lines += [f"        {line}" for line in self.body]
        lines += ["        return loss", f"    return value_and_grad, {held}"]
        return Source("\n".join(lines) + "\n", self.constants, [], {})

    def find_rows(self, value: Array, place: int) -> None:
        """What is read in other shapes than its own, and what becomes columns of another."""
        waiting = [value]
        joining: set[Array] = set()
        while waiting:
            node = waiting.pop()
            if isinstance(node, Concatenate) and node.batched:
                start = 0
                for operand in node.operands:
                    inner = operand.operands[0] if isinstance(operand, Reshape) else operand
                    if _writes_anywhere(inner):
                        self.joins[inner] = node, start, place
                        joining.add(operand)
                    start += operand.shape[-1]
            for operand in node.operands:
                ends = (*operand.shape, 1) == node.shape or (*node.shape, 1) == operand.shape
                taken = isinstance(node, Take) and not _is_slice(operand, node)
                if taken or (isinstance(node, Reshape) and not ends and node not in joining):
                    self.rows.add(operand)
                if operand not in self.schedule.names:
                    waiting.append(operand)
            if isinstance(node, (Take, Lookup)):
                self.rows.add(node)
            flat = isinstance(node, Contract) and (node.by_matrix or node.over_rows)
            if flat and any(o.batched and o.rank > 1 for o in node.operands):
                self.rows.update((node, *node.operands))

    # ------------------------------------------------------------------ what is made once

    def fixed(self, text: str, order: str = "", buffer: str = "") -> Held:
        """Something that is made once, in bind."""
        if text not in self.known:
            name = self.known[text] = f"{self.prefix}v{len(self.known)}"
            self.made.append(f"{name} = {text}")
        return Held(self.known[text], True, order, buffer)

    def view(self, of: Held, text: str, order: str = "") -> Held:
        """A view: made once where what it is a view of is always the same memory."""
        if of.fixed:
            return self.fixed(text, order, of.buffer)
        return Held(text, False, order, of.buffer)

    def part_of(self, array: str, index: Any) -> Held:
        """Elements of theta or g, which are evenly spaced."""
        if index is None:
            return Held(array, True, "C")
        shape = "" if index.ndim == 1 else f".reshape{tuple_text(index.shape)}"
        text, order = f"{array}[{slice_of(index)}]{shape}", "C" if _dense(index) else ""
        if array == "theta" or not self.given:
            return self.fixed(text, order)
        if text not in self.known:
            self.known[text] = f"{self.prefix}v{len(self.known)}"
            self.body.append(f"{self.known[text]} = {text}")
        return Held(self.known[text], False, order)

    def lengths(self, node: Array, *lengths: int) -> str:
        return tuple_text([*(["B"] if node.batched else []), *lengths])

    def new(self, batched: bool, shape: Shape, dtype: str, rows: bool) -> Held:
        """A buffer for this line."""
        few = batched and len(shape) == 1 and shape[0] <= FEW and not rows
        order = "F" if few else "C"
        lengths = tuple_text([*(["B"] if batched else []), *shape])
        kind = "bool" if dtype == "truth" else self.dtype
        text = f'np.empty({lengths}, "{kind}", "{order}")'
        if self.free.get(text):
            name = self.free[text].pop()
        else:
            name = f"{self.prefix}b{len(self.kind)}"
            self.kind[name] = text
            self.made.append(f"{name} = {text}")
        self.used.append(name)
        return Held(name, True, order, name)

    def out(self, node: Array, out: Held | None) -> Held:
        """What a node may be computed into: this, if it will do, or a new buffer."""
        if out is None or (node in self.rows and out.order != "C"):
            return self.new(node.batched, node.shape, node.dtype, node in self.rows)
        return out

    def number(self, text: str) -> Held:
        """A number as an array without axes: NumPy need not make one of it in every call."""
        return self.fixed(f'np.array({text}, "{self.dtype}")')

    def ones(self, length: str) -> str:
        return self.fixed(f"np.ones({length})").text

    def constant(self, data: Any) -> str:
        """The name of an array that is known now."""
        for name, known in self.constants.items():
            same = isinstance(known, np.ndarray) and known.dtype == data.dtype
            if same and np.array_equal(known, data):
                return name
        name = f"{self.prefix}c{len(self.constants)}"
        self.constants[name] = data
        return name

    # ------------------------------------------------------------------ lines

    def line(self, line: Line) -> None:
        if line.name == "g":
            self.gradient(line)
        elif line.part is not None:
            self.add_part(line)
        elif line.value is None:
            node = self.by_name[line.name]
            made = self.at[node] = self.new(node.batched, node.shape, "number", True)
            self.keep(node, made)
            self.body.append(f"{made.text}.fill(0)")
        else:
            made = self.compute(line.value, self.columns_of(line.value))
            if line.name == "loss" and made.fixed:
                made = Held(f"float({made.text})")
            if not made.fixed:
                self.body.append(f"{line.name} = {made.text}")
                made = made._replace(text=line.name)
            self.at[line.value] = made
            self.keep(line.value, made)

    def columns_of(self, node: Array) -> Held | None:
        """The columns of another array that an operation becomes, if it does."""
        joined, start, place = self.joins.get(node, (None, 0, 0))
        if joined is None or joined in self.at or node in self.rows:
            return None
        whole = self.wholes.get(joined)
        if whole is None:
            rows = joined.rank > 1 or joined in self.rows
            whole = self.wholes[joined] = self.new(joined.batched, joined.shape, "number", rows)
            self.used.remove(whole.buffer)
            self.until[whole.buffer] = place
            self.ending.setdefault(place, []).append(whole.buffer)
        width = node.size // (joined.size // joined.shape[-1])
        columns = self.columns(whole, joined, start, start + width)
        if node.shape == (*joined.shape[:-1], width):
            return columns
        return self.view(whole, f"{columns.text}.reshape{self.lengths(node, *node.shape)}")

    def keep(self, node: Array, made: Held) -> None:
        """Keep the buffer of an array for its readers."""
        if made.buffer:
            until = max(self.last.get(node, self.place), self.until.get(made.buffer, 0))
            self.until[made.buffer] = until
            self.ending.setdefault(until, []).append(made.buffer)

    def add_part(self, line: Line) -> None:
        """Add to some elements of a scattered gradient."""
        assert line.value is not None
        node = self.by_name[line.name]
        whole, value, index = self.at[node], self.compute(line.value, None), line.part
        lead = ":, " if node.batched else ""
        part = slice_of(index)
        if part is None:
            added = self.scattered(node, value, index)
            self.body.append(f"np.add({whole.text}, {added.text}, out={whole.text})")
            return
        if index.ndim > 1:
            value = self.reshaped(value, line.value, self.lengths(node, index.size))
        if index.ndim == 0:
            part = str(int(index)) if node.batched else f"{int(index)}, ..."
        view = self.view(whole, f"{whole.text}[{lead}{part}]").text
        self.body.append(f"np.add({view}, {value.text}, out={view})")

    def scattered(self, node: Array, value: Held, index: Any) -> Held:
        """Each element gathers what was taken from it, where that is a few numbers."""
        places, mask = _gathering(index, node.size)
        if places is None or not node.batched:
            return Held(f"scatter({value.text}, {self.constant(index)}, {node.size})")
        flat = value.text
        if index.ndim > 1:
            flat = self.reshaped(value, node, self.lengths(node, index.size)).text
        lead = self.new(True, places.shape, "number", True)
        self.body.append(f'np.take({flat}, {self.constant(places)}, 1, {lead.text}, "clip")')
        if not mask.all():
            number = self.constant(mask.astype(self.dtype))
            self.body.append(f"np.multiply({lead.text}, {number}, out={lead.text})")
        if len(places) == 1:
            return self.view(lead, f"{lead.text}[:, 0]")
        total = self.new(True, (node.size,), "number", True)
        self.body.append(f"np.add.reduce({lead.text}, 1, out={total.text})")
        return total

    def gradient(self, line: Line) -> None:
        """Write to a part of g."""
        value, index = line.value, line.part
        if value is None:
            view = self.part_of("g", index)
            self.body.append(f"{view.text}.fill(0)")
            return
        shape = None if index is None else index.shape
        adds = line.sign == "+="
        if index is not None and slice_of(index) is None:
            text, name = self.compute(value, None).text, self.constant(index)
            if int(np.bincount(index.ravel()).max()) > 1:
                spread = f"np.broadcast_to({text}, {tuple_text(index.shape)})"
                self.body.append(f"np.add(g, scatter({spread}, {name}, g.size), out=g)")
            else:
                self.body.append(f"g[{name}] {line.sign} {text}")
            return
        if shape == ():
            self.body.append(f"g[{int(index)}] {line.sign} {self.compute(value, None).text}")
            return
        view = self.part_of("g", index)
        whole = value.shape == shape and view.order == "C" and not adds
        made = self.compute(value, view if whole else None)
        if adds:
            self.body.append(f"np.add({view.text}, {made.text}, out={view.text})")
        elif made.text != view.text:
            self.body.append(f"np.copyto({view.text}, {made.text})")

    # ------------------------------------------------------------------ operations

    def compute(self, node: Array, out: Held | None) -> Held:
        """Where a node is to be found; it is computed, if it is not there yet.

        Args:
            node: any operation.
            out: a buffer of its shape that it may be computed into.
        """
        if node in self.at:
            return self.at[node]
        if isinstance(node, Number):
            return self.number(self.scalar(node).text)
        if node.rank == 0 and not node.batched:
            return self.scalar(node)
        return _COMPUTE[type(node)](self, node, out)  # type: ignore[no-any-return]

    def aligned(self, node: Array, rank: int, out: Held | None = None) -> Held:
        """An operand of an elementwise operation of this rank."""
        return self.spread(self.compute(node, out), node, rank)

    def spread(self, held: Held, node: Array, rank: int) -> Held:
        """The same with axes of length 1 behind the batch."""
        if not node.batched or node.rank >= rank:
            return held
        index = ", ".join([":", *["None"] * (rank - node.rank)])
        return self.view(held, f"{held.text}[{index}]")

    def product(self, node: Array, out: Held | None) -> Held | None:
        parts = product(node, lambda operand: operand not in self.at)
        if parts is None:
            return None
        number = repr(parts.coefficient)
        if not np.isfinite(parts.coefficient):
            number = numpy.number(parts.coefficient)
        if parts.over_batch:
            number = self.fixed(f"{number} / B").text
        scalars = [each for each in parts.plain if not each.batched and each.rank == 0]
        arrays = [each for each in parts.plain if each.batched or each.rank]
        arrays.sort(key=lambda each: (each.batched, each.size))  # the smaller, the less to do
        numbers = [] if number == "1.0" and (arrays or scalars) else [number]
        numbers += [self.scalar(each).text for each in scalars]
        under = [each for each in parts.under if not each.batched and each.rank == 0]
        over = " * ".join(numbers) or "1.0"
        over = "".join([over, *(f" / {self.scalar(each).text}" for each in under)])
        below = [each for each in parts.under if each.batched or each.rank]
        if not (arrays or below):
            return Held(f"({over})") if len(numbers) + len(under) > 1 else Held(over)
        out = self.out(node, out)
        result: tuple[Held, bool, Shape] | None = None
        if number == over:
            result = self.number(over) if over != "-1.0" else Held(over), False, ()
        elif numbers or under:
            result = Held(f"({over})" if len(numbers) + len(under) > 1 else over), False, ()
        for operand in arrays:
            result = self.times("np.multiply", result, operand, node, out)
        for operand in below:
            result = self.times(
                "np.divide", result or (self.number("1.0"), False, ()), operand, node, out
            )
        assert result is not None
        return result[0]

    def times(
        self,
        function: str,
        so_far: tuple[Held, bool, Shape] | None,
        operand: Array,
        node: Array,
        out: Held,
    ) -> tuple[Held, bool, Shape]:
        """The product so far times an operand, with whether it is batched and its shape."""
        first = so_far is None or so_far[0].text != out.text
        same = operand.batched == node.batched and operand.shape == node.shape
        here = out if first and same and operand.dtype == "number" else None
        held = self.aligned(operand, node.rank, here)
        if operand.batched and operand.rank < node.rank:
            shape: Shape = (1,) * (node.rank - operand.rank) + operand.shape
        else:
            shape = operand.shape
        if so_far is None:
            return held, operand.batched, shape
        before, batched, other = so_far
        batched = batched or operand.batched
        rank = max(len(shape), len(other))
        filled = [(1,) * (rank - len(each)) + each for each in (shape, other)]
        shape = tuple(np.broadcast_shapes(*filled))
        target = out
        if batched != node.batched or shape != node.shape:
            target = self.new(batched, shape, "number", False)
        negative = before.text == "-1.0" and operand.dtype == "number"
        if negative and function == "np.multiply":
            self.body.append(f"np.negative({held.text}, out={target.text})")
        else:
            self.body.append(f"{function}({before.text}, {held.text}, out={target.text})")
        return target, batched, shape

    def gate(self, node: Gate, out: Held | None) -> Held:
        found = self.product(node, out)
        if found is not None:
            return found
        op = node.op
        if op is primitives.choice:
            return self.select(node, out)
        function = _COMPARED.get(op) or numpy.function(op, len(node.operands))
        if op is primitives.step:
            function = "np.heaviside"
        if not function:
            arguments = ", ".join(self.aligned(o, node.rank).text for o in node.operands)
            return Held(f"{self.named(node)}({arguments})")
        out = self.out(node, out)
        free = out if node.dtype == "number" else None  # for the one operand that may work in it
        texts = []
        for operand in node.operands:
            same = operand.batched == node.batched and operand.shape == node.shape
            fits = same and operand not in self.at and operand.dtype == "number"
            held = self.aligned(operand, node.rank, free if fits else None)
            if free is not None and held.text == free.text:
                free = None
            texts.append(held.text)
        if op is primitives.step:
            texts.append("0.0")
        if op is primitives.maximum and out.order and _is_zero(node.operands[-1]):
            lengths = self.lengths(node, *node.shape)  # of small arrays of one shape it is faster
            zeros = f'np.zeros({lengths}, "{self.dtype}", "{out.order}")'
            few = f"{'B * ' * node.batched}{node.size} < {SMALL}"
            texts[-1] = self.fixed(f"{zeros} if {few} else {texts[-1]}").text
        if op is primitives.pow and getattr(node.operands[1], "value", None) == 2:
            function, texts = "np.square", texts[:1]
        self.body.append(f"{function}({', '.join(texts)}, out={out.text})")
        return out

    def named(self, node: Gate) -> str:
        """The name of a gate that NumPy does not have."""
        for name, thing in self.constants.items():
            if thing is node.op:
                return name
        raise AssertionError(f"{node!r} has no name")

    def select(self, node: Gate, out: Held | None) -> Held:
        condition, yes, no = node.operands
        out = self.out(node, out)
        same = no.batched == node.batched and no.shape == node.shape and no not in self.at
        other = self.aligned(no, node.rank, out if same else None)
        if other.text != out.text:
            self.body.append(f"np.copyto({out.text}, {other.text})")
        chosen = self.aligned(yes, node.rank)
        if condition.dtype == "truth" or not (condition.batched or condition.rank):
            held = self.aligned(condition, node.rank).text
            held = held if condition.dtype == "truth" else f"({held} != 0)"
        else:
            plain = self.compute(condition, None)
            made = self.new(condition.batched, condition.shape, "truth", condition in self.rows)
            self.body.append(f"np.not_equal({plain.text}, 0, out={made.text})")
            held = self.spread(made, condition, node.rank).text
        self.body.append(f"np.copyto({out.text}, {chosen.text}, where={held})")
        return out

    def scalar(self, node: Array) -> Held:
        """One number, as an expression of Python."""
        if node in self.at:
            return self.at[node]
        if isinstance(node, Number):
            plain = np.isfinite(node.value)
            text = repr(node.value) if plain else numpy.number(node.value)
            return Held(f"({text})" if text.startswith("-") else text)
        if isinstance(node, BatchSize):
            return Held("B")
        if not isinstance(node, Gate):
            return _COMPUTE[type(node)](self, node, None)  # type: ignore[no-any-return]
        found = self.product(node, None)
        if found is not None:
            return found
        texts = [self.scalar(operand).text for operand in node.operands]
        if node.op in _INFIX:
            return Held(f"({texts[0]} {_INFIX[node.op]} {texts[1]})")
        if node.op is primitives.choice:
            return Held(f"({texts[1]} if {texts[0]} else {texts[2]})")
        if node.op is primitives.step:
            return Held(f"np.heaviside({texts[0]}, 0.0)")
        if node.op is primitives.pow:
            return Held(f"np.power({texts[0]}, {texts[1]})")
        return Held(
            f"{numpy.function(node.op, len(texts)) or self.named(node)}({', '.join(texts)})"
        )

    # ------------------------------------------------------------------ products and sums

    def flat(self, node: Array, held: Held, columns: int) -> Held:
        """An array as rows of so many columns; as one row without end if that is 0."""
        axes = node.rank + node.batched
        if axes == (2 if columns else 1):
            return held
        shape = f"(-1, {columns})" if columns else "(-1,)"
        return self.reshaped(held, node, shape)

    def reshaped(self, held: Held, node: Array, shape: str) -> Held:
        if held.order == "C":
            return self.view(held, f"{held.text}.reshape{shape}", "C")
        return Held(f"{held.text}.reshape{shape}", False, "", held.buffer)

    def turned(self, held: Held) -> Held:
        order = {"C": "F", "F": "C"}.get(held.order, "")
        return self.view(held, f"{held.text}.T", order)

    def contract(self, node: Contract, out: Held | None) -> Held:
        a, b = node.operands
        left, right = self.compute(a, None), self.compute(b, None)
        matrix = b.rank == 2
        if node.by_matrix:
            if matrix and node.right[1] == node.summed:
                if not a.batched and a.rank == 1:
                    return self.dot(node, right, left, out)
                right = self.turned(right)
            if a.batched and a.rank > 1:
                left = self.flat(a, left, a.shape[-1])
            return self.dot(node, left, right, out)
        if not node.over_rows:
            return self.matmul(node, left, right, out)
        left = self.flat(a, left, node.shape[0] if node.rank == 2 else 0)
        right = self.flat(b, right, b.shape[-1])
        return self.dot(node, self.turned(left) if node.rank == 2 else left, right, out)

    def matmul(self, node: Contract, left: Held, right: Held, out: Held | None) -> Held:
        """Stacks of matrix products, through views whose axes lie so."""
        out = self.out(node, out)
        wanted = node.as_matrices()
        if wanted is None:
            names = f"{node.left},{node.right}->{node.axes}".replace("B", "b")
            self.body.append(f'np.einsum("{names}", {left.text}, {right.text}, out={out.text})')
            return out
        pairs = zip((left, right, out), (node.left, node.right, node.axes), wanted, strict=True)
        a, b, c = (self.axes(held, have, want).text for held, have, want in pairs)
        self.body.append(f"np.matmul({a}, {b}, out={c})")
        return out

    def axes(self, held: Held, have: str, want: str) -> Held:
        """A view with the axes in another order, and with new ones where it says 1."""
        order = tuple(have.index(axis) for axis in want if axis != "1")
        text = held.text
        if order != tuple(range(len(have))):
            text += f".transpose{tuple_text(order)}"
        if "1" in want:
            text += f"[{', '.join('None' if axis == '1' else ':' for axis in want)}]"
        return held if text == held.text else self.view(held, text)

    def dot(self, node: Contract, left: Held, right: Held, out: Held | None) -> Held:
        """A matrix product; (A B)ᵀ = Bᵀ Aᵀ where the result lies column by column."""
        if node.rank == 0 and not node.batched:
            return Held(f"np.dot({left.text}, {right.text})")
        out = self.out(node, out if out is not None and out.order else None)
        target = out
        a, b = node.operands
        if node.batched and a.rank > 1:
            columns = f", {node.shape[-1]}" if b.rank == 2 else ","
            target = self.reshaped(out, node, f"(-1{columns})")
        if target.order == "F":
            left, right, target = self.turned(right), self.turned(left), self.turned(target)
        self.body.append(f"np.dot({left.text}, {right.text}, out={target.text})")
        return out

    def summed_product(self, node: Reduce) -> Held | None:
        """Σ a·b along the last axis, which needs no array of the products."""
        (source,) = node.operands
        along = node.kind == "sum" and not node.batch and node.axes == (source.rank - 1,)
        if not along or source in self.at or not source.is_gate(primitives.mul):
            return None
        if any(o.batched != source.batched or o.shape != source.shape for o in source.operands):
            return None
        if any(o.dtype == "truth" for o in source.operands):
            return None
        a, b = (self.compute(operand, None).text for operand in source.operands)
        made = self.new(node.batched, source.shape[:-1], "number", node.keep or node in self.rows)
        self.body.append(f'np.einsum("...k,...k->...", {a}, {b}, out={made.text})')
        return self.view(made, f"{made.text}[..., None]") if node.keep else made

    def reduce(self, node: Reduce, out: Held | None) -> Held:
        (source,) = node.operands
        found = self.summed_product(node) if node.batched else None
        if found is not None:
            return found
        held = self.compute(source, None)
        axes = tuple([0] * node.batch + [axis + source.batched for axis in node.axes])
        everything = len(axes) == source.rank + source.batched
        products = node.kind == "sum" and self.dtype == "float64" and source.dtype == "number"
        function = f"np.{_REDUCE[node.kind]}.reduce"
        count = " * ".join(map(str, [*(["B"] if source.batched else []), *source.shape]))
        if everything and not node.keep:
            if products and (len(axes) == 1 or held.order):
                if len(axes) > 1:
                    held = self.view(held, f'{held.text}.ravel("K")', "C")
                return Held(f"np.dot({self.ones(count)}, {held.text})")
            return Held(f"{function}({held.text}, None)")
        if node.keep:  # the last axis
            made = self.new(node.batched, node.shape[:-1], "number", True)
        else:
            made = self.out(node, out)
        rank = source.rank + source.batched
        few = source.rank > 1 and axes == (rank - 1,) and 1 < source.shape[-1] <= 8
        if few:
            columns = [f"{held.text}[..., {k}]" for k in range(source.shape[-1])]
            views = [self.view(held, each).text for each in columns]
            function = f"np.{_REDUCE[node.kind]}"
            truths = f', dtype="{self.dtype}"' if source.dtype == "truth" else ""
            self.body.append(f"{function}({views[0]}, {views[1]}, out={made.text}{truths})")
            for each in views[2:]:
                self.body.append(f"{function}({made.text}, {each}, out={made.text})")
        elif products and made.order and axes == (1,) and rank == 2:
            ones = self.ones(str(source.shape[-1]))
            self.body.append(f"np.dot({held.text}, {ones}, out={made.text})")
        elif (
            products
            and made.order
            and axes == tuple(range(rank - 1))
            and (rank == 2 or held.order == "C")
        ):
            rows = " * ".join(map(str, [*(["B"] if source.batched else []), *source.shape[:-1]]))
            flat = self.flat(source, held, source.shape[-1])
            self.body.append(f"np.dot({self.ones(rows)}, {flat.text}, out={made.text})")
        else:
            axis = str(axes[0]) if len(axes) == 1 else str(axes)
            if source.dtype == "truth":
                axis += f', "{self.dtype}"'
            self.body.append(f"{function}({held.text}, {axis}, out={made.text})")
        return self.view(made, f"{made.text}[..., None]") if node.keep else made

    # ------------------------------------------------------------------ shapes and access

    def reshape(self, node: Array, out: Held | None) -> Held:
        (source,) = node.operands
        held = self.compute(source, None)
        if not source.batched and source.rank == 0:
            return held  # a number does for an array of one
        if node.shape == (*source.shape, 1):
            return self.view(held, f"{held.text}[..., None]")
        if source.shape == (*node.shape, 1):
            if not node.batched and node.rank == 0:
                return Held(f"{held.text}[0]")
            return self.view(
                held,
                f"{held.text}[..., 0]",
                held.order if source.rank == 1 and node.batched else "",
            )
        shape = self.lengths(node, *node.shape)
        return self.reshaped(held, source, shape)

    def transpose(self, node: Array, out: Held | None) -> Held:
        return self.turned(self.compute(node.operands[0], None))

    def broadcast(self, node: Array, out: Held | None) -> Held:
        (source,) = node.operands
        held = self.aligned(source, node.rank)
        if not source.batched and source.rank == 0:
            out = self.out(node, out)
            self.body.append(f"{out.text}.fill({held.text})")
            return out
        shape = self.lengths(node, *node.shape)
        return self.view(held, f"np.broadcast_to({held.text}, {shape})")

    def take(self, node: Take, out: Held | None) -> Held:
        (source,) = node.operands
        if isinstance(source, Parameters):
            if node.shape == ():
                return self.fixed(f"theta[{int(node.index)}, ...]")
            if slice_of(node.index) is not None:
                return self.part_of("theta", node.index)
        held = self.compute(source, None)
        irregular: list[Any] = []

        def name(index: Any) -> str:
            irregular.append(index)
            return self.constant(index)

        text = read(
            held.text, source.shape, node.index, name, (lambda: "B") if source.batched else None
        )
        if irregular:
            flat = held
            if source.rank > 1:
                shape = self.lengths(source, source.size)
                flat = self.reshaped(held, source, shape)
            out = self.out(node, out)
            axis = 1 if source.batched else 0
            index = self.constant(node.index)
            self.body.append(f'np.take({flat.text}, {index}, {axis}, {out.text}, "clip")')
            return out
        if not node.batched and node.rank == 0:
            return Held(text)
        plain = _is_slice(source, node)
        dense = plain and held.order == "F" and node.rank == 1 and _dense(node.index)
        if plain or held.order == "C":
            return self.view(held, text, "F" if dense else "")
        return Held(text, False, "", held.buffer)

    def scatter(self, node: Scatter, out: Held | None) -> Held:
        ((index, operand),) = zip(node.indices, node.operands, strict=True)
        return self.scattered(node, self.compute(operand, None), index)

    def concatenate(self, node: Concatenate, out: Held | None) -> Held:
        whole = self.wholes.get(node)
        fresh = [o for o in node.operands if o not in self.at and _writes_anywhere(o)]
        if whole is None and not fresh:
            out = self.out(node, out)
            pieces = [self.compute(operand, None).text for operand in node.operands]
            for k, operand in enumerate(node.operands):
                if isinstance(operand, Reshape) and not operand.operands[0].shape:
                    pieces[k] = pieces[k] if operand.batched else f"[{pieces[k]}]"
            self.body.append(f"np.concatenate([{', '.join(pieces)}], -1, out={out.text})")
            return out
        whole = whole or self.out(node, out)
        start = 0
        for operand in node.operands:
            inner = operand.operands[0] if isinstance(operand, Reshape) else operand
            stop = start + operand.shape[-1]
            there = inner in self.at and self.at[inner].buffer == whole.buffer
            if not there or self.joins.get(inner, ())[:2] != (node, start):
                columns = self.columns(whole, node, start, stop)
                made = self.compute(operand, columns)
                if made.text != columns.text:
                    self.body.append(f"np.copyto({columns.text}, {made.text})")
            start = stop
        return whole

    def columns(self, whole: Held, node: Concatenate, start: int, stop: int) -> Held:
        lead = ", ".join([":"] * (node.rank + node.batched - 1))
        lead += ", " if lead else ""
        order = "F" if whole.order == "F" else ""
        return self.view(whole, f"{whole.text}[{lead}{start}:{stop}]", order)

    def pick(self, node: Pick, out: Held | None) -> Held:
        x, hit = node.operands
        rank = max(x.rank, hit.rank)
        return Held(f"pick({self.aligned(x, rank).text}, {self.aligned(hit, rank).text})")

    def lookup(self, node: Lookup, out: Held | None) -> Held:
        table, index = (self.compute(operand, None).text for operand in node.operands)
        if not node.shape and not node.batched:
            return Held(f"lookup({table}, {index})")
        out = self.out(node, out)
        self.body.append(f"lookup({table}, {index}, {out.text})")
        return out

    def scatter_rows(self, node: ScatterRows, out: Held | None) -> Held:
        rows, index = (self.compute(operand, None).text for operand in node.operands)
        return Held(f"scatter_rows({rows}, {index}, {node.shape[0]})")

    def stack(self, node: Stack, out: Held | None) -> Held:
        columns = ", ".join(self.compute(operand, None).text for operand in node.operands)
        return Held(f"np.stack([{columns}], -1)")

    def theta(self, node: Array, out: Held | None) -> Held:
        return Held("theta", True, "C")

    def array(self, node: Constant, out: Held | None) -> Held:
        return Held(self.constant(node.numbers), True, "C")

    def unknown(self, node: Array, out: Held | None) -> Held:
        return self.scalar(node)


def _writes_anywhere(node: Array) -> bool:
    """Whether it may be computed into some columns of another array."""
    if isinstance(node, Contract):
        return not (node.by_matrix or node.over_rows)
    return isinstance(node, Gate) and node.dtype == "number" and bool(node.batched)


def _is_zero(node: Array) -> bool:
    return isinstance(node, Number) and node.value == 0


def _gathering(index: Any, size: int) -> tuple[Any, Any]:
    """(r, size) places in which an element was taken, r at most, and which of them there are."""
    flat = index.ravel()
    counts = np.bincount(flat, minlength=size)
    most = int(counts.max())
    if most * size > 2 * flat.size + size:
        return None, None
    order = np.argsort(flat, kind="stable")
    turn = np.arange(flat.size) - np.repeat(np.cumsum(counts) - counts, counts)
    places, mask = np.zeros((most, size), dtype=np.int64), np.zeros((most, size), dtype=bool)
    places[turn, flat[order]] = order
    mask[turn, flat[order]] = True
    return places, mask


def _is_slice(source: Array, node: Take) -> bool:
    """Whether these are evenly spaced columns, or one: a view however the source lies in memory."""
    return source.rank == 1 and node.rank <= 1 and slice_of(node.index) is not None


def _dense(index: Any) -> bool:
    """Whether these elements, which are evenly spaced, lie side by side."""
    return index.size == 1 or bool(index.flat[1] - index.flat[0] == 1)


_COMPUTE: dict[type, Any] = {
    Gate: _Printer.gate,
    Contract: _Printer.contract,
    Reduce: _Printer.reduce,
    Reshape: _Printer.reshape,
    Transpose: _Printer.transpose,
    Broadcast: _Printer.broadcast,
    Take: _Printer.take,
    Scatter: _Printer.scatter,
    Concatenate: _Printer.concatenate,
    Pick: _Printer.pick,
    Lookup: _Printer.lookup,
    ScatterRows: _Printer.scatter_rows,
    Stack: _Printer.stack,
    Parameters: _Printer.theta,
    Constant: _Printer.array,
    Number: _Printer.unknown,
    BatchSize: _Printer.unknown,
}
