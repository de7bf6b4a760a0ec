"""Copies of graphs, held against a model that knows what is stale: nothing more, nothing less."""

from __future__ import annotations

import copy
import operator
import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import pytest

import autograd
from autograd import StaleGraphError, Value
from autograd.engine.graph import ancestors

PROTOCOLS = range(2, pickle.HIGHEST_PROTOCOL + 1)


def pickled(protocol: int) -> Callable[[Any], Any]:
    return lambda thing: pickle.loads(pickle.dumps(thing, protocol))


COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{f"pickle {protocol}": pickled(protocol) for protocol in PROTOCOLS},
}
DEEP = {name: copied for name, copied in COPIES.items() if name != "copy"}


# ------------------------------------------------------------------ the model


@dataclass
class Node:
    """What a node should be: its number, and when that was computed."""

    data: float
    gate: Callable[..., float] | None
    operands: tuple[int, ...]
    computed: int


class Model:
    """A graph without any cleverness: nodes in the order in which they were made, and a clock."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.time = 0

    def tick(self) -> int:
        self.time += 1
        return self.time

    def leaf(self, data: float) -> int:
        self.nodes.append(Node(data, None, (), self.tick()))
        return len(self.nodes) - 1

    def gate(self, gate: Callable[..., float], operands: tuple[int, ...]) -> int:
        data = gate(*[self.nodes[k].data for k in operands])
        self.nodes.append(Node(data, gate, operands, self.tick()))
        return len(self.nodes) - 1

    def edit(self, leaf: int, data: float) -> None:
        self.nodes[leaf].data, self.nodes[leaf].computed = data, self.tick()

    def below(self, root: int) -> list[int]:
        found = {root}
        for k in range(root, -1, -1):
            if k in found:
                found.update(self.nodes[k].operands)
        return sorted(found)

    def is_stale(self, root: int) -> bool:
        return any(
            self.nodes[operand].computed > self.nodes[k].computed
            for k in self.below(root)
            for operand in self.nodes[k].operands
        )

    def forward(self, root: int) -> float:
        for k in self.below(root):
            node = self.nodes[k]
            if any(self.nodes[each].computed > node.computed for each in node.operands):
                assert node.gate is not None
                node.data = node.gate(*[self.nodes[each].data for each in node.operands])
                node.computed = self.tick()
        return self.nodes[root].data

    def copy(self) -> Model:
        twin = Model()
        twin.nodes, twin.time = [replace(node) for node in self.nodes], self.time
        return twin


GATES: list[tuple[Callable[..., Any], Callable[..., float]]] = [
    (operator.add, operator.add),
    (operator.sub, operator.sub),
    (operator.mul, operator.mul),
    (autograd.maximum, max),
    (lambda a, b: a * 0.5 - b, lambda a, b: a * 0.5 - b),
]


class Script:
    """A graph and the model of it, to which the same happens."""

    def __init__(self, random: Random) -> None:
        self.random, self.model, self.values = random, Model(), list[Value]()
        self.number = 0.0
        for _ in range(random.randrange(1, 4)):
            self.number += 1
            self.model.leaf(self.number)
            self.values.append(Value(self.number))
        self.leaves = len(self.values)

    def happen(self) -> None:
        what = self.random.random()
        if what < 0.5:
            self.build()
        elif what < 0.8:
            self.edit()
        else:
            self.forward(self.random.randrange(len(self.values)))

    def build(self) -> None:
        a, b = self.random.choices(range(len(self.values)), k=2)
        value, model = self.random.choice(GATES[:4])
        self.values.append(value(self.values[a], self.values[b]))
        self.model.gate(model, (a, b))

    def edit(self) -> None:
        self.number += 1
        leaf = self.random.randrange(self.leaves)
        self.values[leaf].data = self.number
        self.model.edit(leaf, self.number)

    def forward(self, root: int) -> None:
        same(self.values[root].forward().data, self.model.forward(root))


def same(a: float, b: float) -> None:
    assert a == b or (a != a and b != b), (a, b)


def raises_stale(value: Value) -> bool:
    try:
        value.backward()
    except StaleGraphError:
        return True
    return False


def check_unforwarded(values: Sequence[Value], model: Model, roots: Sequence[int]) -> None:
    for value, root in zip(values, roots, strict=True):
        same(value.data, model.nodes[root].data)
        assert raises_stale(value) == model.is_stale(root)


def check_forwarded(values: Sequence[Value], model: Model, roots: Sequence[int]) -> None:
    """Compute one after the other: the later ones may be stale until their turn comes."""
    for turn, (value, root) in enumerate(zip(values, roots, strict=True)):
        check_unforwarded(values[turn:], model, roots[turn:])
        same(value.forward().data, model.forward(root))
        assert not raises_stale(value)


def test_the_model_agrees_with_graphs_that_nobody_copies() -> None:
    for seed in range(500):
        random = Random(f"no copy {seed}")
        script = Script(random)
        for _ in range(random.randrange(3, 16)):
            script.happen()
        every = range(len(script.values))
        order = random.sample(every, len(every))
        check_unforwarded(script.values, script.model, every)
        check_forwarded([script.values[k] for k in order], script.model, order)


@pytest.mark.parametrize("how", COPIES)
def test_a_copy_of_one_root_keeps_exactly_what_is_stale(how: str) -> None:
    stale = 0
    for seed in range(450):
        random = Random(f"one root {seed}")
        script = Script(random)
        for _ in range(random.randrange(3, 12)):
            script.happen()
        every = range(len(script.values))
        root = random.randrange(len(script.values))
        stale += script.model.is_stale(root)
        twin_model = script.model.copy()
        twin = COPIES[how](script.values[root])
        assert twin is not script.values[root]
        check_unforwarded(script.values, script.model, every)  # copying changed nothing
        check_unforwarded([twin], twin_model, [root])
        check_forwarded([twin], twin_model, [root])
        if how != "copy":  # a shallow one may share what lies beneath
            order = random.sample(every, len(every))
            check_forwarded([script.values[k] for k in order], script.model, order)
        else:
            same(script.values[root].forward().data, script.model.forward(root))
    assert stale > 100, "the scripts test little"


def test_a_copy_of_several_roots_keeps_exactly_what_is_stale() -> None:
    stale = 0
    for seed in range(700):
        random = Random(f"several roots {seed}")
        script = Script(random)
        for _ in range(random.randrange(4, 14)):
            script.happen()
        every = range(len(script.values))
        roots = random.sample(every, random.randrange(1, 1 + min(4, len(every))))
        stale += sum(map(script.model.is_stale, roots))
        twin_model = script.model.copy()
        twins = copy.deepcopy([script.values[root] for root in roots])
        if random.random() < 0.3:
            twins = copy.deepcopy(twins)  # a copy of a copy
        check_unforwarded(script.values, script.model, every)
        check_forwarded(twins, twin_model, roots)
        check_unforwarded(script.values, script.model, every)
        order = random.sample(every, len(every))
        check_forwarded([script.values[k] for k in order], script.model, order)
    assert stale > 200


@pytest.mark.parametrize("how", DEEP)
def test_a_copy_with_its_leaves_goes_on_being_edited(how: str) -> None:
    for seed in range(150):
        random = Random(f"leaves {seed}")
        script = Script(random)
        for _ in range(random.randrange(3, 10)):
            script.happen()
        root = random.randrange(len(script.values))
        twin_model = script.model.copy()
        things = [*script.values[: script.leaves], script.values[root]]
        *leaves, twin = DEEP[how](things)
        check_unforwarded([*leaves, twin], twin_model, [*range(script.leaves), root])
        edited = random.randrange(script.leaves)
        leaves[edited].data = 100.0
        twin_model.edit(edited, 100.0)
        check_unforwarded([*leaves, twin], twin_model, [*range(script.leaves), root])
        check_unforwarded([script.values[root]], script.model, [root])
        check_forwarded([twin], twin_model, [root])
        script.forward(root)


@pytest.mark.parametrize("how", COPIES)
def test_a_node_computed_between_two_edits(how: str) -> None:
    x = Value(1.0)
    u = x * x
    b = u * 3
    a = u + 1
    x.data = 2.0
    a.forward()  # u is 4 by now, and b does not know
    x.data = 3.0
    twin = COPIES[how](b)
    assert raises_stale(twin) and raises_stale(b) and raises_stale(a)
    assert twin.forward().data == 27.0
    assert b.forward().data == 27.0 and a.forward().data == 10.0
    assert not raises_stale(twin) and not raises_stale(b) and not raises_stale(a)


@pytest.mark.parametrize("how", COPIES)
def test_copying_a_stale_graph_makes_no_other_graph_stale(how: str) -> None:
    x = Value(1.0)
    old = x * 2
    x.data = 5.0
    new = x * 7
    COPIES[how](old)
    new.backward()
    assert x.grad == 7.0
    with pytest.raises(StaleGraphError):
        old.backward()


@pytest.mark.parametrize("how", COPIES)
def test_a_copy_keeps_numbers_labels_and_gradients(how: str) -> None:
    x, y = Value(2.0, "x"), Value(3.0, "y")
    out = x * y
    out.label = "out"
    out.backward()
    twin = COPIES[how](out)
    assert type(twin) is Value
    assert (twin.data, twin.grad, twin.label) == (6.0, 1.0, "out")
    assert [(each.data, each.grad, each.label) for each in twin.operands] == [
        (2.0, 3.0, "x"),
        (3.0, 2.0, "y"),
    ]


@pytest.mark.parametrize("how", COPIES)
def test_a_copied_leaf_is_another_leaf(how: str) -> None:
    x = Value(2.0, "x")
    x.grad = 4.0
    twin = COPIES[how](x)
    assert twin is not x and (twin.data, twin.grad, twin.label) == (2.0, 4.0, "x")
    twin.data, twin.grad = 5.0, None
    assert (x.data, x.grad) == (2.0, 4.0)


# ------------------------------------------------------------------ subclasses


class Parameter(Value):
    """A Value with more to say."""

    def __init__(self, data: float, colour: str, label: str = "") -> None:
        super().__init__(data, label)
        self.colour = colour


class Slotted(Value):
    """The same, written by someone who saves memory."""

    __slots__ = ("colour",)


def red(kind: type) -> Any:
    if kind is Parameter:
        return Parameter(2.0, "red", "p")
    p = kind(2.0, "p")
    p.colour = "red"
    return p


@pytest.mark.parametrize("kind", [Parameter, Slotted])
@pytest.mark.parametrize("how", COPIES)
def test_attributes_of_a_subclass_survive(kind: type, how: str) -> None:
    p = red(kind)
    p.grad = 1.5
    twin = COPIES[how](p)
    assert type(twin) is kind and twin is not p
    assert (twin.data, twin.grad, twin.label, twin.colour) == (2.0, 1.5, "p", "red")
    twin.colour = "blue"
    assert p.colour == "red"


@pytest.mark.parametrize("kind", [Parameter, Slotted])
@pytest.mark.parametrize("how", COPIES)
def test_attributes_of_a_subclass_survive_within_a_graph(kind: type, how: str) -> None:
    p = red(kind)
    twin = COPIES[how](p * p + 1)
    leaf = next(each for each in ancestors(twin) if each.label == "p")
    assert type(leaf) is kind and leaf.colour == "red"
    twin.backward()
    assert leaf.grad == 4.0
