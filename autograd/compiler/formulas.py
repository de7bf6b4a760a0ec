r"""Formulas: a program as LaTeX, to paste into a slide.

Reads the schedule, as ``emit`` does for NumPy. An operation of the language becomes an expression
of the reading room, which knows how a gate is written and where parentheses are needed; only what
no gate says, such as a product of matrices, has a form here. Samples are rows, \partial Z is the
gradient of the loss by Z, and what meets in a \odot, a fraction or a sum is broadcast.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

import numpy as np

from ..engine import primitives
from ..engine.text import ATOM, CONDITIONAL, POWER, PRODUCT, SUM, Expression
from ..reading.latex import LatexNames, latex_function
from ..reading.notation import Form, Templated, latex
from .access import moved_part, slice_of, way
from .language import (
    COMPARISONS,
    Along,
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
    Shape,
    Stack,
    Take,
    Transpose,
)
from .products import product
from .schedule import Line, Moves, Schedule, Steps, counted

__all__ = ["formulas"]

MANY = 4  # arrays side by side that are all written
_PRODUCT = Form("{} {}", PRODUCT, (POWER, POWER))
_TRANSPOSED = Form(r"{}^{{\top}}", POWER, (ATOM,))
_TRUE = Form(r"\mathbf{{1}}\left[{}\right]", ATOM, (CONDITIONAL,))
_AT = Form("{}[{}]", ATOM, (ATOM, CONDITIONAL))
_SCATTERED = Form(r"\mathrm{{scatter}}_{{{1}}}\left({0}\right)", ATOM, (CONDITIONAL,) * 2)
_NAMES = {"theta": r"\theta", "loss": r"\ell", "values": "f"}


def formulas(schedule: Schedule) -> str:
    r"""The lines of a program as an ``align*`` of LaTeX.

    Args:
        schedule: of ``value_and_grad``, or of ``values``.
    """
    return _Formulas(schedule).text()


def _word(text: str) -> Templated:
    """LaTeX that is written as it is."""
    return Templated(Form(text.replace("{", "{{").replace("}", "}}"), ATOM, ()))


def _function(name: str, operands: list[Expression], below: str = "") -> Templated:
    """A function's name, something below it, and its operands."""
    head = latex_function(name) + (f"_{{{below}}}" if below else "")
    head = head.replace("{", "{{").replace("}", "}}")
    places = ", ".join(["{}"] * len(operands))
    return Templated(
        Form(rf"{head}\left({places}\right)", ATOM, (CONDITIONAL,) * len(operands)), *operands
    )


def _shaped(name: str, operand: Expression, shape: Shape) -> Templated:
    return _function(name, [operand], r" \times ".join(map(str, shape)))


def _part(operand: Expression, part: str) -> Templated:
    """Elements by what stands in brackets."""
    return Templated(_AT, operand, _word(part.replace("*", "")))


def _transposed(operand: Expression) -> Expression:
    if isinstance(operand, Templated) and operand.form is _TRANSPOSED:
        return operand.operands[0]
    return Templated(_TRANSPOSED, operand)


def _joined(numbers: list[Expression], arrays: list[Expression]) -> Expression:
    """Numbers, then arrays multiplied elementwise."""
    factors = [*numbers, *arrays]
    if len(factors) == 1:
        return factors[0]
    places = [*["{}"] * len(numbers), *[r" \odot ".join(["{}"] * len(arrays))] * bool(arrays)]
    last = PRODUCT if len(arrays) < 2 else POWER  # a sum, or a product of matrices
    return Templated(
        Form(" ".join(places), PRODUCT, (*[POWER] * (len(factors) - 1), last)), *factors
    )


def _is_column(node: Array) -> bool:
    return node.size == 1 if node.batched else node.rank == 2 and node.shape[1] == 1


