"""A GPT in scalars learns names, letter by letter   (after Karpathy's microgpt).

The network is written as for a lecture: one token at a time, in lists of Values; keys and values
are lists that grow. Nothing in it is a matrix. ``python -m demos.gpt --eager`` trains it that way.
Without ``--eager``, the same function goes through ``autograd.compile``. The losses are the same.

names.txt holds 4,214 first names from the records of the US Social Security Administration, which
are in the public domain.
"""

from __future__ import annotations

import argparse
import random
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from tqdm import tqdm

import autograd
import nn
from autograd import Value, cross_entropy, dot, no_grad, relu, softmax, take

from .board import OUT, title
from .plots import COLORS, GREY, canvas, label, save_figure

WIDTH, HEADS, BLOCK = 16, 4, 16
MARK = 26  # the token that begins and ends a name; the others are the letters
STEPS, HELD_OUT = 1000, 400
Row = list[Any]  # of scalars


# ------------------------------------------------------------------------- the network


def linear(matrix: list[Row], x: Row) -> Row:
    return [dot(row, x) for row in matrix]


def plus(a: Row, b: Row) -> Row:
    return [ai + bi for ai, bi in zip(a, b, strict=True)]


def rms_norm(x: Row) -> Row:
    scale = (dot(x, x) / len(x) + 1e-5) ** -0.5
    return [xi * scale for xi in x]


class GPT(nn.Module):
    """One layer of a transformer, 4,192 parameters; its weights are drawn from a seed."""

    def __init__(self, seed: int = 42) -> None:
        source = random.Random(seed)

        def matrix(rows: int, columns: int) -> list[Row]:
            return [[Value(source.gauss(0, 0.08)) for _ in range(columns)] for _ in range(rows)]

        self.token, self.position = matrix(MARK + 1, WIDTH), matrix(BLOCK, WIDTH)
        self.query, self.key, self.value = (matrix(WIDTH, WIDTH) for _ in range(3))
        self.out = matrix(WIDTH, WIDTH)
        self.up, self.down = matrix(4 * WIDTH, WIDTH), matrix(WIDTH, 4 * WIDTH)
        self.head = matrix(MARK + 1, WIDTH)

    def forward(self, token: Any, place: int, keys: list[Row], values: list[Row]) -> Row:
        """The logits of the next token; keys and values grow by one row."""
        x = rms_norm(plus(take(self.token, token), self.position[place]))
        x = plus(x, linear(self.out, self.attend(rms_norm(x), keys, values)))
        hidden = [relu(z) for z in linear(self.up, rms_norm(x))]
        x = plus(x, linear(self.down, hidden))
        return linear(self.head, x)

    def attend(self, x: Row, keys: list[Row], values: list[Row]) -> Row:
        """What each head reads in the values of the tokens so far, side by side."""
        query = linear(self.query, x)
        keys.append(linear(self.key, x))
        values.append(linear(self.value, x))
        size, read = WIDTH // HEADS, []
        for start in range(0, WIDTH, size):
            part = slice(start, start + size)
            weights = softmax([dot(query[part], key[part]) / size**0.5 for key in keys])
            columns = zip(*(value[part] for value in values), strict=True)
            read += [dot(weights, column) for column in columns]
        return read

    def loss(self, tokens: Row, weights: Row) -> Any:
        """Σ weight · (-log p of the next token), along one name."""
        keys: list[Row] = []
        values: list[Row] = []
        losses = []
        for place, (token, target) in enumerate(pairwise(tokens)):
            logits = self(token, place, keys, values)
            losses.append(weights[place] * cross_entropy(logits, target))
        return autograd.sum(losses)

    def sample(self, source: random.Random, temperature: float = 0.5) -> str:
        """A name, drawn letter by letter."""
        name, token = "", MARK
        keys: list[Row] = []
        values: list[Row] = []
        with no_grad():
            for place in range(BLOCK):
                logits = self(token, place, keys, values)
                chances = [p.data for p in softmax([z / temperature for z in logits])]
                (token,) = source.choices(range(MARK + 1), chances)
                if token == MARK:
                    break
                name += chr(ord("a") + token)
        return name


# ------------------------------------------------------------------------------- names


def names() -> tuple[list[str], list[str]]:
    """Those to learn from, shuffled, and those held out."""
    found = Path(__file__).with_name("names.txt").read_text(encoding="ascii").split()
    random.Random(0).shuffle(found)
    return found[HELD_OUT:], found[:HELD_OUT]


def encoded(name: str) -> tuple[list[int], list[float]]:
    """The tokens of a name, between two marks, and the weight of each prediction.

    >>> encoded("ab")
    ([26, 0, 1, 26], [0.3333333333333333, 0.3333333333333333, 0.3333333333333333])
    """
    tokens = [MARK, *(ord(letter) - ord("a") for letter in name), MARK]
    return tokens, [1 / (len(name) + 1)] * (len(name) + 1)


