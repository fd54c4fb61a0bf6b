from types import SimpleNamespace

import pandas as pd
import pytest

from analysis_lib.measures import reconcile_subjects

JAN, FEB = "2022-01-01", "2022-02-01"


def duration(rows):
    frame = pd.DataFrame(rows, columns=["month", "icb_code", "sub_icb_code", "n_appointments"])
    frame["month"] = pd.to_datetime(frame["month"])
    return frame.astype({"icb_code": "category", "sub_icb_code": "category"})


def folder(**frames):
    absent = dict.fromkeys(["attendance", "duration", "category", "category_margins", "published"])
    return SimpleNamespace(**{**absent, **frames})


@pytest.fixture
def attendance(build):
    return build(
        [
            {"n": 10, "month": JAN, "icb_code": "A"},
            {"n": 20, "month": JAN, "icb_code": "B"},
            {"n": 5, "month": JAN, "icb_code": "A", "status": "DNA"},
            {"n": 7, "month": FEB, "icb_code": "A"},
        ]
    )


def row_of(table, comparison, month=JAN):
    return table[(table["comparison"] == comparison) & (table["month"] == month)].iloc[0]


def test_common_months_and_areas_only_at_the_finest_level_both_have(attendance):
    # March and area C are in one subject only; B is absent in the other.
    right = duration(
        [(JAN, "A", "01", 4), (JAN, "A", "02", 6), (JAN, "C", "03", 99), ("2022-03-01", "A", "01", 1)]
    )
    table = reconcile_subjects(folder(attendance=attendance, duration=right))
    rows = table[table["comparison"] == "attended = duration"]
    assert len(rows) == 1
    row = rows.iloc[0]
    assert (row["n_left"], row["n_right"], row["difference"]) == (10, 10, 0)
    assert (row["n_areas"], row["area_level"], row["status"]) == (1, "icb_code", "agrees")
    assert row["agrees"] is True or row["agrees"] == True  # noqa: E712


def test_differences_that_cancel_between_areas_are_found(attendance):
    right = duration([(JAN, "A", "01", 11), (JAN, "B", "02", 19), (FEB, "A", "01", 7)])
    table = reconcile_subjects(folder(attendance=attendance, duration=right))
    row = row_of(table, "attended = duration")
    assert (row["difference"], row["n_areas_differ"], row["status"]) == (0, 2, "disagrees")
    assert row_of(table, "attended = duration", FEB)["status"] == "agrees"


def test_category_is_compared_with_all_statuses(attendance):
    right = duration([(JAN, "A", "01", 15), (JAN, "B", "02", 21)])
    row = row_of(reconcile_subjects(folder(attendance=attendance, category=right)), "all = category")
    assert (row["n_left"], row["n_right"], row["difference"]) == (35, 36, -1)
    assert not row["agrees"]


def margins(areas):
    frame = pd.DataFrame(
        {
            "month": pd.to_datetime([JAN, JAN, JAN]),
            "dimension": ["service_setting", "service_setting", "context_type"],
            "value": ["General Practice", "Unmapped", "Unmapped"],
            "n_appointments": [30, 5, 34],
        }
    )
    frame.attrs["areas"] = areas
    return frame


@pytest.fixture
def england(attendance):
    """The same counts without areas, as a national overview has them."""
    return attendance.drop(columns=[c for c in attendance if c.startswith(("region", "icb", "sub_icb"))])


def test_totals_for_england_are_compared_by_dimension(england):
    published = pd.DataFrame({"month": pd.to_datetime([JAN]), "source": ["1a"], "n_appointments": [35]})
    given = folder(attendance=england, category_margins=margins("England"), published=published)
    table = reconcile_subjects(given)
    assert row_of(table, "all = service_setting totals")["status"] == "agrees"
    assert row_of(table, "all = context_type totals")["difference"] == 1
    assert row_of(table, "all = published totals")["status"] == "agrees"


def test_totals_printed_in_two_tables_are_compared_one_by_one(england):
    published = pd.DataFrame(
        {"month": pd.to_datetime([JAN, JAN]), "source": ["1a", "2a"], "n_appointments": [35, 36]}
    )
    table = reconcile_subjects(folder(attendance=england, published=published))
    rows = table[table["comparison"] == "all = published totals"].set_index("right")
    assert rows["status"].to_dict() == {"1a": "agrees", "2a": "disagrees"}


def test_totals_of_england_are_not_compared_with_a_part_of_it(attendance, england):
    published = pd.DataFrame({"month": pd.to_datetime([JAN]), "source": ["1a"], "n_appointments": [35]})
    given = folder(attendance=attendance, category_margins=margins("England"), published=published)
    table = reconcile_subjects(given)  # two ICBs are not England
    assert set(table["status"]) == {"nothing to compare"}
    partial = folder(attendance=england, category_margins=margins("37 sub-ICB locations"))
    totals = reconcile_subjects(partial)
    assert set(totals["status"]) == {"nothing to compare"}


def test_absent_subjects_are_named_as_nothing_to_compare():
    table = reconcile_subjects(folder())
    assert table["comparison"].tolist() == [
        "attended = duration",
        "all = category",
        "all = category totals",
        "all = published totals",
    ]
    assert set(table["status"]) == {"nothing to compare"}
    assert table["agrees"].isna().all()
    assert table["month"].isna().all()
