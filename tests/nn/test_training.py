"""fit: descent in three sizes, validation, early stopping, interruption, errors, the history."""

from __future__ import annotations

import io
import math
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Value

LINE_X, LINE_Y = [1, 2, 3], [3, 5, 7]


def line() -> nn.Neuron:
    return nn.Neuron(1, None, init="zeros")


@pytest.mark.parametrize(
    ("points", "a", "b"),
    [({1: 3, 2: 5, 3: 7}, 2.0, 1.0), ({2: 0, 4: 1, 6: 2}, 0.5, -1.0)],  # L13
)
@pytest.mark.parametrize("batch_size", [None, 1, 2])  # L21: nothing else differs
def test_three_kinds_of_descent_find_the_line(
    points: dict[int, int], a: float, b: float, batch_size: int | None
) -> None:
    model = line()
    optimizer = nn.SGD(model.parameters(), lr=0.02)
    nn.fit(
        model,
        "squared_error",
        list(points),
        list(points.values()),
        optimizer=optimizer,
        epochs=3000,
        batch_size=batch_size,
    )
    assert model.weight[0].data == pytest.approx(a, abs=1e-3)
    assert model.bias.data == pytest.approx(b, abs=1e-3)
    assert optimizer.steps == 3000 * {None: 1, 1: 3, 2: 2}[batch_size]


def test_one_full_step_is_the_lectures_formula() -> None:  # L14: dJ/dw = 2/n Σ(ŷ-y)x
    model = line()
    model.weight[0].data, model.bias.data = 0.5, 0.25
    errors = [0.5 * x + 0.25 - y for x, y in zip(LINE_X, LINE_Y, strict=True)]
    dw = 2 / 3 * sum(e * x for e, x in zip(errors, LINE_X, strict=True))
    history = nn.fit(model, "squared_error", LINE_X, LINE_Y, epochs=1)
    assert model.weight[0].data == pytest.approx(0.5 - 0.1 * dw, rel=1e-14)
    assert model.bias.data == pytest.approx(0.25 - 0.1 * 2 / 3 * sum(errors), rel=1e-14)
    assert history.loss == [pytest.approx(sum(e * e for e in errors) / 3, rel=1e-15)]


EAGER = {"engine": "eager"}
"""For losses that note each call: a compiled one is called once, to be traced."""


def test_every_epoch_goes_through_all_samples_in_a_new_order() -> None:
    seen: list[float] = []

    def loss(f: Any, y: float) -> Any:
        seen.append(y)
        return nn.squared_error(f, y)

    data = list(range(10))
    nn.fit(line(), loss, [0] * 10, data, epochs=3, batch_size=4, rng=1, **EAGER)
    epochs = [seen[:10], seen[10:20], seen[20:]]
    assert all(sorted(epoch) == data for epoch in epochs)
    assert data not in epochs and epochs[0] != epochs[1] != epochs[2]
    seen.clear()
    nn.fit(line(), loss, [0] * 10, data, epochs=2, batch_size=4, shuffle=False, **EAGER)
    assert seen == data * 2


def test_the_same_seed_gives_the_same_training() -> None:
    def train(rng: Any) -> Any:
        model = nn.MLP(2, [3, 1], rng=0)
        X = np.random.RandomState(0).randn(20, 2)
        nn.fit(model, "squared_error", X, X[:, 0], epochs=3, batch_size=4, validation=0.2, rng=rng)
        return model.state_dict()

    assert train(3) == train(random.Random(3)) != train(4)


def test_the_last_batch_may_be_smaller() -> None:
    model = line()
    history = nn.fit(model, "squared_error", [1, 1, 1], [0, 0, 3], batch_size=2, epochs=1,
                     shuffle=False, optimizer=nn.SGD(model.parameters(), lr=0.0))  # fmt: skip
    assert history.loss == [3.0], "the mean over samples, not over batches"


