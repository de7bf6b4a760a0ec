"""Ctrl-C at any instruction, threads that share leaves, and walks within walks."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dis import opname
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import autograd
from autograd import StaleGraphError, Value, grad, gradients, primitive
from autograd.engine.gate import registry
from autograd.engine.graph import ancestors

Grads = list[float | None]


@pytest.fixture(autouse=True)
def _own_gates() -> Iterator[None]:
    before = dict(registry)
    yield
    registry.clear()
    registry.update(before)


# ------------------------------------------------------------------ Ctrl-C


STOPS = {"RESUME", "JUMP_BACKWARD", "JUMP_ABSOLUTE", "CALL", "CALL_FUNCTION", "CALL_METHOD"}
STOPS |= {"CALL_FUNCTION_EX", "CALL_FUNCTION_KW", "CALL_KW"}
"""After these instructions Python sees to signals. (Not between __enter__ and its with.)"""


def interrupted(act: Callable[[], Any], at: int, anywhere: bool = False) -> bool:
    """Run ``act`` with KeyboardInterrupt raised at the ``at``-th place; did it get there?

    The places are those where Python sees to Ctrl-C; or really all instructions, in whatever
    file. (Nothing can come between those of C.)
    """
    passed = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        stop = anywhere or event == "call"

        def instruction(frame: FrameType, event: str, _: Any) -> Any:
            nonlocal passed, stop
            if event == "opcode":
                if stop:
                    passed += 1
                    if passed == at:
                        raise KeyboardInterrupt
                if not anywhere:
                    stop = opname[frame.f_code.co_code[frame.f_lasti]] in STOPS
            return instruction

        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        return instruction

    before = sys.gettrace()
    with autograd.without_collector():  # its callbacks are no place for an interrupt
        return _raised(act, trace, before)


def _raised(act: Callable[[], Any], trace: Any, before: Any) -> bool:
    sys.settrace(trace)
    try:
        act()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False


MANY = 2000
"""More places than a walk over a small graph can have."""


def small_graph() -> Value:
    """Shared nodes, a dot, a maximum, and a gate of one's own."""
    twice = primitive("twice", lambda x: 2 * x, [lambda x, out: 2.0 + 0 * x])
    x, y = Value(1.5, "x"), Value(-2.0, "y")
    shared = x * y
    score = autograd.dot([x, shared], [shared, y], 0.5)
    return autograd.maximum(score, twice(shared)) + shared


def in_another_thread(act: Callable[[], Any]) -> Any:
    """What ``act`` gives there; an error if it never ends: somebody kept a lock."""
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(act()), daemon=True)
    thread.start()
    thread.join(10)
    assert not thread.is_alive(), "the other thread waits for ever"
    return results[0]


