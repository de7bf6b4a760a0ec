"""Value: a number that remembers how it was computed.

A Value knows its number (``data``), the gate that made it (``op``), that gate's operands, its
gradient and its label. Operators and gates make new Values from old ones, and so the
computation graph grows. Two times of one clock keep it honest: ``born`` (when the node was
made: operands are older than their consumers) and ``computed`` (when its data was last set: an
operand newer than its consumer means that the consumer is stale).
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from math import nan
from operator import attrgetter
from types import FunctionType
from typing import TYPE_CHECKING, Any, NoReturn

from . import clock, primitives, recorders
from .conversion import as_number, shorten
from .gate import Primitive, domain_error, registry
from .graph import topological_order
from .methods import Methods

__all__ = ["Constant", "Leaf", "Unrecorded", "Value"]

_new = object.__new__
_OTHER_WORDS = {  # of other libraries, and what is said here
    "gradient": "grad", "gradients": "grad", "derivative": "grad", "adjoint": "grad",
    "value": "data", "val": "data", "item": "data", "number": "data", "name": "label",
    "_prev": "operands", "children": "operands", "parents": "operands", "inputs": "operands",
    "_op": "op", "gate": "op", "is_leaf": "kind", "backprop": "backward", "zero": "zero_grad",
}  # fmt: skip


# --------------------------------------------------------------------- kinds of methods


def _operator(op: Primitive) -> tuple[Callable[[Value, Any], Value], ...]:
    """``self op other`` and ``other op self``."""
    value = op.value

    def ordinary(self: Value, other: Any) -> Any:
        kind = type(other)
        if kind is not Value and kind is not Leaf:
            other = _operand(other)
            if other is NotImplemented:
                return other
        if recorders.active:
            return apply(op, (self, other))
        try:
            node = _new(Value)  # new_node(), written out: the operators are the hottest path
            node._data = value(self._data, other._data)
            node._grad = None
            node._label = ""
            node.op = op
            node.operands = (self, other)
            node.born = node.computed = clock.tick()
            return node
        except (ValueError, ZeroDivisionError) as error:
            raise domain_error(op, map(describe, (self, other)), error) from None

    def reflected(self: Value, other: Any) -> Any:
        if other.__class__ is int and other == 0 and op is primitives.add:
            return self  # the 0 with which the built-in sum starts
        other = _operand(other)
        return other if other is NotImplemented else ordinary(other, self)

    ordinary = _with_own_code(ordinary)
    return ordinary, _with_own_code(reflected)


def _with_own_code(function: Any) -> Any:
    """A copy with bytecode of its own: CPython adapts bytecode to what it meets, and + is not *."""
    own = function.__code__.replace()
    return FunctionType(own, function.__globals__, None, None, function.__closure__)


def _one_operand(op: Primitive) -> Callable[[Value], Value]:
    """A gate of one operand as a method."""
    value = op.value

    def method(self: Value) -> Value:
        if recorders.active:
            return apply(op, (self,))
        try:
            return new_node(value(self._data), op, (self,))
        except (ValueError, ZeroDivisionError) as error:
            raise domain_error(op, (describe(self),), error) from None

    method.__name__ = method.__qualname__ = op.name
    method.__doc__ = f"{op.name} of this Value: the gate of that name."
    return method


def _comparison(compare: Callable[[Any, Any], Any]) -> Callable[[Value, Any], bool]:
    """A comparison by data."""

    def method(self: Value, other: Any) -> bool:
        if recorders.active:
            for each in (self, other):
                if isinstance(each, Value):
                    recorders.look(each)
        return bool(compare(self._data, other._data if isinstance(other, Value) else other))

    return method


def _instead(wrong: str, right: str) -> Callable[..., NoReturn]:
    """A method that would drop the graph, and says what to write instead."""

    def method(self: Value, *_: Any) -> NoReturn:
        raise TypeError(
            f"{wrong} would drop the graph: write {right} for the gate, v.data for the number"
        )

    return method


class Value(Methods):
    """A number in a computation graph.

    Args:
        data: a real number (int, float, NumPy scalar, ...), kept as a float.
        label: a name for pictures, steps and messages.

    Raises:
        TypeError: ``data`` is no real number (a string, None, complex, a Value), or ``label`` no
            string.

    >>> x, y, z = Value(-2.0), Value(5.0), Value(-4.0)
    >>> f = (x + y) * z
    >>> f.backward()
    >>> f.data, x.grad, y.grad, z.grad
    (-12.0, -4.0, -4.0, 3.0)
    """

    __slots__ = ("_data", "_grad", "_label", "born", "computed", "op", "operands")

    _data: float
    _grad: float | None
    _label: str
    op: Primitive | None
    operands: tuple[Value, ...]
    born: int
    computed: int

    def __new__(cls, *_: Any, **__: Any) -> Value:
        return _new(Leaf if cls is Value else cls)

    def __init__(self, data: Any, label: str = "") -> None:
        self._data = data if type(data) is float else _number(data, "Value")
        self._grad = None
        self.op = None
        self.operands = ()
        self._label = label if type(label) is str else _text(label)
        self.born = self.computed = clock.tick()

    @property
    def kind(self) -> str:
        """What this node is: "leaf", "gate" (a gate computed it), "constant" (a plain number of
        the expression, such as the 3 of 3 * x) or "unrecorded" (computed without a graph)."""
        return "leaf" if self.op is None else "gate"

    # ------------------------------------------------------------------ data, gradient, label

    def _set_data(self, data: Any) -> None:
        if self.op is not None:
            raise AttributeError(
                f"{name_of(self)} is computed by {self.op.name}: its data can't be set; edit the "
                "leaves it was computed from, then call forward()"
            )
        number = data if type(data) is float else _number(data, f"the data of {name_of(self)}")
        # the time before the number: an interrupt in between leaves no edit unnoticed
        self.computed = clock.note_edit()
        self._data = number

    def _set_grad(self, gradient: Any) -> None:
        if gradient is not None and type(gradient) is not float:
            gradient = as_number(gradient, "a gradient")
        self._grad = gradient

    def _set_label(self, label: str) -> None:
        self._label = _text(label)

    data = property(attrgetter("_data"), _set_data, doc="The number; a leaf's can be edited.")
    grad = property(
        attrgetter("_grad"),
        _set_grad,
        doc="The gradient; None until backward() has reached this node, so that rate * w.grad is "
        "a TypeError before.",
    )
    label = property(attrgetter("_label"), _set_label, doc="A name, or an empty string.")

    if not TYPE_CHECKING:  # a type checker shall go on to know every attribute

        def __getattr__(self, name: str) -> NoReturn:
            """Say what an attribute that is not there may be called here."""
            message = f"a Value has no attribute {name!r}"
            if name in _OTHER_WORDS:
                raise AttributeError(f"{message}: did you mean {_OTHER_WORDS[name]}?")
            raise AttributeError(message, name=name, obj=self)  # Python adds what is spelled alike

    # ------------------------------------------------------------------ the graph

    @staticmethod
    def apply_gate(op: Primitive, operands: tuple[Any, ...]) -> Value:
        """Read a row on Values: compute its value and record it (see gate.py)."""
        nodes = [o if isinstance(o, Value) else _constant_of(o, op) for o in operands]
        return apply(op, tuple(nodes))

    def choose(self, a: Any, b: Any) -> Any:
        """``where(self, a, b)``; a branch given as a function is called only if it is taken."""
        functions = callable(a) or callable(b)
        if not functions and a is not None and b is not None:
            return self.apply_gate(primitives.choice, (self, a, b))
        recorders.look(self)
        if self._data != self._data:  # NaN in, NaN out
            return self.apply_gate(primitives.branch, (self, nan, nan))
        taken = a if self._data else b
        taken = taken() if callable(taken) else taken
        if not functions:  # in a rule, None says that nothing flows
            return taken
        return self.apply_gate(primitives.branch, (self, taken, float(bool(self._data))))

    def forward(self) -> Value:
        """Compute this node afresh after leaves were edited; gives itself.

        Nodes whose operands changed are computed again, in topological order, and lose their
        gradient; the others stay as they are.

        >>> x = Value(3.0)
        >>> y = x * x
        >>> x.data = 4.0
        >>> y.forward().data
        16.0
        """
        mine = recorders.mine()
        for node in topological_order(self):
            op = node.op
            if op is None or all(o.computed <= node.computed for o in node.operands):
                continue
            data = evaluate(op, node.operands)
            node._grad = None
            node._data = data
            node.computed = clock.tick()
            for recorder in mine:
                if recorder.watches:
                    recorder.watch(node, op, node.operands)
        return self

    def zero_grad(self) -> None:
        """Forget the gradients of this node and of all it was computed from."""
        for node in topological_order(self):
            if node.kind != "constant":
                node._grad = None

    def detach(self) -> Value:
        """Give the same number and label without operands: of a leaf a leaf, else an Unrecorded."""
        recorders.read(self)
        return (Leaf if self.kind == "leaf" else Unrecorded)(self._data, self._label)

    # ------------------------------------------------------------------ operators

    __add__, __radd__ = _operator(primitives.add)
    __sub__, __rsub__ = _operator(primitives.sub)
    __mul__, __rmul__ = _operator(primitives.mul)
    __truediv__, __rtruediv__ = _operator(primitives.div)
    __mod__, __rmod__ = _operator(primitives.mod)
    __pow__, __rpow__ = _operator(primitives.pow)
    __neg__ = _one_operand(primitives.neg)
    __abs__ = _one_operand(primitives.abs)

    __eq__ = _comparison(operator.eq)  # by data
    __ne__ = _comparison(operator.ne)
    __lt__ = _comparison(operator.lt)
    __le__ = _comparison(operator.le)
    __gt__ = _comparison(operator.gt)
    __ge__ = _comparison(operator.ge)
    __hash__ = object.__hash__  # by identity, as PyTorch does

    __float__ = _instead("float(v), math.exp(v) and the like", "autograd.exp(v)")
    __int__ = _instead("int(v)", "autograd.floor(v)")
    __round__ = _instead("round(v)", "autograd.floor(v + 0.5)")
    __floor__ = _instead("math.floor(v)", "autograd.floor(v)")
    __ceil__ = _instead("math.ceil(v)", "autograd.ceil(v)")
    __trunc__ = _instead("math.trunc(v)", "autograd.floor(v)")
    __floordiv__ = __rfloordiv__ = _instead("v // w", "autograd.floor(v / w)")
    __divmod__ = __rdivmod__ = _instead("divmod(v, w)", "autograd.floor(v / w) and v % w")

    # ------------------------------------------------------------------ conversion and display

    def __bool__(self) -> bool:
        recorders.look(self)
        return self._data != 0

    def __pos__(self) -> Value:
        return self

    def __format__(self, spec: str) -> str:
        return format(self._data, spec) if spec else str(self)

    def __repr__(self) -> str:
        label = f", label={self._label!r}" if self._label else ""
        return f"Value(data={self._data!r}, grad={self._grad!r}{label})"

    def __array_ufunc__(self, function: Any, method: str, *operands: Any, **options: Any) -> Any:
        """NumPy meets a Value: its scalars add and multiply as numbers do, the rest is refused."""
        sign = _SIGNS.get(function.__name__)
        if sign is not None and method == "__call__" and not options:
            a, b = (o if isinstance(o, Value) else _operand(o) for o in operands)
            return sign(a, b)
        ours = _FROM_NUMPY.get(function.__name__, function.__name__)
        instead = f"autograd.{ours}" if ours in registry else "it with autograd's gates"
        instead = instead if sign is None else "the operator, and the result where it is to go"
        raise TypeError(f"numpy.{function.__name__} does not take Values: write {instead}")

    # ------------------------------------------------------------------ gates with an option

    def leaky_relu(self, slope: Any = 0.01) -> Value:
        """x where x > 0, else slope · x."""
        return self.apply_gate(primitives.leaky_relu, (self, slope))

    def elu(self, alpha: Any = 1.0) -> Value:
        """x where x > 0, else alpha · (exp(x) - 1)."""
        return self.apply_gate(primitives.elu, (self, alpha))


class Leaf(Value):
    """What ``Value(3.0)`` makes. Unlike an inner node it takes attributes of the user's own
    (a momentum, a colour) and weak references."""

    __slots__ = ("__dict__", "__weakref__")


class Unrecorded(Value):
    """A result that was computed without a graph: under ``no_grad``, or cut off by ``detach``."""

    __slots__ = ()

    kind = "unrecorded"


class Constant(Value):
    """A plain number of an expression: without label or gradient, never edited, never born.

    The small whole numbers are made once and shared, as Python does with its own.
    """

    __slots__ = ()

    kind = "constant"
    op = None
    operands = ()
    born = computed = 0

    def _refuse(self, _: Any) -> NoReturn:
        raise AttributeError(
            f"the constant {self._data:g} can't be edited; write Value({self._data:g}) in the "
            "expression to have a leaf that can"
        )

    data = property(attrgetter("_data"), _refuse, doc="The number.")
    grad = property(lambda self: None, _refuse, doc="A constant has no gradient.")
    label = property(lambda self: "", _refuse, doc="A constant shows its number.")
    _label = ""

    def __bool__(self) -> bool:
        return self._data != 0  # a recorder need not know: this number will never change


# --------------------------------------------------------------------- nodes


def apply(op: Primitive, operands: tuple[Value, ...]) -> Value:
    """Apply a gate: this thread's recorders say how, or else ``record`` does it."""
    mine = recorders.mine() if recorders.active else None
    if not mine:
        return record(op, operands)
    if len(mine) == 1 and mine[0].keeps and not mine[0].watches:  # a million nodes are traced so
        return (mine[0].make or record)(op, operands)
    keeps, make = True, record
    for recorder in mine:
        keeps = keeps if recorder.keeps is None else recorder.keeps
        make = recorder.make or make
    if keeps:
        node = make(op, operands)
    else:
        recorders.look()  # the result is a number without a graph: the compiler must refuse it
        node = Unrecorded(evaluate(op, operands))
    for recorder in mine:
        if recorder.watches:
            recorder.watch(node, op, operands)
    return node


