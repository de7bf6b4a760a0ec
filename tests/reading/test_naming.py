"""Names, short numbers and formulas, as pictures and explanations use them."""

import math

import pytest

from autograd import (
    Value,
    atan2,
    cos,
    cross_entropy,
    degrees,
    dot,
    elu,
    exp,
    leaky_relu,
    maximum,
    minimum,
    primitive,
    relu,
    sigmoid,
    sqrt,
    tan,
    tanh,
    where,
)
from autograd.engine.gate import registry
from autograd.reading.naming import Names, short, variables


@pytest.fixture(autouse=True)
def own_gates():
    """Gates defined by a test are gone after it."""
    before = dict(registry)
    yield
    registry.clear()
    registry.update(before)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (None, "–"),
        (3.0, "3"),
        (-0.0, "0"),
        (24.7040816, "24.7"),
        (645.5773, "645.6"),
        (9999.7, "10000"),
        (12345.6, "12346"),
        (1234567.0, "1234567"),
        (1e22, "1e+22"),
        (-1 / 3, "-0.3333"),
        (1.5e-7, "1.5e-07"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (math.nan, "nan"),
    ],
)
def test_numbers_are_short(number, text):
    assert short(number) == text


def test_a_plain_variable_goes_before_an_element_and_locals_before_globals():
    x, y, z, hidden = (Value(k) for k in range(4))
    found = variables({"w": [[x, y], z], "x": x, "x2": x}, {"w": [hidden], "d": {"k": hidden}})
    assert found == {x: "x", y: "w[0][1]", z: "w[1]", hidden: "d['k']"}


class Network:
    """What a network is here: it knows its parameters by name."""

    def __init__(self):
        self.weight, self.bias = [[Value(1.0), Value(2.0)]], Value(3.0)

    def named_parameters(self):
        yield "layers.0.weight", self.weight
        yield "layers.0.bias", self.bias


def test_a_network_names_its_parameters():
    net, other = Network(), Network()
    names = {net.weight[0][1]: "layers.0.weight[0][1]", net.bias: "layers.0.bias"}
    found = variables({"parameters": [*net.weight[0], net.bias], "net": net})
    assert names.items() <= found.items()
    assert variables({"b": net.bias, "net": net})[net.bias] == "b"
    both = variables({"net": net, "other": other})
    assert both[other.bias] == "other.layers.0.bias" and both[net.bias] == "net.layers.0.bias"
    assert variables({"net": net, "same": net})[net.bias] == "layers.0.bias"
    assert variables({"network_class": Network}) == {}
    net.weight = [[Value(0.0)] * 3, [Value(0.0) for _ in range(20_000)]]
    assert len(variables({"net": net})) < 10_001  # a picture need not wait for millions


def test_what_notebooks_remember_is_no_name():
    x = Value(1.0)
    assert variables({"_": x, "_3": x, "Out": {3: x}}) == {}


def test_a_list_that_holds_itself_ends():
    x = Value(1.0)
    knot: list[object] = [x]
    knot.append(knot)
    assert variables({"knot": knot}) == {x: "knot[0]"}


class Counted(list[float]):
    """A list that counts the elements taken from it."""

    taken = 0

    def __iter__(self):
        for element in super().__iter__():
            Counted.taken += 1
            yield element


def test_a_data_set_in_the_callers_scope_costs_little():
    x, late = Value(1.0), Value(2.0)
    rows = [Counted([0.5] * 784) for _ in range(2_000)]
    many = Counted([0.5] * 50_000)
    found = variables({"rows": rows, "many": many, "w": [x], "mixed": [1.0, [2.0, late]]})
    assert found == {x: "w[0]", late: "mixed[1][1]"}
    assert Counted.taken <= 20_000
    assert variables({"first": [x, *[0.5] * 50_000]}) == {x: "first[0]"}


def formulas(node, names=None):
    speak = Names(names or {})
    return [speak.formula(node, place) for place in range(len(node.operands))]


def test_formulas_speak_of_the_operands_by_name():
    a, b = Value(3.0, "a"), Value(2.0, "b")
    assert formulas(a * b) == ["b", "a"]
    assert formulas(a - b) == ["1", "-1"]
    assert formulas(a / b) == ["1/b", "-a/b²"]
    assert formulas(a**b) == ["b·a^(b-1)", "a^b·log a"]
    assert formulas(tanh(a)) == ["1 - tanh²a"]
    assert formulas(exp(a)) == ["e^a"]
    assert formulas(sqrt(a)) == ["1/(2√a)"]
    assert formulas(relu(a)) == ["I(a > 0)"]
    assert formulas(leaky_relu(a, 0.1)) == ["I(a > 0) + 0.1·I(a ≤ 0)", "a·I(a ≤ 0)"]
    assert formulas(elu(a, b))[0] == "I(a > 0) + b·e^a·I(a ≤ 0)"
    assert formulas(sigmoid(a)) == ["σ·(1 - σ)"]
    assert formulas(degrees(a)) == ["180/π"]
    assert formulas(a.sin()) == ["cos(a)"]


