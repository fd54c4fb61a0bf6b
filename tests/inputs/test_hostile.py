"""What goes wrong in real folders: each case once gave a wrong number, a traceback or a poor message."""

from __future__ import annotations

import io
import json
import random
from itertools import pairwise
from typing import get_type_hints

import numpy as np
import openpyxl
import pandas as pd
import pytest

from analysis_lib.inputs import InputError, check_folder, load_appointments
from analysis_lib.inputs.areas import area_lookup
from analysis_lib.inputs.needs import Needs
from analysis_lib.inputs.read import read_source
from analysis_lib.simulate import simulate_appointments

from .conftest import TEACHING, duration, regional, regional_row, teaching
from .test_releases import overview

ROW = "E54000054,2022-01,Attended,GP,Telephone,Same Day,10"
CELLS = ROW.split(",")
HEADER = TEACHING.split(",")


def total(folder) -> int:
    return int(folder.load().attendance["n_appointments"].sum())


def lines(*rows: str) -> str:
    return "\n".join([TEACHING, *rows, ""])


# --- counted once


def test_a_column_that_is_totals_throughout_sums_nothing_twice(folder):
    folder.write("a.csv", lines(ROW.replace("GP", "All"), ROW.replace("GP", "All")))
    assert total(folder) == 20


def test_the_same_rows_as_csv_xlsx_parquet_and_zip_are_one(folder):
    folder.write("a.csv", teaching(5, 6))
    folder.write("a-windows.CSV", teaching(5, 6).replace("\n", "\r\n"))
    folder.xlsx("b.XLSX", {"Data": [HEADER, [*CELLS[:-1], 5], [*CELLS[:-1], 6]]})
    folder.zip("c.ZIP", {"any.csv": teaching(5, 6)})
    pd.read_csv(folder.path / "a.csv").to_parquet(folder.path / "d.parquet")
    (folder.path / "e.csv").symlink_to(folder.path / "a.csv")
    loaded = folder.load()
    assert loaded.attendance["n_appointments"].tolist() == [5, 6]
    assert sum("counted once" in note for note in loaded.notes) == 5
    assert not any("different content" in note for note in loaded.notes)


def test_codes_in_small_letters_are_the_same_area(folder):
    folder.write("a.csv", teaching(5))
    folder.write("b.csv", teaching(6, icb="e54000054") + ROW.replace("2022-01", "2022-02") + "\n")
    loaded = folder.load()
    assert loaded.attendance["n_appointments"].tolist() == [6, 10]
    assert loaded.attendance["icb_code"].unique().tolist() == ["E54000054"]


def test_areas_of_before_a_boundary_change_are_not_added_to_all_england(folder):
    rows = [ROW.replace("E54000054", icb) for icb in area_lookup().region_of]
    folder.write("all.csv", lines(*rows))
    header = (
        "CCG_CODE,STP_ONS_CODE,APPOINTMENT_MONTH,APPT_STATUS,HCP_TYPE,APPT_MODE,TIME_BETWEEN_BOOK_AND_APPT"
    )
    old = "99Z,E54000999,{},Attended,GP,Telephone,1 Day,7\n"
    folder.write("old.csv", f"{header},COUNT_OF_APPOINTMENTS\n{old.format('DEC2021')}{old.format('JAN2022')}")
    months = folder.load().attendance.groupby("month")["n_appointments"].sum()
    assert months.tolist() == [7, 420]
    used = folder.load().quality.set_index("file")["used"]
    assert used["old.csv"] == "in part: 1 of 2 area-months; the rest from all.csv"


def test_a_location_named_without_a_dash_is_known_by_its_code(folder):
    header = (
        "appointment_date,icb_ons_code,sub_icb_location_name,service_setting,context_type,national_category"
    )
    row = "01-Jun-24,E54000054,NHS West Yorkshire ICB 15F,Other,Unmapped,Unmapped,4"
    folder.write("a.csv", f"{header},count_of_appointments\n{row}\n")
    assert folder.load().category["sub_icb_code"].tolist() == ["15F"]


def test_the_months_of_overview_and_areas_are_compared(folder):
    folder.write("overview.csv", overview(("2023-06-01", 100), ("2023-07-01", 200)))
    folder.write(
        "area.csv", regional(regional_row("15F", "2023-07-01", 11), regional_row("15F", "2023-08-01", 5))
    )
    notes = folder.load().notes
    assert "overview: in the national overview alone, not counted in attendance: 2023-06." in notes
    assert "overview: in the attendance files alone, not counted in the category margins: 2023-08." in notes


