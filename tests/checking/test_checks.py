"""``check_gradients`` tells the truth at every scale: ``python -m benchmarks.checks``, in small."""

from __future__ import annotations

import math
import warnings
from random import Random
from typing import Any

import pytest

from autograd import check_gradients, primitive, relu, sin
from autograd.checking.differences import GradientError, KinkWarning
from benchmarks import checks


@pytest.fixture(autouse=True)
def _quiet() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def test_no_false_alarm() -> None:
    random = Random(7)
    for cases in (checks.identities(random, 25), checks.random_functions(random, 150)):
        count, refused = checks.false_alarms(cases)
        assert not refused, refused[0]
        assert count["passed"] > 0.9 * count.total()
    assert not checks.false_alarms(checks.own_gates(random, 100))[1]


@pytest.mark.parametrize(("size", "most"), [(1e-3, 0.01), (1e-6, 0.06)])  # 0.03 of many more
def test_mistakes_are_found(size: float, most: float) -> None:
    count, passed = checks.missed(Random(7), 300, 1 + size)
    assert count["found"] >= (1 - most) * count.total(), passed


@pytest.mark.parametrize("x", [1e-100, 1e-30, 1e-8, 1e-3, 1e3, 1e100])
def test_a_mistake_is_found_and_none_invented_at_every_scale(x: float) -> None:
    right = primitive("right_", lambda x: x * x, [lambda x, out: 2 * x])
    report = check_gradients(right, x, order=1)
    assert report.checked == 1 and max(report.seen.values()) < 1e-9
    wrong = primitive("wrong_", lambda x: x * x, [lambda x, out: 2.02 * x])
    with pytest.raises(GradientError):
        check_gradients(wrong, x, order=1)


def test_what_could_have_been_seen_is_what_is_seen() -> None:
    """A mistake a little larger than the report says is found, one much smaller is not."""
    for name, (value, partial) in checks.OWN.items():
        for x in (-30.0, -0.3, 1e-4, 2.0, 400.0):
            right = primitive(f"{name}_", value, [partial])
            if abs(partial(x, value(x))) < 1e-290:
                continue
            report = check_gradients(right, x, order=1)
            for seen in report.seen.values():
                factor = 1 + 3 * seen
                wrong = primitive(
                    f"{name}_", value, [lambda x, out, p=partial, f=factor: p(x, out) * f]
                )
                with pytest.raises(GradientError):
                    check_gradients(wrong, x, order=1)


def test_nan_where_a_gradient_is_defined_is_an_error() -> None:
    gate = primitive("nan_", math.tanh, [lambda x, out: x * math.nan])
    for x in (1e-8, 0.5, 20.0):
        with pytest.raises(GradientError, match="got nan"):
            check_gradients(gate, x, order=1)


@pytest.mark.parametrize("k", [1e3, 1e6, 1e9, 1e12])
def test_a_wave_is_compared_or_doubted(k: float) -> None:
    report = check_gradients(lambda x: sin(k * x), 1.0, order=1)
    assert report.doubts or max(report.seen.values()) < 1e-2
    with pytest.raises(GradientError) if k < 1e10 else warnings.catch_warnings():
        check_gradients(lambda x: sin(k * x) + 0.05 * sin(k * x.data), 1.0, order=1)


def test_a_kink_too_small_to_be_seen_is_noise() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", KinkWarning)
        assert check_gradients(lambda x: x + 1e-58 * abs(x - 1), 1.0, order=1).checked == 1
        assert check_gradients(lambda x: x + relu(x), 1e-58, order=1).checked == 1


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert checks.main(["--functions", "20", "--mistakes", "18", "--seed", "3"]) in (0, 1)
    assert "random functions" in capsys.readouterr().out
