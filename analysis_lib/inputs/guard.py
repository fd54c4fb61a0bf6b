"""What a workbook would become in memory, found out from its bytes before anything opens it.

A cell in the far corner of a sheet makes a reader lay out every cell before it: a file of 1 kB can ask for
more memory than any machine has, by accident as well as on purpose.
"""

from __future__ import annotations

import io
import re
import zipfile

from analysis_lib.inputs.archive import read_whole
from analysis_lib.inputs.errors import InputError, reject

LAST_ROW = 1_048_576
LAST_COLUMN = 16_384
#: A whole Excel sheet 40 columns wide: over three times the widest layout at its longest.
MAX_CELLS = 40 * LAST_ROW
#: Longer texts (footnotes) may stand in a few cells, and not be repeated by the million.
LONG_TEXT = 2_000
MAX_REPEATED_BYTES = 1 << 28
_REFERENCE = re.compile(rb"""[\s"']r\s*=\s*["']([A-Z]*)(\d+)""")
# A reference beyond column AN or row 999,999, in the form that nearly every program writes.
_FAR = re.compile(rb'<c r="(?:[A-Z]{3,}|[B-Z][A-Z]|A[O-Z]|[A-Z]\d{7}|A[A-N]\d{7})')
_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
_PREFIXED = re.compile(rb":c[\s/>]")
_ROW = re.compile(rb"<(?:\w+:)?row\b")
_TEXT_END = re.compile(rb"</(?:\w+:)?si>")


def check_workbook(data: bytes) -> int:
    """Refuse a workbook that would fill the memory; return how many sheets it holds at most.

    Raises
    ------
    InputError
        If it is no .xlsx inside, has a cell so far out that the sheet would be laid out with over 40
        million cells, or repeats a long text in very many cells.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        if "xl/workbook.xml" not in names or {"xl/workbook.bin", "content.xml"} & set(names):
            raise reject("not an .xlsx workbook inside", "an .xlsx file", "Save it as .xlsx or CSV.")
        long_texts: dict[int, int] = {}
        for info in archive.infolist():
            xml = read_whole(archive, info)
            if info.filename.endswith(".xml") and b"\0" in xml:
                raise reject(
                    f"{info.filename!r} is no UTF-8 text", "an .xlsx file", "Save it again in Excel."
                )
            rows, columns = _extent(xml)
            if rows * columns > MAX_CELLS or rows > LAST_ROW or columns > LAST_COLUMN:
                raise _too_far(info.filename)
            if b"si>" in xml:
                texts = enumerate(_TEXT_END.split(xml))
                long_texts |= {i: len(text) for i, text in texts if len(text) > LONG_TEXT}
        if long_texts:
            _check_repeats(archive, long_texts)
    return sum("sheets/" in name for name in names)


def _too_far(member: str) -> InputError:
    return reject(
        f"a cell so far out in {member!r} that the sheet would hold over {MAX_CELLS:,} cells",
        "a table at the top left of its sheet",
        "Delete the columns and rows beyond the table, or save it as CSV.",
    )


def _extent(xml: bytes) -> tuple[int, int]:
    """Return the last row and column of a sheet where they are beyond the usual, else (1, 1)."""
    unusual = any(form in xml for form in (b"<c>", b"<c/", b"<c\t", b"<c\n", b"<c\r")) or _PREFIXED.search(
        xml
    )
    if xml.count(b'<c r="') == xml.count(b"<c ") and not unusual and not _FAR.search(xml):
        return 1, 1
    rows, columns = 1, 1
    for letters, digits in _REFERENCE.findall(xml):
        rows = max(rows, int(digits[:9]))
        columns = max(columns, _column_number(letters[:4]))
    # Without references, cells stand one after another in rows that do.
    pieces = _ROW.split(xml)
    return max(rows, len(pieces)), max(columns, *(len(_CELL.findall(piece)) for piece in pieces))


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number


def _check_repeats(archive: zipfile.ZipFile, long_texts: dict[int, int]) -> None:
    numbers = b"|".join(b"%d" % i for i in list(long_texts)[:1000])
    used = re.compile(rb"<(?:\w+:)?v>\s*(" + numbers + rb")\s*</")
    total = 0
    for info in archive.infolist():
        total += sum(long_texts[int(number)] for number in used.findall(read_whole(archive, info)))
    if len(long_texts) > 1000 or total > MAX_REPEATED_BYTES:
        raise reject(
            "long texts in very many cells", "dates, codes, labels and counts", "Remove the columns of text."
        )
