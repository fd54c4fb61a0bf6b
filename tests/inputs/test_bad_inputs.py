"""Every row of the bad-input table: what is accepted comes out exactly, what is not is named."""

from __future__ import annotations

import pytest

from analysis_lib.inputs import InputError

from .conftest import TEACHING, duration, regional, regional_row, teaching

ROW = "E54000054,2022-01,Attended,GP,Telephone,Same Day,10"


def total(folder) -> int:
    return int(folder.load().attendance["n_appointments"].sum())


# --- one wrong file: line and column that are named, and words of what is wrong, expected or to be done


def lines(*rows: str) -> str:
    return "\n".join([TEACHING, *rows, ""])


DATES = {
    "01/12/2021": "may be day or month first",
    "44531": "Excel serial number",
    "31FEB2022": "not in the calendar",
    "sometime": "is no date",
    "2202-01": "is out of range",
    "2099-01": "out of range",
    "01-Dec-99": "out of range",
    "1900-01": "out of range",
    "0001-01": "out of range",
    "": "a blank date",
}
COUNTS = {
    "-5": "negative",
    "(5)": "negative",
    "2.5": "fractional",
    "1e3": "no count",
    "12,5": "no count",
    "1,23,456": "no count",
    "12.000": "thousands with dots",
    "1.234.567": "thousands with dots",
    "999999999999999999": "too large",
    "9999999998": "too large",
}
CUT = "\n".join(line.split(",", 1)[1] for line in regional(regional_row("15F", "2023-06", 1)).splitlines())
NUL = lines(ROW, ROW).encode().replace(b"Same Day,10\n", b"Same\0Day,10\n")
WRONG = [
    # headers
    ("icb_ons_code,appointment_month,status,n\nE5,2022-01,DNA,1\n", 1, "", "attendance, teaching"),
    ("icb_ons_code,appointment_month,status,n\nE5,2022-01,DNA,1\n", 1, "", "not known: status, n"),
    (lines(ROW).replace("hcp_type,", "").replace("GP,", ""), 1, "hcp_type", "required column absent"),
    (lines(ROW).replace("hcp_type,", "").replace("GP,", ""), 1, "hcp_type", "attendance, teaching"),
    (f"{TEACHING},HCP_Type\n{ROW},GP\n", 1, "", "duplicate column name hcp_type"),
    (CUT + "\n", 1, "sub_icb_location_code", "attendance, regional"),
    (lines(ROW, TEACHING, ROW), 3, "", "the header stands here again"),
    (
        f"Appointments in General Practice,,,,,,\n\n{TEACHING}\n{ROW}\n",
        3,
        "",
        "Remove the lines above the header.",
    ),
    # rows
    (f"{TEACHING},\n{ROW},\n{ROW},7\n", 3, "", "without a name"),
    (f",,{TEACHING}\n1,2,{ROW}\n", None, "", "without a name"),
    *(
        (lines(ROW, row, ROW), 3, "", "7, as in the header")
        for row in (f"{ROW},", f"{ROW},x", "E5,2022-01,Attended")
    ),
    (f"{TEACHING}\n{ROW}\nE54000054,2022-01,Att", 3, "", "incomplete download"),
    (lines(ROW, 'E54000054,2022-01,"Attended,GP,Telephone,Same Day,1', ROW), 3, "", ""),
    (
        lines(ROW, "E54000054,2022-01,GP,Attended,Telephone,Same Day,10"),
        3,
        "appointment_status",
        "value of the column 'hcp_type'",
    ),
    *((lines(ROW, row), 3, "", "a footer or blank") for row in ("Source: NHS England,,,,,,", ",,,,,,")),
    *(
        (lines(ROW, ROW.replace(old, new)), 3, "", "Remove the rows of totals.")
        for old, new in (("E54000054", "Total"), ("GP", "All"))
    ),
    (NUL, 2, "", "NUL byte"),
    (lines(ROW).encode() + b"\x81\x8d\xff,\n", 3, "", ""),
    # dates and counts
    (lines(ROW, ROW, ROW.replace("2022-01", "FEB2022")), 4, "appointment_month", "one date format a file"),
    (duration(("2021-12", "6-10 Minutes", 4)), None, None, "a date with its day"),
    *((lines(ROW.replace("2022-01", text)), 2, "appointment_month", said) for text, said in DATES.items()),
    *((teaching(5, 6, text), 4, "count_of_appointments", said) for text, said in COUNTS.items()),
    # no data
    *((text, None, "", "the file is empty") for text in ("", " \n\n")),
    *((text, None, "", "header only") for text in (TEACHING, f"{TEACHING}\n")),
    ("version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 2\n", None, "", "Git LFS pointer"),
    *(
        (text, None, "", "web page")
        for text in ("<!DOCTYPE html><html><body>404</body></html>", "\r\n<html lang='en'>")
    ),
    *(
        (lines(ROW).replace(",", mark).encode(encoding), None, "", f"the columns are separated by {name}")
        for mark, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars"))
        for encoding in ("utf-8", "utf-16")
    ),
]


