"""Tables and JSON as files hold them: CSV, workbooks, keys and values."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence

from analysis_lib.identifiers import is_identifier, is_nhs_number
from website.scan.finding import Hits, line_at
from website.scan.hidden import UNREADABLE, Canaries
from website.scan.said import SMALL_SAID, SmallCounts
from website.scan.values import (
    FORMULA,
    IDENTIFIER,
    MISSING,
    NHS_NUMBER,
    find_anywhere,
    find_in_words,
    find_missing,
    holds_sums,
    is_formula,
    is_missing,
)

_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"(\s*:)?')
_WHOLE = re.compile(r'(?:"([^"\\\n]*)"\s*:\s*|[\[,]\s*)(\d{10})(?=\s*[,}\]])')
_NOT_A_NUMBER = re.compile(r"[:\[,]\s*(?:NaN|-?Infinity)\b")
_COLUMN = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
LONGEST_CELL = 131_072


def scan_csv(text: str, canaries: Canaries) -> Hits:
    """Look through the cells of a CSV file; the line is that of the cell's row."""
    first = text.partition("\n")[0]
    separator = max(",;\t|", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    limit = csv.field_size_limit(LONGEST_CELL)  # one for the whole process: whoever read before has set it
    try:
        rows = ((reader.line_num, row) for row in reader)
        yield from ((kind, line, "") for kind, line in scan_cells(rows, canaries))
    except csv.Error:
        yield UNREADABLE, reader.line_num, ""
    finally:
        csv.field_size_limit(limit)


def scan_cells(rows: Iterable[tuple[int, Sequence[str]]], canaries: Canaries) -> Iterator[tuple[str, int]]:
    """Kind and number of the row for everything in a table whose first row names the columns.

    In a sheet of a workbook lines of text stand above: there the names are in a row of nothing but names.
    """
    sums: list[bool] = []
    names: Sequence[str] = ()
    for number, (line, row) in enumerate(rows):
        named = [cell for cell in row if cell]
        if not number or (named and all(map(_COLUMN.fullmatch, named))):
            found = [holds_sums(name) for name in row]
            sums = found if any(found) or not number else sums
            names = row
            yield from ((IDENTIFIER, line) for name in row if is_identifier(name))
        for place, cell in enumerate(row):
            if is_formula(cell):
                yield FORMULA, line
            elif is_missing(cell):
                yield MISSING, line
            elif canaries.small.is_small(names[place] if place < len(names) else "", cell):
                yield SMALL_SAID, line
            whole_sum = place < len(sums) and sums[place] and cell.isdecimal()
            if not whole_sum:
                yield from ((kind, line) for kind, _ in find_in_words(cell))


def scan_json(text: str, *, missing: bool = True, small: SmallCounts | None = None) -> Hits:
    """Look through keys, text and whole numbers of a JSON file.

    With `missing`, "nan" in a text is a missing number. With `small`, counts in words are looked for.
    """
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        yield UNREADABLE, 0, ""
    for match in _STRING.finditer(text):
        said = unescape(match[1])
        if match[2] and is_identifier(said):
            yield IDENTIFIER, line_at(text, match.start()), ""
        if len(said) > 2:
            found = [*find_in_words(said), *(find_anywhere(said) if "\\" in match[1] else ())]
            found += find_missing(said) if missing and not match[2] else []
            found += [(SMALL_SAID, at) for at in small.find(said)] if small and not match[2] else []
            yield from ((kind, line_at(text, match.start()), "") for kind, _ in found)
    for match in _WHOLE.finditer(text):
        if not holds_sums(match[1] or "") and is_nhs_number(match[2]):
            yield NHS_NUMBER, line_at(text, match.start()), ""
    rest = _STRING.sub(lambda m: "\n" * m[0].count("\n") + (m[2] or ""), text)
    for match in _NOT_A_NUMBER.finditer(rest):
        yield MISSING, line_at(rest, match.end()), ""


def unescape(text: str) -> str:
    """Text of a JSON string without its quotes; as it stands if it is not valid."""
    if "\\" not in text:
        return text
    try:
        return str(json.loads(f'"{text}"', strict=False))
    except ValueError:
        return text
