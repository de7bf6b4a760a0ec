"""784-512-512-10: 669,706 parameters written as scalars, trained at matrix speed   (row L27)."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from textwrap import dedent, indent
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

import nn
from autograd import compile, cross_entropy, draw, without_collector

from .board import OUT, save, title
from .digits import digits, draw_digits
from .plots import COLORS, canvas, label, save_figure


def main(out: Path = OUT, side: int = 28, width: int = 512, epochs: int = 10) -> None:
    """Train the lecture's network on scans, enlarged to its 28×28 pixels.

    Args:
        out: where the pictures go.
        side: the height and width of an image.
        width: of the two hidden layers.
        epochs: how often to see all samples.
    """
    pixels = side * side
    title(f"digits in large: {pixels}-{width}-{width}-10, a sequence of layers, batches of 64")
    X, Y, test_X, test_Y = digits()
    X, test_X = enlarged(X, side), enlarged(test_X, side)
    print(f"  scans of 8×8 pixels, enlarged to {side}×{side}: {pixels} inputs that hold 64 numbers")
    start = perf_counter()
    model = nn.Sequential(
        nn.Layer(pixels, width, init="he", rng=0),
        "relu",
        nn.Layer(width, width, init="he", rng=1),
        "relu",
        nn.Layer(width, 10, rng=2),
    )
    count = len(model.parameters())
    print(f"  {count:,} scalar parameters, made in {perf_counter() - start:.1f} s")

    start = perf_counter()
    with without_collector():
        loss = cross_entropy(model(X[0].tolist()), int(Y[0]))
        loss.backward()
    eager = perf_counter() - start
    print(f"  one sample, scalar by scalar: {eager:.2f} s, an epoch {eager * len(X) / 60:.0f} min")
    del loss

    history = nn.fit(
        model,
        "cross_entropy",
        X,
        Y,
        optimizer=nn.SGD(model.parameters(), lr=0.05, momentum=0.9),
        epochs=epochs,
        batch_size=64,
        validation=(test_X, test_Y),
        metrics=["accuracy"],
    )
    seconds = median(history.seconds)
    print(f"  the same as a program of arrays: an epoch of {len(X)} digits {seconds:.3f} s")
    accuracy, test_accuracy = history.metrics.values()
    for epoch in sorted({0, epochs // 2, epochs - 1}):
        print(
            f"  epoch {epoch + 1:2}: loss {history.loss[epoch]:.4f}, "
            f"{accuracy[epoch]:.1%} right while training, {test_accuracy[epoch]:.1%} of the test"
        )

    program = compile(lambda x, y: cross_entropy(model(x), y), shapes=[pixels, ()])
    print(indent(dedent(program.source.partition(":\n")[2]), "  ").rstrip())
    save(draw(program), "large_forward", out)
    save(draw(program, "backward"), "large_backward", out)

    figure, (curve, grid) = canvas(f"A {pixels}-{width}-{width}-10 network", columns=2)
    steps = range(1, epochs + 1)
    curve.plot(steps, history.loss, "o-", ms=3, color=COLORS[0], label="training")
    curve.plot(steps, history.validation_loss, "o-", ms=3, color=COLORS[1], label="test")
    label(curve, f"{test_accuracy[-1]:.1%} of the test digits right", "epoch", "cross-entropy")
    scores = compile(model, shapes=[pixels])(test_X[:32])
    draw_digits(grid, test_X[:32], scores.argmax(1).tolist(), test_Y[:32])
    save_figure(figure, "large", out)


def enlarged(images: NDArray[np.float64], side: int) -> NDArray[np.float64]:
    """The images of 8×8 pixels as side×side, each pixel a mean of its neighbours' (bilinear)."""
    place = np.clip((np.arange(side) + 0.5) * 8 / side - 0.5, 0, 7)
    weights = np.maximum(0, 1 - np.abs(place[:, None] - np.arange(8)))
    large: NDArray[np.float64] = weights @ images.reshape(-1, 8, 8) @ weights.T
    return large.reshape(len(images), -1)


if __name__ == "__main__":
    main()
