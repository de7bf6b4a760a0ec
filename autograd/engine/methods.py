"""The methods that other files give to Value, in one list: for readers, editors and type checkers.

A file that builds on Value and has something to add to it says so here and assigns it there:
``value.py`` the gates of one operand (from the table), ``backward.py`` the chain rule,
``copying.py`` copies and pickles, the room *showing* the walk and the picture in a notebook.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["Methods"]


class Methods:
    """What Value has besides what its own file says."""

    __slots__ = ()

    backward: Callable[..., None]
    walk: Callable[..., Any]
    _repr_svg_: Callable[..., str | None]
    __copy__: Callable[..., Any]
    __deepcopy__: Callable[..., Any]
    __setstate__: Callable[..., None]

    abs: Callable[[], Any]
    acos: Callable[[], Any]
    acosh: Callable[[], Any]
    asin: Callable[[], Any]
    asinh: Callable[[], Any]
    atan: Callable[[], Any]
    atanh: Callable[[], Any]
    cbrt: Callable[[], Any]
    ceil: Callable[[], Any]
    cos: Callable[[], Any]
    cosh: Callable[[], Any]
    degrees: Callable[[], Any]
    erf: Callable[[], Any]
    erfc: Callable[[], Any]
    exp: Callable[[], Any]
    exp2: Callable[[], Any]
    expm1: Callable[[], Any]
    floor: Callable[[], Any]
    log: Callable[[], Any]
    log10: Callable[[], Any]
    log1p: Callable[[], Any]
    log2: Callable[[], Any]
    radians: Callable[[], Any]
    relu: Callable[[], Any]
    sigmoid: Callable[[], Any]
    sign: Callable[[], Any]
    sin: Callable[[], Any]
    sinh: Callable[[], Any]
    softplus: Callable[[], Any]
    sqrt: Callable[[], Any]
    step: Callable[[], Any]
    tan: Callable[[], Any]
    tanh: Callable[[], Any]
