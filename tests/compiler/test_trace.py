"""What a function may do while it is traced, what it may give, and the graph that it leaves."""

from __future__ import annotations

import random
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import TraceError, Value, compile, no_grad
from autograd.compiler.trace import trace_function

W = Value(2.0, "w")


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x.data * W,
        lambda x: (x * W).data * x,
        lambda x: x.detach() * W,
        lambda x: (x * W).detach(),
        lambda x: setattr(x, "data", 1.0) or x * W,
        lambda x: x and W,
        lambda x: [x][x] * W,
        lambda x: sum(x for _ in range(x)),
    ],
)
def test_a_number_that_is_not_there_is_refused(f: Any) -> None:
    """It would be NaN, frozen into the program."""
    with pytest.raises(TraceError, match=r"can't look at a Value's number \(if, .*\.data\)"):
        compile(f, shapes=[()])


def test_functions_of_numpy() -> None:
    with pytest.raises(TraceError, match=r"write autograd.exp\(x\) for np.exp\(x\)"):
        compile(lambda x: np.exp(x * W), shapes=[()])
    assert compile(lambda x: np.float64(2) * x * W + np.float32(1))([1.0]).tolist() == [5.0]
    with pytest.raises(TypeError, match="an operand is 'a'"):  # any other stays as it is
        compile(lambda x: x + "a", shapes=[()])


def test_walking_back_while_traced() -> None:
    W.grad = None
    with pytest.raises(TraceError, match=r"can't call backward\(\): program\.value_and_grad"):
        compile(lambda x: (x * W).backward() or x * W, shapes=[()])
    assert W.grad is None
    with pytest.raises(TraceError, match=r"can't call backward\(\)"):
        compile(lambda x: (x * W).backward(upstream=2.0), shapes=[()])


def test_randomness_is_found_without_data_too() -> None:
    draw = random.Random(1)
    with pytest.raises(ValueError, match="does not compute the same thing twice"):
        compile(lambda x: W * x * draw.random(), shapes=[()])


