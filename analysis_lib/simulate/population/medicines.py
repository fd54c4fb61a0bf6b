"""Draw courses of medicines: long ones that follow a condition, and short ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis_lib.simulate.population import health
from analysis_lib.simulate.population.codes import CONDITIONS, DAYS_PER_YEAR, N_DAYS
from analysis_lib.simulate.population.people import NEVER, People

SECTIONS = tuple(
    sorted({s for courses in health.MEDICINES.values() for s in courses} | set(health.SHORT_COURSES))
)


@dataclass(frozen=True)
class Courses:
    """Courses in order of person, section and start; `stop` is `NEVER` where one goes on."""

    person: np.ndarray
    section: np.ndarray
    start: np.ndarray
    stop: np.ndarray


def draw_courses(rng: np.random.Generator, people: People) -> Courses:
    """Draw the courses of a block of people, begun before their record ends."""
    parts = [
        _draw_long(rng, people, CONDITIONS.index(name), section, share)
        for name, courses in health.MEDICINES.items()
        for section, share in courses.items()
    ]
    parts += [_draw_short(rng, people, section, *about) for section, about in health.SHORT_COURSES.items()]
    person, section, start, stop = (np.concatenate(column) for column in zip(*parts, strict=True))
    ends = np.minimum(people.until, N_DAYS)[person]
    keep = start < ends
    person, section, start = person[keep], section[keep], start[keep]
    stop = np.where(stop[keep] < ends[keep], stop[keep], NEVER)
    order = np.lexsort((start, section, person))
    return Courses(person[order], section[order], start[order], stop[order])


def _draw_long(
    rng: np.random.Generator, people: People, condition: int, section: str, share: float
) -> tuple[np.ndarray, ...]:
    """Return the courses of one section that follow the onset of one condition."""
    onset = people.onset[:, condition]
    person = np.flatnonzero((onset < N_DAYS) & (rng.random(len(people)) < share))
    n = len(person)
    start = onset[person] + np.floor(rng.exponential(health.STARTS_AFTER_DAYS, n)).astype(np.int64)
    lasts = 1 + np.floor(rng.exponential(health.LAPSE_AFTER_DAYS, n)).astype(np.int64)
    stop = np.where(rng.random(n) < health.LAPSE_SHARE, start + lasts, NEVER)
    return person, np.full(n, SECTIONS.index(section)), start, stop


def _draw_short(
    rng: np.random.Generator, people: People, section: str, per_year: float, days: int
) -> tuple[np.ndarray, ...]:
    """Return short courses at a rate that is the same for everybody, while registered.

    Those that last into the study begin before it.
    """
    first = np.maximum(people.since, -days)
    at_risk = np.maximum(np.minimum(people.until, N_DAYS) - first, 0)
    person = np.repeat(np.arange(len(people)), rng.poisson(per_year * at_risk / DAYS_PER_YEAR))
    start = first[person] + np.floor(rng.random(len(person)) * at_risk[person]).astype(np.int64)
    return person, np.full(len(person), SECTIONS.index(section)), start, start + days