def test_real_files_are_not_read_among_simulated_ones(tmp_path):
    simulate_appointments(tmp_path / "sim", seed=1, months=1, areas=2)
    assert check_folder(tmp_path / "sim", cache=False).ok
    (tmp_path / "sim" / "real.csv").write_text(teaching(5))
    (found,) = check_folder(tmp_path / "sim", cache=False).rejections
    assert found.file == "real.csv"
    assert "not one of the simulated files" in found.problem


# --- no row lost, none shifted


@pytest.mark.parametrize("ends", [("\r", "\n"), ("\r", "\r"), ("\r\n", "\n"), ("\n", "\r\n"), ("\n", "\r")])
def test_mixed_line_ends_lose_no_row(folder, ends):
    first, other = ends
    folder.write("a.csv", TEACHING + first + ROW + other + ROW + "\n")
    assert total(folder) == 20


def test_a_line_break_inside_a_quoted_name_is_no_row(folder):
    header = TEACHING.replace("hcp_type", '"hcp\ntype"')
    folder.write("a.csv", f"{header}\n{ROW}\n{ROW.replace(',10', ',many')}\n")
    found = folder.rejection()
    assert (found.line, found.column) == (4, "count_of_appointments")


def test_empty_columns_at_the_end_are_harmless(folder):
    folder.write("a.csv", f"{TEACHING},,\n{ROW},,\n")
    assert total(folder) == 10


def test_a_column_of_row_numbers_is_left_out_and_said(folder):
    folder.write("a.csv", f",{TEACHING}\n0,{ROW}\n1,{ROW}\n")
    assert total(folder) == 20
    assert folder.load().warnings == ["a.csv: the first column has no name and numbers the rows: not read"]


def test_a_data_sheet_with_a_damaged_header_is_not_left_out(folder):
    folder.xlsx("a.xlsx", {"Jan": [HEADER, CELLS], "Feb": [[*HEADER[:-1], "count"], CELLS]})
    found = folder.rejection()
    assert "sheet 'Feb'" in found.problem
    assert found.column == "count_of_appointments"


def test_a_bad_cell_names_its_sheet(folder):
    february = [*CELLS[:1], "2022-02", *CELLS[2:-1], -3]
    folder.xlsx("a.xlsx", {"Jan": [HEADER, CELLS], "Feb": [HEADER, february]})
    found = folder.rejection()
    assert (found.line, found.problem) == (2, "sheet 'Feb': negative count '-3'")


def test_cells_beside_the_table_are_said(folder):
    folder.xlsx("a.xlsx", {"Data": [HEADER, [*CELLS, "a remark"], CELLS]})
    assert any("1 row(s) with cells under no column name" in warning for warning in folder.load().warnings)


def test_blank_area_codes_are_counted_and_warned(folder):
    folder.write("a.csv", lines(ROW, ROW.replace("E54000054", "")))
    loaded = folder.load()
    assert loaded.attendance["icb_code"].tolist() == ["E54000054", "Unknown"]
    assert "a.csv: icb_ons_code: 1 blank cell(s), counted under the area 'Unknown'" in loaded.warnings


def test_as_many_rows_as_an_excel_sheet_holds_are_suspect(folder):
    rows = (f"{ROW.removesuffix('10')}{i}\n" for i in range(1_048_575))
    folder.write("a.csv", TEACHING + "\n" + "".join(rows))
    report = folder.check()
    assert report.quality["n_appointments"].tolist() == [sum(range(1_048_575))]
    assert any("may have been cut off" in warning for warning in report.warnings)


# --- counts and dates


@pytest.mark.parametrize(
    ("text", "n"), [("12.0", 12), ("1,234.00", 1234), ("007", 7), ("999999999", 999999999)]
)
def test_counts_that_are_plain(folder, text, n):
    folder.write("a.csv", teaching(text))
    assert total(folder) == n


def test_the_29th_of_february(folder):
    folder.write("a.csv", duration(("29FEB2024", "6-10 Minutes", 4)))
    assert folder.load().duration["date"].astype(str).tolist() == ["2024-02-29"]
    folder.write("a.csv", duration(("29FEB2023", "6-10 Minutes", 4)))
    assert "not in the calendar" in folder.rejection().problem


