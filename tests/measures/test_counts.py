import pandas as pd
import pytest

from analysis_lib.measures import (
    attendance_table,
    busiest_months,
    cost_dna,
    count_appointments,
    count_distribution,
    count_status,
    share_within,
    top_areas,
)


def test_repeated_rows_are_summed_and_never_dropped(build):
    frame = build([{"n": 5}, {"n": 5}, {"n": 2, "mode": "Telephone"}])
    counts = count_appointments(frame, "mode")
    assert counts["mode"].tolist() == ["Face-to-Face", "Telephone"]  # no rows for modes that do not occur
    assert counts["n_appointments"].tolist() == [10, 2]
    assert counts["share"].tolist() == pytest.approx([10 / 12, 2 / 12])


def test_counting_by_two_columns_gives_only_the_pairs_that_occur(build):
    frame = build([{"n": 1, "icb_code": "A"}, {"n": 2, "icb_code": "B", "mode": "Telephone"}])
    assert len(count_appointments(frame, ["icb_code", "mode"])) == 2


def test_rows_without_a_label_stay_in_the_total(build):
    frame = build([{"n": 1}, {"n": 2, "icb_code": None}])
    assert count_appointments(frame, "icb_code")["n_appointments"].sum() == 3


def test_count_of_the_whole_frame_is_one_row(build):
    counts = count_appointments(build([{"n": 3}, {"n": 4}]))
    assert counts.to_dict("records") == [{"n_appointments": 7, "share": 1.0}]


def test_status_counts(build):
    frame = build([{"n": 7}, {"n": 2, "status": "DNA"}, {"n": 1, "status": "Unknown"}, {"n": 3}])
    row = count_status(frame).iloc[0]
    assert (row["n_attended"], row["n_dna"], row["n_unknown"]) == (10, 2, 1)


def test_a_status_that_is_not_mapped_raises():
    frame = pd.DataFrame({"status": ["Attended", "Cancelled"], "n_appointments": [1, 2]})
    with pytest.raises(ValueError, match="2 appointments have a status other than"):
        count_status(frame)


def test_an_absent_column_is_named(build):
    with pytest.raises(KeyError, match="sub_icb_code"):
        count_appointments(build([{"n": 1}]), "sub_icb_code")
    with pytest.raises(KeyError, match="this table lacks. Did you mean lead_time?"):
        count_appointments(build([{"n": 1}]), "lead_tmie")


def test_distribution_puts_unknown_outside_the_cumulative_share(build):
    frame = build(
        [
            {"n": 50, "lead_time": "Same Day"},
            {"n": 30, "lead_time": "1 Day"},
            {"n": 20, "lead_time": "Unknown"},
        ]
    )
    out = count_distribution(frame, "lead_time")
    assert out["share"].tolist() == pytest.approx([0.5, 0.3, 0.2])
    assert out["share_known"].tolist()[:2] == pytest.approx([0.625, 0.375])
    assert out["cumulative_share_known"].tolist()[:2] == pytest.approx([0.625, 1.0])
    assert out.iloc[2][["share_known", "cumulative_share_known"]].isna().all()


def test_busiest_months(build):
    frame = build([{"n": n, "month": f"2021-0{m}-01"} for m, n in ((1, 5), (2, 9), (3, 6))])
    out = busiest_months(frame, top=2)
    assert out["month"].dt.strftime("%Y-%m").tolist() == ["2021-02", "2021-03"]
    assert out["rank"].tolist() == [1, 2]


