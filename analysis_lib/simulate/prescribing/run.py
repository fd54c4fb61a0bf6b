"""Simulate a richer record of prescribing from a simulated population, with what is planted in it."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa

from analysis_lib.simulate.population.codes import ATTENDED, EPOCH, N_DAYS, SETTINGS
from analysis_lib.simulate.population.read import NEVER, Ints, find_places
from analysis_lib.simulate.prescribing.chemicals import CODES
from analysis_lib.simulate.prescribing.contacts import (
    PERIOD,
    YEAR,
    Contacts,
    draw_admissions,
    follow_up,
    follow_up_pairs,
    landmarks,
    leave_out,
    read_contacts,
    set_apart,
    yearly_hazard,
)
from analysis_lib.simulate.prescribing.courses import draw_courses
from analysis_lib.simulate.prescribing.exposure import Exposure
from analysis_lib.simulate.prescribing.measurements import MEASURES, Results, draw_measurements
from analysis_lib.simulate.prescribing.patterns import PATTERNS, Courses
from analysis_lib.simulate.prescribing.people import EMERGENCY, INDEX_DAY, People, base_logit, read_layer
from analysis_lib.simulate.prescribing.truth import state_truth

STREAM = 7  # of the seed's random streams
ULCER, ULCER_AGES = "peptic_ulcer", (25, 85)
ULCER_SHARE = 0.05  # who would have had one by the last of these ages


@dataclass(frozen=True)
class Prescribing:
    """A simulated record of prescribing. Dates are datetime64, identifiers and codes text.

    Attributes
    ----------
    person : pandas.DataFrame
        The population's rows of these people.
    condition : pandas.DataFrame
        person_id, condition, onset_date: the population's, and peptic_ulcer (ulcer or bleeding of the gut).
    medicine : pandas.DataFrame
        person_id, bnf_chapter, bnf_section, bnf_code (the chemical, nine characters), course_id, start_date,
        stop_date (missing where the course goes on).
    measurement : pandas.DataFrame
        person_id, date, measure, value in the unit of ``truth["measures"]``.
    contact : pandas.DataFrame
        The population's columns.
    hazard : pandas.DataFrame
        A row for each adult who is registered on the index date: person_id, index_date, base_logit, a bool
        column for each effect of ``truth["patterns"]``, probability (true probability of an emergency
        admission in the year after the index date, given the record before it), outcome (bool).
    landmark : pandas.DataFrame
        A row for each adult and landmark, every 30 days from 360 days before the index date to 330 days after
        it: person_id, date, probability (of an emergency admission in the 30 days from the landmark on),
        outcome (bool).
    truth : dict
        What is planted, with values.
    """

    person: pd.DataFrame
    condition: pd.DataFrame
    medicine: pd.DataFrame
    measurement: pd.DataFrame
    contact: pd.DataFrame
    hazard: pd.DataFrame
    landmark: pd.DataFrame
    truth: dict[str, Any]


def simulate_prescribing(
    population: str | Path,
    seed: int = 1,
    most: int | None = None,
    effects: Literal["planted", "null"] | Collection[str] = "planted",
    strength: float = 1.0,
) -> Prescribing:
    """Simulate the prescribing of the people of a simulated population, with patterns that change an outcome.

    The population's folder is read and not changed. Its courses of BNF sections get chemicals; pairs of
    courses are planted in the year before its last index date, and for each exposed person two others bear
    the same two events as often, one in reversed order and one at another gap. Who is given which depends on
    what was known a year before the index date, and which of the three is chance.

    From 360 days before the index date on, emergency admissions of adults are drawn anew: in each period of
    30 days, and in the year after the index date, so many that the probability of one or more is the stated
    one, on days drawn evenly. The log odds of a year are the base (the population's effects of age, sex,
    ethnic group, deprivation and conditions on emergency admissions) plus those of all patterns borne. That
    of P6, contact with a GP after discharge, begins on the index date. Nothing that is borne for the first
    time after the index date changes the year. The population's own admissions of these days are left out
    with the A&E attendances that brought them, and so are contacts on days within a new stay; a share of the
    new ones came by way of A&E.

    So these parts of the population's truth do not hold in the layer: contacts with emergency and A&E and all
    that leads to them or follows them, and contacts with a GP within a week of discharge
    (``truth["not_kept"]``).

    Parameters
    ----------
    population : path
        A folder that `simulate_population` wrote.
    seed : int
        The same population and seed give the same rows.
    most : int, optional
        Only so many people, the first ones; all if not given.
    effects : {"planted", "null"} or collection of str
        Patterns with an effect, such as ``("P3", "P7")``; "planted" is all of them, "null" none. The log-odds
        of the others are 0, all else is drawn alike.
    strength : float
        Log-odds of all effects are multiplied by this: how large must one be to be found?

    Returns
    -------
    Prescribing

    Raises
    ------
    FileNotFoundError
        If the folder holds no simulated population.
    ValueError
        If `effects` names what is no pattern, or `strength` is not a number of 0 or more.
    """
    planted = _choose_effects(effects, strength)
    of_courses, of_contacts, of_tests, of_ulcers = (
        np.random.default_rng(s) for s in np.random.SeedSequence(seed, spawn_key=(STREAM,)).spawn(4)
    )
    people, tables = read_layer(Path(population), most)
    courses = draw_courses(of_courses, people, tables["medicine"])
    exposure = Exposure.of_medicines(people, courses)
    contacts = leave_out(read_contacts(people, tables["contact"]), people)
    contacts, landmark = _draw_year_before(of_contacts, exposure, contacts, planted)

    pairs = follow_up_pairs(contacts, PATTERNS["P6"].days)
    exposure = replace(exposure, pairs={name: {**exposure.pairs, "P6": pairs}[name] for name in PATTERNS})
    base = base_logit(people, INDEX_DAY)
    logit = base + exposure.log_odds(INDEX_DAY, planted)
    adult = np.flatnonzero(people.adults(INDEX_DAY))
    new = draw_admissions(of_contacts, people, adult, INDEX_DAY, YEAR, yearly_hazard(logit[adult]))
    contacts = set_apart(Contacts.join(contacts, new), people, INDEX_DAY)
    landmark += _year_after(people, adult, yearly_hazard(logit[adult]), new)
    hazard = pd.DataFrame(
        {
            "person_id": people.ids.to_numpy()[adult],
            "index_date": _dates(np.full(len(adult), INDEX_DAY)),
            "base_logit": base[adult],
            **{name: exposed[adult] for name, exposed in exposure.columns(INDEX_DAY).items()},
            "probability": 1 / (1 + np.exp(-logit[adult])),
            "outcome": _admitted(new, adult),
        }
    )
    return Prescribing(
        person=_as_dates(tables["person"].to_pandas().astype({"person_id": "str"})),
        condition=_condition(of_ulcers, people, tables["condition"]),
        medicine=_medicine(people, courses),
        measurement=_measurement(people, draw_measurements(of_tests, people, courses)),
        contact=_contact(people, contacts),
        hazard=hazard,
        landmark=pd.concat(landmark, ignore_index=True),
        truth=state_truth(seed, planted, exposure, courses, contacts),
    )


def _choose_effects(effects: str | Collection[str], strength: float) -> dict[str, float]:
    """Return the log odds of every effect; 0 for those of patterns that are not asked for."""
    named = {"planted": tuple(PATTERNS), "null": ()}
    chosen = named.get(effects, [effects]) if isinstance(effects, str) else effects
    if unknown := sorted(set(chosen) - set(PATTERNS)):
        raise ValueError(
            f"effects must be 'planted' or 'null', or patterns among {', '.join(PATTERNS)}: {unknown} given."
        )
    if not 0 <= strength < math.inf:
        raise ValueError(f"strength must be a number of 0 or more: {strength} given.")
    return {
        effect: of.log_odds * strength if name in chosen else 0.0
        for name, pattern in PATTERNS.items()
        for effect, of in pattern.effects.items()
    }


def _draw_year_before(
    rng: np.random.Generator, exposure: Exposure, contacts: Contacts, planted: dict[str, float]
) -> tuple[Contacts, list[pd.DataFrame]]:
    """Draw the admissions of the landmarks before the index date, and what follows discharge."""
    people, drawn, rows = exposure.people, [], []
    for day in landmarks()[:-1]:
        person = np.flatnonzero(people.adults(day))
        logit = base_logit(people, day) + exposure.log_odds(day, planted)
        hazard = yearly_hazard(logit[person]) * PERIOD / YEAR
        new = draw_admissions(rng, people, person, day, PERIOD, hazard)
        drawn.append(new)
        rows.append(_landmark(people, person, day, hazard, _admitted(new, person)))
    new = Contacts.join(*drawn)
    contacts = Contacts.join(contacts, new)
    contacts = follow_up(rng, people, contacts, new.of(EMERGENCY))
    return set_apart(contacts, people, landmarks()[0]), rows


def _year_after(people: People, adult: Ints, hazard: np.ndarray, new: Contacts) -> list[pd.DataFrame]:
    """Return the landmarks from the index date on: the year's hazard lies evenly on the days registered."""
    rows = []
    last = np.minimum(people.until[adult], INDEX_DAY + YEAR - 1)
    per_day = hazard / (last + 1 - INDEX_DAY)
    for day in range(INDEX_DAY, INDEX_DAY + YEAR - PERIOD, PERIOD):
        here = last >= day
        days = np.minimum(last + 1 - day, PERIOD)[here]
        within = new.take((new.day >= day) & (new.day < day + PERIOD))
        rows.append(_landmark(people, adult[here], day, per_day[here] * days, _admitted(within, adult[here])))
    return rows


