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
from dataclasses import dataclass
from typing import Any

from autograd import Value

from .settings import number, shorten, whole

__all__ = [
    "SGD",
    "AdaGrad",
    "Adam",
    "AdamW",
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
        given = [parameters] if isinstance(parameters, Value) else list(parameters)
        for parameter in given:
            if not isinstance(parameter, Value) or parameter.op is not None:
                raise TypeError(
                    f"an optimizer's parameters must be leaf Values, got {shorten(parameter)}: "
                    "give a flat list, as model.parameters() is"
                )
        self.parameters = list(dict.fromkeys(given))
        if not self.parameters:
            raise ValueError("the optimizer got no parameters")
        self.lr = lr if callable(lr) else self._number("lr", lr, "at least 0 and finite")
        self.weight_decay = self._number("weight_decay", weight_decay, "at least 0 and finite")
        self.steps = 0
        self.states: list[dict[str, Any]] = [{} for _ in self.parameters]

    def _number(self, name: str, setting: float, expected: str) -> float:
        return number(type(self).__name__, name, setting, expected)

    def __repr__(self) -> str:
        own = ("parameters", "steps", "states")
        settings = [f"{name}={each!r}" for name, each in vars(self).items() if name not in own]
        count, s = len(self.parameters), "" if len(self.parameters) == 1 else "s"
        return f"{type(self).__name__}({', '.join([f'{count:,} parameter{s}', *settings])})"

    @property
    def rate(self) -> float:
        """The learning rate of the coming step."""
        rate = self.lr(self.steps) if callable(self.lr) else self.lr
        if isinstance(rate, Value):  # while the rule is written out in another language
            return rate
        return self._number(
            f"the learning rate of step {self.steps}", rate, "at least 0 and finite"
        )

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
        self.momentum = self._number("momentum", momentum, "at least 0 and below 1")
        if nesterov and not momentum:
            raise ValueError("SGD: nesterov needs a momentum above 0")
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
        self.eps = self._number("eps", eps, "above 0 and finite")

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
        self.alpha = self._number("alpha", alpha, "at least 0 and below 1")
        self.eps = self._number("eps", eps, "above 0 and finite")

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
        first, second = (self._number("betas", beta, "at least 0 and below 1") for beta in betas)
        self.betas = first, second
        self.eps = self._number("eps", eps, "above 0 and finite")

    def direction(self, gradient: Any, state: dict[str, Any]) -> Any:
        beta1, beta2 = self.betas
        t = state["t"] = state.get("t", 0) + 1
        m = state["m"] = beta1 * state.get("m", 0.0) + (1 - beta1) * gradient
        v = state["v"] = beta2 * state.get("v", 0.0) + (1 - beta2) * gradient * gradient
        return m / (1 - beta1**t) / ((v / (1 - beta2**t)) ** 0.5 + self.eps)


class AdamW(Adam):
    """Adam, with the weights decayed apart from the gradient: θ ← θ - lr·(direction + λ·θ).

    Adam divides a penalty's gradient by the root of its squares like any other; here it is not.
    Loshchilov & Hutter, "Decoupled weight decay regularization", ICLR 2019, algorithm 2, with the
    decay times the learning rate as PyTorch has it.

    Args:
        parameters, lr, betas, eps: as for ``Adam``.
        weight_decay: λ.
    """

    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float | Schedule = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(parameters, lr, betas, eps, weight_decay)

    def update(self, theta: Any, gradient: Any, state: dict[str, Any]) -> Any:
        return theta - self.rate * (self.direction(gradient, state) + self.weight_decay * theta)


# ---------------------------------------------------------------------- schedules
# Each is a function with settings: a class whose objects are called, shown and pickled.


@dataclass(frozen=True)
class linear:
    """Go from the first rate to the last in so many steps, and stay there.

    >>> [round(linear(1.0, 0.1, 3)(k), 6) for k in range(5)]
    [1.0, 0.7, 0.4, 0.1, 0.1]
    """

    first: float
    last: float
    steps: int

    def __post_init__(self) -> None:
        whole("linear", "steps", self.steps)

    def __call__(self, k: int) -> float:
        return self.first + (self.last - self.first) * min(k / self.steps, 1.0)


@dataclass(frozen=True)
class step_decay:
    """Multiply the rate by a factor every so many steps.

    >>> [step_decay(1.0, 2, 0.5)(k) for k in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """

    first: float
    every: int
    factor: float = 0.1

    def __post_init__(self) -> None:
        whole("step_decay", "every", self.every)

    def __call__(self, k: int) -> float:
        return self.first * self.factor ** (k // self.every)


@dataclass(frozen=True)
class exponential_decay:
    """Multiply the rate by a factor at every step.

    >>> [exponential_decay(1.0, 0.5)(k) for k in range(3)]
    [1.0, 0.5, 0.25]
    """

    first: float
    factor: float

    def __call__(self, k: int) -> float:
        return self.first * self.factor**k


@dataclass(frozen=True)
class cosine:
    """Go from the first rate to the last along half a cosine, and stay there.

    Loshchilov & Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR 2017.

    >>> [round(cosine(1.0, 2)(k), 6) for k in range(4)]
    [1.0, 0.5, 0.0, 0.0]
    """

    first: float
    steps: int
    last: float = 0.0

    def __post_init__(self) -> None:
        whole("cosine", "steps", self.steps)

    def __call__(self, k: int) -> float:
        turned = math.cos(math.pi * min(k / self.steps, 1.0))
        return self.last + (self.first - self.last) * (1 + turned) / 2


# ---------------------------------------------------------------------- clipping


def clip_grad_norm(parameters: Iterable[Value], max_norm: float) -> float:
    """Scale all gradients down together until their norm is at most max_norm.

    Pascanu, Mikolov & Bengio, "On the difficulty of training recurrent neural networks", ICML
    2013, algorithm 1.

    Returns:
        the norm that they had.

    Raises:
        ValueError: a gradient is NaN or infinite: no scale would help. Or max_norm is not above 0.

    >>> x, y = Value(3.0), Value(4.0)
    >>> ((x * x + y * y) / 2).backward()
    >>> clip_grad_norm([x, y], 1.0), x.grad, y.grad
    (5.0, 0.6000000000000001, 0.8)
    """
    number("clip_grad_norm", "max_norm", max_norm, "above 0")
    reached = [parameter for parameter in parameters if parameter.grad is not None]
    norm = math.hypot(*(parameter.grad or 0.0 for parameter in reached))
    if not math.isfinite(norm):
        raise ValueError(f"clip_grad_norm: the norm of the gradients is {norm}")
    if norm > max_norm:
        for parameter in reached:
            parameter.grad = (parameter.grad or 0.0) * (max_norm / norm)
    return norm


def clip_grad_value(parameters: Iterable[Value], limit: float) -> None:
    """Cut each gradient to the range from -limit to limit; NaN stays NaN.

    Raises:
        ValueError: the limit is not above 0.

    >>> x = Value(3.0)
    >>> (x * x).backward()
    >>> clip_grad_value([x], 1.0)
    >>> x.grad
    1.0
    """
    number("clip_grad_value", "limit", limit, "above 0")
    for parameter in parameters:
        if parameter.grad is not None and abs(parameter.grad) > limit:
            parameter.grad = math.copysign(limit, parameter.grad)
