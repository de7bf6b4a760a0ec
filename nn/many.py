"""The engine for many devices and many machines: every batch is spread over all of them.

Each device computes the gradient of its own rows with the same weights; the compiler (XLA) adds
them up, so every process takes the same step, and no one sends weights. That is data parallelism:
Dean et al., "Large scale distributed deep networks", NIPS 2012, with synchronous steps.

In one process there is nothing to do but ``fit(..., engine="jax")``. In several, each calls
``jax.distributed.initialize(...)`` before anything else, makes the same model from the same seed,
and hands in rows of its own: as many batches in each, if not as many rows. The loss that is
reported is that of all rows. demos/many_machines.py is an example.

Rows that are short of a multiple of the devices are filled up with copies that count nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .compiling import LOSS, PREDICTION, Compiled
from .data import Batch
from .module import Module
from .optim import Optimizer

__all__ = ["Many"]


class Many(Compiled):
    """The batches as programs of JAX, over all devices of all processes.

    Args:
        model, loss, example, l2, optimizer, predictions, held_out: as for ``Eager``. In several
            processes, what is held out must be the same in each: all decide alike when to stop.

    Raises:
        ImportError: JAX is not installed.
        ValueError, TypeError: as for ``Compiled``; or processes hold out different samples.
    """

    name = target = "jax"

    def __init__(
        self,
        model: Module,
        loss: Callable[[Any, Any], Any],
        example: Batch,
        l2: float = 0.0,
        optimizer: Optimizer | None = None,
        *,
        predictions: bool = True,
        held_out: Batch | None = None,
    ) -> None:
        try:
            import jax
        except ImportError:
            raise ImportError("engine=\"jax\" needs JAX: pip install 'gatewise[jax]'") from None
        self.jax = jax
        self.dtype = str(jax.dtypes.canonicalize_dtype("float64"))
        weighted = example._replace(weights=_ones(example))
        super().__init__(
            model, loss, weighted, l2, optimizer, predictions=predictions, held_out=held_out
        )
        mesh = jax.sharding.Mesh(self.numpy.array(jax.devices()), ("rows",))
        spec = jax.sharding.PartitionSpec
        self.rows = jax.sharding.NamedSharding(mesh, spec("rows"))
        everywhere = jax.sharding.NamedSharding(mesh, spec())
        self.compute = jax.jit(self.losses.function, out_shardings=everywhere)
        self.alone = jax.process_count() == 1
        if held_out is not None and not self._everywhere_the_same(held_out):
            raise ValueError(
                "in several processes the validation set must be the same in each: a pair (X, Y), "
                "no fraction of each one's own rows"
            )

    def gradients(self, batch: Batch) -> tuple[float, Any]:
        sample = self._arguments(batch)
        predictions = self._outputs(PREDICTION, sample) if self.predictions else []
        weights = _ones(batch) if batch.weights is None else batch.weights
        with self._together():
            loss, gradient = self.compute(self.losses.theta, *self._spread([weights, *sample]))
            mean, self.gradient = float(loss), self.numpy.array(gradient)
        if not math.isfinite(mean):
            self._check_finite(batch, self._outputs(LOSS, sample), sample)
            raise ValueError(f"the loss is {mean}; is the learning rate too large?")
        if self.l2:
            penalised = self.losses.theta[self.penalised]
            mean -= self.l2 * float(penalised @ penalised)
        return mean, predictions

    def _spread(self, columns: list[Any]) -> list[Any]:
        """Weights and samples of this process as a part of those of all, rows over devices."""
        count = len(columns[0])
        counts = [count] if self.alone else self._gathered(count).tolist()
        here = self.jax.local_device_count()
        size = -(-max(counts) // here) * here
        scale = size * len(counts) / sum(counts)  # the mean is over the filled up rows
        weights = self.numpy.zeros(size, self.dtype)
        weights[:count] = scale * self.numpy.asarray(columns[0])
        filled = [weights]
        for column in columns[1:]:
            filler = self.numpy.repeat(column[:1], size - count, 0)
            filled.append(self.numpy.concatenate([column, filler]).astype(self.dtype))
        make = self.jax.make_array_from_process_local_data
        return [make(self.rows, column) for column in filled]

    def _gathered(self, numbers: Any) -> Any:
        """What each process gives, one below the other."""
        from jax.experimental import multihost_utils

        return multihost_utils.process_allgather(self.numpy.asarray(numbers))

    def _everywhere_the_same(self, example: Batch) -> bool:
        if self.alone:
            return True
        columns = [self.numpy.ravel(each) for each in (*example.inputs, example.targets)]
        every = self._gathered(self.numpy.concatenate(columns))
        return bool((every == every[0]).all())

    @contextmanager
    def _together(self) -> Iterator[None]:
        """Say what an error means in what all processes do: JAX's names a socket."""
        try:
            yield
        except (self.jax.errors.JaxRuntimeError, ValueError) as error:
            if self.alone:
                raise
            rank, count = self.jax.process_index(), self.jax.process_count()
            raise RuntimeError(
                f"process {rank} of {count}: another process has ended, or can't be reached, so "
                "the training can't go on. Start all of them again, from the weights that the "
                f"last epoch saved (fit(callback=...)). JAX says: {error}"
            ) from error


def _ones(batch: Batch) -> list[float]:
    return [1.0] * len(batch.targets)
