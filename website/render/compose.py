"""A site page put together: pandoc's parts, navigation and the template."""

from __future__ import annotations

import posixpath
import re
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from website.render.config import Site, as_mapping
from website.render.deck import deck_settings
from website.render.links import Links
from website.render.load import is_deck
from website.render.markup import (
    Outline,
    check_markup,
    finish_captions,
    finish_tables,
    read_outline,
)
from website.render.nav import Navigation
from website.render.pandoc import Options, run_pandoc
from website.render.policy import page_policy
from website.render.shortcodes import Shortcodes
from website.render.source import Line, Page

_TEMPLATE = Template((Path(__file__).parent / "page.html").read_text(encoding="utf-8"))
_LINE_ANCHOR = re.compile(r'<a href="#cb\d+-\d+" aria-hidden="true" tabindex="-1"></a>')
_TAGS = re.compile(r"<[^>]+>")
_SEARCH = (
    '<div class="search" role="search" hidden><input type="search" id="search-box" placeholder="Search" '
    'aria-label="Search the report" role="combobox" aria-expanded="false" aria-controls="search-results" '
    'aria-autocomplete="list" autocomplete="off"><ul id="search-results" role="listbox" '
    'aria-label="Search results" hidden></ul></div>\n'
)
# On pages that have something to explore
_EXPLORE = (
    '\n<link rel="stylesheet" href="{0}site_libs/explore.css">'
    '\n<script src="{0}site_libs/explore.js" defer></script>'
)
_TOC = '<nav id="TOC" class="toc" aria-labelledby="toc-title"><p id="toc-title">On this page</p>{}</nav>'
_TOC_SMALL = '<details class="toc-small"><summary>On this page</summary>{}</details>\n'


def plain(html: str) -> str:
    """Text of a short piece of HTML."""
    return " ".join(_TAGS.sub("", html).split())


def page_options(site: Site, page: Page) -> Options:
    """What pandoc is told: the project's settings, then the page's own."""
    formats = page.meta.get("format")
    formats = formats if isinstance(formats, dict) else {}
    own: dict[str, Any] = formats.get("html") or {}
    deck: dict[str, Any] = formats.get("revealjs") or {}
    settings = {**site.html, **page.meta, **(own if isinstance(own, dict) else {})}
    folder = (site.root / page.path).parent
    listed = page.meta.get("bibliography")
    found = [folder / item for item in ([listed] if isinstance(listed, str) else listed or [])]
    found = found or [site.root / item for item in site.bibliography]
    for path in found:
        if not path.is_file():
            raise page.error("bibliography is missing", path.name)
    return Options(
        slides=is_deck(page.meta),
        toc=bool(settings.get("toc", False)) and not is_deck(page.meta),
        toc_depth=int(settings.get("toc-depth", 3)),
        incremental=isinstance(deck, dict) and bool(deck.get("incremental", False)),
        bibliography=tuple(str(path) for path in found),
        csl=str(site.root / site.csl) if site.csl else "",
    )


def captions_on_top(site: Site, page: Page) -> bool:
    """Whether figures carry their caption above (``fig-cap-location: top``); slides say it themselves."""
    formats = page.meta.get("format")
    formats = formats if isinstance(formats, dict) else {}
    base = {} if is_deck(page.meta) else site.html
    own = deck_settings(page) if is_deck(page.meta) else as_mapping(formats.get("html"))
    place = {**base, **own}.get("fig-cap-location", "bottom")
    if place not in ("top", "bottom"):
        raise page.error("fig-cap-location is top or bottom", str(place))
    return bool(place == "top")


def convert(site: Site, page: Page) -> dict[str, str]:
    """Run pandoc on one page; PARTS of it as HTML. Safe to call from several threads.

    The foot of a deck is the footer of its slides; of a page, the footer of the site.
    """
    keys = ("title", "subtitle", "author", "date", "description", "nocite")
    own = {key: page.meta[key] for key in keys if key in page.meta}
    own = {key: value.isoformat() if hasattr(value, "isoformat") else value for key, value in own.items()}
    if is_deck(page.meta):
        shared = {"page-foot": str(deck_settings(page).get("footer", ""))}
    else:
        shared = {"run-header": site.header, "run-footer": site.after, "page-foot": site.footer}
    codes = Shortcodes(site.root, site.variables, page.meta, lambda *_: [])
    origin = Line("", "_quarto.yml", 0)
    shared = {key: codes.expand_meta(value, origin) for key, value in shared.items() if value}
    numbers = page.meta.get("number-sections", site.html.get("number-sections", False))
    meta = {**own, **shared, "link-citations": True, "number-sections": bool(numbers), "lang": site.lang}
    meta["captions-on-top"] = captions_on_top(site, page)
    return run_pandoc(page, meta, page_options(site, page))