def test_labels_as_indices_or_one_hot() -> None:
    X = np.random.RandomState(0).randn(30, 2)
    labels = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)

    def train(Y: Any) -> Any:
        model = nn.MLP(2, [3], rng=0)
        history = nn.fit(model, "cross_entropy", X, Y, epochs=5, metrics=["accuracy"])
        return model.state_dict(), history.metrics["accuracy"]

    (indices, accuracy), (one_hot, same) = train(labels), train(np.eye(3)[labels])
    for name, numbers in indices.items():
        assert np.allclose(numbers, one_hot[name], rtol=1e-12, atol=1e-14)
    assert accuracy == same


# ---------------------------------------------------------------------- validation, stopping


def overfitting() -> tuple[nn.Module, dict[str, Any]]:
    """A validation loss that falls and then rises: training pulls the line past 1."""
    return line(), {"validation": ([1, 1], [1.0, 1.0]), "shuffle": False}


def test_early_stopping_restores_the_best_weights() -> None:  # L20
    model, settings = overfitting()
    history = nn.fit(
        model, "squared_error", [1, 1], [3.0, 3.0], epochs=100, patience=3, **settings,
        optimizer=nn.SGD(model.parameters(), lr=0.05),
    )  # fmt: skip
    assert history.stopped == "early stopping"
    assert len(history.validation_loss) == history.best_epoch + 3 < 100
    best = min(history.validation_loss)
    assert history.validation_loss[history.best_epoch - 1] == best
    assert (model([1.0]).data - 1.0) ** 2 == best


def test_without_patience_the_last_weights_stay() -> None:
    model, settings = overfitting()
    history = nn.fit(model, "squared_error", [1, 1], [3.0, 3.0], epochs=30, **settings)
    assert history.stopped == "all epochs"
    assert len(history.seconds) == 30 and min(history.seconds) > 0
    assert (model([1.0]).data - 1.0) ** 2 == history.validation_loss[-1]
    assert history.best_epoch < 30


def test_a_fraction_is_set_aside_and_never_trained_on() -> None:
    trained: list[float] = []
    model = line()

    def loss(f: Any, y: float) -> Any:
        if model.training:
            trained.append(y)
        return nn.squared_error(f, y)

    samples = list(range(10))
    history = nn.fit(model, loss, [0] * 10, samples, epochs=3, validation=0.3, **EAGER)
    assert len(set(trained)) == 7 and len(trained) == 21
    assert len(history.validation_loss) == 3
    assert set(trained) < set(samples)


def test_dropout_is_off_in_validation_and_the_mode_comes_back() -> None:
    model = nn.Sequential(nn.Layer(1, 4, rng=0), nn.Dropout(0.5, rng=0), nn.Layer(4, 1, rng=1))
    model.eval()
    modes: list[bool] = []

    def loss(f: Any, y: float) -> Any:
        modes.append(model[1].training)
        return nn.squared_error(f, y)

    nn.fit(model, loss, [1, 2], [1, 2], epochs=1, validation=([3], [3]), **EAGER)
    assert modes == [True, True, False]
    assert not model.training and not model[1].training


@pytest.mark.parametrize("batch_size", [None, 1])
def test_ctrl_c_keeps_the_best_weights_so_far(batch_size: int | None) -> None:
    model = line()
    optimizer = nn.SGD(model.parameters(), lr=0.3)  # overshoots: the loss falls, then rises
    best: list[tuple[float, float]] = []
    calls = 0

    def loss(f: Any, y: float) -> Any:
        nonlocal calls
        calls += 1
        if calls == 20:
            raise KeyboardInterrupt
        value = nn.squared_error(f, y)
        best.append((value.data, model.weight[0].data))
        return value

    history = nn.fit(model, loss, [2.0], [4.0], epochs=50, batch_size=batch_size,
                     optimizer=optimizer, **EAGER)  # fmt: skip
    assert history.stopped == "interrupted"
    assert len(history.loss) == 19
    assert model.weight[0].data == min(best)[1] != best[-1][1]
    assert history.best_epoch == history.loss.index(min(history.loss)) + 1
    assert all(p.grad is None for p in model.parameters())


