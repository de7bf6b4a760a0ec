"""Expressions as text: what they compute, and what is refused, at which column."""

from __future__ import annotations

import math
import unicodedata

import pytest
from hypothesis import example, given, strategies

from autograd import Value
from autograd.engine.graph import topological_order
from autograd.reading.expressions import _FORMS, FUNCTIONS, ExpressionError, Program
from autograd.reading.notation import Board


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
        argument = "1.25" if name in ("acosh", "arcosh", "arccosh") else "0.25"
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


X, Y, A, W1, X1 = 2.0, 3.0, 0.5, 1.5, -2.0  # what follows is worked out with math alone


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x^2", 4),
        ("x²", 4),
        ("x³y", 24),
        ("x⁻¹", 0.5),
        ("a¹⁰", 2**-10),
        ("2x", 4),
        ("2 x y", 12),
        ("3(a + x·y)", 19.5),
        ("(x + y)(x − y)", -5),
        ("(x + y)x", 10),
        ("x(1 − x)", -2),
        ("½x² − ¼", 1.75),
        ("2πx", 4 * math.pi),
        ("πx²", 4 * math.pi),
        ("2x/y", 4 / 3),
        ("x·y/2", 3),
        ("-x²", -4),
        ("2^-x", 0.25),
        ("2^3^2", 512),
        ("10^(-3)x", 0.002),
        ("w₁x₁ + a", -2.5),
        ("w1·x_1", -3),
        ("𝑥 + 𝑦", 5),
        ("σ(x)", 1 / (1 + math.exp(-2))),
        ("1/(1 + e^-x)", 1 / (1 + math.exp(-2))),
        ("1/(1 + exp(−x))", 1 / (1 + math.exp(-2))),
        ("e^x", math.exp(2)),
        ("e^(-x²/2)/√(2π)", math.exp(-2) / math.sqrt(2 * math.pi)),
        ("eˣ", math.exp(2)),
        ("e^{-x}y", 3 * math.exp(-2)),
        ("ln x", math.log(2)),
        ("−a ln a − (1−a) ln(1−a)", math.log(2)),
        ("log x²", math.log(4)),
        ("sin²x + cos²x", 1),
        ("tanh²(x)", math.tanh(2) ** 2),
        ("2 sin x", 2 * math.sin(2)),
        ("|x₁|", 2),
        ("|x||y|", 6),
        ("|x − |y||", 1),
        ("2|x₁| + 1", 5),
        ("√x", math.sqrt(2)),
        ("√x·y", 3 * math.sqrt(2)),
        ("√(x² + y²)", math.sqrt(13)),
        ("√x²", 2),
        ("∛(x³)", 2),
        ("1/(2√x)", 0.5 / math.sqrt(2)),
        ("⌊a⌋ + ⌈a⌉", 1),
        ("max(0, x₁) + min(x, y)", 2),
        ("ReLU(x₁)", 0),
        ("arctan(x)", math.atan(2)),
        ("I(x > 0)", 1),
        ("x if x ≥ 2 else y", 2),
        ("(x ≠ y)(x ≤ y)", 1),
        ("f(x, y) = (x + y)x", 10),
        ("q = x + y; f := q²", 25),
        ("q = x + y  # a sum\n2q", 10),
        ("1_000x", 2000),
        ("1e3x", 2000),
        ("q = [x,\n y]; q[1]", 3),
        ("x\u2062y", 6),  # the invisible times of Word and MathML
    ],
)
def test_what_stands_on_slides(text: str, value: float) -> None:
    point = {"x": X, "y": Y, "a": A, "w1": W1, "x1": X1, "x_1": X1}
    assert Program(text).evaluate(point) == pytest.approx(value, rel=1e-14, abs=1e-15)


