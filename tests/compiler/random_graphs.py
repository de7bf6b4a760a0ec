"""Random functions of a sample, for the fuzz test: narrow tangles and wide layers mixed.

A recipe (a list of plain tuples) is drawn first and then replayed, so that the compiler's trace
and the eager reference compute the same function.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import autograd as ag
from autograd import Value

UNARY: dict[str, Callable[[Any], Any]] = {
    "relu": ag.relu,
    "tanh": ag.tanh,
    "sigmoid": ag.sigmoid,
    "softplus": ag.softplus,
    "sin": ag.sin,
    "exp": lambda x: ag.exp(ag.tanh(x)),
    "log": lambda x: ag.log(1.5 + ag.sin(x)),
    "sqrt": lambda x: ag.sqrt(2 + ag.cos(x)),
    "abs": ag.abs,
    "square": lambda x: x**2,
    "cube": lambda x: x**3,
    "neg": lambda x: -x,
    "leaky": lambda x: ag.leaky_relu(x, 0.1),
    "elu": ag.elu,
    "erf": ag.erf,
    "step": ag.step,
    "scale": lambda x: 0.5 * x,
    "shift": lambda x: x + 1,
    "unit": lambda x: 1 * x,
    "nothing": lambda x: 0 * x + 1,
    "twice": lambda x: x + x,
}
BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / (2 + ag.sin(y)),
    "maximum": ag.maximum,
    "minimum": ag.minimum,
    "where": lambda x, y: ag.where(ag.step(x), lambda: ag.log(x), y),
    "hypot": lambda x, y: ag.hypot(x, y),
}
NARY: dict[str, Callable[[list[Any]], Any]] = {
    "sum": ag.sum,
    "maximum": ag.maximum,
    "minimum": ag.minimum,
    "logsumexp": ag.logsumexp,
    "product sum": lambda xs: ag.dot(xs, xs[::-1], 0.5),
    "cross entropy": lambda xs: ag.cross_entropy(xs, len(xs) // 2),
    "log softmax": lambda xs: ag.log_softmax(xs)[0],
    "softmax": lambda xs: ag.softmax(xs)[-1],
    "soft targets": lambda xs: ag.cross_entropy(xs, [1 / len(xs)] * len(xs)),
}


@dataclass
class RandomGraph:
    """A random function, its parameters and the shapes of its arguments."""

    f: Callable[..., Value]
    parameters: list[Value]
    shapes: list[tuple[int, ...]]


def random_graph(seed: int) -> RandomGraph:
    rng = random.Random(seed)
    shapes: list[tuple[int, ...]] = [
        rng.choice([(), (1,), (2,), (3,), (5,)]) for _ in range(rng.randint(1, 3))
    ]
    # numbers on a coarse grid, so that ties at kinks and equal operands do happen
    parameters = [Value(rng.randint(-8, 8) / 4) for _ in range(rng.randint(1, 40))]
    recipe: list[tuple[Any, ...]] = []
    for _ in range(rng.randint(1, 9)):
        kind = rng.choice(["unary", "binary", "nary", "layer", "layer", "map", "zip", "window"])
        name = rng.choice(list({"unary": UNARY, "map": UNARY, "nary": NARY}.get(kind, BINARY)))
        draws = [rng.random() for _ in range(200)]
        recipe.append((kind, name, rng.randint(1, 5), rng.randint(1, 5), draws))
    last = rng.choice(["sum", "some", "mean of squares", "cross entropy"])
    ends = [rng.random() for _ in range(20)]
    with_class = last == "cross entropy" and rng.random() < 0.5
    if with_class:
        shapes.append(())

    def f(*arguments: Any) -> Value:
        target = arguments[-1] if with_class else None
        vectors: list[list[Any]] = [list(parameters)]
        for argument in arguments[: len(arguments) - with_class]:
            vectors.append(list(argument) if isinstance(argument, list) else [argument])
        pool = [x for vector in vectors for x in vector]
        for kind, name, n, k, draws in recipe:
            draw = iter(draws)

            def pick(of: list[Any], draw: Any = draw) -> Any:
                return of[int(next(draw) * len(of))]

            if kind == "unary":
                new = [UNARY[name](pick(pool))]
            elif kind == "binary":
                new = [BINARY[name](pick(pool), pick(pool))]
            elif kind == "nary":
                new = [NARY[name]([pick(pool) for _ in range(k)])]
            elif kind == "layer":
                x = pick(vectors)[:8]
                new = []
                for _ in range(n):
                    z = pick(parameters)
                    for xi in x:
                        z = z + pick(parameters) * xi
                    new.append(z)
            elif kind == "map":
                new = [UNARY[name](x) for x in pick(vectors)[:12]]
            elif kind == "zip":
                new = [
                    BINARY[name](x, y)
                    for x, y in zip(pick(vectors)[:12], pick(vectors), strict=False)
                ]
            else:
                x = pick(vectors)[:10]
                kernel = [pick(parameters) for _ in range(min(k, len(x)))]
                size = len(kernel)
                new = [ag.dot(kernel, x[i : i + size]) for i in range(len(x) - size + 1)]
            vectors.append(new)
            pool += new
        end = iter(ends)
        tail = [x for vector in vectors[-3:] for x in vector][-12:]
        if last == "sum":
            return ag.sum([ag.tanh(x) for x in tail])
        if last == "some":
            return pool[int(next(end) * len(pool))] * 0.5 + ag.tanh(tail[-1])
        if last == "mean of squares":
            return sum((ag.sin(x) ** 2 for x in tail), Value(0.0)) / len(tail)
        while len(tail) < 3:
            tail = [*tail, tail[-1] * 0.5]
        return ag.cross_entropy([ag.tanh(x) for x in tail[-3:]], 1 if target is None else target)

    return RandomGraph(f, parameters, shapes)


def random_batch(graph: RandomGraph, seed: int, size: int) -> list[list[Any]]:
    """Samples for each argument, on the same coarse grid; classes for a class."""
    rng = random.Random(-seed - 1)

    def number() -> float:
        return rng.randint(-8, 8) / 4

    batch: list[list[Any]] = []
    for shape in graph.shapes:
        batch.append(
            [number() if shape == () else [number() for _ in range(shape[0])] for _ in range(size)]
        )
    if graph.f.__closure__ is not None and graph.shapes and _takes_class(graph):
        batch[-1] = [float(rng.randrange(3)) for _ in range(size)]
    return batch


def _takes_class(graph: RandomGraph) -> bool:
    names = graph.f.__code__.co_freevars
    cells = graph.f.__closure__ or ()
    return bool(dict(zip(names, cells, strict=True))["with_class"].cell_contents)


def eager(
    graph: RandomGraph, batch: list[list[Any]]
) -> tuple[list[float], float, dict[Value, float]]:
    """Each sample's value, their mean and its gradient, by the scalar engine."""
    size = len(batch[0])
    values = []
    slopes = dict.fromkeys(graph.parameters, 0.0)
    for k in range(size):
        sample = [
            [Value(x) for x in column[k]] if isinstance(column[k], list) else Value(column[k])
            for column in batch
        ]
        result = graph.f(*sample)
        for parameter in graph.parameters:
            parameter.grad = None
        result.backward(1 / size)
        values.append(result.data)
        for parameter in graph.parameters:
            slopes[parameter] += parameter.grad or 0.0
    return values, sum(values) / size, slopes
