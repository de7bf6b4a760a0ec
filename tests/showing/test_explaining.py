"""explain: the sum over paths, as text and LaTeX, against backward()."""

from __future__ import annotations

import math
import re

import pytest

import autograd
from autograd import StaleGraphError, Value, explain, relu, sum, tanh, walk, where
from autograd.engine.graph import topological_order

from ..graphs import LECTURES, leaves, random_graph


@pytest.mark.parametrize("graph", [*LECTURES, *range(12)])
def test_the_paths_add_up_to_grad(graph: str | int) -> None:
    output = LECTURES[graph]() if isinstance(graph, str) else random_graph(graph, 12)
    output.backward()
    for node in topological_order(output):
        if node.kind == "constant":
            continue
        explanation = explain(node, of=output, limit=100_000)
        expected = node.grad or 0.0
        assert explanation.total == pytest.approx(expected, rel=1e-12, abs=1e-300)
        products = [path.product for path in explanation.paths]
        assert len(products) == explanation.count
        assert math.fsum(products) == pytest.approx(expected, rel=1e-12, abs=1e-14)
        if leaves(output)[0] is node:
            assert explanation.count > 0


def test_two_paths_of_l3() -> None:
    x, y = Value(2.0), Value(4.0)
    u, v = x * y, x / y
    z = u**2 + v**2
    assert str(explain(y)) == (
        "∂z/∂y = 31.88: 2 paths from z back to y\n"
        "   z ← v1 ← u ← y    ∂z/∂v1 · ∂v1/∂u · ∂u/∂y = 1 · 2·u · x = 1 × 16 × 2 = 32\n"
        "   z ← v2 ← v ← y    ∂z/∂v2 · ∂v2/∂v · ∂v/∂y = 1 · 2·v · (-x/y²) "
        "= 1 × 1 × -0.125 = -0.125\n"
        "   sum = 32 + (-0.125) = 31.88"
    )
    z.backward()
    assert y.grad == 2 * 2**2 * 4 - 2 * 2**2 / 4**3  # the formula of L3


def test_an_operand_used_twice_is_two_paths() -> None:
    a = Value(3.0)
    b = a * a
    explanation = explain(a)
    assert [path.product for path in explanation.paths] == [3.0, 3.0]
    assert (explanation.count, explanation.total, explanation.output is b) == (2, 6.0, True)


def test_more_paths_than_shown_are_counted() -> None:
    x = Value(0.5)
    y = sum([x] * 1244)
    lines = str(explain(x)).splitlines()
    assert lines[0] == "∂y/∂x = 1244: 1,244 paths from y back to x"
    assert (len(lines), lines[-1]) == (12, "   and 1,234 more paths")
    assert lines[1] == "   y ← x    1"  # and not ∂y/∂x = 1
    assert r"\text{and } 1{,}234 \text{ more paths}" in explain(x, of=y)._repr_latex_()


def test_paths_without_number() -> None:
    p = u = Value(1.0)
    for _ in range(200):
        u = u + u
    explanation = explain(p, of=u)
    assert explanation.total == 2.0**200
    assert str(explanation).splitlines()[0].endswith("10¹⁸ paths or more from u back to p")
    assert "(193 more)" in str(explanation)


def test_a_long_chain_is_explained() -> None:
    x = y = Value(1.0)
    for _ in range(20_000):
        y = y + 1
    text = str(explain(x))
    assert text.endswith("product of 20000 local derivatives = 1")
    assert len(text) < 400


def test_a_long_path_counts_the_nodes_it_leaves_out() -> None:
    x = y = Value(1.0)
    for _ in range(11):
        y = y + 1
    route = str(explain(x)).splitlines()[1].split("  ")[1].strip().split(" ← ")
    assert route == ["y", "v10", "v9", "v8", "v7", "(4 more)", "v2", "v1", "x"]  # 8 of 12
    latex = explain(x)._repr_latex_()
    assert latex.count(r"\frac{\partial") == 1 + 4 and latex.count(r"\cdots") == 1


