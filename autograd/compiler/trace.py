"""Trace: call a function once on placeholders, and keep the scalar graph it leaves behind.

A placeholder is a Value whose number is not known yet (its data is NaN). Every node made while
tracing is ``Traced``: it records gates as any Value does, builds both branches of a ``where``,
and refuses whatever would need its number (``if``, ``<``, ``int()``), because the answer would
be frozen into the program. So would the number of a parameter, which has one: as long as the
function is traced, reading it is refused as well (engine/guard.py).

A large network leaves millions of nodes behind. They are listed as they are made, operands
before consumers, which spares sorting them.

The trace is the compiler's own. A leaf of the user's is no part of it, a ``StandIn`` is: the check
moves the numbers of these as it likes, and neither another thread nor an interrupt can notice. In a
large trace they would cost too much: it has the leaves themselves, which nobody moves.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain, filterfalse, islice, product, repeat
from operator import attrgetter
from typing import Any, NoReturn

from ..engine import clock, primitives, value
from ..engine.collector import without_collector
from ..engine.conversion import as_number, shorten
from ..engine.gate import Primitive
from ..engine.graph import born, topological_order
from ..engine.guard import guarded
from ..engine.recorders import Recorder, using
from ..engine.value import Value, new_node

__all__ = [
    "Argument",
    "Trace",
    "TraceError",
    "leaf_of",
    "numbers",
    "set_numbers",
    "trace_function",
    "trace_graph",
]

LARGE = 200_000  # nodes from which on there are no stand-ins
Shape = tuple[int, ...]


class TraceError(TypeError):
    """The function asked for the number of a Value that stands for a whole batch."""


def refuse(*_: Any) -> NoReturn:
    """Stop a program that looks at a number while it is being traced."""
    raise TraceError(
        "a compiled function can't look at a Value's number (if, while, ==, <, in, int(), detach, "
        "no_grad, .data): it is traced once and then run on whole batches. Write "
        "where(step(x - y), a, b) instead of `a if x > y else b`, maximum/minimum/relu/abs instead "
        "of max/min, take(rows, index) for rows[index], cross_entropy(logits, target) for a class, "
        "gradients(y, xs, create_graph=True) to compute with a gradient, and hand in as an "
        "argument what no gradient shall flow through"
    )


def refuse_frozen(node: Value) -> NoReturn:
    """Stop a program that reads the number of a Value that it was not given."""
    raise TraceError(
        f"a compiled function can't look at the number of {value.name_of(node)} (.data, .grad, "
        "detach, state_dict, a copy): it is traced once, and the program would keep this number "
        "when the Value has long got another. Use the Value itself; hand in as an argument what "
        "no gradient shall flow through; read what shall never change before you compile"
    )


def refuse_backward(*_: Any, **__: Any) -> NoReturn:
    """Stop a function that walks back while it is being traced: there are no numbers yet."""
    raise TraceError(
        "a compiled function can't call backward(): program.value_and_grad gives the gradient of "
        "its result, and gradients(y, xs, create_graph=True) a gradient to compute with"
    )


def _condition(compare: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """A comparison as a Value, 1 or 0: the rules of the table compare, and so may a ``where``."""

    def method(self: Value, other: Any) -> Any:
        return compare(self, other) if isinstance(other, (Value, int, float)) else NotImplemented

    return method


def _greater(x: Any, y: Any) -> Any:
    return primitives.step(x if type(y) is int and not y else x - y)


def _differ(x: Any, y: Any) -> Any:
    return _greater(x, y) + _greater(y, x)


class Traced(Value):
    """A node of the graph while it is traced: it has no number."""

    __slots__ = ()
    __hash__ = object.__hash__

    def choose(self, a: Any, b: Any) -> Value:
        """``where``: a program computes both branches and selects."""
        a, b = (branch() if callable(branch) else branch for branch in (a, b))
        a, b = (0.0 if branch is None else branch for branch in (a, b))
        return self.apply_gate(primitives.choice, (self, a, b))

    def __format__(self, spec: str) -> str:
        return "<traced Value>"

    def __repr__(self) -> str:
        return "<traced Value>"

    data = property(refuse, refuse)
    detach = refuse
    backward = refuse_backward
    __bool__ = refuse
    __gt__ = _condition(_greater)
    __lt__ = _condition(lambda x, y: _greater(y, x))
    __ge__ = _condition(lambda x, y: 1 - _greater(y, x))
    __le__ = _condition(lambda x, y: 1 - _greater(x, y))
    __ne__ = _condition(_differ)
    __eq__ = _condition(lambda x, y: 1 - _differ(x, y))
    __int__ = refuse
    __float__ = refuse
    __index__ = refuse


def leaf_of(node: Value) -> Value:
    """The user's leaf that a leaf of the trace stands for."""
    return node.leaf if isinstance(node, StandIn) else node


