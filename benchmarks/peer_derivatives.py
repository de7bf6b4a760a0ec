"""The partial derivatives that another library gives, for benchmarks.accuracy to judge.

Run as a script of its own, ``python -I peer_derivatives.py torch|jax|hips``, by any interpreter
that has the library (HIPS autograd shares our package's name, so it can't be imported beside
us). Reads ``{gate: [point, ...]}`` from standard input as JSON, and writes
``{gate: [partials at the point, ...]}``; a gate that the library lacks is left out.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from typing import Any

ONE_OPERAND = (
    *("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "sin", "cos", "tan"),
    *("asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "erf", "erfc"),
    *("sigmoid", "softplus"),
)

Table = dict[str, Callable[..., Any]]


def torch_peer() -> tuple[str, Table, Callable[..., list[Any]]]:
    import torch
    from torch.nn import functional

    def derivatives(f: Callable[..., Any], columns: list[list[float]]) -> list[Any]:
        tensors = [torch.tensor(c, dtype=torch.float64, requires_grad=True) for c in columns]
        return [g.tolist() for g in torch.autograd.grad(f(*tensors).sum(), tensors)]

    def cross_entropy(i: list[int], *xs: Any) -> Any:
        return functional.cross_entropy(torch.stack(xs, 1), torch.tensor(i), reduction="none")

    table: Table = {name: getattr(torch, name) for name in ONE_OPERAND if hasattr(torch, name)}
    table |= {
        "softplus": functional.softplus,
        "elu": functional.elu,
        "div": torch.div,
        "pow": torch.pow,
        "hypot": torch.hypot,
        "atan2": torch.atan2,
        "logsumexp": lambda *xs: torch.logsumexp(torch.stack(xs, 1), 1),
        "cross_entropy": cross_entropy,
    }
    return f"PyTorch {torch.__version__.split('+')[0]}", table, derivatives


def jax_peer() -> tuple[str, Table, Callable[..., list[Any]]]:
    jax = import_module("jax")
    jnp = import_module("jax.numpy")
    jax.config.update("jax_enable_x64", True)

    def derivatives(f: Callable[..., Any], columns: list[list[float]]) -> list[Any]:
        arrays = [jnp.array(c) for c in columns]
        total = jax.grad(lambda *xs: f(*xs).sum(), argnums=tuple(range(len(arrays))))
        return [g.tolist() for g in total(*arrays)]

    def cross_entropy(i: list[int], *xs: Any) -> Any:
        return -jax.nn.log_softmax(jnp.stack(xs, 1), 1)[jnp.arange(len(i)), jnp.array(i)]

    special = import_module("jax.scipy.special")
    table: Table = {name: getattr(jnp, name) for name in ONE_OPERAND if hasattr(jnp, name)}
    table |= {
        "asin": jnp.arcsin,
        "acos": jnp.arccos,
        "atan": jnp.arctan,
        "asinh": jnp.arcsinh,
        "acosh": jnp.arccosh,
        "atanh": jnp.arctanh,
        "erf": special.erf,
        "erfc": special.erfc,
        "sigmoid": jax.nn.sigmoid,
        "softplus": jax.nn.softplus,
        "elu": jax.nn.elu,
        "div": jnp.divide,
        "pow": jnp.power,
        "hypot": jnp.hypot,
        "atan2": jnp.arctan2,
        "logsumexp": lambda *xs: special.logsumexp(jnp.stack(xs, 1), 1),
        "cross_entropy": cross_entropy,
    }
    return f"JAX {jax.__version__}", table, derivatives


def hips_peer() -> tuple[str, Table, Callable[..., list[Any]]]:
    grad = import_module("autograd").grad  # HIPS autograd here, not ours
    anp = import_module("autograd.numpy")
    special = import_module("autograd.scipy.special")
    anp.seterr(all="ignore")

    def derivatives(f: Callable[..., Any], columns: list[list[float]]) -> list[Any]:
        arrays = [anp.array(c) for c in columns]
        return [
            grad(lambda *xs: anp.sum(f(*xs)), place)(*arrays).tolist()
            for place in range(len(arrays))
        ]

    def logsumexp(*xs: Any) -> Any:
        return special.logsumexp(anp.stack(xs, 1), axis=1)

    def cross_entropy(i: list[int], *xs: Any) -> Any:
        return logsumexp(*xs) - anp.stack(xs, 1)[anp.arange(len(i)), anp.array(i)]

    table: Table = {name: getattr(anp, name) for name in ONE_OPERAND if hasattr(anp, name)}
    table |= {
        "asin": anp.arcsin,
        "acos": anp.arccos,
        "atan": anp.arctan,
        "asinh": anp.arcsinh,
        "acosh": anp.arccosh,
        "atanh": anp.arctanh,
        "erf": special.erf,
        "erfc": special.erfc,
        "sigmoid": special.expit,
        "softplus": lambda x: anp.logaddexp(0.0, x),
        "elu": lambda x: anp.where(x > 0, x, anp.expm1(x)),
        "div": anp.divide,
        "pow": anp.power,
        "atan2": anp.arctan2,
        "logsumexp": logsumexp,
        "cross_entropy": cross_entropy,
    }
    return f"HIPS autograd {version('autograd')}", table, derivatives


def main() -> None:
    name, table, derivatives = {"torch": torch_peer, "jax": jax_peer, "hips": hips_peer}[
        sys.argv[1]
    ]()
    results = {}
    for gate, points in json.load(sys.stdin).items():
        if gate in table:
            columns = [list(column) for column in zip(*points, strict=True)]
            f = table[gate]
            if gate == "cross_entropy":  # its first operand is a class, not a number
                classes = [int(i) for i in columns.pop(0)]
                f = lambda *xs, f=f, i=classes: f(i, *xs)  # noqa: E731
            results[gate] = list(zip(*derivatives(f, columns), strict=True))
    json.dump({"name": name, "partials": results}, sys.stdout)


if __name__ == "__main__":
    main()
