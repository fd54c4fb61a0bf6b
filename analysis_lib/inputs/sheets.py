"""From the bytes of an Excel workbook or a Parquet file to columns of text."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.parquet as pq
from python_calamine import CalamineError, CalamineWorkbook

from analysis_lib.inputs.archive import DAMAGE
from analysis_lib.inputs.errors import InputError, LeftAside, reject
from analysis_lib.inputs.guard import check_workbook
from analysis_lib.inputs.header import (
    HEADER_ROWS,
    normalise_name,
    recognise,
    subject_names,
    why_leave_aside,
)
from analysis_lib.inputs.text import TextTable

ERROR_CELL = re.compile(rb'<c\b(?=[^>]*\bt="e")[^>]*\br="([A-Z]+)(\d+)"')
# A formula with all that its cell holds: programs other than Excel leave the value out.
FORMULA_CELL = re.compile(rb"<(\w+:)?c\b([^>]*)>\s*<(?:\w+:)?f\b(.*?)</(?:\w+:)?c>", re.DOTALL)
STORED_VALUE = re.compile(rb"<(?:\w+:)?(?:v|t)\b[^>]*>([^<]+)")
REFERENCE = re.compile(rb'\br="([A-Z]+)(\d+)"')
MERGED = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*\bref="([A-Z]+)(\d+):[A-Z]+(\d+)"')
LAST_EXACT = 1 << 53
MAX_PARQUET_CELLS = 400_000_000
EXCEL_ERRORS = ("#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!")


def read_xlsx_text(data: bytes) -> Iterator[tuple[str, TextTable]]:
    """Yield (sheet name, columns of text) of every sheet that holds a known header.

    The header is looked for in the first 20 rows. Blank rows are skipped; rows at the end with text in
    the first cell only (footers) are left out and counted in a warning.

    Raises
    ------
    LeftAside
        If it is the publication's summary workbook, or plainly no appointment file.
    InputError
        If the workbook cannot be opened, no sheet has a known header (naming the closest layout), or a data
        sheet has a cell that would be read as blank: an Excel error such as #REF!, a formula whose value is
        not stored, or one that is merged with another.
    """
    sheets = _open_sheets(data)
    faults = _find_faults(data)
    headers: dict[str, int] = {}
    misses: dict[str, InputError] = {}
    for name, rows in sheets:
        try:
            headers[name] = _find_header(rows)
        except InputError as error:
            misses[name] = error
    if _is_summary(sheets):
        raise LeftAside("the publication's summary workbook, known and not needed")
    for name in misses:
        if not headers and faults.get(name) and faults[name].formula:
            raise faults[name].reject(name)  # it may be why there is no header
    if not headers:
        told = [why_leave_aside(rows) for _, rows in sheets if any(any(c != "" for c in row) for row in rows)]
        if told and all(told):
            raise LeftAside(told[0])
        # A sheet with cells says more than an empty one about what was meant.
        told = sorted(misses.values(), key=lambda error: error.rejections[0].line is None)
        raise (told or [reject("no sheet", "a sheet with a header", "Export the file again.")])[0]
    for name, miss in misses.items():
        if miss.rejections[0].problem.startswith(("required column absent", "duplicate column")):
            # Meant as data, unlike a cover sheet: the others alone would be a part of the release.
            raise miss.within_sheet(name)
    skipped = [f"sheet {name!r} has no known header: not read" for name in misses]
    for name, rows in sheets:
        if name not in headers:
            continue
        found = faults.get(name, _Faults())
        if found.error or found.formula:
            raise found.reject(name)
        table = _sheet_table(rows, headers[name], found.merged)
        table.warnings += skipped
        skipped = []
        yield name, table


def _is_summary(sheets: Sequence[tuple[str, Sequence[Sequence[object]]]]) -> bool:
    """Whether a workbook is the publication's own: its title, numbered tables, no sheet of rows to count."""
    rows = [row for _, rows in sheets for row in rows[:HEADER_ROWS]]
    known = subject_names().keys()
    if any(len(known & {normalise_name(str(cell)) for cell in row}) > 2 for row in rows):
        return False
    texts = [str(cell).strip().casefold() for row in rows for cell in row]
    numbered = any(re.match(r"table \d+[a-z]?\b", text) for text in texts)
    return numbered and any("appointments in general practice" in text for text in texts)


def _open_sheets(data: bytes) -> Sequence[tuple[str, Sequence[Sequence[object]]]]:
    try:
        n_parts = check_workbook(data)
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        if len(workbook.sheet_names) > n_parts:
            raise ValueError("more sheets are listed than there are")  # one part laid out again and again
        return [
            (name, workbook.get_sheet_by_name(name).to_python(skip_empty_area=False))
            for name in workbook.sheet_names
        ]
    except InputError:
        raise
    except (CalamineError, *DAMAGE) as error:
        problem = f"not a workbook ({error})"
        raise reject(problem, "an .xlsx file", "Open and save it again in Excel.") from None


