"""Where files overlap, every area and month comes from exactly one of them."""

from __future__ import annotations

import re

import pytest

from .conftest import CATEGORY, OVERVIEW, WEST_YORKSHIRE, duration, regional, regional_row, teaching

PRACTICE = (
    "APPOINTMENT_MONTH_START_DATE,GP_CODE,GP_NAME,SUPPLIER,PCN_CODE,PCN_NAME,SUB_ICB_LOCATION_CODE,"
    "SUB_ICB_LOCATION_NAME,HCP_TYPE,APPT_MODE,NATIONAL_CATEGORY,TIME_BETWEEN_BOOK_AND_APPT,"
    "COUNT_OF_APPOINTMENTS,APPT_STATUS"
)


def by_month(frame) -> dict[str, int]:
    return frame.groupby(frame["month"].astype(str).str[:7])["n_appointments"].sum().to_dict()


def leeds(*rows: tuple[str, int]) -> str:
    return regional(*(regional_row("15F", month, n) for month, n in rows))


def used(loaded) -> dict[str, object]:
    return dict(zip(loaded.quality["file"], loaded.quality["used"], strict=True))


def overview(*rows: tuple[str, int]) -> str:
    kind = "Attended,GP,Telephone,General Practice,Care Related Encounter,Planned Clinics"
    return "\n".join([OVERVIEW, *(f"{month},{kind},{n}" for month, n in rows), ""])


def category(*rows: tuple[str, str, int]) -> str:
    head = "E38000225,NHS West Yorkshire ICB,E54000054,E40000012"
    kind = "General Practice,Care Related Encounter,Planned Clinics"
    return "\n".join([CATEGORY, *(f"{sub},{head},{day},{kind},{n}" for sub, day, n in rows), ""])


def test_the_later_release_wins_for_its_months_only(folder):
    folder.write(
        "new.csv", regional(regional_row("15F", "2023-07-01", 20), regional_row("15F", "2023-08-01", 30))
    )
    folder.write(
        "old.csv", regional(regional_row("15F", "2023-06-01", 1), regional_row("15F", "2023-07-01", 2))
    )
    loaded = folder.load()
    assert by_month(loaded.attendance) == {"2023-06": 1, "2023-07": 20, "2023-08": 30}
    assert used(loaded) == {
        "new.csv": True,
        "old.csv": "in part: 1 of 2 area-months; the rest from new.csv",
    }
    assert "old.csv (attendance): in part: 1 of 2 area-months; the rest from new.csv." in loaded.notes


def test_a_subset_of_the_same_release_is_not_added(folder):
    whole = [regional_row(sub, "2023-06-01", 10) for sub in ("15F", "36J")]
    folder.zip("whole.zip", {"a.csv": regional(whole[0]), "b.csv": regional(whole[1])})
    folder.write("leeds.csv", regional(whole[0]) + whole[0] + "\n")
    loaded = folder.load()
    assert loaded.attendance["n_appointments"].sum() == 20
    assert used(loaded)["leeds.csv"] == "superseded by whole.zip"


def test_areas_of_different_files_are_put_together(folder):
    folder.write("a.csv", regional(regional_row("15F", "2023-06-01", 10)))
    folder.write(
        "b.csv", regional(regional_row("36J", "2023-06-01", 5), regional_row("36J", "2023-07-01", 6))
    )
    assert folder.load().attendance["n_appointments"].sum() == 21


def test_practice_level_rows_are_not_added_to_their_area(folder):
    place = "TPP,U1,PCN,15F,NHS West Yorkshire ICB - 15F,GP,Telephone,Planned Clinics,Same Day"
    rows = [f"01JUN2023,A{n},SURGERY,{place},{n},Attended" for n in (4, 6)]
    folder.write("practice.csv", "\n".join([PRACTICE, *rows, ""]))
    alone = folder.load()
    assert alone.attendance["n_appointments"].sum() == 10
    assert alone.attendance["icb_name"].unique().tolist() == ["West Yorkshire"]
    folder.write("area.csv", regional(regional_row("15F", "2023-06-01", 11)))
    loaded = folder.load()
    assert loaded.attendance["n_appointments"].tolist() == [11]
    assert used(loaded)["practice.csv"] == "superseded by area.csv"


def test_all_locations_of_an_icb_stand_for_it(folder):
    folder.write("fine.csv", regional(*(regional_row(sub, "2023-06-01", 10) for sub in WEST_YORKSHIRE)))
    folder.write("coarse.csv", teaching(51, month="2023-06"))
    loaded = folder.load()
    assert loaded.attendance["n_appointments"].sum() == 50
    assert used(loaded)["coarse.csv"] == "superseded by fine.csv"


def test_some_locations_of_an_icb_do_not_stand_for_it(folder):
    folder.write("fine.csv", leeds(("2023-06-01", 10), ("2023-07-01", 11)))
    folder.write("coarse.csv", teaching(51, month="2023-06"))
    loaded = folder.load()
    assert by_month(loaded.attendance) == {"2023-06": 51, "2023-07": 11}
    assert used(loaded)["fine.csv"] == "in part: 1 of 2 area-months; the rest from coarse.csv"
    assert loaded.attendance["sub_icb_code"].isna().sum() == 1


def test_a_later_icb_release_replaces_older_locations(folder):
    folder.write("fine.csv", regional(*(regional_row(sub, "2023-06-01", 10) for sub in WEST_YORKSHIRE)))
    folder.write(
        "coarse.csv", teaching(51, month="2023-06") + "E54000054,2023-07,DNA,GP,Telephone,Same Day,3\n"
    )
    assert by_month(folder.load().attendance) == {"2023-06": 51, "2023-07": 3}


