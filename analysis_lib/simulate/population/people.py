"""Draw people: who they are, what they come to have, and while they are registered."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from analysis_lib.simulate.population import health as p
from analysis_lib.simulate.population import households as h
from analysis_lib.simulate.population.codes import (
    AGE_STARTS,
    CONDITIONS,
    DAYS_PER_YEAR,
    ETHNIC_GROUPS,
    FEMALE,
    FIRST_DAY,
    MALE,
    N_DAYS,
    SEX_NOT_STATED,
    YEAR_STARTS,
    index_date,
    year_start,
)
from analysis_lib.simulate.population.geography import Places

NEVER = 1_000_000  # a day after every other
FIRST_BIRTH = -150 * 366  # a day before every birth
# Months since January 1970 of the days from then on: looked up, since each year of each person asks.
MONTHS = (np.datetime64(FIRST_DAY) + np.arange(FIRST_BIRTH, N_DAYS)).astype("datetime64[M]").astype(np.int64)


@dataclass(frozen=True)
class People:
    """A block of people. Days are counted from the first day of the study; all arrays have one row each.

    Attributes
    ----------
    born, since, until : ndarray of int
        Day of birth; first day registered; first day no longer registered (`NEVER` if still registered).
    died : ndarray of bool
        Whether `until` is the day after a death.
    sex, ethnic, decile, lsoa, msoa, practice : ndarray of int
        Positions among the codes; `decile` is 1 to 10.
    onset : ndarray of int, shape (people, 20)
        Day of onset of each condition; `NEVER` if none.
    """

    born: np.ndarray
    since: np.ndarray
    until: np.ndarray
    died: np.ndarray
    sex: np.ndarray
    ethnic: np.ndarray
    decile: np.ndarray
    lsoa: np.ndarray
    msoa: np.ndarray
    practice: np.ndarray
    onset: np.ndarray

    def __len__(self) -> int:
        return len(self.born)

    def take(self, rows: np.ndarray) -> People:
        """Return the people at these positions."""
        return People(**{name: column[rows] for name, column in vars(self).items()})

    @classmethod
    def join(cls, parts: list[People]) -> People:
        """Return people one after another."""
        return cls(**{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(cls)})


@dataclass(frozen=True)
class State:
    """What a year's rates depend on: the state at the index date that begins it."""

    start: np.ndarray
    stop: np.ndarray
    age: np.ndarray
    band: np.ndarray
    has: np.ndarray

    @property
    def days(self) -> np.ndarray:
        """Days at risk in the year."""
        return np.maximum(self.stop - self.start, 0)


def birth_month(born: np.ndarray) -> np.ndarray:
    """Return months since January 1970 of days counted from the first day of the study."""
    return MONTHS[born - FIRST_BIRTH]


def age_at_index(born: np.ndarray, year: int) -> np.ndarray:
    """Return age in completed years at an index date, from the month of birth; below 0 if not yet born."""
    index = index_date(year)
    return ((index.year - 1970) * 12 + index.month - 1 - birth_month(born)) // 12


def state_at(people: People, year: int) -> State:
    """Return each person's time at risk in a year, and state at its index date; year 0 is the first."""
    age = age_at_index(people.born, year)
    return State(
        start=np.maximum(people.since, year_start(year)),
        stop=np.minimum(people.until, year_start(year + 1)),
        age=age,
        band=np.maximum(np.searchsorted(AGE_STARTS, age, side="right") - 1, 0),
        has=people.onset < year_start(year),
    )


