"""Emit: array operations as the NumPy source that a lecturer would write.

Every operation gets a text. One that is used once and elementwise is written inside the line
that uses it, as long as the line stays short; the others get a line and a textbook name (Z for
a weighted sum, A for an activation, W and b for parameters, dZ for a gradient).
"""

from __future__ import annotations

import keyword
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import primitives
from ..gate import Primitive
from ..text import number
from .access import read, slice_of
from .arrays import Array
from .lower import Wide
from .reverse import Gradient, Write
from .texts import ATOM, COMPARE, POWER, PRODUCT, SIGN, SUM, Factors, Text

__all__ = ["Source", "emit_gradient", "emit_values"]

WIDTH = 72  # of a line, without its indentation
_INFIX = {primitives.add: "+", primitives.sub: "-"}


@dataclass
class Source:
    """An emitted function: its text, the constants it uses, and where each array was computed."""

    text: str
    constants: dict[str, Any]
    names: dict[Array, str]
    lines: list[tuple[str, str]]  # (name, expression): what the buffered variant starts from


def emit_gradient(wide: Wide, gradient: Gradient, names: list[str]) -> Source:
    """The source of ``value_and_grad(theta, *inputs, g)``, which writes into g."""
    emitter = _Emitter(wide, names)
    return emitter.gradient(gradient)


def emit_values(wide: Wide, output: Array, names: list[str]) -> Source:
    """The source of ``values(theta, *inputs)``."""
    emitter = _Emitter(wide, names)
    return emitter.values(output)


def resolved(node: Array) -> Array:
    """What computes a node: a gate over a sequence is computed by other operations."""
    while node.value is not None:
        if node.value.hint is None:
            node.value.hint = node.hint
        node = node.value
    return node


def needed(roots: Iterable[Array]) -> list[Array]:
    """Everything the roots are computed from, operands first."""
    found = set(roots)
    waiting = list(found)
    while waiting:
        for operand in waiting.pop().operands:
            operand = resolved(operand)
            if operand not in found:
                found.add(operand)
                waiting.append(operand)
    return sorted(found, key=lambda node: node.number)