def test_the_overview_counts_for_attendance_only_when_alone(folder):
    folder.write("overview.csv", overview(("2023-06-01", 100), ("2023-07-01", 200)))
    alone = folder.load()
    assert by_month(alone.attendance) == {"2023-06": 100, "2023-07": 200}
    assert "lead_time" not in alone.attendance
    assert "icb_code" not in alone.attendance
    assert "attendance: from the national overview, without areas and lead times." in alone.notes
    folder.write("area.csv", regional(regional_row("15F", "2023-06-01", 10)))
    loaded = folder.load()
    assert by_month(loaded.attendance) == {"2023-06": 10}
    assert (
        loaded.category_margins.groupby("dimension", observed=True)["n_appointments"].sum().tolist()
        == [300] * 3
    )


def test_margins_come_from_the_widest_source(folder):
    published = "dimension,appointment_month,value,count_of_appointments\n"
    lines = [
        f"{name},2024-06,{name} value,9\n"
        for name in ("service_setting", "context_type", "national_category")
    ]
    folder.write("totals.csv", published + "".join(lines))
    folder.write("area.csv", teaching(9, month="2024-06"))
    first = folder.load()
    assert first.category_margins.attrs == {"source": "published category totals", "areas": "England"}
    assert first.category_margins["n_appointments"].tolist() == [9, 9, 9]
    assert first.published[["source", "n_appointments"]].to_numpy().tolist() == [["category totals", 9]]
    folder.write("rows.csv", category(("15F", "01JUN2024", 4), ("36J", "02JUN2024", 3)))
    second = folder.load().category_margins
    assert second.attrs == {"source": "category rows", "areas": "2 sub-ICB locations"}
    assert second["n_appointments"].tolist() == [7, 7, 7]
    folder.write("overview.csv", overview(("2024-06-01", 100)))
    third = folder.load().category_margins
    assert third.attrs == {"source": "national overview", "areas": "England"}
    assert third["n_appointments"].tolist() == [100, 100, 100]


def test_releases_that_cannot_be_told_apart_stop_the_run(folder):
    folder.write("a.csv", teaching(5))
    folder.write("a (1).csv", teaching(6))
    found = folder.rejection()
    assert found.file == "a (1).csv and a.csv"
    code = re.search(r"'add (\w{6})'", found.remedy)[1]
    for answer, total in (("add", 11), ("first", 6), ("second", 5)):
        folder.write("accept.txt", f"# settled by the analyst\n{answer.upper()}   {code} # of January\n")
        loaded = folder.load()
        assert loaded.attendance["n_appointments"].sum() == total
        assert any(f"accepted by the user: {answer} {code}" in note for note in loaded.notes)
    folder.write("a.csv", teaching(7))  # another file asks again
    assert "a (1).csv and a.csv" in folder.rejection().file
    assert any("accept.txt, line 2" in warning for warning in folder.check().warnings)


def test_a_tie_between_older_releases_is_not_noted(folder):
    folder.write("a.csv", leeds(("2023-06-01", 5)))
    folder.write("b.csv", leeds(("2023-06-01", 6)))
    folder.write("c.csv", leeds(("2023-06-01", 7), ("2023-07-01", 8)))
    loaded = folder.load()
    assert by_month(loaded.attendance) == {"2023-06": 7, "2023-07": 8}
    assert not any("same period" in note for note in loaded.notes)


def test_members_that_overlap_are_releases_of_their_own(folder):
    june = regional(regional_row("15F", "2023-06-01", 1))
    july = regional(regional_row("15F", "2023-06-01", 2), regional_row("15F", "2023-07-01", 3))
    folder.zip("both.zip", {"june.csv": june, "july.csv": july})
    assert by_month(folder.load().attendance) == {"2023-06": 2, "2023-07": 3}


@pytest.mark.parametrize("later_first", [True, False])
def test_coverage_takes_the_later_release(folder, later_first):
    header = (
        "SUB_ICB_LOCATION_CODE,ICB_ONS_CODE,REGION_CODE,Appointment_Month,Included Practices,Open Practices,"
        "Patients registered at included practices,Patients registered at open practices"
    )
    row = "15F,E54000054,E40000012,{},{},90,800,900\n"
    names = ("a.csv", "b.csv") if later_first else ("b.csv", "a.csv")
    folder.write(names[0], f"{header}\n" + row.format("01FEB2023", 85) + row.format("01MAR2023", 86))
    folder.write(names[1], f"{header}\n" + row.format("01JAN2023", 80) + row.format("01FEB2023", 81))
    folder.write("area.csv", regional(regional_row("15F", "2023-01-01", 1)))
    frame = folder.load().coverage.sort_values("month")
    assert frame["n_practices_included"].tolist() == [80, 85, 86]
    assert frame["n_patients_open"].tolist() == [900] * 3


def test_daily_subjects_resolve_by_month(folder):
    folder.write("new.csv", duration(("01JUL2023", "6-10 Minutes", 5), ("01AUG2023", "6-10 Minutes", 6)))
    folder.write("old.csv", duration(("30JUN2023", "6-10 Minutes", 1), ("01JUL2023", "6-10 Minutes", 2)))
    assert by_month(folder.load().duration) == {"2023-06": 1, "2023-07": 5, "2023-08": 6}


def test_days_of_a_month_in_two_files_are_added(folder):
    folder.write("some.csv", duration(("01JUL2023", "6-10 Minutes", 5)))
    folder.write("more.csv", duration(("30JUN2023", "6-10 Minutes", 1), ("31JUL2023", "6-10 Minutes", 2)))
    assert by_month(folder.load().duration) == {"2023-06": 1, "2023-07": 7}