def test_ctrl_c_with_validation_keeps_the_best_validated() -> None:
    model, settings = overfitting()

    def metric(f: float, y: float) -> float:
        if f > 2.5:
            raise KeyboardInterrupt
        return f

    history = nn.fit(model, "squared_error", [1, 1], [3.0, 3.0], metrics=[metric], **settings)
    assert history.stopped == "interrupted"
    assert (model([1.0]).data - 1.0) ** 2 == min(history.validation_loss)


# ---------------------------------------------------------------------- settings


def test_metrics_by_name_and_function() -> None:
    model = nn.Neuron(1, None, init=lambda *_: 1.0)
    history = nn.fit(
        model,
        "hinge",
        [2, -2, 2],
        [1, -1, -1],
        epochs=1,
        metrics={"accuracy": lambda f, y: float(f * y > 0), "size": lambda f, y: abs(f)},
        validation=([3], [1]),
    )
    assert history.metrics == {
        "accuracy": [pytest.approx(2 / 3)],
        "size": [2.0],
        "validation accuracy": [1.0],
        "validation size": [pytest.approx(abs(model([3.0]).data))],
    }
    by_name = nn.fit(line(), "hinge", [1], [1], epochs=2, metrics="accuracy")
    assert list(by_name.metrics) == ["accuracy"]


def test_l2_shrinks_weights_but_not_biases() -> None:
    model = nn.Neuron(1, None, init=lambda *_: 1.0)
    model.bias.data = 1.0
    nn.fit(model, lambda f, y: 0 * f, [1.0], [0.0], epochs=1, l2=0.5, **EAGER,
           optimizer=nn.SGD(model.parameters(), lr=0.1))  # fmt: skip
    assert model.weight[0].data == pytest.approx(0.9)
    assert model.bias.data == 1.0


def test_clip_bounds_the_step() -> None:
    model = line()
    nn.fit(model, "squared_error", [1000.0], [1000.0], epochs=1, clip=1.0,
           optimizer=nn.SGD(model.parameters(), lr=0.5))  # fmt: skip
    assert math.hypot(model.weight[0].data, model.bias.data) == pytest.approx(0.5)


