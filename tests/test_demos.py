"""Every demo runs, prints the lectures' numbers, and makes the pictures it names."""

from __future__ import annotations

import importlib
import math
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

import demos.__main__ as tour
from autograd import Value, grad, relu
from benchmarks import microgpt
from demos import board, curves, gpt, plots

ROOT = Path(__file__).parent.parent

LINES = {  # what each demo must say, blanks squeezed; the numbers are those of the lectures
    "expressions": [
        # L1
        "q = x + y 3",
        "f = q × z -12",
        "f = q × z 1 q -4 -4",
        "z 3 3",
        "q = x + y -4 x 1 -4",
        "df/dx = -4",
        "df/dy = -4",
        "df/dz = 3",
        # L2
        "u = b × c 6",
        "v = a + u 11",
        "J = 3 × v 33",
        "J = 3 × v 1 v 3 3",
        "v = a + u 3 a 1 3",
        "u = b × c 3 b 2 6",
        "dJ/da = 3",
        "dJ/db = 6",
        "dJ/dc = 9",
        "swaps its operands, so dJ/dc = dJ/du · du/dc = 3·b = 9.",
    ],
    "squares": [  # L3 at x = 3, y = 2: 2·3·4 + 2·3/4 and 2·9·2 - 2·9/8
        "dz/dx = 24 + 1.5 = 25.5",
        "dz/dy = 36 - 2.25 = 33.75",
        "dz/dx = 2xy² + 2x/y² = 25.5, as the formula says: 25.5",
        "dz/dy = 2x²y - 2x²/y³ = 33.75, as the formula says: 33.75",
    ],
    "paths": [  # L4 at t = 1: 2e over one path, e over the other; L37 at A, ..., E = 2, ..., 6
        "dz/dt = 5.43656 + 2.71828 = 8.15485",
        "df/dC = -2 - 0.166667 = -2.16667",
    ],
    "gates": [  # L5
        "f = x + y 2 x 1 2",
        "f = x × y 5 x 3 15",
        "y 2 10",
        "df/dx = 4 + 2 = 6",
        "f = max(x, y) 9 x 0 0",
        "y 1 9",
    ],
    "jacobians": [  # L9, L38
        "∂(x₁² + x₂² + x₃²)/∂x = [2.0, -4.0, 1.0] (2x)",
        "∂(t, t², t³)/∂t at 2 = [1.0, 4.0, 12.0]",
        "∂max(0, x)/∂x = [1.0, 0.0, 0.0]",
        "∂z/∂b = [[1.0, 0.0], [0.0, 1.0]]",
        "16,773,120 of them 0; back-propagation multiplied by the 4,096 on its diagonal",
    ],
    "norm": [  # L7, with the numbers of the CS231n lecture
        "g₁ = W₁₁·x₁ + W₁₂·x₂ 0.22",
        "g₂ = W₂₁·x₁ + W₂₂·x₂ 0.26",
        "f = g₁² + g₂² 0.116",
        "df/dg₁ = 2·g₁ = 0.44, as the formula says: 0.44",
        "df/dx₁ = 0.044 - 0.156 = -0.112",
        "df/dx₂ = 0.22 + 0.416 = 0.636",
        "df/dW₁₁ = 0.088",
        "df/dW₁₂ = 0.176",
        "df/dW₂₁ = 0.104",
        "df/dW₂₂ = 0.208",
    ],
    "curves": [  # L10, L11
        "sigmoid f(1) = 0.731059 f'(1) = 0.196612 f'(0) = 0.25",
        "tanh f(1) = 0.761594 f'(1) = 0.419974 f'(0) = 1",
        "relu f(1) = 1.000000 f'(1) = 1.000000 f'(0) = 0",
        "leaky_relu f(1) = 1.000000 f'(1) = 1.000000 f'(0) = 0.01",
        "(One slide says that ReLU' is 0 for x > 0; that is a slip, it is 1.)",
        "cross-entropy of f = (0.3, 0.3, 0.4), y = (0, 0, 1) = 0.916291, as the formula says: "
        "0.916291",
    ],
    "descent": ["log 2 = 0.693147180560"],  # L12; the demo itself holds x against it
    "steps": [  # L34: each step multiplies x - 1 by 1 - 2η
        "η = 0.3 from -2: -2.000 -0.200 0.520 0.808 0.923 0.969 ...",
        "η = 1.05: 8.86e+01 above the least after 12 steps: diverges",
        "η = 0.1: promised 5.900000, real 6.260000",
    ],
    "saturation": [  # L32, L33
        "dL/dz = a - y = -0.924142, as the formula says: -0.924142",
        "squared -0.037 not convex",
        "logistic +0.045 convex here",
        "σ'(10) = 4.54e-05: from 10 to 1 in 22,047 steps; with a slope of 1 in 9",
    ],
    "collapse": [],  # L31; the demo itself holds the slopes against W₂W₁
    "shapes": [  # L25
        "1 (5, 4) 5 (5, m) = (5, 4)·(4, m) + (5, 1) 25",
        "3 numbers for 4 inputs: Layer(4 → 5, tanh) takes 4 inputs, got 3",
    ],
    "by_hand": [  # L35; the demo itself holds both against each other
        "loss = 0.8036585205718132, by hand 0.8036585205718132; all 17 slopes agree",
        "Z1 = [[0.35427739, -0.06065711, 0.01794146], [0.75822619, -0.13514064, 0.10065178]]",
    ],
    "loops": ["The network's loop is a graph of scalars for each sample; its vectors were derived"],
    "line": [  # L13
        "after 1000 steps: a = 2.0000, b = 1.0000",
        "after 1000 steps: a = 0.5000, b = -1.0000",
    ],
    "house": [  # L15; 2.5 million per 100 m² is 25,000 per m²
        "learned: price = relu(2.44·area - 1.18), in millions, area in 100 m²",
        "24,438 a m² above 48 m²; the data were made with 25,000 a m² above 50 m²",
    ],
    "regression": [  # L16; the demo itself holds the three gradients against each other
        "Two sets of notes print dz = a(1 - a) in the loops. That is a slip: it is da/dz alone;",
    ],
    "xor": ["a perceptron: 2/4 right", "2-4-1, tanh: 4/4 right"],  # L17
    "first_step": [  # L18
        "x = [0.1, 0.2]: Z1 = [0.3543, -0.0607, 0.0179], A1 = [0.3543, 0, 0.0179], "
        "A2 = [0.5714, 0.4286]",
        "first loss 0.8036585205718132",
        "by NumPy 0.8036585205718132",
        "all as the lecture's NumPy code has them, to 12 digits",
    ],
    "iris": [  # L19
        "[5.0, 3.5, 1.3, 0.3] 9.9999841e-01 1.4226153e-06 1.6294724e-07",
        "must sum to 1, so a digit was lost: it is 0.9999984.",
        "30/30 test flowers right, 148/150 of all",
    ],
    "moons": ["step 100: loss 0.0000, 100 % right"],
    "batches": [],  # L21
    "vanishing": [],  # L22
    "symmetry": [],  # L23
    "approximation": ["weights set by hand, 5 neurons: the corners are met to 0"],  # L24
    "heads": [],  # L26
    "svm": ["loss of scores (3.2, 5.1, -1.7) in class 0 = 2.9, as the formula says: 2.9"],
    "dropout": [],  # L29
    "digits": ["MLP(64 → 32 → 10)"],
    "large": [  # L27
        "Z1 = X @ W1.T + b1",
        "np.matmul(dZ1.T, X, out=dW1)",
    ],
    "convolution": ["61,706 parameters, each kernel's used at every place"],  # L30
    "sequence": [],  # L30
    "memory": [],  # L36
    "gpt": ["a GPT in 4,192 scalars learns to make up names, letter by letter"],
    "two_layers": [],  # L8; the demo itself holds each loss against the lecture's NumPy code
    "many_machines": ["the weights are the same to 12 digits"],
}


