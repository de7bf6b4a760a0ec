"""Data: numbers in an order, from whatever holds them, cut into batches.

Arrays stay arrays, of their own kind and in their own place: a batch is taken out of them, and
made float64, when its turn comes. What is in memory is checked at once, what is not (a
memory-mapped array, an iterable of batches) when it is read. Lists become arrays if their rows
are alike and NumPy is installed.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from typing import Any, NamedTuple

from autograd import Value

from .settings import shorten

__all__ = [
    "Batch",
    "Batches",
    "Samples",
    "inputs_of",
    "joined",
    "numbers",
    "numpy_or_none",
    "picked",
    "rows",
]

Column = Any
"""An array with a row for each sample; without NumPy, or where rows differ, a list."""

ROWS = 4096  # that are looked at together
SPARSE = "{} is a sparse matrix, which would be read whole: give {}.toarray(), or rows of it"


class Batch(NamedTuple):
    """Some samples, as float64 arrays (or as lists: see ``Column``)."""

    places: Sequence[int]
    """Where they stand in the data, for messages."""
    inputs: tuple[Column, ...]
    """A column for each input of the model."""
    targets: Column
    weights: Column | None
    """What the loss of each sample counts; None if all count the same."""


class Samples:
    """Samples with their targets.

    Args:
        X: a row of inputs for each sample, or a number for each; or a tuple of several inputs,
            each an array or a list with a row for each sample.
        Y: a number or a list for each sample.
        names: what to call them in messages.

    Raises:
        ValueError: they are empty or not as many, or a number is NaN or infinite.
        TypeError: something in them is no number.

    >>> batch = Samples([1, 2], [[3], [4]]).batch([1, 0])
    >>> rows(batch.inputs[0]), rows(batch.targets)
    ([[2.0], [1.0]], [4.0, 3.0])
    """

    def __init__(self, X: Any, Y: Any, names: tuple[str, str] = ("X", "Y")) -> None:
        self.inputs = inputs_of(X, names[0])
        targets = _column(Y, names[1])
        for k, column in enumerate(self.inputs):
            if len(column) != len(targets):
                name = names[0] if len(self.inputs) == 1 else f"{names[0]}[{k}]"
                raise ValueError(
                    f"{name} has {len(column)} samples but {names[1]} has {len(targets)}"
                )
        self.targets = _without_brackets(targets)
        self.weights: Column | None = None
        self.names = names
        self.places: Sequence[int] = range(len(targets))

    def __len__(self) -> int:
        return len(self.places)

    def weigh(self, *weights: Any) -> None:
        """Let the samples count so much, scaled to the mean 1; several weights are multiplied.

        Raises:
            ValueError: a weight is negative, all are 0, or there are not as many as samples.
        """
        given = [_column(each, "sample_weight") for each in weights if each is not None]
        if not given:
            return
        for each in given:
            if len(each) != len(self) or min(rows(each)) < 0:
                raise ValueError(
                    f"sample_weight must be {len(self)} numbers of at least 0, one a sample, got "
                    f"{shorten(rows(each))}"
                )
        factors = [math.prod(each) for each in zip(*map(rows, given), strict=True)]
        mean = math.fsum(factors) / len(factors)
        if not mean:
            raise ValueError("sample_weight: all weights are 0, so nothing would be learned")
        self.weights = _column([factor / mean for factor in factors], "sample_weight")

    def batch(self, places: Sequence[int]) -> Batch:
        """The samples at these places."""
        inputs = tuple(
            picked(column, places, name)
            for column, name in zip(self.inputs, self._input_names(), strict=True)
        )
        targets = picked(self.targets, places, self.names[1])
        weights = None if self.weights is None else picked(self.weights, places, "sample_weight")
        return Batch(places, inputs, targets, weights)

    def _input_names(self) -> list[str]:
        name, count = self.names[0], len(self.inputs)
        return [name] if count == 1 else [f"{name}[{k}]" for k in range(count)]

    def order(self, generator: random.Random | None = None) -> Sequence[int]:
        """The places of all samples; shuffled if there is a generator."""
        if generator is None:
            return self.places
        order = list(self.places)
        generator.shuffle(order)
        numpy = numpy_or_none()
        return order if numpy is None else numpy.array(order)

    def batches(self, size: int, generator: random.Random | None = None) -> Iterator[Batch]:
        """All samples once, so many at a time; shuffled if there is a generator."""
        order = self.order(generator)
        for k in range(0, len(order), size):
            yield self.batch(order[k : k + size])

    def example(self) -> Batch:
        """A batch of the first sample."""
        return self.batch(self.places[:1])

    def split(self, fraction: float, generator: random.Random) -> tuple[Samples, Samples]:
        """Set a random part of the samples aside: give the rest, and the part.

        Raises:
            ValueError: the fraction leaves no sample on one side.
        """
        n = round(len(self) * fraction) if 0 < fraction < 1 else 0
        if not 0 < n < len(self):
            raise ValueError(
                f"validation={fraction!r} of {len(self)} samples leaves none on one side: give a "
                "fraction between 0 and 1 that leaves some on both, or a pair (X, Y)"
            )
        order = generator.sample(self.places, len(self))
        return self._at(order[n:]), self._at(order[:n])

    def _at(self, places: Sequence[int]) -> Samples:
        part = object.__new__(Samples)
        vars(part).update(vars(self), places=places)
        return part


class Batches:
    """Batches as they come: pairs (X, Y), or triples (X, Y, weights).

    Args:
        source: an iterable of them, such as a list or a torch ``DataLoader``; a function that
            makes one, anew for every epoch; or a generator, which is good for one epoch.
    """

    names = ("X", "Y")

    def __init__(self, source: Iterable[Any] | Callable[[], Iterable[Any]]) -> None:
        self.source = source
        self.begun = self._opened()
        self.first: Batch | None = self._next(0)

    def _opened(self) -> Iterator[Any]:
        return iter(self.source() if callable(self.source) else self.source)

    def _next(self, k: int) -> Batch | None:
        for given in self.begun:
            if not isinstance(given, (tuple, list)) or len(given) not in (2, 3):
                raise ValueError(
                    f"batch {k} of the iterable is no pair (X, Y) and no triple (X, Y, weights); "
                    "give fit X and Y apart, fit(model, loss, X, Y), or an iterable of batches"
                )
            samples = Samples(given[0], given[1], (f"X of batch {k}", f"Y of batch {k}"))
            if len(given) == 3:
                samples.weights = _column(given[2], f"weights of batch {k}")
            return samples.batch(samples.places)
        return None

    def batches(self, size: int = 0, generator: Any = None) -> Iterator[Batch]:
        """The batches of an epoch: the iterable decides on their size and their order.

        Raises:
            ValueError: there are none.
        """
        if self.first is None:
            self.begun = self._opened()
        batch = self.first or self._next(0)
        self.first = None
        if batch is None:
            raise ValueError(
                "the iterable of batches gave none in this epoch; a generator can be gone through "
                "only once: give a function that makes one, or a list"
            )
        k = 0
        while batch is not None:
            yield batch
            k += 1
            batch = self._next(k)

    def example(self) -> Batch:
        """A batch of the first sample."""
        if self.first is None:
            raise ValueError("the iterable of batches is empty")
        _, inputs, targets, weights = self.first
        return Batch([0], tuple(x[:1] for x in inputs), targets[:1], weights and weights[:1])


def rows(column: Column) -> list[Any]:
    """The samples of a column as numbers and nested lists."""
    return column.tolist() if hasattr(column, "tolist") else column  # type: ignore[no-any-return]


def joined(columns: list[Column]) -> Column:
    """One column of several."""
    if any(isinstance(column, list) for column in columns):
        return [each for column in columns for each in rows(column)]
    return numpy_or_none().concatenate(columns)


def inputs_of(X: Any, name: str = "X") -> tuple[Column, ...]:
    """A column for each input of the model; a tuple of arrays or lists holds several."""
    several = isinstance(X, tuple) and all(isinstance(x, list) or hasattr(x, "shape") for x in X)
    columns = (
        [_column(x, f"{name}[{k}]") for k, x in enumerate(X)] if several else [_column(X, name)]
    )
    return tuple(map(_with_brackets, columns))


# ---------------------------------------------------------------------- columns


def _column(data: Any, name: str) -> Column:
    """The data as a column, every number checked.

    Raises:
        ValueError: it is empty, or a number is NaN or infinite.
        TypeError: something in it is no number.
    """
    column = _array(data, name)
    if column is None:
        column = numbers(data, name)
        numpy = numpy_or_none()
        if numpy is not None and isinstance(column, list):
            with suppress(ValueError):  # rows of many lengths stay a list
                column = numpy.array(column, dtype=float)
    elif not _is_mapped(column):
        _check_finite(column, name)
    if not hasattr(column, "__len__") or len(column) == 0:
        raise ValueError(f"{name} must hold at least one sample, got {rows(column)!r}")
    return column


def _array(data: Any, name: str) -> Any:
    """The data as an array of numbers as it is, if that is what it is; else None."""
    if hasattr(data, "toarray") and hasattr(data, "nnz"):
        raise TypeError(SPARSE.format(name, name))
    if hasattr(data, "detach") and hasattr(data, "cpu"):  # a tensor
        data = data.detach().cpu()
    if hasattr(data, "to_numpy"):  # a table
        data = data.to_numpy()
    numpy = numpy_or_none()
    if numpy is None or isinstance(data, numpy.ma.MaskedArray):
        return None
    if not isinstance(data, numpy.ndarray) and hasattr(data, "__array__"):
        data = data.__array__()
    is_one = isinstance(data, numpy.ndarray) and data.dtype.kind in "fiub" and data.ndim
    return data if is_one else None


def picked(column: Column, places: Sequence[int], name: str) -> Column:
    """Some rows of a column, as float64."""
    if isinstance(column, list):
        return [column[k] for k in places]
    part = column[places.start : places.stop] if isinstance(places, range) else column[places]
    if _is_mapped(column):
        _check_finite(part, name, places)
    return part.astype(float, copy=False)


def _check_finite(array: Any, name: str, places: Sequence[int] | None = None) -> None:
    """See that there is no NaN and no infinity, some rows at a time."""
    numpy = numpy_or_none()
    if array.dtype.kind != "f":
        return
    for k in range(0, len(array), ROWS):
        part = array[k : k + ROWS]
        finite = numpy.isfinite(part)
        if not finite.all():
            row, *rest = numpy.argwhere(~finite)[0].tolist()
            row = k + row
            number = array[(row, *rest)]
            place = "".join(f"[{i}]" for i in (row if places is None else places[row], *rest))
            raise ValueError(f"{name}{place} is {number}; take out or replace what is not finite")


def _is_mapped(array: Any) -> bool:
    numpy = numpy_or_none()
    return numpy is not None and isinstance(array, numpy.memmap)


def _with_brackets(column: Column) -> Column:
    """A row of one for each single number."""
    if isinstance(column, list):
        return [x if isinstance(x, list) else [x] for x in column]
    return column.reshape(-1, 1) if column.ndim == 1 else column


def _without_brackets(column: Column) -> Column:
    """A number for each row of one."""
    if isinstance(column, list):
        one = all(isinstance(y, list) and len(y) == 1 for y in column)
        return [y[0] for y in column] if one and not isinstance(column[0][0], list) else column
    return column[:, 0] if column.ndim == 2 and column.shape[1] == 1 else column


def numpy_or_none() -> Any:
    """NumPy, if it is installed."""
    try:
        import numpy
    except ImportError:
        return None
    return numpy


# ---------------------------------------------------------------------- numbers


def numbers(data: Any, name: str) -> Any:
    """Give nested lists of floats; ``name`` grows by indices for the messages.

    >>> numbers([1, [2.5, True], range(2)], "X")
    [1.0, [2.5, 1.0], [0.0, 1.0]]
    >>> numbers([[1.0], [float("nan")]], "X")
    Traceback (most recent call last):
    ValueError: X[1][0] is nan; take out or replace what is not finite
    """
    if hasattr(data, "to_numpy"):  # a table
        data = data.to_numpy()
    elif hasattr(data, "__array__") and not hasattr(data, "tolist"):
        data = data.__array__()
    if hasattr(data, "tolist"):  # an array, a tensor
        data = data.tolist()
    if isinstance(data, (list, tuple)):
        if set(map(type, data)) == {float} and all(map(math.isfinite, data)):
            return list(data)  # the usual row, without a look at each number's name
        return [numbers(each, f"{name}[{k}]") for k, each in enumerate(data)]
    if isinstance(data, Value):
        raise TypeError(f"{name} must be a number, got a Value: give its .data")
    if isinstance(data, (str, bytes)):
        raise TypeError(f"{name} must be a number, got {data!r}")
    if isinstance(data, (Mapping, Set)) and not isinstance(data, Sequence):
        raise TypeError(f"{name} must be a sequence, got {type(data).__name__}: give a list")
    if hasattr(data, "__float__"):
        return _finite(data, name)
    try:
        elements = list(data)
    except TypeError:
        raise TypeError(f"{name} must be a number, got {data!r}") from None
    return numbers(elements, name)


def _finite(data: Any, name: str) -> float:
    try:
        number = float(data)
    except OverflowError:
        raise ValueError(f"{name} is too large for a float; scale it down") from None
    if not math.isfinite(number):
        raise ValueError(f"{name} is {number}; take out or replace what is not finite")
    return number
