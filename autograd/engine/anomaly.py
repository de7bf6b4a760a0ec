"""detect_anomaly: which gate made the first NaN or inf, and on which line of the program."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from math import isfinite
from pathlib import Path

from .backward import local_derivatives
from .modes import special
from .value import Value, describe

__all__ = ["AnomalyError", "detect_anomaly"]

_PACKAGE = str(Path(__file__).parent.parent)


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
    lines: dict[Value, str] = {}

    def watch(node: Value) -> None:
        if node not in lines:  # forward() computes a node again, which was made elsewhere
            lines[node] = _source_line()
        if not isfinite(node.data):
            raise AnomalyError(
                f"{_gate(node)} made {node.data}{_blame(node)}\n  at {lines[node]}"
            ) from None

    def watch_backward(node: Value, upstream: float | Value) -> None:
        arrived = upstream.data if isinstance(upstream, Value) else upstream
        for operand, local in zip(node.operands, local_derivatives(node), strict=True):
            flow = operand.flow.data if isinstance(operand.flow, Value) else operand.flow
            if local is not None and not isfinite(flow):
                line = lines.get(node, "a line outside this detect_anomaly() block")
                raise AnomalyError(
                    f"the gradient of {operand.label or 'an operand'} became {flow} in the "
                    f"backward step of {_gate(node)}: local {local} × upstream {arrived}\n"
                    f"  the gate was made at {line}"
                ) from None

    with special("watch", watch), special("watch_backward", watch_backward):
        yield


def _gate(node: Value) -> str:
    assert node.op is not None
    return f"{node.op.name}({', '.join(map(describe, node.operands))})"


def _blame(node: Value) -> str:
    bad = [operand for operand in node.operands if not isfinite(operand.data)]
    return f" (its operand {describe(bad[0])} already was not finite)" if bad else ""


def _source_line() -> str:
    """The innermost line of the program that is not in this package."""
    frame = sys._getframe(2)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    name, line = frame.f_code.co_filename, frame.f_lineno
    return f"{name}:{line}: {linecache.getline(name, line).strip()}".rstrip(": ")
