"""Random functions through the compiler, against the scalar engine: never silently wrong.

The suite runs a few hundred; ``python -m tests.compiler.test_fuzz 0 10000`` runs as many as
asked for and counts the fallbacks.
"""

from __future__ import annotations

import math
import sys
from collections import Counter

import numpy as np
import pytest

from autograd import compile

from .poison import poisoned
from .random_graphs import eager, random_batch, random_graph
from .test_workspace import readable


def outcome(seed: int, target: str, batch_size: int | None = None) -> str:
    """What became of one random function: "equal", "fallback", or that it has no finite value."""
    graph = random_graph(seed)
    batch = random_batch(graph, seed, 4)
    try:
        values, mean, slopes = eager(graph, batch)
    except (ValueError, ZeroDivisionError):
        return "outside its domain"
    if not all(map(math.isfinite, (*values, *slopes.values()))):
        return "not finite"
    # An array program is not asked for by name: one that is wrong must fall back, not raise.
    wanted = None if target == "numpy" else target
    program = compile(graph.f, batch_size=batch_size, target=wanted)
    program.wide = 0
    value, gradient = program.value_and_grad(*batch)
    assert value == pytest.approx(mean, rel=1e-12, abs=1e-12), seed
    assert program(*batch).tolist() == pytest.approx(values, rel=1e-11, abs=1e-12), seed
    largest = max(map(abs, slopes.values()))
    assert set(program.parameters) >= {p for p, slope in slopes.items() if slope}, seed
    expected = [slopes[parameter] for parameter in program.parameters]
    tolerance = 1e-12 * largest + 1e-15
    assert gradient.tolist() == pytest.approx(expected, rel=0, abs=tolerance), seed
    if target == "numpy" and not program.note:
        read, slopes_read = readable(program, batch)
        assert read == pytest.approx(mean, rel=1e-12, abs=1e-12), seed
        assert slopes_read.tolist() == pytest.approx(expected, rel=0, abs=tolerance), seed
        if batch_size is None:  # another size in between leaves nothing behind
            program.value_and_grad(*([*column[::-1], *column] for column in batch))
        again = program.value_and_grad(*batch)
        assert again[0] == value and again[1].tolist() == gradient.tolist(), seed
    return "fallback" if program.note else "equal"


@pytest.mark.parametrize("first", range(0, 300, 50))
def test_arrays(first: int) -> None:
    counts = Counter(outcome(seed, "numpy") for seed in range(first, first + 50))
    assert counts["equal"] >= 45 and counts["fallback"] <= 1


@pytest.mark.parametrize("first", range(1000, 1100, 50))
def test_buffers(first: int) -> None:
    counts = Counter(outcome(seed, "numpy", 4) for seed in range(first, first + 50))
    assert counts["equal"] >= 45 and counts["fallback"] <= 1


@pytest.mark.parametrize("first", range(2000, 2100, 50))
def test_straight_line(first: int) -> None:
    counts = Counter(outcome(seed, "python") for seed in range(first, first + 50))
    assert counts["equal"] >= 45


@pytest.mark.parametrize("target", ["numpy", "python"])
def test_found_by_longer_runs(target: str) -> None:
    """Where a gate becomes a number on the way to plain operations, it is one of each sample."""
    assert outcome(60065, target) == "equal"


if __name__ == "__main__":
    np.empty = poisoned  # as in the suite
    start, stop = map(int, sys.argv[1:3])
    target = sys.argv[3] if sys.argv[3:] else "numpy"
    size = 4 if sys.argv[4:] else None
    totals: Counter[str] = Counter()
    for each in range(start, stop):
        result = outcome(each, target, size)
        totals[result] += 1
        if result == "fallback":
            print("fallback: seed", each)
    print(dict(totals))