def batch(names: list[str]) -> tuple[Any, Any]:
    """Names as arrays (B, 17) and (B, 16); what is past the end of a name has the weight 0."""
    tokens, weights = np.full((len(names), BLOCK + 1), float(MARK)), np.zeros((len(names), BLOCK))
    for k, name in enumerate(names):
        row, weight = encoded(name)
        tokens[k, : len(row)], weights[k, : len(weight)] = row, weight
    return tokens, weights


# ---------------------------------------------------------------------------- training


def adam(model: GPT, steps: int) -> nn.Adam:
    """The optimizer of microgpt: its rate falls in a line to 0."""
    return nn.Adam(model.parameters(), lr=nn.linear(0.01, 0.0, steps), betas=(0.85, 0.99))


def train_eagerly(model: GPT, names: list[str], optimizer: nn.Adam) -> list[float]:
    """A graph of some 40,000 nodes for each name, forward and backward; gives the losses."""
    losses = []
    for name in tqdm(names, "training", unit=" names", disable=None, leave=False):
        for weight in model.parameters():
            weight.grad = 0.0  # not every letter is in every name
        loss = model.loss(*encoded(name))
        loss.backward()
        optimizer.step()
        losses.append(loss.data)
    return losses


def compiled(model: GPT, target: str | None = None) -> Any:
    """The loss as a program over batches of names."""
    return autograd.compile(model.loss, shapes=[BLOCK + 1, BLOCK], target=target)


def train(program: Any, names: list[str], optimizer: nn.Adam, size: int = 1) -> list[float]:
    """The same through the program, ``size`` names a step; gives the losses."""
    tokens, weights = batch(names)
    state: dict[str, Any] = {}
    losses = []
    for k in range(0, len(names) - size + 1, size):
        loss, gradient = program.value_and_grad(tokens[k : k + size], weights[k : k + size])
        program.theta = optimizer.update(program.theta, gradient, state)
        optimizer.steps += 1
        losses.append(loss)
    program.store()
    return losses


def nats_a_letter(model: GPT, names: list[str]) -> float:
    """The mean of -log p over all letters of these names, and over the ends of the names."""
    letters = np.array([len(name) + 1 for name in names])
    losses = compiled(model)(*batch(names))
    return float(losses @ letters / letters.sum())


def main(out: Path = OUT, eager: bool = False, steps: int = STEPS) -> None:
    """Train on one name after the other, then make some up."""
    training, held_out = names()
    training = training[:steps]
    model = GPT()
    title(f"a GPT in {len(model.parameters()):,} scalars learns to make up names, letter by letter")
    guess = float(np.log(MARK + 1))
    print(f"  guessing would cost {guess:.2f} nats a letter")
    start = perf_counter()
    if eager:
        losses = train_eagerly(model, training, adam(model, steps))
    else:
        losses = train(compiled(model), training, adam(model, steps))
    seconds = perf_counter() - start
    engine = "eager" if eager else "compiled, building the program included"
    print(f"  {steps} steps of one name each: {seconds:.1f} s, {engine}")
    print(
        f"  on {len(held_out)} names held out: {nats_a_letter(model, held_out):.2f} nats a letter"
    )
    few = [] if eager else compare(training, losses)
    source = random.Random(0)
    print(f"  made up: {', '.join(model.sample(source) for _ in range(12))}")

    figure, (curve,) = canvas("A GPT in scalars learns names", width=7)
    width = max(1, steps // 20)
    mean = np.convolve(losses, np.ones(width) / width, "valid")
    curve.plot(losses, ".", ms=2, color=GREY, alpha=0.6, label="a name")
    curve.plot(np.arange(len(mean)) + width / 2, mean, color=COLORS[0], label=f"mean of {width}")
    if few:
        curve.plot(few, "o", ms=4, mfc="none", color=COLORS[1], label="eager: the same")
    curve.axhline(guess, color=GREY, ls=":", label="guessing")
    label(curve, f"{seconds:.1f} s, {engine}", "step", "nats a letter", "upper right")
    save_figure(figure, "gpt", out)


def compare(names: list[str], losses: list[float], few: int = 10) -> list[float]:
    """Train anew on a few names, eagerly and in other ways; gives the eager losses."""
    model = GPT()
    start = perf_counter()
    eager = train_eagerly(model, names[:few], adam(model, len(names)))
    slow = (perf_counter() - start) / few
    apart = max(abs(a - b) for a, b in zip(eager, losses, strict=False))
    print(f"  eager: {1e3 * slow:.0f} ms a name, the same losses up to {apart:.0e}")
    for size, what in ((1, ""), (32, ", 32 names a step")):
        program, optimizer = compiled(model), adam(model, len(names))
        train(program, names[:size], optimizer, size)  # makes its arrays
        start = perf_counter()
        train(program, names[: 20 * size], optimizer, size)
        fast = (perf_counter() - start) / (20 * size)
        print(f"  compiled{what}: {1e6 * fast:.0f} us a name, {slow / fast:,.0f} times as fast")
    return eager


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--eager", action="store_true", help="train without compiling: 200x longer")
    parser.add_argument("--steps", type=int, default=STEPS, help="names to train on (%(default)s)")
    parser.add_argument("--out", type=Path, default=OUT, help="where to draw (%(default)s)")
    main(**vars(parser.parse_args()))
