"""The live page in a browser: it learns as ``fit`` does, number for number, and can be used.

These tests need a Chromium-like browser and Playwright, which drives it; they install neither.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import nn
from autograd import Page, Value, grad, leaky_relu, tanh
from autograd.engine.gate import registry
from autograd.engine.text import Expression
from autograd.reading.javascript import Script
from autograd.showing.markup import THEMES
from nn.examples import examples
from nn.optim import cosine

from .. import oracle
from ..browser import chromium, in_a_browser

__all__ = ["chromium"]  # a fixture

TEMPLATE = Path(nn.__file__).parent / "template"


@pytest.fixture
def visit(chromium: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Open a page; at the end no error, no line on the console and no request may be left."""
    contexts, complaints, requests = [], [], []

    def open_page(page: Page, width: int = 1400, height: int = 1000, **options: Any) -> Any:
        path = page.save(tmp_path / "live.html")
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
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
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
    assert len(requests) <= 2 * len(contexts)  # the file and its empty icon


def cloud(count: int = 30) -> tuple[list[list[float]], list[float]]:
    generator = random.Random(5)
    X = [[generator.gauss(0.0, 1.0), generator.gauss(0.0, 1.0)] for _ in range(count)]
    return X, [float(a * b > 0) for a, b in X]


def losses(tab: Any, epochs: int = 20) -> list[float]:
    found = tab.evaluate(
        "(n) => { while (run.epoch < n) run.update(); return run.history.loss.slice(0, n); }",
        epochs,
    )
    return [float(loss) for loss in found]


def painted(tab: Any) -> None:
    """Wait until the page has drawn what it was told."""
    tab.evaluate("() => new Promise((done) => { refresh(); setTimeout(done, 60); })")


# ---------------------------------------------------------------- the same numbers as fit

SGD, Adam = nn.SGD, nn.Adam


def signs(ys: list[float]) -> list[float]:
    return [2 * y - 1 for y in ys]


def triple(X: list[list[float]]) -> list[float]:
    return [float((a > 0) + (b > 0)) for a, b in X]


XS, YS = cloud()
LINE = [[0.3 * k - 2] for k in range(14)]
SINES = [math.sin(x) for (x,) in LINE]
MLP = nn.MLP

# the model's arguments, X, Y, loss, optimizer, and how to train
LEARNED: dict[str, tuple[Any, ...]] = {
    "micrograd's": (
        lambda: MLP(2, [16, 16, 1], rng=0), XS, signs(YS), "hinge",
        lambda w: SGD(w, 0.2), {}),
    "mini-batches": (
        lambda: MLP(2, [5, 1], "tanh", rng=1), XS, YS, "logistic",
        lambda w: Adam(w, 0.05), {"batch_size": 7, "rng": 3, "validation": 0.2}),
    "a curve": (
        lambda: MLP(1, [6, 1], "sigmoid", rng=1), LINE, SINES, "squared_error",
        lambda w: nn.RMSProp(w, 0.02, weight_decay=0.001), {"batch_size": 1}),
    "classes": (
        lambda: MLP(2, [6, 3], "leaky_relu", rng=1), XS, triple(XS), "cross_entropy",
        lambda w: SGD(w, 0.1, 0.9, nesterov=True), {"batch_size": 10, "shuffle": False}),
    "probabilities": (
        lambda: MLP(2, [3, 2, 1], "elu", "sigmoid", rng=1), XS, YS, "binary_cross_entropy",
        lambda w: nn.AdaGrad(w, 0.1), {"validation": (XS[:5], YS[:5])}),
    "softplus": (
        lambda: MLP(2, [4, 1], "softplus", rng=1), XS, YS, "absolute_error",
        lambda w: SGD(w, 0.05, 0.5), {"rng": 2**31 + 5, "batch_size": 4}),
    "a setting of one's own": (
        lambda: MLP(2, [4, 1], partial(leaky_relu, slope=0.3), rng=1), XS, signs(YS), "exponential",
        lambda w: Adam(w, 0.01, (0.8, 0.99)), {"batch_size": 8}),
    "functions of one's own": (
        lambda: MLP(2, [3, 1], lambda z: z * tanh(z), rng=1), XS, YS,
        lambda f, y: (f - y) ** 4 / 2, lambda w: SGD(w, 0.05), {"batch_size": 8}),
    "a sequence of steps": (
        lambda: nn.Sequential(nn.Layer(2, 3, rng=0), "tanh", nn.Layer(3, 2, "relu", rng=1),
                              nn.Layer(2, 1, bias=False, rng=2)), XS, YS, "logistic",
        lambda w: SGD(w, 0.3), {"batch_size": 9}),
    "a neuron": (
        lambda: nn.Neuron(2, "sigmoid", rng=0), XS, YS, "squared_error",
        lambda w: SGD(w, 1.0), {}),
}  # fmt: skip


