"""A browser for the published report: tabs that note every complaint, and what each page looks like."""

from __future__ import annotations

import ctypes.util
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.website.pages.visit import PATIENCE, new_context, settle, visit_all

#: What the tests look for; the first that is there is used.
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


class Tab:
    """A page in a context of its own, which notes complaints and requests that fail or go out."""

    def __init__(self, browser: Any, *, server: str = "file:", **options: Any) -> None:
        self.server, self.scripts = server, options.get("java_script_enabled", True)
        self.context = new_context(browser, **{"viewport": {"width": 1280, "height": 900}, **options})
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.waiting: set[Any] = set()  # requests without an answer
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._asked)
        self.page.on("requestfinished", lambda request: self.waiting.discard(request))
        self.page.on("requestfailed", self._refused)

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _asked(self, request: Any) -> None:
        self.waiting.add(request)
        if not request.url.startswith((self.server, "data:", "blob:")):
            self.complaints.append(f"request to {request.url}")

    def _refused(self, request: Any) -> None:
        self.waiting.discard(request)
        self.complaints.append(f"no {request.url[:100]}")

    def open(self, path: Path, query: str = "") -> Any:
        """Open a file as a reader does, from the disk, and wait until it is drawn."""
        self.wait_for_answers()  # of the page before
        self.page.goto(path.as_uri() + query)
        if self.scripts:  # without them nothing changes after the page has loaded
            settle(self.page)
        return self.page

    def wait_for_answers(self) -> None:
        """Wait until everything that the page asked for has come, or failed."""
        for _ in range(PATIENCE // 20):
            if not self.waiting:
                return
            self.page.wait_for_timeout(20)
        self.complaints += [f"no answer to {request.url[:100]}" for request in self.waiting]

    def __enter__(self) -> Tab:
        return self

    def __exit__(self, *error: object) -> None:
        if error[0] is None:
            self.wait_for_answers()
        self.context.close()
        if error[0] is None:
            assert self.complaints == []


@contextmanager
def browse() -> Iterator[Callable[..., Tab]]:
    """A browser of its own; gives a function that opens a Tab. Its options are those of a context."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as p:
        opened = p.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"], timeout=PATIENCE)
        yield lambda **options: Tab(opened, **options)
        opened.close()


def find_browser() -> str | None:
    """Path of Chromium or Chrome."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@pytest.fixture(scope="session")
def browser_there() -> None:
    """Debian's Chromium, or Chrome; skips loudly where it or what its driver needs is not there."""
    pytest.importorskip("playwright.sync_api", reason="NOT CHECKED: pages need playwright (make setup)")
    if find_browser() is None:
        pytest.skip("NOT CHECKED: pages in a browser need Chromium (apt-get install chromium)")
    if sys.platform == "linux" and not ctypes.util.find_library("atomic"):
        pytest.skip("NOT CHECKED: the browser's driver needs libatomic (apt-get install libatomic1)")


@pytest.fixture(scope="module")
def tab(browser_there: None) -> Iterator[Callable[..., Tab]]:
    """Return a function that opens a Tab; one browser for a module."""
    with browse() as open_tab:
        yield open_tab


@pytest.fixture(scope="module")
def chromium(tab: Callable[..., Tab]) -> Any:
    """The browser of `tab`."""
    with tab() as opened:
        return opened.context.browser


@pytest.fixture(scope="session")
def site(built: Any) -> Path:
    """The published report on appointments and tweets."""
    return built.root / "_site"


@pytest.fixture(scope="session")
def people_site(built_people: Any) -> Path:
    """The published report on a linked population alone."""
    return built_people.root / "_site"


@pytest.fixture(scope="session")
def seen(browser_there: None, site: Path, people_site: Path) -> dict[tuple[str, int, str], Any]:
    """Every page and every slide, light and dark, at a desk and on a phone: what `rules` judges.

    Of the report on people alone, the pages that show them.
    """
    pages = {name: (site / name).as_uri() for name in pages_of(site)}
    shown = ("index.html", "report/notebooks/04_demand_drivers.html")
    pages |= {f"people/{name}": (people_site / name).as_uri() for name in shown}
    decks = {name: site / name for name in decks_of(site)}
    decks |= {f"people/{name}": people_site / name for name in decks_of(people_site)}
    return visit_all(browse, pages, {name: path.as_uri() for name, path in decks.items()})


def pages_of(site: Path) -> list[str]:
    """Every page of a site but its decks, and the whole report in one file, which has no scripts."""
    found = [path.relative_to(site).as_posix() for path in site.rglob("*.html")]
    return sorted(set(found) - {*decks_of(site), "report/takeaway/report.html"})


def decks_of(site: Path) -> list[str]:
    """Every deck of a site."""
    return sorted(path.name for path in site.glob("*slides.html"))
