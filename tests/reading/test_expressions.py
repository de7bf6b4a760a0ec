"""Expressions as text: what they compute, and what is refused, at which column."""

from __future__ import annotations

import math

import pytest

from autograd import Value
from autograd.engine.graph import topological_order
from autograd.reading.expressions import _FORMS, FUNCTIONS, ExpressionError, Program


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("(x+y)*z", -12.0),
        ("q = x + y; f = q*z", -12.0),
        ("q = x + y\nq*z", -12.0),
        ("  -x**2", -4.0),
        ("x**-1 % 3", 2.5),
        ("+y/2", 2.5),
        ("relu(x) + max(x, y) - min(x, y)", 7.0),
        ("sin(pi/2) + log(e)", 2.0),
        ("y if x < 0 < y else z", 5.0),
        ("where(x > 0, log(x), 7)", 7.0),
        ("log(x) if x >= 0 else 7", 7.0),
        ("(x == -2) + (x != -2)", 1.0),
        ("dot([x, y], [1, 2], 3)", 11.0),
        ("softmax([x, x])[1]", 0.5),
        ("sum([x, y, z])", -1.0),
        ("cross_entropy((x, x), 0)", math.log(2)),
        ("1e3", 1000.0),
        ("e = 3; e*x", -6.0),
        ("10**10**10", math.inf),
    ],
)
def test_values(text: str, value: float) -> None:
    point = {"x": -2.0, "y": 5.0, "z": -4.0}
    program = Program(text)
    assert program.evaluate(point) == pytest.approx(value, rel=1e-15)
    output = program.evaluate({name: Value(number, name) for name, number in point.items()})
    assert (output.data if isinstance(output, Value) else output) == pytest.approx(value, rel=1e-15)


def test_gradients_and_names() -> None:
    values = {name: Value(data, name) for name, data in [("x", -2.0), ("y", 5.0), ("z", -4.0)]}
    f = Program("q = x + y; p = q; f = p*z").evaluate(values)
    f.backward()
    assert (f.label, f.operands[0].label) == ("f", "q")
    assert [value.grad for value in values.values()] == [-4.0, -4.0, 3.0]


def test_names_as_nodes_of_their_own() -> None:
    """The numbers are the same; a second name and a number are nodes where that is asked for."""
    text, x = "a = 2; q = x; p = q; f = a*p*q", Value(3.0, "x")
    f = Program(text).evaluate({"x": x}, nodes=True)
    named = [node.label for node in topological_order(f) if node.kind != "constant"]
    assert named == ["x", "a", "q", "p", "", "f"]
    f.backward()
    assert (f.data, x.grad) == (18.0, 12.0)
    assert [node.label for node in topological_order(Program(text).evaluate({"x": x}))] == [
        "", "x", "", "f",
    ]  # fmt: skip
    assert Program(text).evaluate({"x": 3.0}) == 18.0
    mine = Value(3.0)
    for nodes in (False, True):
        Program(text).evaluate({"x": mine}, nodes)
        assert mine.label == ""


@pytest.mark.parametrize("name", _FORMS)
def test_the_form_that_a_message_shows_is_right(name: str) -> None:
    values = {"x": 1.0, "y": 2.0, "z": 3.0, "u": 4.0, "v": 5.0}
    assert math.isfinite(Program(_FORMS[name]).evaluate(values))


def test_variables_in_the_order_of_their_appearance() -> None:
    program = Program("q = b + sin(a); q*pi + c")
    assert program.variables == ["b", "a", "c"]
    assert program.assigned == ["q"]


def test_every_function_computes() -> None:
    lists = {"sum", "logsumexp", "softmax", "log_softmax"}
    two = {"atan2", "hypot", "pow", "max", "min", "maximum", "minimum"}
    for name in FUNCTIONS:
        argument = "1.25" if name == "acosh" else "0.25"
        if name in lists:
            argument = f"[{argument}, 1]"
        elif name in two:
            argument += ", 1"
        elif name in ("where", "cross_entropy", "take", "dot"):
            argument = {"where": "1, 2, 3", "dot": "[1], [2]"}.get(name, "[1, 2], 0")
        index = "[0]" if name in ("softmax", "log_softmax") else ""
        assert math.isfinite(Program(f"{name}({argument}){index}").evaluate({})), name


def test_signs_as_slides_set_them() -> None:
    assert Program("−x · y + 6÷y × 2 – 1").evaluate({"x": -2.0, "y": 3.0}) == 9.0


