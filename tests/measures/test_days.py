import pandas as pd
import pytest

from analysis_lib.measures import (
    TooFewPoints,
    add_day_counts,
    add_day_kind,
    add_utilisation,
    bank_holidays,
    count_exceedance,
    rate_per_day,
    season_table,
    weekday_profile,
    weekend_share,
)


# Counted on a calendar, with gov.uk's bank holidays: Easter, VE Day moved to 8 May 2020, the Jubilee of 2022.
@pytest.mark.parametrize(
    ("month", "calendar", "working"),
    [
        ("2020-02-01", 29, 20),
        ("2020-04-01", 30, 20),
        ("2020-05-01", 31, 19),
        ("2021-12-01", 31, 21),
        ("2022-01-01", 31, 20),
        ("2022-04-01", 30, 19),
        ("2022-06-01", 30, 20),
    ],
)
def test_days_of_a_month(month, calendar, working):
    row = add_day_counts(pd.DataFrame({"month": [pd.Timestamp(month)]})).iloc[0]
    assert (row["days_calendar"], row["days_working"]) == (calendar, working)


def test_bank_holidays_of_england_in_2022():
    assert [str(day)[5:] for day in bank_holidays([2022])] == [
        "01-01",
        "01-03",
        "04-15",
        "04-18",
        "05-02",
        "06-02",
        "06-03",
        "08-29",
        "09-19",
        "12-25",
        "12-26",
        "12-27",
    ]


def test_the_three_bases_and_utilisation():
    monthly = pd.DataFrame({"month": pd.to_datetime(["2022-01-01"]), "n_appointments": [31_000_000]})
    row = add_utilisation(rate_per_day(monthly)).iloc[0]
    assert row["per_day_30"] == pytest.approx(31_000_000 / 30)
    assert row["per_day_calendar"] == pytest.approx(1_000_000)
    assert row["per_day_working"] == pytest.approx(1_550_000)
    assert row["utilisation_calendar"] == pytest.approx(1_000_000 / 1_200_000)
    assert row["utilisation_working"] == pytest.approx(1.55 / 1.2)
    assert add_utilisation(monthly).iloc[0]["utilisation_30"] == pytest.approx(31 / 36)
    with pytest.raises(ValueError, match="positive"):
        add_utilisation(monthly, planning_per_day=0)


def daily(**counts):
    dates = pd.to_datetime([name[1:].replace("_", "-") for name in counts])
    return pd.DataFrame({"date": dates, "n_appointments": list(counts.values())})


def test_exceedance_counts_days_over_and_sums_areas_first():
    days = pd.concat(
        [
            # Fri 31 Dec 2021; Sat 1 Jan 2022; Mon 3 Jan is a bank holiday; Tue 4 and Wed 5 are working days.
            daily(_2021_12_31=600, _2022_01_01=1300, _2022_01_03=1500, _2022_01_04=700, _2022_01_05=1200),
            daily(_2022_01_04=501),
        ]
    )
    out = count_exceedance(days, planning_per_day=1200).set_index(pd.Index(["Dec", "Jan"]))
    assert out.loc["Dec", ["n_days", "n_days_over"]].tolist() == [1, 0]
    jan = out.loc["Jan"]
    assert (jan["n_days"], jan["n_days_over"], jan["share"]) == (4, 3, 0.75)  # exactly 1200 is not over
    assert (jan["n_days_working"], jan["n_days_working_over"], jan["share_working"]) == (2, 1, 0.5)
    assert jan["busiest_day"] == 1500
    weekdays = count_exceedance(days, planning_per_day=1200, weekday_only=True)
    assert weekdays["n_days"].tolist() == [1, 2]
    assert weekdays["n_days_over"].tolist() == [0, 1]


def test_weekday_profile_leaves_bank_holidays_out():
    days = daily(_2022_01_03=999, _2022_01_10=200, _2022_01_17=100, _2022_01_15=20)
    out = weekday_profile(days).set_index("weekday")
    assert out.index.tolist() == ["Monday", "Saturday"]
    assert out.loc["Monday", ["n_days", "n_appointments", "per_day"]].tolist() == [2, 300, 150]
    assert out.loc["Saturday", "share"] == pytest.approx(20 / 320)


def test_weekend_share_counts_a_holiday_on_a_weekend_once():
    # Sat 1 Jan 2022 is both; Mon 3 Jan is the substitute day.
    out = weekend_share(daily(_2022_01_01=10, _2022_01_03=15, _2022_01_04=75)).iloc[0]
    assert (out["n_weekend"], out["n_bank_holiday"]) == (10, 15)
    assert out["weekend_share"] == pytest.approx(0.10)
    assert out["outside_working_days_share"] == pytest.approx(0.25)


def test_day_kinds_keep_the_other_columns():
    out = add_day_kind(daily(_2022_06_02=5).assign(area="A"))
    assert out.iloc[0][["weekday", "is_weekend", "is_bank_holiday", "area"]].tolist() == [
        "Thursday",
        False,
        True,
        "A",
    ]


def season_months(start, values):
    return pd.DataFrame(
        {"month": pd.date_range(start, periods=len(values), freq="MS"), "per_day_working": values}
    )


def test_seasons_are_ratios_to_the_mean_of_a_full_year():
    # 2021 has November and December only; 2022 has a mean of (11 x 10 + 22) / 12 = 11; 2023 has January.
    monthly = season_months("2021-11-01", [7.0, 8.0, *[10.0] * 11, 22.0, 99.0])
    out = season_table(monthly.iloc[::-1])  # in whatever order
    assert out.columns.tolist() == ["year", "calendar_month", "per_day_working", "ratio"]
    assert out["calendar_month"].cat.categories.tolist()[::11] == ["Jan", "Dec"]
    assert out["calendar_month"].cat.ordered
    by = out.set_index(["year", "calendar_month"])
    assert by.loc[("2021", "Nov"), "per_day_working"] == 7
    assert by.loc[("2023", "Jan"), "per_day_working"] == 99
    assert by.loc["2022", "ratio"].sort_index().tolist() == pytest.approx([10 / 11] * 11 + [2.0])
    assert by.loc[["2021", "2023"], "ratio"].isna().all()


def test_a_year_that_lacks_a_value_is_not_full():
    monthly = season_months("2022-01-01", [*[10.0] * 11, None])
    with pytest.raises(TooFewPoints, match="No calendar year is complete"):
        season_table(monthly)


def test_seasons_of_another_value_and_without_one():
    monthly = season_months("2022-01-01", [3.0] * 12).rename(columns={"per_day_working": "dna_rate"})
    out = season_table(monthly, "dna_rate")
    assert out["ratio"].tolist() == [1.0] * 12
    with pytest.raises(KeyError, match="per_day_working"):
        season_table(monthly)
