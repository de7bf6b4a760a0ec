"""How pictures and explanations speak of a graph: names of nodes, short numbers, formulas.

A node is called by its own label, else by the variable that holds it, else by nothing: then a
formula spells it out (``x + y``) where that is short, or gives its number. Formulas come from
the gate's row: the textbook's form where the row keeps one, else the row's text reading.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from ..engine.conversion import shorten
from ..engine.gate import Primitive
from ..engine.primitives import maximum, minimum
from ..engine.text import Expression, python
from ..engine.value import Value

__all__ = [
    "Names",
    "by_use",
    "is_atom",
    "is_number",
    "meanings",
    "names_of_caller",
    "ordinal",
    "short",
    "variables",
    "written",
]

_LONGEST_OPERAND, _LONGEST_FORMULA = 16, 36
_SECOND_BRACKETS = re.compile(r"\((\((?:[^()]|\([^()]*\))*\))\)")  # cos((rate of x))
_DEEPEST, _MOST_ELEMENTS, _MOST_PARAMETERS = 3, 10_000, 10_000


def short(x: float | None) -> str:
    """A number as it stands in a picture: four digits, whole numbers whole, – for none yet.

    >>> short(3.0), short(24.70408), short(1 / 3), short(1e-7), short(None)
    ('3', '24.7', '0.3333', '1e-07', '–')
    """
    if x is None:
        return "–"
    if abs(x) < 1e7 and x == int(x):
        return str(int(x))
    return f"{x:.0f}" if 9999.5 <= abs(x) < 1e7 else f"{x:.4g}"


def is_number(text: str) -> bool:
    """Whether a text is a number, as Python's float takes it."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def variables(*scopes: Mapping[str, Any], without: Any = None) -> dict[Value, str]:
    """For each Value that a variable holds, the variable's name, ``w[0]`` inside a list.

    A network's parameters (the first 10,000) are called as the network calls them,
    ``layers.0.weight[2][1]``, after its variable if there are several networks. Earlier scopes
    hide later ones, as locals do globals; a plain name goes before a parameter's, and that
    before an element's. What the variable ``without`` holds is left out. Of a variable's elements
    the first 10,000 are looked at: it may well hold a data set.

    >>> x, y, z = Value(1.0), Value(2.0), Value(3.0)
    >>> found = variables({"x": x, "w": [x, y]}, {"x": z})
    >>> found[x], found[y], z in found
    ('x', 'w[1]', False)
    """
    visible: dict[str, Any] = {}
    for scope in scopes:
        for name, thing in scope.items():
            # _ and Out are where notebooks keep their results
            if not name.startswith("_") and name != "Out" and thing is not without:
                visible.setdefault(name, thing)
    found: dict[Value, str] = {}
    for name, thing in visible.items():
        if isinstance(thing, Value):
            found.setdefault(thing, name)
    networks: dict[int, tuple[str, Any]] = {}
    for name, thing in visible.items():
        if callable(getattr(type(thing), "named_parameters", None)):
            networks.setdefault(id(thing), (name, thing))
    for name, network in networks.values():
        prefix = f"{name}." if len(networks) > 1 else ""
        for path, value in islice(_parameters(network, prefix), _MOST_PARAMETERS):
            found.setdefault(value, path)
    for name, thing in visible.items():
        for path, value in _elements(name, thing):
            found.setdefault(value, path)
    return found


def names_of_caller(names: Mapping[str, Any] | None, without: Any = None) -> dict[Value, str]:
    """The names that the caller of our caller gives by hand, or else those of its variables."""
    if names is not None:
        if not isinstance(names, Mapping):
            raise TypeError(
                f"names takes a mapping of names to Values, as locals() gives, got {shorten(names)}"
            )
        return variables(names)
    caller = sys._getframe(2)
    return variables(caller.f_locals, caller.f_globals, without=without)


