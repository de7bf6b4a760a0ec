"""The page in a browser: every number it shows is Python's, and everything in it can be used.

These tests need a Chromium-like browser and Playwright, which drives it; they install neither.
"""

from __future__ import annotations

import importlib.util
import json
import math
import random
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import autograd
from autograd import StaleGraphError, Value, cross_entropy, dot, exp, maximum, page, primitive, relu
from autograd import log as logarithm
from autograd.engine.gate import Primitive, registry
from autograd.engine.primitives import where
from autograd.reading.columns import printable
from autograd.reading.javascript import Script, runtime
from autograd.reading.naming import short
from autograd.showing.webpage import Page

from .. import oracle

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
PLAYWRIGHT = importlib.util.find_spec("playwright")
in_a_browser = pytest.mark.skipif(
    BROWSER is None or PLAYWRIGHT is None,
    reason="needs a browser (Debian: apt-get install chromium) and pip install playwright",
)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
BUILT_IN = [op for op in registry.values() if op.name in oracle.FUNCTIONS]


@pytest.fixture(autouse=True)
def same_table() -> Iterator[None]:
    """Gates that a test defines leave the table with it."""
    before = dict(registry)
    yield
    registry.clear()
    registry.update(before)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Open a page; at the end no error, no line on the console and no request may be left."""
    contexts = []
    opened: list[Page] = []
    complaints: list[str] = []
    requests: list[str] = []

    def open_page(
        thing: Page, width: int = 1280, height: int = 720, tab: Any = None, **options: Any
    ) -> Any:
        path = thing.save(tmp_path / "page.html")
        opened.append(thing)
        if tab is not None:  # one that is open already
            tab.goto(path.as_uri())
            return tab
        context = chromium.new_context(
            viewport={"width": width, "height": height}, reduced_motion="reduce", **options
        )
        contexts.append(context)
        tab = context.new_page()
        tab.set_default_timeout(5000)
        tab.on("console", lambda message: complaints.append(message.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("request", lambda request: requests.append(request.url))
        tab.goto(path.as_uri())
        return tab

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
    assert [url for url in requests if not url.startswith(("file:", "data:", "about:"))] == []
    assert len(requests) <= 3 * len(opened)  # the file, its empty icon, a frame's own text


def l1() -> dict[str, Value]:
    x, y, z = Value(-2.0, "x"), Value(5.0, "y"), Value(-4.0, "z")
    q = x + y
    f = q * z
    q.label, f.label = "q", "f"
    return {"x": x, "y": y, "z": z, "q": q, "f": f}


def picture(tab: Any) -> dict[str, tuple[str, str]]:
    """Value and gradient of each node as the picture shows them."""
    return {
        name: (value, gradient)
        for name, value, gradient in tab.evaluate(
            """drawn.nodes.map((parts, k) => parts &&
                [nodes[k].name, parts.value.textContent, parts.gradient.textContent]
            ).filter(Boolean)"""
        )
    }


def table(tab: Any) -> dict[str, tuple[str, str]]:
    rows = tab.evaluate(
        """[...document.querySelectorAll("#table tr")].map((row) => [row.cells[0].innerText,
            row.querySelector("input")?.value ?? row.cells[1].innerText, row.cells[2].innerText])"""
    )
    return {name: (value, gradient) for name, value, gradient in rows}


def board(tab: Any) -> str:
    return str(tab.inner_text("#board")).replace("\n\n", "\n")


def press(tab: Any, *keys: str) -> None:
    for key in keys:
        tab.keyboard.press(key)


def wait_until(tab: Any, condition: str) -> None:
    """Playwright's own wait_for_function needs eval, which the page forbids."""
    for _ in range(200):
        if tab.evaluate(condition):
            return
        tab.wait_for_timeout(25)
    raise AssertionError(f"{condition} did not come about")


# ------------------------------------------------------------------ every number is Python's


@in_a_browser
def test_every_number_of_every_step_of_l1(visit: Callable[..., Any]) -> None:
    nodes = l1()
    tab = visit(page(nodes["f"]))
    nodes["f"].backward()
    number = {name: short(node.data) for name, node in nodes.items()}
    slope = {name: short(node.grad) for name, node in nodes.items()}
    assert slope == {"x": "-4", "y": "-4", "z": "3", "q": "-4", "f": "1"}
    # which values and gradients there are after each step, in the lectures' order
    values = ["xyz", "xyzq", "xyzqf", "xyzqf", "xyzqf", "xyzqf"]
    gradients = ["", "", "", "f", "fqz", "fqzxy"]
    for step, (known, passed) in enumerate(zip(values, gradients, strict=True)):
        expected = {
            name: (number[name] if name in known else "–", slope[name] if name in passed else "–")
            for name in nodes
        }
        assert picture(tab) == expected, f"step {step}"
        assert table(tab) == expected, f"step {step}"
        assert tab.inner_text("#position") == f"{step} / 5"
        if step < 5:
            tab.click("#next")
    assert tab.is_disabled("#next")


@in_a_browser
def test_the_board_writes_what_a_lecturer_writes(visit: Callable[..., Any]) -> None:
    tab = visit(page(l1()["f"]))
    press(tab, "ArrowRight")
    assert board(tab).split("\n") == ["Forward 1/2", "q = x + y", "= -2 + 5 = 3"]
    press(tab, "ArrowRight", "ArrowRight", "ArrowRight")
    assert board(tab).split("\n") == [
        "Backward 1/2",
        "f = q·z",
        "upstream ∂f/∂f = 1",
        "∂(q·z)/∂q = z = -4",
        "q.grad += -4 × 1 = -4",
        "∂(q·z)/∂z = q = 3",
        "z.grad += 3 × 1 = 3",
    ]
    labels = tab.evaluate("drawn.edges.map(({label}) => label.textContent)")
    assert sorted(labels) == ["", "", "-4 × 1 = -4", "3 × 1 = 3"]
    active = tab.evaluate(
        "[...document.querySelectorAll('.node.active, .node.receiving')].map((n) => n.id)"
    )
    assert len(active) == 3
    assert tab.evaluate("document.querySelectorAll('.edge.flowing').length") == 2


def network() -> Value:
    """L18: 2 inputs, 3 ReLU, 2 softmax outputs."""
    generator = random.Random(18)
    w1 = [[Value(generator.gauss(0, 1), f"w1_{i}{j}") for j in range(2)] for i in range(3)]
    w2 = [[Value(generator.gauss(0, 1), f"w2_{i}{j}") for j in range(3)] for i in range(2)]
    b1 = [Value(0.1, f"b1_{i}") for i in range(3)]
    b2 = [Value(-0.1, f"b2_{i}") for i in range(2)]
    losses = []
    for sample, target in (([0.1, 0.2], 0), ([0.3, 0.4], 1)):
        hidden = [relu(dot(w, sample, b)) for w, b in zip(w1, b1, strict=True)]
        scores = [dot(w, hidden, b) for w, b in zip(w2, b2, strict=True)]
        losses.append(cross_entropy(scores, target))
    return sum(losses) / 2


def lecture_graphs() -> dict[str, Value]:
    a, b, c = Value(5.0, "a"), Value(3.0, "b"), Value(2.0, "c")
    x, y, t = Value(1.5, "x"), Value(2.0, "y"), Value(0.7, "t")
    return {
        "L1": l1()["f"],
        "L2": 3 * (a + b * c),
        "L3": (x * y) ** 2 + (x / y) ** 2,
        "L4": t**2 * exp(t),
        "L5": maximum(x, y) * (x + x),
        "L18": network(),
    }


@in_a_browser
@pytest.mark.parametrize("row", lecture_graphs())
def test_the_lectures_graphs_end_at_pythons_gradients(visit: Callable[..., Any], row: str) -> None:
    output = lecture_graphs()[row]
    tab = visit(page(output, names={}))
    press(tab, "End")
    check_against_python(tab, output)
    # computed again in JavaScript, from the partials of the table: the same numbers
    tab.evaluate("""python.fill(NaN), recompute()""")
    assert tab.evaluate("pass.edited")
    check_against_python(tab, output)


def check_against_python(tab: Any, output: Value) -> None:
    from autograd.engine.graph import topological_order

    output.zero_grad()
    output.backward()
    order = topological_order(output)
    shown = tab.evaluate(
        "drawn.nodes.map((parts) => parts && [parts.value.textContent, parts.gradient.textContent])"
    )
    exact = tab.evaluate("[pass.data, pass.gradient]")
    for k, node in enumerate(order):
        if node.kind != "constant":
            assert shown[k] == [short(node.data), short(node.grad)]
            assert exact[0][k] == pytest.approx(node.data, rel=1e-13)
            assert exact[1][k] == pytest.approx(node.grad, rel=1e-12)


