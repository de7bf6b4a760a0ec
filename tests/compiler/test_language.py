"""The array language: closed, and every printer and pass knows all of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd.compiler import calls, language, wording
from autograd.compiler.builder import Builder
from autograd.compiler.expand import expand
from autograd.compiler.language import Along, Array, Gate, Input, Number, Reshape, Take, check
from autograd.engine import primitives
from autograd.engine.primitives import sigmoid, softmax

OPERATIONS = {
    each
    for each in vars(language).values()
    if isinstance(each, type) and issubclass(each, Array) and each is not Array
}


def test_the_check_knows_every_operation() -> None:
    assert set(language._SHAPES) == OPERATIONS


def test_the_printer_knows_every_operation() -> None:
    assert set(wording._TEXTS) == OPERATIONS - {Along}  # which expand has rewritten


def test_the_printer_of_what_runs_knows_every_operation() -> None:
    assert set(calls._COMPUTE) == OPERATIONS - {Along, Input}  # inputs have their names


def an_input(builder: Builder, *shape: int) -> Input:
    return builder.make(Input, (), shape, True, 0)


def test_equal_operations_are_one() -> None:
    builder = Builder()
    x = an_input(builder, 3)
    assert x * 2.0 + 1.0 is x * 2.0 + 1.0
    assert builder.lift(0.0) is not builder.lift(-0.0)
    assert builder.take(x, [0, 2]) is builder.take(x, np.array([0, 2]))
    assert builder.take(x, [0, 2]) is not builder.take(x, [2, 0])


@pytest.mark.parametrize(
    "wrong",
    [
        lambda b, x: b.make(Reshape, (x,), (4,), True),
        lambda b, x: b.make(Gate, (x, x), (2, 3), True, primitives.add),
        lambda b, x: b.make(Take, (x,), (1,), True, np.array([6])),
        lambda b, x: b.make(Take, (x,), (1,), True, np.array([-1])),
        lambda b, x: b.make(Number, (), (2,), False, 1.0),
        lambda b, x: b.make(Gate, (an_input(Builder(), 6),), (6,), True, primitives.exp),
        lambda b, x: b.contract(x, "Bk", b.constant(np.ones(5)), "k", "B"),
    ],
)
def test_what_is_no_program(wrong: Any) -> None:
    builder = Builder()
    with pytest.raises(ValueError, match=r"should be|beyond|come before|different lengths"):
        check([wrong(builder, an_input(builder, 6))])


def test_another_kind_of_operation() -> None:
    class Other(Array):
        pass

    with pytest.raises(TypeError, match="no operation of the language"):
        check([Builder().make(Other, (), (), False)])


def test_expand_leaves_plain_operations() -> None:
    builder = Builder()
    x = an_input(builder, 4)
    whole = builder.make(Along, (builder.lift(2.0), x), (), True, softmax)
    y = builder.gate(sigmoid, whole)
    check([y])
    new = expand([y])[y]
    check([new])
    found = {type(node) for node in language.needed([new])}
    assert Along not in found
    rows = {node.op.name for node in language.needed([new]) if isinstance(node, Gate)}
    assert rows == {"sub", "exp", "div", "neg", "add"}
