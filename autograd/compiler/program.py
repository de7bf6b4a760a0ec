"""Program: a compiled function of a batch, with its parameters in one flat vector.

``compile`` makes one. It traces when it first learns the shapes of its arguments, builds the
array program (or the straight line), and checks it against the scalar graph before it is used.
"""

from __future__ import annotations

import builtins
import linecache
import math
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

from .. import clock
from ..clock import note_edit
from ..gate import as_number, shorten
from ..value import Value, name_of
from .batches import as_array, as_list, check_samples, flat_rows, shape_of
from .check import disagreement, reference
from .straight import straight_line
from .trace import Argument, Trace, nested, trace_function, trace_graph, without_collector

__all__ = ["Program", "compile"]

CHECKED = 20_000  # scalar nodes up to which three samples are checked, not one

_numbers = count(1)


def compile(
    f: Any,
    *,
    shapes: Sequence[Any] | None = None,
    parameters: Sequence[Value] | None = None,
    reduction: str = "mean",
    dtype: str = "float64",
    target: str | None = None,
    batch_size: int | None = None,
) -> Program:
    """Turn a function of scalar Values into a NumPy program over a whole batch.

    Args:
        f: a function of one sample: of Values, or of (nested) lists of them. Every leaf that it
            uses without being given it is a parameter. Or a Value: a graph that exists already;
            its leaves are the parameters, its constants the data.
        shapes: the shape of one sample of each argument, ``()`` for a scalar, ``(n,)`` for a
            list, None for a number held fixed; without it the first call tells.
        parameters: the leaves to differentiate by. A function that uses another is refused;
            the other leaves of a graph are data.
        reduction: what ``value_and_grad`` makes of the samples' losses, "mean" or "sum".
        dtype: "float64" or "float32".
        target: "numpy" or "python" (a straight line without dependency); by default whichever
            is faster for the width of the graph.
        batch_size: a fixed number of samples: every buffer is made once and used again.

    Raises:
        TraceError: f looks at a Value's number (see ``where``, ``maximum``).

    >>> from autograd import Value
    >>> w, b = Value(2.0), Value(1.0)
    >>> program = compile(lambda x, y: (w * x + b - y) ** 2)
    >>> value, gradient = program.value_and_grad([1.0, 2.0, 3.0], [3.0, 5.0, 8.0])
    >>> round(value, 12), gradient.round(12).tolist()
    (0.333333333333, [-2.0, -0.666666666667])
    """
    return Program(f, shapes, parameters, reduction, dtype, target, batch_size)


