"""A causal transformer block and the whole scalar GPT, the code of ``benchmarks/scalar_gpt.py``.

In scalars, token by token, with growing lists of keys and values. By hand, all the positions at
once, with a mask.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd as ag

from .. import scalar_gpt
from ..case import Arrays, Case, Row, Wanted, take, values
from ..scalar_gpt import BLOCK, HEADS, TOKENS, WIDTH

__all__ = ["block", "gpt"]


def matrices(network: scalar_gpt.GPT) -> dict[str, Any]:
    """The parameters of a block."""
    return {
        "QKV": [network.query, network.key, network.value],
        "out": network.out,
        "up": network.up,
        "down": network.down,
    }


def block(wanted: Wanted, steps: int = BLOCK, batch: int = 32) -> Case:
    """RMS norm, causal attention of 4 heads, RMS norm, MLP; pooled to a loss."""
    network = scalar_gpt.GPT(ag.Value, ag.softmax)
    parameters = matrices(network) | {"w": values(random.Random(1), WIDTH)}

    def loss(x: list[Row], y: Any) -> Any:
        k: list[Row] = []
        v: list[Row] = []
        rows = [network.block(row, k, v) for row in x]
        pooled = [ag.sum(column) / steps for column in zip(*rows, strict=True)]
        return (ag.dot(parameters["w"], pooled) - y) ** 2

    numbers = np.random.default_rng(0)
    data = numbers.normal(size=(batch, steps, WIDTH)), numbers.normal(size=batch)
    about = f"a causal GPT block of {HEADS} heads, T = {steps}, B = {batch}"
    return Case(about, loss, parameters, data, block_by_hand, block_in_torch, wanted)


def gpt(wanted: Wanted, steps: int = BLOCK, name: str = "charlotte") -> Case:
    """The loss of a name, token by token; a batch of one.

    Args:
        wanted: of the compiled program.
        steps: how many tokens are read; after the end of the name, they count for nothing.
        name: what is learnt.
    """
    network = scalar_gpt.GPT(ag.Value, ag.softmax)
    parameters = {"token": network.token, "position": network.position[:steps]}
    parameters |= matrices(network) | {"head": network.head}

    def loss(tokens: Row, weights: Row) -> Any:
        k: list[Row] = []
        v: list[Row] = []
        losses = []
        for place in range(steps):
            logits = network(take(network.token, tokens[place]), place, k, v)
            losses.append(weights[place] * ag.cross_entropy(logits, tokens[place + 1]))
        return ag.sum(losses)

    tokens = scalar_gpt.tokens(name)[: steps + 1]
    weights = np.zeros(steps)
    weights[: len(tokens) - 1] = 1 / (len(tokens) - 1)
    tokens += [TOKENS - 1] * (steps + 1 - len(tokens))
    data = np.array([tokens], float), weights[None]
    about = f"the whole scalar GPT, {len(network.parameters):,} parameters, T = {steps}, B = 1"
    return Case(about, loss, parameters, data, gpt_by_hand, gpt_in_torch, wanted)


# ------------------------------------------------------------------------- by hand


class Norm:
    """RMS norm of the rows of x, and the way back."""

    def __init__(self, x: Any) -> None:
        self.x, self.out, self.part = x, np.empty_like(x), np.empty_like(x)
        self.scale = np.empty((len(x), 1))

    def forward(self) -> Any:
        scale = self.scale
        np.einsum("nd,nd->n", self.x, self.x, out=scale[:, 0])
        np.divide(scale, self.x.shape[1], out=scale)
        np.add(scale, 1e-5, out=scale)
        np.sqrt(scale, out=scale)
        np.reciprocal(scale, out=scale)
        return np.multiply(self.x, scale, out=self.out)

    def backward(self, d: Any, dx: Any) -> None:
        """Add to dx what comes back through d, the gradient of ``out``."""
        along = np.einsum("nd,nd->n", self.out, d)[:, None]
        along /= self.x.shape[1]
        np.multiply(self.out, along, out=self.part)
        np.subtract(d, self.part, out=self.part)
        np.multiply(self.part, self.scale, out=self.part)
        np.add(dx, self.part, out=dx)


class Block:
    """The block over all the tokens x, a row each: (B * T, D)."""

    def __init__(self, p: Arrays, g: Arrays, x: Any, batch: int) -> None:
        count, width = x.shape
        steps, size = count // batch, width // HEADS
        self.p, self.g = p, g
        self.qkv, self.d_qkv = (each["QKV"].reshape(3 * width, width) for each in (p, g))
        self.x, self.middle, self.y = x, np.empty_like(x), np.empty_like(x)
        self.before, self.between = Norm(x), Norm(self.middle)
        self.z, self.dz = np.empty((2, count, 3 * width))
        split = (batch, steps, 3, HEADS, size)
        self.q, self.k, self.v = self.z.reshape(split).transpose(2, 0, 3, 1, 4)
        self.dq, self.dk, self.dv = self.dz.reshape(split).transpose(2, 0, 3, 1, 4)
        self.a, self.da = np.empty((2, batch, HEADS, steps, steps))
        self.read, self.d_read = np.empty((2, count, width))
        heads = (batch, steps, HEADS, size)
        self.of_heads = self.read.reshape(heads).transpose(0, 2, 1, 3)
        self.d_of_heads = self.d_read.reshape(heads).transpose(0, 2, 1, 3)
        self.hidden, self.d_hidden = np.empty((2, count, len(p["up"])))
        self.d_norm = np.empty_like(x)
        self.future = np.triu(np.full((steps, steps), -np.inf), 1)
        self.scale = size**-0.5

    def forward(self) -> Any:
        p, a = self.p, self.a
        np.dot(self.before.forward(), self.qkv.T, out=self.z)
        np.matmul(self.q, self.k.swapaxes(-1, -2), out=a)
        np.multiply(a, self.scale, out=a)
        np.add(a, self.future, out=a)
        np.subtract(a, a.max(-1, keepdims=True), out=a)
        np.exp(a, out=a)
        np.divide(a, a.sum(-1, keepdims=True), out=a)
        np.matmul(a, self.v, out=self.of_heads)
        np.dot(self.read, p["out"].T, out=self.middle)
        np.add(self.middle, self.x, out=self.middle)
        np.dot(self.between.forward(), p["up"].T, out=self.hidden)
        np.maximum(self.hidden, 0, out=self.hidden)
        np.dot(self.hidden, p["down"].T, out=self.y)
        return np.add(self.y, self.middle, out=self.y)

    def backward(self, d: Any) -> Any:
        """Turn d, the gradient of the block's y, into that of its x."""
        p, g, a, da = self.p, self.g, self.a, self.da
        np.dot(d.T, self.hidden, out=g["down"])
        np.dot(d, p["down"], out=self.d_hidden)
        np.multiply(self.d_hidden, self.hidden > 0, out=self.d_hidden)
        np.dot(self.d_hidden.T, self.between.out, out=g["up"])
        np.dot(self.d_hidden, p["up"], out=self.d_norm)
        self.between.backward(self.d_norm, d)
        np.dot(d.T, self.read, out=g["out"])
        np.dot(d, p["out"], out=self.d_read)
        np.matmul(a.swapaxes(-1, -2), self.d_of_heads, out=self.dv)
        np.matmul(self.d_of_heads, self.v.swapaxes(-1, -2), out=da)
        np.subtract(da, np.einsum("bhts,bhts->bht", a, da)[..., None], out=da)
        np.multiply(da, a, out=da)
        np.multiply(da, self.scale, out=da)
        np.matmul(da, self.k, out=self.dq)
        np.matmul(da.swapaxes(-1, -2), self.q, out=self.dk)
        np.dot(self.dz.T, self.before.out, out=self.d_qkv)
        np.dot(self.dz, self.qkv, out=self.d_norm)
        self.before.backward(self.d_norm, d)
        return d


