"""Reading finished HTML: what must not be in it, what it links to, what it says."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

_BANNED = {"script", "iframe", "object", "embed", "link", "meta", "base", "form", "frame", "applet", "portal"}
# In a drawing also what embeds HTML or changes an address after it was checked
_BANNED_SVG = _BANNED | {"foreignobject", "set", "animate", "handler", "listener"}
_LOADS = {"src", "srcset", "poster", "data", "background"}
_SPACE = re.compile(r"\s+")
# Browsers pass over these inside an address: "java\nscript:" runs
_PASSED_OVER = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202e\ufeff]")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
#: Start of an address of our own or an image inlined into the page.
_LOCAL = re.compile(
    r"^(?!//)(data:image/(png|jpeg|svg\+xml|gif|webp)[;,]|(?![a-z][a-z0-9+.-]*:))", re.IGNORECASE
)


class _Guard(HTMLParser):
    """Notes the first thing that may run or ask for a remote address."""

    def __init__(self, *, drawing: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.drawing = drawing
        self.banned = _BANNED_SVG if drawing else _BANNED
        self.problem = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.problem:
            return
        if tag.split(":")[-1] in self.banned:
            self.problem = f"a <{tag}> element"
        for full, value in attrs:
            name, text = full.split(":")[-1], _PASSED_OVER.sub("", value or "")
            picture = self.drawing and text.startswith("data:image/png")
            scheme = None if picture else _SCHEME.match(text)
            if name.startswith("on"):
                self.problem = f"an event attribute ({full})"
            elif name in _LOADS and not _LOCAL.match(text):
                self.problem = f"a remote or active address ({full})"
            elif name in ("href", "action", "formaction", "ping") and (
                scheme and scheme[1].lower() not in ("http", "https", "mailto")
            ):
                self.problem = f"an active address ({full})"
            elif name == "style" and re.search(r"url\(['\"]?(?!#)|@import|\\\\", text, re.IGNORECASE):
                self.problem = "an address in a style"


def check_markup(html: str) -> str:
    """First thing in `html` that may run or load from elsewhere, in words; empty when clean."""
    return _check(html)


def check_svg(data: bytes) -> str:
    """First thing in a drawing that may run or load from elsewhere, in words; empty when clean.

    Pages show drawings as images, where nothing in them runs; opened by itself, one is a page.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return "a drawing that is not UTF-8"
    if re.search(r"<!ENTITY|<!\[CDATA\[|<\?xml-stylesheet|@import", text, re.IGNORECASE):
        return "a drawing with entities or style sheets of its own"
    if re.search(r"(?:xlink:)?href\s*=\s*[\"'](?!#|data:image/png)", text):
        return "a drawing with links"
    return _check(text, drawing=True)


def _check(html: str, *, drawing: bool = False) -> str:
    guard = _Guard(drawing=drawing)
    guard.feed(html)
    guard.close()
    return guard.problem


@dataclass
class Section:
    """Text under one heading, for the search index."""

    anchor: str
    title: str
    text: str = ""


@dataclass
class Outline:
    """What a finished page holds: anchors (with repeats), headings and text by section."""

    anchors: list[str] = field(default_factory=list)
    levels: list[tuple[int, str]] = field(default_factory=list)
    sections: list[Section] = field(default_factory=lambda: [Section("", "")])


class _Reader(HTMLParser):
    """Collects an Outline; code, formulae and footnote arrows are no text to search."""

    INLINE = {"a", "em", "strong", "span", "code", "sup", "sub", "abbr", "b", "i"}
    SKIP = {"script", "style", "math", "pre", "svg", "button"}

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.outline = Outline()
        self.skip: list[str] = []
        self.heading = 0
        self.anchor = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        identity = values.get("id")
        if identity:
            self.outline.anchors.append(identity)
        if tag in self.SKIP:
            self.skip.append(tag)
        if tag not in self.INLINE:
            self.outline.sections[-1].text += " "
        if tag == "section" and identity:
            self.anchor = identity
        if re.fullmatch("h[1-6]", tag):
            self.heading = int(tag[1])
            self.outline.sections.append(Section(identity or self.anchor, ""))

    def handle_endtag(self, tag: str) -> None:
        if self.skip and self.skip[-1] == tag:
            self.skip.pop()
        if self.heading and tag == f"h{self.heading}":
            self.outline.levels.append((self.heading, self.outline.sections[-1].title.strip()))
            self.heading = 0

    def handle_data(self, data: str) -> None:
        if self.skip:
            return
        section = self.outline.sections[-1]
        if self.heading:
            section.title += data
        else:
            section.text += data


def read_outline(html: str) -> Outline:
    """Anchors, headings and text of a finished page's main part."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    for section in reader.outline.sections:
        section.title = _SPACE.sub(" ", section.title).strip()
        section.text = _SPACE.sub(" ", section.text).strip()
    return reader.outline


_SOURCE = re.compile(
    r"(<figcaption[^>]*>(?:(?!</figcaption>).)*?)\s(Source: [^<]*?)(\s*</figcaption>)", re.DOTALL
)


def finish_captions(html: str) -> str:
    """Set the source at the end of a caption apart from the sentence before it."""
    return _SOURCE.sub(r'\1 <span class="source">\2</span>\3', html)


_TABLE = re.compile(r"<table\b.*?</table>", re.DOTALL)
_BOX = re.compile(
    r'<figcaption class="tbl-caption">(?P<caption>.*?)</figcaption>'
    r"(?P<between>.*?)<table(?P<attributes>[^>]*)>",
    re.DOTALL,
)


def _scope_table(match: re.Match[str]) -> str:
    """Give every heading cell of a table its scope, and the table a box to scroll in."""
    html = match[0]
    head, closing, body = html.partition("</thead>")
    if not closing:
        head, body = "", html
    head = re.sub(r"<th\b(?![^>]*\bscope=)", '<th scope="col"', head)
    body = re.sub(r"<th\b(?![^>]*\bscope=)", '<th scope="row"', body)
    # An empty heading cell is no heading
    head = re.sub(r'<th scope="col"([^>]*)>\s*</th>', r"<td\1></td>", head)
    return f'<div class="table-scroll">{head}{closing}{body}</div>'


def finish_tables(html: str) -> str:
    """Scope heading cells, move float captions into their table, box every table.

    A caption moves only when its float holds exactly one table without a caption.
    """

    def move(match: re.Match[str]) -> str:
        if "<table" in match["between"] or "</figure>" in match["between"]:
            return match[0]
        caption = f"<caption>{match['caption']}</caption>"
        return f"{match['between']}<table{match['attributes']}>{caption}"

    return _TABLE.sub(_scope_table, _BOX.sub(move, html))
