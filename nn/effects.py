"""Effects: what a forward pass changes besides giving its result.

A program is made from one call of the model. A model that counts its calls, keeps something for
the next one, or draws random numbers of its own would then do for ever what it did in this call;
so such a model is not compiled, and the call that found it out is undone. Watched are the
attributes of modules and the state of random generators: Python's and NumPy's own, and whatever
is within reach of the model and the loss, through attributes and through the variables that their
functions refer to.
"""

from __future__ import annotations

import inspect
import pickle
import random
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from operator import attrgetter
from typing import Any

from autograd import Value

from .module import Module

__all__ = ["without_effects"]

OURS = __name__.partition(".")[0] + "."  # of which it is known what they refer to


@contextmanager
def without_effects(model: Module, loss: Callable[[Any, Any], Any]) -> Iterator[None]:
    """Leave attributes and random generators as they were before the block.

    Raises:
        ValueError: the block changed one of them; the message names it.
    """
    things = list(_within_reach(model, loss))
    modules = [thing for thing in things if isinstance(thing, Module)]
    generators = [random, *_numpys_generator(), *filter(_is_generator, things)]
    attributes = [dict(vars(module)) for module in modules]
    states = [_state(generator) for generator in generators]
    before = _looks(modules, generators)
    try:
        yield
        after = _looks(modules, generators)
    finally:
        for module, own in zip(modules, attributes, strict=True):
            vars(module).clear()
            vars(module).update(own)
        for generator, state in zip(generators, states, strict=True):
            _set_state(generator, state)
    for name in before | after:
        if before.get(name) != after.get(name):
            raise ValueError(
                f"{name[0]} is changed by a forward pass, which a program, traced once, would not "
                'do: use engine="eager"'
            )


def _within_reach(model: Module, loss: Callable[[Any, Any], Any]) -> Iterator[Any]:
    """The modules and random generators that model and loss may use."""
    waiting: list[Any] = [model, getattr(loss, "__func__", loss), type(loss).__call__]
    seen: set[int] = set()
    while waiting:
        thing = waiting.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if _is_generator(thing):
            yield thing
        elif isinstance(thing, Module):
            yield thing
            waiting += _not_numbers(vars(thing).values())
            for kind in type(thing).__mro__[:-1]:
                waiting += vars(kind).values()
        elif isinstance(thing, (list, tuple)):
            waiting += _not_numbers(thing)
        elif isinstance(thing, dict):
            waiting += _not_numbers(thing.values())
        elif inspect.isfunction(thing) and not str(thing.__module__).startswith(OURS):
            waiting += _variables(thing)


def _not_numbers(things: Iterable[Any]) -> list[Any]:
    return [thing for thing in things if not isinstance(thing, (Value, float, int, str))]


def _variables(function: Any) -> list[Any]:
    """The modules, generators and neighbouring functions that a function refers to."""
    try:
        found = inspect.getclosurevars(function)
    except ValueError:  # a variable without a value yet
        return []
    return [
        thing
        for thing in (*found.nonlocals.values(), *found.globals.values())
        if isinstance(thing, Module)
        or _is_generator(thing)
        or (inspect.isfunction(thing) and thing.__module__ == function.__module__)
    ]


# ---------------------------------------------------------------------- what it looks like


def _looks(modules: list[Module], generators: list[Any]) -> dict[tuple[str, int], Any]:
    """What every attribute and every generator looks like, under what to call it."""
    looks: dict[tuple[str, int], Any] = {
        (f"the attribute {name} of {module}", k): [_look(attribute)]  # NaN in a list equals itself
        for k, module in enumerate(modules)
        for name, attribute in vars(module).items()
        if name != "training"
    }
    for k, generator in enumerate(generators):
        looks["a random generator", k] = pickle.dumps(_state(generator))  # it may hold arrays
    return looks


def _look(thing: Any) -> Any:
    if thing is None or isinstance(thing, (int, float, str)):
        return thing
    if isinstance(thing, Value):
        return id(thing), thing.data if thing.kind in ("leaf", "constant") else None
    if isinstance(thing, Module):
        return id(thing)  # its own attributes are looked at
    if isinstance(thing, (list, tuple)):
        if set(map(type, thing)) == {Value} and not any(map(attrgetter("op"), thing)):
            return list(map(id, thing)), list(map(attrgetter("data"), thing))  # a row of weights
        return [_look(each) for each in thing]
    if isinstance(thing, dict):
        return {key: _look(each) for key, each in thing.items()}
    try:
        return pickle.dumps(thing)
    except Exception:  # a lambda, an open file: it has no look but its identity
        return id(thing)


# ---------------------------------------------------------------------- random generators


def _is_generator(thing: Any) -> bool:
    if isinstance(thing, random.Random):
        return not isinstance(thing, random.SystemRandom)  # which has no state
    return type(thing).__module__.startswith("numpy.random") and hasattr(thing, "random")


def _numpys_generator() -> list[Any]:
    return [sys.modules["numpy"].random] if "numpy" in sys.modules else []


def _state(generator: Any) -> Any:
    for name in ("getstate", "get_state"):  # Python's; NumPy's old ones
        if hasattr(generator, name):
            return getattr(generator, name)()
    return generator.bit_generator.state


def _set_state(generator: Any, state: Any) -> None:
    for name in ("setstate", "set_state"):
        if hasattr(generator, name):
            getattr(generator, name)(state)
            return
    generator.bit_generator.state = state
