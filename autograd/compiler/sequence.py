"""Sequences: gates over any number of operands, as operations along an array's last axis.

The value of such a gate is written here once more, for an axis (max, softmax, ...). Its partial
derivatives are not: the table's rule is read as text on three operands x0, x1, x2. The three
partials it gives differ only in the place j, so they are one formula in j: where a rule says
x1 in the partial by x1 the formula says x, where it says 1.0 it says j, and where it sums over
all places it says sum. That formula is then read on arrays.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from ..engine import primitives
from ..engine.gate import Primitive
from ..engine.text import Expression, expression
from .arrays import Array, Book, Untranslatable

__all__ = ["PAIRWISE", "SEQUENCES", "sequence_gate", "sequence_partials", "sequence_pullback"]

SEQUENCES: dict[Primitive, tuple[int, int]] = {
    primitives.maximum: (0, 1),
    primitives.minimum: (0, 1),
    primitives.logsumexp: (0, 1),
    primitives.softmax: (1, 1),
    primitives.rest: (1, 1),
    primitives.log_softmax: (1, 1),
    primitives.cross_entropy: (1, 1),
    primitives.soft_cross_entropy: (0, 2),
}
"""How many operands come first (a class index), and how many sequences follow."""

PAIRWISE = {primitives.maximum, primitives.minimum}
"""Of two operands these need no axis: NumPy has functions of two arrays for them."""

MANY = 128  # places, from which on a square matrix of them costs more than cancellation
_PLACES = 3


def sequence_gate(
    book: Book, op: Primitive, leading: list[Array], rows: list[Array], shape: tuple[int, ...]
) -> Array:
    """Apply a gate along the last axis of ``rows``; the result has ``shape``."""
    operands = (*leading, *rows)
    batched = any(operand.batched for operand in operands)
    node = book.node(op, operands, shape, batched, "sequence")
    if node.value is None:
        value = _value(book, op, leading[0] if leading else None, rows)
        if value.shape != shape or value.batched != batched:
            value = book.expand(value, shape, batched)
        node.value = value
    return node


def _drop(book: Book, array: Array) -> Array:
    """Without the last axis, which has length 1."""
    return book.reshape(array, array.shape[:-1])


def _value(book: Book, op: Primitive, index: Array | None, rows: list[Array]) -> Array:
    x = rows[-1]
    if op is primitives.maximum:
        return _drop(book, book.reduce("max", x))
    if op is primitives.minimum:
        return _drop(book, book.reduce("min", x))
    top, gap, power, total = _exponentials(book, x)
    if op is primitives.logsumexp:
        return _drop(book, book.add(top, book.call("log", total)))
    if op is primitives.soft_cross_entropy:
        surprise = rows[0] * (book.call("log", total) - gap)
        if rows[0].head != "array" or not rows[0].extra.all():  # 0 × inf, for a logit of -inf
            surprise = book.call("where", rows[0] == 0, 0.0, surprise)
        return _drop(book, book.reduce("sum", surprise))
    assert index is not None
    if op is primitives.softmax:
        return _pick(book, power / total, index)
    if op is primitives.rest:
        return _pick(book, _rest(book, x), index)
    log_total = book.call("log", _drop(book, total))
    if op is primitives.log_softmax:
        return _pick(book, gap, index) - log_total
    return log_total - _pick(book, gap, index)


def _exponentials(book: Book, x: Array) -> tuple[Array, Array, Array, Array]:
    """The largest x, the distance to it, its exponential, and the sum of these."""
    top = book.reduce("max", x)
    gap = x - top
    power = book.call("exp", gap)
    ones = book.node("array", (), x.shape[-1:], False, np.ones(x.shape[-1]))
    total = book.matmul(power, ones)  # the sum along the last axis, in less time
    gap.hint, power.hint, total.hint = gap.hint or "S", power.hint or "E", total.hint or "total"
    ones.hint = ones.hint or "ones"
    return top, gap, power, book.last(total)


def _rest(book: Book, x: Array) -> Array:
    """1 - softmax at every place: the other exponentials added up, for nothing to cancel."""
    _, _, power, total = _exponentials(book, x)
    k = x.shape[-1]
    if k == 1:
        return book.mul(0.0, power)
    if k > MANY:
        return (total - power) / total
    rest = _sum_of_others(book, power)
    rest.hint = rest.hint or "R"
    return rest / total


def _sum_of_others(book: Book, x: Array) -> Array:
    """At each place the sum of all other elements: a product, for nothing to cancel."""
    k = x.shape[-1]
    if k > MANY:
        return book.reduce("sum", x) - x
    others = book.node("array", (), (k, k), False, 1.0 - np.eye(k))
    others.hint = others.hint or "others"
    return book.matmul(x, others, transpose=False)


def _hit(book: Book, index: Array, k: int) -> Array:
    """Where the class is the index."""
    places = book.node("array", (), (k,), False, np.arange(float(k)))
    hit = book.last(index) == places
    hit.hint = hit.hint or "hit"
    return hit


def _pick(book: Book, x: Array, index: Array) -> Array:
    """The element of the last axis that the index names."""
    k = x.shape[-1]
    if index.head == "number" and x.rank == 1 and index.extra in range(k):
        return book.take(x, int(index.extra))
    if _is_every_place(index, x):
        return book.reshape(x, (*x.shape[:-2], k))
    hit = _hit(book, index, k)
    shape = tuple(np.broadcast_shapes(x.shape, hit.shape))[:-1]
    return book.node("pick", (x, hit), shape, x.batched or hit.batched)


def _is_every_place(index: Array, x: Array) -> bool:
    """Whether the index runs through all places of the last axis of one and the same x."""
    places = index.head == "array" and np.array_equal(index.extra, np.arange(float(x.shape[-1])))
    return places and (x.rank == 1 or x.shape[-2] == 1)


# ---------------------------------------------------------------------- partials


def sequence_pullback(book: Book, node: Array, d: Array) -> Array | None:
    """The gradient at x if d arrives at a whole softmax (or its logarithm), all places of it.

    The rule says for output i and place j: A if i = j, else B. Where B is a product b·c, of b
    that depends on i alone and c on j alone, Σᵢ dᵢ·partial is d·A + c·Σ b·d over the other places:
    the Jacobian, which is a square for every sample, need not be written out.
    """
    op, x = node.head, node.operands[-1]
    if SEQUENCES[op] != (1, 1) or not _is_every_place(node.operands[0], x):
        return None
    formula = _formulas(op)[0]
    if formula.head is not primitives.choice or formula.operands[0].head != "==":
        return None
    _, same, other = formula.operands
    names = {"x": x, "out": book.reshape(node, x.shape)}
    of_output = of_place = book.lift(1.0)
    for factor in _factors(other):
        mentioned = _leaves(factor)
        read = _read(book, factor, names, None)
        if "out" not in mentioned:
            of_place = of_place * read
        elif mentioned == {"out"}:
            of_output = of_output * read
        else:
            return None
    arrived = book.reshape(book.expand(d, node.shape, node.batched), x.shape)
    along = _sum_of_others(book, of_output * arrived)
    whole: Array = _read(book, same, names, None) * arrived + of_place * along
    return whole


def _factors(tree: Expression) -> list[Expression]:
    """What is multiplied in a product; a minus is -1."""
    if tree.head is primitives.mul:
        return [factor for operand in tree.operands for factor in _factors(operand)]
    if tree.head is primitives.neg:
        return [Expression(-1.0), *_factors(tree.operands[0])]
    return [tree]


def _leaves(tree: Expression) -> set[Any]:
    """The names and numbers in a formula."""
    return set().union(*map(_leaves, tree.operands)) if tree.operands else {tree.head}


def sequence_partials(book: Book, node: Array) -> list[Array | None]:
    """The partial derivatives of a sequence gate by each of its operands, along the last axis."""
    op = node.head
    lead, parts = SEQUENCES[op]
    formulas = _formulas(op)
    names: dict[str, Array] = {"out": book.last(node)}
    rows = node.operands[lead:]
    if lead:
        names["i"] = book.last(node.operands[0])
    for name, row in zip(_NAMES[parts], rows, strict=True):
        names[name] = row
    size = rows[-1].shape[-1]
    names["j"] = book.node("array", (), (size,), False, np.arange(float(size)))
    index = node.operands[0] if lead else None
    return [None] * lead + [_read(book, formula, names, index) for formula in formulas]


_NAMES = {1: ["x"], 2: ["p", "x"]}
_ELEMENTS = {f"{name}{j}" for name in "px" for j in range(_PLACES)}


@cache
def _formulas(op: Primitive) -> list[Expression]:
    """The partial by the element at place j of each sequence, as a formula in j."""
    lead, parts = SEQUENCES[op]
    operands = [Expression("i")] * lead
    operands += [Expression(f"{name}{j}") for name in _NAMES[parts] for j in range(_PLACES)]
    partials = op.locals(operands, Expression("out"))[lead:]
    return [_unify(partials[part * _PLACES :][:_PLACES]) for part in range(parts)]


def _unify(trees: list[Any]) -> Expression:
    """One formula for three trees that differ in the place only."""
    trees = [expression(tree) for tree in trees]
    heads = [tree.head for tree in trees]
    first: Expression = trees[0]
    if not first.operands:
        if heads == [0.0, 1.0, 2.0]:
            return Expression("j")
        if isinstance(heads[0], str) and heads == [f"{heads[0][:-1]}{j}" for j in range(_PLACES)]:
            return Expression(heads[0][:-1])
        if repr(heads[0]) == repr(heads[1]) == repr(heads[2]) and heads[0] not in _ELEMENTS:
            return first
        raise Untranslatable(f"partials that don't follow one formula: {heads}")
    if any(head != heads[0] for head in heads):
        raise Untranslatable(f"partials that don't follow one formula: {heads}")
    head = heads[0]
    if isinstance(head, Primitive) and head in SEQUENCES:
        lead, _ = SEQUENCES[head]
        index = [_unify([tree.operands[0] for tree in trees])] if lead else []
        sequences = {tuple(str(o.head) for o in tree.operands[lead:]) for tree in trees}
        if sequences != {tuple(f"x{j}" for j in range(_PLACES))}:
            raise Untranslatable(f"{head.name} of part of a sequence")
        return Expression(head, (*index, Expression("x")))
    terms = list(first.operands) if head is primitives.sum else _chain(first)
    if terms is not None and str(first) == str(trees[1]) == str(trees[2]):
        try:
            return Expression("sum", (_unify(terms),))
        except Untranslatable:
            pass
    return Expression(
        head, tuple(_unify(list(o)) for o in zip(*(t.operands for t in trees), strict=True))
    )


def _chain(tree: Expression) -> list[Expression] | None:
    """t0, t1, t2 of 0 + t0 + t1 + t2."""
    terms: list[Expression] = []
    while tree.head is primitives.add:
        terms.append(tree.operands[1])
        tree = tree.operands[0]
    if tree.head != 0.0:
        terms.append(tree)
    return terms[::-1] if len(terms) == _PLACES else None


def _read(book: Book, formula: Expression, names: dict[str, Array], index: Array | None) -> Any:
    """Read a formula in j on arrays."""
    head, operands = formula.head, formula.operands
    if head is None:
        return book.lift(0.0)
    if isinstance(head, float):
        return book.lift(head)
    if isinstance(head, str) and not operands:
        return names[head]
    if head == "sum":
        return book.reduce("sum", _read(book, operands[0], names, index))
    if isinstance(head, str):
        left, right = (_read(book, operand, names, index) for operand in operands)
        if head == "==" and operands[0].head == "i" and index is not None:
            return _hit(book, index, names["j"].shape[0])
        return left._compare(head, right)
    if head in SEQUENCES:
        x = names["x"]
        if not SEQUENCES[head][0]:
            return book.last(_value(book, head, None, [x]))
        if operands[0].head == "j":
            _, gap, power, total = _exponentials(book, x)
            if head is primitives.log_softmax:
                return gap - book.call("log", total)
            return power / total if head is primitives.softmax else _rest(book, x)
        return book.last(_value(book, head, index, [x]))
    return book.gate(head, *(_read(book, operand, names, index) for operand in operands))
