"""Workspace: the same schedule, printed to compute into arrays that are made once and used again.

``bind(theta, g, B)`` makes the arrays for one batch size, and the views of them, of theta and of
g; the function that it gives computes every line into them. What is called is decided in
``calls.py``, where each array lies in ``buffers.py``.
"""

from __future__ import annotations

from .buffers import Call, View, allocate, order, placed, turned
from .calls import Calls
from .schedule import Schedule
from .sources import Source
from .texts import tuple_text

__all__ = ["GIVEN", "workspace"]

GIVEN = 1 << 15  # parameters, from which on each call brings its own gradient


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
    given = count >= GIVEN
    prefix = "_"  # of names of its own
    while any(name.startswith(prefix) for name in (*schedule.inputs, *schedule.constants)):
        prefix += "_"
    program = Calls(schedule, dtype, prefix, given)
    printer = _Printer(dtype, prefix)
    body = [printer.line(call) for call in allocate(program.calls, prefix)]
    arguments = ", ".join([*schedule.inputs, *(["g"] if given else [])])
    lines = ["def bind(theta, g, B):"]
    lines += [f"    {name} = {text}" for name, text in printer.buffers.items()]
    lines += [f"    {name} = {text}" for text, name in printer.made.items()]
    lines += [f"    def value_and_grad({arguments}):", *(f"        {line}" for line in body)]
    held = f"sum(each.nbytes for each in [{', '.join(printer.buffers)}])"
    lines += [f"    return value_and_grad, {held}"]
    return Source("\n".join(lines) + "\n", program.constants, [], {})


class _Printer:
    """The text of calls.

    Attributes:
        buffers: how each is made.
        made: the name of what else is made once, by its text.
    """

    def __init__(self, dtype: str, prefix: str) -> None:
        self.dtype = dtype
        self.prefix = prefix
        self.buffers: dict[str, str] = {}
        self.made: dict[str, str] = {}

    def line(self, call: Call) -> str:
        lies = order(placed(call.out).of) if call.out else "C"
        reads = [self.view(view, lies) for view in call.reads]
        out = call.out and self.view(call.out)
        if call.way == "dot" and call.out and lies == "F":
            right, left, out = (self.view(turned(view)) for view in (*call.reads, call.out))
            reads = [left, right]  # (A B)ᵀ = Bᵀ Aᵀ
        return call.form.format(*reads, out=out)

    def view(self, view: View, lies: str = "C") -> str:
        """A name for it, made once where it is the same memory in every call."""
        view = placed(view)
        name, storage = view.of.name, view.of
        if storage.made == "once":
            return self.once(name.format(order=lies))
        if storage.made == "buffer" and name not in self.buffers:
            lengths = tuple_text([*(["B"] if storage.batched else []), *storage.shape])
            kind = "bool" if storage.dtype == "truth" else self.dtype
            self.buffers[name] = f'np.empty({lengths}, "{kind}", "{order(storage)}")'
        text = view.path.replace("{}", name)
        return self.once(text) if view.made_once and text != name else text

    def once(self, text: str) -> str:
        """The name of something that is made once, in bind."""
        return self.made.setdefault(text, f"{self.prefix}v{len(self.made)}")
