"""One case measured: that its writings agree, then how long each takes.

One process, one thread, float64. The contenders take turns, so that a machine that gets slower or
faster meets them all, and a turn is a block of calls in a row, as training makes them: single
calls that alternate would hide what a program does to the memory from one call to the next, and
would find its caches full of the others' code and arrays. Seconds are the processor's for this
process, so that it matters less what else runs. The times are medians over the turns; the ratios
are medians of the turns' ratios.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.util import find_spec
from statistics import median
from time import process_time
from typing import Any, NamedTuple

import numpy as np

import autograd as ag
from autograd import Value

from .case import Arrays, Case, leaves

__all__ = ["Contender", "Row", "agree", "by_hand", "eager", "in_torch", "measure", "take_turns"]

BLOCK = 0.02  # seconds that a block of calls takes, about


class Contender(NamedTuple):
    """A function that computes loss and gradient and gives the loss; another gives the gradient."""

    step: Callable[[], float]
    gradient: Callable[[], Any]


class Row(NamedTuple):
    """What was measured of a case: seconds a call, and the program's size."""

    by_hand: float
    compiled: float | None = None
    ratio: float | None = None
    c: float | None = None
    ratio_of_c: float | None = None
    torch: float | None = None
    ratio_to_torch: float | None = None
    eager: float | None = None
    lines: int | None = None
    build: float | None = None
    note: str = ""
    jax: float | None = None
    jax_to_torch: float | None = None


# ----------------------------------------------------------------------- contenders


def flat(case: Case) -> list[Value]:
    """All the parameters, in the order in which the other writings have them."""
    return list(leaves(list(case.parameters.values())))


def views(case: Case, vector: Any) -> Arrays:
    """A vector of all the parameters, as an array for each name."""
    arrays, start = {}, 0
    for name, nested in case.parameters.items():
        shape: list[int] = []
        while isinstance(nested, list):
            shape.append(len(nested))
            nested = nested[0]
        size = int(np.prod(shape))
        arrays[name] = vector[start : start + size].reshape(shape)
        start += size
    return arrays


def by_hand(case: Case) -> Contender:
    """NumPy as an expert writes it; parameters and gradient are each one vector."""
    theta = np.array([leaf.data for leaf in flat(case)])
    gradient = np.full_like(theta, np.nan)  # whatever is not written is seen
    step = case.by_hand(views(case, theta), views(case, gradient), *case.data)
    return Contender(step, lambda: gradient)


def in_torch(case: Case) -> Contender:
    """Eager PyTorch: the loss, and its own walk back."""
    import torch

    assert case.in_torch is not None
    torch.set_num_threads(1)
    theta = np.array([leaf.data for leaf in flat(case)])
    tensors = {
        name: torch.tensor(array, requires_grad=True) for name, array in views(case, theta).items()
    }
    loss_of = case.in_torch(*case.data)

    def step() -> float:
        for each in tensors.values():
            each.grad = None
        loss: Any = loss_of(tensors)
        loss.backward()
        return float(loss.item())

    def gradient() -> Any:
        return np.concatenate([np.asarray(each.grad).ravel() for each in tensors.values()])

    return Contender(step, gradient)


def compiled(case: Case, program: ag.compiler.Program) -> Contender:
    """The compiled program, as users call it."""
    data = case.data

    def gradient() -> Any:
        place = {leaf: k for k, leaf in enumerate(program.parameters)}
        _, slopes = program.value_and_grad(*data)
        return np.asarray(slopes)[[place[leaf] for leaf in flat(case)]]

    return Contender(lambda: program.value_and_grad(*data)[0], gradient)


def in_jax(case: Case) -> Contender:
    """The program's pure function; parameters and data are arrays of JAX, as PyTorch's tensors."""
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")
    import jax

    jax.config.update("jax_enable_x64", True)
    program = ag.compile(case.loss, target="jax")
    program.value_and_grad(*case.data)
    function = jax.jit(program.function)
    theta, *data = map(jax.numpy.asarray, (program.theta, *case.data))

    def step() -> float:
        loss, _ = jax.block_until_ready(function(theta, *data))
        return float(loss)

    return compiled(case, program)._replace(step=step)


