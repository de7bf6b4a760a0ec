"""Optimizers: one class a published rule, each rule written once, on numbers or arrays.

``update(theta, gradient, state)`` is the rule: it gives the new parameter and keeps what it must
remember in the dictionary ``state``, empty at first. It uses arithmetic only, so theta may be a
float or a NumPy vector of all parameters. ``step()`` applies it to Values, from their ``.grad``,
and counts ``steps``; who calls ``update`` directly adds 1 to ``steps`` after each one.

Every class takes ``lr``, the learning rate: a number, or a schedule, which is a function of the
number of steps done so far.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from autograd import Value

__all__ = [
    "SGD",
    "AdaGrad",
    "Adam",
    "Optimizer",
    "RMSProp",
    "clip_grad_norm",
    "clip_grad_value",
    "cosine",
    "exponential_decay",
    "linear",
    "step_decay",
]

Schedule = Callable[[int], float]


class Optimizer:
    """Base of the optimizers: the parameters, the learning rate and the loop over Values.

    Args:
        parameters: the Values to learn.
        lr: the learning rate, a number or a schedule.
        weight_decay: λ of the term λ·θ added to every gradient (the gradient of λ/2·‖θ‖²).

    Raises:
        TypeError: a parameter is no leaf Value.
        ValueError: there are no parameters, or a setting is out of range.
    """

    def __init__(
        self, parameters: Iterable[Value], lr: float | Schedule, weight_decay: float = 0.0
    ) -> None:
        if hasattr(parameters, "parameters"):
            raise TypeError(f"{type(self).__name__} takes parameters: give model.parameters()")
        self.parameters = list(dict.fromkeys(parameters))
        if not self.parameters:
            raise ValueError("the optimizer got no parameters")
        for parameter in self.parameters:
            if not isinstance(parameter, Value) or not parameter.is_leaf:
                raise TypeError(f"an optimizer's parameters must be leaf Values, got {parameter!r}")
        if not callable(lr):
            self._require(0 <= lr < math.inf, "lr", lr)
        self._require(0 <= weight_decay < math.inf, "weight_decay", weight_decay)
        self.lr = lr
        self.weight_decay = weight_decay
        self.steps = 0
        self.states: list[dict[str, Any]] = [{} for _ in self.parameters]

    def _require(self, holds: bool, name: str, setting: float) -> None:
        if not holds:
            raise ValueError(f"{type(self).__name__}: {name} is out of range: {setting!r}")

    @property
    def rate(self) -> float:
        """The learning rate of the coming step."""
        return self.lr(self.steps) if callable(self.lr) else self.lr

    def update(self, theta: Any, gradient: Any, state: dict[str, Any]) -> Any:
        """Give the new theta; elementwise, where theta, gradient and state are arrays."""
        if self.weight_decay:
            gradient = gradient + self.weight_decay * theta
        return theta - self.rate * self.direction(gradient, state)

    def direction(self, gradient: Any, state: dict[str, Any]) -> Any:
        """What to subtract from theta, at learning rate 1: each optimizer's own rule."""
        return gradient

    def step(self) -> None:
        """Update every parameter that has a gradient."""
        for parameter, state in zip(self.parameters, self.states, strict=True):
            if parameter.grad is not None:
                parameter.data = self.update(parameter.data, parameter.grad, state)
        self.steps += 1

    def zero_grad(self) -> None:
        """Forget the gradients of the parameters."""
        for parameter in self.parameters:
            parameter.grad = None


class SGD(Optimizer):
    """Gradient descent θ ← θ - lr·∇, with momentum if wished.

    v ← momentum·v + ∇, θ ← θ - lr·v; Nesterov's takes ∇ + momentum·v instead of v. Polyak,
    "Some methods of speeding up the convergence of iteration methods", 1964; Sutskever et al.,
    "On the importance of initialization and momentum in deep learning", ICML 2013.

    Args:
        parameters, lr, weight_decay: as for every ``Optimizer``.
        momentum: how much of the last velocity stays, 0 ≤ momentum < 1.
        nesterov: whether to look ahead.

    >>> x = Value(1.0)
    >>> optimizer = SGD([x], lr=0.1)
    >>> (x * x).backward()
    >>> optimizer.step()
    >>> x.data
    0.8
    """

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float | Schedule = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, lr, weight_decay)
        self._require(0 <= momentum < 1, "momentum", momentum)
        if nesterov and not momentum:
            raise ValueError("SGD: nesterov needs a momentum above 0")
        self.momentum = momentum
        self.nesterov = nesterov

    def direction(self, gradient: Any, state: dict[str, Any]) -> Any:
        if not self.momentum:
            return gradient
        velocity = state["velocity"] = self.momentum * state.get("velocity", 0.0) + gradient
        return gradient + self.momentum * velocity if self.nesterov else velocity


