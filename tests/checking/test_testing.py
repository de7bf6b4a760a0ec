"""The strategies for users: good examples, small when they fail, printed as Python."""

from __future__ import annotations

import math
import subprocess
import sys
import time
from itertools import combinations
from typing import Any

import mpmath
import pytest
from hypothesis import find, given, settings
from hypothesis.vendor.pretty import pretty

import autograd
from autograd import Primitive, Value, erf, exp, expm1, primitive, sigmoid, step
from autograd.checking.accuracy import measured
from autograd.checking.rounding import TABLE
from autograd.engine.primitives import add, cross_entropy, dot, mul, neg, registry, softmax, tanh
from autograd.testing import (
    BOUND,
    DEFAULT,
    EDGES,
    Computation,
    Step,
    accuracy,
    edges,
    expressions,
    networks,
    values,
)

SOFTSIGN = {"softsign_": lambda x: x / (1 + abs(x))}


def softsign(partial):
    return primitive("softsign_", lambda x: x / (1 + abs(x)), [partial])


@given(
    expressions(
        [softsign(lambda x, out: 1 / (1 + abs(x)) ** 2), "add", "mul", "exp"], exact=SOFTSIGN
    )
)
def test_a_gate_of_ones_own(computation: Computation) -> None:
    computation.check(order=1)


def test_a_wrong_gate_of_ones_own_is_found_and_the_example_is_small() -> None:
    wrong = softsign(lambda x, out: 1 / (1 + abs(x)) ** 2 * (1 + 1e-12))
    seen = []

    @settings(max_examples=200, database=None, derandomize=True)
    @given(expressions([wrong, "add", "mul", "exp"], exact=SOFTSIGN))
    def test(computation: Computation) -> None:
        try:
            computation.check()
        except AssertionError:
            seen.append(computation)
            raise

    with pytest.raises(
        AssertionError, match=r"the gate softsign_: d softsign_ / d x at x = .* should be .*, got"
    ):
        test()
    assert len(seen[-1].steps) == 1
    assert "x1 = softsign_(x0)" in pretty(seen[-1])
    assert str(seen[-1]).splitlines() == [
        "from autograd import Value  # and your softsign_",
        f"x0 = Value({seen[-1].inputs[0]!r})",
        "x1 = softsign_(x0)",
        "x1.backward()",
    ]


def textbook_gates(factor: float = 1.0) -> list[Primitive]:
    """Formulas as anyone writes them, though bits cancel: 1 + erf, and 1 + x·(1 - s)."""

    def gelu_slope(x, out):
        bell = exp(-x * x / 2) / math.sqrt(2 * math.pi)
        return ((1 + erf(x / math.sqrt(2))) / 2 + x * bell) * factor

    def swish_slope(x, out):
        return sigmoid(x) * (1 + x * (1 - sigmoid(x))) * factor

    return [
        primitive("gelu_", lambda x: x * (1 + math.erf(x / math.sqrt(2))) / 2, [gelu_slope]),
        primitive("swish_", lambda x: x * (1 / (1 + math.exp(-x))), [swish_slope]),
    ]


TEXTBOOK = {
    "gelu_": lambda x: x * mpmath.erfc(-x / mpmath.sqrt(2)) / 2,
    "swish_": lambda x: x / (1 + mpmath.exp(-x)),
}


@given(expressions([*textbook_gates(), "add", "mul", "exp"], max_nodes=30, exact=TEXTBOOK))
def test_the_rounding_of_a_gates_own_formulas_is_no_mistake(computation: Computation) -> None:
    computation.check()


@pytest.mark.parametrize("x", [-8.0, -3.0, -1.25, 0.5, 4.0])
@pytest.mark.parametrize("place", [0, 1])
def test_a_small_mistake_in_a_textbook_formula_is_found(place: int, x: float) -> None:
    Computation([x], [Step(textbook_gates()[place], (0,))], TEXTBOOK).check(order=2)
    wrong = Computation([x], [Step(textbook_gates(1 + 1e-9)[place], (0,))], TEXTBOOK)
    with pytest.raises(AssertionError, match=r"the gate \w+_: d \w+_ / d x at x ="):
        wrong.check(order=2)


