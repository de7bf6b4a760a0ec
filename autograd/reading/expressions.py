"""Expressions as text: ``q = x + y; f = q*z``, read without ever running it.

The text becomes a tree (grammar.py), and the tree is walked by a reader that knows numbers, names,
operators, comparisons and the gates by name, on numbers and Values, and on lists of them as
vectors and matrices (vectors.py). Nothing else can be said in it.
"""

from __future__ import annotations

import difflib
import math
import operator
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NoReturn

from ..engine import functions, primitives
from ..engine.value import Value
from .grammar import Part, no_function, parse
from .tokens import ExpressionError, number
from .vectors import elementwise, norm, times, transpose

__all__ = ["CONSTANTS", "FUNCTIONS", "ExpressionError", "Program"]

_GATES = """abs acos acosh asin asinh atan atan2 atanh cbrt ceil cos cosh degrees erf erfc exp exp2
expm1 floor hypot log log10 log1p log2 pow radians relu sigmoid sign sin sinh softplus sqrt step
tan tanh where"""
_OVER_LISTS = """cross_entropy dot log_softmax logsumexp maximum minimum softmax sum take"""
_OTHER_NAMES = {
    "max": "maximum", "min": "minimum", "ln": "log", "σ": "sigmoid", "ReLU": "relu", "sgn": "sign",
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arsinh": "asinh", "arcosh": "acosh",
    "artanh": "atanh", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh",
}  # fmt: skip
FUNCTIONS: dict[str, Any] = {name: getattr(primitives, name) for name in _GATES.split()}
FUNCTIONS |= {
    name: getattr(functions, name) for name in ["leaky_relu", "elu", *_OVER_LISTS.split()]
}
FUNCTIONS |= {name: FUNCTIONS[gate] for name, gate in _OTHER_NAMES.items()}
FUNCTIONS["I"] = lambda condition: primitives.where(condition, 1.0, 0.0)  # I(x > 0)
_TAKES_LISTS = {FUNCTIONS[name] for name in _OVER_LISTS.split()}
_FORMS = {  # how functions are called that are no gates themselves
    "cross_entropy": "cross_entropy([x, y], 0)",
    "dot": "dot([u, v], [x, y])",
    "elu": "elu(x, 1)",
    "I": "I(x > 0)",
    "leaky_relu": "leaky_relu(x, 0.01)",
    "log_softmax": "log_softmax([x, y])[0]",
    "logsumexp": "logsumexp([x, y])",
    "max": "max(x, y)",
    "maximum": "maximum(x, y)",
    "min": "min(x, y)",
    "minimum": "minimum(x, y)",
    "softmax": "softmax([x, y])[0]",
    "sum": "sum([x, y])",
    "take": "take([x, y], 0)",
    "where": "where(x > 0, y, z)",
}
CONSTANTS = {"pi": math.pi, "e": math.e, "tau": math.tau, "inf": math.inf, "nan": math.nan}
CONSTANTS |= {"π": math.pi, "τ": math.tau, "∞": math.inf}

_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "·": operator.mul,
    "@": operator.mul,
    "⊙": operator.mul,
    "/": operator.truediv,
    "%": primitives.mod,
    "^": primitives.pow,
}
_ON_LISTS: dict[str, Callable[[Any, Any], Any]] = {  # where an operand is a list, or both are
    "+": partial(elementwise, operator.add),
    "-": partial(elementwise, operator.sub),
    "⊙": partial(elementwise, operator.mul),
    "·": times,
    "@": times,
}
_INSTEAD = {  # of a sign that is not clear between lists
    "*": "write x·y for the product of linear algebra, x⊙y for each element by itself",
    "/": "a list divides nothing: divide its elements, as in x[0]/y[0]",
    "^": "write x⊙x for each element by itself, ‖x‖² for the sum of squares",
    "%": "a list is no number: take an element, as in x[0] % 2",
}
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


