"""Who is registered and alive at an index date, and the dates that a window spans."""

from __future__ import annotations

from datetime import date
from typing import Any

import ibis
import pandas as pd

# A death is known by its month: time at risk ends in the middle of it, unless the registration says when.
DEATH_DAY = 15


def as_day(day: date | str) -> date:
    """Return a date given as one or as text such as 2024-04-01."""
    return day if type(day) is date else pd.Timestamp(day).date()


def shift(day: date, months: int) -> date:
    """Return the date so many calendar months later (earlier if negative), or the end of that month."""
    return (pd.Timestamp(day) + pd.DateOffset(months=months)).date()


def day_literal(day: date) -> Any:
    """Return a date as an Ibis literal."""
    return ibis.literal(day, type="date")


def registered_at(person: ibis.Table, index: date) -> ibis.Table:
    """Return the people who are registered and alive at an index date.

    Returns
    -------
    ibis.Table
        The rows of `person` with leaves_on: the first day no longer registered and alive (in the year 9999
        while neither an end nor a death is known).
    """
    after_end = person.registered_to + ibis.interval(days=1)
    in_month = (after_end > person.death_month) & (
        person.registered_to < person.death_month + ibis.interval(months=1)
    )
    death = ibis.ifelse(
        in_month.fill_null(False),
        ibis.null("date"),
        person.death_month + ibis.interval(days=DEATH_DAY),
    )
    leaves = ibis.least(
        ibis.coalesce(after_end, day_literal(date(9999, 1, 1))).cast("date"),
        ibis.coalesce(death, day_literal(date(9999, 1, 1))).cast("date"),
    )
    people = person.mutate(leaves_on=leaves)
    start = day_literal(index)
    return people.filter(
        people.registered_from <= start, people.birth_month <= start, people.leaves_on > start
    )


def months_between(start: Any, index: date) -> Any:
    """Return the completed calendar months from a date column to the index date."""
    months = (index.year - start.year()) * 12 + index.month - start.month()
    return (months - (start.day() > index.day).cast("int32")).cast("int32")