class _Formulas:
    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.names = LatexNames()
        self.line: Line | None = None  # which is being written

    def text(self) -> str:
        lines, forward = self.schedule.lines, self.schedule.forward
        parts = [("forward", lines[:forward]), ("backward", lines[forward:])]
        rows = []
        for title, part in parts if lines[forward:] else parts[:1]:
            rows += [rf"& \text{{{title}}}"] * bool(lines[forward:])
            for steps, looped in groupby(part, key=lambda line: line.steps):
                body = [*map(self.row, looped)]
                rows += body if steps is None else [_for(steps), *body, r"& \text{end for}"]
        return "\n".join([r"\begin{align*}", " \\\\\n".join(rows), r"\end{align*}"])

    def row(self, line: Line) -> str:
        self.line = line
        sign = r"\mathrel{+}=" if line.sign == "+=" else "="
        right = "0" if line.value is None else latex(self.number(line.value))
        return f"{self.target(line)} &{sign} {right}"

    def target(self, line: Line) -> str:
        """What a line writes to."""
        if line.name == "g":
            return rf"\partial {self.of_theta(line.part)}"
        name = self.name(line.name, line.at)
        if line.part is None:
            return name
        lead = ":, " if line.value is not None and line.value.batched else ""
        return f"{name}[{lead}{self.place(line.part)}]"

    def of_theta(self, index: Any) -> str:
        """The parameters at these places: by the name of their view, if they have one."""
        if index is None:
            return r"\theta"
        for array, name, part in self.schedule.views:
            if array == "theta" and np.array_equal(part, index):  # of this shape, too
                return self.name(name)
        return rf"\theta_{{{index.item()}}}" if index.size == 1 else rf"\theta[{self.place(index)}]"

    def place(self, index: Any) -> str:
        """A flat index: a number, a slice, or the name of an index array."""
        if index.ndim == 0:
            return str(index)
        known = self.schedule.constants.items()
        names = (name for name, data in known if np.array_equal(data, index))
        return slice_of(index) or self.name(next(names, "I"))

    # ------------------------------------------------------------------ what has a name

    def name(self, name: str, at: Moves | None = None) -> str:
        r"""A name, and which of the arrays that are kept by t: Z_{1,t}."""
        if name == "ones" and name in self.schedule.constants:
            text = r"\mathbf{1}"
        elif name.startswith("d"):  # of gradients only, see names.py
            return rf"\partial {self.name(name[1:], at)}"
        else:
            text = _NAMES.get(name) or self.names(name)
        if at is None:
            return text
        number = counted(at).replace("*", "").replace(" ", "")
        return f"{text[:-1]},{number}}}" if "_{" in text else f"{text}_{{{number}}}"

    def named(self, node: Array) -> str:
        """What an operand is called in the line that is written; "" if it stands inside it."""
        assert self.line is not None
        schedule, steps = self.schedule, self.line.steps
        name, at = schedule.names.get(node, ""), None
        if steps is not None and node in steps.times:
            name, at = steps.times[node]
        elif node in schedule.times:
            at = 0, schedule.times[node]
        own = node is self.line.value and name == self.line.name
        return self.name(name, at) if name and not own else ""

    def inside(self, node: Array) -> bool:
        return bool(node.operands) and not self.named(node)

    # ------------------------------------------------------------------ operations

    def read(self, node: Array) -> Expression:
        """An operand: its name, or what it is."""
        name = self.named(node)
        if name:
            return _word(name)
        found: Expression = _FORMULAS[type(node)](self, node)
        return found

    def number(self, node: Array) -> Expression:
        """The same where a number is wanted: 1 where a condition holds, else 0."""
        found = self.read(node)
        bare = node.dtype == "truth" and not self.named(node)
        return Templated(_TRUE, found) if bare else found

    def gate(self, node: Gate) -> Expression:
        if node.is_gate(primitives.mul, primitives.div, primitives.neg):
            return self.product(node)
        if node.is_gate(*COMPARISONS.values()):
            return Expression(node.op.symbol, tuple(map(self.number, node.operands)))
        first = self.read if node.is_gate(primitives.choice) else self.number
        operands = first(node.operands[0]), *map(self.number, node.operands[1:])
        if node.is_gate(primitives.add) and operands[1].head is primitives.neg:
            return operands[0] - operands[1].operands[0]  # a - b, not a + (-b)
        return Expression(node.op, operands)

    def product(self, node: Gate) -> Expression:
        parts = product(node, self.inside)
        assert parts is not None
        size = abs(parts.coefficient)
        under = [each for each in parts.under if not isinstance(each, BatchSize)]
        over_batch = parts.over_batch or len(under) < len(parts.under)
        numbers = [self.number(each) for each in parts.plain if not (each.batched or each.shape)]
        arrays = self.outer(node, [each for each in parts.plain if each.batched or each.shape])
        lead = [Expression(size) / _word("B")] * over_batch
        if not over_batch and (size != 1 or not parts.plain):
            numbers.insert(0, Expression(size))
        if under:
            above = _joined(numbers, arrays) if numbers or arrays else Expression(1.0)
            numbers, arrays = [above / _joined([], [*map(self.number, under)])], []
        found = _joined([*lead, *numbers], arrays)
        return -found if parts.coefficient < 0 else found

    def outer(self, node: Array, factors: list[Array]) -> list[Expression]:
        """Factors; a column, one number a row, times a vector is the product of both."""
        matrix = node.batched + node.rank == 2
        rows = [each for each in factors if matrix and not each.batched and each.rank == 1]
        columns = [each for each in factors if matrix and _is_column(each)]
        if not (rows and columns):
            return [*map(self.number, factors)]
        row, column = rows[0], columns[0]
        both = self.number(column), _transposed(self.number(row))
        rest = [each for each in factors if each is not row and each is not column]
        return [Templated(_PRODUCT, *both), *map(self.number, rest)]

    def along(self, node: Along) -> Expression:
        return _function(node.op.name, [self.number(each) for each in node.operands])

    def contract(self, node: Contract) -> Expression:
        a, b = node.operands
        left, right = self.number(a), self.number(b)
        if node.over_rows:
            left, right = (left, right) if node.rank == 2 else (right, left)
            return Templated(_PRODUCT, _transposed(left), right)
        if node.by_matrix:
            by_row = b.rank == 2 and node.right[1] == node.summed
            if a.batched or a.rank > 1:
                return Templated(_PRODUCT, left, _transposed(right) if by_row else right)
            if b.rank == 2:
                return Templated(_PRODUCT, right if by_row else _transposed(right), left)
            return Templated(_PRODUCT, _transposed(left), right)
        indexed = [
            Templated(Form(f"({{}})_{{{{{letters.lower()}}}}}", ATOM, (CONDITIONAL,)), each)
            for letters, each in ((node.left, left), (node.right, right))
        ]
        total = Templated(_total("sum", node.summed.lower()), Templated(_PRODUCT, *indexed))
        axes = node.axes.lower()
        form = Form(rf"\left[{{}}\right]_{{{{{axes}}}}}", ATOM, (CONDITIONAL,))
        return Templated(form, total) if axes else total

    def reduce(self, node: Reduce) -> Expression:
        letters = ["b"] * node.batch + [chr(ord("i") + axis) for axis in node.axes]
        return Templated(_total(node.kind, ",".join(letters)), self.number(node.operands[0]))

    def constant(self, node: Constant) -> Expression:
        n = len(node.numbers)
        if node.numbers.ndim == 1:
            return _word(rf"\left(0, \dots, {n - 1}\right)")
        return _word(r"\left[j \le i\right]_{ij}")

    def take(self, node: Take) -> Expression:
        assert self.line is not None
        (source,) = node.operands
        if isinstance(source, Parameters):
            return _word(self.of_theta(node.index))
        found, lead = self.number(source), ":, " if source.batched else ""
        moves = self.line.steps.starts.get(node) if self.line.steps else None
        if moves is not None:
            part = moved_part(node.index, source.shape, moves)
            start = f"({self.place(node.index - node.index.flat[0])}) + {counted(moves)}"
            return _part(found, lead + (part or start))
        how = way(source.shape, node.index)
        if how.lengths is not None:
            found = _shaped("reshape", found, how.lengths)
        if how.turned:
            return _transposed(found)
        part = self.place(node.index) if how.taken else how.part
        found = _part(found, lead + part) if part else found
        return found if how.after is None else _shaped("reshape", found, how.after)

    def scatter(self, node: Scatter) -> Expression:
        terms = [
            Templated(_SCATTERED, self.number(operand), _word(self.place(index)))
            for operand, index in zip(node.operands, node.indices, strict=True)
        ]
        return Templated(Form(" + ".join(["{}"] * len(terms)), SUM, (SUM,) * len(terms)), *terms)

    def reshape(self, node: Reshape) -> Expression:
        (source,) = node.operands
        found = self.number(source)
        same = [n for n in source.shape if n > 1] == [n for n in node.shape if n > 1]
        return found if same else _shaped("reshape", found, node.shape)

    def side_by_side(self, node: Array) -> Expression:
        operands = [self.number(each) for each in node.operands]
        if len(operands) > MANY and all(each in self.schedule.times for each in node.operands):
            operands = [operands[0], _word(r"\dots"), operands[-1]]  # all that a loop keeps
        places = r" \mid ".join(["{}"] * len(operands))
        form = Form(rf"\left[{places}\right]", ATOM, (CONDITIONAL,) * len(operands))
        return Templated(form, *operands)


