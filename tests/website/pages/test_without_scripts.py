"""The published report with scripts off, and on paper: all of it can be read."""

from __future__ import annotations

import re

import pypdf
import pytest

from tests.website.pages.conftest import pages_of
from tests.website.pages.visit import settle

pytestmark = pytest.mark.browser
NOTEBOOK = "report/notebooks/02_missed_appointments.html"
#: Words of the content; the labels of controls that scripts add are not part of it.
WORDS = """() => { document.querySelectorAll('main button').forEach(b => b.remove());
  return document.querySelector('main').innerText.split(/\\s+/).filter(Boolean); }"""
#: Controls that do nothing without scripts.
DEAD = "#search-box, #scheme-toggle, #menu-toggle, [role=tab], .figure-larger, main button"


@pytest.mark.parametrize("width", [1280, 390])
def test_pages_read_without_scripts(site, tab, width) -> None:
    size = {"viewport": {"width": width, "height": 844}}
    with tab(**size) as with_scripts, tab(**size, java_script_enabled=False) as without:
        for name in pages_of(site) if width == 390 else ("index.html", NOTEBOOK):
            expected = with_scripts.open(site / name).evaluate(WORDS)
            page = without.open(site / name)
            assert page.evaluate(WORDS) == expected, f"{name}: text needs scripts"
            assert len(expected) > 100, name
            shown = page.locator("main img:visible").count()
            assert shown == page.locator("main img").count(), f"{name}: images need scripts"
            assert page.locator("#site-menu").is_visible(), f"{name}: the menu needs scripts"
            assert page.locator("#quarto-sidebar").is_visible(), f"{name}: the sidebar needs scripts"
            dead = [control for control in page.locator(DEAD).all() if control.is_visible()]
            assert dead == [], f"{name}: a control is shown that does nothing without scripts"
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name


def test_slides_read_without_scripts(site, tab) -> None:
    for width in (1280, 390):
        with tab(viewport={"width": width, "height": 800}, java_script_enabled=False) as looking:
            page = looking.open(site / "slides.html")
            headings = page.locator("section h1, section h2")
            assert headings.count() >= 12
            assert all(heading.is_visible() for heading in headings.all())
            assert page.locator("img:visible").count() == page.locator("img").count() >= 5
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert not page.locator("aside.notes").first.is_visible()


def test_a_page_prints_whole_and_without_its_controls(site, tab, tmp_path) -> None:
    with tab(color_scheme="dark") as looking:
        page = looking.open(site / "index.html")
        headings = page.locator("main h2, main h3").all_inner_texts()
        page.pdf(path=tmp_path / "page.pdf", format="A4", print_background=True)
        page.emulate_media(media="print")
        settle(page)
        for part in (
            "#quarto-header",
            ".sidebar",
            "#TOC",
            ".page-navigation",
            ".skip-link",
            ".figure-larger",
        ):
            assert not page.locator(part).first.is_visible(), f"{part} is printed"
        page.set_viewport_size({"width": 718, "height": 1000})
        settle(page)
        squashed = """() => [...document.querySelectorAll('main img')].filter(i => {
          const pad = 2 * parseFloat(getComputedStyle(i).paddingLeft);
          const ratio = (i.clientWidth - pad) / (i.clientHeight - pad);
          return Math.abs(ratio / (i.naturalWidth / i.naturalHeight) - 1) > 0.02; }).map(i => i.alt)"""
        assert page.evaluate(squashed) == [], "a chart is squashed in print"
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    printed = [sheet.extract_text() for sheet in pypdf.PdfReader(tmp_path / "page.pdf").pages]
    assert 2 <= len(printed) <= 12
    assert all(len(text.strip()) > 30 for text in printed), "an empty sheet"
    flat = re.sub(r"\s+", "", "".join(printed))
    assert [words for words in headings if re.sub(r"\s+", "", words) not in flat] == []
