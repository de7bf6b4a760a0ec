"""The shapes of an L-layer network: W is (nₗ, nₗ₋₁), b is (nₗ, 1)   (row L25)."""

from __future__ import annotations

from pathlib import Path

import nn
from autograd import compile, draw

from .board import OUT, save, table, title

SIZES = [4, 5, 3, 1]


def main(out: Path = OUT) -> None:
    """Count rows and columns, layer by layer; then hand in what does not fit."""
    title(
        f"{'-'.join(map(str, SIZES))}: the hyper-parameter L is {len(SIZES) - 1}, the widths nₗ too"
    )
    model = nn.MLP(SIZES[0], SIZES[1:], activation="tanh", rng=0)
    rows = [["layer l", "W: (nₗ, nₗ₋₁)", "b: nₗ", "Z = W·A + b of m samples", "numbers to learn"]]
    for k, layer in enumerate(model.layers, start=1):
        shape = len(layer.weight), len(layer.weight[0])
        if shape != (SIZES[k], SIZES[k - 1]) or len(layer.bias) != SIZES[k]:
            raise AssertionError(f"layer {k}: W is {shape}")
        learnt = shape[0] * shape[1] + shape[0]
        product = f"({shape[0]}, m) = {shape}·({shape[1]}, m) + ({shape[0]}, 1)"
        rows.append([str(k), f"{shape}", f"{shape[0]}", product, str(learnt)])
    rows.append(["", "", "", "together", str(len(model.parameters()))])
    print(table(rows, {}, right={4}))

    title("the same shapes in the program that comes of it: a sample is a row, so W stands turned")
    program = compile(model, shapes=[SIZES[0]], target="numpy")
    print("\n".join(f"  {line}" for line in program.source.splitlines()))
    save(draw(program), "shapes_forward", out)
    save(draw(program, "backward"), "shapes_backward", out)

    title("what does not fit is an error that says so")
    for what, wrong in (
        ("3 numbers for 4 inputs", lambda: model([1.0, 2.0, 3.0])),
        (
            "a layer behind another of other width",
            lambda: nn.Sequential(nn.Layer(4, 5), nn.Layer(3, 1)),
        ),
        (
            "weights of another network",
            lambda: model.load_state_dict(nn.MLP(4, [6, 3, 1]).state_dict()),
        ),
    ):
        try:
            wrong()
        except ValueError as error:
            print(f"  {what}: {str(error).splitlines()[0]}")
        else:
            raise AssertionError(f"{what} was taken")


if __name__ == "__main__":
    main()