def test_how_far_the_value_of_a_gate_may_be_off_is_for_its_user_to_say() -> None:
    rough = primitive("rough_", lambda x: math.exp(x) * (1 + 1e-9), [lambda x, out: exp(x)])
    step, exact = Step(rough, (0,)), {"rough_": mpmath.exp}
    with pytest.raises(AssertionError, match=r"the result should be 2.71\d* ± 3e-12, got"):
        Computation([1.0], [step], exact).check()
    Computation([1.0], [step], exact, tolerance=1e-8).check()
    for computation in drawn(expressions([rough], 3, exact, tolerance=1e-8), 20):
        computation.check()
    off = Computation([1.0], [Step(exp, (0,))], {"exp": lambda x: mpmath.exp(x) * 1.001}, 1.0)
    with pytest.raises(AssertionError, match="the result should be"):
        off.check()  # exp is of the table: it gets no tolerance


def test_what_hypothesis_prints_can_be_pasted() -> None:
    @settings(max_examples=200, database=None, derandomize=True)
    @given(expressions(["sech2", "exp", "add"]), values(1.0, 2.0))
    def test(computation: Computation, x: Value) -> None:
        assert all(step.gate.name != "sech2" for step in computation.steps)

    with pytest.raises(AssertionError) as failure:
        test()
    printed = "\n".join(failure.value.__notes__).splitlines()
    first = next(k for k, line in enumerate(printed) if line.startswith("from autograd"))
    last = next(k for k, line in enumerate(printed) if line.endswith("backward()"))
    namespace: dict[str, Any] = {}
    exec("\n".join(printed[first : last + 1]), namespace)
    assert namespace["x1"].op.name == "sech2" and namespace["x0"].grad is not None


def test_a_gate_without_an_exact_form_is_named() -> None:
    plain = primitive("plain_", lambda x: 2 * x, [2.0])
    with pytest.raises(TypeError, match="plain_ has no value in exact arithmetic: give one"):
        Computation([1.0], [Step(plain, (0,))]).check()


def drawn(strategy: Any, n: int) -> list[Computation]:
    """Examples of a strategy."""
    seen: list[Computation] = []

    @settings(max_examples=n, database=None, derandomize=True)
    @given(strategy)
    def test(computation: Computation) -> None:
        seen.append(computation)

    test()
    return seen


def test_examples_share_nodes_and_grow_large() -> None:
    def shares(computation: Computation) -> bool:
        used = [k for step in computation.steps for k in step.operands]
        return len(used) >= len(set(used)) + 2

    sizes = [len(computation.steps) for computation in drawn(expressions(), 100)]
    assert min(sizes) <= 2 and max(sizes) >= 40
    assert max(len(c.inputs) + len(c.steps) for c in drawn(expressions(max_nodes=9), 100)) <= 9
    smallest = find(expressions(), shares, settings=settings(database=None, derandomize=True))
    assert len(smallest.steps) <= 3


def test_every_gate_is_drawn() -> None:
    seen = {step.gate.name for c in drawn(expressions(), 150) for step in c.steps}
    assert seen == set(DEFAULT)


@pytest.mark.parametrize("name", sorted({op.name for op in TABLE} - {*BOUND}))
def test_every_gate_of_the_table_may_be_asked_for(name: str) -> None:
    """Also where(), whose condition has no partial, and the helper gates."""
    computations = drawn(expressions([name, "mul"], max_nodes=8), 20)
    assert name in {step.gate.name for c in computations for step in c.steps}
    for computation in computations:
        computation.check()
        namespace: dict[str, Any] = {}
        exec(str(computation), namespace)
        leaves, output = computation.build()
        output.backward()
        pasted = [namespace[f"x{k}"].grad for k in range(len(leaves))]
        assert pasted == [leaf.grad for leaf in leaves]


