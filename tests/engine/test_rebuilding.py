"""elementary(y) has y's value and gradients, from + - * / max exp log only."""

from __future__ import annotations

import pytest

from autograd import Value, elementary
from autograd.engine.graph import ancestors
from autograd.engine.primitives import registry
from tests import oracle

ELEMENTS = {"add", "sub", "mul", "div", "maximum", "exp", "log"}
REWRITTEN = [op for op in registry.values() if op.elementary and op.name in oracle.FUNCTIONS]


@pytest.mark.parametrize("op", REWRITTEN, ids=lambda op: op.name)
def test_same_value_and_gradients(op: object) -> None:
    for operands in oracle.points(op):  # type: ignore[arg-type]
        indexed = op.operands[:1] == ["i"]  # type: ignore[attr-defined]
        xs = [Value(x) for x in operands]
        y = op(operands[0], *xs[1:]) if indexed else op(*xs)  # type: ignore[operator]
        y.backward()
        expected = [x.grad for x in xs]
        for x in xs:
            x.grad = None
        z = elementary(y)
        assert {node.op.name for node in ancestors(z) if node.op} <= ELEMENTS
        assert z.data == pytest.approx(y.data, rel=1e-9, abs=1e-12)
        z.backward()
        for x, gradient in zip(xs, expected, strict=True):
            if gradient is not None:
                assert (x.grad or 0.0) == pytest.approx(gradient, rel=1e-7, abs=1e-12)


def test_labels_survive_and_sin_is_refused() -> None:
    x = Value(0.3, "x")
    y = x.sigmoid()
    y.label = "y"
    assert elementary(y).label == "y"
    with pytest.raises(ValueError, match="sin has no form in"):
        elementary(x.sin())


def test_whole_constant_powers_become_products() -> None:
    x = Value(-3.0)
    for n, expected in [(3, -27.0), (0, 1.0), (-2, 1 / 9), (1, -3.0)]:
        z = elementary(x**n)
        assert z.data == pytest.approx(expected)
        x.grad = None
        z.backward()
        assert x.grad == pytest.approx(n * (-3.0) ** (n - 1) if n else 0.0)


def test_what_is_no_value_is_named() -> None:
    with pytest.raises(TypeError, match=r"elementary takes a Value, got 3\.0"):
        elementary(3.0)  # type: ignore[arg-type]


def test_where_the_elements_fail_the_gate_is_named() -> None:
    with pytest.raises(ValueError, match=r"sqrt\(x = 0.0\) has no form in .* here: log"):
        elementary(Value(0.0, "x").sqrt())
