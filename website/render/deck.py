"""The deck: slides by pandoc's revealjs writer, with reveal.js and every image in one file."""

from __future__ import annotations

import base64
import functools
import importlib.util
import json
import posixpath
import re
from collections.abc import Callable
from html import escape, unescape
from pathlib import Path
from string import Template
from typing import Any

from website.render.config import Site, as_list
from website.render.errors import RenderError
from website.render.links import Links
from website.render.markup import check_markup, finish_captions, finish_tables
from website.render.policy import deck_policy, speaker_script
from website.render.source import Page
from website.render.theme_css import BRAND, compile_theme

HERE = Path(__file__).parent
_TEMPLATE = Template((HERE / "deck.html").read_text(encoding="utf-8"))
_IMAGE = re.compile(r'(\s(?:src|data-background-image)=")([^"]+)(")')
_MIME = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".svg": "image/svg+xml",
    ".gif": "image/gif",
}


@functools.cache
def read_reveal(name: str) -> str:
    """One file of reveal.js 5, from the package sphinx-revealjs, which carries the whole of it.

    The package is found but not imported, so Sphinx itself is never loaded.
    """
    spec = importlib.util.find_spec("sphinx_revealjs")
    if spec is None or not spec.submodule_search_locations:
        raise RenderError("reveal.js not found: pip install sphinx-revealjs")
    path = Path(spec.submodule_search_locations[0], "_static", "revealjs", name)
    if not path.is_file():
        raise RenderError("reveal.js is not where it was: pip install 'sphinx-revealjs>=3.2,<4'", file=name)
    return path.read_text(encoding="utf-8")


def _script(text: str) -> str:
    """Script text that cannot close its own element, without the link to a source map."""
    text = re.sub(r"^//# sourceMappingURL=.*$", "", text, flags=re.MULTILINE)
    return re.sub(r"</(script)", r"<\\/\1", text, flags=re.IGNORECASE).replace("<!--", "\\x3c!--")


def inline_images(html: str, page: Page, read: Callable[[str], bytes]) -> str:
    """Replace every local image address by its content; `read` gives bytes by site path."""

    def replace(match: re.Match[str]) -> str:
        address = unescape(match[2])
        if address.startswith("data:"):
            return match[0]
        target = posixpath.normpath(posixpath.join(posixpath.dirname(page.href), address))
        mime = _MIME.get(posixpath.splitext(target)[1].lower())
        if mime is None:
            raise page.error("not an image that a deck can hold: PNG, JPEG, SVG or GIF", address)
        return f"{match[1]}data:{mime};base64,{base64.b64encode(read(target)).decode()}{match[3]}"

    return _IMAGE.sub(replace, html)


def deck_settings(page: Page) -> dict[str, Any]:
    """The page's revealjs options."""
    formats = page.meta.get("format")
    options = formats.get("revealjs") if isinstance(formats, dict) else None
    return options if isinstance(options, dict) else {}


def _reveal_config(options: dict[str, Any]) -> dict[str, Any]:
    number = options.get("slide-number", False)
    return {
        "width": int(options.get("width", 1280)),
        "height": int(options.get("height", 720)),
        "margin": float(options.get("margin", 0.06)),
        "minScale": 0.1,
        "center": bool(options.get("center", False)),
        "controls": options.get("controls", True) is not False,
        "controlsTutorial": False,
        "progress": options.get("progress", True) is not False,
        "slideNumber": "c/t" if number is True else number,
        "display": "flex",
        "hash": True,
        "history": False,
        "transition": "none",
        "backgroundTransition": "none",
        "navigationMode": str(options.get("navigation-mode", "linear")),
        "pdfSeparateFragments": False,
        "pdfMaxPagesPerSlide": 1,
    }


def _attributes(values: dict[str, Any]) -> str:
    return "".join(f' {escape(str(key))}="{escape(str(value))}"' for key, value in sorted(values.items()))


def _themes(page: Page) -> list[str]:
    """The deck's own SCSS files, from the project root; Quarto's base themes are left out."""
    folder = posixpath.dirname(page.path)
    files = [
        item for item in as_list(deck_settings(page).get("theme")) if str(item).endswith((".scss", BRAND))
    ]
    return [item if item == BRAND else posixpath.normpath(posixpath.join(folder, item)) for item in files]


def _slides(parts: dict[str, str], page: Page, links: Links, read: Callable[[str], bytes]) -> str:
    """Slides with their images in them."""
    # pandoc marks images for lazy loading; here they are in the file already
    body = re.sub(r"(<img\b[^>]*?\s)data-src=", r"\1src=", parts["body"])
    body = links.rewrite(finish_tables(finish_captions(body)), page)
    problem = check_markup(body)
    if problem:
        raise page.error(f"deck holds {problem}")
    return inline_images(body, page, read)


def compose_deck(
    site: Site, page: Page, parts: dict[str, str], links: Links, read: Callable[[str], bytes]
) -> str:
    """Whole HTML of a deck, in one file.

    Parameters
    ----------
    parts
        What pandoc made of the page.
    read
        Gives the bytes of an image by its path in the site.
    """
    options = deck_settings(page)
    title = {"data-background-color": "var(--brand-charcoal)"} | dict(
        options.get("title-slide-attributes") or {}
    )
    rows = [(kind, parts[kind]) for kind in ("subtitle", "author", "date") if parts[kind]]
    reveal, notes = _script(read_reveal("dist/reveal.js")), _script(read_reveal("plugin/notes/notes.js"))
    start = (HERE / "static" / "deck.js").read_text(encoding="utf-8")
    return _TEMPLATE.substitute(
        policy=deck_policy(reveal, notes, start, speaker_script(notes)),
        lang=escape(str(page.meta.get("lang", site.lang))),
        page_title=re.sub(r"<[^>]+>", "", parts["title"]),
        reset_css=read_reveal("dist/reset.css"),
        reveal_css=read_reveal("dist/reveal.css"),
        deck_css=(HERE / "static" / "deck.css").read_text(encoding="utf-8"),
        theme_css=compile_theme(site.root, _themes(page)),
        title_attributes=_attributes(title),
        title=parts["title"],
        title_rows="".join(f'<p class="{kind}">{text}</p>\n' for kind, text in rows),
        body=_slides(parts, page, links, read),
        footer=links.rewrite(parts["foot"], page),
        reveal_js=reveal,
        notes_js=notes,
        deck_js=start,
        config=json.dumps(_reveal_config(options), sort_keys=True).replace("<", "\\u003c"),
    )
