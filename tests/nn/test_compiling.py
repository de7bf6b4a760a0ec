"""The compiled engine of fit: the eager engine's losses, at matrix speed."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from typing import Any

import pytest

import autograd as ag
import nn
from autograd import TraceError, Value

RNG = random.Random(3)
X = [[RNG.uniform(-1, 1) for _ in range(3)] for _ in range(24)]
CLASSES = [int(x[0] > x[1]) + int(x[2] > 0) for x in X]
TARGETS = [x[0] * x[1] - x[2] for x in X]

OPTIMIZERS: dict[str, Callable[[list[Value]], nn.Optimizer]] = {
    "SGD": lambda p: nn.SGD(p, lr=0.1),
    "momentum": lambda p: nn.SGD(p, lr=0.05, momentum=0.9, weight_decay=0.01),
    "Nesterov": lambda p: nn.SGD(p, lr=0.05, momentum=0.9, nesterov=True),
    "AdaGrad": lambda p: nn.AdaGrad(p, lr=0.1),
    "RMSProp": lambda p: nn.RMSProp(p, lr=0.01),
    "Adam": lambda p: nn.Adam(p, lr=0.01),
    "AdamW": lambda p: nn.AdamW(p, lr=0.01, weight_decay=0.1),
}


def both(loss: Any, ys: Any, make: Any = None, sizes: Any = (6, 3), **options: Any) -> list[Any]:
    """The same fit by both engines: (history, model, optimizer)."""
    runs = []
    for engine in ("eager", "compiled"):
        model = nn.MLP(3, list(sizes), activation="tanh", rng=1)
        optimizer = (make or OPTIMIZERS["SGD"])(model.parameters())
        history = nn.fit(
            model, loss, X, ys, optimizer=optimizer, engine=engine, progress=False, **options
        )
        runs.append((history, model, optimizer))
    return runs


def data(model: nn.Module) -> list[float]:
    return [parameter.data for parameter in model.parameters()]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_takes_the_same_steps(name: str) -> None:
    eager, compiled = both("cross_entropy", CLASSES, OPTIMIZERS[name], epochs=4, batch_size=7)
    assert compiled[0].loss == pytest.approx(eager[0].loss, rel=1e-9)
    assert data(compiled[1]) == pytest.approx(data(eager[1]), rel=1e-9)
    assert compiled[2].steps == eager[2].steps == 16
    for ours, theirs in zip(compiled[2].states, eager[2].states, strict=True):
        assert ours == pytest.approx(theirs, rel=1e-8, abs=1e-12)


def test_training_goes_on_where_it_stopped() -> None:
    runs = []
    for engines in (["eager", "eager"], ["compiled", "compiled"], ["eager", "compiled"]):
        model = nn.MLP(3, [4, 1], rng=1)
        optimizer = nn.Adam(model.parameters(), lr=0.01)
        for engine in engines:
            nn.fit(model, "squared_error", X, TARGETS, optimizer=optimizer, epochs=3, engine=engine)
        runs.append(data(model))
    assert runs[1] == pytest.approx(runs[0], rel=1e-9)
    assert runs[2] == pytest.approx(runs[0], rel=1e-9)


def test_penalty_clipping_validation_and_metrics() -> None:
    options = {"epochs": 6, "batch_size": 5, "l2": 0.01, "clip": 0.5, "metrics": "accuracy"}
    eager, compiled = both("cross_entropy", CLASSES, validation=0.25, patience=3, **options)
    assert compiled[0].loss == pytest.approx(eager[0].loss, rel=1e-9)
    assert compiled[0].validation_loss == pytest.approx(eager[0].validation_loss, rel=1e-9)
    assert compiled[0].metrics == {k: pytest.approx(v) for k, v in eager[0].metrics.items()}
    assert compiled[0].best_epoch == eager[0].best_epoch
    assert data(compiled[1]) == pytest.approx(data(eager[1]), rel=1e-9)


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "hinge", "logistic"])
def test_losses_of_one_output(loss: str) -> None:
    ys = TARGETS if loss.endswith("error") else [1 if y > 0 else 0 for y in TARGETS]
    ys = [2 * y - 1 for y in ys] if loss == "hinge" else ys
    eager, compiled = both(loss, ys, sizes=(4, 1), epochs=3, batch_size=8)
    assert compiled[0].loss == pytest.approx(eager[0].loss, rel=1e-9)


@pytest.mark.parametrize("loss", ["svm", "logarithmic", "probability_cross_entropy"])
def test_losses_that_pick_an_output_by_the_class(loss: str) -> None:
    runs = []
    for engine in ("eager", "compiled"):
        output = None if loss == "svm" else "softmax"
        model = nn.MLP(3, [4, 3], output_activation=output, rng=1)
        history = nn.fit(
            model, loss, X, CLASSES, epochs=4, batch_size=7, engine=engine, validation=0.25,
            metrics="accuracy",
        )  # fmt: skip
        runs.append((history, data(model)))
    (eager, weights), (compiled, same) = runs
    assert compiled.loss == pytest.approx(eager.loss, rel=1e-9)
    assert compiled.validation_loss == pytest.approx(eager.validation_loss, rel=1e-9)
    assert compiled.metrics == eager.metrics
    assert same == pytest.approx(weights, rel=1e-9)


def test_probabilities_as_targets() -> None:
    targets = [[0.2, 0.5, 0.3] if k == 1 else [float(j == k) for j in range(3)] for k in CLASSES]
    eager, compiled = both("cross_entropy", targets, epochs=3, batch_size=8)
    assert compiled[0].loss == pytest.approx(eager[0].loss, rel=1e-9)
    assert data(compiled[1]) == pytest.approx(data(eager[1]), rel=1e-9)


@pytest.mark.parametrize(
    ("ys", "message"),
    [
        ([3] * len(X), r"Y\[0\]: a class must be an integer from 0 to 2, got 3"),
        ([[0, 2, -1]] * len(X), r"Y\[0\]: a target probability must not be negative, got -1"),
    ],
)
def test_wrong_targets_do_not_reach_a_program(ys: list[Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        both("cross_entropy", ys, epochs=1)


def test_some_parameters_only() -> None:
    runs = []
    for engine in ("eager", "compiled"):
        model = nn.MLP(3, [4, 1], rng=1)
        last = nn.SGD(model.layers[1].parameters(), lr=0.1)
        nn.fit(model, "squared_error", X, TARGETS, optimizer=last, epochs=3, engine=engine)
        runs.append(data(model))
    assert runs[1] == pytest.approx(runs[0], rel=1e-9)
    assert runs[0][:16] == data(nn.MLP(3, [4, 1], rng=1))[:16]


def with_dropout() -> nn.Module:
    shared = nn.Dropout(0.3, rng=5)  # twice in the network
    return nn.Sequential(
        nn.Layer(3, 6, "tanh", rng=1), shared, nn.Layer(6, 5, "tanh", rng=2), shared,
        nn.Dropout(0.2, rng=6), nn.Layer(5, 3, rng=3),
    )  # fmt: skip


def test_dropout_draws_the_masks_that_eager_draws() -> None:
    runs = []
    for engine in ("eager", "compiled"):
        model = with_dropout()
        history = nn.fit(
            model, "cross_entropy", X, CLASSES, epochs=4, batch_size=7, validation=0.25,
            metrics="accuracy", optimizer=nn.Adam(model.parameters(), lr=0.05), engine=engine,
        )  # fmt: skip
        runs.append((history, data(model)))
    (eager, weights), (compiled, same) = runs
    assert compiled.loss == pytest.approx(eager.loss, rel=1e-9)
    assert compiled.validation_loss == pytest.approx(eager.validation_loss, rel=1e-9)
    assert compiled.metrics == {k: pytest.approx(v) for k, v in eager.metrics.items()}
    assert same == pytest.approx(weights, rel=1e-9)
    assert len(set(compiled.loss)) == 4


def test_dropout_is_a_fresh_mask_for_every_sample() -> None:
    model = nn.Sequential(nn.Layer(1, 1, init=lambda *_: 1.0), nn.Dropout(0.5, rng=2))
    seen = []
    nn.fit(
        model, lambda f, y: f[0], [1.0] * 64, [0] * 64, engine="compiled", epochs=1, shuffle=False,
        optimizer=nn.SGD(model.parameters(), lr=0.0),
        metrics=[lambda f, y: seen.append(f[0]) or 0.0], validation=([1.0], [0]),
    )  # fmt: skip
    drawn, validated = seen[:64], seen[64:]
    assert set(drawn) == {0.0, 2.0} and 20 < drawn.count(0.0) < 44
    assert validated == [1.0], "dropout is off in validation"
    assert nn.Dropout(0.5, rng=1)([1.0] * 4) == [0.0, 2.0, 2.0, 0.0], "and itself again"


class Noise(nn.Module):
    """Adds a random number that no program can know of."""

    def forward(self, x: Any) -> Any:
        return [xi + RNG.random() for xi in x]


class Halved(nn.Module):
    """Halves its inputs in training."""

    def forward(self, x: Any) -> Any:
        return [xi / 2 for xi in x] if self.training else list(x)


def test_a_module_may_do_something_else_in_evaluation() -> None:
    runs = []
    for engine in ("eager", "compiled"):
        model = nn.Sequential(nn.Layer(3, 4, rng=1), Halved(), nn.Layer(4, 3, rng=2)).eval()
        runs.append(
            nn.fit(
                model,
                "cross_entropy",
                X,
                CLASSES,
                epochs=3,
                engine=engine,
                validation=0.5,
                metrics="accuracy",
            )
        )
        assert not model.training
    assert runs[1].loss == pytest.approx(runs[0].loss, rel=1e-9)
    assert runs[1].validation_loss == pytest.approx(runs[0].validation_loss, rel=1e-9)
    assert runs[1].metrics == {k: pytest.approx(v) for k, v in runs[0].metrics.items()}


def custom(f: Any, y: Any) -> Any:
    """Huber's loss, from a choice and a constant of the user's."""
    error = f - y
    return ag.where(ag.step(abs(error) - 0.5), abs(error) - 0.25, error**2)


def test_custom_loss_and_metric() -> None:
    def size(f: float, y: float) -> float:
        return abs(f - y)

    options: dict[str, Any] = {"epochs": 5, "batch_size": 6, "metrics": [size]}
    eager, compiled = both(custom, TARGETS, sizes=(4, 1), **options)
    assert compiled[0].loss == pytest.approx(eager[0].loss, rel=1e-9)
    assert compiled[0].metrics["size"] == pytest.approx(eager[0].metrics["size"], rel=1e-9)


def test_one_epoch_of_digits_has_the_losses_of_eager() -> None:
    from sklearn.datasets import load_digits

    images, digits = load_digits(return_X_y=True)
    runs = []
    for engine in ("eager", "compiled"):
        model = nn.MLP(64, [8, 10], rng=0)
        optimizer = nn.SGD(model.parameters(), lr=0.1, momentum=0.9)
        history = nn.fit(
            model, "cross_entropy", images[:300] / 16, digits[:300], optimizer=optimizer,
            epochs=1, batch_size=16, rng=7, engine=engine, l2=1e-4,
        )  # fmt: skip
        runs.append((history.loss, data(model)))
    assert runs[1][0] == pytest.approx(runs[0][0], rel=1e-9)
    assert runs[1][1] == pytest.approx(runs[0][1], rel=1e-9, abs=1e-12)


def test_early_stopping_goes_back_to_the_same_weights() -> None:
    """A validation loss that falls and then rises: training pulls the line past 1."""
    runs = []
    for engine in ("eager", "compiled"):
        model = nn.Neuron(1, None, init="zeros")
        history = nn.fit(
            model, "squared_error", [1, 1], [3.0, 3.0], epochs=100, patience=3, engine=engine,
            validation=([1, 1], [1.0, 1.0]), optimizer=nn.SGD(model.parameters(), lr=0.05),
        )  # fmt: skip
        assert history.stopped == "early stopping"
        assert (model([1.0]).data - 1.0) ** 2 == pytest.approx(min(history.validation_loss))
        runs.append((history.best_epoch, history.validation_loss, data(model)))
    assert runs[1][0] == runs[0][0]
    assert runs[1][1] == pytest.approx(runs[0][1], rel=1e-9)
    assert runs[1][2] == pytest.approx(runs[0][2], rel=1e-9)


@pytest.mark.parametrize("batch_size", [None, 1])
@pytest.mark.parametrize("validation", [None, ([3.0], [6.0])])
def test_ctrl_c_keeps_the_same_weights(batch_size: int | None, validation: Any) -> None:
    runs = []
    for engine in ("eager", "compiled"):
        model = nn.Neuron(1, None, init="zeros")
        calls: list[float] = []

        def metric(f: float, y: float, calls: list[float] = calls) -> float:
            calls.append(f)
            if len(calls) == 23:
                raise KeyboardInterrupt
            return f

        history = nn.fit(
            model, "squared_error", [2.0, 1.0], [4.0, 2.0], batch_size=batch_size, engine=engine,
            validation=validation, metrics=[metric], optimizer=nn.SGD(model.parameters(), lr=0.3),
        )  # fmt: skip
        assert history.stopped == "interrupted" and history.best_epoch > 0
        assert all(parameter.grad is None for parameter in model.parameters())
        runs.append((len(history.loss), history.best_epoch, data(model)))
    assert runs[1][:2] == runs[0][:2]
    assert runs[1][2] == pytest.approx(runs[0][2], rel=1e-9)


def test_auto_is_the_default_and_says_what_it_did(monkeypatch: pytest.MonkeyPatch) -> None:
    def engine_of(loss: Any = "squared_error", model: Any = None, **options: Any) -> str:
        model = model or nn.MLP(3, [1], rng=0)
        return nn.fit(model, loss, X, TARGETS, epochs=1, **options).engine

    assert engine_of() == "compiled"
    assert engine_of(engine="eager") == "eager"
    with pytest.warns(UserWarning) as caught:
        assert engine_of(custom) == "eager, because the function custom is not nn's own"
        halved = nn.Sequential(nn.Layer(3, 1), Halved())
        said = engine_of("squared_error", halved)
        assert said == "eager, because the class Halved is not nn's own"
    assert len(caught) == 2, "once a fit"
    text = str(caught[0].message)
    assert text.count("\n") == 2 and 'engine="compiled"' in text and 'engine="eager"' in text
    assert caught[0].filename.endswith("test_compiling.py")
    assert engine_of(custom, engine="compiled") == "compiled"
    assert engine_of(custom, engine="eager") == "eager"
    monkeypatch.setitem(sys.modules, "numpy", None)
    assert "needs NumPy: pip install 'gatewise[fast]'" in engine_of()
    with pytest.raises(ImportError, match=r"pip install 'gatewise\[fast\]'"):
        engine_of(engine="compiled")


def test_what_is_random_or_frozen_is_refused_by_the_trace() -> None:
    class Frozen(nn.Layer):
        def forward(self, x: Any) -> Any:
            return super().forward(x)[0] * self.weight[0][0].data

    for model, message in (
        (nn.Sequential(Noise(), nn.Layer(3, 1)), "does not compute the same thing twice"),
        (Frozen(3, 1), r"can't look at the number of .* \(\.data"),
    ):
        with pytest.raises((TraceError, ValueError), match=message):
            nn.fit(model, lambda f, y: nn.squared_error(f, y), X, TARGETS, engine="compiled")


def test_an_optimizer_of_ones_own() -> None:
    class Lion(nn.Optimizer):
        """Works on numbers and arrays alike."""

        def direction(self, gradient: Any, state: dict[str, Any]) -> Any:
            memory = state["memory"] = 0.9 * state.get("memory", 0.0) + 0.1 * gradient
            return memory / (abs(memory) + 1e-12)

    class Signs(nn.Optimizer):
        """Looks at a number."""

        def direction(self, gradient: Any, state: dict[str, Any]) -> Any:
            return 1.0 if gradient > 0 else -1.0

    class Stepping(nn.Optimizer):
        def step(self) -> None:
            self.taken = getattr(self, "taken", 0) + 1
            super().step()

    def fitted(kind: Any, engine: str) -> Any:
        model = nn.MLP(3, [2, 1], rng=0)
        optimizer = kind(model.parameters(), lr=0.01)
        options: dict[str, Any] = {"epochs": 3, "batch_size": 8, "engine": engine}
        history = nn.fit(model, "squared_error", X, TARGETS, optimizer=optimizer, **options)
        return history, optimizer

    history, _ = fitted(Lion, "compiled")
    assert history.loss == pytest.approx(fitted(Lion, "eager")[0].loss, rel=1e-9)
    with pytest.raises(ValueError, match="truth value of an array"):
        fitted(Signs, "compiled")
    with pytest.raises(ValueError, match=r"Stepping has a step\(\) of its own"):
        fitted(Stepping, "compiled")
    with pytest.warns(UserWarning, match="because the class Stepping is not nn's own"):
        assert fitted(Stepping, "auto")[1].taken == 9


@pytest.mark.parametrize("validation", [None, ([[1.0, 1.0]], [1.0]), ([[1.0] * 3], [[1.0] * 2])])
@pytest.mark.parametrize("engine", ["eager", "compiled"])
def test_validation_samples_of_another_shape(engine: str, validation: Any) -> None:
    model = nn.MLP(3, [1], rng=0)
    if validation is None:
        nn.fit(model, "squared_error", X, TARGETS, epochs=1, engine=engine)
        return
    with pytest.raises(ValueError, match="validation: "):
        nn.fit(model, "squared_error", X, TARGETS, epochs=1, engine=engine, validation=validation)


@pytest.mark.parametrize("engine", ["eager", "compiled"])
@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (lambda f, y: 3.0, r"the loss must give a Value, got 3\.0"),
        (lambda f, y: None, "must give a .*Value, got None"),
        (lambda f, y: [f, f], r"must give a .*Value, got \["),
    ],
)
def test_a_loss_that_gives_no_value(engine: str, loss: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        nn.fit(nn.MLP(3, [1]), loss, X, TARGETS, epochs=1, engine=engine)


def test_samples_of_unlike_lengths_are_left_to_eager() -> None:
    ragged: list[Any] = [[1.0, 2.0], [1.0]]
    flat = nn.Activate("relu")
    model = nn.Sequential(flat, nn.Layer(2, 1))

    class Total(nn.Module):
        def __init__(self) -> None:
            self.weight = Value(1.0)

        def forward(self, x: Any) -> Any:
            return self.weight * sum(x)

    history = nn.fit(Total(), "squared_error", ragged, [1, 1], epochs=1)
    assert history.engine == "eager, because the samples differ in length"
    with pytest.raises(ValueError, match="the samples differ in length"):
        nn.fit(model, "squared_error", ragged, [1, 1], epochs=1, engine="compiled")


def test_values_are_up_to_date_whatever_ends_a_fit() -> None:
    model = nn.MLP(3, [1], rng=0)
    before = data(model)

    def metric(f: float, y: float) -> float:
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        nn.fit(model, "squared_error", X, TARGETS, metrics=[metric], engine="compiled")
    assert data(model) != before and model.training
    assert all(parameter.grad is None for parameter in model.parameters())


def test_divergence_is_an_error_with_the_way_out() -> None:
    model = nn.MLP(3, [4, 1], rng=1)
    with pytest.raises(ValueError, match=r"(?s)epoch .*is the learning rate too large\?"):
        nn.fit(
            model,
            "squared_error",
            X,
            TARGETS,
            optimizer=nn.SGD(model.parameters(), lr=1e9),
            engine="compiled",
        )


def test_digits_train_fast() -> None:
    from sklearn.datasets import load_digits

    images, digits = load_digits(return_X_y=True)
    model = nn.MLP(64, [32, 10], rng=0)
    history = nn.fit(
        model,
        "cross_entropy",
        images / 16,
        digits,
        optimizer=nn.Adam(model.parameters(), lr=0.01),
        epochs=8,
        batch_size=64,
        validation=0.2,
        metrics="accuracy",
        engine="compiled",
    )
    assert history.metrics["validation accuracy"][-1] > 0.93


# ---------------------------------------------------------------------- as eager does it


def engines_agree(
    make: Callable[[], tuple[nn.Module, nn.Optimizer]], loss: Any, **options: Any
) -> Any:
    """Fit by both engines; give the eager optimizer's parameters."""
    runs = []
    for engine in ("eager", "compiled"):
        model, optimizer = make()
        history = nn.fit(
            model, loss, X, TARGETS, optimizer=optimizer, engine=engine, epochs=4, **options
        )
        values = list(dict.fromkeys([*model.parameters(), *optimizer.parameters]))
        runs.append(
            (
                history.loss,
                [v.data for v in values],
                values,
            )
        )
    assert all(v.grad is None for v in runs[1][2])
    for eager, compiled in zip(runs[0][:2], runs[1][:2], strict=True):
        assert compiled == pytest.approx(eager, rel=1e-9, abs=1e-12)
    return runs[0][2]


