"""Appointments: when, where, of what kind, and against the planning figure."""

import pandas as pd
from case import Case

# A case a line, however long its sentence.
# fmt: off

JANUARY = pd.Timestamp("2024-01-01")


def months(n: int) -> pd.DatetimeIndex:
    return pd.date_range(JANUARY, periods=n, freq="MS")


# Do the files agree?

YES, NO = ("agrees", 0), ("disagrees", -7)
RECONCILIATION = [
    ([], "There is nothing to compare: no two of these files hold the same months and areas"),
    ([YES], "The one monthly total that two files share agrees exactly"),
    ([YES, YES], "Both monthly totals that two files share agree exactly"),
    ([YES] * 1200, "All 1,200 monthly totals that two files share agree exactly"),
    ([NO], "The one monthly total that two files share differs by 7 (January 2024)"),
    ([YES, NO, YES], "1 of 3 monthly totals that two files share differs by 7 (February 2024)"),
    ([YES, ("disagrees", 5), ("disagrees", -9)], "2 of 3 monthly totals that two files share differ, by up to 9 (March 2024)"),
    ([NO, NO], "Both monthly totals that two files share differ, by up to 7 (January 2024)"),
    ([YES, ("disagrees", 0)], "1 of 2 monthly totals that two files share is equal in sum, but not area by area"),
    ([("disagrees", 0), ("disagrees", 0)], "Both monthly totals that two files share are equal in sum, but not area by area"),
    ([YES, ("disagrees", 0), ("disagrees", 4)], "2 of 3 monthly totals that two files share differ in sum or area by area, the sums by up to 4 (March 2024)"),
]


def compared(rows: list[tuple]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["status", "difference"]).assign(month=months(len(rows)))


# Months and seasons

MONTHLY = [
    ([30_400_000, 16_000_000, 20_000_000], "January 2024 was the busiest month with 30.4 million appointments, February 2024 the quietest with 16.0 million"),
    ([12], "January 2024, the only month in these files, had 12 appointments"),
    ([1], "January 2024, the only month in these files, had 1 appointment"),
    ([7, 7, 7], "Every month had 7 appointments"),
    ([9, 9, 1], "January 2024 and February 2024 were the busiest months with 9 appointments each, March 2024 the quietest with 1"),
    ([3, 1, 1], "January 2024 was the busiest month with 3 appointments, February 2024 and March 2024 the quietest with 1 each"),
    ([1_200_001, 1_200_000], "January 2024 was the busiest month with 1,200,001 appointments, February 2024 the quietest with 1,200,000"),
]
VOLUME = [
    (
        [5, 425],
        {
            "total": "430",
            "total_scaled": "430",
            "months_covered": "2 months",
            "period": "January 2024 to February 2024",
            "per_day_working": "10",
            "busiest_month": "February 2024",
            "busiest_n": "425",
            "quietest_month": "January 2024",
            "volume": "There were 430 appointments from January 2024 to February 2024, on average 10 a working day",
        },
    ),
    ([2200], {"months_covered": "1 month", "busiest_month": "", "busiest_n": "", "quietest_month": "", "volume": "There were 2,200 appointments in January 2024, on average 100 a working day"}),
]


def monthly(counts: list[int]) -> pd.DataFrame:
    days = pd.Series([22, 21, 20][: len(counts)])
    return pd.DataFrame({"month": months(len(counts)), "n_appointments": counts, "days_working": days})


CALENDAR = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
NO_YEAR = dict.fromkeys(CALENDAR)
SEASONS = [
    ({"2023": {"Oct": 1.2, "Aug": 0.8}}, "Working days were busiest in October, 20% above the year's mean, and quietest in August, 20% below it (in 2023)"),
    (  # October 1.15 and May 0.85 on average of the two years
        {"2022": NO_YEAR, "2023": {"Oct": 1.2, "Mar": 1.12, "May": 0.8, "Aug": 0.9}}
        | {"2024": {"Oct": 1.1, "May": 0.9}},
        "Working days were busiest in October, 15% above the year's mean, and quietest in May, 15% below it (over 2 full years)",
    ),
    ({"2023": {"Nov": 1.1, "Mar": 1.1, "Aug": 0.999}}, "Working days were busiest in March and November, 10% above the year's mean, and quietest in August, under 1% below it (in 2023)"),
    ({"2023": {}}, "Working days were equally busy in every calendar month (in 2023)"),
    ({"2023": NO_YEAR}, "No calendar year is complete in these files, so seasons cannot be compared"),
    ({}, "No calendar year is complete in these files, so seasons cannot be compared"),
]