@pytest.mark.parametrize("name", BOUND)
def test_gates_whose_operands_are_not_free_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"expressions can't use {name}: its operands are not"):
        expressions([name])


@pytest.mark.parametrize("name", ["sqrt", "log", "acos", "atanh", "relu", "maximum", "abs", "pow"])
def test_no_domain_error_and_no_kink_is_met(name: str) -> None:
    for computation in drawn(expressions([name, "sub"], max_nodes=15), 60):
        _, output = computation.build()
        output.backward()
        assert abs(output.data) <= 1e4
        assert abs(computation(*[x + 1e-12 for x in computation.inputs]) - output.data) <= 1e-3


def test_text_of_each_kind_of_step() -> None:
    computation = Computation(
        [0.5, 2.0],
        [
            Step(add, (0, 1)),
            Step(neg, (2,)),
            Step(dot, (0, 1, 2, 3, 0)),
            Step(softmax, (0, 4), 1),
            Step(cross_entropy, (5, 1), 0),
            Step(registry["sum"], (6, 6, 0)),
            Step(exp, (7,)),
        ],
    )
    assert repr(computation) == str(computation)
    assert str(computation).splitlines() == [
        "from autograd import Value, cross_entropy, dot, exp, softmax, sum",
        "x0 = Value(0.5)",
        "x1 = Value(2.0)",
        "x2 = x0 + x1",
        "x3 = -x2",
        "x4 = dot([x0, x1], [x2, x3], x0)",
        "x5 = softmax([x0, x4])[1]",
        "x6 = cross_entropy([x5, x1], 0)",
        "x7 = sum([x6, x6, x0])",
        "x8 = exp(x7)",
        "x8.backward()",
    ]


def test_the_twin_is_the_same_computation() -> None:
    computation = Computation([0.5, -1.5], [Step(mul, (0, 1)), Step(tanh, (2,)), Step(mul, (3, 0))])
    leaves, output = computation.build()
    assert output.data == pytest.approx(float(computation.exact_value()), rel=1e-15)
    assert output.data == computation(0.5, -1.5)
    output.backward()
    for k, leaf in enumerate(leaves):
        assert leaf.grad == pytest.approx(float(computation.exact_derivative(k)), rel=1e-15)
    (first, _), other = autograd.gradients(output, leaves, create_graph=True), leaves[1]
    mixed = float(computation.exact_derivative(0, 1))
    assert autograd.gradients(first, other) == pytest.approx(mixed, rel=1e-14)


@given(values(1.0, 2.0), networks(max_inputs=2, max_width=2, max_layers=1))
def test_values_and_networks(x: Value, network: Computation) -> None:
    assert 1.0 <= x.data <= 2.0 and x.op is None
    assert "dot([" in str(network) and str(network).endswith(".backward()")


@pytest.mark.parametrize(
    ("low", "high", "simplest"),
    [
        (-4.0, 4.0, 1.0),
        (-0.9, 0.9, 0.5),
        (0.0, 0.5, 0.5),
        (-0.005, 0.005, 0.00390625),
        (-7.0, -0.3, -1.0),
        (2.5, 2.5, 2.5),
        (0.0, 0.0, 0.0),
    ],
)
def test_values_stay_in_their_range(low: float, high: float, simplest: float) -> None:
    for x in drawn(values(low, high), 100):
        assert low <= x.data <= high
        assert abs(x.data) >= min(0.01, max(-low, high) / 2)
    small = settings(database=None, derandomize=True)
    assert find(values(low, high), lambda x: True, settings=small).data == simplest


def test_a_network_shrinks_to_a_single_neuron() -> None:
    smallest = find(networks(), lambda network: True, settings=settings(database=None))
    assert [step.gate.name for step in smallest.steps] == ["dot", "tanh", "dot", "sub", "mul"]


