"""What holds of every graph: held on random ones, against exact arithmetic and by symmetry.

The quick profile draws a hundred examples a property; ``HYPOTHESIS_PROFILE=deep`` ten thousand.
"""

from __future__ import annotations

import math
import warnings

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import autograd
from autograd import Value, check_gradients, elementary
from autograd.checking.differences import KinkWarning, UncheckedWarning
from autograd.checking.rounding import error_bounds
from autograd.testing import Computation, expressions, networks, numbers, values

UNDERFLOW = 1e-290
"""Below it products may lose bits that no bound in ulp counts."""


def gradient(leaves: list[Value], output: Value, upstream: float = 1.0) -> list[float]:
    """The leaves' gradients by backward(), from a clean slate."""
    for leaf in leaves:
        leaf.grad = None
    output.backward(upstream)
    return [leaf.grad or 0.0 for leaf in leaves]


# ------------------------------------------------------------------ against an oracle


@given(expressions(max_nodes=5))
def test_single_gates_at_random_points(computation: Computation) -> None:
    computation.check(order=2)


@given(expressions())
def test_random_graphs_against_exact_arithmetic(computation: Computation) -> None:
    computation.check()


@given(expressions(max_nodes=12))
def test_gradients_of_gradients(computation: Computation) -> None:
    computation.check(order=2)


@given(networks())
def test_networks_against_exact_arithmetic(network: Computation) -> None:
    network.check()


@given(expressions(max_nodes=10))
def test_random_graphs_against_central_differences(computation: Computation) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", KinkWarning)  # the coarse steps may lead to one
        flat = "no derivative was compared: .*rounding hides it"  # erf(2·x) at -3, say
        warnings.filterwarnings("ignore", flat, UncheckedWarning)
        check_gradients(computation, *computation.inputs, order=1)


# ------------------------------------------------------------------ L5: what each gate does


@given(values(), values(), numbers(-9, 9))
def test_add_distributes(x: Value, y: Value, upstream: float) -> None:
    assert gradient([x, y], x + y, upstream) == [upstream, upstream]


@given(values(), values(), numbers(-9, 9))
def test_mul_swaps(x: Value, y: Value, upstream: float) -> None:
    assert gradient([x, y], x * y, upstream) == [y.data * upstream, x.data * upstream]


@given(values(), st.integers(1, 9), numbers(-9, 9))
def test_copy_adds(x: Value, n: int, upstream: float) -> None:
    (got,) = gradient([x], autograd.sum([x] * n), upstream)
    assert got == pytest.approx(n * upstream, rel=1e-15)


@given(st.lists(values(), min_size=1, max_size=6), numbers(-9, 9))
def test_max_routes(xs: list[Value], upstream: float) -> None:
    top = max(x.data for x in xs)
    winners = [x.data == top for x in xs]
    expected = [upstream / sum(winners) if wins else 0.0 for wins in winners]
    assert gradient(xs, autograd.maximum(xs), upstream) == pytest.approx(expected, rel=1e-15)


# ------------------------------------------------------------------ the walk as a whole


@given(expressions(max_nodes=60), numbers(-4, 4), numbers(-4, 4))
def test_gradients_are_linear_in_the_upstream_gradient(
    computation: Computation, a: float, b: float
) -> None:
    leaves, output = computation.build()
    bounds = error_bounds(output, leaves)
    whole = gradient(leaves, output, a + b)
    parts = zip(gradient(leaves, output, a), gradient(leaves, output, b), strict=True)
    for both, (first, second), bound in zip(whole, parts, bounds, strict=True):
        slack = (abs(a) + abs(b)) * bound + UNDERFLOW
        assert abs(both - (first + second)) <= slack
    unit = gradient(leaves, output)
    for four, one in zip(gradient(leaves, output, 4.0), unit, strict=True):
        assert four == 4 * one or abs(one) < UNDERFLOW  # a power of two: exactly


STABLE = ["add", "sub", "mul", "neg", "exp", "maximum", "relu", "sigmoid", "softplus", "elu"]


@given(expressions(STABLE, max_nodes=30))
def test_elementary_has_the_same_value_and_gradients(computation: Computation) -> None:
    leaves, output = computation.build()
    expected = gradient(leaves, output)
    rebuilt = elementary(output)
    slack = 1e3 * math.ulp(1.0)
    assert rebuilt.data == pytest.approx(output.data, rel=slack, abs=slack * 1e4)
    for got, wanted, bound in zip(
        gradient(leaves, rebuilt), expected, error_bounds(rebuilt, leaves), strict=True
    ):
        assert abs(got - wanted) <= 10 * bound + 1e-300


@given(expressions(max_nodes=60), st.data())
def test_forward_after_an_edit_is_a_fresh_graph(computation: Computation, data: st.DataObject):
    leaves, output = computation.build()
    output.backward()
    edited = [data.draw(numbers(-4.0, 4.0)) for _ in leaves]
    fresh = [Value(x) for x in edited]
    for leaf, x in zip(leaves, edited, strict=True):
        leaf.data = x
    try:
        expected = computation(*fresh)
    except (ValueError, ZeroDivisionError) as error:
        with pytest.raises(type(error)):
            output.forward()
        return
    assert str(output.forward().data) == str(expected.data)  # NaN is NaN
    assert str(gradient(leaves, output)) == str(gradient(fresh, expected))


@given(st.lists(expressions(max_nodes=8), min_size=2, max_size=5), st.randoms())
def test_independent_terms_may_come_in_any_order(terms: list[Computation], random) -> None:
    """Whatever was built first: the graph is the same, and so are the gradients, to the bit."""

    def build(order: list[int]) -> tuple[list[list[float]], float]:
        built = {k: terms[k].build() for k in order}
        total = autograd.sum([built[k][1] for k in order])
        total.backward()
        return [[leaf.grad for leaf in built[k][0]] for k in range(len(terms))], total.data

    order = list(range(len(terms)))
    expected = build(order)
    random.shuffle(order)
    assert build(order) == expected


@given(expressions(max_nodes=40))
def test_text_of_a_computation_is_the_computation(computation: Computation) -> None:
    """What is printed can be pasted: it gives the same gradients."""
    leaves, output = computation.build()
    namespace: dict[str, Value] = {}
    exec(repr(computation), namespace)
    pasted = [namespace[f"x{k}"] for k in range(len(leaves))]
    assert [leaf.grad or 0.0 for leaf in pasted] == gradient(leaves, output)


@given(expressions(max_nodes=40), st.integers(2, 4))
def test_leaves_accumulate(computation: Computation, times: int) -> None:
    leaves, output = computation.build()
    once = gradient(leaves, output)
    for leaf in leaves:
        leaf.grad = None
    for _ in range(times):
        output.backward()
    for leaf, gradient_once in zip(leaves, once, strict=True):
        assert leaf.grad == pytest.approx(times * gradient_once, rel=1e-15)


@given(values(), values())
def test_a_gradient_is_none_until_it_is_known(x: Value, y: Value) -> None:
    assume(x.data > 0)
    z = x.log() * y
    assert (x.grad, y.grad, z.grad) == (None, None, None)
