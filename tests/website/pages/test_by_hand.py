"""The published report worked by mouse and by keyboard: every control, as a reader uses it."""

from __future__ import annotations

import pytest

from tests.conftest import SLOW
from tests.website.pages.conftest import pages_of
from tests.website.pages.visit import settle, wait_until

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 390, "height": 844}}
NOTEBOOK = "report/notebooks/02_missed_appointments.html"
KINDS = ("index.html", NOTEBOOK, "report/methods.html")  # of page: all are made by one template
PAPER, NIGHT = "rgb(245, 244, 243)", "rgb(21, 20, 18)"
GROUND = "getComputedStyle(document.body).backgroundColor"
#: Two ways to work a control.
WAYS = {"mouse": lambda control: control.click(), "keyboard": lambda control: control.press("Enter")}
ways = pytest.mark.parametrize("way", WAYS)


def some_of(site):
    """A page of each kind; under make test-all, every page."""
    return pages_of(site) if SLOW else KINDS


def test_skip_link_comes_first_and_leads_to_the_content(site, tab) -> None:
    with tab() as looking:
        for name in some_of(site):
            page = looking.open(site / name)
            page.keyboard.press("Tab")
            link = page.locator(":focus")
            assert link.get_attribute("class") == "skip-link", f"{name}: the first stop is no skip link"
            wait_until(page, "document.activeElement.getBoundingClientRect().top >= 0")
            page.keyboard.press("Enter")
            assert page.evaluate("document.activeElement.tagName") == "MAIN", f"{name}: it leads elsewhere"


def test_no_stop_of_the_keyboard_hides_under_the_header(site, tab) -> None:
    # WCAG 2.2 AA, 2.4.11: backwards from the end, where a browser scrolls a link to the top of the window
    covered = """() => { const e = document.activeElement, b = e.getBoundingClientRect();
      const bar = document.querySelector('.navbar').getBoundingClientRect();
      const hidden = b.bottom <= bar.bottom || b.top >= innerHeight;
      return hidden && !e.closest('.navbar, .skip-link') ? e.outerHTML : ''; }"""
    with tab(reduced_motion="reduce") as looking:
        page = looking.open(site / NOTEBOOK)
        page.locator("footer a, .page-navigation a, main a").last.focus()
        for _ in range(60):
            page.keyboard.press("Shift+Tab")
            assert page.evaluate(covered) == "", "scroll-padding-top is too small"


@ways
def test_chosen_scheme_is_remembered_over_pages(site, tab, way) -> None:
    with tab(color_scheme="light") as looking:
        page = looking.open(site / "index.html")
        light = page.evaluate(GROUND)
        WAYS[way](page.get_by_role("button", name="Dark colours"))
        assert (light, page.evaluate(GROUND)) == (PAPER, NIGHT)
        for name in some_of(site):
            looking.open(site / name)
            assert page.evaluate(GROUND) == NIGHT, f"{name} forgets the reader's choice"
        WAYS[way](page.get_by_role("button", name="Dark colours"))
        looking.open(site / "index.html")
        assert page.evaluate(GROUND) == light


def test_charts_lie_on_a_light_card_in_the_dark(site, tab) -> None:
    with tab(color_scheme="dark") as looking:
        image = looking.open(site / "index.html").locator("figure img").first
        style = image.evaluate(
            "i => { const s = getComputedStyle(i); return [s.backgroundColor, s.paddingLeft]; }"
        )
        assert style[0] == PAPER
        assert float(style[1].removesuffix("px")) >= 8


@ways
def test_code_folds_open_and_close(site, tab, way) -> None:
    with tab() as looking:
        page = looking.open(site / NOTEBOOK)
        folds = page.locator("details.code-fold")
        assert folds.count() >= 5
        code = folds.first.locator("pre")
        assert not code.is_visible()
        WAYS[way](folds.first.locator("summary"))
        assert code.is_visible()
        WAYS[way](folds.first.locator("summary"))
        assert not code.is_visible()


