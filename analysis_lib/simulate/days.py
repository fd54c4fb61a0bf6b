"""The calendar of a simulated run: months, days, bank holidays, season and shock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import holidays
import numpy as np

from analysis_lib.dates import as_month
from analysis_lib.simulate.coefficients import SHOCK, VOLUME

DAYS_PER_YEAR = 365.25


@dataclass(frozen=True)
class Calendar:
    """The days of a run and what each does to the number of appointments.

    Attributes
    ----------
    months : list of date
        First day of each month.
    days : list of date
        Every day of those months.
    month_index : ndarray of int, shape (days,)
        Position of each day's month in `months`.
    factor : ndarray of float, shape (days,)
        Weekday, bank holiday, season, trend and shock multiplied; 1 is an average working day at the start.
    shock_day : ndarray of float, shape (days,)
        0 untouched by the shock, 1 in its full depth.
    shock_month : ndarray of float, shape (months,)
        Mean of `shock_day` over the month, weighted by weekday.
    shock_window : tuple of date, optional
        First and last day of full depth; None if the run ends before it.
    """

    months: list[date]
    days: list[date]
    month_index: np.ndarray
    factor: np.ndarray
    shock_day: np.ndarray
    shock_month: np.ndarray
    shock_window: tuple[date, date] | None


def add_months(start: date, n: int) -> date:
    """Return the first day of the month `n` months after that of `start`."""
    years, month = divmod(start.month - 1 + n, 12)
    return date(start.year + years, month + 1, 1)


def make_calendar(first_month: str, n_months: int) -> Calendar:
    """Return the calendar of `n_months` months from `first_month` (YYYY-MM).

    Raises
    ------
    ValueError
        If the month is not written as YYYY-MM, or there is not at least one month.
    """
    if n_months < 1:
        raise ValueError("months must be 1 or more.")
    first = as_month(first_month, "first_month").date()
    months = [add_months(first, n) for n in range(n_months)]
    days = [first + timedelta(n) for n in range((add_months(first, n_months) - first).days)]
    month_index = np.array([(d.year - first.year) * 12 + d.month - first.month for d in days])
    start = add_months(first, SHOCK["starts_after_months"]).replace(day=SHOCK["start_day"])
    window = (start, start + timedelta(SHOCK["full_days"] - 1))
    shock = np.array([_shock_on(day, *window) for day in days])
    pattern = _weekly_pattern(days)
    elapsed = np.arange(len(days)) / DAYS_PER_YEAR
    factor = pattern * (1 + VOLUME["trend_per_year"]) ** elapsed * (1 - SHOCK["volume_drop"] * shock)
    factor = factor * np.array([VOLUME["season"][day.month - 1] for day in days])
    weighted = np.bincount(month_index, shock * pattern) / np.bincount(month_index, pattern)
    seen = window if window[0] <= days[-1] else None
    return Calendar(months, days, month_index, factor, shock, weighted, seen)


def _shock_on(day: date, start: date, end: date) -> float:
    """Return the depth of the shock on a day: 1 in the window, halving after it."""
    if day < start:
        return 0.0
    return 0.5 ** (max((day - end).days, 0) / SHOCK["half_life_days"])


def _weekly_pattern(days: list[date]) -> np.ndarray:
    """Return weekday, bank holiday and Christmas week effects of each day."""
    closed = holidays.country_holidays("GB", subdiv="ENG", years=range(days[0].year, days[-1].year + 1))
    pattern = np.array([VOLUME["weekday"][day.weekday()] for day in days])
    for n, day in enumerate(days):
        if day in closed:
            pattern[n] = VOLUME["bank_holiday"]
        elif day.month == 12 and day.day in (24, 27, 28, 29, 30, 31):
            pattern[n] *= VOLUME["christmas_week"]
    return pattern
