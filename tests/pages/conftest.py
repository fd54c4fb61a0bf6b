"""A browser for the published report: tabs that note every complaint, and what each page looks like."""

from __future__ import annotations

import ctypes.util
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

#: What the tests look for; the first that is there is used.
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


class Tab:
    """A page in a context of its own, which notes complaints and requests that fail or go out."""

    def __init__(self, browser: Any, **options: Any) -> None:
        self.context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("requestfailed", lambda request: self.complaints.append(f"no {request.url[:100]}"))
        self.page.on("request", self._asked)

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _asked(self, request: Any) -> None:
        if not request.url.startswith(("file:", "data:", "blob:")):
            self.complaints.append(f"request to {request.url}")

    def open(self, path: Path, query: str = "") -> Any:
        """Open a file as a reader does, from the disk."""
        self.page.goto(path.as_uri() + query)
        return self.page

    def __enter__(self) -> Tab:
        return self

    def __exit__(self, *error: object) -> None:
        self.context.close()
        if error[0] is None:
            assert self.complaints == []


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Debian's Chromium, or Chrome; skipped loudly where it or what its driver needs is not there."""
    playwright = pytest.importorskip("playwright.sync_api", reason="NOT CHECKED: pages need playwright")
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip("NOT CHECKED: pages in a browser need Chromium (apt-get install chromium)")
    if sys.platform == "linux" and not ctypes.util.find_library("atomic"):
        pytest.skip("NOT CHECKED: the browser's driver needs libatomic (apt-get install libatomic1)")
    with playwright.sync_playwright() as p:
        opened = p.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def tab(chromium: Any) -> Callable[..., Tab]:
    """Return a function that opens a Tab; its options are those of a browser context."""
    return lambda **options: Tab(chromium, **options)
