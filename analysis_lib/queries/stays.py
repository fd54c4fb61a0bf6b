"""Emergency stays in hospital: how people came to them, and what followed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import ibis

from analysis_lib.inputs.population import SETTINGS, Population
from analysis_lib.queries.flows import as_window
from analysis_lib.queries.people import day_literal
from analysis_lib.queries.steps import keep_attended, list_stays

ROUTES = ("ambulance and A&E", "111 and A&E", "A&E alone", "GP", "other", "nothing on record")
ENDED = ("died", "left", "followed")
#: Days after discharge: when a follow-up is missed, and when a readmission can be due to it.
BOOKED_DAYS = 14
READMITTED_DAYS = 44


def routes_in(steps: ibis.Table, people: ibis.Table, start: date | str, end: date | str) -> ibis.Table:
    """Count by what route people came to their emergency stays.

    The route is what is on record on the day of admission or the day before: A&E, with an ambulance, with
    111 (up to two days before), or alone; else a GP; else any other step, or discharge from another stay;
    else nothing. An ambulance goes before 111.

    Parameters
    ----------
    steps, people
        From `list_steps` and `levels_at`.
    start, end : date or str
        Stays that begin from `start` up to, and without, `end`.

    Returns
    -------
    ibis.Table
        use_level; route (of `ROUTES`); n (int64, emergency stays); people (int64, those whose first emergency
        stay in the window came this way).
    """
    first, last = as_window(start, end)
    stays = steps.filter(
        steps.setting == "emergency", steps.day >= day_literal(first), steps.day < day_literal(last)
    )
    stays = stays.select("person_id", stay=stays.day).inner_join(
        people.select("person_id", "use_level"), "person_id"
    )
    before = steps.select("person_id", "setting", "day", "until")
    near = stays.inner_join(
        before,
        [
            stays.person_id == before.person_id,
            before.day <= stays.stay,
            before.until >= stays.stay - ibis.interval(days=2),
            ~((before.day == stays.stay) & (before.setting == "emergency")),
        ],
    )
    recent = near.until >= near.stay - ibis.interval(days=1)
    flags = near.group_by("person_id", "stay").agg(
        ambulance=(recent & (near.setting == "ambulance")).max(),
        nhs111=(near.setting == "nhs111").max(),
        ae=(recent & (near.setting == "ae")).max(),
        gp=(recent & (near.setting == "gp")).max(),
        any=recent.max(),
    )
    known = stays.left_join(flags, ["person_id", "stay"])
    seen = {name: known[name].fill_null(False) for name in ("ambulance", "nhs111", "ae", "gp", "any")}
    route = ibis.cases(
        (seen["ae"] & seen["ambulance"], ROUTES[0]),
        (seen["ae"] & seen["nhs111"], ROUTES[1]),
        (seen["ae"], ROUTES[2]),
        (seen["gp"], ROUTES[3]),
        (seen["any"], ROUTES[4]),
        else_=ROUTES[5],
    )
    in_order = ibis.window(group_by="person_id", order_by="stay")
    routed = known.select("person_id", "use_level", "stay", route=route)
    routed = routed.mutate(nth=ibis.row_number().over(in_order))
    return routed.group_by("use_level", "route").agg(
        n=routed.count().cast("int64"), people=(routed.nth == 0).sum().cast("int64")
    )


def index_stays(
    steps: ibis.Table, people: ibis.Table, start: date | str, end: date | str, clean_days: int = 90
) -> ibis.Table:
    """Return each person's first emergency stay of a window that none came shortly before.

    Parameters
    ----------
    steps, people
        From `list_steps` and `levels_at`.
    start, end : date or str
        The stay begins on or after `start`, and ends before `end`.
    clean_days : int
        Days before admission in which the person was in no emergency stay; the extract should cover them.

    Returns
    -------
    ibis.Table
        The columns of `people`; day, until (date). One row per person discharged alive and registered.
    """
    first, last = as_window(start, end)
    emergency = steps.filter(steps.setting == "emergency").select("person_id", "day", "until")
    in_order = ibis.window(group_by="person_id", order_by="day")
    stays = emergency.mutate(previous=emergency.until.lag().over(in_order))
    clean = (stays.day > stays.previous + ibis.interval(days=clean_days)).fill_null(True)
    stays = stays.filter(clean, stays.day >= day_literal(first), stays.until < day_literal(last))
    theirs = people.inner_join(stays.drop("previous"), "person_id")
    theirs = theirs.filter(theirs.leaves_on > theirs.until)
    ranked = theirs.mutate(nth=ibis.row_number().over(in_order))
    return ranked.filter(ranked.nth == 0).select(*people.columns, "day", "until")


def first_after(
    index: ibis.Table, steps: ibis.Table, groups: Mapping[str, Sequence[str]], days: int = 90
) -> ibis.Table:
    """Return how long after discharge each person had the first step of some settings.

    Parameters
    ----------
    index : ibis.Table
        From `index_stays`.
    steps : ibis.Table
        From `list_steps`.
    groups : mapping of str to sequence of str
        Names, and the settings that count as each.
    days : int
        Days of follow-up from the day of discharge, which is day 0.

    Returns
    -------
    ibis.Table
        The columns of `index`; day_<name> (int32, 0 to `days`; missing if there was no such step while the
        person was registered); followed (int32, days from discharge to leaving, `days` at most); ended
        ("died" or "left" by day `days`, else "followed").

    Raises
    ------
    ValueError
        If a setting is not known.
    """
    unknown = sorted({setting for settings in groups.values() for setting in settings} - set(SETTINGS))
    if unknown:
        raise ValueError(f"Not settings: {', '.join(unknown)}. They are {', '.join(SETTINGS)}.")
    after = _after(index, steps, days)
    firsts = (
        after.group_by("person_id").agg(
            **{f"day_{name}": after.lag.min(where=after.setting.isin(s)) for name, s in groups.items()}
        )
        if groups
        else after.select("person_id").distinct()
    )
    joined = index.left_join(firsts, "person_id")
    gone = joined.leaves_on <= (joined.until + ibis.interval(days=days)).cast("date")
    return joined.select(
        *index.columns,
        *(joined[f"day_{name}"].cast("int32").name(f"day_{name}") for name in groups),
        followed=_followed(joined, days),
        ended=ibis.cases((gone & joined.died, ENDED[0]), (gone, ENDED[1]), else_=ENDED[2]),
    )


def follow_ups(population: Population, index: ibis.Table) -> ibis.Table:
    """Return whether people missed a booked GP contact after discharge, and were admitted again after that.

    Parameters
    ----------
    population : Population
    index : ibis.Table
        From `index_stays`.

    Returns
    -------
    ibis.Table
        The columns of `index`; booked (int32, GP contacts on days 1 to 14 after discharge whose attendance is
        recorded, as kept or missed); missed (bool, whether one of them was); readmitted_early,
        readmitted (bool, emergency stays that begin on days 1 to 14 and 15 to 44); followed (int32, days from
        discharge to leaving, 44 at most).
    """
    discharged = index.select("person_id", "until")
    contact = population.contact.filter(
        population.contact.setting == "gp", population.contact.attended.isin(["yes", "DNA"])
    )
    gp = discharged.inner_join(contact.select("person_id", "date", "attended"), "person_id")
    gp = gp.filter(_lag(gp.date, gp.until).between(1, BOOKED_DAYS))
    booked = gp.group_by("person_id").agg(booked=gp.count(), missed=(gp.attended == "DNA").max())
    theirs = keep_attended(population.contact).semi_join(discharged, "person_id")
    stays = list_stays(theirs).select("person_id", "setting", stay=lambda t: t.day)
    again = discharged.inner_join(stays.filter(stays.setting == "emergency"), "person_id")
    lag = _lag(again.stay, again.until)
    readmitted = again.group_by("person_id").agg(
        readmitted_early=lag.between(1, BOOKED_DAYS).max(),
        readmitted=lag.between(BOOKED_DAYS + 1, READMITTED_DAYS).max(),
    )
    joined = index.left_join(booked, "person_id").drop("person_id_right").left_join(readmitted, "person_id")
    flags = {name: joined[name].fill_null(False) for name in ("missed", "readmitted_early", "readmitted")}
    return joined.select(
        *index.columns,
        booked=joined.booked.fill_null(0).cast("int32"),
        **flags,
        followed=_followed(joined, READMITTED_DAYS),
    )


def prefixes(index: ibis.Table, steps: ibis.Table, depth: int = 4, days: int = 90) -> ibis.Table:
    """Count people by the first steps of care after discharge.

    Parameters
    ----------
    index : ibis.Table
        From `index_stays`.
    steps : ibis.Table
        From `list_steps`.
    depth : int
        How many steps.
    days : int
        Longest time from discharge to any of them.

    Returns
    -------
    ibis.Table
        use_level; step_1, step_2 … (settings in the order of days, and of `ACUITY` on one day; missing when
        nothing further followed); n_people (int64).
    """
    after = _after(index, steps, days)
    in_order = ibis.window(group_by="person_id", order_by=["lag", "place"])
    ranked = after.mutate(nth=ibis.row_number().over(in_order))
    names = [f"step_{k}" for k in range(1, depth + 1)]
    ways = ranked.group_by("person_id").agg(
        **{name: ranked.setting.max(where=ranked.nth == k) for k, name in enumerate(names)}
    )
    everybody = index.select("person_id", "use_level").left_join(ways, "person_id")
    return everybody.group_by("use_level", *names).agg(n_people=everybody.count().cast("int64"))


def _lag(day: Any, until: Any) -> Any:
    return day.delta(until, unit="day").cast("int32")


def _followed(joined: ibis.Table, days: int) -> Any:
    return ibis.least(_lag(joined.leaves_on, joined.until), days).cast("int32")


def _after(index: ibis.Table, steps: ibis.Table, days: int) -> ibis.Table:
    """Return person_id, setting, place and lag of steps after an index stay, while registered."""
    own = index.select("person_id", "until", "leaves_on", stay=index.day)
    other = steps.select("person_id", "setting", "place", "day")
    joined = own.inner_join(
        other,
        [
            own.person_id == other.person_id,
            other.day >= own.until,
            # What is on the day of admission comes before a stay, also before one without a night
            other.day > own.stay,
            other.day < own.leaves_on,
        ],
    )
    near = joined.select("person_id", "setting", "place", lag=_lag(joined.day, joined.until))
    return near.filter(near.lag <= days)
