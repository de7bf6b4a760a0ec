"""Each layer against a formula over arrays, against PyTorch, and compiled against itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nn
from autograd import Value, compile, dot, sum

from .peers import CASES, Case, convolution, largest, mean

TOLERANCE = 1e-12


def drawn(case: Case, *batch: int) -> Any:
    """A sample, or a batch of them."""
    rng = np.random.default_rng(3)
    shape = (*batch, *case.shape)
    return rng.integers(0, case.tokens, shape) if case.tokens else rng.normal(size=shape)


def shaken(layer: nn.Module) -> nn.Module:
    """The layer with weights that are all different from 0 and from each other."""
    rng = np.random.default_rng(2)
    for parameter in layer.parameters():
        parameter.data += rng.normal(0, 0.5)
    return layer


def as_values(x: Any) -> Any:
    return [as_values(each) for each in x] if isinstance(x, list) else Value(x)


def weights_of(count: int) -> list[float]:
    """A factor for each output, so that each has its own influence on a loss."""
    return np.random.default_rng(4).normal(size=count).tolist()  # type: ignore[no-any-return]


def values_and_slopes(layer: nn.Module, x: Any, tokens: int) -> tuple[Any, list[Any], Any]:
    """Outputs, and the gradient of a loss of them by every parameter (in their order) and by x."""
    layer.zero_grad()
    inputs = x.tolist() if tokens else as_values(x.tolist())
    outputs = layer(inputs)
    flat = nn.values_in(outputs)
    loss = dot(weights_of(len(flat)), flat)
    slopes: Any = 0
    if isinstance(loss, Value):
        loss.backward()
        slopes = [] if tokens else [each.grad or 0.0 for each in nn.values_in(inputs)]
    gradient = [parameter.grad or 0.0 for parameter in layer.parameters()]
    return outputs, gradient, slopes


def numbers(nested: Any) -> Any:
    data = [v.data if isinstance(v, Value) else v for v in nn.values_in(nested)]
    return np.array(data)


@pytest.mark.parametrize("name", CASES)
def test_values_and_gradients_are_those_of_the_formula(name: str) -> None:
    case = CASES[name]
    layer, x = shaken(case.layer()), drawn(case)
    state = {key: np.array(table) for key, table in layer.state_dict().items()}
    outputs, gradient, slopes = values_and_slopes(layer, x, case.tokens)
    expected = case.formula(state, x)
    assert nn.nested.shape(outputs) == expected.shape
    np.testing.assert_allclose(numbers(outputs), expected.ravel(), TOLERANCE, TOLERANCE)
    factors = np.array(weights_of(expected.size))

    def slope(arrays: dict[str, Any], x: Any, moved: Any, place: Any) -> float:
        moved[place] += 1e-100j
        found = (factors @ case.formula(arrays, x).ravel()).imag / 1e-100
        moved[place] -= 1e-100j
        return float(found)

    arrays = {key: table.astype(complex) for key, table in state.items()}
    wanted = [
        slope(arrays, x, table, k) for table in arrays.values() for k in np.ndindex(table.shape)
    ]
    np.testing.assert_allclose(gradient, wanted, TOLERANCE, TOLERANCE)
    if not case.tokens:
        z = x.astype(complex)
        wanted = [slope(arrays, z, z, k) for k in np.ndindex(z.shape)]
        np.testing.assert_allclose(slopes, wanted, TOLERANCE, TOLERANCE)


@pytest.mark.parametrize("name", CASES)
def test_compiled_is_equal_to_eager(name: str) -> None:
    case = CASES[name]
    layer, xs = shaken(case.layer()), drawn(case, 3)
    flat = nn.Sequential(layer, nn.Flatten())
    size = len(flat(xs[0].tolist()))

    def loss(x: Any) -> Any:
        return dot(weights_of(size), flat(x)) if parameters else sum(flat(x)) * scale

    scale = Value(2.0)  # so that there is something to differentiate by
    parameters = layer.parameters()
    program = compile(loss, shapes=[case.shape], target="numpy")
    losses, gradients = [], []
    for x in xs:
        scale.grad = None
        for parameter in program.parameters:
            parameter.grad = None
        value = loss(x.tolist())
        value.backward()
        losses.append(value.data)
        gradients.append([parameter.grad or 0.0 for parameter in program.parameters])
    value, gradient = program.value_and_grad(xs)
    np.testing.assert_allclose(value, np.mean(losses), TOLERANCE, TOLERANCE)
    np.testing.assert_allclose(gradient, np.mean(gradients, axis=0), TOLERANCE, TOLERANCE)
    outputs = compile(layer, shapes=[case.shape])
    expected = [nn.nested.plain(layer(x.tolist())) for x in xs]
    np.testing.assert_allclose(outputs(xs), expected, TOLERANCE, TOLERANCE)
    assert not program.note and not outputs.note


@pytest.mark.parametrize("name", CASES)
def test_pytorch_gives_the_same_and_takes_the_same_weights(name: str, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from safetensors.torch import load_file, save_file

    case = CASES[name]
    layer, peer = shaken(case.layer()), case.torch(torch.nn).double()

    def compare() -> None:
        x = drawn(case)
        tensor = torch.tensor(x)
        peer.zero_grad()
        if not case.tokens:
            tensor.requires_grad_()
        expected = peer(tensor)
        expected = expected[0] if isinstance(expected, tuple) else expected
        outputs, gradient, slopes = values_and_slopes(layer, x, case.tokens)
        assert nn.nested.shape(outputs) == tuple(expected.shape)
        np.testing.assert_allclose(
            numbers(outputs), expected.flatten().tolist(), TOLERANCE, TOLERANCE
        )
        if not expected.requires_grad:
            return
        factors = torch.tensor(weights_of(expected.numel()), dtype=torch.float64)
        (factors @ expected.flatten()).backward()
        theirs = dict(peer.named_parameters())
        wanted = [
            slope for name in layer.state_dict() for slope in theirs[name].grad.flatten().tolist()
        ]
        np.testing.assert_allclose(gradient, wanted, TOLERANCE, TOLERANCE)
        if not case.tokens:
            np.testing.assert_allclose(slopes, tensor.grad.flatten(), TOLERANCE, TOLERANCE)

    assert [name for name, _ in peer.named_parameters()] == list(layer.state_dict())
    nn.save(layer, tmp_path / "ours")
    peer.load_state_dict(load_file(tmp_path / "ours"))
    compare()
    for parameter in peer.parameters():
        torch.nn.init.normal_(parameter)
    save_file(peer.state_dict(), tmp_path / "theirs")
    nn.load(layer, tmp_path / "theirs")
    compare()


# ------------------------------------------------------------------ windows of any sizes


@st.composite
def looks(draw: Any) -> tuple[Any, ...]:
    """Kernel, stride, padding, and the size of an image that they fit."""
    kernel = draw(st.tuples(st.integers(1, 4), st.integers(1, 3)))
    stride = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    padding = tuple(draw(st.integers(0, 2)) for _ in kernel)
    least = [max(1, k - 2 * p) for k, p in zip(kernel, padding, strict=True)]
    return kernel, stride, padding, tuple(draw(st.integers(n, n + 4)) for n in least)


@settings(max_examples=30, deadline=None)
@given(looks(), st.integers(1, 2), st.integers(1, 3))
def test_convolutions_of_any_size(look: Any, channels: int, maps: int) -> None:
    kernel, stride, padding, size = look
    layer = nn.Conv2d(channels, maps, kernel, stride, padding, rng=0)
    xs = np.random.default_rng(0).normal(size=(2, channels, *size))
    state = {key: np.array(table) for key, table in layer.state_dict().items()}
    formula = convolution(stride, padding)
    expected = [formula(state, x) for x in xs]
    got = [numbers(layer(x)) for x in xs]
    np.testing.assert_allclose(got, np.reshape(expected, (2, -1)), TOLERANCE, TOLERANCE)
    program = compile(layer, shapes=[xs.shape[1:]], target="numpy")
    np.testing.assert_allclose(program(xs), expected, TOLERANCE, TOLERANCE)


@settings(max_examples=30, deadline=None)
@given(looks())
def test_poolings_of_any_size(look: Any) -> None:
    kernel, stride, padding, size = look
    padding = tuple(min(p, k // 2) for p, k in zip(padding, kernel, strict=True))
    size = tuple(max(n, k) for n, k in zip(size, kernel, strict=True))
    x = np.random.default_rng(0).normal(size=(2, *size))
    for layer, formula in (
        (nn.MaxPool2d(kernel, stride, padding), largest(kernel, stride, padding)),
        (nn.AvgPool2d(kernel, stride, padding), mean(kernel, stride, padding)),
    ):
        np.testing.assert_allclose(layer(x), formula({}, x), TOLERANCE, TOLERANCE)