@in_a_browser
@pytest.mark.parametrize("name", LEARNED)
def test_the_first_20_losses_are_those_of_fit(name: str, visit: Callable[..., Any]) -> None:
    make, X, Y, loss, optimizer, settings = LEARNED[name]
    model = make()
    page = nn.playground(
        model, X, Y, loss, optimizer=optimizer(model.parameters()), **settings
    )  # before the model is trained
    history = nn.fit(
        model, loss, X, Y, optimizer=optimizer(model.parameters()), epochs=20, engine="eager",
        **settings,
    )  # fmt: skip
    tab = visit(page)
    assert losses(tab) == pytest.approx(history.loss, rel=1e-9)
    if history.validation_loss:
        found = tab.evaluate("run.history.validation")
        assert found == pytest.approx(history.validation_loss, rel=1e-9)
    theta = tab.evaluate("[...run.theta]")
    assert theta == pytest.approx([w.data for w in model.parameters()], rel=1e-8)
    tab.evaluate("rewind()")
    assert losses(tab) == pytest.approx(history.loss, rel=1e-9)


@in_a_browser
def test_the_examples_learn_as_fit_does(visit: Callable[..., Any]) -> None:
    tab = visit(nn.playground())
    for k, each in enumerate(examples()):
        tab.click(f"#examples button:nth-child({k + 1})")
        history = nn.fit(
            each.model, each.loss, each.X, each.Y, optimizer=each.optimizer, epochs=20,
            batch_size=each.batch_size, validation=each.validation, engine="eager",
        )  # fmt: skip
        assert losses(tab) == pytest.approx(history.loss, rel=1e-9), each.name


@in_a_browser
def test_an_optimizer_goes_on_with_what_it_remembers(visit: Callable[..., Any]) -> None:
    model = MLP(2, [3, 1], "tanh", rng=0)
    optimizer = Adam(model.parameters(), 0.05)
    nn.fit(model, "logistic", XS, YS, optimizer=optimizer, epochs=3, engine="eager")
    tab = visit(nn.playground(model, XS, YS, "logistic", optimizer=optimizer))
    history = nn.fit(model, "logistic", XS, YS, optimizer=optimizer, epochs=20, engine="eager")
    assert losses(tab) == pytest.approx(history.loss, rel=1e-9)


@in_a_browser
@pytest.mark.parametrize("activation", ["identity", "relu", "leaky_relu", "softplus", "sigmoid"])
def test_another_activation_of_the_menu_is_that_of_nn(
    activation: str, visit: Callable[..., Any]
) -> None:
    model = MLP(2, [4, 1], "tanh", rng=0)
    tab = visit(nn.playground(model, XS, YS, "logistic", optimizer=SGD(model.parameters(), 0.2)))
    tab.select_option("#activation", activation)
    model.layers[0].activation = activation
    optimizer = SGD(model.parameters(), 0.2)
    history = nn.fit(model, "logistic", XS, YS, optimizer=optimizer, epochs=20, engine="eager")
    assert losses(tab) == pytest.approx(history.loss, rel=1e-9)