class Program:
    """One expression, or several with names, the last of which is the result.

    Args:
        text: ``"(x+y)*z"`` or ``"q = x + y; f = q*z"``, or as on a slide, ``"σ(w₁x + b)²"``.

    Raises:
        ExpressionError: it is not written as such, or may mean two things.

    >>> program = Program("q = x + y; f = q z")
    >>> program.variables
    ['x', 'y', 'z']
    >>> program.evaluate({"x": -2.0, "y": 5.0, "z": -4.0})
    -12.0
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._statements = parse(text, FUNCTIONS)
        self.assigned = [each.name for each in self._statements if each.name]
        self._assigned = set(self.assigned)
        self._of_parameters = {each.name for each in self._statements if each.parameters}

    @property
    def last_name(self) -> str:
        """What the text calls its result, or an empty string."""
        return self._statements[-1].name

    @property
    def names(self) -> list[str]:
        """All names but those of functions that are called, in the order of their appearance."""
        return list(dict.fromkeys(part.text for part in self._name_parts()))

    @property
    def variables(self) -> list[str]:
        """The names that need a value."""
        return [n for n in self.names if n not in self._assigned and n not in CONSTANTS]

    def check_values(self, values: Mapping[str, Any]) -> None:
        """See that the text has a variable for every value.

        Raises:
            ValueError: it computes a name itself, or has no such variable.
            ExpressionError: it has not, and another variable lacks a value: x·y is no xy.
        """
        names = set(self.names)
        for name in values:
            if name in self._assigned:
                computed = f"{name}: the expression itself computes {name}"
                raise ValueError(f"{computed}; to compare write ==")
            if name not in names:
                for part in self._name_parts():
                    if part.text not in self._assigned:
                        self._look_up(part, values)
                known = ", ".join(self.variables) or "no variable"
                raise ValueError(f"{name} does not occur in the expression, which has {known}")

    def evaluate(self, values: Mapping[str, Any], nodes: bool = False) -> Any:
        """Compute the result: a number or Value, or a list of them for a vector or matrix.

        Nodes get the names of the text as labels, elements of a list that of their place.

        Args:
            values: for each variable its number or Value, or a (nested) list of them.
            nodes: make every name a node of its own: also that of a plain number (a = 2), and
                a second name of a node (q = x), as a sum of one term.

        Raises:
            ExpressionError: a name is unknown, a gate is outside its domain, or shapes don't fit.
        """
        scope = dict(values)
        result: Any = None
        for name, part, _ in self._statements:
            try:
                result = self._read(part, scope)
            except RecursionError:
                self._fail(part, "nested too deeply")
            if name:
                result = scope[name] = _named(result, name, nodes)
        return result if isinstance(result, (Value, list)) else float(result)

    # ------------------------------------------------------------------ the reader

    def _name_parts(self) -> list[Part]:
        """The names that stand in the text, in their order."""
        found, waiting = [], [statement.part for statement in self._statements]
        while waiting:
            part = waiting.pop()
            if part.kind == "name":
                found.append(part)
            waiting += part.parts
        return sorted(found, key=lambda part: part.start)

    def _read(self, part: Part, scope: Mapping[str, Any]) -> Any:
        """The value of one part of the tree."""
        if part.kind == "sign":
            return self._operation(part, scope)
        if part.kind == "number":
            if math.isinf(number(part.text)):
                self._fail(part, "the number is too large for a float; inf is infinity")
            return number(part.text)
        if part.kind == "name":
            return self._look_up(part, scope)
        if part.kind == "call":
            return self._call(part, scope)
        if part.kind == "list":
            return [self._read(element, scope) for element in part.parts]
        if part.kind == "element":
            return self._element(part, scope)
        if part.kind == "compare":
            return self._comparison(part, scope)
        if part.kind == "choice":
            return self._choice(part, scope)
        inner = self._read(part.parts[0], scope)
        if part.kind == "norm":
            return self._try(part, norm, inner, part.text)
        if isinstance(inner, list):
            self._fail(part, "write ‖x‖ for the length of a vector, abs(x) for each element")
        return self._try(part, primitives.abs, inner)

    def _read_number(self, part: Part, scope: Mapping[str, Any]) -> Any:
        """The same where a list would mean something else, or nothing."""
        value = self._read(part, scope)
        if isinstance(value, list):
            self._fail(part, "a list is no number: take an element, as in [x, y][0]")
        return value

    def _operation(self, part: Part, scope: Mapping[str, Any]) -> Any:
        """A chain of operators, x + y + ..., without a recursion for each."""
        chain = []
        while part.kind == "sign" and len(part.parts) == 2 and not self._is_special(part, scope):
            chain.append(part)
            part = part.parts[0]
        result = self._special(part, scope) if part.kind == "sign" else self._read(part, scope)
        for link in reversed(chain):
            result = self._combined(link, result, self._read(link.parts[1], scope))
        return result

    def _combined(self, link: Part, left: Any, right: Any) -> Any:
        """Two operands of a sign, either of which may be a list."""
        lists = isinstance(left, list) + isinstance(right, list)
        scaled = lists == 1 and (link.text == "*" or (link.text == "/" and isinstance(left, list)))
        if not lists:
            return self._try(link, _OPERATORS[link.text], left, right)
        if scaled:
            return self._try(link, elementwise, _OPERATORS[link.text], left, right)
        if link.text not in _ON_LISTS:
            self._fail(link, _INSTEAD[link.text])
        return self._try(link, _ON_LISTS[link.text], left, right)

    def _is_special(self, part: Part, scope: Mapping[str, Any]) -> bool:
        """Whether it is e^x, which is the gate exp, or ‖x‖², which needs no root."""
        base = part.parts[0]
        if part.text != "^":
            return False
        if base.kind == "norm":
            return base.text == "2" and part.parts[1][:2] == ("number", "2")
        return base.kind == "name" and base.text == "e" and "e" not in scope

    def _special(self, part: Part, scope: Mapping[str, Any]) -> Any:
        """A sign of one operand, or one of these powers."""
        first = part.parts[0]
        if part.text == "^" and first.kind == "norm":
            return self._try(part, norm, self._read(first.parts[0], scope), "2", True)
        operand = self._read(part.parts[-1], scope)
        if part.text == "ᵀ":
            return self._try(part, transpose, operand)
        gates = {"^": primitives.exp, "-": operator.neg, "+": operator.pos}
        return self._try(part, elementwise, gates[part.text], operand)

    def _look_up(self, part: Part, scope: Mapping[str, Any]) -> Any:
        name = part.text
        called = self.text[part.end :].lstrip()[:1] == "("
        if called and name in self._of_parameters:
            self._fail(part, f"{name} is a number here, computed once: write it without (...)")
        if name in scope:
            return scope[name]
        if name in self._assigned:
            self._fail(part, f"{name} is used before it is assigned")
        if name in CONSTANTS:
            return CONSTANTS[name]
        if name in FUNCTIONS:
            self._fail(part, f"{name} is a function: write {name}(...)")
        if called and len(name) > 2:  # a shorter one is rather a factor, as in x(1 - x)
            self._fail(part, no_function(name, FUNCTIONS))
        self._fail(part, f"{name} has no value: {self._way_out(name, scope)}")

    def _way_out(self, name: str, scope: Mapping[str, Any]) -> str:
        """What may be meant by a name that has no value."""
        out = f"add {name}=NUMBER"
        for function in sorted(FUNCTIONS, key=len, reverse=True):
            rest = name.removeprefix(function)
            if rest != name and len(function) > 1 and (rest in scope or rest in CONSTANTS):
                return f"write {function}({rest}) for the function, or {out} for a variable"
        known = [*scope, *CONSTANTS, *self._assigned]
        pieces = re.findall("|".join(map(re.escape, sorted(known, key=len, reverse=True))), name)
        if len(pieces) > 1 and "".join(pieces) == name:
            return f"write {'·'.join(pieces)} for the product, or {out} for a variable"
        base = name.rstrip("0123456789").removesuffix("_")
        if isinstance(scope.get(base), list):
            return f"the elements of {base} are {base}[0], {base}[1], ..."
        near = difflib.get_close_matches(name, [*scope, *CONSTANTS, *self._assigned], 1, 0.75)
        return f"{out}, or did you mean {near[0]}?" if near else out

    def _comparison(self, part: Part, scope: Mapping[str, Any]) -> bool:
        left, holds = self._read_number(part.parts[0], scope), True
        for sign, operand in zip(part.text.split(), part.parts[1:], strict=True):
            right = self._read_number(operand, scope)
            holds = self._try(part, _COMPARISONS[sign], left, right) and holds
            left = right
        return holds

    def _choice(self, part: Part, scope: Mapping[str, Any]) -> Any:
        condition = self._read(part.parts[0], scope)
        a, b = (lambda part=part: self._read(part, scope) for part in part.parts[1:])
        return self._try(part, primitives.where, condition, a, b)

    def _call(self, part: Part, scope: Mapping[str, Any]) -> Any:
        name, function = part.text, FUNCTIONS[part.text]
        if name in scope or name in self._assigned:
            self._fail(part, f"{name} is a number here: write {name}·(...) to multiply")
        if name == "where" and len(part.parts) == 3:
            return self._choice(part, scope)
        operands = [self._read(each, scope) for each in part.parts]
        lists = [isinstance(operand, list) for operand in operands]
        largest = name in ("max", "min", "maximum", "minimum") and len(operands) > 1
        if any(lists) and (largest or function not in _TAKES_LISTS):
            return self._try(part, elementwise, function, *operands)
        return self._try(part, function, *operands)

    def _element(self, part: Part, scope: Mapping[str, Any]) -> Any:
        """One element of a list: softmax([a, b])[0]."""
        things, index = self._read(part.parts[0], scope), part.parts[1]
        place = int(index.text) if index.kind == "number" and index.text.isdecimal() else None
        if not isinstance(things, list) or place is None:
            self._fail(part, "[...] takes one element of a list by its number, as in [a, b][0]")
        if place >= len(things):
            self._fail(index, f"there are only {len(things)} elements, counted from 0")
        return things[place]

    def _try(self, part: Part, compute: Callable[..., Any], *operands: Any) -> Any:
        """Compute, and let an error say where."""
        try:
            return compute(*operands)
        except ExpressionError:
            raise
        except TypeError as error:  # Python counts a function's arguments in words of its own
            form = _FORMS.get(part.text) if part.kind == "call" else None
            self._fail(part, f"{part.text} is written as in {form}" if form else str(error))
        except (ArithmeticError, ValueError) as error:
            self._fail(part, str(error))

    def _fail(self, part: Part, message: str) -> NoReturn:
        raise ExpressionError(message, part.at + 1)


def _named(result: Any, name: str, nodes: bool) -> Any:
    """The result with this name as a label, and as a node of its own if ``nodes``."""
    if isinstance(result, list):
        kind = type(result)
        return kind(_named(each, f"{name}[{k}]", nodes) for k, each in enumerate(result))
    if nodes and not isinstance(result, bool):
        result = _own_node(result)
    if isinstance(result, Value) and not result.label and (nodes or result.op):
        result.label = name
    return result


def _own_node(result: Any) -> Value:
    """``result`` as a node that has no name yet."""
    if not isinstance(result, Value) or result.kind == "constant":
        return Value(getattr(result, "data", result))
    node: Value = primitives.sum(result) if result.label or result.op is None else result
    return node
