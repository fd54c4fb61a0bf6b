"""What is known of each person at an index date; nothing on or after it is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import reduce
from operator import add
from typing import Any

import ibis

from analysis_lib.dates import as_day
from analysis_lib.inputs.population import CONDITIONS, Population
from analysis_lib.queries.cohort import AGE_STARTS, add_age_band
from analysis_lib.queries.contacts import contact_columns, contact_names, sum_contacts
from analysis_lib.queries.people import (
    check_window,
    day_literal,
    months_between,
    optional_column,
    registered_at,
    shift,
)
from analysis_lib.queries.scores import CAMBRIDGE_WEIGHTS

PERSON_COLUMNS = (
    "person_id",
    "age",
    "age_band",
    "sex",
    "ethnic_group",
    "lsoa",
    "msoa",
    "practice",
    "imd_decile",
    "imd_quintile",
    "core20",
    "months_registered",
)
PLACES = ("person_id", "lsoa", "msoa", "practice")  # who and where: no property, so without a window
POLYPHARMACY = (5, 10)
FEWEST_FOR_CONTINUITY = 3  # contacts with a GP


Window = tuple[float | None, float]


def feature_windows(lookback_months: Sequence[int] = (12, 24)) -> dict[str, Window]:
    """Return when what each feature says was recorded, in months from the index date.

    Parameters
    ----------
    lookback_months : sequence of int
        As for `features_at`.

    Returns
    -------
    dict of str to (begin, end)
        Of every column of `features_at` but the identifiers of people and places: begins (None: any time
        before) and ends, half open; 0 is the index date. What is not among them did not come from that query.
        `models.classify.choose_predictors` goes by these and not by names.
    """
    months = sorted(set(lookback_months))
    ever: Window = (None, 0)
    names = [name for name in PERSON_COLUMNS if name not in PLACES]
    names += [*(f"has_{c}" for c in CONDITIONS), "n_conditions", "cambridge_score", "n_medicines"]
    names += [f"polypharmacy_{least}" for least in POLYPHARMACY]
    windows = dict.fromkeys(names, ever)
    for m in months:
        windows |= dict.fromkeys(contact_names(f"_{m}m"), (-m, 0))
    return windows | {"continuity": (-months[-1], 0) if months else ever}


def features_at(
    population: Population, index_date: date | str, lookback_months: Sequence[int] = (12, 24)
) -> ibis.Table:
    """Return the features of everybody registered and alive at an index date.

    Windows are half open: a look-back of 12 months holds the days from index − 12 months up to, and
    without, the index date. Conditions have their onset before it. A course of medicine is active if it
    started before it and had not stopped before it. Contacts include those not attended: they are demand.

    Parameters
    ----------
    population : Population
    index_date : date or str
    lookback_months : sequence of int
        Lengths of the look-backs in months, in columns that end in ``_12m`` and so on; may be empty.

    Returns
    -------
    ibis.Table
        person_id; age (completed years, from the month of birth), age_band, sex, ethnic_group, lsoa, msoa,
        practice, imd_decile, imd_quintile (1 = most deprived), core20; months_registered; has_<condition>,
        n_conditions, cambridge_score; n_medicines (courses), polypharmacy_5, polypharmacy_10; per look-back
        n_<setting>, n_contacts, cost_gbp_<setting>, cost_gbp, dna_share (of contacts with known attendance;
        missing where there is none); and, over the longest, continuity (share of GP contacts with the
        provider most often seen, from three contacts on; missing where the extract names no provider).

    Raises
    ------
    ValueError
        If the contacts do not cover the longest look-back (see `list_days`), or a day is not ISO.
    """
    index = as_day(index_date, "index_date")
    months = sorted(set(lookback_months))
    start = shift(index, -months[-1]) if months else index
    back = f"contacts of the {months[-1]} months before {index}" if months else f"features at {index}"
    check_window(population, start, index, back)
    people = add_age_band(describe_people(registered_at(population.person, index), index), AGE_STARTS)
    parts = [_conditions(population.condition, index), _medicines(population.medicine, index)]
    if months:
        parts += [
            _contacts(population.contact, index, months),
            _continuity(population.contact, index, months[-1]),
        ]
    for part in parts:
        people = people.left_join(part, "person_id").drop("person_id_right")
    return _complete(people, months)


def describe_people(people: ibis.Table, index: date) -> ibis.Table:
    """Return who people are at an index date: `PERSON_COLUMNS` without the age band."""
    born = people.birth_month
    age = ((index.year - born.year()) * 12 + index.month - born.month()) // 12
    quintile = ((people.imd_decile + 1) // 2).cast("int32")
    return people.select(
        "person_id",
        age.cast("int32").name("age"),
        *("sex", "ethnic_group", "lsoa", "msoa", "practice", "imd_decile"),
        quintile.name("imd_quintile"),
        (quintile == 1).name("core20"),
        months_between(people.registered_from, index).name("months_registered"),
    )


def _conditions(condition: ibis.Table, index: date) -> ibis.Table:
    known = condition.filter(condition.onset_date < day_literal(index))
    return known.group_by("person_id").agg(**{f"has_{c}": (known.condition == c).any() for c in CONDITIONS})


def count_conditions(condition: ibis.Table, index: date) -> ibis.Table:
    """Return person_id and n_conditions of all with any of the conditions before an index date."""
    known = condition.filter(condition.onset_date < day_literal(index), condition.condition.isin(CONDITIONS))
    return known.group_by("person_id").agg(n_conditions=known.condition.nunique())


def _medicines(medicine: ibis.Table, index: date) -> ibis.Table:
    day = day_literal(index)
    active = medicine.filter(
        medicine.start_date < day, medicine.stop_date.isnull() | (medicine.stop_date >= day)
    )
    return active.group_by("person_id").agg(n_medicines=active.count())


def _contacts(contact: ibis.Table, index: date, months: list[int]) -> ibis.Table:
    recent = contact.filter(
        contact.date >= day_literal(shift(index, -months[-1])), contact.date < day_literal(index)
    )
    windows = {f"_{m}m": recent.date >= day_literal(shift(index, -m)) for m in months}
    return sum_contacts(recent, windows)


def _continuity(contact: ibis.Table, index: date, months: int) -> ibis.Table:
    """Return the usual provider of care index: the largest share of GP contacts with one provider."""
    contact = contact.mutate(provider=optional_column(contact, "provider", "string"))
    seen = contact.filter(
        contact.date >= day_literal(shift(index, -months)),
        contact.date < day_literal(index),
        contact.setting == "gp",
        (contact.attended != "DNA").fill_null(True),
        contact.provider.notnull(),
    )
    each = seen.group_by("person_id", "provider").agg(n=seen.count())
    usual = each.group_by("person_id").agg(most=each.n.max(), total=each.n.sum())
    enough = usual.filter(usual.total >= FEWEST_FOR_CONTINUITY)
    return enough.select("person_id", continuity=enough.most.cast("float64") / enough.total)


def _complete(table: ibis.Table, months: list[int]) -> ibis.Table:
    """Return all columns in order and in their types; what nobody recorded is none."""
    flags = {c: table[f"has_{c}"].fill_null(False) for c in CONDITIONS}
    weighted = [flags[c].cast("int32") * round(100 * w) for c, w in CAMBRIDGE_WEIGHTS.items()]
    n_medicines = table.n_medicines.fill_null(0).cast("int32")
    fields: dict[str, Any] = {
        **{name: table[name] for name in PERSON_COLUMNS},
        **{f"has_{c}": flag for c, flag in flags.items()},
        "n_conditions": reduce(add, (flag.cast("int32") for flag in flags.values())).cast("int32"),
        "cambridge_score": reduce(add, weighted).cast("float64") / 100,
        "n_medicines": n_medicines,
        **{f"polypharmacy_{least}": n_medicines >= least for least in POLYPHARMACY},
    }
    for m in months:
        fields |= contact_columns(table, f"_{m}m")
    return table.select(**fields, continuity=table.continuity if months else ibis.null("float64"))
