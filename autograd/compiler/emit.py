"""Emit: array operations as the NumPy source that a lecturer would write.

``values`` is its one expression with the lines it needs. ``value_and_grad`` is the loss, and then
each gradient written to its part of ``g``, in the order in which the chain rule finds them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .access import slice_of
from .arrays import Array
from .lower import Wide
from .names import Names
from .reverse import Gradient, Write
from .texts import ATOM, Text, tuple_text
from .wording import text_of
from .writer import Line, Writer, needed, resolved

__all__ = ["Source", "emit_gradient", "emit_values"]


@dataclass
class Source:
    """An emitted function: its text, the constants it uses, and where each array was computed."""

    text: str
    constants: dict[str, Any]
    names: dict[Array, str]
    lines: list[Line]
    texts: dict[Array, Text]  # of every operation, with a line or without


def emit_gradient(wide: Wide, gradient: Gradient, inputs: list[str], dtype: str) -> Source:
    """The source of ``value_and_grad(theta, *inputs, g)``, which writes into g.

    Args:
        wide: the array program.
        gradient: the loss and its gradient.
        inputs: the name of each argument; "" for a number held fixed, which is none of the
            function's.
        dtype: of theta and the inputs.
    """
    loss = resolved(gradient.loss)
    roots = [loss, *(resolved(write.value) for write in gradient.writes)]
    w = Writer(wide, Names(inputs), text_of, roots, dtype)
    w.body.append("# forward")
    w.write_all(needed([loss]), but=loss)
    w.assign("loss", w.compose(loss).text)
    w.texts[loss] = Text("loss", ATOM)
    w.body.append("# backward")
    _write_gradients(w, gradient.writes)
    w.body.append("return loss")
    return _finish(w, "value_and_grad", "g")


def emit_values(wide: Wide, output: Array, inputs: list[str], dtype: str) -> Source:
    """The source of ``values(theta, *inputs)``; arguments as for ``emit_gradient``."""
    output = resolved(output)
    w = Writer(wide, Names(inputs), text_of, [output], dtype)
    w.write_all(needed([output]), but=output)
    text = w.compose(output).text
    w.body.append(f"return {text}")
    w.lines.append(Line("values", "=", text))
    return _finish(w, "values")


def _finish(w: Writer, name: str, *more: str) -> Source:
    inputs = [each for each in w.names.inputs if each]
    header = [view for views in (w.header, w.views) for _, view in sorted(views)]
    uses_batch = w.uses_batch or any("B" in _words(line) for line in (*header, *w.body))
    if uses_batch and inputs:
        header.insert(0, f"B = {inputs[0]}.shape[0]")
    lines = [f"def {name}({', '.join(['theta', *inputs, *more])}):"]
    lines += [f"    {line}" for line in (*header, *w.body)]
    return Source("\n".join(lines) + "\n", w.names.constants, w.names.of, w.lines, w.texts)


def _write_gradients(w: Writer, writes: list[Write]) -> None:
    count = w.wide.theta.shape[0]
    regions = [np.arange(count) if write.index is None else write.index.ravel() for write in writes]
    written = np.zeros(count, dtype=bool)
    ways = []
    for region in regions:
        done = written[region]
        repeats = _repeats(region)
        ways.append("=" if not done.any() and not repeats else "+=" if done.all() else "mixed")
        written[region] = True
    if "mixed" in ways or any(map(_repeats, regions)):
        w.body.append("g[:] = 0")
        ways = ["+="] * len(ways)
    elif not written.all():
        for text in _runs_of(np.flatnonzero(~written)):
            w.body.append(f"g[{text}] = 0")  # parameters that nothing depends on
    for write, region, way in zip(writes, regions, ways, strict=True):
        value = resolved(write.value)
        shared = w.uses[value] > 1  # then it gets a line, which others read too
        w.write_all(needed([value], known=w.texts), but=None if shared else value)
        _write_gradient(w, write, region, value, way)


def _write_gradient(w: Writer, write: Write, region: Any, value: Array, way: str) -> None:
    shape = write.shape
    if _repeats(region):
        text = w.texts[value] if value in w.texts else w.compose(value)
        spread = f"np.broadcast_to({text.text}, {tuple_text(shape)})"
        index, size = w.names.constant("I", write.index), w.wide.theta.shape[0]
        w.assign("g", f"scatter({spread}, {index}, {size})", "+=")
        return
    target = _target(w, write, region, way)
    text = w.texts[value] if value in w.texts else w.compose(value)
    simple = value not in w.texts or text.pending
    if way == "=" and simple and value.shape == shape and target[-1] != "]":
        if value.head == "outer_sum":
            left, _, right = text.text.partition(" @ ")
            w.body.append(f"np.matmul({left}, {right}, out={target})")
            w.lines.append(Line(target, way, text.text))
            return
        if value.head == "sum" and text.text.endswith(")") and ".sum(" in text.text:
            inside = text.text[:-1]
            comma = "" if inside.endswith("(") else ", "
            w.body.append(f"{inside}{comma}out={target})")
            w.lines.append(Line(target, way, text.text))
            return
    if way == "=" and target[-1] != "]":
        target += "[:]"
    w.assign(target, text.text, way)


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
        shape = f".reshape{tuple_text(write.index.shape)}" if write.index.ndim > 1 else ""
        w.views.append((int(region[0]), f"{view} = g[{part}]{shape}"))
    return view


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
