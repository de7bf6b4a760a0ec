"""Programs in C: the pinned examples and random ones, against the engine.

``python -m tests.compiler.test_c 0 2000`` runs as many random programs as asked for.
"""

from __future__ import annotations

import math
import os
import sys
from collections import Counter
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Value, compile
from autograd.compiler import c, language, native
from autograd.compiler.language import Along, Input, Parameters

from . import families, random_graphs
from .examples import EXAMPLES, draw
from .test_families import eager as eager_batch
from .test_golden import eager

OPERATIONS = {
    each
    for each in vars(language).values()
    if isinstance(each, type) and issubclass(each, language.Array) and each is not language.Array
}


def close(found: Any, expected: Any, tolerance: float = 1e-12) -> bool:
    """Whether numbers are alike, NaN and inf as well, for the largest of them."""
    found, expected = np.asarray(found, float), np.asarray(expected, float)
    finite = np.isfinite(expected)
    if not np.array_equal(found[~finite], expected[~finite], equal_nan=True):
        return False
    largest = np.abs(expected[finite]).max(initial=1e-3)
    return bool((np.abs(found[finite] - expected[finite]) <= tolerance * largest).all())


def graph(seed: int) -> str:
    """What became of one random graph."""
    made = random_graphs.random_graph(seed)
    batch = random_graphs.random_batch(made, seed, 11)
    try:
        values, mean, slopes = random_graphs.eager(made, batch)
    except (ValueError, ZeroDivisionError):
        return "outside its domain"
    if not all(map(math.isfinite, (*values, *slopes.values()))):
        return "not finite"
    try:
        program = compile(made.f, target="c")
        value, gradient = program.value_and_grad(*batch)
    except ValueError as refusal:
        return f"refused: {refusal}"[:70]
    assert close(value, mean, 1e-11), seed
    assert close(program(*batch), values, 1e-11), seed
    expected = [slopes[parameter] for parameter in program.parameters]
    assert close(gradient, expected, 1e-11), seed
    return "equal"


def family(seed: int) -> str:
    """The family of a program that gives what the engine gives, for batches of several sizes."""
    name, loss, shape, classes, options, tokens = families.program(seed)
    options.pop("target", None)
    program = compile(loss, **options, target="c")
    source = np.random.default_rng(seed)
    dtype = options.get("dtype", "float64")
    for size in (6, 6) if "batch_size" in options else (11, 1, 3):
        xs = source.normal(size=(size, *shape))
        if tokens:
            xs = source.integers(0, tokens, xs.shape)
        ys = source.integers(0, classes, size) if classes else source.choice([-1, 1], size)
        xs, ys = xs.astype(dtype), ys.astype(dtype)
        value, gradient = program.value_and_grad(xs, ys)
        total = options.get("reduction") == "sum"
        expected, slopes = eager_batch(loss, xs, ys, program.parameters, total)
        tolerance = 1e-11 if dtype == "float64" else 2e-3
        assert close(value, expected, tolerance), (seed, name)
        assert gradient.dtype == dtype
        assert close(gradient, slopes, tolerance), (seed, name)
    return name


if __name__ == "__main__":
    native.FAST = ["-O0"]
    totals: Counter[str] = Counter()
    for each in range(int(sys.argv[1]), int(sys.argv[2])):
        totals[graph(each)] += 1
        totals[family(each)] += 1
    print(dict(totals))
