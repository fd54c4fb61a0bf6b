"""Slides as plain data, read from the HTML that pandoc made of a deck."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import html as parser
from lxml.html import HtmlElement

from website.render.errors import RenderError

_BLOCKS = {"div", "section", "figure", "blockquote", "details", "dl"}
_SPACE = re.compile(r"[ \t\n\r]+")
_WIDTH = re.compile(r"width:\s*([\d.]+)%")


@dataclass(frozen=True)
class Run:
    """Words in one style."""

    text: str
    bold: bool = False
    italic: bool = False
    code: bool = False
    link: str = ""


@dataclass
class Paragraph:
    """One paragraph or item of a list: ``mark`` is "", "bullet" or "number"; lists begin at level 0."""

    runs: list[Run]
    mark: str = ""
    level: int = 0

    @property
    def text(self) -> str:
        """Its words."""
        return "".join(run.text for run in self.runs)


@dataclass
class Picture:
    """An image by its address in the site, with its alternative text and caption."""

    source: str
    alt: str
    caption: list[Paragraph] = field(default_factory=list)


@dataclass
class Grid:
    """A table: rows of cells (heading first, if `headed`), columns of numbers, and its caption."""

    rows: list[list[str]]
    headed: bool
    numeric: list[bool]
    caption: list[Paragraph] = field(default_factory=list)


Visual = Picture | Grid


@dataclass
class Column:
    """What stands in one column of a slide, and its share of the width."""

    width: float = 1.0
    text: list[Paragraph] = field(default_factory=list)
    visuals: list[Visual] = field(default_factory=list)


@dataclass
class Slide:
    """One slide: `section` slides open a part of the deck; `background` is a colour of its own, or ""."""

    title: str
    section: bool = False
    background: str = ""
    columns: list[Column] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_slides(body: str) -> list[Slide]:
    """Read every slide of a deck but its title slide.

    Parameters
    ----------
    body : str
        What pandoc's revealjs writer made of the deck.

    Raises
    ------
    RenderError
        If a slide has no heading.
    """
    root = parser.fragment_fromstring(body, create_parent="div")
    return [
        _read_slide(section)
        for section in root.iter("section")
        if "slide" in section.get("class", "").split()
    ]


def _read_slide(section: HtmlElement) -> Slide:
    heading = next((e for e in section if e.tag in ("h1", "h2")), None)
    if heading is None:
        raise RenderError(
            "a slide needs a heading: it is its title in PowerPoint", construct=_words(section)[:40]
        )
    slide = Slide(_words(heading), heading.tag == "h1", section.get("data-background-color", ""))
    whole = Column()
    for element in section:
        classes = element.get("class", "").split()
        if element is heading:
            continue
        if element.tag == "aside" and "notes" in classes:
            slide.notes += [_words(e) for e in element.iter("p", "li") if _words(e)]
        elif "columns" in classes:
            slide.columns += [_read_column(e) for e in element if "column" in e.get("class", "").split()]
        else:
            _add(element, whole)
    if whole.text or whole.visuals:
        slide.columns.insert(0, whole)
    return slide


def _read_column(element: HtmlElement) -> Column:
    share = _WIDTH.search(element.get("style", ""))
    column = Column(float(share[1]) / 100 if share else 0.5)
    for child in element:
        _add(child, column)
    return column


def _add(element: HtmlElement, column: Column, mark: str = "", level: int = 0) -> None:
    """Add an element, and all below it, to a column."""
    if element.tag in ("ul", "ol"):
        for item in element:
            _add_item(item, column, "number" if element.tag == "ol" else "bullet", level)
    elif element.tag == "figure":
        column.visuals += list(_visuals(element))
    elif element.tag in ("table", "img"):
        column.visuals.append(_visual(element, []))
    elif element.tag in _BLOCKS:
        for child in element:
            _add(child, column, mark, level)
    elif _words(element):
        column.text.append(Paragraph(_trim(list(_runs(element))), mark, level))


def _add_item(item: HtmlElement, column: Column, mark: str, level: int) -> None:
    """Add one item of a list: its words, and the lists in it a level further in."""
    words = [child for child in item if child.tag not in ("ul", "ol")]
    inline = _trim(list(_runs(item, skip=("ul", "ol", "table", "figure"))))
    if inline:
        column.text.append(Paragraph(inline, mark, level))
    for child in item:
        if child.tag in ("ul", "ol"):
            _add(child, column, level=level + 1)
        elif child in words and child.tag in ("table", "figure"):
            _add(child, column)


def _visuals(figure: HtmlElement) -> Iterator[Visual]:
    captions = [*figure.iter("figcaption"), *figure.iter("caption")]
    caption = [Paragraph(_trim(list(_runs(c)))) for c in captions]
    for element in figure.iter("img", "table"):
        yield _visual(element, caption)
        caption = []


def _visual(element: HtmlElement, caption: list[Paragraph]) -> Visual:
    if element.tag == "img":
        return Picture(element.get("src") or element.get("data-src", ""), element.get("alt", ""), caption)
    own = [Paragraph(_trim(list(_runs(c)))) for c in element.iter("caption")]
    rows = [[_words(cell) for cell in row if cell.tag in ("td", "th")] for row in element.iter("tr")]
    last = next(iter(reversed(list(element.iter("tr")))), None)
    cells = [c for c in last if c.tag in ("td", "th")] if last is not None else []
    numeric = ["right" in c.get("style", "") for c in cells]
    return Grid(rows, next(element.iter("thead"), None) is not None, numeric, caption or own)


def _runs(element: HtmlElement, style: Run | None = None, skip: tuple[str, ...] = ()) -> Iterator[Run]:
    """Words below an element with their style; formulas as TeX."""
    style = style or Run("")
    if element.tag == "math":
        written = element.find(".//annotation")
        yield _in(style, written.text if written is not None and written.text else _words(element))
        return
    yield _in(style, element.text)
    for child in element:
        if isinstance(child.tag, str) and child.tag not in skip:
            if child.tag == "br":
                yield _in(style, " ")
            yield from _runs(child, _styled(style, child), skip)
        yield _in(style, child.tail)


def _styled(style: Run, element: HtmlElement) -> Run:
    link = element.get("href", "") if element.tag == "a" else style.link
    return Run(
        "",
        style.bold or element.tag in ("strong", "b", "h3", "h4"),
        style.italic or element.tag in ("em", "i"),
        style.code or element.tag in ("code", "pre"),
        link if re.match(r"(?:https?|mailto):", link) else "",
    )


def _in(style: Run, text: str | None) -> Run:
    return Run(_SPACE.sub(" ", text or ""), style.bold, style.italic, style.code, style.link)


def _trim(runs: list[Run]) -> list[Run]:
    """Runs without empty ones, and without space at the ends."""
    runs = [run for run in runs if run.text]
    while runs and not runs[0].text.strip():
        runs.pop(0)
    while runs and not runs[-1].text.strip():
        runs.pop()
    if runs:
        runs[0] = _in(runs[0], runs[0].text.lstrip())
        runs[-1] = _in(runs[-1], runs[-1].text.rstrip())
    return runs


def _words(element: HtmlElement) -> str:
    return (
        _SPACE.sub(" ", "".join(run.text for run in _runs(element))).strip()
        if element.tag != "math"
        else (_SPACE.sub(" ", element.text_content()).strip())
    )
