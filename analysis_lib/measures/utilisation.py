"""Appointments per day on three bases, against a planning figure that is not a measure of capacity."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis_lib.measures.cells import COUNT, check_columns
from analysis_lib.measures.days import add_day_counts, count_by_day

PLANNING_PER_DAY = 1_200_000  # appointments a day, NHS planning figure of the project's background papers
FLAT_MONTH_DAYS = 30  # the divisor that those papers use for every month
BASES = ("30", "calendar", "working")


def rate_per_day(monthly: pd.DataFrame) -> pd.DataFrame:
    """Appointments per day of each month on three bases.

    Parameters
    ----------
    monthly : DataFrame
        One row a month (or month and group): month, n_appointments.

    Returns
    -------
    DataFrame
        A copy with days_calendar, days_working, per_day_30 (month / 30), per_day_calendar, per_day_working
        (all appointments of the month, weekends included, over Monday to Friday without bank holidays;
        `weekend_share` says how much that overstates). Appointments a day, float.
    """
    check_columns(monthly, ["month", COUNT], "Appointments per day")
    days = add_day_counts(monthly)
    return days.assign(
        per_day_30=days[COUNT] / FLAT_MONTH_DAYS,
        per_day_calendar=days[COUNT] / days["days_calendar"],
        per_day_working=days[COUNT] / days["days_working"],
    )


def add_utilisation(monthly: pd.DataFrame, planning_per_day: float = PLANNING_PER_DAY) -> pd.DataFrame:
    """Add appointments per day as a share of the planning figure, on the three bases.

    Parameters
    ----------
    monthly : DataFrame
        month and n_appointments; the per-day columns are added where absent.
    planning_per_day : float
        Appointments a day that the service was planned for.

    Returns
    -------
    DataFrame
        A copy with utilisation_30, utilisation_calendar, utilisation_working (1 = the planning figure).

    Raises
    ------
    ValueError
        If the planning figure is not positive.
    """
    if not planning_per_day > 0:
        raise ValueError("planning_per_day must be a positive number of appointments a day.")
    rates = monthly if "per_day_working" in monthly else rate_per_day(monthly)
    return rates.assign(
        **{f"utilisation_{base}": rates[f"per_day_{base}"] / planning_per_day for base in BASES}
    )


def count_exceedance(
    daily: pd.DataFrame, planning_per_day: float = PLANNING_PER_DAY, weekday_only: bool = False
) -> pd.DataFrame:
    """Count the days of each month on which appointments exceeded the planning figure.

    Parameters
    ----------
    daily : DataFrame
        Daily frame: date, n_appointments. The duration file holds attended appointments only, so its days are
        a floor; the category file holds all.
    planning_per_day : float
        Appointments a day; a day must have more than this to count.
    weekday_only : bool
        Leave weekends and bank holidays out of all columns.

    Returns
    -------
    DataFrame
        month, n_days, n_days_over, share (over / days), n_days_working, n_days_working_over, share_working,
        busiest_day (appointments). Only days with a record count as days.
    """
    days = count_by_day(daily)
    working = ~(days["is_weekend"] | days["is_bank_holiday"]).to_numpy()
    if weekday_only:
        days, working = days[working], working[working]
    over = days[COUNT].to_numpy() > planning_per_day
    marks = pd.DataFrame(
        {
            "month": pd.DatetimeIndex(days["date"]).to_period("M").to_timestamp(),
            "n_days": 1,
            "n_days_over": over.astype("int64"),
            "n_days_working": working.astype("int64"),
            "n_days_working_over": (over & working).astype("int64"),
        }
    )
    months = marks.groupby("month").sum().reset_index()
    months["busiest_day"] = days[COUNT].groupby(marks["month"].to_numpy()).max().to_numpy()
    n_working = months["n_days_working"].replace(0, np.nan)
    return months.assign(
        share=months["n_days_over"] / months["n_days"],
        share_working=months["n_days_working_over"] / n_working,
    )
