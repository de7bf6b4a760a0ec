"""What a Program does for its user: shapes, parameters, errors, pickles."""

from __future__ import annotations

import cProfile
import math
import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize

import autograd as ag
from autograd import StaleGraphError, TraceError, Value, compile

from .examples import EXAMPLES, MLP, draw

W = Value(2.0, "w")
X = [[0.5, -1.0], [1.5, 2.0], [-0.25, 0.75]]
Y = [1.0, -1.0, 1.0]


def hinge() -> tuple[MLP, Any]:
    model = MLP([2, 4, 1], seed=2)
    return model, lambda x, y: ag.relu(1 - y * model(x)[0])


def eager_mean(loss: Any, xs: Any = X, ys: Any = Y) -> Value:
    return sum(loss(x, y) for x, y in zip(xs, ys, strict=True)) / len(ys)


def linear() -> tuple[Value, Value, Any]:
    w, b = Value(2.0, "w"), Value(1.0, "b")
    return w, b, lambda x, y: (w * x + b - y) ** 2


# ---------------------------------------------------------------------- calls


def test_traces_on_the_first_call_or_with_shapes() -> None:
    _, loss = hinge()
    late, early = compile(loss), compile(loss, shapes=[(2,), ()])
    assert repr(late) == "<Program, not traced yet>"
    with pytest.raises(RuntimeError, match="call it once, or give shapes="):
        _ = late.source
    assert late.value_and_grad(X, Y)[0] == early.value_and_grad(X, Y)[0]
    assert compile(loss, shapes=[2, ()], target="numpy").source.startswith("def value_and_grad")


def test_values_of_each_sample() -> None:
    _, loss = hinge()
    program = compile(loss)
    expected = [loss(x, y).data for x, y in zip(X, Y, strict=True)]
    assert program(X, Y).tolist() == pytest.approx(expected, rel=1e-12)
    assert program(np.zeros((0, 2)), []).shape == (0,)


@pytest.mark.parametrize("target", ["numpy", "python"])
def test_several_outputs(target: str) -> None:
    model, _ = hinge()
    w = Value(3.0)
    scores = compile(lambda x: [*model(x), w * x[0], 5.0], target=target)
    result = scores(X)
    assert result.shape == (3, 3) and result[:, 2].tolist() == [5.0] * 3
    assert result[:, 1].tolist() == [1.5, 4.5, -0.75]
    with pytest.raises(TypeError, match="several outputs"):
        scores.value_and_grad(X)
    assert "def values" in scores.source


def test_sum_and_mean() -> None:
    _, loss = hinge()
    mean, total = compile(loss), compile(loss, reduction="sum")
    value, gradient = mean.value_and_grad(X, Y)
    assert total.value_and_grad(X, Y)[0] == pytest.approx(3 * value, rel=1e-14)
    assert total.value_and_grad(X, Y)[1] == pytest.approx(3 * gradient, rel=1e-12)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("target", ["numpy", "python"])
def test_a_penalty_counts_once_a_sample(reduction: str, target: str) -> None:
    w = Value(3.0)
    program = compile(lambda x: w * x + w * w, reduction=reduction, target=target)
    value, gradient = program.value_and_grad([1.0, 2.0])
    share = 2 if reduction == "mean" else 1
    assert value == (3 + 9 + 6 + 9) / share
    assert gradient.tolist() == [(1 + 2 + 2 * 6) / share]


def test_a_number_is_held_fixed() -> None:
    w = Value(2.0)
    program = compile(lambda x, rate: w * x * rate)
    assert program.value_and_grad([1.0, 3.0], 0.5)[0] == 2.0
    with pytest.raises(ValueError, match=r"rate was held fixed at 0\.5 .* is 0\.25 now"):
        program.value_and_grad([1.0], 0.25)


