"""From the bytes of a CSV file to columns of text, never guessing a type, never shifting a column."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pyarrow as pa
from pyarrow import csv as arrow_csv

from analysis_lib.inputs.errors import InputError, LeftAside, reject
from analysis_lib.inputs.header import HEADER_ROWS, find_header_below, normalise_name, why_leave_aside

TEXT = pa.dictionary(pa.int32(), pa.string())
BLOCK_BYTES = 8 << 20
FIELD_LIMIT = 1 << 20
LINE_END = re.compile(rb"\r\n|\r|\n")
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
# first bytes of a file of another kind, whatever its name says
OTHER_KINDS = {
    b"%PDF": "a PDF file",
    b"\x1f\x8b": "a gzip archive",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"\xd0\xcf\x11\xe0": "an old or password-protected Excel workbook",
    b"{": "a JSON file",
}


@dataclass
class TextTable:
    """Columns of text as dictionary arrays, with the way back from a row to its line in the file.

    Attributes
    ----------
    names : list of str
        Normalised column names; `raw_names` as they stand in the file.
    columns : dict of str to pyarrow.DictionaryArray
        Every column as text; an empty cell is the empty string.
    line_of : callable
        Line (or sheet row) of a row counted from 0.
    """

    names: list[str]
    raw_names: dict[str, str]
    columns: dict[str, pa.DictionaryArray]
    n_rows: int
    line_of: Callable[[int], int]
    warnings: list[str] = field(default_factory=list)


def read_csv_text(data: bytes, *, newlines: bool = False, of_appointments: bool = True) -> TextTable:
    """Read a CSV file's bytes as columns of text; one not of appointments is left aside, unless it may be.

    Raises
    ------
    LeftAside
        If it is plainly no appointment file.
    InputError
        If the file is empty, is a Git LFS pointer or an HTML page, cannot be decoded, holds NUL bytes,
        has a header only, or has a row with more or fewer cells than the header (with its line).
    """
    text, warnings = decode(data)
    raw_names, start = _read_header(text)
    names = [normalise_name(name) for name in raw_names]
    if of_appointments and (why := why_leave_aside(record for _, record in _records(text))):
        raise LeftAside(why)
    _require_header(text, raw_names)
    # A name that no normalised one can have, so that it cannot meet a real column's.
    keys = [name or f"no name {i}" for i, name in enumerate(names)]
    if len(set(keys)) < len(keys):
        # The layout check names the repeated column; arrow cannot hold it.
        return TextTable(keys, {}, {}, 0, lambda row: row + 2, warnings)
    body = pa.py_buffer(text).slice(start)
    if not text[start : start + 4096].strip() and not text[start:].strip():
        raise reject("header only, no rows", "at least one row of data", "Download or export the file again.")
    table = _parse(text, body, keys, newlines)
    columns = {name: _one_chunk(table.column(i)) for i, name in enumerate(keys)}
    for i, name in enumerate(names):
        if not name:
            _drop_unnamed(columns.pop(keys[i]), i, text, warnings)
    if not text.endswith((b"\n", b"\r")):
        warnings.append(
            "the last line has no line break: if the file was cut off, its last count may be wrong"
        )
    raw = dict(zip(keys, raw_names, strict=True))
    return TextTable(list(columns), raw, columns, table.num_rows, lambda row: _line_of(text, row), warnings)


def decode(data: bytes) -> tuple[bytes, list[str]]:
    """Return the file as UTF-8 without byte-order mark, and what had to be done for it.

    Raises
    ------
    InputError
        For an empty file, a Git LFS pointer, an HTML page, NUL bytes or bytes of no known encoding.
    """
    head = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not data or data.isspace():
        raise reject("the file is empty", "a header and rows", "Download or export the file again.")
    if head.startswith(b"version https://git-lfs"):
        raise reject(
            "a Git LFS pointer, not the file itself",
            "a CSV file",
            "Run 'git lfs pull', or download the file.",
        )
    if head.startswith((b"<!doctype", b"<html", b"<?xml", b"<head", b"<body")):
        raise reject(
            "a web page saved as a data file", "a CSV file", "Download the file again from the release page."
        )
    for start, kind in OTHER_KINDS.items():
        if data.startswith(start):
            raise reject(f"{kind} saved as a data file", "a CSV file", "Export or download it as CSV.")
    data, warnings = _to_utf8(data)
    if b"\0" in data:
        line = data.count(b"\n", 0, data.index(b"\0")) + 1
        raise reject("NUL byte", "text", "The file is damaged: download or export it again.", line=line)
    return data, warnings


def _to_utf8(data: bytes) -> tuple[bytes, list[str]]:
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    if data.isascii() and b"\0" not in data[:1024]:
        return data, []
    for encoding, likely in (
        ("utf-16", data.startswith((b"\xff\xfe", b"\xfe\xff"))),
        ("utf-16-le", data[1:400:2].count(0) > 150),
        ("utf-16-be", data[0:400:2].count(0) > 150),
    ):
        if likely:
            return _decode_as(data, encoding)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return _decode_as(data, "cp1252")
    return data, []


def _decode_as(data: bytes, encoding: str) -> tuple[bytes, list[str]]:
    try:
        return data.decode(encoding).encode("utf-8"), [f"decoded from {encoding}"]
    except UnicodeDecodeError as error:
        raise reject(
            f"byte {error.start} is neither UTF-8 nor {encoding}",
            "UTF-8 text",
            "Save the file again as 'CSV UTF-8'.",
            line=data.count(b"\n", 0, error.start) + 1,
        ) from None


def _records(text: bytes) -> Iterator[tuple[int, list[str]]]:
    """Yield (first line, cells) of every record that is not blank; slow, used to place an error."""
    csv.field_size_limit(FIELD_LIMIT)
    reader = csv.reader(io.TextIOWrapper(io.BytesIO(text), "utf-8", newline=""))
    while True:
        line = reader.line_num + 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise reject(
                f"not CSV ({error})", "cells split by commas, quotes closed", "Mend the line.", line=line
            ) from None
        if record:
            yield line, record


def _read_header(text: bytes) -> tuple[list[str], int]:
    """Return the header's cells and the offset of the first byte after it."""
    offset = len(text) - len(text.lstrip(b"\r\n"))
    # Any of the three line ends, outside quotes: what stands behind the header must not fall away with it.
    ends = (match.end() for match in LINE_END.finditer(text, offset))
    end = next((end for end in ends if not text.count(b'"', offset, end) % 2), len(text))
    _, header = next(_records(text[offset:end]), (1, []))
    return header, end


