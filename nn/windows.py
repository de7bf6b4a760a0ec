"""Windows: the places of a sequence or an image that a kernel looks at, one after the other."""

from __future__ import annotations

from typing import Any

from .module import Module
from .settings import shorten, whole

__all__ = ["Size", "Windows"]

Size = int | tuple[int, ...]


class Windows(Module):
    """What convolution and pooling have in common: a kernel, its stride, and padding around.

    Args:
        kernel_size: how many numbers a window has along each axis; an int is for all axes.
        stride: how far it is to the next window.
        padding: how many places are added before and after.

    Raises:
        ValueError: a size or a stride is below 1, a padding below 0, or there are not as many as
            axes.
        TypeError: one is no int.
    """

    axes: tuple[str, ...] = ("height", "width")

    def __init__(self, kernel_size: Size, stride: Size, padding: Size) -> None:
        self.kernel_size = self._along_axes("kernel_size", kernel_size)
        self.stride = self._along_axes("stride", stride)
        self.padding = self._along_axes("padding", padding, least=0)

    def _along_axes(self, name: str, setting: Size, least: int = 1) -> tuple[int, ...]:
        layer, n = type(self).__name__, len(self.axes)
        each = tuple(setting) if isinstance(setting, (list, tuple)) else (setting,) * n
        if len(each) != n:
            raise ValueError(
                f"{layer}: {name} is an int, or one for each of {', '.join(self.axes)}, "
                f"got {shorten(setting)}"
            )
        return tuple(whole(layer, name, size, least) for size in each)

    def windows(self, channel: Any, outside: Any) -> list[Any]:
        """The numbers in each window of a channel, a flat list: [place], or [row][column].

        Args:
            channel: a list of numbers, or a list of rows.
            outside: what stands in the padding.

        Raises:
            ValueError: the channel is smaller than the kernel.
        """
        if len(self.axes) == 1:
            return self._cut(0, channel, outside)
        nothing = [outside] * len(channel[0])
        bands = self._cut(0, channel, nothing)
        return [
            [
                [x for part in window for x in part]
                for window in zip(*(self._cut(1, row, outside) for row in band), strict=True)
            ]
            for band in bands
        ]

    def _cut(self, axis: int, row: list[Any], outside: Any) -> list[list[Any]]:
        """The stretches of a row of numbers, or of rows, that the windows cover along an axis."""
        size, stride, padding = self.kernel_size[axis], self.stride[axis], self.padding[axis]
        around = [outside] * padding
        padded = [*around, *row, *around]
        if len(padded) < size:
            raise ValueError(
                f"{self} takes a {self.axes[axis]} of at least {size - 2 * padding}, got {len(row)}"
            )
        return [padded[i : i + size] for i in range(0, len(padded) - size + 1, stride)]

    def _settings(self) -> str:
        """The settings as PyTorch shows them."""
        padding = f", padding={self.padding}" if any(self.padding) else ""
        return f"kernel_size={self.kernel_size}, stride={self.stride}{padding}"
