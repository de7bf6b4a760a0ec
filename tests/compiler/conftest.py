"""Every program that a test compiles is checked after each pass."""

from __future__ import annotations

import pytest

from autograd.compiler import build
from autograd.compiler.language import check


@pytest.fixture(autouse=True)
def checked_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "inspect", check)
