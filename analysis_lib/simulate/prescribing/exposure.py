"""Who bears which planted pattern on a day, and what that adds to the log odds of an admission."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis_lib.simulate.population.read import Marks
from analysis_lib.simulate.prescribing.patterns import PATTERNS, Courses, Effect, Pairs, pairs_of
from analysis_lib.simulate.prescribing.people import People


@dataclass(frozen=True)
class Exposure:
    """The pairs of each pattern in a record; those of contacts only once contacts are drawn."""

    people: People
    pairs: dict[str, Pairs]

    @classmethod
    def of_medicines(cls, people: People, courses: Courses) -> Exposure:
        """Return the pairs of medicines."""
        planted = {name: pattern for name, pattern in PATTERNS.items() if pattern.plantings}
        return cls(people, {name: pairs_of(of, courses, of.days) for name, of in planted.items()})

    def columns(self, day: int) -> dict[str, Marks]:
        """Return who is exposed to each effect on a day, by its name."""
        found = {}
        for name, pairs in self.pairs.items():
            borne = pairs.bearers(len(self.people), day)
            for column, effect in PATTERNS[name].effects.items():
                found[column] = borne & applies(effect, self.people, day)
        return found

    def log_odds(self, day: int, planted: dict[str, float]) -> np.ndarray:
        """Return what a day's exposures add to each person's log odds, by the log odds of each effect."""
        added = np.zeros(len(self.people))
        for name, exposed in self.columns(day).items():
            added += planted[name] * exposed
        return added


def applies(effect: Effect, people: People, day: int) -> Marks:
    """Return of whom an effect is, by age and kidney disease on a day."""
    age = people.age(day)
    found = (age >= effect.ages[0]) & (age <= effect.ages[1])
    if effect.kidney_disease is not None:
        found &= people.has(("chronic_kidney_disease",), day) == effect.kidney_disease
    return found
