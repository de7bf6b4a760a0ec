"""JAX: the target for accelerators and many machines, a pure function over ``jax.numpy``.

The lines are those that NumPy's printer writes, by the same names. What is pure about them: the
gradient of each matrix is a name of its own (``dW1 = dZ1.T @ X``), and all of them are joined at
the end; what adds to a part of an array makes a new one (``.at[].add``). A loop is written as it
is, and JAX unrolls it where it traces. JAX's own differentiation is not used.

The first half prints and needs no JAX; the second runs what was printed.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..engine import primitives
from ..engine.gate import Primitive
from .access import slice_of
from .anomaly import first_non_finite
from .emit import Form, Gradients
from .inputs import Inputs, is_of_jax
from .language import Array
from .loops import Plan
from .names import input_names
from .parameters import Parameters
from .reverse import Write
from .rolled import RolledWriter
from .targets import Target
from .texts import NumPy, Text, tuple_text
from .wording import only_numbers
from .writer import WIDTH, Writer

if TYPE_CHECKING:
    from .build import Built

__all__ = ["JaxArrays", "Pure", "jax_or_error"]

INSTALL = "pip install 'gatewise[jax]'"


# ------------------------------------------------------------------ the text


class JaxNumPy(NumPy):
    """What jax.numpy spells as NumPy does, and the few functions that it has elsewhere.

    >>> JaxNumPy().function(primitives.asin, 1), JaxNumPy().function(primitives.erf, 1)
    ('jnp.arcsin', 'jax.scipy.special.erf')
    """

    module = "jnp"
    alone = "jnp.reshape({}, 1)"
    special = (primitives.erf, primitives.erfc)

    def function(self, op: Primitive, count: int) -> str:
        return f"jax.scipy.special.{op.name}" if op in self.special else super().function(op, count)


class PureWriter(RolledWriter):
    """A writer whose lines change no array."""

    spelling = JaxNumPy()

    def line(
        self,
        name: str,
        value: Array | None,
        expression: str,
        sign: str = "=",
        part: Any = None,
        target: str = "",
        statement: str = "",
    ) -> None:
        if not statement and target.startswith(f"{name}["):  # elements of an array
            statement = f"{name} = {name}.at{target[len(name) :]}.add({expression})"
        super().line(name, value, expression, sign, part, target, statement)

    def length(self, text: str) -> int:
        return len(text) - text.count("jnp.")  # so that lines are those of NumPy

    def listed(self, node: Array) -> Text | None:
        text = super().listed(node)
        return text and Text(f"j{text.text}", text.binds, text.pending)  # np.stack: jnp.stack


class Part(NamedTuple):
    """A stretch of theta whose gradient has a name.

    Attributes:
        name: dW1; or g132, for an element without a name.
        target: what to call it in a picture: dW1, g[132].
        start, stop: where it lies.
        shape: of the gradient.
    """

    name: str
    target: str
    start: int
    stop: int
    shape: tuple[int, ...]


class PureGradients(Gradients):
    """Gives each gradient a name, and joins them; one that lies across others is added to g."""

    def start(self, plan: Plan) -> None:
        w = self.writer
        self.parts: dict[tuple[int, int], Part] = {}
        self.part_of: dict[Write, Part] = {}
        self.begun: set[Part] = set()
        self.whole: set[Part] = set()  # those that have their shape, and are no plain numbers
        free = np.ones(self.count, dtype=bool)
        for write, region in self.regions.items():
            text = None if write.index is None else slice_of(region)
            if text is None or text.count(":") > 1:
                continue
            start, stop = int(region[0]), int(region[-1]) + 1
            if (start, stop) not in self.parts and free[start:stop].all():
                free[start:stop] = False
                self.parts[start, stop] = self.part(write, start, stop)
            if (start, stop) in self.parts:
                self.part_of[write] = self.parts[start, stop]
        self.across = len(self.part_of) < len(self.regions)
        if self.across:
            w.line("g", None, f"{w.module}.zeros_like(theta)", "0")
        looped = {e for loop in plan.loops.values() for step in loop.steps for e in step}
        sums = dict.fromkeys(part for write, part in self.part_of.items() if write in looped)
        if sums:
            w.line("g", None, "0", "0", target=" = ".join(part.name for part in sums))
            self.begun.update(sums)

    def part(self, write: Write, start: int, stop: int) -> Part:
        """The part that is first written so."""
        w, place = self.writer, write.place
        known = None if place is None else w.names.of.get(place)
        name = f"g{start}" if known is None else f"d{known}"
        while name in w.names.taken:
            name += "_"
        w.names.taken.add(name)
        if known is None:
            return Part(name, f"g[{slice_of(write.index)}]", start, stop, write.shape)
        w.schedule.views.append(("g", name, write.index))
        return Part(name, name, start, stop, write.shape)

    def write(self, write: Write) -> None:
        w, value, part = self.writer, write.value, self.part_of.get(write)
        text = (w.texts[value] if value in w.texts else w.compose(value)).text
        if part is None:
            w.line("g", value, text, "+=", write.index, self.elements(write))
            return
        if write.shape != part.shape:  # the same numbers, read in another shape
            spread = f"{w.module}.broadcast_to({text}, {tuple_text(write.shape)})"
            text = f"{spread}.reshape{tuple_text(part.shape)}"
            self.whole.add(part)
        elif value.shape == part.shape and (value.shape or not only_numbers([value])):
            self.whole.add(part)
        sign = "+=" if part in self.begun else "="
        self.begun.add(part)
        w.line("g", value, text, sign, write.index, part.target, f"{part.name} {sign} {text}")

    def elements(self, write: Write) -> str:
        """The elements of g that are written to, however often each."""
        if write.index is None:
            return "g"
        part = slice_of(write.index) if write.index.ndim == 1 else None
        return f"g[{part or self.writer.names.constant('I', write.index)}]"

    def result(self) -> list[str]:
        module, pieces, end = self.writer.module, [], 0
        for part in sorted(self.parts.values(), key=attrgetter("start")):
            if part.start > end:
                pieces.append(f"{module}.zeros({part.start - end}, theta.dtype)")
            pieces.append(self.piece(part))
            end = part.stop
        if end < self.count and pieces:  # parameters that nothing depends on
            pieces.append(f"{module}.zeros({self.count - end}, theta.dtype)")
        if not pieces:
            return ["return loss, g" if self.across else f"return loss, {module}.zeros_like(theta)"]
        more = "g + " * self.across
        if len(pieces) == 1:
            return [f"return loss, {more}{pieces[0]}"]
        joined = ", ".join(pieces)
        line = f"return loss, {more}{module}.concatenate([{joined}])"
        if len(line) <= WIDTH:
            return [line]
        inside = [f"    {each}" for each in textwrap.wrap(f"{joined},", WIDTH - 4)]
        return [f"gradient = {more}{module}.concatenate([", *inside, "])", "return loss, gradient"]

    def piece(self, part: Part) -> str:
        """A gradient as a stretch of a vector."""
        row = ".ravel()" if len(part.shape) > 1 else ""
        if part not in self.whole:
            shape = tuple_text(part.shape) if row else part.stop - part.start
            return f"{self.writer.module}.full({shape}, {part.name}, theta.dtype){row}"
        return f"{part.name}{row}" if part.shape else f"{part.name}[None]"


class Pure(Form):
    """How a pure function is written.

    Args:
        flat: the inputs that come as more than rows, and how many numbers a sample has then.
    """

    writer = PureWriter
    last = ()

    def __init__(self, flat: dict[str, int]) -> None:
        self.flat = flat

    def gradients(self, w: Writer, writes: list[Write], count: int) -> Gradients:
        return PureGradients(w, writes, count)

    def begin(self, w: Writer) -> list[str]:
        rows = [f"{name} = {name}.reshape(-1, {width})" for name, width in self.flat.items()]
        return [*super().begin(w), *rows]


# ------------------------------------------------------------------ what runs


def jax_or_error() -> Any:
    """JAX, or an error that says how to get it."""
    try:
        import jax
    except ImportError:
        raise ImportError("target=\"jax\" needs JAX: pip install 'gatewise[jax]'") from None
    return jax


class JaxArrays(Target):
    """JAX: the whole batch at once, compiled by XLA for whatever devices the arrays are on.

    Raises:
        ImportError: JAX is not installed.
        ValueError: float64 is asked for, and JAX is not told to have it.
    """

    name = "jax"

    def __init__(self, built: Built, inputs: Inputs, parameters: Parameters, single: bool) -> None:
        super().__init__(built.sources, inputs, parameters)
        self.explained = built.explained
        self.width = built.width
        self.single = single
        self.see_precision()

    def see_precision(self) -> None:
        """JAX makes float32 of float64 without a word, unless it is told not to."""
        dtype = self.inputs.dtype
        if str(jax_or_error().dtypes.canonicalize_dtype(dtype)) != dtype:
            raise ValueError(
                'JAX has no float64 before jax.config.update("jax_enable_x64", True) (or with the '
                'environment variable JAX_ENABLE_X64=1); else compile with dtype="float32"'
            )

    @property
    def pure(self) -> Any:
        return self.plain("value_and_grad" if self.single else "values")

    def plain(self, name: str) -> Any:
        """A function as it is written."""
        source = self.sources[name]
        return self.run_source(name, source.text, namespace_of(source.names, self.inputs.dtype))[
            name
        ]

    def make(self, name: str) -> Any:
        return jax_or_error().jit(self.plain(name))

    def run(self, name: str, batch: list[Any], theta: Any) -> Any:
        self.see_precision()
        with np.errstate(all="ignore"):  # of constants, while JAX traces
            return jax_or_error().block_until_ready(self.function(name)(theta, *batch))

    def values(self, batch: list[Any], theta: Any) -> Any:
        """f of every sample: (B,), or (B, m) if f gives a list; numbers for a graph."""
        result = self.run("values", batch, theta)
        if not batch:
            return float(result) if self.single else np.array(result)
        shape = (len(batch[0]), *(() if self.single else (result.shape[-1],)))
        if result.shape != shape:
            result = jax_or_error().numpy.broadcast_to(result, shape)
        return self.given_back(result, batch)

    def value_and_grad(self, batch: list[Any], theta: Any) -> tuple[float, Any]:
        """The loss of the batch, and its gradient."""
        loss, gradient = self.run("value_and_grad", batch, theta)
        return float(loss), self.given_back(gradient, batch)

    def given_back(self, result: Any, batch: list[Any]) -> Any:
        """An array of JAX for arrays of JAX, of NumPy for those of NumPy."""
        of_jax = any(map(is_of_jax, batch))
        return result if of_jax else np.array(result, self.inputs.dtype)

    def batch_of(self, samples: list[list[list[float]]]) -> list[Any]:
        columns = self.inputs.columns(samples)
        return [np.array(column, dtype=self.inputs.dtype) for column in columns]

    def blame(self, batch: list[Any], theta: Any, place: str) -> str:
        source = self.sources["value_and_grad"]
        scope = namespace_of(source.names, self.inputs.dtype)
        names = ("theta", *input_names([argument.name for argument in self.inputs.batched]))
        arguments = map(np.asarray, (theta, *batch))
        return first_non_finite(source, scope, dict(zip(names, arguments, strict=True)), place)


def namespace_of(constants: dict[str, Any], dtype: str) -> dict[str, Any]:
    """The names that a pure function uses."""
    jax = jax_or_error()
    functions = (lookup, pick, scatter, scatter_rows)
    namespace = {"jax": jax, "jnp": jax.numpy} | {each.__name__: each for each in functions}
    for name, thing in constants.items():
        if isinstance(thing, Primitive):
            namespace[name] = _called_back(thing, dtype)
        else:
            namespace[name] = thing.astype(dtype) if thing.dtype.kind == "f" else thing
    return namespace


def _called_back(op: Primitive, dtype: str) -> Callable[..., Any]:
    """A gate that is known by its value alone: NumPy computes it, and JAX waits."""
    jax = jax_or_error()

    def compute(*arrays: Any) -> Any:
        return np.asarray(op.on_arrays(*map(np.asarray, arrays)), dtype)

    def gate(*arrays: Any) -> Any:
        shape = np.broadcast_shapes(*map(np.shape, arrays))
        result = jax.ShapeDtypeStruct(shape, dtype)
        return jax.pure_callback(compute, result, *arrays, vmap_method="expand_dims")

    return gate


# What runtime.py has for NumPy.


def pick(table: Any, hit: Any) -> Any:
    """The element of each row of ``table`` where ``hit`` holds; NaN in a row without one."""
    jnp = jax_or_error().numpy
    return jnp.where(hit.any(-1), jnp.where(hit, table, 0).sum(-1), jnp.nan)


def scatter(gradient: Any, index: Any, size: int) -> Any:
    """Add up what ``take(index)`` spread: the gradient of each of ``size`` elements."""
    jnp = jax_or_error().numpy
    lead = gradient.shape[: gradient.ndim - index.ndim]
    zeros = jnp.zeros((*lead, size), gradient.dtype)
    return zeros.at[..., index.ravel()].add(gradient.reshape(*lead, index.size))


def lookup(table: Any, index: Any) -> Any:
    """The rows of ``table`` at the indices; NaN where an index is none of its own."""
    jnp = jax_or_error().numpy
    table = jnp.atleast_1d(table)
    places = _places(index, len(table))
    right = (places == index).reshape(*index.shape, *(1,) * (table.ndim - 1))
    return jnp.where(right, table[places], jnp.nan)


def scatter_rows(gradient: Any, index: Any, count: int) -> Any:
    """Add up what ``lookup`` spread: the gradient of each of ``count`` rows."""
    zeros = jax_or_error().numpy.zeros((count, *gradient.shape[index.ndim :]), gradient.dtype)
    return zeros.at[_places(index, count)].add(gradient)


def _places(index: Any, count: int) -> Any:
    """The indices as integers from 0 to ``count`` - 1; what is none becomes another number."""
    jnp = jax_or_error().numpy
    return jnp.clip(jnp.nan_to_num(index), 0, count - 1).astype(int)
