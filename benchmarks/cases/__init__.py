"""The cases of ``python -m benchmarks`` by family and name, and what is wanted of each.

Making one may take a while (784-512-512-10 has 669,706 Values), so the table holds functions.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ..case import Case, Wanted
from . import attention, dense, gpt, lenet, recurrent, sums

__all__ = ["FAMILIES"]

FAMILIES: dict[str, dict[str, Callable[[], Case]]] = {
    "dense": {
        "2-16-16-1": partial(dense.dense, [2, 16, 16, 1], 100, Wanted(0.9, c=0.25)),
        "4-6-3": partial(dense.dense, [4, 6, 3], 120, Wanted(0.9, c=0.35)),
        "64-32-10": partial(dense.dense, [64, 32, 10], 64, Wanted(1.0, c=0.6)),
        "64-32-10-one": partial(dense.dense, [64, 32, 10], 1, Wanted(c=0.15)),
        "64-32-10-large": partial(dense.dense, [64, 32, 10], 4096, Wanted(1.0)),
        "784-512-512-10": partial(
            dense.dense, [784, 512, 512, 10], 64, Wanted(1.0, torch=0.8, jax=1.0)
        ),
        "784-512-512-10-large": partial(
            dense.dense, [784, 512, 512, 10], 4096, Wanted(1.0, torch=1.0, jax=1.0)
        ),
    },
    "attention": {
        f"attention-{steps}": partial(attention.attention, steps, Wanted(1.2, lines=50))
        for steps in (8, 16, 32)
    },
    "causal": {
        f"causal-{steps}": partial(attention.attention, steps, Wanted(1.5), causal=True)
        for steps in (8, 16, 32)
    },
    "sums": {
        "graph": partial(sums.graph, Wanted(1.5)),
        "prefix": partial(sums.prefix, Wanted(1.5)),
    },
    "recurrent": {
        "lstm": partial(recurrent.lstm, Wanted(1.05, lines=80)),
        "gru": partial(recurrent.gru, Wanted(1.05)),
        "rnn-50": partial(recurrent.rnn, 50, Wanted(lines=60)),
        "rnn-200": partial(recurrent.rnn, 200, Wanted(lines=60)),
        "recurrence": partial(recurrent.recurrence, Wanted()),
    },
    "convolution": {"lenet": partial(lenet.lenet, Wanted(1.0))},
    "gpt": {
        "gpt-block": partial(gpt.block, Wanted(lines=120)),
        "gpt-whole": partial(gpt.gpt, Wanted(1.3, lines=160, seconds=10)),
    },
}
