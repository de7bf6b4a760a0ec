"""A small LeNet: convolution, pooling, convolution, pooling, dense."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd as ag

from ..case import Arrays, Case, Row, Wanted, values

__all__ = ["lenet"]


def lenet(wanted: Wanted, size: int = 8, batch: int = 64) -> Case:
    """4 filters of 3 x 3, then 8 of 2 x 2, each pooled 2 x 2, and 10 classes.

    Args:
        wanted: of the compiled program.
        size: of the images, which are square.
        batch: how many there are.
    """
    source = random.Random(1)
    last = ((size - 2) // 2 - 1) // 2  # the side of what the second pooling leaves
    parameters = {
        "K1": values(source, 4, 1, 3, 3, scale=1 / 3),
        "b1": values(source, 4),
        "K2": values(source, 8, 4, 2, 2, scale=1 / 4),
        "b2": values(source, 8),
        "W": values(source, 10, 8 * last * last),
        "b": values(source, 10),
    }

    def loss(x: list[Row], y: Any) -> Any:
        channels = pooled(convolved([x], parameters["K1"], parameters["b1"]))
        channels = pooled(convolved(channels, parameters["K2"], parameters["b2"]))
        flat = [v for channel in channels for row in channel for v in row]
        neurons = zip(parameters["W"], parameters["b"], strict=True)
        return ag.cross_entropy([ag.dot(w, flat, b) for w, b in neurons], y)

    numbers = np.random.default_rng(0)
    data = (
        numbers.normal(size=(batch, size, size)),
        numbers.integers(0, 10, batch).astype(float),
    )
    about = f"a small LeNet on {size} x {size} images, B = {batch}"
    return Case(about, loss, parameters, data, by_hand, in_torch, wanted)


def convolved(channels: list[list[Row]], kernels: Any, biases: Row) -> list[list[Row]]:
    """A rectified convolution: a channel for each kernel."""
    side = len(kernels[0][0])
    places = range(len(channels[0]) - side + 1)

    def at(i: int, j: int, kernel: Any, bias: Any) -> Any:
        weights = [w for plane in kernel for row in plane for w in row]
        window = [
            v for channel in channels for row in channel[i : i + side] for v in row[j : j + side]
        ]
        return ag.dot(weights, window, bias).relu()

    return [
        [[at(i, j, kernel, bias) for j in places] for i in places]
        for kernel, bias in zip(kernels, biases, strict=True)
    ]


def pooled(channels: list[list[Row]]) -> list[list[Row]]:
    """The largest of each 2 x 2 numbers."""
    places = range(0, len(channels[0]) - 1, 2)
    return [
        [[ag.maximum(*c[i][j : j + 2], *c[i + 1][j : j + 2]) for j in places] for i in places]
        for c in channels
    ]


class Convolution:
    """A rectified and pooled convolution by hand, of images (B, side, side, channels).

    Each window is copied into a row, so that the convolution is one product.
    """

    def __init__(self, p: Arrays, g: Arrays, depth: int, x: Any) -> None:
        kernels = p[f"K{depth}"]
        filters, channels, k, _ = kernels.shape
        batch, side = x.shape[0], x.shape[1] - k + 1
        self.k, self.side = k, side
        self.weights, self.bias = kernels.reshape(filters, -1), p[f"b{depth}"]
        self.d_weights, self.d_bias = g[f"K{depth}"].reshape(filters, -1), g[f"b{depth}"]
        self.windows = np.lib.stride_tricks.sliding_window_view(x, (k, k), (1, 2))
        self.copied, self.d_copied = np.empty((2, batch, side, side, channels, k, k))
        self.rows = self.copied.reshape(-1, channels * k * k)
        self.d_rows = self.d_copied.reshape(self.rows.shape)
        self.ones = np.ones(len(self.rows))  # a product with them sums faster than sum(0)
        self.z, self.dz = np.empty((2, batch, side, side, filters))
        self.out, self.d_out = np.empty((2, batch, side // 2, side // 2, filters))
        self.corners = [
            np.s_[:, i : side - 1 + i : 2, j : side - 1 + j : 2] for i in (0, 1) for j in (0, 1)
        ]

    def forward(self) -> Any:
        np.copyto(self.copied, self.windows)
        z = self.z
        np.dot(self.rows, self.weights.T, out=z.reshape(len(self.rows), -1))
        z += self.bias
        np.maximum(z, 0, out=z)
        a, b, c, d = (z[corner] for corner in self.corners)
        np.maximum(a, b, out=self.out)
        np.maximum(self.out, c, out=self.out)
        np.maximum(self.out, d, out=self.out)
        return self.out

    def backward(self, d_x: Any = None) -> None:
        """From ``d_out``; a maximum of 0 passes on nothing, because it was rectified."""
        dz = self.dz
        self.d_out *= self.out > 0
        if self.side % 2:
            dz[:, -1] = 0
            dz[:, :, -1] = 0
        for corner in self.corners:
            np.multiply(self.d_out, self.z[corner] == self.out, out=dz[corner])
        flat = dz.reshape(len(self.rows), -1)
        np.dot(flat.T, self.rows, out=self.d_weights)
        np.dot(self.ones, flat, out=self.d_bias)
        if d_x is not None:
            np.dot(flat, self.weights, out=self.d_rows)
            d_x[:] = 0
            for i in range(self.k):
                for j in range(self.k):
                    d_x[:, i : i + self.side, j : j + self.side] += self.d_copied[..., i, j]


def by_hand(p: Arrays, g: Arrays, x: Any, y: Any) -> Callable[[], float]:
    batch, labels, which = len(x), y.astype(int), np.arange(len(x))
    first = Convolution(p, g, 1, x[..., None])
    second = Convolution(p, g, 2, first.out)
    # the scalar code has the channels first
    flat, d_flat = (each.transpose(0, 3, 1, 2) for each in (second.out, second.d_out))
    weights, bias, d_weights, d_bias = p["W"], p["b"], g["W"], g["b"]
    z, d = np.empty((2, batch, len(bias)))
    ones = np.ones(batch)

    def step() -> float:
        first.forward()
        second.forward()
        a = flat.reshape(batch, -1)
        np.dot(a, weights.T, out=z)
        np.add(z, bias, out=z)
        np.subtract(z, z.max(1, keepdims=True), out=z)
        np.exp(z, out=d)
        total = d.sum(1, keepdims=True)
        loss = (np.log(total).sum() - z[which, labels].sum()) / batch
        total *= batch
        np.divide(d, total, out=d)
        d[which, labels] -= 1 / batch
        np.dot(d.T, a, out=d_weights)
        np.dot(ones, d, out=d_bias)
        np.copyto(d_flat, (d @ weights).reshape(d_flat.shape))
        second.backward(first.d_out)
        first.backward()
        return float(loss)

    return step


def in_torch(x: Any, y: Any) -> Callable[[Arrays], Any]:
    import torch
    from torch.nn.functional import conv2d, cross_entropy, linear, max_pool2d

    images, labels = torch.tensor(x)[:, None], torch.tensor(y).long()

    def loss(p: Arrays) -> Any:
        a = max_pool2d(torch.relu(conv2d(images, p["K1"], p["b1"])), 2)
        a = max_pool2d(torch.relu(conv2d(a, p["K2"], p["b2"])), 2)
        return cross_entropy(linear(a.flatten(1), p["W"], p["b"]), labels)

    return loss