def check_house(*numbers: float) -> None:
    relu_error, linear_error = numbers
    assert relu_error < linear_error / 2


def check_batches(*numbers: float) -> None:
    best, full, stochastic, mini = numbers
    assert best < mini < stochastic < full
    assert mini < 1.01 * best


def check_symmetry(*numbers: float) -> None:
    spread_from_zeros, error_from_zeros, spread, error = numbers
    assert spread_from_zeros == 0 < 1 < spread
    assert error < 1e-3 * error_from_zeros


def check_approximation(*numbers: float) -> None:
    eight_neurons, many_neurons = numbers
    assert many_neurons < 0.1 < eight_neurons


def check_dropout(*numbers: float) -> None:
    nothing, dropped, penalised = numbers
    assert dropped < nothing / 2 and penalised < nothing / 2


def check_digits(*numbers: float) -> None:
    assert len(numbers) == 4 and numbers[-1] > 95 > numbers[0]


def check_large(*numbers: float) -> None:
    parameters, seconds, *accuracies = numbers
    assert parameters == (100 * 32 + 32) + (32 * 32 + 32) + (32 * 10 + 10)
    assert 0 < seconds < 5 and accuracies[-1] > 85


def check_heads(*numbers: float) -> None:
    any_number, chance, *chances = numbers
    assert abs(any_number - math.sin(1)) < 0.1
    assert chance > 0.9, "|1| is below 1.5"
    assert abs(sum(chances) - 1) < 2e-3 and min(chances) < 0.01, "1 is far from class 0"


def check_convolution(*numbers: float) -> None:
    *rights, seconds = numbers
    assert rights[-1] > 90 and seconds > 0, "compiled"


