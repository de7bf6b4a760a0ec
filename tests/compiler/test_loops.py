"""Steps that repeat are a loop in the source that people read, and give the same numbers.

``python -m tests.compiler.test_loops 0 10000`` runs as many random recurrences as asked for.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Value, compile
from autograd.compiler.build import namespace_of

from .examples import weights
from .poison import poisoned
from .recurrences import recurrence


def readable(program: Any, batch: list[Any]) -> tuple[float, Any]:
    """What the source that people read gives, run by itself."""
    source = program._built.sources["value_and_grad"]
    scope = namespace_of(source.names, program.dtype)
    exec(program.source, scope)
    gradient = np.full_like(program.theta, 7.0)
    columns = [each.reshape(len(each), -1) if each.ndim > 1 else each for each in batch]
    with np.errstate(all="ignore"):
        return float(scope["value_and_grad"](program.theta, *columns, gradient)), gradient


def same(f: Any, shapes: list[tuple[int, ...]], seed: int = 0, **options: Any) -> Any:
    """The program of f, after a comparison of what is read with what runs."""
    program: Any = compile(f, shapes=shapes, target="numpy", **options)
    assert not program.note
    source = np.random.default_rng(seed)
    batch = [source.normal(size=(4, *shape)).astype(program.dtype) for shape in shapes]
    value, gradient = program.value_and_grad(*batch)
    told, slopes = readable(program, batch)
    tolerance = 1e-11 if program.dtype == "float64" else 1e-3
    assert told == pytest.approx(value, rel=tolerance)
    largest = max(float(abs(gradient).max()), 1e-3)
    assert abs(gradient - slopes).max() <= tolerance * largest
    return program


def loops(program: Any) -> list[str]:
    return [line.strip() for line in program.source.splitlines() if " for t in " in line]


def outcome(seed: int) -> int:
    made = recurrence(seed)
    dtype = "float32" if seed % 7 == 0 else "float64"
    return len(loops(same(made.loss, made.shapes, seed, dtype=dtype)))


@pytest.mark.parametrize("first", range(0, 60, 20))
def test_random_recurrences(first: int) -> None:
    found = [outcome(seed) for seed in range(first, first + 20)]
    assert sum(each > 0 for each in found) >= 10


def rnn(steps: int, order: list[int] | None = None) -> Any:
    """A recurrent network as in a lecture: h = tanh(W x[t] + U h + b)."""
    rng = random.Random(1)
    w, u, b = weights(rng, 3, 2), weights(rng, 3, 3), weights(rng, 3)

    def loss(x: list[Any], y: Any) -> Any:
        h: list[Any] = []
        for t in order or range(steps):
            h = [
                ag.tanh(ag.dot(wi, x[t], bi) + (ag.dot(ui, h) if h else 0))
                for wi, ui, bi in zip(w, u, b, strict=True)
            ]
        return (ag.sum(h) - y) ** 2

    return same(loss, [(steps, 2), ()])


def gru(steps: int) -> Any:
    rng = random.Random(2)
    (wz, uz, bz), (wr, ur, br), (wh, uh, bh) = (
        (weights(rng, 3, 2), weights(rng, 3, 3), weights(rng, 3)) for _ in range(3)
    )

    def layer(w: Any, u: Any, b: Any, x: Any, h: Any) -> list[Any]:
        return [ag.dot(a, x) + ag.dot(c, h) + d for a, c, d in zip(w, u, b, strict=True)]

    def loss(x: list[Any], y: Any) -> Any:
        h: list[Any] = [0.0] * 3
        for each in x:
            update = [ag.sigmoid(v) for v in layer(wz, uz, bz, each, h)]
            reset = [ag.sigmoid(v) for v in layer(wr, ur, br, each, h)]
            kept = [a * b for a, b in zip(reset, h, strict=True)]
            new = [ag.tanh(v) for v in layer(wh, uh, bh, each, kept)]
            h = [(1 - a) * b + a * c for a, b, c in zip(update, h, new, strict=True)]
        return (ag.sum(h) - y) ** 2

    return same(loss, [(steps, 2), ()])


@pytest.mark.parametrize(("make", "steps", "most"), [(rnn, 200, 32), (gru, 10, 80), (gru, 50, 80)])
def test_length(make: Any, steps: int, most: int) -> None:
    assert make(steps).source.count("\n") <= most


def test_any_number_of_steps_reads_the_same() -> None:
    few, many = (rnn(steps).source.split("# forward")[1] for steps in (12, 31))
    assert many == few.replace("12", "31").replace("11", "30")


def test_backwards_in_time() -> None:
    program = rnn(8, [*range(8)][::-1])
    assert loops(program) == ["for t in reversed(range(7)):", "for t in range(7):"]
    assert "dZ1[t] = dA1[t] / np.cosh(Z1[t]) ** 2" in program.source


def test_every_second_step() -> None:
    program = rnn(20, [*range(0, 20, 2)])
    assert "X[:, 4*t:4*t + 2]" in program.source


def test_a_state_that_is_given_needs_no_step_of_its_own() -> None:
    a, b = Value(0.9), Value(0.1)

    def loss(x: list[Any], h: Any) -> Any:
        for each in x:
            h = ag.tanh(a * h + b * each)
        return h * h

    source = same(loss, [(9,), ()]).source
    assert "A1[-1] = H" in source and "for t in range(9):" in source


@pytest.mark.parametrize("steps", [2, 3, 4])
def test_few_steps_are_written_one_by_one(steps: int) -> None:
    assert not loops(rnn(steps))


def test_irregular_steps_are_no_loop() -> None:
    assert not loops(rnn(9, [3, 0, 5, 1, 8, 2, 7, 4, 6]))


def test_layers_with_weights_of_their_own_are_no_loop() -> None:
    rng = random.Random(3)
    layers = [(weights(rng, 4, 4), weights(rng, 4)) for _ in range(9)]

    def loss(x: list[Any], y: Any) -> Any:
        for rows, biases in layers:
            x = [ag.tanh(ag.dot(row, x, b)) for row, b in zip(rows, biases, strict=True)]
        return (ag.sum(x) - y) ** 2

    program = same(loss, [(4,), ()])
    assert not loops(program) and "W9" in program.source


def test_other_numbers_in_each_step_are_no_loop() -> None:
    w = Value(0.5)

    def loss(x: Any) -> Any:
        for t in range(9):
            x = ag.tanh(w * x) * (1 + 0.1 * t * t)
        return x * x

    assert not loops(same(loss, [()]))


def test_what_is_read_in_two_ways() -> None:
    """Here A[t] and A[8 - t], which for t = 4 are the same array."""
    w = Value(0.5)

    def loss(x: list[Any]) -> Any:
        states = [ag.tanh(w * x[0])]
        for each in x[1:]:
            states.append(ag.tanh(w * states[-1] + each))
        h: Any = 0.0
        for a, b in zip(states, states[::-1], strict=True):
            h = ag.tanh(w * h + a * b)
        return h * h

    for steps in (8, 9, 17):
        assert loops(same(loss, [(steps,)]))


def test_outputs_of_all_steps() -> None:
    w, v = Value(0.5), Value(0.3)

    def f(x: list[Any]) -> list[Any]:
        h: Any = 0.0
        found = []
        for each in x:
            h = ag.tanh(w * h + each)
            found.append(ag.exp(v * h))
        return found

    program = compile(f, shapes=[(9,)], target="numpy")
    assert "np.stack([A2[t] for t in range(9)], -1)" in program.source
    x = np.random.default_rng(0).normal(size=(3, 9))
    h, told = 0.0, []
    for column in x.T:
        h = np.tanh(0.5 * h + column)
        told.append(np.exp(0.3 * h))
    assert program(x) == pytest.approx(np.stack(told, -1), rel=1e-12)


def test_a_graph_without_a_batch() -> None:
    a, b, h = Value(0.9, "a"), Value(0.1, "b"), Value(0.3, "h")
    state = h
    for _ in range(20):
        state = ag.tanh(a * state + b)
    program: Any = compile(state * state, target="numpy")
    assert loops(program)
    value, gradient = program.value_and_grad()
    told, slopes = readable(program, [])
    assert told == pytest.approx(value) and slopes == pytest.approx(gradient)


def test_the_first_infinity_names_its_step() -> None:
    a, b = Value(3.0), Value(0.1)

    def loss(h: Any) -> Any:
        for _ in range(40):
            h = a * h * h + b
        return h

    program = compile(loss, shapes=[()], target="numpy")
    with pytest.raises(FloatingPointError, match=r"T\d\[t\] = Z\d\[t\] \* Z\d\[t\], at t = 8"):
        program.value_and_grad(np.full(3, 2.0))


def test_explain_counts_the_steps() -> None:
    said = rnn(9).explain().splitlines()
    assert any(line.startswith("A1[t] = np.tanh(Z1[t])") and "8 times" in line for line in said)
    assert len(said) < 10


def test_the_picture_has_a_box_for_all_steps() -> None:
    program = rnn(200)
    boxes, _ = program.boxes("backward")
    (box,) = (each for each in boxes if each.name == "A1")
    assert ("A1[t]", "tanh(Z1[t])") in box.lines and "Z1" in box.reads
    assert "dA1[t - 1] = dZ1[t] @ W2" in box.gradient


if __name__ == "__main__":
    np.empty = poisoned  # as in the suite
    print(dict(Counter(map(outcome, range(int(sys.argv[1]), int(sys.argv[2]))))))
