"""Pages and drawings, and whatever is packed into these or into other files, which may be one again."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote

from analysis_lib.identifiers import is_identifier
from website.scan.drawn import UNREAD_LETTERS, read_drawn
from website.scan.finding import Hits, line_at
from website.scan.hidden import (
    BASE64,
    PNG,
    UNREADABLE,
    URL_BASE64,
    Canaries,
    as_text,
    chunk_text,
    decode_base64,
    decode_run,
    printable,
    unpack,
)
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

DEEPEST = 3
_BASE64 = re.compile(r"\s*data:[^,]*;base64,", re.I)
_DATA_ADDRESS = re.compile(r"data:[\w.+/-]*(?:;[\w.=+-]+)*,", re.I)
_CLOSED_BY = {'"': '"', "'": "'", "(": ")"}
_MARKUP = re.compile(
    r"(?:<\?xml[^>]*>|<!--.*?-->|<!DOCTYPE[^>]*>|\s)*<(?:\w+:)?(?:svg|html|body|div|table)\b", re.I | re.S
)
_DOTS = frozenset(
    b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB cICP pHYs bKGD hIST sBIT tIME acTL fcTL fdAT".split()
)
_DRAWING = re.compile(r"\s*data:image/svg\+xml", re.I)


def scan_page(
    text: str,
    canaries: Canaries,
    *,
    name: str = "",
    has: Callable[[str], bool] = lambda name: False,
    fragment: bool = False,
    depth: int = 0,
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
    depth : int
        In how many others it is packed.
    """
    markup = read_markup(text)
    yield from ((kind, text.count("\n", 0, offset) + 1, "") for kind, offset in find_anywhere(text))
    yield from ((CANARY, text.count("\n", 0, offset) + 1, "") for offset in canaries.find(text))
    yield from find_encoded(text, canaries, depth)
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
        yield from ((kind, line + more - 1, "") for kind, more, _ in scan_style(style, canaries, depth))
    for address, script, line, inside in markup.scripts:
        kind = _judge_script(markup, address, script, inside or fragment, name, has)
        if kind:
            yield kind, line, ""
    for data, line in markup.data:
        yield from ((kind, line, "") for kind, _, _ in _scan_embedded(data, canaries, depth + 1))


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


def scan_style(text: str, canaries: Canaries, depth: int = 0) -> Hits:
    """Look through what a style sheet writes on a page, and its comments; a name with @ in these is a tag."""
    for words, offset in read_style(text):
        yield from (
            (kind, line_at(text, offset), "") for kind in find_in_line(words, canaries) if kind != HANDLE
        )
    yield from find_encoded(text, canaries, depth)


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


def _scan_embedded(data: str, canaries: Canaries, depth: int) -> Hits:
    """A script that is data, or an address that holds data."""
    start = _BASE64.match(data)
    if depth > DEEPEST:
        yield UNREADABLE, 0, ""
    elif start:
        inside = decode_base64(unquote(data[start.end() :]))
        if inside is None:
            yield UNREADABLE, 0, ""
        elif _DRAWING.match(data):
            yield from scan_drawing(inside.decode("utf-8", "replace"), canaries, depth)
        else:
            yield from look_inside(inside, canaries, depth)
    elif _DRAWING.match(data):
        yield from scan_drawing(unquote(data.partition(",")[2]), canaries, depth)
    elif data.lstrip()[:5].lower() == "data:":
        style = data.lstrip()[:13].lower() == "data:text/css"
        yield from look_inside(unquote(data.partition(",")[2]).encode(), canaries, depth, style=style)
    elif data.strip():
        yield from scan_json(data, missing=False)


def scan_drawing(text: str, canaries: Canaries, depth: int = 0) -> Hits:
    """A drawing in a page; a picture loads and runs nothing, but what it says is read."""
    for kind, line, part in scan_page(text, canaries, fragment=True, depth=depth):
        if kind not in (REMOTE, LINK):
            yield kind, line, part


def find_encoded(text: str, canaries: Canaries, depth: int = 0) -> Hits:
    """What stands in base64, or in an address that holds data, anywhere in `text`."""
    end = 0
    while start := _DATA_ADDRESS.search(text, end):
        end = text.find(_CLOSED_BY.get(text[start.start() - 1 : start.start()], "\n"), start.end())
        end = end if end >= 0 else len(text)
        body = text[start.end() : end]
        data = unquote(body).encode()
        if ";base64" in start[0].lower():  # what is not quoted is found below
            data = decode_base64(unquote(body)) if "%" in body else None
        style = "css" in start[0].lower()
        for kind, _, _ in look_inside(data, canaries, depth + 1, style=style) if data else ():
            yield kind, line_at(text, start.start()), "address that holds data"
    done = set()
    for pattern in (BASE64, URL_BASE64):
        for match in pattern.finditer(text):
            if match[0] in done:
                continue
            done.add(match[0])
            for data in decode_run(match[0]):
                for kind, _, _ in look_inside(data, canaries, depth + 1):
                    yield kind, line_at(text, match.start()), "base64"


