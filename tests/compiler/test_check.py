"""The check before use: which samples it takes, and what it says where there is none."""

from __future__ import annotations

import math
import random
from contextlib import nullcontext
from typing import Any

import pytest

import autograd as ag
from autograd import TraceError, Value, compile
from autograd.compiler import check, vectorised

W = Value(2.0, "w")


@pytest.mark.parametrize(
    ("f", "xs"),
    [
        (lambda x, r: ag.sqrt(W * x) * r(), [0, 0, 0, 1, 2, 3]),  # the slope of √ at 0 is infinite
        (lambda x, r: ag.sqrt(W * x) + r(), [0, 0, 0, 0]),  # values alone
        (lambda x, r: W * x * r(), [0, 0, 0, 0, 0, 1]),  # 0 times anything is 0
        (lambda x, r: ag.exp(W * x) * r(), [500.0, 400.0, 999.0, 1.0]),
    ],
)
@pytest.mark.parametrize("target", ["numpy", "python"])
def test_samples_that_tell_something_are_searched(f: Any, xs: list[float], target: str) -> None:
    draw = random.Random(1)
    with pytest.raises(ValueError, match="does not compute the same thing twice"):
        compile(lambda x: f(x, draw.random), target=target)(xs)


def test_a_wrong_program_is_found_where_only_values_are_finite(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ag.engine.primitives.sqrt, "numpy", "cbrt")
    with pytest.raises(RuntimeError, match="disagrees with the scalar graph: value"):
        compile(lambda x: ag.sqrt(W * x) + ag.sqrt(x + 4), target="numpy")([0.0, 0.0])


def test_nothing_could_be_checked() -> None:
    program = compile(lambda x: ag.exp(W * x), target="numpy")
    assert program([1000.0]).tolist() == [math.inf]
    assert program.note == "not checked against the scalar graph: no sample has a finite value"
    assert program([1.0]).tolist() == [pytest.approx(math.exp(2))] and not program.note
    draw = random.Random(1)
    late = compile(lambda x: ag.exp(W * x * draw.random()), target="numpy")
    late([10000.0])
    with pytest.raises(ValueError, match="does not compute the same thing twice"):
        late([1.0])


# ---------------------------------------------------------------------- the parameters' numbers


@pytest.mark.parametrize("number", [0.0, 1e-9])
def test_weights_of_0_hide_nothing(monkeypatch: pytest.MonkeyPatch, number: float) -> None:
    """At 0, sin has the value and the slope of tanh."""
    monkeypatch.setattr(ag.engine.primitives.tanh, "numpy", "sin")
    w = Value(number, "w")
    with pytest.raises(RuntimeError, match="disagrees with the scalar graph: "):
        compile(lambda x: ag.tanh(w * x), target="numpy")([1.0, 2.0])
    graph = ag.tanh(w * 1.0)
    with pytest.raises(RuntimeError, match="disagrees with the scalar graph: "):
        compile(graph, target="numpy")
    assert w.data == number and graph.data == pytest.approx(number)


@pytest.mark.parametrize("fails", [False, True])
def test_the_values_are_never_moved(monkeypatch: pytest.MonkeyPatch, fails: bool) -> None:
    """Another thread may read them meanwhile, and an interrupt may come at any time."""
    w = Value(0.5, "w")
    old = check.propagate
    seen = []

    def watched(*arguments: Any, **options: Any) -> Any:
        seen.append(w.data)
        if fails and len(seen) == 2:
            raise KeyboardInterrupt
        return old(*arguments, **options)

    monkeypatch.setattr(check, "propagate", watched)
    before = w.computed
    y = ag.exp(w * w)
    for f, options in ((lambda x: ag.exp(w * x), {"shapes": [()]}), (y, {})):
        seen.clear()
        with pytest.raises(KeyboardInterrupt) if fails else nullcontext():
            compile(f, **options)  # type: ignore[arg-type]
        assert set(seen) == {0.5} and len(seen) > 1 and (w.data, w.computed) == (0.5, before)
    assert y.data == math.exp(0.25)
    y.backward()  # and it is not stale


def test_what_was_refused_or_interrupted_is_not_run_unchecked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    draw = random.Random(1)
    program = compile(lambda x: W * x * draw.random())
    for _ in range(3):
        with pytest.raises(ValueError, match="does not compute the same thing twice"):
            program([1.0])
    monkeypatch.setattr(ag.engine.primitives.tanh, "numpy", "sin")
    wrong = compile(lambda x: ag.tanh(W * x), target="numpy")
    for _ in range(3):
        with pytest.raises(RuntimeError, match="disagrees"):
            wrong([1.0])


@pytest.mark.parametrize("target", ["numpy", "python"])
def test_a_check_that_comes_after_the_first_steps(target: str) -> None:
    """No invented sample is positive throughout, so the first data are waited for."""
    w, b = Value(0.5, "w"), Value(0.25, "b")

    def f(x: list[Any], y: Any) -> Any:
        return (ag.sum([w * ag.log(xi) for xi in x]) + b - y) ** 2

    program = compile(f, shapes=[(3,), ()], target=target)
    xs, ys = [[1.0, 2.0, 3.0], [2.0, 0.5, 0.25]], [1.0, 2.0]
    program.theta -= 0.125
    value, gradient = program.value_and_grad(xs, ys)
    assert not program.note and w.data == 0.5
    program.store()
    mean = ag.sum([f([Value(xi) for xi in x], y) for x, y in zip(xs, ys, strict=True)]) / 2
    assert value == pytest.approx(mean.data, rel=1e-14)
    assert gradient.tolist() == pytest.approx(ag.gradients(mean, program.parameters), rel=1e-12)
    late = compile(f, shapes=[(3,), ()], target=target)
    w.data = 4.0  # edited, and read again
    late.load()
    assert late(xs, ys).tolist() == pytest.approx([f(xs[0], 1.0).data, f(xs[1], 2.0).data])


