"""The numbers of a network in a file of the safetensors format.

Names and shapes are PyTorch's (``layers.0.weight`` of n_outputs rows), so weights can be
exchanged. A file holds numbers and nothing else: loading one never executes code.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from .module import Module
from .nested import shape

__all__ = ["load", "save"]


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
        ValueError: the rows of a parameter differ in length.
    """
    numpy, safetensors = _safetensors()
    state = model.state_dict()
    for name, numbers in state.items():
        if "ragged" in shape(numbers):
            raise ValueError(
                f"{name} of {model} has the shape {shape(numbers)}: a file holds arrays only; make "
                "rows of one length, or a parameter of each row"
            )
    arrays = {name: numpy.asarray(numbers, dtype=float) for name, numbers in state.items()}
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
        ValueError: names or shapes don't fit, a tensor's numbers are of a kind that NumPy does
            not have, or this is no safetensors file.
        FileNotFoundError: there is no such file.
        IsADirectoryError: this is a directory.
    """
    _, safetensors = _safetensors()
    path = os.fspath(path)
    if Path(path).is_dir():
        raise IsADirectoryError(f"{path} is a directory: give the file in it")
    state: dict[str, Any] = {}
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            for name in file.keys():  # noqa: SIM118 - it is no dictionary
                kind = file.get_slice(name).get_dtype()
                if kind not in _KINDS:
                    raise ValueError(
                        f"{name} in {path} has numbers of the kind {kind}, which NumPy does not "
                        "have: save it as float32 or float64, in PyTorch with tensor.double()"
                    )
                state[name] = file.get_tensor(name)
    except safetensors.SafetensorError as error:
        raise ValueError(f"{path} is no safetensors file: {error}") from None
    model.load_state_dict(state)


_KINDS = {
    *("F64", "F32", "F16", "BOOL"),
    *("I64", "I32", "I16", "I8", "U64", "U32", "U16", "U8"),
}


def _safetensors() -> tuple[Any, Any]:
    try:
        import numpy
        import safetensors.numpy
    except ImportError as error:
        raise ImportError(
            f"nn.save and nn.load need {error.name}: pip install 'gatewise[state]'"
        ) from error
    return numpy, safetensors
