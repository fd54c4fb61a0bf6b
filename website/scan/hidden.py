"""Canaries and values in disguise: escaped, percent-encoded, in base64, compressed, in a picture's text."""

from __future__ import annotations

import base64
import binascii
import gzip
import html
import io
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote

from analysis_lib.identifiers import CANARIES, is_identifier
from website.scan.finding import Hits, line_at
from website.scan.said import SMALL_SAID, SmallCounts
from website.scan.values import CANARY, HANDLE, IDENTIFIER, find_anywhere, find_in_words

LARGEST = 50_000_000  # bytes that a compressed part may unpack to
UNREADABLE = "cannot be read"
_BASE64 = re.compile(r"[A-Za-z0-9+/]{24,}={0,2}")
_URL_BASE64 = re.compile(r"(?<![A-Za-z0-9+/])(?=[A-Za-z0-9]*[_-])[A-Za-z0-9_-]{24,}={0,2}(?![+/])")
_ESCAPE = re.compile(r"\\(?:u\{?0{0,4}|x)([0-9a-fA-F]{2})\}?")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_DATA_ADDRESS = re.compile(r"data:[\w.+/-]*(?:;[\w.=+-]+)*,", re.I)
_CLOSED_BY = {'"': '"', "'": "'", "(": ")"}
_MARKUP = re.compile(
    r"\s*(?:<\?xml[^>]*>|<!--.*?-->|<!DOCTYPE[^>]*>|\s)*<(?:\w+:)?(?:svg|html|body|div|table)\b", re.I | re.S
)
_PRINTABLE = re.compile(
    rb"[\x20-\x7e]{8,}|(?:[\x20-\x7e]\0){6,}|(?:\0[\x20-\x7e]){6,}"  # in one byte a letter, or in two
)
_PNG = b"\x89PNG\r\n\x1a\n"
_DOTS = frozenset(
    b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB cICP pHYs bKGD hIST sBIT tIME acTL fcTL fdAT".split()
)
_SHORTEST = 6


class Canaries:
    """What to look for that depends on the inputs: made-up identifiers, and too small counts in words.

    Parameters
    ----------
    more : iterable of str
        Further identifiers, beside `CANARIES`; those of under six letters would be found everywhere and
        are left out.
    below : int, optional
        The least count of people that may be said.
    """

    def __init__(self, more: Iterable[str] = (), below: int | None = None) -> None:
        self.small = SmallCounts(below)
        names = {name.lower() for name in (*CANARIES, *more) if len(name) >= _SHORTEST}
        self._text = sorted(names)
        self._bytes = [name.encode() for name in self._text]

    def inside(self, data: bytes) -> bool:
        """Whether one stands in these bytes as it is."""
        lowered = data.lower()
        return any(name in lowered for name in self._bytes)

    def find(self, text: str) -> Iterator[int]:
        """Offsets of all in `text`, in capitals or not, also escaped as an address, HTML or JSON has it."""
        seen = set()
        for form in _disguises(text):
            lowered = form.lower()
            for name in self._text:
                start = lowered.find(name)
                while start >= 0:
                    line = min(line_at(form, start), text.count("\n") + 1)
                    if line not in seen:
                        seen.add(line)
                        yield _start_of_line(text, line)
                    start = lowered.find(name, start + 1)


