"""Parameters: what a program differentiates by, as Values and as one flat vector, theta.

The vector is the program's own: it is read from the Values (``load``) and written back to them
(``store``). A Value edited in between is found by the clock that finds stale graphs.
"""

from __future__ import annotations

from typing import Any

from ..engine import clock
from ..engine.backward import StaleGraphError
from ..engine.clock import note_edit
from ..engine.value import Value, name_of

__all__ = ["Parameters", "as_array", "as_empty", "as_list", "parameters_of"]


class Parameters:
    """The parameters of a program, and the numbers that it took from other leaves.

    Args:
        leaves: the parameters, in theta's order.
        data: leaves whose numbers are part of the program.
        dtype: of theta.
    """

    def __init__(self, leaves: list[Value], data: list[Value], dtype: str) -> None:
        self.leaves = leaves
        self.dtype = dtype
        self.seen = self.data_seen = clock.tick()  # theta, data know of all edits up to this time
        self.data = [(leaf, leaf.data) for leaf in data]
        self.theta = as_array([leaf.data for leaf in leaves], dtype)

    def load(self) -> None:
        """Read theta from the Values, in place: a program with buffers holds views of it."""
        now = clock.tick()
        self.theta[:] = as_array([leaf.data for leaf in self.leaves], self.dtype)
        self.seen = now

    def store(self) -> None:
        """Write theta to the Values."""
        now = note_edit()
        for leaf, number in zip(self.leaves, as_list(self.theta), strict=True):
            leaf.computed = now
            leaf._data = number
        self.seen = now

    def current(self) -> Any:
        """Theta, if no Value was edited since it was read.

        Raises:
            StaleGraphError: one was.
        """
        if clock.last_edit > self.seen:
            now = clock.last_edit
            for leaf in self.leaves:
                if leaf.computed > self.seen:
                    raise StaleGraphError(
                        f"the parameter {name_of(leaf)} was edited after the program read it: call "
                        "load() to read it again, or store() to write the program's theta over it"
                    )
            self.seen = now
        return self.theta

    def given(self, theta: Any) -> Any:
        """A user's theta, checked."""
        expected = len(self.leaves)
        if hasattr(self.theta, "dtype"):
            import numpy

            theta = numpy.ascontiguousarray(theta, dtype=self.dtype)
            if theta.shape != (expected,):
                raise ValueError(f"theta must have the shape ({expected},), got {theta.shape}")
        elif len(theta) != expected:
            raise ValueError(f"theta must have {expected} elements, got {len(theta)}")
        return theta

    def check_data(self) -> None:
        """See that the numbers the program was made with are still those of their leaves.

        Raises:
            StaleGraphError: one was edited.
        """
        if self.data and clock.last_edit > self.data_seen:
            now = clock.last_edit
            for leaf, number in self.data:
                if leaf.data != number and (leaf.data == leaf.data or number == number):
                    raise StaleGraphError(
                        f"{name_of(leaf)} was edited, but it is data of the compiled graph: "
                        "compile again"
                    )
            self.data_seen = now

    def __setstate__(self, state: dict[str, Any]) -> None:
        now = clock.tick()
        self.__dict__.update(state, seen=now, data_seen=now)


def parameters_of(f: Any) -> list[Value]:
    """The parameters of the module that f is, or that it is a method of; none if it is neither."""
    listed = getattr(f, "parameters", None) or getattr(
        getattr(f, "__self__", None), "parameters", None
    )
    found = list(listed()) if callable(listed) else []
    return found if all(isinstance(each, Value) for each in found) else []


def as_list(numbers: Any) -> list[float]:
    return numbers.tolist() if hasattr(numbers, "tolist") else list(numbers)


def as_empty(numbers: Any, shape: tuple[int, ...]) -> Any:
    """Nothing, in this shape where it is an array."""
    return numbers.reshape(shape) if hasattr(numbers, "reshape") else numbers


def as_array(numbers: list[Any], dtype: str = "float64") -> Any:
    """An array where NumPy is installed, else the list."""
    try:
        import numpy
    except ImportError:
        return numbers
    return numpy.array(numbers, dtype=dtype)