@in_a_browser
@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("SGD", lambda w: SGD(w, 0.1)),
        ("SGD, momentum 0.9", lambda w: SGD(w, 0.05, 0.9)),
        ("AdaGrad", lambda w: nn.AdaGrad(w, 0.1)),
        ("RMSProp", lambda w: nn.RMSProp(w, 0.01)),
        ("Adam", lambda w: Adam(w, 0.01)),
    ],
)
def test_another_optimizer_of_the_menu_is_that_of_nn(
    name: str, make: Any, visit: Callable[..., Any]
) -> None:
    model = MLP(2, [4, 1], "tanh", rng=0)
    settings = {"batch_size": 10, "rng": 1}
    given = nn.RMSProp(model.parameters(), 0.3, alpha=0.5)
    tab = visit(nn.playground(model, XS, YS, "logistic", optimizer=given, **settings))
    tab.select_option("#optimizer", label=name)
    history = nn.fit(
        model, "logistic", XS, YS, optimizer=make(model.parameters()), epochs=20, engine="eager",
        **settings,
    )  # fmt: skip
    assert losses(tab) == pytest.approx(history.loss, rel=1e-9)


@in_a_browser
@pytest.mark.parametrize("init", ["zeros", "normal", "uniform", "xavier", "he"])
def test_weights_begin_as_nn_draws_them(init: str, visit: Callable[..., Any]) -> None:
    tab = visit(nn.playground(MLP(2, [5, 1], rng=9), XS, YS, "logistic"))
    tab.select_option("#initial", init)
    tab.fill("#seed", "12345")
    tab.press("#seed", "Enter")
    expected = [w.data for w in MLP(2, [5, 1], init=init, rng=12345).parameters()]
    assert tab.evaluate("[...run.theta]") == pytest.approx(expected, rel=1e-13, abs=1e-300)


@in_a_browser
def test_random_numbers_are_pythons(visit: Callable[..., Any]) -> None:
    tab = visit(nn.playground())
    for seed in (0, 1, 4711, 2**31, 2**32 - 1):
        generator = random.Random(seed)
        order = list(range(300))
        generator.shuffle(order)
        expected = [generator.random(), generator.uniform(-3, 5), generator.gauss(1, 2)]
        expected += [generator.gauss(0, 1), generator.random()]
        found_order, found = tab.evaluate(
            """(seed) => {
                const random = new Random(seed);
                const order = Array.from({ length: 300 }, (_, k) => k);
                random.shuffle(order);
                return [order, [random.unit(), random.uniform(-3, 5), random.gauss(1, 2),
                    random.gauss(0, 1), random.unit()]];
            }""",
            seed,
        )
        assert found_order == order
        assert found == pytest.approx(expected, rel=1e-14)


# ---------------------------------------------------------------- one sample, gate by gate


def one_neuron() -> tuple[nn.Module, Page]:
    """z = 2·3 - 1·4 + 0.5 = 2.5, a = tanh z, loss (a - 1)²."""
    model = nn.Sequential(nn.Layer(2, 1, rng=0), "tanh", nn.Layer(1, 1, bias=False, rng=0))
    for w, number in zip(model.parameters(), [2.0, -1.0, 0.5, 1.0], strict=True):
        w.data = number
    return model, nn.playground(
        model, [[3.0, 4.0]], [1.0], "squared_error", optimizer=SGD(model.parameters(), 0.1, 0.9)
    )


@in_a_browser
def test_a_sample_goes_forward_and_backward_gate_by_gate(visit: Callable[..., Any]) -> None:
    _, page = one_neuron()
    tab = visit(page)
    pages = []
    for _ in range(10):
        tab.keyboard.press("ArrowRight")
        painted(tab)
        pages.append(tab.inner_text("#board").replace("\n\n", "\n"))
    a = math.tanh(2.5)
    assert "Forward, gate 1 of 5: z⁽¹⁾₁" in pages[0]
    assert "z⁽¹⁾₁ = w⁽¹⁾₁₁·x₁ + w⁽¹⁾₁₂·x₂ + b⁽¹⁾₁" in pages[0]
    assert "= 2·3 + (-1)·4 + 0.5 = 2.5" in pages[0]
    assert f"= tanh(2.5) = {a:.4g}" in pages[1]
    assert "Forward, gate 5 of 5: loss" in pages[4]
    assert "Backward, gate 1 of 5: loss" in pages[5]
    slope = 2 * (a - 1)  # of the loss by the output, and by a
    assert f"∂loss/∂a⁽¹⁾₁ = 1 × ({slope:.4g}) = {slope:.4g}" in pages[7]
    assert "the slope of tanh is 1 - tanh²x" in pages[8]
    assert f"∂loss/∂w⁽¹⁾₁₂ = 4 × ({slope * (1 - a * a):.4g})" in pages[9]
    tab.keyboard.press("ArrowLeft")
    painted(tab)
    assert tab.inner_text("#board").replace("\n\n", "\n") == pages[8]