def test_what_the_optimizer_holds_besides_the_model_is_zeroed_too() -> None:
    temperature = Value(1.0)

    def make() -> tuple[nn.Module, nn.Optimizer]:
        temperature.data, temperature.grad = 1.0, 7.0  # left over from somewhere
        model = nn.MLP(3, [2, 1], rng=0)
        idle = nn.MLP(3, [1], rng=0).parameters()
        for parameter in idle:
            parameter.grad = 5.0
        return model, nn.Adam([*model.parameters(), temperature, *idle], lr=0.1)

    values = engines_agree(make, lambda f, y: (f * temperature - y) ** 2, batch_size=5)
    assert (
        values[-1].grad is None and values[-1].data == nn.MLP(3, [1], rng=0).parameters()[-1].data
    )

    model, optimizer = make()  # the loop written by hand
    for _ in range(4):
        optimizer.zero_grad()
        nn.over_batch(
            lambda f, y: (f * temperature - y) ** 2, [model(x) for x in X], TARGETS
        ).backward()
        optimizer.step()
    by_hand = [temperature.data, *(p.data for p in model.parameters())]
    model, optimizer = make()
    nn.fit(model, lambda f, y: (f * temperature - y) ** 2, X, TARGETS, optimizer=optimizer,
           epochs=4, engine="eager")  # fmt: skip
    assert [temperature.data, *data(model)] == pytest.approx(by_hand, rel=1e-12)