def test_a_sum_of_many_terms() -> None:
    assert Program(" + ".join(["x"] * 1500)).evaluate({"x": 2.0}) == 3000.0


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("", 1, "no expression"),
        ("   ", 1, "no expression"),
        ("# nothing", 1, "no expression"),
        ("x +* y", 4, "invalid syntax"),
        ("  (x", 3, "never closed"),
        ("x + w", 5, "w has no value: add w=NUMBER"),
        ("größe + ä*w", 11, "w has no value"),
        ("x\n+ y", 1, "only the last expression may be without a name"),
        ("q = x;\nq*w", 10, "w has no value"),
        ("q*x; q = 2", 1, "only the last"),
        ("f = q*x; q = 2", 5, "q is used before it is assigned"),
        ("q = x; q = y", 8, "assigned already"),
        ("x^2", 3, "write ** for a power"),
        ("x // 2", 6, "not known"),
        ("x @ y", 5, "not known"),
        ("x and y", 1, "and can't be used here"),
        ("not x", 1, "not can't be used here"),
        ("~x", 1, "~ can't be used here"),
        ("x +", 4, "something is missing at the end"),
        ("x*(y +", 3, "never closed"),
        ("x² + 1", 2, "write **2 for a power"),
        ("x × w", 5, "w has no value"),
        ("x in y", 1, "comparison is not known"),
        ("sgmoid(x)", 1, "did you mean sigmoid?"),
        ("2*frobnicate(x)", 3, "no function frobnicate"),
        ("x(y + 1)", 1, "x is no function: write * to multiply"),
        ("2(x + 1)", 1, "write * to multiply"),
        ("2x", 1, "write * to multiply"),
        ("sin + 1", 1, "sin is a function: write sin(...)"),
        ("sin(x, y)", 1, "sin takes 1 operand, got 2"),
        ("leaky_relu(x, slope=0.1)", 21, "by place"),
        ("1 + log(x)", 5, "log(-2.0): the logarithm needs a number above 0"),
        ("x / 0", 1, "div"),
        ("x.data", 1, "a dot after a name can't be used here"),
        ("().__class__.__bases__", 1, "a dot after a name can't be used here"),
        ("__import__('os')", 1, "no function __import__"),
        ("eval('1')", 1, "no function eval"),
        ("'text'", 1, "'text' is no real number"),
        ("True", 1, "True is no real number"),
        ("3j*x", 1, "3j is no real number"),
        ("lambda: x", 1, "lambda can't be used here"),
        ("[x for x in y]", 1, "a loop can't be used here"),
        ("(q := x)", 2, ":= can't be used here"),
        ("f'{x}'", 1, "text can't be used here"),
        ("sum(x, y)", 1, "sum is written as in sum([x, y])"),
        ("1 + sum(x)", 5, "sum is written as in sum([x, y])"),
        ("where(x, y)", 1, "where is written as in where(x > 0, y, z)"),
        ("leaky_relu()", 1, "leaky_relu is written as in leaky_relu(x, 0.01)"),
        ("max([[x], y])", 1, "max is written as in max(x, y)"),
        ("x*[x, y]", 3, "a list is no number"),
        ("-[x]", 2, "a list is no number"),
        ("x < [y]", 5, "a list is no number"),
        ("x + 1e400", 5, "too large for a float"),
        ("import os", 1, "write an expression"),
        ("x += 1", 1, "write an expression"),
        ("a = b = x", 1, "assigned to one name"),
        ("a, b = x, y", 1, "assigned to one name"),
        ("x.y = 3", 1, "assigned to one name"),
        ("[x, y]", 1, "gives a list, not one number"),
        ("[x, y][2]", 8, "only 2 elements"),
        ("x[0]", 1, "takes one element of a list"),
        ("[x][-1]", 1, "takes one element of a list"),
        ("[x] + 1", 1, "a list is no number: take an element"),
        ("(" * 300 + "x" + ")" * 300, None, ""),
        ("-" * 5000 + "x", None, "nested too deeply"),
        ("x\0", 2, "invalid character U+0000"),
        ("1" + "0" * 5000, None, ""),
    ],
)
def test_errors_point_at_the_column(text: str, column: int | None, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        Program(text).evaluate({"x": -2.0, "y": 5.0, "größe": 1.0, "ä": 1.0})
    assert message in str(caught.value)
    assert 1 <= caught.value.column <= len(text) + 1
    if column is not None:
        assert caught.value.column == column
