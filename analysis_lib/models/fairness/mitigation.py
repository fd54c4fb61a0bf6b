"""Thresholds that even out who is found, learnt on one fold; and what that costs on people apart from it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import studentized_range

from analysis_lib.measures.cells import TooFewPoints, check_columns
from analysis_lib.measures.performance.rules import RULES
from analysis_lib.measures.performance.tally import (
    FEWEST,
    check_risks,
    levels_of,
    percentiles,
    refuse_repeats,
)
from analysis_lib.models.fairness.lists import SHARE
from analysis_lib.models.fairness.rates import error_rates, label

ONE, EQUAL_SHARE, EQUAL_RECALL = "one threshold", "equal share", "equal recall"


def choose_group_thresholds(
    frame: pd.DataFrame,
    outcome: str,
    risk: ArrayLike,
    group: str = "imd_quintile",
    share: float = SHARE,
    fewest: int = FEWEST,
) -> pd.DataFrame:
    """Choose the risk from which on people are listed, for everybody or by group.

    Parameters
    ----------
    frame : DataFrame, n rows
        People of the fold kept for thresholds, one row each: the outcome (bool) and the group.
    outcome, group : str
        Columns.
    risk : array [n]
        Risk of each person, or any score.
    share : float
        Capacity: the largest share of these people that may be listed.
    fewest : int
        Levels with fewer people with the outcome keep the one threshold under "equal recall".

    Returns
    -------
    DataFrame
        policy, level (text), threshold (people from it on are listed; infinite where nobody is). Policies:
        "one threshold"; "equal share" (each level lists the same share of its people); "equal recall" (each
        level finds the same share of those who will have the outcome, as high as capacity allows).

    Raises
    ------
    KeyError, ValueError
        As for `evaluate_risk`.

    Notes
    -----
    Group thresholds after Hardt M, Price E, Srebro N (2016) NeurIPS 29:3315-3323. Not by fairlearn's
    ThresholdOptimizer: that draws lots between two thresholds in each group, so that the same person may be
    listed or not; and it has no limit on how many are listed. Here the lists are the same every time.
    """
    event, scores = check_risks(frame, outcome, {"risk": risk}, ranks=("risk",))
    check_columns(frame, [group], "A threshold by group")
    codes, names = levels_of(frame, group)
    score = scores["risk"]
    one = _highest_within(score, share)
    rows = [(ONE, name, one) for name in names]
    rows += [(EQUAL_SHARE, name, _highest_within(score[codes == k], share)) for k, name in enumerate(names)]
    parts = [(score[codes == k], event[codes == k]) for k in range(len(names))]
    rows += zip([EQUAL_RECALL] * len(names), names, _equal_recall(parts, one, share, fewest), strict=True)
    return pd.DataFrame(rows, columns=["policy", "level", "threshold"])


def evaluate_mitigation(
    choose: pd.DataFrame,
    choose_risks: Mapping[str, ArrayLike],
    test: pd.DataFrame,
    test_risks: Mapping[str, ArrayLike],
    outcome: str,
    group: str = "imd_quintile",
    share: float = SHARE,
    n_boot: int = 1_000,
    seed: int = 0,
    level: float = 0.95,
    ranks: Collection[str] = RULES,
    fewest: int = FEWEST,
) -> pd.DataFrame:
    """What each policy of `choose_group_thresholds` does to people it was not chosen on.

    Parameters
    ----------
    choose, choose_risks : DataFrame and mapping of str to array
        The fold kept for thresholds, and the risks of its people under each model.
    test, test_risks : DataFrame and mapping of str to array
        The people evaluated, and their risks under the same models. They choose nothing. A model that gives
        all of them one risk is left out: it has no list.
    outcome, group, share, fewest
        As for `choose_group_thresholds`.
    n_boot, seed, level : int, int, float
        Bootstrap of the change of the gap, its seed, and the level of all intervals.
    ranks : collection of str
        Names of scores that need not be probabilities.

    Returns
    -------
    DataFrame
        outcome, model, policy, group, level (text; everybody is "all"), n, n_events, n_listed, n_found
        (int64), selection_rate, recall, recall_low, recall_high (Wilson), false_positive_rate, precision;
        and, for "all" alone, recall_gap (largest less smallest recall of a level), gap_low, gap_high, and
        gap_change (recall_gap less that of one threshold), gap_change_low, gap_change_high.

    Raises
    ------
    KeyError
        If a column is absent.
    ValueError
        If a person of the evaluate fold is among those that thresholds are chosen on, or models differ.
    TooFewPoints
        If every model gives all people one risk.

    Notes
    -----
    A largest difference of several levels is above 0 by chance alone, and the more so in every draw of a
    bootstrap, whose percentiles therefore seldom hold a small gap. Limits of the gap come from those of all
    differences of two levels at once, by the studentised range: Tukey's method for unequal numbers (Kramer CY
    (1956) Biometrics 12:307-310). They hold at least as often as they say. Policies are compared in the same
    draws of people.
    """
    if "fold" in choose and (choose["fold"] == "evaluate").any():
        raise ValueError("Thresholds are chosen on people of the evaluate fold: give those of `threshold`.")
    if {"person_id"} <= set(choose) & set(test) and not set(choose["person_id"]).isdisjoint(
        test["person_id"]
    ):
        raise ValueError("Somebody is both in the fold for thresholds and evaluated: split people first.")
    if set(choose_risks) != set(test_risks):
        raise ValueError("Give the risks of the same models for both folds.")
    event, scores = check_risks(test, outcome, test_risks, ranks)
    refuse_repeats(test, "Mitigation")
    check_columns(test, [group], "Mitigation")
    codes, names = levels_of(test, group)
    tables = []
    for model, score in scores.items():
        if np.ptp(score) == 0:
            continue
        chosen = choose_group_thresholds(choose, outcome, choose_risks[model], group, share, fewest)
        for policy, thresholds in chosen.groupby("policy", sort=False):
            by_level = thresholds.set_index("level")["threshold"]
            cuts = by_level.reindex(names).fillna(chosen["threshold"].iloc[0]).to_numpy()  # new: the one
            listed = score >= cuts[codes]
            first = score >= chosen["threshold"].iloc[0]
            table = error_rates(codes, names, event, listed, level, fewest)
            known = table["recall"][1:].notna().to_numpy()
            table.loc[0, ["recall_gap", "gap_low", "gap_high"]] = _recall_gap(table[1:][known], level)
            cells = np.bincount((codes * 4 + first * 2 + listed)[event], minlength=4 * len(names))
            changed = _gap_change(cells.reshape(-1, 2, 2)[known], n_boot, seed, level)
            table.loc[0, ["gap_change", "gap_change_low", "gap_change_high"]] = changed
            tables.append(label(table, outcome=outcome, model=model, policy=policy, group=group))
    if not tables:
        raise TooFewPoints(
            "No model tells these people apart, so there is no list that a policy could change."
        )
    return pd.concat(tables, ignore_index=True)


def _highest_within(score: NDArray[np.float64], share: float) -> float:
    """Return the lowest score from which on no more than `share` of people are listed."""
    values, n = np.unique(score, return_counts=True)
    listed = np.cumsum(n[::-1])[::-1]
    fits = values[listed <= share * len(score) + 1e-9]
    return float(fits[0]) if len(fits) else np.inf


def _equal_recall(
    parts: list[tuple[NDArray[np.float64], NDArray[np.bool_]]], one: float, share: float, fewest: int
) -> list[float]:
    """Return a threshold for each level, at the highest common recall that capacity allows.

    At a recall, each level takes the highest threshold that reaches it. The number listed rises with the
    recall, so the highest that fits is found by halving.
    """
    room = share * sum(len(score) for score, _ in parts) + 1e-9
    ladders, fixed = {}, 0
    for place, (score, event) in enumerate(parts):
        if event.sum() < fewest:
            fixed += int((score >= one).sum())
            continue
        values, at = np.unique(score, return_inverse=True)
        found, listed = (np.cumsum(np.bincount(at, w, len(values))[::-1]) for w in (event, None))
        ladders[place] = (values[::-1], found / found[-1], listed)
    if not ladders:
        return [one] * len(parts)
    recalls = np.unique(np.concatenate([recall for _, recall, _ in ladders.values()]))

    def n_listed(recall: float) -> float:
        return fixed + sum(n[np.searchsorted(found, recall)] for _, found, n in ladders.values())

    low, high = -1, len(recalls)  # places of a recall that fits, and of one that does not
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if n_listed(recalls[middle]) <= room else (low, middle)
    thresholds = [one] * len(parts)
    for place, (values, found, _) in ladders.items():
        reached = low >= 0 and recalls[low] > 0
        thresholds[place] = float(values[np.searchsorted(found, recalls[low])]) if reached else np.inf
    return thresholds


def _recall_gap(each: pd.DataFrame, level: float) -> list[float]:
    """Return the largest difference of recall between levels, with its limits."""
    if len(each) < 2:
        return [np.nan] * 3
    found, events = (each[name].to_numpy(np.float64) for name in ("n_found", "n_events"))
    recall, pulled = found / events, (found + 1) / (events + 2)  # pulled: none or all found is not sure
    variance = pulled * (1 - pulled) / events
    apart = np.abs(recall[:, None] - recall)
    half = studentized_range.ppf(level, len(each), np.inf) * np.sqrt((variance[:, None] + variance) / 2)
    np.fill_diagonal(half, 0)
    return [
        float(np.ptp(recall)),
        max(0.0, float((apart - half).max())),
        min(1.0, float((apart + half).max())),
    ]


def _gap_change(cells: NDArray[np.intp], n_boot: int, seed: int, level: float) -> list[float]:
    """Return by how much the gap of one list is above that of another, with its limits.

    `cells` are people with the outcome by [level, on the other list, on the one].
    """
    if len(cells) < 2:
        return [np.nan] * 3

    def change(people: NDArray[np.float64]) -> NDArray[np.float64]:
        events = np.maximum(people.sum((-1, -2)), 1)
        other, one = people[..., 1, :].sum(-1) / events, people[..., 1].sum(-1) / events
        return np.ptp(one, axis=-1) - np.ptp(other, axis=-1)

    drawn = np.random.default_rng(seed).poisson(cells, (n_boot, *cells.shape))
    limits = percentiles(change(drawn.astype(np.float64)), level)
    return [float(change(cells.astype(np.float64))), *map(float, limits)]
