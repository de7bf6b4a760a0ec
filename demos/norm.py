"""f = ‖W·x‖², a matrix and a vector made of scalars   (row L7)."""

from __future__ import annotations

from pathlib import Path

from autograd import Value, dot

from .board import OUT, check, named, show, title


def main(out: Path = OUT) -> None:
    """Run the graph for a 2×2 matrix."""
    title("f = ‖W·x‖² = g₁² + g₂² with g = W·x")
    W = [
        [Value(0.1, "W₁₁"), Value(0.5, "W₁₂")],
        [Value(-0.3, "W₂₁"), Value(0.8, "W₂₂")],
    ]
    x = [Value(0.2, "x₁"), Value(0.4, "x₂")]
    g = [named("g₁", dot(W[0], x)), named("g₂", dot(W[1], x))]
    squares = [named("g₁²", g[0] * g[0]), named("g₂²", g[1] * g[1])]
    f = named("f", squares[0] + squares[1])
    show(f, "norm", out, constants=False)  # dot's bias 0 would only distract

    for gk in g:
        check(f"df/d{gk.label} = 2·{gk.label}", gk.grad, 2 * gk.data)
    for i, xi in enumerate(x):
        formula = sum(2 * g[k].data * W[k][i].data for k in range(2))
        check(f"df/d{xi.label} = Σₖ 2·gₖ·Wₖ{'₁₂'[i]}", xi.grad, formula)
    for k in range(2):
        for i in range(2):
            name = W[k][i].label
            formula = 2 * g[k].data * x[i].data
            check(f"df/d{name} = 2·{g[k].label}·{x[i].label}", W[k][i].grad, formula)
    print("  One set of lecture notes drops the 2 of 2·gₖ in its last line; the graph keeps it.")


if __name__ == "__main__":
    main()
