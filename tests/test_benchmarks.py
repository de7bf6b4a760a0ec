"""What the benchmark times is the right computation; how fast it is, is for people to look at."""

from __future__ import annotations

import json

import pytest

from autograd import Value, dot
from benchmarks import eager


def test_expression_is_that_of_micrograds_readme() -> None:
    assert eager.expression(Value) == pytest.approx(645.5773, abs=5e-5)


def test_training_steps_lower_the_loss_alike_with_and_without_dot() -> None:
    samples = eager.moons(10)
    plain, dotted = eager.Network(Value, None), eager.Network(Value, dot)
    losses = [eager.training_step(Value, plain, samples) for _ in range(3)]
    assert losses[0] > losses[1] > losses[2]
    again = [eager.training_step(Value, dotted, samples) for _ in range(3)]
    assert again == pytest.approx(losses, rel=1e-12)


def test_a_worker_prints_json(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(eager.PARTS, "expression", (1, 3.0))
    eager.main(["--worker", "gatewise", "expression"])
    answer = json.loads(capsys.readouterr().out)
    assert answer["result"] == pytest.approx(645.5773, abs=5e-5)
    assert answer["seconds"] > 0


def test_engines_that_disagree_are_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([1.0, 2.0])

    class Done:
        def __init__(self) -> None:
            self.stdout = json.dumps({"seconds": 1.0, "result": next(answers)})

    monkeypatch.setattr(eager.subprocess, "run", lambda *a, **k: Done())
    with pytest.raises(AssertionError, match="the engines disagree"):
        eager.measure("expression", rounds=1)
