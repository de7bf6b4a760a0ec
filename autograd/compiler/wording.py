"""Wording: the NumPy expression of each array operation, as a lecturer would write it.

The operands of an operation have their texts already; ``w`` is the writer that holds them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from ..engine import primitives
from .access import read, slice_of
from .language import (
    COMPARISONS,
    Array,
    BatchSize,
    Broadcast,
    Concatenate,
    Constant,
    Contract,
    Gate,
    Input,
    Lookup,
    Number,
    Parameters,
    Pick,
    Reduce,
    Reshape,
    Scatter,
    ScatterRows,
    Stack,
    Take,
    Transpose,
)
from .products import Product, product
from .texts import ATOM, COMPARISON, NEGATION, POWER, PRODUCT, SUM, Text, tuple_text
from .writer import INFIX, Writer

__all__ = ["only_numbers", "text_of"]


def text_of(w: Writer, node: Array) -> Text:
    """The text of an operation, from those of its operands."""
    text: Text = _TEXTS[type(node)](w, node)
    return text


# ------------------------------------------------------------------ gates


def _gate(w: Writer, node: Gate) -> Text:
    op = node.op
    rank = node.rank
    operands = node.operands
    parts = product(node, lambda operand: w.texts[operand].pending)
    if parts is not None:
        return _product(w, node, parts)
    if op in INFIX:
        left = w.inner(operands[0], SUM, rank)
        right = w.inner(operands[1], SUM if op is primitives.add else PRODUCT, rank)
        if op is primitives.add and right.startswith("-"):
            return Text(f"{left} - {right[1:]}", SUM, True)
        return Text(f"{left} {INFIX[op]} {right}", SUM, True)
    if op is primitives.pow:
        power = operands[1]
        base = w.inner(operands[0], ATOM, rank)
        if isinstance(power, Number):
            return Text(f"{base} ** {w.inner(power, ATOM)}", POWER, True)
    if op in _COMPARED:
        left, right = (w.inner(operand, SUM, rank) for operand in operands)
        return Text(f"{left} {op.symbol} {right}", COMPARISON, True)
    arguments = ", ".join(w.inner(operand, COMPARISON, rank) for operand in operands)
    if op is primitives.step:
        return Text(f"{w.module}.heaviside({arguments}, 0)", ATOM, True)
    text = f"{w.spelling.function(op, len(operands)) or w.names.gate(op)}({arguments})"
    if not w.exact and op is primitives.choice and only_numbers(operands[1:]):
        text += ".astype(theta.dtype)"  # nothing in it tells NumPy that it is to be float32
    return Text(text, ATOM, True)


def only_numbers(operands: Sequence[Array]) -> bool:
    """Whether nothing in them tells NumPy which kind of numbers to make: 1 / B, a condition."""
    return all(
        isinstance(each, (Number, BatchSize))
        or each.dtype == "truth"
        or (each.operands and not each.shape and not each.batched and only_numbers(each.operands))
        for each in operands
    )


def _product(w: Writer, node: Gate, parts: Product) -> Text:
    """A product; the factors of operands that stand inside it are its own."""
    lead = w.spelling.number(parts.coefficient)
    if not w.exact:  # a number times a condition would be float64
        parts.plain.sort(key=lambda each: (each.dtype == "truth", only_numbers([each])))
    factors = [w.inner(each, NEGATION, node.rank) for each in parts.plain]
    plain = [each for each in parts.plain if each.dtype != "truth"]  # a mask alone is no number
    under = [w.inner(each, POWER, node.rank) for each in parts.under]
    sign = ""
    if parts.over_batch:
        factors.insert(0, f"({lead} / B)" if factors or under else f"{lead} / B")
        w.batch()
    elif not plain and (factors or under):
        factors.insert(0, lead)
    elif parts.coefficient == -1 and plain:
        sign = "-"
    elif parts.coefficient != 1 or not factors:
        factors.insert(0, lead)
    text = sign + " * ".join(factors) + "".join(f" / {divisor}" for divisor in under)
    many = len(factors) > 1 or under or parts.over_batch
    shaped = node.batched or node.shape
    if not w.exact and shaped and only_numbers([*parts.plain, *parts.under]):
        return Text(f"({text}).astype(theta.dtype)", ATOM, True)
    return Text(text, PRODUCT if many else NEGATION if text.startswith("-") else ATOM, True)


# ------------------------------------------------------------------ leaves


def _input(w: Writer, node: Input) -> Text:
    name = w.names.inputs[node.argument]
    w.names.of[node] = name
    return Text(name, ATOM)


def _theta(w: Writer, node: Array) -> Text:
    return Text("theta", ATOM)


def _number(w: Writer, node: Number) -> Text:
    text = w.spelling.number(node.value)
    return Text(text, NEGATION if text.startswith("-") else ATOM)


def _array(w: Writer, node: Constant) -> Text:
    data = node.numbers
    if data.ndim == 1 and np.array_equal(data, np.arange(len(data))) and len(data) > 1:
        dtype = "" if w.exact else ", dtype=theta.dtype"
        return Text(f"{w.module}.arange({len(data)}{dtype})", ATOM, w.uses[node] > 1)
    n = len(data) if data.ndim else 0
    if n > 1 and data.shape == (n, n) and np.array_equal(data, np.tri(n)):
        dtype = ", dtype=bool" if data.dtype == bool else "" if w.exact else ", dtype=theta.dtype"
        return Text(f"{w.module}.tri({n}{dtype})", ATOM, w.uses[node] > 1)
    name = w.names.constant(w.hint(node) or "C", data, node)
    return Text(name, ATOM)


def _batch_size(w: Writer, node: Array) -> Text:
    return Text(w.batch(), ATOM)


# ------------------------------------------------------------------ access


def _take(w: Writer, node: Take) -> Text:
    source = node.operands[0]
    index = partial(w.names.constant, "I")
    if not isinstance(source, Parameters):
        batch = w.batch if source.batched else None
        text = read(w.atom(source), source.shape, node.index, index, batch)
        return Text(text, ATOM, True)
    part = slice_of(node.index)
    if node.index.size == 1 or part is None:
        return Text(read("theta", source.shape, node.index, index), ATOM, True)
    letter = "w" if node in w.matrix_weights else "b"
    if node.index.ndim > 1:
        letter = "W"
    name = w.names.parameter(node, letter)
    w.schedule.views.append(("theta", name, node.index))
    return Text(name, ATOM)


def _transpose(w: Writer, node: Array) -> Text:
    return Text(f"{w.atom(node.operands[0])}.T", ATOM)


def _scatter(w: Writer, node: Scatter) -> Text:
    """The gradient of an array that was read in parts."""
    parts = [*zip(node.indices, node.operands, strict=True)]
    if all(index.ndim < 2 for index in node.indices):
        parts.sort(key=lambda part: int(part[0].flat[0]))
    pieces = [w.atom(operand) for _, operand in parts]
    if len(parts) == 1 and parts[0][0].ndim and slice_of(parts[0][0]) is None:
        return Text(_scattered(w, node, parts[0][0], pieces[0]), ATOM, True)
    name = w.new_name(node)
    w.line(
        name, None, f"{w.module}.zeros({tuple_text(w.lengths(node, node.size))}, theta.dtype)", "0"
    )
    axis = ":, " if node.batched else ""
    for k, (index, operand) in enumerate(parts):
        part = slice_of(index)
        target, piece = name, pieces[k]
        if index.ndim == 0:
            target = f"{name}[{axis}{int(index)}]"
        elif part is not None:
            target = f"{name}[{axis}{part}]"
            piece += f".reshape{tuple_text(w.lengths(node, index.size))}" if index.ndim > 1 else ""
        else:
            piece = _scattered(w, node, index, piece)
        w.line(name, operand, piece, "+=", index, target)
    return Text(name, ATOM)


def _scattered(w: Writer, node: Scatter, index: Any, piece: str) -> str:
    return f"scatter({piece}, {w.names.constant('I', index)}, {node.size})"


def _reshape(w: Writer, node: Array) -> Text:
    source = node.operands[0]
    text = w.texts[source]
    if source.shape == (*node.shape, 1):
        if isinstance(source, Reduce) and source.keep and text.pending:
            return Text(f"{_reduced(w, source)[0]}(-1)", ATOM, True)
        lead = ":, " if source.batched else ""
        first = f"{lead}0" if source.rank == 1 else "..., 0"
        return Text(f"{w.atom(source)}[{first}]", ATOM, True)
    if node.shape == (*source.shape, 1):
        if not node.batched and not source.shape:
            return text
        plain = source.rank + source.batched == 1
        where = ":, None" if plain else "..., None"
        return Text(f"{w.atom(source)}[{where}]", ATOM, True)
    sizes = ", ".join(map(str, w.lengths(node, *node.shape)))
    return Text(f"{w.atom(source)}.reshape({sizes or '()'})", ATOM, True)


def _broadcast(w: Writer, node: Array) -> Text:
    source = node.operands[0]
    shape = tuple_text(w.lengths(node, *node.shape))
    if not source.shape and not source.batched:
        return Text(f"{w.module}.full({shape}, {w.texts[source].text}, theta.dtype)", ATOM, True)
    text = w.inner(source, COMPARISON, node.rank)
    return Text(f"{w.module}.broadcast_to({text}, {shape})", ATOM, True)


# ------------------------------------------------------------------ products and sums


def _contract(w: Writer, node: Contract) -> Text:
    """A matrix product: of rows and a matrix, or the gradient of that matrix."""
    a, b = node.operands
    if node.over_rows:
        return _gradient_of_a_matrix(w, node, a, b)
    if not node.by_matrix:
        return _stacked_product(w, node, a, b)
    left, right = w.inner(a, ATOM), w.atom(b)
    if b.rank == 2 and node.right[1] == node.summed:
        if not a.batched and a.rank == 1:
            return _matrix_product(right, left)
        right = w.atom(b.operands[0]) if isinstance(b, Transpose) else right + ".T"
    if a.batched and a.rank > 1 and b.rank == 2:
        sizes = ", ".join(map(str, w.lengths(node, *node.shape)))
        text = f"({w.atom(a)}.reshape(-1, {a.shape[-1]}) @ {right}).reshape({sizes})"
        return Text(text, ATOM, True)
    return _matrix_product(left, right)


def _gradient_of_a_matrix(w: Writer, node: Contract, d: Array, x: Array) -> Text:
    left, right = w.atom(d), w.atom(x)
    if x.batched and x.rank > 1:
        right += f".reshape(-1, {x.shape[-1]})"
        left += f".reshape(-1, {node.shape[0]})" if node.rank == 2 else ".reshape(-1)"
    return _matrix_product(f"{left}{'.T' if node.rank == 2 else ''}", right)


def _stacked_product(w: Writer, node: Contract, a: Array, b: Array) -> Text:
    """Matrix products for each sample, for each head: with @ where the axes lie so already."""
    sides = (node.left, w.atom(a), a.batched), (node.right, w.atom(b), b.batched)
    for (left, x, _), (right, y, _) in (sides, sides[::-1]):
        stack, rows, columns = node.axes[:-2], node.axes[-2:-1], node.axes[-1:]
        left, x = _turned(left, x, rows + node.summed)
        right, y = _turned(right, y, node.summed + columns)
        matrices = left[-2:] == rows + node.summed and right[-2:] == node.summed + columns
        if matrices and {left[:-2], right[:-2]} <= {stack, ""}:
            return _matrix_product(x, y)
    names = ",".join((node.left, node.right))
    names = f"{names}->{node.axes}".replace("B", "b")
    return Text(f'{w.module}.einsum("{names}", {sides[0][1]}, {sides[1][1]})', ATOM, True)


def _turned(letters: str, text: str, wanted: str) -> tuple[str, str]:
    """The last two axes exchanged, if they are wanted so."""
    if letters[-2:] != wanted[::-1]:
        return letters, text
    axes = len(letters) - 2, len(letters) - 1
    return letters[:-2] + wanted, f"{text}.swapaxes{axes}" if axes[0] else f"{text}.T"


def _matrix_product(left: str, right: str) -> Text:
    return Text(f"{left} @ {right}", PRODUCT, True, sides=(left, right))


def _reduce(w: Writer, node: Reduce) -> Text:
    text, which = _reduced(w, node)
    return Text(f"{text}({which})", ATOM, True, sides=(text, which))


def _reduced(w: Writer, node: Reduce) -> tuple[str, str]:
    """``Z.sum`` and the axes."""
    (source,) = node.operands
    text = f"{w.inner(source, ATOM)}.{node.kind}"
    if node.keep:
        counted = source.dtype == "truth" and not w.exact
        return text, "-1, keepdims=True" + (", dtype=theta.dtype" if counted else "")
    axes = tuple([0] * node.batch + [axis + source.batched for axis in node.axes])
    if len(axes) == source.rank + source.batched:
        return text, ""
    return text, str(axes[0]) if len(axes) == 1 else str(axes)


# ------------------------------------------------------------------ elementwise


def _stack(w: Writer, node: Array) -> Text:
    columns = ", ".join(w.inner(operand, COMPARISON) for operand in node.operands)
    return Text(f"{w.module}.stack([{columns}], -1)", ATOM, True)


def _concatenate(w: Writer, node: Array) -> Text:
    pieces = []
    for operand in node.operands:
        text = w.inner(operand, COMPARISON, node.rank)
        if isinstance(operand, Reshape) and not operand.batched and not operand.operands[0].shape:
            text = w.spelling.alone.format(
                text
            )  # a number, which will do for an array (1,) where it is broadcast
        pieces.append(text)
    return Text(f"{w.module}.concatenate([{', '.join(pieces)}], -1)", ATOM, True)


def _pick(w: Writer, node: Array) -> Text:
    x, hit = node.operands
    rank = max(x.rank, hit.rank)
    return Text(
        f"pick({w.inner(x, COMPARISON, rank)}, {w.inner(hit, COMPARISON, rank)})", ATOM, True
    )


def _lookup(w: Writer, node: Array) -> Text:
    table, index = (w.inner(operand, COMPARISON) for operand in node.operands)
    return Text(f"lookup({table}, {index})", ATOM, True)


def _scatter_rows(w: Writer, node: Array) -> Text:
    rows, index = (w.inner(operand, COMPARISON) for operand in node.operands)
    return Text(f"scatter_rows({rows}, {index}, {node.shape[0]})", ATOM, True)


_COMPARED = {*COMPARISONS.values()}
_TEXTS: dict[type, Any] = {
    Input: _input,
    Parameters: _theta,
    Number: _number,
    Constant: _array,
    BatchSize: _batch_size,
    Gate: _gate,
    Contract: _contract,
    Reduce: _reduce,
    Reshape: _reshape,
    Transpose: _transpose,
    Broadcast: _broadcast,
    Take: _take,
    Scatter: _scatter,
    Pick: _pick,
    Lookup: _lookup,
    ScatterRows: _scatter_rows,
    Concatenate: _concatenate,
    Stack: _stack,
}