# ---------------------------------------------------------------------- what is no mistake


def test_a_rounding_that_decides_is_a_kink() -> None:
    """0.9·0.5 - 0.14 - 0.08 + ... is 0; what is left of it by rounding depends on the order."""
    at = [
        ([0.6, -0.6, 0.3], [-0.5, -0.8, -0.5], -0.03),
        ([-0.7, 0.7, -0.8, 0.2, 0.5, 0.7, -0.6], [0.5, 0.0, 0.3, 0.4, 0.5, -0.5, -0.8], 0.13),
        ([0.9, 0.7, -0.8, -0.2, 0.0, -0.3], [-0.5, 0.2, -0.1, 0.5, -0.9, 0.7], 0.54),
    ]
    for numbers, x, number in at:
        w, v = ([Value(n + more) for n in numbers] for more in (0.0, 0.05))
        b = Value(number)

        def f(x: Any, w: Any = w, v: Any = v, b: Any = b) -> Any:
            w, v = (sum((p * xi for p, xi in zip(ps, x, strict=True)), b) for ps in (w, v))
            return 3 * ag.relu(w) + ag.relu(v)

        program = compile(lambda x, f=f: f(x), target="numpy")
        program.value_and_grad([x])
        assert not program.note


def test_a_wrong_kink_is_found() -> None:
    """Beside it the program is as wrong."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ag.engine.primitives.abs, "numpy", "negative")
        with pytest.raises(RuntimeError, match="disagrees"):
            compile(lambda x: abs(W * x), target="numpy")([0.0, 0.0, 1.0])


@pytest.mark.parametrize("target", ["numpy", None])
def test_a_wrong_gradient_of_the_engine_is_not_blamed_on_the_program(target: str | None) -> None:
    """Softmax by exp and /, at logits of 400: on the way back e⁴⁰⁰·e⁻⁴⁰⁰ comes as e⁴⁰⁰·0."""
    a, b = Value(0.0, "a"), Value(0.0, "b")

    def f(x: Any, y: Any) -> Any:
        powers = [ag.exp(a + x[0]), ag.exp(b + x[1])]
        total = powers[0] + powers[1]
        return -ag.log(powers[0] / total * y + powers[1] / total * (1 - y))

    assert ag.gradients(f([400.0, 0.0], 0.0), [a, b]) == [0.0, -1.0]  # it should be [1, -1]
    program = compile(f, target=target)
    value, _ = program.value_and_grad([[400.0, 0.0]] * 40, [0.0] * 40)
    assert value == pytest.approx(400) and not program.note


@pytest.mark.parametrize("wrong", ["engine", "program"])
def test_who_is_wrong_is_told_by_the_values(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    w, v = Value(0.5, "w"), Value(0.75, "v")

    def f(x: Any) -> Any:
        return ag.exp(w * x) * ag.sin(v * x)

    def lost(run: Any) -> Any:
        def losing(*arguments: Any, **options: Any) -> Any:
            result = run(*arguments, **options)
            if isinstance(result, dict):
                return result | {node: 0.0 for node in result if node._label == "w"}
            result[1][program_order.index(w)] = 0.0
            return result

        return losing

    program_order = compile(f, shapes=[()], target="numpy").parameters
    place = (check, "propagate") if wrong == "engine" else (vectorised.Arrays, "value_and_grad")
    monkeypatch.setattr(*place, lost(getattr(*place)))
    if wrong == "program":
        with pytest.raises(RuntimeError, match="of the gradient is"):
            compile(f, shapes=[()], target="numpy")
    else:
        assert not compile(f, shapes=[()], target="numpy").note


def test_a_sample_in_company_is_compared_with_itself_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A large graph is walked back once, but a batch is no sample."""
    ws = [Value(math.sin(k)) for k in range(1000)]

    def f(x: Any) -> Any:
        return ag.tanh(sum(ag.tanh(w * x) for w in ws) / 100)

    assert not compile(f, target="numpy", shapes=[()]).note
    old = vectorised.Arrays.value_and_grad

    def wrong(self: Any, batch: Any, theta: Any) -> Any:
        value, gradient = old(self, batch, theta)
        return value, gradient * len(batch[0])

    monkeypatch.setattr(vectorised.Arrays, "value_and_grad", wrong)
    with pytest.raises(RuntimeError, match=r"disagrees .* of the gradient"):
        compile(f, target="numpy", shapes=[()])


def test_a_placeholder_that_was_kept() -> None:
    kept: list[Any] = []

    def f(x: Any) -> Any:
        kept.append(x)
        return W * kept[0]

    with pytest.raises(ValueError, match="does not compute the same thing twice"):
        compile(f, shapes=[()])
    with pytest.raises(TraceError, match="stood for an argument in another call"):
        compile(f, shapes=[()])


@pytest.mark.parametrize(("width", "walks"), [(10, 3), (1000, 1)])
def test_how_often_the_scalar_graph_is_walked_back(
    monkeypatch: pytest.MonkeyPatch, width: int, walks: int
) -> None:
    """It takes longer than all else about a check: that of a network is a third of its build."""
    old, calls = check.propagate, []

    def counted(*arguments: Any, **options: Any) -> Any:
        calls.append(arguments)
        return old(*arguments, **options)

    monkeypatch.setattr(check, "propagate", counted)
    ws = [Value(math.sin(k)) for k in range(width)]
    compile(lambda x: ag.tanh(sum(ag.tanh(w * x) for w in ws) / 100))([1.0, 2.0, 3.0, 4.0])
    assert len(calls) == walks
