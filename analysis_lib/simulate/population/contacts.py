"""Draw contacts: how many each person has in a year and setting, when, whether attended, and at what cost.

Numbers first, dates second. A year's number in a setting is Poisson, with the planted rate times a gamma
effect of the person: NB2 over any window of time at risk that begins at the index date. Season, weekday,
bank holidays, the days after an admission and what follows what (`sequences`) only say when in the year
those contacts fall.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import holidays
import numpy as np

from analysis_lib.simulate.population import health, rates, sequences
from analysis_lib.simulate.population.codes import (
    ADMITTED,
    AGE_BANDS,
    BOOKED,
    CONDITIONS,
    DAYS,
    DAYS_PER_YEAR,
    SETTINGS,
    SEXES,
    YEAR_STARTS,
)
from analysis_lib.simulate.population.people import People, State, state_at
from analysis_lib.simulate.population.sequences import (
    AE,
    AMBULANCE,
    EMERGENCY,
    N_YEARS,
    NHS111,
    Brought,
    Calendar,
    Links,
    Stays,
    days_before,
    draw_outside,
)
from analysis_lib.simulate.population.world import World
from analysis_lib.simulate.scenario import Order

GP, OUTPATIENT, ELECTIVE, MENTAL_HEALTH = (
    SETTINGS.index(s) for s in ("gp", "outpatient", "elective", "mental_health")
)
NOT_BOOKED = -1
MOST_DEPRIVED = 2  # deciles up to this one are the most deprived fifth


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


@dataclass(frozen=True)
class Year:
    """A year's numbers of contacts, shape (people, settings), and which of them others brought."""

    state: State
    number: np.ndarray
    brought: Brought


def draw_numbers(rng: np.random.Generator, people: People, world: World) -> Iterator[Year]:
    """Yield the numbers of contacts of each year."""
    for year, person_effect in enumerate(person_effects(rng, len(people))):
        state = state_at(people, year)
        mean = np.exp(log_rates(people, state, year, world)) * person_effect
        mean *= (state.days / DAYS_PER_YEAR)[:, None]
        yield Year(state, *sequences.draw_brought(rng, mean, people.decile, world.scenario.order))