@in_a_browser
def test_shift_and_an_arrow_go_layer_by_layer(visit: Callable[..., Any]) -> None:
    model = MLP(2, [16, 16, 1], "tanh", rng=0)
    tab = visit(nn.playground(model, XS, YS, "squared_error"))
    moments = []
    for _ in range(12):
        tab.keyboard.press("Shift+ArrowRight")
        moments.append(tab.evaluate("look.moment"))
    # sums and activations of both layers, the output, and the loss, which has two gates; and back
    forward = [16, 32, 48, 64, 65, 67]
    assert moments == [*forward, *(134 - each for each in [65, 64, 48, 32, 16, 0])]
    tab.keyboard.press("Shift+ArrowLeft")
    assert tab.evaluate("look.moment") < 134


@in_a_browser
def test_values_and_gradients_of_all_gates_are_the_engines(visit: Callable[..., Any]) -> None:
    model = MLP(2, [3, 2, 1], "tanh", rng=0)
    tab = visit(nn.playground(model, XS, YS, "logistic"))
    tab.click("#sample")
    painted(tab)
    prediction = model(XS[0])
    loss = nn.logistic(prediction, YS[0])
    loss.backward()
    assert tab.evaluate("look.v.at(-1)") == pytest.approx(loss.data, rel=1e-12)
    assert tab.evaluate("look.d[look.z[2][0]]") == pytest.approx(prediction.grad, rel=1e-12)
    expected = [w.grad for w in model.parameters()]
    assert tab.evaluate("[...look.gradient]") == pytest.approx(expected, rel=1e-12)
    shown = tab.locator("#rows tr").first.inner_text().split()
    assert shown[0] == "w⁽¹⁾₁₁" and float(shown[2]) == pytest.approx(expected[0], rel=1e-3)


@in_a_browser
def test_a_weight_under_the_pointer_tells_its_formula_with_numbers(
    visit: Callable[..., Any],
) -> None:
    _, page = one_neuron()
    tab = visit(page)
    tab.click("#update")
    tab.click("#update")
    painted(tab)
    ends = tab.evaluate(
        """() => { const box = picture.getBoundingClientRect();
            const [[x1, y1], [x2, y2]] = network.edges[1].ends;
            return [box.x + 0.6 * x1 + 0.4 * x2, box.y + 0.6 * y1 + 0.4 * y2]; }"""
    )
    tab.mouse.move(*ends)
    painted(tab)
    text = tab.inner_text("#board")
    # by hand, with the chain rule of grad and the rule of momentum
    start = [2.0, -1.0, 0.5, 1.0]

    def loss(a: Any, b: Any, c: Any, d: Any) -> Any:
        return (d * tanh(3 * a + 4 * b + c) - 1) ** 2

    weights, velocities = start, [0.0] * 4
    slopes = [0.0] * 4
    for _ in range(2):
        before, old = weights, velocities
        slopes = [float(g) for g in grad(loss, argnums=(0, 1, 2, 3))(*weights)]
        velocities = [0.9 * v + g for v, g in zip(velocities, slopes, strict=True)]
        weights = [w - 0.1 * v for w, v in zip(weights, velocities, strict=True)]

    def number(x: float) -> str:
        return f"{x:.4g}".replace("e-0", "e-")

    assert text.startswith("w⁽¹⁾₁₂: from x₂ to neuron 1 of layer 1")
    assert f"value {number(weights[1])}, gradient {number(slopes[1])} (mean of the last" in text
    assert "z⁽¹⁾₁ = w⁽¹⁾₁₁·x₁ + w⁽¹⁾₁₂·x₂ + b⁽¹⁾₁" in text
    assert "velocity′ = 0.9·velocity + ∇ = 0.9·" in text
    rule = f"w⁽¹⁾₁₂′ = w⁽¹⁾₁₂ - η·velocity′ = {number(before[1])} - 0.1·"
    assert rule in text and f" = {number(weights[1])}" in text.partition(rule)[2]
    assert number(abs(old[1])) in text
    tab.mouse.move(5, 5)
    painted(tab)
    assert "4 parameters" in tab.inner_text("#board")


