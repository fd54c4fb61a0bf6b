import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_lib.measures import (
    TooFewPoints,
    pairs_of_months,
    rate_dna,
    split_change,
    split_changes,
    year_on_year,
)

START, END = "2021-01-01", "2021-02-01"


def two_kinds(build, known_rows):
    """Face to face 10% of 100, telephone 5% of 300; then 8% of 300 and 6% of 100."""
    return build(
        known_rows(100, 10, month=START)
        + known_rows(300, 15, month=START, mode="Telephone")
        + known_rows(300, 24, month=END)
        + known_rows(100, 6, month=END, mode="Telephone")
        + [{"n": 77, "status": "Unknown", "month": END}]
    )


def test_mix_and_rate_by_hand(build, known_rows):
    # Kitagawa (1955): mix = 0.5 x 0.09 - 0.5 x 0.055 = 0.0175; rate = -0.02 x 0.5 + 0.01 x 0.5 = -0.005.
    change = split_change(two_kinds(build, known_rows), "2021-01", "2021-02")
    assert change["period_from"] == "2021-01"
    assert change["period_to"] == "2021-02"
    assert (change["rate_from"], change["rate_to"]) == pytest.approx((0.0625, 0.075))
    assert (change["mix"], change["rate"]) == pytest.approx((0.0175, -0.005))


def test_a_cell_absent_in_one_period_takes_the_other_periods_rate(build, known_rows):
    frame = build(
        known_rows(100, 10, month=START)
        + known_rows(50, 5, month=END)
        + known_rows(50, 20, month=END, mode="Telephone")
    )
    # Face to face stays at 10%; telephone (40%) is new: all of 0.25 - 0.10 is mix.
    there = split_change(frame, START, END)
    assert (there["mix"], there["rate"]) == pytest.approx((0.15, 0.0))
    back = split_change(frame, END, START)
    assert (back["mix"], back["rate"]) == pytest.approx((-0.15, 0.0))


def test_pairs_are_each_month_against_the_first_and_a_year_before():
    months = pd.date_range("2020-01-01", "2021-03-01", freq="MS")
    pairs = [(f"{a:%Y-%m}", f"{b:%Y-%m}") for a, b in pairs_of_months(months)]
    assert len(pairs) == 14 + 2  # Jan 2021 against Jan 2020 is already among the first
    assert pairs[0] == ("2020-01", "2020-02")
    assert pairs[-2:] == [("2020-02", "2021-02"), ("2020-03", "2021-03")]
    assert pairs_of_months([]) == []


def test_no_pair_with_a_month_that_is_missing():
    months = ["2020-01", "2020-03", "2021-02", "2021-03"]
    assert (pd.Timestamp("2020-02-01"), pd.Timestamp("2021-02-01")) not in pairs_of_months(months)


def test_a_month_without_data_is_named(build, known_rows):
    with pytest.raises(KeyError, match="2023-01"):
        split_change(two_kinds(build, known_rows), "2021-01", "2023-01")


def test_one_month_is_no_change(build, known_rows):
    with pytest.raises(TooFewPoints, match="needs two months, and these files hold one"):
        split_changes(build(known_rows(100, 10, month=START)))
    # A second month of which no status is known does not count.
    unknown = [{"n": 5, "status": "Unknown", "month": END}]
    with pytest.raises(TooFewPoints, match="needs two months"):
        split_changes(build(known_rows(100, 10, month=START) + unknown))
    with pytest.raises(TooFewPoints, match="needs two months"):
        split_changes(two_kinds(build, known_rows), pairs=[])
    with pytest.raises(TooFewPoints, match="needs two months"):
        split_change(two_kinds(build, known_rows), START, START)


def yearly(build, known_rows, **dna):
    """A frame with 100 known appointments in each month, such as m2021_03, and so many missed."""
    rows = [known_rows(100, n, month=f"{name[1:].replace('_', '-')}-01") for name, n in dna.items()]
    return build([row for month in rows for row in month])


def test_year_on_year_keeps_the_same_month_of_two_years_in_a_row(build, known_rows):
    frame = yearly(
        build, known_rows, m2020_02=5, m2020_03=10, m2020_07=1, m2021_02=7, m2021_03=4, m2022_02=9, m2023_03=2
    )
    # March 2023 has no March 2022; February 2022 against February 2020 is two years apart.
    out = year_on_year(split_changes(frame))
    assert list(zip(out["period_from"], out["period_to"], strict=True)) == [
        ("2020-02", "2021-02"),
        ("2020-03", "2021-03"),
        ("2021-02", "2022-02"),
    ]
    assert out.index.tolist() == [0, 1, 2]
    assert out["rate_from"].tolist() == pytest.approx([0.05, 0.10, 0.07])
    assert (out["rate_to"] - out["rate_from"]).tolist() == pytest.approx([0.02, -0.06, 0.02])


@pytest.mark.parametrize(
    "months",
    [
        {"m2021_01": 5, "m2021_12": 6},  # eleven months apart
        {"m2020_12": 5, "m2021_01": 6},  # another year, another month
        {"m2020_01": 5, "m2022_01": 6},  # two years apart
    ],
)
def test_year_on_year_needs_the_same_month_of_two_years(build, known_rows, months):
    changes = split_changes(yearly(build, known_rows, **months))
    with pytest.raises(TooFewPoints, match="needs the same month of two years"):
        year_on_year(changes)


cell = st.tuples(
    st.sampled_from([START, END]),
    st.sampled_from(["Face-to-Face", "Telephone", "Unknown"]),
    st.sampled_from(["Same Day", "1 Day", "Unknown"]),
    st.integers(1, 10**6),
    st.floats(0, 1),
)


@settings(max_examples=60, deadline=None)
@given(cells=st.lists(cell, max_size=12))
def test_the_parts_sum_exactly_to_the_change_of_the_dna_rate(build, known_rows, cells):
    rows = known_rows(10, 1, month=START) + known_rows(10, 2, month=END)
    for month, mode, lead, n, share in cells:
        rows += known_rows(n, round(n * share), month=month, mode=mode, lead_time=lead)
    frame = build(rows)
    change = split_changes(frame).iloc[0]
    rates = rate_dna(frame, "month")["dna_rate"]
    assert [change["rate_from"], change["rate_to"]] == pytest.approx(rates.tolist(), abs=1e-12)
    assert change["mix"] + change["rate"] == pytest.approx(change["rate_to"] - change["rate_from"], abs=1e-12)
