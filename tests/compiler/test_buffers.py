"""With buffers the same program: whatever function a line is rewritten to, the numbers stay."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Value, compile


def layer(inputs: int, outputs: int, seed: int) -> list[list[Value]]:
    source = np.random.default_rng(seed)
    return [[Value(w) for w in row] for row in source.normal(size=(outputs, inputs)).tolist()]


def classifier(classes: int) -> Any:
    weights = layer(4, classes, seed=classes)
    biases = [Value(0.1 * k) for k in range(classes)]
    return lambda x, y: ag.cross_entropy(
        [ag.dot(w, x, b) for w, b in zip(weights, biases, strict=True)], y
    )


def buffered(f: Any, shapes: list[Any], batch: list[Any], dtype: str = "float64") -> str:
    """The rewritten source, after a comparison with the program that it was written from."""
    plain = compile(f, shapes=shapes, target="numpy", dtype=dtype)
    fixed = compile(f, shapes=shapes, target="numpy", dtype=dtype, batch_size=len(batch[0]))
    assert not plain.note and not fixed.note
    rel = 1e-13 if dtype == "float64" else 1e-5
    for _ in range(2):  # the second time with what the first has left in the buffers
        (a, da), (b, db) = plain.value_and_grad(*batch), fixed.value_and_grad(*batch)
        assert b == pytest.approx(a, rel=rel) and db.dtype == dtype
        assert db.tolist() == pytest.approx(da.tolist(), rel=0, abs=rel * float(abs(da).max()))
    return fixed._built.sources["buffered"][0]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("classes", [2, 3, 32, 33, 40])
def test_a_classifier(classes: int, dtype: str) -> None:
    source = np.random.default_rng(1)
    batch = [source.normal(size=(5, 4)), source.integers(0, classes, 5)]
    text = buffered(classifier(classes), [(4,), ()], batch, dtype)
    assert ".sum(" not in text and "matmul(" not in text
    product = "dot(W1, X.T, out=v" if classes <= 32 else "dot(X, v1_, out=Z1)"
    assert product in text  # few columns lie one after the other


@pytest.mark.parametrize("function", [ag.maximum, ag.minimum, lambda *x: ag.logsumexp(x)])
def test_a_reduction_of_windows(function: Any) -> None:
    weights = layer(6, 3, seed=1)

    def f(x: list[Any]) -> Any:
        z = [ag.dot(w, x) for w in weights]
        pairs = [function(a, b, c) for a, b, c in zip(x[:4], x[1:5], x[2:], strict=True)]
        return ag.sum(pairs) * function(*z) + ag.sum([p * p for p in z])

    buffered(f, [(6,)], [np.random.default_rng(2).normal(size=(7, 6))])


def test_one_sample_and_one_column() -> None:
    w = Value(0.3)
    buffered(lambda x, y: (w * x[0] - y) ** 2 + w, [(1,), ()], [np.ones((1, 1)), np.ones(1)])


def test_a_gradient_that_is_no_block_of_g() -> None:
    a, b, c = Value(0.3), Value(-0.5), Value(0.8)

    def f(x: list[Any]) -> Any:
        inner = ag.tanh(a * x[0] + b * x[1])
        return ag.tanh(a * x[0] + c * x[1] + inner) * ag.tanh(b * x[1])

    text = buffered(f, [(2,)], [np.random.default_rng(3).normal(size=(4, 2))])
    assert "g[0:3:2]" in text and "matmul(" in text  # dot writes no slices