@in_a_browser
def test_numbers_are_written_as_the_pictures_write_them(visit: Callable[..., Any]) -> None:
    tab = visit(page(l1()["f"]))
    generator = random.Random(5)
    numbers = [9.5625, -9.5635, 0.00010625, 10000.5, 10001.5, 99999.5, 1e7, -1e-7, 5e-324, 1e22]
    numbers += [9999.4, 9999.5, 0.0001, 0.00009999, 0.99995, -0.0, 1e300, 123456789.0]
    numbers += [generator.gauss(0, 1) * 10 ** generator.uniform(-12, 12) for _ in range(500)]
    numbers += [generator.randrange(1000, 100000) / 16 for _ in range(200)]  # many ties
    assert tab.evaluate("(numbers) => numbers.map(short)", numbers) == list(map(short, numbers))
    special = tab.evaluate("[null, NaN, Infinity, -Infinity].map(short)")
    assert special == ["–", short(math.nan), short(math.inf), short(-math.inf)]


@in_a_browser
def test_walking_back_and_forth_ends_in_the_same_state(visit: Callable[..., Any]) -> None:
    tab = visit(page(lecture_graphs()["L4"]))
    states = []
    for _ in range(tab.evaluate("lastStep()") + 1):
        states.append((picture(tab), board(tab)))
        press(tab, "ArrowRight")
    for state in reversed(states):
        assert (picture(tab), board(tab)) == state
        press(tab, "ArrowLeft")
    tab.fill("#scrubber", "3")
    assert (picture(tab), board(tab)) == states[3]
    press(tab, "Escape")


@in_a_browser
def test_fan_out_shows_the_running_sum(visit: Callable[..., Any]) -> None:
    a = Value(3.0, "a")
    tab = visit(page(a * a + a))  # 2a + 1
    press(tab, "End")
    assert "a.grad = 1 + 3 = 4" in board(tab)
    assert "a.grad = 4 + 3 = 7" in board(tab)
    assert picture(tab)["a"] == ("3", "7")


# ------------------------------------------------------------------ editing leaves


@in_a_browser
def test_editing_a_leaf_is_a_fresh_run_of_python(visit: Callable[..., Any]) -> None:
    tab = visit(page(l1()["f"]))
    press(tab, "End")
    tab.get_by_label("value of x").fill("7.25")
    press(tab, "Enter")
    again = l1()
    again["x"].data = 7.25
    again["f"].forward().backward()
    assert picture(tab) == {n: (short(v.data), short(v.grad)) for n, v in again.items()}
    assert picture(tab)["z"] == ("-4", "12.25")
    tab.click("#reset")
    assert picture(tab)["f"] == ("-12", "1")
    assert tab.is_disabled("#reset")


@in_a_browser
def test_an_edited_network_is_a_fresh_run_of_python(visit: Callable[..., Any]) -> None:
    output = network()
    tab = visit(page(output, names={}))
    press(tab, "End")
    tab.get_by_label("value of w1_00").fill("-3/2")
    press(tab, "Enter")
    leaf = next(v for v in autograd.engine.graph.topological_order(output) if v.label == "w1_00")
    leaf.data = -1.5
    output.forward()
    check_against_python(tab, output)


@in_a_browser
def test_a_domain_error_is_shown_as_text(visit: Callable[..., Any]) -> None:
    x = Value(2.0, "x")
    u = x - 1
    v = logarithm(u)
    z = x * 3
    y = z * v
    tab = visit(page(y, names={"u": u, "v": v, "z": z, "y": y}))
    press(tab, "End")
    tab.get_by_label("value of x").fill("0.5")
    press(tab, "Enter")
    assert "log(u = -0.5): the logarithm needs a number above 0" in tab.inner_text("#error")
    assert picture(tab)["y"] == ("–", "–")
    assert picture(tab)["u"] == ("-0.5", "–")
    assert picture(tab)["z"] == ("1.5", "–")  # it needs no logarithm
    assert "There is no such value, for an operand has none." in board(tab)
    tab.evaluate("go(turns[nodes.findIndex((node) => node.name === 'v')] + 1)")
    assert "There is no such value." in board(tab)
    assert tab.evaluate("document.body.innerText").count("needs a number above 0") == 1
    press(tab, "End")
    tab.click("#table button >> text=x")
    assert "can't be finished" in tab.inner_text("#details")
    tab.get_by_label("value of x").fill("one")
    press(tab, "Enter")
    assert '"one" is no number' in tab.inner_text("#error")
    tab.get_by_label("value of x").fill("3")
    press(tab, "Enter")
    assert tab.is_hidden("#error")
    tab.click("#end")
    assert picture(tab)["x"] == ("3", short(3 * math.log(2) + 9 / 2))


@in_a_browser
def test_every_gate_of_the_table_computes_as_python_does(visit: Callable[..., Any]) -> None:
    """Values and partials of all rows, at the oracle's points, and where they raise."""
    script = Script()
    questions: list[tuple[Primitive, tuple[float, ...]]] = []
    bad: list[tuple[float, ...]] = [(0.0,), (-1.0,), (-2.0,), (1.5,), (math.inf,)]
    pairs = [(x, y) for (x,) in bad[:-1] for (y,) in [*bad[:-1], (0.5,)]]
    infinite = [(x, y) for x in (-math.inf, -1.0, -0.5, 0.0, 2.0) for y in (-math.inf, math.inf)]
    infinite += [(-math.inf, y) for y in (-3.0, -0.5, 0.5, 2.0, 3.0)]
    # huge exponents are even, and one less is odd though it rounds to an even number
    huge = [(x, y) for x in (-2.0, -0.5, 2.0) for y in (-6e23, -(2.0**53), 2.0**53 + 2, 6e23)]
    powers = {
        "pow": infinite + huge,
        "power_derivative": [(k, 0.0, x, y) for k in (0.0, 1.0, 2.0, 3.0) for x, y in huge],
    }
    for op in BUILT_IN:
        more = {1: bad, 2: pairs}.get(op.arity or 0, [])
        more = [*more, *powers.get(op.name, ())]
        questions += [(op, operands) for operands in [*oracle.points(op), *more]]
    asked = [
        [script.value(op, len(operands)), f"locals.{script.add(op, len(operands))}", operands]
        for op, operands in questions
    ]
    tab = visit(Page("<!DOCTYPE html><title>gates</title>"))
    tab.add_script_tag(content=f"{runtime()}\n{script.source()}")
    answers = tab.evaluate(
        """(asked) => asked.map(([value, rule, operands]) => {
            const numbers = operands.map(Number);
            try {
                const out = eval(value)(...numbers);
                const text = (x) => (x === null ? null : String(x));
                return [text(out), eval(rule)(...numbers, out).map(text)];
            } catch (error) {
                if (!(error instanceof DomainError)) throw error;
                return null;
            }
        })""",
        [[value, rule, [javascript_text(x) for x in xs]] for value, rule, xs in asked],
    )
    assert len(answers) > 500
    for (op, operands), answer in zip(questions, answers, strict=True):
        try:
            out = op.value(*operands)
            partials = op.locals(operands, out)
        except (ValueError, ZeroDivisionError):
            assert answer is None, f"{op.name}{operands} raises in Python"
            continue
        assert answer is not None, f"{op.name}{operands} is {out} in Python"
        assert python_number(answer[0]) == pytest.approx(out, rel=1e-12, nan_ok=True), (
            op,
            operands,
        )
        assert len(answer[1]) == len(partials)
        for got, expected in zip(answer[1], partials, strict=True):
            where_ = f"partials of {op.name}{operands}"
            if expected is None:
                assert got is None, where_
            else:
                near = pytest.approx(expected, rel=1e-11, abs=1e-300, nan_ok=True)
                assert python_number(got) == near, where_


def javascript_text(x: float) -> str:
    return repr(x).replace("inf", "Infinity")


def python_number(text: str) -> float:
    return float(text.replace("Infinity", "inf"))


# ------------------------------------------------------------------ gates of one's own


@in_a_browser
def test_a_gate_of_ones_own_is_recomputed_if_it_reads_as_text(visit: Callable[..., Any]) -> None:
    # a name that every JavaScript object already has
    cube = primitive("constructor", lambda x: x * x * x, [lambda x, out: 3 * x * x])
    x = Value(2.0, "x")
    tab = visit(page(cube(x)))
    press(tab, "End")
    assert picture(tab)["x"] == ("2", "12")
    tab.get_by_label("value of x").fill("3")
    press(tab, "Enter")
    assert picture(tab)["x"] == ("3", "27")


@in_a_browser
def test_a_gate_that_is_no_text_plays_but_can_not_be_edited(visit: Callable[..., Any]) -> None:
    opaque = primitive("page_opaque", lambda x: math.sin(x), [lambda x, out: math.cos(x)])
    x = Value(0.0, "x")
    tab = visit(page(2 * opaque(x)))
    press(tab, "End")
    assert picture(tab)["x"] == ("0", "2")
    assert tab.get_by_label("value of x").is_disabled()
    assert "page_opaque can't be written in JavaScript" in tab.inner_text("#note")
    tab.click("#table button >> text=x")
    assert "No finite-difference check" in tab.inner_text("#details")