def _for(steps: Steps) -> str:
    first, last = steps.range[0], steps.range[-1]
    return rf"& \text{{for }} t = {first}, \dots, {last}:"


def _total(kind: str, letters: str) -> Form:
    return Form(rf"\{kind}_{{{{{letters}}}}} {{}}", PRODUCT, (PRODUCT,))


_FORMULAS: dict[type, Any] = {
    Input: lambda w, node: _word(w.name(w.schedule.inputs[node.argument])),
    Parameters: lambda w, node: _word(r"\theta"),
    Number: lambda w, node: Expression(node.value),
    Constant: _Formulas.constant,
    BatchSize: lambda w, node: _word("B"),
    Gate: _Formulas.gate,
    Along: _Formulas.along,
    Contract: _Formulas.contract,
    Reduce: _Formulas.reduce,
    Reshape: _Formulas.reshape,
    Transpose: lambda w, node: _transposed(w.number(node.operands[0])),
    Broadcast: lambda w, node: _shaped("repeat", w.number(node.operands[0]), node.shape),
    Take: _Formulas.take,
    Scatter: _Formulas.scatter,
    Pick: lambda w, node: Templated(_AT, w.number(node.operands[0]), w.read(node.operands[1])),
    Lookup: lambda w, node: Templated(_AT, *map(w.number, node.operands)),
    ScatterRows: lambda w, node: Templated(_SCATTERED, *map(w.number, node.operands)),
    Concatenate: _Formulas.side_by_side,
    Stack: _Formulas.side_by_side,
}