@dataclass
class _Faults:
    """Cells of a sheet that a reader takes for blank: the first error and the first formula without a value,
    by row and column, and the merged ranges as (column, first row, last row)."""

    error: tuple[int, str] | None = None
    formula: tuple[int, str] | None = None
    merged: list[tuple[str, int, int]] = field(default_factory=list)

    def reject(self, sheet: str) -> InputError:
        """Return the error for a sheet with an error cell or a formula without a value."""
        line, column = self.error or self.formula or (0, "")
        if self.error:
            problem, remedy = "an Excel error in", "Mend the formula, or paste the values."
        else:
            problem = "a formula without a stored value in"
            remedy = "Open the workbook in Excel and save it, or paste the values."
        problem = f"{problem} cell {column}{line} of sheet {sheet!r}"
        return reject(problem, "values", remedy, line=line or None, column=column or None)


def _find_faults(data: bytes) -> dict[str, _Faults]:
    """Return the cells, by sheet name, that would be read as blank and are not."""
    try:
        return {name: _faults_of(xml) for name, xml in _sheet_xml(data)}
    except DAMAGE as error:
        problem = f"a damaged workbook ({error})"
        raise reject(problem, "a whole .xlsx file", "Download the file again.") from None


def _faults_of(xml: bytes) -> _Faults:
    found = _Faults()
    if cell := ERROR_CELL.search(xml) if b't="e"' in xml else None:
        found.error = (int(cell[2]), cell[1].decode())
    found.formula = _uncalculated(xml)
    found.merged = [(m[1].decode(), int(m[2]), int(m[3])) for m in MERGED.finditer(xml)]
    return found


def _uncalculated(xml: bytes) -> tuple[int, str] | None:
    """Return row and column of the first formula whose value is not stored, None where all are."""
    first, all_empty = None, True
    for cell in FORMULA_CELL.finditer(xml):
        place = REFERENCE.search(cell[2])
        here = (int(place[2]), place[1].decode()) if place else (0, "")
        first = first or here
        value = STORED_VALUE.search(cell[3])
        if value is None and b't="str"' not in cell[2]:
            return here
        # An empty text may be a value, and so may 0; where every formula has it, it stands for none.
        all_empty &= value is None or value[1].strip() == b"0"
    return first if all_empty else None


