"""How a lecturer writes: q·z on the board, \\frac{q}{z} in LaTeX, and a name for every node.

Both printers walk the tree of text.py with the same few lines; what differs is a table of
templates. A gate that has no template is written as a function.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from ..engine.gate import Primitive
from ..engine.text import ATOM, COMPARISON, CONDITIONAL, POWER, PRODUCT, SUM, Expression
from ..engine.value import Value
from .columns import printable
from .latex import latex_formula, latex_function, latex_name, latex_number
from .naming import Names, is_atom, short

__all__ = ["Board", "Form", "Templated", "board", "latex"]

_LONGEST_NAME, _LONGEST_RIGHT_SIDE, _LONGEST_TERM, _MANY_OPERANDS = 32, 56, 24, 64


class Form(NamedTuple):
    """A template for a gate's operands, how tightly it binds, and what its operands must."""

    template: str
    precedence: int
    operands: tuple[int, ...]


class Templated(Expression):
    """What no gate of the table says, by a form of its own: a product of matrices, say."""

    __slots__ = ("form",)

    def __init__(self, form: Form, *operands: Expression) -> None:
        super().__init__(None, operands)
        self.form = form


_BOARD = {
    "add": Form("{} + {}", SUM, (SUM, PRODUCT)),
    "sub": Form("{} - {}", SUM, (SUM, PRODUCT)),
    "mul": Form("{}·{}", PRODUCT, (PRODUCT, POWER)),
    "div": Form("{}/{}", PRODUCT, (PRODUCT, POWER)),
    "mod": Form("{} % {}", PRODUCT, (PRODUCT, POWER)),
    "neg": Form("-{}", SUM, (PRODUCT,)),
    "pow": Form("{}^{}", POWER, (ATOM, ATOM)),
    "abs": Form("|{}|", ATOM, (CONDITIONAL,)),
    "floor": Form("⌊{}⌋", ATOM, (CONDITIONAL,)),
    "ceil": Form("⌈{}⌉", ATOM, (CONDITIONAL,)),
    "sqrt": Form("√{}", POWER, (ATOM,)),
    "sigmoid": Form("σ({})", ATOM, (CONDITIONAL,)),
    "where": Form("{1} if {0} else {2}", CONDITIONAL, (COMPARISON, COMPARISON, COMPARISON)),
}
_LATEX = _BOARD | {
    "mul": Form(r"{} \cdot {}", PRODUCT, (PRODUCT, POWER)),
    "div": Form(r"\frac{{{}}}{{{}}}", ATOM, (CONDITIONAL, CONDITIONAL)),
    "mod": Form(r"{} \bmod {}", PRODUCT, (PRODUCT, POWER)),
    "pow": Form("{{{}}}^{{{}}}", POWER, (ATOM, CONDITIONAL)),
    "abs": Form(r"\left|{}\right|", ATOM, (CONDITIONAL,)),
    "floor": Form(r"\lfloor {} \rfloor", ATOM, (CONDITIONAL,)),
    "ceil": Form(r"\lceil {} \rceil", ATOM, (CONDITIONAL,)),
    "sqrt": Form(r"\sqrt{{{}}}", ATOM, (CONDITIONAL,)),
    "exp": Form("e^{{{}}}", POWER, (CONDITIONAL,)),
    "sigmoid": Form(r"\sigma\left({}\right)", ATOM, (CONDITIONAL,)),
    "where": Form(
        r"\begin{{cases}} {1} & \text{{if }} {0} \\ {2} & \text{{else}} \end{{cases}}",
        ATOM,
        (CONDITIONAL, CONDITIONAL, CONDITIONAL),
    ),
}
_COMPARED = {"==": "=", "!=": r"\ne", "<=": r"\le", ">=": r"\ge"}
_SUPERSCRIPT = {2.0: "²", 3.0: "³"}
_SPOKEN = {"maximum": "max", "minimum": "min"}
_WITH_A_CLASS = {"softmax", "rest", "log_softmax", "cross_entropy", "take"}


def board(expression: Any) -> str:
    """Write an expression as on a blackboard.

    >>> from autograd.engine import primitives
    >>> x, y = Expression("x"), Expression("y")
    >>> board((x + y) * x), board(x - (y - 2)), board(primitives.pow(x, 2.0) / y)
    ('(x + y)·x', 'x - (y - 2)', 'x²/y')
    >>> board(primitives.sum(x, y, 1.0)), board(primitives.tanh(-x)), board(x * -2)
    ('x + y + 1', 'tanh(-x)', 'x·(-2)')
    """
    return _write(expression, _BOARD, str)[0]


