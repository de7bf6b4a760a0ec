"""The chain rule: accumulation, stale graphs, interrupted walks, threads."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import threading
from typing import Any

import pytest

import autograd
from autograd import Value, grad, gradients, primitive
from autograd.engine.backward import local_derivatives
from autograd.engine.graph import consumers, topological_order


def test_leaves_accumulate_and_inner_nodes_are_set() -> None:
    a = Value(2.0)
    b = a * a
    c = b + b
    for expected in (8.0, 16.0, 24.0):
        c.backward()
        assert (a.grad, b.grad, c.grad) == (expected, 2.0, 1.0)


def test_zeroing_only_the_leaves_is_enough() -> None:
    a = Value(2.0)
    b = a * a
    c = b + b
    for _ in range(3):
        a.grad = 0
        c.backward()
        assert a.grad == 8.0


def test_upstream_scales_the_gradient() -> None:
    x = Value(3.0)
    (x * x).backward(0.5)
    assert x.grad == 3.0
    with pytest.raises(TypeError, match="the upstream gradient needs a real number, got str"):
        (x * x).backward("1")  # type: ignore[arg-type]


def test_backward_of_a_leaf() -> None:
    x = Value(3.0)
    x.backward()
    x.backward()
    assert x.grad == 2.0


def test_unreached_nodes_get_zero_and_never_minus_zero() -> None:
    x, y = Value(1.0), Value(2.0)
    out = autograd.where(1.0 * (x * 0 + 1), x, y)
    out.backward()
    assert (x.grad, y.grad) == (1.0, 0.0)
    assert math.copysign(1.0, y.grad) == 1.0


def test_nodes_wait_for_all_their_consumers() -> None:
    """Why a topological order: x is reached early by one path and late by another."""
    x = Value(2.0)
    late = x
    for _ in range(5):
        late = late * 1.5
    y = x * late + x
    y.backward()
    assert x.grad == 2 * 2.0 * 1.5**5 + 1


def test_topological_order_and_consumers() -> None:
    x = Value(2.0)
    a = x * 3
    b = a + a
    order = topological_order(b, a)
    assert len(order) == 4 and order.index(a) < order.index(b)
    uses = consumers(order)
    assert uses[a] == [(b, 0), (b, 1)] and uses[b] == []


def test_a_failing_rule_leaves_all_gradients_as_they_were() -> None:
    def fail(x: Value, out: Value) -> Value:
        raise RuntimeError("no derivative today")

    moody = autograd.primitive("moody", lambda x: x, [fail])
    x = Value(2.0)
    x.grad = 7.0
    y = moody(x * 3) + x
    with pytest.raises(RuntimeError, match="no derivative today"):
        y.backward()
    assert x.grad == 7.0 and y.grad is None
    z = x * x
    z.backward()
    assert x.grad == 11.0


def test_a_rule_may_ask_for_a_gradient_itself() -> None:
    shared = Value(3.0)
    inner = shared * shared * shared

    def slope(x: float, out: float) -> float:
        if isinstance(x, float):
            return gradients(inner, shared) * 1.0
        raise AssertionError("only read on numbers here")

    nosy = autograd.primitive("nosy", lambda x: 27.0 * x, [slope])
    y = nosy(shared) + inner
    y.backward()
    assert shared.grad == 27.0 + 27.0


def test_local_derivatives_name_what_flows() -> None:
    x, y = Value(3.0), Value(4.0)
    assert local_derivatives(x * y) == [4.0, 3.0]
    assert local_derivatives(x**2) == [6.0, None]
    assert local_derivatives(autograd.where(x, x, y)) == [None, 1.0, None]
    assert local_derivatives(x) == []


def test_threads_on_shared_leaves_lose_no_update() -> None:
    w = Value(2.0)
    n, rounds = 4, 300
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:

        def work() -> None:
            for _ in range(rounds):
                ((w * 3 + 1) * (w + 2)).backward()

        threads = [threading.Thread(target=work) for _ in range(n)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert w.grad == n * rounds * (3 * 4 + 7)


def test_gradients_are_bitwise_the_same_in_every_process() -> None:
    program = (
        "from autograd import *\n"
        "xs = [Value(0.1 * k + 0.37) for k in range(30)]\n"
        "y = sum([a * b.tanh() / (1 + c.exp()) for a, b, c in zip(xs, xs[7:], xs[3:])])\n"
        "y.backward()\n"
        "print([x.grad.hex() for x in xs])"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("0", "1", "4242")
    }
    assert len(printed) == 1


def test_a_rule_that_fails_backward_names_gate_and_operands() -> None:
    lost = primitive("lost", lambda x: x * x, [lambda x, out: math.log(-x)])
    x = Value(3.0, "x")
    with pytest.raises(ValueError, match=r"the derivative of lost\(x = 3.0\): "):
        lost(x).backward()
    assert x.grad is None


def test_a_partial_that_forgets_its_return_is_no_zero() -> None:
    def rule(x: Any, out: Any) -> Any:
        2 * x

    forgetful = primitive("forgetful", lambda x: x * x, [rule])
    with pytest.raises(TypeError, match=r"'forgetful': the partial by operand 1 .* NoneType"):
        forgetful(Value(3.0)).backward()


def test_a_rule_keeps_the_gate_that_it_was_written_with() -> None:
    inner = primitive("inner", lambda x: 2 * x, [2.0])
    outer = primitive("outer", math.sin, [lambda x, out: inner(x)])
    primitive("inner", lambda x: 100 * x, [100.0])  # a cell of a notebook, run again
    x = Value(1.0)
    outer(x).backward()
    assert x.grad == 2.0 == gradients(outer(x), x, create_graph=True).data


def test_a_gate_may_have_the_name_of_an_operand() -> None:
    x = primitive("x", lambda t: 3 * t, [3.0])
    assert grad(primitive("outer", lambda t: t * t, [lambda t, out: x(t)]))(2.0) == 6.0


def test_a_root_of_minus_infinity() -> None:
    """Python says inf, C says inf; its slope is 0, as on the way there."""
    x = Value(-math.inf)
    (x**0.5).backward()
    assert x.grad == 0.0
