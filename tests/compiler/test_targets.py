"""The two targets give the same, and say the same where they can't."""

from __future__ import annotations

import math
import pickle
import threading
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Value, compile

TARGETS = ["numpy", "python"]
W = Value(2.0, "w")


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    ("f", "shape"),
    [(lambda x: W * x, (0,)), (lambda x: [W * x, x, 1.0], (0, 3)), (lambda x: 3.0, (0,))],
)
def test_no_samples_have_the_shape_of_many(target: str, f: Any, shape: tuple[int, ...]) -> None:
    program = compile(f, shapes=[()], target=target)
    assert program([]).shape == shape
    assert program([1.0, 2.0]).shape == (2, *shape[1:])


@pytest.mark.parametrize("target", TARGETS)
def test_no_samples_have_the_sum_0(target: str) -> None:
    program = compile(lambda x: W * x, reduction="sum", target=target)
    value, gradient = program.value_and_grad([])  # even in the first call
    assert (value, gradient.tolist()) == (0.0, [0.0])


@pytest.mark.parametrize("target", TARGETS)
def test_results_that_depend_on_nothing(target: str) -> None:
    constant = compile(lambda x: 3.0, target=target)
    assert constant([1.0, 2.0]).tolist() == [3.0, 3.0]
    value, gradient = constant.value_and_grad([1.0, 2.0])
    assert (value, gradient.tolist()) == (3.0, [])
    parameter = compile(lambda x: W, target=target)
    assert parameter([1.0, 2.0]).tolist() == [2.0, 2.0]
    value, gradient = parameter.value_and_grad([1.0, 2.0])
    assert (value, gradient.tolist()) == (2.0, [1.0])
    numbers = compile(lambda x: [1, 2.5], target=target)
    assert numbers([0.0, 0.0]).tolist() == [[1.0, 2.5], [1.0, 2.5]]


@pytest.mark.parametrize("target", TARGETS)
def test_setting_theta(target: str) -> None:
    program = compile(lambda x: (W * x) ** 2, shapes=[()], target=target)
    own = program.theta
    program.theta = [5]
    assert own.tolist() == [5.0] and program([1.0]).tolist() == [25.0]
    with pytest.raises(ValueError, match=r"theta must have the shape \(1,\), got \(2,\)"):
        program.theta = [1.0, 2.0]
    assert own.tolist() == [5.0]


@pytest.mark.parametrize("target", TARGETS)
def test_a_loss_that_is_not_finite(target: str) -> None:
    program = compile(lambda x, y: ag.exp(W * x) * y, shapes=[(), ()], target=target)
    with pytest.raises(FloatingPointError, match=r"the loss is nan, because [xX] holds nan"):
        program.value_and_grad([0.0, math.nan], [1.0, 1.0])
    with pytest.raises(FloatingPointError, match="the loss is nan, because theta holds nan"):
        program.value_and_grad([0.0], [1.0], theta=[math.nan])
    with pytest.raises(FloatingPointError, match=r"(?s)the loss is inf; the first line .* = .*exp"):
        program.value_and_grad([0.0, 1000.0], [1.0, 1.0])
    assert program([0.0, math.nan], [1.0, 1.0]).tolist() == pytest.approx(
        [1, math.nan], nan_ok=True
    )


def test_the_straight_line_names_the_line_outside_its_domain() -> None:
    program = compile(lambda x: ag.log(W * x), shapes=[()], target="python")
    message = r"(?s)the logarithm needs a number above 0, in the line\n    v\d = log\(v\d\)"
    with pytest.raises(ValueError, match=message):
        program([1.0, -1.0])
    with pytest.raises(ValueError, match=message):
        program.value_and_grad([1.0, -1.0])
    graph = compile(1 / Value(2.0, "x"))
    with pytest.raises(ZeroDivisionError, match=r"in the line\n    v\d = .* / v\d"):
        graph.value_and_grad(theta=[0.0])
    with pytest.raises(ZeroDivisionError, match="in the line"):
        graph(theta=[0.0])


def test_numbers_too_large_for_float32() -> None:
    program = compile(lambda x: ag.exp(W * x), dtype="float32", target="numpy")
    with pytest.raises(FloatingPointError, match="the loss is inf; the first line"):
        program.value_and_grad([100.0])  # exp(200) is 7e86
    assert program.value_and_grad([1.0])[0] == pytest.approx(math.exp(2), rel=1e-6)
    narrow = compile(lambda x: ag.exp(W * x) / (1 + ag.exp(W * x)), dtype="float32", target="numpy")
    with pytest.raises(RuntimeError, match=r'does float32 suffice\? dtype="float64" is exact'):
        narrow.value_and_grad([100.0])