def test_the_optimizer_may_learn_a_part() -> None:
    model = nn.MLP(1, [2, 1], rng=0)
    before = model.layers[0].state_dict()
    nn.fit(model, "squared_error", LINE_X, LINE_Y, epochs=3,
           optimizer=nn.Adam(model.layers[1].parameters()))  # fmt: skip
    assert model.layers[0].state_dict() == before


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"loss": "sme"}, "unknown loss 'sme'"),
        ({"engine": "fast"}, "unknown engine 'fast': there are eager, compiled, .*auto"),
        ({"engine": ""}, "unknown engine ''"),
        ({"metrics": ["precision"]}, "unknown metric 'precision'"),
        ({"epochs": 0}, "epochs must be an int of at least 1, got 0"),
        ({"batch_size": 0}, "batch_size must be an int of at least 1, got 0"),
        ({"batch_size": 2.5}, r"batch_size must be an int of at least 1, got 2\.5"),
        ({"patience": 5}, "patience needs validation"),
        ({"patience": 0, "validation": 0.5}, "patience must be an int of at least 1"),
        ({"validation": 1.0}, r"validation=1\.0 of 3 samples"),
        ({"validation": ([1], [1, 2])}, "validation X has 1 samples but validation Y has 2"),
        ({"X": [1, 2]}, "X has 2 samples but Y has 3"),
        ({"X": [1, 2, math.inf]}, r"X\[2\] is inf"),
        ({"X": [[1, 2]] * 3}, r"sample 0: Neuron\(1\) takes 1 inputs, got 2"),
        ({"X": [[1], [2], [3, 4]]}, r"epoch 1: sample 2: Neuron\(1\) takes 1 inputs, got 2"),
        (
            {"loss": "hinge", "Y": [1, -1, 0]},
            r"Y\[2\]: hinge takes the class 1 or -1, got 0: .*2\*y",
        ),
        ({"loss": "logistic", "Y": [1, -1, 0]}, r"Y\[1\]: logistic takes the class 0 or 1.*got -1"),
        ({"loss": "cross_entropy", "Y": [0, 1, 0]}, r"Y\[1\]: a class must be .* to 0, got 1"),
        (
            {"loss": "exponential", "Y": [1, -1, 1], "validation": ([1], [3])},
            r"validation Y\[0\]: exponential takes",
        ),
        ({"clip": -1.0}, r"fit: clip must be above 0, got -1\.0"),
        ({"clip": 0}, "fit: clip must be above 0, got 0"),
        ({"clip": math.nan}, "fit: clip must be above 0, got nan"),
        ({"l2": -1}, "fit: l2 must be at least 0 and finite, got -1"),
        ({"l2": math.inf}, "fit: l2 must be at least 0 and finite, got inf"),
        ({"loss": None}, "a loss is a name or a function .*, got None"),
        ({"optimizer": "adam"}, r"must be an Optimizer, such as nn\.Adam.* got 'adam'"),
        ({"metrics": None}, "unknown metric None"),
        ({"metrics": {"a": "precision"}}, "unknown metric 'precision'"),
        ({"metrics": [lambda f, y: 0.0, lambda f, y: 1.0]}, "two metrics .* '<lambda>': give a"),
        (
            {"metrics": {"a": abs, "validation a": abs}},
            "two metrics would be called 'validation a'",
        ),
        ({"metrics": {"validation a": abs, "a": abs}}, "two metrics would be called 'a'"),
        ({"validation": ([1], [1], [1])}, r"validation must be a fraction or a pair \(X, Y\), got"),
        ({"validation": ([1],)}, r"a pair \(X, Y\), got \(\[1\],\)"),
        ({"validation": np.float32(1.5)}, r"validation=1\.5 of 3 samples"),
        (
            {"optimizer": nn.SGD(nn.Neuron(1).parameters())},
            r"the optimizer holds no parameter of Neuron\(1\), so nothing would be learned",
        ),
    ],
)
def test_errors_say_what_and_where(settings: dict[str, Any], message: str) -> None:
    model = line()
    arguments = {"loss": "squared_error", "X": LINE_X, "Y": LINE_Y, "epochs": 1, **settings}
    with pytest.raises((ValueError, TypeError), match=message):
        nn.fit(model, **arguments)
    assert model.state_dict() == {"weight": [0.0], "bias": 0.0}, "nothing was trained"


def test_divergence_stops_with_epoch_and_sample() -> None:
    model = line()
    with pytest.raises(ValueError, match=r"epoch \d+: sample \d: the loss is (inf|nan)") as caught:
        nn.fit(model, "squared_error", LINE_X, LINE_Y, epochs=10_000,
               optimizer=nn.SGD(model.parameters(), lr=10.0))  # fmt: skip
    assert "learning rate" in str(caught.value)


# ---------------------------------------------------------------------- progress, history


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_quiet_when_not_a_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    nn.fit(line(), "squared_error", LINE_X, LINE_Y, epochs=3)
    assert capfd.readouterr() == ("", "")


def test_quiet_on_a_terminal_when_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    nn.fit(line(), "squared_error", LINE_X, LINE_Y, epochs=3)
    assert terminal.getvalue().strip() == ""


def test_a_progress_bar_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    nn.fit(line(), "squared_error", LINE_X, LINE_Y, epochs=3, progress=True, validation=([1], [3]))
    assert "3/3" in terminal.getvalue()
    assert "validation=" in terminal.getvalue()


def test_without_tqdm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)
    monkeypatch.setattr(sys, "stderr", Terminal())
    nn.fit(line(), "squared_error", LINE_X, LINE_Y, epochs=1)
    with pytest.raises(ImportError, match=r"pip install 'gatewise\[demos\]'"):
        nn.fit(line(), "squared_error", LINE_X, LINE_Y, epochs=1, progress=True)