def test_names_that_a_rule_also_uses_are_not_mixed_up():
    y, x = Value(1.0, "y"), Value(2.0, "x")
    assert formulas(y / x) == ["1/x", "-y/x²"]
    assert formulas(atan2(x, y)) == ["y/(y²+x²)", "-x/(y²+x²)"]  # atan2(y, x), swapped
    assert formulas(exp(x)) == ["eˣ"]


def test_a_whole_power_is_worked_out():
    a = Value(3.0, "a")
    assert [formulas(a**n)[0] for n in (2, 3, 4, 1)] == ["2·a", "3·a²", "4·a³", "1·a^0"]
    assert formulas(a**-1)[0] == "(-1)·a^-2"
    assert formulas(a**0)[0] == "0"
    assert formulas(a**0.5)[0] == "0.5·a^-0.5"


def test_a_nameless_operand_is_spelled_out_where_that_is_short():
    a, b = Value(3.0, "a"), Value(2.0, "b")
    assert formulas((a + b) * b) == ["b", "a + b"]
    assert formulas(a / (a * b))[1] == "-a/(a·b)²"
    assert formulas(1 / (a - b)) == ["1/(a - b)", "-1/(a - b)²"]
    long = Value(5.0, "a very long label indeed")
    assert formulas(a * long) == ["5", "a"]
    assert formulas(a * Value(-7.0)) == ["-7", "a"]
    assert formulas(relu(Value(-7.0))) == ["I(-7 > 0)"]
    gaussian = primitive("gauss_test", lambda x: x, [lambda x, out: out], formulas=["2x"])
    assert formulas(gaussian(Value(3.0))) == ["2·3"]
    assert formulas(gaussian(Value(-3.0))) == ["2(-3)"]


def test_a_square_of_a_function_of_a_number_is_no_product():
    assert formulas(tanh(Value(1.3))) == ["1 - tanh²(1.3)"]
    assert formulas(tan(Value(1.3))) == ["1 + tan²(1.3)"]
    w = [Value(0.5, "a long name of a weight")] * 3
    assert formulas(tanh(dot(w, [1.0, 0.6, 1.0]))) == ["1 - tanh²(1.3)"]


def test_a_name_of_several_words_stands_in_one_pair_of_brackets():
    rate = Value(0.5, "rate of x")
    assert formulas(rate.sin()) == ["cos(rate of x)"]
    assert formulas(cos(rate + 1.0)) == ["-sin((rate of x) + 1)"]
    assert formulas(Value(2.0, "y") * cos(Value(0.5, "f(x) too")))[0] == "cos(f(x) too)"
    assert formulas(rate * rate) == ["(rate of x)"] * 2
    assert formulas(rate**2)[0] == "2·(rate of x)"


def test_the_largest_says_who_won():
    x, y, z = Value(1.0, "x"), Value(2.0, "y"), Value(2.0, "z")
    assert formulas(maximum(x, y)) == ["0: not the largest", "1 for the largest"]
    assert formulas(minimum(x, y)) == ["1 for the smallest", "0: not the smallest"]
    tie = ["1/2 for the 2 largest"] * 2
    assert formulas(maximum(x, y, z)) == ["0: not the largest", *tie]
    assert formulas(maximum(x, Value(math.nan))) == ["1 for the largest"] * 2  # no one won


def test_gates_over_a_sequence():
    w, x = [Value(1.0, "w0"), Value(2.0, "w1")], [Value(3.0, "x0"), Value(4.0, "x1")]
    assert formulas(dot(w, x, Value(0.0, "b"))) == ["x0", "x1", "w0", "w1", "1"]
    assert formulas(cross_entropy(x, 1)) == ["", *["sⱼ - I(j = target)"] * 2]
    c = Value(1.0, "c")
    p = [Value(0.5, "p0"), Value(0.5, "p1")]
    assert formulas(cross_entropy(x, p)) == [*["-log sⱼ"] * 2, *["sⱼ·Σp - pⱼ"] * 2]
    assert formulas(where(c, w[0], w[1])) == ["", "1 if taken", "1 if taken"]


def test_a_users_gate_has_a_formula_if_its_rule_can_be_read():
    a = Value(3.0, "a")
    cube = primitive("cube_test", lambda x: x**3, [lambda x, out: 3 * x * x])
    assert formulas(cube(a)) == ["3·a·a"]
    itself = primitive("itself_test", lambda x: x, [lambda x, out: out / x])
    assert formulas(itself(a)) == ["out/a"]
    node = itself(a)
    node.label = "y"
    assert formulas(node) == ["y/a"]
    branching = primitive("kink_test", abs, [lambda x, out: 1.0 if x > 0 else -1.0])
    assert formulas(branching(a)) == [""]
