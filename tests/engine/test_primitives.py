"""Every row of the table against 60-digit arithmetic, in each of its readings."""

from __future__ import annotations

import math
import time
from itertools import permutations
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Value, gradients
from autograd.checking import exact
from autograd.engine import primitives
from autograd.engine.backward import local_derivatives
from autograd.engine.gate import Primitive
from autograd.engine.primitives import registry
from autograd.engine.steps import step_source
from autograd.engine.text import Expression, python
from benchmarks import sample
from tests import oracle

TABLE = [op for op in registry.values() if op.name in oracle.FUNCTIONS]
GATES = pytest.mark.parametrize("op", TABLE, ids=lambda op: op.name)


def differentiable(op: Primitive, operands: tuple[float, ...]) -> list[int]:
    """The operands that gradient flows into (not an index, nor a condition)."""
    return [k for k, flows in enumerate(op.differentiable(len(operands))) if flows]


def test_the_oracle_knows_every_gate_of_the_table() -> None:
    rows = {gate.name for gate in vars(primitives).values() if isinstance(gate, Primitive)}
    assert rows == set(oracle.FUNCTIONS)


@GATES
def test_value(op: Primitive) -> None:
    for operands in oracle.points(op):
        got = op.value(*operands)
        assert oracle.ulps(got, oracle.value(op, operands)) <= 2, operands


@GATES
def test_partials(op: Primitive) -> None:
    for operands in oracle.points(op):
        partials = op.locals(operands, op.value(*operands))
        assert len(partials) == len(operands)
        for k in differentiable(op, operands):
            orders = [int(j == k) for j in range(len(operands))]
            expected = oracle.derivative(op, operands, orders)
            local = 0.0 if partials[k] is None else partials[k]
            assert oracle.ulps(local, expected) <= 4, (operands, k)


@GATES
def test_second_derivatives_read_the_rules_on_values(op: Primitive) -> None:
    for operands in oracle.points(op):
        xs = [Value(x) for x in operands]
        if op.operands[:1] == ["i"] or op.name in ("where", "branch"):
            out = op(operands[0], *xs[1:])
        else:
            out = op(*xs)
        first = gradients(out, xs, create_graph=True)
        for i in differentiable(op, operands):
            for j, second in enumerate(gradients(first[i], xs)):
                if j not in differentiable(op, operands):
                    continue
                orders = [int(k == i) + int(k == j) for k in range(len(operands))]
                expected = float(oracle.derivative(op, operands, orders))
                assert second == pytest.approx(expected, rel=1e-11, abs=1e-14), (operands, i, j)


@GATES
def test_backward_is_local_times_upstream(op: Primitive) -> None:
    """The step written from the text reading gives bit for bit what the float reading gives."""
    for operands in oracle.points(op):
        xs = [Value(x) for x in operands]
        out = op(*xs)
        locals_ = local_derivatives(out)
        out.backward(0.37)
        for x, local in zip(xs, locals_, strict=True):
            assert x.grad == (0.0 if local is None else local * 0.37)


def same(a: float, b: float) -> bool:
    return a == b or (a != a and b != b)


@GATES
def test_backward_and_the_graph_reading_give_the_same_bits(op: Primitive) -> None:
    for operands in [*oracle.points(op), *sample.operands(op.name, 60)]:
        xs = [Value(x) for x in operands]
        out = op(*xs)
        out.backward(0.37)
        on_values = gradients(0.37 * out, xs, create_graph=True)
        for x, slope in zip(xs, on_values, strict=True):
            assert same(x.grad, slope.data), operands


@GATES
def test_arrays_agree_with_numbers(op: Primitive) -> None:
    points = oracle.points(op)
    columns = [np.array(column) for column in zip(*points, strict=True)]
    got = op(*columns)
    expected = [op.value(*operands) for operands in points]
    np.testing.assert_allclose(got, expected, rtol=1e-13)
    if op.name == "branch":
        return
    partials = op.locals(columns, got)
    for k, operands in enumerate(points):
        for i, local in enumerate(op.locals(operands, op.value(*operands))):
            if local is not None:
                array = np.broadcast_to(partials[i], len(points))
                np.testing.assert_allclose(array[k], local, rtol=1e-12, atol=1e-30)