def _parameters(network: Any, prefix: str) -> Iterator[tuple[str, Value]]:
    for name, parameter in network.named_parameters():
        if isinstance(parameter, Value):
            yield prefix + name, parameter
        else:
            yield from _elements(prefix + name, parameter)


def _elements(name: str, thing: Any) -> Iterator[tuple[str, Value]]:
    """The Values in a container and in the containers in it, level by level.

    A container with text in it, or with names for its places, is a record, as those that
    ``named_parameters()`` gives: what stands in it is known by other names than its place.
    """
    level, left = [(name, thing)], _MOST_ELEMENTS
    for _ in range(_DEEPEST):
        below = []
        for path, container in level:
            if not isinstance(container, (list, tuple, dict)):
                continue
            pairs = container.items() if isinstance(container, dict) else enumerate(container)
            several = list(islice(pairs, left))
            if hasattr(container, "_fields") or any(isinstance(each, str) for _, each in several):
                continue
            for key, element in several:
                left -= 1
                if isinstance(element, Value):
                    yield f"{path}[{key!r}]", element
                elif isinstance(element, (list, tuple, dict)):
                    below.append((f"{path}[{key!r}]", element))
        level = below


class Names:
    """What the nodes of a graph are called, and the formulas that use these names."""

    def __init__(self, found: Mapping[Value, str]) -> None:
        self.found = found

    def name(self, node: Value) -> str:
        """The node's label, else the name of its variable, else nothing."""
        return str(node.label) or ("" if node.kind == "constant" else self.found.get(node, ""))

    def expression(self, node: Value) -> Expression:
        """The node in a formula: its name, else what it computes, else its number."""
        spelled = self._spell(node, 2)
        if spelled is not None and len(python(spelled)) <= _LONGEST_OPERAND:
            return spelled
        return _number(node)

    def _spell(self, node: Value, depth: int) -> Expression | None:
        name = self.name(node)
        if name:
            return Expression(name if is_atom(name) else f"({name})")
        if node.op is None:
            return _number(node)
        if not depth or len(node.operands) > 3:
            return None
        operands = [self._spell(operand, depth - 1) for operand in node.operands]
        if any(operand is None for operand in operands):
            return None
        spelled: Expression = node.op(*operands)
        return spelled

    def formula(self, node: Value, place: int) -> str:
        """d node / d operand as a formula in the operands' names, or "" if it says too little.

        >>> x, y = Value(3.0, "a"), Value(4.0, "b")
        >>> names = Names({})
        >>> [names.formula(x * y, 0), names.formula(x / y, 0), names.formula(x / y, 1)]
        ['b', '1/b', '-a/b²']
        """
        op = node.op
        assert op is not None
        operands = [self.expression(operand) for operand in node.operands]
        text = textbook(op, place, [written(operand) for operand in operands])
        if text is None:
            out = self.name(node)
            try:
                partial = op.locals(operands, Expression(out if is_atom(out) else "out"))[place]
                text = "" if partial is None else written(partial)
            except Exception:  # a user's rule with an `if` or a call into math: no text
                text = ""
        text = _SECOND_BRACKETS.sub(r"\1", text)
        if op in (maximum, minimum) and text.startswith("1 for "):
            text = _share(node, place, text)
        return text if len(text) <= _LONGEST_FORMULA else ""


def _share(node: Value, place: int, winner: str) -> str:
    """What max or min passes to this operand: ``winner`` if it won alone."""
    ties = sum(operand.data == node.data for operand in node.operands)
    if ties and node.operands[place].data != node.data:
        return winner.replace("1 for", "0: not")
    return winner if ties < 2 else winner.replace("1 for the", f"1/{ties} for the {ties}")