class StandIn(Value):
    """What stands for a leaf of the user's in a trace."""

    __slots__ = ("leaf",)
    leaf: Value
    op = None
    operands = ()
    computed = 0
    _grad = None
    _label = property(lambda self: self.leaf._label)


def _stand_ins(leaves: list[Value]) -> list[Value]:
    """One for each leaf: of its age, with its number. There may be many, so no loop is Python's."""
    made: list[Value] = list(map(object.__new__, repeat(StandIn, len(leaves))))
    for name, things in (("leaf", leaves), ("born", map(born, leaves)), ("_data", numbers(leaves))):
        deque(map(setattr, made, repeat(name), things), maxlen=0)
    return made


def numbers(nodes: Iterable[Value]) -> list[float]:
    """The numbers of these nodes."""
    return list(map(attrgetter("_data"), nodes))


def set_numbers(nodes: Iterable[Value], numbers: Iterable[float]) -> None:
    """Give these nodes of a trace other numbers."""
    deque(map(setattr, nodes, repeat("_data"), numbers), maxlen=0)


class Tracer(Recorder):
    """Records gates without computing them, and refuses whoever asks for a number."""

    alone = keeps = True

    def __init__(self) -> None:
        self.made: list[Value] = []
        self.add = self.made.append
        self.started = clock.tick()

    def make(self, op: Primitive, operands: tuple[Value, ...]) -> Value:
        node = new_node(math.nan, op, operands, Traced)
        self.add(node)
        return node

    def look(self, node: Any = None) -> None:
        if node is None or node.op is not None or isinstance(node, Traced):
            refuse()
        if 0 < node.born <= self.started:  # a leaf made inside has a number for good
            refuse_frozen(node)

    read = look


@dataclass
class Argument:
    """One argument of the function: a batch of numbers, or a number held fixed."""

    name: str
    shape: Shape | None  # the shape of one sample; None for a number held fixed
    fixed: Any = None

    @property
    def width(self) -> int:
        return math.prod(self.shape or ())


@dataclass
class Trace:
    """A scalar graph: its outputs, and what each leaf stands for."""

    outputs: list[Value]
    shape: Shape  # of what the function gives: () for a Value, whose gradient may be wanted
    arguments: list[Argument]
    inputs: dict[Value, tuple[int, int]]  # of the placeholders: argument and column
    leaves: list[Value]  # oldest first; constants, which were never born, before all others
    nodes: list[Value]  # computed by gates, operands first
    uses: Counter[Value]  # how often each node is used; an output once more, and once more
    clock: int | None = None  # a leaf made after this is an input, or the function's own constant
    rebuild: Callable[..., Any] | None = None
    order: list[Value] = field(default_factory=list)  # the parameters as theta has them

    def __len__(self) -> int:
        return len(self.leaves) + len(self.nodes)

    @property
    def single(self) -> bool:
        """Whether there is one output, not a list of them."""
        return self.shape == ()

    @property
    def large(self) -> bool:
        return len(self) > LARGE

    @cached_property
    def guarded(self) -> set[Value]:
        """The nodes below a `where`: they may have no value, if it chooses the other branch."""
        guarded: set[Value] = set()
        if not any(node.op is primitives.choice for node in self.nodes):
            return guarded
        for node in reversed(self.nodes):
            inside = node in guarded
            for place, operand in enumerate(node.operands):
                if inside or (node.op is primitives.choice and place > 0):
                    guarded.add(operand)
        return guarded

    def as_used(self, leaves: list[Value]) -> list[Value]:
        """Leaves in the order in which they are used."""
        used = dict.fromkeys(
            chain(chain.from_iterable(n.operands for n in self.nodes), self.outputs)
        )
        wanted = set(leaves)
        return [leaf for leaf in used if leaf in wanted]

    def parameters_and_data(
        self, declared: Collection[Value] | None, order: Iterable[Value] = ()
    ) -> tuple[list[Value], list[Value]]:
        """The parameters, and the leaves that are numbers of the program.

        Args:
            declared: what the parameters are to be; None for all that are used.
            order: those that come first, in their order; the others are in that of their age.

        Raises:
            ValueError: the function uses a leaf that is not among the declared parameters.
        """
        clock = math.inf if self.clock is None else self.clock
        constants = [leaf for leaf in self.leaves if not leaf.born]
        before = [leaf for leaf in self.leaves if 0 < leaf.born <= clock]
        newer = [leaf for leaf in self.leaves if leaf.born > clock]
        data = constants + [leaf for leaf in newer if leaf not in self.inputs]
        parameters = []
        for leaf in before:
            if declared is None or leaf_of(leaf) in declared:
                parameters.append(leaf)
            elif self.clock is None:
                data.append(leaf)
            else:
                raise ValueError(
                    f"{value.name_of(leaf_of(leaf))} is used by the function but is not among "
                    "parameters=; add it there, or hand its number in as an argument"
                )
        if place := {leaf: k for k, leaf in enumerate(order)}:
            parameters.sort(key=lambda leaf: place.get(leaf_of(leaf), len(place)))
        return parameters, data


