"""The whole report as one HTML file: no script, no request, nothing beside it."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from string import Template

from website.render.deck import inline_images
from website.render.policy import single_policy
from website.render.shortcodes import Shortcodes
from website.render.source import Line, Page
from website.render.theme_css import compile_theme
from website.takeaway.pages import Chapter, Gathered, Joined

HERE = Path(__file__).parent
_TEMPLATE = Template((HERE / "single.html").read_text(encoding="utf-8"))
_HEADING = re.compile(r"<(/?)h([1-5])(?=[\s>])")
# What may be wider than the page is reached, and scrolled, by the keyboard.
_SCROLLED = {
    '<div class="table-scroll">': '<div class="table-scroll" tabindex="0" role="group" aria-label="Table">',
    "<pre ": '<pre tabindex="0" ',
}
_SITE_CSS = HERE.parent / "render" / "static" / "site.css"


def compose_single(gathered: Gathered, joined: Joined) -> str:
    """Return the report as one page.

    Parameters
    ----------
    gathered : Gathered
        Pages as converted.
    joined : Joined
        The same as `join` gives them.

    Returns
    -------
    str
        HTML. Charts are in it, code is folded, and a link to a table or the deck is its words: those are
        files of their own.
    """
    site, parts, chapters = gathered.site, joined.around, joined.chapters
    front = Page("index", "index.html", {}, [])  # where the addresses of images start
    codes = Shortcodes(site.root, site.variables, {}, lambda *_: [])
    return _TEMPLATE.substitute(
        policy=single_policy(),
        lang=escape(site.lang),
        page_title=escape(codes.expand_inline(site.title, Line("", "_quarto.yml", 0))),
        site_css=_SITE_CSS.read_text(encoding="utf-8"),
        light_css=compile_theme(site.root, site.themes.get("light", [])),
        dark_css=compile_theme(site.root, site.themes.get("dark", [])),
        single_css=(HERE / "single.css").read_text(encoding="utf-8"),
        banner=f'<div class="run-banner-box" role="region" aria-label="Notice">{parts["header"]}</div>'
        if parts["header"]
        else "",
        title=parts["title"],
        description=parts["description"],
        toc="\n".join(_entry(chapter) for chapter in chapters),
        chapters=inline_images("\n".join(map(_section, chapters)), front, gathered.read),
        provenance=parts["footer"],
        footer=parts["foot"],
    )


def _entry(chapter: Chapter) -> str:
    """One chapter in the table of contents, its sections folded below it."""
    link = f'<a href="#{chapter.key}">{chapter.title}</a>'
    if not chapter.toc:
        return f"<li>{link}</li>"
    return f"<li>{link}<details><summary>Sections of {chapter.title}</summary>{chapter.toc}</details></li>"


def _section(chapter: Chapter) -> str:
    """One chapter; its headings are a level lower than on their own page."""
    body = _HEADING.sub(lambda m: f"<{m[1]}h{int(m[2]) + 1}", chapter.html)
    for box, reached in _SCROLLED.items():
        body = body.replace(box, reached)
    return (
        f'<section class="chapter" id="{chapter.key}" aria-labelledby="{chapter.key}-title">\n'
        f'<h2 class="chapter-title" id="{chapter.key}-title">{chapter.title}</h2>\n{body}\n'
        '<p class="to-contents"><a href="#contents">To the contents</a></p>\n</section>'
    )
