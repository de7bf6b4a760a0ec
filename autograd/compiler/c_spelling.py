"""How C spells numbers and functions, and the lines at the top of an emitted file.

A function of libm is called for one number after the other (``EACH``); what is written with
operators alone is written for all lanes at once.
"""

from __future__ import annotations

import math
import re

from ..engine import primitives as p
from ..engine.gate import Primitive
from ..engine.text import Printer

__all__ = ["COUNTERS", "FUNCTIONS", "RESERVED", "C", "NotInC", "prelude"]

COUNTERS = "ijklmnopqr"
SIZES = {"double": 8, "float": 4}  # bytes


RESERVED = {
    *COUNTERS,
    *("B", "AT", "LANES", "all", "choose", "count", "g", "here", "int", "lanes", "load", "place"),
    *("s", "square", "start", "theta", "total", "truth", "values", "value_and_grad", "main"),
    *("size_t", "void", "const", "static", "double", "float", "long", "short", "char", "signed"),
    *("unsigned", "auto", "break", "case", "continue", "default", "do", "else", "enum", "extern"),
    *("for", "goto", "if", "inline", "register", "restrict", "return", "sizeof", "struct"),
    *("switch", "typedef", "union", "volatile", "while", "div", "time", "signal", "gamma"),
    *("lgamma", "tgamma", "j0", "j1", "jn", "y0", "y1", "yn", "I", "NULL", "NAN", "INFINITY"),
}


class NotInC(ValueError):
    """This program can't, or had better not, be written in C."""


FUNCTIONS = {
    p.mod: "modulo",
    p.quotient: "quotient",
    p.pow: "pow",
    p.abs: "fabs",
    p.exp: "exp",
    p.exp2: "exp2",
    p.expm1: "expm1",
    p.log: "log",
    p.log2: "log2",
    p.log10: "log10",
    p.log1p: "log1p",
    p.sqrt: "sqrt",
    p.cbrt: "cbrt",
    p.hypot: "hypot",
    p.sin: "sin",
    p.cos: "cos",
    p.tan: "tan",
    p.asin: "asin",
    p.acos: "acos",
    p.atan: "atan",
    p.atan2: "atan2",
    p.sinh: "sinh",
    p.cosh: "cosh",
    p.tanh: "tanh",
    p.asinh: "asinh",
    p.acosh: "acosh",
    p.atanh: "atanh",
    p.erf: "erf",
    p.erfc: "erfc",
    p.floor: "floor",
    p.ceil: "ceil",
    p.sign: "sign",
    p.step: "step",
    p.maximum: "larger",
    p.minimum: "smaller",
    p.logsumexp: "logaddexp",
    p.degrees: "degrees",
    p.radians: "radians",
}
"""What C calls a gate; the others are operators, or written with these (see ``expand``)."""

LIBM = {*FUNCTIONS.values()} - {"modulo", "quotient", "sign", "step", "larger", "smaller"}
LIBM -= {"logaddexp", "degrees", "radians"}

OWN = {  # one number; the names in capitals are said below for all lanes, too
    "modulo": """
static double modulo(double x, double y) /* with the sign of y */
{
    double rest = fmod(x, y);
    return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest;
}""",
    "quotient": """
static double quotient(double x, double y) /* x / y, rounded down */
{
    double rest = fmod(x, y), whole = (x - rest) / y;
    if (y == 0)
        return x / y;
    if (rest != 0 && (rest < 0) != (y < 0))
        whole -= 1;
    return whole - floor(whole) > 0.5 ? floor(whole) + 1 : floor(whole);
}""",
    "logaddexp": """
static double logaddexp(double x, double y) /* log(e^x + e^y) */
{
    if (x == y)
        return x + log(2.0);
    return (x > y ? x : y) + log1p(exp(-fabs(x - y)));
}""",
    "degrees": """
static inline double degrees(double x) { return x * 57.295779513082321; }""",
    "radians": """
static inline double radians(double x) { return x * 0.017453292519943296; }""",
    "square": """
static inline double square(double x) { return x * x; }""",
    "load": """
static inline lanes load(const double *from, size_t step, int count)
{
    lanes x = {0};
    for (int s = 0; s < LANES; s++)
        AT(x, s) = from[step * (s < count ? s : 0)]; /* if there are too few, the first again */
    return x;
}""",
    "place": """
static int place(double x, int n) /* a row of a table of n */
{
    return x > 0 ? x < n ? (int)x : n - 1 : 0;
}""",
}

FOR_ALL = {  # by operators alone: one number, and all lanes
    "larger": ("x, y", "x > y || x != x ? x : y", "(x > y) | (x != x), x, y"),
    "smaller": ("x, y", "x < y || x != x ? x : y", "(x < y) | (x != x), x, y"),
    "sign": ("x", "x > 0 ? 1 : x < 0 ? -1 : x", "x > 0, all(1), choose(x < 0, all(-1), x)"),
    "step": ("x", "x > 0 ? 1 : x == x ? 0 : x", "x > 0, all(1), choose(x == x, all(0), x)"),
    "fabs": ("x", "", "x > 0, x, all(0) - x"),
}

