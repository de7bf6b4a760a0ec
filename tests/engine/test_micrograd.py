"""micrograd's code runs unchanged, and its known bugs (with their issue numbers) do not."""

from __future__ import annotations

import copy
import math
import pickle
import random

import numpy as np
import pytest

from autograd import StaleGraphError, Value, exp, log, softmax
from autograd.engine.graph import ancestors


def test_the_expression_of_its_readme() -> None:
    a = Value(-4.0)
    b = Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    assert f"{g.data:.4f}" == "24.7041"
    g.backward()
    assert f"{a.grad:.4f}" == "138.8338"
    assert f"{b.grad:.4f}" == "645.5773"


def test_its_training_loop() -> None:
    """The Neuron, Layer and MLP of micrograd's nn.py, written over our Value."""
    generator = random.Random(1)

    class Neuron:
        def __init__(self, nin: int, nonlin: bool = True) -> None:
            self.w = [Value(generator.uniform(-1, 1)) for _ in range(nin)]
            self.b = Value(0)
            self.nonlin = nonlin

        def __call__(self, x: list[Value]) -> Value:
            act = sum((wi * xi for wi, xi in zip(self.w, x, strict=True)), self.b)
            return act.relu() if self.nonlin else act

    hidden, last = [Neuron(2) for _ in range(8)], Neuron(8, nonlin=False)
    parameters = [p for n in [*hidden, last] for p in [*n.w, n.b]]
    xs = [[generator.uniform(-1, 1), generator.uniform(-1, 1)] for _ in range(20)]
    ys = [1 if x[0] > x[1] else -1 for x in xs]
    losses = []
    for _ in range(20):
        inputs = [list(map(Value, x)) for x in xs]
        scores = [last([n(x) for n in hidden]) for x in inputs]
        margins = [(1 + -y * score).relu() for y, score in zip(ys, scores, strict=True)]
        loss = sum(margins) * (1.0 / len(margins)) + 1e-4 * sum(p * p for p in parameters)
        for p in parameters:
            p.grad = 0
        loss.backward()
        for p in parameters:
            p.data -= 0.2 * p.grad
        losses.append(loss.data)
    assert losses[-1] < losses[0] / 3


def test_deep_chains_53_63() -> None:
    x = Value(1.0)
    y = x
    for _ in range(5000):
        y = y + x
    y.backward()
    assert x.grad == 5001.0


def test_backward_twice_and_zeroing_only_leaves_25_32_54_102() -> None:
    a = Value(2.0)
    b = a * a
    c = b + b
    c.backward()
    c.backward()
    assert a.grad == 16.0
    a.grad = 0
    c.backward()
    assert a.grad == 8.0


def test_editing_a_leaf_and_running_the_graph_again_55() -> None:
    x = Value(3.0, "x")
    y = x * x
    x.data = 5.0
    with pytest.raises(StaleGraphError):
        y.backward()
    y.forward().backward()
    assert (y.data, x.grad) == (25.0, 10.0)


def test_powers_17_35_36_41_42_70_122() -> None:
    v, w = Value(2.0), Value(3.0)
    y = v**w
    y.backward()
    assert (y.data, v.grad) == (8.0, 12.0) and w.grad == pytest.approx(8 * math.log(2))
    assert (2**w).data == 8.0 and (v ** np.float64(2)).data == 4.0 and (v ** np.int64(2)) == 4.0
    for exponent in (0, 0.5):
        zero = Value(0.0)
        (zero**exponent).backward()
        assert zero.grad == (0.0 if exponent == 0 else math.inf)
    with pytest.raises(ValueError, match="only integer powers"):
        Value(-8.0) ** (1 / 3)


def test_subtract_and_divide_are_gates_of_their_own_4_57_58() -> None:
    a, b = Value(6.0), Value(3.0)
    assert len(ancestors(a - b)) == 3 and len(ancestors(a / b)) == 3


def test_stable_functions_10_15_74_88_100_126() -> None:
    for name in ("tanh", "exp", "sigmoid", "softplus"):
        assert getattr(Value(-1000.0), name)().data in (-1.0, 0.0)
    assert exp(Value(1000.0)).data == math.inf
    assert [s.data for s in softmax([Value(1000.0), Value(0.0)])] == [1.0, 0.0]
    assert log(Value(1e-300)).data == math.log(1e-300)


def test_a_square_has_two_edges() -> None:
    a = Value(3.0)
    assert (a * a).operands == (a, a)


def test_relu_of_nan_has_a_nan_gradient() -> None:
    x = Value(math.nan)
    y = x.relu()
    y.backward()
    assert math.isnan(y.data) and math.isnan(x.grad)


def test_deepcopy_and_pickle_give_working_graphs() -> None:
    x = Value(3.0)
    y = x
    for _ in range(300):
        y = y * 1.01
    for twin in (copy.deepcopy(y), pickle.loads(pickle.dumps(y))):
        twin.backward()
        leaf = next(n for n in ancestors(twin) if n.kind == "leaf")
        assert leaf.grad == pytest.approx(1.01**300) and x.grad is None
