"""One scalar model on one core, on all devices, on several processes.

    python -m demos.many_machines              # all three on this machine, side by side

On a machine with GPUs (pip install 'gatewise[jax]' 'jax[cuda13]') the same line uses all of them.
On a cluster, one process a machine, each with the address of process 0 and its own number:

    python -m demos.many_machines --join 10.0.0.1:9999 --of 4 --rank 0     # ... --rank 3

Under SLURM (or on a TPU pod) JAX finds all that by itself:

    srun --nodes=4 --ntasks-per-node=1 --gpus-per-node=8 python -m demos.many_machines --join auto

Each process reads its own rows and takes the same steps. Process 0 saves the weights after every
epoch, so when a machine fails, all are started again from there.
"""

from __future__ import annotations

import argparse
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

import nn

from .board import OUT, title
from .plots import COLORS, canvas, label, save_figure

EPOCHS, SAMPLES, FEATURES = 50, 1001, 8


def main(out: Path = OUT) -> None:
    """Train on one core, on all devices of this machine, and in two processes."""
    title("one scalar model: on one core, on all devices, in two processes")
    X, Y = data()
    losses, weights, seconds = train(X, Y, "compiled")
    report("one core, NumPy", losses, weights, seconds)
    with tempfile.TemporaryDirectory() as folder:
        alone = start(Path(folder) / "alone.npz", 1)
        two = start(Path(folder) / "two.npz", 2)
        report("all devices", *alone)
        report("two processes", *two)
    figure, (axis,) = canvas("The same steps on one core, on all devices, in two processes")
    ways = {"one core": losses, "all devices": alone[0], "two processes": two[0]}
    for (name, each), color, style in zip(ways.items(), COLORS, ("-", "--", ":"), strict=False):
        axis.plot(each, style, lw=2.5, color=color, label=name)
    label(axis, "all three curves are one", "epoch", "loss of all samples")
    save_figure(figure, "many_machines", out)
    apart = max(abs(weights - each).max() for each in (alone[1], two[1]))
    print(f"  the weights are the same to {'12 digits' if apart < 1e-12 else f'{apart:.0e}'}")
    print("  so small a network is slower in two processes: they pay for wide ones, large batches")


def data() -> tuple[Any, Any]:
    """Points inside or outside a ball: what a process would read from its own file."""
    X = np.random.default_rng(0).normal(size=(SAMPLES, FEATURES))
    return X, np.where((X * X).sum(1) > FEATURES, 1.0, 0.0)


def train(X: Any, Y: Any, engine: str, save: Path | None = None) -> tuple[list[float], Any, float]:
    """Train on these rows (and on those of all other processes); give losses, weights, seconds."""
    model = nn.MLP(FEATURES, [32, 1], activation="tanh", rng=0)
    optimizer = nn.Adam(model.parameters(), lr=0.02)

    def keep(epoch: Any) -> None:
        if save is not None:
            nn.save(model, save)

    start = perf_counter()
    history = nn.fit(
        model, "logistic", X, Y, optimizer=optimizer, epochs=EPOCHS, engine=engine, callback=keep
    )
    seconds = perf_counter() - start
    return history.loss, np.array([p.data for p in model.parameters()]), seconds


def work(join: str, count: int, rank: int, result: Path | None) -> None:
    """What one process of several does."""
    import jax

    if join == "auto":
        jax.distributed.initialize()
    elif count > 1:
        jax.distributed.initialize(join, count, rank)
    jax.config.update("jax_enable_x64", jax.default_backend() == "cpu")  # else float32
    rank, count = jax.process_index(), jax.process_count()
    X, Y = data()
    first = rank == 0
    save = OUT / "many_machines.safetensors" if first and result is None else None
    losses, weights, seconds = train(X[rank::count], Y[rank::count], "jax", save)
    if first and result is not None:
        np.savez(result, losses=losses, weights=weights, seconds=seconds)
    elif first:
        report(f"{count} processes, {jax.device_count()} devices", losses, weights, seconds)


def start(result: Path, count: int) -> tuple[list[float], Any, float]:
    """Start processes on this machine; give what process 0 found."""
    command = [sys.executable, "-m", "demos.many_machines", "--of", str(count)]
    command += ["--join", free_address(), "--result", str(result)]
    processes = [subprocess.Popen([*command, "--rank", str(rank)]) for rank in range(count)]
    ends = [process.wait(300) for process in processes]
    if any(ends):
        raise RuntimeError(f"one of {count} processes failed; what it said stands above")
    found = np.load(result)
    return found["losses"].tolist(), found["weights"], float(found["seconds"])


def free_address() -> str:
    """An address on this machine where no one listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


def report(name: str, losses: list[float], weights: Any, seconds: float) -> None:
    norm = float(np.sqrt(weights @ weights))
    print(f"  {name:28} loss {losses[-1]:.12f}, |weights| {norm:.12f}, {seconds:5.2f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--join", default="", help="the address of process 0, or auto")
    parser.add_argument("--of", type=int, default=1, help="how many processes there are")
    parser.add_argument("--rank", type=int, default=0, help="which of them this is")
    parser.add_argument("--result", type=Path, help="where process 0 writes what it found")
    given = parser.parse_args()
    if given.join:
        work(given.join, given.of, given.rank, given.result)
    else:
        main()
