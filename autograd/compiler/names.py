"""Names: what an emitted program calls its inputs, its arrays and its constants."""

from __future__ import annotations

import keyword
from typing import Any

from ..engine.gate import Primitive
from .language import Array

__all__ = ["Names", "input_names"]

RESERVED = {
    *(
        "B",
        "bind",
        "g",
        "jax",
        "jnp",
        "loss",
        "np",
        "range",
        "reversed",
        "t",
        "theta",
        "value_and_grad",
    ),
    *("lookup", "pick", "scatter", "scatter_rows", "values"),
}


def input_names(arguments: list[str]) -> list[str]:
    """What the program calls its inputs: a single letter becomes a capital, as matrices are.

    >>> input_names(["x", "y1", "mask", "g"])
    ['X', 'Y1', 'mask', 'G']
    """
    taken = set(RESERVED)
    names = []
    for name in arguments:
        if name[1:].isdigit() or len(name) == 1:
            name = name.upper()
        while name in taken or name.startswith("d"):
            name += "_" if not name.startswith("d") else ""
            name = name.capitalize()
        taken.add(name)
        names.append(name)
    return names


class Names:
    """Every name of one emitted function, each once.

    Args:
        inputs: the names of the inputs.
    """

    def __init__(self, inputs: list[str]) -> None:
        self.inputs = inputs
        self.taken = {*RESERVED, *inputs, *keyword.kwlist}
        self.of: dict[Array, str] = {}
        self.constants: dict[str, Any] = {}
        self.counters: dict[str, int] = {}
        self.known_constants: dict[Any, str] = {}
        self.gates: dict[Primitive, str] = {}

    def give(self, node: Array, hint: Any) -> str:
        """A new name for an array: dA1 for the gradient of its owner A1, else by its hint."""
        if isinstance(hint, tuple):
            owner = hint[1]
            hint = f"d{self.of[owner]}" if owner in self.of else "T"
            if hint != "T" and hint not in self.taken:
                return self.keep(node, hint)
            hint = "T"
        if hint in ("total", "hit") and hint not in self.taken:
            return self.keep(node, hint)
        return self.keep(node, self.numbered(hint or "T"))

    def keep(self, node: Array, name: str) -> str:
        self.taken.add(name)
        self.of[node] = name
        return name

    def numbered(self, letter: str) -> str:
        while True:
            count = self.counters[letter] = self.counters.get(letter, 0) + 1
            if f"{letter}{count}" not in self.taken:
                return f"{letter}{count}"

    def parameter(self, node: Array, letter: str) -> str:
        """W1, w2, b1: capital and small letters count together."""
        counter = letter.lower()
        self.counters[counter] = self.counters.get(counter, 0) + 1
        while f"{letter}{self.counters[counter]}" in self.taken:
            self.counters[counter] += 1
        return self.keep(node, f"{letter}{self.counters[counter]}")

    def gate(self, op: Primitive) -> str:
        """The name of a gate: its own, if a user did not take one of the program's."""
        if op not in self.gates:
            name = op.name
            while name in self.taken:
                name += "_gate"
            self.taken.add(name)
            self.gates[op] = name
            self.constants[name] = op
        return self.gates[op]

    def constant(self, letter: str, data: Any, node: Array | None = None) -> str:
        """The name of an array that is known now."""
        key = (letter, data.shape, data.tobytes())
        if key not in self.known_constants:
            name = self.numbered(letter) if len(letter) == 1 or letter in self.taken else letter
            self.taken.add(name)
            self.known_constants[key] = name
            self.constants[name] = data
        if node is not None:
            self.of[node] = self.known_constants[key]
        return self.known_constants[key]
