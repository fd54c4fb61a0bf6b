"""Courses of chemicals: those of the population's sections, and planted pairs with their decoys."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from analysis_lib.simulate.population.codes import CONDITIONS, EPOCH, N_DAYS
from analysis_lib.simulate.population.medicines import SECTIONS
from analysis_lib.simulate.population.read import NEVER, Ints, Marks, days_since_1970, find_places
from analysis_lib.simulate.prescribing.chemicals import ADDED, CODES, SHARES, SHORT, SHORT_DAYS, starting
from analysis_lib.simulate.prescribing.patterns import (
    FRAILTY_ONLY,
    FRAILTY_SHARE,
    LOOK_BACK,
    PATTERNS,
    SHARING,
    Courses,
    Event,
    Pattern,
    Planting,
)
from analysis_lib.simulate.prescribing.people import INDEX_DAY, People, frailty

FIRST = INDEX_DAY - LOOK_BACK  # first day on which a planted event may be
EXPOSED, REVERSED, OTHER_GAP = range(3)  # what a planted person bears; as many bear each
LONG_BEFORE = (60, 900)  # days before `FIRST` on which a course begins that is to be current later
MOST_PLANTED = 0.9  # of those whom a planting may be given to


def draw_courses(rng: np.random.Generator, people: People, medicine: pa.Table) -> Courses:
    """Draw the courses of all people.

    Parameters
    ----------
    rng : numpy.random.Generator
    people : People
    medicine : pyarrow.Table
        The population's courses of sections, which get a chemical each.
    """
    own = _drop_overlaps(_name_chemicals(rng, people, medicine))
    planted = []
    taken = np.zeros(len(people), bool)
    for name, pattern in reversed(PATTERNS.items()):  # P1, which many may bear, last of those that share
        if not pattern.plantings:
            continue
        person, kind = _choose(rng, people, pattern, taken & (name in SHARING))
        taken[person] |= name in SHARING
        events = [event for event in (pattern.first, pattern.then, pattern.together) if event]
        own = _without(own, person, tuple(p for event in events for p in event.prefixes))
        planted.append(_plant(rng, pattern, person, kind))
    for pair in FRAILTY_ONLY.values():
        person = _choose_frail(rng, people)
        day = rng.integers(FIRST, INDEX_DAY - pair.days[1], len(person))
        own = _without(own, person, (pair.first, pair.then))
        for chemical in (pair.first, pair.then):
            code = np.full_like(person, CODES.index(chemical))
            planted.append(Courses(person, code, day, _ends(rng, code, day)))
            day = day + rng.integers(pair.days[0], pair.days[1] + 1, len(person))
    courses = _end_with_record(people, Courses.join([own, *planted]))
    return courses.take(np.lexsort((courses.start, courses.code, courses.person)))


def _name_chemicals(rng: np.random.Generator, people: People, medicine: pa.Table) -> Courses:
    """Return the population's courses, with a chemical each, and those of sections that it does not hold."""
    section = find_places(pd.Index(SECTIONS), medicine["bnf_section"], "medicine")
    u = rng.random(len(section))
    code = np.zeros(len(section), np.int64)
    for n, name in enumerate(SECTIONS):
        rows = np.flatnonzero(section == n)
        places = np.array([CODES.index(c) for c in SHARES[name]])
        upto = np.cumsum(list(SHARES[name].values()))
        code[rows] = places[np.minimum(np.searchsorted(upto, u[rows], side="right"), len(places) - 1)]
    parts = [
        Courses(
            find_places(pd.Index(people.ids), medicine["person_id"], "medicine"),
            code,
            days_since_1970(medicine["start_date"]),
            days_since_1970(medicine["stop_date"]),
        )
    ]
    for chemical, (condition, share) in ADDED.items():
        onset = people.onset[:, CONDITIONS.index(condition)]
        person = np.flatnonzero((onset < NEVER) & (rng.random(len(people)) < share))
        start = onset[person] + rng.integers(0, 180, len(person))
        place = np.full_like(person, CODES.index(chemical))
        parts.append(Courses(person, place, start, np.full_like(person, NEVER)))
    return Courses.join(parts)


def _drop_overlaps(courses: Courses) -> Courses:
    """Leave out the courses of a chemical that begin before an earlier one of the same person ended."""
    order = np.lexsort((courses.start, courses.code, courses.person))
    sorted_ = courses.take(order)
    group = sorted_.person * len(CODES) + sorted_.code
    latest = pd.Series(sorted_.stop).groupby(group).cummax().groupby(group).shift(fill_value=-NEVER)
    return sorted_.take(sorted_.start > latest.to_numpy())


