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
from .builder import Builder
from .language import Along, Array, Constant, Number, Pick, Shape
from .operators import Untranslatable

__all__ = [
    "SEQUENCES",
    "along",
    "is_whole",
    "sequence_gate",
    "sequence_partials",
    "sequence_pullback",
    "with_places",
]

SEQUENCES: dict[Primitive, tuple[int, int]] = {
    primitives.maximum: (0, 1),
    primitives.minimum: (0, 1),
    primitives.logsumexp: (0, 1),
    primitives.softmax: (1, 1),
    primitives.rest: (1, 1),
    primitives.log_softmax: (1, 1),
    primitives.cross_entropy: (1, 1),
    primitives.soft_cross_entropy: (0, 2),
    primitives.take: (1, 1),
}
"""How many operands come first (a class index), and how many sequences follow."""

MANY = 128  # places, from which on a square matrix of them costs more than cancellation
_PLACES = 3


def sequence_gate(
    builder: Builder, op: Primitive, operands: tuple[Array, ...], shape: tuple[int, ...]
) -> Array:
    """Apply a gate along the last axis of the rows among its operands; the result has ``shape``."""
    return builder.make(Along, operands, shape, any(o.batched for o in operands), op)


def along(
    builder: Builder,
    op: Primitive,
    operands: tuple[Array, ...],
    shape: tuple[int, ...],
    batched: bool,
) -> Array:
    """A gate along the last axis as plain operations."""
    lead, parts = SEQUENCES[op]
    lead = len(operands) - parts
    value = _value(builder, op, operands[0] if lead else None, list(operands[lead:]))
    return builder.expand(value, shape, batched)


def is_whole(node: Along) -> bool:
    """Whether it is all places of a softmax."""
    return len(node.operands) < sum(SEQUENCES[node.op])


def _drop(builder: Builder, array: Array) -> Array:
    """Without the last axis, which has length 1."""
    return builder.reshape(array, array.shape[:-1])


def _value(builder: Builder, op: Primitive, index: Array | None, rows: list[Array]) -> Array:
    x = rows[-1]
    if op is primitives.maximum:
        return _drop(builder, builder.reduce("max", x))
    if op is primitives.minimum:
        return _drop(builder, builder.reduce("min", x))
    if op is primitives.take:
        return _pick(builder, x, index)
    top, gap, power, total = _exponentials(builder, x)
    if op is primitives.logsumexp:
        return _drop(builder, builder.add(top, builder.gate(primitives.log, total)))
    if op is primitives.soft_cross_entropy:
        surprise = rows[0] * (builder.gate(primitives.log, total) - gap)
        if (
            not isinstance(rows[0], Constant) or not rows[0].numbers.all()
        ):  # 0 × inf, for a logit of -inf
            surprise = builder.select(rows[0] == 0, 0.0, surprise)
        return _drop(builder, builder.reduce("sum", surprise))
    if op is primitives.softmax:
        return _pick(builder, power / total, index)
    if op is primitives.rest:
        return _pick(builder, _rest(builder, x), index)
    if op is primitives.log_softmax and index is None:
        return gap - builder.gate(primitives.log, total)
    log_total = builder.gate(primitives.log, _drop(builder, total))
    if op is primitives.log_softmax:
        return _pick(builder, gap, index) - log_total
    return log_total - _pick(builder, gap, index)


def _exponentials(builder: Builder, x: Array) -> tuple[Array, Array, Array, Array]:
    """The largest x, the distance to it, its exponential, and the sum of these."""
    top = builder.reduce("max", x)
    gap = x - top
    power = builder.gate(primitives.exp, gap)
    ones = builder.constant(np.ones(x.shape[-1]))
    total = builder.matmul(power, ones, "k")  # the sum along the last axis, in less time
    for array, hint in ((gap, "S"), (power, "E"), (total, "total"), (ones, "ones")):
        builder.hint(array, hint)
    return top, gap, power, builder.last(total)


def _rest(builder: Builder, x: Array) -> Array:
    """1 - softmax at every place: the other exponentials added up, for nothing to cancel."""
    _, _, power, total = _exponentials(builder, x)
    k = x.shape[-1]
    if k == 1:
        return builder.mul(0.0, power)
    if k > MANY:
        return (total - power) / total
    rest = _sum_of_others(builder, power)
    builder.hint(rest, "R")
    return rest / total


def _sum_of_others(builder: Builder, x: Array) -> Array:
    """At each place the sum of all other elements: a product, for nothing to cancel."""
    k = x.shape[-1]
    if k > MANY:
        return builder.reduce("sum", x) - x
    others = builder.constant(1.0 - np.eye(k))
    builder.hint(others, "others")
    return builder.matmul(x, others, "kv")


def _hit(builder: Builder, index: Array, k: int) -> Array:
    """Where the class is the index."""
    places = builder.constant(np.arange(float(k)))
    hit = builder.compare("==", builder.last(index), places)
    builder.hint(hit, "hit")
    return hit


