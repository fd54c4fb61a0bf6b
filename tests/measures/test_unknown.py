"""How much is unknown, and where."""

import pandas as pd

from analysis_lib.measures import unknown_shares


def test_each_column_is_counted_over_all_appointments(build):
    frame = build(
        [
            {"n": 40, "icb_name": "One"},
            {"n": 10, "icb_name": "One", "status": "Unknown", "mode": "Unknown"},
            {"n": 20, "icb_name": "Two", "status": "Unknown"},
            {"n": 5, "icb_name": "Two", "mode": "Unknown"},
            {"n": 25, "icb_name": "Two"},
        ]
    )
    out = unknown_shares(frame)
    assert out["column"].tolist() == ["Final status", "Staff", "Mode", "Lead time"]
    assert out["n_unknown"].tolist() == [30, 0, 15, 0]
    assert out["share"].tolist() == [0.3, 0.0, 0.15, 0.0]
    # One has 50 appointments, 10 and 10 of them unknown; Two has 50, with 20 and 5.
    assert out["highest_icb"].fillna("").tolist() == ["Two", "", "One", ""]
    assert out["highest_share"].tolist()[::2] == [0.4, 0.2]
    assert out["highest_share"].isna().tolist() == [False, True, False, True]


def test_the_highest_is_by_share_and_not_by_number(build):
    rows = [{"n": 900, "icb_name": "Big"}, {"n": 100, "icb_name": "Big", "lead_time": "Unknown"}]
    rows += [{"n": 3, "icb_name": "Small", "lead_time": "Unknown"}, {"n": 1, "icb_name": "Small"}]
    lead = unknown_shares(build(rows)).set_index("column").loc["Lead time"]
    assert (lead["n_unknown"], lead["highest_icb"], lead["highest_share"]) == (103, "Small", 0.75)


def test_everything_unknown_and_nothing_at_all(build):
    frame = build([{"n": 4, "hcp_type": "Unknown"}])
    staff = unknown_shares(frame).set_index("column").loc["Staff"]
    assert (staff["share"], staff["highest_share"]) == (1.0, 1.0)
    empty = unknown_shares(frame.iloc[:0])
    assert empty["n_unknown"].tolist() == [0] * 4
    assert empty["share"].isna().all()


def test_a_column_that_is_absent_has_no_row(build):
    frame = build([{"n": 4, "status": "Unknown"}]).drop(columns=["lead_time", "icb_name"])
    out = unknown_shares(frame)
    assert out["column"].tolist() == ["Final status", "Staff", "Mode"]
    assert out["share"].tolist() == [1.0, 0.0, 0.0]
    assert pd.isna(out["highest_icb"]).all()
