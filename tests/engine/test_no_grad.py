"""no_grad: derivatives record for themselves, results have no graph, blocks end in any order."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from autograd import (
    Value,
    check_gradients,
    grad,
    gradients,
    hessian,
    jacobian,
    no_grad,
    value_and_grad,
)


def cube(x: Any) -> Any:
    return x * x * x


def paraboloid(v: Any) -> Any:
    return v[0] ** 2 * v[1]


def test_derivatives_of_functions_record_for_themselves() -> None:
    with no_grad():
        assert grad(cube)(2.0) == 12.0
        assert grad(grad(cube))(2.0) == 12.0
        assert grad(grad(grad(cube)))(2.0) == 6.0
        assert value_and_grad(cube)(2.0) == (8.0, 12.0)
        assert jacobian(lambda v: [v[0] * v[1], v[0]])([2.0, 3.0]) == [[3.0, 2.0], [1.0, 0.0]]
        assert hessian(paraboloid)([3.0, 5.0]) == [[10.0, 6.0], [6.0, 0.0]]
        check_gradients(cube, 2.0)
        assert not Value(2.0).exp().operands, "and then nothing is recorded, as before"


def test_a_graph_made_outside_is_differentiated_inside() -> None:
    x = Value(2.0)
    y = cube(x)
    with no_grad():
        (slope,) = gradients(y, [x], create_graph=True)
        assert slope.data == 12.0
        curvature = gradients(slope, x, create_graph=True)
        assert curvature.data == 12.0
        assert gradients(curvature, x) == 6.0
        assert gradients(y, x) == 12.0
        y.backward()
    assert x.grad == 12.0 and gradients(slope, x) == 12.0


def test_a_function_may_say_itself_what_not_to_record() -> None:
    def scaled(x: Any) -> Any:
        with no_grad():
            scale = x * x
        return x * scale

    assert grad(scaled)(3.0) == 9.0
    with no_grad():
        assert grad(scaled)(3.0) == 9.0


def computed() -> Value:
    x = Value(2.0)
    with no_grad():
        return x * x


def detached() -> Value:
    return cube(Value(2.0)).detach()


def detached_inside() -> Value:
    y = cube(Value(2.0))
    with no_grad():
        return y.detach()


@pytest.mark.parametrize("make", [computed, detached, detached_inside])
def test_what_has_no_graph_says_so(make: Callable[[], Value]) -> None:
    y, x = make(), Value(2.0)
    with pytest.raises(RuntimeError, match="without a graph"):
        y.backward()
    with pytest.raises(RuntimeError, match="without a graph"):
        gradients(y, x)
    with pytest.raises(RuntimeError, match="without a graph"):
        gradients(y, [x], create_graph=True)
    with pytest.raises(RuntimeError, match="without a graph"), no_grad():
        y.backward()
    assert y.grad is None and x.grad is None


@pytest.mark.parametrize("make", [computed, detached, detached_inside])
def test_it_is_a_number_to_go_on_with(make: Callable[[], Value]) -> None:
    y, x = make(), Value(3.0)
    (x * y).backward()
    assert x.grad == y.data


def test_a_leaf_of_ones_own_needs_no_graph() -> None:
    x = Value(2.0)
    x.backward()
    assert x.grad == 1.0 and gradients(x, x) == 1.0
    twin = x.detach()
    twin.backward()
    assert twin.grad == 1.0
    with no_grad():
        inside = Value(3.0)
        inside.backward()
    assert inside.grad == 1.0


# ------------------------------------------------------------------ blocks


def records() -> bool:
    x = Value(2.0)
    y = x * x
    if y.op is None:
        return False
    y.backward()
    return x.grad == 4.0


def elsewhere(act: Callable[[], Any]) -> Any:
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(act()), daemon=True)
    thread.start()
    thread.join(10)
    assert results, "the other thread raised an error, or waits for ever"
    return results[0]


def recording_is_on() -> bool:
    """Here and in another thread; before, after and beside another block."""
    for there in (records, lambda: elsewhere(records)):
        if not there():
            return False
    with no_grad():
        if records() or not elsewhere(records):
            return False
    entered, done = threading.Event(), threading.Event()

    def hold() -> None:
        with no_grad():
            entered.set()
            done.wait(10)

    thread = threading.Thread(target=hold, daemon=True)
    thread.start()
    try:
        entered.wait(10)
        if not records():
            return False
    finally:
        done.set()
        thread.join(10)
    return records() and bool(elsewhere(records))


def suspended() -> Iterator[bool]:
    with no_grad():
        yield records()


def test_blocks_nest() -> None:
    with no_grad():
        with no_grad():
            assert not records()
        assert not records()
        with pytest.raises(ZeroDivisionError), no_grad():
            raise ZeroDivisionError
        assert not records()
    assert recording_is_on()


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("how", ["here", "elsewhere", "first elsewhere", "last elsewhere"])
def test_blocks_of_generators_end_in_any_order(order: tuple[int, int], how: str) -> None:
    generators: list[Any] = [suspended(), suspended()]
    assert [next(each) for each in generators] == [False, False]
    for turn, which in enumerate(order):
        there = how == "elsewhere" or how == ("first elsewhere", "last elsewhere")[turn]
        if there:
            elsewhere(lambda which=which: [generators[which].close()])
        else:
            generators[which].close()
    assert recording_is_on()


def test_a_generator_of_another_thread_is_closed_here() -> None:
    generator: Any = suspended()
    assert elsewhere(lambda: [next(generator)]) == [False]
    assert records(), "the block is another thread's"
    generator.close()
    assert recording_is_on()


def test_a_generator_outlives_the_block_around_it() -> None:
    generator: Any = suspended()
    with no_grad():
        next(generator)
    generator.close()
    assert recording_is_on()


def test_numbers_are_the_same_without_a_graph() -> None:
    x = Value(0.3)
    with no_grad():
        y = (x.exp() + 1).log()
    assert y.data == math.log(math.exp(0.3) + 1) and y.operands == ()