def read_canaries(folder: Path | None, below: int | None = None) -> Canaries:
    """Canaries of the project and those that ``manifest.json`` of an input folder lists.

    Raises
    ------
    ValueError
        If the manifest is no JSON object or its canaries are no list of text.
    """
    manifest = folder / "manifest.json" if folder else None
    if manifest is None or not manifest.is_file():
        return Canaries(below=below)
    remedy = f"{manifest.name} of the input folder cannot be read: make the inputs anew."
    try:
        content = json.loads(manifest.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(remedy) from error
    listed = content.get("canaries", []) if isinstance(content, dict) else None
    if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
        raise ValueError(remedy)
    return Canaries(listed, below)


def _start_of_line(text: str, line: int) -> int:
    offset = 0
    for _ in range(line - 1):
        offset = text.index("\n", offset) + 1
    return offset


def _disguises(text: str) -> Iterator[str]:
    """`text` as it is and as a reader's program would undo it, twice at most."""
    yield text
    known = {text}
    for _ in range(2):
        before = text
        if "%" in text:
            text = unquote(text)
        if "&" in text:
            text = html.unescape(text)
        if "\\" in text:
            text = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
        text = _INVISIBLE.sub("", text)
        if text == before or text in known:
            return
        known.add(text)
        yield text


def find_encoded(text: str, canaries: Canaries) -> Hits:
    """What stands in base64, or in an address that holds data, anywhere in `text`."""
    for start in _DATA_ADDRESS.finditer(text):
        end = text.find(_CLOSED_BY.get(text[start.start() - 1 : start.start()], "\n"), start.end())
        body = text[start.end() : end if end >= 0 else len(text)]
        data = unquote(body).encode()
        if ";base64" in start[0].lower():  # what is not quoted is found below
            data = decode_base64(unquote(body)) if "%" in body else None
        for kind, _, _ in look_inside(data, canaries, style="css" in start[0].lower()) if data else ():
            yield kind, line_at(text, start.start()), "address that holds data"
    done = set()
    for pattern in (_BASE64, _URL_BASE64):
        for match in pattern.finditer(text):
            if match[0] in done:
                continue
            done.add(match[0])
            for data in _decoded(match[0]):
                for kind, _, _ in look_inside(data, canaries):
                    yield kind, line_at(text, match.start()), "base64"


def _decoded(run: str) -> Iterator[bytes]:
    """A run of base64 as bytes; a short one may begin with letters that are not its own."""
    run = run.rstrip("=").replace("-", "+").replace("_", "/")
    for start in range(4 if len(run) < 4096 else 1):
        whole = run[start:]
        whole = whole[: len(whole) - 1] if len(whole) % 4 == 1 else whole
        yield base64.b64decode(whole + "=" * (-len(whole) % 4))


def decode_base64(text: str) -> bytes | None:
    """The bytes of a whole base64 text, or None."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def look_inside(data: bytes, canaries: Canaries, depth: int = 0, *, style: bool = False) -> Hits:
    """What stands in bytes that were packed into another file: a picture, a table, compressed text.

    A `style` sheet has its own words that begin with ``@``.
    """
    if canaries.inside(data):
        yield CANARY, 0, ""
    if data.startswith(_PNG):
        yield from look_into_png(data, canaries)
    elif data[:4] == b"PK\x03\x04" or data[:5] == b"%PDF-":
        yield "file within another", 0, ""
    elif depth < 3 and (data[:2] == b"\x1f\x8b" or data[:2] in (b"x\x01", b"x\x9c", b"x\xda")):
        unpacked = unpack(data)
        if unpacked is not None:
            yield from look_inside(unpacked, canaries, depth + 1)
    elif (text := _as_text(data)) is None:
        yield from scan_bytes(data, canaries)
    elif _MARKUP.match(text):
        from website.scan.page import scan_drawing  # which looks into what it finds packed

        if depth < 3:
            yield from ((kind, 0, "") for kind, _, _ in scan_drawing(text, canaries))
    else:
        yield from ((CANARY, 0, "") for _ in canaries.find(text))
        style = style or text.lstrip().startswith("<")  # markup, with names and paths of its own
        found = [*find_anywhere(text), *(() if style else find_in_words(text))]
        yield from ((kind, 0, "") for kind, _ in found)
        yield from _named_columns(text)
        if depth < 2:
            yield from ((kind, 0, "") for kind, _, _ in find_encoded(text, canaries))


def _as_text(data: bytes) -> str | None:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if not re.search(r"[\x00-\x08\x0e-\x1f\x7f]", text) else None


def scan_bytes(data: bytes, canaries: Canaries) -> Hits:
    """What the printable letters say in a file that is no text: a photograph, a font, settings."""
    text = printable(data)
    found = [kind for kind, _ in (*find_anywhere(text), *find_in_words(text)) if kind != HANDLE]  # by chance
    yield from ((kind, 0, "") for kind in [*found, *(CANARY for _ in canaries.find(text))])


def scan_font(data: bytes, canaries: Canaries) -> Hits:
    """Look through what a font says in words: who made it, sample texts, its tables as they are."""
    yield from scan_bytes(data, canaries)
    if (
        data[:4] == b"wOFF"
    ):  # its tables are compressed, each by itself: name, offset, size packed and unpacked
        for at in range(44, 44 + 20 * int.from_bytes(data[12:14], "big"), 20):
            begin, size = (int.from_bytes(data[at + n : at + n + 4], "big") for n in (4, 8))
            if data[at : at + 4] == b"name":
                yield from scan_bytes(unpack(data[begin : begin + size]) or b"", canaries)


def printable(data: bytes) -> str:
    """The runs of printable letters, each on a line, also of those that take two bytes."""
    return "\n".join(run.replace(b"\0", b"").decode("ascii") for run in _PRINTABLE.findall(data))


def _named_columns(text: str) -> Hits:
    """Identifier names as keys of JSON or in the first line of a table."""
    names = re.findall(r'"([^"\n]{1,60})"\s*:', text) + re.split("[,;\t|]", text.partition("\n")[0])
    if any(is_identifier(name.strip(" \"'{[")) for name in names if len(name) < 60):
        yield "identifier column", 0, ""


def unpack(data: bytes) -> bytes | None:
    """Decompress gzip or zlib up to `LARGEST` bytes; None if it is neither, or more."""
    try:
        if data[:2] == b"\x1f\x8b":
            with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
                unpacked = stream.read(LARGEST + 1)
        else:
            unpacked = zlib.decompressobj().decompress(data, LARGEST + 1)
    except (OSError, EOFError, zlib.error):
        return None
    return unpacked if len(unpacked) <= LARGEST else None


def look_into_png(data: bytes, canaries: Canaries) -> Hits:
    """What the text chunks of a PNG say. Its dots are not read: words drawn into it are not seen."""
    offset = len(_PNG)
    if not data.startswith(_PNG):
        yield UNREADABLE, 0, ""
        return
    while offset + 8 <= len(data):
        size = int.from_bytes(data[offset : offset + 4], "big")
        name, body = data[offset + 4 : offset + 8], data[offset + 8 : offset + 8 + size]
        offset += size + 12
        if name not in _DOTS:
            text = _chunk_text(name, body)
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


def _chunk_text(name: bytes, body: bytes) -> str | None:
    """Keyword and text of one chunk, decompressed."""
    if name not in (b"tEXt", b"zTXt", b"iTXt", b"iCCP"):
        return printable(body)
    keyword, _, rest = body.partition(b"\0")
    compressed = name in (b"zTXt", b"iCCP") or (name == b"iTXt" and rest[:1] == b"\x01")
    if name == b"iTXt":
        parts = rest[2:].split(b"\0", 2)
        keyword, rest = keyword + b" " + b" ".join(parts[:2]), parts[-1]
    elif compressed:
        rest = rest[1:]
    unpacked = unpack(rest) if compressed else rest
    if unpacked is None:
        return None
    said = printable(unpacked) if b"\0" in unpacked else unpacked.decode("utf-8", "replace")
    return f"{keyword.decode('latin-1')}\n{said}"