def test_latex_of_a_long_chain_looks_at_its_ends_only() -> None:
    x = y = Value(1.0)
    for _ in range(20_000):
        y = y * 1.0
    explanation = explain(x)
    named: list[str] = []
    write = explanation._latex_name
    explanation._latex_name = lambda name: named.append(name) or write(name)  # type: ignore
    assert r"\cdots" in explanation._repr_latex_()
    assert len(named) < 20


def test_the_result_is_found_in_the_variables() -> None:
    x = Value(2.0)
    q = x * 3
    f = q - 6  # 0, and still the result
    assert explain(x).output is f
    assert explain(q).output is f
    assert walk(f).explain(x).total == 3.0


def test_several_results_or_none() -> None:
    x = Value(2.0, "x")
    with pytest.raises(ValueError, match=r"no variable here .* explain\(x, of=loss\)"):
        explain(x)
    f, g = x * 3, x * 4
    with pytest.raises(ValueError, match=r"f and g were computed from 'x'.*explain\(x, of=f\)"):
        explain(x)
    assert explain(x, of=g).total == 4.0
    assert explain(x, names={"f": f}).total == 3.0


def test_what_explain_refuses() -> None:
    x, y = Value(2.0, "x"), Value(3.0, "y")
    f = 5 * x
    with pytest.raises(ValueError, match="the mul node was not computed from 'y'"):
        explain(y, of=f)
    with pytest.raises(ValueError, match="constant 5 has no gradient"):
        explain(f.operands[0], of=f)
    with pytest.raises(TypeError, match="explain takes a Value, got 3"):
        explain(3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="of=, a Value, got 'f'"):
        explain(x, of="f")  # type: ignore[arg-type]
    for limit in (0, -1):
        with pytest.raises(ValueError, match=f"limit takes the number of paths .* got {limit}"):
            explain(x, of=f, limit=limit)
    for wrong in (None, 2.5, "a"):
        with pytest.raises(TypeError, match=f"limit takes a whole number of paths, got {wrong!r}"):
            explain(x, of=f, limit=wrong)  # type: ignore[arg-type]
    x.data = 1.0
    with pytest.raises(StaleGraphError):
        explain(x, of=f)


def test_the_output_itself_and_a_dead_path() -> None:
    x = Value(-2.0)
    y = relu(x)
    assert str(explain(y, of=y)).splitlines() == [
        "∂y/∂y = 1: y is the output",
        "   ∂y/∂x = 0    explain(x, of=y) says why",
    ]
    assert "∂y/∂x = I(x > 0) = 0" in str(explain(x))


def test_a_leaf_that_remembers_other_passes() -> None:
    x = Value(2.0)
    y = x * 3
    y.backward()
    assert "holds other" not in str(explain(x))
    y.backward()
    assert str(explain(x)).endswith(
        "x.grad is 6: it holds other backward passes than this one, which gives 3; "
        "zero_grad() before a pass starts afresh"
    )


def test_latex_of_l1() -> None:
    x, y, z = Value(-2.0), Value(5.0), Value(-4.0)
    q = x + y
    f = q * z
    assert explain(x, of=f)._repr_latex_() == (
        "$$\\begin{aligned}\n"
        r"\frac{\partial f}{\partial x} &= \frac{\partial f}{\partial q} \, "
        r"\frac{\partial q}{\partial x} = z \cdot 1 = {-4} \cdot 1 = {-4} \\" + "\n"
        r"&\text{where } q = x + y \\" + "\n"
        r"&\phantom{\text{where }} f = q \cdot z" + "\n"
        "\\end{aligned}$$"
    )


def test_latex_of_a_sum() -> None:
    a = Value(-3.0)
    b = a * a
    rows = explain(a, of=b)._repr_latex_().split(" \\\\\n")
    assert rows[1] == r"b \leftarrow a &:\quad a = {-3}"
    assert rows[2] == r"\frac{\partial b}{\partial a} &= {-3} + \left(-3\right) = {-6}"
    assert str(explain(a, of=b)).splitlines()[1] == "   b ← a    ∂(a·a)/∂(1st a) = a = -3"