TOP = """
#include <math.h>
#include <stddef.h>

#ifndef LANES
#if defined(__AVX512F__)
#define LANES {64} /* samples side by side */
#elif defined(__AVX__)
#define LANES {32}
#elif defined(__GNUC__)
#define LANES {16}
#else
#define LANES 1
#endif
#endif

#if LANES > 1
#pragma GCC diagnostic ignored "-Wpsabi" /* nothing with lanes leaves this file */
typedef double lanes __attribute__((vector_size(LANES * sizeof(double))));
typedef {whole} truth __attribute__((vector_size(LANES * sizeof(double)))); /* -1 or 0 */
#define AT(x, s) ((x)[s]) /* that of sample s */
#else
typedef double lanes;
typedef int truth;
#define AT(x, s) (x)
#endif"""

LANES_TEXT = {  # where there are lanes, and where there is one sample: no call, even at -O0
    "all": (
        "static inline lanes all(double x) { return x - (lanes){0}; }",
        "#define all(x) (x)",
    ),
    "choose": (
        """static inline lanes choose(truth which, lanes yes, lanes no)
{
    return (lanes)((which & (truth)yes) | (~which & (truth)no));
}""",
        "#define choose(which, yes, no) ((which) ? (yes) : (no))",
    ),
    "total": (
        """static inline double total(lanes x)
{
    double sum = 0;
    for (int s = 0; s < LANES; s++)
        sum += x[s];
    return sum;
}""",
        "#define total(x) (x)",
    ),
}


class C(Printer):
    """The spelling of numbers and functions; remembers which functions were asked for.

    Args:
        dtype: "float64" or "float32".

    >>> c = C("float64")
    >>> c.number(2.0), c.number(float("-inf")), c.function(p.abs, 1)
    ('2.0', '-INFINITY', 'fabs')
    """

    def __init__(self, dtype: str) -> None:
        self.real = "double" if dtype == "float64" else "float"
        self.used: dict[str, int] = {
            "all": 1,
            "total": 1,
            "choose": 3,
            "load": 3,
        }  # functions of a file, with their number of operands
        self.each: dict[str, int] = {}  # those called for lanes

    def number(self, x: float) -> str:
        if self.real == "float" and abs(x) > 3.4028234e38:
            x = math.copysign(math.inf, x)
        text = repr(float(x)).replace("inf", "INFINITY").replace("nan", "NAN")
        return text if self.real == "double" or not math.isfinite(x) else text + "f"

    def function(self, op: Primitive, count: int) -> str:
        name = FUNCTIONS.get(op)
        if name is None:
            raise NotInC(f"C has no function for the gate {op.name}")
        return name

    def call(self, name: str, arguments: list[str], lanes: bool) -> str:
        """A call of a function, for one number or for lanes."""
        (self.each if lanes else self.used)[name] = len(arguments)
        if not lanes and self.real == "float" and name in LIBM:
            name += "f"
        return f"{name}{'_each' if lanes else ''}({', '.join(arguments)})"


def prelude(c: C) -> str:
    """The lines at the top of a file, with what it uses of them."""
    known = {*c.used, *c.each}
    parts = [TOP]
    many, one = zip(*(text for name, text in LANES_TEXT.items() if name in known), strict=True)
    parts.append("\n".join(["#if LANES > 1", *many, "#else", *one, "#endif"]))
    parts += [text for name, text in OWN.items() if name in known]
    for name in sorted(known):
        count = c.used.get(name) or c.each.get(name, 0)
        operands = "xy"[:count]
        if name in FOR_ALL:
            _, single, lanes = FOR_ALL[name]
            if name in c.used and single:
                head = ", ".join(f"double {x}" for x in operands)
                parts.append(f"static inline double {name}({head}) {{ return {single}; }}")
            if name in c.each:
                head = ", ".join(f"lanes {x}" for x in operands)
                body = f"return choose({lanes});"
                parts.append(f"static inline lanes {name}_each({head}) {{ {body} }}")
        elif name in c.each:
            plain = name + ("f" if c.real == "float" and name in LIBM else "")
            head = ", ".join(f"lanes {x}" for x in operands)
            call = ", ".join(f"AT({x}, s)" for x in operands)
            parts.append(
                f"#if LANES > 1\nstatic inline lanes {name}_each({head})\n{{\n"
                "    for (int s = 0; s < LANES; s++)\n"
                f"        AT(x, s) = {plain}({call});\n    return x;\n}}\n"
                f"#else\n#define {name}_each {plain}\n#endif"
            )
    text = "\n\n".join(part.strip() for part in parts if part)
    for size in (64, 32, 16):
        text = text.replace(f"{{{size}}}", str(size // SIZES[c.real]))
    text = text.replace("{whole}", "long long" if c.real == "double" else "int")
    return text if c.real == "double" else re.sub(r"\bdouble\b", "float", text)
