"""Wording: the NumPy expression of each array operation, as a lecturer would write it.

The operands of an operation have their texts already; ``w`` is the writer that holds them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from ..engine import primitives
from ..engine.gate import Primitive
from .access import read, slice_of
from .arrays import Array
from .texts import ATOM, COMPARE, POWER, PRODUCT, SIGN, SUM, Factors, Text, number_text, tuple_text
from .writer import INFIX, Writer, resolved

__all__ = ["text_of"]


def text_of(w: Writer, node: Array) -> Text:
    """The text of an operation, from those of its operands."""
    if isinstance(node.head, Primitive):
        return _gate(w, node, node.head)
    return _TEXTS[node.head](w, node)


# ------------------------------------------------------------------ gates


def _gate(w: Writer, node: Array, op: Primitive) -> Text:
    rank = node.rank
    operands = node.operands
    if op in (primitives.mul, primitives.div, primitives.neg):
        return _quotient_or_product(w, node, op)
    if op in INFIX:
        left = w.inner(operands[0], SUM, rank)
        right = w.inner(operands[1], SUM if op is primitives.add else PRODUCT, rank)
        if op is primitives.add and right.startswith("-"):
            return Text(f"{left} - {right[1:]}", SUM, True)
        return Text(f"{left} {INFIX[op]} {right}", SUM, True)
    if op is primitives.pow:
        power = resolved(operands[1])
        base = w.inner(operands[0], ATOM, rank)
        if power.head == "number":
            return Text(f"{base} ** {w.inner(power, ATOM)}", POWER, True)
    arguments = ", ".join(w.inner(o, COMPARE, rank) for o in operands)
    name = f"np.{op.array}" if isinstance(op.array, str) else w.names.gate(op)
    return Text(f"{name}({arguments})", ATOM, True)


def _quotient_or_product(w: Writer, node: Array, op: Primitive) -> Text:
    """A product, quotient or negative; the factors of inlined operands are its own."""
    factors = Factors(coefficient=-1.0 if op is primitives.neg else 1.0)
    above = node.operands
    if op is primitives.div:
        above, below = node.operands[:1], resolved(node.operands[1])
        if below.head == "batch_size" and node.operands[0].head == "number":
            factors.coefficient, factors.over_batch = node.operands[0].extra, True
            above = ()
        else:
            factors.under.append(w.inner(below, POWER, node.rank))
    for operand in map(resolved, above):
        _multiply(w, factors, operand, node.rank)
    text = factors.text()
    return Text(text.text, text.binds, True, factors)


def _multiply(w: Writer, factors: Factors, operand: Array, rank: int) -> None:
    """Put one more factor into a product."""
    text = w.texts[operand]
    own = text.factors if text.pending else None
    mask = _mask(operand) if text.pending else None
    if operand.head == "number":
        factors.coefficient *= operand.extra
    elif (
        own is not None
        and (operand.rank == rank or not operand.batched)
        and not (factors.over_batch and own.over_batch)
    ):
        factors.coefficient *= own.coefficient
        factors.over_batch |= own.over_batch
        factors.plain += own.plain
        factors.masks += own.masks
        factors.under += own.under
    elif mask is not None:
        factors.masks.append(f"({w.inner(mask, SUM, rank)} > 0)")
    else:
        factors.plain.append(w.inner(operand, SIGN, rank))


# ------------------------------------------------------------------ leaves


def _input(w: Writer, node: Array) -> Text:
    name = w.names.inputs[node.extra]
    w.names.of[node] = name
    return Text(name, ATOM)


def _theta(w: Writer, node: Array) -> Text:
    return Text("theta", ATOM)


def _number(w: Writer, node: Array) -> Text:
    text = number_text(node.extra)
    return Text(text, SIGN if text.startswith("-") else ATOM)


def _array(w: Writer, node: Array) -> Text:
    data = node.extra
    if data.ndim == 1 and np.array_equal(data, np.arange(len(data))) and len(data) > 1:
        dtype = "" if w.exact else ", dtype=theta.dtype"
        return Text(f"np.arange({len(data)}{dtype})", ATOM, w.uses[node] > 1)
    name = w.names.constant(node.hint or "C", data)
    return Text(name, ATOM)


def _batch_size(w: Writer, node: Array) -> Text:
    w.uses_batch = True
    return Text("B", ATOM)


# ------------------------------------------------------------------ access


def _take(w: Writer, node: Array) -> Text:
    source = resolved(node.operands[0])
    index = partial(w.names.constant, "I")
    if source.head != "theta":
        text = read(w.atom(source), source.shape, source.batched, node.extra, index)
        return Text(text, ATOM, True)
    part = slice_of(node.extra)
    if node.extra.size == 1 or part is None:
        return Text(read("theta", source.shape, False, node.extra, index), ATOM, True)
    letter = "w" if node in w.matrix_weights else "b"
    if node.extra.ndim > 1:
        letter = "W"
    name = w.names.parameter(node, letter)
    shape = f".reshape{tuple_text(node.extra.shape)}" if node.extra.ndim > 1 else ""
    start = int(node.extra.flat[0])
    w.header.append((start, f"{name} = theta[{part}]{shape}"))
    return Text(name, ATOM)


def _transpose(w: Writer, node: Array) -> Text:
    return Text(f"{w.atom(node.operands[0])}.T", ATOM)


def _assemble(w: Writer, node: Array) -> Text:
    """The gradient of an array that was read in parts."""
    shape = node.shape
    size = int(np.prod(shape, dtype=int))
    parts = []
    for (data, index_shape), operand in zip(node.extra, node.operands, strict=True):
        parts.append((np.frombuffer(data, dtype=np.int64).reshape(index_shape), operand))
    lead = ["B"] if node.batched else []
    if len(shape) == 1 and all(index.ndim < 2 for index, _ in parts):
        parts.sort(key=lambda part: int(part[0].flat[0]))
        everything = np.concatenate([index.ravel() for index, _ in parts])
        if np.array_equal(everything, np.arange(size)) and all(
            index.size == 1 or slice_of(index) for index, _ in parts
        ):
            pieces = [w.atom(operand) for _, operand in parts]
            for k, (index, _) in enumerate(parts):
                if index.ndim == 0:
                    pieces[k] = f"{pieces[k]}[:, None]" if node.batched else f"[{pieces[k]}]"
            text = f"np.concatenate([{', '.join(pieces)}], {1 if node.batched else 0})"
            return Text(text, ATOM, True)
    pieces = [w.atom(operand) for _, operand in parts]
    if len(parts) == 1 and parts[0][0].ndim and slice_of(parts[0][0]) is None:
        text = f"scatter({pieces[0]}, {w.names.constant('I', parts[0][0])}, {size})"
        if len(shape) > 1:
            text += f".reshape{tuple_text([*lead, *shape])}"
        return Text(text, ATOM, True)
    name = w.new_name(node)
    w.assign(name, f"np.zeros({tuple_text([*lead, size])}, theta.dtype)")
    axis = ":, " if node.batched else ""
    for (index, _), piece in zip(parts, pieces, strict=True):
        part = slice_of(index)
        if index.ndim == 0:
            w.assign(f"{name}[{axis}{int(index)}]", piece, "+=")
        elif part is not None:
            flat = f".reshape{tuple_text([*lead, index.size])}" if index.ndim > 1 else ""
            w.assign(f"{name}[{axis}{part}]", f"{piece}{flat}", "+=")
        else:
            w.assign(name, f"scatter({piece}, {w.names.constant('I', index)}, {size})", "+=")
    if len(shape) > 1:
        return Text(f"{name}.reshape{tuple_text([*lead, *shape])}", ATOM)
    return Text(name, ATOM)


def _reshape(w: Writer, node: Array) -> Text:
    source = resolved(node.operands[0])
    text = w.texts[source]
    if source.shape == (*node.shape, 1):
        if source.head == "reduce" and text.pending:
            return Text(text.text.replace(", keepdims=True", ""), ATOM, True)
        lead = ":, " if source.batched else ""
        first = f"{lead}0" if source.rank == 1 else "..., 0"
        return Text(f"{w.atom(source)}[{first}]", ATOM, True)
    if node.shape == (*source.shape, 1):
        if not node.batched and not source.shape:
            return text
        plain = source.rank + source.batched == 1
        where = ":, None" if plain else "..., None"
        return Text(f"{w.atom(source)}[{where}]", ATOM, True)
    sizes = ", ".join(map(str, [*(["B"] if node.batched else []), *node.shape]))
    return Text(f"{w.atom(source)}.reshape({sizes or '()'})", ATOM, True)


def _expand(w: Writer, node: Array) -> Text:
    source = resolved(node.operands[0])
    shape = tuple_text([*(["B"] if node.batched else []), *node.shape])
    if not source.shape and not source.batched:
        return Text(f"np.full({shape}, {w.texts[source].text}, theta.dtype)", ATOM, True)
    text = w.inner(source, COMPARE, node.rank)
    return Text(f"np.broadcast_to({text}, {shape})", ATOM, True)


# ------------------------------------------------------------------ products and sums


def _matmul(w: Writer, node: Array) -> Text:
    x, weight = map(resolved, node.operands)
    left, right = w.inner(x, ATOM), w.atom(weight)
    if weight.rank == 2 and node.extra:
        if not x.batched and x.rank == 1:
            return Text(f"{right} @ {left}", PRODUCT, True)
        turned = weight.head == "transpose" and right.endswith(".T")
        right = right[:-2] if turned else right + ".T"
    if x.batched and x.rank > 1 and weight.rank == 2:
        sizes = ", ".join(map(str, node.shape))
        text = f"({w.atom(x)}.reshape(-1, {x.shape[-1]}) @ {right}).reshape(B, {sizes})"
        return Text(text, ATOM, True)
    return Text(f"{left} @ {right}", PRODUCT, True)


def _outer_sum(w: Writer, node: Array) -> Text:
    d, x = map(resolved, node.operands)
    left, right = w.atom(d), w.atom(x)
    if x.batched and x.rank > 1:
        right += f".reshape(-1, {x.shape[-1]})"
        left += f".reshape(-1, {node.shape[0]})" if node.rank == 2 else ".reshape(-1)"
    elif d.rank > 1 and not d.batched and node.rank == 1:
        left += ".reshape(-1)"
    return Text(f"{left}{'.T' if node.rank == 2 else ''} @ {right}", PRODUCT, True)


def _sum(w: Writer, node: Array) -> Text:
    source = resolved(node.operands[0])
    batch, axes = node.extra
    shift = 1 if source.batched else 0
    all_axes = tuple([0] * batch + [axis + shift for axis in axes])
    if len(all_axes) == source.rank + shift:
        which = ""
    else:
        which = str(all_axes[0]) if len(all_axes) == 1 else str(all_axes)
    text = w.inner(source, ATOM)
    return Text(f"{text}.sum({which})", ATOM, True)


def _reduce(w: Writer, node: Array) -> Text:
    source = resolved(node.operands[0])
    return Text(f"{w.inner(source, ATOM)}.{node.extra}(-1, keepdims=True)", ATOM, True)


# ------------------------------------------------------------------ elementwise


def _call(w: Writer, node: Array) -> Text:
    arguments = ", ".join(w.inner(o, COMPARE, node.rank) for o in node.operands)
    text = f"np.{node.extra}({arguments})"
    if not w.exact and node.extra == "where" and _only_numbers(node.operands[1:]):
        text += ".astype(theta.dtype)"  # nothing in it tells NumPy that it is to be float32
    return Text(text, ATOM, True)


def _only_numbers(operands: Sequence[Array]) -> bool:
    return all(resolved(operand).head == "number" for operand in operands)


def _compare(w: Writer, node: Array) -> Text:
    left, right = (w.inner(o, SUM, node.rank) for o in node.operands)
    return Text(f"{left} {node.extra} {right}", COMPARE, True)


def _stack(w: Writer, node: Array) -> Text:
    columns = ", ".join(w.inner(operand, COMPARE) for operand in node.operands)
    return Text(f"np.stack([{columns}], -1)", ATOM, True)


def _concatenate(w: Writer, node: Array) -> Text:
    pieces = []
    for operand in map(resolved, node.operands):
        text = w.inner(operand, COMPARE, node.rank)
        if operand.head == "reshape" and not operand.batched and not operand.operands[0].shape:
            text = f"[{text}]"  # a number, which will do for an array (1,) where it is broadcast
        pieces.append(text)
    return Text(f"np.concatenate([{', '.join(pieces)}], -1)", ATOM, True)


def _pick(w: Writer, node: Array) -> Text:
    x, hit = node.operands
    rank = max(x.rank, hit.rank)
    return Text(f"pick({w.inner(x, COMPARE, rank)}, {w.inner(hit, COMPARE, rank)})", ATOM, True)


def _mask(node: Array) -> Array | None:
    """What a step looks at: (that > 0)."""
    if node.head == "call" and node.extra == "heaviside":
        return resolved(node.operands[0])
    return None


_TEXTS: dict[str, Callable[[Writer, Array], Text]] = {
    "input": _input,
    "theta": _theta,
    "number": _number,
    "array": _array,
    "batch_size": _batch_size,
    "take": _take,
    "transpose": _transpose,
    "assemble": _assemble,
    "reshape": _reshape,
    "expand": _expand,
    "matmul": _matmul,
    "outer_sum": _outer_sum,
    "sum": _sum,
    "reduce": _reduce,
    "call": _call,
    "compare": _compare,
    "stack": _stack,
    "concatenate": _concatenate,
    "pick": _pick,
}
