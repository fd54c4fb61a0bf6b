"""The content security policy in a real browser, from disk and server: all works, nothing else does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.website.cells import make_project
from tests.website.pages.visit import new_context, serve, settle, wait_until
from website.render import render_site

pytestmark = pytest.mark.browser
PAGES = ["index.html", "report/methods.html", "report/notebooks/01_small.html", "slides.html"]
LISTEN = """window.violations = [];
document.addEventListener('securitypolicyviolation', e => window.violations.push(e.effectiveDirective));"""
#: What could get into a page if every other guard failed, and what it would do.
INJECTED = """
<script>window.ran = 'inline';</script>
<script src="https://evil.example/x.js"></script>
<img src="https://evil.example/x.png" alt="">
<img src="missing.png" alt="" onerror="window.ran = 'handler'">
<a id="click" href="javascript:window.ran = 'address'">x</a>
<link rel="stylesheet" href="https://evil.example/x.css">
<iframe src="https://evil.example/"></iframe>
<object data="https://evil.example/x.swf"></object>
<base href="https://evil.example/">
<form action="https://evil.example/" id="form"><button id="send">x</button></form>
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_project(tmp_path_factory.mktemp("policy") / "project")
    return render_site(root, root / "_site").output


@pytest.fixture(scope="module", params=["file", "http"])
def base(request: pytest.FixtureRequest, site: Path) -> Iterator[str]:
    """Where the site stands: on the disk, or on a server."""
    if request.param == "file":
        yield site.as_uri() + "/"
        return
    with serve(site) as address:
        yield address


class Visit:
    """A page that notes complaints, violations and requests that leave the site."""

    def __init__(self, browser: Any, base: str) -> None:
        self.context, self.base = new_context(browser), base
        self.context.add_init_script(LISTEN)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.away: list[str] = []
        self.page.on("console", lambda m: m.type in ("error", "warning") and self.complaints.append(m.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.context.on("request", self._asked)

    def _asked(self, request: Any) -> None:
        if not request.url.startswith((self.base, "data:", "about:")):
            self.away.append(request.url)

    def open(self, name: str) -> Any:
        self.page.goto(self.base + name)
        settle(self.page)
        return self.page

    def __enter__(self) -> Visit:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()

    def assert_clean(self) -> None:
        assert (self.complaints, self.away, self.page.evaluate("window.violations")) == ([], [], [])


@pytest.fixture
def visit(chromium: Any, base: str) -> Callable[[], Visit]:
    return lambda: Visit(chromium, base)


@pytest.mark.parametrize("name", PAGES)
def test_no_page_breaks_its_own_policy(visit: Callable[[], Visit], name: str) -> None:
    with visit() as tab:
        page = tab.open(name)
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        page.emulate_media(media="print")
        page.emulate_media(media="screen", color_scheme="dark")
        wait_until(page, "[...document.images].every(i => i.complete && i.naturalWidth > 0)")
        tab.assert_clean()


def test_search_tabs_scheme_and_folds_work_under_it(visit: Callable[[], Visit]) -> None:
    with visit() as tab:
        page = tab.open("index.html")
        ground = "getComputedStyle(document.body).backgroundColor"
        before = page.evaluate(ground)
        page.locator("#scheme-toggle").click()
        assert page.evaluate(ground) != before
        page.get_by_role("tab").nth(1).click()
        assert [page.locator(".tab-pane").nth(i).is_visible() for i in range(2)] == [False, True]
        page.locator("#search-box").fill("unknown outcomes")
        page.locator("#search-results [role=option] a").first.click()
        page.wait_for_url("**/report/methods.html#sec-unknown")
        right = page.locator("td[style*='right']").first
        assert right.evaluate("c => getComputedStyle(c).textAlign") == "right"
        page = tab.open("report/notebooks/01_small.html")
        page.locator("details.code-fold summary").first.click()
        assert page.locator("details.code-fold pre").first.is_visible()
        tab.assert_clean()


def test_deck_speaker_view_and_print_work_under_it(visit: Callable[[], Visit]) -> None:
    with visit() as tab:
        page = tab.open("slides.html")
        wait_until(page, "window.Reveal && Reveal.isReady()")
        page.keyboard.press("ArrowRight")
        with page.expect_popup() as popup:
            page.keyboard.press("s")
        complaints: list[str] = []
        popup.value.on("console", lambda m: m.type == "error" and complaints.append(m.text))
        popup.value.get_by_text("Say that the input is simulated.").wait_for()
        frame = popup.value.frame_locator("#current-slide iframe")
        frame.locator(".slides section.present").first.wait_for()
        assert complaints == []
        tab.assert_clean()
        page = tab.open("slides.html?print-pdf")
        wait_until(page, "document.querySelectorAll('.pdf-page').length === 7")
        tab.assert_clean()


@pytest.mark.parametrize("name", ["index.html", "slides.html"])
def test_what_gets_into_a_page_does_not_run_or_load(
    visit: Callable[[], Visit], site: Path, name: str
) -> None:
    html = (site / name).read_text(encoding="utf-8")
    hostile = site / f"hostile-{name}"
    hostile.write_text(re.sub(r"(<body[^>]*>)", lambda m: m[1] + INJECTED, html, count=1), encoding="utf-8")
    with visit() as tab:
        page = tab.open(hostile.name)
        page.evaluate("document.getElementById('click').click()")
        page.evaluate("document.getElementById('send').click()")
        wait_until(
            page,
            """() => ['script-src-elem', 'script-src-attr', 'img-src', 'style-src-elem', 'form-action']
              .every(broken => window.violations.includes(broken)) &&
              ['base-uri', 'object-src'].some(broken => window.violations.includes(broken))""",
        )
        settle(page)
        assert page.evaluate("window.ran") is None
        assert page.url.startswith(tab.base)
        # Chromium tells of requests that the policy stopped; none of them got an answer
        answered = "e => e.name.includes('evil') && e.responseStatus"
        assert page.evaluate(f"performance.getEntriesByType('resource').filter({answered})") == []
    hostile.unlink()


def test_the_same_page_without_a_policy_would_be_taken_over(visit: Callable[[], Visit], site: Path) -> None:
    html = (site / "index.html").read_text(encoding="utf-8")
    bare = site / "bare.html"
    html = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", html)
    bare.write_text(html.replace("</main>", "<script>window.ran = 'inline';</script></main>"))
    with visit() as tab:
        assert tab.open("bare.html").evaluate("window.ran") == "inline"
    bare.unlink()
