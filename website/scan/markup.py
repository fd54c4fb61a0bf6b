"""Pages and drawings as a browser reads them: their words, headings, and whatever may run or load."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections import Counter
from html.parser import HTMLParser

VOID = frozenset(str.split("area base br col embed hr img input link meta param source track wbr"))
_INLINE = frozenset(
    str.split(
        "a abbr b bdi bdo big cite code del dfn em font i ins kbd mark q s samp small span strong sub "
        "sup u var wbr"
    )
)
# Where "nan" is a missing number.
_SAID = frozenset(str.split("p td th li figcaption h1 h2 h3 h4 h5 h6"))
# Attributes that nobody reads or that are looked at by themselves: shapes, styles, hashes, addresses of data.
_UNSAID = frozenset(
    str.split(
        "d points transform gradienttransform patterntransform viewbox values keytimes keysplines style "
        "integrity nonce srcset imagesrcset srcdoc"
    )
)
_LOADS = frozenset(["src", "srcset", "imagesrcset", "ping", "poster", "background", "data"])
_LINKS = _LOADS | {"href", "xlink:href", "action", "formaction", "from", "to", "values"}
# Links that load nothing.
_FOLLOWED = frozenset(str.split("canonical alternate next prev license author help"))
_ACTIVE = frozenset(["iframe", "frame", "object", "embed", "applet", "base", "portal"])
# The only ones that Quarto writes; all outside the page's content.
_QUARTO_EVENT = re.compile(
    r"(?:if \(window\.quarto\w+\) \{ window\.quarto\w+\(\); \}|window\.quarto\w+\(\);?(?: return false;)?)"
)
REMOTE_STYLE = re.compile(r"(?:url\(\s*|@import\s+)[\"']?\s*(?:https?:)?//", re.I)
_SPACE = re.compile(r"[\x00-\x20]+")
_JSON = re.compile(r"application/(?:[\w.+-]+\+)?json|text/plain")

REMOTE, SCRIPT, EVENT = "remote request", "script", "event attribute"
LINK, ELEMENT = "link that runs", "element that loads or sends"


class Words:
    """Text gathered piece by piece, that remembers the line of each."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._starts: list[int] = []
        self._lines: list[int] = []
        self._length = 0

    def add(self, piece: str, line: int) -> None:
        self._starts.append(self._length)
        self._lines.append(line)
        self._pieces.append(piece)
        self._length += len(piece)

    def end_block(self, line: int) -> None:
        """Part what follows from what was added: one new line may stand in a sentence, two do not."""
        if self._pieces and self._pieces[-1] != "\n\n":
            self.add("\n\n", line)

    def text(self) -> str:
        return "".join(self._pieces)

    def line(self, text: str, offset: int) -> int:
        """Line of the source for an offset in `text`, which is what `text()` gave."""
        number = bisect_right(self._starts, offset) - 1
        return self._lines[number] + text.count("\n", self._starts[number], offset)