def block_by_hand(p: Arrays, g: Arrays, x: Any, y: Any) -> Callable[[], float]:
    batch, steps, width = x.shape
    whole = Block(p, g, x.reshape(-1, width), batch)
    d = np.empty_like(x)
    w = p["w"]

    def step() -> float:
        pooled = whole.forward().reshape(x.shape).sum(1)
        pooled /= steps
        error = pooled @ w
        error -= y
        loss = error @ error / batch
        error *= 2 / batch
        np.dot(error, pooled, out=g["w"])
        error /= steps
        np.multiply(error[:, None, None], w, out=d)
        whole.backward(d.reshape(-1, width))
        return float(loss)

    return step


def gpt_by_hand(p: Arrays, g: Arrays, tokens: Any, weights: Any) -> Callable[[], float]:
    batch, steps = weights.shape
    read, targets = (part.astype(int).ravel() for part in (tokens[:, :-1], tokens[:, 1:]))
    which, weight = np.arange(len(read)), weights.reshape(-1, 1)
    sums = np.empty((len(read), WIDTH))
    by_batch = sums.reshape(batch, steps, WIDTH)
    first = Norm(sums)
    whole = Block(p, g, first.out, batch)
    z, dz = np.empty((2, len(read), TOKENS))
    d, d_sums = np.empty((2, len(read), WIDTH))

    def step() -> float:
        np.take(p["token"], read, 0, out=sums, mode="clip")
        np.add(by_batch, p["position"], out=by_batch)
        first.forward()
        y = whole.forward()
        np.dot(y, p["head"].T, out=z)
        np.subtract(z, z.max(1, keepdims=True), out=z)
        np.exp(z, out=dz)
        total = dz.sum(1, keepdims=True)
        losses = np.log(total[:, 0])
        losses -= z[which, targets]
        np.multiply(dz, weight / total, out=dz)
        dz[which, targets] -= weight[:, 0]
        np.multiply(dz, 1 / batch, out=dz)
        np.dot(dz.T, y, out=g["head"])
        np.dot(dz, p["head"], out=d)
        d_sums[:] = 0
        first.backward(whole.backward(d), d_sums)
        d_sums.reshape(by_batch.shape).sum(0, out=g["position"])
        g["token"][:] = 0
        np.add.at(g["token"], read, d_sums)
        return float(losses @ weight[:, 0] / batch)

    return step