@GATES
def test_rules_read_as_text(op: Primitive) -> None:
    if op.arity is None:
        names = [Expression(name) for name in ("x0", "x1", "x2", "x3")]
        texts = [python(p) for p in op.locals(names, Expression("out")) if p is not None]
    else:
        names = [Expression(name) for name in "xyzw"[: op.arity]]
        texts = [python(p) for p in op.locals(names, Expression("out")) if p is not None]
        assert step_source(op) is not None
    for text in texts:
        compile(text, "<rule>", "eval")


@GATES
def test_nan_gives_nan(op: Primitive) -> None:
    if op.name in ("where", "branch", "take"):  # what was not chosen takes no part
        return
    operands = list(oracle.points(op)[0])
    places = differentiable(op, tuple(operands))
    for k in places:
        broken = [math.nan if j == k else x for j, x in enumerate(operands)]
        if op.name in ("leaky_relu", "elu") and k == 1:
            continue  # the slope takes no part at x > 0
        out = op(*broken)
        assert math.isnan(out), k
        local = op.locals(broken, out)[k]
        constant = not callable(op.partials[op.groups(len(operands))[k]])
        linear = op.name in ("mul", "dot", "sum", "soft_cross_entropy", "div", "gaussian")
        assert math.isnan(local) or constant or linear, k


def test_the_public_functions_are_gates() -> None:
    for name in dir(autograd):
        gate = getattr(autograd, name)
        if isinstance(gate, Primitive):
            assert gate is registry[name]


def test_every_one_operand_gate_is_a_method() -> None:
    helpers = {"neg", "identity", "rsqrt", "one_less_square", "sech2", "sigmoid_slope"}
    for op in TABLE:
        if op.arity == 1 and op.name not in helpers:
            point = oracle.points(op)[0]
            assert getattr(Value(point[0]), op.name)() == op(*point)
    assert Value(-2.0).leaky_relu(0.1) == -0.2
    assert Value(-2.0).elu(2.0) == 2.0 * math.expm1(-2.0)


