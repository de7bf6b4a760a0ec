"""C: an array program as one file of C99 that needs nothing but libm.

The trick: the program is written for one sample, and the type of a number that belongs to a sample
is ``lanes``: a vector with a sample in each of its 8 lanes where the compiler has such a type
(gcc, clang), or one number. ``+ - * /`` are spelled alike for both, so the text reads as that of
one sample, and nothing of a block of 8 samples ever leaves the cache. What is summed over the
batch is kept for each lane, and added up at the end.

Every operation reads its operands element by element. Access (a slice, a transpose, a window of a
convolution) is therefore no operation at all: it is composed into the index of what is read. An
index that is no sum of multiples of the loops' counters becomes a table.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator
from textwrap import wrap
from typing import Any

import numpy as np

from .c_elements import (
    ACCESS,
    Element,
    Elements,
    Statement,
    access_of,
    coordinates,
    lengths_of,
    new_name,
    places_of,
    spread,
    spread_places,
    sums_batch,
)
from .c_spelling import RESERVED, C, NotInC, prelude
from .language import (
    Array,
    BatchSize,
    Concatenate,
    Constant,
    Contract,
    Gate,
    Input,
    Lookup,
    Number,
    Parameters,
    Pick,
    Scatter,
    ScatterRows,
    Stack,
    Take,
    needed,
)
from .reverse import Write
from .schedule import Schedule
from .texts import ATOM

__all__ = ["CFile"]

LARGEST = 1 << 20  # bytes on the stack
LONGEST = 15_000  # lines
WIDE = 1 << 16  # elements of a matrix that NumPy multiplies faster

_ALWAYS = (Concatenate, Stack, Scatter, ScatterRows, Lookup)


class CFile:
    """A file: its functions, and the tables that they read.

    Args:
        dtype: of the numbers.
        inputs: the arguments' names in the schedule, "" for a number held fixed.
    """

    def __init__(self, dtype: str, inputs: list[str]) -> None:
        self.c = C(dtype)
        self.taken = set(RESERVED)
        self.inputs = [name and new_name(name, self.taken) for name in inputs]
        self.tables: dict[Any, str] = {}
        self.constants: list[str] = []
        self.functions: list[str] = []
        self.layout: list[str] = []  # what the parts of theta are

    def add(self, schedule: Schedule, root: Array, writes: list[Write] | None, count: int) -> None:
        """Write one more function: ``values``, or with writes ``value_and_grad``.

        Raises:
            NotInC: it can't be, or had better not.
        """
        self.functions.append(_Function(self, schedule, root, writes, count).text())

    def table(self, numbers: Any, hint: str) -> str:
        """The name of numbers known now."""
        key = numbers.tobytes(), numbers.shape, numbers.dtype
        if key not in self.tables:
            name = self.tables[key] = new_name(hint, self.taken)
            whole = numbers.dtype.kind != "f"
            kind = "int" if whole else self.c.real
            spelled = _nested(numbers, (lambda x: str(int(x))) if whole else self.c.number)
            lengths = "".join(f"[{n}]" for n in numbers.shape)
            self.constants.append(f"static const {kind} {name}{lengths} = {spelled};")
        return self.tables[key]

    @property
    def text(self) -> str:
        """The whole file.

        Raises:
            NotInC: it is so long that a compiler would take very long.
        """
        lines = sum(function.count("\n") for function in self.functions)
        if lines > LONGEST:
            raise NotInC(f"it has {lines:,} lines, which a compiler takes very long for")
        return "\n\n".join([prelude(self.c), *self.constants, *self.functions]) + "\n"


class _Function(Elements):
    """One function.

    What no sample has a part in comes first, then a loop over blocks of samples, at last what is
    made of sums over the batch.
    """

    def __init__(
        self, file: CFile, schedule: Schedule, root: Array, writes: list[Write] | None, count: int
    ) -> None:
        super().__init__(file)
        self.root, self.writes, self.count = root, writes, count
        self.name = "values" if writes is None else "value_and_grad"
        self.nodes = needed([root, *(write.value for write in writes or ())])
        self.forward = set(needed([root]))
        self.users: dict[Array, list[Array]] = {node: [] for node in self.nodes}
        for node in self.nodes:
            for operand in node.operands:
                self.users[operand].append(node)
        self.comments: dict[Array, str] = {}
        for line in schedule.lines:
            if line.value is not None and schedule.names.get(line.value) == line.name:
                self.comments[line.value] = f"{line.name} = {line.expression}"
        self.given: dict[Any, str] = {**schedule.names}
        self.wanted: dict[Any, str] = {}  # names of sums over the batch
        if writes is not None:
            self.wanted |= dict.fromkeys(root.operands, "losses") | {root: "loss"}
            for write in writes:
                self.wanted[write.value] = f"d{self.given.get(write.place) or 'theta'}"
        self.late: set[Array] = set()  # what is made of sums over the batch
        self.rows: dict[Array, str] = {}  # copies with a sample a row
        self.shapes: dict[str, tuple[int, ...]] = {}  # of these
        self.bytes = 0
        self.used: set[str] = set()
        self.before: list[Statement] = []
        self.block: list[Statement] = []
        self.after: list[Statement] = []
        self.body = self.before
        self.batched = any(file.inputs)
        self.shared: dict[Array, Array] = {}  # sums that are added to another's
        self.plan()
        self.share()

    # ------------------------------------------------------------------ what is kept

    def plan(self) -> None:
        """See what is kept in an array of its own; everything else stands where it is read."""
        self.kept: set[Array] = set()
        simple: set[Array] = set()  # what is made of numbers: 2 / B
        for node in self.nodes:
            if sums_batch(node) or (
                not node.batched and any(operand in self.late for operand in node.operands)
            ):
                self.late.add(node)
            if node.batched and any(operand in self.late for operand in node.operands):
                raise NotInC("what each sample gives depends on a sum over the whole batch")
        for node in self.nodes:
            if isinstance(node, Lookup) and not self.is_there(node.operands[0]):
                self.kept.add(node.operands[0])
            if isinstance(node, (Number, BatchSize)) or (
                isinstance(node, Gate)
                and not (node.shape or node.batched)
                and simple.issuperset(node.operands)
            ):
                simple.add(node)
            if isinstance(node, ACCESS) or not node.operands or node in simple:
                continue
            users = self.users[node]
            if (
                node in self.comments
                or (node is self.root and self.writes is not None)
                or len(users) > 1
                or sums_batch(node)
                or isinstance(node, _ALWAYS)
                or any(self.reads_often(user, node) for user in users)
            ):
                self.kept.add(node)

    def share(self) -> None:
        """Let sums that are written to the same parameters be one: weights used in many places."""
        first: dict[Any, Array] = {}
        self.goals: list[Write] = []
        times = Counter(write.value for write in self.writes or ())
        for write in self.writes or ():
            value = write.value
            alone = times[value] == 1 and not self.users[value] and value.shape == write.shape
            if alone and sums_batch(value):
                place = None if write.index is None else write.index.tobytes()
                key = place, write.shape, isinstance(value, ScatterRows), self.is_by_rows(value)
                self.shared[value] = first.setdefault(key, value)
            if self.shared.get(value, value) is value:
                self.goals.append(write)

    def is_there(self, node: Array) -> bool:
        """Whether it is an array with a name: constants, a view of theta."""
        return isinstance(node, Constant) or (node in self.given and _is_view(node))

    def reads_often(self, user: Array, node: Array) -> bool:
        """Whether a user reads an element more than once, or outside the loop over samples."""
        if isinstance(user, (Contract, Pick, *ACCESS)) or (user.batched and not node.batched):
            return True
        return isinstance(user, Gate) and user.size > node.size

    # ------------------------------------------------------------------ the text

    def text(self) -> str:
        real, batched = self.c.real, self.batched
        arguments = [name for name in self.file.inputs if name]
        result = "g" if self.writes is not None else "values"
        for node in self.nodes:
            self.place(node)
        if self.writes is None:
            self.write_values()
        else:
            self.write_gradient(self.goals)
        if self.bytes > LARGEST or any(_is_wide(node) for node in self.nodes):
            raise NotInC("NumPy is faster where arrays are as wide as these")
        head = ", ".join(
            [
                f"const {real} *theta",
                *(["size_t B"] if batched else []),
                *(f"const {real} *{name}" for name in arguments),
                f"{real} *{result}",
            ]
        )
        kind = real if self.writes is not None else "void"
        body: list[Statement] = [*self.before]
        if self.block:
            steps: list[Statement] = [
                "const int count = B - start < LANES ? (int)(B - start) : LANES;"
            ]
            if "here" in self.used:
                steps += ["truth here; /* the samples of the last block may be fewer */"]
                steps += [(self.for_samples(), ["AT(here, s) = -(s < count);"])]
            over = "for (size_t start = 0; start < B; start += LANES)"
            body += ["", (over, [*steps, *self.block])]
        body += self.after
        text = "\n".join(_lines(body, 1))
        unused = [n for n in ("theta", *arguments) if not _mentions(text, n)]
        if batched and not _mentions(text, "B"):
            unused.append("B")
        text = "".join(f"    (void){name};\n" for name in unused) + text
        return f"{kind} {self.name}({head})\n{{\n{text}\n}}"

    def for_samples(self, all_lanes: bool = True) -> str:
        """The head of a loop over the samples of a block."""
        return f"for (int s = 0; s < {'LANES' if all_lanes else 'count'}; s++)"

    def place(self, node: Array) -> None:
        """Write what computes a node where it belongs, if it has an array of its own."""
        self.body = self.after if node in self.late else self.block
        if not (node.batched or node in self.late):
            self.body = self.before
        if isinstance(node, Input):
            self.load(node)
        elif isinstance(node, Take) and node in self.given and _is_view(node):
            self.view(node)
        elif node in self.kept:
            if node in self.comments:
                self.comment(self.comments[node])
            if sums_batch(node):
                self.body = self.block
                self.add_up(node)
            else:
                self.store(node)

    def comment(self, text: str) -> None:
        self.body += ["", f"/* {text.replace('/*', '/ *').replace('*/', '* /')} */"]

    def declare(self, node: Array, name: str, kind: str, first: str = "") -> None:
        lanes = kind != self.c.real
        self.bytes += node.size * (64 if lanes else 8)
        lengths = "".join(f"[{n}]" for n in node.shape)
        self.body.append(f"{kind} {name}{lengths}{first};")

    def name_of(self, node: Array) -> str:
        """A name for an array: that of the schedule, or by its hint."""
        hint = node.builder.hints.get(node)
        of = self.given.get(hint[1]) if isinstance(hint, tuple) else None
        hint = f"d{of}" if of else hint if isinstance(hint, str) else "t"
        hint = self.wanted.get(node, hint)
        self.names[node] = new_name(self.given.get(node) or hint, self.taken)
        return self.names[node]

    # ------------------------------------------------------------------ leaves

    def load(self, node: Input) -> None:
        """The samples of a block side by side; where there are fewer, the first again."""
        name = self.file.inputs[node.argument]
        small = name.lower() if name.lower() != name else f"{name}_each"
        self.names[node] = new_name(small, self.taken)
        if not node.shape:
            load = self.c.call("load", [f"{name} + start", "1", "count"], False)
            self.body.append(f"const lanes {self.names[node]} = {load};")
            return
        self.declare(node, self.names[node], "lanes")
        with self.loop(node.shape):
            places = self.everything(node.shape)
            column = self.index(places)
            start = f"{name} + {node.size} * start" + (f" + {column}" if column != "0" else "")
            load = self.c.call("load", [start, str(node.size), "count"], False)
            self.body.append(f"{self.read(node, places).text} = {load};")

    def view(self, node: Take) -> None:
        """A part of theta as a matrix or a vector."""
        name = self.name_of(node)
        start = int(node.index.flat[0])
        part = f"theta + {start}" if start else "theta"
        inner = "".join(f"[{n}]" for n in node.shape[1:])
        if (
            told := f"theta[{start}] and on: {name}[{node.shape[0]}]{inner}"
        ) not in self.file.layout:
            self.file.layout.append(told)
        if inner:
            kind = f"const {self.c.real} (*{{}}){inner}"
            self.body.append(
                f"{kind.format(name)} = ({kind.format('')}){f'({part})' if start else part};"
            )
        else:
            self.body.append(f"const {self.c.real} *{name} = {part};")

    # ------------------------------------------------------------------ one array

    def store(self, node: Array) -> None:
        """The statements that compute an array which is kept."""
        name = self.name_of(node)
        lanes, truth = node.batched, node.dtype == "truth"
        kind = self.kind(lanes, truth)
        if isinstance(node, (Concatenate, Stack)):
            self.declare(node, name, kind)
            places = np.arange(node.size).reshape(node.shape)
            stop = 0
            for operand in node.operands:
                if isinstance(node, Stack):
                    part, stop = places[..., stop], stop + 1
                else:
                    start, stop = stop, stop + operand.shape[-1]
                    part = places[..., start:stop]
                self.assign(node, operand, part)
        elif isinstance(node, Scatter):
            self.declare(node, name, kind)
            with self.loop(node.shape):
                zero = self.converted(Element("0", ATOM, False), lanes).text
                self.body.append(f"{self.read(node, self.everything(node.shape)).text} = {zero};")
            for index, operand in zip(node.indices, node.operands, strict=True):
                self.assign(node, operand, index, "+=")
        elif isinstance(node, ScatterRows):
            self.scatter_rows(node)
        elif isinstance(node, Lookup):
            self.lookup(node)
        elif node.shape:
            self.declare(node, name, kind)
            self.store_all(node)
        else:
            element = self.fitted(node, np.array(0))
            self.body.append(f"const {kind} {name} = {element.text};")

    def store_all(self, node: Array) -> None:
        """Compute an array element by element; where products are summed up, four at a time."""
        parts = 4 if node.shape[-1] % 4 == 0 and self.sums_products(node) else 1
        with self.loop((*node.shape[:-1], node.shape[-1] // parts)):
            outer, together = self.body, []
            first = self.everything((*node.shape[:-1], node.shape[-1] // parts)) * parts
            for part in range(parts):
                self.body = []
                element = self.fitted(node, first + part)
                self.body.append(f"{self.read(node, first + part).text} = {element.text};")
                together.append(self.body)
            self.body = outer
            self.body += _side_by_side(together)

    def sums_products(self, node: Array) -> bool:
        """Whether a sum of many products stands in what computes a node."""
        waiting = [node]
        while waiting:
            each = waiting.pop()
            if isinstance(each, Contract):
                lengths = lengths_of(each)
                return math.prod(lengths[axis] for axis in each.summed if axis != "B") >= 8
            waiting += [o for o in each.operands if o not in self.kept]
        return False

    def fitted(self, node: Array, places: Any) -> Element:
        """What is computed for an array, as that array keeps it."""
        element = self.compute(node, places)
        return element if node.dtype == "truth" else self.converted(element, node.batched)

    def assign(self, node: Array, operand: Array, index: Any, sign: str = "=") -> None:
        """Elements of an array, by their flat index, from those of another."""
        with self.loop(operand.shape):
            places = self.everything(operand.shape)
            element = self.converted(self.element(operand, places), node.batched)
            target = self.read(node, index.ravel()[places])
            self.body.append(f"{target.text} {sign} {element.text};")

    def lookup(self, node: Lookup) -> None:
        table, index = node.operands
        self.declare(node, self.names[node], self.kind(node.batched, False))
        self.c.used["place"] = 2
        row = node.shape[index.rank :]
        with self.loop(index.shape):
            which = self.variable("index", self.element(index, self.everything(index.shape)))
            with self.loop(row):
                of_table = np.arange(table.size).reshape(table.shape)[0]
                inner = self.read_at(table, f"place({{}}, {table.shape[0]})", of_table, row)
                target = self.read(node, self.everything(node.shape)).text
                if node.batched:
                    at = f"AT({which}, s)"
                    found = inner.format(at)
                    value = f"{at} == place({at}, {table.shape[0]}) ? {found} : NAN"
                    self.body.append((self.for_samples(), [f"AT({target}, s) = {value};"]))
                else:
                    value = (
                        f"{which} == place({which}, {table.shape[0]}) ? {inner.format(which)} : NAN"
                    )
                    self.body.append(f"{target} = {value};")

    def read_at(self, table: Array, first: str, of_table: Any, row: tuple[int, ...]) -> str:
        """The element of a table in a row that is known when it runs."""
        if isinstance(table, Constant):
            name = self.file.table(table.numbers, "C")
        else:
            name = self.names[table]
        coordinates = np.unravel_index(self.everything(row), row) if row else ()
        return f"{name}[{first}]" + "".join(f"[{self.index(each)}]" for each in coordinates)

    def scatter_rows(self, node: ScatterRows) -> None:
        """Add rows to those of a table that an index names."""
        rows, index = node.operands
        self.c.used["place"] = 2
        with self.loop(rows.shape):
            places = self.everything(rows.shape)
            width = math.prod(node.shape[1:])
            which = self.variable("index", self.element(index, places // width))
            value = self.variable("value", self.element(rows, places))
            row = node.shape[1:]
            coordinates = np.unravel_index(places % width, row) if row else ()
            inner = "".join(f"[{self.index(each)}]" for each in coordinates)
            at, of = (which, value) if not rows.batched else (f"AT({which}, s)", f"AT({value}, s)")
            line = f"{self.names[node]}[place({at}, {node.shape[0]})]{inner} += {of};"
            self.body.append((self.for_samples(False), [line]) if rows.batched else line)

    # ------------------------------------------------------------------ sums over the batch

    def add_up(self, node: Array) -> None:
        """Add what a block gives to the sums over the batch, each lane by itself."""
        by_rows = isinstance(node, ScatterRows) or self.is_by_rows(node)
        owner = self.shared.get(node, node)
        if owner in self.names:
            self.names[node] = self.names[owner]
        else:
            self.make_sum(owner, by_rows)
            self.names[node] = self.names[owner]
        if isinstance(node, ScatterRows):
            self.scatter_rows(node)
        elif by_rows and isinstance(node, Contract):
            self.add_up_rows(node)
        else:
            with self.loop(node.shape):
                places = self.everything(node.shape)
                element = self.converted(self.compute(node, places), True)
                self.body.append(f"{self.read(node, places).text} += {self.among(element).text};")

    def make_sum(self, node: Array, by_rows: bool) -> None:
        """Begin a sum with zeros, before the first block."""
        name = self.name_of(node)
        kind = self.c.real if by_rows else "lanes"
        body, self.body = self.body, self.before
        self.declare(node, name, kind, "" if node.shape else " = {0}" if not by_rows else " = 0")
        if node.shape:
            with self.loop(node.shape):
                zero = "0" if by_rows else self.c.call("all", ["0"], False)
                self.body.append(f"{self.read(node, self.everything(node.shape)).text} = {zero};")
        self.body = body

    def add_up_rows(self, node: Contract) -> None:
        """The same for a wide matrix: a sample after the other, its columns side by side."""
        left, right = node.operands
        summed = tuple(axis for axis in node.summed if axis != "B")
        lengths = lengths_of(node)
        outer = tuple(lengths[axis] for axis in (*node.axes[:-1], *summed))
        order = [*node.axes[:-1], *summed, node.axes[-1]]
        of_left = spread(left, node.left, order, lengths).ravel()
        of_right = spread(right, node.right, order, lengths).ravel()
        result = np.arange(node.size).reshape(node.shape)
        of_node = spread_places(result, node.axes, order, lengths).ravel()
        width = lengths[node.axes[-1]]
        rows, of_rows = self.rows_of(right)
        with self.loop(outer):
            places = self.everything((*outer, 1)) * width
            element = self.converted(self.element(left, of_left[places]), True)
            d = self.variable("d", self.among(element))
            with self.loop((width,)):
                places = self.everything((*outer, width))
                total = self.local_name("sum")
                self.body.append(f"{self.c.real} {total} = 0;")
                at = coordinates(of_rows[of_right[places]], self.shapes[rows])
                column = "".join(f"[{self.index(each)}]" for each in at)
                line = f"{total} += AT({d}, s) * {rows}[s]{column};"
                self.body.append((self.for_samples(), [line]))
                self.body.append(f"{self.read(node, of_node[places]).text} += {total};")

    def among(self, element: Element) -> Element:
        """The element where there is such a sample, and 0 where the last block has none."""
        self.used.add("here")
        text = self.c.call("choose", ["here", element.text, self.all("0")], False)
        return Element(text, ATOM, True)

    def rows_of(self, node: Array) -> tuple[str, Any]:
        """The copy of an array that has a sample a row, and the place of each element in it."""
        places = np.arange(node.size)
        while isinstance(node, ACCESS) and node not in self.kept:
            places = access_of(node)[places]
            (node,) = node.operands
        if node not in self.rows:
            name = self.rows[node] = new_name(f"{self.names[node]}_rows", self.taken)
            self.shapes[name] = node.shape
            lengths = "".join(f"[{n}]" for n in node.shape)
            self.bytes += node.size * 64
            self.body.append(f"{self.c.real} {name}[LANES]{lengths};")
            if isinstance(node, Input):
                of = self.file.inputs[node.argument]
                with self.loop((1,)):
                    copy = f"{name}[s][i] = s < count ? {of}[{node.size} * (start + s) + i] : 0;"
                    self.body.append(
                        (self.for_samples(), [(f"for (int i = 0; i < {node.size}; i++)", [copy])])
                    )
            else:
                with self.loop(node.shape):
                    at = self.everything(node.shape)
                    kept = self.variable("kept", self.among(self.read(node, at)))
                    own = "".join(f"[{self.index(c)}]" for c in coordinates(at, node.shape))
                    line = f"{name}[s]{own} = AT({kept}, s);"
                    self.body.append((self.for_samples(), [line]))
        return self.rows[node], places

    # ------------------------------------------------------------------ results

    def write_values(self) -> None:
        """Each sample's value, or values."""
        root = self.root
        self.body = self.block if self.batched else self.before
        self.comment("values")
        with self.loop(root.shape):
            places = self.everything(root.shape)
            element = self.element(root, places)
            at = self.index(places)
            if not self.batched:
                self.body.append(f"values[{at}] = {self.number(element)};")
            else:
                value = self.variable("value", self.converted(element, True))
                row = f"{root.size} * (start + s) + {at}" if root.shape else "start + s"
                line = f"values[{row}] = AT({value}, s);"
                self.body.append((self.for_samples(False), [line]))

    def write_gradient(self, writes: list[Write]) -> None:
        self.body = self.after if self.batched else self.before
        self.comment("the gradient")
        regions = [
            np.arange(self.count) if write.index is None else write.index for write in writes
        ]
        times = np.bincount(
            np.concatenate([each.ravel() for each in regions] or [np.zeros(0, int)]),
            minlength=self.count,
        )
        sign = "=" if times.max(initial=0) < 2 else "+="
        if sign == "+=" or not times.all():
            with self.loop((self.count,)):
                self.body.append(f"g[{self.index(self.everything((self.count,)))}] = 0;")
        for write, region in zip(writes, regions, strict=True):
            with self.loop(write.shape):
                places = self.everything(write.shape)
                spread = places_of(write.value.shape, write.shape).ravel()
                element = self.element(write.value, spread[places])
                at = self.index(region.ravel()[places])
                self.body.append(f"g[{at}] {sign} {self.number(element)};")
        self.body += ["", f"return {self.number(self.element(self.root, np.array(0)))};"]