def test_top_areas_by_number_and_by_rate(build):
    frame = build(
        [
            {"n": 100, "icb_code": "A", "icb_name": "A", "month": "2022-01-01"},
            {"n": 60, "icb_code": "B", "icb_name": "B", "month": "2022-01-01"},
            {"n": 900, "icb_code": "B", "icb_name": "B", "month": "2022-02-01"},  # not in coverage
            {"n": 10, "icb_code": "C", "icb_name": "C", "month": "2022-01-01"},
        ]
    )
    coverage = pd.DataFrame(
        {
            "month": pd.to_datetime(["2022-01-01"] * 3),
            "icb_code": ["A", "A", "B"],
            "n_patients_included": [150, 50, 100],
        }
    )
    out = top_areas(frame, coverage=coverage).set_index("icb_code")
    assert out.index.tolist() == ["B", "A", "C"]
    assert out.loc["A", "per_1000_patients"] == pytest.approx(500)  # 100 / 200
    assert out.loc["B", "per_1000_patients"] == pytest.approx(600)  # 60 / 100, January only
    assert pd.isna(out.loc["C", "per_1000_patients"])
    assert out.loc[["B", "A"], "rank_per_1000"].tolist() == [1, 2]
    assert top_areas(frame, top=1)["icb_code"].tolist() == ["B"]


def test_cost_of_gps_and_of_all_staff_apart(build):
    frame = build(
        [
            {"n": 10, "status": "DNA"},
            {"n": 4, "status": "DNA", "hcp_type": "Other Practice staff"},
            {"n": 1, "status": "DNA", "hcp_type": "Unknown"},
            {"n": 99, "status": "Unknown"},
            {"n": 500},
        ]
    )
    out = cost_dna(frame, cost_gbp=30).set_index("hcp_group")
    assert out["n_dna"].to_dict() == {"GP only": 10, "All staff": 15}
    assert out["cost_gbp"].to_dict() == {"GP only": 300.0, "All staff": 450.0}
    with pytest.raises(ValueError, match="negative"):
        cost_dna(frame, cost_gbp=-1)


def test_cost_is_also_that_of_an_average_year(build):
    frame = build(
        [
            {"n": 10, "status": "DNA", "month": "2022-01-01"},
            {"n": 4, "status": "DNA", "month": "2022-01-01", "hcp_type": "Other Practice staff"},
            {"n": 1, "month": "2022-02-01"},
            {"n": 20, "status": "DNA", "month": "2022-03-01"},
        ]
    )
    # Three months, one of them without a missed appointment, are a quarter of a year.
    out = cost_dna(frame, cost_gbp=30).set_index("hcp_group")
    assert out["n_months"].tolist() == [3, 3]
    assert out["n_dna_per_year"].to_dict() == {"GP only": 120.0, "All staff": 136.0}
    assert out["cost_gbp_per_year"].to_dict() == {"GP only": 3600.0, "All staff": 4080.0}
    assert out["cost_gbp"].to_dict() == {"GP only": 900.0, "All staff": 1020.0}


def test_cost_of_two_years_is_halved_and_of_no_month_unknown(build):
    frame = build(
        [{"n": 10, "status": "DNA", "month": m} for m in pd.date_range("2021-01-01", periods=24, freq="MS")]
    )
    assert cost_dna(frame)["n_dna_per_year"].tolist() == [120.0, 120.0]
    none = cost_dna(frame.iloc[:0])
    assert none["n_months"].tolist() == [0, 0]
    assert none[["n_dna_per_year", "cost_gbp_per_year"]].isna().all(axis=None)


def test_attendance_table_keeps_groups_that_have_no_standardised_rate(build, known_rows):
    frame = build(
        known_rows(100, 10, lead_time="Same Day")
        + known_rows(50, 10, lead_time="1 Day")
        + known_rows(20, 4, lead_time="Unknown")
    )
    out = attendance_table(frame, "lead_time").set_index("lead_time")
    assert out["dna_rate"].to_dict() == pytest.approx({"Same Day": 0.1, "1 Day": 0.2, "Unknown": 0.2})
    assert out["dna_rate_standardised"].tolist()[:2] == pytest.approx([0.1, 0.2])
    assert pd.isna(out.loc["Unknown", "dna_rate_standardised"])
    assert out["n_known"].tolist() == [100, 50, 20]


def test_share_within_sums_to_one_in_each_group(build):
    frame = build(
        [
            {"n": 3, "month": "2022-01-01"},
            {"n": 1, "month": "2022-01-01", "mode": "Telephone"},
            {"n": 8, "month": "2022-02-01"},
        ]
    )
    out = share_within(count_appointments(frame, ["month", "mode"]), "month")
    assert out["share"].tolist() == [0.75, 0.25, 1.0]
