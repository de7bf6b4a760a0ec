"""Blocks: a schedule as the boxes of a diagram, for ``draw(program)``.

A box is an input, a block of parameters, or an array of the program with the lines that compute
it. A line that only prepares another (a slice, the exponentials of a softmax) goes into its box.
"""

from __future__ import annotations

from operator import itemgetter

from .boxes import Block
from .group import Group
from .language import Array, Constant, Input, Parameters
from .reverse import Gradient
from .schedule import Line, Schedule
from .texts import tuple_text

__all__ = ["blocks"]


def blocks(
    groups: list[tuple[Array, Group]], schedule: Schedule, gradient: Gradient | None
) -> list[Block]:
    """The boxes of a program, who is read before who reads.

    Args:
        groups: which array holds which scalar nodes.
        schedule: the program.
        gradient: where it has one.
    """
    return _Blocks(groups, schedule, gradient).run()


class _Blocks:
    def __init__(
        self,
        groups: list[tuple[Array, Group]],
        schedule: Schedule,
        gradient: Gradient | None,
    ) -> None:
        self.schedule = schedule
        names = schedule.names
        self.groups = {names[array]: group for array, group in groups if array in names}
        lines = schedule.lines
        self.forward: dict[str, list[Line]] = {}
        for line in lines[: schedule.forward]:
            self.forward.setdefault(line.name, []).append(line)
        read = [array for line in lines for _, array in schedule.reads(line)]
        self.single = any(isinstance(each, Parameters) and each.size == 1 for each in read)
        self.gradients: dict[str, list[tuple[int, str]]] = {}  # with their places in the program
        if gradient is not None:
            self.find_gradients(gradient, lines[schedule.forward :])
        self.arrays = {name: array for line in lines for name, array in schedule.reads(line)}
        self.arrays.update({line.name: line.value for line in lines if line.value is not None})
        self.reads = {name: self.names_read(*each) for name, each in self.forward.items()}

    def names_read(self, *lines: Line) -> list[str]:
        return list(dict.fromkeys(name for line in lines for name, _ in self.schedule.reads(line)))

    def run(self) -> list[Block]:
        homes = self.homes()
        members: dict[str, list[str]] = {}
        for name in self.forward:
            members.setdefault(homes[name], []).append(name)
        found: dict[str, Block] = {}
        for home in self.forward:
            if homes[home] != home:
                continue
            inside = members[home]
            reads = [homes.get(name, name) for each in inside for name in self.reads[each]]
            reads = [name for name in dict.fromkeys(reads) if name != home]
            for name in reads:
                if name not in found and name not in self.forward:
                    found[name] = self.leaf(name)
            found[home] = Block(
                home,
                "instruction",
                tuple(
                    (line.target if line.target.startswith(each) else each, _plain(line.expression))
                    for each in inside
                    for line in self.forward[each]
                ),
                self.shape(home),
                tuple(reads),
                self.gradient(*inside),
                self.note(home),
            )
        return list(found.values())

    def homes(self) -> dict[str, str]:
        """In whose box each forward line stands: its own, or that of its only user."""
        homes: dict[str, str] = {}
        users: dict[str, set[str]] = {name: set() for name in self.forward}
        for name in reversed(self.forward):
            helps = name not in self.groups and len(users[name]) == 1
            homes[name] = users[name].pop() if helps else name
            for operand in self.reads[name]:
                if operand in users:
                    users[operand].add(homes[name])
        return homes

    # ------------------------------------------------------------------ one box

    def leaf(self, name: str) -> Block:
        array = self.arrays[name]
        if isinstance(array, Constant):
            return Block(name, "data", (), self.shape(name))
        kind = "input" if isinstance(array, Input) else "parameter"
        return Block(name, kind, (), self.shape(name), (), self.gradient(name))

    def shape(self, name: str) -> str:
        array = self.arrays[name]
        if name.startswith("theta"):
            while array.operands:
                array = array.operands[0]
            return tuple_text(array.shape) if name == "theta" else ""
        if array not in self.schedule.names:
            return ""
        return tuple_text([*(["B"] if array.batched else []), *array.shape])

    def note(self, name: str) -> str:
        """How many scalar nodes the array stands for."""
        group = self.groups.get(name)
        if group is None:
            return ""
        what = "weighted sum" if group.op is None else group.op.name
        return f"{len(group.nodes)} × {what}"

    def gradient(self, *names: str) -> tuple[str, ...]:
        """How the gradients of these are computed, in the order of the program."""
        lines = [line for name in names for line in self.gradients.get(name, ())]
        return tuple(text for _, text in sorted(lines, key=itemgetter(0)))

    # ------------------------------------------------------------------ gradients

    def find_gradients(self, gradient: Gradient, backward: list[Line]) -> None:
        """See which lines compute the gradient of what."""
        owners: dict[str, str] = {}  # the name of a gradient -> of what
        found = self.gradients
        names, inside = self.schedule.names, self.schedule.inside
        for array, total in gradient.arrived.items():
            owner = names.get(array)
            if owner not in self.forward:
                continue
            if total in names:
                owners.setdefault(names[total], owner)
            elif total in inside:
                found[owner] = [(-1, _plain(f"d{owner} = {inside[total]}"))]
        views = {view: view[1:] for of, view, _ in self.schedule.views if of == "g"}
        waiting: list[Line] = []  # lines that only prepare others: told with who needs them
        for place, line in enumerate(backward):
            owner = owners.get(line.name) or views.get(line.target)
            if line.value is None and line.name == "g":
                continue
            if owner is None and line.name == "g":
                owner = "theta[0]" if self.single else "theta" + line.target[1:]
            if owner is None:
                waiting.append(line)
                continue
            used, waiting = self.used(line, waiting)
            for each in (*used, line):
                text = f"{each.target} {'+=' if each.sign == '+=' else '='} {each.expression}"
                found.setdefault(owner, []).append((place, _plain(text)))

    def used(self, line: Line, waiting: list[Line]) -> tuple[list[Line], list[Line]]:
        """Those lines that a line needs, and the rest."""
        needs, used, rest = {line.name, *self.names_read(line)}, [], []
        for each in reversed(waiting):
            if each.name in needs:
                needs.update(self.names_read(each))
                used.append(each)
            else:
                rest.append(each)
        return used[::-1], rest[::-1]


def _plain(text: str) -> str:
    """A line as a lecturer writes it: everyone knows that it is NumPy."""
    return text.replace("np.", "")
