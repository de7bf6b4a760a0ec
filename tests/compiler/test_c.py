"""Programs in C: the pinned examples and random ones, against the engine.

``python -m tests.compiler.test_c 0 2000`` runs as many random programs as asked for.
"""

from __future__ import annotations

import math
import pickle
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Value, compile
from autograd.compiler import c, c_elements, c_spelling, language, native
from autograd.compiler.language import Along, Input, Parameters
from autograd.compiler.program import Program
from autograd.engine import primitives as p
from autograd.engine.gate import Primitive

from . import families, random_graphs
from .examples import EXAMPLES, draw, moons_graph
from .test_families import eager as eager_batch
from .test_golden import eager

OPERATIONS = {
    each
    for each in vars(language).values()
    if isinstance(each, type) and issubclass(each, language.Array) and each is not language.Array
}


def close(found: Any, expected: Any, tolerance: float = 1e-12) -> bool:
    """Whether numbers are alike, NaN and inf as well, for the largest of them."""
    found, expected = np.asarray(found, float), np.asarray(expected, float)
    finite = np.isfinite(expected)
    if not np.array_equal(found[~finite], expected[~finite], equal_nan=True):
        return False
    largest = np.abs(expected[finite]).max(initial=1e-3)
    return bool((np.abs(found[finite] - expected[finite]) <= tolerance * largest).all())


def graph(seed: int) -> str:
    """What became of one random graph."""
    made = random_graphs.random_graph(seed)
    batch = random_graphs.random_batch(made, seed, 11)
    try:
        values, mean, slopes = random_graphs.eager(made, batch)
    except (ValueError, ZeroDivisionError):
        return "outside its domain"
    if not all(map(math.isfinite, (*values, *slopes.values()))):
        return "not finite"
    try:
        program = compile(made.f, target="c")
        value, gradient = program.value_and_grad(*batch)
    except ValueError as refusal:
        return f"refused: {refusal}"[:70]
    assert close(value, mean, 1e-11), seed
    assert close(program(*batch), values, 1e-11), seed
    expected = [slopes[parameter] for parameter in program.parameters]
    assert close(gradient, expected, 1e-11), seed
    return "equal"


def family(seed: int) -> str:
    """The family of a program that gives what the engine gives, for batches of several sizes."""
    name, loss, shape, classes, options, tokens = families.program(seed)
    options.pop("target", None)
    program = compile(loss, **options, target="c")
    source = np.random.default_rng(seed)
    dtype = options.get("dtype", "float64")
    for size in (6, 6) if "batch_size" in options else (11, 1, 3):
        xs = source.normal(size=(size, *shape))
        if tokens:
            xs = source.integers(0, tokens, xs.shape)
        ys = source.integers(0, classes, size) if classes else source.choice([-1, 1], size)
        xs, ys = xs.astype(dtype), ys.astype(dtype)
        value, gradient = program.value_and_grad(xs, ys)
        total = options.get("reduction") == "sum"
        expected, slopes = eager_batch(loss, xs, ys, program.parameters, total)
        tolerance = 1e-11 if dtype == "float64" else 2e-3
        assert close(value, expected, tolerance), (seed, name)
        assert gradient.dtype == dtype
        assert close(gradient, slopes, tolerance), (seed, name)
    return name


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the tests' own, and little effort: what is tested is what a program says."""
    path = tmp_path_factory.getbasetemp() / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(path))
    monkeypatch.setattr(native, "FAST", ["-O0"])
    return path / "gatewise" / "c"


def test_the_printer_knows_every_operation() -> None:
    kept = {Input, Parameters, *c._ALWAYS}  # read by name, or written piece by piece
    assert {*c_elements.COMPUTE} | kept == OPERATIONS - {Along}


