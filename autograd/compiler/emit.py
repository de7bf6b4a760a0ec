"""Emit: array operations as the NumPy source that a lecturer would write.

``values`` is its one expression with the lines it needs. ``value_and_grad`` is the loss, and then
each gradient written to its part of ``g``, in the order in which the chain rule finds them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .access import slice_of
from .language import Array, Contract, Reduce, needed
from .names import Names
from .reverse import Gradient, Write
from .schedule import Schedule
from .texts import ATOM, Text, tuple_text
from .wording import text_of
from .writer import Writer

__all__ = ["emit_gradient", "emit_values"]


def emit_gradient(gradient: Gradient, count: int, inputs: list[str], dtype: str) -> Schedule:
    """The source of ``value_and_grad(theta, *inputs, g)``, which writes into g.

    Args:
        gradient: the loss and its gradient.
        count: how many parameters there are.
        inputs: the name of each argument; "" for a number held fixed, which is none of the
            function's.
        dtype: of theta and the inputs.
    """
    loss = gradient.loss
    writes = _as_they_come(gradient)
    roots = [loss, *(write.value for write in writes)]
    w = Writer(Names(inputs), text_of, roots, dtype)
    w.write_all(needed([loss]), but=loss)
    w.line("loss", loss, w.compose(loss).text)
    w.texts[loss] = Text("loss", ATOM)
    w.schedule.forward = len(w.schedule.lines)
    _write_gradients(w, writes, count)
    return _finish(w, "value_and_grad", "g")


def emit_values(output: Array, inputs: list[str], dtype: str) -> Schedule:
    """The source of ``values(theta, *inputs)``; arguments as for ``emit_gradient``."""
    w = Writer(Names(inputs), text_of, [output], dtype)
    w.write_all(needed([output]), but=output)
    text = w.compose(output).text
    w.line("values", output, text, statement=f"return {text}")
    w.schedule.forward = len(w.schedule.lines)
    return _finish(w, "values")


def _finish(w: Writer, name: str, *more: str) -> Schedule:
    schedule = w.schedule
    header = [f"B = {schedule.inputs[0]}.shape[0]"] if w.uses_batch and schedule.inputs else []
    order = sorted(schedule.views, key=lambda view: (view[0] == "g", int(view[2].flat[0])))
    header += [f"{name} = {view_text(array, index)}" for array, name, index in order]
    schedule.header = header
    body = [str(line) for line in schedule.lines]
    if more:
        body = [
            "# forward",
            *body[: schedule.forward],
            "# backward",
            *body[schedule.forward :],
            "return loss",
        ]
    lines = [f"def {name}({', '.join(['theta', *schedule.inputs, *more])}):"]
    lines += [f"    {line}" for line in (*header, *body)]
    schedule.source = "\n".join(lines) + "\n"
    schedule.inside = {node: text.text for node, text in w.texts.items()}
    return schedule


def view_text(array: str, index: Any) -> str:
    """A slice of theta or g, as text.

    >>> view_text("theta", np.arange(4).reshape(2, 2))
    'theta[0:4].reshape(2, 2)'
    """
    shape = f".reshape{tuple_text(index.shape)}" if index.ndim > 1 else ""
    return f"{array}[{slice_of(index)}]{shape}"


def _as_they_come(gradient: Gradient) -> list[Write]:
    """What is to be written, each as soon as the gradients that it is made from are known.

    So of weights that are used in many places, the parts of one place are written together. What
    waits for none, such as that of a penalty on the weights, comes last.
    """
    known = {d for d in gradient.arrived.values() if d.operands}
    latest: dict[Array, int] = {}  # the gradient that an array waits for
    for node in needed(write.value for write in gradient.writes):
        before = max((latest[operand] for operand in node.operands), default=-1)
        latest[node] = node.number if node in known else before
    last = max(latest.values(), default=0) + 1
    return sorted(gradient.writes, key=lambda w: last if latest[w.value] < 0 else latest[w.value])


def _write_gradients(w: Writer, writes: list[Write], count: int) -> None:
    regions = [np.arange(count) if write.index is None else write.index.ravel() for write in writes]
    written = np.zeros(count, dtype=bool)
    ways = []
    for region in regions:
        done = written[region]
        repeats = _repeats(region)
        ways.append("=" if not done.any() and not repeats else "+=" if done.all() else "mixed")
        written[region] = True
    if "mixed" in ways or any(map(_repeats, regions)):
        w.line("g", None, "0", "0", target="g[:]")
        ways = ["+="] * len(ways)
    elif not written.all():
        for run in _runs_of(np.flatnonzero(~written)):  # parameters that nothing depends on
            w.line("g", None, "0", "0", run, f"g[{slice_of(run)}]")
    for write, region, way in zip(writes, regions, ways, strict=True):
        value = write.value
        shared = w.uses[value] > 1  # then it gets a line, which others read too
        w.write_all(needed([value], known=w.texts), but=None if shared else value)
        _write_gradient(w, write, region, value, way, count)


def _write_gradient(
    w: Writer, write: Write, region: Any, value: Array, way: str, count: int
) -> None:
    shape = write.shape
    if _repeats(region):
        text = w.texts[value] if value in w.texts else w.compose(value)
        spread = f"np.broadcast_to({text.text}, {tuple_text(shape)})"
        index = w.names.constant("I", write.index)
        w.line("g", value, f"scatter({spread}, {index}, {count})", "+=", write.index)
        return
    target = _target(w, write, region, way)
    text = w.texts[value] if value in w.texts else w.compose(value)
    simple = value not in w.texts or text.pending
    view = target in w.names.taken or target == "g"
    whole = way == "=" and simple and value.shape == shape and view
    if whole and text.sides is not None and isinstance(value, (Contract, Reduce)):
        a, b = text.sides
        if isinstance(value, Contract):
            statement = f"np.matmul({a}, {b}, out={target})"
        else:
            statement = f"{a}({b}{', ' if b else ''}out={target})"
        w.line("g", value, text.text, way, write.index, target, statement)
        return
    statement = f"{target}[:] = {text.text}" if way == "=" and view else ""
    w.line("g", value, text.text, way, write.index, target, statement)


def _target(w: Writer, write: Write, region: Any, way: str) -> str:
    """The part of g to write to, as a named view where it is worth one."""
    if write.index is None:
        return "g"
    if write.index.shape == ():
        return f"g[{int(region[0])}]"
    part = slice_of(region)
    if part is None:
        return f"g[{w.names.constant('I', write.index)}]"
    if write.place is None:
        return f"g[{part}]"
    name = w.names.of.get(write.place)
    if name is None:
        return (
            f"g[{part}]"
            if write.index.ndim == 1
            else f"g[{part}].reshape{tuple_text(write.index.shape)}[:]"
        )
    view = f"d{name}"
    if view not in w.names.taken:
        w.names.taken.add(view)
        w.schedule.views.append(("g", view, write.index))
    return view


def _repeats(region: Any) -> bool:
    """Whether an element is named twice."""
    return slice_of(region) is None and int(np.bincount(region).max()) > 1


def _runs_of(places: Any) -> list[Any]:
    """These increasing places, cut where one is missing."""
    return np.split(places, np.flatnonzero(np.diff(places) > 1) + 1)