# ------------------------------------------------------------------------ in PyTorch


def block_of_torch(p: Arrays, x: Any) -> Any:
    import torch
    from torch.nn.functional import linear, rms_norm, scaled_dot_product_attention

    batch, steps, width = x.shape
    projection = linear(rms_norm(x, (width,), eps=1e-5), p["QKV"].view(-1, width))
    q, k, v = projection.view(batch, steps, 3, HEADS, -1).permute(2, 0, 3, 1, 4)
    read = scaled_dot_product_attention(q, k, v, is_causal=True)
    x = x + linear(read.transpose(1, 2).reshape(x.shape), p["out"])
    hidden = torch.relu(linear(rms_norm(x, (width,), eps=1e-5), p["up"]))
    return x + linear(hidden, p["down"])


def block_in_torch(x: Any, y: Any) -> Callable[[Arrays], Any]:
    import torch

    rows, targets = torch.tensor(x), torch.tensor(y)

    def loss(p: Arrays) -> Any:
        return ((block_of_torch(p, rows).mean(1) @ p["w"] - targets) ** 2).mean()

    return loss


def gpt_in_torch(tokens: Any, weights: Any) -> Callable[[Arrays], Any]:
    import torch
    from torch.nn.functional import cross_entropy, embedding, linear, rms_norm

    numbers, shares = torch.tensor(tokens).long(), torch.tensor(weights)
    read, targets = numbers[:, :-1], numbers[:, 1:]

    def loss(p: Arrays) -> Any:
        x = rms_norm(embedding(read, p["token"]) + p["position"], (WIDTH,), eps=1e-5)
        logits = linear(block_of_torch(p, x), p["head"])
        losses = cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
        return losses @ shares.flatten() / len(shares)

    return loss
