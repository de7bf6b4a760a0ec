"""What compile() takes, and what it says to the rest."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Value, compile


def loss(x: Any, y: Any) -> Any:
    return (W * x - y) ** 2


W = Value(2.0, "w")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": True}, "batch_size must be a number of samples, got True"),
        ({"batch_size": 2.0}, r"batch_size must be a number of samples, got 2\.0"),
        ({"parameters": W}, r"parameters= takes a list of leaves, got Value\(data=2\.0"),
        ({"parameters": [W * 2]}, r"parameters must be leaves, got Value\(data=4\.0"),
        ({"parameters": [1.0]}, r"parameters must be leaves, got 1\.0"),
        ({"shapes": 2}, "shapes= takes a list, a shape for each argument, got 2"),
        ({"shapes": "ab"}, "shapes= takes a list"),
        ({"shapes": ["a", ()]}, r"\(n,\) for a list of n, .* got 'a'"),
        ({"shapes": [(-1,), ()]}, r"got \(-1,\)"),
        ({"shapes": [(1.5,), ()]}, r"got \(1\.5,\)"),
        ({"shapes": [None, ()]}, "a number held fixed is known at the first call only"),
        ({"dtype": "float32", "target": "python"}, 'are float64: use target="numpy"'),
        ({"dtype": "float16"}, 'dtype must be "float64" or "float32", got \'float16\''),
    ],
)
def test_wrong_options_are_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        compile(loss, **options)


def test_numbers_of_numpy_will_do() -> None:
    eight = np.int64(8)
    program = compile(loss, batch_size=eight, dtype=np.dtype("float32"), target="numpy")  # type: ignore[arg-type]
    x = np.arange(8)
    value, gradient = program.value_and_grad(x, 2 * x)
    assert (value, gradient.tolist(), gradient.dtype) == (0.0, [0.0], np.float32)
    assert type(program.batch_size) is int
    wide = compile(lambda x: ag.dot(x, x) * W, shapes=[np.int64(3)])
    assert wide.arguments[0].shape == (3,)


def test_parameters_that_are_not_used() -> None:
    x, other = Value(3.0, "x"), Value(4.0, "other")
    y = x * x
    assert compile(y, parameters=[other, x]).parameters == [x]
    with pytest.raises(ValueError, match="none of the parameters= is used"):
        compile(y, parameters=[other])
    assert compile(y, parameters=(leaf for leaf in [x])).theta.tolist() == [3.0]  # type: ignore[arg-type]


@pytest.mark.parametrize("thing", [3, [W * 2, W * 3], None])
def test_what_is_no_function_and_no_value(thing: Any) -> None:
    with pytest.raises(TypeError, match=r"takes a function of Values, or one Value.* may give a"):
        compile(thing)


@pytest.mark.parametrize("dtype", [float, np.float32, np.dtype("f4"), "f4", "f8", "float64"])
def test_kinds_of_numbers(dtype: Any) -> None:
    program = compile(loss, dtype=dtype, target="numpy", shapes=[(), ()])
    assert program.theta.dtype == program.value_and_grad([1], [2])[1].dtype == np.dtype(dtype)