@ways
def test_search_finds_telephone_and_leads_to_it(site, tab, way) -> None:
    with tab() as looking:
        page = looking.open(site / "report/glossary.html")
        if way == "mouse":
            page.locator("#search-box").click()
        else:
            page.keyboard.press("/")
        page.keyboard.type("Telephone")
        hits = page.locator("#search-results [role=option]")
        hits.first.wait_for()
        assert "telephone" in hits.first.inner_text().lower()
        start = page.url
        if way == "mouse":
            hits.first.locator("a").click()
        else:
            page.keyboard.press("ArrowDown")
            page.keyboard.press("Enter")
        page.wait_for_url(lambda url: url != start)
        assert "telephone" in page.locator("main").inner_text().lower()
        anchor = page.evaluate("location.hash.slice(1)")
        assert not anchor or page.locator(f"[id='{anchor}']").count() == 1


@ways
def test_menu_opens_the_navigation_on_a_phone(site, tab, way) -> None:
    with tab(**PHONE) as looking:
        for name in some_of(site):
            page = looking.open(site / name)
            assert not page.locator("#quarto-sidebar").is_visible(), f"{name}: the menu starts open"
            assert not page.locator("details.toc-small[open]").count(), f"{name}: contents start open"
        button = page.get_by_role("button", name="Menu")
        WAYS[way](button)
        assert button.get_attribute("aria-expanded") == "true"
        link = page.locator("#quarto-sidebar").get_by_role("link", name="Glossary")
        assert link.is_visible()
        WAYS[way](link)
        page.wait_for_url("**/report/glossary.html")
        page = looking.open(site / NOTEBOOK)
        WAYS[way](page.locator("details.toc-small summary"))
        assert page.locator("details.toc-small[open] a").first.is_visible()


@ways
def test_a_chart_is_made_larger_on_a_phone(site, tab, way) -> None:
    with tab(**PHONE) as looking:
        page = looking.open(site / "index.html")
        button, box = (
            page.get_by_role("button", name="Larger chart, Figure 1"),
            page.locator(".figure-box").first,
        )
        assert box.locator("img").bounding_box()["width"] <= 390
        WAYS[way](button)
        settle(page)
        assert button.get_attribute("aria-pressed") == "true"
        assert box.locator("img").bounding_box()["width"] >= 640
        assert box.get_attribute("tabindex") == "0", "the keyboard does not reach what scrolls sideways"
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        WAYS[way](button)
        settle(page)
        assert box.locator("img").bounding_box()["width"] <= 390
    with tab() as looking:
        page = looking.open(site / "index.html")
        assert not page.locator(".figure-larger").first.is_visible()


def test_buttons_are_large_enough_for_a_thumb(site, tab) -> None:
    # WCAG 2.2 AA, 2.5.8: 24 px at least
    with tab(**PHONE) as looking:
        page = looking.open(site / "index.html")
        page.get_by_role("button", name="Menu").click()
        settle(page)
        for spot in page.locator("button:visible, #site-menu a, #quarto-sidebar a, summary:visible").all():
            box = spot.bounding_box()
            assert min(box["width"], box["height"]) >= 24, f"{spot.inner_text()!r} is under 24 px"


def test_next_and_previous_walk_through_all_pages(site, tab) -> None:
    with tab() as looking:
        page = looking.open(site / "index.html")

        def walk(rel):
            names = [page.url]
            while page.locator(f"a[rel={rel}]").count():
                page.locator(f"a[rel={rel}]").press("Enter")
                page.wait_for_url(lambda url: url != names[-1])
                names.append(page.url)
                assert len(names) <= len(pages_of(site)), "the walk does not end"
            return names

        there = walk("next")
        back = walk("prev")
    assert sorted(there) == sorted((site / name).as_uri() for name in pages_of(site))
    assert back == there[::-1]


def test_nothing_moves_for_a_reader_who_wants_no_motion(site, tab) -> None:
    moving = """() => [...document.querySelectorAll('*')].filter(e => { const s = getComputedStyle(e);
      const seconds = parseFloat(s.transitionDuration) + parseFloat(s.animationDuration);
      return s.scrollBehavior === 'smooth' || seconds; })
      .map(e => e.outerHTML.slice(0, 60))"""
    with tab(reduced_motion="reduce") as looking:
        assert looking.open(site / NOTEBOOK).evaluate(moving) == []
        page = looking.open(site / "slides.html")
        wait_until(page, "window.Reveal && Reveal.isReady()")
        settle(page)
        assert page.evaluate(moving) == []
