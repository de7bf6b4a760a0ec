"""Leaves carry what their owners hang on them: attributes and weak references."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from autograd import Value
from autograd.engine.graph import ancestors

COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{
        f"pickle {protocol}": lambda v, protocol=protocol: pickle.loads(pickle.dumps(v, protocol))
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)
    },
}
DEEP = {name: copied for name, copied in COPIES.items() if name != "copy"}


def parameter() -> Any:
    p: Any = Value(2.0, "p")
    p.m = 0.0
    p.v = 0.5
    p.color = "red"
    p.history = [1.0]
    return p


def test_a_leaf_takes_attributes() -> None:
    p = parameter()
    assert (p.m, p.v, p.color, p.history) == (0.0, 0.5, "red", [1.0])
    p.m += 0.25
    assert p.m == 0.25
    del p.m
    with pytest.raises(AttributeError):
        p.m  # noqa: B018
    other = Value(2.0)
    assert not hasattr(other, "color")


def test_its_arithmetic_is_as_before() -> None:
    p = parameter()
    y = p * p + 1
    y.backward()
    assert (y.data, p.grad, p.color) == (5.0, 4.0, "red")
    p.data = 3.0
    assert y.forward().data == 10.0 and p.color == "red"


@pytest.mark.parametrize("how", COPIES)
def test_copies_keep_the_attributes(how: str) -> None:
    p = parameter()
    p.grad = 1.5
    twin = COPIES[how](p)
    assert twin is not p and type(twin) is type(p)
    assert (twin.data, twin.grad, twin.label) == (2.0, 1.5, "p")
    assert (twin.m, twin.v, twin.color, twin.history) == (0.0, 0.5, "red", [1.0])
    twin.color = "blue"
    assert p.color == "red"
    assert (twin.history is p.history) == (how == "copy")


@pytest.mark.parametrize("how", DEEP)
def test_copies_of_a_graph_keep_its_leaves_attributes(how: str) -> None:
    p = parameter()
    twin = DEEP[how](p * p + 1)
    (leaf,) = [node for node in ancestors(twin) if node.label == "p"]
    assert leaf is not p and leaf.color == "red" and leaf.history == [1.0]
    assert leaf.history is not p.history


@pytest.mark.parametrize("how", DEEP)
def test_an_attribute_may_lead_back_to_the_leaf(how: str) -> None:
    p = parameter()
    p.me, p.partner = p, Value(3.0, "q")
    twin = DEEP[how](p)
    assert twin.me is twin and twin.partner.label == "q" and twin.partner is not p.partner
    q, again = DEEP[how]([p.partner, p])
    assert again.partner is q


def test_a_leaf_takes_weak_references() -> None:
    p = Value(2.0)
    seen = weakref.ref(p)
    book = weakref.WeakKeyDictionary({p: "moments"})
    assert seen() is p and book[p] == "moments"
    (p * p).backward()
    del p
    gc.collect()
    assert seen() is None and len(book) == 0


@pytest.mark.parametrize("how", COPIES)
def test_a_copy_has_no_part_in_weak_references(how: str) -> None:
    p = Value(2.0)
    seen = weakref.ref(p)
    twin = COPIES[how](p)
    del p
    gc.collect()
    assert seen() is None and twin.data == 2.0
    assert weakref.ref(twin)() is twin
