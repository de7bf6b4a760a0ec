"""Module: finding parameters and their names, switching, copying, showing."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

import nn
from autograd import Value, no_grad
from nn.module import Module


class Odd(Module):
    def __init__(self) -> None:
        self.scale = Value(2.0)
        self.table = [[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]]
        self.first = nn.Neuron(2, rng=0)
        self.rest = (nn.Layer(2, 1, rng=0), "not a module", nn.Layer(1, 2, rng=0))
        self._hidden = Value(9.0)
        self.cached = self.scale * 3
        self.names = ["a", "b"]
        self.empty: list[Value] = []
        self.number = 3.0


def test_parameters_are_found_and_named_as_in_pytorch() -> None:
    module = Odd()
    assert [name for name, _ in module.named_parameters()] == [
        "scale",
        "table",
        "first.weight",
        "first.bias",
        "rest.0.weight",
        "rest.0.bias",
        "rest.2.weight",
        "rest.2.bias",
    ]
    assert len(module.parameters()) == 1 + 4 + 3 + 3 + 4
    assert module.parameters()[:5] == [2.0, 1.0, 2.0, 3.0, 4.0]
    assert [name for name, _ in module.named_children()] == ["first", "rest.0", "rest.2"]
    assert len(list(module.modules())) == 4


def test_a_shared_parameter_counts_once() -> None:
    module = nn.Sequential(nn.Layer(2, 2, rng=0), nn.Layer(2, 2, rng=1))
    module[1].weight = module[0].weight
    assert [name for name, _ in module.named_parameters()] == ["0.weight", "0.bias", "1.bias"]
    assert len(module.parameters()) == 8
    tied = nn.Layer(2, 1)
    tied.weight[0][1] = tied.weight[0][0]
    assert len(tied.parameters()) == 2


def test_mlp_names() -> None:
    model = nn.MLP(3, [4, 2])
    shapes = {}
    for name, parameter in model.named_parameters():
        first = parameter[0]
        shapes[name] = (len(parameter), len(first)) if isinstance(first, list) else len(parameter)
    assert shapes == {  # L25: W is (n_l, n_{l-1})
        "layers.0.weight": (4, 3),
        "layers.0.bias": 4,
        "layers.1.weight": (2, 4),
        "layers.1.bias": 2,
    }
    assert len(model.parameters()) == 4 * 3 + 4 + 2 * 4 + 2


def test_micrograds_moons_network_has_its_337_parameters() -> None:
    model = nn.MLP(2, [16, 16, 1])
    assert len(model.parameters()) == 337
    assert repr(model) == (
        "MLP(2 → 16 → 16 → 1): 337 parameters\n"
        "  layers.0: Layer(2 → 16, relu): 48 parameters\n"
        "  layers.1: Layer(16 → 16, relu): 272 parameters\n"
        "  layers.2: Layer(16 → 1): 17 parameters"
    )


def test_nested_repr_is_indented() -> None:
    model = nn.Sequential(nn.Layer(2, 2), nn.Residual(nn.Layer(2, 2), "tanh"), nn.Dropout(0.5))
    assert repr(model) == (
        "Sequential: 12 parameters\n"
        "  0: Layer(2 → 2): 6 parameters\n"
        "  1: Residual: 6 parameters\n"
        "    inner: Sequential: 6 parameters\n"
        "      0: Layer(2 → 2): 6 parameters\n"
        "      1: Activate(tanh): 0 parameters\n"
        "  2: Dropout(0.5): 0 parameters"
    )
    assert repr(nn.Neuron(0 + 1)).endswith("2 parameters")


def test_zero_grad() -> None:
    model = nn.MLP(2, [3, 1], "tanh", rng=0)
    model([1.0, 2.0]).backward()
    assert all(p.grad is not None for p in model.parameters())
    model.zero_grad()
    assert all(p.grad is None for p in model.parameters())


def test_train_and_eval_reach_every_module() -> None:
    model = nn.Sequential(nn.Residual(nn.Dropout(0.5)), nn.Dropout(0.5))
    assert all(module.training for module in model.modules())
    assert model.eval() is model
    assert not any(module.training for module in model.modules())
    model.train()
    assert all(module.training for module in model.modules())


def test_a_module_without_forward_says_so() -> None:
    with pytest.raises(TypeError, match="Odd has no method forward"):
        Odd()([1.0])


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_are_independent_and_equal(duplicate) -> None:  # type: ignore[no-untyped-def]
    model = nn.Sequential(
        nn.Layer(2, 3, "leaky_relu", rng=0),
        nn.Dropout(0.5, rng=1),
        nn.Residual(nn.Layer(3, 3, rng=2), "sigmoid"),
        nn.Maxout(3, 2, rng=3),
    )
    model[0].bias[0] = model[0].bias[1]  # shared inside, and so in the copy
    twin = duplicate(model)
    assert twin.state_dict() == model.state_dict()
    assert len(twin.parameters()) == len(model.parameters())
    assert not set(map(id, twin.parameters())) & set(map(id, model.parameters()))
    x = [0.3, -0.4]
    assert [y.data for y in twin(x)] == [y.data for y in model(x)], "also the same dropout"
    twin.parameters()[0].data = 100.0
    assert model.parameters()[0].data != 100.0
    sum(twin(x)).backward()
    assert any(p.grad for p in twin.parameters())
    assert all(p.grad is None for p in model.parameters())


def test_import_nn_loads_nothing_heavy() -> None:
    script = (
        "import sys, nn\n"
        "heavy = {'numpy', 'safetensors', 'matplotlib', 'tqdm', 'torch', 'sklearn', 'graphviz'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    root = Path(__file__).parent.parent.parent
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_lists_and_dictionaries_are_entered() -> None:
    class Nest(Module):
        def __init__(self) -> None:
            self.blocks = {"a": nn.Layer(1, 1), "b": [nn.Layer(1, 1)]}
            self.rows = [[nn.Layer(1, 1)], [nn.Neuron(1)]]
            self.things = [nn.Layer(1, 1), Value(1.0), 3.0]
            self.settings = {"rate": Value(2.0), "name": "x"}

    module = Nest()
    layers = ["blocks.a", "blocks.b.0", "rows.0.0", "rows.1.0", "things.0"]
    assert [name for name, _ in module.named_modules()] == ["", *layers]
    assert {name for name, _ in module.named_parameters()} == {
        "things.1",
        "settings.rate",
        *(f"{layer}.{part}" for layer in layers for part in ("weight", "bias")),
    }
    assert len(module.parameters()) == 12
    assert "blocks.b.0: Layer(1 → 1): 2 parameters" in repr(module)


def test_what_was_computed_is_no_parameter() -> None:
    class Caching(Module):
        def __init__(self) -> None:
            self.layer = nn.Layer(2, 3, rng=0)

        def forward(self, x: list[float]) -> Value:
            self.hidden = self.layer(x)
            self.total = sum(self.hidden)
            return self.total

    model = Caching()
    with no_grad():
        model([1.0, 2.0])
    assert list(model.state_dict()) == ["layer.weight", "layer.bias"]
    model([1.0, 2.0])
    model.hidden = [h.detach() for h in model.hidden]
    assert len(model.parameters()) == 9


def test_a_child_may_know_its_parent() -> None:
    parent = nn.Sequential(nn.Layer(1, 1))
    parent[0].parent = parent
    assert list(parent.modules()) == [parent, parent[0]]
    assert list(parent.state_dict()) == ["0.weight", "0.bias"]
    assert repr(parent) == "Sequential: 2 parameters\n  0: Layer(1 → 1): 2 parameters"
    assert parent.eval()[0].training is False


def test_a_shared_module_is_given_once_but_has_both_names() -> None:
    layer = nn.Layer(1, 1)
    model = nn.Sequential(layer, "tanh", layer)
    assert list(model.modules()) == [model, layer, model[1]]
    assert [name for name, _ in model.named_parameters()] == ["0.weight", "0.bias"]
    assert list(model.state_dict()) == ["0.weight", "0.bias", "2.weight", "2.bias"]


def test_a_subclass_of_sequential_may_hold_more() -> None:
    class Scaled(nn.Sequential):
        def __init__(self) -> None:
            super().__init__(nn.Layer(1, 1))
            self.scale = Value(1.0)

    assert {name for name, _ in Scaled().named_parameters()} == {"0.weight", "0.bias", "scale"}