def _require_header(text: bytes, raw_names: list[str]) -> None:
    """Reject a first line that is split by something else than commas, or that stands above the header."""
    mark = next((mark for mark in SEPARATORS if mark in raw_names[0]), None) if raw_names else None
    if len(raw_names) == 1 and mark:
        problem = f"the columns are separated by {SEPARATORS[mark]}"
        remedy = "The columns are not separated by commas: save the file as CSV with commas."
        raise reject(problem, "commas", remedy, line=1)
    line = find_header_below(itertools.islice(_records(text), HEADER_ROWS))
    if line is not None:
        problem = f"{line - 1} line(s) above the header"
        raise reject(problem, "the header in the first line", "Remove the lines above the header.", line=line)


def _parse(text: bytes, body: pa.Buffer, names: list[str], newlines: bool) -> pa.Table:
    for newlines_in_values in (newlines, True):
        try:
            return arrow_csv.read_csv(
                pa.BufferReader(body),
                read_options=arrow_csv.ReadOptions(column_names=names, block_size=BLOCK_BYTES),
                parse_options=arrow_csv.ParseOptions(newlines_in_values=newlines_in_values),
                convert_options=arrow_csv.ConvertOptions(
                    column_types=dict.fromkeys(names, TEXT),
                    strings_can_be_null=False,
                    null_values=[],
                ),
            )
        except pa.ArrowInvalid:
            continue
    raise _ragged(text, len(names))


def _ragged(text: bytes, n_columns: int) -> InputError:
    """Return the error for the first record whose cells do not match the header."""
    remedy = "Mend or remove the line; a row cut off at the end means an incomplete download."
    line = 1
    for line, record in _records(text):
        if len(record) != n_columns:
            return reject(f"{len(record)} cell(s)", f"{n_columns}, as in the header", remedy, line=line)
    return reject("a row that cannot be split into cells", f"{n_columns} cells", remedy, line=line)


def _drop_unnamed(column: pa.DictionaryArray, place: int, text: bytes, warnings: list[str]) -> None:
    """Reject cells under a column without a name; blank ones are harmless, as is a leading row number."""
    values = column.dictionary.to_pylist()
    if place == 0 and len(values) == len(column) and all(value.isdigit() for value in values):
        warnings.append("the first column has no name and numbers the rows: not read")
        return
    for code, value in enumerate(values):
        if value.strip():
            row = column.indices.to_pylist().index(code)
            raise reject(
                "a cell under a column without a name",
                "a name for every column that holds values",
                "Name the column, or remove it.",
                line=_line_of(text, row),
            )


def _one_chunk(column: pa.ChunkedArray) -> pa.DictionaryArray:
    if column.num_chunks == 1:
        return column.chunk(0)
    unified = column.unify_dictionaries().combine_chunks()
    return unified.chunk(0) if isinstance(unified, pa.ChunkedArray) else unified


def _line_of(text: bytes, row: int) -> int:
    """Return the line of data row `row`, counting from the record after the header."""
    for number, (line, _) in enumerate(_records(text)):
        if number == row + 1:
            return line
    return row + 2
