"""What fit takes: arrays as they are, batches as they come, labels, weights, several inputs."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nn

ENGINES = ["eager", "compiled"]
RANDOM = np.random.RandomState(0)
X = RANDOM.randn(24, 3)
CLASSES = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)
NUMBERS = X @ [1.0, -2.0, 0.5]


def fitted(X: Any, Y: Any = None, loss: Any = "squared_error", **options: Any) -> Any:
    model = nn.MLP(3, [4, 3 if loss in ("cross_entropy", "svm") else 1], "tanh", rng=0)
    options = {"epochs": 3, "optimizer": nn.Adam(model.parameters(), lr=0.05), **options}
    history = nn.fit(model, loss, X, Y, **options)
    return history, [parameter.data for parameter in model.parameters()]


# ---------------------------------------------------------------------- arrays


@pytest.mark.parametrize("engine", ENGINES)
def test_lists_arrays_and_mapped_arrays_train_alike(engine: str, tmp_path: Path) -> None:
    single = X.astype(np.float32)
    np.save(tmp_path / "x.npy", single)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    runs = [
        fitted(data, NUMBERS, batch_size=7, engine=engine)
        for data in (single.tolist(), single, mapped, single[:, ::-1][:, ::-1])
    ]
    for history, weights in runs[1:]:
        assert (history.loss, weights) == (runs[0][0].loss, runs[0][1])


def test_arrays_are_not_copied_whole() -> None:
    big = np.zeros((20_000, 64), dtype=np.float32)
    labels = np.zeros(len(big), dtype=np.int8)
    model = nn.Neuron(64, None, init="zeros")
    tracemalloc.start()
    nn.fit(model, "logistic", big, labels, epochs=1, batch_size=100, validation=0.1)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < big.nbytes, "lists of it would take five times as much"


def test_a_mapped_array_is_checked_when_it_is_read(tmp_path: Path) -> None:
    bad = X.copy()
    bad[20, 1] = np.nan
    np.save(tmp_path / "x.npy", bad)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    with pytest.raises(ValueError, match=r"X\[20\]\[1\] is nan"):
        fitted(mapped, NUMBERS, batch_size=5)
    with pytest.raises(ValueError, match=r"^X\[20\]\[1\] is nan"):
        fitted(bad, NUMBERS)


def test_sparse_matrices_are_refused_with_the_way_out() -> None:
    sparse = pytest.importorskip("scipy.sparse")
    for matrix in (sparse.csr_matrix(X), sparse.coo_array(X)):
        with pytest.raises(TypeError, match=r"X is a sparse matrix.*X\.toarray\(\)"):
            fitted(matrix, NUMBERS)


def test_tensors() -> None:
    torch = pytest.importorskip("torch")
    tensor = torch.tensor(X, requires_grad=True)
    assert fitted(tensor, torch.tensor(NUMBERS)) == fitted(X, NUMBERS)


# ---------------------------------------------------------------------- batches


def batches() -> Iterator[tuple[Any, Any]]:
    for k in range(0, 24, 5):
        yield X[k : k + 5], NUMBERS[k : k + 5]


@pytest.mark.parametrize("engine", ENGINES)
def test_an_iterable_of_batches(engine: str) -> None:
    expected = fitted(X, NUMBERS, batch_size=5, shuffle=False, engine=engine)
    for source in (batches, list(batches())):
        assert fitted(source, engine=engine) == expected
    held = (X[:4], NUMBERS[:4])
    history, _ = fitted(batches, engine=engine, validation=held, metrics=[lambda f, y: abs(f - y)])
    assert len(history.validation_loss) == 3
    once, _ = fitted(batches(), engine=engine, epochs=1)
    assert once.loss == expected[0].loss[:1]


def test_a_data_loader() -> None:
    data = pytest.importorskip("torch.utils.data")
    torch = pytest.importorskip("torch")
    pairs = data.TensorDataset(torch.tensor(X), torch.tensor(NUMBERS))
    expected = fitted(X, NUMBERS, batch_size=5, shuffle=False)
    assert fitted(data.DataLoader(pairs, batch_size=5)) == expected


def test_batches_are_read_when_it_is_their_turn() -> None:
    read: list[int] = []

    def counted() -> Iterator[tuple[Any, Any]]:
        for k, pair in enumerate(batches()):
            read.append(k)
            yield pair

    seen: list[int] = []

    def loss(f: Any, y: Any) -> Any:
        seen.append(len(read))
        return nn.squared_error(f, y)

    fitted(counted, loss=loss, epochs=2, engine="eager")
    assert read == [0, 1, 2, 3, 4] * 2
    assert seen[:5] == [1] * 5 and seen[5:10] == [2] * 5


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        (batches(), {}, "a generator can be gone through only once"),
        ([], {}, "the iterable of batches is empty"),
        (X, {}, r"no pair \(X, Y\).*fit\(model, loss, X, Y\)"),
        (batches, {"validation": 0.5}, r"a pair \(X, Y\)"),
        (batches, {"class_weight": "balanced"}, r"triples \(X, Y, weights\)"),
        ([(X, NUMBERS * np.inf)], {}, r"Y of batch 0\[0\] is -?inf"),
    ],
)
def test_wrong_batches(source: Any, options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fitted(source, **options)


# ---------------------------------------------------------------------- several inputs


class Both(nn.Module):
    """Looks at a row and at a number."""

    def __init__(self) -> None:
        self.row, self.number = nn.Neuron(3, None, rng=0), nn.Neuron(1, None, rng=1)

    def forward(self, row: Any, number: Any) -> Any:
        return self.row(row) + self.number(number)


@pytest.mark.parametrize("kind", [list, np.array])
def test_a_tuple_of_inputs(kind: Any) -> None:
    inputs = (kind(X.tolist()), kind(NUMBERS.tolist()))
    losses = []
    for engine in ENGINES:
        history = nn.fit(Both(), "mse", inputs, NUMBERS, epochs=4, batch_size=5, engine=engine)
        losses.append(history.loss)
    assert losses[1] == pytest.approx(losses[0], rel=1e-9)
    assert losses[0][-1] < losses[0][0]
    with pytest.raises(ValueError, match=r"X\[1\] has 23 samples but Y has 24"):
        nn.fit(Both(), "mse", (inputs[0], inputs[1][:23]), NUMBERS, engine="compiled")


# ---------------------------------------------------------------------- labels


@pytest.mark.parametrize("loss", ["cross_entropy", "svm"])
def test_labels_as_text(loss: str) -> None:
    names = np.array(["ant", "bee", "cow"])[CLASSES]
    options = {"metrics": "accuracy", "validation": 0.25, "loss": loss}
    numbered, text = fitted(X, CLASSES, **options), fitted(X, names, **options)
    assert text[0].loss == numbered[0].loss and text[1] == numbered[1]
    assert text[0].metrics == numbered[0].metrics
    assert (text[0].classes, numbered[0].classes) == (["ant", "bee", "cow"], [])


def test_two_labels_for_losses_with_signs() -> None:
    yes = ["yes" if x > 0 else "no" for x in X[:, 0]]
    signs = [1 if x > 0 else -1 for x in X[:, 0]]
    assert fitted(X, yes, "hinge")[0].loss == fitted(X, signs, "hinge")[0].loss
    ones = [int(x > 0) for x in X[:, 0]]
    assert fitted(X, yes, "logistic")[0].loss == fitted(X, ones, "logistic")[0].loss
    with pytest.raises(ValueError, match="hinge tells two classes apart, Y has 3: a, b, c"):
        fitted(X, ["a", "b", "c"] * 8, "hinge")
    with pytest.raises(ValueError, match=r"validation Y\[0\] is 'maybe', which is no label"):
        fitted(X, yes, "logistic", validation=(X[:1], ["maybe"]))


# ---------------------------------------------------------------------- weights


@pytest.mark.parametrize("engine", ENGINES)
def test_a_weight_of_two_is_a_sample_that_is_there_twice(engine: str) -> None:
    counts = [k % 3 for k in range(24)]
    twice = np.repeat(np.arange(24), counts)
    weighted = fitted(X, NUMBERS, sample_weight=counts, engine=engine, l2=0.01)
    repeated = fitted(X[twice], NUMBERS[twice], engine=engine, l2=0.01)
    assert weighted[0].loss == pytest.approx(repeated[0].loss, rel=1e-12)
    assert weighted[1] == pytest.approx(repeated[1], rel=1e-9)


def test_weights_of_classes_and_of_samples_on_every_engine() -> None:
    runs = [
        fitted(
            X, CLASSES, "cross_entropy", class_weight={0: 1, 1: 2, 2: 5}, batch_size=5,
            sample_weight=np.linspace(0, 1, 24), validation=0.25, metrics="accuracy",
            engine=engine,
        )
        for engine in ENGINES
    ]  # fmt: skip
    assert runs[1][0].loss == pytest.approx(runs[0][0].loss, rel=1e-9)
    assert runs[1][0].validation_loss == pytest.approx(runs[0][0].validation_loss, rel=1e-9)
    assert runs[1][0].metrics == runs[0][0].metrics
    assert runs[1][1] == pytest.approx(runs[0][1], rel=1e-9)


def test_balanced_classes_count_the_same() -> None:
    counts = np.bincount(CLASSES)
    by_hand = {f"{k}": 24 / (3 * n) for k, n in enumerate(counts)}
    names = [f"{k}" for k in CLASSES]
    balanced = fitted(X, names, "cross_entropy", class_weight="balanced")
    assert balanced == fitted(X, names, "cross_entropy", class_weight=by_hand)
    assert balanced[0].loss != fitted(X, names, "cross_entropy")[0].loss


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sample_weight": [1.0]}, "sample_weight must be 24 numbers of at least 0"),
        ({"sample_weight": [-1.0] * 24}, "numbers of at least 0"),
        ({"sample_weight": [0.0] * 24}, "all weights are 0"),
        ({"class_weight": {0: 1, 1: 1}}, "no weight for the class 2"),
        ({"class_weight": "even"}, "class_weight is 'balanced' or a dictionary, got 'even'"),
    ],
)
def test_wrong_weights(options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fitted(X, CLASSES, "cross_entropy", **options)
    with pytest.raises(ValueError, match="class_weight needs a label for each sample"):
        fitted(X, np.eye(3)[CLASSES], "cross_entropy", class_weight="balanced")


# ---------------------------------------------------------------------- several labels


@pytest.mark.parametrize("loss", ["logistic", "bce"])
def test_several_labels_a_sample(loss: str) -> None:
    Y = (X[:, :2] > 0).astype(int)
    runs = []
    for engine in ENGINES:
        model = nn.MLP(3, [2], output_activation="sigmoid" if loss == "bce" else None, rng=0)
        history = nn.fit(
            model, loss, X, Y, epochs=300, engine=engine, metrics="accuracy",
            optimizer=nn.Adam(model.parameters(), lr=0.1),
        )  # fmt: skip
        runs.append(history)
    assert runs[1].loss == pytest.approx(runs[0].loss, rel=1e-9)
    assert runs[1].metrics == runs[0].metrics
    assert runs[0].metrics["accuracy"][-1] == 1.0
    right = (nn.predict(model, X) > (0.5 if loss == "bce" else 0)) == Y
    assert right.all()
    with pytest.raises(ValueError, match=r"Y\[0\]: (logistic|binary_cross_entropy) takes"):
        nn.fit(model, loss, X, Y + 1)
