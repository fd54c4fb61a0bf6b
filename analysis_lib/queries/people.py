"""Who is registered and alive at an index date, and the dates that a window spans."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import ibis
import pandas as pd

from analysis_lib.dates import as_day
from analysis_lib.inputs.population import Population

# A death is known by its month: time at risk ends in the middle of it, unless the registration says when.
DEATH_DAY = 15
ONE_DAY = timedelta(days=1)


def shift(day: date, months: int) -> date:
    """Return the date so many calendar months later (earlier if negative), or the end of that month."""
    return (pd.Timestamp(as_day(day)) + pd.DateOffset(months=months)).date()


def first_of_contacts(population: Population) -> date | None:
    """Return the first day that the contacts cover: as stated, else that of the first; None without any."""
    if stated := population.manifest.get("first_date"):
        return stated
    found = population.contact.date.min().execute()
    return None if pd.isna(found) else as_day(found)


def check_window(population: Population, start: date, end: date, what: str) -> None:
    """Check that the contacts cover a window: from its start up to, and without, its end.

    Where the extract does not state its first date, nobody can tell a year without contacts from a year that
    is not in it: only a window with nothing but days before the first contact is refused.

    Raises
    ------
    ValueError
        If they do not, with the days that can be asked for.
    """
    last = population.manifest["last_date"]
    stated = population.manifest.get("first_date")
    if end <= last + ONE_DAY and stated and start >= stated:
        return
    first = first_of_contacts(population)
    # An empty window on the first day looks at no contact
    before = first is not None and (end < first if start == end else end <= first)
    early = first is not None and start < first if stated else before
    if not early and end <= last + ONE_DAY:
        return
    raise ValueError(
        f"The contacts run from {first} to {last}, so {what} are not complete. Ask for "
        f"{'a later' if early else 'an earlier'} day, or for fewer months: queries.list_days says which."
    )


def list_days(
    population: Population, lookback_months: Sequence[int] = (12, 24), months: int = 12
) -> tuple[date, date]:
    """Return the first and the last index date that can be asked for.

    Parameters
    ----------
    population : Population
    lookback_months : sequence of int
        As for `features_at`; with an empty one, earlier days can be asked for.
    months : int
        As for `outcomes_after`; 0 where no outcomes are wanted.

    Raises
    ------
    ValueError
        If the contacts cover no such day: they are too short for it.
    """
    after = population.manifest["last_date"] + ONE_DAY
    first = first_of_contacts(population) or after
    back = max(lookback_months, default=0)
    start, end = shift(first, back), shift(after, -months)
    while shift(start, -back) < first:  # the month has no such day
        start += ONE_DAY
    if start > end:
        raise ValueError(
            f"The contacts run from {first} to {after - ONE_DAY}: no day has {back} months before it and "
            f"{months} after it. Ask for fewer months."
        )
    return start, end


def day_literal(day: date) -> Any:
    """Return a date as an Ibis literal."""
    return ibis.literal(as_day(day), type="date")


def optional_column(table: ibis.Table, name: str, kind: str) -> Any:
    """Return a column that an extract may lack; of missing values where it does."""
    return table[name] if name in table.columns else ibis.null(kind)


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
    # Engines give a time of day after such sums, and Ibis takes it for a date
    people = person.mutate(leaves_on=leaves.cast("timestamp").cast("date"))
    start = day_literal(index)
    return people.filter(
        people.registered_from <= start, people.birth_month <= start, people.leaves_on > start
    )


def died_on_leaving(people: ibis.Table) -> Any:
    """Return whether people of `registered_at` left by death, at whatever time."""
    return (people.leaves_on >= people.death_month).fill_null(False)


def months_between(start: Any, index: date) -> Any:
    """Return the completed calendar months from a date column to the index date."""
    months = (index.year - start.year()) * 12 + index.month - start.month()
    return (months - (start.day() > index.day).cast("int32")).cast("int32")
