"""The layers with two independent answers each: a formula over arrays, and PyTorch's module.

A formula takes arrays by the names of the state and one sample, and works on complex numbers, too:
then the derivative by a number is the imaginary part of f(x + ih) / h, exact to the last digits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import nn

Arrays = dict[str, Any]


@dataclass
class Case:
    """A layer, and what it should give."""

    layer: Callable[[], nn.Module]
    shape: tuple[int, ...]  # of a sample
    formula: Callable[[Arrays, Any], Any]
    torch: Callable[[Any], Any]  # from the module torch.nn to a module
    tokens: int = 0  # samples are whole numbers below this


def windows(x: Any, kernel: Any, stride: Any, padding: Any, outside: float) -> Any:
    """(channels, places..., kernel...)"""
    around = [(0, 0), *((p, p) for p in padding)]
    padded = np.pad(x, around, constant_values=outside)
    axes = tuple(range(1, x.ndim))
    found = np.lib.stride_tricks.sliding_window_view(padded, kernel, axes)
    return found[(slice(None), *(slice(None, None, s) for s in stride))]


def convolution(stride: Any, padding: Any) -> Callable[[Arrays, Any], Any]:
    def formula(p: Arrays, x: Any) -> Any:
        kernel = p["weight"].shape[2:]
        letters = "kl"[: len(kernel)]
        seen = windows(x, kernel, stride, padding, 0.0)
        z = np.einsum(f"c...{letters},oc{letters}->o...", seen, p["weight"])
        return z + p["bias"].reshape(-1, *[1] * len(kernel)) if "bias" in p else z

    return formula


def largest(kernel: Any, stride: Any, padding: Any) -> Callable[[Arrays, Any], Any]:
    def formula(p: Arrays, x: Any) -> Any:
        seen = windows(x, kernel, stride, padding, -np.inf)
        flat = seen.reshape(*seen.shape[:3], -1)
        return np.take_along_axis(flat, flat.real.argmax(-1)[..., None], -1)[..., 0]

    return formula


def mean(kernel: Any, stride: Any, padding: Any) -> Callable[[Arrays, Any], Any]:
    return lambda p, x: windows(x, kernel, stride, padding, 0.0).mean((-2, -1))


def layer_norm(p: Arrays, x: Any) -> Any:
    centred = x - x.mean(-1, keepdims=True)
    variance = (centred * centred).mean(-1, keepdims=True)
    return centred / np.sqrt(variance + 1e-5) * p["weight"] + p["bias"]


def rms_norm(p: Arrays, x: Any) -> Any:
    eps = np.finfo(float).eps
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + eps) * p["weight"]


def attention(heads: int, causal: bool) -> Callable[[Arrays, Any], Any]:
    def formula(p: Arrays, x: Any) -> Any:
        steps, width = x.shape
        qkv = x @ p["in_proj_weight"].T + p.get("in_proj_bias", 0.0)
        q, k, v = qkv.reshape(steps, 3, heads, width // heads).transpose(1, 2, 0, 3)
        powers = np.exp(q @ k.swapaxes(1, 2) / np.sqrt(width // heads))
        powers = np.tril(powers) if causal else powers
        read = powers / powers.sum(-1, keepdims=True) @ v
        read = read.swapaxes(0, 1).reshape(steps, width)
        return read @ p["out_proj.weight"].T + p.get("out_proj.bias", 0.0)

    return formula


def sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def recurrent(step: Callable[[Any, Any, Any], Any]) -> Callable[[Arrays, Any], Any]:
    def formula(p: Arrays, x: Any) -> Any:
        hidden = p["weight_hh_l0"].shape[1]
        state, states = np.zeros((2, hidden)), []
        for row in x:
            of_x = p["weight_ih_l0"] @ row + p.get("bias_ih_l0", 0.0)
            of_h = p["weight_hh_l0"] @ state[0] + p.get("bias_hh_l0", 0.0)
            state = step(of_x.reshape(-1, hidden), of_h.reshape(-1, hidden), state)
            states.append(state[0])
        return np.array(states)

    return formula


def rnn_step(of_x: Any, of_h: Any, state: Any) -> Any:
    return np.tanh(of_x + of_h)


def gru_step(of_x: Any, of_h: Any, state: Any) -> Any:
    reset, update = sigmoid(of_x[:2] + of_h[:2])
    new = np.tanh(of_x[2] + reset * of_h[2])
    return np.array([(1 - update) * new + update * state[0]])


def lstm_step(of_x: Any, of_h: Any, state: Any) -> Any:
    z = of_x + of_h
    cell = sigmoid(z[1]) * state[1] + sigmoid(z[0]) * np.tanh(z[2])
    return np.array([sigmoid(z[3]) * np.tanh(cell), cell])


def of_torch(kind: str, *settings: Any, **more: Any) -> Callable[[Any], Any]:
    return lambda torch_nn: getattr(torch_nn, kind)(*settings, **more)


def self_attention(causal: bool, *settings: Any, **more: Any) -> Callable[[Any], Any]:
    """PyTorch's attention of a sequence to itself; a mask says what may not be seen."""

    def make(torch_nn: Any) -> Any:
        class SelfAttention(torch_nn.MultiheadAttention):  # type: ignore[misc]
            def forward(self, x: Any) -> Any:
                future = x.new_ones(len(x), len(x)).triu(1).bool() if causal else None
                return super().forward(x, x, x, attn_mask=future, need_weights=False)[0]

        return SelfAttention(*settings, batch_first=True, **more)

    return make


