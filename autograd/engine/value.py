"""Value: a number that remembers how it was computed.

A Value knows its number (``data``), the gate that made it (``op``), that gate's operands, its
gradient and its label. Operators and gates make new Values from old ones, and so the
computation graph grows. Two times of one clock keep it honest: ``born`` (when the node was
made: operands are older than their consumers) and ``computed`` (when its data was last set: an
operand newer than its consumer means that the consumer is stale).
"""

from __future__ import annotations

from collections.abc import Callable
from math import nan
from operator import attrgetter
from typing import Any

from . import modes, primitives
from .clock import note_edit, tick
from .gate import Primitive, as_number, domain_error, shorten
from .graph import topological_order

__all__ = ["Constant", "Value"]

_new = object.__new__


class Value:
    """A number in a computation graph.

    Args:
        data: a real number (int, float, NumPy scalar, ...), kept as a float.
        label: a name for pictures, steps and messages.

    Raises:
        TypeError: ``data`` is no real number (a string, None, complex, a Value).

    >>> x, y, z = Value(-2.0), Value(5.0), Value(-4.0)
    >>> f = (x + y) * z
    >>> f.backward()
    >>> f.data, x.grad, y.grad, z.grad
    (-12.0, -4.0, -4.0, 3.0)
    """

    __slots__ = ("_data", "born", "computed", "flow", "grad", "label", "op", "operands")

    _data: float
    grad: float | None
    op: Primitive | None
    operands: tuple[Value, ...]
    label: str
    born: int
    computed: int
    flow: Any  # the gradient in flight, while backward.py walks; None outside a walk

    def __init__(self, data: Any, label: str = "") -> None:
        if type(label) is not str and not isinstance(label, str):
            raise TypeError(f"a label is a string, got {type(label).__name__} {shorten(label)}")
        self._data = data if type(data) is float else _real(data)
        self.grad = None
        self.op = None
        self.operands = ()
        self.label = label
        self.flow = None
        self.born = self.computed = tick()

    # ------------------------------------------------------------------ data

    def _set_data(self, data: Any) -> None:
        if self.op is not None:
            raise AttributeError(
                f"{name_of(self)} is computed by {self.op.name}: its data can't be set; edit the "
                "leaves it was computed from, then call forward()"
            )
        if self.is_constant:
            raise AttributeError(
                f"the constant {self._data:g} can't be edited; write Value({self._data:g}) in the "
                "expression to have a leaf that can"
            )
        self._data = data if type(data) is float else _real(data)
        note_edit(self)

    data = property(attrgetter("_data"), _set_data, doc="The number; a leaf's can be edited.")

    @property
    def is_leaf(self) -> bool:
        """Whether no gate computed this node."""
        return self.op is None

    @property
    def is_computed(self) -> bool:
        """Whether a gate gave this number, be it under ``no_grad``, which keeps no graph of it."""
        return self.op is not None

    @property
    def is_constant(self) -> bool:
        """Whether this is a plain number of the expression, such as the 3 of 3 * x."""
        return not self.born

    # ------------------------------------------------------------------ arithmetic
    # Written out, and the first three with the body of record() in place: they are the hot path.

    def __add__(self, other: Any) -> Value:
        if type(other) is not Value:
            other = _operand(other)
            if other is NotImplemented:
                return NotImplemented
        if modes.active:
            return record_specially(self._data + other._data, _add, (self, other))
        node = _new(Value)
        node._data = self._data + other._data
        node.op = _add
        node.operands = (self, other)
        node.grad = None
        node.label = ""
        node.flow = None
        node.born = node.computed = tick()
        return node

    def __radd__(self, other: Any) -> Value:
        if other.__class__ is int and other == 0:
            return self  # the 0 with which the built-in sum starts
        other = _operand(other)
        if other is NotImplemented:
            return NotImplemented
        return record(other._data + self._data, _add, (other, self))

    def __sub__(self, other: Any) -> Value:
        if type(other) is not Value:
            other = _operand(other)
            if other is NotImplemented:
                return NotImplemented
        if modes.active:
            return record_specially(self._data - other._data, _sub, (self, other))
        node = _new(Value)
        node._data = self._data - other._data
        node.op = _sub
        node.operands = (self, other)
        node.grad = None
        node.label = ""
        node.flow = None
        node.born = node.computed = tick()
        return node

    def __rsub__(self, other: Any) -> Value:
        other = _operand(other)
        if other is NotImplemented:
            return NotImplemented
        return record(other._data - self._data, _sub, (other, self))

    def __mul__(self, other: Any) -> Value:
        if type(other) is not Value:
            other = _operand(other)
            if other is NotImplemented:
                return NotImplemented
        if modes.active:
            return record_specially(self._data * other._data, _mul, (self, other))
        node = _new(Value)
        node._data = self._data * other._data
        node.op = _mul
        node.operands = (self, other)
        node.grad = None
        node.label = ""
        node.flow = None
        node.born = node.computed = tick()
        return node

    def __rmul__(self, other: Any) -> Value:
        other = _operand(other)
        if other is NotImplemented:
            return NotImplemented
        return record(other._data * self._data, _mul, (other, self))

    def __truediv__(self, other: Any) -> Value:
        if type(other) is not Value:
            other = _operand(other)
            if other is NotImplemented:
                return NotImplemented
        try:
            return record(self._data / other._data, _div, (self, other))
        except ZeroDivisionError as error:
            return _outside_domain(_div, (self, other), error)

    def __rtruediv__(self, other: Any) -> Value:
        other = _operand(other)
        return other if other is NotImplemented else other / self

    def __neg__(self) -> Value:
        return record(-self._data, _neg, (self,))

    def __pos__(self) -> Value:
        return self

    def __pow__(self, other: Any) -> Value:
        if type(other) is not Value:
            other = _operand(other)
            if other is NotImplemented:
                return NotImplemented
        try:
            return record(_power(self._data, other._data), _pow, (self, other))
        except (ValueError, ZeroDivisionError) as error:
            return _outside_domain(_pow, (self, other), error)

    def __rpow__(self, other: Any) -> Value:
        other = _operand(other)
        return other if other is NotImplemented else other**self

    def __mod__(self, other: Any) -> Value:
        other = _operand(other)
        return other if other is NotImplemented else apply(primitives.mod, (self, other))

    def __rmod__(self, other: Any) -> Value:
        other = _operand(other)
        return other if other is NotImplemented else other % self

    def __abs__(self) -> Value:
        return apply(primitives.abs, (self,))

    # ------------------------------------------------------------------ comparison, by data

    __hash__ = object.__hash__  # by identity, as PyTorch does

    def __eq__(self, other: object) -> bool:
        return bool(self._data == _comparable(other))

    def __ne__(self, other: object) -> bool:
        return bool(self._data != _comparable(other))

    def __lt__(self, other: Any) -> bool:
        return bool(self._data < _comparable(other))

    def __le__(self, other: Any) -> bool:
        return bool(self._data <= _comparable(other))

    def __gt__(self, other: Any) -> bool:
        return bool(self._data > _comparable(other))

    def __ge__(self, other: Any) -> bool:
        return bool(self._data >= _comparable(other))

    def __bool__(self) -> bool:
        if modes.active:
            _look()
        return self._data != 0

    # ------------------------------------------------------------------ conversion and display

    __array_ufunc__ = None  # NumPy's scalars leave v * np.float64(2) to Value

    def __float__(self) -> float:
        raise TypeError(
            "float(v), math.exp(v) and the like would drop the graph: write v.data for the "
            "number, or autograd.exp(v) for the gate"
        )

    __int__ = __float__

    def __format__(self, spec: str) -> str:
        return format(self._data, spec) if spec else str(self)

    def __repr__(self) -> str:
        label = f", label={self.label!r}" if self.label else ""
        return f"Value(data={self._data!r}, grad={self.grad!r}{label})"

    # ------------------------------------------------------------------ gates

    @staticmethod
    def apply_gate(op: Primitive, operands: tuple[Any, ...]) -> Value:
        """Read a row on Values: compute its value and record it (see gate.py)."""
        if len(operands) > 8 and all(issubclass(k, Value) for k in set(map(type, operands))):
            return apply(op, operands)  # a sum over many: told faster than one by one
        return apply(
            op, tuple([o if isinstance(o, Value) else _must_operand(op, o) for o in operands])
        )

    def choose(self, a: Any, b: Any) -> Value:
        """``where(self, a, b)``; a branch given as a function is called only if it is taken."""
        if callable(a) or callable(b):
            taken = a if self._data else b
            taken = taken() if callable(taken) else taken
            return self.apply_gate(primitives.branch, (self, taken, float(bool(self._data))))
        return self.apply_gate(primitives.choice, (self, a, b))

    # ------------------------------------------------------------------ the graph

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
        changed = False
        watch = modes.current("watch")
        for node in topological_order(self):
            op = node.op
            if op is None:
                continue
            if all(operand.computed <= node.computed for operand in node.operands):
                continue
            node._data = evaluate(op, node.operands)
            node.grad = None
            node.computed = tick()
            changed = True
            if watch is not None:
                watch(node)
        if changed:
            note_edit()
        return self

    def zero_grad(self) -> None:
        """Forget the gradients of this node and of all it was computed from."""
        for node in topological_order(self):
            if not node.is_constant:
                node.grad = None

    def detach(self) -> Value:
        """Give a leaf with the same number and label, cut off from the graph."""
        return (Computed if self.is_computed else Value)(self._data, self.label)

    # ------------------------------------------------------------------ methods added elsewhere
    # The modules that build on this one add theirs: backward.py the chain rule, copying.py
    # copies and pickles, stepping.py the walk, drawing.py the display in notebooks, the end of
    # this file one method for each one-operand gate.

    backward: Callable[..., None]
    walk: Callable[..., Any]
    _repr_svg_: Callable[..., str | None]

    abs: Callable[[], Value]
    acos: Callable[[], Value]
    acosh: Callable[[], Value]
    asin: Callable[[], Value]
    asinh: Callable[[], Value]
    atan: Callable[[], Value]
    atanh: Callable[[], Value]
    cbrt: Callable[[], Value]
    ceil: Callable[[], Value]
    cos: Callable[[], Value]
    cosh: Callable[[], Value]
    degrees: Callable[[], Value]
    erf: Callable[[], Value]
    erfc: Callable[[], Value]
    exp: Callable[[], Value]
    exp2: Callable[[], Value]
    expm1: Callable[[], Value]
    floor: Callable[[], Value]
    log: Callable[[], Value]
    log10: Callable[[], Value]
    log1p: Callable[[], Value]
    log2: Callable[[], Value]
    radians: Callable[[], Value]
    relu: Callable[[], Value]
    sigmoid: Callable[[], Value]
    sign: Callable[[], Value]
    sin: Callable[[], Value]
    sinh: Callable[[], Value]
    softplus: Callable[[], Value]
    sqrt: Callable[[], Value]
    step: Callable[[], Value]
    tan: Callable[[], Value]
    tanh: Callable[[], Value]

    def leaky_relu(self, slope: Any = 0.01) -> Value:
        """x where x > 0, else slope · x."""
        return self.apply_gate(primitives.leaky_relu, (self, slope))

    def elu(self, alpha: Any = 1.0) -> Value:
        """x where x > 0, else alpha · (exp(x) - 1)."""
        return self.apply_gate(primitives.elu, (self, alpha))


