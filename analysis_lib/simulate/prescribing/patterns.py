"""The patterns of care that are planted, their decoys, and who bears them in a record.

A pattern is an ordered pair of events so many days apart. Log odds are chosen, of the size that reviews of
prescribing safety speak of; none is estimated from anybody's records.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Literal

import numpy as np

from analysis_lib.simulate.population.read import NEVER, Ints, Marks
from analysis_lib.simulate.prescribing.chemicals import starting

LOOK_BACK = 365  # days before an index date in which both events of a pair lie
SPAN, SHIFT = 200_000, 100_000  # days are within SHIFT of 1970: person x SPAN + SHIFT + day is one number

HEART_OR_KIDNEY = ("hypertension", "heart_failure", "chronic_kidney_disease", "coronary_heart_disease")
CLOTS = ("atrial_fibrillation", "stroke_tia", "coronary_heart_disease", "heart_failure", "cancer")


@dataclass(frozen=True)
class Event:
    """A kind of event: what happens, and the prefixes of the BNF codes it happens to."""

    what: Literal["start", "stop", "emergency_discharge", "gp"]
    prefixes: tuple[str, ...] = ()
    planted: tuple[str, ...] = ()  # chemicals of planted courses: few, so that each pair has many bearers


@dataclass(frozen=True)
class Effect:
    """What a pair adds to the log odds of somebody of these ages, with or without a condition."""

    log_odds: float
    ages: tuple[int, int] = (0, 200)
    kidney_disease: bool | None = None


@dataclass(frozen=True)
class Planting:
    """Whom pairs are given to: the exposed as a share of adults, and of whom they are drawn."""

    share: float
    ages: tuple[int, int]
    any_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pattern:
    """A planted pair of events.

    Attributes
    ----------
    meaning : str
    first, then : Event
    days : tuple of int
        Fewest and most days from the first to the second.
    other_gap : tuple of int
        Days of the decoys in the same order whose gap is another. Where it is longer, its mean is three times
        the pair's: the mean day of each event is then that of the exposed, as reversed decoys move it back.
    effects : dict of str to Effect
        By the name of a column of exposure.
    plantings : tuple of Planting
    together : Event, optional
        Of what a course is to be current on the day of the later event.
    planted_days : tuple of int, optional
        Of planted pairs, where those are not spread over all of `days`.
    """

    meaning: str
    first: Event
    then: Event
    days: tuple[int, int]
    other_gap: tuple[int, int]
    effects: dict[str, Effect]
    plantings: tuple[Planting, ...] = ()
    together: Event | None = None
    planted_days: tuple[int, int] | None = None


ANTICOAGULANT = ("0208020",)
PATTERNS = {
    "P1": Pattern(
        "NSAID begun 1 to 30 days after an ACE inhibitor or angiotensin receptor blocker, beside a diuretic; "
        "admission for kidney injury",
        Event("start", ("0205051", "0205052"), ("0205051R0", "0205052N0")),
        Event("start", ("1001010",), ("1001010P0",)),
        (1, 30),
        (31, 62),
        {"P1": Effect(0.8)},
        (Planting(0.035, (40, 200), HEART_OR_KIDNEY),),
        Event("start", ("0202",), ("0202010B0", "0202010P0")),
    ),
    "P2": Pattern(
        "Prescribing cascade: loop diuretic begun 10 to 60 days after a calcium-channel blocker; admission "
        "for a fall",
        Event("start", ("0206020",), ("0206020A0",)),
        Event("start", ("0202020",), ("0202020L0",)),
        (10, 60),
        (61, 149),
        {"P2": Effect(0.5)},
        (Planting(0.035, (50, 200)),),
    ),
    "P3": Pattern(
        "Opioid begun 1 to 30 days after a hypnotic, at 75 and over",
        Event("start", ("0401010",), ("0401010Z0",)),
        Event("start", ("0407020",), ("0407020C0",)),
        (1, 30),
        (31, 62),
        {"P3": Effect(1.0, ages=(75, 200)), "P3_under_75": Effect(0.0, ages=(0, 74))},
        (Planting(0.015, (75, 200)), Planting(0.015, (50, 73))),
    ),
    "P4": Pattern(
        "Protective: proton pump inhibitor begun 1 to 14 days after an NSAID, beside an anticoagulant",
        Event("start", ("1001010",), ("1001010P0",)),
        Event("start", ("0103050",), ("0103050P0",)),
        (1, 14),
        (15, 30),
        {"P4": Effect(-0.7)},
        (Planting(0.01, (50, 200), CLOTS),),
        Event("start", ANTICOAGULANT, ("0208020Z0",)),
    ),
    "P5": Pattern(
        "Gap only: anticoagulant begun again more than 30 days after one was stopped; sooner does no harm",
        Event("stop", ANTICOAGULANT, ("0208020V0",)),
        Event("start", ANTICOAGULANT, ("0208020Z0",)),
        (31, LOOK_BACK),
        (1, 30),
        {"P5": Effect(0.8)},
        (Planting(0.01, (50, 200), CLOTS),),
        planted_days=(31, 90),
    ),
    "P6": Pattern(
        "Contact with a GP 1 to 7 days after discharge from an emergency admission",
        Event("emergency_discharge"),
        Event("gp"),
        (1, 7),
        (15, 56),
        {"P6": Effect(-0.3)},
    ),
    "P7": Pattern(
        "Opposing: spironolactone begun 1 to 30 days after a beta blocker; harm with kidney disease, "
        "protection without",
        Event("start", ("0204000",), ("0204000H0",)),
        Event("start", ("0202030",), ("0202030S0",)),
        (1, 30),
        (31, 62),
        {
            "P7_kidney_disease": Effect(0.9, kidney_disease=True),
            "P7_no_kidney_disease": Effect(-0.9, kidney_disease=False),
        },
        (
            Planting(0.007, (40, 200), ("chronic_kidney_disease",)),
            Planting(0.012, (40, 200), HEART_OR_KIDNEY, ("chronic_kidney_disease",)),
        ),
    ),
}
SHARING = ("P1", "P4", "P5")  # NSAIDs and anticoagulants: nobody bears two of these


@dataclass(frozen=True)
class FrailtyPair:
    """A pair of chemicals that goes with conditions and age, and does nothing."""

    meaning: str
    first: str
    then: str
    days: tuple[int, int] = (1, 30)


FRAILTY_ONLY = {
    "F1": FrailtyPair("Senna after paracetamol", "0407010H0", "0106020M0"),
    "F2": FrailtyPair("Folic acid after mirtazapine", "0403040X0", "0901020G0"),
    "F3": FrailtyPair("Alendronic acid after prednisolone", "0603020T0", "0606020A0"),
}
FRAILTY_SHARE = 0.025  # of adults who bear each


@dataclass(frozen=True)
class Courses:
    """Courses: person, place among the chemicals, first day, last day; `NEVER` where one goes on."""

    person: Ints
    code: Ints
    start: Ints
    stop: Ints

    def take(self, rows: Ints | Marks) -> Courses:
        """Return some courses."""
        return Courses(self.person[rows], self.code[rows], self.start[rows], self.stop[rows])

    def of(self, prefixes: tuple[str, ...]) -> Courses:
        """Return the courses of the chemicals whose code begins with one of these."""
        return self.take(np.isin(self.code, starting(*prefixes)))

    @classmethod
    def join(cls, parts: Sequence[Courses]) -> Courses:
        """Return courses one after another."""
        return cls(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(cls)))


@dataclass(frozen=True)
class Pairs:
    """Pairs of events of one person each, and their days."""

    person: Ints
    first: Ints
    then: Ints

    def bearers(self, n: int, day: int) -> Marks:
        """Return which of n people had both events of a pair in the year before a day."""
        found = np.zeros(n, bool)
        found[self.person[(self.first >= day - LOOK_BACK) & (self.then < day)]] = True
        return found


def match_rows(first: tuple[Ints, Ints], then: tuple[Ints, Ints], days: tuple[int, int]) -> tuple[Ints, Ints]:
    """Return the rows of all pairs of events of one person that are so many days apart.

    Parameters
    ----------
    first, then : tuple of ndarray of int
        Person and day of events, in any order.
    days : tuple of int
        Fewest and most days from the first to the second; may be negative.

    Returns
    -------
    tuple of ndarray of int
        Rows of `first` and, as long, rows of `then`.
    """
    key, other = (person * SPAN + SHIFT + day for person, day in (first, then))
    order = np.argsort(other, kind="stable")
    low = np.searchsorted(other[order], key + days[0], side="left")
    n = np.searchsorted(other[order], key + days[1], side="right") - low
    row = np.repeat(np.arange(len(key)), n)
    nth = np.arange(len(row)) - np.repeat(np.cumsum(n) - n, n)
    return row, order[np.repeat(low, n) + nth]


def find_pairs(first: tuple[Ints, Ints], then: tuple[Ints, Ints], days: tuple[int, int]) -> Pairs:
    """Return all pairs of events of one person that are so many days apart, as `match_rows` takes them."""
    one, two = match_rows(first, then, days)
    return Pairs(first[0][one], first[1][one], then[1][two])


def pairs_of(pattern: Pattern, courses: Courses, days: tuple[int, int], backwards: bool = False) -> Pairs:
    """Return the pairs of a pattern of medicines, or those in which its second event came first."""
    ends = [_days_of(event, courses) for event in (pattern.first, pattern.then)]
    found = find_pairs(*(ends[::-1] if backwards else ends), days)
    if pattern.together is None:
        return found
    beside = courses.of(pattern.together.prefixes)
    row, course = match_rows((found.person, found.then), (beside.person, beside.start), (-SHIFT, 0))
    kept = np.unique(row[beside.stop[course] >= found.then[row]])
    return Pairs(found.person[kept], found.first[kept], found.then[kept])


def _days_of(event: Event, courses: Courses) -> tuple[Ints, Ints]:
    of = courses.of(event.prefixes)
    if event.what == "stop":
        of = of.take(of.stop < NEVER)
        return of.person, of.stop
    return of.person, of.start
