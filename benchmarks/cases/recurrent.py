"""Networks that read step by step: RNN, LSTM, GRU; and one number that goes through tanh.

By hand, arrays are (features, steps, batch). So the gates of a step are blocks of whole rows, and
what does not wait for the step before (the inputs' part, the slopes of the gates, the gradients of
the weights) is one operation over all the steps.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd as ag
from autograd import Value

from ..case import Arrays, Case, Row, Wanted, linear, values

__all__ = ["gru", "lstm", "recurrence", "rnn"]

Step = Callable[[Row, Row], Row]  # of what the inputs and the state give, a new state


def recurrent(
    about: str,
    gates: int,
    read: Callable[[dict[str, Any]], Callable[[list[Row]], Row]],
    by_hand: Callable[..., Callable[[], float]],
    in_torch: Callable[..., Callable[[Arrays], Any]],
    wanted: Wanted,
    sizes: tuple[int, int, int, int],
) -> Case:
    """The last state, weighted and compared with y; W weighs the inputs, U the state."""
    steps, batch, inputs, width = sizes
    source = random.Random(1)
    parameters = {
        "W": values(source, gates * width, inputs),
        "b": values(source, gates * width),
        "U": values(source, gates * width, width),
        "w": values(source, width),
    }
    last_state = read(parameters)

    def loss(x: list[Row], y: Any) -> Any:
        return (ag.dot(parameters["w"], last_state(x)) - y) ** 2

    numbers = np.random.default_rng(0)
    data = numbers.normal(size=(batch, steps, inputs)), numbers.normal(size=batch)
    about = f"{about} of {steps} steps, {inputs} inputs, {width} units, B = {batch}"
    return Case(about, loss, parameters, data, by_hand, in_torch, wanted)


def plus(*rows: Row) -> Row:
    return [ag.sum(column) for column in zip(*rows, strict=True)]


class Steps:
    """What all three have in common by hand: the inputs' part, the readout, the weights' gradients.

    ``z[:, t]`` starts as W x + b at step t, ``h[:, t]`` is the state before it.
    """

    def __init__(self, p: Arrays, g: Arrays, x: Any, y: Any) -> None:
        batch, steps, inputs = x.shape
        self.p, self.g, self.y = p, g, y
        self.given, self.x = x.transpose(2, 1, 0), np.empty((inputs, steps, batch))
        self.z = np.empty((len(p["b"]), steps, batch))
        self.h = np.zeros((len(p["w"]), steps + 1, batch))
        self.before = self.h.reshape(len(self.h), -1)[:, : steps * batch]
        self.dh = np.empty((len(self.h), batch))

    def read(self) -> None:
        np.copyto(self.x, self.given)
        np.dot(self.p["W"], flat(self.x), out=flat(self.z))
        np.add(self.z, self.p["b"][:, None, None], out=self.z)

    def loss(self) -> float:
        last = self.h[:, -1]
        error = self.p["w"] @ last
        error -= self.y
        loss = error @ error / len(error)
        error *= 2 / len(error)
        np.matmul(last, error, out=self.g["w"])
        np.multiply(self.p["w"][:, None], error, out=self.dh)
        return float(loss)

    def weights(self, dz: Any, du: Any) -> None:
        """From the gradients of what W and what U give, over all the steps."""
        np.matmul(flat(dz), flat(self.x).T, out=self.g["W"])
        np.matmul(flat(du), self.before.T, out=self.g["U"])
        flat(dz).sum(1, out=self.g["b"])


def flat(each: Any) -> Any:
    """All the steps of all the batch, side by side."""
    return each.reshape(len(each), -1)


# --------------------------------------------------------------------------------- RNN


def rnn(steps: int, wanted: Wanted, batch: int = 64, inputs: int = 4, width: int = 16) -> Case:
    """h = tanh(W x + b + U h)."""

    def read(p: dict[str, Any]) -> Callable[[list[Row]], Row]:
        def last_state(x: list[Row]) -> Row:
            h: Row = [0.0] * width
            for each in x:
                z = plus(linear(p["W"], each), p["b"], linear(p["U"], h))
                h = [ag.tanh(v) for v in z]
            return h

        return last_state

    sizes = (steps, batch, inputs, width)
    return recurrent("an RNN", 1, read, rnn_by_hand, rnn_in_torch, wanted, sizes)


def rnn_by_hand(p: Arrays, g: Arrays, x: Any, y: Any) -> Callable[[], float]:
    all_steps = Steps(p, g, x, y)
    z, h, dh, u = all_steps.z, all_steps.h, all_steps.dh, p["U"]
    part, slopes = np.empty_like(dh), np.empty_like(z)

    def step() -> float:
        all_steps.read()
        for t in range(z.shape[1]):
            np.matmul(u, h[:, t], out=part)
            np.add(part, z[:, t], out=part)
            np.tanh(part, out=h[:, t + 1])
        loss = all_steps.loss()
        np.multiply(h[:, 1:], h[:, 1:], out=slopes)
        np.subtract(1, slopes, out=slopes)
        for t in reversed(range(z.shape[1])):
            np.multiply(dh, slopes[:, t], out=slopes[:, t])
            np.matmul(u.T, slopes[:, t], out=dh)
        all_steps.weights(slopes, slopes)
        return loss

    return step


def rnn_in_torch(x: Any, y: Any) -> Callable[[Arrays], Any]:
    return last_state_in_torch("RNN", x, y, [0])


# -------------------------------------------------------------------------------- LSTM


def lstm(
    wanted: Wanted, steps: int = 10, batch: int = 64, inputs: int = 8, width: int = 16
) -> Case:
    """The gates are in, forget, out and the new content, side by side in W and U."""

    def read(p: dict[str, Any]) -> Callable[[list[Row]], Row]:
        def last_state(x: list[Row]) -> Row:
            h: Row = [0.0] * width
            c: Row = [0.0] * width
            for each in x:
                z = plus(linear(p["W"], each), p["b"], linear(p["U"], h))
                write, keep, show = (
                    [ag.sigmoid(v) for v in z[k : k + width]] for k in range(0, 3 * width, width)
                )
                new = [ag.tanh(v) for v in z[3 * width :]]
                c = [k * c + w * n for k, c, w, n in zip(keep, c, write, new, strict=True)]
                h = [s * ag.tanh(c) for s, c in zip(show, c, strict=True)]
            return h

        return last_state

    sizes = (steps, batch, inputs, width)
    return recurrent("an LSTM", 4, read, lstm_by_hand, lstm_in_torch, wanted, sizes)


def sigmoid(z: Any, out: Any) -> None:
    np.negative(z, out=z)
    np.exp(z, out=z)
    np.add(z, 1, out=z)
    np.reciprocal(z, out=out)


def lstm_by_hand(p: Arrays, g: Arrays, x: Any, y: Any) -> Callable[[], float]:
    all_steps = Steps(p, g, x, y)
    z, h, dh, u = all_steps.z, all_steps.h, all_steps.dh, p["U"]
    d, sums, part = np.empty_like(z), np.empty_like(z[:, 0]), np.empty_like(dh)
    c, dc, shown = np.zeros_like(h), np.empty_like(dh), np.empty_like(h[:, 1:])
    n = len(h)
    gates, content, write, keep, show = (
        z[: 3 * n],
        z[3 * n :],
        z[:n],
        z[n : 2 * n],
        z[2 * n : 3 * n],
    )
    d_gates, d_content = d[: 3 * n], d[3 * n :]
    d_write, d_keep, d_show = d[:n], d[n : 2 * n], d[2 * n : 3 * n]

    def step() -> float:
        all_steps.read()
        for t in range(z.shape[1]):
            np.matmul(u, h[:, t], out=sums)
            np.add(sums, z[:, t], out=sums)
            sigmoid(sums[: 3 * n], out=gates[:, t])
            np.tanh(sums[3 * n :], out=content[:, t])
            np.multiply(write[:, t], content[:, t], out=part)
            np.multiply(keep[:, t], c[:, t], out=c[:, t + 1])
            np.add(c[:, t + 1], part, out=c[:, t + 1])
            np.tanh(c[:, t + 1], out=shown[:, t])
            np.multiply(show[:, t], shown[:, t], out=h[:, t + 1])
        loss = all_steps.loss()
        # what each gradient is multiplied by, of all the steps at once
        np.subtract(1, gates, out=d_gates)
        np.multiply(d_gates, gates, out=d_gates)
        np.multiply(d_write, content, out=d_write)
        np.multiply(d_keep, c[:, :-1], out=d_keep)
        np.multiply(d_show, shown, out=d_show)
        np.multiply(content, content, out=d_content)
        np.subtract(1, d_content, out=d_content)
        np.multiply(d_content, write, out=d_content)
        np.multiply(shown, shown, out=shown)
        np.subtract(1, shown, out=shown)
        np.multiply(shown, show, out=shown)
        dc[:] = 0
        for t in reversed(range(z.shape[1])):
            np.multiply(dh, shown[:, t], out=part)
            np.add(dc, part, out=dc)
            np.multiply(d_write[:, t], dc, out=d_write[:, t])
            np.multiply(d_keep[:, t], dc, out=d_keep[:, t])
            np.multiply(d_content[:, t], dc, out=d_content[:, t])
            np.multiply(d_show[:, t], dh, out=d_show[:, t])
            np.matmul(u.T, d[:, t], out=dh)
            np.multiply(dc, keep[:, t], out=dc)
        all_steps.weights(d, d)
        return loss

    return step


def lstm_in_torch(x: Any, y: Any) -> Callable[[Arrays], Any]:
    return last_state_in_torch("LSTM", x, y, [0, 1, 3, 2])  # PyTorch has the content third


# --------------------------------------------------------------------------------- GRU


def gru(wanted: Wanted, steps: int = 10, batch: int = 64, inputs: int = 8, width: int = 16) -> Case:
    """The gates are reset, update and the new content, as PyTorch has them."""

    def read(p: dict[str, Any]) -> Callable[[list[Row]], Row]:
        def last_state(x: list[Row]) -> Row:
            h: Row = [0.0] * width
            for each in x:
                a, b = plus(linear(p["W"], each), p["b"]), linear(p["U"], h)
                z = [ag.sigmoid(v) for v in plus(a[: 2 * width], b[: 2 * width])]
                reset, keep = z[:width], z[width:]
                new = [
                    ag.tanh(v + r * w)
                    for v, r, w in zip(a[2 * width :], reset, b[2 * width :], strict=True)
                ]
                h = [(1 - k) * n + k * s for k, n, s in zip(keep, new, h, strict=True)]
            return h

        return last_state

    sizes = (steps, batch, inputs, width)
    return recurrent("a GRU", 3, read, gru_by_hand, gru_in_torch, wanted, sizes)


def gru_by_hand(p: Arrays, g: Arrays, x: Any, y: Any) -> Callable[[], float]:
    all_steps = Steps(p, g, x, y)
    z, h, dh, u = all_steps.z, all_steps.h, all_steps.dh, p["U"]
    n = len(h)
    gates, reset, keep, content = z[: 2 * n], z[:n], z[n : 2 * n], z[2 * n :]
    d, du = np.empty_like(z), np.empty_like(z)  # of what W gives, and of what U gives
    d_gates, d_reset, d_keep, d_content = d[: 2 * n], d[:n], d[n : 2 * n], d[2 * n :]
    recalled, sums, part = np.empty_like(content), np.empty_like(z[:, 0]), np.empty_like(dh)

    def step() -> float:
        all_steps.read()
        for t in range(z.shape[1]):
            np.matmul(u, h[:, t], out=sums)
            np.copyto(recalled[:, t], sums[2 * n :])
            np.add(sums[: 2 * n], gates[:, t], out=sums[: 2 * n])
            sigmoid(sums[: 2 * n], out=gates[:, t])
            np.multiply(sums[2 * n :], reset[:, t], out=part)
            np.add(content[:, t], part, out=part)
            np.tanh(part, out=content[:, t])
            np.subtract(h[:, t], content[:, t], out=part)
            np.multiply(part, keep[:, t], out=part)
            np.add(part, content[:, t], out=h[:, t + 1])
        loss = all_steps.loss()
        # what each gradient is multiplied by, of all the steps at once
        np.subtract(1, gates, out=d_gates)
        np.multiply(d_gates, gates, out=d_gates)
        np.multiply(d_reset, recalled, out=d_reset)
        np.subtract(h[:, :-1], content, out=recalled)
        np.multiply(d_keep, recalled, out=d_keep)
        np.multiply(content, content, out=d_content)
        np.subtract(1, d_content, out=d_content)
        np.subtract(1, keep, out=recalled)
        np.multiply(d_content, recalled, out=d_content)
        for t in reversed(range(z.shape[1])):
            np.multiply(d_content[:, t], dh, out=d_content[:, t])
            np.multiply(d_reset[:, t], d_content[:, t], out=du[:n, t])
            np.multiply(d_keep[:, t], dh, out=du[n : 2 * n, t])
            np.multiply(d_content[:, t], reset[:, t], out=du[2 * n :, t])
            np.matmul(u.T, du[:, t], out=part)
            np.multiply(dh, keep[:, t], out=dh)
            np.add(dh, part, out=dh)
        np.copyto(d_gates, du[: 2 * n])
        all_steps.weights(d, du)
        return loss

    return step


def gru_in_torch(x: Any, y: Any) -> Callable[[Arrays], Any]:
    return last_state_in_torch("GRU", x, y, [0, 1, 2])


def last_state_in_torch(kind: str, x: Any, y: Any, order: list[int]) -> Callable[[Arrays], Any]:
    """PyTorch's own module, over our weights.

    Args:
        kind: of the module.
        x, y: the data.
        order: which of our gates is PyTorch's first, second, ...
    """
    import torch

    inputs, targets = torch.tensor(x), torch.tensor(y)

    def loss(p: Arrays) -> Any:
        gates, width = len(order), len(p["w"])
        ours = {"weight_ih_l0": p["W"], "weight_hh_l0": p["U"], "bias_ih_l0": p["b"]}
        theirs = {
            name: each.view(gates, width, -1)[order].view(each.shape) for name, each in ours.items()
        }
        theirs["bias_hh_l0"] = torch.zeros_like(p["b"])
        module = modules.setdefault(
            "it", getattr(torch.nn, kind)(x.shape[2], width, batch_first=True, dtype=torch.float64)
        )
        states, _ = torch.func.functional_call(module, theirs, (inputs,))
        return ((states[:, -1] @ p["w"] - targets) ** 2).mean()

    modules: dict[str, Any] = {}
    return loss


# -------------------------------------------------------------------- a graph without width


def recurrence(wanted: Wanted, steps: int = 1000) -> Case:
    """One number through h = tanh(w h + u x + b), a thousand times; no vectors to be found."""
    parameters = {"wub": [Value(0.5), Value(0.3), Value(0.1)]}
    w, u, b = parameters["wub"]

    def loss(x: Any) -> Any:
        h = x
        for _ in range(steps):
            h = ag.tanh(w * h + u * x + b)
        return h

    about = f"h = tanh(w h + u x + b), {steps} times, one sample"
    data = (np.array([0.3]),)
    return Case(about, loss, parameters, data, recurrence_by_hand(steps), None, wanted, None)


def recurrence_by_hand(steps: int) -> Callable[..., Callable[[], float]]:
    """For so few numbers, plain Python."""

    def by_hand(p: Arrays, g: Arrays, x: Any) -> Callable[[], float]:
        def step() -> float:
            w, u, b = p["wub"].tolist()
            (start,) = x.tolist()
            c = u * start + b
            h = [start]
            for _ in range(steps):
                h.append(math.tanh(w * h[-1] + c))
            d, dw, dc = 1.0, 0.0, 0.0
            for k in range(steps, 0, -1):
                d *= 1 - h[k] * h[k]
                dw += d * h[k - 1]
                dc += d
                d *= w
            g["wub"][:] = dw, dc * start, dc
            result: float = h[-1]
            return result

        return step

    return by_hand
