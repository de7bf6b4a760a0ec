"""What there is to draw of a compiled program: boxes, and who reads whom."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Block"]


@dataclass(frozen=True)
class Block:
    """A box of a diagram.

    Attributes:
        name: what others read it by, such as "Z1".
        kind: "input", "parameter", "data" or "instruction".
        lines: how it is computed, each line a name and an expression.
        shape: "(B, 16)".
        reads: the names that it is computed from.
        gradient: how the gradient with respect to it is computed; empty if none flows there.
        note: what it stands for, in a few words.
    """

    name: str
    kind: str
    lines: tuple[tuple[str, str], ...] = ()
    shape: str = ""
    reads: tuple[str, ...] = ()
    gradient: tuple[str, ...] = ()
    note: str = ""
