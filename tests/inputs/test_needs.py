"""The record of what was read, as a table for a page."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from analysis_lib.inputs import summarise_quality


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