class AdaGrad(Optimizer):
    """Divide each gradient by the root of the sum of its squares so far.

    Duchi, Hazan & Singer, "Adaptive subgradient methods for online learning and stochastic
    optimization", JMLR 2011.

    Args:
        parameters, lr, weight_decay: as for every ``Optimizer``.
        eps: keeps the divisor from 0.
    """

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float | Schedule = 0.01,
        eps: float = 1e-10,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, lr, weight_decay)
        self.eps = eps

    def direction(self, gradient: Any, state: dict[str, Any]) -> Any:
        squares = state["squares"] = state.get("squares", 0.0) + gradient * gradient
        return gradient / (squares**0.5 + self.eps)


class RMSProp(Optimizer):
    """Divide each gradient by the root of a moving mean of its squares.

    Tieleman & Hinton, "Lecture 6.5 - rmsprop", Coursera: Neural networks for machine learning,
    2012.

    Args:
        parameters, lr, weight_decay: as for every ``Optimizer``.
        alpha: how much of the mean stays at each step.
        eps: keeps the divisor from 0.
    """

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float | Schedule = 0.01,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, lr, weight_decay)
        self._require(0 <= alpha < 1, "alpha", alpha)
        self.alpha, self.eps = alpha, eps

    def direction(self, gradient: Any, state: dict[str, Any]) -> Any:
        mean = self.alpha * state.get("mean", 0.0) + (1 - self.alpha) * gradient * gradient
        state["mean"] = mean
        return gradient / (mean**0.5 + self.eps)


class Adam(Optimizer):
    """Moving means of the gradient and of its square, corrected for having begun at 0.

    Kingma & Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1.

    Args:
        parameters, lr, weight_decay: as for every ``Optimizer``.
        betas: how much of the two means stays at each step.
        eps: keeps the divisor from 0.
    """

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float | Schedule = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, lr, weight_decay)
        for beta in betas:
            self._require(0 <= beta < 1, "betas", beta)
        self.betas, self.eps = betas, eps

    def direction(self, gradient: Any, state: dict[str, Any]) -> Any:
        beta1, beta2 = self.betas
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = beta1 * state.get("m", 0.0) + (1 - beta1) * gradient
        v = state["v"] = beta2 * state.get("v", 0.0) + (1 - beta2) * gradient * gradient
        return m / (1 - beta1**t) / ((v / (1 - beta2**t)) ** 0.5 + self.eps)


# ---------------------------------------------------------------------- schedules


def linear(first: float, last: float, steps: int) -> Schedule:
    """Go from the first rate to the last in so many steps, and stay there.

    >>> [round(linear(1.0, 0.1, 3)(k), 6) for k in range(5)]
    [1.0, 0.7, 0.4, 0.1, 0.1]
    """
    return lambda k: first + (last - first) * min(k / steps, 1.0)


def step_decay(first: float, every: int, factor: float = 0.1) -> Schedule:
    """Multiply the rate by a factor every so many steps.

    >>> [step_decay(1.0, 2, 0.5)(k) for k in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """
    return lambda k: first * factor ** (k // every)


def exponential_decay(first: float, factor: float) -> Schedule:
    """Multiply the rate by a factor at every step.

    >>> [exponential_decay(1.0, 0.5)(k) for k in range(3)]
    [1.0, 0.5, 0.25]
    """
    return lambda k: first * factor**k


def cosine(first: float, steps: int, last: float = 0.0) -> Schedule:
    """Go from the first rate to the last along half a cosine, and stay there.

    Loshchilov & Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR 2017.

    >>> [round(cosine(1.0, 2)(k), 6) for k in range(4)]
    [1.0, 0.5, 0.0, 0.0]
    """
    return lambda k: last + (first - last) * (1 + math.cos(math.pi * min(k / steps, 1.0))) / 2


# ---------------------------------------------------------------------- clipping


def clip_grad_norm(parameters: Iterable[Value], max_norm: float) -> float:
    """Scale all gradients down together until their norm is at most max_norm.

    Pascanu, Mikolov & Bengio, "On the difficulty of training recurrent neural networks", ICML
    2013, algorithm 1.

    Returns:
        the norm that they had.

    Raises:
        ValueError: a gradient is NaN or infinite: no scale would help.

    >>> x, y = Value(3.0), Value(4.0)
    >>> ((x * x + y * y) / 2).backward()
    >>> clip_grad_norm([x, y], 1.0), x.grad, y.grad
    (5.0, 0.6000000000000001, 0.8)
    """
    reached = [parameter for parameter in parameters if parameter.grad is not None]
    norm = math.hypot(*(parameter.grad or 0.0 for parameter in reached))
    if not math.isfinite(norm):
        raise ValueError(f"clip_grad_norm: the norm of the gradients is {norm}")
    if norm > max_norm:
        for parameter in reached:
            parameter.grad = (parameter.grad or 0.0) * (max_norm / norm)
    return norm


def clip_grad_value(parameters: Iterable[Value], limit: float) -> None:
    """Cut each gradient to the range from -limit to limit.

    >>> x = Value(3.0)
    >>> (x * x).backward()
    >>> clip_grad_value([x], 1.0)
    >>> x.grad
    1.0
    """
    for parameter in parameters:
        if parameter.grad is not None:
            parameter.grad = max(-limit, min(limit, parameter.grad))
