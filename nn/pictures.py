"""Where the neurons of a network are in a graph, so that a picture can frame them."""

from __future__ import annotations

from collections.abc import Iterator

from autograd import Value

from .activations import activation_name
from .layers import Layer
from .module import Module
from .neuron import Neuron

__all__ = ["clusters"]


def clusters(model: Module, output: Value) -> dict[str, list[Value]]:
    """Give the nodes of each neuron, as ``draw`` takes them: ``draw(y, clusters=clusters(m, y))``.

    Args:
        model: the network.
        output: a Value that was computed with it.

    Returns:
        for each neuron that took part a path such as ``"layers.0/neuron 1"``, and its weights,
        its bias, its weighted sums and their activations.

    >>> from nn import MLP
    >>> model = MLP(2, [2, 1], rng=0)
    >>> for path, nodes in clusters(model, model([1.0, 2.0])).items():
    ...     print(path, [node.op.name for node in nodes if node.op])
    layers.0/neuron 1 ['dot', 'relu']
    layers.0/neuron 2 ['dot', 'relu']
    layers.1/neuron 1 ['dot']
    """
    users = _users(output)
    found: dict[str, list[Value]] = {}
    framed: set[Value] = set()
    for path, neuron in _neurons(model):
        nodes = [*neuron.weight, *([neuron.bias] if isinstance(neuron.bias, Value) else [])]
        for z in users.get(neuron.weight[0], []):
            if _is_sum_of(neuron, z):
                nodes.append(z)
                if activation_name(neuron.activation):
                    nodes += [node for node in users[z] if _depends_only_on(node, z)]
        nodes = [node for node in dict.fromkeys(nodes) if node in users and node not in framed]
        framed.update(nodes)
        if nodes:
            found[path] = nodes
    return found


def _users(output: Value) -> dict[Value, list[Value]]:
    """Every node that the output was computed from, with the nodes that use it."""
    users: dict[Value, list[Value]] = {output: []}
    waiting = [output]
    while waiting:
        node = waiting.pop()
        for operand in node.operands:
            if operand not in users:
                users[operand] = []
                waiting.append(operand)
            users[operand].append(node)
    return users


def _neurons(model: Module) -> Iterator[tuple[str, Neuron]]:
    """The neurons of a network, with their paths."""
    for path, module in model.named_modules():
        if isinstance(module, Neuron):
            yield path or "neuron", module
        if isinstance(module, Layer):
            for k, neuron in enumerate(module.neurons):
                yield f"{path or 'layer'}/neuron {k + 1}", neuron


def _is_sum_of(neuron: Neuron, z: Value) -> bool:
    """Whether a node is the neuron's w·x + b."""
    if z.op is None or z.op.name != "dot":
        return False
    *weights_and_inputs, bias = z.operands
    own = zip(weights_and_inputs, neuron.weight, strict=False)
    return all(a is b for a, b in own) and (
        bias is neuron.bias or not isinstance(neuron.bias, Value)
    )


def _depends_only_on(node: Value, z: Value) -> bool:
    """Whether a gate is the activation of z alone: its other operands are plain numbers."""
    return all(operand is z or operand.kind == "constant" for operand in node.operands)