def together(acts: Sequence[Callable[[], Any]]) -> None:
    """All of them at once, each in a thread of its own, which change as often as they can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=act, daemon=True) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert not any(thread.is_alive() for thread in threads), "they wait for ever"
    finally:
        sys.setswitchinterval(interval)


def grads_of(nodes: list[Value]) -> Grads:
    return [node.grad for node in nodes]


def set_grads(nodes: list[Value], grads: Grads) -> None:
    for node, number in zip(nodes, grads, strict=True):
        node.grad = number


def prepared() -> tuple[Value, list[Value], Grads, Grads]:
    """A graph with old gradients; its nodes; these gradients; what backward() makes of them."""
    out = small_graph()
    nodes = [node for node in ancestors(out) if node.kind != "constant"]
    set_grads(nodes, [100 + 0.25 * k for k in range(len(nodes))])
    before = grads_of(nodes)
    out.backward()
    after = grads_of(nodes)
    assert all(a != b for a, b in zip(before, after, strict=True))
    return out, nodes, before, after


def interrupt_backward(anywhere: bool) -> None:
    """Everywhere in turn, until it comes through."""
    out, nodes, before, after = prepared()
    outcomes: list[str] = []
    at = 0
    while True:
        at += 1
        set_grads(nodes, before)
        reached = interrupted(out.backward, at, anywhere)
        now = grads_of(nodes)
        assert now in (before, after), f"half the gradients, interrupted at place {at}"
        if not reached:
            break
        outcomes.append("before" if now == before else "after")
        set_grads(nodes, before)
        out.backward()
        assert grads_of(nodes) == after, f"wrong ones after an interrupt at place {at}"
    assert now == after
    assert outcomes == sorted(outcomes, reverse=True), "once set, they stay set"
    assert outcomes.count("before") >= 5, "there was something to interrupt"


def test_an_interrupt_leaves_every_gradient_as_it_was_or_wholly_set() -> None:
    interrupt_backward(anywhere=False)


def test_so_does_one_between_any_two_instructions() -> None:
    """In a process of its own: there even ``with lock:`` can be left with the lock taken."""
    program = (
        "from tests.engine.test_interrupts import interrupt_backward; "
        "interrupt_backward(anywhere=True)"
    )
    root = Path(__file__).parents[2]
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=root
    )
    assert result.returncode == 0, result.stderr


def test_an_interrupt_keeps_no_lock_from_other_threads() -> None:
    out, nodes, before, after = prepared()
    x = nodes[[node.label for node in nodes].index("x")]
    slope = gradients(out, x)
    at = 0
    while True:
        at += 1
        assert at < MANY, "every walk takes longer than the one before"
        if not interrupted(out.backward, at):
            break
        assert in_another_thread(lambda: gradients(out, x)) == slope
    set_grads(nodes, before)
    in_another_thread(out.backward)
    assert grads_of(nodes) == after


def test_an_interrupt_of_a_gates_first_backward_does_not_spoil_the_gate() -> None:
    """The first time there may be something to prepare: that is interrupted, too."""
    for at in (*range(1, 40), *range(40, 2000, 79)):
        cube = primitive("cube", lambda x: x * x * x, [lambda x, out: 3 * x * x])
        x = Value(2.0)
        y = cube(x) + x
        interrupted(y.backward, at)
        assert (x.grad, y.grad) in ((None, None), (13.0, 1.0))
        x.grad = None
        y.backward()
        assert (x.grad, y.grad) == (13.0, 1.0), f"interrupted at place {at}"


@pytest.mark.parametrize("create_graph", [False, True])
def test_interrupted_gradients_touch_no_gradient(create_graph: bool) -> None:
    out, nodes, before, after = prepared()
    leaves = [node for node in nodes if (node.op is None)]
    right = gradients(out, leaves)
    set_grads(nodes, before)
    at = 0
    while interrupted(lambda: gradients(out, leaves, create_graph=create_graph), at := at + 1):
        assert at < MANY, "every walk takes longer than the one before"
        assert grads_of(nodes) == before
        assert gradients(out, leaves) == right
    out.backward()
    assert grads_of(nodes) == after


def test_an_interrupted_forward_is_taken_up_again() -> None:
    """Between, backward() knows that the graph is stale, or gives what is right by now."""
    x = Value(1.0, "x")
    u = x * x
    out = (u * 3 + u) * x  # 4 x³
    at = edit = 0
    while True:
        at, edit = at + 1, edit + 1
        number = 1.0 + edit % 7
        x.data = number
        reached = interrupted(out.forward, at)
        x.grad = None
        try:
            out.backward()
        except StaleGraphError:
            assert x.grad is None
        else:
            assert (out.data, x.grad) == (4 * number**3, 12 * number**2)
        x.grad = None
        out.forward().backward()
        assert (out.data, x.grad) == (4 * number**3, 12 * number**2)
        if not reached:
            break
    assert at > 5


def test_an_interrupted_edit_is_never_missed() -> None:
    """Either the old number is still there, or backward() knows that it has gone."""
    x = Value(1.0, "x")
    y = x * x

    def edit() -> None:
        x.data = 3.0

    at = 0
    while interrupted(edit, at := at + 1):
        x.grad = None
        try:
            y.backward()
        except StaleGraphError:
            assert x.grad is None
        else:
            assert (y.data, x.grad) == (x.data * x.data, 2 * x.data)
        x.data = 1.0
        y.forward()


# ------------------------------------------------------------------ threads


def test_threads_walk_back_graphs_that_share_leaves() -> None:
    x, w = Value(1.25), Value(-0.5)
    rounds, count = 100, 4
    right: list[Any] = [None] * count
    wrong: list[Any] = []

    def graph(k: int) -> Value:
        y = x
        for _ in range(k + 2):
            y = (y * w + k).tanh() + x
        return y

    for k in range(count):
        slopes = gradients(graph(k), [x, w], create_graph=True)
        right[k] = gradients(graph(k), [x, w]), [each.data for each in slopes]
    start = threading.Barrier(count)

    def work(k: int) -> None:
        start.wait(10)
        for _ in range(rounds):
            found = gradients(graph(k), [x, w])
            slopes = gradients(graph(k), [x, w], create_graph=True)
            if (found, [each.data for each in slopes]) != right[k]:
                wrong.append((k, found))

    together([lambda k=k: work(k) for k in range(count)])
    assert not wrong
    assert x.grad is w.grad is None


def test_threads_lose_no_update_of_the_nodes_they_share() -> None:
    x = Value(2.0)
    shared = x * 3  # an inner node in everybody's graph
    rounds, count = 150, 4

    def work() -> None:
        for _ in range(rounds):
            (shared * shared + x).backward()

    together([work] * count)
    assert x.grad == rounds * count * (2 * 6.0 * 3 + 1)
    assert shared.grad == 12.0


def constants() -> list[Value]:
    """Values that depend on nothing: a plain number of an expression, a leaf, a constant's sum."""
    return [(Value(2.0) * 3.5).operands[1], Value(3.0)]


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("create_graph", [False, True])
def test_what_does_not_depend_on_x_has_no_gradient_by_it(which: int, create_graph: bool) -> None:
    x = Value(5.0)
    other = constants()[which]
    found = gradients(other, x, create_graph=create_graph)
    assert (found.data if create_graph else found) == 0.0
    x.grad = 7.0
    (x * x).backward()
    assert gradients(other, x) == 0.0
    assert gradients(other, [x, x * x]) == [0.0, 0.0]


