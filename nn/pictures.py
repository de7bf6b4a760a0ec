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
    for path, neuron in _neurons(model, ""):
        nodes = [*neuron.weight, neuron.bias]
        for z in users.get(neuron.bias, []):
            if z.op is not None and z.op.name == "dot" and z.operands[-1] is neuron.bias:
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


def _neurons(module: Module, path: str) -> Iterator[tuple[str, Neuron]]:
    """The neurons of a network, with their paths."""
    if isinstance(module, Neuron):
        yield path or "neuron", module
    if isinstance(module, Layer):
        for k, neuron in enumerate(module.neurons):
            yield f"{path or 'layer'}/neuron {k + 1}", neuron
    for name, child in module.named_children():
        yield from _neurons(child, f"{path}.{name}" if path else name)


def _depends_only_on(node: Value, z: Value) -> bool:
    """Whether a gate is the activation of z alone: its other operands are plain numbers."""
    return all(operand is z or operand.is_constant for operand in node.operands)