def test_samples_of_unlike_lengths() -> None:
    program = compile(lambda x: ag.dot(x, x) * W, shapes=[2])
    with pytest.raises(ValueError, match="x: the samples differ in length"):
        program([[1.0, 2.0], [1.0]])


def test_arguments_of_many_kinds() -> None:
    program = compile(lambda x: W * x, shapes=[()])
    for batch in ([1, 2], (1.0, 2.0), np.array([1, 2], dtype=np.uint8), [np.float32(1), 2]):
        assert program(batch).tolist() == [2.0, 4.0]
    assert program([True, False]).tolist() == [2.0, 0.0]
    for wrong in (["a"], [None], [1j], [Value(1.0)], None, (k for k in [1.0])):
        with pytest.raises(TypeError, match="x must hold real numbers"):
            program(wrong)


# ---------------------------------------------------------------------- the choice


def test_a_narrow_graph_runs_as_the_batch_asks() -> None:
    b = Value(1.0)

    def loss(x: Any, y: Any) -> Any:
        return (W * x + b - y) ** 2

    program, arrays = (compile(loss, shapes=[(), ()], target=t) for t in (None, "numpy"))
    assert program.target == "python" and "narrow, but for 3" in program.explain()
    x = np.linspace(-1, 1, 1000)
    large, small = (x, x * x), (x[:1], x[:1] * 3)
    for batch, target in ((small, "python"), (large, "numpy"), (small, "python")):
        (a, da), (e, de) = program.value_and_grad(*batch), arrays.value_and_grad(*batch)
        assert program.target == target and a == pytest.approx(e, rel=1e-13)
        assert da.tolist() == pytest.approx(de.tolist(), rel=1e-12)
        assert program(*batch).tolist() == pytest.approx(arrays(*batch).tolist(), rel=1e-13)
    program.theta -= 0.1 * program.value_and_grad(*large)[1]  # theta is one, whoever reads it
    first = program.value_and_grad(*small)
    copy = pickle.loads(pickle.dumps(program))
    assert copy.value_and_grad(*small)[0] == first[0] and copy.target == "python"
    copy.value_and_grad(*large)
    assert copy.target == "numpy"
    program.store()
    assert W.data == program.theta[program.parameters.index(W)]
    W.data = 2.0
    late = compile(loss)
    late.value_and_grad([1.0], [2.0])
    late.value_and_grad(*large)
    assert late.target == "numpy"


def test_arrays_that_are_wrong_are_not_chosen_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ag.engine.primitives.tanh, "numpy", "sin")
    program = compile(lambda x: ag.tanh(W * x), shapes=[()])
    assert "the array program was wrong" in program.note
    assert program([0.5] * 100)[99] == pytest.approx(math.tanh(1)) and program.target == "python"


@pytest.mark.parametrize("options", [{"target": "numpy"}, {"dtype": "float32"}])
def test_what_was_asked_for_is_not_replaced(options: dict[str, Any]) -> None:
    """A gate whose slope needs an `if` has no array program."""
    gate = ag.primitive("only_numbers", lambda x: abs(x), [lambda x, out: 1.0 if x > 0 else -1.0])
    with pytest.raises(ValueError, match=r"no array program was found .* straight line"):
        compile(lambda x: gate(W * x), shapes=[()], **options)
    assert "no array program was found" in compile(lambda x: gate(W * x), shapes=[()]).note


# ---------------------------------------------------------------------- memory


@pytest.mark.parametrize("target", TARGETS)
def test_results_share_no_memory(target: str) -> None:
    for f, x in ((lambda x: x, np.arange(6.0)), (lambda x: [x[0], x[1]], np.ones((3, 2)))):
        program, before = compile(f, target=target), x.copy()
        program(x)[:] = -1
        assert (x == before).all()
    v = Value(3.0)
    parameters, numbers = (compile(lambda f=f: f, target=target) for f in ([W, v], [1.0, 2.0]))
    for program in (parameters, numbers):
        first = list(program())
        program()[:] = [-1.0, -1.0]
        assert list(program()) == first
    assert parameters.theta.tolist() == [2.0, 3.0]


def test_threads_share_a_program_with_buffers() -> None:
    source = np.random.default_rng(0)
    weights = [[Value(w) for w in row] for row in source.normal(size=(16, 8)).tolist()]
    program = compile(
        lambda x: ag.sum([ag.tanh(ag.dot(w, x)) ** 2 for w in weights]),
        batch_size=64,
        target="numpy",
    )
    batches = [source.normal(size=(64, 8)) * k for k in range(1, 5)]
    expected = [program.value_and_grad(batch)[0] for batch in batches]
    wrong: list[float] = []

    def work(k: int) -> None:
        results = [program.value_and_grad(batches[k])[0] for _ in range(300)]
        wrong.extend(result for result in results if result != expected[k])

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
