"""The pages of the report read and converted once, for all the files that are made of them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from html import escape, unescape
from pathlib import Path

from website.render.compose import convert, finish_body, plain
from website.render.config import Item, Site, load_site
from website.render.links import Links
from website.render.load import Loader, is_deck
from website.render.source import Line, Page

FOLDER = "report/takeaway"
# The page that leads to the files is in none of them; the dictionary is in the workbook alone
APART = ("report/downloads.qmd", "report/dictionary.qmd")
OUTSIDE = "take-away"  # identifier of a section that leads to the files, and is in none of them
_OPENED = re.compile(r"^## .*\{#" + OUTSIDE + r"\}\s*$")
_TAG = re.compile(r"<[a-z][^<>]*>")
_NAMES = re.compile(r'(\s(?:id|for|headers|aria-labelledby|aria-controls|aria-describedby)=")([^"]*)"')
_LINK = re.compile(r'<a\b[^>]*?\shref="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
_IMAGE = re.compile(r'(<img\b[^>]*?\ssrc=")([^":]+)(?=")')
_WEB = re.compile(r"^(?:https?|mailto):", re.IGNORECASE)


@dataclass
class Gathered:
    """What the files to take away are made from.

    ``pages`` and ``parts`` are by source path: the site's pages in order, then the decks; ``parts`` as
    `render.pandoc.run_pandoc` gives them.
    """

    site: Site
    pages: dict[str, Page]
    parts: dict[str, dict[str, str]]
    assets: dict[str, bytes] = field(default_factory=dict)

    def read(self, name: str) -> bytes:
        """Bytes of an image, by its path in the site."""
        name = name.lstrip("/")
        return self.assets[name] if name in self.assets else (self.site.root / name).read_bytes()

    @property
    def texts(self) -> list[str]:
        """Source paths of the pages that are no deck, in the order of the site's sidebar."""
        order = list(_listed(self.site.sidebar))
        texts = [path for path, page in self.pages.items() if not is_deck(page.meta)]
        return sorted(texts, key=lambda path: order.index(path) if path in order else len(order))

    @property
    def decks(self) -> dict[str, str]:
        """Source paths of the decks, each with its name in the sidebar, or else its title."""
        names = _listed(self.site.sidebar)
        decks = {path: page.meta for path, page in self.pages.items() if is_deck(page.meta)}
        return {path: names.get(path) or str(meta["title"]) for path, meta in decks.items()}


@dataclass(frozen=True)
class Chapter:
    """One page as a part of a longer text: its anchors and links are those of the whole.

    Its title is the page's name in the sidebar, if it has one there.
    """

    key: str
    title: str
    html: str
    toc: str


@dataclass(frozen=True)
class Joined:
    """All pages as one text: its chapters, and what stands around them, by part of the first page."""

    chapters: list[Chapter]
    around: dict[str, str]


def _listed(items: Iterable[Item]) -> dict[str, str]:
    """Page and its name for each entry of the sidebar, in order."""
    found: dict[str, str] = {}
    for item in items:
        found |= {item.href: item.text} if item.href else {}
        found |= _listed(item.contents)
    return found


def gather(root: Path, *, workers: int = 2) -> Gathered:
    """Read and convert every page but those apart.

    Raises
    ------
    website.render.RenderError
        At anything that would stop the site as well.
    """
    site = load_site(root)
    loader = Loader(site)
    pages = {path: loader.load(path) for path in site.pages if path not in APART}
    for page in pages.values():
        page.lines = list(_without_links_to_files(page.lines))
    with ThreadPoolExecutor(max_workers=max(1, workers)) as pool:
        parts = dict(zip(pages, pool.map(lambda page: convert(site, page), pages.values()), strict=True))
    assets = {name: data for page in pages.values() for name, data in page.assets.items()}
    return Gathered(site, pages, parts, assets)


def _without_links_to_files(lines: list[Line]) -> Iterator[Line]:
    """Leave out the section named `OUTSIDE`: a file says nothing of its own size."""
    left_out = False
    for line in lines:
        if not line.verbatim and line.text.startswith("## "):
            left_out = bool(_OPENED.match(line.text))
        if not left_out:
            yield line


def join(gathered: Gathered) -> Joined:
    """Every page as a chapter of one text.

    Anchors get the chapter's key in front, links between pages lead to chapters, and a link to a file that
    is not in the text (a table, the deck) becomes its words. Images are addressed from the site's root.
    """
    hrefs = {path: page.href for path, page in gathered.pages.items()}
    apart = {path: f"{posixpath.splitext(path)[0]}.html" for path in APART}
    links = Links(gathered.site.root, hrefs | apart, set(gathered.assets))
    keys = {hrefs[path]: f"p{number}" for number, path in enumerate(gathered.texts, 1)}
    names = _listed(gathered.site.sidebar)
    chapters = []
    for path in gathered.texts:
        page, parts = gathered.pages[path], gathered.parts[path]
        title = escape(names.get(path, "")) or plain(parts["title"])
        body, toc = (_fit(html, page, keys) for html in (finish_body(parts, page, links), parts["toc"]))
        chapters.append(Chapter(keys[page.href], title, body, toc))
    first = gathered.pages[gathered.texts[0]]
    around = {
        part: _fit(links.rewrite(html, first, ""), first, keys)
        for part, html in gathered.parts[first.path].items()
        if part in ("title", "description", "header", "footer", "foot")
    }
    return Joined(chapters, around)


def _fit(html: str, page: Page, keys: dict[str, str]) -> str:
    """A piece of a page with the anchors, links and addresses that it has in the whole."""
    key, folder = keys[page.href], posixpath.dirname(page.href)

    def rename(tag: re.Match[str]) -> str:
        return _NAMES.sub(lambda m: m[1] + " ".join(f"{key}-{name}" for name in m[2].split()) + '"', tag[0])

    def link(match: re.Match[str]) -> str:
        address = unescape(match[1])
        if _WEB.match(address):
            return match[0]
        file, _, anchor = address.partition("#")
        target = posixpath.normpath(posixpath.join(folder, file)) if file else page.href
        if target not in keys:
            return f'<span class="file">{match[2]}</span>'
        there = escape(keys[target] + (f"-{anchor}" if anchor else ""), quote=True)
        return match[0].replace(f'href="{match[1]}"', f'href="#{there}"', 1)

    def place(image: re.Match[str]) -> str:
        return f"{image[1]}/{posixpath.normpath(posixpath.join(folder, image[2]))}"

    return _IMAGE.sub(place, _LINK.sub(link, _TAG.sub(rename, html)))