@pytest.mark.parametrize("name", ["momentum", "Adam", "RMSProp", "AdaGrad"])
def test_an_optimizer_that_has_stepped_only_some_parameters(name: str) -> None:
    def make() -> tuple[nn.Module, nn.Optimizer]:
        model = nn.MLP(3, [4, 1], "tanh", rng=0)
        optimizer = OPTIMIZERS[name](model.parameters())
        for k, parameter in enumerate(model.parameters()):
            parameter.grad = 0.1 if k % 3 else None
        optimizer.step()
        return model, optimizer

    engines_agree(make, "squared_error", batch_size=7)


@pytest.mark.parametrize("size", [1.0, 1e80])
def test_clipping_by_norm_does_not_overflow(size: float) -> None:
    runs = []
    for engine in ("eager", "compiled"):
        model = nn.MLP(2, [2, 1], None, init=lambda *_: 1.0)
        nn.fit(
            model, "squared_error", [[size, 0.0], [0.0, size]], [0, 0], epochs=2, clip=1.0,
            optimizer=nn.SGD(model.layers[0].parameters(), lr=0.1), engine=engine,
        )  # fmt: skip
        runs.append(data(model))
    assert runs[1] == pytest.approx(runs[0], rel=1e-9)


class Several(nn.Module):
    """Gives its two outputs in some structure."""

    def __init__(self, kind: str) -> None:
        self.layer = nn.Layer(3, 2, rng=0)
        self.kind = kind

    def forward(self, x: Any) -> Any:
        a, b = self.layer(x)
        return {"dict": {"a": a, "b": b}, "nested": [[a], [b]], "none": (a, None)}[self.kind]


