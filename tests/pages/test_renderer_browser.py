"""The fixture site in a real browser, opened from the disk as a reader opens it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from analysis_lib.publish.render import render_site

sys.path.insert(0, str(Path(__file__).parents[1] / "publish"))
from cells import make_project  # noqa: E402

pytestmark = pytest.mark.browser
PAGES = ["index.html", "report/methods.html", "report/notebooks/01_small.html"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_project(tmp_path_factory.mktemp("browser") / "project")
    return render_site(root, root / "_site").output


@pytest.fixture(scope="module")
def browser(chromium) -> object:
    return chromium


class Tab:
    """A page that notes every complaint of the console and every request."""

    def __init__(self, browser, site: Path, **options) -> None:
        self.context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        self.page = self.context.new_page()
        self.site = site
        self.complaints: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._note)

    def _note(self, request) -> None:
        if not request.url.startswith(("file:", "data:")):
            self.complaints.append(f"request to {request.url}")

    def open(self, name: str):
        self.page.goto((self.site / name).as_uri())
        return self.page

    def __enter__(self) -> Tab:
        return self

    def __exit__(self, *error) -> None:
        self.context.close()
        if error[0] is None:
            assert self.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_no_overflow_no_complaint_no_request(browser, site: Path, width: int, scheme: str) -> None:
    with Tab(browser, site, viewport={"width": width, "height": 844}, color_scheme=scheme) as tab:
        for name in PAGES:
            page = tab.open(name)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name


def test_wide_table_scrolls_in_its_own_box_and_by_keyboard(browser, site: Path) -> None:
    with Tab(browser, site, viewport={"width": 390, "height": 844}) as tab:
        page = tab.open("report/methods.html")
        box = page.locator(".table-scroll").first
        assert box.evaluate("b => b.scrollWidth > b.clientWidth")
        assert box.get_attribute("tabindex") == "0"
        assert box.get_attribute("role") == "region"


def test_tabs_by_keyboard(browser, site: Path) -> None:
    with Tab(browser, site) as tab:
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


def test_callout_and_code_open_by_keyboard(browser, site: Path) -> None:
    with Tab(browser, site) as tab:
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


def test_scheme_follows_the_system_then_the_reader(browser, site: Path) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    with Tab(browser, site, color_scheme="dark") as tab:
        page = tab.open("index.html")
        assert page.evaluate(ground) == "rgb(21, 20, 18)"
        page.locator("#scheme-toggle").focus()
        page.keyboard.press("Enter")
        assert page.evaluate(ground) == "rgb(245, 244, 243)"
        assert page.locator("#scheme-toggle").get_attribute("aria-pressed") == "false"
        page.reload()
        assert page.evaluate(ground) == "rgb(245, 244, 243)"


def test_search_by_keyboard(browser, site: Path) -> None:
    with Tab(browser, site) as tab:
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


def test_menu_on_a_phone(browser, site: Path) -> None:
    with Tab(browser, site, viewport={"width": 390, "height": 844}) as tab:
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


def test_skip_link_comes_first_and_contents_follow(browser, site: Path) -> None:
    with Tab(browser, site) as tab:
        page = tab.open("index.html")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip-link"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "quarto-document-content"
        page.evaluate("window.scrollTo({top: document.body.scrollHeight, behavior: 'instant'})")
        page.wait_for_function("document.querySelector('#TOC a.active')?.innerText === 'A shared passage'")
        assert page.locator("#TOC a.active").count() == 1


def test_page_reads_without_scripts(browser, site: Path) -> None:
    with Tab(browser, site, java_script_enabled=False, viewport={"width": 390, "height": 844}) as tab:
        page = tab.open("index.html")
        assert page.locator("#site-menu").is_visible()
        assert page.get_by_text("Long waits are missed most.").is_visible()
        assert page.locator(".tab-heading").first.is_visible()
        assert not page.locator("#scheme-toggle").is_visible()


CONTRAST = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgba = c => { canvas.clearRect(0,0,1,1); canvas.fillStyle = c; canvas.fillRect(0,0,1,1);
    return Array.from(canvas.getImageData(0,0,1,1).data); };
  const part = x => { x /= 255; return x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4; };
  const light = c => .2126 * part(c[0]) + .7152 * part(c[1]) + .0722 * part(c[2]);
  const ground = e => { for (; e; e = e.parentElement) { const c = rgba(getComputedStyle(e).backgroundColor);
    if (c[3] === 255) return c; } return [255,255,255,255]; };
  const poor = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement, style = getComputedStyle(e);
    const text = walk.currentNode.textContent.trim();
    if (!text || !e.getClientRects().length || style.visibility === 'hidden') continue;
    const a = light(rgba(style.color)), b = light(ground(e));
    const ratio = (Math.max(a,b) + .05) / (Math.min(a,b) + .05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 600);
    if (ratio < (large ? 3 : 4.5)) poor.push([text.slice(0, 30), e.className, ratio]);
  }
  return poor;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_contrast_is_aa(browser, site: Path, scheme: str) -> None:
    with Tab(browser, site, color_scheme=scheme) as tab:
        for name in PAGES:
            page = tab.open(name)
            page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            assert page.evaluate(CONTRAST) == [], name


def test_deck_moves_by_arrows_and_every_slide_fits(browser, site: Path) -> None:
    with Tab(browser, site, viewport={"width": 1280, "height": 720}) as tab:
        page = tab.open("slides.html")
        page.wait_for_function("window.Reveal && Reveal.isReady()")
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
        assert len(seen) == total == 7
        footer = page.locator(".reveal > .footer")
        assert footer.bounding_box()["width"] == 1280
        assert footer.evaluate("f => getComputedStyle(f).fontSize") == "18px"
        assert footer.evaluate("f => getComputedStyle(f).color") == "rgb(249, 191, 7)"


def test_speaker_view_opens(browser, site: Path) -> None:
    with Tab(browser, site) as tab:
        page = tab.open("slides.html")
        page.wait_for_function("window.Reveal && Reveal.isReady()")
        page.keyboard.press("ArrowRight")
        with page.expect_popup() as popup:
            page.keyboard.press("s")
        view = popup.value
        view.get_by_text("Say that the input is simulated.").wait_for(timeout=10_000)
