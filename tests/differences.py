"""Central differences over a network's parameters: an oracle that knows nothing of gates."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from autograd import Value, gradients


def assert_gradients(f: Callable[[], Value], leaves: Sequence[Value]) -> None:
    """f's gradient by each leaf is its slope over steps of 1e-4 and 2e-4 (error of order h⁴)."""
    exact = gradients(f(), list(leaves))

    def shifted(leaf: Value, h: float) -> float:
        before, leaf.data = leaf.data, leaf.data + h
        result = f().data
        leaf.data = before
        return result

    for leaf, gradient in zip(leaves, exact, strict=True):
        near, far = ((shifted(leaf, h) - shifted(leaf, -h)) / (2 * h) for h in (1e-4, 2e-4))
        assert gradient == pytest.approx((4 * near - far) / 3, rel=1e-8, abs=1e-9)
