"""Workbooks and Parquet files: the header is found, errors are not read as blanks."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

HEADER = [
    "appointment_date",
    "icb_ons_code",
    "sub_icb_location_name",
    "service_setting",
    "context_type",
    "national_category",
    "count_of_appointments",
    "appointment_month",
]


def row(count: object, day: int = 1) -> list[object]:
    place = ["E54000054", "NHS West Yorkshire ICB - 15F"]
    kind = ["General Practice", "Care Related Encounter", "Planned Clinics"]
    return [dt.date(2024, 6, day), *place, *kind, count, "2024-06"]


def test_title_rows_other_sheets_and_footer(folder):
    sheets = {
        "Contents": [["Appointments in General Practice"], ["June 2024"]],
        "Data": [["Title"], [], [None, "note"], HEADER, row(5), row(7, 2), [], ["Source: NHS England"]],
    }
    folder.xlsx("a.xlsx", sheets)
    loaded = folder.load()
    frame = loaded.category
    assert frame["n_appointments"].tolist() == [5, 7]
    assert frame["date"].astype(str).tolist() == ["2024-06-01", "2024-06-02"]
    assert frame["sub_icb_code"].tolist() == ["15F", "15F"]
    assert frame["region_name"].tolist() == ["North East and Yorkshire"] * 2
    assert loaded.quality["file"].tolist() == ["a.xlsx/Data"]
    assert any("1 footer row" in warning for warning in loaded.warnings)
    assert "a.xlsx/Data: sheet 'Contents' has no known header: not read" in loaded.warnings


def test_two_data_sheets_are_both_read(folder):
    folder.xlsx("a.xlsx", {"June": [HEADER, row(5)], "More": [HEADER, [dt.date(2024, 7, 1), *row(6)[1:]]]})
    assert folder.load().category["n_appointments"].sum() == 11


def test_an_error_cell_is_rejected_with_its_place(folder):
    folder.xlsx("a.xlsx", {"Cover": [["x"]], "Data & more": [HEADER, row(5), row(7)]}, {"Data & more": "G3"})
    found = folder.rejection()
    assert "cell G3 of sheet 'Data & more'" in found.problem
    assert found.line == 3


def test_an_error_as_text_is_rejected(folder):
    folder.xlsx("a.xlsx", {"Data": [["Title"], HEADER, row(5), row("'#N/A"[1:])]})
    found = folder.rejection()
    assert "Excel error" in found.problem
    assert found.line == 4


def test_header_below_row_20_is_not_found(folder):
    folder.xlsx("a.xlsx", {"Data": [["line"]] * 20 + [HEADER, row(5)]})
    assert "header" in folder.rejection().problem


def test_a_fractional_count_names_its_row(folder):
    folder.xlsx("a.xlsx", {"Data": [["Title"], [], HEADER, row(5), row(2.5)]})
    found = folder.rejection()
    assert (found.file, found.line, found.column) == ("a.xlsx", 5, "count_of_appointments")


def test_a_serial_number_without_date_format_is_rejected(folder):
    folder.xlsx("a.xlsx", {"Data": [HEADER, [45444, *row(5)[1:]]]})
    assert "Excel serial" in folder.rejection().problem


@pytest.mark.parametrize("content", [b"PK\x03\x04not a workbook", b"plain text"])
def test_no_workbook(folder, content):
    folder.write("a.xlsx", content)
    assert "damaged" in folder.rejection().problem


def test_parquet_is_read_like_csv(folder):
    frame = pd.DataFrame([row(5), row(7, 2)], columns=HEADER)
    frame["appointment_date"] = pd.to_datetime(frame["appointment_date"])
    frame.to_parquet(folder.path / "a.parquet")
    loaded = folder.load()
    assert loaded.category["n_appointments"].tolist() == [5, 7]
    assert loaded.category["date"].astype(str).tolist() == ["2024-06-01", "2024-06-02"]


def test_damaged_parquet(folder):
    folder.write("a.parquet", b"PAR1 and then nothing")
    assert "Parquet" in folder.rejection().problem
