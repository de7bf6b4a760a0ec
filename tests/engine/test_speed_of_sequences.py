"""Long sequences take no more than they must. The bounds are ten times what they should take."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

import pytest

from autograd import Value, cross_entropy, log_softmax, softmax
from autograd import sum as total
from autograd.reading.expressions import Program


def seconds(act: Callable[[], object]) -> float:
    start = perf_counter()
    act()
    return perf_counter() - start


def test_the_cross_entropy_of_many_equal_logits() -> None:
    n = 30_000
    logits = [Value(0.5) for _ in range(n)]
    took = seconds(lambda: cross_entropy(logits, 7).backward())
    assert took < 2
    assert logits[0].grad == pytest.approx(1 / n, rel=1e-12)
    assert logits[7].grad == pytest.approx(1 / n - 1, rel=1e-12)


@pytest.mark.parametrize("gate", [softmax, log_softmax])
def test_every_share_of_many(gate: Callable[[list[Value]], list[Value]]) -> None:
    n = 1_000
    logits = [Value(0.001 * k) for k in range(n)]
    took = seconds(lambda: total([share * share for share in gate(logits)]).backward())
    assert took < 4
    gradients = [logit.grad or 0.0 for logit in logits]
    assert sum(gradients) == pytest.approx(0.0, abs=1e-6 * max(map(abs, gradients)))


def test_a_long_program_is_read_and_computed() -> None:
    """In linear time: a second or so, where a search through all names took minutes."""
    n = 20_000

    def read() -> None:
        program = Program("; ".join(f"x{k + 1} = x{k} + 1" for k in range(n)))
        assert program.variables == ["x0"]
        assert program.evaluate({"x0": 1.0}) == n + 1.0

    assert seconds(read) < 30
