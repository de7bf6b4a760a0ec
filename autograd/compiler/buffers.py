"""Buffers: the same program for a fixed batch size, with every array made once and used again.

The emitted source is read as Python syntax, and each of its lines is written out as calls with
``out=``. To learn shapes and types, the lines are run once on zeros. Every intermediate result
gets a buffer of its own, but a chain of operations of one shape works in place, in the buffer
of the line's result: nothing else can be reading that yet.

Nobody reads this variant, so it may do what a lecturer would not write: ``dot`` costs less than
``matmul`` where a matrix is small, and a sum along an axis costs less as a product with a vector
of ones. Arrays of few columns lie in memory column by column (Fortran's order): NumPy's inner
loops then run over the batch, and there are few of them.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Buffer", "with_buffers"]

_BINARY: dict[type, str] = {
    ast.Add: "np.add",
    ast.Sub: "np.subtract",
    ast.Mult: "np.multiply",
    ast.Div: "np.divide",
    ast.MatMult: "np.matmul",
}
_COMPARE: dict[type, str] = {
    ast.Gt: "np.greater",
    ast.GtE: "np.greater_equal",
    ast.Lt: "np.less",
    ast.LtE: "np.less_equal",
    ast.Eq: "np.equal",
    ast.NotEq: "np.not_equal",
}


_REDUCE = {"sum": "add", "max": "maximum", "min": "minimum"}
_FEW = 32  # columns, up to which it pays to store them one by one


@dataclass(frozen=True)
class Buffer:
    """An array to be made when the program is loaded."""

    shape: tuple[int, ...]
    dtype: str
    by_columns: bool = False

    def make(self) -> Any:
        return np.empty(self.shape, self.dtype, "F" if self.by_columns else "C")


def with_buffers(
    source: str, constants: dict[str, Any], scope: dict[str, Any], inputs: list[Any], count: int
) -> tuple[str, dict[str, Any]]:
    """Rewrite ``value_and_grad`` for inputs of these shapes.

    Args:
        source: the emitted function.
        constants: the names it uses.
        scope: the same names with their arrays, to run it.
        inputs: arrays of the right shapes.
        count: how many parameters there are.

    Returns:
        the new source and its constants, buffers among them. Views of theta and g are made
        when the program is loaded, so theta and g must always be the same arrays.
    """
    return _Rewriter(source, constants, scope, inputs, count).run()


class _Rewriter:
    def __init__(
        self,
        source: str,
        constants: dict[str, Any],
        scope: dict[str, Any],
        inputs: list[Any],
        count: int,
    ) -> None:
        function = ast.parse(source).body[0]
        assert isinstance(function, ast.FunctionDef)
        self.function = function
        self.constants = dict(constants)
        names = [argument.arg for argument in function.args.args]
        dtype = inputs[0].dtype
        self.scope = {**scope, **dict(zip(names[1:-1], inputs, strict=True))}
        self.scope["theta"] = np.zeros(count, dtype)
        self.scope["g"] = np.zeros(count, dtype)
        self.inputs = names[1:-1]
        self.views: list[str] = []
        self.lines: list[str] = []
        self.temporaries = 0
        self.functions: dict[str, str] = {}  # NumPy's, and what they are called here
        self.known_views: dict[str, str] = {}
        self.viewed: dict[str, str] = {}  # the same, from the name to what it is a view of
        self.batch = 0

    def run(self) -> tuple[str, dict[str, Any]]:
        with np.errstate(all="ignore"):
            for statement in self.function.body:
                self.statement(statement)
        self.views += [f"{short} = np.{name}" for name, short in sorted(self.functions.items())]
        body = [f"    def value_and_grad({', '.join(['theta', *self.inputs, 'g'])}):"]
        body += [f"        {line}" for line in self.lines]
        views = [f"    {line}" for line in self.views]
        text = ["def bind(theta, g):", *views, *body, "    return value_and_grad"]
        return "\n".join(text) + "\n", self.constants

    def statement(self, statement: ast.stmt) -> None:
        text = ast.unparse(statement)
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            name, expression = statement.targets[0].id, statement.value
            result = eval(compile(ast.Expression(expression), "<line>", "eval"), self.scope)
            self.scope[name] = result
            if name == "B":
                self.views.append(f"B = {result}")
                self.batch = result
                return
            if isinstance(result, np.ndarray) and self.is_fixed(expression, result):
                self.views.append(text)
                return
            if self.reduces(expression) and isinstance(result, np.ndarray) and result.ndim:
                assert isinstance(expression, ast.Call)
                self.buffer(name, result)
                self.lines.append(self.reduction(expression, name))
                return
            if isinstance(result, np.ndarray) and self.has_out(expression):
                self.buffer(name, result)
                self.compute(expression, name, result)
            else:
                self.lines.append(f"{name} = {self.inner(expression, None)}")
            return
        if not isinstance(statement, ast.Return):
            exec(compile(ast.Module([statement], []), "<line>", "exec"), self.scope)
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            call = statement.value
            if self.ufunc(call):
                assert isinstance(call.func, ast.Attribute)
                operands = [self.plain(argument) for argument in call.args]
                name, out = call.func.attr, ast.unparse(call.keywords[0].value)
                text = self.call(name, call.args, operands, out)
            else:
                text = self.plain(call)
        elif isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
            name = statement.target.id
            text = f"{self.short('add')}({name}, {self.inner(statement.value, None)}, out={name})"
        elif isinstance(statement, ast.Assign):
            text = f"{ast.unparse(statement.targets[0])} = {self.inner(statement.value, None)}"
        self.lines.append(text)

    def reduces(self, node: ast.expr) -> bool:
        """Whether this is ``E.sum(-1, keepdims=True)`` or the like."""
        method = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        return method and node.func.attr in _REDUCE  # type: ignore[attr-defined]

    def buffer(self, name: str, like: Any) -> None:
        """Have a buffer made for arrays like this."""
        few = like.ndim == 2 and like.shape[0] == self.batch and like.shape[1] <= _FEW
        self.constants[name] = Buffer(like.shape, str(like.dtype), few)
        if few and name in self.scope:
            self.scope[name] = np.asfortranarray(like)

    def call(self, name: str, operands: list[ast.expr], texts: list[str], out: str) -> str:
        """A call that writes into ``out``.

        Of a matrix product's functions ``dot`` is the quicker, but it knows no stacks, and
        writes neither slices nor by columns: for those, (A B)ᵀ = Bᵀ Aᵀ.
        """
        if name == "matmul" and all(self.value(operand).ndim <= 2 for operand in operands):
            if self.by_columns(out):
                name, texts, out = "dot", [self.turned(text) for text in texts[::-1]], out + ".T"
                out = self.known_view(out)
            elif self.contiguous(out):
                name = "dot"
        return f"{self.short(name)}({', '.join(texts)}, out={out})"

    def turned(self, text: str) -> str:
        """The transposed of an operand."""
        text = self.viewed.get(text, text)
        if text.endswith(".T"):
            return text.removesuffix(".T")
        return self.plain(ast.parse(f"{text}.T", mode="eval").body)

    def by_columns(self, out: str) -> bool:
        made = self.constants.get(out)
        return isinstance(made, Buffer) and made.by_columns

    def contiguous(self, out: str) -> bool:
        """Whether this, a buffer or a view of g, has its elements side by side, row by row."""
        if isinstance(made := self.constants.get(out), Buffer):
            return not made.by_columns
        return bool(self.value(ast.parse(out, mode="eval").body).flags.c_contiguous)

    def is_fixed(self, node: ast.expr, result: Any) -> bool:
        """Whether this is ``A[:, 2:4].reshape(...)`` of theta, g or a buffer: always one view."""
        while True:
            if isinstance(node, ast.Subscript):
                node = node.value
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                if node.func.attr != "reshape":
                    return False
                node = node.func.value
            else:
                break
        if not isinstance(node, ast.Name):
            return False
        known = node.id in ("theta", "g") or isinstance(self.constants.get(node.id), Buffer)
        return known and np.shares_memory(result, self.scope[node.id])

    def has_out(self, node: ast.expr) -> bool:
        """Whether the outermost operation can write into a buffer."""
        if isinstance(node, ast.BinOp):
            return type(node.op) in _BINARY or self.square(node)
        if isinstance(node, ast.UnaryOp):
            return isinstance(node.op, ast.USub)
        if isinstance(node, ast.Compare):
            return True
        return self.ufunc(node)

    def ufunc(self, node: ast.expr) -> bool:
        return (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "np"
            and isinstance(getattr(np, node.func.attr, None), np.ufunc)
        )

    def square(self, node: ast.BinOp) -> bool:
        return (
            isinstance(node.op, ast.Pow)
            and isinstance(node.right, ast.Constant)
            and node.right.value == 2
        )

    def value(self, node: ast.expr) -> Any:
        return eval(compile(ast.Expression(node), "<line>", "eval"), self.scope)

    def compute(self, node: ast.expr, out: str, result: Any) -> None:
        """Write the operations of an expression, the last of them into ``out``."""
        free = [out]  # the result's own buffer, for the one operand that may work in it
        if isinstance(node, ast.BinOp):
            operands = [node.left] if self.square(node) else [node.left, node.right]
            name = "np.square" if self.square(node) else _BINARY[type(node.op)]
            if isinstance(node.op, ast.MatMult):
                free = []  # a product can't be computed in place
        elif isinstance(node, ast.UnaryOp):
            operands, name = [node.operand], "np.negative"
        elif isinstance(node, ast.Compare):
            operands, name = [node.left, node.comparators[0]], _COMPARE[type(node.ops[0])]
        else:
            assert isinstance(node, ast.Call)
            operands, name = node.args, ast.unparse(node.func)
        texts = [self.inner(operand, free, result) for operand in operands]
        self.lines.append(self.call(name.removeprefix("np."), operands, texts, out))

    def short(self, name: str) -> str:
        """A local name for a function of NumPy: looking it up costs time in every call."""
        taken = name in self.scope and name not in self.functions
        return self.functions.setdefault(name, f"np_{name}" if taken else name)

    def inner(self, node: ast.expr, free: list[str] | None, like: Any = None) -> str:
        """An operand: as it is, or computed into a buffer first."""
        if not self.has_out(node):
            return self.plain(node)
        result = self.value(node)
        if not isinstance(result, np.ndarray) or result.ndim == 0:
            return self.number(node)
        if free and result.shape == like.shape and result.dtype == like.dtype:
            out = free.pop()
        else:
            out = self.temporary(result)
        self.compute(node, out, result)
        return out

    def temporary(self, like: Any) -> str:
        self.temporaries += 1
        name = self.fresh(f"_{self.temporaries}")
        self.buffer(name, like)
        return name

    def ones(self, count: int) -> str:
        name = self.fresh(f"ones_{count}")
        self.constants[name] = np.ones(count)
        return name

    def fresh(self, name: str) -> str:
        """This name, or another if an argument or a gate of the user's has it."""
        while name in self.scope:
            name += "_"
        return name

    def number(self, node: ast.expr) -> str:
        """A number of this call; known now if it comes from the batch size alone."""
        names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
        if names == {"B"}:
            return repr(float(self.value(node)))
        if isinstance(node, ast.BinOp):
            sides = (ast.Name(self.inner(side, None)) for side in (node.left, node.right))
            node = ast.BinOp(next(sides), node.op, next(sides))
        return f"({ast.unparse(node)})"

    def plain(self, node: ast.expr) -> str:
        """A name, an index, a call: its long operands get buffers, it does not."""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if self.reduces(node):
                return self.reduction(node)
            source = node.func.value
            text = self.inner(source, None) if self.has_out(source) else self.plain(source)
            if text == "np" and node.func.attr == "arange":  # compared with numbers of the batch
                return self.known_view(f"{ast.unparse(node)}.astype(theta.dtype)")
            if self.has_out(source):
                arguments = [ast.unparse(argument) for argument in node.args]
                arguments += [ast.unparse(keyword) for keyword in node.keywords]
                return f"{text}.{node.func.attr}({', '.join(arguments)})"
        if isinstance(node, ast.Subscript) and self.has_out(node.value):
            held = ast.Name(self.inner(node.value, None), ast.Load())
            return ast.unparse(ast.Subscript(held, node.slice, ast.Load()))
        if self.is_view(node):
            return self.known_view(ast.unparse(node))
        return ast.unparse(node)

    def known_view(self, text: str) -> str:
        """The name of something that is made once, when the program is loaded."""
        if text not in self.known_views:
            name = self.known_views[text] = self.fresh(f"v{len(self.known_views) + 1}_")
            self.viewed[name] = text
            self.views.append(f"{name} = {text}")
        return self.known_views[text]

    def reduction(self, node: ast.Call, out: str | None = None) -> str:
        """A sum, maximum or minimum, written into ``out`` if that is given."""
        assert isinstance(node.func, ast.Attribute)
        source, method = node.func.value, node.func.attr
        array = self.value(source)
        text = self.inner(source, None) if self.has_out(source) else self.plain(source)
        axis = self.value(node.args[0]) if node.args else None
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        keep = "keepdims" in given
        if "out" in given:
            out = ast.unparse(given["out"])
        of_rows = array.ndim == 2 and axis in (1, -1)
        place = out and (self.known_view(f"{out}[:, 0]") if keep and of_rows else out)
        into = f", out={place}" if place else ""
        if method == "sum" and array.dtype.kind == "f" and (not out or self.contiguous(out)):
            dot = self.short("dot")
            if of_rows:
                after = "[:, None]" if keep and not out else ""
                return f"{dot}({text}, {self.ones(array.shape[1])}{into}){after}"
            if (array.ndim == 2 and axis == 0) or (array.ndim == 1 and not keep):
                return f"{dot}({self.ones(array.shape[0])}, {text}{into})"
        function = self.short(_REDUCE[method])
        if of_rows and not out and isinstance(self.constants.get(text), Buffer):
            place = self.temporary(array[:, 0])
            self.lines.append(f"{function}.reduce({text}, 1, out={place})")
            return self.known_view(f"{place}[:, None]") if keep else place
        more = ", keepdims=True" if keep else ""
        return f"{function}.reduce({text}, {axis}{more}{f', out={out}' if out else ''})"

    def is_view(self, node: ast.expr) -> bool:
        """Whether this is the same view of the same buffer in every call."""
        turned = isinstance(node, ast.Attribute) and node.attr == "T"
        spread = isinstance(node, ast.Subscript) and "None" in ast.unparse(node.slice)
        if not (turned or spread):
            return False
        assert isinstance(node, (ast.Attribute, ast.Subscript))
        node = node.value
        if not isinstance(node, ast.Name):
            return False
        named = any(view.startswith(f"{node.id} = ") for view in self.views)
        return named or isinstance(self.constants.get(node.id), Buffer)