def seasons(years: dict[str, dict]) -> pd.DataFrame:
    """Ratio to the year's mean; months that are not named are at the mean."""
    rows = [(year, m, ratios.get(m, 1.0)) for year, ratios in years.items() for m in CALENDAR]
    frame = pd.DataFrame(rows, columns=["year", "calendar_month", "ratio"])
    return frame.astype({"ratio": float, "calendar_month": pd.CategoricalDtype(CALENDAR, ordered=True)})


# Shares from the first month to the last

THREE = ("Face-to-Face", "Telephone", "Video/Online")
BETWEEN = "Between January 2024 and {} 2024, "
SHIFTS = [  # by month the share of each group; caption, finding, the largest known group and its share
    (
        ({1: (0.80, 0.136, 0.064), 2: (0.10, 0.80, 0.10), 3: (0.65, 0.313, 0.037)}, THREE),
        BETWEEN.format("March")
        + "Telephone rose from 13.6% to 31.3% of appointments, and Face-to-Face fell from "
        "80.0% to 65.0%; Telephone had reached 80.0% in February 2024",
        ("Telephone appointments rose from 14% to 31% of all", "Face-to-Face", "65.0%"),
    ),
    (  # by the calendar, not by the order of rows
        ({3: (0.4, 0.6), 1: (0.6, 0.4)}, ("GP", "Nurse")),
        BETWEEN.format("March")
        + "GP fell from 60.0% to 40.0% of appointments, and Nurse rose from 40.0% to 60.0%",
        ("GP appointments fell from 60% to 40% of all", "Nurse", "60.0%"),
    ),
    (  # a group that is not there at first
        ({1: (1.0, None), 2: (0.9, 0.1)}, ("Telephone", "Video/Online")),
        BETWEEN.format("February") + "Telephone fell from 100.0% to 90.0% of appointments, and Video/Online "
        "rose from 0.0% to 10.0%",
        ("Telephone appointments fell from 100% to 90% of all", "Telephone", "90.0%"),
    ),
    (
        ({1: (0.4470, 0.5530), 2: (0.44702, 0.55298)}, ("GP", "Nurse")),
        BETWEEN.format("February")
        + "the shares hardly changed: Nurse stayed at 55.3% of appointments, and GP at 44.7%",
        ("Nurse appointments stayed at 55% of all", "Nurse", "55.3%"),
    ),
    (  # too small for whole percentages
        ({1: (0.4510, 0.5490), 2: (0.4540, 0.5460)}, ("GP", "Nurse")),
        BETWEEN.format("February")
        + "GP rose from 45.1% to 45.4% of appointments, and Nurse fell from 54.9% to 54.6%",
        ("GP appointments rose from 45.1% to 45.4% of all", "Nurse", "54.6%"),
    ),
    *(
        (  # a peak counts from five percentage points beyond both ends
            (
                {1: (0.136, 0.6, 0.264), 2: (peak, other, 1 - peak - other), 3: (0.313, 0.5, 0.187)},
                ("Telephone", "Face-to-Face", "Home Visit"),
            ),
            BETWEEN.format("March")
            + "Telephone rose from 13.6% to 31.3% of appointments, and Face-to-Face fell "
            f"from 60.0% to 50.0%{ending}",
            ("Telephone appointments rose from 14% to 31% of all", "Face-to-Face", "50.0%"),
        )
        for peak, other, ending in (
            (0.313 + 0.051, 0.6, "; Telephone had reached 36.4% in February 2024"),
            (0.313 + 0.049, 0.6, ""),
            (0.05, 0.6, "; Home Visit had reached 35.0% in February 2024"),
        )
    ),
    (
        ({1: (0.1, 0.9), 2: (0.5, 0.5), 3: (0.2, 0.8)}, ("Unknown", "GP")),
        BETWEEN.format("March")
        + "GP fell from 90.0% to 80.0% of appointments, and unknown mode rose from 10.0% to "
        "20.0%; unknown mode had reached 50.0% in February 2024",
        ("GP appointments fell from 90% to 80% of all", "GP", "80.0%"),
    ),
    (  # went and came back
        ({1: (0.4, 0.6), 2: (0.7, 0.3), 3: (0.4, 0.6)}, ("GP", "Nurse")),
        "March 2024 was much like January 2024: Nurse at 60.0% of appointments, and GP at 40.0%; GP had reached "
        "70.0% in February 2024",
        ("Nurse appointments were 60% of all, as at first", "Nurse", "60.0%"),
    ),
    (({1: (0.3, 0.7)}, ("GP", "Nurse")), "In January 2024, Nurse made up 70.0% of appointments, and GP 30.0%", ("Nurse appointments made up 70% of all", "Nurse", "70.0%")),
    (({1: (1.0,)}, ("GP",)), "In January 2024, GP made up 100.0% of appointments", ("GP appointments made up 100% of all", "GP", "100.0%")),
    (  # unknown is never the largest kind, unless there is no other
        ({1: (0.2, 0.8), 2: (0.4, 0.6)}, ("GP", "Unknown")),
        BETWEEN.format("February")
        + "GP rose from 20.0% to 40.0% of appointments, and unknown mode fell from 80.0% to 60.0%",
        ("GP appointments rose from 20% to 40% of all", "GP", "40.0%"),
    ),
    (({1: (1.0,), 2: (1.0,)}, ("Unknown",)), BETWEEN.format("February") + "the shares hardly changed: unknown mode stayed at 100.0% of appointments", ("Appointments of unknown mode stayed at 100% of all", "Unknown", "100.0%")),
]