KINKS = [
    ("relu", (0.0,), [0.0]),
    ("relu", (-0.0,), [0.0]),
    ("abs", (0.0,), [0.0]),
    ("sign", (0.0,), [0.0]),
    ("step", (0.0,), [0.0]),
    ("floor", (3.0,), [0.0]),
    ("ceil", (3.0,), [0.0]),
    ("maximum", (2.0, 2.0), [0.5, 0.5]),
    ("maximum", (1.0, 2.0, 2.0), [0.0, 0.5, 0.5]),
    ("minimum", (2.0, 2.0, 3.0, 2.0), [1 / 3, 1 / 3, 0.0, 1 / 3]),
    ("maximum", (2.0, 2.0, 2.0), [1 / 3, 1 / 3, 1 / 3]),
    ("minimum", (2.0, 2.0, 2.0), [1 / 3, 1 / 3, 1 / 3]),
    ("maximum", (math.inf, math.inf), [0.5, 0.5]),
    ("maximum", (0.0, -0.0), [0.5, 0.5]),
    ("maximum", (1.0, math.nan), [math.nan, math.nan]),
    ("pow", (0.0, 0.0), [0.0, 0.0]),
    ("pow", (0.0, 2.0), [0.0, 0.0]),
    ("pow", (0.0, 1.0), [1.0, 0.0]),
    ("pow", (0.0, 0.5), [math.inf, 0.0]),
    ("pow", (-3.0, 0.0), [0.0, math.nan]),
    ("pow", (-2.0, 3.0), [12.0, math.nan]),
    ("sqrt", (0.0,), [math.inf]),
    ("cbrt", (0.0,), [math.inf]),
    ("hypot", (0.0, 0.0), [0.0, 0.0]),
    ("asin", (1.0,), [math.inf]),
    ("acos", (-1.0,), [-math.inf]),
    ("acosh", (1.0,), [math.inf]),
    ("leaky_relu", (0.0, 0.01), [0.01, 0.0]),
    ("elu", (0.0, 1.0), [1.0, 0.0]),
    # zeros of both signs
    ("abs", (-0.0,), [0.0]),
    ("sqrt", (-0.0,), [math.inf]),
    ("sign", (-0.0,), [0.0]),
    ("leaky_relu", (-0.0, 0.1), [0.1, 0.0]),
    ("atan2", (0.0, -1.0), [-1.0, 0.0]),
    ("atan2", (0.0, 0.0), [math.nan, math.nan]),
    ("pow", (-0.0, 3.0), [0.0, 0.0]),
    ("pow", (0.0, 3.0), [0.0, 0.0]),
    ("mul", (0.0, -0.0), [0.0, 0.0]),
    # infinities
    ("relu", (math.inf,), [1.0]),
    ("relu", (-math.inf,), [0.0]),
    ("abs", (-math.inf,), [-1.0]),
    ("exp", (-math.inf,), [0.0]),
    ("exp", (math.inf,), [math.inf]),
    ("exp2", (-math.inf,), [0.0]),
    ("log", (math.inf,), [0.0]),
    ("sqrt", (math.inf,), [0.0]),
    ("atan", (-math.inf,), [0.0]),
    ("tanh", (math.inf,), [0.0]),
    ("sigmoid", (-math.inf,), [0.0]),
    ("sigmoid", (math.inf,), [0.0]),
    ("softplus", (math.inf,), [1.0]),
    ("softplus", (-math.inf,), [0.0]),
    ("elu", (-math.inf, 1.0), [0.0, -1.0]),
    ("erf", (math.inf,), [0.0]),
    ("erfc", (-math.inf,), [0.0]),
    ("floor", (math.inf,), [0.0]),
    ("div", (1.0, math.inf), [0.0, 0.0]),
    ("logsumexp", (-math.inf, 0.0), [0.0, 1.0]),
    ("add", (math.inf, -math.inf), [1.0, 1.0]),
    # NaN in, NaN out
    ("relu", (math.nan,), [math.nan]),
    ("abs", (math.nan,), [math.nan]),
    ("sign", (math.nan,), [math.nan]),
    ("floor", (math.nan,), [math.nan]),
    ("tanh", (math.nan,), [math.nan]),
    ("sigmoid", (math.nan,), [math.nan]),
    ("gaussian", (math.nan, 1.0), [math.nan, math.nan]),
    ("logsumexp", (math.nan, 0.0), [math.nan, math.nan]),
    ("pow", (math.nan, 2.0), [math.nan, math.nan]),
    ("pow", (math.nan, 0.0), [0.0, math.nan]),
    # subnormal numbers
    ("relu", (5e-324,), [1.0]),
    ("relu", (-5e-324,), [0.0]),
    ("abs", (-5e-324,), [-1.0]),
    ("tanh", (5e-324,), [1.0]),
    ("sqrt", (2.0**-1074,), [2.0**536]),
    ("log", (5e-324,), [math.inf]),
    ("mul", (5e-324, 3.0), [3.0, 5e-324]),
    ("exp", (-740.0,), [math.exp(-740.0)]),
    ("pow", (5e-324, 2.0), [1e-323, 0.0]),
    # so huge an exponent is even, and one less is odd although it rounds to the same
    ("pow", (-2.0, 1e300), [-math.inf, math.nan]),
    ("pow", (-0.5, -6e23), [math.inf, math.nan]),
]


@pytest.mark.parametrize(("name", "operands", "expected"), KINKS)
def test_kinks(name: str, operands: tuple[float, ...], expected: list[float]) -> None:
    xs = [Value(x) for x in operands]
    registry[name](*xs).backward()
    for x, gradient in zip(xs, expected, strict=True):
        assert x.grad == gradient or str(x.grad) == str(gradient)  # NaN is NaN


inf, nan = math.inf, math.nan

