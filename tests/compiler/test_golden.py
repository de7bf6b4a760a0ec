"""The emitted sources that people read are pinned, and each equals the scalar engine.

After a deliberate change of the emitter: run ``python -m tests.compiler.test_golden``, read what
changed, and commit it only if you would be glad to show it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import autograd
from autograd import Value, compile

from .examples import EXAMPLES, draw, moons_graph

GOLDEN = Path(__file__).parent.parent / "golden"
NAMES = [*EXAMPLES, "moons"]


def program_of(name: str, **options: Any) -> Any:
    if name == "moons":
        loss, parameters = moons_graph()
        return compile(loss, parameters=parameters, **options)
    example = EXAMPLES[name]()
    return compile(example.loss, shapes=example.shapes, target="numpy", **options)


@pytest.mark.parametrize("name", NAMES)
def test_source_is_the_pinned_one(name: str) -> None:
    assert program_of(name).source == (GOLDEN / f"{name}.txt").read_text()


def test_plus_and_times_give_the_text_of_dot() -> None:
    assert program_of("mlp_plus").source == program_of("mlp_dot").source


def eager(loss: Any, batch: list[Any]) -> tuple[list[float], dict[Value, float]]:
    """Each sample's loss, and the gradient of their mean, by the scalar engine."""

    def values(thing: Any) -> Any:
        return [values(each) for each in thing] if isinstance(thing, list) else Value(thing)

    size = len(batch[0])
    losses, slopes = [], {}
    outputs = [loss(*(values(column[k]) for column in batch)) for k in range(size)]
    total = sum(outputs[1:], outputs[0]) / size
    total.backward()
    losses = [output.data for output in outputs]
    slopes = {}
    waiting = [total]
    seen = {total}
    for node in waiting:
        if node.kind == "leaf":
            slopes[node] = node.grad
        for operand in node.operands:
            if operand not in seen:
                seen.add(operand)
                waiting.append(operand)
    return losses, slopes


@pytest.mark.parametrize("options", [{}, {"batch_size": 5}], ids=["plain", "buffers"])
@pytest.mark.parametrize("name", list(EXAMPLES))
def test_equals_eager(name: str, options: dict[str, Any]) -> None:
    example = EXAMPLES[name]()
    program = compile(example.loss, shapes=example.shapes, target="numpy", **options)
    assert not program.note
    batch = draw(example, 5, seed=4)
    losses, slopes = eager(example.loss, batch)
    value, gradient = program.value_and_grad(*batch)
    assert program(*batch).tolist() == pytest.approx(losses, rel=1e-12)
    assert value == pytest.approx(sum(losses) / 5, rel=1e-12)
    expected = [slopes[parameter] for parameter in program.parameters]
    largest = max(map(abs, expected))
    assert gradient.tolist() == pytest.approx(expected, rel=0, abs=1e-12 * largest)


def test_moons_equals_eager() -> None:
    loss, parameters = moons_graph()
    program = compile(loss, parameters=parameters)
    assert program.source.count("\n") < 45 and len(program.parameters) == 337
    value, gradient = program.value_and_grad()
    assert value == pytest.approx(loss.data, rel=1e-12)
    loss.backward()
    expected = [parameter.grad for parameter in program.parameters]
    largest = max(map(abs, expected))
    assert gradient.tolist() == pytest.approx(expected, rel=0, abs=1e-12 * largest)


def test_worked_example_of_the_readme() -> None:
    readme = (Path(autograd.__file__).parent / "compiler" / "README.md").read_text("utf-8")
    blocks = [block.partition("\n")[2] for block in readme.split("```")[1::2]]
    function = next(block for block in blocks if block.startswith("def loss"))
    source = next(block for block in blocks if block.startswith("def value_and_grad"))
    scope: dict[str, Any] = {
        "relu": autograd.relu,
        "weights": [[Value(0.1), Value(0.2)], [Value(0.3), Value(0.4)]],
    }
    scope["biases"] = [Value(0.5), Value(0.6)]
    exec(function, scope)
    program = compile(scope["loss"], shapes=[(2,), ()], target="numpy")
    assert program.source == source


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for each in NAMES:
        (GOLDEN / f"{each}.txt").write_text(program_of(each).source)