def latex(expression: Any, name: Callable[[str], str] | None = None) -> str:
    r"""Write an expression in LaTeX, for math mode; ``name`` writes the names in it.

    >>> x, y = Expression("x"), Expression("w0")
    >>> print(latex((x + 1) / y ** 2), latex(x <= y))
    \frac{x + 1}{{w_{0}}^{2}} x \le w_{0}
    """
    return _write(expression, _LATEX, name or latex_name)[0]


def _write(expression: Any, forms: Mapping[str, Form], name: Any) -> tuple[str, int]:
    """The text and its precedence."""
    if not isinstance(expression, Expression):
        expression = Expression(float(expression))
    head, operands = expression.head, expression.operands
    in_latex = forms is _LATEX
    if isinstance(head, float):
        text = latex_number(head) if in_latex else short(head)
        return text, SUM if text.startswith("-") else PRODUCT if " " in text else ATOM
    if isinstance(expression, Templated):
        form = expression.form
    elif isinstance(head, str):
        if not operands:
            return name(head), ATOM if is_atom(head) else CONDITIONAL
        sign = _COMPARED.get(head, head) if in_latex else head
        form = Form(f"{{}} {sign} {{}}", COMPARISON, (SUM, SUM))
    elif head.name in ("sum", "dot"):
        return _written_out(expression, forms, name)
    elif head.name in _WITH_A_CLASS:
        form = _with_a_class(head.name, len(operands), in_latex)
    elif head.name == "soft_cross_entropy":
        n = len(operands) // 2
        operands = operands[n:] + operands[:n]
        each = ", ".join(["{}"] * n)
        form = Form(
            f"{_spoken('cross_entropy', in_latex)}([{each}], [{each}])",
            ATOM,
            (CONDITIONAL,) * 2 * n,
        )
    elif head.name == "branch":  # the branch that was taken is all there is of it
        taken, other = "{1}", r"\dots" if in_latex else "…"
        first, second = (taken, other) if operands[2].head else (other, taken)
        operands = operands[:2]
        words = (
            r"{} \text{{{{ if }}}} {{0}} \text{{{{ else }}}} {}"
            if in_latex
            else "{} if {{0}} else {}"
        )
        form = Form(words.format(first, second), CONDITIONAL, (COMPARISON, COMPARISON))
    elif head.name == "pow" and operands[1].head in _SUPERSCRIPT and not in_latex:
        operands = operands[:1]
        exponent = _SUPERSCRIPT[expression.operands[1].head]
        form = Form("{}" + exponent, POWER, (ATOM,))
    elif head.name in forms:
        form = forms[head.name]
    else:
        places = ", ".join(["{}"] * len(operands))
        brackets = r"\left({}\right)" if in_latex else "({})"
        template = _spoken(head.name, in_latex) + brackets.format(places)
        form = Form(template, ATOM, (CONDITIONAL,) * len(operands))
    texts = []
    for operand, least in zip(operands, form.operands, strict=True):
        text, precedence = _write(operand, forms, name)
        texts.append(text if precedence >= least else f"({text})")
    return form.template.format(*texts), form.precedence


def _spoken(gate: str, in_latex: bool) -> str:
    """A gate's name as the beginning of a template."""
    spoken = _SPOKEN.get(gate, gate)
    if in_latex:
        spoken = latex_function(spoken)
    return spoken.replace("{", "{{").replace("}", "}}")


def _with_a_class(gate: str, count: int, in_latex: bool) -> Form:
    """``softmax(a, b)[0]``, ``cross_entropy([a, b], 0)``: the class is the first operand."""
    name, each = _spoken(gate, in_latex), ", ".join(f"{{{k}}}" for k in range(1, count))
    if gate in ("cross_entropy", "take"):
        template = f"{name}([{each}], {{0}})"
    else:
        template = f"{name}({each})" + ("_{{{0}}}" if in_latex else "[{0}]")
    return Form(template, ATOM, (CONDITIONAL,) * count)


def _written_out(expression: Expression, forms: Mapping[str, Form], name: Any) -> tuple[str, int]:
    """A sum, or a scalar product, term by term."""
    terms = expression.operands
    assert isinstance(expression.head, Primitive)
    if expression.head.name == "dot":
        n = len(terms) // 2
        bias = terms[-1]
        terms = tuple(w * x for w, x in zip(terms[:n], terms[n:-1], strict=True))
        if bias.head != 0.0 or not terms:
            terms += (bias,)
    texts: list[str] = []
    for term in terms:
        text, precedence = _write(term, forms, name)
        texts.append(text if precedence > SUM or not texts else f"({text})")
    return " + ".join(texts), SUM if len(texts) > 1 else CONDITIONAL


# ---------------------------------------------------------------------- names of nodes