@pytest.mark.parametrize("subject", ["attendance", "overview", "duration"])
def test_a_file_of_suppressed_counts_alone_gives_nothing_and_is_said(folder, subject):
    content = {
        "attendance": teaching("*", "*"),
        "overview": overview(("2022-01-01", "*")),
        "duration": duration(("01JAN2022", "6-10 Minutes", "*")),
    }
    folder.write("a.csv", content[subject])
    assert not folder.check().ok
    folder.write("b.csv", teaching(5))
    loaded = folder.load()
    assert loaded.attendance["n_appointments"].tolist() == [5]
    assert "a.csv: not one row has a count: nothing of it is used" in loaded.warnings
    assert loaded.quality.set_index("file").loc["a.csv", "used"] == "not one row has a count"


# --- what messages give away


@pytest.mark.parametrize(
    "first",
    ["9434765919,Ann Example,1971-02-03,LS1 4AP", "E54000054,2022-01,Attended,GP,Telephone,Same Day,10"],
)
def test_a_first_line_of_values_is_not_shown(folder, first):
    folder.write("a.csv", f"{first}\n{first}\n")
    found = folder.rejection()
    assert "looks like data" in found.problem
    text = found.to_text().casefold()
    assert not any(cell.casefold() in text for cell in first.split(",") if len(cell) > 2)


def test_free_text_is_neither_shown_nor_kept(folder):
    folder.write("a.csv", lines(*(ROW.replace("Telephone", f"secret {i}") for i in range(101))))
    found = folder.rejection()
    assert found.column == "appointment_mode"
    assert "101 labels never seen" in found.problem
    assert "secret" not in found.to_text()
    folder.write("a.csv", lines(ROW.replace("Telephone", "secret " * 40)))
    assert "secret" not in folder.rejection().to_text()


def test_many_new_labels_make_few_warnings(folder):
    folder.write("a.csv", lines(*(ROW.replace("Telephone", f"kind {i}") for i in range(50))))
    folder.accept()  # all of one status
    loaded = folder.load()
    assert len(loaded.warnings) == 6
    assert "45 more labels never seen before" in loaded.warnings[-1]
    assert loaded.quality["rows_warned"].tolist() == [50]


# --- no traceback


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", "a PDF file"),
        ("a.csv", b'{"error": "not found"}', "a JSON file"),
        ("a.csv", b"\x1f\x8b\x08\x00abc", "a gzip archive"),
        ("a.csv", b"\xd0\xcf\x11\xe0" + bytes(600), "password-protected"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0" + bytes(600), "password-protected"),
        ("a.xlsx", teaching(1).encode(), "a CSV file under another name"),
        ("a.CSV.GZ", b"\x1f\x8b\x08\x00abc", ".gz files are not read"),
    ],
)
def test_other_kinds_of_file_are_named(folder, name, content, said):
    folder.write(name, content)
    assert said in folder.rejection().problem


def test_a_link_to_nothing(folder):
    (folder.path / "a.csv").symlink_to(folder.path / "gone.csv")
    folder.write("b.csv", teaching(5))
    found = folder.rejection()
    assert (found.file, found.problem) == ("a.csv", "a link to a file that is gone")


def test_a_file_that_may_not_be_read(folder, monkeypatch):
    from analysis_lib.inputs import scan

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    folder.write("a.csv", teaching(5))
    monkeypatch.setattr(scan, "open_source_cached", refuse)
    assert folder.rejection().problem == "cannot be opened (permission denied)"


@pytest.mark.parametrize("kind", ["xlsx", "zip", "parquet", "csv"])
def test_damaged_bytes_are_rejected_or_harmless(folder, kind):
    text = teaching(*range(40))
    if kind == "xlsx":
        book, buffer = openpyxl.Workbook(), io.BytesIO()
        for line in text.replace('"', "").splitlines():
            book.active.append(line.split(","))
        book.save(buffer)
        data = buffer.getvalue()
    elif kind == "zip":
        data = folder.zip("a.zip", {"a.csv": text}).read_bytes()
    elif kind == "parquet":
        data = pd.read_csv(io.StringIO(text), dtype=str).to_parquet()
    else:
        data = text.encode()
    whole = read_source(f"a.{kind}", data).parts[0].stats["n_appointments"]
    for seed in range(150):
        dice, damaged = random.Random(seed), bytearray(data)
        damaged[dice.randrange(len(data))] ^= dice.randrange(1, 256)
        read = read_source(f"a.{kind}", bytes(damaged))  # never raises
        if kind in ("xlsx", "zip") and not read.rejections:
            assert read.parts[0].stats["n_appointments"] == whole