def _landmark(
    people: People, person: Ints, day: int, hazard: np.ndarray, outcome: np.ndarray
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "person_id": people.ids.to_numpy()[person],
            "date": _dates(np.full(len(person), day)),
            "probability": -np.expm1(-hazard),
            "outcome": outcome,
        }
    )


def _admitted(new: Contacts, person: Ints) -> np.ndarray:
    return np.isin(person, new.of(EMERGENCY).person)


def _dates(day: Ints) -> np.ndarray:
    """Return days since 1970 as dates; `NEVER` is missing."""
    dates = day.astype("datetime64[D]").astype("datetime64[s]")
    return np.where(day == NEVER, np.datetime64("NaT", "s"), dates)


def _as_dates(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame of the population with its dates as datetime64."""
    kinds = {name: "datetime64[s]" for name in frame if name.endswith(("_month", "_from", "_to", "_date"))}
    return frame.astype(kinds)


def _condition(rng: np.random.Generator, people: People, condition: pa.Table) -> pd.DataFrame:
    """Return the population's conditions with ulcers and bleeding, in order of person and date."""
    low, high = ULCER_AGES
    age = rng.uniform(low, high, len(people))
    onset = (
        (people.born + np.floor(age * 12).astype(np.int64)).astype("datetime64[M]").astype("datetime64[D]")
    )
    day = onset.astype(np.int64) + rng.integers(0, 28, len(people))
    last = np.minimum(people.until, EPOCH + N_DAYS - 1)
    ill = np.flatnonzero((rng.random(len(people)) < ULCER_SHARE) & (day <= last))
    who = find_places(pd.Index(people.ids), condition["person_id"], "condition")
    frame = _as_dates(condition.to_pandas().assign(place=who))
    ulcers = pd.DataFrame(
        {
            "person_id": people.ids.to_numpy()[ill],
            "condition": ULCER,
            "onset_date": _dates(day[ill]),
            "place": ill,
        }
    )
    both = pd.concat([frame, ulcers], ignore_index=True)
    both = both.sort_values(["place", "onset_date"], kind="stable", ignore_index=True)
    return both.drop(columns="place")


def _medicine(people: People, courses: Courses) -> pd.DataFrame:
    code = pd.array(CODES, dtype="str")
    return pd.DataFrame(
        {
            "person_id": people.ids.array.take(courses.person),
            "bnf_chapter": pd.array([c[:2] for c in CODES], dtype="str").take(courses.code),
            "bnf_section": pd.array([c[:4] for c in CODES], dtype="str").take(courses.code),
            "bnf_code": code.take(courses.code),
            "course_id": pd.array([f"c{n:08d}" for n in range(len(courses.code))], dtype="str"),
            "start_date": _dates(courses.start),
            "stop_date": _dates(courses.stop),
        }
    )


def _measurement(people: People, results: Results) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "person_id": people.ids.array.take(results.person),
            "date": _dates(results.day),
            "measure": pd.array(list(MEASURES), dtype="str").take(results.measure),
            "value": results.value,
        }
    )


def _contact(people: People, contacts: Contacts) -> pd.DataFrame:
    length = pd.array(contacts.length, dtype="Int16")
    length[contacts.length < 0] = pd.NA
    return pd.DataFrame(
        {
            "person_id": people.ids.array.take(contacts.person),
            "date": _dates(contacts.day),
            "setting": pd.array(SETTINGS, dtype="str").take(contacts.setting),
            "attended": pd.array(ATTENDED, dtype="str").take(contacts.attended, allow_fill=True),
            "length_days": length,
            "cost_gbp": contacts.cost,
        }
    )