def test_the_history_plots_itself(tmp_path: Path) -> None:
    model = nn.Neuron(1, None, rng=0)
    history = nn.fit(model, "hinge", [1, -1, 2, -2], [1, -1, 1, -1], epochs=4, validation=0.25,
                     metrics=["accuracy"])  # fmt: skip
    figure = history.plot(tmp_path / "history.png", title="hinge")
    assert (tmp_path / "history.png").read_bytes().startswith(b"\x89PNG")
    losses, metrics = figure.axes
    training, validation, _ = losses.get_lines()
    assert list(training.get_ydata()) == history.loss
    assert list(validation.get_ydata()) == history.validation_loss
    assert losses.get_ylabel() == "loss" and metrics.get_ylabel() == "accuracy"
    assert metrics.get_xlabel() == "epoch" and figure.get_suptitle() == "hinge"
    assert "4 epochs (all epochs), loss" in str(history)


def test_several_metrics_have_a_color_each_and_validation_is_dashed() -> None:
    history = nn.History(
        [1.0], [1.0], {"a": [1.0], "b": [2.0], "validation a": [3.0], "validation b": [4.0]}
    )
    lines = history.plot().axes[1].get_lines()
    styles = [(line.get_label(), line.get_color(), line.get_linestyle()) for line in lines]
    assert styles == [
        ("a", "C0", "-"),
        ("b", "C1", "-"),
        ("validation a", "C0", "--"),
        ("validation b", "C1", "--"),
    ]


def test_a_history_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"pip install 'gatewise\[demos\]'"):
        nn.History([1.0]).plot()


def test_a_parameter_edited_by_hand_is_not_stale() -> None:
    model = line()
    nn.fit(model, "squared_error", LINE_X, LINE_Y, epochs=2)
    assert isinstance(model([1.0]), Value)
    model([1.0]).backward()


def test_numbers_of_numpy_as_settings() -> None:
    two = np.int64(2)
    options: dict[str, Any] = {"epochs": two, "batch_size": two, "rng": two, "patience": two}
    history = nn.fit(
        line(), "squared_error", LINE_X, LINE_Y, validation=np.float32(0.34), **options
    )
    assert len(history.loss) == 2 and len(history.validation_loss) == 2


XOR_X, XOR_Y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]


def right(model: nn.Module, limit: float, low: float) -> float:
    """The share of XOR's points that a single output has on the right side of a limit."""
    return sum((model(x).data > limit) == (y > low) for x, y in zip(XOR_X, XOR_Y, strict=True)) / 4


@pytest.mark.parametrize(
    ("loss", "head", "ys", "limit"),
    [
        ("binary_cross_entropy", "sigmoid", XOR_Y, 0.5),
        ("squared_error", "sigmoid", XOR_Y, 0.5),
        ("squared_error", "tanh", [2 * y - 1 for y in XOR_Y], 0.0),
        ("logistic", None, XOR_Y, 0.0),
        ("hinge", None, [2 * y - 1 for y in XOR_Y], 0.0),
    ],
)
def test_accuracy_knows_what_a_single_output_means(
    loss: str, head: Any, ys: list[int], limit: float
) -> None:
    model = nn.MLP(2, [8, 1], "tanh", head, rng=0)
    for epochs in (1, 200):
        optimizer = nn.Adam(model.parameters(), lr=0.05)
        history = nn.fit(
            model, loss, XOR_X, ys, optimizer=optimizer, epochs=epochs, metrics="accuracy",
            validation=(XOR_X, ys),
        )  # fmt: skip
        assert history.metrics["validation accuracy"][-1] == right(model, limit, 0.0)
    assert history.metrics["accuracy"][-1] == 1.0


def test_every_module_gets_its_own_mode_back() -> None:
    model = nn.Sequential(nn.Layer(2, 4, rng=0), nn.Dropout(0.5), nn.Layer(4, 1, rng=1))
    model[1].eval()
    for engine in ("eager", "compiled"):
        nn.fit(model, "squared_error", XOR_X, XOR_Y, epochs=1, validation=0.5, engine=engine)
        assert [module.training for module in model.modules()] == [True, True, False, True]


def test_the_lists_of_an_interrupted_history_are_of_one_length() -> None:
    calls = 0

    def metric(f: float, y: float) -> float:
        nonlocal calls
        calls += 1
        if calls == 10:  # in validation: three samples and one an epoch
            raise KeyboardInterrupt
        return f

    history = nn.fit(
        line(),
        "squared_error",
        LINE_X,
        LINE_Y,
        metrics={"m": metric},
        validation=([1] * 2, [3] * 2),
    )
    assert history.stopped == "interrupted" and len(history.loss) == 1
    lists = [history.validation_loss, history.seconds, *history.metrics.values()]
    assert [len(each) for each in lists] == [1, 1, 1, 1]


