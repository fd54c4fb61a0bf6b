"""Steps of care: contacts put in order by person, hospital stays merged; and levels of interaction."""

from __future__ import annotations

from datetime import date
from typing import Any

import ibis

from analysis_lib.dates import as_day
from analysis_lib.inputs.population import SETTINGS, Population
from analysis_lib.queries.cohort import AGE_STARTS, add_age_band
from analysis_lib.queries.features import count_conditions, describe_people
from analysis_lib.queries.people import check_window, day_literal, died_on_leaving, registered_at, shift

#: Order of steps on one day, lightest first: the day alone does not say which came before which.
ACUITY = (
    "social_care",
    "community",
    "maternity",
    "mental_health",
    "outpatient",
    "gp",
    "nhs111",
    "ambulance",
    "ae",
    "elective",
    "emergency",
)
ADMISSIONS = ("emergency", "elective")  # who is admitted as both on one day is an emergency
URGENT = ("nhs111", "ambulance", "ae", "emergency")
#: First number of steps of each level of interaction, in the months before the landmark.
LEVEL_STARTS = {"0": 0, "1-4": 1, "5-11": 5, "12-23": 12, "24+": 24}
LEVELS = tuple(LEVEL_STARTS)
BREADTHS = ("0", "1", "2", "3", "4+")
KINDS = ("none", "planned only", "urgent only", "both")
LOTS = 50


def list_steps(population: Population) -> ibis.Table:
    """Return the steps of care of all people of the extract: one row per person, day and setting.

    Missed appointments are no steps. Admissions (elective, emergency) are stays over their nights; stays of
    a person that overlap or touch are one, with the setting of the first (emergency where both began on that
    day). Other contacts between the first and the last day of a stay belong to it and are no steps; those on
    the day of admission come before it, those on the day of discharge after it. Nobody knows the order of
    steps on one day: it is that of `ACUITY`.

    Parameters
    ----------
    population : Population
        Where attendance is not recorded, every contact counts as attended; where the length of an admission
        is not, it has no nights.

    Returns
    -------
    ibis.Table
        person_id; day, until (date: day of discharge of a stay, else day); setting; place (int32: rank of
        the setting in `ACUITY`, from 0). In no order: ``.cache()`` it where it is asked more than once.
    """
    kept = keep_attended(population.contact)
    stays = list_stays(kept)
    long = stays.filter(stays.until > stays.day + ibis.interval(days=1))
    person = population.person.select("person_id")
    # Numbers of people: text would take most of the time to find what is there twice
    numbered = person.mutate(number=ibis.row_number().over(order_by=person.person_id).cast("int32"))
    others = kept.filter(kept.setting.isin([s for s in SETTINGS if s not in ADMISSIONS]))
    others = others.select("person_id", day=others.date, place=_place(others.setting))
    others = others.inner_join(numbered, "person_id").select("number", "day", "place").distinct()
    long = long.inner_join(numbered, "person_id")
    outside = others.anti_join(
        long, [others.number == long.number, long.day < others.day, others.day < long.until]
    )
    outside = outside.inner_join(numbered, "number")
    single = outside.select("person_id", "day", until=outside.day, place=outside.place)
    steps = single.union(stays.select("person_id", "day", "until", place=_place(stays.setting)))
    return steps.select("person_id", "day", "until", setting=name_places(steps.place), place=steps.place)


def keep_attended(contact: ibis.Table) -> ibis.Table:
    """Return the contacts that were not missed, or of which nobody recorded it."""
    return contact.filter((contact.attended != "DNA").fill_null(True), contact.date.notnull())


def list_stays(contact: ibis.Table) -> ibis.Table:
    """Return the stays in hospital: admissions that overlap or touch are one.

    Parameters
    ----------
    contact : ibis.Table
        person_id, date, setting, length_days (nights); without missed appointments.

    Returns
    -------
    ibis.Table
        person_id; day, until (date); setting (of the first admission).
    """
    nights = ibis.greatest(contact.length_days.cast("int32").fill_null(0), 0)
    admissions = contact.select(
        "person_id",
        day=contact.date,
        # Engines give a time of day here, and Ibis takes it for a date
        until=(contact.date + nights.as_interval("D")).cast("timestamp").cast("date"),
        setting=contact.setting,
    ).filter(lambda t: t.setting.isin(ADMISSIONS))
    admissions = admissions.mutate(elective=(admissions.setting == "elective").cast("int32"))
    before = ibis.window(group_by="person_id", order_by=["day", "elective", "until"], preceding=(None, 1))
    seen = admissions.mutate(so_far=admissions.until.max().over(before))
    begins = (seen.day > seen.so_far).fill_null(True)
    # Of each stay the first day, on every admission in it
    firsts = seen.mutate(begins=ibis.ifelse(begins, seen.day, ibis.null("date")))
    up_to = ibis.window(group_by="person_id", order_by=["day", "elective", "until"], preceding=(None, 0))
    joined = firsts.mutate(stay=firsts.begins.max().over(up_to))
    emergency = ((joined.day == joined.stay) & (joined.elective == 0)).max()
    merged = joined.group_by("person_id", "stay").agg(until=joined.until.max(), emergency=emergency)
    return merged.select(
        "person_id",
        day=merged.stay,
        until=merged.until,
        setting=ibis.ifelse(merged.emergency, "emergency", "elective"),
    )


