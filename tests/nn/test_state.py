"""State dictionaries and safetensors files, ours and PyTorch's."""

from __future__ import annotations

import json
import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Value

X = [[0.1, -0.2], [1.5, 0.3], [-0.7, 2.0]]


def test_round_trip_through_a_file(tmp_path: Path) -> None:
    model, twin = nn.MLP(2, [3, 1], rng=0), nn.MLP(2, [3, 1], rng=1)
    nn.save(model, tmp_path / "model.safetensors")
    nn.load(twin, str(tmp_path / "model.safetensors"))
    assert twin.state_dict() == model.state_dict()
    assert [twin(x).data for x in X] == [model(x).data for x in X]


def test_a_neurons_bias_is_a_number(tmp_path: Path) -> None:
    neuron, twin = nn.Neuron(2, rng=0), nn.Neuron(2, rng=1)
    nn.save(neuron, tmp_path / "neuron")
    nn.load(twin, tmp_path / "neuron")
    assert twin.state_dict() == neuron.state_dict()


def test_the_file_is_float64_with_pytorchs_names_and_shapes(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    nn.save(nn.MLP(4, [6, 3], rng=0), path)
    raw = path.read_bytes()
    header = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])
    assert {name: (entry["dtype"], entry["shape"]) for name, entry in header.items()} == {
        "layers.0.weight": ("F64", [6, 4]),
        "layers.0.bias": ("F64", [6]),
        "layers.1.weight": ("F64", [3, 6]),
        "layers.1.bias": ("F64", [3]),
    }


def test_loading_sets_the_values_that_are_there() -> None:
    model = nn.Layer(2, 1)
    optimizer = nn.SGD(model.parameters(), lr=1.0)
    model.load_state_dict({"weight": np.array([[1, 2]]), "bias": (3,)})
    model([1.0, 1.0])[0].backward()
    optimizer.step()
    assert model.state_dict() == {"weight": [[0.0, 1.0]], "bias": [2.0]}


GOOD: dict[str, Any] = {"weight": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], "bias": [0.0, 0.0, 0.0]}


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"bias": None}, ValueError, r"don't fit Layer\(2 → 3\): missing: bias"),
        ({"b": [1.0]}, ValueError, r"unknown: b$"),
        ({"bias": None, "b": [1.0]}, ValueError, r"missing: bias; unknown: b"),
        (
            {"weight": [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]},
            ValueError,
            r"weight of Layer\(2 → 3\) has shape \(3, 2\), got \(2, 3\)",
        ),
        ({"bias": [[0.0]] * 3}, ValueError, r"bias .* has shape \(3,\), got \(3, 1\)"),
        ({"weight": [[1.0], [1.0, 2.0], [1.0]]}, ValueError, r"got \(3, 'ragged'\)"),
        ({"bias": [0.0, float("nan"), 0.0]}, ValueError, r"Layer.*: bias\[1\] is nan"),
        ({"bias": [0.0, "1", 0.0]}, TypeError, r"Layer.*: bias\[1\] must be a number, got '1'"),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(
    change: dict[str, Any], error: Any, message: str
) -> None:
    layer = nn.Layer(2, 3, rng=0)
    before = layer.state_dict()
    state = {name: numbers for name, numbers in {**GOOD, **change}.items() if numbers is not None}
    with pytest.raises(error, match=message):
        layer.load_state_dict(state)
    assert layer.state_dict() == before