@in_a_browser
def test_a_branch_not_built_and_a_branch_not_taken(visit: Callable[..., Any]) -> None:
    x, y = Value(2.0, "x"), Value(5.0, "y")
    taken = where(x, lambda: x * y, lambda: x + y)
    tab = visit(page(where(y, taken, Value(7.0, "other")), names={}))
    press(tab, "End")
    assert (picture(tab)["x"], picture(tab)["other"]) == (("2", "5"), ("7", "0"))
    tab.get_by_label("value of y").fill("0")  # the plain choice goes to the other operand
    press(tab, "Enter")
    assert (picture(tab)["x"], picture(tab)["other"]) == (("2", "0"), ("7", "1"))
    tab.get_by_label("value of x").fill("0")  # the lambda of the other branch was never called
    press(tab, "Enter")
    assert "the other branch was never built" in tab.inner_text("#error")


# ------------------------------------------------------------------ the chosen node


@in_a_browser
def test_a_chosen_node_shows_its_chain_rule_and_the_check(visit: Callable[..., Any]) -> None:
    t = Value(2.0, "t")
    u, w = t**2, exp(t)
    y = u * w
    tab = visit(page(y, names={"u": u, "w": w, "y": y}))
    tab.click(".node:has-text('t')  >> nth=0")
    text = tab.inner_text("#details")
    y.backward()
    assert "∂y/∂t = ∂y/∂w·∂w/∂t + ∂y/∂u·∂u/∂t" in text
    assert f"= 4·{short(w.data)} + {short(u.grad)}·4" in text
    assert re.findall(r"^= (\S+)$", text, re.MULTILINE)[-1] == short(t.grad)
    assert float(tab.get_attribute("#details .gradient", "title")) == pytest.approx(
        t.grad, rel=1e-14
    )
    found = re.search(r"\(y\(t \+ h\) - y\(t - h\)\) / 2h → (\S+), agrees ✓", text)
    assert found is not None
    assert found[1] == short(t.grad)
    press(tab, "Escape")
    assert tab.is_hidden("#details")


@in_a_browser
def test_the_check_tells_a_kink(visit: Callable[..., Any]) -> None:
    x = Value(0.0, "x")
    tab = visit(page(relu(x)))
    tab.click("#table button >> text=x")
    kink = "a kink or a jump: the slope is 0 to the left and 1 to the right"
    assert f"can't tell: {kink}" in tab.inner_text("#details")


slip = Primitive("page_slip", "slip", lambda x: x * x, (lambda x, out: x,))  # 2·x is right


CHECKS: list[tuple[Callable[[Value], Value], float, str]] = [
    (logarithm, 0.001, "1000, agrees"),
    (lambda x: 2.0 / x, 0.001, "-2000000, agrees"),
    (lambda x: x * x * 1e9 + 1 / (x * 1e9), 1e-9, "-1e+09, agrees"),
    (lambda x: 5 + abs(x) + x, 1e-9, "2, agrees"),  # a kink is near
    (lambda x: (x + 1e6) - 1e6, 1e-9, "1, agrees"),  # small steps are lost in rounding
    (lambda x: x / 1e300 + 1, 1e300, "1e-300, agrees"),
    (autograd.sin, 0.0, "1, agrees"),
    (lambda x: x * x, 0.0, "0, agrees"),
    (lambda x: relu(x) + 5, -3.0, "0, agrees"),
    (lambda x: x * 1e5 - x * 1e5, 2.0, "0, agrees"),
    (slip, 3.0, "6, differs"),
    (lambda x: slip(x) * 1e-12, 3.0, "6e-12, differs"),
    (autograd.tanh, 32.5, "can't tell: rounding leaves the differences uncertain by ±"),
    (lambda x: x * x, 1e-170, "can't tell: rounding"),  # the squares underflow
    (lambda x: x * 2, math.nan, "can't tell: a number here is not finite"),
    (autograd.sqrt, 0.0, "can't tell: the gradient is not finite"),
    (lambda x: autograd.sqrt(x) * x, 0.0, "can't tell: "),  # no value to the left
    (lambda x: x % 1, 2.0, "can't tell: a kink or a jump"),
]


@in_a_browser
def test_the_check_agrees_differs_or_can_not_tell(visit: Callable[..., Any]) -> None:
    tab = None
    for f, x, verdict in CHECKS:
        tab = visit(page(f(Value(x, "x")), names={}), tab=tab)
        tab.click("#table button >> text=x")
        assert verdict in tab.inner_text("#details p:last-of-type"), (x, verdict)


# ------------------------------------------------------------------ the quiz


@in_a_browser
def test_the_quiz_hides_a_number_and_checks_the_answer(visit: Callable[..., Any]) -> None:
    tab = visit(page(l1()["f"]))
    tab.click("#quiz")
    tab.evaluate("go(seed + 1)")
    assert tab.inner_text("#asked") == "What is ∂f/∂q after this step?"
    assert picture(tab)["q"] == ("3", "?")
    assert table(tab)["q"] == ("3", "?")
    assert "q.grad += -4 × 1 = ?" in board(tab)
    assert "-4 × 1 = ?" in tab.evaluate("drawn.edges.map(({label}) => label.textContent)")
    assert tab.evaluate("document.body.innerText").count("-4 × 1 = -4") == 0
    tab.click("#table button >> text=q")
    assert "The quiz hides the rest" in tab.inner_text("#details")
    tab.fill("#answer", "4")
    press(tab, "Enter")
    assert "Not yet" in tab.inner_text("#verdict")
    assert picture(tab)["q"] == ("3", "?")
    tab.fill("#answer", "-4.0")
    tab.click("#question button[type=submit]")
    assert tab.inner_text("#verdict") == "Right: -4."
    assert picture(tab)["q"] == ("3", "-4")
    assert tab.inner_text("#score") == "0 of 1 right at the first try"

    tab.click("#next")  # now a local derivative
    assert tab.inner_text("#asked") == "What is ∂q/∂x here?"
    assert "∂q/∂x = ?" in board(tab)
    assert picture(tab)["x"] == ("-2", "?")
    tab.click("#reveal")
    assert tab.inner_text("#verdict") == "It is 1."
    assert picture(tab)["x"] == ("-2", "-4")
    tab.click("#quiz")
    assert tab.is_hidden("#question")


@in_a_browser
def test_the_quiz_takes_rounded_answers(visit: Callable[..., Any]) -> None:
    tab = visit(page(Value(3.0, "x") / Value(7.0, "y")))
    press(tab, "q")
    tab.evaluate("go(seed + 1)")
    truth = 1 / 7  # ∂f/∂x
    for text, right in [
        ("0.143", True),
        ("1/7", True),
        ("0,1429", True),
        ("0.14", False),
        ("0.15", False),
        ("-0.143", False),
        ("", False),
    ]:
        assert tab.evaluate(f"isRight(typed({json.dumps(text)}), {truth})") is right, text
    assert tab.evaluate("isRight(typed('0'), 0)") and not tab.evaluate("isRight(1e-300, 0)")
    # a tiny number is judged by its own size
    assert tab.evaluate("isRight(2.46e-28, 2.463e-28)")
    assert not tab.evaluate("isRight(9e-10, 2.46e-28) || isRight(0, 2.46e-28)")
    tab.fill("#answer", "0.14")
    press(tab, "Enter")
    assert "another digit" in tab.inner_text("#verdict")


@in_a_browser
@pytest.mark.parametrize("row", ["L1", "L3", "L5"])
def test_the_quiz_does_not_print_its_own_answer(visit: Callable[..., Any], row: str) -> None:
    tab = visit(page(lecture_graphs()[row], names={}))
    press(tab, "q")
    asked = set()
    for step in range(tab.evaluate("seed + 1"), tab.evaluate("steps + 1")):
        tab.evaluate("(step) => go(step)", step)
        if not tab.evaluate("quizOpen(step)"):
            continue
        found = re.match(
            r"What is (.*?)(, the sum so far,)? (here|after)", tab.inner_text("#asked")
        )
        assert found is not None
        shown = board(tab) + tab.inner_text("#table")
        line = re.search(re.escape(found[1]) + r" = [^?\n]*$", shown, re.MULTILINE)
        assert line is None, (step, line)
        asked.add(found[3])
    assert "after" in asked


@in_a_browser
def test_the_cursor_follows_the_quiz(visit: Callable[..., Any]) -> None:
    """With the keyboard alone: answer, Enter, Enter to go on, answer, and so to the end."""
    tab = visit(page(l1()["f"]))
    focus = "document.activeElement.id"
    press(tab, "q")
    for answer in ("3", "-12", "-4"):  # q, f, and after the backward pass's start ∂f/∂q
        assert tab.evaluate(focus) == "answer"
        tab.keyboard.type(answer)
        press(tab, "Enter")
        assert tab.inner_text("#verdict") == f"Right: {answer}." and tab.evaluate(focus) == "next"
        press(tab, "Enter")
        if answer == "-12":
            press(tab, "Enter")
    assert tab.evaluate(focus) == "answer"
    tab.keyboard.type("one")
    press(tab, "Enter")
    assert '"one" is no number' in tab.inner_text("#verdict") and tab.evaluate(focus) == "answer"
    press(tab, "Tab", "Tab", "Enter")  # show me
    assert tab.inner_text("#verdict") == "It is 1."
    assert tab.inner_text("#position") == "5 / 5" and tab.evaluate(focus) == "next"


