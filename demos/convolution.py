"""LeNet-5: two convolutions, two poolings, three dense layers   (row L30)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nn
from autograd import compile

from .board import OUT, title
from .digits import digits, draw_digits
from .large import enlarged
from .plots import COLORS, canvas, label, save_figure

SIDE = 28


def lenet() -> nn.Sequential:
    """The network as the lecture draws it, 32×32 pixels made of 28×28 and a margin of 2."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2, rng=0),
        "tanh",
        nn.AvgPool2d(2),  # 6 maps of 14×14
        nn.Conv2d(6, 16, 5, rng=1),
        "tanh",
        nn.AvgPool2d(2),  # 16 maps of 5×5
        nn.Flatten(),
        nn.Layer(400, 120, "tanh", rng=2),
        nn.Layer(120, 84, "tanh", rng=3),
        nn.Layer(84, 10, rng=4),
    )


def main(out: Path = OUT, epochs: int = 6) -> None:
    """Train on 1437 digits, test on the 360 others; show the first kernels and an image's maps."""
    title("LeNet-5: 6 kernels of 5×5, pooling, 16 of 6×5×5, pooling, dense 400-120-84-10")
    X, Y, test_X, test_Y = digits()
    X, test_X = (enlarged(each, SIDE).reshape(-1, 1, SIDE, SIDE) for each in (X, test_X))
    print(f"  scans of 8×8 pixels, enlarged to {SIDE}×{SIDE}: smoother than LeNet's own digits")
    model = lenet()
    print(f"  {len(model.parameters()):,} parameters, each kernel's used at every place")
    history = nn.fit(
        model,
        "cross_entropy",
        X,
        Y,
        optimizer=nn.Adam(model.parameters(), lr=0.003),
        epochs=epochs,
        batch_size=32,
        validation=(test_X, test_Y),
        metrics=["accuracy"],
    )
    right = history.metrics["validation accuracy"]
    for k in sorted({0, epochs // 2, epochs - 1}):
        print(f"  epoch {k + 1:2}: loss {history.loss[k]:.4f}, {right[k]:.1%} of the test right")
    print(f"  {sum(history.seconds):.1f} s, {history.engine}")

    figure, (curve, kernels, maps, sheet) = canvas("LeNet-5", columns=4, width=4.4)
    steps = range(1, epochs + 1)
    curve.plot(steps, history.loss, "o-", ms=3, color=COLORS[0], label="training")
    curve.plot(steps, history.validation_loss, "o-", ms=3, color=COLORS[1], label="test")
    label(curve, f"{right[-1]:.1%} of the test digits right", "epoch", "cross-entropy")
    weight = np.reshape(model.state_dict()["0.weight"], (6, 5, 5))
    draw_maps(kernels, weight, "its 6 first kernels: blue is positive, red negative")
    first = compile(nn.Sequential(model[0], "tanh"), shapes=[(1, SIDE, SIDE)])
    draw_maps(maps, first(test_X[:1])[0], "what they see in a digit")
    scores = compile(model, shapes=[(1, SIDE, SIDE)])(test_X[:32])
    draw_digits(sheet, test_X[:32].reshape(32, -1), scores.argmax(1).tolist(), test_Y[:32])
    save_figure(figure, "convolution", out)


def draw_maps(axis: Any, maps: NDArray[np.float64], text: str) -> None:
    """Six maps in two rows."""
    side = maps.shape[1]
    room = side + max(1, side // 8)
    sheet = np.full((room + side, 2 * room + side), np.nan)
    for k, each in enumerate(maps):
        top, left = room * (k // 3), room * (k % 3)
        sheet[top : top + side, left : left + side] = each
    most = np.nanmax(np.abs(sheet))
    axis.imshow(sheet, cmap="RdBu", vmin=-most, vmax=most)
    axis.set_axis_off()
    axis.set_title(text, fontsize=11)


if __name__ == "__main__":
    main()
