"""What emitted programs are called with, and what they call."""

from __future__ import annotations

import numpy as np
import pytest

from autograd.compiler import runtime
from autograd.compiler.runtime import pick, quietly


@pytest.mark.parametrize("in_context", [True, False])
def test_quietly_ignores_what_is_not_finite(
    in_context: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "_in_context", in_context and runtime._in_context)
    assert np.isnan(quietly(np.log, np.array([-1.0]))).all()
    with pytest.warns(RuntimeWarning, match="invalid"):
        np.log(np.array([-1.0]))


def test_quietly_may_be_called_within_itself() -> None:
    assert quietly(quietly, np.divide, np.ones(1), np.zeros(1)).tolist() == [np.inf]


def test_pick_of_stacked_rows() -> None:
    table = np.arange(12.0).reshape(2, 3, 2)
    hit = np.zeros((2, 3, 2), dtype=bool)
    hit[..., 1] = True
    assert pick(table, hit).tolist() == [[1.0, 3.0, 5.0], [7.0, 9.0, 11.0]]
    hit[0, 0] = False
    assert np.isnan(pick(table, hit)[0, 0])
