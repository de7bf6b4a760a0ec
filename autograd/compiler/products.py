"""Products: what is multiplied and divided in one expression, taken apart.

However a product came about, a lecturer writes it one way: the numbers first, divided by the
batch size, then the arrays, masks such as (A > 0), and the divisors.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ..engine import primitives
from .language import Array, BatchSize, Number

__all__ = ["Product", "product"]


@dataclass
class Product:
    """coefficient (/ B) × plain / under; masks come last."""

    coefficient: float = 1.0
    over_batch: bool = False
    plain: list[Array] = field(default_factory=list)
    under: list[Array] = field(default_factory=list)


def product(node: Array, inside: Callable[[Array], bool]) -> Product | None:
    """A product, quotient or negative taken apart; None if it is something else.

    Args:
        node: an operation.
        inside: whether an operand stands inside the same expression; its factors count then.
    """
    if not node.is_gate(primitives.mul, primitives.div, primitives.neg):
        return None
    found = Product(coefficient=-1.0 if node.is_gate(primitives.neg) else 1.0)
    above = node.operands
    if node.is_gate(primitives.div):
        number, below = node.operands
        above = node.operands[:1]
        if isinstance(below, BatchSize) and isinstance(number, Number):
            found.coefficient, found.over_batch = number.value, True
            above = ()
        else:
            found.under.append(below)
    for operand in above:
        _multiply(found, operand, node.rank, inside)
    found.plain.sort(key=lambda each: each.dtype == "truth")
    return found


def _multiply(found: Product, operand: Array, rank: int, inside: Callable[[Array], bool]) -> None:
    """Put one more factor into a product."""
    if isinstance(operand, Number):
        found.coefficient *= operand.value
        return
    if inside(operand):
        own = product(operand, inside) if operand.rank == rank or not operand.batched else None
        if own is not None and not (found.over_batch and own.over_batch):
            found.coefficient *= own.coefficient
            found.over_batch |= own.over_batch
            found.plain += own.plain
            found.under += own.under
            return
    found.plain.append(operand)