def check_memory(*numbers: float) -> None:
    nothing, *numbers_of_both = numbers
    rnn, rnn_last, rnn_first, lstm, lstm_last, lstm_first = numbers_of_both
    assert rnn > 0.8 * nothing and lstm < 0.05 * nothing
    assert rnn_first < 1e-9 * rnn_last and lstm_first > 1e-4 * lstm_last


def check_sequence(*numbers: float) -> None:
    new, longer = numbers
    assert new > 99 and longer > 99, "a state, not a table of the strings that it saw"


def check_two_layers(*numbers: float) -> None:
    losses, by_hand, steps = numbers[:-1:2], numbers[1:-1:2], numbers[-1]
    assert losses == by_hand and len(losses) == 4
    assert list(losses) == sorted(losses, reverse=True), "training lowers L"
    assert steps == 500


def check_vanishing(*numbers: float) -> None:
    """δ of the layers 100, 50 and 1; sigmoid, ReLU, residual."""
    sigmoid, relu, residual = numbers[:3], numbers[3:6], numbers[6:]
    assert sigmoid[2] < 0.25**99, "no more than 1/4 a layer"
    assert 1e-5 < relu[2] < 1e-3 < 1 < relu[0]
    assert min(residual) > 0.1


def check_gpt(*numbers: float) -> None:
    guess, held_out, apart = numbers
    assert guess == 3.30, "log 27"
    assert held_out < 2.7 and apart < 1e-9


NUMBERS = {  # where numbers stand in what is printed, and what holds for them
    "house": (r"squared error (\S+)", check_house),
    "batches": (r"squared error (?:of )?(\S+)", check_batches),
    "symmetry": (r"up to (\S+);|squared error (\S+)", check_symmetry),
    "approximation": (r"largest error of (\S+)", check_approximation),
    "dropout": (r"gap (\S+)", check_dropout),
    "digits": (r"(\S+)% of the test", check_digits),
    "large": (r"(\d+,\d+) scalar parameters|digits (\S+) s|(\S+)% of the test", check_large),
    "heads": (r"(\d\.\d{3})", check_heads),
    "convolution": (r"(\S+)% of the test|(\S+) s, compiled", check_convolution),
    "memory": (r"squared error ([\d.]+)|(\S+) at the last|(\S+) at the first", check_memory),
    "sequence": (r"(\S+)% of the answers", check_sequence),
    "vanishing": (r"layer \d+: (\S+)", check_vanishing),
    "gpt": (r"(?:cost|out:) (\S+) nats|up to (\S+)", check_gpt),
    "two_layers": (r"L = (\S+)|NumPy code (\S+)|s for (\d+) steps, compiled", check_two_layers),
}

SMALLER = {
    "convolution": {"epochs": 2},
    "loops": {"n": 1000, "m": 30, "batch": 5},
    "gpt": {"steps": 200},
    "two_layers": {"N": 8, "D_in": 20, "H": 6, "D_out": 3},
    "large": {"side": 10, "width": 32, "epochs": 3},
}
HELPERS = {"__init__", "__main__", "board", "plots"}


def test_the_list_is_all_demos() -> None:
    files = {path.stem for path in (ROOT / "demos").glob("*.py")}
    assert set(tour.DEMOS) == files - HELPERS == set(LINES)


@pytest.mark.parametrize("name", LINES)
def test_demo(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    demo = importlib.import_module(f"demos.{name}")
    demo.main(tmp_path / "new" / "out", **SMALLER.get(name, {}))
    printed, progress = capsys.readouterr()
    assert progress == "", "a progress bar belongs on a terminal only"
    lines = [" ".join(line.split()) for line in printed.splitlines()]
    missing = [line for line in LINES[name] if line not in lines]
    assert not missing, f"not printed: {missing}\n{printed}"
    if name in NUMBERS:
        pattern, check = NUMBERS[name]
        found = ["".join(match.groups("")) for match in re.finditer(pattern, printed)]
        check(*(float(number.replace(",", "")) for number in found))
    assert "\033" not in printed, "colour codes belong on a terminal only"
    check_pictures(printed, tmp_path / "new" / "out")


@pytest.mark.parametrize("epochs", [3, 20, 60, 158, 600])
def test_epochs_tick_at_round_numbers(epochs: int) -> None:
    _, (axis,) = plots.canvas("a fit")
    axis.plot(range(1, epochs + 1), range(epochs))
    plots.label(axis, "learning", "epoch", "loss", legend="")
    ticks = axis.get_xticks()
    step = ticks[1] - ticks[0]
    assert len(ticks) >= 3 and step in {1, 2, 5, 10, 20, 50, 100, 200}, ticks
    assert all(tick % step == 0 for tick in ticks)


def test_a_jump_is_no_slanted_line() -> None:
    grid = curves.split(-4.0, 4.0)
    slopes = [grad(relu)(z) for z in grid]
    jumps = [k for k in range(len(grid) - 1) if abs(slopes[k + 1] - slopes[k]) > 0.5]
    assert not jumps, "a curve's neighbouring points differ little, or one of them is NaN"
    assert {0.0, 1.0} < set(slopes)


def test_the_slip_about_the_slope_of_relu_is_told_once() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "demos").glob("*.py")]
    assert sum("One slide says that ReLU' is 0" in source for source in sources) == 1


