"""What the benchmark times is the right computation; how fast it is, is for people to look at."""

from __future__ import annotations

import json

import pytest

from autograd import Value, dot
from benchmarks import eager, scalar_gpt


def test_expression_is_that_of_micrograds_readme() -> None:
    assert eager.expression(Value) == pytest.approx(645.5773, abs=5e-5)


def test_training_steps_lower_the_loss_alike_with_and_without_dot() -> None:
    samples = eager.moons(10)
    plain, dotted = eager.Network(Value, None), eager.Network(Value, dot)
    losses = [eager.training_step(Value, plain, samples) for _ in range(3)]
    assert losses[0] > losses[1] > losses[2]
    again = [eager.training_step(Value, dotted, samples) for _ in range(3)]
    assert again == pytest.approx(losses, rel=1e-12)


def test_the_scalar_gpt_learns_alike_over_both_values() -> None:
    ours, small = scalar_gpt.GPT(Value), scalar_gpt.GPT(scalar_gpt.Value)
    assert len(ours.parameters) == 4192
    losses = [ours.step("mia", rate=0.1) for _ in range(3)]
    assert losses[0] > losses[1] > losses[2]
    assert [small.step("mia", rate=0.1) for _ in range(3)] == pytest.approx(losses, rel=1e-9)
    slopes = [weight.grad for weight in ours.parameters]
    assert [weight.grad for weight in small.parameters] == pytest.approx(slopes, rel=1e-9)


def test_the_scalar_gpt_reads_no_more_of_a_name_than_its_block() -> None:
    gpt = scalar_gpt.GPT(scalar_gpt.Value)
    long = "maximiliananastasia"
    loss = gpt.loss(long)
    assert loss.data == gpt.loss(long[:16]).data
    loss.backward()  # within Python's own limit of recursion
    assert gpt.position[-1][0].grad != 0


def test_a_worker_prints_json(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(eager.PARTS, "expression", eager.PARTS["expression"]._replace(calls=1))
    eager.main(["--worker", "gatewise", "expression"])
    answer = json.loads(capsys.readouterr().out)
    assert answer["results"] == pytest.approx([645.5773] * 4, abs=5e-5)
    assert answer["seconds"] > 0


def test_engines_that_disagree_are_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([1.0, 2.0])

    class Done:
        def __init__(self) -> None:
            self.stdout = json.dumps({"seconds": 1.0, "results": [0.5, next(answers)]})

    monkeypatch.setattr(eager.subprocess, "run", lambda *a, **k: Done())
    with pytest.raises(AssertionError, match="the engines disagree"):
        eager.measure("expression", rounds=1)


def test_only_the_scalar_gpt_is_measured_without_micrograd(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    workers = []

    class Done:
        def __init__(self, seconds: float) -> None:
            self.stdout = json.dumps({"seconds": seconds, "results": [1.0]})

    def run(worker: list[str], **_: object) -> Done:
        workers.append(worker[4:])
        return Done(0.2 if "small Value" in worker else 0.1)

    monkeypatch.setattr(eager, "find_spec", lambda name: None)
    monkeypatch.setattr(eager.subprocess, "run", run)
    with pytest.raises(ImportError, match="micrograd"):
        eager.main([])
    part = "a step of a scalar GPT"
    eager.main([part, "--rounds", "1", "--no-collector"])
    engines = [["small Value", part], ["gatewise", part]]
    assert workers == engines + [[*engine, "--no-collector"] for engine in engines]
    _, on, off = capsys.readouterr().out.splitlines()
    assert on.split()[-7:] == ["Value", "200.000", "ms", "100.000", "ms", "2.00x", "1x"]
    assert off.split()[-7:] == ["Value", "200.000", "ms", "100.000", "ms", "2.00x", "-"]
    with pytest.raises(SystemExit):
        eager.main(["no such part"])
