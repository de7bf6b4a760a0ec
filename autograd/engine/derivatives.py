"""Derivatives of functions: grad, jacobian, hessian, to any order.

A function is called once on Values made from its arguments, and the graph it leaves behind is
walked back (backward.py). Asked for a derivative of a derivative, the walk builds a graph
itself, which is walked in turn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from . import clock, recorders
from .backward import graph_step, propagate
from .conversion import as_number, shorten
from .graph import ancestors
from .modes import recording
from .primitives import identity
from .value import Value, apply, constant

__all__ = ["grad", "gradients", "hessian", "jacobian", "value_and_grad"]


def gradients(output: Any, inputs: Any, create_graph: bool = False) -> Any:
    """Compute d output / d input for each input, leaving every ``.grad`` alone.

    Args:
        output: a Value.
        inputs: a Value, or a (nested) list or tuple of them; inner nodes of the graph too.
        create_graph: give Values, whose graph can be differentiated again, instead of floats.
            Such a graph is right on that side of a kink (of max(x, y), say) on which it was
            made: after an edit that crosses one, don't call its ``forward()`` but ask for
            gradients again.

    Returns:
        the gradients, nested as the inputs are; 0 for an input the output does not depend on.

    >>> x = Value(3.0)
    >>> y = x * x * x
    >>> gradients(y, x)
    27.0
    >>> (slope,) = gradients(y, [x], create_graph=True)
    >>> gradients(slope, x)
    18.0
    """
    if not isinstance(output, Value):
        raise TypeError(f"gradients: the output must be a Value, got {shorten(output)}")
    wanted = _flatten(inputs)
    for each in wanted:
        if not isinstance(each, Value):
            raise TypeError(f"gradients: the inputs must be Values, got {shorten(each)}")

    with recording():
        if create_graph:
            arrived = propagate(output, constant(1.0), graph_step)
        else:
            recorders.read(output)  # what it gives are numbers
            arrived = propagate(output, 1.0)
    found = [arrived.get(each) for each in wanted]
    if create_graph:
        results: list[Any] = [constant(0.0) if each is None else each for each in found]
    else:
        results = [each or 0.0 for each in found]  # `or 0.0`: neither None nor -0.0
    return _nest(inputs, iter(results))


def value_and_grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """Make the function that gives f's value and its gradient together.

    Args:
        f: a function of numbers or of (nested) lists or tuples of numbers, giving one number.
        argnums: the place of the argument to differentiate by, or several of them.

    Returns:
        a function of the same arguments that gives ``(value, gradient)``; the gradient is nested
        as the argument is; with several argnums it is a tuple. They are floats, but Values if
        the function uses Values from outside (its arguments, a network's weights): these can
        then be differentiated by.

    Raises:
        TypeError: f gives no single number, or there is no such argument.

    >>> value_and_grad(lambda w: w[0] * w[1])([3.0, 4.0])
    (12.0, [4.0, 3.0])
    """
    places = _places(f, argnums)

    def value_and_gradient(*arguments: Any, **options: Any) -> tuple[Any, Any]:
        inputs, output, differentiable = _trace(f, places, arguments, options)
        output = _single(output, f)
        results = tuple(gradients(output, inputs, create_graph=differentiable))
        result = output if differentiable else output.data
        return result, results[0] if isinstance(argnums, int) else results

    return value_and_gradient


def grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """Make the function that gives f's gradient; ``grad(grad(f))`` is the second derivative.

    Arguments, results and errors are those of ``value_and_grad``, without the value.

    >>> grad(lambda x: x ** 3)(2.0), grad(grad(lambda x: x ** 3))(2.0)
    (12.0, 12.0)
    >>> grad(lambda x, y, z: (x + y) * z, argnums=(0, 1, 2))(-2.0, 5.0, -4.0)
    (-4.0, -4.0, 3.0)
    """
    both = value_and_grad(f, argnums)

    def gradient(*arguments: Any, **options: Any) -> Any:
        return both(*arguments, **options)[1]

    return gradient


def jacobian(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """Make the function that gives the derivative of each of f's results by each input.

    Args:
        f: a function as for ``grad``, but giving a number or a (nested) list or tuple.
        argnums: as for ``grad``.

    Returns:
        a function whose result is nested as f's result, and there as the argument: for a list of
        m results of n numbers, m rows of n.

    >>> from autograd import relu
    >>> jacobian(lambda x: [relu(xi) for xi in x])([1.0, -2.0])  # diagonal
    [[1.0, 0.0], [0.0, 0.0]]
    """
    places = _places(f, argnums)

    def jacobian_of(*arguments: Any, **options: Any) -> Any:
        inputs, outputs, differentiable = _trace(f, places, arguments, options)

        def row(output: Any) -> Any:
            output = _single(output, f)
            results = tuple(gradients(output, inputs, create_graph=differentiable))
            return results[0] if isinstance(argnums, int) else results

        return _map(row, outputs)

    return jacobian_of


def hessian(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """Make the function that gives f's second derivatives: the jacobian of its gradient.

    Arguments and errors are those of ``grad``; the result is nested as the gradient is, and
    there as the arguments are.

    >>> hessian(lambda v: v[0] ** 2 * v[1])([3.0, 5.0])
    [[10.0, 6.0], [6.0, 0.0]]
    >>> hessian(lambda x, y: x**2 * y, argnums=(0, 1))(3.0, 5.0)
    ((10.0, 6.0), (6.0, 0.0))
    """
    return jacobian(grad(f, argnums), argnums)


def _trace(
    f: Callable[..., Any], places: Sequence[int], arguments: Sequence[Any], options: Any
) -> tuple[list[Any], Any, bool]:
    """Call f on Values. Give these, its result, and whether it may be differentiated again.

    A Value among the arguments means that someone outside may differentiate too: it is copied
    through an identity gate, so that only what f does with *this argument* counts here. The same
    holds if f uses a Value from outside, such as a variable of another grad or a network's weight.
    """

    def variable(thing: Any) -> Value:
        if isinstance(thing, Value):
            return apply(identity, (thing,))
        return Value(as_number(thing, getattr(f, "__name__", "f")))

    start = clock.tick()
    traced = list(arguments)
    with recording():
        for place in places:
            if not -len(arguments) <= place < len(arguments):
                raise TypeError(
                    f"argnums names argument {place}, but the function got {len(arguments)} of them"
                )
            traced[place] = _like(arguments[place], _map(variable, arguments[place]))
        inputs = [traced[place] for place in places]
        outputs = f(*traced, **options)
    differentiable = any(isinstance(leaf, Value) for leaf in _flatten(list(arguments)))
    if not differentiable:
        results = [result for result in _flatten(outputs) if isinstance(result, Value)]
        differentiable = any(
            node.kind == "leaf" and node.born < start for node in ancestors(*results)
        )
    return inputs, outputs, differentiable


def _places(f: Any, argnums: int | Sequence[int]) -> tuple[int, ...]:
    """The places of the arguments to differentiate by; first of all, is f a function?"""
    if not callable(f):
        got = shorten(f)
        if isinstance(f, Value):
            got += ": for a Value, call its backward(), or gradients(v, inputs)"
        raise TypeError(f"only a function can be differentiated, got {got}")
    places = (argnums,) if isinstance(argnums, int) else argnums
    if not isinstance(places, (tuple, list, range)):
        raise TypeError(f"argnums must be an int or several, got {argnums!r}")
    places = tuple(places)
    if not places or not all(isinstance(place, int) for place in places):
        raise TypeError(f"argnums must be an int or several, got {argnums!r}")
    return places


def _single(output: Any, f: Any) -> Value:
    if isinstance(output, Value):
        return output
    if isinstance(output, (list, tuple)):
        raise TypeError(
            f"{getattr(f, '__name__', 'the function')} gives {len(output)} results, not one "
            "number: use jacobian, or differentiate one of them"
        )
    return constant(as_number(output, f"the result of {getattr(f, '__name__', 'the function')}"))


def _is_nested(thing: Any) -> bool:
    return isinstance(thing, (list, tuple)) or bool(getattr(thing, "ndim", 0))


def _map(function: Callable[[Any], Any], thing: Any) -> Any:
    """``function`` on every leaf of nested lists and tuples (arrays become lists)."""
    if not _is_nested(thing):
        return function(thing)
    mapped = [_map(function, each) for each in thing]
    return tuple(mapped) if type(thing) is tuple else mapped


def _like(thing: Any, mapped: Any) -> Any:
    """``mapped`` as an array if ``thing`` is one: v**2 and numpy.sum(v) then work on Values too."""
    if not getattr(thing, "ndim", 0):
        return mapped
    import numpy

    return numpy.array(mapped, dtype=object)


def _flatten(thing: Any) -> list[Any]:
    leaves: list[Any] = []
    _map(leaves.append, thing)
    return leaves


def _nest(like: Any, leaves: Any) -> Any:
    return _map(lambda _: next(leaves), like)