def _end_with_record(people: People, courses: Courses) -> Courses:
    """Leave out courses that begin when the record has ended, and ends that it does not reach."""
    last = np.minimum(people.until, EPOCH + N_DAYS - 1)[courses.person]
    kept = courses.take(courses.start <= last)
    last = last[courses.start <= last]
    return Courses(kept.person, kept.code, kept.start, np.where(kept.stop <= last, kept.stop, NEVER))


def _without(courses: Courses, person: Ints, prefixes: tuple[str, ...]) -> Courses:
    """Leave out these people's courses of some chemicals that reach into the time of planted ones."""
    gone = np.isin(courses.person, person) & np.isin(courses.code, starting(*prefixes))
    return courses.take(~(gone & (courses.stop >= FIRST - LONG_BEFORE[1])))


def _choose(rng: np.random.Generator, people: People, pattern: Pattern, taken: Marks) -> tuple[Ints, Ints]:
    """Return who bears a pattern or a decoy, by what is known a year before the index date, and which."""
    chosen = [_draw_share(rng, people, _pool(people, of) & ~taken, of.share * 3) for of in pattern.plantings]
    kinds = [rng.permutation(len(person)) % 3 for person in chosen]
    return np.concatenate(chosen), np.concatenate(kinds)


def _pool(people: People, of: Planting) -> Marks:
    age = people.age(FIRST)
    found = people.adults(FIRST) & (age >= of.ages[0]) & (age <= of.ages[1])
    if of.any_of:
        found &= people.has(of.any_of, FIRST)
    return found & ~people.has(of.none_of, FIRST) if of.none_of else found


def _draw_share(
    rng: np.random.Generator, people: People, pool: Marks, share: float, weight: np.ndarray | None = None
) -> Ints:
    """Return people of a pool, by weight, so many that they are a share of adults."""
    odds = pool * (np.ones(len(people)) if weight is None else weight)
    wanted = share * people.adults(INDEX_DAY).sum() / max(odds.sum(), 1e-9)
    return np.flatnonzero(rng.random(len(people)) < np.minimum(odds * wanted, MOST_PLANTED))


def _choose_frail(rng: np.random.Generator, people: People) -> Ints:
    return _draw_share(rng, people, people.adults(FIRST), FRAILTY_SHARE, np.exp(frailty(people, FIRST)))


def _plant(rng: np.random.Generator, pattern: Pattern, person: Ints, kind: Ints) -> Courses:
    """Return the courses of a pattern's bearers and decoys: both events once, about a day drawn alike."""
    n, half = len(person), (max(*pattern.other_gap, *(pattern.planted_days or pattern.days)) + 1) // 2
    low, high = pattern.planted_days or pattern.days
    gap = rng.integers(low, high + 1, n)
    gap = np.where(kind == OTHER_GAP, rng.integers(pattern.other_gap[0], pattern.other_gap[1] + 1, n), gap)
    early = rng.integers(FIRST + half, INDEX_DAY - half, n) - gap // 2
    late = early + gap
    days = [np.where(kind == REVERSED, late, early), np.where(kind == REVERSED, early, late)]
    parts = [_course(rng, *both, person) for both in zip((pattern.first, pattern.then), days, strict=True)]
    if pattern.together:
        start = FIRST - rng.integers(*LONG_BEFORE, n)
        code = _pick(rng, pattern.together.planted, n)
        parts.append(Courses(person, code, start, np.full(n, NEVER)))
    return Courses.join(parts)


def _course(rng: np.random.Generator, event: Event, day: Ints, person: Ints) -> Courses:
    """Return a course of each person that begins, or ends, on a day."""
    code = _pick(rng, event.planted, len(person))
    if event.what == "stop":
        return Courses(person, code, FIRST - rng.integers(*LONG_BEFORE, len(person)), day)
    return Courses(person, code, day, _ends(rng, code, day))


def _pick(rng: np.random.Generator, codes: tuple[str, ...], n: int) -> Ints:
    return np.array([CODES.index(code) for code in codes])[rng.integers(0, len(codes), n)]


def _ends(rng: np.random.Generator, code: Ints, day: Ints) -> Ints:
    """Return the last day of planted courses: that of a short one, or none."""
    last = day + rng.integers(SHORT_DAYS[0] - 1, SHORT_DAYS[1], len(day))
    return np.where(np.isin(code, starting(*SHORT)), last, NEVER)
