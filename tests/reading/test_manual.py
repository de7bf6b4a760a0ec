"""What ``help`` says of a gate: it is complete, and what it claims is true."""

from __future__ import annotations

import doctest
import pydoc

import pytest

import autograd
from autograd import Primitive, Value, primitive
from autograd.engine.methods import Methods
from autograd.engine.primitives import registry
from autograd.reading.manual import ENTRIES, manual

PUBLIC = [name for name in dir(autograd) if isinstance(getattr(autograd, name), Primitive)]


@pytest.mark.parametrize("name", PUBLIC)
def test_the_help_of_every_public_gate(name: str) -> None:
    """Formula, domain, derivatives by every operand; and its example runs."""
    gate = getattr(autograd, name)
    text = gate.__doc__
    assert text.startswith(f"{name}(") and " = " in text.splitlines()[0]
    assert "Domain: " in text
    assert text.count("∂/∂") == gate.arity
    if name in Methods.__annotations__:
        assert getattr(Value, name).__doc__ == text
    runner = doctest.DocTestRunner(verbose=False)
    runner.run(doctest.DocTestParser().get_doctest(text, {}, name, None, None))
    assert (runner.failures, runner.tries) == (0, 3)


def test_no_entry_is_of_no_gate() -> None:
    assert ENTRIES.keys() == set(PUBLIC) & registry.keys()


def test_the_help_of_sigmoid() -> None:
    text = pydoc.plain(pydoc.render_doc(autograd.sigmoid))
    for part in ("1/(1 + e^-x)", "Domain: every x", "∂/∂x = σ·(1 - σ)", ">>> sigmoid(0.0)"):
        assert part in text
    assert "at x = 0 the derivative is 0" in str(autograd.relu.__doc__)
    assert str(Primitive.__doc__).startswith("One row: name, symbol")


def test_gates_of_ones_own_and_helpers_have_one_too() -> None:
    def slope(x: float, out: float) -> float:
        return 1.0 if x > 0 else 0.5  # an if: there is no formula to show

    assert manual(primitive("kinked_of_manual", lambda x: x, [slope])).startswith(
        "kinked_of_manual(x): a gate"
    )
    square = primitive("square_of_manual", lambda x: x * x, [lambda x, out: 2 * x])
    assert "Derivative: ∂/∂x = 2·x" in manual(square)
    for gate in registry.values():
        assert manual(gate).startswith(f"{gate.name}(")


def test_the_package_shows_its_public_names() -> None:
    assert {"Value", "sigmoid", "sum", "abs", "compile", "pow"} <= set(dir(autograd))
    assert not {"checking", "engine", "copying", "forms", "tables"} & set(dir(autograd))
    text = pydoc.plain(pydoc.render_doc(autograd))
    assert "check_gradients" in text.partition("CLASSES")[0] and "sigmoid = <gate" in text


def test_a_star_import_leaves_the_built_ins() -> None:
    scope: dict[str, object] = {}
    exec("from autograd import *", scope)
    assert "Value" in scope and not {"sum", "abs", "pow", "compile"} & scope.keys()