def shares(by_month: dict[int, tuple], groups: tuple, column: str = "mode") -> pd.DataFrame:
    rows = [
        (JANUARY.replace(month=m), group, share)
        for m, values in by_month.items()
        for group, share in zip(groups, values, strict=True)
    ]
    return pd.DataFrame(rows, columns=["month", column, "share"]).astype({column: "category"})


# Categories and areas

CATEGORIES = [
    (
        {
            "service_setting": {"General Practice": 0.3, "Unmapped": 0.7},
            "national_category": {
                "Routine": 0.2,
                "Acute": 0.1,
                "Unmapped": 0.6,
                "Inconsistent Mapping": 0.1,
            },
        },
        "Routine is the largest national category (20.0%); 70.0% of appointments have no usable category",
        "General Practice was the setting of 30.0% of appointments",
        "70.0%",
    ),
    (
        {"national_category": {"Routine": 0.5, "Acute": 0.5}, "service_setting": {"A": 0.5, "B": 0.5}},
        "Routine and Acute are the largest national categories (50.0% each); 0.0% of appointments have no usable category",
        "A and B were the settings of 50.0% of appointments each",
        "0.0%",
    ),
    ({"national_category": {"Unmapped": 1.0}}, "No appointment has a usable national category", "The setting of these appointments is not known", "100.0%"),
    ({"service_setting": {"A": 1.0}}, "The files hold no category", "A was the setting of 100.0% of appointments", ""),
]


def margins(dimensions: dict[str, dict]) -> pd.DataFrame:
    rows = [(d, value, share) for d, groups in dimensions.items() for value, share in groups.items()]
    return pd.DataFrame(rows, columns=["dimension", "value", "share"])


PLACES = [
    ({"Kent": 600, "Devon": 400}, "Kent had most appointments: 600, 60.0% of all"),
    ({"Kent": 2, "Devon": 2, "Dorset": 1}, "Kent and Devon had most appointments: 2 each, 40.0% of all each"),
    ({"Kent": 5, "Devon": 5}, "Every area had equally many appointments: 5"),
]
RATE, COUNT = "per_1000_patients", "n_appointments"
MAPS = [
    (RATE, [420.4, 510.2], "Appointments a month per 1,000 registered patients range from 420 (Kent) to 510 (Devon)"),
    (RATE, [420.4, 420.1], "Appointments a month per 1,000 registered patients range from 420.1 (Devon) to 420.4 (Kent)"),
    (COUNT, [6_500_000, 43_100_000], "Appointments range from 6.5 million (Kent) to 43.1 million (Devon); large areas have more, whatever their need"),
    (COUNT, [5, 5], "Appointments are the same in every area: 5"),
    (RATE, [420.4, None], "Appointments a month per 1,000 registered patients: 420 in Kent, the only area here"),
    (RATE, [None, None], "No area has a value to map"),
]