# ------------------------------------------------------------------ playing, keys, theme, phone


@in_a_browser
def test_play_runs_to_the_end_and_pauses(visit: Callable[..., Any]) -> None:
    tab = visit(page(l1()["f"]))
    tab.select_option("#speed", "16")
    tab.click("#play")
    wait_until(tab, "step === 5 && !timer")
    assert picture(tab)["x"] == ("-2", "-4")
    tab.select_option("#speed", "0.5")
    tab.click("#play")  # again from the start
    wait_until(tab, "step === 1")
    assert tab.get_attribute("#play", "aria-label") == "Pause"
    tab.click("#play")
    assert not tab.evaluate("timer")
    tab.click("#rewind")
    assert tab.inner_text("#position") == "0 / 5"


@in_a_browser
def test_keyboard_alone_does_everything(visit: Callable[..., Any]) -> None:
    tab = visit(page(l1()["f"]))
    press(tab, "End")
    assert tab.inner_text("#position") == "5 / 5"
    press(tab, "Home", "ArrowRight")
    assert tab.inner_text("#position") == "1 / 5"
    press(tab, "Space")
    assert tab.evaluate("Boolean(timer)")
    press(tab, "Space")
    assert not tab.evaluate("timer")
    press(tab, "?")
    assert tab.is_visible("#keys")
    press(tab, "?", "+")
    assert not tab.evaluate("fitted")
    press(tab, "0")
    assert tab.evaluate("fitted")
    # Tab comes to the picture; the arrows go from node to node; Enter chooses
    while not tab.evaluate("document.activeElement.matches('.node')"):
        press(tab, "Tab")
    assert tab.evaluate("document.activeElement.getAttribute('aria-label')").startswith("f, mul")
    press(tab, "ArrowUp")
    label = tab.evaluate("document.activeElement.getAttribute('aria-label')")
    assert label.startswith("q, add gate, value ") and label.endswith("not computed yet")
    press(tab, "Enter")
    assert "q = x + y" in tab.inner_text("#details")
    press(tab, "Escape")
    # on to a leaf's number
    while not tab.evaluate("document.activeElement.matches('#leaf-0')"):
        press(tab, "Tab")
    press(tab, "ControlOrMeta+a")
    tab.keyboard.type("10")
    press(tab, "Enter")
    assert tab.evaluate("pass.data[0]") == 10
    # the quiz
    press(tab, "Escape", "q", "Escape")
    while not tab.evaluate("document.activeElement.matches('#answer')"):
        press(tab, "Tab")
    tab.keyboard.type("15")  # q = x + y = 10 + 5
    press(tab, "Enter")
    assert tab.inner_text("#verdict") == "Right: 15."


@in_a_browser
def test_keys_do_what_the_focus_says(visit: Callable[..., Any]) -> None:
    tab = visit(page(l1()["f"]))
    focus = "document.activeElement.id"
    tab.locator("#node-0").focus()
    press(tab, "Enter")
    assert not tab.evaluate("timer") and "x (leaf)" in tab.inner_text("#details")
    press(tab, "Escape")
    tab.click("#scrubber", position={"x": 2, "y": 10})
    assert tab.evaluate(focus) == "scrubber"
    press(tab, "ArrowRight", "?")
    assert tab.evaluate("step") == 1 and tab.is_visible("#keys")
    press(tab, "?", "Space")
    assert tab.evaluate("Boolean(timer)")
    press(tab, "Space", "q")
    assert tab.get_attribute("#quiz", "aria-pressed") == "true"
    press(tab, "Escape", "q")
    tab.get_by_label("value of x").focus()
    press(tab, "q", "?")  # text, there
    assert tab.is_hidden("#question") and tab.is_hidden("#keys")


@in_a_browser
@pytest.mark.parametrize(
    ("button", "stop"), [("next", "5 / 5"), ("end", "5 / 5"), ("back", "0 / 5")]
)
def test_the_focus_stays_where_no_step_is_left(
    visit: Callable[..., Any], button: str, stop: str
) -> None:
    tab = visit(page(l1()["f"]))
    press(tab, *["ArrowRight"] * 3)
    tab.locator(f"#{button}").focus()
    press(tab, *["Enter"] * 4)
    assert tab.inner_text("#position") == stop
    assert tab.evaluate("document.activeElement.id") == button
    assert tab.get_attribute(f"#{button}", "aria-disabled") == "true"


@in_a_browser
def test_roles_and_names_for_screen_readers(visit: Callable[..., Any]) -> None:
    tab = visit(page(l1()["f"]))
    nameless = tab.evaluate(
        """[...document.querySelectorAll('button, input, select, [role=button]')]
            .filter((e) => !e.getAttribute('aria-label') && !e.labels?.length && !e.innerText)
            .map((e) => e.outerHTML)"""
    )
    assert nameless == []
    assert tab.get_attribute("#board", "aria-live") == "polite"
    assert tab.get_attribute("#error", "role") == "alert"
    press(tab, "ArrowRight")
    assert tab.get_attribute("#scrubber", "aria-valuetext") == "forward 1 of 2, q"
    assert tab.evaluate("document.querySelectorAll('[role=button][tabindex=\"0\"]').length") == 1
    assert tab.get_by_role("button", name="x, leaf, value -2, gradient not computed yet").count()


@in_a_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark(visit: Callable[..., Any], scheme: str) -> None:
    tab = visit(page(l1()["f"]), color_scheme=scheme)
    light, dark = "rgb(255, 255, 255)", "rgb(22, 25, 31)"
    paper = "getComputedStyle(document.body).backgroundColor"
    expected = [light, dark] if scheme == "light" else [dark, light]
    assert tab.evaluate(paper) == expected[0]
    tab.click("#theme")
    assert tab.evaluate(paper) == expected[1]
    press(tab, "t")
    assert tab.evaluate(paper) == expected[0]
    # every text against its background, as WCAG asks (4.5:1)
    for selector in ("#board", "#graph .node .value", "#graph .node .gradient", ".legend"):
        assert tab.evaluate(CONTRAST, selector) >= 4.5, selector


CONTRAST = """(selector) => {
    const light = (text) => {
        const [r, g, b] = text.match(/[\\d.]+/g).slice(0, 3).map(Number)
            .map((c) => (c < 10 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const element = document.querySelector(selector);
    const box = element.closest('.node')?.querySelector('.box');
    const ink = getComputedStyle(element)[box ? 'fill' : 'color'];
    const paper = getComputedStyle(box ?? document.body)[box ? 'fill' : 'backgroundColor'];
    const [dim, bright] = [light(ink), light(paper)].sort((a, b) => a - b);
    return (bright + 0.05) / (dim + 0.05);
}"""


@in_a_browser
def test_phone_width_needs_no_sideways_scrolling(visit: Callable[..., Any]) -> None:
    tab = visit(page(network()), width=360, height=740, has_touch=True, is_mobile=True)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    tab.tap("#next")
    assert tab.inner_text("#position").startswith("1 / ")
    for control in ("#next", "#play", "#back"):  # always at hand, at the lower edge
        box = tab.locator(control).bounding_box()
        assert box["y"] + box["height"] <= 740 and box["height"] >= 30


@in_a_browser
def test_on_a_phone_a_tap_brings_the_details_into_view(visit: Callable[..., Any]) -> None:
    tab = visit(page(l1()["f"]), width=360, height=740, has_touch=True, is_mobile=True)
    tab.tap("#node-3")
    box = tab.locator("#details").bounding_box()
    controls = tab.locator(".controls").bounding_box()
    assert box["y"] >= 0 and box["y"] + box["height"] <= controls["y"]
    assert tab.get_attribute("#details", "aria-live") == "polite"
    # and it speaks only where there is news: what is not new is not replaced
    tab.evaluate("window.before = find('details').firstChild")
    tab.tap("#next")
    assert tab.evaluate("before === find('details').firstChild") is False  # q has its value now
    tab.evaluate("window.before = find('details').firstChild")
    tab.tap("#next")
    assert tab.evaluate("before === find('details').firstChild")


@in_a_browser
@pytest.mark.parametrize("width", [1280, 360])
def test_a_leaf_shows_all_its_digits(visit: Callable[..., Any], width: int) -> None:
    x, y = Value(1.2345678901234e-17, "x"), Value(-1.2345678901234567e-300, "layers.0.weight[0]")
    tab = visit(page(x * y), width=width)
    clipped = """[...document.querySelectorAll("#table input")]
        .filter((input) => input.scrollWidth > input.clientWidth).map((input) => input.value)"""
    assert tab.evaluate(clipped) == []
    tab.get_by_label("value of x").fill("-9.87654321012345678e-111")
    assert tab.evaluate(clipped) == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= width


COVERED_LABELS = """() => {
  const place = (element) => element.getBoundingClientRect();
  const boxes = [...document.querySelectorAll(".node .box")].map(place);
  const apart = (a, b) =>
    a.left + 2 > b.right || b.left + 2 > a.right || a.top + 2 > b.bottom || b.top + 2 > a.bottom;
  return [...document.querySelectorAll(".label.flowing")]
    .filter((label) => label.textContent && boxes.some((box) => !apart(box, place(label))))
    .map((label) => label.textContent);
}"""


