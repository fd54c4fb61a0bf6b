"""Draw contacts: how many each person has in a year and setting, when, whether attended, and at what cost.

Numbers first, dates second. A year's number in a setting is Poisson, with the planted rate times a gamma
effect of the person: NB2 over any window of time at risk that begins at the index date. Season, weekday,
bank holidays and the days after an admission only say when in the year those contacts fall.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import holidays
import numpy as np

from analysis_lib.simulate.population import health, rates
from analysis_lib.simulate.population.codes import (
    ADMITTED,
    AGE_BANDS,
    BOOKED,
    CONDITIONS,
    DAYS,
    DAYS_PER_YEAR,
    N_DAYS,
    SETTINGS,
    SEXES,
    YEAR_STARTS,
)
from analysis_lib.simulate.population.people import People, State, state_at
from analysis_lib.simulate.population.world import World

EMERGENCY = SETTINGS.index("emergency")
NOT_BOOKED = -1


@dataclass(frozen=True)
class Contacts:
    """Contacts in order of person, date and setting; positions among the codes, -1 for none."""

    person: np.ndarray
    day: np.ndarray
    setting: np.ndarray
    attended: np.ndarray
    length: np.ndarray
    cost: np.ndarray


def day_weights() -> np.ndarray:
    """Return the weight of each day in each setting, shape (settings, days): season, weekday, holidays."""
    closed = holidays.country_holidays("GB", subdiv="ENG", years=range(DAYS[0].year, DAYS[-1].year + 1))
    month = np.array([day.month - 1 for day in DAYS])
    weekday = np.array([day.weekday() for day in DAYS])
    shut = np.array([day in closed for day in DAYS])
    rows = []
    for n, setting in enumerate(SETTINGS):
        weight = np.array(rates.SEASON[n])[month] * np.array(rates.WEEKDAY[n])[weekday]
        if setting not in rates.OPEN_ALL_WEEK:
            weight = np.where(shut, rates.HOLIDAY_CLOSED, weight)
        rows.append(weight)
    return np.array(rows)


def log_rates(people: People, state: State, year: int, world: World) -> np.ndarray:
    """Return the planted log-rate of each person and setting, shape (people, 11); -inf where not eligible."""
    eta = np.array(rates.INTERCEPT) + world.year[year] + np.array(rates.AGE)[state.band]
    eta += np.array(rates.SEX)[people.sex] + np.array(rates.ETHNIC)[people.ethnic]
    shape = np.array(rates.DEPRIVATION_SHAPE)[people.decile - 1]
    eta += np.multiply.outer(shape, rates.DEPRIVATION) + world.places.effect[people.msoa]
    for n, name in enumerate(CONDITIONS):
        eta[state.has[:, n]] += np.array(rates.CONDITION[name])
    for term in world.interactions:
        eta[holds(term["when"], people, state), SETTINGS.index(term["setting"])] += term["log_rate"]
    for setting, when in rates.ELIGIBLE.items():
        eta[~holds(when, people, state), SETTINGS.index(setting)] = -np.inf
    return eta


def holds(when: dict[str, tuple], people: People, state: State) -> np.ndarray:
    """Return for whom all parts of a stated condition hold."""
    found = np.ones(len(people), dtype=bool)
    for name in when.get("conditions", ()):
        found &= state.has[:, CONDITIONS.index(name)]
    if "sex" in when:
        found &= np.isin(people.sex, [SEXES.index(s) for s in when["sex"]])
    if "age_band" in when:
        found &= np.isin(state.band, [AGE_BANDS.index(b) for b in when["age_band"]])
    if "imd_decile" in when:
        found &= np.isin(people.decile, when["imd_decile"])
    return found


def _gamma_sums(rng: np.random.Generator, n: int, shape: np.ndarray) -> np.ndarray:
    """Return one gamma process per person, read at each setting's shape: (n, settings)."""
    order = np.argsort(shape, kind="stable")
    steps = np.diff(shape[order], prepend=0.0)
    # A gamma variable of shape 0 is 0.
    grown = np.cumsum(rng.standard_gamma(steps, (n, len(shape))), axis=1)
    return grown[:, np.argsort(order, kind="stable")]


