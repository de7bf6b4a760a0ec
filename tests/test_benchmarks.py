"""What the benchmark times is the right computation; how fast it is, is for people to look at."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd import Value, dot
from autograd.engine.primitives import registry
from benchmarks import accuracy, eager, iris, learning, memory, peer_derivatives, scalar_gpt
from benchmarks.sample import operands


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


def naive_tanh(points: list[tuple[float, ...]]) -> accuracy.Peer:
    """A peer that has the textbook's derivative of tanh, and no second one."""
    given = {point: {(0,): 1 - math.tanh(*point) ** 2} for point in points}
    return accuracy.Peer("Textbook 1.0", {"tanh": given})


def test_a_peer_is_judged_at_the_points_where_we_are() -> None:
    textbook = naive_tanh(operands("tanh", 20))
    ours, theirs = accuracy.compare(registry["tanh"], 20, 1, 2, [textbook])
    assert [each.ulps <= 4 for each in ours] == [True] * 3
    assert ours == accuracy.measure(registry["tanh"], 20, order=2)
    assert [accuracy.verdict(each) for each in theirs] == ["–", "lost", "–"]
    assert 18 < abs(theirs[1].point[0]) < 800 and theirs[1].got == 0 != theirs[1].expected
    cells = accuracy.printed({"tanh": [ours, theirs]}, 2, [textbook])[-1].split(" | ")
    assert cells[0] == "| tanh" and cells[1].startswith(accuracy.verdict(ours[2]))
    assert cells[2] == "– |"


def test_an_error_is_told_with_what_it_is() -> None:
    worst = accuracy.Worst(1.5, "d / d x1", (1.0, 2.0), 1.0, 1.0, (1,))
    assert accuracy.verdict(worst) == "1.50" and accuracy.where(worst) == "d / d x1 at 1.0, 2.0"
    assert accuracy.verdict(worst._replace(ulps=12345.0)) == "1e+04"
    assert accuracy.verdict(worst._replace(ulps=math.inf)) == "inf"
    nan = worst._replace(ulps=math.inf, got=math.nan)
    assert accuracy.verdict(nan) == "NaN" and max(worst, nan, key=accuracy.badness) is nan


def test_the_worst_point_is_proven_not_to_be_worse() -> None:
    ours = accuracy.measure(registry["tanh"], 10, order=2)
    for each in ours[1:]:
        bound = accuracy.proven(registry["tanh"], each)
        assert bound.startswith("≤ ") and 0 <= float(bound[2:]) - each.ulps < 0.02


def test_the_page_says_what_is_promised_measured_and_proven(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(peer: str, python: str, points: dict[str, Any]) -> accuracy.Peer:
        assert python == ("ours" if peer == "torch" else "theirs")
        return naive_tanh(points["tanh"])

    monkeypatch.setattr(accuracy, "ask", ask)
    page = tmp_path / "accuracy.md"
    gates = [registry[name] for name in ("tanh", "add", "sech2")]
    monkeypatch.setattr(accuracy, "gates", lambda: gates)
    options = ["--peers", "ours", "--others", "theirs", "--points", "9"]
    accuracy.main([*options, "--table", str(page)])
    lines = page.read_text(encoding="utf-8").splitlines()
    assert "--points 9 --table docs/accuracy.md --peers --others peers/bin/python" in lines[4]
    assert "Textbook 1.0" in lines[6] and "python-flint" in lines[6]
    first, second = (line.split(" | ") for line in lines if line.startswith("| tanh |"))
    assert first[2] == "4" and first[4].startswith("≤ ") and first[5:8] == ["lost"] * 3
    assert second[1] == "4" and second[4:7] == ["–"] * 3
    assert "Exact, by everyone who has them: `add`." in lines
    assert [len(line.split(" | ")) for line in lines if line.startswith("| sech2 |")] == [6, 5]
    accuracy.main([*options, "--order", "2", "--gate", "tanh"])
    assert capsys.readouterr().out.count("| tanh |") == 2


def test_a_peer_that_refuses_a_second_derivative_gives_the_first() -> None:
    def slopes(f: Any, columns: list[Any]) -> list[Any]:
        if f(*columns).refused:
            raise NotImplementedError
        return [Numbers(refused=True) for _ in columns]

    class Numbers:
        def __init__(self, refused: bool = False) -> None:
            self.refused = refused

        def tolist(self) -> list[float]:
            return [2.0]

    xs = [Numbers(), Numbers()]
    assert peer_derivatives.derivatives(lambda x, y: x, xs, slopes) == [[[2.0], [2.0]], None]


def test_pytorch_answers_with_all_second_derivatives() -> None:
    pytest.importorskip("torch")
    points = [(1.0, 0.5, -0.25), (0.0, 3.0, 2.0)]
    x, y = -1.5, 2.5
    asked = {"softmax": points, "mul": [(x, y)], "elu": [(-2.0, 1.0)], "sigmoid_slope": [(1.0,)]}
    name, found = accuracy.ask("torch", sys.executable, asked)
    assert name.startswith("PyTorch ") and found["sigmoid_slope"] == {(1.0,): {}}
    assert found["mul"] == {
        (x, y): {(0,): y, (1,): x, (0, 0): 0.0, (0, 1): 1.0, (1, 0): 1.0, (1, 1): 0.0},
    }
    assert found["elu"][-2.0, 1.0] == pytest.approx({(0,): math.exp(-2), (0, 0): math.exp(-2)})
    p = 1 / (1 + math.exp(0.75))  # the second of two classes
    at = found["softmax"][points[0]]
    assert at[1, 2] == pytest.approx(-(1 - 2 * p) * p * (1 - p))
    assert set(at) == {(1,), (2,), (1, 1), (1, 2), (2, 1), (2, 2)}


def test_a_peer_that_is_not_installed_is_left_out(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*_: Any, **__: Any) -> Any:
        return subprocess.CompletedProcess([], 1, "", "...\nModuleNotFoundError: No module 'jax'\n")

    monkeypatch.setattr(accuracy.subprocess, "run", run)
    assert accuracy.ask("jax", sys.executable, {"tanh": [(1.0,)]}) == accuracy.Peer("jax", {})
    assert "jax is left out: ModuleNotFoundError" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["breast cancer", "diabetes"])
def test_as_much_is_learned_as_by_scikit_learn(name: str) -> None:
    task = learning.TASKS[name]()
    held, rest = slice(0, None, 4), [k for k in range(len(task.X)) if k % 4]
    ours, theirs = (
        learning.score(task, learn(task, task.X[rest], task.Y[rest], 0)(task.X[held]), task.Y[held])
        for learn in (learning.ours, learning.scikit_learn)
    )
    assert ours > theirs - 0.08


@pytest.mark.parametrize("kind", memory.KINDS)
def test_what_a_fit_needs_is_measured(kind: str, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.ones((1280, memory.PIXELS), dtype=np.float32))
    found = memory.measure(kind, tmp_path / "x.npy", samples=1280)
    part = memory.PART if kind == "lists" else 1
    assert found["data"] == pytest.approx(1280 * memory.PIXELS * 4 / 1e6 / part)
    assert found["wall"] > 0 and found["added"] >= 0


def test_iris_is_learned() -> None:
    seconds, right = iris.learn("compiled", 0)
    assert seconds > 0
    assert right >= 29
