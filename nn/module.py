"""Module: a piece of a network that knows its parameters by name.

A module's parameters are whatever its attributes hold: leaf Values, nested lists of them (a
weight matrix is a list of rows), other modules and lists of modules. They are found by looking,
so a subclass has nothing to register and no ``super().__init__()`` to remember; an attribute
whose name begins with "_" is not looked at. Names are PyTorch's: the attribute ``layers``
holding a list whose first module has an attribute ``weight`` gives ``layers.0.weight``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from autograd import Value

__all__ = ["Module", "values_in"]


class Module:
    """Base of everything with parameters: give it attributes and a method ``forward``.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.intercept = Value(2.0), Value(1.0)
    ...
    ...     def forward(self, x):
    ...         return self.slope * x + self.intercept
    >>> line = Line()
    >>> line(3.0).data, [name for name, _ in line.named_parameters()]
    (7.0, ['slope', 'intercept'])
    >>> line
    Line: 2 parameters
    """

    training: bool = True

    forward: Callable[..., Any]

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """Apply the module to one sample."""
        if not hasattr(self, "forward"):
            raise TypeError(f"{type(self).__name__} has no method forward: define one")
        return self.forward(*inputs, **options)

    # ------------------------------------------------------------------ what is inside

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly inside, with their names: ``layers.0``, ``layers.1``, ..."""
        for name, attribute in vars(self).items():
            if name.startswith("_"):
                continue
            if isinstance(attribute, Module):
                yield name, attribute
            elif isinstance(attribute, (list, tuple)):
                for k, element in enumerate(attribute):
                    if isinstance(element, Module):
                        yield f"{name}.{k}", element

    def modules(self) -> Iterator[Module]:
        """This module and all modules inside it, at any depth."""
        yield self
        for _, child in self.named_children():
            yield from child.modules()

    def named_parameters(self) -> Iterator[tuple[str, Any]]:
        """Pairs of a name and a parameter: a Value, or a nested list of Values.

        A parameter that two modules share is given once, under its first name.
        """
        seen: set[Value] = set()
        for name, parameter in self._all_parameters(""):
            values = values_in(parameter)
            if not seen.issuperset(values):
                seen.update(values)
                yield name, parameter

    def _all_parameters(self, prefix: str) -> Iterator[tuple[str, Any]]:
        for name, attribute in vars(self).items():
            if not name.startswith("_") and _is_parameter(attribute):
                yield prefix + name, attribute
        for name, child in self.named_children():
            yield from child._all_parameters(f"{prefix}{name}.")

    def parameters(self) -> list[Value]:
        """Every parameter as one flat list of Values, each once."""
        values = (
            value for _, parameter in self.named_parameters() for value in values_in(parameter)
        )
        return list(dict.fromkeys(values))

    # ------------------------------------------------------------------ training

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for value in self.parameters():
            value.grad = None

    def train(self, mode: bool = True) -> Module:
        """Switch to training (dropout drops); gives itself."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Module:
        """Switch to evaluation (dropout lets everything through); gives itself."""
        return self.train(False)

    # ------------------------------------------------------------------ methods added elsewhere
    # state.py: numbers out of the parameters and back in

    state_dict: Callable[..., dict[str, Any]]
    load_state_dict: Callable[..., None]

    # ------------------------------------------------------------------ display

    def __str__(self) -> str:
        """The module in a word, as error messages name it."""
        return type(self).__name__

    def __repr__(self) -> str:
        count = len(self.parameters())
        lines = [f"{self}: {count:,} parameter{'' if count == 1 else 's'}"]
        for name, child in self.named_children():
            lines.append(f"{name}: {child!r}".replace("\n", "\n  "))
        return "\n  ".join(lines)


def _is_parameter(thing: Any) -> bool:
    """Whether this is a leaf Value or a (nested, not empty) list of them."""
    if isinstance(thing, Value):
        return thing.is_leaf and not thing.is_constant
    return isinstance(thing, (list, tuple)) and bool(thing) and all(map(_is_parameter, thing))


def values_in(parameter: Any) -> list[Value]:
    """The Values of a nested list, row by row.

    >>> [value.data for value in values_in([[Value(1.0), Value(2.0)], [Value(3.0)]])]
    [1.0, 2.0, 3.0]
    """
    if isinstance(parameter, Value):
        return [parameter]
    return [value for row in parameter for value in values_in(row)]