def test_nan_held_fixed_and_an_array_in_its_place() -> None:
    w = Value(2.0)
    program = compile(lambda x, k: w * x + (0.0 if k != k else k))
    assert program([1.0], math.nan).tolist() == program([1.0], math.nan).tolist() == [2.0]
    with pytest.raises(ValueError, match=r"k was held fixed at nan .* is 1.0 now"):
        program([1.0], 1.0)
    with pytest.raises(ValueError, match=r"k was held fixed at nan .* is array\(\[1., 2.\]\) now"):
        program([1.0, 2.0], np.array([1.0, 2.0]))


def test_masked_arrays() -> None:
    w = Value(2.0)
    masked = np.ma.masked_array([1.0, 2.0], [True, False])
    with pytest.raises(TypeError, match="x is a masked array, whose mask a program would not see"):
        compile(lambda x: w * x)(masked)


@pytest.mark.parametrize("target", ["numpy", "python"])
def test_a_number_held_fixed_may_come_first(target: str) -> None:
    w = Value(2.0, "w")
    program = compile(lambda k, x: (w * x + k) ** 2, target=target)
    value, gradient = program.value_and_grad(3.0, [1.0, 2.0])
    assert (value, gradient.tolist()) == (37.0, [19.0])
    with pytest.raises(ValueError, match=r"k was held fixed at 3.0 .* is 4.0 now"):
        program(4.0, [1.0])


@pytest.mark.parametrize("options", [{"target": "numpy"}, {"target": "python"}, {"batch_size": 5}])
def test_rows_that_are_arrays(options: dict[str, Any]) -> None:
    _, loss = hinge()
    rows = [np.array(row) for row in X]
    if "batch_size" in options:
        rows += rows[:2]
    ys = (Y + Y)[: len(rows)]
    value, _ = compile(loss, **options).value_and_grad(rows, ys)
    assert value == compile(loss, **options).value_and_grad(np.array(rows), ys)[0]


@pytest.mark.parametrize("options", [{"target": "numpy"}, {"target": "python"}, {"batch_size": 5}])
def test_samples_of_several_axes(options: dict[str, Any]) -> None:
    example = EXAMPLES["convolution_2d"]()
    images, classes = draw(example, 5)
    program = compile(example.loss, **options)
    value, _ = program.value_and_grad(np.array(images), classes)
    expected = [example.loss(image, k).data for image, k in zip(images, classes, strict=True)]
    assert value == pytest.approx(sum(expected) / 5, rel=1e-12)


def test_a_value_made_inside_is_a_number() -> None:
    w = Value(2.0)
    program = compile(lambda x: w * x + Value(10.0))
    assert program.value_and_grad([1.0])[0] == 12.0 and program.parameters == [w]


def test_float32_is_kept_however_narrow_the_graph() -> None:
    w = Value(2.0)
    program = compile(lambda x: w * x, dtype="float32")
    assert program([1.0]).dtype == program.value_and_grad([1.0])[1].dtype == np.float32


def test_float32() -> None:
    example = EXAMPLES["cross_entropy"]()
    program = compile(example.loss, shapes=example.shapes, dtype="float32", target="numpy")
    exact = compile(example.loss, shapes=example.shapes)
    batch = draw(example, 30)
    value, gradient = program.value_and_grad(*batch)
    assert program.theta.dtype == gradient.dtype == program(*batch).dtype == np.float32
    assert not program.note
    true_value, true_gradient = exact.value_and_grad(*batch)
    assert value == pytest.approx(true_value, rel=1e-5)
    assert gradient == pytest.approx(true_gradient, abs=1e-5)


@pytest.mark.parametrize("name", ["convolution_1d", "convolution_2d", "lstm_cell", "tied"])
def test_float32_stays_float32(name: str) -> None:
    example = EXAMPLES[name]()
    program = compile(example.loss, shapes=example.shapes, dtype="float32", target="numpy")
    value, gradient = program.value_and_grad(*draw(example, 4))
    assert gradient.dtype == np.float32 and math.isfinite(value) and not program.note