def places(counts: dict[str, int]) -> pd.DataFrame:
    frame = pd.DataFrame({"icb_name": list(counts), "n_appointments": list(counts.values())})
    return frame.assign(share=frame["n_appointments"] / frame["n_appointments"].sum())


# Weekdays, lengths and lead times

WEEKDAYS = [
    ({"Monday": 1_500_000, "Friday": 1_490_000, "Saturday": 10_000}, "Monday is the busiest day with 1.50 million appointments on average; weekends hold 0.3% of appointments", "Monday"),
    ({"Monday": 9, "Friday": 9, "Saturday": 2}, "Monday and Friday are the busiest days with 9 appointments each on average; weekends hold 10.0% of appointments", "Monday and Friday"),
    ({"Monday": 4, "Friday": 4}, "The weekdays are all equally busy with 4 appointments each on average; weekends hold none of them", "Monday and Friday"),
    ({"Monday": 4}, "Monday is the only weekday in these files, with 4 appointments on average", "Monday"),
    ({}, "The files hold no day but bank holidays", ""),
]


def weekdays(per_day: dict[str, float]) -> pd.DataFrame:
    frame = pd.DataFrame({"weekday": list(per_day), "per_day": [float(n) for n in per_day.values()]})
    return frame.assign(share=frame["per_day"] / frame["per_day"].sum())


DURATIONS = [
    ({"1-5 Minutes": 2, "6-10 Minutes": 1, "31-60 Minutes": 3, "Unknown": 2}, "50.0% of attended appointments of known length took ten minutes or less; the length of 25.0% is unknown"),
    ({"6-10 Minutes": 1, "11-15 Minutes": 3}, "25.0% of attended appointments of known length took ten minutes or less; every length is known"),
    ({"6-10 Minutes": 1, "11-15 Minutes": 9_999}, "Under 0.1% of attended appointments of known length took ten minutes or less; every length is known"),
    ({"Unknown": 5}, "The length of every attended appointment is unknown"),
]
ON_THE_DAY = "of appointments with a known lead time took place on the day they were booked"
LEAD_TIMES = [
    ({"Same Day": 5, "8 to 14 Days": 2, "15 to 21 Days": 1, "22 to 28 Days": 1, "More than 28 Days": 1} | {"Unknown": 90}, f"50.0% {ON_THE_DAY}, 30.0% more than two weeks after"),
    ({"1 Day": 5}, f"0.0% {ON_THE_DAY}, 0.0% more than two weeks after"),
    ({"Unknown": 5}, "How far ahead appointments were booked is unknown"),
]


def distribution(column: str, counts: dict[str, int]) -> pd.DataFrame:
    frame = pd.DataFrame({column: list(counts), "n": list(counts.values())})
    known = frame[column] != "Unknown"
    frame["share"] = frame["n"] / frame["n"].sum()
    frame["share_known"] = (frame["n"] / frame.loc[known, "n"].sum()).where(known)
    return frame


# The planning figure