# ---------------------------------------------------------------- the data


@in_a_browser
def test_points_are_added_dragged_chosen_and_deleted(visit: Callable[..., Any]) -> None:
    corners = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    model = MLP(2, [3, 1], "tanh", rng=0)
    tab = visit(nn.playground(model, corners, [0, 1, 1, 0], "logistic"))

    def at(x: float, y: float) -> list[float]:
        return [
            float(each)
            for each in tab.evaluate(
                """([x, y]) => { const box = canvas.getBoundingClientRect();
                    return [box.x + toX(x), box.y + toY(y)]; }""",
                [x, y],
            )
        ]

    points = "run.points.map(({ x, y }) => [...x, ...y])"
    tab.click("#labels button:nth-of-type(1)")
    tab.mouse.click(*at(0.5, 0.5))
    assert tab.evaluate(points)[4] == pytest.approx([0.5, 0.5, 0.0], abs=0.01)
    tab.mouse.move(*at(1.0, 1.0))
    tab.mouse.down()
    tab.mouse.move(*at(0.8, 0.9), steps=4)
    tab.mouse.up()
    assert tab.evaluate(points)[3] == pytest.approx([0.8, 0.9, 0.0], abs=0.01)
    painted(tab)
    assert "Point 4: x = (0." in tab.inner_text("#board")
    moved = [each[:2] for each in tab.evaluate(points)]
    optimizer = SGD(model.parameters(), 0.1)
    targets = [0, 1, 1, 0, 0]
    history = nn.fit(model, "logistic", moved, targets, optimizer=optimizer, epochs=20)
    assert losses(tab) == pytest.approx(history.loss, rel=1e-9)  # five points are shuffled
    tab.keyboard.press("Delete")
    assert len(tab.evaluate(points)) == 4
    tab.keyboard.press("Period")
    tab.click("#delete")
    assert len(tab.evaluate(points)) == 3
    tab.click("#reset")
    assert tab.evaluate(points) == [[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]]
    for _ in range(4):
        tab.keyboard.press("Period")
        tab.keyboard.press("Delete")
    tab.click("#update")
    assert "no points to learn from" in tab.inner_text("#error")


@in_a_browser
def test_a_point_of_a_curve_is_dragged_in_x_and_y(visit: Callable[..., Any]) -> None:
    tab = visit(
        nn.playground(MLP(1, [1], rng=0), [0.0, 1.0, 2.0], [0.0, 1.0, 2.0], "squared_error")
    )
    x, y = tab.evaluate(
        """() => { const box = canvas.getBoundingClientRect();
            const [x, y] = placeOf(run.points[1]);
            return [box.x + x, box.y + y]; }"""
    )
    tab.mouse.move(x, y)
    tab.mouse.down()
    tab.mouse.move(x + 20, y - 30, steps=3)
    tab.mouse.up()
    found = tab.evaluate("[...run.points[1].x, ...run.points[1].y]")
    assert found[0] > 1.05 and found[1] > 1.05


# ---------------------------------------------------------------- time, keys, menus


@in_a_browser
def test_keys_play_step_and_rewind(visit: Callable[..., Any]) -> None:
    tab = visit(nn.playground())
    tab.keyboard.press("u")
    assert tab.evaluate("run.updates") == 1
    tab.keyboard.press("e")
    tab.keyboard.press("Space")
    for _ in range(100):  # wait_for_function would need eval, which the page forbids
        if tab.evaluate("run.updates") > 10:
            break
        tab.wait_for_timeout(50)
    tab.keyboard.press("Space")
    count = tab.evaluate("run.updates")
    assert count > 10
    tab.wait_for_timeout(200)
    assert tab.evaluate("run.updates") == count
    tab.keyboard.press("r")
    painted(tab)
    assert tab.evaluate("run.updates") == 0
    assert tab.inner_text("#epoch") == "0" and tab.inner_text("#loss") == "–"
    tab.keyboard.press("?")
    assert tab.is_visible("#keys")
    tab.keyboard.press("t")
    assert tab.evaluate("document.documentElement.dataset.theme") == "dark"


