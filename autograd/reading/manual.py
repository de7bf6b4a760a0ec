"""What ``help(sigmoid)`` says: a gate's formula, domain, derivatives, and an example.

The derivatives are read from the gate's row. The rest, which no rule can say of itself, stands
here: formula, domain, what holds at a kink, and a point where value and slope are known exactly.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ..engine.gate import Primitive
from ..engine.methods import Methods
from ..engine.primitives import registry
from ..engine.text import Expression
from ..engine.value import Value
from .naming import meanings, textbook, written

__all__ = ["manual"]


class Entry(NamedTuple):
    """What the row does not say; ``value`` and ``slope`` are what Python prints."""

    formula: str
    domain: str
    point: str
    value: str
    slope: str
    kink: str = ""


_ALL, _OPEN = "every x", "-1 < x < 1"
_JUMP = "its derivative is 0 everywhere, where it jumps, too"
ENTRIES = {
    "abs": Entry("|x|", _ALL, "-3.0", "3.0", "-1.0", "at x = 0 the derivative is 0"),
    "acos": Entry("arccos x", "-1 ≤ x ≤ 1", "0.0", "1.5707963267948966", "-1.0",
                  "at x = ±1 the derivative is -inf"),
    "acosh": Entry("arcosh x", "x ≥ 1", "1.0", "0.0", "inf", "at x = 1 the derivative is inf"),
    "asin": Entry("arcsin x", "-1 ≤ x ≤ 1", "0.0", "0.0", "1.0",
                  "at x = ±1 the derivative is inf"),
    "asinh": Entry("arsinh x", _ALL, "0.0", "0.0", "1.0"),
    "atan": Entry("arctan x", _ALL, "0.0", "0.0", "1.0"),
    "atan2": Entry("the angle of the point (x, y), y first", "every y and x", "0.0, 2.0", "0.0",
                   "0.5"),
    "atanh": Entry("artanh x", _OPEN, "0.0", "0.0", "1.0"),
    "cbrt": Entry("∛x", _ALL, "8.0", "2.0", "0.08333333333333333",
                  "at x = 0 the derivative is inf"),
    "ceil": Entry("⌈x⌉, x rounded up", _ALL, "1.5", "2.0", "0.0", _JUMP),
    "cos": Entry("cos x, x in radians", _ALL, "0.0", "1.0", "0.0"),
    "cosh": Entry("(eˣ + e^-x)/2", _ALL, "0.0", "1.0", "0.0"),
    "degrees": Entry("x·180/π", _ALL, "0.0", "0.0", "57.29577951308232"),
    "erf": Entry("the error function, 2/√π·∫ e^(-t²) dt from 0 to x", _ALL, "0.0", "0.0",
                 "1.1283791670955126"),
    "erfc": Entry("1 - erf(x), accurate for large x", _ALL, "0.0", "1.0", "-1.1283791670955126"),
    "exp": Entry("eˣ; inf where it overflows", _ALL, "0.0", "1.0", "1.0"),
    "exp2": Entry("2ˣ; inf where it overflows", _ALL, "3.0", "8.0", "5.545177444479562"),
    "expm1": Entry("eˣ - 1, accurate for small x", _ALL, "0.0", "0.0", "1.0"),
    "floor": Entry("⌊x⌋, x rounded down", _ALL, "1.5", "1.0", "0.0", _JUMP),
    "hypot": Entry("√(x² + y²)", "every x and y", "3.0, 4.0", "5.0", "0.6",
                   "at the origin both derivatives are 0"),
    "log": Entry("ln x, the natural logarithm", "x > 0", "1.0", "0.0", "1.0"),
    "log10": Entry("the logarithm to base 10", "x > 0", "100.0", "2.0", "0.004342944819032518"),
    "log1p": Entry("ln(1 + x), accurate for small x", "x > -1", "0.0", "0.0", "1.0"),
    "log2": Entry("the logarithm to base 2", "x > 0", "8.0", "3.0", "0.18033688011112042"),
    "pow": Entry("x^y, which is x ** y", "x > 0; x = 0 with y ≥ 0; x < 0 with a whole number y",
                 "2.0, 3.0", "8.0", "12.0", "x**0 has derivative 0 by x everywhere"),
    "radians": Entry("x·π/180", _ALL, "180.0", "3.141592653589793", "0.017453292519943295"),
    "relu": Entry("max(0, x)", _ALL, "-2.0", "0.0", "0.0", "at x = 0 the derivative is 0"),
    "sigmoid": Entry("1/(1 + e^-x), the logistic function", _ALL, "0.0", "0.5", "0.25"),
    "sign": Entry("-1, 0 or 1", _ALL, "-3.0", "-1.0", "0.0", _JUMP),
    "sin": Entry("sin x, x in radians", _ALL, "0.0", "0.0", "1.0"),
    "sinh": Entry("(eˣ - e^-x)/2", _ALL, "0.0", "0.0", "1.0"),
    "softplus": Entry("ln(1 + eˣ)", _ALL, "0.0", "0.6931471805599453", "0.5"),
    "sqrt": Entry("√x", "x ≥ 0", "4.0", "2.0", "0.25", "at x = 0 the derivative is inf"),
    "step": Entry("1 where x > 0, else 0", _ALL, "2.0", "1.0", "0.0", _JUMP),
    "tan": Entry("tan x, x in radians", _ALL, "0.0", "0.0", "1.0"),
    "tanh": Entry("(eˣ - e^-x)/(eˣ + e^-x)", _ALL, "0.0", "0.0", "1.0"),
}  # fmt: skip


def manual(op: Primitive) -> str:
    r"""The help for a gate of the table, or for one of a user's own.

    >>> print(manual(registry["sqrt"]).partition("\n\n>>>")[0])
    sqrt(x) = √x
    <BLANKLINE>
    Domain: x ≥ 0
    Derivative: ∂/∂x = 1/(2√x); at x = 0 the derivative is inf
    """
    entry = ENTRIES.get(op.name)
    names = _operand_names(op)
    formulas = _formulas(op, names)
    title = f"{op.name}({', '.join(names)})"
    lines = [f"{title} = {entry.formula}" if entry else f"{title}: a gate, written {op.symbol}", ""]
    lines += [f"Domain: {entry.domain}"] if entry else []
    slopes = ", ".join(f"∂/∂{name} = {formula}" for name, formula in formulas.items())
    if slopes:
        kink = f"; {entry.kink}" if entry and entry.kink else ""
        lines.append(f"Derivative{'s' if len(formulas) > 1 else ''}: {slopes}{kink}")
    lines += [f"where {meaning}" for meaning in meanings(formulas.values())]
    if entry:
        lines += ["", f">>> from autograd import grad, {op.name}"]
        lines += [f">>> {op.name}({entry.point})", entry.value]
        lines += [f">>> grad({op.name})({entry.point})", entry.slope]
    return "\n".join(lines).rstrip()


def _operand_names(op: Primitive) -> list[str]:
    """What the row's rules call the operands."""
    if op.operands:
        return list(op.operands)
    for partial in op.partials:
        code = getattr(getattr(partial, "__wrapped__", partial), "__code__", None)
        if code is not None and code.co_argcount > len(op.partials):
            return list(code.co_varnames[: len(op.partials)])
    return ["x", "y", "z"][: len(op.partials)] if len(op.partials) <= 3 else []


def _formulas(op: Primitive, names: list[str]) -> dict[str, str]:
    """By operand the formula of its derivative, as far as there is one."""
    found: dict[str, str] = {}
    partials: list[Any] = list(op.partials)
    if not op.operands:
        try:
            partials = op.locals([Expression(name) for name in names], Expression(op.name))
        except Exception:  # a user's rule with an `if` or a call into math: no text
            partials = [None] * len(names)
    for place, (name, partial) in enumerate(zip(names, partials, strict=False)):
        text = op.formulas[place] if op.operands and place < len(op.formulas) else None
        text = textbook(op, place, names) if not op.operands else text
        if text is None and partial is not None and not callable(partial):
            text = written(partial)
        if text:
            found[name.lstrip("*")] = text
    return found


class _Help:
    """``Primitive.__doc__``: of the class its own text, of a gate its manual."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __get__(self, gate: Primitive | None, owner: type) -> str:
        return self.text if gate is None else manual(gate)


Primitive.__doc__ = _Help(Primitive.__doc__ or "")  # type: ignore[assignment]
for _name in Methods.__annotations__.keys() & ENTRIES.keys():
    getattr(Value, _name).__doc__ = manual(registry[_name])
