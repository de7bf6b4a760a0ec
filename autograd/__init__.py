"""A scalar reverse-mode automatic differentiation engine.

- a number that remembers how it was computed: ``Value``, with ``backward()``, ``forward()``
- derivatives of a function: ``grad value_and_grad jacobian hessian gradients``
- functions of numbers or Values: ``exp log sqrt sin tanh relu sigmoid softmax where ...``
- to look at what happens: ``walk explain draw page``, and ``gatewise --help`` in a terminal
- to check it: ``check_gradients finite_difference certify detect_anomaly``
- to make it fast: ``compile``; to add a gate of your own: ``primitive``

``help`` of a gate, as in ``help(autograd.sigmoid)``, gives its formula, domain and derivative.

>>> from autograd import Value
>>> x, y, z = Value(-2.0), Value(5.0), Value(-4.0)
>>> f = (x + y) * z
>>> f.backward()
>>> x.grad, y.grad, z.grad
(-4.0, -4.0, 3.0)
"""

from .checking.differences import check_gradients, finite_difference
from .checking.enclosures import certify
from .compiler import JavaScript, TraceError
from .compiler import compile as compile
from .engine import copying, forms  # noqa: F401 - copies of Values, and columns of the table
from .engine.anomaly import AnomalyError, detect_anomaly
from .engine.backward import StaleGraphError, local_derivatives
from .engine.collector import without_collector
from .engine.derivatives import grad, gradients, hessian, jacobian, value_and_grad
from .engine.functions import (
    cross_entropy,
    dot,
    elu,
    leaky_relu,
    log_softmax,
    logsumexp,
    maximum,
    minimum,
    softmax,
    take,
)
from .engine.functions import sum as sum
from .engine.gate import Primitive
from .engine.modes import no_grad
from .engine.own_gates import primitive
from .engine.primitives import abs as abs
from .engine.primitives import (
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cbrt,
    ceil,
    cos,
    cosh,
    degrees,
    erf,
    erfc,
    exp,
    exp2,
    expm1,
    floor,
    hypot,
    log,
    log1p,
    log2,
    log10,
    radians,
    relu,
    sigmoid,
    sign,
    sin,
    sinh,
    softplus,
    sqrt,
    step,
    tan,
    tanh,
    where,
)
from .engine.primitives import pow as pow
from .engine.rebuilding import elementary
from .engine.value import Value
from .reading import manual  # noqa: F401 - what help() says of a gate
from .showing import chainrule, frames, tables  # noqa: F401 - walks get tables and pictures
from .showing.drawing import draw
from .showing.explaining import explain
from .showing.stepping import walk
from .showing.webpage import Page, page

__version__ = "0.1.0"

# Not abs, compile, pow and sum: after a star import Python's own must still be there
__all__ = [
    "AnomalyError",
    "JavaScript",
    "Page",
    "Primitive",
    "StaleGraphError",
    "TraceError",
    "Value",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cbrt",
    "ceil",
    "certify",
    "check_gradients",
    "cos",
    "cosh",
    "cross_entropy",
    "degrees",
    "detect_anomaly",
    "dot",
    "draw",
    "elementary",
    "elu",
    "erf",
    "erfc",
    "exp",
    "exp2",
    "explain",
    "expm1",
    "finite_difference",
    "floor",
    "grad",
    "gradients",
    "hessian",
    "hypot",
    "jacobian",
    "leaky_relu",
    "local_derivatives",
    "log",
    "log1p",
    "log2",
    "log10",
    "log_softmax",
    "logsumexp",
    "maximum",
    "minimum",
    "no_grad",
    "page",
    "primitive",
    "radians",
    "relu",
    "sigmoid",
    "sign",
    "sin",
    "sinh",
    "softmax",
    "softplus",
    "sqrt",
    "step",
    "take",
    "tan",
    "tanh",
    "value_and_grad",
    "walk",
    "where",
    "without_collector",
]


def __dir__() -> list[str]:
    """The public names, and no files of the package."""
    return sorted([*__all__, "__version__", "abs", "compile", "pow", "sum"])