@pytest.mark.parametrize("engine", ["eager", "compiled"])
def test_a_leap_to_infinity_in_the_last_step_is_an_error(engine: str) -> None:
    model = nn.Neuron(1, None, init=lambda *_: 3.0)
    with pytest.raises(ValueError, match=r"epoch 1: weight is not finite after the last step"):
        nn.fit(model, "squared_error", LINE_X, [0, 0, 0], epochs=1, engine=engine,
               optimizer=nn.SGD(model.parameters(), lr=1e308))  # fmt: skip


def test_without_a_console(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    assert nn.fit(line(), "squared_error", LINE_X, LINE_Y, epochs=1).loss


def test_a_short_history_is_seen_and_epochs_are_whole() -> None:
    (dot,) = nn.History([1.0]).plot().axes[0].get_lines()
    assert dot.get_marker() == "o"
    assert nn.History().plot().axes[0].get_legend() is None
    axis = nn.History([1.0] * 60).plot().axes[0]
    assert set(axis.get_xticks()) >= {10, 20, 50}
    assert axis.get_lines()[0].get_marker() in ("", "None")


# ---------------------------------------------------------------------- what a fit says, and leaves


@pytest.mark.parametrize("engine", ["eager", "compiled"])
def test_no_gradient_is_left_behind(engine: str) -> None:
    model, temperature = line(), Value(1.0)
    optimizer = nn.SGD([*model.parameters(), temperature], lr=0.01)
    nn.fit(
        model, lambda f, y: nn.squared_error(f * temperature, y), LINE_X, LINE_Y, epochs=2,
        optimizer=optimizer, engine=engine,
    )  # fmt: skip
    assert all(p.grad is None for p in optimizer.parameters)
    x = Value(2.0)
    (model([x]) * 1.0).backward()
    assert model.weight[0].grad == 2.0, "and not 2 more than what the fit had left"


@pytest.mark.parametrize("engine", ["eager", "compiled"])
def test_a_callback_sees_each_epoch_and_may_stop(engine: str) -> None:
    model = line()
    seen: list[tuple[nn.Epoch, float]] = []

    def callback(epoch: nn.Epoch) -> bool:
        seen.append((epoch, model([1.0]).data))
        return epoch.number == 4

    history = nn.fit(
        model, "mse", LINE_X, LINE_Y, callback=callback, engine=engine, validation=([1], [3]),
        metrics={"size": lambda f, y: abs(f)}, optimizer=nn.Adam(model.parameters(), lr=0.1),
    )  # fmt: skip
    assert history.stopped == "callback"
    assert [epoch.number for epoch, _ in seen] == [1, 2, 3, 4]
    assert [epoch.loss for epoch, _ in seen] == history.loss
    assert [epoch.validation_loss for epoch, _ in seen] == history.validation_loss
    assert [epoch.metrics["size"] for epoch, _ in seen] == history.metrics["size"]
    assert [(f - 3) ** 2 for _, f in seen] == pytest.approx(history.validation_loss)
    assert seen[-1][1] == model([1.0]).data, "the weights of the moment"


def test_only_true_stops() -> None:
    assert len(nn.fit(line(), "mse", LINE_X, LINE_Y, epochs=3, callback=lambda e: "no").loss) == 3


@pytest.mark.parametrize("engine", ["eager", "compiled"])
def test_ctrl_c_in_the_first_epoch_keeps_the_weights(engine: str) -> None:
    calls = 0

    def metric(f: float, y: float) -> float:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KeyboardInterrupt
        return f

    model = line()
    history = nn.fit(model, "mse", LINE_X, LINE_Y, batch_size=1, metrics=[metric], engine=engine)
    assert (history.stopped, history.loss, history.best_epoch) == ("interrupted", [], 0)
    assert model.weight[0].data != 0.0, "the steps that were taken are not thrown away"


@pytest.mark.parametrize("engine", ["eager", "compiled"])
def test_a_loss_that_grows_is_told_with_the_suspect(engine: str) -> None:
    def fit(lr: float, epochs: int = 8) -> nn.History:
        model = line()
        optimizer = nn.SGD(model.parameters(), lr=lr)
        return nn.fit(
            model, "mse", LINE_X, LINE_Y, epochs=epochs, optimizer=optimizer, engine=engine
        )

    with pytest.warns(UserWarning, match=r"grown for 5 epochs.*is the learning rate too large\?"):
        fit(0.3)
    fit(0.3, epochs=4)
    fit(0.1)


def test_a_history_is_one_line() -> None:
    history = nn.fit(line(), "mse", LINE_X, LINE_Y, epochs=3, engine="eager")
    assert repr(history) == f"<History: {history}>" and "\n" not in repr(history)


@pytest.mark.parametrize(
    "make",
    [
        lambda: nn.MLP(2, [1], "rlu"),
        lambda: nn.MLP(2, [3, 1], "rlu"),
        lambda: nn.MLP(2, [3, 1], output_activation="rlu"),
        lambda: nn.Layer(2, 3, "rlu"),
        lambda: nn.Neuron(2, "rlu"),
        lambda: nn.Sequential(nn.Layer(2, 3), "rlu"),
        lambda: nn.Residual("rlu"),
        lambda: nn.Activate("rlu"),
    ],
)
def test_a_wrong_activation_is_an_error_wherever_it_stands(make: Any) -> None:
    with pytest.raises(ValueError, match="unknown activation 'rlu'"):
        make()


@pytest.mark.parametrize("loss", sorted(nn.LOSSES))
def test_every_loss_trains_alike_on_every_engine(loss: str) -> None:
    several = loss in ("cross_entropy", "probability_cross_entropy", "logarithmic", "svm")
    classes = [k % 3 if several else k % 2 for k in range(12)]
    ys = [2 * y - 1 for y in classes] if loss in ("hinge", "exponential") else classes
    head = {"binary_cross_entropy": "sigmoid"}.get(loss, "softmax" if several else None)
    head = None if loss in ("cross_entropy", "svm") else head
    X = np.random.RandomState(1).randn(12, 2)
    runs = []
    for engine in ("eager", "compiled", "auto"):
        model = nn.MLP(2, [4, 3 if several else 1], "tanh", head, rng=0)
        history = nn.fit(
            model, loss, X, ys, epochs=4, batch_size=5, engine=engine, metrics="accuracy",
            validation=0.25,
        )  # fmt: skip
        runs.append((history, [p.data for p in model.parameters()]))
    (eager, weights), *others = runs
    assert [other.engine for other, _ in others] == ["compiled", "compiled"]
    for other, same in others:
        assert other.loss == pytest.approx(eager.loss, rel=1e-9)
        assert other.validation_loss == pytest.approx(eager.validation_loss, rel=1e-9)
        assert other.metrics == {k: pytest.approx(v) for k, v in eager.metrics.items()}
        assert same == pytest.approx(weights, rel=1e-9)


def test_a_recurrent_network_is_compiled_by_itself_and_learns_as_eager_does() -> None:
    X = np.random.RandomState(0).randn(20, 4, 2)
    Y = (X[:, -1, 0] > X[:, 0, 0]).astype(int)
    runs = []
    for engine in ("eager", "auto"):
        model = nn.Sequential(nn.RNN(2, 3, rng=0), nn.Flatten(), nn.Layer(12, 2, rng=1))
        runs.append(
            nn.fit(
                model, "cross_entropy", X, Y, epochs=3, batch_size=6, engine=engine,
                metrics="accuracy", validation=0.25,
            )
        )  # fmt: skip
        assert nn.predict(model[0], X, engine="compiled").shape == (20, 4, 3)
    assert runs[1].engine == "compiled"
    assert runs[1].loss == pytest.approx(runs[0].loss, rel=1e-9)
    assert runs[1].metrics == {k: pytest.approx(v) for k, v in runs[0].metrics.items()}