def trace_function(
    f: Callable[..., Any], shapes: Sequence[Any], fixed: Sequence[Any] | None = None
) -> Trace:
    """Call ``f`` on placeholders.

    Args:
        f: a function of scalars, or of (nested) lists of them.
        shapes: for each argument the shape of one sample: ``()`` a scalar, ``(n,)`` a list of
            n, ``(m, n)`` a list of m lists; or None for a number held fixed.
        fixed: the numbers held fixed, None elsewhere.

    Raises:
        TraceError: f looks at a Value's number.
        TypeError: f gives something else than a Value or a list of them.
    """
    names = _names(f, len(shapes))
    arguments = [
        Argument(name, None if shape is None else tuple(shape), fixed[k] if fixed else None)
        for k, (name, shape) in enumerate(zip(names, shapes, strict=True))
    ]
    started = clock.tick()
    inputs, actual = _placeholders(arguments)
    tracer = Tracer()
    with without_collector(), using(tracer), guarded():
        try:
            result = _called(f, actual)
        except TraceError:
            raise
        except TypeError as error:
            if misfits := _misfits(f, arguments):
                raise TypeError(misfits) from error
            raise
    flat, shape = flattened(result)
    outputs = []
    for output in flat:
        if not isinstance(output, Value):
            try:
                output = value.constant(as_number(output, "the result"))
            except TypeError:
                raise TypeError(
                    "compile: the function must give a Value or a (nested) list of Values, "
                    f"got {type(output).__name__} {shorten(output)}"
                ) from None
        outputs.append(output)
    if not outputs:
        raise TypeError("compile: the function gives an empty list; give at least one Value")
    outputs, leaves, nodes, uses = _own(outputs, tracer.made, inputs)
    return Trace(outputs, shape, arguments, inputs, leaves, nodes, uses, started, f)


def _placeholders(arguments: list[Argument]) -> tuple[dict[Value, tuple[int, int]], list[Any]]:
    """The inputs of a trace, and what to call the function with."""
    inputs: dict[Value, tuple[int, int]] = {}
    actual: list[Any] = []
    for k, argument in enumerate(arguments):
        if argument.shape is None:
            actual.append(argument.fixed)
            continue
        flat = []
        for column in range(argument.width):
            label = argument.name if argument.shape == () else f"{argument.name}[{column}]"
            placeholder = Traced(math.nan, label)
            inputs[placeholder] = (k, column)
            flat.append(placeholder)
        actual.append(nested(flat, argument.shape))
    return inputs, actual


def _misfits(f: Callable[..., Any], arguments: list[Argument]) -> str:
    """Which samples have the wrong shape, if with other shapes the function works."""
    options = [_other_shapes(argument) for argument in arguments]
    tries = [each for each in islice(product(*options), 64) if any(each)]
    for wanted in sorted(tries, key=lambda each: sum(map(bool, each))):
        others = [
            replace(argument, shape=shape[0]) if shape else argument
            for argument, shape in zip(arguments, wanted, strict=True)
        ]
        try:
            f(*_placeholders(others)[1])
        except TypeError:
            continue
        except Exception as error:  # it knows better how long a list is to be
            if isinstance(error, TraceError):
                continue
        return "; ".join(
            f"{argument.name}: one sample {_is(argument)}, {_said(shape[0])} was expected"
            for argument, shape in zip(arguments, wanted, strict=True)
            if shape
        )
    return ""


def _other_shapes(argument: Argument) -> list[tuple[Shape, ...]]:
    """No other shape, and then those that may have been meant."""
    if argument.shape is None:
        return [()]
    if argument.shape == ():
        return [(), ((99,),)]
    squeezed = tuple(length for length in argument.shape if length != 1)
    return [(), *((shape,) for shape in dict.fromkeys((squeezed, ())) if shape != argument.shape)]


