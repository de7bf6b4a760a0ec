"""engine="jax": the steps of one process, however many devices and processes there are."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

import nn
from demos.many_machines import data, free_address, start, train


@pytest.fixture(autouse=True)
def float64() -> Iterator[None]:
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", False)


def test_two_processes_take_the_steps_of_one(tmp_path: Path) -> None:
    """Of 1001 rows one has 501 and the other 500; loss and weights of 50 steps."""
    losses, weights, _ = train(*data(), "compiled")
    told, found, _ = start(tmp_path / "found.npz", 2)
    assert len(losses) == 50 and losses[-1] < losses[0]
    assert told == pytest.approx(losses, rel=1e-12)
    assert found == pytest.approx(weights, rel=1e-12, abs=1e-12)


DYING = """
import os, sys, jax
rank, address, saved = int(sys.argv[1]), sys.argv[2], sys.argv[3]
jax.distributed.initialize(address, 2, rank)
import nn
from demos.many_machines import data
X, Y = data()
model = nn.Neuron(8, None, rng=0)

def callback(epoch):
    if rank == 0:
        nn.save(model, saved)
    elif epoch.number == 3:
        os._exit(0)

try:
    nn.fit(model, "logistic", X, Y, engine="jax", epochs=1000, callback=callback)
except RuntimeError as error:
    print(error, flush=True)
os._exit(0)
"""


def test_a_process_that_dies(tmp_path: Path) -> None:
    saved = tmp_path / "weights.safetensors"
    command = [sys.executable, "-c", DYING]
    address = free_address()
    survivor, other = (
        subprocess.Popen([*command, rank, address, str(saved)], stdout=subprocess.PIPE, text=True)
        for rank in "01"
    )
    said = survivor.communicate(timeout=200)[0]
    other.communicate()
    assert "process 0 of 2: another process has ended" in said
    model = nn.Neuron(8, None, rng=0)
    start = [parameter.data for parameter in model.parameters()]
    nn.load(model, saved)
    assert start != [parameter.data for parameter in model.parameters()]


@pytest.mark.parametrize("batch_size", [None, 7])
def test_fit(batch_size: int | None) -> None:
    X, Y = (each[:50] for each in data())
    histories, weights = [], []
    for engine in ("compiled", "jax"):
        model = nn.Sequential(nn.MLP(8, [5], rng=0), nn.Dropout(0.5, rng=1), nn.Layer(5, 1, rng=2))
        histories.append(
            nn.fit(
                model,
                "logistic",
                X,
                Y,
                engine=engine,
                epochs=4,
                batch_size=batch_size,
                l2=0.01,
                sample_weight=1 + Y,
                metrics="accuracy",
                validation=0.2,
                clip=0.5,
                optimizer=nn.Adam(model.parameters(), lr=0.1),
            )
        )
        weights.append([p.data for p in model.parameters()])
    one, other = histories
    assert other.engine == "jax" and other.metrics == one.metrics
    assert other.loss == pytest.approx(one.loss, rel=1e-12)
    assert other.validation_loss == pytest.approx(one.validation_loss, rel=1e-12)
    assert weights[1] == pytest.approx(weights[0], rel=1e-10)


def test_float32_where_jax_has_no_float64() -> None:
    jax.config.update("jax_enable_x64", False)
    line = nn.Neuron(1, None, init="zeros")
    nn.fit(line, "squared_error", [1, 2, 3], [3, 5, 7], epochs=500, engine="jax")
    assert line.weight[0].data == pytest.approx(2, abs=1e-4)
    assert line.weight[0].data == np.float32(line.weight[0].data)


def test_what_is_not_finite_names_the_sample() -> None:
    model: Any = nn.Neuron(1, "exp" if "exp" in nn.ACTIVATIONS else None, init="zeros")
    with pytest.raises(ValueError, match="epoch"):
        nn.fit(model, "squared_error", [1, 1e3], [3, 1e3], epochs=500, engine="jax")


def test_without_jax(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(ImportError, match=r"pip install 'gatewise\[jax\]'"):
        nn.fit(nn.Neuron(1, None), "squared_error", [1, 2], [1, 2], engine="jax")
