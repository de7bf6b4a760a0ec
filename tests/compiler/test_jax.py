"""target="jax": the same lines as a pure function, and the numbers of the engine.

``python -m tests.compiler.test_jax 0 2000`` runs as many random programs as asked for, and every
pinned example.
"""

from __future__ import annotations

import math
import os
import pickle
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
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

# JAX compiles in half the time; it looks here when it computes for the first time.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")

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
        schedule, _ = emit_values(array, ["X"], "float64", form)
        scope = namespace_of(schedule.constants, "float64")
        exec(schedule.source, scope)
        results.append(np.asarray(scope["values"](*given)))
    assert results[1] == pytest.approx(results[0], rel=1e-14, nan_ok=True)


# ---------------------------------------------------------------------- gates


GATES = [op for op in ag.engine.gate.registry.values() if op.arity in (1, 2)]


def test_every_gate() -> None:
    """All in one program: values, and the gradient of their sum."""

    def f(x: list[Any]) -> list[Any]:
        a, b = W * x[0], V * x[1] * x[1]
        return [
            op(a + 1 if op.name == "acosh" else a, b)
            if op.arity == 2
            else op(a + 1 if op.name == "acosh" else a)
            for op in GATES
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


SUITE = ["mlp_dot", "l2_penalty", "tied", "embedding", "causal_attention", "running_totals"]
LONG = ["rnn_steps"]  # JAX unrolls loops where it traces, and takes a minute for 200 steps


@pytest.mark.parametrize("name", SUITE)
def test_examples(name: str) -> None:
    example_outcome(name)


def test_a_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(JaxArrays, "make", JaxArrays.plain)
    example_outcome("rnn_steps")


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
    assert len({random_outcome(seed) for seed in (1, 4, 5, 6)}) > 2


# ---------------------------------------------------------------------- as for NumPy


def loss(x: list[Any], y: Any) -> Any:
    return (ag.tanh(W * x[0] + V * x[1]) - y) ** 2


X = np.random.default_rng(1).normal(size=(6, 2))
Y = X[:, 0] * X[:, 1]


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_it_is_the_same_program(reduction: str) -> None:
    options: dict[str, Any] = {"shapes": [2, ()], "reduction": reduction, "batch_size": 6}
    program, numpy = (compile(loss, target=t, **options) for t in ("jax", "numpy"))
    value, gradient = program.value_and_grad(X, Y)
    told, slopes = numpy.value_and_grad(X, Y)
    assert type(value) is float and type(gradient) is np.ndarray and gradient.flags.writeable
    assert value == pytest.approx(told, rel=1e-14) and gradient == pytest.approx(slopes, rel=1e-13)
    assert program(X, Y) == pytest.approx(numpy(X, Y), rel=1e-14)
    with pytest.raises(ValueError, match="batch_size=6"):
        program(X[:3], Y[:3])
    copy = pickle.loads(pickle.dumps(program))
    assert copy.value_and_grad(X, Y)[0] == value and copy.target == "jax"
    program.theta -= 0.05 * gradient
    try:
        program.store()
        assert [W.data, V.data] == pytest.approx(program.theta.tolist())
        assert program.value_and_grad(X, Y)[0] < value
        program.backward(X, Y)
        assert V.grad is not None
    finally:
        W.data, V.data, W.grad, V.grad = 0.7, -0.3, None, None
    program.load()
    assert program.value_and_grad(X, Y)[0] == value


def test_the_lines_are_those_of_numpy() -> None:
    program, numpy = (compile(loss, shapes=[2, ()], target=t) for t in ("jax", "numpy"))
    ours, theirs = (
        [line.strip() for line in text.split("# forward")[1].splitlines()]
        for text in (program.source.replace("jnp.", "np."), numpy.source)
    )
    changed = [line for line in theirs if line not in ours]
    assert all("out=" in line or "g[" in line for line in changed[:-1])
    assert changed[-1] == "return loss"
    assert "tanh" in program.explain() and program.boxes("backward")


def test_the_function_composes() -> None:
    program = compile(loss, shapes=[2, ()], target="jax")
    f = program.function
    value, gradient = program.value_and_grad(X, Y)
    assert jax.jit(f)(program.theta, X, Y)[0] == pytest.approx(value)
    several = jnp.stack([program.theta, 2 * program.theta])
    values, gradients = jax.vmap(f, (0, None, None))(several, X, Y)
    assert values[0] == pytest.approx(value) and gradients.shape == (2, 2)
    assert np.array(jax.grad(lambda theta: f(theta, X, Y)[0])(program.theta)) == pytest.approx(
        gradient, rel=1e-12
    )

    def step(theta: Any, _: Any) -> Any:
        value, gradient = f(theta, X, Y)
        return theta - 0.1 * gradient, value

    _, losses = jax.lax.scan(step, jnp.asarray(program.theta), length=20)
    assert losses[-1] < losses[0] == pytest.approx(value)
    with pytest.raises(ValueError, match='compile with target="jax"'):
        _ = compile(loss, shapes=[2, ()], target="numpy").function


def test_arrays_of_jax_stay_where_they_are() -> None:
    program = compile(loss, shapes=[2, ()], target="jax")
    value, gradient = program.value_and_grad(X, Y)
    x, y = jnp.asarray(X), jnp.asarray(Y)
    with jax.transfer_guard_device_to_host("disallow"):
        kept = program._inputs.convert([x, y])
    assert kept[0] is x and kept[1] is y
    told, slopes = program.value_and_grad(x, y)
    assert type(told) is float and told == value and isinstance(slopes, jax.Array)
    assert isinstance(program(x, y), jax.Array) and isinstance(program(X, Y), np.ndarray)
    assert slopes.tolist() == gradient.tolist()
    with pytest.raises(ValueError, match=r"x must have the shape \(B, 2\)"):
        program.value_and_grad(jnp.ones((3, 4)), y)


def test_images_come_as_they_are() -> None:
    image = compile(lambda x: ag.sum([W * v * v for row in x for v in row]), target="jax")
    x = np.arange(12.0).reshape(2, 2, 3)
    value, _ = image.value_and_grad(x)
    assert value == pytest.approx(0.7 * (x * x).sum() / 2)
    assert image.function(image.theta, jnp.asarray(x))[0] == pytest.approx(value)


def test_no_samples_and_results_that_depend_on_nothing() -> None:
    total = compile(lambda x: W * x, shapes=[()], reduction="sum", target="jax")
    value, gradient = total.value_and_grad([])
    assert (value, gradient.tolist()) == (0.0, [0.0])
    constant = compile(lambda x: 3.0, shapes=[()], target="jax")
    assert constant([1.0, 2.0]).tolist() == [3.0, 3.0]
    value, gradient = constant.value_and_grad([1.0, 2.0])
    assert (value, gradient.tolist()) == (3.0, [])
    program = compile(lambda x: [W, 1.0, x], shapes=[()], target="jax")
    assert program([5.0, 6.0]).tolist() == [[0.7, 1.0, 5.0], [0.7, 1.0, 6.0]]
    graph = compile((W * V).tanh(), target="jax")
    assert graph.value_and_grad()[0] == graph() == pytest.approx(math.tanh(-0.21))


# ---------------------------------------------------------------------- NaN, infinity, precision


def test_nan_and_infinity_are_told() -> None:
    program = compile(lambda x, y: ag.exp(W * x) * y, shapes=[(), ()], target="jax")
    with pytest.raises(FloatingPointError, match=r"the loss is nan, because X holds nan"):
        program.value_and_grad([0.0, math.nan], [1.0, 1.0])
    with pytest.raises(FloatingPointError, match=r"(?s)in sample 1 is.* = .*jnp.exp"):
        program.value_and_grad([0.0, 2000.0], [1.0, 1.0])
    values = program([0.0, math.nan, math.inf, -math.inf], [1.0] * 4)
    assert values.tolist() == pytest.approx([1, math.nan, math.inf, 0], nan_ok=True)


def test_float64_only_if_jax_has_it() -> None:
    exact = compile(loss, shapes=[2, ()], target="jax")
    narrow = compile(loss, shapes=[2, ()], target="jax", dtype="float32")
    value, gradient = narrow.value_and_grad(X, Y)  # though JAX has float64
    assert gradient.dtype == np.float32 and narrow(X, Y).dtype == np.float32
    assert value == pytest.approx(exact.value_and_grad(X, Y)[0], rel=1e-5)
    jax.config.update("jax_enable_x64", False)
    assert narrow.value_and_grad(X, Y)[0] == value
    for late in (lambda: exact(X, Y), lambda: compile(loss, shapes=[2, ()], target="jax")):
        with pytest.raises(ValueError, match=r'update\("jax_enable_x64", True\).*dtype="float32"'):
            late()


@pytest.mark.parametrize(
    "f",
    [
        lambda x: ag.where(x[0] > 0, W * x[1], 0.0) + ag.where(x[2] > 1, 1.0, W),
        lambda x: ag.sum([k * W * xi for k, xi in enumerate(x)]) + V,
        lambda x: ag.maximum(W * x[0], V * x[1], x[2]),
        lambda x: ag.where(ag.step(x[0]), 2.0, 1.0) * W,
    ],
)
def test_float32_stays_float32(f: Any) -> None:
    batch = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
    program = compile(f, shapes=[3], target="jax", dtype="float32")
    loss, gradient = program.function(program.theta, batch)
    assert loss.dtype == gradient.dtype == np.float32
    expected = compile(f, shapes=[3], target="numpy", dtype="float32").value_and_grad(batch)
    assert loss == pytest.approx(expected[0], rel=1e-5)
    assert np.array(gradient) == pytest.approx(expected[1], rel=1e-4, abs=1e-6)


def test_without_jax(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(ImportError, match=r"pip install 'gatewise\[jax\]'"):
        compile(loss, shapes=[2, ()], target="jax")
    script = "import sys, autograd, nn; autograd.compile(autograd.Value(1.0) * 2)(); "
    script += "assert 'jax' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True)


if __name__ == "__main__":
    jax.config.update("jax_enable_x64", True)
    for each in [name for name in EXAMPLES if name not in LONG]:
        example_outcome(each)
    counts: Counter[str] = Counter()
    for each in range(int(sys.argv[1]), int(sys.argv[2])):
        counts[random_outcome(each)] += 1
        if each % 50 == 49:  # what was compiled is kept for ever
            jax.clear_caches()
            print(each + 1, dict(counts), flush=True)
    print(dict(counts))