VECTORS = {"W": [[1.0, 2.0], [3.0, 4.0]], "x": [1.0, 1.0], "y": [1.0, -2.0], "c": 2.0, "b": 1.0}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("W·x", [3, 7]),
        ("W x + y", [4, 5]),
        ("W@W", [[7, 10], [15, 22]]),
        ("c W", [[2, 4], [6, 8]]),
        ("x/c − y", [-0.5, 2.5]),
        ("-y", [-1, 2]),
        ("x·y", -1),
        ("xᵀy", -1),
        ("x^T y", -1),
        ("x yᵀ", [[1, -2], [1, -2]]),
        ("yᵀW y", 7),  # 1·1 + 2·(-2) + 3·(-2) + 4·4
        ("yᵀW", [-5, -6]),
        ("Wᵀ", [[1, 3], [2, 4]]),
        ("Wᵀx", [4, 6]),
        ("y⊙y", [1, 4]),
        ("‖W·x‖²", 58),
        ("||W·x||^2", 58),
        ("‖[3, 4]‖", 5),
        ("‖y‖₁", 3),
        ("max(0, W·y)", [0, 0]),
        ("relu(y)", [1, 0]),
        ("e^(x - x)", [1, 1]),
        ("sum(x)", 2),
        ("softmax([b, b])", [0.5, 0.5]),
        ("h = W·x; h[1] + W[0][1]", 9),
        ("[b, c]·x", 3),
    ],
)
def test_vectors_and_matrices(text: str, value: object) -> None:
    assert Program(text).evaluate(VECTORS) == value


def test_the_square_of_a_length_has_a_gradient_at_the_origin() -> None:
    x = [Value(0.0), Value(0.0)]
    f = Program("‖x‖²").evaluate({"x": x})
    f.backward()
    assert [value.grad for value in x] == [0.0, 0.0]


def test_every_minus_and_times_sign_of_unicode() -> None:
    minus = [
        unicodedata.lookup(name)
        for name in ("MINUS SIGN", "SMALL HYPHEN-MINUS", "FULLWIDTH HYPHEN-MINUS", "EN DASH",
                     "EM DASH", "HEAVY MINUS SIGN", "MODIFIER LETTER MINUS SIGN", "HYPHEN")
    ]  # fmt: skip
    for sign in ["-", *minus]:
        assert Program(f"3{sign}x").evaluate({"x": 2.0}) == 1.0, sign
    for sign in "*×·⋅∙•✕✖⨯∗＊":
        assert Program(f"3{sign}x").evaluate({"x": 2.0}) == 6.0, sign


@pytest.mark.parametrize(
    "text",
    [
        "x + y·z", "(x + y)·z", "x - (y - z)", "x/y", "x^z", "x²", "x³", "(x·y)²", "(-x)^y",
        "x·(-2)", "|x|", "√x", "(√x)²", "√(x²)", "⌊x⌋", "⌈x⌉", "σ(x)", "-(x + y)", "-x", "x % y",
        "max(x, y, 2)", "softmax(x, y)[0]", "cross_entropy([x, y], 1)",
        "leaky_relu(x, 0.01)", "x·y + y·z + 0.5", "log_softmax([x, y])[1]", "1e-07·x", "e^x",
        "take([x, y], 0)", "logsumexp(x, y)", "hypot(x, y)", "x^(y^z)", "(x^y)^z", "-(x²)",
        "cross_entropy([x, y], [0.5, 0.5])", "sin(x)²",
    ],
)  # fmt: skip
def test_what_is_printed_is_read_again(text: str) -> None:
    """The right side of every row of the table, with its numbers and names, gives the row again."""
    point = {"x": Value(2.0, "x"), "y": Value(3.0, "y"), "z": Value(0.5, "z"), "b": Value(1.0, "b")}
    node = Program(text).evaluate(point)
    graph = topological_order(node)
    board = Board(graph, {})
    values = {board.name(each): each.data for each in graph if each.kind != "constant"}
    for each in graph:
        if each.op is not None:
            assert Program(board.right_side(each)).evaluate(values) == pytest.approx(each.data)


