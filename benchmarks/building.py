"""What a program costs before its first call, and what a call costs beyond its arithmetic."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

import numpy as np

import autograd as ag
from autograd.compiler import program as programs

from .cases.dense import Network
from .measure import take_turns

__all__ = ["building", "built", "overhead"]


def resident() -> float | None:
    """The most memory this process has held, in MB; None where the system does not say."""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def built(sizes: list[int], plus: bool) -> dict[str, Any]:
    """Build a program, in a process of its own so that the memory is its own, too."""
    network = Network(sizes, plus)
    checks: list[float] = []
    check = programs.Program._check

    def timed(*arguments: Any) -> None:
        start = process_time()
        check(*arguments)
        checks.append(process_time() - start)

    programs.Program._check = timed  # type: ignore[method-assign, assignment]
    before = resident()
    start = process_time()
    program = ag.compile(network.cross_entropy, shapes=[(sizes[0],), ()], target="numpy")
    seconds = process_time() - start
    after = resident()
    programs.Program._check = check  # type: ignore[method-assign]
    return {
        "parameters": f"{len(program.parameters):,}",
        "seconds": seconds,
        "of that the check": f"{sum(checks) / seconds:.0%}",
        "MB beyond the Values": None if after is None else f"{after - (before or 0.0):,.0f}",
    }


def building(turns: int) -> list[dict[str, Any]]:
    """From the function to its program, from neurons of ``dot`` and of + and *."""
    rows = []
    for sizes in ([64, 64, 10], [784, 512, 512, 10]):
        for plus in (False, True):
            results = []
            for _ in range(min(turns, 3)):
                spawn = multiprocessing.get_context("spawn")
                with ProcessPoolExecutor(1, mp_context=spawn) as process:
                    results.append(process.submit(built, sizes, plus).result())
            results.sort(key=lambda result: result["seconds"])
            name = "-".join(map(str, sizes)) + (" from + and *" if plus else " from dot")
            rows.append({"": name, **results[len(results) // 2]})
    return rows


def overhead(turns: int) -> list[dict[str, Any]]:
    """Program.value_and_grad beyond the emitted function, for arrays just as it wants them."""
    network = Network([2, 16, 16, 1])
    program = ag.compile(network.hinge, shapes=[(2,), ()], target="numpy")
    source = np.random.default_rng(0)
    rows = []
    for batch in (1, 100):
        x, y = source.normal(size=(batch, 2)), source.choice([-1.0, 1.0], batch)
        emitted = emitted_function(program, x, y)
        calls = {"value_and_grad": lambda x=x, y=y: program.value_and_grad(x, y)}
        times = take_turns(calls | {"emitted": emitted}, 5 * turns, 100)
        beyond = median(
            a - b for a, b in zip(times["value_and_grad"], times["emitted"], strict=True)
        )
        medians = {name: median(each) for name, each in times.items()}
        name = f"2-16-16-1, B = {batch}"
        rows.append({"": name, **medians, "overhead": beyond, "wanted": "≤ 2 us"})
    return rows


def emitted_function(program: ag.compiler.Program, *data: Any) -> Callable[[], Any]:
    """What a call of the program runs in the end, bound to a workspace of this batch size."""
    arrays = program._run
    work = arrays.workspace(list(data), True)  # type: ignore[union-attr]
    return lambda: work.function(*data)