def record(op: Primitive, operands: tuple[Value, ...]) -> Value:
    """Compute a gate and keep the node, without asking a recorder."""
    return new_node(evaluate(op, operands), op, operands)


def evaluate(op: Primitive, operands: tuple[Value, ...]) -> float:
    """The gate's value, or its domain error with the operands' labels in the message."""
    try:
        return op.value(*[operand._data for operand in operands])
    except (ValueError, ZeroDivisionError) as error:
        raise domain_error(op, map(describe, operands), error) from None


def new_node(
    data: float, op: Primitive, operands: tuple[Value, ...], kind: type[Value] = Value
) -> Value:
    """Make the node that ``op`` computed. (The operators do the same in place: a call less.)"""
    node = _new(kind)
    node._data = data
    node._grad = None
    node._label = ""
    node.op = op
    node.operands = operands
    node.born = node.computed = clock.tick()
    return node


def constant(data: float) -> Value:
    """The constant with this number."""
    return _small.get(data) or _new_constant(data)


def _new_constant(data: float) -> Constant:
    node = _new(Constant)
    node._data = data
    node._grad = None
    return node


_small = {
    float(number): _new_constant(float(number)) for number in range(-16, 17) if number
}  # not 0: -0.0 is equal to it


def _operand(thing: Any) -> Any:
    """What stands beside a Value at an operator: a Value as it is, a number as a constant."""
    kind = type(thing)
    if kind is float or kind is int:
        return _small.get(thing) or _new_constant(as_number(thing, "an operand"))
    if isinstance(thing, Value):
        return thing
    if getattr(thing, "ndim", None):
        raise TypeError(
            f"a Value and an array of shape {thing.shape}: a Value is one number, so take the "
            "array's elements one by one, [v * x for x in xs]; autograd.compile does whole arrays"
        )
    if kind in _NO_NUMBERS:
        raise TypeError(f"an operand is {shorten(thing)}: {_NO_NUMBERS[kind]}")
    try:
        return constant(as_number(thing, "an operand"))
    except TypeError:
        return NotImplemented


