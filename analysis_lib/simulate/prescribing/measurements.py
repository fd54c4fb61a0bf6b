"""Test results of adults: who is measured, how often, and what is found. They say nothing of any outcome.

Levels are chosen, of the size that adults in primary care have; none is estimated from anybody's records.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from analysis_lib.simulate.population.codes import CONDITIONS, EPOCH, MALE, N_DAYS
from analysis_lib.simulate.population.read import NEVER, Ints
from analysis_lib.simulate.prescribing.patterns import Courses
from analysis_lib.simulate.prescribing.people import ADULT, People

MONITORED = 0.8  # of those who are to be measured; the others never are
MISSED = 0.25  # of the tests of those who are
FROM_AGE = 40  # levels change with age from here on


@dataclass(frozen=True)
class Measure:
    """A measure: unit, range of values, level, and who is measured.

    Attributes
    ----------
    unit : str
    low, high, digits : float, float, int
        Values are cut to this range and rounded.
    level, per_year, male : float
        Mean of women up to `FROM_AGE`; what each year after it adds, and being a man.
    between, within : float
        Standard deviations of people's levels and of a person's values.
    every : int
        Days from one test to the next.
    conditions, prefixes : tuple of str
        To be measured from an onset of these, or from a first course of these chemicals.
    others : float
        Share of all other adults that is measured, too.
    adds : dict of str to float
        What conditions add.
    """

    unit: str
    low: float
    high: float
    digits: int
    level: float
    per_year: float
    male: float
    between: float
    within: float
    every: int
    conditions: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    others: float = 0.0
    adds: dict[str, float] = field(default_factory=dict)


RENAL = ("hypertension", "diabetes", "chronic_kidney_disease", "heart_failure")
RENAL_DRUGS = ("0202", "0205", "0208020", "0402030K0")
MEASURES = {
    "egfr": Measure(
        "mL/min/1.73 m²", 6, 120, 0, 98, -0.7, 0, 9, 4, 365,
        RENAL, RENAL_DRUGS, 0.2, {"chronic_kidney_disease": -28},
    ),
    "potassium": Measure(
        "mmol/L", 2.8, 6.4, 1, 4.3, 0.002, 0, 0.25, 0.2, 365,
        RENAL, RENAL_DRUGS, 0.2, {"chronic_kidney_disease": 0.3},
    ),
    "inr": Measure("ratio", 0.9, 7, 1, 2.5, 0, 0, 0.3, 0.5, 42, (), ("0208020V0",)),
    "haemoglobin": Measure(
        "g/L", 65, 185, 0, 132, -0.15, 14, 8, 4, 120,
        ("cancer", "chronic_kidney_disease"), ("1001030U0", "0208020"), 0.1, {"chronic_kidney_disease": -10},
    ),
    "alt": Measure("U/L", 5, 180, 0, 23, 0, 6, 8, 4, 120, (), ("1001030U0", "0203020D0", "0212"), 0.1),
    "tsh": Measure(
        "mU/L", 0.1, 15, 1, 2, 0.01, 0, 0.7, 0.4, 180, (), ("0203020D0", "0402030K0", "0602010V0"), 0.05,
    ),
    "lithium": Measure("mmol/L", 0.2, 1.5, 2, 0.65, 0, 0, 0.1, 0.1, 84, (), ("0402030K0",)),
    "systolic_bp": Measure(
        "mmHg", 88, 205, 0, 120, 0.3, 5, 9, 8, 365,
        RENAL, ("0202", "0204", "0205", "0206"), 0.3, {"hypertension": 12},
    ),
    "weight": Measure(
        "kg", 38, 170, 1, 72, -0.1, 13, 13, 1.5, 365,
        ("diabetes", "heart_failure"), (), 0.25, {"diabetes": 8},
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Results:
    """Test results: person, day, place among `MEASURES`, and value."""

    person: Ints
    day: Ints
    measure: Ints
    value: np.ndarray


def draw_measurements(rng: np.random.Generator, people: People, courses: Courses) -> Results:
    """Draw the test results of all adults in the study's days while they are registered.

    Results are in order of person, day and measure.
    """
    parts = [_draw_one(rng, people, courses, n, of) for n, of in enumerate(MEASURES.values())]
    person, day, measure, value = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((measure, day, person))
    return Results(person[order], day[order], measure[order], value[order])


def _draw_one(
    rng: np.random.Generator, people: People, courses: Courses, number: int, of: Measure
) -> tuple[np.ndarray, ...]:
    due = _due_from(people, courses, of)
    due = np.where(rng.random(len(people)) < MONITORED, due, NEVER)
    due = np.where(rng.random(len(people)) < of.others, 0, due)
    adult = people.age(EPOCH) >= ADULT
    person = np.flatnonzero(adult & (due < EPOCH + N_DAYS))
    nth = np.arange(-1, N_DAYS // of.every + 1)
    first = EPOCH + rng.integers(0, of.every, len(person))
    day = (
        first[:, None] + of.every * nth + rng.integers(-of.every // 4, of.every // 4, (len(person), len(nth)))
    )
    day = np.maximum(day, 0)
    begin = np.maximum(np.maximum(due, people.since), EPOCH)[person]
    end = np.minimum(people.until[person], EPOCH + N_DAYS - 1)
    kept = (day >= begin[:, None]) & (day <= end[:, None]) & (rng.random(day.shape) >= MISSED)
    level = _level(rng, people, person, of)
    row, _ = np.nonzero(kept)
    value = level[row] + rng.normal(0, of.within, len(row))
    for name, added in of.adds.items():
        value += added * (people.onset[person[row], CONDITIONS.index(name)] < day[kept])
    value = np.round(np.clip(value, of.low, of.high), of.digits)
    return person[row], day[kept], np.full(len(row), number), value


def _due_from(people: People, courses: Courses, of: Measure) -> Ints:
    """Return the day from which each person is to be measured; `NEVER` if never."""
    places = [CONDITIONS.index(name) for name in of.conditions]
    due = people.onset[:, places].min(axis=1, initial=NEVER)
    if of.prefixes:
        taken = courses.of(of.prefixes)
        np.minimum.at(due, taken.person, taken.start)
    return due


def _level(rng: np.random.Generator, people: People, person: Ints, of: Measure) -> np.ndarray:
    years = np.maximum(people.age(EPOCH)[person] - FROM_AGE, 0)
    mean = of.level + of.per_year * years + of.male * (people.sex[person] == MALE)
    return mean + rng.normal(0, of.between, len(person))
