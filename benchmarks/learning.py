"""``python -m benchmarks.learning``: what is learned, and how long it takes, beside others.

The same network (32 hidden neurons), the same rule (Adam), the same number of epochs and batches
of 32, from weights and orders of each library's own drawing, on inputs scaled to mean 0 and
deviation 1. Time is of the CPU, on one thread, from arrays to a trained network: building,
compiling, training. The score is of the samples held out, a quarter: accuracy, or R² for
``diabetes``. Each is the mean over the seeds, ± its standard deviation; the time is the median.
The network of ``sequence`` is recurrent, but for scikit-learn, which has none: there it is the
same perceptron as ever, and sees all steps at once.
"""

from __future__ import annotations

import argparse
import random
import sys
import warnings
from collections.abc import Callable
from statistics import median
from time import process_time
from typing import Any, NamedTuple

import numpy as np

import nn

__all__ = ["TASKS", "Task", "main", "ours", "scikit_learn", "table", "torch"]

HIDDEN, RATE, BATCH = 32, 0.01, 32


class Task(NamedTuple):
    """Samples, and how many epochs are worth training."""

    X: Any
    Y: Any
    epochs: int
    classes: int  # 0 for a regression
    recurrent: bool = False


def _scaled(X: Any) -> Any:
    return (X - X.mean(0)) / np.where(X.std(0), X.std(0), 1.0)


def digits() -> Task:
    from sklearn.datasets import load_digits

    X, Y = load_digits(return_X_y=True)
    return Task(_scaled(X), Y, 20, 10)


def cancer() -> Task:
    from sklearn.datasets import load_breast_cancer

    X, Y = load_breast_cancer(return_X_y=True)
    return Task(_scaled(X), Y, 20, 2)


def moons() -> Task:
    from sklearn.datasets import make_moons

    X, Y = make_moons(600, noise=0.2, random_state=0)
    return Task(_scaled(X), Y, 60, 2)


def diabetes() -> Task:
    from sklearn.datasets import load_diabetes

    X, Y = load_diabetes(return_X_y=True)
    return Task(_scaled(X), _scaled(Y), 20, 0)


def sequence() -> Task:
    """Is the last of eight numbers above the first?"""
    X = np.random.default_rng(0).normal(size=(800, 8))
    return Task(X, (X[:, -1] > X[:, 0]).astype(int), 40, 2, recurrent=True)


TASKS: dict[str, Callable[[], Task]] = {
    "digits": digits,
    "breast cancer": cancer,
    "moons": moons,
    "diabetes": diabetes,
    "sequence": sequence,
}

# ---------------------------------------------------------------------- the three libraries
# Each learns from X and Y, and gives a function that predicts: classes, or numbers.


class Recurrent(nn.Module):
    """hₜ = tanh(W·[xₜ, hₜ₋₁] + b), and the logits of the last one."""

    def __init__(self, outputs: int, rng: int) -> None:
        self.cell = nn.Layer(1 + HIDDEN, HIDDEN, "tanh", rng=rng)
        self.head = nn.Layer(HIDDEN, outputs, rng=rng + 1)

    def forward(self, xs: Any) -> Any:
        h: list[Any] = [0.0] * HIDDEN
        for x in xs:
            h = self.cell([x, *h])
        return self.head(h)


def ours(task: Task, X: Any, Y: Any, seed: int) -> Callable[[Any], Any]:
    model: nn.Module = nn.MLP(X.shape[1], [HIDDEN, task.classes or 1], rng=seed)
    if task.recurrent:
        model = Recurrent(task.classes, seed)
    nn.fit(
        model,
        "cross_entropy" if task.classes else "squared_error",
        X,
        Y,
        optimizer=nn.Adam(model.parameters(), lr=RATE),
        epochs=task.epochs,
        batch_size=BATCH,
        rng=seed,
        engine="compiled",
        progress=False,
    )

    def predict(X: Any) -> Any:
        outputs = nn.predict(model, X, engine="compiled")
        return outputs.argmax(1) if task.classes else outputs

    return predict