@pytest.mark.parametrize(
    ("text", "first", "second", "at"),
    [
        ("1/2x", "(1/2)x", "1/(2 x)", "x"),
        ("x/y(x + 1)", "(x/y)(x + 1)", "x/(y (x + 1))", "("),
        ("sin 2x", "sin(2)·x", "sin(2·x)", "x"),
        ("ln x · y", "ln(x)· y", "ln(x· y)", "·"),
        ("ln x/y", "ln(x)/y", "ln(x/y)", "/"),
        ("x^2y", "x^(2)·y", "x^(2·y)", "y"),
        ("√2x", "√(2)·x", "√(2·x)", "x"),
        ("sin⁻¹(x)", "1/sin(x)", "arcsin(x)", "⁻"),
        ("sinx", "sin(x)", "sinx=NUMBER", "s"),
        ("xy", "x·y", "xy=NUMBER", "x"),
        ("x 2", "x·2", "x2", "2"),
        ("1 2", "1·2", "12", "2"),
        ("2½", "2·½", "2 + ½", "½"),
        ("[x, y]*[y, x]", "x·y", "x⊙y", "*"),
        ("[x, y]²", "x⊙x", "‖x‖²", "²"),
    ],
)
def test_what_may_mean_two_things_is_refused_with_both(
    text: str, first: str, second: str, at: str
) -> None:
    with pytest.raises(ExpressionError) as caught:
        Program(text).evaluate({"x": 2.0, "y": 3.0})
    message = str(caught.value).replace(" ", "")
    assert first.replace(" ", "") in message and second.replace(" ", "") in message
    column = caught.value.column
    assert text[column - 1] == at, f"{text} {column}"


PIECES = list("xyWv2½()[]|‖+-·*/^²ᵀσ√eπ,=<;⌊⌋ˣ@⊙!#'{}% \n")
PIECES += ["||", "^T", "sin", "ln ", "if ", "else ", "max(", "softmax(", "I(", "where(", "take("]
PIECES += ["⁻¹", "dot(", "f(x)=", "‖₁", "0.5"]


@given(strategies.lists(strategies.sampled_from(PIECES), max_size=9).map("".join))
@example("sin⁻¹{}⊙I(")
def test_whatever_is_typed_is_read_or_refused_at_a_place(text: str) -> None:
    values = {"x": 2.0, "y": 3.0, "W": [[1.0, 2.0], [3.0, 4.0]], "v": [1.0, 1.0]}
    try:
        Program(text).evaluate(values)
    except ExpressionError as error:
        assert 1 <= error.column <= len(text) + 1