def check_pictures(printed: str, out: Path) -> None:
    """Every picture is there, is what its name says, and is named in what was printed."""
    pictures = sorted(out.iterdir())
    named = re.findall(r"\S+\.(?:svg|png)", printed)
    assert sorted(map(Path, named)) == pictures
    stems = {path.name for path in pictures}
    assert {stem.replace("_forward", "_backward") for stem in stems if "_forward" in stem} == {
        stem for stem in stems if "_backward" in stem
    }
    for picture in pictures:
        if picture.suffix == ".svg":
            assert ElementTree.parse(picture).getroot().tag.endswith("svg")
        else:
            assert picture.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def test_the_demos_are_listed_with_a_line_each(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tour.main(["paths", "--out", str(tmp_path)])
    demo, _, listing = capsys.readouterr().out.partition("\npython -m demos")
    for name, line in zip(tour.DEMOS, listing.splitlines()[1:], strict=True):
        listed, what = line.split(maxsplit=1)
        assert listed == name and len(line) < 100
        assert len(what) > 20, "a line that says what it is"
    assert "dz/dt = 5.43656 + 2.71828" in demo, "the demo has run"
    assert "J = 3" not in demo, "only the demo asked for"


def test_the_tour_is_the_graphs_and_iris_in_20_seconds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start = time.process_time()
    tour.main(["--out", str(tmp_path)])
    assert time.process_time() - start < 20
    printed = capsys.readouterr().out
    for said in (
        "J = 3(a + b·c)",
        "dz/dx = 24 + 1.5 = 25.5",
        "dz/dt = 5.43656 + 2.71828",
        "f = max(x, y)",
        "df/dW₂₂ = 0.208",
        "30/30 test flowers right",
    ):
        assert said in printed
    pictures = {path.stem.removesuffix("_backward") for path in tmp_path.iterdir()}
    assert pictures >= {"expression_f", "squares", "paths", "gate_copy", "norm", "iris"}


def test_all_means_every_demo(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ran: list[str] = []

    class Demo:
        def __init__(self, name: str) -> None:
            self.name = name

        def main(self, out: Path) -> None:
            assert out == tmp_path
            ran.append(self.name.removeprefix("demos."))

    monkeypatch.setattr(tour, "import_module", Demo)
    tour.main(["all", "--out", str(tmp_path)])
    assert tuple(ran) == tour.DEMOS


def test_an_unknown_demo_is_refused_before_any_runs(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        tour.main(["paths", "pathes"])
    said = capsys.readouterr()
    assert "no demo 'pathes'" in said.err and "paths" in said.err
    assert said.out == ""


def test_a_demo_runs_alone_and_draws_into_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "demos.paths"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    monkeypatch.chdir(tmp_path)
    check_pictures(done.stdout, Path("out"))


def test_numbers_that_disagree_with_the_formula_stop_a_demo() -> None:
    with pytest.raises(AssertionError, match=r"df/dx: 6\.0, but .* gives 9\.0"):
        board.check("df/dx", 6.0, 9.0)


def test_backward_table_leaves_out_what_nothing_flows_into() -> None:
    x = Value(3.0, "x")
    y = board.named("y", 2 * x)
    y.backward()
    table = board.backward_table(y)
    assert table.splitlines()[1].split() == ["y", "=", "2", "×", "x", "1", "x", "2", "2"]
    assert len(table.splitlines()) == 2


def test_unlabelled_nodes_are_named_by_what_computed_them() -> None:
    x, y = Value(3.0, "x"), Value(4.0, "y")
    z = board.named("z", (x + y) * y)
    assert board.formula(z) == "(x + y) × y"


def test_colour_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert board.paint("3", board.RED) == "\033[31m3\033[0m"
    monkeypatch.setenv("NO_COLOR", "1")
    assert board.paint("3", board.RED) == "3"


def test_the_losses_of_the_gpt_are_those_of_a_plain_script() -> None:
    """20 steps with Adam, every name another; the script's Value knows nothing of ours."""
    names = gpt.names()[0][:20]
    model = gpt.GPT()
    losses = gpt.train_eagerly(model, names, gpt.adam(model, 1000))
    step = microgpt.plain(names)
    assert losses == pytest.approx([step() for _ in names], rel=1e-9)