def _sheet_xml(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the raw content of every sheet."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = set(archive.namelist())
        if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
            return
        book = archive.read("xl/workbook.xml").decode()
        relations = archive.read("xl/_rels/workbook.xml.rels").decode()
        targets = {}
        for tag in re.findall(r"<(?:\w+:)?Relationship\b[^>]*>", relations):
            parts = dict(re.findall(r'(\w+)="([^"]*)"', tag))
            targets[parts.get("Id", "")] = parts.get("Target", "").removeprefix("/xl/")
        for tag in re.findall(r"<(?:\w+:)?sheet\b[^>]*>", book):
            parts = dict(re.findall(r'([\w:]+)="([^"]*)"', tag))
            member = "xl/" + targets.get(parts.get("r:id", ""), "")
            yield _unescape(parts.get("name", "")), archive.read(member) if member in names else b""


def _unescape(text: str) -> str:
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&")):
        text = text.replace(entity, character)
    return text


def _find_header(rows: Sequence[Sequence[object]]) -> int:
    """Return the row of the known header among the first 20; raise what is closest to one otherwise."""
    first_error: InputError | None = None
    widest = 0
    for number, row in enumerate(rows[:HEADER_ROWS]):
        names = [normalise_name(str(cell)) for cell in row]
        names = [name for name in names if name]
        if not names:
            continue
        try:
            recognise(names)
        except InputError as error:
            # The row with the most cells is the likeliest header to report on.
            if len(names) > widest:
                first_error, widest = error, len(names)
        else:
            return number
    if first_error is None:
        raise reject("an empty sheet", "a header in the first 20 rows", "Export the file again.")
    raise first_error


def _sheet_table(
    rows: Sequence[Sequence[object]], header: int, merged: Sequence[tuple[str, int, int]] = ()
) -> TextTable:
    keep = [i for i, cell in enumerate(rows[header]) if normalise_name(str(cell))]
    raw_names = [str(rows[header][i]) for i in keep]
    names = [normalise_name(name) for name in raw_names]
    body = [(i, row) for i, row in enumerate(rows[header + 1 :], header + 1) if any(c != "" for c in row)]
    n_footer = 0
    while len(keep) > 1 and body and _is_footer(body[-1][1], keep[0]):
        body.pop()
        n_footer += 1
    if not body:
        raise reject("header only, no rows", "at least one row of data", "Export the file again.")
    lines = [i + 1 for i, _ in body]
    _check_merged(merged, lines)
    memo: dict[object, str] = {}
    columns = {}
    for name, i in zip(names, keep, strict=True):
        cells = [_cell_text(row[i], memo) for _, row in body]
        array = pa.array(cells, pa.string()).dictionary_encode()
        bad = next((cell for cell in array.dictionary.to_pylist() if cell in EXCEL_ERRORS), None)
        if bad is not None:
            raise reject(
                f"an Excel error, {bad}",
                "values",
                "Mend the formula, or paste the values.",
                line=lines[cells.index(bad)],
                column=name,
            )
        columns[name] = array
    warnings = [f"{n_footer} footer row(s) under the data left out"] if n_footer else []
    beside = [i for i in range(len(rows[header])) if i not in keep]
    n_beside = sum(any(row[i] != "" for i in beside) for _, row in body) if beside else 0
    if n_beside:
        warnings.append(f"{n_beside:,} row(s) with cells under no column name: those cells were not read")
    raw = dict(zip(names, raw_names, strict=True))
    return TextTable(names, raw, columns, len(body), lambda row: lines[row], warnings)


def _check_merged(merged: Sequence[tuple[str, int, int]], lines: Sequence[int]) -> None:
    """Reject cells that are merged among the data: titles and footers may be."""
    for column, first, last in merged:
        if first <= lines[-1] and last >= lines[0]:
            problem = f"merged cells from {column}{first}: only the first of them holds the value"
            remedy = "Unmerge them, and fill the value into every cell."
            raise reject(problem, "every cell filled", remedy, line=first, column=column)


def _is_footer(row: Sequence[object], first: int) -> bool:
    """Return whether a row has text in its first column and nowhere else."""
    return row[first] != "" and sum(cell != "" for cell in row) == 1


def _cell_text(cell: object, memo: dict[object, str]) -> str:
    """Return a cell as the text it would have in a CSV file."""
    if isinstance(cell, str):
        return cell
    key = (type(cell), cell)
    if key not in memo:
        if isinstance(cell, int | float) and abs(cell) >= LAST_EXACT:
            memo[key] = f"{float(cell):.15g}"  # its last digits are lost: no longer a whole number
        elif isinstance(cell, float) and cell.is_integer():
            memo[key] = str(int(cell))
        elif isinstance(cell, dt.datetime):
            memo[key] = cell.strftime("%Y-%m-%d %H:%M:%S").removesuffix(" 00:00:00")
        else:
            memo[key] = str(cell)
    return memo[key]


def read_parquet_text(data: bytes) -> TextTable:
    """Read a Parquet file as columns of text; a null is the empty string.

    Raises
    ------
    InputError
        If the bytes are no Parquet file, it has more cells than any publication, or a column is nested.
    """
    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        n_cells = file.metadata.num_rows * file.metadata.num_columns
        if n_cells > MAX_PARQUET_CELLS:
            problem = f"{n_cells:,} cells"
            raise reject(problem, f"at most {MAX_PARQUET_CELLS:,}", "Leave out other columns, or split it.")
        # Text stays coded: a small file may repeat a long one a hundred million times.
        texts = [field.name for field in file.schema_arrow if field.type in (pa.string(), pa.large_string())]
        file = pq.ParquetFile(pa.BufferReader(data), read_dictionary=texts, page_checksum_verification=True)
        table = file.read()
        table.validate(full=True)  # damaged bytes may still have the form of a file, but be no text
        coded = [_coded_text(table.column(i)) for i in range(table.num_columns)]
    except InputError:
        raise
    except (pa.ArrowException, ValueError, OSError):
        raise reject("not a readable Parquet file", "flat columns", "Write the file again.") from None
    names = [normalise_name(name) for name in table.column_names]
    if why := why_leave_aside([names]):
        raise LeftAside(why)
    raw = dict(zip(names, table.column_names, strict=True))
    if not table.num_rows:
        raise reject("header only, no rows", "at least one row of data", "Write the file again.")
    columns = dict(zip(names, coded, strict=True))
    return TextTable(names, raw, columns, table.num_rows, lambda row: row + 1)


def _coded_text(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """Return a column as codes into its distinct texts."""
    coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    whole = coded.unify_dictionaries().combine_chunks()
    array = whole.chunk(0) if isinstance(whole, pa.ChunkedArray) else whole
    values = array.dictionary.cast(pa.string()).fill_null("")
    values.validate(full=True)
    codes = array.indices.cast(pa.int32())
    if codes.null_count:
        at = values.index("").as_py()
        if at < 0:
            at, values = len(values), pa.concat_arrays([values, pa.array([""])])
        codes = codes.fill_null(pa.scalar(at, pa.int32()))
    return pa.DictionaryArray.from_arrays(codes, values)
