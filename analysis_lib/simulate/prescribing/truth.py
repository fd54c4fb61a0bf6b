"""What is planted in a layer, with values: a person's file to check results against."""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis_lib.simulate.population import rates
from analysis_lib.simulate.population.codes import (
    AGE_BANDS,
    CONDITIONS,
    DECILES,
    ETHNIC_GROUPS,
    INDEX_DATES,
    SETTINGS,
    SEXES,
)
from analysis_lib.simulate.prescribing.chemicals import CODES
from analysis_lib.simulate.prescribing.contacts import Contacts, follow_up_pairs
from analysis_lib.simulate.prescribing.exposure import Exposure
from analysis_lib.simulate.prescribing.measurements import MEASURES
from analysis_lib.simulate.prescribing.patterns import (
    FRAILTY_ONLY,
    LOOK_BACK,
    PATTERNS,
    Courses,
    Event,
    Pairs,
    Pattern,
    find_pairs,
    pairs_of,
)
from analysis_lib.simulate.prescribing.people import INDEX_DAY, INTERCEPT

ESTIMAND = (
    "An emergency admission (a contact of the setting emergency) in the year that begins on the index date, "
    "of people who are registered on it and 18 or over. Its log odds are those of the base plus log_odds of "
    "every pattern that the person bears: both events in the 365 days before the index date, so many days "
    "apart, in this order (days, both ends included; a pair on one day is none). Whoever leaves or dies in "
    "the year is admitted before that with the same probability."
)
NOT_KEPT = (
    "Of the population's truth, for adults from the first landmark on: the numbers of contacts with "
    "emergency and A&E, all that leads to them or follows them (contacts, across_areas, interactions, "
    "person_effect, area, days, pathways), and contacts with a GP within a week of discharge. All else is "
    "the population's."
)


def state_truth(
    seed: int, planted: dict[str, float], exposure: Exposure, courses: Courses, contacts: Contacts
) -> dict[str, Any]:
    """Return what is planted, as it can be stored in JSON."""
    people = exposure.people
    adult = people.adults(INDEX_DAY)
    columns = exposure.columns(INDEX_DAY)

    def count(marks: np.ndarray) -> dict[str, Any]:
        n = int((marks & adult).sum())
        return {"exposed": n, "share_of_adults": round(n / max(int(adult.sum()), 1), 6)}

    def borne(pairs: Pairs) -> dict[str, Any]:
        return count(pairs.bearers(len(people), INDEX_DAY))

    return {
        "seed": seed,
        "simulated": True,
        "effects": [name for name, of in PATTERNS.items() if any(planted[effect] for effect in of.effects)],
        "index_date": INDEX_DATES[-1].isoformat(),
        "look_back_days": LOOK_BACK,
        "n_adults": int(adult.sum()),
        "estimand": ESTIMAND,
        "not_kept": NOT_KEPT,
        "base": _base(),
        "patterns": {
            name: {
                "meaning": pattern.meaning,
                "first": _event(pattern.first),
                "then": _event(pattern.then),
                "together": _event(pattern.together) if pattern.together else None,
                "days": list(pattern.days),
                "effects": {
                    column: {
                        "log_odds": planted[column],
                        "ages": list(effect.ages),
                        "kidney_disease": effect.kidney_disease,
                        **count(columns[column]),
                    }
                    for column, effect in pattern.effects.items()
                },
                "decoys": {
                    kind: {"days": list(days), "log_odds": 0.0, **borne(pairs)}
                    for kind, days, pairs in _decoys(pattern, courses, contacts)
                },
            }
            for name, pattern in PATTERNS.items()
        },
        "frailty_only": {
            name: {
                "meaning": pair.meaning,
                "first": pair.first,
                "then": pair.then,
                "days": list(pair.days),
                "log_odds": 0.0,
                **borne(find_pairs(_starts(courses, pair.first), _starts(courses, pair.then), pair.days)),
            }
            for name, pair in FRAILTY_ONLY.items()
        },
        "measures": {name: of.unit for name, of in MEASURES.items()},
    }


def _decoys(
    pattern: Pattern, courses: Courses, contacts: Contacts
) -> list[tuple[str, tuple[int, int], Pairs]]:
    """Return kind, days and pairs of a pattern's decoys."""

    def find(days: tuple[int, int], backwards: bool = False) -> Pairs:
        if pattern.plantings:
            return pairs_of(pattern, courses, days, backwards)
        return follow_up_pairs(contacts, days, backwards)

    other = "sooner" if pattern.other_gap[1] < pattern.days[0] else "long_gap"
    return [
        ("reversed", pattern.days, find(pattern.days, True)),
        (other, pattern.other_gap, find(pattern.other_gap)),
    ]


def _starts(courses: Courses, chemical: str) -> tuple[np.ndarray, np.ndarray]:
    of = courses.take(courses.code == CODES.index(chemical))
    return of.person, of.start


def _event(event: Event) -> dict[str, Any]:
    return {"event": event.what, "bnf_prefixes": list(event.prefixes), "planted": list(event.planted)}


def _base() -> dict[str, Any]:
    n = SETTINGS.index("emergency")
    deprived = [round(rates.DEPRIVATION[n] * shape, 6) for shape in rates.DEPRIVATION_SHAPE]
    return {
        "meaning": "Log odds without any pattern: intercept + all of these; conditions with an onset before.",
        "intercept": INTERCEPT,
        "age_band": {band: row[n] for band, row in zip(AGE_BANDS, rates.AGE, strict=True)},
        "sex": {sex: row[n] for sex, row in zip(SEXES, rates.SEX, strict=True)},
        "ethnic_group": {group: row[n] for group, row in zip(ETHNIC_GROUPS, rates.ETHNIC, strict=True)},
        "imd_decile": {str(d): value for d, value in zip(DECILES, deprived, strict=True)},
        "condition": {name: rates.CONDITION[name][n] for name in CONDITIONS},
    }
