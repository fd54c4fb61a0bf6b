"""Presentations and PDFs: their words where these can be read, and whatever may run or load."""

from __future__ import annotations

import hashlib
import io
import posixpath
import re
import zipfile
from collections.abc import Container
from html import unescape

from analysis_lib.identifiers import is_identifier
from website.scan.finding import Hits
from website.scan.hidden import LARGEST, UNREADABLE, Canaries, look_inside, look_into_png, unpack
from website.scan.markup import ELEMENT, REMOTE
from website.scan.values import CANARY, IDENTIFIER, find_anywhere, find_in_words

_PARAGRAPH = re.compile(r"<a:p\b.*?</a:p>|<a:p/>", re.DOTALL)
_ROW = re.compile(r"<a:tr\b.*?</a:tr>", re.DOTALL)
_CELL = re.compile(r"<a:tc\b.*?</a:tc>", re.DOTALL)
_TEXT = re.compile(r"<a:t>([^<]*)</a:t>")
_SAID = re.compile(r'\s(?:descr|title|name)="([^"]*)"')
_OUTSIDE = re.compile(r"<Relationship\b(?=[^>]*TargetMode=\"External\")(?=[^>]*\sType=\"[^\"]*/(\w+)\")")
# What a presentation without programs, films and other files consists of.
_PART = re.compile(
    r"(?:\[Content_Types\]|_rels/|docProps/|ppt/).*\.(?:xml|rels|png|jpeg|jpg|bin)|docProps/thumbnail\.\w+"
)
_EMBEDDED = re.compile(r"vbaProject|embeddings/|activeX|oleObject|/media/.*\.(?!png|jpe?g)\w+$")
_MARK = re.compile(rb"set-from-[0-9a-f]{64}")
UNREAD = "PDF whose words were not read"
_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_RUNS = re.compile(rb"/(?:JavaScript|JS|Launch|EmbeddedFile|RichMedia|SubmitForm|ImportData)\b")


def scan_slides(data: bytes, canaries: Canaries) -> Hits:
    """Look through a presentation: words, notes, tables and alternative texts of its slides, and pictures."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(member.file_size for member in archive.infolist()) > LARGEST:
                raise zipfile.BadZipFile
            members = {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError):
        yield UNREADABLE, 0, ""
        return
    for name, member in members.items():
        part = posixpath.basename(name)
        if _EMBEDDED.search(name) or not _PART.fullmatch(name):
            yield ELEMENT, 0, part
        elif name.endswith(".png"):
            yield from ((kind, 0, part) for kind, _, _ in look_into_png(member, canaries))
        else:
            yield from ((kind, 0, part) for kind, _, _ in look_inside(member, canaries))
        if name.endswith((".xml", ".rels")):
            yield from _scan_part(member.decode("utf-8", "replace"), part, canaries)


def _scan_part(text: str, part: str, canaries: Canaries) -> Hits:
    for paragraph in _PARAGRAPH.findall(text):
        yield from _scan_words("".join(_TEXT.findall(paragraph)), part, canaries)
    for said in _SAID.findall(text):
        yield from _scan_words(said, part, canaries)
    for row in _ROW.findall(text)[:1]:
        heads = ["".join(_TEXT.findall(cell)) for cell in _CELL.findall(row)]
        yield from ((IDENTIFIER, 1, part) for head in heads if is_identifier(unescape(head)))
    for kind in _OUTSIDE.findall(text):
        if kind != "hyperlink":
            yield REMOTE, 0, part


def _scan_words(written: str, part: str, canaries: Canaries) -> Hits:
    words = unescape(written)
    found = [*find_in_words(words), *find_anywhere(words), *((CANARY, at) for at in canaries.find(words))]
    yield from ((kind, 0, part) for kind, _ in found)


def digest_source(text: str) -> str:
    """Mark that a PDF carries of the text that it was set from."""
    return f"set-from-{hashlib.sha256(text.encode()).hexdigest()}"


def scan_pdf(data: bytes, canaries: Canaries, sources: Container[str]) -> Hits:
    """Look through a PDF for programs and files in it, and for canaries in what its streams unpack to.

    The words of a PDF are numbers of letters in a font. They are looked through in the text that it was set
    from: one of `sources`, by its mark (`digest_source`). A PDF that was set from anything else is a finding.
    """
    if not data.startswith(b"%PDF-") or b"%%EOF" not in data[-1024:]:
        yield UNREADABLE, 0, ""
        return
    if not any(mark.decode() in sources for mark in _MARK.findall(data)):
        yield UNREAD, 0, ""
    objects = [_STREAM.sub(b"", data)]  # what is no stream, and the streams that hold objects
    for stream in _STREAM.finditer(data):
        about = data[max(stream.start() - 200, 0) : stream.start()].rpartition(b" obj")[2]
        if b"/Image" in about:  # dots
            continue
        unpacked = unpack(stream[1]) or b""
        if canaries.inside(unpacked):
            yield CANARY, 0, ""
        if b"/ObjStm" in about:
            objects.append(unpacked)
    if any(_RUNS.search(piece) for piece in objects):
        yield ELEMENT, 0, ""
