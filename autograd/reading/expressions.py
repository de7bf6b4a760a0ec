"""Expressions as text: ``q = x + y; f = q*z``, read without ever running it.

The text is parsed by Python's own parser into a tree, and the tree is walked by a reader that
knows numbers, names, operators, comparisons and the gates by name; whatever else Python has
(attributes, imports, strings, keywords, ...) is refused, with the column where it stands.
"""

from __future__ import annotations

import ast
import difflib
import math
import operator
import warnings
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from ..engine import functions, primitives
from ..engine.value import Value

__all__ = ["FUNCTIONS", "ExpressionError", "Program"]

_GATES = """abs acos acosh asin asinh atan atan2 atanh cbrt ceil cos cosh degrees erf erfc exp exp2
expm1 floor hypot log log10 log1p log2 pow radians relu sigmoid sign sin sinh softplus sqrt step
tan tanh where"""
_OVER_SEQUENCES = """cross_entropy dot elu leaky_relu log_softmax logsumexp maximum minimum softmax
sum take"""
FUNCTIONS: dict[str, Any] = {name: getattr(primitives, name) for name in _GATES.split()}
FUNCTIONS |= {name: getattr(functions, name) for name in _OVER_SEQUENCES.split()}
FUNCTIONS |= {"max": functions.maximum, "min": functions.minimum}
_FORMS = {  # how functions are called that are no gates themselves
    "cross_entropy": "cross_entropy([x, y], 0)",
    "dot": "dot([u, v], [x, y])",
    "elu": "elu(x, 1)",
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

_OPERATORS: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: lambda x, y: primitives.mod(x, y),
    ast.Pow: lambda x, y: primitives.pow(x, y),
}
_COMPARISONS: dict[type[ast.AST], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


_DESCRIBED: dict[type[ast.AST], str] = {
    ast.Attribute: "a dot after a name",
    ast.Await: "await",
    ast.Dict: "{...}",
    ast.DictComp: "a loop",
    ast.GeneratorExp: "a loop",
    ast.JoinedStr: "text",
    ast.Lambda: "lambda",
    ast.ListComp: "a loop",
    ast.NamedExpr: ":=",
    ast.Set: "{...}",
    ast.SetComp: "a loop",
    ast.Slice: ":",
    ast.Starred: "*",
    ast.Yield: "yield",
    ast.YieldFrom: "yield",
    ast.And: "and",
    ast.Or: "or",
    ast.Not: "not",
    ast.Invert: "~",
}
_TYPESET = str.maketrans("−–×·⋅÷", "--***/")  # as copied from slides; the columns stay


class ExpressionError(ValueError):
    """The text is no expression, or has no value; ``column`` says where, counted from 1."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(message)
        self.column = column


class Program:
    """One expression, or several with names, the last of which is the result.

    Args:
        text: ``"(x+y)*z"`` or ``"q = x + y; f = q*z"``.

    Raises:
        ExpressionError: it is not written as such.

    >>> program = Program("q = x + y; f = q*z")
    >>> program.variables
    ['x', 'y', 'z']
    >>> program.evaluate({"x": -2.0, "y": 5.0, "z": -4.0})
    -12.0
    """

    def __init__(self, text: str) -> None:
        self.text = text
        stripped = text.translate(_TYPESET).lstrip()
        self._indent = len(text) - len(stripped)
        self._lines = stripped.split("\n")
        if not stripped:
            raise ExpressionError("there is no expression", 1)
        for column, character in enumerate(text, 1):
            if not (character.isprintable() or character.isspace()):
                raise ExpressionError(f"invalid character U+{ord(character):04X}", column)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # 3(x) is an error of ours soon enough
                statements = ast.parse(stripped).body
        except SyntaxError as error:
            place = self._place(error.lineno or 1, (error.offset or 1) - 1)
            raise ExpressionError(_plainly(error, text, place), place) from None
        except (MemoryError, RecursionError):
            raise ExpressionError("nested too deeply", self._indent + 1) from None
        except ValueError as error:  # an integer of thousands of digits
            raise ExpressionError(str(error).split(";")[0], self._indent + 1) from None
        if not statements:  # a comment
            raise ExpressionError("there is no expression", 1)
        self._statements = statements
        self._names = [self._target(statement) for statement in statements]
        self._assigned: set[str] = set()
        for statement, name in zip(statements, self._names, strict=True):
            if name is None:
                if statement is not statements[-1]:
                    self._fail(statement, "only the last expression may be without a name")
            elif name in self._assigned:
                self._fail(statement, f"{name} has been assigned already: take another name")
            else:
                self._assigned.add(name)

    @property
    def names(self) -> list[str]:
        """All names but those of functions that are called, in the order of their appearance."""
        nodes = [node for statement in self._statements for node in ast.walk(statement)]
        called = {node.func for node in nodes if isinstance(node, ast.Call)}
        found = [
            node
            for node in nodes
            if isinstance(node, ast.Name) and not (node in called and node.id in FUNCTIONS)
        ]
        found.sort(key=lambda node: (node.lineno, node.col_offset))
        return list(dict.fromkeys(node.id for node in found))

    @property
    def variables(self) -> list[str]:
        """The names that need a value."""
        return [n for n in self.names if n not in self._assigned and n not in CONSTANTS]

    @property
    def assigned(self) -> list[str]:
        """The names that the text itself gives to its parts."""
        return [name for name in self._names if name is not None]

    def evaluate(self, values: Mapping[str, Any], nodes: bool = False) -> Any:
        """Compute the result from a number or Value for each variable.

        Nodes get the names of the text as labels.

        Args:
            values: for each variable its number or Value.
            nodes: make every name a node of its own: also that of a plain number (a = 2), and
                a second name of a node (q = x), as a sum of one term.

        Raises:
            ExpressionError: a name is unknown, something not allowed stands in the text, a gate
                is outside its domain, or the result is no number.
        """
        scope = dict(values)
        result: Any = None
        for name, statement in zip(self._names, self._statements, strict=True):
            assert isinstance(statement, (ast.Assign, ast.Expr))
            try:
                result = self._read(statement.value, scope)
            except RecursionError:
                self._fail(statement.value, "nested too deeply")
            if name is not None:
                if nodes:
                    result = _own_node(result)
                scope[name] = result
                if isinstance(result, Value) and not result.label and (nodes or result.op):
                    result.label = name
        if not isinstance(result, (Value, int, float)):
            self._fail(self._statements[-1], "gives a list, not one number")
        return result if isinstance(result, Value) else float(result)

    # ------------------------------------------------------------------ the reader

    def _target(self, statement: ast.stmt) -> str | None:
        """The name that a statement assigns, or None for a bare expression."""
        if isinstance(statement, ast.Expr):
            return None
        if not isinstance(statement, ast.Assign):
            self._fail(statement, "write an expression, or name = expression")
        target = statement.targets[0]
        if len(statement.targets) > 1 or not isinstance(target, ast.Name):
            self._fail(target, "a value is assigned to one name")
        return target.id

    def _read(self, node: ast.expr, scope: Mapping[str, Any]) -> Any:
        """The value of one part of the tree."""
        if isinstance(node, ast.BinOp):
            return self._operation(node, scope)
        if isinstance(node, ast.Constant):
            if type(node.value) not in (int, float):
                self._fail(node, f"{node.value!r} is no real number")
            if node.value == math.inf:
                self._fail(node, "the number is too large for a float; inf is infinity")
            return self._try(node, float, node.value)
        if isinstance(node, ast.Name):
            return self._look_up(node, scope)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
            operand = self._read_number(node.operand, scope)
            sign = operator.neg if isinstance(node.op, ast.USub) else operator.pos
            return self._try(node, sign, operand)
        if isinstance(node, ast.Compare):
            return self._comparison(node, scope)
        if isinstance(node, ast.IfExp):
            return self._choice(node, [node.test, node.body, node.orelse], scope)
        if isinstance(node, ast.Call):
            return self._call(node, scope)
        if isinstance(node, (ast.List, ast.Tuple)):
            return [self._read(element, scope) for element in node.elts]
        if isinstance(node, ast.Subscript):
            return self._element(node, scope)
        self._fail(node, f"{_described(node)} can't be used here")

    def _read_number(self, node: ast.expr, scope: Mapping[str, Any]) -> Any:
        """The same where a list would mean something else, or nothing."""
        value = self._read(node, scope)
        if isinstance(value, list):
            self._fail(node, "a list is no number: take an element, as in [x, y][0]")
        return value

    def _operation(self, node: ast.expr, scope: Mapping[str, Any]) -> Any:
        """A chain of operators, x + y + ..., without a recursion for each."""
        chain = []
        while isinstance(node, ast.BinOp):
            chain.append(node)
            node = node.left
        result = self._read_number(node, scope) if chain else self._read(node, scope)
        for link in reversed(chain):
            right = self._read_number(link.right, scope)
            compute = _OPERATORS.get(type(link.op))
            if compute is None:
                hint = "write ** for a power, not ^" if isinstance(link.op, ast.BitXor) else ""
                self._fail(link.right, hint or "this operator is not known; + - * / ** % are")
            result = self._try(link, compute, result, right)
        return result

    def _look_up(self, node: ast.Name, scope: Mapping[str, Any]) -> Any:
        name = node.id
        if name in scope:
            return scope[name]
        if name in self._assigned:
            self._fail(node, f"{name} is used before it is assigned")
        if name in CONSTANTS:
            return CONSTANTS[name]
        if name in FUNCTIONS:
            self._fail(node, f"{name} is a function: write {name}(...)")
        self._fail(node, f"{name} has no value: add {name}=NUMBER")

    def _comparison(self, node: ast.Compare, scope: Mapping[str, Any]) -> bool:
        left, holds = self._read_number(node.left, scope), True
        for sign, right_node in zip(node.ops, node.comparators, strict=True):
            right = self._read_number(right_node, scope)
            compare = _COMPARISONS.get(type(sign))
            if compare is None:
                self._fail(node, "this comparison is not known; < <= > >= == != are")
            holds = self._try(node, compare, left, right) and holds
            left = right
        return holds

    def _choice(self, node: ast.expr, parts: list[ast.expr], scope: Mapping[str, Any]) -> Any:
        condition = self._read(parts[0], scope)
        a, b = (lambda part=part: self._read(part, scope) for part in parts[1:])
        return self._try(node, primitives.where, condition, a, b)

    def _call(self, node: ast.Call, scope: Mapping[str, Any]) -> Any:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name not in FUNCTIONS:
            if not name:
                self._fail(node, "only functions can be called, by name; write * to multiply")
            if name in scope or name in self._assigned:
                self._fail(node, f"{name} is no function: write * to multiply")
            near = difflib.get_close_matches(name, FUNCTIONS, 1)
            hint = f"; did you mean {near[0]}?" if near else "; gatewise --help lists them"
            self._fail(node, f"there is no function {name}{hint}")
        if node.keywords:
            self._fail(node.keywords[0].value, f"{name} takes its arguments by place, without =")
        if name == "where" and len(node.args) == 3:
            return self._choice(node, node.args, scope)
        return self._try(node, FUNCTIONS[name], *(self._read(arg, scope) for arg in node.args))

    def _element(self, node: ast.Subscript, scope: Mapping[str, Any]) -> Any:
        """One element of a list: softmax([a, b])[0]."""
        things = self._read(node.value, scope)
        place = node.slice.value if isinstance(node.slice, ast.Constant) else None
        if not isinstance(things, list) or type(place) is not int:
            self._fail(node, "[...] takes one element of a list by its number, as in [a, b][0]")
        if place >= len(things):
            self._fail(node.slice, f"there are only {len(things)} elements, counted from 0")
        return things[place]

    def _try(self, node: ast.AST, compute: Callable[..., Any], *operands: Any) -> Any:
        """Compute, and let an error say where."""
        try:
            return compute(*operands)
        except ExpressionError:
            raise
        except TypeError as error:  # Python counts a function's arguments in words of its own
            name = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
            form = _FORMS.get(name)
            self._fail(node, f"{name} is written as in {form}" if form else str(error))
        except (ArithmeticError, ValueError) as error:
            self._fail(node, str(error))

    def _fail(self, node: ast.AST, message: str) -> NoReturn:
        line, offset = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
        before = self._lines[line - 1].encode()[:offset]  # the parser counts bytes
        raise ExpressionError(message, self._place(line, len(before.decode(errors="replace"))))

    def _place(self, line: int, offset: int) -> int:
        """The column in the whole text, counted from 1."""
        before = sum(len(text) + 1 for text in self._lines[: line - 1])
        return self._indent + before + min(offset, len(self._lines[line - 1])) + 1


def _plainly(error: SyntaxError, text: str, place: int) -> str:
    """What Python's parser says, or where it says little, more."""
    here = text[place - 1 : place]
    if here in ("²", "³"):
        return f"write **{'2' if here == '²' else '3'} for a power"
    if error.msg == "invalid decimal literal":
        return "write * to multiply, as in 2*x"
    if error.msg == "invalid syntax" and not text[place - 1 :].strip():
        return "something is missing at the end"
    return error.msg


def _described(node: ast.AST) -> str:
    """``a loop``, ``lambda``: what stands there."""
    if isinstance(node, (ast.BoolOp, ast.UnaryOp)):
        node = node.op
    return _DESCRIBED.get(type(node), "this")


def _own_node(result: Any) -> Any:
    """``result`` as a node that has no name yet; a list or a comparison is none."""
    if isinstance(result, (list, bool)):
        return result
    if not isinstance(result, Value) or result.kind == "constant":
        return Value(getattr(result, "data", result))
    return primitives.sum(result) if result.label or result.op is None else result