@in_a_browser
def test_space_plays_whatever_was_clicked_before(visit: Callable[..., Any]) -> None:
    tab = visit(nn.playground())
    for selector in ("#update", "#examples button:nth-child(2)", "#lines", "#theme", "#one-epoch"):
        tab.click(selector)
        tab.keyboard.press("Space")
        assert tab.evaluate("player.playing"), selector
        tab.keyboard.press("Space")
        assert not tab.evaluate("player.playing"), selector
    tab.select_option("#optimizer", "5")
    tab.keyboard.press("Space")
    assert tab.evaluate("player.playing")


@in_a_browser
def test_the_rate_is_the_sliders_and_a_leap_to_infinity_is_said(visit: Callable[..., Any]) -> None:
    tab = visit(nn.playground())
    tab.click("#examples button:nth-child(4)")
    tab.locator("#rate").fill("20")
    assert tab.evaluate("run.settings.rate") == 10
    tab.select_option("#speed", "full")
    tab.click("#play")
    tab.wait_for_selector("#error:not([hidden])")
    assert "is the learning rate too large?" in tab.inner_text("#error")
    assert not tab.evaluate("player.playing")
    tab.click("#rewind")
    assert tab.is_hidden("#error") or tab.inner_text("#error") == ""


@in_a_browser
def test_edges_show_weights_gradients_and_memory(visit: Callable[..., Any]) -> None:
    model = MLP(2, [3, 1], "tanh", rng=0)
    tab = visit(nn.playground(model, XS, YS, "logistic", optimizer=Adam(model.parameters(), 0.01)))
    tab.click("#update")
    for shown, numbers in (
        ("weight", "run.theta"),
        ("gradient", "run.gradient"),
        ("m", "run.memory[1]"),
    ):
        tab.select_option("#edges", shown)
        painted(tab)
        first = tab.locator(".edge-label").first.text_content()
        assert float(first) == pytest.approx(tab.evaluate(f"{numbers}[0]"), abs=6e-4)
    heads = tab.locator("#heads th").all_inner_texts()
    assert heads == ["weight", "value", "gradient", "t", "m", "v"]


# ---------------------------------------------------------------- windows, size, what stands in it


@in_a_browser
@pytest.mark.parametrize("size", [(390, 844), (360, 640), (768, 1024), (1400, 1000), (1920, 1080)])
def test_nothing_is_wider_than_the_window(size: tuple[int, int], visit: Callable[..., Any]) -> None:
    tab = visit(nn.playground(), *size, color_scheme="dark")
    for k in range(1, 6):
        tab.click(f"#examples button:nth-child({k})")
        tab.click("#update")
        tab.click("#sample")
        painted(tab)
        assert tab.evaluate("document.documentElement.scrollWidth") <= size[0]
    if size[0] >= 1400:  # all of it is seen at once
        assert tab.evaluate("document.documentElement.scrollHeight") <= size[1]


@in_a_browser
def test_what_a_user_writes_is_shown_as_text(visit: Callable[..., Any]) -> None:
    title = "</script><script>alert(1)</script><b>bold & \ud800"

    def loss(f: Any, y: Any) -> Any:
        return (f - y) ** 2

    loss.__name__ = "<i>mine</i></script>"
    tab = visit(nn.playground(MLP(2, [2, 1], rng=0), XS, YS, loss, title=title))
    assert tab.inner_text("h1").startswith("</script><script>alert(1)</script><b>bold & ")
    assert tab.evaluate("document.querySelectorAll('b b, h1 b, i').length") == 0
    assert "<i>mine</i></script> loss" in tab.inner_text("#board")