def test_gradients_are_the_callers_own() -> None:
    """The arrays that a program works in are used again, what it hands out is not."""
    _, loss = hinge()
    program, plain = (compile(loss, batch_size=n, target="numpy") for n in (3, None))
    first = program.value_and_grad(X, Y)[1]
    kept = first.copy()
    theta = program.theta * 2
    for own in (None, theta, None):
        assert program.value_and_grad(X, Y, theta=own)[1] is not first
        assert first.tolist() == kept.tolist()
        a, b = (each.value_and_grad(X, Y, theta=own) for each in (program, plain))
        assert a[0] == b[0] and a[1].tolist() == b[1].tolist()
    assert program.source == plain.source
    with pytest.raises(ValueError, match="x has 2 samples where batch_size=3"):
        program.value_and_grad(X[:2], Y[:2])


def test_batches_of_many_sizes() -> None:
    """A few workspaces are kept, of the sizes met lately; each thread has its own."""
    _, loss = hinge()
    program = compile(loss, target="numpy")
    expected = [program.value_and_grad(X[:n], Y[:n]) for n in (1, 2, 3)]
    repeated = [np.repeat(np.asarray(each, float), 5, axis=0) for each in (X, Y)]
    for n in (1, 2, 3, 7, 9, 11, 13, 1, 2, 3):
        value, gradient = program.value_and_grad(*(each[:n] for each in repeated))
        again = compile(loss, target="numpy").value_and_grad(*(each[:n] for each in repeated))
        assert value == again[0] and gradient.tolist() == again[1].tolist()
    run: Any = program._built
    assert len(run.idle) <= 4 and all(len(idle) <= 1 for idle in run.idle.values())
    for n, (value, gradient) in enumerate(expected, 1):
        again = program.value_and_grad(X[:n], Y[:n])
        assert value == again[0] and gradient.tolist() == again[1].tolist()


# ---------------------------------------------------------------------- parameters


def test_descent_on_theta_and_store() -> None:
    w, b, loss = linear()
    program = compile(loss)
    for _ in range(3000):
        _, gradient = program.value_and_grad([1.0, 2.0, 3.0], [3.0, 5.0, 7.0])  # L13
        program.theta -= 0.1 * gradient
    assert w.data == 2.0
    program.store()
    assert (w.data, b.data) == (pytest.approx(2.0), pytest.approx(1.0))


def test_backward_sets_gradients_for_eager_optimizers() -> None:
    model, loss = hinge()
    program = compile(loss)
    assert program.backward(X, Y) == pytest.approx(eager_mean(loss).data)
    got = {p: p.grad for p in model.parameters()}
    for p in model.parameters():
        p.grad = None
    eager_mean(loss).backward()
    assert {p: pytest.approx(p.grad) for p in got} == got
    before = model.parameters()[0].grad
    program.backward(X, Y)
    assert model.parameters()[0].grad == pytest.approx(2 * before)  # leaves accumulate
    model.parameters()[0].data += 1  # an optimizer's step: backward reads it
    assert program.backward(X, Y) == pytest.approx(eager_mean(loss).data)


def test_edited_parameter_is_an_error_until_load() -> None:
    w, _, loss = linear()
    program = compile(loss)
    program.value_and_grad([1.0], [2.0])
    w.data = 5.0
    with pytest.raises(StaleGraphError, match=r"'w' was edited .* call load\(\)"):
        program.value_and_grad([1.0], [2.0])
    program.load()
    assert program.value_and_grad([1.0], [2.0])[0] == 16.0
    Value(1.0).data = 3.0  # someone else's leaf
    assert program.value_and_grad([1.0], [2.0])[0] == 16.0


def test_store_makes_eager_graphs_stale() -> None:
    w, _, loss = linear()
    y = w * w
    program = compile(loss, shapes=[(), ()])
    program.theta += 1.0
    program.store()
    with pytest.raises(StaleGraphError):
        y.backward()
    assert w.data == 3.0