PLAN = 1_200_000
SLACK, BUSY, FULL, FEBRUARY = (0.8, 0.8, 1.1), (0.9, 0.9, 1.3), (1.3, 1.25, 1.8), (1.19, 1.22, 1.7)
LONG = (1.22, 1.19, 1.7)  # a month of 31 days: over by ÷ 30, not by the calendar
ON_NO_BASIS = "On no basis does any month exceed the planning figure of 1,200,000 appointments a day"
NEVER = "No month exceeded the planning figure, however a day is counted"
DEPENDS = "Whether the planning figure was exceeded depends on how a day is counted"
IT_DEPENDS = (
    "It depends on how a day is counted: no month exceeds the planning figure of 1,200,000 appointments "
    "a day by {}, when practices are open"
)
WORKING = "Counted by working days, every month exceeded the planning figure"
EVERY_BASIS = (
    "The planning figure of 1,200,000 appointments a day is exceeded on every basis: of {} months, in {} "
    "by month ÷ 30, in {} by calendar days and in {} by working days"
)
COUNTED = "{} of {} months {} over the plan counted by working days, {} by calendar days and {} by month ÷ 30"
ONE = "January 2024 is {}"
PARTLY = "over the plan by working days, but not by calendar days or month ÷ 30"
UTILISATION = [
    ([SLACK, SLACK], "none of 2 months is over the plan, on any basis", NEVER, ON_NO_BASIS),
    ([SLACK, BUSY, BUSY], COUNTED.format(2, 3, "are", "none", "none"), DEPENDS, IT_DEPENDS.format("month ÷ 30 or calendar days, but 2 of 3 do by working days")),
    ([SLACK, BUSY], COUNTED.format(1, 2, "is", "none", "none"), DEPENDS, IT_DEPENDS.format("month ÷ 30 or calendar days, but 1 of 2 does by working days")),
    ([SLACK, FEBRUARY], COUNTED.format(1, 2, "is", 1, "none"), DEPENDS, IT_DEPENDS.format("month ÷ 30, but 1 of 2 does by calendar days and 1 of 2 does by working days")),
    ([SLACK, LONG], COUNTED.format(1, 2, "is", "none", 1), DEPENDS, IT_DEPENDS.format("calendar days, but 1 of 2 does by month ÷ 30 and 1 of 2 does by working days")),
    ([(1.3, 1.1, 1.1), SLACK], COUNTED.format("none", 2, "is", "none", 1), DEPENDS, IT_DEPENDS.format("calendar days or working days, but 1 of 2 does by month ÷ 30").replace(", when practices are open", "")),
    ([SLACK, FULL, FULL], COUNTED.format(2, 3, "are", 2, 2), "The planning figure was exceeded in some months, however a day is counted", EVERY_BASIS.format(3, 2, 2, 2)),
    ([SLACK, FULL, BUSY], COUNTED.format(2, 3, "are", 1, 1), "The planning figure was exceeded in at least one month, however a day is counted", EVERY_BASIS.format(3, 1, 1, 2)),
    ([BUSY, BUSY], COUNTED.format(2, 2, "are", "none", "none"), WORKING, IT_DEPENDS.format("month ÷ 30 or calendar days, but 2 of 2 do by working days")),
    ([BUSY, FULL], COUNTED.format(2, 2, "are", 1, 1), WORKING, EVERY_BASIS.format(2, 1, 1, 2)),
    ([FULL, FULL], COUNTED.format(2, 2, "are", 2, 2), "The planning figure was exceeded in every month, however a day is counted", EVERY_BASIS.format(2, 2, 2, 2)),
    ([SLACK], ONE.format("within the plan on every basis"), NEVER, ON_NO_BASIS),
    ([BUSY], ONE.format(PARTLY), DEPENDS, f"Against the planning figure of 1,200,000 appointments a day, {ONE.format(PARTLY)}"),
    ([FULL], ONE.format("over the plan on every basis"), "The planning figure was exceeded, however a day is counted", f"Against the planning figure of 1,200,000 appointments a day, {ONE.format('over the plan on every basis')}"),
]
LATEST = [
    ([SLACK] * 3 + [BUSY] * 12, "Of the latest 12 months, 12 exceeded it by working days"),
    ([BUSY] * 5 + [SLACK] * 12, "Of the latest 12 months, none exceeded it by working days"),
    ([SLACK] * 12 + [BUSY, SLACK, FULL], "Of the latest 12 months, 2 exceeded it by working days"),
    ([SLACK, BUSY], "Of the latest 2 months, 1 exceeded it by working days"),
    ([BUSY], "The only month exceeded it by working days"),
    ([SLACK], "The only month did not exceed it by working days"),
]
MEANS = [
    ([SLACK, BUSY], "On average 71% of the planning figure counting each month as 30 days, 71% by calendar days and 100% by working days"),
    ([BUSY], "75% of the planning figure counting each month as 30 days, 75% by calendar days and 108% by working days"),
]


def utilisation(days: list[tuple]) -> dict:
    """Months with millions a day by month ÷ 30, calendar and working days, latest first."""
    frame = pd.DataFrame(days, columns=["30", "calendar", "working"]) * 1e6
    frame = pd.concat([frame.add_prefix("per_day_"), (frame / PLAN).add_prefix("utilisation_")], axis=1)
    return {"months": frame.assign(month=months(len(days))).iloc[::-1], "plan": PLAN}