def test_every_gate_is_spelled_or_written_with_others() -> None:
    """But for those whose values are found in 50 digits, or by code: they are said to be none."""
    operators = {*c_elements.INFIX, p.neg, p.sum, p.choice}
    others = {
        gate.name
        for gate in vars(p).values()
        if isinstance(gate, Primitive)
        and gate not in operators
        and gate not in c_spelling.FUNCTIONS
        and gate.formula is None
    }
    assert others == {"branch", "power_derivative", "cbrt_derivative"}


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name != "rnn_steps"])
def test_examples_equal_eager(name: str) -> None:
    example = EXAMPLES[name]()
    program = compile(example.loss, shapes=example.shapes, target="c")
    assert program.target == "c" and not program.note
    for size in (5,) if name == "lstm_steps" else (5, 1):  # which takes long to compile
        batch = draw(example, size, seed=4)
        for parameter in program.parameters:
            parameter.grad = None
        losses, slopes = eager(example.loss, batch)
        value, gradient = program.value_and_grad(*batch)
        assert close(program(*batch), losses)
        assert close(value, sum(losses) / size)
        assert close(gradient, [slopes[parameter] for parameter in program.parameters])


def test_a_graph_equals_eager() -> None:
    loss, parameters = moons_graph()
    program = compile(loss, parameters=parameters, target="c")
    value, gradient = program.value_and_grad()
    loss.backward()
    assert close(value, loss.data)
    assert close(gradient, [parameter.grad for parameter in program.parameters])
    assert program() == pytest.approx(loss.data, rel=1e-12)


def test_random_programs() -> None:
    assert {graph(seed) for seed in range(4)} <= {"equal", "not finite", "outside its domain"}
    for seed in range(4):
        family(seed)


FUNCTIONS = [gate for gate in c_spelling.FUNCTIONS if gate not in (p.logsumexp,)]


