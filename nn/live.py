"""playground: a page that trains a network in the browser, from the weights it has here.

The file needs no server and no network. Its arithmetic is printed here, from the same scalar code
that ``fit`` runs: ``autograd.JavaScript`` writes the loss of one sample and its gradient, each
activation and each optimizer's rule; no derivative stands in the scripts of ``template/``. They
hold what is not mathematics: the order of the samples (Python's own random numbers), pictures,
tables and buttons. What the page shows is built from data, as text, never as markup.
"""

from __future__ import annotations

import html
import json
import os
import random
import re
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from pathlib import Path
from typing import Any, NamedTuple

from autograd import JavaScript, Page, Primitive, Value, dot, no_grad

from .activations import ACTIVATIONS, activate, activation_name, find_activation
from .data import Samples, rows
from .examples import Example, examples
from .init import INITIALIZERS, generator_of
from .layers import MLP, Activate, Layer, Sequential
from .losses import check_target, find_loss, threshold_of
from .module import Module
from .nested import plain
from .neuron import Neuron
from .optim import SGD, AdaGrad, Adam, Optimizer, RMSProp
from .settings import shorten, whole

__all__ = ["playground"]

_PARTS = (
    "random",
    "training",
    "numbers",
    "plane",
    "network",
    "curve",
    "gates",
    "details",
    "player",
)
_OFFERED = ("identity", "relu", "leaky_relu", "elu", "softplus", "sigmoid", "tanh")
_LARGEST = 400_000  # bytes of the page
_MOST_PARAMETERS = 1500
_OF_CLASSES = ("cross_entropy", "probability_cross_entropy", "logarithmic", "svm")
_OF_TWO = ("hinge", "exponential", "logistic", "binary_cross_entropy")

# What every hidden neuron of a printed program calls; the page puts in what its menu says.
_SLOPE = Primitive("activation_slope", "f′", lambda z, out: z, (0.0, 0.0))
_ACTIVATION = Primitive("activation", "f", lambda z: z, (lambda z, out: _SLOPE(z, out),))


def playground(
    model: Module | None = None,
    X: Any = None,
    Y: Any = None,
    loss: str | Callable[[Any, Any], Any] | None = None,
    *,
    optimizer: Optimizer | None = None,
    path: str | os.PathLike[str] | None = None,
    batch_size: int | None = None,
    shuffle: bool = True,
    rng: int = 0,
    validation: float | tuple[Any, Any] | None = None,
    title: str = "",
) -> Page:
    """Make a page that trains a network in the browser, step by step or at full speed.

    It begins with the weights that the model has now and goes the way that ``fit`` would, with the
    same batches; nothing is trained here. Five ready examples are in its menu.

    Args:
        model: dense layers (``MLP``, ``Layer``, ``Neuron`` or a ``Sequential`` of them) with one
            or two inputs; None for the ready examples alone.
        X, Y, loss, batch_size, shuffle, validation: as for ``fit``.
        optimizer: as for ``fit``, its rate a number: the page has a slider.
        path: where to save the page; None to leave that to ``.save(path)``.
        rng: the seed of ``fit``.
        title: a heading.

    Returns:
        the page; a notebook shows it.

    Raises:
        ValueError: a network, loss or optimizer that the page can't show; data that don't fit; or
            a path that does not end in .html.
        TypeError: something of another kind than said above.
        OSError: the path can't be written.

    >>> from nn import MLP
    >>> model = MLP(2, [3, 1], "tanh", rng=0)
    >>> page = playground(model, [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0], "logistic")
    >>> len(page.html) < 400_000
    True
    """
    learned = examples()
    if model is not None:
        if loss is None:
            raise TypeError("playground: give the loss, as for fit")
        training = batch_size, validation, shuffle, rng
        learned.insert(0, Example("Your network", model, X, Y, loss, optimizer, *training))
    elif not (X is None and Y is None and loss is None and optimizer is None):
        raise TypeError("playground: give a model with the data, or nothing for the examples")
    script = JavaScript()
    problems = [_Problem(script, f"problem{k}", each) for k, each in enumerate(learned)]
    activations = {name: ACTIVATIONS[name] for name in _OFFERED}
    rules = _rules(problems)
    data = {
        "problems": [problem.data for problem in problems],
        "activations": [_activation(script, name, f) for name, f in activations.items()],
        "optimizers": [_rule(script, f"rule{k}", *each) for k, each in enumerate(rules)],
    }
    for k, problem in enumerate(problems):
        custom = problem.hidden
        if custom is not None and not any(custom is f for f in activations.values()):
            data["activations"].append(_activation(script, f"given{k}", custom))
            problem.data["activation"] = f"given{k}"
    result = Page(_fill(data, script.source(), title or "Watch it learn"))
    if len(result.html.encode()) > _LARGEST:
        raise ValueError(
            f"the page of this network has {len(result.html.encode()) // 1000} kB, more than "
            f"{_LARGEST // 1000}: give fewer or narrower layers, or fewer samples"
        )
    if path is not None:
        result.save(path)
    return result


