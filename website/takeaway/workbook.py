"""The released tables as one workbook: contents, notes, and a sheet for each table.

xlsxwriter writes it. gptables, which builds on it, was tried: it does not freeze headings, format columns
or keep text from becoming a formula, and took many times as long over some seventy tables.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from dataclasses import astuple, dataclass
from typing import Any

import xlsxwriter

from analysis_lib.charts import theme
from analysis_lib.columns import heading
from analysis_lib.release import HIDDEN
from website.takeaway.dictionary import HEADINGS, list_entries
from website.takeaway.titles import Described

MADE = dt.datetime(2000, 1, 1)  # of no meaning: two builds of the same tables are the same bytes
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?")
_FORMULA = tuple("=+-@\t\r")
COUNTED = ("count", "things", "scaled", "gbp")  # units with thousands separators
_LINES_ABOVE = 6  # title, page, source, hidden, columns, way back
_WIDEST, _NARROWEST = 46, 9
NOTES = (
    ("[c]", "A confidential value: a small count, or a number that would give one back. It is not zero."),
    ("Empty cell", "No value: it does not apply to this row, or could not be computed."),
    ("Columns", "The sheet Columns says of each column of each table what it is, and in which unit."),
    ("Share", "A part of a whole, stored as 0 to 1 and shown as a percentage."),
    ("Rounding", "Where people are protected, counts are rounded to 5, and rates are computed from those."),
    ("Decimals", "Cells hold all the decimals of the released CSV file, and show fewer."),
)


@dataclass(frozen=True)
class Column:
    """One column as read: its heading, what its numbers are, and its cells."""

    heading: str
    kind: str
    cells: tuple[Any, ...]


def read_columns(text: str, table: str = "") -> list[Column]:
    """Read a released CSV file: numbers and yes/no as themselves, the rest as text.

    A column is of numbers if all its cells are, but for hidden and empty ones; codes with leading zeros
    are text. Its kind is count, whole, share, number (small under 1), yes or text, by its unit in
    `analysis_lib.columns`.
    """
    names, *rows = list(csv.reader(io.StringIO(text, newline="")))
    return [
        _column(name, heading(name, table)[1], tuple(row[place] if place < len(row) else "" for row in rows))
        for place, name in enumerate(names)
    ]


def _column(name: str, unit: str, cells: tuple[str, ...]) -> Column:
    said = [cell for cell in cells if cell not in ("", HIDDEN)]
    if said and all(cell in ("True", "False") for cell in said):
        return Column(name, "yes", tuple({"True": True, "False": False}.get(c, c) for c in cells))
    if not said or not all(_NUMBER.fullmatch(cell) for cell in said):
        return Column(name, "text", cells)
    numbers = tuple(c if c in ("", HIDDEN) else float(c) if "." in c else int(c) for c in cells)
    sizes = [abs(n) for n in numbers if not isinstance(n, str)]
    if all(isinstance(n, int) for n in numbers if not isinstance(n, str)):
        return Column(name, "count" if unit in COUNTED else "whole", numbers)
    kind = "share" if unit == "rate" else "small" if max(sizes) < 1 else "number"
    return Column(name, kind, numbers)


def write_workbook(tables: list[Described], *, title: str, banner: str, provenance: str) -> bytes:
    """Return the workbook.

    Parameters
    ----------
    tables : list of Described
        In the order of the sheets.
    title, banner, provenance : str
        Of the report, as text; the banner is empty unless the inputs are simulated.

    Returns
    -------
    bytes
        xlsx. Each sheet has one table, from its column headings down; nothing is merged, no cell is a
        formula, and the same tables give the same bytes.
    """
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False})
    book.set_properties({"title": f"{title}: tables", "created": MADE, "language": "en-GB"})
    look = _formats(book)
    names = _sheet_names(tables)
    _write_contents(book, look, tables, names, (title, banner, provenance))
    _write_notes(book, look)
    _write_dictionary(book, look, tables, names)
    for table in tables:
        _write_table(book, look, table, names[table.name], banner)
    book.close()
    return target.getvalue()


def _formats(book: xlsxwriter.Workbook) -> dict[str, Any]:
    base = {"font_name": "Arial", "font_size": 11, "font_color": theme.CHARCOAL, "valign": "top"}
    number = {
        "count": "#,##0",
        "whole": "0",
        "share": "0.0%",
        "number": "#,##0.00",
        "small": "0.0000",
        "yes": "General",
    }
    return {
        "text": book.add_format(base | {"num_format": "@", "indent": 1}),
        "quoted": book.add_format(base | {"num_format": "@", "indent": 1, "quote_prefix": True}),
        "wrapped": book.add_format(base | {"text_wrap": True}),
        "right": book.add_format(base | {"align": "right"}),
        "plain": book.add_format(base),
        "bold": book.add_format(base | {"bold": True}),
        "title": book.add_format(base | {"bold": True, "font_size": 15}),
        "link": book.add_format(base | {"font_color": theme.BLUE_DARK, "underline": 1}),
        "head": book.add_format(base | {"bold": True, "text_wrap": True, "bottom": 2, "indent": 1}),
        "head_right": book.add_format(
            base | {"bold": True, "text_wrap": True, "bottom": 2, "align": "right"}
        ),
        **{kind: book.add_format(base | {"num_format": code}) for kind, code in number.items()},
    }


def _sheet_names(tables: list[Described]) -> dict[str, str]:
    """A name of at most 31 letters for each sheet, told apart by a number where two are cut to the same."""
    names: dict[str, str] = {}
    taken = {"contents", "notes", "columns"}
    for table in tables:
        name, number = table.name[:31], 2
        while name.lower() in taken:
            name, number = f"{table.name[:28]}_{number}", number + 1
        names[table.name] = name
        taken.add(name.lower())
    return names


def _write_contents(
    book: xlsxwriter.Workbook,
    look: dict[str, Any],
    tables: list[Described],
    names: dict[str, str],
    said: tuple[str, str, str],
) -> None:
    title, banner, provenance = said
    sheet = book.add_worksheet("Contents")
    sheet.set_column(0, 0, 34, look["plain"])
    sheet.set_column(1, 1, 90, look["plain"])
    sheet.set_column(2, 2, 34, look["plain"])
    lines = [(f"{title}: released tables", "title"), (banner, "bold")]
    lines += [(part, "plain") for part in provenance.split("; ")]  # a file each
    lines += [(f"This workbook has {len(tables)} tables, each on a sheet of its own; see Notes.", "plain")]
    lines = [line for line in lines if line[0]]
    for row, (text, kind) in enumerate(lines):
        sheet.write_string(row, 0, text, look[kind])
    first = len(lines)
    rows = [[names[t.name], t.title, t.page] for t in tables]
    rows[:0] = [["Notes", "How to read the tables", ""], ["Columns", "What each column of each table is", ""]]
    _add_table(
        sheet,
        look,
        first,
        "contents",
        [Column(h, "text", ()) for h in ("Sheet", "What it shows", "Page")],
        len(rows),
    )
    for row, (name, shown, page) in enumerate(rows, first + 1):
        sheet.write_url(row, 0, f"internal:'{name}'!A1", look["link"], name)
        sheet.write_string(row, 1, shown, look["plain"])
        sheet.write_string(row, 2, page, look["plain"])
    sheet.freeze_panes(first + 1, 0)


def _write_notes(book: xlsxwriter.Workbook, look: dict[str, Any]) -> None:
    sheet = book.add_worksheet("Notes")
    sheet.set_column(0, 0, 30, look["plain"])
    sheet.set_column(1, 1, 100, look["plain"])
    sheet.write_string(0, 0, "Notes: how to read the tables", look["title"])
    sheet.write_url(1, 0, "internal:'Contents'!A1", look["link"], "Back to the contents")
    _add_table(
        sheet,
        look,
        2,
        "notes_table",
        [Column(h, "text", ()) for h in ("Sign or name", "Meaning")],
        len(NOTES),
    )
    for row, (sign, meaning) in enumerate(NOTES, 3):
        sheet.write_string(row, 0, sign, look["plain"])
        sheet.write_string(row, 1, meaning, look["wrapped"])


def _write_dictionary(
    book: xlsxwriter.Workbook, look: dict[str, Any], tables: list[Described], names: dict[str, str]
) -> None:
    sheet = book.add_worksheet("Columns")
    for place, width in enumerate((34, 26, 30, 20, 80, 34)):
        sheet.set_column(place, place, width, look["plain"])
    sheet.write_string(0, 0, "Columns: what each column of each table is", look["title"])
    sheet.write_url(1, 0, "internal:'Contents'!A1", look["link"], "Back to the contents")
    rows = [(names[table.name], *astuple(entry)) for table in tables for entry in list_entries(table)]
    heads = [Column(h, "text", ()) for h in ("Sheet", *HEADINGS)]
    _add_table(sheet, look, 2, "columns_table", heads, max(len(rows), 1))
    for row, cells in enumerate(rows, 3):
        for place, cell in enumerate(cells):
            _write_cell(sheet, look, row, place, cell, "text")
    sheet.freeze_panes(3, 0)


def _write_table(
    book: xlsxwriter.Workbook, look: dict[str, Any], table: Described, name: str, banner: str
) -> None:
    columns = read_columns(table.path.read_text(encoding="utf-8"), table.name)
    sheet = book.add_worksheet(name)
    told = f"Source: {table.source}. Disclosure profile: {table.profile}. {banner}".strip()
    lines = (table.title, f"From the page: {table.page}", told, table.hidden, _say_columns(columns))
    sheet.set_row(0, 22)
    for row, text in enumerate(lines):
        sheet.write_string(row, 0, text, look["title" if row == 0 else "plain"])
    sheet.write_url(len(lines), 0, "internal:'Contents'!A1", look["link"], "Back to the contents")
    n_rows = max(len(columns[0].cells), 1)
    _add_table(sheet, look, _LINES_ABOVE, f"table_{table.name}", columns, n_rows)
    for place, column in enumerate(columns):
        sheet.set_column(place, place, _width(column), look["plain"])
        for row, cell in enumerate(column.cells, _LINES_ABOVE + 1):
            _write_cell(sheet, look, row, place, cell, column.kind)
    sheet.freeze_panes(_LINES_ABOVE + 1, 1 if len(columns) > 4 else 0)


def _add_table(
    sheet: Any, look: dict[str, Any], row: int, name: str, columns: list[Column], n_rows: int
) -> None:
    heads = [
        {"header": c.heading, "header_format": look["head" if c.kind in ("text", "yes") else "head_right"]}
        for c in columns
    ]
    options = {"name": name, "columns": heads, "style": "Table Style Light 1", "autofilter": False}
    sheet.set_paper(9)  # A4
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(row)
    sheet.add_table(row, 0, row + n_rows, len(columns) - 1, options)


def _write_cell(sheet: Any, look: dict[str, Any], row: int, place: int, cell: Any, kind: str) -> None:
    if isinstance(cell, bool):
        sheet.write_boolean(row, place, cell, look["yes"])
    elif isinstance(cell, int | float):
        sheet.write_number(row, place, cell, look[kind])
    elif cell == HIDDEN:
        sheet.write_string(row, place, cell, look["right"])
    elif cell:
        sheet.write_string(row, place, cell, look["quoted" if cell.startswith(_FORMULA) else "text"])


def _width(column: Column) -> float:
    """Characters that the widest cell takes as it is shown."""
    shown = {
        "count": "{:,.0f}",
        "whole": "{}",
        "share": "{:.1%}",
        "number": "{:,.2f}",
        "small": "{:.4f}",
    }.get(column.kind, "{}")
    cells = [c if isinstance(c, str | bool) else shown.format(c) for c in column.cells]
    words = max(map(len, column.heading.replace("_", "_ ").split()), default=0)
    head = len(column.heading) if len(column.heading) <= 20 else words + 8
    return float(min(max([len(str(c)) for c in cells] + [head, _NARROWEST]) + 2, _WIDEST))


def _say_columns(columns: list[Column]) -> str:
    """Units of the columns, by kind, in a sentence."""
    kinds = {
        "count": "whole numbers",
        "share": "percentages",
        "number": "numbers",
        "small": "numbers under 1",
        "yes": "TRUE or FALSE",
    }
    told = [
        f"{', '.join(c.heading for c in columns if c.kind == kind)} ({word})"
        for kind, word in kinds.items()
        if any(c.kind == kind for c in columns)
    ]
    return f"Columns with numbers: {'; '.join(told)}." if told else "All columns are text."
