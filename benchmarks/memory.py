"""``python -m benchmarks.memory``: what a fit of a set as large as MNIST needs beyond the data.

60,000 × 784 numbers of float32, 188 MB, as an array, memory-mapped from a file, as an iterable of
batches, and a part of them as lists. Each in a process of its own, which trains one epoch; "until
the first step" is what passes before the first gradient, the network (784-32-10) being there.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np

import nn
from nn.compiling import Compiled

__all__ = ["main", "measure"]

SAMPLES, PIXELS, BATCH = 60_000, 784, 128
KINDS = ("array", "memory-mapped", "batches", "lists")
PART = 10  # of which one is enough as lists


def measure(kind: str, path: Path, samples: int = SAMPLES) -> dict[str, Any]:
    """Train one epoch; give seconds and the memory that was added, in MB."""
    random = np.random.default_rng(0)
    Y = random.integers(0, 10, samples)
    X: Any = np.load(path, mmap_mode=None if kind == "array" else "r")
    data = X.nbytes / 1e6
    if kind == "lists":
        samples //= PART
        X, Y, data = X[:samples].tolist(), Y[:samples], data / PART

    def batches() -> Iterator[tuple[Any, Any]]:
        for k in range(0, samples, BATCH):
            yield X[k : k + BATCH], Y[k : k + BATCH]

    model = nn.MLP(PIXELS, [32, 10], rng=0)
    optimizer = nn.SGD(model.parameters(), lr=0.01)
    first: list[tuple[float, float]] = []
    gradients = Compiled.gradients

    def noted(self: Any, batch: Any) -> Any:
        if not first:
            first.append((perf_counter(), process_time()))
        return gradients(self, batch)

    Compiled.gradients = noted  # type: ignore[method-assign]
    before, start, cpu = _peak(), perf_counter(), process_time()
    given = (batches,) if kind == "batches" else (X, Y)
    nn.fit(
        model, "cross_entropy", *given, optimizer=optimizer, epochs=1, batch_size=BATCH,
        progress=False,
    )  # fmt: skip
    Compiled.gradients = gradients  # type: ignore[method-assign]
    wall, cpu = first[0][0] - start, first[0][1] - cpu
    return {"data": data, "wall": wall, "cpu": cpu, "added": _peak() - before}


def _peak() -> float:
    """The most memory that this process has had, in MB (Linux counts in KiB, macOS in bytes)."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def main(arguments: list[str] | None = None) -> None:
    """Print the table; with a kind and a path, what one process measures."""
    given = sys.argv[1:] if arguments is None else arguments
    if given:
        print(json.dumps(measure(given[0], Path(given[1]))))
        return
    print(f"{'':14}{'data':>9}{'until the first step':>30}{'added at the peak':>20}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.npy")
        np.save(path, np.random.default_rng(0).random((SAMPLES, PIXELS), dtype=np.float32))
        for kind in KINDS:
            command = [sys.executable, "-m", "benchmarks.memory", kind, str(path)]
            found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
            seconds = f"{found['wall']:.2f} s, {found['cpu']:.2f} s of CPU"
            print(f"{kind:14}{found['data']:6.0f} MB{seconds:>30}{found['added']:17.0f} MB")


if __name__ == "__main__":
    main()
