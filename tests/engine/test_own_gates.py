"""Gates of one's own: read live, whatever their names, over any number of operands; same bits."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Value, grad, gradients, hessian, primitive, where
from autograd.engine.gate import registry
from benchmarks.sample import operands as sample
from tests.oracle import FUNCTIONS, points

TABLE = sorted(FUNCTIONS)


@pytest.fixture(autouse=True)
def _own_gates() -> Iterator[None]:
    before = dict(registry)
    yield
    registry.clear()
    registry.update(before)


def backward(build: Callable[..., Value], at: Sequence[float]) -> list[float]:
    leaves = [Value(number) for number in at]
    build(*leaves).backward()
    return [0.0 if leaf.grad is None else leaf.grad for leaf in leaves]


def functional(build: Callable[..., Value], at: Sequence[float]) -> list[float]:
    leaves = [Value(number) for number in at]
    return gradients(build(*leaves), leaves)


def graph(build: Callable[..., Value], at: Sequence[float]) -> list[float]:
    leaves = [Value(number) for number in at]
    return [each.data for each in gradients(build(*leaves), leaves, create_graph=True)]


def bits(numbers: Sequence[float]) -> list[bytes]:
    return [b"nan" if x != x else struct.pack("<d", x + 0.0) for x in numbers]


ERRORS = (ArithmeticError, ValueError)


def outcome(way: Callable[..., list[float]], build: Callable[..., Value], at: Any) -> Any:
    try:
        return bits(way(build, at))
    except ERRORS as error:
        return type(error)


# ------------------------------------------------------------------ the same bits


@pytest.mark.parametrize("name", TABLE)
def test_all_ways_back_give_the_same_bits(name: str) -> None:
    op = registry[name]
    edges = [(float(a),) * (op.arity or 3) for a in (0, 1, -1)] if name in EDGES else []
    for at in [*points(op), *sample(name, 12), *edges]:
        try:
            op(*map(Value, at))
        except ERRORS:
            continue
        expected = outcome(backward, op, at)
        assert outcome(functional, op, at) == expected, at
        assert outcome(graph, op, at) == expected, at


EDGES = {"abs", "sqrt", "cbrt", "asin", "acos", "atanh", "tanh", "sigmoid", "exp", "relu", "pow"}
EDGES |= {"leaky_relu", "elu", "floor", "sign", "step", "maximum", "minimum", "hypot", "atan2"}


def expression(random: Random) -> Callable[..., Value]:
    """A few gates on three leaves, drawn beforehand so that it can be built again."""
    plan = [(random.randrange(14), random.random(), random.random()) for _ in range(9)]

    def build(*leaves: Value) -> Value:
        nodes = list(leaves)
        for kind, first, second in plan:
            a, b = nodes[int(first * len(nodes))], nodes[int(second * len(nodes))]
            nodes.append(
                [
                    lambda a, b: a + b,
                    lambda a, b: a - b,
                    lambda a, b: a * b,
                    lambda a, b: a / (b * b + 1),
                    lambda a, b: (a * 0.1).tanh(),
                    lambda a, b: a.sigmoid() * b,
                    lambda a, b: (b * b + 0.5) ** 1.5,
                    lambda a, b: autograd.maximum(a, b, 0.25),
                    lambda a, b: autograd.relu(a) + b,
                    lambda a, b: autograd.hypot(a, b),
                    lambda a, b: autograd.logsumexp([a.tanh(), b.tanh(), 0.5]),
                    lambda a, b: autograd.softmax([a.tanh(), b.tanh()])[1],
                    lambda a, b: autograd.dot([a, b], [b, 0.5], a),
                    lambda a, b: where(a > b, a.sin(), b.cos()),
                ][kind](a, b)
            )
        return autograd.sum(nodes[3:])

    return build


def test_so_do_expressions_of_several_gates() -> None:
    random = Random(7)
    for _ in range(150):
        build, at = expression(random), [random.uniform(-3, 3) for _ in range(3)]
        expected = outcome(backward, build, at)
        assert outcome(functional, build, at) == expected
        assert outcome(graph, build, at) == expected


# ------------------------------------------------------------------ partials are read live

SLOPE = 2.0


def test_a_partial_reads_a_global_live(monkeypatch: pytest.MonkeyPatch) -> None:
    line = primitive("line", lambda x: 5.0 * x, [lambda x, out: SLOPE])
    bent = primitive("bent", lambda x: 5.0 * x, [lambda x, out: SLOPE * x])
    for slope in (2.0, 3.0, 0.1, 7.0):
        monkeypatch.setitem(globals(), "SLOPE", slope)
        for way in (backward, functional, graph):
            assert way(line, [3.0]) == [slope]
            assert bits(way(bent, [0.3])) == bits([slope * 0.3])


def test_a_partial_reads_what_it_closes_over_live() -> None:
    settings = {"slope": 2.0}
    slope = 2.0
    first = primitive("first", lambda x: x, [lambda x, out: settings["slope"] * x])
    second = primitive("second", lambda x: x, [lambda x, out: slope * x])
    for number in (2.0, 3.0, -1.0):
        settings["slope"] = slope = number
        for way in (backward, functional, graph):
            assert way(first, [3.0]) == way(second, [3.0]) == [number * 3.0]


def test_a_graph_that_is_there_already_is_read_live_too(monkeypatch: pytest.MonkeyPatch) -> None:
    bent = primitive("bent", lambda x: 5.0 * x, [lambda x, out: SLOPE * x])
    x = Value(3.0)
    y = bent(x)
    y.backward()
    assert x.grad == SLOPE * 3.0
    monkeypatch.setitem(globals(), "SLOPE", 10.0)
    x.grad = None
    y.backward()
    assert x.grad == gradients(y, x) == gradients(y, x, create_graph=True).data == 30.0


TWO_FACED: list[tuple[Callable[..., Any], float]] = [
    (lambda x, out: 2.0 if isinstance(x, float) else 3.0, 2.0),
    (lambda x, out: 2.0 * x if isinstance(x, float) else 3.0 * x, 3.0),
    (lambda x, out: math.cos(x) if isinstance(x, float) else 1 - x * x / 2, math.cos(1.5)),
    (lambda x, out: x + 1 if type(x) is float else x * 0, 2.5),
    (lambda x, out: x * x if isinstance(x, Value) else 7.0, 7.0),
]


@pytest.mark.parametrize("which", range(len(TWO_FACED)))
def test_a_partial_with_two_faces_is_no_silent_mistake(which: int) -> None:
    partial, on_floats = TWO_FACED[which]
    janus = primitive("janus", lambda x: x, [partial])
    for _ in range(2):
        assert backward(janus, [1.5]) == functional(janus, [1.5]) == [on_floats]
        try:
            found = graph(janus, [1.5])
        except Exception as error:
            assert "janus" in str(error)
        else:
            assert found == [on_floats]


def test_a_branch_on_the_number_is_taken_in_every_way() -> None:
    def slope(x: Any, out: Any) -> Any:
        return 2 * x if x > 1 else 5.0

    kinked = primitive("kinked", lambda x: x * x if x > 1 else 5 * x - 4, [slope])
    for way in (backward, functional, graph):
        assert [way(kinked, [at])[0] for at in (3.0, 0.5, 2.0, -1.0)] == [6.0, 5.0, 4.0, 5.0]


# ------------------------------------------------------------------ any number of operands


def test_a_gate_over_any_number_of_operands() -> None:
    mymax = primitive("mymax", max, lambda xs, j, out: where(xs[j] == out, 1.0, 0.0))
    norm = primitive("norm", lambda *xs: math.hypot(*xs), lambda xs, j, out: xs[j] / out)
    for way in (backward, functional, graph):
        assert way(mymax, [1.0, 5.0, 2.0]) == [0.0, 1.0, 0.0]
        assert way(norm, [3.0, 4.0]) == [0.6, 0.8]
        assert way(norm, [2.0, 3.0, 6.0]) == [2 / 7, 3 / 7, 6 / 7]
        assert way(norm, [-2.0]) == [-1.0]
    curvature = hessian(lambda v: norm(*v))([3.0, 4.0])
    assert curvature[0] == pytest.approx([16 / 125, -12 / 125], rel=1e-14)
    assert curvature[1] == pytest.approx([-12 / 125, 9 / 125], rel=1e-14)


def test_its_partial_may_depend_on_the_place() -> None:
    def value(*xs: float) -> float:
        return math.fsum(k * x * x for k, x in enumerate(xs))

    weighted = primitive("weighted", value, lambda xs, j, out: 2 * j * xs[j])
    for way in (backward, functional, graph):
        assert way(weighted, [1.0, 2.0, 3.0]) == [0.0, 4.0, 12.0]
    x = Value(2.0)
    y = weighted(1.0, x, x * x, 5.0)  # constants among them; x² + 2x⁴
    y.backward()
    assert (y.data, x.grad) == (4.0 + 32.0 + 75.0, 4.0 + 64.0)
    assert grad(grad(lambda x: weighted(1.0, x, x * x)))(2.0) == 2.0 + 24 * 4.0


def test_the_old_form_is_refused_when_defined() -> None:
    with pytest.raises(TypeError, match=r"\(xs, j, out\)"):
        primitive("old", max, lambda xs, out: [1.0 for _ in xs])
    assert "old" not in registry
    with pytest.raises(TypeError, match=r"\(xs, j, out\)"):
        primitive("odd", max, lambda xs, j, out, more: 1.0)


BAD: list[Any] = [None, 1j, 2 + 0j, np.array([1.0, 2.0]), "1"]


@pytest.mark.parametrize("way", [backward, functional, graph])
@pytest.mark.parametrize("which", range(len(BAD)))
def test_a_partial_that_is_no_number_names_the_gate(
    which: int, way: Callable[..., list[float]]
) -> None:
    bad = BAD[which]
    many = primitive("manyfold", max, lambda xs, j, out: bad)
    single = primitive("onefold", lambda x: x, [lambda x, out: bad])
    with pytest.raises(TypeError, match="manyfold"):
        way(many, [1.0, 2.0])
    with pytest.raises(TypeError, match="onefold"):
        way(single, [1.0])


def test_a_partial_of_numpys_is_a_number() -> None:
    gate = primitive("numpys", lambda x: 3.0 * x, [lambda x, out: np.float64(3.0)])
    for way in (backward, functional, graph):
        found = way(gate, [1.0])
        assert found == [3.0] and type(found[0]) is float


# ------------------------------------------------------------------ names


@pytest.mark.parametrize("name", ["µ", "ﬁt", "ªb", "x²"])
def test_a_name_that_python_spells_otherwise_works_or_is_refused(name: str) -> None:
    try:
        gate = primitive(name, lambda x: x * x, [lambda x, out: 2 * x])
        outer = primitive("outer", lambda x: x**4 / 2, [lambda x, out: 2 * x * gate(x)])
    except ValueError:
        return
    for _ in range(2):
        for way in (backward, functional, graph):
            assert way(gate, [3.0]) == [6.0]
            assert way(outer, [3.0]) == [54.0]


HELPERS = ["relu6_step", "relu6_steps", "step_relu6", "_relu6", "relu6_", "node", "upstream", "x"]
HELPERS += ["y", "x4", "xs", "j", "out", "inf", "nan", "math", "float", "operands", "flow", "born"]
HELPERS += ["data", "_data", "flows", "grad", "gradients", "op", "self", "Value", "local", "step_"]
HELPERS += ["len", "isinstance", "type", "partial", "locals", "value", "match", "case", "print"]


@pytest.mark.parametrize("helper", [name for name in HELPERS if name.isidentifier()])
def test_a_gate_that_a_partial_uses_may_have_any_name(helper: str) -> None:
    """Also one that generated code might take for itself."""
    gate = primitive(helper, lambda x: 1.0 if 0 < x < 6 else 0.0, [lambda x, out: 0.0])
    relu6 = primitive("relu6", lambda x: min(max(x, 0.0), 6.0), [lambda x, out: gate(x)])
    for _ in range(2):
        for way in (backward, functional, graph):
            assert [way(relu6, [at])[0] for at in (-1.0, 2.0, 7.0)] == [0.0, 1.0, 0.0]
            assert way(lambda x: gate(x) * x, [2.0]) == [1.0]


def test_gates_whose_generated_names_might_be_one() -> None:
    my_step = primitive("my_step", lambda x: 3.0 * x, [lambda x, out: 3.0])
    mystep = primitive("mystep", lambda x: 5.0 * x, [lambda x, out: 5.0 + 0 * x])
    my = primitive("my", lambda x: 1.5 * x * x, [lambda x, out: my_step(x)])
    for _ in range(2):
        for way in (backward, functional, graph):
            assert way(my, [2.0]) == [6.0]
            assert way(mystep, [2.0]) == [5.0]
            assert way(my_step, [2.0]) == [3.0]
            assert way(lambda x: my(mystep(my_step(x))), [2.0]) == [3 * 30.0 * 15.0]


def test_a_gate_defined_again_is_another_gate() -> None:
    first = primitive("again", lambda x: 2 * x, [2.0])
    y = first(Value(1.0))
    user = primitive("user", lambda x: x * x, [lambda x, out: first(x)])
    assert backward(user, [3.0]) == [6.0]
    second = primitive("again", lambda x: 7 * x, [7.0])
    assert backward(first, [1.0]) == [2.0] and backward(second, [1.0]) == [7.0]
    assert backward(user, [3.0]) == graph(user, [3.0]) == [6.0]
    y.backward()
