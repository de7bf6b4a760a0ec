"""target="jax": the same lines as a pure function, and the numbers of the engine.

``python -m tests.compiler.test_jax 0 2000`` runs as many random programs as asked for, and every
pinned example.
"""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np
import pytest

import autograd as ag
from autograd import Value, compile
from autograd.compiler import build, jax_target, language
from autograd.compiler.builder import Builder
from autograd.compiler.emit import NUMPY, emit_values
from autograd.compiler.jax_target import JaxArrays, Pure
from autograd.compiler.language import Along, Array
from autograd.engine import primitives

from . import test_families, test_fuzz, test_golden
from .examples import EXAMPLES, draw
from .random_graphs import NARY
from .recurrences import recurrence

W, V = Value(0.7, "w"), Value(-0.3, "v")
OPERATIONS = {
    each
    for each in vars(language).values()
    if isinstance(each, type) and issubclass(each, Array) and each is not Array
}


@pytest.fixture(autouse=True)
def float64() -> Iterator[None]:
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", False)


# ---------------------------------------------------------------------- the language

PLACES = np.array([[0, 2], [2, 5]])


def pairs(builder: Builder, array: Array) -> Array:
    """Six numbers as three rows."""
    return builder.take(array, np.arange(6).reshape(3, 2))


def whole(builder: Builder, array: Array) -> Array:
    """Numbers that may be indices, and may be none."""
    return builder.gate(primitives.floor, array)


ONE: dict[type[Array], Callable[[Builder, Any, Any], Array]] = {
    language.Input: lambda b, x, theta: x,
    language.Parameters: lambda b, x, theta: theta * 1.5,
    language.Number: lambda b, x, theta: x * -math.inf,
    language.Constant: lambda b, x, theta: x * b.constant(np.array([1.0, 4, 9, 16, math.nan, 1])),
    language.BatchSize: lambda b, x, theta: x / b.batch_size(),
    language.Gate: lambda b, x, theta: b.gate(primitives.tanh, x * theta),
    language.Contract: lambda b, x, theta: b.contract(x, "Bk", theta, "k", "B"),
    language.Reduce: lambda b, x, theta: b.reduce("max", x),
    language.Reshape: lambda b, x, theta: b.reshape(x, (2, 3)),
    language.Transpose: lambda b, x, theta: b.transpose(pairs(b, theta)) * 2.0,
    language.Broadcast: lambda b, x, theta: b.make(language.Broadcast, (theta,), (6,), True),
    language.Take: lambda b, x, theta: b.take(x, PLACES),
    language.Scatter: lambda b, x, theta: b.make(
        language.Scatter, (b.take(x, PLACES), x), (6,), True, (PLACES, np.arange(6))
    ),
    language.Pick: lambda b, x, theta: b.make(
        language.Pick, (x, x == b.reduce("max", x)), (), True
    ),
    language.Lookup: lambda b, x, theta: b.make(
        language.Lookup, (pairs(b, theta), whole(b, x)), (6, 2), True
    ),
    language.ScatterRows: lambda b, x, theta: b.make(
        language.ScatterRows, (x, whole(b, b.gate(primitives.minimum, x * x, 2.0))), (3,), False
    ),
    language.Concatenate: lambda b, x, theta: b.make(language.Concatenate, (x, x * x), (12,), True),
    language.Stack: lambda b, x, theta: b.make(language.Stack, (x, x * x), (6, 2), True),
}


def test_there_is_an_example_of_every_operation() -> None:
    assert set(ONE) == OPERATIONS - {Along}  # which expand has rewritten


@pytest.mark.parametrize("kind", ONE, ids=lambda kind: kind.__name__)
def test_every_operation(kind: type[Array]) -> None:
    builder = Builder()
    x = builder.make(language.Input, (), (6,), True, 0)
    theta = builder.make(language.Parameters, (), (6,), False)
    array = ONE[kind](builder, x, theta)
    language.check([array])
    assert kind in {type(node) for node in language.needed([array])}
    results = []
    source = np.random.default_rng(0)
    given = source.normal(size=6), source.normal(size=(4, 6))
    for form, namespace_of in ((NUMPY, build.namespace_of), (Pure({}), jax_target.namespace_of)):
        schedule = emit_values(array, ["X"], "float64", form)
        scope = namespace_of(schedule.constants, "float64")
        exec(schedule.source, scope)
        results.append(np.asarray(scope["values"](*given)))
    assert results[1] == pytest.approx(results[0], rel=1e-14, nan_ok=True)


