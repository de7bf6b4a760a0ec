"""Draw the pictures of the README: run ``python docs/pictures.py`` where gatewise is installed.

The picture of the page is a screenshot, which needs ``pip install 'gatewise[test]'`` and Chromium.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import nn
from autograd import Value, compile, draw, page


def main(out: Path = Path(__file__).parent) -> None:
    """Draw f = (x + y)·z backward, a network, and a compiled one, for light and dark pages."""
    x, y, z = Value(-2.0), Value(5.0), Value(-4.0)
    q = x + y
    f = q * z
    f.backward()
    model = nn.MLP(2, [16, 16, 1], rng=0)
    program = compile(lambda x, y: (1 - y * model(x)).relu(), shapes=[(2,), ()])
    small = nn.MLP(2, [3, 1], "tanh", rng=0)
    for theme, suffix in (("light", ""), ("dark", "-dark")):
        draw(f, view="backward", theme=theme).save(out / f"backward{suffix}.svg")
        draw(program, theme=theme).save(out / f"program{suffix}.svg")
        draw(small, "backward", sample=[1.0, -2.0], target=1, loss="logistic", theme=theme).save(
            out / f"network{suffix}.svg"
        )


def photograph(out: Path = Path(__file__).parent) -> None:
    """Take a picture of the page of (x + y)·z, halfway back."""
    from playwright.sync_api import sync_playwright

    x, y, z = Value(-2.0), Value(5.0), Value(-4.0)
    q = x + y
    f = q * z
    html = page(f, title="(x + y)·z").html
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        tab = browser.new_page(viewport={"width": 1080, "height": 620}, device_scale_factor=1.5)
        tab.set_content(html)
        for _ in range(4):
            tab.keyboard.press("ArrowRight")
        tab.wait_for_timeout(1000)
        tab.screenshot(path=out / "page.png")
        browser.close()


if __name__ == "__main__":
    main()
    photograph()