@pytest.mark.parametrize(
    "settings",
    ['[dates]\nday_first = "a.csv"\n', '[dates]\nday_first = ["b.csv"]\n', "dates = 1\n", "\udcff"],
)
def test_settings_that_name_no_file_are_rejected(folder, settings):
    folder.write("a.csv", teaching(5))
    folder.write("inputs.toml", settings.encode("utf-8", "surrogateescape"))
    assert folder.rejection().file == "inputs.toml"


def test_folders_that_give_nothing_say_why(tmp_path):
    (tmp_path / "file.csv").write_text(teaching(5))
    (tmp_path / "out er é" / "inner").mkdir(parents=True)
    (tmp_path / "out er é" / "inner" / "a.csv").write_text(teaching(5))
    for name, said in (
        ("absent", "absent: no such folder"),
        ("file.csv", "file.csv: a file, not a folder"),
        (
            "out er é",
            r"there are inner/ \(folders inside the folder are not read: 1 file\(s\) in it, such as a",
        ),
    ):
        with pytest.raises(InputError, match=said):
            load_appointments(tmp_path / name, cache=False)


# --- the text of a check


def test_the_text_is_a_report_of_100_columns(folder):
    member = "a very long name that the publisher might give to a member of its archive, " * 2
    folder.zip("r.zip", {f"{i}.csv": regional(regional_row(f"0{i}X", "2023-06-01", i)) for i in range(1, 6)})
    folder.zip("long.zip", {f"{member}.csv": duration(("01JUN2023", "6-10 Minutes", 1234567))})
    folder.write(
        "old.csv", regional(regional_row("01X", "2023-05-01", 7), regional_row("01X", "2023-06-01", 1))
    )
    folder.write("bad.csv", teaching(5, "-1"))
    text = folder.check().to_text()
    assert max(map(len, text.splitlines())) <= 100
    plain = " ".join(text.split())
    assert (
        "r.zip, 5 files in it [attendance, regional] 5 rows 15 appointments 2023-06 to 2023-06 5 areas"
        in plain
    )
    assert (
        "old.csv [attendance, regional] 2 rows 8 appointments 2023-05 to 2023-06 1 area "
        "Used in part: 1 of 2 area-months with 7 appointments; the rest from r.zip." in plain
    )
    assert "1,234,567 appointments 2023-06-01 to 2023-06-01 1 area" in plain
    assert "1. bad.csv, line 3, column count_of_appointments Problem negative count '-1' Expected" in plain
    assert text.endswith("NOT OK: 1 rejected.")


def test_figures_stand_under_each_other(folder):
    folder.write("a.csv", teaching(5))
    folder.write("b.csv", duration(("01JUN2023", "6-10 Minutes", 1234567)))
    lines_of_figures = [line for line in folder.check().to_text().splitlines() if " appointments  " in line]
    assert len(lines_of_figures) == 2
    for one, other in pairwise(lines_of_figures):
        assert one.index(" appointments") == other.index(" appointments")


def test_the_text_has_no_nan_and_tells_each_thing_once(folder):
    folder.write("a.csv", teaching(5))
    folder.write("b.csv", teaching(5))
    folder.write("records.csv", "dimension,value,record_count\nmonth,2022-01,12\n")
    text = folder.check().to_text()
    assert "nan" not in text.casefold().replace("national", "")
    assert text.count("the same content as") == 1


def test_a_folder_given_as_a_dot_has_its_name(folder, monkeypatch):
    folder.write("a.csv", teaching(5))
    monkeypatch.chdir(folder.path)
    report = check_folder(".", cache=False)
    assert report.to_text().startswith("Folder inputs\n")
    assert json.loads(json.dumps(report.to_dict()))["folder"] == "inputs"


def test_needs_declares_what_it_uses():
    assert {"attendance", "duration", "category", "truth", "warnings", "notes"} <= set(get_type_hints(Needs))


def test_sums_stay_within_64_bits(folder):
    folder.write("a.csv", teaching(*["999999999"] * 1000))
    folder.accept()  # that rows repeat, and that all are of one status
    assert folder.load().attendance["n_appointments"].sum() == np.int64(999_999_999_000)