def textbook(op: Primitive, place: int, operands: list[str]) -> str | None:
    """The row's own formula for one partial, the operands' names put in; None if it has none."""
    if op.arity is None:
        group = op.groups(len(operands))[place]
        return op.formulas[group] if group < len(op.formulas) else None
    if place >= len(op.formulas):
        return None
    # a formula speaks of the operands by the names that the row's rules give them
    partials = [getattr(partial, "__wrapped__", partial) for partial in op.partials]
    codes = [partial.__code__ for partial in partials if hasattr(partial, "__code__")]
    spoken = codes[0].co_varnames if codes else ("x", "y")
    names = dict(zip(spoken, operands, strict=False))
    formula = op.formulas[place]
    if names.get("x", "x") != "x":
        formula = formula.replace("ˣ", "^x")
    formula = re.sub(r"(?<![A-Za-z_])[A-Za-z_]+(?![A-Za-z_])", lambda m: _put(m, names), formula)
    formula = re.sub(r"\^\(\(?(-?[\d.]+)\)?-([12])\)", _lowered, formula)
    return "0" if re.fullmatch(r"0·.*\^-\d", formula) else formula  # x**0 is 1 everywhere


_MEANINGS = {
    r"I\(": "I(...) is 1 if ... holds, else 0",
    "σ": "σ is the gate's own value",
    "s[ᵢⱼ]": "sⱼ is the softmax of operand j",
    "(?:sᵢ|i = j)": "i is the gate's class",
    "pⱼ": "pⱼ is the target's probability of class j, Σp their sum",
}


def meanings(formulas: Iterable[str]) -> list[str]:
    """What the textbook's symbols stand for, of those that the formulas use.

    >>> meanings(["I(x > 0)", "cos(x)"])
    ['I(...) is 1 if ... holds, else 0']
    """
    text = " ".join(formulas)
    return [meaning for symbol, meaning in _MEANINGS.items() if re.search(rf"\b{symbol}", text)]


def by_use(node: Value, place: int, name: str) -> str:
    """``(1st g)`` for the first operand of g·g: ∂(g·g)/∂g is not g, but the sum over both.

    >>> g = Value(3.0)
    >>> by_use(g * g, 1, "g"), by_use(g * 2, 0, "g")
    ('(2nd g)', 'g')
    """
    uses = [k for k, operand in enumerate(node.operands) if operand is node.operands[place]]
    return name if len(uses) == 1 else f"({ordinal(uses.index(place) + 1)} {name})"


def ordinal(n: int) -> str:
    """1st, 2nd, 3rd, 4th, ..."""
    last = 0 if n // 10 % 10 == 1 else n % 10
    return f"{n}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(last, 'th') }"


def _lowered(found: re.Match[str]) -> str:
    """``^(3-1)`` as ``²``: the exponent of a power's derivative, worked out."""
    exponent = short(float(found[1]) - float(found[2]))
    return {"1": "", "2": "²", "3": "³"}.get(exponent, f"^{exponent}")


def _put(found: re.Match[str], names: Mapping[str, str]) -> str:
    word = found[0]
    if word not in names:
        return word
    name = names[word]
    before, after = found.string[: found.start()][-1:], found.string[found.end() :]
    alone = before == "(" and after.startswith((")", " >", " ≤"))
    power = after.startswith(("²", "^")) and name[-1] in "²³"
    function = before in ("²", "³") and name[:1].isdigit()  # tanh²x, but tanh²(1.3)
    text = name if alone or (is_atom(name) and not power and not function) else f"({name})"
    return f"·{text}" if before.isdecimal() and text[0].isdecimal() else text


def is_atom(name: str) -> bool:
    """Whether a name can stand in a formula without parentheses; w#2 is the board's own."""
    return bool(re.fullmatch(r"[\w.]+(\[[^\[\]]*\])*(#\d+)*|\w*\([^()]*\)", name))


def written(expression: Any) -> str:
    """An expression as a lecture writes it: a·b for a * b, a/b for a / b, a² for pow(a, 2)."""
    text = python(expression).replace(" * ", "·").replace(" / ", "/")
    return re.sub(r"pow\(([A-Za-z_]\w*), ([23])\)", lambda m: m[1] + " ²³"[int(m[2]) - 1], text)


def _number(node: Value) -> Expression:
    return Expression(float(short(node.data)))
