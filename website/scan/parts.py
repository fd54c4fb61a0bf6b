"""Workbooks and presentations are zip files of XML: what all their parts say, shown or not."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from typing import Any

from lxml import etree
from python_calamine import CalamineError, CalamineWorkbook

from analysis_lib.identifiers import is_identifier
from website.scan.finding import Hits
from website.scan.hidden import LARGEST, UNREADABLE, Canaries
from website.scan.markup import ELEMENT, REMOTE
from website.scan.page import look_inside
from website.scan.said import SMALL_SAID
from website.scan.tables import scan_cells
from website.scan.values import CANARY, FORMULA, IDENTIFIER, find_anywhere, find_in_words

HELD = "data that no sheet shows"
# What a file without programs, films and other files consists of.
_PART = re.compile(
    r"(?:\[Content_Types\]|_rels/|docProps/|ppt/|xl/).*\.(?:xml|rels|png|jpeg|jpg|bin|vml)|docProps/thumbnail\.\w+"
)
_EMBEDDED = re.compile(r"vbaProject|embeddings/|activeX|oleObject|/media/.*\.(?!png|jpe?g)\w+$")
# Rows that a pivot table keeps, or that are kept of other workbooks and of databases.
_HELD = re.compile(r"pivotCacheRecords|externalLink|/connections\.xml|queryTable|customXml|xl/model/")
_XML = re.compile(r".*\.(?:xml|rels|vml)$")
_PARAGRAPHS = frozenset(["p", "si", "is", "text", "comment"])  # whose runs are one sentence
# Numbers of the format; a cell's value is looked at with the name of its column.
_NUMBERS = frozenset(str.split("id uid val x y cx cy r ref spans sqref"))
_NAMES = frozenset(str.split("definedName tableColumn cacheField property calculatedColumn"))
_CODES = re.compile(r"&(?:\"[^\"]*\"|K[0-9A-Fa-f]{6}|\d{1,2}(?!\d)|[A-Za-z])")  # of headers and footers
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


def read_parts(data: bytes) -> dict[str, bytes] | None:
    """Return the parts of a file by name; None if it cannot be read, or unpacks to over `LARGEST` bytes."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(member.file_size for member in archive.infolist()) > LARGEST:
                return None
            return {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, OSError, RuntimeError, ValueError, NotImplementedError):
        return None


def scan_slides(data: bytes, canaries: Canaries) -> Hits:
    """Look through a presentation: words, notes, tables and alternative texts of its slides, and pictures."""
    parts = read_parts(data)
    if parts is None:
        yield UNREADABLE, 0, ""
    else:
        yield from scan_parts(parts, canaries)


def scan_parts(parts: dict[str, bytes], canaries: Canaries) -> Hits:
    """Look through all parts: texts, comments, names, headers, lists to choose from, properties, pictures."""
    for name, data in parts.items():
        part = posixpath.basename(name)
        if _HELD.search(name):
            yield HELD, 0, part
        elif _EMBEDDED.search(name) or not _PART.fullmatch(name):
            yield ELEMENT, 0, part
        hits = scan_xml(data, canaries) if _XML.match(name) else look_inside(data, canaries)
        yield from ((kind, line, part) for kind, line, _ in hits)


def scan_xml(data: bytes, canaries: Canaries) -> Hits:
    """Look through the texts and attributes of one part."""
    if canaries.inside(data):
        yield CANARY, 0, ""
    try:
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    except (etree.XMLSyntaxError, ValueError):
        yield UNREADABLE, 0, ""
        return
    for said in _read_xml(root):
        words = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), said)
        yield from ((kind, 0, "") for kind, _ in (*find_in_words(words), *find_anywhere(words)))
        yield from ((CANARY, 0, "") for _ in canaries.find(words))
        yield from ((SMALL_SAID, 0, "") for _ in canaries.small.find(words))
    for element in root.iter("{*}Relationship"):
        if element.get("TargetMode") == "External" and not element.get("Type", "").endswith("/hyperlink"):
            yield REMOTE, 0, ""
    rows = (table.find("{*}tr") for table in root.iter("{*}tbl"))  # the first of each table
    names = ["".join(cell.itertext()) for row in rows if row is not None for cell in row.iterfind("{*}tc")]
    names += [e.get("name", "") for e in root.iter("{*}*") if _local(e) in _NAMES]
    if any(map(is_identifier, names)):
        yield IDENTIFIER, 1, ""


def _read_xml(root: etree._Element) -> Iterator[str]:
    for element in root.iter():
        name = _local(element)
        if name in _PARAGRAPHS:
            yield "".join(element.itertext())
        for text in (element.text if name != "v" or _is_chart(element) else "", element.tail):
            if text and len(text) > 3 and not text.isspace():
                yield _CODES.sub(" ", text) if name.endswith(("Header", "Footer")) else text
        if isinstance(element.tag, str):
            for key, value in element.attrib.items():
                if len(value) > 3 and not (
                    key.rpartition("}")[2] in _NUMBERS and value.lstrip("-").isdecimal()
                ):
                    yield value


def _local(element: etree._Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _is_chart(element: etree._Element) -> bool:
    return "/chart}" in element.tag


def scan_workbook(data: bytes, canaries: Canaries) -> Hits:
    """Look through all sheets of an xlsx file, and through the parts that no cell shows."""
    members = read_parts(data)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = [book.get_sheet_by_index(n).to_python() for n in range(len(book.sheet_names))]
    except (CalamineError, OSError, RuntimeError, ValueError, NotImplementedError):
        members = None
    if members is None:
        yield UNREADABLE, 0, ""
        return
    yield from scan_parts(members, canaries)
    for name, member in members.items():
        if not name.startswith("xl/charts/") and re.search(rb"<f[\s>]", member):
            yield FORMULA, 0, posixpath.basename(name)
    for number, rows in enumerate(sheets, 1):
        cells = ((line, [_cell(value) for value in row]) for line, row in enumerate(rows, 1))
        yield from ((kind, line, f"sheet {number}") for kind, line in scan_cells(cells, canaries))


def _cell(value: Any) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
