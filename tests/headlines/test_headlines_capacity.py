"""Weekdays, the planning figure, forecasts and seasons: every sentence, in every branch."""

from __future__ import annotations

import pandas as pd
import pytest
from sentences import months, texts

from analysis_lib import headlines

PLAN = 1_200_000


# --- days ---


def weekdays(**per_day: float) -> pd.DataFrame:
    frame = pd.DataFrame(
        {"weekday": list(per_day), "per_day": pd.Series(list(per_day.values()), dtype=float)}
    )
    return frame.assign(share=frame["per_day"] / frame["per_day"].sum())


@pytest.mark.parametrize(
    ("per_day", "sentence"),
    [
        (
            {"Monday": 1_500_000, "Friday": 1_490_000, "Saturday": 10_000},
            "Monday is the busiest day with 1.50 million appointments on average; weekends hold 0.3% of "
            "appointments",
        ),
        (
            {"Monday": 9, "Friday": 9, "Saturday": 2},
            "Monday and Friday are the busiest days with 9 appointments each on average; weekends hold "
            "10.0% of appointments",
        ),
        (
            {"Monday": 4, "Friday": 4},
            "The weekdays are all equally busy with 4 appointments each on average; weekends hold none of "
            "them",
        ),
        ({"Monday": 4}, "Monday is the only weekday in these files, with 4 appointments on average"),
        ({}, "The files hold no day but bank holidays"),
    ],
)
def test_weekdays(per_day, sentence):
    assert headlines.say_weekdays(weekdays(**per_day))["weekday"] == sentence


# --- the planning figure ---


def utilisation(*days: tuple[float, float, float]) -> pd.DataFrame:
    """Months with millions a day by month ÷ 30, calendar and working days."""
    frame = pd.DataFrame(days, columns=["30", "calendar", "working"]) * 1e6
    frame = pd.concat([frame.add_prefix("per_day_"), (frame / PLAN).add_prefix("utilisation_")], axis=1)
    return frame.assign(month=pd.date_range("2024-01-01", periods=len(days), freq="MS"))


SLACK, BUSY, FULL, FEBRUARY = (0.8, 0.8, 1.1), (0.9, 0.9, 1.3), (1.3, 1.25, 1.8), (1.19, 1.22, 1.7)
LONG = (1.22, 1.19, 1.7)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (
            [SLACK, BUSY, BUSY],
            "2 of 3 months are over the plan counted by working days, none by calendar days and none by "
            "month ÷ 30",
        ),
        (
            [SLACK, BUSY],
            "1 of 2 months is over the plan counted by working days, none by calendar days and none by "
            "month ÷ 30",
        ),
        (
            [FULL, FULL],
            "2 of 2 months are over the plan counted by working days, 2 by calendar days and 2 by month ÷ 30",
        ),
        ([SLACK, SLACK], "none of 2 months is over the plan, on any basis"),
        ([BUSY], "January 2024 is over the plan by working days, but not by calendar days or month ÷ 30"),
        ([FULL], "January 2024 is over the plan on every basis"),
        ([SLACK], "January 2024 is within the plan on every basis"),
    ],
)
def test_utilisation(rows, sentence):
    facts = texts(headlines.say_utilisation(utilisation(*rows), PLAN))
    assert facts["utilisation"] == f"Against 1,200,000 a day, {sentence}"


def test_utilisation_facts():
    facts = texts(headlines.say_utilisation(utilisation(SLACK, FULL), PLAN))
    assert facts["max_per_day_working"] == "1,800,000"
    assert facts["min_per_day_30"] == "800,000"
    assert facts["mean_utilisation_30"] == "88%"  # (0.8 + 1.3) / 2 / 1.2
    assert facts["max_month_working"] == "February 2024"
    assert facts["max_utilisation_calendar"] == "104%"


