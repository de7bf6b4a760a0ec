"""Jacobians, and why nobody builds them: of an elementwise gate it is diagonal   (rows L9, L38)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from autograd import Value, dot, grad, gradients, jacobian, maximum
from autograd import sum as total

from .board import OUT, title
from .plots import COLORS, GREY, canvas, label, save_figure

N = 4096


def main(out: Path = OUT) -> None:
    """Scalar by vector, vector by scalar, vector by vector; then 4096 inputs without a matrix."""
    title("a scalar by a vector is a gradient, a vector by a scalar a column, else a Jacobian")
    point = [1.0, -2.0, 0.5]
    print(f"  ∂(x₁² + x₂² + x₃²)/∂x = {grad(lambda x: dot(x, x))(point)}   (2x)")
    print(f"  ∂(t, t², t³)/∂t at 2  = {jacobian(lambda t: [t, t**2, t**3])(2.0)}")
    diagonal = jacobian(rectified)(point)
    print("  ∂max(0, x)/∂x         =", "\n                          ".join(map(str, diagonal)))

    title("z = W·x + b: a block of ∂z/∂W for each neuron, zero elsewhere; ∂z/∂b is the identity")
    W = [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]
    blocks = np.array(jacobian(lambda w: [dot(row, point) for row in w])(W))
    identity = jacobian(lambda b: [dot(row, point, each) for row, each in zip(W, b, strict=True)])
    for k, block in enumerate(blocks):
        print(f"  ∂z{'₁₂'[k]}/∂W = {block.tolist()}")
    print(f"  ∂z/∂b  = {identity([0.0, 0.0])}")
    if not np.array_equal(blocks[0][0], point) or blocks[0][1].any():
        raise AssertionError("a neuron depends on its own weights only")

    title(f"max(0, x) of {N} inputs, and a loss behind it")
    random = np.random.RandomState(0)
    x = [Value(number) for number in random.normal(size=N)]
    outputs = rectified(x)
    loss = total([y * y for y in outputs])
    slopes = gradients(loss, x)
    if any(s != 2 * max(0.0, v.data) for s, v in zip(slopes, x, strict=True)):
        raise AssertionError("the gradient is 2·max(0, x)")
    print(f"  the Jacobian would have {N}×{N} = {N * N:,} numbers, {8 * N * N / 2**20:.0f} MB,")
    print(f"  {N * N - N:,} of them 0; back-propagation multiplied by the {N:,} on its diagonal")

    few = 24
    matrix = np.array(jacobian(rectified)([v.data for v in x[:few]]))
    figure, (axis,) = canvas("The Jacobian of max(0, x), 24 of 4096 inputs", width=5, height=4.8)
    rows, columns = np.nonzero(matrix)
    axis.scatter(columns, rows, marker="s", s=36, color=COLORS[0], label="1")
    flat = [k for k in range(few) if not matrix[k, k]]
    axis.scatter(flat, flat, marker="s", s=36, facecolors="none", edgecolors=GREY, label="0: x ≤ 0")
    axis.set(xlim=(-1, few), ylim=(few, -1), aspect="equal")
    label(axis, "white is 0 as well: no output reads another's input", "input", "output")
    save_figure(figure, "jacobians", out)


def rectified(xs: list[Value]) -> list[Value]:
    return [maximum(0, x) for x in xs]


if __name__ == "__main__":
    main()
