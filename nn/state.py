"""The numbers of a network: out, back in, and to a file in the safetensors format.

Names and shapes are PyTorch's (``layers.0.weight`` of n_outputs rows), so weights can be
exchanged. A file holds numbers and nothing else: loading one never executes code.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from autograd import Value

from .module import Module, values_in

__all__ = ["load", "load_state_dict", "save", "state_dict"]


def state_dict(self: Module) -> dict[str, Any]:
    """Give every parameter's numbers: a dictionary of names and nested lists of floats.

    >>> from nn import Layer
    >>> Layer(2, 1, init="zeros").state_dict()
    {'weight': [[0.0, 0.0]], 'bias': [0.0]}
    """
    return {name: _numbers(parameter) for name, parameter in self.named_parameters()}


def load_state_dict(self: Module, state: Mapping[str, Any]) -> None:
    """Set every parameter to the numbers that ``state`` has under its name.

    Args:
        state: names and nested lists of numbers (or NumPy arrays, or torch tensors).

    Raises:
        ValueError: a name is missing or unknown, a shape is wrong, or a number is not finite.
            Nothing has been changed then.

    >>> from nn import Layer
    >>> layer = Layer(2, 1)
    >>> layer.load_state_dict({"weight": [[1.0, 2.0]], "bias": [3.0]})
    >>> layer([10.0, 100.0])[0].data
    213.0
    """
    parameters = dict(self.named_parameters())
    missing, unknown = sorted(parameters.keys() - state), sorted(state.keys() - parameters)
    if missing or unknown:
        raise ValueError(
            f"the names don't fit {self}: "
            + "; ".join(
                f"{what}: {', '.join(names)}"
                for what, names in (("missing", missing), ("unknown", unknown))
                if names
            )
        )
    new: list[tuple[Value, float]] = []
    for name, parameter in parameters.items():
        numbers = _plain(state[name])
        expected, got = _shape(parameter), _shape(numbers)
        if expected != got:
            raise ValueError(f"{name} of {self} has shape {expected}, got {got}")
        for value, number in zip(values_in(parameter), _flat(numbers), strict=True):
            if isinstance(number, bool) or not isinstance(number, (int, float)):
                raise TypeError(f"{name} of {self} needs numbers, got {number!r}")
            if not abs(number) < float("inf"):
                raise ValueError(f"{name} of {self} would hold {number}")
            new.append((value, float(number)))
    for value, number in new:
        value.data = number


Module.state_dict = state_dict
Module.load_state_dict = load_state_dict


def save(model: Module, path: str | os.PathLike[str]) -> None:
    """Write the model's parameters to a safetensors file, as float64.

    ``safetensors.torch.load_file`` reads it, and a torch module of the same names and shapes
    takes them.

    Args:
        model: any ``Module``.
        path: the file to write.

    Raises:
        ImportError: safetensors is not installed.
        OSError: the file can't be written.
    """
    numpy, safetensors = _safetensors()
    arrays = {
        name: numpy.asarray(numbers, dtype=float) for name, numbers in model.state_dict().items()
    }
    try:
        safetensors.numpy.save_file(arrays, os.fspath(path))
    except safetensors.SafetensorError as error:
        raise OSError(f"{os.fspath(path)} can't be written: {error}") from None


def load(model: Module, path: str | os.PathLike[str]) -> None:
    """Set the model's parameters from a safetensors file.

    Args:
        model: a ``Module`` with the names and shapes of the file.
        path: a file that ``save`` wrote, or ``safetensors.torch.save_file``.

    Raises:
        ImportError: safetensors is not installed.
        ValueError: names or shapes don't fit, or this is no safetensors file.
        FileNotFoundError: there is no such file.
    """
    _, safetensors = _safetensors()
    try:
        state = safetensors.numpy.load_file(os.fspath(path))
    except safetensors.SafetensorError as error:
        raise ValueError(f"{os.fspath(path)} is no safetensors file: {error}") from None
    model.load_state_dict(state)


def _safetensors() -> tuple[Any, Any]:
    try:
        import numpy
        import safetensors.numpy
    except ImportError as error:
        raise ImportError(
            f"nn.save and nn.load need {error.name}: pip install 'gatewise[state]'"
        ) from error
    return numpy, safetensors


def _numbers(parameter: Any) -> Any:
    if isinstance(parameter, Value):
        return parameter.data
    return [_numbers(row) for row in parameter]


def _plain(tensor: Any) -> Any:
    """Arrays and tensors as nested lists."""
    return tensor.tolist() if hasattr(tensor, "tolist") else tensor


def _shape(thing: Any) -> tuple[Any, ...]:
    """The shape of a nested list; ("ragged",) ends it where rows differ."""
    if not isinstance(thing, (list, tuple)):
        return ()
    rows = {_shape(row) for row in thing}
    if len(rows) > 1:
        return (len(thing), "ragged")
    return (len(thing), *(rows.pop() if rows else ()))


def _flat(numbers: Any) -> list[Any]:
    if not isinstance(numbers, (list, tuple)):
        return [numbers]
    return [number for row in numbers for number in _flat(row)]