def draw_people(rng: np.random.Generator, n: int, places: Places) -> People:
    """Draw `n` people by household, with conditions, registration and death.

    Households are drawn as if nobody had died; who did before being seen is then left out. So those who are
    seen first are survivors already, like those of each later year.
    """
    parts: list[People] = []
    while (missing := n - sum(map(len, parts))) > 0:
        born = _draw_born(rng, missing + missing // 5 + 10, places)
        alive = rng.standard_exponential(len(born)) > hazard_before(born)
        parts.append(born.take(np.flatnonzero(alive)[:missing]))
    return _draw_deaths(rng, People.join(parts))


def _draw_born(rng: np.random.Generator, n: int, places: Places) -> People:
    """Draw `n` people by household, whether or not they live to be seen."""
    drawn = h.draw_households(rng, n, places.households, places.ethnic)
    sex = np.where(rng.random(n) < 0.5, FEMALE, MALE)
    sex[rng.random(n) < h.SEX_NOT_STATED] = SEX_NOT_STATED
    not_stated = rng.random(n) < h.ETHNIC_NOT_STATED
    ethnic = np.where(not_stated, len(ETHNIC_GROUPS) - 1, drawn.ethnic)
    born = N_DAYS - 1 - np.floor(drawn.age * DAYS_PER_YEAR).astype(np.int64)
    decile = places.decile_of[drawn.lsoa]
    since, leaves = _draw_registration(rng, born)
    onset = draw_onsets(rng, born, sex, ethnic, decile)
    return People(
        born=born,
        since=since,
        until=leaves,
        died=np.zeros(n, dtype=bool),
        sex=sex,
        ethnic=ethnic,
        decile=decile,
        lsoa=drawn.lsoa,
        msoa=places.msoa_of[drawn.lsoa],
        practice=places.practices_of[drawn.lsoa, rng.integers(places.practices_of.shape[1], size=n)],
        onset=onset,
    )


def _draw_registration(rng: np.random.Generator, born: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the first day registered, and the day somebody moves away."""
    n = len(born)
    age = np.maximum(-born / DAYS_PER_YEAR, 0)
    group = np.searchsorted(p.MOVE_AGES, age, side="right") - 1
    before = np.floor(-rng.exponential(np.array(p.YEARS_ON_LIST)[group]) * DAYS_PER_YEAR).astype(np.int64)
    since = np.where(rng.random(n) < np.array(p.JOINED_SHARE)[group], rng.integers(1, N_DAYS, n), before)
    # A child is registered within four weeks of birth, even one born on the last days of the study.
    newborn = np.minimum(born + rng.integers(0, 28, n), np.maximum(N_DAYS - 1, born))
    since = np.where(born >= 0, newborn, np.maximum(since, born))
    stay = rng.exponential(1 / np.array(p.LEAVE_PER_YEAR)[group]) * DAYS_PER_YEAR
    leaves = np.maximum(since, 0) + np.floor(stay).astype(np.int64) + 1
    return since, np.where(leaves < N_DAYS, leaves, NEVER)


def onset_hazards() -> np.ndarray:
    """Return the cumulative onset hazard at each of `ONSET_AGES`, shape (20, ages), for a factor of 1.

    The hazard that, with gamma frailty of variance v, gives the stated share ever affected P:
    H = ((1 - P)**-v - 1) / v.
    """
    ever = np.array([p.EVER[name] for name in CONDITIONS])
    v = p.FRAILTY_VARIANCE
    return ((1 - ever) ** -v - 1) / v


def onset_factors(sex: np.ndarray, ethnic: np.ndarray, decile: np.ndarray) -> np.ndarray:
    """Return the factor on each person's onset hazards, shape (people, 20), without frailty."""
    male = np.array([p.ONSET_MALE[name] for name in CONDITIONS])
    deprived = np.array([p.ONSET_DEPRIVATION[name] for name in CONDITIONS])
    group = np.array([[p.ONSET_ETHNIC.get(c, {}).get(g, 0.0) for c in CONDITIONS] for g in ETHNIC_GROUPS])
    half = np.array([-0.5, 0.5, 0.0])[sex]
    log = half[:, None] * male + ((5.5 - decile) / 9)[:, None] * deprived + group[ethnic]
    return np.exp(log)


def draw_onsets(
    rng: np.random.Generator, born: np.ndarray, sex: np.ndarray, ethnic: np.ndarray, decile: np.ndarray
) -> np.ndarray:
    """Return the day of onset of each condition, by inversion of its cumulative hazard."""
    n = len(born)
    shape = 1 / p.FRAILTY_VARIANCE
    frailty = rng.gamma(shape, 1 / shape, n)
    wanted = rng.standard_exponential((n, len(CONDITIONS)))
    wanted /= onset_factors(sex, ethnic, decile) * frailty[:, None]
    # A hair's breadth keeps the hazard increasing where it is 0, so that it can be inverted.
    hazard = onset_hazards() + np.arange(len(p.ONSET_AGES)) * 1e-12
    age = np.column_stack(
        [np.interp(wanted[:, c], hazard[c], p.ONSET_AGES, right=np.inf) for c in range(len(CONDITIONS))]
    )
    day = born[:, None] + np.where(np.isfinite(age), age, 0) * DAYS_PER_YEAR
    return np.where(np.isfinite(age), np.floor(day), NEVER).astype(np.int64)


def death_hazard(people: People, state: State) -> np.ndarray:
    """Return the planted hazard of death per year of 365.25 days, from the state at the index date."""
    d = p.DEATH
    log = d["intercept"] + d["per_year_of_age"] * np.maximum(state.age, 0)
    log = log + d["male"] * np.array([0.0, 1.0, 0.5])[people.sex] + d["infant"] * (state.age <= 0)
    log += d["most_against_least_deprived"] * (10 - people.decile) / 9
    return np.exp(log + state.has @ np.array([d["condition"].get(name, 0.0) for name in CONDITIONS]))


def hazard_before(people: People) -> np.ndarray:
    """Return the planted hazard of death that each person passed before being seen, over so many years."""
    seen = np.maximum(people.since, 0)
    passed = np.zeros(len(people))
    for year in range(-p.BURN_IN_YEARS, len(YEAR_STARTS)):
        days = np.minimum(seen, year_start(year + 1)) - np.maximum(people.born, year_start(year))
        passed += death_hazard(people, state_at(people, year)) * np.maximum(days, 0) / DAYS_PER_YEAR
    return passed


def _draw_deaths(rng: np.random.Generator, people: People) -> People:
    """End some registrations by a death, year by year."""
    until, died = people.until, people.died
    for year in range(len(YEAR_STARTS)):
        state = state_at(people, year)
        wait = rng.standard_exponential(len(people)) / death_hazard(people, state) * DAYS_PER_YEAR
        # The day of death is the last day registered, and at least the day after coming.
        day = state.start + np.floor(np.minimum(wait, N_DAYS)).astype(np.int64) + 1
        dies = ~died & (state.days > 0) & (day + 1 < np.minimum(until, year_start(year + 1) + 1))
        until, died = np.where(dies, day + 1, until), died | dies
    return replace(people, until=until, died=died)


def month_start(day: np.ndarray) -> np.ndarray:
    """Return the first day of the month of each day, counted alike."""
    first = np.datetime64(FIRST_DAY)
    return ((first + day).astype("datetime64[M]").astype("datetime64[D]") - first).astype(np.int64)