@pytest.mark.parametrize(
    ("rows", "finding", "capacity"),
    [
        (
            [SLACK, SLACK],
            "No month exceeded the planning figure, however a day is counted",
            "On no basis does any month exceed the planning figure of 1,200,000 appointments a day",
        ),
        (
            [SLACK, BUSY, BUSY],
            "Whether the planning figure was exceeded depends on how a day is counted",
            "It depends on how a day is counted: no month exceeds the planning figure of 1,200,000 "
            "appointments a day by month ÷ 30 or calendar days, but 2 of 3 do by working days, when "
            "practices are open",
        ),
        (  # February has fewer than 30 days
            [SLACK, FEBRUARY],
            "Whether the planning figure was exceeded depends on how a day is counted",
            "It depends on how a day is counted: no month exceeds the planning figure of 1,200,000 "
            "appointments a day by month ÷ 30, but 1 of 2 does by calendar days and 1 of 2 does by working "
            "days, when practices are open",
        ),
        (  # a month of 31 days: over by 30, not over by the calendar
            [SLACK, LONG],
            "Whether the planning figure was exceeded depends on how a day is counted",
            "It depends on how a day is counted: no month exceeds the planning figure of 1,200,000 "
            "appointments a day by calendar days, but 1 of 2 does by month ÷ 30 and 1 of 2 does by working "
            "days, when practices are open",
        ),
        (
            [SLACK, FULL, FULL],
            "The planning figure was exceeded in some months, however a day is counted",
            "The planning figure of 1,200,000 appointments a day is exceeded on every basis: of 3 months, "
            "in 2 by month ÷ 30, in 2 by calendar days and in 2 by working days",
        ),
        (
            [SLACK, FULL, BUSY],
            "The planning figure was exceeded in at least one month, however a day is counted",
            "The planning figure of 1,200,000 appointments a day is exceeded on every basis: of 3 months, "
            "in 1 by month ÷ 30, in 1 by calendar days and in 2 by working days",
        ),
        (
            [BUSY, BUSY],
            "Counted by working days, every month exceeded the planning figure",
            "It depends on how a day is counted: no month exceeds the planning figure of 1,200,000 "
            "appointments a day by month ÷ 30 or calendar days, but 2 of 2 do by working days, when "
            "practices are open",
        ),
        (
            [BUSY, FULL],
            "Counted by working days, every month exceeded the planning figure",
            "The planning figure of 1,200,000 appointments a day is exceeded on every basis: of 2 months, "
            "in 1 by month ÷ 30, in 1 by calendar days and in 2 by working days",
        ),
        (
            [FULL, FULL],
            "The planning figure was exceeded in every month, however a day is counted",
            "The planning figure of 1,200,000 appointments a day is exceeded on every basis: of 2 months, "
            "in 2 by month ÷ 30, in 2 by calendar days and in 2 by working days",
        ),
        (
            [SLACK],
            "No month exceeded the planning figure, however a day is counted",
            "On no basis does any month exceed the planning figure of 1,200,000 appointments a day",
        ),
        (
            [BUSY],
            "Whether the planning figure was exceeded depends on how a day is counted",
            "Against the planning figure of 1,200,000 appointments a day, January 2024 is over the plan by "
            "working days, but not by calendar days or month ÷ 30",
        ),
        (
            [FULL],
            "The planning figure was exceeded, however a day is counted",
            "Against the planning figure of 1,200,000 appointments a day, January 2024 is over the plan on "
            "every basis",
        ),
    ],
)
def test_answers(rows, finding, capacity):
    facts = headlines.say_answers(utilisation(*rows), PLAN)
    assert facts["capacity_finding"] == finding
    assert facts["answer_capacity"] == capacity
    assert facts["answer"] == (
        "The files cannot say whether capacity was adequate: they hold no staff, hours or requests turned "
        "away. "
        f"What they show: {capacity[0].lower()}{capacity[1:]}."
    )


def test_answer_on_utilisation():
    assert headlines.say_answers(utilisation(SLACK, BUSY), PLAN)["answer_utilisation"] == (
        "On average 71% of the planning figure counting each month as 30 days, 71% by calendar days and "
        "100% by working days"
    )
    assert headlines.say_answers(utilisation(BUSY), PLAN)["answer_utilisation"] == (
        "75% of the planning figure counting each month as 30 days, 75% by calendar days and 108% by "
        "working days"
    )


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([SLACK] * 3 + [BUSY] * 12, "Of the latest 12 months, 12 exceeded it by working days"),
        ([BUSY] * 5 + [SLACK] * 12, "Of the latest 12 months, none exceeded it by working days"),
        ([SLACK] * 12 + [BUSY, SLACK, FULL], "Of the latest 12 months, 2 exceeded it by working days"),
        ([SLACK, BUSY], "Of the latest 2 months, 1 exceeded it by working days"),
        ([BUSY], "The only month exceeded it by working days"),
        ([SLACK], "The only month did not exceed it by working days"),
    ],
)
def test_latest_months(rows, sentence):
    assert headlines.say_answers(utilisation(*rows), PLAN)["latest"] == sentence
    backwards = utilisation(*rows).iloc[::-1]
    assert headlines.say_answers(backwards, PLAN)["latest"] == sentence


