"""Random programs as people write them, over batches of several sizes, against the engine.

``python -m tests.compiler.test_families 0 10000`` runs as many as asked for.
"""

from __future__ import annotations

import sys
from collections import Counter
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Value, compile

from .families import program
from .poison import poisoned


def eager(loss: Any, xs: Any, ys: Any, parameters: list[Value], total: bool) -> Any:
    """The loss of a batch and its gradient, by the scalar engine."""

    def values(thing: Any) -> Any:
        return [values(each) for each in thing] if isinstance(thing, list) else Value(thing)

    for parameter in parameters:
        parameter.grad = None
    losses = [loss(values(x), values(y)) for x, y in zip(xs.tolist(), ys.tolist(), strict=True)]
    whole = ag.sum(losses) / (1.0 if total else len(losses))
    whole.backward()
    return whole.data, [parameter.grad or 0.0 for parameter in parameters]


def outcome(seed: int, target: str = "") -> str:
    """The family of a program that gives what the engine gives, for batches of several sizes."""
    family, loss, shape, classes, options, tokens = program(seed)
    if target:
        options["target"] = target
    compiled = compile(loss, **options)
    compiled.wide = 0  # arrays, however narrow
    source = np.random.default_rng(seed)
    dtype = options.get("dtype", "float64")
    sizes = (6, 6, 6) if "batch_size" in options else (6, 1) if target else (6, 3, 6, 1)
    for size in sizes:
        xs = source.normal(size=(size, *shape))
        if tokens:
            xs = source.integers(0, tokens, xs.shape)
        xs = xs.astype(dtype)
        ys = source.integers(0, classes, size) if classes else source.choice([-1, 1], size)
        ys = ys.astype(dtype)
        value, gradient = compiled.value_and_grad(xs, ys)
        total = options.get("reduction") == "sum"
        expected, slopes = eager(loss, xs, ys, compiled.parameters, total)
        tolerance = 1e-9 if dtype == "float64" else 2e-3
        largest = max(map(abs, slopes), default=0.0)
        assert value == pytest.approx(expected, rel=tolerance, abs=tolerance), (seed, family)
        assert gradient.dtype == dtype
        wrong = abs(gradient - np.array(slopes)).max(initial=0)
        assert wrong <= tolerance * max(largest, 1e-3), (seed, family)
    assert not compiled.note, (seed, family, compiled.note)
    return family


@pytest.mark.parametrize("first", range(0, 60, 20))
def test_families(first: int) -> None:
    for seed in range(first, first + 20):
        outcome(seed)


@pytest.mark.parametrize("seed", [40004])
def test_found_by_longer_runs(seed: int) -> None:
    """A graph of neighbours whose own terms differ in number: a gap read what is not there."""
    outcome(seed)


if __name__ == "__main__":
    np.empty = poisoned  # as in the suite
    print(dict(Counter(map(outcome, range(int(sys.argv[1]), int(sys.argv[2]))))))