class Board(Names):
    """Names for all nodes of a graph, each its own, and its gates written with them.

    A node that has neither label nor variable is called v1, v2, ... as it is met, the output
    ``out``; a name that is met again gets a number: w, w#2 (or w#3, if there is a w#2).

    Args:
        order: the nodes, operands first, the output last.
        found: names of variables (see naming.py).
    """

    def __init__(self, order: Sequence[Value], found: Mapping[Value, str]) -> None:
        known = [printable(str(node.label) or found.get(node, ""), _LONGEST_NAME) for node in order]
        taken = set(known)
        names: dict[Value, str] = {}
        met: dict[str, int] = {}
        fresh = 1
        for node, name in zip(order, known, strict=True):
            if node.kind == "constant":
                continue
            if not name and node is order[-1] and "out" not in taken:
                name = "out"
            elif not name:
                while f"v{fresh}" in taken:
                    fresh += 1
                name = f"v{fresh}"
                fresh += 1
            met[name] = met.get(name, 0) + 1
            names[node] = name
            if met[name] > 1:
                while f"{name}#{met[name]}" in taken:
                    met[name] += 1
                names[node] = f"{name}#{met[name]}"
                taken.add(names[node])
        super().__init__(names)

    def name(self, node: Value) -> str:
        """The node's name on the board; a constant has none but its number."""
        return self.found.get(node) or short(node.data)

    def term(self, node: Value) -> str:
        """The node's name as it stands after a ∂: in parentheses where it is no single word."""
        name = self.name(node)
        return name if is_atom(name) else f"({name})"

    def latex_term(self, node: Value, name: Callable[[str], str]) -> str:
        r"""The same in LaTeX, where ``name`` writes a node's name."""
        text = name(self.name(node))
        return text if is_atom(self.name(node)) else rf"\left({text}\right)"

    def expression(self, node: Value) -> Expression:
        """The node in a formula: its name, in parentheses where that is no single word."""
        spelled = self._spell(node, 0)
        return Expression(node.data) if spelled is None or node.kind == "constant" else spelled

    def gate(self, node: Value) -> Expression:
        """What the node computes from its operands, in their names."""
        assert node.op is not None
        operands = (
            Expression(operand.data if operand.kind == "constant" else self.name(operand))
            for operand in node.operands
        )
        return Expression(node.op, tuple(operands))

    def right_side(self, node: Value) -> str:
        """``x + y`` for the node q = x + y; cut where it is long."""
        if node.op is None:
            return ""
        if len(node.operands) > _MANY_OPERANDS:
            return f"{node.op.name} of {len(node.operands)} operands"
        return printable(board(self.gate(node)), _LONGEST_RIGHT_SIDE)

    def gate_term(self, node: Value) -> str:
        """``(x + y)`` for q = x + y, to stand after a ∂; nothing where it would be long."""
        if len(node.operands) > _MANY_OPERANDS:
            return ""
        text, precedence = _write(self.gate(node), _BOARD, str)
        text = printable(text if precedence == ATOM else f"({text})")
        return text if len(text) <= _LONGEST_TERM else ""

    def in_numbers(self, node: Value, numbers: Sequence[float]) -> str:
        """``-2 + 5`` for the node q = x + y; nothing where it would be long."""
        if node.op is None or len(numbers) > _MANY_OPERANDS:
            return ""
        text = board(Expression(node.op, tuple(map(Expression, numbers))))
        return text if len(text) <= _LONGEST_RIGHT_SIDE else ""

    def formula(self, node: Value, place: int) -> str:
        """d node / d operand in the operands' names; "" if there is no short one."""
        op = node.op
        assert op is not None
        if op.arity is None and len(node.operands) <= _MANY_OPERANDS:
            operands = [self.expression(operand) for operand in node.operands]
            try:
                partial = op.locals(operands, Expression(self.name(node)))[place]
            except Exception:  # a rule with an `if`, or an index that must be a number
                partial = None
            if isinstance(partial, float):
                return short(partial)
            if isinstance(partial, Expression) and not partial.operands:
                return board(partial)  # the other factor of a dot, by its name
        formula = super().formula(node, place)
        return "" if re.search(r"\b(for|if|the)\b", formula) else formula  # words are no factor

    def latex_formula(self, node: Value, place: int, name: Callable[[str], str]) -> str:
        """The same formula in LaTeX; ``name`` writes a node's name."""
        nodes = [*node.operands, node]
        formula = _Marked(nodes).formula(node, place)
        return latex_formula(formula, [self.latex_term(each, name) for each in nodes])


class _Marked(Board):
    """Nodes called Ξ0Ξ, Ξ1Ξ, ...: marks that ``latex_formula`` finds again in a formula."""

    def __init__(self, nodes: Sequence[Value]) -> None:
        self.found = {node: f"Ξ{k}Ξ" for k, node in enumerate(nodes) if node.kind != "constant"}
