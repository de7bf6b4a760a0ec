"""A 2-3-2 network: forward, backward and one update, as computed in the lecture   (row L18)."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.offsetbox import AnnotationBbox, TextArea, VPacker
from numpy.typing import NDArray

import nn
from autograd import Value, cross_entropy, softmax

from .board import OUT, number, title
from .plots import GREY, canvas, save_figure

X = [[0.1, 0.2], [0.3, 0.4]]
Y = [[1, 0], [0, 1]]
RATE = 0.1
VALUE, GRADIENT = "#13762f", "#c2181f"
SUBSCRIPT, SUPERSCRIPT = "₁₂₃", " ¹²"


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
    """Make the step, compare with NumPy, and draw the first sample's graph."""
    title("2-3-2: three ReLU neurons, softmax, cross-entropy of two samples")
    model = network()
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

    draw_first_sample(out)

    nn.SGD(model.parameters(), lr=RATE).step()
    after = nn.over_batch("cross_entropy", [model(x) for x in X], Y)
    print(f"  after one update with learning rate {RATE}: loss {after.data:.16f}")
    for x, y in zip(X, Y, strict=True):
        print(f"    {x} → {numbers([p.data for p in softmax(model(x))])}, should be {y}")


def draw_first_sample(out: Path) -> None:
    """The first sample on its way through the network, and the gradient of its loss."""
    model = network()
    x = [Value(each) for each in X[0]]
    h = model.layers[0](x)
    z = model.layers[1](h)
    loss = cross_entropy(z, Y[0].index(1))
    loss.backward()

    figure, (axis,) = canvas(
        "2-3-2: the first sample forward, its loss backward", width=12, height=6.4
    )
    axis.set_axis_off()
    columns = {"x": x, "h": h, "z": z}
    for column, (letter, nodes) in enumerate(columns.items()):
        layer = model.layers[column - 1]
        for k, node in enumerate(nodes):
            place = column, height(k, len(nodes))
            names = [f"{letter}{SUBSCRIPT[k]}"]
            if column:  # neuron k of the layer: its weights come from the column before
                bias = layer.bias[k]
                names.append(f"b{SUPERSCRIPT[column]}{SUBSCRIPT[k]} = {bias.data:g}")
                for j, weight in enumerate(layer.weight[k]):
                    start = column - 1, height(j, len(layer.weight[k]))
                    name = f"W{SUPERSCRIPT[column]}{SUBSCRIPT[k]}{SUBSCRIPT[j]}"
                    draw_edge(axis, start, place, name, weight)
            draw_node(axis, place, names, node)
            if letter == "z":
                draw_edge(axis, place, (3, 0))
    draw_node(axis, (3, 0), ["cross-entropy", "of softmax(z), y = (1, 0)"], loss)
    axis.set(xlim=(-0.3, 3.4), ylim=(-1.45, 1.45))
    legend = "value", "gradient of this loss"
    for k, (text, color) in enumerate(zip(legend, (VALUE, GRADIENT), strict=True)):
        axis.text(3, -1.1 - 0.16 * k, text, color=color, ha="center")
    save_figure(figure, "first_step", out)


def height(k: int, count: int) -> float:
    """Where the k-th of the nodes of a column stands: the first on top."""
    return 1.05 * ((count - 1) / 2 - k)


def draw_node(axis: Any, place: tuple[float, float], names: list[str], node: Value) -> None:
    """A node's names, its value and its gradient, in a box."""
    lines = [
        *((name, "black") for name in names),
        (f"{node.data:.4f}", VALUE),
        (f"{node.grad:.4f}", GRADIENT),
    ]
    rows: list[Artist] = [TextArea(text, textprops={"color": color}) for text, color in lines]
    box = AnnotationBbox(
        VPacker(children=rows, align="center", pad=2, sep=3),
        place,
        bboxprops={"boxstyle": "round", "facecolor": "#e8effd", "edgecolor": GREY},
    )
    axis.add_artist(box)


def draw_edge(
    axis: Any,
    start: tuple[float, float],
    end: tuple[float, float],
    name: str = "",
    weight: Value | None = None,
) -> None:
    """A line with the weight above it and its gradient below."""
    axis.plot(*zip(start, end, strict=True), color=GREY, lw=1, zorder=0)
    if weight is None:
        return
    dx, dy = end[0] - start[0], end[1] - start[1]
    options = {
        "ha": "center",
        "rotation": math.degrees(math.atan2(dy, dx)),
        "rotation_mode": "anchor",
        "transform_rotates_text": True,
        "fontsize": 10,
    }
    part = 0.68 if start[0] == 0 else 0.32  # near the three, where only two edges meet
    along = start[0] + part * dx, start[1] + part * dy
    axis.text(*along, f"{name} = {weight.data:.3f}", va="bottom", color=VALUE, **options)
    axis.text(*along, f"{weight.grad:.4f}", va="top", color=GRADIENT, **options)


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
