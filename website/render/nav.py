"""Navigation of a page as HTML: navbar, sidebar, previous and next."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from website.render.config import Item, Site
from website.render.errors import RenderError
from website.render.load import is_deck
from website.render.source import Page


class Navigation:
    """Finds titles and addresses of navigation entries, once for the whole site."""

    def __init__(self, site: Site, pages: Mapping[str, Page]) -> None:
        self.site, self.pages = site, pages
        for item in self._flat([*site.navbar, *site.sidebar]):
            self.target(item)
        # A deck has no links of its own: who came to it by "next" could go no further
        self.order = [
            item
            for item in self._flat(site.sidebar)
            if item.href in pages and not is_deck(pages[item.href].meta)
        ]

    def _flat(self, items: Sequence[Item]) -> list[Item]:
        found: list[Item] = []
        for item in items:
            found += ([item] if item.href else []) + self._flat(item.contents)
        return found

    def target(self, item: Item) -> str:
        """Finished path of an entry; raises RenderError if nothing stands there."""
        if item.href in self.pages:
            return self.pages[item.href].href
        if item.href in self.site.beside or item.href.startswith(("https://", "http://", "mailto:")):
            return item.href
        if (self.site.root / item.href).is_file() and not item.href.endswith((".qmd", ".ipynb")):
            return item.href
        raise RenderError(
            "page is missing: add it to the render list", file="_quarto.yml", construct=item.href
        )

    def text(self, item: Item) -> str:
        """Text of an entry: its own, else the title of its page."""
        return item.text or (
            str(self.pages[item.href].meta.get("plain-title", "")) if item.href in self.pages else item.href
        )

    def _link(self, item: Item, page: Page, css: str) -> str:
        target = self.target(item)
        if "://" not in target and not target.startswith("mailto:"):
            target = posixpath.relpath(target, posixpath.dirname(page.href) or ".")
        here = item.href == page.path
        current = ' aria-current="page"' if here else ""
        active = " active" if here else ""
        return f'<a class="{css}{active}" href="{escape(target)}"{current}>{escape(self.text(item))}</a>'

    def navbar(self, page: Page) -> str:
        """Links of the navbar as list items."""
        items = self._flat(self.site.navbar)
        return "".join(f'<li class="nav-item">{self._link(item, page, "nav-link")}</li>' for item in items)

    def sidebar(self, page: Page) -> str:
        """Sidebar as nested lists."""
        return self._list(self.site.sidebar, page)

    def _list(self, items: Sequence[Item], page: Page) -> str:
        rows = []
        for item in items:
            head = self._link(item, page, "sidebar-link") if item.href else ""
            if not item.href:
                head = f'<span class="sidebar-heading">{escape(item.text)}</span>'
            inner = self._list(item.contents, page) if item.contents else ""
            rows.append(f'<li class="sidebar-item">{head}{inner}</li>')
        return f'<ul class="sidebar-list">{"".join(rows)}</ul>' if rows else ""

    def around(self, page: Page) -> str:
        """Links to the page before and the page after, in the order of the sidebar."""
        paths = [item.href for item in self.order]
        if page.path not in paths:
            return ""
        at = paths.index(page.path)
        sides = []
        if at > 0:
            sides.append(self._side(self.order[at - 1], page, "previous", "Previous"))
        if at + 1 < len(paths):
            sides.append(self._side(self.order[at + 1], page, "next", "Next"))
        return f'<nav class="page-navigation" aria-label="Previous and next page">{"".join(sides)}</nav>'

    def _side(self, item: Item, page: Page, side: str, word: str) -> str:
        target = posixpath.relpath(self.target(item), posixpath.dirname(page.href) or ".")
        rel = "prev" if side == "previous" else "next"
        return (
            f'<a class="nav-page nav-page-{side}" rel="{rel}" href="{escape(target)}">'
            f'<span class="nav-page-word">{word}</span>'
            f'<span class="nav-page-text">{escape(self.text(item))}</span></a>'
        )

    def brand(self, page: Page) -> str:
        """Site title, after the unit's own logo where one is given."""
        up = posixpath.relpath(".", posixpath.dirname(page.href) or ".")
        logo = ""
        if self.site.logo:
            if not Path(self.site.root, self.site.logo).is_file():
                raise RenderError("logo is missing", file="_quarto.yml", construct=self.site.logo)
            source = posixpath.join(up, self.site.logo)
            logo = f'<img class="navbar-logo" src="{escape(source)}" alt="{escape(self.site.logo_alt)}">'
        home = escape(posixpath.join(up, "index.html") if up != "." else "index.html")
        title = f'<span class="navbar-title">{escape(self.site.title)}</span>'
        return f'<a class="navbar-brand" href="{home}">{logo}{title}</a>'