class _Emitter:
    def __init__(self, wide: Wide, names: list[str]) -> None:
        self.wide = wide
        self.taken = {"theta", "g", "B", "np", "loss", "pick", "scatter", *names, *keyword.kwlist}
        self.input_names = names
        self.texts: dict[Array, Text] = {}
        self.names: dict[Array, str] = {}
        self.uses: dict[Array, int] = {}
        self.counters: dict[str, int] = {}
        self.constants: dict[str, Any] = {}
        self.known_constants: dict[Any, str] = {}
        self.header: list[tuple[int, str]] = []  # views of theta
        self.body: list[str] = []
        self.lines: list[tuple[str, str]] = []
        self.uses_batch = False
        self.views: list[tuple[int, str]] = []  # of g
        self.matrix_weights: set[Array] = set()
        self.summed: set[Array] = set()

    # ------------------------------------------------------------------ whole functions

    def gradient(self, gradient: Gradient) -> Source:
        loss = resolved(gradient.loss)
        roots = [loss, *(resolved(write.value) for write in gradient.writes)]
        self.count(roots)
        self.body.append("# forward")
        self.write_all(needed([loss]), but=loss)
        self.assign("loss", self.compose(loss).text)
        self.texts[loss] = Text("loss", ATOM)
        self.body.append("# backward")
        self.write_gradients(gradient.writes)
        self.body.append("return loss")
        return self.finish("value_and_grad", ["theta", *self.input_names, "g"])

    def values(self, output: Array) -> Source:
        output = resolved(output)
        self.count([output])
        self.write_all(needed([output]), but=output)
        self.body.append(f"return {self.compose(output).text}")
        return self.finish("values", ["theta", *self.input_names])

    def finish(self, name: str, arguments: list[str]) -> Source:
        header = [view for views in (self.header, self.views) for _, view in sorted(views)]
        if self.uses_batch or any("B" in _words(line) for line in (*header, *self.body)):
            first = next((k for k, a in enumerate(self.wide.inputs) if a is not None), None)
            if first is not None:
                header.insert(0, f"B = {self.input_names[first]}.shape[0]")
        lines = [
            f"def {name}({', '.join(arguments)}):",
            *(f"    {x}" for x in (*header, *self.body)),
        ]
        return Source("\n".join(lines) + "\n", self.constants, self.names, self.lines)

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
            if node.head in _INFIX:
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
        self.assign(name, text.text)
        self.texts[node] = Text(name, ATOM)

    def assign(self, name: str, text: str) -> None:
        self.body.append(f"{name} = {text}")
        self.lines.append((name, text))

    # ------------------------------------------------------------------ gradients of theta

    def write_gradients(self, writes: list[Write]) -> None:
        count = self.wide.theta.shape[0]
        regions = [
            np.arange(count) if write.index is None else write.index.ravel() for write in writes
        ]
        written = np.zeros(count, dtype=bool)
        ways = []
        for region in regions:
            done = written[region]
            repeats = _repeats(region)
            ways.append("=" if not done.any() and not repeats else "+=" if done.all() else "mixed")
            written[region] = True
        if "mixed" in ways or any(map(_repeats, regions)):
            self.body.append("g[:] = 0")
            ways = ["+="] * len(ways)
        elif not written.all():
            for text in _runs_of(np.flatnonzero(~written)):
                self.body.append(f"g[{text}] = 0")
        for write, region, way in zip(writes, regions, ways, strict=True):
            value = resolved(write.value)
            self.write_all(needed([value]), but=value)
            self.write_gradient(write, region, value, way)

    def write_gradient(self, write: Write, region: Any, value: Array, way: str) -> None:
        shape = write.shape
        if _repeats(region):
            text = self.texts[value] if value in self.texts else self.compose(value)
            spread = f"np.broadcast_to({text.text}, {_tuple(shape)})"
            index, size = self.constant("I", write.index), self.wide.theta.shape[0]
            self.body.append(f"g += scatter({spread}, {index}, {size})")
            return
        target = self.target(write, region, way)
        text = self.texts[value] if value in self.texts else self.compose(value)
        simple = value not in self.texts or text.pending
        if way == "=" and simple and value.shape == shape and target[-1] != "]":
            if value.head == "outer_sum":
                left, _, right = text.text.partition(" @ ")
                self.body.append(f"np.matmul({left}, {right}, out={target})")
                return
            if value.head == "sum" and text.text.endswith(")") and ".sum(" in text.text:
                inside = text.text[:-1]
                comma = "" if inside.endswith("(") else ", "
                self.body.append(f"{inside}{comma}out={target})")
                return
        if way == "=" and target[-1] != "]":
            target += "[:]"
        self.body.append(f"{target} {way} {text.text}")

    def target(self, write: Write, region: Any, way: str) -> str:
        """The part of g to write to, as a named view where it is worth one."""
        if write.index is None:
            return "g"
        if write.index.shape == ():
            return f"g[{int(region[0])}]"
        part = slice_of(region)
        if part is None:
            return f"g[{self.constant('I', write.index)}]"
        if write.place is None:
            return f"g[{part}]"
        name = self.names.get(write.place)
        if name is None:
            return (
                f"g[{part}]"
                if write.index.ndim == 1
                else f"g[{part}].reshape{_tuple(write.index.shape)}[:]"
            )
        view = f"d{name}"
        if view not in self.taken:
            self.taken.add(view)
            shape = f".reshape{_tuple(write.index.shape)}" if write.index.ndim > 1 else ""
            self.views.append((int(region[0]), f"{view} = g[{part}]{shape}"))
        return view

    # ------------------------------------------------------------------ names

    def new_name(self, node: Array) -> str:
        hint = node.hint
        if isinstance(hint, tuple):
            owner = self.names.get(resolved(hint[1]))
            hint = f"d{owner}" if owner else "T"
            if hint != "T" and hint not in self.taken:
                return self.keep(node, hint)
            hint = "T"
        if hint in ("total", "hit", "others", "top") and hint not in self.taken:
            return self.keep(node, hint)
        return self.keep(node, self.numbered(hint or "T"))

    def keep(self, node: Array, name: str) -> str:
        self.taken.add(name)
        self.names[node] = name
        return name

    def numbered(self, letter: str) -> str:
        while True:
            count = self.counters[letter] = self.counters.get(letter, 0) + 1
            if f"{letter}{count}" not in self.taken:
                return f"{letter}{count}"

    def constant(self, letter: str, data: Any) -> str:
        """The name of an array that is known now."""
        key = (letter, data.shape, data.tobytes())
        if key not in self.known_constants:
            name = self.numbered(letter) if len(letter) == 1 or letter in self.taken else letter
            self.taken.add(name)
            self.known_constants[key] = name
            self.constants[name] = data
        return self.known_constants[key]

    # ------------------------------------------------------------------ the text of one operation

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
            text = self.text_of(node)
            pending = [o for o in map(resolved, node.operands) if self.texts[o].pending]
            if len(text.text) <= WIDTH or not pending:
                return text
            self.name_line(max(pending, key=lambda o: len(self.texts[o].text)))

    def text_of(self, node: Array) -> Text:
        head = node.head
        if isinstance(head, Primitive):
            return self.gate_text(node, head)
        method: Callable[[Array], Text] = getattr(self, f"text_{head}")
        return method(node)

    def gate_text(self, node: Array, op: Primitive) -> Text:
        rank = node.rank
        operands = node.operands
        if op in (primitives.mul, primitives.div, primitives.neg):
            return self.product_text(node, op)
        if op in _INFIX:
            left = self.inner(operands[0], SUM, rank)
            right = self.inner(operands[1], SUM if op is primitives.add else PRODUCT, rank)
            if op is primitives.add and right.startswith("-"):
                return Text(f"{left} - {right[1:]}", SUM, True)
            return Text(f"{left} {_INFIX[op]} {right}", SUM, True)
        if op is primitives.pow:
            power = resolved(operands[1])
            base = self.inner(operands[0], ATOM, rank)
            if power.head == "number":
                return Text(f"{base} ** {self.inner(power, ATOM)}", POWER, True)
        arguments = ", ".join(self.inner(o, COMPARE, rank) for o in operands)
        name = f"np.{op.array}" if isinstance(op.array, str) else self.function(op)
        return Text(f"{name}({arguments})", ATOM, True)

    def function(self, op: Primitive) -> str:
        """A gate without a NumPy text is called by its name."""
        name = op.name if op.name not in self.taken else f"{op.name}_gate"
        self.constants[name] = op
        return name

    def product_text(self, node: Array, op: Primitive) -> Text:
        """A product, quotient or negative; the factors of inlined operands are its own."""
        factors = Factors(coefficient=-1.0 if op is primitives.neg else 1.0)
        above = node.operands
        if op is primitives.div:
            above, below = node.operands[:1], resolved(node.operands[1])
            if below.head == "batch_size" and node.operands[0].head == "number":
                factors.coefficient, factors.over_batch = node.operands[0].extra, True
                above = ()
            else:
                factors.under.append(self.inner(below, POWER, node.rank))
        for operand in map(resolved, above):
            self.multiply(factors, operand, node.rank)
        text = factors.text()
        return Text(text.text, text.binds, True, factors)

    def multiply(self, factors: Factors, operand: Array, rank: int) -> None:
        """Put one more factor into a product."""
        text = self.texts[operand]
        own = text.factors if text.pending else None
        mask = _mask(operand) if text.pending else None
        if operand.head == "number":
            factors.coefficient *= operand.extra
        elif (
            own is not None
            and (operand.rank == rank or not operand.batched)
            and not (factors.over_batch and own.over_batch)
        ):
            factors.coefficient *= own.coefficient
            factors.over_batch |= own.over_batch
            factors.plain += own.plain
            factors.masks += own.masks
            factors.under += own.under
        elif mask is not None:
            factors.masks.append(f"({self.inner(mask, SUM, rank)} > 0)")
        else:
            factors.plain.append(self.inner(operand, SIGN, rank))

    # leaves

    def text_input(self, node: Array) -> Text:
        name = self.input_names[node.extra]
        self.names[node] = name
        return Text(name, ATOM)

    def text_theta(self, node: Array) -> Text:
        return Text("theta", ATOM)

    def text_number(self, node: Array) -> Text:
        text = number(node.extra)
        if text in ("inf", "-inf", "nan"):
            text = text.replace("inf", "np.inf").replace("nan", "np.nan")
        return Text(text, SIGN if text.startswith("-") else ATOM)

    def text_array(self, node: Array) -> Text:
        data = node.extra
        if data.ndim == 1 and np.array_equal(data, np.arange(len(data))) and len(data) > 1:
            return Text(f"np.arange({len(data)})", ATOM, self.uses[node] > 1)
        name = self.constant(node.hint or "C", data)
        return Text(name, ATOM)

    def text_batch_size(self, node: Array) -> Text:
        self.uses_batch = True
        return Text("B", ATOM)

    # access

    def text_take(self, node: Array) -> Text:
        source = resolved(node.operands[0])
        if source.head != "theta":
            text = read(self.atom(source), source.shape, source.batched, node.extra, self._index)
            return Text(text, ATOM, True)
        part = slice_of(node.extra)
        if node.extra.size == 1 or part is None:
            return Text(read("theta", source.shape, False, node.extra, self._index), ATOM, True)
        letter = "w" if node in self.matrix_weights else "b"
        if node.extra.ndim > 1:
            letter = "W"
        counter = letter.lower()
        self.counters[counter] = self.counters.get(counter, 0) + 1
        while f"{letter}{self.counters[counter]}" in self.taken:
            self.counters[counter] += 1
        name = self.keep(node, f"{letter}{self.counters[counter]}")
        shape = f".reshape{_tuple(node.extra.shape)}" if node.extra.ndim > 1 else ""
        start = int(node.extra.flat[0])
        self.header.append((start, f"{name} = theta[{part}]{shape}"))
        return Text(name, ATOM)

    def text_transpose(self, node: Array) -> Text:
        return Text(f"{self.atom(node.operands[0])}.T", ATOM)

    def _index(self, index: Any) -> str:
        return self.constant("I", index)

    def text_assemble(self, node: Array) -> Text:
        """The gradient of an array that was read in parts."""
        shape = node.shape
        size = int(np.prod(shape, dtype=int))
        parts = []
        for (data, index_shape), operand in zip(node.extra, node.operands, strict=True):
            parts.append((np.frombuffer(data, dtype=np.int64).reshape(index_shape), operand))
        lead = "B, " if node.batched else ""
        if len(shape) == 1 and all(index.ndim < 2 for index, _ in parts):
            parts.sort(key=lambda part: int(part[0].flat[0]))
            everything = np.concatenate([index.ravel() for index, _ in parts])
            if np.array_equal(everything, np.arange(size)) and all(
                index.size == 1 or slice_of(index) for index, _ in parts
            ):
                pieces = [self.atom(operand) for _, operand in parts]
                for k, (index, _) in enumerate(parts):
                    if index.ndim == 0:
                        pieces[k] = f"{pieces[k]}[:, None]" if node.batched else f"[{pieces[k]}]"
                text = f"np.concatenate([{', '.join(pieces)}], {1 if node.batched else 0})"
                return Text(text, ATOM, True)
        pieces = [self.atom(operand) for _, operand in parts]
        if len(parts) == 1 and parts[0][0].ndim and slice_of(parts[0][0]) is None:
            text = f"scatter({pieces[0]}, {self._index(parts[0][0])}, {size})"
            if len(shape) > 1:
                text += f".reshape({lead}{', '.join(map(str, shape))})"
            return Text(text, ATOM, True)
        name = self.new_name(node)
        self.body.append(f"{name} = np.zeros({_tuple_text(lead + str(size))}, theta.dtype)")
        axis = ":, " if node.batched else ""
        for (index, _), piece in zip(parts, pieces, strict=True):
            part = slice_of(index)
            if index.ndim == 0:
                self.body.append(f"{name}[{axis}{int(index)}] += {piece}")
            elif part is not None:
                flat = f".reshape({lead}{index.size})" if index.ndim > 1 else ""
                self.body.append(f"{name}[{axis}{part}] += {piece}{flat}")
            else:
                self.body.append(f"{name} += scatter({piece}, {self._index(index)}, {size})")
        if len(shape) > 1:
            sizes = ", ".join(map(str, shape))
            return Text(f"{name}.reshape({lead}{sizes})", ATOM)
        return Text(name, ATOM)

    def text_reshape(self, node: Array) -> Text:
        source = resolved(node.operands[0])
        lead = "B, " if node.batched else ""
        text = self.texts[source]
        if source.shape == (*node.shape, 1):
            if source.head == "reduce" and text.pending:
                return Text(text.text.replace(", keepdims=True", ""), ATOM, True)
            first = ":, 0" if source.batched and source.rank == 1 else "..., 0"
            return Text(f"{self.atom(source)}[{first}]", ATOM, True)
        if node.shape == (*source.shape, 1):
            if not node.batched and not source.shape:
                return text
            plain = source.rank + source.batched == 1
            where = ":, None" if plain else "..., None"
            return Text(f"{self.atom(source)}[{where}]", ATOM, True)
        sizes = ", ".join(map(str, node.shape))
        if not lead and not sizes:
            return Text(f"{self.atom(source)}.reshape(())", ATOM, True)
        return Text(f"{self.atom(source)}.reshape({(lead + sizes).rstrip(', ')})", ATOM, True)

    def text_expand(self, node: Array) -> Text:
        source = resolved(node.operands[0])
        lead = ["B"] if node.batched else []
        shape = ", ".join([*lead, *map(str, node.shape)])
        if not source.shape and not source.batched:
            return Text(
                f"np.full({_tuple_text(shape)}, {self.texts[source].text}, theta.dtype)", ATOM, True
            )
        text = self.inner(source, COMPARE, node.rank)
        return Text(f"np.broadcast_to({text}, {_tuple_text(shape)})", ATOM, True)

    # products and sums

    def text_matmul(self, node: Array) -> Text:
        x, w = map(resolved, node.operands)
        left, right = self.inner(x, ATOM), self.atom(w)
        if w.rank == 2 and node.extra:
            if not x.batched and x.rank == 1:
                return Text(f"{right} @ {left}", PRODUCT, True)
            right = right[:-2] if w.head == "transpose" and right.endswith(".T") else right + ".T"
        if x.batched and x.rank > 1 and w.rank == 2:
            sizes = ", ".join(map(str, node.shape))
            text = f"({self.atom(x)}.reshape(-1, {x.shape[-1]}) @ {right}).reshape(B, {sizes})"
            return Text(text, ATOM, True)
        return Text(f"{left} @ {right}", PRODUCT, True)

    def text_outer_sum(self, node: Array) -> Text:
        d, x = map(resolved, node.operands)
        left, right = self.atom(d), self.atom(x)
        if x.batched and x.rank > 1:
            right += f".reshape(-1, {x.shape[-1]})"
            left += f".reshape(-1, {node.shape[0]})" if node.rank == 2 else ".reshape(-1)"
        elif d.rank > 1 and not d.batched and node.rank == 1:
            left += ".reshape(-1)"
        return Text(f"{left}{'.T' if node.rank == 2 else ''} @ {right}", PRODUCT, True)

    def text_sum(self, node: Array) -> Text:
        source = resolved(node.operands[0])
        batch, axes = node.extra
        shift = 1 if source.batched else 0
        all_axes = tuple([0] * batch + [axis + shift for axis in axes])
        if len(all_axes) == source.rank + shift:
            which = ""
        else:
            which = str(all_axes[0]) if len(all_axes) == 1 else str(all_axes)
        text = self.inner(source, ATOM)
        return Text(f"{text}.sum({which})", ATOM, True)

    def text_reduce(self, node: Array) -> Text:
        source = resolved(node.operands[0])
        return Text(f"{self.inner(source, ATOM)}.{node.extra}(-1, keepdims=True)", ATOM, True)

    # elementwise

    def text_call(self, node: Array) -> Text:
        arguments = ", ".join(self.inner(o, COMPARE, node.rank) for o in node.operands)
        return Text(f"np.{node.extra}({arguments})", ATOM, True)

    def text_compare(self, node: Array) -> Text:
        left, right = (self.inner(o, SUM, node.rank) for o in node.operands)
        return Text(f"{left} {node.extra} {right}", COMPARE, True)

    def text_stack(self, node: Array) -> Text:
        columns = ", ".join(self.inner(operand, COMPARE) for operand in node.operands)
        return Text(f"np.stack([{columns}], -1)", ATOM, True)

    def text_pick(self, node: Array) -> Text:
        x, hit = node.operands
        rank = max(x.rank, hit.rank)
        return Text(
            f"pick({self.inner(x, COMPARE, rank)}, {self.inner(hit, COMPARE, rank)})", ATOM, True
        )


def _mask(node: Array) -> Array | None:
    """What a step looks at: (that > 0)."""
    if node.head == "call" and node.extra == "heaviside":
        return resolved(node.operands[0])
    return None


def _tuple(shape: tuple[int, ...]) -> str:
    return _tuple_text(", ".join(map(str, shape)))


def _tuple_text(sizes: str) -> str:
    sizes = sizes.rstrip(", ")
    return f"({sizes})" if "," in sizes or not sizes else f"({sizes},)"


def _repeats(region: Any) -> bool:
    """Whether an element is named twice."""
    return slice_of(region) is None and int(np.bincount(region).max()) > 1


def _runs_of(places: Any) -> list[str]:
    """Slices that cover these increasing places."""
    breaks = np.flatnonzero(np.diff(places) > 1)
    starts = [0, *(breaks + 1)]
    stops = [*breaks, len(places) - 1]
    return [f"{places[a]}:{places[b] + 1}" for a, b in zip(starts, stops, strict=True)]


def _words(line: str) -> list[str]:
    return "".join(c if c.isalnum() or c == "_" else " " for c in line).split()
