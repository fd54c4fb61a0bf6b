"""Patients as temporal graphs: dated events, edges from event to event, and features of both."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import ibis

from analysis_lib.dates import as_day
from analysis_lib.inputs.population import SETTINGS, Population
from analysis_lib.queries.people import check_window, day_literal, optional_column
from analysis_lib.queries.steps import keep_attended, list_stays

DISCHARGE = "discharge:emergency"
#: Fewest and most days between the two events of an edge, by gap band.
BINS = ((0, 14), (15, 30), (31, 90))
_SLICES = 2**16  # numbers of slices of time that a person has room for


def list_events(
    population: Population, landmark: date | str | ibis.Table, contact_days: int | None = None
) -> ibis.Table:
    """Return what was recorded of people before a landmark, as dated codes.

    Codes are ``condition:<name>`` on the day of onset; ``start:<code>`` and ``stop:<code>`` of each course of
    medicine, by its bnf_code (the chemical) where the extract has one, else by its section; the setting of
    each contact that was not missed, such as ``gp``; and ``discharge:emergency`` on the last day of a stay
    that began as an emergency (`list_stays`), where its length is known. What happens twice on one day is one
    event. Medicines of which neither code is known are no events.

    Parameters
    ----------
    population : Population
    landmark : date, str or ibis.Table
        One day for all; or person_id and landmark (date), one row a person: who has none there has no events.
        Records of that day and later ones are not looked at.
    contact_days : int, optional
        Contacts of so many days before the landmark alone. Contacts are recorded from one day on, so that a
        later landmark sees more of them: give it where landmarks are compared. Conditions and medicines are
        those of the whole record.

    Returns
    -------
    ibis.Table
        person_id; date; code; days_before (int32, from the event to the landmark, 1 or more). In no order:
        ``.cache()`` it, since it is asked more than once.

    Raises
    ------
    ValueError
        If the contacts do not cover the days before a landmark, if somebody has two landmarks, or a day is
        not ISO.
    """
    first, last = _span(landmark)
    back = timedelta(days=contact_days or 0)
    check_window(population, first - back, last, f"events before {first}")
    contact, condition, medicine = (
        keep_attended(population.contact),
        population.condition,
        population.medicine,
    )
    stays = list_stays(contact.filter(contact.length_days.notnull()))
    drug = ibis.coalesce(optional_column(medicine, "bnf_code", "string"), medicine.bnf_section)
    dated = ibis.union(
        condition.select("person_id", date=condition.onset_date, code="condition:" + condition.condition),
        medicine.select("person_id", date=medicine.start_date, code="start:" + drug),
        medicine.select("person_id", date=medicine.stop_date, code="stop:" + drug),
        contact.select("person_id", "date", code=contact.setting),
        stays.filter(stays.setting == "emergency").select(
            "person_id", date=stays.until, code=ibis.literal(DISCHARGE)
        ),
    )
    if isinstance(landmark, ibis.Table):
        dated = dated.inner_join(landmark.select("person_id", "landmark"), "person_id")
    else:
        dated = dated.mutate(landmark=day_literal(last))
    days = dated.landmark.delta(dated.date, unit="day").cast("int32")
    events = dated.select("person_id", "date", "code", days_before=days)
    events = events.filter(events.days_before > 0, events.code.notnull())
    if contact_days is not None:
        of_contact = events.code.isin([*SETTINGS, DISCHARGE])
        events = events.filter(~of_contact | (events.days_before <= contact_days))
    return events.distinct()


def _span(landmark: date | str | ibis.Table) -> tuple[date, date]:
    """Return the first and the last landmark."""
    if not isinstance(landmark, ibis.Table):
        return (as_day(landmark, "landmark"),) * 2
    found = landmark.agg(
        first=landmark.landmark.min(),
        last=landmark.landmark.max(),
        n=landmark.count(),
        n_people=landmark.person_id.nunique(),
    ).to_pyarrow()
    first, last, n, n_people = (found[name][0].as_py() for name in ("first", "last", "n", "n_people"))
    if n != n_people:
        raise ValueError(f"{n:,} landmarks of {n_people:,} people: ask for one landmark a person at a time.")
    return as_day(first, "landmark"), as_day(last, "landmark")


def windowed_edges(
    events: ibis.Table, window: int = 90, bins: Sequence[tuple[int, int]] = BINS
) -> ibis.Table:
    """Return the edges of each person's graph: which codes followed which, within how many days.

    An edge A → B is a pair of events of one person, B on the day of A or at most `window` days later, with
    whatever between them. B before A is no such edge. Nobody knows the order of events on one day, so two
    codes of one day are both A → B and B → A; begin `bins` at 1 where the order must be known. An event is no
    edge to itself.

    Parameters
    ----------
    events : ibis.Table
        person_id, code and days_before, as `list_events` returns them; cached.
    window : int
        Most days between two events.
    bins : sequence of (int, int)
        Gap bands: fewest and most days between two events. Pairs in none of them are left out.

    Returns
    -------
    ibis.Table
        person_id; first, then (codes); bin (text, "0-14"); n (int64, pairs of events); days_since_last
        (int32, from the latest such `then` to the landmark). What does not occur has no row.

    Raises
    ------
    ValueError
        If bins overlap, or are not in order.

    Notes
    -----
    Time is cut into slices of `window` days, and each event is compared with those of its own slice and of
    the next: the work grows with the events of a person within a window, not with the square of all of them.
    """
    pairs, people, codes = number_pairs(events, window, bins)
    keys = ("person_id_number", "first", "then", "band")
    edges = pairs.group_by(keys).agg(n=pairs.count(), last=pairs.then_day.min())
    named = edges.inner_join(people, "person_id_number")
    for name in ("first", "then"):
        labels = codes.select(**{name: codes.code_number, f"{name}_code": codes.code})
        named = named.inner_join(labels, name)
    named = named.select("person_id", "band", "n", "last", first=named.first_code, then=named.then_code)
    label = ibis.cases(*((named.band == n, f"{low}-{high}") for n, (low, high) in enumerate(bins)))
    return named.select("person_id", "first", "then", "n", bin=label, days_since_last=named["last"]).relocate(
        "bin", before="n"
    )


def number_pairs(
    events: ibis.Table, window: int = 90, bins: Sequence[tuple[int, int]] = BINS
) -> tuple[ibis.Table, ibis.Table, ibis.Table]:
    """Return every pair of events that is an edge, in numbers: what `windowed_edges` adds up.

    Returns
    -------
    pairs : ibis.Table
        person_id_number, first, then (int32); first_day, then_day (int32, days before the landmark); band
        (int8, place among `bins`).
    people, codes : ibis.Table
        person_id, person_id_number; and code, code_number.

    Raises
    ------
    ValueError
        As `windowed_edges`.
    """
    ends = [day for band in bins for day in band]
    if ends != sorted(ends) or any(high >= low for (_, high), (low, _) in zip(bins, bins[1:], strict=False)):
        raise ValueError(f"Gap bands overlap, or are not in order: {tuple(bins)}.")
    # Numbers: text would take most of the memory
    people, codes = _number(events, "person_id"), _number(events, "code")
    rows = events.inner_join(people, "person_id").inner_join(codes, "code")
    rows = rows.select("days_before", person=rows.person_id_number, first=rows.code_number)
    width = max(window, 1)
    key = rows.person.cast("int64") * _SLICES + (rows.days_before // width).cast("int64")
    earlier = rows.mutate(key=key, day=rows.days_before).select("key", "first", "day")
    later = earlier.select("key", then=earlier.first, then_day=earlier.day)
    # Counted back from the landmark, what is later lies in the same slice or in the one below
    later = later.union(later.mutate(key=later.key + 1))
    gap = earlier.day - later.then_day
    pairs = earlier.inner_join(
        later,
        [earlier.key == later.key, gap >= 0, gap <= window, (gap > 0) | (earlier.first != later.then)],
    )
    gap = pairs.day - pairs.then_day
    band = ibis.cases(*(((gap >= low) & (gap <= high), n) for n, (low, high) in enumerate(bins)))
    person = (pairs.key // _SLICES).cast("int32")
    pairs = pairs.select(
        "first",
        "then",
        "then_day",
        first_day=pairs.day,
        person_id_number=person,
        band=band.cast("int8"),
    )
    return pairs.filter(pairs.band.notnull()), people, codes


def _number(events: ibis.Table, name: str) -> ibis.Table:
    """Return each value of a column once, with its number."""
    values = events.select(name).distinct()
    return values.mutate(**{f"{name}_number": ibis.row_number().over(order_by=values[name]).cast("int32")})


def graph_features(events: ibis.Table, edges: ibis.Table, fewest: int = 50) -> ibis.Table:
    """List what a model may know of graphs: codes that are present, and edges by gap band.

    Parameters
    ----------
    events, edges : ibis.Table
        As `list_events` and `windowed_edges` return them; cached.
    fewest : int
        Features of fewer people are left out. It only saves room: a model looks again at how many of those
        that it learns from have each.

    Returns
    -------
    ibis.Table
        feature (int32, from 0); first; then, bin (missing for a code that is present); n_people (int64).
    """
    carried = _codes(events).union(edges.select("person_id", "first", "then", "bin"))
    found = carried.group_by("first", "then", "bin").agg(n_people=carried.count())
    found = found.filter(found.n_people >= fewest)
    # Codes first, whatever the engine makes of missing values in an order
    order = [found.then.fill_null(""), found["first"], found.bin.fill_null("")]
    number = ibis.row_number().over(order_by=order).cast("int32")
    return found.select("first", "then", "bin", "n_people", feature=number).relocate("feature")


def present_features(events: ibis.Table, edges: ibis.Table, features: ibis.Table) -> ibis.Table:
    """Return the numbers of the features of each person.

    Parameters
    ----------
    events, edges : ibis.Table
        As for `graph_features`; also of other people, or at another landmark.
    features : ibis.Table
        As `graph_features` returned them (``ibis.memtable`` of a frame that was kept): what is not among them
        is left out.

    Returns
    -------
    ibis.Table
        person_id; present (array of int32, ascending). Who has none of them has no row.
    """
    codes, pairs = features.filter(features.then.isnull()), features.filter(features.then.notnull())
    of_codes = _codes(events).select("person_id", "first").inner_join(codes, "first")
    of_pairs = edges.inner_join(pairs, ["first", "then", "bin"])
    carried = of_codes.select("person_id", "feature").union(of_pairs.select("person_id", "feature"))
    return carried.group_by("person_id").agg(present=carried.feature.collect().sort())


def _codes(events: ibis.Table) -> ibis.Table:
    """Return each person's codes once, as a feature with no second code."""
    nothing = ibis.null("string")
    return events.select("person_id", first=events.code, then=nothing, bin=nothing).distinct()


