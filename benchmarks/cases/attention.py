"""Attention over T positions of 16 numbers, whole and causal, rectified and pooled to a loss."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd as ag

from ..case import Arrays, Case, Row, Wanted, linear, values

__all__ = ["attention"]


def attention(
    steps: int, wanted: Wanted, causal: bool = False, width: int = 16, batch: int = 32
) -> Case:
    """Queries, keys and values of each position; what it reads is pooled and compared with y."""
    source = random.Random(1)
    parameters = {"QKV": values(source, 3, width, width), "w": values(source, width)}
    queries, keys, values_ = parameters["QKV"]

    def read(query: Row, keys: list[Row], values: list[Row]) -> Row:
        weights = ag.softmax([ag.dot(query, key) / width**0.5 for key in keys])
        return [ag.dot(weights, column).relu() for column in zip(*values, strict=True)]

    def whole(x: list[Row]) -> list[Row]:
        q, k, v = ([linear(matrix, row) for row in x] for matrix in (queries, keys, values_))
        return [read(query, k, v) for query in q]

    def growing(x: list[Row]) -> list[Row]:
        k: list[Row] = []
        v: list[Row] = []
        rows = []
        for row in x:
            k.append(linear(keys, row))
            v.append(linear(values_, row))
            rows.append(read(linear(queries, row), k, v))
        return rows

    def loss(x: list[Row], y: Any) -> Any:
        rows = growing(x) if causal else whole(x)
        pooled = [ag.sum(column) / steps for column in zip(*rows, strict=True)]
        return (ag.dot(parameters["w"], pooled) - y) ** 2

    numbers = np.random.default_rng(0)
    data = numbers.normal(size=(batch, steps, width)), numbers.normal(size=batch)

    def by_hand_(p: Arrays, g: Arrays, x: Any, y: Any) -> Callable[[], float]:
        return by_hand(p, g, x, y, causal)

    def in_torch_(x: Any, y: Any) -> Callable[[Arrays], Any]:
        return in_torch(x, y, causal)

    kind = "lists of growing length" if causal else "full"
    about = f"attention, {kind}, T = {steps}, D = {width}, B = {batch}"
    return Case(about, loss, parameters, data, by_hand_, in_torch_, wanted)


def by_hand(p: Arrays, g: Arrays, x: Any, y: Any, causal: bool) -> Callable[[], float]:
    batch, steps, width = x.shape
    w, dw = p["w"], g["w"]
    projection, d_projection = (each["QKV"].reshape(3 * width, width) for each in (p, g))
    rows = x.reshape(-1, width)
    qkv, d_qkv = np.empty((2, len(rows), 3 * width))
    q, k, v = np.moveaxis(qkv.reshape(batch, steps, 3, width), 2, 0)
    dq, dk, dv = np.moveaxis(d_qkv.reshape(batch, steps, 3, width), 2, 0)
    a, da = np.empty((2, batch, steps, steps))
    z, dz = np.empty((2, batch, steps, width))
    future = np.triu(np.full((steps, steps), -np.inf), 1)
    scale = width**-0.5

    def step() -> float:
        np.dot(rows, projection.T, out=qkv)
        np.matmul(q, k.transpose(0, 2, 1), out=a)
        np.multiply(a, scale, out=a)
        if causal:
            np.add(a, future, out=a)
        np.subtract(a, a.max(-1, keepdims=True), out=a)
        np.exp(a, out=a)
        np.divide(a, a.sum(-1, keepdims=True), out=a)
        np.matmul(a, v, out=z)
        np.maximum(z, 0, out=z)
        pooled = z.sum(1)
        pooled /= steps
        error = pooled @ w
        error -= y
        loss = error @ error / batch
        error *= 2 / batch
        np.dot(error, pooled, out=dw)
        error /= steps
        np.multiply((error[:, None] * w)[:, None], z > 0, out=dz)
        np.matmul(a.transpose(0, 2, 1), dz, out=dv)
        np.matmul(dz, v.transpose(0, 2, 1), out=da)
        np.subtract(da, np.einsum("bts,bts->bt", a, da)[:, :, None], out=da)
        np.multiply(da, a, out=da)
        np.multiply(da, scale, out=da)
        np.matmul(da, k, out=dq)
        np.matmul(da.transpose(0, 2, 1), q, out=dk)
        np.dot(d_qkv.T, rows, out=d_projection)
        return float(loss)

    return step


def in_torch(x: Any, y: Any, causal: bool) -> Callable[[Arrays], Any]:
    import torch

    rows, targets = torch.tensor(x), torch.tensor(y)
    width = x.shape[-1]

    def loss(p: Arrays) -> Any:
        q, k, v = (rows @ p["QKV"].view(-1, width).T).chunk(3, -1)
        z = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=causal)
        return ((torch.relu(z).mean(1) @ p["w"] - targets) ** 2).mean()

    return loss