def test_undeclared_leaf() -> None:
    w, b, loss = linear()
    with pytest.raises(
        ValueError, match="'b' is used by the function but is not among parameters="
    ):
        compile(loss, shapes=[(), ()], parameters=[w])
    assert set(compile(loss, shapes=[(), ()], parameters=[w, b]).parameters) == {w, b}
    with pytest.raises(TypeError, match="parameters must be leaves"):
        compile(loss, parameters=[w + b])


def test_existing_graph() -> None:
    w, x = Value(3.0, "w"), Value(2.0, "x")
    y = (w * x - 1) ** 2
    value, gradient = compile(y).value_and_grad()
    assert value == 25.0 and sorted(gradient.tolist()) == [20.0, 30.0]
    program = compile(y, parameters=[w])
    assert program() == 25.0 and program.value_and_grad()[1].tolist() == [20.0]
    x.data = 4.0
    with pytest.raises(StaleGraphError, match="'x' was edited, but it is data"):
        program.value_and_grad()


@pytest.mark.parametrize("between", ["load", "store"])
def test_edited_data_is_found_after_load_and_store(between: str) -> None:
    w, d = Value(2.0, "w"), Value(3.0, "d")
    program = compile((w * d - 1) ** 2, parameters=[w])
    d.data = 5.0
    getattr(program, between)()
    for _ in range(2):
        with pytest.raises(StaleGraphError, match="'d' was edited, but it is data"):
            program.value_and_grad()
    d.data = 3.0
    assert program.value_and_grad()[0] == 25.0


def test_existing_graph_whose_branch_changes() -> None:
    w = Value(2.0)
    y = ag.where(w, lambda: w * w, lambda: -w)
    for target in ("numpy", "python"):
        program = compile(y, target=target)
        assert program.value_and_grad()[0] == 4.0
        with pytest.raises((FloatingPointError, ValueError)):
            program.value_and_grad(theta=[0.0])


def test_theta_of_the_wrong_length() -> None:
    program = compile(linear()[2])
    program.value_and_grad([1.0], [2.0])
    with pytest.raises(ValueError, match="theta must have"):
        program.value_and_grad([1.0], [2.0], theta=[1.0, 2.0, 3.0])


def test_scipy() -> None:
    w, b, loss = linear()
    program = compile(loss, shapes=[(), ()])
    result = minimize(
        program.objective([2.0, 4.0, 6.0], [0.0, 1.0, 2.0]),
        program.theta,
        jac=True,  # L13
    )
    program.theta = result.x
    program.store()
    assert (w.data, b.data) == (pytest.approx(0.5, abs=1e-4), pytest.approx(-1.0, abs=1e-4))


@pytest.mark.parametrize("options", [{"target": "numpy"}, {"target": "python"}, {"batch_size": 3}])
def test_pickle(options: dict[str, Any]) -> None:
    _, loss = hinge()
    program = compile(loss, **options)
    value, gradient = program.value_and_grad(X, Y)
    copy = pickle.loads(pickle.dumps(program))
    again, same = copy.value_and_grad(X, Y)
    assert (again, same.tolist()) == (value, gradient.tolist())
    copy.theta += 1
    copy.store()
    assert copy.parameters[0].data == pytest.approx(program.theta[0] + 1)
    copy.load()


GATES = [op for op in ag.engine.gate.registry.values() if op.arity in (1, 2)]


@pytest.mark.parametrize("target", ["numpy", "python"])
@pytest.mark.parametrize("gate", GATES, ids=lambda op: op.name)
def test_pickle_every_gate(gate: Any, target: str) -> None:
    w = Value(0.3)

    def f(x: Any) -> Any:
        operands = [0.5 + 0.1 * w * x, 0.25 + 0.1 * w][: gate.arity]
        return gate(*operands) if gate.name != "acosh" else gate(operands[0] + 1)

    program = compile(f, shapes=[()], target=target)
    value, gradient = program.value_and_grad([0.2, 0.7])
    expected = ag.gradients((f(0.2) + f(0.7)) / 2, [w])
    assert gradient.tolist() == pytest.approx(expected, rel=1e-12)
    again, same = pickle.loads(pickle.dumps(program)).value_and_grad([0.2, 0.7])
    assert (again, same.tolist()) == (value, gradient.tolist())


