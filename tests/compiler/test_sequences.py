"""Gates over a sequence: operands of different arrays, classes that are none, logits of -inf."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Value, compile

Z = [Value(0.5, "z0"), Value(-0.3, "z1"), Value(0.8, "z2")]
INF = math.inf


def same_as_eager(f: Any, *batch: list[Any], **options: Any) -> Any:
    """The array program, after a comparison with the engine, in values and gradient."""
    program = compile(f, target="numpy", reduction="sum", **options)
    value, gradient = program.value_and_grad(*batch)
    losses = [f(*sample) for sample in zip(*batch, strict=True)]
    assert program(*batch).tolist() == pytest.approx([each.data for each in losses], rel=1e-12)
    total = ag.sum(losses)
    assert value == pytest.approx(total.data, rel=1e-12)
    expected = ag.gradients(total, program.parameters)
    assert gradient.tolist() == pytest.approx(expected, rel=1e-11, abs=1e-14)
    return program


def mixed(x: Any) -> list[Any]:
    """Operands of four arrays: numbers, a product, a parameter, the argument."""
    return [0.0, Z[0] * x, Z[1] * x, Z[2], 2.0, x, ag.tanh(Z[1] * x)]


@pytest.mark.parametrize(
    "gate",
    [
        ag.maximum,
        ag.minimum,
        ag.logsumexp,
        lambda xs: ag.softmax(xs)[2] + ag.softmax(xs)[0],
        lambda xs: ag.log_softmax(xs)[1] * xs[4],
        lambda xs: ag.cross_entropy(xs, 1),
        lambda xs: ag.cross_entropy(xs, [0.1, 0.0, 0.2, 0.3, 0.4, 0.0, 0.0]),
        lambda xs: ag.cross_entropy(xs, [0.0, xs[5] ** 2, 0.2, Z[2], 0.4, 0.0, 0.0]),
    ],
)
@pytest.mark.parametrize("options", [{}, {"batch_size": 3}])
def test_operands_of_different_arrays(gate: Any, options: dict[str, Any]) -> None:
    same_as_eager(lambda x: gate(mixed(x)), [0.1, -0.7, 1.5], **options)
    same_as_eager(lambda x: gate(mixed(x)) + gate(mixed(x * 2)), [0.1, -0.7, 1.5], **options)


@pytest.mark.parametrize("n", [1, 2, 3, 200])
def test_so_many_operands(n: int) -> None:
    ws = [Value(k / n) for k in range(n)]
    for gate in (ag.logsumexp, ag.maximum, lambda xs: ag.softmax(xs)[-1]):
        xs = [0.1, -0.7]
        same_as_eager(lambda x, gate=gate: gate([w * x for w in ws]), xs)
        same_as_eager(lambda x, gate=gate: gate([x * 0.5, *[w * x for w in ws]]), xs)


def test_a_class_index_among_operands_of_different_arrays() -> None:
    def loss(x: Any, y: Any) -> Any:
        return ag.cross_entropy([0.0, Z[0] * x, Z[1] * x], y)

    xs = [0.1, 0.5, 0.7]
    program = same_as_eager(loss, xs, [0, 1, 2])
    for wrong in (1.5, -1, 3):
        with pytest.raises(FloatingPointError, match="Y holds no class in sample 1"):
            program.value_and_grad(xs, [0, wrong, 2])
    with pytest.raises(FloatingPointError, match="Y holds nan"):
        program.value_and_grad(xs, [0, math.nan, 2])
    program.value_and_grad(xs, [2, 1, 0])


def test_a_class_to_ignore() -> None:
    def loss(x: Any, y: Any) -> Any:
        logits = [0.0, Z[0] * x, Z[1] * x]
        return ag.where(ag.step(y + 0.5), lambda: ag.cross_entropy(logits, y), lambda: 0.0)

    program = compile(loss, target="numpy")
    value, gradient = program.value_and_grad([0.1, 0.5, 0.7], [-1, 1, 2])
    eager = (loss(0.5, 1) + loss(0.7, 2)) / 3
    assert value == pytest.approx(eager.data)
    assert gradient.tolist() == pytest.approx(ag.gradients(eager, program.parameters))


@pytest.mark.parametrize(
    "f",
    [
        lambda a, b: -ag.logsumexp([a + Z[0], b + Z[1]]),
        lambda a, b: ag.cross_entropy([a + Z[0], b + Z[1], 0.5], 1),
        lambda a, b: ag.softmax([a * 1 + Z[0], Z[1] * b, Z[2]])[0],
        lambda a, b: ag.softmax([Z[0] * b, -INF, Z[2]])[0] * b,  # a causal mask
        lambda a, b: ag.logsumexp([Z[0] * b + -INF, Z[1] * b + 0.0, Z[2] * b + 0.0]),
        lambda a, b: ag.cross_entropy([a + Z[0], Z[1] * b, Z[2] * b], [0.0, 0.25, 0.75]),
        lambda a, b: ag.maximum([a + Z[0], b + Z[1], Z[2]]),
    ],
)
def test_logits_of_minus_infinity(f: Any) -> None:
    same_as_eager(f, [0.5, -INF, 0.25], [1.0, 2.0, -0.5])


def test_infinite_numbers_in_the_source() -> None:
    program = compile(lambda x: [x * INF, x + INF, ag.minimum(x, INF) * -INF], target="numpy")
    assert program([1.0, 2.0]).tolist() == [[INF, INF, -INF]] * 2


def test_softmax_of_attention() -> None:
    """Two queries, three keys, the later key masked for the first."""
    keys = [[Value(0.1 * i - 0.2 * j) for j in range(2)] for i in range(3)]

    def f(x: list[Any]) -> Any:
        total = 0.0
        for k in range(2):
            scores = [ag.dot(key, x) * (k + 1) for key in keys]
            scores = [s if i <= k else -INF for i, s in enumerate(scores)]
            for share, key in zip(ag.softmax(scores), keys, strict=True):
                total = total + share * key[0] * x[1]
        return total

    batch = np.random.default_rng(0).normal(size=(4, 2)).tolist()
    same_as_eager(f, batch)


@pytest.mark.parametrize("gate", [ag.softmax, ag.log_softmax])
@pytest.mark.parametrize("n", [2, 10, 150])
def test_a_whole_softmax_needs_no_jacobian(gate: Any, n: int) -> None:
    weights = [[Value(math.sin(k * i + 1)) for i in range(3)] for k in range(n)]

    def f(x: list[Any], h: list[Any]) -> Any:
        return ag.dot(h, [y * y for y in gate([ag.dot(w, x) for w in weights])])

    source = np.random.default_rng(0)
    batch = [source.normal(size=(4, 3)).tolist(), source.normal(size=(4, n)).tolist()]
    assert f"arange({n})" not in same_as_eager(f, *batch).source
    batch[0][0] = [30.0, -20.0, 10.0]  # one share is all but 1
    same_as_eager(f, *batch)


@pytest.mark.parametrize("options", [{}, {"batch_size": 3}])
def test_a_softmax_for_each_of_several_queries(options: dict[str, Any]) -> None:
    q, k, v = ([Value(math.sin(i + 5 * j)) for i in range(3)] for j in range(3))

    def attention(x: list[list[Any]]) -> Any:
        queries, keys, values = ([ag.dot(w, row) for row in x] for w in (q, k, v))
        total: Any = 0.0
        for query in queries:
            shares = ag.softmax([query * key for key in keys])
            total = total + ag.tanh(ag.dot(shares, values))
        return total

    batch = np.random.default_rng(0).normal(size=(3, 4, 3)).tolist()
    source = same_as_eager(attention, batch, **options).source
    assert "16, 4" not in source and "hit" not in source  # four rows, not sixteen


def test_a_whole_softmax_that_may_not_be_chosen() -> None:
    def f(x: Any) -> Any:
        shares = ag.softmax([ag.log(Z[0] * x), ag.log(Z[2] * x) * 2, Z[1]])
        return ag.where(ag.step(x), lambda: ag.dot(shares, [1.0, 2.0, Z[2]]), lambda: Z[1] * x)

    program = compile(f, target="numpy", reduction="sum")
    value, gradient = program.value_and_grad([0.5, -1.0, 2.0])
    total = f(0.5) + Z[1] * -1.0 + f(2.0)
    assert value == pytest.approx(total.data)
    assert gradient.tolist() == pytest.approx(ag.gradients(total, program.parameters))
