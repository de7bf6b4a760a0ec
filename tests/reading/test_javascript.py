"""The table printed as JavaScript; test_webpage.py runs what is printed here in a browser."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

import autograd
from autograd import Value, page
from autograd.engine.gate import Primitive, registry
from autograd.engine.primitives import mul, neg, softmax, where
from autograd.engine.text import Expression
from autograd.reading.javascript import Script, runtime, runtime_gates

from .. import oracle

x, y, z = map(Expression, "xyz")


@pytest.mark.parametrize(
    ("expression", "source"),
    [
        ((x + y) * z, "(x + y) * z"),
        (x + y * z, "x + y * z"),
        (x - (y - z), "x - (y - z)"),
        (x / (y / z), "x / (y / z)"),
        (-(x + y), "-(x + y)"),
        (-Expression(-1.0), "-(-1)"),  # -- would count down
        (neg(-x), "-(-x)"),
        (x - -y, "x - -y"),
        (x**2, "values.pow(x, 2)"),
        (where(x != y, x, y) + 1, "(x !== y ? x : y) + 1"),
        (where(x > 0, lambda: where(y > 0, x, y), z), "x > 0 ? (y > 0 ? x : y) : z"),
        (where(x, y, z), "values.where(x, y, z)"),  # NaN chooses neither
        (x * math.nan - math.inf, "x * NaN - Infinity"),
        (x * -math.inf, "x * -Infinity"),
        (softmax(0.0, x, y), "values.softmax(0, x, y)"),
    ],
)
def test_expressions(expression: Expression, source: str) -> None:
    assert Script().print(expression) == source


def test_every_row_of_the_table_can_be_printed() -> None:
    script = Script()
    for op in (registry[name] for name in oracle.FUNCTIONS):  # not gates that other tests define
        count = op.arity or (4 if op.name == "soft_cross_entropy" else 5)
        assert script.add(op, count) == f"{op.name}_{count}"
    assert script.locals["mul_2"] == "(x, y, out) => [y, x]"
    assert script.values.keys() == {"degrees_1", "radians_1"}  # from their elementary forms


def test_a_gate_of_ones_own_brings_the_gates_it_uses() -> None:
    square = Primitive("square", "²", lambda x: x * x, (lambda x, out: 2 * x,))
    quart = Primitive(
        "quart", "⁴", lambda x: square(square(x)), (lambda x, out: 4 * x * square(x),)
    )
    script = Script()
    script.add(quart, 1)
    assert script.source().split("\n") == [
        "values.square_1 = (x) => x * x;",
        "values.quart_1 = (x) => values.square_1(values.square_1(x));",
        "locals.quart_1 = (x, out) => [4 * x * values.square_1(x)];",
    ]


@pytest.mark.parametrize(
    "op",
    [
        Primitive("opaque", "?", lambda x: math.sin(x), (mul,)),
        Primitive("deciding", "?", lambda x: x, (lambda x, out: 1.0 if x > 0 else 2.0,)),
        Primitive("endless", "?", math.sin, (1.0,), elementary=lambda x: endless(x)),
    ],
    ids=lambda op: op.name,
)
def test_what_is_no_text_is_said_to_be_none(op: Primitive) -> None:
    with pytest.raises(ValueError, match=f"the gate {op.name} can't be written in JavaScript"):
        Script().add(op, 1)


def endless(x: Expression) -> Expression:
    return endless(x)


def test_the_runtime_has_values_of_gates_only() -> None:
    assert runtime_gates() <= set(registry)
    assert {"exp", "softmax", "sech2", "power_slope"} <= runtime_gates()


SCRIPTS = {
    path.name: path.read_text(encoding="utf-8")
    for path in sorted(Path(autograd.__file__).parent.rglob("*.js"))
}


def test_the_table_alone_fills_the_partials() -> None:
    """The page takes all partials from ``locals``, and the scripts put nothing there."""
    uses = [
        line.strip()
        for source in SCRIPTS.values()
        for line in source.split("\n")
        if re.search(r"(?<![\w.\"])locals\b", line) and not line.lstrip().startswith("//")
    ]
    assert len(uses) == 2 and uses[0] == "const locals = {};"
    assert uses[1].startswith("return locals[nodes[k].rule](...nodes[k].operands")
    text = page(Value(0.3).tanh()).html
    slope = "values.sech2(x)"
    assert runtime() in text
    assert re.findall(r"^locals\..*", text, re.MULTILINE) == [
        f"locals.tanh_1 = (x, out) => [{slope}];"
    ]


def test_a_changed_partial_of_the_table_is_the_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """No gate's partial comes from anywhere else, whatever the gate is called."""
    for op in (registry[name] for name in oracle.FUNCTIONS):
        count = op.arity or (4 if op.name == "soft_cross_entropy" else 5)
        rules = (lambda *operands_and_out: operands_and_out[-1] * 4711,) * len(op.partials)
        monkeypatch.setattr(op, "partials", rules)
        script = Script()
        script.add(op, count)
        marks = ", ".join(["out * 4711"] * count)
        assert script.locals[f"{op.name}_{count}"].endswith(f"=> [{marks}]")


def test_no_partial_of_the_table_is_written_in_the_scripts() -> None:
    """Not in the table's own words, ``1 + out * out``, whatever the spaces."""

    def bare(text: str) -> str:
        return re.sub(r"values\.|Math\.|\s", "", text)

    written = bare("\n".join(SCRIPTS.values()))
    partials = set()
    for op in (registry[name] for name in oracle.FUNCTIONS):
        operands = [Expression(name) for name in ["x", "y", "z", "w"][: op.arity or 4]]
        for partial in op.locals(operands, Expression("out")):
            text = bare(Script().print(partial)) if isinstance(partial, Expression) else ""
            if re.search(r"[-+*/]", text):  # exp(x) alone is the value of a gate as well
                partials.add(text)
    assert len(partials) > 30
    assert [partial for partial in partials if partial in written] == []