def first(f: Any) -> Any:
    f = f["a"] if isinstance(f, dict) else f[0]
    return f[0] if isinstance(f, list) else f


@pytest.mark.parametrize("kind", ["dict", "nested", "none"])
@pytest.mark.parametrize("asked", [{}, {"validation": 0.25}, {"metrics": {"first": first}}])
def test_predictions_in_a_structure(kind: str, asked: Any) -> None:
    def kinds(f: Any, y: float) -> float:
        return float(type(first(f)) is float)

    asked = {"metrics": {"plain": kinds}} if "metrics" in asked else asked
    runs = []
    for engine in ("eager", "compiled"):
        try:
            history = nn.fit(
                Several(kind), lambda f, y: nn.squared_error(first(f), y), X, TARGETS, epochs=2,
                engine=engine, **asked,
            )  # fmt: skip
        except TypeError as error:  # numbers in lists can be predicted, nothing else
            assert engine == "compiled" and "metrics" in asked and kind != "nested"
            assert "must give a Value" in str(error)
            continue
        assert history.metrics == ({"plain": [1.0, 1.0]} if "metrics" in asked else {})
        runs.append(history.loss)
    assert runs[-1] == pytest.approx(runs[0], rel=1e-9)
    assert len(runs) == (1 if "metrics" in asked and kind != "nested" else 2)


def test_divergence_of_predictions_in_a_structure_names_the_sample() -> None:
    model = Several("dict")
    with pytest.raises(ValueError, match=r"epoch \d+: sample \d+: the loss is inf for the target"):
        nn.fit(
            model, lambda f, y: nn.squared_error(first(f), y), X, TARGETS, engine="compiled",
            optimizer=nn.SGD(model.parameters(), lr=1e9),
        )  # fmt: skip


def test_predictions_may_depend_on_more_than_the_loss() -> None:
    class Two(nn.Module):
        def __init__(self) -> None:
            self.main, self.other = nn.Layer(3, 1, rng=0), nn.Layer(3, 1, rng=1)

        def forward(self, x: Any) -> Any:
            return [self.main(x)[0], self.other(x)[0]]

    runs = [
        nn.fit(
            Two(), lambda f, y: nn.squared_error(f[0], y), X, TARGETS, epochs=3, engine=engine,
            metrics={"other": lambda f, y: f[1], "main": lambda f, y: f[0]},
        ).metrics
        for engine in ("eager", "compiled")
    ]  # fmt: skip
    assert runs[1] == {name: pytest.approx(curve) for name, curve in runs[0].items()}