@pytest.mark.parametrize("which", [0, 1])
def test_a_rule_sees_nothing_of_the_walk_around_it(which: int) -> None:
    x = Value(5.0)
    inner = x * x
    other = constants()[which]
    seen: list[Any] = []

    def slope(a: float, out: float) -> float:
        seen.append(gradients(other, x))
        seen.append(gradients(other, inner))
        return 4.0

    nosy = primitive("nosy", lambda a: 4.0 * a, [slope])
    y = nosy(inner) + x + inner
    y.backward()
    assert seen and set(seen) == {0.0}
    assert x.grad == 4 * 10.0 + 1 + 10.0


@pytest.mark.parametrize("which", [0, 1])
def test_another_thread_sees_nothing_of_a_walk(which: int) -> None:
    x = Value(5.0)
    other = constants()[which]
    results: list[float] = []
    threads: list[threading.Thread] = []

    def slope(a: float, out: float) -> float:
        """In the middle of a walk: let another thread ask, and wait a while for the answer."""
        thread = threading.Thread(target=lambda: results.append(gradients(other, x)), daemon=True)
        threads.append(thread)
        thread.start()
        thread.join(0.2)
        return 4.0

    slow = primitive("slow", lambda a: 4.0 * a, [slope])
    y = slow(x * x) + x
    y.backward()
    for thread in threads:
        thread.join(10)
    assert results and set(results) == {0.0}
    assert x.grad == 41.0


def test_a_rule_may_call_grad() -> None:
    """The slope of sin by grad itself, within the walk and within its walk."""

    def slope(a: Any, out: Any) -> Any:
        return grad(autograd.sin)(a)

    mysin = primitive("mysin", lambda a: autograd.sin(a), [slope])
    x = Value(0.7)
    y = mysin(mysin(x) * x) + mysin(x)
    true = (x.sin() * x).sin() + x.sin()
    y.backward()
    assert x.grad == pytest.approx(gradients(true, x), rel=1e-14)
    assert all(node.grad is not None for node in ancestors(y) if node.kind != "constant"), (
        "the walk within leaves the walk around it whole"
    )