@pytest.mark.parametrize(("content", "line", "column", "said"), WRONG)
def test_a_wrong_file_is_named_with_its_place(folder, content, line, column, said):
    folder.write("a.csv", content)
    found = folder.rejection()
    assert found.file == "a.csv"
    assert found.line == line or line is None
    assert not column or found.column == column
    assert said in " ".join(filter(None, [found.problem, found.expected, found.remedy]))
    assert found.remedy


# --- headers


def test_header_case_bom_spaces_and_nbsp_are_accepted(folder):
    header = " , ".join(TEACHING.upper().split(",")).replace("ICB_ONS_CODE", "\u00a0ICB ONS\u00a0CODE")
    folder.write("a.csv", b"\xef\xbb\xbf" + f"{header}\n{ROW}\n".encode())
    assert total(folder) == 10


def test_unknown_extra_column_is_read_past_with_a_warning(folder):
    folder.write("a.csv", f"{TEACHING},remark\n{ROW},x\n")
    loaded = folder.load()
    assert loaded.attendance["n_appointments"].sum() == 10
    assert any("remark" in warning for warning in loaded.warnings)


# --- dates


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("01DEC2021", "2021-12-01"),
        ("01JULY2024", "2024-07-01"),
        ("01-Dec-21", "2021-12-01"),
        ("DEC2021", "2021-12-01"),
        ("2020-01", "2020-01-01"),
        ("2020-01-31", "2020-01-01"),
        ("2020-01-01 00:00:00", "2020-01-01"),
    ],
)
def test_date_formats(folder, text, month):
    folder.write("a.csv", teaching(3, month=text))
    assert folder.load().attendance["month"].astype(str).tolist() == [month]


def test_a_daily_date_keeps_its_day(folder):
    folder.write("a.csv", duration(("06JUN2023", "6-10 Minutes", 4), ("30JUN2023", "6-10 Minutes", 5)))
    frame = folder.load().duration
    assert frame["date"].astype(str).tolist() == ["2023-06-06", "2023-06-30"]
    assert frame["month"].astype(str).tolist() == ["2023-06-01", "2023-06-01"]


def test_day_first_where_declared(folder):
    folder.write("a.csv", teaching(3, month="02/12/2021"))
    folder.write("inputs.toml", '[dates]\nday_first = ["a.csv"]\n')
    assert folder.load().attendance["month"].astype(str).tolist() == ["2021-12-01"]


# --- labels


def test_every_unknown_label_becomes_one_and_raw_ones_are_kept(folder):
    rows = [
        "E54000054,2022-01,Attended,Unknown,Unknown,Unknown / Data Quality,1",
        "E54000054,2022-01,Appt Status Not Provided,HCP Type Not Provided,unknown,Unknown / Data Issue,2",
    ]
    folder.write("a.csv", "\n".join([TEACHING, *rows, ""]))
    loaded = folder.load()
    assert loaded.attendance["lead_time"].tolist() == ["Unknown", "Unknown"]
    assert loaded.attendance["status"].tolist() == ["Attended", "Unknown"]
    assert loaded.warnings == []
    lead = loaded.raw_labels.query("column == 'lead_time'").set_index("raw_value")
    assert lead["n_appointments"].to_dict() == {"Unknown / Data Quality": 1, "Unknown / Data Issue": 2}
    assert set(lead["normalised_value"]) == {"Unknown"}
    assert lead["rows"].tolist() == [1, 1]


def test_labels_are_normalised_and_ordered(folder):
    rows = [
        "E54000054,2022-01,Attended,Other Practice Staff,Video/Online,8  to 14 Days,1",
        "E54000054,2022-01,DNA,staff,Video Conference/Online,15  to 21 Days,2",
        "E54000054,2022-01,DNA,Other Practice staff,Video/Online,22  to 28 Days,3",
    ]
    folder.write("a.csv", "\n".join([TEACHING, *rows, ""]))
    frame = folder.load().attendance
    assert frame["hcp_type"].tolist() == ["Other Practice staff"] * 3
    assert frame["mode"].tolist() == ["Video/Online"] * 3
    assert frame["lead_time"].tolist() == ["8 to 14 Days", "15 to 21 Days", "22 to 28 Days"]
    assert frame["lead_time"].cat.ordered
    assert frame["lead_time"].min() == "8 to 14 Days"
    assert frame["lead_time"].cat.categories.tolist()[0] == "Same Day"
    assert frame["lead_time"].cat.categories.tolist()[-1] == "Unknown"


