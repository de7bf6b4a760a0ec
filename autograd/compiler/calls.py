"""Calls: the lines of a schedule as NumPy calls, each of which does one thing.

An expression becomes a list: operands first, every result in a storage of its own. Where that lies
is for ``buffers.py`` to decide.

Nobody reads this variant of a program, so it may do what a lecturer would not write: ``dot`` costs
less than ``matmul`` where a matrix is small, and a sum along an axis costs less as a product with
a vector of ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine import primitives
from .access import read, slice_of, way
from .buffers import Call, Storage, View, turned
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
from .products import Product, product
from .schedule import Line, Schedule
from .texts import numpy, tuple_text

__all__ = ["Calls"]

SMALL = 1 << 16  # numbers, up to which an array of zeros costs less than a comparison with 0
_FUNCTIONS = {
    COMPARISONS["=="]: "np.equal",
    COMPARISONS["!="]: "np.not_equal",
    COMPARISONS["<"]: "np.less",
    COMPARISONS["<="]: "np.less_equal",
    COMPARISONS[">"]: "np.greater",
    COMPARISONS[">="]: "np.greater_equal",
    primitives.step: "np.heaviside",
}
_OF_NUMBERS = {
    primitives.add: "({0} + {1})",
    primitives.sub: "({0} - {1})",
    primitives.pow: "np.power({0}, {1})",
    primitives.choice: "({1} if {0} else {2})",
    primitives.step: "np.heaviside({0}, 0.0)",
} | {op: f"({{0}} {op.symbol} {{1}})" for op in COMPARISONS.values()}
_REDUCE = {"sum": "add", "max": "maximum", "min": "minimum"}


class Calls:
    """The calls of a schedule.

    Args:
        schedule: of ``value_and_grad``.
        dtype: of its arrays.
        prefix: of names that no other name begins with.
        given: whether g comes with each call.

    Attributes:
        calls: in their order.
        constants: what they mention by name.
    """

    def __init__(self, schedule: Schedule, dtype: str, prefix: str, given: bool) -> None:
        self.dtype = dtype
        self.prefix = prefix
        self.constants = dict(schedule.constants)
        self.calls: list[Call] = []
        self.theta = _known("theta", "fixed")
        self.g = _known("g", "given" if given else "fixed")
        self.by_name = {name: node for node, name in schedule.names.items()}
        self.at: dict[Array, View] = {}
        for node, name in schedule.names.items():
            if isinstance(node, Input):
                self.at[node] = _known(name, "given", node.shape, node.batched)
        for line in schedule.lines:
            self.line(line)
        self.calls.append(Call("return {0}", (self.loss,)))

    # ------------------------------------------------------------------ storages

    def call(self, form: str, *reads: View, out: View, way: str = "") -> View:
        """Add a call; what it writes to."""
        self.calls.append(Call(form, reads, out, way))
        return out

    def new(self, batched: bool, shape: Shape, dtype: str = "number", rows: bool = False) -> View:
        return View(Storage(batched, shape, dtype, rows=rows), batched, shape, dtype)

    def like(self, node: Array, rows: bool = False) -> View:
        """A new storage for an operation."""
        return self.new(node.batched, node.shape, node.dtype, rows)

    def local(self, form: str, *reads: View, node: Array | None = None) -> View:
        """What NumPy makes anew in every call, or a number of Python."""
        storage = Storage(False, (), made="local")
        if node is None:
            out = View(storage, False, ())
        else:
            storage.bases = tuple(view.of for view in reads)
            out = View(storage, node.batched, node.shape, node.dtype)
        return self.call(f"{{out}} = {form}", *reads, out=out)

    def number(self, text: str) -> View:
        """A number as an array without axes: NumPy need not make one of it in every call."""
        return _known(f'np.array({text}, "{self.dtype}")', "once")

    def ones(self, view: View) -> View:
        """As many ones as there are elements."""
        count = " * ".join(map(str, [*(["B"] if view.batched else []), *view.shape]))
        return _known(f"np.ones({count})", "once")

    def constant(self, data: Any) -> str:
        """The name of an array that is known now."""
        for name, known in self.constants.items():
            same = isinstance(known, np.ndarray) and known.dtype == data.dtype
            if same and np.array_equal(known, data):
                return name
        name = f"{self.prefix}c{len(self.constants)}"
        self.constants[name] = data
        return name

    def part_of(self, vector: View, index: Any) -> View:
        """Elements of theta or g, which are evenly spaced."""
        if index is None:
            return vector
        shape = "" if index.ndim == 1 else f".reshape{tuple_text(index.shape)}"
        path = f"{{}}[{slice_of(index)}]{shape}"
        return View(vector.of, False, index.shape, path=path, dense=_side_by_side(index))

    # ------------------------------------------------------------------ lines

    def line(self, line: Line) -> None:
        if line.name == "g":
            self.gradient(line)
        elif line.value is None:
            node = self.by_name[line.name]
            self.at[node] = self.call("{out}.fill(0)", out=self.like(node, rows=True))
        elif line.part is not None:
            self.add_part(line)
        else:
            view = self.compute(line.value)
            if line.name == "loss":
                view = view if view.of.made == "local" else self.local("float({0})", view)
                self.loss = view
            elif view.path != "{}" and not view.made_once:
                view = self.local("{0}", view, node=line.value)
            self.at[line.value] = view

    def add_part(self, line: Line) -> None:
        """Add to some elements of a scattered gradient."""
        assert line.value is not None
        node = self.by_name[line.name]
        whole, value, index = self.at[node], self.compute(line.value), line.part
        part = slice_of(index)
        if part is None:
            added = self.scattered(node, value, index)
            self.call("np.add({0}, {1}, out={out})", whole, added, out=whole)
            return
        if index.ndim > 1:
            value = reshaped(value, (index.size,))
        if index.ndim == 0:
            part = str(int(index)) if node.batched else f"{int(index)}, ..."
        view = changed(whole, f"{{}}[{':, ' if node.batched else ''}{part}]", value.shape, False)
        self.call("np.add({0}, {1}, out={out})", view, value, out=view)

    def scattered(self, node: Array, value: View, index: Any) -> View:
        """Each element gathers what was taken from it, where that is a few numbers."""
        places, mask = _gathering(index, node.size)
        if places is None or not node.batched:
            form = f"scatter({{0}}, {self.constant(index)}, {node.size})"
            return self.local(form, value, node=node)
        flat = reshaped(value, (index.size,)) if index.ndim > 1 else value
        found = self.new(True, places.shape, rows=True)
        self.call(f'np.take({{0}}, {self.constant(places)}, 1, {{out}}, "clip")', flat, out=found)
        if not mask.all():
            there = _known(self.constant(mask.astype(self.dtype)), "fixed", places.shape)
            found = self.elementwise("np.multiply", found, there)
        if len(places) == 1:
            return changed(found, "{}[:, 0]", (node.size,))
        total = self.new(True, (node.size,), rows=True)
        return self.call("np.add.reduce({0}, 1, out={out})", found, out=total)

    def gradient(self, line: Line) -> None:
        """Write to a part of g."""
        index, sign = line.part, line.sign
        if line.value is None:
            self.call("{out}.fill(0)", out=self.part_of(self.g, index))
            return
        value = self.compute(line.value)
        if index is not None and slice_of(index) is None:
            name = self.constant(index)
            if int(np.bincount(index.ravel()).max()) > 1:
                spread = f"np.broadcast_to({{1}}, {tuple_text(index.shape)})"
                form = f"np.add({{0}}, scatter({spread}, {name}, g.size), out={{out}})"
                self.call(form, self.g, value, out=self.g)
            else:
                self.call(f"{{out}}[{name}] {sign} {{0}}", value, out=self.g)
        elif index is not None and index.ndim == 0:
            self.call(f"{{out}}[{int(index)}] {sign} {{0}}", value, out=self.g)
        elif sign == "+=":
            part = self.part_of(self.g, index)
            self.call("np.add({0}, {1}, out={out})", part, value, out=part)
        else:
            self.copy(value, self.part_of(self.g, index))

    def copy(self, value: View, out: View) -> None:
        self.calls.append(Call("np.copyto({out}, {0})", (value,), out, copies=[(value, out)]))

    # ------------------------------------------------------------------ gates

    def compute(self, node: Array) -> View:
        """Where a node is to be found; it is computed, if it is not there yet."""
        if node not in self.at:
            self.at[node] = _COMPUTE[type(node)](self, node)
        return self.at[node]

    def as_array(self, view: View) -> View:
        """The same; a number that is known now is no array yet."""
        return self.number(view.of.name) if view.of.made == "number" else view

    def elementwise(self, function: str, *operands: View, dtype: str = "number") -> View:
        """A function of elements; operands without an axis are repeated along it."""
        rank = max(len(each.shape) for each in operands)
        operands = tuple(spread(self.as_array(each), rank) for each in operands)
        shapes = [(1,) * (rank - len(each.shape)) + each.shape for each in operands]
        shape = tuple(np.broadcast_shapes(*shapes))
        out = self.new(any(each.batched for each in operands), shape, dtype)
        form = f"{function}({_places(len(operands))}, out={{out}})"
        return self.call(form, *operands, out=out, way="elementwise")

    def gate(self, node: Gate) -> View:
        parts = product(node, lambda operand: operand not in self.at)
        if parts is not None:
            return self.product(parts)
        op, number = node.op, not (node.batched or node.shape)
        if op is primitives.choice and not number:
            return self.select(node)
        views = [self.compute(operand) for operand in node.operands]
        function = numpy.function(op, len(views))
        if number and op in _OF_NUMBERS:
            return self.local(_OF_NUMBERS[op], *views)
        if number and function:
            return self.local(f"{function}({_places(len(views))})", *views)
        function = _FUNCTIONS.get(op, function)
        if not function:  # a gate that NumPy does not have
            function = next(name for name, thing in self.constants.items() if thing is op)
            views = [spread(self.as_array(view), node.rank) for view in views]
            return self.local(f"{function}({_places(len(views))})", *views, node=node)
        if op is primitives.step:
            views.append(_number("0.0"))
        if op is primitives.pow and getattr(node.operands[1], "value", None) == 2:
            function, views = "np.square", views[:1]
        if op is primitives.maximum and views[1].of.name == "0.0":
            lengths = tuple_text(self.lengths(node, *node.shape))
            few = f"{'B * ' * node.batched}{node.size} < {SMALL}"
            zeros = f'np.zeros({lengths}, "{self.dtype}", "{{order}}") if {few} else 0.0'
            views[1] = _known(zeros, "once")  # small arrays of one shape and order are faster
        return self.elementwise(function, *views, dtype=node.dtype)

    def product(self, parts: Product) -> View:
        """Numbers first, then arrays: the smaller, the less to do; divisors after factors."""
        factors = [("*", each) for each in parts.plain] + [("/", each) for each in parts.under]
        factors.sort(key=lambda f: (f[1].batched or f[1].rank > 0, f[0], f[1].batched, f[1].size))
        result = _number(_text_of(parts.coefficient))
        if parts.over_batch:
            result = _number(f"({result.of.name} / B)")
        views = [self.compute(each) for _, each in factors]
        for (sign, each), view in zip(factors, views, strict=True):
            if sign == "*" and result.of.name == "1.0" and each.dtype == "number":
                result = view
            elif sign == "*" and result.of.name == "(-1.0)" and each.dtype == "number":
                result = self.times("np.negative", "-{0}", view)
            elif sign == "*":
                result = self.times("np.multiply", "{0} * {1}", result, view)
            else:
                result = self.times("np.divide", "{0} / {1}", result, view)
        return result

    def times(self, function: str, of_numbers: str, *operands: View) -> View:
        if all(each.is_number for each in operands):
            return self.local(of_numbers, *operands)
        return self.elementwise(function, *operands)

    def select(self, node: Gate) -> View:
        condition, yes, no = (self.compute(operand) for operand in node.operands)
        out = self.like(node)
        self.copy(spread(self.as_array(no), node.rank), out)
        if condition.is_number:
            condition = self.local("({0} != 0)", condition)
        elif condition.dtype == "number":
            condition = self.elementwise("np.not_equal", condition, _number("0"), dtype="truth")
        views = (spread(self.as_array(each), node.rank) for each in (yes, condition))
        return self.call("np.copyto({out}, {0}, where={1})", *views, out=out)

    def literal(self, node: Number) -> View:
        return _number(_text_of(node.value))

    def batch_size(self, node: Array) -> View:
        return _number("B")

    # ------------------------------------------------------------------ products and sums

    def lengths(self, node: Array, *lengths: int) -> list[Any]:
        return [*(["B"] if node.batched else []), *lengths]

    def contract(self, node: Contract) -> View:
        a, b = node.operands
        left, right = self.compute(a), self.compute(b)
        if node.by_matrix:
            if b.rank == 2 and node.right[1] == node.summed:
                if not a.batched and a.rank == 1:
                    return self.dot(node, right, left)
                right = turned(right)
            return self.dot(node, as_rows(left, a.shape[-1:]) if a.batched else left, right)
        if not node.over_rows:
            return self.matmul(node, left, right)
        left = as_rows(left, node.shape[:-1])
        right = as_rows(right, b.shape[-1:])
        return self.dot(node, turned(left) if node.rank == 2 else left, right)

    def matmul(self, node: Contract, left: View, right: View) -> View:
        """Stacks of matrix products, through views whose axes lie so."""
        out = self.like(node, rows=node.rank > 1)
        wanted = node.as_matrices()
        if wanted is None:
            names = f"{node.left},{node.right}->{node.axes}".replace("B", "b")
            self.call(f'np.einsum("{names}", {{0}}, {{1}}, out={{out}})', left, right, out=out)
            return out
        pairs = zip((left, right, out), (node.left, node.right, node.axes), wanted, strict=True)
        views = [with_axes(view, have, want) for view, have, want in pairs]
        self.call("np.matmul({0}, {1}, out={out})", *views[:2], out=views[2])
        return out

    def dot(self, node: Contract, left: View, right: View) -> View:
        if node.rank == 0 and not node.batched:
            return self.local("np.dot({0}, {1})", left, right)
        out = self.like(node)
        out.of.dense = True
        rows = out
        if node.batched and node.operands[0].rank > 1:
            rows = as_rows(out, node.shape[-1:] if node.operands[1].rank == 2 else ())
        self.call("np.dot({0}, {1}, out={out})", left, right, out=rows, way="dot")
        return out

    def summed_product(self, node: Reduce) -> View | None:
        """Σ a·b along the last axis, which needs no array of the products."""
        (source,) = node.operands
        along = node.kind == "sum" and not node.batch and node.axes == (source.rank - 1,)
        if not along or source in self.at or not source.is_gate(primitives.mul):
            return None
        if any(o.batched != source.batched or o.shape != source.shape for o in source.operands):
            return None
        if any(o.dtype == "truth" for o in source.operands):
            return None
        a, b = (self.compute(operand) for operand in source.operands)
        out = self.new(node.batched, source.shape[:-1], rows=node.keep)
        self.call('np.einsum("...k,...k->...", {0}, {1}, out={out})', a, b, out=out)
        return changed(out, "{}[..., None]", node.shape) if node.keep else out

    def reduce(self, node: Reduce) -> View:
        (source,) = node.operands
        found = self.summed_product(node) if node.batched else None
        if found is not None:
            return found
        view = self.compute(source)
        axes = tuple([0] * node.batch + [axis + source.batched for axis in node.axes])
        rank = source.rank + source.batched
        function = f"np.{_REDUCE[node.kind]}"
        products = node.kind == "sum" and self.dtype == "float64" and source.dtype == "number"
        products = products and (rank == 1 or view.dense)
        if len(axes) == rank and not node.keep:
            if not products:
                return self.local(f"{function}.reduce({{0}}, None)", view)
            flat = view if rank == 1 else changed(dense(view), '{}.ravel("K")', (source.size,))
            return self.local("np.dot({0}, {1})", self.ones(view), flat)
        out = self.new(node.batched, source.shape[:-1] if node.keep else node.shape, rows=node.keep)
        truths = f', dtype="{self.dtype}"' if source.dtype == "truth" else ""
        if source.rank > 1 and axes == (rank - 1,) and 1 < source.shape[-1] <= 8:
            columns = [
                changed(view, f"{{}}[..., {k}]", source.shape[:-1], False)
                for k in range(source.shape[-1])
            ]
            self.call(f"{function}({{0}}, {{1}}, out={{out}}{truths})", *columns[:2], out=out)
            for each in columns[2:]:
                self.call(f"{function}({{0}}, {{1}}, out={{out}})", out, each, out=out)
        elif products and axes == tuple(range(rank - 1)):
            rows = as_rows(view, source.shape[-1:])
            ones = self.ones(view._replace(shape=source.shape[:-1]))
            self.call("np.dot({0}, {1}, out={out})", ones, rows, out=dense(out))
        else:
            axis = axes[0] if len(axes) == 1 else axes
            self.call(f"{function}.reduce({{0}}, {axis}, out={{out}}{truths})", view, out=out)
        return changed(out, "{}[..., None]", node.shape) if node.keep else out

    # ------------------------------------------------------------------ shapes and access

    def reshape(self, node: Array) -> View:
        (source,) = node.operands
        view = self.compute(source)
        if view.is_number:
            return view._replace(shape=node.shape)  # a number does for an array of one
        if node.shape == (*source.shape, 1):
            return changed(view, "{}[..., None]", node.shape)
        if source.shape == (*node.shape, 1):
            if not node.batched and node.rank == 0:
                return self.local("{0}[0]", view)
            return changed(view, "{}[..., 0]", node.shape)
        return reshaped(view, node.shape)

    def transpose(self, node: Array) -> View:
        return turned(self.compute(node.operands[0]))

    def broadcast(self, node: Array) -> View:
        (source,) = node.operands
        view = self.compute(source)
        if view.is_number:
            return self.call("{out}.fill({0})", view, out=self.like(node))
        shape = tuple_text(self.lengths(node, *node.shape))
        path = f"np.broadcast_to({{}}, {shape})"
        view = changed(spread(view, node.rank), path, node.shape, False)
        return view._replace(batched=node.batched)

    def take(self, node: Take) -> View:
        (source,) = node.operands
        if isinstance(source, Parameters):
            if node.shape == ():
                return View(self.theta.of, False, (), path=f"{{}}[{int(node.index)}, ...]")
            if slice_of(node.index) is not None:
                return self.part_of(self.theta, node.index)
        view = self.compute(source)
        found = way(source.shape, node.index)
        if found.taken:
            flat = view if found.lengths is None else reshaped(view, found.lengths)
            index = self.constant(node.index)
            form = f'np.take({{0}}, {index}, {int(source.batched)}, {{out}}, "clip")'
            return self.call(form, flat, out=dense(self.like(node, rows=True)))
        path = read("{}", source.shape, node.index, str, (lambda: "B") if source.batched else None)
        if not node.batched and node.rank == 0:
            return self.local(path, view)
        if found.lengths is not None or found.after is not None:
            return reshaped(view, node.shape, path)._replace(dense=False)
        return changed(view, path, node.shape, False)

    def scatter(self, node: Scatter) -> View:
        ((index, operand),) = zip(node.indices, node.operands, strict=True)
        return self.scattered(node, self.compute(operand), index)

    def concatenate(self, node: Concatenate) -> View:
        out = self.like(node, rows=node.rank > 1)
        copies, texts = [], []
        start = 0
        for k, operand in enumerate(node.operands):
            stop = start + operand.shape[-1]
            path, text, part = f"{{}}[..., {start}:{stop}]", f"{{{k}}}", operand
            start = stop
            if isinstance(operand, Reshape) and node.rank == 1:
                (part,) = operand.operands  # any shape will do for columns of a row
                path += f".reshape({tuple_text(self.lengths(part, *part.shape))})"
                text += f".reshape{tuple_text(self.lengths(operand, *operand.shape))}"
            view = self.compute(part)
            if view.is_number:
                text = f"[{{{k}}}]"
            texts.append(text)
            copies.append((view, changed(out, path, part.shape, False)))
        form = f"np.concatenate([{', '.join(texts)}], -1, out={{out}})"
        self.calls.append(Call(form, tuple(view for view, _ in copies), out, copies=copies))
        return out

    def pick(self, node: Pick) -> View:
        x, hit = (self.compute(operand) for operand in node.operands)
        rank = max(len(x.shape), len(hit.shape))
        return self.local("pick({0}, {1})", spread(x, rank), spread(hit, rank), node=node)

    def lookup(self, node: Lookup) -> View:
        table, index = (self.compute(operand) for operand in node.operands)
        if not node.shape and not node.batched:
            return self.local("lookup({0}, {1})", table, index)
        out = dense(self.like(node, rows=True))
        return self.call("lookup({0}, {1}, {out})", table, index, out=out)

    def scatter_rows(self, node: ScatterRows) -> View:
        rows, index = (self.compute(operand) for operand in node.operands)
        return self.local(f"scatter_rows({{0}}, {{1}}, {node.shape[0]})", rows, index, node=node)

    def stack(self, node: Stack) -> View:
        columns = [self.compute(operand) for operand in node.operands]
        return self.local(f"np.stack([{_places(len(columns))}], -1)", *columns, node=node)

    def parameters(self, node: Array) -> View:
        return self.theta._replace(shape=node.shape)

    def array(self, node: Constant) -> View:
        return _known(self.constant(node.numbers), "fixed", node.shape)._replace(dtype=node.dtype)


_COMPUTE: dict[type, Any] = {
    Number: Calls.literal,
    BatchSize: Calls.batch_size,
    Parameters: Calls.parameters,
    Constant: Calls.array,
    Gate: Calls.gate,
    Contract: Calls.contract,
    Reduce: Calls.reduce,
    Reshape: Calls.reshape,
    Transpose: Calls.transpose,
    Broadcast: Calls.broadcast,
    Take: Calls.take,
    Scatter: Calls.scatter,
    Concatenate: Calls.concatenate,
    Pick: Calls.pick,
    Lookup: Calls.lookup,
    ScatterRows: Calls.scatter_rows,
    Stack: Calls.stack,
}


# ------------------------------------------------------------------ views


def _known(name: str, made: str, shape: Shape = (), batched: bool = False) -> View:
    """What need not be computed."""
    return View(Storage(batched, shape, made=made, name=name), batched, shape)


def _number(text: str) -> View:
    return _known(f"({text})" if text.startswith("-") else text, "number")


def _text_of(x: float) -> str:
    return repr(x) if np.isfinite(x) else numpy.number(x)


def _places(count: int) -> str:
    """The places of so many operands in a form.

    >>> _places(2)
    '{0}, {1}'
    """
    return ", ".join(f"{{{k}}}" for k in range(count))


def changed(view: View, path: str, shape: Shape, dense: bool | None = None) -> View:
    """A view of a view, of so many elements a sample."""
    path = path.replace("{}", view.path)
    return view._replace(path=path, shape=shape, dense=view.dense if dense is None else dense)


def spread(view: View, rank: int) -> View:
    """The same with axes of length 1 behind the batch, so that it has as many axes."""
    more = rank - len(view.shape)
    if not view.batched or more <= 0:
        return view
    return changed(view, f"{{}}[:{', None' * more}]", (1,) * more + view.shape)


def dense(view: View) -> View:
    """The same; its storage must lie without gaps from now on."""
    view.of.dense = True
    return view


def reshaped(view: View, shape: Shape, path: str = "") -> View:
    """The same elements in another shape: a view of what lies row by row without gaps, else a copy.

    Args:
        view: of the elements.
        shape: of the result.
        path: how to read it, if not by a single ``reshape``.
    """
    lengths = tuple_text([*(["B"] if view.batched else []), *shape])
    found = changed(view, path or f"{{}}.reshape{lengths}", shape)
    if not view.dense:
        return found._replace(fixed=False)
    view.of.rows = view.of.dense = True
    return found


def as_rows(view: View, row: Shape) -> View:
    """All axes but the last as one, or all; ``row`` is the shape of what stays."""
    if len(view.shape) + view.batched == 1 + len(row):
        return view
    return reshaped(view, row, f"{{}}.reshape{tuple_text([-1, *row])}")


def with_axes(view: View, have: str, want: str) -> View:
    """The axes in another order, and new ones where it says 1; a letter an axis."""
    places = tuple(have.index(axis) for axis in want if axis != "1")
    path = "{}"
    if places != tuple(range(len(have))):
        path += f".transpose{tuple_text(places)}"
    if "1" in want:
        path += f"[{', '.join('None' if axis == '1' else ':' for axis in want)}]"
    return view if path == "{}" else changed(view, path, view.shape, False)


# ------------------------------------------------------------------ indices


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


def _side_by_side(index: Any) -> bool:
    """Whether these elements, which are evenly spaced, lie side by side."""
    return index.size == 1 or bool(index.flat[1] - index.flat[0] == 1)
