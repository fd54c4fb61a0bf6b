"""The publication since October 2018: daily files, older layouts, companions, and what is not of it."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis_lib.inputs.header import why_leave_aside
from analysis_lib.inputs.layouts import LAYOUTS, name_layouts
from analysis_lib.inputs.values import BadValue, parse_dates

from .conftest import REGIONAL, duration, regional, regional_row, teaching

SUB_ICB = "SUB_ICB_LOCATION_CODE,SUB_ICB_LOCATION_ONS_CODE,SUB_ICB_LOCATION_NAME,ICB_ONS_CODE,REGION_ONS_CODE"
LEEDS = "15F,E38000225,NHS West Yorkshire ICB - 15F,E54000054,E40000012"
KINDS = "APPT_STATUS,HCP_TYPE,APPT_MODE,TIME_BETWEEN_BOOK_AND_APPT,COUNT_OF_APPOINTMENTS"
CCG = "CCG_CODE,CCG_ONS_CODE,CCG_NAME"
LEEDS_CCG = "15F,E38000225,NHS Leeds CCG"
COVERAGE = (
    "Included Practices,Open Practices,Patients registered at included practices,"
    "Patients registered at open practices"
)
ROWS = (("Attended,GP,Face-to-Face,Same Day", 120), ("DNA,Other Practice staff,Telephone,1 Day", 7))


def by_day(*days: str, areas: str = SUB_ICB, area: str = LEEDS) -> str:
    """Return a daily file of 127 appointments a day, of which 7 were missed."""
    lines = [f"{area},{day},{kind},{count}" for day in days for kind, count in ROWS]
    return "\n".join([f"{areas},Appointment_Date,{KINDS}", *lines, ""])


def count_by(frame: pd.DataFrame, column: str) -> dict[str, int]:
    sums = frame.groupby(column, observed=True)["n_appointments"].sum()
    return {str(key)[:10]: int(n) for key, n in sums.items()}


# --- status by day


@pytest.mark.parametrize(
    ("areas", "area"),
    [
        (SUB_ICB, LEEDS),
        (SUB_ICB.replace("LOCATION_NAME", "LOCATION"), LEEDS),
        (f"{CCG},STP_ONS_CODE,REGION_ONS_CODE", f"{LEEDS_CCG},E54000054,E40000012"),
        (f"{CCG},STP_CODE,SUBREGION_ONS_CODE,REGION_ONS_CODE", f"{LEEDS_CCG},E54000054,E39000045,E40000012"),
        (
            f"{CCG},STP_CODE,REGIONAL_LOCAL_OFFICE_ONS_CODE,REGION_ONS_CODE",
            f"{LEEDS_CCG},E54000054,E39000045,E40000012",
        ),
    ],
)
def test_a_daily_file_counts_by_month_and_by_day(folder, areas, area):
    folder.write("daily.csv", by_day("01MAR2020", "02MAR2020", "01APR2020", areas=areas, area=area))
    loaded = folder.load()
    assert count_by(loaded.attendance, "month") == {"2020-03-01": 254, "2020-04-01": 127}
    assert count_by(loaded.attendance, "status") == {"Attended": 360, "DNA": 21}
    assert count_by(loaded.attendance_daily, "date") == dict.fromkeys(
        ("2020-03-01", "2020-03-02", "2020-04-01"), 127
    )
    assert loaded.attendance.iloc[0][["sub_icb_code", "icb_code", "region_code"]].tolist() == [
        "15F",
        "E54000054",
        "E40000012",
    ]
    assert loaded.need_daily() is loaded.attendance_daily
    assert loaded.daily_what == "appointments"
    assert loaded.warnings == []


def test_the_regional_and_the_daily_file_of_a_release_are_never_added(folder):
    rows = [regional_row("15F", "2020-03-01", 240), regional_row("15F", "2020-03-01", 14, status="DNA")]
    folder.write("regional.csv", regional(*rows))
    folder.write("daily.csv", by_day("01MAR2020", "02MAR2020"))
    loaded = folder.load()
    assert count_by(loaded.attendance, "status") == {"Attended": 240, "DNA": 14}
    assert count_by(loaded.attendance_daily, "date") == {"2020-03-01": 127, "2020-03-02": 127}
    used = loaded.quality.set_index("file")["used"].to_dict()
    assert used == {"regional.csv": True, "daily.csv": "for counts by day; months superseded by regional.csv"}
    assert "Used for counts by day; months superseded by regional.csv." in folder.check().to_text()


def test_a_later_daily_file_supersedes_an_earlier_release(folder):
    folder.write("old.csv", regional(regional_row("15F", "2020-03-01", 999)))
    folder.zip("daily.zip", {"Mar.csv": by_day("01MAR2020"), "Apr.csv": by_day("01APR2020")})
    assert count_by(folder.load().attendance, "month") == {"2020-03-01": 127, "2020-04-01": 127}


def test_days_without_a_status_serve_where_status_by_day_covers_less(folder):
    folder.write("duration.csv", duration(("01MAR2020", "1-5 Minutes", 4), ("01APR2020", "1-5 Minutes", 5)))
    folder.write("daily.csv", by_day("01MAR2020"))
    loaded = folder.load()
    assert loaded.need_daily() is loaded.duration
    assert loaded.daily_what == "attended appointments"


# --- 2018 to 2021


@pytest.mark.parametrize("month", ["Jun-19", "01-JUN-2019", "JUN2019", "01JUN2019"])
def test_regional_files_of_2019(folder, month):
    header = f"{CCG},STP_CODE,REGIONAL_LOCAL_OFFICE_ONS_CODE,REGION_ONS_CODE,Appointment_Month,{KINDS}"
    area = f"{LEEDS_CCG},E54000005,E39000045,E40000009"
    folder.write("a.csv", "\n".join([header, *(f"{area},{month},{kind},{n}" for kind, n in ROWS), ""]))
    loaded = folder.load()
    assert count_by(loaded.attendance, "month") == {"2019-06-01": 127}
    assert loaded.attendance["sub_icb_name"].tolist() == ["Leeds CCG"] * 2  # not of an ICB of 2022
    assert loaded.warnings == []


@pytest.mark.parametrize("code", ["COMMISSIONER_ORGANISATION_CODE", "CCG_CODE"])
def test_coverage_of_2018_and_2019(folder, code):
    folder.write("regional.csv", regional(regional_row("15F", "2019-08-01", 5)))
    folder.write(
        "coverage.csv", f"{code},Appointment_Month,{COVERAGE}\n15F,01-AUG-2019,90,97,800000,870000\n"
    )
    row = folder.load().coverage.iloc[0]
    assert row[["sub_icb_code", "icb_code", "n_patients_included"]].tolist() == ["15F", "E54000054", 800_000]
    assert str(row["month"].date()) == "2019-08-01"


# --- companions, and what is not ours


def test_the_look_up_of_practices_is_known_and_left_aside(folder):
    practice = "GP_CODE,GP_NAME,SUPPLIER,PCN_CODE,PCN_NAME,SUB_ICB_LOCATION_CODE,SUB_ICB_LOCATION_NAME"
    place = "B86001,ONE,TPP,U00001,PCN ONE,15F,NHS West Yorkshire ICB - 15F"
    rows = "\n".join(f"{place},01JUL2026,{kind},{n}" for kind, n in ROWS)
    mapping = (
        f"{practice},ICB_CODE,ICB_NAME,REGION_CODE,REGION_NAME\n{place},QWO,NHS West Yorkshire ICB,Y63,NE\n"
    )
    members = {"Mapping.csv": mapping, "p.csv": f"{practice},APPOINTMENT_MONTH_START_DATE,{KINDS}\n{rows}\n"}
    folder.zip("p.zip", members)
    report = folder.check()
    assert report.ok
    assert report.ignored == [
        "p.zip/Mapping.csv: the publication's look-up of practices, known and not needed, not read"
    ]
    assert folder.load().attendance["n_appointments"].sum() == 127


def test_the_summary_workbook_is_known_and_left_aside(folder):
    table = [
        ["Table 1a: Appointments in General Practice"],
        [],
        ["", "Total Count of Appointments"],
        ["Jun-26", 9],
    ]
    folder.xlsx("summary.xlsx", {"Title": [["Appointments in General Practice"]], "Table 1": table})
    folder.write("a.csv", teaching(3))
    report = folder.check()
    assert report.ok
    assert (
        "summary.xlsx: the publication's summary workbook, known and not needed, not read" in report.ignored
    )


def test_a_workbook_of_rows_is_no_summary(folder):
    rows = [
        ["Table 1: Appointments in General Practice"],
        teaching(1).split("\n")[0].split(",")[1:],
        list("abcdef"),
    ]
    folder.xlsx("a.xlsx", {"Table 1": rows})
    assert "icb_ons_code" in folder.rejection().problem


@pytest.mark.parametrize(
    "layout",
    # Counts of records hold no appointments.
    [layout for layout in LAYOUTS if layout.subject not in ("companion", "record_counts")],
    ids=lambda x: x.name,
)
def test_no_layout_with_one_column_renamed_or_lost_is_left_aside(layout):
    names = [column.names[0] for column in layout.required]
    for i in range(len(names)):
        for new in (["n"], ["total"], []):
            header = names[:i] + new + names[i + 1 :]
            if len(header) > 1:
                assert why_leave_aside([header]) == "", header

                assert layout.exact or why_leave_aside([["Title"], [], header]) == "", header


@pytest.mark.parametrize(
    "header",
    [
        "icb_ons_code,icb_ons_name,region_ons_code,icb_registered_population_2021_2022",
        "PUBLICATION,TYPE,CCG_CODE,CODE,POSTCODE,SEX,AGE,NUMBER_OF_PATIENTS",
        "lsoa11cd,imd_rank,imd_decile",
        "national_category;short name",
        "hcp_type,our_group",
        "icb_ons_code,gp_practice_count,population",
        "date,is_bank_holiday",
    ],
)
def test_look_ups_are_named_and_the_rest_is_read(folder, header):
    folder.write("a.csv", teaching(3))
    folder.write("mine.csv", f"{header}\nx,y\n")
    folder.xlsx("mine.xlsx", {"One": [header.split(","), ["x", "y"]]})
    pd.DataFrame([["x"] * len(header.split(","))], columns=header.split(",")).to_parquet(
        folder.path / "m.parquet"
    )
    report = folder.check()
    assert report.ok
    assert report.ignored == [
        f"{name}: not an appointment file, not read" for name in ("m.parquet", "mine.csv", "mine.xlsx")
    ]
    assert folder.load().attendance["n_appointments"].sum() == 3
    assert folder.check().ignored == report.ignored  # from the cache


@pytest.mark.parametrize(
    "content",
    [
        "15F,E38000225,Leeds,E54000054,01MAR2026,Unknown,Unknown,Unknown,Unknown,3\n",  # its header is lost
        "appointment_month,total\n2022-01,5\n",
        "status,month,appointments\nAttended,2022-01,5\n",
        "board,period,outcome,count\nE54000054,2022-01,came,5\n",
        "nhs_number,sex\n1,F\n",
    ],
)
def test_what_may_be_appointments_or_people_is_refused(folder, content):
    folder.write("a.csv", teaching(3))
    folder.write("b.csv", content)
    assert folder.rejection().file == "b.csv"


def test_ignore_txt_names_what_is_not_to_be_read(folder):
    folder.write("a.csv", teaching(3))
    folder.write("old_1.csv", "appointment_month,total\n2022-01,5\n")
    folder.write("Old_2.csv", teaching(99).replace("2022-01", "2021-01"))
    assert "name it in ignore.txt" in folder.rejection().remedy
    folder.write("ignore.txt", "# my own\nOLD_*.csv\n\nnothing.csv\n")
    report = folder.check()
    assert report.ok
    assert report.ignored == [
        "Old_2.csv: named in ignore.txt, not read",
        "old_1.csv: named in ignore.txt, not read",
        "ignore.txt: 'nothing.csv' names no data file of the folder",
    ]
    assert folder.load().attendance["n_appointments"].sum() == 3


def test_a_member_of_an_archive_has_a_remedy_of_its_own(folder):
    folder.zip("a.zip", {"a.csv": teaching(3), "b.csv": "appointment_month,total\n2022-01,5\n"})
    found = folder.rejection()
    assert found.file == "a.zip/b.csv"
    assert found.remedy.endswith("unpack the archive and leave it out.")


def test_the_remedy_lists_the_layouts_that_are_read(folder):
    folder.write("a.csv", "icb_ons_code,appointment_month,n\n1,2,3\n")
    text = folder.check().to_text().replace("\n", " ")
    assert f"Layouts that are read: {name_layouts()}." in text
    assert all(layout.name.partition(", ")[2] in name_layouts() for layout in LAYOUTS if not layout.companion)


# --- dates


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2023-06-01 00:00:00", 1),
        ("2023-06-01T00:00:00.000Z", 1),
        ("2023-06-01T00:00:00.000+00:00", 1),
        ("2023-06-01 00:00:00.000000", 1),
        ("2023/06/13", 13),
        ("20230613", 13),
        ("13/06/2023 00:00", 13),
        ("06/13/2023 12:00:00 AM", 13),
        ("13.06.2023", 13),
        ("1-Jun-23", 1),
        ("1 June 2023", 1),
        ("Thursday, June 1, 2023", 1),
        ("Thu 01 Jun 2023", 1),
        ("01JUN2023:00:00:00", 1),
        ("01JUN23", 1),
        ("2023-Jun-01", 1),
        ("06/06/2023", 6),
    ],
)
def test_a_day_as_every_tool_writes_it(text, day):
    days, _ = parse_dates([text], monthly=False)
    assert str(days[0]) == f"2023-06-{day:02}"


@pytest.mark.parametrize(
    "text", ["Jun-23", "June 2023", "JUN2023", "2023-06", "2023/6", "202306", "2023 Jun", "Jun 23"]
)
def test_a_month_as_every_tool_writes_it(text):
    assert str(parse_dates([text], monthly=True)[0][0]) == "2023-06-01"
    with pytest.raises(BadValue) as caught:
        parse_dates([text], monthly=False)
    assert "is a month" in caught.value.problem


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("01/06/2023", "may be day or month first"),
        ("01/06/23", "is no date"),
        ("23-Jun-01", "is out of range"),
        ("23-Jun", "is no date"),
        ("2023-05-31T23:00:00Z", "holds a time of day"),
        ("2023.1", "is no date"),
        ("1-Jnu-23", "is no date"),
        ("45078", "Excel serial number"),
        ("1685577600000", "is no date"),
    ],
)
def test_a_date_of_several_meanings_is_refused(text, said):
    with pytest.raises(BadValue) as caught:
        parse_dates([text], monthly=True)
    assert said in caught.value.problem


def test_months_in_numbers_are_read_where_one_order_is_left():
    for texts in (["01/06/2023", "01/07/2023"], ["06/01/2023", "07/01/2023"]):
        days, _ = parse_dates(texts, monthly=True)
        assert days.astype(str).tolist() == ["2023-06-01", "2023-07-01"]
    with pytest.raises(BadValue):
        parse_dates(["01/06/2023", "02/07/2023"], monthly=True)
    with pytest.raises(BadValue) as caught:  # day first in one row, month first in another
        parse_dates(["13/06/2023", "06/13/2023"], monthly=False)
    assert "not in the calendar" in caught.value.problem


# --- labels


@pytest.mark.parametrize(
    "text", ["NULL", "null", "NA", "N/A", "#N/A", "None", "nan", "", "-", "<NA>", "(blank)"]
)
def test_no_value_is_unknown(folder, text):
    months = [("2023-06-01", 5), ("2023-07-01", 6)]
    rows = [f"15F,x,x,E54000054,x,E40000012,x,{m},{text},{text},{text},{text},{n}" for m, n in months]
    folder.write("a.csv", "\n".join([REGIONAL, *rows, regional_row("15F", "2023-06-01", 4), ""]))
    loaded = folder.load()
    for column in ("status", "hcp_type", "mode", "lead_time"):
        assert count_by(loaded.attendance, column)["Unknown"] == 11
    assert loaded.quality["rows_warned"].tolist() == [2]
    assert folder.check().unseen_labels == {}
    assert any(
        warning.startswith("a.csv: status:") and "'Unknown' (2 rows)" in warning
        for warning in loaded.warnings
    )


def own_rows(folder) -> None:
    header, *_ = teaching(1).split("\n")
    rows = [
        "E54000054,2022-01,{},GP,{},Same Day,{}".format(*cells)
        for cells in (
            ("Attended", "Telephone", 10),
            ("Cancelled", "Hologram", 4),
            ("did  not come", "Telephone", 3),
        )
    ]
    folder.write("a.csv", "\n".join([header, *rows, ""]))


def test_labels_never_seen_can_be_declared(folder):
    own_rows(folder)
    report = folder.check()
    assert report.unseen_labels == {"status": {"Cancelled": 1, "did not come": 1}, "mode": {"Hologram": 1}}
    assert count_by(folder.load().attendance, "status") == {"Attended": 10, "Unknown": 7}
    printed = report.to_text()
    ready = printed[printed.index("[status]") : printed.index("OK:")]
    assert '"did not come" = "Unknown"  # 1 row' in ready
    folder.write("labels.toml", ready)
    assert folder.check().unseen_labels == {}
    assert folder.load().attendance["mode"].tolist() == ["Telephone", "Hologram", "Telephone"]
    folder.write(
        "labels.toml",
        ready.replace('come" = "Unknown"', 'come" = "DNA"').replace('= "Hologram"', '= "Telephone"'),
    )
    loaded = folder.load()
    assert count_by(loaded.attendance, "status") == {"Attended": 10, "DNA": 3, "Unknown": 4}
    assert set(loaded.attendance["mode"]) == {"Telephone"}
    assert loaded.warnings == []
    raw = loaded.raw_labels.set_index("raw_value")["normalised_value"]
    assert raw["did  not come"] == "DNA"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('[status]\n"Cancelled" = "Gone"\n', 2, "'Gone' is no label of status"),
        ('[status]\n\n"DNA" = "Attended"\n', 3, "'DNA' is a known label of status"),
        ('[status]\n"NULL" = "DNA"\n', 2, "'NULL' is a known label"),
        ('[colour]\n"red" = "blue"\n', 1, "[colour] is no column of labels"),
        ("[status]\nCancelled = DNA\n", 2, "not readable TOML"),
        ('[mode]\n"zoom" = "Video/Online"\n"Zoom" = "Telephone"\n', 3, "stands there twice"),
        ('\ufeff[mode]  # known: Telephone\n"Hologram" = "Fax"  # 1 row\n', 2, "'Fax' is no label of mode"),
        ('status = "DNA"\n', 1, "[status] is no column of labels"),
    ],
)
def test_a_wrong_line_of_labels_is_named(folder, text, line, said):
    own_rows(folder)
    folder.write("labels.toml", text)
    found = folder.rejection()
    assert (found.file, found.line) == ("labels.toml", line)
    assert said in found.problem
    assert "check-data" in found.remedy


# --- areas


def test_an_area_of_after_the_reference_table_has_the_name_of_its_file(folder):
    rows = [
        regional_row("06Q", "APR2026", 1050, icb="E54000066"),
        regional_row("07H", "APR2026", 700, icb="E54000066"),
    ]
    content = regional(*rows).replace("West Yorkshire", "Essex")
    folder.write("a.csv", content)
    loaded = folder.load()
    row = loaded.attendance.iloc[0]
    assert row[["icb_name", "sub_icb_name"]].tolist() == ["Essex", "Essex – 06Q"]
    assert "icb_code: not in the reference table, named as in the files: E54000066 (Essex)." in loaded.notes


def test_two_codes_never_share_a_name(folder):
    header = f"{CCG},STP_CODE,STP_NAME,REGION_ONS_CODE,APPOINTMENT_MONTH,{KINDS}"
    area = "15F,E38000225,NHS Leeds CCG,E54000005,West Yorkshire,E40000009"
    folder.write("a.csv", f"{header}\n{area},JUN2019,{ROWS[0][0]},5\n")
    folder.write("b.csv", regional(regional_row("15F", "2023-06-01", 4)))
    frame = folder.load().attendance.sort_values("month")
    assert frame["icb_name"].tolist() == ["West Yorkshire (E54000005)", "West Yorkshire"]
    assert frame["sub_icb_name"].tolist() == ["West Yorkshire – 15F"] * 2  # the latest file decides


def test_a_practice_file_of_after_a_boundary_change_is_not_put_under_the_old_board(folder):
    header = f"GP_CODE,SUB_ICB_LOCATION_CODE,SUB_ICB_LOCATION_NAME,APPOINTMENT_MONTH_START_DATE,{KINDS}"
    essex = f"F1,06Q,NHS Essex ICB - 06Q,01MAY2026,{ROWS[0][0]},5"
    leeds = f"B1,15F,NHS West Yorkshire ICB - 15F,01MAY2026,{ROWS[0][0]},6"
    folder.write("practice.csv", "\n".join([header, essex, leeds, ""]))
    loaded = folder.load()
    assert loaded.attendance["icb_code"].tolist() == ["Unknown", "E54000054"]
    assert loaded.attendance["sub_icb_name"].tolist() == ["Essex – 06Q", "West Yorkshire – 15F"]
    assert any(
        note.startswith("sub_icb_code: named by another ICB") and note.endswith(": 06Q.")
        for note in loaded.notes
    )
    essex = regional(regional_row("06Q", "APR2026", 4, icb="E54000066")).replace("West Yorkshire", "Essex")
    folder.write("regional.csv", essex)
    frame = folder.load().attendance
    assert frame.loc[frame["sub_icb_code"] == "06Q", "icb_name"].tolist() == ["Essex", "Essex"]
