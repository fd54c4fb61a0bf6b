"""From scores to cohorts: rules of two or three conditions that a clinician can read and a register apply.

Every pair and triple of a declared grid of conditions is counted, so the best of thousands looks better than
it is (the winner's curse). What is quoted is therefore the lift among other people in a later year.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis_lib.measures.cells import TooFewPoints, check_columns, label_missing
from analysis_lib.measures.intervals import wilson_interval
from analysis_lib.measures.performance.tally import refuse_repeats
from analysis_lib.models.concepts import name_concept

MIN_PEOPLE = 1_000
SMALL_SHARE, FEWEST_PEOPLE = 1 / 20, 100  # where a whole population is small
MOST_ALIKE = 0.5  # of the people of two rules together, the share in both
USES_OF_A_COLUMN = 2  # among the rules of one length
AGES = (("aged under 5", 0, 5), ("aged 18 to 34", 18, 35))
OLD_FROM = (65, 75, 85)
USE = (
    ("gp", 10, "10 or more GP contacts"),
    ("gp", 20, "20 or more GP contacts"),
    ("nhs111", 2, "2 or more calls to NHS 111"),
    ("ambulance", 1, "an ambulance call-out"),
    ("ae", 2, "2 or more A&E attendances"),
    ("ae", 4, "4 or more A&E attendances"),
    ("outpatient", 5, "5 or more outpatient appointments"),
    ("elective", 1, "a planned admission"),
    ("emergency", 1, "admitted as an emergency"),
    ("emergency", 2, "2 or more emergency admissions"),
    ("community", 5, "5 or more community contacts"),
    ("mental_health", 1, "a mental health contact"),
    ("mental_health", 5, "5 or more mental health contacts"),
    ("social_care", 1, "social care"),
)
COLUMNS = [
    *("outcome", "rule", "n_features", "group", "level", "n", "n_events"),
    *("n_everybody", "events_everybody", "prevalence", "lift", "low", "high", "n_train", "lift_train"),
]


@dataclass(frozen=True)
class Condition:
    """Values of a column from `least` to below `below`, in words, and whether it is about use of care."""

    column: str
    words: str
    least: float = 1
    below: float = np.inf
    use: bool = False

    def holds(self, frame: pd.DataFrame) -> NDArray[np.bool_]:
        """Return who meets it; a missing value does not."""
        values = frame[self.column].to_numpy(float)
        return (values >= self.least) & (values < self.below)


@dataclass(frozen=True)
class CohortRule:
    """Conditions that must all hold, and what was found where the rule was chosen."""

    outcome: str
    conditions: tuple[Condition, ...]
    n_train: int
    lift_train: float

    @property
    def words(self) -> str:
        """The rule as a person would say it."""
        return ", ".join(condition.words for condition in self.conditions)

    def holds(self, frame: pd.DataFrame) -> NDArray[np.bool_]:
        """Return who meets all conditions."""
        return np.logical_and.reduce([condition.holds(frame) for condition in self.conditions])


def list_conditions(frame: pd.DataFrame, lookback_months: int = 12) -> tuple[Condition, ...]:
    """Return the declared grid: age, conditions and their number, medicines, and use in the look-back.

    Sex, ethnic group and deprivation are left out on purpose: cohorts are checked across them.

    Parameters
    ----------
    frame : DataFrame
        Only conditions on its columns are returned.
    lookback_months : int
        Of the columns of use.

    Returns
    -------
    tuple of Condition
    """
    when = "last year" if lookback_months == 12 else f"in the last {lookback_months} months"
    found = [Condition("age", words, least, below) for words, least, below in AGES]
    found += [Condition("age", f"aged {age} and over", age) for age in OLD_FROM]
    found += [Condition(c, _in_sentence(name_concept(c))) for c in frame.columns if c.startswith("has_")]
    found += [Condition("n_conditions", f"{n} or more long-term conditions", n) for n in (2, 3, 4, 5)]
    found += [Condition("n_medicines", f"{n} or more medicines", n) for n in (5, 10)]
    for setting, least, words in USE:
        found.append(Condition(f"n_{setting}_{lookback_months}m", f"{words} {when}", least, use=True))
    for pounds in (2_500, 10_000):
        found.append(
            Condition(f"cost_gbp_{lookback_months}m", f"care of £{pounds:,} or more {when}", pounds, use=True)
        )
    return tuple(condition for condition in found if condition.column in frame)


def find_rules(
    frame: pd.DataFrame,
    outcome: str,
    min_people: int | None = None,
    n_rules: int = 4,
    conditions: Sequence[Condition] | None = None,
) -> list[CohortRule]:
    """Find the rules of two and of three conditions whose people most often have the outcome.

    Parameters
    ----------
    frame : DataFrame
        Training people, one row each: columns of the conditions, and the outcome.
    outcome : str
        Column, bool.
    min_people : int, optional
        Training people that a rule holds, at the least; without, 1,000, or of fewer than 20,000 people a
        twentieth, and never under 100.
    n_rules : int
        Rules of each length.
    conditions : sequence of Condition, optional
        The grid; without, `list_conditions`.

    Returns
    -------
    list of CohortRule
        Pairs, then triples, by the lower Wilson limit of the share with the outcome. A rule does better than
        each shorter rule within it and has one condition of use at most (contacts and cost of a year say
        much the same); it shares at most one column with another and at most half of the people of both; and
        a column stands in at most two rules of a length. May be shorter than asked, or empty.

    Raises
    ------
    KeyError
        If a column is absent.
    """
    if min_people is None:
        min_people = min(MIN_PEOPLE, max(FEWEST_PEOPLE, int(SMALL_SHARE * len(frame))))
    conditions = list_conditions(frame) if conditions is None else tuple(conditions)
    check_columns(frame, [outcome, *(c.column for c in conditions)], "Finding rules")
    events = frame[outcome].to_numpy(bool)
    holds = np.array([condition.holds(frame) for condition in conditions])
    n, k = (_count(holds[:, rows]) for rows in (slice(None), events))
    low = {size: wilson_interval(k[size], n[size])[0] for size in n}
    chosen: list[tuple[int, ...]] = []
    rules = []
    for size in (2, 3):
        own: list[tuple[int, ...]] = []
        for places in _ranked(low, n, size, min_people):
            if len(own) == n_rules:
                break
            if _is_new(places, chosen, own, conditions, holds):
                own.append(places)
                chosen.append(places)
                lift = k[size][places] / n[size][places] / events.mean()
                parts = tuple(conditions[p] for p in places)
                rules.append(CohortRule(outcome, parts, int(n[size][places]), float(lift)))
    return rules


def check_rules(
    rules: Sequence[CohortRule],
    later: pd.DataFrame,
    strata: Sequence[str] = ("imd_quintile", "ethnic_group"),
    level: float = 0.95,
) -> pd.DataFrame:
    """Check rules on people who had no part in finding them, over all and within strata.

    Parameters
    ----------
    rules : sequence of CohortRule
    later : DataFrame
        People of a later index date, none of whom was trained on, one row each.
    strata : sequence of str
        Columns; lift within a stratum compares with everybody in it.
    level : float
        Of the Wilson interval of the share with the outcome, divided by the share among all, which is taken
        as known.

    Returns
    -------
    DataFrame
        outcome, rule (words), n_features, group, level (text; "all" first), n (people whom the rule holds),
        n_events, n_everybody and events_everybody (of the stratum: what lift compares with), prevalence
        (0 to 1), lift, low, high, n_train, lift_train. Without rows for nobody, and
        without lift where nobody of a stratum has the outcome.

    Raises
    ------
    TooFewPoints
        If there is no rule.
    """
    if not rules:
        raise TooFewPoints("No rule holds enough of the people who taught the models, so none is shown.")
    refuse_repeats(later, "Checking rules")
    groups = [("all", *pd.factorize(np.repeat("all", len(later))))]
    groups += [(name, *pd.factorize(label_missing(later[name]).astype(str), sort=True)) for name in strata]
    tables = []
    for rule in rules:
        inside, event = rule.holds(later), later[rule.outcome].to_numpy(bool)
        for group, code, levels in groups:
            n, n_events, everybody, every_event = (
                np.bincount(code[mask], minlength=len(levels))
                for mask in (inside, inside & event, slice(None), event)
            )
            table = pd.DataFrame({"group": group, "level": levels, "n": n, "n_events": n_events})
            table = table.assign(n_everybody=everybody, events_everybody=every_event)
            tables.append(_add_lift(table, every_event / everybody, level)[n > 0].assign(**_about(rule)))
    return pd.concat(tables, ignore_index=True)[COLUMNS]


def _add_lift(table: pd.DataFrame, overall: NDArray[np.float64], level: float) -> pd.DataFrame:
    low, high = wilson_interval(table["n_events"], table["n"], level)
    overall = np.where(overall > 0, overall, np.nan)
    prevalence = table["n_events"] / table["n"].where(table["n"] > 0)
    return table.assign(
        prevalence=prevalence, lift=prevalence / overall, low=low / overall, high=high / overall
    )


def _about(rule: CohortRule) -> dict[str, object]:
    return {
        "outcome": rule.outcome,
        "rule": rule.words,
        "n_features": len(rule.conditions),
        "n_train": rule.n_train,
        "lift_train": rule.lift_train,
    }


def _count(holds: NDArray[np.bool_]) -> dict[int, NDArray[np.float64]]:
    """Count the people of every condition, pair and triple: arrays with one axis a condition."""
    people = holds.T.astype(np.float32)  # counts are whole and below 2**24: sums are exact
    triples = np.array([(part := people[mask]).T @ part for mask in holds], float)
    pairs = np.einsum("aab->ab", triples)
    return {1: np.einsum("aa->a", pairs), 2: pairs, 3: triples}


def _ranked(
    low: dict[int, NDArray[np.float64]], n: dict[int, NDArray[np.float64]], size: int, min_people: int
) -> Iterator[tuple[int, ...]]:
    """Give combinations that are large enough and better than their parts, best first."""
    every = np.array(list(combinations(range(len(n[1])), size)), int).reshape(-1, size)
    at = tuple(every.T)
    parts = [tuple(np.delete(every, drop, axis=1).T) for drop in range(size)]
    best_part = np.max([low[size - 1][part] for part in parts], axis=0)
    kept = every[(n[size][at] >= min_people) & (low[size][at] > np.nan_to_num(best_part))]
    order = np.argsort(-low[size][tuple(kept.T)], kind="stable")
    yield from map(tuple, kept[order].tolist())


def _is_new(
    places: tuple[int, ...],
    chosen: list[tuple[int, ...]],
    own: list[tuple[int, ...]],
    conditions: Sequence[Condition],
    holds: NDArray[np.bool_],
) -> bool:
    """Whether a rule has conditions of its own, and people of its own."""
    columns = {conditions[p].column for p in places}
    if len(columns) < len(places) or sum(conditions[p].use for p in places) > 1:
        return False
    used = [conditions[p].column for rule in own for p in rule]
    if any(used.count(column) >= USES_OF_A_COLUMN for column in columns):
        return False
    mask = holds[list(places)].all(axis=0)
    for rule in chosen:
        if len(columns & {conditions[p].column for p in rule}) > 1:
            return False
        other = holds[list(rule)].all(axis=0)
        if (mask & other).sum() > MOST_ALIKE * (mask | other).sum():
            return False
    return True


def _in_sentence(name: str) -> str:
    return name if name[:2].isupper() else name[0].lower() + name[1:]