def levels_at(
    population: Population, landmark: date | str, months: int = 12, steps: ibis.Table | None = None
) -> ibis.Table:
    """Return the level of interaction of everybody registered and alive throughout the months to a landmark.

    Only what was recorded before the landmark counts: a level from the time that is looked at afterwards
    would restate its outcome.

    Parameters
    ----------
    population : Population
    landmark : date or str
    months : int
    steps : ibis.Table, optional
        Answer of `list_steps` where it is at hand.

    Returns
    -------
    ibis.Table
        person_id; age (completed years), age_band, sex, imd_decile, imd_quintile, n_conditions; n_steps
        (int32, in the months before the landmark), use_level (of `LEVELS`), breadth (number of settings among
        them, of `BREADTHS`), kind (of `KINDS`; urgent: 111, ambulance, A&E and emergency admissions);
        leaves_on (first day not registered or not alive; in the year 9999 while neither is known), died (left
        by death); lot (int32, 0 to 49: groups of people for a jackknife).

    Raises
    ------
    ValueError
        If the contacts do not cover the months before the landmark, or the day is not ISO.
    """
    index = as_day(landmark, "landmark")
    start = shift(index, -months)
    check_window(population, start, index, f"levels of the {months} months before {index}")
    steps = list_steps(population) if steps is None else steps
    recent = steps.filter(steps.day >= day_literal(start), steps.day < day_literal(index))
    urgent = recent.setting.isin(URGENT)
    use = recent.group_by("person_id").agg(
        n_steps=recent.count(),
        n_settings=recent.setting.nunique(),
        urgent=urgent.max(),
        planned=(~urgent).max(),
    )
    there = registered_at(population.person, index)
    there = there.filter(there.registered_from <= day_literal(start), there.birth_month <= day_literal(start))
    people = add_age_band(describe_people(there, index), AGE_STARTS)
    ends = there.select("person_id", "leaves_on", died=died_on_leaving(there))
    for part in (ends, count_conditions(population.condition, index), use):
        people = people.left_join(part, "person_id").drop("person_id_right")
    n_steps = people.n_steps.fill_null(0).cast("int32")
    n_settings = people.n_settings.fill_null(0)
    urgent, planned = people.urgent.fill_null(False), people.planned.fill_null(False)
    breadth = ibis.cases(*((n_settings == n, BREADTHS[n]) for n in range(4)), else_=BREADTHS[4])
    kind = ibis.cases(
        (urgent & planned, "both"), (urgent, "urgent only"), (planned, "planned only"), else_="none"
    )
    return people.select(
        *("person_id", "age", "age_band", "sex", "imd_decile", "imd_quintile"),
        n_conditions=people.n_conditions.fill_null(0).cast("int32"),
        n_steps=n_steps,
        use_level=_level(n_steps),
        breadth=breadth,
        kind=kind,
        leaves_on=people.leaves_on,
        died=people.died,
        lot=(ibis.row_number().over(order_by=people.person_id) % LOTS).cast("int32"),
    )


def name_places(place: Any) -> Any:
    """Return the settings of a column of ranks in `ACUITY`."""
    return ibis.cases(*((place == rank, setting) for rank, setting in enumerate(ACUITY)))


def _place(setting: Any) -> Any:
    ranks = ((setting == name, ibis.literal(rank, "int32")) for rank, name in enumerate(ACUITY))
    return ibis.cases(*ranks).cast("int32")


def _level(n_steps: Any) -> Any:
    highest_first = reversed(LEVEL_STARTS.items())
    return ibis.cases(*((n_steps >= start, level) for level, start in highest_first))