@in_a_browser
def test_no_label_covers_a_node(visit: Callable[..., Any]) -> None:
    """Of a neuron whose numbers have all the digits that are shown."""
    w = [Value(-0.123456, "w0"), Value(0.0012345, "w1"), Value(-0.98765, "w2")]
    x = [Value(0.0061295, "x0"), Value(-0.54321, "x1"), Value(0.0098765, "x2")]
    tab = visit(page(dot(w, x, Value(-0.0043215, "b")).sigmoid() * Value(-0.50185, "c")))
    for _ in range(int(tab.get_attribute("#scrubber", "max"))):
        tab.keyboard.press("ArrowRight")
        assert tab.evaluate(COVERED_LABELS) == []
    # a label of an earlier step that has a place on a node only is left out
    left_out = """() => {
        const edge = drawn.edges.find(({label}) => label.textContent && !label.matches(".flowing"));
        edge.places = [drawn.nodes[output].at];
        paint(moment(step));
        return edge.label.textContent;
    }"""
    assert tab.evaluate(left_out) == ""


OVERLAPPING_LABELS = """() => {
  const labels = [...document.querySelectorAll("#graph .label")].filter((each) => each.textContent);
  const apart = (a, b) =>
    a.left + 2 > b.right || b.left + 2 > a.right || a.top + 2 > b.bottom || b.top + 2 > a.bottom;
  const places = labels.map((label) => label.getBoundingClientRect());
  const { left, right } = svg.getBoundingClientRect();
  return labels.filter((_, k) => places[k].left < left || places[k].right > right ||
    places.some((other, j) => j < k && !apart(places[k], other))).map((label) => label.textContent);
}"""


@in_a_browser
@pytest.mark.parametrize("width", [1280, 360])
def test_no_label_covers_another(visit: Callable[..., Any], width: int) -> None:
    m1, m2 = Value(1.0, "m1"), Value(1.0, "m2")
    many = maximum(m1, m2, m2, m1, m2, m1, m2)
    tab = visit(page(many + abs(m1 - m2) + m1 % m2, names={}), width=width)
    tab.evaluate("fit()")
    for _ in range(tab.evaluate("steps - 1")):
        press(tab, "ArrowRight")
        assert tab.evaluate(OVERLAPPING_LABELS) == []
        # on every active edge the whole product, also where the layout kept no room for it
        active = tab.evaluate(
            "[...document.querySelectorAll('.label.flowing')].map((label) => label.textContent)"
        )
        assert len(active) == tab.evaluate("moment(step).flowing.length")
        assert all(re.fullmatch(r"\S+ × \S+ = \S+", text) for text in active)


@in_a_browser
def test_names_stay_inside_their_boxes(visit: Callable[..., Any]) -> None:
    names = [
        "W" * 20,
        "М" * 11,
        "学习率" * 3,
        "illi" * 5,
        "weight_of_mammoth",
        "RELU",
        "ш" * 28,
        "—" * 20,
    ]
    tab = visit(page(autograd.sum([Value(1.0, name) for name in names])))
    sizes = tab.evaluate(
        """drawn.nodes.filter(Boolean).map(({name, size: [width]}) =>
            [name.getComputedTextLength(), width, parseFloat(getComputedStyle(name).fontSize)])"""
    )
    assert len(sizes) == len(names) + 1
    for length, width, size in sizes:
        assert length <= width - 9 and size >= 9  # with a margin, and no shrinking to nothing


@in_a_browser
@pytest.mark.parametrize("width", [1280, 360])
def test_a_large_picture_opens_where_it_can_be_read(visit: Callable[..., Any], width: int) -> None:
    from nn import MLP

    model = MLP(2, [3, 2], rng=0)
    tab = visit(page(cross_entropy(model([0.5, -1.0]), 1)), width=width)
    assert tab.evaluate("svg.getBoundingClientRect().width / view[2] * NAME_SIZE") >= 9
    for _ in range(tab.evaluate("steps")):
        press(tab, "ArrowRight")
        stage = tab.locator("#graph").bounding_box()
        nodes = ".node.active, .node.receiving" if width == 1280 else ".node.active"
        for node in tab.locator(nodes).all():  # on a phone not all the operands have room
            seen = node.bounding_box()
            assert seen["x"] >= stage["x"] and seen["y"] >= stage["y"]
            assert seen["x"] + seen["width"] <= stage["x"] + stage["width"]
            assert seen["y"] + seen["height"] <= stage["y"] + stage["height"]


@in_a_browser
def test_a_dense_picture_still_tells_the_active_products(visit: Callable[..., Any]) -> None:
    leaves = [Value(0.1 * k, f"a{k}") for k in range(1, 20)]
    y = leaves[0]
    for leaf in leaves[1:]:
        y = (y + leaf) * leaf
    y = (y * 1.5 + leaves[3]) * leaves[4] + leaves[5] * leaves[6] * leaves[7]
    tab = visit(page(y, names={}))
    assert not tab.evaluate("drawn.layout.labelled")
    for _ in range(tab.evaluate("seed + 6")):
        press(tab, "ArrowRight")
    active = tab.locator(".label.flowing").all_text_contents()
    assert active and all(re.fullmatch(r"\S+ × \S+ = \S+", text) for text in active)
    assert tab.evaluate(COVERED_LABELS) == []


@in_a_browser
def test_pan_and_zoom(visit: Callable[..., Any]) -> None:
    tab = visit(page(l1()["f"]))
    fitting = tab.evaluate("view")
    box = tab.locator("#graph").bounding_box()
    x, y = box["x"] + 100, box["y"] + box["height"] - 60
    tab.mouse.move(x, y)
    tab.mouse.wheel(0, -300)
    wait_until(tab, f"view[2] < {fitting[2]}")
    zoomed = tab.evaluate("view")
    tab.mouse.down()
    tab.mouse.move(x + 40, y - 30, steps=4)
    tab.mouse.up()
    panned = tab.evaluate("view")
    assert panned[0] < zoomed[0] and panned[1] > zoomed[1] and panned[2] == zoomed[2]
    assert tab.is_hidden("#details")
    tab.click("#fit")
    assert tab.evaluate("view") == pytest.approx(fitting)


@in_a_browser
def test_two_fingers_zoom(visit: Callable[..., Any]) -> None:
    tab = visit(page(l1()["f"]), width=390, height=844, has_touch=True, is_mobile=True)
    before = tab.evaluate("view")
    box = tab.locator("#graph").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    fingers = tab.context.new_cdp_session(tab)
    for kind, spread in (("touchStart", 30), ("touchMove", 50), ("touchMove", 90)):
        points = [{"x": x - spread, "y": y, "id": 0}, {"x": x + spread, "y": y, "id": 1}]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert tab.evaluate("view")[2] < before[2] / 2
    assert tab.evaluate("document.documentElement.scrollTop") == 0


@in_a_browser
def test_three_hundred_nodes_stay_smooth(visit: Callable[..., Any]) -> None:
    leaves = [Value(0.01 * k, f"a{k}") for k in range(100)]
    y = leaves[0]
    for leaf in leaves[1:]:
        y = (y + leaf) * leaf  # 100 leaves, 198 gates
    tab = visit(page(y, names={}))
    milliseconds = tab.evaluate(
        """() => { const before = performance.now();
            for (let k = 0; k < 50; k++) go(k * 8);
            return (performance.now() - before) / 50; }"""
    )
    assert milliseconds < 50  # twenty steps a second, on a slow machine


# ------------------------------------------------------------------ numbers that are typed


@in_a_browser
def test_typed_numbers(visit: Callable[..., Any]) -> None:
    tab = visit(page(l1()["f"]))
    numbers = {"1,5": 1.5, "0,125": 0.125, "-,5": -0.5, "1.000": 1.0, " −2e-3 ": -0.002, "5.": 5.0}
    numbers |= {"1000,125": 1000.125, "-3/2": -1.5, "inf": math.inf, "-Infinity": -math.inf}
    for text, number in numbers.items():
        assert tab.evaluate("(text) => typed(text)", text) == number, text
    assert tab.evaluate("['nan', 'NaN', '-nan'].every((text) => Number.isNaN(typed(text)))")
    for text in ("1,000", "-1,234.5", "1,234,567", "", "one", "1,5,2", "1/0", "x/2", "0x10", "1,"):
        assert tab.evaluate("(text) => typed(text) === undefined", text), text


@in_a_browser
def test_a_comma_that_may_group_thousands_is_refused(visit: Callable[..., Any]) -> None:
    tab = visit(page(l1()["f"]))
    leaf = tab.get_by_label("value of x")
    for text, plain in (("1,000", "1000"), ("1,234.5", "1234.5")):
        leaf.fill(text)
        leaf.press("Enter")
        assert f'x: "{text}" is no number: write {plain}.' in tab.inner_text("#error")
        assert tab.evaluate("pass.data[0]") == -2
    leaf.fill("1,5")
    leaf.press("Enter")
    assert tab.evaluate("pass.data[0]") == 1.5 and leaf.input_value() == "1.5"
    assert tab.is_hidden("#error")


