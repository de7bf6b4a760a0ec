"""Every program that a test compiles is checked after each pass, and finds NaN in new buffers."""

from __future__ import annotations

import pytest

from autograd.compiler import build
from autograd.compiler.language import check

from .poison import poisoned


@pytest.fixture(autouse=True)
def checked_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "inspect", check)


@pytest.fixture(autouse=True)
def poisoned_buffers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("numpy.empty", poisoned)