class Constant(Value):
    """A plain number of an expression: a leaf without label or gradient, never edited.

    The small whole numbers are made once and shared, as Python does with its own.
    """

    __slots__ = ()

    def __init__(self, data: float) -> None:
        self._data = data
        self.op = None
        self.operands = ()
        self.born = self.computed = 0
        self.flow = 0.0  # never None: the walk back passes constants by

    label = property(lambda self: "", doc="A constant shows its number.")
    grad = property(lambda self: None, doc="A constant has no gradient.")

    def __bool__(self) -> bool:  # may be looked at even while the compiler traces
        return self._data != 0


class Computed(Value):
    """A result that was not recorded: a leaf, but not one that somebody made to be learned."""

    __slots__ = ()

    is_computed = True


_add, _sub, _mul, _div = primitives.add, primitives.sub, primitives.mul, primitives.div
_neg, _pow, _power = primitives.neg, primitives.pow, primitives.pow.value


def record(data: float, op: Primitive, operands: tuple[Value, ...]) -> Value:
    """Make the node that ``op`` computed: the one place where the graph grows."""
    if modes.active:
        return record_specially(data, op, operands)
    node = _new(Value)
    node._data = data
    node.grad = None
    node.op = op
    node.operands = operands
    node.label = ""
    node.flow = None
    node.born = node.computed = tick()
    return node


