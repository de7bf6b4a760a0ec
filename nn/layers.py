"""Layers, and networks made of them: each takes one sample, a list, and gives a list.

A layer reads as the lecture writes it: z = W·x + b with W of shape (n_outputs, n_inputs), then
the activation. Of nested lists (steps, features; channels, height, width) it takes every row, as
PyTorch's layers look along the last axis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from autograd import Value, dot, maximum

from .activations import Activation, activate, activation_name, find_activation
from .init import Initializer, Seed, find_initializer, generator_of
from .inputs import as_inputs, as_lists, each_row
from .module import Module
from .nested import plus, shape, values_of_shape
from .neuron import Neuron
from .settings import number, whole

__all__ = ["MLP", "Activate", "Dropout", "Layer", "Maxout", "Residual", "Sequential", "affine"]


def affine(weight: Any, x: Any, bias: Any) -> list[Any]:
    """Give W·x + b; without b if ``bias`` is an empty list."""
    biases = bias or [0.0] * len(weight)
    return [dot(w, x, b) for w, b in zip(weight, biases, strict=True)]


class Layer(Module):
    """Neurons side by side, all with the same inputs: ``activation(W·x + b)``.

    Args:
        n_inputs, n_outputs: how many inputs, how many neurons.
        activation: a name or a function of one Value; None leaves the weighted sums as they are.
        bias: whether to add biases; without, ``layer.bias`` is an empty list.
        init: an initializer or its name; by default "he" for relu and its kin, else "xavier".
        rng: a seed or a ``random.Random``.

    Raises:
        ValueError: unknown activation or initialization, or a width below 1.

    >>> layer = Layer(3, 2, "relu", rng=0)
    >>> [len(layer.weight), len(layer.weight[0]), len(layer.bias), len(layer([1.0, 2.0, 3.0]))]
    [2, 3, 2, 2]
    >>> layer
    Layer(3 → 2, relu): 8 parameters
    """

    def __init__(
        self,
        n_inputs: int,
        n_outputs: int,
        activation: Activation = None,
        *,
        bias: bool = True,
        init: str | Initializer | None = None,
        rng: Seed = None,
    ) -> None:
        n_inputs = whole("Layer", "n_inputs", n_inputs)
        n_outputs = whole("Layer", "n_outputs", n_outputs)
        find_activation(activation, n_outputs)
        draw = find_initializer(init, activation_name(activation))
        generator = generator_of(rng)
        self.n_inputs, self.n_outputs = n_inputs, n_outputs
        self.activation = activation
        self.weight = values_of_shape(
            (n_outputs, n_inputs), lambda: draw(n_inputs, n_outputs, generator)
        )
        self.bias = [Value(0.0) for _ in range(n_outputs)] if bias else []

    @each_row
    def forward(self, x: Any) -> list[Any]:
        """Give activation(W·x + b), a list of n_outputs Values."""
        x = as_inputs(self, x, self.n_inputs)
        return activate(self.activation, affine(self.weight, x, self.bias))

    @property
    def neurons(self) -> list[Neuron]:
        """The layer as single neurons, which share its weights and biases."""
        neurons = []
        biases: Any = self.bias or [0.0] * self.n_outputs
        for w, b in zip(self.weight, biases, strict=True):
            neuron = Neuron(self.n_inputs, self.activation, init="zeros", rng=0)
            neuron.weight, neuron.bias = w, b
            neurons.append(neuron)
        return neurons

    def __str__(self) -> str:
        name = activation_name(self.activation)
        return f"Layer({self.n_inputs} → {self.n_outputs}{name and f', {name}'})"


class MLP(Module):
    """A multi-layer perceptron, called as micrograd's: ``MLP(2, [16, 16, 1])``.

    Args:
        n_inputs: how many inputs.
        sizes: how many neurons each layer has.
        activation: that of the hidden layers.
        output_activation: that of the last layer: None for regression and for the losses
            on logits, "sigmoid" for two classes, "softmax" for more.
        init: an initializer or its name, for all layers; by default each layer's own default.
        rng: a seed or a ``random.Random``; the same seed gives the same network.

    A network ending in one neuron gives a single Value, else a list. Layers take a single Value
    for a list of one, so that others may follow it.

    Raises:
        ValueError: no sizes, a width below 1, unknown activation or initialization.

    >>> model = MLP(2, [3, 1], rng=0)
    >>> model
    MLP(2 → 3 → 1): 13 parameters
      layers.0: Layer(2 → 3, relu): 9 parameters
      layers.1: Layer(3 → 1): 4 parameters
    >>> model([1.0])
    Traceback (most recent call last):
    ValueError: Layer(2 → 3, relu) takes 2 inputs, got 1
    """

    def __init__(
        self,
        n_inputs: int,
        sizes: Sequence[int],
        activation: Activation = "relu",
        output_activation: Activation = None,
        *,
        init: str | Initializer | None = None,
        rng: Seed = None,
    ) -> None:
        if not isinstance(sizes, Iterable):
            raise TypeError(f"MLP: sizes is a list of layer widths, got {sizes}: write [{sizes}]")
        widths = [n_inputs, *sizes]
        if len(widths) == 1:
            raise ValueError("MLP: sizes is empty; give the number of neurons of each layer")
        find_activation(activation)  # of a single layer, too, though it has no use for it
        generator = generator_of(rng)
        activations = [activation] * (len(widths) - 2) + [output_activation]
        self.layers = [
            Layer(n, m, f, init=init, rng=generator)
            for n, m, f in zip(widths, widths[1:], activations, strict=False)
        ]
        self.n_inputs, self.n_outputs = self.layers[0].n_inputs, self.layers[-1].n_outputs

    @each_row
    def forward(self, x: Any) -> Any:
        """Pass one sample through the layers."""
        for layer in self.layers:
            x = layer(x)
        return x[0] if len(x) == 1 else x

    def __str__(self) -> str:
        widths = [self.layers[0].n_inputs, *(layer.n_outputs for layer in self.layers)]
        return f"MLP({' → '.join(map(str, widths))})"


class Sequential(Module):
    """Modules one after the other; an activation's name or function may stand among them.

    With the activations as steps of their own, the parameters have the names that they have in
    a ``torch.nn.Sequential``: here ``0.weight`` and ``2.weight``.

    Args:
        steps: modules, names of activations, or functions of one Value.

    Raises:
        ValueError: a layer's number of inputs is not what the layer before gives.

    >>> model = Sequential(Layer(2, 3, rng=0), "relu", Layer(3, 2, rng=1))
    >>> [name for name, _ in model.named_parameters()]
    ['0.weight', '0.bias', '2.weight', '2.bias']
    >>> Sequential(Layer(2, 3), Layer(4, 1))
    Traceback (most recent call last):
    ValueError: Sequential: step 1, Layer(4 → 1), takes 4 inputs, but step 0, Layer(2 → 3), gives 3
    """

    def __init__(self, *steps: Module | str | Callable[[Any], Any]) -> None:
        self._steps = [step if isinstance(step, Module) else Activate(step) for step in steps]
        self.n_inputs: int | None = None  # None where the steps don't say
        self.n_outputs: int | None = None
        last = ""  # the step that gives n_outputs
        kept = True  # whether that still is the input's width
        for k, step in enumerate(self._steps):
            takes, gives = getattr(step, "n_inputs", None), getattr(step, "n_outputs", None)
            if takes is not None and self.n_outputs is not None and takes != self.n_outputs:
                raise ValueError(
                    f"Sequential: step {k}, {step}, takes {takes} inputs, but {last}, "
                    f"gives {self.n_outputs}"
                )
            if kept and self.n_inputs is None:
                self.n_inputs = takes
            keeps = isinstance(step, _KEEP_THE_WIDTH)
            if gives is not None or not keeps:
                self.n_outputs, last = gives, f"step {k}, {step}"
            kept = kept and keeps

    def _members(self) -> Iterator[tuple[str, Any]]:
        """The steps, named by their number as in PyTorch; and what a subclass may add."""
        yield from ((str(k), step) for k, step in enumerate(self._steps))
        yield from super()._members()

    def __getitem__(self, k: int) -> Module:
        return self._steps[k]

    def __len__(self) -> int:
        return len(self._steps)

    def forward(self, x: Any) -> Any:
        """Pass one sample through the steps."""
        for step in self._steps:
            x = step(x)
        return x


class Activate(Module):
    """An activation as a step of its own.

    >>> Activate("relu")([1.0, -1.0])
    [1.0, 0.0]
    """

    def __init__(self, activation: Activation) -> None:
        find_activation(activation)
        self.activation = activation

    @each_row
    def forward(self, x: Any) -> list[Any]:
        """Apply the activation to every number, or to a whole row if it is softmax."""
        x = as_inputs(self, x)
        return activate(self.activation, x)

    def __str__(self) -> str:
        return f"Activate({activation_name(self.activation) or 'identity'})"


class Residual(Module):
    """Add the input to what the steps make of it: x + F(x).

    He et al., "Deep residual learning for image recognition", CVPR 2016, equation 1. The 1 in
    its derivative 1 + F'(x) is what keeps the gradient alive through 100 layers.

    Args:
        steps: as for ``Sequential``; they must give as many numbers as they take.

    >>> Residual("relu")([1.0, -1.0])
    [2.0, -1.0]
    """

    def __init__(self, *steps: Module | str | Callable[[Any], Any]) -> None:
        self.inner = Sequential(*steps)
        self.n_inputs, self.n_outputs = self.inner.n_inputs, self.inner.n_outputs
        if self.n_inputs is not None and self.n_outputs is not None:
            self._check((self.n_inputs,), (self.n_outputs,))

    def _check(self, before: tuple[Any, ...], after: tuple[Any, ...]) -> None:
        if before != after:
            x, y = (" × ".join(map(str, each)) for each in (before, after))
            raise ValueError(f"Residual: x has {x} numbers but F(x) has {y}; they must be as many")

    def forward(self, x: Any) -> list[Any]:
        """Give x + F(x)."""
        x = list(as_inputs(self, as_lists(x)))
        y = self.inner(x)
        y = [y] if isinstance(y, Value) else y
        self._check(shape(x), shape(y))
        return plus(x, y)  # type: ignore[no-any-return]


class Maxout(Module):
    """The largest of several weighted sums: max(w₁·x + b₁, w₂·x + b₂, ...).

    Goodfellow et al., "Maxout networks", ICML 2013.

    Args:
        n_inputs, n_outputs: how many inputs, how many outputs.
        pieces: how many weighted sums each output is the maximum of.
        init, rng: as for ``Layer``.

    >>> maxout = Maxout(2, 3, rng=0)
    >>> len(maxout([1.0, 2.0])), maxout
    (3, Maxout(2 → 3, 2 pieces): 18 parameters
      pieces.0: Layer(2 → 3): 9 parameters
      pieces.1: Layer(2 → 3): 9 parameters)
    """

    def __init__(
        self,
        n_inputs: int,
        n_outputs: int,
        pieces: int = 2,
        *,
        init: str | Initializer | None = None,
        rng: Seed = None,
    ) -> None:
        pieces = whole("Maxout", "pieces", pieces)
        generator = generator_of(rng)
        self.n_inputs, self.n_outputs = n_inputs, n_outputs
        self.pieces = [Layer(n_inputs, n_outputs, init=init, rng=generator) for _ in range(pieces)]

    @each_row
    def forward(self, x: Any) -> list[Any]:
        """Give the maximum of the pieces, a list of n_outputs Values."""
        x = as_inputs(self, x, self.n_inputs)
        return [maximum(*zs) for zs in zip(*(piece(x) for piece in self.pieces), strict=True)]

    def __str__(self) -> str:
        return f"Maxout({self.n_inputs} → {self.n_outputs}, {len(self.pieces)} pieces)"


class Dropout(Module):
    """In training, let each input through with probability 1 - p, scaled by 1 / (1 - p).

    The scale keeps the expected sum as it is, so in evaluation every input passes unchanged.
    Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting",
    JMLR 2014.

    Args:
        p: the probability that an input is dropped, 0 ≤ p < 1.
        rng: a seed or a ``random.Random``.

    Raises:
        ValueError: p is no such probability.

    >>> dropout = Dropout(0.5, rng=1)
    >>> dropout([1.0, 1.0, 1.0, 1.0]), dropout.eval()([1.0, 1.0])
    ([0.0, 2.0, 2.0, 0.0], [1.0, 1.0])
    """

    def __init__(self, p: float = 0.5, *, rng: Seed = None) -> None:
        self.p = number("Dropout", "p", p, "at least 0 and below 1")
        self.generator = generator_of(rng)

    @each_row
    def forward(self, x: Any) -> list[Any]:
        """Give x with some of its numbers multiplied by 0."""
        x = as_inputs(self, x)
        if not self.training:
            return list(x)
        return [xi * mi for xi, mi in zip(x, self.mask(len(x)), strict=True)]

    def mask(self, n: int) -> list[float]:
        """Draw what n numbers are multiplied by: 0, or 1 / (1 - p)."""
        keep = 1.0 / (1.0 - self.p)
        return [keep if self.generator.random() >= self.p else 0.0 for _ in range(n)]

    def __str__(self) -> str:
        return f"Dropout({self.p:g})"


_KEEP_THE_WIDTH = (Activate, Dropout, Residual)  # they give as many numbers as they take
