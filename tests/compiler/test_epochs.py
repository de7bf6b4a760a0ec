"""Steps of training in C: the rule that is given, printed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd import Value, compile, maximum, sin

from .test_c import own_cache  # noqa: F401 - a cache of the tests' own


def line(target: str = "c", dtype: str = "float64") -> Any:
    w, b = Value(0.5), Value(-1.0)
    return compile(
        lambda x, y: (w * x + b - y) ** 2, shapes=[(), ()], target=target, dtype=dtype
    )  # fmt: skip


X, Y = np.array([1.0, 2.0, 3.0, 4.0]), np.array([3.0, 5.0, 7.0, 10.0])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_steps_are_those_of_the_rule(dtype: str) -> None:
    def rule(theta: Any, gradient: Any, state: dict[str, Any], rate: Any) -> Any:
        state["t"] = state["t"] + 1
        state["v"] = 0.9 * state["v"] + gradient
        return theta - rate * sin(state["v"]) / state["t"] ** 0.5 - 0.1 * (-theta)

    program, numpy = line(dtype=dtype), line("numpy")
    steps = program.epochs(rule, {"t": 0, "v": [0.0, 0.0]})
    order, rates = [3, 1, 0, 2, 1], [0.1, 0.2, 0.05]
    losses = steps.run([X, Y], order, 2, rates)

    t, v, expected = 0, np.zeros(2), []
    for k, rate in enumerate(rates):
        rows = order[2 * k : 2 * k + 2]
        loss, gradient = numpy.value_and_grad(X[rows], Y[rows])
        expected.append(loss)
        t, v = t + 1, 0.9 * v + gradient
        numpy.theta = numpy.theta - rate * np.sin(v) / t**0.5 + 0.1 * numpy.theta
    tolerance = 1e-12 if dtype == "float64" else 1e-4
    assert losses.tolist() == pytest.approx(expected, rel=tolerance)
    assert program.theta.tolist() == pytest.approx(numpy.theta.tolist(), rel=tolerance)
    assert steps.state["t"].tolist() == [3.0], "one number for all parameters"
    assert steps.state["v"].tolist() == pytest.approx(v.tolist(), rel=tolerance)


def test_a_state_may_be_what_another_was() -> None:
    def rule(theta: Any, gradient: Any, state: dict[str, Any], rate: Any) -> Any:
        state["a"], state["b"], state["rate"] = state["b"], state["a"], theta
        return theta - rate

    steps = line().epochs(rule, {"a": 1.0, "b": 2.0, "rate": 0.0})
    steps.run([X, Y], [0, 1, 2], 1, [0.5, 0.25, 0.125])
    assert {name: each.tolist() for name, each in steps.state.items()} == {
        "a": [2.0],
        "b": [1.0],
        "rate": [-0.25, -1.75],
    }


def test_a_part_of_theta() -> None:
    program = line()
    steps = program.epochs(lambda theta, g, state, rate: theta - rate * g, {}, slice(1, 2))
    steps.run([X, Y], range(4), 4, [0.1])
    assert program.theta[0] == 0.5
    assert program.theta[1] != -1.0


def test_a_loss_that_is_not_finite_changes_nothing() -> None:
    program = line()
    steps = program.epochs(lambda theta, g, state, rate: theta - rate * g, {})
    X[2], before = np.nan, X[2]
    try:
        losses = steps.run([X, Y], [0, 2, 1], 1, [0.1] * 3)
    finally:
        X[2] = before
    assert len(losses) == 1
    assert np.isfinite(program.theta).all()


def test_what_can_not_be_written_is_refused() -> None:
    with pytest.raises(ValueError, match=r'compile\(f, target="c"\) makes'):
        line("numpy").epochs(lambda theta, g, state, rate: theta, {})
    refused = [
        lambda theta, g, state, rate: maximum(theta, g),
        lambda theta, g, state, rate: theta * Value(3.0),
        lambda theta, g, state, rate: state.setdefault("new", g),
    ]
    for rule in refused:
        with pytest.raises(ValueError, match="no steps in C"):
            line().epochs(rule, {})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([X], [0], 1, [0.1]), r"the shapes \[\(4,\), \(4,\)\], got \[\(4,\)\]"),
        (([X, Y[:3]], [0], 1, [0.1]), r"got \[\(4,\), \(3,\)\]"),
        (([X, Y], [0, 4], 2, [0.1]), "samples from 0 to 3"),
        (([X, Y], [0, -1], 2, [0.1]), "samples from 0 to 3"),
        (([X, Y], [0, 1, 2], 2, [0.1]), "3 samples, 2 a batch, don't make 1 steps"),
        (([X, Y], [0], 0, [0.1]), "0 a batch"),
    ],
)
def test_nothing_beyond_the_arrays_is_read(arguments: Any, message: str) -> None:
    steps = line().epochs(lambda theta, g, state, rate: theta - rate * g, {})
    with pytest.raises(ValueError, match=message):
        steps.run(*arguments)