EDGES = [
    ("sqrt", (0.0,), 0, [inf, -inf, inf, -inf]),
    ("sqrt", (-0.0,), 0, [inf, -inf, inf, -inf]),
    ("rsqrt", (0.0,), 0, [-inf, inf, -inf]),
    ("pow", (0.0, 0.5), 0, [inf, -inf, inf, -inf]),
    ("cbrt", (0.0,), 0, [inf, nan, inf, nan]),  # where the two sides differ: NaN
    ("asin", (1.0,), 0, [inf, inf, inf, inf]),
    ("asin", (-1.0,), 0, [inf, -inf, inf, -inf]),
    ("acos", (1.0,), 0, [-inf, -inf, -inf, -inf]),
    ("acos", (-1.0,), 0, [-inf, inf, -inf, inf]),
    ("acosh", (1.0,), 0, [inf, -inf, inf, -inf]),
    ("atan2", (0.0, 0.0), 0, [nan, nan, nan]),
    ("atan2", (0.0, 0.0), 1, [nan, nan, nan]),
    ("hypot", (0.0, 0.0), 0, [0.0, nan, nan]),  # the first is a convention
    ("hypot", (0.0, 0.0), 1, [0.0, nan, nan]),
    ("mod", (7.5, 2.0), 0, [1.0, 0.0, 0.0]),
    ("mod", (7.5, 2.0), 1, [-3.0, 0.0, 0.0]),
    ("mod", (-7.5, 2.0), 1, [4.0, 0.0, 0.0]),
]
"""A gate at an edge of its domain: its first, second, third ... derivative by one operand."""


@pytest.mark.parametrize(("name", "operands", "place", "expected"), EDGES)
def test_every_derivative_at_an_edge(
    name: str, operands: tuple[float, ...], place: int, expected: list[float]
) -> None:
    xs = [Value(x) for x in operands]
    derivative = registry[name](*xs)
    for wanted in expected:
        derivative = gradients(derivative, xs[place], create_graph=True)
        assert same(derivative.data, wanted)


def test_mixed_derivatives_at_an_edge() -> None:
    for name in ("hypot", "atan2"):
        hessian = autograd.hessian(registry[name], argnums=(0, 1))(0.0, 0.0)
        assert all(math.isnan(each) for row in hessian for each in row)
    assert autograd.hessian(lambda x, y: x % y, argnums=(0, 1))(7.5, 2.0) == ((0, 0), (0, 0))


@pytest.mark.parametrize(
    ("name", "operands"),
    [
        ("hypot", (1.0, 1e-9)),
        ("hypot", (1e-9, 1.0)),
        ("hypot", (3e-200, 4e-201)),
        ("hypot", (1e160, 1e159)),
        ("atan2", (1.0, 1e-9)),
        ("atan2", (2.0, 2.0000001)),
        ("atan2", (1e-120, 3e-121)),
        ("atan", (5e77,)),
        ("asin", (1 - 2**-53,)),
        ("acos", (2**-53 - 1,)),
        ("acosh", (1 + 2**-52,)),
        ("cbrt", (-1e-100,)),
        ("sigmoid", (-1e-9,)),
        ("exp2", (-15.035777008317696,)),  # x - 1 rounds
        ("exp2", (1024.25,)),  # 2ˣ overflows, its derivatives do not
        ("hypot", (1.6e235, -6e-71)),
    ],
)
def test_second_derivatives_lose_no_bits(name: str, operands: tuple[float, ...]) -> None:
    """Also where the textbook's formula is a difference of nearly equal terms."""
    op = registry[name]
    xs = [Value(x) for x in operands]
    first = gradients(op(*xs), xs, create_graph=True)
    for i, slope in enumerate(first):
        for j, got in enumerate(gradients(slope, xs)):
            orders = [int(k == i) + int(k == j) for k in range(len(xs))]
            assert oracle.ulps(got, oracle.derivative(op, operands, orders)) <= 4, (i, j)


def test_ties_are_counted_in_every_reading() -> None:
    xs = [Value(2.0) for _ in range(4)] + [Value(1.0)]
    largest = autograd.maximum(xs)
    assert [slope.data for slope in gradients(largest, xs, create_graph=True)] == [0.25] * 4 + [0]
    assert gradients(largest, xs) == [0.25] * 4 + [0.0]
    others = registry["maximum"].locals((3.0, 3.0), 3.0)  # nothing is left of the four
    assert others == [0.5, 0.5]


def test_a_softmax_remembers_no_other_softmax() -> None:
    """The gates over the same numbers share them; other numbers, NaN among them, are others."""
    for xs in [(1.0, 2.0), (2.0, 1.0), (nan, 1.0), (nan, 2.0), (-inf, 2.0), (1.0, 2.0)]:
        expected = [math.exp(x) / math.fsum(map(math.exp, xs)) for x in xs]
        for got, share in zip(autograd.softmax(xs), expected, strict=True):
            assert got == pytest.approx(share, rel=1e-15, nan_ok=True)