# ---------------------------------------------------------------------- what it refuses


@pytest.mark.parametrize(
    "look",
    [
        lambda x: x if x > 0 else -x,
        lambda x: x if x == 1 else -x,
        lambda x: x if x * 2 else -x,
        lambda x: max(x, 0 * x),
        lambda x: [1, 2][x] * x,
        lambda x: int(x) * x,
        lambda x: float(x) * x,
        lambda x: x * (x in [1.0]),
        lambda x: sorted([x, -x])[0],
    ],
)
def test_looking_at_a_number(look: Any) -> None:
    w = Value(1.0)
    with pytest.raises(TraceError, match=r"where\(step\(x - y\), a, b\)"):
        compile(lambda x: look(w * x), shapes=[()])
    with pytest.raises(TraceError):
        compile(look, shapes=[()])


def test_looking_at_a_parameter() -> None:
    w = Value(1.0)
    with pytest.raises(TraceError):
        compile(lambda x: w * x if w > 0 else x, shapes=[()])
    assert w > 0  # and afterwards it may be looked at again


def test_wrong_shapes() -> None:
    _, loss = hinge()
    program = compile(loss, shapes=[(2,), ()])
    with pytest.raises(ValueError, match=r"x must have the shape \(B, 2\).* got \(1, 3\)"):
        program.value_and_grad([[1.0, 2.0, 3.0]], [1.0])
    with pytest.raises(ValueError, match="y has 3 samples where others have 2"):
        program.value_and_grad(X[:2], Y)
    with pytest.raises(TypeError, match=r"takes 2 arguments \(x, y\), got 1"):
        program.value_and_grad(X)
    with pytest.raises(TypeError, match="x must hold real numbers"):
        program.value_and_grad([["a", "b"]], [1.0])


def test_empty_batch() -> None:
    _, loss = hinge()
    none = np.zeros((0, 2)), np.zeros(0)
    with pytest.raises(ValueError, match="empty batch"):
        compile(loss).value_and_grad(*none)
    for target in ("numpy", "python"):
        value, gradient = compile(loss, reduction="sum", target=target).value_and_grad(*none)
        assert value == 0.0 and not gradient.any()


def test_non_finite_loss_names_its_line() -> None:
    w = Value(1.0)
    program = compile(lambda x: ag.exp(w * x) - 1, target="numpy")
    program.value_and_grad([1.0])
    with pytest.raises(FloatingPointError, match=r"(?s)the loss is inf.*np\.exp"):
        program.value_and_grad([1.0, 1000.0])
    with pytest.raises(FloatingPointError, match="because X holds nan"):
        program.value_and_grad([1.0, math.nan])
    straight = compile(lambda x: ag.exp(w * x), target="python")
    with pytest.raises(FloatingPointError, match="the loss is inf"):
        straight.value_and_grad([1000.0])


@pytest.mark.parametrize("classes", [[3, 0], [0, -1], [0.5, 1], [7, 7]])
def test_class_out_of_range(classes: list[float]) -> None:
    example = EXAMPLES["cross_entropy"]()
    program = compile(example.loss, target="numpy")
    with pytest.raises(ValueError, match="a class index must be an integer from 0 to 2"):
        program.value_and_grad([[1.0] * 4] * 4, [*classes[::-1], *classes])
    program.value_and_grad([[1.0] * 4] * 2, [0, 2])
    with pytest.raises(FloatingPointError, match="Y holds no class in sample"):
        program.value_and_grad([[1.0] * 4] * 2, classes)


