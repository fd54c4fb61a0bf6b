"""A list of fixed length: who would be on it, and how often it would be right, by group."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis_lib.disclosure import as_rounded
from analysis_lib.measures.cells import check_columns
from analysis_lib.measures.intervals import z_value
from analysis_lib.measures.performance.evaluate import GROUPS
from analysis_lib.measures.performance.rules import RULES
from analysis_lib.measures.performance.tally import FEWEST, check_risks, levels_of, refuse_repeats
from analysis_lib.models.fairness.rates import error_rates, label

SHARE = 0.05


def list_top(score: ArrayLike, share: float = SHARE, seed: int = 0) -> NDArray[np.bool_]:
    """Mark the people with the highest scores, as many as there is capacity for.

    Parameters
    ----------
    score : array of float [n]
        Risks, or any score.
    share : float
        Capacity, as a share of people (of their number as it is released), rounded down.
    seed : int
        Decides by lot among people who tie for the last places.

    Returns
    -------
    ndarray of bool [n]

    Raises
    ------
    ValueError
        If `share` is not between 0 and 1, or a score is missing.
    """
    score = np.asarray(score, np.float64)
    if not 0 < share < 1 or np.isnan(score).any():
        raise ValueError("A list needs a share such as 0.05, and a score of every person.")
    room = min(int(share * as_rounded(len(score)) + 1e-9), len(score))
    if room == 0:
        return np.zeros(len(score), bool)
    last = np.partition(score, -room)[-room]
    listed = score > last
    ties = np.flatnonzero(score == last)
    places = room - int(listed.sum())
    listed[np.random.default_rng(seed).choice(ties, places, replace=False, shuffle=False)] = True
    return listed


def evaluate_fairness(
    frame: pd.DataFrame,
    outcome: str,
    risks: Mapping[str, ArrayLike],
    groups: Sequence[str] = GROUPS,
    share: float = SHARE,
    seed: int = 0,
    level: float = 0.95,
    ranks: Collection[str] = RULES,
    fewest: int = FEWEST,
) -> pd.DataFrame:
    """Error rates by group of the list of those with the highest risk.

    Parameters
    ----------
    frame, outcome, risks, groups, level, ranks
        As for `analysis_lib.measures.evaluate_risk`.
    share, seed
        As for `list_top`; the list is drawn up over all people, by score alone.
    fewest : int
        Error rates are missing in groups with fewer people with the outcome, or without it; precision also
        where fewer are listed.

    Returns
    -------
    DataFrame
        outcome, model, group, level (text; everybody is "all"); n, n_events, n_listed, n_found (listed, and
        had the outcome; int64); selection_rate, recall with recall_low and recall_high (Wilson),
        false_positive_rate, precision; oe (events observed ÷ expected, missing for `ranks`);
        threshold_share (`share`).

    Raises
    ------
    KeyError, ValueError
        As for `evaluate_risk` and `list_top`.

    Notes
    -----
    Rates by `fairlearn.metrics.MetricFrame` (the interface of fairlearn 0.10 and later), from the number of
    people in each cell of group, outcome and list as weights: the same as from rows, and quick.
    """
    event, scores = check_risks(frame, outcome, risks, ranks)
    refuse_repeats(frame, "Fairness by group")
    check_columns(frame, groups, "Fairness by group")
    levels = {"all": (np.zeros(len(frame), np.intp), ["all"])}
    levels |= {group: levels_of(frame, group) for group in groups}
    tables = []
    for model, score in scores.items():
        listed = list_top(score, share, seed)
        for group, (codes, names) in levels.items():
            rates = error_rates(codes, names, event, listed, level, fewest)[1:]
            expected = np.bincount(codes, score, len(rates))
            shown = rates["recall"].notna() & (expected > 0) & (model not in ranks)
            rates["oe"] = (rates["n_events"] / np.where(expected > 0, expected, 1)).where(shown)
            rates["threshold_share"] = share
            tables.append(label(rates, outcome=outcome, model=model, group=group))
    return pd.concat(tables, ignore_index=True)


def list_by_deprivation(
    frame: pd.DataFrame,
    outcome: str,
    risks: Mapping[str, ArrayLike],
    share: float = SHARE,
    seed: int = 0,
    ranks: Collection[str] = RULES,
    group: str = "imd_quintile",
) -> pd.DataFrame:
    """Composition of a list of fixed length by deprivation, beside that of all people and of the outcomes.

    Parameters
    ----------
    frame, outcome, risks, share, seed, ranks
        As for `evaluate_fairness`.
    group : str
        Column to divide by; its name is that of a column of the result.

    Returns
    -------
    DataFrame
        outcome, model, `group` (text; quintile 1 is the most deprived), n, n_events, n_listed (int64),
        share_of_list, share_of_people, share_of_events (each sums to 1 over the levels); list_difference
        (share_of_list less share_of_events), with list_difference_low and list_difference_high (95%).

    Raises
    ------
    KeyError, ValueError
        As for `evaluate_fairness`.
    """
    event, scores = check_risks(frame, outcome, risks, ranks)
    refuse_repeats(frame, "A list by deprivation")
    check_columns(frame, [group], "A list by deprivation")
    codes, names = levels_of(frame, group)
    tables = []
    for model, score in scores.items():
        chosen = {"n": np.ones(len(frame), bool), "n_events": event, "n_listed": list_top(score, share, seed)}
        counts = {name: np.bincount(codes[kept], minlength=len(names)) for name, kept in chosen.items()}
        table = pd.DataFrame({group: names, **counts})
        for name, count in (("list", "n_listed"), ("people", "n"), ("events", "n_events")):
            table[f"share_of_{name}"] = table[count] / table[count].sum()
        apart = table["share_of_list"] - table["share_of_events"]
        error = _share_error(codes, len(names), chosen["n_listed"], event)
        for end, sign in (("", 0), ("_low", -1), ("_high", 1)):
            table[f"list_difference{end}"] = apart + sign * z_value(0.95) * error
        tables.append(label(table, outcome=outcome, model=model))
    return pd.concat(tables, ignore_index=True)


def _share_error(
    codes: NDArray[np.intp], n_levels: int, listed: NDArray[np.bool_], event: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return the standard error of each level's share of those listed less its share of those with the event.

    Both are of the same people, some of whom are both: what each person adds is squared and summed.
    """
    n_listed, n_events = max(listed.sum(), 1), max(event.sum(), 1)
    share_l = np.bincount(codes[listed], minlength=n_levels) / n_listed
    share_e = np.bincount(codes[event], minlength=n_levels) / n_events
    variance = np.zeros(n_levels)
    for on_list, has in ((1, 1), (1, 0), (0, 1)):
        chosen = (listed == on_list) & (event == has)
        here = np.bincount(codes[chosen], minlength=n_levels)
        inside = on_list * (1 - share_l) / n_listed - has * (1 - share_e) / n_events
        outside = has * share_e / n_events - on_list * share_l / n_listed
        variance += here * inside**2 + (chosen.sum() - here) * outside**2
    return np.sqrt(variance)
