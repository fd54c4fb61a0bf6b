"""The fixture site in a real browser, opened from the disk as a reader opens it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.website.cells import make_project
from tests.website.pages.visit import POOR, settle, wait_until
from website.render import render_site

pytestmark = pytest.mark.browser
PAGES = ["index.html", "report/methods.html", "report/notebooks/01_small.html"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_project(tmp_path_factory.mktemp("browser") / "project")
    return render_site(root, root / "_site").output


@pytest.fixture
def looking(tab, site: Path) -> Callable[..., Any]:
    """Return a function that gives a tab whose pages are named within the site."""

    @contextmanager
    def open_tab(**options: Any) -> Iterator[SimpleNamespace]:
        with tab(**options) as opened:
            yield SimpleNamespace(open=lambda name: opened.open(site / name))

    return open_tab


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_no_overflow_no_complaint_no_request(looking, width: int, scheme: str) -> None:
    with looking(viewport={"width": width, "height": 844}, color_scheme=scheme) as tab:
        for name in PAGES:
            page = tab.open(name)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name


def test_wide_table_scrolls_in_its_own_box_and_by_keyboard(looking) -> None:
    with looking(viewport={"width": 390, "height": 844}) as tab:
        page = tab.open("report/methods.html")
        box = page.locator(".table-scroll").first
        assert box.evaluate("b => b.scrollWidth > b.clientWidth")
        assert box.get_attribute("tabindex") == "0"
        assert box.get_attribute("role") == "group"


def test_tabs_by_keyboard(looking) -> None:
    with looking() as tab:
        page = tab.open("index.html")
        tabs, panes = page.get_by_role("tab"), page.locator(".tab-pane")
        tabs.nth(0).focus()
        assert [panes.nth(i).is_visible() for i in range(3)] == [True, False, False]
        page.keyboard.press("ArrowRight")
        assert [panes.nth(i).is_visible() for i in range(3)] == [False, True, False]
        assert tabs.nth(1).evaluate("t => t === document.activeElement")
        assert tabs.nth(1).get_attribute("aria-selected") == "true"
        page.keyboard.press("End")
        assert panes.nth(2).is_visible()
        page.keyboard.press("ArrowRight")
        assert panes.nth(0).is_visible()


def test_callout_and_code_open_by_keyboard(looking) -> None:
    with looking() as tab:
        page = tab.open("index.html")
        inside = page.get_by_text("is not in these data")
        assert not inside.is_visible()
        page.locator("summary.callout-header").focus()
        page.keyboard.press("Enter")
        assert inside.is_visible()
        page = tab.open("report/notebooks/01_small.html")
        fold = page.locator("details.code-fold").first
        assert not fold.locator("pre").is_visible()
        fold.locator("summary").focus()
        page.keyboard.press("Space")
        assert fold.locator("pre").is_visible()


def test_scheme_follows_the_system_then_the_reader(looking) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    with looking(color_scheme="dark") as tab:
        page = tab.open("index.html")
        assert page.evaluate(ground) == "rgb(21, 20, 18)"
        page.locator("#scheme-toggle").focus()
        page.keyboard.press("Enter")
        assert page.evaluate(ground) == "rgb(245, 244, 243)"
        assert page.locator("#scheme-toggle").get_attribute("aria-pressed") == "false"
        page.reload()
        assert page.evaluate(ground) == "rgb(245, 244, 243)"


def test_search_by_keyboard(looking) -> None:
    with looking() as tab:
        page = tab.open("report/notebooks/01_small.html")
        page.keyboard.press("/")
        page.keyboard.type("unknown outcomes")
        page.locator("#search-results [role=option]").first.wait_for()
        page.keyboard.press("ArrowDown")
        assert page.locator("#search-box").get_attribute("aria-activedescendant") == "search-result-0"
        page.keyboard.press("Enter")
        page.wait_for_url("**/report/methods.html#sec-unknown")
        page.locator("#search-box").fill("zzzz")
        page.get_by_text("Nothing found").wait_for()
        page.keyboard.press("Escape")
        assert not page.locator("#search-results").is_visible()


def test_menu_on_a_phone(looking) -> None:
    with looking(viewport={"width": 390, "height": 844}) as tab:
        page = tab.open("index.html")
        button = page.locator("#menu-toggle")
        assert not page.locator("#site-menu").is_visible()
        button.focus()
        page.keyboard.press("Enter")
        assert button.get_attribute("aria-expanded") == "true"
        assert page.locator("#site-menu").is_visible()
        assert page.locator("#quarto-sidebar").is_visible()
        assert page.locator("#search-box").is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.keyboard.press("Escape")
        assert not page.locator("#site-menu").is_visible()
        assert button.evaluate("b => b === document.activeElement")


def test_skip_link_comes_first_and_contents_follow(looking) -> None:
    with looking() as tab:
        page = tab.open("index.html")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip-link"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "quarto-document-content"
        page.evaluate("window.scrollTo({top: document.body.scrollHeight, behavior: 'instant'})")
        wait_until(page, "document.querySelector('#TOC a.active')?.innerText === 'A shared passage'")
        assert page.locator("#TOC a.active").count() == 1


def test_page_reads_without_scripts(looking) -> None:
    with looking(java_script_enabled=False, viewport={"width": 390, "height": 844}) as tab:
        page = tab.open("index.html")
        assert page.locator("#site-menu").is_visible()
        assert page.get_by_text("Long waits are missed most.").is_visible()
        assert page.locator(".tab-heading").first.is_visible()
        assert not page.locator("#scheme-toggle").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_contrast_is_aa(looking, scheme: str) -> None:
    with looking(color_scheme=scheme) as tab:
        for name in PAGES:
            page = tab.open(name)
            page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            settle(page)
            assert page.evaluate(POOR, "#ffffff")["poor"] == [], name


def test_deck_moves_by_arrows_and_every_slide_fits(looking) -> None:
    with looking(viewport={"width": 1280, "height": 720}) as tab:
        page = tab.open("slides.html")
        wait_until(page, "window.Reveal && Reveal.isReady()")
        total = page.evaluate("Reveal.getTotalSlides()")
        seen = set()
        for _ in range(40):
            seen.add(page.evaluate("Reveal.getSlidePastCount()"))
            low = page.evaluate(
                """() => Math.max(0, ...Array.from(document.querySelectorAll(
                  '.slides section.present:not(.stack) *:not(aside)')).filter(e => e.offsetHeight)
                  .map(e => e.getBoundingClientRect().bottom))"""
            )
            wide = page.evaluate(
                """() => Math.max(0, ...Array.from(document.querySelectorAll(
                  '.slides section.present:not(.stack) *')).map(e => e.getBoundingClientRect().right))"""
            )
            top = page.locator(".reveal > .footer").bounding_box()["y"]
            assert low <= top, f"slide runs into the footer: {low} > {top}"
            assert wide <= 1280
            if page.evaluate("Reveal.isLastSlide() && !Reveal.availableFragments().next"):
                break
            page.keyboard.press("ArrowRight")
            settle(page)
        assert len(seen) == total == 7
        footer = page.locator(".reveal > .footer")
        assert footer.bounding_box()["width"] == 1280
        assert footer.evaluate("f => getComputedStyle(f).fontSize") == "18px"
        assert footer.evaluate("f => getComputedStyle(f).color") == "rgb(249, 191, 7)"


def test_speaker_view_opens(looking) -> None:
    with looking() as tab:
        page = tab.open("slides.html")
        wait_until(page, "window.Reveal && Reveal.isReady()")
        page.keyboard.press("ArrowRight")
        with page.expect_popup() as popup:
            page.keyboard.press("s")
        view = popup.value
        view.get_by_text("Say that the input is simulated.").wait_for()
