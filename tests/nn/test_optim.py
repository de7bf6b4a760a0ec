"""Optimizers against PyTorch's sequences, schedules, clipping."""

from __future__ import annotations

import math
import pickle
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Value

START = [0.5, -1.0, 2.0]

CASES: dict[str, tuple[Any, str, dict[str, Any]]] = {  # ours, PyTorch's name, settings
    "sgd": (nn.SGD, "SGD", {"lr": 0.1}),
    "momentum": (nn.SGD, "SGD", {"lr": 0.1, "momentum": 0.9}),
    "nesterov": (nn.SGD, "SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    "decay": (nn.SGD, "SGD", {"lr": 0.1, "momentum": 0.5, "weight_decay": 0.3}),
    "adam": (nn.Adam, "Adam", {"lr": 0.1}),
    "adam-settings": (
        nn.Adam,
        "Adam",
        {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.1},
    ),
    "adamw-settings": (
        nn.AdamW,
        "AdamW",
        {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.1},
    ),
    "rmsprop": (nn.RMSProp, "RMSprop", {"lr": 0.05}),
    "rmsprop-settings": (
        nn.RMSProp,
        "RMSprop",
        {"lr": 0.05, "alpha": 0.9, "eps": 1e-3, "weight_decay": 0.1},
    ),
    "adagrad": (nn.AdaGrad, "Adagrad", {"lr": 0.2}),
    "adagrad-settings": (nn.AdaGrad, "Adagrad", {"lr": 0.2, "eps": 1e-3, "weight_decay": 0.1}),
}

# The parameters after 1, 2 and 20 steps of torch 2.13's optimizers, float64, from START:
#     for k in range(20):
#         theta.grad = torch.tensor(gradient(k), dtype=torch.float64); optimizer.step()
PYTORCH: dict[str, dict[int, list[float]]] = {
    "sgd": {
        1: [0.4, -1.108060461173628, 2.1248440509641426],
        2: [0.31224174381096276, -1.1222079015071686, 2.3651871356282226],
        20: [0.5145743897116781, -0.3324130167840805, 3.0383731900623143],
    },
    "momentum": {
        1: [0.4, -1.108060461173628, 2.1248440509641426],
        2: [0.22224174381096273, -1.2194623165634337, 2.4775467814959513],
        20: [-0.2891500052785515, 1.557076788742423, 8.512233471553937],
    },
    "nesterov": {
        1: [0.31, -1.205314876229893, 2.2372036968318714],
        2: [0.06225931324082918, -1.319723986414259, 2.7949792389745793],
        20: [-0.19566061503901827, 1.9689560930841004, 8.89938331446086],
    },
    "decay": {
        1: [0.385, -1.078060461173628, 2.0648440509641426],
        2: [0.22819174381096272, -1.0988963182587737, 2.27566383958137],
        20: [0.129835478286945, 0.5029467324794652, 1.8931854441787512],
    },
    "adam": {
        1: [0.400000001, -1.0999999990745921, 2.099999999199001],
        2: [0.30055107375015067, -1.176102955570082, 2.196918174538833],
        20: [0.11137155319188378, -0.7812642479652103, 2.7611030284826077],
    },
    "adam-settings": {
        1: [0.4500475737392959, -1.0499490629939976, 2.049952355565141],
        2: [0.4004779773764614, -1.0831945774003504, 2.0985196957618344],
        20: [0.30230256659189686, -0.8383097680601577, 2.2702085108265964],
    },
    "adamw-settings": {
        1: [0.44754995004995, -1.0449537723864548, 2.039959982088291],
        2: [0.39574969534964705, -1.076399163299424, 2.078722762086733],
        20: [0.30435519329719113, -0.803019021709438, 2.1265895614527044],
    },
    "rmsprop": {
        1: [4.99999951997232e-08, -1.4999999537296111, 2.499999959950037],
        2: [-0.3307370959001479, -1.5652282447348325, 2.9441819909622993],
        20: [0.16559941074102127, -0.21621624924404098, 3.5604397934185736],
    },
    "rmsprop-settings": {
        1: [0.34236087763446205, -1.1576056325220596, 2.157638418312017],
        2: [0.23585088327136722, -1.1619595751269645, 2.3013847978485016],
        20: [0.3808752431989119, -0.6301421537091839, 2.4172117057290867],
    },
    "adagrad": {
        1: [0.30000000002, -1.1999999999814919, 2.19999999998398],
        2: [0.1680793433550291, -1.2259627437943255, 2.3774839534962258],
        20: [0.36207955230132255, -0.6929849415086874, 2.620953233725967],
    },
    "adagrad-settings": {
        1: [0.30019029495718363, -1.1997962519759904, 2.199809422260564],
        2: [0.16949583803818652, -1.2041747198560921, 2.380027239399867],
        20: [0.32237287730806174, -0.608711458487998, 2.5121799053007408],
    },
}


def gradient(k: int) -> list[float]:
    """The gradients of step k, given beforehand so that only the rule counts."""
    return [(i + 1) * math.cos(0.5 * k + i) for i in range(3)]


def on_values(name: str, steps: int = 20) -> list[list[float]]:
    kind, _, settings = CASES[name]
    parameters = [Value(x) for x in START]
    optimizer = kind(parameters, **settings)
    rows = []
    for k in range(steps):
        for parameter, g in zip(parameters, gradient(k), strict=True):
            parameter.grad = g
        optimizer.step()
        rows.append([parameter.data for parameter in parameters])
    return rows


@pytest.mark.parametrize("name", CASES)
def test_the_sequence_is_pytorchs_as_recorded(name: str) -> None:
    rows = on_values(name)
    for step, expected in PYTORCH[name].items():
        assert rows[step - 1] == pytest.approx(expected, rel=1e-12, abs=1e-12), f"step {step}"


@pytest.mark.parametrize("name", CASES)
def test_the_sequence_is_pytorchs(name: str) -> None:
    torch = pytest.importorskip("torch")
    _, peer, settings = CASES[name]
    theta = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    optimizer = getattr(torch.optim, peer)([theta], **settings)
    for k, row in enumerate(on_values(name)):
        theta.grad = torch.tensor(gradient(k), dtype=torch.float64)
        optimizer.step()
        assert row == pytest.approx(theta.tolist(), rel=1e-12, abs=1e-12), f"step {k + 1}"


@pytest.mark.parametrize("name", CASES)
def test_the_same_rule_runs_on_a_vector(name: str) -> None:
    kind, _, settings = CASES[name]
    optimizer, theta, state = kind([Value(0.0)], **settings), np.array(START), {}
    for k, row in enumerate(on_values(name)):
        theta = optimizer.update(theta, np.array(gradient(k)), state)
        assert theta.tolist() == pytest.approx(row, rel=1e-14), f"step {k + 1}"


def test_a_parameter_without_gradient_stays() -> None:
    x, y = Value(1.0), Value(2.0)
    optimizer = nn.Adam([x, y], lr=0.1)
    (x * x).backward()
    optimizer.step()
    assert (x.data != 1.0, y.data) == (True, 2.0)
    optimizer.zero_grad()
    assert x.grad is None


def test_gradient_descent_finds_the_minimum() -> None:  # L12
    x = Value(10.0)
    optimizer = nn.SGD([x], lr=0.1)
    for _ in range(200):
        optimizer.zero_grad()
        ((x - 3) ** 2).backward()
        optimizer.step()
    assert x.data == pytest.approx(3.0, abs=1e-12)


SCHEDULES = {
    "linear": (
        nn.linear(0.5, 0.1, 10),
        "LinearLR",
        {"start_factor": 1.0, "end_factor": 0.2, "total_iters": 10},
    ),
    "step": (nn.step_decay(0.5, 4, 0.3), "StepLR", {"step_size": 4, "gamma": 0.3}),
    "exponential": (nn.exponential_decay(0.5, 0.9), "ExponentialLR", {"gamma": 0.9}),
    "cosine": (nn.cosine(0.5, 10, 0.1), "CosineAnnealingLR", {"T_max": 10, "eta_min": 0.1}),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules_are_pytorchs(name: str) -> None:
    torch = pytest.importorskip("torch")
    schedule, peer, settings = SCHEDULES[name]
    optimizer = torch.optim.SGD([torch.tensor(0.0, requires_grad=True)], lr=0.5)
    scheduler = getattr(torch.optim.lr_scheduler, peer)(optimizer, **settings)
    for k in range(11):
        assert schedule(k) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-12)
        optimizer.step()
        scheduler.step()


@pytest.mark.parametrize(
    ("name", "steps", "expected"),
    [
        ("linear", (0, 5, 10, 99), [0.5, 0.3, 0.1, 0.1]),
        ("step", (3, 4, 8), [0.5, 0.15, 0.045]),
        ("exponential", (0, 1, 2), [0.5, 0.45, 0.405]),
        ("cosine", (0, 5, 10, 99), [0.5, 0.3, 0.1, 0.1]),
    ],
)
def test_schedules_by_hand(name: str, steps: tuple[int, ...], expected: list[float]) -> None:
    assert [SCHEDULES[name][0](k) for k in steps] == pytest.approx(expected, rel=1e-12)


def test_an_optimizer_follows_its_schedule() -> None:
    x = Value(0.0)
    optimizer = nn.SGD([x], lr=nn.step_decay(1.0, 1, 0.5))
    for expected in (-1.0, -1.5, -1.75):
        x.grad = 1.0
        optimizer.step()
        assert x.data == expected
    assert (optimizer.steps, optimizer.rate) == (3, 0.125)
    optimizer.lr = 2.0
    assert optimizer.rate == 2.0


def test_clipping() -> None:
    x, y, z = Value(0.0), Value(0.0), Value(0.0)
    x.grad, y.grad = 3.0, -4.0
    assert nn.clip_grad_norm([x, y, z], 10.0) == 5.0
    assert (x.grad, y.grad, z.grad) == (3.0, -4.0, None)
    assert nn.clip_grad_norm([x, y, z], 1.0) == 5.0
    assert (x.grad, y.grad) == pytest.approx((0.6, -0.8))
    nn.clip_grad_value([x, y, z], 0.7)
    assert x.grad == pytest.approx(0.6) and y.grad == -0.7 and z.grad is None
    x.grad = y.grad = 1e300
    assert nn.clip_grad_norm([x, y], 1.0) == pytest.approx(math.sqrt(2) * 1e300)
    assert x.grad == pytest.approx(math.sqrt(0.5))
    x.grad = math.nan
    with pytest.raises(ValueError, match="norm of the gradients is nan"):
        nn.clip_grad_norm([x, y], 1.0)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: nn.SGD([]), ValueError, "got no parameters"),
        (lambda: nn.SGD(nn.Layer(1, 1)), TypeError, r"SGD takes parameters: .*\.parameters\(\)"),
        (lambda: nn.SGD([1.0]), TypeError, "must be leaf Values, got 1.0"),
        (lambda: nn.SGD([Value(1.0) * 2]), TypeError, "must be leaf Values"),
        (lambda: nn.SGD([Value(1.0)], lr=-1.0), ValueError, "SGD: lr must be at least 0 .*-1.0"),
        (lambda: nn.SGD([Value(1.0)], lr=math.nan), ValueError, "SGD: lr must be .*, got nan"),
        (lambda: nn.SGD([Value(1.0)], momentum=1.0), ValueError, "momentum must be .*, got 1.0"),
        (lambda: nn.SGD([Value(1.0)], nesterov=True), ValueError, "nesterov needs a momentum"),
        (lambda: nn.SGD([Value(1.0)], weight_decay=-1), ValueError, "weight_decay must be"),
        (lambda: nn.Adam([Value(1.0)], betas=(0.9, 1.0)), ValueError, "betas must be"),
        (lambda: nn.RMSProp([Value(1.0)], alpha=-0.1), ValueError, "alpha must be"),
    ],
)  # fmt: skip
def test_settings_out_of_range(make, error, message) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize(
    ("act", "error", "message"),
    [
        (lambda x: nn.Adam([x], eps=-1), ValueError, "Adam: eps must be above 0 .*, got -1"),
        (lambda x: nn.AdaGrad([x], eps=0), ValueError, "AdaGrad: eps must be above 0"),
        (lambda x: nn.RMSProp([x], eps=math.inf), ValueError, "RMSProp: eps must be above 0"),
        (lambda x: nn.SGD([x], lr="0.1"), TypeError, "SGD: lr must be a number .*, got '0.1'"),
        (lambda x: nn.SGD([x], lr=lambda k: -1).step(), ValueError, "rate of step 0 must be .* -1"),
        (lambda x: nn.SGD([[x]]), TypeError, r"leaf Values, got \[Value.*: give a flat list"),
        (lambda x: nn.clip_grad_value([x], -1.0), ValueError, "limit must be above 0, got -1.0"),
        (lambda x: nn.clip_grad_norm([x], 0), ValueError, "max_norm must be above 0, got 0"),
        (lambda x: nn.linear(1.0, 0.1, 0), ValueError, "linear: steps must be an int"),
        (lambda x: nn.step_decay(1.0, 0), ValueError, "step_decay: every must be an int"),
        (lambda x: nn.cosine(1.0, 2.5), TypeError, "cosine: steps must be an int .*, got 2.5"),
    ],
)  # fmt: skip
def test_what_would_turn_training_around(act, error, message) -> None:  # type: ignore[no-untyped-def]
    x = Value(1.0)
    x.grad = 1.0
    with pytest.raises(error, match=message):
        act(x)
    assert (x.data, x.grad) == (1.0, 1.0)


def test_a_gradient_that_is_nan_is_not_clipped_to_a_number() -> None:
    x, y = Value(1.0), Value(1.0)
    x.grad, y.grad = math.nan, -math.inf
    nn.clip_grad_value([x, y], 1.0)
    assert math.isnan(x.grad) and y.grad == -1.0


def test_an_optimizer_shows_its_settings_and_pickles_with_its_schedule() -> None:
    optimizer = nn.SGD([Value(1.0)], lr=nn.cosine(0.1, 10), momentum=0.9)
    assert repr(optimizer) == (
        "SGD(1 parameter, lr=cosine(first=0.1, steps=10, last=0.0), weight_decay=0.0, "
        "momentum=0.9, nesterov=False)"
    )
    twin = pickle.loads(pickle.dumps(optimizer))
    assert repr(twin) == repr(optimizer) and twin.rate == 0.1
    assert "2 parameters" in repr(nn.Adam([Value(1.0), Value(2.0)]))