def record_specially(data: float, op: Primitive, operands: tuple[Value, ...]) -> Value:
    """``record`` while some thread is under a mode (see modes.py); perhaps not this one."""
    here = modes.here
    if here.no_grad:
        _look()
        return Computed(data)
    node: Value = _new(here.kind or Value)
    node._data = data
    node.op = op
    node.operands = operands
    node.grad = None
    node.label = ""
    node.flow = None
    node.born = node.computed = tick()
    watch = here.watch
    if watch is not None:
        watch(node)
    return node


def apply(op: Primitive, operands: tuple[Value, ...]) -> Value:
    """Compute a gate on Values and record it; while the compiler traces, record it alone."""
    if modes.active and modes.here.kind is not None:
        return record(nan, op, operands)
    try:
        data = op.value(*[operand._data for operand in operands])
    except (ValueError, ZeroDivisionError) as error:
        return _outside_domain(op, operands, error)
    return record(data, op, operands)


def _outside_domain(op: Primitive, operands: tuple[Value, ...], error: Exception) -> Value:
    """Raise the gate's domain error; while the compiler traces, a branch may have no value."""
    if modes.current("refuse") is not None:
        return record(nan, op, operands)
    raise domain_error(op, map(describe, operands), error) from None


def evaluate(op: Primitive, operands: tuple[Value, ...]) -> float:
    """The gate's value, or its domain error with the operands' labels in the message."""
    try:
        return op.value(*[operand._data for operand in operands])
    except (ValueError, ZeroDivisionError) as error:
        raise domain_error(op, map(describe, operands), error) from None


