"""Blocks: an emitted program as the boxes of a diagram, for ``draw(program)``.

A box is an input, a block of parameters, or an array of the program with the lines that compute
it. A line that only prepares another (a slice, the exponentials of a softmax) goes into its box.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from operator import itemgetter

import numpy as np

from .boxes import Block
from .emit import Source
from .group import Group
from .lower import Wide
from .reverse import Gradient
from .texts import tuple_text
from .writer import Line, resolved

__all__ = ["blocks"]

# theta[3], or a name: no attribute, no keyword
_WORD = re.compile(r"theta\[[^\]]*\]|(?<![.\w])[A-Za-z_]\w*\b(?!=)")


def blocks(wide: Wide, source: Source, gradient: Gradient | None) -> list[Block]:
    """The boxes of a program, who is read before who reads.

    Args:
        wide: the array program.
        source: what was emitted for it.
        gradient: where it has one.
    """
    return _Blocks(wide, source, gradient).run()


class _Blocks:
    def __init__(self, wide: Wide, source: Source, gradient: Gradient | None) -> None:
        self.source = source
        self.arrays = {name: array for array, name in source.names.items()}
        self.groups: dict[str, Group] = {}
        for array, group in wide.groups:
            if (name := source.names.get(resolved(array))) is not None:
                self.groups[name] = group
        self.wide = wide
        last = "values" if gradient is None else "loss"
        end = 1 + next(k for k, line in enumerate(source.lines) if line.target == last)
        self.forward = {line.target: line.expression for line in source.lines[:end]}
        self.backward = source.lines[end:]
        self.gradients: dict[str, list[tuple[int, str]]] = {}  # with their places in the program
        if gradient is not None:
            self.find_gradients(gradient)
        self.reads = {name: list(self.operands(text)) for name, text in self.forward.items()}

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
                if name not in found:
                    found[name] = self.leaf(name)
            found[home] = Block(
                home,
                "instruction",
                tuple((each, _plain(self.forward[each])) for each in inside),
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
        gradient = self.gradient(name)
        if _is_theta(name):
            return Block(name, "parameter", (), self.shape(name), (), gradient)
        if name in self.source.constants:
            return Block(name, "data", (), self.shape(name))
        kind = "input" if self.arrays[name].head == "input" else "parameter"
        return Block(name, kind, (), self.shape(name), (), gradient)

    def shape(self, name: str) -> str:
        if name == "theta":
            return tuple_text(self.wide.theta.shape)
        array = self.arrays.get(name)
        if array is not None:
            return tuple_text([*(["B"] if array.batched else []), *array.shape])
        constant = self.source.constants.get(name)
        return "" if constant is None else tuple_text(constant.shape)  # of theta[3], nothing

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

    def find_gradients(self, gradient: Gradient) -> None:
        """See which lines compute the gradient of what."""
        owners: dict[str, str] = {}  # the name of a gradient -> of what
        found = self.gradients
        names = self.source.names
        for array, total in gradient.arrived.items():
            owner, d = names.get(resolved(array)), resolved(total)
            if owner is None or owner not in self.forward:
                continue
            if d in names:
                owners.setdefault(names[d], owner)
            elif d in self.source.texts:
                found[owner] = [(-1, _plain(f"d{owner} = {self.source.texts[d].text}"))]
        waiting: list[Line] = []  # lines that only prepare others: told with who needs them
        for place, line in enumerate(self.backward):
            target = line.target.removesuffix("[:]")
            base = target.partition("[")[0]
            owner = owners.get(base)
            if owner is None and base[:1] == "d" and base[1:] in self.arrays:
                owner = base[1:]  # a view of g
            if owner is None and base == "g":
                single = self.wide.theta.shape == (1,)
                owner = "theta[0]" if single else "theta" + target[1:]
            if owner is None:
                waiting.append(line)
                continue
            lines = found.setdefault(owner, [])
            used, waiting = _used(line.expression, waiting)
            steps = [*used, Line(target, line.sign, line.expression)]
            lines += [(place, _plain(" ".join(step))) for step in steps]

    # ------------------------------------------------------------------ who reads whom

    def operands(self, text: str) -> Iterator[str]:
        """The names that an expression reads; parameters without a name as they stand there."""
        for name in _WORD.findall(text):
            if _is_theta(name) or name in self.arrays or self.is_data(name):
                yield name

    def is_data(self, name: str) -> bool:
        """Whether this is an array of numbers of the graph (not an index, not a gate)."""
        constant = self.source.constants.get(name)
        return isinstance(constant, np.ndarray) and constant.dtype.kind == "f"


def _used(expression: str, lines: list[Line]) -> tuple[list[Line], list[Line]]:
    """Those lines that an expression needs, and the rest."""
    needs, used, rest = set(_WORD.findall(expression)), [], []
    for line in reversed(lines):
        if line.target.partition("[")[0] in needs:
            needs.update(_WORD.findall(line.expression))
            used.append(line)
        else:
            rest.append(line)
    return used[::-1], rest[::-1]


def _is_theta(name: str) -> bool:
    return name == "theta" or name.startswith("theta[")


def _plain(text: str) -> str:
    """A line as a lecturer writes it: everyone knows that it is NumPy."""
    return text.replace("np.", "")
