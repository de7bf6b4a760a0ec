"""Within a block, reading a number asks; afterwards, and for other threads, it does not."""

from __future__ import annotations

import copy
import pickle
import threading
from operator import attrgetter
from typing import Any

import pytest

from autograd import Value
from autograd.engine import guard
from autograd.engine.guard import guarded
from autograd.engine.recorders import Recorder, using


class Refusing(Recorder):
    def look(self, node: Any = None) -> None:
        raise LookupError("somebody" if node is None else node.label)

    read = look


def read(v: Value) -> float:
    return v.data


@pytest.mark.parametrize(
    "look",
    [
        read,
        lambda v: v.grad,
        lambda v: v.detach(),
        lambda v: setattr(v, "data", 3.0),
        lambda v: setattr(v, "grad", None),
        lambda v: list(map(attrgetter("data"), [v])),
        copy.copy,
        copy.deepcopy,
        lambda v: copy.deepcopy({"weights": [v]}),
        pickle.dumps,
        bool,
        lambda v: v > 1,
        lambda v: Value(5.0, "v") > v,
    ],
)
def test_whoever_looks_is_told_off(look: Any) -> None:
    v = Value(2.0, "v")
    for _ in range(100):
        read(v)  # hot by now: Python has adapted the code to what it meets
    for _ in range(2):
        with guarded(), using(Refusing()), pytest.raises(LookupError, match="v"):
            look(v)
        assert read(v) == v.data == 2.0 and v.grad is None and v > 1


def test_the_properties_are_as_they_were_and_reading_is_not_python() -> None:
    before = [(each.fget, each.fset, each.__doc__) for each in (Value.data, Value.grad)]  # type: ignore[attr-defined]
    with guarded():
        v = Value(2.0)
        v.data = 3.0
        assert v.data == 3.0 and v.grad is None
        with guarded():
            pass
        with using(Refusing()), pytest.raises(LookupError):
            read(v)  # the outer block is still open
    assert before == [(each.fget, each.fset, each.__doc__) for each in (Value.data, Value.grad)]  # type: ignore[attr-defined]
    assert isinstance(before[0][0], attrgetter)


def test_other_threads_look_as_they_like() -> None:
    v, seen = Value(2.0), []
    with guarded(), using(Refusing()):
        thread = threading.Thread(target=lambda: seen.append(v.data))
        thread.start()
        thread.join()
    assert seen == [2.0]


def test_an_interrupt_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    settle, calls = guard._settle, [0]

    def interrupted() -> None:
        calls[0] += 1
        settle()
        if calls[0] == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(guard, "_settle", interrupted)
    with pytest.raises(KeyboardInterrupt), guarded():
        pass
    assert isinstance(Value.data.fget, attrgetter)  # type: ignore[attr-defined]
