"""Calendar and working days of a month, and the shape of the week."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import holidays
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis_lib.measures.cells import COUNT, check_columns, sum_appointments
from analysis_lib.measures.control import TooFewPoints

WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
SATURDAY = 5


@lru_cache(maxsize=256)
def _bank_holidays_of(year: int) -> tuple[np.datetime64, ...]:
    found = holidays.country_holidays("GB", subdiv="ENG", years=year)
    return tuple(np.datetime64(day, "D") for day in sorted(found))


def bank_holidays(years: Iterable[int]) -> NDArray[np.datetime64]:
    """Bank holidays of England in `years`, substitute days included (source: the `holidays` package)."""
    days = [day for year in sorted(set(years)) for day in _bank_holidays_of(int(year))]
    return np.array(days, dtype="datetime64[D]")


def add_day_counts(monthly: pd.DataFrame, month: str = "month") -> pd.DataFrame:
    """Add the number of calendar days and of working days of each month.

    Parameters
    ----------
    monthly : DataFrame
        Any frame with a datetime column of month starts.
    month : str
        Name of that column.

    Returns
    -------
    DataFrame
        A copy with days_calendar and days_working (int64). Working days are Monday to Friday without the bank
        holidays of England.
    """
    check_columns(monthly, [month], "Counting days")
    starts = pd.DatetimeIndex(monthly[month]).to_period("M")
    first = starts.to_timestamp().to_numpy().astype("datetime64[D]")
    after = (starts + 1).to_timestamp().to_numpy().astype("datetime64[D]")
    closed = bank_holidays(starts.year)
    return monthly.assign(
        days_calendar=(after - first).astype("int64"),
        days_working=np.busday_count(first, after, holidays=closed).astype("int64"),
    )


def add_day_kind(daily: pd.DataFrame, date: str = "date") -> pd.DataFrame:
    """Add weekday (ordered, Monday first), is_weekend and is_bank_holiday to a frame with dates."""
    check_columns(daily, [date], "Weekdays")
    dates = pd.DatetimeIndex(daily[date])
    weekday = dates.day_of_week.to_numpy()
    closed = bank_holidays(dates.year.unique())
    return daily.assign(
        weekday=pd.Categorical.from_codes(weekday, WEEKDAYS, ordered=True),
        is_weekend=weekday >= SATURDAY,
        is_bank_holiday=np.isin(dates.to_numpy().astype("datetime64[D]"), closed),
    )


def count_by_day(daily: pd.DataFrame) -> pd.DataFrame:
    """Appointments per date with its weekday: date, n_appointments, weekday, is_weekend, is_bank_holiday."""
    return add_day_kind(sum_appointments(daily, ["date"]))


def weekday_profile(daily: pd.DataFrame) -> pd.DataFrame:
    """Mean appointments per day by day of the week, bank holidays left out.

    Parameters
    ----------
    daily : DataFrame
        A daily frame (duration, attended only, or category, all statuses): date, n_appointments.

    Returns
    -------
    DataFrame
        weekday (ordered), n_days, n_appointments (int64), per_day (mean), share (of the appointments shown).
        A date on which nothing was recorded has no row in the files and so is not a day here.
    """
    days = count_by_day(daily)
    days = days[~days["is_bank_holiday"]]
    groups = days.groupby("weekday", observed=True, sort=True)[COUNT]
    profile = groups.agg(n_days="count", n_appointments="sum").reset_index()
    return profile.assign(
        per_day=profile[COUNT] / profile["n_days"], share=profile[COUNT] / profile[COUNT].sum()
    )


def weekend_share(daily: pd.DataFrame) -> pd.DataFrame:
    """Share of appointments on weekends and bank holidays, by month.

    Returns
    -------
    DataFrame
        month, n_appointments, n_weekend, n_bank_holiday (Monday to Friday only, so that no day counts twice),
        weekend_share, outside_working_days_share (both together). Shares 0 to 1.
    """
    days = count_by_day(daily)
    days["month"] = pd.DatetimeIndex(days["date"]).to_period("M").to_timestamp()
    days["n_weekend"] = days[COUNT].where(days["is_weekend"], 0)
    days["n_bank_holiday"] = days[COUNT].where(days["is_bank_holiday"] & ~days["is_weekend"], 0)
    months = days.groupby("month")[[COUNT, "n_weekend", "n_bank_holiday"]].sum().reset_index()
    return months.assign(
        weekend_share=months["n_weekend"] / months[COUNT],
        outside_working_days_share=(months["n_weekend"] + months["n_bank_holiday"]) / months[COUNT],
    )


CALENDAR_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def season_table(monthly: pd.DataFrame, value: str = "per_day_working") -> pd.DataFrame:
    """Lay a monthly value out by year and calendar month.

    Parameters
    ----------
    monthly : DataFrame
        month and `value`, one row a month.

    Returns
    -------
    DataFrame
        year (text), calendar_month (ordered, Jan to Dec), `value`, and ratio (to the mean of the months
        of the same year; missing in years without all twelve months, whose mean would be of some seasons).

    Raises
    ------
    TooFewPoints
        If no year has all twelve months.
    """
    check_columns(monthly, ["month", value], "Seasons")
    month = monthly["month"].dt
    table = pd.DataFrame(
        {
            "year": month.year.astype(str),
            "calendar_month": pd.Categorical.from_codes(month.month - 1, CALENDAR_MONTHS, ordered=True),
            value: monthly[value],
        }
    )
    year = table.groupby("year")[value]
    whole = year.transform("count") == 12
    if not whole.any():
        raise TooFewPoints("No calendar year is complete in these files, so seasons are not compared.")
    return table.assign(ratio=(table[value] / year.transform("mean")).where(whole))
