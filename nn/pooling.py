"""Pooling: one number for each window of an image; and flattening it for dense layers (L30)."""

from __future__ import annotations

from math import prod
from typing import Any

from autograd import maximum, sum

from .inputs import as_lists, as_sample
from .module import Module
from .nested import values_in
from .windows import Size, Windows

__all__ = ["AvgPool2d", "Flatten", "MaxPool2d"]


class Pooling(Windows):
    """What the poolings have in common: each channel is made smaller by itself."""

    def __init__(self, kernel_size: Size, stride: Size | None = None, padding: Size = 0) -> None:
        super().__init__(kernel_size, kernel_size if stride is None else stride, padding)
        for size, added in zip(self.kernel_size, self.padding, strict=True):
            if 2 * added > size:
                raise ValueError(
                    f"{type(self).__name__}: padding must be at most half of kernel_size, got "
                    f"{added} and {size}"
                )

    def forward(self, x: Any) -> list[list[list[Any]]]:
        """Give one number for each window of each channel."""
        x = as_sample(self, x, "channels", *self.axes)
        return [
            [[self.pool([x for x in window if x is not None]) for window in row] for row in rows]
            for rows in (self.windows(channel, outside=None) for channel in x)
        ]

    def pool(self, window: list[Any]) -> Any:
        """What becomes of the numbers in a window, those of the padding left out."""
        raise NotImplementedError

    def __str__(self) -> str:
        return f"{type(self).__name__}({self._settings()})"


class MaxPool2d(Pooling):
    """The largest number of each window: its gradient goes there, and nowhere else.

    As ``torch.nn.MaxPool2d``; but where several are largest, they share the gradient.

    Args:
        kernel_size: an int, or a pair for height and width.
        stride: how far it is to the next window; by default the kernel's size.
        padding: how many places that never win are added on each side.

    Raises:
        ValueError: a setting is out of range, or the padding more than half of the kernel.

    >>> MaxPool2d(2)([[[1.0, 2.0, 5.0, 0.0], [3.0, 4.0, 0.0, 6.0]]])
    [[[4.0, 6.0]]]
    """

    def pool(self, window: list[Any]) -> Any:
        """The largest."""
        return maximum(*window)


class AvgPool2d(Pooling):
    """The mean of each window, zeros of the padding included, as ``torch.nn.AvgPool2d``.

    Args:
        kernel_size, stride, padding: as for ``MaxPool2d``.

    Raises:
        ValueError: a setting is out of range, or the padding more than half of the kernel.

    >>> AvgPool2d(2)([[[1.0, 2.0, 5.0, 0.0], [3.0, 4.0, 0.0, 6.0]]])
    [[[2.5, 2.75]]]
    """

    def pool(self, window: list[Any]) -> Any:
        """The mean."""
        return sum(window) / prod(self.kernel_size)


class Flatten(Module):
    """All numbers of a sample in one list, row by row: what dense layers take.

    >>> Flatten()([[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]])
    [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]
    """

    def forward(self, x: Any) -> list[Any]:
        """Give the numbers of all channels, or of all steps."""
        return values_in(as_lists(x))
