"""Effects: what a forward pass changes besides giving its result.

A program is made from one call of the model. A model that counts its calls, keeps something for
the next one, or draws random numbers of its own would then do for ever what it did in this call;
so such a model is not compiled, and the call that found it out is undone. Watched are the
attributes of all modules, and the random generators within reach: Python's and NumPy's own, and
those that the attributes, the methods ``forward`` and the loss refer to.
"""

from __future__ import annotations

import inspect
import pickle
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from autograd import Value

from .module import Module

__all__ = ["without_effects"]


@contextmanager
def without_effects(model: Module, loss: Callable[[Any, Any], Any]) -> Iterator[None]:
    """Leave attributes and random generators as they were before the block.

    Raises:
        ValueError: the block changed one of them; the message names it.
    """
    modules = list(model.modules())
    attributes = [dict(vars(module)) for module in modules]
    generators = [(each, _state(each)) for each in _generators(modules, loss)]
    before = _looks(modules)
    try:
        yield
        after = _looks(modules)
        changed = [
            f"the attribute {name} of {modules[k]}"
            for k, name in before | after
            if before.get((k, name)) != after.get((k, name))
        ]
        for generator, state in generators:
            if pickle.dumps(_state(generator)) != pickle.dumps(state):  # they hold arrays
                changed.append("a random generator")
    finally:
        for module, own in zip(modules, attributes, strict=True):
            vars(module).clear()
            vars(module).update(own)
        for generator, state in generators:
            _set_state(generator, state)
    if changed:
        raise ValueError(
            f"{changed[0]} is changed by a forward pass, which a program, traced once, would not "
            'do: use engine="eager"'
        )


def _looks(modules: list[Module]) -> dict[tuple[int, str], Any]:
    """What each attribute of each module looks like, to compare with later."""
    return {
        (k, name): [_look(attribute)]  # in a list, where NaN equals itself
        for k, module in enumerate(modules)
        for name, attribute in vars(module).items()
        if name != "training"
    }


def _look(thing: Any) -> Any:
    if thing is None or isinstance(thing, (int, float, str)):
        return thing
    if isinstance(thing, Value):
        return id(thing), None if thing.is_computed else thing.data
    if isinstance(thing, Module):
        return id(thing)  # its own attributes are looked at
    if isinstance(thing, (list, tuple)):
        return [_look(each) for each in thing]
    if isinstance(thing, dict):
        return {key: _look(each) for key, each in thing.items()}
    try:
        return pickle.dumps(thing)
    except Exception:  # a lambda, an open file: it has no look but its identity
        return id(thing)


# ---------------------------------------------------------------------- random generators


def _generators(modules: list[Module], loss: Callable[[Any, Any], Any]) -> Iterator[Any]:
    yield random
    if "numpy" in sys.modules:
        yield sys.modules["numpy"].random
    for module in modules:
        yield from _generators_in(vars(module))
    for function in [getattr(type(module), "forward", None) for module in modules] + [loss]:
        try:
            variables = inspect.getclosurevars(function)
        except (TypeError, ValueError):  # not written in Python
            continue
        yield from filter(_is_generator, variables.nonlocals.values())
        yield from filter(_is_generator, variables.globals.values())


def _generators_in(thing: Any) -> Iterator[Any]:
    if _is_generator(thing):
        yield thing
    elif isinstance(thing, (list, tuple, dict)):
        for each in thing.values() if isinstance(thing, dict) else thing:
            yield from _generators_in(each)


def _is_generator(thing: Any) -> bool:
    if isinstance(thing, random.Random):
        return not isinstance(thing, random.SystemRandom)  # which has no state
    return type(thing).__module__.startswith("numpy.random") and hasattr(thing, "random")


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