def test_a_sequence_of_ties_takes_no_square_of_its_length() -> None:
    xs = [Value(0.5) for _ in range(30_000)]
    start = time.perf_counter()
    loss = autograd.cross_entropy(xs, 7)
    loss.backward()
    autograd.maximum(xs).backward()
    assert time.perf_counter() - start < 2  # a tenth of a second; once ten
    assert loss.data == pytest.approx(math.log(30_000), rel=1e-15)


OVERFLOWS = [
    ("exp", (1000.0,), math.inf),
    ("expm1", (1000.0,), math.inf),
    ("exp2", (2000.0,), math.inf),
    ("cosh", (-1000.0,), math.inf),
    ("sinh", (-1000.0,), -math.inf),
    ("pow", (10.0, 400.0), math.inf),
    ("pow", (-10.0, 401.0), -math.inf),
    ("mul", (1e200, 1e200), math.inf),
    ("div", (1e200, 1e-200), math.inf),
    ("sum", (1e308, 1e308), math.inf),
    ("dot", (1e200, 1e200, 0.0), math.inf),
    ("softplus", (1000.0,), 1000.0),
    ("sigmoid", (-1000.0,), 0.0),
    ("sigmoid", (1000.0,), 1.0),
    ("tanh", (1000.0,), 1.0),
    ("logsumexp", (1000.0, 1000.0), 1000.0 + math.log(2)),
    ("logsumexp", (-math.inf, 0.0), 0.0),
    ("logsumexp", (-math.inf, -math.inf), -math.inf),
    ("cross_entropy", (0.0, 1000.0, -1000.0), 0.0),
    ("cross_entropy", (1.0, 1000.0, -1000.0), 2000.0),
]


@pytest.mark.parametrize(("name", "operands", "expected"), OVERFLOWS)
def test_overflow_is_inf_and_stable_forms_do_not_overflow(
    name: str, operands: tuple[float, ...], expected: float
) -> None:
    assert registry[name](*operands) == expected
    assert registry[name](*map(Value, operands)) == expected


@pytest.mark.parametrize(
    "xs",
    [
        (2.0, -1e30, 1.0),
        (5.0, -1e30, 4.9),
        (0.3, -1e9, 0.1),
        (3.0, -1e17, 2.9, 2.9),
        (-28.0, -29.3, -1.9, -6864301408186.881, -4.05),
    ],
)
def test_logsumexp_of_masked_operands_in_any_order(xs: tuple[float, ...]) -> None:
    expected = exact.value(exact.functions()["logsumexp"], xs)
    for order in permutations(xs):
        assert exact.ulps(registry["logsumexp"](*order), expected) <= 2, order


@pytest.mark.parametrize(
    ("name", "operands", "message"),
    [
        ("log", (0.0,), "log(x = 0.0): the logarithm needs a number above 0"),
        ("log", (-1.0,), "log(x = -1.0): the logarithm needs a number above 0"),
        ("log1p", (-1.0,), "log1p(x = -1.0): log1p needs a number above -1"),
        ("sqrt", (-4.0,), "sqrt(x = -4.0): a negative number has no real square root"),
        ("pow", (-8.0, 1 / 3), "pow(x = -8.0, y = 0.333"),
        ("asin", (2.0,), "asin(x = 2.0)"),
        ("atanh", (1.0,), "atanh(x = 1.0)"),
        ("sin", (math.inf,), "sin(x = inf)"),
        ("cross_entropy", (3.0, 1.0, 2.0), "a class index must be an integer from 0 to 1, got 3"),
        ("softmax", (0.5, 1.0, 2.0), "a class index must be an integer from 0 to 1, got 0.5"),
        ("take", (-1.0, 1.0, 2.0), "an index must be an integer from 0 to 1, got -1"),
        ("take", (0.5, 1.0, 2.0), "an index must be an integer from 0 to 1, got 0.5"),
        ("maximum", (), "the maximum of no operands"),
    ],
)
def test_domain_errors_name_gate_operands_and_labels(
    name: str, operands: tuple[float, ...], message: str
) -> None:
    labelled = [Value(x, label) for x, label in zip(operands, "xyz", strict=False)]
    with pytest.raises(ValueError) as caught:
        Value.apply_gate(registry[name], tuple(labelled))
    assert message in str(caught.value)
    with pytest.raises(ValueError):
        registry[name](*operands)


