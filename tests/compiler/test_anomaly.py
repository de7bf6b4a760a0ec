"""A loss that turns NaN or infinite: the sample, the line, and the gate that does not turn so."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest

import autograd as ag
from autograd import Value, compile

W, V = Value(1.0, "w"), Value(2.0, "v")
TARGETS = ["numpy", "python"]


def said(f: Any, *batch: Any, target: str = "numpy", theta: Any = None) -> str:
    """What a program says about a batch; it is checked on its first sample."""
    program = compile(f, target=target)
    program.value_and_grad(*(column[:1] for column in batch))
    with pytest.raises((FloatingPointError, ValueError)) as raised:
        program.value_and_grad(*batch, theta=theta)
    return str(raised.value)


@pytest.mark.parametrize("target", TARGETS)
def test_the_sample_is_named(target: str) -> None:
    message = said(lambda x: ag.exp(W * x) - 1, [0.0, 1.0, 800.0, 900.0], target=target)
    assert re.match(
        r"(?s)the loss is inf; the first line that made inf in sample 2 is\n .*exp\(", message
    )
    message = said(lambda x: W * x, [0.0, math.nan, math.nan], target=target)
    assert re.fullmatch(r"the loss is nan, because [xX] holds nan in sample 1", message)
    message = said(lambda x: W * x, [1.0, 1e308, 1e308], target=target)
    assert message == "the loss is inf, though that of each sample is finite"
    message = said(lambda x: W * x, [1.0, 2.0], target=target, theta=[math.nan])
    assert message == "the loss is nan, because theta holds nan in sample 0"


def test_the_sample_outside_a_domain_is_named() -> None:
    message = said(lambda x: ag.log(W * x), [1.0, 2.0, -1.0], target="python")
    assert message.startswith("sample 2: the logarithm needs a number above 0, in the line\n")
    with pytest.raises(ValueError, match=r"^sample 1: log\(-1\.0\): the logarithm needs"):
        compile(lambda x: ag.log(W * x), target="numpy").value_and_grad([1.0, -1.0])


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    "harmless",
    [
        lambda x: 1 / (1 + ag.exp(W * x)),  # 1 / inf
        lambda x: ag.where(ag.step(x - 1), W * x, ag.exp(V * x) * ag.exp(V * x)),
        lambda x: ag.where(ag.step(x - 1), W * x, ag.exp(V * x) - ag.exp(x + V * x)),
        lambda x: ag.minimum(ag.exp(V * x), 3.0),
    ],
)
def test_what_is_harmless_is_not_blamed(harmless: Any, target: str) -> None:
    """It comes first and is infinite, but no part of the loss becomes so by it."""
    message = said(lambda x: harmless(x) + ag.sinh(W * x), [0.0, 800.0], target=target)
    assert re.search(r"the first line that made inf in sample 1 is\n .*sinh\(", message)


@pytest.mark.parametrize("target", TARGETS)
def test_of_two_the_one_that_was_chosen_is_blamed(target: str) -> None:
    def f(x: Any) -> Any:
        spare, chosen = ag.exp(V * x) - 1, ag.cosh(W * x) - 1
        return ag.where(ag.step(x + 1), chosen * chosen, spare * spare)

    message = said(f, [0.5, 800.0], target=target)
    assert re.search(r"is\n .*cosh", message)


@pytest.mark.parametrize("target", TARGETS)
def test_a_mask_is_harmless(target: str) -> None:
    def f(x: Any, mask: Any) -> Any:
        return ag.softmax([W * x, V * x + mask])[0] + ag.sinh(W * x)

    message = said(f, [0.5, 800.0], [-math.inf, -math.inf], target=target)
    assert re.search(r"the first line that made inf in sample 1 is\n .*sinh\(", message)


def test_of_a_graph() -> None:
    program = compile(ag.exp(W * 1.0), target="numpy")
    with pytest.raises(FloatingPointError, match=r"(?s)^the loss is inf; the first line.*exp"):
        program.value_and_grad(theta=[800.0])


# ---------------------------------------------------------------------- composed gates


def logits(x: Any) -> list[Any]:
    return [W * x, V * x, W * V * x]


def shares(x: Any) -> list[Any]:
    powers = [ag.exp(z) for z in logits(x)]
    return [power / sum(powers) for power in powers]


def logistic(x: Any) -> Any:
    return 1 / (1 + ag.exp(-W * x))


@pytest.mark.parametrize(
    ("f", "gate"),
    [
        (lambda x: ag.log(1 + ag.exp(W * x)), r"softplus\(x\) for"),
        (lambda x: ag.log(ag.exp(W * x) + 1.0), r"softplus\(x\) for"),
        (lambda x: ag.log(sum(ag.exp(z) for z in logits(x))), r"logsumexp\(xs\) for"),
        (lambda x: ag.log(ag.sum([ag.exp(z) for z in logits(x)])), r"logsumexp\(xs\) for"),
        (lambda x: shares(x)[2], r"softmax\(xs\) for"),
        (lambda x: -ag.log(shares(x)[0]), r"cross_entropy\(xs, k\) or log_softmax\(xs\) for"),
        (lambda x: -ag.log(ag.softmax(logits(x))[0]), r"cross_entropy\(xs, k\) or log_softmax"),
        (
            lambda x: -ag.sum([t * ag.log(s) for t, s in zip((0, 1, 0), shares(x), strict=True)]),
            r"cross_entropy\(xs, k\) or log_softmax",
        ),
        (lambda x: ag.log(logistic(-x)), r"-softplus\(-x\) for log\(sigmoid\(x\)\)"),
        (lambda x: ag.log(1 - logistic(x)), r".*-softplus\(x\) for log\(1 - sigmoid\(x\)\)"),
        (lambda x: ag.log(1 - ag.sigmoid(W * x)), r".*-softplus\(x\) for log\(1 - sigmoid\(x\)\)"),
        (lambda x: (ag.exp(W * x) - ag.exp(-x)) / (ag.exp(W * x) + ag.exp(-x)), r"tanh\(x\) for"),
        (lambda x: ag.exp(W * x) / (1 + ag.exp(W * x)), r"sigmoid\(x\) for"),
    ],
)
@pytest.mark.parametrize("target", TARGETS)
def test_the_gate_that_does_not_turn_so(f: Any, gate: str, target: str) -> None:
    message = said(f, [0.5, 0.25, 800.0], target=target)
    assert "sample 2" in message
    assert re.search(rf"\nthe gate that does not: {gate}", message)


def test_nothing_is_advised_where_nothing_is_composed() -> None:
    assert "the gate" not in said(lambda x: ag.exp(W * x), [0.5, 800.0])
    assert "the gate" not in said(lambda x: ag.exp(W * x) / (2 + x), [0.5, 800.0])
