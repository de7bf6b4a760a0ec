"""What is refused, at once, with what to write instead; and what nearly is, but works."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Value, grad, log_softmax, logsumexp, maximum, softmax


@pytest.mark.parametrize(
    "data", [np.complex64(1 + 2j), np.complex128(1), np.array("3.5"), "3", b"3", None, 2j]
)
def test_no_real_number(data: Any) -> None:
    with pytest.raises(TypeError):
        Value(data)
    x = Value(1.0)
    with pytest.raises(TypeError):
        x.data = data
    assert x.data == 1.0


@pytest.mark.parametrize("other", [np.complex64(1), np.complex128(1j), 1j, np.array("3.5"), "3"])
def test_no_operand(other: Any) -> None:
    v = Value(2.0)
    for operate in (
        lambda a, b: a + b,
        lambda a, b: a - b,
        lambda a, b: a * b,
        lambda a, b: a / b,
        lambda a, b: a**b,
        lambda a, b: a % b,
        lambda a, b: autograd.maximum(a, b),
        lambda a, b: autograd.hypot(a, b),
    ):
        with pytest.raises(TypeError):
            operate(v, other)
        if not isinstance(other, str):  # "3" % v formats
            with pytest.raises(TypeError):
                operate(other, v)


@pytest.mark.parametrize("label", [5, None, b"x", 1.5, Value(1.0)])
def test_a_label_is_a_string_also_later(label: Any) -> None:
    x = Value(1.0, "x")
    with pytest.raises(TypeError):
        x.label = label
    assert x.label == "x"
    x.label = "other"
    assert x.label == "other"


@pytest.mark.parametrize("number", ["abc", "1", b"1", 1j, [1.0], np.array([1.0, 2.0])])
def test_a_gradient_is_a_number_or_none(number: Any) -> None:
    x = Value(1.0)
    x.grad = 2.0
    with pytest.raises(TypeError):
        x.grad = number
    assert x.grad == 2.0


@pytest.mark.parametrize("number", [0, 1.5, np.float64(2.5), np.float32(0.5), np.int64(3)])
def test_a_gradient_is_kept_as_a_float(number: Any) -> None:
    x = Value(1.0)
    x.grad = number
    assert type(x.grad) is float and x.grad == number
    (x * 2).backward()
    assert x.grad == number + 2 and type(x.grad) is float
    x.grad = None
    assert x.grad is None


INSTEAD: list[tuple[str, Callable[[Any], Any], str]] = [
    ("np.tanh", np.tanh, r"autograd\.tanh"),
    ("np.sin", np.sin, r"autograd\.sin"),
    ("np.exp", np.exp, r"autograd\.exp"),
    ("np.sqrt", np.sqrt, r"autograd\.sqrt"),
    ("np.floor", np.floor, r"autograd\.floor"),
    ("np.maximum", lambda v: np.maximum(v, 0), r"autograd\.maximum"),
    ("np.minimum", lambda v: np.minimum(0, v), r"autograd\.minimum"),
    ("np.hypot", lambda v: np.hypot(v, 1.0), r"autograd\.hypot"),
    ("v // 2", lambda v: v // 2, r"autograd\.floor"),
    ("2 // v", lambda v: 2 // v, r"autograd\.floor"),
    ("v // v", lambda v: v // v, r"autograd\.floor"),
    ("divmod", lambda v: divmod(v, 2), r"autograd\.|%"),
    ("divmod, from the left", lambda v: divmod(2, v), r"autograd\.|%"),
    ("round", round, r"autograd\.|v\.data"),
    ("round to digits", lambda v: round(v, 2), r"autograd\.|v\.data"),
    ("math.floor", math.floor, r"autograd\."),
    ("math.ceil", math.ceil, r"autograd\."),
    ("math.trunc", math.trunc, r"autograd\.|v\.data"),
    ("math.sin", math.sin, r"autograd\."),
    ("math.hypot", lambda v: math.hypot(v, 1), r"autograd\."),
    ("int", int, r"autograd\.|v\.data"),
    ("float", float, r"autograd\.|v\.data"),
]


@pytest.mark.parametrize(("name", "use", "instead"), INSTEAD, ids=[each[0] for each in INSTEAD])
def test_what_would_drop_the_graph_says_what_to_write(
    name: str, use: Callable[[Any], Any], instead: str
) -> None:
    with pytest.raises(TypeError, match=instead):
        use(Value(2.5, "v"))


def test_numpys_functions_are_no_gates() -> None:
    with pytest.raises(TypeError, match=r"autograd\.sin"):
        grad(np.sin)(2.0)
    with pytest.raises(TypeError, match=r"autograd\.tanh"):
        grad(lambda v: np.tanh(v) * 2)(2.0)


def test_numpys_numbers_are_numbers() -> None:
    v = Value(3.0)
    for made in (np.float64(2) * v, v * np.float64(2), np.int64(2) * v, np.float32(2) * v):
        assert type(made) is Value and made.data == 6.0


def test_gates_over_a_list_take_their_operands_one_by_one_too() -> None:
    a, b, c = 0.5, -1.0, 2.0
    assert logsumexp(a, b, c) == logsumexp([a, b, c])
    assert softmax(a, b, c) == softmax([a, b, c])
    assert log_softmax(a, b, c) == log_softmax([a, b, c])
    xs = [Value(a), Value(b)]
    for f in (logsumexp, maximum, lambda *xs: softmax(*xs)[0], lambda *xs: log_softmax(*xs)[1]):
        assert f(*xs).data == f(xs).data == f(a, b)
        assert autograd.gradients(f(*xs), xs) == autograd.gradients(f(xs), xs)
        assert f(xs[0], b).data == f(a, xs[1]).data == f(a, b)


def test_an_array_of_numpys_is_summed_or_refused_with_the_reason() -> None:
    point = np.array([1.0, 2.0])
    try:
        found = grad(lambda v: np.sum(v**2))(point)
    except TypeError as error:
        assert "array" in str(error)
    else:
        assert list(found) == [2.0, 4.0]
    assert grad(lambda v: v[0] ** 2 + v[1] ** 2)(point) == [2.0, 4.0]


@pytest.mark.parametrize(
    ("other", "way_out"),
    [
        ("a", "an operand is 'a': a Value is computed with numbers; float(text) reads one"),
        (None, "a .grad is None until backward() has been called"),
        ([1.0], "take the elements one by one, [v * x for x in xs]"),
        ((1.0,), "take the elements one by one"),
        (2j, "Values are real numbers"),
    ],
)
def test_what_is_no_operand_says_what_to_write(other: Any, way_out: str) -> None:
    v = Value(2.0)
    for operate in (lambda: v * other, lambda: other * v, lambda: v - other):
        with pytest.raises(TypeError) as caught:
            operate()
        assert way_out in str(caught.value)


@pytest.mark.parametrize(
    ("name", "ours"), [("gradient", "grad"), ("value", "data"), ("_prev", "operands")]
)
def test_an_attribute_of_another_name(name: str, ours: str) -> None:
    x = Value(2.0)
    for node in (x, x * x):
        with pytest.raises(AttributeError, match=f"no attribute '{name}': did you mean {ours}?"):
            getattr(node, name)
    assert not hasattr(x, "shape")
    x.colour = "red"  # a leaf takes attributes of one's own
    assert x.colour == "red"