CASES: dict[str, Case] = {}

for size, stride, padding, bias in (
    ((3,), (1,), (0,), True),
    ((3,), (2,), (1,), True),
    ((2,), (3,), (2,), False),
):
    settings = (size, stride, padding)
    CASES[f"Conv1d {settings}"] = Case(
        lambda s=settings, b=bias: nn.Conv1d(2, 3, *s, bias=b, rng=1),  # type: ignore[misc]
        (2, 8),
        convolution(stride, padding),
        of_torch("Conv1d", 2, 3, *settings, bias=bias),
    )

for sizes, strides, paddings, bias in (
    ((3, 3), (1, 1), (0, 0), True),
    ((3, 3), (1, 1), (1, 1), True),
    ((3, 2), (2, 1), (1, 0), False),
    ((2, 4), (1, 3), (3, 4), True),  # some windows lie wholly beside the image
):
    settings = (sizes, strides, paddings)
    CASES[f"Conv2d {settings}"] = Case(
        lambda s=settings, b=bias: nn.Conv2d(2, 3, *s, bias=b, rng=1),  # type: ignore[misc]
        (2, 5, 6),
        convolution(strides, paddings),
        of_torch("Conv2d", 2, 3, *settings, bias=bias),
    )

for sizes, strides, paddings in (
    ((2, 2), (2, 2), (0, 0)),
    ((3, 2), (1, 2), (1, 1)),
    ((3, 3), (2, 1), (0, 1)),
):
    settings = (sizes, strides, paddings)
    CASES[f"MaxPool2d {settings}"] = Case(
        lambda s=settings: nn.MaxPool2d(*s),  # type: ignore[misc]
        (2, 5, 6),
        largest(*settings),
        of_torch("MaxPool2d", *settings),
    )
    CASES[f"AvgPool2d {settings}"] = Case(
        lambda s=settings: nn.AvgPool2d(*s),  # type: ignore[misc]
        (2, 5, 6),
        mean(*settings),
        of_torch("AvgPool2d", *settings),
    )

for bias, heads, causal in ((True, 1, False), (True, 3, False), (True, 2, True), (False, 2, True)):
    CASES[f"Attention of {heads} heads, {causal=}, {bias=}"] = Case(
        lambda h=heads, c=causal, b=bias: nn.Attention(6, h, causal=c, bias=b, rng=1),  # type: ignore[misc]
        (4, 6),
        attention(heads, causal),
        self_attention(causal, 6, heads, bias=bias),
    )

for kind, step in (("RNN", rnn_step), ("GRU", gru_step), ("LSTM", lstm_step)):
    for bias in (True, False):
        CASES[f"{kind}, {bias=}"] = Case(
            lambda k=kind, b=bias: getattr(nn, k)(3, 4, bias=b, rng=1),  # type: ignore[misc]
            (5, 3),
            recurrent(step),
            of_torch(kind, 3, 4, bias=bias, batch_first=True),
        )

CASES |= {
    "Flatten": Case(
        nn.Flatten, (2, 3, 2), lambda p, x: x.ravel(), of_torch("Flatten", start_dim=0)
    ),
    "Embedding": Case(
        lambda: nn.Embedding(7, 3, rng=1),
        (5,),
        lambda p, x: p["weight"][x],
        of_torch("Embedding", 7, 3),
        tokens=7,
    ),
    "LayerNorm": Case(lambda: nn.LayerNorm(5), (3, 5), layer_norm, of_torch("LayerNorm", 5)),
    "RMSNorm": Case(lambda: nn.RMSNorm(5), (3, 5), rms_norm, of_torch("RMSNorm", 5)),
    "LayerNorm of one row": Case(
        lambda: nn.LayerNorm(4), (4,), layer_norm, of_torch("LayerNorm", 4)
    ),
}
