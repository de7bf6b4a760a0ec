"""The trace: the nodes that the outputs depend on, whenever they were made, and how often used."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Value, compile, no_grad
from autograd.compiler.trace import Traced, trace_function


def gradients_of(f: Any, parameters: list[Value], x: list[float]) -> list[float]:
    loss = f([Value(xi) for xi in x])
    return ag.gradients(loss, parameters)


def test_nodes_made_before_and_in_vain() -> None:
    w, v = Value(0.5, "w"), Value(-1.5, "v")
    before = w * w * v  # a graph of its own, older than the function's

    def f(x: list[Any]) -> Any:
        _ = x[0] * v * w  # nobody reads it
        return (before * x[0] + v * x[1]) ** 2

    trace = trace_function(f, [(2,)])
    assert len(trace.nodes) == 6 and before in set(trace.nodes)
    assert trace.nodes[-1] is trace.outputs[0]
    for target in ("numpy", "python"):
        program = compile(f, shapes=[(2,)], target=target)
        _, gradient = program.value_and_grad([[0.3, 0.7]])
        assert program.parameters == [w, v]
        assert gradient.tolist() == pytest.approx(gradients_of(f, [w, v], [0.3, 0.7]), rel=1e-13)


def test_uses_are_counted_and_an_output_is_read_from_outside() -> None:
    w = Value(0.5)
    trace = trace_function(lambda x: [w * x, (w * x).exp() * x], [()])
    assert sorted(trace.uses[node] for node in trace.nodes) == [1, 1, 2, 2]
    once = trace_function(lambda x: (w * x).exp(), [()])
    assert [once.uses[node] for node in once.nodes] == [1, 2]


def test_leaves_stand_by_age_constants_first() -> None:
    v, w = Value(1.0), Value(2.0)
    trace = trace_function(lambda x: w * x + 3.5 * v, [()])
    assert [leaf.is_constant for leaf in trace.leaves] == [True, False, False, False]
    assert trace.leaves[1] is v and trace.leaves[2] is w and trace.leaves[3] in trace.inputs


def test_every_way_to_add_and_multiply_is_traced() -> None:
    w, seen = Value(2.0), set()

    def f(x: Any) -> Any:
        parts = [x + w, w + x, x * w, w * x, x + 1, 1 + x, x * 3, 3 * x, x + x, x * x]
        assert all(type(part) is type(x) for part in parts)
        seen.add(type(x))
        return sum(parts)

    program = compile(f, shapes=[()])
    assert Traced in seen
    assert program([0.7]).tolist() == pytest.approx([f_of(0.7)], rel=1e-14)
    _, gradient = program.value_and_grad([0.7])
    assert gradient.tolist() == pytest.approx([2 + 2 * 0.7], rel=1e-14)


def f_of(x: float) -> float:
    return 2 * (x + 2) + 2 * (2 * x) + 2 * (x + 1) + 2 * (3 * x) + 2 * x + x * x


def test_no_grad_inside_is_as_without_the_compiler() -> None:
    """What is computed under no_grad has no graph, so the program can't know it: refused."""
    w = Value(2.0)

    def f(x: Any) -> Any:
        with no_grad():
            scale = x * w
        return scale * w

    with pytest.raises(FloatingPointError, match="nan"):
        compile(f).value_and_grad(np.array([1.0, 2.0]))
