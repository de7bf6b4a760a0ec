"""Emit: array operations as the NumPy source that a lecturer would write.

``values`` is its one expression with the lines it needs. ``value_and_grad`` is the loss, and then
each gradient written to its part of ``g``, in the order in which the chain rule finds them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .access import slice_of
from .language import Array, Contract, Reduce
from .loops import Plan, find_loops
from .names import Names
from .order import Event, as_they_come, in_order
from .reverse import Gradient, Write
from .rolled import RolledWriter
from .schedule import Schedule
from .texts import ATOM, Text, tuple_text
from .wording import text_of
from .writer import WIDTH, Writer

__all__ = ["NUMPY", "Form", "Gradients", "emit_gradient", "emit_values", "repeats"]


class Form:
    """How a function is written: here for NumPy, and its gradient into the argument g.

    What another target writes in another way, its subclass says.
    """

    writer: type[RolledWriter] = RolledWriter
    last: tuple[str, ...] = ("g",)  # the arguments after the inputs

    def gradients(self, w: Writer, writes: list[Write], count: int) -> Gradients:
        return Gradients(w, writes, count)

    def begin(self, w: Writer) -> list[str]:
        """Lines that come before all others."""
        inputs = w.schedule.inputs
        return [f"B = {inputs[0]}.shape[0]"] if w.uses_batch and inputs else []


NUMPY = Form()


def emit_gradient(
    gradient: Gradient, count: int, inputs: list[str], dtype: str, form: Form = NUMPY
) -> tuple[Schedule, Schedule]:
    """``value_and_grad(theta, *inputs, g)``, which writes into g: with loops, and without.

    Args:
        gradient: the loss and its gradient.
        count: how many parameters there are.
        inputs: the name of each argument; "" for a number held fixed, which is none of the
            function's.
        dtype: of theta and the inputs.
        form: how it is written.
    """
    loss, writes = gradient.loss, as_they_come(gradient)
    roots = [loss, *(write.value for write in writes)]

    def emit(events: list[Event], plan: Plan) -> Schedule:
        w = form.writer(Names(inputs), text_of, roots, dtype, plan)
        gradients = form.gradients(w, writes, count)

        def write(event: Event) -> None:
            if event is loss:
                w.line("loss", loss, w.compose(loss).text)
                w.texts[loss] = Text("loss", ATOM)
                w.schedule.forward = len(w.schedule.lines)
                gradients.start(plan)
            elif isinstance(event, Write):
                gradients.write(event)
            elif w.uses[event] > 1 or event not in gradients.values:
                w.place(event)

        w.write_all(events, write)
        return _finish(w, form, gradients)

    return _with_loops(loss, writes, emit)


def emit_values(
    output: Array, inputs: list[str], dtype: str, form: Form = NUMPY
) -> tuple[Schedule, Schedule]:
    """The source of ``values(theta, *inputs)``; arguments as for ``emit_gradient``."""

    def emit(events: list[Event], plan: Plan) -> Schedule:
        w = form.writer(Names(inputs), text_of, [output], dtype, plan)

        def write(event: Event) -> None:
            assert isinstance(event, Array)
            if event is not output:
                w.place(event)
                return
            text = w.compose(output).text
            w.line("values", output, text, statement=f"return {text}")

        w.write_all(events, write)
        w.schedule.forward = len(w.schedule.lines)
        return _finish(w, form)

    return _with_loops(output, [], emit)


def _with_loops(
    root: Array, writes: list[Write], emit: Callable[[list[Event], Plan], Schedule]
) -> tuple[Schedule, Schedule]:
    """A schedule with loops, and one without: the same, where nothing repeats."""
    plain = emit(in_order(root, writes), Plan())
    events = in_order(root, writes, on_demand=True)
    lined = {line.value for line in plain.lines if line.value is not None}
    plan = find_loops(events, root, lined)
    return (emit(events, plan) if plan.loops else plain), plain


def _finish(w: Writer, form: Form, gradients: Gradients | None = None) -> Schedule:
    """The schedule with the text of the function: ``values``, or with gradients the other."""
    schedule = w.schedule
    order = sorted(schedule.views, key=lambda view: (view[0] == "g", int(view[2].flat[0])))
    there = ("theta", *form.last)
    views = [f"{name} = {view_text(of, index)}" for of, name, index in order if of in there]
    schedule.header = [*form.begin(w), *views]
    made = _dictionaries(schedule.kept)
    if gradients is None:
        arguments, name, body = schedule.inputs, "values", schedule.text()
    else:
        arguments, name = [*schedule.inputs, *form.last], "value_and_grad"
        body = [
            "# forward",
            *schedule.text(0, schedule.forward),
            "# backward",
            *schedule.text(schedule.forward),
            *gradients.result(),
        ]
    lines = [f"def {name}({', '.join(['theta', *arguments])}):"]
    lines += [f"    {line}" for line in (*schedule.header, *made, *body)]
    schedule.source = "\n".join(lines) + "\n"
    schedule.inside |= {node: text.text for node, text in w.texts.items()}
    return schedule


def _dictionaries(names: list[str]) -> list[str]:
    """The lines that make a dictionary for each name, as many on a line as it holds.

    >>> _dictionaries(["A1"]), _dictionaries(["A1", "Z1"])
    (['A1 = {}'], ['A1, Z1 = ({} for _ in range(2))'])
    """
    found: list[list[str]] = []
    for name in names:
        if not found or len(", ".join([*found[-1], name])) > WIDTH - 24:
            found.append([])
        found[-1].append(name)
    makers = ["{}" if len(each) == 1 else f"({{}} for _ in range({len(each)}))" for each in found]
    return [f"{', '.join(each)} = {maker}" for each, maker in zip(found, makers, strict=True)]


def view_text(array: str, index: Any) -> str:
    """A slice of theta or g, as text.

    >>> view_text("theta", np.arange(4).reshape(2, 2))
    'theta[0:4].reshape(2, 2)'
    """
    shape = f".reshape{tuple_text(index.shape)}" if index.ndim > 1 else ""
    return f"{array}[{slice_of(index)}]{shape}"


class Gradients:
    """Writes gradients to g.

    Args:
        writer: of the function.
        writes: all that is to be written, in order.
        count: how many parameters there are.
    """

    def __init__(self, writer: Writer, writes: list[Write], count: int) -> None:
        self.writer = writer
        self.count = count
        self.values = {write.value for write in writes}
        self.regions = {
            write: np.arange(count) if write.index is None else write.index.ravel()
            for write in writes
        }
        self.ways: dict[Write, str] = {}

    def start(self, plan: Plan) -> None:
        """See which writes come first, and fill with zeros what needs it."""
        w, ways = self.writer, self.ways
        written = np.zeros(self.count, dtype=bool)
        for write, region in self.regions.items():
            done = written[region]
            first = not done.any() and not repeats(region)
            ways[write] = "=" if first else "+=" if done.all() else "mixed"
            written[region] = True
        looped = {e for loop in plan.loops.values() for step in loop.steps for e in step}
        if (
            "mixed" in ways.values()
            or any(map(repeats, self.regions.values()))
            or any(write in looped for write, way in ways.items() if way == "=")
        ):
            w.line("g", None, "0", "0", target="g[:]")
            self.ways = dict.fromkeys(ways, "+=")
        elif not written.all():
            for run in _runs_of(np.flatnonzero(~written)):  # parameters that nothing depends on
                w.line("g", None, "0", "0", run, f"g[{slice_of(run)}]")

    def result(self) -> list[str]:
        """The lines that give the result."""
        return ["return loss"]

    def write(self, write: Write) -> None:
        region, way = self.regions[write], self.ways[write]
        _write_gradient(self.writer, write, region, write.value, way, self.count)


def _write_gradient(
    w: Writer, write: Write, region: Any, value: Array, way: str, count: int
) -> None:
    shape = write.shape
    if repeats(region):
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


def repeats(region: Any) -> bool:
    """Whether an element is named twice."""
    return slice_of(region) is None and int(np.bincount(region).max()) > 1


def _runs_of(places: Any) -> list[Any]:
    """These increasing places, cut where one is missing."""
    return np.split(places, np.flatnonzero(np.diff(places) > 1) + 1)