MINIMUM = "; the others are not counted by day, so this is a minimum"
EXCEEDANCE = [
    (144, 48, "On 48 of 144 working days (33%) calls exceeded the planning figure", "33%"),
    (300, 1, "On 1 of 300 working days (under 1%) calls exceeded the planning figure", "under 1%"),
    (300, 0, "On none of 300 working days did calls exceed the planning figure", "0%"),
    (20, 20, "On all 20 working days calls exceeded the planning figure", "100%"),
    (2, 2, "On both working days calls exceeded the planning figure", "100%"),
    (1, 1, "On the only working day in these files, calls exceeded the planning figure", "100%"),
    (1, 0, "On the only working day in these files, calls did not exceed the planning figure", "0%"),
]
NO_WORKING_DAY = "The files hold no working day to hold against the planning figure"


def exceedance(*rows: tuple[int, int]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["n_days_working", "n_days_working_over"], dtype="int64")
    return frame.assign(month=months(len(rows)))


# What is coming

AHEAD = pd.DataFrame(
    {"month": pd.to_datetime(["2024-07-01", "2024-08-01"]), "n_appointments": [2e7, 2.5e7]}
    | {"n_low95": [1e7, 2.15e7], "n_high95": [3e7, 2.85e7]}
)
BETTER = (
    "Over 6 months held back, whichever method was best in the months before forecast with an error of {}, against {} for the same "
    "month a year before; now that is the {}"
)
NO_BETTER = (
    "Over {} held back, choosing a method by the months before forecast no better (error {}) than the same month a year before "
    "({}), which is shown"
)
COVERED_AREAS = pd.DataFrame({"icb_name": ["Leeds"], "n_months_missing": [0]})
COVERED = "83% of 6 months, which allows any true share from 36% to over 99%"
# error of choosing and of seasonal-naive, whether choosing beats it, the method now, months; what is said, coverage
FORECASTS = [
    (0.011, 0.08, True, "level", 6, BETTER.format("1.1%", "8.0%", "recent mean"), COVERED),
    (0.07998, 0.08, True, "level", 6, BETTER.format("7.998%", "8.000%", "recent mean"), COVERED),
    (0.07, 0.08, True, "seasonal_naive", 6, BETTER.format("7.0%", "8.0%", "same month a year before"), COVERED),
    (0.1, 0.08, False, "seasonal_naive", 6, NO_BETTER.format("6 months", "10.0%", "8.0%"), "an unknown share of 6 months"),
    (0.08, 0.08, False, "seasonal_naive", 1, NO_BETTER.format("1 month", "8.0%", "8.0%"), "an unknown share of 1 month"),
]


def scores(chosen: float, naive: float, n_months: int) -> pd.DataFrame:
    """Intervals of choosing held 83% of months; of seasonal-naive nobody knows."""
    rows = [("chosen", "best before", chosen), ("seasonal_naive", "same month a year before", naive)]
    rows.append(("level", "recent mean", 0.2))
    frame = pd.DataFrame(rows, columns=["method", "label", "mape"])
    return frame.assign(n_months=n_months, coverage95=[0.83, None, 0.9], coverage_low=0.359, coverage_high=0.996)


def cases(section: str, rows: list[tuple], values, expected) -> list[Case]:
    """One case a row: `values` and `expected` are made of the row."""
    return [Case(f"appointments.{section}", values(*row), expected(*row)) for row in rows]