@in_a_browser
def test_what_is_not_finite_is_shown_as_python_shows_it(visit: Callable[..., Any]) -> None:
    x, y = Value(math.inf, "x"), Value(2.0, "y")
    tab = visit(page((x * y).tanh() + y * math.inf, names={}))
    press(tab, "End")
    tab.click("#table button >> text=x")
    leaf = tab.get_by_label("value of y")
    for text, shown in (("NaN", "nan"), ("-Infinity", "-inf"), ("Inf", "inf")):
        leaf.fill(text)
        leaf.press("Enter")
        assert leaf.input_value() == shown
        everything = tab.evaluate(
            """document.body.innerText + [...document.querySelectorAll('input')].map((i) => i.value)
            + [...document.querySelectorAll('[aria-label]')].map((e) => e.ariaLabel)
            + [...document.querySelectorAll('svg title')].map((e) => e.textContent)"""
        )
        assert re.findall("NaN|Infinity|undefined|null", everything) == []


# ------------------------------------------------------------------ hostile text


HOSTILE = [
    "<script>window.hacked = 1</script>",
    "</script><img src=x onerror='window.hacked = 1'>",
    "]]> --> <!-- &amp; &lt; \"'`${window.hacked = 1}",
    "@@DATA@@ @@PLAYER@@ Ξ0Ξ \\1 \u2028\n\t\ud800",
    "ω" * 300,
]


@in_a_browser
def test_hostile_labels_show_as_text(visit: Callable[..., Any]) -> None:
    values = [Value(float(k + 2), label) for k, label in enumerate(HOSTILE)]
    y = values[0] * values[1] + maximum(values[2], values[3]) * values[4]
    y.label = HOSTILE[0]
    tab = visit(page(y, title=HOSTILE[1]))
    for _ in range(tab.evaluate("lastStep()")):
        press(tab, "ArrowRight")
    for k in range(len(values)):
        tab.locator("#table button").nth(k).click()
        assert tab.is_visible("#details")
    assert not tab.evaluate("'hacked' in window")
    assert tab.inner_text("h1") == HOSTILE[1]
    assert tab.title() == HOSTILE[1]
    names = tab.evaluate("nodes.map((node) => node.name)")
    assert names[: len(HOSTILE)] == [printable(label, 32) for label in HOSTILE]
    assert "∂(<script>window.hacked = 1" in tab.inner_text("#details")
    assert tab.evaluate("document.querySelectorAll('img, script').length") == 2
    assert tab.evaluate("document.documentElement.scrollWidth") <= 1280


# ------------------------------------------------------------------ without a browser


def test_the_file_stands_alone_and_forbids_the_network() -> None:
    text = page(network()).html
    addresses = set(re.findall(r"https?://[^\s\"'<]+", text))
    assert addresses == {"http://www.w3.org/2000/svg"}
    assert "default-src 'none'" in text
    assert not re.search(r"<(link|img|script)[^>]+(href|src)=\"(?!data:)", text)


def test_page_leaves_the_graph_alone(tmp_path: Path) -> None:
    nodes = l1()
    nodes["x"].grad = 17.0
    made = page(nodes["f"], tmp_path / "f.html")
    assert (tmp_path / "f.html").read_text(encoding="utf-8") == made.html
    assert [node.grad for node in nodes.values()] == [17.0, None, None, None, None]
    assert page(nodes["f"]).html == made.html  # the same graph gives the same file


def test_variables_of_the_caller_name_the_nodes() -> None:
    weight = Value(3.0)
    square = weight * weight
    text = page(square + 1).html
    data = json.loads(re.search(r'id="computation">(.*)</script>', text)[1])  # type: ignore[index]
    assert [node["name"] for node in data["nodes"]] == ["", "weight", "square", "out"]
    assert [node.get("expression") for node in data["nodes"][2:]] == ["Ξ1Ξ·Ξ1Ξ", "Ξ2Ξ + 1"]


def test_a_notebook_shows_the_page_in_a_frame_of_its_own(tmp_path: Path) -> None:
    made = page(l1()["f"])
    shown = made._repr_html_()
    assert shown.startswith("<iframe") and 'sandbox="allow-scripts allow-downloads"' in shown
    assert "<script" not in shown  # it is all inside the attribute
    assert ".save(" in repr(made)
    path = made.save(tmp_path / "page.html")
    assert repr(made) == f"<page: saved as {str(path)!r}, open it in a browser>"


@in_a_browser
def test_the_frame_of_a_notebook_works(visit: Callable[..., Any]) -> None:
    tab = visit(Page(f"<!DOCTYPE html><title>notebook</title>{page(l1()['f'])._repr_html_()}"))
    frame = tab.frame_locator("iframe")
    for _ in range(5):
        frame.locator("#next").click()
    assert frame.locator("#position").inner_text() == "5 / 5"
    assert frame.locator("#link").is_hidden()  # a frame's address leads nowhere
    with tab.expect_download() as download:
        frame.locator("#svg").click()
    assert download.value.suggested_filename == "f-step-5.svg"
    assert "x.grad += 1 × -4 = -4" in frame.locator("#board").inner_text()


def test_errors_name_the_way_out(tmp_path: Path) -> None:
    x = Value(1.0, "x")
    y = x
    for _ in range(300):
        y = y + x
    with pytest.raises(ValueError, match="301 nodes, more than max_nodes=300: make the page of a"):
        page(y)
    with pytest.raises(TypeError, match="page takes the Value that was computed, got 3"):
        page(3)  # type: ignore[arg-type]
    z = x * 2
    x.data = 5.0
    with pytest.raises(StaleGraphError, match=r"'x' was changed .* call forward\(\)"):
        page(z)
    with pytest.raises(FileNotFoundError, match=r"can't write the page to .*missing.*; give a"):
        page(z.forward(), tmp_path / "missing" / "f.html")
    with pytest.raises(TypeError, match=r"title= takes a text, got 5"):
        page(z, title=5)  # type: ignore[arg-type]
    with pytest.raises(
        TypeError, match=r"names= takes a mapping as locals\(\) gives it, got 'abc'"
    ):
        page(z, names="abc")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"time_limit= takes seconds above 0, got -1"):
        page(z, time_limit=-1)
    with pytest.raises(
        TimeoutError, match="make the page of a sub-expression, or give page"
    ) as late:
        page(z, time_limit=1e-6)
    assert "draw()" not in str(late.value) and "cluster" not in str(late.value)
    with pytest.raises(ValueError, match=r"as '.*f\.svg': a page is saved as \.html"):
        page(z, tmp_path / "f.svg")


def test_a_class_and_whether_a_branch_was_taken_are_no_nodes() -> None:
    x, y = Value(1.0, "x"), Value(2.0, "y")
    loss = where(y, lambda: cross_entropy([x, y], 1), 0.0) * 3.0
    data = json.loads(re.search(r'id="computation">(.*)</script>', page(loss).html)[1])  # type: ignore[index]
    shown = [data["nodes"][box["node"]]["data"] for box in data["layouts"][0]["boxes"]]
    constants = [
        box for box in data["layouts"][0]["boxes"] if "constant" in data["nodes"][box["node"]]
    ]
    assert len(constants) == 1 and sorted(shown)[-1] == 3.0


def test_a_leaf_alone_has_a_page() -> None:
    assert "Back-propagation of x" in page(Value(2.0, "x")).html


# ------------------------------------------------------------------ opens fitting, labels apart


def fan_in(*numbers: float) -> Page:
    """A product of a maximum and a sum, each of all the numbers."""
    leaves = [Value(x, f"weight_{k}") for k, x in enumerate(numbers)]
    return page(maximum(*leaves) * autograd.sum(leaves), names={})


def two_layers() -> Page:
    from nn import MLP

    model = MLP(2, [3, 2], rng=0)
    return page(cross_entropy(model([0.5, -1.0]), 1), names={"model": model})


@in_a_browser
@pytest.mark.parametrize(("width", "height"), [(1400, 1000), (1920, 1080)])
def test_a_page_opens_fitting_and_filling_its_window(
    visit: Callable[..., Any], width: int, height: int
) -> None:
    for made in (page(l1()["f"]), two_layers()):
        tab = visit(made, width=width, height=height)
        assert tab.evaluate("fitted")
        stage = tab.locator("#graph").bounding_box()
        boxes = [node.bounding_box() for node in tab.locator(".node .box").all()]
        left = min(box["x"] for box in boxes)
        right = max(box["x"] + box["width"] for box in boxes)
        top = min(box["y"] for box in boxes)
        bottom = max(box["y"] + box["height"] for box in boxes)
        assert left >= stage["x"] and right <= stage["x"] + stage["width"]
        assert top >= stage["y"] and bottom <= stage["y"] + stage["height"]
        assert max((right - left) / stage["width"], (bottom - top) / stage["height"]) >= 0.75
        assert tab.evaluate("stage.width / view[2] * NAME_SIZE") >= 9


