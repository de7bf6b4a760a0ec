"""The number of a parameter would be frozen into a program, so reading it is refused."""

from __future__ import annotations

import copy
import pickle
import threading
from typing import Any

import pytest

import autograd as ag
import nn
from autograd import TraceError, Value, compile

W = Value(2.0, "w")
MODEL = nn.MLP(2, [3, 1], rng=0)
BEFORE = W * W


@pytest.mark.parametrize(
    "f",
    [
        lambda x: W.data * x,
        lambda x: W.data * W * x,
        lambda x: W * x + (W.grad or 0.0),
        lambda x: W.detach() * x,
        lambda x: copy.copy(W) * x,
        lambda x: copy.deepcopy([W])[0] * x,
        lambda x: pickle.loads(pickle.dumps(W)) * x,
        lambda x: W * x if W > 1 else x,
        lambda x: W * x if Value(1.0) < W else x,
        lambda x: W * x if W else x,
        lambda x: ag.where(W, lambda: x, lambda: -x),
        lambda x: setattr(W, "data", W.data * 0.9) or W * x,
        lambda x: setattr(W, "data", 3.0) or W * x,
        lambda x: MODEL.state_dict()["layers.0.bias"][0] + x,
        lambda x: copy.deepcopy(MODEL)([x, x]),
        lambda x: nn.Layer(1, 1).load_state_dict({"weight": [[W.data]], "bias": [0.0]}) or x,
    ],
)
@pytest.mark.parametrize("target", [None, "python"])
def test_the_number_of_a_parameter_is_refused(f: Any, target: str | None) -> None:
    with pytest.raises(TraceError, match=r"the number of .* \(\.data, \.grad, detach, state_dict"):
        compile(f, shapes=[()], target=target)
    assert W.data == 2.0 and W.grad is None and W.detach().data == 2.0


def test_the_way_out() -> None:
    with pytest.raises(TraceError, match=r"number of 'w'.* Use the Value itself; hand in as an"):
        compile(lambda x: W.data * x)([1.0])
    number = W.data  # what shall never change
    assert compile(lambda x: number * x * W)([3.0]).tolist() == [12.0]
    assert compile(lambda x, k: k * x * W)([3.0], W.data).tolist() == [12.0]


def test_the_number_of_a_graph_made_before_is_refused() -> None:
    with pytest.raises(TraceError, match="can't look at a Value's number"):
        compile(lambda x: BEFORE.data * x, shapes=[()])


def test_a_value_made_inside_has_its_number() -> None:
    def f(x: Any) -> Any:
        own = Value(3.0)
        return own.data * W * x if own > 1 else x

    assert compile(f)([1.0]).tolist() == [6.0]


def test_what_is_printed_is_not_computed_with() -> None:
    """A parameter in an error message, or in a print while looking for one."""
    assert compile(lambda x: [W * x, *(0.0 for _ in [repr(W), f"{W}"])])([1.0])[0, 0] == 2.0


def test_another_thread_may_look_meanwhile() -> None:
    seen: list[float] = []

    def f(x: Any) -> Any:
        thread = threading.Thread(target=lambda: seen.append(W.data))
        thread.start()
        thread.join()
        return W * x

    assert compile(f)([1.0]).tolist() == [2.0] and set(seen) == {2.0}


def test_conditions_are_values() -> None:
    """What a rule of the table compares is a choice of each sample; an ``if`` is still refused."""
    conditions: list[Any] = [
        lambda x: x > 1,
        lambda x: x < 1,
        lambda x: x >= 1,
        lambda x: x <= 1,
        lambda x: x == 1,
        lambda x: x != 1,
        lambda x: x > W - 1,
        lambda x: 1 < x,  # noqa: SIM300
    ]
    for condition in conditions:
        f = lambda x, condition=condition: ag.where(condition(x), W * x, -x)  # noqa: E731
        for target in ("numpy", "python"):
            got = compile(f, target=target)([0.0, 1.0, 2.0]).tolist()
            assert got == [f(Value(x)).data if x else 0.0 for x in (0.0, 1.0, 2.0)]
        with pytest.raises(TraceError, match=r"where\(step"):
            compile(lambda x, c=condition: W if c(x) else x, shapes=[()])  # type: ignore[misc]