def _is(argument: Argument) -> str:
    return f"has shape {argument.shape}" if argument.shape else "is a number"


def _said(shape: Shape) -> str:
    return "a number" if shape == () else "a list" if shape == (99,) else str(shape)


def _called(f: Callable[..., Any], actual: list[Any]) -> Any:
    try:
        return f(*actual)
    except TypeError as error:
        if "does not take Values" not in str(error):
            raise
        raise TraceError(
            "NumPy's functions don't take Values: in a compiled function, write autograd.exp(x) "
            "for np.exp(x), and so on; NumPy comes in when the program runs"
        ) from error


def _own(
    outputs: list[Value], made: list[Value], inputs: dict[Value, tuple[int, int]]
) -> tuple[list[Value], list[Value], list[Value], Counter[Value]]:
    """A graph as the compiler's own: its outputs, leaves, nodes and uses.

    Args:
        outputs: of the graph.
        made: the nodes that the tracer made.
        inputs: the placeholders.
    """
    nodes = made
    leaves, uses = _uses(nodes, outputs)
    if copied := len(uses) != len(made) or not all(map(uses.__contains__, made)):
        nodes = [node for node in topological_order(*outputs) if node.op is not None]
        leaves, _ = _uses(nodes, outputs)  # of nodes of which some were made before, or in vain
    users = [leaf for leaf in leaves if leaf.born and leaf not in inputs]
    if any(type(leaf) is Traced for leaf in users):
        raise TraceError(
            "the function uses a Value that stood for an argument in another call: it kept it in a "
            "list or an attribute. A function that is compiled keeps nothing"
        )
    large = len(leaves) + len(nodes) > LARGE
    own: dict[Value, Value] = {} if large else dict(zip(users, _stand_ins(users), strict=True))
    for place, node in enumerate([] if large and not copied else nodes):
        operands = tuple(map(own.get, node.operands, node.operands))
        if copied:
            assert node.op is not None
            own[node] = nodes[place] = new_node(math.nan, node.op, operands, Traced)
            nodes[place]._label = node._label
        else:
            node.operands = operands
    outputs = [*map(own.get, outputs, outputs)]
    if copied:
        _, uses = _uses(nodes, outputs)
    return outputs, [*map(own.get, leaves, leaves)], nodes, uses


def _uses(nodes: list[Value], outputs: list[Value]) -> tuple[list[Value], Counter[Value]]:
    """The leaves that these nodes use, by age, and how often they use each other."""
    computed = attrgetter("op")  # by a gate: a leaf has none
    operands: list[Sequence[Value]] = [outputs, *(node.operands for node in nodes)]
    uses = Counter(filter(computed, chain(outputs, chain.from_iterable(operands))))
    leaves = [*dict.fromkeys(filterfalse(computed, chain.from_iterable(operands)))]
    leaves.sort(key=born)
    return leaves, uses


def trace_graph(output: Value) -> Trace:
    """The trace of a graph that exists already: no inputs, its leaves are the parameters."""
    outputs, leaves, nodes, uses = _own([output], [], {})
    return Trace(outputs, (), [], {}, leaves, nodes, uses)


def nested(flat: Sequence[Any], shape: Shape) -> Any:
    """A flat list as nested lists of this shape (the first element for a scalar)."""
    if shape == ():
        return flat[0]
    if len(shape) == 1:
        return list(flat)
    size = math.prod(shape[1:])
    return [nested(flat[k * size : (k + 1) * size], shape[1:]) for k in range(shape[0])]


def flattened(nested: Any) -> tuple[list[Any], Shape]:
    """Nested lists as a flat list, with their shape.

    Raises:
        TypeError: their rows differ in shape.
    """
    if not isinstance(nested, (list, tuple)):
        return [nested], ()
    if not any(isinstance(each, (list, tuple)) for each in nested):
        return list(nested), (len(nested),)
    rows = [flattened(row) for row in nested]
    shapes = {shape for _, shape in rows}
    if len(shapes) > 1:
        raise TypeError(
            f"compile: the lists that the function gives differ in shape: {sorted(shapes)}; make "
            "them equal, or one flat list"
        )
    return [each for flat, _ in rows for each in flat], (len(rows), *shapes.pop())


def _names(f: Callable[..., Any], count: int) -> list[str]:
    """What the function calls its arguments."""
    import inspect  # here, because it takes long to import

    try:
        kinds = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):
        kinds = []  # type: ignore[assignment]
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = [each.name for each in kinds if each.kind in positional]
    if len(names) < count:
        names = [*names, *(f"x{k + 1}" for k in range(len(names), count))]
    return names[:count]
