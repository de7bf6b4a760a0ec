"""A whole GPT in scalars, after Andrej Karpathy's microgpt, and the small Value such scripts bring.

4,192 parameters: 27 tokens, 16 dimensions, 4 heads, one layer, a block of 16, RMS norm, ReLU, no
biases, an untied head. The network is written token by token with growing lists of keys and
values, and asks nothing of ``Value`` but + - * / **, exp, log and relu; so the same lines measure
any engine.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

__all__ = ["GPT", "NAMES", "Value", "tokens"]

NAMES = ["emma", "olivia", "ava", "isabella", "sophia", "charlotte", "mia", "amelia", "harper"]
WIDTH, HEADS, BLOCK, TOKENS = 16, 4, 16, 27  # a token is a letter; 26 begins and ends a name
Row = list[Any]  # of scalars of either engine


class Value:
    """A scalar that stores its operands and the local derivatives by them, and nothing else.

    >>> x, y = Value(3.0), Value(-2.0)
    >>> (x * y + x).backward()
    >>> x.grad, y.grad
    (-1.0, 3.0)
    """

    __slots__ = ("data", "grad", "local", "operands")

    def __init__(
        self, data: float, operands: tuple[Value, ...] = (), local: tuple[float, ...] = ()
    ) -> None:
        self.data = data
        self.grad = 0.0
        self.operands = operands
        self.local = local

    def __add__(self, other: Value | float) -> Value:
        if not isinstance(other, Value):
            other = Value(other)
        return Value(self.data + other.data, (self, other), (1, 1))

    def __radd__(self, other: float) -> Value:
        return self + other

    def __mul__(self, other: Value | float) -> Value:
        if not isinstance(other, Value):
            other = Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, power: float) -> Value:
        return Value(self.data**power, (self,), (power * self.data ** (power - 1),))

    def __neg__(self) -> Value:
        return self * -1

    def __sub__(self, other: Value | float) -> Value:
        return self + -other

    def __truediv__(self, other: Value | float) -> Value:
        return self * other**-1

    def exp(self) -> Value:
        power = math.exp(self.data)
        return Value(power, (self,), (power,))

    def log(self) -> Value:
        return Value(math.log(self.data), (self,), (1 / self.data,))

    def relu(self) -> Value:
        return Value(max(0.0, self.data), (self,), (float(self.data > 0),))

    def backward(self) -> None:
        """The chain rule, recursively ordered: this GPT is some 270 nodes deep, well in the limit.

        As such scripts write it, no slower than a stack of one's own. ``visit`` refers to itself,
        a cycle that keeps the graph alive until the cyclic collector comes.
        """
        order: list[Value] = []
        seen: set[Value] = set()

        def visit(node: Value) -> None:
            if node not in seen:
                seen.add(node)
                for operand in node.operands:
                    visit(operand)
                order.append(node)

        visit(self)
        self.grad = 1.0
        for node in reversed(order):
            for operand, local in zip(node.operands, node.local):  # noqa: B905  strict= takes time
                operand.grad += local * node.grad


def tokens(name: str) -> list[int]:
    """The name as tokens, between two marks.

    >>> tokens("ab")
    [26, 0, 1, 26]
    """
    return [TOKENS - 1, *(ord(letter) - ord("a") for letter in name), TOKENS - 1]


def plus(a: Row, b: Row) -> Row:
    return [ai + bi for ai, bi in zip(a, b, strict=True)]


def dot(a: Iterable[Any], b: Iterable[Any]) -> Any:
    return sum(ai * bi for ai, bi in zip(a, b, strict=True))


def linear(matrix: list[Row], x: Row) -> Row:
    return [dot(row, x) for row in matrix]


def softmax(logits: Row) -> Row:
    largest = max(logit.data for logit in logits)
    powers = [(logit - largest).exp() for logit in logits]
    total = sum(powers)
    return [power / total for power in powers]


def rms_norm(x: Row) -> Row:
    scale = (dot(x, x) / len(x) + 1e-5) ** -0.5
    return [xi * scale for xi in x]


class GPT:
    """The network over one class of Value, its weights drawn from a seed.

    Args:
        Value: the class of the scalars.
        softmax: of a list of them; one that never asks for their numbers can be compiled.
    """

    def __init__(self, Value: Any, softmax: Callable[[Row], Row] = softmax) -> None:
        source = random.Random(42)
        self.softmax = softmax
        self.parameters: Row = []

        def matrix(rows: int, columns: int) -> list[Row]:
            made = [[Value(source.gauss(0, 0.08)) for _ in range(columns)] for _ in range(rows)]
            self.parameters += [weight for row in made for weight in row]
            return made

        self.token, self.position = matrix(TOKENS, WIDTH), matrix(BLOCK, WIDTH)
        self.query, self.key, self.value, self.out = (matrix(WIDTH, WIDTH) for _ in range(4))
        self.up, self.down = matrix(4 * WIDTH, WIDTH), matrix(WIDTH, 4 * WIDTH)
        self.head = matrix(TOKENS, WIDTH)

    def __call__(self, token: Row, place: int, keys: list[Row], values: list[Row]) -> Row:
        """The logits of the next token, from the row of this one."""
        x = rms_norm(plus(token, self.position[place]))
        return linear(self.head, self.block(x, keys, values))

    def block(self, x: Row, keys: list[Row], values: list[Row]) -> Row:
        """Attention and MLP; keys and values grow by one row."""
        x = plus(x, linear(self.out, self.attend(rms_norm(x), keys, values)))
        hidden = [each.relu() for each in linear(self.up, rms_norm(x))]
        return plus(x, linear(self.down, hidden))

    def attend(self, x: Row, keys: list[Row], values: list[Row]) -> Row:
        """What each head reads in the values of the tokens so far, side by side."""
        query = linear(self.query, x)
        keys.append(linear(self.key, x))
        values.append(linear(self.value, x))
        size = WIDTH // HEADS
        attended = []
        for start in range(0, WIDTH, size):
            part = slice(start, start + size)
            weights = self.softmax([dot(query[part], key[part]) / size**0.5 for key in keys])
            columns = zip(*(value[part] for value in values), strict=True)
            attended += [dot(weights, column) for column in columns]
        return attended

    def loss(self, name: str) -> Any:
        """The mean of -log p(next token) over a name."""
        row = tokens(name)[: BLOCK + 1]
        keys: list[Row] = []
        values: list[Row] = []
        losses = []
        for place, (token, target) in enumerate(pairwise(row)):
            probabilities = self.softmax(self(self.token[token], place, keys, values))
            losses.append(-probabilities[target].log())
        return sum(losses) / len(losses)

    def step(self, name: str, rate: float = 0.01) -> float:
        """Forward, backward, and one step of gradient descent; gives the loss."""
        for weight in self.parameters:
            weight.grad = 0  # not every weight has a part in every name
        loss = self.loss(name)
        loss.backward()
        for weight in self.parameters:
            weight.data -= rate * weight.grad
        number: float = loss.data
        return number
