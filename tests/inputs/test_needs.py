"""The record of what was read, as a table for a page."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from analysis_lib.inputs import AbsentInput, summarise_quality

from .conftest import duration, teaching


def quality(*members: tuple[str, str | None, str | None]) -> SimpleNamespace:
    """Appointments whose quality record has these (file, first date, last date)."""
    frame = pd.DataFrame(members, columns=["file", "first_date", "last_date"])
    same = {"subject": "category_margins", "layout": "daily", "rows": 10, "rows_repeated": 0}
    n = pd.array([100] * len(frame), dtype="Int64")
    return SimpleNamespace(quality=frame.assign(**same, n_appointments=n, used=True, sha256="aaa"))


@pytest.mark.parametrize(
    ("members", "period"),
    [
        ([("a.csv", "2022-02-01", "2022-02-28")], "Feb 2022"),
        ([("a.csv", "2022-02-01", "2023-02-28")], "Feb 2022 to Feb 2023"),
        (  # the members of an archive together, in whatever order
            [
                ("a.zip/3.csv", "2022-03-01", "2022-03-31"),
                ("a.zip/1.csv", "2022-01-03", "2022-01-31"),
                ("a.zip/2.csv", "2022-02-01", "2022-02-28"),
            ],
            "Jan 2022 to Mar 2022",
        ),
        (  # a member without a date does not hide the others
            [("a.zip/1.csv", None, None), ("a.zip/2.csv", "2022-02-01", "2022-02-28")],
            "Feb 2022",
        ),
        ([("a.csv", None, None)], None),
    ],
)
def test_period_of_a_file_in_words(members, period):
    summary = summarise_quality(quality(*members))
    assert len(summary) == 1
    shown = summary["period"].iloc[0]
    assert shown == period or (period is None and pd.isna(shown))


def test_columns_and_subject_as_a_page_shows_them():
    summary = summarise_quality(quality(("a.csv", "2022-02-01", "2022-02-28"), ("b.csv", None, None)))
    assert summary.columns.tolist() == (
        ["file", "subject", "layout", "n_members", "rows", "n_appointments", "first_date", "last_date"]
        + ["period", "rows_repeated", "used", "sha256"]
    )
    assert summary["subject"].tolist() == ["category margins"] * 2
    assert summary["n_appointments"].tolist() == [100, 100]


def test_a_subject_that_there_is_not_is_answered_with_those_that_there_are(folder):
    folder.write("a.csv", teaching(3))
    loaded = folder.load()
    for asked, nearest in (("attendence", "attendance"), ("attendance by day", "attendance_daily")):
        with pytest.raises(ValueError, match=f"no subject '{asked}'.* nearest first: {nearest}, ") as error:
            loaded.need(asked)
        assert not isinstance(error.value, AbsentInput)  # that would leave the section out
    for absent in ("coverage", "published"):
        with pytest.raises(AbsentInput, match="which is not among these inputs"):
            loaded.need(absent)


def test_what_was_loaded_says_its_subjects_in_short(folder):
    folder.write("a.csv", teaching(3, 4))
    folder.write("b.csv", duration(("01JUN2023", "1-5 Minutes", 2), ("01JUL2023", "1-5 Minutes", 2)))
    lines = repr(folder.load()).splitlines()
    assert lines[0] == "Appointments of inputs"
    assert [line.split() for line in lines[1:3]] == [
        ["attendance", "2", "rows", "2022-01", "to", "2022-01"],
        ["duration", "2", "rows", "2023-06", "to", "2023-07"],
    ]
    assert lines[3].startswith("  absent: attendance_daily, category, ")
