"""``take`` in compiled programs: rows of tables, and the same by the scalar engine."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import TraceError, Value, compile

from .test_families import eager

TABLE = [[Value(math.sin(3 * i + j)) for j in range(3)] for i in range(7)]
OTHER = [[Value(math.cos(3 * i + j)) for j in range(3)] for i in range(4)]
H = [Value(0.5), Value(-0.25), Value(1.5)]
WEIGHTS = [Value(0.1 * i - 0.2) for i in range(7)]


def tokens(count: int, *shape: int) -> Any:
    return np.random.default_rng(0).integers(0, count, (6, *shape)).astype(float)


def numbers(*shape: int) -> Any:
    return np.random.default_rng(1).normal(size=(6, *shape))


X, PAIRS, ROWS = tokens(7), tokens(7, 2), tokens(4, 3)
LOOKED_UP: dict[str, tuple[Callable[..., Any], list[Any]]] = {
    "a number": (lambda x, y: ag.take(WEIGHTS, x) * y, [X, numbers()]),
    "numbers known now": (
        lambda x, y: ag.take([1.0, 2.0, *[0.5] * 5], x) * y * H[0],
        [X, numbers()],
    ),
    "rows known now": (
        lambda x: ag.dot(ag.take([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]] * 4, x), H),
        [X],
    ),
    "a row": (lambda x: ag.tanh(ag.dot(ag.take(TABLE, x), H)), [X]),
    "several": (lambda x: ag.sum([ag.tanh(v) for t in x for v in ag.take(TABLE, t)]), [PAIRS]),
    "a table twice": (lambda x, y: ag.dot(ag.take(TABLE, x), ag.take(TABLE, y)), [X, tokens(7)]),
    "turned round": (lambda x, y: ag.dot(ag.take(TABLE, x), ag.take(TABLE[::-1], y)), [X, X]),
    "two tables": (lambda x, y: ag.dot(ag.take(TABLE, x), ag.take(OTHER, y)), [X, tokens(4)]),
    "three lengths": (
        lambda x: ag.tanh(ag.sum([r for n in (7, 5, 4) for r in ag.take(TABLE[:n], x[n - 5])])),
        [ROWS],
    ),
    "padding": (lambda x: ag.tanh(ag.dot(ag.take([[0.0] * 3, *TABLE], x), H)), [X + 1]),
    "padded numbers": (lambda x: ag.tanh(ag.take([1.0, *WEIGHTS], x)), [X + 1]),
    "computed": (lambda x: ag.dot(ag.take([[ag.exp(v) for v in r] for r in TABLE], x), H), [X]),
    "at a computed place": (lambda x: ag.dot(ag.take(TABLE, ag.floor(x * x)), H), [numbers()]),
    "tied": (
        lambda x, y: ag.cross_entropy([ag.dot(r, ag.take(TABLE, x)) for r in TABLE], y),
        [X, X[::-1]],
    ),
    "of one row": (lambda x: ag.dot(ag.take(TABLE[:1], x), H), [0 * X]),
    "of one number": (lambda x: ag.take(WEIGHTS[:1], x) * H[1], [0 * X]),
    "not all columns": (
        lambda x: ag.take(TABLE, x[0])[2] + ag.sum([ag.tanh(ag.take(TABLE, t)[1]) for t in x]),
        [PAIRS],
    ),
    "of the sample": (lambda x, y: ag.take([v * H[0] for v in x], y), [numbers(7), X]),
    "rows of the sample": (
        lambda x, ys: ag.sum([ag.tanh(ag.dot(ag.take(x, y), H)) for y in ys]),
        [numbers(4, 3), ROWS],
    ),
    "unless it is none": (
        lambda x: ag.where(ag.step(x), lambda: ag.dot(ag.take(TABLE, x - 1), H), lambda: H[0] * x),
        [X],
    ),
}


@pytest.mark.parametrize("name", LOOKED_UP)
@pytest.mark.parametrize(
    "options", [{"target": "numpy"}, {"target": "python"}, {"dtype": "float32", "reduction": "sum"}]
)
def test_the_same_as_eager(name: str, options: dict[str, Any]) -> None:
    loss, batch = LOOKED_UP[name]
    program = compile(loss, **{"target": "numpy", **options})
    exact = "dtype" not in options
    for size in (6, 1):
        columns = [column[:size] for column in batch]
        value, gradient = program.value_and_grad(*columns)
        pair = columns if len(columns) == 2 else [columns[0], np.zeros(size)]
        f = loss if len(columns) == 2 else lambda x, y: loss(x)
        expected, slopes = eager(f, *pair, program.parameters, not exact)
        assert value == pytest.approx(expected, rel=1e-12 if exact else 1e-5)
        tolerance = 1e-12 if exact else 1e-5
        assert gradient.tolist() == pytest.approx(slopes, rel=tolerance, abs=tolerance)
        assert program.theta.dtype == gradient.dtype
    assert not program.note


@pytest.mark.parametrize("wrong", [-1, 7, 2.5, 1e300, math.inf, math.nan])
def test_an_index_that_is_none_is_no_other_row(wrong: float) -> None:
    loss, (xs, _) = LOOKED_UP["two tables"][0], LOOKED_UP["two tables"][1]
    program = compile(loss, target="numpy")
    right = program(xs, xs % 4)
    broken = xs.copy()
    broken[1] = wrong
    values = program(broken, xs % 4)
    assert np.isnan(values[1])
    assert np.delete(values, 1).tolist() == np.delete(right, 1).tolist()
    what = "lookup" if math.isfinite(wrong) else f"X holds {wrong}"
    with pytest.raises(FloatingPointError, match=what):
        program.value_and_grad(broken, xs % 4)
    with pytest.raises(ValueError, match="an index must be an integer from 0 to 6, got"):
        compile(loss, target="python").value_and_grad(broken, xs % 4)


def test_the_table_is_a_view_in_its_own_order() -> None:
    program = compile(LOOKED_UP["two tables"][0], target="numpy", shapes=[(), ()])
    assert program.parameters == [v for table in (TABLE, OTHER) for row in table for v in row]
    assert "W2 = theta[21:33].reshape(4, 3)" in program.source


def test_brackets_are_told_of_take() -> None:
    with pytest.raises(TraceError, match=r"take\(rows, index\) for rows\[index\]"):
        compile(lambda x: TABLE[x][0], shapes=[()])


def test_an_index_known_while_tracing_needs_no_lookup() -> None:
    program = compile(lambda x: ag.dot(ag.take(TABLE, 2), H) * x, target="numpy")
    program([1.0, 2.0])
    assert "lookup" not in program.source
