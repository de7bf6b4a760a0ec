"""Convolutions: settings, initial weights, errors. What they compute is in test_peers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Value, compile, sum


def test_the_same_weights_look_at_every_place() -> None:
    edges = nn.Conv2d(1, 1, (1, 2), bias=False)
    edges.load_state_dict({"weight": [[[[-1.0, 1.0]]]]})
    image = [[[0.0, 0.0, 5.0, 5.0], [0.0, 5.0, 5.0, 5.0]]]
    assert [[y.data for y in row] for row in edges(image)[0]] == [[0, 5, 0], [5, 0, 0]]


def test_a_window_is_one_dot_gate() -> None:
    convolution = nn.Conv1d(2, 1, 3, padding=1, rng=0)
    ((first, *_),) = convolution([[1.0, 2.0], [3.0, 4.0]])
    assert isinstance(first, Value) and first.op is not None and first.op.name == "dot"
    weights = nn.values_in(convolution.weight)
    assert [o for o in first.operands if o.kind == "leaf"] == [*weights, *convolution.bias]


@pytest.mark.parametrize("layer", [nn.Conv1d(3, 40, 5, rng=0), nn.Conv2d(2, 40, (2, 3), rng=0)])
def test_initial_weights_are_pytorchs(layer: Any) -> None:
    seen = layer.in_channels * int(np.prod(layer.kernel_size))
    for parameter in layer.state_dict().values():
        numbers = np.array(parameter)
        assert abs(numbers).max() <= seen**-0.5
        assert numbers.std() == pytest.approx((3 * seen) ** -0.5, rel=0.2)
    assert nn.Conv1d(2, 3, 2, rng=5).state_dict() == nn.Conv1d(2, 3, 2, rng=5).state_dict()
    he = nn.Conv1d(3, 40, 5, init="he", rng=0)
    assert np.std(he.state_dict()["weight"]) == pytest.approx((2 / 15) ** 0.5, rel=0.2)


def test_reprs_are_pytorchs() -> None:
    assert repr(nn.Conv1d(2, 3, 4, bias=False)) == (
        "Conv1d(2, 3, kernel_size=(4,), stride=(1,), bias=False): 24 parameters"
    )
    assert str(nn.Conv2d(1, 6, 5, stride=(1, 2), padding=2)) == (
        "Conv2d(1, 6, kernel_size=(5, 5), stride=(1, 2), padding=(2, 2))"
    )


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: nn.Conv2d(0, 1, 3), ValueError, "Conv2d: in_channels must be .* 1, got 0"),
        (lambda: nn.Conv1d(1, 2.5, 3), TypeError, "Conv1d: out_channels must be an int"),  # type: ignore[arg-type]
        (lambda: nn.Conv2d(1, 1, (3, 0)), ValueError, "Conv2d: kernel_size .* at least 1, got 0"),
        (lambda: nn.Conv2d(1, 1, 3, stride=0), ValueError, "stride .* at least 1, got 0"),
        (lambda: nn.Conv2d(1, 1, 3, padding=-1), ValueError, "padding .* at least 0, got -1"),
        (
            lambda: nn.Conv2d(1, 1, (3, 3, 3)),
            ValueError,
            r"kernel_size is an int, or one for each of height, width, got \(3, 3, 3\)",
        ),
        (lambda: nn.Conv1d(1, 1, "3"), TypeError, "kernel_size must be an int"),  # type: ignore[arg-type]
        (lambda: nn.Conv1d(1, 1, 3, init="?"), ValueError, "unknown initialization"),
        (
            lambda: nn.Conv2d(3, 8, 2)(np.zeros((1, 4, 4))),
            ValueError,
            r"Conv2d\(3, 8, .* takes one sample of shape \(3, height, width\), got \(1, 4, 4\)$",
        ),
        (
            lambda: nn.Conv2d(1, 8, 2)(np.zeros((4, 4))),
            ValueError,
            r"shape \(1, height, width\), got \(4, 4\): write \[x\]$",
        ),
        (
            lambda: nn.Conv1d(1, 8, 2)(np.zeros((32, 1, 4))),
            ValueError,
            r"shape \(1, length\), got \(32, 1, 4\): write \[model\(x\) for x in X\]$",
        ),
        (lambda: nn.Conv1d(2, 1, 2)([[1, 2, 3], [1, 2]]), ValueError, r"got \(2, ragged\)"),
        (lambda: nn.Conv1d(2, 1, 2)([[], []]), ValueError, r"got \(2, 0\)"),
        (lambda: nn.Conv1d(2, 1, 2)(3.0), TypeError, r"shape \(2, length\), got 3.0"),
        (
            lambda: nn.Conv2d(1, 1, (2, 5), padding=1)(np.zeros((1, 4, 2))),
            ValueError,
            "takes a width of at least 3, got 2",
        ),
        (
            lambda: nn.Conv1d(1, 1, 5)([[1.0, 2.0]]),
            ValueError,
            r"Conv1d\(1, 1, .* takes a length of at least 5, got 2",
        ),
    ],
)
def test_errors_name_the_layer_what_it_takes_and_what_it_got(
    make: Callable[[], Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        make()


STACKS: dict[str, list[Any]] = {
    "padded": [nn.Conv2d(1, 3, 3, padding=1), "relu", nn.Conv2d(3, 4, 3, padding=1), "tanh"],
    "strided": [nn.Conv2d(1, 3, 5, 2, 2), "relu", nn.Conv2d(3, 4, 3, 2, 1), "relu"],
    "a pooling that overlaps": [
        *(nn.Conv2d(1, 3, 3, padding=1), "relu", nn.MaxPool2d(3, 1, 1)),
        *(nn.Conv2d(3, 4, 3), "relu"),
    ],
    "LeNet": [
        *(nn.Conv2d(1, 3, 5, padding=2), "tanh", nn.AvgPool2d(2)),
        *(nn.Conv2d(3, 4, 3), "tanh", nn.AvgPool2d(2)),
    ],
}


@pytest.mark.parametrize("name", STACKS)
def test_compiled_each_convolution_is_one_product(name: str) -> None:
    features = nn.Sequential(*STACKS[name], nn.Flatten())
    head = nn.Layer(len(features(np.zeros((1, 8, 8)))), 3)

    def loss(x: Any, y: Any) -> Value:
        return nn.cross_entropy(head(features(x)), y)

    program = compile(loss, shapes=[(1, 8, 8), ()], target="numpy")
    forward = program.source.partition("# backward")[0]
    assert len([line for line in forward.splitlines() if "@ W" in line]) == 3
    xs, ys = np.random.default_rng(0).normal(size=(3, 1, 8, 8)), np.array([0.0, 1.0, 2.0])
    value, gradient = program.value_and_grad(xs, ys)
    whole = sum([loss(x, y) for x, y in zip(xs.tolist(), ys.tolist(), strict=True)]) / 3
    whole.backward()
    assert value == pytest.approx(whole.data, rel=1e-12)
    expected = [parameter.grad for parameter in program.parameters]
    np.testing.assert_allclose(gradient, expected, 1e-12, 1e-12)