def look_inside(data: bytes, canaries: Canaries, depth: int = 0, *, style: bool = False) -> Hits:
    """What stands in bytes that were packed into another file: a picture, a table, compressed text.

    What is packed into itself more often than `DEEPEST` times cannot be read. A `style` sheet has its own
    words that begin with ``@``.
    """
    if canaries.inside(data):
        yield CANARY, 0, ""
    if data.startswith(PNG):
        yield from look_into_png(data, canaries)
    elif data[:4] == b"PK\x03\x04" or data[:5] == b"%PDF-":
        yield "file within another", 0, ""
    elif depth < DEEPEST and (data[:2] == b"\x1f\x8b" or data[:2] in (b"x\x01", b"x\x9c", b"x\xda")):
        unpacked = unpack(data)
        if unpacked is not None:
            yield from look_inside(unpacked, canaries, depth + 1)
    elif (text := as_text(data)) is None:
        yield from scan_bytes(data, canaries)
    elif _MARKUP.match(text):
        if depth > DEEPEST:
            yield UNREADABLE, 0, ""
        else:
            yield from ((kind, 0, "") for kind, _, _ in scan_drawing(text, canaries, depth))
    else:
        yield from ((CANARY, 0, "") for _ in canaries.find(text))
        style = style or text.lstrip().startswith("<")  # markup, with names and paths of its own
        found = [*find_anywhere(text), *(() if style else find_in_words(text))]
        yield from ((kind, 0, "") for kind, _ in found)
        yield from _named_columns(text)
        if depth < DEEPEST:
            yield from ((kind, 0, "") for kind, _, _ in find_encoded(text, canaries, depth))


def _named_columns(text: str) -> Hits:
    """Identifier names as keys of JSON or in the first line of a table."""
    names = re.findall(r'"([^"\n]{1,60})"\s*:', text) + re.split("[,;\t|]", text.partition("\n")[0])
    if any(is_identifier(name.strip(" \"'{[")) for name in names if len(name) < 60):
        yield "identifier column", 0, ""


def scan_bytes(data: bytes, canaries: Canaries) -> Hits:
    """What the printable letters say in a file that is no text: a photograph, a font, settings."""
    text = printable(data)
    found = [kind for kind, _ in (*find_anywhere(text), *find_in_words(text)) if kind != HANDLE]  # by chance
    yield from ((kind, 0, "") for kind in [*found, *(CANARY for _ in canaries.find(text))])


def scan_font(data: bytes, canaries: Canaries) -> Hits:
    """Look through what a font says of itself, such as who made it; shapes of letters are no words.

    Of WOFF 2, which is packed in another way, only what stands in the open is read.
    """
    packed = data[:4] == b"wOFF"
    if not packed and data[:4] not in (b"\0\1\0\0", b"OTTO", b"true"):
        yield from scan_bytes(data[:2000], canaries)  # where EOT has its names
        return
    entry, size, place = (44, 20, 4) if packed else (12, 16, 8)  # of the list of tables
    n_tables = int.from_bytes(data[12:14] if packed else data[4:6], "big")
    for at in range(entry, entry + size * n_tables, size):
        begin, length = (int.from_bytes(data[at + n : at + n + 4], "big") for n in (place, place + 4))
        if data[at : at + 4] in (b"name", b"meta"):
            table = data[begin : begin + length]
            yield from scan_bytes((unpack(table) if packed else None) or table, canaries)


def look_into_png(data: bytes, canaries: Canaries) -> Hits:
    """What the text chunks of a PNG say. Its dots are not read: words drawn into it are not seen."""
    offset = len(PNG)
    if not data.startswith(PNG):
        yield UNREADABLE, 0, ""
        return
    while offset + 8 <= len(data):
        size = int.from_bytes(data[offset : offset + 4], "big")
        name, body = data[offset + 4 : offset + 8], data[offset + 8 : offset + 8 + size]
        offset += size + 12
        if name not in _DOTS:
            text = chunk_text(name, body)
            if text is None:
                yield UNREADABLE, 0, "picture's text"
                continue
            found = [kind for kind, _ in (*find_anywhere(text), *find_in_words(text))]
            found += [CANARY for _ in canaries.find(text)]
            found += [IDENTIFIER for _ in _named_columns(text)]
            found += [SMALL_SAID for _ in canaries.small.find(text)]
            yield from ((kind, 0, "picture's text") for kind in found)
            yield from ((kind, 0, "picture's text") for kind, _, _ in find_encoded(text, canaries))
        if name == b"IEND":
            break
    if offset != len(data):
        yield "picture that is cut short or has more behind it", 0, ""
