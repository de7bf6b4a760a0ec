"""Initial weights, each drawn from an explicit random generator: one seed, one network.

An initializer is a function ``(n_inputs, n_outputs, generator) -> weight``, called once for each
weight, row by row. Biases begin at 0.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from operator import index

from .settings import shorten

__all__ = [
    "INITIALIZERS",
    "Initializer",
    "Seed",
    "fan_in",
    "find_initializer",
    "generator_of",
    "he",
    "normal",
    "uniform",
    "xavier",
    "zeros",
]

Initializer = Callable[[int, int, random.Random], float]
Seed = random.Random | int | None


def zeros(n_inputs: int, n_outputs: int, generator: random.Random) -> float:
    """Give 0: the hidden neurons of a layer then stay equal for ever."""
    return 0.0


def normal(std: float = 0.01) -> Initializer:
    """Make the initializer std · N(0, 1); 0.01 is enough to break the symmetry."""
    return lambda n_inputs, n_outputs, generator: std * generator.gauss(0.0, 1.0)


def uniform(low: float = -1.0, high: float = 1.0) -> Initializer:
    """Make the initializer that is uniform between low and high, by default as micrograd's."""
    return lambda n_inputs, n_outputs, generator: generator.uniform(low, high)


def xavier(n_inputs: int, n_outputs: int, generator: random.Random) -> float:
    """Draw from N(0, 2 / (n_inputs + n_outputs)); for sigmoid and tanh.

    Glorot & Bengio, "Understanding the difficulty of training deep feedforward neural
    networks", AISTATS 2010, equation 12.
    """
    return math.sqrt(2 / (n_inputs + n_outputs)) * generator.gauss(0.0, 1.0)


def he(n_inputs: int, n_outputs: int, generator: random.Random) -> float:
    """Draw from N(0, 2 / n_inputs); for relu, which halves the variance.

    He et al., "Delving deep into rectifiers", ICCV 2015, equation 10.
    """
    return math.sqrt(2 / n_inputs) * generator.gauss(0.0, 1.0)


def fan_in(n_inputs: int, n_outputs: int, generator: random.Random) -> float:
    """Draw uniformly between ±1/√n_inputs: PyTorch's default, of weights and of biases."""
    bound = 1 / math.sqrt(n_inputs)
    return generator.uniform(-bound, bound)


INITIALIZERS: dict[str, Initializer] = {
    "zeros": zeros,
    "normal": normal(),
    "uniform": uniform(),
    "xavier": xavier,
    "he": he,
    "fan_in": fan_in,
}

_RECTIFIERS = {"relu", "leaky_relu", "elu", "softplus"}


def find_initializer(init: str | Initializer | None, activation: str = "") -> Initializer:
    """Give the initializer of this name; for None the one that suits the activation's name.

    Raises:
        ValueError: no initializer has this name.
    """
    if init is None:
        return he if activation in _RECTIFIERS else xavier
    if isinstance(init, str):
        if init not in INITIALIZERS:
            raise ValueError(
                f"unknown initialization {init!r}: write a function (n_inputs, n_outputs, "
                f"generator) -> number, or one of {', '.join(INITIALIZERS)}"
            )
        return INITIALIZERS[init]
    return init


def generator_of(rng: Seed) -> random.Random:
    """Give the generator itself, or a new one for a seed.

    Args:
        rng: a ``random.Random``; a seed; or None for a generator that Python's own seeds, so
            that ``random.seed(1337)`` makes everything repeatable, as with micrograd.

    Raises:
        TypeError: it is none of these.

    >>> generator_of(0).random() == generator_of(random.Random(0)).random()
    True
    """
    if isinstance(rng, random.Random):
        return rng
    if rng is None:
        return random.Random(random.getrandbits(64))
    try:
        return random.Random(index(rng))
    except TypeError:
        raise TypeError(
            f"rng must be a seed (an int) or a random.Random, got {shorten(rng)}"
        ) from None
