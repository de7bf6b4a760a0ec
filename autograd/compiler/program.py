"""Program: a compiled function of a batch, with its parameters in one flat vector.

``compile`` makes one. It traces when it first learns the shapes of its arguments, builds the
array program (or the straight line), and checks it against the scalar graph before it is used.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..engine.collector import without_collector
from ..engine.conversion import shorten
from ..engine.value import Value
from .boxes import Block
from .check import Check
from .composed import advice
from .inputs import Inputs, at_hand, shapes_of
from .options import Options, sample_shapes
from .parameters import Parameters, as_list, parameters_of
from .targets import StraightLine, Target
from .trace import Argument, Trace, leaf_of, nested, trace_function, trace_graph

if TYPE_CHECKING:
    from .epochs import Epochs
    from .jax_target import JaxArrays
    from .vectorised import Arrays

__all__ = ["Program", "compile"]

UNCHECKED = "not checked against the scalar graph: no sample has a finite value"

_building = threading.RLock()  # held while a first call builds: threads may share programs


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
        f: a function of one sample: of Values, or of (nested) lists of them, giving a Value or a
            (nested) list. Every leaf that it uses without being given it is a parameter. Or a
            Value: a graph that exists already; its leaves are the parameters, its constants the
            data.
        shapes: the shape of one sample of each argument, ``()`` for a scalar, ``(n,)`` for a
            list; without it the first call tells, which may also bring numbers held fixed.
        parameters: the leaves to differentiate by, and theta's order. A function that uses
            another is refused; the other leaves of a graph are data. Without it, theta has the
            order of the module if f is one (or a method of one: of what has ``parameters()``),
            else that of use, arrays as a whole.
        reduction: what ``value_and_grad`` makes of the samples' losses, "mean" or "sum".
        dtype: "float64" or "float32"; the latter has no target "python".
        target: "numpy" or "python" (a straight line without dependency); by default whichever
            is faster for the width of the graph and, if that is narrow, of each call's batch:
            their results differ by rounding alone. "c" compiles a program in C, which is several
            times as fast where arrays are small (``gatewise[native]``; a compiler of the machine,
            or that of a wheel), and whose ``source`` needs nothing but libm.
            their results differ by rounding alone. "jax" is a pure function over ``jax.numpy``
            (see ``Program.function``), for GPUs and many machines; it takes arrays of JAX as
            they are, and has float64 only if JAX does (``jax_enable_x64``).
        batch_size: a fixed number of samples: a batch of another size is refused.

    Raises:
        TraceError: f looks at a Value's number (see ``where``, ``maximum``).
        ValueError: f has no program of the target or dtype that was asked for.
        ImportError: the target needs something that is not installed.

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
            raise TypeError(
                f"compile takes a function of Values, or one Value, got {shorten(f)}; a function "
                "may give a list"
            )
        self._options = Options(parameters, reduction, dtype, target, batch_size)
        self._f = f
        self._trace: Trace | None = None  # kept until it was checked on a sample
        self._run: Target | None = None  # what runs, once it is built
        self._either: tuple[StraightLine, Arrays | JaxArrays] | None = (
            None  # where the batch decides
        )
        self.note = ""
        self.order = ""  # whose order theta has: "parameters=", "the module", or that of "use"
        self._blocks: list[Block] = []  # the array program as a picture, where there is one
        self._latex = ""  # and as formulas
        if isinstance(f, Value):
            if shapes is not None:
                raise ValueError("compile: a graph has no arguments, so it takes no shapes")
            self._build(trace_graph(f), [])
        elif shapes is not None:
            shapes = sample_shapes(shapes)
            with without_collector():
                self._build(trace_function(f, shapes, [None] * len(shapes)), None)

    # ------------------------------------------------------------------ building

    def _build(self, trace: Trace, batch: list[Any] | None, size: int = 1) -> None:
        """Make what runs of a trace.

        Args:
            trace: the scalar graph.
            batch: the data to check it on; None if there is none yet.
            size: how many samples a batch is likely to have.
        """
        options = self._options
        self._inputs = self._inputs_of(trace)
        self._single, self._shape = trace.single, trace.shape
        self._outputs = len(trace.outputs)
        self._nodes = len(trace)
        self._advice = advice(trace)
        module = [] if options.parameters else parameters_of(self._f)
        self.order = "parameters=" if options.parameters else "the module" if module else "use"
        leaves, data = trace.parameters_and_data(options.parameters, options.parameters or module)
        if options.parameters and not leaves:
            raise ValueError(
                "none of the parameters= is used; without it, every leaf that is used is one"
            )
        self._frozen = [leaf_of(each) for each in data if each.born and trace.clock is None]
        arrays = self._arrays(trace, leaves, data)
        self._trace = trace
        if arrays is None:
            order = leaves if self.order != "use" else trace.as_used(leaves)
            self._run = self._straight_line(trace, self._parameters(trace, order))
        elif options.target or self._pays(arrays, options.batch_size or size):
            self._run = arrays
        else:
            self._run = self._straight_line(trace, arrays.parameters)
            if self._inputs.batched and options.batch_size is None:
                self._either = self._run, arrays
        for run in self._either or (self._built,):
            run.make_all()
        self._check(trace, batch)

    def _inputs_of(self, trace: Trace) -> Inputs:
        options = self._options
        return Inputs(trace, options.dtype, options.batch_size, options.target == "jax")

    def _arrays(
        self, trace: Trace, leaves: list[Value], data: list[Value]
    ) -> Arrays | JaxArrays | None:
        """The array program, if there is one and the straight line was not asked for."""
        options = self._options
        if options.target == "python":
            return None
        try:
            from .build import build
            from .c_spelling import NotInC
            from .in_c import Native
            from .vectorised import Arrays
        except ImportError:
            if options.target is not None:
                raise ImportError("this target needs NumPy: pip install 'gatewise[fast]'") from None
            return None
        try:
            ordered = self.order != "use"
            how = options.reduction, options.dtype, ordered, options.target
            built = build(trace, leaves, data, *how)
        except NotInC as refusal:
            raise ValueError(f'no program in C: {refusal}; target="numpy" runs it') from None
        except Exception as failure:
            if options.target is not None:
                raise ValueError(
                    f"no array program was found for this function ({failure!r}); without "
                    f'target="{options.target}" and dtype="float32" it becomes a straight line'
                ) from failure
            self.note = f"straight line, because no array program was found ({failure!r})"
            return None
        self._blocks, self._latex = built.blocks, built.latex
        parameters = self._parameters(trace, built.parameters)
        if options.target == "jax":
            from .jax_target import JaxArrays

            return JaxArrays(built, self._inputs, parameters, trace.single)
        kind = Native if options.target == "c" else Arrays
        return kind(built, self._inputs, parameters, trace.single)

    def _parameters(self, trace: Trace, order: list[Value]) -> Parameters:
        """The parameters, given what they are in the trace, in theta's order."""
        trace.order = order
        return Parameters([*map(leaf_of, order)], self._frozen, self._options.dtype)

    def _straight_line(self, trace: Trace, parameters: Parameters) -> StraightLine:
        return StraightLine(trace, self._inputs, parameters, self._options.reduction)

    def _pays(self, arrays: Arrays | JaxArrays, size: int) -> bool:
        """Whether so many samples are worth NumPy's overhead."""
        return arrays.width * size >= self.wide

    def _check(self, trace: Trace, batch: list[Any] | None) -> None:
        """Hold what may run against the scalar graph; fall back to the straight line.

        The trace is kept until that is done: where nothing could be checked, the next call's data
        may do, and what was refused once is refused again.
        """
        check = Check(trace, self._inputs, self._built.parameters, self.reduction, batch)
        if not check.points:
            if batch is not None and not self.note:
                self.note = UNCHECKED
            return
        if self.note == UNCHECKED:
            self.note = ""
        check.repeatable(self._built)
        for run in self._either or (self._built,):
            problem = check.problem(run)
            if problem and run.name != "python":
                self._give_up_arrays(trace, problem)
                problem = check.problem(self._built)
            if problem:
                raise RuntimeError(
                    f"the compiled program disagrees with the scalar graph: {problem}"
                )
            run.rest()
        self._trace = None

    def _give_up_arrays(self, trace: Trace, problem: str) -> None:
        """Use the straight line in place of an array program that is wrong."""
        if self._options.target is not None:
            narrow = self.dtype == "float32"
            raise RuntimeError(
                f"the array program disagrees with the scalar graph: {problem}; "
                + ('does float32 suffice? dtype="float64" is exact. ' if narrow else "")
                + 'If not, this is a bug of the compiler: target="python" gives a program that '
                "is right"
            )
        self.note = f"straight line, because the array program was wrong: {problem}"
        self._blocks, self._latex = [], ""
        if self._either:
            self._run, self._either = self._either[0], None
        else:
            self._run = self._straight_line(trace, self._built.parameters)

    def _prepare(self, arguments: Sequence[Any]) -> list[Any]:
        """The batch as arrays of the right shape; builds the program on the first call."""
        if self._run is None or self._trace is not None:
            self._build_or_check(arguments)
        parameters = self._built.parameters
        if parameters.data:
            parameters.check_data()
        return self._inputs.convert(arguments)

    def _choose(self, batch: list[Any]) -> Target:
        """What runs this batch: a narrow graph is worth NumPy's overhead if the batch is large."""
        if self._either is None:
            return self._built
        straight_line, arrays = self._either
        run = self._run = arrays if self._pays(arrays, len(batch[0])) else straight_line
        return run

    def _build_or_check(self, arguments: Sequence[Any]) -> None:
        """What could not be done before the first call told the shapes or brought some data."""
        with _building:
            if self._run is None:
                with without_collector():
                    trace = trace_function(self._f, *shapes_of(arguments))
                    batch = self._inputs_of(trace).convert(arguments)
                    size = len(batch[0]) if batch else 1
                    here = size and at_hand(batch)
                    self._build(trace, batch if here else None, max(size, 1))
            elif self._trace is not None:
                batch = self._inputs.convert(arguments)
                if batch and at_hand(batch) and len(batch[0]):
                    self._check(self._trace, batch)

    @property
    def _built(self) -> Target:
        """What runs.

        Raises:
            RuntimeError: the shapes are not known yet.
        """
        if self._run is None:
            raise RuntimeError(
                "the program does not know its shapes yet: call it once, or give shapes= to compile"
            )
        return self._run

    # ------------------------------------------------------------------ running

    def __call__(self, *arguments: Any, theta: Any = None) -> Any:
        """Give f of every sample: (B,), or (B, m) if f gives a list, (B, m, n) if a list of lists.

        Without arguments there is no B: a number for a graph.
        """
        batch = self._prepare(arguments)
        values = self._choose(batch).values(batch, self._chosen(theta))
        if len(self._shape) < 2:
            return values
        if hasattr(values, "reshape"):
            return values.reshape(*values.shape[:-1], *self._shape)
        rows = [nested(row, self._shape) for row in (values if batch else [values])]
        return rows if batch else rows[0]

    def value_and_grad(self, *arguments: Any, theta: Any = None) -> tuple[float, Any]:
        """Give the mean (or sum) of f over the batch, and its gradient with respect to theta.

        Args:
            arguments: (B, n) for a list of n, (B,) for a scalar, a number where one is fixed.
            theta: the parameters, by default ``program.theta``.

        Returns:
            the value, a float, and a flat gradient in the order of ``program.parameters``: an
            array of NumPy, but one of JAX if the arguments are arrays of JAX.

        Raises:
            FloatingPointError: the value is NaN or infinite; names the line that made it so.
            ValueError: the arguments don't have the shapes the program was made for.
        """
        run = self._run
        if theta is None and run is not None and self._trace is None:
            found = run.again(arguments)  # in a training loop this is all there is to do
            if found is not None:
                return found
        batch = self._prepare(arguments)
        if not self._single:
            raise TypeError("value_and_grad: the function gives several outputs, not one loss")
        chosen = self._chosen(theta)
        if batch and not len(batch[0]) and self.reduction == "mean":
            raise ValueError("the mean over an empty batch does not exist: give some samples")
        run = self._choose(batch)
        try:
            result, gradient = run.value_and_grad(batch, chosen)
        except (ValueError, ZeroDivisionError) as error:
            if not self._advice:
                raise
            raise type(error)(f"{error}{self._advice}") from error
        if not math.isfinite(result):
            raise FloatingPointError(f"the loss is {result}{self._blame(run, batch, chosen)}")
        return result, gradient

    def _blame(self, run: Target, batch: list[Any], theta: Any) -> str:
        """Which sample made the loss NaN or infinite, and which line of the program."""
        if not batch:
            return run.blame(batch, theta, "")
        if not at_hand(batch):
            return ""  # the sample may be another machine's
        for k, loss in enumerate(as_list(run.values(batch, theta))):
            if not math.isfinite(loss):
                sample = [column[k : k + 1] for column in batch]
                return run.blame(sample, theta, f" in sample {k}") + self._advice
        return ", though that of each sample is finite"

    def backward(self, *arguments: Any) -> float:
        """Add the gradient to ``.grad`` of the parameters, read from the Values; give the loss.

        Eager optimizers work with it: they edit the Values, and this reads them again.
        """
        self._prepare(arguments)
        self.load()
        result, gradient = self.value_and_grad(*arguments)
        for parameter, slope in zip(self._built.parameters.leaves, as_list(gradient), strict=True):
            parameter.grad = slope + (0.0 if parameter.grad is None else parameter.grad)
        return result

    def objective(self, *arguments: Any) -> Callable[[Any], tuple[float, Any]]:
        """Make the function of theta that optimizers such as SciPy's take with ``jac=True``."""
        self._prepare(arguments)

        def value_and_gradient(theta: Any) -> tuple[float, Any]:
            result, gradient = self.value_and_grad(*arguments, theta=theta)
            return result, gradient

        return value_and_gradient

    def _chosen(self, theta: Any) -> Any:
        """The parameters to use: given ones, or the program's if they are not out of date."""
        parameters = self._built.parameters
        return parameters.current() if theta is None else parameters.given(theta)

    # ------------------------------------------------------------------ parameters

    @property
    def theta(self) -> Any:
        """The parameters as one flat vector: the program's own, until ``store()``.

        Its order is that of ``parameters``; ``order`` says whose it is.
        """
        return self._built.parameters.theta

    @theta.setter
    def theta(self, numbers: Any) -> None:
        parameters = self._built.parameters
        if numbers is not parameters.theta:  # as it is after `program.theta -= ...`
            parameters.theta[:] = parameters.given(numbers)

    @property
    def parameters(self) -> list[Value]:
        """The Values that theta stands for, in its order."""
        return list(self._built.parameters.leaves)

    def load(self) -> None:
        """Read theta from the Values."""
        self._built.parameters.load()

    def store(self) -> None:
        """Write theta back to the Values; graphs made from them before are stale then."""
        self._built.parameters.store()

    # ------------------------------------------------------------------ reading

    @property
    def arguments(self) -> list[Argument]:
        """What the program takes."""
        _ = self._built
        return self._inputs.arguments

    @property
    def reduction(self) -> str:
        """What becomes of the samples' losses: "mean" or "sum"."""
        return self._options.reduction

    @property
    def dtype(self) -> str:
        """The kind of numbers of an array program."""
        return self._options.dtype

    @property
    def batch_size(self) -> int | None:
        """The number of samples, if it is fixed."""
        return self._options.batch_size

    @property
    def target(self) -> str | None:
        """What runs, or ran the last batch: "numpy", "python", "c" or "jax"; None before."""
        return None if self._run is None else self._run.name

    @property
    def source(self) -> str:
        """The program as text: ``value_and_grad``, or ``values`` if f gives several outputs.

        What runs is this program line by line, computed into arrays that are used again.
        """
        return self._built.source

    @property
    def latex(self) -> str:
        r"""The array program as LaTeX, an ``align*`` to paste into a slide.

        A line is a line of ``source``; \partial Z is the gradient of the loss by Z, samples are
        rows, and an array that is smaller than the other of a \odot or a fraction is repeated.

        Raises:
            ValueError: the program is a straight line.

        >>> from autograd import Value, compile
        >>> w, b = Value(0.1), Value(0.2)
        >>> print(compile(lambda x, y: (w * x + b - y) ** 2, shapes=[(), ()]).latex)
        \begin{align*}
        & \text{forward} \\
        Z_{1} &= \theta_{0} X + \theta_{1} - Y \\
        \ell &= \frac{1}{B} \sum_{b} {Z_{1}}^{2} \\
        & \text{backward} \\
        \partial Z_{1} &= \frac{2}{B} Z_{1} \\
        \partial \theta_{0} &= \sum_{b} \partial Z_{1} \odot X \\
        \partial \theta_{1} &= \sum_{b} \partial Z_{1}
        \end{align*}
        """
        self._only_arrays("write as formulas")
        return self._latex

    @property
    def function(self) -> Callable[..., Any]:
        """The program as a pure function of arrays of JAX, for ``jax.jit``, ``vmap`` and such.

        ``function(theta, *inputs)`` gives the loss and the gradient (the values, if f gives
        several outputs); inputs that were held fixed are no arguments. Only ``target="jax"`` has
        one: others write into their arguments.
        """
        return self._built.pure

    def explain(self) -> str:
        """Say which scalar nodes became which line."""
        run = self._built
        head = f"{self._nodes} scalar nodes, {len(run.parameters.leaves)} parameters: "
        order = f"theta is in the order of {self.order}"
        if run.name == "python":
            line = self.note or f"straight line (the graph is narrow{self._from()})"
            return f"{head}{line}\n{order}"
        lines = [head + f"{len(run.explained)} arrays"]
        width = max((len(line) for line, _ in run.explained), default=0)
        lines += [f"{line:<{width}}  # {text}" for line, text in run.explained]
        return "\n".join([*lines, order])

    def _from(self) -> str:
        """From how many samples on a narrow graph runs on arrays."""
        if self._either is None:
            return ""
        return f", but for {math.ceil(self.wide / self._either[1].width)} samples or more"

    def export(self, path: str | Path) -> None:
        """Write a program of ``target="c"`` as a file that needs nothing but a C compiler.

        A comment at its top says how it is called and what theta is; the numbers that theta has
        now are in it, and an example ``main``.

        Raises:
            ValueError: the program has another target.
        """
        run = self._built
        if "c" not in run.sources:
            raise ValueError('export() writes C: compile(f, target="c") makes such a program')
        from .export import exported

        path = Path(path)
        source, names = run.sources["c"].text, run.sources["c"].names
        inputs = [name for name in names["inputs"] if name]
        shapes = [argument.shape or () for argument in self._inputs.batched]
        arguments = [*zip(inputs, shapes, strict=True)]
        more = names["layout"], self._outputs, self.reduction, self.dtype
        path.write_text(exported(source, path.name, arguments, self.theta, *more))

    def epochs(
        self,
        rule: Callable[[Any, Any, dict[str, Any], Any], Any],
        state: Mapping[str, Any],
        trained: slice = slice(None),
    ) -> Epochs:
        """Make the steps of an optimizer part of a program of ``target="c"``: many in one call.

        Args:
            rule: the update of one parameter, ``rule(theta, gradient, state, rate)``: it gives the
                new theta and puts new numbers into the dictionary ``state``. It is called once, on
                Values, and printed.
            state: by name, what the rule keeps of the steps before: a number, or one for each
                parameter that is trained.
            trained: the part of theta that the rule changes.

        Raises:
            ValueError: the program has another target, or the rule can't be written in C.

        >>> w = Value(0.0)
        >>> program = compile(lambda x, y: (w * x - y) ** 2, shapes=[(), ()], target="c")
        >>> steps = program.epochs(lambda theta, gradient, state, rate: theta - rate * gradient, {})
        >>> losses = steps.run([[1.0, 2.0], [3.0, 6.0]], [0, 1, 0, 1], 2, [0.1, 0.1])
        >>> losses.tolist(), program.theta.tolist()
        ([22.5, 5.625], [2.25])
        """
        run = self._built
        if "c" not in run.sources or not self._single:
            raise ValueError('epochs() needs a loss in C: compile(f, target="c") makes such one')
        from .c_spelling import NotInC
        from .epochs import Epochs

        try:
            return Epochs(run, rule, state, trained)  # type: ignore[arg-type]
        except NotInC as refusal:
            raise ValueError(f"no steps in C: {refusal}") from None

    def boxes(self, view: str) -> tuple[list[Block], str]:
        """The arrays of the program as boxes, who is read first, and a line to stand below them.

        Raises:
            ValueError: there are none to draw in this view.
        """
        self._only_arrays("draw")
        if view == "backward" and not self._single:
            raise ValueError("the function gives several outputs, so there is no gradient to draw")
        nodes = f"{self._nodes:,} scalar nodes" + " for a sample" * bool(self._inputs.batched)
        caption = f"{nodes}, {len(self.parameters):,} parameters"
        if self.target == "python":
            caption += "; so narrow that it runs as a straight line, a node at a time"
        return self._blocks, caption

    def _only_arrays(self, purpose: str) -> None:
        """Refuse what can be told of an array program only, if there is none."""
        _ = self._built
        if not self._blocks:
            by_choice = 'target="python"' if self._options.target else "NumPy is not installed"
            raise ValueError(
                f"this program has no arrays to {purpose} ({self.note or by_choice}); draw(y) "
                "draws the graph of a Value y"
            )

    _repr_svg_: Callable[..., str | None]  # its picture in a notebook, added by the room showing

    def __repr__(self) -> str:
        if self._run is None:
            return "<Program, not traced yet>"
        return f"<Program of {self._nodes} scalar nodes, target {self.target!r}>"

    def __getstate__(self) -> dict[str, Any]:
        _ = self._built  # what is not built can't be pickled: a function may hold anything
        return self.__dict__ | {"_trace": None, "_f": None}
