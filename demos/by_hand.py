"""Back-propagation by hand beside the program that the machine derives from scalars   (row L35)."""

from __future__ import annotations

from inspect import getsource
from itertools import zip_longest
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import nn
from autograd import compile, cross_entropy, draw

from .board import OUT, save, title
from .first_step import X, Y, network

Arrays = NDArray[np.float64]


def by_hand(
    X: Arrays, Y: Arrays, W1: Arrays, b1: Arrays, W2: Arrays, b2: Arrays
) -> tuple[dict[str, Arrays], list[Arrays]]:
    """Forward and backward as in the lecture; it writes x·W, so W has a row for each input."""
    Z1 = X @ W1 + b1
    A1 = np.maximum(0, Z1)
    Z2 = A1 @ W2 + b2
    e = np.exp(Z2 - Z2.max(1, keepdims=True))
    A2 = e / e.sum(1, keepdims=True)
    loss = -np.sum(Y * np.log(A2)) / len(X)

    dZ2 = (A2 - Y) / len(X)
    dW2 = A1.T @ dZ2
    db2 = dZ2.sum(0)
    dA1 = dZ2 @ W2.T
    dZ1 = dA1 * (Z1 > 0)
    dW1 = X.T @ dZ1
    db1 = dZ1.sum(0)
    return {"Z1": Z1, "A1": A1, "Z2": Z2, "loss": loss}, [dW1, db1, dW2, db2]


def main(out: Path = OUT) -> None:
    """The lecture's 2-3-2 network in both ways: the same numbers; then 100 layers."""
    title("2-3-2: what a person derives, and what compile derives from the scalar network")
    model = network()
    program = compile(lambda x, y: cross_entropy(model(x), y), shapes=[2, 2], target="numpy")
    lines = [line.strip() for line in getsource(by_hand).splitlines()]
    written = lines[lines.index("Z1 = X @ W1 + b1") : -1]
    derived = [line.strip() for line in program.source.splitlines()]
    derived = derived[derived.index("# forward") + 1 : -1]
    width = max(map(len, written)) + 3
    print(f"  {'by hand':{width}}derived")
    for left, right in zip_longest(written, derived, fillvalue=""):
        print(f"  {left:{width}}{right}".rstrip())

    weights = [np.array(each).T for each in model.state_dict().values()]
    hand, slopes = by_hand(np.array(X), np.array(Y), *weights)
    nodes = [model.layers[0](x) for x in X]
    graph = {
        "Z1": [[a.operands[0].data for a in row] for row in nodes],
        "A1": [[a.data for a in row] for row in nodes],
        "Z2": [[z.data for z in model(x)] for x in X],
    }
    for name, rows in graph.items():
        if not np.allclose(rows, hand[name], rtol=1e-14, atol=1e-16):
            raise AssertionError(f"{name}: by hand {hand[name]}, in the graph {rows}")
        print(f"  {name} = {np.round(rows, 8).tolist()}")
    loss, gradient = program.value_and_grad(np.array(X), np.array(Y))
    turned = np.concatenate([each.T.ravel() for each in slopes])  # ours: a row for each neuron
    if not np.allclose(gradient, turned, rtol=1e-12):
        raise AssertionError("the gradients differ")
    print(f"  loss = {loss:.16f}, by hand {float(hand['loss']):.16f}; all 17 slopes agree")
    save(draw(program), "by_hand_forward", out)
    save(draw(program, "backward"), "by_hand_backward", out)

    title("what if there were 100 layers? Nobody wants to do that by hand")
    deep = nn.MLP(2, [3] * 99 + [2], activation="relu", rng=0)
    program = compile(lambda x, y: cross_entropy(deep(x), y), shapes=[2, ()], target="numpy")
    count = len(program.source.splitlines())
    print(f"  100 layers, {len(deep.parameters())} parameters: {count} lines, none of them by hand")


if __name__ == "__main__":
    main()