class Program:
    """A compiled function; ``compile`` makes it and documents the arguments."""

    wide: float = 30  # elements an instruction, from which on NumPy is worth its overhead

    def __init__(
        self,
        f: Any,
        shapes: Sequence[Any] | None = None,
        parameters: Sequence[Value] | None = None,
        reduction: str = "mean",
        dtype: str = "float64",
        target: str | None = None,
        batch_size: int | None = None,
    ) -> None:
        if not isinstance(f, Value) and not callable(f):
            raise TypeError(f"compile takes a function or a Value, got {shorten(f)}")
        if reduction not in ("mean", "sum"):
            raise ValueError(f'reduction must be "mean" or "sum", got {reduction!r}')
        if target not in (None, "numpy", "python"):
            raise ValueError(f'target must be "numpy" or "python", got {target!r}')
        dtype = getattr(dtype, "__name__", None) or str(dtype)
        if dtype not in ("float64", "float32"):
            raise ValueError(f'dtype must be "float64" or "float32", got {dtype!r}')
        if batch_size is not None and (not isinstance(batch_size, int) or batch_size < 1):
            raise ValueError(f"batch_size must be a number of samples, got {batch_size!r}")
        for each in parameters or ():
            if not isinstance(each, Value) or not each.is_leaf or each.is_constant:
                raise TypeError(f"parameters must be leaves, got {shorten(each)}")
        self._f = f
        self._declared = None if parameters is None else list(parameters)
        self._wanted = target
        self.reduction = reduction
        self.dtype = dtype
        self.batch_size = batch_size
        self.target: str | None = None
        self.note = ""
        self._built = False
        self._theta: Any = None
        self._chooses = False  # whether there is a `where`
        self._buffer: Any = None  # the gradient, if the batch size is fixed
        self._functions: dict[str, Any] = {}
        if isinstance(f, Value):
            if shapes is not None:
                raise ValueError("compile: a graph has no arguments, so it takes no shapes")
            self._build(trace_graph(f), [])
        elif shapes is not None:
            fixed = [None] * len(shapes)
            if any(shape is None for shape in shapes):
                raise ValueError(
                    "compile: a number held fixed is known at the first call only; leave out "
                    "shapes=, or bind the number with functools.partial"
                )
            shapes = [(shape,) if isinstance(shape, int) else tuple(shape) for shape in shapes]
            with without_collector():
                self._build(trace_function(f, shapes, fixed), None)

    # ------------------------------------------------------------------ building

    def _build(self, trace: Trace, sample: list[Any] | None, batch: int = 1) -> None:
        self._trace: Trace | None = trace
        self.arguments: list[Argument] = trace.arguments
        self._batched = [a for a in trace.arguments if a.shape is not None]
        self._single = trace.single
        self._scalar = not self._batched  # a graph of its own: no batch
        self._nodes = len(trace.order)
        self._chooses = bool(trace.guarded)
        declared = None if self._declared is None else set(self._declared)
        self._parameters, data = trace.leaves(declared)
        frozen = data if trace.clock is None else ()
        self._data = [(leaf, leaf.data) for leaf in frozen if not leaf.is_constant]
        self._sources: dict[str, tuple[str, dict[str, Any]]] = {}
        self._explained: list[tuple[str, str]] = []
        if self._wanted != "python":
            try:
                width = self._build_numpy(trace, data)
                narrow = width * (self.batch_size or batch) < self.wide
                self.target = "python" if narrow and self._wanted is None else "numpy"
            except ImportError:
                if self._wanted == "numpy":
                    raise ImportError(
                        "this target needs NumPy: pip install 'gatewise[fast]'"
                    ) from None
                self.target = "python"
            except Exception as failure:  # a stated fallback, never a wrong program
                self.target = "python"
                self.note = f"straight line, because no array program was found ({failure!r})"
        else:
            self.target = "python"
        if self.target == "python":
            self._use_straight_line(trace)
        self._built = True
        self.load()
        self._check(trace, sample)
        if sample is not None or not self._unchecked:
            self._trace = None

    def _build_numpy(self, trace: Trace, data: set[Value]) -> float:
        """Build the array program; gives the mean number of elements of its instructions."""
        from .build import build

        built = build(trace, data, self.reduction, self.dtype, self.batch_size)
        self._parameters = built.parameters
        self._sources = built.sources
        self._explained = built.explained
        return built.width

    def _use_straight_line(self, trace: Trace) -> None:
        self.target = "python"
        self._explained = []
        self._sources = {"values": straight_line(trace, self._parameters, gradient=False)}
        if trace.single:
            self._sources["value_and_grad"] = straight_line(trace, self._parameters)
        self._functions = {}

    def _check(self, trace: Trace, sample: list[Any] | None) -> None:
        """Hold the program against the scalar graph; fall back to the straight line."""
        rows = self._rows(sample)
        if sample is None and not self._scalar:  # perhaps its scalars are classes
            rows += [
                [
                    [1.0] if argument.shape == () else numbers
                    for argument, numbers in zip(self.arguments, row, strict=True)
                ]
                for row in rows
            ]
        self._unchecked = False
        expected = []
        kept = []
        for row in rows:
            try:
                outputs, gradient = reference(trace, self._parameters, row)
            except (ValueError, ZeroDivisionError):
                if sample is not None:
                    raise
                continue  # an invented sample that some gate does not take
            if all(map(math.isfinite, (*outputs, *gradient))):
                expected.append((outputs, gradient))
                kept.append(row)
            if len(kept) == 3 or self._nodes > CHECKED:
                break
        if not kept:
            self._unchecked = sample is None  # the first call's data will be checked
            return
        if sample is not None and self._nodes <= 10 * CHECKED:
            self._check_repeatable(trace, kept[0], expected[0][0])
        problem = self._compare(kept, expected)
        if problem and self.target == "numpy":
            if self._wanted == "numpy":
                raise RuntimeError(
                    f"the array program disagrees with the scalar graph: {problem}; this is a "
                    'bug of the compiler. target="python" gives a program that is right'
                )
            self._use_straight_line(trace)
            self.note = f"straight line, because the array program was wrong: {problem}"
            problem = self._compare(kept, expected)
        if problem:
            raise RuntimeError(f"the compiled program disagrees with the scalar graph: {problem}")

    def _rows(self, sample: list[Any] | None) -> list[list[list[float]]]:
        """Up to three samples, each a flat list an argument; invented ones if there is no data."""
        wanted = 3 if self._nodes <= CHECKED else 1
        if self._scalar:
            return [[[] for _ in self.arguments]]
        if sample is None:
            numbers = [0.37, -0.61, 0.83, 0.29, -0.44, 0.71, -0.18, 0.53, 0.94]
            rows = []
            for k in range(wanted):
                stream = count(k)
                rows.append(
                    [[numbers[next(stream) % 9] for _ in range(a.width)] for a in self.arguments]
                )
            return rows
        flat = iter(sample)
        batches = [
            None if argument.shape is None else flat_rows(next(flat), argument, wanted)
            for argument in self.arguments
        ]
        size = min(len(rows) for rows in batches if rows is not None)
        return [[rows[k] if rows is not None else [] for rows in batches] for k in range(size)]

    def _check_repeatable(
        self, trace: Trace, row: list[list[float]], expected: list[float]
    ) -> None:
        """The function itself, called on numbers, must give what its trace gives."""
        if trace.rebuild is None:
            return
        actual = [
            argument.fixed
            if argument.shape is None
            else nested([Value(number) for number in numbers], argument.shape)
            for argument, numbers in zip(trace.arguments, row, strict=True)
        ]
        result = trace.rebuild(*actual)
        results = [result] if trace.single else list(result)
        for output, before in zip(results, expected, strict=True):
            now = output.data if isinstance(output, Value) else float(output)
            if abs(now - before) > 1e-9 * max(1.0, abs(now), abs(before)):
                raise ValueError(
                    f"the function gives {now!r} where its trace gives {before!r}: it does not "
                    "compute the same thing twice. A random number drawn inside (a dropout mask) "
                    "must come in as an argument"
                )

    def _compare(
        self,
        rows: list[list[list[float]]],
        expected: list[tuple[list[float], list[float]]],
    ) -> str | None:
        tolerance = 1e-9 if self.dtype == "float64" or self.target == "python" else 2e-3
        theta = self._theta
        repeated = rows
        if self.batch_size is not None and not self._scalar:
            repeated = [rows[k % len(rows)] for k in range(self.batch_size)]
        try:
            batch = self._batch_of(repeated)
            outputs = self._values(batch, theta)
            if self._single:
                got = self._value_and_grad(batch, theta)
        except Exception as error:
            return f"it raises {error!r}"
        samples = [expected[k % len(rows)] for k in range(len(repeated))]
        for k, (true_outputs, _) in enumerate(samples):
            mine = [outputs] if self._scalar else outputs[k]
            mine = [mine] if self._single and not self._scalar else list(mine)
            for a, b in zip(mine, true_outputs, strict=True):
                if (problem := disagreement((float(a), []), (b, []), tolerance)) is not None:
                    return problem
        if not self._single:
            return None
        share = 1 / len(samples) if self.reduction == "mean" else 1.0
        if len(samples) == 1:
            return disagreement(got, (samples[0][0][0], samples[0][1]), tolerance)
        total = math.fsum(true[0] for true, _ in samples) * share
        gradient = [math.fsum(each) * share for each in zip(*(g for _, g in samples), strict=True)]
        return disagreement(got, (total, gradient), tolerance)

    def _batch_of(self, rows: list[list[list[float]]]) -> list[Any]:
        """Samples as the arguments of one call."""
        batch: list[Any] = []
        for k, argument in enumerate(self.arguments):
            if argument.shape is None:
                continue
            columns = [row[k][0] if argument.shape == () else row[k] for row in rows]
            batch.append(columns)
        if self.target == "numpy":
            import numpy

            return [numpy.array(columns, dtype=self.dtype) for columns in batch]
        return batch

    # ------------------------------------------------------------------ running

    def __call__(self, *arguments: Any, theta: Any = None) -> Any:
        """Give f of every sample: (B,), or (B, m) if f gives a list; a number for a graph."""
        batch = self._prepare(arguments)
        return self._values(batch, self._chosen(theta))

    def value_and_grad(self, *arguments: Any, theta: Any = None) -> tuple[float, Any]:
        """Give the mean (or sum) of f over the batch, and its gradient with respect to theta.

        Args:
            arguments: (B, n) for a list of n, (B,) for a scalar, a number where one is fixed.
            theta: the parameters, by default ``program.theta``.

        Returns:
            the value, and a flat gradient in the order of ``program.parameters``. With
            ``batch_size`` the gradient is a buffer, which the next call overwrites.

        Raises:
            FloatingPointError: the value is NaN or infinite; names the line that made it so.
            ValueError: the arguments don't have the shapes the program was made for.
        """
        batch = self._prepare(arguments)
        if not self._single:
            raise TypeError("value_and_grad: the function gives several outputs, not one loss")
        chosen = self._chosen(theta)
        if self._batched and not len(batch[0]) and self.reduction == "mean":
            raise ValueError("the mean over an empty batch does not exist: give some samples")
        result, gradient = self._value_and_grad(batch, chosen)
        if not math.isfinite(result):
            self._raise_non_finite(batch, chosen, result)
        return result, gradient

    def backward(self, *arguments: Any) -> float:
        """Add the gradient to ``.grad`` of the parameters, read from the Values; give the loss.

        Eager optimizers work with it: they edit the Values, and this reads them again.
        """
        self._prepare(arguments)
        self.load()
        result, gradient = self.value_and_grad(*arguments)
        for parameter, slope in zip(self._parameters, as_list(gradient), strict=True):
            parameter.grad = slope + (0.0 if parameter.grad is None else parameter.grad)
        return result

    def objective(self, *arguments: Any) -> Callable[[Any], tuple[float, Any]]:
        """Make the function of theta that optimizers such as SciPy's take with ``jac=True``."""
        self._prepare(arguments)

        def value_and_gradient(theta: Any) -> tuple[float, Any]:
            result, gradient = self.value_and_grad(*arguments, theta=theta)
            return result, gradient.copy() if hasattr(gradient, "copy") else gradient

        return value_and_gradient

    def _function(self, name: str) -> Any:
        function = self._functions.get(name)
        if function is None:
            which = "buffered" if name != "values" and "buffered" in self._sources else name
            function = self._functions[name] = _load_source(name, *self._sources[which], self)
        return function

    def _values(self, batch: list[Any], theta: Any) -> Any:
        function = self._function("values")
        if self.target == "numpy":
            import numpy

            with numpy.errstate(all="ignore"):
                result = function(theta, *batch)
            if self._scalar:
                return float(result) if self._single else result
            size = (len(batch[0]),) if self._single else (len(batch[0]), len(result.T))
            return numpy.broadcast_to(result, size).copy() if result.shape != size else result
        theta = as_list(theta)
        if self._scalar:
            return function(theta, [])
        return as_array([function(theta, row) for row in self._samples(batch)])

    def _value_and_grad(self, batch: list[Any], theta: Any) -> tuple[float, Any]:
        function = self._function("value_and_grad")
        if self.target == "numpy":
            import numpy

            if self._buffer is None:
                gradient = numpy.empty_like(theta)
                with numpy.errstate(all="ignore"):
                    return float(function(theta, *batch, gradient)), gradient
            return self._value_and_buffer(function, batch, theta), self._buffer
        theta = as_list(theta)
        if self._scalar:
            result, slopes = function(theta, [])
            return result, as_array(slopes)
        total, slopes = 0.0, [0.0] * len(theta)
        size = 0
        for row in self._samples(batch):
            result, gradient = function(theta, row)
            total += result
            slopes = [a + b for a, b in zip(slopes, gradient, strict=True)]
            size += 1
        if self.reduction == "mean":
            total, slopes = total / size, [slope / size for slope in slopes]
        return total, as_array(slopes)

    def _value_and_buffer(self, function: Any, batch: list[Any], theta: Any) -> float:
        """Run a program with buffers: it reads the program's own theta and no other."""
        import numpy

        kept = None
        if theta is not self._theta:
            kept = self._theta.copy()
            self._theta[:] = theta
        try:
            with numpy.errstate(all="ignore"):
                return float(function(theta, *batch, self._buffer))
        finally:
            if kept is not None:
                self._theta[:] = kept

    def _samples(self, batch: list[Any]) -> list[list[Any]]:
        """For each sample the flat numbers of each argument."""
        rows = []
        for argument, column in zip(self._batched, batch, strict=True):
            rows.append(flat_rows(column, argument, len(column)))
        samples = []
        for parts in zip(*rows, strict=True):
            each = iter(parts)
            samples.append([[] if a.shape is None else next(each) for a in self.arguments])
        return samples

    # ------------------------------------------------------------------ arguments

    def _prepare(self, arguments: Sequence[Any]) -> list[Any]:
        """The batch as arrays of the right shape; builds the program on the first call."""
        if not self._built:
            self._first_call(arguments)
        elif self._unchecked and self._trace is not None:
            batch = self._convert(arguments)
            if self._batched and len(batch[0]):
                trace, self._trace = self._trace, None
                self._check(trace, batch)
        if self._data and clock.last_edit != self._seen_edit:
            for leaf, number in self._data:
                if leaf.data != number and number == number:
                    raise _edited_data(leaf)
        return self._convert(arguments)

    def _convert(self, arguments: Sequence[Any]) -> list[Any]:
        if len(arguments) != len(self.arguments):
            raise TypeError(
                f"the program takes {len(self.arguments)} arguments "
                f"({', '.join(a.name for a in self.arguments)}), got {len(arguments)}"
            )
        batch = []
        size = self.batch_size
        for argument, given in zip(self.arguments, arguments, strict=True):
            if argument.shape is None:
                if given != argument.fixed:
                    raise ValueError(
                        f"{argument.name} was held fixed at {argument.fixed!r} when the program "
                        f"was made, and is {given!r} now: compile again for another number"
                    )
                continue
            array = self._array(argument, given)
            if size is None:
                size = len(array)
            elif len(array) != size:
                raise ValueError(
                    f"{argument.name} has {len(array)} samples where "
                    + (f"batch_size={size}" if size == self.batch_size else f"others have {size}")
                )
            batch.append(array)
        return batch

    def _array(self, argument: Argument, given: Any) -> Any:
        """One argument as an array (B, *shape) of floats; (B, n) for the emitted program."""
        assert argument.shape is not None
        try:
            import numpy
        except ImportError:
            check_samples(given, argument)
            return given
        if type(given) is not numpy.ndarray or given.dtype != self.dtype:
            array = numpy.asarray(given)
            if array.dtype.kind not in "fiub":
                raise TypeError(
                    f"{argument.name} must hold real numbers, got an array of {array.dtype}"
                )
            given = array.astype(self.dtype)
        if self._chooses and numpy.isnan(given).any():
            raise ValueError(
                f"{argument.name} holds NaN, and the function chooses by a condition (where): NaN "
                "is neither true nor false; take such samples out"
            )
        if given.ndim == 0 or given.shape[1:] != argument.shape:
            wanted = ", ".join(["B", *map(str, argument.shape)])
            raise ValueError(
                f"{argument.name} must have the shape ({wanted}{',' * (argument.shape == ())}), "
                f"a sample a row; got {given.shape}"
            )
        if len(argument.shape) > 1:
            given = given.reshape(len(given), argument.width)
        return given

    def _first_call(self, arguments: Sequence[Any]) -> None:
        shapes: list[Any] = []
        fixed: list[Any] = []
        for given in arguments:
            shape = shape_of(given)
            shapes.append(None if shape == () else shape[1:])
            fixed.append(given if shape == () else None)
            if shape == ():
                as_number(given, "a number held fixed")
        with without_collector():
            self._trace_and_build(shapes, fixed, arguments)

    def _trace_and_build(self, shapes: list[Any], fixed: list[Any], arguments: Any) -> None:
        trace = trace_function(self._f, shapes, fixed)
        self.arguments = trace.arguments
        batch = self._convert(arguments)
        size = len(batch[0]) if batch else 1
        self._build(trace, batch if size else None, max(size, 1))

    # ------------------------------------------------------------------ parameters

    @property
    def theta(self) -> Any:
        """The parameters as one flat vector: the program's own, until ``store()``."""
        self._must_be_built()
        return self._theta

    @theta.setter
    def theta(self, numbers: Any) -> None:
        self._must_be_built()
        if numbers is not self._theta:
            self._theta[:] = numbers

    @property
    def parameters(self) -> list[Value]:
        """The Values that theta stands for, in its order."""
        self._must_be_built()
        return list(self._parameters)

    def load(self) -> None:
        """Read theta from the Values."""
        self._must_be_built()
        numbers = [parameter.data for parameter in self._parameters]
        fresh = as_array(numbers, self.dtype if self.target == "numpy" else "float64")
        before = self._theta
        if before is not None and getattr(before, "dtype", None) == getattr(fresh, "dtype", None):
            before[:] = fresh  # in place: a program with buffers holds views of it
        else:
            self._theta = fresh
        if self.target == "numpy" and self.batch_size is not None and self._buffer is None:
            self._buffer = self._theta.copy()
        self._seen_edit = clock.last_edit

    def store(self) -> None:
        """Write theta back to the Values; graphs made from them before are stale then."""
        self._must_be_built()
        with clock.walking:
            note_edit()
            for parameter, number in zip(self._parameters, as_list(self._theta), strict=True):
                parameter._data = number
                parameter.computed = clock.last_edit
        self._seen_edit = clock.last_edit

    def _chosen(self, theta: Any) -> Any:
        """The parameters to use: given ones, or the program's if they are not out of date."""
        if theta is not None:
            return self._given_theta(theta)
        if clock.last_edit != self._seen_edit:
            for parameter in self._parameters:
                if parameter.computed > self._seen_edit:
                    raise _edited(parameter)
            self._seen_edit = clock.last_edit
        return self._theta

    def _given_theta(self, theta: Any) -> Any:
        expected = len(self._parameters)
        if self.target == "numpy":
            import numpy

            theta = numpy.ascontiguousarray(theta, dtype=self.dtype)
            if theta.shape != (expected,):
                raise ValueError(f"theta must have the shape ({expected},), got {theta.shape}")
        elif len(theta) != expected:
            raise ValueError(f"theta must have {expected} elements, got {len(theta)}")
        return theta

    def _must_be_built(self) -> None:
        if not self._built:
            raise RuntimeError(
                "the program does not know its shapes yet: call it once, or give shapes= to compile"
            )

    # ------------------------------------------------------------------ reading

    @property
    def source(self) -> str:
        """The program as text: ``value_and_grad``, or ``values`` if f gives several outputs.

        With a fixed batch size, what runs is this program line by line, rewritten to buffers.
        """
        self._must_be_built()
        return self._sources.get("value_and_grad", self._sources["values"])[0]

    def explain(self) -> str:
        """Say which scalar nodes became which line."""
        self._must_be_built()
        head = f"{self._nodes} scalar nodes, {len(self._parameters)} parameters: "
        if self.target == "python":
            reason = self.note or "straight line (the graph is narrow)"
            return head + reason
        lines = [head + f"{len(self._explained)} arrays"]
        width = max((len(line) for line, _ in self._explained), default=0)
        lines += [f"{line:<{width}}  # {text}" for line, text in self._explained]
        return "\n".join(lines)

    def __repr__(self) -> str:
        if not self._built:
            return "<Program, not traced yet>"
        return f"<Program of {self._nodes} scalar nodes, target {self.target!r}>"

    def _raise_non_finite(self, batch: list[Any], theta: Any, result: float) -> None:
        where = ""
        if self.target == "numpy":
            from .anomaly import first_non_finite

            where = first_non_finite(self._sources["value_and_grad"], theta, batch)
        raise FloatingPointError(f"the loss is {result}{where}")

    def __getstate__(self) -> dict[str, Any]:
        self._must_be_built()
        state = dict(self.__dict__)
        state["_functions"] = {}
        state["_trace"] = None
        state["_f"] = None
        state["_seen_edit"] = None
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._seen_edit = clock.last_edit


def _edited(parameter: Value) -> Exception:
    from ..backward import StaleGraphError

    return StaleGraphError(
        f"the parameter {name_of(parameter)} was edited after the program read it: call load() to "
        "read it again, or store() to write the program's theta over it"
    )


def _edited_data(leaf: Value) -> Exception:
    from ..backward import StaleGraphError

    return StaleGraphError(
        f"{name_of(leaf)} was edited, but it is data of the compiled graph: compile again"
    )


def _load_source(name: str, source: str, constants: dict[str, Any], program: Program) -> Any:
    """The function of this source; tracebacks show its lines."""
    filename = f"<compiled {name} {next(_numbers)}>"
    namespace: dict[str, Any] = {}
    if program.target == "numpy":
        from .build import namespace_of

        namespace = namespace_of(constants, program.dtype)
    else:
        namespace.update(constants)
    exec(builtins.compile(source, filename, "exec"), namespace)
    if "bind" in namespace:  # views of theta and g are made once
        namespace[name] = namespace["bind"](program._theta, program._buffer)
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    return namespace[name]