def draw_contacts(rng: np.random.Generator, people: People, world: World) -> Contacts:
    """Draw the contacts of a block of people over all years.

    Parameters
    ----------
    rng : Generator
    people : People
    world : World
        What is planted.
    """
    order = world.scenario.order
    years = list(draw_numbers(rng, people, world))
    states = [year.state for year in years]
    number = np.stack([year.number for year in years], axis=1).reshape(-1, len(SETTINGS))
    links = sequences.Links.of(number, [year.brought for year in years])
    cell = [np.repeat(np.arange(len(number)), n) for n in number.T]
    calendar = Calendar.of(people, states, day_weights(), order)

    missed = {s: _missed_chance(people, states, SETTINGS[s]) for s in map(SETTINGS.index, BOOKED)}
    attended = [_draw_attended(rng, s, missed.get(s), cell[s]) for s in range(len(SETTINGS))]
    band = np.column_stack([state.band for state in states]).ravel()
    length = [draw_length(rng, s, band[cell[s]]) for s in range(len(SETTINGS))]
    day = _draw_days(rng, calendar, cell, length, attended, links, people, missed[GP], order)

    kept = [np.ones(len(of), dtype=bool) for of in cell]
    stays_home = rng.random(len(links.by_nhs111)) >= order.nhs111_sent
    kept[AE][links.by_nhs111[stays_home]] = False
    kept[EMERGENCY][links.emergency[~kept[AE][links.ae]]] = False
    columns = [
        (cell[s] // N_YEARS, day[s], np.full(len(day[s]), s), attended[s], length[s])
        + (cost_gbp(s, attended[s], length[s]),)
        for s in range(len(SETTINGS))
    ]
    joined = [
        np.concatenate([of[rows] for of, rows in zip(column, kept, strict=True)])
        for column in zip(*columns, strict=True)
    ]
    by = np.lexsort((joined[2], joined[1], joined[0]))
    return Contacts(*(column[by] for column in joined))


def _draw_days(
    rng: np.random.Generator,
    calendar: Calendar,
    cell: list[np.ndarray],
    length: list[np.ndarray],
    attended: list[np.ndarray],
    links: Links,
    people: People,
    missed: np.ndarray,
    order: Order,
) -> list[np.ndarray]:
    """Return the days of contacts, by setting; stays are cut to fit, and some attendance is swapped."""
    person = [of // N_YEARS for of in cell]
    n_cells = len(calendar.start)
    day: list[np.ndarray] = [np.zeros(len(of), dtype=np.int64) for of in cell]
    day[EMERGENCY], length[EMERGENCY] = sequences.draw_admissions(
        rng, calendar, cell[EMERGENCY], length[EMERGENCY], order
    )
    admitted = Admissions.of(cell[EMERGENCY], day[EMERGENCY] + length[EMERGENCY], n_cells)
    in_bed = Stays.of(person[EMERGENCY], day[EMERGENCY], length[EMERGENCY])
    outside = in_bed if order.stays_apart else Stays.none()
    for s in range(len(SETTINGS)):
        if s == EMERGENCY:
            continue
        day[s] = calendar.draw(rng, s, cell[s])
        if rates.AFTER_ADMISSION[s] and order.after_admission:
            day[s] = _follow(rng, calendar, s, cell[s], day[s], admitted)
        if SETTINGS[s] not in ADMITTED:
            day[s] = draw_outside(rng, calendar, s, cell[s], day[s], outside)

    # What brought an admission or an attendance is dated by it.
    for s, origin, of, brought, share in (
        (AE, links.ae, EMERGENCY, links.emergency, rates.AE_DAY_BEFORE),
        (AMBULANCE, links.ambulance, AE, links.by_ambulance, 0.0),
        (NHS111, links.nhs111, AE, links.by_nhs111, rates.NHS111_DAY_BEFORE),
    ):
        day[s][origin] = days_before(rng, calendar, cell[s][origin], day[of][brought], share, outside)

    attended[GP] = sequences.miss_follow_ups(
        rng, cell[GP], day[GP], attended[GP], missed, in_bed.plain(), order
    )
    wait = order.gp_wait * np.where(people.decile <= MOST_DEPRIVED, order.deprived_wait, 1.0)
    for s, to, share, median in (
        (GP, OUTPATIENT, order.gp_to_outpatient, wait),
        (OUTPATIENT, ELECTIVE, order.outpatient_to_elective, np.full(len(people), order.outpatient_wait)),
    ):
        rows = np.flatnonzero((attended[s] != 1) & (rng.random(len(cell[s])) < share))
        number = np.bincount(cell[to], minlength=n_cells)
        followed, then = sequences.lead_on(
            rng, calendar, cell[s][rows], day[s][rows], median[person[s][rows]], number, in_bed,
            order.wait_log_sd,
        )  # fmt: skip
        day[to][followed] = then

    day[ELECTIVE], length[ELECTIVE] = sequences.draw_apart(
        rng, calendar, ELECTIVE, cell[ELECTIVE], day[ELECTIVE], length[ELECTIVE], in_bed
    )
    both = [np.concatenate([of[s] for s in (EMERGENCY, ELECTIVE)]) for of in (person, day, length)]
    all_stays = Stays.of(*both)
    if order.stays_apart:
        for s, name in enumerate(SETTINGS):
            if name not in ADMITTED:
                day[s] = draw_outside(rng, calendar, s, cell[s], day[s], all_stays)

    if order.mental_health_to_ae != 1:
        seen = np.sum(
            [np.bincount(cell[s][attended[s] != 1], minlength=n_cells) for s in range(len(cell))], 0
        )
        # The level of a year is the year before's; nobody has one in the first.
        many = np.append(0, seen[:-1]) >= order.mental_health_from
        many[::N_YEARS] = False
        rows = many[cell[AE]]
        attendances = cell[AE][rows], day[AE][rows]
        day[MENTAL_HEALTH] = sequences.put_before(
            rng, calendar, cell[MENTAL_HEALTH], day[MENTAL_HEALTH], attendances, all_stays, order
        )
    return day


@dataclass(frozen=True)
class Admissions:
    """The days on which people left hospital, in order of cell: `ends[first[i]:first[i + 1]]`."""

    first: np.ndarray
    ends: np.ndarray

    @classmethod
    def of(cls, cell: np.ndarray, ends: np.ndarray, n: int) -> Admissions:
        """Return the admissions of `n` cells; `cell` is in order."""
        return cls(np.searchsorted(cell, np.arange(n + 1)), ends)


def _follow(
    rng: np.random.Generator,
    calendar: Calendar,
    s: int,
    cell: np.ndarray,
    day: np.ndarray,
    admitted: Admissions,
) -> np.ndarray:
    """Move a share of contacts to the 30 days after one of the same person's admissions of the year.

    A contact stays where it is if the person has no admission, or no day at risk is left after it.
    """
    n = admitted.first[cell + 1] - admitted.first[cell]
    chosen = np.flatnonzero(n)
    chosen = chosen[rng.random(len(chosen)) < rates.AFTER_ADMISSION[s]]
    one = admitted.first[cell[chosen]] + np.floor(rng.random(len(chosen)) * n[chosen]).astype(np.int64)
    start = admitted.ends[one] + 1
    stop = np.minimum(start + rates.AFTER_ADMISSION_DAYS, calendar.stop[cell[chosen]])
    open_ = start < stop
    moved = day.copy()
    moved[chosen[open_]] = draw_days(rng, calendar.before[s], start[open_], stop[open_])
    return moved


def draw_days(
    rng: np.random.Generator, before: np.ndarray, start: np.ndarray, stop: np.ndarray
) -> np.ndarray:
    """Return a day in each [start, stop), by the weights of the days (their cumulative sum is `before`)."""
    low, high = before[start], before[stop]
    day = np.searchsorted(before, low + (high - low) * rng.random(len(start)), side="right") - 1
    return np.clip(day, start, stop - 1)


def draw_length(rng: np.random.Generator, s: int, band: np.ndarray) -> np.ndarray:
    """Return nights in hospital, whether or not they fit; -1 in settings that admit nobody."""
    if SETTINGS[s] not in ADMITTED:
        return np.full(len(band), -1, dtype=np.int64)
    stay = health.STAY[SETTINGS[s]]
    nights = np.ceil(np.exp(rng.normal(np.array(stay["log_mean"])[band], stay["log_sd"])))
    nights = np.where(rng.random(len(band)) < np.array(stay["none"])[band], 0, nights).astype(np.int64)
    return np.minimum(nights, health.STAY["most"])


def dna_logit(people: People, state: State, setting: str) -> np.ndarray:
    """Return the planted log-odds of each person not attending a booked contact of known outcome."""
    d = health.DNA_LOGIT
    logit = d["intercept"][setting] + np.array(d["age_band"])[state.band] + np.array(d["sex"])[people.sex]
    logit += np.array(d["ethnic_group"])[people.ethnic]
    logit += d["most_against_least_deprived"] * np.array(rates.DEPRIVATION_SHAPE)[people.decile - 1]
    for name, value in d["condition"].items():
        logit[state.has[:, CONDITIONS.index(name)]] += value
    return logit


def _missed_chance(people: People, states: list[State], setting: str) -> np.ndarray:
    """Return each cell's chance that a booked contact of known outcome was missed."""
    logit = np.column_stack([dna_logit(people, state, setting) for state in states]).ravel()
    return 1 / (1 + np.exp(-logit))


def _draw_attended(
    rng: np.random.Generator, s: int, chance: np.ndarray | None, cell: np.ndarray
) -> np.ndarray:
    """Return 0 yes, 1 DNA, 2 unknown (whatever happened), -1 where nothing is booked."""
    if chance is None:
        return np.full(len(cell), NOT_BOOKED, dtype=np.int64)
    missed = rng.random(len(cell)) < chance[cell]
    unknown = rng.random(len(cell)) < health.UNKNOWN_SHARE[SETTINGS[s]]
    return np.where(unknown, 2, missed.astype(np.int64))


def cost_gbp(s: int, attended: np.ndarray, length: np.ndarray) -> np.ndarray:
    """Return the unit cost in pounds: nothing where somebody did not attend, and more for each night."""
    setting = SETTINGS[s]
    nights = np.maximum(length, 0) * health.COST_PER_NIGHT_GBP.get(setting, 0)
    return np.where(attended == 1, 0, health.COST_GBP[setting] + nights).astype(np.float64)