@pytest.mark.parametrize("lanes", ["samples side by side", "one sample"])
def test_every_function_at_awkward_numbers(lanes: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As NumPy has it where the engine raises; in one program, as compiling takes its time."""
    monkeypatch.setattr(Program, "_check", lambda *given: None)
    numbers = [0.0, -0.0, 0.5, 1.0, -1.0, 1.5, -2.5, 40.0, -40.0, 800.0, -800.0]
    numbers += [math.inf, -math.inf, math.nan]
    w = Value(1.0)

    def f(x: Any, y: Any) -> list[Any]:
        pairs = [g for g in FUNCTIONS if g.arity != 1]
        alone = [g for g in FUNCTIONS if g.arity == 1]
        return [g(w * x) for g in alone] + [g(w * x, y) for g in pairs] + [ag.logsumexp([x, y])]

    xs = np.array([x for x in numbers for _ in numbers])
    ys = np.array([y for _ in numbers for y in numbers])
    found = compile(f, shapes=[(), ()], target="c")
    expected = compile(f, shapes=[(), ()], target="numpy")(xs, ys)
    if lanes == "one sample":
        rows = [found(xs[k : k + 1], ys[k : k + 1])[0] for k in range(len(xs))]
    else:
        rows = list(found(xs, ys))
    for x, y, mine, other in zip(xs, ys, rows, expected, strict=True):
        assert mine == pytest.approx(other, rel=1e-14, nan_ok=True), (x, y)


def loss(x: Any, y: Any) -> Any:
    return (ag.log(W * x) - y) ** 2


W = Value(2.0, "w")


def test_equal_products_differ_by_nothing() -> None:
    """A kink is met as the engine meets it: no multiplication is fused with the subtraction."""
    w, v = Value(0.1), Value(0.1)
    program = compile(lambda x, y: abs(w * x - v * y), shapes=[(), ()], target="c")
    same = np.full(8, 0.3)
    loss, gradient = program.value_and_grad(same, same)
    assert loss == 0.0 and gradient.tolist() == [0.0, 0.0]


def test_options_are_those_of_numpy() -> None:
    x, y = np.array([1.0, 2.0, 4.0]), np.array([0.0, 1.0, 0.5])
    program = compile(loss, target="c", reduction="sum", dtype="float32", batch_size=3)
    other = compile(loss, target="numpy", reduction="sum")
    value, gradient = program.value_and_grad(x, y)
    expected, slopes = other.value_and_grad(x, y)
    assert value == pytest.approx(expected, rel=1e-6) and gradient.dtype == np.float32
    assert gradient == pytest.approx(slopes, rel=1e-6)
    with pytest.raises(ValueError, match="batch_size=3"):
        program.value_and_grad(x[:2], y[:2])
    assert program.value_and_grad(x, y, theta=[3.0])[0] == pytest.approx(
        other.value_and_grad(x, y, theta=[3.0])[0], rel=1e-6
    )
    assert "8 scalar nodes, 1 parameters: 4 arrays" in program.explain()
    assert program.boxes("forward")[0]


def test_theta_is_loaded_stored_and_watched() -> None:
    w = Value(2.0, "w")
    x, y = np.array([1.0, 2.0]), np.array([2.0, 5.0])
    program = compile(lambda x, y: (w * x - y) ** 2, target="c")
    for _ in range(3):
        _, gradient = program.value_and_grad(x, y)
        program.theta -= 0.1 * gradient
    program.store()
    assert w.data == program.theta[0] != 2.0
    w.data = 3.0
    with pytest.raises(ag.StaleGraphError, match="the parameter 'w' was edited"):
        program.value_and_grad(x, y)
    program.load()
    assert program.value_and_grad(x, y)[0] == 1.0


def test_arrays_of_any_layout() -> None:
    example = EXAMPLES["mlp_dot"]()
    program = compile(example.loss, shapes=example.shapes, target="c")
    x, y = (np.array(each) for each in draw(example, 9))
    value, gradient = program.value_and_grad(x, y)
    frozen = x.copy()
    frozen.flags.writeable = False
    wide = np.zeros((9, 4))
    wide[:, ::2] = x
    for other in (np.asfortranarray(x), wide[:, ::2], frozen, x.tolist()):
        again, slopes = program.value_and_grad(other, y)
        assert again == value and (slopes == gradient).all()
    assert program(x[:0], y[:0]).shape == (0,)


def test_the_line_of_a_nan_is_named() -> None:
    program = compile(loss, target="c", shapes=[(), ()])
    with pytest.raises(FloatingPointError, match=r"nan in sample 1 is\n.*np\.log"):
        program.value_and_grad([1.0, -2.0, 3.0], [0.0, 0.0, 0.0])


def test_a_pickled_program_is_compiled_where_it_arrives() -> None:
    x, y = np.array([1.0, 2.0]), np.array([2.0, 5.0])
    program = compile(loss, target="c", shapes=[(), ()])
    value, _ = program.value_and_grad(x, y)
    again = pickle.loads(pickle.dumps(program))
    assert again.source == program.source
    assert again.value_and_grad(x, y)[0] == value


def test_threads_at_work() -> None:
    example = EXAMPLES["mlp_dot"]()
    program = compile(example.loss, shapes=example.shapes, target="c")
    batches = [draw(example, 10 + k) for k in range(4)]
    batches = [[np.array(each) for each in batch] for batch in batches]
    expected = [program.value_and_grad(*batch) for batch in batches]

    def work(k: int) -> bool:
        found = [program.value_and_grad(*batches[k % 4]) for _ in range(200)]
        return all(v == expected[k % 4][0] and (g == expected[k % 4][1]).all() for v, g in found)

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(8)))


# ------------------------------------------------------------------ refusals


def test_what_has_no_program_in_c() -> None:
    w = Value(2.0)
    double = ag.primitive("double_in_c", lambda x: 2 * x, (2.0,))
    with pytest.raises(ValueError, match='no function for the gate double_in_c; target="numpy"'):
        compile(lambda x: double(w * x), target="c", shapes=[()])


def test_wide_layers_are_left_to_numpy() -> None:
    with pytest.raises(ValueError, match=r'NumPy is faster.*target="numpy" runs it'):
        wide = [[Value(0.1) for _ in range(300)] for _ in range(300)]
        compile(lambda x: ag.sum([ag.dot(row, x) for row in wide]), target="c", shapes=[(300,)])


def test_the_targets_are_listed() -> None:
    with pytest.raises(ValueError, match=r'target must be "numpy", .*"c"'):
        compile(loss, target="fortran")


# ------------------------------------------------------------------ export

MAIN = """
#include <stdio.h>
int main(void)
{{
    double x[] = {{{x}}}, y[] = {{{y}}}, g[{count}], found[{size}];
    printf("%.17g\\n", value_and_grad(trained, {size}, x, y, g));
    for (int i = 0; i < {count}; i++)
        printf("%.17g\\n", g[i]);
    values(trained, {size}, x, y, found);
    for (int i = 0; i < {size}; i++)
        printf("%.17g\\n", found[i]);
    return 0;
}}
"""
STRICT = ["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", "-O1"]


def run(path: Path, *flags: str) -> list[float]:
    """What a C file says, compiled with all warnings and without Python."""
    command = [*native.find_compiler(), *STRICT, *flags, str(path), "-o", str(path) + ".out"]
    subprocess.run([*command, "-lm"], check=True)
    return [float(x) for x in subprocess.check_output([str(path) + ".out"], text=True).split()]


@pytest.mark.parametrize("flags", [[], ["-DLANES=1"], ["-march=native"]])
@pytest.mark.parametrize("name", ["mlp_dot", "cross_entropy"])
def test_an_exported_program_needs_no_python(name: str, flags: list[str], tmp_path: Path) -> None:
    example = EXAMPLES[name]()
    program = compile(example.loss, shapes=example.shapes, target="c")
    x, y = (np.array(each, float) for each in draw(example, 11))
    value, gradient = program.value_and_grad(x, y)
    path = tmp_path / "net.c"
    program.export(path)
    text = path.read_text()
    assert "value_and_grad(theta, B, X, Y, g)" in text and "theta[" in text
    numbers = {"x": ", ".join(map(repr, x.ravel().tolist())), "y": ", ".join(map(repr, y.tolist()))}
    path.write_text(text + MAIN.format(**numbers, count=len(gradient), size=11))
    found = run(path, *flags)
    assert close(found, [value, *gradient, *program(x, y)])


def test_the_example_of_an_exported_program(tmp_path: Path) -> None:
    program = compile(lambda x, y: (W * x[0] - y) ** 2, shapes=[(1,), ()], target="c")
    program.export(tmp_path / "net.c")
    assert run(tmp_path / "net.c", "-DEXAMPLE") == [0.0, 0.0]
    several = compile(lambda x: [W * x, x + 1], shapes=[()], target="c")
    several.export(tmp_path / "several.c")
    assert run(tmp_path / "several.c", "-DEXAMPLE") == [0.0, 1.0, 0.0, 1.0]
    with pytest.raises(ValueError, match=r'export\(\) writes C: compile\(f, target="c"\)'):
        compile(loss, shapes=[(), ()]).export(tmp_path / "none.c")


def test_a_training_loop_asks_no_questions() -> None:
    """From the second call on arrays of the same shapes go straight to C, images as well."""
    for shape in ((3,), (1, 2, 2)):
        xs, ys = np.random.default_rng(0).normal(size=(5, *shape)), np.arange(5.0)
        w = Value(0.5)

        def loss(x: Any, y: Any, w: Value = w) -> Value:
            while isinstance(x, list):
                x = x[-1]
            return (w * x - y) ** 2

        program = compile(loss, shapes=[shape, ()], target="c")
        first, slopes = program.value_and_grad(xs, ys)
        found = program._built.again((xs, ys))
        assert found is not None
        assert (found[0], found[1].tolist()) == (first, slopes.tolist())
        assert program._built.again((xs[:4], ys[:4])) is None
        assert program._built.again((xs[..., ::-1], ys)) is None
        w.data = 2.0
        assert program._built.again((xs, ys)) is None, "a parameter was edited"


def test_the_text_is_that_of_one_sample() -> None:
    example = EXAMPLES["mlp_dot"]()
    source = compile(example.loss, shapes=example.shapes, target="c").source
    assert (
        """        /* Z1 = X @ W1.T + b1 */
        lanes Z1[16];
        for (int i = 0; i < 16; i++) {
            lanes sum = all(0);
            for (int j = 0; j < 2; j++)
                sum += x[j] * W1[i][j];
            Z1[i] = sum + b1[i];
        }
"""
        in source
    )


if __name__ == "__main__":
    native.FAST = ["-O0"]
    totals: Counter[str] = Counter()
    for each in range(int(sys.argv[1]), int(sys.argv[2])):
        totals[graph(each)] += 1
        totals[family(each)] += 1
    print(dict(totals))
