"""Every layout is known by its header and gives the frame that the contract promises."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest

from analysis_lib.inputs import layouts
from analysis_lib.inputs.header import normalise_name, recognise
from analysis_lib.inputs.layouts import LAYOUTS, Column

from .conftest import REGIONAL, duration, regional, regional_row, teaching

CCG = "CCG_CODE,CCG_ONS_CODE,CCG_NAME,STP_CODE,STP_ONS_CODE,STP_NAME,REGION_CODE,REGION_ONS_CODE,REGION_NAME"
CCG_ROW = "15F,E38000225,NHS Leeds CCG,QWO,E54000054,West Yorkshire,Y63,E40000012,North East and Yorkshire"


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_a_layout_recognises_its_own_header(layout):
    whole = [normalise_name(column.names[0].upper()) for column in layout.columns]
    assert recognise(list(dict.fromkeys(whole))).layout.name == layout.name
    least = [column.names[0] for column in layout.required]
    assert recognise(least).layout.name == layout.name


def test_teaching_attendance_frame(folder):
    folder.write("x.csv", teaching(3))
    frame = folder.load().attendance
    assert list(frame.columns) == [
        "month",
        "region_code",
        "region_name",
        "icb_code",
        "icb_name",
        "status",
        "hcp_type",
        "mode",
        "lead_time",
        "n_appointments",
    ]
    assert str(frame["month"].dtype) == "datetime64[ns]"
    assert str(frame["n_appointments"].dtype) == "int64"
    assert all(str(frame[name].dtype) == "category" for name in frame.columns[1:-1])


def test_regional_attendance_frame_has_its_locations(folder):
    folder.write("x.csv", regional(regional_row("15F", "2023-06-01", 3)))
    columns = folder.load().attendance.columns.tolist()
    assert columns[5:7] == ["sub_icb_code", "sub_icb_name"]


def test_layouts_before_july_2022(folder):
    months = (
        "APPOINTMENT_MONTH,APPT_STATUS,HCP_TYPE,APPT_MODE,TIME_BETWEEN_BOOK_AND_APPT,COUNT_OF_APPOINTMENTS"
    )
    folder.write("a.csv", f"{CCG},{months}\n{CCG_ROW},DEC2021,Attended,GP,Telephone,1 Day,7\n")
    days = "APPOINTMENT_DATE,ACTUAL_DURATION,COUNT_OF_APPOINTMENTS"
    folder.write("b.csv", f"{CCG},{days}\n{CCG_ROW},01DEC2021,1-5 Minutes,6\n")
    kinds = "APPOINTMENT_DATE,SERVICE_SETTING,CONTEXT_TYPE,NATIONAL_CATEGORY,COUNT_OF_APPOINTMENTS"
    folder.write("c.csv", f"{CCG},{kinds}\n{CCG_ROW},01DEC2021,Other,Unmapped,Unmapped,5\n")
    loaded = folder.load()
    for frame, n in ((loaded.attendance, 7), (loaded.duration, 6), (loaded.category, 5)):
        row = frame.iloc[0]
        assert row["n_appointments"] == n
        assert (row["sub_icb_code"], row["icb_code"], row["region_code"]) == ("15F", "E54000054", "E40000012")
        assert str(row["month"].date()) == "2021-12-01"


def test_an_stp_known_by_its_ods_code_alone_is_looked_up(folder):
    header = "CCG_CODE,STP_CODE,APPOINTMENT_MONTH,APPT_STATUS,HCP_TYPE,APPT_MODE,TIME_BETWEEN_BOOK_AND_APPT"
    folder.write("a.csv", f"{header},COUNT_OF_APPOINTMENTS\n15F,QWO,DEC2021,Attended,GP,Telephone,1 Day,7\n")
    row = folder.load().attendance.iloc[0]
    assert (row["icb_code"], row["icb_name"]) == ("E54000054", "West Yorkshire")


def test_published_totals(folder):
    folder.write("a.csv", teaching(3))
    folder.write("1a.csv", "appointment_month,total_count_of_appointments\n2022-01,30\n2022-02,31\n")
    lines = "2022-01-01,Sat,10,8,1,1\n2022-01-02,Sun,20,18,1,1\n"
    folder.write("2a.csv", f"appointment_date,weekday,total,attended,dna,unknown\n{lines}")
    folder.write("records.csv", "dimension,value,record_count\nmonth,2022-01,12\n")
    loaded = folder.load()
    frame = loaded.published.assign(month=loaded.published["month"].astype(str))
    assert frame.to_numpy().tolist() == [
        ["2022-01-01", "summary table 1a", 30],
        ["2022-02-01", "summary table 1a", 31],
        ["2022-01-01", "summary table 2a", 30],
    ]
    assert loaded.record_counts.to_numpy().tolist() == [["month", "2022-01", 12]]


def test_absent_subjects_are_none_and_noted(folder):
    folder.write("a.csv", duration(("01JUN2023", "1-5 Minutes", 2)))
    loaded = folder.load()
    assert loaded.attendance is None
    assert loaded.category is None
    assert "attendance: absent, needs the attendance file (regional CSV)." in loaded.notes
    assert loaded.profile == "published"


def test_simulated_folders_are_known_by_their_manifest(folder):
    made = hashlib.sha256(folder.write("a.csv", teaching(3)).read_bytes()).hexdigest()
    folder.write("manifest.json", json.dumps({"simulated": True, "files": [{"sha256": made}]}))
    folder.write("truth.json", json.dumps({"logit": 0.5}))
    loaded = folder.load()
    assert (loaded.simulated, loaded.profile, loaded.truth) == (True, "simulated", {"logit": 0.5})
    folder.write("manifest.json", json.dumps({"simulated": "no"}))
    loaded = folder.load()
    assert (loaded.simulated, loaded.profile, loaded.truth) == (False, "published", None)
    folder.write("manifest.json", "{")
    assert folder.rejection().file == "manifest.json"


def test_report_lists_everything_and_is_json(folder):
    folder.write("a.csv", teaching(3, 3, "*"))
    folder.write("b.csv", "x,n_appointments\n1,2\n")
    folder.write("notes.md", "hello")
    (folder.path / "inner").mkdir()
    report = folder.check()
    answer = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert answer["ok"] is False
    file = answer["files"][0]
    assert (file["rows"], file["n_appointments"], file["first_date"], file["areas"]) == (3, 6, "2022-01", 1)
    assert (file["rows_repeated"], file["rows_warned"], file["used"]) == (1, 1, True)
    assert len(file["sha256"]) == 12
    assert answer["rejections"][0]["file"] == "b.csv"
    assert answer["ignored"] == [
        "inner/ (folders inside the folder are not read)",
        "notes.md (files ending .md are not read)",
    ]
    text = report.to_text()
    for said in ("attendance:", "a.csv", "b.csv", "1 suppressed", "notes.md", "NOT OK"):
        assert said in text


@pytest.fixture
def with_language(monkeypatch):
    """The regional layout with two columns more, as a newcomer adds them: a line each."""
    language = Column("language", ("appt_language",), "label", required=False)
    prescriber = Column("prescriber", ("prescriber",), "code", required=False, kept=False)

    def add(layout):
        regional = layout.name == "attendance, regional"
        return replace(layout, columns=(language, prescriber, *layout.columns)) if regional else layout

    def switch():
        monkeypatch.setattr(layouts, "LAYOUTS", tuple(map(add, LAYOUTS)))

    return switch


def in_languages(month, **counts):
    """Return a regional file of Leeds with a row for each language."""
    head, row = REGIONAL + ",APPT_LANGUAGE\n", regional_row("15F", month, 0)[:-1]
    return head + "".join(f"{row}{n},{language}\n" for language, n in counts.items())


def by_language(loaded):
    return loaded.attendance.groupby("language", observed=True)["n_appointments"].sum().to_dict()


def test_a_column_of_a_layout_is_one_of_its_frame(folder, with_language):
    with_language()
    assert layouts.list_columns("attendance")[-2:] == ("language", "n_appointments")
    folder.write("a.csv", in_languages("2023-06-01", English=7, Polish=3, NULL=1, unknown=1))
    loaded = folder.load()
    assert by_language(loaded) == {"English": 7, "Polish": 3, "Unknown": 2}
    assert not [text for text in loaded.warnings if "never seen" in text or "not known" in text]
    assert loaded.raw_labels.query("column == 'language'")["n_appointments"].sum() == 12
    assert "12 appointments go into the report" in folder.check().to_text()
    folder.write("labels.toml", '[appt_language]\n"Polish" = "Other"\n')
    assert by_language(folder.load()) == {"English": 7, "Other": 3, "Unknown": 2}


@pytest.mark.parametrize("in_zip", [False, True])
def test_files_without_a_column_of_others_are_unknown_in_it(folder, with_language, in_zip):
    with_language()
    files = {
        "a.csv": in_languages("2023-06-01", English=7, Polish=3),
        "b.csv": regional(regional_row("15F", "2023-07-01", 5), regional_row("36J", "2023-06-01", 4)),
    }
    if in_zip:
        folder.zip("all.zip", files)
    else:
        for name, text in files.items():
            folder.write(name, text)
    folder.write("c.csv", regional(regional_row("15F", "2023-07-01", 5)))  # the same rows again
    loaded = folder.load()
    assert by_language(loaded) == {"English": 7, "Polish": 3, "Unknown": 9}
    assert loaded.attendance["n_appointments"].sum() == 19
    assert len([note for note in loaded.notes if note.startswith("language: no such column in ")]) == 1
    assert "19 appointments go into the report" in folder.check().to_text()


def test_a_count_that_a_file_lacks_is_missing_not_nought(folder, monkeypatch):
    more = [
        replace(layout, columns=(*layout.columns, Column("n_video", ("video",), "count", required=False)))
        if layout.name == "attendance, regional"
        else layout
        for layout in LAYOUTS
    ]
    monkeypatch.setattr(layouts, "LAYOUTS", tuple(more))
    folder.write("a.csv", f"{REGIONAL},VIDEO\n{regional_row('15F', '2023-06-01', 5)},2\n")
    folder.write("b.csv", regional(regional_row("15F", "2023-07-01", 4)))
    frame = folder.load().attendance.set_index("month")
    assert frame["n_appointments"].tolist() == [5, 4]
    assert frame["n_video"].fillna(-1).tolist() == [2, -1]


def test_a_column_added_to_a_layout_is_read_of_a_file_in_the_cache(folder, with_language):
    folder.write("a.csv", in_languages("2023-06-01", English=7, Polish=3))
    folder.accept()  # that of rows with the same labels
    before = folder.load()
    assert "language" not in before.attendance
    assert any(text.endswith("not read: appt_language") for text in before.warnings)
    with_language()
    after = folder.load()
    assert by_language(after) == {"English": 7, "Polish": 3}
    assert not any("not read" in text for text in after.warnings)
    assert len(list(folder.cache.iterdir())) == 1  # what the other reader made of the file is gone


def test_rows_that_repeat_name_the_columns_that_were_not_read(folder):
    folder.write("a.csv", in_languages("2023-06-01", English=7, Polish=3))
    assert "perhaps what tells them apart: appt_language" in folder.rejection().problem