def test_a_sum_of_many_terms() -> None:
    assert Program(" + ".join(["x"] * 1500)).evaluate({"x": 2.0}) == 3000.0


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("", 1, "no expression"),
        ("   ", 1, "no expression"),
        ("# nothing", 1, "no expression"),
        ("x +* y", 4, "something is missing before *"),
        ("x + · y", 5, "something is missing before ·"),
        ("  (x", 3, "never closed"),
        ("x*(y +", 3, "never closed"),
        ("[x, y", 1, "never closed"),
        ("softmax([x, y)", 14, "']' is missing before )"),
        ("|x + 1", 1, "'|' was never closed"),
        ("||x| - y|", 1, "write |(|x| - 1)|"),
        ("x) + 1", 2, "never opened"),
        ("x + w", 5, "w has no value: add w=NUMBER"),
        ("größe + ä*w", 11, "w has no value"),
        ("x × w", 5, "w has no value"),
        ("½ + w₁", 5, "w1 has no value"),
        ("größen + 1", 1, "did you mean größe?"),
        ("x\n+ y", 1, "only the last expression may be without a name"),
        ("q = x;\nq*w", 10, "w has no value"),
        ("q*x; q = 2", 1, "only the last"),
        ("f = q*x; q = 2", 5, "q is used before it is assigned"),
        ("q = x; q = y", 8, "assigned already"),
        ("f(x) = x²; f(3)", 12, "f is a number here"),
        ("x // 2", 3, "// can't be used here; write floor(x/y)"),
        ("x and y", 3, "and can't be used here"),
        ("not x", 1, "not can't be used here"),
        ("~x", 1, "~ can't be used here"),
        ("x if y", 3, "if needs an else"),
        ("x +", 4, "something is missing at the end"),
        ("x in y", 3, "in can't be used here"),
        ("sgmoid(x)", 1, "did you mean sigmoid?"),
        ("Softmax([x, y])", 1, "did you mean softmax?"),
        ("q(x + 1)", 1, "q has no value"),
        ("2*frobnicate(x)", 3, "no function frobnicate"),
        ("x(y, 1)", 1, "no function x"),
        ("sin + 1", 1, "sin is a function: write sin(...)"),
        ("sin(x, y)", 1, "sin takes 1 operand, got 2"),
        ("leaky_relu(x, slope=0.1)", 20, "by place"),
        ("1 + log(x)", 5, "log(-2.0): the logarithm needs a number above 0"),
        ("y + x / 0", 7, "div"),
        ("x.data", 2, "after a name there is no dot"),
        ("().__class__.__bases__", 2, "something is missing before )"),
        ("__import__('os')", 12, "' can't be used here; a name takes no prime"),
        ("eval('1')", 6, "' can't be used here; a name takes no prime"),
        ("eval(1)", 1, "no function eval"),
        ("True", 1, "True has no value"),
        ("3j*x", 2, "j has no value"),
        ("lambda: x", 7, ": can't be used here"),
        ("[x for x in y]", 10, "in can't be used here"),
        ("(q := x)", 4, "without ="),
        ("∂x", 1, "the derivatives are computed for you"),
        ("x!", 2, "! can't be used here; there are no factorials"),
        ("sin(x°)", 6, "write radians(30)"),
        ("0,5x", 2, "a number has a point: 0.5"),
        ("sum(x, y)", 1, "sum is written as in sum([x, y])"),
        ("1 + sum(x)", 5, "sum is written as in sum([x, y])"),
        ("where(x, y)", 1, "where is written as in where(x > 0, y, z)"),
        ("leaky_relu()", 1, "leaky_relu is written as in leaky_relu(x, 0.01)"),
        ("max([[x], y])", 1, "max is written as in max(x, y)"),
        ("x < [y]", 5, "a list is no number"),
        ("1/[x]", 2, "a list divides nothing"),
        ("[x, y] + [x]", 8, "a vector of 2 beside a vector of 1"),
        ("[[x, y]]·[x]", 9, "a 1×2 matrix times a vector of 1"),
        ("[[x, y], [x]]·[x]", 14, "the rows of a matrix"),
        ("|[x]|", 1, "write ‖x‖"),
        ("x^T", 2, "for a power write x^(T)"),
        ("x + 1e400", 5, "too large for a float"),
        ("x += 1", 4, "something is missing before ="),
        ("a = b = x", 7, "assigned to one name"),
        ("a, b = x, y", 2, "a comma separates arguments"),
        ("[x, y][2]", 8, "only 2 elements"),
        ("x[0]", 2, "takes one element of a list"),
        ("[x][-1]", 4, "takes one element of a list"),
        ("(" * 300 + "x" + ")" * 300, None, ""),
        ("-" * 5000 + "x", None, "nested too deeply"),
        ("x\0", 2, "invalid character U+0000"),
        ("1" + "0" * 5000, 1, "too large for a float"),
    ],
)
def test_errors_point_at_the_column(text: str, column: int | None, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        Program(text).evaluate({"x": -2.0, "y": 5.0, "größe": 1.0, "ä": 1.0})
    assert message in str(caught.value)
    assert 1 <= caught.value.column <= len(text) + 1
    if column is not None:
        assert caught.value.column == column
