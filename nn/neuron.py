"""One neuron: z = w·x + b, then an activation."""

from __future__ import annotations

from typing import Any

from autograd import Value, dot

from .activations import Activation, activate, activation_name, find_activation
from .init import Initializer, Seed, find_initializer, generator_of
from .module import Module
from .settings import shorten, whole

__all__ = ["Neuron", "as_inputs"]


class Neuron(Module):
    """A weighted sum of the inputs plus a bias, passed through an activation.

    Args:
        n_inputs: how many inputs.
        activation: a name (see ``nn.ACTIVATIONS``) or a function of one Value; None for none.
        bias: whether to add a bias.
        init: an initializer or its name; by default "he" for relu and its kin, else "xavier".
        rng: a seed or a ``random.Random``.

    Raises:
        ValueError: unknown activation or initialization, or fewer than one input.

    >>> neuron = Neuron(2, rng=0)
    >>> neuron.weight[0].data, neuron.weight[1].data, neuron.bias.data = 2.0, -1.0, 0.5
    >>> neuron([3.0, 4.0]).data
    2.5
    >>> neuron
    Neuron(2, relu): 3 parameters
    """

    n_outputs = 1

    def __init__(
        self,
        n_inputs: int,
        activation: Activation = "relu",
        *,
        bias: bool = True,
        init: str | Initializer | None = None,
        rng: Seed = None,
    ) -> None:
        n_inputs = whole("Neuron", "n_inputs", n_inputs)
        find_activation(activation, width=1)
        draw = find_initializer(init, activation_name(activation))
        generator = generator_of(rng)
        self.n_inputs = n_inputs
        self.activation = activation
        self.weight = [Value(draw(n_inputs, 1, generator)) for _ in range(n_inputs)]
        self.bias: Any = Value(0.0) if bias else 0.0  # a plain number is no parameter

    def forward(self, x: Any) -> Any:
        """Give activation(w·x + b), a single Value."""
        x = as_inputs(self, x, self.n_inputs)
        (y,) = activate(self.activation, [dot(self.weight, x, self.bias)])
        return y

    def __str__(self) -> str:
        name = activation_name(self.activation)
        return f"Neuron({self.n_inputs}{name and f', {name}'})"


def as_inputs(layer: Module, x: Any, n_inputs: int | None = None) -> Any:
    """Give x, if it is one sample of n_inputs numbers (None: of any number), for this layer.

    A single Value, as a network ending in one neuron gives it, is a list of one.

    Raises:
        ValueError: it has another length, or is a batch of samples.
        TypeError: it is no list.
    """
    if isinstance(x, Value) and n_inputs in (1, None):
        return [x]
    shape = getattr(x, "shape", None)
    inputs = "inputs" if n_inputs is None else f"{n_inputs} inputs"
    if shape is not None and len(shape) > 1:
        raise ValueError(
            f"{layer} takes one sample of {inputs}, got an array of shape "
            f"{tuple(shape)}: write [model(x) for x in X]"
        )
    if not hasattr(x, "__len__") or isinstance(x, (str, bytes, dict)) or shape == ():
        raise TypeError(f"{layer} takes a list of {inputs}, got {shorten(x)}: write [x]")
    if n_inputs is not None and len(x) != n_inputs:
        raise ValueError(f"{layer} takes {n_inputs} inputs, got {len(x)}")
    return x