def _pick(builder: Builder, x: Array, index: Array | None) -> Array:
    """The element of the last axis that the index names; all of them without one."""
    if index is None:
        return x
    k = x.shape[-1]
    if isinstance(index, Number) and x.rank == 1 and index.value in range(k):
        return builder.take(x, int(index.value))
    hit = _hit(builder, index, k)
    shape = tuple(np.broadcast_shapes(x.shape, hit.shape))[:-1]
    return builder.make(Pick, (x, hit), shape, x.batched or hit.batched)


# ---------------------------------------------------------------------- partials


def sequence_pullback(builder: Builder, node: Along, d: Array) -> Array | None:
    """The gradient at x if d arrives at a whole softmax (or its logarithm), all places of it.

    The rule says for output i and place j: A if i = j, else B. Where B is a product b·c, of b
    that depends on i alone and c on j alone, Σᵢ dᵢ·partial is d·A + c·Σ b·d over the other places:
    the Jacobian, which is a square for every sample, need not be written out.
    """
    op, x = node.op, node.operands[-1]
    if not is_whole(node):
        return None
    formula = _formulas(op)[0]
    if formula.head is not primitives.choice or formula.operands[0].head != "==":
        return None
    _, same, other = formula.operands
    arrived = builder.expand(d, node.shape, node.batched)
    here, there = ({factor.head for factor in _factors(tree)} for tree in (same, other))
    if here in ({"out", primitives.rest}, {op, primitives.rest}) and there == {-1.0, "out", op}:
        return _centred(builder, node, arrived)
    names: dict[str, Array] = {"x": x, "out": node}
    of_output = of_place = builder.lift(1.0)
    for factor in _factors(other):
        mentioned = _leaves(factor)
        read = _read(builder, factor, names, None)
        if "out" not in mentioned:
            of_place = of_place * read
        elif mentioned == {"out"}:
            of_output = of_output * read
        else:
            return None
    along = _sum_of_others(builder, of_output * arrived)
    whole: Array = _read(builder, same, names, None) * arrived + of_place * along
    return whole


def _centred(builder: Builder, shares: Array, d: Array) -> Array:
    """The same where A is sⱼ·(Σ of the other s) and B is -sᵢ·sⱼ: sⱼ·Σ sᵢ·(dⱼ - dᵢ).

    As the shares add up to 1, that is s·(d - Σ s·d). Where one of them is almost all, it cancels:
    so d is centred first, and what is left of the mean is taken away a second time.
    """
    for _ in range(2):
        d = d - builder.reduce("sum", shares * d)
    return shares * d


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


def sequence_partials(builder: Builder, node: Along) -> list[Array | None]:
    """The partial derivatives of a sequence gate by each of its operands, along the last axis."""
    op = node.op
    lead, parts = SEQUENCES[op]
    formulas = _formulas(op)
    names: dict[str, Array] = {"out": builder.last(node)}
    (*first,) = node.operands[: len(node.operands) - parts]
    rows = [*node.operands[len(first) :]]
    size = rows[-1].shape[-1]
    places = builder.constant(np.arange(float(size)))
    if is_whole(node):  # the output has all places, and so has, in an axis of its own, the operand
        first, rows = [places], [builder.reshape(row, with_places(row.shape)) for row in rows]
    index = first[0] if lead else None
    if index is not None:
        names["i"] = builder.last(index)
    for name, row in zip(_NAMES[parts], rows, strict=True):
        names[name] = row
    names["j"] = places
    by = [_read(builder, formula, names, index) for formula in formulas]
    return [None] * (len(node.operands) - parts) + by


def with_places(shape: Shape) -> Shape:
    """The shape of a row that is read for each place of a whole softmax."""
    return (*shape[:-1], 1, shape[-1])


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


def _read(
    builder: Builder, formula: Expression, names: dict[str, Array], index: Array | None
) -> Any:
    """Read a formula in j on arrays."""
    head, operands = formula.head, formula.operands
    if head is None:
        return builder.lift(0.0)
    if isinstance(head, float):
        return builder.lift(head)
    if isinstance(head, str) and not operands:
        return names[head]
    if head == "sum":
        return builder.reduce("sum", _read(builder, operands[0], names, index))
    if isinstance(head, str):
        left, right = (_read(builder, operand, names, index) for operand in operands)
        if head == "==" and operands[0].head == "i" and index is not None:
            return _hit(builder, index, names["j"].shape[0])
        return builder.compare(head, left, right)
    if head is primitives.choice:
        condition, taken, other = operands
        if other.head is primitives.choice and other.operands[1].head is None:
            known, _, unknown = other.operands  # of rows: then the mask of places is a factor
            if all(_leaves(each) <= {"out"} for each in (known, unknown)):
                mask = _read(builder, condition, names, index)
                row = Expression(head, (known, taken, unknown))
                return mask * _read(builder, row, names, index)
    if head in SEQUENCES:
        x = names["x"]
        if not SEQUENCES[head][0]:
            return builder.last(_value(builder, head, None, [x]))
        if operands[0].head == "j":
            _, gap, power, total = _exponentials(builder, x)
            if head is primitives.log_softmax:
                return gap - builder.gate(primitives.log, total)
            return power / total if head is primitives.softmax else _rest(builder, x)
        return builder.last(_value(builder, head, index, [x]))
    return builder.gate(head, *(_read(builder, operand, names, index) for operand in operands))