def person_effects(rng: np.random.Generator, n: int) -> Iterator[np.ndarray]:
    """Yield each year's effect of each person on each setting, shape (n, 11).

    Gamma variables add up: shared part (all settings, all years), part kept by the setting over the years,
    part of the year. So each effect is gamma with mean 1 and variance ALPHA exactly, settings are correlated
    through the shared part, and years through the first two.
    """
    shape = 1 / np.array(rates.ALPHA)
    shared, kept = np.array(rates.SHARED), np.array(rates.KEPT)
    lasting = _gamma_sums(rng, n, shared * shape) + rng.standard_gamma(kept * shape, (n, len(shape)))
    for _ in YEAR_STARTS:
        yield (lasting + rng.standard_gamma((1 - shared - kept) * shape, (n, len(shape)))) / shape


def draw_numbers(
    rng: np.random.Generator, people: People, world: World
) -> Iterator[tuple[State, np.ndarray]]:
    """Yield each year's state and numbers of contacts, shape (people, settings)."""
    for year, person_effect in enumerate(person_effects(rng, len(people))):
        state = state_at(people, year)
        mean = np.exp(log_rates(people, state, year, world)) * person_effect
        yield state, rng.poisson(mean * (state.days / DAYS_PER_YEAR)[:, None])


def draw_contacts(rng: np.random.Generator, people: People, world: World) -> Contacts:
    """Draw the contacts of a block of people over all years.

    Parameters
    ----------
    rng : Generator
    people : People
    world : World
        What is planted.
    """
    # Cumulative weight before each day, a row for each setting.
    before = np.concatenate([np.zeros((len(SETTINGS), 1)), np.cumsum(day_weights(), axis=1)], axis=1)
    parts = []
    for state, number in draw_numbers(rng, people, world):
        parts.append(_draw_year(rng, people, state, number, before))
    joined = [np.concatenate(columns) for columns in zip(*parts, strict=True)]
    order = np.lexsort((joined[2], joined[1], joined[0]))
    return Contacts(*(column[order] for column in joined))


def _draw_year(
    rng: np.random.Generator, people: People, state: State, number: np.ndarray, before: np.ndarray
) -> list[np.ndarray]:
    """Return the columns of one year's contacts. Emergency admissions come first: others follow them."""
    columns: list[list[np.ndarray]] = [[] for _ in range(6)]
    admitted = Admissions.none(len(people))
    for s in (EMERGENCY, *(n for n in range(len(SETTINGS)) if n != EMERGENCY)):
        person = np.repeat(np.arange(len(people)), number[:, s])
        day = draw_days(rng, before[s], state.start[person], state.stop[person])
        length = _draw_length(rng, s, state.band[person], day, people.until[person])
        if s == EMERGENCY:
            moved = _after_another(person, rng)
            admitted = Admissions.of(person[~moved], (day + length)[~moved], len(people))
            day[moved] = _follow(rng, before[s], person[moved], day[moved], state, admitted, 1.0)
            # A readmission may come later in the year than its first date: the stay still ends in time.
            length = np.minimum(length, _room(people.until[person], day))
        elif rates.AFTER_ADMISSION[s]:
            day = _follow(rng, before[s], person, day, state, admitted, rates.AFTER_ADMISSION[s])
        attended = _draw_attended(rng, s, people, state, person)
        cost = _cost(s, attended, length)
        for column, values in zip(
            columns, (person, day, np.full(len(day), s), attended, length, cost), strict=True
        ):
            column.append(values)
    return [np.concatenate(column) for column in columns]


def draw_days(
    rng: np.random.Generator, before: np.ndarray, start: np.ndarray, stop: np.ndarray
) -> np.ndarray:
    """Return a day in each [start, stop), by the weights of the days (their cumulative sum is `before`)."""
    low, high = before[start], before[stop]
    day = np.searchsorted(before, low + (high - low) * rng.random(len(start)), side="right") - 1
    return np.clip(day, start, stop - 1)


