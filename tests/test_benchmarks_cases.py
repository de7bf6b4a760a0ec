"""What the benchmark times is the right computation; how fast it is, is for people to look at."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Value
from benchmarks import __main__ as benchmarks
from benchmarks import building, lectures, measure
from benchmarks.case import Case, Wanted, take
from benchmarks.cases import FAMILIES, attention, dense, gpt, lenet, recurrent, sums

ANY = Wanted()
SMALL: dict[str, Callable[[], Case]] = {
    "hinge": lambda: dense.dense([3, 5, 4, 1], 7, ANY),
    "cross-entropy": lambda: dense.dense([3, 5, 4], 7, ANY),
    "attention": lambda: attention.attention(3, ANY, width=4, batch=3),
    "causal attention": lambda: attention.attention(4, ANY, causal=True, width=4, batch=3),
    "graph": lambda: sums.graph(ANY, nodes=5, width=4, batch=3),
    "prefix": lambda: sums.prefix(ANY, steps=5, batch=3),
    "lstm": lambda: recurrent.lstm(ANY, steps=3, batch=3, inputs=2, width=3),
    "gru": lambda: recurrent.gru(ANY, steps=3, batch=3, inputs=2, width=3),
    "rnn": lambda: recurrent.rnn(3, ANY, batch=3, inputs=2, width=3),
    "recurrence": lambda: recurrent.recurrence(ANY, steps=4),
    "lenet": lambda: lenet.lenet(ANY, batch=2),
    "lenet, odd sides": lambda: lenet.lenet(ANY, size=13, batch=1),
    "gpt block": lambda: gpt.block(ANY, steps=3, batch=2),
    "gpt, to the end of a name": lambda: gpt.gpt(ANY, steps=5, name="eve"),
    "gpt, a part of a name": lambda: gpt.gpt(ANY, steps=3, name="eve"),
}


@pytest.mark.parametrize("name", SMALL)
def test_all_writings_of_a_case_agree_with_the_engine(name: str) -> None:
    case = SMALL[name]()
    contenders = {"eager": measure.eager(case), "by hand": measure.by_hand(case)}
    if case.in_torch is not None and find_spec("torch"):
        contenders["torch"] = measure.in_torch(case)
    program = ag.compile(case.loss, target=case.target)
    contenders["compiled"] = measure.compiled(case, program)
    measure.agree(case, contenders)
    measure.agree(case, contenders)  # buffers are used again


def test_writings_that_disagree_are_told() -> None:
    case = SMALL["prefix"]()
    hand = measure.by_hand(case)
    other = hand._replace(step=lambda: hand.step() + 1e-6)
    with pytest.raises(AssertionError, match=r"5 prefix sums, B = 3: the loss is .* other: "):
        measure.agree(case, {"by hand": hand, "other": other})
    other = hand._replace(gradient=lambda: hand.gradient() + np.eye(5)[2] * 1e-6)
    with pytest.raises(AssertionError, match="element 2 of the gradient"):
        measure.agree(case, {"by hand": hand, "other": other})
    other = hand._replace(gradient=lambda: np.full(5, np.nan))
    with pytest.raises(AssertionError, match="other: nan"):
        measure.agree(case, {"by hand": hand, "other": other})


def test_a_row_is_taken_by_a_traced_index() -> None:
    table = [[Value(10.0 * i + j) for j in range(2)] for i in range(3)]
    program = ag.compile(lambda k: ag.sum(take(table, k)))
    assert program([0.0, 2.0, 1.0]) == pytest.approx([1, 41, 21])
    assert [v.data for v in take(table, 2)] == [20.0, 21.0]


def test_a_row_of_the_table(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(benchmarks.CASES, "4-6-3", lambda: dense.dense([2, 3, 2], 4, ANY))
    benchmarks.main(["4-6-3", "--turns", "1"])
    titles, row, *_ = capsys.readouterr().out.splitlines()
    assert titles.split()[:4] == ["case", "NumPy", "by", "hand"]
    assert row.startswith("4-6-3 ") and row.split()[2] in ("us", "ms", "s")


def test_what_is_wanted_stands_beside_what_was_measured() -> None:
    row = measure.Row(1e-3, 2e-3, 2.0, lines=40, build=0.5, note="no luck")
    text = benchmarks.shown("it", row, Wanted(1.5, lines=50))
    assert "2.00 > 1.5" in text and "40 ≤ 50" in text and text.endswith("\n  no luck")


def test_a_case_without_a_program_is_still_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> Any:
        raise ValueError("no array program was found")

    monkeypatch.setattr(ag.compiler.Program, "value_and_grad", refuse)
    row = measure.measure(SMALL["recurrence"](), 1)
    assert row.by_hand > 0 and row.compiled is None
    assert row.note == "no program: no array program was found"


def test_names_are_cases_families_and_parts(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FAMILIES["dense"], "784-512-512-10", SMALL["hinge"])  # slow to make
    benchmarks.main(["--list"])
    text = capsys.readouterr().out
    for name in [*FAMILIES, *benchmarks.CASES, *benchmarks.PARTS]:
        assert name in text
    with pytest.raises(SystemExit):
        benchmarks.main(["speed"])


def test_building_and_overhead() -> None:
    row = building.built([3, 4, 2], plus=True)
    assert row["parameters"] == "26" and 0 < row["seconds"] < 60
    one, hundred = building.overhead(1)
    assert one["value_and_grad"] > 0 and hundred["emitted"] > 0


def test_moons_in_one_graph() -> None:
    (row,) = lectures.moons(1, count=20)
    assert int(row["nodes"].replace(",", "")) > 10_000
    assert min(row["compiled"], row["eager"], row["program built"]) > 0
    assert ("micrograd" in row) == (find_spec("micrograd") is not None)


def test_loops() -> None:
    rows = lectures.loops(1, n=1000, m=10)
    assert [min(row["loop"], row["NumPy"]) > 0 for row in rows] == [True, True]
