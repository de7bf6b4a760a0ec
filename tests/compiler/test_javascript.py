"""Functions printed as JavaScript: run in a browser, they give the engine's own numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

import autograd
from autograd import JavaScript, TraceError, Value
from autograd.engine.gate import Primitive

from ..browser import chromium, in_a_browser

__all__ = ["chromium"]  # a fixture

POINT = [0.7, -1.3, 2.1]

FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "products": lambda x: x[0] * x[1] - x[2] * x[0] / (x[1] - 3.0),
    "signs": lambda x: -(x[0] * -1.0) - (-2.0) * x[1] - -(x[2] - (x[0] - x[1])),
    "dot": lambda x: autograd.dot(x, [x[2], 2.0, -x[0]], x[1]),
    "sum": lambda x: autograd.sum([x[0], x[0], x[1] * x[1], x[2]]),
    "powers": lambda x: x[0] ** 2 + 2.0 ** x[1] + x[2] ** x[0],
    "functions": lambda x: autograd.exp(x[0]) * autograd.tanh(x[1]) + autograd.log(x[2]),
    "flat": lambda x: autograd.relu(x[1]) * x[0] + autograd.abs(x[1]) + autograd.relu(x[2]),
    "greatest": lambda x: autograd.maximum(x[0], x[1], x[2]) * autograd.minimum(x[0], x[1]),
    "softmax": lambda x: autograd.softmax(x)[1] * x[0] + autograd.logsumexp(x),
    "classes": lambda x: autograd.cross_entropy(x, 2) + autograd.cross_entropy(x, [0.2, 0.3, 0.5]),
    "where": lambda x: autograd.where(
        autograd.step(x[1]), lambda: autograd.log(x[1]), lambda: x[0] * x[2]
    ),
    "where_below": lambda x: autograd.where(
        autograd.step(x[0]), lambda: autograd.sqrt(x[0]) * x[1], lambda: autograd.log(x[1])
    ),
    "twice": lambda x: (x[0] * x[1]) * (x[0] * x[1]),
    "leaf": lambda x: x[1],
    "constant": lambda x: Value(3.0) * 2.0,
}

RUN = """([name, theta, x]) => {
    const f = functions[name];
    const [v, d] = [new Float64Array(f.size), new Float64Array(f.size)];
    const slopes = new Float64Array(3);
    const given = theta ? [theta, x] : [x];
    const value = f.forward(...given, v);
    for (let k = 0; k < 2; k++) f.backward(...given, v, d, slopes); // they add up
    return [value, [...slopes]];
}"""


def opened(chromium: Any, script: JavaScript) -> Any:
    tab = chromium.new_page()
    tab.set_content(f"<script>{script.source()}</script>")
    return tab


@in_a_browser
def test_value_and_gradient_are_the_engines(chromium: Any) -> None:
    script = JavaScript()
    for name, f in FUNCTIONS.items():
        script.add(name, f, [(3,)], gradients=["x"])
    tab = opened(chromium, script)
    for name, f in FUNCTIONS.items():
        # the engine's own function writes its sequences as this one does: one list of numbers
        value, slopes = autograd.value_and_grad(f)(POINT)
        found, twice = tab.evaluate(RUN, [name, None, POINT])
        assert found == pytest.approx(float(value), rel=1e-14), name
        assert twice == pytest.approx([2 * slope for slope in slopes], rel=1e-13), name
    tab.close()


@in_a_browser
def test_parameters_are_theta_in_the_order_given(chromium: Any) -> None:
    a, b, c = Value(2.0), Value(3.0), Value(5.0)
    script = JavaScript()
    script.add("f", lambda x: a * b * x + b * x * x, [()], [c, b, a])
    tab = opened(chromium, script)
    value, twice = tab.evaluate(RUN, ["f", [5.0, 3.0, 2.0], [7.0]])
    assert value == 2 * 3 * 7 + 3 * 49
    assert twice == [0.0, 2 * (2 * 7 + 49), 2 * 3 * 7]
    tab.close()


@in_a_browser
def test_the_numbers_of_all_gates_can_be_read(chromium: Any) -> None:
    def f(x: Any, y: Any) -> Any:
        q = x + y
        q.label = "q"
        return q * x

    script = JavaScript()
    written = script.add("f", f, [(), ()], gradients=["x", "y"])
    assert [node["name"] for node in written.nodes] == ["q", ""]
    assert written.nodes[1]["operands"] == ["v[0]", "x[0]"]
    assert written.outputs == ["v[1]"]
    tab = opened(chromium, script)
    numbers = tab.evaluate("""() => {
        const [v, d, dx, dy] = [[0, 0], [0, 0], [0], [0]];
        functions.f.forward([3], [4], v);
        functions.f.backward([3], [4], v, d, dx, dy);
        return [v, d, dx, dy];
    }""")
    assert numbers == [[7, 21], [3, 1], [10], [3]]
    tab.close()


def test_several_results_have_places_and_no_way_back() -> None:
    written = JavaScript().add("f", lambda x: [x + 1, x * x], [()], gradients=["x"])
    assert written.outputs == ["v[0]", "v[1]"]
    assert "backward" not in written.source


def test_formulas_in_the_names_one_gives() -> None:
    script = JavaScript()
    written = script.add("f", lambda x: autograd.tanh(x[0] * x[1] - 1) + x[0], [(2,)])
    names = {"x[0]": "a", "x[1]": "b", "v[2]": "t", "v[3]": "f"}
    assert written.formulas(names) == {"t": "tanh(a·b - 1)", "f": "t + a"}


def test_refusals() -> None:
    script = JavaScript()
    with pytest.raises(ValueError, match="must be an identifier"):
        script.add("a b", lambda x: x, [()])
    with pytest.raises(ValueError, match="can't be called 'new'"):
        script.add("f", lambda new: new * 2, [()])
    with pytest.raises(ValueError, match="can't be called 'd_x'"):
        script.add("f", lambda x, d_x: x * d_x, [(), ()])
    with pytest.raises(ValueError, match="not among"):
        w = Value(1.0)
        script.add("f", lambda x: w * x, [()], [Value(2.0)])
    with pytest.raises(TraceError, match="where"):
        script.add("f", lambda x: x if x > 0 else -x, [()])
    opaque = Primitive("opaque", "?", math.sin, (lambda x, out: math.cos(x),))
    with pytest.raises(ValueError, match="opaque can't be written in JavaScript"):
        script.add("f", lambda x: opaque(x), [()])
