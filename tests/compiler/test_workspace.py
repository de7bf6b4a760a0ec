"""What runs is the source that people read, printed to compute into buffers: the same numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Value, compile
from autograd.compiler import vectorised, workspace
from autograd.compiler.build import namespace_of


def layer(inputs: int, outputs: int, seed: int) -> list[list[Value]]:
    source = np.random.default_rng(seed)
    return [[Value(w) for w in row] for row in source.normal(size=(outputs, inputs)).tolist()]


def classifier(classes: int) -> Any:
    weights = layer(4, classes, seed=classes)
    biases = [Value(0.1 * k) for k in range(classes)]
    return lambda x, y: ag.cross_entropy(
        [ag.dot(w, x, b) for w, b in zip(weights, biases, strict=True)], y
    )


def readable(program: Any, batch: list[Any]) -> tuple[float, Any]:
    """What the source that people read gives."""
    source = program._built.sources["value_and_grad"]
    scope = namespace_of(source.names, program.dtype)
    exec(source.text, scope)
    gradient = np.empty_like(program.theta)
    arrays = [np.asarray(each, program.dtype) for each in batch]
    with np.errstate(all="ignore"):
        return float(scope["value_and_grad"](program.theta, *arrays, gradient)), gradient


def printed(f: Any, shapes: list[Any], batch: list[Any], dtype: str = "float64") -> str:
    """The source that runs, after a comparison with the one that people read."""
    program = compile(f, shapes=shapes, target="numpy", dtype=dtype)
    assert not program.note
    rel = 1e-13 if dtype == "float64" else 1e-5
    a, da = readable(program, batch)
    for _ in range(2):  # the second time with what the first has left in the buffers
        b, db = program.value_and_grad(*batch)
        assert b == pytest.approx(a, rel=rel) and db.dtype == dtype
        assert db.tolist() == pytest.approx(da.tolist(), rel=0, abs=rel * float(abs(da).max()))
    return str(program._built.sources["workspace"].text)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("classes", [2, 3, 64, 65, 80])
def test_a_classifier(classes: int, dtype: str) -> None:
    source = np.random.default_rng(1)
    batch = [source.normal(size=(5, 4)), source.integers(0, classes, 5)]
    text = printed(classifier(classes), [(4,), ()], batch, dtype)
    assert ".sum(" not in text and "matmul(" not in text
    assert (", X.T, out=" in text) == (classes <= 64)  # few columns lie one after the other


@pytest.mark.parametrize("function", [ag.maximum, ag.minimum, lambda *x: ag.logsumexp(x)])
def test_a_reduction_of_windows(function: Any) -> None:
    weights = layer(6, 3, seed=1)

    def f(x: list[Any]) -> Any:
        z = [ag.dot(w, x) for w in weights]
        pairs = [function(a, b, c) for a, b, c in zip(x[:4], x[1:5], x[2:], strict=True)]
        return ag.sum(pairs) * function(*z) + ag.sum([p * p for p in z])

    printed(f, [(6,)], [np.random.default_rng(2).normal(size=(7, 6))])


def test_one_sample_and_one_column() -> None:
    w = Value(0.3)
    printed(lambda x, y: (w * x[0] - y) ** 2 + w, [(1,), ()], [np.ones((1, 1)), np.ones(1)])


def test_a_gradient_that_is_no_block_of_g() -> None:
    a, b, c = Value(0.3), Value(-0.5), Value(0.8)

    def f(x: list[Any]) -> Any:
        inner = ag.tanh(a * x[0] + b * x[1])
        return ag.tanh(a * x[0] + c * x[1] + inner) * ag.tanh(b * x[1])

    text = printed(f, [(2,)], [np.random.default_rng(3).normal(size=(4, 2))])
    assert "g[0:3:2]" in text and "np.copyto(" in text  # dot writes no slices


def test_many_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the gradient is no copy: the program writes into what the caller gets."""
    monkeypatch.setattr(workspace, "GIVEN", 10)
    monkeypatch.setattr(vectorised, "GIVEN", 10)
    source = np.random.default_rng(1)
    batch = [source.normal(size=(5, 4)), source.integers(0, 3, 5)]
    text = printed(classifier(3), [(4,), ()], batch)
    assert "def value_and_grad(X, Y, g):" in text


def test_an_array_that_is_joined_twice() -> None:
    """It lies in one place only; and a view of what lies there is not what belongs there."""
    w = Value(0.7)

    def f(x: Any) -> Any:
        z = w * x[0] + w
        y = z * w
        return ag.logsumexp(y, z, y) + ag.logsumexp(ag.dot([w, w], [z, z]), z, z)

    assert "empty((B, 3)" in printed(f, [(1,)], [np.array([[0.3], [-1.2], [2.0]])])
