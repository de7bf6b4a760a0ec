"""The benchmark's contenders compute the same; how fast they are is for people to look at."""

from __future__ import annotations

import json
from importlib.util import find_spec

import pytest

from benchmarks import __main__ as benchmarks
from benchmarks import compiled, contenders


@pytest.mark.parametrize("kind", ["hinge", "classes"])
def test_contenders_descend_alike(kind: str) -> None:
    sizes = [3, 5, 1] if kind == "hinge" else [3, 5, 4]
    x, y = contenders.samples(sizes, 7, kind)
    makers = [
        contenders.handwritten,
        contenders.with_eager,
        contenders.compiled,
    ]
    if kind == "hinge" and find_spec("micrograd"):
        makers.append(lambda network, x, y, _: contenders.with_micrograd(network, x, y))
    runs = []
    for make in makers:
        step = make(contenders.Network(sizes), x, y, kind)
        runs.append([step() for _ in range(5)])
    peers = contenders.libraries(contenders.Network(sizes), x, y, kind)
    assert len(peers) == sum(find_spec(name) is not None for name in ("torch", "jax"))
    runs += [[step() for _ in range(5)] for step in peers.values()]
    assert runs[0][0] > runs[0][-1]
    for run in runs[1:]:
        assert run == pytest.approx(runs[0], rel=1e-12)


def test_small_parts_print_as_json_and_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    benchmarks.main(["loops", "--quick", "--json"])
    rows = json.loads(capsys.readouterr().out)["loops"]
    assert set(rows[0]) == {"part", "loop", "NumPy"} and min(rows[0]["loop"], rows[0]["NumPy"]) > 0
    benchmarks.main(["loops", "recurrence", "--quick"])
    text = capsys.readouterr().out
    assert "why vectors" in text and "straight line" in text
    with pytest.raises(SystemExit):
        benchmarks.main(["speed"])


def test_moons_in_one_graph() -> None:
    (row,) = compiled.moons(quick=True)
    assert row["nodes"] > 10_000
    assert min(row["compiled"], row["eager"], row["compiled in"]) > 0
    assert ("micrograd" in row) == (find_spec("micrograd") is not None)
