"""A model that changes something in a forward pass is not compiled, and the attempt is undone."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nn

X = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
Y = [0, 1, 1, 0]
GENERATOR = random.Random(0)


class Scaled(nn.Module):
    """A layer whose output is sometimes scaled, as ``sometimes`` says."""

    def __init__(self) -> None:
        self.layer = nn.Layer(2, 1, rng=0)

    def sometimes(self) -> bool:
        raise NotImplementedError

    def forward(self, x: Any) -> Any:
        (y,) = self.layer(x)
        return 3 * y if self.sometimes() else y


class OwnGenerator(Scaled):
    """Stochastic depth: it looks at a random number of its own."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.generator = random.Random(seed)

    def sometimes(self) -> bool:
        return self.training and self.generator.random() < 0.3


class NestedGenerator(OwnGenerator):
    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self._things = {"generators": [np.random.default_rng(seed)]}

    def sometimes(self) -> bool:
        return bool(self._things["generators"][0].random() < 0.3)


class Counting(Scaled):
    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def sometimes(self) -> bool:
        self.calls += 1
        return self.calls >= 12


class Noting(Scaled):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[int] = []

    def sometimes(self) -> bool:
        self.seen.append(1)
        return False


class Caching(Scaled):
    def forward(self, x: Any) -> Any:
        self.hidden = self.layer(x)
        return self.hidden[0]


class PythonsGenerator(Scaled):
    def sometimes(self) -> bool:
        return random.random() < 0.3


class NumpysGenerator(Scaled):
    def sometimes(self) -> bool:
        return bool(np.random.rand() < 0.3)


def draw() -> float:
    return GENERATOR.random()


class GlobalGenerator(Scaled):
    """Reaches its generator through another method and a function."""

    def sometimes(self) -> bool:
        return draw() < 0.3


MODELS: dict[str, tuple[Callable[[], nn.Module], str]] = {
    **{
        f"own generator, seed {k}": (lambda k=k: OwnGenerator(k), "attribute generator of Own")  # type: ignore[misc]
        for k in range(4)
    },
    "nested generator": (lambda: NestedGenerator(0), "attribute _things of NestedGenerator"),
    "counting": (Counting, "the attribute calls of Counting"),
    "noting": (Noting, "the attribute seen of Noting"),
    "caching": (Caching, "the attribute hidden of Caching"),
    "Python's generator": (PythonsGenerator, "a random generator"),
    "NumPy's generator": (NumpysGenerator, "a random generator"),
    "a generator of the module": (GlobalGenerator, "a random generator"),
}


def fitted(make: Callable[[], nn.Module], engine: str) -> tuple[nn.History, list[float]]:
    random.seed(1)
    np.random.seed(1)
    GENERATOR.seed(1)
    model = make()
    history = nn.fit(model, "squared_error", X, Y, epochs=5, batch_size=2, engine=engine)
    return history, [parameter.data for parameter in model.parameters()]


@pytest.mark.parametrize("name", MODELS)
def test_auto_does_what_eager_does(name: str) -> None:
    make, reason = MODELS[name]
    (eager, weights), (auto, same) = fitted(make, "eager"), fitted(make, "auto")
    assert auto.engine.startswith("eager, because it can't be compiled")
    assert reason in auto.engine or "does not compute the same thing twice" in auto.engine
    assert (auto.loss, same) == (eager.loss, weights), "the trace was undone"
    with pytest.raises(ValueError, match=f"{reason}|the same thing twice"):
        fitted(make, "compiled")


def test_a_generator_that_the_loss_draws_from() -> None:
    generator = random.Random(0)

    def loss(f: Any, y: Any) -> Any:
        return nn.squared_error(f, y) * (3 if generator.random() < 0.01 else 1)

    state = generator.getstate()
    with pytest.raises(ValueError, match="a random generator is changed by a forward pass"):
        nn.fit(nn.MLP(2, [1], rng=0), loss, X, Y, engine="compiled")
    assert generator.getstate() == state


def test_a_second_network_in_the_loss() -> None:
    """Only the masks of the model itself come in from outside."""
    teacher = nn.Sequential(nn.Layer(1, 3, rng=0), nn.Dropout(0.001, rng=0))

    def loss(f: Any, y: Any) -> Any:
        return nn.squared_error(f, sum(teacher([y])))

    model = nn.MLP(2, [1], rng=0)
    history = nn.fit(model, loss, X, Y, epochs=1)
    assert "the attribute generator of Dropout(0.001) is changed" in history.engine
    teacher.eval()
    assert nn.fit(model, loss, X, Y, epochs=1).engine == "compiled"


def test_dropout_is_compiled_for_its_masks_come_in_from_outside() -> None:
    def make() -> nn.Module:
        return nn.Sequential(nn.Layer(2, 4, rng=0), nn.Dropout(0.5, rng=0), nn.Layer(4, 1, rng=1))

    (eager, weights), (auto, same) = fitted(make, "eager"), fitted(make, "auto")
    assert auto.engine == "compiled"
    assert auto.loss == pytest.approx(eager.loss, rel=1e-9)
    assert same == pytest.approx(weights, rel=1e-9)


def test_attributes_of_any_kind_do_no_harm() -> None:
    def make() -> nn.Module:
        model = Scaled()
        model.sometimes = lambda: False  # type: ignore[method-assign]
        model.limit, model.table, model.name = float("nan"), np.ones(3), "x"
        return model

    assert fitted(make, "auto")[0].engine == "compiled"
