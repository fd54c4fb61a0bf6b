"""One page or drawing of a site."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote

from analysis_lib.identifiers import is_identifier
from website.scan.drawn import UNREAD_LETTERS, read_drawn
from website.scan.finding import Hits, line_at
from website.scan.hidden import UNREADABLE, Canaries, decode_base64, find_encoded, look_inside
from website.scan.markup import LINK, REMOTE, SCRIPT, Markup, Words, read_markup
from website.scan.said import SMALL_SAID
from website.scan.scripts import is_known
from website.scan.styles import read_style
from website.scan.tables import scan_json
from website.scan.values import (
    CANARY,
    HANDLE,
    IDENTIFIER,
    find_anywhere,
    find_in_words,
    find_missing,
)

_BASE64 = re.compile(r"\s*data:[^,]*;base64,", re.I)
_DRAWING = re.compile(r"\s*data:image/svg\+xml", re.I)


def scan_page(
    text: str,
    canaries: Canaries,
    *,
    name: str = "",
    has: Callable[[str], bool] = lambda name: False,
    fragment: bool = False,
) -> Hits:
    """Look through a page, a drawing, or a piece of one.

    Parameters
    ----------
    text : str
        Its source.
    canaries : Canaries
        What to look for.
    name : str
        Its path in the site, from which the addresses of its scripts start.
    has : callable
        Whether the site holds a file of this path.
    fragment : bool
        A piece that data made, such as a notebook's output: no script at all may stand in it.
    """
    markup = read_markup(text)
    yield from ((kind, text.count("\n", 0, offset) + 1, "") for kind, offset in find_anywhere(text))
    yield from ((CANARY, text.count("\n", 0, offset) + 1, "") for offset in canaries.find(text))
    yield from find_encoded(text, canaries)
    if markup is None:
        yield UNREADABLE, 0, ""
        return
    yield from ((kind, line, "") for kind, line in markup.hits)
    yield from ((IDENTIFIER, line, "") for head, line in markup.heads if is_identifier(head))
    yield from _scan_text(markup, canaries)
    for words, offset in read_drawn(text):
        kinds = [UNREAD_LETTERS] if words == UNREAD_LETTERS else find_in_line(words, canaries)
        yield from ((kind, line_at(text, offset), "") for kind in kinds)
    for style, line in markup.styles:
        yield from ((kind, line + more - 1, "") for kind, more, _ in scan_style(style, canaries))
    for address, script, line, inside in markup.scripts:
        kind = _judge_script(markup, address, script, inside or fragment, name, has)
        if kind:
            yield kind, line, ""
    for data, line in markup.data:
        yield from ((kind, line, "") for kind, _, _ in _scan_embedded(data, canaries))


def _scan_text(markup: Markup, canaries: Canaries) -> Hits:
    for words, code in ((markup.words, False), (markup.code, True)):
        yield from _located(words, lambda text, code=code: find_in_words(text, code=code))
        yield from _located(words, find_anywhere)
        yield from _located(words, lambda text: ((CANARY, offset) for offset in canaries.find(text)))
    yield from _located(markup.said, find_missing)
    yield from _located(
        markup.words, lambda text: ((SMALL_SAID, offset) for offset in canaries.small.find(text))
    )
    for rows in markup.tables:
        yield from ((SMALL_SAID, line, "") for line in canaries.small.find_in_cells(rows))


def find_in_line(words: str, canaries: Canaries) -> Iterator[str]:
    """Kind of everything that a line of words may not hold."""
    found = (*find_in_words(words), *find_anywhere(words))
    yield from (kind for kind, _ in found)
    yield from (CANARY for _ in canaries.find(words))
    yield from (SMALL_SAID for _ in canaries.small.find(words))


def scan_style(text: str, canaries: Canaries) -> Hits:
    """Look through what a style sheet writes on a page, and its comments; a name with @ in these is a tag."""
    for words, offset in read_style(text):
        yield from (
            (kind, line_at(text, offset), "") for kind in find_in_line(words, canaries) if kind != HANDLE
        )
    yield from find_encoded(text, canaries)


def _located(words: Words, find: Callable) -> Hits:
    text = words.text()
    for kind, offset in find(text):
        yield kind, words.line(text, offset), ""


def _judge_script(
    markup: Markup, address: str, script: str, inside: bool, name: str, has: Callable[[str], bool]
) -> str:
    """Kind of finding that a script is, or nothing; one in a file of the site is judged there."""
    plain = address.strip().lower()
    if re.match(r"(?:https?:)?//", plain):
        return ""  # found already as a remote request
    if plain:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(plain.split("?")[0])))
        return "" if has(target) and not (inside and markup.quarto) else SCRIPT
    own = is_known(script) or (markup.quarto and not inside)
    return "" if own else SCRIPT


def _scan_embedded(data: str, canaries: Canaries) -> Hits:
    """A script that is data, or an address that holds data."""
    start = _BASE64.match(data)
    if start:
        inside = decode_base64(unquote(data[start.end() :]))
        if inside is None:
            yield UNREADABLE, 0, ""
        elif _DRAWING.match(data):
            yield from scan_drawing(inside.decode("utf-8", "replace"), canaries)
        else:
            yield from look_inside(inside, canaries)
    elif _DRAWING.match(data):
        yield from scan_drawing(unquote(data.partition(",")[2]), canaries)
    elif data.lstrip()[:5].lower() == "data:":
        style = data.lstrip()[:13].lower() == "data:text/css"
        yield from look_inside(unquote(data.partition(",")[2]).encode(), canaries, style=style)
    elif data.strip():
        yield from scan_json(data, missing=False)


def scan_drawing(text: str, canaries: Canaries) -> Hits:
    """A drawing in a page; a picture loads and runs nothing, but what it says is read."""
    for kind, line, part in scan_page(text, canaries, fragment=True):
        if kind not in (REMOTE, LINK):
            yield kind, line, part