_ONE_BY_ONE = "a Value is one number, so take the elements one by one, [v * x for x in xs]"
_NO_NUMBERS: dict[type, str] = {  # what else stands beside a Value by mistake
    type(None): "a .grad is None until backward() has been called; a function that lacks its "
    "return gives None, too",
    str: "a Value is computed with numbers; float(text) reads one",
    list: _ONE_BY_ONE,
    tuple: _ONE_BY_ONE,
    complex: "Values are real numbers",
}


def _constant_of(thing: Any, op: Primitive) -> Value:
    return constant(as_number(thing, f"{op.name}()"))


def _number(data: Any, where: str) -> float:
    if isinstance(data, Value):
        raise TypeError("the data of a Value is a number, got a Value: use v.detach() or v.data")
    return as_number(data, where)


def _text(label: Any) -> str:
    if not isinstance(label, str):
        raise TypeError(f"a label is a string, got {type(label).__name__} {shorten(label)}")
    return label


def name_of(node: Value) -> str:
    """What to call a node in a message: its label, or the number of a constant, or its gate."""
    if node._label:
        return f"{node._label!r}"
    if node.op is not None:
        return f"the {node.op.name} node"
    return f"the {'number' if node.kind == 'unrecorded' else 'leaf with data'} {node._data:g}"


def describe(node: Value) -> str:
    """An operand in an error message: label and value."""
    return f"{node._label} = {node._data!r}" if node._label else repr(node._data)


for _op in registry.values():
    if _op.arity == 1 and _op.name in Methods.__annotations__:
        setattr(Value, _op.name, _one_operand(_op))

_SIGNS: dict[str, Callable[[Any, Any], Any]] = {  # NumPy's names of the operators
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "remainder": operator.mod,
    "power": operator.pow,
    "equal": operator.eq,
    "not_equal": operator.ne,
    "less": operator.lt,
    "less_equal": operator.le,
    "greater": operator.gt,
    "greater_equal": operator.ge,
}
_FROM_NUMPY = {f"arc{name[1:]}": name for name in registry if name.startswith("a")} | {
    "absolute": "abs",
    "fabs": "abs",
    "rad2deg": "degrees",
    "deg2rad": "radians",
    "heaviside": "step",
}
