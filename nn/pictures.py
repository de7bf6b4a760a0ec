"""What a picture must know of a network: its layers as columns, its neurons in a graph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from autograd import Value, dot

from .activations import Activation, activate, activation_name
from .inputs import as_inputs
from .layers import MLP, Activate, Dropout, Layer, Sequential
from .losses import check_target, find_loss
from .module import Module
from .nested import plain
from .neuron import Neuron
from .settings import shorten

__all__ = ["clusters", "columns"]


class Column(NamedTuple):
    """A layer of neurons, and its weighted sums z and activations a for one sample."""

    title: str
    activation: str
    weight: Sequence[Sequence[Value]]
    bias: Sequence[Value]
    z: Sequence[Value] = ()
    a: Sequence[Value] = ()


class Columns(NamedTuple):
    """The columns of a network, with what one sample costs."""

    inputs: Sequence[Value]
    layers: Sequence[Column]
    loss: Value | None = None
    says: Sequence[str] = ()


def columns(model: Module, sample: Any = None, target: Any = None, loss: Any = None) -> Columns:
    """Give a network's layers, each reading the one before: what ``draw(model)`` shows.

    Args:
        model: dense layers one after the other, with their activations; dropout lets everything
            through, as in evaluation.
        sample: one sample, or None for the weights alone.
        target: what the network should give for it; None for a loss of the prediction alone.
        loss: a name (see ``nn.LOSSES``) or a function (prediction, target).

    Raises:
        TypeError: the model has other layers, or a loss comes without a sample.

    >>> from nn import MLP
    >>> found = columns(MLP(2, [3, 1], rng=0), [1.0, 2.0], 0.5, "squared_error")
    >>> [(layer.activation, len(layer.z)) for layer in found.layers], found.says
    ([('relu', 3), ('', 1)], ['squared error', 'y = 0.5'])
    """
    steps = _dense(model)
    if sample is None:
        if loss is not None or target is not None:
            raise TypeError("a loss needs a sample: draw(model, sample=x, target=y, loss=...)")
        return Columns([], [_column(layer, f) for layer, f in steps])
    first = steps[0][0]
    inputs = [
        x if isinstance(x, Value) else Value(x) for x in as_inputs(first, sample, first.n_inputs)
    ]
    x, found = inputs, []
    for layer, activation in steps:
        column = _column(layer, activation)
        biases: Sequence[Any] = column.bias or [0.0] * len(column.weight)
        z = [dot(w, x, b) for w, b in zip(column.weight, biases, strict=True)]
        x = activate(activation, z)
        found.append(column._replace(z=z, a=x))
    if loss is None:
        if target is not None:
            raise TypeError("a target needs a loss: draw(model, sample=x, target=y, loss=...)")
        return Columns(inputs, found)
    prediction = x[0] if len(x) == 1 else x
    if target is None and not isinstance(loss, str):
        return Columns(inputs, found, loss(prediction), [_called(loss)])
    function = find_loss(loss)
    check_target(function, target, len(x))
    says = [_called(loss), f"y = {shorten(plain(target))}"]
    return Columns(inputs, found, function(prediction, target), says)


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


def _dense(model: Module) -> list[tuple[Layer | Neuron, Activation]]:
    """The layers of a network in their order, each with what is applied to its sums."""
    layers: list[tuple[Layer | Neuron, Activation]] = []
    waiting: list[Module] = [model]
    while waiting:
        step = waiting.pop(0)
        if isinstance(step, (Layer, Neuron)):
            layers.append((step, step.activation))
        elif isinstance(step, MLP):
            waiting[:0] = step.layers
        elif isinstance(step, Sequential):
            waiting[:0] = [step[k] for k in range(len(step))]
        elif isinstance(step, Activate) and layers and not activation_name(layers[-1][1]):
            layers[-1] = layers[-1][0], step.activation
        elif not isinstance(step, Dropout):
            raise TypeError(
                f"draw(model) draws layers of neurons, one after the other, and {step} is none: "
                "draw what it computes, draw(model(x), clusters=nn.clusters(model, model(x)))"
            )
    if not layers:
        raise TypeError(f"{model} has no layer of neurons to draw")
    return layers


def _column(layer: Layer | Neuron, activation: Activation) -> Column:
    """A layer's weights and biases; a neuron is a layer of one."""
    if isinstance(layer, Layer):
        weight, bias = layer.weight, layer.bias
    else:
        weight, bias = [layer.weight], [layer.bias] if isinstance(layer.bias, Value) else []
    return Column(str(layer), activation_name(activation), weight, bias)


def _called(loss: Any) -> str:
    """A loss in words: its name."""
    name = loss if isinstance(loss, str) else getattr(loss, "__name__", "loss")
    return "loss" if name == "<lambda>" else str(name).replace("_", " ")


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