# ------------------------------------------------------------------ the network


class _Dense(NamedTuple):
    """A layer: its weights, row by row, its biases (0 where it has none) and its activation."""

    weight: list[list[Value]]
    bias: Sequence[Any]
    activation: Any


def _dense_layers(model: Any) -> list[_Dense]:
    """The layers of a network, one after the other.

    Raises:
        ValueError: it is made of something else.
    """
    if isinstance(model, MLP):
        return [dense for layer in model.layers for dense in _dense_layers(layer)]
    if isinstance(model, Layer):
        biases: list[Any] = [*model.bias] or [0.0] * model.n_outputs
        return [_Dense(model.weight, biases, find_activation(model.activation))]
    if isinstance(model, Neuron):
        return [_Dense([model.weight], [model.bias], find_activation(model.activation))]
    layers: list[_Dense] = []
    if isinstance(model, Sequential):
        for step in (model[k] for k in range(len(model))):
            linear = layers and activation_name(layers[-1].activation) in ("", "identity")
            if isinstance(step, Activate) and linear:
                layers[-1] = layers[-1]._replace(activation=find_activation(step.activation))
            else:
                layers += _dense_layers(step)
        return layers
    raise ValueError(
        f"playground shows dense layers (MLP, Layer, Neuron, Sequential of them), not {model}"
    )


def _through(layers: Sequence[_Dense], x: Sequence[Any], hidden: Any = None) -> Sequence[Any]:
    """The outputs of the network; in a trace every z and a is labelled with layer and place."""
    for number, layer in enumerate(layers):
        last = number == len(layers) - 1
        z = [dot(w, x, b) for w, b in zip(layer.weight, layer.bias, strict=True)]
        _label("z", number, z)
        x = activate(layer.activation if last or hidden is None else hidden, z)
        if not all(a is b for a, b in zip(x, z, strict=True)):
            _label("a", number, x)
    return x


def _label(letter: str, number: int, nodes: Sequence[Any]) -> None:
    for k, node in enumerate(nodes):
        if isinstance(node, Value):
            node.label = f"{letter}:{number}:{k}"


# ------------------------------------------------------------------ a problem


