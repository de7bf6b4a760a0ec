"""The strategies for users: good examples, small when they fail, printed as Python."""

from __future__ import annotations

import math
import subprocess
import sys
from typing import Any

import mpmath
import pytest
from hypothesis import find, given, settings
from hypothesis.vendor.pretty import pretty

import autograd
from autograd import Primitive, Value, erf, exp, primitive, sigmoid
from autograd.checking.rounding import TABLE
from autograd.engine.primitives import add, cross_entropy, dot, mul, neg, registry, softmax, tanh
from autograd.testing import BOUND, DEFAULT, Computation, Step, expressions, networks, values

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