def test_division_by_zero_is_named() -> None:
    x, y = Value(1.0, "x"), Value(0.0, "y")
    with pytest.raises(ZeroDivisionError, match=r"div\(x = 1.0, y = 0.0\)"):
        x / y
    with pytest.raises(ZeroDivisionError, match=r"pow\(y = 0.0, -1.0\)"):
        y**-1
    with pytest.raises(ZeroDivisionError, match=r"mod\(x = 1.0, y = 0.0\)"):
        x % y


def test_the_wrong_number_of_operands_is_an_error() -> None:
    with pytest.raises(TypeError, match="exp takes 1 operand, got 2"):
        autograd.exp(1.0, 2.0)
    with pytest.raises(TypeError, match="atan2 takes 2 operands, got 1"):
        autograd.atan2(Value(1.0))


def test_softplus_sigmoid_tanh_keep_their_derivatives_far_out() -> None:
    """PEERS: torch loses tanh' past 19 and sigmoid' past 37."""
    for name, x in [("tanh", 25.0), ("sigmoid", 50.0), ("sigmoid", -700.0), ("softplus", -40.0)]:
        op = registry[name]
        (local,) = op.locals((x,), op.value(x))
        assert oracle.ulps(local, oracle.derivative(op, (x,), (1,))) <= 4, (name, x)


def test_a_confident_cross_entropy_keeps_its_gradient() -> None:
    op = registry["cross_entropy"]
    operands = (0.0, 60.0, 1.0, -3.0)
    local = op.locals(operands, op.value(*operands))[1]
    expected = oracle.derivative(op, operands, (0, 1, 0, 0))
    assert oracle.ulps(local, expected) <= 4


def test_soft_targets_and_the_class_index_agree() -> None:
    logits = [0.5, -1.25, 2.0]
    for target in range(3):
        one_hot = [float(k == target) for k in range(3)]
        hard, soft = [Value(x) for x in logits], [Value(x) for x in logits]
        a, b = autograd.cross_entropy(hard, target), autograd.cross_entropy(soft, one_hot)
        a.backward()
        b.backward()
        assert a == b
        assert [x.grad for x in hard] == pytest.approx([x.grad for x in soft], rel=1e-15)


def test_a_primitive_of_ones_own_works_everywhere() -> None:
    softsign = autograd.primitive(
        "softsign", lambda x: x / (1 + abs(x)), [lambda x, out: 1 / (1 + abs(x)) ** 2]
    )
    assert softsign(1.0) == 0.5
    x = Value(1.0)
    softsign(x).backward()
    assert x.grad == 0.25
    assert autograd.grad(autograd.grad(softsign))(1.0) == pytest.approx(-0.25)
    np.testing.assert_allclose(softsign(np.array([1.0, -3.0])), [0.5, -0.75])
    norm = autograd.primitive("norm3", lambda *xs: math.hypot(*xs), lambda xs, j, out: xs[j] / out)
    assert autograd.grad(lambda v: norm(*v))([2.0, 3.0, 6.0]) == [2 / 7, 3 / 7, 6 / 7]


def test_a_rule_with_an_if_still_works_on_numbers() -> None:
    odd = autograd.primitive("odd", abs, [lambda x, out: 1.0 if x > 0 else -1.0])
    assert autograd.grad(odd)(-3.0) == -1.0


def test_bad_primitives_are_refused() -> None:
    with pytest.raises(ValueError, match="'exp' is a gate of the table"):
        autograd.primitive("exp", math.exp, [1.0])
    with pytest.raises(ValueError, match="identifier"):
        autograd.primitive("my gate", math.exp, [1.0])
    with pytest.raises(TypeError, match="value must be a function"):
        autograd.primitive("mine", 3, [1.0])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="needs one partial for each operand"):
        autograd.primitive("mine", math.exp, [])
    with pytest.raises(TypeError, match="a partial must be a function or a number"):
        autograd.primitive("mine", math.exp, ["x"])

    with pytest.raises(ValueError, match="identifier, got 'lambda'"):
        autograd.primitive("lambda", math.exp, [1.0])
    for partials in (None, 5, "12"):
        with pytest.raises(TypeError, match=r"'mine': partials is a list, or .* got"):
            autograd.primitive("mine", math.exp, partials)  # type: ignore[arg-type]