@in_a_browser
@pytest.mark.parametrize("width", [1400, 390])
def test_labels_of_a_fan_in_of_five_lie_apart(visit: Callable[..., Any], width: int) -> None:
    numbers = (1.5, -2.25, math.nan, 800.0, 1 / 3)
    long = (-0.00012345, 0.98765e-12, 0.0012345, -0.00098765, 1.2345e-9)
    tab = None
    for leaves in (numbers, long):
        tab = visit(fan_in(*leaves), width=width, tab=tab)
        for _ in range(tab.evaluate("steps - 1")):
            press(tab, "ArrowRight")
            assert tab.evaluate(OVERLAPPING_LABELS) == []
            assert tab.evaluate(COVERED_LABELS) == []
            flowing = tab.evaluate("moment(step).flowing.length")
            shown = tab.locator(".label.flowing").all_text_contents()
            assert len(shown) == flowing and all(shown)


# ------------------------------------------------------------------ Space


@in_a_browser
@pytest.mark.parametrize(
    "clicked", ["#next", "#theme", "#link", "#node-0", "#scrubber", "#leaf-0", "#table button"]
)
def test_space_plays_whatever_was_clicked_before(visit: Callable[..., Any], clicked: str) -> None:
    tab = visit(page(l1()["f"]))
    tab.locator(clicked).first.click()
    theme = tab.inner_text("#theme")
    press(tab, "Space")
    assert tab.evaluate("Boolean(timer)")
    press(tab, "Space")
    assert not tab.evaluate("timer")
    assert tab.inner_text("#theme") == theme
    assert tab.evaluate("document.documentElement.scrollTop") == 0


# ------------------------------------------------------------------ dragging, downhill, the plot


def drag_leaf(tab: Any, name: str, across: int, up: int) -> None:
    at = tab.evaluate("(name) => nodes.findIndex((node) => node.name === name)", name)
    box = tab.locator(f"#node-{at} .box").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    tab.mouse.move(x, y)
    tab.mouse.down()
    tab.mouse.move(x + across, y - up, steps=4)
    tab.mouse.up()


@in_a_browser
def test_a_dragged_leaf_is_a_fresh_run_of_python(visit: Callable[..., Any]) -> None:
    nodes = l1()
    tab = visit(page(nodes["f"]))
    press(tab, "End")
    view = tab.evaluate("view")
    drag_leaf(tab, "x", 50, 25)  # 75 pixels of a hundredth each
    assert tab.evaluate("view") == view  # the picture stays
    nodes["x"].data = -1.25
    nodes["f"].forward().backward()
    assert picture(tab) == {n: (short(v.data), short(v.grad)) for n, v in nodes.items()}
    drag_leaf(tab, "y", -100, 0)
    assert picture(tab)["y"][0] == "4"
    assert "y (leaf)" in tab.inner_text("#details")
    drag_leaf(tab, "q", 60, 0)  # a gate: the picture is moved
    assert picture(tab)["q"][0] == "2.75" and tab.evaluate("view") != view


@in_a_browser
def test_a_step_downhill_is_gradient_descents(visit: Callable[..., Any]) -> None:
    nodes = l1()
    tab = visit(page(nodes["f"]))
    press(tab, "End")
    nodes["f"].backward()
    tab.fill("#rate", "0.01")
    tab.click("#downhill")
    press(tab, "d")
    for _ in range(2):
        for name in "xyz":
            nodes[name].data -= 0.01 * (nodes[name].grad or 0.0)
        nodes["f"].zero_grad()
        before = nodes["f"].data
        nodes["f"].forward().backward()
    assert picture(tab) == {n: (short(v.data), short(v.grad)) for n, v in nodes.items()}
    assert tab.inner_text("#note") == f"f: {short(before)} → {short(nodes['f'].data)}"
    assert nodes["f"].data < before
    tab.fill("#rate", "fast")
    tab.click("#downhill")
    assert 'η: "fast" is no number' in tab.inner_text("#error")
    tab.get_by_label("value of x").fill("nan")
    press(tab, "Enter")
    tab.fill("#rate", "0.01")
    tab.click("#downhill")
    assert "No step: the gradient of z is nan" in tab.inner_text("#error")


@in_a_browser
def test_the_plot_shows_the_output_and_its_tangent(visit: Callable[..., Any]) -> None:
    x = Value(1.5, "x")
    tab = visit(page(x * x * x - 2 * x, names={}))
    tab.click("#table button >> text=x")
    # read back from the drawing: the numbers at its edges and the points of its two lines
    drawn = tab.evaluate(
        """() => {
            const picture = document.querySelector(".plot");
            const pairs = (name) => [...picture.querySelector(name).getAttribute("d")
                .matchAll(/[ML](\\S+?) ([^ML]+)/g)].map(([, x, y]) => [Number(x), Number(y)]);
            const [top, bottom, left, right] = [...picture.querySelectorAll("text")]
                .map((text) => Number(text.textContent));
            const { width, height } = picture.viewBox.baseVal;
            const real = ([x, y]) =>
                [left + x / width * (right - left), top - y / height * (top - bottom)];
            return { curve: pairs(".curve").map(real), tangent: pairs(".tangent").map(real) };
        }"""
    )
    height = 1.5**3 - 3
    size = max(y for _, y in drawn["curve"]) - min(y for _, y in drawn["curve"])
    for at, y in drawn["curve"]:
        assert y == pytest.approx(at**3 - 2 * at, abs=0.01 * size)
    (left, low), (right, high) = drawn["tangent"]
    slope = 3 * 1.5**2 - 2
    assert (high - low) / (right - left) == pytest.approx(slope, rel=0.01)
    assert low + slope * (1.5 - left) == pytest.approx(height, abs=0.01 * size)
    label = tab.get_attribute(".plot", "aria-label")
    assert label.endswith("against x, with the tangent of slope 4.75")


@in_a_browser
def test_a_plot_is_not_drawn_where_there_is_none(visit: Callable[..., Any]) -> None:
    x = Value(1.0, "x")
    y = 1 / x
    tab = visit(page(y, names={"y": y}))
    tab.click("#table button >> text=y")  # the output against itself
    assert tab.locator(".plot").count() == 0
    tab.click("#table button >> text=x")  # beyond the pole at 0 the curve is a second one
    curve = tab.get_attribute(".plot .curve", "d")
    assert curve.count("M") == 2
    heights = [
        [float(p) for p in re.findall(r" (\S+?)(?=L|$)", part)] for part in curve.split("M")[1:]
    ]
    assert all(part == sorted(part) for part in heights)  # each falls, and no line joins them
    tab.get_by_label("value of x").fill("inf")
    press(tab, "Enter")
    assert tab.locator(".plot").count() == 0


# ------------------------------------------------------------------ the table, and where NaN begins


@in_a_browser
@pytest.mark.parametrize("width", [1400, 390])
def test_the_table_follows_the_step(visit: Callable[..., Any], width: int) -> None:
    tab = visit(two_layers(), width=width, height=1000)
    for key in ("End", "Home", *["ArrowRight"] * 12):
        press(tab, key)
        tab.wait_for_timeout(40)
        if not tab.evaluate("step"):
            continue
        row = tab.locator("tr.active").bounding_box()
        box = tab.locator("#rows").bounding_box()
        assert row["y"] >= box["y"] and row["y"] + row["height"] <= box["y"] + box["height"] + 1
        assert tab.evaluate("document.documentElement.scrollTop") == 0


@in_a_browser
def test_names_break_only_between_their_parts(visit: Callable[..., Any]) -> None:
    tab = visit(two_layers(), width=1400, height=1000)
    lines = tab.evaluate(
        """[...document.querySelectorAll("#table button")].map((button) => {
            const range = document.createRange();
            return [...button.childNodes].filter((part) => part.nodeType === 3).map((part) => {
                range.selectNodeContents(part);
                return new Set([...range.getClientRects()].map((r) => Math.round(r.top))).size;
            });
        })"""
    )
    assert len(lines) > 20 and all(count == 1 for parts in lines for count in parts)
    tab.fill("#search", "1.weight[0]")
    assert tab.locator("#table tr:visible").count() == 3
    assert tab.inner_text("#found").startswith("3 of ")
    press(tab, "Enter")
    assert "layers.1.weight[0][0] (leaf)" in tab.inner_text("#details")
    tab.fill("#search", "")
    assert tab.locator("#table tr:visible").count() == len(lines)


@in_a_browser
def test_numbers_have_four_digits_and_all_when_edited(visit: Callable[..., Any]) -> None:
    x = Value(1 / 3, "x")
    tab = visit(page(exp(x) * 3, names={}))
    press(tab, "End")
    tab.click("#table button >> text=x")
    shown = tab.evaluate(
        "document.body.innerText + [...document.querySelectorAll('input')].map((i) => i.value)"
    )
    assert re.findall(r"\d\.\d{5,}", shown) == []
    leaf = tab.get_by_label("value of x")
    assert leaf.input_value() == "0.3333"
    leaf.focus()
    assert leaf.input_value() == str(1 / 3)
    leaf.blur()
    assert leaf.input_value() == "0.3333" and 1 / 3 in tab.evaluate("leaves")