def scikit_learn(task: Task, X: Any, Y: Any, seed: int) -> Callable[[Any], Any]:
    """A perceptron; of a sequence it sees all steps at once."""
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    model = (MLPClassifier if task.classes else MLPRegressor)(
        hidden_layer_sizes=(HIDDEN,),
        alpha=0.0,
        batch_size=BATCH,
        learning_rate_init=RATE,
        max_iter=task.epochs,
        n_iter_no_change=task.epochs,
        tol=0.0,
        random_state=seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that all epochs were needed
        model.fit(X, Y)
    return model.predict  # type: ignore[no-any-return]


def torch(task: Task, X: Any, Y: Any, seed: int) -> Callable[[Any], Any]:
    import torch as t

    t.set_num_threads(1)
    t.manual_seed(seed)
    outputs = task.classes or 1
    recurrent = t.nn.RNN(1, HIDDEN, batch_first=True)
    head = t.nn.Linear(HIDDEN, outputs)
    perceptron = t.nn.Sequential(t.nn.Linear(X.shape[1], HIDDEN), t.nn.ReLU(), head)
    modules = t.nn.ModuleList([recurrent, head] if task.recurrent else [perceptron])

    def model(x: Any) -> Any:
        return head(recurrent(x[:, :, None])[0][:, -1]) if task.recurrent else perceptron(x)

    loss = t.nn.CrossEntropyLoss() if task.classes else t.nn.MSELoss()
    optimizer = t.optim.Adam(modules.parameters(), lr=RATE)
    x: Any = t.tensor(X, dtype=t.float32)
    y: Any = t.tensor(Y) if task.classes else t.tensor(Y, dtype=t.float32)[:, None]
    for _ in range(task.epochs):
        order: Any = t.randperm(len(x))
        for batch in order.split(BATCH):
            optimizer.zero_grad()
            loss(model(x[batch]), y[batch]).backward()
            optimizer.step()

    def predict(X: Any) -> Any:
        with t.no_grad():
            outputs = model(t.tensor(X, dtype=t.float32)).numpy()
        return outputs.argmax(1) if task.classes else outputs[:, 0]

    return predict


LIBRARIES = {"nn": ours, "scikit-learn": scikit_learn, "torch": torch}

# ---------------------------------------------------------------------- the table


def score(task: Task, predicted: Any, Y: Any) -> float:
    """Accuracy, or R²."""
    if task.classes:
        return float(np.mean(predicted == Y))
    return float(1 - np.mean((predicted - Y) ** 2) / np.var(Y))


def table(names: list[str], seeds: int) -> dict[str, dict[str, tuple[list[float], list[float]]]]:
    """The scores and the seconds of each library for each task."""
    found: dict[str, dict[str, tuple[list[float], list[float]]]] = {}
    for name in names:
        task = TASKS[name]()
        order = np.random.default_rng(0).permutation(len(task.X))
        held, rest = np.split(order, [len(order) // 4])
        rows = found[name] = {library: ([], []) for library in LIBRARIES}
        for seed in range(seeds):
            turns = list(LIBRARIES.items())
            random.Random(seed).shuffle(turns)
            for library, learn in turns:
                start = process_time()
                predict = learn(task, task.X[rest], task.Y[rest], seed)
                seconds = process_time() - start
                scores, times = rows[library]
                scores.append(score(task, predict(task.X[held]), task.Y[held]))
                times.append(seconds)
    return found


def main(arguments: list[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="benchmarks.learning", description=__doc__)
    parser.add_argument("tasks", nargs="*", help=f"of {', '.join(TASKS)}; all by default")
    parser.add_argument("--seeds", type=int, default=5)
    given = parser.parse_args(arguments)
    unknown = set(given.tasks) - set(TASKS)
    if unknown:
        sys.exit(f"unknown task {', '.join(sorted(unknown))}: there are {', '.join(TASKS)}")
    for learn in LIBRARIES.values():  # nobody pays for the first import
        task = TASKS["moons"]()._replace(epochs=1)
        learn(task, task.X[:64], task.Y[:64], 0)
    print(f"{'':14}" + "".join(f"{library:>26}" for library in LIBRARIES))
    for name, rows in table(given.tasks or list(TASKS), given.seeds).items():
        cells = [
            f"{np.mean(scores):.3f} ± {np.std(scores):.3f} {1e3 * median(times):7.0f} ms"
            for scores, times in rows.values()
        ]
        print(f"{name:14}" + "".join(f"{cell:>26}" for cell in cells))


if __name__ == "__main__":
    main()
