"""Anomaly: run a program line by line to find the first that made a NaN or an infinity."""

from __future__ import annotations

import ast
from typing import Any

import numpy as np

from .build import namespace_of

__all__ = ["first_non_finite"]


def first_non_finite(source: tuple[str, dict[str, Any]], theta: Any, batch: list[Any]) -> str:
    """Say which line of the program made the first number that is not finite."""
    text, constants = source
    tree = ast.parse(text)
    function = tree.body[0]
    assert isinstance(function, ast.FunctionDef)
    names = [argument.arg for argument in function.args.args]
    given = [theta, *batch, np.empty_like(theta)]
    scope = {**namespace_of(constants, str(theta.dtype)), **dict(zip(names, given, strict=True))}
    for name, array in zip(names[:-1], given, strict=False):
        if not np.isfinite(array).all():
            return f", because {name} holds {_bad(array)}"
    with np.errstate(all="ignore"):
        for statement in function.body:
            if isinstance(statement, ast.Return):
                break
            line = ast.unparse(statement)
            exec(compile(ast.Module([statement], []), "<program>", "exec"), scope)
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                result = scope[statement.targets[0].id]
                if statement.targets[0].id.startswith("hit") and not result.any(-1).all():
                    sample = int(np.argwhere(~result.any(-1))[0][0])
                    return f": {line.split()[2].split('[')[0]} holds no class in sample {sample}"
                if not np.isfinite(result).all():
                    return f"; the first line that made {_bad(result)} is\n    {line}"
    return ""


def _bad(array: Any) -> str:
    numbers = np.asarray(array).ravel()
    return str(numbers[~np.isfinite(numbers)][0])