def test_a_label_never_seen_is_kept_and_warned(folder):
    folder.write("a.csv", f"{TEACHING}\n{ROW.replace('Telephone', 'Hologram')}\n{ROW}\n")
    loaded = folder.load()
    assert loaded.attendance["mode"].tolist() == ["Hologram", "Telephone"]
    assert loaded.quality["rows_warned"].tolist() == [1]
    assert any("Hologram" in warning and "never seen" in warning for warning in loaded.warnings)


# --- shape and encoding


def test_trailing_comma_throughout_is_harmless(folder):
    folder.write("a.csv", f"{TEACHING},\n{ROW},\n{ROW},\n")
    assert total(folder) == 20


def test_no_line_break_at_the_end_is_warned(folder):
    folder.write("a.csv", f"{TEACHING}\n{ROW}")
    loaded = folder.load()
    assert loaded.attendance["n_appointments"].sum() == 10
    assert any("cut off" in warning for warning in loaded.warnings)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_wide_encodings_are_decoded(folder, encoding):
    folder.write("a.csv", f"{TEACHING}\n{ROW}\n".encode(encoding))
    assert total(folder) == 10


def test_cp1252_is_decoded_and_said(folder):
    text = f"{TEACHING}\n{ROW.replace('Telephone', 'Téléphone')}\n"
    folder.write("a.csv", text.encode("cp1252"))
    loaded = folder.load()
    assert loaded.attendance["mode"].tolist() == ["Téléphone"]
    assert any("cp1252" in warning for warning in loaded.warnings)


def test_windows_and_old_mac_line_ends(folder):
    folder.write("a.csv", f"{TEACHING}\n{ROW}\n{ROW}\n".replace("\n", "\r\n"))
    assert total(folder) == 20
    folder.write("a.csv", f"{TEACHING}\n{ROW}\n".replace("\n", "\r"))
    assert total(folder) == 10


# --- counts


def test_thousands_commas_and_whole_floats(folder):
    folder.write("a.csv", teaching("1,234", "12.0", 0))
    loaded = folder.load()
    assert loaded.attendance["n_appointments"].tolist() == [1234, 12]  # a row of none says nothing
    assert loaded.quality["rows"].tolist() == [3]


@pytest.mark.parametrize("mark", ["*", "-", "[c]"])
def test_suppressed_is_neither_zero_nor_missing(folder, mark):
    folder.write("a.csv", teaching(5, mark, mark, 7))
    loaded = folder.load()
    assert loaded.attendance["n_appointments"].tolist() == [5, 7]
    quality = loaded.quality.iloc[0]
    assert (quality["rows"], quality["n_appointments"], quality["n_suppressed"]) == (4, 12, 2)
    assert (quality["n_missing"], quality["rows_warned"]) == (0, 2)
    assert any("2 suppressed" in warning for warning in loaded.warnings)


def test_a_blank_count_is_missing_and_said(folder):
    folder.write("a.csv", teaching(5, ""))
    loaded = folder.load()
    assert loaded.quality.iloc[0][["n_suppressed", "n_missing", "n_appointments"]].tolist() == [0, 1, 5]
    assert any("1 blank" in warning for warning in loaded.warnings)


def test_exact_repeats_are_counted_and_summed(folder):
    folder.write("a.csv", teaching(8, 8, 8, 9))
    loaded = folder.load()
    assert loaded.attendance["n_appointments"].sum() == 33
    assert loaded.quality.iloc[0][["rows_repeated", "n_repeated"]].tolist() == [2, 16]


# --- codes and areas


def test_codes_stay_text_and_unknown_ones_are_listed(folder):
    codes = ["01E", "5E1", "010", "NA"]
    folder.write(
        "a.csv", regional(*(regional_row(code, "2023-06-01", i + 1) for i, code in enumerate(codes)))
    )
    loaded = folder.load()
    frame = loaded.attendance
    assert frame["sub_icb_code"].tolist() == codes
    assert frame["sub_icb_name"].tolist()[1:] == [f"West Yorkshire – {code}" for code in codes[1:]]
    note = next(note for note in loaded.notes if note.startswith("sub_icb_code"))
    assert note.endswith(
        "named as in the files: "
        + ", ".join(f"{c} (West Yorkshire – {c})" for c in ("010", "5E1", "NA"))
        + "."
    )


def test_area_names_come_from_the_reference_and_are_short(folder):
    folder.write("a.csv", regional(regional_row("15F", "2023-06-01", 4)))
    row = folder.load().attendance.iloc[0]
    assert row[["icb_name", "sub_icb_name", "region_name"]].tolist() == [
        "West Yorkshire",
        "West Yorkshire – 15F",
        "North East and Yorkshire",
    ]


