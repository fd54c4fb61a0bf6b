"""Reading the real files: published totals come out to the appointment, and nothing is counted twice.

Skipped unless NHS_DATA names the folder that holds lse_nhs and gp_appointments_official (a relative
path counts from the project's root).
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from analysis_lib.inputs import load_appointments
from analysis_lib.project import find_root

NAMED = os.environ.get("NHS_DATA", "").strip()
DATA = (find_root() / Path(NAMED).expanduser()).resolve() if NAMED else Path("absent")
pytestmark = pytest.mark.skipif(
    not (DATA / "lse_nhs").is_dir(), reason="NHS_DATA names no folder of real files"
)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def teaching(cache):
    return load_appointments(DATA / "lse_nhs", cache=cache)


@pytest.fixture(scope="module")
def official(cache):
    return load_appointments(DATA / "gp_appointments_official", cache=cache)


def monthly(frame) -> dict[str, int]:
    months = frame["month"].dt.strftime("%Y-%m")
    return frame.groupby(months)["n_appointments"].sum().to_dict()


def quality(loaded, file: str):
    rows = loaded.quality[loaded.quality["file"].str.startswith(file)]
    assert len(rows) == 1
    return rows.iloc[0]


def used_rows(loaded, subject: str) -> int:
    rows = loaded.quality[(loaded.quality["subject"] == subject)]
    return int(rows.loc[[used is True for used in rows["used"]], "rows"].sum())


def test_teaching_attendance(teaching):
    frame = teaching.attendance
    assert len(frame) == 596_821
    assert frame["n_appointments"].sum() == 742_804_525
    status = frame.groupby("status", observed=True)["n_appointments"].sum().to_dict()
    assert status == {"Attended": 677_755_876, "DNA": 30_911_233, "Unknown": 34_137_416}
    assert frame["icb_code"].nunique() == 42
    assert frame["region_code"].nunique() == 7
    months = monthly(frame)
    assert (min(months), max(months), len(months)) == ("2020-01", "2022-06", 30)
    assert months["2021-11"] == 30_405_070 == max(months.values())
    assert (round(months["2020-04"] / 30), round(months["2021-11"] / 30)) == (533_596, 1_013_502)


def test_teaching_repeats_are_counted_and_kept(teaching):
    row = quality(teaching, "appointments_regional")
    assert (row["rows_repeated"], row["n_repeated"]) == (21_604, 274_766)
    assert (row["rows_warned"], row["rows_rejected"]) == (0, 0)
    assert teaching.warnings == []


def test_teaching_labels_are_all_known(teaching):
    frame = teaching.attendance
    for column, n in (("status", 3), ("hcp_type", 3), ("mode", 5), ("lead_time", 8)):
        assert frame[column].cat.ordered
        assert len(frame[column].cat.categories) == n == frame[column].nunique()


def test_teaching_duration(teaching):
    frame = teaching.duration
    assert len(frame) == 137_793
    assert frame["n_appointments"].sum() == 167_980_692
    assert frame["sub_icb_code"].nunique() == 106
    assert (str(frame["date"].min().date()), str(frame["date"].max().date())) == ("2021-12-01", "2022-06-30")
    assert frame.loc[frame["sub_icb_code"] == "15F", "n_appointments"].sum() == 2_625_961


def test_teaching_duration_equals_attended(teaching):
    attended = teaching.attendance[teaching.attendance["status"] == "Attended"]
    known = monthly(attended)
    assert monthly(teaching.duration) == {month: known[month] for month in monthly(teaching.duration)}


def test_teaching_category_totals(teaching):
    assert teaching.category is None
    margins = teaching.category_margins
    totals = margins.groupby("dimension", observed=True)["n_appointments"].sum()
    assert totals.tolist() == [296_046_770] * 3
    counts = teaching.record_counts.groupby("dimension")["n_records"].sum()
    assert counts.tolist() == [817_394] * 4
    known = monthly(teaching.attendance)
    published = monthly(teaching.published)
    assert (min(published), max(published), len(published)) == ("2021-08", "2022-06", 11)
    assert published == {month: known[month] for month in published}


def test_teaching_sources_are_named_by_their_checksum(teaching):
    row = quality(teaching, "appointments_regional")
    assert row["sha256"] == "df2f2abe7d5d"


def test_official_attendance(official):
    frame = official.attendance
    assert frame["n_appointments"].sum() == 920_458_838
    assert len(frame) == 713_695 == used_rows(official, "attendance")
    assert (frame["icb_code"].nunique(), frame["sub_icb_code"].nunique()) == (42, 106)
    table = official.published[official.published["source"] == "summary table 1a"]
    assert monthly(frame) == monthly(table)
    assert len(table) == 30


def test_official_november_equals_summary_table_2a(official):
    table = official.published[official.published["source"] == "summary table 2a"]
    assert monthly(table) == {"2025-11": monthly(official.attendance)["2025-11"]}


def test_official_duration_and_category(official):
    assert len(official.duration) == 593_551
    attended = official.attendance[official.attendance["status"] == "Attended"]
    assert monthly(official.duration) == monthly(attended)
    assert len(official.category) == 435_943
    assert official.category["sub_icb_code"].nunique() == 37
    assert sorted(monthly(official.category)) == [f"2024-{month:02}" for month in range(1, 13)]


def test_official_category_equals_attendance_of_its_areas(official):
    areas = official.category["sub_icb_code"].unique().tolist()
    frame = official.attendance[official.attendance["sub_icb_code"].isin(areas)]
    assert monthly(official.category) == {m: n for m, n in monthly(frame).items() if m.startswith("2024")}


def test_official_margins_are_of_england(official):
    margins = official.category_margins
    assert margins.attrs == {"source": "national overview", "areas": "England"}
    totals = margins.groupby("dimension", observed=True)["n_appointments"].sum()
    assert totals.tolist() == [920_458_838] * 3


def test_official_no_file_is_counted_twice(official):
    for file, other in (
        ("regional_leeds_15F", "regional_csv_jun23_nov25.zip"),
        ("practice_level", "regional_csv_jun23_nov25.zip"),
        ("national_categories_2024-06", "national_categories_daily_2024_south_london_east.csv.zip"),
    ):
        assert quality(official, file)["used"] == f"superseded by {other}"
    assert quality(official, "practice_level")["rows"] == 392_796
    assert used_rows(official, "category") == len(official.category)
    assert used_rows(official, "duration") == len(official.duration)


def test_official_coverage_has_one_row_for_each_area_and_month(official):
    frame = official.coverage
    assert not frame.duplicated(["month", "sub_icb_code"]).any()
    # August 2020 to November 2025: 64 months of 106 locations.
    assert len(frame) == 64 * 106
    assert quality(official, "APPOINTMENTS_GP_COVERAGE_feb23")["used"].startswith("in part: 424 of 3180")


def test_practice_level_alone_equals_its_areas_in_the_regional_files(official, tmp_path, cache):
    name = "practice_level_oct25_london_east_south.csv.zip"
    (tmp_path / name).write_bytes((DATA / "gp_appointments_official" / name).read_bytes())
    alone = load_appointments(tmp_path, cache=cache).attendance
    assert alone["n_appointments"].sum() == 15_069_663
    frame = official.attendance
    same = frame["sub_icb_code"].isin(alone["sub_icb_code"].unique()) & (
        frame["month"] == np.datetime64("2025-10-01")
    )
    assert abs(frame.loc[same, "n_appointments"].sum() / alone["n_appointments"].sum() - 1) < 0.01
