"""JAX over several processes, and on an accelerator: ``python -m benchmarks.scaling [--device]``.

Weak scaling: two processes on this machine, a core each, with as many samples each as one alone,
for dense networks of several widths. A ratio of 1 would be perfect; above 2 it would have been
faster to let one process do both halves. With --device: what one step of 784-512-512-10 takes on
whatever JAX computes on by itself, in float32, and how far it is from NumPy in float64.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

import autograd as ag
from demos.many_machines import free_address

from .cases.dense import Network

__all__ = ["main"]

NETWORKS = {  # the sizes of the layers, and the samples of a process
    "64-32-10": ([64, 32, 10], 512),
    "784-128-10": ([784, 128, 10], 512),
    "784-512-512-10": ([784, 512, 512, 10], 512),
    "784-512-512-10-large": ([784, 512, 512, 10], 4096),
}
STEPS = 10


def batch(sizes: list[int], count: int) -> tuple[Any, Any]:
    source = np.random.default_rng(0)
    x = source.normal(size=(count, sizes[0])).astype(np.float32)
    return x, source.integers(0, sizes[-1], count).astype(np.float32)


def program_of(sizes: list[int], target: str, dtype: str) -> ag.compiler.Program:
    network = Network(sizes)
    return ag.compile(network.cross_entropy, shapes=[sizes[0], ()], target=target, dtype=dtype)


def seconds_a_step(call: Any, theta: Any, data: Any) -> float:
    """Of ``STEPS`` in a row, each with what the one before gave; the median of five turns."""
    import jax

    step = jax.jit(lambda theta, *data: theta - 0.01 * call(theta, *data)[1])
    jax.block_until_ready(step(theta, *data))
    times = []
    for _ in range(5):
        start = perf_counter()
        for _ in range(STEPS):
            theta = step(theta, *data)
        jax.block_until_ready(theta)
        times.append((perf_counter() - start) / STEPS)
    return median(times)


# ------------------------------------------------------------------------- weak scaling


def work(name: str, address: str, count: int, rank: int) -> None:
    """What one process does; the first prints the seconds of a step."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {rank})  # a core each, as if these were machines
    import jax

    if count > 1:
        jax.distributed.initialize(address, count, rank)
    sizes, samples = NETWORKS[name]
    program = program_of(sizes, "jax", "float32")
    mesh = jax.sharding.Mesh(np.array(jax.devices()), ("rows",))
    rows = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("rows"))
    everywhere = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec())
    data = [jax.make_array_from_process_local_data(rows, each) for each in batch(sizes, samples)]
    theta = jax.device_put(program.theta, everywhere)
    seconds = seconds_a_step(program.function, theta, data)
    if rank == 0:
        print(seconds)


def seconds_in(name: str, count: int) -> float:
    """The seconds of a step in so many processes."""
    command = [sys.executable, "-m", "benchmarks.scaling", "--work", name, free_address()]
    processes = [
        subprocess.Popen([*command, str(count), str(rank)], stdout=subprocess.PIPE, text=True)
        for rank in range(count)
    ]
    said = [process.communicate()[0] for process in processes]
    return float(said[0].splitlines()[-1])


def scaling() -> None:
    print(f"{'network':<22}{'samples each':>14}{'one process':>14}{'two':>12}{'ratio':>8}")
    for name, (_, samples) in NETWORKS.items():
        one, two = seconds_in(name, 1), seconds_in(name, 2)
        print(f"{name:<22}{samples:>14}{one * 1e3:>11.2f} ms{two * 1e3:>9.2f} ms{two / one:>8.2f}")
    print("below 2, two processes take less time for both halves than one takes")


# ---------------------------------------------------------------------------- the device


def device() -> None:
    import jax

    print(f"{jax.devices()[0].device_kind}, {jax.device_count()} of them, JAX {jax.__version__}")
    sizes = [784, 512, 512, 10]
    program, exact = program_of(sizes, "jax", "float32"), program_of(sizes, "numpy", "float64")
    for precision in ("default", "highest"):
        with jax.default_matmul_precision(precision):
            function = jax.jit(program.function)
            x, y = batch(sizes, 256)
            loss, gradient = function(program.theta, x, y)
            told, slopes = exact.value_and_grad(x, y, theta=program.theta)
            apart = np.abs(np.asarray(gradient) - slopes).max() / np.abs(slopes).max()
            print(
                f"matrix products of {precision} precision: the loss differs from NumPy's by "
                f"{abs(float(loss) - told) / told:.1e}, the gradient by {apart:.1e}"
            )
            for samples in (4096, 65536):
                data = [jax.device_put(each) for each in batch(sizes, samples)]
                seconds = seconds_a_step(program.function, jax.device_put(program.theta), data)
                print(f"  784-512-512-10, B = {samples:>5}: {seconds * 1e3:8.3f} ms a step")


def main(arguments: list[str] | None = None) -> None:
    """Measure, and print it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--device", action="store_true", help="one process, on what JAX finds")
    parser.add_argument("--work", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.work:
        name, address, count, rank = options.work
        work(name, address, int(count), int(rank))
    elif options.device:
        device()
    else:
        scaling()


if __name__ == "__main__":
    main()