def visit_steps(events: ibis.Table, features: ibis.Table, most: int = 60) -> ibis.Table:
    """Return the edges of consecutive visits, step by step back from the last.

    A visit is a day with events of the listed codes. A step leads from a visit to the next one, by an edge
    from each code of the one to each of the other.

    Parameters
    ----------
    events : ibis.Table
        person_id, code and days_before, as `list_events` returns them; cached.
    features : ibis.Table
        As `graph_features` returned them: codes are numbered by the features that they are.
    most : int
        Most steps of a person: the latest are kept.

    Returns
    -------
    ibis.Table
        person_id; n_steps (int32); and, an element for each edge, by step and codes: step (0 is the last),
        first, then (features), gap (days from visit to visit), all arrays of int32. Who has fewer than two
        visits has no row.
    """
    codes = features.filter(features.then.isnull()).select(code="first", number="feature")
    rows = events.inner_join(codes, "code").select("person_id", "days_before", "number")
    order = ibis.window(group_by=rows.person_id, order_by=rows.days_before)
    rows = rows.mutate(visit=ibis.dense_rank().over(order).cast("int32"))
    earlier = rows.select("person_id", "visit", first="number", day="days_before")
    later = rows.filter(rows.visit < most).select(
        "person_id", visit=rows.visit + 1, step="visit", then="number", then_day="days_before"
    )
    edges = later.inner_join(earlier, ["person_id", "visit"])
    edges = edges.mutate(gap=edges.day - edges.then_day)
    by = [edges.step, edges["first"], edges.then]
    return edges.group_by("person_id").agg(
        n_steps=(edges.step.max() + 1).cast("int32"),
        **{name: edges[name].cast("int32").collect(order_by=by) for name in ("step", "first", "then", "gap")},
    )


def to_meds(events: ibis.Table) -> ibis.Table:
    """Return events in the form of the Medical Event Data Standard.

    Parameters
    ----------
    events : ibis.Table
        person_id, date and code, as `list_events` returns them.

    Returns
    -------
    ibis.Table
        subject_id (int64: place of person_id among those of `events` in order, from 0), time (timestamp in
        microseconds, midnight: days are all that is known), code (text), numeric_value (float32, missing: no
        event has one). By subject and time, as the standard wants files: ``to_meds(…).to_parquet(path)``.

    Notes
    -----
    The data schema of MEDS 0.4: https://github.com/Medical-Event-Data-Standard/meds.
    """
    numbered = events.inner_join(_number(events, "person_id"), "person_id")
    return numbered.select(
        subject_id=numbered.person_id_number.cast("int64"),
        time=numbered.date.cast("timestamp(6)"),
        code=numbered.code,
        numeric_value=ibis.null("float32"),
    ).order_by("subject_id", "time", "code")
