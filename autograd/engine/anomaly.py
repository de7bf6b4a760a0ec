"""detect_anomaly: which gate made the first NaN or inf, and on which line of the program."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from math import isfinite
from typing import Any

from .backward import local_derivatives
from .gate import Primitive
from .recorders import Recorder, using
from .steps import Gradients
from .value import Value, describe

__all__ = ["AnomalyError", "detect_anomaly"]

_PACKAGE = __file__.rpartition("engine")[0]


class AnomalyError(ArithmeticError):
    """A gate made a NaN or inf from finite operands, or from a leaf that was one."""


@contextmanager
def detect_anomaly() -> Iterator[None]:
    """Stop at the first gate that makes a NaN or inf, forward or backward (this thread only).

    The error names the gate, its operands and the source line that built it. Recording the
    lines makes the forward pass several times slower, so use it to hunt a bug, not always.

    Raises:
        AnomalyError: inside the block, where the number appears.

    >>> from autograd import exp
    >>> x = Value(1000.0, "x")
    >>> with detect_anomaly():
    ...     exp(x)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    autograd.engine.anomaly.AnomalyError: exp(x = 1000.0) made inf...
    """
    with using(_Watch()):
        yield


class _Watch(Recorder):
    """Looks at every number."""

    watches = True

    def __init__(self) -> None:
        self.lines: dict[Value, str] = {}

    def watch(self, node: Value, op: Primitive, operands: tuple[Value, ...]) -> None:
        """Look at a node that was made, or computed anew by ``forward()``."""
        if node not in self.lines:
            self.lines[node] = _source_line()
        if not isfinite(node.data):
            bad = [operand for operand in operands if not isfinite(operand.data)]
            blame = f" (its operand {describe(bad[0])} already was not finite)" if bad else ""
            made = f"{_gate(op, operands)} made {node.data}{blame}"
            raise AnomalyError(f"{made}\n  at {self.lines[node]}") from None

    def watch_backward(self, node: Value, gradients: Gradients) -> None:
        """Look at what a node has just passed on."""
        assert node.op is not None
        upstream = _number(gradients[node])
        for operand, local in zip(node.operands, local_derivatives(node), strict=True):
            gradient = gradients.get(operand) if local is not None else None
            if gradient is not None and not isfinite(arrived := _number(gradient)):
                line = self.lines.get(node, "a line outside this detect_anomaly() block")
                gate = _gate(node.op, node.operands)
                raise AnomalyError(
                    f"the gradient of {operand.label or 'an operand'} became {arrived} in the "
                    f"backward step of {gate}: local {local} × upstream {upstream}\n"
                    f"  the gate was made at {line}"
                ) from None


def _number(gradient: Any) -> float:
    number: float = gradient.data if isinstance(gradient, Value) else gradient
    return number


def _gate(op: Primitive, operands: tuple[Value, ...]) -> str:
    return f"{op.name}({', '.join(map(describe, operands))})"


def _source_line() -> str:
    """The innermost line of the program that is not in this package."""
    frame = sys._getframe(2)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    name, line = frame.f_code.co_filename, frame.f_lineno
    return f"{name}:{line}: {linecache.getline(name, line).strip()}".rstrip(": ")
