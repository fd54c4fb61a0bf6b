"""PDFs: what they say beside the words on their pages, and whatever may run or load.

The words of a page are numbers of letters in a font. They are looked through in the text that it was set
from. All other strings are read here: properties, XMP, alternative texts, bookmarks, annotations, fields of
forms; in all revisions that the file holds, in compressed objects too.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Container, Iterator

from analysis_lib.identifiers import is_identifier
from website.scan.finding import Hits
from website.scan.hidden import UNREADABLE, Canaries, unpack
from website.scan.markup import ELEMENT
from website.scan.page import find_in_line
from website.scan.parts import scan_xml
from website.scan.values import CANARY, IDENTIFIER

_MARK = re.compile(rb"set-from-[0-9a-f]{64}")
UNREAD = "PDF whose words were not read"
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\n?endstream", re.DOTALL)
_RUNS = re.compile(rb"/(?:JavaScript|JS|Launch|EmbeddedFile|RichMedia|SubmitForm|ImportData)\b")
_FILTER = re.compile(rb"/(?:Filter|F)\s*(\[[^\]]*\]|/\w+)")
_NO_WORDS = re.compile(rb"/(?:Image|XRef|FontFile\d?|CIDFontType0C|Type1C|OpenType|Length1|FunctionType|N)\b")
_NAME = re.compile(rb"/([^\s/<>()\[\]{}%]+)\s*(?=[(<])")
_HEX = re.compile(rb"[0-9A-Fa-f\s]*>")
_LONGEST = 65_536  # bytes of a string
_BEGIN = re.compile(rb"[(<]")
_MARKS = re.compile(rb"[()\\]")
_ESCAPED = re.compile(rb"\\(?:([0-7]{1,3})|(\r\n|[\s\S]))")
_SIGNS = {
    b"n": b"\n",
    b"r": b"\r",
    b"t": b"\t",
    b"b": b"\b",
    b"f": b"\f",
    b"\n": b"",
    b"\r": b"",
    b"\r\n": b"",
}
_SHOWN = re.compile(rb"BT\b(.*?)\bET\b", re.DOTALL)


def digest_source(text: str) -> str:
    """Mark that a PDF carries of the text that it was set from."""
    return f"set-from-{hashlib.sha256(text.encode()).hexdigest()}"


def scan_pdf(data: bytes, canaries: Canaries, sources: Container[str]) -> Hits:
    """Look through a PDF for programs and files in it, and for what its strings say.

    One that was not set from any of `sources`, told by its mark (`digest_source`), is a finding: its pages
    were read nowhere. So is what cannot be read: an encrypted file, a stream that is packed in a rare way.
    """
    if not data.startswith(b"%PDF-") or b"%%EOF" not in data[-1024:]:
        yield UNREADABLE, 0, ""
        return
    if not any(mark.decode() in sources for mark in _MARK.findall(data)):
        yield UNREAD, 0, ""
    objects = [_STREAM.sub(b"", data)]  # what is no stream, and the streams that hold objects
    if re.search(rb"/Encrypt\b", objects[0]):
        yield UNREADABLE, 0, "encrypted"
        return
    for stream in _STREAM.finditer(data):
        about = data[data.rfind(b" obj", 0, stream.start()) : stream.start()]
        if b"/Image" in about:  # dots
            continue
        unpacked = _undo(stream[1], about)
        if unpacked is None:
            yield UNREADABLE, 0, "a stream"
        elif b"/ObjStm" in about:
            objects.append(unpacked)
        elif re.search(rb"/Metadata\b", about):
            yield from ((kind, 0, "properties") for kind, _, _ in scan_xml(unpacked.lstrip(), canaries))
        elif canaries.inside(unpacked):
            yield CANARY, 0, ""
        elif not _NO_WORDS.search(about):
            shown = (list(_texts(block)) for block in _SHOWN.findall(unpacked))
            yield from ((kind, 0, "a page") for texts in shown for said in ("".join(texts), "\n".join(texts))
                        for kind in find_in_line(said, canaries))  # fmt: skip
    for piece in objects:
        if _RUNS.search(piece):
            yield ELEMENT, 0, ""
        for said in {*_texts(piece)}:
            yield from ((kind, 0, "strings") for kind in find_in_line(said, canaries))
        names = (re.sub(rb"#([0-9A-Fa-f]{2})", _from_hex, name) for name in set(_NAME.findall(piece)))
        if any(is_identifier(name.decode("utf-8", "replace")) for name in names):
            yield IDENTIFIER, 0, "properties"


def _from_hex(match: re.Match[bytes]) -> bytes:
    return bytes.fromhex(match[1].decode())


def _undo(data: bytes, about: bytes) -> bytes | None:
    """What a stream unpacks to; None if it is packed in a way that is not known here."""
    said = _FILTER.search(about)
    for name in re.findall(rb"/(\w+)", said[1]) if said else ():
        try:
            if name in (b"FlateDecode", b"Fl"):
                data = unpack(data)
            elif name in (b"ASCIIHexDecode", b"AHx"):
                data = bytes.fromhex(re.sub(rb"[\s>]", b"", data).decode())
            elif name in (b"ASCII85Decode", b"A85"):
                data = base64.a85decode(data.strip().removesuffix(b"~>"))
            else:
                return None
        except (ValueError, binascii.Error):
            return None
        if data is None:
            return None
    packed = b"/ObjStm" in about and re.search(rb"/Predictor\s+(?!1\b)\d", about)
    return None if packed else data


def _texts(data: bytes) -> Iterator[str]:
    """All strings, whether they are written in letters or in hexadecimal digits."""
    at = 0
    while begin := _BEGIN.search(data, at):
        at = begin.end()
        if begin[0] == b"(":
            end = _end_of_literal(data, at)
            text = _decode(_ESCAPED.sub(_unescape, data[at:end])) if end else None
            at = end + 1 if text is not None else at  # else something in it may be one
        elif found := _HEX.match(data, at):
            digits = re.sub(rb"\s", b"", found[0][:-1]).decode()
            text, at = _decode(bytes.fromhex(digits + "0" * (len(digits) % 2))), found.end()
        else:
            at += data[at : at + 1] == b"<"  # a dictionary
            continue
        if text:
            yield text


def _end_of_literal(data: bytes, at: int) -> int:
    """Where a string in letters ends, which may hold pairs of brackets; 0 if it ends nowhere near."""
    depth, last = 1, at + _LONGEST
    while mark := _MARKS.search(data, at, last):
        at = mark.end() + (mark[0] == b"\\")
        depth += {b"(": 1, b")": -1}.get(mark[0], 0)
        if not depth:
            return mark.start()
    return 0


def _unescape(match: re.Match[bytes]) -> bytes:
    return bytes([int(match[1], 8) & 255]) if match[1] else _SIGNS.get(match[2], match[2])


def _decode(raw: bytes) -> str | None:
    """Text of a string; None if it is none, but numbers of letters in a font, or a key."""
    if raw[:2] in (b"\xfe\xff", b"\xff\xfe"):
        return raw.decode("utf-16", "replace")
    text = raw[3:].decode("utf-8", "replace") if raw[:3] == b"\xef\xbb\xbf" else raw.decode("latin-1")
    return None if re.search(r"[\x00-\x08\x0e-\x1f]", text) else text
