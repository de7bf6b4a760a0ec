"""walk: what stands on the board at each step, and that its numbers are those of backward()."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from autograd import (
    StaleGraphError,
    Value,
    cross_entropy,
    dot,
    leaky_relu,
    sigmoid,
    sin,
    softmax,
    walk,
    where,
)
from autograd.engine.graph import topological_order
from autograd.showing.stepping import Walk
from autograd.showing.tables import plain_table

from ..graphs import LECTURES, random_graph


def bits(x: float | None) -> str:
    return "none" if x is None else float(x).hex()


def test_the_board_of_l1() -> None:
    x, y, z = Value(-2.0), Value(5.0), Value(-4.0)
    q = x + y
    f = q * z
    assert [str(step) for step in f.walk()] == [
        "forward 1/2   q = x + y = -2 + 5 = 3",
        "forward 2/2   f = q·z = 3·(-4) = -12",
        "backward 1/2   f = q·z                  upstream ∂f/∂f = 1\n"
        "   ∂(q·z)/∂q = z = -4    →  q.grad += -4 × 1 = -4\n"
        "   ∂(q·z)/∂z = q = 3     →  z.grad += 3 × 1 = 3",
        "backward 2/2   q = x + y                upstream ∂f/∂q = -4\n"
        "   ∂q/∂x = 1    →  x.grad += 1 × -4 = -4\n"
        "   ∂q/∂y = 1    →  y.grad += 1 × -4 = -4",
    ]


def test_fan_out_shows_the_running_sum() -> None:
    a = Value(3.0)
    b = a * a
    assert repr(walk(b).goto(2)) == (
        "backward 1/1   b = a·a                  upstream ∂b/∂b = 1\n"
        "   ∂(a·a)/∂(1st a) = a = 3    →  a.grad += 3 × 1 = 3\n"
        "   ∂(a·a)/∂(2nd a) = a = 3    →  a.grad += 3 × 1 = 3    a.grad = 3 + 3 = 6\n"
        "end: ∂b/∂a = 6; apply() sets .grad"
    )


@pytest.mark.parametrize("graph", [*LECTURES, *range(40)])
def test_contributions_sum_to_grad_exactly(graph: str | int) -> None:
    build = LECTURES.get(graph) if isinstance(graph, str) else None
    output = build() if build else random_graph(int(graph))
    sums: dict[Value, float] = {output: 1.0}
    for step in walk(output):
        for part in step.contributions:
            assert part.amount == part.local * part.upstream
            sums[part.operand] = sums.get(part.operand, -0.0) + part.amount
    output.backward()
    walked = walk(output).goto(len(walk(output)))
    for node in topological_order(output):
        if node.kind == "constant":
            continue
        assert node.grad is not None or node not in sums
        if node.grad is not None and node in sums:
            assert bits(sums[node] + 0.0) == bits(node.grad)
            assert bits(walked.gradient(node)) in (bits(node.grad), bits(-node.grad))


@pytest.mark.parametrize("order", ["topological", "naive"])
@pytest.mark.parametrize("name", LECTURES)
def test_back_and_forth_ends_in_the_same_state(name: str, order: str) -> None:
    output = LECTURES[name]()
    w = walk(output, order)
    nodes = topological_order(output)

    def state() -> list[str]:
        known = [bits(w.value(node)) + bits(w.gradient(node)) for node in nodes]
        return [w.text(), *known]

    states = [state()]
    for _ in range(len(w)):
        states.append([w.next().text(), *state()[1:]])
    for k in reversed(range(len(w))):
        w.back()
        assert state() == states[k]
    for k in (len(w), 1, len(w) - 1, 0, len(w) // 2):
        w.goto(k)
        assert (w.position, state()) == (k, states[k])


def test_nothing_is_known_before_its_step() -> None:
    x = Value(2.0)
    y = x * 3
    w = walk(y)
    assert (w.value(x), w.value(y), w.gradient(x), w.gradient(y)) == (2.0, None, None, None)
    w.next()
    assert (w.value(y), w.gradient(y)) == (6.0, None)
    w.next()
    assert (w.gradient(y), w.gradient(x)) == (1.0, 3.0)
    assert w.step is not None and w.step.upstream == 1.0


def test_the_ends_of_the_walk() -> None:
    x = Value(2.0)
    y = x * 3
    w = walk(y)
    assert (w.step, len(w), repr(w)) == (
        None,
        2,
        "walk of y: 1 step forward, 1 backward; next() begins",
    )
    with pytest.raises(IndexError, match="beginning"):
        w.back()
    assert len(list(w)) == 2
    assert list(w) == []
    with pytest.raises(IndexError, match=r"apply\(\) to set \.grad"):
        w.next()
    with pytest.raises(IndexError, match="from 0 to 2, got 3"):
        w.goto(3)
    with pytest.raises(IndexError, match="got -1"):
        w.goto(-1)
    for position in ("end", 1.5):
        with pytest.raises(TypeError, match=f"goto takes a position .*, got {position!r}"):
            w.goto(position)  # type: ignore[arg-type]


def test_grad_is_touched_only_by_run_and_apply() -> None:
    x = Value(2.0)
    y = x * x
    w = walk(y)
    for _ in w:
        assert (x.grad, y.grad) == (None, None)
    w.apply()
    assert (x.grad, y.grad) == (4.0, 1.0)


def test_a_walk_is_one_backward_pass() -> None:
    """However often it is run, leaves do not count it twice."""
    x = Value(2.0)
    y = x * x
    w = walk(y).goto(1)
    assert repr(w.run()).endswith("end: ∂y/∂x = 4; .grad is set")
    assert w.goto(1).run().run().position == 2
    with pytest.raises(RuntimeError, match=r"has set \.grad already"):
        w.apply()
    with pytest.raises(IndexError, match=r"back\(\) or goto\(0\) to see them again$"):
        w.next()
    assert (x.grad, y.grad) == (4.0, 1.0)
    walk(y).run()  # another pass: a leaf adds up
    assert (x.grad, y.grad) == (8.0, 1.0)


def test_after_an_edit_a_walk_is_another_pass() -> None:
    x = Value(2.0)
    y = x * x
    w = walk(y).run()
    x.data = 3.0
    y.forward()
    assert repr(w).endswith("end: ∂y/∂x = 6; apply() sets .grad")
    assert (w.run().position, x.grad) == (2, 4.0 + 6.0)


def test_a_leaf_is_a_walk_without_steps() -> None:
    x = Value(2.0)
    w = walk(x)
    assert (len(w), list(w), w.gradient(x)) == (0, [], 1.0)
    with pytest.raises(IndexError, match=r"end \(0 of 0 steps\): apply\(\) to set \.grad$"):
        w.next()
    with pytest.raises(IndexError, match=r"beginning \(0 of 0 steps\)$"):
        w.back()
    w.run()
    assert x.grad == 1.0


def test_a_position_may_be_any_integer() -> None:
    numpy = pytest.importorskip("numpy")
    x = Value(2.0)
    assert walk(x * 3).goto(numpy.int64(2)).position == 2


# ---------------------------------------------------------------------- the naive order


def test_a_gate_of_very_many_operands_is_called_by_its_name() -> None:
    x = [Value(float(k)) for k in range(100)]
    s = dot(x, x)
    first, second, *_ = str(walk(s).goto(2)).splitlines()
    assert first == "backward 1/1   s = dot of 201 operands    upstream ∂s/∂s = 1"
    assert second.startswith("   ∂s/∂(1st x[0]) = x[0] = 0 ")


def test_naive_order_passes_on_too_early() -> None:
    a = Value(2.0)
    b = a * a
    c = 3 * b
    d = b + c
    w = walk(d, order="naive").goto(6)
    # b reports after d only (1, not 1 + 3), so a gets 2·2·1 = 4 instead of 2·2·4 = 16
    assert w.wrong == {a: (4.0, 16.0)}
    assert (w.gradient(a), w.gradient(b)) == (4.0, 4.0)
    steps = [str(step) for step in walk(d, order="naive").steps[3:]]
    assert steps[1].startswith(
        "backward 2/3   b = a·a                  "
        "upstream ∂d/∂b = 1  (too early: 3 has not arrived yet)\n"
    )
    assert steps[2].endswith("b.grad = 1 + 3 = 4\n      too late: b has already passed on 1")
    assert repr(w).endswith(
        "end: passed on too early, these are wrong:\n   a.grad = 4, and should be 16"
    )


def test_a_node_that_is_too_early_says_what_it_passed_on() -> None:
    """And not what has come in since."""
    a = Value(2.0)
    b = a * a
    c = b + b * b
    last = str(walk(c, order="naive").goto(6).step).splitlines()
    assert last[2] == last[4] == "      too late: b has already passed on 1"
    assert last[3].endswith("b.grad = 5 + 4 = 9")


def test_naive_order_is_right_where_only_leaves_fan_out() -> None:
    w = walk(LECTURES["l4"](), order="naive")
    assert w.wrong == {}
    assert "all gradients are right" in w.goto(len(w)).text()


def test_naive_gradients_are_never_applied() -> None:
    a = Value(2.0)
    b = a * a
    c = b + sin(b)
    w = walk(c, order="naive").run()
    assert (w.position, a.grad, b.grad, c.grad) == (len(w), None, None, None)
    with pytest.raises(ValueError, match="naive order gives wrong gradients"):
        w.apply()


# ---------------------------------------------------------------------- edited graphs


def test_a_stale_graph_cannot_be_walked() -> None:
    x = Value(2.0, "x")
    y = x * x
    x.data = 3.0
    with pytest.raises(StaleGraphError, match="'x' was changed"):
        walk(y)


def test_an_edit_during_the_walk() -> None:
    x = Value(2.0, "x")
    y = x * x
    w = walk(y).next()
    x.data = 3.0
    with pytest.raises(StaleGraphError, match="'x' was changed"):
        w.next()
    with pytest.raises(StaleGraphError):
        w.apply()
    y.forward()
    assert w.next().position == 2  # goes on from where it was, with the new numbers
    assert w.gradient(x) == 6.0


def displays(w: Walk) -> list[Callable[[], object]]:
    """All that a walk tells without being moved."""
    x = w.nodes[0]
    return [
        w.text, w.ending, w._repr_html_, lambda: repr(w), lambda: plain_table(w), w.__rich__,
        lambda: w.value(x), lambda: w.gradient(x), lambda: w.wrong, lambda: w.step,
        lambda: w.steps, lambda: w.position, lambda: len(w),
    ]  # fmt: skip


@pytest.mark.parametrize("order", ["topological", "naive"])
def test_every_display_keeps_up_with_edits(order: str) -> None:
    x, y, z = Value(1.0, "x"), Value(2.0, "y"), Value(5.0, "z")
    q = x + y
    f = q * z
    w = walk(f, order, names={"q": q, "f": f}).goto(1)
    ended = walk(f, order, names={"q": q, "f": f}).goto(4)
    x.data = 100.0
    for display in displays(w):
        with pytest.raises(StaleGraphError, match="'x' was changed"):
            display()
    f.forward()
    for display in displays(w):  # each one is the first to look after an edit
        x.data += 1.0
        f.forward()
        display()
    x.data = 4.0
    f.forward()
    assert repr(w) == "forward 1/2   q = x + y = 4 + 2 = 6"
    assert ended.gradient(z) == 6.0
    assert plain_table(ended).splitlines()[3].split() == ["z", "5", "6"]


def test_a_step_keeps_its_numbers() -> None:
    x, y = Value(1.0, "x"), Value(2.0, "y")
    q = x * y
    steps = list(walk(q))
    before = [str(step) for step in steps]
    x.data = 7.0
    assert [str(step) for step in steps] == before
    q.forward()
    assert [str(step) for step in steps] == before
    assert before[0].endswith("= 1·2 = 2")


def test_edits_elsewhere_leave_the_steps_alone() -> None:
    x, other = Value(2.0), Value(3.0)
    w = walk(x * x).goto(1)
    steps = w.steps
    other.data = 4.0
    assert w.next().steps is steps


def test_a_branch_not_taken_takes_no_step() -> None:
    x, y = Value(2.0), Value(3.0)
    a, b = x * 5, y * 7
    c = where(Value(1.0), a, b)
    steps = [step for step in walk(c) if step.phase == "backward"]
    assert [step.node.op.name for step in steps if step.node.op] == ["where", "mul"]
    w = walk(c).goto(4)
    assert (w.gradient(b), w.gradient(y)) == (None, None)
    w.next()
    assert (w.gradient(b), w.gradient(y)) == (0.0, 0.0)  # as backward() has it


def test_where_no_gradient_flows_it_is_0_in_the_end() -> None:
    a, b, t = Value(1.0, "a"), Value(2.0, "b"), Value(0.0, "t")
    loss = cross_entropy([a, b], t)
    w = walk(loss)
    assert w.gradient(t) is None
    w.run()
    assert (w.gradient(t), t.grad) == (0.0, 0.0)
    assert w.text().endswith(", ∂loss/∂t = 0")
    constant = (3 * a).operands[0]
    assert w.gradient(constant) is w.gradient(Value(1.0)) is None


# ---------------------------------------------------------------------- names


def test_names_are_labels_then_variables_then_numbered() -> None:
    x = Value(1.0, "a label")
    w = [Value(2.0), Value(3.0)]
    f = sin(x * w[0]) + w[1]
    board = walk(f).board
    names = [board.name(node) for node in topological_order(f)]
    assert names == ["a label", "w[0]", "w[1]", "v1", "v2", "f"]
    assert walk(f, names={}).board.name(f) == "out"
    assert walk(f, names={"loss": f, "v1": w[0]}).text().startswith("walk of loss")


def test_equal_labels_are_told_apart() -> None:
    f = Value(1.0, "w") * Value(2.0, "w")
    assert str(walk(f, names={}).next()).startswith("forward 1/1   out = w·w#2 = 1·2 = 2")


def test_a_number_behind_a_name_is_not_taken_either() -> None:
    a, b, c, d = (Value(1.0, label) for label in ("w", "w", "w#2", "w#3"))
    f = (a + b) * (c + d)
    board = walk(f, names={}).board
    names = [board.name(node) for node in topological_order(f)]
    assert names[:4] == ["w", "w#4", "w#2", "w#3"]
    assert len(set(names)) == len(names)


def test_parentheses_around_what_is_differentiated() -> None:
    w, xs, x = [Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)], Value(2.0)
    lines = {
        w[0] * xs[0]: "∂(w[0]·xs[0])/∂w[0] = xs[0] = 3 ",
        w[1] / xs[1]: "∂(w[1]/xs[1])/∂w[1] = 1/xs[1] = 0.25 ",
        x / -2: "∂(x/(-2))/∂x = 1/(-2) = -0.5 ",
        x**-2: "∂(x^(-2))/∂x = (-2)·x^-3 = -0.25 ",
        sin(x): "∂sin(x)/∂x = cos(x) = ",
        abs(x): "∂|x|/∂x = sign(x) = 1 ",
    }
    for node, line in lines.items():
        assert str(walk(node).goto(2).step).splitlines()[1].strip().startswith(line)


def test_labels_of_several_words_stand_in_parentheses() -> None:
    p, q = Value(2.0, "b-c"), Value(3.0, "w 1")
    f = p * q
    assert [str(step) for step in walk(f)] == [
        "forward 1/1   f = (b-c)·(w 1) = 2·3 = 6",
        "backward 1/1   f = (b-c)·(w 1)          upstream ∂f/∂f = 1\n"
        "   ∂((b-c)·(w 1))/∂(b-c) = (w 1) = 3    →  (b-c).grad += 3 × 1 = 3\n"
        "   ∂((b-c)·(w 1))/∂(w 1) = (b-c) = 2    →  (w 1).grad += 2 × 1 = 2",
    ]
    assert walk(sin(p), names={}).next().text().startswith("forward 1/1   out = sin(b-c) = ")


def test_formulas_show_constants_and_say_what_symbols_mean() -> None:
    x, y = Value(2.0), Value(3.0)
    assert str(walk(leaky_relu(x, 0.1)).goto(2).step).splitlines()[1:] == [
        "   ∂leaky_relu(x, 0.1)/∂x = I(x > 0) + 0.1·I(x ≤ 0) = 1    →  x.grad += 1 × 1 = 1",
        "   where I(...) is 1 if ... holds, else 0",
    ]
    assert "   where σ is the gate's own value" in walk(sigmoid(x)).goto(2).text()
    assert (
        "   where sⱼ is the softmax of operand j" in walk(cross_entropy([x, y], 0)).goto(2).text()
    )
    text = walk(softmax([x, y])[1]).goto(2).text()
    assert "   where i is the gate's class" in text and "   where sⱼ is" in text
    assert "where" not in walk(x * y).goto(2).text()


def test_labels_cannot_command_the_terminal() -> None:
    f = Value(1.0, "\x1b[31mred\n") * 2
    text = "".join(str(step) for step in walk(f))
    assert "\x1b" not in text
    assert "red \n" not in text


def test_a_gate_of_many_operands_is_cut() -> None:
    xs = [Value(1.0, f"x{k}") for k in range(100)]
    y = dot(xs, xs)
    *_, step = walk(y)
    text = str(step)
    assert "y = dot of 201 operands" in text
    assert text.endswith("... and 184 more operands")
    assert max(map(len, text.splitlines())) < 120


def test_a_long_chain_walks() -> None:
    x = y = Value(1.0)
    for _ in range(20_000):
        y = y + 1
    w = walk(y).run()
    assert (len(w), x.grad) == (40_000, 1.0)


def test_nan_is_shown_as_such() -> None:
    x = Value(math.nan)
    y = x * x
    w = walk(y).goto(2)
    assert w.wrong == {}
    assert "x.grad += nan × 1 = nan" in str(w)


def test_what_walk_refuses() -> None:
    with pytest.raises(TypeError, match="walk takes a Value, got 3"):
        walk(3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"names takes a mapping of names to Values.*got 'abc'"):
        walk(Value(1.0), names="abc")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="unknown order 'random'"):
        walk(Value(1.0), order="random")


def test_walk_is_a_method_too() -> None:
    f = LECTURES["l1"]()
    assert isinstance(f.walk(order="naive"), Walk)
    assert str(f.walk().next()).startswith("forward 1/2   v1 = x + y")
