"""Every released table is in the workbook with the numbers of its CSV file, and can be read by everybody."""

from __future__ import annotations

import csv
import io
import json
import zipfile

import openpyxl
import pytest
from released_tables import TABLES

from website.scan.hidden import Canaries
from website.scan.parts import scan_workbook
from website.takeaway.titles import describe_tables, say_name
from website.takeaway.workbook import read_columns, write_workbook

FIRST = 7  # row of the column headings
NAMES = {
    "a_table_with_a_name_longer_than_a_sheet": "a_table_with_a_name_longer_than",
    "a_table_with_a_name_longer_than_another": "a_table_with_a_name_longer_t_2",
}


@pytest.fixture(scope="module")
def book(taken):
    return openpyxl.load_workbook(io.BytesIO(taken.read("tables.xlsx")))


def sheet_of(book, name):
    return book[NAMES.get(name, name)]


def as_csv(value, written):
    """What a cell says, as the CSV file writes it."""
    if value is None:
        return ""
    if isinstance(value, float) or (isinstance(value, int) and "." in written):
        return f"{value:.6f}"
    return str(value)


@pytest.mark.parametrize("name", TABLES)
def test_cells_are_those_of_the_file(book, name):
    expected = list(csv.reader(io.StringIO(TABLES[name])))
    rows = list(sheet_of(book, name).iter_rows(min_row=FIRST, values_only=True))[: len(expected)]
    read = [
        [as_csv(cell, written) for cell, written in zip(row, line, strict=True)]
        for row, line in zip(rows, expected, strict=True)
    ]
    assert read == expected


def test_numbers_are_numbers_with_formats(book):
    month, count, rate, low, per, busy, code, note = sheet_of(book, "by_month")[FIRST + 1]
    assert (count.value, count.number_format) == (12345, "#,##0")
    assert (rate.value, rate.number_format) == (0.0456, "0.0%")
    assert (low.number_format, per.number_format) == ("0.0%", "#,##0.00")
    assert busy.value is True
    assert (month.value, code.value, note.value) == ("2024-01", "00L", "plain")


def test_codes_with_leading_zeros_and_versions_stay_text():
    kinds = {c.heading: c.kind for c in read_columns("a,b,year,share,ratio,x\n007,1.2.3,2024,0.5,0.9,[c]\n")}
    assert kinds == {
        "a": "text", "b": "text", "year": "whole", "share": "share", "ratio": "small", "x": "text",
    }  # fmt: skip


def test_nothing_is_a_formula_or_merged(taken, book):
    with zipfile.ZipFile(io.BytesIO(taken.read("tables.xlsx"))) as archive:
        assert not [n for n in archive.namelist() if b"<f>" in archive.read(n)]
    assert all(not sheet.merged_cells.ranges for sheet in book)
    cell = sheet_of(book, "by_month").cell(FIRST + 3, 8)
    assert (cell.value, cell.data_type, cell.quotePrefix) == ("-", "s", True)


def test_each_sheet_has_one_named_table_and_frozen_headings(book):
    names = [name for sheet in book for name in sheet.tables]
    assert len(names) == len(set(names)) == len(TABLES) + 3
    for name in TABLES:
        sheet = sheet_of(book, name)
        assert sheet.freeze_panes.startswith(("A8", "B8"))
        assert sheet.column_dimensions["A"].width >= 9


def test_each_sheet_says_title_source_profile_and_what_was_hidden(book):
    lines = [row[0].value for row in sheet_of(book, "by_month").iter_rows(max_row=6)]
    assert lines[0].startswith("By month")
    assert "Source: made-up files. Disclosure profile: simulated. Simulated input" in lines[2]
    assert lines[3] == "3 cells are hidden and read [c]: small counts, and what would give them back (3)."
    assert "n_appointments (whole numbers); dna_rate, dna_low (percentages)" in lines[4]
    assert sheet_of(book, "empty").cell(4, 1).value == "Nothing was hidden."


def test_contents_lead_to_every_sheet_and_notes_explain_the_signs(book):
    assert book.sheetnames[:3] == ["Contents", "Notes", "Columns"]
    links = [
        row[0].hyperlink.location.split("'")[1] for row in book["Contents"].iter_rows() if row[0].hyperlink
    ]
    assert links == book.sheetnames[1:]
    assert "[c]" in [row[0].value for row in book["Notes"].iter_rows()]


def test_sheets_follow_the_notebooks(taken):
    cell = {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": []}
    prose = {"cell_type": "markdown", "metadata": {}, "source": "## Which\\-ever *way*?"}
    source = 'store = open_store("run", x)\nstore.save_table("by_month", y)'
    (taken.root / "report" / "notebooks" / "02_titles.ipynb").write_text(
        json.dumps({"cells": [prose, cell | {"source": source}], "metadata": {}, "nbformat": 4})
    )
    described = describe_tables(taken.root, taken.root / "results", ["report/notebooks/02_titles.ipynb"])
    (taken.root / "report" / "notebooks" / "02_titles.ipynb").unlink()
    assert [d.name for d in described] == list(TABLES)  # as the store saved them
    assert described[0].title == "By month: Which-ever *way*?"


def test_names_in_words():
    assert say_name("attendance_by_icb") == "Attendance by ICB"


def test_two_builds_are_the_same_bytes_and_pass_the_scan(taken):
    tables = describe_tables(taken.root, taken.root / "results", [])
    made = [write_workbook(tables, title="T", banner="", provenance="") for _ in range(2)]
    assert made[0] == made[1]
    kinds = {kind for kind, _, _ in scan_workbook(made[0], Canaries())}
    assert kinds == set()


def test_a_sheet_says_what_each_column_is(book):
    rows = [row for row in book["Columns"].iter_rows(min_row=4, values_only=True) if row[0] == "by_month"]
    assert [row[1] for row in rows] == TABLES["by_month"].split("\n")[0].split(",")
    rate, busy = rows[2], rows[5]
    told = "Missed appointments ÷ appointments of known status."
    assert rate[2:6] == ("DNA rate", "share, 0 to 1", told, "from rounded counts")
    assert busy[2:6] == ("Busy", None, None, None)  # a column that nobody described


def test_the_page_lists_every_table_in_the_box_of_its_page(taken):
    cells = json.loads(taken.read("lists.ipynb"))["cells"]
    (text,) = [c["outputs"][0]["data"]["text/markdown"] for c in cells if "label: columns" in c["source"]]
    assert text.startswith(
        '::: {.callout-note collapse="true" title="Data quality and disclosure: 5 tables"}'
    )
    assert all(f"(/results/tables/{name}.csv)" in text for name in TABLES)
    assert "3 cells are hidden" in text
    assert "| dna\\_rate | DNA rate | share, 0 to 1 |" in text
