"""The seam between ``fit`` and the way a batch is computed, and which way is taken.

``ENGINES`` is the table of them: to add one, write a class with the methods of ``Engine`` and
give it a name here. A compiler's other target is a subclass of ``Compiled`` of two lines.

    class InJax(Compiled):
        name = target = "jax"

By itself ("auto") ``fit`` compiles what is made of ``nn``'s own modules, losses and optimizers,
whose forward passes are known to be the same formula each time. Of a module or a function that
someone else wrote this is not known, and no look at it could tell; so it is trained eagerly.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Protocol

from .activations import ACTIVATIONS
from .compiling import Compiled
from .data import Batch, Batches, Samples, numpy_or_none
from .eager import Eager, Step
from .in_c import InC
from .many import Many
from .module import Module
from .optim import Optimizer

__all__ = ["ENGINES", "Engine", "find_engine", "not_ours", "unsuited"]


class Engine(Protocol):
    """What ``fit`` asks for. An engine is made with the arguments of ``Eager``."""

    name: str
    """How the batches are computed, for ``History.engine``."""

    def gradients(self, batch: Batch) -> tuple[float, Any]:
        """Compute the gradient of the batch's mean loss (plus penalty), for ``step``.

        Gives the mean loss without the penalty, and the predictions as plain numbers: a list or
        an array with a row for each sample (empty, where nobody wants them).
        """

    def epoch(
        self,
        data: Samples | Batches,
        size: int,
        generator: random.Random | None,
        optimizer: Optimizer,
        clip: float | None,
    ) -> Iterator[Step]:
        """Take a step for each batch of so many samples, shuffled by the generator.

        ``Batchwise`` has it: by ``gradients`` and ``step``.
        """

    def step(self, optimizer: Optimizer, clip: float | None) -> None:
        """Let the optimizer take a step, the gradient clipped to this norm."""

    def evaluate(self, batch: Batch) -> tuple[float, Any]:
        """The mean loss of a batch and the predictions, without gradients."""

    def store(self, optimizer: Optimizer) -> None:
        """Bring the model's Values and the optimizer's states up to date."""

    def snapshot(self) -> Any:
        """A copy of the weights as they are now, for ``restore``."""

    def restore(self, weights: Any) -> None:
        """Put these weights into the model's Values."""


ENGINES: dict[str, Callable[..., Engine]] = {
    "eager": Eager,
    "compiled": Compiled,
    "c": InC,
    "jax": Many,
}
"""How a batch may be computed, by name."""


def find_engine(name: str) -> Callable[..., Engine] | None:
    """Give the engine of this name; None for "auto".

    Raises:
        ValueError: there is none.
    """
    if name != "auto" and name not in ENGINES:
        raise ValueError(f"unknown engine {name!r}: there are {', '.join([*ENGINES, 'auto'])}")
    return ENGINES.get(name)


def unsuited(columns: Iterable[Any]) -> str:
    """Say why data in these columns can't be compiled; "" if it can."""
    if numpy_or_none() is None:
        return "the compiled engine needs NumPy: pip install 'gatewise[fast]'"
    if any(isinstance(column, list) for column in columns):
        return "the samples differ in length"
    return ""


def not_ours(model: Module, *others: Any) -> str:
    """Name the first thing in the model, or of the others, that is not ``nn``'s own.

    >>> from nn import MLP, logistic
    >>> not_ours(MLP(2, [1]), logistic), not_ours(MLP(2, [1]), max)
    ('', 'the function max')
    """
    for thing in (*_parts(model), *others):
        if not _is_ours(thing):
            if isinstance(thing, (Module, Optimizer)):
                return f"the class {type(thing).__name__}"
            return f"the function {getattr(thing, '__name__', type(thing).__name__)}"
    return ""


def _parts(model: Module) -> Iterator[Any]:
    """The modules of a model, and the functions that they hold."""
    for module in model.modules():
        yield module
        for thing in vars(module).values():
            thing = ACTIVATIONS.get(thing, thing) if isinstance(thing, str) else thing
            if callable(thing) and not isinstance(thing, Module):
                yield thing


def _is_ours(thing: Any) -> bool:
    """Whether a function, or the very class of an object, is of ``nn`` or ``autograd``."""
    while isinstance(thing, partial):
        thing = thing.func
    if isinstance(thing, Module) and "forward" in vars(thing):
        return False
    known = thing if hasattr(thing, "__qualname__") else type(thing)
    return str(known.__module__).partition(".")[0] in ("autograd", __name__.partition(".")[0])
