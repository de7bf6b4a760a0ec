"""Activations: what a layer does to its weighted sums.

An activation is a name or a function. A function of one number is applied to every weighted
sum; ``softmax`` and ``log_softmax`` look at all of them at once. The functions are gates of
autograd, so no derivative is written here. A setting is bound with ``functools.partial``:
``partial(leaky_relu, slope=0.1)``. (Maxout has weights of its own: it is a layer.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from autograd import elu, leaky_relu, log_softmax, relu, sigmoid, softmax, softplus, tanh

__all__ = ["ACTIVATIONS", "Activation", "activate", "activation_name", "find_activation"]

Activation = str | Callable[[Any], Any] | None


def identity(z: Any) -> Any:
    """Give z itself: the head of a regression."""
    return z


ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "identity": identity,
    "relu": relu,
    "leaky_relu": leaky_relu,
    "elu": elu,
    "softplus": softplus,
    "sigmoid": sigmoid,
    "tanh": tanh,
    "softmax": softmax,
    "log_softmax": log_softmax,
}
"""The activations that go by a name; add yours here to give it one."""

_OF_A_WHOLE_LAYER = (softmax, log_softmax)


def find_activation(activation: Activation, width: int = 0) -> Callable[[Any], Any]:
    """Give the function of an activation's name; None is the identity.

    Args:
        activation: a name or a function.
        width: how many numbers it is for, if that is known.

    Raises:
        ValueError: no activation has this name, or it is softmax for a single number.
        TypeError: it is neither a name nor a function.

    >>> find_activation("relu")(-2.0), find_activation(None)(-2.0)
    (0.0, -2.0)
    """
    if activation is None:
        return identity
    if isinstance(activation, str):
        if activation not in ACTIVATIONS:
            raise ValueError(
                f"unknown activation {activation!r}: write a function of one Value, or one of "
                f"{', '.join(ACTIVATIONS)}"
            )
        activation = ACTIVATIONS[activation]
    if not callable(activation):
        raise TypeError(f"an activation is a name or a function, got {activation!r}")
    if width == 1 and _is_of_a_whole_layer(activation):
        raise ValueError(
            f"{activation_name(activation)} of a single number is the same whatever the number: "
            'for two classes take one output with "sigmoid", or two outputs'
        )
    return activation


def _is_of_a_whole_layer(function: Callable[[Any], Any]) -> bool:
    return any(function is whole for whole in _OF_A_WHOLE_LAYER)


def activate(activation: Activation, zs: Sequence[Any]) -> list[Any]:
    """Apply an activation to a layer's weighted sums; give as many numbers or Values.

    >>> activate("relu", [3.0, -4.0]), activate("softmax", [1.0, 1.0])
    ([3.0, 0.0], [0.5, 0.5])
    """
    function = find_activation(activation, len(zs))
    if _is_of_a_whole_layer(function):
        return list(function(zs))
    return [function(z) for z in zs]


def activation_name(activation: Activation) -> str:
    """What to call an activation: its name, or "" for the identity.

    >>> activation_name("tanh"), activation_name(tanh), activation_name(None)
    ('tanh', 'tanh', '')
    >>> activation_name(partial(leaky_relu, slope=0.1))
    'leaky_relu'
    """
    if isinstance(activation, partial):
        return activation_name(activation.func)
    if activation is None or activation == "identity":
        return ""
    if isinstance(activation, str):
        return activation
    named = getattr(activation, "__name__", None) or getattr(activation, "name", None)
    return str(named or type(activation).__name__)
