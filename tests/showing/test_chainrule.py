"""The local × upstream table, as text, CSV, Markdown and records."""

from __future__ import annotations

import csv
import io

from autograd import Value, walk


def table():
    x, y, z = Value(-2.0, "x"), Value(5.0, "y"), Value(-4.0, "z")
    q = x + y
    q.label = "q"
    f = q * z
    f.label = "f"
    return walk(f).table()


def test_a_row_for_every_contribution() -> None:
    assert [
        (row["operand"], row["local"], row["upstream"], row["contribution"]) for row in table()
    ] == [
        ("q", -4.0, 1.0, -4.0),
        ("z", 3.0, 1.0, 3.0),
        ("x", 1.0, -4.0, -4.0),
        ("y", 1.0, -4.0, -4.0),
    ]  # L1
    assert all(row["local"] * row["upstream"] == row["contribution"] for row in table())


def test_csv_has_every_digit() -> None:
    a = Value(0.1, "a")
    (row,) = list(csv.DictReader(io.StringIO(walk(a.exp()).table().csv())))
    assert float(row["local"]) == a.exp().data
    assert list(row) == ["gate", "operand", "formula", "local", "upstream", "contribution"]


def test_markdown_escapes_bars() -> None:
    a = Value(4.0, "|a|")
    assert walk(a.exp()).table().markdown().count(r"\|a\|") >= 2
    lines = table().markdown().splitlines()
    assert lines[1] == "| --- | --- | --- | ---: | ---: | ---: |"
    assert lines[3] == "| f = q·z | z | q | 3 | 1 | 3 |"
    assert table()._repr_markdown_() == table().markdown()


def test_an_operand_used_twice_says_which_use() -> None:
    a = Value(3.0, "a")
    assert [row["operand"] for row in walk(a * a).table()] == ["(1st a)", "(2nd a)"]


def test_of_a_leaf_there_is_nothing_to_say() -> None:
    assert str(walk(Value(1.0)).table()) == "gate  operand  formula  local  upstream  contribution"