def test_randomness_inside_is_found() -> None:
    import random

    rng = random.Random(0)
    w = Value(1.0)
    program = compile(lambda x: w * x * rng.choice([0.0, 2.0]) + w * rng.random())
    with pytest.raises(ValueError, match="must come in as an argument"):
        program.value_and_grad([1.0, 2.0])


def test_bad_options() -> None:
    loss = linear()[2]
    for options in (
        {"reduction": "max"},
        {"dtype": "int8"},
        {"target": "fortran"},
        {"batch_size": 0},
    ):
        with pytest.raises(ValueError, match=next(iter(options))):
            compile(loss, **options)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="takes a function of Values, or one Value"):
        compile(3)
    with pytest.raises(TypeError, match="differ in shape"):
        compile(lambda x: [[x], x], shapes=[()])


# ---------------------------------------------------------------------- meaning


def test_a_branch_not_chosen_leaks_nothing() -> None:
    w = Value(1.0)

    def loss(x: Any) -> Any:
        return ag.where(ag.step(x), lambda: ag.sqrt(w * x) * ag.log(w * x), lambda: w * x)

    batch = [4.0, -1.0, 0.0]
    for target in ("numpy", "python"):
        program = compile(loss, target=target)
        value, gradient = program.value_and_grad(batch)
        assert value == pytest.approx((2 * math.log(4) - 1) / 3)
        assert gradient.tolist() == [pytest.approx((math.log(4) + 2 - 1) / 3)]
        assert not program.note or target == "python"


def test_nan_is_no_condition() -> None:
    w = Value(1.0)
    program = compile(lambda x: ag.where(ag.step(x), w, 2 * w), target="numpy")
    assert program.value_and_grad([1.0, -1.0])[0] == 1.5
    with pytest.raises(ValueError, match="x holds NaN, and the function chooses"):
        program.value_and_grad([1.0, math.nan])


def test_kinks_follow_the_table() -> None:
    a, b = Value(1.0), Value(1.0)
    program = compile(
        lambda x: ag.maximum(a * x, b * x) + ag.relu(a * x - x) + abs(b - x), target="numpy"
    )
    _, gradient = program.value_and_grad([1.0])
    assert dict(zip(program.parameters, gradient, strict=True)) == {a: 0.5, b: 0.5}


def test_user_defined_gates() -> None:
    cube = ag.primitive("cube_of", lambda x: x * x * x, [lambda x, out: 3 * x * x])
    sign = ag.primitive(
        "branchy", lambda x: x if x > 0 else -x, [lambda x, out: 1.0 if x > 0 else -1.0]
    )
    w = Value(2.0)
    program = compile(lambda x: cube(w * x), target="numpy")
    assert program.value_and_grad([1.0, 2.0])[1].tolist() == [(12 + 96) / 2]
    stated = compile(lambda x: sign(w * x))
    assert stated.value_and_grad([-1.0] * 99)[1].tolist() == [pytest.approx(-1.0 * -1.0)]
    assert "straight line" in stated.explain()


def test_chooses_the_straight_line_for_narrow_graphs() -> None:
    w = Value(0.5)

    def recurrence(x: Any) -> Any:
        h = x
        for _ in range(50):
            h = ag.tanh(w * h + x)
        return h

    assert compile(recurrence, batch_size=1).value_and_grad([0.5]) is not None
    narrow = compile(recurrence)
    narrow.value_and_grad([0.5])
    assert narrow.target == "python" and "narrow" in narrow.explain()
    wide = compile(recurrence)
    wide.value_and_grad([0.5] * 100)
    assert wide.target == "numpy"


def test_a_long_straight_line_is_cut_into_parts() -> None:
    w = Value(0.5)

    def recurrence(x: Any) -> Any:
        h = x
        for _ in range(6000):
            h = ag.tanh(w * h + x)
        return h

    program = compile(recurrence, target="python", shapes=[()])
    y = recurrence(Value(0.3))
    y.backward()
    value, gradient = program.value_and_grad([0.3])
    assert value == y.data and gradient.tolist() == [pytest.approx(w.grad, rel=1e-12)]


