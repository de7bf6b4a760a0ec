"""Module: a piece of a network that knows its parameters by name.

A module's parameters are whatever its attributes hold: leaf Values, nested lists of them (a
weight matrix is a list of rows), other modules, and lists and dictionaries of all these. They are
found by looking, so a subclass has nothing to register and no ``super().__init__()`` to remember.
What a gate computed is no parameter, nor is anything below an attribute whose name begins with
"_": keep inputs that are Values there. Names are PyTorch's: the attribute ``layers`` holding a
list whose first module has an attribute ``weight`` gives ``layers.0.weight``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from operator import attrgetter
from typing import Any

from autograd import Value

from .data import numbers
from .nested import plain, shape, values_in

__all__ = ["Module", "mode"]


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
        for name, thing in self._members():
            if isinstance(thing, Module):
                yield name, thing

    def _members(self) -> Iterator[tuple[str, Any]]:
        """The modules and parameters that the attributes hold."""
        for name, attribute in vars(self).items():
            if not name.startswith("_"):
                yield from _found(name, attribute)

    def named_modules(self) -> Iterator[tuple[str, Module]]:
        """This module, named "", and all modules inside it at any depth, each once."""
        seen: set[Module] = set()
        waiting: list[tuple[str, Module]] = [("", self)]
        while waiting:
            path, module = waiting.pop()
            if module not in seen:
                seen.add(module)
                yield path, module
                inside = [(_joined(path, name), child) for name, child in module.named_children()]
                waiting += reversed(inside)

    def modules(self) -> Iterator[Module]:
        """This module and all modules inside it, at any depth, each once."""
        return (module for _, module in self.named_modules())

    def _everywhere(self, path: str, above: tuple[Module, ...]) -> Iterator[tuple[str, Module]]:
        """Every place of every module; a child's reference to its parent is not followed."""
        yield path, self
        above = (*above, self)
        for name, child in self.named_children():
            if child not in above:
                yield from child._everywhere(_joined(path, name), above)

    def named_parameters(self, *, repeated: bool = False) -> Iterator[tuple[str, Any]]:
        """Pairs of a name and a parameter: a Value, or a nested list of Values.

        Args:
            repeated: whether to give a parameter that two modules share under each of its names;
                else it is given once, under its first.
        """
        seen: set[Value] = set()
        for path, module in self._everywhere("", ()) if repeated else self.named_modules():
            for name, thing in module._members():
                values = [] if isinstance(thing, Module) else values_in(thing)
                if values and (repeated or not seen.issuperset(values)):
                    seen.update(values)
                    yield _joined(path, name), thing

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

    # ------------------------------------------------------------------ numbers, out and back in

    def state_dict(self) -> dict[str, Any]:
        """Give every parameter's numbers: a dictionary of names and nested lists of floats.

        As in PyTorch, a parameter that two modules share is there under each of its names.

        >>> from nn import Layer
        >>> Layer(2, 1, init="zeros").state_dict()
        {'weight': [[0.0, 0.0]], 'bias': [0.0]}
        """
        return {name: plain(parameter) for name, parameter in self.named_parameters(repeated=True)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Set every parameter to the numbers that ``state`` has under its name.

        Args:
            state: names and nested lists of numbers (or NumPy arrays, or torch tensors). Of the
                names of a shared parameter one is enough.

        Raises:
            ValueError: a name is missing or unknown, a shape is wrong, a number is not finite, or
                two names of one parameter have different numbers. Nothing has been changed then.
            TypeError: something is no number.

        >>> from nn import Layer
        >>> layer = Layer(2, 1)
        >>> layer.load_state_dict({"weight": [[1.0, 2.0]], "bias": [3.0]})
        >>> layer([10.0, 100.0])[0].data
        213.0
        """
        parameters = dict(self.named_parameters(repeated=True))
        new: dict[Value, float] = {}
        for name, parameter in parameters.items():
            if name not in state:
                continue
            given = numbers(state[name], f"{self}: {name}")
            if shape(parameter) != shape(given):
                raise ValueError(
                    f"{name} of {self} has shape {shape(parameter)}, got {shape(given)}"
                )
            for value, number in zip(values_in(parameter), values_in(given), strict=True):
                if new.setdefault(value, number) != number:
                    raise ValueError(
                        f"{name} of {self} is shared, and has other numbers under another name"
                    )
        missing = [name for name, p in parameters.items() if not new.keys() >= {*values_in(p)}]
        unknown = [str(name) for name in state if name not in parameters]
        if missing or unknown:
            raise ValueError(
                f"the names don't fit {self}: "
                + "; ".join(
                    f"{what}: {', '.join(sorted(names))}"
                    for what, names in (("missing", missing), ("unknown", unknown))
                    if names
                )
            )
        for value, number in new.items():
            value.data = number

    # ------------------------------------------------------------------ display

    def _columns_(self, sample: Any, target: Any, loss: Any) -> Any:
        """Give the layers of neurons: what ``autograd.draw(model)`` asks for."""
        from .pictures import columns  # which knows layers, and so imports this file

        return columns(self, sample, target, loss)

    def __str__(self) -> str:
        """The module in a word, as error messages name it."""
        return type(self).__name__

    def __repr__(self) -> str:
        return self._shown(())

    def _shown(self, above: tuple[Module, ...]) -> str:
        count = len(self.parameters())
        lines = [f"{self}: {count:,} parameter{'' if count == 1 else 's'}"]
        above = (*above, self)
        for name, child in self.named_children():
            if child not in above:
                lines.append(f"{name}: {child._shown(above)}".replace("\n", "\n  "))
        return "\n  ".join(lines)


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _found(name: str, thing: Any) -> Iterator[tuple[str, Any]]:
    """The modules and parameters in an attribute; a list of parameters only is one parameter."""
    if isinstance(thing, Module) or _is_parameter(thing):
        yield name, thing
    elif isinstance(thing, (list, tuple, dict)):
        for key, each in thing.items() if isinstance(thing, dict) else enumerate(thing):
            if isinstance(each, (Module, Value, list, tuple, dict)):  # not each number of a table
                yield from _found(f"{name}.{key}", each)


def _is_parameter(thing: Any) -> bool:
    """Whether this is a leaf that someone made, or a (nested, not empty) list of such Values."""
    if isinstance(thing, Value):
        return thing.kind == "leaf"
    if not isinstance(thing, (list, tuple)) or not thing:
        return False
    if all(issubclass(kind, Value) for kind in set(map(type, thing))):  # a row: the usual case
        return set(map(attrgetter("kind"), thing)) == {"leaf"}
    return all(map(_is_parameter, thing))


@contextmanager
def mode(model: Module, training: bool) -> Iterator[Callable[[bool], None]]:
    """Switch a model to training or evaluation, and every module back to what it was.

    Gives the switch: it knows the modules, so that nobody has to look for them in every epoch.
    """
    before = {module: module.training for module in model.modules()}

    def switch(training: bool) -> None:
        for module in before:
            module.training = training

    switch(training)
    try:
        yield switch
    finally:
        for module, was_training in before.items():
            module.training = was_training
