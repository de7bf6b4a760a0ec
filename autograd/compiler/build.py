"""Build: the steps from a scalar graph to the source of an array program, in their order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ..engine.gate import Primitive
from ..engine.value import Value
from .arrays import Array, Book
from .blocks import blocks
from .boxes import Block
from .buffers import Buffer, with_buffers
from .canonicalise import canonicalise
from .emit import Source, emit_gradient, emit_values
from .group import Group, group
from .layout import lay_out
from .lower import Wide, lower
from .names import input_names
from .reverse import differentiate
from .runtime import pick, scatter
from .trace import Trace
from .writer import resolved

__all__ = ["Built", "build", "namespace_of"]


@dataclass
class Built:
    """An array program's sources, each with the constants it uses."""

    sources: dict[str, tuple[str, dict[str, Any]]]
    parameters: list[Value]
    explained: list[tuple[str, str]]
    blocks: list[Block]  # for draw()
    width: float  # mean elements of an instruction, for a batch of one


def build(
    trace: Trace,
    parameters: list[Value],
    data: list[Value],
    reduction: str,
    dtype: str,
    batch_size: int | None,
) -> Built:
    """Compile a traced graph; the leaves in ``data`` are numbers."""
    shapes = [() if a.shape is None else a.shape for a in trace.arguments]
    scalars = canonicalise(trace, parameters, data)
    grouping = group(scalars, shapes)
    del scalars
    lay_out(grouping)
    batched = [k for k, a in enumerate(trace.arguments) if a.shape is not None]
    names = input_names([trace.arguments[k].name for k in batched])
    all_names = [""] * len(shapes)
    for k, name in zip(batched, names, strict=True):
        all_names[k] = name

    sources: dict[str, tuple[str, dict[str, Any]]] = {}
    wide = lower(grouping, shapes)
    output = _joined(wide.book, wide.outputs, trace.single)
    values = emit_values(wide, output, all_names, dtype)
    sources["values"] = values.text, values.constants
    last, gradient = values, None
    if trace.single:
        gradient = differentiate(wide, reduction)
        last = emit_gradient(wide, gradient, all_names, dtype)
        sources["value_and_grad"] = last.text, last.constants
        if batch_size is not None and batched:
            scope = namespace_of(last.constants, dtype)
            widths = [(batch_size, *grouping.shapes[2 + k]) for k in batched]
            inputs = [np.zeros(shape, dtype) for shape in widths]
            count = len(grouping.parameters)
            sources["buffered"] = with_buffers(last.text, last.constants, scope, inputs, count)
    sizes = [float(np.prod(array.shape)) for array in last.names if array.head != "input"]
    width = sum(sizes) / len(sizes) if sizes else 1.0
    return Built(
        sources, grouping.parameters, _explain(wide, last), blocks(wide, last, gradient), width
    )


def _joined(book: Book, outputs: list[Array], single: bool) -> Array:
    """All outputs as one array, without copying where they are one already."""
    if single:
        return outputs[0]
    sources = {o.operands[0] if o.head == "take" else o for o in outputs}
    if len(sources) == 1 and all(o.head == "take" and o.extra.shape == () for o in outputs):
        index = np.array([int(o.extra) for o in outputs])
        return book.take(sources.pop(), index, keep=1)
    batched = any(o.batched for o in outputs)
    columns = tuple(book.expand(o, (), batched) for o in outputs)
    return book.node("stack", columns, (len(outputs),), batched)


def _explain(wide: Wide, source: Source) -> list[tuple[str, str]]:
    """For each array that got a name, the scalar nodes it holds."""
    lines = {line.target: f"{line.target} = {line.expression}" for line in source.lines}
    found = []
    for array, members in wide.groups:
        name = source.names.get(resolved(array))
        line = lines.get(name or "", "(inside another line)")
        found.append((line, _describe(members)))
    return found


def _describe(members: Group) -> str:
    what = "weighted sums" if members.op is None else members.op.name
    if members.op is None and len(members.nodes) == 1:
        what = "weighted sum"
    shape = "×".join(map(str, members.shape)) or "1"
    per = " for each sample" if members.batched else ""
    return f"{len(members.nodes)} {what} ({shape}{per})"


def _narrowed(op: Primitive, dtype: str, *arrays: Any) -> Any:
    """A gate on arrays, its result in the program's own kind of numbers."""
    return np.asarray(op.on_arrays(*arrays), dtype)


def namespace_of(constants: dict[str, Any], dtype: str) -> dict[str, Any]:
    """The names that an emitted program uses."""
    namespace: dict[str, Any] = {"np": np, "pick": pick, "scatter": scatter}
    for name, thing in constants.items():
        if isinstance(thing, Primitive):
            exact = dtype == "float64"  # as elementwise Python computes
            namespace[name] = thing.on_arrays if exact else partial(_narrowed, thing, dtype)
        elif isinstance(thing, np.ndarray) and thing.dtype.kind == "f":
            namespace[name] = thing.astype(dtype)
        else:
            namespace[name] = thing.make() if isinstance(thing, Buffer) else thing
    return namespace