CASES = [
    *cases("fig-reconciliation", RECONCILIATION, lambda rows, _: {"compared": compared(rows)}, lambda _, said: {"reconciliation": said}),
    *cases("fig-monthly", MONTHLY, lambda counts, _: {"months": monthly(counts)}, lambda _, said: {"monthly": said}),
    *cases("fig-monthly", VOLUME, lambda counts, _: {"months": monthly(counts)}, lambda _, said: said),
    *cases("fig-season", SEASONS, lambda years, _: {"seasons": seasons(years)}, lambda _, said: {"season": said}),
    *cases(
        "fig-mode",
        SHIFTS,
        lambda by_month, *_: {"shares": shares(*by_month)},
        lambda _, said, rest: {
            "mode": said,
            **dict(zip(("mode_finding", "mode_largest", "mode_largest_share"), rest, strict=True)),
        },
    ),
    Case(
        "appointments.fig-hcp",
        {"shares": shares({1: (0.5, 0.5), 2: (0.4, 0.6)}, ("GP", "Unknown"), "hcp_type")},
        {
            "hcp": BETWEEN.format("February")
            + "GP fell from 50.0% to 40.0% of appointments, and unknown staff "
            "group rose from 50.0% to 60.0%"
        },
    ),
    *cases(
        "fig-category",
        CATEGORIES,
        lambda dimensions, *_: {"margins": margins(dimensions)},
        lambda _, *said: dict(zip(("category", "setting", "category_unusable"), said, strict=True)),
    ),
    *(Case("appointments.areas", {"areas": range(n), "covered": COVERED_AREAS}, {"areas_short": "", "icbs_covered": f"{n} integrated care board{plural}"}) for n, plural in ((1, ""), (42, "s"))),
    *cases("fig-areas", PLACES, lambda counts, _: {"areas": places(counts), "name": "icb_name"}, lambda _, said: {"places": said}),
    *cases(
        "fig-map",
        MAPS,
        lambda value, numbers, _: {
            "areas": pd.DataFrame(
                {"icb_name": ["Kent", "Devon"], value: pd.Series(numbers, dtype="float64")}
            ),
            "value": value,
        },
        lambda *row: {"map": row[-1]},
    ),
    *cases(
        "fig-weekday",
        WEEKDAYS,
        lambda per_day, *_: {"days": weekdays(per_day), "what": "GP calls"},
        lambda _, said, busiest: {"weekday": said, "busiest_weekday": busiest, "daily_what": "GP calls"},
    ),
    *cases("fig-duration", DURATIONS, lambda counts, _: {"durations": distribution("duration", counts)}, lambda _, said: {"duration": said}),
    *cases("fig-lead", LEAD_TIMES, lambda counts, _: {"lead_times": distribution("lead_time", counts)}, lambda _, said: {"lead_time": said}),
    *cases(
        "fig-utilisation",
        UTILISATION,
        lambda days, *_: utilisation(days),
        lambda _, said, finding, capacity: {
            "utilisation": f"Against 1,200,000 a day, {said}",
            "capacity_finding": finding,
            "answer_capacity": capacity,
            "answer": "The files cannot say whether capacity was adequate: they hold no staff, hours or requests turned "
            f"away. What they show: {capacity[0].lower()}{capacity[1:]}.",
        },
    ),
    *cases("fig-utilisation", LATEST, lambda days, _: utilisation(days), lambda _, said: {"latest": said}),
    *cases("fig-utilisation", MEANS, lambda days, _: utilisation(days), lambda _, said: {"answer_utilisation": said}),
    Case(
        "appointments.fig-utilisation",
        utilisation([SLACK, FULL]),
        {
            "planning_per_day": "1,200,000",
            "max_per_day_working": "1,800,000",
            "max_month_working": "February 2024",
            "min_per_day_30": "800,000",
            "max_per_day_30": "1,300,000",
            "mean_utilisation_30": "88%",  # (0.8 + 1.3) / 2 / 1.2
            "mean_utilisation_calendar": "85%",
            "mean_utilisation_working": "121%",
        },
    ),
    *cases(
        "fig-exceedance",
        EXCEEDANCE,
        lambda days, over, *_: {"days": exceedance((days, over), (0, 0)), "what": "calls"},
        lambda _, __, said, share: {
            "exceedance": f"{said} (January 2024 to February 2024)",
            "days_over_share": share,
        },
    ),
    *cases(  # attended appointments are not all: but all days cannot be a minimum
        "fig-exceedance",
        [(144, 48, MINIMUM), (300, 0, MINIMUM), (20, 20, "")],
        lambda days, over, _: {"days": exceedance((days, over)), "what": "attended calls"},
        lambda days, over, end: {
            "exceedance": next(row[2] for row in EXCEEDANCE if row[:2] == (days, over)).replace(
                "calls", "attended calls"
            )
            + f" (January 2024){end}"
        },
    ),
    *cases(
        "fig-exceedance",
        [((),), (((0, 0),),)],
        lambda rows: {"days": exceedance(*rows), "what": "attended calls"},
        lambda _: {"exceedance": NO_WORKING_DAY, "days_over_share": ""},
    ),
    *cases(
        "fig-forecast",
        FORECASTS,
        lambda error, naive, beats, method, n, *_: {
            "scores": scores(error, naive, n),
            "ahead": AHEAD,
            "beats_naive": beats,
            "method": method,
        },
        lambda *row: {
            "forecast": row[5],
            "forecast_coverage": row[6],
            "forecast_month": "August 2024",
            "forecast_n": "25.0 million",
            "forecast_low": "21.5 million",
            "forecast_high": "28.5 million",
        },
    ),
]