def test_bad_wishes_are_refused() -> None:
    with pytest.raises(LookupError, match="no primitive is named 'tahn'"):
        expressions(["tahn"])
    with pytest.raises(ValueError, match="expressions of no primitives"):
        expressions([])
    with pytest.raises(ValueError, match=r"no number is at least 2.0 and at most 1.0"):
        values(2.0, 1.0)
    with pytest.raises(ValueError, match="max_nodes must be 2 or more, got 1"):
        expressions(max_nodes=1)


@pytest.mark.parametrize(
    ("missing", "call"),
    [
        ("hypothesis", "autograd.testing.values()"),
        ("hypothesis", "autograd.testing.expressions()"),
        ("hypothesis", "autograd.testing.networks()"),
        ("mpmath", "autograd.checking.exact.functions()"),
    ],
)
def test_a_missing_extra_is_named(missing: str, call: str) -> None:
    program = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        "import autograd.testing, autograd.checking.exact\n"
        f"try: {call}\n"
        "except ImportError as error: print(error)\n"
    )
    printed = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    assert "pip install 'gatewise[test]'" in printed


def test_importing_autograd_imports_neither_hypothesis_nor_mpmath() -> None:
    program = (
        "import sys, autograd, autograd.testing; print({'hypothesis', 'mpmath'} & {*sys.modules})"
    )
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert printed.stdout == "set()\n"


# ------------------------------------------------------------------ a gate of one's own


def log_diff_exp(by_a: Any, by_b: Any) -> Primitive:
    value = lambda a, b: a + math.log(-math.expm1(b - a))  # noqa: E731
    return primitive("log_diff_exp_", value, [by_a, by_b])


def careful(factor: float = 1.0) -> Primitive:
    return log_diff_exp(
        lambda a, b, out: -1 / expm1(b - a) * factor, lambda a, b, out: -1 / expm1(a - b)
    )


def careless() -> Primitive:
    """The right formulas; but exp(a) - exp(b) loses what a and b have in common."""
    return log_diff_exp(
        lambda a, b, out: exp(a) / (exp(a) - exp(b)), lambda a, b, out: 1 - 1 / (1 - exp(b - a))
    )


def softplus(factor: float = 1.0) -> Primitive:
    """The textbook's: exp(-x) overflows at -710."""

    def value(x):
        return max(x, 0.0) + math.log1p(math.exp(-abs(x)))

    return primitive("softplus_", value, [lambda x, out: factor / (1 + exp(-x))])


def difference(a: Any, b: Any) -> Any:
    return a + mpmath.log(-mpmath.expm1(b - a))


OWN = {"log_diff_exp_": difference, "softplus_": lambda x: mpmath.log(1 + mpmath.exp(x))}


@pytest.mark.parametrize("gate", [careful, careless, softplus])
@pytest.mark.parametrize("order", [1, 2])
def test_no_false_alarm_whatever_overflows_inside_of_a_correct_gate(gate: Any, order: int) -> None:
    for computation in drawn(expressions([gate(), "add", "mul", "exp", "sub"], exact=OWN), 40):
        computation.check(order)


@pytest.mark.parametrize("x", [-800.0, -720.0, -40.0, 0.5, 800.0])
def test_a_mistake_is_found_where_the_formula_overflows(x: float) -> None:
    Computation([x], [Step(softplus(), (0,))], OWN).check(order=2)
    if x > -700:
        wrong = Computation([x], [Step(softplus(1 + 1e-9), (0,))], OWN)
        with pytest.raises(AssertionError, match=f"the gate softplus_: .* at x = {x} should be"):
            wrong.check()


@pytest.mark.parametrize(
    ("gates", "strict"),
    [([careful(1.001), "add", "mul", "exp"], False), ([careless(), "add", "mul", "exp"], True)],
)
def test_a_failure_shrinks_in_seconds_to_lines_that_name_the_gate(gates: Any, strict: bool) -> None:
    start = time.process_time()
    seen = []

    @settings(max_examples=200, database=None, derandomize=True, deadline=None)
    @given(expressions(gates, exact=OWN, strict=strict))
    def test(computation: Computation) -> None:
        try:
            computation.check()
        except AssertionError:
            seen.append(computation)
            raise

    with pytest.raises(AssertionError, match=r"log_diff_exp_: d log_diff_exp_ / d [ab] at a = .*b"):
        test()
    assert len(seen[-1].steps) <= 5
    assert time.process_time() - start < 20  # mostly 1 to 5, on a machine of its own


