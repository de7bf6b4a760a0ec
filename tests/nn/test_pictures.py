"""Clusters of neurons, as draw takes them."""

from __future__ import annotations

import re

import nn
from autograd import Value, draw


def test_every_neuron_is_a_frame_in_its_layers_frame() -> None:
    model = nn.MLP(2, [2, 1], "leaky_relu", rng=0)
    y = nn.logistic(model([Value(1.0, "x"), Value(2.0, "y")]), 1)
    found = nn.clusters(model, y)
    assert list(found) == ["layers.0/neuron 1", "layers.0/neuron 2", "layers.1/neuron 1"]
    first = found["layers.0/neuron 1"]
    assert first[:3] == [*model.layers[0].weight[0], model.layers[0].bias[0]]
    assert [node.op.name for node in first if node.op] == ["dot", "leaky_relu"]
    assert [node.op.name for node in found["layers.1/neuron 1"] if node.op] == ["dot"], (
        "the loss is not the neuron's, though it hangs on one number"
    )
    source = draw(y, clusters=found).source
    frames = re.findall(r"<B>(.*?)</B>", source)
    assert {"layers.0", "layers.1", "neuron 1", "neuron 2"} <= set(frames)
    assert "<B>layers.0.weight[1][0]</B>" in source and "found" not in source
    collapsed = draw(y, clusters=found, collapse=True).source
    assert collapsed.count("->") < source.count("->")


def test_several_samples_and_shared_weights() -> None:
    model = nn.Sequential(nn.Layer(1, 1, rng=0), nn.Layer(1, 1, rng=1))
    model[1].weight = model[0].weight
    y = nn.over_batch("squared_error", [model([1.0]), model([2.0])], [0.0, 0.0])
    found = nn.clusters(model, y)
    assert [sum(node.op is not None for node in nodes) for nodes in found.values()] == [2, 2]
    members = [node for nodes in found.values() for node in nodes]
    assert len(members) == len(set(members)), "draw wants each node in one cluster"


def test_what_took_no_part_is_left_out() -> None:
    model = nn.MLP(2, [2, 2], rng=0)
    first, _ = model([1.0, 2.0])
    assert "layers.1/neuron 2" not in nn.clusters(model, first)
    neuron = nn.Neuron(1, "tanh", rng=0)
    assert list(nn.clusters(neuron, neuron([1.0]))) == ["neuron"]
