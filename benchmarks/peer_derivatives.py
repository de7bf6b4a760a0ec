"""The derivatives that another library gives, for benchmarks.accuracy to judge.

Run as a script of its own, ``python -I peer_derivatives.py torch|jax|hips``, by any interpreter
that has the library (HIPS autograd shares our package's name, so it can't be imported beside
us). Reads ``{gate: [constants, operands]}`` from standard input as JSON, both a list of columns,
a number for each point; and writes ``{gate: [first, second]}``: the derivatives by each operand,
and by each pair of them (0 0, 0 1, 1 0, 1 1, say), a column each. A gate that the library lacks is
left out; second derivatives that it refuses are null.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from itertools import product
from typing import Any

ONE_OPERAND = (
    *("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "cbrt", "rsqrt"),
    *("sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh"),
    *("asinh", "acosh", "atanh", "erf", "erfc", "sigmoid", "softplus", "abs", "sign"),
    *("floor", "ceil"),
)
OPERATORS: dict[str, Callable[..., Any]] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "mod": lambda x, y: x % y,
    "pow": lambda x, y: x**y,
    "neg": lambda x: -x,
}
"""What is written the same in all of them."""

Column = list[float]
Table = dict[str, Callable[..., Any]]
Slopes = Callable[[Callable[..., Any], list[Any]], list[Any]]
"""Of a function of columns its derivative by each, all of them arrays of the library."""
Peer = tuple[str, Table, Callable[[Column], Any], Slopes]


def halves(xs: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    return xs[: len(xs) // 2], xs[len(xs) // 2 :]


def torch_peer() -> Peer:
    import torch
    from torch.nn import functional

    def array(column: Column) -> Any:
        return torch.tensor(column, dtype=torch.float64, requires_grad=True)

    def slopes(f: Callable[..., Any], columns: list[Any]) -> list[Any]:
        total = f(*columns).sum()
        if not total.requires_grad:  # a constant
            return [torch.zeros_like(column) for column in columns]
        given = torch.autograd.grad(total, columns, create_graph=True, allow_unused=True)
        zeros = map(torch.zeros_like, columns)  # added: a zero without storage gets one
        return [zero if g is None else zero + g for g, zero in zip(given, zeros, strict=True)]

    def stack(xs: Any) -> Any:
        return torch.stack(tuple(xs), 1)

    def at(i: Column, table: Any) -> Any:
        return table[torch.arange(len(i)), torch.tensor(i, dtype=torch.long)]

    def cross_entropy(i: Column, *xs: Any) -> Any:
        target = torch.tensor(i, dtype=torch.long)
        return functional.cross_entropy(stack(xs), target, reduction="none")

    def soft_cross_entropy(*operands: Any) -> Any:
        ps, xs = map(stack, halves(operands))
        return functional.cross_entropy(xs, ps, reduction="none")

    def dot(*operands: Any) -> Any:
        ws, xs = map(stack, halves(operands[:-1]))
        return torch.linalg.vecdot(ws, xs) + operands[-1]

    table: Table = {name: getattr(torch, name) for name in ONE_OPERAND if hasattr(torch, name)}
    table |= OPERATORS | {
        "softplus": functional.softplus,
        "relu": functional.relu,
        "elu": lambda alpha, x: functional.elu(x, alpha[0]),
        "leaky_relu": lambda slope, x: functional.leaky_relu(x, slope[0]),
        "degrees": torch.rad2deg,
        "radians": torch.deg2rad,
        "hypot": torch.hypot,
        "atan2": torch.atan2,
        "where": lambda condition, x, y: torch.where(torch.tensor(condition) != 0, x, y),
        "maximum": lambda *xs: stack(xs).amax(1),
        "minimum": lambda *xs: stack(xs).amin(1),
        "sum": lambda *xs: stack(xs).sum(1),
        "dot": dot,
        "logsumexp": lambda *xs: torch.logsumexp(stack(xs), 1),
        "softmax": lambda i, *xs: at(i, torch.softmax(stack(xs), 1)),
        "log_softmax": lambda i, *xs: at(i, torch.log_softmax(stack(xs), 1)),
        "cross_entropy": cross_entropy,
        "take": lambda i, *xs: at(i, stack(xs)),
        "soft_cross_entropy": soft_cross_entropy,
    }
    return f"PyTorch {torch.__version__.split('+')[0]}", table, array, slopes


def jax_peer() -> Peer:
    jax = import_module("jax")
    jnp = import_module("jax.numpy")
    special = import_module("jax.scipy.special")
    jax.config.update("jax_enable_x64", True)

    def slopes(f: Callable[..., Any], columns: list[Any]) -> list[Any]:
        places = tuple(range(len(columns)))
        return list(jax.grad(lambda *xs: f(*xs).sum(), argnums=places)(*columns))

    def stack(xs: Any) -> Any:
        return jnp.stack(tuple(xs), 1)

    def at(i: Column, table: Any) -> Any:
        return table[jnp.arange(len(i)), jnp.array(i, dtype=int)]

    def soft_cross_entropy(*operands: Any) -> Any:
        ps, xs = map(stack, halves(operands))
        return -(ps * jax.nn.log_softmax(xs, 1)).sum(1)

    def dot(*operands: Any) -> Any:
        ws, xs = map(stack, halves(operands[:-1]))
        return jnp.vecdot(ws, xs) + operands[-1]

    table: Table = {name: getattr(jnp, name) for name in ONE_OPERAND if hasattr(jnp, name)}
    table |= OPERATORS | {
        "rsqrt": jax.lax.rsqrt,
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
        "relu": jax.nn.relu,
        "elu": lambda alpha, x: jax.nn.elu(x, alpha[0]),
        "leaky_relu": lambda slope, x: jax.nn.leaky_relu(x, slope[0]),
        "degrees": jnp.degrees,
        "radians": jnp.radians,
        "hypot": jnp.hypot,
        "atan2": jnp.arctan2,
        "where": lambda condition, x, y: jnp.where(jnp.array(condition) != 0, x, y),
        "maximum": lambda *xs: stack(xs).max(1),
        "minimum": lambda *xs: stack(xs).min(1),
        "sum": lambda *xs: stack(xs).sum(1),
        "dot": dot,
        "logsumexp": lambda *xs: special.logsumexp(stack(xs), 1),
        "softmax": lambda i, *xs: at(i, jax.nn.softmax(stack(xs), 1)),
        "log_softmax": lambda i, *xs: at(i, jax.nn.log_softmax(stack(xs), 1)),
        "cross_entropy": lambda i, *xs: -at(i, jax.nn.log_softmax(stack(xs), 1)),
        "take": lambda i, *xs: at(i, stack(xs)),
        "soft_cross_entropy": soft_cross_entropy,
    }
    return f"JAX {jax.__version__}", table, jnp.array, slopes


def hips_peer() -> Peer:
    grad = import_module("autograd").grad  # HIPS autograd here, not ours
    anp = import_module("autograd.numpy")
    special = import_module("autograd.scipy.special")
    anp.seterr(all="ignore")

    def slopes(f: Callable[..., Any], columns: list[Any]) -> list[Any]:
        places = range(len(columns))
        return [grad(lambda *xs: anp.sum(f(*xs)), place)(*columns) for place in places]

    def stack(xs: Any) -> Any:
        return anp.stack(xs, 1)

    def logsumexp(*xs: Any) -> Any:
        return special.logsumexp(stack(xs), axis=1)

    def log_softmax(i: Column, *xs: Any) -> Any:
        return stack(xs)[anp.arange(len(i)), anp.array(i, dtype=int)] - logsumexp(*xs)

    def soft_cross_entropy(*operands: Any) -> Any:
        ps, xs = halves(operands)
        return anp.sum(stack(ps) * (logsumexp(*xs)[:, None] - stack(xs)), axis=1)

    def dot(*operands: Any) -> Any:
        ws, xs = map(stack, halves(operands[:-1]))
        return anp.sum(ws * xs, axis=1) + operands[-1]

    names = [name for name in ONE_OPERAND if name != "cbrt"]  # NumPy's own: no derivative
    table: Table = {name: getattr(anp, name) for name in names if hasattr(anp, name)}
    table |= OPERATORS | {
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
        "relu": lambda x: anp.maximum(0.0, x),
        "elu": lambda alpha, x: anp.where(x > 0, x, alpha[0] * anp.expm1(x)),
        "leaky_relu": lambda slope, x: anp.where(x > 0, x, slope[0] * x),
        "degrees": anp.degrees,
        "radians": anp.radians,
        "atan2": anp.arctan2,
        "where": lambda condition, x, y: anp.where(anp.array(condition) != 0, x, y),
        "maximum": lambda *xs: anp.max(stack(xs), axis=1),
        "minimum": lambda *xs: anp.min(stack(xs), axis=1),
        "sum": lambda *xs: anp.sum(stack(xs), axis=1),
        "dot": dot,
        "logsumexp": logsumexp,
        "softmax": lambda i, *xs: anp.exp(log_softmax(i, *xs)),
        "log_softmax": log_softmax,
        "cross_entropy": lambda i, *xs: -log_softmax(i, *xs),
        "take": lambda i, *xs: stack(xs)[anp.arange(len(i)), anp.array(i, dtype=int)],
        "soft_cross_entropy": soft_cross_entropy,
    }
    return f"HIPS autograd {version('autograd')}", table, anp.array, slopes


def derivatives(f: Callable[..., Any], columns: list[Any], slopes: Slopes) -> list[Any]:
    """The columns of the first derivatives and of the second; None for what is refused."""
    places = range(len(columns))
    first = [slope.tolist() for slope in slopes(f, columns)]
    try:
        rows = [slopes(lambda *xs, i=i: slopes(f, list(xs))[i], columns) for i in places]
    except Exception:  # whatever a library raises where it has no such derivative
        return [first, None]
    pairs = product(places, repeat=2)
    return [first, [rows[i][j].tolist() for i, j in pairs]]


def main() -> None:
    peers = {"torch": torch_peer, "jax": jax_peer, "hips": hips_peer}
    name, table, array, slopes = peers[sys.argv[1]]()
    results = {}
    for gate, (constants, operands) in json.load(sys.stdin).items():
        if gate in table:

            def f(*xs: Any, gate: str = gate, constants: list[Column] = constants) -> Any:
                return table[gate](*constants, *xs)

            results[gate] = derivatives(f, list(map(array, operands)), slopes)
    json.dump({"name": name, "derivatives": results}, sys.stdout)


if __name__ == "__main__":
    main()