def test_a_file_never_executes(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> Any:
            return (Path(tmp_path / "executed").touch, ())

    path = tmp_path / "evil.safetensors"
    path.write_bytes(pickle.dumps(Evil()))
    with pytest.raises(ValueError, match=r"evil\.safetensors is no safetensors file"):
        nn.load(nn.Layer(2, 1), path)
    assert not (tmp_path / "executed").exists()
    with pytest.raises(OSError, match=r"evil\.safetensors/weights can't be written"):
        nn.save(nn.Layer(2, 1), path / "weights")
    with pytest.raises(FileNotFoundError):
        nn.load(nn.Layer(2, 1), tmp_path / "nowhere")


def test_without_safetensors(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    with pytest.raises(ImportError, match=r"pip install 'gatewise\[state\]'"):
        nn.save(nn.Layer(2, 1), tmp_path / "x")


def test_a_torch_sequential_reads_and_writes_the_same_file(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from safetensors.torch import load_file, save_file

    path = tmp_path / "model.safetensors"
    ours = nn.Sequential(nn.Layer(2, 5, rng=0), "tanh", nn.Layer(5, 4, rng=1), "relu",
                         nn.Layer(4, 3, rng=2))  # fmt: skip
    peer = torch.nn.Sequential(
        torch.nn.Linear(2, 5),
        torch.nn.Tanh(),
        torch.nn.Linear(5, 4),
        torch.nn.ReLU(),
        torch.nn.Linear(4, 3),
    ).double()

    def assert_same_outputs() -> None:
        for x in X:
            expected = peer(torch.tensor(x, dtype=torch.float64)).tolist()
            assert [y.data for y in ours(x)] == pytest.approx(expected, rel=1e-12, abs=1e-12)

    nn.save(ours, path)
    peer.load_state_dict(load_file(path))
    assert_same_outputs()

    for parameter in peer.parameters():
        torch.nn.init.normal_(parameter)
    save_file(peer.state_dict(), path)
    nn.load(ours, path)
    assert_same_outputs()

    for parameter in peer.parameters():
        torch.nn.init.normal_(parameter)
    ours.load_state_dict(peer.state_dict())  # and without a file
    assert_same_outputs()


def test_an_mlp_is_a_module_list_of_linear_layers() -> None:
    torch = pytest.importorskip("torch")
    model = nn.MLP(2, [5, 3], "sigmoid", rng=0)
    peer = torch.nn.Module()
    peer.layers = torch.nn.ModuleList([torch.nn.Linear(2, 5), torch.nn.Linear(5, 3)]).double()
    state = model.state_dict()
    peer.load_state_dict({k: torch.tensor(v, dtype=torch.float64) for k, v in state.items()})
    for x in X:
        h = torch.sigmoid(peer.layers[0](torch.tensor(x, dtype=torch.float64)))
        expected = peer.layers[1](h).tolist()
        assert [y.data for y in model(x)] == pytest.approx(expected, rel=1e-12)


def test_names_of_a_shared_layer() -> None:
    torch = pytest.importorskip("torch")
    layer, peer = nn.Layer(2, 2, rng=0), torch.nn.Linear(2, 2).double()
    ours, theirs = nn.Sequential(layer, layer), torch.nn.Sequential(peer, peer)
    ours.load_state_dict(theirs.state_dict())
    assert layer.state_dict()["weight"] == peer.weight.tolist()
    ours.load_state_dict({"0.bias": [5.0, 6.0], "1.weight": np.eye(2)})  # one name is enough
    assert layer.state_dict() == {"weight": [[1.0, 0.0], [0.0, 1.0]], "bias": [5.0, 6.0]}
    with pytest.raises(ValueError, match=r"1\.bias of Sequential is shared, and has other numbers"):
        ours.load_state_dict({**ours.state_dict(), "1.bias": [7.0, 8.0]})
    with pytest.raises(ValueError, match=r"missing: 0\.bias, 1\.bias$"):
        ours.load_state_dict({"0.weight": np.eye(2)})


@pytest.mark.parametrize("kind", ["bfloat16", "float8_e4m3fn"])
def test_numbers_that_numpy_does_not_have(kind: str, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file

    tensors = {"weight": torch.ones(1, 2), "bias": torch.ones(1).to(getattr(torch, kind))}
    save_file(tensors, tmp_path / "x")
    with pytest.raises(ValueError, match=r"bias in .*x has numbers of the kind .*: save it as"):
        nn.load(nn.Layer(2, 1), tmp_path / "x")


def test_states_of_other_kinds(tmp_path: Path) -> None:
    class Ragged(nn.Module):
        def __init__(self) -> None:
            self.rows = [[Value(1.0)], [Value(2.0), Value(3.0)]]

    with pytest.raises(ValueError, match=r"rows of Ragged has the shape \(2, 'ragged'\)"):
        nn.save(Ragged(), tmp_path / "x")
    layer = nn.Layer(2, 1)
    layer.load_state_dict({"weight": [np.array([1, 2])], "bias": [np.float32(3)]})
    assert layer.state_dict() == {"weight": [[1.0, 2.0]], "bias": [3.0]}
    with pytest.raises(ValueError, match=r"unknown: 3, a$"):
        layer.load_state_dict({**layer.state_dict(), "a": 1.0, 3: 1.0})
    with pytest.raises(IsADirectoryError, match="is a directory: give the file"):
        nn.load(layer, tmp_path)
