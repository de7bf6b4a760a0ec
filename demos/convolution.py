"""A small LeNet: convolution, pooling, convolution, two dense layers   (row L30)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nn
from autograd import compile, maximum

from .board import OUT, title
from .digits import digits, draw_digits
from .plots import COLORS, canvas, label, save_figure

EPOCHS = 20


class Convolution(nn.Module):
    """One small layer that looks at every window of an image: its weights are the kernels."""

    def __init__(self, channels: int, maps: int, size: int, rng: int) -> None:
        self.size = size
        self.kernels = nn.Layer(channels * size * size, maps, "relu", rng=rng)

    def forward(self, image: list[Any]) -> list[Any]:
        """From image[channel][row][column] to as many maps, each smaller by size - 1."""
        rows = range(len(image[0]) - self.size + 1)
        columns = range(len(image[0][0]) - self.size + 1)
        looks = [[self.kernels(self.window(image, i, j)) for j in columns] for i in rows]
        return [[[look[k] for look in row] for row in looks] for k in range(self.kernels.n_outputs)]

    def window(self, image: list[Any], i: int, j: int) -> list[Any]:
        """The numbers that lie under the kernels, in all channels."""
        n = self.size
        return [x for channel in image for row in channel[i : i + n] for x in row[j : j + n]]


def pool(image: list[Any]) -> list[Any]:
    """The largest of every 2×2 numbers."""
    places = range(0, len(image[0]), 2)
    return [
        [[maximum(*a[j : j + 2], *b[j : j + 2]) for j in places] for a, b in pairs]
        for pairs in (zip(each[::2], each[1::2], strict=True) for each in image)
    ]


class LeNet(nn.Module):
    """LeNet-5's sequence of layers, for 8×8 pixels instead of 32×32."""

    def __init__(self) -> None:
        self.first = Convolution(1, 8, size=3, rng=0)  # 8×8 → 8 maps of 6×6, pooled to 3×3
        self.second = Convolution(8, 16, size=2, rng=1)  # → 16 maps of 2×2
        self.dense = nn.MLP(16 * 2 * 2, [32, 10], rng=2)

    def forward(self, pixels: list[Any]) -> Any:
        """The scores of the ten digits."""
        image = [[pixels[8 * i : 8 * i + 8] for i in range(8)]]
        maps = self.second(pool(self.first(image)))
        return self.dense([x for each in maps for row in each for x in row])


def main(out: Path = OUT) -> None:
    """Train on 1437 digits, test on the 360 others; show the first kernels."""
    title("a small LeNet: 8 kernels of 3×3, pooling 2×2, 16 kernels of 8×2×2, dense 64-32-10")
    X, Y, test_X, test_Y = digits()
    model = LeNet()
    history = nn.fit(
        model,
        "cross_entropy",
        X,
        Y,
        optimizer=nn.Adam(model.parameters(), lr=nn.cosine(0.005, EPOCHS * 90)),
        epochs=EPOCHS,
        batch_size=16,
        engine="compiled",
        validation=(test_X, test_Y),
        l2=1e-4,
        metrics=["accuracy"],
    )
    right = history.metrics["validation accuracy"]
    print(f"  {len(model.parameters())} parameters, each kernel's used at every place")
    for k in (0, EPOCHS // 2, EPOCHS - 1):
        print(f"  epoch {k + 1:2}: loss {history.loss[k]:.4f}, {right[k]:.1%} of the test right")
    print(f"  {sum(history.seconds):.1f} s, {history.engine}")

    figure, (curve, kernels, sheet) = canvas("A small LeNet", columns=3, width=4.8)
    steps = range(1, EPOCHS + 1)
    curve.plot(steps, history.loss, "o-", ms=3, color=COLORS[0], label="training")
    curve.plot(steps, history.validation_loss, "o-", ms=3, color=COLORS[1], label="test")
    label(curve, f"{right[-1]:.1%} of the test digits right", "epoch", "cross-entropy")
    draw_kernels(kernels, np.reshape(model.first.kernels.state_dict()["weight"], (8, 3, 3)))
    scores = compile(model, shapes=[64])(test_X[:32])
    draw_digits(sheet, test_X[:32], scores.argmax(1).tolist(), test_Y[:32])
    save_figure(figure, "convolution", out)


def draw_kernels(axis: Any, kernels: NDArray[np.float64]) -> None:
    """The kernels of the first convolution in two rows."""
    sheet = np.full((7, 15), np.nan)
    for k, kernel in enumerate(kernels):
        top, left = 4 * (k // 4), 4 * (k % 4)
        sheet[top : top + 3, left : left + 3] = kernel
    most = np.nanmax(np.abs(sheet))
    axis.imshow(sheet, cmap="RdBu", vmin=-most, vmax=most)
    axis.set_axis_off()
    axis.set_title("its 8 kernels: blue is positive, red negative", fontsize=11)


if __name__ == "__main__":
    main()