def exceedance(*rows: tuple[str, int, int]) -> pd.DataFrame:
    """Months with working days, and those over."""
    frame = pd.DataFrame(rows, columns=["month", "n_days_working", "n_days_working_over"])
    return frame.assign(month=pd.to_datetime(frame["month"]))


@pytest.mark.parametrize(
    ("days", "over", "sentence", "share"),
    [
        (144, 48, "On 48 of 144 working days (33%) GP calls exceeded the planning figure", "33%"),
        (300, 1, "On 1 of 300 working days (under 1%) GP calls exceeded the planning figure", "under 1%"),
        (300, 0, "On none of 300 working days did GP calls exceed the planning figure", "0%"),
        (20, 20, "On all 20 working days GP calls exceeded the planning figure", "100%"),
        (2, 2, "On both working days GP calls exceeded the planning figure", "100%"),
        (1, 1, "On the only working day in these files, GP calls exceeded the planning figure", "100%"),
        (1, 0, "On the only working day in these files, GP calls did not exceed the planning figure", "0%"),
    ],
)
def test_exceedance(days, over, sentence, share):
    facts = texts(
        headlines.say_exceedance(exceedance(("2024-02", 0, 0), ("2024-01", days, over)), "GP calls")
    )
    assert facts["exceedance"] == f"{sentence} (January 2024 to February 2024)"
    assert facts["days_over_share"] == share
    alone = headlines.say_exceedance(exceedance(("2024-01", days, over)), "GP calls")
    assert alone["exceedance"] == f"{sentence} (January 2024)"


@pytest.mark.parametrize(
    ("days", "over", "sentence"),
    [
        (
            20,
            5,
            "On 5 of 20 working days (25%) attended appointments exceeded the planning figure (January "
            "2024); the others are not counted by day, so this is a minimum",
        ),
        (
            20,
            0,
            "On none of 20 working days did attended appointments exceed the planning figure (January "
            "2024); the others are not counted by day, so this is a minimum",
        ),
        (20, 20, "On all 20 working days attended appointments exceeded the planning figure (January 2024)"),
    ],
)
def test_exceedance_of_attended_appointments_is_a_minimum(days, over, sentence):
    frame = exceedance(("2024-01", days, over))
    assert headlines.say_exceedance(frame, "attended appointments")["exceedance"] == sentence


@pytest.mark.parametrize("rows", [(), [("2024-01", 0, 0)]])
@pytest.mark.parametrize("what", ["appointments", "attended appointments"])
def test_exceedance_without_a_working_day(rows, what):
    facts = texts(headlines.say_exceedance(exceedance(*rows), what))
    assert facts["exceedance"] == "The files hold no working day to hold against the planning figure"
    assert facts["days_over_share"] == "not known"


# --- seasons ---

CALENDAR_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def seasons(**years: dict[str, float | None]) -> pd.DataFrame:
    """Ratio to the year's mean by year and calendar month; months not named are at the mean."""
    names = list(CALENDAR_MONTHS)
    rows = [(year[1:], m, ratios.get(m, 1.0)) for year, ratios in years.items() for m in names]
    frame = pd.DataFrame(rows, columns=["year", "calendar_month", "ratio"])
    return frame.astype({"ratio": float, "calendar_month": pd.CategoricalDtype(names, ordered=True)})


NO_YEAR = dict.fromkeys(CALENDAR_MONTHS)


