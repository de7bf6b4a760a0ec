"""One neuron: z = w·x + b, then an activation."""

from __future__ import annotations

from typing import Any

from autograd import Value, dot

from .activations import Activation, activate, activation_name, find_activation
from .init import Initializer, Seed, find_initializer, generator_of
from .inputs import as_inputs
from .module import Module
from .settings import whole

__all__ = ["Neuron"]


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
