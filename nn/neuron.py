"""One neuron: z = w·x + b, then an activation."""

from __future__ import annotations

from typing import Any

from autograd import Value, dot

from .activations import Activation, activate, activation_name, find_activation
from .init import Initializer, Seed, find_initializer, generator_of
from .module import Module

__all__ = ["Neuron", "check_inputs", "check_width"]


class Neuron(Module):
    """A weighted sum of the inputs plus a bias, passed through an activation.

    Args:
        n_inputs: how many inputs.
        activation: a name (see ``nn.ACTIVATIONS``) or a function of one Value; None for none.
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

    def __init__(
        self,
        n_inputs: int,
        activation: Activation = "relu",
        *,
        init: str | Initializer | None = None,
        rng: Seed = None,
    ) -> None:
        check_width("Neuron", "n_inputs", n_inputs)
        find_activation(activation)
        draw = find_initializer(init, activation_name(activation))
        generator = generator_of(rng)
        self.n_inputs = n_inputs
        self.activation = activation
        self.weight = [Value(draw(n_inputs, 1, generator)) for _ in range(n_inputs)]
        self.bias = Value(0.0)

    def forward(self, x: Any) -> Any:
        """Give activation(w·x + b), a single Value."""
        check_inputs(self, x, self.n_inputs)
        (y,) = activate(self.activation, [dot(self.weight, x, self.bias)])
        return y

    def __str__(self) -> str:
        name = activation_name(self.activation)
        return f"Neuron({self.n_inputs}{name and f', {name}'})"


def check_inputs(layer: Module, x: Any, n_inputs: int) -> None:
    """Raise an error that names the layer unless x is one sample of n_inputs numbers."""
    shape = getattr(x, "shape", None)
    if shape is not None and len(shape) > 1:
        raise ValueError(
            f"{layer} takes one sample of {n_inputs} inputs, got an array of shape "
            f"{tuple(shape)}: write [model(x) for x in X]"
        )
    if not hasattr(x, "__len__") or isinstance(x, (str, bytes, dict)) or shape == ():
        raise TypeError(f"{layer} takes a list of {n_inputs} inputs, got {x!r}: write [x]")
    if len(x) != n_inputs:
        raise ValueError(f"{layer} takes {n_inputs} inputs, got {len(x)}")


def check_width(owner: str, name: str, width: Any) -> None:
    """Raise an error unless this is a whole number, at least 1."""
    if isinstance(width, bool) or not isinstance(width, int):
        raise TypeError(f"{owner}: {name} must be an int, got {width!r}")
    if width < 1:
        raise ValueError(f"{owner}: {name} must be at least 1, got {width}")
