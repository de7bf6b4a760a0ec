"""Whatever a user calls arguments and gates, a program's own names are others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import autograd as ag
from autograd import Value, compile
from autograd.engine.gate import registry

ARGUMENTS = ["_1", "v1_", "ones_3", "ones_6", "B", "g", "np", "theta", "total", "hit", "dX", "loss"]
GATES = [
    *["total", "ones", "T1", "Z1", "value_and_grad", "bind", "theta", "p", "d1", "v1", "inputs"],
    *["choose", "inf", "nan", "values", "X", "hit", "part0", "v", "g", "np", "B", "exp_or_nan"],
]


@pytest.fixture
def forget() -> Iterator[None]:
    known = dict(registry)
    yield
    registry.clear()
    registry.update(known)


def same_as_eager(f: Any, target: str | None, size: int | None) -> None:
    samples = [[0.5, -0.25, 1.0], [1.5, 0.75, -0.5]]
    program = compile(f, target=target, batch_size=size)
    value, gradient = program.value_and_grad(samples, [0, 2])
    loss = (f(samples[0], 0) + f(samples[1], 2)) / 2
    assert value == pytest.approx(loss.data, rel=1e-13) and not program.note
    expected = ag.gradients(loss, program.parameters)
    assert gradient.tolist() == pytest.approx(expected, rel=1e-12)


OPTIONS = [("numpy", None), ("numpy", 2), ("python", None)]


@pytest.mark.parametrize(("target", "size"), OPTIONS)
@pytest.mark.parametrize("name", ARGUMENTS)
def test_arguments(name: str, target: str, size: int | None) -> None:
    weights = [Value(0.3), Value(-0.2), Value(0.1)]

    def loss(x: Any, y: Any) -> Any:
        logits = [ag.tanh(ag.dot(weights, x, w)) * x[1] for w in weights]
        return ag.cross_entropy(logits, y)

    scope: dict[str, Any] = {"loss_of": loss}
    exec(
        f"def f({name}, y): return loss_of({name}, y)\ndef h(x, {name}): return loss_of(x, {name})",
        scope,
    )
    same_as_eager(scope["f"], target, size)
    same_as_eager(scope["h"], target, size)


@pytest.mark.usefixtures("forget")
@pytest.mark.parametrize(("target", "size"), OPTIONS)
@pytest.mark.parametrize("name", GATES)
def test_gates(name: str, target: str, size: int | None) -> None:
    gate = ag.primitive(name, lambda x: x * x, [lambda x, out: 2 * x])
    twice = ag.primitive("uses_it", lambda x: x**3 / 3, [lambda x, out: gate(x)])
    weights = [Value(0.3), Value(-0.2), Value(0.1)]

    def f(x: Any, y: Any) -> Any:
        inner = [twice(gate(ag.dot(weights, x, w))) for w in weights]
        chosen = ag.where(ag.step(x[0]), lambda: gate(inner[0]), lambda: inner[1])
        return ag.cross_entropy([*inner[:2], gate(chosen)], y)

    same_as_eager(f, target, size)
