"""float32 throughout: no line of a program, with buffers or without, makes a wider array."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import autograd as ag
import nn
from autograd import Value, compile
from autograd.compiler import anomaly
from autograd.compiler.build import namespace_of
from autograd.compiler.names import input_names

from .random_graphs import NARY

GATES = [op for op in ag.engine.gate.registry.values() if op.arity in (1, 2)]


def lines_of(program: Any, name: str, batch: list[Any]) -> list[tuple[str, Any]]:
    """Each line of an emitted function, and what it makes."""
    source = program._built.sources[name]
    names = input_names([argument.name for argument in program.arguments])
    given = dict(zip(("theta", *names), (program.theta, *batch), strict=True))
    scope = namespace_of(source.names, "float32") | given | {"g": np.empty_like(program.theta)}
    variables = anomaly.Variables({}, source.kept)
    with np.errstate(all="ignore"):
        for _ in anomaly.run(source, scope, variables):
            pass
    made = list(variables.items())
    return made + [each for name in source.kept for each in variables[name].items()]


def stays_float32(f: Any, batch: list[Any], reduction: str = "mean") -> None:
    batch = [np.asarray(each, np.float32) for each in batch]
    plain = compile(f, dtype="float32", reduction=reduction)
    value, gradient = plain.value_and_grad(*batch)
    assert gradient.dtype == np.float32
    for name in ("values", "value_and_grad"):
        for line, made in lines_of(plain, name, batch):
            assert getattr(made, "dtype", None) != np.float64, line
    fixed = compile(f, dtype="float32", reduction=reduction, batch_size=len(batch[0]))
    again, same = fixed.value_and_grad(*batch)
    assert again == pytest.approx(value, rel=1e-5)
    assert same.tolist() == pytest.approx(gradient.tolist(), rel=1e-4, abs=1e-5)
    assert "float64" not in fixed._built.sources["workspace"].text


@pytest.mark.parametrize("gate", GATES, ids=lambda op: op.name)
def test_every_gate(gate: Any) -> None:
    weights = [Value(0.3), Value(0.25), Value(0.125)]

    def f(x: list[Any]) -> Any:
        operands = [[0.5 + 0.1 * w * xi for xi, w in zip(x, weights, strict=True)]]
        operands.append([0.25 + 0.1 * w for w in weights])
        if gate.name == "acosh":
            operands[0] = [each + 1 for each in operands[0]]
        return ag.sum([gate(*each) for each in zip(*operands[: gate.arity], strict=True)])

    stays_float32(f, [np.random.default_rng(0).normal(size=(6, 3))])


@pytest.mark.parametrize("name", NARY)
def test_every_gate_over_a_sequence(name: str) -> None:
    weights = [Value(k / 4) for k in range(4)]
    stays_float32(
        lambda x: NARY[name]([w * xi + w for w, xi in zip(weights, x, strict=True)]),
        [np.random.default_rng(0).normal(size=(6, 4))],
    )


@pytest.mark.parametrize("activation", ["leaky_relu", "elu", "relu", "sigmoid"])
def test_networks(activation: str) -> None:
    model = nn.MLP(8, [5, 1], activation=activation, rng=0)
    source = np.random.default_rng(0)
    stays_float32(
        lambda x, y: (model(x) - y) ** 2, [source.normal(size=(6, 8)), source.normal(size=6)]
    )


@pytest.mark.parametrize(
    "f",
    [
        lambda x: ag.sum([2 ** (W * xi) for xi in x]),
        lambda x: ag.sum([ag.where(ag.step(W * xi), W * 2, 1.0) for xi in x]),
        lambda x: ag.sum([k * W * xi for k, xi in enumerate(x)]),
        lambda x: ag.sum([(W * xi) ** k for k, xi in enumerate(x)]),
        lambda x: ag.maximum(W * x[0], x[1], 0.0) * ag.floor(W * x[2]),
        lambda x: ag.minimum(W * x[0], x[1]) + ag.sqrt(abs(W * x[2])),
    ],
)
def test_numbers_among_arrays(f: Any) -> None:
    stays_float32(f, [np.random.default_rng(0).normal(size=(6, 3))])


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize(
    "f",
    [
        lambda x: ag.sum([ag.where(ag.step(xi), W * xi, V) for xi in x]),  # np.where(c, 1 / B, 0)
        lambda x: ag.where(ag.step(W * x[0]), W, V),
        lambda x: ag.where(x[0] > 0, W * x[1], 0.0) + ag.where(x[2] > 1, 1.0, W),
        lambda x: ag.where(ag.step(x[0]), 2.0, 1.0) * W,
        lambda x: ag.where(ag.step(abs(W * x[0]) - 1), abs(W * x[0]) - 0.5, (W * x[0]) ** 2 / 2),
        lambda x: ag.maximum(W * x[0], V * x[1], x[2]),
        lambda x: ag.sum([ag.maximum(W * a, V * b) for a, b in pairwise(x)]),
        lambda x: ag.relu(W * x[0]) + ag.relu(-W * x[0]),
        lambda x: (x[0] > 0) * W + (x[0] < 1) * V,
    ],
)
def test_conditions(f: Any, reduction: str) -> None:
    """The numbers of where may be plain, and 1 / B is float64 if nothing tells it not to be."""
    batch = [np.random.default_rng(0).normal(size=(6, 3))]
    stays_float32(f, batch, reduction)
    exact = compile(f, reduction=reduction, target="numpy")
    value, gradient = exact.value_and_grad(*batch)
    for size in (None, 6):
        program = compile(f, reduction=reduction, dtype="float32", batch_size=size)
        got, slopes = program.value_and_grad(*batch)
        assert got == pytest.approx(value, rel=1e-5) and not program.note
        assert slopes == pytest.approx(gradient, rel=1e-4, abs=1e-5)


W, V = Value(0.7, "w"), Value(-0.3, "v")
