"""One person's record up to a day: who it is, conditions, medicines, tests, contacts, rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import ibis
import pandas as pd

from analysis_lib.dates import as_day
from analysis_lib.inputs.population import Population
from analysis_lib.queries import add_age_band, count_by_rule
from analysis_lib.queries.features import describe_people
from analysis_lib.queries.people import (
    day_literal,
    first_of_contacts,
    optional_column,
    registered_at,
    shift,
)

MONTHS = 24


@dataclass(frozen=True)
class Record:
    """What was known of a person on a day; nothing of that day or later is in it.

    Attributes
    ----------
    person : dict
        Of `queries.features_at`: age, age_band, sex, practice.
    start, day : date
        The window of medicines, tests and contacts: from the start up to, and without, the day.
    contacts_from : date
        First day of it on which contacts are recorded.
    conditions : DataFrame
        condition, date (of the first record, at whatever time).
    medicines : DataFrame
        code, start, stop (missing where the course goes on), for courses that reach into the window.
    tests : DataFrame or None
        measure, date, value; None where the extract has no tests.
    contacts : DataFrame
        setting, date, missed (bool).
    rules : DataFrame
        Of `queries.count_by_rule`, for this person alone: n_at_risk and n_flagged are 0 or 1.
    """

    person: dict[str, Any]
    start: date
    day: date
    contacts_from: date
    conditions: pd.DataFrame
    medicines: pd.DataFrame
    tests: pd.DataFrame | None
    contacts: pd.DataFrame
    rules: pd.DataFrame


def read_record(population: Population, person_id: str, day: date | str) -> Record:
    """Read one person's record of the 24 months before a day.

    Parameters
    ----------
    population : Population
    person_id : str
    day : date or str

    Returns
    -------
    Record

    Raises
    ------
    ValueError
        If nobody with this identifier is registered and alive on the day, the extract does not cover the
        three months before it, or the day is not ISO.
    """
    index = as_day(day, "day")
    start = shift(index, -MONTHS)
    one = population.person.filter(population.person.person_id == person_id)
    described = add_age_band(describe_people(registered_at(one, index), index))
    people = described.select("age", "age_band", "sex", "practice").to_pyarrow().to_pylist()
    if len(people) != 1:
        raise ValueError(f"Nobody with this identifier is registered and alive on {index}.")
    rules = count_by_rule(replace(population, person=one), index)
    until, since = day_literal(index), day_literal(start)

    def own(table: ibis.Table) -> ibis.Table:
        return table.filter(table.person_id == person_id)

    condition, medicine = own(population.condition), own(population.medicine)
    contact = own(population.contact)
    known = condition.filter(condition.onset_date < until)
    code = ibis.coalesce(optional_column(medicine, "bnf_code", "string"), medicine.bnf_section).fill_null("")
    # A stop on the day or later was not known before it
    stop = ibis.ifelse(medicine.stop_date < until, medicine.stop_date, ibis.null("date"))
    courses = medicine.select(code=code, start=medicine.start_date, stop=stop)
    courses = courses.filter(courses.start < until, courses.stop.fill_null(until) >= since)
    seen = contact.filter(contact.date >= since, contact.date < until)
    met = seen.select("setting", "date", missed=(seen.attended == "DNA").fill_null(False))
    tests = None
    if population.measurement is not None:
        done = own(population.measurement)
        done = done.filter(done.date >= since, done.date < until).drop_null("value")
        tests = _read(done.select("measure", "date", "value"), ["measure", "date", "value"])
    return Record(
        person=people[0],
        start=start,
        day=index,
        contacts_from=max(start, first_of_contacts(population) or index),
        conditions=_read(known.group_by("condition").agg(date=known.onset_date.min()), ["date", "condition"]),
        medicines=_read(courses.distinct(), ["code", "start", "stop"]),
        tests=tests,
        contacts=_read(met.distinct(), met.columns),
        rules=rules,
    )


def _read(table: ibis.Table, order: Sequence[str]) -> pd.DataFrame:
    """Return rows in order, days as dates of Python."""
    return pd.DataFrame(table.order_by(order).to_pyarrow().to_pylist(), columns=table.columns).astype(object)