_small: dict[float, Constant] = {
    number: Constant(float(number)) for number in range(-16, 17) if number
}


def constant(data: float) -> Value:
    """The constant with this number."""
    return _small.get(data) or Constant(data)


def _operand(thing: Any) -> Any:
    """``thing`` as an operand: itself, a constant, or NotImplemented."""
    kind = type(thing)
    if kind is float or kind is int:
        return _small.get(thing) or Constant(_real(thing))
    if isinstance(thing, Value):
        return thing
    if getattr(thing, "ndim", None):
        raise TypeError(
            f"a Value and an array of shape {thing.shape}: a Value is one number, so take the "
            "array's elements one by one, [v * x for x in xs]; autograd.compile does whole arrays"
        )
    if thing is None or kind in (str, bytes, complex):
        return NotImplemented
    try:
        return constant(as_number(thing, "an operand"))
    except TypeError:
        return NotImplemented


def _must_operand(op: Primitive, thing: Any) -> Value:
    return constant(as_number(thing, f"{op.name}()"))


def _look() -> None:
    """Someone looks at a Value's number: the compiler refuses that while it traces."""
    refuse = modes.current("refuse")
    if refuse is not None:
        refuse()


def _comparable(other: Any) -> Any:
    if modes.active:
        _look()
    return other._data if isinstance(other, Value) else other


def _real(data: Any) -> float:
    if type(data) is float:
        return data
    if isinstance(data, Value):
        raise TypeError("the data of a Value is a number, got a Value: use v.detach() or v.data")
    return as_number(data, "Value")


def name_of(node: Value) -> str:
    """What to call a node in a message: its label, or the number of a constant, or its gate."""
    if node.label:
        return f"{node.label!r}"
    if node.op is not None:
        return f"the {node.op.name} node"
    return f"the leaf with data {node._data:g}"


def describe(node: Value) -> str:
    """An operand in an error message: label and value."""
    return f"{node.label} = {node._data!r}" if node.label else repr(node._data)


def _method(op: Primitive) -> Callable[[Value], Value]:
    value = op.value

    def method(self: Value) -> Value:
        try:
            return record(value(self._data), op, (self,))
        except (ValueError, ZeroDivisionError) as error:
            return _outside_domain(op, (self,), error)

    method.__name__ = method.__qualname__ = op.name
    method.__doc__ = f"{op.name} of this Value: the gate of that name."
    return method


for _op in primitives.registry.values():
    if _op.arity == 1 and _op.name in Value.__annotations__:
        setattr(Value, _op.name, _method(_op))