def eager(case: Case) -> Contender:
    """The engine itself, a graph for each sample."""
    parameters = flat(case)
    samples = list(zip(*(column.tolist() for column in case.data), strict=True))

    def step() -> float:
        total = 0.0
        for parameter in parameters:
            parameter.grad = None
        for sample in samples:
            loss = case.loss(*sample)
            loss.backward(1 / len(samples))
            total += loss.data
        return total / len(samples)

    return Contender(step, lambda: np.array([p.grad or 0.0 for p in parameters]))


def agree(case: Case, contenders: dict[str, Contender]) -> None:
    """See that all find the loss and the gradient of the first.

    Raises:
        AssertionError: one does not.
    """
    (_, first), *others = contenders.items()
    expected, slopes = first.step(), first.gradient()
    allowed = 1e-9 * max(1e-3, np.abs(slopes).max(initial=0))
    for name, contender in others:
        loss, gradient = contender.step(), contender.gradient()
        if not abs(loss - expected) <= 1e-9 * max(1.0, abs(expected)):
            raise AssertionError(f"{case.about}: the loss is {expected}, {name}: {loss}")
        if not np.abs(gradient - slopes).max(initial=0) <= allowed:
            worst = np.argmax(np.abs(gradient - slopes))  # a NaN, if there is one
            raise AssertionError(
                f"{case.about}: element {worst} of the gradient is {slopes[worst]}, "
                f"{name}: {gradient[worst]}"
            )


# --------------------------------------------------------------------------- timing


def take_turns(
    contenders: dict[str, Callable[[], Any]], turns: int, calls: int | None = None
) -> dict[str, list[float]]:
    """The processor's seconds for a call of each, in each of the turns.

    Args:
        contenders: by name.
        turns: how many blocks of calls each is given.
        calls: in a block; without it 10 to 100, as many as the first makes in 20 ms.
    """
    for call in contenders.values():
        call()
    if calls is None:
        first = next(iter(contenders.values()))
        start = process_time()
        for _ in range(3):
            first()
        calls = min(max(round(3 * BLOCK / (process_time() - start)), 10), 100)
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(turns):
        for name, call in contenders.items():
            start = process_time()
            for _ in range(calls):
                call()
            times[name].append((process_time() - start) / calls)
    return times


def measure(case: Case, turns: int) -> Row:
    """Build the program, compare, and time."""
    hand = by_hand(case)
    contenders = {"by hand": hand}
    program = ag.compile(case.loss, target=case.target)
    note, build, lines = "", None, None
    start = process_time()
    try:
        program.value_and_grad(*case.data)  # traces, builds, checks
    except (ValueError, RuntimeError) as problem:
        note = f"no program: {problem}"
    else:
        build = process_time() - start
        lines = len(program.source.splitlines())
        note = program.note
        contenders["compiled"] = compiled(case, program)
    if case.wanted.c is not None:
        in_c = ag.compile(case.loss, target="c")
        in_c.value_and_grad(*case.data)
        contenders["c"] = compiled(case, in_c)
    if case.in_torch is not None and find_spec("torch") is not None:
        contenders["torch"] = in_torch(case)
    if case.wanted.jax is not None and find_spec("jax") is not None:
        contenders["jax"] = in_jax(case)
    agree(case, contenders)
    few = case._replace(data=tuple(column[:2] for column in case.data))
    slow = eager(few)
    agree(few, {"by hand": by_hand(few), "eager": slow})
    start = process_time()
    slow.step()
    eager_seconds = (process_time() - start) / len(few.data[0]) * len(case.data[0])

    times = take_turns({name: each.step for name, each in contenders.items()}, turns)

    def ratio(name: str, of: str = "compiled") -> float | None:
        if name not in times or of not in times:
            return None
        return median(a / b for a, b in zip(times[of], times[name], strict=True))

    medians = {name: median(each) for name, each in times.items()}
    return Row(
        medians["by hand"],
        medians.get("compiled"),
        ratio("by hand"),
        medians.get("c"),
        ratio("by hand", "c"),
        medians.get("torch"),
        ratio("torch"),
        eager_seconds,
        lines,
        build,
        note,
        medians.get("jax"),
        ratio("torch", "jax"),
    )