class _Problem:
    """A network with its data and its training, as the page's data and programs.

    Attributes:
        data: for the page.
        optimizer: the one to train with.
        hidden: the activation of all hidden layers, which the page may exchange; else None.
    """

    def __init__(self, script: JavaScript, function: str, given: Example) -> None:
        self.model, self.loss = given.model, find_loss(given.loss)
        layers = _dense_layers(self.model)
        self.parameters = parameters = self.model.parameters()
        optimizer = SGD(parameters, lr=0.1) if given.optimizer is None else given.optimizer
        self.optimizer = optimizer
        _check_optimizer(self.optimizer, parameters)
        self.samples = Samples(given.X, given.Y)
        self.xs, self.ys = _rows(self.samples)
        n_inputs, n_outputs = len(layers[0].weight[0]), len(layers[-1].weight)
        self._check(layers, n_inputs, n_outputs)
        inner = [layer.activation for layer in layers[:-1]]
        alike = bool(inner) and all(activation is inner[0] for activation in inner)
        self.hidden = inner[0] if alike else None
        hidden = _ACTIVATION if alike else None
        shapes = [(n_inputs,), () if not isinstance(self.ys[0], list) else (len(self.ys[0]),)]

        def model_of(x: Any) -> Any:
            return _through(layers, x, hidden)

        def loss_of(x: Any, y: Any) -> Any:
            outputs = _through(layers, x, hidden)
            return self.loss(outputs[0] if self.bare else outputs, y)

        predicted = script.add(f"{function}_model", model_of, shapes[:1], parameters, ())
        computed = script.add(function, loss_of, shapes, parameters)
        place = {parameter: k for k, parameter in enumerate(parameters)}
        marks = {f"v[{k}]": f"Ξv{k}Ξ" for k in range(len(computed.nodes))}
        marks |= {f"theta[{k}]": f"Ξt{k}Ξ" for k in range(len(parameters))}
        marks |= {f"x[{k}]": f"Ξx{k}Ξ" for k in range(n_inputs)}
        marks |= {f"y[{k}]": f"Ξy{k}Ξ" for k in range(len(self.ys[0]) if shapes[1] else 1)}
        formulas = computed.formulas(marks)
        kind, low, high, threshold = self._kind(n_outputs)
        self.data: dict[str, Any] = {
            "name": given.name,
            "function": function,
            "size": len(computed.nodes),
            "nodes": [
                [
                    node["name"],
                    node["op"],
                    node["rule"],
                    formulas[f"Ξv{k}Ξ"],
                    " ".join(re.sub(r"(\w)\w*\[(\d+)\]", r"\1\2", o) for o in node["operands"]),
                ]
                for k, node in enumerate(computed.nodes)
            ],
            "theta": [parameter.data for parameter in parameters],
            "inputs": n_inputs,
            "outputs": [int(text[2:-1]) for text in predicted.outputs],
            "predictor": len(predicted.nodes),
            "layers": [
                {
                    "weight": [[place[w] for w in row] for row in layer.weight],
                    "bias": [place[b] if isinstance(b, Value) else None for b in layer.bias],
                    "activation": activation_name(layer.activation) or "identity",
                }
                for layer in layers
            ],
            "activation": activation_name(self.hidden) or "identity" if alike else None,
            "initial": _initial(layers),
            "loss": getattr(self.loss, "__name__", "loss"),
            "kind": kind,
            "labels": [low, high],
            "threshold": threshold,
        }
        self.data |= self._training(given)

    def _check(self, layers: list[_Dense], n_inputs: int, n_outputs: int) -> None:
        n = len(self.parameters)
        if n > _MOST_PARAMETERS:
            raise ValueError(
                f"playground shows networks of at most {_MOST_PARAMETERS} parameters, this one has "
                f"{n}: give fewer or narrower layers"
            )
        if n_inputs > 2 or (n_inputs == 1 and n_outputs > 1):
            raise ValueError(
                f"playground draws networks of one input and one output, or of two inputs, not of "
                f"{n_inputs} and {n_outputs}"
            )
        for k, x in enumerate(self.xs):
            if len(x) != n_inputs:
                raise ValueError(f"X[{k}] has {len(x)} numbers, the network takes {n_inputs}")
        for y in self.ys:
            check_target(self.loss, y, n_outputs)
            if isinstance(y, list) or (n_outputs > 1 and self.loss.__name__ not in _OF_CLASSES):
                raise ValueError("playground takes one number for each target: a value or a class")
        with no_grad():
            given, own = plain(self.model(self.xs[0])), plain(_through(layers, self.xs[0]))
        self.bare = not isinstance(given, list)  # a single Value, as an MLP ending in one gives it
        if given != (own[0] if self.bare else own):
            raise ValueError(f"{self.model} computes something else than its layers in turn")

    def _kind(self, n_outputs: int) -> tuple[str, float, float, float]:
        """Classes or numbers, their range, and the score from which on it is the upper class."""
        low, high = min(self.ys), max(self.ys)
        named = getattr(self.loss, "__name__", "")
        if n_outputs > 1:
            return "classes", 0.0, float(n_outputs - 1), 0.0
        if named in _OF_TWO:
            low, high = (-1.0, 1.0) if named in ("hinge", "exponential") else (0.0, 1.0)
            return "two", low, high, threshold_of(self.loss, self.ys)
        if len(set(self.ys)) == 2 and len(self.ys) > 2 and len(self.xs[0]) == 2:
            return "two", low, high, (low + high) / 2
        return "numbers", low, high, (low + high) / 2

    def _training(self, given: Example) -> dict[str, Any]:
        """The samples, and in which order they are met: as ``fit`` would."""
        seed, size, validation = given.seed, given.batch_size, given.validation
        if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**32:
            raise ValueError(f"playground: rng must be a seed from 0 to 2**32 - 1, got {seed!r}")
        samples, held_out, drawn = self.samples, None, 0
        if isinstance(validation, (tuple, list)):
            held_out = Samples(*validation, names=("validation X", "validation Y"))
        elif validation is not None:
            drawn = len(samples)  # numbers that fit draws before it shuffles
            samples, held_out = samples.split(float(validation), generator_of(seed))
        return {
            "points": _points(samples),
            "held": _points(held_out) if held_out else [],
            "drawn": drawn,
            "batch": None if size is None else whole("playground", "batch_size", size),
            "shuffle": bool(given.shuffle),
            "seed": seed,
        }


