"""Convolution: one small layer looks at every window of a sequence or an image (L30).

Its weights are the kernels, one for each output channel, and a window holds the numbers under a
kernel in all input channels: each output is w·window + b, with the same w and b at every place.
"""

from __future__ import annotations

from math import prod
from typing import Any

from autograd import dot

from .init import Initializer, Seed, fan_in, find_initializer, generator_of
from .inputs import as_sample
from .nested import values_in, values_of_shape
from .settings import whole
from .windows import Size, Windows

__all__ = ["Conv1d", "Conv2d"]


class Convolution(Windows):
    """What ``Conv1d`` and ``Conv2d`` have in common: the weights, and a dot for each window."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size = 0,
        *,
        bias: bool = True,
        init: str | Initializer = "fan_in",
        rng: Seed = None,
    ) -> None:
        super().__init__(kernel_size, stride, padding)
        name = type(self).__name__
        self.in_channels = whole(name, "in_channels", in_channels)
        self.out_channels = whole(name, "out_channels", out_channels)
        draw, generator = find_initializer(init), generator_of(rng)
        seen = self.in_channels * prod(self.kernel_size)  # by each kernel
        self.weight = values_of_shape(
            (self.out_channels, self.in_channels, *self.kernel_size),
            lambda: draw(seen, self.out_channels, generator),
        )
        self.bias = values_of_shape(
            (self.out_channels if bias else 0,),
            lambda: fan_in(seen, self.out_channels, generator),
        )

    def _kernels(self) -> list[tuple[list[Any], Any]]:
        """For each output channel its weights, as flat as a window, and its bias."""
        biases = self.bias or [0.0] * self.out_channels
        return [(values_in(kernel), b) for kernel, b in zip(self.weight, biases, strict=True)]

    def __str__(self) -> str:
        name, bias = type(self).__name__, "" if self.bias else ", bias=False"
        return f"{name}({self.in_channels}, {self.out_channels}, {self._settings()}{bias})"


class Conv1d(Convolution):
    """Kernels that move along a sequence: (channels, length) → (out_channels, new length).

    The formula, names and shapes are those of ``torch.nn.Conv1d``.

    Args:
        in_channels, out_channels: how many numbers at each place, before and after.
        kernel_size: how many places a kernel sees.
        stride: how far it moves; new length = (length + 2 padding - kernel_size) // stride + 1.
        padding: how many zeros are added at each end.
        bias: whether to add biases.
        init: an initializer or its name, by default uniform between ±1/√(numbers in a window).
        rng: a seed or a ``random.Random``.

    Raises:
        ValueError: a setting is out of range, or the initialization unknown.

    >>> difference = Conv1d(1, 1, kernel_size=2)
    >>> difference.load_state_dict({"weight": [[[-1.0, 1.0]]], "bias": [0.0]})
    >>> [y.data for y in difference([[1.0, 4.0, 9.0, 16.0]])[0]]
    [3.0, 5.0, 7.0]
    """

    axes = ("length",)

    def forward(self, x: Any) -> list[list[Any]]:
        """Give w·window + b for each kernel and each place."""
        x = as_sample(self, x, self.in_channels, *self.axes)
        channels = [self.windows(channel, 0.0) for channel in x]
        windows = [values_in(at) for at in zip(*channels, strict=True)]
        return [[dot(w, window, b) for window in windows] for w, b in self._kernels()]


class Conv2d(Convolution):
    """Kernels that move over an image: (channels, height, width) → (out_channels, ..., ...).

    The formula, names and shapes are those of ``torch.nn.Conv2d``. LeCun et al., "Gradient-based
    learning applied to document recognition", Proceedings of the IEEE 1998.

    Args:
        in_channels, out_channels, bias, init, rng: as for ``Conv1d``.
        kernel_size, stride, padding: an int for both axes, or a pair for height and width.

    Raises:
        ValueError: a setting is out of range, or the initialization unknown.

    >>> convolution = Conv2d(1, 8, kernel_size=3, padding=1, rng=0)
    >>> convolution
    Conv2d(1, 8, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1)): 80 parameters
    >>> maps = convolution([[[0.0, 1.0], [2.0, 3.0]]])
    >>> len(maps), len(maps[0]), len(maps[0][0])
    (8, 2, 2)
    >>> convolution([[0.0, 1.0], [2.0, 3.0]])
    ... # doctest: +NORMALIZE_WHITESPACE
    Traceback (most recent call last):
    ValueError: Conv2d(1, 8, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1)) takes one sample of
    shape (1, height, width), got (2, 2): write [x]
    """

    def forward(self, x: Any) -> list[list[list[Any]]]:
        """Give w·window + b for each kernel, each row and each column."""
        x = as_sample(self, x, self.in_channels, *self.axes)
        channels = [self.windows(channel, 0.0) for channel in x]
        windows = [
            [values_in(at) for at in zip(*rows, strict=True)]
            for rows in zip(*channels, strict=True)
        ]
        return [
            [[dot(w, window, b) for window in row] for row in windows] for w, b in self._kernels()
        ]
