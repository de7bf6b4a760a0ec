"""Recurrent layers: the state h of a step depends on its inputs and on the state before (L30, L36).

One layer, read from the first step to the last. Formulas, names and shapes are those of
``torch.nn`` with ``batch_first=True``: the weights of all gates lie one below the other.
"""

from __future__ import annotations

from typing import Any

from autograd import sigmoid, tanh

from .init import Seed, fan_in, generator_of
from .inputs import as_sample
from .layers import affine
from .module import Module
from .nested import plus, values_of_shape
from .settings import whole

__all__ = ["GRU", "LSTM", "RNN"]


class Recurrent(Module):
    """What they have in common: weights for inputs and for the state, and the walk over steps."""

    gates = 1  # how many sums each number of the state needs

    def __init__(
        self, input_size: int, hidden_size: int, *, bias: bool = True, rng: Seed = None
    ) -> None:
        name = type(self).__name__
        self.input_size = whole(name, "input_size", input_size)
        n = self.hidden_size = whole(name, "hidden_size", hidden_size)
        generator = generator_of(rng)

        def drawn(*shape: int) -> Any:
            return values_of_shape(shape, lambda: fan_in(n, n, generator))

        self.weight_ih_l0 = drawn(self.gates * n, self.input_size)
        self.weight_hh_l0 = drawn(self.gates * n, n)
        self.bias_ih_l0 = drawn(self.gates * n if bias else 0)
        self.bias_hh_l0 = drawn(self.gates * n if bias else 0)

    def forward(self, x: Any) -> list[list[Any]]:
        """Give the state after each step, a list of lists; before the first one it is 0."""
        states = []
        h: Any = [0.0] * self.hidden_size
        for row in as_sample(self, x, "steps", self.input_size):
            h = self.step(row, h)
            states.append(h)
        return states

    def step(self, x: Any, h: Any) -> Any:
        """Give the state after one step, from its inputs and the state before it."""
        raise NotImplementedError

    def _sums(self, x: Any, h: Any) -> tuple[list[list[Any]], list[list[Any]]]:
        """W x + b of the inputs and of the state, for each gate."""
        of_x = affine(self.weight_ih_l0, x, self.bias_ih_l0)
        of_h = affine(self.weight_hh_l0, h, self.bias_hh_l0)
        n = self.hidden_size
        starts = range(0, len(of_x), n)
        return [of_x[k : k + n] for k in starts], [of_h[k : k + n] for k in starts]

    def __str__(self) -> str:
        return f"{type(self).__name__}({self.input_size}, {self.hidden_size})"


class RNN(Recurrent):
    """The plain recurrent layer: h = tanh(W x + b + U h + c), (steps, inputs) → (steps, hidden).

    Elman, "Finding structure in time", Cognitive Science 1990; ``torch.nn.RNN``.

    Args:
        input_size: how many numbers a step has.
        hidden_size: how many numbers the state has.
        bias: whether there are biases, one with the inputs and one with the state.
        rng: a seed or a ``random.Random``; weights and biases are uniform between ±1/√hidden_size.

    Raises:
        ValueError: a size is below 1.

    >>> rnn = RNN(2, 3, rng=0)
    >>> states = rnn([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]])
    >>> len(states), len(states[-1]), rnn
    (4, 3, RNN(2, 3): 21 parameters)
    >>> [name for name, _ in rnn.named_parameters()]
    ['weight_ih_l0', 'weight_hh_l0', 'bias_ih_l0', 'bias_hh_l0']
    """

    def step(self, x: Any, h: Any) -> list[Any]:
        """Give the state after one step."""
        (of_x,), (of_h,) = self._sums(x, h)
        return [tanh(each) for each in plus(of_x, of_h)]


class GRU(Recurrent):
    """The gated recurrent unit: z says how much of the old state to keep, r how much n sees of it.

    r = σ(Wr x + Ur h), z = σ(Wz x + Uz h), n = tanh(Wn x + r (Un h)), h = (1 - z) n + z h, each
    product with its bias. Cho et al., "Learning phrase representations using RNN
    encoder-decoder", EMNLP 2014, as ``torch.nn.GRU`` writes it.

    Args:
        input_size, hidden_size, bias, rng: as for ``RNN``.

    >>> GRU(2, 3, rng=0)
    GRU(2, 3): 63 parameters
    """

    gates = 3

    def step(self, x: Any, h: Any) -> list[Any]:
        """Give the state after one step."""
        (rx, zx, nx), (rh, zh, nh) = self._sums(x, h)
        r = [sigmoid(each) for each in plus(rx, rh)]
        z = [sigmoid(each) for each in plus(zx, zh)]
        n = [tanh(a + ri * b) for a, ri, b in zip(nx, r, nh, strict=True)]
        return [(1 - zi) * ni + zi * hi for zi, ni, hi in zip(z, n, h, strict=True)]


class LSTM(Recurrent):
    """Long short-term memory: a cell c beside the state, which gates write, forget and read.

    i, f, o = σ(W x + U h), g = tanh(W x + U h), each with weights and biases of its own, in the
    order i, f, g, o; c = f c + i g, h = o tanh(c). Hochreiter & Schmidhuber, "Long short-term
    memory", Neural Computation 1997, with the forget gate of Gers et al., 2000; ``torch.nn.LSTM``.

    Args:
        input_size, hidden_size, bias, rng: as for ``RNN``. A step's state is the pair (h, c).

    >>> lstm = LSTM(2, 3, rng=0)
    >>> len(lstm([[0.0, 1.0], [1.0, 0.0]])), lstm
    (2, LSTM(2, 3): 84 parameters)
    """

    gates = 4

    def forward(self, x: Any) -> list[list[Any]]:
        """Give the state after each step, a list of lists; before the first one it is 0."""
        states = []
        h: Any = [0.0] * self.hidden_size
        c: Any = h
        for row in as_sample(self, x, "steps", self.input_size):
            h, c = self.step(row, (h, c))
            states.append(h)
        return states

    def step(self, x: Any, h: Any) -> tuple[list[Any], list[Any]]:
        """Give state and cell after one step, from its inputs and the pair before it."""
        h, c = h
        i, f, g, o = plus(*self._sums(x, h))
        i, f, o = ([sigmoid(each) for each in gate] for gate in (i, f, o))
        g = [tanh(each) for each in g]
        c = [fi * ci + ii * gi for ii, fi, gi, ci in zip(i, f, g, c, strict=True)]
        h = [oi * tanh(ci) for oi, ci in zip(o, c, strict=True)]
        return h, c
