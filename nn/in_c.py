"""The engine in C: the compiled engine with programs of ``autograd.compile(target="c")``.

Beyond that, many batches are one call: the program gathers their rows, differentiates, and takes
the optimizer's steps, by the rule of ``Optimizer.update`` printed in C. A call takes some
hundredths of a second, and between two calls Ctrl-C is heard.

The first batch goes as with any engine, and so does each one where more is asked for than losses:
predictions for a metric, clipping, the penalty ``l2``, Dropout's masks, an optimizer of one's own.
"""

from __future__ import annotations

import copy
import random
import sys
from collections.abc import Iterator
from time import perf_counter
from typing import Any

from .compiling import Compiled
from .data import Batches, Samples
from .eager import Step
from .optim import Optimizer

__all__ = ["InC"]

SECONDS = 0.02  # that a call takes, about
LARGEST = 1 << 23  # numbers that are converted for an epoch


class InC(Compiled):
    """The batches as programs in C.

    Args:
        model, loss, example, l2, optimizer, predictions, held_out: as for ``Eager``.

    Raises:
        ValueError: as ``Compiled``, or a program in C would not be faster (wide matrices).
        RuntimeError: there is no C compiler.
    """

    name = target = "c"
    chunk = sys.maxsize  # an update in C makes no temporary arrays

    steps: Any = None  # the program's, with the optimizer's rule
    settings: Any = None  # of the optimizer, as they were printed
    at_once = 1  # batches a call

    def epoch(
        self,
        data: Samples | Batches,
        size: int,
        generator: random.Random | None,
        optimizer: Optimizer,
        clip: float | None,
    ) -> Iterator[Step]:
        columns = self._columns(data) if clip is None and self._is_plain(optimizer) else None
        if columns is None or isinstance(data, Batches):
            yield from super().epoch(data, size, generator, optimizer, clip)
            return
        order = data.order(generator)
        start = 0
        while start < len(order):
            if self._prepare(optimizer):
                part = order[start : start + self.at_once * size]
                for loss in self._run(columns, part, size, optimizer):
                    count = min(size, len(order) - start)
                    yield Step(count, loss, [], [])
                    start += count
                    part = part[count:]
                if not len(part):
                    continue
            # the first batch, after which the optimizer's states are known, or a loss of NaN, of
            # which this says more
            yield self.batch(data.batch(order[start : start + size]), optimizer, clip)
            start += size

    def _is_plain(self, optimizer: Optimizer) -> bool:
        """Whether losses are all that is asked for, and the optimizer is one of ours."""
        ours = type(optimizer).__module__ == Optimizer.__module__
        return ours and not (self.predictions or self.l2 or self.dropouts)

    def _columns(self, data: Samples | Batches) -> list[Any] | None:
        """The program's arguments, of all samples; None where they had better not be converted."""
        if isinstance(data, Batches):
            return None
        weights = [data.weights] if self.weighted else []
        columns = [*weights, *data.inputs, data.targets]
        array, number = self.numpy.ndarray, self.numpy.dtype(float)
        for each in columns:
            ready = each.dtype is number and each.flags.c_contiguous
            if type(each) is not array or (not ready and each.size > LARGEST):
                return None
        return [self.numpy.ascontiguousarray(each, number) for each in columns]

    def _prepare(self, optimizer: Optimizer) -> bool:
        """See that the optimizer's rule is in the program; False before its first step."""
        trained = self.trained or []
        if len(trained) != 1 or not isinstance(trained[0], slice):
            return False
        own = ("lr", "parameters", "steps", "states")
        settings = {name: each for name, each in vars(optimizer).items() if name not in own}
        if self.settings != settings:
            traced = copy.copy(optimizer)

            def rule(theta: Any, gradient: Any, state: dict[str, Any], rate: Any) -> Any:
                traced.lr = rate
                return traced.update(theta, gradient, state)

            self.steps = self.losses.epochs(rule, self.states[0], trained[0])
            self.states[0] = self.steps.state
            self.settings = settings
        return True

    def _run(self, columns: list[Any], order: Any, size: int, optimizer: Optimizer) -> list[float]:
        """Steps for these samples: the losses, up to one that is not finite."""
        rates = self._rates(optimizer, -(-len(order) // size))
        start = perf_counter()
        losses = self.steps.run(columns, order, size, rates)
        seconds = perf_counter() - start
        optimizer.steps += len(losses)
        self.at_once = max(1, min(2 * self.at_once, int(self.at_once * SECONDS / seconds)))
        return losses.tolist()  # type: ignore[no-any-return]

    def _rates(self, optimizer: Optimizer, count: int) -> list[float]:
        """The learning rates of the coming steps."""
        if not callable(optimizer.lr):
            return [optimizer.rate] * count
        first, rates = optimizer.steps, []
        try:
            for k in range(count):
                optimizer.steps = first + k
                rates.append(optimizer.rate)
        finally:
            optimizer.steps = first
        return rates