# ---------------------------------------------------------------------- gates


def test_every_gate() -> None:
    """All in one program: values, and the gradient of their sum."""
    gates = [op for op in ag.engine.gate.registry.values() if op.arity in (1, 2)]

    def f(x: list[Any]) -> list[Any]:
        a, b = W * x[0], V * x[1] * x[1]
        return [
            op(a + 1 if op.name == "acosh" else a, b)
            if op.arity == 2
            else op(a + 1 if op.name == "acosh" else a)
            for op in gates
        ] + [NARY[name]([a, b, a * b, x[0]]) for name in NARY]

    x = np.random.default_rng(0).uniform(0.2, 0.9, size=(5, 2))
    program, wanted = (compile(f, shapes=[2], target=target) for target in ("jax", "python"))
    assert program(x) == pytest.approx(wanted(x), rel=1e-12)
    total, reference = (
        compile(lambda x: ag.sum(f(x)), shapes=[2], target=target) for target in ("jax", "python")
    )
    (value, slopes), (told, expected) = (p.value_and_grad(x) for p in (total, reference))
    assert value == pytest.approx(told, rel=1e-12)
    assert slopes == pytest.approx(expected, rel=1e-11)


def test_a_gate_of_ones_own() -> None:
    gate = ag.primitive("own", lambda x: math.sin(x) + 1, [lambda x, out: ag.cos(x)])
    program = compile(lambda x: gate(W * x), shapes=[()], target="jax")
    x = np.array([0.25, -1.5])
    value, gradient = jax.vmap(program.function, (None, 0))(program.theta, x[:, None])
    assert value == pytest.approx(np.sin(0.7 * x) + 1)
    assert gradient[:, 0] == pytest.approx(x * np.cos(0.7 * x))


# ---------------------------------------------------------------------- numbers


LONG = ["rnn_steps", "lstm_steps"]  # JAX unrolls a loop, and takes a minute for 200 steps


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if name in LONG:
        monkeypatch.setattr(JaxArrays, "make", JaxArrays.plain)
    example_outcome(name)


def example_outcome(name: str) -> None:
    """Value and gradient are the engine's."""
    example = EXAMPLES[name]()
    program = compile(example.loss, shapes=example.shapes, target="jax")
    batch = draw(example, 5, seed=4)
    losses, slopes = test_golden.eager(example.loss, batch)
    value, gradient = program.value_and_grad(*batch)
    assert program(*batch).tolist() == pytest.approx(losses, rel=1e-12)
    assert value == pytest.approx(sum(losses) / 5, rel=1e-12)
    expected = [slopes[parameter] for parameter in program.parameters]
    largest = max(map(abs, expected))
    assert gradient.tolist() == pytest.approx(expected, rel=0, abs=1e-12 * largest)


def random_outcome(seed: int) -> str:
    """One random program: as people write them, a tangle, or a recurrence."""
    if seed % 10 < 6:
        return test_families.outcome(seed, "jax")
    if seed % 10 < 9:
        return test_fuzz.outcome(seed, "jax")
    made = recurrence(seed)
    source = np.random.default_rng(seed)
    batch = [source.normal(size=(3, *shape)) for shape in made.shapes]
    program, wanted = (compile(made.loss, shapes=made.shapes, target=t) for t in ("jax", "python"))
    (value, gradient), (told, slopes) = (p.value_and_grad(*batch) for p in (program, wanted))
    place = {parameter: k for k, parameter in enumerate(wanted.parameters)}
    expected = slopes[[place[parameter] for parameter in program.parameters]]
    assert value == pytest.approx(told, rel=1e-12)
    assert gradient == pytest.approx(expected, rel=0, abs=1e-12 * max(abs(expected)))
    return "recurrence"


def test_random_programs() -> None:
    assert len({random_outcome(seed) for seed in (0, 1, 6, 7)}) > 2


if __name__ == "__main__":
    jax.config.update("jax_enable_x64", True)
    for each in EXAMPLES.keys() - LONG:
        example_outcome(each)
    counts: Counter[str] = Counter()
    for each in range(int(sys.argv[1]), int(sys.argv[2])):
        counts[random_outcome(each)] += 1
        if each % 100 == 99:  # what was compiled is kept for ever
            jax.clear_caches()
            print(each + 1, dict(counts), flush=True)
    print(dict(counts))