# ------------------------------------------------------------------ what an array is


def _is_wide(node: Array) -> bool:
    """Whether it is a product with so large a matrix that a library for these is faster."""
    return isinstance(node, Contract) and any(
        not each.batched and each.size >= WIDE for each in node.operands
    )


def _is_view(node: Array) -> bool:
    """Whether it is a stretch of theta."""
    if not isinstance(node, Take) or not isinstance(node.operands[0], Parameters):
        return False
    flat = node.index.ravel()
    return node.rank > 0 and np.array_equal(flat, np.arange(flat[0], flat[0] + flat.size))


# ------------------------------------------------------------------ text


def _nested(numbers: Any, spell: Callable[[Any], str]) -> str:
    """Numbers in braces, as many on a line as it holds."""
    if numbers.ndim > 1:
        return "{\n" + ",\n".join(_nested(row, spell) for row in numbers) + "}"
    text = f"{{{', '.join(map(spell, numbers.tolist()))}}}"
    return "\n".join(wrap(text, 96, subsequent_indent=" ")) if len(text) > 60 else text


def _lines(statements: list[Statement], depth: int) -> Iterator[str]:
    """Statements as lines; a loop over one statement has no braces."""
    indent = "    " * depth
    for each in statements:
        if isinstance(each, str):
            yield indent + each if each else ""
            continue
        head, body = each
        if len(body) == 1:
            yield indent + head
            yield from _lines(body, depth + 1)
        else:
            yield f"{indent}{head} {{"
            yield from _lines(body, depth + 1)
            yield indent + "}"


def _side_by_side(parts: list[list[Statement]]) -> list[Statement]:
    """Statements of the same form as one: a loop over all of them, not a loop for each."""
    found: list[Statement] = []
    for same in zip(*parts, strict=True):
        if isinstance(same[0], str):
            found += same
        else:
            found.append((same[0][0], _side_by_side([body for _, body in same])))
    return found


def _mentions(text: str, name: str) -> bool:
    return re.search(rf"\b{re.escape(name)}\b", text) is not None