def test_gradients_inside_a_function() -> None:
    """The derivative of w·x³ is 3wx²; its square by w is 18wx⁴."""

    def squared_slope(x: Any) -> Any:
        return ag.gradients(W * x**3, [x], create_graph=True)[0] ** 2

    program = compile(squared_slope, shapes=[()], target="numpy")
    value, gradient = program.value_and_grad([1.0, 2.0])
    assert value == pytest.approx((36 + 36 * 16) / 2)
    assert gradient.tolist() == pytest.approx([(36 + 36 * 16) / 2])


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (None, "must give a Value or a \\(nested\\) list of Values, got NoneType None"),
        ("s", "list of Values, got str 's'"),
        ({"loss": 1.0}, r"list of Values, got dict \{'loss': 1\.0\}"),
        (np.zeros(2), "list of Values, got ndarray"),
        ([[1.0], [1.0, 2.0]], r"differ in shape: \[\(1,\), \(2,\)\]; make them equal, or one flat"),
        ([1.0, [1.0]], r"differ in shape: \[\(\), \(1,\)\]"),
        ([None], "list of Values, got NoneType None"),
        ([], "gives an empty list; give at least one Value"),
    ],
)
def test_results_that_are_none(result: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        compile(lambda x: result, shapes=[()])


@pytest.mark.parametrize("target", ["numpy", "python"])
def test_lists_of_lists_come_out_as_they_are(target: str) -> None:
    def table(x: list[Any]) -> list[list[Any]]:
        return [[W * x[0], x[1], 5.0], [x[0] + x[1], W * x[1], x[0]]]

    program = compile(table, shapes=[(2,)], target=target)
    xs = np.array([[1.0, 2.0], [-3.0, 0.5], [4.0, -1.0]])
    expected = [[[ag.Value(0.0) + v for v in row] for row in table(x.tolist())] for x in xs]
    assert program(xs).tolist() == [[[v.data for v in row] for row in each] for each in expected]
    assert program(xs[:1]).shape == (1, 2, 3)
    assert program(xs[:0]).shape == (0, 2, 3)
    with pytest.raises(TypeError, match="several outputs, not one loss"):
        program.value_and_grad(xs)


def test_too_few_and_too_many_arguments() -> None:
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'y'"):
        compile(lambda x, y: x * y * W, shapes=[()])
    with pytest.raises(TypeError, match="takes 1 positional argument but 2 were given"):
        compile(lambda x: x * W)([1.0], [2.0])
    program = compile(lambda x, k=3.0: x * W * k)
    assert program([1.0]).tolist() == [6.0]
    with pytest.raises(TypeError, match=r"takes 1 arguments \(x\), got 2"):
        program([1.0], 4.0)
    several = compile(lambda *xs: ag.sum(xs) * W)
    assert several([1.0], [2.0]).tolist() == [6.0]
    assert compile(lambda: W * W).value_and_grad()[0] == 4.0


# ---------------------------------------------------------------------- the graph


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
    assert len(trace.nodes) == 6 and not {before, w, v} & {*trace.nodes, *trace.leaves}
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
    assert [leaf.kind == "constant" for leaf in trace.leaves] == [True, False, False, False]
    stands: Any = trace.leaves[1:3]
    assert [each.leaf for each in stands] == [v, w] and trace.leaves[3] in trace.inputs


def test_every_way_to_add_and_multiply_is_traced() -> None:
    w = Value(2.0)

    def f(x: Any) -> Any:
        parts = [x + w, w + x, x * w, w * x, x + 1, 1 + x, x * 3, 3 * x, x + x, x * x]
        assert all(type(part) is type(x * x) for part in parts)  # Traced, or in the check Value
        return sum(parts)

    program = compile(f, shapes=[()])
    assert program([0.7]).tolist() == pytest.approx([f_of(0.7)], rel=1e-14)
    _, gradient = program.value_and_grad([0.7])
    assert gradient.tolist() == pytest.approx([2 + 2 * 0.7], rel=1e-14)


def f_of(x: float) -> float:
    return 2 * (x + 2) + 2 * (2 * x) + 2 * (x + 1) + 2 * (3 * x) + 2 * x + x * x


@pytest.mark.parametrize(
    "cut",
    [lambda x: x * W, lambda x: x + 1, lambda x: ag.exp(W), lambda x: W**2, lambda x: x.tanh()],
)
def test_no_grad_inside_is_refused(cut: Any) -> None:
    """What is computed under no_grad has no graph: it would be a number, NaN at that."""

    def f(x: Any) -> Any:
        with no_grad():
            m = cut(x)
        return ag.where(ag.step(m - 3), W * x, x)

    with pytest.raises(TraceError, match=r"can't look at a Value's number .*no_grad"):
        compile(f, shapes=[()])
    with pytest.raises(TraceError, match="no_grad"):
        compile(lambda x: [f(x), W])([1.0])
    with no_grad():  # around it all is another matter: a program needs no graph of its calls
        assert compile(lambda x: W * x)([3.0]).tolist() == [6.0]


def test_a_gate_of_numbers_made_inside_is_a_number() -> None:
    program = compile(lambda x: ag.exp(Value(1.0)) * W * x, shapes=[()], target="numpy")
    assert not program.note and program([1.0])[0] == pytest.approx(2 * np.e, rel=1e-15)


def test_the_same_program_in_every_process() -> None:
    """A set of Values is ordered by their addresses."""
    script = (
        "import autograd as ag\n"
        "from autograd import Value, compile\n"
        "padding = [object() for _ in range({0})]\n"
        "names = enumerate('wvxu')\n"
        "w, v, x, u = ([Value(i + k / 8, n + str(i)) for i in range(9)] for k, n in names)\n"
        "heap = [bytes(({0} * k) % 97) for k in range(99)]\n"
        "left = [a + b for a, b in zip(w, v)]\n"
        "right = [a * c for a, c in zip(x, u)]\n"
        "p = compile(ag.dot(left, right), target='numpy')\n"
        "print([each.label for each in p.parameters], p.source)"
    )
    run = [sys.executable, "-c"]
    texts = {
        subprocess.run([*run, script.format(k)], check=True, capture_output=True).stdout
        for k in (0, 7, 1001, 40009)
    }
    assert len(texts) == 1