@dataclass(frozen=True)
class Admissions:
    """The days on which people left hospital, in order of person: `ends[first[i]:first[i + 1]]`."""

    first: np.ndarray
    ends: np.ndarray

    @classmethod
    def none(cls, n: int) -> Admissions:
        """Return no admissions of `n` people."""
        return cls(np.zeros(n + 1, dtype=np.int64), np.zeros(0, dtype=np.int64))

    @classmethod
    def of(cls, person: np.ndarray, ends: np.ndarray, n: int) -> Admissions:
        """Return the admissions of `n` people; `person` is in order."""
        return cls(np.searchsorted(person, np.arange(n + 1)), ends)


def _after_another(person: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return which admissions are to follow another one: never a person's first."""
    later = np.diff(person, prepend=-1) == 0
    return later & (rng.random(len(person)) < rates.AFTER_ADMISSION[EMERGENCY])


def _follow(
    rng: np.random.Generator,
    before: np.ndarray,
    person: np.ndarray,
    day: np.ndarray,
    state: State,
    admitted: Admissions,
    share: float,
) -> np.ndarray:
    """Move a share of contacts to the 30 days after one of the same person's admissions of the year.

    A contact stays where it is if the person has no admission, or no day at risk is left after it.
    """
    n = admitted.first[person + 1] - admitted.first[person]
    chosen = np.flatnonzero((n > 0) & (rng.random(len(person)) < share))
    one = admitted.first[person[chosen]] + np.floor(rng.random(len(chosen)) * n[chosen]).astype(np.int64)
    start = admitted.ends[one] + 1
    stop = np.minimum(start + rates.AFTER_ADMISSION_DAYS, state.stop[person[chosen]])
    open_ = start < stop
    moved = day.copy()
    moved[chosen[open_]] = draw_days(rng, before, start[open_], stop[open_])
    return moved


def _room(until: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Return the most nights that fit between a day and the last day registered or studied."""
    return np.minimum(until, N_DAYS) - 1 - day


def _draw_length(
    rng: np.random.Generator, s: int, band: np.ndarray, day: np.ndarray, until: np.ndarray
) -> np.ndarray:
    """Return nights in hospital; -1 in settings that admit nobody."""
    if SETTINGS[s] not in ADMITTED:
        return np.full(len(day), -1, dtype=np.int64)
    stay = health.STAY[SETTINGS[s]]
    nights = np.ceil(np.exp(rng.normal(np.array(stay["log_mean"])[band], stay["log_sd"])))
    nights = np.where(rng.random(len(day)) < np.array(stay["none"])[band], 0, nights).astype(np.int64)
    return np.minimum(np.minimum(nights, health.STAY["most"]), _room(until, day))


def dna_logit(people: People, state: State, setting: str) -> np.ndarray:
    """Return the planted log-odds of each person not attending a booked contact of known outcome."""
    d = health.DNA_LOGIT
    logit = d["intercept"][setting] + np.array(d["age_band"])[state.band] + np.array(d["sex"])[people.sex]
    logit += np.array(d["ethnic_group"])[people.ethnic]
    logit += d["most_against_least_deprived"] * np.array(rates.DEPRIVATION_SHAPE)[people.decile - 1]
    for name, value in d["condition"].items():
        logit[state.has[:, CONDITIONS.index(name)]] += value
    return logit


def _draw_attended(
    rng: np.random.Generator, s: int, people: People, state: State, person: np.ndarray
) -> np.ndarray:
    """Return 0 yes, 1 DNA, 2 unknown (whatever happened), -1 where nothing is booked."""
    setting = SETTINGS[s]
    if setting not in BOOKED:
        return np.full(len(person), NOT_BOOKED, dtype=np.int64)
    missed = rng.random(len(person)) < (1 / (1 + np.exp(-dna_logit(people, state, setting))))[person]
    unknown = rng.random(len(person)) < health.UNKNOWN_SHARE[setting]
    return np.where(unknown, 2, missed.astype(np.int64))


def _cost(s: int, attended: np.ndarray, length: np.ndarray) -> np.ndarray:
    """Return the unit cost in pounds: nothing where somebody did not attend, and more for each night."""
    setting = SETTINGS[s]
    nights = np.maximum(length, 0) * health.COST_PER_NIGHT_GBP.get(setting, 0)
    return np.where(attended == 1, 0, health.COST_GBP[setting] + nights).astype(np.float64)