def test_pages_are_small() -> None:
    model = MLP(2, [16, 16, 1], rng=0)
    page = nn.playground(model, *cloud(100), "squared_error")
    assert len(page.html.encode()) < 400_000
    assert len(nn.playground().html.encode()) < 300_000


def test_the_page_needs_nothing_else_and_names_the_license_of_what_it_includes() -> None:
    text = nn.playground().html
    assert "default-src 'none'" in text
    assert not re.search(r"<(link|script|img)[^>]*(src|href)=\"(?!data:)", text)
    assert "uPlot (v1.6.32)" in text
    assert "Copyright (c) 2022 Leon Sorokin" in text and "Permission is hereby granted" in text


def test_no_derivative_stands_in_the_scripts() -> None:
    """Partials come from ``locals``, the printed table; the scripts write none of its rows."""
    scripts = "\n".join(path.read_text(encoding="utf-8") for path in TEMPLATE.glob("*.js"))
    assert re.findall(r"(?<![\w.])locals\b.*", scripts.replace("`locals`", "")) == [
        "locals[gate.rule](...numbers, look.v[k]);"
    ]

    def bare(text: str) -> str:
        return re.sub(r"values\.|Math\.|\s", "", text)

    partials = set()
    for op in (registry[name] for name in oracle.FUNCTIONS):
        operands = [Expression(name) for name in ["x", "y", "z", "w"][: op.arity or 4]]
        for each in op.locals(operands, Expression("out")):
            text = bare(Script().print(each)) if isinstance(each, Expression) else ""
            if re.search(r"[-+*/]", text):
                partials.add(text)
    assert len(partials) > 30
    assert [partial for partial in partials if partial in bare(scripts)] == []


def test_the_colours_are_those_of_the_pictures() -> None:
    css = (TEMPLATE / "playground.css").read_text(encoding="utf-8")
    light, dark, again = re.findall(r"color-scheme: \w+;(.*?)}", css, re.S)
    assert dark.split() == again.split()
    for theme, text in (("light", light), ("dark", dark)):
        for role in ("paper", "ink", "faint", "line", "value", "gradient", "cluster"):
            assert f"--{role}: {THEMES[theme][role]};" in text


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nn.playground(X=XS), TypeError, "give a model"),
        (lambda: nn.playground(MLP(2, [1]), XS, YS), TypeError, "give the loss"),
        (lambda: nn.playground(nn.Dropout(0.5), XS, YS, "hinge"), ValueError, "dense layers"),
        (lambda: nn.playground(MLP(3, [1]), [[1, 2, 3]], [1], "hinge"), ValueError, "two inputs"),
        (lambda: nn.playground(MLP(1, [2]), [[1]], [1], "svm"), ValueError, "one output"),
        (lambda: nn.playground(MLP(2, [1]), [[1]], [1], "hinge"), ValueError, r"X\[0\] has 1"),
        (lambda: nn.playground(MLP(2, [1]), XS, [7] * 30, "hinge"), ValueError, "got 7"),
        (lambda: nn.playground(MLP(2, [64, 64, 1]), XS, YS, "logistic"), ValueError, "1500"),
        (lambda: nn.playground(MLP(2, [1]), XS, YS, "logistic", rng=-1), ValueError, "seed"),
        (lambda: nn.playground(MLP(2, [1]), XS, YS, "logistic", path="a.txt"), ValueError, "html"),
        (lambda: with_optimizer(lambda w: "Adam"), TypeError, "must be an Optimizer"),
        (lambda: with_optimizer(lambda w: SGD(w, cosine(1.0, 9))), ValueError, "slider"),
        (lambda: with_optimizer(lambda w: SGD(w[:1], 0.1)), ValueError, "parameters of the model"),
        (lambda: nn.playground(Odd(2, [1]), XS, YS, "logistic"), ValueError, "something else"),
    ],
)  # fmt: skip
def test_refusals(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def with_optimizer(make: Callable[[list[Value]], Any]) -> Page:
    model = MLP(2, [1], rng=0)
    return nn.playground(model, XS, YS, "logistic", optimizer=make(model.parameters()))


class Odd(MLP):
    def forward(self, x: Any) -> Any:
        return super().forward(x) + 1
