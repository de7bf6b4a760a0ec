"""Embedding: a row of weights for each token of a vocabulary."""

from __future__ import annotations

from typing import Any

from autograd import take

from .init import Seed, generator_of
from .inputs import as_lists
from .module import Module
from .nested import values_of_shape
from .settings import whole

__all__ = ["Embedding"]


class Embedding(Module):
    """A table with a row for each token; a token is a whole number, and so is no gradient's way.

    As ``torch.nn.Embedding``. Bengio et al., "A neural probabilistic language model", JMLR 2003.

    Args:
        num_embeddings: how many rows: the size of the vocabulary.
        embedding_dim: how many numbers a row has.
        rng: a seed or a ``random.Random``; the weights are drawn from N(0, 1).

    Raises:
        ValueError: a size is below 1; a token is not in the table.

    >>> letters = Embedding(27, 4, rng=0)
    >>> word = letters([5, 13, 13, 1])
    >>> len(word), word[0] == letters.weight[5]
    (4, True)
    >>> letters(27)
    Traceback (most recent call last):
    ValueError: Embedding(27, 4) takes whole numbers from 0 to 26, got 27
    """

    def __init__(self, num_embeddings: int, embedding_dim: int, *, rng: Seed = None) -> None:
        self.num_embeddings = whole("Embedding", "num_embeddings", num_embeddings)
        self.embedding_dim = whole("Embedding", "embedding_dim", embedding_dim)
        generator = generator_of(rng)
        self.weight = values_of_shape(
            (self.num_embeddings, self.embedding_dim), lambda: generator.gauss(0.0, 1.0)
        )

    def forward(self, tokens: Any) -> list[Any]:
        """Give the row of a token; for a list of tokens the list of their rows."""
        tokens = as_lists(tokens)
        if isinstance(tokens, (list, tuple)):
            return [self.forward(token) for token in tokens]
        try:
            return take(self.weight, tokens)  # type: ignore[no-any-return]
        except ValueError:
            raise ValueError(
                f"{self} takes whole numbers from 0 to {self.num_embeddings - 1}, got {tokens}"
            ) from None

    def __str__(self) -> str:
        return f"Embedding({self.num_embeddings}, {self.embedding_dim})"