class Markup(HTMLParser):
    """One page or drawing, taken apart.

    Attributes
    ----------
    words, code, said : Words
        Everything visible or read aloud; shown source code; what stands in paragraphs and cells.
    heads : list of (str, int)
        Column headings and their line.
    scripts : list of (str, str, int, bool)
        Address, text, line of each script that runs, and whether it stands in the page's content.
    data : list of (str, int)
        Scripts that are data, and addresses that hold it.
    styles : list of (str, int)
        Style sheets, and styles of single elements.
    tables : list of list of (int, list of str)
        Line and cells of each row, table by table.
    hits : list of (str, int)
        What may run or load, and its line.
    quarto : bool
        Whether Quarto says that it made the page.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words, self.code, self.said = Words(), Words(), Words()
        self.heads: list[tuple[str, int]] = []
        self.scripts: list[tuple[str, str, int, bool]] = []
        self.data: list[tuple[str, int]] = []
        self.styles: list[tuple[str, int]] = []
        self.tables: list[list[tuple[int, list[str]]]] = []
        self.hits: list[tuple[str, int]] = []
        self.quarto = False
        self._open: list[tuple[str, str]] = []  # tag, and what it opens: content, code, said, head
        self._within: Counter[str] = Counter()
        self._tags: Counter[str] = Counter()
        self._script: tuple[dict[str, str], int] | None = None
        self._script_text: list[str] = []
        self._head: list[str] = []
        self._row: list[str] | None = None

    @property
    def line(self) -> int:
        return self.getpos()[0]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in reversed(attrs)}  # the first of two counts
        for name, value in attrs:
            self._check_attribute(tag, name, value or "", given)
        self._check_element(tag, given)
        if tag not in _INLINE:
            self._break()
        if tag in VOID:
            return
        role = _role(tag, given)
        self._open.append((tag, role))
        self._tags[tag] += 1
        self._within[role] += 1
        if tag == "script":
            self._script, self._script_text = (given, self.line), []
        if role == "head":
            self._head = []
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self._row = []
        elif tag in ("td", "th") and self._row is not None:
            self._row.append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script":  # in a page it is not closed by this, and what follows it runs
            self.hits.append((SCRIPT, self.line))
            return
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _INLINE:
            self._break()
        if tag == "main" and not self._tags[tag]:
            self.hits.append(("page that is closed twice", self.line))
        while self._tags[tag]:
            last, role = self._open.pop()
            self._tags[last] -= 1
            self._within[role] -= 1
            if last == "script":
                self._end_script()
            if last == "tr" and self._row and self.tables:
                self.tables[-1].append((self.line, self._row))
                self._row = None
            if role == "head":
                self.heads.append((" ".join("".join(self._head).split()), self.line))
            if last == tag:
                break

    def handle_data(self, data: str) -> None:
        if self._script is not None:
            self._script_text.append(data)
        elif self._tags["style"]:
            self.styles.append((data, self.line))
            if REMOTE_STYLE.search(data):
                self.hits.append((REMOTE, self.line))
        else:
            (self.code if self._within["code"] else self.words).add(data, self.line)
            if self._within["said"] and not self._tags["code"] and not self._tags["pre"]:
                self.said.add(data, self.line)
            if self._within["head"]:
                self._head.append(data)
            if self._row:
                self._row[-1] += data

    def handle_comment(self, data: str) -> None:
        if data.startswith((">", "->")) or "--!>" in data:  # where a browser ends the comment sooner
            self.hits.append((SCRIPT, self.line))
        self._break()
        self.words.add(data, self.line)
        self._break()

    def handle_decl(self, decl: str) -> None:
        if "<!entity" in decl.lower() or decl.lower().startswith("entity"):
            self.hits.append((ELEMENT, self.line))

    def unknown_decl(self, data: str) -> None:  # a CDATA section: text in a drawing
        self.handle_comment(data.partition("[")[2] or data)

    def close(self) -> None:
        super().close()
        if self._script is not None:  # the parser drops what an open script says
            self.hits.append((SCRIPT, self._script[1]))

    def _break(self) -> None:
        for words in (self.words, self.code, self.said):
            words.end_block(self.line)

    def _end_script(self) -> None:
        given, line = self._script or ({}, 0)
        text, self._script = "".join(self._script_text), None
        if _JSON.fullmatch(given.get("type", "").strip().lower()):
            self.data.append((text, line))
            return
        address = given.get("src", given.get("href", given.get("xlink:href", "")))
        self.scripts.append((address, text, line, bool(self._within["content"])))

    def _check_element(self, tag: str, given: dict[str, str]) -> None:
        inside = bool(self._within["content"]) or not self.quarto
        refresh = tag == "meta" and given.get("http-equiv", "").strip().lower() == "refresh"
        if tag in _ACTIVE or refresh or (tag == "form" and inside):
            self.hits.append((ELEMENT, self.line))
        if tag == "meta" and given.get("name") == "generator" and not self._tags["body"]:
            self.quarto = self.quarto or given.get("content", "").startswith("quarto-")

    def _check_attribute(self, tag: str, name: str, value: str, given: dict[str, str]) -> None:
        name = name.lower()
        if re.match(r"on[a-z]", name):
            if not (self.quarto and not self._within["content"] and _QUARTO_EVENT.fullmatch(value.strip())):
                self.hits.append((EVENT, self.line))
        elif name == "srcdoc":
            self.hits.append((ELEMENT, self.line))
        elif name == "style":
            if '"' in value or "'" in value or "/*" in value or "data:" in value:
                self.styles.append((value, self.line))
            if REMOTE_STYLE.search(value):
                self.hits.append((REMOTE, self.line))
        elif name in _LINKS:
            self._check_address(tag, name, value, given)
        if _is_said(name, value) and not given.get("http-equiv"):
            self.words.end_block(self.line)
            self.words.add(value, self.line)
            self.words.end_block(self.line)
            if value[:1] in ("{", "[") and _is_json(value):
                self.data.append((value, self.line))

    def _check_address(self, tag: str, name: str, value: str, given: dict[str, str]) -> None:
        address = _SPACE.sub("", value).lower()
        if re.match(r"(?:javascript|vbscript|data:(?:text/html|application/xhtml|text/xml))", address):
            self.hits.append((LINK, self.line))
        elif address.startswith("data:"):
            self.data.append((value, self.line))
        elif re.search(r"(?:^|,)(?:https?:)?//", address) and self._loads(tag, name, given):
            self.hits.append((REMOTE, self.line))

    @staticmethod
    def _loads(tag: str, name: str, given: dict[str, str]) -> bool:
        """Whether a browser asks for this address without being told to."""
        if name in _LOADS:
            return True
        if tag == "link":
            return not set(given.get("rel", "").lower().split()) & _FOLLOWED
        return name in ("href", "xlink:href") and tag in ("image", "use", "script", "feimage", "iframe")


def _is_said(name: str, value: str) -> bool:
    """Whether the value of an attribute may hold words: any may but those of shapes and data."""
    return len(value) > 3 and name not in _UNSAID and value.lstrip()[:5].lower() != "data:"


def _is_json(value: str) -> bool:
    try:
        json.loads(value)
    except (ValueError, RecursionError):
        return False
    return True


def _role(tag: str, given: dict[str, str]) -> str:
    classes = given.get("class", "").split()
    if tag == "main" or "slides" in classes:
        return "content"
    if "sourceCode" in classes:
        return "code"
    if tag == "th":
        return "said" if given.get("scope") == "row" else "head"
    return "said" if tag in _SAID else ""


def read_markup(text: str) -> Markup | None:
    """Take a page or drawing apart; None if the parser gives it up."""
    markup = Markup()
    try:
        markup.feed(text)
        markup.close()
    except AssertionError:  # what html.parser raises on some broken declarations
        return None
    return markup
