"""Landmarks: days on which people are looked at again, what was known of them, and what came first after."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import ibis

from analysis_lib.dates import as_day
from analysis_lib.inputs.population import SETTINGS, Population
from analysis_lib.queries.edges import BINS, DISCHARGE, list_events, number_pairs
from analysis_lib.queries.features import describe_people
from analysis_lib.queries.people import (
    ONE_DAY,
    check_window,
    day_literal,
    died_on_leaving,
    registered_at,
)

#: What came first after a landmark, in the column `ended` of `landmark_outcomes`.
ENDINGS = ("admitted", "died", "left", "records end", "followed")
CONTACT_CODES = (*SETTINGS, DISCHARGE)


def landmark_days(index_date: date | str, first: int = -360, last: int = 0, every: int = 30) -> list[date]:
    """Return the landmarks about an index date.

    Parameters
    ----------
    index_date : date or str
    first, last : int
        Days from the index date to the first landmark, and to the last one if the steps reach it.
    every : int
        Days from each landmark to the next.

    Returns
    -------
    list of date
        In order.

    Raises
    ------
    ValueError
        If the day is not ISO, or `every` is below 1.
    """
    index = as_day(index_date, "index_date")
    if every < 1:
        raise ValueError(f"Landmarks lie 1 day or more apart: every={every} given.")
    return [index + timedelta(days=n) for n in range(first, last + 1, every)]


def landmark_outcomes(population: Population, landmarks: Sequence[date | str], days: int = 90) -> ibis.Table:
    """Return what came first after each landmark, of everybody registered and alive on it.

    The landmark is the first day that is looked at, and `days` later is the first that is not. An emergency
    admission counts while the person is registered. A death is often known by its month alone, and then
    stands on the 16th of it (`registered_at`): admissions of that whole month count as before it.

    Parameters
    ----------
    population : Population
    landmarks : sequence of date or str
    days : int
        How far to look ahead.

    Returns
    -------
    ibis.Table
        A row for each person and landmark: person_id; landmark (date); age (int32, completed years on that
        day); sex; ended (of `ENDINGS`: "admitted" as an emergency, "died", "left" the list alive, "records
        end", else "followed" for all of `days`); followed (int32, days from the landmark to that, `days` at
        most; 0 for an admission on the landmark); admitted (bool: whether an admission was recorded in
        `days`).

    Raises
    ------
    ValueError
        If the contacts do not cover a landmark, a day is not ISO, or a landmark stands twice.

    Notes
    -----
    Where a time ends, several things may have happened on one day: an admission goes before all others, a
    death or an end of registration before the end of the records.
    """
    found = _read(population, landmarks)
    people = ibis.union(*(_registered(population, day) for day in found), distinct=False)
    contact = population.contact
    urgent = contact.filter(contact.setting == "emergency", contact.date >= day_literal(min(found)))
    urgent = urgent.select("person_id", "date").distinct()
    # The last day of a month of death: nobody knows on which day of it the person died
    seen = people.inner_join(urgent, "person_id")
    alive = (seen.date < seen.leaves_on) | (seen.died & (seen.date < seen.month_over)).fill_null(False)
    ahead = seen.date.delta(seen.landmark, unit="day").cast("int32")
    seen = seen.filter(ahead >= 0, ahead < days, alive)
    firsts = seen.group_by("person_id", "landmark").agg(
        to_admission=seen.date.min().delta(seen.landmark.min(), unit="day").cast("int32")
    )
    joined = people.left_join(firsts, ["person_id", "landmark"])
    over = population.manifest["last_date"] + ONE_DAY
    to_leaving = joined.leaves_on.delta(joined.landmark, unit="day").cast("int32")
    to_end = day_literal(over).delta(joined.landmark, unit="day").cast("int32")
    admitted, left = joined.to_admission.notnull(), to_leaving < ibis.least(days, to_end + 1)
    ended = ibis.cases(
        (admitted, ENDINGS[0]),
        (left & joined.died, ENDINGS[1]),
        (left, ENDINGS[2]),
        (to_end < days, ENDINGS[3]),
        else_=ENDINGS[4],
    )
    followed = ibis.ifelse(admitted, joined.to_admission, ibis.least(to_leaving, to_end, days))
    return joined.select(
        "person_id", "landmark", "age", "sex", ended=ended, followed=followed.cast("int32"), admitted=admitted
    )


def _registered(population: Population, day: date) -> ibis.Table:
    people = registered_at(population.person, day)
    known = describe_people(people, day).select("person_id", "age", "sex")
    leaving = people.select(
        "person_id",
        "leaves_on",
        landmark=day_literal(day),
        died=died_on_leaving(people),
        month_over=(people.death_month + ibis.interval(months=1)).cast("timestamp").cast("date"),
    )
    return known.inner_join(leaving, "person_id").select(
        "person_id", "landmark", "age", "sex", "leaves_on", "died", "month_over"
    )


def landmark_features(
    population: Population,
    landmarks: Sequence[date | str],
    features: ibis.Table,
    contact_days: int = 365,
    people: ibis.Table | None = None,
) -> ibis.Table:
    """Return the features that each person's graph has at each landmark, from records before it alone.

    It is what `present_features` gives of each landmark on its own. Pairs of events are looked for once.

    Parameters
    ----------
    population : Population
    landmarks : sequence of date or str
    features : ibis.Table
        As `graph_features` returned them, from events with the same `contact_days` and the usual `BINS`.
    contact_days : int
        As for `list_events`: the same for all landmarks, or later ones would see more contacts.
    people : ibis.Table, optional
        Only of these: person_id.

    Returns
    -------
    ibis.Table
        person_id; landmark (date); present (array of int32, ascending). Who has none of the features at a
        landmark has no row. In no order: ``.cache()`` it where it is asked more than once.

    Raises
    ------
    ValueError
        As `landmark_outcomes`.
    """
    found = _read(population, landmarks)
    last = max(found)
    events = list_events(population, last, contact_days + (last - min(found)).days)
    if people is not None:
        events = events.semi_join(people, "person_id")
    events = events.cache()
    pairs, numbers, codes = number_pairs(events)
    label = {f"{low}-{high}": n for n, (low, high) in enumerate(BINS)}
    bands = ibis.cases(*((features.bin == name, n) for name, n in label.items())).cast("int8")
    of_pairs = features.filter(features.then.notnull()).mutate(band=bands)
    contact = codes.code.isin(CONTACT_CODES)
    firsts = codes.select(first=codes.code, first_number=codes.code_number, first_contact=contact)
    thens = codes.select(then=codes.code, then_number=codes.code_number, then_contact=contact)
    of_pairs = of_pairs.inner_join(firsts, "first").inner_join(thens, "then")
    of_pairs = of_pairs.select(
        "feature",
        "band",
        first=of_pairs.first_number,
        then=of_pairs.then_number,
        of_first=of_pairs.first_contact,
        of_then=of_pairs.then_contact,
    )
    edges = pairs.inner_join(of_pairs, ["first", "then", "band"])
    # Contacts are forgotten after a time: an edge from the earlier of its contacts on
    oldest = ibis.cases(
        (edges.of_first, edges.first_day), (edges.of_then, edges.then_day), else_=ibis.null("int32")
    )
    edges = edges.select("person_id_number", "feature", known=edges.then_day, oldest=oldest)
    alone = features.filter(features.then.isnull()).select("feature", code=lambda t: t["first"])
    nodes = events.inner_join(numbers, "person_id").inner_join(alone, "code")
    oldest = ibis.ifelse(nodes.code.isin(CONTACT_CODES), nodes.days_before, ibis.null("int32"))
    nodes = nodes.select("person_id_number", "feature", known=nodes.days_before, oldest=oldest)
    both = edges.union(nodes, distinct=False)
    # Of what is never forgotten, the first time says all; of the rest, the last time of each oldest day
    both = both.group_by("person_id_number", "feature", "oldest").agg(known=both.known.max())
    marks = ibis.memtable({"landmark": found, "back": [(last - day).days for day in found]})
    marks = marks.select("landmark", back=marks.back.cast("int32"))
    seen = both.cross_join(marks)
    remembered = (seen.oldest <= contact_days + seen.back).fill_null(True)
    seen = seen.filter(seen.known > seen.back, remembered)
    seen = seen.select("person_id_number", "landmark", "feature").distinct()
    lists = seen.group_by("person_id_number", "landmark").agg(present=seen.feature.collect().sort())
    return lists.inner_join(numbers, "person_id_number").select("person_id", "landmark", "present")


def _read(population: Population, landmarks: Sequence[date | str]) -> list[date]:
    """Return landmarks as dates, checked."""
    found = [as_day(day, "landmark") for day in landmarks]
    if len(set(found)) != len(found) or not found:
        raise ValueError(f"Landmarks are different days, at least one: {landmarks}.")
    check_window(population, min(found), max(found) + ONE_DAY, f"landmarks to {max(found)}")
    return found
