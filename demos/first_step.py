"""A 2-3-2 network: forward, backward and one update, as computed in the lecture   (row L18)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import nn
from autograd import Value, draw, softmax

from .board import OUT, number, save, title

X = [[0.1, 0.2], [0.3, 0.4]]
Y = [[1, 0], [0, 1]]
RATE = 0.1


def network() -> nn.MLP:
    """The lecture's network, with the weights that NumPy's legacy seed 42 gives."""
    random = np.random.RandomState(42)
    W1 = random.randn(2, 3)  # the lecture writes x·W, so W has a row for each input
    W2 = random.randn(3, 2)
    model = nn.MLP(2, [3, 2], activation="relu")
    model.load_state_dict(
        {
            "layers.0.weight": W1.T,
            "layers.0.bias": [0, 0, 0],
            "layers.1.weight": W2.T,
            "layers.1.bias": [0, 0],
        }
    )
    return model


def by_numpy(state: dict[str, list[list[float]]]) -> tuple[float, dict[str, NDArray[np.float64]]]:
    """The lecture's NumPy code: the loss, and the gradients derived by hand."""
    W1, W2 = (np.array(state[f"layers.{k}.weight"]).T for k in range(2))
    b1, b2 = (np.array(state[f"layers.{k}.bias"]) for k in range(2))
    x, y = np.array(X), np.array(Y)
    z1 = x @ W1 + b1
    a1 = np.maximum(0, z1)
    z2 = a1 @ W2 + b2
    e = np.exp(z2 - z2.max(1, keepdims=True))
    a2 = e / e.sum(1, keepdims=True)
    loss = -np.sum(y * np.log(a2)) / len(x)
    dz2 = (a2 - y) / len(x)
    dz1 = dz2 @ W2.T * (z1 > 0)
    return float(loss), {
        "layers.0.weight": dz1.T @ x,
        "layers.0.bias": dz1.sum(0),
        "layers.1.weight": dz2.T @ a1,
        "layers.1.bias": dz2.sum(0),
    }


def main(out: Path = OUT) -> None:
    """Make the step, compare with NumPy, and draw each sample's way through the network."""
    title("2-3-2: three ReLU neurons, softmax, cross-entropy of two samples")
    model = network()
    for x in X:
        a1 = model.layers[0](x)
        z1 = [a.operands[0] for a in a1]
        a2 = softmax(model.layers[1](a1))
        print(f"  x = {x}: Z1 = {row(z1)}, A1 = {row(a1)}, A2 = {row(a2)}")
    loss_by_hand, gradients_by_hand = by_numpy(model.state_dict())
    loss = nn.over_batch("cross_entropy", [model(x) for x in X], Y)
    loss.backward()
    print(f"  first loss      {loss.data!r}")
    print(f"  by NumPy        {loss_by_hand!r}")
    print("  the lecture has 0.8036585205718132")
    for name, parameter in model.named_parameters():
        gradient = gradient_of(parameter)
        print(f"  ∂loss/∂{name}: {numbers(gradient)}")
        if not np.allclose(gradient, gradients_by_hand[name], rtol=1e-12, atol=1e-15):
            raise AssertionError(f"{name}: NumPy has {gradients_by_hand[name]}")
    print("  all as the lecture's NumPy code has them, to 12 digits")

    draw_samples(out)

    nn.SGD(model.parameters(), lr=RATE).step()
    after = nn.over_batch("cross_entropy", [model(x) for x in X], Y)
    print(f"  after one update with learning rate {RATE}: loss {after.data:.16f}")
    for name, parameter in model.state_dict().items():
        print(f"    {name} = {numbers(parameter)}")
    for x, y in zip(X, Y, strict=True):
        print(f"    {x} → {row(softmax(model(x)))}, should be {y}")


def draw_samples(out: Path) -> None:
    """Each sample on its way through the network, and the gradient of its own loss."""
    for k, (x, y) in enumerate(zip(X, Y, strict=True), 1):
        for view in ("forward", "backward"):
            picture = draw(network(), view, sample=x, target=y, loss="cross_entropy")
            save(picture, f"first_step_{k}_{view}", out)


def row(values: Sequence[Value]) -> str:
    """The numbers of some Values on one line."""
    return numbers([value.data for value in values])


def gradient_of(parameter: list[Value] | list[list[Value]]) -> NDArray[np.float64]:
    """The gradient of a weight matrix or of biases, as an array."""
    values = np.array(parameter, dtype=object)
    return np.array([value.grad for value in values.flat], dtype=float).reshape(values.shape)


def numbers(array: object) -> str:
    """Nested numbers on one line, four digits each."""
    if isinstance(array, (list, np.ndarray)):
        return f"[{', '.join(map(numbers, array))}]"
    return number(round(float(array), 4))  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