def test_a_location_under_another_icb_is_listed_and_kept(folder):
    rows = [regional_row("15F", "2023-06-01", 4, icb="E54000050"), regional_row("36J", "2023-06-01", 5)]
    folder.write("a.csv", regional(*rows))
    loaded = folder.load()
    assert loaded.attendance["icb_code"].tolist() == ["E54000050", "E54000054"]
    assert (
        "attendance: under another ICB than in the reference table, kept as in the file: 15F." in loaded.notes
    )


def test_missing_months_and_areas_are_noted_not_filled(folder):
    rows = [("15F", "2023-06-01"), ("15F", "2023-09-01"), ("36J", "2023-06-01")]
    folder.write("a.csv", regional(*(regional_row(sub, month, 1) for sub, month in rows)))
    loaded = folder.load()
    assert len(loaded.attendance) == 3
    assert "attendance: no rows for 2023-07, 2023-08." in loaded.notes
    assert "attendance: months missing in 1 area(s): 36J (1)." in loaded.notes
    assert any(
        note.startswith("attendance: 2 of 106 sub-ICB locations; absent: 00L") for note in loaded.notes
    )


# --- files that are no data


def test_the_same_content_under_two_names_counts_once(folder):
    folder.write("a.csv", teaching(5))
    folder.write("b.csv", teaching(5))
    folder.zip("c.zip", {"d.csv": teaching(5)})
    loaded = folder.load()
    assert loaded.attendance["n_appointments"].sum() == 5
    assert loaded.quality["used"].tolist()[0] is True
    assert loaded.quality["used"].tolist()[1:] == ["the same content as a.csv; counted once"] * 2
    assert "b.csv has the same content as a.csv: counted once." in loaded.notes


# --- people


def valid_nhs_number() -> str:
    """Return a number made to pass the check here, not anyone's."""
    digits = [9, 9, 9, 1, 2, 3, 4, 5, 7]
    check = 11 - sum(w * d for w, d in zip(range(10, 1, -1), digits, strict=True)) % 11
    return "".join(map(str, digits)) + str(check % 11)


@pytest.mark.parametrize("spaced", [False, True])
def test_nhs_numbers_stop_and_are_never_shown(folder, spaced):
    number = valid_nhs_number()
    number = f"{number[:3]} {number[3:6]} {number[6:]}" if spaced else number
    folder.write("a.csv", f"{TEACHING},ref\n{ROW},abc\n{ROW},{number}\n")
    found = folder.rejection()
    assert (found.line, found.column) == (3, "ref")
    assert "NHS numbers" in found.problem
    assert number not in folder.check().to_text()


def test_ten_digits_that_fail_the_check_are_no_nhs_number(folder):
    wrong = valid_nhs_number()[:-1] + str((int(valid_nhs_number()[-1]) + 1) % 10)
    folder.write("a.csv", f"{TEACHING},ref\n{ROW},{wrong}\n")
    assert total(folder) == 10


def test_full_postcodes_stop(folder):
    folder.write("a.csv", f"{TEACHING},place\n{ROW},LS1\n{ROW},ls1 4ap\n")
    found = folder.rejection()
    assert (found.line, found.column) == (3, "place")
    assert "4ap" not in found.to_text().lower().replace("place", "")


def test_outward_codes_and_organisation_codes_are_no_postcodes(folder):
    folder.write(
        "a.csv", f"{TEACHING},place\n" + "".join(f"{ROW},{x}\n" for x in ("LS1", "W2U3Z", "G82235", "15F"))
    )
    assert total(folder) == 40


# --- all or nothing


def test_one_bad_file_loads_nothing_and_all_are_listed(folder):
    folder.write("a.csv", teaching(5))
    folder.write("b.csv", teaching("-1"))
    folder.write("c.csv", "appointments\n1\n")
    with pytest.raises(InputError) as caught:
        folder.load()
    assert [rejection.file for rejection in caught.value.rejections] == ["b.csv", "c.csv"]
    assert "2 inputs were rejected; nothing was loaded" in str(caught.value)
    report = folder.check()
    assert not report.ok
    assert report.quality["file"].tolist() == ["a.csv"]


def test_a_long_cell_is_cut_in_the_message(folder):
    folder.write("a.csv", teaching("9" * 200))
    assert "9" * 41 not in folder.rejection().problem


def test_no_folder_and_no_data(folder, tmp_path):
    folder.write("readme.txt", "nothing")
    with pytest.raises(InputError, match="no appointment file"):
        folder.load()
    folder.path = tmp_path / "absent"
    assert folder.rejection().problem == "no such folder"
