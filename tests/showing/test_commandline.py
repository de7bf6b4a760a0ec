"""The command: its table, its errors (one line, exit code 2), and what the options call."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import webbrowser
from pathlib import Path

import pytest

import autograd
from autograd import __version__
from autograd.reading.columns import wrapped
from autograd.reading.expressions import FUNCTIONS
from autograd.showing.commandline import main

L1 = ["(x+y)*z", "x=-2", "y=5", "z=-4"]


def rows(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def test_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(L1) == 0
    captured = capsys.readouterr()
    assert rows(captured.out) == [
        ["node", "computed", "as", "value", "∂f/∂node"],
        ["x", "-2", "-4"],
        ["y", "5", "-4"],
        ["z", "-4", "3"],
        ["v1", "x", "+", "y", "3", "-4"],
        ["f", "v1·z", "-12", "1"],
    ]
    assert captured.err == ""


def test_inner_names_and_values_as_expressions(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["u = b*c; v = a + u; J = 3*v", "a=10/2", "b=3", "c=sqrt(4)"]) == 0  # L2
    table = rows(capsys.readouterr().out)
    assert [row[0] for row in table] == ["node", "a", "b", "c", "u", "v", "J"]
    assert [row[-1] for row in table] == ["∂J/∂node", "3", "6", "9", "3", "3", "1"]


@pytest.mark.parametrize(
    ("arguments", "last"),
    [
        (["x", "x=3"], ["x", "3", "1"]),
        (["1 + 2"], ["f", "3", "1"]),
        (["-x*y", "x=1", "y=2"], ["f", "v1·y", "-2", "1"]),
        (["--x+1", "x=1"], ["f", "v2", "+", "1", "2", "1"]),
        (["f*2", "f=3"], ["out", "f·2", "6", "1"]),
        (["x**2", "x=1e200"], ["f", "x²", "inf", "1"]),
    ],
)
def test_other_results(
    arguments: list[str], last: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 0
    assert rows(capsys.readouterr().out)[-1] == last


def test_variables_of_a_branch_not_taken(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["where(x > 0, y, z*z)", "x=-1", "y=2", "z=3"]) == 0
    assert capsys.readouterr().out.endswith("not in the graph, gradient 0: x, y\n")
    assert main(["where(x > 0, y, z²)", "x=-1", "z=3"]) == 0  # y is not asked for


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "there is no expression"),
        (["x", "x=1", "w=2"], "w does not occur in the expression, which has x"),
        (["x", "x"], "'x': beside the expression, in quotes, come values as name=number"),
        (["1 + 2", "x=1"], "x does not occur in the expression, which has no variable"),
        (["x", "x=1", "x=2"], "x has two values"),
        (["", "x=1"], "there is no expression"),
        (["x", "x=1", "-walk"], "-walk: an option begins with two hyphens, --walk"),
        (["q = x; q", "x=1", "q=2"], "the expression itself computes q"),
        (["x", "x=1e400"], "x=1e400: too large for a float; x=inf is infinity"),
        (["x", "x=1", "--explain", "q"], "--explain q: the names here are x"),
        (["x", "x=1", "--order", "random"], "invalid choice: 'random'"),
        (["x", "x=1", "--order", "-1"], "invalid choice: '-1'"),
        (["x", "x=1", "--explain", "-x"], "--explain -x: the names here are x"),
        (["x", "x=1", "--draw", "f.xyz"], "--draw 'f.xyz': a picture is saved here as "),
        (["x", "x=1", "--draw", "-"], "--draw '-': a picture is saved here as "),
        (["x", "x=1", "--draw", ""], "--draw '': a picture is saved here as "),
        (["x", "x=1", "--draw", "no/f.dot"], "--draw 'no/f.dot': there is no folder 'no'"),
        (["x", "x=1", "--page", "no/f.html"], "--page 'no/f.html': there is no folder 'no'"),
        (["x", "x=1", "--view", "forward"], "--view says how --draw draws: add --draw f.svg"),
        (["x", "x=1", "--json", "--check"], "--json goes without --check"),
        (["x", "x=1", "--json", "--latex"], "--json goes without --latex"),
        (["x", "x=1", "--latex", "--walk"], "--latex goes without --walk"),
        (["x", "x=1", "--json", "--order", "naive"], "--order is for the table and --walk"),
        (["[x, x]", "x=1", "--walk"], "--walk looks at one number, and this is a list"),
        (["[x, x]", "x=1", "--order", "naive"], "--order looks at one number"),
        (["x", "x=1", "--page="], "--page '': a page is saved as .html"),
        (["x", "x=1", "--page", "f.svg"], "--page 'f.svg': a page is saved as .html"),
        (["x", "x=1", "--frobnicate"], "unrecognized arguments: --frobnicate"),
    ],
)
def test_bad_input_is_one_line_and_code_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main(arguments)
    except SystemExit as leaving:  # argparse leaves by itself
        code = int(leaving.code or 0)
    captured = capsys.readouterr()
    assert (code, captured.out) == (2, "")
    assert message in captured.err
    assert captured.err.startswith("gatewise: ")
    assert captured.err.count("\n") == 1
    assert "\x1b" not in captured.err


@pytest.mark.parametrize(
    ("arguments", "message", "line", "at"),
    [
        (["(x+y)*w", "x=1", "y=2"], "w has no value: add w=NUMBER", "(x+y)*w", "w"),
        (["(x+y", "x=1", "y=2"], "'(' was never closed", "(x+y", "("),
        (["sgmoid(x)", "x=1"], "there is no function sgmoid; did you mean sigmoid?",
         "sgmoid(x)", "s"),
        (["xy", "x=1", "y=2"], "xy has no value: write x·y for the product, or add xy=NUMBER for a "
         "variable", "xy", "x"),
        (["1/2x", "x=1"], "1/2x may mean (1/2)x or 1/(2 x): write which", "1/2x", "x"),
        (["学 + * y", "学=1", "y=2"], "something is missing before *", "学 + * y", "*"),
        (["x +\n  · y", "x=1"], "something is missing at the end", "x +", ""),
        (["q = x\n  q + w", "x=1"], "w has no value: add w=NUMBER", "  q + w", "w"),
        (["x +", "x=1"], "something is missing at the end", "x +", ""),
        (["x\x1b[31m", "x=1"], "invalid character U+001B", "x�[31m", "�"),
        (["log", "x=1"], "log is a function: write log(...)", "log", "l"),
        (["x*1e400", "x=1"], "the number is too large for a float; inf is infinity",
         "x*1e400", "1"),
        (["log(x)", "x=-1"], "log(x = -1.0): the logarithm needs a number above 0", "log(x)", "l"),
        (["x + y/x", "x=0", "y=1"], "div(y = 1.0, x = 0.0): float division by zero",
         "x + y/x", "/"),
        (["x", "x=abc"], "x=abc: write a number, or an expression of numbers such as pi/4",
         "x=abc", "a"),
        (["x", "x=1/0"], "x=1/0: float division by zero", "x=1/0", "/"),
        (["W·x", "W=[[1,2]]", "x=[1]"], "a 1×2 matrix times a vector of 1: the sizes don't fit",
         "W·x", "·"),
    ],
)  # fmt: skip
def test_an_error_points_at_the_sign(
    arguments: list[str], message: str, line: str, at: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    said, shown, caret = captured.err.rstrip("\n").split("\n")
    assert (said, shown) == (f"gatewise: {message}", f"  {line}")
    place = len(caret) - 3 - ("学" in line)  # which takes two columns
    assert caret.strip() == "^" and line[place : place + 1] == at


@pytest.mark.parametrize("expression", ["x + " * 50 + "w", "w" + " + x" * 50])
def test_of_a_long_expression_the_place_is_shown(
    expression: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert main([expression, "x=1"]) == 2
    _, shown, caret = capsys.readouterr().err.rstrip("\n").split("\n")
    assert len(shown) <= 60 and shown[len(caret) - 1] == "w" and "…" in shown


def test_vectors(capsys: pytest.CaptureFixture[str]) -> None:
    """W·x = (3, 7); of q₁² + q₂² the gradient is 2q₁x₁ = 6 by W₁₁, and 2(3·1 + 7·3) by x₁."""
    assert main(["W=[[1,2],[3,4]]", "x=[1,1]", "‖W·x‖²"]) == 0
    found = {row[0]: row[-2:] for row in rows(capsys.readouterr().out)}
    assert found["f"] == ["58", "1"]
    assert [found[f"W[{i}][{j}]"][1] for i in (0, 1) for j in (0, 1)] == ["6", "6", "14", "14"]
    assert [found["x[0]"], found["x[1]"]] == [["1", "48"], ["1", "68"]]


def test_a_vector_shows_its_jacobian(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["s = softmax([a,b])", "a=1", "b=1"]) == 0
    assert rows(capsys.readouterr().out) == [
        ["value", "∂/∂a", "∂/∂b"],
        ["s[0]", "0.5", "0.25", "-0.25"],
        ["s[1]", "0.5", "-0.25", "0.25"],
    ]
    monkeypatch.setenv("COLUMNS", "60")
    assert main(["W x", "W=[[1,2],[3,4],[5,6]]", "x=[1,1]"]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 60
    columns = [head for line in out.splitlines() for head in line.split() if "∂" in head]
    assert columns[:2] == ["∂/∂W[0][0]", "∂/∂W[0][1]"] and columns[6:] == ["∂/∂x[0]", "∂/∂x[1]"]


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*L1, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["expression"], found["name"], found["value"]) == ("(x+y)*z", "f", -12.0)
    assert found["nodes"][3] == {
        "name": "v1", "computed as": "x + y", "value": 3.0, "gradient": -4.0,
    }  # fmt: skip
    assert main(["[x·y, ∞ x]", "x=1", "y=3", "--json"]) == 0
    found = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert found["value"] == [3.0, "inf"]
    assert (found["inputs"], found["outputs"]) == (["x", "y"], ["f[0]", "f[1]"])
    assert found["jacobian"] == [[3.0, 1.0], ["inf", 0.0]]


def test_latex(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["q = x + y; f = q·z", "x=-2", "y=5", "z=-4", "--latex"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        r"\begin{align*}",
        r"q &= x + y = 3 \\",
        r"f &= q \cdot z = -12 \\",
        r"\frac{\partial f}{\partial q} &= z = -4 \\",
        r"\frac{\partial f}{\partial z} &= q = 3 \\",
        r"\frac{\partial f}{\partial x} &= \frac{\partial f}{\partial q} \cdot 1 = -4 \\",
        r"\frac{\partial f}{\partial y} &= \frac{\partial f}{\partial q} \cdot 1 = -4",
        r"\end{align*}",
    ]
    assert main(["b = a²; c = b + b", "a=2", "--latex", "--explain", "a"]) == 0
    assert r"\frac{\partial c}{\partial a}" in capsys.readouterr().out
    assert main(["[x, 2x]", "x=1", "--latex"]) == 0
    assert "\\begin{pmatrix}\n1 \\\\\n2\n\\end{pmatrix}" in capsys.readouterr().out


def test_names_with_an_index(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["σ(w₁x₁ + b)", "w1=2", "x₁=1", "b=−2", "--explain", "w₁"]) == 0
    assert "∂f/∂w1 = 0.25: 1 path" in capsys.readouterr().out


def test_nothing_is_cut_inside_a_number_at_60_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    expression = "loss = (w1 x1 + w2 x2 + w3 x3 − 0.123456789)² + 12345.678 w1²"
    values = ["w1=0.111111", "w2=0.222222", "w3=0.333333", "x1=1.23456", "x2=2.3456", "x3=3.4567"]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n" * 40))
    assert main([expression, *values, "--walk", "--explain", "w1"]) == 0
    out = capsys.readouterr().out.split("node ")[0]
    assert max(map(len, out.splitlines())) <= 60
    wide = wrapped(out, 60)
    assert wide == out


def test_the_types_of_pictures_offered_can_be_written(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def none() -> str:
        raise ImportError("no layout program")

    for program, types in (
        (none, ".dot, .gv"),
        (lambda: "/bin/graphviz-pure", ".svg, .png, .tex, .dot"),
    ):
        monkeypatch.setattr("autograd.showing.rendering.layout_program", program)
        assert main([*L1, "--draw", "f.pdf"]) == 2
        assert f"a picture is saved here as {types}" in capsys.readouterr().err
        with pytest.raises(SystemExit):
            main(["--help"])
        assert f"save a picture: {types}" in capsys.readouterr().out


def test_live_opens_the_page(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    for there in (True, False):

        def browser(url: str, there: bool = there) -> bool:
            opened.append(url)
            return there

        monkeypatch.setattr(webbrowser, "open", browser)
        assert main([*L1, "--live"]) == 0
        said = capsys.readouterr().out.splitlines()[-1]
        path = Path(said.rpartition(" ")[2])
        assert said.startswith("opened" if there else "no browser was found: open")
        assert path.as_uri() == opened[-1] and "locals.mul_2" in path.read_text(encoding="utf-8")
    assert main([*L1, "--live", "--json"]) == 2


def test_explain(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["b = a*a; c = b + b", "a=2", "--explain", "a"]) == 0
    out = capsys.readouterr().out
    assert "∂c/∂a = 8: 4 paths from c back to a\n" in out
    assert out.endswith("   sum = 2 + 2 + 2 + 2 = 8\n")


@pytest.mark.parametrize(
    ("expression", "names", "row"),
    [
        ("q = x; f = q*q", ["x", "q", "f"], ["q", "x", "3", "6"]),
        ("p = x*1; q = p; f = q*q", ["x", "p", "q", "f"], ["q", "p", "3", "6"]),
        ("q = x", ["x", "q"], ["q", "x", "3", "1"]),
        ("a = 2; q = a; f = q*x", ["x", "a", "q", "f"], ["q", "a", "2", "3"]),
        ("q = 1 + 1; f = q*x", ["x", "q", "f"], ["q", "2", "3"]),
        ("s = x > 0; f = where(s, x, 0)", ["x", "f"], ["f", "x", "3", "1"]),
    ],
)
def test_every_name_is_a_row(
    expression: str, names: list[str], row: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([expression, "x=3", "--explain", row[0]]) == 0
    out = capsys.readouterr().out
    table = rows(out.split("\n∂")[0])
    assert table[0][-1] == f"∂{names[-1]}/∂node"
    assert [line[0] for line in table[1:]] == names
    assert row in table
    assert f"∂{names[-1]}/∂{row[0]} = {row[-1]}: " in out


def test_a_gradient_of_0_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cross_entropy([a,b], t)", "a=1", "b=2", "t=0"]) == 0
    assert ["t", "0", "0"] in rows(capsys.readouterr().out)


def test_naive_order_is_not_shown_without_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["b = a*a; b + 3*b", "a=2", "--order", "naive"]) == 0
    assert capsys.readouterr().out.endswith("   a.grad = 4, and should be 16\n")


def test_draw(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "f.dot"
    assert main([*L1, "--draw", str(path)]) == 0
    assert f"wrote {path}" in capsys.readouterr().out
    assert "dir=forward" in path.read_text()
    assert main([*L1, "--draw", str(path), "--view", "forward"]) == 0
    assert "dir=forward" not in path.read_text()


def test_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "f.html"
    assert main([*L1, "--page", str(path)]) == 0
    assert f"wrote {path}" in capsys.readouterr().out
    page = path.read_text(encoding="utf-8")
    assert "<h1>Back-propagation of f</h1>" in page and '"name":"v1","data":3.0' in page


def test_check(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["u*v + sin(u)", "u=2", "v=3", "--check"]) == 0
    # two of the first order; of the second ∂²/∂u², ∂²/∂u∂v, ∂²/∂v∂u and ∂²/∂v²
    assert capsys.readouterr().out.endswith("\n6 derivatives agree with finite differences\n")
    assert main(["J = x**2 + abs(rate)", "rate=0", "x=2", "--check"]) == 0
    out = capsys.readouterr().out
    assert "note: d J / d rate at rate = 0, x = 2: not compared, a kink" in out


@pytest.mark.parametrize(
    ("expression", "values", "why"),
    [
        ("sqrt(x)", ["x=0"], "d f / d x at x = 0: not compared, the domain ends here"),
        ("abs(x)", ["x=0"], "d f / d x at x = 0: not compared, a kink"),
        ("1 + 2", [], "there is no variable"),
    ],
)
def test_a_check_of_nothing_is_no_success(
    expression: str, values: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([expression, *values, "--check"]) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith(f"gatewise: nothing could be checked: {why}")
    assert captured.err.count("\n") == 1 and "agree" not in captured.out


def test_a_failed_check_is_code_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = autograd.primitive("wrong_slope", lambda x: x * x, [lambda x, out: x])
    monkeypatch.setitem(FUNCTIONS, "wrong_slope", wrong)
    assert main(["wrong_slope(x)", "x=1", "--check"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("gatewise: d f / d x at x = 1: expected 2 ")
    assert error.endswith(" got 1\n") and error.count("\n") == 1


def test_a_reader_that_has_seen_enough() -> None:
    """As in ``gatewise ... | head -1``."""
    expression = "; ".join(f"a{k} = {f'a{k - 1}' if k else 'x'}*2" for k in range(2000))
    command = [sys.executable, "-m", "autograd", expression, "x=1", "--explain", "x"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None and running.stderr is not None
        running.stdout.close()
        assert running.stderr.read() == b""


def test_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    for option, parts in (
        ("--help", ["examples:", 'gatewise "(x+y)*z" x=-2 y=5 z=-4', "--walk", "log_softmax"]),
        ("--version", [f"gatewise {__version__}"]),
    ):
        with pytest.raises(SystemExit) as leaving:
            main([option])
        assert leaving.value.code == 0
        out = capsys.readouterr().out
        assert all(part in out for part in parts)
        assert max(map(len, out.splitlines())) <= 100


def test_as_a_module() -> None:
    command = [sys.executable, "-m", "autograd", *L1]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert rows(done.stdout)[-1] == ["f", "v1·z", "-12", "1"]


def test_a_terminal_without_greek() -> None:
    command = [sys.executable, "-m", "autograd", *L1]
    done = subprocess.run(
        command, capture_output=True, check=False, env={"PYTHONIOENCODING": "ascii"}
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"?f/?node" in done.stdout


def test_a_file_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "f.dot").mkdir()
    assert main([*L1, "--draw", str(tmp_path / "f.dot")]) == 1
    error = capsys.readouterr().err
    assert error.startswith("gatewise: can't write the picture")
    assert error.count("\n") == 1