def test_a_primitive_with_the_wrong_number_of_arguments_is_refused() -> None:
    one, two = (lambda x: x), (lambda x, y: x)
    with pytest.raises(TypeError, match="value is called with an operand for each partial, 1 in"):
        autograd.primitive("mine", two, [1.0])
    with pytest.raises(TypeError, match="a partial is called with each operand and out, 2 in all"):
        autograd.primitive("mine", one, [one])
    with pytest.raises(TypeError, match=r"the partial is called with \(xs, j, out\), 3 in all"):
        autograd.primitive("mine", one, one)
    anything = autograd.primitive("takes_any_number", lambda *xs: sum(xs), [1.0] * 3)
    assert anything.arity == 3


def test_what_a_users_rule_gives_is_held_to_its_promise() -> None:
    """A value is a float, never complex; a rule over any number of operands gives one each."""
    root = autograd.primitive("raw_root", lambda x: x**0.5, [1.0])
    with pytest.raises(TypeError, match=r"result of raw_root\(\) needs a real number, got comp"):
        root(Value(-8.0))
    with pytest.raises(TypeError, match=r"the result of lost\(\) needs a real number, got None"):
        autograd.primitive("lost", lambda x: None, [1.0])(1.0)  # type: ignore[arg-type,return-value]
    rounded = autograd.primitive("to_int", lambda x: int(x), [0.0])
    assert type(rounded(Value(2.5)).data) is float and type(rounded(2.5)) is float
    with pytest.raises(OverflowError, match=r"raw_exp\(1000.0\): .*let the value be inf"):
        autograd.primitive("raw_exp", math.exp, [lambda x, out: out])(Value(1000.0))
    for partial in (None, 1j, [1.0, 1.0]):
        short = autograd.primitive("short", lambda *xs: 0.0, lambda xs, j, out, p=partial: p)
        with pytest.raises(TypeError, match="'short': the partial needs a real number, got"):
            short(Value(1.0), Value(2.0)).backward()


def test_where_calls_only_the_branch_it_takes() -> None:
    x = Value(0.0, "x")
    y = autograd.where(x > 0, lambda: x.log(), lambda: x * 2)
    y.backward()
    assert (y.data, x.grad) == (0.0, 2.0)
    assert autograd.where(1.0, 5, lambda: 1 / 0) == 5
    assert math.isnan(autograd.where(math.nan, 1.0, 2.0))
    assert autograd.where(np.True_, 1.0, 2.0) == autograd.where(np.float64(0.0), 2.0, 1.0) == 1.0
    for condition in ("x > 0", None):
        with pytest.raises(TypeError, match=r"where\(\)'s condition needs a real number, got"):
            autograd.where(condition, 1.0, 2.0)


@pytest.mark.parametrize(
    ("function", "x", "domain"),
    [
        (autograd.asin, 2.0, "from -1 to 1"),
        (autograd.acos, -1.5, "from -1 to 1"),
        (autograd.acosh, 0.5, "from 1 upwards"),
        (autograd.atanh, 1.0, "between -1 and 1"),
    ],
)
def test_an_inverse_function_says_what_its_domain_is(function: Any, x: float, domain: str) -> None:
    with pytest.raises(ValueError, match=rf"a\w+\(x = {x}\): needs a number {domain}"):
        function(Value(x, "x"))


def test_a_branch_not_taken_leaks_no_nan() -> None:
    x = Value(0.0, "x")
    condition = x.step()
    untaken = x.sqrt()  # its derivative at 0 is inf, and 0 × inf is NaN
    y = autograd.where(condition, untaken, 3 * x)
    y.backward()
    assert (y.data, x.grad) == (0.0, 3.0)
    assert gradients(y, x, create_graph=True).data == 3.0


def test_where_on_a_value_follows_the_condition_forward() -> None:
    x = Value(2.0)
    y = autograd.where(x.step(), x * 10, -x)
    assert y.data == 20.0
    x.data = -2.0
    y.forward().backward()
    assert (y.data, x.grad) == (2.0, -1.0)
    lazy = autograd.where(x.step(), lambda: x * 10, lambda: -x)
    x.data = 2.0
    with pytest.raises(ValueError, match="the other branch was never built"):
        lazy.forward()
