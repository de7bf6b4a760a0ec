"""Build: the steps from a scalar graph to the source of an array program, in their order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ..engine.gate import Primitive
from ..engine.value import Value
from .blocks import blocks
from .boxes import Block
from .c import CFile
from .canonicalise import canonicalise
from .emit import NUMPY, Form, emit_gradient, emit_values
from .expand import expand
from .formulas import formulas
from .group import Group, group
from .language import Array, Constant, Input, Stack, Take
from .layout import lay_out
from .lower import lower
from .names import input_names
from .reverse import differentiate
from .running import side_by_side
from .runtime import lookup, pick, scatter, scatter_rows
from .schedule import Schedule
from .sources import Source
from .trace import Trace
from .workspace import workspace

__all__ = ["Built", "build", "namespace_of"]

inspect: Callable[[list[Array]], None] | None = None
"""Is given what each pass leaves behind; the tests set it to ``language.check``."""


@dataclass
class Built:
    """An array program's sources, and what there is to tell about it."""

    sources: dict[str, Source]
    parameters: list[Value]
    explained: list[tuple[str, str]]
    blocks: list[Block]  # for draw()
    latex: str
    width: float  # mean elements of an instruction, for a batch of one
    outputs: int  # how many numbers a sample gives


def build(
    trace: Trace,
    parameters: list[Value],
    data: list[Value],
    reduction: str,
    dtype: str,
    ordered: bool = False,
    target: str | None = None,
) -> Built:
    """Compile a traced graph.

    Args:
        trace: the scalar graph.
        parameters: its leaves that theta stands for.
        data: its leaves that are numbers.
        reduction, dtype: as of ``compile``.
        ordered: whether theta has the parameters in this order.
        target: "c" for the program in C besides, "jax" for one that is written for JAX.
    """
    shapes = [() if a.shape is None else a.shape for a in trace.arguments]
    scalars = side_by_side(canonicalise(trace, parameters, data))
    grouping = group(scalars, shapes)
    del scalars
    lay_out(grouping, ordered)
    batched = [k for k, a in enumerate(trace.arguments) if a.shape is not None]
    names = input_names([trace.arguments[k].name for k in batched])
    all_names = [""] * len(shapes)
    for k, name in zip(batched, names, strict=True):
        all_names[k] = name

    form = _form(target, trace, all_names)
    sources: dict[str, Source] = {}
    lowered = lower(grouping, shapes)
    count = len(grouping.parameters)
    output = _joined(lowered.outputs, trace.single)
    new = _expanded([output])
    values, plain = emit_values(new[output], all_names, dtype, form)
    sources["values"] = _source(values)
    in_c = CFile(dtype, all_names)
    if target == "c":
        in_c.add(plain, new[output], None, count)
    last, gradient = values, None
    if trace.single:
        gradient = differentiate(lowered, reduction)
        new = _expanded([gradient.loss, *(write.value for write in gradient.writes)])
        gradient = gradient.mapped(new)
        last, unrolled = emit_gradient(gradient, count, all_names, dtype, form)
        sources["value_and_grad"] = _source(last)
        if form is NUMPY:
            sources["workspace"] = workspace(unrolled, dtype, count)
        if target == "c":
            in_c.add(unrolled, gradient.loss, gradient.writes, count)
    if target == "c":
        sources["c"] = Source(in_c.text, {"inputs": in_c.inputs, "layout": in_c.layout}, [], {})
    sizes = [
        float(np.prod(array.shape))
        for array in last.names
        if not isinstance(array, (Input, Constant))
    ]
    width = sum(sizes) / len(sizes) if sizes else 1.0
    groups = [(new.get(array, array), members) for array, members in lowered.groups]
    boxes = blocks(groups, last, gradient)
    told, text = _explain(groups, last), formulas(last)
    outputs = len(lowered.outputs)
    return Built(sources, grouping.parameters, told, boxes, text, width, outputs)


def _form(target: str | None, trace: Trace, names: list[str]) -> Form:
    """How the functions of a target are written."""
    if target != "jax":
        return NUMPY
    from .jax_target import Pure

    arguments = zip(names, trace.arguments, strict=True)
    return Pure({name: a.width for name, a in arguments if len(a.shape or ()) > 1})


def _expanded(roots: list[Array]) -> dict[Array, Array]:
    """What computes each array in plain operations."""
    new = expand(roots)
    if inspect is not None:
        inspect(roots)
        inspect([new[root] for root in roots])
    return new


def _joined(outputs: list[Array], single: bool) -> Array:
    """All outputs as one array, without copying where they are one already."""
    if single:
        return outputs[0]
    builder = outputs[0].builder
    takes = [o for o in outputs if isinstance(o, Take) and o.shape == ()]
    if len(takes) == len(outputs) and len({o.operands[0] for o in takes}) == 1:
        index = np.array([int(o.index) for o in takes])
        return builder.take(takes[0].operands[0], index, keep=1)
    batched = any(o.batched for o in outputs)
    columns = tuple(builder.expand(o, (), batched) for o in outputs)
    return builder.make(Stack, columns, (len(outputs),), batched)


def _source(schedule: Schedule) -> Source:
    last = len(schedule.lines) - (schedule.lines[-1].name == "values")
    lines = [*schedule.header, *schedule.text(0, last)]
    classes = {}
    for line in schedule.lines:
        if line.value is not None and line.value.builder.hints.get(line.value) == "hit":
            read = [name for name, _ in schedule.reads(line)]
            classes[line.name] = read[0] if read else "the index"
    return Source(schedule.source, schedule.constants, lines, classes, schedule.kept)


def _explain(groups: list[tuple[Array, Group]], schedule: Schedule) -> list[tuple[str, str]]:
    """For each line, the scalar nodes it holds; of a loop those of one step, and how many steps."""
    lines = {line.value: line for line in schedule.lines if line.value is not None}
    loops = {line.name: line for line in schedule.lines if line.steps is not None}
    single = []
    for array, members in groups:
        line = lines.get(array) or loops.get(schedule.names.get(array, ""))
        text = f"{line.target} = {line.expression}" if line else "(inside another line)"
        single.append((text, _describe(members)))
    if not loops:
        return single
    return [
        (text, members if times == 1 else f"{members}, {times} times")
        for (text, members), times in Counter(single).items()
    ]


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
    functions = (lookup, pick, scatter, scatter_rows)
    namespace: dict[str, Any] = {"np": np} | {each.__name__: each for each in functions}
    for name, thing in constants.items():
        if isinstance(thing, Primitive):
            exact = dtype == "float64"  # as elementwise Python computes
            namespace[name] = thing.on_arrays if exact else partial(_narrowed, thing, dtype)
        elif isinstance(thing, np.ndarray) and thing.dtype.kind == "f":
            namespace[name] = thing.astype(dtype)
        else:
            namespace[name] = thing
    return namespace