@in_a_browser
def test_nan_is_marked_where_it_begins(visit: Callable[..., Any]) -> None:
    x, y = Value(math.inf, "x"), Value(math.inf, "y")
    difference = x - y
    output = difference * Value(2.0, "w") + 1
    tab = visit(page(output, names={"d": difference}))
    marks = "drawn.nodes.flatMap((parts, k) => parts?.mark.textContent ? [nodes[k].name] : [])"
    assert tab.evaluate(marks) == []
    press(tab, "ArrowRight")
    assert tab.evaluate(marks) == ["d"]
    assert "nan begins here" in board(tab)
    press(tab, "End")
    assert "d" in tab.evaluate(marks) and "out" not in tab.evaluate(marks)
    # a gradient: sqrt has an infinite slope at 0, and 0 × inf is nan
    z = Value(0.0, "z")
    root = autograd.sqrt(z)
    tab = visit(page(root * root, names={"root": root}), tab=tab)
    assert tab.evaluate(marks) == []
    press(tab, "End")
    assert tab.evaluate(marks) == ["z"]
    assert "nan gradient begins here" in tab.inner_text("#board")


# ------------------------------------------------------------------ taking away


@in_a_browser
def test_a_link_opens_the_same_step_and_numbers(visit: Callable[..., Any]) -> None:
    tab = visit(page(l1()["f"]))
    press(tab, *["ArrowRight"] * 4)
    tab.get_by_label("value of x").fill("0")
    press(tab, "Enter")
    tab.click("#link")
    seen, address = picture(tab), tab.url
    assert address.endswith("#step=4&x0=0")
    tab.goto("about:blank")
    tab.goto(address)
    assert tab.inner_text("#position") == "4 / 5" and picture(tab) == seen
    tab.goto(address.replace("step=4&x0=0", "step=99&x0=one&x3=7"))  # read again, as it is there
    assert tab.inner_text("#position") == "5 / 5"
    assert picture(tab)["x"] == ("-2", "-4")


@in_a_browser
def test_the_picture_is_saved_as_it_is(visit: Callable[..., Any], tmp_path: Path) -> None:
    from xml.etree import ElementTree

    tab = visit(page(l1()["f"]), color_scheme="dark")
    press(tab, *["ArrowRight"] * 4)
    for button, ending in (("#svg", "svg"), ("#png", "png")):
        with tab.expect_download() as download:
            tab.click(button)
        assert download.value.suggested_filename == f"f-step-4.{ending}"
        download.value.save_as(tmp_path / f"saved.{ending}")
    assert (tmp_path / "saved.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    svg = ElementTree.parse(tmp_path / "saved.svg").getroot()
    text = "|".join(
        "".join(each.itertext()) for each in svg.iter("{http://www.w3.org/2000/svg}text")
    )
    assert "-4 × 1 = -4" in text and "-12" in text
    # it stands alone: no class, no variable of the page's style sheet, the dark paper below
    written = (tmp_path / "saved.svg").read_text(encoding="utf-8")
    assert "var(" not in written and "class=" not in written
    assert svg[0].attrib["fill"] == "rgb(22, 25, 31)"


# ------------------------------------------------------------------ the quiz's levels


def play_quiz(tab: Any, kinds: set[str], wrong: int = 0) -> int:
    """Answer every question, the first ones wrongly; their kinds are told."""
    asked = 0
    while True:
        if tab.evaluate("quizOpen(step)"):
            kinds.add(tab.evaluate("question(step).kind"))
            truth = tab.evaluate("question(step).truth")
            if asked < wrong:
                tab.fill("#answer", str(truth * 3 + 10))
                press(tab, "Enter")
            tab.fill("#answer", str(truth))
            press(tab, "Enter")
            assert "Right" in tab.inner_text("#verdict")
            asked += 1
        if tab.evaluate("step === lastStep()"):
            return asked
        tab.click("#next")


@in_a_browser
def test_the_levels_of_the_quiz_its_summary_and_again(visit: Callable[..., Any]) -> None:
    tab = visit(page(lecture_graphs()["L3"], names={}))
    tab.click("#quiz")
    levels = {"values": {"value"}, "locals": {"local"}, "gradients": {"gradient"}}
    for level, expected in [*levels.items(), ("all", {"value", "local", "gradient"})]:
        tab.select_option("#level", level)
        assert tab.evaluate("quizOpen(step)")
        kinds: set[str] = set()
        asked = play_quiz(tab, kinds, wrong=1)
        assert kinds == expected
        summary = tab.inner_text("#score")
        start = f"Summary: {asked - 1} of {asked} right at the first try. Look again at "
        assert summary.startswith(start) and len(summary) > len(start)
    before = tab.evaluate("leaves")
    tab.click("#again")
    assert tab.evaluate("leaves") != before
    assert tab.evaluate("quizOpen(step)") and tab.is_hidden("#again")
    asked = play_quiz(tab, set())
    assert f"Summary: {asked} of {asked} right" in tab.inner_text("#score")


@in_a_browser
def test_a_value_that_is_asked_for_is_shown_nowhere(visit: Callable[..., Any]) -> None:
    x = Value(3.0, "x")
    y = x * 7
    tab = visit(page(y + 1, names={"y": y}))
    tab.click("#quiz")
    tab.click("#table button >> text=y")
    assert tab.inner_text("#asked") == "What is y = x·7?"
    everything = tab.evaluate(
        """document.body.innerText + [...document.querySelectorAll('[aria-label], title')]
            .map((e) => e.ariaLabel + e.textContent)"""
    )
    assert "21" not in everything and picture(tab)["y"] == ("?", "–")
    tab.fill("#answer", "21")
    press(tab, "Enter")
    assert picture(tab)["y"] == ("21", "–")


def test_the_pages_size_is_bounded() -> None:
    assert len(page(l1()["f"]).html.encode()) < 110_000  # the program, and a small graph
    assert len(page(network()).html.encode()) < 250_000


# ------------------------------------------------------------------ layers as frames


def framed(sizes: list[int]) -> Page:
    from nn import MLP, clusters

    model = MLP(2, sizes, rng=0)
    loss = cross_entropy(model([0.5, -1.0]), 1)
    return page(loss, names={"model": model}, clusters=clusters(model, loss))


@in_a_browser
def test_frames_collapse_and_expand(visit: Callable[..., Any]) -> None:
    tab = visit(framed([3, 2]), width=1920, height=1080)
    assert tab.evaluate("computation.frames") == ["layers.0", "layers.1"]
    everything = tab.locator(".node").count()
    assert everything == tab.evaluate("nodes.filter((node) => !node.constant).length")
    wide = tab.evaluate("drawn.layout.size[0]")
    tab.click("#frame-0 .name")
    inside = tab.evaluate("nodes.filter((node) => node.frame === 0).length")
    assert inside == 9 + 3 + 3  # weights and biases, sums, activations
    assert tab.locator(".node").count() == everything - inside
    assert tab.text_content("#frame-0").split() == ["▸", "layers.015", "nodes"]
    assert tab.evaluate("drawn.layout.size[0]") < wide - 200  # it gave its room back
    assert tab.evaluate("fitted")
    # the steps go on, inside the slab, too, and no node lies on another or on the slab
    for _ in range(tab.evaluate("steps")):
        press(tab, "ArrowRight")
        assert tab.evaluate(COVERED_LABELS) == [] and tab.evaluate(OVERLAPPING_LABELS) == []
    assert "All gradients are computed." in board(tab)
    assert tab.evaluate("find('frame-0').matches('.active') && !find('frame-1').matches('.active')")
    assert tab.evaluate(OVERLAPPING_BOXES) == 0
    # choosing a node that is inside opens its frame
    tab.fill("#search", "0.weight[2][1]")
    press(tab, "Enter")
    assert tab.locator(".node").count() == everything
    assert "layers.0.weight[2][1] (leaf)" in tab.inner_text("#details")
    # by keyboard
    tab.locator("#frame-1").focus()
    press(tab, "Enter")
    assert tab.get_attribute("#frame-1", "aria-expanded") == "false"
    assert tab.evaluate("document.activeElement.id") == "frame-1"
    press(tab, "Enter")
    assert tab.locator(".node").count() == everything


OVERLAPPING_BOXES = """() => {
    const boxes = [...document.querySelectorAll(".node .box, .slab .area")]
        .map((box) => box.getBoundingClientRect());
    const apart = (a, b) =>
        a.left > b.right || b.left > a.right || a.top > b.bottom || b.top > a.bottom;
    return boxes.filter((a, k) => boxes.some((b, j) => j < k && !apart(a, b))).length;
}"""


@in_a_browser
@pytest.mark.parametrize(("width", "height"), [(1400, 1000), (1920, 1080)])
def test_frames_collapse_until_the_picture_can_be_read(
    visit: Callable[..., Any], width: int, height: int
) -> None:
    tab = visit(framed([4, 3, 2]), width=width, height=height)
    assert tab.evaluate("fitted && isReadable(drawn.layout)")
    assert tab.evaluate("collapsed.size") > 0
    assert tab.evaluate(OVERLAPPING_BOXES) == 0
