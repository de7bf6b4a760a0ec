"""Hints at slips that raise no error, and none where nothing has slipped."""

from __future__ import annotations

import pytest

from autograd import Value, draw, explain, page, walk
from autograd.showing.hints import hints

RATE = 0.1


def test_a_leaf_that_became_a_node() -> None:
    """w = 1, loss w²: the first step leads to 1 - 0.1·2 = 0.8."""
    w = Value(1.0, "w")
    loss = w * w
    loss.backward()
    assert w.grad is not None
    w = w - RATE * w.grad
    loss = w * w
    (hint,) = hints(loss, {w: "w"})
    assert hint.startswith("w is no leaf any more but computed from one, so that the graph grows")
    assert "w.data -= rate * w.grad" in hint
    assert hint in str(explain(w))
    loss.backward()
    assert w.grad == pytest.approx(1.6)
    w = w + (-RATE) * w.grad
    loss = w * w
    assert "computed from one, 2 times" in hints(loss, {w: "w"})[0]
    loss.backward()
    assert "computed from one, 2 times" in str(explain(w, of=loss))


def test_in_a_list_and_with_a_rate_that_is_a_value() -> None:
    ws, rate = [Value(1.0), Value(2.0)], Value(0.1, "rate")
    (ws[0] * ws[1]).backward()
    ws = [w - rate * w.grad for w in ws]
    loss = ws[0] * ws[1]
    found = {ws[0]: "ws[0]", ws[1]: "ws[1]", rate: "rate"}
    assert [hint[:5] for hint in hints(loss, found)] == ["ws[0]", "ws[1]"]


def test_gradients_of_several_passes() -> None:
    w, x = Value(3.0, "w"), Value(2.0, "x")
    for _ in range(3):
        loss = w * w * x
        loss.backward()
    lines = hints(loss, {})
    assert [line[:12] for line in lines] == ["w.grad is 36", "x.grad is 27"]  # 2wx = 12, w² = 9
    assert "which gives 12; zero_grad() before a pass starts afresh" in lines[0]
    assert lines[0] in str(explain(w, of=loss))


def test_no_hint_where_nothing_has_slipped() -> None:
    w, x = Value(3.0, "w"), Value(2.0, "x")
    shifted = x - 3
    loss = (w * shifted + x) ** 2
    found = {w: "w", x: "x", shifted: "shifted", loss: "loss"}
    assert hints(loss, found) == []
    loss.backward(2.0)
    assert hints(loss, found) == []
    assert hints(loss, {shifted: "shifted", loss: "loss"}) == []  # from elsewhere, with its label
    for _ in range(3):
        loss.zero_grad()
        w.data -= RATE
        assert hints(loss, found) == []  # stale: nothing is said of its gradients
        loss.forward().backward()
        assert hints(loss, found) == []


def test_who_looks_at_a_graph_is_told() -> None:
    """In a walk, a picture and a page, as in an explanation."""
    w = Value(1.0)
    loss = w * w
    loss.backward()
    assert w.grad is not None
    w = w - RATE * w.grad
    loss = w * w
    loss.backward()
    hint = "w is no leaf any more but computed from one"
    assert hint in repr(walk(loss))
    assert hint in draw(loss, "backward").source
    assert hint in page(loss).html