def _rows(samples: Samples) -> tuple[list[Any], list[Any]]:
    batch = samples.batch(samples.places)
    if len(batch.inputs) > 1:
        raise ValueError("playground: X must be one input of one or two numbers, not a tuple")
    return rows(batch.inputs[0]), rows(batch.targets)


def _points(samples: Samples) -> list[list[Any]]:
    return [[*x, y] for x, y in zip(*_rows(samples), strict=True)]


class _Drawn(random.Random):
    """A generator that tells what it was asked for."""

    asked: tuple[str, float, float] = ("zero", 0.0, 0.0)

    def gauss(self, mu: float = 0.0, sigma: float = 1.0) -> float:
        self.asked = ("gauss", mu, sigma)
        return 1.0

    def uniform(self, a: float, b: float) -> float:
        self.asked = ("uniform", a, b)
        return 1.0


def _initial(layers: Sequence[_Dense]) -> dict[str, list[Any]]:
    """For each initializer and layer: what it draws for a weight, and what it multiplies it by."""
    found: dict[str, list[Any]] = {}
    for name in ("zeros", "normal", "uniform", "xavier", "he"):
        found[name] = []
        for layer in layers:
            generator = _Drawn()
            factor = INITIALIZERS[name](len(layer.weight[0]), len(layer.weight), generator)
            found[name].append([*generator.asked, factor])
    return found


# ------------------------------------------------------------------ activations, optimizers


def _activation(script: JavaScript, name: str, f: Callable[[Any], Any]) -> dict[str, Any]:
    """An activation as a program of its own: its value, and its slope."""
    written = script.add(f"activation_{name}", lambda z: f(z), [()], gradients=["z"])
    place = written.outputs[0]
    formula = written.formulas({"z[0]": "z", place: "a"}).get("a", "z")
    called = activation_name(f) or "identity"
    (slope,) = getattr(f, "formulas", ()) or ("",)
    found = {"name": name, "label": called, "formula": formula, "slope": slope}
    return found | {"size": len(written.nodes)}


def _check_optimizer(optimizer: Any, parameters: Sequence[Value]) -> None:
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"playground: optimizer must be an Optimizer, got {shorten(optimizer)}")
    if callable(optimizer.lr):
        raise ValueError("playground: give the optimizer a number as rate: the page has a slider")
    if set(optimizer.parameters) != set(parameters):
        raise ValueError("playground: the optimizer must hold the parameters of the model, all")


def _settings(optimizer: Optimizer) -> tuple[Any, ...]:
    """What tells an optimizer from another of its class, but for its rate."""
    own = ("parameters", "steps", "states", "lr")
    kept = [(name, each) for name, each in vars(optimizer).items() if name not in own]
    return (type(optimizer), *kept)