def test_how_strict_is_for_the_user_to_say() -> None:
    step = Step(careless(), (0, 1))
    Computation([1e-8, 0.0], [step], OWN).check()
    Computation([3.0, 1.0], [step], OWN, strict=1000).check()
    with pytest.raises(AssertionError, match=r"d log_diff_exp_ / d a at a = 1e-08, b = 0.0 should"):
        Computation([1e-8, 0.0], [step], OWN, strict=1000).check()


def test_accuracy_finds_the_loss_of_precision_and_where() -> None:
    lost = accuracy(careless(), difference, points=40)
    assert lost.gate == "log_diff_exp_" and lost.points > 40
    assert lost.derivatives["d / d a"].ulps > 2**26  # half the digits
    assert lost.derivatives["d / d b"].ulps > 2**50  # all of them
    assert "d / d b: all is lost at (" in str(lost)
    kept = accuracy(softplus(), OWN["softplus_"], points=40)
    assert kept.value.ulps < 2 and kept.worst.ulps < 4
    for point in ((1e-8, 0.0), (40.0, 0.0)):
        errors = {each.what: each for each in measured(careless(), difference, point, 1)}
        assert errors["d / d b"].ulps > 2**20
    assert accuracy(sigmoid, order=2, points=30).worst.ulps < 4
    with pytest.raises(TypeError, match=r"accuracy of plain_: give exact=, its value in mpmath"):
        accuracy(primitive("plain_", lambda x: 2 * x, [2.0]))


def test_accuracy_leaves_kinks_out() -> None:
    """relu'(0) is 0 by convention: there is no exact number."""
    assert accuracy(registry["relu"], points=30).worst.ulps < 1e-9
    own = primitive("hinge_", lambda x: max(1 - x, 0.0), [lambda x, out: -step(out)])
    assert accuracy(own, lambda x: max(1 - x, 0), points=30).worst.ulps < 1


# ------------------------------------------------------------------ edges

HOLDS = {
    "ties": lambda xs: len(set(xs)) < len(xs),
    "near ties": lambda xs: any(abs(a - b) <= math.ulp(a) for a, b in combinations(xs, 2)),
    "kinks": lambda xs: all(min(abs(x), abs(abs(x) - 1)) < 3e-16 for x in xs),
    "huge": lambda xs: all(1e150 <= abs(x) < math.inf for x in xs),
    "tiny": lambda xs: all(0 < abs(x) <= 1e-149 for x in xs),
    "mixed": lambda xs: all(abs(x) < 1e302 for x in xs),
    "masks": lambda xs: 0 < xs.count(-math.inf) < len(xs),
}


@pytest.mark.parametrize("name", EDGES)
@pytest.mark.parametrize("count", [2, 5])
def test_edges_are_what_they_are_called(name: str, count: int) -> None:
    for xs in drawn(edges(name, count=count), 40):
        assert len(xs) == count and HOLDS[name](xs)


def test_edges_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="no edge is named 'tie'; there are ties, near ties"):
        edges("tie")
    with pytest.raises(ValueError, match="ties need 2 floats or more, got count=1"):
        edges("ties", count=1)
    assert all(len(xs) == 1 for xs in drawn(edges(count=1), 20))


@given(edges("masks", "ties", "huge", "tiny", count=4))
def test_no_gradient_of_a_softmax_is_nan_at_an_edge(xs: list[float]) -> None:
    leaves = [Value(x) for x in xs]
    autograd.logsumexp(leaves).backward()
    assert math.fsum(leaf.grad for leaf in leaves) == pytest.approx(1, abs=1e-15)
