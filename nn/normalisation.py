"""Normalisation: the numbers of a sample, or of each step, brought to one scale."""

from __future__ import annotations

import sys
from typing import Any

from autograd import Value, dot, sqrt, sum

from .inputs import as_inputs, each_row
from .module import Module
from .settings import number, whole

__all__ = ["LayerNorm", "RMSNorm"]


class LayerNorm(Module):
    """Mean 0 and variance 1, then a weight and a bias for each: (x - mean) / √(variance + ε) w + b.

    Along the last axis, as ``torch.nn.LayerNorm``. Ba, Kiros & Hinton, "Layer normalization",
    2016, equation 4.

    Args:
        n_inputs: how many numbers there are.
        eps: ε, which keeps the root from 0.

    Raises:
        ValueError: there are less than one, or ε is not above 0.

    >>> [round(y.data, 3) for y in LayerNorm(3)([1.0, 2.0, 3.0])]
    [-1.225, 0.0, 1.225]
    """

    def __init__(self, n_inputs: int, eps: float = 1e-5) -> None:
        self.n_inputs = self.n_outputs = whole("LayerNorm", "n_inputs", n_inputs)
        self.eps = number("LayerNorm", "eps", eps, "above 0 and finite")
        self.weight = [Value(1.0) for _ in range(self.n_inputs)]
        self.bias = [Value(0.0) for _ in range(self.n_inputs)]

    @each_row
    def forward(self, x: Any) -> list[Any]:
        """Give as many numbers, of mean 0 and variance 1 before weight and bias."""
        x = as_inputs(self, x, self.n_inputs)
        mean = sum(x) / len(x)
        centred = [xi - mean for xi in x]
        deviation = sqrt(dot(centred, centred) / len(x) + self.eps)
        scaled = zip(centred, self.weight, self.bias, strict=True)
        return [ci / deviation * w + b for ci, w, b in scaled]

    def __str__(self) -> str:
        return f"LayerNorm({self.n_inputs}, eps={self.eps:g})"


class RMSNorm(Module):
    """Root mean square 1, then a weight for each: x / √(mean of x² + ε) w.

    Along the last axis, as ``torch.nn.RMSNorm``. Zhang & Sennrich, "Root mean square layer
    normalization", NeurIPS 2019, equation 4.

    Args:
        n_inputs: how many numbers there are.
        eps: ε, which keeps the root from 0; by default that of the floats, as in PyTorch.

    Raises:
        ValueError: there are less than one, or ε is not above 0.

    >>> [round(y.data, 3) for y in RMSNorm(2)([3.0, -4.0])]
    [0.849, -1.131]
    """

    def __init__(self, n_inputs: int, eps: float = sys.float_info.epsilon) -> None:
        self.n_inputs = self.n_outputs = whole("RMSNorm", "n_inputs", n_inputs)
        self.eps = number("RMSNorm", "eps", eps, "above 0 and finite")
        self.weight = [Value(1.0) for _ in range(self.n_inputs)]

    @each_row
    def forward(self, x: Any) -> list[Any]:
        """Give as many numbers, of root mean square 1 before the weights."""
        x = as_inputs(self, x, self.n_inputs)
        scale = sqrt(dot(x, x) / len(x) + self.eps)
        return [xi / scale * w for xi, w in zip(x, self.weight, strict=True)]

    def __str__(self) -> str:
        return f"RMSNorm({self.n_inputs}, eps={self.eps:g})"