@pytest.mark.parametrize(
    ("years", "sentence"),
    [
        (
            {"_2023": {"Oct": 1.2, "Aug": 0.8}},
            "Working days were busiest in October, 20% above the year's mean, and quietest in August, 20% "
            "below it (in 2023)",
        ),
        (  # October 1.15 and May 0.85 on average of the two years
            {"_2022": NO_YEAR, "_2023": {"Oct": 1.2, "Mar": 1.12, "May": 0.8, "Aug": 0.9}}
            | {"_2024": {"Oct": 1.1, "May": 0.9}},
            "Working days were busiest in October, 15% above the year's mean, and quietest in May, 15% "
            "below it (over 2 full years)",
        ),
        (
            {"_2023": {"Nov": 1.1, "Mar": 1.1, "Aug": 0.8}},
            "Working days were busiest in March and November, 10% above the year's mean, and quietest in "
            "August, 20% below it (in 2023)",
        ),
        (
            {"_2023": {"Nov": 1.001, "Aug": 0.999}},
            "Working days were busiest in November, under 1% above the year's mean, and quietest in "
            "August, under 1% below it (in 2023)",
        ),
        ({"_2023": {}}, "Working days were equally busy in every calendar month (in 2023)"),
        (
            {"_2023": NO_YEAR},
            "No calendar year is complete in these files, so seasons cannot be compared",
        ),
        ({}, "No calendar year is complete in these files, so seasons cannot be compared"),
    ],
)
def test_seasons(years, sentence):
    assert headlines.say_seasons(seasons(**years)) == {"season": sentence}


# --- forecast ---


def scores(*rows: tuple[str, str, float], n_months: int = 6) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["method", "label", "mape"])
    base = frame.loc[frame["method"] == "seasonal_naive", "mape"].iloc[0]
    return frame.assign(n_months=n_months, coverage95=0.9, ratio_to_baseline=frame["mape"] / base)


NAIVE = ("seasonal_naive", "same month a year before", 0.08)
FORECAST = pd.DataFrame(
    {"month": months("2024-07", "2024-08"), "n_appointments": [2e7, 2.5e7], "n_low95": [1e7, 2.15e7]}
    | {"n_high95": [3e7, 2.85e7]}
)


@pytest.mark.parametrize(
    ("rows", "beats", "sentence", "mape"),
    [
        (
            [("level", "recent mean", 0.011), NAIVE],
            True,
            "Over 6 months held back, the recent mean forecasts better than the same month a year before: "
            "its error is 1.1% against 8.0%",
            "1.1%",
        ),
        (
            [("season", "recent mean, times a seasonal factor", 0.07998), NAIVE],
            True,
            "Over 6 months held back, the recent mean, times a seasonal factor, forecasts better than the "
            "same month a year before: its error is 7.998% against 8.000%",
            "8.0%",
        ),
        (
            [NAIVE, ("level", "recent mean", 0.1)],
            False,
            "Over 6 months held back, no method forecasts better than the same month a year before (error "
            "8.0%; the best other, recent mean, 10.0%)",
            "8.0%",
        ),
        (  # a tie is no win, whichever comes first
            [("level", "recent mean", 0.08), NAIVE],
            False,
            "Over 6 months held back, no method forecasts better than the same month a year before (error "
            "8.0%; the best other, recent mean, 8.0%)",
            "8.0%",
        ),
        (
            [NAIVE],
            False,
            "Over 6 months held back, the same month a year before has an error of 8.0%",
            "8.0%",
        ),
        (  # a series that repeats itself: the ratio to the baseline is no number
            [("seasonal_naive", "same month a year before", 0.0), ("level", "recent mean", 0.1)],
            False,
            "Over 6 months held back, no method forecasts better than the same month a year before (error "
            "0.0%; the best other, recent mean, 10.0%)",
            "0.0%",
        ),
    ],
)
def test_forecast(rows, beats, sentence, mape):
    facts = texts(headlines.say_forecast(scores(*rows), FORECAST, beats))
    assert facts["forecast"] == sentence
    assert facts["forecast_mape"] == mape
    assert facts["forecast_month"] == "August 2024"
    assert (facts["forecast_n"], facts["forecast_low"], facts["forecast_high"]) == (
        "25.0 million",
        "21.5 million",
        "28.5 million",
    )


def test_forecast_judged_on_one_month():
    facts = headlines.say_forecast(scores(NAIVE, n_months=1), FORECAST, False)
    assert facts["forecast"].startswith("Over 1 month held back, the same month")
    assert facts["forecast_coverage"] == "90% of 1 month"


@pytest.mark.parametrize(
    ("beats", "coverage", "shown"),
    [
        (True, [0.83, 0.5], "83% of 6 months"),
        (False, [0.83, 0.5], "50% of 6 months"),
        (True, [None, 0.5], "an unknown share of 6 months"),
    ],
)
def test_coverage_is_that_of_the_method_chosen(beats, coverage, shown):
    frame = scores(("level", "recent mean", 0.011), NAIVE).assign(coverage95=coverage)
    assert headlines.say_forecast(frame, FORECAST, beats)["forecast_coverage"] == shown
