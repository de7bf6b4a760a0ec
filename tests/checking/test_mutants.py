"""The gates' tests catch every small mistake in the table (seconds for all of them)."""

from __future__ import annotations

import pytest

from autograd.engine.primitives import registry
from benchmarks import mutants


def test_every_mutant_is_caught(capsys: pytest.CaptureFixture[str]) -> None:
    before = {name: op.partials for name, op in registry.items()}
    failed = mutants.main([])
    *lines, summary = capsys.readouterr().out.splitlines()
    assert not failed, [line for line in lines if line.startswith("MISSED")]
    assert len(lines) > 500 and summary.startswith(f"{len(lines)} of {len(lines)} mutants caught")
    assert {name: op.partials for name, op in registry.items()} == before


def test_what_is_done_to_a_row() -> None:
    done = [mutant.what for mutant in mutants.mutants(registry["div"])]
    assert done == [
        "by operand 1: × (1 - 1e-12)",
        "by operand 1: × -1",
        "by operand 1: swap in 1 / x1",
        "by operand 2: × (1 - 1e-12)",
        "by operand 2: × -1",
        "by operand 2: swap in out / x1",
        "exchange partials 1 and 2",
        "by operand 1: second order × (1 - 1e-9)",
        "by operand 1: second order × -1",
        "by operand 1: second order × 0",
        "by operand 1: operand 2 taken for a constant",
        "by operand 2: second order × (1 - 1e-9)",
        "by operand 2: second order × -1",
        "by operand 2: second order × 0",
        "by operand 2: operand 2 taken for a constant",
    ]
    dropped = [mutant.what for mutant in mutants.mutants(registry["log1p"])][2:5]
    assert dropped == [
        "by operand 1: swap in 1 / (1 + x0)",
        "by operand 1: drop x0",
        "by operand 1: drop 1",
    ]


def test_a_mutant_that_no_test_minds_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mutants, "tests_of", lambda op: [])
    assert mutants.main(["--gate", "exp"]) == 1
    assert "MISSED" in capsys.readouterr().out