def _rules(problems: Sequence[_Problem]) -> list[tuple[str, Optimizer]]:
    """The optimizers of the menu, and those that the problems bring along; each once."""
    w = [Value(0.0)]
    menu: list[tuple[str, Optimizer]] = [
        ("SGD", SGD(w, 0.1)),
        ("SGD, momentum 0.9", SGD(w, 0.05, 0.9)),
        ("SGD, Nesterov 0.9", SGD(w, 0.05, 0.9, nesterov=True)),
        ("AdaGrad", AdaGrad(w, 0.1)),
        ("RMSProp", RMSProp(w, 0.01)),
        ("Adam", Adam(w, 0.01)),
    ]
    place = {_settings(optimizer): k for k, (_, optimizer) in enumerate(menu)}
    for problem in problems:
        key = _settings(problem.optimizer)
        if key not in place:
            place[key] = len(menu)
            menu.append((f"{type(problem.optimizer).__name__}, yours", problem.optimizer))
        problem.data |= {"optimizer": place[key], "rate": problem.optimizer.lr}
        states = dict(zip(problem.optimizer.parameters, problem.optimizer.states, strict=True))
        problem.data["memory"] = (
            [states[p] for p in problem.parameters] if any(states.values()) else None
        )
    return menu


class _Memory(dict[str, Any]):
    """An optimizer's memory that tells what it began with."""

    def __init__(self) -> None:
        super().__init__()
        self.first: dict[str, float] = {}

    def get(self, name: str, default: Any = None) -> Any:
        self.first.setdefault(name, default)
        return super().get(name, default)


def _rule(script: JavaScript, function: str, name: str, optimizer: Optimizer) -> dict[str, Any]:
    """An optimizer's update of one parameter as a program, written from ``update`` itself."""
    memory = _Memory()
    _with_rate(optimizer, 1.0).update(1.0, 1.0, memory)
    kept = list(memory)

    def rule(w: Any, gradient: Any, rate: Any, memory: Sequence[Any] = ()) -> list[Any]:
        state = dict(zip(kept, memory, strict=True))
        return [_with_rate(optimizer, rate).update(w, gradient, state), *state.values()]

    shapes: list[Any] = [(), (), (), *([(len(kept),)] if kept else [])]
    written = script.add(function, rule, shapes, gradients=())
    names = {"w[0]": "ΞwΞ", "gradient[0]": "ΞgradientΞ", "rate[0]": "ΞrateΞ"}
    names |= {f"memory[{k}]": f"Ξ{name}Ξ" for k, name in enumerate(kept)}
    new = [f"Ξnew_{name}Ξ" for name in ["w", *kept]]
    names |= dict(zip(written.outputs, new, strict=True))
    formulas = written.formulas(names)
    return {
        "name": name,
        "function": function,
        "size": len(written.nodes),
        "rate": optimizer.lr,
        "memory": [[name, memory.first.get(name, 0.0)] for name in kept],
        "outputs": [int(text[2:-1]) for text in written.outputs],
        "formulas": [formulas[name] for name in new],
    }


def _with_rate(optimizer: Optimizer, rate: Any) -> Optimizer:
    """The same rule with another rate, which may be a Value."""
    kind = type(optimizer)
    other = copy(optimizer)
    other.__class__ = type(kind.__name__, (kind,), {"rate": rate})
    return other


# ------------------------------------------------------------------ the file


def _template(name: str) -> str:
    return (Path(__file__).parent / "template" / name).read_text(encoding="utf-8")


def _fill(data: Mapping[str, Any], source: str, title: str) -> str:
    """Put the parts into the template, in one pass: what is put in is not searched again."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    parts = {
        "TITLE": html.escape(_printable(title)),
        "STYLE": _template("playground.css"),
        # inside <script> only "<" could end the element or open a comment
        "DATA": _printable(text).replace("<", "\\u003c"),
        "PROGRAMS": source,
        "UPLOT_LICENSE": _template("uplot/LICENSE"),
        "UPLOT_STYLE": _template("uplot/uPlot.min.css"),
        "UPLOT": _template("uplot/uPlot.iife.min.js"),
        **{name.upper(): _template(f"{name}.js") for name in _PARTS},
    }
    return re.sub(r"@@(\w+)@@", lambda found: parts[found[1]], _template("playground.html"))


def _printable(text: str) -> str:
    """Without the characters that UTF-8 can't encode (half of a surrogate pair)."""
    return text.encode("utf-8", "replace").decode("utf-8")