def test_latex_of_two_paths() -> None:
    x, y = Value(2.0), Value(4.0)
    u, v = x * y, x / y
    f = u + v
    rows = explain(y, of=f)._repr_latex_().split(" \\\\\n")
    assert rows[1] == (
        r"f \leftarrow v \leftarrow y &:\quad \frac{\partial f}{\partial v} \, "
        r"\frac{\partial v}{\partial y} = 1 \cdot \left(-x/y^{2}\right) "
        r"= 1 \cdot \left(-0.125\right) = {-0.125}"
    )
    assert rows[2] == r"\frac{\partial f}{\partial y} &= 2 + \left(-0.125\right) = 1.875"


@pytest.mark.parametrize("graph", [*LECTURES, *range(12)])
def test_every_row_of_latex_is_an_equation(graph: str | int) -> None:
    output = LECTURES[graph]() if isinstance(graph, str) else random_graph(graph, 12)
    for leaf in leaves(output):
        text = explain(leaf, of=output)._repr_latex_()
        for row in text.splitlines()[1:-1]:
            if r"\text{" not in row:
                relation = "=" if row.count("frac") else ":"
                assert relation in row, row
        assert len(re.findall("[·²³√≤ⱼ]", re.sub(r"\\text{[^}]*}", "", text))) == 0


def test_one_edge_is_an_equation_too() -> None:
    x = Value(0.7)
    out = tanh(x)
    row = explain(x)._repr_latex_().splitlines()[1]
    assert row.startswith(r"\frac{\partial \mathrm{out}}{\partial x} &= 1 - \tanh ^{2}x = 0.6347")
    assert out.data == math.tanh(0.7)


def test_names_stay_distinct_in_latex() -> None:
    a, b, c = Value(1.0, "x1"), Value(2.0, "x_1"), Value(3.0, "x[1]")
    text = explain(a, of=a * b * c)._repr_latex_()
    assert r"x_{1}" in text and r"\mathrm{x\_1}" in text and r"\mathrm{x[1]}" in text
    p, q = Value(2.0, "b-c"), Value(3.0, "w 1")
    f = p * q
    text = explain(p, of=f)._repr_latex_()
    assert (
        r"\frac{\partial f}{\partial \left(\mathrm{b-c}\right)} &= \left(\mathrm{w\ 1}\right)"
        in text
    )
    assert r"f = (\mathrm{b-c}) \cdot (\mathrm{w\ 1})" in text


def test_latex_without_a_path() -> None:
    x, y = Value(1.0), Value(2.0)
    chosen = where(Value(1.0), x, y)
    assert r"\frac{\partial chosen}{\partial y} &= 0".replace("chosen", r"\mathrm{chosen}") in (
        explain(y)._repr_latex_()
    )
    assert explain(y, of=chosen).total == 0.0
    assert str(explain(y)).endswith("no gradient flows on any path from chosen back to y")


def test_latex_numbers_and_labels_are_safe() -> None:
    x = Value(1e-9, r"a$b\c{</script>")
    y = x * 1e30
    text = explain(x)._repr_latex_()
    assert r"1 \cdot 10^{30}" in text
    assert text.count("$") - text.count(r"\$") == 4
    assert "<" not in text
    assert re.sub(r"\\[{}]", "", text).count("{") == re.sub(r"\\[{}]", "", text).count("}")
    assert r"\infty" in explain(x, of=y * math.inf)._repr_latex_()


def test_the_output_shows_the_gradients_of_its_leaves() -> None:
    x, y, z = Value(-2.0), Value(5.0), Value(-4.0)
    f = (x + y) * z
    assert str(explain(f)).splitlines() == [
        "∂f/∂f = 1: f is the output",
        "   ∂f/∂x = -4    explain(x, of=f) says why",
        "   ∂f/∂y = -4    explain(y, of=f) says why",
        "   ∂f/∂z = 3    explain(z, of=f) says why",
    ]
    many = [Value(float(k)) for k in range(12)]
    total = autograd.sum(many)
    assert str(explain(total)).splitlines()[-1] == "   and 2 more leaves"