def finish_body(parts: dict[str, str], page: Page, links: Links) -> str:
    """Body of a page: tables boxed and scoped, references headed, addresses checked."""
    body = _LINE_ANCHOR.sub("", finish_tables(finish_captions(parts["body"])))
    body = body.replace(
        '<div id="refs"', '<h2 id="references" class="appendix-heading">References</h2>\n<div id="refs"', 1
    )
    body = body.replace(
        '<section id="footnotes" class="footnotes',
        '<section id="footnotes" aria-label="Footnotes" class="footnotes',
    )
    body = links.rewrite(body, page)
    problem = check_markup(body)
    if problem:
        raise page.error(f"page holds {problem}")
    return body


def check_outline(page: Page, outline: Outline) -> None:
    """Refuse repeated anchors and headings that skip a level."""
    seen: set[str] = set()
    for anchor in outline.anchors:
        if anchor in seen:
            raise page.error("duplicate identifier on this page: give one of them another", anchor)
        seen.add(anchor)
    last = 1
    for level, title in outline.levels:
        if level > last + 1:
            raise page.error(f"heading jumps from level {last} to {level}", title)
        if level == 1:
            raise page.error("the page's title is its only first-level heading: use ##", title)
        last = level


def compose_page(
    site: Site, page: Page, parts: dict[str, str], links: Links, navigation: Navigation
) -> tuple[str, Outline]:
    """Whole HTML of one site page, and its outline."""
    body = finish_body(parts, page, links)
    outline = read_outline(body)
    check_outline(page, outline)
    up = posixpath.relpath(".", posixpath.dirname(page.href) or ".")
    up = "" if up == "." else up + "/"
    title = parts["title"]
    name = plain(title)
    toc = parts["toc"]
    description = plain(parts["description"])
    html = _TEMPLATE.substitute(
        lang=escape(str(page.meta.get("lang", site.lang))),
        policy=page_policy(),
        up=up,
        explore=_EXPLORE.format(up) if '<details class="callout callout-note explore ' in body else "",
        description_meta=_wrap('<meta name="description" content="{}">\n', escape(description)),
        page_title=name if name == escape(site.title) or not site.title else f"{name} – {escape(site.title)}",
        brand=navigation.brand(page),
        search=_SEARCH if site.search else "",
        navbar=navigation.navbar(page),
        sidebar=navigation.sidebar(page),
        banner=_wrap('<div class="run-banner-box">{}</div>\n', links.rewrite(parts["header"], page, "")),
        title=title,
        title_extra=_title_extra(parts),
        body=body,
        after=links.rewrite(parts["footer"], page, ""),
        around=navigation.around(page),
        toc=_wrap(_TOC, toc),
        toc_small=_wrap(_TOC_SMALL, _without_ids(toc)),
        footer=links.rewrite(parts["foot"], page, ""),
    )
    return html, outline


def _wrap(template: str, inner: str) -> str:
    """`inner` in its wrapping; nothing when there is nothing."""
    return template.format(inner) if inner else ""


def _title_extra(parts: dict[str, str]) -> str:
    """Subtitle, description, author and date below a page's title."""
    rows = [f'<p class="subtitle">{parts["subtitle"]}</p>\n' if parts["subtitle"] else ""]
    if parts["description"]:
        text = re.sub(r"^<p>|</p>$", "", parts["description"])
        rows.append(f'<p class="description">{text}</p>\n')
    by = " · ".join(part for part in (parts["author"], parts["date"]) if part)
    if by:
        rows.append(f'<p class="byline">{by}</p>\n')
    return "".join(rows)


def _without_ids(toc: str) -> str:
    return re.sub(r'\sid="[^"]*"', "", toc)
