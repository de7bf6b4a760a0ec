"""How fast the live page learns: ``python -m benchmarks.live``.

It needs Chromium and Playwright. The network is 2-16-16-1, with 100 points, all of them in each
update, and everything is drawn as it learns.
"""

from __future__ import annotations

import random
import shutil
import tempfile
from pathlib import Path
from typing import Any

import nn

SECONDS = 4
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def save_page(folder: Path) -> Path:
    """Write the page to measure."""
    generator = random.Random(0)
    X = [[generator.gauss(0.0, 1.0), generator.gauss(0.0, 1.0)] for _ in range(100)]
    Y = [float(a * b > 0) for a, b in X]
    model = nn.MLP(2, [16, 16, 1], "tanh", rng=0)
    optimizer = nn.Adam(model.parameters(), lr=0.01)
    path = folder / "live.html"
    nn.playground(model, X, Y, "logistic", optimizer=optimizer, path=path)
    return path


def updates_a_second(tab: Any, speed: str) -> float:
    """Let it play for some seconds."""
    tab.select_option("#speed", speed)
    tab.click("#play")
    tab.wait_for_timeout(1000)  # until the programs are compiled
    count = "() => [run.updates, performance.now()]"
    before, start = tab.evaluate(count)
    tab.wait_for_timeout(1000 * SECONDS)
    after, end = tab.evaluate(count)
    tab.click("#play")
    return float((after - before) / (end - start) * 1000)


def main() -> None:
    """Measure at each speed of the menu, and without drawing."""
    from playwright.sync_api import sync_playwright

    browser_path = next(filter(None, map(shutil.which, BROWSERS)), None)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = save_page(Path(folder))
        print(f"2-16-16-1, 100 points, Adam; the page has {path.stat().st_size / 1000:.0f} kB")
        arguments = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=browser_path, args=arguments)
        tab = browser.new_page(viewport={"width": 1400, "height": 1000})
        tab.goto(path.as_uri())
        for speed in ("60", "full"):
            print(f"  speed {speed:>4}: {updates_a_second(tab, speed):6.0f} updates a second")
        alone = tab.evaluate(
            """() => {
                const start = performance.now();
                for (let k = 0; k < 500; k++) run.update();
                return (performance.now() - start) / 500;
            }"""
        )
        print(f"  an update alone: {alone:.2f} ms")
        browser.close()


if __name__ == "__main__":
    main()
