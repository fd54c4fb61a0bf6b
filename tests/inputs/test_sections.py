"""What a section of a notebook needs of the inputs, and what it is told where that is absent."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from analysis_lib import measures
from analysis_lib.inputs import AbsentInput, summarise_quality
from analysis_lib.inputs.needs import Needs
from analysis_lib.measures.attendance import unknown_shares


class Inputs(Needs):
    def __init__(self, **frames: object) -> None:
        names = (
            "attendance",
            "attendance_daily",
            "duration",
            "category",
            "category_margins",
            "coverage",
            "truth",
        )
        self.__dict__ |= dict.fromkeys(names) | {"warnings": [], "notes": []} | frames


def daily(*sub_icbs: str, icbs: int = 1) -> pd.DataFrame:
    rows = [(f"E5400000{n}", name) for n in range(icbs) for name in sub_icbs]
    return pd.DataFrame(rows, columns=["icb_code", "sub_icb_name"])


def test_what_is_absent_is_said_in_words():
    inputs = Inputs(attendance=daily("15F"))
    assert inputs.need("attendance") is inputs.attendance
    with pytest.raises(AbsentInput, match="needs a coverage file .* which is not among these inputs"):
        inputs.need("coverage")
    with pytest.raises(
        AbsentInput, match="needs lead times, which the attendance files of these inputs do not"
    ):
        inputs.need("attendance", "lead_time")
    with pytest.raises(AbsentInput, match="real: their true effects are not known"):
        inputs.need_truth()
    assert inputs.list_notes()["note"].tolist() == ["Nothing to note."]


@pytest.mark.parametrize(
    ("frames", "subject", "what"),
    [
        ({"duration": daily("a")}, "duration", "attended appointments"),
        ({"duration": daily("a"), "category": daily("a")}, "category", "appointments"),
        ({"duration": daily("a", icbs=2), "category": daily("a")}, "duration", "attended appointments"),
        (
            {"attendance": daily("a", icbs=2), "category": daily("a")},
            "category",
            "appointments in 1 sub-ICB location",
        ),
        (
            {"attendance": daily("a", icbs=3), "category": daily("a", "b")},
            "category",
            "appointments in 2 sub-ICB locations",
        ),
    ],
)
def test_daily_counts_come_from_the_file_that_covers_most(frames, subject, what):
    inputs = Inputs(**frames)
    assert inputs.need_daily() is frames[subject]
    assert inputs.daily_what == what


def test_no_daily_file_is_an_absence():
    with pytest.raises(AbsentInput, match="duration file"):
        Inputs().need_daily()


def test_members_of_an_archive_are_brought_together():
    quality = pd.DataFrame(
        {
            "file": ["a.zip/1.csv", "a.zip/2.csv", "b.csv"],
            "subject": ["duration", "duration", "record_counts"],
            "layout": ["daily", "daily", "counts"],
            "rows": [10, 5, 37],
            "n_appointments": pd.array([100, 50, None], dtype="Int64"),
            "first_date": ["2022-03-01", "2022-02-01", None],
            "last_date": ["2022-03-31", "2022-02-28", None],
            "rows_repeated": [1, 2, 0],
            "used": [True, True, "superseded by c.csv"],
            "sha256": ["aaa", "aaa", "bbb"],
        }
    )
    summary = summarise_quality(SimpleNamespace(quality=quality))
    assert summary["file"].tolist() == ["a.zip", "b.csv"]
    assert summary["n_members"].tolist() == [2, 1]
    assert summary["rows"].tolist() == [15, 37]
    assert summary["n_appointments"].tolist() == [150, pd.NA]
    assert summary["first_date"].iloc[0] == pd.Timestamp("2022-02-01")
    assert summary["last_date"].iloc[0] == pd.Timestamp("2022-03-31")
    assert summary["used"].tolist() == ["yes", "superseded by c.csv"]


def attendance(*rows: tuple) -> pd.DataFrame:
    names = ["icb_name", "status", "hcp_type", "mode", "lead_time", "n_appointments"]
    return pd.DataFrame(rows, columns=names)


def test_shares_of_unknown_and_where_they_are():
    frame = attendance(
        ("Kent", "Attended", "GP", "Unknown", "Same Day", 10),
        ("Kent", "Unknown", "GP", "Telephone", "Same Day", 30),
        ("Devon", "Unknown", "GP", "Telephone", "1 Day", 5),
        ("Devon", "DNA", "GP", "Telephone", "1 Day", 5),
    )
    shares = unknown_shares(frame).set_index("column")
    assert shares.loc["Final status", ["n_unknown", "share"]].tolist() == [35, 0.7]
    assert shares.loc["Final status", ["highest_icb", "highest_share"]].tolist() == ["Kent", 0.75]
    assert shares.loc["Mode", ["n_unknown", "share", "highest_icb", "highest_share"]].tolist() == [
        10,
        0.2,
        "Kent",
        0.25,
    ]
    # Nothing is unknown: then there is no area where it is highest.
    assert shares.loc["Staff", ["n_unknown", "share"]].tolist() == [0, 0.0]
    assert shares.loc["Staff", ["highest_icb", "highest_share"]].isna().all()
    without = unknown_shares(frame.drop(columns=["lead_time", "icb_name"]))
    assert without["column"].tolist() == ["Final status", "Staff", "Mode"]
    assert without["highest_icb"].isna().all()


def test_the_table_of_attendance_has_crude_and_standardised_rates():
    # Two kinds of staff, equally common nationally: 10% and 30% missed in Kent, 20% and 20% in Devon.
    rows = []
    for icb, staff, n, dna in (
        ("Kent", "GP", 300, 30),
        ("Kent", "Other", 100, 30),
        ("Devon", "GP", 100, 20),
        ("Devon", "Other", 300, 60),
    ):
        rows += [(icb, "DNA", staff, "Telephone", "Same Day", dna)]
        rows += [(icb, "Attended", staff, "Telephone", "Same Day", n - dna)]
    table = measures.attendance_table(attendance(*rows), "icb_name").set_index("icb_name")
    assert table["dna_rate"].round(9).to_dict() == {"Devon": 0.2, "Kent": 0.15}
    assert table["dna_rate_standardised"].round(9).to_dict() == {"Devon": 0.2, "Kent": 0.2}
    assert table["n_dna"].to_dict() == {"Devon": 80, "Kent": 60}
