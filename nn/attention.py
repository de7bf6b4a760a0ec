"""Attention: each step of a sequence reads in the others, by how well its query fits their keys."""

from __future__ import annotations

from math import sqrt
from typing import Any

from autograd import Value, dot, softmax

from .init import Seed, generator_of
from .inputs import as_sample
from .layers import Layer, affine
from .module import Module
from .nested import values_of_shape
from .settings import whole

__all__ = ["Attention"]


class Attention(Module):
    """Self-attention of several heads: softmax(q·k / √d) says how much of each value to read.

    (steps, embed_dim) → (steps, embed_dim). Formula, names and shapes are those of
    ``torch.nn.MultiheadAttention(..., batch_first=True)`` for one and the same query, key and
    value. Vaswani et al., "Attention is all you need", NeurIPS 2017, section 3.2.

    Args:
        embed_dim: how many numbers each step has.
        num_heads: how many heads; each has embed_dim / num_heads of the numbers.
        causal: whether a step sees only itself and the steps before it.
        bias: whether queries, keys, values and outputs have biases.
        rng: a seed or a ``random.Random``.

    Raises:
        ValueError: a size is below 1, or embed_dim no multiple of num_heads.

    >>> attention = Attention(4, num_heads=2, causal=True, rng=0)
    >>> attention
    Attention(4, num_heads=2, causal=True): 80 parameters
      out_proj: Layer(4 → 4): 20 parameters
    >>> rows = attention([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]])
    >>> len(rows), len(rows[0])
    (3, 4)
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int = 1,
        *,
        causal: bool = False,
        bias: bool = True,
        rng: Seed = None,
    ) -> None:
        n = self.embed_dim = whole("Attention", "embed_dim", embed_dim)
        self.num_heads = whole("Attention", "num_heads", num_heads)
        if n % self.num_heads:
            raise ValueError(
                f"Attention: embed_dim must be a multiple of num_heads, got {n} and {num_heads}"
            )
        self.causal = causal
        generator = generator_of(rng)
        bound = sqrt(6 / (n + 3 * n))  # Glorot & Bengio's uniform one, see ``init.xavier``
        self.in_proj_weight = values_of_shape((3 * n, n), lambda: generator.uniform(-bound, bound))
        self.in_proj_bias = [Value(0.0) for _ in range(3 * n)] if bias else []
        self.out_proj = Layer(n, n, bias=bias, init="fan_in", rng=generator)

    def forward(self, x: Any) -> list[list[Any]]:
        """Give what each step reads, all heads side by side and then mixed by out_proj."""
        x = as_sample(self, x, "steps", self.embed_dim)
        n, d = self.embed_dim, self.embed_dim // self.num_heads
        projected = [affine(self.in_proj_weight, row, self.in_proj_bias) for row in x]
        read: list[list[Any]] = [[] for _ in x]
        for head in range(0, n, d):
            parts = (slice(start, start + d) for start in (head, n + head, 2 * n + head))
            queries, keys, values = ([row[part] for row in projected] for part in parts)
            for t, query in enumerate(queries):
                seen = t + 1 if self.causal else len(x)
                weights = softmax([dot(query, key) / sqrt(d) for key in keys[:seen]])
                read[t] += [dot(weights, column) for column in zip(*values[:seen], strict=True)]
        return self.out_proj(read)  # type: ignore[no-any-return]

    def __str__(self) -> str:
        causal = ", causal=True" if self.causal else ""
        return f"Attention({self.embed_dim}, num_heads={self.num_heads}{causal})"
