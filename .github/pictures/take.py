"""Take the README's two pictures from ``_site/``: of simulated data only, small enough to commit.

Run ``make report`` without DATA first, then ``.venv/bin/python .github/pictures/take.py``.
"""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

HERE = Path(__file__).resolve().parent
SITE = HERE.parents[1] / "_site"
SLIDE = "Telephone"  # the first slide whose heading begins so; the third slide with a chart if none does
WIDTH, COLOURS = 1000, 255
LARGEST = 150_000  # bytes


def main() -> None:
    """Write report.png and slide.png beside this file."""
    if "Simulated data." not in (SITE / "index.html").read_text(encoding="utf-8"):
        sys.exit("_site/ is not made from simulated data: run make report without DATA first.")
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        save("report.png", take_report(opened))
        save("slide.png", take_slide(opened))
        opened.close()


def take_report(browser: Browser) -> bytes:
    """Return the top of the front page."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto((SITE / "index.html").as_uri())
    return page.screenshot()


def take_slide(browser: Browser) -> bytes:
    """Return a slide with a chart."""
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.goto((SITE / "slides.html").as_uri())
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    page.evaluate(
        """start => { const slides = Reveal.getSlides(), charts = slides.filter(s => s.querySelector('img'));
           const found = charts.find(s => s.querySelector('h2').textContent.trim().startsWith(start));
           const at = Reveal.getIndices(found || charts[2] || slides[0]); Reveal.slide(at.h, at.v, 99); }""",
        SLIDE,
    )
    page.wait_for_timeout(500)
    return page.screenshot()


def save(name: str, picture: bytes) -> None:
    """Write a picture with few colours, which is enough for text and charts."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image = image.resize((WIDTH, round(image.height * WIDTH / image.width)), Image.Resampling.LANCZOS)
    image.quantize(COLOURS, kmeans=4, dither=Image.Dither.NONE).save(HERE / name, optimize=True)
    size = (HERE / name).stat().st_size
    if size > LARGEST:
        sys.exit(f"{name} has {size} bytes: take fewer COLOURS.")


if __name__ == "__main__":
    main()
