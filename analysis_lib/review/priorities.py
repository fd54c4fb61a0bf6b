"""A list of people for medication reviews: first those whom a rule flags, then those with a pattern."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import ibis
import numpy as np
import pandas as pd

from analysis_lib.dates import as_day
from analysis_lib.disclosure import as_rounded
from analysis_lib.inputs.population import Population
from analysis_lib.levels import in_sentence, name_edge
from analysis_lib.measures import wilson_interval
from analysis_lib.measures.cells import check_columns
from analysis_lib.measures.performance.tally import levels_of
from analysis_lib.models.fairness import list_by_deprivation
from analysis_lib.queries import PINCER
from analysis_lib.queries.people import day_literal, optional_column

RULE, PATTERN, RISING = "rule", "pattern", "rising risk"
RISE = 0.05  # since 90 days ago, from which on a risk is said to rise
LEAST = 0.1  # log odds that a pattern adds: one in ten to the odds; less is no reason for a review
MOST_PATTERNS = 3  # in words; the strongest
CAPACITIES = (10, 20, 50, 100, 200, 500)
_RULES = {rule.letter: rule.name for rule in PINCER}


def list_current(population: Population, day: date | str) -> ibis.Table:
    """Return the medicines that people take on a day: begun before it, and not stopped before it.

    Parameters
    ----------
    population : Population
    day : date or str

    Returns
    -------
    ibis.Table
        person_id; code (bnf_code where the extract has one, else the section, as in events). Once each.

    Raises
    ------
    ValueError
        If the day is not ISO.
    """
    on = day_literal(as_day(day, "day"))
    medicine = population.medicine
    code = ibis.coalesce(optional_column(medicine, "bnf_code", "string"), medicine.bnf_section)
    taken = medicine.filter(medicine.start_date < on, medicine.stop_date.fill_null(on) >= on)
    return taken.select("person_id", code=code).drop_null("code").distinct()


def list_priorities(
    people: pd.DataFrame,
    flags: pd.DataFrame,
    explained: pd.DataFrame,
    current: pd.DataFrame,
    capacity: int | None = 50,
) -> pd.DataFrame:
    """List people for medication reviews, with reasons: as many as there is capacity for.

    First come those whom a rule of prescribing flags, then those with a pattern that goes with a higher risk;
    within each, the higher risk first (of equal ones, the lower person_id). Who has neither is not listed,
    whatever the risk: nothing is known that a review of medicines could change.

    Parameters
    ----------
    people : DataFrame
        A row per person: person_id and risk; risk_before (90 days ago; may be missing) where it is known.
    flags : DataFrame
        person_id, rule, flagged: `queries.list_at_risk`, on the same day.
    explained : DataFrame
        person_id, first, then, bin, contribution: `EdgeModel.explain` of these people.
    current : DataFrame
        person_id, code: `list_current`, on the same day.
    capacity : int or None
        Most people on the list; None lists all.

    Returns
    -------
    DataFrame
        rank (int64, from 1); person_id; risk; group ("rule" or "pattern": why this person stands here);
        rules (letters, text such as "A, D"); n_patterns (int64, pairs of events); rising (bool: the risk is
        0.05 or more above that of 90 days ago; says nothing where that is not known); reasons (text).

    Raises
    ------
    KeyError
        If a column is absent.
    ValueError
        If a person stands in several rows, a risk is missing, or capacity is under 1.

    Notes
    -----
    A pattern is a reason if it adds 0.1 or more to the log odds and begins a medicine that the person still
    takes: that can be looked at. It goes with admissions; whether it leads to them, nobody knows. A pair of
    events that is there in several bands of days counts once, with the greatest contribution.
    """
    check_columns(people, ["person_id", "risk"], "A list of priorities")
    check_columns(flags, ["person_id", "rule", "flagged"], "A list of priorities")
    if people["person_id"].duplicated().any():
        raise ValueError("A list of priorities takes one row a person: some stand in several.")
    if people["risk"].isna().any():
        raise ValueError("A list of priorities needs the risk of every person.")
    if capacity is not None and capacity < 1:
        raise ValueError(f"capacity is a number of reviews, 1 or more: {capacity} given.")
    fired = flags[flags["flagged"].astype(bool)]
    patterns = _find_patterns(explained, current)
    order = {letter: place for place, letter in enumerate(_RULES)}
    rules = fired.sort_values("rule", key=lambda letters: letters.map(order)).groupby("person_id")["rule"]
    table = people[["person_id", "risk"]].copy()
    table["letters"] = table["person_id"].map(rules.agg(list))
    table["patterns"] = table["person_id"].map(patterns.groupby("person_id")["pattern"].agg(list))
    before = people["risk_before"] if "risk_before" in people else pd.Series(float("nan"), people.index)
    table["before"], table["rising"] = before, people["risk"] - before >= RISE - 1e-9
    by_rule, by_pattern = table["letters"].notna(), table["patterns"].notna()
    table["group"] = by_rule.map({True: RULE, False: PATTERN})
    table = table[by_rule | by_pattern]
    table = table.assign(second=table["group"] != RULE).sort_values(
        ["second", "risk", "person_id"], ascending=[True, False, True]
    )
    table = table.head(len(table) if capacity is None else capacity).reset_index(drop=True)
    rows = list(table.itertuples())
    return pd.DataFrame(
        {
            "rank": pd.RangeIndex(1, len(table) + 1),
            "person_id": table["person_id"],
            "risk": table["risk"],
            "group": table["group"],
            "rules": pd.Series([", ".join(_listed(row.letters)) for row in rows], dtype="str"),
            "n_patterns": pd.Series([len(_listed(row.patterns)) for row in rows], dtype="int64"),
            "rising": table["rising"].astype(bool),
            "reasons": pd.Series([_say_reasons(row) for row in rows], dtype="str"),
        }
    )


def _find_patterns(explained: pd.DataFrame, current: pd.DataFrame) -> pd.DataFrame:
    """Return person_id and pattern (in words) of what raises a risk and can be looked at, strongest first."""
    check_columns(explained, ["person_id", "first", "then", "bin", "contribution"], "A list of priorities")
    check_columns(current, ["person_id", "code"], "A list of priorities")
    pairs = explained[explained["then"].notna() & (explained["contribution"] >= LEAST)]
    taken = pd.MultiIndex.from_arrays([current["person_id"], "start:" + current["code"].astype(str)])
    still = [pd.MultiIndex.from_frame(pairs[["person_id", end]]).isin(taken) for end in ("first", "then")]
    pairs = pairs[still[0] | still[1]].sort_values("contribution", ascending=False, kind="stable")
    pairs = pairs.drop_duplicates(["person_id", "first", "then"])
    words = [name_edge(*edge) for edge in zip(pairs["first"], pairs["then"], pairs["bin"], strict=True)]
    return pairs[["person_id"]].assign(pattern=pd.Series(words, pairs.index, dtype="str"))


def _listed(values: object) -> list[str]:
    return values if isinstance(values, list) else []


def _say_reasons(row: Any) -> str:
    """Return the reasons of one row, in words: rules first, then patterns, then the change of the risk."""
    said = [f"Rule {letter}: {_RULES.get(letter, 'unknown')}" for letter in _listed(row.letters)]
    patterns = _listed(row.patterns)
    if patterns:
        shown = "; ".join(in_sentence(pattern) for pattern in patterns[:MOST_PATTERNS])
        more = len(patterns) - MOST_PATTERNS
        said.append(f"Goes with more admissions: {shown}{f'; and {more} more' if more > 0 else ''}")
    if row.rising:
        said.append(f"Risk up from {row.before:.0%} to {row.risk:.0%} in 90 days")
    return ". ".join(said) + "."


def count_reasons(listed: pd.DataFrame) -> pd.DataFrame:
    """Count the people of a list by reason: of nobody in particular, for the gate.

    Parameters
    ----------
    listed : DataFrame
        As `list_priorities` returns it.

    Returns
    -------
    DataFrame
        reason (letter of a rule, "pattern", "rising risk"), name (of the rule; else empty), n_people (int64;
        somebody with several reasons counts in each). Every rule of `queries.PINCER` has a row.
    """
    letters = listed["rules"].str.split(", ").explode()
    counts = [(letter, name, int((letters == letter).sum())) for letter, name in _RULES.items()]
    counts += [(PATTERN, "", int((listed["n_patterns"] > 0).sum()))]
    counts += [(RISING, "", int(listed["rising"].sum()))]
    return pd.DataFrame(counts, columns=["reason", "name", "n_people"])


def evaluate_capacity(
    people: pd.DataFrame,
    outcome: str,
    listed: pd.DataFrame,
    capacities: Sequence[int] = CAPACITIES,
    threshold: float = 0.1,
) -> pd.DataFrame:
    """Say how many of those listed had the outcome, for each capacity, beside a list by risk alone.

    Parameters
    ----------
    people : DataFrame
        A row per person whom no model learnt from: person_id, risk, and the outcome (bool).
    outcome : str
        A column.
    listed : DataFrame
        `list_priorities` of them, with capacity None.
    capacities : sequence of int
        Numbers of reviews.
    threshold : float
        The risk at which a review is just worth it: at 0.1, nine in vain for one who would be admitted.

    Returns
    -------
    DataFrame
        ordered_by ("priority", "risk alone"), capacity, threshold; n, n_events (of all people), n_listed
        (fewer than the capacity where the list is shorter), n_found (with the outcome; int64); precision
        with precision_low and precision_high (Wilson, 95%); net_benefit (found less in vain at the odds of
        the threshold, per person of all). That they had the outcome does not say that a review would have
        prevented it.

    Raises
    ------
    KeyError
        If a column is absent.
    ValueError
        If the threshold is not between 0 and 1, or somebody is listed who is not among the people.
    """
    check_columns(people, ["person_id", "risk", outcome], "A list by capacity")
    if not 0 < threshold < 1:
        raise ValueError(f"threshold is a risk such as 0.1: {threshold} given.")
    ranked = people.sort_values(["risk", "person_id"], ascending=[False, True])["person_id"]
    event = people.set_index("person_id")[outcome].astype(bool)
    if not listed["person_id"].isin(event.index).all():
        raise ValueError("Somebody is listed who is not among the people: list and people must be the same.")
    rows = []
    for name, order in (("priority", listed["person_id"]), ("risk alone", ranked)):
        found = event.loc[order].to_numpy().cumsum()
        for capacity in capacities:
            n = min(capacity, len(order))
            rows.append((name, capacity, n, int(found[n - 1]) if n else 0))
    table = pd.DataFrame(rows, columns=["ordered_by", "capacity", "n_listed", "n_found"])
    table = table.assign(threshold=threshold, n=len(people), n_events=int(event.sum()))
    table["precision"] = table["n_found"] / table["n_listed"].where(table["n_listed"] > 0)
    table["precision_low"], table["precision_high"] = wilson_interval(table["n_found"], table["n_listed"])
    in_vain = (table["n_listed"] - table["n_found"]) * threshold / (1 - threshold)
    return table.assign(net_benefit=(table["n_found"] - in_vain) / len(people))


def list_by_capacity(
    people: pd.DataFrame,
    outcome: str,
    listed: pd.DataFrame,
    flags: pd.DataFrame,
    capacities: Sequence[int] = CAPACITIES,
    group: str = "imd_quintile",
) -> pd.DataFrame:
    """Say whom the list reaches by deprivation, beside those flagged and those with the outcome.

    Parameters
    ----------
    people, outcome, listed, capacities
        As for `evaluate_capacity`; people with the group as well.
    flags : DataFrame
        As for `list_priorities`.
    group : str
        A column of people.

    Returns
    -------
    DataFrame
        capacity; `group` (text; quintile 1 is the most deprived); n, n_events, n_flagged (a rule fired),
        n_listed (int64); share_of_list, share_of_people, share_of_flagged, share_of_events (each sums to 1
        over the levels; 0 where there are none); list_difference (share of the list less share of the
        events) with list_difference_low and list_difference_high (95%).

    Raises
    ------
    KeyError, ValueError
        As for `models.fairness.list_by_deprivation`. Also if nobody is listed.
    """
    if listed.empty:
        raise ValueError("Nobody is listed: there is nothing to divide by deprivation.")
    place = people["person_id"].map(listed.set_index("person_id")["rank"])
    score = (len(people) - place).fillna(-1.0).to_numpy()
    check_columns(people, [group], "A list by capacity")
    codes, names = levels_of(people, group)
    flagged = people["person_id"].isin(flags.loc[flags["flagged"].astype(bool), "person_id"])
    n_flagged = np.bincount(codes[flagged], minlength=len(names))
    tables = []
    for capacity in capacities:
        share = min(capacity, len(listed)) / as_rounded(len(people))
        table = list_by_deprivation(people, outcome, {"list": score}, share, group=group, ranks=("list",))
        table = table.assign(n_flagged=n_flagged, share_of_flagged=n_flagged / max(n_flagged.sum(), 1))
        tables.append(table.assign(capacity=capacity))
    columns = [
        "capacity",
        group,
        "n",
        "n_events",
        "n_flagged",
        "n_listed",
        "share_of_list",
        "share_of_people",
    ]
    columns += ["share_of_flagged", "share_of_events"]
    columns += [f"list_difference{end}" for end in ("", "_low", "_high")]
    return pd.concat(tables, ignore_index=True)[columns]