def test_deep_graphs_need_no_recursion() -> None:
    w = Value(0.001)

    def chain(x: Any) -> Any:
        for _ in range(3000):
            x = ag.relu(x + w) - w
        return x

    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(200)
    try:
        program = compile(chain, shapes=[()], target="numpy")
    finally:
        sys.setrecursionlimit(limit)
    assert not program.note


@pytest.mark.parametrize("target", ["numpy", "python"])
def test_building_is_linear(target: str) -> None:
    """Counted in calls, which are the same on every machine."""
    w, b = Value(0.5), Value(0.1)

    def calls(steps: int) -> int:
        def chain(x: Any) -> Any:
            for _ in range(steps):
                x = ag.tanh(w * x + b)
            return x

        profile = cProfile.Profile()
        profile.runcall(compile, chain, shapes=[()], target=target)
        return sum(entry.callcount for entry in profile.getstats())

    calls(10)  # what is made once
    assert calls(400) < 4.5 * calls(100)


def test_explain_says_what_became_what() -> None:
    _, loss = hinge()
    program = compile(loss, shapes=[(2,), ()], target="numpy")
    text = program.explain()
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert lines[0] == "52 scalar nodes, 17 parameters: 5 arrays"
    assert lines[1] == "Z1 = X @ W1.T + b1 # 4 weighted sums (4 for each sample)"
    assert lines[2] == "A1 = np.maximum(Z1, 0) # 4 relu (4 for each sample)"
    assert lines[4] == "(inside another line) # 1 weighted sum (1 for each sample)"


def test_tracebacks_show_the_line() -> None:
    import linecache

    program = compile(hinge()[1], shapes=[(2,), ()], target="numpy")
    name = program._built.function("value_and_grad").__code__.co_filename
    assert linecache.getline(name, 1) == "def value_and_grad(theta, X, Y, g):\n"


def test_import_does_not_load_numpy() -> None:
    check = "import sys, autograd; autograd.compile; assert 'numpy' not in sys.modules"
    subprocess.run([sys.executable, "-c", check], check=True)


def test_straight_line_needs_no_numpy() -> None:
    script = (
        "import sys; sys.modules['numpy'] = None\n"
        "from autograd import Value, compile, tanh\n"
        "w = Value(2.0)\n"
        "p = compile(lambda x, y: (tanh(w * x[0]) + x[1] - y) ** 2)\n"
        "v, g = p.value_and_grad([[0.0, 1.0], [0.0, 3.0]], [0.0, 1.0])\n"
        "assert v == 2.5 and g == [0.0], (v, g)\n"
        "assert p([[0.0, 1.0]], [0.0]) == [1.0]\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: ag.sqrt(ag.relu(W * x)), -1.0),
        (lambda x: ag.relu(ag.sqrt(W * x)), 0.0),
        (lambda x: ag.maximum(ag.sqrt(W * x), 1.0), 0.0),
        (lambda x: ag.sqrt(ag.maximum(W * x, 0.0, x - 1.0)), -1.0),
        (lambda x: ag.cbrt(ag.leaky_relu(W * x, 0.0)), -1.0),
        (lambda x: ag.sqrt(ag.minimum(ag.floor(W * x), 0.0)), 0.5),
    ],
)
def test_nothing_times_infinity_is_nothing(f: Any, x: float) -> None:
    """Where a partial is None nothing flows, however steep what comes after or before is."""
    W.zero_grad()
    f(Value(x)).backward()
    program = compile(f, shapes=[()], target="numpy")
    assert program.value_and_grad([x])[1].tolist() == [W.grad or 0.0]
    assert program.value_and_grad([x, 4.0])[1].tolist() == [program.value_and_grad([4.0])[1][0] / 2]


def test_a_network_without_steep_slopes_multiplies_by_its_masks() -> None:
    _, loss = hinge()
    assert "np.where" not in compile(loss, shapes=[(2,), ()], target="numpy").source
