"""Addresses in finished pages: made relative, checked, and the files behind them collected."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Container, Mapping
from html import escape, unescape
from pathlib import Path
from urllib.parse import quote, unquote

from website.render.source import Page

_ADDRESS = re.compile(
    r'(?P<before><(?P<tag>[a-z]+)\b[^>]*?\s(?P<name>href|src|data-background-image)=")(?P<value>[^"]*)(?=")'
)
_IMAGES = (".png", ".jpg", ".jpeg", ".svg", ".gif", ".webp")
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*:|^//", re.IGNORECASE)


class Links:
    """Rewrites the addresses of a site's pages.

    Parameters
    ----------
    root
        Project root.
    pages
        Source path to finished path, for every page of the site.
    made
        Paths of files that the build makes itself (figures of notebooks).
    beside
        Addresses outside the site that pages may link to.

    Attributes
    ----------
    files
        Project files that pages link to: they must be copied beside the pages.
    anchors
        (page, target page, anchor) to check once every page is finished.
    """

    def __init__(
        self, root: Path, pages: Mapping[str, str], made: Container[str], beside: Container[str] = ()
    ) -> None:
        self.root, self.pages, self.made, self.beside = root, pages, made, beside
        self.files: set[str] = set()
        self.anchors: list[tuple[Page, str, str]] = []

    def rewrite(self, html: str, page: Page, base: str | None = None) -> str:
        """Make every local address relative to `page`.

        `base` is the folder that addresses without a leading slash start from; the page's own
        by default. Raises RenderError for a broken link and for a remote image.
        """
        start = posixpath.dirname(page.path) if base is None else base

        def replace(match: re.Match[str]) -> str:
            value = self.resolve(unescape(match["value"]), page, start, loads=match["name"] != "href")
            return match["before"] + escape(value, quote=True)

        return _ADDRESS.sub(replace, html)

    def resolve(self, address: str, page: Page, start: str, *, loads: bool) -> str:
        """One address as it must stand in `page`."""
        if _SCHEME.match(address):
            scheme = address.split(":")[0].lower()
            if loads and not address.startswith("data:image/"):
                raise page.error("a page makes no request: save the file in the project", address)
            if not loads and scheme not in ("http", "https", "mailto"):
                raise page.error("not an address to link to", address)
            return address
        path, mark, anchor = address.partition("#")
        if not path:
            self.anchors.append((page, page.href, anchor))
            return address
        path, query, rest = unquote(path).partition("?")
        joined = path[1:] if path.startswith("/") else posixpath.join(start, path)
        target = posixpath.normpath(joined)
        if target in self.beside and not loads:
            return address
        if target == ".." or target.startswith("../") or posixpath.isabs(target):
            raise page.error("points outside the project", address)
        href = self._find(target, page, address)
        if loads and not href.lower().endswith(_IMAGES):
            raise page.error("not an image: PNG, JPEG, SVG, GIF or WebP", address)
        if anchor and href.endswith(".html"):
            self.anchors.append((page, href, anchor))
        relative = posixpath.relpath(href, posixpath.dirname(page.href) or ".")
        return quote(relative, safe="/.-_~()") + query + rest + mark + anchor

    def _find(self, target: str, page: Page, address: str) -> str:
        if target in self.pages:
            return self.pages[target]
        if target in self.pages.values() or target in self.made:
            return target
        file = self.root / target
        if file.is_file() and file.suffix not in (".qmd", ".py", ".ipynb"):
            self.files.add(target)
            return target
        raise page.error("broken link: no such page in the render list, and no such file", address)

    def check_anchors(self, known: Mapping[str, Container[str]]) -> None:
        """Raise RenderError at the first link to an anchor that its page does not have."""
        for page, href, anchor in self.anchors:
            if anchor and href in known and anchor not in known[href] and not anchor.startswith("/"):
                raise page.error(f"broken link: {href} has no such anchor", f"#{anchor}")
