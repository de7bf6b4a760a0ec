"""Sums over some of an array's elements: neighbours in a graph, and all that came before."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd as ag

from ..case import Arrays, Case, Row, Wanted, values

__all__ = ["graph", "prefix"]


def graph(wanted: Wanted, nodes: int = 20, width: int = 16, batch: int = 32) -> Case:
    """Two graph convolutions over a fixed list of neighbours, pooled to a loss."""
    inputs = width // 2
    source = random.Random(1)
    near = []  # of each node: itself, the next one and the one before, and one far away
    for i in range(nodes):
        near.append(sorted({i, (i + 1) % nodes, (i - 1) % nodes, source.randrange(nodes)}))
    parameters = {
        "W1": values(source, width, inputs),
        "b1": values(source, width),
        "W2": values(source, width, width),
        "b2": values(source, width),
        "w": values(source, width),
    }

    def convolution(weights: list[Row], biases: Row, x: list[Row]) -> list[Row]:
        rows = []
        for neighbours in near:
            mean = [
                ag.sum(column) / len(neighbours)
                for column in zip(*(x[j] for j in neighbours), strict=True)
            ]
            rows.append([ag.dot(w, mean, b).relu() for w, b in zip(weights, biases, strict=True)])
        return rows

    def loss(x: list[Row], y: Any) -> Any:
        x = convolution(parameters["W1"], parameters["b1"], x)
        x = convolution(parameters["W2"], parameters["b2"], x)
        pooled = [ag.sum(column) / nodes for column in zip(*x, strict=True)]
        return (ag.dot(parameters["w"], pooled) - y) ** 2

    mixing = np.zeros((nodes, nodes))
    for i, neighbours in enumerate(near):
        mixing[i, neighbours] = 1 / len(neighbours)
    numbers = np.random.default_rng(0)
    data = numbers.normal(size=(batch, nodes, inputs)), numbers.normal(size=batch)

    def by_hand(p: Arrays, g: Arrays, x: Any, y: Any) -> Callable[[], float]:
        return graph_by_hand(p, g, x, y, mixing)

    def in_torch(x: Any, y: Any) -> Callable[[Arrays], Any]:
        return graph_in_torch(x, y, mixing)

    about = f"two graph convolutions, {nodes} nodes of 3 or 4 neighbours, B = {batch}"
    return Case(about, loss, parameters, data, by_hand, in_torch, wanted)


def graph_by_hand(p: Arrays, g: Arrays, x: Any, y: Any, mixing: Any) -> Callable[[], float]:
    """Of so few nodes, the neighbours are a matrix: a product reads them faster than an index."""
    (batch, nodes, inputs), width = x.shape, len(p["w"])
    w, dw, ones = p["w"], g["w"], np.ones(batch * nodes)
    m1 = np.empty((batch, nodes, inputs))
    z1, m2, z2, d1, dm2, d2 = np.empty((6, batch, nodes, width))

    def flat(each: Any) -> Any:
        return each.reshape(batch * nodes, -1)

    def step() -> float:
        np.matmul(mixing, x, out=m1)
        np.dot(flat(m1), p["W1"].T, out=flat(z1))
        np.add(z1, p["b1"], out=z1)
        np.maximum(z1, 0, out=z1)
        np.matmul(mixing, z1, out=m2)
        np.dot(flat(m2), p["W2"].T, out=flat(z2))
        np.add(z2, p["b2"], out=z2)
        np.maximum(z2, 0, out=z2)
        pooled = z2.sum(1)
        pooled /= nodes
        error = pooled @ w
        error -= y
        loss = error @ error / batch
        error *= 2 / batch
        np.matmul(error, pooled, out=dw)
        error /= nodes
        np.multiply((error[:, None] * w)[:, None], z2 > 0, out=d2)
        np.dot(flat(d2).T, flat(m2), out=g["W2"])
        np.dot(ones, flat(d2), out=g["b2"])
        np.dot(flat(d2), p["W2"], out=flat(dm2))
        np.matmul(mixing.T, dm2, out=d1)
        np.multiply(d1, z1 > 0, out=d1)
        np.dot(flat(d1).T, flat(m1), out=g["W1"])
        np.dot(ones, flat(d1), out=g["b1"])
        return float(loss)

    return step


def graph_in_torch(x: Any, y: Any, mixing: Any) -> Callable[[Arrays], Any]:
    import torch
    from torch.nn.functional import linear

    nodes, targets, mix = torch.tensor(x), torch.tensor(y), torch.tensor(mixing)

    def loss(p: Arrays) -> Any:
        h = torch.relu(linear(mix @ nodes, p["W1"], p["b1"]))
        h = torch.relu(linear(mix @ h, p["W2"], p["b2"]))
        return ((h.mean(1) @ p["w"] - targets) ** 2).mean()

    return loss


def prefix(wanted: Wanted, steps: int = 64, batch: int = 64) -> Case:
    """Running totals of weighted numbers, each compared with where it should be."""
    parameters = {"w": values(random.Random(1), steps)}

    def loss(x: Row, y: Row) -> Any:
        total: Any = 0.0
        squares = []
        for w, xi, yi in zip(parameters["w"], x, y, strict=True):
            total = total + w * xi
            squares.append((total - yi) ** 2)
        return ag.sum(squares) / steps

    data = tuple(np.random.default_rng(0).normal(size=(2, batch, steps)))
    about = f"{steps} prefix sums, B = {batch}"
    return Case(about, loss, parameters, data, prefix_by_hand, prefix_in_torch, wanted)


def prefix_by_hand(p: Arrays, g: Arrays, x: Any, y: Any) -> Callable[[], float]:
    totals, d = np.empty((2, *x.shape))

    def step() -> float:
        np.multiply(x, p["w"], out=totals)
        np.cumsum(totals, 1, out=totals)
        np.subtract(totals, y, out=totals)
        loss = np.vdot(totals, totals) / totals.size
        np.cumsum(totals[:, ::-1], 1, out=d[:, ::-1])
        np.einsum("bt,bt->t", d, x, out=g["w"])
        np.multiply(g["w"], 2 / totals.size, out=g["w"])
        return float(loss)

    return step


def prefix_in_torch(x: Any, y: Any) -> Callable[[Arrays], Any]:
    import torch

    inputs, targets = torch.tensor(x), torch.tensor(y)

    def loss(p: Arrays) -> Any:
        return ((torch.cumsum(inputs * p["w"], 1) - targets) ** 2).mean()

    return loss
