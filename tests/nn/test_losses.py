"""Losses: the lectures' numbers, gradients, extremes, reductions (L11)."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Value, check_gradients, gradients

LOGITS = [0.3, -1.2, 0.8]
PROBABILITIES = [0.2, 0.5, 0.3]
CASES: list[tuple[str, Any, Any, float]] = [  # loss, prediction, target, value by the definition
    ("squared_error", 0.7, 2.0, 1.3**2),
    ("squared_error", [0.7, -1.0], [2.0, 1.0], 1.3**2 + 4.0),
    ("absolute_error", 0.7, 2.0, 1.3),
    ("absolute_error", [0.7, -1.0], [2.0, 1.0], 3.3),
    ("hinge", 0.7, 1, 0.3),
    ("hinge", 0.7, -1, 1.7),
    ("hinge", 1.7, 1, 0.0),
    ("exponential", 0.7, -1, math.exp(0.7)),
    ("logistic", 0.7, 1, math.log(1 + math.exp(-0.7))),
    ("logistic", 0.7, 0, math.log(1 + math.exp(0.7))),
    ("logistic", 0.7, 0.25, math.log(1 + math.exp(-0.7)) + 0.75 * 0.7),
    ("logistic", [0.7, -0.2], [1, 0], math.log(1 + math.exp(-0.7)) + math.log(1 + math.exp(-0.2))),
    ("binary_cross_entropy", 0.7, 1, -math.log(0.7)),
    ("binary_cross_entropy", [0.7, 0.2], [1, 0], -math.log(0.7) - math.log(0.8)),
    ("binary_cross_entropy", 0.7, 0, -math.log(0.3)),
    ("binary_cross_entropy", 0.7, 0.25, -0.25 * math.log(0.7) - 0.75 * math.log(0.3)),
    ("cross_entropy", LOGITS, 1, 1.2 + math.log(sum(map(math.exp, LOGITS)))),
    ("cross_entropy", LOGITS, [0, 1, 0], 1.2 + math.log(sum(map(math.exp, LOGITS)))),
    ("probability_cross_entropy", PROBABILITIES, 1, -math.log(0.5)),
    ("probability_cross_entropy", PROBABILITIES, [0, 1, 0], -math.log(0.5)),
    (
        "probability_cross_entropy",
        PROBABILITIES,
        [0.1, 0.6, 0.3],
        -0.1 * math.log(0.2) - 0.6 * math.log(0.5) - 0.3 * math.log(0.3),
    ),
    ("logarithmic", PROBABILITIES, 2, -math.log(0.3)),
    ("logarithmic", PROBABILITIES, [0, 0, 1], -math.log(0.3)),
    ("svm", LOGITS, 1, (0.3 + 1.2 + 1) + (0.8 + 1.2 + 1)),
    ("svm", LOGITS, 2, 0.3 - 0.8 + 1),
    ("svm", LOGITS, [0, 0, 1], 0.3 - 0.8 + 1),
]


def leaves_of(prediction: Any) -> Any:
    return [Value(f) for f in prediction] if isinstance(prediction, list) else Value(prediction)


@pytest.mark.parametrize(("name", "f", "y", "expected"), CASES)
def test_value_and_gradient(name: str, f: Any, y: Any, expected: float) -> None:
    loss = nn.LOSSES[name]
    assert loss(f, y) == pytest.approx(expected, rel=1e-14)
    assert loss(leaves_of(f), y).data == pytest.approx(expected, rel=1e-14)
    report = check_gradients(lambda f: loss(f, y), f, order=1)
    assert report[:2] == (len(f) if isinstance(f, list) else 1, [])
    if not isinstance(f, list):
        assert loss([f], y if not isinstance(y, list) else [y]) == loss(f, y), "a list of one"
    else:
        assert loss(np.array(f), y) == pytest.approx(expected, rel=1e-14)


def test_every_loss_has_a_case() -> None:
    assert {name for name, *_ in CASES} == set(nn.LOSSES)


def test_the_lectures_cross_entropy() -> None:
    # source B: y = [0, 0, 1], f = [0.3, 0.3, 0.4]
    assert nn.probability_cross_entropy([0.3, 0.3, 0.4], [0, 0, 1]) == -math.log(0.4)
    assert round(nn.probability_cross_entropy([0.3, 0.3, 0.4], [0, 0, 1]), 4) == 0.9163


def test_the_logit_forms_are_the_probability_forms() -> None:
    z = 0.8
    sigmoid = 1 / (1 + math.exp(-z))
    for y in (0, 1, 0.3):
        assert nn.logistic(z, y) == pytest.approx(nn.binary_cross_entropy(sigmoid, y), rel=1e-14)
    total = sum(map(math.exp, LOGITS))
    softmax = [math.exp(z) / total for z in LOGITS]
    for y in (0, [0.2, 0.3, 0.5]):
        expected = nn.probability_cross_entropy(softmax, y)
        assert nn.cross_entropy(LOGITS, y) == pytest.approx(expected, rel=1e-14)


def test_gradients_as_taught() -> None:
    """ŷ - y for the two on logits (the vectorised dZ = A - Y of L16), 2(ŷ - y) for squares."""
    z = Value(0.8)
    assert gradients(nn.logistic(z, 1), z) == pytest.approx(1 / (1 + math.exp(-0.8)) - 1)
    leaves = leaves_of(LOGITS)
    total = sum(map(math.exp, LOGITS))
    expected = [math.exp(z) / total - (k == 1) for k, z in enumerate(LOGITS)]
    assert gradients(nn.cross_entropy(leaves, 1), leaves) == pytest.approx(expected, rel=1e-14)
    f = Value(3.0)
    assert gradients(nn.squared_error(f, 5.0), f) == -4.0


def test_kinks() -> None:
    f = Value(1.0)
    assert gradients(nn.hinge(f, 1), f) == 0.0
    assert gradients(nn.absolute_error(f, 1.0), f) == 0.0


def test_logits_never_ask_for_the_logarithm_of_0() -> None:
    z = Value(-800.0)
    loss = nn.logistic(z, 1)
    assert (loss.data, gradients(loss, z)) == (800.0, -1.0)
    assert nn.logistic(-1e308, 1) == 1e308
    leaves = leaves_of([1000.0, -1000.0])
    assert nn.cross_entropy(leaves, 1).data == 2000.0
    with pytest.raises(ValueError, match="log"):
        nn.binary_cross_entropy(0.0, 1)
    assert nn.binary_cross_entropy(0.0, 0) == nn.binary_cross_entropy(1.0, 1) == 0.0
    assert nn.probability_cross_entropy([0.0, 1.0], [0, 1]) == 0.0


def test_zero_one() -> None:
    assert nn.zero_one([0.1, 0.7, 0.2], 1) == nn.zero_one([0.1, 0.7, 0.2], [0, 1, 0]) == 0.0
    assert nn.zero_one(leaves_of([0.1, 0.7, 0.2]), 2) == 1.0
    assert [nn.zero_one(f, y) for f, y in ((2.0, 1), (-2.0, -1), (-2.0, 0), (2.0, 0))] == [
        0,
        0,
        0,
        1,
    ]
    assert nn.zero_one(0.4, 1) == 0.0
    assert nn.zero_one(0.4, 1, threshold=0.5) == 1.0
    assert nn.zero_one([0.4], [1]) == 0.0
    assert nn.zero_one(np.float64(-0.4), 1) == 1.0
    assert nn.zero_one(np.array([0.1, 0.7]), np.int64(1)) == 0.0


def test_l2_penalty() -> None:
    w = [Value(3.0), Value(-4.0)]
    penalty = nn.l2_penalty(w, 0.1)
    assert penalty.data == 2.5
    assert gradients(penalty, w) == pytest.approx([0.6, -0.8])


def test_reductions() -> None:
    fs, ys = [Value(1.0), Value(4.0)], [0.0, 0.0]
    assert nn.over_batch("squared_error", fs, ys).data == 8.5
    assert nn.over_batch(nn.squared_error, fs, ys, "sum").data == 17.0
    assert gradients(nn.over_batch("squared_error", fs, ys), fs) == [1.0, 4.0]


def test_errors() -> None:
    with pytest.raises(ValueError, match=r"unknown loss 'sme'.*squared_error"):
        nn.over_batch("sme", [1.0], [1.0])
    with pytest.raises(ValueError, match="unknown reduction 'max'"):
        nn.over_batch("hinge", [1.0], [1.0], "max")
    with pytest.raises(ValueError, match="2 predictions for 1 targets"):
        nn.over_batch("hinge", [1.0, 2.0], [1.0])
    with pytest.raises(ValueError, match="gave 2 numbers, the target has 1"):
        nn.squared_error([1.0, 2.0], [1.0])
    with pytest.raises(ValueError, match="hinge takes a single score, got 2"):
        nn.hinge([1.0, 2.0], 1)
    with pytest.raises(ValueError, match=r"exponential takes the class 1 or -1, got 0"):
        nn.exponential(Value(0.3), 0)
    with pytest.raises(
        ValueError, match=r"binary_cross_entropy takes .*, got -1: .*\(y \+ 1\) / 2"
    ):
        nn.binary_cross_entropy(0.3, -1)
    with pytest.raises(ValueError, match=r"from 0 to 2, got 3"):
        nn.svm(LOGITS, 3)
    with pytest.raises(ValueError, match=r"from 0 to 2, got 0\.5"):
        nn.logarithmic(PROBABILITIES, 0.5)
    with pytest.raises(ValueError, match="target has 2 numbers for 3 classes"):
        nn.logarithmic(PROBABILITIES, [0, 1])


def test_pytorch_has_the_same_losses() -> None:
    torch = pytest.importorskip("torch")
    F = torch.nn.functional

    def tensor(x: Any) -> Any:
        return torch.tensor(x, dtype=torch.float64)

    peers = {
        "squared_error": lambda f, y: F.mse_loss(f, tensor(y), reduction="sum"),
        "absolute_error": lambda f, y: F.l1_loss(f, tensor(y), reduction="sum"),
        "hinge": lambda f, y: F.margin_ranking_loss(
            f[None], torch.zeros_like(f[None]), tensor([float(y)]), margin=1.0
        ),
        "exponential": lambda f, y: torch.exp(-y * f),
        "logistic": lambda f, y: F.binary_cross_entropy_with_logits(f, tensor(y), reduction="sum"),
        "binary_cross_entropy": lambda f, y: F.binary_cross_entropy(f, tensor(y), reduction="sum"),
        "cross_entropy": lambda f, y: F.cross_entropy(
            f, tensor(y) if isinstance(y, list) else torch.tensor(y)
        ),
        "probability_cross_entropy": lambda f, y: (
            -(tensor(y) * f.log()).sum() if isinstance(y, list) else -f[y].log()
        ),
        "logarithmic": lambda f, y: -f[y.index(1) if isinstance(y, list) else y].log(),
        "svm": lambda f, y: (
            F.multi_margin_loss(f[None], torch.tensor([y.index(1) if isinstance(y, list) else y]))
            * len(f)
        ),
    }
    for name, f, y, _ in CASES:
        y = (
            float(y)
            if name in ("squared_error", "absolute_error", "logistic") and not isinstance(y, list)
            else y
        )
        if name == "binary_cross_entropy" and not isinstance(y, list):
            y = float(y)
        leaves, peer_f = leaves_of(f), tensor(f).requires_grad_()
        ours, theirs = nn.LOSSES[name](leaves, y), peers[name](peer_f, y)
        theirs.sum().backward()
        assert ours.data == pytest.approx(theirs.item(), rel=1e-13), name
        expected = peer_f.grad.tolist()
        assert gradients(ours, leaves) == pytest.approx(expected, rel=1e-12, abs=1e-16), name


@pytest.mark.parametrize("kind", [np.int64, np.float32, np.array, Fraction])
def test_a_label_is_checked_whatever_kind_of_number_it_is(kind: Any) -> None:
    assert nn.hinge(0.25, kind(1)) == nn.hinge([0.25], [kind(1)]) == 0.75
    for loss, wrong in (
        (nn.hinge, 0),
        (nn.exponential, 2),
        (nn.logistic, -1),
        (nn.binary_cross_entropy, 5),
    ):
        with pytest.raises(ValueError, match=f"{loss.__name__} takes the class .*, got {wrong}"):
            loss(0.25, kind(wrong))
    with pytest.raises(ValueError, match="hinge takes the class 1 or -1, got 0"):
        nn.over_batch("hinge", [0.3, 2.0, -1.0], np.array([0, 1, 0]))


def test_torch_labels() -> None:
    torch = pytest.importorskip("torch")
    with pytest.raises(ValueError, match="hinge takes the class 1 or -1, got 0"):
        nn.hinge(0.25, torch.tensor(0))
    logits = [Value(z) for z in LOGITS]
    expected = nn.cross_entropy(LOGITS, 2)
    assert nn.cross_entropy(logits, torch.tensor(2)).data == pytest.approx(expected)


@pytest.mark.parametrize(
    ("loss", "f", "y", "message"),
    [
        (nn.hinge, 0.25, "1", "hinge: the target must be a number, got '1'"),
        (nn.logistic, 0.25, math.nan, "logistic: the target is nan"),
        (nn.logarithmic, 0.4, 0, "logarithmic takes a number for each class, got the single 0.4"),
        (nn.svm, 0.4, 0, "svm takes a number for each class, got the single 0.4"),
        (nn.svm, LOGITS, [1, 1, 0], r"1 for it and 0 elsewhere, got \[1, 1, 0\]"),
        (nn.logarithmic, PROBABILITIES, [0, 0, 2], "1 for it and 0 elsewhere"),
        (nn.probability_cross_entropy, PROBABILITIES, [1, 1, 0], "must add up to 1, got 2"),
    ],
)
def test_targets_and_predictions_of_another_kind(loss: Any, f: Any, y: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        loss(f, y)


def test_what_check_target_refuses() -> None:
    from nn.losses import check_target

    for y in ([1, 1, 0], [0, 0, 2], [0, 0, 0], [-1, 1, 1]):
        for loss in (nn.cross_entropy, nn.probability_cross_entropy, nn.svm, nn.logarithmic):
            with pytest.raises(ValueError, match="target"):
                check_target(loss, y, 3)
    check_target(nn.cross_entropy, [0.2, 0.3, 0.5], 3)
    with pytest.raises(ValueError, match="1 for it and 0 elsewhere"):
        check_target(nn.svm, [0.2, 0.3, 0.5], 3)


def test_a_sure_network_and_an_overflow() -> None:
    assert nn.logistic(math.inf, 1) == nn.logistic(-math.inf, 0) == 0.0
    assert nn.logistic(Value(math.inf), 1).data == 0.0
    assert nn.squared_error(1e200, 0.0) == nn.squared_error(Value(1e200), 0.0).data == math.inf


def test_nan_predicts_nothing() -> None:
    assert nn.zero_one(math.nan, 0) == nn.zero_one([math.nan, 1.0], 0) == 1.0
    assert nn.zero_one([1.0, math.nan], 0) == nn.zero_one(Value(math.nan), 1) == 1.0


@pytest.mark.parametrize(
    ("short", "loss"),
    [("mse", nn.squared_error), ("mae", nn.absolute_error), ("bce", nn.binary_cross_entropy)],
)
def test_names_that_people_type(short: str, loss: Any) -> None:
    assert nn.over_batch(short, [0.5], [1.0]) == loss(0.5, 1.0)
