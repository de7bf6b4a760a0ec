"""Graphs that several tests walk: the lectures' expressions, a 2-3-2 network, and random ones."""

from __future__ import annotations

import random
from collections.abc import Callable

from autograd import Value, cross_entropy, dot, exp, maximum, relu, sin, tanh
from autograd.engine.graph import topological_order


def l1() -> Value:
    x, y, z = Value(-2.0, "x"), Value(5.0, "y"), Value(-4.0, "z")
    return (x + y) * z


def l2() -> Value:
    a, b, c = Value(5.0, "a"), Value(3.0, "b"), Value(2.0, "c")
    return 3 * (a + b * c)


def l3() -> Value:
    x, y = Value(1.7, "x"), Value(0.3, "y")
    u, v = x * y, x / y
    return u**2 + v**2


def l4() -> Value:
    t = Value(1.3, "t")
    return t * t * exp(t)


def network() -> Value:
    """2 inputs, 3 hidden ReLU, 2 outputs, cross-entropy: the shape of L18."""
    generator = random.Random(18)

    def weights(n: int, name: str) -> list[Value]:
        return [Value(generator.gauss(0, 1), f"{name}{k}") for k in range(n)]

    x = [Value(0.1, "x0"), Value(0.2, "x1")]
    hidden = [relu(dot(weights(2, f"w{j}"), x, Value(0.1, f"b{j}"))) for j in range(3)]
    logits = [dot(weights(3, f"u{j}"), hidden, Value(0.0, f"c{j}")) for j in range(2)]
    return cross_entropy(logits, 0)


LECTURES: dict[str, Callable[[], Value]] = {
    "l1": l1,
    "l2": l2,
    "l3": l3,
    "l4": l4,
    "network": network,
}


def random_graph(seed: int, gates: int = 25) -> Value:
    """A graph with much fan-out, from two leaves and a dozen kinds of gates."""
    generator = random.Random(seed)
    nodes = [Value(generator.uniform(-2, 2)) for _ in range(2)]
    for _ in range(gates):
        x, y = generator.choice(nodes), generator.choice(nodes)
        choices: list[Callable[[], Value]] = [
            lambda x=x, y=y: x + y,
            lambda x=x, y=y: x - y,
            lambda x=x, y=y: tanh(x) * y,
            lambda x=x, y=y: x / (y * y + 1),
            lambda x=x: sin(x),
            lambda x=x: -x,
            lambda x=x: relu(x) * 0.7,
            lambda x=x, y=y: maximum(x, y, 0.1),
        ]
        nodes.append(generator.choice(choices)())
    return nodes[-1] + nodes[-2]


def leaves(output: Value) -> list[Value]:
    return [node for node in topological_order(output) if node.kind == "leaf"]
